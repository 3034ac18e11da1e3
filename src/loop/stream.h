/* SPDX-License-Identifier: Apache-2.0
 * Bytes in and out of one connection, and the listener that makes them. What
 * can be written at once is; the rest is taken over and goes out when there is
 * room.
 *
 * Invariant: no callback comes after `closed`, and `closed` comes exactly once,
 * never from inside gox_stream_close. */
#ifndef GOX_LOOP_STREAM_H
#define GOX_LOOP_STREAM_H

#include "base/buf.h"
#include "loop/loop.h"

#include <stdbool.h>

typedef struct gox_stream gox_stream;
typedef struct gox_listener gox_listener;

struct gox_stream_events {
    /* Bytes came; borrowed until it returns. */
    void (*data)(void *ctx, const char *data, size_t len);
    /* The other end closed its side (0) or reading failed (GOX_ERR_*). No data
     * comes after it; writing may still be possible. */
    void (*end)(void *ctx, int code);
    /* All that waited has been written. */
    void (*drained)(void *ctx);
    /* Writing failed: the other end is gone. */
    void (*broken)(void *ctx);
    void (*closed)(void *ctx);
};

/* Over an own descriptor: a socket, pipe, terminal or file. NULL when out of
 * memory or when fd is not usable; fd is closed then. */
gox_stream *gox_stream_open(gox_loop *loop, int own_fd);
/* A stream without a descriptor, for a session that another protocol carries:
 * what is written goes to put (0 or a GOX_ERR_*, which closes), what is read is
 * fed. closed comes after that of the events. */
struct gox_stream_sink {
    int (*put)(void *ctx, const void *data, size_t len);
    void (*closed)(void *ctx);
};
gox_stream *gox_stream_open_sink(
        gox_loop *loop, const struct gox_stream_sink *sink, void *ctx);
void gox_stream_feed(gox_stream *stream, const char *data, size_t len);
void gox_stream_feed_end(gox_stream *stream);    /* nothing more comes */
void gox_stream_feed_broken(gox_stream *stream); /* nobody reads any more */

void gox_stream_set_events(
        gox_stream *stream, const struct gox_stream_events *events, void *ctx);
void gox_stream_start(gox_stream *stream); /* reading; also to go on */
void gox_stream_stop(gox_stream *stream);
/* Writes all of buf. What does not go out at once is taken out of buf, which is
 * empty afterwards in any case. GOX_ERR_CLOSED, GOX_ERR_NOMEM. */
int gox_stream_write(gox_stream *stream, struct gox_buf *buf) GOX_MUST_CHECK;
/* Bytes that wait to be written, and since when nothing moved. */
size_t gox_stream_pending(const gox_stream *stream);
int64_t gox_stream_stalled_at_ns(gox_stream *stream);
int gox_stream_fd(const gox_stream *stream); /* borrowed, -1: none */
void gox_stream_close(gox_stream *stream);

/* accept gets each new connection, which it owns. */
gox_listener *gox_listener_new(gox_loop *loop, int own_fd,
        void (*accept)(void *ctx, gox_stream *own_stream), void *ctx);
int gox_listener_fd(const gox_listener *listener);
void gox_listener_close(gox_listener *listener); /* NULL is fine */

#endif
