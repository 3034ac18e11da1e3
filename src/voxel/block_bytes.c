/* SPDX-License-Identifier: Apache-2.0
 * Blocks as bytes: the form in bits, the number of palette entries, the
 * palette, the packed indices; or the plain colours.
 *
 * Invariant: whatever the bytes say, reading stays inside them and the block
 * that comes out keeps its promises. */
#include "voxel/block_internal.h"

#include <string.h>

size_t gox_block_write(const gox_block *block, uint8_t *data)
{
    unsigned bits = block->bits;
    unsigned colors = bits == GOX_BLOCK_RAW ? GOX_BLOCK_VOXELS : block->used;
    uint8_t *at = data;

    *at++ = (uint8_t)bits;
    *at++ = (uint8_t)block->used;
    *at++ = (uint8_t)(block->used >> 8);
    for (unsigned i = 0; i < colors; i++, at += 4)
        gox_rgba_store(block->data[i], at);
    if (bits == 0 || bits == GOX_BLOCK_RAW)
        return (size_t)(at - data);
    size_t packed = (size_t)GOX_BLOCK_VOXELS / 8 * bits;
    memcpy(at, gox__block_peek_indices(block), packed);
    return (size_t)(at - data) + packed;
}

/* Colours of an indexed block; false when an index has no entry. */
static bool read_indexed(const uint8_t *data, unsigned bits, unsigned used,
        gox_rgba colors[GOX_BLOCK_VOXELS])
{
    gox_rgba palette[GOX_BLOCK_MAX_PALETTE];
    uint8_t index[GOX_BLOCK_VOXELS];
    unsigned highest = 0;

    for (unsigned i = 0; i < used; i++)
        palette[i] = gox_rgba_load(data + (size_t)4 * i);
    gox__indices_unpack(data + (size_t)4 * used, bits, index);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        highest = index[i] > highest ? index[i] : highest;
    if (highest >= used)
        return false;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        colors[i] = palette[index[i]];
    return true;
}

int gox_block_read(const uint8_t *data, size_t len, gox_block **block)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];

    *block = NULL;
    if (len < 3)
        return GOX_ERR_FORMAT;
    unsigned bits = data[0];
    unsigned used = (unsigned)data[1] | (unsigned)data[2] << 8;
    data += 3;
    len -= 3;
    if (bits == 0) {
        if (used != 1 || len != 4)
            return GOX_ERR_FORMAT;
        *block = gox_block_new_uniform(gox_rgba_load(data));
        return *block == NULL ? GOX_ERR_NOMEM : 0;
    }
    if (bits == GOX_BLOCK_RAW) {
        if (used != 0 || len != sizeof(colors))
            return GOX_ERR_FORMAT;
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            colors[i] = gox_rgba_load(data + (size_t)4 * i);
    } else if ((bits != 1 && bits != 2 && bits != 4 && bits != 8) ||
               used > gox__palette_size(bits) ||
               len != (size_t)4 * used + (size_t)GOX_BLOCK_VOXELS / 8 * bits ||
               !read_indexed(data, bits, used, colors)) {
        return GOX_ERR_FORMAT;
    }
    *block = gox_block_new(colors);
    return *block == NULL ? GOX_ERR_NOMEM : 0;
}
