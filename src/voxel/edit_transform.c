/* SPDX-License-Identifier: Apache-2.0
 * Moving, turning, mirroring and scaling the voxels of a region: works out the
 * map on the grid, makes the moved voxels as a volume of their own, and puts
 * them in the place of the old ones.
 *
 * Invariant: nothing is written before the moved voxels are complete. */
#include "voxel/edit_internal.h"

/* Positions farther out than this cannot be meant. */
#define PIVOT2_MAX (2 * GOX_COORD_MAX)

static int64_t floor_half(int64_t v)
{
    return v >= 0 ? v / 2 : -((1 - v) / 2);
}

static int64_t ceil_half(int64_t v)
{
    return -floor_half(-v);
}

static struct gox__remap turn_by(int a, int b, int64_t c, int64_t d, int turns)
{
    struct gox__remap map = gox__remap_identity();

    /* One turn takes (a, b) to (c - 1 - b, d + a); the others repeat it. */
    if (turns == 1) {
        map.perm[a] = b;
        map.sign[a] = -1;
        map.offset[a] = c - 1;
        map.perm[b] = a;
        map.offset[b] = d;
    } else if (turns == 2) {
        map.sign[a] = -1;
        map.offset[a] = c - 1 - d;
        map.sign[b] = -1;
        map.offset[b] = c - 1 + d;
    } else if (turns == 3) {
        map.perm[a] = b;
        map.offset[a] = -d;
        map.perm[b] = a;
        map.sign[b] = -1;
        map.offset[b] = c - 1;
    }
    return map;
}

/* About a pivot that was given: rounding down once, for all turns alike, makes
 * four quarter turns, or one and one back, end where they began. */
static struct gox__remap turn_about_pivot(
        int a, int b, int64_t pa, int64_t pb, int turns)
{
    return turn_by(a, b, floor_half(pa + pb), floor_half(pb - pa), turns);
}

/* About the centre of a box, which is a new one after each turn. When it does
 * not fit the turned box to the grid, exactly one side of the box is odd, and
 * a turn moves the oddness to the other axis: rounding down in one case and up
 * in the other ends where it began, too. */
static struct gox__remap turn_about_center(
        int a, int b, int64_t pa, int64_t pb, int turns)
{
    bool rounds_up = pb % 2 != 0;
    struct gox__remap map = gox__remap_identity();

    if (turns == 2) {
        map.sign[a] = map.sign[b] = -1;
        map.offset[a] = pa - 1;
        map.offset[b] = pb - 1;
        return map;
    }
    int64_t sum = rounds_up ? ceil_half(pa + pb) : floor_half(pa + pb);
    int64_t up = rounds_up ? ceil_half(pb - pa) : floor_half(pb - pa);
    int64_t down = rounds_up ? ceil_half(pa - pb) : floor_half(pa - pb);
    return turn_by(a, b, sum, turns == 1 ? up : -down, turns);
}

static struct gox__remap make_turn(
        const struct gox_transform *t, const int64_t pivot2[3])
{
    /* The two axes that turn into each other, counter-clockwise seen from the
     * positive end of the third. */
    int a = ((int)t->axis + 1) % 3, b = ((int)t->axis + 2) % 3;
    int turns = ((t->quarter_turns % 4) + 4) % 4;

    if (turns == 0)
        return gox__remap_identity();
    if (t->has_pivot)
        return turn_about_pivot(a, b, pivot2[a], pivot2[b], turns);
    return turn_about_center(a, b, pivot2[a], pivot2[b], turns);
}

/* The anchor of shrinking without a pivot: the cells of the result are laid on
 * the box so that what is left over is shared by both ends. */
static int64_t shrink_anchor(int64_t min, int64_t max, int64_t factor)
{
    int64_t size = max - min, cells = (size + factor - 1) / factor;
    int64_t start = min - (cells * factor - size) / 2;

    return start - factor * ceil_half(min + max - cells);
}

static int scale(const gox_volume *vol, const struct gox_transform *t,
        const int64_t pivot2[3], struct gox_bbox box, gox_volume *out,
        uint64_t *clipped, struct gox_task *task)
{
    const int32_t min[3] = {box.min.x, box.min.y, box.min.z};
    const int32_t max[3] = {box.max.x, box.max.y, box.max.z};
    int64_t factor = t->factor < 0 ? -(int64_t)t->factor : t->factor;
    int64_t anchor[3];

    for (int i = 0; i < 3; i++) {
        anchor[i] = floor_half((1 - factor) * pivot2[i]);
        if (t->factor < 0 && !t->has_pivot)
            anchor[i] = shrink_anchor(min[i], max[i], factor);
    }
    return gox__scale_volume(vol, box, t->factor, anchor, out, clipped, task);
}

static bool is_valid(const struct gox_transform *t)
{
    int64_t factor = t->factor < 0 ? -(int64_t)t->factor : t->factor;

    if ((unsigned)t->op > GOX_TRANSFORM_SCALE || (unsigned)t->axis > GOX_AXIS_Z)
        return false;
    if (t->op == GOX_TRANSFORM_SCALE && (factor < 2 || factor > 64))
        return false;
    const int32_t pivot[3] = {t->pivot2.x, t->pivot2.y, t->pivot2.z};
    for (int i = 0; i < 3 && t->has_pivot; i++) {
        if (pivot[i] < -PIVOT2_MAX || pivot[i] > PIVOT2_MAX)
            return false;
    }
    return true;
}

/* Makes the moved voxels. box is not empty and holds all that move. */
static int make_moved(const gox_volume *vol, const struct gox_transform *t,
        struct gox_bbox box, gox_volume *out, uint64_t *clipped,
        struct gox_task *task)
{
    int64_t pivot2[3] = {(int64_t)box.min.x + box.max.x,
            (int64_t)box.min.y + box.max.y, (int64_t)box.min.z + box.max.z};
    struct gox__remap map = gox__remap_identity();

    if (t->has_pivot) {
        pivot2[0] = t->pivot2.x;
        pivot2[1] = t->pivot2.y;
        pivot2[2] = t->pivot2.z;
    }
    switch (t->op) {
    case GOX_TRANSFORM_TRANSLATE:
        map.offset[0] = t->offset.x;
        map.offset[1] = t->offset.y;
        map.offset[2] = t->offset.z;
        break;
    case GOX_TRANSFORM_ROTATE:
        map = make_turn(t, pivot2);
        break;
    case GOX_TRANSFORM_MIRROR:
        map = gox__remap_mirror(t->axis, pivot2[t->axis]);
        break;
    case GOX_TRANSFORM_SCALE:
        return scale(vol, t, pivot2, box, out, clipped, task);
    }
    return gox__remap_volume(vol, box, &map, out, clipped, task);
}

/* Takes the voxels of box out of vol and puts those of moved in. */
static int put_moved(gox_volume *vol, const gox_volume *moved,
        struct gox_bbox box, struct gox_task *task)
{
    struct gox_bbox all = gox_volume_bbox(vol);
    struct gox_modifier mod;

    if (memcmp(&box, &all, sizeof(all)) == 0)
        return gox_volume_assign(vol, moved);
    int rc = gox_volume_fill(vol, box, 0);
    if (rc < 0)
        return rc;
    gox_modifier_init(&mod, GOX_MODE_ADD, 0);
    return gox_edit_paste(
            vol, moved, gox_pos_make(0, 0, 0), &mod, NULL, NULL, task);
}

int gox_edit_transform(gox_volume *vol, const struct gox_transform *t,
        struct gox_bbox region, uint64_t *moved, uint64_t *clipped,
        struct gox_task *task)
{
    uint64_t lost = 0;

    if (moved != NULL)
        *moved = 0;
    if (clipped != NULL)
        *clipped = 0;
    if (!is_valid(t))
        return GOX_ERR_RANGE;
    struct gox_bbox box = gox__volume_bbox_in(vol, region);
    if (gox_bbox_is_empty(box))
        return 0;
    gox_volume *out = gox_volume_new();
    if (out == NULL)
        return GOX_ERR_NOMEM;
    int rc = make_moved(vol, t, box, out, &lost, task);
    if (rc == 0)
        rc = put_moved(vol, out, box, task);
    if (rc == 0 && moved != NULL)
        *moved = gox_volume_solid(out);
    if (rc == 0 && clipped != NULL)
        *clipped = lost;
    gox_volume_free(out);
    return rc;
}
