/* SPDX-License-Identifier: Apache-2.0
 * Life and calls of a client: opening, the list of calls that wait, blocking
 * calls on top of it, and the end of the connection.
 *
 * Invariant: gox__client_drop is the only place that ends a connection, and it
 * tells every waiting call. */
#include "base/alloc.h"
#include "base/time.h"
#include "client_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a child may take to end by itself after its input ended. */
#define CLOSE_GRACE_MS 2000
/* The exit follows the end of the stream within microseconds; a child that only
 * closed its output is killed after this. */
#define END_GRACE_MS 500

#define RECONNECT_PAUSE_MS     10
#define RECONNECT_PAUSE_MAX_MS 500

static gox_client *new_client(struct gox_error *err)
{
    gox_client *client = gox_calloc(1, sizeof(*client));

    if (!client) {
        (void)gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for a daemon connection");
        return NULL;
    }
    client->fd = -1;
    client->stderr_fd = -1;
    client->exit_status = -1;
    client->next_id = 1;
    client->max_reply_bytes = GOX_CLIENT_MAX_REPLY_BYTES;
    gox_buf_init(&client->in, 0);
    gox_buf_init(&client->out, 0);
    return client;
}

static void free_client(gox_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    if (client->stderr_fd >= 0)
        close(client->stderr_fd);
    for (char **arg = client->argv; arg && *arg; arg++)
        gox_free(*arg);
    gox_free(client->argv);
    gox_free(client->socket_path);
    gox_free(client->calls);
    json_decref(client->last_error);
    gox_buf_fini(&client->in);
    gox_buf_fini(&client->out);
    gox_free(client);
}

gox_client *gox_client_connect(
        const char *path, int timeout_ms, struct gox_error *err)
{
    gox_client *client = new_client(err);

    if (!client)
        return NULL;
    client->socket_path = gox_strdup(path);
    if (!client->socket_path) {
        (void)gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for a daemon connection");
        goto fail;
    }
    if (gox__client_open_socket(client, timeout_ms, err) == 0)
        return client;
fail:
    free_client(client);
    return NULL;
}

static char **dup_argv(const char *const *argv)
{
    size_t count = 0;
    char **copy;

    while (argv[count])
        count++;
    copy = gox_calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = gox_strdup(argv[i]);
        if (!copy[i]) {
            while (i > 0)
                gox_free(copy[--i]);
            gox_free(copy);
            return NULL;
        }
    }
    return copy;
}

gox_client *gox_client_spawn(
        const char *const *argv, int stderr_fd, struct gox_error *err)
{
    gox_client *client = new_client(err);

    if (!client)
        return NULL;
    client->argv = dup_argv(argv);
    if (!client->argv) {
        (void)gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for a daemon process");
        goto fail;
    }
    if (stderr_fd >= 0) {
        client->stderr_fd = fcntl(stderr_fd, F_DUPFD_CLOEXEC, 3);
        if (client->stderr_fd < 0) {
            (void)gox_error_set(err, GOX_ERR_IO,
                    "cannot duplicate descriptor %d: %s", stderr_fd,
                    strerror(errno));
            goto fail;
        }
    }
    if (gox__client_start_child(client, err) == 0)
        return client;
fail:
    free_client(client);
    return NULL;
}

gox_client *gox_client_from_fd(int own_fd, struct gox_error *err)
{
    gox_client *client = new_client(err);

    if (!client) {
        close(own_fd);
        return NULL;
    }
    client->fd = own_fd;
    return client;
}

bool gox__client_take_call(
        gox_client *client, int64_t id, struct gox__client_call *call)
{
    for (size_t i = 0; i < client->call_count; i++) {
        if (client->calls[i].id != id)
            continue;
        *call = client->calls[i];
        client->call_count--;
        memmove(client->calls + i, client->calls + i + 1,
                (client->call_count - i) * sizeof(*call));
        return true;
    }
    return false;
}

void gox__client_drop(gox_client *client, const struct gox_error *why)
{
    struct gox__client_call call;

    if (client->fd >= 0) {
        close(client->fd);
        client->fd = -1;
    }
    client->ended = *why;
    gox_buf_fini(&client->in);
    gox_buf_fini(&client->out);
    client->scanned = 0;
    while (client->call_count > 0) {
        if (gox__client_take_call(client, client->calls[0].id, &call))
            call.fn(call.ctx, NULL, NULL, why);
    }
}

/* The connection failed with `why`: says how a child ended, drops, and returns
 * the code. */
static int fail(
        gox_client *client, struct gox_error *why, struct gox_error *err)
{
    char ended[120];
    pid_t pid = client->pid;

    if (pid > 0) {
        if (gox__client_reap(client,
                    why->code == GOX_ERR_CLOSED ? END_GRACE_MS : 0, ended,
                    sizeof(ended)))
            (void)gox_error_set(why, GOX_ERR_CLOSED,
                    "the daemon process %ld %s", (long)pid, ended);
        else
            gox__client_kill(client);
    }
    gox__client_drop(client, why);
    if (err)
        *err = *why;
    return why->code;
}

static int check_open(const gox_client *client, struct gox_error *err)
{
    if (client->fd >= 0)
        return 0;
    return gox_error_set(
            err, GOX_ERR_CLOSED, "not connected: %s", client->ended.text);
}

int gox_client_submit(gox_client *client, const char *method,
        const json_t *params, gox_client_reply_fn *fn, void *ctx, int64_t *id,
        struct gox_error *err)
{
    struct gox__client_call *call;
    int rc = check_open(client, err);

    if (rc != 0)
        return rc;
    if (!gox_grow(&client->calls, &client->call_capacity,
                client->call_count + 1, sizeof(*client->calls)))
        return gox_error_set(
                err, GOX_ERR_NOMEM, "out of memory for the call %s", method);
    rc = gox__client_put(client, client->next_id, method, params, err);
    if (rc != 0)
        return rc;
    call = &client->calls[client->call_count++];
    call->id = client->next_id++;
    call->fn = fn;
    call->ctx = ctx;
    if (id)
        *id = call->id;
    return 0;
}

int gox_client_notify(gox_client *client, const char *method,
        const json_t *params, struct gox_error *err)
{
    int rc = check_open(client, err);

    return rc != 0 ? rc : gox__client_put(client, -1, method, params, err);
}

void gox_client_cancel(gox_client *client, int64_t id)
{
    struct gox__client_call call;
    json_t *params;

    if (!gox__client_take_call(client, id, &call))
        return;
    params = json_pack("{s:I}", "id", (json_int_t)id);
    if (params)
        (void)gox_client_notify(client, "rpc.cancel", params, NULL);
    json_decref(params);
}

int gox_client_dispatch(gox_client *client, struct gox_error *err)
{
    struct gox_error why = {.offset = -1};
    int rc = check_open(client, err);

    if (rc != 0)
        return rc;
    assert(!client->is_dispatching);
    client->is_dispatching = true;
    rc = gox__client_flush(client, &why);
    if (rc == 0)
        rc = gox__client_receive(client, &why);
    client->is_dispatching = false;
    return rc == 0 ? 0 : fail(client, &why, err);
}

/* Where gox_client_call waits for its answer. */
struct waiter {
    bool is_done;
    json_t *result;
    json_t *error;
    struct gox_error err;
};

static void on_waited(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct waiter *waiter = ctx;

    waiter->is_done = true;
    waiter->result = json_incref(result);
    waiter->error = error ? json_deep_copy(error) : NULL;
    waiter->err = *err;
}

/* Waits until the call is done or the time is over; the connection's own
 * errors reach the waiter as well. */
static int wait_for(gox_client *client, struct waiter *waiter, int timeout_ms)
{
    int64_t end_ns = gox_time_now_ns() + timeout_ms * GOX_NS_PER_MS;

    while (!waiter->is_done) {
        struct pollfd item = {
                .fd = client->fd, .events = gox_client_get_events(client)};
        int left_ms = -1;
        if (timeout_ms >= 0) {
            int64_t left_ns = end_ns - gox_time_now_ns();
            if (left_ns <= 0)
                return GOX_ERR_TIMEOUT;
            left_ms = (int)((left_ns + GOX_NS_PER_MS - 1) / GOX_NS_PER_MS);
        }
        if (poll(&item, 1, left_ms) > 0)
            (void)gox_client_dispatch(client, NULL);
    }
    return 0;
}

int gox_client_call(gox_client *client, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err)
{
    struct waiter waiter = {.is_done = false};
    int64_t id;
    int rc;

    assert(!client->is_dispatching);
    if (result)
        *result = NULL;
    json_decref(client->last_error);
    client->last_error = NULL;
    rc = gox_client_submit(
            client, method, params, on_waited, &waiter, &id, err);
    if (rc != 0)
        return rc;
    if (wait_for(client, &waiter, timeout_ms) != 0) {
        gox_client_cancel(client, id);
        return gox_error_set(err, GOX_ERR_TIMEOUT,
                "no answer to %s within %d ms; it was told to cancel", method,
                timeout_ms);
    }
    client->last_error = waiter.error;
    if (waiter.err.code != 0 && err)
        *err = waiter.err;
    if (result && waiter.err.code == 0)
        *result = waiter.result;
    else
        json_decref(waiter.result);
    return waiter.err.code;
}

const json_t *gox_client_get_error(const gox_client *client)
{
    return client->last_error;
}

/* After shutdown() the child sees its input end; its exit shows as the end of
 * our stream, so no time is lost with looking. What it still sends is
 * dropped. */
static void wait_for_end(const gox_client *client)
{
    int64_t end_ns = gox_time_now_ns() + CLOSE_GRACE_MS * GOX_NS_PER_MS;
    char scrap[4096];

    for (;;) {
        struct pollfd item = {.fd = client->fd, .events = POLLIN};
        int64_t left_ms = (end_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
        ssize_t n;
        if (left_ms <= 0)
            return;
        if (poll(&item, 1, (int)left_ms) <= 0)
            continue;
        n = recv(client->fd, scrap, sizeof(scrap), MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return;
    }
}

void gox_client_close(gox_client *client)
{
    struct gox_error why;
    char ended[120];

    if (!client)
        return;
    assert(!client->is_dispatching);
    if (client->pid > 0 && client->fd >= 0 &&
            shutdown(client->fd, SHUT_WR) == 0) {
        wait_for_end(client);
        (void)gox__client_reap(client, END_GRACE_MS, ended, sizeof(ended));
    }
    gox__client_kill(client);
    (void)gox_error_set(
            &why, GOX_ERR_CANCELLED, "the connection was closed by the caller");
    gox__client_drop(client, &why);
    free_client(client);
}

void gox_client_abort(gox_client *client)
{
    struct gox_error why;

    assert(!client->is_dispatching);
    (void)gox_error_set(
            &why, GOX_ERR_CLOSED, "the connection was dropped by the caller");
    gox__client_kill(client);
    gox__client_drop(client, &why);
}

int gox_client_reconnect(
        gox_client *client, int timeout_ms, struct gox_error *err)
{
    int64_t end_ns = gox_time_now_ns() + timeout_ms * GOX_NS_PER_MS;
    int pause_ms = RECONNECT_PAUSE_MS;
    int rc;

    gox_client_abort(client);
    if (client->argv)
        return gox__client_start_child(client, err);
    if (!client->socket_path)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "a connection made from a descriptor cannot be made again");
    for (;;) {
        int64_t left_ms = (end_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
        rc = gox__client_open_socket(client,
                timeout_ms < 0 ? -1 : (int)(left_ms > 0 ? left_ms : 0), err);
        if (rc == 0 || (timeout_ms >= 0 && left_ms <= 0))
            return rc;
        poll(NULL, 0,
                timeout_ms >= 0 && left_ms < pause_ms ? (int)left_ms
                                                      : pause_ms);
        if (pause_ms < RECONNECT_PAUSE_MAX_MS)
            pause_ms *= 2;
    }
}

void gox_client_set_max_reply(gox_client *client, size_t bytes)
{
    client->max_reply_bytes = bytes > 0 ? bytes : GOX_CLIENT_MAX_REPLY_BYTES;
}

void gox_client_on_notification(
        gox_client *client, gox_client_notification_fn *fn, void *ctx)
{
    client->notification_fn = fn;
    client->notification_ctx = ctx;
}

int gox_client_get_fd(const gox_client *client)
{
    return client->fd;
}

short gox_client_get_events(const gox_client *client)
{
    return client->out.len > 0 ? POLLIN | POLLOUT : POLLIN;
}

size_t gox_client_get_pending(const gox_client *client)
{
    return client->call_count;
}

pid_t gox_client_get_pid(const gox_client *client)
{
    return client->pid;
}

int gox_client_get_exit(const gox_client *client)
{
    return client->exit_status;
}
