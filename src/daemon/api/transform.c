/* SPDX-License-Identifier: Apache-2.0
 * Methods that move voxels: transform, copy, paste, crop. */
#include "daemon/api/groups.h"
#include "daemon/api/job.h"

#include <math.h>

#define NAME(name, text) text,
static const char *const MODE_NAMES[] = {GOX_MODE_LIST(NAME) NULL};
static const char *const AXIS_NAMES[] = {"x", "y", "z", NULL};
static const char *const OP_NAMES[] = {
        "translate", "rotate", "mirror", "scale", NULL};

enum {
    MOVE_OP,
    MOVE_OFFSET,
    MOVE_AXIS,
    MOVE_TURNS,
    MOVE_FACTOR,
    MOVE_LAYER,
    MOVE_REGION,
    MOVE_PIVOT
};
// clang-format off
static const struct gox_param MOVE_PARAMS[] = {
        {.name = "op", .type = GOX_PARAM_ENUM, .names = OP_NAMES,
         .flags = GOX_PARAM_REQUIRED, .help = "what to do"},
        {.name = "offset", .type = GOX_PARAM_POINT, .flat = "",
         .fallback = "[0,0,0]", .help = "translate: by how many voxels"},
        {.name = "axis", .type = GOX_PARAM_ENUM, .names = AXIS_NAMES,
         .fallback = "\"z\"", .help = "rotate and mirror: about or along it"},
        {.name = "quarter_turns", .type = GOX_PARAM_INT, .fallback = "1",
         .min = -4, .max = 4, .help = "rotate: counter-clockwise, seen from the positive end of the axis"},
        {.name = "factor", .type = GOX_PARAM_INT, .fallback = "2",
         .min = -64, .max = 64,
         .help = "scale: 2 to 64 enlarges, -2 to -64 shrinks"},
        GOX_API_LAYER_PARAM,
        {.name = "region", .type = GOX_PARAM_REGION,
         .help = "only voxels inside: {min, max}, inclusive"},
        {.name = "pivot", .type = GOX_PARAM_ARRAY,
         .help = "[x,y,z], halves allowed; the middle of the voxels when absent"},
};
// clang-format on

static int read_pivot(struct gox_call *call, struct gox_transform *t)
{
    struct gox_slice text = gox_call_slice(call, MOVE_PIVOT);
    if (text.data == NULL)
        return 0;
    int32_t half[3] = {0, 0, 0};
    size_t n = 0;
    struct gox_reader r;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        double value = gox_reader_number(&r) * 2;
        if (n == 3 || value != floor(value) ||
                fabs(value) > 2.0 * GOX_COORD_MAX)
            return gox_call_fail_param(call, MOVE_PIVOT,
                    "three multiples of 0.5",
                    "the pivot has three numbers, each a multiple of 0.5");
        half[n++] = (int32_t)value;
    }
    if (gox_reader_error(&r) < 0)
        return gox_call_fail_reader(call, MOVE_PIVOT, &r);
    if (n != 3)
        return gox_call_fail_param(call, MOVE_PIVOT, "three multiples of 0.5",
                "the pivot needs three numbers, it has %zu", n);
    t->has_pivot = true;
    t->pivot2 = gox_pos_make(half[0], half[1], half[2]);
    return 0;
}

static int apply_move(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    return gox_edit_transform(layer->volume, &job->transform, job->region,
            &job->voxels, &job->clipped, &call->task);
}

static void put_moved(struct gox_call *call, const struct gox_job *job)
{
    gox_writer_uint(call->out, "voxels", job->voxels);
    gox_writer_uint(call->out, "clipped", job->clipped);
}

static int transform(struct gox_call *call)
{
    struct gox_job job = {.label = "transform",
            .layer_param = MOVE_LAYER,
            .apply = apply_move,
            .put = put_moved,
            .region = gox_call_region(call, MOVE_REGION)};
    struct gox_transform *t = &job.transform;
    t->op = (enum gox_transform_op)gox_call_enum(call, MOVE_OP);
    t->offset = gox_call_point(call, MOVE_OFFSET);
    t->axis = (enum gox_axis)gox_call_enum(call, MOVE_AXIS);
    t->quarter_turns = gox_call_int(call, MOVE_TURNS);
    t->factor = gox_call_int(call, MOVE_FACTOR);
    if (t->op == GOX_TRANSFORM_SCALE && t->factor > -2 && t->factor < 2)
        return gox_call_fail_param(call, MOVE_FACTOR, "2 to 64 or -2 to -64",
                "a factor of %d would change nothing", t->factor);
    int rc = read_pivot(call, t);
    if (rc < 0)
        return rc;
    uint64_t voxels = gox_job_layer_solid(call, MOVE_LAYER);
    if (t->op == GOX_TRANSFORM_SCALE && t->factor > 0)
        voxels *=
                (uint64_t)t->factor * (uint64_t)t->factor * (uint64_t)t->factor;
    return gox_job_start(call, &job, voxels);
}

/* ---- copy_region ---- */

enum { COPY_MIN, COPY_MAX, COPY_LAYER };
// clang-format off
static const struct gox_param COPY_PARAMS[] = {
        {.name = "min", .type = GOX_PARAM_POINT, .flags = GOX_PARAM_REQUIRED,
         .help = "one corner, inclusive"},
        {.name = "max", .type = GOX_PARAM_POINT, .flags = GOX_PARAM_REQUIRED,
         .help = "the opposite corner, inclusive"},
        GOX_API_READ_LAYER_PARAM,
};
// clang-format on

static int read_corners(
        struct gox_call *call, size_t min, size_t max, struct gox_bbox *box)
{
    struct gox_pos a = gox_call_point(call, min);
    struct gox_pos b = gox_call_point(call, max);
    if (b.x < a.x || b.y < a.y || b.z < a.z)
        return gox_call_fail_param(call, max, "max >= min on each axis",
                "max (%d, %d, %d) lies below min (%d, %d, %d)", b.x, b.y, b.z,
                a.x, a.y, a.z);
    *box = (struct gox_bbox){a, gox_pos_make(b.x + 1, b.y + 1, b.z + 1)};
    return 0;
}

struct copying {
    struct gox_bbox box;
    gox_volume *part; /* owned until it is a clip */
};

static void drop_copy(struct gox_call *call)
{
    struct copying *copying = call->state;
    gox_volume_free(copying->part);
}

static int work_copy(struct gox_call *call)
{
    struct copying *copying = call->state;
    gox_volume *vol = NULL;
    int id;
    int rc = gox_api_read_volume(call, COPY_LAYER, &vol, &id);
    if (rc < 0)
        return rc;
    rc = gox_volume_copy_box(vol, copying->box, true, &copying->part);
    gox_volume_free(vol);
    return rc < 0 ? gox_call_fail_code(call, rc, "region") : 0;
}

static int finish_copy(struct gox_call *call)
{
    struct copying *copying = call->state;
    struct gox_bbox box = copying->box;
    uint64_t voxels = gox_volume_solid(copying->part);
    const struct gox_clip *clip =
            gox_clips_put(gox_call_clips(call), copying->part,
                    gox_pos_make(box.max.x - box.min.x, box.max.y - box.min.y,
                            box.max.z - box.min.z));
    copying->part = NULL;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "clip", clip->handle);
    gox_writer_uint(call->out, "voxels", voxels);
    gox_writer_xyz(call->out, "size", clip->size.x, clip->size.y, clip->size.z);
    gox_writer_end_object(call->out);
    return 0;
}

static int copy_region(struct gox_call *call)
{
    struct copying *copying = gox_call_alloc(call, sizeof *copying);
    if (copying == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    int rc = read_corners(call, COPY_MIN, COPY_MAX, &copying->box);
    if (rc < 0)
        return rc;
    call->state = copying;
    if (!gox_api_is_small(call)) {
        rc = gox_call_take_snapshot(call);
        return rc < 0 ? rc : GOX_CALL_WORK;
    }
    rc = work_copy(call);
    return rc < 0 ? rc : finish_copy(call);
}

/* ---- paste ---- */

enum { PASTE_POSITION, PASTE_MODE, PASTE_CLIP, PASTE_LAYER, PASTE_SYMMETRY };
// clang-format off
static const struct gox_param PASTE_PARAMS[] = {
        GOX_API_POSITION_PARAM,
        {.name = "mode", .type = GOX_PARAM_ENUM, .names = MODE_NAMES,
         .fallback = "\"add\"", .help = "how the voxels of the clip apply"},
        {.name = "clip", .type = GOX_PARAM_STRING,
         .help = "handle from copy_region; the latest when absent"},
        GOX_API_LAYER_PARAM,
        GOX_API_SYMMETRY_PARAM,
};
// clang-format on

static int apply_paste(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    return gox_edit_paste(layer->volume, job->volume, job->pos, &job->mod,
            &job->voxels, &job->clipped, &call->task);
}

static const struct gox_clip *find_clip(struct gox_call *call)
{
    struct gox_clips *clips = gox_call_clips(call);
    struct gox_slice name = gox_call_slice(call, PASTE_CLIP);
    if (name.data != NULL)
        return gox_clips_find(clips, name.data, name.len);
    const struct gox_clip *latest = NULL;
    for (size_t i = 0; i < clips->count; i++)
        if (latest == NULL || clips->items[i].used > latest->used)
            latest = &clips->items[i];
    return latest;
}

static int paste(struct gox_call *call)
{
    const struct gox_clip *clip = find_clip(call);
    if (clip == NULL)
        return gox_call_fail(call, GOX_ERR_NOT_FOUND,
                "there is no such clip (the last %d are kept); copy one with "
                "goxel.copy_region",
                GOX_CLIPS_MAX);
    struct gox_job job = {.label = "paste",
            .layer_param = PASTE_LAYER,
            .apply = apply_paste,
            .put = put_moved,
            .pos = gox_call_point(call, PASTE_POSITION)};
    gox_modifier_init(
            &job.mod, (enum gox_mode)gox_call_enum(call, PASTE_MODE), 0);
    int rc = gox_api_symmetry(call, PASTE_SYMMETRY, &job.mod.symmetry);
    if (rc < 0)
        return rc;
    job.volume = gox_volume_dup(clip->volume);
    if (job.volume == NULL)
        return gox_call_fail(
                call, GOX_ERR_NOMEM, "out of memory; nothing was changed");
    rc = gox_job_start(call, &job, gox_volume_solid(job.volume));
    if (call->state == NULL)
        gox_volume_free(job.volume);
    return rc;
}

/* ---- crop ---- */

enum { CROP_MIN, CROP_MAX, CROP_LAYER };
// clang-format off
static const struct gox_param CROP_PARAMS[] = {
        {.name = "min", .type = GOX_PARAM_POINT, .flags = GOX_PARAM_REQUIRED,
         .help = "one corner of what stays, inclusive"},
        {.name = "max", .type = GOX_PARAM_POINT, .flags = GOX_PARAM_REQUIRED,
         .help = "the opposite corner, inclusive"},
        GOX_API_LAYER_PARAM,
};
// clang-format on

static int apply_crop(
        struct gox_call *call, struct gox_layer *layer, struct gox_job *job)
{
    (void)call;
    return gox_edit_crop(layer->volume, job->box, &job->voxels);
}

static void put_removed(struct gox_call *call, const struct gox_job *job)
{
    gox_writer_uint(call->out, "voxels", job->voxels);
}

static int crop(struct gox_call *call)
{
    struct gox_job job = {.label = "crop",
            .layer_param = CROP_LAYER,
            .apply = apply_crop,
            .put = put_removed};
    int rc = read_corners(call, CROP_MIN, CROP_MAX, &job.box);
    return rc < 0 ? rc
                  : gox_job_start(
                            call, &job, gox_job_layer_solid(call, CROP_LAYER));
}

#define LONG_EDIT (GOX_METHOD_EDIT | GOX_METHOD_LONG | GOX_METHOD_SUB)
#define JOB       .work = gox_job_work, .finish = gox_job_finish, .drop = gox_job_drop

// clang-format off
const struct gox_method gox_api_transform[] = {
        {.name = "goxel.transform", .group = "transform", .flags = LONG_EDIT,
         GOX_PARAMS(MOVE_PARAMS),
         .result = "success:bool voxels:int clipped:int revision:int",
         .summary = "Moves, turns, mirrors or scales voxels of a layer.",
         .run = transform, JOB},
        {.name = "goxel.copy_region", .group = "transform",
         .flags = GOX_METHOD_READ | GOX_METHOD_LONG, GOX_PARAMS(COPY_PARAMS),
         .result = "success:bool clip:string voxels:int size:array",
         .summary = "Copies a box of voxels for goxel.paste.",
         .run = copy_region, .work = work_copy, .finish = finish_copy,
         .drop = drop_copy},
        {.name = "goxel.paste", .group = "transform",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG, GOX_PARAMS(PASTE_PARAMS),
         .result = "success:bool voxels:int clipped:int revision:int",
         .summary = "Puts a copied box with its lowest corner at a position.",
         .run = paste, JOB},
        {.name = "goxel.crop", .group = "transform", .flags = LONG_EDIT,
         GOX_PARAMS(CROP_PARAMS),
         .result = "success:bool voxels:int revision:int",
         .summary = "Removes everything outside a box; voxels counts the removed.",
         .run = crop, JOB},
        {.name = NULL},
};
// clang-format on
