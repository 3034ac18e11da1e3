/* SPDX-License-Identifier: Apache-2.0
 * A plain array of colours, to compare volumes with: what a test expects is
 * made in one of these, voxel by voxel. */
#ifndef GOX_TESTS_VOXEL_GRID_H
#define GOX_TESTS_VOXEL_GRID_H

#include "gox_test.h"
#include "voxel/volume.h"

struct grid {
    struct gox_bbox box;
    gox_rgba *at;
};

static inline size_t grid_index(const struct grid *g, struct gox_pos p)
{
    size_t w = (size_t)(g->box.max.x - g->box.min.x);
    size_t h = (size_t)(g->box.max.y - g->box.min.y);

    return (size_t)(p.x - g->box.min.x) +
           w * ((size_t)(p.y - g->box.min.y) +
                       h * (size_t)(p.z - g->box.min.z));
}

static inline struct grid grid_new(struct gox_bbox box)
{
    struct grid g = {box, NULL};

    g.at = calloc((size_t)gox_bbox_volume(box), sizeof(g.at[0]));
    assert_non_null(g.at);
    return g;
}

/* The box from -half to half on all sides. */
static inline struct grid grid_around(int half)
{
    struct gox_bbox box = {{-half, -half, -half}, {half, half, half}};

    return grid_new(box);
}

static inline void grid_free(struct grid *g)
{
    free(g->at);
    g->at = NULL;
}

static inline gox_rgba grid_get(const struct grid *g, struct gox_pos p)
{
    return gox_bbox_contains(g->box, p) ? g->at[grid_index(g, p)] : 0;
}

static inline void grid_set(struct grid *g, struct gox_pos p, gox_rgba c)
{
    if (gox_bbox_contains(g->box, p))
        g->at[grid_index(g, p)] = c;
}

/* Calls the loop body for each position p of a box. */
#define GRID_EACH(p, b)                                                        \
    for (struct gox_pos p = (b).min; p.z < (b).max.z;                          \
            p.x + 1 < (b).max.x                                                \
                    ? (void)p.x++                                              \
                    : (void)(p.x = (b).min.x,                                  \
                      p.y + 1 < (b).max.y ? (void)p.y++                        \
                                          : (void)(p.y = (b).min.y, p.z++)))

/* What is in the volume, which must be inside the grid's box. */
static inline void grid_read(struct grid *g, const gox_volume *vol)
{
    struct gox_cursor cursor;

    gox_cursor_init(&cursor, vol);
    GRID_EACH(p, g->box)
    {
        grid_set(g, p, gox_cursor_get(&cursor, p));
    }
}

static inline uint64_t grid_count(const struct grid *g)
{
    uint64_t n = 0;

    GRID_EACH(p, g->box)
    {
        n += grid_get(g, p) != 0;
    }
    return n;
}

/* Fails unless the volume holds exactly the voxels of the grid. */
static inline void grid_assert(
        const struct grid *g, const gox_volume *vol, const char *what)
{
    struct gox_cursor cursor;
    uint64_t solid = 0;

    assert_true(gox_volume_is_sane(vol));
    gox_cursor_init(&cursor, vol);
    GRID_EACH(p, g->box)
    {
        gox_rgba want = grid_get(g, p), got = gox_cursor_get(&cursor, p);
        solid += want != 0;
        if (want != got)
            fail_msg("%s: voxel %d %d %d is %08x, not %08x", what, p.x, p.y,
                    p.z, got, want);
    }
    if (gox_volume_solid(vol) != solid)
        fail_msg("%s: %llu voxels, not %llu", what,
                (unsigned long long)gox_volume_solid(vol),
                (unsigned long long)solid);
}

#endif
