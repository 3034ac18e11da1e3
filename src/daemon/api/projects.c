/* SPDX-License-Identifier: Apache-2.0
 * Methods on projects as a whole.
 *
 * Invariant: nothing here drops work unless the client says so: with a store it
 * is in the project's file, without one a project with changes stays. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "goxel/version.h"

#include <string.h>

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
    int rc = gox_api_open_for_overwrite(
            call, name, gox_call_bool(call, NEW_OVERWRITE));
    if (rc != 0)
        return rc;
    struct gox_image *img = gox_image_new();
    if (img == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    img->has_box = true;
    img->box = image_box(width, height, depth);
    gox_project *project;
    rc = gox_api_make_project(
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

/* What list_projects found in the data directory. */
struct listing {
    struct gox_store_info *files; /* owned */
    size_t count;
};

static void drop_listing(struct gox_call *call)
{
    gox_free(((struct listing *)call->state)->files);
}

static void put_open_project(struct gox_writer *out, const gox_project *p,
        uint64_t file_bytes, uint64_t *count)
{
    gox_writer_object(out, NULL);
    put_project(out, p);
    gox_writer_bool(out, "open", true);
    gox_writer_uint(
            out, "bytes", file_bytes > 0 ? file_bytes : gox_project_bytes(p));
    gox_writer_end_object(out);
    (*count)++;
}

static const char *why_not(int code)
{
    switch (code) {
    case GOX_ERR_UNSUPPORTED:
        return "written by a newer goxel-daemon";
    case GOX_ERR_FORMAT:
        return "damaged; opening it recovers what can be read";
    case GOX_ERR_PARAMS:
        return "no project has a file of this name; rename the file";
    default:
        return gox_error_text(code);
    }
}

static void put_file(struct gox_writer *out, const struct gox_store_info *info,
        uint64_t *count)
{
    char at[GOX_TIME_TEXT_BYTES];
    gox_time_format(info->modified_ms, at);
    gox_writer_object(out, NULL);
    gox_writer_string(out, "name", info->name);
    gox_writer_bool(out, "open", false);
    gox_writer_uint(out, "bytes", info->bytes);
    if (info->code < 0) {
        gox_writer_string(out, "error", why_not(info->code));
    } else {
        gox_writer_uint(out, "revision", info->revision);
        gox_writer_uint(out, "voxel_count", info->voxels);
        gox_writer_string(out, "modified_at", at);
    }
    gox_writer_end_object(out);
    (*count)++;
}

static bool is_usable(const gox_project *p)
{
    return p->stage == GOX_PROJECT_OPEN;
}

static const struct gox_store_info *find_file(
        const struct listing *files, const char *name)
{
    for (size_t i = 0; files != NULL && i < files->count; i++)
        if (strcmp(files->files[i].name, name) == 0)
            return &files->files[i];
    return NULL;
}

/* Open ones in order of creation, then the rest by name. */
static int put_listing(struct gox_call *call)
{
    gox_projects *all = gox_call_projects(call);
    const struct listing *files = call->state;
    uint64_t count = 0;
    gox_writer_object(call->out, NULL);
    gox_writer_array(call->out, "projects");
    for (gox_project *p = gox_projects_next(all, NULL); p != NULL;
            p = gox_projects_next(all, p)) {
        const struct gox_store_info *file = find_file(files, p->name);
        if (is_usable(p))
            put_open_project(
                    call->out, p, file != NULL ? file->bytes : 0, &count);
    }
    for (size_t i = 0; files != NULL && i < files->count; i++) {
        const char *name = files->files[i].name;
        const gox_project *p = gox_projects_find(all, name, strlen(name));
        if (p == NULL || !is_usable(p))
            put_file(call->out, &files->files[i], &count);
    }
    gox_writer_end_array(call->out);
    gox_writer_uint(call->out, "count", count);
    gox_writer_end_object(call->out);
    return 0;
}

static int work_list(struct gox_call *call)
{
    struct listing *listing = call->state;
    return gox_stores_list(gox_projects_stores(gox_call_projects(call)),
            &listing->files, &listing->count, &call->err);
}

static int list_projects(struct gox_call *call)
{
    if (!gox_projects_are_stored(gox_call_projects(call)))
        return put_listing(call);
    call->state = gox_call_alloc(call, sizeof(struct listing));
    return call->state != NULL
                   ? GOX_CALL_WORK
                   : gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
}

static int find_project(struct gox_call *call, size_t i, gox_project **project)
{
    struct gox_slice name = gox_call_slice(call, i);
    return gox_call_find_project(call, name.data, name.len, project);
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
    if (rc != 0)
        return rc;
    project->is_read_only = gox_call_bool(call, OPEN_READ_ONLY);
    gox_call_set_project(call, project);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", project->name);
    gox_writer_uint(call->out, "revision", gox_project_revision(project));
    gox_writer_bool(call->out, "read_only", project->is_read_only);
    gox_writer_object(call->out, "recovered");
    gox_writer_uint(call->out, "replayed", project->replayed);
    gox_writer_int(call->out, "duration_ms", project->replay_ms);
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
         .help = "true: drop unsaved changes, where projects are not stored"},
};
static const struct gox_param DELETE_PARAMS[] = {
        {.name = "name", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "name of a project"},
        {.name = "purge", .type = GOX_PARAM_BOOL, .fallback = "false",
         .help = "true: for good, not into the trash (without a data directory: drop unsaved changes)"},
};
// clang-format on

static int put_dropped(struct gox_call *call, const char *name)
{
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "project", name);
    gox_writer_end_object(call->out);
    return 0;
}

/* Without a store the changes would be gone. */
static int check_unsaved(struct gox_call *call, const gox_project *project)
{
    if (project->store != NULL || !gox_project_is_modified(project) ||
            gox_call_bool(call, DROP_ANYWAY))
        return 0;
    return gox_call_fail(call, GOX_ERR_CONFLICT,
            "project \"%s\" has unsaved changes and stays; save it, or give "
            "%s: true to drop them",
            project->name, call->method->params[DROP_ANYWAY].name);
}

static int drop_open(
        struct gox_call *call, gox_project *project, enum gox_project_drop how)
{
    int rc = check_unsaved(call, project);
    if (rc < 0)
        return rc;
    gox_project_ref(project);
    rc = gox_projects_drop(gox_call_projects(call), project, how, &call->err);
    if (rc == 0)
        rc = put_dropped(call, project->name);
    if (rc == 0)
        rc = gox_call_hold(call, project);
    gox_project_unref(project);
    return rc;
}

/* In the data directory, but not in the list: no need to open it first. */
static bool is_only_file(struct gox_call *call)
{
    gox_projects *all = gox_call_projects(call);
    struct gox_slice name = gox_call_slice(call, DROP_NAME);
    return gox_projects_are_stored(all) &&
           gox_projects_find(all, name.data, name.len) == NULL &&
           gox_stores_has(gox_projects_stores(all), name.data);
}

static int close_project(struct gox_call *call)
{
    gox_project *project;
    if (is_only_file(call))
        return put_dropped(call, gox_call_str(call, DROP_NAME));
    int rc = find_project(call, DROP_NAME, &project);
    return rc != 0 ? rc : drop_open(call, project, GOX_PROJECT_CLOSE);
}

static int work_delete(struct gox_call *call)
{
    gox_stores *stores = gox_projects_stores(gox_call_projects(call));
    const char *name = gox_call_str(call, DROP_NAME);
    int rc = gox_stores_delete(stores, name, &call->err);
    if (rc == 0 && gox_call_bool(call, DROP_ANYWAY))
        rc = gox_stores_purge(stores, name, &call->err);
    return rc < 0 ? rc : put_dropped(call, name);
}

static int delete_project(struct gox_call *call)
{
    gox_project *project;
    if (is_only_file(call))
        return GOX_CALL_WORK;
    int rc = find_project(call, DROP_NAME, &project);
    if (rc != 0)
        return rc;
    return drop_open(call, project,
            gox_call_bool(call, DROP_ANYWAY) ? GOX_PROJECT_PURGE
                                             : GOX_PROJECT_DELETE);
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

static int put_copied(struct gox_call *call)
{
    return put_dropped(call, gox_call_str(call, COPY_TO));
}

static int work_copy(struct gox_call *call)
{
    int rc = gox_stores_copy(gox_projects_stores(gox_call_projects(call)),
            gox_call_str(call, COPY_NAME), gox_call_str(call, COPY_TO),
            &call->task, &call->err);
    return rc < 0 ? rc : put_copied(call);
}

static int copy_in_memory(struct gox_call *call, const gox_project *from)
{
    gox_project *to;
    struct gox_image *img = gox_image_dup(from->image);
    if (img == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    int rc = gox_projects_create(gox_call_projects(call),
            gox_call_str(call, COPY_TO), img, false, &to, &call->err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 3; i++)
        to->size[i] = from->size[i];
    return put_copied(call);
}

/* A file is copied as it is, with its history, while edits may go on. */
static int copy_project(struct gox_call *call)
{
    gox_projects *all = gox_call_projects(call);
    struct gox_slice to = gox_call_slice(call, COPY_TO);
    gox_project *from;
    int rc = is_only_file(call) ? 0 : find_project(call, COPY_NAME, &from);
    if (rc != 0)
        return rc;
    if (!gox_projects_are_stored(all))
        return copy_in_memory(call, from);
    rc = gox_projects_check_name(to.data, &call->err);
    if (rc < 0)
        return rc;
    if (gox_projects_find(all, to.data, to.len) != NULL)
        return gox_call_fail(call, GOX_ERR_EXISTS,
                "project \"%s\" exists; choose another name", to.data);
    return GOX_CALL_WORK;
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
    gox_writer_uint(call->out, "memory_bytes", gox_project_bytes(p));
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
         .flags = GOX_METHOD_LONG | GOX_METHOD_SAFE, .work = work_list, .finish = put_listing,
         .drop = drop_listing,
         .result = "projects:array count:int",
         .summary = "Lists the projects.", .run = list_projects},
        {.name = "goxel.open_project", .group = "projects", .flags = GOX_METHOD_SAFE,
         GOX_PARAMS(OPEN_PARAMS),
         .result = "success:bool project:string revision:int read_only:bool recovered:object",
         .summary = "Makes a project the connection's own.",
         .run = open_project},
        {.name = "goxel.close_project", .group = "projects",
         GOX_PARAMS(CLOSE_PARAMS), .result = "success:bool project:string",
         .summary = "Closes a project's file; it is opened again when a request names it.",
         .run = close_project},
        {.name = "goxel.delete_project", .group = "projects",
         .flags = GOX_METHOD_LONG, .work = work_delete,
         GOX_PARAMS(DELETE_PARAMS), .result = "success:bool project:string",
         .summary = "Moves a project to the trash; files that it was saved to stay.",
         .run = delete_project},
        {.name = "goxel.copy_project", .group = "projects",
         .flags = GOX_METHOD_LONG, .work = work_copy,
         GOX_PARAMS(COPY_PARAMS), .result = "success:bool project:string",
         .summary = "Copies a project with its history under another name.",
         .run = copy_project},
        {.name = "goxel.get_status", .aliases = "goxel.get_project_info",
         .group = "projects", .flags = READ | GOX_METHOD_SAFE,
         .result = "version:string project:string width:int height:int depth:int name:string revision:int voxel_count:int layer_count:int modified_at:string modified:bool read_only:bool path:string|null material_count:int camera_count:int memory_bytes:int",
         .summary = "Tells what the project holds.", .run = get_status},
        {.name = NULL},
};
// clang-format on
