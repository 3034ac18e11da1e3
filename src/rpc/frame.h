/* SPDX-License-Identifier: Apache-2.0
 * Messages out of a stream of bytes: one JSON text per line, in any pieces.
 *
 * While nothing is left over, lines are taken straight from the bytes that
 * were read; only what is incomplete is copied. A line longer than the limit is
 * reported once and the rest of it is passed over without being kept.
 *
 * Invariant: a slice given out is valid until the next feed, keep or fini. */
#ifndef GOX_RPC_FRAME_H
#define GOX_RPC_FRAME_H

#include "rpc/reader.h"

enum gox_frame_result {
    GOX_FRAME_NONE,      /* no whole line is here */
    GOX_FRAME_LINE,      /* *line is set, without its newline, not blank */
    GOX_FRAME_TOO_LARGE, /* a line that passed the limit was dropped */
    GOX_FRAME_NOMEM      /* what was left over could not be kept */
};

struct gox_frame {
    struct gox_buf kept; /* what came before */
    const char *data;    /* the bytes being taken apart */
    size_t len, pos;
    size_t searched; /* no newline in data[pos .. searched) */
    size_t max_bytes;
    size_t keep_bytes; /* an empty buffer that is larger is given back */
    bool is_skipping;  /* inside a line that is too large */
    bool is_reported;  /* it was reported */
};

void gox_frame_init(struct gox_frame *f, size_t max_bytes);
void gox_frame_fini(struct gox_frame *f);

/* Gives more bytes, borrowed until gox_frame_keep. Call next until NONE. */
int gox_frame_feed(
        struct gox_frame *f, const char *data, size_t len) GOX_MUST_CHECK;
enum gox_frame_result gox_frame_next(
        struct gox_frame *f, struct gox_slice *line);
/* Copies what is left of the fed bytes; data may go after it. */
int gox_frame_keep(struct gox_frame *f) GOX_MUST_CHECK;

/* The rest as a line although no newline has come: always at the end of the
 * stream (is_end), else only when it is a complete object or array. */
enum gox_frame_result gox_frame_flush(
        struct gox_frame *f, bool is_end, struct gox_slice *line);
/* Bytes that wait. */
static inline size_t gox_frame_pending(const struct gox_frame *f)
{
    return f->len - f->pos;
}
/* The waiting bytes, to look into without taking them. */
static inline struct gox_slice gox_frame_peek(const struct gox_frame *f)
{
    /* Before the first byte data is NULL, to which nothing may be added. */
    const char *at = f->pos > 0 ? f->data + f->pos : f->data;
    return (struct gox_slice){at, f->len - f->pos};
}

#endif
