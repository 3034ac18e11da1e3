/* SPDX-License-Identifier: Apache-2.0
 * The manager of the Goxel daemon for C programs: connect to the goxel-manager
 * that runs, or start one, steer the daemon, and hear what happens. It speaks
 * the control protocol of docs/manager.md; nothing is supervised in this
 * process, so the daemon goes on when it ends.
 *
 * Threads: one gox_manager_link belongs to one thread at a time; links are
 * independent. The library starts no thread and has no globals. Starting a
 * manager makes a child process that has ended when the call returns; a program
 * that ignores SIGCHLD, or reaps any child, may not see how it ended, which is
 * then found out by connecting.
 *
 * Functions that fail return a negative GOX_ERR_* (goxel/error.h) or NULL and
 * fill in err, which may be NULL. Link with `pkg-config --libs goxel-manager`.
 */
#ifndef GOXEL_MANAGER_H
#define GOXEL_MANAGER_H

#include <goxel/client.h>
#include <goxel/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gox_manager_link gox_manager_link;

/* All zero is usable: the usual socket, connect only. Borrowed for the call. */
struct gox_manager_config {
    const char *socket_path; /* of the daemon; NULL: GOXEL_SOCKET_PATH, else
                                the usual one of this user */
    const char
            *control_path; /* of the manager; NULL: socket_path with ".ctl" */
    bool auto_start;       /* start a manager when none answers */
    /* For a start: goxel-manager (NULL: GOXEL_MANAGER_BINARY, beside
     * daemon_binary, beside this program, on PATH), goxel-daemon (NULL:
     * GOXEL_DAEMON_BINARY, or as the manager finds it), the settings' file, and
     * more arguments of goxel-manager, NULL at the end. */
    const char *manager_binary;
    const char *daemon_binary;
    const char *config_file;
    const char *const *arguments;
    const char *instance; /* which one is steered; NULL: the first */
    int timeout_ms;       /* of connecting and starting; 0: 15 s */
};

/* Connects, and starts a manager if need be and allowed. Blocks at most
 * timeout_ms. NULL with GOX_ERR_NOT_FOUND or GOX_ERR_CLOSED when no manager
 * answers and none may be started, GOX_ERR_TIMEOUT, GOX_ERR_FORBIDDEN,
 * GOX_ERR_IO (it was started and ended; the text says why), GOX_ERR_NOMEM.
 * config may be NULL. Free with gox_manager_close. */
gox_manager_link *gox_manager_open(
        const struct gox_manager_config *config, struct gox_error *err);
/* Manager and daemon go on. NULL is fine. */
void gox_manager_close(gox_manager_link *link);

/* With is_on, the calls of this link make up for a manager that is replaced or
 * killed meanwhile, as gox_client_set_retry does for a daemon: without a
 * connection one is made first, and a call whose connection was lost before its
 * answer came is made again if that does no harm (gox_client_is_safe); another
 * returns GOX_ERR_CLOSED, and may have been carried out or not. A manager is
 * waited for as long as the call may take, at most 30 s, and not started. A
 * subscription is made again where it ended, so no stored event is missed. Off
 * at first. */
void gox_manager_set_retry(gox_manager_link *link, bool is_on);

/* True when gox_manager_open started the manager. */
bool gox_manager_was_started(const gox_manager_link *link);
/* The daemon's socket, for gox_client_connect. Borrowed. With
 * gox_client_set_retry, calls there that only look survive its restarts. */
const char *gox_manager_socket_path(const gox_manager_link *link);

/* These wait until it is done, or timeout_ms have passed (GOX_ERR_TIMEOUT; the
 * work goes on). -1: as long as the manager's settings allow. */
int gox_manager_start(
        gox_manager_link *link, int timeout_ms, struct gox_error *err);
int gox_manager_stop(
        gox_manager_link *link, int timeout_ms, struct gox_error *err);
int gox_manager_restart(
        gox_manager_link *link, int timeout_ms, struct gox_error *err);
/* 0: reloaded; GOX_ERR_PARAMS: refused, the old configuration is in use. */
int gox_manager_reload(
        gox_manager_link *link, int timeout_ms, struct gox_error *err);
/* Ends the manager; leave_daemon: without stopping the daemon. */
int gox_manager_shutdown(
        gox_manager_link *link, bool leave_daemon, struct gox_error *err);

/* Texts are those of docs/manager.md. */
struct gox_manager_status {
    char name[68];
    char state[16];   /* "running" ... */
    char health[16];  /* "healthy" ... */
    char reason[160]; /* "" when all is well */
    char backend[16];
    bool is_ready;
    int64_t pid;       /* 0: none */
    int64_t uptime_ms; /* of the daemon; 0 when there is none */
    int64_t restarts;
    int64_t manager_pid;
    uint64_t latest_event;
};
int gox_manager_get_status(gox_manager_link *link,
        struct gox_manager_status *status, struct gox_error *err);
/* Makes a round of checks first; status->health and ->reason are of that. The
 * whole answer is put into *details (a new reference) unless it is NULL. */
int gox_manager_check(gox_manager_link *link, struct gox_manager_status *status,
        json_t **details, struct gox_error *err);

/* Any method of the control socket; as gox_client_call. The instance is put in
 * when params does not name one. */
int gox_manager_call(gox_manager_link *link, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err);

/* Called for each event, from gox_manager_dispatch or any call that waits.
 * name ("exited") and event (the whole object) are borrowed. It must not call
 * back into this link but for gox_manager_socket_path. */
typedef void gox_manager_event_fn(
        void *ctx, const char *name, uint64_t seq, const json_t *event);
/* Subscribes; after: events above this number that were stored come first,
 * UINT64_MAX: only what happens from now on. */
int gox_manager_subscribe(gox_manager_link *link, uint64_t after,
        gox_manager_event_fn *fn, void *ctx, struct gox_error *err);

/* For a poll loop: the descriptor (-1: not connected), the events to poll it
 * for, and what to call when they come. Dispatch never waits; an error means
 * that the connection is lost: open anew, with the last number seen, or, after
 * gox_manager_set_retry, make any call. */
int gox_manager_get_fd(const gox_manager_link *link);
short gox_manager_get_events(const gox_manager_link *link);
int gox_manager_dispatch(gox_manager_link *link, struct gox_error *err);

#ifdef __cplusplus
}
#endif
#endif
