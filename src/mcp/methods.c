/* SPDX-License-Identifier: Apache-2.0
 * The methods of the protocol, as one table, and those of them that only read
 * the registry. */
#include "mcp/server_internal.h"

#include <string.h>

const char *const gox_mcp_versions[] = {GOX_MCP_MODERN_VERSION, "2025-11-25",
        "2025-06-18", "2025-03-26", "2024-11-05", NULL};

bool gox_mcp_knows_version(const char *version)
{
    for (size_t i = 0; gox_mcp_versions[i] != NULL; i++)
        if (strcmp(gox_mcp_versions[i], version) == 0)
            return true;
    return false;
}

void gox__mcp_put_capabilities(
        struct gox_writer *w, gox_mcp_server *server, bool is_modern)
{
    const struct gox_mcp_registry *reg = server->registry;
    static const char tasks[] = "\"io.modelcontextprotocol/tasks\":{}";
    gox_writer_object(w, "capabilities");
    if (!is_modern) {
        gox_writer_object(w, "logging");
        gox_writer_end_object(w);
    }
    gox_writer_object(w, "completions");
    gox_writer_end_object(w);
    gox_writer_object(w, "prompts");
    if (reg->lists_change)
        gox_writer_bool(w, "listChanged", true);
    gox_writer_end_object(w);
    gox_writer_object(w, "resources");
    gox_writer_bool(w, "subscribe", true);
    gox_writer_bool(w, "listChanged", true);
    gox_writer_end_object(w);
    gox_writer_object(w, "tools");
    if (reg->lists_change)
        gox_writer_bool(w, "listChanged", true);
    gox_writer_end_object(w);
    if (is_modern || reg->extensions != NULL) {
        gox_writer_object(w, "extensions");
        if (reg->extensions != NULL)
            gox_buf_put(w->buf, reg->extensions,
                    strlen(reg->extensions) - (is_modern ? 0 : 1));
        if (is_modern)
            gox_buf_put_str(w->buf, tasks);
        gox_writer_end_object(w);
    }
    gox_writer_end_object(w);
}

static int discover(struct gox_mcp_call *call)
{
    const struct gox_mcp_registry *reg = call->server->registry;
    struct gox_writer w;
    gox_writer_init(&w, &call->extra);
    gox_writer_array(&w, "supportedVersions");
    gox_writer_string(&w, NULL, GOX_MCP_MODERN_VERSION);
    gox_writer_end_array(&w);
    gox__mcp_put_capabilities(&w, call->server, true);
    if (reg->instructions != NULL)
        gox_writer_string(&w, "instructions", reg->instructions);
    return GOX_MCP_DONE;
}

/* The revision asked for when it is known, else our newest of the same era. */
static const char *choose_version(const char *wanted)
{
    for (size_t i = 1; wanted != NULL && gox_mcp_versions[i] != NULL; i++)
        if (strcmp(gox_mcp_versions[i], wanted) == 0)
            return gox_mcp_versions[i];
    return gox_mcp_versions[1];
}

static int initialize(struct gox_mcp_call *call)
{
    const struct gox_mcp_registry *reg = call->server->registry;
    gox_mcp_peer *peer = call->peer;
    struct gox_writer w;
    if (peer->version != NULL)
        return gox_mcp_refuse(call, -32600, NULL,
                "the connection is initialized already, for %s", peer->version);
    peer->version = choose_version(json_string_value(
            json_object_get(call->params, "protocolVersion")));
    json_decref(peer->capabilities);
    peer->capabilities =
            json_incref(json_object_get(call->params, "capabilities"));
    gox_writer_init(&w, &call->extra);
    gox_writer_string(&w, "protocolVersion", peer->version);
    gox__mcp_put_capabilities(&w, call->server, false);
    gox__mcp_put_info(&w, "serverInfo", reg,
            strcmp(peer->version, gox_mcp_versions[1]) == 0);
    if (reg->instructions != NULL)
        gox_writer_string(&w, "instructions", reg->instructions);
    return GOX_MCP_DONE;
}

static int ping(struct gox_mcp_call *call)
{
    (void)call;
    return GOX_MCP_DONE;
}

static int set_level(struct gox_mcp_call *call)
{
    int level = gox__mcp_level(
            json_string_value(json_object_get(call->params, "level")));
    if (level < 0)
        return gox_mcp_refuse(call, -32602, NULL,
                "\"level\" is one of debug, info, notice, warning, error, "
                "critical, alert, emergency");
    call->peer->log_level = level;
    return GOX_MCP_DONE;
}

static int list_resources(struct gox_mcp_call *call)
{
    const struct gox_mcp_resource *row = call->server->registry->resources;
    for (; row->name != NULL; row++)
        if (strchr(row->uri, '{') == NULL)
            gox_mcp_put_resource(call, row);
    return call->server->registry->list_resources != NULL
                   ? call->server->registry->list_resources(call)
                   : GOX_MCP_DONE;
}

static int list_templates(struct gox_mcp_call *call)
{
    const struct gox_mcp_resource *row = call->server->registry->resources;
    for (; row->name != NULL; row++)
        if (strchr(row->uri, '{') != NULL)
            gox_mcp_put_resource(call, row);
    return GOX_MCP_DONE;
}

static int read_resource(struct gox_mcp_call *call)
{
    call->name = json_string_value(json_object_get(call->params, "uri"));
    if (call->name == NULL)
        return gox_mcp_refuse(
                call, -32602, NULL, "resources/read needs \"uri\", a string");
    return call->server->registry->read(call);
}

static int list_prompts(struct gox_mcp_call *call)
{
    const struct gox_mcp_prompt *row = call->server->registry->prompts;
    struct gox_writer *w = &call->w;
    for (; row->name != NULL; row++) {
        gox_writer_object(w, NULL);
        gox_writer_string(w, "name", row->name);
        if (row->title != NULL)
            gox_writer_string(w, "title", row->title);
        gox_writer_string(w, "description", row->description);
        if (row->args != NULL)
            gox_writer_array(w, "arguments");
        for (size_t i = 0; row->args != NULL && row->args[i].name; i++) {
            gox_writer_object(w, NULL);
            gox_writer_string(w, "name", row->args[i].name);
            gox_writer_string(w, "description", row->args[i].description);
            gox_writer_bool(w, "required", row->args[i].is_required);
            gox_writer_end_object(w);
        }
        if (row->args != NULL)
            gox_writer_end_array(w);
        gox_writer_end_object(w);
    }
    return GOX_MCP_DONE;
}

static int check_prompt_args(
        struct gox_mcp_call *call, const struct gox_mcp_prompt *prompt)
{
    const char *key;
    json_t *value;
    for (size_t i = 0; prompt->args != NULL && prompt->args[i].name; i++)
        if (prompt->args[i].is_required &&
                json_object_get(call->args, prompt->args[i].name) == NULL)
            return gox_mcp_refuse(call, -32602, NULL,
                    "the prompt %s needs the argument \"%s\"", prompt->name,
                    prompt->args[i].name);
    json_object_foreach(call->args, key, value)
    {
        if (!json_is_string(value))
            return gox_mcp_refuse(call, -32602, NULL,
                    "the prompt argument \"%.60s\" is no string", key);
    }
    return GOX_MCP_DONE;
}

static int get_prompt(struct gox_mcp_call *call)
{
    const struct gox_mcp_prompt *row = call->server->registry->prompts;
    json_t *args = json_object_get(call->params, "arguments");
    call->name = json_string_value(json_object_get(call->params, "name"));
    if (call->name == NULL)
        return gox_mcp_refuse(
                call, -32602, NULL, "prompts/get needs \"name\", a string");
    while (row->name != NULL && strcmp(row->name, call->name) != 0)
        row++;
    if (row->name == NULL)
        return gox_mcp_refuse(call, -32602, NULL,
                "there is no prompt \"%.100s\"; prompts/list has all",
                call->name);
    if (args == NULL || json_is_null(args)) {
        json_object_set_new(call->params, "arguments", json_object());
        args = json_object_get(call->params, "arguments");
    }
    if (!json_is_object(args))
        return gox_mcp_refuse(call, -32602, NULL, "\"arguments\" is no object");
    call->args = args;
    check_prompt_args(call, row);
    if (call->error_code != 0)
        return GOX_MCP_DONE;
    return row->run(call);
}

static int complete(struct gox_mcp_call *call)
{
    const json_t *ref = json_object_get(call->params, "ref");
    const json_t *arg = json_object_get(call->params, "argument");
    if (!json_is_string(json_object_get(ref, "type")) ||
            !json_is_string(json_object_get(arg, "name")) ||
            !json_is_string(json_object_get(arg, "value")))
        return gox_mcp_refuse(call, -32602, NULL,
                "completion/complete needs \"ref\" {type, name or uri} and "
                "\"argument\" {name, value}");
    return call->server->registry->complete != NULL
                   ? call->server->registry->complete(call)
                   : GOX_MCP_DONE;
}

// clang-format off
static const struct gox_mcp_method METHODS[] = {
        {"tools/call", GOX__MCP_BOTH | GOX__MCP_INPUT, "content", gox__mcp_tools_call},
        {"tools/list", GOX__MCP_BOTH | GOX__MCP_CACHE, "tools", gox__mcp_tools_list},
        {"resources/read", GOX__MCP_BOTH | GOX__MCP_CACHE | GOX__MCP_INPUT, "contents", read_resource},
        {"resources/list", GOX__MCP_BOTH | GOX__MCP_CACHE, "resources", list_resources},
        {"resources/templates/list", GOX__MCP_BOTH | GOX__MCP_CACHE, "resourceTemplates", list_templates},
        {"prompts/list", GOX__MCP_BOTH | GOX__MCP_CACHE, "prompts", list_prompts},
        {"prompts/get", GOX__MCP_BOTH | GOX__MCP_INPUT, "messages", get_prompt},
        {"completion/complete", GOX__MCP_BOTH, "values", complete},
        {"server/discover", GOX__MCP_NEW | GOX__MCP_CACHE, NULL, discover},
        {"subscriptions/listen", GOX__MCP_NEW, NULL, gox__mcp_listen},
        {"tasks/get", GOX__MCP_NEW, NULL, gox__mcp_tasks_get},
        {"tasks/update", GOX__MCP_NEW, NULL, gox__mcp_tasks_update},
        {"tasks/cancel", GOX__MCP_NEW, NULL, gox__mcp_tasks_cancel},
        {"initialize", GOX__MCP_OLD, NULL, initialize},
        {"ping", GOX__MCP_OLD, NULL, ping},
        {"logging/setLevel", GOX__MCP_OLD, NULL, set_level},
        {"resources/subscribe", GOX__MCP_OLD, NULL, gox__mcp_subscribe},
        {"resources/unsubscribe", GOX__MCP_OLD, NULL, gox__mcp_unsubscribe},
};
// clang-format on

const struct gox_mcp_method *gox__mcp_find_method(const char *name)
{
    for (size_t i = 0; i < sizeof METHODS / sizeof METHODS[0]; i++)
        if (strcmp(METHODS[i].name, name) == 0)
            return &METHODS[i];
    return NULL;
}
