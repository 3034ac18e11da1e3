/* SPDX-License-Identifier: Apache-2.0
 * A pull reader for JSON texts over borrowed bytes: RFC 8259 to the letter,
 * UTF-8 checked, nothing allocated but by gox_reader_string for escapes.
 *
 * Invariant: after the first error every call fails, `error` keeps its code and
 * err its text and byte offset, so that a caller may check once at the end.
 *
 *     gox_reader_init(&r, slice.data, slice.len, &err);
 *     gox_reader_array(&r);
 *     while (gox_reader_element(&r)) {
 *         uint64_t seen = 0;
 *         int field;
 *         gox_reader_object(&r);
 *         while ((field = gox_reader_field(&r, names, 4, &seen)) >= 0)
 *             values[field] = gox_reader_i32(&r, min, max);
 *     }
 *     if (gox_reader_error(&r) < 0) ... */
#ifndef GOX_RPC_READER_H
#define GOX_RPC_READER_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOX_JSON_MAX_DEPTH 512

/* Borrowed bytes; data NULL says absent. */
struct gox_slice {
    const char *data;
    size_t len;
};

/* True when a slice is exactly this C string. */
bool gox_slice_is(struct gox_slice slice, const char *text);

enum gox_json_type {
    GOX_JSON_ERROR, /* no value starts here, or an earlier error */
    GOX_JSON_OBJECT,
    GOX_JSON_ARRAY,
    GOX_JSON_STRING,
    GOX_JSON_NUMBER,
    GOX_JSON_BOOL,
    GOX_JSON_NULL
};
/* "object", "array" ... for messages. Static memory. */
const char *gox_json_type_name(enum gox_json_type type);

struct gox_reader {
    const char *data; /* borrowed */
    size_t len;
    size_t pos;
    size_t base;           /* added to pos in messages */
    struct gox_error *err; /* may be NULL */
    int error;             /* 0, GOX_ERR_PARSE, GOX_ERR_PARAMS or NOMEM */
    unsigned depth;
    bool is_first; /* no member of the innermost container was read yet */
};

void gox_reader_init(struct gox_reader *r, const char *data, size_t len,
        struct gox_error *err);
static inline int gox_reader_error(const struct gox_reader *r)
{
    return r->error;
}
/* Sets the error at the current position (unless one is set); returns code. */
int gox_reader_fail(struct gox_reader *r, int code, const char *fmt, ...)
        GOX_PRINTF(3, 4) GOX_COLD;

/* The type of the value that comes next; consumes only blanks. */
enum gox_json_type gox_reader_peek(struct gox_reader *r);

/* Enters an array or object. A value of another type is GOX_ERR_PARAMS. */
bool gox_reader_array(struct gox_reader *r);
bool gox_reader_object(struct gox_reader *r);
/* True when another element comes, whose value must then be read (or skipped);
 * false after the closing bracket was consumed or on error. */
bool gox_reader_element(struct gox_reader *r);
/* The same for members; *key is the raw text between the quotes, which may hold
 * escapes: compare with gox_slice_equals_json. */
bool gox_reader_key(struct gox_reader *r, struct gox_slice *key);
/* The next member of an object whose keys are all known: its index in names,
 * or -1 at the end or on error. Unknown keys (the message lists the known) and
 * duplicates (by the bits of *seen, at most 64 names) are GOX_ERR_PARAMS. */
int gox_reader_field(struct gox_reader *r, const char *const *names,
        size_t count, uint64_t *seen);

/* Values. On a wrong type or range the error is GOX_ERR_PARAMS and the result
 * 0. An integer may be written 12, 12.0 or 1.2e1, never with a fraction. */
int64_t gox_reader_int(struct gox_reader *r, int64_t min, int64_t max);
static inline int32_t gox_reader_i32(
        struct gox_reader *r, int32_t min, int32_t max)
{
    return (int32_t)gox_reader_int(r, min, max);
}
double gox_reader_number(struct gox_reader *r); /* finite */
bool gox_reader_bool(struct gox_reader *r);
bool gox_reader_null(struct gox_reader *r); /* true when it was null */
/* The string decoded: a slice of the input when it has no escapes, else
 * appended to scratch (which must not be reset while the slice is in use; it
 * moves when it grows, so use the slice before the next string). */
struct gox_slice gox_reader_string(
        struct gox_reader *r, struct gox_buf *scratch);
/* Checks and passes over any value; its raw text. */
struct gox_slice gox_reader_skip(struct gox_reader *r);

/* True at the end of the text (after blanks); anything else there is an
 * error. */
bool gox_reader_end(struct gox_reader *r);

/* True when the raw text between the quotes of a JSON string means `text`. */
bool gox_slice_equals_json(struct gox_slice raw, const char *text);
/* Appends the raw text between quotes of a checked JSON string, decoded. */
void gox_json_decode(struct gox_buf *out, struct gox_slice raw);

/* Splitting a stream: how far the first JSON text in data reaches, for texts
 * that come without a newline. *state starts as zero and is fed each piece
 * once. Returns the number of bytes up to and including its last bracket, 0
 * when it is not complete yet (or is no object and no array). */
struct gox_json_scan {
    size_t depth;
    bool in_string, is_escaped, has_started, is_other;
};
size_t gox_json_scan(struct gox_json_scan *scan, const char *data, size_t len);

#endif
