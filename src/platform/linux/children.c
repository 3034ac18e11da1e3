/* SPDX-License-Identifier: Apache-2.0
 * The kernel's own list of a thread's children (CONFIG_PROC_CHILDREN). */
#include "platform/children.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_watched(const struct gox_process_set *set, long pid)
{
    for (size_t k = 0; k < set->count; k++)
        if (!set->items[k]->has_ended && set->items[k]->id.pid == pid)
            return true;
    return false;
}

bool gox_process_has_strangers(const struct gox_process_set *set)
{
    char path[64];
    char text[4096];
    siginfo_t info;
    int pid = (int)getpid();
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 &&
            errno == ECHILD)
        return false; /* nor watched ones: nothing to read */
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    /* A full buffer may have cut a number; so many children are worth a walk.
     */
    if (len < 0 || len == (ssize_t)sizeof text - 1)
        return true;
    text[len] = '\0';
    char *at = text;
    for (;;) {
        char *end;
        long child = strtol(at, &end, 10);
        if (end == at)
            return false;
        if (!is_watched(set, child))
            return true;
        at = end;
    }
}
