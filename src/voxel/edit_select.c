/* SPDX-License-Identifier: Apache-2.0
 * Finding voxels by colour: connected ones (fill, selection) and all of them
 * (selection, replacing).
 *
 * Invariant: nothing is written before the whole extent of a fill is known, so
 * a fill that is too large changes nothing. */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

static bool is_within(gox_rgba a, gox_rgba b, int tolerance)
{
    return a == b || (tolerance > 0 && gox_rgba_distance(a, b) <= tolerance);
}

static enum gox__cover cover_of(const uint64_t mask[GOX_MASK_WORDS])
{
    if (gox__mask_is_empty(mask))
        return GOX__COVER_NONE;
    return gox__mask_is_full(mask) ? GOX__COVER_ALL : GOX__COVER_SOME;
}

/* The voxels of a block within tolerance of a colour. */
static void match_block(const gox_block *block, gox_rgba color, int tolerance,
        uint64_t mask[GOX_MASK_WORDS])
{
    gox_rgba colors[GOX_BLOCK_VOXELS], even;

    if (gox_block_is_uniform(block, &even)) {
        memset(mask, is_within(even, color, tolerance) ? 0xff : 0,
                GOX_MASK_WORDS * sizeof(mask[0]));
        return;
    }
    gox_block_decode(block, colors);
    gox_rgba last = 0; /* an empty voxel matches nothing */
    bool is_match = false;
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 64; i++) {
            gox_rgba c = colors[w * 64 + i];
            if (c != last) {
                last = c;
                is_match = c != 0 && is_within(c, color, tolerance);
            }
            word |= (uint64_t)is_match << i;
        }
        mask[w] = word;
    }
}

enum gox__cover gox__match_color(
        void *ctx, struct gox_pos bp, uint64_t mask[GOX_MASK_WORDS])
{
    const struct gox__color_match *m = ctx;
    const gox_block *block = gox_volume_peek_block(m->vol, bp);
    uint64_t area[GOX_MASK_WORDS];

    enum gox__cover in_box = gox__cover_of_box(m->box, bp);
    if (block == NULL || in_box == GOX__COVER_NONE) {
        memset(mask, 0, GOX_MASK_WORDS * sizeof(mask[0]));
        return GOX__COVER_NONE;
    }
    match_block(block, m->color, m->tolerance, mask);
    if (in_box == GOX__COVER_SOME) {
        (void)gox__mask_of_box(m->box, bp, area);
        for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
            mask[w] &= area[w];
    }
    return cover_of(mask);
}

int gox__volume_copy_masked(gox_volume *dst, const gox_volume *src,
        struct gox_pos bp, const uint64_t mask[GOX_MASK_WORDS])
{
    const gox_block *block = gox_volume_peek_block(src, bp);
    gox_rgba colors[GOX_BLOCK_VOXELS];
    uint64_t solid[GOX_MASK_WORDS], left = 0;

    if (block == NULL)
        return 0;
    gox_block_mask(block, solid);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        left |= solid[w] & ~mask[w];
    if (left == 0) {
        gox_block *shared;
        int rc = gox_volume_share_block(src, bp, &shared);
        return rc < 0 ? rc : gox_volume_put_block(dst, bp, shared);
    }
    gox_block_decode(block, colors);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if ((mask[i / 64] >> (i % 64) & 1) == 0)
            colors[i] = 0;
    }
    return gox_volume_set_block(dst, bp, colors);
}

int gox__flood_select(const gox_volume *vol, struct gox_pos start,
        gox__match_fn *match, void *ctx, uint64_t max, gox_volume **selection,
        struct gox_task *task)
{
    struct gox__flood flood;
    uint64_t mask[GOX_MASK_WORDS];
    struct gox_pos bp;

    *selection = NULL;
    gox_volume *sel = gox_volume_new();
    if (sel == NULL)
        return GOX_ERR_NOMEM;
    gox__flood_init(&flood, match, ctx, true, max);
    int rc = gox__flood_run(&flood, start, NULL, task);
    for (size_t i = 0; i < flood.map.count && rc == 0; i++) {
        if (gox__flood_reached(&flood, i, &bp, mask) != GOX__COVER_NONE)
            rc = gox__volume_copy_masked(sel, vol, bp, mask);
    }
    gox__flood_fini(&flood);
    if (rc < 0) {
        gox_volume_free(sel);
        return rc;
    }
    *selection = sel;
    return 0;
}

int gox_select_connected(const gox_volume *vol, struct gox_pos start,
        int tolerance, uint64_t max, gox_volume **selection,
        struct gox_task *task)
{
    struct gox__color_match match = {
            vol, gox_volume_get(vol, start), tolerance, gox_bbox_all()};

    *selection = NULL;
    if (!gox_pos_is_valid(start) || tolerance < 0)
        return GOX_ERR_RANGE;
    return gox__flood_select(
            vol, start, gox__match_color, &match, max, selection, task);
}

int gox_select_color(const gox_volume *vol, gox_rgba color, int tolerance,
        struct gox_bbox box, gox_volume **selection, struct gox_task *task)
{
    struct gox__color_match match = {vol, color, tolerance, box};
    uint64_t mask[GOX_MASK_WORDS];
    size_t cursor = 0;
    struct gox_pos bp;
    int rc = 0;

    *selection = NULL;
    if (tolerance < 0)
        return GOX_ERR_RANGE;
    gox_volume *sel = gox_volume_new();
    if (sel == NULL)
        return GOX_ERR_NOMEM;
    while (rc == 0 && gox_volume_each_block(vol, &cursor, &bp) != NULL) {
        rc = gox_task_check(task, NULL);
        if (rc == 0 && gox__match_color(&match, bp, mask) != GOX__COVER_NONE)
            rc = gox__volume_copy_masked(sel, vol, bp, mask);
    }
    if (rc < 0) {
        gox_volume_free(sel);
        return rc;
    }
    *selection = sel;
    return 0;
}

/* Applies edit to the blocks of sel and, for INTERSECT, to those of the volume
 * that sel has not. */
static int apply_selection(struct gox__edit *edit, const gox_volume *sel)
{
    bool is_all = edit->mode == GOX_MODE_INTERSECT;
    const gox_volume *walked = is_all ? edit->vol : sel;
    uint64_t mask[GOX_MASK_WORDS];
    size_t count;
    int rc = 0;

    struct gox_block_entry *blocks = gox_volume_sorted_blocks(walked, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(walked) ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const gox_block *block = gox_volume_peek_block(sel, blocks[i].pos);
        memset(mask, 0, sizeof(mask));
        if (block != NULL)
            gox_block_mask(block, mask);
        bool is_whole =
                block != NULL && gox_block_solid(block) == GOX_BLOCK_VOXELS;
        rc = gox__edit_mask(edit, blocks[i].pos, is_whole ? NULL : mask);
    }
    gox_free(blocks);
    return rc;
}

int gox_edit_flood_fill(gox_volume *vol, struct gox_pos start, int tolerance,
        const struct gox_modifier *mod, uint64_t max, uint64_t *changed,
        struct gox_task *task)
{
    struct gox__edit *edit = NULL;
    gox_volume *sel = NULL;
    uint64_t clipped = 0;

    if (changed != NULL)
        *changed = 0;
    int rc = gox__edit_new(&edit, vol, mod, task);
    if (rc < 0)
        return rc;
    /* A fill never makes voxels, not even in a mirror. */
    if (edit->mode == GOX_MODE_ADD || edit->mode == GOX_MODE_REPLACE)
        edit->mode = GOX_MODE_PAINT;
    rc = gox_select_connected(vol, start, tolerance, max, &sel, task);
    if (rc == 0 && gox_volume_is_empty(sel))
        goto out;
    if (rc == 0)
        rc = gox__volume_symmetrize(sel, &mod->symmetry, &clipped, task);
    if (rc == 0)
        rc = apply_selection(edit, sel);
    if (rc == 0 && changed != NULL)
        *changed = edit->changed;
out:
    gox_volume_free(sel);
    gox__edit_free(edit);
    return rc;
}

/* Gives the matching voxels of one block the colour. */
static int replace_in_block(gox_volume *vol, struct gox__color_match *match,
        struct gox_pos bp, gox_rgba to, uint64_t *changed)
{
    uint64_t mask[GOX_MASK_WORDS];
    gox_rgba colors[GOX_BLOCK_VOXELS];

    enum gox__cover cover = gox__match_color(match, bp, mask);
    if (cover == GOX__COVER_NONE)
        return 0;
    *changed += gox__mask_count(mask);
    if (cover == GOX__COVER_ALL) {
        gox_block *block = gox_block_new_uniform(to);
        return block == NULL ? GOX_ERR_NOMEM
                             : gox_volume_put_block(vol, bp, block);
    }
    gox_block_decode(gox_volume_peek_block(vol, bp), colors);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if ((mask[i / 64] >> (i % 64) & 1) != 0)
            colors[i] = to;
    }
    return gox_volume_set_block(vol, bp, colors);
}

int gox_edit_replace_color(gox_volume *vol, gox_rgba from, gox_rgba to,
        int tolerance, struct gox_bbox box, uint64_t *changed,
        struct gox_task *task)
{
    struct gox__color_match match = {vol, from, tolerance, box};
    uint64_t total = 0;
    size_t count;
    int rc = 0;

    if (changed != NULL)
        *changed = 0;
    if (tolerance < 0)
        return GOX_ERR_RANGE;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    if (gox_rgba_a(to) == 0)
        to = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = gox_task_check(task, NULL);
        if (rc == 0)
            rc = replace_in_block(vol, &match, blocks[i].pos, to, &total);
    }
    gox_free(blocks);
    if (rc == 0 && changed != NULL)
        *changed = total;
    return rc;
}
