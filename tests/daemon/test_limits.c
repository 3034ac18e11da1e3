/* SPDX-License-Identifier: Apache-2.0
 * What the daemon does not let clients do to it or to each other: huge lines,
 * many connections, slow readers, full queues; and cancelling, starting and
 * stopping. */
#include "daemon/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define PING(id) "{'jsonrpc':'2.0','method':'ping','id':" id "}\n"

static void send_render(int fd, const char *id, const char *more)
{
    char text[400];
    snprintf(text, sizeof text,
            "{'jsonrpc':'2.0','method':'goxel.render_scene','id':%s,'params':"
            "{'width':8000,'height':8000%s,'options':{'return_mode':'base64',"
            "'samples':4}}}\n",
            id, more);
    wire_send(fd, text);
}

/* A sanitizer keeps freed memory and takes its time to end. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

/* Something to draw, so that a render takes its time. */
static void fill(int fd)
{
    wire_send(fd, "{'jsonrpc':'2.0','method':'goxel.procedural_shape','params':"
                  "{'shape_type':'sphere','size_x':100,'size_y':100,'size_z':"
                  "100},'id':'fill'}\n");
    wire_expect(fd, "'success':true");
}

static void test_line_of_100_megabytes(void **state)
{
    static const char *const args[] = {
            "--set", "security.max_request_size_mb=1", NULL};
    struct wire w;
    char *block = malloc(1 << 20);
    (void)state;
    wire_start(&w, args);
    int fd = wire_connect(&w);
    wire_send(fd, PING("1"));
    wire_expect(fd, "'id':1}");
    long before = wire_rss_kib(&w);
    memset(block, 'x', 1 << 20);
    for (int i = 0; i < 100; i++)
        wire_send_bytes(fd, block, 1 << 20);
    wire_expect(fd, "'code':-32007");
    wire_send(fd, "\n" PING("2"));
    wire_expect(fd, "'id':2}");
    assert_true(wire_rss_kib(&w) < before + 8192);
    free(block);
    close(fd);
    wire_cleanup(&w);
}

static void test_500_connections_leave_nothing(void **state)
{
    struct wire w;
    (void)state;
    wire_start(&w, NULL);
    int probe = wire_connect(&w);
    wire_send(probe, PING("1"));
    wire_expect(probe, "'id':1}");
    int before = wire_fd_count(&w);
    long rss = 0;
    for (int i = 0; i < 500; i++) {
        int fd = wire_connect(&w);
        if (i % 3 != 0)
            wire_send(fd, PING("1"));
        if (i % 3 == 1)
            wire_expect(fd, "'id':1}");
        if (i % 5 == 0)
            wire_send(fd, "{'unfinished':");
        close(fd);
        if (i == 100)
            rss = wire_rss_kib(&w);
    }
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (wire_fd_count(&w) != before)
        assert_true(wire_now_ms() < limit);
    assert_true(IS_SANITIZED || wire_rss_kib(&w) < rss + 512);
    wire_send(probe, "{'jsonrpc':'2.0','method':'daemon.metrics','id':2}\n");
    wire_expect(probe, "'connections_open':1,");
    close(probe);
    wire_cleanup(&w);
}

static void test_too_many_connections(void **state)
{
    static const char *const args[] = {"--max-connections", "3", NULL};
    struct wire w;
    int fds[3];
    (void)state;
    wire_start(&w, args);
    for (int i = 0; i < 3; i++) {
        fds[i] = wire_connect(&w);
        wire_send(fds[i], PING("1"));
        wire_expect(fds[i], "'id':1}");
    }
    int extra = wire_connect(&w);
    wire_expect(extra, "'code':-32001");
    wire_expect_end(extra);
    close(extra);
    close(fds[0]);
    /* The place is free as soon as the daemon has seen the end. */
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    bool is_in = false;
    while (!is_in) {
        assert_true(wire_now_ms() < limit);
        extra = wire_connect(&w);
        char *line = NULL;
        if (send(extra, "\n", 1, MSG_NOSIGNAL) == 1) {
            wire_send(extra, PING("5"));
            line = wire_line(extra);
        }
        is_in = line != NULL && strstr(line, "pong") != NULL;
        free(line);
        if (!is_in)
            close(extra);
    }
    close(extra);
    close(fds[1]);
    close(fds[2]);
    wire_cleanup(&w);
}

/* A client that sends and never reads stops being served, is cut off in time,
 * and costs a bounded amount of memory. */
static void test_slow_reader(void **state)
{
    static const char *const args[] = {
            "--set", "server.timeout_seconds=1", NULL};
    struct wire w;
    char text[20100];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    wire_start(&w, args);
    int slow = wire_connect(&w);
    int other = wire_connect(&w);
    int count = snprintf(text, sizeof text,
            "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"id\":1,\"params\":[\"");
    memset(text + count, 'x', 20000);
    strcpy(text + count + 20000, "\"]}\n");
    fcntl(slow, F_SETFL, O_NONBLOCK);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    size_t at = 0;
    size_t len = strlen(text);
    bool is_cut = false;
    while (!is_cut) {
        ssize_t put = write(slow, text + at, len - at);
        is_cut = put < 0 && errno != EAGAIN;
        at = put > 0 ? (at + (size_t)put) % len : at;
        if (put < 0)
            usleep(2000);
        assert_true(wire_now_ms() < limit);
    }
    assert_true(wire_rss_kib(&w) < 40000);
    wire_send(other, "{'jsonrpc':'2.0','method':'daemon.metrics','id':1}\n");
    wire_expect(other, "'slow_clients_cut':1,");
    close(slow);
    close(other);
    wire_cleanup(&w);
}

static void test_cancel(void **state)
{
    struct wire w;
    (void)state;
    wire_start(&w, NULL);
    int fd = wire_connect(&w);
    fill(fd);
    send_render(fd, "'r'", "");
    wire_send(fd, "{'jsonrpc':'2.0','method':'rpc.cancel','params':['r'],"
                  "'id':2}\n" PING("3"));
    wire_expect(fd, "'code':-32008");
    wire_expect(fd, "{'jsonrpc':'2.0','result':{'cancelled':true},'id':2}");
    wire_expect(fd, "'id':3}");
    wire_send(fd, "{'jsonrpc':'2.0','method':'rpc.cancel','params':{'id':'r'},"
                  "'id':4}\n");
    wire_expect(fd, "{'cancelled':false}");
    close(fd);
    wire_cleanup(&w);
}

/* Asks for health until it has this text. */
static void wait_for_queue(int health, const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    char *line = NULL;
    do {
        free(line);
        wire_send(
                health, "{'jsonrpc':'2.0','method':'daemon.health','id':1}\n");
        line = wire_line(health);
        assert_true(wire_now_ms() < limit);
    } while (strstr(line, text) == NULL);
    free(line);
}

static void test_full_queue_and_health(void **state)
{
    static const char *const args[] = {
            "--workers", "1", "--queue-size", "1", NULL};
    struct wire w;
    int fds[3];
    (void)state;
    wire_start(&w, args);
    int health = wire_connect(&w);
    fill(health);
    for (int i = 0; i < 3; i++)
        fds[i] = wire_connect(&w);
    send_render(fds[0], "1", "");
    wait_for_queue(health, "\"busy\":1");
    send_render(fds[1], "1", "");
    wait_for_queue(health, "\"depth\":1,");
    send_render(fds[2], "1", "");
    char *busy = wire_line(fds[2]);
    assert_non_null(strstr(busy, "\"code\":-32001"));
    assert_non_null(strstr(busy, "\"retry_after_ms\":"));
    free(busy);
    wire_send(health, PING("7"));
    wire_expect(health, "'id':7}");
    for (int i = 0; i < 2; i++)
        wire_send(fds[i], "{'jsonrpc':'2.0','method':'rpc.cancel','params':"
                          "[1],'id':2}\n");
    for (int i = 0; i < 2; i++)
        wire_expect(fds[i], "'code':-32008");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close(health);
    wire_cleanup(&w);
}

/* Edits of a project wait for a long edit of it, reads do not. */
static void test_edits_take_turns(void **state)
{
    struct wire w;
    (void)state;
    wire_start(&w, NULL);
    int longer = wire_connect(&w);
    int editor = wire_connect(&w);
    int reader = wire_connect(&w);
    wire_send(longer, "{'jsonrpc':'2.0','method':'goxel.procedural_shape',"
                      "'params':{'shape_type':'torus','size_x':1500,'size_y':"
                      "1500,'size_z':400,'progress':true},'id':1}\n");
    wire_send(longer, PING("2"));
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    char *line = NULL;
    do {
        free(line);
        wire_send(
                reader, "{'jsonrpc':'2.0','method':'daemon.metrics','id':1}\n");
        line = wire_line(reader);
        assert_true(wire_now_ms() < limit);
    } while (strstr(line, "\"long_started\":1,") == NULL);
    free(line);
    wire_send(editor, "{'jsonrpc':'2.0','method':'goxel.add_voxel','params':"
                      "[5000,0,0,255,0,0],'id':1}\n");
    wire_send(reader, "{'jsonrpc':'2.0','method':'goxel.get_voxel','params':"
                      "[5000,0,0],'id':2}\n");
    char *read = wire_line(reader);
    assert_non_null(strstr(read, "\"id\":2}"));
    free(read);
    char *added = wire_line(editor);
    assert_non_null(strstr(added, "\"success\":true"));
    assert_non_null(strstr(added, "\"revision\":2"));
    free(added);
    /* Notifications of progress come before the reply, the reply before the
     * next request's. */
    line = NULL;
    do {
        free(line);
        line = wire_line(longer);
    } while (strstr(line, "goxel.progress") != NULL);
    assert_non_null(strstr(line, "\"id\":1}"));
    free(line);
    wire_expect(longer, "'id':2}");
    close(longer);
    close(editor);
    close(reader);
    wire_cleanup(&w);
}

static void test_second_instance(void **state)
{
    struct wire w;
    char text[1000];
    (void)state;
    wire_start(&w, NULL);
    const char *const args[] = {
            "--socket", w.socket, "--data-dir", w.dir, NULL};
    assert_int_equal(wire_run(args, text, sizeof text), 75);
    assert_non_null(strstr(text, "another goxel-daemon"));
    int fd = wire_connect(&w);
    wire_send(fd, PING("1"));
    wire_expect(fd, "'id':1}");
    close(fd);
    wire_cleanup(&w);
}

static void test_socket_place_is_a_file(void **state)
{
    char dir[64], path[100], text[1000];
    struct stat st;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/file", dir);
    FILE *file = fopen(path, "w");
    fputs("precious", file);
    fclose(file);
    const char *const args[] = {"--socket", path, "--data-dir", dir, NULL};
    assert_int_equal(wire_run(args, text, sizeof text), 78);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 8);
    gox_test_dir_remove(dir);
}

static void test_after_kill_9(void **state)
{
    struct wire w;
    (void)state;
    wire_start(&w, NULL);
    kill(w.pid, SIGKILL);
    assert_int_equal(wire_wait(&w), -SIGKILL);
    wire_start_in(&w, NULL);
    int fd = wire_connect(&w);
    wire_send(fd, PING("1"));
    wire_expect(fd, "'id':1}");
    close(fd);
    wire_cleanup(&w);
}

static double stop_idle(void)
{
    struct wire w;
    double ms;
    wire_start(&w, NULL);
    int fd = wire_connect(&w);
    wire_send(fd, PING("1"));
    wire_expect(fd, "'id':1}");
    kill(w.pid, SIGHUP); /* must not end it */
    wire_send(fd, PING("2"));
    wire_expect(fd, "'id':2}");
    assert_int_equal(wire_stop(&w, &ms), 0);
    wire_expect_end(fd);
    assert_int_not_equal(access(w.socket, F_OK), 0);
    close(fd);
    wire_cleanup(&w);
    return ms;
}

/* One of a few: the machine may have other things to do. */
static void test_stop_is_quick(void **state)
{
    double ms = stop_idle();
    (void)state;
    for (int i = 0; i < 9 && ms >= 100 && !IS_SANITIZED; i++)
        ms = stop_idle();
    assert_true(IS_SANITIZED || ms < 100);
}

/* What is under way is finished, and its answer is sent. */
static void test_stop_finishes_work(void **state)
{
    struct wire w;
    (void)state;
    wire_start(&w, NULL);
    int fd = wire_connect(&w);
    wire_send(fd, "{'jsonrpc':'2.0','method':'goxel.procedural_shape','params':"
                  "{'shape_type':'sphere','size_x':400,'size_y':400,'size_z':"
                  "400},'id':1}\n{'jsonrpc':'2.0','method':'daemon.shutdown',"
                  "'id':2}\n");
    wire_expect(fd, "'success':true");
    wire_expect(fd, "'message':'stopping'");
    wire_expect_end(fd);
    assert_int_equal(wire_wait(&w), 0);
    close(fd);
    wire_cleanup(&w);
}

static void test_stdio(void **state)
{
    struct wire w;
    (void)state;
    wire_start_stdio(&w);
    wire_send(w.in, PING("1"));
    wire_expect(w.out, "'id':1}");
    wire_send(w.in,
            "{'jsonrpc':'2.0','method':'goxel.procedural_shape',"
            "'params':{'shape_type':'sphere','size_x':300,'size_y':300,"
            "'size_z':300},'id':2}\n" PING("3") "{'jsonrpc':'2.0',"
                                                "'method':'ping','id':4}");
    close(w.in);
    wire_expect(w.out, "'success':true");
    wire_expect(w.out, "'id':3}");
    wire_expect(w.out, "'id':4}");
    wire_expect_end(w.out);
    assert_int_equal(wire_wait(&w), 0);
    close(w.out);
    wire_cleanup(&w);
}

static void test_command_line(void **state)
{
    static const struct {
        const char *args[4];
        int code;
        const char *text;
    } cases[] = {
            {{"--version"}, 0, "goxel-daemon "},
            {{"--help"}, 0, "--socket VALUE"},
            {{"--check"}, 0, "valid"},
            {{"--print-config", "--workers", "3"}, 0,
                    "server.workers=3  # command line"},
            {{"--worker", "3"}, 2, "did you mean --workers"},
            {{"--workers"}, 2, "needs a value"},
            {{"--workers", "x"}, 2, "integer from 0 to 256"},
            {{"--workers=999"}, 2, "integer from 0 to 256"},
            {{"--set", "server.nothing=1"}, 2, "there is no setting"},
            {{"--set", "nothing"}, 2, "SECTION.KEY=VALUE"},
            {{"extra"}, 2, "unknown option"},
            {{"--check", "--set", "security.socket_permissions=999"}, 2,
                    "octal"},
    };
    char text[20000];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int code = wire_run(cases[i].args, text, sizeof text);
        if (code != cases[i].code || strstr(text, cases[i].text) == NULL)
            fail_msg("%s: %d %s", cases[i].args[0], code, text);
    }
    static const char *const check[] = {"--check", NULL};
    setenv("GOXEL_MAX_WORKERS", "many", 1);
    assert_int_equal(wire_run(check, text, sizeof text), 78);
    assert_non_null(strstr(text, "GOXEL_MAX_WORKERS"));
    unsetenv("GOXEL_MAX_WORKERS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_line_of_100_megabytes),
            cmocka_unit_test(test_500_connections_leave_nothing),
            cmocka_unit_test(test_too_many_connections),
            cmocka_unit_test(test_slow_reader),
            cmocka_unit_test(test_cancel),
            cmocka_unit_test(test_full_queue_and_health),
            cmocka_unit_test(test_edits_take_turns),
            cmocka_unit_test(test_second_instance),
            cmocka_unit_test(test_socket_place_is_a_file),
            cmocka_unit_test(test_after_kill_9),
            cmocka_unit_test(test_stop_is_quick),
            cmocka_unit_test(test_stop_finishes_work),
            cmocka_unit_test(test_stdio),
            cmocka_unit_test(test_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
