/* SPDX-License-Identifier: Apache-2.0
 * The rules of edit.h for one voxel at a time, in whole numbers where they are
 * exact: what the shapes are compared with. */
#ifndef GOX_TESTS_VOXEL_SHAPE_REFERENCE_H
#define GOX_TESTS_VOXEL_SHAPE_REFERENCE_H

#include "voxel/edit.h"

#include <math.h>
#include <stdlib.h>

/* A voxel and the sides of its box, seen along the shape's axis. */
struct ref {
    int64_t n[3], i[3]; /* a, u, v */
    bool is_flipped;
};

static inline int64_t ref_off(const struct ref *r, int k)
{
    return 2 * r->i[k] + 1 - r->n[k];
}

/* The product of the squares of all sides from first on but `but`. */
static inline int64_t ref_others(const struct ref *r, int first, int but)
{
    int64_t product = 1;

    for (int k = first; k < 3; k++)
        product *= k == but ? 1 : r->n[k] * r->n[k];
    return product;
}

/* The limit of the sum of squares, times the squares of all sides. */
static inline int64_t ref_limit(const struct ref *r, int first)
{
    int64_t limit = ref_others(r, first, -1);

    for (int k = first; k < 3; k++) {
        int64_t sum = (r->n[k] - 1) * (r->n[k] - 1) * ref_others(r, first, k);
        for (int j = first; j < 3; j++) {
            if (j != k && r->n[j] % 2 == 0)
                sum += ref_others(r, first, j);
        }
        limit = sum > limit ? sum : limit;
    }
    return limit;
}

static inline bool ref_ellipse(const struct ref *r, int first)
{
    int64_t sum = 0;

    for (int k = first; k < 3; k++)
        sum += ref_off(r, k) * ref_off(r, k) * ref_others(r, first, k);
    return sum <= ref_limit(r, first);
}

/* Diameter at a level, times the number of steps. */
static inline int64_t ref_width(const struct ref *r, int k)
{
    int64_t tip = r->n[k] % 2 == 0 ? 2 : 1;

    return r->n[k] * (r->n[0] - 1) - (r->n[k] - tip) * r->i[0];
}

static inline bool ref_cone(const struct ref *r)
{
    int64_t steps = r->n[0] - 1, wu = ref_width(r, 1), wv = ref_width(r, 2);
    int64_t du = ref_off(r, 1), dv = ref_off(r, 2);

    if (steps == 0)
        return ref_ellipse(r, 1);
    return steps * steps * (du * du * wv * wv + dv * dv * wu * wu) *
                   ref_others(r, 1, -1) <=
           ref_limit(r, 1) * wu * wu * wv * wv;
}

static inline bool ref_pyramid(const struct ref *r)
{
    int64_t steps = r->n[0] - 1;

    return steps == 0 ||
           (llabs(ref_off(r, 1)) * steps < ref_width(r, 1) &&
                   llabs(ref_off(r, 2)) * steps < ref_width(r, 2));
}

static inline bool ref_wedge(const struct ref *r)
{
    int64_t steps = r->n[0] - 1;
    int64_t height2 = 2 * (r->n[2] * steps - (r->n[2] - 1) * r->i[0]);

    return steps == 0 || (2 * r->i[2] + 1) * steps <= height2;
}

static inline bool ref_torus(const struct ref *r, double tube)
{
    double n = (double)r->n[0], off = (double)ref_off(r, 0);
    double smaller = fmin((double)r->n[1], (double)r->n[2]);
    double du = (double)ref_off(r, 1), dv = (double)ref_off(r, 2);
    double limit = (double)ref_limit(r, 1) / (double)ref_others(r, 1, -1);

    tube = fmax(1, fmin(tube > 0 ? tube : smaller / 4, smaller / 2));
    double share = (n * n - off * off) / (n * n - (r->n[0] % 2 == 0));
    double t = fmax(1, tube * sqrt(share));
    double wu = (double)r->n[1] - tube, wv = (double)r->n[2] - tube;
    double outer = pow(du / (wu + t), 2) + pow(dv / (wv + t), 2);
    if (outer > limit + 1e-9)
        return false;
    if (wu - t <= 0 || wv - t <= 0)
        return true;
    return pow(du / (wu - t), 2) + pow(dv / (wv - t), 2) >= 1 - 1e-9;
}

static inline int64_t ref_side(const struct gox_bbox *b, int axis)
{
    const int64_t side[3] = {
            b->max.x - b->min.x, b->max.y - b->min.y, b->max.z - b->min.z};

    return side[axis];
}

static inline struct ref ref_make(
        const struct gox_shape_spec *s, struct gox_pos p)
{
    const int64_t at[3] = {
            p.x - s->box.min.x, p.y - s->box.min.y, p.z - s->box.min.z};
    int axis[3] = {(int)s->axis, s->axis == GOX_AXIS_X ? 1 : 0,
            s->axis == GOX_AXIS_Z ? 1 : 2};
    struct ref r;

    for (int k = 0; k < 3; k++) {
        r.n[k] = ref_side(&s->box, axis[k]);
        r.i[k] = at[axis[k]];
    }
    if (s->is_flipped)
        r.i[0] = r.n[0] - 1 - r.i[0];
    return r;
}

/* Whether voxel p is in the shape without hollow. Not for lines. */
static inline bool ref_inside(const struct gox_shape_spec *s, struct gox_pos p)
{
    if (!gox_bbox_contains(s->box, p))
        return false;
    struct ref r = ref_make(s, p);
    switch (s->shape) {
    case GOX_SHAPE_SPHERE:
    case GOX_SHAPE_ELLIPSOID:
        return ref_ellipse(&r, 0);
    case GOX_SHAPE_CYLINDER:
        return ref_ellipse(&r, 1);
    case GOX_SHAPE_CONE:
        return ref_cone(&r);
    case GOX_SHAPE_PYRAMID:
        return ref_pyramid(&r);
    case GOX_SHAPE_WEDGE:
        return ref_wedge(&r);
    case GOX_SHAPE_TORUS:
        return ref_torus(&r, (double)s->tube);
    case GOX_SHAPE_PLANE: {
        struct gox_shape_spec up = *s;
        up.is_flipped = false;
        r = ref_make(&up, p);
        return r.i[0] == r.n[0] / 2;
    }
    default:
        return true;
    }
}

/* With hollow: some of the 26 points at distance 1 ... hollow is outside. */
static inline bool ref_wall(const struct gox_shape_spec *s, struct gox_pos p)
{
    if (!ref_inside(s, p))
        return false;
    for (int k = 1; k <= s->hollow; k++) {
        for (int code = 0; code < 27; code++) {
            int d[3] = {code % 3 - 1, code / 3 % 3 - 1, code / 9 - 1};
            int sides = abs(d[0]) + abs(d[1]) + abs(d[2]);
            int step = sides == 0 ? 0 : (int)(k / sqrt(sides));
            struct gox_pos q = {
                    p.x + d[0] * step, p.y + d[1] * step, p.z + d[2] * step};
            if (!ref_inside(s, q))
                return true;
        }
    }
    return s->hollow == 0;
}

#endif
