/* SPDX-License-Identifier: Apache-2.0
 * The manager from start to end: its parts, its signals, reaping, stopping.
 *
 * Stopping: all daemons that are ours are asked to end; when the last one is
 * gone (each has its own deadline) the loop ends. */
#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "goxel/version.h"
#include "manager/control.h"
#include "manager/handover.h"
#include "manager/manager_internal.h"
#include "platform/os.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENT_FILE_BYTES (1 << 20)
#define EVENT_FILES      4
#define SYNC_MS          1000
#define HOOK_WAIT_MS     20
#define HOOK_WAITS       100
#define ECHO_BYTES       4096 /* PIPE_BUF */

/* ---- saying and telling ---- */

void gox__manager_say(
        const gox_manager *m, enum gox__say level, const char *fmt, ...)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    char line[1024];
    char at[GOX_TIME_TEXT_BYTES];
    va_list args;
    if (level == GOX__DEBUG && !m->options->is_verbose)
        return;
    gox_time_format(gox_time_wall_ms(), at);
    int used = snprintf(line, sizeof line, "%s %-5s ", at, names[level]);
    va_start(args, fmt);
    int more =
            vsnprintf(line + used, sizeof line - (size_t)used - 1, fmt, args);
    va_end(args);
    size_t len = (size_t)used + (more > 0 ? (size_t)more : 0);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    for (size_t k = 0; k < len; k++)
        if ((unsigned char)line[k] < ' ')
            line[k] = ' ';
    line[len++] = '\n';
    ssize_t put = write(STDERR_FILENO, line, len);
    (void)put;
}

size_t gox__manager_echo(const char *data, size_t len)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    size_t done = 0;
    while (done < len && poll(&out, 1, 0) == 1) {
        size_t part = len - done < ECHO_BYTES ? len - done : ECHO_BYTES;
        size_t put = gox_write_all(STDERR_FILENO, data + done, part);
        done += put;
        if (put < part)
            break;
    }
    return done;
}

static void on_sync(void *ctx)
{
    gox_manager *m = ctx;
    m->is_sync_armed = false;
    gox_events_sync(m->events);
}

void gox__manager_tell(gox_manager *m, enum gox_event_kind kind,
        const gox_instance *i, const char *members)
{
    if (m->events == NULL)
        return;
    m->telling = i;
    gox_events_put(m->events, kind, i != NULL ? i->config.name : "", members,
            gox_time_wall_ms());
    m->telling = NULL;
    if (gox_events_is_dirty(m->events) && !m->is_sync_armed) {
        m->is_sync_armed = true;
        gox_timer_start(m->sync, SYNC_MS, 0);
    }
}

void gox__manager_trouble(
        gox_manager *m, const gox_instance *i, const char *fmt, ...)
{
    char text[512];
    struct gox_buf members;
    struct gox_writer w;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    gox__manager_say(m, GOX__WARN, "%s%s%s", i != NULL ? i->config.name : "",
            i != NULL ? ": " : "", text);
    gox_buf_init(&members, 0);
    gox_writer_init(&w, &members);
    gox_writer_string(&w, "text", text);
    gox__manager_tell(m, GOX_EVENT_ERROR, i, gox_buf_text(&members));
    gox_buf_fini(&members);
}

/* Whoever listens must not put events itself: the line is the log's. */
static void on_event(void *ctx, enum gox_event_kind kind, uint64_t seq,
        const char *line, size_t len)
{
    gox_manager *m = ctx;
    const gox_instance *i = m->telling;
    const char *name = i != NULL ? i->config.name : "";
    (void)seq;
    if (kind != GOX_EVENT_HEALTH_CHECK && kind != GOX_EVENT_LOG &&
            kind != GOX_EVENT_ERROR) {
        gox__manager_say(m, GOX__DEBUG, "%.*s", (int)len, line);
        /* One that is lost here is in the file of events. */
        if (m->options->is_log_stderr && gox__manager_echo(line, len) == len)
            gox__manager_echo("\n", 1);
    }
    gox_hooks_on_event(m->hooks, kind, name, line, len);
    gox__control_event(m, kind, name, line, len);
}

uint32_t gox__manager_random(gox_manager *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 17;
    m->random ^= m->random << 5;
    return m->random;
}

gox_instance *gox__manager_find(gox_manager *m, const char *name)
{
    for (size_t k = 0; k < m->instance_count; k++)
        if (name == NULL || strcmp(m->instances[k]->config.name, name) == 0)
            return m->instances[k];
    return NULL;
}

gox_watch *gox__manager_watch(
        gox_manager *m, int fd, void (*fn)(void *ctx, short events), void *ctx)
{
    gox_watch *watch = gox_watch_new(m->loop, fd, fn, ctx);
    if (watch != NULL)
        gox_watch_set(watch, POLLIN);
    else
        gox__manager_say(m, GOX__WARN, "a descriptor cannot be watched");
    return watch;
}

/* ---- processes ---- */

int gox__manager_set(gox_manager *m, struct gox_process_set *set)
{
    size_t count = 0;
    struct gox_process **items =
            gox_calloc(m->instance_count + GOX_HOOKS_RUNNING, sizeof *items);
    *set = (struct gox_process_set){.owns_all_children = m->is_reaper};
    if (items == NULL)
        return GOX_ERR_NOMEM;
    for (size_t k = 0; k < m->instance_count; k++)
        if (m->instances[k] != NULL && m->instances[k]->process.id.pid > 0)
            items[count++] = &m->instances[k]->process;
    count += gox_hooks_processes(m->hooks, items + count);
    set->items = items;
    set->count = count;
    return 0;
}

static void on_child(void *ctx)
{
    gox_manager *m = ctx;
    struct gox_process_set set;
    if (gox__manager_set(m, &set) == 0 && m->is_reaper) {
        int orphans = gox_process_reap(&set);
        if (orphans > 0)
            gox__manager_say(m, GOX__DEBUG, "%d orphans reaped", orphans);
    }
    gox_free((void *)set.items);
    for (size_t k = 0; k < m->instance_count; k++)
        gox__run_look(m->instances[k]);
    gox_hooks_look(m->hooks);
}

/* ---- stopping ---- */

static bool is_down(const gox_instance *i)
{
    return !gox_state_has_process(i->state);
}

static void check_stop(gox_manager *m)
{
    if (!m->is_stopping)
        return;
    for (size_t k = 0; k < m->instance_count && !m->is_leaving; k++)
        if (!is_down(m->instances[k]))
            return;
    /* The hooks of the last events are given a moment; after an exec they are
     * still children of this process. */
    bool has_time = m->hook_waits < HOOK_WAITS && !m->is_exec;
    if (has_time && !gox_hooks_is_idle(m->hooks)) {
        m->hook_waits++;
        gox_timer_start(m->stop_timer, HOOK_WAIT_MS, 0);
        return;
    }
    gox_loop_stop(m->loop);
}

static void on_stop(void *ctx)
{
    gox_manager *m = ctx;
    struct gox_error err;
    for (size_t k = 0; k < m->instance_count && !m->is_leaving; k++) {
        gox_instance *i = m->instances[k];
        if (i->backend->owns_process && i->state != GOX_STATE_STOPPED &&
                gox__instance_stop(i, &err) < 0)
            gox__manager_say(m, GOX__WARN, "%s", err.text);
    }
    check_stop(m);
}

void gox__manager_stop(gox_manager *m, bool leave)
{
    if (m->is_stopping)
        return;
    m->is_stopping = true;
    m->is_leaving = leave;
    int sent = gox_notify_stopping(&m->upward, NULL);
    (void)sent; /* nobody listening is fine */
    /* Not from inside the request that asked for it. */
    gox_timer_start(m->stop_timer, 0, 0);
}

int gox__manager_exec(gox_manager *m, const char *binary, struct gox_error *err)
{
    if (binary != NULL && access(binary, X_OK) != 0)
        return gox_error_set_errno(err, GOX_ERR_NOT_FOUND, errno,
                "%s cannot be run; this manager stays as it is", binary);
    int code = gox__handover_check(m, binary, err);
    if (code < 0)
        return code;
    gox_free(m->exec_binary);
    m->exec_binary = NULL;
    if (binary != NULL && (m->exec_binary = gox_strdup(binary)) == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    m->is_exec = true;
    gox__manager_stop(m, true);
    return 0;
}

void gox__manager_changed(gox_manager *m, gox_instance *i)
{
    gox__control_changed(m, i);
    if (m->options->is_end_on_config && i->state == GOX_STATE_FAILED &&
            i->exit_cause == GOX_CAUSE_CONFIG && !m->is_stopping) {
        bool is_usage = i->exit.is_known && !i->exit.is_signal &&
                        i->exit.code == GOX__EXIT_USAGE;
        m->exit_code = is_usage ? GOX__EXIT_USAGE : GOX__EXIT_CONFIG;
        gox__manager_stop(m, false);
    }
    check_stop(m);
    if (m->is_settled_up)
        return;
    for (size_t k = 0; k < m->instance_count; k++) {
        enum gox_state s = m->instances[k]->state;
        if (s == GOX_STATE_STARTING || s == GOX_STATE_BACKOFF)
            return;
    }
    m->is_settled_up = true;
    int sent = gox_notify_ready(&m->upward, NULL);
    (void)sent;
}

/* ---- signals ---- */

static void on_term(void *ctx)
{
    gox__manager_stop(ctx, false);
}

static void reopen_logs(gox_manager *m)
{
    for (size_t k = 0; k < m->instance_count; k++)
        gox__capture_reopen(m->instances[k]);
}

static void on_hangup(void *ctx)
{
    gox_manager *m = ctx;
    struct gox_error err;
    reopen_logs(m);
    for (size_t k = 0; k < m->instance_count; k++)
        if (gox__instance_reload(m->instances[k], &err) < 0)
            gox__manager_say(m, GOX__WARN, "%s", err.text);
}

static void on_usr1(void *ctx)
{
    reopen_logs(ctx);
}

static int open_signals(gox_manager *m)
{
    m->signals[0] = gox_signal_new(m->loop, SIGTERM, on_term, m);
    m->signals[1] = gox_signal_new(m->loop, SIGINT, on_term, m);
    m->signals[2] = gox_signal_new(m->loop, SIGHUP, on_hangup, m);
    m->signals[3] = gox_signal_new(m->loop, SIGUSR1, on_usr1, m);
    m->signals[4] = gox_signal_new(m->loop, SIGCHLD, on_child, m);
    for (size_t k = 0; k < 5; k++)
        if (m->signals[k] == NULL)
            return GOX_ERR_NOMEM;
    return 0;
}

/* ---- start ---- */

static int open_control(gox_manager *m, struct gox_error *err)
{
    int fds[2];
    const char *path = m->options->control_path;
    const char *slash = strrchr(path, '/');
    if (gox__handover_read("control", fds, 2)) {
        m->is_successor = true;
        m->control = gox_control_adopt(m, path, fds[0], fds[1], err);
        return m->control != NULL ? 0 : err->code;
    }
    char *dir = gox_strndup(path, (size_t)(slash - path));
    int code = dir != NULL ? 0 : GOX_ERR_NOMEM;
    if (code == 0 && dir[0] != '\0')
        code = gox_os_make_dirs(dir, err);
    gox_free(dir);
    if (code < 0)
        return code;
    m->control = gox_control_open(m, path, m->options->control_gid, err);
    return m->control != NULL ? 0 : err->code;
}

static int open_parts(gox_manager *m, struct gox_error *err)
{
    const struct gox_manager_options *o = m->options;
    struct gox_events_config events = {EVENT_FILE_BYTES, EVENT_FILES};
    m->sync = gox_timer_new(m->loop, on_sync, m);
    m->stop_timer = gox_timer_new(m->loop, on_stop, m);
    m->hooks = gox_hooks_new(m, o->hooks, o->hook_count, o->hook_limit_ms);
    if (m->sync == NULL || m->stop_timer == NULL || m->hooks == NULL ||
            open_signals(m) < 0)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    /* The control socket first: two managers must not share the rest. */
    int code = open_control(m, err);
    if (code == 0)
        code = gox_os_make_dirs(o->state_dir, err);
    if (code < 0)
        return code;
    m->events = gox_events_open(o->state_dir, &events, err);
    if (m->events == NULL)
        return err->code;
    gox_events_set_listener(m->events, on_event, m);
    return 0;
}

static int open_instances(gox_manager *m, struct gox_error *err)
{
    size_t count = m->options->instance_count;
    m->instances = gox_calloc(count, sizeof(gox_instance *));
    if (m->instances == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    for (size_t k = 0; k < count; k++) {
        struct gox_instance_config *c = &m->options->instances[k].config;
        gox_instance *i = gox__instance_new(m, c, err);
        *c = (struct gox_instance_config){.name = NULL};
        if (i == NULL)
            return err->code;
        m->instances[m->instance_count++] = i;
        i->backend = gox_backend_pick(i, i->config.backend);
        int code = i->backend->open(i, err);
        if (code < 0)
            return code;
    }
    return 0;
}

static void start_instances(gox_manager *m)
{
    struct gox_error err;
    for (size_t k = 0; k < m->instance_count; k++) {
        gox_instance *i = m->instances[k];
        bool is_left = m->is_successor && !i->is_adopted;
        if (m->options->is_no_start || is_left || i->backend->start == NULL ||
                i->state != GOX_STATE_STOPPED || !i->backend->owns_process)
            continue;
        if (gox__instance_start(i, &err) < 0)
            gox__manager_say(m, GOX__WARN, "%s", err.text);
    }
}

int gox__manager_start(gox_manager *m, struct gox_error *err)
{
    struct gox_error ignored;
    gox_os_ignore_signals();
    if (gox_notify_init(&m->upward, true, &ignored) < 0)
        gox__manager_say(m, GOX__WARN, "%s", ignored.text);
    m->is_reaper = gox_process_become_reaper(&ignored) == 0;
    if (!m->is_reaper)
        gox__manager_say(m, GOX__WARN, "%s", ignored.text);
    int code = open_parts(m, err);
    if (code == 0)
        code = open_instances(m, err);
    gox__handover_end();
    if (code < 0)
        return code;
    if (m->is_successor) {
        char members[120];
        snprintf(members, sizeof members,
                "\"what\":\"manager\",\"binary\":null,\"pid\":%d",
                gox_os_pid());
        gox__manager_tell(m, GOX_EVENT_UPGRADED, NULL, members);
    }
    start_instances(m);
    if (m->instance_count > 0)
        gox__manager_changed(m, m->instances[0]);
    return 0;
}

gox_manager *gox__manager_new(
        struct gox_manager_options *options, struct gox_error *err)
{
    gox_manager *m = gox_calloc(1, sizeof *m);
    if (m == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    m->options = options;
    m->upward.fd = -1;
    m->start_at_ns = gox_time_now_ns();
    m->start_wall_ms = gox_time_wall_ms();
    m->random = (uint32_t)(m->start_at_ns ^ m->start_wall_ms ^ getpid()) | 1;
    m->loop = gox_loop_new();
    if (m->loop != NULL)
        return m;
    gox_error_set(err, GOX_ERR_NOMEM, "the loop cannot be made");
    gox_free(m);
    return NULL;
}

void gox__manager_free(gox_manager *m)
{
    if (m == NULL)
        return;
    gox_control_close(m->control, false);
    for (size_t k = 0; k < m->instance_count; k++)
        gox__instance_free(m->instances[k]);
    gox_hooks_free(m->hooks);
    for (size_t k = 0; k < 5; k++)
        gox_signal_close(m->signals[k]);
    gox_timer_close(m->sync);
    gox_timer_close(m->stop_timer);
    gox_loop_free(m->loop);
    gox_control_free(m->control);
    if (m->events != NULL)
        gox_events_sync(m->events);
    gox_events_close(m->events);
    gox_notify_fini(&m->upward);
    gox_free(m->instances);
    gox_free(m->exec_binary);
    gox_free(m);
}
