/* SPDX-License-Identifier: Apache-2.0
 * A sparse volume: a hash table from block positions to shared blocks. dup is a
 * few pointers; the table and the blocks are copied only when written.
 *
 * Invariants: no stored block is wholly empty; `solid` is the sum over blocks.
 * A handle has one writer; a dup may be read or written on another thread while
 * the original changes. Reading through one handle from several threads is
 * safe while nobody writes through that handle. */
#ifndef GOX_VOXEL_VOLUME_H
#define GOX_VOXEL_VOLUME_H

#include "voxel/block.h"

typedef struct gox_volume gox_volume;

/* NULL when out of memory. */
gox_volume *gox_volume_new(void);
void gox_volume_free(gox_volume *vol); /* NULL is fine */
/* An equal volume that shares all memory. The change log is not taken along.
 * NULL when out of memory. */
gox_volume *gox_volume_dup(const gox_volume *vol);
/* Makes dst equal to src (shares memory). 0 or GOX_ERR_NOMEM (unchanged). With
 * a log on dst every block that differs is logged and only blocks are shared.
 */
int gox_volume_assign(gox_volume *dst, const gox_volume *src) GOX_MUST_CHECK;

/* Reading. */
gox_rgba gox_volume_get(const gox_volume *vol, struct gox_pos pos);
uint64_t gox_volume_solid(const gox_volume *vol); /* voxels with alpha > 0 */
bool gox_volume_is_empty(const gox_volume *vol);
/* The smallest box of all voxels; the empty box when there are none. Looks
 * only into the outermost blocks. */
struct gox_bbox gox_volume_bbox(const gox_volume *vol);
size_t gox_volume_block_count(const gox_volume *vol);
size_t gox_volume_bytes(
        const gox_volume *vol); /* shared memory counted in full */
bool gox_volume_equals(const gox_volume *a, const gox_volume *b);

/* Borrowed block at a block position (voxel position >> 4), NULL when empty. */
const gox_block *gox_volume_peek_block(
        const gox_volume *vol, struct gox_pos block_pos);

/* A reference of its own to the block, to put into another volume; NULL in
 * *block when there is none. Only this way, and gox_volume_dup, may blocks of
 * a volume be shared while an edit is open on it: it keeps rolling back free
 * of allocation. 0 or GOX_ERR_NOMEM. Threads: the writer, or any reader of a
 * volume without a log. */
int gox_volume_share_block(const gox_volume *vol, struct gox_pos block_pos,
        gox_block **block) GOX_MUST_CHECK;

/* All blocks, in table order (not sorted); index 0 ... capacity-1:
 *   size_t i = 0; struct gox_pos p; const gox_block *b;
 *   while ((b = gox_volume_each_block(vol, &i, &p)) != NULL) ...
 * p is the block position. Not to be mixed with writes. */
const gox_block *gox_volume_each_block(
        const gox_volume *vol, size_t *cursor, struct gox_pos *block_pos);

/* One entry of a sorted list of blocks. */
struct gox_block_entry {
    struct gox_pos pos;     /* block position */
    const gox_block *block; /* borrowed */
};
/* A new array (gox_free) of all blocks sorted by z, then y, then x; count in
 * *count. NULL when out of memory or when there are none (then *count is 0). */
struct gox_block_entry *gox_volume_sorted_blocks(
        const gox_volume *vol, size_t *count);

/* A fast reader for many gets near each other: remembers the last block. Not
 * to be mixed with writes to the volume. */
struct gox_cursor {
    const gox_volume *vol;
    struct gox_pos block_pos;
    const gox_block *block;
    bool is_valid;
};
void gox_cursor_init(struct gox_cursor *cursor, const gox_volume *vol);
gox_rgba gox_cursor_get(struct gox_cursor *cursor, struct gox_pos pos);

/* Writing. Colours with alpha 0 erase. All return 0, GOX_ERR_NOMEM, or
 * GOX_ERR_RANGE for a position outside the grid; after an error the volume is
 * valid and holds what was written before it. */
int gox_volume_set(
        gox_volume *vol, struct gox_pos pos, gox_rgba color) GOX_MUST_CHECK;
/* Replaces a whole block; borrows colors. */
int gox_volume_set_block(gox_volume *vol, struct gox_pos block_pos,
        const gox_rgba colors[GOX_BLOCK_VOXELS]) GOX_MUST_CHECK;
/* Puts a block in place, taking over the caller's reference, also on failure.
 * own_block NULL or empty removes. */
int gox_volume_put_block(gox_volume *vol, struct gox_pos block_pos,
        gox_block *own_block) GOX_MUST_CHECK;
/* Fills a box with one colour (0 erases); whole blocks become uniform. */
int gox_volume_fill(
        gox_volume *vol, struct gox_bbox box, gox_rgba color) GOX_MUST_CHECK;
int gox_volume_clear(gox_volume *vol) GOX_MUST_CHECK;

/* Change log: while one is attached, the first write to each block records the
 * block as it was, so that history can undo. Small numbers of single voxels are
 * recorded as voxels. See voxel/history.h. */
struct gox_volume_log;
/* Some voxels of a block, in a row, that had one colour. */
struct gox_log_run {
    uint16_t start, length;
    gox_rgba before;
};
void gox_volume_set_log(gox_volume *vol, struct gox_volume_log *log);

bool gox_volume_is_sane(const gox_volume *vol);

#endif
