/* SPDX-License-Identifier: Apache-2.0
 * Making a finished change log small and counting what it changed. A block of
 * many colours of which a slice was replaced costs 16 KiB as a block and a few
 * bytes as runs of equal old colours; each block gets the smaller of the two.
 *
 * Invariant: the log undoes the same before and after compaction; without
 * memory blocks stay blocks. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/volume_internal.h"

#include <assert.h>
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

/* A block before and after an edit, as colours. */
struct block_pair {
    gox_rgba before[GOX_BLOCK_VOXELS], now[GOX_BLOCK_VOXELS];
    unsigned changes; /* voxels that differ */
    unsigned runs;    /* runs of them with one old colour each */
};

static void decode_pair(
        struct block_pair *pair, const gox_block *before, const gox_block *now)
{
    gox_block_decode(before, pair->before);
    gox_block_decode(now, pair->now);
    pair->changes = pair->before[0] != pair->now[0];
    pair->runs = pair->changes;
    /* Without branches, so that several voxels are compared at once. */
    for (unsigned i = 1; i < GOX_BLOCK_VOXELS; i++) {
        unsigned is_changed = pair->before[i] != pair->now[i];
        unsigned goes_on = (pair->before[i - 1] != pair->now[i - 1]) &
                           (pair->before[i] == pair->before[i - 1]);
        pair->changes += is_changed;
        pair->runs += is_changed & (goes_on ^ 1);
    }
}

static void write_runs(const struct block_pair *pair, struct gox_log_run *runs)
{
    const gox_rgba *before = pair->before, *now = pair->now;
    size_t count = 0;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if (before[i] == now[i])
            continue;
        unsigned end = i + 1;
        while (end < GOX_BLOCK_VOXELS && before[end] != now[end] &&
                before[end] == before[i])
            end++;
        runs[count++] = (struct gox_log_run){
                (uint16_t)i, (uint16_t)(end - i), before[i]};
        i = end - 1;
    }
    assert(count == pair->runs);
}

/* Keeps runs instead of the block where they are smaller. */
static void keep_runs(struct gox_volume_log *log, struct gox_log_block *record,
        const struct block_pair *pair)
{
    size_t bytes = gox_block_bytes(record->before);

    if (pair->runs * sizeof(struct gox_log_run) >= bytes ||
            log->run_count + pair->runs > UINT32_MAX ||
            !gox_grow(&log->runs, &log->run_capacity,
                    log->run_count + pair->runs, sizeof(*log->runs)))
        return;
    write_runs(pair, log->runs + log->run_count);
    record->first_run = (uint32_t)log->run_count;
    record->run_count = pair->runs;
    log->run_count += pair->runs;
    if (gox_block_is_shared(record->before))
        log->copied_bytes += bytes;
    gox_block_unref(record->before);
    record->before = NULL;
}

/* Returns how many voxels of the block changed. */
static unsigned compact_block(struct gox_volume_log *log,
        struct gox_log_block *record, const gox_block *now)
{
    const gox_block *before = record->before;

    /* Empty, or of one or two colours: little or nothing is smaller, and
     * looking for it would cost more than the edit itself. */
    if (before == now || before == NULL || now == NULL ||
            gox_block_bytes(before) <= gox__form_bytes(1))
        return gox__block_count_changes(before, now);
    struct block_pair pair;
    decode_pair(&pair, before, now);
    if (pair.changes > 0)
        keep_runs(log, record, &pair);
    return pair.changes;
}

static void compact_blocks(struct gox_volume_log *log, const gox_volume *vol)
{
    size_t kept = 0;

    for (size_t i = 0; i < log->block_count; i++) {
        struct gox_log_block record = log->blocks[i];
        unsigned changes = compact_block(log, &record,
                gox_volume_peek_block(vol, gox__key_pos(record.key)));
        if (changes == 0) {
            gox_block_unref(record.before);
            continue;
        }
        log->voxels_changed += changes;
        add_block_box(log, record.key);
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
