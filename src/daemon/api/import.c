/* SPDX-License-Identifier: Apache-2.0
 * goxel.import: the voxels of a file into the project, as new layers or into
 * one. The worker reads and pastes into a snapshot, which becomes the project.
 *
 * Invariant: a file that cannot be read or pasted leaves the project. */
#include "daemon/api/common.h"
#include "daemon/api/files_internal.h"

enum {
    IMPORT_PATH,
    IMPORT_FORMAT,
    IMPORT_LAYER,
    IMPORT_OFFSET,
    IMPORT_OPTIONS
};
_Static_assert(
        IMPORT_OPTIONS + 1 == GOX__IMPORT_PARAM_COUNT, "each has its name");

// clang-format off
const struct gox_param gox__import_params[GOX__IMPORT_PARAM_COUNT] = {
        {.name = "path", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "file to read"},
        {.name = "format", .type = GOX_PARAM_STRING,
         .help = "name of a format, instead of looking at the content"},
        {.name = "layer", .type = GOX_PARAM_STRING,
         .help = "puts all voxels into the layer of this name, made when there "
                 "is none; absent: the file's layers become new layers"},
        {.name = "offset", .type = GOX_PARAM_POINT, .flat = "",
         .fallback = "[0,0,0]", .help = "moves the voxels"},
        {.name = "options", .type = GOX_PARAM_OBJECT, .help = GOX__FILE_READ_OPTIONS},
};
// clang-format on

int gox__import_start(struct gox_call *call)
{
    struct gox__file_job *job;
    int rc = gox__file_job_start(call, gox_call_str(call, IMPORT_PATH), &job);
    if (rc >= 0)
        rc = gox__file_read_format(call, IMPORT_FORMAT, &job->format);
    if (rc >= 0)
        rc = gox_api_format_options(call, IMPORT_OPTIONS, &job->opts);
    if (rc >= 0)
        rc = gox_call_take_snapshot(call);
    return rc < 0 ? rc : GOX_CALL_WORK;
}

static int paste_at_offset(struct gox_call *call, gox_volume *vol,
        const gox_volume *from, uint64_t *clipped)
{
    struct gox_modifier mod;
    gox_modifier_init(&mod, GOX_MODE_ADD, 0);
    int rc = gox_edit_paste(vol, from, gox_call_point(call, IMPORT_OFFSET),
            &mod, NULL, clipped, &call->task);
    return rc < 0 ? gox_call_fail_code(call, rc, "file") : 0;
}

/* All voxels into one layer. */
static int import_merged(struct gox_call *call, struct gox__file_job *job)
{
    struct gox_slice name = gox_call_slice(call, IMPORT_LAYER);
    struct gox_image *img = call->snapshot;
    struct gox_layer *layer =
            gox_image_find_layer_name(img, name.data, name.len);
    if (layer == NULL)
        layer = gox_image_add_layer(img, name.data);
    if (layer == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    if (layer->is_locked || layer->kind != GOX_LAYER_VOXELS)
        return gox_call_fail(call, GOX_ERR_LOCKED,
                "layer \"%s\" is locked or holds no voxels of its own",
                layer->name);
    gox_volume *vol = NULL;
    int rc = gox_image_composite(job->image, &vol, &call->task, &call->err);
    if (rc >= 0)
        rc = paste_at_offset(call, layer->volume, vol, &job->report.clipped);
    gox_volume_free(vol);
    return rc;
}

/* Each layer as a new voxel layer; clones and shapes become voxels, because
 * what they refer to does not come along. */
static int import_layers(struct gox_call *call, struct gox__file_job *job)
{
    for (size_t i = 0; i < job->image->layer_count; i++) {
        const struct gox_layer *from = job->image->layers[i];
        struct gox_layer *to = gox_image_add_layer(call->snapshot, from->name);
        gox_volume *vol = NULL;
        uint64_t clipped = 0;
        if (to == NULL)
            return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
        to->is_visible = from->is_visible;
        to->opacity = from->opacity;
        to->blend = from->blend;
        int rc = gox_image_evaluate_layer(
                job->image, from, &vol, &call->task, &call->err);
        if (rc >= 0)
            rc = paste_at_offset(call, to->volume, vol, &clipped);
        gox_volume_free(vol);
        if (rc < 0)
            return rc;
        job->report.clipped += clipped;
    }
    return 0;
}

int gox__import_work(struct gox_call *call)
{
    struct gox__file_job *job = call->state;
    int rc = gox__file_read(call);
    if (rc < 0)
        return rc;
    return gox_call_has(call, IMPORT_LAYER) ? import_merged(call, job)
                                            : import_layers(call, job);
}

int gox__import_finish(struct gox_call *call)
{
    const struct gox__file_job *job = call->state;
    int rc = gox_call_put_snapshot(call, "import");
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "path", gox_call_full_path(call, job->path));
    gox_writer_uint(call->out, "layers",
            gox_call_has(call, IMPORT_LAYER) ? 1 : job->image->layer_count);
    gox_writer_uint(call->out, "voxels", job->report.voxels);
    gox_writer_uint(call->out, "clipped", job->report.clipped);
    if (job->report.note[0] != '\0')
        gox_writer_string(call->out, "note", job->report.note);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}
