/* SPDX-License-Identifier: Apache-2.0
 * pidfd_getfd(2) for sockets; a pipe can be opened again through /proc. */
#include "platform/take_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int code_of(int error)
{
    return error == EBADF || error == ESRCH || error == ENOENT
                   ? GOX_ERR_NOT_FOUND
           : error == EPERM || error == EACCES ? GOX_ERR_FORBIDDEN
                                               : GOX_ERR_UNSUPPORTED;
}

int gox_take_fd(const struct gox_process *p, int number, int *fd)
{
    *fd = -1;
    if (p->pidfd < 0)
        return GOX_ERR_NOT_FOUND;
    long got = syscall(SYS_pidfd_getfd, p->pidfd, number, 0);
    if (got < 0)
        return code_of(errno);
    *fd = (int)got; /* close-on-exec by itself */
    return 0;
}

int gox_take_pipe(const struct gox_process *p, int number, int *fd)
{
    char path[64];
    struct stat st;
    *fd = -1;
    snprintf(path, sizeof path, "/proc/%lld/fd/%d", (long long)p->id.pid,
            number);
    if (stat(path, &st) != 0)
        return code_of(errno);
    if (!S_ISFIFO(st.st_mode))
        return GOX_ERR_FORMAT;
    int got = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (got < 0)
        return code_of(errno);
    *fd = got;
    return 0;
}
