/* SPDX-License-Identifier: Apache-2.0
 * The protocol core over the conformance fixture: eras, envelopes, errors,
 * cancellation, questions, tasks, subscriptions, and no memory. */
#include "base/alloc.h"
#include "mcp/batch.h"
#include "mcp/fixture.h"
#include "mcp/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the ones above
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct fixture {
    gox_loop *loop;
    gox_mcp_server *server;
    gox_mcp_peer *peer;
    struct lines lines;
    gox_timer *limit;
};

static int setup(void **state)
{
    static struct fixture f;
    f.loop = gox_loop_new();
    f.server = gox_mcp_server_new(f.loop, &gox_mcp_fixture, NULL);
    lines_init(&f.lines);
    struct gox_mcp_sink sink = lines_sink(&f.lines);
    f.peer = gox_mcp_peer_new(f.server, &sink, false);
    *state = &f;
    return f.peer == NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    gox_mcp_server_free(f->server);
    gox_loop_free(f->loop);
    lines_fini(&f->lines);
    return 0;
}

static enum gox_mcp_kind say(struct fixture *f, const char *text)
{
    struct gox_mcp_sink sink = lines_sink(&f->lines);
    return gox_mcp_receive(f->peer, text, strlen(text), &sink);
}

#define META                                                                   \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","   \
    "\"io.modelcontextprotocol/clientCapabilities\":{%s}}"

/* A request of 2026: method, members of params (with a comma), capabilities. */
static void ask(struct fixture *f, int id, const char *method,
        const char *params, const char *caps)
{
    char meta[400], text[1600];
    snprintf(meta, sizeof meta, META, caps);
    snprintf(text, sizeof text,
            "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s%s}"
            "}",
            id, method, params, meta);
    assert_int_equal(say(f, text), GOX_MCP_REQUEST);
}

static json_int_t code_of(const json_t *message)
{
    return json_integer_value(
            json_object_get(json_object_get(message, "error"), "code"));
}

static const json_t *last(const struct fixture *f)
{
    return json_array_get(f->lines.sent, json_array_size(f->lines.sent) - 1);
}

static const char *text_of(const json_t *message)
{
    return json_string_value(json_object_get(
            json_array_get(json_object_get(json_object_get(message, "result"),
                                   "content"),
                    0),
            "text"));
}

static void on_limit(void *ctx)
{
    gox_loop_stop(ctx);
}

/* Runs the loop until so many final messages are there. */
static void until(struct fixture *f, int finals)
{
    f->limit = gox_timer_new(f->loop, on_limit, f->loop);
    for (int turn = 0; f->lines.finals < finals && turn < 500; turn++) {
        gox_timer_start(f->limit, 10, 0);
        gox_loop_run(f->loop);
    }
    gox_timer_close(f->limit);
    assert_true(f->lines.finals >= finals);
}

static void initialize(struct fixture *f, const char *version)
{
    char text[300];
    snprintf(text, sizeof text,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
            "\"params\":"
            "{\"protocolVersion\":\"%s\",\"capabilities\":{\"sampling\":{}}}}",
            version);
    say(f, text);
}

static const char *version_of(const json_t *message)
{
    return json_string_value(json_object_get(
            json_object_get(message, "result"), "protocolVersion"));
}

static void test_versions(void **state)
{
    static const char *const rows[][2] = {{"2025-11-25", "2025-11-25"},
            {"2025-06-18", "2025-06-18"}, {"2025-03-26", "2025-03-26"},
            {"2024-11-05", "2024-11-05"}, {"2026-07-28", "2025-11-25"},
            {"1999-01-01", "2025-11-25"}};
    struct fixture *f = *state;
    struct gox_mcp_sink sink = lines_sink(&f->lines);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        initialize(f, rows[i][0]);
        assert_string_equal(version_of(last(f)), rows[i][1]);
        gox_mcp_peer_free(f->peer);
        f->peer = gox_mcp_peer_new(f->server, &sink, false);
    }
}

static const struct error_row {
    const char *text;
    int code;
    const char *message;
} ERRORS[] = {
        {"nonsense", -32700, "not JSON"},
        {"{\"a\":1,\"a\":2}", -32700, "not JSON"},
        {"[]", -32600, "batches"},
        {"3", -32600, "object"},
        {"{\"id\":7,\"method\":\"ping\"}", -32600, "jsonrpc"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7}", -32600, "method"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":3}", -32600, "method"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", -32600, "id"},
        {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", -32600, "id"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":[]}",
                -32600, "params"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"nix\"}", -32601, "nix"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\"}", -32602,
                "name"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
         "\"name\":\"test_simple_txt\"}}",
                -32602, "did you mean test_simple_text"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
         "\"name\":\"greet\",\"arguments\":3}}",
                -32602, "no object"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{"
         "\"cursor\":\"x\"}}",
                -32602, "cursor"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"resources/read\","
         "\"params\":{\"uri\":\"test://nix\"}}",
                -32002, "test://nix"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"prompts/get\",\"params\":{"
         "\"name\":\"test_prompt_with_arguments\"}}",
                -32602, "arg1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"logging/setLevel\","
         "\"params\":{\"level\":\"loud\"}}",
                -32602, "level"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"server/discover\"}",
                -32602, "_meta"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{"
         "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2027-01-01\""
         ",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
                -32022, "2027-01-01"},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{"
         "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
         "\"2026-07-28\"}}}",
                -32602, "clientCapabilities"},
};

static void test_errors(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++) {
        const struct error_row *row = &ERRORS[i];
        say(f, row->text);
        const char *text = json_string_value(
                json_object_get(json_object_get(last(f), "error"), "message"));
        if (code_of(last(f)) != row->code || text == NULL ||
                strstr(text, row->message) == NULL)
            fail_msg("%s: %d %s", row->text, (int)code_of(last(f)),
                    text ? text : "");
    }
}

static void test_modern(void **state)
{
    struct fixture *f = *state;
    const json_t *result;
    ask(f, 1, "server/discover", "", "");
    result = json_object_get(lines_find(&f->lines, 1), "result");
    assert_string_equal(
            json_string_value(json_object_get(result, "resultType")),
            "complete");
    assert_true(json_is_integer(json_object_get(result, "ttlMs")));
    ask(f, 2, "ping", "", "");
    assert_int_equal(code_of(lines_find(&f->lines, 2)), -32601);
    assert_int_equal(f->lines.status, 404);
    /* After a modern opening the envelope is asked of every request. */
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}");
    assert_int_equal(code_of(lines_find(&f->lines, 3)), -32602);
    ask(f, 4, "tools/call", "\"name\":\"test_missing_capability\",", "");
    assert_int_equal(code_of(lines_find(&f->lines, 4)), -32021);
    assert_int_equal(f->lines.status, 400);
}

/* A result that needs input, and the round after it. */
static void test_rounds(void **state)
{
    struct fixture *f = *state;
    static const char name[] =
            "\"name\":\"test_input_required_result_request_state\",";
    char params[600];
    ask(f, 1, "tools/call", name, "");
    const char *given = json_string_value(
            json_object_get(json_object_get(lines_find(&f->lines, 1), "result"),
                    "requestState"));
    assert_non_null(given);
    snprintf(params, sizeof params,
            "%s\"inputResponses\":{\"confirm\":{\"action\":\"accept\","
            "\"content\":{\"ok\":true}}},\"requestState\":\"%s\",",
            name, given);
    ask(f, 2, "tools/call", params, "");
    assert_non_null(strstr(text_of(lines_find(&f->lines, 2)), "state-ok"));
    /* Changed in its last digit, and given to another tool. */
    char *digit = strstr(params, given) + strlen(given) - 1;
    *digit = *digit == '0' ? '1' : '0';
    ask(f, 3, "tools/call", params, "");
    assert_int_equal(code_of(lines_find(&f->lines, 3)), -32602);
    snprintf(params, sizeof params,
            "\"name\":\"test_input_required_result_tampered_state\","
            "\"requestState\":\"%s\",",
            given);
    ask(f, 4, "tools/call", params, "");
    assert_int_equal(code_of(lines_find(&f->lines, 4)), -32602);
}

#define TASKS                                                                  \
    "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}},\"elicitation\":{}"

static const char *task_of(const json_t *message, const char *key)
{
    return json_string_value(
            json_object_get(json_object_get(message, "result"), key));
}

static void test_tasks(void **state)
{
    struct fixture *f = *state;
    char params[200];
    ask(f, 1, "tools/call",
            "\"name\":\"slow_compute\",\"arguments\":{\"seconds\":60},", TASKS);
    assert_string_equal(
            task_of(lines_find(&f->lines, 1), "resultType"), "task");
    snprintf(params, sizeof params, "\"taskId\":\"%s\",",
            task_of(lines_find(&f->lines, 1), "taskId"));
    ask(f, 2, "tasks/get", params, TASKS);
    assert_string_equal(task_of(lines_find(&f->lines, 2), "status"), "working");
    assert_int_equal(gox_mcp_server_calls(f->server), 1);
    ask(f, 3, "tasks/cancel", params, TASKS);
    assert_int_equal(gox_mcp_server_calls(f->server), 0);
    ask(f, 4, "tasks/get", params, TASKS);
    assert_string_equal(
            task_of(lines_find(&f->lines, 4), "status"), "cancelled");
    ask(f, 5, "tasks/get", params, "");
    assert_int_equal(code_of(lines_find(&f->lines, 5)), -32021);
    ask(f, 6, "tasks/get", "\"taskId\":\"nix\",", TASKS);
    assert_int_equal(code_of(lines_find(&f->lines, 6)), -32602);
    /* Without the extension the same tool answers when it is done. */
    ask(f, 7, "tools/call",
            "\"name\":\"slow_compute\",\"arguments\":{\"seconds\":0.02},", "");
    assert_null(lines_find(&f->lines, 7));
    until(f, 7);
    assert_non_null(text_of(lines_find(&f->lines, 7)));
}

static void test_cancel(void **state)
{
    struct fixture *f = *state;
    initialize(f, "2025-11-25");
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\","
           "\"params\":{\"name\":\"slow_compute\",\"arguments\":{\"seconds\":"
           "60}}}");
    assert_int_equal(gox_mcp_server_calls(f->server), 1);
    assert_int_equal(say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                            "cancelled\","
                            "\"params\":{\"requestId\":\"b\"}}"),
            GOX_MCP_NOTIFICATION);
    assert_int_equal(gox_mcp_server_calls(f->server), 1);
    say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
           "\"params\":{\"requestId\":\"a\"}}");
    assert_int_equal(gox_mcp_server_calls(f->server), 0);
    assert_int_equal(f->lines.finals, 1);
}

/* A question to the client, its answer, and a stranger's. */
static void test_question(void **state)
{
    struct fixture *f = *state;
    char text[400];
    initialize(f, "2025-06-18");
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
           "call\",\"params\":{"
           "\"name\":\"test_sampling\",\"arguments\":{\"prompt\":\"hi\"}}}");
    assert_int_equal(lines_count(&f->lines, "sampling/createMessage"), 1);
    const char *id = json_string_value(json_object_get(last(f), "id"));
    snprintf(text, sizeof text,
            "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"result\":{\"content\":{"
            "\"type\":\"text\",\"text\":\"yes\"}}}",
            id);
    assert_int_equal(
            say(f, "{\"jsonrpc\":\"2.0\",\"id\":\"gox-1\",\"result\":{}}"),
            GOX_MCP_RESPONSE);
    assert_null(lines_find(&f->lines, 2));
    assert_int_equal(say(f, text), GOX_MCP_RESPONSE);
    assert_non_null(strstr(text_of(lines_find(&f->lines, 2)), "yes"));
}

static void test_listen(void **state)
{
    struct fixture *f = *state;
    ask(f, 1, "subscriptions/listen",
            "\"notifications\":{\"promptsListChanged\":true,"
            "\"resourceSubscriptions\":[\"test://a/b\",\"test://ab\"]},",
            "");
    assert_int_equal(
            lines_count(&f->lines, "notifications/subscriptions/acknowledged"),
            1);
    gox_mcp_changed(f->server, GOX_MCP_TOOLS_CHANGED, NULL);
    assert_int_equal(
            lines_count(&f->lines, "notifications/tools/list_changed"), 0);
    gox_mcp_changed(f->server, GOX_MCP_PROMPTS_CHANGED, "test://a");
    assert_int_equal(
            lines_count(&f->lines, "notifications/prompts/list_changed"), 1);
    assert_int_equal(
            lines_count(&f->lines, "notifications/resources/updated"), 1);
    gox_mcp_server_end_listening(f->server);
    assert_non_null(lines_find(&f->lines, 1));
    assert_int_equal(gox_mcp_server_calls(f->server), 0);
}

static void test_subscribe(void **state)
{
    struct fixture *f = *state;
    initialize(f, "2025-11-25");
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"resources/subscribe\","
           "\"params\":{\"uri\":\"test://a\"}}");
    gox_mcp_changed(f->server, 0, "test://a");
    gox_mcp_changed(f->server, 0, "test://b");
    assert_int_equal(
            lines_count(&f->lines, "notifications/resources/updated"), 1);
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"resources/unsubscribe\","
           "\"params\":{\"uri\":\"test://a\"}}");
    gox_mcp_changed(f->server, 0, "test://a");
    assert_int_equal(
            lines_count(&f->lines, "notifications/resources/updated"), 1);
}

static void test_progress_and_log(void **state)
{
    struct fixture *f = *state;
    initialize(f, "2025-11-25");
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
           "call\",\"params\":{"
           "\"name\":\"test_tool_with_progress\",\"_meta\":{\"progressToken\":"
           "\"t\"}}}");
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
           "call\",\"params\":{"
           "\"name\":\"test_tool_with_logging\"}}");
    until(f, 3);
    assert_int_equal(lines_count(&f->lines, "notifications/progress"), 3);
    assert_int_equal(lines_count(&f->lines, "notifications/message"), 3);
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"logging/setLevel\","
           "\"params\":{\"level\":\"error\"}}");
    say(f, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/"
           "call\",\"params\":{"
           "\"name\":\"test_tool_with_logging\"}}");
    until(f, 5);
    assert_int_equal(lines_count(&f->lines, "notifications/message"), 3);
}

static void test_batch(void **state)
{
    struct fixture *f = *state;
    struct gox_mcp_sink sink = lines_sink(&f->lines);
    initialize(f, "2025-03-26");
    json_t *batch = json_loads(
            "[{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"},"
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"},"
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/"
            "call\",\"params\":"
            "{\"name\":\"slow_compute\",\"arguments\":{\"seconds\":0.01}}}]",
            0, NULL);
    assert_true(gox_mcp_receive_batch(f->peer, batch, &sink));
    until(f, 2);
    assert_true(json_is_array(last(f)));
    assert_int_equal(json_array_size(last(f)), 2);
}

/* Every request, with the nth allocation failing: an answer or none, no crash
 * and (under ASan) no leak. */
static void test_no_memory(void **state)
{
    static const char *const texts[] = {
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
            "call\",\"params\":"
            "{\"name\":\"test_multiple_content_types\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"resources/read\","
            "\"params\":{\"uri\":\"test://template/7/data\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
            "call\",\"params\":"
            "{\"name\":\"test_input_required_result_multiple_inputs\",\"_"
            "meta\":"
            "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
            "call\",\"params\":"
            "{\"name\":\"failing_job\",\"_meta\":"
            "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            "\"io.modelcontextprotocol/clientCapabilities\":{" TASKS "}}}}",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (uint64_t n = 1; n < 80; n++) {
            struct gox_mcp_sink sink = {NULL, NULL, NULL, NULL};
            gox_alloc_fail_at(n, false);
            gox_mcp_receive(f->peer, texts[i], strlen(texts[i]), &sink);
            gox_alloc_fail_at(0, false);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
            TEST(test_versions),
            TEST(test_errors),
            TEST(test_modern),
            TEST(test_rounds),
            TEST(test_tasks),
            TEST(test_cancel),
            TEST(test_question),
            TEST(test_listen),
            TEST(test_subscribe),
            TEST(test_progress_and_log),
            TEST(test_batch),
            TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
