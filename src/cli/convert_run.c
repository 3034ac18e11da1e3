/* SPDX-License-Identifier: Apache-2.0
 * The run of convert: a pool of private daemons, each with one file at a time,
 * driven by one poll loop and no threads.
 *
 * Invariants: a job belongs to at most one child; a child that dies fails that
 * job only and is started again. */
#include "base/alloc.h"
#include "base/time.h"
#include "cli/convert_internal.h"
#include "cli/interrupt.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>

/* Loading and writing count as a half each. */
static void on_notification(void *ctx, const char *method, const json_t *params)
{
    struct gox__convert_child *child = ctx;
    double part = json_number_value(json_object_get(params, "fraction"));

    if (strcmp(method, "goxel.progress") == 0)
        child->fraction = (child->is_exporting ? 0.5 : 0) + part / 2;
}

static bool has_work(const struct gox__convert_pool *pool)
{
    for (size_t i = pool->next; i < pool->convert->count; i++) {
        if (pool->convert->jobs[i].state == GOX_JOB_WAITING)
            return true;
    }
    return false;
}

/* A child that exits by itself before its first answer would do so for every
 * file: the program or its configuration is unusable. */
static bool is_hopeless(const struct gox__convert_child *child)
{
    int status = gox_client_get_exit(child->session.client);

    return !child->pool->has_answered && status >= 0 && WIFEXITED(status);
}

static void give_up(struct gox__convert_child *child, const char *why)
{
    char words[512];

    if (child->pool->is_unusable)
        return;
    child->pool->is_unusable = true;
    gox_session_last_words(&child->session, words, sizeof(words));
    gox_cli_fail(child->pool->convert->cli, 0, "cannot use %s: %s%s%s",
            child->session.name, why, words[0] ? ": " : "", words);
}

static void replace_child(struct gox__convert_child *child)
{
    struct gox__convert_pool *pool = child->pool;
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
    gox__convert_start_job(child);
}

/* A child that goes on would write into the hidden directory while it is being
 * removed. */
static void stop_writing(struct gox__convert_child *child)
{
    gox_client_cancel(child->session.client, child->call_id);
    gox_client_abort(child->session.client);
}

static void check_deadline(struct gox__convert_child *child, int64_t now_ns)
{
    int limit_ms = child->pool->convert->job_timeout_ms;
    char text[128];

    if (limit_ms == 0 || !child->job ||
            now_ns - child->begin_ns < limit_ms * GOX_NS_PER_MS)
        return;
    snprintf(text, sizeof(text),
            "took longer than %d s; --job-timeout gives it more time",
            limit_ms / 1000);
    stop_writing(child);
    gox__convert_fail_job(child, text);
    child->is_lost = true;
}

static bool step(struct gox__convert_pool *pool, struct pollfd *items)
{
    size_t used = 0;
    double part = 0;
    int64_t now_ns;
    int timeout_ms = -1;

    items[used++] =
            (struct pollfd){.fd = gox_cli_interrupt_fd(), .events = POLLIN};
    for (size_t i = 0; i < pool->count; i++) {
        struct gox__convert_child *child = &pool->children[i];
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
        struct gox__convert_child *child = &pool->children[i];
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

static bool is_busy(const struct gox__convert_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->children[i].job)
            return true;
    }
    return false;
}

static int open_children(struct gox__convert_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        struct gox__convert_child *child = &pool->children[i];
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

static int close_children(struct gox__convert_pool *pool)
{
    int rc = 0;

    for (size_t i = 0; i < pool->count; i++) {
        struct gox__convert_child *child = &pool->children[i];
        if (child->job) {
            stop_writing(child);
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
    struct gox__convert_pool pool = {.convert = convert,
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
        gox__convert_start_job(&pool.children[i]);
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
