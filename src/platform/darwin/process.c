/* SPDX-License-Identifier: Apache-2.0
 * Watching processes on macOS by a kqueue each, which becomes readable when its
 * process ends. Written to kqueue(2); not tested on macOS yet.
 *
 * A kqueue does not pin the number as a pidfd does: a signal is only sent after
 * the start time was compared, and there is no more than that here. */
#include "platform/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

int gox__process_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
}

pid_t gox__process_fork(
        const struct gox_process_spec *spec, int (*run)(void *ctx), void *ctx)
{
    (void)spec;
    pid_t pid = fork();
    if (pid == 0)
        run(ctx);
    return pid;
}

int gox__process_hold(int64_t pid)
{
    struct kevent watch;
    int queue = kqueue();
    if (queue < 0)
        return -1;
    fcntl(queue, F_SETFD, FD_CLOEXEC);
    EV_SET(&watch, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
    if (kevent(queue, &watch, 1, NULL, 0, NULL) == 0)
        return queue;
    int error = errno;
    close(queue);
    errno = error;
    return -1;
}

static bool has_event(int queue)
{
    struct kevent event;
    struct timespec now = {0, 0};
    return kevent(queue, NULL, 0, &event, 1, &now) > 0;
}

int gox_process_check(struct gox_process *p)
{
    int status;
    if (p->has_ended)
        return 1;
    if (p->pidfd < 0)
        return GOX_ERR_NOT_FOUND;
    if (!p->is_child) {
        p->has_ended = has_event(p->pidfd); /* how, nobody tells us */
        return p->has_ended ? 1 : 0;
    }
    pid_t rc = waitpid((pid_t)p->id.pid, &status, WNOHANG);
    if (rc == 0)
        return 0;
    if (rc < 0 && errno != ECHILD)
        return errno == EINTR ? 0 : GOX_ERR_IO;
    p->has_ended = true;
    p->exit = (struct gox_process_exit){0};
    if (rc > 0)
        p->exit = (struct gox_process_exit){.is_known = true,
                .is_signal = WIFSIGNALED(status),
                .is_core = WIFSIGNALED(status) && WCOREDUMP(status),
                .code = WIFSIGNALED(status) ? WTERMSIG(status)
                                            : WEXITSTATUS(status)};
    return 1;
}

static bool is_still_there(const struct gox_process *p)
{
    struct gox_proc_id now;
    return gox_proc_id_get(p->id.pid, &now) == 0 &&
           gox_proc_id_is_same(&p->id, &now);
}

int gox_process_signal(struct gox_process *p, int signal_number)
{
    if (p->has_ended || p->pidfd < 0 || (!p->is_child && !is_still_there(p)))
        return GOX_ERR_NOT_FOUND;
    if (kill((pid_t)p->id.pid, signal_number) == 0)
        return 0;
    return errno == ESRCH   ? GOX_ERR_NOT_FOUND
           : errno == EPERM ? GOX_ERR_FORBIDDEN
                            : GOX_ERR_IO;
}

int gox_process_adopt(struct gox_process *p, const struct gox_proc_id *id,
        struct gox_error *err)
{
    gox_process_init(p);
    p->id = *id;
    p->pidfd = gox__process_hold(id->pid);
    if (p->pidfd >= 0 && is_still_there(p) && !has_event(p->pidfd)) {
        p->is_child = waitpid((pid_t)id->pid, NULL, WNOHANG | WNOWAIT) >= 0;
        return 0;
    }
    gox_process_close(p);
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "process %lld has ended; its number is free or another's",
            (long long)id->pid);
}

bool gox__start_enter_cgroup(const struct gox_process_spec *spec)
{
    errno = ENOTSUP;
    return spec->cgroup == NULL || spec->cgroup->dir_fd < 0;
}

bool gox__start_set_oom_score(const struct gox_process_spec *spec)
{
    errno = ENOTSUP;
    return !spec->has_oom_score;
}

void gox__start_mark_rest(int first)
{
    int end = getdtablesize();
    for (int fd = first; fd < end; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}
