/* SPDX-License-Identifier: Apache-2.0
 * Walking voxels in a fixed order, and counting their colours.
 *
 * Invariant: the counter's table is a power of two, at most half taken; 0 marks
 * a free slot, since no voxel has that colour. */
#include "base/alloc.h"
#include "voxel/analysis.h"
#include "voxel/edit_internal.h"

#include <stdlib.h>

struct slot {
    gox_rgba color;
    uint64_t count;
};

struct counter {
    struct slot *slots;
    size_t size, used;
    int bin_size;
};

static size_t slot_of(const struct counter *c, gox_rgba color)
{
    size_t at = color * UINT32_C(2654435769);

    for (at = (at ^ at >> 15) & (c->size - 1);
            c->slots[at].color != 0 && c->slots[at].color != color;
            at = (at + 1) & (c->size - 1))
        ;
    return at;
}

static int grow_counter(struct counter *c)
{
    struct counter larger = {
            NULL, c->size == 0 ? 256 : c->size * 2, c->used, c->bin_size};

    larger.slots = gox_calloc(larger.size, sizeof(larger.slots[0]));
    if (larger.slots == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < c->size; i++) {
        if (c->slots[i].color != 0)
            larger.slots[slot_of(&larger, c->slots[i].color)] = c->slots[i];
    }
    gox_free(c->slots);
    *c = larger;
    return 0;
}

static gox_rgba bin_color(gox_rgba c, int bin_size)
{
    unsigned bin = (unsigned)bin_size;

    if (bin_size <= 1)
        return c;
    return gox_rgba_make((uint8_t)(gox_rgba_r(c) / bin * bin),
            (uint8_t)(gox_rgba_g(c) / bin * bin),
            (uint8_t)(gox_rgba_b(c) / bin * bin), gox_rgba_a(c));
}

static int count_color(struct counter *c, gox_rgba color, uint64_t n)
{
    if ((c->used + 1) * 2 > c->size) {
        int rc = grow_counter(c);
        if (rc < 0)
            return rc;
    }
    color = bin_color(color, c->bin_size);
    struct slot *slot = &c->slots[slot_of(c, color)];
    c->used += slot->color == 0;
    slot->color = color;
    slot->count += n;
    return 0;
}

/* Counts runs of one colour, as voxels side by side are mostly alike. */
static int count_block(struct counter *c, const gox_block *block,
        const uint64_t mask[GOX_MASK_WORDS])
{
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_rgba even, last = 0;
    uint64_t run = 0;
    int rc = 0;

    if (gox_block_is_uniform(block, &even)) {
        unsigned n = gox__mask_count(mask);
        return n == 0 ? 0 : count_color(c, even, n);
    }
    gox_block_decode(block, colors);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS && rc == 0; i++) {
        gox_rgba now = (mask[i / 64] >> (i % 64) & 1) != 0 ? colors[i] : 0;
        if (now == last) {
            run++;
            continue;
        }
        if (last != 0)
            rc = count_color(c, last, run);
        last = now;
        run = 1;
    }
    if (last != 0 && rc == 0)
        rc = count_color(c, last, run);
    return rc;
}

static int compare_counts(const void *a, const void *b)
{
    const struct gox_color_count *ca = a, *cb = b;

    return (ca->color > cb->color) - (ca->color < cb->color);
}

/* The counts as a sorted array. */
static int take_counts(
        const struct counter *c, struct gox_color_count **colors, size_t *count)
{
    struct gox_color_count *list = gox_malloc_array(c->used, sizeof(*list));
    size_t n = 0;

    if (list == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < c->size; i++) {
        if (c->slots[i].color != 0)
            list[n++] = (struct gox_color_count){
                    c->slots[i].color, c->slots[i].count};
    }
    if (n > 0)
        qsort(list, n, sizeof(list[0]), compare_counts);
    *colors = list;
    *count = n;
    return 0;
}

int gox_analyze_histogram(const gox_volume *vol, struct gox_bbox region,
        int bin_size, struct gox_color_count **colors, size_t *count,
        struct gox_task *task)
{
    struct counter counter = {.bin_size = bin_size};
    uint64_t mask[GOX_MASK_WORDS];
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;
    int rc = 0;

    *colors = NULL;
    *count = 0;
    if (bin_size > 255)
        return GOX_ERR_RANGE;
    while (rc == 0 &&
            (block = gox_volume_each_block(vol, &cursor, &bp)) != NULL) {
        rc = gox_task_check(task, NULL);
        if (rc == 0 && gox__mask_of_box(region, bp, mask) != GOX__COVER_NONE)
            rc = count_block(&counter, block, mask);
    }
    if (rc == 0)
        rc = take_counts(&counter, colors, count);
    gox_free(counter.slots);
    return rc;
}

typedef bool each_fn(void *ctx, struct gox_pos pos, gox_rgba color);

/* false when fn asked to stop. */
static bool each_in_block(const struct gox_block_entry *entry,
        const uint64_t area[GOX_MASK_WORDS], each_fn *fn, void *ctx)
{
    struct gox_pos o = gox__block_origin(entry->pos);
    gox_rgba colors[GOX_BLOCK_VOXELS];
    uint64_t mask[GOX_MASK_WORDS];

    gox_block_mask(entry->block, mask);
    gox_block_decode(entry->block, colors);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        for (uint64_t bits = mask[w] & area[w]; bits != 0; bits &= bits - 1) {
            unsigned i = w * 64 + gox__bit_lowest(bits);
            struct gox_pos p = {o.x + (int32_t)(i & 15),
                    o.y + (int32_t)(i >> 4 & 15), o.z + (int32_t)(i >> 8)};
            if (!fn(ctx, p, colors[i]))
                return false;
        }
    }
    return true;
}

int gox_analyze_each(const gox_volume *vol, struct gox_bbox region, each_fn *fn,
        void *ctx, struct gox_task *task)
{
    uint64_t area[GOX_MASK_WORDS];
    size_t count;
    int rc = 0;

    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = gox_task_check(task, NULL);
        if (rc < 0 || gox__mask_of_box(region, blocks[i].pos, area) ==
                              GOX__COVER_NONE)
            continue;
        if (!each_in_block(&blocks[i], area, fn, ctx))
            break;
    }
    gox_free(blocks);
    return rc;
}
