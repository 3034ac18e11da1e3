/* SPDX-License-Identifier: Apache-2.0
 * What a child on Linux does besides the steps of POSIX. System calls only. */
#include "platform/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLOSE_RANGE_CLOEXEC_FLAG 4u
#define FDS_TRIED_MAX            65536

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
