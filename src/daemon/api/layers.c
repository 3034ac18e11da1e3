/* SPDX-License-Identifier: Apache-2.0
 * Methods on the layers of a project.
 *
 * Invariant: layer ids are stable; nothing here renumbers a layer. */
#include "daemon/api/common.h"
#include "daemon/api/groups.h"

#include <stdio.h>

static void put_layer_id(struct gox_call *call, int id)
{
    gox_writer_bool(call->out, "success", true);
    gox_writer_int(call->out, "layer_id", id);
}

static void put_layer(struct gox_writer *out, const struct gox_image *img,
        const struct gox_layer *layer)
{
    static const char *const kinds[] = {"voxels", "clone", "shape", "image"};
    gox_writer_object(out, NULL);
    gox_writer_int(out, "id", layer->id);
    gox_writer_string(out, "name", layer->name);
    gox_writer_bool(out, "visible", layer->is_visible);
    gox_writer_uint(out, "voxel_count", gox_volume_solid(layer->volume));
    gox_writer_bool(out, "active", gox_image_active_layer(img) == layer);
    gox_writer_bool(out, "locked", layer->is_locked);
    gox_writer_int(out, "opacity", layer->opacity);
    gox_writer_string(out, "mode", gox_blend_name(layer->blend));
    gox_writer_string(out, "kind", kinds[layer->kind]);
    if (layer->kind == GOX_LAYER_CLONE)
        gox_writer_int(out, "base_id", layer->base_id);
    if (layer->material >= 0 && (size_t)layer->material < img->material_count)
        gox_writer_string(
                out, "material", img->materials[layer->material].name);
    gox_api_put_box(out, "bbox", gox_volume_bbox(layer->volume));
    gox_writer_end_object(out);
}

static int list_layers(struct gox_call *call)
{
    const struct gox_image *img = gox_call_image(call);
    gox_writer_object(call->out, NULL);
    gox_writer_uint(call->out, "count", img->layer_count);
    gox_writer_array(call->out, "layers");
    for (size_t i = 0; i < img->layer_count; i++)
        put_layer(call->out, img, img->layers[i]);
    gox_writer_end_array(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

/* Ends an edit of the structure that was about one layer. */
static int finish_layer(struct gox_call *call, int id)
{
    gox_writer_object(call->out, NULL);
    put_layer_id(call, id);
    int rc = gox_api_commit(call);
    gox_writer_end_object(call->out);
    return rc;
}

enum { CREATE_NAME, CREATE_COLOR, CREATE_VISIBLE };
static const struct gox_param CREATE_PARAMS[] = {
        {.name = "name",
                .type = GOX_PARAM_STRING,
                .help = "name; made from the number of layers when absent"},
        {.name = "color",
                .type = GOX_PARAM_COLOR,
                .flat = "",
                .flags = GOX_PARAM_IGNORED,
                .help = "taken for old clients; a layer has no colour"},
        {.name = "visible",
                .type = GOX_PARAM_BOOL,
                .fallback = "true",
                .help = "whether it is shown"},
};

static int create_layer(struct gox_call *call)
{
    struct gox_image *img = gox_call_image(call);
    struct gox_slice name = gox_call_slice(call, CREATE_NAME);
    if (name.len >= GOX_NAME_BYTES)
        return gox_call_fail_param(call, CREATE_NAME, "up to 255 bytes",
                "name has %zu bytes, at most 255 are allowed", name.len);
    char made[32];
    snprintf(made, sizeof made, "Layer %zu", img->layer_count + 1);
    int rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "create layer");
    if (rc < 0)
        return rc;
    struct gox_layer *layer =
            gox_image_add_layer(img, name.data != NULL ? name.data : made);
    if (layer == NULL)
        return gox_call_fail(call,
                img->layer_count >= GOX_IMAGE_MAX_LAYERS ? GOX_ERR_TOO_LARGE
                                                         : GOX_ERR_NOMEM,
                "no room for another layer beside %zu", img->layer_count);
    layer->is_visible = gox_call_bool(call, CREATE_VISIBLE);
    gox_writer_object(call->out, NULL);
    put_layer_id(call, layer->id);
    gox_writer_string(call->out, "name", layer->name);
    gox_writer_bool(call->out, "visible", layer->is_visible);
    rc = gox_api_commit(call);
    gox_writer_end_object(call->out);
    return rc;
}

static const struct gox_param LAYER_PARAMS[] = {GOX_API_LAYER_PARAM};

/* The layer of parameter i, which is to go: a locked one stays. */
static int find_doomed(
        struct gox_call *call, size_t i, struct gox_layer **layer)
{
    int rc = gox_call_layer(call, i, layer);
    if (rc < 0 || !(*layer)->is_locked)
        return rc;
    return gox_call_fail(call, GOX_ERR_LOCKED,
            "layer %d (%.60s) is locked; unlock it with goxel.set_layer first",
            (*layer)->id, (*layer)->name);
}

static int delete_layer(struct gox_call *call)
{
    struct gox_image *img = gox_call_image(call);
    struct gox_layer *layer;
    int rc = find_doomed(call, 0, &layer);
    if (rc < 0)
        return rc;
    if (img->layer_count == 1)
        return gox_call_fail(call, GOX_ERR_RANGE,
                "layer %d is the only one and stays; clear it with "
                "goxel.clear_layer instead",
                layer->id);
    int id = layer->id;
    rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "delete layer");
    if (rc < 0)
        return rc;
    rc = gox_image_delete_layer(img, gox_image_layer_index(img, layer));
    if (rc < 0)
        return gox_call_fail_code(call, rc, "layer");
    return finish_layer(call, id);
}

enum { MERGE_SOURCE, MERGE_TARGET };
static const struct gox_param MERGE_PARAMS[] = {
        {.name = "source_layer_id",
                .type = GOX_PARAM_LAYER,
                .flags = GOX_PARAM_REQUIRED,
                .alias = "source",
                .help = "layer that is merged and then removed"},
        {.name = "target_layer_id",
                .type = GOX_PARAM_LAYER,
                .flags = GOX_PARAM_REQUIRED,
                .alias = "target",
                .help = "layer that receives its voxels"},
};

static int merge_layers(struct gox_call *call)
{
    struct gox_image *img = gox_call_image(call);
    struct gox_layer *source, *target;
    int rc = gox_call_edit_layer(call, MERGE_TARGET, &target);
    if (rc >= 0)
        rc = find_doomed(call, MERGE_SOURCE, &source);
    if (rc < 0)
        return rc;
    if (source == target)
        return gox_call_fail_param(call, MERGE_SOURCE, "another layer",
                "source and target are the same layer %d", source->id);
    int id = target->id;
    rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "merge layers");
    if (rc < 0)
        return rc;
    rc = gox_image_merge_layers(img, gox_image_layer_index(img, source),
            gox_image_layer_index(img, target), &call->err);
    return rc < 0 ? rc : finish_layer(call, id);
}

enum { VISIBILITY_LAYER, VISIBILITY_VISIBLE };
static const struct gox_param VISIBILITY_PARAMS[] = {
        GOX_API_LAYER_PARAM,
        {.name = "visible",
                .type = GOX_PARAM_BOOL,
                .fallback = "true",
                .help = "shown or hidden"},
};

static int set_layer_visibility(struct gox_call *call)
{
    struct gox_layer *layer;
    int rc = gox_call_layer(call, VISIBILITY_LAYER, &layer);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "set visibility");
    if (rc < 0)
        return rc;
    layer->is_visible = gox_call_bool(call, VISIBILITY_VISIBLE);
    gox_writer_object(call->out, NULL);
    put_layer_id(call, layer->id);
    gox_writer_bool(call->out, "visible", layer->is_visible);
    rc = gox_api_commit(call);
    gox_writer_end_object(call->out);
    return rc;
}

enum { RENAME_LAYER, RENAME_NAME };
static const struct gox_param RENAME_PARAMS[] = {
        GOX_API_LAYER_PARAM,
        {.name = "name",
                .type = GOX_PARAM_STRING,
                .flags = GOX_PARAM_REQUIRED,
                .alias = "new_name",
                .help = "the new name, 1 to 255 bytes"},
};

static int check_name(struct gox_call *call, size_t i)
{
    struct gox_slice name = gox_call_slice(call, i);
    if (name.data == NULL || (name.len > 0 && name.len < GOX_NAME_BYTES))
        return 0;
    return gox_call_fail_param(call, i, "1 to 255 bytes",
            "a name of %zu bytes is not possible", name.len);
}

static int rename_layer(struct gox_call *call)
{
    struct gox_layer *layer;
    struct gox_slice name = gox_call_slice(call, RENAME_NAME);
    int rc = check_name(call, RENAME_NAME);
    if (rc >= 0)
        rc = gox_call_layer(call, RENAME_LAYER, &layer);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "rename layer");
    if (rc < 0)
        return rc;
    gox_layer_set_name(layer, name.data, name.len);
    return finish_layer(call, layer->id);
}

enum { MOVE_LAYER, MOVE_INDEX };
static const struct gox_param MOVE_PARAMS[] = {
        GOX_API_LAYER_PARAM,
        {.name = "index",
                .type = GOX_PARAM_INT,
                .flags = GOX_PARAM_REQUIRED,
                .help = "new place; 0 is the bottom, -1 the top"},
};

static int move_layer(struct gox_call *call)
{
    struct gox_image *img = gox_call_image(call);
    struct gox_layer *layer;
    int rc = gox_call_layer(call, MOVE_LAYER, &layer);
    if (rc < 0)
        return rc;
    int64_t index = gox_call_int(call, MOVE_INDEX);
    if (index < 0)
        index += (int64_t)img->layer_count;
    if (index < 0 || index >= (int64_t)img->layer_count)
        return gox_call_fail_param(call, MOVE_INDEX, "a place in the list",
                "there are %zu layers, so index is 0 to %zu or negative from "
                "the top",
                img->layer_count, img->layer_count - 1);
    rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "move layer");
    if (rc < 0)
        return rc;
    rc = gox_image_move_layer(
            img, gox_image_layer_index(img, layer), (size_t)index);
    if (rc < 0)
        return gox_call_fail_code(call, rc, "layer");
    return finish_layer(call, layer->id);
}

enum { DUPLICATE_LAYER, DUPLICATE_NAME };
static const struct gox_param DUPLICATE_PARAMS[] = {
        GOX_API_LAYER_PARAM,
        {.name = "name",
                .type = GOX_PARAM_STRING,
                .help = "name of the copy; the old name with \" copy\" when "
                        "absent"},
};

static int duplicate_layer(struct gox_call *call)
{
    struct gox_image *img = gox_call_image(call);
    struct gox_layer *layer;
    struct gox_slice name = gox_call_slice(call, DUPLICATE_NAME);
    int rc = check_name(call, DUPLICATE_NAME);
    if (rc >= 0)
        rc = gox_call_layer(call, DUPLICATE_LAYER, &layer);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "duplicate layer");
    if (rc < 0)
        return rc;
    char made[GOX_NAME_BYTES + 8];
    int made_len = snprintf(made, sizeof made, "%s copy", layer->name);
    struct gox_layer *copy = gox_layer_dup(layer);
    if (copy == NULL)
        return gox_call_fail(
                call, GOX_ERR_NOMEM, "out of memory for a copy of the layer");
    copy->id = 0;
    if (name.data != NULL)
        gox_layer_set_name(copy, name.data, name.len);
    else
        gox_layer_set_name(copy, made, (size_t)made_len);
    size_t index = gox_image_layer_index(img, layer) + 1;
    rc = gox_image_put_layer(img, copy, index);
    if (rc < 0)
        return gox_call_fail_code(call, rc, "layer");
    img->active = index;
    return finish_layer(call, img->layers[index]->id);
}

static int clear_layer(struct gox_call *call)
{
    struct gox_layer *layer;
    int rc = gox_call_edit_layer(call, 0, &layer);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_VOXELS, "clear layer");
    if (rc < 0)
        return rc;
    rc = gox_volume_clear(layer->volume);
    if (rc < 0)
        return gox_call_fail_code(call, rc, "layer");
    return finish_layer(call, layer->id);
}

static int set_active_layer(struct gox_call *call)
{
    struct gox_image *img = gox_call_image(call);
    struct gox_layer *layer;
    int rc = gox_call_layer(call, 0, &layer);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "set active layer");
    if (rc < 0)
        return rc;
    img->active = gox_image_layer_index(img, layer);
    return finish_layer(call, layer->id);
}

#define BLEND_NAME(name, number, text) text,
static const char *const BLEND_NAMES[] = {GOX_BLEND_LIST(BLEND_NAME) NULL};

enum {
    SET_LAYER,
    SET_VISIBLE,
    SET_LOCKED,
    SET_OPACITY,
    SET_MODE,
    SET_MATERIAL
};
static const struct gox_param SET_PARAMS[] = {
        GOX_API_LAYER_PARAM,
        {.name = "visible", .type = GOX_PARAM_BOOL, .help = "shown or hidden"},
        {.name = "locked",
                .type = GOX_PARAM_BOOL,
                .help = "edits of a locked layer are refused"},
        {.name = "opacity",
                .type = GOX_PARAM_INT,
                .min = 0,
                .max = 255,
                .help = "255: opaque"},
        {.name = "mode",
                .type = GOX_PARAM_ENUM,
                .names = BLEND_NAMES,
                .help = "how it is merged onto the layers below"},
        {.name = "material",
                .type = GOX_PARAM_JSON,
                .help = "index or name of a material of the image, or null"},
};

static int find_material(struct gox_call *call, int *material)
{
    const struct gox_image *img = gox_call_image(call);
    struct gox_slice text = gox_call_slice(call, SET_MATERIAL);
    struct gox_reader r;
    gox_reader_init(&r, text.data, text.len, &call->err);
    *material = -1;
    if (gox_reader_peek(&r) == GOX_JSON_NULL)
        return 0;
    if (gox_reader_peek(&r) == GOX_JSON_NUMBER) {
        *material = gox_reader_i32(&r, 0, (int32_t)img->material_count - 1);
        return gox_reader_error(&r) < 0
                       ? gox_call_fail_reader(call, SET_MATERIAL, &r)
                       : 0;
    }
    struct gox_slice raw = gox_reader_skip(&r);
    if (raw.len >= 2 && raw.data[0] == '"') {
        struct gox_slice name = {raw.data + 1, raw.len - 2};
        for (size_t i = 0; i < img->material_count; i++)
            if (gox_slice_equals_json(name, img->materials[i].name)) {
                *material = (int)i;
                return 0;
            }
    }
    return gox_call_fail_param(call, SET_MATERIAL,
            "index or name of a material, or null",
            "there is no such material among the %zu of this image",
            img->material_count);
}

static int set_layer(struct gox_call *call)
{
    struct gox_layer *layer;
    int material = -1;
    int rc = gox_call_layer(call, SET_LAYER, &layer);
    if (rc >= 0 && gox_call_has(call, SET_MATERIAL))
        rc = find_material(call, &material);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_STRUCTURE, "set layer");
    if (rc < 0)
        return rc;
    if (gox_call_has(call, SET_VISIBLE))
        layer->is_visible = gox_call_bool(call, SET_VISIBLE);
    if (gox_call_has(call, SET_LOCKED))
        layer->is_locked = gox_call_bool(call, SET_LOCKED);
    if (gox_call_has(call, SET_OPACITY))
        layer->opacity = (uint8_t)gox_call_int(call, SET_OPACITY);
    if (gox_call_has(call, SET_MODE))
        layer->blend = (enum gox_blend)gox_call_enum(call, SET_MODE);
    if (gox_call_has(call, SET_MATERIAL))
        layer->material = material;
    return finish_layer(call, layer->id);
}

#define EDIT         (GOX_METHOD_EDIT | GOX_METHOD_SUB)
#define LAYER_RESULT "success:bool layer_id:int revision:int"

// clang-format off
const struct gox_method gox_api_layers[] = {
        {.name = "goxel.list_layers", .group = "layers",
         .flags = GOX_METHOD_READ | GOX_METHOD_SUB | GOX_METHOD_SAFE,
         .result = "count:int layers:array",
         .summary = "Lists the layers, bottom first.",
         .run = list_layers},
        {.name = "goxel.create_layer", .group = "layers", .flags = EDIT,
         .error = GOX_ERR_CREATE_LAYER, GOX_PARAMS(CREATE_PARAMS),
         .result = "success:bool layer_id:int name:string visible:bool revision:int",
         .summary = "Adds an empty layer on top and makes it the active one.",
         .run = create_layer},
        {.name = "goxel.delete_layer", .group = "layers", .flags = EDIT,
         .error = GOX_ERR_DELETE_LAYER, GOX_PARAMS(LAYER_PARAMS),
         .result = LAYER_RESULT,
         .summary = "Removes a layer; the last one stays.",
         .run = delete_layer},
        {.name = "goxel.merge_layers", .group = "layers", .flags = EDIT,
         .error = GOX_ERR_MERGE, GOX_PARAMS(MERGE_PARAMS),
         .result = LAYER_RESULT,
         .summary = "Merges one layer onto another by its blend mode and removes it.",
         .run = merge_layers},
        {.name = "goxel.set_layer_visibility", .group = "layers", .flags = EDIT,
         .error = GOX_ERR_VISIBILITY, GOX_PARAMS(VISIBILITY_PARAMS),
         .result = "success:bool layer_id:int visible:bool revision:int",
         .summary = "Shows or hides a layer.",
         .run = set_layer_visibility},
        {.name = "goxel.rename_layer", .group = "layers", .flags = EDIT,
         GOX_PARAMS(RENAME_PARAMS), .result = LAYER_RESULT,
         .summary = "Gives a layer another name.",
         .run = rename_layer},
        {.name = "goxel.move_layer", .group = "layers", .flags = EDIT,
         GOX_PARAMS(MOVE_PARAMS), .result = LAYER_RESULT,
         .summary = "Moves a layer to another place in the order.",
         .run = move_layer},
        {.name = "goxel.duplicate_layer", .group = "layers", .flags = EDIT,
         GOX_PARAMS(DUPLICATE_PARAMS), .result = LAYER_RESULT,
         .summary = "Copies a layer; the copy lies above it and is the active one.",
         .run = duplicate_layer},
        {.name = "goxel.clear_layer", .group = "layers", .flags = EDIT,
         GOX_PARAMS(LAYER_PARAMS), .result = LAYER_RESULT,
         .summary = "Removes all voxels of a layer.",
         .run = clear_layer},
        {.name = "goxel.set_active_layer", .group = "layers", .flags = EDIT,
         GOX_PARAMS(LAYER_PARAMS), .result = LAYER_RESULT,
         .summary = "Chooses the layer that edits go to when they name none.",
         .run = set_active_layer},
        {.name = "goxel.set_layer", .group = "layers", .flags = EDIT,
         GOX_PARAMS(SET_PARAMS), .result = LAYER_RESULT,
         .summary = "Changes properties of a layer; absent ones stay.",
         .run = set_layer},
        {.name = NULL},
};
// clang-format on
