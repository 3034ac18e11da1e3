/* SPDX-License-Identifier: Apache-2.0
 * The growing buffer. Memory doubles, so n appends cost O(n).
 *
 * Invariant: len <= capacity, and len <= max_bytes when that is set. */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdio.h>

#define FIRST_CAPACITY 256

void gox_buf_init(struct gox_buf *buf, size_t max_bytes)
{
    *buf = (struct gox_buf){.max_bytes = max_bytes};
}

void gox_buf_fini(struct gox_buf *buf)
{
    gox_free(buf->data);
    *buf = (struct gox_buf){.max_bytes = buf->max_bytes};
}

void gox_buf_reset(struct gox_buf *buf)
{
    buf->len = 0;
    buf->error = 0;
}

static int grow(struct gox_buf *buf, size_t extra)
{
    if (extra > SIZE_MAX - buf->len - 1)
        return GOX_ERR_NOMEM;
    size_t want = buf->len + extra;
    if (buf->max_bytes > 0 && want > buf->max_bytes)
        return GOX_ERR_TOO_LARGE;
    if (want <= buf->capacity)
        return 0;
    size_t next = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;
    while (next < want)
        next = next > SIZE_MAX / 2 ? want : next * 2;
    /* The quick path of gox_buf_put looks at the capacity only. */
    if (buf->max_bytes > 0 && next > buf->max_bytes)
        next = buf->max_bytes;
    uint8_t *data = gox_realloc_array(buf->data, next, 1);
    if (data == NULL)
        return GOX_ERR_NOMEM;
    buf->data = data;
    buf->capacity = next;
    return 0;
}

uint8_t *gox_buf_reserve(struct gox_buf *buf, size_t extra)
{
    if (buf->error == 0)
        buf->error = grow(buf, extra);
    return buf->error == 0 ? buf->data + buf->len : NULL;
}

void gox_buf_commit(struct gox_buf *buf, size_t used)
{
    buf->len += used;
}

void gox_buf_put_slow(struct gox_buf *buf, const void *data, size_t len)
{
    uint8_t *at = len > 0 ? gox_buf_reserve(buf, len) : NULL;
    if (at == NULL)
        return;
    memcpy(at, data, len);
    buf->len += len;
}

void gox_buf_put_uint(struct gox_buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    gox_buf_put(buf, digits + at, sizeof digits - at);
}

void gox_buf_put_int(struct gox_buf *buf, int64_t value)
{
    if (value < 0) {
        gox_buf_put_byte(buf, '-');
        gox_buf_put_uint(buf, (uint64_t)0 - (uint64_t)value);
    } else {
        gox_buf_put_uint(buf, (uint64_t)value);
    }
}

void gox_buf_printf(struct gox_buf *buf, const char *fmt, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, fmt, args);
    if (len >= 0 && (size_t)len < sizeof small) {
        gox_buf_put(buf, small, (size_t)len);
    } else if (len >= 0) {
        uint8_t *at = gox_buf_reserve(buf, (size_t)len + 1);
        if (at != NULL) {
            vsnprintf((char *)at, (size_t)len + 1, fmt, again);
            buf->len += (size_t)len;
        }
    } else if (buf->error == 0) {
        buf->error = GOX_ERR_INTERNAL;
    }
    va_end(again);
    va_end(args);
}

void gox_buf_put_u16le(struct gox_buf *buf, uint16_t value)
{
    uint8_t b[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    gox_buf_put(buf, b, sizeof b);
}

static void store_u32le(uint8_t b[4], uint32_t value)
{
    b[0] = (uint8_t)value;
    b[1] = (uint8_t)(value >> 8);
    b[2] = (uint8_t)(value >> 16);
    b[3] = (uint8_t)(value >> 24);
}

void gox_buf_put_u32le(struct gox_buf *buf, uint32_t value)
{
    uint8_t b[4];
    store_u32le(b, value);
    gox_buf_put(buf, b, sizeof b);
}

void gox_buf_put_i32le(struct gox_buf *buf, int32_t value)
{
    gox_buf_put_u32le(buf, (uint32_t)value);
}

void gox_buf_put_f32le(struct gox_buf *buf, float value)
{
    uint32_t bits;
    _Static_assert(sizeof bits == sizeof value, "float is IEEE 754 binary32");
    memcpy(&bits, &value, sizeof bits);
    gox_buf_put_u32le(buf, bits);
}

void gox_buf_set_u32le(struct gox_buf *buf, size_t at, uint32_t value)
{
    if (buf->error == 0 && buf->len >= 4 && at <= buf->len - 4)
        store_u32le(buf->data + at, value);
}

void gox_buf_drop(struct gox_buf *buf, size_t n)
{
    if (n >= buf->len) {
        buf->len = 0;
        return;
    }
    memmove(buf->data, buf->data + n, buf->len - n);
    buf->len -= n;
}

const char *gox_buf_text(struct gox_buf *buf)
{
    if (buf->error != 0)
        return NULL;
    if (buf->len == buf->capacity) {
        /* The NUL is not part of the capacity: it may lie past max_bytes. */
        uint8_t *data = gox_realloc_array(buf->data, buf->len + 1, 1);
        if (data == NULL) {
            buf->error = GOX_ERR_NOMEM;
            return NULL;
        }
        buf->data = data;
    }
    buf->data[buf->len] = '\0';
    return (const char *)buf->data;
}
