/* SPDX-License-Identifier: Apache-2.0
 * Writing compact JSON into a gox_buf. Commas are put in by the writer; errors
 * are sticky in the buffer.
 *
 * Every function takes the member's key, or NULL inside an array (and for the
 * outermost value). Keys are C literals without characters to escape.
 *
 *     gox_writer_object(w, NULL);
 *     gox_writer_int(w, "x", 3);
 *     gox_writer_array(w, "color"); ... gox_writer_end_array(w);
 *     gox_writer_end_object(w);                                            */
#ifndef GOX_RPC_WRITER_H
#define GOX_RPC_WRITER_H

#include "rpc/reader.h"

struct gox_writer {
    struct gox_buf *buf; /* borrowed */
    bool needs_comma;
};

void gox_writer_init(struct gox_writer *w, struct gox_buf *buf);

/* The comma and the key, with room for `extra` bytes of the value, whose place
 * is returned; NULL when the buffer has failed. A literal's length is known
 * when the caller is compiled, which is why this is here. */
uint8_t *gox__writer_begin(
        struct gox_writer *w, const char *key, size_t key_len, size_t extra);
void gox__writer_int(
        struct gox_writer *w, const char *key, size_t key_len, int64_t value);
void gox__writer_fixed(struct gox_writer *w, const char *key, size_t key_len,
        const char *text, size_t len);
static inline size_t gox__writer_len(const char *key)
{
    return key != NULL ? strlen(key) : 0;
}

void gox_writer_object(struct gox_writer *w, const char *key);
void gox_writer_end_object(struct gox_writer *w);
void gox_writer_array(struct gox_writer *w, const char *key);
void gox_writer_end_array(struct gox_writer *w);

static inline void gox_writer_int(
        struct gox_writer *w, const char *key, int64_t value)
{
    gox__writer_int(w, key, gox__writer_len(key), value);
}
void gox_writer_uint(struct gox_writer *w, const char *key, uint64_t value);
/* The shortest text that reads back as the same double; null when not finite.
 */
void gox_writer_number(struct gox_writer *w, const char *key, double value);
static inline void gox_writer_bool(
        struct gox_writer *w, const char *key, bool value)
{
    gox__writer_fixed(w, key, gox__writer_len(key), value ? "true" : "false",
            value ? 4 : 5);
}
void gox_writer_null(struct gox_writer *w, const char *key);
/* UTF-8 in, escaped; bytes that are not UTF-8 become U+FFFD. NULL: null. */
void gox_writer_string(struct gox_writer *w, const char *key, const char *text);
void gox_writer_text(
        struct gox_writer *w, const char *key, const char *text, size_t len);
void gox_writer_printf(struct gox_writer *w, const char *key, const char *fmt,
        ...) GOX_PRINTF(3, 4);
/* A value that is JSON already (a checked slice). */
void gox_writer_raw(
        struct gox_writer *w, const char *key, const char *json, size_t len);
/* Room for many numbers at once is up to the caller: reserve in w->buf, then
 * set needs_comma. */

/* [a,b,c] and [r,g,b,a] (r in the low byte), the forms used everywhere. */
void gox_writer_xyz(
        struct gox_writer *w, const char *key, int32_t x, int32_t y, int32_t z);
void gox_writer_rgba(struct gox_writer *w, const char *key, uint32_t rgba);
/* "#RRGGBBAA". */
void gox_writer_hex(struct gox_writer *w, const char *key, uint32_t rgba);
/* Standard base64 with padding. */
void gox_writer_base64(
        struct gox_writer *w, const char *key, const void *data, size_t len);

/* Appends text as a JSON string with its quotes. */
void gox_json_encode(struct gox_buf *out, const char *text, size_t len);

#endif
