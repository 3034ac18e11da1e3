/* SPDX-License-Identifier: Apache-2.0
 * The HTTP listener against raw clients: answers at once and later, streams,
 * connections that go on, and its end. */
#include "http/http_server.h"

#include <signal.h>
#include <sys/wait.h>

static void test_simple(void **state)
{
    struct http_server *t = *state;
    http_expect(http_once(t->port, HTTP_GET("/hello")), 200, "hello world\n");
    http_expect(http_once(t->port, HTTP_GET("/hello?name=you%20two")), 200,
            "hello you two\n");
    http_expect(
            http_once(t->port, "GET /hello HTTP/1.0\r\n\r\n"), 200, "hello");
    http_expect(http_once(t->port, HTTP_GET("/later")), 200, "later");
    struct http_answer a = http_once(
            t->port, "HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "Content-Length"), "12");
    http_answer_free(&a);
    a = http_once(t->port, "DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(a.status, 204);
    http_answer_free(&a);
}

static void test_routes(void **state)
{
    struct http_server *t = *state;
    http_expect(http_once(t->port, HTTP_GET("/nothing")), 404, "/nothing");
    http_expect(http_once(t->port, HTTP_GET("/")), 404, "there is nothing");
    http_expect(
            http_once(t->port, HTTP_GET("/hello/")), 404, "there is nothing");
    struct http_answer a = http_once(t->port, HTTP_GET("/echo"));
    assert_int_equal(a.status, 405);
    assert_string_equal(http_header(&a, "Allow"), "POST, DELETE");
    http_answer_free(&a);
    a = http_once(t->port, "PUT /hello HTTP/1.1\r\nHost: x\r\n"
                           "Content-Length: 2\r\n\r\nhi");
    assert_int_equal(a.status, 405);
    assert_string_equal(http_header(&a, "Allow"), "GET, HEAD");
    http_answer_free(&a);
}

static void test_bearer(void **state)
{
    static const struct {
        const char *header, *answer;
    } rows[] = {
            {"Authorization: Bearer abc", "[abc]"},
            {"authorization: bearer  abc", "[abc]"},
            {"Authorization: Basic abc", "[none]"},
            {"Authorization: Bearer", "[none]"},
            {"Authorization: Bearer a\r\nAuthorization: Bearer b", "[none]"},
            {"X: y", "[none]"},
    };
    struct http_server *t = *state;
    char text[200];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "GET /bearer HTTP/1.1\r\n%s\r\n\r\n",
                rows[i].header);
        http_expect(http_once(t->port, text), 200, rows[i].answer);
    }
}

static void test_keep_alive(void **state)
{
    struct http_server *t = *state;
    int fd = http_connect(t->port);
    for (int i = 0; i < 1000; i++) {
        http_send_text(fd, i % 2 == 0 ? HTTP_GET("/hello")
                                      : "POST /echo HTTP/1.1\r\nHost: x\r\n"
                                        "Content-Length: 4\r\n\r\nabcd");
        http_expect(http_read(fd, false), 200, i % 2 == 0 ? "hello" : "abcd");
    }
    close(fd);
    http_expect_stats(t->port, "open 1 ");
}

static void test_pipelining(void **state)
{
    struct http_server *t = *state;
    int fd = http_connect(t->port);
    http_send_text(fd, HTTP_GET("/later") HTTP_GET("/hello?name=2") HTTP_GET(
                               "/stream") HTTP_GET("/hello?name=4")
                               HTTP_GET("/nothing") HTTP_GET("/hello?name=6"));
    http_expect(http_read(fd, false), 200, "later");
    http_expect(http_read(fd, false), 200, "hello 2");
    http_expect(http_read(fd, false), 200, "line 2\n\n");
    http_expect(http_read(fd, false), 200, "hello 4");
    http_expect(http_read(fd, false), 404, "nothing");
    http_expect(http_read(fd, false), 200, "hello 6");
    close(fd);
}

static void test_stream(void **state)
{
    struct http_server *t = *state;
    struct http_answer a = http_once(t->port, HTTP_GET("/stream"));
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "Content-Type"), "text/event-stream");
    assert_string_equal(http_header(&a, "Cache-Control"), "no-cache");
    assert_string_equal(a.body,
            "event: message\nid: 0\ndata: line 1\ndata: line 2\n\n"
            "event: message\nid: 1\ndata: line 1\ndata: line 2\n\n"
            "event: message\nid: 2\ndata: line 1\ndata: line 2\n\n");
    http_answer_free(&a);
}

/* The owner is told when a client goes while it waits: for a first byte, for
 * more of a stream, and in the middle of a flood. */
static void test_gone(void **state)
{
    static const char *const paths[] = {
            HTTP_GET("/never"), HTTP_GET("/quiet"), HTTP_GET("/flood")};
    struct http_server *t = *state;
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = http_connect(t->port);
        http_send_text(fds[i], paths[i]);
    }
    assert_true(http_read_until(fds[1], "data: open"));
    assert_true(http_read_until(fds[2], "\r\n\r\n"));
    http_expect_stats(t->port, "under_way 4 ");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    http_expect_stats(t->port, "gone 3 open 1 under_way 1 ");
}

static void test_no_memory(void **state)
{
    static const char *const asks[] = {HTTP_GET("/hello"), HTTP_GET("/later"),
            HTTP_GET("/stream"),
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"};
    struct http_server *t = *state;
    char text[100];
    bool is_off;
    for (size_t k = 0; k < sizeof asks / sizeof asks[0]; k++) {
        for (int n = 1; n < 25; n++) {
            snprintf(text, sizeof text,
                    "GET /alloc?n=%d HTTP/1.1\r\nHost: x\r\n\r\n", n);
            http_expect(http_once(t->port, text), 200, "ok");
            struct http_answer a = http_once(t->port, asks[k]);
            assert_true(a.status == 200 || a.status == 0);
            http_answer_free(&a);
            /* What did not fail yet fails here. */
            int tries = 0;
            do {
                a = http_once(t->port, HTTP_GET("/alloc?n=0"));
                is_off = a.status == 200;
                http_answer_free(&a);
            } while (!is_off && ++tries < 30);
            assert_true(is_off);
        }
    }
    http_expect_stats(t->port, "under_way 1 ");
}

static void test_finish(void **state)
{
    struct http_server *t = *state;
    int idle = http_connect(t->port);
    http_send_text(idle, HTTP_GET("/hello"));
    http_expect(http_read(idle, false), 200, "hello");
    int busy = http_connect(t->port);
    http_send_text(busy, HTTP_GET("/later"));
    int stop_fd = http_connect(t->port);
    http_send_text(stop_fd, HTTP_GET("/quiet"));
    assert_true(http_read_until(stop_fd, "open"));
    http_expect(http_once(t->port, HTTP_GET("/finish")), 200, "finishing");
    struct http_answer a = http_read(busy, false);
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "Connection"), "close");
    http_answer_free(&a);
    assert_true(http_wait_end(idle, 5000));
    assert_int_equal(http_connect(t->port), -1);
    close(idle);
    close(busy);
    kill(t->pid, SIGKILL); /* there is no way in any more */
    close(stop_fd);
}

static int tear_down_killed(void **state)
{
    struct http_server *t = *state;
    int status;
    return waitpid(t->pid, &status, 0) == t->pid ? 0 : -1;
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(                                           \
            name, http_server_set_up, http_server_tear_down)
    const struct CMUnitTest tests[] = {
            TEST(test_simple),
            TEST(test_routes),
            TEST(test_bearer),
            TEST(test_keep_alive),
            TEST(test_pipelining),
            TEST(test_stream),
            TEST(test_gone),
            TEST(test_no_memory),
            cmocka_unit_test_setup_teardown(
                    test_finish, http_server_set_up, tear_down_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
