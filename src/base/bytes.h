/* SPDX-License-Identifier: Apache-2.0
 * Reading binary input: a cursor over borrowed bytes that checks each read.
 *
 * Invariant: pos <= len always; a read that does not fit sets the error once
 * (GOX_ERR_FORMAT with the offset and what was expected), moves to the end and
 * gives zeros from then on, so that a parser may check at its own pace. */
#ifndef GOX_BASE_BYTES_H
#define GOX_BASE_BYTES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gox_bytes {
    const uint8_t *data; /* borrowed */
    size_t len;
    size_t pos;
    size_t base;           /* offset of data[0] in the file, for messages */
    struct gox_error *err; /* may be NULL */
    bool failed;
};

void gox_bytes_init(struct gox_bytes *in, const void *data, size_t len,
        struct gox_error *err);

/* A cursor over the next len bytes, which are consumed here. It shares err.
 * When they are not there, fails and gives an empty, failed cursor. */
struct gox_bytes gox_bytes_sub(
        struct gox_bytes *in, size_t len, const char *what);

/* Borrowed pointer to the next len bytes, or NULL (failed). `what` names them
 * in the message: "needs 12 bytes for the chunk header, 5 are left". */
const uint8_t *gox_bytes_take(
        struct gox_bytes *in, size_t len, const char *what);

uint8_t gox_bytes_u8(struct gox_bytes *in, const char *what);
uint16_t gox_bytes_u16le(struct gox_bytes *in, const char *what);
uint16_t gox_bytes_u16be(struct gox_bytes *in, const char *what);
uint32_t gox_bytes_u32le(struct gox_bytes *in, const char *what);
int32_t gox_bytes_i32le(struct gox_bytes *in, const char *what);
float gox_bytes_f32le(struct gox_bytes *in, const char *what);

static inline size_t gox_bytes_left(const struct gox_bytes *in)
{
    return in->len - in->pos;
}

/* Sets the error at the current position (unless one is set already), marks
 * the cursor failed and returns GOX_ERR_FORMAT. */
int gox_bytes_fail(struct gox_bytes *in, const char *fmt, ...) GOX_PRINTF(2, 3);

#endif
