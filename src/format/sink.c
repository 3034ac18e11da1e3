/* SPDX-License-Identifier: Apache-2.0
 * Collects single voxels into a volume: a small hash table of plain blocks in
 * front of it, so that a voxel costs a store and not a change of a packed
 * block. Readers of formats that list voxels one by one use it.
 *
 * Invariant: a block opened here starts as the volume has it, so putting the
 * plain block back later never loses what was stored before. */
#include "base/alloc.h"
#include "format/formats_internal.h"

#include <string.h>

#define TABLE_SIZE (2u * GOX__SINK_SLOTS)

int gox__sink_init(struct gox__sink *sink, gox_volume *vol)
{
    *sink = (struct gox__sink){.vol = vol};
    sink->slots = gox_calloc(TABLE_SIZE, sizeof(*sink->slots));
    sink->raw = gox_calloc(GOX__SINK_SLOTS, sizeof(*sink->raw));
    sink->pos = gox_calloc(GOX__SINK_SLOTS, sizeof(*sink->pos));
    if (sink->slots != NULL && sink->raw != NULL && sink->pos != NULL)
        return 0;
    gox__sink_fini(sink);
    return GOX_ERR_NOMEM;
}

void gox__sink_fini(struct gox__sink *sink)
{
    for (size_t i = 0; sink->raw != NULL && i < GOX__SINK_SLOTS; i++)
        gox_free(sink->raw[i]);
    gox_free(sink->raw);
    gox_free(sink->slots);
    gox_free(sink->pos);
    *sink = (struct gox__sink){.vol = NULL};
}

static uint32_t hash_pos(struct gox_pos p)
{
    uint32_t h = (uint32_t)p.x * 0x9e3779b1u ^ (uint32_t)p.y * 0x85ebca77u ^
                 (uint32_t)p.z * 0xc2b2ae3du;
    return (h ^ h >> 15) & (TABLE_SIZE - 1);
}

static struct gox__sink_slot *find_slot(
        struct gox__sink *sink, struct gox_pos pos)
{
    uint32_t h = hash_pos(pos);
    while (sink->slots[h].raw != 0) {
        struct gox_pos p = sink->slots[h].pos;
        if (p.x == pos.x && p.y == pos.y && p.z == pos.z)
            break;
        h = (h + 1) & (TABLE_SIZE - 1);
    }
    return &sink->slots[h];
}

int gox__sink_open(struct gox__sink *sink, struct gox_pos block_pos)
{
    struct gox__sink_slot *slot = find_slot(sink, block_pos);
    if (slot->raw == 0) {
        if (sink->raw_count == GOX__SINK_SLOTS) {
            int rc = gox__sink_flush(sink);
            if (rc < 0)
                return rc;
            slot = find_slot(sink, block_pos);
        }
        gox_rgba **raw = &sink->raw[sink->raw_count];
        if (*raw == NULL)
            *raw = gox_malloc_array(GOX_BLOCK_VOXELS, sizeof(gox_rgba));
        if (*raw == NULL)
            return GOX_ERR_NOMEM;
        const gox_block *old = gox_volume_peek_block(sink->vol, block_pos);
        if (old != NULL)
            gox_block_decode(old, *raw);
        else
            memset(*raw, 0, GOX_BLOCK_VOXELS * sizeof(gox_rgba));
        sink->pos[sink->raw_count++] = block_pos;
        *slot = (struct gox__sink_slot){
                .pos = block_pos, .raw = (uint32_t)sink->raw_count};
    }
    sink->last = sink->raw[slot->raw - 1];
    sink->last_pos = block_pos;
    return 0;
}

struct pack {
    const struct gox__sink *sink;
    gox_block **blocks;
};

static int pack_one(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct pack *p = ctx;
    p->blocks[i] = gox_block_new(p->sink->raw[i]);
    return p->blocks[i] != NULL ? 0 : GOX_ERR_NOMEM;
}

/* Puts a block in place of what is there and keeps the sums. */
static int put_block(
        struct gox__sink *sink, struct gox_pos pos, gox_block *own_block)
{
    const gox_block *old = gox_volume_peek_block(sink->vol, pos);
    if (old != NULL && sink->blocks > 0) {
        sink->bytes -= gox_block_bytes(old);
        sink->blocks--;
    }
    if (gox_block_solid(own_block) > 0) {
        sink->bytes += gox_block_bytes(own_block);
        sink->blocks++;
    }
    return gox_volume_put_block(sink->vol, pos, own_block);
}

/* Below this many blocks, starting threads costs more than packing. */
#define PARALLEL_FROM 64

int gox__sink_flush(struct gox__sink *sink)
{
    size_t count = sink->raw_count;
    sink->last = NULL;
    if (count == 0)
        return 0;
    struct pack p = {.sink = sink};
    p.blocks = gox_calloc(count, sizeof(*p.blocks));
    if (p.blocks == NULL)
        return GOX_ERR_NOMEM;
    int rc = 0;
    if (count >= PARALLEL_FROM)
        rc = gox_parallel_for(NULL, count, pack_one, &p);
    for (size_t i = 0; count < PARALLEL_FROM && i < count && rc == 0; i++)
        rc = pack_one(&p, i, 0);
    for (size_t i = 0; i < count; i++) {
        if (rc == 0)
            rc = put_block(sink, sink->pos[i], p.blocks[i]);
        else
            gox_block_unref(p.blocks[i]);
    }
    gox_free(p.blocks);
    memset(sink->slots, 0, TABLE_SIZE * sizeof(*sink->slots));
    sink->raw_count = 0;
    if (rc == 0 && (sink->blocks > GOX_FORMAT_MAX_BLOCKS ||
                           sink->bytes > GOX_FORMAT_MAX_MEMORY))
        rc = GOX_ERR_TOO_LARGE;
    return rc;
}
