/* SPDX-License-Identifier: Apache-2.0
 * Watching processes by pidfd (Linux 5.3; waiting by it 5.4). A pidfd stands
 * for one process for good, whoever gets its number later. */
#include "base/time.h"
#include "platform/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a process ended that is not our child: PIDFD_GET_INFO with
 * PIDFD_INFO_EXIT (Linux 6.15). The headers of most systems are older. */
struct pidfd_info_v0 {
    uint64_t mask;
    uint64_t cgroup_id;
    uint32_t ids[11];
    int32_t exit_status;
};
#define INFO_EXIT     (UINT64_C(1) << 3)
#define IOCTL_INFO    _IOWR(0xFF, 11, struct pidfd_info_v0)
#define REAP_PAUSE_MS 20

int gox__process_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC);
}

int gox__process_hold(int64_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void put_exit(struct gox_process *p, int code, bool is_signal,
        bool is_core, const struct rusage *used)
{
    p->has_ended = true;
    p->exit = (struct gox_process_exit){.is_known = true,
            .is_signal = is_signal,
            .is_core = is_core,
            .code = code};
    if (used == NULL)
        return;
    p->exit.cpu_ns =
            (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * GOX_NS_PER_S +
            (used->ru_utime.tv_usec + used->ru_stime.tv_usec) * 1000;
    p->exit.max_rss_bytes = (uint64_t)used->ru_maxrss * 1024;
}

static int check_child(struct gox_process *p)
{
    siginfo_t info = {0};
    struct rusage used = {0};
    long rc;
    /* The function of the C library does not give the resources used. */
    do
        rc = syscall(
                SYS_waitid, P_PIDFD, p->pidfd, &info, WEXITED | WNOHANG, &used);
    while (rc < 0 && errno == EINTR);
    if (rc < 0 && errno != ECHILD)
        return GOX_ERR_IO;
    if (rc < 0) { /* somebody else has reaped it */
        p->has_ended = true;
        p->exit = (struct gox_process_exit){0};
        return 1;
    }
    if (info.si_pid == 0)
        return 0;
    put_exit(p, info.si_status, info.si_code != CLD_EXITED,
            info.si_code == CLD_DUMPED, &used);
    return 1;
}

/* Its parent reaps it, perhaps a moment after its end; only then the kernel
 * tells us how it ended. */
static void learn_exit(struct gox_process *p)
{
    struct pollfd reaped = {.fd = p->pidfd};
    struct pidfd_info_v0 info = {.mask = INFO_EXIT};
    p->has_ended = true;
    p->exit = (struct gox_process_exit){0};
    if (ioctl(p->pidfd, IOCTL_INFO, &info) != 0 && errno != ESRCH)
        return; /* an older kernel */
    if ((info.mask & INFO_EXIT) == 0) {
        poll(&reaped, 1, REAP_PAUSE_MS); /* POLLHUP: reaped */
        info = (struct pidfd_info_v0){.mask = INFO_EXIT};
        if (ioctl(p->pidfd, IOCTL_INFO, &info) != 0 ||
                (info.mask & INFO_EXIT) == 0)
            return;
    }
    int status = info.exit_status;
    if (WIFEXITED(status))
        put_exit(p, WEXITSTATUS(status), false, false, NULL);
    else if (WIFSIGNALED(status))
        put_exit(p, WTERMSIG(status), true, WCOREDUMP(status), NULL);
}

int gox_process_check(struct gox_process *p)
{
    struct pollfd ended = {.fd = p->pidfd, .events = POLLIN};
    if (p->has_ended)
        return 1;
    if (p->pidfd < 0)
        return GOX_ERR_NOT_FOUND;
    if (p->is_child)
        return check_child(p);
    int rc = poll(&ended, 1, 0);
    if (rc <= 0)
        return rc == 0 || errno == EINTR ? 0 : GOX_ERR_IO;
    learn_exit(p);
    return 1;
}

int gox_process_signal(struct gox_process *p, int signal_number)
{
    if (p->has_ended || p->pidfd < 0)
        return GOX_ERR_NOT_FOUND;
    if (syscall(SYS_pidfd_send_signal, p->pidfd, signal_number, NULL, 0) == 0)
        return 0;
    return errno == ESRCH   ? GOX_ERR_NOT_FOUND
           : errno == EPERM ? GOX_ERR_FORBIDDEN
                            : GOX_ERR_IO;
}

int gox_process_adopt(struct gox_process *p, const struct gox_proc_id *id,
        struct gox_error *err)
{
    struct gox_proc_id now;
    gox_process_init(p);
    /* Open first, then compare: what is compared is then what is open, or has
     * ended, which the second look finds. */
    int fd = gox__process_hold(id->pid);
    if (fd < 0)
        return gox_error_set_errno(err,
                errno == ESRCH || errno == EINVAL ? GOX_ERR_NOT_FOUND
                                                  : GOX_ERR_IO,
                errno, "process %lld cannot be taken over", (long long)id->pid);
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    if (gox_proc_id_get(id->pid, &now) < 0 || !gox_proc_id_is_same(id, &now) ||
            poll(&ended, 1, 0) != 0) {
        close(fd);
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "process %lld has ended; its number is free or another's",
                (long long)id->pid);
    }
    siginfo_t info = {0};
    p->id = *id;
    p->pidfd = fd;
    /* After an exec of ourselves our children still are ours. */
    p->is_child =
            waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
    return 0;
}
