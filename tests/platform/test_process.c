/* SPDX-License-Identifier: Apache-2.0
 * Starting programs and knowing how they end: what is passed and what is not,
 * each step that can fail, and processes that are not our children. */
#include "base/alloc.h"
#include "platform/notify.h"
#include "platform_test.h"

#include <sys/resource.h>

static char helper_path[512];

static void start(struct gox_process *p, struct gox_process_spec *spec,
        const char *mode, const char *number)
{
    struct gox_error err = {0};
    const char *const argv[] = {"platform_helper", mode, number, NULL};
    spec->program = helper_path;
    spec->argv = argv;
    if (gox_process_start(p, spec, &err) != 0)
        fail_msg("%s", err.text);
}

/* What a started helper prints; it must exit with 0. */
static void output(struct gox_process_spec *spec, const char *mode, char *text,
        size_t size)
{
    struct gox_process p;
    size_t len = 0;
    spec->out = GOX_STREAM_PIPE;
    start(&p, spec, mode, NULL);
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    for (ssize_t n = 1; n > 0 && len < size - 1;) {
        n = read(p.out_fd, text + len, size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
    assert_int_equal(p.exit.code, 0);
    gox_process_close(&p);
}

static void test_exit_and_signal(void **state)
{
    struct gox_process p;
    struct gox_process_spec spec = {0};
    char text[GOX_PROCESS_EXIT_TEXT_BYTES];
    (void)state;
    start(&p, &spec, "exit", "78");
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    assert_true(p.exit.is_known && !p.exit.is_signal && p.exit.code == 78);
    assert_true(p.exit.max_rss_bytes > 0);
    assert_int_equal(gox_process_check(&p), 1); /* again */
    gox_process_exit_format(&p.exit, text);
    assert_string_equal(text, "exited with code 78");
    assert_int_equal(gox_process_signal(&p, SIGTERM), GOX_ERR_NOT_FOUND);
    gox_process_close(&p);
    gox_process_close(&p);

    start(&p, &spec, "wait", NULL);
    assert_int_equal(gox_process_check(&p), 0);
    assert_int_equal(gox_process_wait(&p, 1), GOX_ERR_TIMEOUT);
    assert_int_equal(gox_process_signal(&p, SIGTERM), 0);
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    assert_true(p.exit.is_signal && p.exit.code == SIGTERM);
    gox_process_exit_format(&p.exit, text);
    assert_string_equal(text, "ended by signal 15 (Terminated)");
    gox_process_close(&p);
}

/* Nothing is inherited that the spec does not name. */
static void test_clean_state(void **state)
{
    struct gox_process_spec spec = {.err = GOX_STREAM_SAME,
            .working_dir = "/usr",
            .has_umask = true,
            .umask = 027};
    const struct gox_process_limit limit = {GOX_LIMIT_FILES, 77, 99};
    char text[1000], want[400];
    sigset_t mask, old;
    (void)state;
    int leak = open("/dev/null", O_RDONLY); /* without close-on-exec */
    int high = fcntl(leak, F_DUPFD, 200);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, &old);
    spec.limits = &limit;
    spec.limit_count = 1;
    output(&spec, "state", text, sizeof text);
    sigprocmask(SIG_SETMASK, &old, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    close(leak);
    close(high);
    snprintf(want, sizeof want,
            "fds 0 1 2\nignored 0 blocked 0\nsession 1 group 1\n"
            "uid %u gid %u files 77 umask 27 cwd /usr\n",
            getuid(), getgid());
    assert_string_equal(text, want);
}

/* Until it is the program the child may live in our memory; what it does to its
 * descriptors and signals must not reach ours. Without 0 and 1 the ends of its
 * pipes get these numbers and have to be moved. */
static void start_without_streams(void *ctx)
{
    struct gox_process_spec spec = {.out = GOX_STREAM_PIPE};
    struct sigaction kept;
    struct gox_process p;
    char text[100] = "";
    (void)ctx;
    signal(SIGHUP, SIG_IGN);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    int fds = gox_os_fd_count();
    const char *const argv[] = {"platform_helper", "exit", "5", NULL};
    struct gox_error err;
    spec.program = helper_path;
    spec.argv = argv;
    child_check(gox_process_start(&p, &spec, &err) == 0);
    child_check(gox_process_wait(&p, WAIT_LIMIT_MS) == 1);
    child_check(p.exit.code == 5);
    struct pollfd end = {.fd = p.out_fd, .events = POLLIN};
    child_check(poll(&end, 1, WAIT_LIMIT_MS) == 1);
    child_check(read(p.out_fd, text, sizeof text) == 0);
    gox_process_close(&p);
    child_check(gox_os_fd_count() == fds);
    child_check(sigaction(SIGHUP, NULL, &kept) == 0);
    child_check(kept.sa_handler == SIG_IGN);
}

static void test_parent_untouched(void **state)
{
    (void)state;
    assert_int_equal(run_forked(start_without_streams, NULL), 0);
}

static void test_environment(void **state)
{
    const char *const env[] = {"A=1", "NOTIFY_SOCKET=/ours", "LISTEN_PID=1",
            "WATCHDOG_USEC=5", "GOXEL_TREE=1", "B=2", NULL};
    struct gox_process_spec spec = {
            .env = env, .notify_address = "@there", .watchdog_us = 9000000};
    char text[1000], want[400];
    int pid;
    (void)state;
    setenv("GOX_TEST_SECRET", "x", 1);
    output(&spec, "env", text, sizeof text);
    unsetenv("GOX_TEST_SECRET");
    const char *last = strstr(text, "\npid=");
    assert_non_null(last);
    pid = atoi(last + 5);
    snprintf(want, sizeof want,
            "GOXEL_TREE=%d\nNOTIFY_SOCKET=@there\nWATCHDOG_USEC=9000000\n"
            "WATCHDOG_PID=%d\nA=1\nB=2\npid=%d\n",
            pid, pid, pid);
    assert_string_equal(text, want);
}

static void test_notify_through_exec(void **state)
{
    struct gox_notify_server server;
    struct gox_notify_message m;
    struct gox_process p;
    struct gox_error err;
    char dir[64], address[100], text[100] = "";
    int code = 0;
    (void)state;
    gox_test_dir(dir);
    snprintf(address, sizeof address, "%s/notify", dir);
    assert_int_equal(gox_notify_server_open(&server, address, -1, &err), 0);
    struct gox_process_spec spec = {.notify_address = address,
            .watchdog_us = 5000000,
            .out = GOX_STREAM_PIPE};
    start(&p, &spec, "notify", NULL);
    wait_until((code = gox_notify_server_receive(&server, &m, &err)) != 0);
    assert_int_equal(code, 1);
    assert_true(m.is_ready);
    assert_int_equal(m.pid, p.id.pid);
    assert_string_equal(m.status, "from the helper");
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    assert_true(read(p.out_fd, text, sizeof text - 1) > 0);
    assert_string_equal(text, "1 5000000\n");
    gox_process_close(&p);
    gox_notify_server_close(&server, false);
    gox_test_dir_remove(dir);
}

struct bad_start {
    struct gox_process_spec spec;
    enum gox_process_step step;
    int error, code;
};

static void test_each_step_fails(void **state)
{
    struct gox_process p;
    struct gox_error err;
    struct gox_user nobody = {.uid = 65534, .gid = 65534};
    char dir[64], text_file[100];
    const char *const argv[] = {"x", "exit", "0", NULL};
    const struct gox_process_socket closed = {999, "x"};
    const struct gox_process_socket colon = {0, "a:b"};
    const struct gox_process_limit too_high = {
            GOX_LIMIT_FILES, 10, GOX_LIMIT_NONE};
    struct gox_cgroup no_cgroup = {.dir_fd = 0}; /* no directory */
    (void)state;
    gox_test_dir(dir);
    snprintf(text_file, sizeof text_file, "%s/text", dir);
    close(open(text_file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    const struct bad_start rows[] = {
            {{.program = "/nonexistent"}, GOX_STEP_EXEC, ENOENT,
                    GOX_ERR_NOT_FOUND},
            {{.program = text_file}, GOX_STEP_EXEC, EACCES, GOX_ERR_FORBIDDEN},
            {{.program = dir}, GOX_STEP_EXEC, EACCES, GOX_ERR_FORBIDDEN},
            {{.working_dir = "/nonexistent"}, GOX_STEP_WORKING_DIR, ENOENT,
                    GOX_ERR_NOT_FOUND},
            {{.working_dir = text_file}, GOX_STEP_WORKING_DIR, ENOTDIR,
                    GOX_ERR_NOT_FOUND},
            {{.sockets = &closed, .socket_count = 1}, GOX_STEP_DESCRIPTORS,
                    EBADF, GOX_ERR_IO},
            {{.sockets = &colon, .socket_count = 1}, GOX_STEP_PREPARE, EINVAL,
                    GOX_ERR_IO},
            {{.out = GOX_STREAM_FD, .out_fd = 999}, GOX_STEP_PREPARE, EBADF,
                    GOX_ERR_IO},
            {{.cgroup = &no_cgroup}, GOX_STEP_CGROUP, ENOTDIR, GOX_ERR_IO},
            {{.has_oom_score = true, .oom_score = 5000}, GOX_STEP_LIMITS,
                    ERANGE, GOX_ERR_IO},
            {{.limits = &too_high, .limit_count = 1, .user = &nobody},
                    GOX_STEP_LIMITS, EPERM, GOX_ERR_FORBIDDEN},
            {{.user = &nobody, .working_dir = dir}, GOX_STEP_WORKING_DIR,
                    EACCES, GOX_ERR_FORBIDDEN},
    };
    int before = gox_os_fd_count();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gox_process_spec spec = rows[i].spec;
        if (geteuid() != 0 && spec.user != NULL)
            continue; /* fails at another step */
        spec.program = spec.program != NULL ? spec.program : helper_path;
        spec.argv = argv;
        int code = gox_process_start(&p, &spec, &err);
        if (code != rows[i].code || p.failed_step != rows[i].step ||
                p.failed_errno != rows[i].error)
            fail_msg("row %zu: %d, step %d, errno %d: %s", i, code,
                    (int)p.failed_step, p.failed_errno, err.text);
        assert_non_null(strstr(err.text, gox_process_step_name(rows[i].step)));
        assert_non_null(strstr(err.text, strerror(rows[i].error)));
        assert_int_equal(p.pidfd, -1);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    }
    assert_int_equal(gox_os_fd_count(), before);
    gox_test_dir_remove(dir);
}

static void test_without_memory(void **state)
{
    struct gox_process p;
    struct gox_error err;
    const char *const argv[] = {"x", "exit", "0", NULL};
    const struct gox_process_socket socket = {0, "x"};
    struct gox_process_spec spec = {.program = helper_path,
            .argv = argv,
            .sockets = &socket,
            .socket_count = 1};
    int code = GOX_ERR_NOMEM;
    int before = gox_os_fd_count();
    (void)state;
    for (uint64_t n = 1; code == GOX_ERR_NOMEM; n++) {
        gox_alloc_fail_at(n, false);
        code = gox_process_start(&p, &spec, &err);
        gox_alloc_fail_at(0, false);
        assert_true(code == 0 || n < 10);
    }
    assert_int_equal(code, 0);
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    gox_process_close(&p);
    assert_int_equal(gox_os_fd_count(), before);
}

static void test_as_another_user(void **state)
{
    struct gox_user user;
    struct gox_error err;
    struct gox_process p;
    struct gox_proc_info info;
    char copy[100], dir[64], command[700];
    (void)state;
    if (geteuid() != 0)
        skip(); /* takes root */
    /* A place that the other user can reach. */
    gox_test_dir(dir);
    assert_int_equal(chmod(dir, 0755), 0);
    snprintf(copy, sizeof copy, "%s/helper", dir);
    snprintf(command, sizeof command, "cp '%s' '%s'", helper_path, copy);
    assert_int_equal(system(command), 0);
    assert_int_equal(gox_user_find("65534", "65533", &user, &err), 0);
    const char *const argv[] = {"helper", "wait", NULL};
    struct gox_process_spec spec = {
            .program = copy, .argv = argv, .user = &user};
    if (gox_process_start(&p, &spec, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(gox_proc_info_read(p.id.pid, 0, &info), 0);
    assert_int_equal(info.uid, 65534);
    assert_int_equal(gox_process_signal(&p, SIGKILL), 0);
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    gox_process_close(&p);
    gox_test_dir_remove(dir);
}

/* ---- processes that somebody else started ---- */

struct adoption {
    int ids[2];
    const char *mode;
};

/* Starts a helper, tells its identity, and dies. */
static void start_and_die(void *ctx)
{
    struct adoption *a = ctx;
    struct gox_process p;
    struct gox_error err;
    const char *const argv[] = {"platform_helper", a->mode, NULL};
    struct gox_process_spec spec = {.program = helper_path, .argv = argv};
    child_check(gox_process_start(&p, &spec, &err) == 0);
    child_check(write(a->ids[1], &p.id, sizeof p.id) == sizeof p.id);
    _exit(0); /* the program goes on without us */
}

/* Stands for process 1: takes the orphan over and reaps it. */
static void keep(void *ctx)
{
    struct gox_error err;
    child_check(gox_process_become_reaper(&err) == 0);
    child_check(run_forked(start_and_die, ctx) == 0);
    child_check(wait(NULL) > 0);
    child_check(wait(NULL) == -1);
}

static void test_adopt(void **state)
{
    struct adoption a = {.mode = "wait"};
    struct gox_proc_id id, other;
    struct gox_process p;
    struct gox_error err;
    char text[GOX_PROC_ID_TEXT_BYTES];
    (void)state;
    assert_int_equal(pipe(a.ids), 0);
    pid_t keeper = fork();
    if (keeper == 0) {
        keep(&a);
        _exit(0);
    }
    assert_int_equal(read(a.ids[0], &id, sizeof id), sizeof id);
    gox_proc_id_format(&id, text);
    assert_int_equal(gox_proc_id_parse(text, &other), 0);
    assert_true(gox_proc_id_is_same(&id, &other));
    /* The same number with another start or boot is somebody else. */
    other.start_ticks++;
    assert_int_equal(gox_process_adopt(&p, &other, &err), GOX_ERR_NOT_FOUND);
    other = id;
    other.boot_id[0] ^= 1;
    assert_int_equal(gox_process_adopt(&p, &other, &err), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_process_adopt(&p, &id, &err), 0);
    assert_false(p.is_child);
    assert_int_equal(gox_process_check(&p), 0);
    assert_int_equal(gox_process_wait(&p, 1), GOX_ERR_TIMEOUT);
    assert_int_equal(gox_process_signal(&p, SIGKILL), 0);
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    assert_true(p.has_ended);
    /* How it ended is told by Linux 6.15 and later, once it is reaped. */
    assert_true(
            !p.exit.is_known || (p.exit.is_signal && p.exit.code == SIGKILL));
    printf("        the exit of a foreign process is %s\n",
            p.exit.is_known ? "known" : "not known here");
    gox_process_close(&p);
    int status = -1;
    assert_int_equal(waitpid(keeper, &status, 0), keeper);
    assert_int_equal(status, 0);
    assert_int_equal(gox_process_adopt(&p, &id, &err), GOX_ERR_NOT_FOUND);
    close(a.ids[0]);
    close(a.ids[1]);
}

static void test_identity(void **state)
{
    static const char *const BAD[] = {
            "", "1", "1 2", "x 2 3", "-1 2 a", "0 2 a", "1 2 a b"};
    struct gox_proc_id id, again;
    (void)state;
    assert_int_equal(gox_proc_id_get(getpid(), &id), 0);
    assert_int_equal(strlen(id.boot_id), 36);
    assert_int_equal(gox_proc_id_get(getpid(), &again), 0);
    assert_true(gox_proc_id_is_same(&id, &again));
    assert_int_equal(gox_proc_id_get(0, &id), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_proc_id_get(999999999, &id), GOX_ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(gox_proc_id_parse(BAD[i], &id), GOX_ERR_FORMAT);
    assert_int_equal(gox_proc_id_parse("5 6 -", &id), 0);
    assert_string_equal(id.boot_id, "");
}

static void test_info(void **state)
{
    struct gox_process p;
    struct gox_process_spec spec = {0};
    struct gox_proc_info info;
    struct gox_pressure_info pressure;
    char path[512];
    unsigned all = GOX_PROC_WANT_PSS | GOX_PROC_WANT_FDS;
    (void)state;
    assert_int_equal(gox_proc_info_read(getpid(), all, &info), 0);
    assert_int_equal(info.state, 'R');
    assert_int_equal(info.parent_pid, getppid());
    assert_int_equal(info.uid, geteuid());
    assert_true(info.rss_bytes > 100000 && info.pss_bytes > 100000);
    assert_true(info.pss_bytes <= info.rss_bytes + (64 << 20));
    assert_int_equal(info.fd_count, gox_os_fd_count());
    assert_true(info.thread_count >= 1);
    start(&p, &spec, "wait", NULL);
    assert_int_equal(gox_proc_program(p.id.pid, path, sizeof path), 0);
    assert_string_equal(path, helper_path);
    wait_until(
            gox_proc_info_read(p.id.pid, all, &info) == 0 && info.state == 'S');
    assert_false(gox_proc_info_is_held(&info));
    assert_int_equal(info.fd_count, 3);
    assert_int_equal(info.start_ticks, p.id.start_ticks);
    assert_int_equal(gox_process_signal(&p, SIGSTOP), 0);
    wait_until(gox_proc_info_read(p.id.pid, 0, &info) == 0 &&
               gox_proc_info_is_held(&info));
    assert_int_equal(info.state, 'T');
    assert_int_equal(gox_process_signal(&p, SIGKILL), 0);
    wait_until(
            gox_proc_info_read(p.id.pid, 0, &info) == 0 && info.state == 'Z');
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    assert_int_equal(gox_proc_info_read(p.id.pid, 0, &info), GOX_ERR_NOT_FOUND);
    gox_process_close(&p);
    int code = gox_pressure_read(GOX_PRESSURE_MEMORY, &pressure);
    assert_true(code == 0 || code == GOX_ERR_UNSUPPORTED);
    assert_true(pressure.some_avg10 >= 0 && pressure.some_avg10 <= 100);
}

static void test_thousand_rounds(void **state)
{
    struct gox_process_spec spec = {
            .out = GOX_STREAM_PIPE, .err = GOX_STREAM_PIPE};
    struct gox_process p;
    uint64_t rss = 0;
    int fds = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        start(&p, &spec, "exit", "3");
        assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
        assert_int_equal(p.exit.code, 3);
        gox_process_close(&p);
        if (i == 100) {
            rss = gox_os_rss_bytes();
            fds = gox_os_fd_count();
        }
    }
    assert_int_equal(gox_os_fd_count(), fds);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(gox_os_rss_bytes() <= rss + 65536);
#else
    (void)rss;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_exit_and_signal),
            cmocka_unit_test(test_clean_state),
            cmocka_unit_test(test_parent_untouched),
            cmocka_unit_test(test_environment),
            cmocka_unit_test(test_notify_through_exec),
            cmocka_unit_test(test_each_step_fails),
            cmocka_unit_test(test_without_memory),
            cmocka_unit_test(test_as_another_user),
            cmocka_unit_test(test_adopt),
            cmocka_unit_test(test_identity),
            cmocka_unit_test(test_info),
            cmocka_unit_test(test_thousand_rounds),
    };
    beside(helper_path, "platform_helper");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
