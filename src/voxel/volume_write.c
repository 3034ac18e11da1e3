/* SPDX-License-Identifier: Apache-2.0
 * Writing to a volume. Each write goes: find, tell the log, make the table the
 * handle's own, change. All that can fail comes before the change.
 *
 * Invariant: after any return the volume is valid and its log can undo. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/volume_internal.h"

#include <string.h>

static size_t table_bytes(const struct gox_table *t)
{
    return sizeof(*t) + t->capacity * sizeof(struct gox_slot);
}

int gox__volume_own_table(gox_volume *vol, size_t extra)
{
    struct gox_table *t = vol->table;

    if (t == NULL) {
        if (extra == 0)
            return 0;
        vol->table = gox__table_new(gox__table_capacity_for(extra));
        return vol->table == NULL ? GOX_ERR_NOMEM : 0;
    }
    bool is_shared = atomic_load_explicit(&t->refs, memory_order_acquire) > 1;
    bool is_full = t->count + extra > t->capacity / 4 * 3;
    if (!is_shared && !is_full)
        return 0;
    size_t capacity = t->capacity;
    if (is_full)
        capacity = gox__table_capacity_for(t->count + extra);
    if (!is_shared)
        return gox__table_grow(&vol->table, capacity) ? 0 : GOX_ERR_NOMEM;
    struct gox_table *own = gox__table_copy(t, capacity);
    if (own == NULL)
        return GOX_ERR_NOMEM;
    if (vol->log != NULL)
        vol->log->copied_bytes += table_bytes(t);
    gox__table_unref(t);
    vol->table = own;
    return 0;
}

/* Like find, but tries the slot of the last write first. */
static struct gox_slot *find_slot(gox_volume *vol, uint64_t key)
{
    struct gox_table *t = vol->table;

    if (t == NULL)
        return NULL;
    if (vol->hint < t->capacity) {
        struct gox_slot *slot = &t->slots[vol->hint];
        if (slot->block != NULL && slot->key == key)
            return slot;
    }
    struct gox_slot *slot = gox__table_find(t, key);
    if (slot != NULL)
        vol->hint = (size_t)(slot - t->slots);
    return slot;
}

static int set_in_new_block(gox_volume *vol, struct gox_pos pos, gox_rgba color)
{
    int32_t x = pos.x & 15, y = pos.y & 15, z = pos.z & 15;
    struct gox_bbox one = {{x, y, z}, {x + 1, y + 1, z + 1}};

    int rc = gox__volume_own_table(vol, 1);
    if (rc < 0)
        return rc;
    gox_block *block = gox__block_new_box(0, color, one);
    if (block == NULL)
        return GOX_ERR_NOMEM;
    struct gox_slot *slot =
            gox__table_insert(vol->table, gox__key_of_voxel(pos), block);
    vol->hint = (size_t)(slot - vol->table->slots);
    return 0;
}

static int set_in_block(
        gox_volume *vol, uint64_t key, unsigned index, gox_rgba color)
{
    int rc = gox__volume_own_table(vol, 0);
    if (rc < 0)
        return rc;
    struct gox_slot *slot = find_slot(vol, key);
    unsigned solid = gox_block_solid(slot->block);
    if (color == 0 && solid == 1) {
        gox__table_remove(vol->table, slot);
        return 0;
    }
    /* Shared past a record of the log itself: somebody's snapshot. */
    if (vol->log != NULL && gox_block_is_shared(slot->block) &&
            !gox__volume_log_has_block(vol->log, key))
        vol->log->copied_bytes += gox_block_bytes(slot->block);
    rc = gox_block_set(&slot->block, index, color);
    vol->table->solid += gox_block_solid(slot->block);
    vol->table->solid -= solid;
    return rc;
}

int gox_volume_set(gox_volume *vol, struct gox_pos pos, gox_rgba color)
{
    if (!gox_pos_is_valid(pos))
        return GOX_ERR_RANGE;
    if (gox_rgba_a(color) == 0)
        color = 0;
    uint64_t key = gox__key_of_voxel(pos);
    unsigned index = gox__index_of_voxel(pos);
    struct gox_slot *slot = find_slot(vol, key);
    gox_rgba old = slot == NULL ? 0 : gox_block_get(slot->block, index);
    if (old == color)
        return 0;
    if (vol->log != NULL) {
        bool vanishes = color == 0 && gox_block_solid(slot->block) == 1;
        int rc = gox__volume_log_voxel(vol->log,
                slot == NULL ? NULL : slot->block, pos, old, vanishes);
        if (rc < 0)
            return rc;
    }
    if (slot == NULL)
        return set_in_new_block(vol, pos, color);
    return set_in_block(vol, key, index, color);
}

/* put_block for a position that is known to be valid. */
static int put_at_key(gox_volume *vol, uint64_t key, gox_block *own_block)
{
    struct gox_slot *slot = find_slot(vol, key);
    int rc = 0;

    if (own_block != NULL && gox_block_solid(own_block) == 0) {
        gox_block_unref(own_block);
        own_block = NULL;
    }
    if (slot == NULL ? own_block == NULL : slot->block == own_block)
        goto out;
    if (vol->log != NULL)
        rc = gox__volume_log_block(
                vol->log, slot == NULL ? NULL : slot->block, key);
    if (rc == 0)
        rc = gox__volume_own_table(vol, slot == NULL);
    if (rc < 0)
        goto out;
    slot = find_slot(vol, key);
    if (own_block == NULL) {
        gox__table_remove(vol->table, slot);
    } else if (slot == NULL) {
        gox__table_insert(vol->table, key, own_block);
    } else {
        vol->table->solid += gox_block_solid(own_block);
        vol->table->solid -= gox_block_solid(slot->block);
        gox_block_unref(slot->block);
        slot->block = own_block;
    }
    return 0;

out:
    gox_block_unref(own_block);
    return rc;
}

int gox_volume_put_block(
        gox_volume *vol, struct gox_pos block_pos, gox_block *own_block)
{
    const int32_t max = GOX_BLOCK_COORD_MAX;

    if (block_pos.x < -max || block_pos.x >= max || block_pos.y < -max ||
            block_pos.y >= max || block_pos.z < -max || block_pos.z >= max) {
        gox_block_unref(own_block);
        return GOX_ERR_RANGE;
    }
    return put_at_key(vol, gox__key_make(block_pos), own_block);
}

int gox_volume_set_block(gox_volume *vol, struct gox_pos block_pos,
        const gox_rgba colors[GOX_BLOCK_VOXELS])
{
    gox_block *block = gox_block_new(colors);

    if (block == NULL)
        return GOX_ERR_NOMEM;
    return gox_volume_put_block(vol, block_pos, block);
}

/* The part of box inside a block, in the block's own coordinates. */
static struct gox_bbox clip_to_block(struct gox_bbox box, struct gox_pos b)
{
    struct gox_pos o = {b.x * 16, b.y * 16, b.z * 16};
    struct gox_bbox all = {o, {o.x + 16, o.y + 16, o.z + 16}};
    struct gox_bbox r = gox_bbox_intersect(box, all);

    return (struct gox_bbox){{r.min.x - o.x, r.min.y - o.y, r.min.z - o.z},
            {r.max.x - o.x, r.max.y - o.y, r.max.z - o.z}};
}

static bool is_inside(struct gox_bbox b, struct gox_bbox outer)
{
    struct gox_bbox u = gox_bbox_union(b, outer);

    return memcmp(&u, &outer, sizeof(u)) == 0;
}

static gox_block *new_painted(
        const gox_block *block, struct gox_bbox in, gox_rgba color)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];

    gox_block_decode(block, colors);
    for (int z = in.min.z; z < in.max.z; z++) {
        for (int y = in.min.y; y < in.max.y; y++) {
            for (int x = in.min.x; x < in.max.x; x++)
                colors[x + 16 * y + 256 * z] = color;
        }
    }
    return gox_block_new(colors);
}

/* full: a uniform block of the colour, shared by all whole blocks. */
static int fill_block(gox_volume *vol, struct gox_pos p, struct gox_bbox box,
        gox_rgba color, gox_block *full)
{
    struct gox_bbox in = clip_to_block(box, p);
    uint64_t key = gox__key_make(p);
    struct gox_slot *slot = find_slot(vol, key);
    gox_rgba old = 0;

    if (gox_bbox_volume(in) == GOX_BLOCK_VOXELS)
        return put_at_key(vol, key, gox_block_ref(full));
    /* All that is there goes: most of the border when a shape is erased. */
    if (color == 0 && slot != NULL &&
            is_inside(gox_block_bbox(slot->block), in))
        return put_at_key(vol, key, NULL);
    bool is_even = slot == NULL || gox_block_is_uniform(slot->block, &old);
    if (is_even && old == color)
        return 0;
    gox_block *block = is_even ? gox__block_new_box(old, color, in)
                               : new_painted(slot->block, in, color);
    if (block == NULL)
        return GOX_ERR_NOMEM;
    return put_at_key(vol, key, block);
}

/* Erasing looks only at blocks that exist: the box may be the whole grid. */
static int erase_box(gox_volume *vol, struct gox_bbox box, gox_block *full)
{
    size_t count;
    struct gox_block_entry *entries = gox_volume_sorted_blocks(vol, &count);
    int rc = 0;

    if (entries == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (!gox_bbox_is_empty(clip_to_block(box, entries[i].pos)))
            rc = fill_block(vol, entries[i].pos, box, 0, full);
    }
    gox_free(entries);
    return rc;
}

static int fill_box(
        gox_volume *vol, struct gox_bbox box, gox_rgba color, gox_block *full)
{
    struct gox_pos lo = {box.min.x >> 4, box.min.y >> 4, box.min.z >> 4};
    struct gox_pos hi = {
            (box.max.x - 1) >> 4, (box.max.y - 1) >> 4, (box.max.z - 1) >> 4};

    for (int32_t z = lo.z; z <= hi.z; z++) {
        for (int32_t y = lo.y; y <= hi.y; y++) {
            for (int32_t x = lo.x; x <= hi.x; x++) {
                int rc = fill_block(
                        vol, gox_pos_make(x, y, z), box, color, full);
                if (rc < 0)
                    return rc;
            }
        }
    }
    return 0;
}

int gox_volume_fill(gox_volume *vol, struct gox_bbox box, gox_rgba color)
{
    if (gox_bbox_is_empty(box))
        return 0;
    if (!gox_pos_is_valid(box.min) ||
            !gox_pos_is_valid(
                    gox_pos_make(box.max.x - 1, box.max.y - 1, box.max.z - 1)))
        return GOX_ERR_RANGE;
    if (gox_rgba_a(color) == 0)
        color = 0;
    gox_block *full = gox_block_new_uniform(color);
    if (full == NULL)
        return GOX_ERR_NOMEM;
    int rc = color == 0 ? erase_box(vol, box, full)
                        : fill_box(vol, box, color, full);
    gox_block_unref(full);
    return rc;
}

static int log_all_blocks(gox_volume *vol)
{
    const struct gox_table *t = vol->table;

    for (size_t i = 0; t != NULL && vol->log != NULL && i < t->capacity; i++) {
        if (t->slots[i].block == NULL)
            continue;
        int rc = gox__volume_log_block(
                vol->log, t->slots[i].block, t->slots[i].key);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* With a log the table keeps its size, so that the rollback finds room. */
static int replace_table(gox_volume *vol, const struct gox_table *src)
{
    size_t capacity = gox__table_capacity_for(src == NULL ? 0 : src->count);
    struct gox_table *table;

    if (vol->table != NULL && vol->table->capacity > capacity)
        capacity = vol->table->capacity;
    if (src != NULL && src->capacity > capacity)
        capacity = src->capacity;
    table = src == NULL ? gox__table_new(capacity)
                        : gox__table_copy(src, capacity);
    if (table == NULL)
        return GOX_ERR_NOMEM;
    gox__table_unref(vol->table);
    vol->table = table;
    return 0;
}

int gox_volume_clear(gox_volume *vol)
{
    int rc = log_all_blocks(vol);

    if (rc < 0)
        return rc;
    if (vol->log != NULL && vol->table != NULL)
        return replace_table(vol, NULL);
    gox__table_unref(vol->table);
    vol->table = NULL;
    return 0;
}

/* Logs every position where the two differ, in either of them. */
static int log_differences(gox_volume *dst, const gox_volume *src)
{
    size_t i = 0;
    struct gox_pos p;
    const gox_block *b;
    int rc = 0;

    while (rc == 0 && (b = gox_volume_each_block(dst, &i, &p)) != NULL) {
        if (gox_volume_peek_block(src, p) != b)
            rc = gox__volume_log_block(dst->log, b, gox__key_make(p));
    }
    i = 0;
    while (rc == 0 && gox_volume_each_block(src, &i, &p) != NULL) {
        if (gox_volume_peek_block(dst, p) == NULL)
            rc = gox__volume_log_block(dst->log, NULL, gox__key_make(p));
    }
    return rc;
}

int gox_volume_assign(gox_volume *dst, const gox_volume *src)
{
    if (dst->table == src->table)
        return 0;
    if (dst->log != NULL) {
        int rc = log_differences(dst, src);
        if (rc == 0 && src->log != NULL)
            rc = gox__volume_log_fold(src->log, src);
        return rc < 0 ? rc : replace_table(dst, src->table);
    }
    gox_volume *copy = gox_volume_dup(src);
    if (copy == NULL)
        return GOX_ERR_NOMEM;
    struct gox_table *old = dst->table;
    dst->table = copy->table;
    copy->table = old;
    gox_volume_free(copy);
    return 0;
}
