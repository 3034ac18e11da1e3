/* SPDX-License-Identifier: Apache-2.0
 * What only the volume and the history need from blocks. */
#ifndef GOX_VOXEL_BLOCK_INTERNAL_H
#define GOX_VOXEL_BLOCK_INTERNAL_H

#include "voxel/block.h"

#include <stdatomic.h>

#define GOX_BLOCK_RAW         32 /* bits of a block without a palette */
#define GOX_BLOCK_MAX_PALETTE 256

/* data[] holds, by form: uniform (bits 0) one colour; indexed (bits 1, 2, 4, 8)
 * a palette of 2^bits entries, `used` of them filled, then 4096 indices packed
 * from the low bits up; raw (bits 32) 4096 colours. The palette may keep
 * colours that no voxel has any more: they are reclaimed only when it is full,
 * so that setting a voxel never has to count.
 *
 * Invariant: filled palette entries are distinct, indices are below `used`. */
struct gox_block {
    atomic_uint refs;
    uint16_t solid;
    uint16_t used; /* filled palette entries; 1 when uniform, 0 when raw */
    uint8_t bits;
    gox_rgba data[];
};

static inline gox_rgba gox__color_normal(gox_rgba c)
{
    return gox_rgba_a(c) == 0 ? 0 : c;
}

static inline size_t gox__palette_size(unsigned bits)
{
    return bits == GOX_BLOCK_RAW ? 0 : (size_t)1 << bits;
}

static inline size_t gox__form_bytes(unsigned bits)
{
    return offsetof(struct gox_block, data) +
           gox__palette_size(bits) * sizeof(gox_rgba) +
           (size_t)GOX_BLOCK_VOXELS / 8 * bits;
}

static inline uint8_t *gox__block_indices(gox_block *b)
{
    return (uint8_t *)(b->data + gox__palette_size(b->bits));
}

static inline const uint8_t *gox__block_peek_indices(const gox_block *b)
{
    return (const uint8_t *)(b->data + gox__palette_size(b->bits));
}

static inline unsigned gox__index_get(
        const uint8_t *packed, unsigned bits, unsigned i)
{
    unsigned at = i * bits;

    return (unsigned)packed[at >> 3] >> (at & 7) & ((1U << bits) - 1);
}

static inline void gox__index_put(
        uint8_t *packed, unsigned bits, unsigned i, unsigned value)
{
    unsigned at = i * bits;
    unsigned shift = at & 7;
    unsigned mask = ((1U << bits) - 1) << shift;

    packed[at >> 3] =
            (uint8_t)(((unsigned)packed[at >> 3] & ~mask) | value << shift);
}

/* All 4096 indices at once; bits is 1, 2, 4 or 8. */
void gox__indices_pack(
        uint8_t *packed, unsigned bits, const uint8_t index[GOX_BLOCK_VOXELS]);
void gox__indices_unpack(
        const uint8_t *packed, unsigned bits, uint8_t index[GOX_BLOCK_VOXELS]);
/* The same indices with twice as many bits each; bits is 1, 2 or 4. */
void gox__indices_widen(uint8_t *wide, const uint8_t *packed, unsigned bits);

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
