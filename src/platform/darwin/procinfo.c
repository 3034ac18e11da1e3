/* SPDX-License-Identifier: Apache-2.0
 * What macOS tells about a process, by libproc and sysctl(3). Written to the
 * headers; not tested on macOS yet. */
#include "platform/procinfo.h"

#include <errno.h>
#include <libproc.h>
#include <stdio.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/types.h>

static int read_bsd(int64_t pid, struct proc_bsdinfo *info)
{
    if (pid > 0 && proc_pidinfo((int)pid, PROC_PIDTBSDINFO, 0, info,
                           sizeof *info) == (int)sizeof *info)
        return 0;
    return pid <= 0 || errno == ESRCH ? GOX_ERR_NOT_FOUND : GOX_ERR_IO;
}

/* Microseconds since 1970: macOS keeps the start as wall time. */
static uint64_t start_of(const struct proc_bsdinfo *info)
{
    return info->pbi_start_tvsec * 1000000 + info->pbi_start_tvusec;
}

static char state_of(const struct proc_bsdinfo *info)
{
    switch (info->pbi_status) {
    case SRUN:
        return 'R';
    case SSTOP:
        return 'T';
    case SZOMB:
        return 'Z';
    case SIDL:
        return 'I';
    default:
        return 'S';
    }
}

int gox_proc_info_read(int64_t pid, unsigned want, struct gox_proc_info *info)
{
    struct proc_bsdinfo bsd;
    struct proc_taskinfo task;
    *info = (struct gox_proc_info){.uid = -1, .fd_count = -1};
    int code = read_bsd(pid, &bsd);
    if (code < 0)
        return code;
    info->state = state_of(&bsd);
    snprintf(info->name, sizeof info->name, "%s", bsd.pbi_comm);
    info->parent_pid = bsd.pbi_ppid;
    info->group_pid = bsd.pbi_pgid;
    info->uid = bsd.pbi_uid;
    info->tracer_pid =
            (bsd.pbi_flags & PROC_FLAG_TRACED) != 0 ? bsd.pbi_ppid : 0;
    info->start_ticks = start_of(&bsd);
    if (proc_pidinfo((int)pid, PROC_PIDTASKINFO, 0, &task, sizeof task) ==
            (int)sizeof task) {
        info->rss_bytes = task.pti_resident_size;
        info->cpu_ns = (int64_t)(task.pti_total_user + task.pti_total_system);
        info->thread_count = task.pti_threadnum;
    }
    if ((want & GOX_PROC_WANT_FDS) != 0) {
        int bytes = proc_pidinfo((int)pid, PROC_PIDLISTFDS, 0, NULL, 0);
        info->fd_count =
                bytes < 0 ? -1 : bytes / (int)sizeof(struct proc_fdinfo);
    }
    return 0;
}

bool gox_proc_info_is_held(const struct gox_proc_info *info)
{
    return info->state == 'T' || info->tracer_pid > 0;
}

int gox_proc_program(int64_t pid, char *path, size_t size)
{
    if (proc_pidpath((int)pid, path, (uint32_t)size) > 0)
        return 0;
    return errno == EPERM ? GOX_ERR_FORBIDDEN : GOX_ERR_NOT_FOUND;
}

void gox_proc_boot_id(char id[GOX_BOOT_ID_BYTES])
{
    size_t size = GOX_BOOT_ID_BYTES;
    if (sysctlbyname("kern.bootsessionuuid", id, &size, NULL, 0) != 0)
        size = 0;
    id[size < GOX_BOOT_ID_BYTES ? size : GOX_BOOT_ID_BYTES - 1] = '\0';
}

int gox_proc_id_get(int64_t pid, struct gox_proc_id *id)
{
    struct proc_bsdinfo bsd;
    *id = (struct gox_proc_id){.pid = pid};
    int code = read_bsd(pid, &bsd);
    if (code < 0)
        return code;
    id->start_ticks = start_of(&bsd);
    gox_proc_boot_id(id->boot_id);
    return 0;
}

int gox_pressure_read(enum gox_pressure what, struct gox_pressure_info *info)
{
    (void)what;
    *info = (struct gox_pressure_info){0};
    return GOX_ERR_UNSUPPORTED;
}
