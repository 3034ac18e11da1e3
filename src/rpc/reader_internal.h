/* SPDX-License-Identifier: Apache-2.0
 * What the files of the reader share: passing over blanks and one token. */
#ifndef GOX_RPC_READER_INTERNAL_H
#define GOX_RPC_READER_INTERNAL_H

#include "rpc/reader.h"

/* Passes over blanks; the next byte, or -1 at the end or after an error. */
static inline int gox__reader_blank(struct gox_reader *r)
{
    while (r->pos < r->len) {
        unsigned char c = (unsigned char)r->data[r->pos];
        if (c > ' ' || (c != ' ' && c != '\t' && c != '\n' && c != '\r'))
            return c;
        r->pos++;
    }
    return -1;
}

/* Consume one token that starts at pos; false with the error set. A string's
 * slice is the text between its quotes. */
bool gox__reader_string_token(struct gox_reader *r, struct gox_slice *raw);
bool gox__reader_number_token(
        struct gox_reader *r, struct gox_slice *raw, bool *is_plain);
bool gox__reader_literal(struct gox_reader *r, const char *word, size_t len);

/* The length of the UTF-8 sequence at p (left bytes), 0 when it is none. */
size_t gox__utf8_length(const unsigned char *p, size_t left);

/* A whole number of at most 18 digits, the usual kind: passes over it and gives
 * its value. False, at the same place, for any other text. */
static inline bool gox__reader_small_int(struct gox_reader *r, int64_t *value)
{
    const char *p = r->data + r->pos;
    const char *end = r->data + r->len;
    bool is_negative = p < end && *p == '-';
    const char *digits = p + is_negative;
    const char *q = digits;
    int64_t sum = 0;
    while (q < end && *q >= '0' && *q <= '9' && q - digits < 18)
        sum = sum * 10 + (*q++ - '0');
    if (q == digits || q == end || (*digits == '0' && q - digits > 1) ||
            *q == '.' || (*q | 0x20) == 'e' || (*q >= '0' && *q <= '9'))
        return false;
    *value = is_negative ? -sum : sum;
    r->pos += (size_t)(q - p);
    return true;
}

/* Passes over an array or object by its brackets alone, which costs a few
 * instructions a byte. What is inside must be checked by whoever reads it.
 * data NULL on error. */
struct gox_slice gox__reader_skim(struct gox_reader *r);

/* "expected X" or "the text ends, expected X". */
bool gox__reader_expected(struct gox_reader *r, const char *what) GOX_COLD;

#endif
