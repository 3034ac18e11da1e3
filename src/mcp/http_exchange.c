/* SPDX-License-Identifier: Apache-2.0
 * One POST: a message in; a JSON answer out, or a stream of events that ends
 * with it when there is more to say than the answer. */
#include "base/alloc.h"
#include "base/time.h"
#include "mcp/batch.h"
#include "mcp/http_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#define STREAM_PENDING_MAX (16u << 20)
#define RETRY_MS           200

void gox__mcp_http_error(
        gox_http_request *req, int status, const char *fmt, ...)
{
    struct gox_buf body;
    struct gox_writer w;
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    gox_buf_init(&body, 0);
    gox_writer_init(&w, &body);
    gox_writer_object(&w, NULL);
    gox_writer_string(&w, "jsonrpc", "2.0");
    gox_writer_null(&w, "id");
    gox_writer_object(&w, "error");
    gox_writer_int(&w, "code", -32000);
    gox_writer_string(&w, "message", text);
    gox_writer_end_object(&w);
    gox_writer_end_object(&w);
    gox_http_reply(req, (unsigned)status, "application/json", &body);
    gox_buf_fini(&body);
}

void gox__mcp_begin_stream(gox_http_request *req)
{
    gox_http_set_header(req, "Cache-Control", "no-cache");
    gox_http_set_header(req, "X-Accel-Buffering", "no");
    gox_http_stream(req, 200, "text/event-stream", STREAM_PENDING_MAX);
}

void gox__mcp_exchange_free(struct gox__mcp_exchange *x)
{
    if (x->prev != NULL)
        x->prev->next = x->next;
    else
        x->http->exchanges = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    gox_buf_fini(&x->kept);
    gox_free(x);
}

static void end_exchange(struct gox__mcp_exchange *x)
{
    x->is_over = true;
    x->call = NULL;
    if (!x->is_held && !x->is_kept)
        gox__mcp_exchange_free(x);
}

void gox__mcp_exchange_gone(void *ctx)
{
    struct gox__mcp_exchange *x = ctx;
    struct gox_mcp_call *call = x->call;
    x->req = NULL;
    if (x->is_held || x->is_kept)
        return;
    gox__mcp_exchange_free(x);
    if (call != NULL)
        gox_mcp_call_abandon(call);
}

void gox__mcp_exchange_attach(struct gox__mcp_exchange *x)
{
    gox_http_on_gone(x->req, gox__mcp_exchange_gone, x);
}

static void reply(
        struct gox__mcp_exchange *x, const char *line, size_t len, int status)
{
    struct gox_buf body;
    gox_buf_init(&body, 0);
    gox_buf_put(&body, line, len);
    if (gox_buf_error(&body) != 0)
        gox_http_abort(x->req);
    else
        gox_http_reply(x->req, (unsigned)status, "application/json", &body);
    gox_buf_fini(&body);
    x->req = NULL;
}

static void on_line(
        void *ctx, const char *line, size_t len, bool is_final, int status)
{
    struct gox__mcp_exchange *x = ctx;
    if (x->is_over)
        return;
    if (x->is_kept) {
        gox_buf_put_str(&x->kept, "event: message\ndata: ");
        gox_buf_put(&x->kept, line, len);
        gox_buf_put_str(&x->kept, "\n\n");
    } else if (x->req != NULL && is_final && !x->is_streaming) {
        reply(x, line, len, status);
    } else if (x->req != NULL) {
        if (!x->is_streaming)
            gox__mcp_begin_stream(x->req);
        x->is_streaming = true;
        /* A client that does not read loses the connection, not we the
         * memory. */
        if (gox_http_write_event(x->req, "message", NULL, line, len) != 0) {
            gox_http_abort(x->req);
            x->req = NULL;
        } else if (is_final) {
            gox_http_end(x->req);
            x->req = NULL;
        }
    }
    if (is_final)
        end_exchange(x);
}

/* Cancelled by a message of its client, which waits for no answer any more. */
static void on_drop(void *ctx)
{
    struct gox__mcp_exchange *x = ctx;
    x->is_kept = false;
    if (x->req != NULL && x->is_streaming)
        gox_http_end(x->req);
    else if (x->req != NULL)
        gox_http_reply(x->req, 202, NULL, NULL);
    x->req = NULL;
    end_exchange(x);
}

/* Ends the stream early; what comes later is kept for a GET with this id. */
static void on_pause(void *ctx)
{
    struct gox__mcp_exchange *x = ctx;
    uint8_t random[12] = {0};
    char event[120];
    int len;
    if (x->req == NULL || x->session == NULL || x->is_streaming)
        return;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return;
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(x->id + 2 * i, 3, "%02x", random[i]);
    len = snprintf(event, sizeof event, "retry: %d\nid: %s\ndata: \n\n",
            RETRY_MS, x->id);
    gox__mcp_begin_stream(x->req);
    x->is_kept = true;
    if (gox_http_write(x->req, event, (size_t)len) == 0)
        gox_http_end(x->req);
    else
        gox_http_abort(x->req);
    x->req = NULL;
}

/* ---- the message ---- */

static bool accepts(const gox_http_request *req)
{
    const char *accept = gox_http_header(req, "Accept");
    return accept != NULL &&
           (strstr(accept, "*/*") != NULL ||
                   (strstr(accept, "application/json") != NULL &&
                           strstr(accept, "text/event-stream") != NULL));
}

static bool is_json(const gox_http_request *req)
{
    const char *type = gox_http_header(req, "Content-Type");
    return type != NULL && strncasecmp(type, "application/json", 16) == 0 &&
           (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

static struct gox__mcp_exchange *new_exchange(
        gox_mcp_http *http, gox_http_request *req)
{
    struct gox__mcp_exchange *x = gox_calloc(1, sizeof *x);
    if (x == NULL)
        return NULL;
    x->http = http;
    x->req = req;
    x->is_held = true;
    gox_buf_init(&x->kept, 0);
    x->next = http->exchanges;
    if (x->next != NULL)
        x->next->prev = x;
    http->exchanges = x;
    gox_http_on_gone(req, gox__mcp_exchange_gone, x);
    return x;
}

static bool is_initialize(const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    return method != NULL && strcmp(method, "initialize") == 0;
}

/* The session that a message of before 2026 belongs to. False: answered. */
static bool find_session(struct gox__mcp_exchange *x, const json_t *message,
        struct gox_mcp_sink *sink)
{
    const char *id = gox_http_header(x->req, "Mcp-Session-Id");
    const char *version = gox_http_header(x->req, "MCP-Protocol-Version");
    const json_t *rpc_id = json_object_get(message, "id");
    if (version != NULL && !gox_mcp_knows_version(version)) {
        gox_mcp_send_error(sink, rpc_id, 400, -32000, NULL,
                "protocol version %.40s is not supported; the newest are %s "
                "and %s",
                version, gox_mcp_versions[0], gox_mcp_versions[1]);
        return false;
    }
    if (is_initialize(message)) {
        x->session = gox__mcp_session_new(x->http);
        if (x->session == NULL) {
            gox_mcp_send_error(
                    sink, rpc_id, 503, -32603, NULL, "no room for a session");
            return false;
        }
        gox_http_set_header(x->req, "Mcp-Session-Id", x->session->id);
        return true;
    }
    if (id == NULL) {
        gox_mcp_send_error(sink, rpc_id, 400, -32000, NULL,
                "the header Mcp-Session-Id is missing; initialize gives one");
        return false;
    }
    x->session = gox__mcp_session_find(x->http, id);
    if (x->session == NULL)
        gox_mcp_send_error(sink, rpc_id, 404, -32000, NULL,
                "the session is not known or has ended; initialize again");
    return x->session != NULL;
}

static bool belongs_to_2026(const gox_http_request *req, const json_t *message)
{
    const char *version = gox_http_header(req, "MCP-Protocol-Version");
    return gox_mcp_is_modern(message) ||
           (version != NULL && strcmp(version, GOX_MCP_MODERN_VERSION) == 0);
}

static enum gox_mcp_kind take(struct gox__mcp_exchange *x, json_t *own_message,
        struct gox_mcp_sink *sink)
{
    struct gox_mcp_call *call = NULL;
    enum gox_mcp_kind kind;
    gox_mcp_peer *peer = x->http->modern;
    if (belongs_to_2026(x->req, own_message)) {
        if (!gox__mcp_check_headers(x->http, x->req, own_message, sink)) {
            json_decref(own_message);
            return GOX_MCP_INVALID;
        }
    } else {
        if (!find_session(x, own_message, sink)) {
            json_decref(own_message);
            return GOX_MCP_INVALID;
        }
        peer = x->session->peer;
        sink->pause = on_pause;
        const char *version = gox_mcp_peer_version(peer);
        if (json_is_array(own_message) && version != NULL &&
                strcmp(version, "2025-03-26") == 0)
            return gox_mcp_receive_batch(peer, own_message, sink)
                           ? GOX_MCP_REQUEST
                           : GOX_MCP_NOTIFICATION;
    }
    kind = gox_mcp_receive_json(peer, own_message, sink, &call);
    if (!x->is_over)
        x->call = call;
    return kind;
}

void gox__mcp_post(void *ctx, gox_http_request *req)
{
    gox_mcp_http *http = ctx;
    struct gox__mcp_exchange *x;
    enum gox_mcp_kind kind = GOX_MCP_INVALID;
    json_t *message;
    size_t len;
    char *body;
    if (!is_json(req)) {
        gox__mcp_http_error(req, 415, "the Content-Type is application/json");
        return;
    }
    if (!accepts(req)) {
        gox__mcp_http_error(req, 406,
                "the Accept header names application/json and "
                "text/event-stream");
        return;
    }
    x = new_exchange(http, req);
    if (x == NULL) {
        gox__mcp_http_error(req, 503, "out of memory");
        return;
    }
    struct gox_mcp_sink sink = {on_line, x, NULL, on_drop};
    body = gox_http_body(req, &len);
    message = gox_mcp_parse(body, len, &sink);
    if (message != NULL)
        kind = take(x, message, &sink);
    x->is_held = false;
    if (x->is_over && !x->is_kept) {
        gox__mcp_exchange_free(x);
    } else if (kind == GOX_MCP_NOTIFICATION || kind == GOX_MCP_RESPONSE) {
        if (x->req != NULL)
            gox_http_reply(x->req, 202, NULL, NULL);
        gox__mcp_exchange_free(x);
    } else if (x->req == NULL && !x->is_kept) {
        gox__mcp_exchange_gone(x);
    }
}
