/* SPDX-License-Identifier: Apache-2.0
 * Credentials of the process at the other end, by SO_PEERCRED. */
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
