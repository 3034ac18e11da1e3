/* SPDX-License-Identifier: Apache-2.0
 * Shape layers: a sphere, cube or cylinder that fills the box of a matrix
 * (axes are half-extents, translation is the centre), tested at voxel centres
 * in the box's own frame, where the box is -1 ... 1 on each axis.
 *
 * Invariant: no voxel outside the bounds is made. */
#include "base/alloc.h"
#include "voxel/image_internal.h"

#include <math.h>

/* A larger side is a damaged matrix rather than a model: 4096^3 voxels. */
#define MAX_SIDE 4096

struct shape_job {
    enum gox_layer_shape shape;
    gox_rgba color;
    double inv[3][4]; /* rows: local = inv * (p, 1) */
    struct gox_bbox box;
};

static bool is_inside(const struct shape_job *job, const double p[3])
{
    switch (job->shape) {
    case GOX_LAYER_SHAPE_CUBE:
        return p[0] >= -1 && p[0] < 1 && p[1] >= -1 && p[1] < 1 && p[2] >= -1 &&
               p[2] < 1;
    case GOX_LAYER_SHAPE_CYLINDER:
        return fabs(p[2]) <= 1 && p[0] * p[0] + p[1] * p[1] <= 1;
    case GOX_LAYER_SHAPE_SPHERE:
        break;
    }
    return p[0] * p[0] + p[1] * p[1] + p[2] * p[2] <= 1;
}

static void make_block(const struct shape_job *job, struct gox_pos origin,
        gox_rgba colors[GOX_BLOCK_VOXELS])
{
    for (int i = 0; i < GOX_BLOCK_VOXELS; i++) {
        struct gox_pos p = {origin.x + (i & 15), origin.y + (i >> 4 & 15),
                origin.z + (i >> 8)};
        double local[3];
        for (int k = 0; k < 3; k++)
            local[k] = job->inv[k][0] * (p.x + 0.5) +
                       job->inv[k][1] * (p.y + 0.5) +
                       job->inv[k][2] * (p.z + 0.5) + job->inv[k][3];
        bool is_set = gox_bbox_contains(job->box, p) && is_inside(job, local);
        colors[i] = is_set ? job->color : 0;
    }
}

static int make_all(const struct shape_job *job, gox_volume *vol,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_pos lo = {
            job->box.min.x >> 4, job->box.min.y >> 4, job->box.min.z >> 4};
    struct gox_pos hi = {(job->box.max.x - 1) >> 4, (job->box.max.y - 1) >> 4,
            (job->box.max.z - 1) >> 4};
    gox_rgba colors[GOX_BLOCK_VOXELS];

    for (int32_t z = lo.z; z <= hi.z; z++) {
        for (int32_t y = lo.y; y <= hi.y; y++) {
            int rc = gox_task_check(task, err);
            for (int32_t x = lo.x; rc == 0 && x <= hi.x; x++) {
                make_block(job, gox_pos_make(x * 16, y * 16, z * 16), colors);
                rc = gox_volume_set_block(vol, gox_pos_make(x, y, z), colors);
                if (rc < 0)
                    gox_error_set(err, rc,
                            "cannot evaluate a shape: %s; try again",
                            gox_error_text(rc));
            }
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* The inverse in double, straight from the floats: a float inverse would move
 * voxels at the border. false when the matrix is flat. */
static bool invert_rows(const struct gox_mat4 *mat, double rows[3][4])
{
    double c[3][3]; /* c[k]: axis k */
    double t[3] = {(double)mat->m[12], (double)mat->m[13], (double)mat->m[14]};

    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 3; i++)
            c[k][i] = (double)mat->m[k * 4 + i];
    }
    /* Row k of the inverse is the cross product of the other two axes over the
     * determinant. */
    for (int k = 0; k < 3; k++) {
        const double *u = c[(k + 1) % 3], *v = c[(k + 2) % 3];
        double n[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                u[0] * v[1] - u[1] * v[0]};
        double det = n[0] * c[k][0] + n[1] * c[k][1] + n[2] * c[k][2];
        if (fabs(det) < 1e-9)
            return false;
        for (int i = 0; i < 3; i++)
            rows[k][i] = n[i] / det;
        rows[k][3] =
                -(rows[k][0] * t[0] + rows[k][1] * t[1] + rows[k][2] * t[2]);
    }
    return true;
}

int gox__shape_evaluate(const struct gox_layer *layer, struct gox_bbox bounds,
        gox_volume **result, struct gox_task *task, struct gox_error *err)
{
    struct shape_job job = {.shape = layer->shape, .color = layer->shape_color};
    gox_volume *vol = gox_volume_new();
    int rc = 0;

    if (vol == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM,
                "cannot evaluate a shape: out of memory; try again");
    job.box = gox_bbox_intersect(gox_mat4_to_bbox(layer->mat),
            gox_bbox_is_empty(bounds) ? gox_bbox_all() : bounds);
    bool is_empty = gox_rgba_a(job.color) == 0 || gox_bbox_is_empty(job.box) ||
                    !invert_rows(&layer->mat, job.inv);
    int32_t side_x = job.box.max.x - job.box.min.x;
    int32_t side_y = job.box.max.y - job.box.min.y;
    int32_t side_z = job.box.max.z - job.box.min.z;
    if (is_empty)
        rc = 0;
    else if (side_x > MAX_SIDE || side_y > MAX_SIDE || side_z > MAX_SIDE)
        rc = gox_error_set(err, GOX_ERR_TOO_LARGE,
                "shape layer '%.80s' is larger than %d voxels a side; set the "
                "image box or make it smaller",
                layer->name, MAX_SIDE);
    else
        rc = make_all(&job, vol, task, err);
    if (rc < 0) {
        gox_volume_free(vol);
        return rc;
    }
    *result = vol;
    return 0;
}
