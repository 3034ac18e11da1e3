/* SPDX-License-Identifier: Apache-2.0
 * Comparing a volume with its mirror image, and two volumes with each other.
 *
 * Invariant: a difference skips blocks that both volumes share, so its cost is
 * that of the blocks that changed. */
#include "base/alloc.h"
#include "voxel/analysis.h"
#include "voxel/edit_internal.h"

#include <stdlib.h>

struct twins {
    uint64_t voxels, same_shape[3], same_color[3];
};

static void compare_with_mirror(const gox_volume *vol, struct gox_bbox box,
        int32_t origin2, unsigned axis, struct gox_pos bp,
        const gox_rgba own[GOX_BLOCK_VOXELS], struct twins *twins)
{
    struct gox__remap map = gox__remap_mirror((enum gox_axis)axis, origin2);
    gox_rgba other[GOX_BLOCK_VOXELS];

    if (!gox__remap_gather(vol, box, &map, bp, other))
        return;
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        twins->same_shape[axis] += own[i] != 0 && other[i] != 0;
        twins->same_color[axis] += own[i] != 0 && own[i] == other[i];
    }
}

/* Clears the colours outside the box; returns how many voxels are left. */
static unsigned keep_in_box(gox_rgba colors[GOX_BLOCK_VOXELS],
        struct gox_bbox box, struct gox_pos bp)
{
    uint64_t mask[GOX_MASK_WORDS];
    unsigned count = 0;

    (void)gox__mask_of_box(box, bp, mask);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if ((mask[i / 64] >> (i % 64) & 1) == 0)
            colors[i] = 0;
        count += colors[i] != 0;
    }
    return count;
}

int gox_analyze_symmetry(const gox_volume *vol, struct gox_bbox region,
        struct gox_symmetry_score *score, struct gox_task *task)
{
    /* The mirror image of the bounds is the bounds, so twins are inside. */
    struct gox_bbox box = gox__volume_bbox_in(vol, region);
    const int32_t origin2[3] = {box.min.x + box.max.x, box.min.y + box.max.y,
            box.min.z + box.max.z};
    struct twins twins = {0};
    gox_rgba own[GOX_BLOCK_VOXELS];
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;

    *score = (struct gox_symmetry_score){
            .origin2 = {origin2[0], origin2[1], origin2[2]}};
    while ((block = gox_volume_each_block(vol, &cursor, &bp)) != NULL) {
        int rc = gox_task_check(task, NULL);
        if (rc < 0)
            return rc;
        if (gox__cover_of_box(box, bp) == GOX__COVER_NONE)
            continue;
        gox_block_decode(block, own);
        twins.voxels += keep_in_box(own, box, bp);
        for (unsigned axis = 0; axis < 3; axis++)
            compare_with_mirror(vol, box, origin2[axis], axis, bp, own, &twins);
    }
    for (unsigned i = 0; i < 3 && twins.voxels > 0; i++) {
        score->shape[i] = (double)twins.same_shape[i] / (double)twins.voxels;
        score->color[i] = (double)twins.same_color[i] / (double)twins.voxels;
    }
    return 0;
}

/* The block positions where the two volumes may differ. */
struct places {
    struct gox_pos *items;
    size_t count, capacity;
};

static int add_place(struct places *places, struct gox_pos bp)
{
    if (!gox_grow(&places->items, &places->capacity, places->count + 1,
                sizeof(places->items[0])))
        return GOX_ERR_NOMEM;
    places->items[places->count++] = bp;
    return 0;
}

static int compare_places(const void *a, const void *b)
{
    const struct gox_pos *pa = a, *pb = b;

    return gox__pos_compare(*pa, *pb);
}

static int find_places(const gox_volume *before, const gox_volume *after,
        struct places *places)
{
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;
    int rc = 0;

    while (rc == 0 &&
            (block = gox_volume_each_block(before, &cursor, &bp)) != NULL) {
        if (gox_volume_peek_block(after, bp) != block)
            rc = add_place(places, bp);
    }
    cursor = 0;
    while (rc == 0 && gox_volume_each_block(after, &cursor, &bp) != NULL) {
        if (gox_volume_peek_block(before, bp) == NULL)
            rc = add_place(places, bp);
    }
    if (rc == 0 && places->count > 0)
        qsort(places->items, places->count, sizeof(places->items[0]),
                compare_places);
    return rc;
}

typedef bool diff_fn(
        void *ctx, struct gox_pos pos, gox_rgba before, gox_rgba after);

static void decode_or_clear(
        const gox_block *block, gox_rgba colors[GOX_BLOCK_VOXELS])
{
    if (block == NULL)
        memset(colors, 0, GOX_BLOCK_VOXELS * sizeof(colors[0]));
    else
        gox_block_decode(block, colors);
}

/* Counts the differences of one block and calls *fn, which becomes NULL when
 * it asks to stop. */
static void diff_block(const gox_block *before, const gox_block *after,
        struct gox_pos bp, diff_fn **fn, void *ctx,
        struct gox_diff_counts *counts)
{
    struct gox_pos o = gox__block_origin(bp);
    gox_rgba old[GOX_BLOCK_VOXELS], now[GOX_BLOCK_VOXELS];
    uint64_t mask[GOX_MASK_WORDS] = {0};

    decode_or_clear(before, old);
    decode_or_clear(after, now);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if (old[i] == now[i])
            continue;
        mask[i / 64] |= UINT64_C(1) << (i % 64);
        counts->added += old[i] == 0;
        counts->removed += now[i] == 0;
        counts->recolored += old[i] != 0 && now[i] != 0;
        struct gox_pos p = {o.x + (int32_t)(i & 15),
                o.y + (int32_t)(i >> 4 & 15), o.z + (int32_t)(i >> 8)};
        if (*fn != NULL && !(*fn)(ctx, p, old[i], now[i]))
            *fn = NULL;
    }
    struct gox_bbox in = gox__mask_bbox(mask);
    if (gox_bbox_is_empty(in))
        return;
    in = (struct gox_bbox){{in.min.x + o.x, in.min.y + o.y, in.min.z + o.z},
            {in.max.x + o.x, in.max.y + o.y, in.max.z + o.z}};
    counts->box = gox_bbox_union(counts->box, in);
}

int gox_analyze_diff(const gox_volume *before, const gox_volume *after,
        diff_fn *fn, void *ctx, struct gox_diff_counts *counts,
        struct gox_task *task)
{
    struct places places = {0};

    *counts = (struct gox_diff_counts){0};
    int rc = find_places(before, after, &places);
    for (size_t i = 0; i < places.count && rc == 0; i++) {
        struct gox_pos bp = places.items[i];
        rc = gox_task_check(task, NULL);
        if (rc == 0)
            diff_block(gox_volume_peek_block(before, bp),
                    gox_volume_peek_block(after, bp), bp, &fn, ctx, counts);
    }
    gox_free(places.items);
    return rc;
}
