/* SPDX-License-Identifier: Apache-2.0
 * Sockets from launchd (macOS), by the name they have in the job's "Sockets"
 * dictionary. The same result as gox_listen_fds_take. */
#ifndef GOX_PLATFORM_LAUNCHD_H
#define GOX_PLATFORM_LAUNCHD_H

#include "platform/listen_fds.h"

/* Adds the sockets of this name to fds (which may be empty: zeroed). launchd
 * gives each name once. GOX_ERR_UNSUPPORTED: not macOS, or not started by
 * launchd; GOX_ERR_NOT_FOUND: the job has no such name; GOX_ERR_EXISTS: given
 * already; GOX_ERR_IO, GOX_ERR_NOMEM. */
int gox_launchd_take(struct gox_listen_fds *fds, const char *name,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
