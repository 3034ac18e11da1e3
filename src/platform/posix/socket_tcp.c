/* SPDX-License-Identifier: Apache-2.0
 * TCP listeners at numeric addresses; names are not looked up, so that what a
 * daemon is open to never depends on a name server. */
#include "platform/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The size of the address, 0 when the text is none. */
static socklen_t read_address(
        union address *out, const char *text, uint16_t port)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return sizeof out->v4;
    }
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return sizeof out->v6;
    }
    return 0;
}

bool gox_socket_is_loopback(const char *address)
{
    union address addr;
    if (read_address(&addr, address, 0) == 0)
        return false;
    if (addr.any.sa_family == AF_INET)
        return ntohl(addr.v4.sin_addr.s_addr) >> 24 == 127;
    const uint8_t *b = addr.v6.sin6_addr.s6_addr;
    /* ::ffff:127.x.x.x is the same machine by way of IPv4. */
    return IN6_IS_ADDR_LOOPBACK(&addr.v6.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&addr.v6.sin6_addr) && b[12] == 127);
}

static int code_of(int error)
{
    return error == EADDRINUSE ? GOX_ERR_EXISTS
           : error == EACCES   ? GOX_ERR_FORBIDDEN
                               : GOX_ERR_IO;
}

bool gox_socket_peer_address(int fd, char *address, size_t size)
{
    union address addr = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof addr;
    address[0] = '\0';
    if (getpeername(fd, &addr.any, &len) != 0)
        return false;
    int family = addr.any.sa_family;
    if (family != AF_INET && family != AF_INET6)
        return false;
    const void *bytes = family == AF_INET ? (const void *)&addr.v4.sin_addr
                                          : (const void *)&addr.v6.sin6_addr;
    return inet_ntop(family, bytes, address, (socklen_t)size) != NULL;
}

void gox_socket_set_nodelay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int gox_socket_listen_tcp(const char *address, uint16_t port, int backlog,
        int *fd, struct gox_error *err)
{
    union address addr;
    int on = 1;
    *fd = -1;
    socklen_t size = read_address(&addr, address, port);
    if (size == 0)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "\"%.80s\" is no numeric IPv4 or IPv6 address", address);
    int s = socket(
            addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return gox_error_set_errno(err, GOX_ERR_IO, errno,
                "no TCP socket for %s can be made", address);
    /* Connections of the last run that linger must not hinder the next. */
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (addr.any.sa_family == AF_INET6)
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(s, &addr.any, size) != 0 || listen(s, backlog) != 0) {
        int error = errno;
        close(s);
        return gox_error_set_errno(err, code_of(error), error,
                "cannot listen at %s port %u", address, port);
    }
    *fd = s;
    return 0;
}
