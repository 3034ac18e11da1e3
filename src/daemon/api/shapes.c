/* SPDX-License-Identifier: Apache-2.0
 * Methods that draw or recolour many voxels: shapes, fills, colour
 * replacement, extrusion. */
#include "daemon/api/groups.h"
#include "daemon/api/job.h"

#define NAME(name, text) text,
static const char *const SHAPE_NAMES[] = {GOX_SHAPE_LIST(NAME) NULL};
static const char *const MODE_NAMES[] = {GOX_MODE_LIST(NAME) NULL};
static const char *const AXIS_NAMES[] = {"x", "y", "z", NULL};

/* ---- procedural_shape ---- */

enum {
    SHAPE_TYPE,
    SHAPE_SIZE,
    SHAPE_CENTER,
    SHAPE_COLOR,
    SHAPE_LAYER,
    SHAPE_MODE,
    SHAPE_HOLLOW,
    SHAPE_AXIS,
    SHAPE_FLIPPED,
    SHAPE_BOX,
    SHAPE_FROM,
    SHAPE_TO,
    SHAPE_RADIUS,
    SHAPE_TUBE,
    SHAPE_SYMMETRY,
    SHAPE_CLIP
};
// clang-format off
static const struct gox_param SHAPE_PARAMS[] = {
        {.name = "shape_type", .type = GOX_PARAM_ENUM, .names = SHAPE_NAMES,
         .flags = GOX_PARAM_REQUIRED, .alias = "shape|type",
         .help = "what to draw"},
        {.name = "size", .type = GOX_PARAM_POINT, .flat = "size_",
         .fallback = "[10,10,10]", .min = 1, .max = GOX_SHAPE_MAX_SIZE,
         .help = "extent on each axis in voxels"},
        {.name = "center", .type = GOX_PARAM_POINT, .flat = "center_",
         .fallback = "[0,0,0]",
         .help = "middle; an even size has one voxel more on the negative side"},
        GOX_API_COLOR_PARAM,
        GOX_API_LAYER_PARAM,
        {.name = "mode", .type = GOX_PARAM_ENUM, .names = MODE_NAMES,
         .fallback = "\"add\"", .help = "what happens to voxels in the shape"},
        {.name = "hollow", .type = GOX_PARAM_JSON, .fallback = "0",
         .help = "wall thickness in voxels, true for 1; 0 or false is solid"},
        {.name = "axis", .type = GOX_PARAM_ENUM, .names = AXIS_NAMES,
         .fallback = "\"z\"",
         .help = "direction of cylinder, cone, pyramid, torus, plane, wedge"},
        {.name = "flipped", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "cone, pyramid and wedge point to the negative side"},
        {.name = "box", .type = GOX_PARAM_REGION,
         .help = "the box to fill, instead of size and center"},
        {.name = "from", .type = GOX_PARAM_POINT,
         .help = "first voxel of a line or capsule"},
        {.name = "to", .type = GOX_PARAM_POINT,
         .help = "last voxel of a line or capsule"},
        {.name = "radius", .type = GOX_PARAM_NUMBER, .fallback = "0.5",
         .min = 0.5, .max = GOX_SHAPE_MAX_SIZE,
         .help = "of a line or capsule, in voxels"},
        {.name = "tube", .type = GOX_PARAM_NUMBER, .fallback = "0",
         .min = 0, .max = GOX_SHAPE_MAX_SIZE,
         .help = "tube diameter of a torus; 0: a quarter of the size"},
        GOX_API_SYMMETRY_PARAM,
        GOX_API_CLIP_PARAM,
};
// clang-format on

static int read_hollow(struct gox_call *call, int *hollow)
{
    struct gox_slice text = gox_call_slice(call, SHAPE_HOLLOW);
    struct gox_reader r;
    *hollow = 0;
    if (text.data == NULL)
        return 0;
    gox_reader_init(&r, text.data, text.len, &call->err);
    if (gox_reader_peek(&r) == GOX_JSON_BOOL)
        *hollow = gox_reader_bool(&r) ? 1 : 0;
    else
        *hollow = gox_reader_i32(&r, 0, GOX_SHAPE_MAX_SIZE);
    return gox_reader_error(&r) < 0
                   ? gox_call_fail_reader(call, SHAPE_HOLLOW, &r)
                   : 0;
}

/* Mode, colour, symmetry and clip box, which several methods take. */
static int read_modifier(struct gox_call *call, struct gox_modifier *mod,
        enum gox_mode mode, size_t color, size_t symmetry, size_t clip)
{
    gox_modifier_init(mod, mode, gox_call_color(call, color));
    if (gox_rgba_a(mod->color) == 0 && mode != GOX_MODE_SUBTRACT)
        return gox_call_fail_param(call, color, "alpha 1 to 255",
                "a colour with alpha 0 is no voxel; use mode subtract to "
                "remove");
    mod->has_clip = gox_call_has(call, clip);
    mod->clip = gox_call_region(call, clip);
    return gox_api_symmetry(call, symmetry, &mod->symmetry);
}

static int check_line(struct gox_call *call, const struct gox_shape_spec *spec)
{
    if (!gox_call_has(call, SHAPE_FROM) || !gox_call_has(call, SHAPE_TO))
        return gox_call_fail_param(call,
                gox_call_has(call, SHAPE_FROM) ? SHAPE_TO : SHAPE_FROM, "point",
                "a %s needs both ends, from and to",
                gox_shape_name(spec->shape));
    return 0;
}

static int read_shape(struct gox_call *call, struct gox_job *job)
{
    struct gox_shape_spec *spec = &job->shape;
    spec->shape = (enum gox_shape)gox_call_enum(call, SHAPE_TYPE);
    spec->axis = (enum gox_axis)gox_call_enum(call, SHAPE_AXIS);
    spec->is_flipped = gox_call_bool(call, SHAPE_FLIPPED);
    spec->from = gox_call_point(call, SHAPE_FROM);
    spec->to = gox_call_point(call, SHAPE_TO);
    spec->radius = (float)gox_call_number(call, SHAPE_RADIUS);
    spec->tube = (float)gox_call_number(call, SHAPE_TUBE);
    spec->box = gox_call_has(call, SHAPE_BOX)
                        ? gox_call_region(call, SHAPE_BOX)
                        : gox_shape_box(gox_call_point(call, SHAPE_CENTER),
                                  gox_call_point(call, SHAPE_SIZE));
    int rc = read_hollow(call, &spec->hollow);
    if (rc < 0)
        return rc;
    if (spec->shape == GOX_SHAPE_LINE || spec->shape == GOX_SHAPE_CAPSULE)
        return check_line(call, spec);
    return 0;
}

static int apply_shape(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    int rc = gox_edit_shape(
            layer->volume, &job->shape, &job->mod, &job->voxels, &call->task);
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_call_fail(call, rc,
                "a %s is at most %d voxels long on each axis",
                gox_shape_name(job->shape.shape), GOX_SHAPE_MAX_SIZE);
    return rc;
}

static void put_shape(struct gox_call *call, const struct gox_job *job)
{
    gox_writer_string(
            call->out, "shape_type", gox_shape_name(job->shape.shape));
    gox_writer_uint(call->out, "voxels_created", job->voxels);
    gox_writer_int(call->out, "layer_id", job->layer_id);
}

/* The length of a line bounds its work, the box that of all others. */
static uint64_t shape_work(struct gox_call *call, const struct gox_job *job)
{
    const struct gox_shape_spec *s = &job->shape;
    if (job->mod.mode == GOX_MODE_INTERSECT)
        return gox_job_layer_solid(call, SHAPE_LAYER) + gox_bbox_volume(s->box);
    if (s->shape != GOX_SHAPE_LINE && s->shape != GOX_SHAPE_CAPSULE)
        /* Inside, whole blocks are set at once. */
        return s->hollow == 0 ? gox_bbox_volume(s->box) / 8
                              : gox_bbox_volume(s->box);
    double dx = s->to.x - s->from.x;
    double dy = s->to.y - s->from.y;
    double dz = s->to.z - s->from.z;
    double area = 4.0 * (s->radius + 1.0) * (s->radius + 1.0);
    double length = (dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy) +
                    (dz < 0 ? -dz : dz) + 2 * s->radius;
    return (uint64_t)(area * length);
}

static int procedural_shape(struct gox_call *call)
{
    struct gox_job job = {.label = "shape",
            .layer_param = SHAPE_LAYER,
            .apply = apply_shape,
            .put = put_shape};
    int rc = read_shape(call, &job);
    if (rc >= 0)
        rc = read_modifier(call, &job.mod,
                (enum gox_mode)gox_call_enum(call, SHAPE_MODE), SHAPE_COLOR,
                SHAPE_SYMMETRY, SHAPE_CLIP);
    return rc < 0 ? rc : gox_job_start(call, &job, shape_work(call, &job));
}

/* ---- flood_fill ---- */

enum {
    FILL_POSITION,
    FILL_COLOR,
    FILL_LAYER,
    FILL_TOLERANCE,
    FILL_MAX,
    FILL_SYMMETRY,
    FILL_CLIP
};
// clang-format off
static const struct gox_param FILL_PARAMS[] = {
        GOX_API_POSITION_PARAM,
        GOX_API_COLOR_PARAM,
        GOX_API_LAYER_PARAM,
        {.name = "tolerance", .type = GOX_PARAM_INT, .fallback = "0",
         .min = 0, .max = 255,
         .help = "largest difference per channel that counts as the same colour"},
        {.name = "max_voxels", .type = GOX_PARAM_INT, .fallback = "16777216",
         .min = 1, .max = 1073741824,
         .help = "a larger region is an error and nothing changes"},
        GOX_API_SYMMETRY_PARAM,
        GOX_API_CLIP_PARAM,
};
// clang-format on

static int apply_fill(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    int rc = gox_edit_flood_fill(layer->volume, job->pos, job->tolerance,
            &job->mod, job->max, &job->voxels, &call->task);
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_call_fail(call, rc,
                "the region has more than %llu voxels; raise max_voxels; "
                "nothing was changed",
                (unsigned long long)job->max);
    return rc;
}

static void put_fill(struct gox_call *call, const struct gox_job *job)
{
    gox_writer_uint(call->out, "voxels_filled", job->voxels);
}

static int flood_fill(struct gox_call *call)
{
    struct gox_job job = {.label = "flood fill",
            .layer_param = FILL_LAYER,
            .apply = apply_fill,
            .put = put_fill,
            .pos = gox_call_point(call, FILL_POSITION),
            .tolerance = gox_call_int(call, FILL_TOLERANCE),
            .max = (uint64_t)gox_call_i64(call, FILL_MAX)};
    int rc = read_modifier(call, &job.mod, GOX_MODE_PAINT, FILL_COLOR,
            FILL_SYMMETRY, FILL_CLIP);
    return rc < 0 ? rc
                  : gox_job_start(
                            call, &job, gox_job_layer_solid(call, FILL_LAYER));
}

/* ---- replace_color ---- */

enum {
    REPLACE_FROM,
    REPLACE_TO,
    REPLACE_TOLERANCE,
    REPLACE_LAYER,
    REPLACE_REGION
};
// clang-format off
static const struct gox_param REPLACE_PARAMS[] = {
        {.name = "from", .type = GOX_PARAM_COLOR, .flags = GOX_PARAM_REQUIRED,
         .help = "colour to look for"},
        {.name = "to", .type = GOX_PARAM_COLOR, .flags = GOX_PARAM_REQUIRED,
         .help = "colour to put there; alpha 0 removes the voxels"},
        {.name = "tolerance", .type = GOX_PARAM_INT, .fallback = "0",
         .min = 0, .max = 255, .help = "largest difference per channel"},
        GOX_API_LAYER_PARAM,
        {.name = "region", .type = GOX_PARAM_REGION,
         .help = "only inside: {min, max}, inclusive"},
};
// clang-format on

static int apply_replace(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    return gox_edit_replace_color(layer->volume, job->from, job->mod.color,
            job->tolerance, job->region, &job->voxels, &call->task);
}

static void put_voxels(struct gox_call *call, const struct gox_job *job)
{
    gox_writer_uint(call->out, "voxels", job->voxels);
}

static int replace_color(struct gox_call *call)
{
    struct gox_job job = {.label = "replace color",
            .layer_param = REPLACE_LAYER,
            .apply = apply_replace,
            .put = put_voxels,
            .from = gox_call_color(call, REPLACE_FROM),
            .tolerance = gox_call_int(call, REPLACE_TOLERANCE),
            .region = gox_call_region(call, REPLACE_REGION)};
    gox_modifier_init(
            &job.mod, GOX_MODE_PAINT, gox_call_color(call, REPLACE_TO));
    return gox_job_start(call, &job, gox_job_layer_solid(call, REPLACE_LAYER));
}

/* ---- extrude ---- */

enum {
    EXTRUDE_POSITION,
    EXTRUDE_FACE,
    EXTRUDE_DELTA,
    EXTRUDE_TOLERANCE,
    EXTRUDE_LAYER,
    EXTRUDE_SYMMETRY
};
static const char *const FACE_NAMES[] = {"+x|right", "-x|left", "+y|back",
        "-y|front", "+z|top", "-z|bottom", NULL};
// clang-format off
static const struct gox_param EXTRUDE_PARAMS[] = {
        GOX_API_POSITION_PARAM,
        {.name = "face", .type = GOX_PARAM_ENUM, .names = FACE_NAMES,
         .flags = GOX_PARAM_REQUIRED, .help = "which face of the voxel"},
        {.name = "delta", .type = GOX_PARAM_INT, .fallback = "1",
         .min = -GOX_SHAPE_MAX_SIZE, .max = GOX_SHAPE_MAX_SIZE,
         .help = "voxels to pull out, or when negative to push in"},
        {.name = "tolerance", .type = GOX_PARAM_INT, .fallback = "255",
         .min = 0, .max = 255,
         .help = "largest difference per channel inside the face"},
        GOX_API_LAYER_PARAM,
        GOX_API_SYMMETRY_PARAM,
};
// clang-format on

static int apply_extrude(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    return gox_edit_extrude(layer->volume, job->pos, job->face, job->number,
            job->tolerance, &job->mod.symmetry, &job->voxels, &call->task);
}

static int extrude(struct gox_call *call)
{
    struct gox_job job = {.label = "extrude",
            .layer_param = EXTRUDE_LAYER,
            .apply = apply_extrude,
            .put = put_voxels,
            .pos = gox_call_point(call, EXTRUDE_POSITION),
            .number = gox_call_int(call, EXTRUDE_DELTA),
            .face = (enum gox_face)gox_call_enum(call, EXTRUDE_FACE),
            .tolerance = gox_call_int(call, EXTRUDE_TOLERANCE)};
    int rc = gox_api_symmetry(call, EXTRUDE_SYMMETRY, &job.mod.symmetry);
    return rc < 0 ? rc
                  : gox_job_start(call, &job,
                            gox_job_layer_solid(call, EXTRUDE_LAYER));
}

#define LONG_EDIT (GOX_METHOD_EDIT | GOX_METHOD_LONG | GOX_METHOD_SUB)
#define JOB       .work = gox_job_work, .finish = gox_job_finish, .drop = gox_job_drop

// clang-format off
const struct gox_method gox_api_shapes[] = {
        {.name = "goxel.procedural_shape", .group = "shapes",
         .flags = LONG_EDIT, .error = GOX_ERR_SHAPE, GOX_PARAMS(SHAPE_PARAMS),
         .result = "success:bool shape_type:string voxels_created:int layer_id:int revision:int",
         .summary = "Draws a shape, exact for odd and even sizes.",
         .run = procedural_shape, JOB},
        {.name = "goxel.flood_fill", .group = "shapes",
         .flags = LONG_EDIT, .error = GOX_ERR_FLOOD_FILL, GOX_PARAMS(FILL_PARAMS),
         .result = "success:bool voxels_filled:int revision:int",
         .summary = "Recolours the connected voxels of one colour.",
         .run = flood_fill, JOB},
        {.name = "goxel.replace_color", .group = "shapes",
         .flags = LONG_EDIT, GOX_PARAMS(REPLACE_PARAMS),
         .result = "success:bool voxels:int revision:int",
         .summary = "Replaces one colour by another.",
         .run = replace_color, JOB},
        {.name = "goxel.extrude", .group = "shapes",
         .flags = LONG_EDIT, GOX_PARAMS(EXTRUDE_PARAMS),
         .result = "success:bool voxels:int revision:int",
         .summary = "Pulls or pushes a connected flat face.",
         .run = extrude, JOB},
        {.name = NULL},
};
// clang-format on
