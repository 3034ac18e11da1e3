/* SPDX-License-Identifier: Apache-2.0
 * Records one behind the other in a ring. A record is never split: what is left
 * at the end of the memory becomes a gap. */
#include "base/alloc.h"
#include "log/log_internal.h"

#include <string.h>

int gox__ring_init(struct gox__ring *ring, size_t size)
{
    *ring = (struct gox__ring){.data = gox_malloc(size), .size = size};
    return ring->data != NULL ? 0 : GOX_ERR_NOMEM;
}

void gox__ring_fini(struct gox__ring *ring)
{
    gox_free(ring->data);
    ring->data = NULL;
}

uint8_t *gox__ring_reserve(struct gox__ring *ring, size_t bytes)
{
    /* From the beginning whenever it is empty, so that a quiet log touches
     * only the first pages of its memory. */
    if (ring->head == ring->tail && (ring->head & (ring->size - 1)) != 0)
        ring->head = ring->tail = (ring->head | (ring->size - 1)) + 1;
    size_t at = ring->head & (ring->size - 1);
    size_t gap = at + bytes > ring->size ? ring->size - at : 0;
    if (ring->head - ring->tail + gap + bytes > ring->size)
        return NULL;
    if (gap > 0) {
        uint32_t gap_bytes = (uint32_t)gap;
        uint8_t *to = ring->data + at;
        /* A gap may be shorter than a whole head: only its size and mark are
         * written, and those are in the first 8 bytes. */
        memset(to, 0, 8);
        memcpy(to, &gap_bytes, sizeof gap_bytes);
        to[offsetof(struct gox__record, is_gap)] = 1;
        ring->head += gap;
        at = 0;
    }
    return ring->data + at;
}

void gox__ring_commit(struct gox__ring *ring, size_t bytes)
{
    ring->head += bytes;
}

const struct gox__record *gox__ring_at(
        const struct gox__ring *ring, size_t *at, size_t head)
{
    while (*at != head) {
        const struct gox__record *r =
                (const struct gox__record *)(const void *)(ring->data +
                                                           (*at & (ring->size -
                                                                          1)));
        if (!r->is_gap)
            return r;
        *at += r->bytes;
    }
    return NULL;
}

/* ---- packing ---- */

static size_t aligned(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static size_t value_len(const struct gox_log_field *f, size_t left)
{
    size_t max = left < GOX__LOG_VALUE_MAX ? left : GOX__LOG_VALUE_MAX;
    if (f->type == GOX_LOG_FIELD_TEXT)
        return gox__text_cut(f->value.text.data, f->value.text.len, max);
    return f->type == GOX_LOG_FIELD_SECRET ? 0 : sizeof f->value.i;
}

static size_t key_len(const struct gox_log_field *f)
{
    size_t len = strlen(f->key);
    return len < GOX__LOG_KEY_MAX ? len : GOX__LOG_KEY_MAX;
}

/* Walks the fields the same way when measuring and when writing (to != NULL).
 * Bytes used behind the head. */
static size_t pack_body(uint8_t *to, const char *message, size_t message_len,
        const struct gox_log_field *fields, size_t count)
{
    size_t used = message_len;
    size_t left = GOX__LOG_VALUE_MAX;
    if (to != NULL)
        memcpy(to, message, message_len);
    for (size_t i = 0; i < count; i++) {
        const struct gox_log_field *f = &fields[i];
        size_t len = value_len(f, left);
        struct gox__field head = {.type = (uint8_t)f->type,
                .key_len = (uint8_t)key_len(f),
                .is_cut = f->type == GOX_LOG_FIELD_TEXT &&
                          len < f->value.text.len,
                .value_len = (uint32_t)len};
        if (to != NULL) {
            memcpy(to + used, &head, sizeof head);
            memcpy(to + used + sizeof head, f->key, head.key_len);
            const void *value = f->type == GOX_LOG_FIELD_TEXT
                                        ? (const void *)f->value.text.data
                                        : (const void *)&f->value;
            if (len > 0)
                memcpy(to + used + sizeof head + head.key_len, value, len);
        }
        used += sizeof head + head.key_len + len;
        if (f->type == GOX_LOG_FIELD_TEXT)
            left -= len;
    }
    return used;
}

size_t gox__record_bytes(const struct gox__record *head, const char *message,
        const struct gox_log_field *fields)
{
    return aligned(sizeof *head + pack_body(NULL, message, head->message_len,
                                          fields, head->field_count));
}

void gox__record_pack(uint8_t *to, const struct gox__record *head,
        const char *message, const struct gox_log_field *fields)
{
    memcpy(to, head, sizeof *head);
    pack_body(to + sizeof *head, message, head->message_len, fields,
            head->field_count);
}
