/* SPDX-License-Identifier: Apache-2.0
 * The editing operations on one volume: each applies a modifier (mode,
 * symmetry, clip box) in the same way.
 *
 * All return 0 or more (what is said there), GOX_ERR_NOMEM, GOX_ERR_RANGE,
 * GOX_ERR_TOO_LARGE, GOX_ERR_CANCELLED or GOX_ERR_TIMEOUT (task); after an
 * error the volume is valid but partly changed, so callers work inside an edit
 * of voxel/history.h and roll back. */
#ifndef GOX_VOXEL_EDIT_H
#define GOX_VOXEL_EDIT_H

#include "base/task.h"
#include "voxel/volume.h"

/* X(NAME, API name). */
#define GOX_MODE_LIST(X)                                                       \
    X(ADD, "add")             /* voxel becomes the colour */                   \
    X(SUBTRACT, "subtract")   /* voxel is removed */                           \
    X(INTERSECT, "intersect") /* outside the shape, voxels are removed */      \
    X(PAINT, "paint")         /* colour changes where a voxel exists */        \
    X(REPLACE, "replace")     /* inside the shape exactly the shape's voxels */

enum gox_mode {
#define GOX_MODE_ENUM(name, text) GOX_MODE_##name,
    GOX_MODE_LIST(GOX_MODE_ENUM)
#undef GOX_MODE_ENUM
            GOX_MODE_COUNT
};
const char *gox_mode_name(enum gox_mode mode);
int gox_mode_find(const char *name, size_t len); /* -1: none */

#define GOX_SHAPE_LIST(X)                                                      \
    X(CUBE, "cube")                                                            \
    X(SPHERE, "sphere")                                                        \
    X(ELLIPSOID, "ellipsoid")                                                  \
    X(CYLINDER, "cylinder")                                                    \
    X(CONE, "cone")                                                            \
    X(PYRAMID, "pyramid")                                                      \
    X(TORUS, "torus")                                                          \
    X(LINE, "line")                                                            \
    X(CAPSULE, "capsule")                                                      \
    X(PLANE, "plane")                                                          \
    X(WEDGE, "wedge")

enum gox_shape {
#define GOX_SHAPE_ENUM(name, text) GOX_SHAPE_##name,
    GOX_SHAPE_LIST(GOX_SHAPE_ENUM)
#undef GOX_SHAPE_ENUM
            GOX_SHAPE_COUNT
};
const char *gox_shape_name(enum gox_shape shape);
int gox_shape_find(const char *name, size_t len); /* -1: none */

/* Mirror planes through `origin2`, in half voxels: plane x = origin2.x / 2.
 * Mirrors voxel x to origin2.x - 1 - x. */
struct gox_symmetry {
    bool x, y, z;
    struct gox_pos origin2;
};

struct gox_modifier {
    enum gox_mode mode;
    gox_rgba color;
    struct gox_symmetry symmetry;
    bool has_clip;
    struct gox_bbox clip; /* voxels outside are never changed */
};
void gox_modifier_init(
        struct gox_modifier *mod, enum gox_mode mode, gox_rgba color);

struct gox_shape_spec {
    enum gox_shape shape;
    struct gox_bbox box; /* the shape fills this box exactly (all but LINE and
                            CAPSULE) */
    enum gox_axis axis;  /* direction of cylinder, cone, pyramid, torus, plane,
                            wedge */
    bool is_flipped;     /* cone, pyramid, wedge point to the negative side */
    int hollow;          /* wall thickness in voxels, 0: solid */
    float tube;          /* torus: tube diameter in voxels, 0: a quarter */
    struct gox_pos from, to; /* LINE, CAPSULE: end voxels, both inside */
    float radius;            /* LINE: 0.5 gives single voxels; CAPSULE */
};
/* What is inside. Voxel i of the n along a side of the box counts with its
 * centre, as d = 2i+1-n: twice the distance from the middle.
 * - CUBE: all of the box.
 * - SPHERE, ELLIPSOID: sum of (d/n)^2 over the three sides <= 1. Only where no
 *   voxel of a face would be inside (long boxes with thin even sides) the 1
 *   grows to the least number at which one is.
 * - CYLINDER: the same over the two sides across the axis.
 * - CONE: like CYLINDER with diameters that go in a straight line from the
 *   box's at the base, level 0, to 1 (odd) or 2 (even) at the last level.
 * - PYRAMID: |d| < width, the width going like the cone's diameter.
 * - TORUS: between the ellipses of diameter n - tube -+ t, where t is the
 *   tube's width at that level: an ellipse as high as the box, `tube` wide in
 *   the middle, never below 1. tube is kept in 1 ... half of the smaller side.
 * - WEDGE: height in a straight line from the box's at the base to 1 at the tip
 *   along the axis; a column holds the voxels whose centres are not above. The
 *   foot is the low side of z (axis x, y) or of y (axis z).
 * - PLANE: the one layer in the middle of the box across the axis (the upper
 *   one of the middle two), so a box of one layer is the plane.
 * - LINE, CAPSULE: voxels whose centres are within radius of the segment
 *   between the centres of from and to, and the thin line: one voxel per step
 *   of the longest side, 26-connected. The order of the ends does not matter.
 * Base and level 0 are at the low side of the axis, with is_flipped at the
 * high side.
 * hollow: a voxel is wall when one of the 26 points at distance 1 ... hollow
 * from it is outside: k steps along an axis, k/sqrt(2) each along two or
 * k/sqrt(3) along all, rounded down. Flat walls are exactly `hollow` thick. */

/* Limit of one shape's box, so that a typo does not fill the memory. */
#define GOX_SHAPE_MAX_SIZE 4096

/* The box of size `size` centred at `center`: for odd n, center +- n/2; for
 * even n, [center - n/2, center + n/2). */
struct gox_bbox gox_shape_box(struct gox_pos center, struct gox_pos size);

/* Draws a shape. *changed (may be NULL) gets the number of voxels inside the
 * shape that the mode applied to: ADD, REPLACE: voxels of the shape; PAINT,
 * SUBTRACT: those that existed; INTERSECT: those that were kept. Voxels outside
 * the grid or the clip box do not count. A colour with alpha 0 erases. REPLACE
 * also empties the inside of a hollow shape. GOX_ERR_TOO_LARGE: the box is
 * longer than GOX_SHAPE_MAX_SIZE; GOX_ERR_RANGE: it is empty or has corners
 * beyond twice the grid, or another field is out of its range. */
int gox_edit_shape(gox_volume *vol, const struct gox_shape_spec *spec,
        const struct gox_modifier *mod, uint64_t *changed,
        struct gox_task *task) GOX_MUST_CHECK;

/* One voxel by the modifier; *changed counts voxels the mode applied to, mirror
 * images too. GOX_ERR_RANGE when pos is outside the grid. */
int gox_edit_voxel(gox_volume *vol, struct gox_pos pos,
        const struct gox_modifier *mod, uint64_t *changed) GOX_MUST_CHECK;

/* Connected voxels (6-neighbourhood) whose colour is within tolerance of the
 * one at start get the colour of mod (PAINT; ADD and REPLACE are the same here)
 * or go (SUBTRACT), or all others go (INTERSECT). At most max voxels
 * (GOX_ERR_TOO_LARGE above, with nothing changed). Where start is empty nothing
 * happens. GOX_ERR_RANGE: start is outside the grid, or tolerance below 0. */
int gox_edit_flood_fill(gox_volume *vol, struct gox_pos start, int tolerance,
        const struct gox_modifier *mod, uint64_t max, uint64_t *changed,
        struct gox_task *task) GOX_MUST_CHECK;

/* The voxels a fill would reach, as a volume with their colours. */
int gox_select_connected(const gox_volume *vol, struct gox_pos start,
        int tolerance, uint64_t max, gox_volume **selection,
        struct gox_task *task) GOX_MUST_CHECK;
/* All voxels in box within tolerance of color. */
int gox_select_color(const gox_volume *vol, gox_rgba color, int tolerance,
        struct gox_bbox box, gox_volume **selection,
        struct gox_task *task) GOX_MUST_CHECK;

int gox_edit_replace_color(gox_volume *vol, gox_rgba from, gox_rgba to,
        int tolerance, struct gox_bbox box, uint64_t *changed,
        struct gox_task *task) GOX_MUST_CHECK;

enum gox_transform_op {
    GOX_TRANSFORM_TRANSLATE,
    GOX_TRANSFORM_ROTATE, /* quarter turns about axis, counter-clockwise */
    GOX_TRANSFORM_MIRROR,
    GOX_TRANSFORM_SCALE
};
struct gox_transform {
    enum gox_transform_op op;
    struct gox_pos offset; /* TRANSLATE */
    enum gox_axis axis;    /* ROTATE, MIRROR */
    int quarter_turns;     /* ROTATE; any integer */
    int factor;            /* SCALE: 2 ... 64 enlarges, -2 ... -64 shrinks */
    bool has_pivot;        /* else the centre of the region's voxels */
    struct gox_pos pivot2; /* in half voxels */
};
/* Moves the voxels of region (gox_bbox_all() for all); those that would leave
 * the grid are dropped and counted in *clipped. *moved: voxels that arrived.
 * They win over voxels outside region that are in their way.
 * A rotation whose pivot lies between grids is rounded down to the grid; about
 * the centre it is rounded down and up in turn, so that four quarter turns, or
 * one and one back, give the start again in both cases.
 * Shrinking keeps a voxel where at least half of the voxels that fall into it
 * exist, in the colour that most of them have, if any has. Enlarging gives
 * GOX_ERR_TOO_LARGE for more than 2^34 voxels. */
int gox_edit_transform(gox_volume *vol, const struct gox_transform *t,
        struct gox_bbox region, uint64_t *moved, uint64_t *clipped,
        struct gox_task *task) GOX_MUST_CHECK;

/* The voxels inside box as a new volume, in place or moved so that box.min
 * becomes 0. */
int gox_volume_copy_box(const gox_volume *vol, struct gox_bbox box,
        bool to_origin, gox_volume **result) GOX_MUST_CHECK;
/* Puts src, moved by offset, onto vol by the modifier's mode; its colour is
 * not used, ADD, REPLACE and PAINT use src's colours. REPLACE first empties the
 * box of src's voxels. Where mirror images overlap src, src is on top. *clipped
 * counts voxels (of mirror images too) that fell off the grid. */
int gox_edit_paste(gox_volume *vol, const gox_volume *src,
        struct gox_pos offset, const struct gox_modifier *mod,
        uint64_t *changed, uint64_t *clipped,
        struct gox_task *task) GOX_MUST_CHECK;
/* Removes everything outside box; *removed counts. */
int gox_edit_crop(
        gox_volume *vol, struct gox_bbox box, uint64_t *removed) GOX_MUST_CHECK;

/* X(NAME, API name, dx, dy, dz). */
#define GOX_FACE_LIST(X)                                                       \
    X(RIGHT, "+x", 1, 0, 0)                                                    \
    X(LEFT, "-x", -1, 0, 0)                                                    \
    X(BACK, "+y", 0, 1, 0)                                                     \
    X(FRONT, "-y", 0, -1, 0)                                                   \
    X(TOP, "+z", 0, 0, 1)                                                      \
    X(BOTTOM, "-z", 0, 0, -1)
enum gox_face {
#define GOX_FACE_ENUM(name, text, dx, dy, dz) GOX_FACE_##name,
    GOX_FACE_LIST(GOX_FACE_ENUM)
#undef GOX_FACE_ENUM
            GOX_FACE_COUNT
};
int gox_face_find(const char *name, size_t len); /* also top, left ...; -1 */
/* Pulls (delta > 0) or pushes (delta < 0) the connected, coplanar, visible
 * face that starts at pos. *changed: voxels added or removed; a pull leaves
 * what is in its way as it is. symmetry may be NULL. GOX_ERR_TOO_LARGE when
 * delta is beyond +-GOX_SHAPE_MAX_SIZE. */
int gox_edit_extrude(gox_volume *vol, struct gox_pos pos, enum gox_face face,
        int delta, int tolerance, const struct gox_symmetry *symmetry,
        uint64_t *changed, struct gox_task *task) GOX_MUST_CHECK;

#endif
