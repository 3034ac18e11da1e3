/* SPDX-License-Identifier: Apache-2.0
 * What a descriptor is, and taking over a listening socket that was made by
 * somebody else. */
#include "platform/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

static void put_unix(
        struct gox_socket_info *info, const union address *addr, socklen_t len)
{
    size_t used = len > offsetof(struct sockaddr_un, sun_path)
                          ? len - offsetof(struct sockaddr_un, sun_path)
                          : 0;
    info->kind = GOX_SOCKET_UNIX;
    if (used > GOX_SOCKET_PATH_MAX)
        used = GOX_SOCKET_PATH_MAX;
    memcpy(info->address, addr->un.sun_path, used);
    info->address[used] = '\0';
    if (used > 1 && info->address[0] == '\0')
        info->address[0] = '@';
}

static void put_tcp(struct gox_socket_info *info, const union address *addr)
{
    bool is_v4 = addr->any.sa_family == AF_INET;
    info->kind = info->is_stream ? GOX_SOCKET_TCP : GOX_SOCKET_OTHER;
    info->port = ntohs(is_v4 ? addr->v4.sin_port : addr->v6.sin6_port);
    inet_ntop(addr->any.sa_family,
            is_v4 ? (const void *)&addr->v4.sin_addr
                  : (const void *)&addr->v6.sin6_addr,
            info->address, sizeof info->address);
}

int gox_socket_describe(int fd, struct gox_socket_info *info)
{
    union address addr;
    socklen_t len = sizeof addr;
    struct stat st;
    *info = (struct gox_socket_info){.kind = GOX_SOCKET_OTHER};
    if (fstat(fd, &st) != 0)
        return GOX_ERR_IO;
    memset(&addr, 0, sizeof addr);
    if (!S_ISSOCK(st.st_mode) || getsockname(fd, &addr.any, &len) != 0)
        return 0;
    info->is_stream = option(fd, SO_TYPE) == SOCK_STREAM;
    info->is_listening = option(fd, SO_ACCEPTCONN) == 1;
    if (addr.any.sa_family == AF_UNIX)
        put_unix(info, &addr, len < sizeof addr ? len : sizeof addr);
    else if (addr.any.sa_family == AF_INET || addr.any.sa_family == AF_INET6)
        put_tcp(info, &addr);
    return 0;
}

/* Two names of one file, such as /run and /var/run. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return strcmp(a, b) == 0 ||
           (stat(a, &first) == 0 && stat(b, &second) == 0 &&
                   first.st_ino == second.st_ino &&
                   first.st_dev == second.st_dev);
}

int gox_socket_adopt(int fd, const char *path, struct gox_error *err)
{
    struct gox_socket_info info;
    if (gox_socket_describe(fd, &info) < 0)
        return gox_error_set(err, GOX_ERR_IO, "descriptor %d is not open", fd);
    if (!info.is_listening || !info.is_stream || info.kind == GOX_SOCKET_OTHER)
        return gox_error_set(err, GOX_ERR_FORMAT,
                "descriptor %d is no listening stream socket", fd);
    if (path != NULL && info.kind != GOX_SOCKET_UNIX)
        return gox_error_set(err, GOX_ERR_FORMAT,
                "descriptor %d listens at %s port %u and not at %s", fd,
                info.address, info.port, path);
    if (path != NULL && !is_same_file(path, info.address))
        return gox_error_set(err, GOX_ERR_FORMAT,
                "descriptor %d listens at %s and not at %s", fd, info.address,
                path);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
            fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return gox_error_set_errno(
                err, GOX_ERR_IO, errno, "descriptor %d cannot be used", fd);
    return 0;
}

int gox_socket_set_access(
        const char *path, uint32_t gid, unsigned mode, struct gox_error *err)
{
    struct stat st;
    /* The directory is ours, so nobody changes what the name means between
     * these calls. */
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return gox_error_set(
                err, GOX_ERR_IO, "%s is not there or is no socket", path);
    if (lchown(path, (uid_t)-1, (gid_t)gid) != 0)
        return gox_error_set_errno(err,
                errno == EPERM ? GOX_ERR_FORBIDDEN : GOX_ERR_IO, errno,
                "the socket %s cannot be given to group %u", path, gid);
    if (chmod(path, (mode_t)mode) != 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the permissions of %s cannot be set", path);
    return 0;
}
