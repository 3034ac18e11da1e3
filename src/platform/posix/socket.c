/* SPDX-License-Identifier: Apache-2.0
 * Unix sockets by POSIX. The rule at start: only what is certainly dead is
 * removed. */
#include "platform/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_abstract(const char *path)
{
    return path[0] == '@';
}

static int fill_address(struct sockaddr_un *addr, socklen_t *addr_len,
        const char *path, struct gox_error *err)
{
    size_t len = strlen(path);
    if (len == 0 || len > GOX_SOCKET_PATH_MAX)
        return gox_error_set(err, GOX_ERR_IO,
                "the socket path \"%.80s\" has %zu bytes; 1 to %d are possible",
                path, len, GOX_SOCKET_PATH_MAX);
    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(addr->sun_path, path, len);
    *addr_len = sizeof *addr;
    /* Each byte counts in an abstract name, also NULs behind it. */
    if (is_abstract(path)) {
        addr->sun_path[0] = '\0';
        *addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    }
    return 0;
}

static int new_socket(struct gox_error *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "a socket cannot be made");
    return fd;
}

int gox_socket_connect_unix(const char *path, int *fd, struct gox_error *err)
{
    struct sockaddr_un addr;
    socklen_t addr_len = 0;
    *fd = -1;
    int code = fill_address(&addr, &addr_len, path, err);
    if (code < 0)
        return code;
    int s = new_socket(err);
    if (s < 0)
        return s;
    /* A Unix socket connects at once or says EAGAIN when its backlog is full,
     * which is a living server. */
    if (connect(s, (struct sockaddr *)&addr, addr_len) == 0) {
        *fd = s;
        return 0;
    }
    int error = errno;
    close(s);
    code = error == ENOENT         ? GOX_ERR_NOT_FOUND
           : error == ECONNREFUSED ? GOX_ERR_CLOSED
           : error == EAGAIN       ? GOX_ERR_BUSY
                                   : GOX_ERR_IO;
    return gox_error_set_errno(
            err, code, error, "cannot connect to the socket %s", path);
}

/* A server that ends removes its lock; what was opened just before is then a
 * file that nobody else can see. */
static bool is_linked(int fd, const char *name)
{
    struct stat held, seen;
    return fstat(fd, &held) == 0 && stat(name, &seen) == 0 &&
           held.st_ino == seen.st_ino && held.st_dev == seen.st_dev;
}

/* 0: locked; 1: locked, but the file was removed meanwhile, so try again. */
static int try_lock(const char *path, int *lock_fd, struct gox_error *err)
{
    char name[GOX_SOCKET_PATH_MAX + 8];
    snprintf(name, sizeof name, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "the lock %s cannot be opened", name);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *lock_fd = fd;
        return is_linked(fd, name) ? 0 : 1;
    }
    int error = errno;
    close(fd);
    if (error == EWOULDBLOCK)
        return gox_error_set(err, GOX_ERR_EXISTS,
                "another goxel-daemon holds %s; stop it or choose another "
                "--socket",
                path);
    return gox_error_set_errno(
            err, GOX_ERR_IO, error, "the lock %s cannot be taken", name);
}

int gox_socket_lock_unix(const char *path, int *lock_fd, struct gox_error *err)
{
    int code;
    while ((code = try_lock(path, lock_fd, err)) == 1)
        close(*lock_fd);
    return code;
}

/* Removes what is left of a server that died; anything else stays. */
static int clear_place(const char *path, struct gox_error *err)
{
    struct stat st;
    struct gox_error ignored;
    int fd;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0
                               : gox_error_set_errno(err, GOX_ERR_IO, errno,
                                         "%s cannot be looked at", path);
    if (!S_ISSOCK(st.st_mode))
        return gox_error_set(err, GOX_ERR_IO,
                "%s is there and is no socket; it was not touched, remove it "
                "or choose another --socket",
                path);
    int code = gox_socket_connect_unix(path, &fd, &ignored);
    if (code == 0)
        close(fd);
    if (code != GOX_ERR_CLOSED && code != GOX_ERR_NOT_FOUND)
        return gox_error_set(err,
                code == 0 || code == GOX_ERR_BUSY ? GOX_ERR_EXISTS : GOX_ERR_IO,
                "a server already answers at %s; stop it or choose another "
                "--socket",
                path);
    if (unlink(path) != 0 && errno != ENOENT)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the dead socket %s cannot be removed", path);
    return 0;
}

int gox_socket_listen_unix(const char *path, unsigned mode, int backlog,
        int *fd, int *lock_fd, struct gox_error *err)
{
    struct sockaddr_un addr;
    socklen_t addr_len = 0;
    *fd = *lock_fd = -1;
    int code = fill_address(&addr, &addr_len, path, err);
    if (code == 0 && !is_abstract(path))
        code = gox_socket_lock_unix(path, lock_fd, err);
    if (code == 0 && !is_abstract(path))
        code = clear_place(path, err);
    int s = code == 0 ? new_socket(err) : code;
    if (s < 0) {
        code = s;
        goto out;
    }
    /* The permissions must hold from the first moment on. */
    mode_t old = umask(0777 & ~(mode_t)mode);
    int bound = bind(s, (struct sockaddr *)&addr, addr_len);
    int error = errno;
    umask(old);
    if (bound != 0 || listen(s, backlog) != 0) {
        error = bound != 0 ? error : errno;
        code = gox_error_set_errno(err,
                error == EADDRINUSE ? GOX_ERR_EXISTS : GOX_ERR_IO, error,
                "cannot listen at %s", path);
        close(s);
        goto out;
    }
    *fd = s;
out:
    if (code < 0 && *lock_fd >= 0) {
        close(*lock_fd);
        *lock_fd = -1;
    }
    return code;
}

void gox_socket_unlink_unix(const char *path, int fd)
{
    struct sockaddr_un addr;
    socklen_t len = sizeof addr;
    struct stat st;
    char lock[GOX_SOCKET_PATH_MAX + 8];
    if (is_abstract(path) ||
            getsockname(fd, (struct sockaddr *)&addr, &len) != 0 ||
            lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    unlink(path);
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
}

bool gox_socket_is_gone(int fd)
{
    struct pollfd p = {.fd = fd};
    return fd >= 0 && poll(&p, 1, 0) > 0 &&
           (p.revents & (POLLHUP | POLLERR)) != 0;
}
