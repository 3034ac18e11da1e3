/* SPDX-License-Identifier: Apache-2.0
 * Values of a JSON text: numbers, strings, and passing over anything.
 *
 * Invariant: skip checks as strictly as reading does, so that a slice it gave
 * can be read again or passed on without another check. */
#include "base/alloc.h"
#include "rpc/reader_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Integers that a double holds exactly. */
#define MAX_EXACT 9007199254740992.0

static bool begin_value(struct gox_reader *r, enum gox_json_type type)
{
    enum gox_json_type found = gox_reader_peek(r);
    if (found == type)
        return true;
    if (found == GOX_JSON_ERROR)
        return gox__reader_expected(r, "a JSON value");
    gox_reader_fail(r, GOX_ERR_PARAMS, "expected a %s, got %s",
            gox_json_type_name(type), gox_json_type_name(found));
    return false;
}

/* strtod needs a NUL behind the digits. */
static bool text_to_double(struct gox_slice raw, double *value)
{
    char small[64];
    char *text = small;
    if (raw.len >= sizeof small) {
        text = gox_malloc(raw.len + 1);
        if (text == NULL)
            return false;
    }
    memcpy(text, raw.data, raw.len);
    text[raw.len] = '\0';
    *value = strtod(text, NULL);
    if (text != small)
        gox_free(text);
    return true;
}

/* Plain digits; false when they do not fit 64 bits. */
static bool text_to_int(struct gox_slice raw, int64_t *value)
{
    bool is_negative = raw.data[0] == '-';
    uint64_t sum = 0;
    uint64_t limit = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    for (size_t i = is_negative ? 1 : 0; i < raw.len; i++) {
        unsigned digit = (unsigned)(raw.data[i] - '0');
        if (sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = is_negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

static int fail_int(
        struct gox_reader *r, size_t at, struct gox_slice raw, const char *why)
{
    r->pos = at;
    return gox_reader_fail(r, GOX_ERR_PARAMS, "%.*s%s %s",
            (int)(raw.len < 40 ? raw.len : 40), raw.data,
            raw.len > 40 ? "..." : "", why);
}

int64_t gox_reader_int(struct gox_reader *r, int64_t min, int64_t max)
{
    struct gox_slice raw;
    bool is_plain;
    int64_t value = 0;
    if (!begin_value(r, GOX_JSON_NUMBER))
        return 0;
    size_t at = r->pos;
    if (gox__reader_small_int(r, &value) && value >= min && value <= max)
        return value;
    r->pos = at;
    if (!gox__reader_number_token(r, &raw, &is_plain))
        return 0;
    bool fits = true;
    if (is_plain) {
        fits = text_to_int(raw, &value);
    } else {
        double number;
        if (!text_to_double(raw, &number)) {
            gox_reader_fail(r, GOX_ERR_NOMEM, "out of memory");
            return 0;
        }
        if (number != trunc(number)) {
            fail_int(r, at, raw, "is not an integer");
            return 0;
        }
        fits = fabs(number) <= MAX_EXACT;
        value = fits ? (int64_t)number : 0;
    }
    if (!fits || value < min || value > max) {
        char why[80];
        snprintf(why, sizeof why, "is out of range %lld ... %lld",
                (long long)min, (long long)max);
        fail_int(r, at, raw, why);
        return 0;
    }
    return value;
}

double gox_reader_number(struct gox_reader *r)
{
    struct gox_slice raw;
    bool is_plain;
    double value;
    if (!begin_value(r, GOX_JSON_NUMBER))
        return 0;
    size_t at = r->pos;
    if (!gox__reader_number_token(r, &raw, &is_plain))
        return 0;
    if (!text_to_double(raw, &value)) {
        gox_reader_fail(r, GOX_ERR_NOMEM, "out of memory");
        return 0;
    }
    if (!isfinite(value)) {
        fail_int(r, at, raw, "is larger than a double can hold");
        return 0;
    }
    return value;
}

bool gox_reader_bool(struct gox_reader *r)
{
    if (!begin_value(r, GOX_JSON_BOOL))
        return false;
    if (r->data[r->pos] == 't')
        return gox__reader_literal(r, "true", 4);
    gox__reader_literal(r, "false", 5);
    return false;
}

bool gox_reader_null(struct gox_reader *r)
{
    return gox_reader_peek(r) == GOX_JSON_NULL &&
           gox__reader_literal(r, "null", 4);
}

struct gox_slice gox_reader_string(
        struct gox_reader *r, struct gox_buf *scratch)
{
    struct gox_slice raw = {"", 0};
    if (!begin_value(r, GOX_JSON_STRING) || !gox__reader_string_token(r, &raw))
        return (struct gox_slice){"", 0};
    if (memchr(raw.data, '\\', raw.len) == NULL)
        return raw;
    size_t start = scratch->len;
    gox_json_decode(scratch, raw);
    if (gox_buf_error(scratch) < 0) {
        gox_reader_fail(r, gox_buf_error(scratch), "out of memory");
        return (struct gox_slice){"", 0};
    }
    if (scratch->data == NULL) /* an escape always decodes to a byte or more */
        return (struct gox_slice){"", 0};
    return (struct gox_slice){
            (const char *)scratch->data + start, scratch->len - start};
}

/* One value that is no container. */
static bool skip_scalar(struct gox_reader *r, enum gox_json_type type)
{
    struct gox_slice raw;
    bool is_plain;
    int64_t unused;
    switch (type) {
    case GOX_JSON_STRING:
        return gox__reader_string_token(r, &raw);
    case GOX_JSON_NUMBER:
        return gox__reader_small_int(r, &unused) ||
               gox__reader_number_token(r, &raw, &is_plain);
    case GOX_JSON_BOOL:
        return r->data[r->pos] == 't' ? gox__reader_literal(r, "true", 4)
                                      : gox__reader_literal(r, "false", 5);
    case GOX_JSON_NULL:
        return gox__reader_literal(r, "null", 4);
    default:
        return gox__reader_expected(r, "a JSON value");
    }
}

/* Kinds of the open containers, a bit each: 1 is an object. */
struct kinds {
    uint64_t bits[GOX_JSON_MAX_DEPTH / 64];
};

static void set_kind(struct kinds *k, size_t depth, bool is_object)
{
    uint64_t bit = UINT64_C(1) << (depth % 64);
    if (is_object)
        k->bits[depth / 64] |= bit;
    else
        k->bits[depth / 64] &= ~bit;
}

/* Moves to the next value of the container at depth; false when it closed. */
static bool next_in(struct gox_reader *r, const struct kinds *k, size_t depth)
{
    struct gox_slice key;
    if ((k->bits[depth / 64] >> (depth % 64) & 1) != 0)
        return gox_reader_key(r, &key);
    return gox_reader_element(r);
}

struct gox_slice gox_reader_skip(struct gox_reader *r)
{
    struct kinds kinds;
    size_t open = 0;
    enum gox_json_type type = gox_reader_peek(r);
    size_t start = r->pos;
    if (type != GOX_JSON_OBJECT && type != GOX_JSON_ARRAY) {
        if (r->error != 0 || !skip_scalar(r, type))
            return (struct gox_slice){NULL, 0};
        return (struct gox_slice){r->data + start, r->pos - start};
    }
    do {
        if (type == GOX_JSON_OBJECT || type == GOX_JSON_ARRAY) {
            bool is_object = type == GOX_JSON_OBJECT;
            if (!(is_object ? gox_reader_object(r) : gox_reader_array(r)))
                break;
            set_kind(&kinds, open++, is_object);
        } else if (!skip_scalar(r, type)) {
            break;
        }
        while (open > 0 && !next_in(r, &kinds, open - 1) && r->error == 0)
            open--;
        type = gox_reader_peek(r);
    } while (open > 0 && r->error == 0);
    if (r->error != 0)
        return (struct gox_slice){NULL, 0};
    return (struct gox_slice){r->data + start, r->pos - start};
}

/* Past the string whose opening quote is at p; NULL when it does not end. */
static const char *skim_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            return p + 1;
        if (*p == '\\')
            p++;
    }
    return NULL;
}

struct gox_slice gox__reader_skim(struct gox_reader *r)
{
    const char *start = r->data + r->pos;
    const char *end = r->data + r->len;
    const char *p = start;
    size_t depth = 0;
    while (p != NULL && p < end) {
        if (*p == '"') {
            p = skim_string(p, end);
            continue;
        }
        /* '[' and '{' differ in one bit, and so do ']' and '}'. */
        char c = (char)(*p++ | 0x20);
        if (c == '{')
            depth++;
        else if (c == '}' && --depth == 0) {
            r->pos += (size_t)(p - start);
            return (struct gox_slice){start, (size_t)(p - start)};
        }
    }
    r->pos = r->len;
    gox__reader_expected(r, "the end of an array or object");
    return (struct gox_slice){NULL, 0};
}
