/* SPDX-License-Identifier: Apache-2.0
 * Boxes and 4x4 matrices. Boxes are computed in 64 bits so that no sum of two
 * grid coordinates can overflow; matrices are inverted in double because files
 * hold floats and a clone's source position is rounded to one voxel.
 *
 * Invariant: a result box is either non-empty or all zero. */
#include "voxel/geometry.h"

#include <math.h>

static int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

bool gox_pos_is_valid(struct gox_pos p)
{
    return p.x >= -GOX_COORD_MAX && p.x < GOX_COORD_MAX &&
           p.y >= -GOX_COORD_MAX && p.y < GOX_COORD_MAX &&
           p.z >= -GOX_COORD_MAX && p.z < GOX_COORD_MAX;
}

bool gox_bbox_is_empty(struct gox_bbox b)
{
    return b.min.x >= b.max.x || b.min.y >= b.max.y || b.min.z >= b.max.z;
}

bool gox_bbox_contains(struct gox_bbox b, struct gox_pos p)
{
    return p.x >= b.min.x && p.x < b.max.x && p.y >= b.min.y && p.y < b.max.y &&
           p.z >= b.min.z && p.z < b.max.z;
}

struct gox_bbox gox_bbox_union(struct gox_bbox a, struct gox_bbox b)
{
    if (gox_bbox_is_empty(a)) {
        if (gox_bbox_is_empty(b))
            return (struct gox_bbox){0};
        return b;
    }
    if (gox_bbox_is_empty(b))
        return a;
    return (struct gox_bbox){
            {min_i32(a.min.x, b.min.x), min_i32(a.min.y, b.min.y),
                    min_i32(a.min.z, b.min.z)},
            {max_i32(a.max.x, b.max.x), max_i32(a.max.y, b.max.y),
                    max_i32(a.max.z, b.max.z)}};
}

struct gox_bbox gox_bbox_intersect(struct gox_bbox a, struct gox_bbox b)
{
    struct gox_bbox r = {{max_i32(a.min.x, b.min.x), max_i32(a.min.y, b.min.y),
                                 max_i32(a.min.z, b.min.z)},
            {min_i32(a.max.x, b.max.x), min_i32(a.max.y, b.max.y),
                    min_i32(a.max.z, b.max.z)}};

    return gox_bbox_is_empty(r) ? (struct gox_bbox){0} : r;
}

struct gox_bbox gox_bbox_add(struct gox_bbox b, struct gox_pos p)
{
    struct gox_bbox one = {p, {p.x + 1, p.y + 1, p.z + 1}};

    return gox_bbox_union(b, one);
}

uint64_t gox_bbox_volume(struct gox_bbox b)
{
    if (gox_bbox_is_empty(b))
        return 0;
    /* Up to 2^24 a side inside the grid, so 2^72 would not fit; the result
     * stays at the largest number instead of wrapping. */
    uint64_t x = (uint64_t)((int64_t)b.max.x - b.min.x);
    uint64_t y = (uint64_t)((int64_t)b.max.y - b.min.y);
    uint64_t z = (uint64_t)((int64_t)b.max.z - b.min.z);
    uint64_t xy = x * y;
    return z > UINT64_MAX / xy ? UINT64_MAX : xy * z;
}

struct gox_bbox gox_bbox_all(void)
{
    return (struct gox_bbox){{-GOX_COORD_MAX, -GOX_COORD_MAX, -GOX_COORD_MAX},
            {GOX_COORD_MAX, GOX_COORD_MAX, GOX_COORD_MAX}};
}

struct gox_mat4 gox_mat4_identity(void)
{
    return (struct gox_mat4){{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}};
}

struct gox_mat4 gox_mat4_multiply(struct gox_mat4 a, struct gox_mat4 b)
{
    struct gox_mat4 r;

    for (int col = 0; col < 4; col++) {
        for (int row = 0; row < 4; row++) {
            double sum = 0;
            for (int k = 0; k < 4; k++)
                sum += (double)a.m[k * 4 + row] * (double)b.m[col * 4 + k];
            r.m[col * 4 + row] = (float)sum;
        }
    }
    return r;
}

bool gox_mat4_is_finite(struct gox_mat4 a)
{
    for (int i = 0; i < 16; i++) {
        if (!isfinite(a.m[i]))
            return false;
    }
    return true;
}

/* Swaps the row with the largest element of column `col` to row `col`. */
static bool pivot_rows(double rows[4][8], int col)
{
    int best = col;

    for (int r = col + 1; r < 4; r++) {
        if (fabs(rows[r][col]) > fabs(rows[best][col]))
            best = r;
    }
    if (fabs(rows[best][col]) < 1e-12)
        return false;
    for (int k = 0; k < 8 && best != col; k++) {
        double t = rows[col][k];
        rows[col][k] = rows[best][k];
        rows[best][k] = t;
    }
    return true;
}

bool gox_mat4_invert(struct gox_mat4 a, struct gox_mat4 *inverse)
{
    double rows[4][8] = {{0}};

    if (!gox_mat4_is_finite(a))
        return false;
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++)
            rows[r][c] = (double)a.m[c * 4 + r];
        rows[r][4 + r] = 1;
    }
    for (int c = 0; c < 4; c++) {
        if (!pivot_rows(rows, c))
            return false;
        double scale = 1 / rows[c][c];
        for (int k = 0; k < 8; k++)
            rows[c][k] *= scale;
        for (int r = 0; r < 4; r++) {
            double factor = rows[r][c];
            for (int k = 0; k < 8 && r != c; k++)
                rows[r][k] -= factor * rows[c][k];
        }
    }
    struct gox_mat4 result;
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++)
            result.m[c * 4 + r] = (float)rows[r][4 + c];
    }
    if (!gox_mat4_is_finite(result))
        return false;
    *inverse = result;
    return true;
}

void gox_mat4_apply(const struct gox_mat4 *a, const float p[3], float out[3])
{
    float x = p[0], y = p[1], z = p[2];

    for (int i = 0; i < 3; i++)
        out[i] = a->m[i] * x + a->m[4 + i] * y + a->m[8 + i] * z + a->m[12 + i];
}

struct gox_mat4 gox_mat4_from_bbox(struct gox_bbox b)
{
    struct gox_mat4 r = {{0}};

    r.m[15] = 1;
    if (gox_bbox_is_empty(b))
        return r;
    const int32_t lo[3] = {b.min.x, b.min.y, b.min.z};
    const int32_t hi[3] = {b.max.x, b.max.y, b.max.z};
    for (int i = 0; i < 3; i++) {
        r.m[i * 4 + i] = (float)(((double)hi[i] - lo[i]) / 2);
        r.m[12 + i] = (float)(((double)hi[i] + lo[i]) / 2);
    }
    return r;
}

static int32_t round_coord(double v)
{
    if (v <= -GOX_COORD_MAX)
        return -GOX_COORD_MAX;
    if (v >= GOX_COORD_MAX)
        return GOX_COORD_MAX;
    return (int32_t)lround(v);
}

struct gox_bbox gox_mat4_to_bbox(struct gox_mat4 a)
{
    int32_t lo[3], hi[3];

    if (!gox_mat4_is_finite(a))
        return (struct gox_bbox){0};
    for (int i = 0; i < 3; i++) {
        /* The sum covers a box whose axes a tool has rotated. */
        double half = fabs((double)a.m[i]) + fabs((double)a.m[4 + i]) +
                      fabs((double)a.m[8 + i]);
        lo[i] = round_coord((double)a.m[12 + i] - half);
        hi[i] = round_coord((double)a.m[12 + i] + half);
    }
    struct gox_bbox r = {{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}};
    return gox_bbox_is_empty(r) ? (struct gox_bbox){0} : r;
}
