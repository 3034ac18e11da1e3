/* SPDX-License-Identifier: Apache-2.0
 * From settings to a serving process and back.
 *
 * The order at the start: what the service manager passed, background,
 * environment, directories, PID file and socket (while still root), the user,
 * then the server. READY is sent when requests are served. */
#include "daemon/lifecycle.h"

#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/logging.h"
#include "platform/launchd.h"
#include "platform/os.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_FLUSH_MS 1000
/* Time that recovery of the projects may take without a word. */
#define START_EXTEND_MS 60000
/* Beyond drain_seconds: flushing and closing. */
#define STOP_EXTRA_MS 10000

/* ---- the service manager ---- */

static void tell_status(gox_daemon *d, const char *text)
{
    int code = gox_notify_status(&d->life->notify, text);
    (void)code; /* counted there; a lost status harms nobody */
}

static void on_watchdog(void *ctx)
{
    gox_daemon *d = ctx;
    /* This runs on the loop, so a loop that hangs sends nothing. Nor does one
     * that only a restart can help. */
    if (!gox__health_feeds_watchdog(d))
        return;
    int code = gox_notify_watchdog(&d->life->notify);
    (void)code; /* the next one is due in half the time */
}

static int start_watchdog(gox_daemon *d, struct gox_error *err)
{
    struct gox_lifecycle *life = d->life;
    if (life->notify.watchdog_us <= 0)
        return 0;
    uint64_t ms = (uint64_t)life->notify.watchdog_us / 2000;
    life->watchdog = gox_timer_new(d->loop, on_watchdog, d);
    if (life->watchdog == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_timer_start(life->watchdog, ms > 0 ? ms : 1, ms > 0 ? ms : 1);
    return 0;
}

static void tell_ready(gox_daemon *d)
{
    struct gox_lifecycle *life = d->life;
    char status[200];
    snprintf(status, sizeof status, "serving at %.150s",
            d->settings.is_stdio ? "standard input and output"
                                 : d->settings.daemon_socket_path);
    int code = d->settings.daemon_daemonize
                       ? gox_notify_main_pid(&life->notify, gox_os_pid())
                       : 0;
    if (code >= 0)
        code = gox_notify_ready(&life->notify, status);
    if (code < 0)
        gox_log_put(d->log, GOX_LOG_WARN, GOX_LOG_C_DAEMON,
                "the service manager could not be told that requests are "
                "served (%s)",
                gox_error_text(code));
}

void gox__lifecycle_stopping(gox_daemon *d)
{
    struct gox_lifecycle *life = d->life;
    char status[80];
    if (life == NULL)
        return;
    snprintf(status, sizeof status, "stopping, %zu requests under way",
            d->calls_under_way);
    int code = gox_notify_stopping(&life->notify, status);
    if (code >= 0 && d->calls_under_way > 0)
        code = gox_notify_extend_timeout(&life->notify,
                d->settings.server_drain_seconds * 1000 + STOP_EXTRA_MS);
    (void)code; /* it is stopped either way */
}

/* ---- signals ---- */

static void on_stop(void *ctx)
{
    gox_daemon *d = ctx;
    if (d->is_stopping) {
        gox_log_put(d->log, GOX_LOG_WARN, GOX_LOG_C_DAEMON,
                "asked to stop a second time: stops at once, %zu requests are "
                "cut off",
                d->calls_under_way);
        gox__daemon_cut(d);
        return;
    }
    gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
            "asked to stop by a signal");
    gox_daemon_stop(d);
}

static void on_hangup(void *ctx)
{
    gox_daemon *d = ctx;
    struct gox_error err = {.offset = -1};
    char status[120] = "serving with the new settings";
    int code = gox_notify_reloading(&d->life->notify, "reading the settings");
    int result = gox__reload(d, false, NULL, &err);
    if (result < 0)
        gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_CONFIG, "%s", err.text);
    else if (d->restart_count > 0)
        snprintf(status, sizeof status,
                "serving with the new settings; %zu of them act%s after a "
                "restart, see the log",
                d->restart_count, d->restart_count == 1 ? "s" : "");
    /* Also after a failure, else a service manager waits for ever. */
    if (code >= 0)
        code = gox_notify_ready(&d->life->notify,
                result < 0 ? "serving with the old settings; the new ones are "
                             "wrong, see the log"
                           : status);
    (void)code;
}

static void on_reopen(void *ctx)
{
    gox_daemon *d = ctx;
    gox_log_reopen(d->log);
    gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_LOG, "log opened anew");
}

static void on_dump(void *ctx)
{
    gox_daemon *d = ctx;
    struct gox_pool_stats pool;
    gox_pool_get_stats(d->pool, &pool);
    const struct gox_log_field fields[] = {
            gox_log_int("uptime_seconds",
                    (gox_time_now_ns() - d->start_at_ns) / GOX_NS_PER_S),
            gox_log_uint("connections", d->session_count),
            gox_log_uint("requests", d->stats.requests),
            gox_log_uint("errors", d->stats.errors),
            gox_log_uint("calls_under_way", d->calls_under_way),
            gox_log_uint("queue_depth", pool.depth),
            gox_log_uint("workers_busy", pool.busy),
            gox_log_uint("projects", gox_projects_count(d->projects)),
            gox_log_uint("rss_bytes", gox_os_rss_bytes()),
            gox_log_int("fds", gox_os_fd_count()),
            gox_log_int(
                    "loop_lag_ms", gox_loop_lag_ns(d->loop) / GOX_NS_PER_MS),
    };
    gox_log_put_fields(d->log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, fields,
            sizeof fields / sizeof fields[0], "status, asked for by SIGUSR2");
}

static int open_signals(gox_daemon *d, struct gox_error *err)
{
    static const struct {
        int number;
        void (*fn)(void *ctx);
    } rows[GOX_LIFECYCLE_SIGNALS] = {
            {SIGTERM, on_stop},
            {SIGINT, on_stop},
            {SIGHUP, on_hangup},
            {SIGUSR1, on_reopen},
            {SIGUSR2, on_dump},
    };
    for (size_t i = 0; i < GOX_LIFECYCLE_SIGNALS; i++) {
        d->life->signals[i] =
                gox_signal_new(d->loop, rows[i].number, rows[i].fn, d);
        if (d->life->signals[i] == NULL)
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    return 0;
}

void gox__lifecycle_close(gox_daemon *d)
{
    if (d->life == NULL)
        return;
    for (size_t i = 0; i < GOX_LIFECYCLE_SIGNALS; i++) {
        gox_signal_close(d->life->signals[i]);
        d->life->signals[i] = NULL;
    }
    gox_timer_close(d->life->watchdog);
    d->life->watchdog = NULL;
}

/* ---- before the server ---- */

static int set_environment(const struct gox_settings *s, struct gox_error *err)
{
    const struct gox_setting_map *map = &s->environment;
    for (size_t i = 0; i < map->count; i++)
        if (setenv(map->items[2 * i], map->items[2 * i + 1], 1) != 0)
            return gox_error_set_errno(err, GOX_ERR_NOMEM, errno,
                    "the variable %s could not be set", map->items[2 * i]);
    return 0;
}

static int find_user(struct gox_lifecycle *life, const struct gox_settings *s,
        struct gox_error *err)
{
    const char *user = s->daemon_user;
    if (user[0] == '\0' && s->daemon_group[0] == '\0')
        return 0;
    if (!gox_os_is_root())
        return gox_error_set(err, GOX_ERR_FORBIDDEN,
                "daemon.user and daemon.group need root at the start; leave "
                "them empty, or start the daemon as root");
    int code = gox_user_find(
            user[0] != '\0' ? user : "0", s->daemon_group, &life->user, err);
    life->has_user = code == 0;
    return code;
}

/* Makes a directory, and gives what is new of it to the user to become. */
static int make_dir(const struct gox_lifecycle *life, const char *dir,
        struct gox_error *err)
{
    struct stat st;
    char *path = gox_strdup(dir);
    if (path == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    size_t len = strlen(path), old = len;
    while (old > 1 && (path[old] = '\0', stat(path, &st) != 0))
        while (old > 1 && path[--old] != '/')
            ;
    memcpy(path, dir, len + 1);
    int code = gox_os_make_dirs(path, err);
    for (size_t end = old + 1; code == 0 && life->has_user && end <= len;
            end++) {
        if (path[end] != '/' && path[end] != '\0')
            continue;
        char held = path[end];
        path[end] = '\0';
        if (chown(path, life->user.uid, life->user.gid) != 0)
            code = gox_error_set_errno(err, GOX_ERR_IO, errno,
                    "%s cannot be given to the user %s", path, life->user.name);
        path[end] = held;
    }
    gox_free(path);
    return code;
}

static int make_parent(const struct gox_lifecycle *life, const char *file,
        struct gox_error *err)
{
    const char *slash = strrchr(file, '/');
    if (file[0] != '/' || slash == file)
        return 0;
    char *dir = gox_strndup(file, (size_t)(slash - file));
    if (dir == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int code = make_dir(life, dir, err);
    gox_free(dir);
    return code;
}

static int make_dirs(const struct gox_lifecycle *life,
        const struct gox_settings *s, struct gox_error *err)
{
    int code = make_dir(life, s->paths_data_dir, err);
    if (code == 0)
        code = make_dir(life, s->render_dir, err);
    if (code == 0)
        code = make_parent(life, s->daemon_socket_path, err);
    if (code == 0)
        code = make_parent(life, s->daemon_pid_file, err);
    if (code == 0)
        code = make_parent(life, s->daemon_log_file, err);
    return code;
}

static int write_pid_file(struct gox_lifecycle *life,
        const struct gox_settings *s, struct gox_error *err)
{
    int64_t holder = -1;
    if (s->daemon_pid_file[0] == '\0')
        return 0;
    return gox_pid_file_create(
            &life->pid_file, s->daemon_pid_file, &holder, err);
}

/* What needs the rights of the start, then giving them up. */
static int use_rights(struct gox_lifecycle *life, const struct gox_settings *s,
        struct gox_error *err)
{
    int code = s->is_stdio ? 0 : make_dirs(life, s, err);
    if (code == 0)
        code = write_pid_file(life, s, err);
    if (code < 0 || !life->has_user)
        return code;
    if (!s->is_stdio &&
            gox_listen_fds_find(&life->passed, GOX_SOCKET_UNIX, NULL) == NULL)
        code = gox__listen_bind(s, &life->listen_fd, &life->lock_fd, err);
    if (code == 0 && life->listen_fd >= 0 &&
            chown(s->daemon_socket_path, life->user.uid, (gid_t)-1) != 0)
        code = gox_error_set_errno(err, GOX_ERR_IO, errno,
                "%s cannot be given to the user %s", s->daemon_socket_path,
                life->user.name);
    if (code == 0 && life->listen_fd >= 0 &&
            s->security_socket_group[0] == '\0' &&
            chown(s->daemon_socket_path, (uid_t)-1, life->user.gid) != 0)
        code = gox_error_set_errno(err, GOX_ERR_IO, errno,
                "%s cannot be given to a group", s->daemon_socket_path);
    return code < 0 ? code : gox_user_drop(&life->user, err);
}

/* ---- the whole ---- */

static int exit_code_of(const struct gox_error *err)
{
    if (err->code == GOX_ERR_CANCELLED) /* asked to stop before it served */
        return 0;
    return err->code == GOX_ERR_EXISTS || err->code == GOX_ERR_NOMEM ||
                           err->code == GOX_ERR_BUSY ||
                           err->code == GOX_ERR_TIMEOUT
                   ? GOX_EXIT_TEMPORARY
                   : GOX_EXIT_CONFIG;
}

static void close_bound(
        struct gox_lifecycle *life, const struct gox_settings *s)
{
    if (life->listen_fd < 0)
        return;
    gox_socket_unlink_unix(s->daemon_socket_path, life->listen_fd);
    close(life->listen_fd);
    if (life->lock_fd >= 0)
        close(life->lock_fd);
    life->listen_fd = life->lock_fd = -1;
}

/* Frees the settings. */
static int fail(struct gox_lifecycle *life, struct gox_settings *s,
        const struct gox_error *err)
{
    int exit_code = exit_code_of(err);
    close_bound(life, s);
    int code = gox_notify_exit(&life->notify, -1, exit_code);
    (void)code;
    if (life->background.fd >= 0)
        gox_daemonize_fail(&life->background, exit_code, err);
    else
        fprintf(stderr, "goxel-daemon: %s\n", err->text);
    gox_settings_fini(s);
    return exit_code;
}

static int enter_dir(const struct gox_settings *s, struct gox_error *err)
{
    /* All paths are absolute by now, so this changes none of them. */
    if (s->daemon_working_dir[0] == '\0' || chdir(s->daemon_working_dir) == 0)
        return 0;
    return gox_error_set_errno(err, GOX_ERR_IO, errno,
            "the working directory %s cannot be entered",
            s->daemon_working_dir);
}

static int start(
        struct gox_lifecycle *life, gox_daemon *d, struct gox_error *err)
{
    d->life = life;
    int code = open_signals(d, err);
    if (code == 0) {
        int told = gox_notify_extend_timeout(&life->notify, START_EXTEND_MS);
        (void)told;
        tell_status(d, "opening the projects");
        code = gox_daemon_start(d, err);
    }
    if (code == 0)
        code = start_watchdog(d, err);
    if (code == 0) {
        tell_ready(d);
        int told = gox_daemonize_succeed(&life->background, false);
        (void)told; /* a parent that has gone does not matter */
    }
    return code;
}

/* Takes the settings over. */
static int serve(struct gox_lifecycle *life, struct gox_settings *own_settings,
        struct gox_error *err)
{
    struct gox_settings nothing = {.is_stdio = false};
    gox_daemon *d = gox_daemon_new(own_settings, err);
    if (d == NULL)
        return fail(life, &nothing, err);
    if (start(life, d, err) < 0) {
        /* Who reads the log later did not see standard error. */
        if (d->settings.daemon_log_file[0] != '\0' &&
                err->code != GOX_ERR_CANCELLED)
            gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_DAEMON,
                    "not started: %s", err->text);
        /* The daemon may have taken the socket over, or not. */
        close_bound(life, &d->settings);
        gox_daemon_free(d);
        return fail(life, &nothing, err);
    }
    gox__logging_watch_faults(d->log);
    gox_daemon_run(d);
    /* A worker that does not end must not keep the process. */
    if (d->calls_under_way > 0) {
        gox_pid_file_remove(&life->pid_file);
        gox_log_flush(d->log, LOG_FLUSH_MS);
        _exit(0);
    }
    gox_daemon_free(d);
    return 0;
}

/* In the daemon, when there is a parent that waits. */
static int run(struct gox_lifecycle *life, struct gox_settings *own_settings)
{
    struct gox_error err = {.offset = -1};
    struct gox_settings *s = own_settings;
    int code = set_environment(s, &err);
    if (code == 0)
        code = find_user(life, s, &err);
    if (code == 0)
        code = use_rights(life, s, &err);
    if (code == 0)
        code = enter_dir(s, &err);
    return code < 0 ? fail(life, s, &err) : serve(life, own_settings, &err);
}

static int take_passed(struct gox_lifecycle *life, const struct gox_settings *s,
        struct gox_error *err)
{
    static const char *const launchd_names[] = {"rpc", "http"};
    if (s->is_stdio) /* the variables are for whoever started us */
        return 0;
    int code = gox_listen_fds_take(&life->passed, true, err);
    for (size_t i = 0; i < 2 && code == 0; i++) {
        code = gox_launchd_take(&life->passed, launchd_names[i], err);
        /* Not started by it, or it has no such socket for us. */
        if (code == GOX_ERR_UNSUPPORTED || code == GOX_ERR_NOT_FOUND)
            code = 0;
    }
    return code < 0 ? code : gox_notify_init(&life->notify, true, err);
}

int gox_lifecycle_run(
        const struct gox_options *options, struct gox_settings *own_settings)
{
    struct gox_lifecycle life = {.options = options,
            .background = {.fd = -1},
            .notify = {.fd = -1},
            .pid_file = {.fd = -1},
            .listen_fd = -1,
            .lock_fd = -1};
    struct gox_error err = {.offset = -1};
    int exit_code;
    int code = take_passed(&life, own_settings, &err);
    int place = 1;
    if (code == 0 && own_settings->daemon_daemonize)
        place = gox_daemonize_start(&life.background, 0, &err);
    if (code < 0) {
        exit_code = fail(&life, own_settings, &err);
    } else if (place == 1) {
        exit_code = run(&life, own_settings);
    } else {
        /* The parent: what the daemon said is the answer. */
        exit_code = life.background.exit_code;
        if (place < 0)
            fprintf(stderr, "goxel-daemon: %s\n", err.text);
        gox_settings_fini(own_settings);
    }
    gox_pid_file_remove(&life.pid_file);
    gox_listen_fds_fini(&life.passed);
    gox_notify_fini(&life.notify);
    return exit_code;
}
