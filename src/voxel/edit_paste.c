/* SPDX-License-Identifier: Apache-2.0
 * Copying a box out of a volume, pasting a volume onto another, cropping.
 *
 * A paste first makes the moved (and mirrored) source as a volume, which shares
 * blocks where it can, and then works block on block.
 *
 * Invariant: what the clip box leaves out is never written. */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

int gox_volume_copy_box(const gox_volume *vol, struct gox_bbox box,
        bool to_origin, gox_volume **result)
{
    struct gox__remap map = gox__remap_identity();
    uint64_t clipped = 0;

    *result = NULL;
    gox_volume *copy = gox_volume_new();
    if (copy == NULL)
        return GOX_ERR_NOMEM;
    if (to_origin) {
        map.offset[0] = -(int64_t)box.min.x;
        map.offset[1] = -(int64_t)box.min.y;
        map.offset[2] = -(int64_t)box.min.z;
    }
    int rc = gox__remap_volume(vol, box, &map, copy, &clipped, NULL);
    if (rc == 0 && clipped > 0)
        rc = GOX_ERR_TOO_LARGE; /* a box of more than half of the grid */
    if (rc < 0) {
        gox_volume_free(copy);
        return rc;
    }
    *result = copy;
    return 0;
}

/* Where source voxels are, inside the clip box. */
static unsigned source_mask(const struct gox__edit *edit,
        const gox_block *source, struct gox_pos bp,
        uint64_t mask[GOX_MASK_WORDS])
{
    uint64_t area[GOX_MASK_WORDS];

    gox_block_mask(source, mask);
    (void)gox__mask_of_box(edit->clip, bp, area);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        mask[w] &= area[w];
    return gox__mask_count(mask);
}

/* Puts the colours of the source where mask says. */
static int put_colors(struct gox__edit *edit, const gox_volume *src,
        struct gox_pos bp, const uint64_t mask[GOX_MASK_WORDS])
{
    const gox_block *source = gox_volume_peek_block(src, bp);
    const gox_block *old = gox_volume_peek_block(edit->vol, bp);
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_rgba *own = edit->scratch;

    unsigned count = gox__mask_count(mask);
    bool is_all_of_source = count == gox_block_solid(source);
    if (is_all_of_source && (old == NULL || count == GOX_BLOCK_VOXELS)) {
        gox_block *shared;
        int rc = gox_volume_share_block(src, bp, &shared);
        return rc < 0 ? rc : gox_volume_put_block(edit->vol, bp, shared);
    }
    memset(own, 0, GOX_BLOCK_VOXELS * sizeof(own[0]));
    if (old != NULL)
        gox_block_decode(old, own);
    gox_block_decode(source, colors);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
        if ((mask[i / 64] >> (i % 64) & 1) != 0)
            own[i] = colors[i];
    }
    return gox_volume_set_block(edit->vol, bp, own);
}

/* ADD, REPLACE and PAINT for one block of the source. */
static int paste_colors(
        struct gox__edit *edit, const gox_volume *src, struct gox_pos bp)
{
    const gox_block *source = gox_volume_peek_block(src, bp);
    uint64_t mask[GOX_MASK_WORDS], solid[GOX_MASK_WORDS];

    int rc = gox_task_check(edit->task, NULL);
    if (rc < 0)
        return rc;
    unsigned count = source_mask(edit, source, bp, mask);
    if (edit->mode == GOX_MODE_PAINT) {
        const gox_block *old = gox_volume_peek_block(edit->vol, bp);
        if (old == NULL)
            return 0;
        gox_block_mask(old, solid);
        for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
            mask[w] &= solid[w];
        count = gox__mask_count(mask);
    }
    edit->changed += count;
    return count == 0 ? 0 : put_colors(edit, src, bp, mask);
}

/* SUBTRACT for a block of the source, INTERSECT for one of the volume. */
static int paste_mask(
        struct gox__edit *edit, const gox_volume *src, struct gox_pos bp)
{
    const gox_block *source = gox_volume_peek_block(src, bp);
    uint64_t mask[GOX_MASK_WORDS] = {0};

    if (source != NULL)
        gox_block_mask(source, mask);
    return gox__edit_mask(edit, bp, mask);
}

static int paste_blocks(struct gox__edit *edit, const gox_volume *src)
{
    bool is_mask =
            edit->mode == GOX_MODE_SUBTRACT || edit->mode == GOX_MODE_INTERSECT;
    const gox_volume *walked =
            edit->mode == GOX_MODE_INTERSECT ? edit->vol : src;
    size_t count;
    int rc = 0;

    struct gox_block_entry *blocks = gox_volume_sorted_blocks(walked, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(walked) ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; i < count && rc == 0; i++) {
        gox_task_progress(edit->task, i, count);
        rc = is_mask ? paste_mask(edit, src, blocks[i].pos)
                     : paste_colors(edit, src, blocks[i].pos);
    }
    gox_free(blocks);
    return rc;
}

/* REPLACE empties the box of the source, and its mirror images, first. */
static int empty_boxes(struct gox__edit *edit, struct gox_bbox box,
        const struct gox_symmetry *symmetry)
{
    uint64_t before = edit->changed;

    for (unsigned i = 0; i < 8; i++) {
        struct gox_bbox b = box;
        if (((i & 1) != 0 && !symmetry->x) || ((i & 2) != 0 && !symmetry->y) ||
                ((i & 4) != 0 && !symmetry->z))
            continue;
        if ((i & 1) != 0) {
            b.min.x = symmetry->origin2.x - box.max.x;
            b.max.x = symmetry->origin2.x - box.min.x;
        }
        if ((i & 2) != 0) {
            b.min.y = symmetry->origin2.y - box.max.y;
            b.max.y = symmetry->origin2.y - box.min.y;
        }
        if ((i & 4) != 0) {
            b.min.z = symmetry->origin2.z - box.max.z;
            b.max.z = symmetry->origin2.z - box.min.z;
        }
        int rc = gox__edit_erase_box(edit, b);
        if (rc < 0)
            return rc;
    }
    edit->changed = before;
    return 0;
}

int gox_edit_paste(gox_volume *vol, const gox_volume *src,
        struct gox_pos offset, const struct gox_modifier *mod,
        uint64_t *changed, uint64_t *clipped, struct gox_task *task)
{
    struct gox__remap map = gox__remap_identity();
    struct gox__edit *edit = NULL;
    uint64_t lost = 0;

    if (changed != NULL)
        *changed = 0;
    if (clipped != NULL)
        *clipped = 0;
    int rc = gox__edit_new(&edit, vol, mod, task);
    if (rc < 0)
        return rc;
    gox_volume *moved = gox_volume_new();
    if (moved == NULL) {
        rc = GOX_ERR_NOMEM;
        goto out;
    }
    map.offset[0] = offset.x;
    map.offset[1] = offset.y;
    map.offset[2] = offset.z;
    rc = gox__remap_volume(src, gox_bbox_all(), &map, moved, &lost, task);
    struct gox_bbox box = gox_volume_bbox(moved);
    if (rc == 0)
        rc = gox__volume_symmetrize(moved, &mod->symmetry, &lost, task);
    if (rc == 0 && mod->mode == GOX_MODE_REPLACE)
        rc = empty_boxes(edit, box, &mod->symmetry);
    if (rc == 0)
        rc = paste_blocks(edit, moved);
    if (rc == 0 && changed != NULL)
        *changed = edit->changed;
    if (rc == 0 && clipped != NULL)
        *clipped = lost;
out:
    gox_volume_free(moved);
    gox__edit_free(edit);
    return rc;
}

int gox_edit_crop(gox_volume *vol, struct gox_bbox box, uint64_t *removed)
{
    struct gox_modifier mod;
    uint64_t mask[GOX_MASK_WORDS];
    uint64_t before = gox_volume_solid(vol);
    struct gox__edit *edit;
    size_t count;

    if (removed != NULL)
        *removed = 0;
    gox_modifier_init(&mod, GOX_MODE_INTERSECT, 0);
    int rc = gox__edit_new(&edit, vol, &mod, NULL);
    if (rc < 0)
        return rc;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL && !gox_volume_is_empty(vol))
        rc = GOX_ERR_NOMEM;
    for (size_t i = 0; blocks != NULL && i < count && rc == 0; i++) {
        if (gox__mask_of_box(box, blocks[i].pos, mask) != GOX__COVER_ALL)
            rc = gox__edit_mask(edit, blocks[i].pos, mask);
    }
    gox_free(blocks);
    gox__edit_free(edit);
    if (rc == 0 && removed != NULL)
        *removed = before - gox_volume_solid(vol);
    return rc;
}
