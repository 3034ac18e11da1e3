/* SPDX-License-Identifier: Apache-2.0
 * The run of convert: a pool of private daemons, each with one file at a time,
 * driven by one poll loop and no threads.
 *
 * Invariants: a job belongs to at most one child; a child that dies fails that
 * job only and is started again; the hidden directory of a job is gone when the
 * job ends, however it ends. */
#include "base/alloc.h"
#include "base/time.h"
#include "cli/convert.h"
#include "cli/interrupt.h"
#include "cli/model.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/stage.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>

struct pool;

struct child {
    struct pool *pool;
    struct gox_cli_session session;
    struct gox_job *job; /* NULL: idle */
    struct gox_stage stage;
    int64_t begin_ns;
    int64_t call_id; /* of the job's step under way */
    double fraction; /* of the job */
    bool is_exporting;
    bool is_lost;      /* dead, or to be replaced */
    char project[256]; /* what the daemon calls the loaded file */
};

struct pool {
    struct gox_convert *convert;
    struct child *children;
    size_t count;
    size_t next; /* the first job that nobody looked at */
    struct gox_progress progress;
    bool has_answered; /* any child, anything */
    bool is_unusable;  /* children end before they answer anything */
};

static void start_job(struct child *child);

/* ---- the end of a job ---- */

/* The daemon names the place that it wrote to; people know the output. */
static void show_output(
        char *text, size_t size, const char *message, const struct child *child)
{
    const char *path = child->stage.path;
    const char *at = path ? strstr(message, path) : NULL;

    if (at)
        snprintf(text, size, "%.*s%s%s", (int)(at - message), message,
                child->job->output, at + strlen(path));
    else
        snprintf(text, size, "%s", message);
}

static void end_job(struct child *child, enum gox_job_state state)
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

static void fail_job(struct child *child, const char *message)
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
static void on_failure(
        struct child *child, const json_t *error, const struct gox_error *err)
{
    char words[512], text[1024];

    if (error) {
        child->pool->has_answered = true;
        fail_job(child, message_of(error, err));
        start_job(child);
        return;
    }
    child->is_lost = true;
    gox_session_last_words(&child->session, words, sizeof(words));
    snprintf(text, sizeof(text), "%s while it worked on this file%s%s",
            err->text, words[0] ? ": " : "", words);
    fail_job(child, text);
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
static void close_project(struct child *child)
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
    struct child *child = ctx;
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
        fail_job(child, mine.text);
        start_job(child);
        return;
    }
    job->voxels = count_of(result, "voxels");
    job->faces = count_of(result, "faces");
    job->bytes = count_of(result, "bytes");
    note = json_string_value(json_object_get(result, "note"));
    if (note && note[0])
        job->note = gox_strdup(note);
    end_job(child, GOX_JOB_DONE);
    start_job(child);
}

/* The children report only where somebody watches. */
static json_t *with_progress(const struct child *child, json_t *own_params)
{
    if (own_params && child->pool->progress.is_shown)
        json_object_set_new(own_params, "progress", json_true());
    return own_params;
}

static void submit(struct child *child, const char *method, json_t *own_params,
        gox_client_reply_fn *fn)
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
    fail_job(child, own_params ? err.text : "out of memory");
}

static void on_loaded(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct child *child = ctx;
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
static bool prepare_job(struct child *child)
{
    struct gox_convert *convert = child->pool->convert;
    struct gox_job *job = child->job;
    struct gox_error err = {0};
    char *target;
    char text[512];
    int rc;

    if (gox_model_check(job->input, &err) != 0) {
        fail_job(child, err.text);
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
        fail_job(child, text);
        return false;
    }
    target = gox_cli_absolute(job->output);
    rc = target ? gox_stage_open(&child->stage, target, &err) : GOX_ERR_NOMEM;
    gox_free(target);
    if (rc != 0)
        fail_job(child, err.text[0] ? err.text : "out of memory");
    return rc == 0;
}

static void start_job(struct child *child)
{
    struct pool *pool = child->pool;
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

/* ---- the pool ---- */

/* Loading and writing count as a half each. */
static void on_notification(void *ctx, const char *method, const json_t *params)
{
    struct child *child = ctx;
    double part = json_number_value(json_object_get(params, "fraction"));

    if (strcmp(method, "goxel.progress") == 0)
        child->fraction = (child->is_exporting ? 0.5 : 0) + part / 2;
}

static bool has_work(const struct pool *pool)
{
    for (size_t i = pool->next; i < pool->convert->count; i++) {
        if (pool->convert->jobs[i].state == GOX_JOB_WAITING)
            return true;
    }
    return false;
}

/* A child that exits by itself before its first answer would do so for every
 * file: the program or its configuration is unusable. */
static bool is_hopeless(const struct child *child)
{
    int status = gox_client_get_exit(child->session.client);

    return !child->pool->has_answered && status >= 0 && WIFEXITED(status);
}

static void give_up(struct child *child, const char *why)
{
    char words[512];

    if (child->pool->is_unusable)
        return;
    child->pool->is_unusable = true;
    gox_session_last_words(&child->session, words, sizeof(words));
    gox_cli_fail(child->pool->convert->cli, 0, "cannot use %s: %s%s%s",
            child->session.name, why, words[0] ? ": " : "", words);
}

static void replace_child(struct child *child)
{
    struct pool *pool = child->pool;
    struct gox_error err = {0};

    if (is_hopeless(child)) {
        give_up(child, "it ends at once");
        return;
    }
    child->is_lost = false;
    child->project[0] = '\0';
    if (!has_work(pool)) {
        gox_client_abort(child->session.client);
        return;
    }
    if (gox_client_reconnect(child->session.client, 0, &err) != 0) {
        give_up(child, err.text);
        return;
    }
    start_job(child);
}

static void check_deadline(struct child *child, int64_t now_ns)
{
    int limit_ms = child->pool->convert->job_timeout_ms;
    char text[128];

    if (limit_ms == 0 || !child->job ||
            now_ns - child->begin_ns < limit_ms * GOX_NS_PER_MS)
        return;
    snprintf(text, sizeof(text),
            "took longer than %d s; --job-timeout gives it more time",
            limit_ms / 1000);
    gox_client_cancel(child->session.client, child->call_id);
    fail_job(child, text);
    child->is_lost = true;
}

static bool step(struct pool *pool, struct pollfd *items)
{
    size_t used = 0;
    double part = 0;
    int64_t now_ns;
    int timeout_ms = -1;

    items[used++] =
            (struct pollfd){.fd = gox_cli_interrupt_fd(), .events = POLLIN};
    for (size_t i = 0; i < pool->count; i++) {
        struct child *child = &pool->children[i];
        bool is_busy = child->job != NULL;
        items[used++] = (struct pollfd){
                .fd = is_busy ? gox_client_get_fd(child->session.client) : -1,
                .events = gox_client_get_events(child->session.client)};
        if (is_busy && pool->convert->job_timeout_ms > 0)
            timeout_ms = 100;
    }
    if (poll(items, used, timeout_ms) < 0 || gox_cli_interrupted())
        return !gox_cli_interrupted();
    now_ns = gox_time_now_ns();
    for (size_t i = 0; i < pool->count; i++) {
        struct child *child = &pool->children[i];
        if (items[i + 1].revents)
            (void)gox_client_dispatch(child->session.client, NULL);
        check_deadline(child, now_ns);
        if (child->is_lost)
            replace_child(child);
        part += child->job ? child->fraction : 0;
    }
    gox_progress_update(&pool->progress,
            (double)(pool->convert->done + pool->convert->failed +
                     pool->convert->skipped) +
                    part,
            pool->convert->failed);
    return !pool->is_unusable;
}

static bool is_busy(const struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->children[i].job)
            return true;
    }
    return false;
}

static int open_children(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        struct child *child = &pool->children[i];
        int rc;
        child->pool = pool;
        /* Alone a child may use all cores; together one each. */
        rc = gox_session_open_child(&child->session, pool->convert->cli,
                pool->count > 1 ? 1 : 0, false);
        if (rc != 0)
            return rc;
        gox_client_on_notification(
                child->session.client, on_notification, child);
    }
    return 0;
}

static int close_children(struct pool *pool)
{
    int rc = 0;

    for (size_t i = 0; i < pool->count; i++) {
        struct child *child = &pool->children[i];
        if (child->job) {
            gox_client_cancel(child->session.client, child->call_id);
            gox_stage_discard(&child->stage);
            child->job = NULL;
        }
        if (pool->is_unusable && rc == 0)
            rc = GOX_CLI_UNREACHABLE;
        if (child->session.client)
            gox_session_close(&child->session);
    }
    return rc;
}

int gox_convert_run(struct gox_convert *convert)
{
    size_t waiting = convert->count - convert->failed;
    struct pool pool = {.convert = convert,
            .count = waiting < convert->workers ? waiting : convert->workers};
    struct pollfd *items;
    int64_t begin_ns = gox_time_now_ns();
    int rc = 0;

    pool.children = gox_calloc(pool.count + 1, sizeof(*pool.children));
    items = gox_malloc_array(pool.count + 1, sizeof(*items));
    if (!pool.children || !items)
        rc = gox_cli_fail(convert->cli, GOX_CLI_FAILED, "out of memory");
    if (rc == 0)
        rc = open_children(&pool);
    gox_progress_init(&pool.progress, convert->cli, convert->count,
            convert->count > 1 ? "files" : NULL);
    for (size_t i = 0; rc == 0 && i < pool.count; i++)
        start_job(&pool.children[i]);
    while (rc == 0 && is_busy(&pool) && step(&pool, items))
        ;
    gox_cli_clear_progress();
    if (pool.children) {
        int closed = close_children(&pool);
        rc = rc != 0 ? rc : closed;
    }
    convert->seconds =
            (double)(gox_time_now_ns() - begin_ns) / (double)GOX_NS_PER_S;
    gox_free(pool.children);
    gox_free(items);
    return rc;
}
