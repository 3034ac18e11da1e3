/* SPDX-License-Identifier: Apache-2.0
 * Named pipes (Windows only), where other systems have Unix sockets: made with
 * an access list instead of a mode, and never shared with a stranger who made
 * the name first.
 *
 * Invariant: the first instance is made with "first instance" or not at all. */
#ifndef GOX_PLATFORM_NAMED_PIPE_H
#define GOX_PLATFORM_NAMED_PIPE_H

#include "platform/socket.h"

#include <stdbool.h>
#include <stdint.h>

/* One more instance of \\.\pipe\name. access is an SDDL text; NULL: the owner,
 * administrators and the system. No remote clients. GOX_ERR_EXISTS: another
 * program has the name; GOX_ERR_FORBIDDEN, GOX_ERR_PARAMS, GOX_ERR_IO. */
int gox_named_pipe_create(const char *name, const char *access, bool is_first,
        intptr_t *handle, struct gox_error *err) GOX_MUST_CHECK;
/* The process at the other end; uid and gid are -1. */
int gox_named_pipe_peer(intptr_t handle, struct gox_peer *peer) GOX_MUST_CHECK;

#endif
