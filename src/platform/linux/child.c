/* SPDX-License-Identifier: Apache-2.0
 * Helper processes on Linux: posix_spawn of /proc/self/exe, which is this very
 * program even after its file was replaced. */
#include "platform/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child starts with no signal blocked or ignored and without the
 * environment, which may hold secrets. */
static int spawn(pid_t *pid, int fd, const char *flag)
{
    char *const envp[] = {NULL};
    /* posix_spawn does not change the texts; its type is older than const. */
    union {
        const char *text;
        char *arg;
    } name = {"goxel-daemon"}, option = {flag};
    char *const argv[] = {name.arg, option.arg, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    posix_spawnattr_setflags(
            &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    rc = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(&actions, 1);
    if (rc == 0)
        rc = posix_spawn(pid, "/proc/self/exe", &actions, &attr, argv, envp);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int gox_child_spawn_self(
        struct gox_child *child, const char *flag, struct gox_error *err)
{
    int pair[2];
    pid_t pid;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "a helper process was not started");
    int rc = spawn(&pid, pair[1], flag);
    close(pair[1]);
    if (rc != 0) {
        close(pair[0]);
        return gox_error_set_errno(
                err, GOX_ERR_IO, rc, "a helper process was not started");
    }
    *child = (struct gox_child){.pid = (int)pid, .fd = pair[0]};
    return 0;
}

int gox_child_end(struct gox_child *child)
{
    int status = 0;
    close(child->fd);
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static int limit(int what, rlim_t value)
{
    struct rlimit r = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((unsigned)what, &r);
}

int gox_child_confine(
        uint64_t memory_bytes, unsigned cpu_seconds, struct gox_error *err)
{
    int is_bad = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
                 prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    /* Descriptor 0 stays open; no other number is below the limit. */
    is_bad |= limit(RLIMIT_NOFILE, 1) | limit(RLIMIT_FSIZE, 0) |
              limit(RLIMIT_NPROC, 0) | limit(RLIMIT_CORE, 0) |
              limit(RLIMIT_CPU, cpu_seconds);
    /* A sanitizer's shadow memory alone is terabytes of address space. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    is_bad |= limit(RLIMIT_AS, memory_bytes);
#else
    (void)memory_bytes;
#endif
    return is_bad == 0 ? 0
                       : gox_error_set_errno(err, GOX_ERR_IO, errno,
                                 "the helper process cannot be confined");
}
