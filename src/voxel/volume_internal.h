/* SPDX-License-Identifier: Apache-2.0
 * The inside of volumes: the shared table of blocks and the change log.
 *
 * A key is a block position packed into 60 bits, z highest, so that sorting by
 * key sorts by z, then y, then x. A slot without a block is free; there are no
 * tombstones, removal moves later slots back.
 *
 * Invariants: a table with more than one reference never changes; the number
 * of slots is a power of two, at most three quarters are taken. */
#ifndef GOX_VOXEL_VOLUME_INTERNAL_H
#define GOX_VOXEL_VOLUME_INTERNAL_H

#include "voxel/volume.h"

#include <stdatomic.h>

/* Block coordinates are -GOX_BLOCK_COORD_MAX ... GOX_BLOCK_COORD_MAX - 1. */
#define GOX_BLOCK_COORD_MAX (GOX_COORD_MAX >> GOX_BLOCK_SHIFT)

struct gox_slot {
    uint64_t key;
    gox_block *block; /* NULL: free */
};

struct gox_table {
    atomic_uint refs;
    size_t capacity, count;
    uint64_t solid;
    struct gox_slot slots[];
};

struct gox_volume {
    struct gox_table *table; /* NULL: empty */
    size_t hint;             /* slot of the last write; may be stale */
    struct gox_volume_log *log;
};

/* >> of a negative number is arithmetic on every compiler we support. */
static inline uint64_t gox__key_make(struct gox_pos block_pos)
{
    return (uint64_t)(uint32_t)(block_pos.x + GOX_BLOCK_COORD_MAX) |
           (uint64_t)(uint32_t)(block_pos.y + GOX_BLOCK_COORD_MAX) << 20 |
           (uint64_t)(uint32_t)(block_pos.z + GOX_BLOCK_COORD_MAX) << 40;
}

static inline uint64_t gox__key_of_voxel(struct gox_pos p)
{
    return gox__key_make(gox_pos_make(p.x >> GOX_BLOCK_SHIFT,
            p.y >> GOX_BLOCK_SHIFT, p.z >> GOX_BLOCK_SHIFT));
}

static inline unsigned gox__index_of_voxel(struct gox_pos p)
{
    return gox_block_index(
            (unsigned)p.x & 15, (unsigned)p.y & 15, (unsigned)p.z & 15);
}

static inline struct gox_pos gox__key_pos(uint64_t key)
{
    return gox_pos_make((int32_t)(key & 0xfffff) - GOX_BLOCK_COORD_MAX,
            (int32_t)(key >> 20 & 0xfffff) - GOX_BLOCK_COORD_MAX,
            (int32_t)(key >> 40 & 0xfffff) - GOX_BLOCK_COORD_MAX);
}

/* Table. NULL tables are empty ones. */
struct gox_table *gox__table_new(size_t capacity);
struct gox_table *gox__table_copy(const struct gox_table *t, size_t capacity);
/* Replaces an unshared table by a larger one. false: out of memory. */
bool gox__table_grow(struct gox_table **t, size_t capacity);
void gox__table_unref(struct gox_table *t);
/* The slot of a key, NULL when it has none. */
struct gox_slot *gox__table_find(struct gox_table *t, uint64_t key);
/* Capacity that holds `count` blocks. */
size_t gox__table_capacity_for(size_t count);
/* Both for unshared tables with a free slot to spare; insert takes own_block
 * over and counts it, remove lets the block go. */
struct gox_slot *gox__table_insert(
        struct gox_table *t, uint64_t key, gox_block *own_block);
void gox__table_remove(struct gox_table *t, struct gox_slot *slot);

/* Makes the table the handle's own, with room for `extra` more blocks. */
int gox__volume_own_table(gox_volume *vol, size_t extra) GOX_MUST_CHECK;

/* One voxel as it was, in the order of writing; a position may repeat. */
struct gox_log_point {
    struct gox_pos pos;
    gox_rgba before;
};

/* One block as it was: whole, or after compaction as runs of the voxels that
 * changed. */
struct gox_log_block {
    uint64_t key;
    gox_block *before; /* owned; NULL: there was none, or see run_count */
    uint32_t first_run, run_count; /* run_count > 0: runs instead of before */
};

/* Points up to this number in one edit are kept as points. */
#define GOX_LOG_MAX_POINTS 32

/* What one edit did to one volume. Invariant: a block position has points or a
 * record in blocks, never both. */
struct gox_volume_log {
    int layer_id;
    struct gox_volume_log *next; /* in a finished edit */
    struct gox_log_point *points;
    size_t point_count, point_capacity;
    struct gox_log_block *blocks;
    size_t block_count, block_capacity;
    struct gox_log_run *runs;
    size_t run_count, run_capacity;
    uint32_t *index; /* hash from key to place in blocks + 1 */
    size_t index_capacity;
    uint64_t last_key; /* a key known to be in blocks, UINT64_MAX: none */
    /* Heap bytes of blocks and tables that this edit had to copy because
     * somebody else holds them too. */
    size_t copied_bytes;
    uint64_t voxels_changed; /* by compact */
    struct gox_bbox box;     /* by compact */
};

struct gox_volume_log *gox__volume_log_new(int layer_id);
void gox__volume_log_free(struct gox_volume_log *log);
bool gox__volume_log_is_empty(const struct gox_volume_log *log);
size_t gox__volume_log_bytes(const struct gox_volume_log *log);

/* Called before the write; block is the current one (NULL: none). 0 or
 * GOX_ERR_NOMEM. */
int gox__volume_log_voxel(struct gox_volume_log *log, const gox_block *block,
        struct gox_pos pos, gox_rgba before,
        bool block_vanishes) GOX_MUST_CHECK;
int gox__volume_log_block(struct gox_volume_log *log, const gox_block *block,
        uint64_t key) GOX_MUST_CHECK;
/* Whether the block as it was is recorded (whole, not as points). */
bool gox__volume_log_has_block(struct gox_volume_log *log, uint64_t key);
/* Turns all points into block records, so that blocks may be shared. */
int gox__volume_log_fold(
        struct gox_volume_log *log, const gox_volume *vol) GOX_MUST_CHECK;
int gox__volume_log_fold_block(struct gox_volume_log *log,
        const gox_volume *vol, uint64_t key) GOX_MUST_CHECK;

/* Puts everything back and empties the log. Cannot fail: everything it needs
 * is still there, see volume_log.c. The log must be detached from vol. */
void gox__volume_log_rollback(struct gox_volume_log *log, gox_volume *vol);
/* Drops what did not change, counts voxels and box, and keeps runs where they
 * are smaller than the block. */
void gox__volume_log_compact(struct gox_volume_log *log, const gox_volume *vol);
/* Writes the states before the edit into vol (which logs it if it has a log
 * attached). The log stays as it is. 0 or GOX_ERR_NOMEM, then partly done. */
int gox__volume_log_apply(
        const struct gox_volume_log *log, gox_volume *vol) GOX_MUST_CHECK;

/* Voxels that differ between two blocks (NULL: empty). */
unsigned gox__block_count_changes(const gox_block *a, const gox_block *b);
bool gox__block_equals(const gox_block *a, const gox_block *b);

#endif
