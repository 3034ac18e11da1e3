/* SPDX-License-Identifier: Apache-2.0
 * Fixture tools that become tasks where the client can take them. */
#include "mcp/fixture_internal.h"

#include <string.h>

int gox__fixture_greet(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "Hello, %s!",
            json_string_value(json_object_get(call->args, "name")));
    return GOX_MCP_DONE;
}

static void computed(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "Computed for %g seconds.",
            json_number_value(json_object_get(call->args, "seconds")));
    gox_mcp_finish(call);
}

int gox__fixture_slow(struct gox_mcp_call *call)
{
    double seconds = json_number_value(json_object_get(call->args, "seconds"));
    if (seconds > 0 && gox_mcp_can_task(call))
        gox_mcp_make_task(call, "computing");
    gox_mcp_after(call, (uint64_t)(seconds * 1000), computed);
    return GOX_MCP_LATER;
}

static void failed(struct gox_mcp_call *call)
{
    (void)gox_mcp_fail(call, "This job always fails.");
    gox_mcp_finish(call);
}

int gox__fixture_failing(struct gox_mcp_call *call)
{
    gox_mcp_make_task(call, "about to fail");
    gox_mcp_after(call, 50, failed);
    return GOX_MCP_LATER;
}

static void broke(struct gox_mcp_call *call)
{
    gox_mcp_refuse(call, -32603, NULL, "this job ends in a protocol error");
    gox_mcp_finish(call);
}

int gox__fixture_protocol_error(struct gox_mcp_call *call)
{
    if (gox_mcp_can_task(call))
        gox_mcp_make_task(call, "about to break");
    gox_mcp_after(call, 50, broke);
    return GOX_MCP_LATER;
}

static bool is_accepted(const json_t *responses, const char *key)
{
    const char *action = json_string_value(
            json_object_get(json_object_get(responses, key), "action"));
    return action != NULL && strcmp(action, "accept") == 0;
}

static void confirmed(struct gox_mcp_call *call, const json_t *responses)
{
    const char *file =
            json_string_value(json_object_get(call->args, "filename"));
    gox_mcp_text(call, "%s %s.", file ? file : "The file",
            is_accepted(responses, "confirm") ? "would be deleted" : "stays");
    gox_mcp_finish(call);
}

int gox__fixture_confirm(struct gox_mcp_call *call)
{
    if (!gox_mcp_can_task(call))
        return gox_mcp_lacks(call, GOX_MCP_TASKS);
    gox_mcp_make_task(call, "waits for a confirmation");
    gox_mcp_task_ask(call,
            json_pack("{s:o}", "confirm",
                    gox__fixture_elicit("Delete it?", "confirm", "boolean")),
            confirmed);
    return GOX_MCP_LATER;
}

static void both_there(struct gox_mcp_call *call, const json_t *responses)
{
    gox_mcp_text(call, "%zu answers are here.", json_object_size(responses));
    gox_mcp_finish(call);
}

int gox__fixture_multi(struct gox_mcp_call *call)
{
    if (!gox_mcp_can_task(call))
        return gox_mcp_lacks(call, GOX_MCP_TASKS);
    gox_mcp_make_task(call, "waits for two answers");
    gox_mcp_task_ask(call,
            json_pack("{s:o,s:o}", "first",
                    gox__fixture_elicit("The first name?", "name", "string"),
                    "second",
                    gox__fixture_elicit("The second name?", "name", "string")),
            both_there);
    return GOX_MCP_LATER;
}

static void greeted(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "Hello, %s!",
            json_string_value(json_object_get(
                    json_object_get(json_object_get(call->inputs, "user_name"),
                            "content"),
                    "name")));
    gox_mcp_finish(call);
}

int gox__fixture_input_then_task(struct gox_mcp_call *call)
{
    if (!call->is_modern || !gox_mcp_can_task(call))
        return gox_mcp_lacks(call, GOX_MCP_TASKS);
    if (!json_is_string(json_object_get(
                json_object_get(
                        json_object_get(call->inputs, "user_name"), "content"),
                "name")))
        return gox_mcp_need(call,
                json_pack("{s:o}", "user_name",
                        gox__fixture_elicit(
                                "What is your name?", "name", "string")),
                NULL);
    gox_mcp_make_task(call, "greeting");
    gox_mcp_after(call, 100, greeted);
    return GOX_MCP_LATER;
}
