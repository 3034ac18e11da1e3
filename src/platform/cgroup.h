/* SPDX-License-Identifier: Apache-2.0
 * A control group (cgroup v2) for one supervised program: limits that the
 * kernel keeps, and an end for the whole tree that no fork escapes.
 *
 * Invariant: groups are made only where the system's own manager has left the
 * subtree to us (Delegate=yes), or where there is none. What is not possible is
 * reported, never assumed. */
#ifndef GOX_PLATFORM_CGROUP_H
#define GOX_PLATFORM_CGROUP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOX_CGROUP_PATH_BYTES 512

struct gox_cgroup {
    int dir_fd; /* -1: no group */
    char path[GOX_CGROUP_PATH_BYTES];
    bool can_limit_memory, can_limit_pids, can_kill;
};

/* A number that is no limit. */
#define GOX_CGROUP_NO_LIMIT UINT64_MAX

struct gox_cgroup_limits {
    uint64_t memory_max_bytes;  /* GOX_CGROUP_NO_LIMIT: none */
    uint64_t memory_high_bytes; /* slows down and reclaims; as above */
    uint64_t pids_max;          /* as above */
};

/* The group this process is in, as a path below the mount; GOX_ERR_UNSUPPORTED
 * where there is no cgroup v2. */
int gox_cgroup_own(
        char *path, size_t size, struct gox_error *err) GOX_MUST_CHECK;

/* Makes (or takes again, when it exists and is empty or ours) the group `name`
 * below our own. The first time, moves this process into the leaf
 * "goxel-manager", since a group that holds processes cannot share out
 * controllers. GOX_ERR_UNSUPPORTED (no cgroup v2), GOX_ERR_FORBIDDEN (not
 * delegated to us), GOX_ERR_IO; cg->dir_fd is -1 then. */
int gox_cgroup_open(struct gox_cgroup *cg, const char *name,
        struct gox_error *err) GOX_MUST_CHECK;
/* Removes it when empty and `remove`, and gives up the handle. */
void gox_cgroup_close(struct gox_cgroup *cg, bool remove);

/* GOX_ERR_UNSUPPORTED names the limit for which no controller is there; the
 * others are set all the same. */
int gox_cgroup_set_limits(struct gox_cgroup *cg,
        const struct gox_cgroup_limits *limits,
        struct gox_error *err) GOX_MUST_CHECK;
/* Moves a process in. GOX_ERR_NOT_FOUND, GOX_ERR_IO. */
int gox_cgroup_add(struct gox_cgroup *cg, int64_t pid) GOX_MUST_CHECK;
/* SIGKILL for all in it, also those forked at this moment (Linux 5.14).
 * GOX_ERR_UNSUPPORTED: use gox_process_kill_tree's walk. */
int gox_cgroup_kill(struct gox_cgroup *cg) GOX_MUST_CHECK;

struct gox_cgroup_info {
    bool is_populated, is_frozen;
    uint64_t memory_bytes, memory_peak_bytes; /* 0: not known */
    uint64_t pids;                            /* 0: not known */
    /* memory.events: limit hit, group out of memory, processes killed for it */
    uint64_t high_count, max_count, oom_count, oom_kill_count;
};
int gox_cgroup_info_read(const struct gox_cgroup *cg,
        struct gox_cgroup_info *info) GOX_MUST_CHECK;

#endif
