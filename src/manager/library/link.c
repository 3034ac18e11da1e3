/* SPDX-License-Identifier: Apache-2.0
 * The public C library: a client of the control socket with typed answers. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "manager/library/link_internal.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define USUAL_TIMEOUT_MS 15000
/* Beyond the manager's own limit for a call that waits. */
#define EXTRA_MS 2000
/* How long to look for another manager, and how often when one is there that
 * ends at once. */
#define PATIENCE_MS 30000
#define AGAIN_MS    10
/* "As long as the settings allow": the manager's answer comes in any case. */
#define LONGEST_MS 3600000

static void on_notification(void *ctx, const char *method, const json_t *params)
{
    gox_manager_link *link = ctx;
    if (link->fn == NULL || params == NULL ||
            strcmp(method, "manager.event") != 0)
        return;
    const char *name = json_string_value(json_object_get(params, "event"));
    json_int_t seq = json_integer_value(json_object_get(params, "seq"));
    if (seq > 0)
        link->seen = (uint64_t)seq;
    link->fn(link->ctx, name != NULL ? name : "", (uint64_t)seq, params);
}

static int keep_texts(gox_manager_link *link,
        const struct gox_manager_config *config, struct gox_error *err)
{
    if (config->instance != NULL) {
        link->instance = gox_strdup(config->instance);
        if (link->instance == NULL)
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    return gox__link_places(link, config, err);
}

/* The socket of a manager that is being killed takes connections to its last
 * moment, and nobody answers there: such a one is not there. */
static int connect_to_living(
        gox_manager_link *link, int timeout_ms, struct gox_error *err)
{
    link->client = gox_client_connect(link->control, timeout_ms, err);
    if (link->client == NULL)
        return 0;
    int code = gox_client_call(
            link->client, "manager.list", NULL, timeout_ms, NULL, err);
    if (code == 0)
        return 0;
    gox_client_close(link->client);
    link->client = NULL;
    return code == GOX_ERR_CLOSED ? 0 : code;
}

gox_manager_link *gox_manager_open(
        const struct gox_manager_config *config, struct gox_error *err)
{
    static const struct gox_manager_config usual = {.timeout_ms = 0};
    gox_manager_link *link = gox_calloc(1, sizeof *link);
    if (link == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    if (config == NULL)
        config = &usual;
    int timeout_ms =
            config->timeout_ms > 0 ? config->timeout_ms : USUAL_TIMEOUT_MS;
    int code = keep_texts(link, config, err);
    if (code == 0)
        code = connect_to_living(link, timeout_ms, err);
    if (code == 0 && link->client == NULL && config->auto_start)
        code = gox__link_start(link, config, timeout_ms, err);
    if (code < 0 || link->client == NULL) {
        gox_manager_close(link);
        return NULL;
    }
    gox_client_on_notification(link->client, on_notification, link);
    return link;
}

void gox_manager_close(gox_manager_link *link)
{
    if (link == NULL)
        return;
    link->fn = NULL;
    gox_client_close(link->client);
    gox_free(link->socket);
    gox_free(link->control);
    gox_free(link->instance);
    gox_free(link);
}

bool gox_manager_was_started(const gox_manager_link *link)
{
    return link->was_started;
}

const char *gox_manager_socket_path(const gox_manager_link *link)
{
    return link->socket;
}

void gox_manager_set_retry(gox_manager_link *link, bool is_on)
{
    link->is_retrying = is_on;
}

/* ---- calls ---- */

static int left_ms(int64_t end_ns)
{
    int64_t left = (end_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
    return left > 0 ? (int)left : 0;
}

/* A connection like the one before, its subscription included. */
static int connect_again(
        gox_manager_link *link, int64_t end_ns, struct gox_error *err)
{
    int code = gox_client_reconnect(link->client, left_ms(end_ns), err);
    if (code < 0 || link->fn == NULL)
        return code;
    json_t *params = json_pack("{s:I}", "after", (json_int_t)link->seen);
    if (params == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    code = gox_client_call(link->client, "manager.subscribe", params,
            left_ms(end_ns), NULL, err);
    json_decref(params);
    /* A connection without it is none. */
    if (code < 0)
        gox_client_abort(link->client);
    return code;
}

/* What ended while nobody called is known before the next call is put on it,
 * so that this one was certainly not carried out. */
static void look_for_end(gox_manager_link *link)
{
    struct pollfd item = {
            .fd = gox_client_get_fd(link->client), .events = POLLIN};
    if (item.fd >= 0 && poll(&item, 1, 0) > 0)
        (void)gox_client_dispatch(link->client, NULL);
}

static int call_again(gox_manager_link *link, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err)
{
    int patience_ms = timeout_ms >= 0 && timeout_ms < PATIENCE_MS ? timeout_ms
                                                                  : PATIENCE_MS;
    int64_t begin_ns = gox_time_now_ns();
    int64_t connect_end_ns = begin_ns + patience_ms * GOX_NS_PER_MS;
    int64_t end_ns = begin_ns + timeout_ms * GOX_NS_PER_MS;
    for (;;) {
        bool was_sent = false;
        int code = 0;
        look_for_end(link);
        if (gox_client_get_fd(link->client) < 0)
            code = connect_again(link, connect_end_ns, err);
        if (code == 0) {
            was_sent = true;
            code = gox_client_call(link->client, method, params,
                    timeout_ms < 0 ? -1 : left_ms(end_ns), result, err);
        }
        bool is_lost = code < 0 && gox_client_get_fd(link->client) < 0;
        if (!is_lost || (was_sent && !gox_client_is_safe(method)) ||
                left_ms(connect_end_ns) == 0)
            return code;
        poll(NULL, 0, AGAIN_MS);
    }
}

int gox_manager_call(gox_manager_link *link, const char *method,
        const json_t *params, int timeout_ms, json_t **result,
        struct gox_error *err)
{
    json_t *all = NULL;
    if (link->instance != NULL &&
            (params == NULL || json_object_get(params, "name") == NULL)) {
        all = params != NULL ? json_deep_copy(params) : json_object();
        if (all == NULL || json_object_set_new(all, "name",
                                   json_string(link->instance)) != 0) {
            json_decref(all);
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        }
        params = all;
    }
    int code = link->is_retrying ? call_again(link, method, params, timeout_ms,
                                           result, err)
                                 : gox_client_call(link->client, method, params,
                                           timeout_ms, result, err);
    json_decref(all);
    return code;
}

/* A method that waits for the daemon. */
static int order(gox_manager_link *link, const char *method, int timeout_ms,
        json_t **result, struct gox_error *err)
{
    json_t *params = json_object();
    if (params == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (timeout_ms >= 0 &&
            json_object_set_new(params, "timeout_ms",
                    json_integer(timeout_ms > 0 ? timeout_ms : 1)) != 0) {
        json_decref(params);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    int limit_ms = timeout_ms >= 0 && timeout_ms < LONGEST_MS
                           ? timeout_ms + EXTRA_MS
                           : LONGEST_MS;
    int code = gox_manager_call(link, method, params, limit_ms, result, err);
    json_decref(params);
    return code;
}

int gox_manager_start(
        gox_manager_link *link, int timeout_ms, struct gox_error *err)
{
    return order(link, "manager.start", timeout_ms, NULL, err);
}

int gox_manager_stop(
        gox_manager_link *link, int timeout_ms, struct gox_error *err)
{
    return order(link, "manager.stop", timeout_ms, NULL, err);
}

int gox_manager_restart(
        gox_manager_link *link, int timeout_ms, struct gox_error *err)
{
    return order(link, "manager.restart", timeout_ms, NULL, err);
}

int gox_manager_reload(
        gox_manager_link *link, int timeout_ms, struct gox_error *err)
{
    json_t *result = NULL;
    int code = order(link, "manager.reload", timeout_ms, &result, err);
    if (code < 0)
        return code;
    if (!json_is_true(json_object_get(result, "reloaded"))) {
        const char *why = json_string_value(json_object_get(result, "message"));
        code = gox_error_set(err, GOX_ERR_PARAMS,
                "not reloaded, the old configuration stays in use: %s",
                why != NULL ? why : "");
    }
    json_decref(result);
    return code;
}

int gox_manager_shutdown(
        gox_manager_link *link, bool leave_daemon, struct gox_error *err)
{
    json_t *params = json_pack("{s:b}", "leave", leave_daemon);
    if (params == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int code = gox_manager_call(
            link, "manager.shutdown", params, USUAL_TIMEOUT_MS, NULL, err);
    json_decref(params);
    return code;
}

/* ---- status ---- */

static void take_text(
        const json_t *from, const char *key, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(from, key));
    snprintf(text, size, "%s", value != NULL ? value : "");
}

static void take_status(const json_t *from, struct gox_manager_status *s)
{
    const json_t *manager = json_object_get(from, "manager");
    *s = (struct gox_manager_status){.pid = 0};
    take_text(from, "name", s->name, sizeof s->name);
    take_text(from, "state", s->state, sizeof s->state);
    take_text(from, "health", s->health, sizeof s->health);
    take_text(from, "reason", s->reason, sizeof s->reason);
    take_text(from, "backend", s->backend, sizeof s->backend);
    s->is_ready = json_is_true(json_object_get(from, "ready"));
    s->pid = json_integer_value(json_object_get(from, "pid"));
    s->uptime_ms = json_integer_value(json_object_get(from, "uptime_ms"));
    s->restarts = json_integer_value(
            json_object_get(json_object_get(from, "restarts"), "total"));
    s->manager_pid = json_integer_value(json_object_get(manager, "pid"));
    s->latest_event = (uint64_t)json_integer_value(
            json_object_get(manager, "latest_event"));
}

int gox_manager_get_status(gox_manager_link *link,
        struct gox_manager_status *status, struct gox_error *err)
{
    json_t *result = NULL;
    int code = gox_manager_call(
            link, "manager.status", NULL, USUAL_TIMEOUT_MS, &result, err);
    if (code == 0)
        take_status(result, status);
    json_decref(result);
    return code;
}

int gox_manager_check(gox_manager_link *link, struct gox_manager_status *status,
        json_t **details, struct gox_error *err)
{
    json_t *result = NULL;
    int code = gox_manager_call(
            link, "manager.health", NULL, LONGEST_MS, &result, err);
    if (code == 0)
        code = gox_manager_get_status(link, status, err);
    if (code == 0) {
        take_text(result, "status", status->health, sizeof status->health);
        take_text(result, "reason", status->reason, sizeof status->reason);
    }
    if (code == 0 && details != NULL)
        *details = result;
    else
        json_decref(result);
    return code;
}

/* ---- events ---- */

int gox_manager_subscribe(gox_manager_link *link, uint64_t after,
        gox_manager_event_fn *fn, void *ctx, struct gox_error *err)
{
    json_t *params = json_object();
    if (params == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (after != UINT64_MAX && json_object_set_new(params, "after",
                                       json_integer((json_int_t)after)) != 0) {
        json_decref(params);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    json_t *result = NULL;
    link->fn = fn;
    link->ctx = ctx;
    link->seen = after != UINT64_MAX ? after : 0;
    int code = gox_manager_call(
            link, "manager.subscribe", params, USUAL_TIMEOUT_MS, &result, err);
    json_int_t latest = json_integer_value(json_object_get(result, "latest"));
    if (code == 0 && after == UINT64_MAX && link->seen == 0)
        link->seen = (uint64_t)latest;
    json_decref(params);
    json_decref(result);
    return code;
}

int gox_manager_get_fd(const gox_manager_link *link)
{
    return gox_client_get_fd(link->client);
}

short gox_manager_get_events(const gox_manager_link *link)
{
    return gox_client_get_events(link->client);
}

int gox_manager_dispatch(gox_manager_link *link, struct gox_error *err)
{
    return gox_client_dispatch(link->client, err);
}
