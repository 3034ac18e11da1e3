/* SPDX-License-Identifier: Apache-2.0
 * Applies a modifier to the masked voxels of one block: the one place where
 * modes, clip box and counting meet, so that all operations agree.
 *
 * Invariant: `changed` grows only for voxels inside the clip box, and by each
 * voxel at most once per call. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/edit_internal.h"

/* Up to this many voxels of a block are set one by one: history keeps single
 * voxels smaller than blocks. */
#define SINGLE_VOXELS 4

bool gox__symmetry_is_valid(const struct gox_symmetry *symmetry)
{
    /* A plane farther out than this has no mirror image inside the grid. */
    const int32_t limit = 4 * GOX_COORD_MAX;
    const int32_t origin[3] = {
            symmetry->origin2.x, symmetry->origin2.y, symmetry->origin2.z};
    const bool is_on[3] = {symmetry->x, symmetry->y, symmetry->z};

    for (int i = 0; i < 3; i++) {
        if (is_on[i] && (origin[i] > limit || origin[i] < -limit))
            return false;
    }
    return true;
}

int gox__edit_new(struct gox__edit **edit, gox_volume *vol,
        const struct gox_modifier *mod, struct gox_task *task)
{
    *edit = NULL;
    if ((unsigned)mod->mode >= GOX_MODE_COUNT ||
            !gox__symmetry_is_valid(&mod->symmetry))
        return GOX_ERR_RANGE;
    struct gox__edit *e = gox_malloc(sizeof(*e));
    if (e == NULL)
        return GOX_ERR_NOMEM;
    e->vol = vol;
    e->mode = mod->mode;
    e->color = gox_rgba_a(mod->color) == 0 ? 0 : mod->color;
    e->clip = gox_bbox_all();
    if (mod->has_clip)
        e->clip = gox_bbox_intersect(e->clip, mod->clip);
    e->uniform = NULL;
    e->changed = 0;
    e->task = task;
    *edit = e;
    return 0;
}

void gox__edit_free(struct gox__edit *edit)
{
    if (edit == NULL)
        return;
    gox_block_unref(edit->uniform);
    gox_free(edit);
}

static int put_uniform(struct gox__edit *e, struct gox_pos bp, gox_rgba color)
{
    const gox_block *old = gox_volume_peek_block(e->vol, bp);
    gox_rgba was;

    if (color == 0)
        return old == NULL ? 0 : gox_volume_put_block(e->vol, bp, NULL);
    if (old != NULL && gox_block_is_uniform(old, &was) && was == color)
        return 0;
    if (e->uniform == NULL)
        e->uniform = gox_block_new_uniform(color);
    if (e->uniform == NULL)
        return GOX_ERR_NOMEM;
    return gox_volume_put_block(e->vol, bp, gox_block_ref(e->uniform));
}

static int set_single(struct gox__edit *e, struct gox_pos bp,
        const uint64_t mask[GOX_MASK_WORDS], gox_rgba color)
{
    struct gox_pos o = gox__block_origin(bp);

    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        for (uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
            int32_t i = (int32_t)(w * 64 + gox__bit_lowest(bits));
            int rc = gox_volume_set(e->vol,
                    gox_pos_make(o.x + (i & 15), o.y + (i >> 4 & 15),
                            o.z + (i >> 8)),
                    color);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static void color_masked(gox_rgba colors[GOX_BLOCK_VOXELS],
        const uint64_t mask[GOX_MASK_WORDS], gox_rgba color)
{
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        gox_rgba *at = colors + (size_t)w * 64;
        if (mask[w] == 0)
            continue;
        for (unsigned i = 0; i < 64; i++)
            at[i] = mask[w] >> i & 1 ? color : at[i];
    }
}

/* Whether each voxel of block is masked, so that nothing of it shows. */
static bool is_covered(
        const gox_block *block, const uint64_t mask[GOX_MASK_WORDS])
{
    uint64_t solid[GOX_MASK_WORDS];
    uint64_t rest = 0;

    gox_block_mask(block, solid);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        rest |= solid[w] & ~mask[w];
    return rest == 0;
}

/* Gives all masked voxels, count of them, the colour. */
static int put_masked(struct gox__edit *e, struct gox_pos bp,
        const uint64_t mask[GOX_MASK_WORDS], unsigned count, gox_rgba color)
{
    const gox_block *old = gox_volume_peek_block(e->vol, bp);
    gox_rgba was = 0;

    if (count == GOX_BLOCK_VOXELS)
        return put_uniform(e, bp, color);
    if (count <= SINGLE_VOXELS)
        return set_single(e, bp, mask, color);
    if (old == NULL || gox_block_is_uniform(old, &was) ||
            is_covered(old, mask)) {
        if (was == color)
            return 0;
        gox_block *block = gox__block_new_mask(was, color, mask, count);
        if (block == NULL)
            return GOX_ERR_NOMEM;
        return gox_volume_put_block(e->vol, bp, block);
    }
    gox_block_decode(old, e->scratch);
    color_masked(e->scratch, mask, color);
    return gox_volume_set_block(e->vol, bp, e->scratch);
}

/* Erases the masked voxels that exist and counts them in *count. */
static int erase_masked(struct gox__edit *e, struct gox_pos bp,
        const uint64_t mask[GOX_MASK_WORDS], uint64_t *count)
{
    const gox_block *old = gox_volume_peek_block(e->vol, bp);
    uint64_t solid[GOX_MASK_WORDS];

    if (old == NULL)
        return 0;
    gox_block_mask(old, solid);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        solid[w] &= mask[w];
    unsigned n = gox__mask_count(solid);
    *count += n;
    if (n == 0)
        return 0;
    if (n == gox_block_solid(old))
        return gox_volume_put_block(e->vol, bp, NULL);
    return put_masked(e, bp, solid, n, 0);
}

static int paint_masked(struct gox__edit *e, struct gox_pos bp,
        const uint64_t mask[GOX_MASK_WORDS])
{
    const gox_block *old = gox_volume_peek_block(e->vol, bp);
    uint64_t solid[GOX_MASK_WORDS];

    if (old == NULL)
        return 0;
    gox_block_mask(old, solid);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        solid[w] &= mask[w];
    unsigned n = gox__mask_count(solid);
    e->changed += n;
    if (n == 0)
        return 0;
    if (n == gox_block_solid(old) && n < GOX_BLOCK_VOXELS) {
        gox_block *block = gox__block_new_mask(0, e->color, solid, n);
        if (block == NULL)
            return GOX_ERR_NOMEM;
        return gox_volume_put_block(e->vol, bp, block);
    }
    return put_masked(e, bp, solid, n, e->color);
}

static int intersect_masked(struct gox__edit *e, struct gox_pos bp,
        const uint64_t mask[GOX_MASK_WORDS],
        const uint64_t area[GOX_MASK_WORDS])
{
    const gox_block *old = gox_volume_peek_block(e->vol, bp);
    uint64_t outside[GOX_MASK_WORDS];
    uint64_t erased = 0;

    if (old == NULL)
        return 0;
    gox_block_mask(old, outside);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        e->changed += gox__bit_count(outside[w] & mask[w]);
        outside[w] = area[w] & ~mask[w];
    }
    return erase_masked(e, bp, outside, &erased);
}

/* All of the block, all of it inside the clip box. */
static int edit_whole(struct gox__edit *e, struct gox_pos bp)
{
    static const uint64_t all[GOX_MASK_WORDS] = {
#define ALL_8                                                                  \
    UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,    \
            UINT64_MAX, UINT64_MAX
            ALL_8, ALL_8, ALL_8, ALL_8, ALL_8, ALL_8, ALL_8, ALL_8
#undef ALL_8
    };
    const gox_block *old = gox_volume_peek_block(e->vol, bp);

    switch (e->mode) {
    case GOX_MODE_ADD:
    case GOX_MODE_REPLACE:
        e->changed += GOX_BLOCK_VOXELS;
        return put_uniform(e, bp, e->color);
    case GOX_MODE_SUBTRACT:
        e->changed += old == NULL ? 0 : gox_block_solid(old);
        return put_uniform(e, bp, 0);
    case GOX_MODE_PAINT:
        return paint_masked(e, bp, all);
    case GOX_MODE_INTERSECT:
        e->changed += old == NULL ? 0 : gox_block_solid(old);
        return 0;
    case GOX_MODE_COUNT:
        break;
    }
    return GOX_ERR_RANGE;
}

int gox__edit_mask(
        struct gox__edit *edit, struct gox_pos bp, const uint64_t *mask)
{
    uint64_t area[GOX_MASK_WORDS], inside[GOX_MASK_WORDS];

    int rc = gox_task_check(edit->task, NULL);
    if (rc < 0)
        return rc;
    enum gox__cover cover = gox__cover_of_box(edit->clip, bp);
    if (cover == GOX__COVER_NONE)
        return 0;
    if (mask == NULL && cover == GOX__COVER_ALL)
        return edit_whole(edit, bp);
    (void)gox__mask_of_box(edit->clip, bp, area);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        inside[w] = mask == NULL ? area[w] : area[w] & mask[w];
    switch (edit->mode) {
    case GOX_MODE_ADD:
    case GOX_MODE_REPLACE: {
        unsigned n = gox__mask_count(inside);
        edit->changed += n;
        if (n == 0)
            return 0;
        if (edit->color != 0)
            return put_masked(edit, bp, inside, n, edit->color);
        uint64_t erased = 0;
        return erase_masked(edit, bp, inside, &erased);
    }
    case GOX_MODE_SUBTRACT:
        return erase_masked(edit, bp, inside, &edit->changed);
    case GOX_MODE_PAINT:
        return paint_masked(edit, bp, inside);
    case GOX_MODE_INTERSECT:
        return intersect_masked(edit, bp, inside, area);
    case GOX_MODE_COUNT:
        break;
    }
    return GOX_ERR_RANGE;
}

static int erase_in_block(
        struct gox__edit *e, struct gox_pos bp, struct gox_bbox box)
{
    uint64_t mask[GOX_MASK_WORDS];

    int rc = gox_task_check(e->task, NULL);
    if (rc < 0)
        return rc;
    if (gox__mask_of_box(box, bp, mask) == GOX__COVER_NONE)
        return 0;
    return erase_masked(e, bp, mask, &e->changed);
}

int gox__edit_erase_box(struct gox__edit *edit, struct gox_bbox box)
{
    struct gox_bbox in = gox_bbox_intersect(box, edit->clip);
    size_t count;
    int rc = 0;

    if (gox_bbox_is_empty(in))
        return 0;
    struct gox_block_entry *blocks =
            gox_volume_sorted_blocks(edit->vol, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(edit->vol) ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = erase_in_block(edit, blocks[i].pos, in);
    gox_free(blocks);
    return rc;
}
