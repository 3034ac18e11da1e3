/* SPDX-License-Identifier: Apache-2.0
 * What Windows tells about a process. The start is the creation time in 100 ns
 * since 1601, which no restart of the machine repeats, so there is no boot id.
 * Compiled, not tested on Windows yet. */
#include "platform/procinfo.h"

#include "platform/windows/wide.h"

/* windows.h before psapi.h. */
// clang-format off
#include <windows.h>
#include <psapi.h>
// clang-format on

static uint64_t number_of(const FILETIME *t)
{
    return (uint64_t)t->dwHighDateTime << 32 | t->dwLowDateTime;
}

static int open_process(int64_t pid, HANDLE *process)
{
    *process =
            OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)pid);
    if (*process != NULL)
        return 0;
    return GetLastError() == ERROR_INVALID_PARAMETER
                   ? GOX_ERR_NOT_FOUND
                   : gox__win_code(GetLastError());
}

int gox_proc_info_read(int64_t pid, unsigned want, struct gox_proc_info *info)
{
    FILETIME start, end, kernel, user;
    PROCESS_MEMORY_COUNTERS memory;
    HANDLE process;
    DWORD handles, code_now = STILL_ACTIVE;
    *info = (struct gox_proc_info){.uid = -1, .fd_count = -1};
    int code = open_process(pid, &process);
    if (code < 0)
        return code;
    GetExitCodeProcess(process, &code_now);
    info->state = code_now == STILL_ACTIVE ? 'S' : 'X';
    if (GetProcessTimes(process, &start, &end, &kernel, &user)) {
        info->start_ticks = number_of(&start);
        info->cpu_ns = (int64_t)(number_of(&kernel) + number_of(&user)) * 100;
    }
    if (GetProcessMemoryInfo(process, &memory, sizeof memory))
        info->rss_bytes = memory.WorkingSetSize;
    if ((want & GOX_PROC_WANT_FDS) != 0 &&
            GetProcessHandleCount(process, &handles))
        info->fd_count = (int)handles;
    CloseHandle(process);
    return 0;
}

bool gox_proc_info_is_held(const struct gox_proc_info *info)
{
    (void)info; /* a stopped process cannot be told from a waiting one */
    return false;
}

int gox_proc_program(int64_t pid, char *path, size_t size)
{
    wchar_t wide[MAX_PATH * 4];
    DWORD len = sizeof wide / sizeof *wide;
    HANDLE process;
    int code = open_process(pid, &process);
    if (code < 0)
        return code;
    BOOL is_read = QueryFullProcessImageNameW(process, 0, wide, &len);
    CloseHandle(process);
    if (!is_read)
        return GOX_ERR_NOT_FOUND;
    return WideCharToMultiByte(
                   CP_UTF8, 0, wide, -1, path, (int)size, NULL, NULL) > 0
                   ? 0
                   : GOX_ERR_TOO_LARGE;
}

void gox_proc_boot_id(char id[GOX_BOOT_ID_BYTES])
{
    id[0] = '\0';
}

int gox_proc_id_get(int64_t pid, struct gox_proc_id *id)
{
    struct gox_proc_info info;
    *id = (struct gox_proc_id){.pid = pid};
    int code = pid > 0 ? gox_proc_info_read(pid, 0, &info) : GOX_ERR_NOT_FOUND;
    if (code == 0 && info.state == 'X')
        code = GOX_ERR_NOT_FOUND;
    id->start_ticks = code == 0 ? info.start_ticks : 0;
    return code;
}

int gox_pressure_read(enum gox_pressure what, struct gox_pressure_info *info)
{
    (void)what;
    *info = (struct gox_pressure_info){0};
    return GOX_ERR_UNSUPPORTED;
}
