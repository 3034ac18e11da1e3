/* SPDX-License-Identifier: Apache-2.0
 * The real daemon over HTTP: many clients, clients that go away, stopping, and
 * doing nothing. */
#include "daemon/http_rig.h"

#include <signal.h>

static void test_parallel(void **state)
{
    (void)state;
    struct wire w;
    int fds[100];
    char json[200];
    unsigned port = http_rig_start(&w, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            if (round == 0)
                fds[i] = http_connect(port);
            assert_true(fds[i] >= 0);
            snprintf(json, sizeof json,
                    CALL("goxel.add_voxel", "[%d,%d,0,1,2,3,255]"), i, round);
            char *text = http_rig_make_post(json, "");
            http_send_text(fds[i], text);
            free(text);
        }
        for (int i = 0; i < 100; i++)
            http_rig_expect(http_read(fds[i], false), 200, "\"success\":true");
    }
    for (int i = 0; i < 100; i++)
        close(fds[i]);
    http_rig_expect(http_rig_post(port, CALL("goxel.get_status", "[]"), ""),
            200, "\"voxel_count\":300");
    wire_cleanup(&w);
}

/* Connections come and go; nothing stays. */
static void test_no_leak(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = http_rig_start(&w, NULL);
    for (int i = 0; i < 200; i++)
        http_rig_expect(
                http_rig_post(port, CALL("ping", "[]"), ""), 200, "pong");
    int fds = wire_fd_count(&w);
    for (int i = 0; i < 3000; i++) {
        int fd = http_connect(port);
        assert_true(fd >= 0);
        /* Some say nothing, some half a request, some a whole one. */
        if (i % 3 == 1)
            http_send_text(fd, "GET /healthz HTTP/1.1\r\nHo");
        if (i % 3 == 2) {
            http_send_text(fd, GET("/version"));
            http_rig_expect(http_read(fd, false), 200, "daemon");
        }
        close(fd);
    }
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (wire_fd_count(&w) > fds) {
        assert_true(wire_now_ms() < limit);
        http_rig_expect(
                http_rig_post(port, CALL("ping", "[]"), ""), 200, "pong");
    }
    wire_cleanup(&w);
}

/* Asks daemon.metrics until text is in the answer. */
static void wait_metrics(unsigned port, const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    for (;;) {
        struct http_answer a =
                http_rig_post(port, CALL("daemon.metrics", "[]"), "");
        bool is_there = strstr(a.body, text) != NULL;
        if (!is_there && wire_now_ms() > limit)
            fail_msg("%s is not in %s", text, a.body);
        http_answer_free(&a);
        if (is_there)
            return;
    }
}

#define LONG_SCRIPT                                                            \
    CALL("goxel.execute_script", "{'script':'while(true);','timeout_ms':%d}")

/* A client that goes away ends its long work. */
static void test_gone(void **state)
{
    (void)state;
    struct wire w;
    char json[200];
    unsigned port = http_rig_start(&w, NULL);
    snprintf(json, sizeof json, LONG_SCRIPT, 20000);
    char *text = http_rig_make_post(json, "");
    int fd = http_connect(port);
    http_send_text(fd, text);
    wait_metrics(port, "\"workers_busy\":1");
    close(fd);
    wait_metrics(port, "\"workers_busy\":0");
    wait_metrics(port, "\"long_cancelled\":1");
    free(text);
    wire_cleanup(&w);
}

/* Stopping lets a request end, and says meanwhile that it is not ready. */
static void test_stop(void **state)
{
    (void)state;
    struct wire w;
    char json[200];
    unsigned port = http_rig_start(&w, NULL);
    snprintf(json, sizeof json, LONG_SCRIPT, 800);
    char *text = http_rig_make_post(json, "");
    int fd = http_connect(port);
    int idle = http_connect(port);
    http_send_text(fd, text);
    wait_metrics(port, "\"workers_busy\":1");
    kill(w.pid, SIGTERM);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    for (;;) {
        struct http_answer a = http_once(port, GET("/readyz"));
        int status = a.status;
        http_answer_free(&a);
        if (status == 503)
            break;
        assert_int_equal(status, 200);
        assert_true(wire_now_ms() < limit);
    }
    struct http_answer refused = http_rig_post(port, CALL("ping", "[]"), "");
    assert_non_null(strstr(refused.body, "\"reason\":\"BUSY\""));
    http_rig_expect(refused, 503, "not carried out");
    http_rig_expect(http_once(port, GET("/healthz")), 503, "unhealthy");
    struct http_answer a = http_read(fd, false);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"id\":7"));
    http_answer_free(&a);
    assert_int_equal(wire_wait(&w), 0);
    close(fd);
    close(idle);
    free(text);
    wire_cleanup(&w);
}

static long count_switches(pid_t pid)
{
    char path[64], line[200];
    long count = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %ld", &count) == 1)
            break;
    fclose(file);
    return count;
}

/* With a listener, a connection and metrics on, nothing wakes up. */
static void test_idle(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = http_rig_start(&w, NULL);
    int fd = http_connect(port);
    http_send_text(fd, GET("/healthz"));
    http_rig_expect(http_read(fd, false), 200, "healthy");
    /* What the start put off is done. */
    wire_expect_silence(fd, 1500);
    long before = count_switches(w.pid);
    wire_expect_silence(fd, 1000);
    long after = count_switches(w.pid);
    assert_true(before >= 0);
    if (after - before > 1)
        fail_msg("%ld wakeups in a second", after - before);
    close(fd);
    wire_cleanup(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_parallel),
            cmocka_unit_test(test_no_leak),
            cmocka_unit_test(test_gone),
            cmocka_unit_test(test_stop),
            cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
