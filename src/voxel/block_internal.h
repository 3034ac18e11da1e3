/* SPDX-License-Identifier: Apache-2.0
 * What only the volume and the history need from blocks. */
#ifndef GOX_VOXEL_BLOCK_INTERNAL_H
#define GOX_VOXEL_BLOCK_INTERNAL_H

#include "voxel/block.h"

/* A block of `outside` with the box (0 ... 16, max exclusive, not empty) in
 * `inside`: what a fill leaves at its border, without going through 4096
 * colours. NULL when out of memory. */
gox_block *gox__block_new_box(
        gox_rgba outside, gox_rgba inside, struct gox_bbox box);

/* The same for any shape: `inside` where the bit of mask (as in gox_block_mask)
 * is set; count bits are. */
gox_block *gox__block_new_mask(gox_rgba outside, gox_rgba inside,
        const uint64_t mask[64], unsigned count);

/* Sets one voxel of an unshared block without allocating. Allowed when the
 * colours that result were all held by this form before, which is so for going
 * back to an earlier state of the same block; asserts it. */
void gox__block_restore(gox_block *block, unsigned index, gox_rgba color);

/* One reference more on a block that was borrowed from a volume. */
gox_block *gox__block_share(const gox_block *block);

#endif
