/* SPDX-License-Identifier: Apache-2.0
 * Framing: a camera from which all of a box, or all voxels of a volume, fill
 * the picture but for a margin.
 *
 * A picture is bounded by four planes, and what touches them are the points
 * that lie farthest in four directions. So four numbers say all about a model,
 * and one pass over the outermost voxels of its blocks finds them.
 *
 * Invariant: nothing is nearer to a border of the picture than MARGIN of that
 * side, and in one of the two directions it is just there on both sides. */
#include "render/view_internal.h"
#include "voxel/volume.h"

#include <string.h>

#define PI          3.14159265358979323846
#define FOV_DEGREES 35.0 /* of framed perspective views */
#define MARGIN      0.06 /* of the picture, on each side */
#define FILL        (1 - 2 * MARGIN)
#define ROUNDS      8 /* to centre; each takes off two thirds of the error */

enum { RIGHT, LEFT, UP, DOWN, SIDES };

/* What is framed. Points are relative to center, which keeps them exact. */
struct subject {
    const gox_volume *vol; /* NULL: the box alone */
    double center[3], half[3];
};

/* Raises reach to what the voxels of one block have. min is its lowest corner.
 */
static void reach_rows(const uint64_t mask[64], const double min[3],
        const double dir[3], double *reach)
{
    for (unsigned row = 0; row < GOX_BLOCK_SIZE * GOX_BLOCK_SIZE; row++) {
        unsigned bits = (unsigned)(mask[row / 4] >> row % 4 * 16) & 0xffffu;
        if (bits == 0)
            continue;
        unsigned x = dir[0] > 0 ? GOX_BLOCK_SIZE : 0;
        if (dir[0] > 0)
            while ((bits >> (x - 1) & 1u) == 0)
                x--;
        else
            while ((bits >> x & 1u) == 0)
                x++;
        unsigned y = row % GOX_BLOCK_SIZE + (dir[1] > 0);
        unsigned z = row / GOX_BLOCK_SIZE + (dir[2] > 0);
        double at = (min[0] + x) * dir[0] + (min[1] + y) * dir[1] +
                    (min[2] + z) * dir[2];
        *reach = fmax(*reach, at);
    }
}

static void reach_block(const gox_block *block, const double min[3],
        double dirs[SIDES][3], double reach[SIDES])
{
    uint64_t mask[64];
    bool has_mask = false;
    for (int side = 0; side < SIDES; side++) {
        const double *dir = dirs[side];
        double bound = 0;
        for (int a = 0; a < 3; a++)
            bound += (min[a] + (dir[a] > 0 ? GOX_BLOCK_SIZE : 0)) * dir[a];
        if (bound <= reach[side])
            continue;
        if (!has_mask)
            gox_block_mask(block, mask);
        has_mask = true;
        reach_rows(mask, min, dir, &reach[side]);
    }
}

/* How far the subject goes from its center in each direction. */
static void find_reach(
        const struct subject *s, double dirs[SIDES][3], double reach[SIDES])
{
    for (int side = 0; side < SIDES; side++) {
        reach[side] = -INFINITY;
        if (s->vol == NULL)
            reach[side] = fabs(dirs[side][0]) * s->half[0] +
                          fabs(dirs[side][1]) * s->half[1] +
                          fabs(dirs[side][2]) * s->half[2];
    }
    size_t cursor = 0;
    struct gox_pos pos;
    const gox_block *block;
    while (s->vol != NULL &&
            (block = gox_volume_each_block(s->vol, &cursor, &pos)) != NULL) {
        const double min[3] = {pos.x * (double)GOX_BLOCK_SIZE - s->center[0],
                pos.y * (double)GOX_BLOCK_SIZE - s->center[1],
                pos.z * (double)GOX_BLOCK_SIZE - s->center[2]};
        reach_block(block, min, dirs, reach);
    }
}

/* The directions square to the borders of a picture whose half width and
 * height at distance 1 are slope; 0 for parallel rays. */
static void make_dirs(double dirs[SIDES][3], const struct gox__view *view,
        const double slope[2])
{
    for (int a = 0; a < 3; a++) {
        dirs[RIGHT][a] = view->right[a] - slope[0] * view->forward[a];
        dirs[LEFT][a] = -view->right[a] - slope[0] * view->forward[a];
        dirs[UP][a] = view->up[a] - slope[1] * view->forward[a];
        dirs[DOWN][a] = -view->up[a] - slope[1] * view->forward[a];
    }
}

/* Where the camera is, as seen from the center. */
struct place {
    double shift[2], distance;
};

/* Both sides of a direction touch when the camera is as far away as half of
 * both reaches over the slope. The larger of the two distances is taken; in
 * the other direction the slope is then narrowed until both sides touch as
 * well, which puts the model in the middle of the picture. */
static void place_perspective(struct place *place, const struct subject *s,
        const struct gox__view *view, const double slope[2])
{
    double narrow[2] = {slope[0], slope[1]};
    for (int round = 0; round <= ROUNDS; round++) {
        double dirs[SIDES][3];
        double reach[SIDES];
        make_dirs(dirs, view, narrow);
        find_reach(s, dirs, reach);
        const double half[2] = {(reach[RIGHT] + reach[LEFT]) * 0.5,
                (reach[UP] + reach[DOWN]) * 0.5};
        if (round == 0)
            place->distance = fmax(half[0] / slope[0], half[1] / slope[1]);
        for (int a = 0; a < 2; a++)
            narrow[a] = fmin(half[a] / place->distance, slope[a]);
        place->shift[0] = (reach[RIGHT] - reach[LEFT]) * 0.5;
        place->shift[1] = (reach[UP] - reach[DOWN]) * 0.5;
    }
}

/* Returns the height of the picture. */
static double place_ortho(struct place *place, const struct subject *s,
        const struct gox__view *view, double shape)
{
    const double slope[2] = {0, 0};
    double dirs[SIDES][3];
    double reach[SIDES];
    make_dirs(dirs, view, slope);
    find_reach(s, dirs, reach);
    place->shift[0] = (reach[RIGHT] - reach[LEFT]) * 0.5;
    place->shift[1] = (reach[UP] - reach[DOWN]) * 0.5;
    place->distance = 2 * (s->half[0] + s->half[1] + s->half[2]) + 1;
    return fmax(reach[UP] + reach[DOWN], (reach[RIGHT] + reach[LEFT]) / shape) /
           FILL;
}

static void frame(struct gox_render_camera *cam, enum gox_view preset,
        const struct subject *s, int width, int height, bool is_ortho)
{
    double shape = width > 0 && height > 0 ? (double)width / height : 1;
    struct gox__view view;
    gox__view_preset(&view, preset);
    struct place place;
    *cam = (struct gox_render_camera){.fov_degrees = 0};
    if (is_ortho) {
        cam->ortho_height = place_ortho(&place, s, &view, shape);
    } else {
        cam->fov_degrees = FOV_DEGREES;
        double sine, cosine;
        gox__view_turn(FOV_DEGREES * PI / 360, &sine, &cosine);
        double high = sine / cosine * FILL;
        const double slope[2] = {high * shape, high};
        place_perspective(&place, s, &view, slope);
    }
    for (int a = 0; a < 3; a++) {
        cam->target[a] = s->center[a] + view.right[a] * place.shift[0] +
                         view.up[a] * place.shift[1];
        cam->position[a] = cam->target[a] - view.forward[a] * place.distance;
        cam->up[a] = view.up[a];
    }
}

static struct subject make_subject(struct gox_bbox box, const gox_volume *vol)
{
    if (gox_bbox_is_empty(box))
        box = (struct gox_bbox){{0, 0, 0}, {1, 1, 1}};
    struct subject s = {.vol = vol,
            .half = {(box.max.x - box.min.x) * 0.5,
                    (box.max.y - box.min.y) * 0.5,
                    (box.max.z - box.min.z) * 0.5}};
    s.center[0] = box.min.x + s.half[0];
    s.center[1] = box.min.y + s.half[1];
    s.center[2] = box.min.z + s.half[2];
    return s;
}

void gox_render_frame(struct gox_render_camera *cam, enum gox_view view,
        struct gox_bbox box, int width, int height, bool is_ortho)
{
    const struct subject s = make_subject(box, NULL);
    frame(cam, view, &s, width, height, is_ortho);
}

void gox_render_frame_volume(struct gox_render_camera *cam, enum gox_view view,
        const gox_volume *vol, int width, int height, bool is_ortho)
{
    bool is_empty = gox_volume_is_empty(vol);
    const struct subject s =
            make_subject(gox_volume_bbox(vol), is_empty ? NULL : vol);
    frame(cam, view, &s, width, height, is_ortho);
}
