/* SPDX-License-Identifier: Apache-2.0
 * goxel.analyze: what a person would see at a glance, for programs that build
 * models blindly: parts that float, symmetry, bounds, contact with the ground.
 */
#include "base/alloc.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "voxel/analysis.h"

enum { LAYER, REGION, MAX_PARTS };
// clang-format off
static const struct gox_param PARAMS[] = {
        GOX_API_READ_LAYER_PARAM,
        {.name = "region", .type = GOX_PARAM_REGION,
         .help = "only inside: {min, max}, inclusive"},
        {.name = "max_components", .type = GOX_PARAM_INT, .fallback = "20",
         .min = 0, .max = 10000, .help = "how many parts to list at most"},
};
// clang-format on

static void put_components(struct gox_writer *out,
        const struct gox_component *parts, size_t count, size_t shown)
{
    size_t floating = 0;
    for (size_t i = 0; i < count; i++)
        floating += !parts[i].touches_ground;
    gox_writer_uint(out, "component_count", count);
    gox_writer_uint(out, "floating_count", floating);
    gox_writer_array(out, "components");
    for (size_t i = 0; i < count && i < shown; i++) {
        const struct gox_component *part = &parts[i];
        gox_writer_object(out, NULL);
        gox_writer_uint(out, "voxels", part->voxels);
        gox_api_put_box(out, "bbox", part->box);
        gox_writer_xyz(out, "seed", part->seed.x, part->seed.y, part->seed.z);
        gox_writer_bool(out, "touches_ground", part->touches_ground);
        gox_writer_end_object(out);
    }
    gox_writer_end_array(out);
}

static void put_symmetry(
        struct gox_writer *out, const struct gox_symmetry_score *score)
{
    static const char *const axes[] = {"x", "y", "z"};
    const int32_t origin[] = {
            score->origin2.x, score->origin2.y, score->origin2.z};
    gox_writer_object(out, "symmetry");
    for (int i = 0; i < 3; i++) {
        gox_writer_object(out, axes[i]);
        gox_writer_number(out, "plane", origin[i] / 2.0);
        gox_writer_number(out, "shape", score->shape[i]);
        gox_writer_number(out, "color", score->color[i]);
        gox_writer_end_object(out);
    }
    gox_writer_end_object(out);
}

struct ground {
    int32_t z;
    uint64_t voxels;
};

static bool count_ground(void *ctx, struct gox_pos pos, gox_rgba color)
{
    (void)color;
    struct ground *ground = ctx;
    ground->voxels += pos.z == ground->z;
    return true;
}

static int analyze_volume(struct gox_call *call, const gox_volume *vol)
{
    struct gox_bbox region = gox_call_region(call, REGION);
    gox_volume *part = NULL;
    struct gox_component *parts = NULL;
    struct gox_color_count *colors = NULL;
    struct gox_symmetry_score score;
    size_t count = 0, color_count = 0;
    struct gox_writer *out = call->out;
    int rc = gox_volume_copy_box(vol, region, false, &part);
    if (rc < 0)
        goto out;
    struct gox_bbox box = gox_volume_bbox(part);
    struct ground ground = {.z = box.min.z};
    rc = gox_analyze_components(part, box, &parts, &count, &call->task);
    if (rc >= 0)
        rc = gox_analyze_symmetry(part, box, &score, &call->task);
    if (rc >= 0)
        rc = gox_analyze_histogram(
                part, box, 0, &colors, &color_count, &call->task);
    struct gox_bbox bottom = box;
    bottom.max.z = box.min.z + 1;
    if (rc >= 0)
        rc = gox_analyze_each(part, bottom, count_ground, &ground, &call->task);
    if (rc < 0)
        goto out;
    gox_writer_uint(out, "voxel_count", gox_volume_solid(part));
    gox_writer_uint(out, "color_count", color_count);
    gox_api_put_box(out, "bounds", box);
    gox_writer_uint(out, "ground_voxels", ground.voxels);
    put_components(out, parts, count, (size_t)gox_call_int(call, MAX_PARTS));
    put_symmetry(out, &score);
out:
    gox_free(colors);
    gox_free(parts);
    gox_volume_free(part);
    return rc < 0 ? gox_call_fail_code(call, rc, "layer") : 0;
}

static int work_analyze(struct gox_call *call)
{
    gox_volume *vol = NULL;
    int id;
    int rc = gox_api_read_volume(call, LAYER, &vol, &id);
    if (rc < 0)
        return rc;
    gox_writer_object(call->out, NULL);
    gox_writer_int(call->out, "layer_id", id);
    rc = analyze_volume(call, vol);
    gox_writer_end_object(call->out);
    gox_volume_free(vol);
    return rc;
}

// clang-format off
const struct gox_method gox_api_analyze[] = {
        {.name = "goxel.analyze", .group = "read",
         .flags = GOX_METHOD_READ | GOX_METHOD_LONG | GOX_METHOD_SUB | GOX_METHOD_SAFE,
         GOX_PARAMS(PARAMS),
         .result = "layer_id:int voxel_count:int color_count:int bounds:object|null ground_voxels:int component_count:int floating_count:int components:array symmetry:object",
         .summary = "Tells of separate parts, symmetry, bounds and ground contact.",
         .run = gox_api_run_or_work, .work = work_analyze},
        {.name = NULL},
};
// clang-format on
