/* SPDX-License-Identifier: Apache-2.0
 * Fixture tools that need input of the client: by a request of ours before
 * 2026, by an answer that says what is missing since then. */
#include "mcp/fixture_internal.h"

#include <stdlib.h>
#include <string.h>

json_t *gox__fixture_elicit(
        const char *message, const char *property, const char *type)
{
    return json_pack("{s:s,s:{s:s,s:{s:s,s:{s:{s:s}},s:[s]}}}", "method",
            "elicitation/create", "params", "message", message,
            "requestedSchema", "type", "object", "properties", property, "type",
            type, "required", property);
}

static json_t *sample(const char *text, int tokens)
{
    return json_pack("{s:s,s:{s:[{s:s,s:{s:s,s:s}}],s:i}}", "method",
            "sampling/createMessage", "params", "messages", "role", "user",
            "content", "type", "text", "text", text, "maxTokens", tokens);
}

static json_t *roots(void)
{
    return json_pack("{s:s,s:{}}", "method", "roots/list", "params");
}

/* ---- before 2026 ---- */

static void fail_asked(struct gox_mcp_call *call, const json_t *error)
{
    const char *text = json_string_value(json_object_get(error, "message"));
    (void)gox_mcp_fail(
            call, "The client did not answer: %s", text ? text : "it is gone");
    gox_mcp_finish(call);
}

static void sampled(
        struct gox_mcp_call *call, const json_t *result, const json_t *error)
{
    const char *text = json_string_value(
            json_object_get(json_object_get(result, "content"), "text"));
    if (result == NULL) {
        fail_asked(call, error);
        return;
    }
    gox_mcp_text(call, "LLM response: %s", text ? text : "");
    gox_mcp_finish(call);
}

static int lacks(struct gox_mcp_call *call, const char *what)
{
    if (call->is_modern)
        return gox_mcp_lacks(call, what);
    return gox_mcp_fail(
            call, "This client does not declare the capability %s.", what);
}

int gox__fixture_sampling(struct gox_mcp_call *call)
{
    json_t *request;
    const char *prompt =
            json_string_value(json_object_get(call->args, "prompt"));
    if (call->is_modern || !gox_mcp_client_has(call, "sampling"))
        return lacks(call, "sampling");
    request = sample(prompt, 100);
    gox_mcp_ask(call, "sampling/createMessage",
            json_incref(json_object_get(request, "params")), sampled);
    json_decref(request);
    return GOX_MCP_LATER;
}

static void elicited(
        struct gox_mcp_call *call, const json_t *result, const json_t *error)
{
    const char *action = json_string_value(json_object_get(result, "action"));
    char *content;
    if (result == NULL) {
        fail_asked(call, error);
        return;
    }
    content = json_dumps(
            json_object_get(result, "content"), JSON_COMPACT | JSON_ENCODE_ANY);
    gox_mcp_text(call, "%s: action=%s, content=%s",
            strcmp(call->name, "test_elicitation") == 0
                    ? "User response"
                    : "Elicitation completed",
            action ? action : "", content ? content : "{}");
    free(content);
    gox_mcp_finish(call);
}

static int elicit(struct gox_mcp_call *call, json_t *own_params)
{
    if (call->is_modern || !gox_mcp_client_has(call, "elicitation")) {
        json_decref(own_params);
        return lacks(call, "elicitation");
    }
    gox_mcp_ask(call, "elicitation/create", own_params, elicited);
    return GOX_MCP_LATER;
}

int gox__fixture_elicitation(struct gox_mcp_call *call)
{
    json_t *request = gox__fixture_elicit(
            json_string_value(json_object_get(call->args, "message")),
            "response", "string");
    json_t *params = json_incref(json_object_get(request, "params"));
    json_decref(request);
    return elicit(call, params);
}

int gox__fixture_defaults(struct gox_mcp_call *call)
{
    return elicit(call,
            json_loads(
                    "{\"message\":\"Please review and update the form\","
                    "\"requestedSchema\":{\"type\":\"object\",\"properties\":{"
                    "\"name\":{\"type\":\"string\",\"description\":\"Name\","
                    "\"default\":"
                    "\"John "
                    "Doe\"},\"age\":{\"type\":\"integer\",\"description\":"
                    "\"Age\","
                    "\"default\":30},\"score\":{\"type\":\"number\","
                    "\"description\":"
                    "\"Score\",\"default\":95.5},\"status\":{\"type\":"
                    "\"string\","
                    "\"description\":\"Status\",\"enum\":[\"active\","
                    "\"inactive\","
                    "\"pending\"],\"default\":\"active\"},\"verified\":{"
                    "\"type\":"
                    "\"boolean\",\"description\":\"Verified\",\"default\":true}"
                    "},"
                    "\"required\":[]}}",
                    0, NULL));
}

int gox__fixture_enums(struct gox_mcp_call *call)
{
    return elicit(call,
            json_loads(
                    "{\"message\":\"Please select "
                    "options\",\"requestedSchema\":{"
                    "\"type\":\"object\",\"properties\":{\"untitledSingle\":{"
                    "\"type\":"
                    "\"string\",\"enum\":[\"option1\",\"option2\",\"option3\"]}"
                    ","
                    "\"titledSingle\":{\"type\":\"string\",\"oneOf\":[{"
                    "\"const\":"
                    "\"value1\",\"title\":\"First "
                    "Option\"},{\"const\":\"value2\","
                    "\"title\":\"Second "
                    "Option\"},{\"const\":\"value3\",\"title\":"
                    "\"Third "
                    "Option\"}]},\"legacyEnum\":{\"type\":\"string\",\"enum\":["
                    "\"opt1\",\"opt2\",\"opt3\"],\"enumNames\":[\"Option One\","
                    "\"Option Two\",\"Option "
                    "Three\"]},\"untitledMulti\":{\"type\":"
                    "\"array\",\"minItems\":1,\"maxItems\":3,\"items\":{"
                    "\"type\":"
                    "\"string\",\"enum\":[\"option1\",\"option2\",\"option3\"]}"
                    "},"
                    "\"titledMulti\":{\"type\":\"array\",\"minItems\":1,"
                    "\"maxItems\":3,"
                    "\"items\":{\"anyOf\":[{\"const\":\"value1\",\"title\":"
                    "\"First "
                    "Choice\"},{\"const\":\"value2\",\"title\":\"Second "
                    "Choice\"},"
                    "{\"const\":\"value3\",\"title\":\"Third Choice\"}]}}},"
                    "\"required\":[]}}",
                    0, NULL));
}

/* ---- 2026 ---- */

/* The answer to one of our questions, when it was accepted. */
static const json_t *accepted(const struct gox_mcp_call *call, const char *key)
{
    const json_t *answer = json_object_get(call->inputs, key);
    const char *action = json_string_value(json_object_get(answer, "action"));
    return action != NULL && strcmp(action, "accept") == 0
                   ? json_object_get(answer, "content")
                   : NULL;
}

static int only_modern(struct gox_mcp_call *call)
{
    return gox_mcp_fail(call, "%s needs protocol version %s.", call->name,
            GOX_MCP_MODERN_VERSION);
}

/* One question, chosen by the name of the tool. */
int gox__fixture_need_one(struct gox_mcp_call *call)
{
    const char *text;
    if (!call->is_modern)
        return only_modern(call);
    if (strstr(call->name, "sampling") != NULL) {
        const json_t *answer =
                json_object_get(call->inputs, "capital_question");
        if (answer == NULL)
            return gox_mcp_need(call,
                    json_pack("{s:o}", "capital_question",
                            sample("What is the capital of France?", 100)),
                    NULL);
        text = json_string_value(
                json_object_get(json_object_get(answer, "content"), "text"));
        gox_mcp_text(call, "%s", text ? text : "");
        return GOX_MCP_DONE;
    }
    if (strstr(call->name, "roots") != NULL) {
        const json_t *answer = json_object_get(call->inputs, "client_roots");
        const json_t *list = json_object_get(answer, "roots");
        if (!json_is_array(list))
            return gox_mcp_need(
                    call, json_pack("{s:o}", "client_roots", roots()), NULL);
        text = json_string_value(
                json_object_get(json_array_get(list, 0), "uri"));
        gox_mcp_text(call, "%zu roots, the first is %s", json_array_size(list),
                text ? text : "unknown");
        return GOX_MCP_DONE;
    }
    text = json_string_value(
            json_object_get(accepted(call, "user_name"), "name"));
    if (text == NULL)
        return gox_mcp_need(call,
                json_pack("{s:o}", "user_name",
                        gox__fixture_elicit(
                                "What is your name?", "name", "string")),
                NULL);
    gox_mcp_text(call, "Hello, %s!", text);
    return GOX_MCP_DONE;
}

int gox__fixture_need_state(struct gox_mcp_call *call)
{
    if (!call->is_modern)
        return only_modern(call);
    if (call->past_state == NULL || accepted(call, "confirm") == NULL)
        return gox_mcp_need(call,
                json_pack("{s:o}", "confirm",
                        gox__fixture_elicit("Please confirm", "ok", "boolean")),
                "asked");
    gox_mcp_text(call, "state-ok: %s", call->past_state);
    return GOX_MCP_DONE;
}

int gox__fixture_need_many(struct gox_mcp_call *call)
{
    const json_t *name = accepted(call, "user_name");
    if (!call->is_modern)
        return only_modern(call);
    if (call->past_state == NULL || name == NULL ||
            json_object_get(call->inputs, "greeting") == NULL ||
            json_object_get(call->inputs, "client_roots") == NULL)
        return gox_mcp_need(call,
                json_pack("{s:o,s:o,s:o}", "user_name",
                        gox__fixture_elicit(
                                "What is your name?", "name", "string"),
                        "greeting", sample("Generate a greeting", 50),
                        "client_roots", roots()),
                "asked");
    gox_mcp_text(call, "All three answers are here.");
    return GOX_MCP_DONE;
}

int gox__fixture_need_rounds(struct gox_mcp_call *call)
{
    if (!call->is_modern)
        return only_modern(call);
    if (call->past_state != NULL && strcmp(call->past_state, "2") == 0 &&
            accepted(call, "step2") != NULL) {
        gox_mcp_text(call, "Both rounds are done.");
        return GOX_MCP_DONE;
    }
    if (call->past_state != NULL && accepted(call, "step1") != NULL)
        return gox_mcp_need(call,
                json_pack("{s:o}", "step2",
                        gox__fixture_elicit(
                                "Step 2: What is your favorite color?", "color",
                                "string")),
                "2");
    return gox_mcp_need(call,
            json_pack("{s:o}", "step1",
                    gox__fixture_elicit(
                            "Step 1: What is your name?", "name", "string")),
            "1");
}

int gox__fixture_need_allowed(struct gox_mcp_call *call)
{
    json_t *requests = json_object();
    if (!call->is_modern) {
        json_decref(requests);
        return only_modern(call);
    }
    if (gox_mcp_client_has(call, "elicitation"))
        json_object_set_new(requests, "user_name",
                gox__fixture_elicit("What is your name?", "name", "string"));
    if (gox_mcp_client_has(call, "sampling"))
        json_object_set_new(
                requests, "greeting", sample("Generate a greeting", 50));
    if (json_object_size(requests) == 0 || call->inputs != NULL) {
        json_decref(requests);
        gox_mcp_text(call, "Nothing more is needed of this client.");
        return GOX_MCP_DONE;
    }
    return gox_mcp_need(call, requests, NULL);
}

int gox__fixture_need_prompt(struct gox_mcp_call *call)
{
    const char *text = json_string_value(
            json_object_get(accepted(call, "user_context"), "context"));
    if (!call->is_modern)
        return gox_mcp_refuse(call, -32602, NULL,
                "this prompt needs protocol version %s",
                GOX_MCP_MODERN_VERSION);
    if (text == NULL)
        return gox_mcp_need(call,
                json_pack("{s:o}", "user_context",
                        gox__fixture_elicit(
                                "What context should the prompt use?",
                                "context", "string")),
                NULL);
    gox_mcp_prompt_text(call, "Use this context: %s", text);
    return GOX_MCP_DONE;
}

int gox__fixture_missing(struct gox_mcp_call *call)
{
    if (!gox_mcp_client_has(call, "sampling"))
        return lacks(call, "sampling");
    gox_mcp_text(call, "The client declares sampling.");
    return GOX_MCP_DONE;
}
