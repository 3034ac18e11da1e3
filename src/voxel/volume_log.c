/* SPDX-License-Identifier: Apache-2.0
 * The change log of one volume in one edit: what was there before.
 *
 * The first few single voxels are kept as points, so that adding one voxel does
 * not copy a block; all else keeps a reference to the block as it was, which
 * makes the next write to it copy.
 *
 * Why a rollback needs no memory: from the first logged write on the table
 * belongs to the volume and never shrinks, so every old block finds a slot; a
 * point's block is never shared (sharing folds its points into a block record
 * first) and never changes to a smaller form, so the old colours fit. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/volume_internal.h"

#include <assert.h>
#include <string.h>

#define NO_KEY UINT64_MAX

struct gox_volume_log *gox__volume_log_new(int layer_id)
{
    struct gox_volume_log *log = gox_calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->layer_id = layer_id;
    log->last_key = NO_KEY;
    return log;
}

static void clear_records(struct gox_volume_log *log)
{
    for (size_t i = 0; i < log->block_count; i++)
        gox_block_unref(log->blocks[i].before);
    log->block_count = 0;
    log->point_count = 0;
    log->run_count = 0;
    log->copied_bytes = 0;
    log->last_key = NO_KEY;
    gox_free(log->index);
    log->index = NULL;
    log->index_capacity = 0;
}

void gox__volume_log_free(struct gox_volume_log *log)
{
    if (log == NULL)
        return;
    clear_records(log);
    gox_free(log->points);
    gox_free(log->blocks);
    gox_free(log->runs);
    gox_free(log);
}

bool gox__volume_log_is_empty(const struct gox_volume_log *log)
{
    return log->point_count == 0 && log->block_count == 0;
}

size_t gox__volume_log_bytes(const struct gox_volume_log *log)
{
    size_t bytes = sizeof(*log) + log->point_capacity * sizeof(*log->points) +
                   log->block_capacity * sizeof(*log->blocks) +
                   log->run_capacity * sizeof(*log->runs) +
                   log->index_capacity * sizeof(*log->index);

    for (size_t i = 0; i < log->block_count; i++) {
        if (log->blocks[i].before != NULL)
            bytes += gox_block_bytes(log->blocks[i].before);
    }
    return bytes;
}

static size_t index_home(uint64_t key, size_t capacity)
{
    uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);

    h ^= h >> 29;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    return (size_t)(h >> 32) & (capacity - 1);
}

static void index_put(struct gox_volume_log *log, size_t place)
{
    size_t at = index_home(log->blocks[place].key, log->index_capacity);

    while (log->index[at] != 0)
        at = (at + 1) & (log->index_capacity - 1);
    log->index[at] = (uint32_t)(place + 1);
}

bool gox__volume_log_has_block(struct gox_volume_log *log, uint64_t key)
{
    if (log->last_key == key)
        return true;
    if (log->index_capacity == 0)
        return false;
    size_t at = index_home(key, log->index_capacity);
    for (; log->index[at] != 0; at = (at + 1) & (log->index_capacity - 1)) {
        if (log->blocks[log->index[at] - 1].key == key) {
            log->last_key = key;
            return true;
        }
    }
    return false;
}

/* Room for one record more in the list and in its index. */
static bool grow_blocks(struct gox_volume_log *log)
{
    if (!gox_grow(&log->blocks, &log->block_capacity, log->block_count + 1,
                sizeof(*log->blocks)))
        return false;
    if ((log->block_count + 1) * 2 <= log->index_capacity)
        return true;
    size_t capacity = log->index_capacity == 0 ? 16 : log->index_capacity * 2;
    uint32_t *index = gox_calloc(capacity, sizeof(*index));
    if (index == NULL)
        return false;
    gox_free(log->index);
    log->index = index;
    log->index_capacity = capacity;
    for (size_t i = 0; i < log->block_count; i++)
        index_put(log, i);
    return true;
}

/* The block as it was before the points in it: a copy when there are any. */
static int take_back_points(
        const struct gox_volume_log *log, uint64_t key, gox_block **before)
{
    for (size_t i = log->point_count; i-- > 0;) {
        const struct gox_log_point *p = &log->points[i];
        if (gox__key_of_voxel(p->pos) != key)
            continue;
        /* Points are never kept for a block that went away. */
        assert(*before != NULL);
        int rc = gox_block_set(before, gox__index_of_voxel(p->pos), p->before);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void drop_points(struct gox_volume_log *log, uint64_t key)
{
    size_t kept = 0;

    for (size_t i = 0; i < log->point_count; i++) {
        if (gox__key_of_voxel(log->points[i].pos) != key)
            log->points[kept++] = log->points[i];
    }
    log->point_count = kept;
}

int gox__volume_log_block(
        struct gox_volume_log *log, const gox_block *block, uint64_t key)
{
    if (gox__volume_log_has_block(log, key))
        return 0;
    if (!grow_blocks(log))
        return GOX_ERR_NOMEM;
    gox_block *before = block == NULL ? NULL : gox__block_share(block);
    int rc = take_back_points(log, key, &before);
    if (rc < 0) {
        gox_block_unref(before);
        return rc;
    }
    drop_points(log, key);
    if (before != NULL && gox_block_solid(before) == 0) {
        gox_block_unref(before);
        before = NULL;
    }
    log->blocks[log->block_count] =
            (struct gox_log_block){.key = key, .before = before};
    index_put(log, log->block_count);
    log->block_count++;
    log->last_key = key;
    return 0;
}

int gox__volume_log_voxel(struct gox_volume_log *log, const gox_block *block,
        struct gox_pos pos, gox_rgba before, bool block_vanishes)
{
    uint64_t key = gox__key_of_voxel(pos);

    if (gox__volume_log_has_block(log, key))
        return 0;
    if (block_vanishes || log->point_count == GOX_LOG_MAX_POINTS)
        return gox__volume_log_block(log, block, key);
    if (!gox_grow(&log->points, &log->point_capacity, log->point_count + 1,
                sizeof(*log->points)))
        return GOX_ERR_NOMEM;
    log->points[log->point_count++] = (struct gox_log_point){pos, before};
    return 0;
}

int gox__volume_log_fold_block(
        struct gox_volume_log *log, const gox_volume *vol, uint64_t key)
{
    for (size_t i = 0; i < log->point_count; i++) {
        if (gox__key_of_voxel(log->points[i].pos) == key)
            return gox__volume_log_block(
                    log, gox_volume_peek_block(vol, gox__key_pos(key)), key);
    }
    return 0;
}

int gox__volume_log_fold(struct gox_volume_log *log, const gox_volume *vol)
{
    int rc = 0;

    while (rc == 0 && log->point_count > 0)
        rc = gox__volume_log_fold_block(
                log, vol, gox__key_of_voxel(log->points[0].pos));
    return rc;
}

/* Puts a block back without logging. The table is the volume's own. */
static void restore_block(gox_volume *vol, struct gox_log_block *record)
{
    struct gox_slot *slot = gox__table_find(vol->table, record->key);
    gox_block *before = record->before;

    record->before = NULL;
    if (slot == NULL ? before == NULL : slot->block == before) {
        gox_block_unref(before);
    } else if (before == NULL) {
        gox__table_remove(vol->table, slot);
    } else if (slot == NULL) {
        gox__table_insert(vol->table, record->key, before);
    } else {
        vol->table->solid += gox_block_solid(before);
        vol->table->solid -= gox_block_solid(slot->block);
        gox_block_unref(slot->block);
        slot->block = before;
    }
}

static void restore_point(gox_volume *vol, const struct gox_log_point *p)
{
    struct gox_slot *slot =
            gox__table_find(vol->table, gox__key_of_voxel(p->pos));
    unsigned index = gox__index_of_voxel(p->pos);

    /* Equal when the write after the log entry failed. */
    if (slot == NULL || gox_block_get(slot->block, index) == p->before)
        return;
    unsigned solid = gox_block_solid(slot->block);
    if (p->before == 0 && solid == 1) {
        gox__table_remove(vol->table, slot);
        return;
    }
    if (gox_block_is_shared(slot->block)) {
        /* Somebody shares blocks of an open edit past gox_volume_share_block;
         * only then memory is needed here. */
        int rc = gox_block_set(&slot->block, index, p->before);
        assert(rc == 0);
    } else {
        gox__block_restore(slot->block, index, p->before);
    }
    vol->table->solid += gox_block_solid(slot->block);
    vol->table->solid -= solid;
}

void gox__volume_log_rollback(struct gox_volume_log *log, gox_volume *vol)
{
    assert(vol->log == NULL);
    /* What was added goes first, so that the rest finds free slots. */
    for (size_t i = 0; i < log->block_count; i++) {
        if (log->blocks[i].before == NULL)
            restore_block(vol, &log->blocks[i]);
    }
    for (size_t i = 0; i < log->block_count; i++) {
        if (log->blocks[i].before != NULL)
            restore_block(vol, &log->blocks[i]);
    }
    for (size_t i = log->point_count; i-- > 0;)
        restore_point(vol, &log->points[i]);
    clear_records(log);
}

static int apply_runs(const struct gox_volume_log *log,
        const struct gox_log_block *record, gox_volume *vol)
{
    struct gox_pos pos = gox__key_pos(record->key);
    const gox_block *now = gox_volume_peek_block(vol, pos);
    gox_rgba colors[GOX_BLOCK_VOXELS] = {0};

    if (now != NULL)
        gox_block_decode(now, colors);
    for (size_t r = 0; r < record->run_count; r++) {
        const struct gox_log_run *run = &log->runs[record->first_run + r];
        for (unsigned i = 0; i < run->length; i++)
            colors[run->start + i] = run->before;
    }
    return gox_volume_set_block(vol, pos, colors);
}

int gox__volume_log_apply(const struct gox_volume_log *log, gox_volume *vol)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < log->block_count; i++) {
        const struct gox_log_block *b = &log->blocks[i];
        if (b->run_count > 0)
            rc = apply_runs(log, b, vol);
        else
            rc = gox_volume_put_block(vol, gox__key_pos(b->key),
                    b->before == NULL ? NULL : gox_block_ref(b->before));
    }
    for (size_t i = log->point_count; rc == 0 && i-- > 0;)
        rc = gox_volume_set(vol, log->points[i].pos, log->points[i].before);
    return rc;
}
