/* SPDX-License-Identifier: Apache-2.0
 * The life of one call to the daemon.
 *
 * Edits carry a guard: if_revision, the revision that the project was last seen
 * at. When another client was faster the daemon refuses, nothing has happened,
 * and the edit goes again with the new number. When the answer is lost, the
 * number tells: the same as the guard, the edit was not made and goes again;
 * one more, it was made; anything else is told to the caller. */
#include "mcp/backend.h"

#include "base/alloc.h"
#include "base/time.h"
#include "mcp/backend_internal.h"
#include "mcp/starter.h"

#include <signal.h>
#include <string.h>

#define TICK_MS 20

static const char *project_of(const gox_backend_call *call)
{
    return json_string_value(json_object_get(call->params, "project"));
}

static void unlink_call(gox_backend_call *call)
{
    gox_backend *b = call->backend;
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        b->first = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    else
        b->last = call->prev;
    if (b->first == NULL)
        gox_timer_stop(b->tick);
}

static void free_call(gox_backend_call *call)
{
    json_decref(call->params);
    gox_free(call);
}

static void deliver(gox_backend_call *call, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    unlink_call(call);
    call->fn(call->ctx, result, error, err);
    free_call(call);
}

static void fail_later(gox_backend_call *call, const struct gox_error *err)
{
    call->state = GOX__BACKEND_FAILED;
    call->err = *err;
    gox_timer_start(call->backend->tick, 0, TICK_MS);
}

void gox__backend_fail_all(gox_backend *b, const struct gox_error *err)
{
    for (gox_backend_call *call = b->first; call != NULL; call = call->next)
        if (call->state == GOX__BACKEND_WAITING)
            fail_later(call, err);
}

/* ---- answers ---- */

static void note_revision(gox_backend_call *call, const json_t *result)
{
    const json_t *revision = json_object_get(result, "revision");
    const char *project = project_of(call);
    if (project != NULL && json_is_integer(revision))
        json_object_set_new(call->backend->revisions, project,
                json_integer(json_integer_value(revision)));
}

static void on_lost(gox_backend_call *call, const struct gox_error *err)
{
    struct gox_error told = *err;
    call->id = 0;
    call->backend->is_up = false;
    if (call->state == GOX__BACKEND_SENT)
        call->is_answer_lost = true;
    if (call->is_answer_lost && call->kind == GOX_BACKEND_ONCE) {
        gox_error_prefix(&told, "the daemon went away before it answered, so "
                                "it is not known whether this was done");
        deliver(call, NULL, NULL, &told);
        return;
    }
    call->state = GOX__BACKEND_WAITING;
}

/* After a lost answer: what became of the edit? */
static void on_checked(gox_backend_call *call, json_t *result,
        const json_t *error, const struct gox_error *err)
{
    struct gox_error told;
    json_int_t now = json_integer_value(json_object_get(result, "revision"));
    if (result == NULL) {
        told = *err;
        gox_error_prefix(&told, "the daemon was restarted during the edit, "
                                "which may be lost");
        deliver(call, NULL, error, &told);
        return;
    }
    note_revision(call, result);
    if (now == call->revision) {
        call->is_answer_lost = false;
        gox__backend_send(call);
        return;
    }
    if (now == call->revision + 1) {
        json_t *recovered =
                json_pack("{s:b,s:I}", "recovered", 1, "revision", now);
        (void)gox_error_set(&told, 0, "%s", "");
        deliver(call, recovered, NULL, &told);
        json_decref(recovered);
        return;
    }
    (void)gox_error_set(&told, GOX_ERR_CONFLICT,
            "the daemon was restarted during the edit; the project was at "
            "revision %lld before and is at %lld now, so it is not known "
            "whether the edit was made: look at the project before repeating "
            "it",
            (long long)call->revision, (long long)now);
    deliver(call, NULL, NULL, &told);
}

/* Another client was faster: nothing happened, so go again. */
static bool retry_conflict(gox_backend_call *call, const json_t *error)
{
    const json_t *now =
            json_object_get(json_object_get(error, "data"), "revision");
    if (!call->has_own_guard || !json_is_integer(now))
        return false;
    json_object_set_new(call->backend->revisions, project_of(call),
            json_integer(json_integer_value(now)));
    gox__backend_send(call);
    return true;
}

static void on_reply(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    gox_backend_call *call = ctx;
    call->id = 0;
    if (result == NULL && error == NULL && err->code != 0) {
        on_lost(call, err);
        return;
    }
    if (call->state == GOX__BACKEND_CHECKING) {
        on_checked(call, result, error, err);
        return;
    }
    if (call->state == GOX__BACKEND_ASKING) {
        note_revision(call, result);
        if (result != NULL)
            gox__backend_send(call);
        else
            deliver(call, NULL, error, err);
        return;
    }
    if (err->code == GOX_ERR_CONFLICT && retry_conflict(call, error))
        return;
    note_revision(call, result);
    deliver(call, result, error, err);
}

/* ---- requests ---- */

static void submit(gox_backend_call *call, const char *method,
        const json_t *params, enum gox__backend_state state)
{
    struct gox_error err = {.offset = -1};
    gox_backend *b = call->backend;
    call->state = state;
    if (gox_client_submit(b->client, method, params, on_reply, call, &call->id,
                &err) != 0) {
        fail_later(call, &err);
        return;
    }
    gox_watch_set(b->watch, gox_client_get_events(b->client));
}

static void ask_revision(gox_backend_call *call, enum gox__backend_state state)
{
    json_t *params = json_pack("{s:s}", "project", project_of(call));
    submit(call, "goxel.get_status", params, state);
    json_decref(params);
}

/* An edit of a known project gets a guard, unless the caller gave one. */
static bool put_guard(gox_backend_call *call)
{
    const json_t *given = json_object_get(call->params, "if_revision");
    const json_t *known =
            json_object_get(call->backend->revisions, project_of(call));
    if (given != NULL && !call->has_own_guard) {
        call->revision = json_integer_value(given);
        return true;
    }
    if (known == NULL)
        return false;
    call->has_own_guard = true;
    call->revision = json_integer_value(known);
    json_object_set_new(
            call->params, "if_revision", json_integer(call->revision));
    return true;
}

void gox__backend_send(gox_backend_call *call)
{
    if (!call->backend->is_up) {
        call->state = GOX__BACKEND_WAITING;
        return;
    }
    if (call->kind == GOX_BACKEND_EDIT && project_of(call) != NULL) {
        if (call->is_answer_lost) {
            ask_revision(call, GOX__BACKEND_CHECKING);
            return;
        }
        if (!put_guard(call)) {
            ask_revision(call, GOX__BACKEND_ASKING);
            return;
        }
    }
    if (call->progress != NULL)
        json_object_set_new(call->params, "progress", json_true());
    submit(call, call->method, call->params, GOX__BACKEND_SENT);
}

gox_backend_call *gox_backend_start(
        gox_backend *b, const struct gox_backend_request *request)
{
    gox_backend_call *call =
            request->own_params != NULL ? gox_calloc(1, sizeof *call) : NULL;
    int timeout_ms =
            request->timeout_ms > 0 ? request->timeout_ms : b->timeout_ms;
    if (call == NULL) {
        json_decref(request->own_params);
        return NULL;
    }
    call->backend = b;
    call->method = request->method;
    call->params = request->own_params;
    call->kind = request->kind;
    call->fn = request->fn;
    call->progress = request->progress;
    call->ctx = request->ctx;
    call->deadline_ns = gox_time_now_ns() + timeout_ms * GOX_NS_PER_MS;
    call->prev = b->last;
    if (b->last != NULL)
        b->last->next = call;
    else
        b->first = call;
    b->last = call;
    if (b->first == call)
        gox_timer_start(b->tick, TICK_MS, TICK_MS);
    if (!b->is_up && b->give_up_ns == 0)
        gox__backend_connect(b); /* sends what waits */
    else
        gox__backend_send(call);
    return call;
}

void gox_backend_cancel(gox_backend_call *call)
{
    if (call->id != 0 && call->backend->client != NULL)
        gox_client_cancel(call->backend->client, call->id);
    unlink_call(call);
    free_call(call);
}

static void time_out(gox_backend_call *call)
{
    struct gox_error err;
    bool was_sent = call->id != 0;
    if (was_sent && call->backend->client != NULL)
        gox_client_cancel(call->backend->client, call->id);
    if (was_sent || call->backend->is_up)
        (void)gox_error_set(&err, GOX_ERR_TIMEOUT,
                "the daemon gave no answer to %s in time; it was told to "
                "cancel it",
                call->method);
    else
        gox__backend_explain(call->backend, &err);
    deliver(call, NULL, NULL, &err);
}

/* Outcomes that are due. An outcome may start or cancel other calls, so the
 * walk begins anew after each. */
static void on_tick(void *ctx)
{
    gox_backend *b = ctx;
    int64_t now = gox_time_now_ns();
    gox__backend_check_answer(b, now);
    gox_backend_call *call = b->first;
    while (call != NULL) {
        if (call->state == GOX__BACKEND_FAILED) {
            struct gox_error err = call->err;
            deliver(call, NULL, NULL, &err);
        } else if (now >= call->deadline_ns) {
            time_out(call);
        } else {
            call = call->next;
            continue;
        }
        call = b->first;
    }
}

/* ---- changes ---- */

/* A subscription under way. */
struct asked {
    gox_backend *backend;
    char project[];
};

/* A project that is not there yet is asked for again when somebody watches it
 * again. */
static void on_subscribed(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct asked *asked = ctx;
    (void)err;
    if (result == NULL && error != NULL)
        json_object_del(asked->backend->watched, asked->project);
    gox_free(asked);
}

void gox__backend_subscribe(gox_backend *b, const char *project)
{
    size_t len = strlen(project) + 1;
    struct asked *asked = gox_malloc(sizeof *asked + len);
    json_t *params = json_pack("{s:s}", "project", project);
    if (asked == NULL)
        goto out;
    asked->backend = b;
    memcpy(asked->project, project, len);
    if (gox_client_submit(b->client, "goxel.subscribe", params, on_subscribed,
                asked, NULL, NULL) == 0)
        gox_watch_set(b->watch, gox_client_get_events(b->client));
    else
        gox_free(asked);
out:
    json_decref(params);
}

void gox_backend_on_change(
        gox_backend *b, void (*fn)(void *ctx, const char *project), void *ctx)
{
    b->on_change = fn;
    b->change_ctx = ctx;
}

void gox_backend_watch(gox_backend *b, const char *project)
{
    if (json_object_get(b->watched, project) != NULL)
        return;
    json_object_set_new(b->watched, project, json_true());
    if (b->is_up)
        gox__backend_subscribe(b, project);
    else if (b->give_up_ns == 0)
        gox__backend_connect(b);
}

/* ---- life ---- */

static void on_retry(void *ctx)
{
    gox__backend_connect(ctx);
}

gox_backend *gox_backend_new(
        gox_loop *loop, const struct gox_backend_options *options)
{
    gox_backend *b = gox_calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->loop = loop;
    b->may_start = options->may_start;
    b->stops_daemon = options->stops_daemon;
    b->timeout_ms = options->timeout_ms;
    b->socket = gox__backend_find_socket(options->socket);
    b->revisions = json_object();
    b->watched = json_object();
    b->tick = gox_timer_new(loop, on_tick, b);
    b->retry = gox_timer_new(loop, on_retry, b);
    if (b->socket != NULL && b->revisions != NULL && b->watched != NULL &&
            b->tick != NULL && b->retry != NULL)
        return b;
    gox_backend_free(b);
    return NULL;
}

void gox_backend_free(gox_backend *b)
{
    if (b == NULL)
        return;
    while (b->first != NULL)
        gox_backend_cancel(b->first);
    gox__backend_disconnect(b);
    if (b->stops_daemon && b->was_started_here) {
        gox_mcp_stop_daemon(b->socket);
        if (b->daemon > 0)
            kill(b->daemon, SIGTERM);
    }
    gox_timer_close(b->tick);
    gox_timer_close(b->retry);
    json_decref(b->revisions);
    json_decref(b->watched);
    gox_free(b->socket);
    gox_free(b);
}

const char *gox_backend_socket(const gox_backend *b)
{
    return b->socket;
}
