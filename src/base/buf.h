/* SPDX-License-Identifier: Apache-2.0
 * A growing byte buffer with a sticky error: append freely, check once.
 *
 * Invariant: after the first failed append nothing more is appended, and
 * gox_buf_error tells GOX_ERR_NOMEM or GOX_ERR_TOO_LARGE until gox_buf_reset.
 */
#ifndef GOX_BASE_BUF_H
#define GOX_BASE_BUF_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct gox_buf {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max_bytes; /* 0: no limit */
    int error;        /* 0 or a GOX_ERR_* code */
};

/* Empty; allocates nothing. max_bytes 0 means no limit. */
void gox_buf_init(struct gox_buf *buf, size_t max_bytes);
void gox_buf_fini(struct gox_buf *buf);

/* Empties, keeps the memory, clears the error. */
void gox_buf_reset(struct gox_buf *buf);

/* Makes room for `extra` more bytes and returns where they go, or NULL with the
 * error set. The caller fills them and then calls gox_buf_commit. */
uint8_t *gox_buf_reserve(struct gox_buf *buf, size_t extra);
void gox_buf_commit(struct gox_buf *buf, size_t used);

void gox_buf_put_slow(
        struct gox_buf *buf, const void *data, size_t len) GOX_COLD;

static inline void gox_buf_put(
        struct gox_buf *buf, const void *data, size_t len)
{
    if (buf->error == 0 && len <= buf->capacity - buf->len && len > 0) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
        return;
    }
    gox_buf_put_slow(buf, data, len);
}

static inline void gox_buf_put_byte(struct gox_buf *buf, uint8_t byte)
{
    gox_buf_put(buf, &byte, 1);
}

/* A C string without its NUL. */
static inline void gox_buf_put_str(struct gox_buf *buf, const char *text)
{
    gox_buf_put(buf, text, strlen(text));
}

/* A decimal integer; much faster than printf. */
void gox_buf_put_int(struct gox_buf *buf, int64_t value);
void gox_buf_put_uint(struct gox_buf *buf, uint64_t value);

void gox_buf_printf(struct gox_buf *buf, const char *fmt, ...) GOX_PRINTF(2, 3);

/* Little-endian numbers, IEEE 754 for f32. */
void gox_buf_put_u16le(struct gox_buf *buf, uint16_t value);
void gox_buf_put_u32le(struct gox_buf *buf, uint32_t value);
void gox_buf_put_i32le(struct gox_buf *buf, int32_t value);
void gox_buf_put_f32le(struct gox_buf *buf, float value);

/* Overwrites 4 bytes at `at`, which must have been written already. */
void gox_buf_set_u32le(struct gox_buf *buf, size_t at, uint32_t value);

/* Removes the first n bytes (n <= len). */
void gox_buf_drop(struct gox_buf *buf, size_t n);

/* 0 or the sticky error. */
static inline int gox_buf_error(const struct gox_buf *buf)
{
    return buf->error;
}

/* Puts a NUL after the content (not counted in len) and returns it as text, or
 * NULL when the buffer has failed. Valid until the next change. */
const char *gox_buf_text(struct gox_buf *buf);

#endif
