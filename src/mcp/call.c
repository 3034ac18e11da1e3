/* SPDX-License-Identifier: Apache-2.0
 * The life of one request: made, answered now or later, cancelled, freed; and
 * what a handler may send beside its result: progress, log lines, questions.
 *
 * Invariant: a call is in its server's list from new to free. */
#include "base/alloc.h"
#include "base/time.h"
#include "mcp/server_internal.h"

#include <stdio.h>
#include <string.h>

#define PROGRESS_PAUSE_NS (50 * GOX_NS_PER_MS)

const json_t *gox__mcp_meta(const struct gox_mcp_call *call)
{
    return json_object_get(call->params, "_meta");
}

static void link_call(struct gox_mcp_call *call)
{
    gox_mcp_server *server = call->server;
    call->next = server->calls;
    if (call->next != NULL)
        call->next->prev = call;
    server->calls = call;
    server->call_count++;
}

static void unlink_call(struct gox_mcp_call *call)
{
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        call->server->calls = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    call->server->call_count--;
}

struct gox_mcp_call *gox__mcp_call_new(gox_mcp_peer *peer, json_t *own_message,
        const struct gox_mcp_sink *sink)
{
    struct gox_mcp_call *call = gox_calloc(1, sizeof *call);
    if (call == NULL) {
        json_decref(own_message);
        return NULL;
    }
    call->server = peer->server;
    call->peer = peer;
    call->app = peer->server->app;
    call->message = own_message;
    call->params = json_object_get(own_message, "params");
    call->sink = *sink;
    call->progress = -1;
    gox_buf_init(&call->body, 0);
    gox_buf_init(&call->extra, 0);
    gox_buf_init(&call->id, 0);
    gox_writer_init(&call->w, &call->body);
    link_call(call);
    return call;
}

void gox__mcp_call_free(struct gox_mcp_call *call)
{
    gox__mcp_drop_asks(call);
    gox_timer_close(call->timer);
    if (call->state != NULL && call->drop != NULL)
        call->drop(call);
    if (call->task != NULL)
        call->task->call = NULL;
    unlink_call(call);
    if (call->server->current == call)
        call->server->current = NULL;
    json_decref(call->structured);
    json_decref(call->error_data);
    json_decref(call->message);
    gox_free(call->past_state);
    gox_buf_fini(&call->body);
    gox_buf_fini(&call->extra);
    gox_buf_fini(&call->id);
    gox_free(call);
}

void gox_mcp_finish(struct gox_mcp_call *call)
{
    if (call->task != NULL)
        gox__mcp_task_done(call);
    else
        gox__mcp_send_response(call);
    gox__mcp_call_free(call);
}

void gox__mcp_cancel(struct gox_mcp_call *call)
{
    if (call->sink.send != NULL && call->sink.drop != NULL &&
            !call->is_response_sent)
        call->sink.drop(call->sink.ctx);
    call->sink.send = NULL;
    if (call->cancel != NULL)
        call->cancel(call);
    gox__mcp_call_free(call);
}

void gox_mcp_call_abandon(struct gox_mcp_call *call)
{
    call->sink.send = NULL;
    if (call->is_modern && call->task == NULL)
        gox__mcp_cancel(call);
}

void gox_mcp_call_set_sink(
        struct gox_mcp_call *call, const struct gox_mcp_sink *sink)
{
    call->sink = *sink;
}

void gox_mcp_break_stream(struct gox_mcp_call *call)
{
    if (call->sink.pause != NULL && call->sink.send != NULL)
        call->sink.pause(call->sink.ctx);
}

static void on_timer(void *ctx)
{
    struct gox_mcp_call *call = ctx;
    call->on_timer(call);
}

void gox_mcp_after(struct gox_mcp_call *call, uint64_t ms,
        void (*fn)(struct gox_mcp_call *call))
{
    if (call->timer == NULL)
        call->timer = gox_timer_new(call->server->loop, on_timer, call);
    call->on_timer = fn;
    if (call->timer != NULL) {
        gox_timer_start(call->timer, ms, 0);
        return;
    }
    /* Without memory for a timer the wait is short; never none at all, since
     * the caller has not returned yet. */
    call->is_due = true;
    gox_timer_start(call->server->sweep, 1, 0);
}

void gox__mcp_sweep(void *ctx)
{
    gox_mcp_server *server = ctx;
    struct gox_mcp_call *call = server->calls;
    while (call != NULL) {
        struct gox_mcp_call *next = call->next;
        if (call->is_due) {
            call->is_due = false;
            call->on_timer(call);
        }
        call = next;
    }
}

/* ---- notifications of a request ---- */

static void begin_notice(
        struct gox_writer *w, struct gox_buf *line, const char *method)
{
    gox_buf_init(line, 0);
    gox_writer_init(w, line);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "jsonrpc", "2.0");
    gox_writer_string(w, "method", method);
    gox_writer_object(w, "params");
}

static void send_notice(
        struct gox_mcp_call *call, struct gox_writer *w, struct gox_buf *line)
{
    gox_writer_end_object(w);
    gox_writer_end_object(w);
    if (gox_buf_error(line) == 0 && call->sink.send != NULL &&
            !call->is_response_sent)
        call->sink.send(
                call->sink.ctx, (const char *)line->data, line->len, false, 0);
    gox_buf_fini(line);
}

static const json_t *progress_token(const struct gox_mcp_call *call)
{
    const json_t *token = json_object_get(gox__mcp_meta(call), "progressToken");
    return json_is_string(token) || json_is_integer(token) ? token : NULL;
}

bool gox_mcp_wants_progress(const struct gox_mcp_call *call)
{
    return progress_token(call) != NULL && call->task == NULL;
}

void gox_mcp_progress(struct gox_mcp_call *call, double progress, double total,
        const char *message)
{
    const json_t *token = progress_token(call);
    int64_t now = gox_time_now_ns();
    struct gox_buf line;
    struct gox_writer w;
    bool is_end = total > 0 && progress >= total;
    if (token == NULL || call->task != NULL || !(progress > call->progress))
        return;
    if (!is_end && call->progress_at_ns != 0 &&
            now - call->progress_at_ns < PROGRESS_PAUSE_NS)
        return;
    call->progress = progress;
    call->progress_at_ns = now;
    begin_notice(&w, &line, "notifications/progress");
    gox__mcp_put_json(&w, "progressToken", token);
    gox_writer_number(&w, "progress", progress);
    if (total > 0)
        gox_writer_number(&w, "total", total);
    if (message != NULL)
        gox_writer_string(&w, "message", message);
    send_notice(call, &w, &line);
}

static const char *const LEVELS[] = {"debug", "info", "notice", "warning",
        "error", "critical", "alert", "emergency"};

int gox__mcp_level(const char *name)
{
    for (int i = 0; name != NULL && i < 8; i++)
        if (strcmp(LEVELS[i], name) == 0)
            return i;
    return -1;
}

void gox_mcp_log(struct gox_mcp_call *call, const char *level,
        const char *logger, const char *text)
{
    int wanted = call->peer->log_level;
    struct gox_buf line;
    struct gox_writer w;
    if (call->is_modern) {
        wanted = gox__mcp_level(json_string_value(
                json_object_get(gox__mcp_meta(call), GOX__MCP_META_LEVEL)));
        if (wanted < 0)
            return;
    }
    if (gox__mcp_level(level) < wanted)
        return;
    begin_notice(&w, &line, "notifications/message");
    gox_writer_string(&w, "level", level);
    if (logger != NULL)
        gox_writer_string(&w, "logger", logger);
    gox_writer_string(&w, "data", text);
    send_notice(call, &w, &line);
}

/* ---- what the client can do ---- */

bool gox_mcp_client_has(const struct gox_mcp_call *call, const char *path)
{
    const json_t *caps =
            json_object_get(gox__mcp_meta(call), GOX__MCP_META_CAPS);
    const char *slash = strchr(path, '/');
    char first[40];
    if (caps == NULL && !call->is_modern)
        caps = call->peer->capabilities;
    if (slash == NULL)
        return json_object_get(caps, path) != NULL;
    snprintf(first, sizeof first, "%.*s", (int)(slash - path), path);
    return json_object_get(json_object_get(caps, first), slash + 1) != NULL;
}

int gox_mcp_lacks(struct gox_mcp_call *call, const char *path)
{
    const char *slash = strchr(path, '/');
    json_t *caps = json_object();
    if (slash == NULL) {
        json_object_set_new(caps, path, json_object());
    } else {
        json_t *inner = json_object();
        char first[40];
        snprintf(first, sizeof first, "%.*s", (int)(slash - path), path);
        json_object_set_new(inner, slash + 1, json_object());
        json_object_set_new(caps, first, inner);
    }
    return gox_mcp_refuse(call, -32021,
            json_pack("{s:o}", "requiredCapabilities", caps),
            "this needs the client capability %s, which the request does not "
            "declare",
            slash != NULL ? slash + 1 : path);
}

/* ---- questions to the client, before 2026 ---- */

void gox_mcp_ask(struct gox_mcp_call *call, const char *method,
        json_t *own_params,
        void (*fn)(struct gox_mcp_call *call, const json_t *result,
                const json_t *error))
{
    gox_mcp_server *server = call->server;
    struct gox__mcp_ask *ask = gox_calloc(1, sizeof *ask);
    struct gox_buf line;
    struct gox_writer w;
    if (ask == NULL || call->sink.send == NULL || own_params == NULL) {
        gox_free(ask);
        json_decref(own_params);
        fn(call, NULL, NULL);
        return;
    }
    /* Hard to guess: a client cannot answer another one's question. */
    snprintf(ask->id, sizeof ask->id, "gox-%llu-%02x%02x%02x%02x",
            (unsigned long long)++server->next_ask, server->salt[0],
            server->salt[1], server->salt[2], server->salt[3]);
    ask->call = call;
    ask->fn = fn;
    ask->next = server->asks;
    server->asks = ask;
    gox_buf_init(&line, 0);
    gox_writer_init(&w, &line);
    gox_writer_object(&w, NULL);
    gox_writer_string(&w, "jsonrpc", "2.0");
    gox_writer_string(&w, "id", ask->id);
    gox_writer_string(&w, "method", method);
    gox__mcp_put_json(&w, "params", own_params);
    gox_writer_end_object(&w);
    json_decref(own_params);
    if (gox_buf_error(&line) == 0)
        call->sink.send(
                call->sink.ctx, (const char *)line.data, line.len, false, 0);
    gox_buf_fini(&line);
}

void gox__mcp_take_answer(gox_mcp_peer *peer, const json_t *message)
{
    const char *id = json_string_value(json_object_get(message, "id"));
    struct gox__mcp_ask **at = &peer->server->asks;
    for (; id != NULL && *at != NULL; at = &(*at)->next) {
        struct gox__mcp_ask *ask = *at;
        if (strcmp(ask->id, id) != 0 || ask->call->peer != peer)
            continue;
        *at = ask->next;
        ask->fn(ask->call, json_object_get(message, "result"),
                json_object_get(message, "error"));
        gox_free(ask);
        return;
    }
}

void gox__mcp_drop_asks(const struct gox_mcp_call *call)
{
    struct gox__mcp_ask **at = &call->server->asks;
    while (*at != NULL) {
        struct gox__mcp_ask *ask = *at;
        if (ask->call != call) {
            at = &ask->next;
            continue;
        }
        *at = ask->next;
        gox_free(ask);
    }
}
