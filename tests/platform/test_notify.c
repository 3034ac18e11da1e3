/* SPDX-License-Identifier: Apache-2.0
 * sd_notify on both sides: what is sent arrives, in order, from whom the kernel
 * says; what must not get through does not; and nothing stays open. */
#include "platform/notify.h"
#include "platform_test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct pair {
    struct gox_notify_server server;
    struct gox_notify client;
    char dir[64], address[100];
};

static void open_at(struct pair *p, const char *address)
{
    struct gox_error err;
    assert_int_equal(gox_notify_server_open(&p->server, address, -1, &err), 0);
    setenv("NOTIFY_SOCKET", address, 1);
    assert_int_equal(gox_notify_init(&p->client, true, &err), 0);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_true(gox_notify_is_on(&p->client));
}

static void open_pair(struct pair *p)
{
    gox_test_dir(p->dir);
    snprintf(p->address, sizeof p->address, "%s/notify", p->dir);
    open_at(p, p->address);
}

static void close_pair(struct pair *p)
{
    gox_notify_fini(&p->client);
    gox_notify_server_close(&p->server, false);
    assert_int_not_equal(access(p->address, F_OK), 0);
    gox_test_dir_remove(p->dir);
}

static struct gox_notify_message receive(struct pair *p)
{
    struct gox_notify_message m;
    struct gox_error err = {0};
    int code = gox_notify_server_receive(&p->server, &m, &err);
    if (code != 1)
        fail_msg("%d: %s", code, err.text);
    assert_int_equal(m.pid, getpid());
    assert_int_equal(m.uid, geteuid());
    return m;
}

static int receive_bad(struct pair *p)
{
    struct gox_notify_message m;
    struct gox_error err;
    return gox_notify_server_receive(&p->server, &m, &err);
}

static void test_all_messages_in_order(void **state)
{
    struct pair p;
    struct gox_notify_message m;
    (void)state;
    open_pair(&p);
    assert_int_equal(receive_bad(&p), 0);
    assert_int_equal(gox_notify_extend_timeout(&p.client, 2500), 1);
    assert_int_equal(gox_notify_ready(&p.client, "serving"), 1);
    assert_int_equal(gox_notify_status(&p.client, "2 projects"), 1);
    assert_int_equal(gox_notify_watchdog(&p.client), 1);
    assert_int_equal(gox_notify_reloading(&p.client, NULL), 1);
    assert_int_equal(gox_notify_ready(&p.client, NULL), 1);
    assert_int_equal(gox_notify_watchdog_trigger(&p.client), 1);
    assert_int_equal(gox_notify_main_pid(&p.client, 77), 1);
    assert_int_equal(gox_notify_stopping(&p.client, NULL), 1);
    assert_int_equal(gox_notify_exit(&p.client, 5, 78), 1);

    m = receive(&p);
    assert_int_equal(m.extend_timeout_us, 2500000);
    assert_false(m.is_ready);
    m = receive(&p);
    assert_true(m.is_ready && m.has_status);
    assert_string_equal(m.status, "serving");
    m = receive(&p);
    assert_true(!m.is_ready && m.has_status);
    assert_string_equal(m.status, "2 projects");
    m = receive(&p);
    assert_true(m.is_watchdog && !m.is_watchdog_trigger && !m.has_status);
    m = receive(&p);
    assert_true(m.is_reloading && m.monotonic_us > 0);
    m = receive(&p);
    assert_true(m.is_ready && !m.is_reloading && m.monotonic_us == -1);
    m = receive(&p);
    assert_true(m.is_watchdog_trigger && !m.is_watchdog);
    assert_int_equal(receive(&p).main_pid, 77);
    assert_true(receive(&p).is_stopping);
    m = receive(&p);
    assert_int_equal(m.errno_value, 5);
    assert_int_equal(m.exit_status, 78);
    assert_int_equal(receive_bad(&p), 0);
    close_pair(&p);
}

static void test_abstract_address(void **state)
{
    struct pair p = {0};
    char address[60];
    (void)state;
    snprintf(address, sizeof address, "@goxel-test-%d", getpid());
    open_at(&p, address);
    assert_int_equal(gox_notify_ready(&p.client, NULL), 1);
    assert_true(receive(&p).is_ready);
    gox_notify_fini(&p.client);
    gox_notify_server_close(&p.server, false);
}

static void test_descriptors_are_closed(void **state)
{
    struct pair p;
    int fds[3];
    (void)state;
    open_pair(&p);
    for (int i = 0; i < 3; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int before = gox_os_fd_count();
    for (int round = 0; round < 50; round++) {
        assert_int_equal(
                gox_notify_store_fds(&p.client, "connections", fds, 3), 1);
        struct gox_notify_message m = receive(&p);
        assert_true(m.is_fd_store);
        assert_int_equal(m.fd_count, 3);
    }
    assert_int_equal(gox_notify_remove_fds(&p.client, "connections"), 1);
    assert_true(receive(&p).is_fd_store_remove);
    assert_int_equal(gox_os_fd_count(), before);
    assert_int_equal(
            gox_notify_store_fds(&p.client, "a:b", fds, 3), GOX_ERR_PARAMS);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close_pair(&p);
}

/* As many as the kernel lets through at once. */
static void test_most_descriptors(void **state)
{
    struct pair p;
    int fds[GOX_NOTIFY_FDS_MAX];
    (void)state;
    open_pair(&p);
    for (int i = 0; i < GOX_NOTIFY_FDS_MAX; i++)
        fds[i] = STDIN_FILENO;
    int before = gox_os_fd_count();
    assert_int_equal(
            gox_notify_store_fds(&p.client, "all", fds, GOX_NOTIFY_FDS_MAX), 1);
    assert_int_equal(receive(&p).fd_count, GOX_NOTIFY_FDS_MAX);
    assert_int_equal(gox_os_fd_count(), before);
    close_pair(&p);
}

static void test_status_brings_no_second_line(void **state)
{
    struct pair p;
    char text[1000];
    (void)state;
    open_pair(&p);
    assert_int_equal(
            gox_notify_status(&p.client, "name\nMAINPID=1\r\x1b[31m"), 1);
    struct gox_notify_message m = receive(&p);
    assert_int_equal(m.main_pid, -1);
    assert_string_equal(m.status, "name MAINPID=1  [31m");
    /* Cut between characters. */
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    assert_int_equal(gox_notify_status(&p.client, text), 1);
    m = receive(&p);
    assert_int_equal(strlen(m.status), 254);
    close_pair(&p);
}

static void send_raw(struct pair *p, const void *data, size_t len)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    strcpy(addr.sun_path, p->address);
    assert_int_equal(sendto(p->client.fd, data, len, 0,
                             (struct sockaddr *)&addr, sizeof addr),
            len);
}

static void test_bad_datagrams(void **state)
{
    struct pair p;
    char big[GOX_NOTIFY_MESSAGE_MAX + 1];
    (void)state;
    open_pair(&p);
    memset(big, 'A', sizeof big);
    send_raw(&p, big, sizeof big);
    assert_int_equal(receive_bad(&p), GOX_ERR_TOO_LARGE);
    send_raw(&p, "READY=1\0X", 9);
    assert_int_equal(receive_bad(&p), GOX_ERR_FORMAT);
    send_raw(&p, "READY", 5);
    assert_int_equal(receive_bad(&p), GOX_ERR_FORMAT);
    send_raw(&p, "=1", 2);
    assert_int_equal(receive_bad(&p), GOX_ERR_FORMAT);
    send_raw(&p, "BARRIER=1", 9); /* without its descriptor */
    assert_int_equal(receive_bad(&p), GOX_ERR_FORMAT);
    send_raw(&p, "", 0);
    assert_false(receive(&p).is_ready);
    /* What is not known or not a number takes nothing else along. */
    send_raw(&p, "X_GOX_A=1\nMAINPID=x\n\nREADY=1\nERRNO=\n", 36);
    struct gox_notify_message m = receive(&p);
    assert_true(m.is_ready);
    assert_int_equal(m.main_pid, -1);
    assert_int_equal(m.unknown_count, 3);
    send_raw(&p, "MAINPID=99999999999999999999", 28); /* above 2^63 */
    assert_int_equal(receive(&p).main_pid, -1);
    send_raw(&p, "STATUS=a\xff\xc3\xa4\xed\xa0\x80", 14);
    assert_string_equal(receive(&p).status, "a?\xc3\xa4???");
    close_pair(&p);
}

static void answer_barrier(void *ctx)
{
    struct pair *p = ctx;
    child_check(gox_notify_ready(&p->client, NULL) == 1);
    child_check(gox_notify_barrier(&p->client, WAIT_LIMIT_MS) == 1);
}

static void test_barrier(void **state)
{
    struct pair p;
    int status;
    (void)state;
    open_pair(&p);
    assert_int_equal(gox_notify_barrier(&p.client, 1), GOX_ERR_TIMEOUT);
    assert_true(receive(&p).is_barrier);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        gox_notify_server_close(&p.server, true);
        answer_barrier(&p);
        _exit(0);
    }
    struct gox_notify_message m;
    struct gox_error err;
    int code = 0;
    wait_until((code = gox_notify_server_receive(&p.server, &m, &err)) != 0);
    assert_true(code == 1 && m.is_ready && m.pid == pid);
    wait_until((code = gox_notify_server_receive(&p.server, &m, &err)) != 0);
    assert_true(code == 1 && m.is_barrier);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close_pair(&p);
}

static void send_as_nobody(void *ctx)
{
    struct pair *p = ctx;
    child_check(setgid(65534) == 0 && setuid(65534) == 0);
    child_check(gox_notify_ready(&p->client, NULL) == 1);
}

static void test_other_users_are_refused(void **state)
{
    struct pair p = {0};
    char address[60];
    struct gox_notify_message m;
    struct gox_error err;
    (void)state;
    if (geteuid() != 0)
        skip(); /* takes root to become somebody else */
    /* An abstract address, which no file mode protects. */
    snprintf(address, sizeof address, "@goxel-test-%d", getpid());
    open_at(&p, address);
    assert_int_equal(run_forked(send_as_nobody, &p), 0);
    assert_int_equal(
            gox_notify_server_receive(&p.server, &m, &err), GOX_ERR_FORBIDDEN);
    assert_true(m.pid > 0 && !m.is_ready);
    p.server.client_uid = 65534;
    assert_int_equal(run_forked(send_as_nobody, &p), 0);
    assert_int_equal(gox_notify_server_receive(&p.server, &m, &err), 1);
    assert_true(m.is_ready && m.uid == 65534);
    gox_notify_fini(&p.client);
    gox_notify_server_close(&p.server, false);
}

static void test_path_and_mode(void **state)
{
    struct pair p;
    struct gox_notify_server second;
    struct gox_error err;
    struct stat st;
    char file[120];
    (void)state;
    open_pair(&p);
    assert_int_equal(stat(p.address, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* A successor at the same path hears the same client. */
    gox_notify_server_close(&p.server, true);
    assert_int_equal(gox_notify_ready(&p.client, NULL), GOX_ERR_CLOSED);
    assert_int_equal(gox_notify_server_open(&p.server, p.address, -1, &err), 0);
    assert_int_equal(gox_notify_ready(&p.client, NULL), 1);
    assert_true(receive(&p).is_ready);
    /* A file is not touched. */
    snprintf(file, sizeof file, "%s/file", p.dir);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(
            gox_notify_server_open(&second, file, -1, &err), GOX_ERR_EXISTS);
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(gox_notify_server_open(&second, "relative", -1, &err),
            GOX_ERR_PARAMS);
    assert_int_equal(second.fd, -1);
    close_pair(&p);
}

static void test_nobody_listens(void **state)
{
    struct gox_notify n;
    struct gox_error err;
    char longest[200];
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(gox_notify_init(&n, false, &err), 0);
    assert_false(gox_notify_is_on(&n));
    assert_int_equal(gox_notify_ready(&n, "x"), 0);
    assert_int_equal(gox_notify_barrier(&n, 1), 0);
    gox_notify_fini(&n);
    setenv("NOTIFY_SOCKET", "vsock:2:1234", 1);
    assert_int_equal(gox_notify_init(&n, false, &err), GOX_ERR_UNSUPPORTED);
    assert_int_equal(gox_notify_ready(&n, NULL), 0);
    memset(longest, 'a', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    assert_int_equal(gox_notify_init(&n, true, &err), GOX_ERR_UNSUPPORTED);
    setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    assert_int_equal(gox_notify_init(&n, true, &err), 0);
    assert_int_equal(gox_notify_ready(&n, NULL), GOX_ERR_CLOSED);
    gox_notify_fini(&n);
}

static int64_t watchdog_with(const char *usec, const char *pid)
{
    struct gox_notify n;
    struct gox_error err;
    setenv("NOTIFY_SOCKET", "@x", 1);
    setenv("WATCHDOG_USEC", usec, 1);
    if (pid != NULL)
        setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(gox_notify_init(&n, true, &err), 0);
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    int64_t usecs = n.watchdog_us;
    gox_notify_fini(&n);
    return usecs;
}

static void test_watchdog_variables(void **state)
{
    char own[32];
    (void)state;
    snprintf(own, sizeof own, "%d", getpid());
    assert_int_equal(watchdog_with("30000000", own), 30000000);
    assert_int_equal(watchdog_with("30000000", NULL), 30000000);
    assert_int_equal(watchdog_with("30000000", "1"), 0);
    assert_int_equal(watchdog_with("soon", own), 0);
    assert_int_equal(watchdog_with("-5", own), 0);
}

/* A full queue costs the ping a count and no time. */
static void test_full_queue(void **state)
{
    struct pair p;
    int code = 1;
    (void)state;
    open_pair(&p);
    for (int i = 0; i < 100000 && code == 1; i++)
        code = gox_notify_watchdog(&p.client);
    assert_int_equal(code, GOX_ERR_BUSY);
    assert_int_equal(p.client.lost_count, 1);
    assert_true(receive(&p).is_watchdog);
    assert_int_equal(gox_notify_watchdog(&p.client), 1);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_all_messages_in_order),
            cmocka_unit_test(test_abstract_address),
            cmocka_unit_test(test_descriptors_are_closed),
            cmocka_unit_test(test_most_descriptors),
            cmocka_unit_test(test_status_brings_no_second_line),
            cmocka_unit_test(test_bad_datagrams),
            cmocka_unit_test(test_barrier),
            cmocka_unit_test(test_other_users_are_refused),
            cmocka_unit_test(test_path_and_mode),
            cmocka_unit_test(test_nobody_listens),
            cmocka_unit_test(test_watchdog_variables),
            cmocka_unit_test(test_full_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
