/* SPDX-License-Identifier: Apache-2.0
 * What several groups of methods share. */
#include "daemon/api/common.h"

#include <math.h>
#include <string.h>

static void read_origin(struct gox_reader *r, struct gox_symmetry *symmetry)
{
    int32_t half[3] = {0, 0, 0};
    size_t n = 0;
    gox_reader_array(r);
    while (gox_reader_element(r)) {
        double value = gox_reader_number(r) * 2;
        if (n == 3 || value != floor(value) || fabs(value) > GOX_COORD_MAX) {
            gox_reader_fail(r, GOX_ERR_PARAMS,
                    "origin has three numbers that are multiples of 0.5");
            return;
        }
        half[n++] = (int32_t)value;
    }
    if (n < 3)
        gox_reader_fail(r, GOX_ERR_PARAMS, "origin needs three numbers");
    symmetry->origin2 = gox_pos_make(half[0], half[1], half[2]);
}

int gox_api_symmetry(
        struct gox_call *call, size_t i, struct gox_symmetry *symmetry)
{
    static const char *const names[] = {"x", "y", "z", "origin"};
    *symmetry = (struct gox_symmetry){0};
    struct gox_slice text = gox_call_slice(call, i);
    if (text.data == NULL)
        return 0;
    struct gox_reader r;
    uint64_t seen = 0;
    int field;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_object(&r);
    while ((field = gox_reader_field(&r, names, 4, &seen)) >= 0) {
        switch (field) {
        case 0:
            symmetry->x = gox_reader_bool(&r);
            break;
        case 1:
            symmetry->y = gox_reader_bool(&r);
            break;
        case 2:
            symmetry->z = gox_reader_bool(&r);
            break;
        default:
            read_origin(&r, symmetry);
            break;
        }
    }
    return gox_reader_error(&r) < 0 ? gox_call_fail_reader(call, i, &r) : 0;
}

int gox_api_read_volume(
        struct gox_call *call, size_t i, gox_volume **vol, int *layer_id)
{
    struct gox_image *img = gox_call_image(call);
    const struct gox_arg *arg = &call->args[i];
    if (!arg->is_name && arg->i == -1) {
        *layer_id = -1;
        return gox_image_composite(img, vol, &call->task, &call->err);
    }
    struct gox_layer *layer;
    int rc = gox_call_layer(call, i, &layer);
    if (rc < 0)
        return rc;
    *layer_id = layer->id;
    return gox_image_evaluate_layer(img, layer, vol, &call->task, &call->err);
}

bool gox_api_is_small(struct gox_call *call)
{
    const struct gox_image *img = gox_call_image(call);
    /* Clones and shapes have no voxels of their own but may make many. */
    for (size_t i = 0; i < img->layer_count; i++)
        if (img->layers[i]->kind != GOX_LAYER_VOXELS)
            return false;
    return gox_image_solid(img) <= GOX_API_INLINE_VOXELS;
}

int gox_api_run_or_work(struct gox_call *call)
{
    if (gox_api_is_small(call))
        return call->method->work(call);
    int rc = gox_call_take_snapshot(call);
    return rc < 0 ? rc : GOX_CALL_WORK;
}

int gox_api_commit(struct gox_call *call)
{
    int rc = gox_call_commit(call);
    if (rc < 0)
        return rc;
    gox_call_put_revision(call);
    return 0;
}

int gox_api_open_for_overwrite(
        struct gox_call *call, const char *name, bool overwrite)
{
    gox_projects *all = gox_call_projects(call);
    gox_project *project;
    size_t len = strlen(name);
    bool is_there = gox_projects_find(all, name, len) != NULL;
    if (!is_there && gox_projects_are_stored(all))
        is_there = gox_stores_has(gox_projects_stores(all), name);
    if (!is_there)
        return 0;
    if (!overwrite)
        return gox_call_fail(call, GOX_ERR_EXISTS,
                "project \"%s\" exists; open it, choose another name, or say "
                "overwrite",
                name);
    return gox_call_find_project(call, name, len, &project);
}

int gox_api_make_project(struct gox_call *call, const char *name,
        struct gox_image *own_img, bool overwrite, gox_project **project)
{
    gox_projects *all = gox_call_projects(call);
    const gox_project *old = gox_projects_find(all, name, strlen(name));
    uint64_t before = old != NULL ? gox_project_revision(old) : 0;
    int rc = gox_projects_create(
            all, name, own_img, overwrite, project, &call->err);
    if (rc < 0)
        return rc;
    if (old == NULL)
        return gox_call_hold(call, *project);
    if (gox_project_revision(*project) == before)
        return 0;
    struct gox_edit_info info = {0};
    if (!gox_history_get_edit((*project)->history, 0, &info)) {
        /* Not kept for undo, but a change all the same. */
        info.revision = gox_project_revision(*project);
        info.at_ms = (*project)->modified_ms;
    }
    gox_project *own = call->project;
    call->project = *project;
    gox_call_note_edit(call, &info, info.at_ms);
    call->project = own;
    return 0;
}

void gox_api_put_box(
        struct gox_writer *out, const char *key, struct gox_bbox box)
{
    if (gox_bbox_is_empty(box)) {
        gox_writer_null(out, key);
        return;
    }
    gox_writer_object(out, key);
    gox_writer_xyz(out, "min", box.min.x, box.min.y, box.min.z);
    gox_writer_xyz(out, "max", box.max.x - 1, box.max.y - 1, box.max.z - 1);
    gox_writer_end_object(out);
}
