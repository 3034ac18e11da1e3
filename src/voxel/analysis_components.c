/* SPDX-License-Identifier: Apache-2.0
 * The connected parts of a volume: floods from each voxel that no flood has
 * reached yet.
 *
 * Invariant: each voxel belongs to exactly one part. Memory: one bit per voxel
 * of the blocks that are not solid throughout. */
#include "base/alloc.h"
#include "voxel/analysis.h"
#include "voxel/edit_internal.h"

#include <stdlib.h>

struct solid_match {
    const gox_volume *vol;
    struct gox_bbox region;
};

static enum gox__cover match_solid(
        void *ctx, struct gox_pos bp, uint64_t mask[GOX_MASK_WORDS])
{
    const struct solid_match *m = ctx;
    const gox_block *block = gox_volume_peek_block(m->vol, bp);
    uint64_t solid[GOX_MASK_WORDS];

    enum gox__cover cover = gox__mask_of_box(m->region, bp, mask);
    if (block == NULL || cover == GOX__COVER_NONE) {
        memset(mask, 0, sizeof(solid));
        return GOX__COVER_NONE;
    }
    if (gox_block_solid(block) == GOX_BLOCK_VOXELS)
        return cover;
    gox_block_mask(block, solid);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        mask[w] &= solid[w];
    return gox__mask_is_empty(mask) ? GOX__COVER_NONE : GOX__COVER_SOME;
}

struct list {
    struct gox_component *items;
    size_t count, capacity;
};

static int add_part(struct list *list, const struct gox__flood_part *part)
{
    if (!gox_grow(&list->items, &list->capacity, list->count + 1,
                sizeof(list->items[0])))
        return GOX_ERR_NOMEM;
    list->items[list->count++] = (struct gox_component){
            .voxels = part->voxels, .box = part->box, .seed = part->first};
    return 0;
}

/* Floods from what is left in one block until nothing is. */
static int flood_block(struct gox__flood *flood, struct gox_pos bp,
        struct list *list, struct gox_task *task)
{
    struct gox_pos o = gox__block_origin(bp);
    uint64_t open[GOX_MASK_WORDS];

    int rc = gox__flood_open(flood, bp, open);
    for (unsigned w = 0; w < GOX_MASK_WORDS && rc == 0;) {
        if (open[w] == 0) {
            w++;
            continue;
        }
        int32_t i = (int32_t)(w * 64 + gox__bit_lowest(open[w]));
        struct gox_pos start = {
                o.x + (i & 15), o.y + (i >> 4 & 15), o.z + (i >> 8)};
        struct gox__flood_part part;
        rc = gox__flood_run(flood, start, &part, task);
        if (rc == 0)
            rc = add_part(list, &part);
        if (rc == 0)
            rc = gox__flood_open(flood, bp, open);
    }
    return rc;
}

/* Largest first, then by the seed. */
static int compare_components(const void *a, const void *b)
{
    const struct gox_component *ca = a, *cb = b;

    if (ca->voxels != cb->voxels)
        return ca->voxels > cb->voxels ? -1 : 1;
    return gox__pos_compare(ca->seed, cb->seed);
}

static void finish(struct list *list)
{
    int32_t ground = INT32_MAX;

    for (size_t i = 0; i < list->count; i++) {
        int32_t low = list->items[i].box.min.z;
        ground = low < ground ? low : ground;
    }
    for (size_t i = 0; i < list->count; i++)
        list->items[i].touches_ground = list->items[i].box.min.z == ground;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(list->items[0]),
                compare_components);
}

int gox_analyze_components(const gox_volume *vol, struct gox_bbox region,
        struct gox_component **components, size_t *count, struct gox_task *task)
{
    struct solid_match match = {vol, region};
    struct gox__flood flood;
    struct list list = {0};
    size_t block_count;
    int rc = 0;

    *components = NULL;
    *count = 0;
    struct gox_block_entry *blocks =
            gox_volume_sorted_blocks(vol, &block_count);
    if (blocks == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    gox__flood_init(&flood, match_solid, &match, false, UINT64_MAX);
    for (size_t i = 0; i < block_count && rc == 0; i++) {
        gox_task_progress(task, i, block_count);
        if (gox__cover_of_box(region, blocks[i].pos) != GOX__COVER_NONE)
            rc = flood_block(&flood, blocks[i].pos, &list, task);
    }
    gox__flood_fini(&flood);
    gox_free(blocks);
    if (rc < 0) {
        gox_free(list.items);
        return rc;
    }
    finish(&list);
    *components = list.items;
    *count = list.count;
    return 0;
}
