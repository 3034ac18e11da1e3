/* SPDX-License-Identifier: Apache-2.0
 * Moving the voxels of a clone by its matrix. As in the editor each target
 * voxel p takes the source voxel at round(inverse(mat) * p), halves away from
 * zero, p being the voxel's lowest corner: exact for whole moves and quarter
 * turns, lossy for scaling.
 *
 * Target blocks are found from source blocks, so that the cost follows the
 * number of blocks and not the distance between them. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/image_internal.h"

#include <math.h>

/* A matrix that scales one block up to more than this is refused. */
#define MAX_TARGET_BLOCKS (UINT64_C(1) << 22)

struct move_job {
    struct gox_mat4 mat, inv;
    bool is_whole; /* then whole[] holds inv */
    int64_t whole[16];
    struct gox_cursor source;
    gox_volume *target;
    gox_volume *done; /* holds `mark` where a target block was made */
    gox_block *mark;
};

/* A whole translation that keeps blocks whole: in blocks. */
static bool is_block_move(const struct gox_mat4 *mat, struct gox_pos *blocks)
{
    struct gox_mat4 id = gox_mat4_identity();
    int32_t t[3];

    for (int i = 0; i < 12; i++) {
        if (mat->m[i] != id.m[i])
            return false;
    }
    for (int i = 0; i < 3; i++) {
        float v = mat->m[12 + i] / GOX_BLOCK_SIZE;
        if (!(fabsf(v) < 2 * GOX_COORD_MAX) || v != floorf(v))
            return false;
        t[i] = (int32_t)v;
    }
    *blocks = gox_pos_make(t[0], t[1], t[2]);
    return true;
}

static int move_blocks(
        const gox_volume *src, struct gox_pos by, gox_volume *target)
{
    size_t i = 0;
    struct gox_pos p;
    int rc = 0;
    const gox_block *b;

    while (rc == 0 && (b = gox_volume_each_block(src, &i, &p)) != NULL) {
        rc = gox_volume_put_block(target,
                gox_pos_make(p.x + by.x, p.y + by.y, p.z + by.z),
                gox__block_share(b));
        /* Outside the grid there is nothing. */
        if (rc == GOX_ERR_RANGE)
            rc = 0;
    }
    return rc;
}

static int32_t to_block(double v)
{
    const double max = GOX_COORD_MAX;

    v = v < -max ? -max : v > max - 1 ? max - 1 : v;
    return (int32_t)floor(v) >> GOX_BLOCK_SHIFT;
}

/* The target blocks that a source block may reach, max exclusive. A voxel at p
 * covers p - 1/2 ... p + 1/2 before rounding; one voxel more on each side
 * stands for the rounding of floats. */
static struct gox_bbox reach(const struct gox_mat4 *m, struct gox_pos block)
{
    const double lo[3] = {
            block.x * 16.0 - 0.5, block.y * 16.0 - 0.5, block.z * 16.0 - 0.5};
    int32_t from[3], to[3];

    for (int i = 0; i < 3; i++) {
        double min = (double)m->m[12 + i], max = min;
        for (int k = 0; k < 3; k++) {
            double a = (double)m->m[k * 4 + i] * lo[k];
            double b = (double)m->m[k * 4 + i] * (lo[k] + 16);
            min += a < b ? a : b;
            max += a < b ? b : a;
        }
        from[i] = to_block(min - 1);
        to[i] = to_block(max + 1) + 1;
    }
    return (struct gox_bbox){
            {from[0], from[1], from[2]}, {to[0], to[1], to[2]}};
}

static int32_t round_source(double v)
{
    /* Far outside the grid is empty anyway; the bound keeps lround defined. */
    if (!(v > -2.0 * GOX_COORD_MAX && v < 2.0 * GOX_COORD_MAX))
        return 2 * GOX_COORD_MAX;
    return (int32_t)lround(v);
}

/* Quarter turns, mirrors and whole moves: sources are whole numbers, found by
 * adding; nothing has to be rounded. */
static void gather_whole(
        struct move_job *job, struct gox_pos block, gox_rgba *colors)
{
    const int64_t max = GOX_COORD_MAX;
    const int64_t *m = job->whole;

    for (int row = 0; row < 256; row++) {
        int64_t y = block.y * 16 + (row & 15), z = block.z * 16 + (row >> 4);
        int64_t s[3];
        for (int k = 0; k < 3; k++)
            s[k] = m[k] * (block.x * 16) + m[4 + k] * y + m[8 + k] * z +
                   m[12 + k];
        for (int x = 0; x < 16; x++) {
            bool is_valid = s[0] >= -max && s[0] < max && s[1] >= -max &&
                            s[1] < max && s[2] >= -max && s[2] < max;
            gox_rgba c = 0;
            if (is_valid)
                c = gox_cursor_get(
                        &job->source, gox_pos_make((int32_t)s[0], (int32_t)s[1],
                                              (int32_t)s[2]));
            *colors++ = c;
            for (int k = 0; k < 3; k++)
                s[k] += m[k];
        }
    }
}

static void gather_rounded(
        struct move_job *job, struct gox_pos block, gox_rgba *colors)
{
    const float *m = job->inv.m;

    for (int i = 0; i < GOX_BLOCK_VOXELS; i++) {
        double x = block.x * 16 + (i & 15);
        double y = block.y * 16 + (i >> 4 & 15);
        double z = block.z * 16 + (i >> 8);
        int32_t s[3];
        for (int k = 0; k < 3; k++)
            s[k] = round_source((double)m[k] * x + (double)m[4 + k] * y +
                                (double)m[8 + k] * z + (double)m[12 + k]);
        colors[i] =
                gox_cursor_get(&job->source, gox_pos_make(s[0], s[1], s[2]));
    }
}

static int make_target(struct move_job *job, struct gox_pos block)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];

    if (job->is_whole)
        gather_whole(job, block, colors);
    else
        gather_rounded(job, block, colors);
    return gox_volume_set_block(job->target, block, colors);
}

/* Whether the inverse has whole numbers only, small enough to add up. */
static bool take_whole(struct move_job *job)
{
    for (int i = 0; i < 16; i++) {
        float v = job->inv.m[i];
        if (v != floorf(v) || fabsf(v) > 8 * GOX_COORD_MAX)
            return false;
        job->whole[i] = (int64_t)v;
    }
    return true;
}

static int make_once(struct move_job *job, struct gox_pos block)
{
    if (gox_volume_peek_block(job->done, block) != NULL)
        return 0;
    int rc = gox_volume_put_block(job->done, block, gox_block_ref(job->mark));
    if (rc == 0)
        rc = make_target(job, block);
    return rc;
}

static int make_reach(
        struct move_job *job, struct gox_bbox box, struct gox_task *task)
{
    int rc = 0;

    if (gox_bbox_volume(box) > MAX_TARGET_BLOCKS)
        return GOX_ERR_TOO_LARGE;
    for (int32_t z = box.min.z; z < box.max.z; z++) {
        for (int32_t y = box.min.y; y < box.max.y; y++) {
            rc = gox_task_check(task, NULL);
            for (int32_t x = box.min.x; rc == 0 && x < box.max.x; x++)
                rc = make_once(job, gox_pos_make(x, y, z));
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int resample(
        struct move_job *job, const gox_volume *src, struct gox_task *task)
{
    size_t i = 0;
    struct gox_pos p;
    int rc = 0;

    job->done = gox_volume_new();
    job->mark = gox_block_new_uniform(gox_rgba_make(0, 0, 0, 255));
    if (job->done == NULL || job->mark == NULL)
        rc = GOX_ERR_NOMEM;
    while (rc == 0 && gox_volume_each_block(src, &i, &p) != NULL) {
        rc = make_reach(job, reach(&job->mat, p), task);
        if (gox_volume_block_count(job->done) > MAX_TARGET_BLOCKS)
            rc = GOX_ERR_TOO_LARGE;
    }
    gox_volume_free(job->done);
    gox_block_unref(job->mark);
    return rc;
}

int gox__volume_transform(const gox_volume *src, const struct gox_mat4 *mat,
        gox_volume **result, struct gox_task *task, struct gox_error *err)
{
    struct move_job job = {.mat = *mat};
    struct gox_pos blocks;
    int rc = 0;

    job.target = gox_volume_new();
    if (job.target == NULL)
        rc = GOX_ERR_NOMEM;
    else if (is_block_move(mat, &blocks))
        rc = move_blocks(src, blocks, job.target);
    else if (gox_mat4_invert(*mat, &job.inv)) {
        gox_cursor_init(&job.source, src);
        job.is_whole = take_whole(&job);
        rc = resample(&job, src, task);
    }
    if (rc < 0) {
        gox_volume_free(job.target);
        return gox_error_set(err, rc, "cannot move the voxels of a clone: %s",
                gox_error_text(rc));
    }
    *result = job.target;
    return 0;
}
