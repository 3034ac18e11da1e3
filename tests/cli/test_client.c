/* SPDX-License-Identifier: Apache-2.0
 * The client library: framing in pieces, time limits, sudden ends, replies that
 * are too long or no JSON, children that die, and memory that runs out. */
#include "base/alloc.h"
#include "cli/line_server.h"
#include "gox_test.h"
#include "goxel/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define LIMIT_MS 20000

static gox_client *start(struct line_server *server,
        void (*play)(struct line_server *server), void *ctx)
{
    struct gox_error err = {0};
    int fd = line_server_start(server, play, ctx);
    gox_client *client = gox_client_from_fd(fd, &err);

    assert_non_null(client);
    return client;
}

static void reply(struct line_server *server, const char *result)
{
    char line[256];

    snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%ld,%s}\n",
            line_server_id(server), result);
    line_server_puts(server, line);
}

static void play_echo(struct line_server *server)
{
    while (line_server_read(server))
        reply(server, "\"result\":{\"pong\":true}");
}

static void test_request_line_and_result(void **state)
{
    struct line_server server;
    gox_client *client = start(&server, play_echo, NULL);
    json_t *params = json_pack("{s:s,s:i}", "path", "/a b\n\"c\"", "n", 7);
    json_t *result = NULL;
    struct gox_error err = {0};

    (void)state;
    assert_int_equal(
            gox_client_call(client, "goxel.x", params, LIMIT_MS, &result, &err),
            0);
    assert_true(json_is_true(json_object_get(result, "pong")));
    assert_null(gox_client_get_error(client));
    assert_int_equal(gox_client_get_pending(client), 0);
    json_decref(result);
    json_decref(params);
    gox_client_close(client);
    line_server_finish(&server);
    assert_string_equal(server.line,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.x\",\"params\":"
            "{\"path\":\"/a b\\n\\\"c\\\"\",\"n\":7}}");
}

/* Each byte of two replies and a notification comes alone. */
static void play_pieces(struct line_server *server)
{
    static const char *const text =
            "{\"jsonrpc\":\"2.0\",\"method\":\"goxel.progress\",\"params\":"
            "{\"id\":1,\"fraction\":0.5}}\r\n"
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[1,\"\xc3\xa9\"]}\n\n"
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":null}\n";

    line_server_read(server);
    line_server_read(server);
    for (const char *at = text; *at; at++)
        line_server_write(server, at, 1);
}

struct seen {
    int results, errors, notifications;
    int last_code;
    double fraction;
};

static void on_reply(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct seen *seen = ctx;

    (void)error;
    seen->last_code = err->code;
    if (err->code == 0) {
        assert_non_null(result);
        seen->results++;
    } else {
        assert_null(result);
        seen->errors++;
    }
}

static void on_notification(void *ctx, const char *method, const json_t *params)
{
    struct seen *seen = ctx;

    assert_string_equal(method, "goxel.progress");
    seen->fraction = json_number_value(json_object_get(params, "fraction"));
    seen->notifications++;
}

static void drain(gox_client *client)
{
    for (int i = 0; i < 1000 && gox_client_get_pending(client) > 0; i++) {
        struct pollfd item = {.fd = gox_client_get_fd(client),
                .events = gox_client_get_events(client)};
        assert_int_equal(poll(&item, 1, LIMIT_MS), 1);
        (void)gox_client_dispatch(client, NULL);
    }
    assert_int_equal(gox_client_get_pending(client), 0);
}

static void test_pieces_and_pipelining(void **state)
{
    struct line_server server;
    struct seen seen = {0};
    gox_client *client = start(&server, play_pieces, NULL);
    int64_t first = 0, second = 0;

    (void)state;
    gox_client_on_notification(client, on_notification, &seen);
    assert_int_equal(
            gox_client_submit(client, "a", NULL, on_reply, &seen, &first, NULL),
            0);
    assert_int_equal(gox_client_submit(
                             client, "b", NULL, on_reply, &seen, &second, NULL),
            0);
    assert_int_not_equal(first, second);
    drain(client);
    assert_int_equal(seen.results, 2);
    assert_int_equal(seen.notifications, 1);
    assert_true(seen.fraction == 0.5);
    gox_client_close(client);
    line_server_finish(&server);
}

static void play_error(struct line_server *server)
{
    while (line_server_read(server))
        reply(server, server->ctx);
}

static void test_error_codes(void **state)
{
    static const struct {
        const char *reply;
        int code;
        const char *text;
    } rows[] = {
            {"\"error\":{\"code\":-32601,\"message\":\"no such method\"}",
                    GOX_ERR_METHOD, "no such method"},
            {"\"error\":{\"code\":-32602,\"message\":\"bad\",\"data\":1}",
                    GOX_ERR_PARAMS, "bad"},
            {"\"error\":{\"code\":-32603,\"message\":\"oops\"}",
                    GOX_ERR_INTERNAL, "oops"},
            {"\"error\":{\"code\":-1002,\"message\":\"a.vox: byte 4\"}",
                    GOX_ERR_LOAD, "a.vox: byte 4"},
            {"\"error\":{\"code\":4711}", GOX_ERR_INTERNAL,
                    "the daemon gave no reason"},
            {"\"error\":\"text\"", GOX_ERR_INTERNAL,
                    "the daemon gave no reason"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct line_server server;
        struct gox_error err = {0};
        json_t *result = NULL;
        gox_client *client =
                start(&server, play_error, (void *)(uintptr_t)rows[i].reply);
        assert_int_equal(
                gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err),
                rows[i].code);
        assert_string_equal(err.text, rows[i].text);
        assert_null(result);
        assert_non_null(gox_client_get_error(client));
        gox_client_close(client);
        line_server_finish(&server);
    }
}

/* Answers the first call only after the rpc.cancel that its time limit caused;
 * the late answer must not be taken for that of the second call. */
static void play_late(struct line_server *server)
{
    line_server_read(server);
    line_server_read(server);
    if (!strstr(server->line, "\"rpc.cancel\",\"params\":{\"id\":1}"))
        return;
    line_server_puts(server, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n");
    line_server_read(server);
    line_server_puts(server, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":2}\n");
}

static void test_timeout_then_usable(void **state)
{
    struct line_server server;
    struct gox_error err = {0};
    json_t *result = NULL;
    gox_client *client = start(&server, play_late, NULL);

    (void)state;
    assert_int_equal(gox_client_call(client, "slow", NULL, 20, &result, &err),
            GOX_ERR_TIMEOUT);
    assert_non_null(strstr(err.text, "slow"));
    assert_int_equal(
            gox_client_call(client, "next", NULL, LIMIT_MS, &result, &err), 0);
    assert_int_equal(json_integer_value(result), 2);
    json_decref(result);
    gox_client_close(client);
    line_server_finish(&server);
}

static void play_script(struct line_server *server)
{
    line_server_read(server);
    line_server_puts(server, server->ctx);
}

static void test_bad_ends(void **state)
{
    static const struct {
        const char *sent;
        int code;
        const char *text;
    } rows[] = {
            {"", GOX_ERR_CLOSED, "closed the connection"},
            {"{\"jsonrpc\":\"2.0\",", GOX_ERR_CLOSED, "middle of a reply"},
            {"hello\n", GOX_ERR_PARSE, "not JSON"},
            {"[]\n", GOX_ERR_PARSE, "neither reply"},
            {"{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"eh\"}}\n",
                    GOX_ERR_PARSE, "eh"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct line_server server;
        struct gox_error err = {0};
        json_t *result = NULL;
        gox_client *client =
                start(&server, play_script, (void *)(uintptr_t)rows[i].sent);
        assert_int_equal(
                gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err),
                rows[i].code);
        assert_non_null(strstr(err.text, rows[i].text));
        assert_int_equal(gox_client_get_fd(client), -1);
        assert_int_equal(
                gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err),
                GOX_ERR_CLOSED);
        assert_non_null(strstr(err.text, "not connected"));
        assert_int_equal(
                gox_client_reconnect(client, 0, &err), GOX_ERR_UNSUPPORTED);
        gox_client_close(client);
        line_server_finish(&server);
    }
}

static void play_long(struct line_server *server)
{
    static char block[65536];
    size_t blocks = (size_t)(uintptr_t)server->ctx;

    memset(block, 'x', sizeof(block));
    line_server_read(server);
    line_server_puts(server, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"");
    for (size_t i = 0; i < blocks; i++)
        line_server_write(server, block, sizeof(block));
    line_server_puts(server, "\"}\n");
}

static void test_long_replies(void **state)
{
    struct line_server server;
    struct gox_error err = {0};
    json_t *result = NULL;
    gox_client *client = start(&server, play_long, (void *)(uintptr_t)256);

    (void)state;
    assert_int_equal(
            gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err), 0);
    assert_int_equal(json_string_length(result), 256 * 65536);
    json_decref(result);
    gox_client_close(client);
    line_server_finish(&server);

    client = start(&server, play_long, (void *)(uintptr_t)256);
    gox_client_set_max_reply(client, 1000 * 1000);
    assert_int_equal(
            gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err),
            GOX_ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "1000000 bytes"));
    gox_client_close(client);
    line_server_finish(&server);
}

/* A request larger than the socket buffer to a peer that reads late. */
static void play_reader(struct line_server *server)
{
    static char scrap[65536];
    size_t total = 0;

    for (;;) {
        ssize_t n = recv(server->fd, scrap, sizeof(scrap), 0);
        if (n <= 0)
            return;
        total += (size_t)n;
        if (scrap[n - 1] == '\n')
            break;
    }
    snprintf(scrap, sizeof(scrap),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%zu}\n", total);
    line_server_puts(server, scrap);
}

static void test_long_request(void **state)
{
    struct line_server server;
    size_t len = 8 * 1024 * 1024;
    char *text = gox_malloc(len);
    json_t *params, *result = NULL;
    gox_client *client;

    (void)state;
    assert_non_null(text);
    memset(text, 'y', len);
    params = json_pack("[s#]", text, (int)len);
    client = start(&server, play_reader, NULL);
    assert_int_equal(
            gox_client_call(client, "m", params, LIMIT_MS, &result, NULL), 0);
    assert_true(json_integer_value(result) > (json_int_t)len);
    json_decref(result);
    json_decref(params);
    gox_free(text);
    gox_client_close(client);
    line_server_finish(&server);
}

static void test_close_tells_waiting_calls(void **state)
{
    struct line_server server;
    struct seen seen = {0};
    gox_client *client = start(&server, play_echo, NULL);
    int64_t id;

    (void)state;
    assert_int_equal(
            gox_client_submit(client, "a", NULL, on_reply, &seen, NULL, NULL),
            0);
    assert_int_equal(
            gox_client_submit(client, "b", NULL, on_reply, &seen, &id, NULL),
            0);
    gox_client_cancel(client, id);
    gox_client_cancel(client, 4711);
    gox_client_close(client);
    line_server_finish(&server);
    assert_int_equal(seen.errors, 1);
    assert_int_equal(seen.last_code, GOX_ERR_CANCELLED);
}

static void test_connect_errors(void **state)
{
    struct gox_error err = {0};
    char path[64], longer[200];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gox_client *client;

    (void)state;
    assert_null(gox_client_connect("/nonexistent/socket", 0, &err));
    assert_int_equal(err.code, GOX_ERR_NOT_FOUND);
    assert_null(gox_client_connect("", 0, &err));
    assert_int_equal(err.code, GOX_ERR_RANGE);
    memset(longer, 'a', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    assert_null(gox_client_connect(longer, 0, &err));
    assert_int_equal(err.code, GOX_ERR_RANGE);

    snprintf(path, sizeof(path), "/tmp/goxtest-client-%ld", (long)getpid());
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_null(gox_client_connect(path, 0, &err));
    assert_int_equal(err.code, GOX_ERR_CLOSED);
    assert_int_equal(listen(fd, 0), 0);
    client = gox_client_connect(path, LIMIT_MS, &err);
    assert_non_null(client);
    /* The backlog of 0 holds one; the next has to wait, and gives up. */
    assert_null(gox_client_connect(path, 20, &err));
    assert_int_equal(err.code, GOX_ERR_TIMEOUT);
    close(fd);
    assert_int_equal(gox_client_reconnect(client, 30, &err), GOX_ERR_CLOSED);
    unlink(path);
    assert_int_equal(gox_client_reconnect(client, 0, &err), GOX_ERR_NOT_FOUND);
    gox_client_close(client);
}

static const char *const CHILD[] = {"sh", "-c",
        "while read line; do "
        "id=${line#*id\\\":}; id=${id%%,*}; "
        "case $line in *die*) kill -SEGV $$;; *quit*) exit 3;; esac; "
        "echo \"{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":$id,"
        "\\\"result\\\":$$}\"; done",
        NULL};

static void test_child_lives_dies_and_comes_back(void **state)
{
    struct gox_error err = {0};
    json_t *result = NULL;
    gox_client *client = gox_client_spawn(CHILD, -1, &err);
    pid_t pid;

    (void)state;
    assert_non_null(client);
    pid = gox_client_get_pid(client);
    assert_int_equal(
            gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err), 0);
    assert_int_equal(json_integer_value(result), pid);
    json_decref(result);
    assert_int_equal(getpgid(pid), pid);

    assert_int_equal(
            gox_client_call(client, "die", NULL, LIMIT_MS, &result, &err),
            GOX_ERR_CLOSED);
    assert_non_null(strstr(err.text, "signal 11"));
    assert_int_equal(gox_client_get_pid(client), 0);
    assert_int_equal(kill(pid, 0), -1);

    assert_int_equal(gox_client_reconnect(client, LIMIT_MS, &err), 0);
    assert_int_equal(
            gox_client_call(client, "quit", NULL, LIMIT_MS, &result, &err),
            GOX_ERR_CLOSED);
    assert_non_null(strstr(err.text, "exited with code 3"));
    assert_int_equal(WEXITSTATUS(gox_client_get_exit(client)), 3);

    assert_int_equal(gox_client_reconnect(client, LIMIT_MS, &err), 0);
    pid = gox_client_get_pid(client);
    gox_client_abort(client);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(gox_client_reconnect(client, LIMIT_MS, &err), 0);
    pid = gox_client_get_pid(client);
    gox_client_close(client);
    assert_int_equal(kill(pid, 0), -1);
}

static void test_child_that_cannot_start(void **state)
{
    static const char *const missing[] = {"/nonexistent/goxel-daemon", NULL};
    static const char *const refused[] = {"/etc/passwd", NULL};
    struct gox_error err = {0};

    (void)state;
    assert_null(gox_client_spawn(missing, -1, &err));
    assert_int_equal(err.code, GOX_ERR_NOT_FOUND);
    assert_null(gox_client_spawn(refused, -1, &err));
    assert_int_equal(err.code, GOX_ERR_FORBIDDEN);
    assert_null(gox_client_spawn(CHILD, 1234, &err));
    assert_int_equal(err.code, GOX_ERR_IO);
}

/* A child that ignores the end of its input does not outlive the client. */
static void test_stubborn_child_is_killed(void **state)
{
    static const char *const argv[] = {
            "sh", "-c", "trap '' TERM; exec sleep 1000", NULL};
    struct gox_error err = {0};
    gox_client *client = gox_client_spawn(argv, -1, &err);
    pid_t pid;

    (void)state;
    assert_non_null(client);
    pid = gox_client_get_pid(client);
    gox_client_close(client);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void test_out_of_memory(void **state)
{
    bool is_done = false;

    (void)state;
    for (uint64_t nth = 1; !is_done && nth < 200; nth++) {
        struct line_server server;
        struct gox_error err = {0};
        json_t *result = NULL;
        int fd = line_server_start(&server, play_echo, NULL);
        gox_client *client;
        int rc = GOX_ERR_NOMEM;
        gox_alloc_fail_at(nth, false);
        client = gox_client_from_fd(fd, &err);
        if (client)
            rc = gox_client_call(client, "m", NULL, LIMIT_MS, &result, &err);
        gox_alloc_fail_at(0, false);
        is_done = rc == 0;
        if (!is_done)
            assert_int_equal(rc, GOX_ERR_NOMEM);
        json_decref(result);
        gox_client_close(client);
        line_server_finish(&server);
    }
    assert_true(is_done);
    for (uint64_t nth = 1; nth < 200; nth++) {
        struct gox_error err = {0};
        gox_client *client;
        gox_alloc_fail_at(nth, false);
        client = gox_client_spawn(CHILD, 2, &err);
        gox_alloc_fail_at(0, false);
        if (client) {
            gox_client_close(client);
            assert_true(nth > 3);
            break;
        }
        assert_int_equal(err.code, GOX_ERR_NOMEM);
    }
}

static void test_safe_methods(void **state)
{
    static const char *const safe[] = {"echo", "version", "goxel.get_voxel",
            "goxel.get_voxel_info", "manager.status", "goxel.open_project"};
    static const char *const unsafe[] = {"", "goxel.add_voxel", "goxel.undo",
            "goxel.get_", "goxel.export_model", "manager.restart", "zzz"};

    (void)state;
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
        assert_true(gox_client_is_safe(safe[i]));
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
        assert_false(gox_client_is_safe(unsafe[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_request_line_and_result),
            cmocka_unit_test(test_pieces_and_pipelining),
            cmocka_unit_test(test_error_codes),
            cmocka_unit_test(test_timeout_then_usable),
            cmocka_unit_test(test_bad_ends),
            cmocka_unit_test(test_long_replies),
            cmocka_unit_test(test_long_request),
            cmocka_unit_test(test_close_tells_waiting_calls),
            cmocka_unit_test(test_connect_errors),
            cmocka_unit_test(test_child_lives_dies_and_comes_back),
            cmocka_unit_test(test_child_that_cannot_start),
            cmocka_unit_test(test_stubborn_child_is_killed),
            cmocka_unit_test(test_out_of_memory),
            cmocka_unit_test(test_safe_methods),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
