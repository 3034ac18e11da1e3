/* SPDX-License-Identifier: Apache-2.0
 * Compact JSON into a buffer. Each value puts its own comma and key first, so
 * a handler is a list of calls without any bookkeeping. */
#include "rpc/writer.h"

#include "base/alloc.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gox_writer_init(struct gox_writer *w, struct gox_buf *buf)
{
    *w = (struct gox_writer){.buf = buf};
}

uint8_t *gox__writer_begin(
        struct gox_writer *w, const char *key, size_t key_len, size_t extra)
{
    struct gox_buf *buf = w->buf;
    size_t need = key_len + 4 + extra;
    uint8_t *p = buf->error == 0 && need <= buf->capacity - buf->len
                         ? buf->data + buf->len
                         : gox_buf_reserve(buf, need);
    if (p == NULL)
        return NULL;
    if (w->needs_comma)
        *p++ = ',';
    w->needs_comma = true;
    if (key != NULL) {
        *p++ = '"';
        for (size_t i = 0; i < key_len; i++) /* short: no call of memcpy */
            *p++ = (uint8_t)key[i];
        *p++ = '"';
        *p++ = ':';
    }
    buf->len = (size_t)(p - buf->data);
    return p;
}

static void begin(struct gox_writer *w, const char *key)
{
    (void)gox__writer_begin(w, key, gox__writer_len(key), 0);
}

void gox__writer_fixed(struct gox_writer *w, const char *key, size_t key_len,
        const char *text, size_t len)
{
    uint8_t *p = gox__writer_begin(w, key, key_len, len);
    if (p == NULL)
        return;
    memcpy(p, text, len);
    gox_buf_commit(w->buf, len);
}

/* Digits at p, which has room for 20; the end. */
static uint8_t *put_digits(uint8_t *p, uint64_t value)
{
    uint8_t digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (at < sizeof digits)
        *p++ = digits[at++];
    return p;
}

void gox__writer_int(
        struct gox_writer *w, const char *key, size_t key_len, int64_t value)
{
    uint8_t *p = gox__writer_begin(w, key, key_len, 21);
    if (p == NULL)
        return;
    if (value >= 0 && value < 10) {
        *p = (uint8_t)('0' + value);
        w->buf->len++;
        return;
    }
    if (value < 0)
        *p++ = '-';
    p = put_digits(p, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    w->buf->len = (size_t)(p - w->buf->data);
}

void gox_writer_object(struct gox_writer *w, const char *key)
{
    gox__writer_fixed(w, key, gox__writer_len(key), "{", 1);
    w->needs_comma = false;
}

void gox_writer_end_object(struct gox_writer *w)
{
    gox_buf_put_byte(w->buf, '}');
    w->needs_comma = true;
}

void gox_writer_array(struct gox_writer *w, const char *key)
{
    gox__writer_fixed(w, key, gox__writer_len(key), "[", 1);
    w->needs_comma = false;
}

void gox_writer_end_array(struct gox_writer *w)
{
    gox_buf_put_byte(w->buf, ']');
    w->needs_comma = true;
}

void gox_writer_uint(struct gox_writer *w, const char *key, uint64_t value)
{
    begin(w, key);
    gox_buf_put_uint(w->buf, value);
}

void gox_writer_number(struct gox_writer *w, const char *key, double value)
{
    char text[40];
    begin(w, key);
    if (!isfinite(value)) {
        gox_buf_put_str(w->buf, "null");
        return;
    }
    if (value == trunc(value) && fabs(value) < 1e15) {
        gox_buf_put_int(w->buf, (int64_t)value);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    gox_buf_put_str(w->buf, text);
}

void gox_writer_null(struct gox_writer *w, const char *key)
{
    begin(w, key);
    gox_buf_put_str(w->buf, "null");
}

void gox_writer_text(
        struct gox_writer *w, const char *key, const char *text, size_t len)
{
    begin(w, key);
    gox_json_encode(w->buf, text, len);
}

void gox_writer_string(struct gox_writer *w, const char *key, const char *text)
{
    if (text == NULL)
        gox_writer_null(w, key);
    else
        gox_writer_text(w, key, text, strlen(text));
}

void gox_writer_printf(
        struct gox_writer *w, const char *key, const char *fmt, ...)
{
    char small[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len < sizeof small) {
        gox_writer_text(w, key, small, len < 0 ? 0 : (size_t)len);
        return;
    }
    char *text = gox_malloc((size_t)len + 1);
    if (text == NULL) {
        w->buf->error = GOX_ERR_NOMEM;
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, (size_t)len + 1, fmt, args);
    va_end(args);
    gox_writer_text(w, key, text, (size_t)len);
    gox_free(text);
}

void gox_writer_raw(
        struct gox_writer *w, const char *key, const char *json, size_t len)
{
    begin(w, key);
    gox_buf_put(w->buf, json, len);
}

void gox_writer_xyz(
        struct gox_writer *w, const char *key, int32_t x, int32_t y, int32_t z)
{
    gox_writer_array(w, key);
    gox_writer_int(w, NULL, x);
    gox_writer_int(w, NULL, y);
    gox_writer_int(w, NULL, z);
    gox_writer_end_array(w);
}

void gox_writer_rgba(struct gox_writer *w, const char *key, uint32_t rgba)
{
    uint8_t *p = gox__writer_begin(w, key, gox__writer_len(key), 17);
    char before = '[';
    if (p == NULL)
        return;
    for (int shift = 0; shift < 32; shift += 8) {
        unsigned value = rgba >> shift & 0xff;
        *p++ = (uint8_t)before;
        before = ',';
        if (value >= 100) {
            *p++ = (uint8_t)('0' + value / 100);
            value %= 100;
            *p++ = (uint8_t)('0' + value / 10);
        } else if (value >= 10) {
            *p++ = (uint8_t)('0' + value / 10);
        }
        *p++ = (uint8_t)('0' + value % 10);
    }
    *p++ = ']';
    w->buf->len = (size_t)(p - w->buf->data);
}

void gox_writer_hex(struct gox_writer *w, const char *key, uint32_t rgba)
{
    static const char digits[] = "0123456789ABCDEF";
    char text[11] = "\"#";
    begin(w, key);
    for (unsigned i = 0; i < 4; i++) {
        unsigned byte = rgba >> (8 * i) & 0xff;
        text[2 + 2 * i] = digits[byte >> 4];
        text[3 + 2 * i] = digits[byte & 15];
    }
    text[10] = '"';
    gox_buf_put(w->buf, text, sizeof text);
}

static void put_base64(uint8_t out[4], const uint8_t *p, size_t left)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = (unsigned)p[0] << 16;
    if (left > 1)
        bits |= (unsigned)p[1] << 8;
    if (left > 2)
        bits |= p[2];
    out[0] = (uint8_t)digits[bits >> 18];
    out[1] = (uint8_t)digits[bits >> 12 & 63];
    out[2] = left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
    out[3] = left > 2 ? (uint8_t)digits[bits & 63] : '=';
}

void gox_writer_base64(
        struct gox_writer *w, const char *key, const void *data, size_t len)
{
    const uint8_t *p = data;
    begin(w, key);
    gox_buf_put_byte(w->buf, '"');
    size_t bytes = (len + 2) / 3 * 4;
    uint8_t *out = gox_buf_reserve(w->buf, bytes);
    if (out != NULL) {
        for (size_t i = 0; i < len; i += 3)
            put_base64(out + i / 3 * 4, p + i, len - i);
        gox_buf_commit(w->buf, bytes);
    }
    gox_buf_put_byte(w->buf, '"');
}
