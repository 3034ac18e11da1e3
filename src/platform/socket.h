/* SPDX-License-Identifier: Apache-2.0
 * Unix sockets: listening without stealing another server's place, and who is
 * at the other end. */
#ifndef GOX_PLATFORM_SOCKET_H
#define GOX_PLATFORM_SOCKET_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define GOX_SOCKET_PATH_MAX                                                    \
    107 /* bytes, as struct sockaddr_un has room for                           \
         */

/* Listens at path with these permissions; *fd is non-blocking. A socket that
 * nobody answers on is left over from a crash and is replaced; one that
 * somebody answers on (GOX_ERR_EXISTS) and anything that is no socket
 * (GOX_ERR_IO) stay as they are. A lock beside it ("<path>.lock") keeps two
 * starts at the same moment apart; *lock_fd holds it until closed. */
int gox_socket_listen_unix(const char *path, unsigned mode, int backlog,
        int *fd, int *lock_fd, struct gox_error *err) GOX_MUST_CHECK;
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
/* True when the other end is closed in both directions, so that nobody reads
 * what is written. */
bool gox_socket_is_gone(int fd);

#endif
