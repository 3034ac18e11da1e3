/* SPDX-License-Identifier: Apache-2.0
 * The HTTP listener against slow, large, many and hostile clients. */
#include "http/http.h"
#include "http/http_server.h"

/* A stream and a request without answer outlive the timeout (1 s), as long as
 * their client is there; the server ends with both open. */
static void test_long_silence(void **state)
{
    struct http_server *t = *state;
    int stream_fd = http_connect(t->port);
    int never_fd = http_connect(t->port);
    http_send_text(stream_fd, HTTP_GET("/quiet"));
    http_send_text(never_fd, HTTP_GET("/never"));
    assert_true(http_read_until(stream_fd, "data: open\n\n\r\n"));
    assert_false(http_wait_end(stream_fd, 1500));
    assert_false(http_wait_end(never_fd, 1));
    http_expect_stats(t->port, "gone 0 ");
    /* tear_down stops the server: both are cut off, nothing leaks. */
    (void)never_fd;
}

static void test_slow(void **state)
{
    struct http_server *t = *state;
    int header_fd = http_connect(t->port);
    int body_fd = http_connect(t->port);
    int nothing_fd = http_connect(t->port);
    http_send_text(header_fd, "GET /hello HTTP/1.1\r\nX: ");
    http_send_text(body_fd, "POST /echo HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
    double start = http_now_ms();
    bool is_open = true;
    /* A byte again and again does not help. */
    while (is_open && http_now_ms() - start < HTTP_LIMIT_MS) {
        is_open = http_send(header_fd, "y", 1);
        if (http_wait_end(header_fd, 50))
            break;
    }
    assert_true(http_now_ms() - start < HTTP_LIMIT_MS);
    assert_true(http_now_ms() - start > 500);
    assert_true(http_wait_end(body_fd, 5000));
    assert_true(http_wait_end(nothing_fd, 5000));
    http_expect_stats(t->port, "timed_out 3 ");
    close(header_fd);
    close(body_fd);
    close(nothing_fd);
}

/* A client that does not read its answer. */
static void test_slow_reader(void **state)
{
    struct http_server *t = *state;
    int fd = http_connect(t->port);
    http_send_text(fd, HTTP_GET("/big"));
    http_expect_stats(t->port, "under_way 2 ");
    http_expect_stats(t->port, "open 1 under_way 1 ");
    close(fd);
    struct http_answer a = http_once(t->port, HTTP_GET("/big"));
    assert_int_equal(a.body_len, 8 << 20);
    http_answer_free(&a);
}

static void send_post(int fd, size_t len, const char *more)
{
    char head[200];
    char *body = calloc(1, len + 1);
    snprintf(head, sizeof head,
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n%s\r\n",
            len, more);
    http_send_text(fd, head);
    memset(body, 'b', len);
    http_send(fd, body, len);
    free(body);
}

static void test_body_limit(void **state)
{
    struct http_server *t = *state;
    struct http_answer a;
    int fd = http_connect(t->port);
    send_post(fd, HTTP_SERVER_MAX_BODY, "");
    a = http_read(fd, false);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.body_len, HTTP_SERVER_MAX_BODY);
    http_answer_free(&a);
    send_post(fd, HTTP_SERVER_MAX_BODY + 1, "");
    http_expect(http_read(fd, false), 413, "65536 bytes");
    /* The connection goes on. */
    send_post(fd, 3, "");
    http_expect(http_read(fd, false), 200, "bbb");
    close(fd);
    /* Much too large: refused by the header alone. */
    fd = http_connect(t->port);
    http_send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                       "Content-Length: 99999999999\r\n\r\n");
    http_expect(http_read(fd, false), 413, "65536 bytes");
    close(fd);
    fd = http_connect(t->port);
    http_send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                       "Expect: 100-continue\r\nContent-Length: 65537\r\n\r\n");
    http_expect(http_read(fd, false), 413, "65536 bytes");
    close(fd);
    fd = http_connect(t->port);
    http_send_text(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n"
                       "Content-Length: 2\r\n\r\nhi");
    http_expect(http_read(fd, false), 413, "takes no body");
    close(fd);
}

static void test_chunked_body(void **state)
{
    struct http_server *t = *state;
    char chunk[0x4000 + 16];
    int fd = http_connect(t->port);
    http_send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n"
                       "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    http_expect(http_read(fd, false), 200, "abcde");
    memset(chunk, 'c', sizeof chunk);
    memcpy(chunk, "4000\r\n", 6);
    memcpy(chunk + 6 + 0x4000, "\r\n", 2);
    http_send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++)
        assert_true(http_send(fd, chunk, 0x4000 + 8));
    http_send_text(fd, "0\r\n\r\n");
    http_expect(http_read(fd, false), 413, "65536 bytes");
    close(fd);
    /* Without an end it is cut off. */
    fd = http_connect(t->port);
    http_send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n");
    int sent = 0;
    while (sent < 2000 && http_send(fd, chunk, 0x4000 + 8))
        sent++;
    assert_true(sent < 2000);
    close(fd);
}

static void test_large_headers(void **state)
{
    struct http_server *t = *state;
    char *text = malloc(200000);
    size_t len = (size_t)sprintf(text, "GET /hello HTTP/1.1\r\nX: ");
    memset(text + len, 'h', 100000);
    strcpy(text + len + 100000, "\r\n\r\n");
    int fd = http_connect(t->port);
    http_send(fd, text, strlen(text));
    struct http_answer a = http_read(fd, false);
    assert_true(a.status == 431 || a.status == 0);
    http_answer_free(&a);
    close(fd);
    /* What is allowed goes through. */
    strcpy(text + len + 8000, "\r\n\r\n");
    http_expect(http_once(t->port, text), 200, "hello");
    free(text);
}

static void test_guard(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
            {"Host: localhost", 200},
            {"Host: LocalHost:8080", 200},
            {"Host: 127.0.0.1:1", 200},
            {"Host: [::1]:65535", 200},
            {"Host: [::1]", 200},
            {"Host: goxel.example", 200},
            {"Host: evil.example", 403},
            {"Host: localhost.evil.example", 403},
            {"Host: 127.0.0.1.evil.example", 403},
            {"Host: localhost:80@evil.example", 403},
            {"Host: localhost:", 403},
            {"Host: localhost:123456", 403},
            {"Host: localhost:1x", 403},
            {"Host: [::1", 403},
            {"Host: 0x7f000001", 403},
            {"Host: ", 403},
            {"X: y", 403},
            {"Host: localhost\r\nHost: evil.example", 403},
            {"Host: localhost\r\nOrigin: http://localhost:3000", 200},
            {"Host: localhost\r\nOrigin: https://127.0.0.1", 200},
            {"Host: localhost\r\nOrigin: https://goxel.example:443", 200},
            {"Host: localhost\r\nOrigin: null", 403},
            {"Host: localhost\r\nOrigin: http://evil.example", 403},
            {"Host: localhost\r\nOrigin: http://localhost.evil.example", 403},
            {"Host: localhost\r\nOrigin: http://localhost/x", 403},
            {"Host: localhost\r\nOrigin: http://u@localhost", 403},
            {"Host: localhost\r\nOrigin: file://localhost", 403},
            {"Host: localhost\r\nOrigin: ", 403},
            {"Host: localhost\r\nOrigin: http://localhost\r\n"
             "Origin: http://evil.example",
                    403},
    };
    struct http_server *t = *state;
    char text[300];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "GET /local HTTP/1.1\r\n%s\r\n\r\n",
                rows[i].headers);
        struct http_answer a = http_once(t->port, text);
        /* The library refuses some by itself. */
        if (a.status != rows[i].status &&
                !(rows[i].status == 403 && a.status == 400))
            fail_msg("%s: %d", rows[i].headers, a.status);
        http_answer_free(&a);
    }
    assert_true(gox_http_is_host_text_allowed("anything", "*"));
    assert_false(gox_http_is_host_text_allowed("any thing", "*"));
    assert_false(gox_http_is_host_text_allowed("b", "a bb"));
    assert_true(gox_http_is_host_text_allowed("bb:8", "a bb"));
}

/* All at the same time, in two states: some answered at once, some later. */
static void test_parallel(void **state)
{
    struct http_server *t = *state;
    int fds[100];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            fds[i] = http_connect(t->port);
            assert_true(fds[i] >= 0);
            http_send_text(fds[i], i % 3 == 0   ? HTTP_GET("/later")
                                   : i % 3 == 1 ? HTTP_GET("/hello")
                                                : HTTP_GET("/stream"));
        }
        for (int i = 0; i < 100; i++)
            http_expect(http_read(fds[i], false), 200,
                    i % 3 == 0   ? "later"
                    : i % 3 == 1 ? "hello"
                                 : "line 2");
        for (int i = 0; i < 100; i++)
            close(fds[i]);
    }
    http_expect_stats(t->port, "open 1 ");
}

/* More clients than connections: the others wait in the kernel's queue. */
static void test_connection_limit(void **state)
{
    struct http_server *t = *state;
    int fds[160];
    for (int i = 0; i < 160; i++) {
        fds[i] = http_connect(t->port);
        assert_true(fds[i] >= 0);
        http_send_text(fds[i], "GET /later HTTP/1.1\r\nHost: x\r\n"
                               "Connection: close\r\n\r\n");
    }
    for (int i = 0; i < 160; i++)
        http_expect(http_read(fds[i], false), 200, "later");
    for (int i = 0; i < 160; i++)
        close(fds[i]);
}

/* Bytes that are no HTTP, and HTTP with bytes changed; the server lives. */
static void test_garbage(void **state)
{
    static const char good[] = "POST /echo?a=b HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Length: 5\r\nX-A: b\r\n\r\nhello"
                               "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    struct http_server *t = *state;
    uint32_t seed = 12345;
    char text[sizeof good];
    for (int i = 0; i < 1500; i++) {
        memcpy(text, good, sizeof good);
        for (int k = 0; k < 1 + i % 5; k++) {
            seed = seed * 1664525u + 1013904223u;
            text[(seed >> 8) % (sizeof good - 1)] = (char)(seed >> 24);
        }
        int fd = http_connect(t->port);
        assert_true(fd >= 0);
        http_send(fd, text, (seed >> 4) % sizeof good);
        close(fd);
    }
    http_expect(http_once(t->port, HTTP_GET("/hello")), 200, "hello");
    http_expect_stats(t->port, "open 1 under_way 1 ");
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(                                           \
            name, http_server_set_up, http_server_tear_down)
    const struct CMUnitTest tests[] = {
            TEST(test_long_silence),
            TEST(test_slow),
            TEST(test_slow_reader),
            TEST(test_body_limit),
            TEST(test_chunked_body),
            TEST(test_large_headers),
            TEST(test_guard),
            TEST(test_parallel),
            TEST(test_connection_limit),
            TEST(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
