/* SPDX-License-Identifier: Apache-2.0
 * Listening sockets that the service manager made and passes on (LISTEN_FDS),
 * so that clients wait instead of being refused while a daemon restarts. The
 * passing side is gox_process_start.
 *
 * Invariant: what was taken is close-on-exec and non-blocking, and belongs to
 * the caller until gox_listen_fds_fini, which closes what is left. */
#ifndef GOX_PLATFORM_LISTEN_FDS_H
#define GOX_PLATFORM_LISTEN_FDS_H

#include "platform/socket.h"

#include <stddef.h>

#define GOX_LISTEN_FDS_MAX   64
#define GOX_LISTEN_NAME_MAX  255 /* bytes of a name */
#define GOX_LISTEN_FDS_FIRST 3

struct gox_listen_fd {
    int fd; /* set to -1 to keep it beyond gox_listen_fds_fini */
    char name[GOX_LISTEN_NAME_MAX + 1]; /* "unknown" when none was given */
    struct gox_socket_info info;        /* what it is; see socket.h */
};

struct gox_listen_fds {
    struct gox_listen_fd *items;
    size_t count;
};

/* Takes over the descriptors that LISTEN_PID says are for this process; when
 * they are for another, or none are passed, count is 0 and nothing is touched.
 * unset_env removes the variables in any case: call before the first thread.
 * GOX_ERR_FORMAT for a variable that makes no sense (more than
 * GOX_LISTEN_FDS_MAX, names that do not match the count), GOX_ERR_IO for a
 * descriptor that is not open, GOX_ERR_NOMEM; nothing is closed then. */
int gox_listen_fds_take(struct gox_listen_fds *fds, bool unset_env,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_listen_fds_fini(struct gox_listen_fds *fds);

/* The first that listens as a stream socket of this kind and has this name
 * (NULL: any name), or NULL. Borrows. */
struct gox_listen_fd *gox_listen_fds_find(const struct gox_listen_fds *fds,
        enum gox_socket_kind kind, const char *name);

#endif
