/* SPDX-License-Identifier: Apache-2.0
 * Strings of JSON to and from UTF-8, and finding where a text ends in a
 * stream.
 *
 * Invariant: decode is given only what the reader has checked; encode takes
 * any bytes and always writes valid JSON. */
#include "rpc/reader_internal.h"
#include "rpc/writer.h"

#include <string.h>

static unsigned hex_digit(char c)
{
    if (c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a') + 10;
}

static unsigned hex4(const char *p)
{
    return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 |
           hex_digit(p[3]);
}

static size_t put_utf8(char out[4], unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* One escape at p[0] == '\\'; returns its length in the input. */
static size_t decode_escape(const char *p, char out[4], size_t *out_len)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *hit = p[1] == 'u' ? NULL : strchr(from, p[1]);
    if (hit != NULL) {
        out[0] = to[hit - from];
        *out_len = 1;
        return 2;
    }
    unsigned c = hex4(p + 2);
    size_t used = 6;
    if (c >= 0xd800 && c <= 0xdbff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 8) - 0xdc00);
        used = 12;
    }
    *out_len = put_utf8(out, c);
    return used;
}

void gox_json_decode(struct gox_buf *out, struct gox_slice raw)
{
    size_t i = 0;
    while (i < raw.len) {
        const char *stop = memchr(raw.data + i, '\\', raw.len - i);
        size_t plain =
                stop != NULL ? (size_t)(stop - raw.data) - i : raw.len - i;
        gox_buf_put(out, raw.data + i, plain);
        i += plain;
        if (i >= raw.len)
            break;
        char utf8[4];
        size_t len;
        i += decode_escape(raw.data + i, utf8, &len);
        gox_buf_put(out, utf8, len);
    }
}

bool gox_slice_equals_json(struct gox_slice raw, const char *text)
{
    size_t i = 0;
    if (raw.len == 0 || memchr(raw.data, '\\', raw.len) == NULL)
        return strlen(text) == raw.len && memcmp(raw.data, text, raw.len) == 0;
    const char *t = text;
    while (i < raw.len) {
        char one[4];
        size_t len = 1;
        if (raw.data[i] == '\\') {
            i += decode_escape(raw.data + i, one, &len);
        } else {
            one[0] = raw.data[i++];
        }
        for (size_t k = 0; k < len; k++, t++)
            if (*t == '\0' || *t != one[k])
                return false;
    }
    return *t == '\0';
}

static void encode_special(struct gox_buf *out, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *hit = c != 0 ? strchr(from, c) : NULL;
    if (hit != NULL) {
        char two[2] = {'\\', to[hit - from]};
        gox_buf_put(out, two, 2);
        return;
    }
    char six[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    gox_buf_put(out, six, 6);
}

void gox_json_encode(struct gox_buf *out, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t start = 0;
    size_t i = 0;
    gox_buf_put_byte(out, '"');
    while (i < len) {
        unsigned char c = p[i];
        if (c >= ' ' && c < 0x80 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        size_t valid = c >= 0x80 ? gox__utf8_length(p + i, len - i) : 0;
        if (valid > 0) {
            i += valid;
            continue;
        }
        gox_buf_put(out, text + start, i - start);
        if (c >= 0x80)
            gox_buf_put_str(out, "\xef\xbf\xbd");
        else
            encode_special(out, c);
        start = ++i;
    }
    if (i > start)
        gox_buf_put(out, text + start, i - start);
    gox_buf_put_byte(out, '"');
}

size_t gox_json_scan(struct gox_json_scan *scan, const char *data, size_t len)
{
    for (size_t i = 0; i < len && !scan->is_other; i++) {
        char c = data[i];
        if (scan->in_string) {
            if (scan->is_escaped)
                scan->is_escaped = false;
            else if (c == '\\')
                scan->is_escaped = true;
            else if (c == '"')
                scan->in_string = false;
            continue;
        }
        if (c == '{' || c == '[') {
            scan->has_started = true;
            scan->depth++;
        } else if (!scan->has_started) {
            scan->is_other = strchr(" \t\r\n", c) == NULL || c == '\0';
        } else if (c == '"') {
            scan->in_string = true;
        } else if (c == '}' || c == ']') {
            if (--scan->depth == 0)
                return i + 1;
        }
    }
    return 0;
}
