/* SPDX-License-Identifier: Apache-2.0
 * Running an edit on the loop or on a worker. */
#include "daemon/api/job.h"

static int apply(struct gox_call *call, struct gox_job *job)
{
    struct gox_layer *layer;
    int rc = gox_call_edit_layer(call, job->layer_param, &layer);
    if (rc < 0)
        return rc;
    job->layer_id = layer->id;
    rc = job->apply(call, layer, job);
    if (rc < 0 && call->err.code == 0)
        return gox_call_fail_code(call, rc, job->label);
    return rc < 0 ? rc : 0;
}

static int write_result(struct gox_call *call, const struct gox_job *job)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    job->put(call, job);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

int gox_job_start(
        struct gox_call *call, const struct gox_job *setup, uint64_t voxels)
{
    struct gox_layer *layer;
    int rc = gox_call_edit_layer(call, setup->layer_param, &layer);
    if (rc < 0)
        return rc;
    struct gox_job *job = gox_call_alloc(call, sizeof *job);
    if (job == NULL)
        return gox_call_fail(
                call, GOX_ERR_NOMEM, "out of memory; nothing was changed");
    *job = *setup;
    call->state = job;
    if (voxels > GOX_API_INLINE_VOXELS) {
        rc = gox_call_take_snapshot(call);
        return rc < 0 ? rc : GOX_CALL_WORK;
    }
    rc = gox_call_begin(call, GOX_EDIT_VOXELS, job->label);
    if (rc >= 0)
        rc = apply(call, job);
    if (rc >= 0)
        rc = gox_call_commit(call);
    return rc < 0 ? rc : write_result(call, job);
}

int gox_job_work(struct gox_call *call)
{
    return apply(call, call->state);
}

int gox_job_finish(struct gox_call *call)
{
    struct gox_job *job = call->state;
    int rc = gox_call_put_snapshot(call, job->label);
    return rc < 0 ? rc : write_result(call, job);
}

void gox_job_drop(struct gox_call *call)
{
    struct gox_job *job = call->state;
    gox_volume_free(job->volume);
}

uint64_t gox_job_layer_solid(struct gox_call *call, size_t i)
{
    struct gox_layer *layer;
    if (gox_call_layer(call, i, &layer) < 0)
        return 0; /* gox_job_start reports it */
    return gox_volume_solid(layer->volume);
}
