/* SPDX-License-Identifier: Apache-2.0
 * Volume handles and everything that only reads: voxels, counts, bounds,
 * comparison, iteration. Writing is in volume_write.c.
 *
 * Invariant: reading never changes the handle, so that several threads may
 * read through one. */
#include "voxel/volume.h"

#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/volume_internal.h"

#include <stdlib.h>
#include <string.h>

gox_volume *gox_volume_new(void)
{
    return gox_calloc(1, sizeof(gox_volume));
}

void gox_volume_free(gox_volume *vol)
{
    if (vol == NULL)
        return;
    gox__table_unref(vol->table);
    gox_free(vol);
}

static struct gox_table *ref_table(struct gox_table *t)
{
    if (t != NULL)
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

gox_volume *gox_volume_dup(const gox_volume *vol)
{
    gox_volume *copy = gox_volume_new();

    if (copy == NULL)
        return NULL;
    if (vol->log == NULL || gox__volume_log_is_empty(vol->log)) {
        copy->table = ref_table(vol->table);
        return copy;
    }
    /* In the middle of an edit the volume keeps its table to itself and its
     * points go, so that rolling back never has to copy anything. */
    if (gox__volume_log_fold(vol->log, vol) < 0)
        goto fail;
    if (vol->table != NULL) {
        copy->table = gox__table_copy(vol->table, vol->table->capacity);
        if (copy->table == NULL)
            goto fail;
    }
    return copy;

fail:
    gox_volume_free(copy);
    return NULL;
}

gox_rgba gox_volume_get(const gox_volume *vol, struct gox_pos pos)
{
    if (vol->table == NULL || !gox_pos_is_valid(pos))
        return 0;
    const struct gox_slot *slot =
            gox__table_find(vol->table, gox__key_of_voxel(pos));
    return slot == NULL ? 0
                        : gox_block_get(slot->block, gox__index_of_voxel(pos));
}

uint64_t gox_volume_solid(const gox_volume *vol)
{
    return vol->table == NULL ? 0 : vol->table->solid;
}

bool gox_volume_is_empty(const gox_volume *vol)
{
    return vol->table == NULL || vol->table->count == 0;
}

size_t gox_volume_block_count(const gox_volume *vol)
{
    return vol->table == NULL ? 0 : vol->table->count;
}

size_t gox_volume_bytes(const gox_volume *vol)
{
    size_t bytes = sizeof(*vol);
    size_t i = 0;
    const gox_block *b;

    if (vol->table != NULL)
        bytes += sizeof(struct gox_table) +
                 vol->table->capacity * sizeof(struct gox_slot);
    while ((b = gox_volume_each_block(vol, &i, NULL)) != NULL)
        bytes += gox_block_bytes(b);
    return bytes;
}

/* The box of all blocks, in block positions. */
static struct gox_bbox block_bounds(const gox_volume *vol)
{
    struct gox_bbox bounds = {0};
    struct gox_pos p;
    size_t i = 0;

    while (gox_volume_each_block(vol, &i, &p) != NULL)
        bounds = gox_bbox_add(bounds, p);
    return bounds;
}

static bool is_outermost(struct gox_bbox bounds, struct gox_pos p)
{
    return p.x == bounds.min.x || p.y == bounds.min.y || p.z == bounds.min.z ||
           p.x == bounds.max.x - 1 || p.y == bounds.max.y - 1 ||
           p.z == bounds.max.z - 1;
}

struct gox_bbox gox_volume_bbox(const gox_volume *vol)
{
    struct gox_bbox bounds = block_bounds(vol);
    struct gox_bbox box = {0};
    struct gox_pos p;
    const gox_block *b;
    size_t i = 0;

    while ((b = gox_volume_each_block(vol, &i, &p)) != NULL) {
        if (!is_outermost(bounds, p))
            continue;
        struct gox_bbox in = gox_block_bbox(b);
        struct gox_pos o = {p.x * 16, p.y * 16, p.z * 16};
        box = gox_bbox_union(
                box, (struct gox_bbox){
                             {o.x + in.min.x, o.y + in.min.y, o.z + in.min.z},
                             {o.x + in.max.x, o.y + in.max.y, o.z + in.max.z}});
    }
    return box;
}

bool gox_volume_equals(const gox_volume *a, const gox_volume *b)
{
    struct gox_pos p;
    const gox_block *block;
    size_t i = 0;

    if (a->table == b->table)
        return true;
    if (gox_volume_block_count(a) != gox_volume_block_count(b) ||
            gox_volume_solid(a) != gox_volume_solid(b))
        return false;
    while ((block = gox_volume_each_block(a, &i, &p)) != NULL) {
        const gox_block *other = gox_volume_peek_block(b, p);
        if (other == NULL || !gox__block_equals(block, other))
            return false;
    }
    return true;
}

static bool is_valid_block_pos(struct gox_pos p)
{
    return p.x >= -GOX_BLOCK_COORD_MAX && p.x < GOX_BLOCK_COORD_MAX &&
           p.y >= -GOX_BLOCK_COORD_MAX && p.y < GOX_BLOCK_COORD_MAX &&
           p.z >= -GOX_BLOCK_COORD_MAX && p.z < GOX_BLOCK_COORD_MAX;
}

const gox_block *gox_volume_peek_block(
        const gox_volume *vol, struct gox_pos block_pos)
{
    if (vol->table == NULL || !is_valid_block_pos(block_pos))
        return NULL;
    const struct gox_slot *slot =
            gox__table_find(vol->table, gox__key_make(block_pos));
    return slot == NULL ? NULL : slot->block;
}

int gox_volume_share_block(
        const gox_volume *vol, struct gox_pos block_pos, gox_block **block)
{
    const gox_block *found = gox_volume_peek_block(vol, block_pos);

    *block = NULL;
    if (found == NULL)
        return 0;
    if (vol->log != NULL) {
        int rc = gox__volume_log_fold_block(
                vol->log, vol, gox__key_make(block_pos));
        if (rc < 0)
            return rc;
    }
    *block = gox__block_share(found);
    return 0;
}

const gox_block *gox_volume_each_block(
        const gox_volume *vol, size_t *cursor, struct gox_pos *block_pos)
{
    const struct gox_table *t = vol->table;

    while (t != NULL && *cursor < t->capacity) {
        const struct gox_slot *slot = &t->slots[(*cursor)++];
        if (slot->block == NULL)
            continue;
        if (block_pos != NULL)
            *block_pos = gox__key_pos(slot->key);
        return slot->block;
    }
    return NULL;
}

static int compare_entries(const void *a, const void *b)
{
    uint64_t ka = gox__key_make(((const struct gox_block_entry *)a)->pos);
    uint64_t kb = gox__key_make(((const struct gox_block_entry *)b)->pos);

    return (ka > kb) - (ka < kb);
}

struct gox_block_entry *gox_volume_sorted_blocks(
        const gox_volume *vol, size_t *count)
{
    size_t total = gox_volume_block_count(vol);
    size_t i = 0, n = 0;
    struct gox_block_entry entry;

    *count = 0;
    if (total == 0)
        return NULL;
    struct gox_block_entry *entries = gox_malloc_array(total, sizeof(*entries));
    if (entries == NULL)
        return NULL;
    while ((entry.block = gox_volume_each_block(vol, &i, &entry.pos)) != NULL)
        entries[n++] = entry;
    qsort(entries, n, sizeof(*entries), compare_entries);
    *count = n;
    return entries;
}

void gox_cursor_init(struct gox_cursor *cursor, const gox_volume *vol)
{
    *cursor = (struct gox_cursor){.vol = vol};
}

gox_rgba gox_cursor_get(struct gox_cursor *cursor, struct gox_pos pos)
{
    struct gox_pos p = {pos.x >> GOX_BLOCK_SHIFT, pos.y >> GOX_BLOCK_SHIFT,
            pos.z >> GOX_BLOCK_SHIFT};

    if (!cursor->is_valid || p.x != cursor->block_pos.x ||
            p.y != cursor->block_pos.y || p.z != cursor->block_pos.z) {
        cursor->block_pos = p;
        cursor->block = gox_volume_peek_block(cursor->vol, p);
        cursor->is_valid = true;
    }
    if (cursor->block == NULL)
        return 0;
    return gox_block_get(cursor->block, gox__index_of_voxel(pos));
}

void gox_volume_set_log(gox_volume *vol, struct gox_volume_log *log)
{
    vol->log = log;
}

bool gox_volume_is_sane(const gox_volume *vol)
{
    struct gox_table *t = vol->table;
    size_t count = 0;
    uint64_t solid = 0;

    if (t == NULL)
        return true;
    if ((t->capacity & (t->capacity - 1)) != 0 ||
            t->count > t->capacity / 4 * 3 || atomic_load(&t->refs) == 0)
        return false;
    for (size_t i = 0; i < t->capacity; i++) {
        const gox_block *b = t->slots[i].block;
        if (b == NULL)
            continue;
        if (!gox_block_is_sane(b) || gox_block_solid(b) == 0 ||
                gox__table_find(t, t->slots[i].key) != &t->slots[i])
            return false;
        count++;
        solid += gox_block_solid(b);
    }
    return count == t->count && solid == t->solid;
}
