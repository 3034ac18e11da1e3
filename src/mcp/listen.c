/* SPDX-License-Identifier: Apache-2.0
 * Telling clients what changed: resources/subscribe before 2026, and since then
 * subscriptions/listen, a request that stays open and names what it wants.
 *
 * Invariant: on an open listen the acknowledgement is the first line, and every
 * line carries the id of the request. */
#include "mcp/server_internal.h"

#include <string.h>

static void begin(
        struct gox_writer *w, struct gox_buf *line, const char *method)
{
    gox_buf_init(line, 0);
    gox_writer_init(w, line);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "jsonrpc", "2.0");
    gox_writer_string(w, "method", method);
    gox_writer_object(w, "params");
}

static void put_tag(struct gox_writer *w, const struct gox_mcp_call *call)
{
    gox_writer_object(w, "_meta");
    gox_writer_raw(
            w, GOX__MCP_META_SUB, (const char *)call->id.data, call->id.len);
    gox_writer_end_object(w);
}

static void send_to(const struct gox_mcp_sink *sink, struct gox_writer *w,
        struct gox_buf *line)
{
    gox_writer_end_object(w);
    gox_writer_end_object(w);
    if (sink->send != NULL && gox_buf_error(line) == 0)
        sink->send(sink->ctx, (const char *)line->data, line->len, false, 200);
    gox_buf_fini(line);
}

static const json_t *filter_of(const struct gox_mcp_call *call)
{
    return json_object_get(call->params, "notifications");
}

static bool wants(const json_t *filter, const char *key)
{
    return json_is_true(json_object_get(filter, key));
}

static void acknowledge(struct gox_mcp_call *call)
{
    const json_t *filter = filter_of(call);
    const json_t *uris = json_object_get(filter, "resourceSubscriptions");
    struct gox_buf line;
    struct gox_writer w;
    begin(&w, &line, "notifications/subscriptions/acknowledged");
    put_tag(&w, call);
    gox_writer_object(&w, "notifications");
    if (call->server->registry->lists_change) {
        if (wants(filter, "toolsListChanged"))
            gox_writer_bool(&w, "toolsListChanged", true);
        if (wants(filter, "promptsListChanged"))
            gox_writer_bool(&w, "promptsListChanged", true);
    }
    if (wants(filter, "resourcesListChanged"))
        gox_writer_bool(&w, "resourcesListChanged", true);
    if (json_array_size(uris) > 0)
        gox__mcp_put_json(&w, "resourceSubscriptions", uris);
    gox_writer_end_object(&w);
    send_to(&call->sink, &w, &line);
}

static void watch(struct gox_mcp_call *call, const char *uri)
{
    if (call->server->registry->watch != NULL && uri != NULL)
        call->server->registry->watch(call->app, uri);
}

int gox__mcp_listen(struct gox_mcp_call *call)
{
    const json_t *filter = filter_of(call);
    json_t *uris = json_object_get(filter, "resourceSubscriptions");
    size_t i;
    json_t *uri;
    if (!json_is_object(filter))
        return gox_mcp_refuse(call, -32602, NULL,
                "subscriptions/listen needs \"notifications\", an object");
    call->is_listening = true;
    acknowledge(call);
    json_array_foreach(uris, i, uri)
    {
        watch(call, json_string_value(uri));
    }
    return GOX_MCP_LATER;
}

void gox_mcp_server_end_listening(gox_mcp_server *server)
{
    struct gox_mcp_call *call = server->calls;
    while (call != NULL) {
        struct gox_mcp_call *next = call->next;
        if (call->is_listening) {
            struct gox_writer w;
            gox_writer_init(&w, &call->extra);
            put_tag(&w, call);
            gox_mcp_finish(call);
        }
        call = next;
    }
}

static const char *uri_of(struct gox_mcp_call *call)
{
    const char *uri = json_string_value(json_object_get(call->params, "uri"));
    if (uri == NULL)
        (void)gox_mcp_refuse(
                call, -32602, NULL, "\"uri\" is missing or no string");
    return uri;
}

int gox__mcp_subscribe(struct gox_mcp_call *call)
{
    const char *uri = uri_of(call);
    if (uri == NULL)
        return GOX_MCP_DONE;
    if (call->peer->uris == NULL)
        call->peer->uris = json_object();
    if (json_object_set_new(call->peer->uris, uri, json_true()) != 0)
        return gox_mcp_refuse(call, -32603, NULL, "out of memory");
    watch(call, uri);
    return GOX_MCP_DONE;
}

int gox__mcp_unsubscribe(struct gox_mcp_call *call)
{
    const char *uri = uri_of(call);
    if (uri != NULL)
        json_object_del(call->peer->uris, uri);
    return GOX_MCP_DONE;
}

static void tell(const struct gox_mcp_sink *sink,
        const struct gox_mcp_call *call, const char *method, const char *uri)
{
    struct gox_buf line;
    struct gox_writer w;
    begin(&w, &line, method);
    if (uri != NULL)
        gox_writer_string(&w, "uri", uri);
    if (call != NULL)
        put_tag(&w, call);
    send_to(sink, &w, &line);
}

/* Is one the changed resource, or below it? */
static bool is_below(const char *one, const char *uri)
{
    size_t len = strlen(uri);
    return strncmp(one, uri, len) == 0 && (one[len] == '\0' || one[len] == '/');
}

// clang-format off
static const struct list {
    unsigned bit;
    const char *key, *method;
} LISTS[] = {
        {GOX_MCP_TOOLS_CHANGED, "toolsListChanged", "notifications/tools/list_changed"},
        {GOX_MCP_PROMPTS_CHANGED, "promptsListChanged", "notifications/prompts/list_changed"},
        {GOX_MCP_RESOURCES_CHANGED, "resourcesListChanged", "notifications/resources/list_changed"},
};
// clang-format on

static const char UPDATED[] = "notifications/resources/updated";

void gox_mcp_changed(gox_mcp_server *server, unsigned lists, const char *uri)
{
    for (gox_mcp_peer *peer = server->peers; peer; peer = peer->next) {
        if (peer->version == NULL)
            continue;
        for (size_t i = 0; i < 3; i++)
            if ((lists & LISTS[i].bit) != 0)
                tell(&peer->notify, NULL, LISTS[i].method, NULL);
        const char *one;
        json_t *unused;
        json_object_foreach(uri != NULL ? peer->uris : NULL, one, unused)
        {
            if (is_below(one, uri))
                tell(&peer->notify, NULL, UPDATED, one);
        }
    }
    for (struct gox_mcp_call *call = server->calls; call; call = call->next) {
        const json_t *filter = filter_of(call);
        if (!call->is_listening)
            continue;
        for (size_t i = 0; i < 3; i++)
            if ((lists & LISTS[i].bit) != 0 && wants(filter, LISTS[i].key))
                tell(&call->sink, call, LISTS[i].method, NULL);
        json_t *uris = json_object_get(filter, "resourceSubscriptions");
        for (size_t i = 0; uri != NULL && i < json_array_size(uris); i++) {
            const char *one = json_string_value(json_array_get(uris, i));
            if (one != NULL && is_below(one, uri))
                tell(&call->sink, call, UPDATED, one);
        }
    }
}
