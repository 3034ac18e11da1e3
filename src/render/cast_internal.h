/* SPDX-License-Identifier: Apache-2.0
 * One ray on its way through a scene, from voxel to voxel.
 *
 * Invariant: positions are integers and only ever move along the ray, so that
 * a ray ends, never skips a voxel between two it visits and starts a second one
 * (a shadow) exactly in the voxel it is told. Only the time t is rounded. */
#ifndef GOX_RENDER_CAST_INTERNAL_H
#define GOX_RENDER_CAST_INTERNAL_H

#include "render/scene_internal.h"

/* Positions here are mirrored on the axes where the ray runs backwards, so
 * that it always moves up; use gox__ray_pos for the scene position. */
struct gox__ray {
    const struct gox__scene *scene;
    double org[3], dir[3], inv[3];
    int32_t hi[3]; /* end of the box of all voxels */
    int32_t pos[3];
    int32_t mirror; /* width of the root - 1 */
    unsigned flip;  /* of digits */
    double t;       /* where it came into pos */
    int axis;       /* of the face it came in by, -1: it started inside */
    int level;      /* the path below is valid from here to the root */
    uint32_t path[GOX__SCENE_LEVELS];
    unsigned steps; /* taken by the last gox__ray_next */
};

/* org and dir relative to the scene's origin; dir need not have length 1 and
 * must have one component that is not 0. Starts at t_start (-INFINITY: where
 * the line meets the box). false: it misses the box. */
bool gox__ray_init(struct gox__ray *ray, const struct gox__scene *scene,
        const double org[3], const double dir[3], double t_start);

/* The same, starting inside the voxel pos, which must contain org but for
 * rounding. false: pos is outside the box and the ray leaves it there. */
bool gox__ray_init_at(struct gox__ray *ray, const struct gox__scene *scene,
        const double org[3], const double dir[3], const int32_t pos[3]);

/* Goes on to the first solid voxel, beginning with the present one. false:
 * there is none. */
bool gox__ray_next(struct gox__ray *ray);

/* Steps out of the present voxel. false: out of the box. */
bool gox__ray_leave(struct gox__ray *ray);

/* After gox__ray_next: where, and what. */
void gox__ray_pos(const struct gox__ray *ray, int32_t pos[3]);
gox_rgba gox__ray_color(const struct gox__ray *ray);
static inline const struct gox__scene_block *gox__ray_block(
        const struct gox__ray *ray)
{
    return &ray->scene->blocks[ray->path[1]];
}

#endif
