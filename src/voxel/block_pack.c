/* SPDX-License-Identifier: Apache-2.0
 * Reading or writing all 4096 voxels of a block at once: indices, colours, the
 * mask of solid voxels and their box.
 *
 * The helpers take `bits` as a constant, so that the compiler makes one
 * unrolled loop for each form; that is several times faster than one loop with
 * variable shifts. */
#include "voxel/block.h"
#include "voxel/block_internal.h"

#include <string.h>

static inline void pack(uint8_t *packed, unsigned bits, const uint8_t *index)
{
    unsigned per_byte = 8 / bits;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS / per_byte; i++) {
        unsigned byte = 0;
        for (unsigned k = 0; k < per_byte; k++)
            byte |= (unsigned)index[i * per_byte + k] << (k * bits);
        packed[i] = (uint8_t)byte;
    }
}

void gox__indices_pack(
        uint8_t *packed, unsigned bits, const uint8_t index[GOX_BLOCK_VOXELS])
{
    switch (bits) {
    case 1:
        pack(packed, 1, index);
        return;
    case 2:
        pack(packed, 2, index);
        return;
    case 4:
        pack(packed, 4, index);
        return;
    default:
        memcpy(packed, index, GOX_BLOCK_VOXELS);
    }
}

static inline void unpack(const uint8_t *packed, unsigned bits, uint8_t *index)
{
    unsigned per_byte = 8 / bits;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS / per_byte; i++) {
        unsigned byte = packed[i];
        for (unsigned k = 0; k < per_byte; k++)
            index[i * per_byte + k] =
                    (uint8_t)(byte >> (k * bits) & ((1U << bits) - 1));
    }
}

void gox__indices_unpack(
        const uint8_t *packed, unsigned bits, uint8_t index[GOX_BLOCK_VOXELS])
{
    switch (bits) {
    case 1:
        unpack(packed, 1, index);
        return;
    case 2:
        unpack(packed, 2, index);
        return;
    case 4:
        unpack(packed, 4, index);
        return;
    default:
        memcpy(index, packed, GOX_BLOCK_VOXELS);
    }
}

/* Every byte becomes two: its halves, then their halves ... each shifted by as
 * much as it is wide. */
static inline void widen(uint8_t *wide, const uint8_t *packed, unsigned bits)
{
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS * bits / 8; i++) {
        unsigned x = packed[i];
        x = (x | x << 4) & 0x0f0f;
        if (bits <= 2)
            x = (x | x << 2) & 0x3333;
        if (bits == 1)
            x = (x | x << 1) & 0x5555;
        wide[2 * i] = (uint8_t)x;
        wide[2 * i + 1] = (uint8_t)(x >> 8);
    }
}

void gox__indices_widen(uint8_t *wide, const uint8_t *packed, unsigned bits)
{
    switch (bits) {
    case 1:
        widen(wide, packed, 1);
        return;
    case 2:
        widen(wide, packed, 2);
        return;
    default:
        widen(wide, packed, 4);
    }
}

void gox_block_decode(const gox_block *block, gox_rgba colors[GOX_BLOCK_VOXELS])
{
    const gox_rgba *pal = block->data;
    uint8_t index[GOX_BLOCK_VOXELS];

    if (block->bits == GOX_BLOCK_RAW) {
        memcpy(colors, pal, GOX_BLOCK_VOXELS * sizeof(gox_rgba));
        return;
    }
    if (block->bits == 0) {
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            colors[i] = pal[0];
        return;
    }
    gox__indices_unpack(gox__block_peek_indices(block), block->bits, index);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        colors[i] = pal[index[i]];
}

/* 8 bytes as a word, the first one lowest, whatever the machine's order. */
static uint64_t load_word(const uint8_t *p)
{
    /* Written out: in this form compilers know it for one load. */
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
           (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* 4096 bytes of 0 or 1 to bits. The product moves byte i's bit to 56 + i, and
 * all other partial products miss the highest byte. */
static void flags_to_bits(
        const uint8_t flags[GOX_BLOCK_VOXELS], uint64_t mask[64])
{
    for (unsigned w = 0; w < 64; w++) {
        uint64_t word = 0;
        for (unsigned k = 0; k < 8; k++) {
            uint64_t bytes = load_word(flags + w * 64 + k * 8);
            word |= (bytes * UINT64_C(0x0102040810204080) >> 56) << (8 * k);
        }
        mask[w] = word;
    }
}

static void mask_of_bits(const gox_block *block, uint64_t mask[64])
{
    uint64_t on = block->data[1] != 0 ? UINT64_MAX : 0;
    uint64_t off = block->data[0] != 0 ? UINT64_MAX : 0;

    for (unsigned w = 0; w < 64; w++) {
        uint64_t word = load_word(gox__block_peek_indices(block) + w * 8);
        mask[w] = (word & on) | (~word & off);
    }
}

void gox_block_mask(const gox_block *block, uint64_t mask[64])
{
    uint8_t flags[GOX_BLOCK_VOXELS];

    if (block->solid == 0 || block->solid == GOX_BLOCK_VOXELS) {
        memset(mask, block->solid == 0 ? 0 : 0xff, 64 * sizeof(uint64_t));
        return;
    }
    if (block->bits == 1) {
        mask_of_bits(block, mask);
        return;
    }
    if (block->bits == GOX_BLOCK_RAW) {
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            flags[i] = block->data[i] != 0;
    } else {
        /* The colours differ, so at most one entry means "nothing". */
        uint8_t index[GOX_BLOCK_VOXELS];
        unsigned nothing = 0;
        while (nothing < block->used && block->data[nothing] != 0)
            nothing++;
        gox__indices_unpack(gox__block_peek_indices(block), block->bits, index);
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            flags[i] = index[i] != nothing;
    }
    flags_to_bits(flags, mask);
}

struct gox_bbox gox_block_bbox(const gox_block *block)
{
    uint64_t mask[64];
    uint64_t rows = 0;
    unsigned xs = 0, ys = 0, zs = 0;

    if (block->solid == 0)
        return (struct gox_bbox){0};
    gox_block_mask(block, mask);
    /* A word holds four rows along x; four words make one z. */
    for (unsigned w = 0; w < 64; w++) {
        uint64_t word = mask[w];
        rows |= word;
        zs |= (word != 0 ? 1U : 0U) << w / 4;
        for (unsigned k = 0; k < 4; k++)
            ys |= ((word >> (16 * k) & 0xffff) != 0 ? 1U : 0U)
                  << (w % 4 * 4 + k);
    }
    xs = (unsigned)((rows | rows >> 16 | rows >> 32 | rows >> 48) & 0xffff);
    return (struct gox_bbox){
            {__builtin_ctz(xs), __builtin_ctz(ys), __builtin_ctz(zs)},
            {32 - __builtin_clz(xs), 32 - __builtin_clz(ys),
                    32 - __builtin_clz(zs)}};
}
