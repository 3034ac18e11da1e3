/* SPDX-License-Identifier: Apache-2.0
 * The PID file. A new one is written under another name, locked there, and
 * only then gets its name: by link(2) when the place is free, by rename(2) over
 * a dead one whose lock we hold. So nobody ever sees it empty or unlocked.
 *
 * The lock belongs to the open file (OFD), not to the process: reading the file
 * in the same process does not drop it, as it would with classic record locks,
 * and looking whether it is held takes nothing. */
#include "platform/pid_file.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "platform/os.h"
#include "platform/procinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES_MAX 100

static int lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole);
}

static bool is_locked(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* The path still leads to the file that fd has open. */
static bool is_at(int fd, const char *path)
{
    struct stat held, seen;
    return fstat(fd, &held) == 0 && lstat(path, &seen) == 0 &&
           held.st_ino == seen.st_ino && held.st_dev == seen.st_dev;
}

/* The number in it, or -1. */
static int64_t read_pid(int fd)
{
    char text[32];
    char *end;
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    if (len <= 0)
        return -1;
    text[len] = '\0';
    if (text[0] < '1' || text[0] > '9')
        return -1;
    errno = 0;
    long long pid = strtoll(text, &end, 10);
    return errno == 0 && (*end == '\n' || *end == '\0') ? pid : -1;
}

/* A locked file with our number under a name of its own. */
static int write_own(const char *name, int *fd, struct gox_error *err)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%d\n", gox_os_pid());
    /* One of this name can only be left from a process with our number. */
    unlink(name);
    *fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    /* The umask must not hide it from those who look for the number. */
    if (*fd >= 0 && fchmod(*fd, 0644) == 0 && lock(*fd) == 0 &&
            write(*fd, text, (size_t)len) == (ssize_t)len)
        return 0;
    return gox_error_set_errno(
            err, GOX_ERR_IO, errno, "the PID file %s cannot be written", name);
}

/* 1: it is dead, replaced; 0: try again; or an error. */
static int replace_dead(const char *path, const char *own, int64_t *holder_pid,
        struct gox_error *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int code = 0;
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        code = gox_error_set(err, GOX_ERR_IO,
                "%s is there and is no PID file of ours (%s); it was not "
                "touched, remove it or choose another --pid-file",
                path, fd < 0 ? strerror(errno) : "no regular file");
    } else if (lock(fd) != 0) {
        *holder_pid = read_pid(fd);
        code = gox_error_set(err, GOX_ERR_EXISTS,
                "another goxel-daemon runs with the PID file %s: process %lld; "
                "stop it first or choose another --pid-file",
                path, (long long)*holder_pid);
    } else if (is_at(fd, path)) {
        code = rename(own, path) == 0
                       ? 1
                       : gox_error_set_errno(err, GOX_ERR_IO, errno,
                                 "the PID file %s cannot be replaced", path);
    }
    if (fd >= 0)
        close(fd);
    return code;
}

static int put_in_place(const char *path, const char *own, int64_t *holder_pid,
        struct gox_error *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        if (link(own, path) == 0)
            return 0;
        if (errno != EEXIST)
            return gox_error_set_errno(err, GOX_ERR_IO, errno,
                    "the PID file %s cannot be made", path);
        int code = replace_dead(path, own, holder_pid, err);
        if (code != 0)
            return code < 0 ? code : 0;
    }
    return gox_error_set(err, GOX_ERR_BUSY,
            "the PID file %s changes all the time; is another daemon starting "
            "over and over?",
            path);
}

int gox_pid_file_create(struct gox_pid_file *file, const char *path,
        int64_t *holder_pid, struct gox_error *err)
{
    struct gox_buf full, own;
    int64_t pid = -1;
    int fd = -1;
    *file = (struct gox_pid_file){.fd = -1};
    gox_buf_init(&full, 0);
    gox_buf_init(&own, 0);
    int code = gox_os_absolute(path, &full);
    const char *name = gox_buf_text(&full);
    gox_buf_printf(&own, "%s.%d", name != NULL ? name : "", gox_os_pid());
    const char *own_name = gox_buf_text(&own);
    if (code == 0 && (name == NULL || own_name == NULL))
        code = GOX_ERR_NOMEM;
    if (code < 0) {
        gox_error_set(err, code, "the PID file %.200s cannot be named", path);
        goto out;
    }
    code = write_own(own_name, &fd, err);
    if (code == 0)
        code = put_in_place(name, own_name, &pid, err);
    unlink(own_name);
    file->path = code == 0 ? gox_strdup(name) : NULL;
    if (code == 0 && file->path == NULL) {
        unlink(name);
        code = gox_error_set(err, GOX_ERR_NOMEM, "no memory for the PID file");
    }
    if (code == 0)
        file->fd = fd;
    else if (fd >= 0)
        close(fd);
out:
    if (holder_pid != NULL)
        *holder_pid = pid;
    gox_buf_fini(&own);
    gox_buf_fini(&full);
    return code;
}

void gox_pid_file_remove(struct gox_pid_file *file)
{
    if (file->path != NULL && file->fd >= 0 && is_at(file->fd, file->path))
        unlink(file->path);
    if (file->path != NULL && file->fd >= 0)
        close(file->fd);
    gox_free(file->path);
    *file = (struct gox_pid_file){.fd = -1};
}

int gox_pid_file_read(
        const char *path, struct gox_pid_file_info *info, struct gox_error *err)
{
    struct gox_proc_id id;
    *info = (struct gox_pid_file_info){.pid = -1};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return gox_error_set_errno(err,
                errno == ENOENT ? GOX_ERR_NOT_FOUND : GOX_ERR_IO, errno,
                "the PID file %s cannot be read", path);
    info->pid = read_pid(fd);
    info->is_locked = is_locked(fd);
    close(fd);
    if (info->pid < 0)
        return gox_error_set(
                err, GOX_ERR_FORMAT, "there is no process number in %s", path);
    if (gox_proc_id_get(info->pid, &id) == 0) {
        info->start_ticks = id.start_ticks;
        info->is_alive = info->is_locked;
    }
    return 0;
}
