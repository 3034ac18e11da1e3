/* SPDX-License-Identifier: Apache-2.0
 * An output to a file that appears whole or not at all: written under a
 * temporary name in the same directory, synced, then renamed.
 *
 * Invariant: until rename succeeds the old file is untouched; on any other way
 * out the temporary file is removed. */
#include "base/alloc.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_TRIES 100

struct file_output {
    struct gox_output base;
    int dir_fd;
    bool owns_dir;
    int fd;
    char *name;
    char temp[64]; /* empty when there is none */
};

static int fail(struct file_output *file, int errno_value, const char *what)
{
    return gox_error_set_errno(file->base.err, GOX_ERR_IO, errno_value,
            "cannot %s %s; the old file, if any, is unchanged", what,
            file->name);
}

static int file_write(struct gox_output *out, const void *data, size_t len)
{
    struct file_output *file = (struct file_output *)out;
    if (gox_write_all(file->fd, data, len) < len)
        return fail(file, errno, "write");
    return 0;
}

static int file_commit(struct gox_output *out)
{
    struct file_output *file = (struct file_output *)out;
    if (fsync(file->fd) != 0)
        return fail(file, errno, "sync");
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) != 0)
        return fail(file, errno, "close");
    if (renameat(file->dir_fd, file->temp, file->dir_fd, file->name) != 0)
        return fail(file, errno, "replace");
    file->temp[0] = '\0';
    /* Some file systems refuse to sync a directory; the content is safe and
     * the name is at worst the old one, so that is not an error. */
    (void)fsync(file->dir_fd);
    return 0;
}

static void file_close(struct gox_output *out)
{
    struct file_output *file = (struct file_output *)out;
    if (file->fd >= 0)
        close(file->fd);
    if (file->temp[0] != '\0')
        unlinkat(file->dir_fd, file->temp, 0);
    if (file->owns_dir)
        close(file->dir_fd);
    gox_free(file->name);
    gox_free(file);
}

static const struct gox_output_ops FILE_OPS = {
        .write = file_write,
        .commit = file_commit,
        .close = file_close,
};

/* A new file gets 0644 less the umask from open itself; one that replaces a
 * file gets that file's mode, and its owner where we may give it away (root
 * changes the settings of a service), before the first byte is in it. */
static int keep_mode(struct file_output *file)
{
    struct stat st;
    if (fstatat(file->dir_fd, file->name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
        return 0;
    if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
            fchown(file->fd, st.st_uid, st.st_gid) != 0 && errno != EPERM)
        return fail(file, errno, "keep the owner of");
    if (fchmod(file->fd, st.st_mode & 0777) != 0)
        return fail(file, errno, "keep the mode of");
    return 0;
}

static int open_temp(struct file_output *file)
{
    static atomic_uint counter;
    for (int i = 0; i < TEMP_TRIES; i++) {
        snprintf(file->temp, sizeof file->temp, ".goxel-%ld-%u.tmp",
                (long)getpid(), atomic_fetch_add(&counter, 1));
        file->fd = openat(file->dir_fd, file->temp,
                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (file->fd >= 0)
            return keep_mode(file);
        if (errno != EEXIST)
            break;
    }
    file->temp[0] = '\0';
    return fail(file, errno, "write");
}

static bool is_directory(const struct file_output *file)
{
    struct stat st;
    return fstatat(file->dir_fd, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

static struct gox_output *open_in(
        int dir_fd, bool owns_dir, const char *name, struct gox_error *err)
{
    struct file_output *file = gox_calloc(1, sizeof *file);
    char *copy = gox_strdup(name);
    if (file == NULL || copy == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory for an output");
        gox_free(file);
        gox_free(copy);
        if (owns_dir)
            close(dir_fd);
        return NULL;
    }
    *file = (struct file_output){.base = {.ops = &FILE_OPS, .err = err},
            .dir_fd = dir_fd,
            .owns_dir = owns_dir,
            .fd = -1,
            .name = copy};
    int rc = is_directory(file) ? fail(file, EISDIR, "write") : open_temp(file);
    if (rc < 0) {
        gox_output_close(&file->base);
        return NULL;
    }
    return &file->base;
}

struct gox_output *gox_output_open_at(
        int dir_fd, const char *name, struct gox_error *err)
{
    return open_in(dir_fd, false, name, err);
}

struct gox_output *gox_output_open_file(const char *path, struct gox_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (*name == '\0') {
        gox_error_set(
                err, GOX_ERR_IO, "cannot write %s: it names no file", path);
        return NULL;
    }
    char *dir = slash == NULL   ? gox_strdup(".")
                : slash == path ? gox_strdup("/")
                                : gox_strndup(path, (size_t)(slash - path));
    if (dir == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory for an output");
        return NULL;
    }
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        gox_error_set_errno(err, GOX_ERR_IO, errno,
                "cannot write %s, its directory does not open", path);
    gox_free(dir);
    return dir_fd < 0 ? NULL : open_in(dir_fd, true, name, err);
}
