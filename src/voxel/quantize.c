/* SPDX-License-Identifier: Apache-2.0
 * Median cut: the box of colours with the widest channel is cut at the median
 * of that channel, until there are as many boxes as wanted; each box gives the
 * mean of its colours.
 *
 * Invariant: the result depends only on the colours, their counts and their
 * order: ties are broken by number, never by address. */
#include "base/alloc.h"
#include "voxel/palette.h"

#include <stdlib.h>
#include <string.h>

/* A colour with its place in the input. */
struct item {
    gox_rgba color;
    uint32_t index;
    uint64_t count;
};

/* items[first ... first + count - 1]. */
struct box {
    size_t first, count;
    unsigned shift; /* of the widest channel */
    int width;      /* of that channel; 0: cannot be cut */
    uint64_t weight;
};

struct cutter {
    struct item *items;
    struct box *boxes; /* a heap: the one to cut next at 0 */
    size_t box_count;
};

static uint8_t channel(gox_rgba c, unsigned shift)
{
    return (uint8_t)(c >> shift);
}

static struct box measure(const struct item *items, size_t first, size_t count)
{
    struct box box = {first, count, 0, 0, 0};

    for (unsigned shift = 0; shift < 32; shift += 8) {
        uint8_t lo = 255, hi = 0;
        for (size_t i = first; i < first + count; i++) {
            uint8_t v = channel(items[i].color, shift);
            lo = v < lo ? v : lo;
            hi = v > hi ? v : hi;
        }
        if (hi - lo > box.width) {
            box.width = hi - lo;
            box.shift = shift;
        }
    }
    for (size_t i = first; i < first + count; i++)
        box.weight += items[i].count;
    return box;
}

/* Whether a is to be cut before b. */
static bool is_before(const struct box *a, const struct box *b)
{
    if (a->width != b->width)
        return a->width > b->width;
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return a->first < b->first;
}

static void swap_boxes(struct box *a, struct box *b)
{
    struct box t = *a;

    *a = *b;
    *b = t;
}

static void sift_up(struct cutter *c, size_t i)
{
    for (; i > 0 && is_before(&c->boxes[i], &c->boxes[(i - 1) / 2]);
            i = (i - 1) / 2)
        swap_boxes(&c->boxes[i], &c->boxes[(i - 1) / 2]);
}

static void sift_down(struct cutter *c, size_t i)
{
    for (;;) {
        size_t best = i;
        for (size_t k = 2 * i + 1; k <= 2 * i + 2 && k < c->box_count; k++) {
            if (is_before(&c->boxes[k], &c->boxes[best]))
                best = k;
        }
        if (best == i)
            return;
        swap_boxes(&c->boxes[i], &c->boxes[best]);
        i = best;
    }
}

static int compare_items(
        const struct item *a, const struct item *b, unsigned shift)
{
    uint8_t va = channel(a->color, shift), vb = channel(b->color, shift);

    if (va != vb)
        return va < vb ? -1 : 1;
    if (a->color != b->color)
        return a->color < b->color ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* qsort has no argument for the channel, so there is one function each. */
#define COMPARE_BY(name, shift)                                                \
    static int name(const void *a, const void *b)                              \
    {                                                                          \
        return compare_items(a, b, shift);                                     \
    }
COMPARE_BY(compare_r, 0)
COMPARE_BY(compare_g, 8)
COMPARE_BY(compare_b, 16)
COMPARE_BY(compare_a, 24)
#undef COMPARE_BY

/* How many items of a sorted box go to its first half: as near to half of the
 * weight as can be without parting equal values. */
static size_t find_cut(const struct item *items, const struct box *box)
{
    uint64_t below = 0, best_off = UINT64_MAX;
    size_t best = 1;

    for (size_t i = 1; i < box->count; i++) {
        const struct item *at = &items[box->first + i];
        below += at[-1].count;
        if (channel(at[-1].color, box->shift) == channel(at->color, box->shift))
            continue;
        uint64_t above = box->weight - below;
        uint64_t off = below < above ? above - below : below - above;
        if (off < best_off) {
            best_off = off;
            best = i;
        }
    }
    return best;
}

/* Cuts the first box in two. */
static void cut_first(struct cutter *c)
{
    static int (*const compare[4])(const void *, const void *) = {
            compare_r, compare_g, compare_b, compare_a};
    struct box box = c->boxes[0];

    qsort(c->items + box.first, box.count, sizeof(c->items[0]),
            compare[box.shift / 8]);
    size_t n = find_cut(c->items, &box);
    c->boxes[0] = measure(c->items, box.first, n);
    sift_down(c, 0);
    c->boxes[c->box_count] = measure(c->items, box.first + n, box.count - n);
    sift_up(c, c->box_count++);
}

static gox_rgba mean_color(const struct item *items, const struct box *box)
{
    uint8_t mean[4];

    for (unsigned k = 0; k < 4; k++) {
        /* In double: 2^40 voxels of 255 are exact below 2^53. */
        double sum = 0, weight = 0;
        for (size_t i = box->first; i < box->first + box->count; i++) {
            /* A colour that is counted 0 times still has a place. */
            double n = items[i].count > 0 || box->weight > 0
                               ? (double)items[i].count
                               : 1;
            sum += n * channel(items[i].color, 8 * k);
            weight += n;
        }
        mean[k] = (uint8_t)(sum / weight + 0.5);
    }
    return gox_rgba_load(mean);
}

static int compare_boxes(const void *a, const void *b)
{
    const struct box *ba = a, *bb = b;

    return (ba->first > bb->first) - (ba->first < bb->first);
}

static void keep_all(const struct gox_color_count *colors, size_t count,
        gox_rgba *out, size_t *out_count, uint32_t *map)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = colors[i].color;
        if (map != NULL)
            map[i] = (uint32_t)i;
    }
    *out_count = count;
}

static void write_result(struct cutter *c, gox_rgba *out, uint32_t *map)
{
    /* In the order of the items, so that like colours are side by side. */
    qsort(c->boxes, c->box_count, sizeof(c->boxes[0]), compare_boxes);
    for (size_t i = 0; i < c->box_count; i++) {
        const struct box *box = &c->boxes[i];
        out[i] = mean_color(c->items, box);
        for (size_t k = 0; map != NULL && k < box->count; k++)
            map[c->items[box->first + k].index] = (uint32_t)i;
    }
}

int gox_quantize(const struct gox_color_count *colors, size_t count, size_t max,
        gox_rgba *out, size_t *out_count, uint32_t *map)
{
    struct cutter c = {0};
    int rc = GOX_ERR_NOMEM;

    *out_count = 0;
    if (count <= max) {
        keep_all(colors, count, out, out_count, map);
        return 0;
    }
    if (max == 0 || count > UINT32_MAX)
        return GOX_ERR_RANGE;
    c.items = gox_malloc_array(count, sizeof(c.items[0]));
    c.boxes = gox_malloc_array(max, sizeof(c.boxes[0]));
    if (c.items == NULL || c.boxes == NULL)
        goto out;
    for (size_t i = 0; i < count; i++)
        c.items[i] =
                (struct item){colors[i].color, (uint32_t)i, colors[i].count};
    c.boxes[0] = measure(c.items, 0, count);
    c.box_count = 1;
    while (c.box_count < max && c.boxes[0].width > 0)
        cut_first(&c);
    write_result(&c, out, map);
    *out_count = c.box_count;
    rc = 0;
out:
    gox_free(c.items);
    gox_free(c.boxes);
    return rc;
}
