/* SPDX-License-Identifier: Apache-2.0
 * The real daemon over HTTP: metrics, probes, JSON-RPC, who may ask, clients
 * that go away, and stopping. */
#include "daemon/wire.h"
#include "http/http_client.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* With --metrics-listen on a free port (more options, NULL-ended); the port. */
static unsigned start(struct wire *w, const char *const *more)
{
    const char *args[20] = {"--metrics-listen", "127.0.0.1:0"};
    size_t count = 2;
    while (more != NULL && *more != NULL)
        args[count++] = *more++;
    args[count] = NULL;
    wire_start(w, args);
    char *rest = wire_wait_log(w, "HTTP at http://127.0.0.1:");
    unsigned port = (unsigned)strtoul(rest, NULL, 10);
    free(rest);
    assert_true(port > 0);
    return port;
}

static void expect(struct http_answer a, int status, const char *text)
{
    if (a.status != status || strstr(a.body, text) == NULL)
        fail_msg("%d with %s expected, got %s%s", status, text, a.head, a.body);
    http_answer_free(&a);
}

/* A POST of json (' for ") with more headers, each with its end of line. */
static char *make_post(const char *json, const char *headers)
{
    size_t size = strlen(json) + strlen(headers) + 200;
    char *text = malloc(size);
    int len = snprintf(text, size,
            "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n",
            headers, strlen(json));
    for (const char *c = json; *c != '\0'; c++)
        text[len++] = *c == '\'' ? '"' : *c;
    text[len] = '\0';
    return text;
}

static struct http_answer post(
        unsigned port, const char *json, const char *headers)
{
    char *text = make_post(json, headers);
    struct http_answer a = http_once(port, text);
    free(text);
    return a;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

#define CALL(method, params)                                                   \
    "{'jsonrpc':'2.0','id':7,'method':'" method "','params':" params "}"

/* ---- pages ---- */

static void test_pages(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = start(&w, NULL);
    expect(http_once(port, GET("/healthz")), 200, "{\"status\":\"healthy\"");
    expect(http_once(port, GET("/readyz")), 200, "{\"ready\":true}");
    expect(http_once(port, GET("/version")), 200, "\"type\":\"daemon\"");
    expect(http_once(port, GET("/metrics")), 200, "goxel_build_info{version=");
    expect(http_once(port, GET("/")), 404, "nothing");
    expect(http_once(port, GET("/rpc")), 405, "POST");
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
    unsigned port = start(&w, NULL);
    /* Something in every histogram, and errors. */
    http_answer_free(&(struct http_answer){0});
    expect(post(port, CALL("goxel.add_voxel", "[1,2,3,1,2,3,255]"), ""), 200,
            "result");
    expect(post(port, CALL("goxel.procedural_shape", "['sphere',90,90,90]"),
                   ""),
            200, "result");
    expect(post(port, CALL("nope", "[]"), ""), 200, "-32601");
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
    unsigned port = start(&w, off);
    expect(http_once(port, GET("/metrics")), 404, "monitoring.enable_metrics");
    expect(http_once(port, GET("/healthz")), 200, "healthy");
    wire_cleanup(&w);
    port = start(&w, path);
    expect(http_once(port, GET("/a/b")), 200, "goxel_ready 1\n");
    expect(http_once(port, GET("/metrics")), 404, "nothing");
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
    expect(http_read(fd, false), 200, "healthy");
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
    expect(http_once(port, GET("/healthz")), 200, "healthy");
    expect(post(port, CALL("ping", "[]"), ""), 200, "pong");
    expect(http_once(port, "GET /healthz HTTP/1.1\r\nHost: a.b\r\n\r\n"), 403,
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
    start(&w, NULL);
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
    expect(post(port, big, ""), 200, "pong");
    write_text(path, "{\"monitoring\":{\"metrics_listen\":\"127.0.0.1:0\"},"
                     "\"security\":{\"max_request_size_mb\":1},"
                     "\"server\":{\"timeout_seconds\":1}}");
    expect(post(port, CALL("daemon.reload", "[]"), ""), 200, "\"result\"");
    expect(post(port, big, ""), 413, "1048576");
    free(big);
    int fd = http_connect(port);
    http_send_text(fd, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
                       "Content-Type: application/json\r\n"
                       "Content-Length: 9\r\n\r\n");
    assert_true(http_wait_end(fd, 10000));
    close(fd);
    expect(http_once(port, GET("/metrics")), 200, "goxel_ready 1");
    wire_cleanup(&w);
}

/* ---- JSON-RPC ---- */

static void test_rpc(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = start(&w, NULL);
    struct http_answer a =
            post(port, CALL("goxel.add_voxel", "[1,2,3,255,0,0,255]"), "");
    assert_int_equal(a.status, 200);
    assert_string_equal(http_header(&a, "Content-Type"), "application/json");
    assert_non_null(strstr(a.body, "\"revision\":1},\"id\":7}"));
    http_answer_free(&a);
    /* Over several lines. */
    expect(post(port,
                   "{\n  'jsonrpc': '2.0',\r\n  'id': 'a',\n"
                   "  'method': 'goxel.get_voxel',\n  'params': "
                   "[1,\n2,\n3]\n}\n",
                   ""),
            200, "\"exists\":true");
    /* A newline inside a text stays wrong. */
    expect(post(port, "{'jsonrpc':'2.0','id':1,'method':'pi\nng'}", ""), 200,
            "-32700");
    expect(post(port, "[" CALL("ping", "[]") "," CALL("nope", "{}") "]", ""),
            200, "\"pong\":true");
    expect(post(port, "{", ""), 200, "-32700");
    expect(post(port, CALL("ping", "[]") CALL("ping", "[]"), ""), 200,
            "-32700");
    expect(post(port, CALL("ping", "[]") "\n" CALL("ping", "[]"), ""), 200,
            "-32700");
    expect(post(port, "[]", ""), 200, "-32600");
    a = post(port, "{'jsonrpc':'2.0','method':'ping'}", "");
    assert_int_equal(a.status, 204);
    http_answer_free(&a);
    a = post(port, "[{'jsonrpc':'2.0','method':'ping'}]", "");
    assert_int_equal(a.status, 204);
    http_answer_free(&a);
    expect(post(port, "", ""), 400, "empty");
    expect(post(port, " \n\t ", ""), 400, "empty");
    expect(post(port, CALL("goxel.subscribe", "{}"), ""), 200,
            "use the socket");
    wire_cleanup(&w);
}

static void test_content(void **state)
{
    (void)state;
    static const char *const args[] = {"--max-request-size-mb", "1", NULL};
    struct wire w;
    unsigned port = start(&w, args);
    expect(http_once(port, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
                           "Content-Type: text/plain\r\n"
                           "Content-Length: 2\r\n\r\n{}"),
            415, "application/json");
    expect(http_once(port, "POST /rpc HTTP/1.1\r\nHost: localhost\r\n"
                           "Content-Type: application/json; charset=utf-8\r\n"
                           "Content-Length: 2\r\n\r\n{}"),
            200, "-32600");
    char *big = malloc((1 << 20) + 2);
    memset(big, ' ', (1 << 20) + 1);
    big[(1 << 20) + 1] = '\0';
    memcpy(big, "{'jsonrpc':'2.0','id':1,'method':'ping'}", 40);
    expect(post(port, big, ""), 413, "1048576");
    big[1 << 20] = '\0';
    expect(post(port, big, ""), 200, "pong");
    free(big);
    wire_cleanup(&w);
}

static void test_project_header(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = start(&w, NULL);
    expect(post(port, CALL("goxel.create_project", "['one']"), ""), 200,
            "result");
    expect(post(port, CALL("goxel.create_project", "['two']"), ""), 200,
            "result");
    expect(post(port, CALL("goxel.add_voxel", "[1,1,1,9,9,9,255]"),
                   "X-Goxel-Project: one\r\n"),
            200, "\"success\":true");
    expect(post(port, CALL("goxel.get_voxel", "[1,1,1]"),
                   "X-Goxel-Project: one\r\n"),
            200, "\"exists\":true");
    expect(post(port, CALL("goxel.get_voxel", "[1,1,1]"),
                   "x-goxel-project: two\r\n"),
            200, "\"exists\":false");
    /* One that is not there may be made under its own header. */
    expect(post(port, CALL("goxel.create_project", "['new']"),
                   "X-Goxel-Project: new\r\n"),
            200, "\"project\":\"new\"");
    expect(post(port, CALL("goxel.add_voxel", "[1,1,1,9,9,9,255]"),
                   "X-Goxel-Project: new\r\n"),
            200, "\"success\":true");
    /* The request's own word goes before the header. */
    expect(post(port,
                   CALL("goxel.get_voxel", "{'x':1,'y':1,'z':1,"
                                           "'project':'one'}"),
                   "X-Goxel-Project: two\r\n"),
            200, "\"exists\":true");
    expect(post(port, CALL("goxel.get_voxel", "[1,1,1]"),
                   "X-Goxel-Project: three\r\n"),
            200, "three");
    expect(post(port, CALL("ping", "[]"), "X-Goxel-Project: a/b\r\n"), 200,
            "X-Goxel-Project");
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
    unsigned port = start(&w, NULL);
    char text[300];
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n%s\r\n\r\n",
                    paths[k], bad[i]);
            expect(http_once(port, text), 403, "Host or Origin");
        }
        snprintf(text, sizeof text,
                "POST /rpc HTTP/1.1\r\n%s\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\n\r\n{}",
                bad[i]);
        expect(http_once(port, text), 403, "Host or Origin");
    }
    expect(http_once(port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
                           "Origin: http://localhost:3000\r\n\r\n"),
            200, "healthy");
    wire_cleanup(&w);
}

/* ---- many, gone, stopping ---- */

static void test_parallel(void **state)
{
    (void)state;
    struct wire w;
    int fds[100];
    char json[200];
    unsigned port = start(&w, NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            if (round == 0)
                fds[i] = http_connect(port);
            assert_true(fds[i] >= 0);
            snprintf(json, sizeof json,
                    CALL("goxel.add_voxel", "[%d,%d,0,1,2,3,255]"), i, round);
            char *text = make_post(json, "");
            http_send_text(fds[i], text);
            free(text);
        }
        for (int i = 0; i < 100; i++)
            expect(http_read(fds[i], false), 200, "\"success\":true");
    }
    for (int i = 0; i < 100; i++)
        close(fds[i]);
    expect(post(port, CALL("goxel.get_status", "[]"), ""), 200,
            "\"voxel_count\":300");
    wire_cleanup(&w);
}

/* Connections come and go; nothing stays. */
static void test_no_leak(void **state)
{
    (void)state;
    struct wire w;
    unsigned port = start(&w, NULL);
    for (int i = 0; i < 200; i++)
        expect(post(port, CALL("ping", "[]"), ""), 200, "pong");
    int fds = wire_fd_count(&w);
    for (int i = 0; i < 3000; i++) {
        int fd = http_connect(port);
        assert_true(fd >= 0);
        /* Some say nothing, some half a request, some a whole one. */
        if (i % 3 == 1)
            http_send_text(fd, "GET /healthz HTTP/1.1\r\nHo");
        if (i % 3 == 2) {
            http_send_text(fd, GET("/version"));
            expect(http_read(fd, false), 200, "daemon");
        }
        close(fd);
    }
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (wire_fd_count(&w) > fds) {
        assert_true(wire_now_ms() < limit);
        expect(post(port, CALL("ping", "[]"), ""), 200, "pong");
    }
    wire_cleanup(&w);
}

/* Asks daemon.metrics until text is in the answer. */
static void wait_metrics(unsigned port, const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    for (;;) {
        struct http_answer a = post(port, CALL("daemon.metrics", "[]"), "");
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
    unsigned port = start(&w, NULL);
    snprintf(json, sizeof json, LONG_SCRIPT, 20000);
    char *text = make_post(json, "");
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
    unsigned port = start(&w, NULL);
    snprintf(json, sizeof json, LONG_SCRIPT, 800);
    char *text = make_post(json, "");
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
    expect(post(port, CALL("ping", "[]"), ""), 503, "stops");
    expect(http_once(port, GET("/healthz")), 503, "unhealthy");
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
    unsigned port = start(&w, NULL);
    int fd = http_connect(port);
    http_send_text(fd, GET("/healthz"));
    expect(http_read(fd, false), 200, "healthy");
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
            cmocka_unit_test(test_pages),
            cmocka_unit_test(test_promtool),
            cmocka_unit_test(test_settings),
            cmocka_unit_test(test_places),
            cmocka_unit_test(test_unix_socket),
            cmocka_unit_test(test_passed_socket),
            cmocka_unit_test(test_library),
            cmocka_unit_test(test_reload),
            cmocka_unit_test(test_rpc),
            cmocka_unit_test(test_content),
            cmocka_unit_test(test_project_header),
            cmocka_unit_test(test_guard),
            cmocka_unit_test(test_parallel),
            cmocka_unit_test(test_no_leak),
            cmocka_unit_test(test_gone),
            cmocka_unit_test(test_stop),
            cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
