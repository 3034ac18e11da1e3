/* SPDX-License-Identifier: Apache-2.0
 * What several groups of methods share: the usual parameters, the modifier of
 * edits, and running on the loop or on a worker by the size of the work. */
#ifndef GOX_DAEMON_API_COMMON_H
#define GOX_DAEMON_API_COMMON_H

#include "daemon/api.h"
#include "voxel/edit.h"

/* The parameters that mean the same everywhere. */
#define GOX_API_LAYER_PARAM                                                    \
    {                                                                          \
        .name = "layer_id", .type = GOX_PARAM_LAYER, .fallback = "0",          \
        .alias = "layer|layer_name",                                           \
        .help = "layer by id or name; 0 or absent: the active layer"           \
    }
#define GOX_API_READ_LAYER_PARAM                                               \
    {                                                                          \
        .name = "layer_id", .type = GOX_PARAM_LAYER, .fallback = "0",          \
        .min = -1, .max = 2147483647, .alias = "layer|layer_name",             \
        .help = "layer by id or name; 0 or absent: the active layer; -1: all " \
                "visible layers merged"                                        \
    }
#define GOX_API_POSITION_PARAM                                                 \
    {                                                                          \
        .name = "position", .type = GOX_PARAM_POINT,                           \
        .flags = GOX_PARAM_REQUIRED, .flat = "", .help = "the voxel"           \
    }
#define GOX_API_COLOR_PARAM                                                    \
    {                                                                          \
        .name = "color", .type = GOX_PARAM_COLOR,                              \
        .fallback = "[255,255,255,255]", .flat = "", .alias = "rgba|colour",   \
        .help = "colour; opaque white when absent"                             \
    }
#define GOX_API_SYMMETRY_PARAM                                                 \
    {                                                                          \
        .name = "symmetry", .type = GOX_PARAM_OBJECT,                          \
        .help = "mirrors the edit: {x, y, z: booleans, origin: [x,y,z]}; the " \
                "planes pass through origin (halves allowed, default 0)"       \
    }
#define GOX_API_CLIP_PARAM                                                     \
    {                                                                          \
        .name = "clip", .type = GOX_PARAM_REGION,                              \
        .help = "voxels outside are left alone: {min, max}, inclusive"         \
    }

/* Above this many voxels work goes to a worker, so that the loop stays free
 * (about 2 ms of work). */
#define GOX_API_INLINE_VOXELS 262144

/* Reads a symmetry object (absent: none) of parameter i. */
int gox_api_symmetry(struct gox_call *call, size_t i,
        struct gox_symmetry *symmetry) GOX_MUST_CHECK;

/* The volume that a READ_LAYER parameter means, as a new handle in *vol
 * (gox_volume_free): layer -1 is the composite. *layer_id gets its id, or -1.
 */
int gox_api_read_volume(struct gox_call *call, size_t i, gox_volume **vol,
        int *layer_id) GOX_MUST_CHECK;

/* Whether the loop may look at all voxels of the image itself. */
bool gox_api_is_small(struct gox_call *call);

/* For READ|LONG methods whose `work` writes the result: does it here when the
 * image is small, else takes a snapshot and asks for a worker. */
int gox_api_run_or_work(struct gox_call *call) GOX_MUST_CHECK;

/* Ends a volume edit of `run`: commits and writes the revision member. */
int gox_api_commit(struct gox_call *call) GOX_MUST_CHECK;

/* In `run`, before gox_api_make_project with overwrite: 0, or GOX_CALL_WAIT
 * when the project must be opened first, or an error. */
int gox_api_open_for_overwrite(
        struct gox_call *call, const char *name, bool overwrite) GOX_MUST_CHECK;

/* Makes a project of own_img (taken over also on failure) as
 * gox_projects_create does, and tells subscribers when it replaced one. */
int gox_api_make_project(struct gox_call *call, const char *name,
        struct gox_image *own_img, bool overwrite,
        gox_project **project) GOX_MUST_CHECK;

/* {"min":[..],"max":[..]} with max inclusive, as a member; null when empty. */
void gox_api_put_box(
        struct gox_writer *out, const char *key, struct gox_bbox box);

#endif
