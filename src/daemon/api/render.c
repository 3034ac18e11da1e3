/* SPDX-License-Identifier: Apache-2.0
 * Methods that draw pictures, and those on the registered render files.
 *
 * Invariant: pictures are drawn on a worker from a snapshot. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/api/common.h"
#include "daemon/api/groups.h"
#include "daemon/api/render_options.h"
#include "daemon/renders.h"
#include "format/png.h"
#include "platform/os.h"

#include <sha2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* The least time for about the smallest file: 6 ms for 800 x 600 pixels. */
#define PNG_LEVEL 4

enum { PATH, WIDTH, HEIGHT, PRESET, CAMERA, OPTIONS, VIEWS, LAYER, TITLE };
#define NAME(name, text) text,
static const char *const VIEW_NAMES[] = {GOX_VIEW_LIST(NAME) NULL};
// clang-format off
static const struct gox_param PARAMS[] = {
        {.name = "output_path", .type = GOX_PARAM_STRING, .alias = "path",
         .help = "PNG file to write; needed unless return_mode says otherwise"},
        {.name = "width", .type = GOX_PARAM_INT, .fallback = "512", .min = 1,
         .max = GOX_RENDER_MAX_SIDE, .help = "pixels"},
        {.name = "height", .type = GOX_PARAM_INT, .fallback = "512", .min = 1,
         .max = GOX_RENDER_MAX_SIDE, .help = "pixels"},
        {.name = "camera_preset", .type = GOX_PARAM_ENUM, .names = VIEW_NAMES,
         .help = "view that shows the whole model; isometric when absent"},
        {.name = "camera", .type = GOX_PARAM_OBJECT,
         .help = "{position, target, up: [x,y,z], fov: degrees, or ortho: "
                 "world units from bottom to top}"},
        {.name = "options", .type = GOX_PARAM_OBJECT,
         .help = "{return_mode: file, file_path or base64, background_color, "
                 "transparent, samples: 1 to 4, shadows, ambient_occlusion, "
                 "edges, ortho}"},
        {.name = "views", .type = GOX_PARAM_ARRAY,
         .help = "names of views: a contact sheet of them, each labelled"},
        {.name = "layer_id", .type = GOX_PARAM_LAYER, .min = -1,
         .max = 2147483647, .alias = "layer",
         .help = "draws only this layer; all visible layers when absent"},
        {.name = "title", .type = GOX_PARAM_STRING,
         .help = "line above a contact sheet; the project's name when absent"},
};
// clang-format on

struct render_job {
    struct gox_api_render spec;
    struct gox_buf png;
    char *path;       /* where to write; NULL: base64 */
    bool is_listed;   /* registered, and removed when its time is over */
    bool is_own_name; /* the daemon chose the path */
    const char *title;
    char checksum[GOX_SHA256_HEX_BYTES];
};

static void drop_render(struct gox_call *call)
{
    struct render_job *job = call->state;
    gox_buf_fini(&job->png);
}

/* A name that no other render has: time, process-wide counter. */
static char *make_path(struct gox_call *call)
{
    static atomic_uint counter;
    const char *dir = gox_call_settings(call)->render_dir;
    size_t size = strlen(dir) + 64;
    char *path = gox_call_alloc(call, size);
    if (path != NULL)
        snprintf(path, size, "%s/render_%lld_%u.png", dir,
                (long long)gox_time_wall_ms(), atomic_fetch_add(&counter, 1));
    return path;
}

static int find_target(struct gox_call *call, struct render_job *job)
{
    struct gox_slice path = gox_call_slice(call, PATH);
    enum gox_return_mode mode = job->spec.return_mode;
    job->is_listed = mode == GOX_RETURN_FILE_PATH;
    if (mode == GOX_RETURN_BASE64)
        return 0;
    if (path.len > 0) {
        job->path = gox_call_strdup(call, path.data, path.len);
    } else if (job->is_listed) {
        job->path = make_path(call);
        job->is_own_name = true;
    } else {
        return gox_call_fail_param(call, PATH, "path of a file",
                "output_path is needed; or set options.return_mode to "
                "file_path or base64");
    }
    return job->path != NULL
                   ? 0
                   : gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
}

/* Before any memory is taken for it. */
static int check_size(
        struct gox_call *call, const struct gox_render_options *opts)
{
    if ((int64_t)opts->width * opts->height <= GOX_RENDER_MAX_PIXELS)
        return 0;
    return gox_call_fail(call, GOX_ERR_TOO_LARGE,
            "a picture of %d x %d pixels is too large: all together at most %d",
            opts->width, opts->height, GOX_RENDER_MAX_PIXELS);
}

static int render_scene(struct gox_call *call)
{
    struct render_job *job = gox_call_alloc(call, sizeof *job);
    if (job == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    gox_buf_init(&job->png, 0);
    call->state = job;
    job->spec.preset = gox_call_enum(call, PRESET);
    gox_render_options_init(&job->spec.options);
    job->spec.options.width = gox_call_int(call, WIDTH);
    job->spec.options.height = gox_call_int(call, HEIGHT);
    job->title = gox_call_str(call, TITLE);
    if (job->title == NULL)
        job->title = gox_call_strdup(
                call, call->project->name, strlen(call->project->name));
    int rc = check_size(call, &job->spec.options);
    if (rc >= 0)
        rc = gox_api_render_camera(call, CAMERA, &job->spec);
    if (rc >= 0)
        rc = gox_api_render_options(call, OPTIONS, &job->spec);
    if (rc >= 0)
        rc = gox_api_render_views(call, VIEWS, &job->spec);
    if (rc >= 0)
        rc = find_target(call, job);
    if (rc >= 0)
        rc = gox_call_take_snapshot(call);
    if (rc >= 0 && call->snapshot->has_light)
        job->spec.options.light = call->snapshot->light;
    return rc < 0 ? rc : GOX_CALL_WORK;
}

static int draw(struct gox_call *call, const struct gox_api_render *spec,
        gox_rgba *pixels)
{
    const struct render_job *job = call->state;
    gox_volume *vol = NULL;
    int id;
    int rc = call->args[LAYER].is_given
                     ? gox_api_read_volume(call, LAYER, &vol, &id)
                     : gox_image_composite(
                               call->snapshot, &vol, &call->task, &call->err);
    if (rc < 0)
        return rc;
    if (spec->view_count > 0) {
        rc = gox_render_sheet(pixels, vol, spec->views, spec->view_count,
                job->title, &spec->options, &call->task, &call->err);
    } else {
        struct gox_render_camera cam = spec->camera;
        if (!spec->has_camera)
            gox_render_frame_volume(&cam,
                    spec->preset < 0 ? GOX_VIEW_ISOMETRIC
                                     : (enum gox_view)spec->preset,
                    vol, spec->options.width, spec->options.height,
                    spec->is_ortho);
        rc = gox_render_volume(
                pixels, vol, &cam, &spec->options, &call->task, &call->err);
    }
    gox_volume_free(vol);
    return rc;
}

static int write_picture(struct gox_call *call, struct render_job *job)
{
    /* Over --stdio nobody has needed the directory before. */
    if (job->is_own_name) {
        int code = gox_os_make_dirs(
                gox_call_settings(call)->render_dir, &call->err);
        if (code < 0)
            return code;
    }
    struct gox_output *out = gox_call_open_output(call, job->path);
    if (out == NULL)
        return call->err.code;
    gox_output_put(out, job->png.data, job->png.len);
    int rc = gox_output_commit(out);
    gox_output_close(out);
    return rc < 0 && call->err.code == 0
                   ? gox_call_fail_code(call, rc, job->path)
                   : rc;
}

static int work_render(struct gox_call *call)
{
    struct render_job *job = call->state;
    const struct gox_render_options *opts = &job->spec.options;
    gox_rgba *pixels = gox_malloc_array(
            (size_t)opts->width * (size_t)opts->height, sizeof *pixels);
    if (pixels == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM,
                "out of memory for %d x %d pixels", opts->width, opts->height);
    int rc = draw(call, &job->spec, pixels);
    if (rc >= 0)
        rc = gox_png_write(&job->png, pixels, opts->width, opts->height,
                PNG_LEVEL, true, &call->err);
    gox_free(pixels);
    if (rc < 0)
        return call->err.code != 0 ? rc
                                   : gox_call_fail_code(call, rc, "picture");
    SHA256Data(job->png.data, job->png.len, job->checksum);
    return job->path != NULL ? write_picture(call, job) : 0;
}

static void put_time(struct gox_writer *out, const char *key, int64_t ms)
{
    char text[GOX_TIME_TEXT_BYTES];
    gox_time_format(ms, text);
    gox_writer_string(out, key, text);
}

static void put_file(struct gox_writer *out, const struct gox_render_file *file)
{
    gox_writer_string(out, "path", file->path);
    gox_writer_uint(out, "size", file->bytes);
    gox_writer_string(out, "format", "png");
    gox_writer_object(out, "dimensions");
    gox_writer_int(out, "width", file->width);
    gox_writer_int(out, "height", file->height);
    gox_writer_end_object(out);
    gox_writer_string(out, "checksum", file->checksum);
    put_time(out, "created_at", file->created_ms);
    put_time(out, "expires_at", file->expires_ms);
}

static int put_listed(struct gox_call *call, const struct render_job *job)
{
    const struct gox_render_file *file;
    const char *full = gox_call_full_path(call, job->path);
    int rc = full == NULL ? GOX_ERR_NOMEM
                          : gox_renders_add(gox_call_renders(call), full,
                                    job->png.len, job->spec.options.width,
                                    job->spec.options.height, job->checksum,
                                    gox_time_wall_ms(), &file);
    if (rc < 0)
        return gox_call_fail_code(call, rc, "render file");
    gox_writer_object(call->out, "file");
    put_file(call->out, file);
    gox_writer_end_object(call->out);
    return 0;
}

static int finish_render(struct gox_call *call)
{
    const struct render_job *job = call->state;
    struct gox_writer *out = call->out;
    int rc = 0;
    gox_writer_object(out, NULL);
    gox_writer_bool(out, "success", true);
    gox_writer_int(out, "width", job->spec.options.width);
    gox_writer_int(out, "height", job->spec.options.height);
    gox_writer_string(out, "format", "png");
    gox_writer_uint(out, "bytes", job->png.len);
    if (job->path != NULL)
        gox_writer_string(
                out, "output_path", gox_call_full_path(call, job->path));
    if (job->is_listed)
        rc = put_listed(call, job);
    if (job->path == NULL)
        gox_writer_base64(out, "data", job->png.data, job->png.len);
    gox_writer_end_object(out);
    return rc;
}

/* ---- the registered files ---- */

// clang-format off
static const struct gox_param FILE_PARAMS[] = {
        {.name = "path", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "path of a registered render file"},
};
// clang-format on

/* Files are registered by their full path, however the client names them. */
static const char *full_path(struct gox_call *call)
{
    const char *path = gox_call_str(call, 0);
    const char *full = gox_call_full_path(call, path);
    return full != NULL ? full : path;
}

static int get_render_info(struct gox_call *call)
{
    const char *path = full_path(call);
    const struct gox_render_file *file =
            gox_renders_find(gox_call_renders(call), path);
    if (file == NULL)
        return gox_call_fail(call, GOX_ERR_RENDER_INFO,
                "%s is no registered render file; goxel.list_renders lists "
                "them",
                path);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_object(call->out, "render");
    put_file(call->out, file);
    gox_writer_end_object(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

static int list_renders(struct gox_call *call)
{
    const struct gox_renders *renders = gox_call_renders(call);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_uint(call->out, "count", renders->count);
    gox_writer_array(call->out, "renders");
    for (size_t i = 0; i < renders->count; i++) {
        gox_writer_object(call->out, NULL);
        put_file(call->out, &renders->items[i]);
        gox_writer_end_object(call->out);
    }
    gox_writer_end_array(call->out);
    gox_writer_end_object(call->out);
    return 0;
}

static int cleanup_render(struct gox_call *call)
{
    const char *path = full_path(call);
    int rc = gox_renders_remove(gox_call_renders(call), path, &call->err);
    if (rc < 0)
        return gox_call_fail(call, GOX_ERR_CLEANUP, "%s", call->err.text);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_printf(call->out, "message", "%s is removed", path);
    gox_writer_end_object(call->out);
    return 0;
}

static int get_render_stats(struct gox_call *call)
{
    const struct gox_renders *renders = gox_call_renders(call);
    const struct gox_settings *settings = gox_call_settings(call);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_uint(call->out, "count", renders->count);
    gox_writer_uint(call->out, "total_bytes", renders->total_bytes);
    gox_writer_uint(call->out, "max_bytes", renders->max_bytes);
    gox_writer_int(call->out, "ttl_seconds", renders->ttl_ms / 1000);
    gox_writer_int(call->out, "cleanup_interval_seconds",
            settings->render_cleanup_interval);
    gox_writer_string(call->out, "directory", settings->render_dir);
    gox_writer_uint(call->out, "created", renders->created_count);
    gox_writer_uint(call->out, "expired", renders->expired_count);
    gox_writer_uint(call->out, "evicted", renders->evicted_count);
    gox_writer_end_object(call->out);
    return 0;
}

// clang-format off
const struct gox_method gox_api_render[] = {
        {.name = "goxel.render_scene", .aliases = "goxel.render_image",
         .group = "render", .flags = GOX_METHOD_READ | GOX_METHOD_LONG,
         .error = GOX_ERR_RENDER, GOX_PARAMS(PARAMS),
         .result = "success:bool width:int height:int format:string bytes:int output_path:string? file:object? data:string?",
         .summary = "Draws the model as a PNG picture, or a contact sheet of several views.",
         .run = render_scene, .work = work_render, .finish = finish_render,
         .drop = drop_render},
        {.name = "goxel.get_render_info", .group = "render", .flags = GOX_METHOD_SAFE,
         .error = GOX_ERR_RENDER_INFO, GOX_PARAMS(FILE_PARAMS),
         .result = "success:bool render:object",
         .summary = "Tells of a registered render file.",
         .run = get_render_info},
        {.name = "goxel.list_renders", .group = "render", .flags = GOX_METHOD_SAFE,
         .result = "success:bool count:int renders:array",
         .summary = "Lists the registered render files.",
         .run = list_renders},
        {.name = "goxel.cleanup_render", .group = "render",
         .error = GOX_ERR_CLEANUP, GOX_PARAMS(FILE_PARAMS),
         .result = "success:bool message:string",
         .summary = "Removes a registered render file before its time.",
         .run = cleanup_render},
        {.name = "goxel.get_render_stats", .group = "render", .flags = GOX_METHOD_SAFE,
         .result = "success:bool count:int total_bytes:int max_bytes:int ttl_seconds:int cleanup_interval_seconds:int directory:string created:int expired:int evicted:int",
         .summary = "Tells how many render files there are and their limits.",
         .run = get_render_stats},
        {.name = NULL},
};
// clang-format on
