/* SPDX-License-Identifier: Apache-2.0
 * The process around the server: what a service manager is told and in which
 * order, signals, reloads, the PID file, the background, another user. */
#include "daemon/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define PING(id) "{'jsonrpc':'2.0','method':'ping','id':" id "}\n"

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (const char *c = text; *c != '\0'; c++)
        fputc(*c == '\'' ? '"' : *c, file);
    fclose(file);
}

/* Starts with dir/c.json of this text, which may be written anew. */
static void start_with(struct wire *w, const char *text)
{
    static char path[100];
    const char *const args[] = {"--config", path, NULL};
    gox_test_dir(w->dir);
    snprintf(path, sizeof path, "%s/c.json", w->dir);
    put_file(w->dir, "c.json", text);
    wire_start_in(w, args);
}

static void ask(const struct wire *w, const char *request, const char *answer)
{
    int fd = wire_connect(w);
    wire_send(fd, request);
    wire_expect(fd, answer);
    close(fd);
}

/* ---- the service manager ---- */

static int open_notify(const char *dir)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s/notify", dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
    return fd;
}

/* The next message that begins a state; others are passed over. */
static void next_state(int fd, char text[4096])
{
    static const char *const states[] = {
            "READY=1", "RELOADING=1", "STOPPING=1"};
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, WIRE_LIMIT_MS) <= 0)
            fail_msg("the service manager is told nothing");
        ssize_t got = recv(fd, text, 4095, 0);
        assert_true(got > 0);
        text[got] = '\0';
        for (size_t i = 0; i < 3; i++)
            if (strstr(text, states[i]) != NULL)
                return;
    }
}

static void expect_state(int fd, const char *state, const char *also)
{
    char text[4096];
    next_state(fd, text);
    if (strstr(text, state) == NULL || strstr(text, also) == NULL)
        fail_msg("\"%s\" is not %s with %s", text, state, also);
}

static void test_states_in_order(void **state)
{
    struct wire w;
    char dir[64];
    (void)state;
    gox_test_dir(dir);
    int fd = open_notify(dir);
    start_with(&w, "{'server': {'max_connections': 9}}");
    expect_state(fd, "READY=1", "STATUS=serving at ");
    put_file(w.dir, "c.json", "{'server': {'max_connections': 8}}");
    kill(w.pid, SIGHUP);
    expect_state(fd, "RELOADING=1", "MONOTONIC_USEC=");
    expect_state(fd, "READY=1", "STATUS=serving with the new settings");
    put_file(w.dir, "c.json", "{'server': {'queue_size': 7, 'workers': 7}}");
    kill(w.pid, SIGHUP);
    expect_state(fd, "RELOADING=1", "MONOTONIC_USEC=");
    expect_state(fd, "READY=1", "1 of them acts after a restart, see the log");
    put_file(w.dir, "c.json", "{'server': {'max_connections': 0}}");
    kill(w.pid, SIGHUP);
    expect_state(fd, "RELOADING=1", "MONOTONIC_USEC=");
    expect_state(fd, "READY=1", "old settings");
    assert_int_equal(wire_stop(&w, NULL), 0);
    expect_state(fd, "STOPPING=1", "STATUS=stopping");
    unsetenv("NOTIFY_SOCKET");
    close(fd);
    wire_cleanup(&w);
    gox_test_dir_remove(dir);
}

static void test_watchdog(void **state)
{
    struct wire w;
    char dir[64], text[4096];
    int pings = 0;
    (void)state;
    gox_test_dir(dir);
    int fd = open_notify(dir);
    setenv("WATCHDOG_USEC", "100000", 1);
    start_with(&w, "{}");
    while (pings < 3) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        assert_true(poll(&p, 1, WIRE_LIMIT_MS) > 0);
        ssize_t got = recv(fd, text, sizeof text - 1, 0);
        text[got > 0 ? got : 0] = '\0';
        pings += strstr(text, "WATCHDOG=1") != NULL;
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(fd);
    wire_cleanup(&w);
    gox_test_dir_remove(dir);
}

/* A socket that somebody else made is served, and stays. */
static void test_passed_socket(void **state)
{
    struct wire w;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char own[100], path[500];
    const char *bin = getenv("GOX_BIN_DIR");
    (void)state;
    gox_test_dir(w.dir);
    snprintf(w.socket, sizeof w.socket, "%s/passed", w.dir);
    snprintf(own, sizeof own, "%s/own", w.dir);
    snprintf(path, sizeof path, "%s/goxel-daemon", bin);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", w.socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 8), 0);
    w.in = w.out = -1;
    w.pid = fork();
    if (w.pid == 0) {
        char pid[24];
        snprintf(pid, sizeof pid, "%d", (int)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_FDNAMES", "rpc", 1);
        /* Without close-on-exec, also when it is 3 already. */
        if (dup2(fd, 3) != 3 || fcntl(3, F_SETFD, 0) != 0)
            _exit(126);
        execl(path, path, "--socket", own, "--data-dir", w.dir, "--log-file",
                "", (char *)NULL);
        _exit(127);
    }
    close(fd);
    /* It connects at once: the socket listens already. */
    ask(&w, PING("1"), "'id':1}");
    assert_int_not_equal(access(own, F_OK), 0);
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_equal(access(w.socket, F_OK), 0);
    wire_cleanup(&w);
}

/* ---- reload ---- */

static void test_reload(void **state)
{
    struct wire w;
    (void)state;
    start_with(&w, "{'server': {'max_connections': 50, 'workers': 2}}");
    put_file(w.dir, "c.json",
            "{'server': {'max_connections': 2, 'workers': 3}}");
    ask(&w,
            "{'jsonrpc':'2.0','method':'daemon.reload','id':1,'params':"
            "{'dry_run':true}}\n",
            "'reloaded':false");
    ask(&w,
            "{'jsonrpc':'2.0','method':'daemon.config','id':1,'params':"
            "{'key':'server.max_connections'}}\n",
            "'value':50");
    ask(&w, "{'jsonrpc':'2.0','method':'daemon.reload','id':1}\n",
            "'changed':['server.max_connections'],'needs_restart':"
            "['server.workers']");
    ask(&w,
            "{'jsonrpc':'2.0','method':'daemon.config','id':1,'params':"
            "{'key':'server.workers'}}\n",
            "'value':2");
    int fds[3];
    for (int i = 0; i < 2; i++) {
        fds[i] = wire_connect(&w);
        wire_send(fds[i], PING("1"));
        wire_expect(fds[i], "'id':1}");
    }
    fds[2] = wire_connect(&w);
    wire_expect(fds[2], "server.max_connections");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    wire_cleanup(&w);
}

static void test_bad_reload_changes_nothing(void **state)
{
    struct wire w;
    (void)state;
    start_with(&w, "{'server': {'max_connections': 50}}");
    put_file(w.dir, "c.json",
            "{'server': {'max_connections': 2,\n 'queue_size': 0}}");
    ask(&w, "{'jsonrpc':'2.0','method':'daemon.reload','id':1}\n",
            "c.json:2:16: error: /server/queue_size");
    ask(&w,
            "{'jsonrpc':'2.0','method':'daemon.config','id':1,'params':"
            "{'key':'server.max_connections'}}\n",
            "'value':50");
    kill(w.pid, SIGHUP);
    free(wire_wait_log(&w, "have 1 mistake"));
    ask(&w, PING("1"), "'id':1}");
    wire_cleanup(&w);
}

/* ---- signals ---- */

static void test_log_is_opened_anew(void **state)
{
    struct wire w;
    char from[100], to[110];
    (void)state;
    start_with(&w, "{}");
    free(wire_wait_log(&w, "listens at"));
    snprintf(from, sizeof from, "%s/log", w.dir);
    snprintf(to, sizeof to, "%s.old", from);
    assert_int_equal(rename(from, to), 0);
    kill(w.pid, SIGUSR1);
    free(wire_wait_log(&w, "log opened anew"));
    kill(w.pid, SIGUSR2);
    free(wire_wait_log(&w, "asked for by SIGUSR2"));
    free(wire_wait_log(&w, "rss_bytes"));
    wire_cleanup(&w);
}

static int begin_long_work(const struct wire *w)
{
    int fd = wire_connect(w);
    wire_send(fd, "{'jsonrpc':'2.0','method':'goxel.procedural_shape','params':"
                  "{'shape_type':'sphere','size_x':100,'size_y':100,'size_z':"
                  "100},'id':1}\n");
    wire_expect(fd, "'success':true");
    wire_send(fd, "{'jsonrpc':'2.0','method':'goxel.render_scene','id':2,"
                  "'params':{'width':8000,'height':8000,'options':{"
                  "'return_mode':'base64','samples':4}}}\n");
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    for (bool is_busy = false; !is_busy;) {
        int probe = wire_connect(w);
        wire_send(
                probe, "{'jsonrpc':'2.0','method':'daemon.metrics','id':3}\n");
        char *line = wire_line(probe);
        is_busy = line != NULL && strstr(line, "\"workers_busy\":1") != NULL;
        free(line);
        close(probe);
        assert_true(wire_now_ms() < limit);
    }
    return fd;
}

static void test_drain_ends(void **state)
{
    static const char *const args[] = {"--set", "server.drain_seconds=1", NULL};
    struct wire w;
    double ms;
    (void)state;
    wire_start(&w, args);
    int fd = begin_long_work(&w);
    assert_int_equal(wire_stop(&w, &ms), 0);
    assert_true(ms > 900);
    free(wire_wait_log(&w, "did not end in 1 s"));
    close(fd);
    wire_cleanup(&w);
}

static void test_second_signal_cuts_off(void **state)
{
    static const char *const args[] = {
            "--set", "server.drain_seconds=3600", NULL};
    struct wire w;
    (void)state;
    wire_start(&w, args);
    int fd = begin_long_work(&w);
    kill(w.pid, SIGTERM);
    free(wire_wait_log(&w, "asked to stop by a signal"));
    kill(w.pid, SIGTERM);
    /* wire_wait fails long before the 3600 s. */
    assert_int_equal(wire_wait(&w), 0);
    close(fd);
    wire_cleanup(&w);
}

/* ---- the PID file ---- */

static void test_pid_file(void **state)
{
    struct wire w;
    char text[4000], path[100], pid[24], other[100];
    struct stat st;
    (void)state;
    gox_test_dir(w.dir);
    snprintf(path, sizeof path, "%s/run/pid", w.dir);
    snprintf(other, sizeof other, "%s/other", w.dir);
    const char *const args[] = {"--pid-file", path, NULL};
    wire_start_in(&w, args);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    snprintf(pid, sizeof pid, "%d\n", (int)w.pid);
    assert_string_equal(text, pid);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    /* A second instance: by its PID file, and by the socket. */
    pid[strlen(pid) - 1] = '\0';
    const char *const second[] = {
            "--socket", other, "--data-dir", other, "--pid-file", path, NULL};
    assert_int_equal(wire_run(second, text, sizeof text), 75);
    assert_non_null(strstr(text, pid));
    const char *const third[] = {
            "--socket", w.socket, "--data-dir", other, NULL};
    assert_int_equal(wire_run(third, text, sizeof text), 75);
    assert_non_null(strstr(text, pid));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    wire_cleanup(&w);
}

static void test_foreign_pid_file_stays(void **state)
{
    struct wire w;
    char path[100];
    (void)state;
    gox_test_dir(w.dir);
    snprintf(path, sizeof path, "%s/pid", w.dir);
    const char *const args[] = {"--pid-file", path, NULL};
    wire_start_in(&w, args);
    assert_int_equal(unlink(path), 0);
    put_file(w.dir, "pid", "1\n");
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_equal(access(path, F_OK), 0);
    wire_cleanup(&w);
}

/* ---- the background ---- */

static pid_t read_pid(const char *path)
{
    int pid = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

static void test_background(void **state)
{
    struct wire w = {.pid = 0};
    char text[4000], path[100], log[100];
    (void)state;
    gox_test_dir(w.dir);
    snprintf(w.socket, sizeof w.socket, "%s/s", w.dir);
    snprintf(path, sizeof path, "%s/pid", w.dir);
    snprintf(log, sizeof log, "%s/log", w.dir);
    const char *const args[] = {"--daemonize", "--socket", w.socket,
            "--data-dir", w.dir, "--pid-file", path, "--log-file", log, NULL};
    assert_int_equal(wire_run(args, text, sizeof text), 0);
    assert_string_equal(text, "");
    /* It serves already. */
    ask(&w, PING("1"), "'id':1}");
    pid_t pid = read_pid(path);
    assert_int_equal(wire_run(args, text, sizeof text), 75);
    assert_non_null(strstr(text, "another goxel-daemon"));
    assert_int_equal(kill(pid, SIGTERM), 0);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (access(path, F_OK) == 0)
        assert_true(wire_now_ms() < limit);
    while (kill(pid, 0) == 0)
        assert_true(wire_now_ms() < limit);
    wire_cleanup(&w);
}

static void test_background_that_fails(void **state)
{
    char text[4000], dir[64], socket_path[100], file[100], pid_file[100];
    (void)state;
    gox_test_dir(dir);
    put_file(dir, "file", "x");
    snprintf(file, sizeof file, "%s/file/data", dir);
    snprintf(socket_path, sizeof socket_path, "%s/s", dir);
    snprintf(pid_file, sizeof pid_file, "%s/pid", dir);
    const char *const args[] = {"--daemonize", "--socket", socket_path,
            "--data-dir", file, "--pid-file", pid_file, "--log-file",
            "/dev/"
            "null",
            NULL};
    assert_int_equal(wire_run(args, text, sizeof text), 78);
    assert_non_null(strstr(text, file));
    assert_int_not_equal(access(pid_file, F_OK), 0);
    assert_int_not_equal(access(socket_path, F_OK), 0);
    gox_test_dir_remove(dir);
}

/* ---- another user ---- */

static void expect_status(pid_t pid, const char *line)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    text[got] = '\0';
    fclose(file);
    if (strstr(text, line) == NULL)
        fail_msg("%s has no %s", text, line);
}

static void test_another_user(void **state)
{
    struct wire w;
    char data[100], log[100], pid[100];
    struct stat st;
    (void)state;
    if (geteuid() != 0) {
        print_message("not root: becoming another user is not tested\n");
        skip();
    }
    gox_test_dir(w.dir);
    assert_int_equal(chmod(w.dir, 0755), 0);
    snprintf(data, sizeof data, "%s/var/data", w.dir);
    snprintf(log, sizeof log, "%s/log2/daemon.log", w.dir);
    snprintf(pid, sizeof pid, "%s/run/pid", w.dir);
    const char *const args[] = {"--user", "65534", "--group", "65534",
            "--data-dir", data, "--log-file", log, "--pid-file", pid, NULL};
    wire_start_in(&w, args);
    expect_status(w.pid, "Uid:\t65534\t65534\t65534\t65534\n");
    expect_status(w.pid, "Gid:\t65534\t65534\t65534\t65534\n");
    const char *const ours[] = {data, log, w.socket};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(ours[i], &st), 0);
        assert_int_equal(st.st_uid, 65534);
    }
    ask(&w,
            "{'jsonrpc':'2.0','method':'goxel.add_voxels','id':1,'params':"
            "{'voxels':[{'position':[1,2,3],'color':[1,2,3,255]}]}}\n",
            "'id':1}");
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_not_equal(access(pid, F_OK), 0);
    wire_cleanup(&w);
}

/* ---- exit codes ---- */

static void test_exit_codes(void **state)
{
    char dir[64], file[100], text[4000];
    (void)state;
    gox_test_dir(dir);
    snprintf(file, sizeof file, "%s/c.json", dir);
    const char *const check[] = {"--config", file, "--check", NULL};
    assert_int_equal(wire_run(check, text, sizeof text), 78);
    put_file(dir, "c.json", "{'server': {'workers': -1, 'prot': 1}}");
    assert_int_equal(wire_run(check, text, sizeof text), 78);
    assert_non_null(strstr(text, "c.json:1:24: error: /server/workers"));
    assert_non_null(strstr(text, "did you mean port?"));
    const char *const run[] = {"--config", file, NULL};
    assert_int_equal(wire_run(run, text, sizeof text), 78);
    const char *const usage[] = {"--config", file, "--port", "x", NULL};
    assert_int_equal(wire_run(usage, text, sizeof text), 2);
    assert_non_null(strstr(text, "/server/workers"));
    const char *const json[] = {"--config", file, "--check", "--json", NULL};
    assert_int_equal(wire_run(json, text, sizeof text), 78);
    assert_non_null(strstr(text, "{\"valid\":false,"));
    assert_non_null(strstr(text, "\"pointer\":\"/server/prot\""));
    put_file(dir, "c.json", "{'paths': {'data_dir': '/dev/null/x'}}");
    assert_int_equal(wire_run(check, text, sizeof text), 78);
    assert_non_null(strstr(text, "paths.data_dir"));
    put_file(dir, "c.json", "{'security': {'socket_group': 'no such'}}");
    assert_int_equal(wire_run(check, text, sizeof text), 78);
    gox_test_dir_remove(dir);
}

/* A check judges what a start with these sockets would do: one that is passed
 * need not be made. 9: what every shell can pass on. */
static void test_check_of_a_passed_socket(void **state)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    char dir[64], command[1000], text[2000];
    (void)state;
    gox_test_dir(dir);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s/passed", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(dup2(fd, 9), 9);
    for (int is_passed = 0; is_passed <= 1; is_passed++) {
        snprintf(command, sizeof command,
                "%s exec %s/goxel-daemon --check --json --socket /dev/null/x "
                "--data-dir %s --pid-file '' 3<&9 2>&1",
                is_passed ? "LISTEN_PID=$$ LISTEN_FDS=1" : "LISTEN_FDS=1",
                getenv("GOX_BIN_DIR"), dir);
        FILE *out = popen(command, "r");
        assert_non_null(out);
        text[fread(text, 1, sizeof text - 1, out)] = '\0';
        int status = pclose(out);
        assert_int_equal(WEXITSTATUS(status), is_passed ? 0 : 78);
        const char *said =
                is_passed ? "\"socket\":\"passed\"" : "daemon.socket_path";
        if (strstr(text, said) == NULL)
            fail_msg("\"%s\" lacks %s", text, said);
    }
    close(9);
    close(fd);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_states_in_order),
            cmocka_unit_test(test_watchdog),
            cmocka_unit_test(test_passed_socket),
            cmocka_unit_test(test_reload),
            cmocka_unit_test(test_bad_reload_changes_nothing),
            cmocka_unit_test(test_log_is_opened_anew),
            cmocka_unit_test(test_drain_ends),
            cmocka_unit_test(test_second_signal_cuts_off),
            cmocka_unit_test(test_pid_file),
            cmocka_unit_test(test_foreign_pid_file_stays),
            cmocka_unit_test(test_background),
            cmocka_unit_test(test_background_that_fails),
            cmocka_unit_test(test_another_user),
            cmocka_unit_test(test_exit_codes),
            cmocka_unit_test(test_check_of_a_passed_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
