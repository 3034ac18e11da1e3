/* SPDX-License-Identifier: Apache-2.0
 * What /proc tells about a process. The name in "stat" may hold spaces and
 * parentheses, so fields are counted from the last ')'. */
#include "platform/procinfo.h"

#include "base/time.h"
#include "platform/process_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STAT_BYTES   1024
#define FLAG_EXITING 4 /* PF_EXITING of the kernel */

/* The file as text, cut to size; its length or an error. */
static int read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n = 1;
    int error = errno;
    while (fd >= 0 && n > 0 && len < size - 1) {
        n = read(fd, text + len, size - 1 - len);
        error = errno;
        len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    text[len] = '\0';
    if (fd >= 0 && n >= 0)
        return (int)len;
    /* ESRCH: it ended between open and read. */
    return error == ENOENT || error == ESRCH   ? GOX_ERR_NOT_FOUND
           : error == EACCES || error == EPERM ? GOX_ERR_FORBIDDEN
                                               : GOX_ERR_IO;
}

static int read_of(int64_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/%s", (long long)pid, name);
    return read_text(path, text, size);
}

/* The fields of stat from the third on as numbers; [0] is the state letter. */
enum {
    STATE,
    PARENT,
    GROUP,
    SESSION,
    FLAGS = 6,
    USER_TICKS = 11,
    SYSTEM_TICKS,
    THREADS = 17,
    START = 19,
    RSS_PAGES = 21,
    STAT_FIELDS
};

static int read_stat(
        int64_t pid, uint64_t fields[STAT_FIELDS], struct gox_proc_info *info)
{
    char text[STAT_BYTES];
    int code = read_of(pid, "stat", text, sizeof text);
    char *open_mark = strchr(text, '(');
    char *close_mark = strrchr(text, ')');
    if (code < 0)
        return code;
    if (open_mark == NULL || close_mark == NULL || close_mark[1] != ' ')
        return GOX_ERR_IO;
    *close_mark = '\0';
    snprintf(info->name, sizeof info->name, "%.31s", open_mark + 1);
    char *at = close_mark + 2;
    fields[STATE] = (unsigned char)*at++;
    for (int i = STATE + 1; i < STAT_FIELDS; i++) {
        char *end;
        fields[i] = strtoull(at, &end, 10);
        if (end == at)
            return GOX_ERR_IO;
        at = end;
    }
    return 0;
}

int gox__proc_row_read(int64_t pid, struct gox__proc_row *row)
{
    struct gox_proc_info info;
    uint64_t f[STAT_FIELDS];
    *row = (struct gox__proc_row){.pid = pid};
    int code = read_stat(pid, f, &info);
    if (code < 0)
        return code;
    row->parent = (int64_t)f[PARENT];
    row->start_ticks = f[START];
    row->is_ended = f[STATE] == 'Z' || f[STATE] == 'X';
    row->is_exiting = (f[FLAGS] & FLAG_EXITING) != 0;
    return 0;
}

/* The number after "Key:" at the start of a line, the nth of its fields. */
static int64_t find_field(const char *text, const char *key, int nth)
{
    const char *at = strstr(text, key);
    char *end;
    if (at == NULL)
        return -1;
    at += strlen(key);
    for (;; nth--) {
        long long value = strtoll(at, &end, 10);
        if (end == at)
            return -1;
        if (nth == 0)
            return value;
        at = end;
    }
}

static int count_fds(int64_t pid)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%lld/fd", (long long)pid);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return -1;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count - (pid == getpid()); /* without the one to look */
}

static uint64_t read_pss(int64_t pid)
{
    char text[2048];
    int64_t kib = read_of(pid, "smaps_rollup", text, sizeof text) < 0
                          ? -1
                          : find_field(text, "\nPss:", 0);
    return kib > 0 ? (uint64_t)kib * 1024 : 0;
}

/* Both count from the boot, and go on while the machine is suspended. */
static int64_t age_of(uint64_t start_ticks, int64_t ticks_per_s)
{
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0 || ticks_per_s <= 0)
        return 0;
    int64_t age_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
                     (int64_t)start_ticks * 1000 / ticks_per_s;
    return age_ms > 0 ? age_ms : 0;
}

int gox_proc_info_read(int64_t pid, unsigned want, struct gox_proc_info *info)
{
    char text[4096];
    uint64_t f[STAT_FIELDS];
    *info = (struct gox_proc_info){.uid = -1, .fd_count = -1};
    int code = read_stat(pid, f, info);
    if (code < 0)
        return code;
    long ticks = sysconf(_SC_CLK_TCK);
    info->state = (char)f[STATE];
    info->parent_pid = (int64_t)f[PARENT];
    info->group_pid = (int64_t)f[GROUP];
    info->session_pid = (int64_t)f[SESSION];
    info->start_ticks = f[START];
    info->age_ms = age_of(f[START], ticks);
    info->thread_count = (int)f[THREADS];
    info->rss_bytes = f[RSS_PAGES] * (uint64_t)sysconf(_SC_PAGESIZE);
    info->cpu_ns = (int64_t)(f[USER_TICKS] + f[SYSTEM_TICKS]) *
                   (GOX_NS_PER_S / (ticks > 0 ? ticks : 100));
    code = read_of(pid, "status", text, sizeof text);
    if (code < 0)
        return code;
    info->uid = find_field(text, "\nUid:", 1);
    int64_t tracer = find_field(text, "\nTracerPid:", 0);
    info->tracer_pid = tracer > 0 ? tracer : 0;
    if ((want & GOX_PROC_WANT_PSS) != 0)
        info->pss_bytes = read_pss(pid);
    if ((want & GOX_PROC_WANT_FDS) != 0)
        info->fd_count = count_fds(pid);
    return 0;
}

bool gox_proc_info_is_held(const struct gox_proc_info *info)
{
    return info->state == 'T' || info->state == 't' || info->tracer_pid > 0;
}

int gox_proc_program(int64_t pid, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%lld/exe", (long long)pid);
    ssize_t len = readlink(link, path, size);
    if (len < 0)
        return errno == EACCES || errno == EPERM ? GOX_ERR_FORBIDDEN
                                                 : GOX_ERR_NOT_FOUND;
    if ((size_t)len >= size)
        return GOX_ERR_TOO_LARGE;
    path[len] = '\0';
    return 0;
}

void gox_proc_boot_id(char id[GOX_BOOT_ID_BYTES])
{
    char text[64];
    int len = read_text("/proc/sys/kernel/random/boot_id", text, sizeof text);
    size_t used = len > 0 ? strcspn(text, "\n ") : 0;
    used = used < GOX_BOOT_ID_BYTES ? used : 0;
    memcpy(id, text, used);
    id[used] = '\0';
}

int gox_proc_id_get(int64_t pid, struct gox_proc_id *id)
{
    struct gox_proc_info info;
    uint64_t f[STAT_FIELDS];
    *id = (struct gox_proc_id){.pid = pid};
    int code = pid > 0 ? read_stat(pid, f, &info) : GOX_ERR_NOT_FOUND;
    if (code < 0)
        return code;
    id->start_ticks = f[START];
    gox_proc_boot_id(id->boot_id);
    return 0;
}

/* "some avg10=0.12 avg60=0.00 avg300=0.00 total=123" */
static void read_pressure_line(
        const char *text, const char *kind, double *avg10, uint64_t *total)
{
    const char *line = strstr(text, kind);
    const char *avg = line != NULL ? strstr(line, "avg10=") : NULL;
    const char *sum = line != NULL ? strstr(line, "total=") : NULL;
    *avg10 = avg != NULL ? strtod(avg + strlen("avg10="), NULL) : 0;
    *total = sum != NULL ? strtoull(sum + strlen("total="), NULL, 10) : 0;
}

int gox_pressure_read(enum gox_pressure what, struct gox_pressure_info *info)
{
    static const char *const PATHS[] = {
            [GOX_PRESSURE_CPU] = "/proc/pressure/cpu",
            [GOX_PRESSURE_IO] = "/proc/pressure/io",
            [GOX_PRESSURE_MEMORY] = "/proc/pressure/memory"};
    char text[512];
    *info = (struct gox_pressure_info){0};
    /* A kernel with psi=0 has the files and refuses to read them. */
    if (read_text(PATHS[what], text, sizeof text) <= 0)
        return GOX_ERR_UNSUPPORTED;
    read_pressure_line(text, "some ", &info->some_avg10, &info->some_total_us);
    read_pressure_line(text, "full ", &info->full_avg10, &info->full_total_us);
    return 0;
}
