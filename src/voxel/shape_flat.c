/* SPDX-License-Identifier: Apache-2.0
 * Shapes with flat faces: box, plane, wedge, pyramid. All in integers. */
#include "voxel/shape_internal.h"

#include <stdlib.h>

static void row_of_box(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    (void)y;
    (void)z;
    gox__runs_add(runs, shape->box.min.x, shape->box.max.x);
}

/* Cuts the box to the sheet in its middle. */
static int init_plane(
        struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    int32_t *const min[3] = {
            &shape->box.min.x, &shape->box.min.y, &shape->box.min.z};
    int32_t *const max[3] = {
            &shape->box.max.x, &shape->box.max.y, &shape->box.max.z};
    int axis = (int)spec->axis;

    *min[axis] += shape->size[axis] / 2;
    *max[axis] = *min[axis] + 1;
    shape->size[axis] = 1;
    return 0;
}

/* Height of the ramp at level a, from size_v at the base to 1 at the tip; a
 * voxel is inside when its centre is not above. Both sides times 2(n-1). */
static bool wedge_inside(
        const struct gox__shape *s, int32_t a, int32_t u, int32_t v)
{
    int64_t steps = s->frame.size_a - 1, height = s->frame.size_v;

    (void)u;
    if (steps == 0)
        return true;
    return (2 * (int64_t)v + 1) * steps <=
           2 * (height * steps - (height - 1) * a);
}

static void wedge_across(const struct gox__shape *s, int32_t a, int32_t v,
        struct gox__runs *u_runs)
{
    if (wedge_inside(s, a, 0, v))
        gox__runs_add(u_runs, 0, s->frame.size_u);
}

static void row_of_wedge(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    static const struct gox__frame_fns fns = {
            wedge_inside, wedge_across, false};

    gox__frame_row(shape, &fns, y, z, runs);
}

/* The width at level a goes from n at the base to 1 (odd n) or 2 (even) at the
 * tip; a voxel is inside when twice its distance from the middle is below the
 * width, which rounds the number of voxels to the nearest of n's parity. */
static bool is_below_width(
        int32_t i, int32_t n, int32_t a, const struct gox__shape *s)
{
    int64_t steps = s->frame.size_a - 1;
    int64_t tip = n % 2 == 0 ? 2 : 1;
    int64_t off = abs(gox__twice_off(i, n));

    return steps == 0 || off * steps < n * steps - (n - tip) * a;
}

static bool pyramid_inside(
        const struct gox__shape *s, int32_t a, int32_t u, int32_t v)
{
    return is_below_width(u, s->frame.size_u, a, s) &&
           is_below_width(v, s->frame.size_v, a, s);
}

static void pyramid_across(const struct gox__shape *s, int32_t a, int32_t v,
        struct gox__runs *u_runs)
{
    int32_t low = 0, high = s->frame.size_u / 2;

    if (!is_below_width(v, s->frame.size_v, a, s))
        return;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (is_below_width(middle, s->frame.size_u, a, s))
            high = middle;
        else
            low = middle + 1;
    }
    gox__runs_add(u_runs, low, s->frame.size_u - low);
}

static void row_of_pyramid(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    static const struct gox__frame_fns fns = {
            pyramid_inside, pyramid_across, false};

    gox__frame_row(shape, &fns, y, z, runs);
}

const struct gox__shape_ops gox__shape_box_ops = {NULL, row_of_box, NULL};
const struct gox__shape_ops gox__shape_plane_ops = {
        init_plane, row_of_box, NULL};
const struct gox__shape_ops gox__shape_wedge_ops = {NULL, row_of_wedge, NULL};
const struct gox__shape_ops gox__shape_pyramid_ops = {
        NULL, row_of_pyramid, NULL};
