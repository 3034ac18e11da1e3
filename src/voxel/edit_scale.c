/* SPDX-License-Identifier: Apache-2.0
 * Making a volume larger or smaller by a whole factor.
 *
 * Enlarging asks for each voxel of the result where it comes from. Shrinking
 * walks the voxels that exist and adds them up in the block of the result that
 * they fall into, so that empty space costs nothing.
 *
 * Invariant: enlarging and shrinking by the same factor give the volume back.
 */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

#include <stdlib.h>

/* More voxels than this are refused: even as uniform blocks, 2^34 voxels take
 * a few hundred megabytes. */
#define MAX_RESULT_VOXELS (UINT64_C(1) << 34)

struct scaling {
    const gox_volume *src;
    gox_volume *dst;
    struct gox_bbox region;
    int64_t factor; /* positive */
    int64_t anchor[3];
    struct gox_task *task;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return q * b > a ? q - 1 : q;
}

static int64_t clamp_coord(int64_t v)
{
    if (v < -GOX_COORD_MAX)
        return -GOX_COORD_MAX;
    return v > GOX_COORD_MAX ? GOX_COORD_MAX : v;
}

/* The box of the voxels of one block inside the region. */
static struct gox_bbox solid_box(
        const struct scaling *s, const gox_block *block, struct gox_pos bp)
{
    struct gox_bbox in = gox_block_bbox(block);
    struct gox_pos o = gox__block_origin(bp);

    in = (struct gox_bbox){{in.min.x + o.x, in.min.y + o.y, in.min.z + o.z},
            {in.max.x + o.x, in.max.y + o.y, in.max.z + o.z}};
    return gox_bbox_intersect(in, s->region);
}

/* Enlarging. */

/* Where the 16 voxels from `from` on of the result come from on one axis;
 * outside the grid, the nearest place that is still outside. */
static void source_line(
        const struct scaling *s, int axis, int32_t from, int32_t line[16])
{
    for (int i = 0; i < 16; i++) {
        int64_t p = floor_div(from + i - s->anchor[axis], s->factor);
        line[i] = p < -GOX_COORD_MAX ? -GOX_COORD_MAX - 1
                                     : (int32_t)clamp_coord(p);
    }
}

static gox_rgba source_color(struct gox_cursor *cursor, struct gox_bbox region,
        int32_t x, int32_t y, int32_t z)
{
    struct gox_pos p = {x, y, z};

    return gox_bbox_contains(region, p) ? gox_cursor_get(cursor, p) : 0;
}

static int enlarge_to(const struct scaling *s, struct gox_pos bp)
{
    struct gox_pos o = gox__block_origin(bp);
    int32_t xs[16], ys[16], zs[16];
    gox_rgba colors[GOX_BLOCK_VOXELS];
    struct gox_cursor cursor;

    if (gox_volume_peek_block(s->dst, bp) != NULL)
        return 0;
    source_line(s, 0, o.x, xs);
    source_line(s, 1, o.y, ys);
    source_line(s, 2, o.z, zs);
    gox_cursor_init(&cursor, s->src);
    if (xs[0] == xs[15] && ys[0] == ys[15] && zs[0] == zs[15]) {
        gox_rgba c = source_color(&cursor, s->region, xs[0], ys[0], zs[0]);
        if (c == 0)
            return 0;
        gox_block *block = gox_block_new_uniform(c);
        return block == NULL ? GOX_ERR_NOMEM
                             : gox_volume_put_block(s->dst, bp, block);
    }
    for (int z = 0; z < 16; z++) {
        gox_rgba *slice = colors + (size_t)z * 256;
        if (z > 0 && zs[z] == zs[z - 1]) {
            memcpy(slice, slice - 256, 256 * sizeof(slice[0]));
            continue;
        }
        for (int y = 0; y < 16; y++) {
            gox_rgba *row = slice + (size_t)y * 16;
            if (y > 0 && ys[y] == ys[y - 1]) {
                memcpy(row, row - 16, 16 * sizeof(row[0]));
                continue;
            }
            for (int x = 0; x < 16; x++)
                row[x] = x > 0 && xs[x] == xs[x - 1]
                                 ? row[x - 1]
                                 : source_color(&cursor, s->region, xs[x],
                                           ys[y], zs[z]);
        }
    }
    return gox_volume_set_block(s->dst, bp, colors);
}

static int enlarge_block(const struct scaling *s, struct gox_bbox in)
{
    const int32_t min[3] = {in.min.x, in.min.y, in.min.z};
    const int32_t max[3] = {in.max.x, in.max.y, in.max.z};
    int32_t lo[3], hi[3]; /* blocks of the result, hi inclusive */

    for (int i = 0; i < 3; i++) {
        int64_t from = clamp_coord(min[i] * s->factor + s->anchor[i]);
        int64_t to = clamp_coord(max[i] * s->factor + s->anchor[i]);
        if (from >= to)
            return 0;
        lo[i] = (int32_t)(from >> GOX_BLOCK_SHIFT);
        hi[i] = (int32_t)((to - 1) >> GOX_BLOCK_SHIFT);
    }
    for (int32_t z = lo[2]; z <= hi[2]; z++) {
        for (int32_t y = lo[1]; y <= hi[1]; y++) {
            int rc = gox_task_check(s->task, NULL);
            for (int32_t x = lo[0]; x <= hi[0] && rc == 0; x++)
                rc = enlarge_to(s, gox_pos_make(x, y, z));
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static uint64_t count_in_region(const struct scaling *s)
{
    uint64_t solid[GOX_MASK_WORDS], mask[GOX_MASK_WORDS], count = 0;
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;

    while ((block = gox_volume_each_block(s->src, &cursor, &bp)) != NULL) {
        enum gox__cover cover = gox__mask_of_box(s->region, bp, mask);
        if (cover == GOX__COVER_ALL)
            count += gox_block_solid(block);
        if (cover != GOX__COVER_SOME)
            continue;
        gox_block_mask(block, solid);
        for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
            count += gox__bit_count(solid[w] & mask[w]);
    }
    return count;
}

static int enlarge(const struct scaling *s, uint64_t *clipped)
{
    uint64_t cube = (uint64_t)(s->factor * s->factor * s->factor);
    uint64_t count = count_in_region(s);
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;

    if (count > MAX_RESULT_VOXELS / cube)
        return GOX_ERR_TOO_LARGE;
    while ((block = gox_volume_each_block(s->src, &cursor, &bp)) != NULL) {
        struct gox_bbox in = solid_box(s, block, bp);
        int rc = gox_bbox_is_empty(in) ? 0 : enlarge_block(s, in);
        if (rc < 0)
            return rc;
    }
    *clipped += count * cube - gox_volume_solid(s->dst);
    return 0;
}

/* Shrinking. */

/* A block of the result and one of the source that falls into it. */
struct pair {
    struct gox_pos to, from;
};

struct pairs {
    struct pair *items;
    size_t count, capacity;
};

/* What a block of the result is made from: how many voxels fall into each of
 * its voxels, and the colour that leads in a majority vote. */
struct tally {
    uint32_t solid[GOX_BLOCK_VOXELS];
    uint32_t lead[GOX_BLOCK_VOXELS];
    gox_rgba color[GOX_BLOCK_VOXELS];
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *pa = a, *pb = b;
    int order = gox__pos_compare(pa->to, pb->to);

    return order != 0 ? order : gox__pos_compare(pa->from, pb->from);
}

static int add_pairs(const struct scaling *s, struct pairs *pairs,
        struct gox_bbox in, struct gox_pos bp)
{
    const int32_t min[3] = {in.min.x, in.min.y, in.min.z};
    const int32_t max[3] = {in.max.x, in.max.y, in.max.z};
    int32_t lo[3], hi[3];

    for (int i = 0; i < 3; i++) {
        lo[i] = (int32_t)(floor_div(min[i] - s->anchor[i], s->factor) >>
                          GOX_BLOCK_SHIFT);
        hi[i] = (int32_t)(floor_div(max[i] - 1 - s->anchor[i], s->factor) >>
                          GOX_BLOCK_SHIFT);
    }
    for (int32_t z = lo[2]; z <= hi[2]; z++) {
        for (int32_t y = lo[1]; y <= hi[1]; y++) {
            for (int32_t x = lo[0]; x <= hi[0]; x++) {
                if (!gox_grow(&pairs->items, &pairs->capacity, pairs->count + 1,
                            sizeof(pairs->items[0])))
                    return GOX_ERR_NOMEM;
                pairs->items[pairs->count++] =
                        (struct pair){gox_pos_make(x, y, z), bp};
            }
        }
    }
    return 0;
}

static void vote(struct tally *t, size_t at, gox_rgba color)
{
    t->solid[at]++;
    if (t->lead[at] == 0)
        t->color[at] = color;
    if (t->color[at] == color)
        t->lead[at]++;
    else
        t->lead[at]--;
}

/* The index in block `to` of coordinate p on one axis, or -1. */
static int32_t target_index(
        const struct scaling *s, int axis, int32_t p, int32_t to)
{
    int64_t i = floor_div(p - s->anchor[axis], s->factor) -
                (int64_t)to * GOX_BLOCK_SIZE;

    return i < 0 || i >= GOX_BLOCK_SIZE ? -1 : (int32_t)i;
}

static void tally_block(
        const struct scaling *s, const struct pair *pair, struct tally *t)
{
    const gox_block *block = gox_volume_peek_block(s->src, pair->from);
    struct gox_bbox in = solid_box(s, block, pair->from);
    struct gox_pos o = gox__block_origin(pair->from);
    gox_rgba colors[GOX_BLOCK_VOXELS];

    gox_block_decode(block, colors);
    for (int32_t z = in.min.z; z < in.max.z; z++) {
        int32_t tz = target_index(s, 2, z, pair->to.z);
        for (int32_t y = in.min.y; y < in.max.y && tz >= 0; y++) {
            int32_t ty = target_index(s, 1, y, pair->to.y);
            const gox_rgba *row = colors + (z - o.z) * 256 + (y - o.y) * 16;
            for (int32_t x = in.min.x; x < in.max.x && ty >= 0; x++) {
                int32_t tx = target_index(s, 0, x, pair->to.x);
                if (tx >= 0 && row[x - o.x] != 0)
                    vote(t, (size_t)(tx + ty * 16 + tz * 256), row[x - o.x]);
            }
        }
    }
}

static int put_tally(const struct scaling *s, struct tally *t,
        struct gox_pos bp, uint64_t *clipped)
{
    uint32_t cube = (uint32_t)(s->factor * s->factor * s->factor);
    unsigned count = 0;

    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if (t->solid[i] * 2 < cube)
            t->color[i] = 0;
        count += t->color[i] != 0;
    }
    if (count == 0)
        return 0;
    if (!gox_pos_is_valid(gox__block_origin(bp))) {
        *clipped += count;
        return 0;
    }
    return gox_volume_set_block(s->dst, bp, t->color);
}

static int shrink_pairs(
        const struct scaling *s, const struct pairs *pairs, uint64_t *clipped)
{
    int rc = 0;
    struct tally *tally = gox_malloc(sizeof(*tally));

    if (tally == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < pairs->count && rc == 0;) {
        struct gox_pos to = pairs->items[i].to;
        memset(tally, 0, sizeof(*tally));
        rc = gox_task_check(s->task, NULL);
        for (; i < pairs->count && gox__pos_equals(pairs->items[i].to, to); i++)
            tally_block(s, &pairs->items[i], tally);
        if (rc == 0)
            rc = put_tally(s, tally, to, clipped);
    }
    gox_free(tally);
    return rc;
}

static int shrink(const struct scaling *s, uint64_t *clipped)
{
    struct pairs pairs = {0};
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;
    int rc = 0;

    while (rc == 0 &&
            (block = gox_volume_each_block(s->src, &cursor, &bp)) != NULL) {
        struct gox_bbox in = solid_box(s, block, bp);
        if (!gox_bbox_is_empty(in))
            rc = add_pairs(s, &pairs, in, bp);
    }
    if (rc == 0 && pairs.count > 0) {
        qsort(pairs.items, pairs.count, sizeof(pairs.items[0]), compare_pairs);
        rc = shrink_pairs(s, &pairs, clipped);
    }
    gox_free(pairs.items);
    return rc;
}

int gox__scale_volume(const gox_volume *src, struct gox_bbox region, int factor,
        const int64_t anchor[3], gox_volume *dst, uint64_t *clipped,
        struct gox_task *task)
{
    struct scaling s = {.src = src,
            .dst = dst,
            .region = gox_bbox_intersect(region, gox_bbox_all()),
            .factor = factor < 0 ? -(int64_t)factor : factor,
            .anchor = {anchor[0], anchor[1], anchor[2]},
            .task = task};

    return factor < 0 ? shrink(&s, clipped) : enlarge(&s, clipped);
}
