/* SPDX-License-Identifier: Apache-2.0
 * How a child is made on Linux, and what it does besides the steps of POSIX.
 * System calls only. */
#include "platform/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLOSE_RANGE_CLOEXEC_FLAG 4u
#define FDS_TRIED_MAX            65536
#define CHILD_STACK_BYTES        65536

static pid_t fork_copy(int (*run)(void *ctx), void *ctx)
{
    pid_t pid = fork();
    if (pid == 0)
        run(ctx);
    return pid;
}

/* The child borrows our memory, on a stack of its own, and we wait in the
 * kernel until it has become the program: no page table is copied and no page
 * is faulted in again, which is a good part of the time to a restart. Changing
 * the user is left to a copy, since the C library tells all threads of it. */
pid_t gox__process_fork(
        const struct gox_process_spec *spec, int (*run)(void *ctx), void *ctx)
{
    bool is_shareable = spec->user == NULL;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    is_shareable = false; /* what the sanitizer knows of memory is ours */
#endif
    char *stack = MAP_FAILED;
    if (is_shareable)
        stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return fork_copy(run, ctx);
    pid_t pid = clone(run, stack + CHILD_STACK_BYTES,
            CLONE_VM | CLONE_VFORK | SIGCHLD, ctx);
    int error = errno;
    munmap(stack, CHILD_STACK_BYTES);
    errno = error;
    return pid;
}

static bool write_all(int fd, const char *text)
{
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool gox__start_enter_cgroup(const struct gox_process_spec *spec)
{
    if (spec->cgroup == NULL || spec->cgroup->dir_fd < 0)
        return true;
    int fd = openat(spec->cgroup->dir_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write_all(fd, "0");
}

void gox__start_mark_rest(int first)
{
    struct rlimit limit = {.rlim_cur = FDS_TRIED_MAX};
    if (syscall(SYS_close_range, (unsigned)first, ~0u,
                CLOSE_RANGE_CLOEXEC_FLAG) == 0)
        return;
    /* Before Linux 5.11. */
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t end =
            limit.rlim_cur < FDS_TRIED_MAX ? limit.rlim_cur : FDS_TRIED_MAX;
    for (int fd = first; (rlim_t)fd < end; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool gox__start_set_oom_score(const struct gox_process_spec *spec)
{
    char text[8] = "-";
    int score = spec->oom_score;
    if (!spec->has_oom_score)
        return true;
    if (score < -1000 || score > 1000) {
        errno = ERANGE;
        return false;
    }
    gox__start_put_digits(text + (score < 0), score < 0 ? -score : score);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write_all(fd, text);
}
