/* SPDX-License-Identifier: Apache-2.0
 * The strings and dictionaries of MagicaVoxel files.
 *
 * Invariant: a count is checked against the bytes that are left before anything
 * is made of it; a string that failed is empty. */
#include "format/vox_internal.h"

#include <string.h>

struct gox__vox_text gox__vox_get_text(struct gox_bytes *in)
{
    struct gox__vox_text t = {0};
    int32_t len = gox_bytes_i32le(in, "the length of a string");
    if (!in->failed && len < 0) {
        in->pos -= 4;
        (void)gox_bytes_fail(
                in, "a string cannot have the length %d", (int)len);
    }
    t.offset = in->base + in->pos;
    t.data = gox_bytes_take(in, len > 0 ? (size_t)len : 0, "a string");
    if (t.data != NULL)
        t.len = (size_t)len;
    return t;
}

bool gox__vox_text_is(struct gox__vox_text t, const char *text)
{
    return t.len == strlen(text) && memcmp(t.data, text, t.len) == 0;
}

int32_t gox__vox_get_count(struct gox_bytes *in, size_t each, const char *what)
{
    int32_t n = gox_bytes_i32le(in, what);
    if (in->failed)
        return 0;
    if (n < 0 || (size_t)n > gox_bytes_left(in) / each) {
        in->pos -= 4;
        (void)gox_bytes_fail(in, "%s is %d, but %zu bytes follow", what, (int)n,
                gox_bytes_left(in) - 4);
        return 0;
    }
    return n;
}

int gox__vox_each_entry(struct gox_bytes *in,
        int (*on_entry)(void *ctx, struct gox_bytes *in,
                struct gox__vox_text key, struct gox__vox_text value),
        void *ctx)
{
    int32_t n =
            gox__vox_get_count(in, 8, "the number of entries of a dictionary");
    for (int32_t i = 0; i < n; i++) {
        struct gox__vox_text key = gox__vox_get_text(in);
        struct gox__vox_text value = gox__vox_get_text(in);
        if (in->failed)
            return GOX_ERR_FORMAT;
        int rc = on_entry(ctx, in, key, value);
        if (rc < 0)
            return rc;
    }
    return in->failed ? GOX_ERR_FORMAT : 0;
}

int gox__vox_bad_value(
        struct gox_bytes *in, struct gox__vox_text value, const char *want)
{
    in->pos = value.offset - in->base;
    return gox_bytes_fail(in, "expected %s, found \"%.*s\"", want,
            value.len < 40 ? (int)value.len : 40, (const char *)value.data);
}

float gox__vox_parse_float(struct gox__vox_text t)
{
    double v = 0, unit = 1;
    bool is_fraction = false;
    size_t i = t.len > 0 && t.data[0] == '-';
    for (; i < t.len && i < 32; i++) {
        uint8_t c = t.data[i];
        if (c == '.') {
            is_fraction = true;
        } else if (c >= '0' && c <= '9') {
            v = v * 10 + (c - '0');
            unit *= is_fraction ? 10 : 1;
        } else {
            break;
        }
    }
    v /= unit;
    return (float)(t.len > 0 && t.data[0] == '-' ? -v : v);
}
