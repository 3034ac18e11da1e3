/* SPDX-License-Identifier: Apache-2.0
 * Who may do what with the real daemon: peers, tokens, scopes, on the socket,
 * over TCP and HTTP. */
#include "base/time.h"
#include "config/tokens.h"
#include "daemon/wire.h"
#include "goxel/error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- helpers ---- */

static struct wire w;

static int teardown(void **state)
{
    (void)state;
    if (w.pid > 0)
        wire_stop(&w, NULL);
    wire_cleanup(&w);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.in = w.out = -1;
    gox_test_dir(w.dir);
    return 0;
}

static void start(const char *const *args)
{
    wire_start_in(&w, args);
}

/* A token in dir/tokens. */
static void add_token(char secret[GOX_TOKEN_SECRET_BYTES],
        struct gox_token *token, unsigned scopes, int64_t expires_ms)
{
    char path[128];
    struct gox_error err = {0};
    snprintf(path, sizeof path, "%s/tokens", w.dir);
    int code = gox_token_make(
            token, secret, scopes, NULL, gox_time_wall_ms(), expires_ms, &err);
    if (code == 0)
        code = gox_tokens_add(path, token, &err);
    if (code < 0)
        fail_msg("%s", err.text);
}

static void login(int fd, const char *secret, const char *expected)
{
    char line[256];
    snprintf(line, sizeof line,
            "{'jsonrpc':'2.0','id':1,'method':'daemon.authenticate','params':"
            "{'token':'%s'}}\n",
            secret);
    wire_send(fd, line);
    wire_expect(fd, expected);
}

static void call(
        int fd, const char *method, const char *params, const char *expected)
{
    char line[512];
    snprintf(line, sizeof line,
            "{'jsonrpc':'2.0','id':7,'method':'%s','params':%s}\n", method,
            params);
    wire_send(fd, line);
    wire_expect(fd, expected);
}

/* Whether the daemon's log (its file) has the text. */
static bool log_has(const char *text)
{
    char command[256];
    snprintf(command, sizeof command, "grep -q '%s' '%s/log'", text, w.dir);
    return system(command) == 0;
}

static void expect_log(const char *text)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (!log_has(text))
        if (wire_now_ms() > limit)
            fail_msg("the log does not say %s", text);
}

static const char *option(const char *name, const char *value)
{
    static char texts[8][256];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    snprintf(text, sizeof texts[0], "%s=%s", name, value);
    return text;
}

static const char *in_dir(const char *name)
{
    static char texts[4][160];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    snprintf(text, sizeof texts[0], "%s/%s", w.dir, name);
    return text;
}

/* The options of a daemon that asks for tokens. */
#define WITH_TOKENS                                                            \
    "--set", "security.enable_authentication=true", "--set",                   \
            option("security.token_file", in_dir("tokens")), "--log-file",     \
            in_dir("log")

/* ---- tokens ---- */

static void test_tokens(void **state)
{
    (void)state;
    char reader[GOX_TOKEN_SECRET_BYTES], editor[GOX_TOKEN_SECRET_BYTES],
            admin[GOX_TOKEN_SECRET_BYTES], old[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    add_token(reader, &token, GOX_SCOPE_READ, 0);
    add_token(editor, &token, GOX_SCOPE_READ | GOX_SCOPE_EDIT, 0);
    add_token(admin, &token, GOX_SCOPE_ADMIN, 0);
    add_token(old, &token, GOX_SCOPE_ALL, gox_time_wall_ms() - 1000);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
    int fd = wire_connect(&w);
    /* Without: health, and nothing else. */
    call(fd, "daemon.health", "{}", "'status':");
    call(fd, "daemon.ready", "{}", "'ready':true");
    call(fd, "goxel.list_layers", "{}", "-32003");
    call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "daemon.authenticate");
    call(fd, "daemon.shutdown", "{}", "-32003");
    login(fd, "goxel_nothing", "not valid");
    login(fd, old, "not valid");
    call(fd, "goxel.list_layers", "{}", "-32003");
    /* Each with what it has. */
    login(fd, reader, "'scopes':['read']");
    call(fd, "goxel.list_layers", "{}", "'result'");
    call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "-32006");
    call(fd, "goxel.save_project", "{'path':'x.gox'}", "scope edit");
    call(fd, "goxel.create_project", "{'name':'x'}", "-32006");
    call(fd, "daemon.shutdown", "{}", "scope admin");
    login(fd, editor, "'scopes':['read','edit']");
    call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "'result'");
    call(fd, "goxel.save_project", "{'path':'x.gox'}", "'result'");
    call(fd, "daemon.reload", "{}", "-32006");
    /* A wrong one takes away what there was. */
    login(fd, "goxel_wrong", "not valid");
    call(fd, "goxel.list_layers", "{}", "-32003");
    login(fd, admin, "'scopes':['admin']");
    call(fd, "goxel.list_layers", "{}", "-32006");
    call(fd, "daemon.shutdown", "{}", "'success':true");
    assert_int_equal(wire_wait(&w), 0);
    w.pid = 0;
    close(fd);
    expect_log("not valid");
    /* Neither the log nor anything else has a secret. */
    char command[256];
    snprintf(command, sizeof command, "grep -rqF '%s' '%s'", editor, w.dir);
    assert_int_not_equal(system(command), 0);
}

/* Every method there is, with a token that may only look: those of this list
 * are let through (and fail for want of parameters, or not), all others are
 * not. A new method that is missing here and needs no more than `read` belongs
 * here and into the table of src/daemon/access.c. */
static void test_each_method(void **state)
{
    (void)state;
    static const char *const lookers[] = {"daemon.authenticate",
            "daemon.config", "daemon.health", "daemon.metrics", "daemon.ready",
            "echo", "list_methods", "goxel.analyze", "goxel.copy_region",
            "goxel.diff", "goxel.find_voxels_by_color",
            "goxel.get_bounding_box", "goxel.get_color_histogram",
            "goxel.get_layer_voxels", "goxel.get_render_info",
            "goxel.get_render_stats", "goxel.get_status",
            "goxel.get_unique_colors", "goxel.get_voxel",
            "goxel.get_voxel_count", "goxel.get_voxels_region", "goxel.history",
            "goxel.list_checkpoints", "goxel.list_formats", "goxel.list_layers",
            "goxel.list_projects", "goxel.list_renders", "goxel.open_project",
            "goxel.read_slices", "goxel.render_scene", "goxel.subscribe",
            "goxel.unsubscribe", "rpc.cancel", "rpc.discover", "status",
            "version", "ping"};
    char reader[GOX_TOKEN_SECRET_BYTES], line[256];
    struct gox_token token;
    add_token(reader, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
    int fd = wire_connect(&w);
    login(fd, reader, "'result'");
    wire_send(fd, "{'jsonrpc':'2.0','id':1,'method':'rpc.discover'}\n");
    char *document = wire_line(fd);
    size_t seen = 0, found = 0;
    static const char mark[] = "{\"name\":\"";
    for (char *at = strstr(document, "\"methods\":"); at != NULL;
            at = strstr(at + 1, mark)) {
        char name[64];
        int end = 0;
        /* Parameters have a name too, but no summary behind it. */
        if (sscanf(at, "{\"name\":\"%63[a-z_.]\",\"summary%n", name, &end) !=
                        1 ||
                end == 0 || strcmp(name, "daemon.authenticate") == 0)
            continue;
        bool is_looker = false;
        for (size_t i = 0; i < sizeof lookers / sizeof lookers[0]; i++)
            is_looker |= strcmp(lookers[i], name) == 0;
        snprintf(line, sizeof line,
                "{'jsonrpc':'2.0','id':1,'method':'%s','params':{'?':0}}\n",
                name);
        wire_send(fd, line);
        char *answer = wire_line(fd);
        bool is_let = strstr(answer, "-32006") == NULL;
        if (is_let != is_looker)
            fail_msg("%s: %s", name, answer);
        free(answer);
        seen++;
        found += is_looker;
    }
    free(document);
    close(fd);
    assert_true(seen > 50);
    assert_true(found > 20);
}

/* A batch is no way around. */
static void test_batch(void **state)
{
    (void)state;
    char reader[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    add_token(reader, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
    int fd = wire_connect(&w);
    login(fd, reader, "'result'");
    wire_send(fd, "[{'jsonrpc':'2.0','id':1,'method':'goxel.list_layers'},"
                  "{'jsonrpc':'2.0','id':2,'method':'goxel.add_voxel',"
                  "'params':{'x':0,'y':0,'z':0}}]\n");
    char *line = wire_line(fd);
    assert_non_null(strstr(line, "\"result\""));
    assert_non_null(strstr(line, "-32006"));
    free(line);
    call(fd, "goxel.batch_operations", "{'operations':[]}", "-32006");
    call(fd, "goxel.execute_script", "{'code':'1'}", "-32006");
    close(fd);
}

/* Revoking and making take effect while the daemon runs. */
static void test_revoked(void **state)
{
    (void)state;
    char one[GOX_TOKEN_SECRET_BYTES], two[GOX_TOKEN_SECRET_BYTES];
    struct gox_token first, second;
    struct gox_error err;
    add_token(one, &first, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
    int fd = wire_connect(&w);
    login(fd, one, "'result'");
    call(fd, "goxel.list_layers", "{}", "'result'");
    assert_int_equal(gox_tokens_remove(in_dir("tokens"), first.id, &err), 0);
    add_token(two, &second, GOX_SCOPE_READ, 0);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    bool is_refused = false;
    while (!is_refused && wire_now_ms() < limit) {
        wire_send(
                fd, "{'jsonrpc':'2.0','id':7,'method':'goxel.list_layers'}\n");
        char *line = wire_line(fd);
        is_refused = strstr(line, "-32003") != NULL;
        free(line);
    }
    assert_true(is_refused);
    login(fd, one, "not valid");
    login(fd, two, "'result'");
    /* A file that is wrong changes nothing. */
    assert_int_equal(chmod(in_dir("tokens"), 0644), 0);
    expect_log("2 tokens\\|1 tokens");
    int64_t until = gox_time_now_ns() + 2 * GOX_NS_PER_S;
    while (gox_time_now_ns() < until)
        call(fd, "goxel.list_layers", "{}", "'result'");
    expect_log("has mode 0644");
    close(fd);
}

/* Nor does a subscription go on. */
static void test_revoked_subscriber(void **state)
{
    (void)state;
    char one[GOX_TOKEN_SECRET_BYTES], two[GOX_TOKEN_SECRET_BYTES];
    struct gox_token first, second;
    struct gox_error err;
    add_token(one, &first, GOX_SCOPE_READ, 0);
    add_token(two, &second, GOX_SCOPE_READ | GOX_SCOPE_EDIT, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
    int fd = wire_connect(&w), editor = wire_connect(&w);
    login(fd, one, "'result'");
    login(editor, two, "'result'");
    call(fd, "goxel.subscribe", "{}", "'result'");
    call(editor, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "'result'");
    wire_expect(fd, "goxel.changed");
    assert_int_equal(gox_tokens_remove(in_dir("tokens"), first.id, &err), 0);
    /* Until the daemon has seen the new file. */
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (!log_has("1 tokens were read") && wire_now_ms() < limit)
        call(editor, "goxel.list_layers", "{}", "'result'");
    call(editor, "goxel.add_voxel", "{'x':2,'y':2,'z':2}", "'result'");
    wire_expect_silence(fd, 300);
    close(fd);
    close(editor);
}

static void test_failures_are_limited(void **state)
{
    (void)state;
    char secret[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    add_token(secret, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
    int fd = wire_connect(&w);
    for (int i = 0; i < 5; i++)
        login(fd, "goxel_guess", "-32003");
    login(fd, "goxel_guess", "'retry_after_ms':");
    /* The right one too, until the time is over. */
    login(fd, secret, "-32002");
    close(fd);
}

/* Rows: a token file that is not as it must be; the start is refused. */
static void test_start_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        mode_t mode;
        const char *said;
    } rows[] = {
            {NULL, 0, "goxel-daemon: security.enable_authentication is on"},
            {"", 0644, "chmod 600"},
            {"a b\n", 0600, "line 1"},
    };
    char text[4096], socket[128];
    snprintf(socket, sizeof socket, "%s/s.sock", w.dir);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].text != NULL) {
            FILE *f = fopen(in_dir("tokens"), "w");
            fputs(rows[i].text, f);
            fclose(f);
            chmod(in_dir("tokens"), rows[i].mode);
        }
        const char *args[] = {"--socket", socket, "--data-dir", w.dir, "--set",
                "security.enable_authentication=true", NULL};
        assert_int_equal(wire_run(args, text, sizeof text), 78);
        if (strstr(text, rows[i].said) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", text, rows[i].said);
    }
}

/* The hashes are no file of the clients'. */
static void test_file_is_private(void **state)
{
    (void)state;
    const char *args[] = {
            "--set", option("security.token_file", in_dir("tokens")), NULL};
    char secret[GOX_TOKEN_SECRET_BYTES];
    struct gox_token token;
    add_token(secret, &token, GOX_SCOPE_READ, 0);
    start(args);
    int fd = wire_connect(&w);
    char params[256];
    static const char *const names[] = {"tokens", "tokens.lock", "tokens.new"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(params, sizeof params, "{'path':'%s','format':'txt'}",
                in_dir(names[i]));
        call(fd, "goxel.export_model", params, "a file of the daemon");
    }
    snprintf(params, sizeof params, "{'path':'%s','format':'txt'}",
            in_dir("tokens"));
    call(fd, "goxel.import", params, "a file of the daemon");
    assert_int_equal(symlink("tokens", in_dir("link")), 0);
    snprintf(params, sizeof params, "{'path':'%s','format':'txt'}",
            in_dir("link"));
    call(fd, "goxel.import", params, "a file of the daemon");
    close(fd);
}

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
        strcpy(address.sun_path, w.socket);
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
    chmod(w.dir, 0755);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *args[] = {"--set",
                option("security.allowed_uids", rows[i].uids), "--set",
                option("security.allowed_gids", rows[i].gids),
                "--socket-permissions", "666", "--log-file", in_dir("log"),
                NULL};
        start(args);
        connect_as(rows[i].uid, rows[i].gid, text, sizeof text);
        if (strstr(text, rows[i].said) == NULL)
            fail_msg("row %zu: %s", i, text);
        /* Root, who runs it, is never kept out. */
        int fd = wire_connect(&w);
        call(fd, "goxel.list_layers", "{}", "'result'");
        close(fd);
        wire_stop(&w, NULL);
        w.pid = 0;
    }
    expect_log("neither security.allowed_uids");
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
    add_token(secret, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {"--port", port, WITH_TOKENS, NULL};
    start(args);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (connect(fd, (struct sockaddr *)&address, len) != 0)
        assert_true(wire_now_ms() < limit);
    call(fd, "goxel.list_layers", "{}", "-32003");
    login(fd, secret, "'scopes':['read']");
    call(fd, "goxel.list_layers", "{}", "'result'");
    close(fd);
    wire_stop(&w, NULL);
    w.pid = 0;
    /* Other machines only with tokens. */
    const char *open_args[] = {"--socket", in_dir("s.sock"), "--data-dir",
            w.dir, "--port", port, "--bind-address", "0.0.0.0", NULL};
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
    strcpy(address.sun_path, in_dir("http.sock"));
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
    add_token(reader, &token, GOX_SCOPE_READ, 0);
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
            option("monitoring.metrics_listen", in_dir("http.sock")),
            WITH_TOKENS, NULL};
    start(args);
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
    add_token(reader, &token, GOX_SCOPE_READ, 0);
    const char *args[] = {WITH_TOKENS, NULL};
    start(args);
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
                w.socket, rows[i].call, in_dir("said"));
        int status = system(command);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != rows[i].code)
            fail_msg("row %zu gives %d", i, status);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_tokens),
            TEST(test_each_method),
            TEST(test_batch),
            TEST(test_revoked),
            TEST(test_revoked_subscriber),
            TEST(test_failures_are_limited),
            TEST(test_start_refused),
            TEST(test_file_is_private),
            TEST(test_peers_of_socket),
            TEST(test_tcp),
            TEST(test_http),
            TEST(test_goxelctl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
