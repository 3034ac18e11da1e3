/* SPDX-License-Identifier: Apache-2.0
 * The manager's side of sd_notify. SO_PASSCRED is on before the socket has a
 * name, so no message comes without the kernel's word for its sender. */
#include "platform/notify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define QUEUE_BYTES (256 * 1024)

/* Makes room for our socket; only a socket is ever removed. */
static int clear_path(const char *path, struct gox_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0
                               : gox_error_set_errno(err, GOX_ERR_IO, errno,
                                         "%s cannot be looked at", path);
    if (!S_ISSOCK(st.st_mode))
        return gox_error_set(err, GOX_ERR_EXISTS,
                "%s is there and is no socket; it was not touched", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "the old socket %s cannot be removed", path);
    return 0;
}

static int bind_path(int fd, const char *path, int64_t client_uid,
        struct sockaddr_un *addr, struct gox_error *err)
{
    int code = clear_path(path, err);
    if (code < 0)
        return code;
    memcpy(addr->sun_path, path, strlen(path) + 1);
    mode_t old = umask(0177);
    int rc = bind(fd, (struct sockaddr *)addr, sizeof *addr);
    int error = errno;
    umask(old);
    if (rc != 0)
        return gox_error_set_errno(err, GOX_ERR_IO, error,
                "no socket for notifications at %s", path);
    if (client_uid < 0 || client_uid == (int64_t)geteuid() ||
            lchown(path, (uid_t)client_uid, (gid_t)-1) == 0)
        return 0;
    error = errno;
    unlink(path);
    return gox_error_set_errno(err, GOX_ERR_IO, error,
            "the socket %s cannot be given to user %lld", path,
            (long long)client_uid);
}

static int bind_abstract(int fd, const char *address, struct sockaddr_un *addr,
        struct gox_error *err)
{
    size_t len = strlen(address);
    memcpy(addr->sun_path + 1, address + 1, len - 1);
    if (bind(fd, (struct sockaddr *)addr,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0)
        return gox_error_set_errno(err,
                errno == EADDRINUSE ? GOX_ERR_EXISTS : GOX_ERR_IO, errno,
                "no socket for notifications at %s", address);
    return 0;
}

int gox_notify_server_open(struct gox_notify_server *server,
        const char *address, int64_t client_uid, struct gox_error *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int on = 1, queue = QUEUE_BYTES;
    size_t len = strlen(address);
    *server = (struct gox_notify_server){.fd = -1, .client_uid = client_uid};
    if ((address[0] != '/' && address[0] != '@') || len < 2 ||
            len >= sizeof server->address)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "\"%.120s\" is neither an absolute path nor @name of up to %zu "
                "bytes",
                address, sizeof server->address - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
        int code = gox_error_set_errno(
                err, GOX_ERR_IO, errno, "no socket for notifications");
        if (fd >= 0)
            close(fd);
        return code;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    int code = address[0] == '@'
                       ? bind_abstract(fd, address, &addr, err)
                       : bind_path(fd, address, client_uid, &addr, err);
    if (code < 0) {
        close(fd);
        return code;
    }
    memcpy(server->address, address, len + 1);
    server->fd = fd;
    return 0;
}

void gox_notify_server_close(struct gox_notify_server *server, bool keep_path)
{
    if (server->fd < 0)
        return;
    close(server->fd);
    if (!keep_path && server->address[0] == '/')
        unlink(server->address);
    *server = (struct gox_notify_server){.fd = -1, .client_uid = -1};
}

/* Takes the sender from the control data and closes all descriptors in it.
 * False: no sender was told. */
static bool read_control(
        struct msghdr *header, struct ucred *sender, unsigned *fd_count)
{
    bool is_told = false;
    *fd_count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
            c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_CREDENTIALS &&
                c->cmsg_len == CMSG_LEN(sizeof *sender)) {
            memcpy(sender, CMSG_DATA(c), sizeof *sender);
            is_told = true;
        }
        if (c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            close(fd);
            ++*fd_count;
        }
    }
    return is_told && sender->pid > 0;
}

static bool is_allowed(const struct gox_notify_server *server, uid_t uid)
{
    return uid == 0 || uid == geteuid() || (int64_t)uid == server->client_uid;
}

/* BARRIER=1 must be alone with one descriptor. */
static bool is_barrier_alone(
        const struct gox_notify_message *m, const char *text, size_t len)
{
    size_t rest = strlen("BARRIER=1");
    return m->fd_count == 1 && len >= rest && len <= rest + 1 &&
           memcmp(text, "BARRIER=1", rest) == 0;
}

int gox_notify_server_receive(struct gox_notify_server *server,
        struct gox_notify_message *message, struct gox_error *err)
{
    char text[GOX_NOTIFY_MESSAGE_MAX];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred)) +
                   CMSG_SPACE(sizeof(int) * GOX_NOTIFY_FDS_MAX)];
    } control;
    struct iovec part = {.iov_base = text, .iov_len = sizeof text};
    struct msghdr header = {.msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = control.bytes,
            .msg_controllen = sizeof control.bytes};
    struct ucred sender = {.pid = -1};
    unsigned fd_count;
    ssize_t len;
    *message = (struct gox_notify_message){.pid = -1, .uid = -1, .gid = -1};
    do
        len = recvmsg(server->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (len < 0 && errno == EINTR);
    if (len < 0)
        return errno == EAGAIN ? 0
                               : gox_error_set_errno(err, GOX_ERR_IO, errno,
                                         "notifications cannot be read");
    bool is_told = read_control(&header, &sender, &fd_count);
    message->pid = is_told ? sender.pid : -1;
    if (!is_told || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "a notification of process %lld was dropped: it was cut",
                (long long)message->pid);
    if (!is_allowed(server, sender.uid))
        return gox_error_set(err, GOX_ERR_FORBIDDEN,
                "a notification of process %lld was dropped: user %u may not "
                "send any",
                (long long)sender.pid, sender.uid);
    int code = gox_notify_parse(message, text, (size_t)len, err);
    message->pid = sender.pid;
    message->uid = sender.uid;
    message->gid = sender.gid;
    message->fd_count = fd_count;
    if (code < 0)
        return code;
    if (message->is_barrier && !is_barrier_alone(message, text, (size_t)len))
        return gox_error_set(err, GOX_ERR_FORMAT,
                "a notification was dropped: BARRIER=1 came with other lines "
                "or without its descriptor");
    return 1;
}
