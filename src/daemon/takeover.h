/* SPDX-License-Identifier: Apache-2.0
 * Waiting at the start for the data directory of a daemon that is about to end
 * (daemon.takeover_seconds). Our sockets are there already, so clients wait
 * instead of being refused.
 *
 * Invariant: between begin and end a request to stop is seen at once. */
#ifndef GOX_DAEMON_TAKEOVER_H
#define GOX_DAEMON_TAKEOVER_H

#include "daemon/daemon.h"

#include <signal.h>

struct gox_takeover {
    gox_daemon *daemon;
    int64_t begin_ns, told_ns; /* told: 0 before the first wait */
    sigset_t before;
};

void gox__takeover_begin(struct gox_takeover *takeover, gox_daemon *daemon);
/* The directory is in use: true after a moment when it is worth another try.
 * False: the time is up and code and err stay, or the daemon was asked to stop
 * and they become GOX_ERR_CANCELLED. */
bool gox__takeover_wait(
        struct gox_takeover *takeover, int *code, struct gox_error *err);
void gox__takeover_end(struct gox_takeover *takeover);

#endif
