/* SPDX-License-Identifier: Apache-2.0
 * The server, its peers, and the way of a message: which era it is of, whether
 * its envelope is whole, which method answers.
 *
 * Invariant: what is checked here is checked nowhere else: the handlers get an
 * object of params, of a known era, from a known peer. */
#include "base/alloc.h"
#include "base/time.h"
#include "mcp/server_internal.h"

#include <string.h>
#include <sys/random.h>

gox_mcp_server *gox_mcp_server_new(
        gox_loop *loop, const struct gox_mcp_registry *registry, void *app)
{
    gox_mcp_server *server = gox_calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->sweep = gox_timer_new(loop, gox__mcp_sweep, server);
    if (server->sweep == NULL ||
            getrandom(server->key, sizeof server->key, 0) !=
                    sizeof server->key ||
            getrandom(server->salt, sizeof server->salt, 0) !=
                    sizeof server->salt) {
        gox_timer_close(server->sweep);
        gox_free(server);
        return NULL;
    }
    server->loop = loop;
    server->registry = registry;
    server->app = app;
    return server;
}

void gox_mcp_server_free(gox_mcp_server *server)
{
    const struct gox_mcp_tool *tools;
    if (server == NULL)
        return;
    while (server->calls != NULL)
        gox__mcp_cancel(server->calls);
    while (server->peers != NULL)
        gox_mcp_peer_free(server->peers);
    gox__mcp_tasks_expire(server, true);
    tools = server->registry->tools;
    for (size_t i = 0; server->schemas != NULL && tools[i].name != NULL; i++)
        json_decref(server->schemas[i]);
    gox_timer_close(server->sweep);
    gox_free(server->schemas);
    gox_free(server);
}

gox_loop *gox_mcp_server_loop(const gox_mcp_server *server)
{
    return server->loop;
}

size_t gox_mcp_server_calls(const gox_mcp_server *server)
{
    return server->call_count;
}

gox_mcp_peer *gox_mcp_peer_new(
        gox_mcp_server *server, const struct gox_mcp_sink *notify, bool is_http)
{
    gox_mcp_peer *peer = gox_calloc(1, sizeof *peer);
    if (peer == NULL)
        return NULL;
    peer->server = server;
    peer->notify = *notify;
    peer->is_http = is_http;
    peer->log_level = -1;
    peer->next = server->peers;
    if (peer->next != NULL)
        peer->next->prev = peer;
    server->peers = peer;
    return peer;
}

void gox_mcp_peer_free(gox_mcp_peer *peer)
{
    struct gox_mcp_call *call = peer->server->calls;
    while (call != NULL) {
        struct gox_mcp_call *next = call->next;
        if (call->peer == peer)
            gox__mcp_cancel(call);
        call = next;
    }
    if (peer->prev != NULL)
        peer->prev->next = peer->next;
    else
        peer->server->peers = peer->next;
    if (peer->next != NULL)
        peer->next->prev = peer->prev;
    json_decref(peer->capabilities);
    json_decref(peer->uris);
    gox_free(peer);
}

void gox_mcp_peer_set_notify(
        gox_mcp_peer *peer, const struct gox_mcp_sink *notify)
{
    peer->notify = *notify;
}

void gox_mcp_peer_set_modern(gox_mcp_peer *peer)
{
    peer->was_modern = true;
}

const char *gox_mcp_peer_version(const gox_mcp_peer *peer)
{
    return peer->version;
}

bool gox_mcp_is_modern(const json_t *message)
{
    const json_t *meta =
            json_object_get(json_object_get(message, "params"), "_meta");
    return json_object_get(meta, GOX__MCP_META_VERSION) != NULL;
}

json_t *gox_mcp_parse(
        const char *text, size_t len, const struct gox_mcp_sink *sink)
{
    json_error_t where;
    json_t *message = json_loadb(text, len,
            JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &where);
    if (message == NULL && json_error_code(&where) == json_error_out_of_memory)
        gox_mcp_send_error(sink, NULL, 500, -32603, NULL,
                "out of memory for a message of %zu bytes", len);
    else if (message == NULL)
        gox_mcp_send_error(sink, NULL, 400, -32700, NULL,
                "the message is not JSON: %s at byte %d", where.text,
                where.position);
    return message;
}

/* ---- requests ---- */

/* The envelope of 2026. False when it was refused. */
static bool check_envelope(struct gox_mcp_call *call)
{
    const json_t *meta = gox__mcp_meta(call);
    const json_t *version = json_object_get(meta, GOX__MCP_META_VERSION);
    const json_t *caps = json_object_get(meta, GOX__MCP_META_CAPS);
    call->status = 400;
    if (!json_is_string(version)) {
        gox_mcp_refuse(call, -32602, NULL,
                "params._meta lacks \"%s\", which each request of %s has",
                GOX__MCP_META_VERSION, GOX_MCP_MODERN_VERSION);
        return false;
    }
    if (strcmp(json_string_value(version), GOX_MCP_MODERN_VERSION) != 0) {
        gox_mcp_refuse(call, -32022,
                json_pack("{s:[s],s:O}", "supported", GOX_MCP_MODERN_VERSION,
                        "requested", version),
                "protocol version %.40s is not supported in this form; use %s, "
                "or initialize for %s and earlier",
                json_string_value(version), GOX_MCP_MODERN_VERSION,
                gox_mcp_versions[1]);
        return false;
    }
    if (!json_is_object(caps)) {
        gox_mcp_refuse(call, -32602, NULL,
                "params._meta lacks \"%s\", an object", GOX__MCP_META_CAPS);
        return false;
    }
    call->status = 0;
    return true;
}

/* Does the request belong to 2026? */
static bool decide_era(
        gox_mcp_peer *peer, struct gox_mcp_call *call, const char *method)
{
    const struct gox_mcp_method *known = gox__mcp_find_method(method);
    if (gox_mcp_is_modern(call->message))
        return true;
    if (peer->version != NULL || strcmp(method, "initialize") == 0)
        return peer->was_modern && peer->is_http;
    if (known != NULL && (known->flags & GOX__MCP_OLD) == 0)
        return true;
    return peer->was_modern;
}

/* inputResponses and requestState of a later round. */
static bool take_input(struct gox_mcp_call *call)
{
    json_t *inputs = json_object_get(call->params, "inputResponses");
    const json_t *state = json_object_get(call->params, "requestState");
    const char *key;
    json_t *value;
    if (inputs != NULL && !json_is_object(inputs)) {
        gox_mcp_refuse(call, -32602, NULL, "\"inputResponses\" is no object");
        return false;
    }
    json_object_foreach(inputs, key, value)
    {
        if (!json_is_object(value)) {
            gox_mcp_refuse(call, -32602, NULL,
                    "\"inputResponses.%.60s\" is no object", key);
            return false;
        }
    }
    call->inputs = inputs;
    if (state == NULL)
        return true;
    /* The name is a part of what was signed. */
    call->name = json_string_value(json_object_get(call->params, "name"));
    if (call->name == NULL)
        call->name = json_string_value(json_object_get(call->params, "uri"));
    if (json_is_string(state))
        call->past_state = gox__mcp_unseal(call, json_string_value(state));
    if (call->past_state != NULL)
        return true;
    gox_mcp_refuse(call, -32602, NULL,
            "\"requestState\" is not what this server gave for this request, "
            "or "
            "is too old; call again without it");
    return false;
}

static int dispatch(struct gox_mcp_call *call, const char *method)
{
    const struct gox_mcp_method *known = gox__mcp_find_method(method);
    unsigned era = call->is_modern ? GOX__MCP_NEW : GOX__MCP_OLD;
    if (call->is_modern && !check_envelope(call))
        return GOX_MCP_DONE;
    if (call->is_modern)
        call->peer->was_modern = true;
    if (known == NULL || (known->flags & era) == 0)
        return gox_mcp_refuse(call, -32601, NULL,
                "there is no method \"%.80s\" in this version of the "
                "protocol%s",
                method,
                strcmp(method, "initialize") == 0
                        ? "; it is stateless, and server/discover tells what "
                          "there is"
                        : "");
    call->method = known;
    if (json_object_get(call->params, "cursor") != NULL)
        return gox_mcp_refuse(call, -32602, NULL,
                "the cursor is not known; this list comes in one page");
    if (call->is_modern && (known->flags & GOX__MCP_INPUT) != 0 &&
            !take_input(call))
        return GOX_MCP_DONE;
    return known->run(call);
}

static bool copy_id(struct gox_mcp_call *call, const json_t *id)
{
    struct gox_writer w;
    gox_writer_init(&w, &call->id);
    gox__mcp_put_json(&w, NULL, id);
    return gox_buf_error(&call->id) == 0;
}

static enum gox_mcp_kind take_request(gox_mcp_peer *peer, json_t *own_message,
        const struct gox_mcp_sink *sink, struct gox_mcp_call **under_way)
{
    const char *method =
            json_string_value(json_object_get(own_message, "method"));
    json_t *id = json_incref(json_object_get(own_message, "id"));
    struct gox_mcp_call *call = NULL;
    if (json_object_get(own_message, "params") == NULL)
        json_object_set_new(own_message, "params", json_object());
    if (json_object_get(own_message, "params") != NULL)
        call = gox__mcp_call_new(peer, own_message, sink);
    else
        json_decref(own_message);
    if (call == NULL || !copy_id(call, id)) {
        gox_mcp_send_error(sink, id, 500, -32603, NULL, "out of memory");
        if (call != NULL)
            gox__mcp_call_free(call);
        json_decref(id);
        return GOX_MCP_INVALID;
    }
    json_decref(id);
    call->is_modern = decide_era(peer, call, method);
    /* A handler that says "later" may have finished already. */
    peer->server->current = call;
    if (dispatch(call, method) != GOX_MCP_LATER)
        gox_mcp_finish(call);
    else if (under_way != NULL)
        *under_way = peer->server->current;
    return GOX_MCP_REQUEST;
}

/* ---- notifications ---- */

static struct gox_mcp_call *find_call(gox_mcp_peer *peer, const json_t *id)
{
    struct gox_mcp_call *call = peer->server->calls;
    for (; call != NULL; call = call->next)
        if (call->peer == peer && call->task == NULL &&
                json_equal(json_object_get(call->message, "id"), id))
            return call;
    return NULL;
}

static void take_notification(gox_mcp_peer *peer, const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    const json_t *id =
            json_object_get(json_object_get(message, "params"), "requestId");
    struct gox_mcp_call *call;
    if (strcmp(method, "notifications/cancelled") != 0 || id == NULL)
        return;
    call = find_call(peer, id);
    if (call != NULL)
        gox__mcp_cancel(call);
}

/* ---- any message ---- */

static bool is_id(const json_t *id)
{
    return json_is_string(id) || json_is_integer(id);
}

/* Why it is no message of JSON-RPC; NULL: it is one. */
static const char *find_fault(const json_t *message)
{
    const char *version =
            json_string_value(json_object_get(message, "jsonrpc"));
    const json_t *id = json_object_get(message, "id");
    const json_t *params = json_object_get(message, "params");
    if (json_is_array(message))
        return "this version of the protocol has no batches; send one message "
               "at a time";
    if (!json_is_object(message))
        return "a message is a JSON object";
    if (version == NULL || strcmp(version, "2.0") != 0)
        return "\"jsonrpc\" is missing or not \"2.0\"";
    if (id != NULL && !is_id(id) && json_object_get(message, "error") == NULL)
        return "\"id\" is neither a string nor an integer";
    if (json_object_get(message, "method") == NULL && id != NULL &&
            (json_object_get(message, "result") != NULL ||
                    json_object_get(message, "error") != NULL))
        return NULL;
    if (!json_is_string(json_object_get(message, "method")))
        return "\"method\" is missing or not a string";
    if (params != NULL && !json_is_object(params))
        return "\"params\" is no object";
    return NULL;
}

enum gox_mcp_kind gox_mcp_receive_json(gox_mcp_peer *peer, json_t *own_message,
        const struct gox_mcp_sink *sink, struct gox_mcp_call **under_way)
{
    const char *fault = find_fault(own_message);
    const json_t *id = json_object_get(own_message, "id");
    enum gox_mcp_kind kind = GOX_MCP_NOTIFICATION;
    if (under_way != NULL)
        *under_way = NULL;
    if (fault != NULL) {
        gox_mcp_send_error(
                sink, is_id(id) ? id : NULL, 400, -32600, NULL, "%s", fault);
        kind = GOX_MCP_INVALID;
    } else if (json_object_get(own_message, "method") == NULL) {
        gox__mcp_take_answer(peer, own_message);
        kind = GOX_MCP_RESPONSE;
    } else if (id != NULL) {
        return take_request(peer, own_message, sink, under_way);
    } else {
        take_notification(peer, own_message);
    }
    json_decref(own_message);
    return kind;
}

enum gox_mcp_kind gox_mcp_receive(gox_mcp_peer *peer, const char *text,
        size_t len, const struct gox_mcp_sink *sink)
{
    json_t *message = gox_mcp_parse(text, len, sink);
    if (message == NULL)
        return GOX_MCP_INVALID;
    return gox_mcp_receive_json(peer, message, sink, NULL);
}
