/* SPDX-License-Identifier: Apache-2.0
 * The tokens of JSON and walking through containers. Checks are on bytes, by
 * the grammar of RFC 8259; lone surrogates are refused because no UTF-8 text
 * can hold them.
 *
 * Invariant: pos never passes len; a failed reader stays where it failed. */
#include "rpc/reader.h"

#include "rpc/reader_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *gox_json_type_name(enum gox_json_type type)
{
    static const char *const names[] = {"nothing", "object", "array", "string",
            "number", "boolean", "null"};
    return names[type];
}

bool gox_slice_is(struct gox_slice slice, const char *text)
{
    return slice.data != NULL && strlen(text) == slice.len &&
           memcmp(slice.data, text, slice.len) == 0;
}

void gox_reader_init(struct gox_reader *r, const char *data, size_t len,
        struct gox_error *err)
{
    *r = (struct gox_reader){.data = data, .len = len, .err = err};
}

int gox_reader_fail(struct gox_reader *r, int code, const char *fmt, ...)
{
    if (r->error != 0)
        return r->error;
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->error = code;
    return gox_error_set_at(
            r->err, code, (int64_t)(r->base + r->pos), "%s", text);
}

bool gox__reader_expected(struct gox_reader *r, const char *what)
{
    if (r->error != 0)
        return false;
    if (r->pos >= r->len) {
        gox_reader_fail(r, GOX_ERR_PARSE,
                "the JSON text ends after %zu bytes where %s is expected",
                r->base + r->pos, what);
        return false;
    }
    unsigned char c = (unsigned char)r->data[r->pos];
    char shown[16];
    if (c > ' ' && c < 0x7f)
        snprintf(shown, sizeof shown, "'%c'", c);
    else
        snprintf(shown, sizeof shown, "byte 0x%02x", c);
    gox_reader_fail(r, GOX_ERR_PARSE,
            "%s at byte %zu of the JSON text where "
            "%s is expected",
            shown, r->base + r->pos, what);
    return false;
}

static bool is_continued(const unsigned char *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t gox__utf8_length(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80)
        return 1;
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || left < len || !is_continued(p + 1, len - 1))
        return 0;
    /* Overlong forms, surrogates, and what is above U+10FFFF. */
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
            (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The 4 digits at p; -1 when they are not there. */
static int hex4(const struct gox_reader *r, size_t p)
{
    int value = 0;
    if (r->len - p < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(r->data[p + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* At a backslash. */
static bool pass_escape(struct gox_reader *r)
{
    char c = r->pos + 1 < r->len ? r->data[r->pos + 1] : 0;
    if (c != 0 && strchr("\"\\/bfnrt", c) != NULL) {
        r->pos += 2;
        return true;
    }
    int unit = c == 'u' ? hex4(r, r->pos + 2) : -1;
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        gox_reader_fail(r, GOX_ERR_PARSE,
                "invalid escape at byte %zu of the JSON text",
                r->base + r->pos);
        return false;
    }
    if (unit < 0xd800 || unit > 0xdbff) {
        r->pos += 6;
        return true;
    }
    size_t low = r->pos + 6;
    int second =
            low + 6 <= r->len && r->data[low] == '\\' && r->data[low + 1] == 'u'
                    ? hex4(r, low + 2)
                    : -1;
    if (second < 0xdc00 || second > 0xdfff) {
        gox_reader_fail(r, GOX_ERR_PARSE,
                "half a surrogate pair at byte %zu of the JSON text",
                r->base + r->pos);
        return false;
    }
    r->pos += 12;
    return true;
}

/* Index of the lowest marked byte in memory order; 0 where it cannot be told
 * cheaply, which is always right because the caller looks again. */
static size_t first_byte(uint64_t marks)
{
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(marks) / 8;
#else
    (void)marks;
    return 0;
#endif
}

/* How many bytes from p on need no look of their own in a string: ASCII but
 * quote, backslash and control characters. Eight at a time; the trick is that
 * (x - 0x01..01) & ~x & 0x80..80 marks zero bytes of x. May stop early. */
static size_t plain_run(const char *p, size_t left)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    size_t run = 0;
    while (left - run >= 8) {
        uint64_t x;
        memcpy(&x, p + run, 8);
        uint64_t quote = x ^ ones * '"';
        uint64_t slash = x ^ ones * '\\';
        uint64_t stop = x | ((quote - ones) & ~quote) |
                        ((slash - ones) & ~slash) | (x - ones * ' ');
        if ((stop & tops) != 0)
            return run + first_byte(stop & tops);
        run += 8;
    }
    while (run < left) {
        unsigned char c = (unsigned char)p[run];
        if (c < ' ' || c >= 0x80 || c == '"' || c == '\\')
            break;
        run++;
    }
    return run;
}

/* One character of a string that is not plain and not the end. */
static bool pass_special(struct gox_reader *r)
{
    unsigned char c = (unsigned char)r->data[r->pos];
    if (c == '\\')
        return pass_escape(r);
    if (c < ' ')
        return gox__reader_expected(r, "a character of a string");
    size_t len = gox__utf8_length(
            (const unsigned char *)r->data + r->pos, r->len - r->pos);
    if (len == 0) {
        gox_reader_fail(r, GOX_ERR_PARSE,
                "invalid UTF-8 at byte %zu of the JSON text", r->base + r->pos);
        return false;
    }
    r->pos += len;
    return true;
}

bool gox__reader_string_token(struct gox_reader *r, struct gox_slice *raw)
{
    r->pos++; /* the opening quote */
    size_t start = r->pos;
    for (;;) {
        r->pos += plain_run(r->data + r->pos, r->len - r->pos);
        if (r->pos >= r->len)
            return gox__reader_expected(r, "the end of a string");
        if (r->data[r->pos] == '"') {
            *raw = (struct gox_slice){r->data + start, r->pos - start};
            r->pos++;
            return true;
        }
        if (!pass_special(r))
            return false;
    }
}

static bool pass_digits(struct gox_reader *r)
{
    size_t start = r->pos;
    while (r->pos < r->len && r->data[r->pos] >= '0' && r->data[r->pos] <= '9')
        r->pos++;
    return r->pos > start || gox__reader_expected(r, "a digit");
}

static bool next_is(const struct gox_reader *r, char a, char b)
{
    return r->pos < r->len && (r->data[r->pos] == a || r->data[r->pos] == b);
}

bool gox__reader_number_token(
        struct gox_reader *r, struct gox_slice *raw, bool *is_plain)
{
    size_t start = r->pos;
    *is_plain = true;
    if (next_is(r, '-', '-'))
        r->pos++;
    size_t digits_at = r->pos;
    if (!pass_digits(r))
        return false;
    if (r->data[digits_at] == '0' && r->pos > digits_at + 1) {
        r->pos = digits_at + 1;
        return gox__reader_expected(r, "no digit after a leading zero");
    }
    if (next_is(r, '.', '.')) {
        *is_plain = false;
        r->pos++;
        if (!pass_digits(r))
            return false;
    }
    if (next_is(r, 'e', 'E')) {
        *is_plain = false;
        r->pos++;
        if (next_is(r, '+', '-'))
            r->pos++;
        if (!pass_digits(r))
            return false;
    }
    *raw = (struct gox_slice){r->data + start, r->pos - start};
    return true;
}

bool gox__reader_literal(struct gox_reader *r, const char *word, size_t len)
{
    if (r->len - r->pos < len || memcmp(r->data + r->pos, word, len) != 0)
        return gox__reader_expected(r, "a JSON value");
    r->pos += len;
    return true;
}

/* The type of a value by its first byte. */
static const uint8_t first_bytes[256] = {['{'] = GOX_JSON_OBJECT,
        ['['] = GOX_JSON_ARRAY,
        ['"'] = GOX_JSON_STRING,
        ['t'] = GOX_JSON_BOOL,
        ['f'] = GOX_JSON_BOOL,
        ['n'] = GOX_JSON_NULL,
        ['-'] = GOX_JSON_NUMBER,
        ['0'] = GOX_JSON_NUMBER,
        ['1'] = GOX_JSON_NUMBER,
        ['2'] = GOX_JSON_NUMBER,
        ['3'] = GOX_JSON_NUMBER,
        ['4'] = GOX_JSON_NUMBER,
        ['5'] = GOX_JSON_NUMBER,
        ['6'] = GOX_JSON_NUMBER,
        ['7'] = GOX_JSON_NUMBER,
        ['8'] = GOX_JSON_NUMBER,
        ['9'] = GOX_JSON_NUMBER};

enum gox_json_type gox_reader_peek(struct gox_reader *r)
{
    if (r->error != 0)
        return GOX_JSON_ERROR;
    int c = gox__reader_blank(r);
    return c < 0 ? GOX_JSON_ERROR : (enum gox_json_type)first_bytes[c];
}

static bool enter(struct gox_reader *r, enum gox_json_type type)
{
    enum gox_json_type found = gox_reader_peek(r);
    if (found == GOX_JSON_ERROR)
        return gox__reader_expected(r, "a JSON value");
    if (found != type) {
        gox_reader_fail(r, GOX_ERR_PARAMS, "expected %s %s, got %s",
                type == GOX_JSON_OBJECT || type == GOX_JSON_ARRAY ? "an" : "a",
                gox_json_type_name(type), gox_json_type_name(found));
        return false;
    }
    if (r->depth >= GOX_JSON_MAX_DEPTH) {
        gox_reader_fail(r, GOX_ERR_PARSE,
                "nested deeper than %d levels at "
                "byte %zu of the JSON text",
                GOX_JSON_MAX_DEPTH, r->base + r->pos);
        return false;
    }
    r->depth++;
    r->pos++;
    r->is_first = true;
    return true;
}

bool gox_reader_array(struct gox_reader *r)
{
    return enter(r, GOX_JSON_ARRAY);
}

bool gox_reader_object(struct gox_reader *r)
{
    return enter(r, GOX_JSON_OBJECT);
}

/* At a member or the closing byte; passes over the comma between members. */
static bool next_member(struct gox_reader *r, int close, const char *expected)
{
    if (r->error != 0)
        return false;
    int c = gox__reader_blank(r);
    if (c == close) {
        r->pos++;
        r->depth--;
        r->is_first = false;
        return false;
    }
    if (r->is_first) {
        r->is_first = false;
        return true;
    }
    if (c != ',')
        return gox__reader_expected(r, expected);
    r->pos++;
    return true;
}

bool gox_reader_element(struct gox_reader *r)
{
    return next_member(r, ']', "',' or ']'");
}

bool gox_reader_key(struct gox_reader *r, struct gox_slice *key)
{
    if (!next_member(r, '}', "',' or '}'"))
        return false;
    if (gox__reader_blank(r) != '"')
        return gox__reader_expected(r, "a member's name in quotes");
    if (!gox__reader_string_token(r, key))
        return false;
    if (gox__reader_blank(r) != ':')
        return gox__reader_expected(r, "':'");
    r->pos++;
    return true;
}

static void fail_unknown(struct gox_reader *r, struct gox_slice key,
        const char *const *names, size_t count)
{
    char known[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                i > 0 ? ", " : "", names[i]);
    gox_reader_fail(r, GOX_ERR_PARAMS, "unknown member \"%.*s\"; known are %s",
            (int)(key.len < 60 ? key.len : 60), key.data, known);
}

int gox_reader_field(struct gox_reader *r, const char *const *names,
        size_t count, uint64_t *seen)
{
    struct gox_slice key;
    if (!gox_reader_key(r, &key))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!gox_slice_equals_json(key, names[i]))
            continue;
        if ((*seen >> i & 1) != 0) {
            gox_reader_fail(
                    r, GOX_ERR_PARAMS, "\"%s\" is given twice", names[i]);
            return -1;
        }
        *seen |= UINT64_C(1) << i;
        return (int)i;
    }
    fail_unknown(r, key, names, count);
    return -1;
}

bool gox_reader_end(struct gox_reader *r)
{
    if (r->error != 0)
        return false;
    if (gox__reader_blank(r) < 0)
        return true;
    return gox__reader_expected(r, "the end of the text");
}
