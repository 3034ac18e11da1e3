/* SPDX-License-Identifier: Apache-2.0
 * The daemon's log: one line per event, time and level first, on standard error
 * or in a file. Nothing is logged per request unless the level is debug. */
#ifndef GOX_DAEMON_LOG_H
#define GOX_DAEMON_LOG_H

#include "base/error.h"
#include "config/settings.h"

struct gox_log {
    int fd;
    bool owns_fd;
    enum gox_log_level level;
};

/* path "": standard error. Appends; a new file gets mode 0640. */
int gox_log_open(struct gox_log *log, const char *path,
        enum gox_log_level level, struct gox_error *err) GOX_MUST_CHECK;
void gox_log_close(struct gox_log *log);
/* Any thread: one write per line. */
void gox_log_put(struct gox_log *log, enum gox_log_level level, const char *fmt,
        ...) GOX_PRINTF(3, 4);

#endif
