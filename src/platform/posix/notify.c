/* SPDX-License-Identifier: Apache-2.0
 * The daemon's side of sd_notify. The socket stays unconnected: the address is
 * looked up for each message, because the manager may have been started anew
 * at the same path. The length of an abstract address is what its name needs;
 * the whole struct would be another name. */
#include "platform/notify.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINES_BYTES 1024

/* A decimal variable of the environment, or -1. */
static int64_t env_number(const char *name)
{
    const char *text = getenv(name);
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return -1;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 ? value : -1;
}

static int64_t read_watchdog(void)
{
    int64_t usec = env_number("WATCHDOG_USEC");
    /* Without WATCHDOG_PID it is for whoever reads it. */
    if (usec <= 0 || (getenv("WATCHDOG_PID") != NULL &&
                             env_number("WATCHDOG_PID") != getpid()))
        return 0;
    return usec;
}

/* The address of NOTIFY_SOCKET into notify; 1 when there is one. */
static int read_address(struct gox_notify *notify, struct gox_error *err)
{
    const char *address = getenv("NOTIFY_SOCKET");
    if (address == NULL || address[0] == '\0')
        return 0;
    size_t len = strlen(address);
    if ((address[0] != '/' && address[0] != '@') || len < 2 ||
            len >= sizeof notify->address)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "NOTIFY_SOCKET=%.120s is neither a path nor @name of up to %zu "
                "bytes; the service manager is not told anything",
                address, sizeof notify->address - 1);
    memcpy(notify->address, address, len + 1);
    return 1;
}

int gox_notify_init(
        struct gox_notify *notify, bool unset_env, struct gox_error *err)
{
    struct timeval wait = {.tv_sec = GOX_NOTIFY_SEND_MS / 1000};
    *notify = (struct gox_notify){.fd = -1};
    int code = read_address(notify, err);
    notify->watchdog_us = code > 0 ? read_watchdog() : 0;
    if (unset_env) {
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
    }
    if (code <= 0)
        return code;
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "no socket to tell the service manager by");
    setsockopt(notify->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    return 0;
}

void gox_notify_fini(struct gox_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    *notify = (struct gox_notify){.fd = -1};
}

bool gox_notify_is_on(const struct gox_notify *notify)
{
    return notify->fd >= 0;
}

static socklen_t fill_address(struct sockaddr_un *addr, const char *text)
{
    size_t len = strlen(text);
    *addr = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(addr->sun_path, text, len);
    if (text[0] == '@')
        addr->sun_path[0] = '\0';
    else
        len++; /* a path ends with its NUL */
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static int code_of(int error)
{
    switch (error) {
    case EAGAIN:
    case ENOBUFS:
        return GOX_ERR_BUSY;
    case ECONNREFUSED:
    case ENOENT:
        return GOX_ERR_CLOSED;
    case EMSGSIZE:
        return GOX_ERR_TOO_LARGE;
    default:
        return GOX_ERR_IO;
    }
}

static int send_message(struct gox_notify *notify, const char *lines,
        const int *fds, size_t fd_count, int flags)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * GOX_NOTIFY_FDS_MAX)];
    } control = {0};
    struct sockaddr_un addr;
    struct iovec part = {.iov_len = strlen(lines)};
    if (notify->fd < 0)
        return 0;
    if (part.iov_len > GOX_NOTIFY_MESSAGE_MAX || fd_count > GOX_NOTIFY_FDS_MAX)
        return GOX_ERR_TOO_LARGE;
    char text[GOX_NOTIFY_MESSAGE_MAX + 1]; /* iov_base is not const */
    memcpy(text, lines, part.iov_len);
    part.iov_base = text;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    message.msg_namelen = fill_address(&addr, notify->address);
    message.msg_name = &addr;
    if (fd_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(head), fds, sizeof(int) * fd_count);
    }
    ssize_t sent;
    do
        sent = sendmsg(notify->fd, &message, flags | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return 1;
    int code = code_of(errno);
    notify->lost_count += code == GOX_ERR_BUSY;
    return code;
}

/* head, then STATUS=... in the same datagram when there is one. A control
 * character could begin a line of its own with another key. */
static int send_with_status(struct gox_notify *notify, const char *head,
        const char *status, int flags)
{
    char lines[LINES_BYTES];
    if (status == NULL)
        return send_message(notify, head, NULL, 0, flags);
    int len = snprintf(lines, sizeof lines, "%s%sSTATUS=", head,
            head[0] != '\0' ? "\n" : "");
    size_t at = (size_t)len;
    for (; *status != '\0' && at < sizeof lines - 1; status++) {
        unsigned char c = (unsigned char)*status;
        lines[at++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    }
    lines[at] = '\0';
    return send_message(notify, lines, NULL, 0, flags);
}

int gox_notify_ready(struct gox_notify *notify, const char *status)
{
    return send_with_status(notify, "READY=1", status, 0);
}

int gox_notify_reloading(struct gox_notify *notify, const char *status)
{
    char head[80];
    snprintf(head, sizeof head, "RELOADING=1\nMONOTONIC_USEC=%lld",
            (long long)(gox_time_now_ns() / 1000));
    return send_with_status(notify, head, status, 0);
}

int gox_notify_stopping(struct gox_notify *notify, const char *status)
{
    return send_with_status(notify, "STOPPING=1", status, 0);
}

int gox_notify_status(struct gox_notify *notify, const char *status)
{
    return send_with_status(
            notify, "", status != NULL ? status : "", MSG_DONTWAIT);
}

int gox_notify_watchdog(struct gox_notify *notify)
{
    return send_message(notify, "WATCHDOG=1", NULL, 0, MSG_DONTWAIT);
}

int gox_notify_watchdog_trigger(struct gox_notify *notify)
{
    return send_message(notify, "WATCHDOG=trigger", NULL, 0, 0);
}

int gox_notify_extend_timeout(struct gox_notify *notify, int64_t ms)
{
    char line[64];
    if (ms < 0 || ms > INT64_MAX / 1000)
        return GOX_ERR_RANGE;
    snprintf(line, sizeof line, "EXTEND_TIMEOUT_USEC=%lld",
            (long long)(ms * 1000));
    return send_message(notify, line, NULL, 0, MSG_DONTWAIT);
}

int gox_notify_main_pid(struct gox_notify *notify, int64_t pid)
{
    char line[40];
    snprintf(line, sizeof line, "MAINPID=%lld", (long long)pid);
    return send_message(notify, line, NULL, 0, 0);
}

int gox_notify_exit(struct gox_notify *notify, int errno_value, int exit_code)
{
    char error[32] = "", status[32] = "";
    char lines[80];
    if (errno_value >= 0)
        snprintf(error, sizeof error, "ERRNO=%d\n", errno_value);
    if (exit_code >= 0)
        snprintf(status, sizeof status, "EXIT_STATUS=%d\n", exit_code);
    snprintf(lines, sizeof lines, "%s%s", error, status);
    return lines[0] != '\0' ? send_message(notify, lines, NULL, 0, 0) : 0;
}

static bool is_fd_name(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > 255)
        return false;
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f || *name == ':')
            return false;
    return true;
}

int gox_notify_store_fds(struct gox_notify *notify, const char *name,
        const int *fds, size_t count)
{
    char lines[300];
    if (!is_fd_name(name) || count == 0)
        return GOX_ERR_PARAMS;
    snprintf(lines, sizeof lines, "FDSTORE=1\nFDNAME=%s", name);
    return send_message(notify, lines, fds, count, 0);
}

int gox_notify_remove_fds(struct gox_notify *notify, const char *name)
{
    char lines[300];
    if (!is_fd_name(name))
        return GOX_ERR_PARAMS;
    snprintf(lines, sizeof lines, "FDSTOREREMOVE=1\nFDNAME=%s", name);
    return send_message(notify, lines, NULL, 0, 0);
}

int gox_notify_send(struct gox_notify *notify, const char *lines)
{
    return send_message(notify, lines, NULL, 0, 0);
}

int gox_notify_barrier(struct gox_notify *notify, int timeout_ms)
{
    int ends[2];
    if (notify->fd < 0)
        return 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return GOX_ERR_IO;
    int code = send_message(notify, "BARRIER=1", &ends[1], 1, 0);
    close(ends[1]); /* now the manager has the only copy */
    if (code == 1) {
        struct pollfd p = {.fd = ends[0]};
        int rc;
        do
            rc = poll(&p, 1, timeout_ms);
        while (rc < 0 && errno == EINTR);
        code = rc > 0 ? 1 : rc == 0 ? GOX_ERR_TIMEOUT : GOX_ERR_IO;
    }
    close(ends[0]);
    return code;
}
