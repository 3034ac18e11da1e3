/* SPDX-License-Identifier: Apache-2.0
 * Sockets to listen on: Unix ones without stealing another server's place, TCP
 * ones, those that a service manager has passed; and who is at the other end.
 */
#ifndef GOX_PLATFORM_SOCKET_H
#define GOX_PLATFORM_SOCKET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOX_SOCKET_PATH_MAX                                                    \
    107 /* bytes, as struct sockaddr_un has room for                           \
         */

/* All paths here may be "@name" for an abstract socket (Linux), which has no
 * file, no permissions (check the peer) and needs no lock: *lock_fd is -1. */

/* Listens at path with these permissions; *fd is non-blocking. A socket that
 * nobody answers on is left over from a crash and is replaced; one that
 * somebody answers on (GOX_ERR_EXISTS) and anything that is no socket
 * (GOX_ERR_IO) stay as they are. A lock beside it ("<path>.lock") keeps two
 * starts at the same moment apart; *lock_fd holds it until closed. */
int gox_socket_listen_unix(const char *path, unsigned mode, int backlog,
        int *fd, int *lock_fd, struct gox_error *err) GOX_MUST_CHECK;
/* The lock alone, for who takes over a socket that listens already.
 * GOX_ERR_EXISTS when another server has it, GOX_ERR_IO. */
int gox_socket_lock_unix(
        const char *path, int *lock_fd, struct gox_error *err) GOX_MUST_CHECK;
/* Removes the socket at path when it is the one fd listens on. */
void gox_socket_unlink_unix(const char *path, int fd);

/* A connected, non-blocking socket. GOX_ERR_NOT_FOUND when there is no socket,
 * GOX_ERR_CLOSED when nobody listens, GOX_ERR_IO. */
int gox_socket_connect_unix(
        const char *path, int *fd, struct gox_error *err) GOX_MUST_CHECK;

struct gox_peer {
    int64_t pid; /* -1: not known */
    int64_t uid, gid;
};
/* Who connected. GOX_ERR_UNSUPPORTED where the system does not tell. */
int gox_socket_peer(int fd, struct gox_peer *peer) GOX_MUST_CHECK;
/* The address of the other end of a TCP connection, numeric; false (address "")
 * for other sockets. */
bool gox_socket_peer_address(int fd, char *address, size_t size);
/* Small answers of TCP leave at once. */
void gox_socket_set_nodelay(int fd);
/* True when the other end is closed in both directions, so that nobody reads
 * what is written. */
bool gox_socket_is_gone(int fd);
/* The peer's supplementary groups at the time of its connect, at most max of
 * them into gids; returns how many, or GOX_ERR_UNSUPPORTED, or GOX_ERR_RANGE
 * when it has more. */
int gox_socket_peer_groups(int fd, uint32_t *gids, size_t max) GOX_MUST_CHECK;

/* Gives the socket at path to a group and sets its permissions. To open a
 * socket for a group without a moment in which the wrong one may connect:
 * listen with 0600, then this with 0660. GOX_ERR_FORBIDDEN when this user may
 * not give it to that group, GOX_ERR_IO. */
int gox_socket_set_access(const char *path, uint32_t gid, unsigned mode,
        struct gox_error *err) GOX_MUST_CHECK;

/* Listens for TCP at a numeric address ("127.0.0.1", "::1", "::", "0.0.0.0")
 * and port (0: any free one); *fd is non-blocking. An IPv6 address takes IPv6
 * only. GOX_ERR_EXISTS: the port is in use; GOX_ERR_FORBIDDEN: it is reserved;
 * GOX_ERR_PARAMS: no such numeric address; GOX_ERR_IO. */
int gox_socket_listen_tcp(const char *address, uint16_t port, int backlog,
        int *fd, struct gox_error *err) GOX_MUST_CHECK;
/* True for an address of this machine only (127.0.0.0/8, ::1). */
bool gox_socket_is_loopback(const char *address);

enum gox_socket_kind {
    GOX_SOCKET_OTHER, /* also what is no socket */
    GOX_SOCKET_UNIX,
    GOX_SOCKET_TCP, /* IPv4 or IPv6 */
};
struct gox_socket_info {
    enum gox_socket_kind kind;
    bool is_stream;    /* SOCK_STREAM */
    bool is_listening; /* accepts connections */
    uint16_t port;     /* of TCP */
    /* The path of a Unix socket ("@name" for an abstract one, "" for one
     * without a name), the numeric address of TCP. */
    char address[GOX_SOCKET_PATH_MAX + 1];
};
/* What a descriptor is, changing nothing. GOX_ERR_IO when it is not open. */
int gox_socket_describe(int fd, struct gox_socket_info *info) GOX_MUST_CHECK;
/* Takes over a listening stream socket made by somebody else: checks that it
 * is one (and, with path not NULL, a Unix socket at that path: the same file),
 * makes it non-blocking and close-on-exec. Its path is never ours to remove.
 * GOX_ERR_FORMAT says what it is instead; GOX_ERR_IO. */
int gox_socket_adopt(
        int fd, const char *path, struct gox_error *err) GOX_MUST_CHECK;

#endif
