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

/* "expected X" or "the text ends, expected X". */
bool gox__reader_expected(struct gox_reader *r, const char *what);

#endif
