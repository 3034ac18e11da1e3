/* SPDX-License-Identifier: Apache-2.0
 * Reaping all children there are, without taking the own ones' exits away. */
#include "platform/process_internal.h"

#include <errno.h>
#include <sys/wait.h>

struct gox_process *gox__process_find(
        const struct gox_process_set *set, int64_t pid)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i]->id.pid == pid && !set->items[i]->has_ended)
            return set->items[i];
    return NULL;
}

int gox_process_reap(const struct gox_process_set *set)
{
    int orphan_count = 0;
    for (;;) {
        siginfo_t info = {0};
        /* A look first: an own child is reaped by its pidfd, which also keeps
         * how it ended. */
        int rc = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
        if (rc != 0 && errno == EINTR)
            continue;
        if (rc != 0 && errno != ECHILD)
            return GOX_ERR_IO;
        if (rc != 0 || info.si_pid == 0)
            return orphan_count;
        struct gox_process *own = gox__process_find(set, info.si_pid);
        if (own != NULL && gox_process_check(own) == 1)
            continue;
        if (waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG) == 0)
            orphan_count++;
    }
}
