/* SPDX-License-Identifier: Apache-2.0
 * The fixture's registry, and those of its tools that need nobody. Names and
 * behaviour are what the conformance suite asks for. */
#include "mcp/fixture.h"

#include "mcp/fixture_internal.h"

#include <stdio.h>
#include <string.h>

static int simple_text(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "This is a simple text response for testing.");
    return GOX_MCP_DONE;
}

static void put_image(struct gox_mcp_call *call)
{
    gox_mcp_media(call, "image", "image/png", GOX__FIXTURE_PNG,
            strlen(GOX__FIXTURE_PNG));
}

static int image_content(struct gox_mcp_call *call)
{
    put_image(call);
    return GOX_MCP_DONE;
}

static int audio_content(struct gox_mcp_call *call)
{
    gox_mcp_media(call, "audio", "audio/wav", GOX__FIXTURE_WAV,
            strlen(GOX__FIXTURE_WAV));
    return GOX_MCP_DONE;
}

static int embedded_resource(struct gox_mcp_call *call)
{
    gox_mcp_embed_text(call, "test://embedded-resource", "text/plain",
            "This is an embedded resource content.");
    return GOX_MCP_DONE;
}

static int mixed_content(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "Multiple content types test:");
    put_image(call);
    gox_mcp_embed_text(call, "test://mixed-content-resource",
            "application/json", "{\"test\":\"data\",\"value\":123}");
    return GOX_MCP_DONE;
}

static int error_handling(struct gox_mcp_call *call)
{
    return gox_mcp_fail(
            call, "This tool intentionally returns an error for testing");
}

#define STEP_MS 50

/* How many steps are done; the state is a number, which nobody frees. */
static uintptr_t count_of(const struct gox_mcp_call *call)
{
    return (uintptr_t)call->state;
}

static void count_up(struct gox_mcp_call *call)
{
    call->state = (void *)(count_of(call) + 1);
}

static void next_log(struct gox_mcp_call *call)
{
    static const char *const lines[] = {"Tool execution started",
            "Tool processing data", "Tool execution completed"};
    gox_mcp_log(call, "info", "fixture", lines[count_of(call)]);
    count_up(call);
    if (count_of(call) < 3) {
        gox_mcp_after(call, STEP_MS, next_log);
        return;
    }
    gox_mcp_text(call, "Tool with logging executed successfully");
    gox_mcp_finish(call);
}

static int with_logging(struct gox_mcp_call *call)
{
    gox_mcp_after(call, 0, next_log);
    return GOX_MCP_LATER;
}

static void next_progress(struct gox_mcp_call *call)
{
    double at = 50.0 * (double)count_of(call);
    gox_mcp_progress(call, at, 100, at < 100 ? "working" : "done");
    count_up(call);
    if (at < 100) {
        gox_mcp_after(call, STEP_MS + 2, next_progress);
        return;
    }
    gox_mcp_text(call, "Tool with progress executed successfully");
    gox_mcp_finish(call);
}

static int with_progress(struct gox_mcp_call *call)
{
    gox_mcp_after(call, 0, next_progress);
    return GOX_MCP_LATER;
}

static void reconnected(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "Reconnection test completed successfully.");
    gox_mcp_finish(call);
}

static int reconnection(struct gox_mcp_call *call)
{
    gox_mcp_break_stream(call);
    gox_mcp_after(call, 2 * STEP_MS, reconnected);
    return GOX_MCP_LATER;
}

static int schema_tool(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "The arguments fit the schema.");
    return GOX_MCP_DONE;
}

static int logging_tool(struct gox_mcp_call *call)
{
    gox_mcp_log(call, "info", "fixture", "test_logging_tool runs");
    gox_mcp_text(call, "Logged at level info.");
    return GOX_MCP_DONE;
}

static int change_tools(struct gox_mcp_call *call)
{
    gox_mcp_changed(call->server, GOX_MCP_TOOLS_CHANGED, NULL);
    gox_mcp_text(call, "The clients were told that the tools changed.");
    return GOX_MCP_DONE;
}

static int change_prompts(struct gox_mcp_call *call)
{
    gox_mcp_changed(call->server, GOX_MCP_PROMPTS_CHANGED, NULL);
    gox_mcp_text(call, "The clients were told that the prompts changed.");
    return GOX_MCP_DONE;
}

static int header_tool(struct gox_mcp_call *call)
{
    gox_mcp_text(call, "region: %s",
            json_string_value(json_object_get(call->args, "region")));
    return GOX_MCP_DONE;
}

#define PROMPT_SCHEMA                                                          \
    "{\"type\":\"object\",\"properties\":{\"prompt\":{\"type\":\"string\","    \
    "\"description\":\"what to ask the model\"}},\"required\":[\"prompt\"]}"
#define MESSAGE_SCHEMA                                                         \
    "{\"type\":\"object\",\"properties\":{\"message\":{\"type\":\"string\","   \
    "\"description\":\"what to ask the user\"}},\"required\":[\"message\"]}"
#define SCHEMA_2020_12                                                         \
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","           \
    "\"type\":\"object\",\"$defs\":{\"address\":{\"$anchor\":\"addressDef\","  \
    "\"type\":\"object\",\"properties\":{\"street\":{\"type\":\"string\"},"    \
    "\"city\":{\"type\":\"string\"}}}},\"properties\":{\"name\":{\"type\":"    \
    "\"string\"},\"address\":{\"$ref\":\"#/$defs/address\"},"                  \
    "\"contactMethod\":{\"type\":\"string\",\"enum\":[\"phone\",\"email\"]},"  \
    "\"phone\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"}},"        \
    "\"allOf\":[{\"anyOf\":[{\"required\":[\"phone\"]},{\"required\":"         \
    "[\"email\"]}]}],\"if\":{\"properties\":{\"contactMethod\":{\"const\":"    \
    "\"phone\"}},\"required\":[\"contactMethod\"]},\"then\":{\"required\":"    \
    "[\"phone\"]},\"else\":{\"required\":[\"email\"]},"                        \
    "\"additionalProperties\":false}"
#define HEADER_SCHEMA                                                          \
    "{\"type\":\"object\",\"properties\":{\"region\":{\"type\":\"string\","    \
    "\"x-mcp-header\":\"Region\"}},\"required\":[\"region\"]}"
#define GREET_SCHEMA                                                           \
    "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}},"    \
    "\"required\":[\"name\"]}"
#define SLOW_SCHEMA                                                            \
    "{\"type\":\"object\",\"properties\":{\"seconds\":{\"type\":\"number\","   \
    "\"minimum\":0,\"maximum\":3600},\"label\":{\"type\":\"string\"}}}"
#define FILE_SCHEMA                                                            \
    "{\"type\":\"object\",\"properties\":{\"filename\":{\"type\":\"string\"}}" \
    "}"

#define TOOL(name_, text, schema_, flags_, run_)                               \
    {                                                                          \
        .name = name_, .description = text, .schema = schema_,                 \
        .flags = GOX_MCP_NO_HINTS | (flags_), .run = run_                      \
    }

// clang-format off
/* The suite calls the first one to look at headers; it must need nothing. */
static const struct gox_mcp_tool TOOLS[] = {
        TOOL("test_simple_text", "Returns a line of text", NULL, 0, simple_text),
        TOOL("confirm_delete", "A task that asks for a confirmation", FILE_SCHEMA, 0, gox__fixture_confirm),
        TOOL("failing_job", "A task whose tool fails", NULL, GOX_MCP_TASK_REQUIRED, gox__fixture_failing),
        TOOL("greet", "Greets at once", GREET_SCHEMA, 0, gox__fixture_greet),
        TOOL("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", SCHEMA_2020_12, GOX_MCP_LOOSE, schema_tool),
        TOOL("multi_input", "A task that asks two things at once", NULL, 0, gox__fixture_multi),
        TOOL("protocol_error_job", "A task that ends in a protocol error", NULL, 0, gox__fixture_protocol_error),
        TOOL("slow_compute", "Takes some seconds, as a task where it can", SLOW_SCHEMA, 0, gox__fixture_slow),
        TOOL("test_audio_content", "Returns a sound", NULL, 0, audio_content),
        TOOL("test_elicitation", "Asks the user", MESSAGE_SCHEMA, 0, gox__fixture_elicitation),
        TOOL("test_elicitation_sep1034_defaults", "Asks the user, with defaults", NULL, 0, gox__fixture_defaults),
        TOOL("test_elicitation_sep1330_enums", "Asks the user to choose", NULL, 0, gox__fixture_enums),
        TOOL("test_embedded_resource", "Returns an embedded resource", NULL, 0, embedded_resource),
        TOOL("test_error_handling", "Always fails", NULL, 0, error_handling),
        TOOL("test_header_param", "Has an argument that HTTP repeats as a header", HEADER_SCHEMA, 0, header_tool),
        TOOL("test_image_content", "Returns a picture", NULL, 0, image_content),
        TOOL("test_input_required_result_capabilities", "Needs only what the client can give", NULL, 0, gox__fixture_need_allowed),
        TOOL("test_input_required_result_elicitation", "Needs a name from the user", NULL, 0, gox__fixture_need_one),
        TOOL("test_input_required_result_list_roots", "Needs the roots", NULL, 0, gox__fixture_need_one),
        TOOL("test_input_required_result_multi_round", "Needs two rounds of input", NULL, 0, gox__fixture_need_rounds),
        TOOL("test_input_required_result_multiple_inputs", "Needs three things at once", NULL, 0, gox__fixture_need_many),
        TOOL("test_input_required_result_request_state", "Keeps signed state with the client", NULL, 0, gox__fixture_need_state),
        TOOL("test_input_required_result_sampling", "Needs an answer of the model", NULL, 0, gox__fixture_need_one),
        TOOL("test_input_required_result_tampered_state", "Refuses state that was changed", NULL, 0, gox__fixture_need_state),
        TOOL("test_logging_tool", "Logs when asked to", NULL, 0, logging_tool),
        TOOL("test_missing_capability", "Needs the sampling capability", NULL, 0, gox__fixture_missing),
        TOOL("test_multiple_content_types", "Returns text, a picture and a resource", NULL, 0, mixed_content),
        TOOL("test_reconnection", "Breaks its stream before it answers", NULL, 0, reconnection),
        TOOL("test_sampling", "Asks the client's model", PROMPT_SCHEMA, 0, gox__fixture_sampling),
        TOOL("test_streaming_elicitation", "Needs a name from the user", NULL, 0, gox__fixture_need_one),
        TOOL("test_tool_with_logging", "Logs three times", NULL, 0, with_logging),
        TOOL("test_tool_with_progress", "Tells its progress three times", NULL, 0, with_progress),
        TOOL("test_tool_with_task", "Needs input, then becomes a task", NULL, 0, gox__fixture_input_then_task),
        TOOL("test_trigger_prompt_change", "Tells that the prompts changed", NULL, 0, change_prompts),
        TOOL("test_trigger_tool_change", "Tells that the tools changed", NULL, 0, change_tools),
        {.name = NULL},
};

static const struct gox_mcp_resource RESOURCES[] = {
        {"test://static-binary", "static-binary", "Static binary resource", "A picture", "image/png"},
        {"test://static-text", "static-text", "Static text resource", "A line of text", "text/plain"},
        {"test://template/{id}/data", "template", "Resource template", "Data for an id", "application/json"},
        {"test://watched-resource", "watched-resource", "Watched resource", "May be subscribed to", "text/plain"},
        {NULL, NULL, NULL, NULL, NULL},
};
// clang-format on

static int read_resource(struct gox_mcp_call *call)
{
    const char *uri = call->name, *end;
    static const char head[] = "test://template/";
    if (strcmp(uri, "test://static-text") == 0) {
        gox_mcp_contents(call, uri, "text/plain",
                "This is the content of the static text resource.", NULL);
    } else if (strcmp(uri, "test://watched-resource") == 0) {
        gox_mcp_contents(
                call, uri, "text/plain", "Watched resource content", NULL);
    } else if (strcmp(uri, "test://static-binary") == 0) {
        gox_mcp_contents(call, uri, "image/png", NULL, GOX__FIXTURE_PNG);
    } else if (strncmp(uri, head, sizeof head - 1) == 0 &&
               (end = strstr(uri + sizeof head - 1, "/data")) != NULL &&
               end[5] == '\0') {
        const char *id = uri + sizeof head - 1;
        char text[300], data[120];
        snprintf(data, sizeof data, "%.*s", (int)(end - id), id);
        if (strpbrk(data, "\"\\/") != NULL)
            return gox_mcp_no_resource(call);
        snprintf(text, sizeof text,
                "{\"id\":\"%s\",\"templateTest\":true,\"data\":\"Data for ID: "
                "%s\"}",
                data, data);
        gox_mcp_contents(call, uri, "application/json", text, NULL);
    } else {
        return gox_mcp_no_resource(call);
    }
    return GOX_MCP_DONE;
}

static const char *arg(struct gox_mcp_call *call, const char *name)
{
    return json_string_value(json_object_get(call->args, name));
}

static int simple_prompt(struct gox_mcp_call *call)
{
    gox_mcp_prompt_text(call, "This is a simple prompt for testing.");
    return GOX_MCP_DONE;
}

static int prompt_with_arguments(struct gox_mcp_call *call)
{
    gox_mcp_prompt_text(call, "Prompt with arguments: arg1='%s', arg2='%s'",
            arg(call, "arg1"), arg(call, "arg2"));
    return GOX_MCP_DONE;
}

/* A message whose content is not text; its content goes between the braces. */
static void begin_message(struct gox_mcp_call *call)
{
    gox_writer_object(&call->w, NULL);
    gox_writer_string(&call->w, "role", "user");
    gox_writer_raw(&call->w, "content", "", 0);
    call->w.needs_comma = false;
}

static int prompt_with_resource(struct gox_mcp_call *call)
{
    begin_message(call);
    gox_mcp_embed_text(call, arg(call, "resourceUri"), "text/plain",
            "Embedded resource content for testing.");
    gox_writer_end_object(&call->w);
    gox_mcp_prompt_text(call, "Please process the embedded resource above.");
    return GOX_MCP_DONE;
}

static int prompt_with_image(struct gox_mcp_call *call)
{
    begin_message(call);
    put_image(call);
    gox_writer_end_object(&call->w);
    gox_mcp_prompt_text(call, "Please analyze the image above.");
    return GOX_MCP_DONE;
}

// clang-format off
static const struct gox_mcp_prompt_arg TWO_ARGS[] = {
        {"arg1", "First test argument", true},
        {"arg2", "Second test argument", true},
        {NULL, NULL, false},
};
static const struct gox_mcp_prompt_arg URI_ARG[] = {
        {"resourceUri", "URI of the resource to embed", true},
        {NULL, NULL, false},
};
static const struct gox_mcp_prompt PROMPTS[] = {
        {"test_input_required_result_prompt", NULL, "Needs input of the user", NULL, gox__fixture_need_prompt},
        {"test_prompt_with_arguments", NULL, "Has two arguments", TWO_ARGS, prompt_with_arguments},
        {"test_prompt_with_embedded_resource", NULL, "Embeds a resource", URI_ARG, prompt_with_resource},
        {"test_prompt_with_image", NULL, "Holds a picture", NULL, prompt_with_image},
        {"test_simple_prompt", NULL, "Has no arguments", NULL, simple_prompt},
        {NULL, NULL, NULL, NULL, NULL},
};
// clang-format on

const struct gox_mcp_registry gox_mcp_fixture = {
        .name = "goxel-mcp-conformance",
        .version = "1.0.0",
        .tools = TOOLS,
        .resources = RESOURCES,
        .prompts = PROMPTS,
        .read = read_resource,
        .lists_change = true,
};
