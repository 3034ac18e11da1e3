/* SPDX-License-Identifier: Apache-2.0
 * For systems without control groups: nothing is promised. */
#include "platform/cgroup.h"

static int refuse(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "there are no control groups on this system");
}

int gox_cgroup_own(char *path, size_t size, struct gox_error *err)
{
    if (size > 0)
        path[0] = '\0';
    return refuse(err);
}

int gox_cgroup_open(
        struct gox_cgroup *cg, const char *name, struct gox_error *err)
{
    (void)name;
    *cg = (struct gox_cgroup){.dir_fd = -1};
    return refuse(err);
}

void gox_cgroup_close(struct gox_cgroup *cg, bool remove)
{
    (void)remove;
    *cg = (struct gox_cgroup){.dir_fd = -1};
}

int gox_cgroup_set_limits(struct gox_cgroup *cg,
        const struct gox_cgroup_limits *limits, struct gox_error *err)
{
    (void)cg;
    (void)limits;
    return refuse(err);
}

int gox_cgroup_add(struct gox_cgroup *cg, int64_t pid)
{
    (void)cg;
    (void)pid;
    return GOX_ERR_UNSUPPORTED;
}

int gox_cgroup_kill(struct gox_cgroup *cg)
{
    (void)cg;
    return GOX_ERR_UNSUPPORTED;
}

int gox_cgroup_info_read(
        const struct gox_cgroup *cg, struct gox_cgroup_info *info)
{
    (void)cg;
    *info = (struct gox_cgroup_info){0};
    return GOX_ERR_UNSUPPORTED;
}
