/* SPDX-License-Identifier: Apache-2.0
 * 16x16x16 voxels in the smallest of four forms: one colour, indices of 1, 2, 4
 * or 8 bits into a palette of the block, or plain colours.
 *
 * Invariant: a block that is shared (more than one reference) never changes;
 * writers make their own copy first. Voxel i is at x + 16*y + 256*z, the order
 * of .gox files. `solid` is the number of voxels with alpha > 0. */
#ifndef GOX_VOXEL_BLOCK_H
#define GOX_VOXEL_BLOCK_H

#include "base/error.h"
#include "voxel/color.h"
#include "voxel/geometry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOX_BLOCK_SIZE   16
#define GOX_BLOCK_SHIFT  4
#define GOX_BLOCK_VOXELS 4096

typedef struct gox_block gox_block;

static inline unsigned gox_block_index(unsigned x, unsigned y, unsigned z)
{
    return x | y << 4 | z << 8;
}

/* From 4096 colours (alpha 0 counts as 0). Picks the form; one reference.
 * NULL when out of memory. Any thread. */
gox_block *gox_block_new(const gox_rgba colors[GOX_BLOCK_VOXELS]);
gox_block *gox_block_new_uniform(gox_rgba color);

/* Any thread. ref returns its argument. */
gox_block *gox_block_ref(gox_block *block);
void gox_block_unref(gox_block *block); /* NULL is fine */

/* Readers: any thread that holds a reference. */
gox_rgba gox_block_get(const gox_block *block, unsigned index);
void gox_block_decode(
        const gox_block *block, gox_rgba colors[GOX_BLOCK_VOXELS]);
unsigned gox_block_solid(const gox_block *block); /* 0 ... 4096 */
bool gox_block_is_uniform(const gox_block *block, gox_rgba *color);
/* 64 words of 64 bits: bit (i % 64) of word (i / 64) is set where alpha > 0. */
void gox_block_mask(const gox_block *block, uint64_t mask[64]);
/* Box of the solid voxels inside the block, 0 ... 16, max exclusive. */
struct gox_bbox gox_block_bbox(const gox_block *block);
size_t gox_block_bytes(const gox_block *block); /* heap bytes */
bool gox_block_is_shared(const gox_block *block);

/* Sets one voxel in *block, which must hold the caller's own reference; when it
 * is shared or must change its form, *block becomes a new block. 0, or
 * GOX_ERR_NOMEM with nothing changed. Threads: the one writer. */
int gox_block_set(
        gox_block **block, unsigned index, gox_rgba color) GOX_MUST_CHECK;

/* The block as bytes that do not depend on the machine, for a store: its form,
 * palette and indices as they are. Equal blocks may give other bytes. Returns
 * how many were written. */
#define GOX_BLOCK_MAX_BYTES (3 + 4 * GOX_BLOCK_VOXELS)
size_t gox_block_write(const gox_block *block, uint8_t *data);
/* From such bytes, which may be damaged. 0, GOX_ERR_FORMAT, GOX_ERR_NOMEM. */
int gox_block_read(
        const uint8_t *data, size_t len, gox_block **block) GOX_MUST_CHECK;

/* Checks the structure's own promises (counts, form, indices), for tests. */
bool gox_block_is_sane(const gox_block *block);

#endif
