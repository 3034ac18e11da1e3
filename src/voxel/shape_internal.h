/* SPDX-License-Identifier: Apache-2.0
 * Shapes as rows of voxels along x: what each shape has to tell, and sets of
 * runs to combine rows with. The rules of the shapes are in edit.h. */
#ifndef GOX_VOXEL_SHAPE_INTERNAL_H
#define GOX_VOXEL_SHAPE_INTERNAL_H

#include "voxel/edit.h"

/* A hollow torus gives the most: a few runs, times eight mirror images. */
#define GOX_RUNS_MAX 48

struct gox__run {
    int32_t min, max; /* min inclusive, max exclusive */
};
/* Invariant: sorted, not empty, with a gap between any two. */
struct gox__runs {
    unsigned count;
    bool is_cut; /* there were more than GOX_RUNS_MAX */
    struct gox__run at[GOX_RUNS_MAX];
};
void gox__runs_add(struct gox__runs *runs, int32_t min, int32_t max);
/* Keeps what is also in other moved by dx. */
void gox__runs_keep(
        struct gox__runs *runs, const struct gox__runs *other, int32_t dx);
void gox__runs_remove(struct gox__runs *runs, const struct gox__runs *other);
bool gox__runs_contains(const struct gox__runs *runs, int32_t x);

struct gox__shape;

struct gox__shape_ops {
    /* Fills in what is derived from the spec; 0 or GOX_ERR_RANGE. May be NULL.
     */
    int (*init)(struct gox__shape *shape, const struct gox_shape_spec *spec);
    /* Adds the voxels of row (y, z), which is inside the box. */
    void (*row)(const struct gox__shape *shape, int32_t y, int32_t z,
            struct gox__runs *runs);
    /* false when no row of area (its y and z count) can have a voxel. May be
     * NULL: the box tells. */
    bool (*may_touch)(const struct gox__shape *shape, struct gox_bbox area);
};

/* The frame of shapes with an axis: `a` counts along the axis from the base
 * to the tip, u and v across. u is x unless the axis is x. */
struct gox__frame {
    int axis, u, v;
    int32_t size_a, size_u, size_v;
    bool is_flipped;
};

struct gox__line {
    int64_t start[3], delta[3]; /* voxels; delta to the other end */
    int64_t steps;              /* the longest side */
    double radius;              /* 0: single voxels */
};

struct gox__shape {
    const struct gox__shape_ops *ops;
    struct gox_bbox box; /* bounds of all voxels */
    int32_t size[3];
    int hollow;
    bool is_convex; /* then the wall needs fewer probes, see shape.c */
    struct gox__frame frame;
    double limit; /* round shapes: what the sum of squares may reach */
    double tube;  /* torus */
    struct gox__line line;
};

extern const struct gox__shape_ops gox__shape_box_ops;
extern const struct gox__shape_ops gox__shape_plane_ops;
extern const struct gox__shape_ops gox__shape_wedge_ops;
extern const struct gox__shape_ops gox__shape_pyramid_ops;
extern const struct gox__shape_ops gox__shape_ellipsoid_ops;
extern const struct gox__shape_ops gox__shape_cylinder_ops;
extern const struct gox__shape_ops gox__shape_cone_ops;
extern const struct gox__shape_ops gox__shape_torus_ops;
extern const struct gox__shape_ops gox__shape_line_ops;

/* Checks the spec and prepares it. 0, GOX_ERR_RANGE, GOX_ERR_TOO_LARGE. */
int gox__shape_init(struct gox__shape *shape,
        const struct gox_shape_spec *spec) GOX_MUST_CHECK;
/* The voxels of row (y, z) without hollow, replacing what runs held. */
void gox__shape_solid_row(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs);
/* The same with hollow: only the wall. */
void gox__shape_wall_row(const struct gox__shape *shape, int32_t y, int32_t z,
        struct gox__runs *runs);
bool gox__shape_may_touch(const struct gox__shape *shape, struct gox_bbox area);

/* For shapes with an axis. */

void gox__frame_init(struct gox__frame *frame, enum gox_axis axis,
        bool is_flipped, const int32_t size[3]);
/* Adds row (y, z) of a shape told by two functions of its frame: whether one
 * voxel is inside, with a falling from inside to outside (is_falling) or from
 * the middle outwards; and the range of u for given a and v. */
struct gox__frame_fns {
    bool (*inside)(const struct gox__shape *s, int32_t a, int32_t u, int32_t v);
    void (*across)(const struct gox__shape *s, int32_t a, int32_t v,
            struct gox__runs *u_runs);
    bool from_middle; /* else from a = 0 */
};
void gox__frame_row(const struct gox__shape *shape,
        const struct gox__frame_fns *fns, int32_t y, int32_t z,
        struct gox__runs *runs);

/* Twice the distance of voxel i of n from the middle: odd for even n. */
static inline int32_t gox__twice_off(int32_t i, int32_t n)
{
    return 2 * i + 1 - n;
}

/* The indices i of n voxels with gox__twice_off(i, n) squared <= limit. false
 * when there are none. */
bool gox__centered_run(int32_t n, double limit, int32_t *min, int32_t *max);

#endif
