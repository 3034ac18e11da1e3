/* SPDX-License-Identifier: Apache-2.0
 * Calls: sending without waiting, the turn of a poll loop, and one attempt of
 * the blocking call on top of both.
 *
 * Invariant: a call that was submitted is in client->calls until its outcome is
 * told or it is cancelled. */
#include "base/alloc.h"
#include "base/time.h"
#include "client/client_internal.h"

#include <assert.h>
#include <poll.h>

/* The connection failed with `why`: says how a child ended, drops, and returns
 * the code. */
static int fail(
        gox_client *client, struct gox_error *why, struct gox_error *err)
{
    char ended[120];
    pid_t pid = client->pid;

    if (pid > 0) {
        if (gox__client_reap(client,
                    why->code == GOX_ERR_CLOSED ? GOX__CLIENT_END_MS : 0, ended,
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

int gox__client_call_once(gox_client *client, const char *method,
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
