/* SPDX-License-Identifier: Apache-2.0
 * Methods that read and write model files, but import.c. Reading, writing and
 * conversion run on a worker over a snapshot.
 *
 * Invariants: a failed write leaves the old file; a failed read leaves the
 * project; the loop thread touches no file. */
#include "daemon/api/common.h"
#include "daemon/api/files_internal.h"
#include "daemon/api/groups.h"

#include <stdio.h>
#include <string.h>

void gox__file_job_drop(struct gox_call *call)
{
    struct gox__file_job *job = call->state;
    gox_image_free(job->image);
}

/* A file beside the model: pictures of image layers, .mtl. The path policy
 * holds for it as for the model. */
static const char *beside(struct gox_call *call, const char *name)
{
    struct gox__file_job *job = call->state;
    size_t dir_len = strlen(job->dir), name_len = strlen(name);
    char *path = gox_call_alloc(call, dir_len + name_len + 1);
    if (path == NULL)
        return NULL;
    if (name[0] != '/')
        memcpy(path, job->dir, dir_len);
    else
        dir_len = 0;
    memcpy(path + dir_len, name, name_len + 1);
    return path;
}

static int open_aux(void *ctx, const char *name, struct gox_input *in,
        struct gox_error *err)
{
    struct gox_call *call = ctx;
    const char *path = beside(call, name);
    if (path == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int rc = gox_call_read_file(call, path, in);
    if (rc < 0 && err != NULL && err != &call->err)
        *err = call->err;
    return rc;
}

static struct gox_output *open_sidecar(
        void *ctx, const char *name, struct gox_error *err)
{
    struct gox_call *call = ctx;
    const char *path = beside(call, name);
    struct gox_output *out =
            path != NULL ? gox_call_open_output(call, path) : NULL;
    if (out == NULL && err != NULL && err != &call->err)
        *err = call->err;
    return out;
}

int gox__file_job_start(
        struct gox_call *call, const char *path, struct gox__file_job **result)
{
    struct gox__file_job *job = gox_call_alloc(call, sizeof *job);
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t base_len =
            dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    if (*name == '\0')
        return gox_call_fail_param(
                call, 0, "path of a file", "\"%s\" names no file", path);
    if (job == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    gox_format_options_init(&job->opts);
    job->path = path;
    job->dir = gox_call_strdup(call, path, (size_t)(name - path));
    job->base = gox_call_strdup(call, name, base_len);
    if (job->dir == NULL || job->base == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    job->opts.name = job->base;
    job->opts.open_aux = open_aux;
    job->opts.aux_ctx = call;
    job->opts.open_sidecar = open_sidecar;
    job->opts.sidecar_ctx = call;
    call->state = job;
    *result = job;
    return 0;
}

/* "gox, vox, qb", as far as it fits. */
static void list_writable(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < gox_format_count && used + 1 < size; i++)
        if (gox_formats[i]->write != NULL)
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                    used > 0 ? ", " : "", gox_formats[i]->extensions[0]);
}

/* The format of parameter i, or the one the path's extension names. */
static int find_format(struct gox_call *call, size_t i, const char *path,
        const struct gox_format **format)
{
    struct gox_slice name = gox_call_slice(call, i);
    if (name.data != NULL && name.len > 0) {
        *format = gox_format_find(name.data, name.len);
        if (*format != NULL)
            return 0;
        return gox_call_fail_param(call, i, "name of a format",
                "there is no format \"%.*s\"; goxel.list_formats lists them",
                (int)name.len, name.data);
    }
    *format = gox_format_find_path(path);
    if (*format != NULL)
        return 0;
    char known[200];
    list_writable(known, sizeof known);
    return gox_call_fail(call, GOX_ERR_UNSUPPORTED,
            "the extension of %s names no format; it can be %s", path, known);
}

static int check_writable(
        struct gox_call *call, const struct gox_format *format)
{
    return format->write != NULL
                   ? 0
                   : gox_call_fail(call, GOX_ERR_UNSUPPORTED,
                             "%s (%s) can be read but not written",
                             format->name, format->title);
}

/* ---- reading ---- */

int gox__file_read(struct gox_call *call)
{
    struct gox__file_job *job = call->state;
    struct gox_input in;
    int rc = gox_call_read_file(call, job->path, &in);
    if (rc < 0)
        return rc;
    /* What it is, for the answer; when nothing is sure the reader tells why. */
    if (job->format == NULL)
        job->format = gox_format_detect(in.data, in.len, job->path);
    rc = gox_format_read(&job->image, job->format, in.data, in.len, job->path,
            &job->opts, &job->report, &call->task, &call->err);
    gox_input_fini(&in);
    if (rc < 0)
        gox_error_prefix(&call->err, "%s", job->path);
    return rc;
}

static void put_report(struct gox_writer *out, const struct gox__file_job *job)
{
    const struct gox_format_report *report = &job->report;
    gox_writer_uint(out, "voxels", report->voxels);
    if (report->faces > 0)
        gox_writer_uint(out, "faces", report->faces);
    if (report->models > 0)
        gox_writer_uint(out, "models", report->models);
    if (report->colors > 0)
        gox_writer_uint(out, "colors", report->colors);
    if (report->colors_before > report->colors)
        gox_writer_uint(out, "colors_before", report->colors_before);
    if (report->clipped > 0)
        gox_writer_uint(out, "clipped", report->clipped);
    if (report->note[0] != '\0')
        gox_writer_string(out, "note", report->note);
}

enum { LOAD_PATH, LOAD_OPTIONS, LOAD_FORMAT };
// clang-format off
static const struct gox_param LOAD_PARAMS[] = {
        {.name = "path", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "file to read; its content decides the format"},
        {.name = "options", .type = GOX_PARAM_OBJECT, .help = GOX__FILE_READ_OPTIONS},
        {.name = "format", .type = GOX_PARAM_STRING,
         .help = "name of a format, instead of looking at the content"},
};
// clang-format on

int gox__file_read_format(
        struct gox_call *call, size_t i, const struct gox_format **format)
{
    *format = NULL;
    if (!gox_call_has(call, i))
        return 0;
    return find_format(call, i, "", format);
}

static int load_project(struct gox_call *call)
{
    struct gox__file_job *job;
    int rc = gox__file_job_start(call, gox_call_str(call, LOAD_PATH), &job);
    if (rc >= 0)
        rc = gox__file_read_format(call, LOAD_FORMAT, &job->format);
    if (rc >= 0)
        rc = gox_api_format_options(call, LOAD_OPTIONS, &job->opts);
    if (rc >= 0)
        rc = gox_api_open_for_overwrite(call,
                call->project != NULL ? call->project->name : job->base, true);
    return rc != 0 ? rc : GOX_CALL_WORK;
}

/* A project takes the name that the call gives, else that of the file. */
static int finish_load(struct gox_call *call)
{
    struct gox__file_job *job = call->state;
    gox_project *project;
    const char *name = call->project != NULL ? call->project->name : job->base;
    struct gox_image *img = job->image;
    job->image = NULL;
    int rc = gox_api_make_project(call, name, img, true, &project);
    if (rc < 0)
        return rc;
    const char *full = gox_call_full_path(call, job->path);
    rc = gox_project_set_saved(project, full, gox_project_revision(project));
    if (rc < 0)
        return gox_call_fail_code(call, rc, "path");
    for (int i = 0; i < 3; i++)
        project->size[i] = 0;
    gox_call_set_project(call, project);
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "path", full);
    gox_writer_string(call->out, "project", project->name);
    if (job->format != NULL)
        gox_writer_string(call->out, "format", job->format->name);
    put_report(call->out, job);
    gox_writer_uint(call->out, "layers", project->image->layer_count);
    gox_writer_uint(call->out, "materials", project->image->material_count);
    gox_writer_uint(call->out, "cameras", project->image->camera_count);
    gox_writer_uint(call->out, "revision", gox_project_revision(project));
    gox_writer_end_object(call->out);
    return 0;
}

/* ---- writing ---- */

static int work_write(struct gox_call *call)
{
    struct gox__file_job *job = call->state;
    struct gox_output *out = gox_call_open_output(call, job->path);
    if (out == NULL)
        return call->err.code;
    int rc = gox_format_write(call->snapshot, job->format, out, &job->opts,
            &job->report, &call->task, &call->err);
    job->bytes = out->written_bytes;
    gox_output_close(out);
    if (rc < 0 && call->err.code == 0)
        return gox_call_fail_code(call, rc, job->path);
    return rc;
}

static int start_write(
        struct gox_call *call, const char *path, size_t format_param)
{
    struct gox__file_job *job;
    int rc = gox__file_job_start(call, path, &job);
    if (rc >= 0)
        rc = find_format(call, format_param, path, &job->format);
    if (rc >= 0)
        rc = check_writable(call, job->format);
    if (rc >= 0)
        rc = gox_call_take_snapshot(call);
    if (rc < 0)
        return rc;
    job->revision = gox_project_revision(call->project);
    return GOX_CALL_WORK;
}

static void put_written(struct gox_call *call)
{
    const struct gox__file_job *job = call->state;
    gox_writer_object(call->out, NULL);
    gox_writer_bool(call->out, "success", true);
    gox_writer_string(call->out, "path", gox_call_full_path(call, job->path));
    gox_writer_string(call->out, "format", job->format->name);
    gox_writer_uint(call->out, "bytes", job->bytes);
    put_report(call->out, job);
    gox_writer_end_object(call->out);
}

enum { SAVE_PATH, SAVE_FORMAT };
// clang-format off
static const struct gox_param SAVE_PARAMS[] = {
        {.name = "path", .type = GOX_PARAM_STRING,
         .help = "file to write; where it came from when absent"},
        {.name = "format", .type = GOX_PARAM_STRING,
         .help = "name of a format; by the extension when absent"},
};
// clang-format on

static int save_project(struct gox_call *call)
{
    const char *path = gox_call_has(call, SAVE_PATH)
                               ? gox_call_str(call, SAVE_PATH)
                               : call->project->path;
    if (path == NULL)
        return gox_call_fail_param(call, SAVE_PATH, "path of a file",
                "project \"%s\" came from no file, so path is needed",
                call->project->name);
    /* The project's path may go away while the worker writes. */
    const char *copy = gox_call_strdup(call, path, strlen(path));
    if (copy == NULL)
        return gox_call_fail(call, GOX_ERR_NOMEM, "out of memory");
    return start_write(call, copy, SAVE_FORMAT);
}

static int finish_save(struct gox_call *call)
{
    const struct gox__file_job *job = call->state;
    int rc = gox_project_set_saved(
            call->project, gox_call_full_path(call, job->path), job->revision);
    if (rc < 0)
        return gox_call_fail_code(call, rc, "path");
    put_written(call);
    return 0;
}

enum { EXPORT_PATH, EXPORT_FORMAT, EXPORT_OPTIONS };
// clang-format off
static const struct gox_param EXPORT_PARAMS[] = {
        {.name = "path", .type = GOX_PARAM_STRING, .flags = GOX_PARAM_REQUIRED,
         .help = "file to write"},
        {.name = "format", .type = GOX_PARAM_STRING,
         .help = "name of a format; by the extension when absent"},
        {.name = "options", .type = GOX_PARAM_OBJECT,
         .help = "{faces: merged or raw, up: y or z, scale, pivot: origin, "
                 "center or bottom, hidden: true writes hidden layers too}"},
};
// clang-format on

static int export_model(struct gox_call *call)
{
    int rc = start_write(call, gox_call_str(call, EXPORT_PATH), EXPORT_FORMAT);
    if (rc < 0)
        return rc;
    struct gox__file_job *job = call->state;
    int bad = gox_api_format_options(call, EXPORT_OPTIONS, &job->opts);
    return bad < 0 ? bad : rc;
}

static int finish_export(struct gox_call *call)
{
    put_written(call);
    return 0;
}

#define LONG_READ (GOX_METHOD_READ | GOX_METHOD_LONG)
#define REPORT                                                                 \
    "voxels:int faces:int? models:int? colors:int? colors_before:int? "        \
    "clipped:int? note:string?"

// clang-format off
const struct gox_method gox_api_files[] = {
        {.name = "goxel.load_project", .aliases = "goxel.open_file",
         .group = "files", .flags = GOX_METHOD_LONG, .error = GOX_ERR_LOAD,
         GOX_PARAMS(LOAD_PARAMS),
         .result = "success:bool path:string project:string format:string? " REPORT " layers:int materials:int cameras:int revision:int",
         .summary = "Reads a model file of any known format as a project.",
         .run = load_project, .work = gox__file_read, .finish = finish_load,
         .drop = gox__file_job_drop},
        {.name = "goxel.save_project", .aliases = "goxel.save_file",
         .group = "files", .flags = LONG_READ, .error = GOX_ERR_SAVE,
         GOX_PARAMS(SAVE_PARAMS),
         .result = "success:bool path:string format:string bytes:int " REPORT,
         .summary = "Writes the project to a file, whole or not at all.",
         .run = save_project, .work = work_write, .finish = finish_save,
         .drop = gox__file_job_drop},
        {.name = "goxel.export_model", .aliases = "goxel.export_file",
         .group = "files", .flags = LONG_READ, .error = GOX_ERR_EXPORT,
         GOX_PARAMS(EXPORT_PARAMS),
         .result = "success:bool path:string format:string bytes:int " REPORT,
         .summary = "Writes the model in another format.",
         .run = export_model, .work = work_write, .finish = finish_export,
         .drop = gox__file_job_drop},
        {.name = "goxel.import", .group = "files",
         .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG, .error = GOX_ERR_LOAD,
         GOX_PARAMS(gox__import_params),
         .result = "success:bool path:string layers:int voxels:int clipped:int note:string? revision:int",
         .summary = "Adds the voxels of a file to the project.",
         .run = gox__import_start, .work = gox__import_work, .finish = gox__import_finish,
         .drop = gox__file_job_drop},
        {.name = "goxel.list_formats", .group = "files", .flags = GOX_METHOD_SAFE,
         .result = "formats:array", .summary = "Lists the file formats.",
         .run = gox_api_list_formats},
        {.name = NULL},
};
// clang-format on
