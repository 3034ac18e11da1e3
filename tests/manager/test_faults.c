/* SPDX-License-Identifier: Apache-2.0
 * What goes wrong around the manager: clients that do not read, full disks,
 * stale files. */
#include "manager/rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define FAST                                                                   \
    "--set", "auto_start.restart_delay_ms=10", "--set",                        \
            "auto_start.health_interval_ms=200"

static const char *const fast[] = {FAST, NULL};

static int connect_control(struct rig *r)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", r->control);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

/* It asks for more and more and reads nothing: it is cut off, and others are
 * served all the time. */
static void client_that_never_reads_is_cut_off(void **unused)
{
    static const char request[] =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}\n";
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    int fd = connect_control(&r);
    int64_t limit = rig_now_us() + RIG_LIMIT_MS * INT64_C(1000);
    for (;;) {
        ssize_t put = send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
        if (put < 0 && (errno == EPIPE || errno == ECONNRESET))
            break;
        assert_true(rig_now_us() < limit);
        assert_true(rig_pid(&r) > 0);
    }
    close(fd);
    rig_stop(&r);
}

static void bad_requests_are_answered(void **unused)
{
    static const struct {
        const char *line, *answer;
    } rows[] = {
            {"{\n", "-32700"},
            {"[]\n", "-32600"},
            {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"manager.stap\"}\n",
                    "-32601"},
            {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"manager.logs\","
             "\"params\":{\"lines\":0}}\n",
                    "-32602"},
            {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"manager.status\","
             "\"params\":{\"name\":\"x\"}}\n",
                    "-32004"},
            {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"manager.events\","
             "\"params\":{\"types\":[\"nothing\"]}}\n",
                    "-32602"},
    };
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char text[1024];
        int fd = connect_control(&r);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t len = (ssize_t)strlen(rows[k].line);
        assert_int_equal(write(fd, rows[k].line, (size_t)len), len);
        assert_int_equal(poll(&p, 1, RIG_LIMIT_MS), 1);
        ssize_t got = read(fd, text, sizeof text - 1);
        assert_true(got > 0);
        text[got] = '\0';
        if (strstr(text, rows[k].answer) == NULL)
            fail_msg("%s gives %s", rows[k].line, text);
        close(fd);
    }
    rig_stop(&r);
}

/* The number in the record belongs to somebody else by now. */
static void foreign_process_is_not_touched(void **unused)
{
    struct rig r;
    char dir[200], text[128];
    (void)unused;
    rig_init(&r);
    snprintf(dir, sizeof dir, "%s/default", r.state);
    assert_int_equal(mkdir(r.state, 0700), 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    pid_t stranger = fork();
    if (stranger == 0) {
        alarm(60); /* also when a check fails before its end */
        pause();
        _exit(0);
    }
    snprintf(text, sizeof text, "%d 1 00000000-0000-0000-0000-000000000000\n",
            (int)stranger);
    rig_write(&r, "state/default/process", text);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    assert_int_not_equal(rig_pid(&r), stranger);
    rig_stop(&r);
    assert_true(rig_is_alive(stranger));
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
}

static void socket_path_taken_by_a_file(void **unused)
{
    struct rig r;
    struct stat st;
    (void)unused;
    rig_init(&r);
    rig_write(&r, "d.sock", "mine");
    rig_spawn(&r, fast);
    assert_int_equal(rig_wait_exit(&r), 78);
    assert_int_equal(stat(r.socket, &st), 0);
    assert_int_equal(st.st_size, 4);
    gox_test_dir_remove(r.dir);
}

static void sigterm_stops_both(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    kill(r.pid, SIGTERM);
    assert_int_equal(rig_wait_exit(&r), 0);
    assert_false(rig_is_alive(daemon));
    assert_int_not_equal(access(r.socket, F_OK), 0);
    gox_client_close(r.client);
    gox_test_dir_remove(r.dir);
}

/* A small file system that is full; needs root. */
static void full_disk_does_not_stop_it(void **unused)
{
    struct rig r;
    char fill[160];
    (void)unused;
    rig_init(&r);
    assert_int_equal(mkdir(r.state, 0700), 0);
    if (mount("tmpfs", r.state, "tmpfs", 0, "size=64k") != 0) {
        print_message("skipped: no right to mount\n");
        gox_test_dir_remove(r.dir);
        return;
    }
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    snprintf(fill, sizeof fill, "%s/fill", r.state);
    int fd = open(fill, O_WRONLY | O_CREAT, 0600);
    char block[4096] = {0};
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
    for (int k = 0; k < 60; k++)
        rig_do(&r, "manager.restart", NULL);
    assert_true(rig_number(&r, "manager.lost_events") > 0);
    assert_true(rig_ask(&r) > 0);
    unlink(fill);
    uint64_t before = (uint64_t)rig_number(&r, "manager.lost_events");
    rig_do(&r, "manager.restart", NULL);
    assert_int_equal(rig_number(&r, "manager.lost_events"), before);
    pid_t daemon = rig_pid(&r);
    rig_do(&r, "manager.shutdown", NULL);
    assert_int_equal(rig_wait_exit(&r), 0);
    assert_false(rig_is_alive(daemon));
    gox_client_close(r.client);
    assert_int_equal(umount(r.state), 0);
    gox_test_dir_remove(r.dir);
}

static void hooks_run_and_are_limited(void **unused)
{
    struct rig r;
    char hook[256], slow[256], stopped[256], text[64] = "", path[128];
    (void)unused;
    rig_init(&r);
    snprintf(hook, sizeof hook,
            "ready=echo $GOXEL_EVENT $GOXEL_INSTANCE >> %s/hook", r.dir);
    snprintf(slow, sizeof slow,
            "ready=sleep 600 & echo $! >>%s/slow; sleep 600", r.dir);
    snprintf(stopped, sizeof stopped, "stopped=echo >%s/stopped", r.dir);
    const char *const args[] = {FAST, "--hook", hook, "--hook", slow, "--hook",
            stopped, "--hook-limit", "200", NULL};
    rig_start(&r, args);
    snprintf(path, sizeof path, "%s/hook", r.dir);
    RIG_WAIT(access(path, F_OK) == 0);
    for (int k = 0; k < 20; k++)
        rig_do(&r, "manager.restart", NULL);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "ready default\n");
    snprintf(path, sizeof path, "%s/stopped", r.dir);
    rig_kill(&r, SIGTERM);
    assert_int_equal(access(path, F_OK), 0); /* the last event's hook ran */
    /* Nothing of the slow one is left, neither by its limit nor at the end. */
    snprintf(path, sizeof path, "%s/slow", r.dir);
    f = fopen(path, "r");
    assert_non_null(f);
    int count = 0;
    for (; fgets(text, sizeof text, f) != NULL; count++)
        RIG_WAIT(!rig_is_alive((pid_t)atoi(text)));
    assert_true(count >= 4);
    fclose(f);
    gox_test_dir_remove(r.dir);
}

/* It still runs when what comes after it is done, and ends with the manager. */
static void hook_holds_nothing_up(void **unused)
{
    struct rig r;
    char hook[256], path[128];
    struct stat st;
    int pid = 0;
    (void)unused;
    rig_init(&r);
    snprintf(path, sizeof path, "%s/slow", r.dir);
    snprintf(hook, sizeof hook, "ready=echo $$ >%s; exec sleep 600", path);
    const char *const args[] = {
            FAST, "--hook", hook, "--hook-limit", "600000", NULL};
    rig_start(&r, args);
    RIG_WAIT(stat(path, &st) == 0 && st.st_size > 1);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    rig_do(&r, "manager.restart", NULL);
    assert_true(rig_is_alive(pid));
    rig_kill(&r, SIGTERM);
    RIG_WAIT(!rig_is_alive(pid));
    gox_test_dir_remove(r.dir);
}

static size_t count_fds(pid_t pid)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* GOX_RESTARTS=1000 for the long one. */
static void many_restarts_leak_nothing(void **unused)
{
    const char *const args[] = {FAST, "--set", "auto_start.max_restarts=0",
            "--set", "auto_start.restart_delay_ms=0", "--no-checks", NULL};
    const char *wanted = getenv("GOX_RESTARTS");
    int count = wanted != NULL ? atoi(wanted) : 200;
    struct rig r;
    size_t fds = 0;
    int64_t rss = 0;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    for (int k = 0; k < count; k++) {
        pid_t pid = rig_pid(&r);
        if (k == 20) {
            fds = count_fds(r.pid);
            rss = rig_number(&r, "manager.rss_bytes");
        }
        if (k % 2 == 0)
            rig_do(&r, "manager.restart", NULL);
        else
            kill(pid, SIGKILL);
        RIG_WAIT(rig_has_state(&r, "running") && rig_pid(&r) != pid &&
                 rig_pid(&r) > 0);
    }
    RIG_WAIT(count_fds(r.pid) <= fds); /* a round of checks has one open */
    /* The event file alone may bring some pages into memory. */
    int64_t grown = rig_number(&r, "manager.rss_bytes") - rss;
    if (getenv("GOX_SANITIZED") == NULL)
        assert_true(grown < 300000);
    print_message("%d restarts: %lld bytes more\n", count, (long long)grown);
    rig_stop(&r);
}

static void several_instances(void **unused)
{
    struct rig r;
    char a[300], b[300], text[400];
    (void)unused;
    rig_init(&r);
    const char *names[] = {"one", "two"};
    char *args_of[] = {a, b};
    for (int k = 0; k < 2; k++) {
        snprintf(text, sizeof text,
                "{\"daemon\":{\"socket_path\":\"%s/%s.sock\"},"
                "\"auto_start\":{\"restart_delay_ms\":10}}",
                r.dir, names[k]);
        snprintf(a, sizeof a, "%s.json", names[k]);
        rig_write(&r, a, text);
    }
    for (int k = 0; k < 2; k++)
        snprintf(args_of[k], sizeof a, "%s=%s/%s.json", names[k], r.dir,
                names[k]);
    /* Not by rig_spawn: --socket is of one daemon only. */
    char program[512];
    snprintf(program, sizeof program, "%s/goxel-manager", rig_bin_dir());
    r.pid = fork();
    if (r.pid == 0) {
        setenv("XDG_RUNTIME_DIR", r.dir, 1);
        execl(program, program, "--state-dir", r.state, "--control", r.control,
                "--daemon", r.child, "--instance", a, "--instance", b, NULL);
        _exit(127);
    }
    rig_connect(&r);
    rig_do(&r, "manager.start", "{\"name\":\"one\"}");
    rig_do(&r, "manager.start", "{\"name\":\"two\"}");
    json_t *list = rig_call(&r, "manager.list", NULL);
    json_t *items = json_object_get(list, "instances");
    assert_int_equal(json_array_size(items), 2);
    json_int_t pid = json_integer_value(
            json_object_get(json_array_get(items, 1), "pid"));
    json_decref(list);
    rig_do(&r, "manager.stop", "{\"name\":\"two\"}");
    assert_false(rig_is_alive((pid_t)pid));
    assert_true(rig_has_state(&r, "running")); /* the first goes on */
    snprintf(r.socket, sizeof r.socket, "%s/one.sock", r.dir);
    assert_int_equal(rig_ask(&r), rig_pid(&r));
    rig_stop(&r);
}

/* A daemon that somebody else started: watched, never started twice. */
static void attaches_to_a_daemon_that_runs(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    pid_t daemon = fork();
    if (daemon == 0) {
        execl(r.child, r.child, "--socket", r.socket, NULL);
        _exit(127);
    }
    RIG_WAIT(rig_ask(&r) == daemon);
    rig_start(&r, fast);
    rig_wait_state(&r, "attached");
    assert_string_equal(rig_text(&r, "backend"), "external");
    assert_int_equal(rig_pid(&r), daemon);
    assert_int_equal(rig_count_events(&r, "attached"), 1);
    assert_null(rig_call(&r, "manager.upgrade", NULL));
    assert_non_null(strstr(r.err.text, "somebody else"));
    RIG_WAIT(strcmp(rig_text(&r, "health"), "healthy") == 0);
    kill(daemon, SIGKILL);
    waitpid(daemon, NULL, 0);
    rig_wait_state(&r, "stopped");
    assert_null(rig_call(&r, "manager.start", NULL));
    rig_stop(&r);
}

/* The first order comes before the first look at a daemon that is not ours: it
 * waits for that, and says what was found. */
static void start_waits_for_the_first_look(void **unused)
{
    const char *const args[] = {FAST, "--backend", "external", NULL};
    (void)unused;
    for (int k = 0; k < 20; k++) {
        struct rig r;
        bool is_there = k % 2 == 0;
        rig_init(&r);
        pid_t daemon = is_there ? fork() : 0;
        if (is_there && daemon == 0) {
            execl(r.child, r.child, "--socket", r.socket, NULL);
            _exit(127);
        }
        if (is_there)
            RIG_WAIT(rig_ask(&r) == daemon);
        rig_start(&r, args);
        json_t *status = rig_call(&r, "manager.start", NULL);
        if (is_there != (status != NULL))
            fail_msg("%s: %s", is_there ? "refused" : "granted", r.err.text);
        if (!is_there)
            assert_non_null(strstr(r.err.text, "must start it"));
        json_decref(status);
        if (is_there) {
            kill(daemon, SIGKILL);
            waitpid(daemon, NULL, 0);
        }
        rig_stop(&r);
    }
}

static void bad_options_are_told(void **unused)
{
    static const struct {
        const char *args[4];
        int code;
    } rows[] = {
            {{"--sockit", "/x"}, 2},
            {{"--hook", "nothing=true"}, 2},
            {{"--set"}, 2},
            {{"--set", "auto_start.max_restarts=x"}, 78},
            {{"--backend", "upstart"}, 78},
            {{"--memory-soft", "0"}, 78},
            {{"--daemon", "/nowhere/daemon"}, 78},
            {{"--instance", "../x=/y"}, 78},
            {{"--config", "/nowhere/file.json"}, 78},
            {{"--check"}, 0},
            {{"--help"}, 0},
            {{"--version"}, 0},
    };
    (void)unused;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct rig r;
        rig_init(&r);
        rig_spawn(&r, rows[k].args);
        int code = rig_wait_exit(&r);
        if (code != rows[k].code)
            fail_msg("%s ends with %d", rows[k].args[0], code);
        gox_test_dir_remove(r.dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(client_that_never_reads_is_cut_off),
            cmocka_unit_test(bad_requests_are_answered),
            cmocka_unit_test(foreign_process_is_not_touched),
            cmocka_unit_test(socket_path_taken_by_a_file),
            cmocka_unit_test(sigterm_stops_both),
            cmocka_unit_test(full_disk_does_not_stop_it),
            cmocka_unit_test(hooks_run_and_are_limited),
            cmocka_unit_test(hook_holds_nothing_up),
            cmocka_unit_test(many_restarts_leak_nothing),
            cmocka_unit_test(several_instances),
            cmocka_unit_test(attaches_to_a_daemon_that_runs),
            cmocka_unit_test(start_waits_for_the_first_look),
            cmocka_unit_test(bad_options_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
