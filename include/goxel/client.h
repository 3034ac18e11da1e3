/* SPDX-License-Identifier: Apache-2.0
 * A client of the Goxel daemon's JSON-RPC: over its Unix socket, or with a
 * private `goxel-daemon --stdio` child that ends with the client. Calls either
 * block with a time limit (gox_client_call), or run beside others in the
 * caller's own poll loop (gox_client_submit, gox_client_dispatch).
 *
 * Invariants: every call gets exactly one outcome, also when the daemon dies; a
 * late answer to a call that was given up is dropped. Values are jansson's.
 *
 * Threads: one client belongs to one thread at a time; clients are independent.
 * Functions that fail return a negative GOX_ERR_* (goxel/error.h) or NULL and
 * fill in err, which may be NULL. Link with `pkg-config --libs goxel-client`.
 */
#ifndef GOXEL_CLIENT_H
#define GOXEL_CLIENT_H

#include <goxel/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gox_client gox_client;

/* Replies longer than this end the connection with GOX_ERR_TOO_LARGE, unless
 * gox_client_set_max_reply says otherwise. */
#define GOX_CLIENT_MAX_REPLY_BYTES ((size_t)512 * 1024 * 1024)

/* Connects to the daemon that listens at path. A full backlog is waited for up
 * to timeout_ms (-1: for ever). NULL with GOX_ERR_NOT_FOUND when there is no
 * socket, GOX_ERR_CLOSED when nobody listens, GOX_ERR_FORBIDDEN,
 * GOX_ERR_TIMEOUT, GOX_ERR_IO, GOX_ERR_NOMEM. Free with gox_client_close. */
gox_client *gox_client_connect(
        const char *path, int timeout_ms, struct gox_error *err);

/* Starts argv[0] (searched on PATH when it has no slash) with the arguments in
 * argv, NULL-ended and copied, and talks to it over its standard input and
 * output. The child leads a process group of its own, so that ^C in a terminal
 * reaches only the caller, who decides. stderr_fd (borrowed) becomes its
 * standard error; -1 keeps the caller's. NULL with GOX_ERR_NOT_FOUND,
 * GOX_ERR_FORBIDDEN, GOX_ERR_IO, GOX_ERR_NOMEM. */
gox_client *gox_client_spawn(
        const char *const *argv, int stderr_fd, struct gox_error *err);

/* A client over a connected stream socket, which it owns from here on, also on
 * failure. */
gox_client *gox_client_from_fd(int own_fd, struct gox_error *err);

/* Ends the connection and frees. Outstanding calls get GOX_ERR_CANCELLED. A
 * child sees the end of its input and is waited for; one that is still there
 * after 2 s is killed. NULL is fine. */
void gox_client_close(gox_client *client);

/* Drops the connection at once; a child is killed and reaped. Outstanding calls
 * get GOX_ERR_CLOSED. The client can be reconnected or closed. */
void gox_client_abort(gox_client *client);

/* Connects again to the same socket, or starts the same child again, after the
 * connection was lost or dropped (one that stands is dropped first). A socket
 * is tried with growing pauses until timeout_ms have passed. 0 or the error of
 * the last attempt. GOX_ERR_UNSUPPORTED for gox_client_from_fd. */
int gox_client_reconnect(
        gox_client *client, int timeout_ms, struct gox_error *err);

/* The limit for one reply. 0 restores the default. */
void gox_client_set_max_reply(gox_client *client, size_t bytes);

/* Calls method and waits. params is borrowed: an object, an array, or NULL for
 * none. On success *result (may be NULL when it is not wanted) is a new
 * reference. timeout_ms -1 waits for ever; after a timeout the daemon is told
 * to cancel the call, and the connection stays usable. Besides connection
 * errors (GOX_ERR_CLOSED, _TIMEOUT, _TOO_LARGE, _PARSE, _IO, _NOMEM) returns
 * the code that belongs to the daemon's error; gox_client_get_error then has
 * the whole.
 */
int gox_client_call(gox_client *client, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err);

/* With is_on, gox_client_call of a client made by gox_client_connect makes up
 * for a daemon that ends or restarts meanwhile. When there is no connection it
 * makes one first. A call whose connection was lost before its answer came is
 * made again on a new one if that does no harm (gox_client_is_safe); another
 * returns GOX_ERR_CLOSED, and may have been carried out or not. A call that was
 * refused with data.retry_after_ms is made again after that time. All of it
 * ends after timeout_ms (-1: 30 s without a daemon). A new connection is
 * authenticated as the one before, and has the same project open; what
 * goxel.subscribe asked for is to be asked for again. Off at first. */
void gox_client_set_retry(gox_client *client, bool is_on);

/* Whether calling the method twice is the same as once: those that only look.
 * The list is made from the daemon's and the manager's tables of methods. */
bool gox_client_is_safe(const char *method);

/* The daemon's error object {code, message, data} of the last gox_client_call
 * on this client, NULL when the call succeeded or never got an answer.
 * Borrowed, valid until the next call. */
const json_t *gox_client_get_error(const gox_client *client);

/* Sends a request that has no answer. */
int gox_client_notify(gox_client *client, const char *method,
        const json_t *params, struct gox_error *err);

/* The outcome of a submitted call. err->code is 0 for success. result and error
 * are borrowed, error is NULL unless the daemon answered one. It may submit
 * further calls; it must not call gox_client_call, _close, _abort or
 * _reconnect. */
typedef void gox_client_reply_fn(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err);

/* Sends a call without waiting. fn comes exactly once, from
 * gox_client_dispatch, gox_client_call, _abort or _close, never from here. id
 * (may be NULL) gets the number that gox_client_cancel takes. When this fails,
 * fn never comes. */
int gox_client_submit(gox_client *client, const char *method,
        const json_t *params, gox_client_reply_fn *fn, void *ctx, int64_t *id,
        struct gox_error *err);

/* Gives a submitted call up: fn never comes, and the daemon is told. An unknown
 * id does nothing. */
void gox_client_cancel(gox_client *client, int64_t id);

/* Called with each notification, such as goxel.progress {id, fraction} or
 * goxel.changed. method and params are borrowed; params may be NULL. The same
 * rules as for gox_client_reply_fn. */
typedef void gox_client_notification_fn(
        void *ctx, const char *method, const json_t *params);
void gox_client_on_notification(
        gox_client *client, gox_client_notification_fn *fn, void *ctx);

/* For a poll loop: the descriptor (-1 when not connected) and the events that
 * it should be polled for now. */
int gox_client_get_fd(const gox_client *client);
short gox_client_get_events(const gox_client *client);

/* Sends and receives what is possible without waiting, and makes the callbacks.
 * 0, or the error that ended the connection. */
int gox_client_dispatch(gox_client *client, struct gox_error *err);

/* How many submitted calls have no answer yet. */
size_t gox_client_get_pending(const gox_client *client);

/* The process id of the child, 0 when there is none. */
pid_t gox_client_get_pid(const gox_client *client);

/* How the last child ended, as waitpid(2) tells it; -1 when none has ended by
 * itself. */
int gox_client_get_exit(const gox_client *client);

#ifdef __cplusplus
}
#endif
#endif
