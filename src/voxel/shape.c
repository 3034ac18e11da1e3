/* SPDX-License-Identifier: Apache-2.0
 * The table of shapes, and what they have in common: runs of voxels, walls of
 * hollow shapes, the frame of shapes with an axis.
 *
 * Invariant: all that decides about a voxel is computed from integers that
 * change only their sign in a mirror, so shapes are symmetric to the voxel. */
#include "voxel/shape_internal.h"

#include <math.h>
#include <string.h>

static const struct gox__shape_ops *const shape_table[GOX_SHAPE_COUNT] = {
        [GOX_SHAPE_CUBE] = &gox__shape_box_ops,
        [GOX_SHAPE_SPHERE] = &gox__shape_ellipsoid_ops,
        [GOX_SHAPE_ELLIPSOID] = &gox__shape_ellipsoid_ops,
        [GOX_SHAPE_CYLINDER] = &gox__shape_cylinder_ops,
        [GOX_SHAPE_CONE] = &gox__shape_cone_ops,
        [GOX_SHAPE_PYRAMID] = &gox__shape_pyramid_ops,
        [GOX_SHAPE_TORUS] = &gox__shape_torus_ops,
        [GOX_SHAPE_LINE] = &gox__shape_line_ops,
        [GOX_SHAPE_CAPSULE] = &gox__shape_line_ops,
        [GOX_SHAPE_PLANE] = &gox__shape_plane_ops,
        [GOX_SHAPE_WEDGE] = &gox__shape_wedge_ops,
};

static const char *const shape_names[GOX_SHAPE_COUNT] = {
#define SHAPE_NAME(name, text) text,
        GOX_SHAPE_LIST(SHAPE_NAME)
#undef SHAPE_NAME
};

const char *gox_shape_name(enum gox_shape shape)
{
    return (unsigned)shape < GOX_SHAPE_COUNT ? shape_names[shape] : NULL;
}

int gox_shape_find(const char *name, size_t len)
{
    for (int i = 0; i < GOX_SHAPE_COUNT; i++) {
        if (strlen(shape_names[i]) == len &&
                memcmp(shape_names[i], name, len) == 0)
            return i;
    }
    return -1;
}

static int32_t clamp_i32(int64_t v)
{
    if (v < INT32_MIN)
        return INT32_MIN;
    return v > INT32_MAX ? INT32_MAX : (int32_t)v;
}

struct gox_bbox gox_shape_box(struct gox_pos center, struct gox_pos size)
{
    const int64_t lo[3] = {(int64_t)center.x - size.x / 2,
            (int64_t)center.y - size.y / 2, (int64_t)center.z - size.z / 2};

    return (struct gox_bbox){
            {clamp_i32(lo[0]), clamp_i32(lo[1]), clamp_i32(lo[2])},
            {clamp_i32(lo[0] + size.x), clamp_i32(lo[1] + size.y),
                    clamp_i32(lo[2] + size.z)}};
}

/* Runs. */

void gox__runs_add(struct gox__runs *runs, int32_t min, int32_t max)
{
    unsigned first = runs->count;

    if (min >= max)
        return;
    while (first > 0 && runs->at[first - 1].max >= min)
        first--;
    /* [first, last) overlap or touch the new run. */
    unsigned last = first;
    while (last < runs->count && runs->at[last].min <= max)
        last++;
    if (last > first) {
        if (runs->at[first].min < min)
            min = runs->at[first].min;
        if (runs->at[last - 1].max > max)
            max = runs->at[last - 1].max;
    } else if (runs->count == GOX_RUNS_MAX) {
        runs->is_cut = true;
        return;
    }
    memmove(runs->at + first + 1, runs->at + last,
            (runs->count - last) * sizeof(runs->at[0]));
    runs->at[first] = (struct gox__run){min, max};
    runs->count = runs->count - (last - first) + 1;
}

void gox__runs_keep(
        struct gox__runs *runs, const struct gox__runs *other, int32_t dx)
{
    struct gox__runs kept;

    kept.count = 0;
    kept.is_cut = runs->is_cut || other->is_cut;
    for (unsigned i = 0, k = 0; i < runs->count && k < other->count;) {
        int32_t lo = other->at[k].min + dx, hi = other->at[k].max + dx;
        int32_t own_hi = runs->at[i].max;
        if (lo < runs->at[i].min)
            lo = runs->at[i].min;
        gox__runs_add(&kept, lo, hi < own_hi ? hi : own_hi);
        if (hi < own_hi)
            k++;
        else
            i++;
    }
    runs->count = kept.count;
    runs->is_cut = kept.is_cut;
    memcpy(runs->at, kept.at, kept.count * sizeof(kept.at[0]));
}

void gox__runs_remove(struct gox__runs *runs, const struct gox__runs *other)
{
    struct gox__runs left;

    if (other->count == 0)
        return;
    left.count = 0;
    left.is_cut = runs->is_cut || other->is_cut;
    for (unsigned i = 0, k = 0; i < runs->count; i++) {
        int32_t at = runs->at[i].min, end = runs->at[i].max;
        while (k > 0 && other->at[k - 1].max > at)
            k--;
        for (; k < other->count && other->at[k].min < end; k++) {
            if (other->at[k].max <= at)
                continue;
            gox__runs_add(&left, at, other->at[k].min);
            at = other->at[k].max;
        }
        gox__runs_add(&left, at, end);
    }
    runs->count = left.count;
    runs->is_cut = left.is_cut;
    memcpy(runs->at, left.at, left.count * sizeof(left.at[0]));
}

bool gox__runs_contains(const struct gox__runs *runs, int32_t x)
{
    for (unsigned i = 0; i < runs->count; i++) {
        if (x >= runs->at[i].min && x < runs->at[i].max)
            return true;
    }
    return false;
}

bool gox__centered_run(int32_t n, double limit, int32_t *min, int32_t *max)
{
    if (limit < 0)
        return false;
    double root = floor(sqrt(limit));
    int32_t off = root >= n ? n - 1 : (int32_t)root;
    if (((off ^ (n - 1)) & 1) != 0)
        off--;
    if (off < 0)
        return false;
    *min = (n - 1 - off) / 2;
    *max = (n - 1 + off) / 2 + 1;
    return true;
}

/* Frames. */

void gox__frame_init(struct gox__frame *frame, enum gox_axis axis,
        bool is_flipped, const int32_t size[3])
{
    frame->axis = (int)axis;
    frame->u = axis == GOX_AXIS_X ? 1 : 0;
    frame->v = axis == GOX_AXIS_Z ? 1 : 2;
    frame->size_a = size[frame->axis];
    frame->size_u = size[frame->u];
    frame->size_v = size[frame->v];
    frame->is_flipped = is_flipped;
}

/* The row along the axis: the voxels from `start` on that are inside, found by
 * halving, since inside turns to outside once. */
static int32_t find_end(const struct gox__shape *s,
        const struct gox__frame_fns *fns, int32_t start, int32_t u, int32_t v)
{
    int32_t low = start, high = s->frame.size_a;

    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (fns->inside(s, middle, u, v))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void row_along(const struct gox__shape *s,
        const struct gox__frame_fns *fns, int32_t u, int32_t v,
        struct gox__runs *runs)
{
    const struct gox__frame *f = &s->frame;
    int32_t start = fns->from_middle ? f->size_a / 2 : 0;

    if (!fns->inside(s, start, u, v))
        return;
    int32_t end = find_end(s, fns, start, u, v);
    int32_t begin = fns->from_middle ? f->size_a - end : 0;

    if (f->is_flipped)
        gox__runs_add(runs, s->box.max.x - end, s->box.max.x - begin);
    else
        gox__runs_add(runs, s->box.min.x + begin, s->box.min.x + end);
}

void gox__frame_row(const struct gox__shape *shape,
        const struct gox__frame_fns *fns, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    const struct gox__frame *f = &shape->frame;
    int32_t ly = y - shape->box.min.y, lz = z - shape->box.min.z;

    if (f->axis == GOX_AXIS_X) {
        row_along(shape, fns, ly, lz, runs);
        return;
    }
    int32_t a = f->axis == GOX_AXIS_Y ? ly : lz;
    int32_t v = f->axis == GOX_AXIS_Y ? lz : ly;
    if (f->is_flipped)
        a = f->size_a - 1 - a;
    struct gox__runs across = {.count = 0};
    fns->across(shape, a, v, &across);
    for (unsigned i = 0; i < across.count; i++)
        gox__runs_add(runs, shape->box.min.x + across.at[i].min,
                shape->box.min.x + across.at[i].max);
}

/* Preparing, rows and walls. */

static int check_box(struct gox_bbox box, int32_t size[3])
{
    const int32_t lo[3] = {box.min.x, box.min.y, box.min.z};
    const int32_t hi[3] = {box.max.x, box.max.y, box.max.z};
    const int32_t limit = 2 * GOX_COORD_MAX;
    bool is_large = false;

    for (int i = 0; i < 3; i++) {
        if (lo[i] < -limit || hi[i] > limit || lo[i] >= hi[i])
            return GOX_ERR_RANGE;
        size[i] = hi[i] - lo[i];
        is_large = is_large || size[i] > GOX_SHAPE_MAX_SIZE;
    }
    return is_large ? GOX_ERR_TOO_LARGE : 0;
}

int gox__shape_init(struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    bool has_ends =
            spec->shape == GOX_SHAPE_LINE || spec->shape == GOX_SHAPE_CAPSULE;

    *shape = (struct gox__shape){0};
    if ((unsigned)spec->shape >= GOX_SHAPE_COUNT || spec->hollow < 0 ||
            (unsigned)spec->axis > GOX_AXIS_Z)
        return GOX_ERR_RANGE;
    shape->ops = shape_table[spec->shape];
    shape->hollow = spec->hollow > GOX_SHAPE_MAX_SIZE ? GOX_SHAPE_MAX_SIZE
                                                      : spec->hollow;
    shape->is_convex = true;
    shape->box = spec->box;
    if (has_ends) {
        int rc = shape->ops->init(shape, spec);
        return rc < 0 ? rc : check_box(shape->box, shape->size);
    }
    int rc = check_box(shape->box, shape->size);
    if (rc < 0)
        return rc;
    gox__frame_init(&shape->frame, spec->axis, spec->is_flipped, shape->size);
    return shape->ops->init == NULL ? 0 : shape->ops->init(shape, spec);
}

void gox__shape_solid_row(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    runs->count = 0;
    runs->is_cut = false;
    if (y < shape->box.min.y || y >= shape->box.max.y || z < shape->box.min.z ||
            z >= shape->box.max.z)
        return;
    shape->ops->row(shape, y, z, runs);
}

/* Keeps in inner the voxels x for which (x +- dx, y, z) are in the shape. */
static void keep_probe(const struct gox__shape *shape, int32_t y, int32_t z,
        int32_t dx, struct gox__runs *inner)
{
    struct gox__runs row;

    if (inner->count == 0)
        return;
    gox__shape_solid_row(shape, y, z, &row);
    gox__runs_keep(inner, &row, dx);
    if (dx != 0)
        gox__runs_keep(inner, &row, -dx);
}

/* Probes in the 26 directions at distance k: along the axes, the diagonals of
 * the faces and those of the cube, rounded towards the voxel, so that the
 * wall is about as thick in all directions. */
static void keep_probes(const struct gox__shape *shape, int32_t y, int32_t z,
        int32_t k, struct gox__runs *inner)
{
    int32_t edge = (int32_t)(k / sqrt(2.0)), corner = (int32_t)(k / sqrt(3.0));

    keep_probe(shape, y, z, k, inner);
    for (int side = -1; side <= 1; side += 2) {
        keep_probe(shape, y + side * k, z, 0, inner);
        keep_probe(shape, y, z + side * k, 0, inner);
        if (edge > 0) {
            keep_probe(shape, y + side * edge, z, edge, inner);
            keep_probe(shape, y, z + side * edge, edge, inner);
            keep_probe(shape, y + edge, z + side * edge, 0, inner);
            keep_probe(shape, y - edge, z + side * edge, 0, inner);
        }
        if (corner > 0) {
            keep_probe(shape, y + corner, z + side * corner, corner, inner);
            keep_probe(shape, y - corner, z + side * corner, corner, inner);
        }
    }
}

void gox__shape_wall_row(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    gox__shape_solid_row(shape, y, z, runs);
    if (shape->hollow == 0 || runs->count == 0)
        return;
    struct gox__runs inner = *runs;
    /* In a convex shape the points between two of its points are inside, so
     * the farthest probes answer for the nearer ones. */
    int32_t k = shape->is_convex ? shape->hollow : 1;
    for (; k <= shape->hollow && inner.count > 0; k++)
        keep_probes(shape, y, z, k, &inner);
    gox__runs_remove(runs, &inner);
}

bool gox__shape_may_touch(const struct gox__shape *shape, struct gox_bbox area)
{
    if (area.min.y >= shape->box.max.y || area.max.y <= shape->box.min.y ||
            area.min.z >= shape->box.max.z || area.max.z <= shape->box.min.z)
        return false;
    return shape->ops->may_touch == NULL || shape->ops->may_touch(shape, area);
}
