/* SPDX-License-Identifier: Apache-2.0
 * Sharing descriptors of a process that an earlier manager started: its
 * listening socket, and the pipes that it writes its log to.
 *
 * Invariant: what is returned is close-on-exec and ours to close; the other
 * process notices nothing. */
#ifndef GOX_PLATFORM_TAKE_FD_H
#define GOX_PLATFORM_TAKE_FD_H

#include "platform/process.h"

/* A copy of descriptor `number` of p. GOX_ERR_NOT_FOUND: it has none or has
 * ended; GOX_ERR_FORBIDDEN; GOX_ERR_UNSUPPORTED (Linux 5.6 and later has it).
 */
int gox_take_fd(
        const struct gox_process *p, int number, int *fd) GOX_MUST_CHECK;
/* A new reading end, non-blocking, of the pipe that descriptor `number` of p
 * writes to. GOX_ERR_FORMAT: it is no pipe; else as above. */
int gox_take_pipe(
        const struct gox_process *p, int number, int *fd) GOX_MUST_CHECK;

#endif
