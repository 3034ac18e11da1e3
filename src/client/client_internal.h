/* SPDX-License-Identifier: Apache-2.0
 * What the files of the client share.
 *
 * Invariants: fd is -1 exactly when the client is not connected; pid is 0 when
 * there is no child left to reap; a call leaves `calls` before its callback is
 * made, so that no outcome is told twice. */
#ifndef GOX_CLIENT_INTERNAL_H
#define GOX_CLIENT_INTERNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "goxel/client.h"

#include <stdbool.h>
#include <stdint.h>

/* The exit of a child follows the end of its stream within microseconds; one
 * that only closed its output is killed after this. */
#define GOX__CLIENT_END_MS 500

struct gox__client_call {
    int64_t id;
    gox_client_reply_fn *fn;
    void *ctx;
};

struct gox_client {
    int fd;
    pid_t pid;
    char *socket_path; /* gox_client_connect: to connect again */
    char **argv;       /* gox_client_spawn: to start again */
    int exit_status;   /* of the last child that ended by itself, or -1 */
    int stderr_fd;     /* of the child; our own duplicate, -1 for none */
    struct gox_buf in;
    size_t scanned; /* bytes of `in` that hold no newline */
    struct gox_buf out;
    struct gox__client_call *calls;
    size_t call_count, call_capacity;
    int64_t next_id;
    size_t max_reply_bytes;
    gox_client_notification_fn *notification_fn;
    void *notification_ctx;
    json_t *last_error;
    struct gox_error ended; /* why the connection ended, for later calls */
    bool is_dispatching;
    /* gox_client_set_retry; what a new connection must be told */
    bool is_retrying;
    json_t *credentials; /* params of daemon.authenticate; or NULL */
    char *project;       /* that is open; or NULL */
};

/* connect.c and spawn.c: give client->fd (and pid) a value, or an error. */
int gox__client_open_socket(
        gox_client *client, int timeout_ms, struct gox_error *err);
int gox__client_start_child(gox_client *client, struct gox_error *err);

/* Waits up to timeout_ms for the child to end and reaps it; true when there is
 * none left. text (of `size` bytes) says how it ended. */
bool gox__client_reap(
        gox_client *client, int timeout_ms, char *text, size_t size);

/* call.c: one attempt of gox_client_call. */
int gox__client_call_once(gox_client *client, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err);

/* SIGKILL and reap. */
void gox__client_kill(gox_client *client);

/* wire.c: queues one request line (id < 0: a notification), sends what goes. */
int gox__client_put(gox_client *client, int64_t id, const char *method,
        const json_t *params, struct gox_error *err);
int gox__client_flush(gox_client *client, struct gox_error *err);

/* Reads what is there and makes the callbacks of whole lines. */
int gox__client_receive(gox_client *client, struct gox_error *err);

/* client.c: closes the descriptor and tells every call `why` (whose text stays
 * as the reason that later calls get). The child is left to the caller. */
void gox__client_drop(gox_client *client, const struct gox_error *why);

/* The call with this id, taken out of the list; false when there is none. */
bool gox__client_take_call(
        gox_client *client, int64_t id, struct gox__client_call *call);

#endif
