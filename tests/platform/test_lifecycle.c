/* SPDX-License-Identifier: Apache-2.0
 * PID file, going to the background, becoming another user. */
#include "base/alloc.h"
#include "platform/daemonize.h"
#include "platform/pid_file.h"
#include "platform/user.h"
#include "platform_test.h"

#include <sys/stat.h>

struct place {
    char dir[64], path[100];
};

static void setup(struct place *p)
{
    gox_test_dir(p->dir);
    snprintf(p->path, sizeof p->path, "%s/d.pid", p->dir);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int entries(const char *dir)
{
    char command[128], line[16] = "";
    snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
    FILE *f = popen(command, "r");
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    return atoi(line);
}

static void test_pid_file(void **state)
{
    struct place p;
    struct gox_pid_file file, second;
    struct gox_pid_file_info info;
    struct gox_error err;
    struct stat st;
    int64_t holder;
    (void)state;
    setup(&p);
    assert_int_equal(gox_pid_file_read(p.path, &info, &err), GOX_ERR_NOT_FOUND);
    mode_t old = umask(077);
    assert_int_equal(gox_pid_file_create(&file, p.path, &holder, &err), 0);
    umask(old);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(gox_pid_file_read(p.path, &info, &err), 0);
    assert_int_equal(info.pid, getpid());
    assert_true(info.is_locked && info.is_alive && info.start_ticks > 0);
    /* Also in the same process, whose reading must not drop the lock. */
    assert_int_equal(gox_pid_file_create(&second, p.path, &holder, &err),
            GOX_ERR_EXISTS);
    assert_int_equal(holder, getpid());
    assert_int_equal(second.fd, -1);
    gox_pid_file_remove(&second);
    assert_int_equal(gox_pid_file_read(p.path, &info, &err), 0);
    assert_true(info.is_alive);
    assert_int_equal(entries(p.dir), 1);
    gox_pid_file_remove(&file);
    gox_pid_file_remove(&file);
    assert_int_equal(entries(p.dir), 0);
    gox_test_dir_remove(p.dir);
}

static void test_stale_pid_files(void **state)
{
    /* Number 1 always is somebody else's, and runs. */
    static const char *const TEXTS[] = {
            "1\n", "999999999\n", "", "rubbish", "-5\n", "12 34\n"};
    struct place p;
    struct gox_pid_file file;
    struct gox_pid_file_info info;
    struct gox_error err;
    (void)state;
    setup(&p);
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        write_text(p.path, TEXTS[i]);
        int code = gox_pid_file_read(p.path, &info, &err);
        assert_int_equal(code, i < 2 ? 0 : GOX_ERR_FORMAT);
        assert_false(info.is_alive);
        assert_int_equal(gox_pid_file_create(&file, p.path, NULL, &err), 0);
        assert_int_equal(gox_pid_file_read(p.path, &info, &err), 0);
        assert_int_equal(info.pid, getpid());
        gox_pid_file_remove(&file);
    }
    gox_test_dir_remove(p.dir);
}

static void test_foreign_things_stay(void **state)
{
    struct place p;
    struct gox_pid_file file;
    struct gox_error err;
    struct stat st;
    (void)state;
    setup(&p);
    assert_int_equal(mkdir(p.path, 0700), 0);
    assert_int_equal(
            gox_pid_file_create(&file, p.path, NULL, &err), GOX_ERR_IO);
    rmdir(p.path);
    assert_int_equal(mkfifo(p.path, 0600), 0);
    assert_int_equal(
            gox_pid_file_create(&file, p.path, NULL, &err), GOX_ERR_IO);
    unlink(p.path);
    assert_int_equal(symlink("/dev/null", p.path), 0);
    assert_int_equal(
            gox_pid_file_create(&file, p.path, NULL, &err), GOX_ERR_IO);
    assert_int_equal(lstat(p.path, &st), 0);
    unlink(p.path);
    assert_int_equal(gox_pid_file_create(&file, "/nonexistent/x", NULL, &err),
            GOX_ERR_IO);
    /* Somebody has put another file in our place: it is not ours to remove. */
    assert_int_equal(gox_pid_file_create(&file, p.path, NULL, &err), 0);
    unlink(p.path);
    write_text(p.path, "7\n");
    gox_pid_file_remove(&file);
    assert_int_equal(access(p.path, F_OK), 0);
    gox_test_dir_remove(p.dir);
}

/* Wins or loses; the winner stays until it is told to go. */
static void race(void *ctx)
{
    struct place *p = ctx;
    struct gox_pid_file file;
    struct gox_error err;
    int64_t holder = -1;
    int code = gox_pid_file_create(&file, p->path, &holder, &err);
    if (code == GOX_ERR_EXISTS && holder > 0)
        _exit(1);
    child_check(code == 0);
    for (;;)
        pause();
}

static void test_pid_file_race(void **state)
{
    struct place p;
    struct gox_pid_file_info info;
    struct gox_error err;
    (void)state;
    setup(&p);
    for (int round = 0; round < 20; round++) {
        pid_t pids[8];
        int losers = 0, status;
        if (round % 2 == 1)
            write_text(p.path, "1\n"); /* a stale one in the place */
        else
            unlink(p.path);
        for (int i = 0; i < 8; i++)
            if ((pids[i] = fork()) == 0)
                race(&p);
        for (; losers < 7; losers++) {
            pid_t pid = wait(&status);
            assert_true(pid > 0);
            assert_int_equal(WEXITSTATUS(status), 1);
        }
        assert_int_equal(gox_pid_file_read(p.path, &info, &err), 0);
        assert_true(info.is_alive);
        /* The one that is left is the one in the file. */
        assert_int_equal(waitpid((pid_t)info.pid, &status, WNOHANG), 0);
        kill((pid_t)info.pid, SIGKILL);
        assert_int_equal(waitpid((pid_t)info.pid, &status, 0), info.pid);
        assert_int_equal(gox_pid_file_read(p.path, &info, &err), 0);
        assert_false(info.is_locked);
        assert_int_equal(entries(p.dir), 1);
    }
    gox_test_dir_remove(p.dir);
}

static void test_pid_file_without_memory(void **state)
{
    struct place p;
    struct gox_pid_file file;
    struct gox_error err;
    int code = GOX_ERR_NOMEM;
    (void)state;
    setup(&p);
    int before = gox_os_fd_count();
    for (uint64_t n = 1; code == GOX_ERR_NOMEM; n++) {
        gox_alloc_fail_at(n, false);
        code = gox_pid_file_create(&file, p.path, NULL, &err);
        gox_alloc_fail_at(0, false);
        if (code == GOX_ERR_NOMEM) {
            assert_int_equal(entries(p.dir), 0);
            assert_int_equal(gox_os_fd_count(), before);
        }
    }
    assert_int_equal(code, 0);
    gox_pid_file_remove(&file);
    gox_test_dir_remove(p.dir);
}

/* ---- daemonize ---- */

struct attempt {
    struct place place;
    int mode; /* 0 serves, 1 fails, 2 dies silently, 3 says nothing */
    int want, want_exit;
};

static void be_daemon(struct attempt *a, struct gox_daemonize *d)
{
    struct gox_error err;
    char text[64];
    if (a->mode == 1) {
        gox_error_set(&err, GOX_ERR_FORMAT, "bad key \"x\" in line 3");
        gox_daemonize_fail(d, 78, &err);
        _exit(78);
    }
    if (a->mode == 2)
        _exit(3);
    snprintf(text, sizeof text, "%d %d %d\n", getpid(), getppid() != 1,
            getsid(0) != getpid());
    write_text(a->place.path, text);
    if (a->mode == 3)
        for (;;)
            pause();
    (void)!gox_daemonize_succeed(d, false);
    (void)!gox_daemonize_succeed(d, false); /* the second does nothing */
    for (;;)
        pause();
}

static void start_daemon(void *ctx)
{
    struct attempt *a = ctx;
    struct gox_daemonize d;
    struct gox_error err = {0};
    int code = gox_daemonize_start(&d, a->mode == 3 ? 200 : 10000, &err);
    if (code == 1)
        be_daemon(a, &d);
    child_check(code == a->want && d.fd == -1);
    child_check(d.exit_code == a->want_exit);
    child_check(
            a->mode != 1 || strcmp(err.text, "bad key \"x\" in line 3") == 0);
}

static int64_t read_number(const char *path)
{
    char text[64] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    if (fd >= 0)
        close(fd);
    return atoll(text);
}

static void test_daemonize(void **state)
{
    struct attempt rows[] = {{.mode = 0, .want = 0, .want_exit = 0},
            {.mode = 1, .want = GOX_ERR_FORMAT, .want_exit = 78},
            {.mode = 2, .want = GOX_ERR_CLOSED, .want_exit = 75},
            {.mode = 3, .want = GOX_ERR_TIMEOUT, .want_exit = 75}};
    struct gox_error err;
    struct gox_proc_info info;
    (void)state;
    assert_int_equal(gox_process_become_reaper(&err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setup(&rows[i].place);
        assert_int_equal(run_forked(start_daemon, &rows[i]), 0);
        int64_t pid = read_number(rows[i].place.path);
        assert_true((pid > 0) == (rows[i].mode == 0 || rows[i].mode == 3));
        if (pid > 0) {
            assert_int_equal(gox_proc_info_read(pid, 0, &info), 0);
            assert_int_not_equal(info.session_pid, getsid(0));
            assert_int_not_equal(info.session_pid, pid);
            assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
        }
        wait_until(waitpid(-1, NULL, WNOHANG) < 0);
        gox_test_dir_remove(rows[i].place.dir);
    }
}

/* ---- users ---- */

static void test_find_users(void **state)
{
    struct gox_user u;
    struct gox_error err;
    uint32_t gid;
    (void)state;
    assert_int_equal(gox_user_find("root", NULL, &u, &err), 0);
    assert_int_equal(u.uid, 0);
    assert_int_equal(u.gid, 0);
    assert_string_equal(u.name, "root");
    assert_true(u.group_count >= 1);
    assert_int_equal(gox_user_find("root", "65533", &u, &err), 0);
    assert_int_equal(u.gid, 65533);
    assert_int_equal(gox_user_find("4000000000", "0", &u, &err), 0);
    assert_int_equal(u.uid, 4000000000u);
    assert_int_equal(u.group_count, 1);
    assert_int_equal(
            gox_user_find("4000000000", NULL, &u, &err), GOX_ERR_NOT_FOUND);
    assert_int_equal(
            gox_user_find("no-such-user", NULL, &u, &err), GOX_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "no-such-user"));
    assert_int_equal(
            gox_user_find("4294967295", "0", &u, &err), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_user_find("", NULL, &u, &err), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_user_find("root", "no-such-group", &u, &err),
            GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_user_find_group("root", &gid, &err), 0);
    assert_int_equal(gid, 0);
    assert_int_equal(gox_user_find_group("1234", &gid, &err), 0);
    assert_int_equal(gid, 1234);
}

static void test_users_without_memory(void **state)
{
    struct gox_user u;
    struct gox_error err;
    (void)state;
    gox_alloc_fail_at(1, true);
    int code = gox_user_find("root", NULL, &u, &err);
    gox_alloc_fail_at(0, false);
    assert_int_equal(code, GOX_ERR_NOMEM);
}

static void drop(void *ctx)
{
    struct gox_user u;
    struct gox_error err;
    gid_t groups[GOX_USER_GROUPS_MAX];
    (void)ctx;
    child_check(gox_user_find("65534", "65533", &u, &err) == 0);
    child_check(gox_user_drop(&u, &err) == 0);
    child_check(geteuid() == 65534 && getuid() == 65534);
    child_check(getegid() == 65533 && getgid() == 65533);
    child_check(getgroups(GOX_USER_GROUPS_MAX, groups) == 1);
    child_check(groups[0] == 65533);
    child_check(setuid(0) != 0 && seteuid(0) != 0 && setgid(0) != 0);
    child_check(gox_user_drop(&u, &err) == 0); /* is that user already */
    child_check(gox_user_find("root", NULL, &u, &err) == 0);
    child_check(gox_user_drop(&u, &err) == GOX_ERR_FORBIDDEN);
    child_check(errno == EPERM);
}

static void test_drop(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* takes root */
    assert_int_equal(run_forked(drop, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_pid_file),
            cmocka_unit_test(test_stale_pid_files),
            cmocka_unit_test(test_foreign_things_stay),
            cmocka_unit_test(test_pid_file_race),
            cmocka_unit_test(test_pid_file_without_memory),
            cmocka_unit_test(test_daemonize),
            cmocka_unit_test(test_find_users),
            cmocka_unit_test(test_users_without_memory),
            cmocka_unit_test(test_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
