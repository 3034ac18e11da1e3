/* SPDX-License-Identifier: Apache-2.0
 * What a start prepares before the fork: the environment and the streams. */
#include "base/alloc.h"
#include "platform/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXTRA_VARIABLES 8

/* Variables that speak about one process in particular: what the manager got
 * from its own manager is not for its children. */
static bool is_own_variable(const char *text)
{
    static const char *const NAMES[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC",
            "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
            "LISTEN_PIDFDID", GOX_TREE_VARIABLE};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        size_t len = strlen(NAMES[i]);
        if (strncmp(text, NAMES[i], len) == 0 && text[len] == '=')
            return true;
    }
    return false;
}

static char *put_slot(struct gox__start_plan *plan, const char *name)
{
    struct gox__start_pid_slot *slot = &plan->slots[plan->slot_count++];
    slot->at = (size_t)snprintf(slot->text, sizeof slot->text, "%s=", name);
    return slot->text;
}

/* "LISTEN_FDNAMES=a:b:c" and the list of descriptors; EINVAL for a name that
 * would break it. */
static int make_sockets(struct gox__start_plan *plan)
{
    const struct gox_process_spec *spec = plan->spec;
    size_t size = sizeof "LISTEN_FDNAMES=";
    for (size_t i = 0; i < spec->socket_count; i++) {
        const char *name = spec->sockets[i].name;
        if (name == NULL || strchr(name, ':') != NULL || strlen(name) > 255)
            return EINVAL;
        size += strlen(name) + 1;
    }
    plan->names = gox_malloc(size);
    plan->socket_fds =
            gox_malloc_array(spec->socket_count, sizeof *plan->socket_fds);
    if (plan->names == NULL || plan->socket_fds == NULL)
        return ENOMEM;
    size_t at = (size_t)snprintf(plan->names, size, "LISTEN_FDNAMES=");
    for (size_t i = 0; i < spec->socket_count; i++) {
        at += (size_t)snprintf(plan->names + at, size - at, "%s%s",
                i > 0 ? ":" : "", spec->sockets[i].name);
        plan->socket_fds[i] = spec->sockets[i].fd;
    }
    return 0;
}

static size_t put_sockets(struct gox__start_plan *plan, char **env)
{
    if (plan->spec->socket_count == 0)
        return 0;
    snprintf(plan->fd_count, sizeof plan->fd_count, "LISTEN_FDS=%zu",
            plan->spec->socket_count);
    env[0] = plan->fd_count;
    env[1] = plan->names;
    env[2] = put_slot(plan, "LISTEN_PID");
    return 3;
}

static size_t put_notify(struct gox__start_plan *plan, char **env)
{
    size_t count = 0;
    if (plan->spec->notify_address != NULL) {
        snprintf(plan->notify, sizeof plan->notify, "NOTIFY_SOCKET=%s",
                plan->spec->notify_address);
        env[count++] = plan->notify;
    }
    if (plan->spec->watchdog_us > 0) {
        snprintf(plan->watchdog, sizeof plan->watchdog, "WATCHDOG_USEC=%lld",
                (long long)plan->spec->watchdog_us);
        env[count++] = plan->watchdog;
        env[count++] = put_slot(plan, "WATCHDOG_PID");
    }
    return count;
}

/* Room for what is set here, in the order in which it is read again: the mark
 * first, so that a look at the start of the environment finds it. */
static int make_env(struct gox__start_plan *plan)
{
    const char *const *given = plan->spec->env;
    size_t count = 0, at = 0;
    while (given != NULL && given[count] != NULL)
        count++;
    plan->env = gox_calloc(count + EXTRA_VARIABLES + 1, sizeof *plan->env);
    if (plan->env == NULL)
        return ENOMEM;
    int error = plan->spec->socket_count > 0 ? make_sockets(plan) : 0;
    if (error != 0)
        return error;
    plan->env[at++] = put_slot(plan, GOX_TREE_VARIABLE);
    at += put_sockets(plan, plan->env + at);
    at += put_notify(plan, plan->env + at);
    for (size_t i = 0; i < count; i++) {
        /* exec does not change the texts; its type is older than const. */
        union {
            const char *text;
            char *variable;
        } u = {given[i]};
        if (!is_own_variable(given[i]))
            plan->env[at++] = u.variable;
    }
    return 0;
}

static int open_null(struct gox__start_plan *plan, int stream)
{
    plan->child_fds[stream] = open("/dev/null", O_RDWR | O_CLOEXEC);
    plan->is_owned[stream] = true;
    return plan->child_fds[stream] >= 0 ? 0 : errno;
}

static int open_pipe(struct gox__start_plan *plan, int stream)
{
    int ends[2];
    if (stream == STDIN_FILENO)
        return EINVAL;
    if (gox__process_pipe(ends) != 0)
        return errno;
    /* Only our end: the child's writes must not fail with EAGAIN. */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    plan->own_fds[stream] = ends[0];
    plan->child_fds[stream] = ends[1];
    plan->is_owned[stream] = true;
    return 0;
}

static int open_stream(struct gox__start_plan *plan, int stream,
        enum gox_process_stream kind, int fd)
{
    switch (kind) {
    case GOX_STREAM_PIPE:
        return open_pipe(plan, stream);
    case GOX_STREAM_SAME:
        if (fcntl(stream, F_GETFD) < 0)
            break; /* we have none ourselves */
        plan->child_fds[stream] = stream;
        return 0;
    case GOX_STREAM_FD:
        plan->child_fds[stream] = fd;
        return fcntl(fd, F_GETFD) < 0 ? errno : 0;
    case GOX_STREAM_NULL:
        break;
    }
    return open_null(plan, stream);
}

int gox__start_plan_init(
        struct gox__start_plan *plan, const struct gox_process_spec *spec)
{
    /* exec again. */
    union {
        const char *const *texts;
        char *const *argv;
    } u = {spec->argv};
    *plan = (struct gox__start_plan){.spec = spec,
            .argv = u.argv,
            .child_fds = {-1, -1, -1},
            .own_fds = {-1, -1, -1}};
    if (spec->notify_address != NULL &&
            strlen(spec->notify_address) >= sizeof plan->notify - 16)
        return ENAMETOOLONG;
    int error = make_env(plan);
    if (error == 0)
        error = open_stream(plan, STDIN_FILENO, spec->in, spec->in_fd);
    if (error == 0)
        error = open_stream(plan, STDOUT_FILENO, spec->out, spec->out_fd);
    if (error == 0)
        error = open_stream(plan, STDERR_FILENO, spec->err, spec->err_fd);
    return error;
}

void gox__start_plan_fini(struct gox__start_plan *plan)
{
    for (int i = 0; i < 3; i++) {
        if (plan->is_owned[i] && plan->child_fds[i] >= 0)
            close(plan->child_fds[i]);
        if (plan->own_fds[i] >= 0)
            close(plan->own_fds[i]);
    }
    gox_free(plan->names);
    gox_free(plan->socket_fds);
    gox_free(plan->env);
}

int gox__start_plan_take(struct gox__start_plan *plan, int stream)
{
    int fd = plan->own_fds[stream];
    plan->own_fds[stream] = -1;
    return fd;
}
