/* SPDX-License-Identifier: Apache-2.0
 * Casting rays: from cell to cell of the tree, in the largest empty cells there
 * are. On axes where the ray runs backwards the scene is mirrored (the root is
 * a power of two wide, so that is an exclusive or), which leaves one case.
 *
 * Invariant: the stepped axis gets the exact border of the cell, the others are
 * clamped to the cell and never go back; rounding can therefore move a ray by
 * at most its own error, and cannot make it hang. */
#include "render/cast_internal.h"

#include <math.h>

/* 1 / 0 that stays a number when multiplied by 0. */
#define FAR_AWAY 1e300

static void set_up(struct gox__ray *ray, const struct gox__scene *scene,
        const double org[3], const double dir[3], int32_t lo[3])
{
    int32_t width = (int32_t)1 << 2 * (scene->root_level + 1);
    const int32_t min[3] = {
            scene->box.min.x, scene->box.min.y, scene->box.min.z};
    const int32_t max[3] = {
            scene->box.max.x, scene->box.max.y, scene->box.max.z};
    ray->scene = scene;
    ray->mirror = width - 1;
    ray->flip = 0;
    ray->steps = 0;
    for (unsigned a = 0; a < 3; a++) {
        bool back = dir[a] < 0;
        ray->flip |= back ? 3u << 2 * a : 0;
        ray->org[a] = back ? width - org[a] : org[a];
        ray->dir[a] = back ? -dir[a] : dir[a];
        ray->inv[a] = dir[a] != 0 ? 1 / ray->dir[a] : FAR_AWAY;
        if (!(ray->inv[a] < FAR_AWAY))
            ray->inv[a] = FAR_AWAY;
        lo[a] = back ? width - max[a] : min[a];
        ray->hi[a] = back ? width - min[a] : max[a];
    }
    ray->level = scene->root_level;
    ray->path[ray->level] = scene->root;
}

bool gox__ray_init(struct gox__ray *ray, const struct gox__scene *scene,
        const double org[3], const double dir[3], double t_start)
{
    if (scene->block_count == 0)
        return false;
    int32_t lo[3];
    set_up(ray, scene, org, dir, lo);
    double t0 = t_start;
    double t1 = INFINITY;
    ray->axis = -1;
    for (int a = 0; a < 3; a++) {
        if (!(ray->inv[a] < FAR_AWAY)) {
            if (ray->org[a] < lo[a] || ray->org[a] >= ray->hi[a])
                return false;
            continue;
        }
        double in = (lo[a] - ray->org[a]) * ray->inv[a];
        double out = (ray->hi[a] - ray->org[a]) * ray->inv[a];
        if (in > t0) {
            t0 = in;
            ray->axis = a;
        }
        t1 = out < t1 ? out : t1;
    }
    if (!(t0 < t1))
        return false;
    ray->t = t0;
    for (int a = 0; a < 3; a++) {
        double at = ray->org[a] + ray->dir[a] * t0;
        at = at < lo[a] ? lo[a] : at;
        ray->pos[a] = at < ray->hi[a] ? (int32_t)at : ray->hi[a] - 1;
    }
    if (ray->axis >= 0)
        ray->pos[ray->axis] = lo[ray->axis];
    return true;
}

bool gox__ray_init_at(struct gox__ray *ray, const struct gox__scene *scene,
        const double org[3], const double dir[3], const int32_t pos[3])
{
    if (scene->block_count == 0)
        return false;
    int32_t lo[3];
    set_up(ray, scene, org, dir, lo);
    bool is_inside = true;
    for (int a = 0; a < 3; a++) {
        bool back = (ray->flip >> 2 * a & 1u) != 0;
        ray->pos[a] = back ? ray->mirror - pos[a] : pos[a];
        if (ray->pos[a] >= ray->hi[a])
            return false;
        is_inside = is_inside && ray->pos[a] >= lo[a];
    }
    if (!is_inside)
        return gox__ray_init(ray, scene, org, dir, 0);
    ray->t = 0;
    ray->axis = -1;
    return true;
}

/* Where on axis a the ray is at t, kept inside from ... end - 1. */
static inline int32_t clamp_at(
        const struct gox__ray *ray, int a, double t, int32_t from, int32_t end)
{
    int32_t at = (int32_t)(ray->org[a] + ray->dir[a] * t);
    at = at > from ? at : from;
    return at < end ? at : end - 1;
}

/* Leaves the cell of 2^shift voxels around the present position. */
static inline bool step(struct gox__ray *ray, unsigned shift)
{
    int32_t *pos = ray->pos;
    int32_t x = ((pos[0] >> shift) + 1) << shift;
    int32_t y = ((pos[1] >> shift) + 1) << shift;
    int32_t z = ((pos[2] >> shift) + 1) << shift;
    double tx = (x - ray->org[0]) * ray->inv[0];
    double ty = (y - ray->org[1]) * ray->inv[1];
    double tz = (z - ray->org[2]) * ray->inv[2];
    int32_t was[3] = {pos[0], pos[1], pos[2]};
    ray->steps++;
    if (tx < ty && tx < tz) {
        ray->axis = 0;
        ray->t = tx;
        pos[0] = x;
        pos[1] = clamp_at(ray, 1, tx, pos[1], y);
        pos[2] = clamp_at(ray, 2, tx, pos[2], z);
    } else if (ty < tz) {
        ray->axis = 1;
        ray->t = ty;
        pos[0] = clamp_at(ray, 0, ty, pos[0], x);
        pos[1] = y;
        pos[2] = clamp_at(ray, 2, ty, pos[2], z);
    } else {
        ray->axis = 2;
        ray->t = tz;
        pos[0] = clamp_at(ray, 0, tz, pos[0], x);
        pos[1] = clamp_at(ray, 1, tz, pos[1], y);
        pos[2] = z;
    }
    if (pos[ray->axis] >= ray->hi[ray->axis])
        return false;
    int32_t changed = (was[0] ^ pos[0]) | (was[1] ^ pos[1]) | (was[2] ^ pos[2]);
    while (changed >> 2 * (ray->level + 1) != 0)
        ray->level++;
    return true;
}

/* The mask of the cell that the path ends in. */
static inline uint64_t get_mask(const struct gox__ray *ray)
{
    const struct gox__scene *scene = ray->scene;
    uint32_t index = ray->path[ray->level];
    if (ray->level == 0)
        return scene->bricks[index];
    return ray->level == 1 ? scene->blocks[index].mask
                           : scene->nodes[index].mask;
}

static inline void descend(struct gox__ray *ray, unsigned digit)
{
    const struct gox__scene *scene = ray->scene;
    uint32_t index = ray->path[ray->level];
    ray->level--;
    if (ray->level == 0) {
        const struct gox__scene_block *block = &scene->blocks[index];
        ray->path[0] = block->brick + block->rank[digit];
        return;
    }
    const struct gox__scene_node *node = &scene->nodes[index];
    ray->path[ray->level] = node->child + gox__scene_rank(node->mask, digit);
}

/* The bits of a group of 2x2x2 cells, seen from its lowest. */
#define GROUP_BITS  UINT64_C(0x00330033)
#define GROUP_DIGIT 0x2au

bool gox__ray_next(struct gox__ray *ray)
{
    ray->steps = 0;
    for (;;) {
        uint64_t mask = get_mask(ray);
        unsigned shift = 2u * (unsigned)ray->level;
        unsigned digit =
                gox__scene_digit(ray->pos[0], ray->pos[1], ray->pos[2], shift) ^
                ray->flip;
        if (mask >> digit & 1u) {
            if (ray->level == 0)
                return true;
            descend(ray, digit);
            continue;
        }
        if ((mask >> (digit & GROUP_DIGIT) & GROUP_BITS) == 0)
            shift++;
        if (!step(ray, shift))
            return false;
    }
}

bool gox__ray_leave(struct gox__ray *ray)
{
    return step(ray, 0);
}

void gox__ray_pos(const struct gox__ray *ray, int32_t pos[3])
{
    for (int a = 0; a < 3; a++) {
        bool back = (ray->flip >> 2 * a & 1u) != 0;
        pos[a] = back ? ray->mirror - ray->pos[a] : ray->pos[a];
    }
}

gox_rgba gox__ray_color(const struct gox__ray *ray)
{
    int32_t pos[3];
    gox__ray_pos(ray, pos);
    return gox_block_get(gox__ray_block(ray)->colors,
            gox_block_index((unsigned)pos[0] & 15u, (unsigned)pos[1] & 15u,
                    (unsigned)pos[2] & 15u));
}
