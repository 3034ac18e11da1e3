/* SPDX-License-Identifier: Apache-2.0
 * Who is at the other end on macOS: LOCAL_PEERCRED and LOCAL_PEERPID. Written
 * to the headers; not tested on macOS yet. */
#include "platform/socket.h"

#include <sys/socket.h>
#include <sys/ucred.h>
#include <sys/un.h>
#include <unistd.h>

int gox_socket_peer(int fd, struct gox_peer *peer)
{
    uid_t uid;
    gid_t gid;
    pid_t pid = -1;
    socklen_t len = sizeof pid;
    if (getpeereid(fd, &uid, &gid) != 0)
        return GOX_ERR_IO;
    if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) != 0)
        pid = -1;
    *peer = (struct gox_peer){.pid = pid, .uid = uid, .gid = gid};
    return 0;
}

int gox_socket_peer_groups(int fd, uint32_t *gids, size_t max)
{
    struct xucred cred;
    socklen_t len = sizeof cred;
    if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &cred, &len) != 0 ||
            cred.cr_version != XUCRED_VERSION)
        return GOX_ERR_IO;
    size_t count = (size_t)cred.cr_ngroups;
    if (count > max)
        return GOX_ERR_RANGE;
    for (size_t i = 0; i < count; i++)
        gids[i] = cred.cr_groups[i];
    return (int)count;
}
