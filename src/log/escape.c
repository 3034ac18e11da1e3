/* SPDX-License-Identifier: Apache-2.0
 * Text of any origin made fit for a line: what could end the line, steer a
 * terminal or turn the direction of reading is written as an escape.
 *
 * Invariant: the output is valid UTF-8 without control characters. */
#include "log/log_internal.h"

#include <stdio.h>

/* The character at p: its bytes, or 0 when they are no UTF-8. */
static size_t decode(const uint8_t *p, size_t left, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xC2 ? 0
                 : p[0] < 0xE0 ? 2
                 : p[0] < 0xF0 ? 3
                 : p[0] < 0xF5 ? 4
                               : 0;
    if (len == 0 || len > left)
        return 0;
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    *character = c;
    bool is_surrogate = c >= 0xD800 && c < 0xE000;
    return c >= least[len] && c <= 0x10FFFF && !is_surrogate ? len : 0;
}

/* Control characters of both sets, line and paragraph separators, and those
 * that turn the direction of the text after them. */
static bool is_unfit(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static size_t plain_run(const uint8_t *p, size_t len)
{
    size_t n = 0;
    while (n < len && p[n] >= 0x20 && p[n] < 0x7F && p[n] != '"' &&
            p[n] != '\\')
        n++;
    return n;
}

static void put_escape(struct gox_buf *out, uint32_t c, bool is_json)
{
    if (c == '\n')
        gox_buf_put_str(out, "\\n");
    else if (c == '\r')
        gox_buf_put_str(out, "\\r");
    else if (c == '\t')
        gox_buf_put_str(out, "\\t");
    else if (c < 0x100 && !is_json)
        gox_buf_printf(out, "\\x%02x", (unsigned)c);
    else
        gox_buf_printf(out, "\\u%04x", (unsigned)c);
}

static void put_invalid(struct gox_buf *out, uint8_t byte, bool is_json)
{
    /* JSON has no way to write a byte that is no character, and some readers
     * refuse U+0000. */
    if (is_json)
        gox_buf_put_str(out, "\\ufffd");
    else
        gox_buf_printf(out, "\\x%02x", byte);
}

static void escape(
        struct gox_buf *out, const char *data, size_t len, bool is_json)
{
    const uint8_t *p = (const uint8_t *)data;
    size_t i = 0;
    while (i < len) {
        uint32_t c = 0;
        size_t run = plain_run(p + i, len - i);
        gox_buf_put(out, p + i, run);
        i += run;
        if (i == len)
            break;
        size_t bytes = decode(p + i, len - i, &c);
        if (bytes == 0 || c == 0)
            put_invalid(out, p[i], is_json);
        else if (is_unfit(c))
            put_escape(out, c, is_json);
        else {
            if (is_json && bytes == 1) /* a quote or a backslash */
                gox_buf_put_byte(out, '\\');
            gox_buf_put(out, p + i, bytes);
        }
        i += bytes > 0 ? bytes : 1;
    }
}

void gox__escape_json(struct gox_buf *out, const char *data, size_t len)
{
    escape(out, data, len, true);
}

void gox__escape_text(struct gox_buf *out, const char *data, size_t len)
{
    escape(out, data, len, false);
}

size_t gox__text_cut(const char *data, size_t len, size_t max)
{
    if (len <= max)
        return len;
    size_t cut = max;
    while (cut > 0 && max - cut < 4 && ((uint8_t)data[cut] & 0xC0) == 0x80)
        cut--;
    return cut;
}
