/* SPDX-License-Identifier: Apache-2.0
 * Ending trees on macOS: what is below a process by proc_listchildpids(3), and
 * its session's group. Written to the headers; not tested on macOS yet.
 *
 * There is no subreaper: a process that has both left its parent and begun a
 * session of its own is launchd's, and is not found. */
#include "platform/process_internal.h"

#include <libproc.h>
#include <signal.h>
#include <sys/types.h>

#define TREE_MAX 1024

int gox_process_become_reaper(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "macOS gives orphans to launchd and to nobody else");
}

/* Stops each process before its children are looked up, so that the tree does
 * not grow meanwhile. */
static size_t collect(pid_t root, pid_t pids[TREE_MAX])
{
    size_t count = 1;
    pids[0] = root;
    for (size_t i = 0; i < count; i++) {
        kill(pids[i], SIGSTOP);
        int found = proc_listchildpids(pids[i], pids + count,
                (int)((TREE_MAX - count) * sizeof *pids));
        if (found > 0 && count + (size_t)found <= TREE_MAX)
            count += (size_t)found;
    }
    return count;
}

int gox_process_kill_tree(struct gox_process *p, struct gox_cgroup *cgroup,
        const struct gox_process_set *set)
{
    pid_t pids[TREE_MAX];
    (void)cgroup;
    (void)set;
    int code = gox_process_check(p);
    /* A group keeps its number as long as it has a member. */
    bool has_group = p->id.pid > 1 && killpg((pid_t)p->id.pid, SIGKILL) == 0;
    if (code != 0)
        return code == 1 || code == GOX_ERR_NOT_FOUND ? has_group : code;
    size_t count = collect((pid_t)p->id.pid, pids);
    for (size_t i = 0; i < count; i++)
        kill(pids[i], SIGKILL);
    return (int)count;
}
