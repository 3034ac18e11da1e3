/* SPDX-License-Identifier: Apache-2.0
 * The real daemon over HTTP: metrics, probes, JSON-RPC, who may ask. */
#include "daemon/http_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* ---- pages ---- */

static void test_pages(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = http_rig_start(&w, NULL);
    http_rig_expect(
            http_once(port, GET("/healthz")), 200, "{\"status\":\"healthy\"");
    http_rig_expect(http_once(port, GET("/readyz")), 200, "{\"ready\":true}");
    http_rig_expect(
            http_once(port, GET("/version")), 200, "\"type\":\"daemon\"");
    http_rig_expect(
            http_once(port, GET("/metrics")), 200, "goxel_build_info{version=");
    http_rig_expect(http_once(port, GET("/")), 404, "nothing");
    http_rig_expect(http_once(port, GET("/rpc")), 405, "POST");
    struct http_answer a = http_once(port, GET("/metrics"));
    assert_string_equal(http_header(&a, "Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8");
    http_answer_free(&a);
    a = http_once(port, GET("/healthz"));
    assert_string_equal(http_header(&a, "Content-Type"), "application/json");
    assert_string_equal(http_header(&a, "Cache-Control"), "no-store");
    http_answer_free(&a);
    wire_cleanup(&w);
}

static void test_promtool(void **state)
{
    (void)state;
    struct wire w;
    char command[200];
    if (system("command -v promtool >/dev/null 2>&1") != 0) {
        print_message("promtool (Debian: prometheus) is not installed\n");
        skip();
    }
    unsigned port = http_rig_start(&w, NULL);
    /* Something in every histogram, and errors. */
    http_answer_free(&(struct http_answer){0});
    http_rig_expect(http_rig_post(port,
                            CALL("goxel.add_voxel", "[1,2,3,1,2,3,255]"), ""),
            200, "result");
    http_rig_expect(
            http_rig_post(port,
                    CALL("goxel.procedural_shape", "['sphere',90,90,90]"), ""),
            200, "result");
    http_rig_expect(http_rig_post(port, CALL("nope", "[]"), ""), 200, "-32601");
    struct http_answer a = http_once(port, GET("/metrics"));
    snprintf(command, sizeof command,
            "promtool check metrics >%s/promtool 2>&1", w.dir);
    FILE *pipe = popen(command, "w");
    assert_non_null(pipe);
    assert_int_equal(fwrite(a.body, 1, a.body_len, pipe), a.body_len);
    assert_int_equal(pclose(pipe), 0);
    assert_non_null(strstr(a.body,
            "goxel_requests_total{method=\"goxel.add_voxel\",code=\"0\"} 1\n"));
    assert_non_null(strstr(a.body,
            "goxel_requests_total{method=\"unknown\",code=\"-32601\"} 1\n"));
    assert_non_null(strstr(a.body,
            "goxel_request_duration_seconds_bucket{method=\"goxel.add_voxel\","
            "le=\"+Inf\"} 1\n"));
    assert_non_null(
            strstr(a.body, "goxel_store_commit_duration_seconds_count 2\n"));
    http_answer_free(&a);
    wire_cleanup(&w);
}

static void test_settings(void **state)
{
    (void)state;
    static const char *const off[] = {
            "--set", "monitoring.enable_metrics=false", NULL};
    static const char *const path[] = {
            "--set", "monitoring.metrics_endpoint=/a/b", NULL};
    struct wire w;
    unsigned port = http_rig_start(&w, off);
    http_rig_expect(
            http_once(port, GET("/metrics")), 404, "monitoring.enable_metrics");
    http_rig_expect(http_once(port, GET("/healthz")), 200, "healthy");
    wire_cleanup(&w);
    port = http_rig_start(&w, path);
    http_rig_expect(http_once(port, GET("/a/b")), 200, "goxel_ready 1\n");
    http_rig_expect(http_once(port, GET("/metrics")), 404, "nothing");
    wire_cleanup(&w);
}

/* Where it may listen. */
static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *place, *text;
    } bad[] = {{"0.0.0.0:9464", "security.enable_authentication"},
            {"[::]:9464", "security.enable_authentication"},
            {"192.0.2.1:80", "security.enable_authentication"},
            {"localhost:9464", "ADDRESS:PORT"}, {"127.0.0.1:", "ADDRESS:PORT"},
            {"127.0.0.1:70000", "ADDRESS:PORT"},
            {"127.0.0.1:80x", "ADDRESS:PORT"}, {"::1:9464", "ADDRESS:PORT"},
            {"nonsense", "ADDRESS:PORT"}, {"127.0.0.999:9464", "127.0.0.999"}};
    char dir[64], socket_path[100], text[4000];
    gox_test_dir(dir);
    snprintf(socket_path, sizeof socket_path, "%s/s.sock", dir);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const args[] = {"--socket", socket_path, "--data-dir", dir,
                "--metrics-listen", bad[i].place, NULL};
        int code = wire_run(args, text, sizeof text);
        if (code != 78 || strstr(text, bad[i].text) == NULL)
            fail_msg("%s: %d %s", bad[i].place, code, text);
    }
    gox_test_dir_remove(dir);
}

/* A port alone, also within the sandbox, which lets only this port be bound;
 * and one that another program has: a later try may succeed. */
static void test_port_alone(void **state)
{
    (void)state;
    struct wire w;
    unsigned port;
    char text[2000], place[16], log[100];
    int fd = http_listen(&port);
    snprintf(place, sizeof place, "%u", port);
    gox_test_dir(w.dir);
    snprintf(w.socket, sizeof w.socket, "%s/s.sock", w.dir);
    snprintf(log, sizeof log, "%s/log", w.dir);
    const char *const taken[] = {"--socket", w.socket, "--data-dir", w.dir,
            "--log-file", log, "--metrics-listen", place, NULL};
    int code = wire_run(taken, text, sizeof text);
    if (code != 75 || strstr(text, "in use") == NULL)
        fail_msg("%d %s", code, text);
    free(wire_wait_log(&w, "not started: monitoring.metrics_listen: "));
    unlink(log);
    close(fd);
    const char *const args[] = {"--metrics-listen", place, NULL};
    wire_start_in(&w, args);
    free(wire_wait_log(&w, "HTTP at http://127.0.0.1:"));
    http_rig_expect(http_once(port, GET("/healthz")), 200, "healthy");
    assert_int_equal(wire_stop(&w, NULL), 0);
    wire_cleanup(&w);
}

static void test_unix_socket(void **state)
{
    (void)state;
    struct wire w;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char path[80];
    gox_test_dir(w.dir);
    snprintf(path, sizeof path, "%s/http.sock", w.dir);
    const char *const args[] = {"--metrics-listen", path, NULL};
    wire_start_in(&w, args);
    free(wire_wait_log(&w, "HTTP at the socket "));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(addr.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    /* Any name will do: no browser comes this way. */
    http_send_text(fd, "GET /healthz HTTP/1.1\r\nHost: anything\r\n\r\n");
    http_rig_expect(http_read(fd, false), 200, "healthy");
    close(fd);
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_equal(access(path, F_OK), -1);
    wire_cleanup(&w);
}

/* A socket of the service manager, named http, goes before the setting. */
static void test_passed_socket(void **state)
{
    (void)state;
    struct wire w;
    unsigned port;
    char program[500], socket_path[100], log[100], pid[24];
    const char *bin = getenv("GOX_BIN_DIR");
    int fd = http_listen(&port);
    gox_test_dir(w.dir);
    snprintf(program, sizeof program, "%s/goxel-daemon",
            bin != NULL ? bin : ".");
    snprintf(socket_path, sizeof socket_path, "%s/s.sock", w.dir);
    snprintf(log, sizeof log, "%s/log", w.dir);
    w.pid = fork();
    assert_true(w.pid >= 0);
    if (w.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fd, 3);
        fcntl(3, F_SETFD, 0); /* not close-on-exec, also when fd is 3 */
        snprintf(pid, sizeof pid, "%d", (int)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_FDNAMES", "http", 1);
        execl(program, program, "--socket", socket_path, "--data-dir", w.dir,
                "--log-file", log, "--metrics-listen", "127.0.0.1:1", NULL);
        _exit(127);
    }
    close(fd);
    http_rig_expect(http_once(port, GET("/healthz")), 200, "healthy");
    http_rig_expect(http_rig_post(port, CALL("ping", "[]"), ""), 200, "pong");
    http_rig_expect(
            http_once(port, "GET /healthz HTTP/1.1\r\nHost: a.b\r\n\r\n"), 403,
            "Host");
    wire_cleanup(&w);
}

/* The library is there only with a listener. */
static void test_library(void **state)
{
    (void)state;
    struct wire w;
    char command[100];
    wire_start(&w, NULL);
    snprintf(command, sizeof command, "grep -q microhttpd /proc/%d/maps",
            (int)w.pid);
    assert_int_not_equal(system(command), 0);
    wire_cleanup(&w);
    http_rig_start(&w, NULL);
    snprintf(command, sizeof command, "grep -q microhttpd /proc/%d/maps",
            (int)w.pid);
    assert_int_equal(system(command), 0);
    wire_cleanup(&w);
}

/* What a reload changes: the size of bodies and the timeout. */
static void test_reload(void **state)
{
    (void)state;
    struct wire w;
    char path[100];
    gox_test_dir(w.dir);
    snprintf(path, sizeof path, "%s/daemon.json", w.dir);
    write_text(path, "{\"monitoring\":{\"metrics_listen\":\"127.0.0.1:0\"}}");
    const char *const args[] = {"--config", path, NULL};
    wire_start_in(&w, args);
    char *rest = wire_wait_log(&w, "HTTP at http://127.0.0.1:");
    unsigned port = (unsigned)strtoul(rest, NULL, 10);
    free(rest);
    char *big = calloc(1, 2000001);
    memset(big, ' ', 2000000);
    memcpy(big, CALL("ping", "[]"), strlen(CALL("ping", "[]")));
    http_rig_expect(http_rig_post(port, big, ""), 200, "pong");
    write_text(path, "{\"monitoring\":{\"metrics_listen\":\"127.0.0.1:0\"},"
                     "\"security\":{\"max_request_size_mb\":1},"
                     "\"server\":{\"timeout_seconds\":1}}");
    http_rig_expect(http_rig_post(port, CALL("daemon.reload", "[]"), ""), 200,
            "\"result\"");
    http_rig_expect(http_rig_post(port, big, ""), 413, "1048576");
    free(big);
    int fd = http_connect(port);
    http_send_text(fd, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
                       "Content-Type: application/json\r\n"
                       "Content-Length: 9\r\n\r\n");
    assert_true(http_wait_end(fd, 10000));
    close(fd);
    http_rig_expect(http_once(port, GET("/metrics")), 200, "goxel_ready 1");
    wire_cleanup(&w);
}

/* ---- JSON-RPC ---- */

static void test_rpc(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = http_rig_start(&w, NULL);
    struct http_answer a = http_rig_post(
            port, CALL("goxel.add_voxel", "[1,2,3,255,0,0,255]"), "");
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "Content-Type"), "application/json");
    assert_non_null(strstr(a.body, "\"revision\":1},\"id\":7}"));
    http_answer_free(&a);
    /* Over several lines. */
    http_rig_expect(http_rig_post(port,
                            "{\n  'jsonrpc': '2.0',\r\n  'id': 'a',\n"
                            "  'method': 'goxel.get_voxel',\n  'params': "
                            "[1,\n2,\n3]\n}\n",
                            ""),
            200, "\"exists\":true");
    /* A newline inside a text stays wrong. */
    http_rig_expect(http_rig_post(port,
                            "{'jsonrpc':'2.0','id':1,'method':'pi\nng'}", ""),
            200, "-32700");
    http_rig_expect(
            http_rig_post(port,
                    "[" CALL("ping", "[]") "," CALL("nope", "{}") "]", ""),
            200, "\"pong\":true");
    http_rig_expect(http_rig_post(port, "{", ""), 200, "-32700");
    http_rig_expect(
            http_rig_post(port, CALL("ping", "[]") CALL("ping", "[]"), ""), 200,
            "-32700");
    http_rig_expect(
            http_rig_post(port, CALL("ping", "[]") "\n" CALL("ping", "[]"), ""),
            200, "-32700");
    http_rig_expect(http_rig_post(port, "[]", ""), 200, "-32600");
    a = http_rig_post(port, "{'jsonrpc':'2.0','method':'ping'}", "");
    assert_int_equal(a.status, 204);
    http_answer_free(&a);
    a = http_rig_post(port, "[{'jsonrpc':'2.0','method':'ping'}]", "");
    assert_int_equal(a.status, 204);
    http_answer_free(&a);
    http_rig_expect(http_rig_post(port, "", ""), 400, "empty");
    http_rig_expect(http_rig_post(port, " \n\t ", ""), 400, "empty");
    http_rig_expect(http_rig_post(port, CALL("goxel.subscribe", "{}"), ""), 200,
            "use the socket");
    wire_cleanup(&w);
}

static void test_content(void **state)
{
    (void)state;
    static const char *const args[] = {"--max-request-size-mb", "1", NULL};
    struct wire w;
    unsigned port = http_rig_start(&w, args);
    http_rig_expect(http_once(port, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
                                    "Content-Type: text/plain\r\n"
                                    "Content-Length: 2\r\n\r\n{}"),
            415, "application/json");
    http_rig_expect(
            http_once(port, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Type: application/json; charset=utf-8\r\n"
                            "Content-Length: 2\r\n\r\n{}"),
            200, "-32600");
    char *big = malloc((1 << 20) + 2);
    memset(big, ' ', (1 << 20) + 1);
    big[(1 << 20) + 1] = '\0';
    memcpy(big, "{'jsonrpc':'2.0','id':1,'method':'ping'}", 40);
    http_rig_expect(http_rig_post(port, big, ""), 413, "1048576");
    big[1 << 20] = '\0';
    http_rig_expect(http_rig_post(port, big, ""), 200, "pong");
    free(big);
    wire_cleanup(&w);
}

static void test_project_header(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = http_rig_start(&w, NULL);
    http_rig_expect(
            http_rig_post(port, CALL("goxel.create_project", "['one']"), ""),
            200, "result");
    http_rig_expect(
            http_rig_post(port, CALL("goxel.create_project", "['two']"), ""),
            200, "result");
    http_rig_expect(
            http_rig_post(port, CALL("goxel.add_voxel", "[1,1,1,9,9,9,255]"),
                    "X-Goxel-Project: one\r\n"),
            200, "\"success\":true");
    http_rig_expect(http_rig_post(port, CALL("goxel.get_voxel", "[1,1,1]"),
                            "X-Goxel-Project: one\r\n"),
            200, "\"exists\":true");
    http_rig_expect(http_rig_post(port, CALL("goxel.get_voxel", "[1,1,1]"),
                            "x-goxel-project: two\r\n"),
            200, "\"exists\":false");
    /* One that is not there may be made under its own header. */
    http_rig_expect(http_rig_post(port, CALL("goxel.create_project", "['new']"),
                            "X-Goxel-Project: new\r\n"),
            200, "\"project\":\"new\"");
    http_rig_expect(
            http_rig_post(port, CALL("goxel.add_voxel", "[1,1,1,9,9,9,255]"),
                    "X-Goxel-Project: new\r\n"),
            200, "\"success\":true");
    /* The request's own word goes before the header. */
    http_rig_expect(http_rig_post(port,
                            CALL("goxel.get_voxel", "{'x':1,'y':1,'z':1,"
                                                    "'project':'one'}"),
                            "X-Goxel-Project: two\r\n"),
            200, "\"exists\":true");
    http_rig_expect(http_rig_post(port, CALL("goxel.get_voxel", "[1,1,1]"),
                            "X-Goxel-Project: three\r\n"),
            200, "three");
    http_rig_expect(
            http_rig_post(port, CALL("ping", "[]"), "X-Goxel-Project: a/b\r\n"),
            200, "X-Goxel-Project");
    wire_cleanup(&w);
}

/* ---- who may ask ---- */

static void test_guard(void **state)
{
    (void)state;
    static const char *const bad[] = {"Host: evil.example",
            "Host: localhost\r\nOrigin: http://evil.example",
            "Host: localhost\r\nOrigin: null"};
    static const char *const paths[] = {"/healthz", "/metrics", "/version"};
    struct wire w;
    unsigned port = http_rig_start(&w, NULL);
    char text[300];
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n%s\r\n\r\n",
                    paths[k], bad[i]);
            http_rig_expect(http_once(port, text), 403, "Host or Origin");
        }
        snprintf(text, sizeof text,
                "POST /rpc HTTP/1.1\r\n%s\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\n\r\n{}",
                bad[i]);
        http_rig_expect(http_once(port, text), 403, "Host or Origin");
    }
    http_rig_expect(
            http_once(port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
                            "Origin: http://localhost:3000\r\n\r\n"),
            200, "healthy");
    wire_cleanup(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_pages),
            cmocka_unit_test(test_promtool),
            cmocka_unit_test(test_settings),
            cmocka_unit_test(test_places),
            cmocka_unit_test(test_port_alone),
            cmocka_unit_test(test_unix_socket),
            cmocka_unit_test(test_passed_socket),
            cmocka_unit_test(test_library),
            cmocka_unit_test(test_reload),
            cmocka_unit_test(test_rpc),
            cmocka_unit_test(test_content),
            cmocka_unit_test(test_project_header),
            cmocka_unit_test(test_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
