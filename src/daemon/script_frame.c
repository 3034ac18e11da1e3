/* SPDX-License-Identifier: Apache-2.0
 * Frames between the daemon and its script process. Both ends are the same
 * program on the same machine, so numbers go in its own byte order. */
#include "daemon/script.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

struct head {
    uint32_t kind, len;
};

static int send_all(int fd, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return GOX_ERR_CLOSED;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int gox_script_send(
        int fd, enum gox_script_frame kind, const void *data, size_t len)
{
    if (len > GOX_SCRIPT_FRAME_MAX)
        return GOX_ERR_TOO_LARGE;
    struct head head = {(uint32_t)kind, (uint32_t)len};
    int rc = send_all(fd, &head, sizeof head);
    return rc < 0 ? rc : send_all(fd, data, len);
}

static int receive_all(int fd, void *data, size_t len)
{
    uint8_t *at = data;
    while (len > 0) {
        ssize_t n = recv(fd, at, len, MSG_WAITALL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return GOX_ERR_CLOSED;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int gox_script_receive(int fd, uint8_t *kind, struct gox_buf *data)
{
    struct head head;
    gox_buf_reset(data);
    int rc = receive_all(fd, &head, sizeof head);
    if (rc < 0)
        return rc;
    if (head.len > GOX_SCRIPT_FRAME_MAX)
        return GOX_ERR_TOO_LARGE;
    uint8_t *at = gox_buf_reserve(data, head.len);
    if (at == NULL)
        return gox_buf_error(data);
    rc = receive_all(fd, at, head.len);
    gox_buf_commit(data, head.len);
    *kind = (uint8_t)head.kind;
    return rc;
}
