/* SPDX-License-Identifier: Apache-2.0
 * The daemon from start to end: its parts, the door for connections, the
 * timers that run only when something waits, and stopping.
 *
 * Stopping, in this order: the socket goes away, sessions without work are
 * closed when their replies are out, requests under way get
 * server.drain_seconds, are then cancelled, and after CUT_MS the loop ends in
 * any case. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/http_api.h"
#include "daemon/lifecycle.h"
#include "daemon/logging.h"
#include "daemon/session.h"
#include "daemon/subscribe.h"
#include "goxel/version.h"
#include "platform/os.h"

#include <string.h>
#include <unistd.h>

#define LINGER_MS     20
#define CUT_MS        2000
#define TICK_MS       1000
#define FULL_RETRY_MS 1000
#define TAIL_MS       70
#define PROGRESS_MS   100
/* So often after the last edit, then nothing wakes the daemon any more. */
#define UPKEEP_MS    1000
#define UPKEEP_TIMES 6
#define IDLE_MS      3000
/* Descriptors for files, the loop and the log, beside one a connection. */
#define OTHER_FDS 64

/* ---- timers ---- */

static void on_tick(void *ctx)
{
    gox_daemon *d = ctx;
    d->is_tick_on = false;
    int64_t now = gox_time_now_ns();
    for (gox_session *s = d->sessions; s != NULL; s = s->next)
        gox__session_tick(s, now);
}

void gox__daemon_need_tick(gox_daemon *d)
{
    if (!d->is_tick_on)
        gox_timer_start(d->tick, TICK_MS, 0);
    d->is_tick_on = true;
}

static void on_grace(void *ctx)
{
    gox_daemon *d = ctx;
    d->is_grace_on = false;
    int64_t now = gox_loop_now_ns(d->loop);
    gox_session *next;
    for (gox_session *s = d->sessions; s != NULL; s = next) {
        next = s->next;
        gox__session_grace(s, now);
    }
}

void gox__daemon_need_grace(gox_daemon *d)
{
    if (!d->is_grace_on)
        gox_timer_start(d->grace, TAIL_MS, 0);
    d->is_grace_on = true;
}

static void on_progress(void *ctx)
{
    gox_daemon *d = ctx;
    if (d->progress_count == 0)
        gox_timer_stop(d->progress);
    for (gox_session *s = d->sessions; s != NULL; s = s->next)
        gox__session_progress(s);
}

void gox__daemon_need_progress(gox_daemon *d)
{
    if (d->progress_count == 1)
        gox_timer_start(d->progress, PROGRESS_MS, PROGRESS_MS);
}

static void on_notify(void *ctx)
{
    gox_daemon *d = ctx;
    d->is_notify_on = false;
    for (gox_session *s = d->sessions; s != NULL; s = s->next)
        gox__subscriptions_pump(s);
}

static void on_upkeep(void *ctx)
{
    gox_daemon *d = ctx;
    gox_projects_keep_up(d->projects, IDLE_MS);
    if (--d->upkeep_left > 0)
        gox_timer_start(d->upkeep, UPKEEP_MS, 0);
}

void gox__daemon_need_upkeep(gox_daemon *d)
{
    if (!gox_projects_are_stored(d->projects))
        return;
    if (d->upkeep_left <= 0)
        gox_timer_start(d->upkeep, UPKEEP_MS, 0);
    d->upkeep_left = UPKEEP_TIMES;
}

void gox__daemon_need_notify(gox_daemon *d)
{
    if (!d->is_notify_on)
        gox_timer_start(d->notify, 0, 0);
    d->is_notify_on = true;
}

static void on_cleanup(void *ctx)
{
    gox_daemon *d = ctx;
    size_t removed = gox_renders_expire(&d->renders, gox_time_wall_ms());
    if (removed > 0)
        gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_RENDER,
                "%zu old render files removed", removed);
    if (d->renders.count > 0)
        return;
    gox_timer_stop(d->cleanup);
    d->is_cleanup_on = false;
}

void gox__daemon_need_cleanup(gox_daemon *d)
{
    uint64_t ms = (uint64_t)d->settings.render_cleanup_interval * 1000;
    if (!d->is_cleanup_on)
        gox_timer_start(d->cleanup, ms, ms);
    d->is_cleanup_on = true;
}

/* ---- connections ---- */

static void reject_closed(void *ctx)
{
    (void)ctx;
}
static const struct gox_stream_events reject_events = {.closed = reject_closed};

/* Says why, then closes: the reply is in the socket before the end. */
static void reject(
        gox_stream *stream, const struct gox_error *err, int64_t retry_after_ms)
{
    struct gox_buf out;
    struct gox_writer w;
    struct gox_reply_error reply = {
            .err = err, .retry_after_ms = retry_after_ms, .revision = -1};
    gox_buf_init(&out, 0);
    gox_writer_init(&w, &out);
    gox_reply_error(&w, &reply, (struct gox_slice){"null", 4});
    gox_buf_put_byte(&out, '\n');
    gox_stream_set_events(stream, &reject_events, NULL);
    int code = gox_stream_write(stream, &out);
    (void)code; /* a client that is gone already needs no reply */
    gox_stream_close(stream);
    gox_buf_fini(&out);
}

static void reject_busy(gox_daemon *d, gox_stream *stream)
{
    struct gox_error err;
    gox_error_set(&err, GOX_ERR_BUSY,
            "%zu clients are connected, which is the limit "
            "(server.max_connections)",
            d->session_count);
    reject(stream, &err, FULL_RETRY_MS);
    if (d->stats.refused++ == 0)
        gox_log_put(d->log, GOX_LOG_WARN, GOX_LOG_C_SESSION, "%s", err.text);
}

void gox__daemon_accept(void *ctx, gox_stream *own_stream)
{
    gox_daemon *d = ctx;
    if (d->session_count >= (size_t)d->settings.server_max_connections) {
        reject_busy(d, own_stream);
        return;
    }
    struct gox_grant grant;
    struct gox_error err;
    if (gox_access_admit(d->access, gox_stream_fd(own_stream), &grant, &err) <
            0) {
        reject(own_stream, &err, -1);
        return;
    }
    gox_session *session = gox__session_new(d, own_stream, own_stream);
    if (session != NULL)
        session->grant = grant;
    else
        gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_SESSION,
                "no memory for a connection; it was closed");
}

/* ---- stopping ---- */

static bool is_idle(const gox_daemon *d)
{
    return d->sessions == NULL && d->calls_under_way == 0 &&
           gox__http_api_is_idle(d);
}

void gox__daemon_check_stop(gox_daemon *d)
{
    if (!d->is_stopping) {
        if (d->settings.is_stdio && is_idle(d))
            gox_daemon_stop(d);
        return;
    }
    if (!d->is_winding_up)
        return; /* what was just accepted is still served */
    gox_session *next;
    for (gox_session *s = d->sessions; s != NULL; s = next) {
        next = s->next;
        gox__session_finish(s);
    }
    if (is_idle(d))
        gox_loop_stop(d->loop);
}

static void cancel_all(gox_daemon *d)
{
    gox_session *next;
    for (gox_session *s = d->sessions; s != NULL; s = next) {
        next = s->next;
        if (s->running != NULL)
            gox__dispatch_cancel(s->running);
        gox__session_close(s);
    }
}

static void on_deadline(void *ctx)
{
    gox_daemon *d = ctx;
    if (!d->is_closed_in) {
        d->is_closed_in = true;
        gox__listen_close(d);
        /* A client that was accepted a moment ago has its first request on the
         * way; without its answer it would be lost by a restart in order. */
        gox_timer_start(d->deadline, d->sessions != NULL ? LINGER_MS : 0, 0);
    } else if (!d->is_winding_up) {
        d->is_winding_up = true;
        gox_timer_start(d->deadline,
                (uint64_t)d->settings.server_drain_seconds * 1000, 0);
        gox__daemon_check_stop(d);
    } else if (!d->is_cut) {
        d->is_cut = true;
        gox_log_put(d->log, GOX_LOG_WARN, GOX_LOG_C_DAEMON,
                "work under way did not end in %lld s "
                "(server.drain_seconds); it is cancelled",
                (long long)d->settings.server_drain_seconds);
        gox_timer_start(d->deadline, CUT_MS, 0);
        cancel_all(d);
    } else {
        gox_loop_stop(d->loop);
    }
}

void gox_daemon_stop(gox_daemon *d)
{
    if (d->is_stopping)
        return;
    d->is_stopping = true;
    gox__lifecycle_stopping(d);
    gox__listen_unlink(d);
    /* Not from inside the request that asked for it. */
    gox_timer_start(d->deadline, 0, 0);
}

void gox__daemon_cut(gox_daemon *d)
{
    d->is_cut = true;
    cancel_all(d);
    gox_loop_stop(d->loop);
}

/* ---- start ---- */

static int make_paths(gox_daemon *d, struct gox_error *err)
{
    struct gox_settings *s = &d->settings;
    char cwd[4096];
    bool has_cwd = s->is_stdio && getcwd(cwd, sizeof cwd) != NULL;
    d->paths = gox_paths_new(has_cwd ? cwd : s->paths_data_dir);
    if (d->paths == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (s->is_stdio)
        return gox_paths_add_all(d->paths, err);
    int code = gox_os_make_dirs(s->paths_data_dir, err);
    if (code == 0)
        code = gox_paths_add(d->paths, s->paths_data_dir, err);
    if (code == 0)
        code = gox_os_make_dirs(s->render_dir, err);
    if (code == 0)
        code = gox_paths_add(d->paths, s->render_dir, err);
    for (size_t i = 0; i < s->security_allowed_paths.count && code == 0; i++)
        code = gox_paths_add(d->paths, s->security_allowed_paths.items[i], err);
    return code;
}

static int make_handles(gox_daemon *d, struct gox_error *err)
{
    gox_sandbox_prepare((enum gox_sandbox_level)d->settings.security_sandbox);
    d->loop = gox_loop_new();
    if (d->loop == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "the loop cannot be made");
    d->tick = gox_timer_new(d->loop, on_tick, d);
    d->grace = gox_timer_new(d->loop, on_grace, d);
    d->progress = gox_timer_new(d->loop, on_progress, d);
    d->deadline = gox_timer_new(d->loop, on_deadline, d);
    d->cleanup = gox_timer_new(d->loop, on_cleanup, d);
    d->notify = gox_timer_new(d->loop, on_notify, d);
    d->upkeep = gox_timer_new(d->loop, on_upkeep, d);
    d->pool = gox_pool_new(d->loop, (unsigned)d->settings.server_workers,
            (size_t)d->settings.server_queue_size);
    if (d->tick == NULL || d->grace == NULL || d->progress == NULL ||
            d->deadline == NULL || d->cleanup == NULL || d->notify == NULL ||
            d->upkeep == NULL || d->pool == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_pool_configure(d->pool, (size_t)d->settings.server_queue_size,
            d->settings.server_enable_priority_queue);
    gox_pool_set_stack(d->pool,
            (size_t)d->settings.performance_worker_thread_stack_size_kb << 10);
    return 0;
}

gox_daemon *gox_daemon_new(
        struct gox_settings *own_settings, struct gox_error *err)
{
    gox_daemon *d = gox_calloc(1, sizeof *d);
    if (d == NULL) {
        gox_settings_fini(own_settings);
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    d->settings = *own_settings;
    d->lock_fd = -1;
    d->start_at_ns = gox_time_now_ns();
    d->start_wall_ms = gox_time_wall_ms();
    gox_clips_init(&d->clips);
    gox_renders_init(&d->renders, d->settings.render_ttl * 1000,
            (uint64_t)d->settings.render_max_size);
    gox_os_ignore_signals();
    d->log = gox__logging_open(&d->settings, err);
    int code = d->log != NULL ? 0 : GOX_ERR_IO;
    if (code == 0) {
        d->access = gox_access_new(&d->settings, d->log, err);
        code = d->access != NULL ? 0 : err->code;
    }
    if (code == 0)
        code = make_paths(d, err);
    if (code == 0)
        code = make_handles(d, err);
    if (code == 0) {
        d->registry = gox_registry_new(gox_api_groups, gox_api_group_count);
        if (d->registry == NULL ||
                gox_metrics_init(&d->metrics, d->registry) < 0)
            code = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    if (code < 0) {
        gox_daemon_free(d);
        return NULL;
    }
    return d;
}

static int start_stdio(gox_daemon *d, struct gox_error *err)
{
    /* Own descriptors: closing the streams must not close what the log uses. */
    gox_stream *in = gox_stream_open(d->loop, dup(STDIN_FILENO));
    gox_stream *out = gox_stream_open(d->loop, dup(STDOUT_FILENO));
    gox_session *session =
            in != NULL && out != NULL ? gox__session_new(d, in, out) : NULL;
    if (session != NULL) {
        session->grant.is_trusted = true;
        return 0;
    }
    return gox_error_set(err, GOX_ERR_IO,
            "standard input or output is closed or cannot be used");
}

void gox__daemon_raise_fd_limit(const gox_daemon *d)
{
    gox_os_raise_fd_limit((unsigned)d->settings.server_max_connections +
                          OTHER_FDS + gox__daemon_project_fds(d) +
                          gox__http_api_fds(d));
}

static int start_socket(gox_daemon *d, struct gox_error *err)
{
    gox__daemon_raise_fd_limit(d);
    return gox__listen_open(d, err);
}

int gox_daemon_start(gox_daemon *d, struct gox_error *err)
{
    int code = d->settings.is_stdio ? 0 : gox__daemon_confine(d, err);
    if (code == 0)
        code = d->settings.is_stdio ? start_stdio(d, err)
                                    : start_socket(d, err);
    /* From here on there are threads. */
    gox_log_start(d->log);
    if (code == 0)
        code = gox__daemon_open_projects(d, err);
    if (code == 0)
        code = gox__http_api_start(d, gox__listen_take_http(d), err);
    if (code == 0 && gox__health_configure(d) < 0)
        code = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_metrics_set_on(&d->metrics, d->settings.monitoring_enable_metrics);
    if (code == 0 && !d->settings.is_stdio)
        gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
                "goxel-daemon %s started, pid %d, sandbox: %s", GOX_VERSION,
                gox_os_pid(), d->sandbox.text);
    return code;
}

void gox_daemon_run(gox_daemon *d)
{
    gox_loop_set_turn_end(d->loop, gox__daemon_turn_end, d);
    gox__daemon_sweep_trash(d);
    gox_loop_run(d->loop);
    gox__daemon_turn_end(d);
    gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
            "stopped after %llu requests",
            (unsigned long long)d->stats.requests);
}

/* Ends what a cut-off stop may have left. */
static void free_sessions(gox_daemon *d)
{
    gox_session *next;
    for (gox_session *s = d->sessions; s != NULL; s = next) {
        next = s->next;
        gox__session_close(s);
    }
}

void gox_daemon_free(gox_daemon *d)
{
    if (d == NULL)
        return;
    d->is_stopping = true;
    gox__listen_unlink(d);
    gox__listen_close(d);
    gox__http_api_close(d);
    gox__health_close(d);
    free_sessions(d);
    gox_pool_free(d->pool);
    gox_pool_free(d->file_pool);
    gox__lifecycle_close(d);
    gox_timer_close(d->tick);
    gox_timer_close(d->grace);
    gox_timer_close(d->progress);
    gox_timer_close(d->deadline);
    gox_timer_close(d->cleanup);
    gox_timer_close(d->notify);
    gox_timer_close(d->upkeep);
    gox_loop_free(d->loop);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    gox__call_free(d->spare);
    gox_projects_free(d->projects);
    gox_free(d->sweep);
    gox__daemon_turn_fini(d);
    gox_clips_fini(&d->clips);
    gox_renders_fini(&d->renders);
    gox_metrics_fini(&d->metrics);
    gox_registry_free(d->registry);
    gox_paths_free(d->paths);
    gox_access_free(d->access);
    gox__logging_watch_faults(NULL);
    gox_log_close(d->log);
    gox_settings_fini(&d->settings);
    gox_free(d);
}
