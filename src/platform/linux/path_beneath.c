/* SPDX-License-Identifier: Apache-2.0
 * Resolution by the kernel: openat2(2) with RESOLVE_BENEATH (Linux 5.6) cannot
 * be raced by a rename, which no walk in user space can promise. */
#include "platform/path_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

int gox__path_beneath(int root_fd, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
            .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd;
    int tries = 0;
    /* EAGAIN: something was renamed meanwhile, the kernel cannot be sure. */
    do
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
    while (fd < 0 && (errno == EAGAIN || errno == EINTR) && ++tries < 100);
    return (int)fd;
}
