/* SPDX-License-Identifier: Apache-2.0
 * Round shapes: ellipsoid (and sphere), cylinder, cone, torus.
 *
 * Voxel i of n counts as d = 2i+1-n, twice its centre's distance from the
 * middle; a sum of (d/n)^2 is compared with `limit`. That is 1 but for long
 * and thin boxes with even sides: there no voxel of the end faces has its
 * centre inside, and the limit rises until one has.
 *
 * Invariant: each shape has a voxel on every face of its box. */
#include "voxel/shape_internal.h"

#include <math.h>

/* Sums that meet their limit exactly must not be lost to rounding; the next
 * larger one is farther away in all but giant shapes. */
#define ROUNDING 1e-9

static double square(double v)
{
    return v * v;
}

/* The least sum of squares of a voxel on the two faces across side i, over the
 * worst side. */
static double limit_for(const int32_t *size, int sides)
{
    double limit = 1;

    for (int i = 0; i < sides; i++) {
        double sum = square(((double)size[i] - 1) / size[i]);
        for (int k = 0; k < sides; k++) {
            if (k != i && size[k] % 2 == 0)
                sum += 1 / square(size[k]);
        }
        limit = fmax(limit, sum);
    }
    return limit;
}

static double limit_across(const struct gox__frame *f)
{
    const int32_t size[2] = {f->size_u, f->size_v};

    return limit_for(size, 2);
}

static int init_ellipsoid(
        struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    (void)spec;
    shape->limit = limit_for(shape->size, 3);
    return 0;
}

static void row_of_ellipsoid(const struct gox__shape *shape, int32_t y,
        int32_t z, struct gox__runs *runs)
{
    const int32_t *n = shape->size;
    double dy = gox__twice_off(y - shape->box.min.y, n[1]);
    double dz = gox__twice_off(z - shape->box.min.z, n[2]);
    /* Ratios first: for equal sides all of this stays in whole numbers. */
    double ratio_y = (double)n[0] / n[1], ratio_z = (double)n[0] / n[2];
    double left = shape->limit * square(n[0]) - square(dy * ratio_y) -
                  square(dz * ratio_z);
    int32_t lo, hi;

    if (gox__centered_run(n[0], left + ROUNDING, &lo, &hi))
        gox__runs_add(runs, shape->box.min.x + lo, shape->box.min.x + hi);
}

/* The range of u in an ellipse of the given diameters (of limit 1). */
static bool ellipse_run(const struct gox__shape *s, double diameter_u,
        double diameter_v, int32_t v, int32_t *lo, int32_t *hi)
{
    double dv = gox__twice_off(v, s->frame.size_v);
    double left = s->limit * square(diameter_u) -
                  square(dv * (diameter_u / diameter_v));

    return gox__centered_run(s->frame.size_u, left + ROUNDING, lo, hi);
}

static int init_cylinder(
        struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    (void)spec;
    shape->limit = limit_across(&shape->frame);
    return 0;
}

static void cylinder_across(const struct gox__shape *s, int32_t a, int32_t v,
        struct gox__runs *u_runs)
{
    int32_t lo, hi;

    (void)a;
    if (ellipse_run(s, s->frame.size_u, s->frame.size_v, v, &lo, &hi))
        gox__runs_add(u_runs, lo, hi);
}

static bool cylinder_inside(
        const struct gox__shape *s, int32_t a, int32_t u, int32_t v)
{
    struct gox__runs runs = {.count = 0};

    cylinder_across(s, a, v, &runs);
    return gox__runs_contains(&runs, u);
}

static void row_of_cylinder(const struct gox__shape *shape, int32_t y,
        int32_t z, struct gox__runs *runs)
{
    static const struct gox__frame_fns fns = {
            cylinder_inside, cylinder_across, false};

    gox__frame_row(shape, &fns, y, z, runs);
}

static int init_cone(
        struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    (void)spec;
    shape->limit = limit_across(&shape->frame);
    /* With unequal sides the two diameters do not shrink in proportion, and
     * the side of the cone is not quite straight. */
    shape->is_convex = shape->frame.size_u == shape->frame.size_v;
    return 0;
}

/* From n at the base to 1 (odd n) or 2 (even) at the tip. */
static double cone_diameter(const struct gox__shape *s, int32_t n, int32_t a)
{
    double steps = s->frame.size_a - 1;
    double tip = n % 2 == 0 ? 2 : 1;

    return steps > 0 ? (n * steps - (n - tip) * a) / steps : n;
}

static void cone_across(const struct gox__shape *s, int32_t a, int32_t v,
        struct gox__runs *u_runs)
{
    int32_t lo, hi;

    if (ellipse_run(s, cone_diameter(s, s->frame.size_u, a),
                cone_diameter(s, s->frame.size_v, a), v, &lo, &hi))
        gox__runs_add(u_runs, lo, hi);
}

static bool cone_inside(
        const struct gox__shape *s, int32_t a, int32_t u, int32_t v)
{
    struct gox__runs runs = {.count = 0};

    cone_across(s, a, v, &runs);
    return gox__runs_contains(&runs, u);
}

static void row_of_cone(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    static const struct gox__frame_fns fns = {cone_inside, cone_across, false};

    gox__frame_row(shape, &fns, y, z, runs);
}

static int init_torus(
        struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    const struct gox__frame *f = &shape->frame;
    double smaller = f->size_u < f->size_v ? f->size_u : f->size_v;

    if (!(spec->tube >= 0)) /* a NaN too */
        return GOX_ERR_RANGE;
    shape->tube = spec->tube > 0 ? (double)spec->tube : smaller / 4;
    shape->tube = fmax(1, fmin(shape->tube, smaller / 2));
    shape->limit = limit_across(f);
    shape->is_convex = false;
    return 0;
}

/* The width of the tube at level a: an ellipse of height size_a, measured so
 * that the middle level (or the middle two) has the full width; never thinner
 * than a voxel. */
static double tube_width(const struct gox__shape *s, int32_t a)
{
    int32_t n = s->frame.size_a;
    double off = gox__twice_off(a, n);
    double middle = n % 2 == 0 ? 1 : 0;
    double share = (square(n) - square(off)) / (square(n) - middle);

    return fmax(1, s->tube * sqrt(share));
}

/* Between two ellipses around the middle line of the tube. */
static void torus_across(const struct gox__shape *s, int32_t a, int32_t v,
        struct gox__runs *u_runs)
{
    double width = tube_width(s, a);
    double line_u = s->frame.size_u - s->tube;
    double line_v = s->frame.size_v - s->tube;
    double hole_u = line_u - width, hole_v = line_v - width;
    int32_t lo, hi;

    if (!ellipse_run(s, line_u + width, line_v + width, v, &lo, &hi))
        return;
    gox__runs_add(u_runs, lo, hi);
    if (hole_u <= 0 || hole_v <= 0)
        return;
    /* The edge of the hole belongs to the tube, hence a little less. */
    double dv = gox__twice_off(v, s->frame.size_v);
    double left = square(hole_u) * (1 - 1e-12) - square(dv * (hole_u / hole_v));
    if (!gox__centered_run(s->frame.size_u, left, &lo, &hi))
        return;
    struct gox__runs hole = {.count = 1};
    hole.at[0] = (struct gox__run){lo, hi};
    gox__runs_remove(u_runs, &hole);
}

static bool torus_inside(
        const struct gox__shape *s, int32_t a, int32_t u, int32_t v)
{
    struct gox__runs runs = {.count = 0};

    torus_across(s, a, v, &runs);
    return gox__runs_contains(&runs, u);
}

static void row_of_torus(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    static const struct gox__frame_fns fns = {torus_inside, torus_across, true};

    gox__frame_row(shape, &fns, y, z, runs);
}

const struct gox__shape_ops gox__shape_ellipsoid_ops = {
        init_ellipsoid, row_of_ellipsoid, NULL};
const struct gox__shape_ops gox__shape_cylinder_ops = {
        init_cylinder, row_of_cylinder, NULL};
const struct gox__shape_ops gox__shape_cone_ops = {
        init_cone, row_of_cone, NULL};
const struct gox__shape_ops gox__shape_torus_ops = {
        init_torus, row_of_torus, NULL};
