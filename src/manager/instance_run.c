/* SPDX-License-Identifier: Apache-2.0
 * The built-in backend: this manager starts the daemon itself, holds its
 * socket, hears its notifications and ends its whole tree.
 *
 * Invariant: before a process is started, nothing of the one before is left. */
#include "base/alloc.h"
#include "base/time.h"
#include "manager/backends/backends.h"
#include "manager/handover.h"
#include "manager/manager_internal.h"
#include "platform/children.h"
#include "platform/os.h"
#include "platform/socket.h"
#include "platform/take_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096
/* The socket of an adopted daemon is among its first descriptors. */
#define LOOK_FOR_SOCKET 64
#define LOCK_MS         300

/* ---- what the daemon says ---- */

/* READY=1 comes after a failed reload, too, or a service manager would wait for
 * ever; the protocol has no key for the difference, so goxel-daemon says it in
 * its status. Others may use ERRNO. */
static bool says_failed(
        const struct gox_notify_message *msg, const char *status)
{
    return msg->errno_value > 0 || strstr(status, "old settings") != NULL ||
           strstr(status, "failed") != NULL;
}

static void on_ready_message(
        gox_instance *i, const struct gox_notify_message *msg)
{
    struct gox_error err;
    if (i->is_reloading)
        gox__instance_reloaded(
                i, says_failed(msg, i->status_text), i->status_text);
    if (gox__instance_step(i, GOX_INPUT_READY, &err) < 0)
        gox__manager_say(i->manager, GOX__WARN, "%s", err.text);
}

static void take_message(gox_instance *i, const struct gox_notify_message *msg)
{
    int64_t now = gox_time_now_ns();
    if (msg->has_status)
        snprintf(i->status_text, sizeof i->status_text, "%s", msg->status);
    if (msg->extend_timeout_us > 0)
        i->extended_to_ns = now + msg->extend_timeout_us * 1000;
    if (msg->is_watchdog)
        i->watchdog_at_ns = now;
    if (msg->watchdog_us > 0)
        i->config.watchdog_ms = msg->watchdog_us / 1000;
    if (msg->is_reloading)
        i->has_said_reloading = true;
    if (msg->is_ready)
        on_ready_message(i, msg);
    if (msg->is_watchdog_trigger)
        gox__instance_bounce(i, GOX_CAUSE_WATCHDOG);
}

static void on_notify(void *ctx, short events)
{
    (void)events;
    gox_instance *i = ctx;
    struct gox_notify_message msg;
    struct gox_error err;
    int code;
    /* Bounded: a flood of messages must not keep the loop. */
    for (int n = 0; n < 32; n++) {
        code = gox_notify_server_receive(&i->notify, &msg, &err);
        if (code == 0 || code == GOX_ERR_IO)
            break;
        if (code < 0) {
            gox__manager_say(
                    i->manager, GOX__WARN, "%s: %s", i->config.name, err.text);
            continue;
        }
        /* Only the process that we started may speak for it. */
        if (msg.pid == gox__instance_pid(i) && msg.pid > 0)
            take_message(i, &msg);
    }
}

void gox__run_open_notify(gox_instance *i)
{
    struct gox_error err;
    char address[GOX_NOTIFY_ADDRESS_BYTES];
    int len = snprintf(
            address, sizeof address, "%s.notify", i->config.socket_path);
    if (len < 0 || (size_t)len >= sizeof address) {
        gox__manager_trouble(i->manager, i,
                "the path %s.notify is too long for a socket; readiness is "
                "told by a call instead",
                i->config.socket_path);
        return;
    }
    if (gox_notify_server_open(
                &i->notify, address, i->config.daemon_uid, &err) < 0) {
        i->notify.fd = -1;
        gox__manager_trouble(i->manager, i,
                "%s; readiness is told by a call instead", err.text);
        return;
    }
    i->notify_watch =
            gox__manager_watch(i->manager, i->notify.fd, on_notify, i);
}

/* ---- the socket ---- */

static int make_parent(const char *path, struct gox_error *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return 0;
    char *dir = gox_strndup(path, (size_t)(slash - path));
    if (dir == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int code = gox_os_make_dirs(dir, err);
    gox_free(dir);
    return code;
}

int gox__run_hold_socket(gox_instance *i, struct gox_error *err)
{
    const struct gox_instance_config *c = &i->config;
    unsigned mode = c->socket_gid >= 0 ? 0600 : c->socket_mode;
    if (i->listen_fd >= 0)
        return 0;
    int code = make_parent(c->socket_path, err);
    if (code == 0)
        code = gox_socket_listen_unix(
                c->socket_path, mode, BACKLOG, &i->listen_fd, &i->lock_fd, err);
    if (code == 0 && c->socket_gid >= 0)
        code = gox_socket_set_access(
                c->socket_path, (uint32_t)c->socket_gid, c->socket_mode, err);
    return code;
}

/* ---- starting ---- */

static const char **make_argv(const gox_instance *i)
{
    const struct gox_instance_config *c = &i->config;
    size_t count = 0, n = 0;
    while (c->args != NULL && c->args[count] != NULL)
        count++;
    const char **argv = gox_calloc(count + 8, sizeof *argv);
    if (argv == NULL)
        return NULL;
    argv[n++] = c->binary;
    argv[n++] = "--foreground";
    if (c->config_file != NULL) {
        argv[n++] = "--config";
        argv[n++] = c->config_file;
    }
    argv[n++] = "--socket";
    argv[n++] = c->socket_path;
    for (size_t k = 0; k < count; k++)
        argv[n++] = c->args[k];
    return argv;
}

static size_t fill_limits(const gox_instance *i, struct gox_process_limit *l)
{
    size_t n = 0;
    if (i->config.files_max > 0)
        l[n++] = (struct gox_process_limit){
                GOX_LIMIT_FILES, i->config.files_max, i->config.files_max};
    if (i->config.has_core)
        l[n++] = (struct gox_process_limit){
                GOX_LIMIT_CORE, GOX_LIMIT_NONE, GOX_LIMIT_NONE};
    return n;
}

static void open_cgroup(gox_instance *i)
{
    struct gox_error err;
    const struct gox_instance_config *c = &i->config;
    struct gox_cgroup_limits limits = {
            .memory_max_bytes = c->memory_max_bytes > 0 ? c->memory_max_bytes
                                                        : GOX_CGROUP_NO_LIMIT,
            .memory_high_bytes = GOX_CGROUP_NO_LIMIT,
            .pids_max = c->pids_max > 0 ? c->pids_max : GOX_CGROUP_NO_LIMIT};
    char name[96];
    if (c->memory_max_bytes == 0 && c->pids_max == 0)
        return;
    snprintf(name, sizeof name, "goxel-%.80s", c->name);
    int code = gox_cgroup_open(&i->cgroup, name, &err);
    if (code == 0)
        code = gox_cgroup_set_limits(&i->cgroup, &limits, &err);
    if (code < 0)
        gox__manager_trouble(i->manager, i,
                "%s; the daemon runs without these limits", err.text);
}

static uint64_t count_oom_kills(const gox_instance *i)
{
    struct gox_cgroup_info info;
    return i->cgroup.dir_fd >= 0 && gox_cgroup_info_read(&i->cgroup, &info) == 0
                   ? info.oom_kill_count
                   : 0;
}

static void on_process(void *ctx, short events)
{
    (void)events;
    gox__run_look(ctx);
}

static void watch_process(gox_instance *i)
{
    if (i->process.pidfd >= 0)
        i->process_watch =
                gox__manager_watch(i->manager, i->process.pidfd, on_process, i);
    i->started_at_ns = i->watchdog_at_ns = gox_time_now_ns();
    i->started_wall_ms = gox_time_wall_ms();
    i->oom_kills = count_oom_kills(i);
}

static void tell_started(gox_instance *i)
{
    struct gox_buf members;
    struct gox_writer w;
    gox_buf_init(&members, 0);
    gox_writer_init(&w, &members);
    gox_writer_int(&w, "pid", i->process.id.pid);
    gox_writer_string(&w, "binary", i->config.binary);
    gox__manager_tell(i->manager, GOX_EVENT_STARTED, i, gox_buf_text(&members));
    gox_buf_fini(&members);
}

static int spawn(gox_instance *i, struct gox_error *err)
{
    struct gox_process_limit limits[4];
    struct gox_process_socket sockets[1] = {{i->listen_fd, "goxel-daemon"}};
    const char **argv = make_argv(i);
    if (argv == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    struct gox_process_spec spec = {.program = i->config.binary,
            .argv = argv,
            .env = (const char *const *)(i->config.env != NULL ? i->config.env
                                                               : environ),
            .working_dir = i->config.working_dir,
            .cgroup = i->cgroup.dir_fd >= 0 ? &i->cgroup : NULL,
            .notify_address = i->notify.fd >= 0 ? i->notify.address : NULL,
            .watchdog_us = i->config.watchdog_ms * 1000,
            .sockets = sockets,
            .socket_count = i->listen_fd >= 0 ? 1 : 0,
            .limits = limits,
            .limit_count = fill_limits(i, limits),
            .in = GOX_STREAM_NULL,
            .out = GOX_STREAM_PIPE,
            .err = GOX_STREAM_PIPE};
    int code = gox_process_start(&i->process, &spec, err);
    gox_free(argv);
    return code;
}

static int start(gox_instance *i, struct gox_error *err)
{
    int code = gox__run_hold_socket(i, err);
    if (code == 0)
        code = spawn(i, err);
    if (code < 0) {
        gox_process_init(&i->process);
        return code;
    }
    gox__instance_tell_exit(i);
    watch_process(i);
    gox__capture_attach(i, i->process.out_fd, i->process.err_fd);
    i->process.out_fd = i->process.err_fd = -1;
    gox__record_write(i);
    tell_started(i);
    /* Who never says READY=1 is ready when it answers. */
    gox__probe_now(i);
    return 0;
}

/* ---- ending ---- */

static int stop(gox_instance *i, struct gox_error *err)
{
    int code = gox_process_signal(&i->process, SIGTERM);
    /* A stopped process would keep the signal waiting for ever. */
    if (code == 0)
        code = gox_process_signal(&i->process, SIGCONT);
    if (code == 0 || code == GOX_ERR_NOT_FOUND)
        return 0;
    return gox_error_set(err, code, "SIGTERM cannot be sent to process %lld",
            (long long)i->process.id.pid);
}

/* has_ended: only what it may have left behind. */
static int kill_all(gox_instance *i, bool has_ended)
{
    struct gox_process_set set;
    int left = gox__manager_set(i->manager, &set);
    bool is_alone = left == 0 && has_ended && set.owns_all_children &&
                    i->cgroup.dir_fd < 0 && !i->is_adopted &&
                    !gox_process_has_strangers(&set);
    if (left == 0 && !is_alone)
        left = gox_process_kill_tree(
                &i->process, i->cgroup.dir_fd >= 0 ? &i->cgroup : NULL, &set);
    gox_free((void *)set.items);
    return left;
}

static void kill_tree(gox_instance *i)
{
    int left = kill_all(i, false);
    if (left < 0)
        gox__manager_trouble(i->manager, i,
                "the processes of %s cannot be killed; tried again in a moment",
                i->config.name);
}

static int reload(gox_instance *i, struct gox_error *err)
{
    int code = gox_process_signal(&i->process, SIGHUP);
    return code == 0 ? 0
                     : gox_error_set(err, code,
                               "SIGHUP cannot be sent to process %lld",
                               (long long)i->process.id.pid);
}

static enum gox_cause cause_of(gox_instance *i)
{
    if (i->asked != GOX_CAUSE_NONE)
        return i->asked;
    struct gox_exit_status status = {.is_signal = i->process.exit.is_signal,
            .number = i->process.exit.code,
            .is_oom = count_oom_kills(i) > i->oom_kills};
    /* How an adopted process ended cannot be learnt: not in good order. */
    if (!i->process.exit.is_known)
        return status.is_oom ? GOX_CAUSE_OOM : GOX_CAUSE_CRASH;
    return gox_cause_of_exit(&status);
}

void gox__run_look(gox_instance *i)
{
    if (i->process.id.pid == 0 || gox_process_check(&i->process) != 1)
        return;
    enum gox_cause cause = cause_of(i);
    gox_watch_close(i->process_watch);
    i->process_watch = NULL;
    gox__capture_drain(i);
    /* What it left behind: a child that forked away must not serve on beside
     * the next one. */
    if (kill_all(i, true) > 0)
        gox__manager_trouble(i->manager, i,
                "process %lld ended and left others behind; they were killed",
                (long long)i->process.id.pid);
    gox__capture_close(i);
    gox__instance_ended(i, cause);
    /* The next one, when it is there already, has put its own in the place. */
    if (i->process.id.pid == 0)
        gox__record_remove(i);
}

/* ---- taking over ---- */

/* The socket that the daemon listens on, from its own descriptors. */
static void take_socket(gox_instance *i)
{
    for (int n = 3; n < LOOK_FOR_SOCKET && i->listen_fd < 0; n++) {
        struct gox_error err;
        int fd;
        if (gox_take_fd(&i->process, n, &fd) < 0)
            continue;
        if (gox_socket_adopt(fd, i->config.socket_path, &err) == 0)
            i->listen_fd = fd;
        else
            close(fd);
    }
    if (i->listen_fd < 0)
        gox__manager_trouble(i->manager, i,
                "the socket %s cannot be shared with the daemon that runs; it "
                "will be made anew when that one ends",
                i->config.socket_path);
}

/* Whose manager lives is not taken from it, or two would steer one daemon. One
 * that is being killed lets go of the lock in a moment. */
static int lock_socket(gox_instance *i, struct gox_error *err)
{
    int code;
    int64_t end_ns = gox_time_now_ns() + LOCK_MS * GOX_NS_PER_MS;
    if (i->lock_fd >= 0)
        return 0;
    while ((code = gox_socket_lock_unix(i->config.socket_path, &i->lock_fd,
                    err)) == GOX_ERR_EXISTS &&
            gox_time_now_ns() < end_ns)
        poll(NULL, 0, 5);
    if (code == GOX_ERR_EXISTS)
        return gox_error_set(err, code,
                "another goxel-manager keeps the daemon at %s; it is left "
                "alone, steer it by its own control socket",
                i->config.socket_path);
    if (code < 0)
        gox__manager_say(i->manager, GOX__WARN, "%s", err->text);
    return 0;
}

int gox__run_adopt(gox_instance *i, struct gox_error *fatal)
{
    struct gox_proc_id id;
    struct gox_error err;
    int fds[4]; /* socket, lock, output, errors */
    if (gox__handover_read(i->config.name, fds, 4)) {
        i->listen_fd = fds[0];
        i->lock_fd = fds[1];
    }
    bool has_record = gox__record_read(i, &id);
    if (!has_record || gox_process_adopt(&i->process, &id, &err) < 0) {
        gox_process_init(&i->process);
        gox__record_remove(i);
        for (int n = 2; n < 4; n++)
            if (fds[n] >= 0)
                close(fds[n]);
        return 0;
    }
    int locked = lock_socket(i, fatal);
    if (locked < 0) {
        gox_process_close(&i->process);
        gox_process_init(&i->process);
        return locked;
    }
    i->is_adopted = true;
    if (fds[0] < 0)
        take_socket(i);
    for (int n = 0; n < 2; n++) {
        int code = fds[2 + n] < 0
                           ? gox_take_pipe(&i->process, n + 1, &fds[2 + n])
                           : 0;
        if (code < 0)
            gox__manager_say(i->manager, GOX__WARN,
                    "%s: what the daemon writes to descriptor %d cannot be "
                    "read any more",
                    i->config.name, n + 1);
    }
    gox__capture_attach(i, fds[2], fds[3]);
    watch_process(i);
    gox__instance_began(i);
    i->is_wanted = true;
    return 1;
}

static int open_backend(gox_instance *i, struct gox_error *err)
{
    int code = make_parent(i->config.socket_path, err);
    if (code < 0)
        return code;
    open_cgroup(i);
    int adopted = gox__run_adopt(i, err);
    if (adopted <= 0)
        code = adopted < 0 ? adopted : gox__run_hold_socket(i, err);
    if (code < 0)
        return code;
    gox__run_open_notify(i);
    return adopted == 1 ? gox__instance_step(i, GOX_INPUT_ADOPT, err) : 0;
}

void gox__run_close(gox_instance *i)
{
    bool runs = gox__instance_pid(i) > 0;
    gox_watch_close(i->process_watch);
    gox_watch_close(i->notify_watch);
    i->process_watch = i->notify_watch = NULL;
    if (i->notify.fd >= 0)
        gox_notify_server_close(&i->notify, runs);
    i->notify.fd = -1;
    if (i->listen_fd >= 0 && !runs)
        gox_socket_unlink_unix(i->config.socket_path, i->listen_fd);
    if (i->listen_fd >= 0)
        close(i->listen_fd);
    if (i->lock_fd >= 0)
        close(i->lock_fd);
    i->listen_fd = i->lock_fd = -1;
    if (i->cgroup.dir_fd >= 0)
        gox_cgroup_close(&i->cgroup, !runs);
}

const struct gox_backend gox_backend_builtin = {
        .choice = GOX_BACKEND_BUILTIN,
        .owns_process = true,
        .open = open_backend,
        .close = gox__run_close,
        .start = start,
        .stop = stop,
        .reload = reload,
        .kill = kill_tree,
};
