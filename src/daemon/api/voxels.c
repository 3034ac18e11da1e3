/* SPDX-License-Identifier: Apache-2.0
 * Methods on single voxels and lists of voxels.
 *
 * Invariant: a list is read whole and checked before the first voxel changes.
 */
#include "base/alloc.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "rpc/params.h"

enum { ADD_POSITION, ADD_COLOR, ADD_LAYER, ADD_SYMMETRY };
static const struct gox_param ADD_PARAMS[] = {
        GOX_API_POSITION_PARAM,
        GOX_API_COLOR_PARAM,
        GOX_API_LAYER_PARAM,
        GOX_API_SYMMETRY_PARAM,
};

static void put_position(struct gox_writer *out, struct gox_pos pos)
{
    gox_writer_int(out, "x", pos.x);
    gox_writer_int(out, "y", pos.y);
    gox_writer_int(out, "z", pos.z);
}

/* Changes the voxel of parameter 0 by mod in the layer of parameter
 * layer_param; *changed counts. */
static int edit_one(struct gox_call *call, size_t layer_param,
        size_t symmetry_param, struct gox_modifier *mod, const char *label,
        struct gox_layer **layer, uint64_t *changed)
{
    int rc = gox_call_edit_layer(call, layer_param, layer);
    if (rc >= 0 && gox_call_has(call, symmetry_param))
        rc = gox_api_symmetry(call, symmetry_param, &mod->symmetry);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_VOXELS, label);
    if (rc < 0)
        return rc;
    rc = gox_edit_voxel(
            (*layer)->volume, gox_call_point(call, 0), mod, changed);
    return rc < 0 ? gox_call_fail_code(call, rc, "voxel")
                  : gox_call_commit(call);
}

static int check_solid(struct gox_call *call, size_t i)
{
    if (gox_rgba_a(gox_call_color(call, i)) > 0)
        return 0;
    return gox_call_fail_param(call, i, "alpha 1 to 255",
            "a colour with alpha 0 is no voxel; use goxel.remove_voxel");
}

static int add_voxel(struct gox_call *call)
{
    struct gox_modifier mod;
    struct gox_layer *layer;
    uint64_t changed;
    gox_modifier_init(&mod, GOX_MODE_ADD, gox_call_color(call, ADD_COLOR));
    int rc = check_solid(call, ADD_COLOR);
    if (rc >= 0)
        rc = edit_one(call, ADD_LAYER, ADD_SYMMETRY, &mod, "add voxel", &layer,
                &changed);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    put_position(call->out, gox_call_point(call, ADD_POSITION));
    gox_writer_int(call->out, "layer_id", layer->id);
    gox_writer_rgba(call->out, "color", mod.color);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

enum { REMOVE_POSITION, REMOVE_LAYER, REMOVE_SYMMETRY };
static const struct gox_param REMOVE_PARAMS[] = {
        GOX_API_POSITION_PARAM,
        GOX_API_LAYER_PARAM,
        GOX_API_SYMMETRY_PARAM,
};

static int remove_voxel(struct gox_call *call)
{
    struct gox_modifier mod;
    struct gox_layer *layer;
    uint64_t changed;
    struct gox_pos pos = gox_call_point(call, REMOVE_POSITION);
    gox_modifier_init(&mod, GOX_MODE_SUBTRACT, 0);
    int rc = gox_call_edit_layer(call, REMOVE_LAYER, &layer);
    if (rc < 0)
        return rc;
    /* Before the edit: what it changes may be a mirror image only. */
    bool existed = gox_rgba_a(gox_volume_get(layer->volume, pos)) > 0;
    rc = edit_one(call, REMOVE_LAYER, REMOVE_SYMMETRY, &mod, "remove voxel",
            &layer, &changed);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    put_position(call->out, pos);
    gox_writer_int(call->out, "layer_id", layer->id);
    gox_writer_bool(call->out, "existed", existed);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

enum { GET_POSITION, GET_LAYER };
static const struct gox_param GET_PARAMS[] = {
        GOX_API_POSITION_PARAM,
        GOX_API_READ_LAYER_PARAM,
};

static void put_voxel(struct gox_call *call, gox_rgba color)
{
    gox_writer_object(call->out, NULL);
    put_position(call->out, gox_call_point(call, GET_POSITION));
    gox_writer_bool(call->out, "exists", gox_rgba_a(color) > 0);
    gox_writer_rgba(call->out, "color", color);
    gox_writer_end_object(call->out);
}

static int work_get(struct gox_call *call)
{
    gox_volume *vol = NULL;
    int id;
    int rc = gox_api_read_volume(call, GET_LAYER, &vol, &id);
    if (rc < 0)
        return rc;
    put_voxel(call, gox_volume_get(vol, gox_call_point(call, GET_POSITION)));
    gox_volume_free(vol);
    return 0;
}

/* At once where the layer has the voxel itself; what must be merged or made
 * first may take long. */
static int get_voxel(struct gox_call *call)
{
    struct gox_layer *layer;
    if (!call->args[GET_LAYER].is_name && gox_call_int(call, GET_LAYER) == -1)
        return gox_api_run_or_work(call);
    int rc = gox_call_layer(call, GET_LAYER, &layer);
    if (rc < 0)
        return rc;
    if (layer->kind != GOX_LAYER_VOXELS)
        return gox_api_run_or_work(call);
    put_voxel(call,
            gox_volume_get(layer->volume, gox_call_point(call, GET_POSITION)));
    return 0;
}

enum { PAINT_POSITION, PAINT_COLOR, PAINT_LAYER, PAINT_SYMMETRY };

static int paint_voxels(struct gox_call *call)
{
    struct gox_modifier mod;
    struct gox_layer *layer;
    uint64_t changed;
    gox_modifier_init(&mod, GOX_MODE_PAINT, gox_call_color(call, PAINT_COLOR));
    int rc = check_solid(call, PAINT_COLOR);
    if (rc >= 0)
        rc = edit_one(call, PAINT_LAYER, PAINT_SYMMETRY, &mod, "paint", &layer,
                &changed);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_uint(call->out, "painted", changed);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- add_voxels ---- */

enum { LIST_VOXELS, LIST_COLOR, LIST_LAYER, LIST_SYMMETRY };
// clang-format off
static const struct gox_param LIST_PARAMS[] = {
        {.name = "voxels", .type = GOX_PARAM_ARRAY, .flags = GOX_PARAM_REQUIRED,
         .help = "[{x, y, z, color} ...], also {position, r, g, b, a} or "
                 "[x, y, z, r, g, b, a]; colour and alpha may be absent"},
        {.name = "color", .type = GOX_PARAM_COLOR,
         .fallback = "[255,255,255,255]", .alias = "rgba|colour",
         .help = "colour of the voxels that name none"},
        GOX_API_LAYER_PARAM,
        GOX_API_SYMMETRY_PARAM,
};
// clang-format on

struct voxel {
    struct gox_pos pos;
    gox_rgba color;
};

struct voxel_list {
    struct voxel *items;
    size_t count, capacity;
};

static struct gox_pos check_pos(struct gox_reader *r, const int32_t p[3])
{
    struct gox_pos pos = gox_pos_make(p[0], p[1], p[2]);
    if (!gox_pos_is_valid(pos))
        gox_reader_fail(
                r, GOX_ERR_PARAMS, "coordinates are -8388608 to 8388607");
    return pos;
}

static void read_flat(struct gox_reader *r, struct voxel *voxel)
{
    int32_t v[7] = {0, 0, 0, 0, 0, 0, 255};
    size_t n = 0;
    gox_reader_array(r);
    while (gox_reader_element(r)) {
        if (n == 7) {
            gox_reader_fail(r, GOX_ERR_PARAMS,
                    "a voxel has at most 7 numbers: x, y, z, r, g, b, a");
            return;
        }
        v[n] = n < 3 ? gox_reader_i32(r, -GOX_COORD_MAX, GOX_COORD_MAX - 1)
                     : gox_reader_i32(r, 0, 255);
        n++;
    }
    if (n != 3 && n != 6 && n != 7) {
        gox_reader_fail(r, GOX_ERR_PARAMS,
                "a voxel has 3, 6 or 7 numbers: x, y, z, r, g, b, a");
        return;
    }
    voxel->pos = check_pos(r, v);
    if (n > 3)
        voxel->color = gox_rgba_make(
                (uint8_t)v[3], (uint8_t)v[4], (uint8_t)v[5], (uint8_t)v[6]);
}

enum field { FX, FY, FZ, FR, FG, FB, FA, FCOLOR, FRGBA, FCOLOUR, FPOSITION };
static const char *const FIELDS[] = {"x", "y", "z", "r", "g", "b", "a", "color",
        "rgba", "colour", "position"};
#define FIELD_COUNT (sizeof FIELDS / sizeof FIELDS[0])

static void read_field(
        struct gox_reader *r, enum field field, int32_t v[7], gox_rgba *color)
{
    switch (field) {
    case FX:
    case FY:
    case FZ:
        v[field] = gox_reader_i32(r, -GOX_COORD_MAX, GOX_COORD_MAX - 1);
        return;
    case FR:
    case FG:
    case FB:
    case FA:
        v[field] = gox_reader_i32(r, 0, 255);
        return;
    case FPOSITION:
        if (!gox_param_read_point(r, v))
            gox_reader_fail(r, GOX_ERR_PARAMS, "position is no point");
        return;
    default:
        if (!gox_param_read_color(r, gox_rgba_parse, color))
            gox_reader_fail(r, GOX_ERR_PARAMS, "this is no colour");
    }
}

#define BIT(field)    (UINT64_C(1) << (field))
#define XYZ_BITS      (BIT(FX) | BIT(FY) | BIT(FZ))
#define RGB_BITS      (BIT(FR) | BIT(FG) | BIT(FB))
#define ANY_COLOR_BIT (BIT(FCOLOR) | BIT(FRGBA) | BIT(FCOLOUR))

static void read_object(struct gox_reader *r, struct voxel *voxel)
{
    int32_t v[7] = {0, 0, 0, 0, 0, 0, 255};
    uint64_t seen = 0;
    int field;
    gox_reader_object(r);
    while ((field = gox_reader_field(r, FIELDS, FIELD_COUNT, &seen)) >= 0)
        read_field(r, (enum field)field, v, &voxel->color);
    if (gox_reader_error(r) < 0)
        return;
    uint64_t xyz = seen & XYZ_BITS, rgb = seen & RGB_BITS;
    if (xyz != XYZ_BITS && !(xyz == 0 && (seen & BIT(FPOSITION)) != 0))
        gox_reader_fail(
                r, GOX_ERR_PARAMS, "a voxel needs x, y and z, or position");
    if (rgb != 0 && rgb != RGB_BITS)
        gox_reader_fail(r, GOX_ERR_PARAMS, "r, g and b come together");
    voxel->pos = check_pos(r, v);
    if (rgb != 0)
        voxel->color = gox_rgba_make(
                (uint8_t)v[FR], (uint8_t)v[FG], (uint8_t)v[FB], (uint8_t)v[FA]);
    else if ((seen & BIT(FA)) != 0 && (seen & ANY_COLOR_BIT) == 0)
        gox_reader_fail(r, GOX_ERR_PARAMS, "a needs r, g and b");
}

static int read_list(struct gox_call *call, struct voxel_list *list)
{
    struct gox_slice text = gox_call_slice(call, LIST_VOXELS);
    gox_rgba color = gox_call_color(call, LIST_COLOR);
    struct gox_reader r;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        struct voxel voxel = {.color = color};
        if (gox_reader_peek(&r) == GOX_JSON_ARRAY)
            read_flat(&r, &voxel);
        else
            read_object(&r, &voxel);
        if (gox_reader_error(&r) == 0 && gox_rgba_a(voxel.color) == 0)
            gox_reader_fail(&r, GOX_ERR_PARAMS,
                    "alpha is 0; remove voxels with goxel.remove_voxel");
        if (gox_reader_error(&r) < 0) {
            gox_error_prefix(&call->err, "voxel %zu", list->count);
            return gox_call_fail_reader(call, LIST_VOXELS, &r);
        }
        if (!gox_grow(&list->items, &list->capacity, list->count + 1,
                    sizeof *list->items))
            return gox_call_fail(
                    call, GOX_ERR_NOMEM, "out of memory; nothing was changed");
        list->items[list->count++] = voxel;
    }
    return gox_reader_error(&r) < 0
                   ? gox_call_fail_reader(call, LIST_VOXELS, &r)
                   : 0;
}

static int apply_list(struct gox_call *call, const struct voxel_list *list,
        struct gox_layer *layer)
{
    struct gox_modifier mod;
    gox_modifier_init(&mod, GOX_MODE_ADD, 0);
    int rc = gox_api_symmetry(call, LIST_SYMMETRY, &mod.symmetry);
    bool is_plain = !mod.symmetry.x && !mod.symmetry.y && !mod.symmetry.z;
    for (size_t i = 0; i < list->count && rc >= 0; i++) {
        mod.color = list->items[i].color;
        rc = is_plain ? gox_volume_set(
                                layer->volume, list->items[i].pos, mod.color)
                      : gox_edit_voxel(
                                layer->volume, list->items[i].pos, &mod, NULL);
    }
    return rc < 0 && call->err.code == 0 ? gox_call_fail_code(call, rc, "voxel")
                                         : rc;
}

static int add_voxels(struct gox_call *call)
{
    struct voxel_list list = {0};
    struct gox_layer *layer;
    int rc = gox_call_edit_layer(call, LIST_LAYER, &layer);
    if (rc >= 0)
        rc = read_list(call, &list);
    if (rc >= 0)
        rc = gox_call_begin(call, GOX_EDIT_VOXELS, "add voxels");
    if (rc >= 0)
        rc = apply_list(call, &list, layer);
    if (rc >= 0)
        rc = gox_call_commit(call);
    gox_free(list.items);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_uint(call->out, "added", list.count);
    gox_writer_int(call->out, "failed", 0);
    gox_writer_int(call->out, "layer_id", layer->id);
    gox_call_put_revision(call);
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- get_voxel_count ---- */

static const struct gox_param COUNT_PARAMS[] = {GOX_API_READ_LAYER_PARAM};

static int work_count(struct gox_call *call)
{
    gox_volume *vol = NULL;
    int id;
    int rc = gox_api_read_volume(call, 0, &vol, &id);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_int(call->out, "layer_id", id);
    gox_writer_uint(call->out, "count", gox_volume_solid(vol));
    gox_writer_end_object(call->out);
    gox_volume_free(vol);
    return 0;
}

#define EDIT (GOX_METHOD_EDIT | GOX_METHOD_SUB)
#define READ (GOX_METHOD_READ | GOX_METHOD_SUB)

// clang-format off
const struct gox_method gox_api_voxels[] = {
        {.name = "goxel.add_voxel", .group = "voxels", .flags = EDIT,
         .error = GOX_ERR_ADD_VOXEL, GOX_PARAMS(ADD_PARAMS),
         .result = "success:bool x:int y:int z:int layer_id:int color:rgba revision:int",
         .summary = "Sets one voxel.", .run = add_voxel},
        {.name = "goxel.remove_voxel", .aliases = "goxel.remove_voxels",
         .group = "voxels", .flags = EDIT,
         .error = GOX_ERR_REMOVE_VOXEL, GOX_PARAMS(REMOVE_PARAMS),
         .result = "success:bool x:int y:int z:int layer_id:int existed:bool revision:int",
         .summary = "Removes one voxel.", .run = remove_voxel},
        {.name = "goxel.get_voxel", .aliases = "goxel.get_voxel_info",
         .group = "voxels", .flags = READ | GOX_METHOD_LONG | GOX_METHOD_SAFE,
         .error = GOX_ERR_GET_VOXEL, GOX_PARAMS(GET_PARAMS),
         .result = "x:int y:int z:int exists:bool color:rgba",
         .summary = "Reads one voxel.", .run = get_voxel, .work = work_get},
        {.name = "goxel.add_voxels",
         .aliases = "add_voxels|goxel.add_voxel_batch", .group = "voxels",
         .flags = EDIT, .error = GOX_ERR_ADD_VOXEL, GOX_PARAMS(LIST_PARAMS),
         .result = "success:bool added:int failed:int layer_id:int revision:int",
         .summary = "Sets many voxels in one edit.", .run = add_voxels},
        {.name = "goxel.paint_voxels", .group = "voxels", .flags = EDIT,
         .error = GOX_ERR_PAINT, GOX_PARAMS(ADD_PARAMS),
         .result = "success:bool painted:int revision:int",
         .summary = "Recolours a voxel where one exists.",
         .run = paint_voxels},
        {.name = "goxel.get_voxel_count", .group = "voxels",
         .flags = READ | GOX_METHOD_LONG | GOX_METHOD_SAFE, .error = GOX_ERR_GET_VOXEL,
         GOX_PARAMS(COUNT_PARAMS), .result = "layer_id:int count:int",
         .summary = "Counts the voxels of a layer.",
         .run = gox_api_run_or_work, .work = work_count},
        {.name = NULL},
};
// clang-format on
