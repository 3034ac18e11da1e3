/* SPDX-License-Identifier: Apache-2.0
 * In the sandbox: what is allowed works, also a database and starting this
 * program again; what is not is refused. Each case is a process of its own. */
#include "platform/child.h"
#include "platform/notify.h"
#include "platform/procinfo.h"
#include "platform/sandbox.h"
#include "platform/socket.h"
#include "platform_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct box {
    char dir[64], data[80], models[80], other[80];
    struct gox_sandbox sandbox;
    enum gox_sandbox_level level;
};

static void make(struct box *b)
{
    char path[200];
    gox_test_dir(b->dir);
    snprintf(b->data, sizeof b->data, "%s/data", b->dir);
    snprintf(b->models, sizeof b->models, "%s/models", b->dir);
    snprintf(b->other, sizeof b->other, "%s/other", b->dir);
    const char *const dirs[] = {b->data, b->models, b->other};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mkdir(dirs[i], 0700), 0);
        snprintf(path, sizeof path, "%s/file", dirs[i]);
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_int_equal(write(fd, "text\n", 5), 5);
        close(fd);
    }
    b->level = GOX_SANDBOX_BEST_EFFORT;
}

/* In the child. */
static void enter(struct box *b)
{
    const struct gox_sandbox_path paths[] = {
            {b->data, GOX_SANDBOX_READ | GOX_SANDBOX_WRITE, false},
            {b->models, GOX_SANDBOX_READ, false},
            {"/nonexistent/optional", GOX_SANDBOX_READ, true}};
    const struct gox_sandbox_spec spec = {
            .level = b->level, .paths = paths, .path_count = 3};
    struct gox_error err = {0};
    if (gox_sandbox_enter(&b->sandbox, &spec, &err) != 0)
        fprintf(stderr, "%s\n", err.text);
    child_check(b->sandbox.asked == b->level);
    child_check(b->sandbox.text[0] != '\0');
}

static int open_in(const char *dir, const char *name, int flags)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : errno;
}

static void try_files(void *ctx)
{
    struct box *b = ctx;
    char from[200], to[200];
    enter(b);
    if (!b->sandbox.is_files)
        _exit(77);
    child_check(open_in(b->data, "file", O_RDWR) == 0);
    child_check(open_in(b->data, "new", O_RDWR | O_CREAT | O_EXCL) == 0);
    child_check(open_in(b->data, "new", O_WRONLY | O_TRUNC) == 0);
    snprintf(from, sizeof from, "%s/new", b->data);
    snprintf(to, sizeof to, "%s/renamed", b->data);
    child_check(rename(from, to) == 0 && unlink(to) == 0);
    child_check(mkdir(from, 0700) == 0 && rmdir(from) == 0);
    child_check(open_in(b->models, "file", O_RDONLY) == 0);
    child_check(open_in(b->models, "file", O_RDWR) == EACCES);
    child_check(open_in(b->models, "new", O_RDWR | O_CREAT) == EACCES);
    child_check(open_in(b->other, "file", O_RDONLY) == EACCES);
    child_check(open_in(b->dir, ".", O_RDONLY) == EACCES);
    child_check(open_in("/etc", "shadow", O_RDONLY) == EACCES);
    child_check(open_in("/etc", "passwd", O_RDONLY) == 0);
    child_check(open_in("/etc", "passwd", O_RDWR) == EACCES);
    child_check(open_in("/dev", "null", O_RDWR) == 0);
    child_check(open_in("/proc/self", "status", O_RDONLY) == 0);
    snprintf(to, sizeof to, "%s/file", b->other);
    snprintf(from, sizeof from, "%s/file", b->data);
    child_check(unlink(to) != 0 && (errno == EACCES || errno == EPERM));
    child_check(rename(from, to) != 0 && (errno == EACCES || errno == EXDEV));
    child_check(execl("/bin/sh", "sh", "-c", "true", (char *)NULL) != 0);
    child_check(errno == EACCES);
    child_check(gox_os_fd_count() > 0 && gox_os_rss_bytes() > 0);
}

static void try_database(void *ctx)
{
    struct box *b = ctx;
    char path[200];
    sqlite3 *db;
    enter(b);
    snprintf(path, sizeof path, "%s/goxel.db", b->data);
    child_check(sqlite3_open(path, &db) == SQLITE_OK);
    child_check(sqlite3_exec(db,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1);"
                        "COMMIT; PRAGMA wal_checkpoint(TRUNCATE); VACUUM;"
                        "CREATE TEMP TABLE u AS SELECT * FROM t",
                        NULL, NULL, NULL) == SQLITE_OK);
    child_check(sqlite3_close(db) == SQLITE_OK);
}

static void try_calls(void *ctx)
{
    struct box *b = ctx;
    enter(b);
    if (!b->sandbox.is_syscalls)
        _exit(77);
    child_check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 && errno == EPERM);
    child_check(unshare(CLONE_NEWUSER) != 0 && errno == EPERM);
    child_check(mount("x", "/", "tmpfs", 0, NULL) != 0 && errno == EPERM);
    child_check(chroot("/") != 0 && errno == EPERM);
    child_check(syscall(SYS_bpf, 0, NULL, 0) != 0 && errno == EPERM);
    child_check(syscall(SYS_keyctl, 0, 0, 0) != 0 && errno == EPERM);
    child_check(syscall(SYS_userfaultfd, 0) != 0 && errno == EPERM);
    child_check(
            syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0) != 0 &&
            errno == EPERM);
    child_check(syscall(SYS_io_uring_setup, 1, NULL) != 0 && errno == ENOSYS);
    child_check(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL,
                        NULL) < 0 &&
                errno == EPERM);
    child_check(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM);
    child_check(socket(AF_ALG, SOCK_SEQPACKET, 0) < 0 && errno == EPERM);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    child_check(fd >= 0 && close(fd) == 0);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    child_check(fd >= 0 && close(fd) == 0);
}

static bool has_rings(void)
{
    char params[256] = {0};
    long fd = syscall(SYS_io_uring_setup, 1, params);
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

/* libuv looks for io_uring when a loop is made, before the sandbox. */
static void try_prepared(void *ctx)
{
    struct box *b = ctx;
    bool had_rings = has_rings();
    gox_sandbox_prepare(GOX_SANDBOX_OFF);
    child_check(has_rings() == had_rings);
    gox_sandbox_prepare(GOX_SANDBOX_BEST_EFFORT);
    bool is_hidden = !has_rings() && errno == ENOSYS;
    /* All else is as before, and the sandbox can be entered. */
    child_check(open_in(b->other, "file", O_RDONLY) == 0);
    enter(b);
    if (!b->sandbox.is_syscalls)
        _exit(77);
    child_check(is_hidden);
}

static void try_network(void *ctx)
{
    struct box *b = ctx;
    struct gox_error err;
    struct gox_socket_info info;
    int before, after, client;
    child_check(gox_socket_listen_tcp("127.0.0.1", 0, 16, &before, &err) == 0);
    child_check(gox_socket_describe(before, &info) == 0);
    enter(b);
    if (!b->sandbox.is_tcp)
        _exit(77);
    struct sockaddr_in addr = {.sin_family = AF_INET,
            .sin_port = htons(info.port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    child_check(connect(client, (struct sockaddr *)&addr, sizeof addr) != 0 &&
                errno == EACCES);
    child_check(gox_socket_listen_tcp("127.0.0.1", 0, 16, &after, &err) ==
                GOX_ERR_FORBIDDEN);
    /* The socket from before serves on: nothing is waiting, that is all. */
    child_check(accept(before, NULL, NULL) < 0 && errno == EAGAIN);
    if (b->sandbox.is_scoped)
        child_check(kill(getppid(), 0) != 0 && errno == EPERM);
}

/* The program starts itself as the script host does. */
static void try_own_program(void *ctx)
{
    struct box *b = ctx;
    struct gox_child child;
    struct gox_error err = {0};
    char text[8] = "";
    enter(b);
    int code = gox_child_spawn_self(&child, "--as-child", &err);
    if (code != 0)
        fprintf(stderr, "%s\n", err.text);
    child_check(code == 0);
    child_check(read(child.fd, text, sizeof text) == 3);
    child_check(strcmp(text, "up") == 0);
    gox_child_end(&child);
}

static void try_required(void *ctx)
{
    struct box *b = ctx;
    b->level = GOX_SANDBOX_REQUIRE;
    enter(b);
    /* This system may not be able to; then it must say so. */
    child_check(b->sandbox.is_full ||
                strstr(b->sandbox.text, "; not ") != NULL ||
                b->sandbox.landlock_abi < 6);
    fprintf(stderr, "        %s\n", b->sandbox.text);
}

static void try_required_without_path(void *ctx)
{
    struct box *b = ctx;
    const struct gox_sandbox_path paths[] = {
            {"/nonexistent/data", GOX_SANDBOX_WRITE, false}};
    struct gox_sandbox_spec spec = {
            .level = GOX_SANDBOX_REQUIRE, .paths = paths, .path_count = 1};
    struct gox_error err = {0};
    int code = gox_sandbox_enter(&b->sandbox, &spec, &err);
    child_check(code == GOX_ERR_NOT_FOUND || b->sandbox.landlock_abi == 0);
    child_check(b->sandbox.landlock_abi == 0 ||
                strstr(err.text, "/nonexistent/data") != NULL);
    child_check(!b->sandbox.is_files);
    /* With best effort the rest is confined all the same. */
    spec.level = GOX_SANDBOX_BEST_EFFORT;
    child_check(gox_sandbox_enter(&b->sandbox, &spec, &err) == 0);
}

static void *idle(void *ctx)
{
    (void)ctx;
    for (;;)
        pause();
    return NULL;
}

/* A thread that is there already would stay free, so files are not claimed. */
static void try_late(void *ctx)
{
    struct box *b = ctx;
    struct gox_error err;
    pthread_t thread;
    struct gox_sandbox_spec spec = {.level = GOX_SANDBOX_REQUIRE};
#if defined(__SANITIZE_THREAD__)
    _exit(77); /* has a thread of its own, which is let pass */
#endif
    child_check(pthread_create(&thread, NULL, idle, NULL) == 0);
    enter(b);
    child_check(!b->sandbox.is_files && !b->sandbox.is_full);
    child_check(strstr(b->sandbox.text, "; not files") != NULL);
    child_check(open_in(b->other, "file", O_RDONLY) == 0);
    int code = gox_sandbox_enter(&b->sandbox, &spec, &err);
    child_check(code == GOX_ERR_UNSUPPORTED);
}

static void try_off(void *ctx)
{
    struct box *b = ctx;
    b->level = GOX_SANDBOX_OFF;
    enter(b);
    child_check(strcmp(b->sandbox.text, "off") == 0 && b->sandbox.is_full);
    child_check(open_in(b->other, "file", O_RDWR) == 0);
    child_check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static void run_in_box(void (*body)(void *))
{
    struct box b = {0};
    make(&b);
    int code = run_forked(body, &b);
    gox_test_dir_remove(b.dir);
    if (code == 77)
        skip(); /* this kernel has no such confinement */
    assert_int_equal(code, 0);
}

#define BOX_TEST(name)                                                         \
    static void test_##name(void **state)                                      \
    {                                                                          \
        (void)state;                                                           \
        run_in_box(try_##name);                                                \
    }
BOX_TEST(files)
BOX_TEST(database)
BOX_TEST(calls)
BOX_TEST(prepared)
BOX_TEST(network)
BOX_TEST(own_program)
BOX_TEST(required)
BOX_TEST(required_without_path)
BOX_TEST(late)
BOX_TEST(off)

static void test_names(void **state)
{
    enum gox_sandbox_level level;
    (void)state;
    for (int i = GOX_SANDBOX_OFF; i <= GOX_SANDBOX_REQUIRE; i++) {
        const char *name = gox_sandbox_level_name((enum gox_sandbox_level)i);
        assert_int_equal(gox_sandbox_level_parse(name, &level), 0);
        assert_int_equal(level, i);
    }
    assert_int_equal(gox_sandbox_level_parse("on", &level), GOX_ERR_PARAMS);
    assert_null(gox_sandbox_level_name((enum gox_sandbox_level)7));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_files),
            cmocka_unit_test(test_database),
            cmocka_unit_test(test_calls),
            cmocka_unit_test(test_prepared),
            cmocka_unit_test(test_network),
            cmocka_unit_test(test_own_program),
            cmocka_unit_test(test_required),
            cmocka_unit_test(test_required_without_path),
            cmocka_unit_test(test_late),
            cmocka_unit_test(test_off),
            cmocka_unit_test(test_names),
    };
    if (argc > 1 && strcmp(argv[1], "--as-child") == 0)
        return write(STDIN_FILENO, "up", 3) == 3 ? 0 : 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
