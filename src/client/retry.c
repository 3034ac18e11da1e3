/* SPDX-License-Identifier: Apache-2.0
 * The blocking call, made again when the daemon ended or restarted meanwhile
 * and that does no harm.
 *
 * Invariant: a call that may have been carried out is sent again only if its
 * method is safe; a new connection works on the same project as the one before.
 */
#include "base/alloc.h"
#include "base/time.h"
#include "client/client_internal.h"
#include "client/safe_methods.h"

#include <poll.h>
#include <string.h>

#define FIRST_PAUSE_MS   2
#define LONGEST_PAUSE_MS 200
/* For a call without a limit: how long to look for a daemon. */
#define PATIENCE_MS 30000

void gox_client_set_retry(gox_client *client, bool is_on)
{
    client->is_retrying = is_on && client->socket_path;
}

bool gox_client_is_safe(const char *method)
{
    size_t begin = 0;
    size_t end = sizeof(gox__safe_methods) / sizeof(gox__safe_methods[0]);

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        int order = strcmp(method, gox__safe_methods[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return false;
}

/* ---- what a new connection must be told ---- */

static bool is_any(const char *method, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(method, *names) == 0)
            return true;
    }
    return false;
}

/* After a call that succeeded. */
static int remember(gox_client *client, const char *method,
        const json_t *params, const json_t *result, struct gox_error *err)
{
    static const char *const openers[] = {"goxel.create_project",
            "goxel.open_project", "goxel.load_project", "goxel.open_file",
            NULL};
    static const char *const closers[] = {
            "goxel.close_project", "goxel.delete_project", NULL};
    const char *name;

    if (strcmp(method, "daemon.authenticate") == 0) {
        json_decref(client->credentials);
        client->credentials = json_deep_copy(params);
        if (params && !client->credentials)
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    if (is_any(method, closers) || is_any(method, openers)) {
        gox_free(client->project);
        client->project = NULL;
    }
    if (!is_any(method, openers))
        return 0;
    name = json_string_value(json_object_get(result, "project"));
    if (!name)
        name = json_string_value(json_object_get(result, "name"));
    if (name && !(client->project = gox_strdup(name)))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    return 0;
}

static int prepare(gox_client *client, int timeout_ms, struct gox_error *err)
{
    json_t *params;
    int rc = 0;

    if (client->credentials)
        rc = gox__client_call_once(client, "daemon.authenticate",
                client->credentials, timeout_ms, NULL, err);
    if (rc != 0 || !client->project)
        return rc;
    params = json_pack("{s:s}", "name", client->project);
    if (!params)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    rc = gox__client_call_once(
            client, "goxel.open_project", params, timeout_ms, NULL, err);
    json_decref(params);
    return rc;
}

/* ---- attempts ---- */

struct attempts {
    int64_t end_ns;
    int timeout_ms; /* -1: no limit while there is a daemon */
    int pause_ms;
};

static int left_ms(const struct attempts *a)
{
    int64_t left = (a->end_ns - gox_time_now_ns()) / GOX_NS_PER_MS;

    return left > 0 ? (int)left : 0;
}

/* How long to wait before the next attempt; -1: the error is final. */
static int pause_after(
        gox_client *client, struct attempts *a, int rc, bool may_repeat)
{
    const json_t *wait = json_object_get(
            json_object_get(client->last_error, "data"), "retry_after_ms");
    int ms = a->pause_ms;

    if (json_is_integer(wait)) {
        json_int_t asked = json_integer_value(wait);
        ms = asked < 1 ? 1 : asked > PATIENCE_MS ? PATIENCE_MS : (int)asked;
    } else if (client->last_error || !may_repeat ||
               (rc != GOX_ERR_CLOSED && rc != GOX_ERR_IO &&
                       rc != GOX_ERR_NOT_FOUND)) {
        return -1;
    } else if (a->pause_ms < LONGEST_PAUSE_MS) {
        a->pause_ms *= 2;
    }
    return ms < left_ms(a) ? ms : -1;
}

/* A connection that ended while nobody called is known as such before the next
 * call is put on it, so that this one was certainly not carried out. */
static void look_for_end(gox_client *client)
{
    struct pollfd item = {.fd = client->fd, .events = POLLIN};

    if (client->fd >= 0 && poll(&item, 1, 0) > 0)
        (void)gox_client_dispatch(client, NULL);
}

/* One attempt. *was_sent: the daemon may have carried it out. */
static int attempt(gox_client *client, struct attempts *a, const char *method,
        const json_t *params, json_t **result, bool *was_sent,
        struct gox_error *err)
{
    int rc = 0;

    *was_sent = false;
    look_for_end(client);
    if (client->fd < 0) {
        json_decref(client->last_error);
        client->last_error = NULL;
        rc = gox_client_reconnect(client, left_ms(a), err);
        if (rc == 0)
            rc = prepare(client, left_ms(a), err);
        if (rc != 0) {
            /* The next attempt must not use a connection half prepared. */
            gox_client_abort(client);
            return rc;
        }
    }
    *was_sent = true;
    return gox__client_call_once(client, method, params,
            a->timeout_ms < 0 ? -1 : left_ms(a), result, err);
}

static int call_again(gox_client *client, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err)
{
    struct attempts a = {.timeout_ms = timeout_ms, .pause_ms = FIRST_PAUSE_MS};
    bool is_safe = gox_client_is_safe(method);

    a.end_ns = gox_time_now_ns() +
               (timeout_ms < 0 ? PATIENCE_MS : timeout_ms) * GOX_NS_PER_MS;
    for (;;) {
        bool was_sent;
        int ms;
        int rc = attempt(client, &a, method, params, result, &was_sent, err);
        if (rc == 0)
            return 0;
        ms = pause_after(client, &a, rc, is_safe || !was_sent);
        if (ms < 0)
            return rc;
        poll(NULL, 0, ms);
    }
}

int gox_client_call(gox_client *client, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err)
{
    json_t *kept = NULL;
    int rc;

    if (!client->is_retrying)
        return gox__client_call_once(
                client, method, params, timeout_ms, result, err);
    if (result)
        *result = NULL;
    rc = call_again(client, method, params, timeout_ms, &kept, err);
    if (rc == 0)
        rc = remember(client, method, params, kept, err);
    if (rc == 0 && result)
        *result = kept;
    else
        json_decref(kept);
    return rc;
}
