/* SPDX-License-Identifier: Apache-2.0
 * What rays are cast at: a tree with 4x4x4 children per node over the blocks of
 * a volume, built for one picture. Empty space of any size is one missing bit,
 * so that two voxels at opposite ends of the grid cost a dozen nodes.
 *
 * Levels: 0 is a brick of 4^3 voxels (one 64-bit mask), 1 a block of 4^3
 * bricks, n a node of 4^3 nodes of level n - 1. A cell of level n is
 * 4^n voxels wide. Bit x + 4*y + 16*z of a mask is the child at x, y, z.
 *
 * Invariant: read-only once built; it borrows the volume's blocks. Positions
 * are relative to origin, which is a multiple of 16, and never negative. */
#ifndef GOX_RENDER_SCENE_INTERNAL_H
#define GOX_RENDER_SCENE_INTERNAL_H

#include "base/task.h"
#include "voxel/volume.h"

#define GOX__SCENE_LEVELS 12 /* 4^12 voxels: the whole grid */

struct gox__scene_node {
    uint64_t mask;
    uint32_t child; /* index of the first child; the others follow in order */
};

struct gox__scene_block {
    const gox_block *colors; /* borrowed from the volume */
    uint64_t mask;
    uint32_t brick;       /* index of the first brick */
    bool has_translucent; /* some voxel has alpha 1 ... 254 */
    uint8_t rank[64];     /* bricks before this one; saves a bit count */
};

struct gox__scene {
    struct gox_pos origin; /* what scene position 0, 0, 0 is in the volume */
    struct gox_bbox box;   /* of all voxels, relative to origin */
    int root_level;        /* 1: the root is block 0 */
    uint32_t root;         /* index of the root among nodes or blocks */
    struct gox__scene_block *blocks;
    struct gox__scene_node *nodes;
    uint64_t *bricks;
    size_t block_count, node_count, brick_count;
};

/* An empty volume gives a scene without blocks, which no ray hits. 0,
 * GOX_ERR_NOMEM, GOX_ERR_TOO_LARGE, GOX_ERR_CANCELLED; after a failure there
 * is nothing to fini. */
int gox__scene_init(struct gox__scene *scene, const gox_volume *vol,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;
void gox__scene_fini(struct gox__scene *scene);
size_t gox__scene_bytes(const struct gox__scene *scene);

static inline unsigned gox__scene_digit(
        int32_t x, int32_t y, int32_t z, unsigned shift)
{
    return ((unsigned)x >> shift & 3u) | ((unsigned)y >> shift & 3u) << 2 |
           ((unsigned)z >> shift & 3u) << 4;
}

/* Bits of mask below `digit`. */
static inline uint32_t gox__scene_rank(uint64_t mask, unsigned digit)
{
    uint64_t v = mask & ((UINT64_C(1) << digit) - 1);
    v -= v >> 1 & UINT64_C(0x5555555555555555);
    v = (v & UINT64_C(0x3333333333333333)) +
        (v >> 2 & UINT64_C(0x3333333333333333));
    v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(v * UINT64_C(0x0101010101010101) >> 56);
}

/* Asks for single voxels near each other: remembers the last block. */
struct gox__probe {
    const struct gox__scene *scene;
    int32_t x, y, z;                      /* block position */
    const struct gox__scene_block *block; /* NULL: empty */
};
void gox__probe_init(struct gox__probe *probe, const struct gox__scene *scene);

/* Whether there is a voxel that no light passes (alpha 255). */
bool gox__probe_is_opaque(
        struct gox__probe *probe, int32_t x, int32_t y, int32_t z);

#endif
