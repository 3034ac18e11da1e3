/* SPDX-License-Identifier: Apache-2.0
 * Drawing a shape: its rows, with those of its mirror images, are collected for
 * 16x16 rows of voxels at a time and cut into blocks; blocks wholly inside
 * become one shared uniform block without a look at their voxels.
 *
 * Invariant: each block is visited once, whatever mirror images share it, so
 * no voxel is counted twice. */
#include "base/alloc.h"
#include "voxel/edit_internal.h"
#include "voxel/shape_internal.h"

#define ROWS        256
#define MAX_MIRRORS 8

struct mirror {
    bool x, y, z;
};

/* The rows of the blocks with one y and z. */
struct row_block {
    struct gox__runs rows[ROWS]; /* y + 16 * z, in voxels of the grid */
    struct gox__runs blocks;     /* block x where there may be voxels; when
                                    there are none the rows are not set */
    bool is_full_known;          /* each row is one run: then they share */
    int32_t full_min, full_max;
};

struct drawing {
    struct gox__edit *edit;
    struct gox__shape shape;
    struct gox_pos origin2;
    struct mirror mirrors[MAX_MIRRORS];
    struct gox_bbox ranges[MAX_MIRRORS]; /* in blocks, clipped */
    unsigned mirror_count;
    struct row_block row;
};

static int32_t flip(int32_t p, int32_t origin2)
{
    return origin2 - 1 - p;
}

/* Mirrors [min, max) as the voxels in it. */
static void flip_range(int32_t *min, int32_t *max, int32_t origin2)
{
    int32_t low = origin2 - *max;

    *max = origin2 - *min;
    *min = low;
}

static struct gox_bbox mirror_box(
        const struct drawing *d, struct mirror m, struct gox_bbox box)
{
    if (m.x)
        flip_range(&box.min.x, &box.max.x, d->origin2.x);
    if (m.y)
        flip_range(&box.min.y, &box.max.y, d->origin2.y);
    if (m.z)
        flip_range(&box.min.z, &box.max.z, d->origin2.z);
    return box;
}

static struct gox_bbox block_range(struct gox_bbox box)
{
    if (gox_bbox_is_empty(box))
        return (struct gox_bbox){0};
    struct gox_pos lo = gox__block_pos_of(box.min);
    struct gox_pos hi = gox__block_pos_of(
            gox_pos_make(box.max.x - 1, box.max.y - 1, box.max.z - 1));
    return (struct gox_bbox){lo, {hi.x + 1, hi.y + 1, hi.z + 1}};
}

static void init_mirrors(struct drawing *d, const struct gox_symmetry *symmetry)
{
    d->origin2 = symmetry->origin2;
    d->mirror_count = 0;
    for (unsigned i = 0; i < MAX_MIRRORS; i++) {
        struct mirror m = {(i & 1) != 0, (i & 2) != 0, (i & 4) != 0};
        if ((m.x && !symmetry->x) || (m.y && !symmetry->y) ||
                (m.z && !symmetry->z))
            continue;
        d->mirrors[d->mirror_count] = m;
        d->ranges[d->mirror_count++] = block_range(gox_bbox_intersect(
                mirror_box(d, m, d->shape.box), d->edit->clip));
    }
}

/* Adds row (y, z) of one mirror image. */
static void add_row(struct drawing *d, struct mirror m, int32_t y, int32_t z,
        struct gox__runs *row)
{
    struct gox__runs runs;

    gox__shape_wall_row(&d->shape, m.y ? flip(y, d->origin2.y) : y,
            m.z ? flip(z, d->origin2.z) : z, &runs);
    row->is_cut = row->is_cut || runs.is_cut;
    for (unsigned i = 0; i < runs.count; i++) {
        int32_t min = runs.at[i].min, max = runs.at[i].max;
        if (m.x)
            flip_range(&min, &max, d->origin2.x);
        gox__runs_add(row, min, max);
    }
}

/* What all rows of the block row have in common. */
static int measure_rows(struct row_block *rb)
{
    bool is_cut = false;

    rb->is_full_known = true;
    rb->full_min = INT32_MIN;
    rb->full_max = INT32_MAX;
    rb->blocks.count = 0;
    rb->blocks.is_cut = false;
    for (unsigned i = 0; i < ROWS; i++) {
        const struct gox__runs *row = &rb->rows[i];
        is_cut = is_cut || row->is_cut;
        for (unsigned k = 0; k < row->count; k++)
            gox__runs_add(&rb->blocks, row->at[k].min >> GOX_BLOCK_SHIFT,
                    ((row->at[k].max - 1) >> GOX_BLOCK_SHIFT) + 1);
        if (row->count != 1) {
            rb->is_full_known = false;
            continue;
        }
        if (row->at[0].min > rb->full_min)
            rb->full_min = row->at[0].min;
        if (row->at[0].max < rb->full_max)
            rb->full_max = row->at[0].max;
    }
    return is_cut || rb->blocks.is_cut ? GOX_ERR_TOO_LARGE : 0;
}

static bool may_touch(
        const struct drawing *d, unsigned mirror, int32_t by, int32_t bz)
{
    int32_t y0 = by * GOX_BLOCK_SIZE, z0 = bz * GOX_BLOCK_SIZE;
    struct gox_bbox area = {{0, y0, z0}, {0, y0 + 16, z0 + 16}};

    return gox__shape_may_touch(
            &d->shape, mirror_box(d, d->mirrors[mirror], area));
}

static int collect_rows(struct drawing *d, int32_t by, int32_t bz)
{
    struct row_block *rb = &d->row;
    int32_t y0 = by * GOX_BLOCK_SIZE, z0 = bz * GOX_BLOCK_SIZE;
    bool is_any = false;

    rb->blocks.count = 0;
    for (unsigned k = 0; k < d->mirror_count; k++)
        is_any = is_any || may_touch(d, k, by, bz);
    if (!is_any)
        return 0;
    for (unsigned i = 0; i < ROWS; i++) {
        rb->rows[i].count = 0;
        rb->rows[i].is_cut = false;
    }
    for (unsigned k = 0; k < d->mirror_count; k++) {
        struct mirror m = d->mirrors[k];
        if (!may_touch(d, k, by, bz))
            continue;
        for (int32_t i = 0; i < ROWS; i++)
            add_row(d, m, y0 + (i & 15), z0 + (i >> 4), &rb->rows[i]);
    }
    return measure_rows(rb);
}

/* The bits of a row within the 16 voxels from x0. */
static uint64_t row_bits(const struct gox__runs *row, int32_t x0)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < row->count; i++) {
        int32_t lo = row->at[i].min - x0, hi = row->at[i].max - x0;
        if (hi <= 0)
            continue;
        if (lo >= GOX_BLOCK_SIZE)
            break;
        bits |= gox__row_bits(lo < 0 ? 0 : lo, hi > 16 ? 16 : hi);
    }
    return bits;
}

static enum gox__cover mask_of_rows(
        const struct row_block *rb, int32_t bx, uint64_t mask[GOX_MASK_WORDS])
{
    int32_t x0 = bx * GOX_BLOCK_SIZE;

    if (rb->blocks.count == 0) {
        memset(mask, 0, GOX_MASK_WORDS * sizeof(mask[0]));
        return GOX__COVER_NONE;
    }
    if (rb->is_full_known && x0 >= rb->full_min && x0 + 16 <= rb->full_max) {
        memset(mask, 0xff, GOX_MASK_WORDS * sizeof(mask[0]));
        return GOX__COVER_ALL;
    }
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        const struct gox__runs *row = &rb->rows[(size_t)w * 4];
        mask[w] = row_bits(row, x0) | row_bits(row + 1, x0) << 16 |
                  row_bits(row + 2, x0) << 32 | row_bits(row + 3, x0) << 48;
    }
    if (gox__mask_is_empty(mask))
        return GOX__COVER_NONE;
    return gox__mask_is_full(mask) ? GOX__COVER_ALL : GOX__COVER_SOME;
}

static int draw_block(struct drawing *d, struct gox_pos bp)
{
    uint64_t mask[GOX_MASK_WORDS];
    enum gox__cover cover = mask_of_rows(&d->row, bp.x, mask);

    if (cover == GOX__COVER_NONE && d->edit->mode != GOX_MODE_INTERSECT)
        return 0;
    return gox__edit_mask(d->edit, bp, cover == GOX__COVER_ALL ? NULL : mask);
}

/* Block x outside the clip box would only be looked at to be left. */
static int draw_block_row(struct drawing *d, int32_t by, int32_t bz)
{
    struct gox_bbox clip = block_range(d->edit->clip);

    int rc = gox_task_check(d->edit->task, NULL);
    if (rc == 0)
        rc = collect_rows(d, by, bz);
    if (rc < 0)
        return rc;
    const struct gox__runs blocks = d->row.blocks;
    for (unsigned i = 0; i < blocks.count; i++) {
        int32_t bx = blocks.at[i].min, end = blocks.at[i].max;
        bx = bx < clip.min.x ? clip.min.x : bx;
        end = end > clip.max.x ? clip.max.x : end;
        for (; bx < end && rc == 0; bx++)
            rc = draw_block(d, gox_pos_make(bx, by, bz));
    }
    return rc;
}

static bool is_drawn_before(
        const struct drawing *d, unsigned mirror, int32_t by, int32_t bz)
{
    for (unsigned k = 0; k < mirror; k++) {
        const struct gox_bbox *r = &d->ranges[k];
        if (by >= r->min.y && by < r->max.y && bz >= r->min.z && bz < r->max.z)
            return true;
    }
    return false;
}

/* Visits the blocks that the shape may have. */
static int draw_shape_blocks(struct drawing *d)
{
    for (unsigned k = 0; k < d->mirror_count; k++) {
        const struct gox_bbox r = d->ranges[k];
        for (int32_t bz = r.min.z; bz < r.max.z; bz++) {
            gox_task_progress(d->edit->task,
                    (uint64_t)k * 1000 + (uint64_t)(bz - r.min.z) * 1000 /
                                                 (uint64_t)(r.max.z - r.min.z),
                    (uint64_t)d->mirror_count * 1000);
            for (int32_t by = r.min.y; by < r.max.y; by++) {
                if (is_drawn_before(d, k, by, bz))
                    continue;
                int rc = draw_block_row(d, by, bz);
                if (rc < 0)
                    return rc;
            }
        }
    }
    return 0;
}

/* Visits the blocks that the volume has. */
static int draw_volume_blocks(struct drawing *d)
{
    struct gox_bbox clip = d->edit->clip;
    bool is_first = true;
    size_t count;
    int rc = 0;
    struct gox_block_entry *blocks =
            gox_volume_sorted_blocks(d->edit->vol, &count);

    if (blocks == NULL)
        return gox_volume_is_empty(d->edit->vol) ? 0 : GOX_ERR_NOMEM;
    struct gox_pos last = {0, 0, 0};
    for (size_t i = 0; i < count && rc == 0; i++) {
        struct gox_pos bp = blocks[i].pos;
        if (gox__cover_of_box(clip, bp) == GOX__COVER_NONE)
            continue;
        if (is_first || bp.y != last.y || bp.z != last.z) {
            rc = gox_task_check(d->edit->task, NULL);
            if (rc == 0)
                rc = collect_rows(d, bp.y, bp.z);
        }
        is_first = false;
        last = bp;
        gox_task_progress(d->edit->task, i, count);
        if (rc == 0)
            rc = draw_block(d, bp);
    }
    gox_free(blocks);
    return rc;
}

static int draw(struct drawing *d)
{
    uint64_t shape_blocks = 0;

    if (d->edit->mode == GOX_MODE_INTERSECT)
        return draw_volume_blocks(d);
    if (d->edit->mode == GOX_MODE_ADD || d->edit->mode == GOX_MODE_REPLACE)
        return draw_shape_blocks(d);
    for (unsigned k = 0; k < d->mirror_count; k++)
        shape_blocks += gox_bbox_volume(d->ranges[k]);
    return shape_blocks < gox_volume_block_count(d->edit->vol)
                   ? draw_shape_blocks(d)
                   : draw_volume_blocks(d);
}

/* REPLACE empties the inside of a hollow shape. */
static int empty_inside(struct drawing *d)
{
    int hollow = d->shape.hollow;
    enum gox_mode mode = d->edit->mode;

    if (hollow == 0 || mode != GOX_MODE_REPLACE)
        return 0;
    d->shape.hollow = 0;
    d->edit->mode = GOX_MODE_SUBTRACT;
    int rc = draw(d);
    d->shape.hollow = hollow;
    d->edit->mode = mode;
    d->edit->changed = 0;
    return rc;
}

int gox_edit_shape(gox_volume *vol, const struct gox_shape_spec *spec,
        const struct gox_modifier *mod, uint64_t *changed,
        struct gox_task *task)
{
    struct gox__edit *edit;
    struct drawing *d = NULL;

    if (changed != NULL)
        *changed = 0;
    int rc = gox__edit_new(&edit, vol, mod, task);
    if (rc < 0)
        return rc;
    d = gox_malloc(sizeof(*d));
    if (d == NULL) {
        rc = GOX_ERR_NOMEM;
        goto out;
    }
    d->edit = edit;
    rc = gox__shape_init(&d->shape, spec);
    if (rc < 0)
        goto out;
    init_mirrors(d, &mod->symmetry);
    rc = empty_inside(d);
    if (rc == 0)
        rc = draw(d);
    if (rc == 0 && changed != NULL)
        *changed = edit->changed;
out:
    gox_free(d);
    gox__edit_free(edit);
    return rc;
}
