/* SPDX-License-Identifier: Apache-2.0
 * Comparing blocks by value: two blocks of different forms may be equal. */
#include "voxel/volume_internal.h"

#include <string.h>

static unsigned count_unlike(const gox_block *block, gox_rgba color)
{
    gox_rgba own;
    unsigned count = 0;

    if (color == 0)
        return gox_block_solid(block);
    if (gox_block_is_uniform(block, &own))
        return own == color ? 0 : GOX_BLOCK_VOXELS;
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_block_decode(block, colors);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        count += colors[i] != color;
    return count;
}

unsigned gox__block_count_changes(const gox_block *a, const gox_block *b)
{
    gox_rgba color;
    unsigned count = 0;

    if (a == b)
        return 0;
    if (a == NULL || b == NULL)
        return gox_block_solid(a == NULL ? b : a);
    if (gox_block_is_uniform(a, &color))
        return count_unlike(b, color);
    if (gox_block_is_uniform(b, &color))
        return count_unlike(a, color);
    gox_rgba ca[GOX_BLOCK_VOXELS], cb[GOX_BLOCK_VOXELS];
    gox_block_decode(a, ca);
    gox_block_decode(b, cb);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        count += ca[i] != cb[i];
    return count;
}

bool gox__block_equals(const gox_block *a, const gox_block *b)
{
    if (a == b)
        return true;
    if (gox_block_solid(a) != gox_block_solid(b))
        return false;
    return gox__block_count_changes(a, b) == 0;
}
