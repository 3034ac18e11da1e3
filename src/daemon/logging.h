/* SPDX-License-Identifier: Apache-2.0
 * The daemon's use of the log: from settings to its configuration, what is
 * logged about a request, and the last words of a daemon that ends by a fault.
 */
#ifndef GOX_DAEMON_LOGGING_H
#define GOX_DAEMON_LOGGING_H

#include "config/settings.h"
#include "log/log.h"

struct gox_call_internal;

/* Opens the log that the settings name; NULL with err set. It holds its records
 * until gox_log_start: the sandbox is entered before the first thread. */
gox_log *gox__logging_open(
        const struct gox_settings *settings, struct gox_error *err);
/* After a reload. */
void gox__logging_configure(gox_log *log, const struct gox_settings *settings);
/* From now on a fatal signal writes what is in the ring and its own number
 * before it ends the process, unless something else waits for the signal. NULL:
 * no more. */
void gox__logging_watch_faults(gox_log *log);

/* The end of a request: failures that are the server's own as warnings, all
 * others as debug. */
void gox__logging_request(gox_log *log, const struct gox_call_internal *call);

#endif
