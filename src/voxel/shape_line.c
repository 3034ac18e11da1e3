/* SPDX-License-Identifier: Apache-2.0
 * Lines and capsules: the voxels within a radius of the segment between the
 * centres of two voxels, and the thin line itself.
 *
 * The thin line has one voxel per step of its longest side, the other two
 * sides rounded to the nearest: connected over faces, edges or corners (26).
 *
 * Invariant: the ends may be exchanged without changing a voxel. */
#include "voxel/shape_internal.h"

#include <math.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return q * b > a ? q - 1 : q;
}

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool is_far(struct gox_pos p)
{
    const int32_t limit = 2 * GOX_COORD_MAX;

    return p.x < -limit || p.x >= limit || p.y < -limit || p.y >= limit ||
           p.z < -limit || p.z >= limit;
}

/* Whether the ends must be exchanged: a rounding halfway goes the same way
 * from both ends only when the line always starts at the same one. */
static bool is_after(const int64_t a[3], const int64_t b[3])
{
    for (int i = 2; i > 0; i--) {
        if (a[i] != b[i])
            return a[i] > b[i];
    }
    return a[0] > b[0];
}

static int init_line(
        struct gox__shape *shape, const struct gox_shape_spec *spec)
{
    struct gox__line *line = &shape->line;
    int64_t from[3] = {spec->from.x, spec->from.y, spec->from.z};
    int64_t to[3] = {spec->to.x, spec->to.y, spec->to.z};

    if (is_far(spec->from) || is_far(spec->to) || !(spec->radius >= 0))
        return GOX_ERR_RANGE;
    if (spec->radius > GOX_SHAPE_MAX_SIZE)
        return GOX_ERR_TOO_LARGE;
    line->radius = spec->radius > 0.5F ? (double)spec->radius : 0;
    bool is_swapped = is_after(from, to);
    for (int i = 0; i < 3; i++) {
        line->start[i] = is_swapped ? to[i] : from[i];
        line->delta[i] = (is_swapped ? from[i] : to[i]) - line->start[i];
        line->steps = max_i64(line->steps,
                line->delta[i] < 0 ? -line->delta[i] : line->delta[i]);
    }
    int32_t reach = (int32_t)floor(line->radius);
    int32_t lo[3], hi[3];
    for (int i = 0; i < 3; i++) {
        lo[i] = (int32_t)(from[i] < to[i] ? from[i] : to[i]) - reach;
        hi[i] = (int32_t)(from[i] < to[i] ? to[i] : from[i]) + reach + 1;
    }
    shape->box =
            (struct gox_bbox){{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}};
    return 0;
}

/* Coordinate i of step k, from the start. */
static int64_t coordinate(const struct gox__line *line, int i, int64_t k)
{
    if (line->steps == 0)
        return 0;
    return floor_div(2 * line->delta[i] * k + line->steps, 2 * line->steps);
}

/* The first step in [0, steps] whose coordinate i, taken along its direction,
 * is at least `value`; steps + 1 when there is none. */
static int64_t first_step(const struct gox__line *line, int i, int64_t value)
{
    int64_t low = 0, high = line->steps + 1;
    int sign = line->delta[i] < 0 ? -1 : 1;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sign * coordinate(line, i, middle) >= value)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Adds the voxels of the thin line in a row (y, z from the start). */
static void add_thin_row(const struct gox__shape *s, int64_t y, int64_t z,
        struct gox__runs *runs)
{
    const struct gox__line *line = &s->line;
    int64_t sign_y = line->delta[1] < 0 ? -1 : 1;
    int64_t sign_z = line->delta[2] < 0 ? -1 : 1;
    int64_t first = max_i64(
            first_step(line, 1, sign_y * y), first_step(line, 2, sign_z * z));
    int64_t end_y = first_step(line, 1, sign_y * y + 1);
    int64_t end_z = first_step(line, 2, sign_z * z + 1);
    int64_t end = end_y < end_z ? end_y : end_z;

    if (first >= end)
        return;
    int64_t x0 = line->start[0] + coordinate(line, 0, first);
    int64_t x1 = line->start[0] + coordinate(line, 0, end - 1);
    gox__runs_add(runs, (int32_t)(x0 < x1 ? x0 : x1),
            (int32_t)(x0 < x1 ? x1 : x0) + 1);
}

/* Whether the voxel p (from the start) is within the radius. Whole numbers
 * below 2^53 throughout, but for the square of the radius. */
static bool is_near(const struct gox__line *line, const int64_t p[3])
{
    int64_t pp = 0, pd = 0, dd = 0;
    double rr = line->radius * line->radius;

    for (int i = 0; i < 3; i++) {
        pp += p[i] * p[i];
        pd += p[i] * line->delta[i];
        dd += line->delta[i] * line->delta[i];
    }
    if (pd <= 0)
        return (double)pp <= rr;
    if (pd >= dd)
        return (double)(pp - 2 * pd + dd) <= rr;
    return (double)pp * (double)dd - (double)pd * (double)pd <= rr * (double)dd;
}

/* The range of real x where a*x^2 + 2*b*x + c <= 0; false for none. */
static bool solve(double a, double b, double c, double *lo, double *hi)
{
    double d = b * b - a * c;

    if (d < 0)
        return false;
    d = sqrt(d);
    *lo = (-b - d) / a;
    *hi = (-b + d) / a;
    return true;
}

/* The part of the row that the round body between the end planes takes. */
static bool solve_body(const struct gox__line *line, double y, double z,
        double *lo, double *hi)
{
    double dx = (double)line->delta[0];
    double dy = (double)line->delta[1], dz = (double)line->delta[2];
    double dd = dx * dx + dy * dy + dz * dz;
    double yz = y * dy + z * dz;
    double a = dd - dx * dx;
    double c = (y * y + z * z - line->radius * line->radius) * dd - yz * yz;

    if (dd == 0)
        return false;
    if (a == 0) { /* along x */
        if (c > 0)
            return false;
        *lo = dx < 0 ? dx : 0;
        *hi = dx < 0 ? 0 : dx;
        return true;
    }
    if (!solve(a, -dx * yz, c, lo, hi))
        return false;
    if (dx == 0)
        return yz >= 0 && yz <= dd;
    double end0 = -yz / dx, end1 = (dd - yz) / dx;
    *lo = fmax(*lo, fmin(end0, end1));
    *hi = fmin(*hi, fmax(end0, end1));
    return *lo <= *hi;
}

static bool solve_row(const struct gox__line *line, double y, double z,
        double *lo, double *hi)
{
    double rr = line->radius * line->radius;
    double ends[2][2] = {
            {y, z}, {y - (double)line->delta[1], z - (double)line->delta[2]}};
    bool is_any = solve_body(line, y, z, lo, hi);

    for (int i = 0; i < 2; i++) {
        double left = rr - ends[i][0] * ends[i][0] - ends[i][1] * ends[i][1];
        double at = i == 0 ? 0 : (double)line->delta[0];
        if (left < 0)
            continue;
        left = sqrt(left);
        *lo = is_any ? fmin(*lo, at - left) : at - left;
        *hi = is_any ? fmax(*hi, at + left) : at + left;
        is_any = true;
    }
    return is_any;
}

static void row_of_line(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs)
{
    const struct gox__line *line = &shape->line;
    int64_t p[3] = {0, y - line->start[1], z - line->start[2]};
    double real_lo, real_hi;

    add_thin_row(shape, p[1], p[2], runs);
    if (line->radius == 0 ||
            !solve_row(line, (double)p[1], (double)p[2], &real_lo, &real_hi))
        return;
    /* The equations tell where to look, whole numbers what is inside. */
    int64_t lo = (int64_t)floor(real_lo) - 1, hi = (int64_t)ceil(real_hi) + 1;
    for (p[0] = lo; p[0] <= hi && !is_near(line, p); p[0]++)
        lo++;
    for (p[0] = hi; p[0] > lo && !is_near(line, p); p[0]--)
        hi--;
    if (lo <= hi)
        gox__runs_add(runs, (int32_t)(line->start[0] + lo),
                (int32_t)(line->start[0] + hi) + 1);
}

/* Clips the segment, seen along x, to an interval of one coordinate. */
static bool clip_segment(
        double start, double delta, double lo, double hi, double t[2])
{
    if (delta == 0)
        return start >= lo && start <= hi;
    double t0 = (lo - start) / delta, t1 = (hi - start) / delta;
    t[0] = fmax(t[0], fmin(t0, t1));
    t[1] = fmin(t[1], fmax(t0, t1));
    return t[0] <= t[1];
}

/* Most block rows of a slanted line's box are empty: the segment must pass the
 * area grown by the radius and a voxel. */
static bool line_may_touch(const struct gox__shape *shape, struct gox_bbox area)
{
    const struct gox__line *line = &shape->line;
    double reach = line->radius + 1, t[2] = {-1e-9, 1 + 1e-9};

    return clip_segment((double)line->start[1], (double)line->delta[1],
                   area.min.y - reach, area.max.y + reach, t) &&
           clip_segment((double)line->start[2], (double)line->delta[2],
                   area.min.z - reach, area.max.z + reach, t);
}

const struct gox__shape_ops gox__shape_line_ops = {
        init_line, row_of_line, line_may_touch};
