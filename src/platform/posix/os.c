/* SPDX-License-Identifier: Apache-2.0
 * Directories, processors and signals by POSIX. */
#include "platform/os.h"

#include "base/time.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

int gox_os_pid(void)
{
    return (int)getpid();
}

int64_t gox_os_cpu_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * GOX_NS_PER_S + now.tv_nsec;
}

unsigned gox_os_cpu_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef CPU_COUNT
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
#endif
    return count > 0 ? (unsigned)count : 1;
}

void gox_os_hostname(char *name, size_t size)
{
    if (gethostname(name, size) != 0)
        name[0] = '\0';
    name[size - 1] = '\0';
}

int64_t gox_os_disk_free(const char *path)
{
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return -1;
    return (int64_t)(st.f_bavail * st.f_frsize);
}

void gox_os_ignore_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    /* A write beyond a limit of file sizes then fails with EFBIG. */
    signal(SIGXFSZ, SIG_IGN);
}

void gox_os_raise_fd_limit(unsigned count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count)
        return;
    limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool gox_os_is_root(void)
{
    return geteuid() == 0;
}

int gox_os_runtime_dir(struct gox_buf *path)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");
    gox_buf_reset(path);
    if (gox_os_is_root())
        gox_buf_put_str(path, "/run");
    else if (dir != NULL && dir[0] == '/')
        gox_buf_printf(path, "%s/goxel", dir);
    else
        gox_buf_printf(path, "/tmp/goxel-%u", (unsigned)geteuid());
    return gox_buf_text(path) != NULL ? 0 : GOX_ERR_NOMEM;
}

int gox_os_state_dir(struct gox_buf *path)
{
    const char *dir = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    gox_buf_reset(path);
    if (gox_os_is_root())
        gox_buf_put_str(path, "/var/lib/goxel");
    else if (dir != NULL && dir[0] == '/')
        gox_buf_printf(path, "%s/goxel", dir);
    else if (home != NULL && home[0] == '/')
        gox_buf_printf(path, "%s/.local/state/goxel", home);
    else
        gox_buf_printf(path, "/tmp/goxel-%u/state", (unsigned)geteuid());
    return gox_buf_text(path) != NULL ? 0 : GOX_ERR_NOMEM;
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool gox_os_is_foreign(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && !gox_os_is_root() && st.st_uid != 0 &&
           st.st_uid != geteuid();
}

/* In a directory that everybody writes to, such as /tmp, somebody else may have
 * made the name first, to put a socket of his own there. */
static bool is_trap(char *path, size_t len)
{
    struct stat st;
    size_t slash = len;
    while (slash > 0 && path[slash - 1] != '/')
        slash--;
    char saved = path[slash];
    path[slash] = '\0';
    bool is_shared = stat(slash > 0 ? path : ".", &st) == 0 &&
                     (st.st_mode & S_IWOTH) != 0;
    path[slash] = saved;
    return is_shared && gox_os_is_foreign(path);
}

int gox_os_make_dirs(const char *path, struct gox_error *err)
{
    char text[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof text)
        return gox_error_set(err, GOX_ERR_IO,
                "the directory name \"%.100s\" has an unusable length", path);
    memcpy(text, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (text[i] != '/' && text[i] != '\0')
            continue;
        char saved = text[i];
        text[i] = '\0';
        int why = mkdir(text, 0700) != 0 ? errno : 0;
        if (why != 0 && why != EEXIST && !is_dir(text))
            return gox_error_set_errno(err, GOX_ERR_IO, why,
                    "the directory %s cannot be made", text);
        if (is_trap(text, i))
            return gox_error_set(err, GOX_ERR_FORBIDDEN,
                    "%s belongs to another user, in a directory that all may "
                    "write to; name another place",
                    text);
        text[i] = saved;
    }
    if (!is_dir(path))
        return gox_error_set(
                err, GOX_ERR_IO, "%s is there but is no directory", path);
    return 0;
}

/* Appends one component to a path that starts with a slash. */
static void push(struct gox_buf *out, size_t start, const char *p, size_t len)
{
    if (len == 0 || (len == 1 && p[0] == '.'))
        return;
    if (len == 2 && p[0] == '.' && p[1] == '.') {
        while (out->len > start && out->data[out->len - 1] != '/')
            out->len--;
        if (out->len > start)
            out->len--;
        return;
    }
    gox_buf_put_byte(out, '/');
    gox_buf_put(out, p, len);
}

static void push_all(struct gox_buf *out, size_t start, const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        push(out, start, path, len);
        path += len + (path[len] == '/');
    }
}

int gox_os_absolute(const char *path, struct gox_buf *out)
{
    size_t start = out->len;
    char cwd[PATH_MAX];
    if (path[0] != '/' && getcwd(cwd, sizeof cwd) != NULL)
        push_all(out, start, cwd);
    push_all(out, start, path);
    if (out->len == start)
        gox_buf_put_byte(out, '/');
    return gox_buf_text(out) != NULL ? 0 : gox_buf_error(out);
}
