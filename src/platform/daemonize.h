/* SPDX-License-Identifier: Apache-2.0
 * Going to the background for old init systems, without lying: the parent waits
 * until the daemon serves or has said why not.
 *
 * Invariant: the parent always learns a result; a daemon that dies without a
 * word is one. Call before the first thread and before opening what must not
 * be shared with the parent (databases, loops). */
#ifndef GOX_PLATFORM_DAEMONIZE_H
#define GOX_PLATFORM_DAEMONIZE_H

#include "base/error.h"

#include <stdbool.h>

struct gox_daemonize {
    int fd;        /* in the daemon: to the waiting parent; -1 once told */
    int exit_code; /* in the parent: what it should exit with */
};

/* Forks twice, with a session of its own in between. Returns 1 in the daemon:
 * no terminal, stdin is /dev/null, stdout and stderr still those of the caller,
 * so that early errors are seen. Returns in the parent when the daemon has
 * spoken: 0 (it serves), or its error code with its text in err; exit_code is
 * set. GOX_ERR_TIMEOUT after timeout_ms (0: no limit; the daemon is left alone
 * and the text says so), GOX_ERR_CLOSED when it died, GOX_ERR_IO when it could
 * not be started. Directory and umask stay. */
int gox_daemonize_start(struct gox_daemonize *d, int timeout_ms,
        struct gox_error *err) GOX_MUST_CHECK;

/* In the daemon: "I serve". Tells the parent and turns stdout and stderr to
 * /dev/null when keep_output is false. Does nothing when fd is -1, so callers
 * need not know whether they run in the background. GOX_ERR_CLOSED when the
 * parent has gone meanwhile, which is no reason to stop. */
int gox_daemonize_succeed(struct gox_daemonize *d, bool keep_output);
/* In the daemon: "I end, because". Copies err's code and text. */
void gox_daemonize_fail(
        struct gox_daemonize *d, int exit_code, const struct gox_error *err);

#endif
