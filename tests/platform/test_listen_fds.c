/* SPDX-License-Identifier: Apache-2.0
 * Sockets that are passed on, through a real exec of a program that takes them;
 * and what a descriptor is taken for. */
#include "base/alloc.h"
#include "platform/listen_fds.h"
#include "platform/socket.h"
#include "platform_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* What the helper prints when it is started by spec. */
static void run_helper(struct gox_process_spec *spec, const char *mode,
        char *text, size_t size)
{
    char path[512];
    struct gox_process p;
    struct gox_error err = {0};
    size_t len = 0;
    const char *const argv[] = {"platform_helper", mode, NULL};
    spec->program = beside(path, "platform_helper");
    spec->argv = argv;
    spec->out = GOX_STREAM_PIPE;
    spec->err = GOX_STREAM_SAME;
    if (gox_process_start(&p, spec, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(gox_process_wait(&p, WAIT_LIMIT_MS), 1);
    for (ssize_t n = 1; n > 0 && len < size - 1;) {
        n = read(p.out_fd, text + len, size - 1 - len);
        len += n > 0 ? (size_t)n : 0;
    }
    text[len] = '\0';
    assert_int_equal(p.exit.code, 0);
    gox_process_close(&p);
}

static void test_through_exec(void **state)
{
    char dir[64], path[100], text[2000], want[400];
    struct gox_error err;
    struct gox_socket_info info;
    int unix_fd, lock_fd, tcp_fd;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/s.sock", dir);
    assert_int_equal(
            gox_socket_listen_unix(path, 0600, 16, &unix_fd, &lock_fd, &err),
            0);
    assert_int_equal(
            gox_socket_listen_tcp("127.0.0.1", 0, 16, &tcp_fd, &err), 0);
    assert_int_equal(gox_socket_describe(tcp_fd, &info), 0);
    /* Also one that sits where another belongs. */
    const struct gox_process_socket sockets[] = {
            {tcp_fd, "http"}, {unix_fd, "data"}, {lock_fd, "a file"}};
    struct gox_process_spec spec = {.sockets = sockets, .socket_count = 3};
    run_helper(&spec, "sockets", text, sizeof text);
    snprintf(want, sizeof want,
            "0 3 \n"
            "3 http kind=2 listening=1 stream=1 cloexec=1 nonblock=1 127.0.0.1 "
            "%u\n"
            "4 data kind=1 listening=1 stream=1 cloexec=1 nonblock=1 %s 0\n"
            "5 a file kind=0 listening=0 stream=0 cloexec=1 nonblock=0  0\n"
            "left 0\n",
            info.port, path);
    assert_string_equal(text, want);
    close(tcp_fd);
    close(unix_fd);
    close(lock_fd);
    gox_test_dir_remove(dir);
}

static void test_nothing_passed(void **state)
{
    char text[400];
    struct gox_process_spec spec = {0};
    (void)state;
    run_helper(&spec, "sockets", text, sizeof text);
    assert_string_equal(text, "0 0 \nleft 0\n");
}

struct variables {
    const char *pid, *fds, *names; /* NULL: not set; pid "": our own */
    int code;
    size_t count;
};

static void take_with(void *ctx)
{
    const struct variables *v = ctx;
    struct gox_listen_fds fds;
    struct gox_error err;
    char own[32];
    snprintf(own, sizeof own, "%d", getpid());
    unsetenv("LISTEN_PID");
    if (v->pid != NULL)
        setenv("LISTEN_PID", v->pid[0] == '\0' ? own : v->pid, 1);
    if (v->fds != NULL)
        setenv("LISTEN_FDS", v->fds, 1);
    if (v->names != NULL)
        setenv("LISTEN_FDNAMES", v->names, 1);
    for (int fd = 3; fd < 10; fd++)
        close(fd);
    child_check(dup2(STDIN_FILENO, 3) == 3 && dup2(STDIN_FILENO, 4) == 4);
    child_check(gox_listen_fds_take(&fds, true, &err) == v->code);
    child_check(fds.count == v->count);
    child_check(getenv("LISTEN_PID") == NULL);
    child_check(v->count == 0 || fcntl(3, F_GETFD) == FD_CLOEXEC);
    child_check(v->count != 0 || fcntl(3, F_GETFD) == 0 || v->code != 0);
    child_check(v->names != NULL || v->count == 0 ||
                strcmp(fds.items[0].name, "unknown") == 0);
    gox_listen_fds_fini(&fds);
    child_check(v->count == 0 || fcntl(3, F_GETFD) == -1);
}

static void test_variables(void **state)
{
    struct variables rows[] = {
            {"", "2", "a:b", 0, 2}, {"", "2", NULL, 0, 2},
            {"", "0", NULL, 0, 0}, {"", "1", "only", 0, 1}, {"", "1", "", 0, 1},
            {"1", "2", "a:b", 0, 0}, {NULL, "2", "a:b", 0, 0},
            {"x", "2", "a:b", 0, 0}, {"", NULL, NULL, 0, 0},
            {"", "2", "a", GOX_ERR_FORMAT, 0},
            {"", "2", "a:b:c", GOX_ERR_FORMAT, 0},
            {"", "-1", NULL, GOX_ERR_FORMAT, 0},
            {"", "two", NULL, GOX_ERR_FORMAT, 0},
            {"", "65", NULL, GOX_ERR_FORMAT, 0},
            {"", "3", NULL, GOX_ERR_IO, 0}, /* 5 is not open */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int code = run_forked(take_with, &rows[i]);
        if (code != 0)
            fail_msg("row %zu", i);
    }
}

static void take_without_memory(void *ctx)
{
    struct gox_listen_fds fds;
    struct gox_error err;
    char own[32];
    (void)ctx;
    snprintf(own, sizeof own, "%d", getpid());
    setenv("LISTEN_PID", own, 1);
    setenv("LISTEN_FDS", "1", 1);
    unsetenv("LISTEN_FDNAMES");
    child_check(dup2(STDIN_FILENO, 3) == 3);
    gox_alloc_fail_at(1, true);
    child_check(gox_listen_fds_take(&fds, false, &err) == GOX_ERR_NOMEM);
    gox_alloc_fail_at(0, false);
    child_check(fds.count == 0 && fcntl(3, F_GETFD) >= 0);
    child_check(gox_listen_fds_take(&fds, true, &err) == 0 && fds.count == 1);
    gox_listen_fds_fini(&fds);
}

static void test_take_without_memory(void **state)
{
    (void)state;
    assert_int_equal(run_forked(take_without_memory, NULL), 0);
}

static void test_find(void **state)
{
    struct gox_listen_fd items[] = {
            {.fd = 100, .name = "x", .info = {GOX_SOCKET_UNIX, true, false}},
            {.fd = 101, .name = "x", .info = {GOX_SOCKET_UNIX, true, true}},
            {.fd = 102, .name = "y", .info = {GOX_SOCKET_TCP, true, true}},
            {.fd = -1, .name = "z", .info = {GOX_SOCKET_TCP, true, true}}};
    struct gox_listen_fds fds = {items, 4};
    (void)state;
    assert_ptr_equal(
            gox_listen_fds_find(&fds, GOX_SOCKET_UNIX, NULL), &items[1]);
    assert_ptr_equal(gox_listen_fds_find(&fds, GOX_SOCKET_TCP, "y"), &items[2]);
    assert_null(gox_listen_fds_find(&fds, GOX_SOCKET_TCP, "z"));
    assert_null(gox_listen_fds_find(&fds, GOX_SOCKET_UNIX, "y"));
}

static void test_adopt(void **state)
{
    char dir[64], path[100], other[120];
    struct gox_error err;
    int fd, lock_fd, tcp, pair[2];
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/s.sock", dir);
    assert_int_equal(
            gox_socket_listen_unix(path, 0600, 16, &fd, &lock_fd, &err), 0);
    fcntl(fd, F_SETFL, 0);
    assert_int_equal(gox_socket_adopt(fd, path, &err), 0);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(gox_socket_adopt(fd, NULL, &err), 0);
    snprintf(other, sizeof other, "%s/./s.sock", dir);
    assert_int_equal(gox_socket_adopt(fd, other, &err), 0);
    assert_int_equal(gox_socket_adopt(fd, "/elsewhere", &err), GOX_ERR_FORMAT);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(gox_socket_listen_tcp("::1", 0, 16, &tcp, &err), 0);
    assert_int_equal(gox_socket_adopt(tcp, NULL, &err), 0);
    assert_int_equal(gox_socket_adopt(tcp, path, &err), GOX_ERR_FORMAT);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(gox_socket_adopt(pair[0], NULL, &err), GOX_ERR_FORMAT);
    assert_int_equal(gox_socket_adopt(lock_fd, NULL, &err), GOX_ERR_FORMAT);
    close(pair[0]);
    close(pair[1]);
    assert_int_equal(gox_socket_adopt(pair[0], NULL, &err), GOX_ERR_IO);
    close(tcp);
    close(fd);
    close(lock_fd);
    gox_test_dir_remove(dir);
}

static int connect_tcp(uint16_t port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
            .sin_port = htons(port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static void test_tcp(void **state)
{
    struct gox_error err;
    struct gox_socket_info info;
    int fd, fd2;
    (void)state;
    assert_int_equal(gox_socket_listen_tcp("127.0.0.1", 0, 16, &fd, &err), 0);
    assert_int_equal(gox_socket_describe(fd, &info), 0);
    assert_int_equal(info.kind, GOX_SOCKET_TCP);
    assert_true(info.port > 0);
    assert_string_equal(info.address, "127.0.0.1");
    assert_int_equal(
            gox_socket_listen_tcp("127.0.0.1", info.port, 16, &fd2, &err),
            GOX_ERR_EXISTS);
    assert_int_equal(fd2, -1);
    int client = connect_tcp(info.port);
    int served = accept(fd, NULL, NULL);
    assert_true(served >= 0);
    /* The server closes first, so its side lingers; the next start must not
     * mind. */
    close(served);
    close(client);
    close(fd);
    assert_int_equal(
            gox_socket_listen_tcp("127.0.0.1", info.port, 16, &fd, &err), 0);
    close(fd);
    assert_int_equal(gox_socket_listen_tcp("localhost", 0, 16, &fd, &err),
            GOX_ERR_PARAMS);
    assert_int_equal(gox_socket_listen_tcp("192.0.2.77", 0, 16, &fd, &err),
            GOX_ERR_IO); /* not an address of this machine */
    assert_true(gox_socket_is_loopback("127.0.0.1"));
    assert_true(gox_socket_is_loopback("127.200.1.2"));
    assert_true(gox_socket_is_loopback("::1"));
    assert_true(gox_socket_is_loopback("::ffff:127.0.0.1"));
    assert_false(gox_socket_is_loopback("0.0.0.0"));
    assert_false(gox_socket_is_loopback("::"));
    assert_false(gox_socket_is_loopback("10.0.0.1"));
    assert_false(gox_socket_is_loopback("localhost"));
}

static void test_abstract(void **state)
{
    char name[60];
    struct gox_error err;
    struct gox_socket_info info;
    int fd, fd2, lock_fd, client;
    (void)state;
    snprintf(name, sizeof name, "@goxel-test-data-%d", getpid());
    assert_int_equal(
            gox_socket_connect_unix(name, &client, &err), GOX_ERR_CLOSED);
    assert_int_equal(
            gox_socket_listen_unix(name, 0600, 16, &fd, &lock_fd, &err), 0);
    assert_int_equal(lock_fd, -1);
    assert_int_equal(gox_socket_describe(fd, &info), 0);
    assert_string_equal(info.address, name);
    assert_int_equal(
            gox_socket_listen_unix(name, 0600, 16, &fd2, &lock_fd, &err),
            GOX_ERR_EXISTS);
    assert_int_equal(gox_socket_connect_unix(name, &client, &err), 0);
    close(client);
    gox_socket_unlink_unix(name, fd);
    close(fd);
}

static void test_access_and_groups(void **state)
{
    char dir[64], path[100];
    struct gox_error err;
    struct stat st;
    uint32_t gids[64];
    int fd, lock_fd, client;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/s.sock", dir);
    assert_int_equal(
            gox_socket_listen_unix(path, 0600, 16, &fd, &lock_fd, &err), 0);
    uint32_t gid = geteuid() == 0 ? 65534 : getegid();
    assert_int_equal(gox_socket_set_access(path, gid, 0660, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(st.st_gid, gid);
    assert_int_equal(gox_socket_set_access(dir, gid, 0660, &err), GOX_ERR_IO);
    assert_int_equal(gox_socket_connect_unix(path, &client, &err), 0);
    int served = accept(fd, NULL, NULL);
    assert_int_equal(
            gox_socket_peer_groups(served, gids, 64), getgroups(0, NULL));
    close(served);
    close(client);
    close(fd);
    close(lock_fd);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_through_exec),
            cmocka_unit_test(test_nothing_passed),
            cmocka_unit_test(test_variables),
            cmocka_unit_test(test_take_without_memory),
            cmocka_unit_test(test_find),
            cmocka_unit_test(test_adopt),
            cmocka_unit_test(test_tcp),
            cmocka_unit_test(test_abstract),
            cmocka_unit_test(test_access_and_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
