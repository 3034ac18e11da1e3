/* SPDX-License-Identifier: Apache-2.0
 * Reaching the daemon's Unix socket, with a time limit for a full backlog.
 *
 * Invariant: on failure client->fd is -1 and nothing is left open. */
#include "base/time.h"
#include "client/client_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A full backlog gives EAGAIN at once and no event to wait for. */
#define BACKLOG_PAUSE_MS 5

static int connect_error(int number, const char *path, struct gox_error *err)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return gox_error_set(
                err, GOX_ERR_NOT_FOUND, "there is no socket %s", path);
    case ECONNREFUSED:
        return gox_error_set(err, GOX_ERR_CLOSED, "nobody listens on %s", path);
    case EACCES:
    case EPERM:
        return gox_error_set(
                err, GOX_ERR_FORBIDDEN, "no permission to connect to %s", path);
    case EAGAIN:
        return gox_error_set(err, GOX_ERR_TIMEOUT,
                "%s did not take the connection in time: its backlog is full",
                path);
    default:
        return gox_error_set(err, GOX_ERR_IO, "cannot connect to %s: %s", path,
                strerror(number));
    }
}

int gox__client_open_socket(
        gox_client *client, int timeout_ms, struct gox_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(client->socket_path);
    int64_t end_ns = gox_time_now_ns() + timeout_ms * GOX_NS_PER_MS;
    int number = 0;
    int fd;

    if (len == 0 || len >= sizeof(address.sun_path))
        return gox_error_set(err, GOX_ERR_RANGE,
                "the socket path %s has %zu bytes, the system takes 1 to %zu",
                client->socket_path, len, sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, client->socket_path, len + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return connect_error(errno, client->socket_path, err);
    while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        number = errno;
        if (number == EINTR)
            continue;
        if (number != EAGAIN ||
                (timeout_ms >= 0 && gox_time_now_ns() >= end_ns)) {
            close(fd);
            return connect_error(number, client->socket_path, err);
        }
        poll(NULL, 0, BACKLOG_PAUSE_MS);
    }
    client->fd = fd;
    return 0;
}
