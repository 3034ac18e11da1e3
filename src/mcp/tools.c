/* SPDX-License-Identifier: Apache-2.0
 * tools/list and tools/call. The list is written from the table each time, in
 * the table's order; the schemas in it are the very texts of the table. */
#include "base/alloc.h"
#include "mcp/schema.h"
#include "mcp/server_internal.h"
#include "rpc/suggest.h"

#include <string.h>

static void put_hints(struct gox_writer *w, const struct gox_mcp_tool *tool)
{
    bool is_read_only = (tool->flags & GOX_MCP_READ_ONLY) != 0;
    if ((tool->flags & GOX_MCP_NO_HINTS) != 0)
        return;
    gox_writer_object(w, "annotations");
    gox_writer_bool(w, "readOnlyHint", is_read_only);
    if (!is_read_only) {
        gox_writer_bool(
                w, "destructiveHint", (tool->flags & GOX_MCP_DESTRUCTIVE) != 0);
        if ((tool->flags & GOX_MCP_IDEMPOTENT) != 0)
            gox_writer_bool(w, "idempotentHint", true);
    }
    gox_writer_bool(
            w, "openWorldHint", (tool->flags & GOX_MCP_OPEN_WORLD) != 0);
    gox_writer_end_object(w);
}

static void put_tool(struct gox_writer *w, const struct gox_mcp_tool *tool)
{
    static const char none[] =
            "{\"type\":\"object\",\"additionalProperties\":false}";
    const char *schema = tool->schema != NULL ? tool->schema : none;
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", tool->name);
    if (tool->title != NULL)
        gox_writer_string(w, "title", tool->title);
    gox_writer_string(w, "description", tool->description);
    gox_writer_raw(w, "inputSchema", schema, strlen(schema));
    if (tool->output != NULL)
        gox_writer_raw(w, "outputSchema", tool->output, strlen(tool->output));
    put_hints(w, tool);
    if (tool->meta != NULL)
        gox_writer_raw(w, "_meta", tool->meta, strlen(tool->meta));
    gox_writer_end_object(w);
}

int gox__mcp_tools_list(struct gox_mcp_call *call)
{
    const struct gox_mcp_tool *tool = call->server->registry->tools;
    for (; tool->name != NULL; tool++)
        put_tool(&call->w, tool);
    return GOX_MCP_DONE;
}

const struct gox_mcp_tool *gox_mcp_find_tool(
        const gox_mcp_server *server, const char *name)
{
    const struct gox_mcp_tool *tool = server->registry->tools;
    for (; tool->name != NULL; tool++)
        if (strcmp(tool->name, name) == 0)
            return tool;
    return NULL;
}

const json_t *gox_mcp_tool_schema(
        gox_mcp_server *server, const struct gox_mcp_tool *tool)
{
    size_t at = (size_t)(tool - server->registry->tools);
    const struct gox_mcp_tool *last = tool;
    if (tool->schema == NULL)
        return NULL;
    while (last->name != NULL)
        last++;
    if (server->schemas == NULL)
        server->schemas = gox_calloc(
                (size_t)(last - server->registry->tools) + 1, sizeof(json_t *));
    if (server->schemas == NULL)
        return NULL;
    if (server->schemas[at] == NULL)
        server->schemas[at] = json_loads(tool->schema, 0, NULL);
    return server->schemas[at];
}

static int unknown_tool(struct gox_mcp_call *call, const char *name)
{
    const struct gox_mcp_tool *tool = call->server->registry->tools;
    struct gox_suggest near;
    size_t len = 0;
    gox_suggest_init(&near, (struct gox_slice){name, strlen(name)});
    for (; tool->name != NULL; tool++)
        gox_suggest_offer(&near, tool->name, strlen(tool->name));
    const char *best = gox_suggest_best(&near, &len);
    return gox_mcp_refuse(call, -32602, NULL,
            "there is no tool \"%.100s\"%s%s; tools/list has all", name,
            best != NULL ? "; did you mean " : "", best != NULL ? best : "");
}

/* Wrong values are for the model to mend, so they are a result of the tool. */
static bool check_arguments(struct gox_mcp_call *call)
{
    const json_t *schema = gox_mcp_tool_schema(call->server, call->tool);
    struct gox_buf why;
    bool fits;
    if ((call->tool->flags & GOX_MCP_LOOSE) != 0)
        return true;
    if (schema == NULL && json_object_size(call->args) == 0)
        return true;
    gox_mcp_schema_mend(schema, call->args);
    gox_buf_init(&why, 0);
    if (schema == NULL)
        gox_buf_printf(&why, "%s takes no arguments", call->tool->name);
    fits = schema != NULL && gox_mcp_schema_check(schema, call->args, &why);
    if (!fits)
        (void)gox_mcp_fail(call,
                "%s; nothing was done: correct the arguments "
                "of %s and call it again.",
                gox_buf_text(&why), call->tool->name);
    gox_buf_fini(&why);
    return fits;
}

int gox__mcp_tools_call(struct gox_mcp_call *call)
{
    json_t *args = json_object_get(call->params, "arguments");
    const char *name = json_string_value(json_object_get(call->params, "name"));
    if (name == NULL)
        return gox_mcp_refuse(
                call, -32602, NULL, "tools/call needs \"name\", a string");
    call->name = name;
    call->tool = gox_mcp_find_tool(call->server, name);
    if (call->tool == NULL)
        return unknown_tool(call, name);
    if (args == NULL || json_is_null(args)) {
        json_object_set_new(call->params, "arguments", json_object());
        args = json_object_get(call->params, "arguments");
    }
    if (!json_is_object(args))
        return gox_mcp_refuse(call, -32602, NULL, "\"arguments\" is no object");
    call->args = args;
    if ((call->tool->flags & GOX_MCP_TASK_REQUIRED) != 0 &&
            !gox_mcp_can_task(call))
        return gox_mcp_lacks(call, GOX_MCP_TASKS);
    if (!check_arguments(call))
        return GOX_MCP_DONE;
    return call->tool->run(call);
}
