/* SPDX-License-Identifier: Apache-2.0
 * Staged outputs, see the header. */
#include "cli/stage.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the daemon calls a file that it has not finished. */
#define UNFINISHED ".goxel-"

static char *join(const char *dir, size_t dir_len, const char *name)
{
    struct gox_buf buf;

    gox_buf_init(&buf, 0);
    gox_buf_put(&buf, dir, dir_len);
    gox_buf_put_byte(&buf, '/');
    gox_buf_put_str(&buf, name);
    if (!gox_buf_text(&buf)) {
        gox_buf_fini(&buf);
        return NULL;
    }
    return (char *)buf.data;
}

char *gox_cli_absolute(const char *path)
{
    char *cwd, *full;

    if (path[0] == '/')
        return gox_strdup(path);
    cwd = getcwd(NULL, 0);
    if (!cwd)
        return NULL;
    full = join(cwd, strcmp(cwd, "/") == 0 ? 0 : strlen(cwd), path);
    free(cwd);
    return full;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void free_names(struct gox_stage *stage)
{
    gox_free(stage->target);
    gox_free(stage->dir);
    gox_free(stage->path);
    memset(stage, 0, sizeof(*stage));
}

static int open_error(int number, const char *target, struct gox_error *err)
{
    int dir_len = (int)(base_name(target) - target);
    const char *now = "";

    if (number == ENOENT)
        now = "; make the directory first";
    return gox_error_set(err, GOX_ERR_IO, "cannot write in %.*s: %s%s",
            dir_len > 1 ? dir_len - 1 : dir_len, target, strerror(number), now);
}

/* The daemon is told the name in a request, which is UTF-8. */
static bool is_utf8(const char *text)
{
    json_t *value = json_string(text);
    bool valid = value != NULL;

    json_decref(value);
    return valid;
}

static int check_target(const char *target, struct gox_error *err)
{
    struct stat st;

    if (!is_utf8(target))
        return gox_error_set(err, GOX_ERR_PARAMS,
                "the output %s is not named in UTF-8, as requests to the "
                "daemon have to be; choose another name",
                target);
    if (base_name(target)[0] == '\0' ||
            (stat(target, &st) == 0 && S_ISDIR(st.st_mode)))
        return gox_error_set(err, GOX_ERR_IO,
                "the output %s is a directory, not a file", target);
    if (lstat(target, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
        return gox_error_set(err, GOX_ERR_IO,
                "the output %s is there and is no regular file", target);
    return 0;
}

int gox_stage_open(
        struct gox_stage *stage, const char *target, struct gox_error *err)
{
    int rc;

    memset(stage, 0, sizeof(*stage));
    rc = check_target(target, err);
    if (rc != 0)
        return rc;
    stage->target = gox_strdup(target);
    stage->dir =
            stage->target
                    ? join(target, (size_t)(base_name(target) - target) - 1,
                              ".goxelctl-XXXXXX")
                    : NULL;
    if (!stage->dir) {
        free_names(stage);
        return gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for the output %s", target);
    }
    if (!mkdtemp(stage->dir)) {
        rc = open_error(errno, target, err);
        free_names(stage);
        return rc;
    }
    stage->path = join(stage->dir, strlen(stage->dir), base_name(target));
    if (stage->path)
        return 0;
    gox_stage_discard(stage);
    return gox_error_set(
            err, GOX_ERR_NOMEM, "out of memory for the output %s", target);
}

/* A stage below another user's directory may be exchanged for a link. */
static DIR *open_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL && fd >= 0)
        close(fd);
    return dir;
}

/* Moves dir/name beside the target. A hard link is the one move that refuses to
 * replace; where a file system has none, the check before has to do. */
static int move_one(const struct gox_stage *stage, int from_fd,
        const char *name, bool may_replace, struct gox_error *err)
{
    char *to = join(stage->target,
            (size_t)(base_name(stage->target) - stage->target) - 1, name);
    struct stat st;
    int rc = 0;

    if (!to)
        return gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for the output %s", name);
    if (may_replace) {
        /* Without a mode to keep (FAT) the content still counts. */
        if (stat(to, &st) == 0)
            rc = fchmodat(from_fd, name, st.st_mode & 0777, 0);
        rc = renameat(from_fd, name, AT_FDCWD, to);
    } else {
        rc = linkat(from_fd, name, AT_FDCWD, to, 0);
        if (rc != 0 && errno != EEXIST && lstat(to, &st) != 0)
            rc = renameat(from_fd, name, AT_FDCWD, to);
    }
    if (rc != 0 && errno == EEXIST)
        rc = gox_error_set(err, GOX_ERR_EXISTS,
                "%s is there already; --force replaces it", to);
    else if (rc != 0)
        rc = gox_error_set(
                err, GOX_ERR_IO, "cannot write %s: %s", to, strerror(errno));
    gox_free(to);
    return rc;
}

static bool is_finished(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strncmp(name, UNFINISHED, strlen(UNFINISHED)) != 0;
}

/* First the files beside it: who sees the output finds them too. */
static int move_all(
        const struct gox_stage *stage, bool may_replace, struct gox_error *err)
{
    const char *main_name = base_name(stage->target);
    DIR *dir = open_dir(stage->dir);
    struct dirent *entry;
    int rc = 0;

    if (!dir)
        return gox_error_set(err, GOX_ERR_IO, "cannot read %s: %s", stage->dir,
                strerror(errno));
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (!is_finished(name) || strcmp(name, main_name) == 0)
            continue;
        rc = move_one(stage, dirfd(dir), name, may_replace, err);
    }
    if (rc == 0)
        rc = move_one(stage, dirfd(dir), main_name, may_replace, err);
    closedir(dir);
    return rc;
}

int gox_stage_publish(
        struct gox_stage *stage, bool may_replace, struct gox_error *err)
{
    int rc = move_all(stage, may_replace, err);

    gox_stage_discard(stage);
    return rc;
}

/* Into to_dir under the last component of from. Takes from_fd over. */
static int copy_fd(
        int from_fd, const char *from, DIR *to_dir, struct gox_error *err)
{
    char part[65536];
    ssize_t got = -1;
    int rc = GOX_ERR_IO;
    if (from_fd < 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot read %s", from);
    struct gox_output *out =
            gox_output_open_at(dirfd(to_dir), base_name(from), err);
    if (out != NULL) {
        while ((got = read(from_fd, part, sizeof part)) > 0)
            gox_output_put(out, part, (size_t)got);
        rc = got < 0 ? gox_error_set_errno(
                               err, GOX_ERR_IO, errno, "cannot read %s", from)
                     : gox_output_commit(out);
    }
    gox_output_close(out);
    close(from_fd);
    return rc;
}

int gox_stage_copy(const struct gox_stage *from, const struct gox_stage *to,
        struct gox_error *err)
{
    DIR *dir = open_dir(from->dir), *to_dir = open_dir(to->dir);
    struct dirent *entry;
    int rc = dir == NULL || to_dir == NULL
                     ? gox_error_set_errno(err, GOX_ERR_IO, errno,
                               "cannot copy %s to %s", from->dir, to->dir)
                     : 0;
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (!is_finished(entry->d_name))
            continue;
        int fd = openat(dirfd(dir), entry->d_name,
                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        rc = copy_fd(fd, entry->d_name, to_dir, err);
    }
    if (dir != NULL)
        closedir(dir);
    if (to_dir != NULL)
        closedir(to_dir);
    return rc;
}

int gox_stage_take(
        const struct gox_stage *stage, const char *file, struct gox_error *err)
{
    DIR *dir = open_dir(stage->dir);
    if (dir == NULL)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot write in %s", stage->dir);
    int rc = copy_fd(open(file, O_RDONLY | O_CLOEXEC), file, dir, err);
    if (rc == 0 && fchmodat(dirfd(dir), base_name(file), 0644, 0) != 0)
        rc = gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot open %s up", stage->path);
    closedir(dir);
    return rc;
}

int gox_stage_give(const struct gox_stage *stage, const char *beside,
        struct gox_error *err)
{
    struct stat st;
    if (geteuid() != 0 ||
            (stat(beside, &st) == 0 &&
                    lchown(stage->dir, st.st_uid, st.st_gid) == 0))
        return 0;
    return gox_error_set_errno(
            err, GOX_ERR_IO, errno, "cannot give %s away", stage->dir);
}

void gox_stage_discard(struct gox_stage *stage)
{
    DIR *dir = stage->dir ? open_dir(stage->dir) : NULL;
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
    if (stage->dir)
        rmdir(stage->dir);
    free_names(stage);
}
