/* SPDX-License-Identifier: Apache-2.0
 * An edit of one layer's voxels that may be large: done at once on the loop, or
 * on a snapshot on a worker, by the same function.
 *
 * Invariant: either way it is one step of history, whole or not at all. */
#ifndef GOX_DAEMON_API_JOB_H
#define GOX_DAEMON_API_JOB_H

#include "daemon/api/common.h"

struct gox_job {
    const char *label; /* for history and messages */
    size_t layer_param;
    /* Changes layer->volume; 0 or an error (a bare code is explained). */
    int (*apply)(struct gox_call *call, struct gox_layer *layer,
            struct gox_job *job);
    /* Writes the members of the result after success and revision are known. */
    void (*put)(struct gox_call *call, const struct gox_job *job);
    int layer_id;
    uint64_t voxels, clipped; /* set by apply */
    struct gox_modifier mod;
    union {
        struct gox_shape_spec shape;
        struct gox_transform transform;
        struct gox_pos pos;
        struct gox_bbox box;
    };
    struct gox_bbox region;
    struct gox_pos point;
    int tolerance, number;
    enum gox_face face;
    const char *name;
    gox_rgba from;
    uint64_t max;
    gox_volume *volume; /* owned by the job; NULL when it needs none */
};

/* In `run`: starts a job that may touch about `voxels` voxels. */
int gox_job_start(struct gox_call *call, const struct gox_job *setup,
        uint64_t voxels) GOX_MUST_CHECK;

/* The `work`, `finish` and `drop` of methods that call gox_job_start. */
int gox_job_work(struct gox_call *call);
int gox_job_finish(struct gox_call *call);
void gox_job_drop(struct gox_call *call);

/* Voxels in the layer that parameter i names; 0 when it names none. */
uint64_t gox_job_layer_solid(struct gox_call *call, size_t i);

#endif
