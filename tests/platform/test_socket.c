/* SPDX-License-Identifier: Apache-2.0
 * Taking a socket's place: never somebody else's, never a file's; and what the
 * process can tell of itself. */
#include "gox_test.h"
#include "platform/os.h"
#include "platform/socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct place {
    char dir[64];
    char path[100];
};

static void setup(struct place *p)
{
    gox_test_dir(p->dir);
    snprintf(p->path, sizeof p->path, "%s/s.sock", p->dir);
}

static void test_listen_connect_unlink(void **state)
{
    struct place p;
    struct gox_error err;
    struct gox_peer peer;
    struct stat st;
    int fd, lock, client;
    (void)state;
    setup(&p);
    assert_int_equal(
            gox_socket_listen_unix(p.path, 0660, 16, &fd, &lock, &err), 0);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(gox_socket_connect_unix(p.path, &client, &err), 0);
    int served = accept(fd, NULL, NULL);
    assert_true(served >= 0);
    assert_int_equal(gox_socket_peer(served, &peer), 0);
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.uid, getuid());
    assert_false(gox_socket_is_gone(served));
    shutdown(client, SHUT_WR);
    assert_false(gox_socket_is_gone(served));
    close(client);
    assert_true(gox_socket_is_gone(served));
    close(served);
    gox_socket_unlink_unix(p.path, fd);
    assert_int_not_equal(access(p.path, F_OK), 0);
    close(fd);
    close(lock);
    gox_test_dir_remove(p.dir);
}

static void test_living_server_stays(void **state)
{
    struct place p;
    struct gox_error err;
    int fd, lock, fd2, lock2, client;
    (void)state;
    setup(&p);
    assert_int_equal(
            gox_socket_listen_unix(p.path, 0600, 16, &fd, &lock, &err), 0);
    assert_int_equal(
            gox_socket_listen_unix(p.path, 0600, 16, &fd2, &lock2, &err),
            GOX_ERR_EXISTS);
    assert_int_equal(fd2, -1);
    assert_int_equal(lock2, -1);
    /* Also when the first has no lock, as another program would. */
    close(lock);
    assert_int_equal(
            gox_socket_listen_unix(p.path, 0600, 16, &fd2, &lock2, &err),
            GOX_ERR_EXISTS);
    assert_non_null(strstr(err.text, "already answers"));
    assert_int_equal(gox_socket_connect_unix(p.path, &client, &err), 0);
    close(client);
    close(fd);
    gox_test_dir_remove(p.dir);
}

static void test_dead_socket_is_replaced(void **state)
{
    struct place p;
    struct gox_error err;
    int fd, lock, client;
    (void)state;
    setup(&p);
    assert_int_equal(
            gox_socket_listen_unix(p.path, 0600, 16, &fd, &lock, &err), 0);
    close(fd); /* as after a crash: the file stays */
    close(lock);
    assert_int_equal(
            gox_socket_connect_unix(p.path, &client, &err), GOX_ERR_CLOSED);
    assert_int_equal(
            gox_socket_listen_unix(p.path, 0600, 16, &fd, &lock, &err), 0);
    close(fd);
    close(lock);
    gox_test_dir_remove(p.dir);
}

static void test_file_is_not_touched(void **state)
{
    struct place p;
    struct gox_error err;
    struct stat st;
    int fd, lock;
    (void)state;
    setup(&p);
    FILE *file = fopen(p.path, "w");
    fputs("precious", file);
    fclose(file);
    assert_int_equal(gox_socket_listen_unix(p.path, 0600, 16, &fd, &lock, &err),
            GOX_ERR_IO);
    assert_non_null(strstr(err.text, "no socket"));
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_size, 8);
    gox_test_dir_remove(p.dir);
}

static void test_bad_places(void **state)
{
    struct gox_error err;
    char path[200];
    int fd, lock;
    (void)state;
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(gox_socket_listen_unix(path, 0600, 16, &fd, &lock, &err),
            GOX_ERR_IO);
    assert_int_equal(
            gox_socket_listen_unix("", 0600, 16, &fd, &lock, &err), GOX_ERR_IO);
    assert_int_equal(gox_socket_listen_unix(
                             "/nonexistent/dir/s", 0600, 16, &fd, &lock, &err),
            GOX_ERR_IO);
    assert_int_equal(gox_socket_connect_unix("/nonexistent/s", &fd, &err),
            GOX_ERR_NOT_FOUND);
}

static void test_own_process(void **state)
{
    char name[256];
    (void)state;
    assert_true(gox_os_rss_bytes() > 100000);
    assert_true(gox_os_cpu_count() >= 1);
    int before = gox_os_fd_count();
    int fd = open("/dev/null", O_RDONLY);
    assert_int_equal(gox_os_fd_count(), before + 1);
    close(fd);
    assert_int_equal(gox_os_thread_count(), 1);
    assert_true(gox_os_disk_free("/") > 0);
    assert_int_equal(gox_os_disk_free("/nonexistent"), -1);
    gox_os_hostname(name, sizeof name);
    assert_true(name[0] != '\0');
}

static void test_make_dirs(void **state)
{
    char dir[64];
    char path[200];
    struct gox_error err;
    (void)state;
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/a/b/c", dir);
    assert_int_equal(gox_os_make_dirs(path, &err), 0);
    assert_int_equal(gox_os_make_dirs(path, &err), 0);
    snprintf(path, sizeof path, "%s/a/file", dir);
    fclose(fopen(path, "w"));
    assert_int_equal(gox_os_make_dirs(path, &err), GOX_ERR_IO);
    strcat(path, "/x");
    assert_int_equal(gox_os_make_dirs(path, &err), GOX_ERR_IO);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_listen_connect_unlink),
            cmocka_unit_test(test_living_server_stays),
            cmocka_unit_test(test_dead_socket_is_replaced),
            cmocka_unit_test(test_file_is_not_touched),
            cmocka_unit_test(test_bad_places),
            cmocka_unit_test(test_own_process),
            cmocka_unit_test(test_make_dirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
