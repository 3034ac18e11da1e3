/* SPDX-License-Identifier: Apache-2.0
 * Getting a connection, and getting it back: attempts with growing pauses until
 * one succeeds or the time is over. A daemon that ends while it starts is
 * started again, until then. */
#include "base/time.h"
#include "mcp/backend_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS   15000 /* with a start, and what a store has to recover */
#define ATTACH_MS    3000  /* without */
#define PAUSE_MS     2
#define PAUSE_MAX_MS 50
#define DONE         "ended with code 0"
#define BAD_CONFIG   "ended with code 78"
#define NO_PROGRAM   "ended with code 127"
#define MAX_STARTS   5

static void on_notification(void *ctx, const char *method, const json_t *params)
{
    gox_backend *b = ctx;
    if (strcmp(method, "goxel.progress") == 0) {
        int64_t id = json_integer_value(json_object_get(params, "id"));
        for (gox_backend_call *call = b->first; call; call = call->next)
            if (call->id == id && call->progress != NULL)
                call->progress(call->ctx,
                        json_number_value(json_object_get(params, "fraction")));
    } else if (strcmp(method, "goxel.changed") == 0) {
        const char *project =
                json_string_value(json_object_get(params, "project"));
        if (project != NULL && b->on_change != NULL)
            b->on_change(b->change_ctx, project);
    }
}

void gox__backend_disconnect(gox_backend *b)
{
    gox_watch_close(b->watch);
    b->watch = NULL;
    b->is_up = false;
    gox_client_close(b->client);
    b->client = NULL;
}

static void on_events(void *ctx, short events)
{
    gox_backend *b = ctx;
    struct gox_error err;
    (void)events;
    if (gox_client_dispatch(b->client, &err) == 0) {
        gox_watch_set(b->watch, gox_client_get_events(b->client));
        return;
    }
    gox__backend_disconnect(b);
    b->has_started = false;
    if (b->first != NULL)
        gox__backend_connect(b);
}

/* A daemon that asks for tokens gets ours ahead of everything; when it is wrong
 * the next call's error says so. */
static void give_token(gox_backend *b)
{
    const char *token = getenv("GOXEL_TOKEN");
    if (token == NULL || token[0] == '\0')
        return;
    json_t *params = json_pack("{s:s}", "token", token);
    (void)gox_client_notify(b->client, "daemon.authenticate", params, NULL);
    json_decref(params);
}

static void give_up(gox_backend *b, const struct gox_error *err)
{
    b->give_up_ns = 0;
    b->has_started = false;
    b->failed_starts = 0;
    gox_timer_stop(b->retry);
    gox__backend_fail_all(b, err);
}

static void on_hello(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    gox_backend *b = ctx;
    (void)err;
    if (result != NULL || error != NULL)
        b->has_answered = true;
}

void gox__backend_check_answer(gox_backend *b, int64_t now_ns)
{
    struct gox_error err;
    if (!b->is_up || b->has_answered ||
            now_ns < b->connected_ns + CONNECT_MS * GOX_NS_PER_MS)
        return;
    (void)gox_error_set(&err, GOX_ERR_CLOSED,
            "the socket %s takes connections, but no daemon has answered for "
            "%d seconds; after several crashes its manager waits: look at "
            "goxelctl status and the daemon's log",
            b->socket, CONNECT_MS / 1000);
    gox__backend_disconnect(b);
    give_up(b, &err);
}

void gox__backend_explain(const gox_backend *b, struct gox_error *err)
{
    char why[240];
    /* All of it has room in err->text. */
    int room = b->may_start ? (int)sizeof why - 1 : 130;
    snprintf(why, sizeof why, "%.*s", room, b->last_failure.text);
    (void)gox_error_set(err,
            b->last_failure.code != 0 ? b->last_failure.code : GOX_ERR_CLOSED,
            "the Goxel daemon cannot be reached at %.107s%s%s%s", b->socket,
            why[0] != '\0' ? ": " : "", why,
            b->may_start ? ""
                         : "; none is started from here (auto_start.enabled, "
                           "--no-start): run `goxelctl up`, or name its "
                           "socket with --socket");
}

static bool connect_now(gox_backend *b, struct gox_error *err)
{
    const char *project;
    json_t *unused;
    b->client = gox_client_connect(b->socket, 0, err);
    if (b->client == NULL)
        return false;
    b->watch =
            gox_watch_new(b->loop, gox_client_get_fd(b->client), on_events, b);
    if (b->watch == NULL) {
        gox__backend_disconnect(b);
        (void)gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return false;
    }
    gox_watch_set(b->watch, POLLIN);
    gox_client_on_notification(b->client, on_notification, b);
    give_token(b);
    b->has_answered = false;
    b->connected_ns = gox_time_now_ns();
    (void)!gox_client_submit(b->client, "ping", NULL, on_hello, b, NULL, NULL);
    b->is_up = b->was_up = true;
    b->failed_starts = 0;
    b->give_up_ns = 0;
    b->has_started = false;
    json_object_foreach(b->watched, project, unused)
    {
        gox__backend_subscribe(b, project);
    }
    return true;
}

static void send_waiting(gox_backend *b)
{
    gox_backend_call *call = b->first;
    while (call != NULL) {
        gox_backend_call *next = call->next;
        if (call->state == GOX__BACKEND_WAITING)
            gox__backend_send(call);
        call = next;
    }
}

/* How the start ended; false: another one is of no use. */
static bool judge_end(gox_backend *b, const char *how, struct gox_error *err)
{
    if (strcmp(how, DONE) == 0)
        return true; /* a manager runs; its daemon is about to listen */
    b->has_started = false;
    if (strcmp(how, BAD_CONFIG) == 0)
        (void)gox_error_set(err, GOX_ERR_CLOSED,
                "goxel-daemon could not start: its configuration is wrong; "
                "`goxel-daemon --check` tells what");
    else if (strcmp(how, NO_PROGRAM) == 0)
        (void)gox_error_set(err, GOX_ERR_NOT_FOUND,
                "no Goxel daemon answers at %s, and goxel-daemon is not "
                "installed; install it or set GOXEL_DAEMON_BINARY",
                b->socket);
    else if (++b->failed_starts >= MAX_STARTS)
        (void)gox_error_set(err, GOX_ERR_CLOSED,
                "the daemon was started %d times and %s each time; "
                "goxel-daemon.log in its data directory tells why",
                MAX_STARTS, how);
    else
        return true;
    return false;
}

/* Nobody listens: start a daemon, unless one is starting. False: no use. */
static bool make_one(gox_backend *b, struct gox_error *err)
{
    char how[80];
    if (b->has_started && gox__backend_daemon_ended(b, how, sizeof how) &&
            !judge_end(b, how, err))
        return false;
    if (b->has_started)
        return true;
    b->has_started = true;
    return gox__backend_start_daemon(b, err) == 0;
}

void gox__backend_connect(gox_backend *b)
{
    struct gox_error err = {.offset = -1};
    int64_t now = gox_time_now_ns();
    if (b->is_up)
        return;
    if (b->give_up_ns == 0) {
        b->give_up_ns =
                now + (b->may_start ? CONNECT_MS : ATTACH_MS) * GOX_NS_PER_MS;
        b->pause_ms = PAUSE_MS;
    }
    if (connect_now(b, &err)) {
        gox_timer_stop(b->retry);
        send_waiting(b);
        return;
    }
    bool is_absent =
            err.code == GOX_ERR_NOT_FOUND || err.code == GOX_ERR_CLOSED;
    bool is_hopeless = !is_absent && err.code != GOX_ERR_TIMEOUT;
    if (is_absent && b->may_start && !make_one(b, &err))
        is_hopeless = true;
    b->last_failure = err;
    if (is_hopeless || now >= b->give_up_ns) {
        gox__backend_explain(b, &err);
        give_up(b, &err);
        return;
    }
    gox_timer_start(b->retry, (uint64_t)b->pause_ms, 0);
    if (b->pause_ms < PAUSE_MAX_MS)
        b->pause_ms += b->pause_ms / 2 + 1;
}
