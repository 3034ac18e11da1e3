/* SPDX-License-Identifier: Apache-2.0
 * Blocks: making, reading and setting voxels in the five forms.
 *
 * data[] holds, by form: uniform (bits 0) one colour; indexed (bits 1, 2, 4, 8)
 * a palette of 2^bits entries, `used` of them filled, then 4096 indices packed
 * from the low bits up; raw (bits 32) 4096 colours. The palette may keep
 * colours that no voxel has any more: they are reclaimed only when it is full,
 * so that setting a voxel never has to count.
 *
 * Invariant: filled palette entries are distinct, indices are below `used`. */
#include "voxel/block.h"

#include "base/alloc.h"
#include "voxel/block_internal.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#define RAW_BITS    32
#define MAX_PALETTE 256

struct gox_block {
    atomic_uint refs;
    uint16_t solid;
    uint16_t used; /* filled palette entries; 1 when uniform, 0 when raw */
    uint8_t bits;
    gox_rgba data[];
};

static gox_rgba normal_color(gox_rgba c)
{
    return gox_rgba_a(c) == 0 ? 0 : c;
}

static size_t palette_size(unsigned bits)
{
    return bits == RAW_BITS ? 0 : (size_t)1 << bits;
}

static size_t block_bytes(unsigned bits)
{
    size_t voxels = bits == RAW_BITS ? GOX_BLOCK_VOXELS * sizeof(gox_rgba)
                                     : (size_t)GOX_BLOCK_VOXELS / 8 * bits;

    return offsetof(struct gox_block, data) +
           palette_size(bits) * sizeof(gox_rgba) + voxels;
}

static uint8_t *indices_of(gox_block *b)
{
    return (uint8_t *)(b->data + palette_size(b->bits));
}

static const uint8_t *peek_indices(const gox_block *b)
{
    return (const uint8_t *)(b->data + palette_size(b->bits));
}

/* Memory for a form; indices are not set. */
static gox_block *alloc_block(unsigned bits)
{
    gox_block *b = gox_malloc(block_bytes(bits));

    if (b == NULL)
        return NULL;
    atomic_init(&b->refs, 1);
    b->solid = 0;
    b->used = 0;
    b->bits = (uint8_t)bits;
    memset(b->data, 0, palette_size(bits) * sizeof(gox_rgba));
    return b;
}

static unsigned get_index(const uint8_t *packed, unsigned bits, unsigned i)
{
    unsigned at = i * bits;

    return (unsigned)packed[at >> 3] >> (at & 7) & ((1U << bits) - 1);
}

static void put_index(
        uint8_t *packed, unsigned bits, unsigned i, unsigned value)
{
    unsigned at = i * bits;
    unsigned shift = at & 7;
    unsigned mask = ((1U << bits) - 1) << shift;

    packed[at >> 3] =
            (uint8_t)(((unsigned)packed[at >> 3] & ~mask) | value << shift);
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

static void pack_indices(uint8_t *packed, unsigned bits, const uint8_t *index)
{
    unsigned per_byte = 8 / bits;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i += per_byte) {
        unsigned byte = 0;
        for (unsigned k = 0; k < per_byte; k++)
            byte |= (unsigned)index[i + k] << (k * bits);
        packed[i / per_byte] = (uint8_t)byte;
    }
}

/* The distinct colours of a block while it is counted. 512 slots for at most
 * 256 colours keep the probes short. */
struct counter {
    gox_rgba palette[MAX_PALETTE];
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
    if (c->used == MAX_PALETTE)
        return -1;
    c->palette[c->used] = color;
    c->slots[at] = (uint16_t)(c->used + 1);
    return (int)c->used++;
}

static gox_block *new_raw(const gox_rgba colors[GOX_BLOCK_VOXELS])
{
    gox_block *b = alloc_block(RAW_BITS);
    unsigned solid = 0;

    if (b == NULL)
        return NULL;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        gox_rgba c = normal_color(colors[i]);
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
    b->data[0] = normal_color(color);
    b->used = 1;
    b->solid = b->data[0] == 0 ? 0 : GOX_BLOCK_VOXELS;
    return b;
}

gox_block *gox_block_new(const gox_rgba colors[GOX_BLOCK_VOXELS])
{
    struct counter counter = {.used = 0};
    uint8_t index[GOX_BLOCK_VOXELS];
    gox_rgba last = normal_color(colors[0]);
    int last_index = counter_add(&counter, last);
    unsigned solid = 0;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        gox_rgba c = normal_color(colors[i]);
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
        pack_indices(indices_of(b), bits, index);
    return b;
}

gox_block *gox__block_new_mask(gox_rgba outside, gox_rgba inside,
        const uint64_t mask[64], unsigned count)
{
    outside = normal_color(outside);
    inside = normal_color(inside);
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
    uint8_t *packed = indices_of(b);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS / 8; i++)
        packed[i] = (uint8_t)(mask[i / 8] >> (i % 8 * 8));
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
    if (bits == RAW_BITS)
        return block->data[index];
    return block->data[get_index(peek_indices(block), bits, index)];
}

void gox_block_decode(const gox_block *block, gox_rgba colors[GOX_BLOCK_VOXELS])
{
    const gox_rgba *pal = block->data;
    unsigned bits = block->bits;

    if (bits == RAW_BITS) {
        memcpy(colors, pal, GOX_BLOCK_VOXELS * sizeof(gox_rgba));
        return;
    }
    if (bits == 0) {
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
            colors[i] = pal[0];
        return;
    }
    const uint8_t *packed = peek_indices(block);
    unsigned per_byte = 8 / bits;
    unsigned mask = (1U << bits) - 1;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i += per_byte) {
        unsigned byte = *packed++;
        for (unsigned k = 0; k < per_byte; k++)
            colors[i + k] = pal[byte >> (k * bits) & mask];
    }
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

/* 64 one-bit indices as a word, whatever the machine's byte order. */
static uint64_t load_word(const uint8_t *p)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

void gox_block_mask(const gox_block *block, uint64_t mask[64])
{
    if (block->solid == 0 || block->solid == GOX_BLOCK_VOXELS) {
        memset(mask, block->solid == 0 ? 0 : 0xff, 64 * sizeof(uint64_t));
        return;
    }
    if (block->bits == 1) {
        uint64_t on = block->data[1] != 0 ? UINT64_MAX : 0;
        uint64_t off = block->data[0] != 0 ? UINT64_MAX : 0;
        for (unsigned w = 0; w < 64; w++) {
            uint64_t word = load_word(peek_indices(block) + w * 8);
            mask[w] = (word & on) | (~word & off);
        }
        return;
    }
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_block_decode(block, colors);
    for (unsigned w = 0; w < 64; w++) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 64; i++)
            word |= (uint64_t)(colors[w * 64 + i] != 0) << i;
        mask[w] = word;
    }
}

struct gox_bbox gox_block_bbox(const gox_block *block)
{
    uint64_t mask[64];
    unsigned xs = 0, ys = 0, zs = 0;

    if (block->solid == 0)
        return (struct gox_bbox){0};
    gox_block_mask(block, mask);
    for (unsigned row = 0; row < 256; row++) {
        unsigned bits = (unsigned)(mask[row / 4] >> (row % 4 * 16)) & 0xffff;
        if (bits == 0)
            continue;
        xs |= bits;
        ys |= 1U << row % 16;
        zs |= 1U << row / 16;
    }
    return (struct gox_bbox){
            {__builtin_ctz(xs), __builtin_ctz(ys), __builtin_ctz(zs)},
            {32 - __builtin_clz(xs), 32 - __builtin_clz(ys),
                    32 - __builtin_clz(zs)}};
}

size_t gox_block_bytes(const gox_block *block)
{
    return block_bytes(block->bits);
}

/* -1 when the palette does not hold the colour. Chunks of 16 without a branch
 * let the compiler compare several entries at once. */
static int find_color(const gox_block *b, gox_rgba color)
{
    unsigned size = (unsigned)palette_size(b->bits);

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

static void count_uses(const gox_block *b, uint16_t uses[MAX_PALETTE])
{
    const uint8_t *packed = peek_indices(b);

    memset(uses, 0, MAX_PALETTE * sizeof(uint16_t));
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        uses[get_index(packed, b->bits, i)]++;
}

/* Drops palette entries that no voxel uses. */
static void reclaim_palette(gox_block *b, const uint16_t uses[MAX_PALETTE])
{
    uint8_t map[MAX_PALETTE] = {0};
    uint8_t *packed = indices_of(b);
    unsigned kept = 0;

    for (unsigned i = 0; i < b->used; i++) {
        if (uses[i] == 0)
            continue;
        map[i] = (uint8_t)kept;
        b->data[kept++] = b->data[i];
    }
    b->used = (uint16_t)kept;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        put_index(packed, b->bits, i, map[get_index(packed, b->bits, i)]);
}

/* A block in the next larger form with the same voxels. */
static gox_block *new_grown(const gox_block *b)
{
    unsigned bits = b->bits == 0 ? 1 : b->bits == 8 ? RAW_BITS : b->bits * 2U;
    gox_block *grown = alloc_block(bits);

    if (grown == NULL)
        return NULL;
    grown->solid = b->solid;
    if (bits == RAW_BITS) {
        gox_block_decode(b, grown->data);
        return grown;
    }
    memcpy(grown->data, b->data, b->used * sizeof(gox_rgba));
    grown->used = b->used;
    uint8_t *to = indices_of(grown);
    if (b->bits == 0) {
        memset(to, 0, GOX_BLOCK_VOXELS / 8);
        return grown;
    }
    uint8_t index[GOX_BLOCK_VOXELS];
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        index[i] = (uint8_t)get_index(peek_indices(b), b->bits, i);
    pack_indices(to, bits, index);
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
            block_bytes(b->bits) - offsetof(struct gox_block, data));
    return copy;
}

/* Makes room for one colour more, in place when a quarter of a full palette is
 * unused (so that the counting is rare), else as a new block. Returns the
 * block to write to, which is b itself or unshared, or NULL. */
static gox_block *make_room(gox_block *b)
{
    if (b->bits != RAW_BITS && b->used == palette_size(b->bits)) {
        if (b->bits > 0 && !gox_block_is_shared(b)) {
            uint16_t uses[MAX_PALETTE];
            unsigned live = 0;
            count_uses(b, uses);
            for (unsigned i = 0; i < b->used; i++)
                live += uses[i] > 0;
            if (live * 4 <= b->used * 3U) {
                reclaim_palette(b, uses);
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
    if (b->bits == RAW_BITS) {
        b->data[index] = color;
        return;
    }
    if (found < 0) {
        found = b->used++;
        b->data[found] = color;
    }
    put_index(indices_of(b), b->bits, index, (unsigned)found);
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
    color = normal_color(color);
    if (old == color)
        return 0;
    int found = b->bits == RAW_BITS ? 0 : find_color(b, color);
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

void gox__block_restore(gox_block *block, unsigned index, gox_rgba color)
{
    gox_rgba old = gox_block_get(block, index);

    assert(!gox_block_is_shared(block));
    color = normal_color(color);
    if (old == color)
        return;
    int found = block->bits == RAW_BITS ? 0 : find_color(block, color);
    if (found < 0 && block->used == palette_size(block->bits)) {
        uint16_t uses[MAX_PALETTE];
        assert(block->bits > 0);
        count_uses(block, uses);
        /* The voxel's own colour goes now, so its entry may be the free one;
         * then the voxel points to entry 0 until it is written below. */
        unsigned at = get_index(indices_of(block), block->bits, index);
        uses[at]--;
        reclaim_palette(block, uses);
        assert(block->used < palette_size(block->bits));
    }
    write_color(block, index, color, found);
    count_solid(block, old, color);
}

static bool is_palette_sane(const gox_block *b)
{
    if (b->used == 0 || b->used > palette_size(b->bits))
        return false;
    for (unsigned i = 0; i < b->used; i++) {
        if (normal_color(b->data[i]) != b->data[i])
            return false;
        for (unsigned k = 0; k < i; k++) {
            if (b->data[k] == b->data[i])
                return false;
        }
    }
    for (unsigned i = 0; b->bits > 0 && i < GOX_BLOCK_VOXELS; i++) {
        if (get_index(peek_indices(b), b->bits, i) >= b->used)
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
            bits != RAW_BITS)
        return false;
    if (bits != RAW_BITS && !is_palette_sane(block))
        return false;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        gox_rgba c = gox_block_get(block, i);
        if (normal_color(c) != c)
            return false;
        solid += c != 0;
    }
    return solid == block->solid;
}
