/* SPDX-License-Identifier: Apache-2.0
 * The server as a whole, for main and for tests. */
#ifndef GOX_DAEMON_DAEMON_H
#define GOX_DAEMON_DAEMON_H

#include "config/settings.h"
#include "log/log.h"

typedef struct gox_daemon gox_daemon;

/* Takes the settings over (also on failure). Makes the data and render
 * directories, but does not listen yet. NULL with err set. */
gox_daemon *gox_daemon_new(
        struct gox_settings *own_settings, struct gox_error *err);
/* Listens on the socket, or reads standard input with --stdio. */
int gox_daemon_start(gox_daemon *daemon, struct gox_error *err) GOX_MUST_CHECK;
/* Until SIGTERM, SIGINT, daemon.shutdown, or the end of standard input. */
void gox_daemon_run(gox_daemon *daemon);
/* Asks the loop to end: nothing new is accepted, what is under way is finished
 * within a bound. Loop thread. */
void gox_daemon_stop(gox_daemon *daemon);
void gox_daemon_free(gox_daemon *daemon);

/* The whole program: command line to exit code. */
int gox_daemon_main(int argc, char **argv);

#endif
