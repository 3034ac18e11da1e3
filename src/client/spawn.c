/* SPDX-License-Identifier: Apache-2.0
 * The private daemon: started with one end of a socket pair as its standard
 * input and output, and never left behind.
 *
 * posix_spawn and not fork: the caller may hold gigabytes, and a fork would
 * copy its page tables. A socket pair and not two pipes: one descriptor to
 * poll, and MSG_NOSIGNAL instead of SIGPIPE. */
#include "base/time.h"
#include "client/client_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* The first pause between two looks for an exit, doubled up to the second. */
#define REAP_PAUSE_NS     (100 * 1000)
#define REAP_PAUSE_MAX_NS (5 * 1000 * 1000)

static int spawn_error(int number, const char *program, struct gox_error *err)
{
    int code = GOX_ERR_IO;

    if (number == ENOENT)
        code = GOX_ERR_NOT_FOUND;
    else if (number == EACCES || number == EPERM)
        code = GOX_ERR_FORBIDDEN;
    else if (number == ENOMEM)
        code = GOX_ERR_NOMEM;
    return gox_error_set(
            err, code, "cannot start %s: %s", program, strerror(number));
}

/* Signals that the caller ignores or blocks must not reach the child so. */
static int set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    if (posix_spawnattr_setsigmask(attr, &none) != 0 ||
            posix_spawnattr_setsigdefault(attr, &all) != 0 ||
            posix_spawnattr_setpgroup(attr, 0) != 0)
        return EINVAL;
    return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETPGROUP);
}

static int spawn_with(pid_t *pid, char **argv, int fd, int stderr_fd)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc != 0)
        goto out_actions;
    rc = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
    if (rc == 0 && stderr_fd >= 0)
        rc = posix_spawn_file_actions_adddup2(
                &actions, stderr_fd, STDERR_FILENO);
    if (rc == 0)
        rc = set_attributes(&attr);
    if (rc == 0)
        rc = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
out_actions:
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int gox__client_start_child(gox_client *client, struct gox_error *err)
{
    int ends[2];
    int rc;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return spawn_error(errno, client->argv[0], err);
    rc = spawn_with(&client->pid, client->argv, ends[1], client->stderr_fd);
    close(ends[1]);
    if (rc == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        rc = errno;
    if (rc != 0) {
        close(ends[0]);
        gox__client_kill(client);
        return spawn_error(rc, client->argv[0], err);
    }
    client->fd = ends[0];
    return 0;
}

static void describe_status(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "exited with code %d", WEXITSTATUS(status));
}

bool gox__client_reap(
        gox_client *client, int timeout_ms, char *text, size_t size)
{
    int64_t end_ns = gox_time_now_ns() + timeout_ms * GOX_NS_PER_MS;
    struct timespec pause = {.tv_nsec = REAP_PAUSE_NS};
    int status = 0;

    while (client->pid > 0) {
        pid_t got = waitpid(client->pid, &status, WNOHANG);
        if (got == client->pid) {
            describe_status(status, text, size);
            client->exit_status = status;
            client->pid = 0;
            return true;
        }
        if (got < 0 && errno != EINTR) {
            /* Somebody else in this process reaped it. */
            snprintf(text, size, "ended");
            client->pid = 0;
            return true;
        }
        if (gox_time_now_ns() >= end_ns)
            return false;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < REAP_PAUSE_MAX_NS)
            pause.tv_nsec *= 2;
    }
    return true;
}

void gox__client_kill(gox_client *client)
{
    if (client->pid <= 0)
        return;
    kill(client->pid, SIGKILL);
    while (waitpid(client->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    client->pid = 0;
}
