/* SPDX-License-Identifier: Apache-2.0
 * The life of a client: opening, the list of calls that wait, the end of the
 * connection, and opening again.
 *
 * Invariant: gox__client_drop is the only place that ends a connection, and it
 * tells every waiting call. */
#include "base/alloc.h"
#include "base/time.h"
#include "client/client_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a child may take to end by itself after its input ended. */
#define CLOSE_GRACE_MS         2000
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
    gox_free(client->project);
    json_decref(client->credentials);
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
        (void)gox__client_reap(
                client, GOX__CLIENT_END_MS, ended, sizeof(ended));
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
