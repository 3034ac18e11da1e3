/* SPDX-License-Identifier: Apache-2.0
 * One file through one private daemon: load, write, put in place.
 *
 * Invariant: the hidden directory of a job is gone when the job ends, however
 * it ends. */
#include "base/alloc.h"
#include "base/time.h"
#include "cli/convert_internal.h"
#include "cli/model.h"
#include "cli/output.h"

#include <string.h>

/* ---- the end of a job ---- */

/* The daemon names the place that it wrote to; people know the output. */
static void show_output(char *text, size_t size, const char *message,
        const struct gox__convert_child *child)
{
    const char *path = child->stage.path;
    const char *at = path ? strstr(message, path) : NULL;

    if (at)
        snprintf(text, size, "%.*s%s%s", (int)(at - message), message,
                child->job->output, at + strlen(path));
    else
        snprintf(text, size, "%s", message);
}

static void end_job(struct gox__convert_child *child, enum gox_job_state state)
{
    struct gox_convert *convert = child->pool->convert;

    child->job->state = state;
    child->job->seconds = (double)(gox_time_now_ns() - child->begin_ns) /
                          (double)GOX_NS_PER_S;
    if (state == GOX_JOB_DONE) {
        convert->done++;
        convert->noted += child->job->note != NULL;
    }
    gox_stage_discard(&child->stage);
    child->job = NULL;
}

void gox__convert_fail_job(
        struct gox__convert_child *child, const char *message)
{
    char raw[2048], text[2048];

    show_output(raw, sizeof(raw), message, child);
    gox_cli_clean(text, sizeof(text), raw);
    gox_job_fail(child->pool->convert, child->job, text);
    end_job(child, GOX_JOB_FAILED);
}

static const char *message_of(const json_t *error, const struct gox_error *err)
{
    const char *text = json_string_value(json_object_get(error, "message"));

    return text ? text : err->text;
}

/* A call failed: by an answer of the daemon, or because it is gone. */
static void on_failure(struct gox__convert_child *child, const json_t *error,
        const struct gox_error *err)
{
    char words[512], text[1024];

    if (error) {
        child->pool->has_answered = true;
        gox__convert_fail_job(child, message_of(error, err));
        gox__convert_start_job(child);
        return;
    }
    child->is_lost = true;
    gox_session_last_words(&child->session, words, sizeof(words));
    snprintf(text, sizeof(text), "%s while it worked on this file%s%s",
            err->text, words[0] ? ": " : "", words);
    gox__convert_fail_job(child, text);
}

/* ---- the steps of a job ---- */

static void ignore_reply(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    (void)ctx;
    (void)result;
    (void)error;
    (void)err;
}

/* Gives the daemon the memory of a finished model back. Nobody waits for the
 * answer; a loss shows at the next call. */
static void close_project(struct gox__convert_child *child)
{
    json_t *params = json_pack("{s:s}", "name", child->project);

    if (child->project[0] && params)
        (void)gox_client_submit(child->session.client, "goxel.close_project",
                params, ignore_reply, NULL, NULL, NULL);
    json_decref(params);
    child->project[0] = '\0';
}

static uint64_t count_of(const json_t *result, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(result, key));

    return value > 0 ? (uint64_t)value : 0;
}

static void on_exported(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct gox__convert_child *child = ctx;
    struct gox_job *job = child->job;
    struct gox_error mine = {0};
    const char *note;

    if (child->pool->convert->count > 1)
        close_project(child);
    if (err->code != 0) {
        on_failure(child, error, err);
        return;
    }
    if (gox_stage_publish(
                &child->stage, child->pool->convert->may_replace, &mine) != 0) {
        gox__convert_fail_job(child, mine.text);
        gox__convert_start_job(child);
        return;
    }
    job->voxels = count_of(result, "voxels");
    job->faces = count_of(result, "faces");
    job->bytes = count_of(result, "bytes");
    note = json_string_value(json_object_get(result, "note"));
    if (note && note[0])
        job->note = gox_strdup(note);
    end_job(child, GOX_JOB_DONE);
    gox__convert_start_job(child);
}

/* The children report only where somebody watches. */
static json_t *with_progress(
        const struct gox__convert_child *child, json_t *own_params)
{
    if (own_params && child->pool->progress.is_shown)
        json_object_set_new(own_params, "progress", json_true());
    return own_params;
}

static void submit(struct gox__convert_child *child, const char *method,
        json_t *own_params, gox_client_reply_fn *fn)
{
    struct gox_error err = {0};
    int rc = GOX_ERR_NOMEM;

    if (own_params)
        rc = gox_client_submit(child->session.client, method, own_params, fn,
                child, &child->call_id, &err);
    json_decref(own_params);
    if (rc == 0)
        return;
    child->is_lost = true;
    gox__convert_fail_job(child, own_params ? err.text : "out of memory");
}

static void on_loaded(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct gox__convert_child *child = ctx;
    const struct gox_convert *convert = child->pool->convert;
    const char *project;
    json_t *params;

    if (err->code != 0) {
        on_failure(child, error, err);
        return;
    }
    child->pool->has_answered = true;
    child->is_exporting = true;
    project = json_string_value(json_object_get(result, "project"));
    snprintf(child->project, sizeof(child->project), "%s",
            project ? project : "");
    params = json_pack("{s:s}", "path", child->stage.path);
    if (params && convert->format)
        json_object_set_new(params, "format", json_string(convert->format));
    if (params && json_object_size(convert->export_options) > 0)
        json_object_set(params, "options", convert->export_options);
    submit(child, "goxel.export_model", with_progress(child, params),
            on_exported);
}

/* Looks before anything is asked of the daemon; false when the job has ended.
 */
static bool prepare_job(struct gox__convert_child *child)
{
    struct gox_convert *convert = child->pool->convert;
    struct gox_job *job = child->job;
    struct gox_error err = {0};
    char *target;
    char text[512];
    int rc;

    if (gox_model_check(job->input, &err) != 0) {
        gox__convert_fail_job(child, err.text);
        return false;
    }
    if (!convert->may_replace && gox_model_exists(job->output)) {
        if (convert->keeps_existing) {
            convert->skipped++;
            end_job(child, GOX_JOB_SKIPPED);
            return false;
        }
        snprintf(text, sizeof(text), "%s is there already; --force replaces it",
                job->output);
        gox__convert_fail_job(child, text);
        return false;
    }
    target = gox_cli_absolute(job->output);
    rc = target ? gox_stage_open(&child->stage, target, &err) : GOX_ERR_NOMEM;
    gox_free(target);
    if (rc != 0)
        gox__convert_fail_job(child, err.text[0] ? err.text : "out of memory");
    return rc == 0;
}

void gox__convert_start_job(struct gox__convert_child *child)
{
    struct gox__convert_pool *pool = child->pool;
    struct gox_convert *convert = pool->convert;

    while (!child->is_lost && pool->next < convert->count) {
        struct gox_job *job = &convert->jobs[pool->next++];
        if (job->state != GOX_JOB_WAITING)
            continue;
        child->job = job;
        child->begin_ns = gox_time_now_ns();
        child->fraction = 0;
        child->is_exporting = false;
        if (!prepare_job(child))
            continue;
        submit(child, "goxel.load_project",
                with_progress(child, gox_model_load_params(job->input,
                                             convert->load_options)),
                on_loaded);
        return;
    }
}
