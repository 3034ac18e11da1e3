/* SPDX-License-Identifier: Apache-2.0
 * Blocks: making, reading and setting voxels in the five forms.
 *
 * Invariant: a block that is written is not shared; one that is shared is
 * copied first, and the caller's pointer changes only on success. */
#include "voxel/block.h"

#include "base/alloc.h"
#include "voxel/block_internal.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

/* Memory for a form; indices are not set. */
static gox_block *alloc_block(unsigned bits)
{
    gox_block *b = gox_malloc(gox__form_bytes(bits));

    if (b == NULL)
        return NULL;
    atomic_init(&b->refs, 1);
    b->solid = 0;
    b->used = 0;
    b->bits = (uint8_t)bits;
    memset(b->data, 0, gox__palette_size(bits) * sizeof(gox_rgba));
    return b;
}

static unsigned bits_for(unsigned colors)
{
    if (colors <= 1)
        return 0;
    if (colors <= 2)
        return 1;
    if (colors <= 4)
        return 2;
    return colors <= 16 ? 4 : 8;
}

/* The distinct colours of a block while it is counted. 512 slots for at most
 * 256 colours keep the probes short. */
struct counter {
    gox_rgba palette[GOX_BLOCK_MAX_PALETTE];
    unsigned used;
    uint16_t slots[512]; /* palette index + 1 */
};

/* The palette index of a colour, added when new; -1 when that is one too
 * many. */
static int counter_add(struct counter *c, gox_rgba color)
{
    unsigned at = (color * UINT32_C(2654435769)) >> 23;

    while (c->slots[at] != 0) {
        unsigned i = c->slots[at] - 1U;
        if (c->palette[i] == color)
            return (int)i;
        at = (at + 1) & 511;
    }
    if (c->used == GOX_BLOCK_MAX_PALETTE)
        return -1;
    c->palette[c->used] = color;
    c->slots[at] = (uint16_t)(c->used + 1);
    return (int)c->used++;
}

static bool is_row_of(const gox_rgba row[16], gox_rgba color)
{
    gox_rgba unlike = 0;

    for (unsigned i = 0; i < 16; i++)
        unlike |= row[i] ^ color;
    return unlike == 0;
}

static gox_block *new_raw(const gox_rgba colors[GOX_BLOCK_VOXELS])
{
    gox_block *b = alloc_block(GOX_BLOCK_RAW);
    unsigned solid = 0;

    if (b == NULL)
        return NULL;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        gox_rgba c = gox__color_normal(colors[i]);
        b->data[i] = c;
        solid += c != 0;
    }
    b->solid = (uint16_t)solid;
    return b;
}

gox_block *gox_block_new_uniform(gox_rgba color)
{
    gox_block *b = alloc_block(0);

    if (b == NULL)
        return NULL;
    b->data[0] = gox__color_normal(color);
    b->used = 1;
    b->solid = b->data[0] == 0 ? 0 : GOX_BLOCK_VOXELS;
    return b;
}

gox_block *gox_block_new(const gox_rgba colors[GOX_BLOCK_VOXELS])
{
    struct counter counter = {.used = 0};
    uint8_t index[GOX_BLOCK_VOXELS];
    gox_rgba last = gox__color_normal(colors[0]);
    int last_index = counter_add(&counter, last);
    unsigned solid = 0;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        /* Models are mostly runs: whole rows of one colour are one step. */
        if (i % 16 == 0 && is_row_of(colors + i, last)) {
            memset(index + i, last_index, 16);
            solid += last != 0 ? 16 : 0;
            i += 15;
            continue;
        }
        gox_rgba c = gox__color_normal(colors[i]);
        if (c != last) {
            last = c;
            last_index = counter_add(&counter, c);
            if (last_index < 0)
                return new_raw(colors);
        }
        index[i] = (uint8_t)last_index;
        solid += c != 0;
    }
    unsigned bits = bits_for(counter.used);
    gox_block *b = alloc_block(bits);
    if (b == NULL)
        return NULL;
    memcpy(b->data, counter.palette, counter.used * sizeof(gox_rgba));
    b->used = (uint16_t)counter.used;
    b->solid = (uint16_t)solid;
    if (bits > 0)
        gox__indices_pack(gox__block_indices(b), bits, index);
    return b;
}

/* Written out, so that compilers make one store of it; the lowest byte comes
 * first whatever the machine's order. */
static void store_word(uint8_t *p, uint64_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
    p[4] = (uint8_t)(v >> 32);
    p[5] = (uint8_t)(v >> 40);
    p[6] = (uint8_t)(v >> 48);
    p[7] = (uint8_t)(v >> 56);
}

gox_block *gox__block_new_mask(gox_rgba outside, gox_rgba inside,
        const uint64_t mask[64], unsigned count)
{
    outside = gox__color_normal(outside);
    inside = gox__color_normal(inside);
    if (count == GOX_BLOCK_VOXELS || outside == inside)
        return gox_block_new_uniform(inside);
    gox_block *b = alloc_block(1);
    if (b == NULL)
        return NULL;
    b->data[0] = outside;
    b->data[1] = inside;
    b->used = 2;
    b->solid = (uint16_t)((inside != 0 ? count : 0) +
                          (outside != 0 ? GOX_BLOCK_VOXELS - count : 0));
    uint8_t *packed = gox__block_indices(b);
    for (unsigned w = 0; w < 64; w++)
        store_word(packed + w * 8, mask[w]);
    return b;
}

gox_block *gox__block_new_box(
        gox_rgba outside, gox_rgba inside, struct gox_bbox box)
{
    uint64_t mask[64] = {0};
    uint64_t row = (UINT64_C(1) << box.max.x) - (UINT64_C(1) << box.min.x);

    for (int z = box.min.z; z < box.max.z; z++) {
        for (int y = box.min.y; y < box.max.y; y++)
            mask[z * 4 + y / 4] |= row << (y % 4 * 16);
    }
    return gox__block_new_mask(
            outside, inside, mask, (unsigned)gox_bbox_volume(box));
}

gox_block *gox_block_ref(gox_block *block)
{
    /* Relaxed: whoever calls holds a reference already. */
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

void gox_block_unref(gox_block *block)
{
    if (block == NULL)
        return;
    if (atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) == 1)
        gox_free(block);
}

gox_block *gox__block_share(const gox_block *block)
{
    /* Only the count changes, which is not part of the value. */
    return gox_block_ref((gox_block *)(uintptr_t)block);
}

bool gox_block_is_shared(const gox_block *block)
{
    /* Acquire: when the last other holder has let go on another thread, its
     * reads happened before our writes. */
    return atomic_load_explicit(&block->refs, memory_order_acquire) > 1;
}

gox_rgba gox_block_get(const gox_block *block, unsigned index)
{
    unsigned bits = block->bits;

    if (bits == 0)
        return block->data[0];
    if (bits == GOX_BLOCK_RAW)
        return block->data[index];
    return block
            ->data[gox__index_get(gox__block_peek_indices(block), bits, index)];
}

unsigned gox_block_solid(const gox_block *block)
{
    return block->solid;
}

bool gox_block_is_uniform(const gox_block *block, gox_rgba *color)
{
    if (block->bits != 0)
        return false;
    if (color != NULL)
        *color = block->data[0];
    return true;
}

size_t gox_block_bytes(const gox_block *block)
{
    return gox__form_bytes(block->bits);
}

/* -1 when the palette does not hold the colour. Chunks of 16 without a branch
 * let the compiler compare several entries at once. */
static int find_color(const gox_block *b, gox_rgba color)
{
    unsigned size = (unsigned)gox__palette_size(b->bits);

    for (unsigned start = 0; start < b->used; start += 16) {
        unsigned end = start + 16 < size ? start + 16 : size;
        unsigned hits = 0;
        for (unsigned i = start; i < end; i++)
            hits += b->data[i] == color;
        for (unsigned i = start; hits > 0 && i < end && i < b->used; i++) {
            if (b->data[i] == color)
                return (int)i;
        }
    }
    return -1;
}

/* Which palette entries some voxel uses. It is done for every palette that is
 * full, so each byte of the indices is looked at as a whole: that is several
 * times faster than counting. */
static void find_used(const gox_block *b, bool is_used[GOX_BLOCK_MAX_PALETTE])
{
    const uint8_t *packed = gox__block_peek_indices(b);
    unsigned bits = b->bits, per_byte = 8 / bits;
    bool has_byte[256] = {false};

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS / per_byte; i++)
        has_byte[packed[i]] = true;
    memset(is_used, 0, GOX_BLOCK_MAX_PALETTE * sizeof(bool));
    for (unsigned byte = 0; byte < 256; byte++) {
        for (unsigned k = 0; has_byte[byte] && k < per_byte; k++)
            is_used[byte >> (k * bits) & ((1U << bits) - 1)] = true;
    }
}

/* Drops palette entries that no voxel uses. */
static void reclaim_palette(
        gox_block *b, const bool is_used[GOX_BLOCK_MAX_PALETTE])
{
    uint8_t map[GOX_BLOCK_MAX_PALETTE] = {0};
    uint8_t index[GOX_BLOCK_VOXELS];
    unsigned kept = 0;

    for (unsigned i = 0; i < b->used; i++) {
        if (!is_used[i])
            continue;
        map[i] = (uint8_t)kept;
        b->data[kept++] = b->data[i];
    }
    b->used = (uint16_t)kept;
    gox__indices_unpack(gox__block_peek_indices(b), b->bits, index);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        index[i] = map[index[i]];
    gox__indices_pack(gox__block_indices(b), b->bits, index);
}

/* A block in the next larger form with the same voxels. */
static gox_block *new_grown(const gox_block *b)
{
    unsigned bits = b->bits == 0   ? 1
                    : b->bits == 8 ? GOX_BLOCK_RAW
                                   : b->bits * 2U;
    gox_block *grown = alloc_block(bits);

    if (grown == NULL)
        return NULL;
    grown->solid = b->solid;
    if (bits == GOX_BLOCK_RAW) {
        gox_block_decode(b, grown->data);
        return grown;
    }
    memcpy(grown->data, b->data, b->used * sizeof(gox_rgba));
    grown->used = b->used;
    uint8_t *to = gox__block_indices(grown);
    if (b->bits == 0) {
        memset(to, 0, GOX_BLOCK_VOXELS / 8);
        return grown;
    }
    gox__indices_widen(to, gox__block_peek_indices(b), b->bits);
    return grown;
}

static gox_block *copy_block(const gox_block *b)
{
    gox_block *copy = alloc_block(b->bits);

    if (copy == NULL)
        return NULL;
    copy->solid = b->solid;
    copy->used = b->used;
    memcpy(copy->data, b->data,
            gox__form_bytes(b->bits) - offsetof(struct gox_block, data));
    return copy;
}

/* Makes room for one colour more, in place when a quarter of a full palette is
 * unused (so that the search is rare), else as a new block. Returns the
 * block to write to, which is b itself or unshared, or NULL. */
static gox_block *make_room(gox_block *b)
{
    if (b->bits != GOX_BLOCK_RAW && b->used == gox__palette_size(b->bits)) {
        if (b->bits > 0 && !gox_block_is_shared(b)) {
            bool is_used[GOX_BLOCK_MAX_PALETTE];
            unsigned live = 0;
            find_used(b, is_used);
            for (unsigned i = 0; i < b->used; i++)
                live += is_used[i];
            if (live * 4 <= b->used * 3U) {
                reclaim_palette(b, is_used);
                return b;
            }
        }
        return new_grown(b);
    }
    return gox_block_is_shared(b) ? copy_block(b) : b;
}

/* Stores a colour that has an index or room for one. */
static void write_color(gox_block *b, unsigned index, gox_rgba color, int found)
{
    if (b->bits == GOX_BLOCK_RAW) {
        b->data[index] = color;
        return;
    }
    if (found < 0) {
        found = b->used++;
        b->data[found] = color;
    }
    gox__index_put(gox__block_indices(b), b->bits, index, (unsigned)found);
}

static void count_solid(gox_block *b, gox_rgba old, gox_rgba color)
{
    b->solid = (uint16_t)(b->solid + (color != 0) - (old != 0));
}

int gox_block_set(gox_block **block, unsigned index, gox_rgba color)
{
    gox_block *b = *block;
    gox_rgba old = gox_block_get(b, index);

    assert(index < GOX_BLOCK_VOXELS);
    color = gox__color_normal(color);
    if (old == color)
        return 0;
    int found = b->bits == GOX_BLOCK_RAW ? 0 : find_color(b, color);
    gox_block *to = b;
    if (found < 0)
        to = make_room(b);
    else if (gox_block_is_shared(b))
        to = copy_block(b);
    if (to == NULL)
        return GOX_ERR_NOMEM;
    write_color(to, index, color, found);
    count_solid(to, old, color);
    if (to != b) {
        *block = to;
        gox_block_unref(b);
    }
    return 0;
}

/* Whether a voxel other than this one has the palette entry. */
static bool has_other(const gox_block *b, unsigned index, unsigned entry)
{
    const uint8_t *packed = gox__block_peek_indices(b);

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if (i != index && gox__index_get(packed, b->bits, i) == entry)
            return true;
    }
    return false;
}

void gox__block_restore(gox_block *block, unsigned index, gox_rgba color)
{
    gox_rgba old = gox_block_get(block, index);

    assert(!gox_block_is_shared(block));
    color = gox__color_normal(color);
    if (old == color)
        return;
    int found = block->bits == GOX_BLOCK_RAW ? 0 : find_color(block, color);
    if (found < 0 && block->used == gox__palette_size(block->bits)) {
        bool is_used[GOX_BLOCK_MAX_PALETTE];
        assert(block->bits > 0);
        find_used(block, is_used);
        /* The voxel's own colour goes now, so its entry may be the free one;
         * then the voxel points to entry 0 until it is written below. */
        unsigned at =
                gox__index_get(gox__block_indices(block), block->bits, index);
        is_used[at] = has_other(block, index, at);
        reclaim_palette(block, is_used);
        assert(block->used < gox__palette_size(block->bits));
    }
    write_color(block, index, color, found);
    count_solid(block, old, color);
}

static bool is_palette_sane(const gox_block *b)
{
    if (b->used == 0 || b->used > gox__palette_size(b->bits))
        return false;
    for (unsigned i = 0; i < b->used; i++) {
        if (gox__color_normal(b->data[i]) != b->data[i])
            return false;
        for (unsigned k = 0; k < i; k++) {
            if (b->data[k] == b->data[i])
                return false;
        }
    }
    for (unsigned i = 0; b->bits > 0 && i < GOX_BLOCK_VOXELS; i++) {
        if (gox__index_get(gox__block_peek_indices(b), b->bits, i) >= b->used)
            return false;
    }
    return true;
}

bool gox_block_is_sane(const gox_block *block)
{
    unsigned bits = block->bits;
    unsigned solid = 0;

    if (atomic_load(&block->refs) == 0)
        return false;
    if (bits != 0 && bits != 1 && bits != 2 && bits != 4 && bits != 8 &&
            bits != GOX_BLOCK_RAW)
        return false;
    if (bits != GOX_BLOCK_RAW && !is_palette_sane(block))
        return false;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        gox_rgba c = gox_block_get(block, i);
        if (gox__color_normal(c) != c)
            return false;
        solid += c != 0;
    }
    return solid == block->solid;
}
