/* SPDX-License-Identifier: Apache-2.0
 * Positions, boxes and the symmetry of the grid. Z is up, right-handed; one
 * unit is one voxel; voxel (x, y, z) fills [x, x+1) on each axis.
 *
 * Invariant: a box is empty when any min >= max; max is exclusive. */
#ifndef GOX_VOXEL_GEOMETRY_H
#define GOX_VOXEL_GEOMETRY_H

#include <stdbool.h>
#include <stdint.h>

/* Coordinates are -GOX_COORD_MAX ... GOX_COORD_MAX - 1. */
#define GOX_COORD_MAX (1 << 23)

struct gox_pos {
    int32_t x, y, z;
};

/* min inclusive, max exclusive. All zero is the empty box. */
struct gox_bbox {
    struct gox_pos min, max;
};

enum gox_axis { GOX_AXIS_X, GOX_AXIS_Y, GOX_AXIS_Z };

static inline struct gox_pos gox_pos_make(int32_t x, int32_t y, int32_t z)
{
    return (struct gox_pos){x, y, z};
}

bool gox_pos_is_valid(struct gox_pos p);

bool gox_bbox_is_empty(struct gox_bbox b);
bool gox_bbox_contains(struct gox_bbox b, struct gox_pos p);
struct gox_bbox gox_bbox_union(struct gox_bbox a, struct gox_bbox b);
struct gox_bbox gox_bbox_intersect(struct gox_bbox a, struct gox_bbox b);
/* The smallest box that holds b and p. */
struct gox_bbox gox_bbox_add(struct gox_bbox b, struct gox_pos p);
/* Number of voxels; 0 when empty. */
uint64_t gox_bbox_volume(struct gox_bbox b);
/* The whole grid. */
struct gox_bbox gox_bbox_all(void);

/* A 4x4 matrix as in files: m[0..3] X axis, m[4..7] Y axis, m[8..11] Z axis,
 * m[12..15] translation; p' = x*X + y*Y + z*Z + T. */
struct gox_mat4 {
    float m[16];
};

struct gox_mat4 gox_mat4_identity(void);
struct gox_mat4 gox_mat4_multiply(struct gox_mat4 a, struct gox_mat4 b);
/* false when it has no inverse or holds a NaN or infinity. */
bool gox_mat4_invert(struct gox_mat4 a, struct gox_mat4 *inverse);
bool gox_mat4_is_finite(struct gox_mat4 a);
void gox_mat4_apply(const struct gox_mat4 *a, const float p[3], float out[3]);
/* The box matrix of .gox files: axes are half-extents, translation the centre.
 * The other way rounds each face to the nearest integer; all zero is empty. */
struct gox_mat4 gox_mat4_from_bbox(struct gox_bbox b);
struct gox_bbox gox_mat4_to_bbox(struct gox_mat4 a);

#endif
