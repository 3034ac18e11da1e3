/* SPDX-License-Identifier: Apache-2.0
 * Inside the mesher: bricks (blocks as rows of bits) and the slab mesher that
 * turns them into rectangles. Only mesh*.c includes this.
 *
 * Invariant: a brick has at least one solid voxel. Row r = y + 16 * z holds 16
 * voxels along x, bit x for voxel x. */
#ifndef GOX_FORMAT_MESH_INTERNAL_H
#define GOX_FORMAT_MESH_INTERNAL_H

#include "format/mesh.h"

#define GOX__BRICK_ROWS 256

struct gox__brick {
    const gox_block *block; /* borrowed */
    struct gox_pos pos;     /* of the block */
    const uint16_t *solid;  /* alpha >= GOX_ALPHA_SOLID */
    const uint16_t *opaque; /* alpha 255; the same array when all are */
    const uint16_t *same_x; /* colour as the voxel at x + 1; bit 15 is free */
    const uint16_t *same_y; /* colour as the voxel at y + 1; row 15 is free */
};

struct gox__bricks {
    struct gox__brick *items; /* sorted by z, y, x */
    size_t count;
    uint64_t voxels;
    uint16_t **rows; /* owned bits, one entry a block, NULL for uniform ones */
    size_t rows_count;
};
int gox__bricks_init(struct gox__bricks *bricks, const gox_volume *vol,
        struct gox_task *task) GOX_MUST_CHECK;
void gox__bricks_fini(struct gox__bricks *bricks);

struct gox__brick_ref {
    uint64_t key; /* slab, row of bricks, place in the row; 21 bits each */
    const struct gox__brick *brick;
};

/* The faces of one brick along an axis: 16 planes of 16 rows of 16 bits, for
 * the positive and the negative direction. */
struct gox__cell {
    const struct gox__brick *brick;
    uint16_t planes[2];        /* which planes have any face */
    uint16_t faces[2][16][16]; /* [direction][plane][row] */
    uint16_t same[16][16];     /* [plane][row]: bit i, colours i and i + 1 */
};

/* A stack of equal runs of faces that may still grow. */
struct gox__run {
    int32_t u0, u1;
    int32_t v0; /* the first row */
    gox_rgba color;
};
struct gox__runs {
    struct gox__run *items; /* sorted by u0 */
    size_t count, capacity;
    int32_t next_v; /* the row that may continue them */
};

/* Memory that a thread reuses from slab to slab. */
struct gox__mesher_scratch {
    struct gox__cell *cells;
    size_t cell_count, cell_capacity;
    struct gox__runs open[2][16];
    struct gox__runs row;
};
void gox__mesher_scratch_fini(struct gox__mesher_scratch *scratch);

/* Makes the quads of one slab; fed with its bricks row by row. */
struct gox__mesher {
    int axis;
    bool see_through, merge;
    struct gox__mesher_scratch *scratch; /* borrowed until finish */
    int32_t slab;                        /* block position along the axis */
    struct gox_mesh_quad *quads;         /* result, owned by the caller */
    size_t count, capacity;
};
int gox__mesher_begin(struct gox__mesher *mesher, int axis, bool see_through,
        bool merge, struct gox__mesher_scratch *scratch) GOX_MUST_CHECK;
/* before and after: the neighbours along the axis, NULL when empty. */
int gox__mesher_add(struct gox__mesher *mesher, const struct gox__brick *brick,
        const struct gox__brick *before,
        const struct gox__brick *after) GOX_MUST_CHECK;
int gox__mesher_end_row(struct gox__mesher *mesher) GOX_MUST_CHECK;
int gox__mesher_finish(struct gox__mesher *mesher) GOX_MUST_CHECK;

#endif
