/* SPDX-License-Identifier: Apache-2.0
 * Who may do what with the real daemon, by the way that they come: as another
 * user, over TCP, over HTTP, with goxelctl. */
#include "daemon/access_rig.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- peers ---- */

/* Connects as another user, says what came; needs root. */
static void connect_as(uid_t uid, gid_t gid, char *text, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        static const char ask[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                                  "\"goxel.list_layers\"}\n";
        char line[1024];
        /* A refused client may be closed before it has written. */
        signal(SIGPIPE, SIG_IGN);
        strcpy(address.sun_path, rig_wire()->socket);
        if (setgid(gid) != 0 || setuid(uid) != 0)
            _exit(1);
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
            _exit(2);
        ssize_t put = write(fd, ask, sizeof ask - 1);
        ssize_t got = read(fd, line, sizeof line);
        if (got > 0)
            put = write(ends[1], line, (size_t)got);
        _exit(put > 0 ? 0 : 3);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, size - 1);
    text[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
}

static void test_peers_of_socket(void **state)
{
    (void)state;
    static const struct {
        const char *uids, *gids;
        uid_t uid;
        gid_t gid;
        const char *said;
    } rows[] = {
            {"", "", 65534, 65534, "\"result\""},
            {"1234", "", 65534, 65534, "security.allowed_uids"},
            {"1234,65534", "", 65534, 65534, "\"result\""},
            {"", "77", 65534, 65534, "security.allowed_gids"},
            {"", "77", 65534, 77, "\"result\""},
            {"1234", "77", 65534, 77, "\"result\""},
    };
    char text[1024];
    if (geteuid() != 0) {
        print_message("not root: not tried\n");
        skip();
    }
    chmod(rig_wire()->dir, 0755);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *args[] = {"--set",
                rig_option("security.allowed_uids", rows[i].uids), "--set",
                rig_option("security.allowed_gids", rows[i].gids),
                "--socket-permissions", "666", "--log-file", rig_in_dir("log"),
                NULL};
        rig_start(args);
        connect_as(rows[i].uid, rows[i].gid, text, sizeof text);
        if (strstr(text, rows[i].said) == NULL)
            fail_msg("row %zu: %s", i, text);
        /* Root, who runs it, is never kept out. */
        int fd = wire_connect(rig_wire());
        rig_call(fd, "goxel.list_layers", "{}", "'result'");
        close(fd);
        wire_stop(rig_wire(), NULL);
        rig_wire()->pid = 0;
    }
    rig_expect_log("neither security.allowed_uids");
}

/* ---- TCP ---- */

static void test_tcp(void **state)
{
    (void)state;
    char port[16], secret[GOX_TOKEN_SECRET_BYTES], text[4096];
    struct gox_token token;
    struct sockaddr_in address = {
            .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    /* A port that is free now. */
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(probe, (struct sockaddr *)&address, len), 0);
    getsockname(probe, (struct sockaddr *)&address, &len);
    close(probe);
    snprintf(port, sizeof port, "%u", (unsigned)ntohs(address.sin_port));
    rig_add_token(secret, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {"--port", port, WITH_TOKENS, NULL};
    rig_start(args);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (connect(fd, (struct sockaddr *)&address, len) != 0)
        assert_true(wire_now_ms() < limit);
    rig_call(fd, "goxel.list_layers", "{}", "-32003");
    rig_login(fd, secret, "'scopes':['read']");
    rig_call(fd, "goxel.list_layers", "{}", "'result'");
    close(fd);
    wire_stop(rig_wire(), NULL);
    rig_wire()->pid = 0;
    /* Other machines only with tokens. */
    const char *open_args[] = {"--socket", rig_in_dir("s.sock"), "--data-dir",
            rig_wire()->dir, "--port", port, "--bind-address", "0.0.0.0", NULL};
    assert_int_equal(wire_run(open_args, text, sizeof text), 78);
    assert_non_null(strstr(text, "enable_authentication"));
}

/* ---- HTTP ---- */

/* Sends a request over the listener's Unix socket and gives the answer. */
static void ask_http(const char *path, const char *token, const char *body,
        char *text, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char request[1024];
    int len = snprintf(request, sizeof request,
            "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "%s%s%sContent-Type: application/json\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            body[0] != '\0' ? "POST" : "GET", path,
            token != NULL ? "Authorization: Bearer " : "",
            token != NULL ? token : "", token != NULL ? "\r\n" : "",
            strlen(body), body);
    strcpy(address.sun_path, rig_in_dir("http.sock"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    /* It is opened after the socket that the start was waited for. */
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        assert_true(wire_now_ms() < limit);
    wire_send_bytes(fd, request, (size_t)len);
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 &&
            (got = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(fd);
}

static void test_http(void **state)
{
    (void)state;
    char reader[GOX_TOKEN_SECRET_BYTES], text[65536];
    struct gox_token token;
    static const char list[] =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.list_layers\"}";
    static const char edit[] =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.add_voxel\","
            "\"params\":{\"x\":0,\"y\":0,\"z\":0}}";
    rig_add_token(reader, &token, GOX_SCOPE_READ, 0);
    const struct {
        const char *path, *token, *body, *said;
    } rows[] = {
            {"/metrics", NULL, "", "HTTP/1.1 401"},
            {"/metrics", reader, "", "HTTP/1.1 200"},
            {"/rpc", NULL, list, "HTTP/1.1 401"},
            {"/rpc", NULL, list, "WWW-Authenticate: Bearer"},
            {"/rpc", "goxel_wrong", list, "HTTP/1.1 401"},
            {"/rpc", reader, list, "\"result\""},
            {"/rpc", reader, edit, "-32006"},
            {"/healthz", NULL, "", "HTTP/1.1 200"},
    };
    const char *args[] = {"--set",
            rig_option("monitoring.metrics_listen", rig_in_dir("http.sock")),
            WITH_TOKENS, NULL};
    rig_start(args);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask_http(rows[i].path, rows[i].token, rows[i].body, text, sizeof text);
        if (strstr(text, rows[i].said) == NULL)
            fail_msg("row %zu: no %s in %.600s", i, rows[i].said, text);
    }
    for (int i = 0; i < 6; i++)
        ask_http("/rpc", "goxel_wrong", list, text, sizeof text);
    assert_non_null(strstr(text, "HTTP/1.1 429"));
    assert_non_null(strstr(text, "Retry-After: "));
}

/* ---- goxelctl ---- */

static void test_goxelctl(void **state)
{
    (void)state;
    char reader[GOX_TOKEN_SECRET_BYTES], command[512];
    struct gox_token token;
    rig_add_token(reader, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    rig_start(args);
    static const struct {
        bool has_token;
        const char *call;
        int code;
    } rows[] = {{false, "ping", 0}, {false, "call goxel.list_layers", 1},
            {true, "call goxel.list_layers", 0},
            {true, "call goxel.create_project name=x", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(command, sizeof command,
                "GOXEL_TOKEN=%s '%s/goxelctl' --socket '%s' %s >'%s' 2>&1",
                rows[i].has_token ? reader : "", getenv("GOX_BIN_DIR"),
                rig_wire()->socket, rows[i].call, rig_in_dir("said"));
        int status = system(command);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != rows[i].code)
            fail_msg("row %zu gives %d", i, status);
    }
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
            TEST(test_peers_of_socket),
            TEST(test_tcp),
            TEST(test_http),
            TEST(test_goxelctl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
