/* SPDX-License-Identifier: Apache-2.0
 * Methods on projects as a whole.
 *
 * Invariant: nothing here drops unsaved work unless the client says so. */
#include "base/time.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "goxel/version.h"

static void put_project(struct gox_writer *out, const struct gox_project *p)
{
    char at[GOX_TIME_TEXT_BYTES];
    gox_time_format(p->modified_ms, at);
    gox_writer_string(out, "name", p->name);
    gox_writer_uint(out, "revision", gox_project_revision(p));
    gox_writer_uint(out, "voxel_count", gox_image_solid(p->image));
    gox_writer_uint(out, "layer_count", p->image->layer_count);
    gox_writer_string(out, "modified_at", at);
    gox_writer_bool(out, "modified", gox_project_is_modified(p));
    gox_writer_bool(out, "read_only", p->is_read_only);
    gox_writer_string(out, "path", p->path);
}

/* Heap bytes of its voxels; blocks shared between layers count for each. */
static uint64_t project_bytes(const struct gox_project *p)
{
    uint64_t bytes = gox_history_bytes(p->history);
    for (size_t i = 0; i < p->image->layer_count; i++)
        bytes += gox_volume_bytes(p->image->layers[i]->volume);
    return bytes;
}

/* ---- create_project ---- */

enum { NEW_NAME, NEW_WIDTH, NEW_HEIGHT, NEW_DEPTH, NEW_OVERWRITE };
// clang-format off
#define SIZE_PARAM(which, text)                                                \
        {.name = which, .type = GOX_PARAM_INT, .fallback = "64", .min = 1,     \
         .max = 2 * GOX_COORD_MAX, .help = text}
static const struct gox_param NEW_PARAMS[] = {
        {.name = "name", .type = GOX_PARAM_STRING,
         .fallback = "\"New Project\"", .help = "unique among the open projects"},
        SIZE_PARAM("width", "extent on x of the image box; edits may go beyond"),
        SIZE_PARAM("height", "extent on y of the image box"),
        SIZE_PARAM("depth", "extent on z of the image box"),
        {.name = "overwrite", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "replaces a project of that name, as an edit that can be undone"},
};
// clang-format on

/* Centred in x and y, on the ground in z, like the editor's own new image. */
static struct gox_bbox image_box(int width, int height, int depth)
{
    struct gox_pos min = {-(width / 2), -(height / 2), 0};
    return (struct gox_bbox){
            min, {min.x + width, min.y + height,
                         depth < GOX_COORD_MAX ? depth : GOX_COORD_MAX}};
}

static int create_project(struct gox_call *call)
{
    const char *name = gox_call_str(call, NEW_NAME);
    int width = gox_call_int(call, NEW_WIDTH);
    int height = gox_call_int(call, NEW_HEIGHT);
    int depth = gox_call_int(call, NEW_DEPTH);
    struct gox_image *img = gox_image_new();
    if (img == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    img->has_box = true;
    img->box = image_box(width, height, depth);
    gox_project *project;
    int rc = gox_api_make_project(
            call, name, img, gox_call_bool(call, NEW_OVERWRITE), &project);
    if (rc < 0)
        return rc;
    project->size[0] = width;
    project->size[1] = height;
    project->size[2] = depth;
    gox_call_set_project(call, project);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "name", project->name);
    gox_writer_string(call->out, "project", project->name);
    gox_writer_int(call->out, "width", width);
    gox_writer_int(call->out, "height", height);
    gox_writer_int(call->out, "depth", depth);
    gox_writer_uint(call->out, "revision", gox_project_revision(project));
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- list, open, close, delete, copy ---- */

static int list_projects(struct gox_call *call)
{
    gox_projects *all = gox_call_projects(call);
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "projects");
    for (gox_project *p = gox_projects_next(all, NULL); p != NULL;
            p = gox_projects_next(all, p)) {
        gox_writer_object(call->out, NULL);
        put_project(call->out, p);
        gox_writer_bool(call->out, "open", true);
        gox_writer_uint(call->out, "bytes", project_bytes(p));
        gox_writer_end_object(call->out);
    }
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "count", gox_projects_count(all));
    gox_writer_end_object(call->out);
    return 0;
}

static int find_project(struct gox_call *call, size_t i, gox_project **project)
{
    struct gox_slice name = gox_call_slice(call, i);
    *project = gox_projects_find(gox_call_projects(call), name.data, name.len);
    if (*project != NULL)
        return 0;
    return gox_call_fail(call, GOX_ERR_NOT_FOUND,
            "there is no project \"%.*s\"; goxel.list_projects lists them",
            (int)name.len, name.data);
}

enum { OPEN_NAME, OPEN_READ_ONLY };
// clang-format off
static const struct gox_param OPEN_PARAMS[] = {
        {.name = "name", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name of a project"},
        {.name = "read_only", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "edits of it are refused, for all clients, until it is opened without"},
};
// clang-format on

static int open_project(struct gox_call *call)
{
    gox_project *project;
    int rc = find_project(call, OPEN_NAME, &project);
    if (rc < 0)
        return rc;
    project->is_read_only = gox_call_bool(call, OPEN_READ_ONLY);
    gox_call_set_project(call, project);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", project->name);
    gox_writer_uint(call->out, "revision", gox_project_revision(project));
    gox_writer_bool(call->out, "read_only", project->is_read_only);
    gox_writer_object(call->out, "recovered");
    gox_writer_int(call->out, "replayed", 0);
    gox_writer_int(call->out, "duration_ms", 0);
    gox_writer_end_object(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

enum { DROP_NAME, DROP_ANYWAY };
// clang-format off
static const struct gox_param CLOSE_PARAMS[] = {
        {.name = "name", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name of a project"},
        {.name = "discard", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "true: drop unsaved changes"},
};
static const struct gox_param DELETE_PARAMS[] = {
        {.name = "name", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name of a project"},
        {.name = "purge", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "true: drop unsaved changes"},
};
// clang-format on

static int drop_project(struct gox_call *call)
{
    gox_project *project;
    int rc = find_project(call, DROP_NAME, &project);
    if (rc < 0)
        return rc;
    if (gox_project_is_modified(project) && !gox_call_bool(call, DROP_ANYWAY))
        return gox_call_fail(call, GOX_ERR_CONFLICT,
                "project \"%s\" has unsaved changes and stays; save it, or "
                "give %s: true to drop them",
                project->name, call->method->params[DROP_ANYWAY].name);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", project->name);
    gox_writer_end_object(call->out);
    gox_projects_close(gox_call_projects(call), project);
    return 0;
}

enum { COPY_NAME, COPY_TO };
// clang-format off
static const struct gox_param COPY_PARAMS[] = {
        {.name = "name", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name of a project"},
        {.name = "to", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name of the copy"},
};
// clang-format on

static int copy_project(struct gox_call *call)
{
    gox_project *from, *to;
    int rc = find_project(call, COPY_NAME, &from);
    if (rc < 0)
        return rc;
    struct gox_image *img = gox_image_dup(from->image);
    if (img == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    rc = gox_projects_create(gox_call_projects(call),
            gox_call_str(call, COPY_TO), img, false, &to, &call->err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 3; i++)
        to->size[i] = from->size[i];
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", to->name);
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- get_status ---- */

static int get_status(struct gox_call *call)
{
    const struct gox_project *p = call->project;
    struct gox_bbox box = p->image->box;
    bool is_told = p->size[0] > 0;
    gox_writer_object(call->out, NULL);
    gox_writer_string(call->out, "version", GOX_VERSION);
    gox_writer_string(call->out, "project", p->name);
    gox_writer_int(
            call->out, "width", is_told ? p->size[0] : box.max.x - box.min.x);
    gox_writer_int(
            call->out, "height", is_told ? p->size[1] : box.max.y - box.min.y);
    gox_writer_int(
            call->out, "depth", is_told ? p->size[2] : box.max.z - box.min.z);
    put_project(call->out, p);
    gox_writer_uint(call->out, "material_count", p->image->material_count);
    gox_writer_uint(call->out, "camera_count", p->image->camera_count);
    gox_writer_uint(call->out, "memory_bytes", project_bytes(p));
    gox_writer_end_object(call->out);
    return 0;
}

#define READ GOX_METHOD_READ

// clang-format off
const struct gox_method gox_api_projects[] = {
        {.name = "goxel.create_project", .group = "projects",
         .error = GOX_ERR_CREATE_PROJECT, GOX_PARAMS(NEW_PARAMS),
         .result = "success:bool name:string project:string width:int height:int depth:int revision:int",
         .summary = "Makes an empty project, which becomes the connection's own.",
         .run = create_project},
        {.name = "goxel.list_projects", .group = "projects",
         .result = "projects:array count:int",
         .summary = "Lists the projects.", .run = list_projects},
        {.name = "goxel.open_project", .group = "projects",
         GOX_PARAMS(OPEN_PARAMS),
         .result = "success:bool project:string revision:int read_only:bool recovered:object",
         .summary = "Makes a project the connection's own.",
         .run = open_project},
        {.name = "goxel.close_project", .group = "projects",
         GOX_PARAMS(CLOSE_PARAMS), .result = "success:bool project:string",
         .summary = "Closes a project; unsaved changes are kept from being lost.",
         .run = drop_project},
        {.name = "goxel.delete_project", .group = "projects",
         GOX_PARAMS(DELETE_PARAMS), .result = "success:bool project:string",
         .summary = "Deletes a project; files that it was saved to stay.",
         .run = drop_project},
        {.name = "goxel.copy_project", .group = "projects",
         GOX_PARAMS(COPY_PARAMS), .result = "success:bool project:string",
         .summary = "Copies a project as it is now under another name.",
         .run = copy_project},
        {.name = "goxel.get_status", .aliases = "goxel.get_project_info",
         .group = "projects", .flags = READ,
         .result = "version:string project:string width:int height:int depth:int name:string revision:int voxel_count:int layer_count:int modified_at:string modified:bool read_only:bool path:string|null material_count:int camera_count:int memory_bytes:int",
         .summary = "Tells what the project holds.", .run = get_status},
        {.name = NULL},
};
// clang-format on
