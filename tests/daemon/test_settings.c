/* SPDX-License-Identifier: Apache-2.0
 * Each setting acts: it is set in a file, and its effect is seen from outside
 * of the real daemon. A setting without a row here names the test that sees it.
 *
 * To add one: a row in `effects`, with the members of the file ('@' is the
 * test's directory, ' is ") and a function that looks. */
#include "config/settings.h"
#include "daemon/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#define PING(id) "{'jsonrpc':'2.0','method':'ping','id':" id "}\n"

static int tcp_port; /* free when the test began */

/* ---- starting ---- */

/* '@' becomes dir, '#' the port, ' becomes ". */
static void put_text(FILE *file, const char *dir, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '@')
            fputs(dir, file);
        else if (*c == '#')
            fprintf(file, "%d", tcp_port);
        else
            fputc(*c == '\'' ? '"' : *c, file);
    }
}

/* The members of a row on top of places in the test's directory. */
static void begin(struct wire *w, const char *members)
{
    char path[128], program[500];
    gox_test_dir(w->dir);
    assert_int_equal(chmod(w->dir, 0755), 0);
    snprintf(w->socket, sizeof w->socket, "%s/s.sock", w->dir);
    snprintf(path, sizeof path, "%s/c.json", w->dir);
    snprintf(program, sizeof program, "%s/goxel-daemon", getenv("GOX_BIN_DIR"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    put_text(file, w->dir,
            "{'defaults': {'linux': {'daemon': {'socket_path': '@/s.sock', "
            "'log_file': '@/log'}, 'paths': {'data_dir': '@/data'}}}, ");
    put_text(file, w->dir, members);
    fputs("}\n", file);
    fclose(file);
    w->in = w->out = -1;
    w->pid = fork();
    if (w->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program, program, "--config", path, (char *)NULL);
        _exit(127);
    }
}

/* A connection that was answered. */
static int reach(const struct wire *w)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    struct timespec t = {.tv_nsec = 2000000};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", w->socket);
    while (connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
        if (waitpid(w->pid, NULL, WNOHANG) != 0)
            fail_msg("the daemon ended at its start");
        assert_true(wire_now_ms() < limit);
        nanosleep(&t, NULL);
    }
    wire_send(fd, PING("0"));
    wire_expect(fd, "'id':0}");
    return fd;
}

static void ask(int fd, const char *request, const char *answer)
{
    wire_send(fd, request);
    wire_expect(fd, answer);
}

static void in_dir(const struct wire *w, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", w->dir, name);
}

/* ---- what is looked at ---- */

static void see_ping(struct wire *w, int fd)
{
    (void)w;
    ask(fd, PING("1"), "'id':1}");
}

static void see_pid_file(struct wire *w, int fd)
{
    char path[128];
    int pid = 0;
    (void)fd;
    in_dir(w, "pid", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    assert_int_equal(pid, w->pid);
}

static void see_log_file(struct wire *w, int fd)
{
    char path[128];
    struct stat st;
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    (void)fd;
    in_dir(w, "other.log", path);
    while (stat(path, &st) != 0 || st.st_size == 0)
        assert_true(wire_now_ms() < limit);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void see_working_dir(struct wire *w, int fd)
{
    char link[64], at[200];
    (void)fd;
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)w->pid);
    ssize_t len = readlink(link, at, sizeof at - 1);
    assert_true(len > 0);
    at[len] = '\0';
    assert_string_equal(at, w->dir);
}

static void see_line(struct wire *w, const char *line)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/%d/status", (int)w->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    text[got] = '\0';
    fclose(file);
    assert_non_null(strstr(text, line));
}

static void see_user(struct wire *w, int fd)
{
    (void)fd;
    see_line(w, "Uid:\t65534\t65534\t65534\t65534\n");
}

static void see_group(struct wire *w, int fd)
{
    (void)fd;
    see_line(w, "Gid:\t65534\t65534\t65534\t65534\n");
}

static void see_tcp(struct wire *w, int fd)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
            .sin_port = htons((uint16_t)tcp_port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    (void)w;
    (void)fd;
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(tcp, (struct sockaddr *)&addr, sizeof addr), 0);
    ask(tcp, PING("7"), "'id':7}");
    close(tcp);
}

static void see_mode(struct wire *w, int fd)
{
    struct stat st;
    (void)fd;
    assert_int_equal(stat(w->socket, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0602);
}

static void see_socket_group(struct wire *w, int fd)
{
    struct stat st;
    (void)fd;
    assert_int_equal(stat(w->socket, &st), 0);
    assert_int_equal(st.st_gid, 65534);
    assert_int_equal(st.st_mode & 07777, 0660);
}

static void draw(int fd)
{
    ask(fd,
            "{'jsonrpc':'2.0','method':'goxel.procedural_shape','params':"
            "{'shape_type':'sphere','size_x':60,'size_y':60,'size_z':60},"
            "'id':1}\n",
            "'success':true");
}

static void export_to(
        struct wire *w, int fd, const char *name, const char *answer)
{
    char request[300];
    snprintf(request, sizeof request,
            "{'jsonrpc':'2.0','method':'goxel.export_model','id':2,'params':"
            "{'path':'%s/%s/x.txt','format':'txt'}}\n",
            w->dir, name);
    ask(fd, request, answer);
}

static void see_allowed_paths(struct wire *w, int fd)
{
    draw(fd);
    export_to(w, fd, "fine", "'result'");
    export_to(w, fd, "other", "'error'");
}

static void see_request_size(struct wire *w, int fd)
{
    char *block = malloc(2 << 20);
    (void)w;
    memset(block, ' ', 2 << 20);
    wire_send_bytes(fd, block, 2 << 20);
    wire_send(fd, PING("1"));
    wire_expect(fd, "security.max_request_size_mb");
    free(block);
}

/* A thread's stack is one mapping, less its guard page. */
static void see_stack(struct wire *w, int fd)
{
    char path[64], line[400];
    unsigned long from, to;
    bool is_found = false;
    draw(fd);
    ask(fd,
            "{'jsonrpc':'2.0','method':'goxel.render_scene','id':2,"
            "'params':{'width':64,'height':64,'options':{"
            "'return_mode':'base64'}}}\n",
            "'id':2");
    snprintf(path, sizeof path, "/proc/%d/maps", (int)w->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%lx-%lx rw-p", &from, &to) == 2)
            is_found = is_found || ((to - from) / 1024 >= 3333 - 8 &&
                                           (to - from) / 1024 <= 3333 + 8);
    fclose(file);
    assert_true(is_found);
}

/* After a long message the connection keeps its buffer, or it does not. */
static void see_message_buffer(struct wire *w, int fd)
{
    size_t len = 24 << 20;
    char *text = malloc(len);
    draw(fd);
    long before = wire_rss_kib(w);
    memset(text, ' ', len);
    memcpy(text + len - 60,
            "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":9}\n", 40);
    memset(text + len - 20, '\n', 20);
    wire_send_bytes(fd, text, len);
    wire_expect(fd, "'id':9}");
    assert_true(wire_rss_kib(w) > before + 16 * 1024);
    free(text);
}

/* A picture that takes a few seconds; a worker looks at its deadline seldom. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW_SIZE "1000"
#else
#define SLOW_SIZE "4000"
#endif

static void see_request_seconds(struct wire *w, int fd)
{
    (void)w;
    draw(fd);
    ask(fd,
            "{'jsonrpc':'2.0','method':'goxel.render_scene','id':2,"
            "'params':{'width':" SLOW_SIZE ",'height':" SLOW_SIZE ",'options':{"
            "'return_mode':'base64','samples':4}}}\n",
            "'reason':'TIMEOUT'");
}

static void see_data_dir(struct wire *w, int fd)
{
    char path[128];
    struct stat st;
    (void)fd;
    in_dir(w, "elsewhere/data", path);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
}

static void see_render_ttl(struct wire *w, int fd)
{
    (void)w;
    ask(fd, "{'jsonrpc':'2.0','method':'goxel.get_render_stats','id':3}\n",
            "'ttl_seconds':77,");
}

static void see_render_size(struct wire *w, int fd)
{
    (void)w;
    ask(fd, "{'jsonrpc':'2.0','method':'goxel.get_render_stats','id':3}\n",
            "'max_bytes':1234567,");
}

/* Larger mappings are a sanitizer's. */
#define MAX_REGION (256ul << 20)

/* Children get an empty environment and /proc/PID/environ has only that of the
 * start, so the variable is looked for in the process's memory. */
static void see_environment(struct wire *w, int fd)
{
    char path[64], line[400];
    unsigned long from, to;
    bool is_found = false;
    (void)fd;
    snprintf(path, sizeof path, "/proc/%d/mem", (int)w->pid);
    int mem = open(path, O_RDONLY | O_CLOEXEC);
    if (mem < 0) {
        print_message("the daemon's memory cannot be read: not tested\n");
        return;
    }
    snprintf(path, sizeof path, "/proc/%d/maps", (int)w->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (!is_found && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%lx-%lx rw-p", &from, &to) != 2 ||
                to - from > MAX_REGION)
            continue;
        char *bytes = malloc(to - from);
        ssize_t got = pread(mem, bytes, to - from, (off_t)from);
        is_found = got > 0 && memmem(bytes, (size_t)got, "GOX_SEEN=yes", 12);
        free(bytes);
    }
    fclose(file);
    close(mem);
    assert_true(is_found);
}

static void see_workers(struct wire *w, int fd)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    int other = wire_connect(w);
    draw(fd);
    for (int i = 0; i < 2; i++)
        wire_send(i == 0 ? fd : other,
                "{'jsonrpc':'2.0','method':'goxel.render_scene','id':2,"
                "'params':{'width':8000,'height':8000,"
                "'options':{'return_mode':'base64','samples':4}}}\n");
    int probe = wire_connect(w);
    for (bool is_seen = false; !is_seen;) {
        wire_send(
                probe, "{'jsonrpc':'2.0','method':'daemon.metrics','id':3}\n");
        char *line = wire_line(probe);
        assert_non_null(line);
        assert_null(strstr(line, "\"workers_busy\":2"));
        is_seen = strstr(line, "\"queue_depth\":1,") != NULL &&
                  strstr(line, "\"workers_busy\":1,") != NULL;
        free(line);
        assert_true(wire_now_ms() < limit);
    }
    close(probe);
    close(other);
}

/* ---- the table ---- */

struct effect {
    const char *name;
    const char *members;
    void (*see)(struct wire *w, int fd);
    const char *socket; /* below the directory; NULL: s.sock */
    bool needs_root;
};

// clang-format off
static const struct effect effects[] = {
    {"daemon.socket_path", "'daemon': {'socket_path': '@/o.sock'}", see_ping,
     "o.sock", false},
    {"daemon.pid_file", "'daemon': {'pid_file': '@/pid'}", see_pid_file, NULL,
     false},
    {"daemon.log_file", "'daemon': {'log_file': '@/other.log'}", see_log_file,
     NULL, false},
    {"daemon.working_dir", "'daemon': {'working_dir': '@'}", see_working_dir,
     NULL, false},
    {"daemon.user", "'daemon': {'user': '65534', 'group': '65534', "
     "'log_file': '@/l/log'}", see_user, NULL, true},
    {"daemon.group", "'daemon': {'group': '65534', 'log_file': '@/l/log'}",
     see_group, NULL, true},
    {"server.workers", "'server': {'workers': 1, 'drain_seconds': 0}",
     see_workers, NULL, false},
    {"server.bind_address",
     "'server': {'port': #, 'bind_address': '127.0.0.2'}", see_tcp, NULL,
     false},
    {"server.port", "'server': {'port': #, 'bind_address': '127.0.0.2'}",
     see_tcp, NULL, false},
    {"security.socket_permissions",
     "'security': {'socket_permissions': '0602'}", see_mode, NULL, false},
    {"security.socket_group", "'security': {'socket_group': '65534'}",
     see_socket_group, NULL, true},
    {"security.allowed_paths", "'security': {'allowed_paths': ['@/fine']}",
     see_allowed_paths, NULL, false},
    {"security.max_request_size_mb", "'security': {'max_request_size_mb': 1}",
     see_request_size, NULL, false},
    {"performance.worker_thread_stack_size_kb",
     "'performance': {'worker_thread_stack_size_kb': 3333}", see_stack, NULL,
     false},
    {"performance.message_buffer_size_kb",
     "'performance': {'message_buffer_size_kb': 65536}", see_message_buffer,
     NULL, false},
    {"performance.max_request_seconds",
     "'performance': {'max_request_seconds': 1}, 'server': {'workers': 1}",
     see_request_seconds, NULL, false},
    {"paths.data_dir", "'paths': {'data_dir': '@/elsewhere/data'}",
     see_data_dir, NULL, false},
    {"render.ttl", "'render': {'ttl': 77}", see_render_ttl, NULL, false},
    {"render.max_size", "'render': {'max_size': 1234567}", see_render_size,
     NULL, false},
    {"render.dir", "'render': {'dir': '@/elsewhere/data'}", see_data_dir, NULL,
     false},
    {"environment", "'environment': {'GOX_SEEN': 'yes'}", see_environment,
     NULL, false},
};
// clang-format on

static void test_effects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        struct wire w;
        char path[128];
        if (effects[i].needs_root && geteuid() != 0) {
            print_message("not root: %s is not tested\n", effects[i].name);
            continue;
        }
        print_message("%s\n", effects[i].name);
        begin(&w, effects[i].members);
        in_dir(&w, "fine", path);
        mkdir(path, 0755);
        in_dir(&w, "other", path);
        mkdir(path, 0755);
        if (effects[i].socket != NULL)
            snprintf(w.socket, sizeof w.socket, "%.60s/%s", w.dir,
                    effects[i].socket);
        int fd = reach(&w);
        effects[i].see(&w, fd);
        close(fd);
        wire_cleanup(&w);
    }
}

/* ---- those that other tests see ---- */

/* A setting, or all that begin with a name that ends with a dot; and the test
 * that looks at them. */
static const struct {
    const char *name, *file;
} elsewhere[] = {
        {"daemon.daemonize", "daemon/test_lifecycle.c"},
        {"daemon.takeover_seconds", "daemon/test_takeover.c"},
        {"server.queue_size", "daemon/test_limits.c"},
        {"server.max_connections", "daemon/test_lifecycle.c"},
        {"server.enable_priority_queue", "loop/test_pool.c"},
        {"server.timeout_seconds", "daemon/test_limits.c"},
        {"server.drain_seconds", "daemon/test_lifecycle.c"},
        {"logging.", "daemon/test_logging.c"},
        {"security.enable_authentication", "daemon/test_access.c"},
        {"security.token_file", "daemon/test_access.c"},
        {"security.allowed_uids", "daemon/test_access.c"},
        {"security.allowed_gids", "daemon/test_access.c"},
        {"security.rate_limiting.", "daemon/test_access.c"},
        {"security.sandbox", "daemon/test_confine.c"},
        {"performance.max_memory_mb", "daemon/test_access.c"},
        {"performance.durability", "daemon/test_durability_kill.c"},
        {"performance.durability_interval_ms", "daemon/test_durability_kill.c"},
        {"performance.max_undo_mb", "daemon/test_settings.c"},
        {"monitoring.enable_health_check", "daemon/test_metrics.c"},
        {"monitoring.health_check_interval_seconds", "daemon/test_metrics.c"},
        {"monitoring.enable_metrics", "daemon/test_metrics.c"},
        {"monitoring.metrics_endpoint", "daemon/test_http.c"},
        {"monitoring.metrics_listen", "daemon/test_http.c"},
        {"render.cleanup_interval", "daemon/test_api_render.c"},
        /* Of other programs, by their own tests. */
        {"auto_start.", "manager"},
        {"mcp_integration.", "mcp/settings.bats"},
};

static bool is_seen(const char *name)
{
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (strcmp(effects[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        const char *row = elsewhere[i].name;
        size_t len = strlen(row);
        char path[600];
        snprintf(path, sizeof path, "%s/tests/%s", getenv("GOX_SOURCE_DIR"),
                elsewhere[i].file);
        if (strncmp(row, name, len) == 0 &&
                (name[len] == '\0' || row[len - 1] == '.'))
            return access(path, F_OK) == 0;
    }
    return false;
}

/* A new setting needs a test of its effect. */
static void test_each_is_seen(void **state)
{
    /* Their effect takes days, gigabytes, or thousands of files. */
    static const char *const slow[] = {"performance.history_max_mb",
            "performance.max_pending_mb", "performance.trash_days",
            "performance.max_open_projects"};
    (void)state;
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *name = gox_setting_rows[i].name;
        bool is_slow = false;
        for (size_t k = 0; k < sizeof slow / sizeof slow[0]; k++)
            is_slow = is_slow || strcmp(slow[k], name) == 0;
        if (!is_slow && !is_seen(name))
            fail_msg("no test sees the effect of %s", name);
    }
}

/* Without a store there is only what memory holds: performance.max_undo_mb. */
static bool can_undo(const char *max_undo_mb)
{
    static const char requests[] =
            "{\"jsonrpc\":\"2.0\",\"method\":\"goxel.add_voxels\",\"params\":"
            "{\"voxels\":[{\"position\":[1,2,3],\"color\":[1,2,3,255]}]},"
            "\"id\":1}\\n{\"jsonrpc\":\"2.0\",\"method\":\"goxel.undo\","
            "\"id\":2}\\n";
    char command[1200], text[8192];
    snprintf(command, sizeof command,
            "printf '%s' | '%s/goxel-daemon' --stdio --max-undo-mb %s "
            "2>/dev/null",
            requests, getenv("GOX_BIN_DIR"), max_undo_mb);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    size_t got = fread(text, 1, sizeof text - 1, out);
    text[got] = '\0';
    pclose(out);
    char *answer = strchr(text, '\n');
    assert_non_null(answer);
    return strstr(answer, "\"success\":true") != NULL;
}

static void test_max_undo(void **state)
{
    (void)state;
    assert_true(can_undo("256"));
    assert_false(can_undo("0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_effects),
            cmocka_unit_test(test_max_undo),
            cmocka_unit_test(test_each_is_seen),
    };
    struct sockaddr_in addr = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&addr, len) != 0 ||
            getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        return 1;
    tcp_port = ntohs(addr.sin_port);
    close(fd);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
