/* SPDX-License-Identifier: Apache-2.0
 * The checked cursor over binary input. */
#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

void gox_bytes_init(struct gox_bytes *in, const void *data, size_t len,
        struct gox_error *err)
{
    *in = (struct gox_bytes){.data = data, .len = len, .err = err};
}

/* A struct gox_error may come uninitialised, so `failed` of the cursor says
 * whether this input has set it, not err->code. */
static void mark_failed(struct gox_bytes *in)
{
    in->failed = true;
    in->pos = in->len;
}

static const uint8_t ZEROS[8];

static bool needs(struct gox_bytes *in, size_t len, const char *what)
{
    if (len <= in->len - in->pos && !in->failed)
        return true;
    if (!in->failed)
        gox_error_set_at(in->err, GOX_ERR_FORMAT, (int64_t)(in->base + in->pos),
                "byte %zu: needs %zu bytes for %s, %zu are left",
                in->base + in->pos, len, what, in->len - in->pos);
    mark_failed(in);
    return false;
}

struct gox_bytes gox_bytes_sub(
        struct gox_bytes *in, size_t len, const char *what)
{
    struct gox_bytes sub = {.err = in->err, .base = in->base + in->pos};
    const uint8_t *data = gox_bytes_take(in, len, what);
    if (data == NULL) {
        sub.failed = true;
        return sub;
    }
    sub.data = data;
    sub.len = len;
    return sub;
}

const uint8_t *gox_bytes_take(
        struct gox_bytes *in, size_t len, const char *what)
{
    if (!needs(in, len, what))
        return NULL;
    /* An empty input may have no data at all, but NULL means failure. */
    const uint8_t *p = in->data != NULL ? in->data + in->pos : ZEROS;
    in->pos += len;
    return p;
}

static const uint8_t *take_small(
        struct gox_bytes *in, size_t len, const char *what)
{
    const uint8_t *p = gox_bytes_take(in, len, what);
    return p != NULL ? p : ZEROS;
}

uint8_t gox_bytes_u8(struct gox_bytes *in, const char *what)
{
    return take_small(in, 1, what)[0];
}

uint16_t gox_bytes_u16le(struct gox_bytes *in, const char *what)
{
    const uint8_t *p = take_small(in, 2, what);
    return (uint16_t)(p[0] | p[1] << 8);
}

uint16_t gox_bytes_u16be(struct gox_bytes *in, const char *what)
{
    const uint8_t *p = take_small(in, 2, what);
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t gox_bytes_u32le(struct gox_bytes *in, const char *what)
{
    const uint8_t *p = take_small(in, 4, what);
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

int32_t gox_bytes_i32le(struct gox_bytes *in, const char *what)
{
    return (int32_t)gox_bytes_u32le(in, what);
}

float gox_bytes_f32le(struct gox_bytes *in, const char *what)
{
    uint32_t bits = gox_bytes_u32le(in, what);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

int gox_bytes_fail(struct gox_bytes *in, const char *fmt, ...)
{
    if (in->failed)
        return GOX_ERR_FORMAT;
    char text[sizeof in->err->text];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    gox_error_set_at(in->err, GOX_ERR_FORMAT, (int64_t)(in->base + in->pos),
            "byte %zu: %s", in->base + in->pos, text);
    mark_failed(in);
    return GOX_ERR_FORMAT;
}
