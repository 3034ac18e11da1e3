/* SPDX-License-Identifier: Apache-2.0
 * Making a finished change log small and counting what it changed. A block of
 * many colours of which a slice was replaced costs 16 KiB as a block and a few
 * bytes as runs of equal old colours; each block gets the smaller of the two.
 *
 * Invariant: the log undoes the same before and after compaction; without
 * memory blocks stay blocks. */
#include "base/alloc.h"
#include "voxel/volume_internal.h"

#include <string.h>

static void add_block_box(struct gox_volume_log *log, uint64_t key)
{
    struct gox_pos p = gox__key_pos(key);
    struct gox_bbox box = {{p.x * 16, p.y * 16, p.z * 16},
            {p.x * 16 + 16, p.y * 16 + 16, p.z * 16 + 16}};

    log->box = gox_bbox_union(log->box, box);
}

/* Keeps the first point of each position, if the voxel differs now. */
static void compact_points(struct gox_volume_log *log, const gox_volume *vol)
{
    size_t kept = 0;

    for (size_t i = 0; i < log->point_count; i++) {
        struct gox_log_point p = log->points[i];
        bool is_repeated = false;
        for (size_t k = 0; k < i && !is_repeated; k++) {
            const struct gox_pos *q = &log->points[k].pos;
            is_repeated = q->x == p.pos.x && q->y == p.pos.y && q->z == p.pos.z;
        }
        /* Only the first tells what was there before the edit; the others
         * are made to look unchanged, for the loop below to drop. */
        if (is_repeated)
            log->points[i].before = gox_volume_get(vol, p.pos);
    }
    for (size_t i = 0; i < log->point_count; i++) {
        struct gox_log_point p = log->points[i];
        if (gox_volume_get(vol, p.pos) == p.before)
            continue;
        log->points[kept++] = p;
        log->voxels_changed++;
        add_block_box(log, gox__key_of_voxel(p.pos));
    }
    log->point_count = kept;
}

/* The runs of voxels where before and now differ, split where the old colour
 * changes. Returns their number, max + 1 when there are more than max. */
static size_t find_runs(const gox_rgba *before, const gox_rgba *now,
        struct gox_log_run *runs, size_t max)
{
    size_t count = 0;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if (before[i] == now[i])
            continue;
        if (count == max)
            return max + 1;
        unsigned end = i + 1;
        while (end < GOX_BLOCK_VOXELS && before[end] != now[end] &&
                before[end] == before[i])
            end++;
        runs[count++] = (struct gox_log_run){
                (uint16_t)i, (uint16_t)(end - i), before[i]};
        i = end - 1;
    }
    return count;
}

/* Replaces the block of a record by runs where that is smaller. */
static void compact_block(struct gox_volume_log *log,
        struct gox_log_block *record, const gox_block *now)
{
    struct gox_log_run runs[GOX_BLOCK_VOXELS / 2];
    gox_rgba before[GOX_BLOCK_VOXELS], after[GOX_BLOCK_VOXELS] = {0};
    size_t bytes = gox_block_bytes(record->before);
    size_t max = (bytes - 1) / sizeof(struct gox_log_run);

    if (max > sizeof(runs) / sizeof(runs[0]))
        max = sizeof(runs) / sizeof(runs[0]);
    gox_block_decode(record->before, before);
    if (now != NULL)
        gox_block_decode(now, after);
    size_t count = find_runs(before, after, runs, max);
    if (count == 0 || count > max || log->run_count + count > UINT32_MAX ||
            !gox_grow(&log->runs, &log->run_capacity, log->run_count + count,
                    sizeof(*log->runs)))
        return;
    memcpy(log->runs + log->run_count, runs, count * sizeof(*runs));
    record->first_run = (uint32_t)log->run_count;
    record->run_count = (uint32_t)count;
    log->run_count += count;
    if (gox_block_is_shared(record->before))
        log->copied_bytes += bytes;
    gox_block_unref(record->before);
    record->before = NULL;
}

static void compact_blocks(struct gox_volume_log *log, const gox_volume *vol)
{
    size_t kept = 0;

    for (size_t i = 0; i < log->block_count; i++) {
        struct gox_log_block record = log->blocks[i];
        const gox_block *now =
                gox_volume_peek_block(vol, gox__key_pos(record.key));
        unsigned changes = gox__block_count_changes(record.before, now);
        if (changes == 0) {
            gox_block_unref(record.before);
            continue;
        }
        log->voxels_changed += changes;
        add_block_box(log, record.key);
        /* Half of a block in runs of one voxel is as large as a raw block. */
        if (record.before != NULL && now != NULL &&
                !gox_block_is_uniform(record.before, NULL))
            compact_block(log, &record, now);
        log->blocks[kept++] = record;
    }
    log->block_count = kept;
}

static void shrink(void *items, size_t *capacity, size_t count, size_t size)
{
    void *array;

    if (*capacity == count)
        return;
    /* Copied as bytes: items is the address of a pointer of some type. */
    memcpy(&array, items, sizeof(array));
    if (count == 0) {
        gox_free(array);
        array = NULL;
    } else {
        array = gox_realloc_array(array, count, size);
        if (array == NULL)
            return;
    }
    memcpy(items, &array, sizeof(array));
    *capacity = count;
}

void gox__volume_log_compact(struct gox_volume_log *log, const gox_volume *vol)
{
    log->voxels_changed = 0;
    log->box = (struct gox_bbox){0};
    gox_free(log->index);
    log->index = NULL;
    log->index_capacity = 0;
    log->last_key = UINT64_MAX;
    compact_points(log, vol);
    compact_blocks(log, vol);
    shrink(&log->points, &log->point_capacity, log->point_count,
            sizeof(*log->points));
    shrink(&log->blocks, &log->block_capacity, log->block_count,
            sizeof(*log->blocks));
    shrink(&log->runs, &log->run_capacity, log->run_count, sizeof(*log->runs));
}
