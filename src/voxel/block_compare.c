/* SPDX-License-Identifier: Apache-2.0
 * Comparing blocks by value: two blocks of different forms may be equal. */
#include "voxel/block_internal.h"
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

static unsigned count_bits(uint64_t word)
{
    return (unsigned)__builtin_popcountll(word);
}

/* Two blocks of two colours each, 64 voxels at a time. Which bit order the
 * words have does not matter, it is the same in both. */
static unsigned count_unlike_pairs(const gox_block *a, const gox_block *b)
{
    const uint8_t *ia = gox__block_peek_indices(a);
    const uint8_t *ib = gox__block_peek_indices(b);
    uint64_t differs[2][2]; /* by index in a and b: all ones or zeros */
    unsigned count = 0;

    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            differs[i][k] = a->data[i] != b->data[k] ? UINT64_MAX : 0;
    for (size_t at = 0; at < GOX_BLOCK_VOXELS / 8; at += 8) {
        uint64_t x, y;
        memcpy(&x, ia + at, 8);
        memcpy(&y, ib + at, 8);
        count += count_bits((~x & ~y & differs[0][0]) |
                            (~x & y & differs[0][1]) |
                            (x & ~y & differs[1][0]) | (x & y & differs[1][1]));
    }
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
    if (a->bits == 1 && b->bits == 1)
        return count_unlike_pairs(a, b);
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
