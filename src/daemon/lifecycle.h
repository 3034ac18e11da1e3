/* SPDX-License-Identifier: Apache-2.0
 * The process around the server: background, user, PID file, the service
 * manager, signals. A server made without it (in a test) has none of them.
 *
 * Invariant: whatever fails at the start is told to who waits for it: the
 * parent of --daemonize, the service manager, standard error; and leaves
 * neither PID file nor socket. */
#ifndef GOX_DAEMON_LIFECYCLE_H
#define GOX_DAEMON_LIFECYCLE_H

#include "daemon/daemon.h"
#include "daemon/options.h"
#include "loop/loop.h"
#include "platform/daemonize.h"
#include "platform/listen_fds.h"
#include "platform/notify.h"
#include "platform/pid_file.h"
#include "platform/user.h"

#define GOX_LIFECYCLE_SIGNALS 5

struct gox_lifecycle {
    const struct gox_options *options; /* borrowed */
    struct gox_daemonize background;
    struct gox_notify notify;
    struct gox_listen_fds passed; /* sockets of the service manager */
    struct gox_pid_file pid_file;
    struct gox_user user;
    bool has_user;          /* to become */
    int listen_fd, lock_fd; /* bound while still root; -1: not yet */
    gox_signal *signals[GOX_LIFECYCLE_SIGNALS];
    gox_timer *watchdog;
};

/* Serves until the end. Takes the settings over. Returns the exit code. */
int gox_lifecycle_run(
        const struct gox_options *options, struct gox_settings *own_settings);

/* ---- for server.c; all fine without a lifecycle ---- */
/* The server begins to stop. */
void gox__lifecycle_stopping(gox_daemon *daemon);
/* Closes signals and timers, before the loop is freed. */
void gox__lifecycle_close(gox_daemon *daemon);

/* ---- listen.c ---- */
/* Binds the Unix socket that the settings name. GOX_ERR_EXISTS: another server
 * is there, with its pid in the text. */
int gox__listen_bind(const struct gox_settings *settings, int *fd, int *lock_fd,
        struct gox_error *err) GOX_MUST_CHECK;
/* Opens all listeners: passed ones first, else our own. */
int gox__listen_open(gox_daemon *daemon, struct gox_error *err) GOX_MUST_CHECK;
/* The passed socket that is for HTTP (named "http" in LISTEN_FDNAMES), which is
 * the caller's then; -1: none. */
int gox__listen_take_http(gox_daemon *daemon);
/* Takes our socket's path away, so that nobody new comes. */
void gox__listen_unlink(gox_daemon *daemon);
void gox__listen_close(gox_daemon *daemon);

/* ---- reload.c ---- */
struct gox_writer;
/* Reads the settings again and applies what can be. Members of an object that
 * is open go to w (may be NULL). 0, or an error when the old ones stay; err has
 * the first mistake. */
int gox__reload(gox_daemon *daemon, bool is_dry_run, struct gox_writer *w,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
