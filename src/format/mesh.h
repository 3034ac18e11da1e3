/* SPDX-License-Identifier: Apache-2.0
 * From voxels to rectangles: the faces of solid voxels (alpha at least
 * GOX_ALPHA_SOLID) that touch no other solid voxel, merged where they are
 * coplanar and of one colour, also across block borders.
 *
 * Invariants: the rectangles cover each exposed face exactly once and wind
 * counter-clockwise seen from outside, so the surface is closed. Neighbours may
 * meet in T-junctions; only GOX_FACES_RAW has none. The order depends on the
 * voxels alone, never on threads. */
#ifndef GOX_FORMAT_MESH_H
#define GOX_FORMAT_MESH_H

#include "format/format.h"

enum gox_mesh_dir {
    GOX_MESH_RIGHT, /* +x */
    GOX_MESH_LEFT,  /* -x */
    GOX_MESH_BACK,  /* +y */
    GOX_MESH_FRONT, /* -y */
    GOX_MESH_TOP,   /* +z */
    GOX_MESH_BOTTOM /* -z */
};

/* One rectangle: its smallest corner on the grid, its colour, its direction and
 * its sides along the two other axes in x, y, z order (up to 2^24 each). */
struct gox_mesh_quad {
    int32_t corner[3];
    gox_rgba color;
    uint32_t side_u : 29;
    uint32_t dir : 3; /* enum gox_mesh_dir */
    uint32_t side_v;
};

struct gox_mesh {
    struct gox_mesh_quad *quads; /* owned */
    size_t count;
    uint64_t voxels;     /* solid ones, hidden inside or not */
    struct gox_bbox box; /* of the quads; empty when there are none */
    bool has_glass;      /* a quad has alpha below 255 */
};

struct gox_mesh_options {
    enum gox_faces faces;
    /* Keep faces of opaque voxels that touch translucent ones, for formats that
     * show transparency. The surface of the opaque voxels is closed then. */
    bool see_through;
};

/* 0, GOX_ERR_NOMEM, GOX_ERR_CANCELLED, GOX_ERR_TIMEOUT. On failure *mesh is
 * empty. task may be NULL; runs on its threads. */
int gox_mesh_build(struct gox_mesh *mesh, const gox_volume *vol,
        const struct gox_mesh_options *opts, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_mesh_fini(struct gox_mesh *mesh);

/* The mesh of the composite of all visible layers. */
int gox_mesh_build_image(struct gox_mesh *mesh, const struct gox_image *img,
        const struct gox_mesh_options *opts, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

/* The axes (0 ... 2) along which side_u and side_v go. */
static inline int gox_mesh_axis_u(unsigned dir)
{
    return dir < GOX_MESH_BACK ? 1 : 0;
}

static inline int gox_mesh_axis_v(unsigned dir)
{
    return dir < GOX_MESH_TOP ? 2 : 1;
}

/* Corner i (0 ... 3) of a quad, counter-clockwise seen from outside. */
static inline void gox_mesh_corner(
        const struct gox_mesh_quad *quad, unsigned i, int32_t pos[3])
{
    /* u x v points along +x, -y, +z: directions 0, 3 and 4 wind that way. */
    static const uint8_t far_bits[2] = {0x6, 0xc}; /* bit i: corner i */
    unsigned straight = 0x19u >> quad->dir & 1;
    unsigned u = far_bits[!straight] >> i & 1;
    unsigned v = far_bits[straight] >> i & 1;
    pos[0] = quad->corner[0];
    pos[1] = quad->corner[1];
    pos[2] = quad->corner[2];
    pos[gox_mesh_axis_u(quad->dir)] += u ? (int32_t)quad->side_u : 0;
    pos[gox_mesh_axis_v(quad->dir)] += v ? (int32_t)quad->side_v : 0;
}

#endif
