/* SPDX-License-Identifier: Apache-2.0
 * cgroup v2 by its files. */
#include "platform/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LEAF "goxel-manager"

static int read_file(int dir_fd, const char *name, char *text, size_t size)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, size - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    return len >= 0 ? 0 : GOX_ERR_IO;
}

/* 0 or errno. */
static int write_file(int dir_fd, const char *name, const char *text)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        error = errno;
    if (fd >= 0)
        close(fd);
    return error;
}

/* Where the version 2 tree is mounted, and which part of it: "36 35 0:33 /
 * /sys/fs/cgroup rw - cgroup2 cgroup2 rw". */
static bool find_mount(char *mount, char *root, size_t size)
{
    char line[2 * PATH_MAX];
    bool is_found = false;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    while (file != NULL && !is_found &&
            fgets(line, sizeof line, file) != NULL) {
        char *type = strstr(line, " - cgroup2 ");
        char *field = line;
        char *fields[2] = {NULL, NULL};
        if (type == NULL)
            continue;
        for (int i = 0; i < 3 && field != NULL; i++)
            field = strchr(field + 1, ' ');
        for (int i = 0; i < 2 && field != NULL; i++) {
            fields[i] = field + 1;
            field = strchr(field + 1, ' ');
            if (field != NULL)
                *field = '\0';
            else
                fields[i] = NULL;
        }
        is_found = fields[1] != NULL &&
                   (size_t)snprintf(root, size, "%s", fields[0]) < size &&
                   (size_t)snprintf(mount, size, "%s", fields[1]) < size;
    }
    if (file != NULL)
        fclose(file);
    return is_found;
}

/* The "0::/path" line of /proc/self/cgroup. */
static bool find_own_path(char *path, size_t size)
{
    char text[8192];
    if (read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) < 0)
        return false;
    char *at = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    if (at == NULL)
        return false;
    at = strchr(at, '/');
    if (at == NULL)
        return false;
    at[strcspn(at, "\n")] = '\0';
    return (size_t)snprintf(path, size, "%s", at) < size;
}

int gox_cgroup_own(char *path, size_t size, struct gox_error *err)
{
    char mount[GOX_CGROUP_PATH_BYTES], root[GOX_CGROUP_PATH_BYTES];
    char own[GOX_CGROUP_PATH_BYTES];
    if (!find_own_path(own, sizeof own) ||
            !find_mount(mount, root, sizeof mount))
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "this system has no cgroup v2 mounted");
    size_t skip = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(own, root, skip) != 0)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "the control group %.200s is outside of what is mounted", own);
    const char *below = strcmp(own + skip, "/") == 0 ? "" : own + skip;
    if ((size_t)snprintf(path, size, "%s%s", mount, below) >= size)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "the path of the control group %.200s is too long", own);
    return 0;
}

/* systemd marks what it has left to a service. */
static bool is_delegated(const char *path)
{
    char value[4] = "";
    if (access("/run/systemd/system", F_OK) != 0)
        return true; /* nobody else manages the tree */
    return (getxattr(path, "user.delegate", value, sizeof value - 1) > 0 ||
                   getxattr(path, "trusted.delegate", value, sizeof value - 1) >
                           0) &&
           value[0] == '1';
}

/* The directory under which our groups are: our own group, or the one above
 * when we have moved into the leaf. */
static int open_base(char *path, size_t size, struct gox_error *err)
{
    int code = gox_cgroup_own(path, size, err);
    if (code < 0)
        return code;
    size_t len = strlen(path), leaf = strlen("/" LEAF);
    if (len > leaf && strcmp(path + len - leaf, "/" LEAF) == 0)
        path[len - leaf] = '\0';
    if (!is_delegated(path) || access(path, W_OK) != 0)
        return gox_error_set(err, GOX_ERR_FORBIDDEN,
                "the control group %.300s is not delegated to this process "
                "(systemd: Delegate=yes)",
                path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the control group %.300s cannot be opened", path);
    return fd;
}

/* Shares a controller out to the groups below. A group with processes cannot
 * (EBUSY), so ours moves into a leaf; when others are there, too, it stays
 * impossible. */
static void enable(int base_fd, const char *controller)
{
    if (write_file(base_fd, "cgroup.subtree_control", controller) != EBUSY)
        return;
    if (mkdirat(base_fd, LEAF, 0755) != 0 && errno != EEXIST)
        return;
    if (write_file(base_fd, LEAF "/cgroup.procs", "0") == 0)
        (void)write_file(base_fd, "cgroup.subtree_control", controller);
}

static bool has_file(int dir_fd, const char *name)
{
    return faccessat(dir_fd, name, W_OK, 0) == 0;
}

static bool is_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL &&
           strlen(name) < 200;
}

int gox_cgroup_open(
        struct gox_cgroup *cg, const char *name, struct gox_error *err)
{
    char base[GOX_CGROUP_PATH_BYTES];
    *cg = (struct gox_cgroup){.dir_fd = -1};
    if (!is_name(name) || strcmp(name, LEAF) == 0)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "\"%.80s\" cannot name a control group", name);
    int base_fd = open_base(base, sizeof base, err);
    if (base_fd < 0)
        return base_fd;
    enable(base_fd, "+memory");
    enable(base_fd, "+pids");
    int code = 0;
    if ((size_t)snprintf(cg->path, sizeof cg->path, "%s/%s", base, name) >=
            sizeof cg->path)
        code = gox_error_set(err, GOX_ERR_PARAMS,
                "the path of the control group %.80s is too long", name);
    else if (mkdirat(base_fd, name, 0755) != 0 && errno != EEXIST)
        code = gox_error_set_errno(err,
                errno == EACCES || errno == EROFS || errno == EPERM
                        ? GOX_ERR_FORBIDDEN
                        : GOX_ERR_IO,
                errno, "the control group %.300s cannot be made", cg->path);
    if (code == 0)
        cg->dir_fd = openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (code == 0 && cg->dir_fd < 0)
        code = gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the control group %.300s cannot be opened", cg->path);
    close(base_fd);
    if (code < 0)
        return code;
    cg->can_limit_memory = has_file(cg->dir_fd, "memory.max");
    cg->can_limit_pids = has_file(cg->dir_fd, "pids.max");
    cg->can_kill = has_file(cg->dir_fd, "cgroup.kill");
    return 0;
}

void gox_cgroup_close(struct gox_cgroup *cg, bool remove)
{
    if (cg->dir_fd < 0)
        return;
    close(cg->dir_fd);
    if (remove)
        rmdir(cg->path); /* fails when somebody is in it, and should */
    *cg = (struct gox_cgroup){.dir_fd = -1};
}

/* False: no such file, so no controller, or the value was refused. */
static bool set_limit(struct gox_cgroup *cg, const char *name, uint64_t value)
{
    char text[32] = "max";
    if (value != GOX_CGROUP_NO_LIMIT)
        snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    int error = write_file(cg->dir_fd, name, text);
    return error == 0 || (error == ENOENT && value == GOX_CGROUP_NO_LIMIT);
}

int gox_cgroup_set_limits(struct gox_cgroup *cg,
        const struct gox_cgroup_limits *limits, struct gox_error *err)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"memory.max", limits->memory_max_bytes},
            {"memory.high", limits->memory_high_bytes},
            {"pids.max", limits->pids_max}};
    int code = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!set_limit(cg, rows[i].name, rows[i].value) && code == 0)
            code = gox_error_set(err, GOX_ERR_UNSUPPORTED,
                    "%s cannot be set in %.250s: the controller is not "
                    "shared out to it",
                    rows[i].name, cg->path);
    return code;
}

int gox_cgroup_add(struct gox_cgroup *cg, int64_t pid)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)pid);
    int error = write_file(cg->dir_fd, "cgroup.procs", text);
    return error == 0 ? 0 : error == ESRCH ? GOX_ERR_NOT_FOUND : GOX_ERR_IO;
}

int gox_cgroup_kill(struct gox_cgroup *cg)
{
    int error = write_file(cg->dir_fd, "cgroup.kill", "1");
    return error == 0 ? 0 : error == ENOENT ? GOX_ERR_UNSUPPORTED : GOX_ERR_IO;
}

static uint64_t read_number(int dir_fd, const char *name)
{
    char text[64];
    if (read_file(dir_fd, name, text, sizeof text) < 0)
        return 0;
    return strtoull(text, NULL, 10);
}

/* The value in a file of "key value" lines; 0 when it is not there. */
static uint64_t find_value(const char *text, const char *key)
{
    size_t len = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, len) == 0 && line[len] == ' ')
            return strtoull(line + len + 1, NULL, 10);
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return 0;
}

int gox_cgroup_info_read(
        const struct gox_cgroup *cg, struct gox_cgroup_info *info)
{
    char text[1024];
    *info = (struct gox_cgroup_info){0};
    if (read_file(cg->dir_fd, "cgroup.events", text, sizeof text) < 0)
        return GOX_ERR_IO;
    info->is_populated = find_value(text, "populated") != 0;
    info->is_frozen = find_value(text, "frozen") != 0;
    info->memory_bytes = read_number(cg->dir_fd, "memory.current");
    info->memory_peak_bytes = read_number(cg->dir_fd, "memory.peak");
    info->pids = read_number(cg->dir_fd, "pids.current");
    if (read_file(cg->dir_fd, "memory.events", text, sizeof text) == 0) {
        info->high_count = find_value(text, "high");
        info->max_count = find_value(text, "max");
        info->oom_count = find_value(text, "oom");
        info->oom_kill_count = find_value(text, "oom_kill");
    }
    return 0;
}
