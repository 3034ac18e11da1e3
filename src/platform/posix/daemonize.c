/* SPDX-License-Identifier: Apache-2.0
 * Two forks and a pair of sockets (a pipe would raise SIGPIPE in a daemon whose
 * parent has gone). The first child begins a session and ends at once, so
 * that the daemon is no session leader and can never get a terminal again. The
 * parent hears one record, or the end of the stream when the daemon has died.
 */
#include "platform/daemonize.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_TEMPORARY 75

/* What goes through it, once. */
struct verdict {
    int32_t code, exit_code;
    char text[sizeof((struct gox_error *)0)->text];
};

/* Everything that comes until the end of the stream or the deadline; the number
 * of bytes, or -1 on time-out. */
static ssize_t hear(int fd, void *data, size_t size, int timeout_ms)
{
    int64_t end_at_ns = gox_time_now_ns() + (int64_t)timeout_ms * GOX_NS_PER_MS;
    size_t len = 0;
    while (len < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left_ms = (end_at_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
        int rc = poll(&p, 1,
                timeout_ms <= 0 ? -1
                : left_ms > 0   ? (int)left_ms
                                : 0);
        if (rc == 0)
            return -1;
        if (rc < 0 && errno == EINTR)
            continue;
        ssize_t n = read(fd, (char *)data + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

static int judge(struct gox_daemonize *d, struct verdict *v, ssize_t len,
        int timeout_ms, struct gox_error *err)
{
    d->exit_code = EXIT_TEMPORARY;
    if (len < 0)
        return gox_error_set(err, GOX_ERR_TIMEOUT,
                "the daemon has not said within %d ms that it serves; it was "
                "left running, look at its log",
                timeout_ms);
    if ((size_t)len < sizeof *v)
        return gox_error_set(err, GOX_ERR_CLOSED,
                "the daemon ended before it served and left no reason; look "
                "at its log");
    v->text[sizeof v->text - 1] = '\0';
    d->exit_code = v->exit_code;
    return v->code < 0 ? gox_error_set(err, v->code, "%s", v->text) : 0;
}

static int be_parent(struct gox_daemonize *d, pid_t child, int timeout_ms,
        struct gox_error *err)
{
    struct verdict v;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    ssize_t len = hear(d->fd, &v, sizeof v, timeout_ms);
    close(d->fd);
    d->fd = -1;
    return judge(d, &v, len, timeout_ms, err);
}

static void to_null(int first, int last)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = first; null >= 0 && fd <= last; fd++)
        dup2(null, fd); /* dup2 clears close-on-exec; equal ones stay */
    if (null > STDERR_FILENO)
        close(null);
}

static int speak(struct gox_daemonize *d, const struct verdict *v)
{
    ssize_t n;
    do
        n = send(d->fd, v, sizeof *v, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    close(d->fd);
    d->fd = -1;
    return n == (ssize_t)sizeof *v ? 0 : GOX_ERR_CLOSED;
}

/* In the first child: makes the daemon and ends, so that it is nobody's. */
static void leave_behind(struct gox_daemonize *d)
{
    struct verdict v = {.code = GOX_ERR_IO, .exit_code = EXIT_TEMPORARY};
    pid_t daemon = setsid() < 0 ? -1 : fork();
    if (daemon == 0) {
        to_null(STDIN_FILENO, STDIN_FILENO);
        return;
    }
    if (daemon < 0) {
        snprintf(v.text, sizeof v.text,
                "the daemon cannot be put into the background: %s",
                strerror(errno));
        (void)speak(d, &v);
    }
    _exit(daemon < 0);
}

int gox_daemonize_start(
        struct gox_daemonize *d, int timeout_ms, struct gox_error *err)
{
    int ends[2];
    *d = (struct gox_daemonize){.fd = -1, .exit_code = EXIT_TEMPORARY};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the daemon cannot be put into the background");
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return gox_error_set_errno(err, GOX_ERR_IO, error,
                "the daemon cannot be put into the background");
    }
    close(ends[child == 0 ? 0 : 1]);
    d->fd = ends[child == 0 ? 1 : 0];
    if (child > 0)
        return be_parent(d, child, timeout_ms, err);
    d->exit_code = 0;
    leave_behind(d);
    return 1;
}

int gox_daemonize_succeed(struct gox_daemonize *d, bool keep_output)
{
    struct verdict v = {0};
    if (d->fd < 0)
        return 0;
    int code = speak(d, &v);
    if (!keep_output)
        to_null(STDOUT_FILENO, STDERR_FILENO);
    return code;
}

void gox_daemonize_fail(
        struct gox_daemonize *d, int exit_code, const struct gox_error *err)
{
    struct verdict v = {.code = err->code < 0 ? err->code : GOX_ERR_INTERNAL,
            .exit_code = exit_code};
    if (d->fd < 0)
        return;
    snprintf(v.text, sizeof v.text, "%s", err->text);
    /* A parent that has gone cannot be helped. */
    (void)speak(d, &v);
}
