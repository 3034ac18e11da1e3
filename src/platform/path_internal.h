/* SPDX-License-Identifier: Apache-2.0
 * The two ways to resolve below a directory; same rules, same errno. */
#ifndef GOX_PLATFORM_PATH_INTERNAL_H
#define GOX_PLATFORM_PATH_INTERNAL_H

#include <stdbool.h>

/* Opens the relative path below root_fd. A path or link that leads out (also
 * an absolute link) is errno EXDEV. flags as for open, without O_CREAT. A
 * descriptor, or -1 with errno set. */
int gox__path_walk(int root_fd, const char *path, int flags);
/* The same by openat2; errno ENOSYS where the kernel has none. */
int gox__path_beneath(int root_fd, const char *path, int flags);

#endif
