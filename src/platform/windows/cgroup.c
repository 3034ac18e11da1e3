/* SPDX-License-Identifier: Apache-2.0
 * What a control group is on Linux, a Job Object is here: limits, and an end
 * for the whole tree. The handle is kept in dir_fd; handles have 32 significant
 * bits. The job does not end with us: a daemon outlives its manager. Compiled,
 * not tested on Windows yet. */
#include "platform/cgroup.h"

#include "base/alloc.h"
#include "platform/windows/wide.h"

#include <stdio.h>
#include <windows.h>

#define KILLED_CODE 137

static HANDLE job_of(const struct gox_cgroup *cg)
{
    return (HANDLE)(intptr_t)cg->dir_fd;
}

int gox_cgroup_own(char *path, size_t size, struct gox_error *err)
{
    if (size > 0)
        path[0] = '\0';
    return gox_error_set(err, GOX_ERR_UNSUPPORTED,
            "a Job Object has no path on this system");
}

int gox_cgroup_open(
        struct gox_cgroup *cg, const char *name, struct gox_error *err)
{
    *cg = (struct gox_cgroup){.dir_fd = -1};
    snprintf(cg->path, sizeof cg->path, "Local\\goxel-%.200s", name);
    wchar_t *wide = gox__wide_dup(cg->path);
    /* The next manager finds the job of a living daemon by its name. */
    HANDLE job = wide != NULL ? CreateJobObjectW(NULL, wide) : NULL;
    gox_free(wide);
    if (job == NULL)
        return gox_error_set(err, gox__win_code(GetLastError()),
                "the Job Object %.200s cannot be made", name);
    cg->dir_fd = (int)(intptr_t)job;
    cg->can_limit_memory = cg->can_limit_pids = cg->can_kill = true;
    return 0;
}

void gox_cgroup_close(struct gox_cgroup *cg, bool remove)
{
    (void)remove; /* it goes with its last handle and process */
    if (cg->dir_fd != -1)
        CloseHandle(job_of(cg));
    *cg = (struct gox_cgroup){.dir_fd = -1};
}

int gox_cgroup_set_limits(struct gox_cgroup *cg,
        const struct gox_cgroup_limits *limits, struct gox_error *err)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION info = {0};
    if (limits->memory_max_bytes != GOX_CGROUP_NO_LIMIT) {
        info.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
        info.JobMemoryLimit = (SIZE_T)limits->memory_max_bytes;
    }
    if (limits->pids_max != GOX_CGROUP_NO_LIMIT) {
        info.BasicLimitInformation.LimitFlags |=
                JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        info.BasicLimitInformation.ActiveProcessLimit =
                limits->pids_max < MAXDWORD ? (DWORD)limits->pids_max
                                            : MAXDWORD;
    }
    if (!SetInformationJobObject(job_of(cg), JobObjectExtendedLimitInformation,
                &info, sizeof info))
        return gox_error_set(err, gox__win_code(GetLastError()),
                "the limits of the Job Object cannot be set");
    if (limits->memory_high_bytes != GOX_CGROUP_NO_LIMIT)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "a Job Object has no soft limit for memory");
    return 0;
}

int gox_cgroup_add(struct gox_cgroup *cg, int64_t pid)
{
    HANDLE process = OpenProcess(
            PROCESS_SET_QUOTA | PROCESS_TERMINATE, FALSE, (DWORD)pid);
    if (process == NULL)
        return GetLastError() == ERROR_INVALID_PARAMETER
                       ? GOX_ERR_NOT_FOUND
                       : gox__win_code(GetLastError());
    BOOL is_in = AssignProcessToJobObject(job_of(cg), process);
    int code = is_in ? 0 : gox__win_code(GetLastError());
    CloseHandle(process);
    return code;
}

int gox_cgroup_kill(struct gox_cgroup *cg)
{
    return TerminateJobObject(job_of(cg), KILLED_CODE)
                   ? 0
                   : gox__win_code(GetLastError());
}

int gox_cgroup_info_read(
        const struct gox_cgroup *cg, struct gox_cgroup_info *info)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION count;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION memory;
    *info = (struct gox_cgroup_info){0};
    if (!QueryInformationJobObject(job_of(cg),
                JobObjectBasicAccountingInformation, &count, sizeof count,
                NULL))
        return GOX_ERR_IO;
    info->pids = count.ActiveProcesses;
    info->is_populated = count.ActiveProcesses > 0;
    if (QueryInformationJobObject(job_of(cg), JobObjectExtendedLimitInformation,
                &memory, sizeof memory, NULL))
        info->memory_peak_bytes = memory.PeakJobMemoryUsed;
    return 0;
}
