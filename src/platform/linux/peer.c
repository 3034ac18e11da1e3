/* SPDX-License-Identifier: Apache-2.0
 * Credentials of the process at the other end, by SO_PEERCRED, and its
 * supplementary groups by SO_PEERGROUPS (Linux 4.13). */
#include "platform/socket.h"

#include <errno.h>
#include <sys/socket.h>

int gox_socket_peer(int fd, struct gox_peer *peer)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
        return GOX_ERR_IO;
    *peer = (struct gox_peer){
            .pid = cred.pid, .uid = cred.uid, .gid = cred.gid};
    return 0;
}

int gox_socket_peer_groups(int fd, uint32_t *gids, size_t max)
{
    gid_t list[1024];
    socklen_t len = sizeof list;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) != 0)
        return errno == ERANGE        ? GOX_ERR_RANGE
               : errno == ENOPROTOOPT ? GOX_ERR_UNSUPPORTED
                                      : GOX_ERR_IO;
    size_t count = len / sizeof *list;
    if (count > max)
        return GOX_ERR_RANGE;
    for (size_t i = 0; i < count; i++)
        gids[i] = list[i];
    return (int)count;
}
