/* SPDX-License-Identifier: Apache-2.0
 * Two daemons, one data directory: the second one waits for the first when it
 * is told to (daemon.takeover_seconds), with its clients. */
#include "daemon/wire.h"

#include <signal.h>
#include <unistd.h>

#define EDIT                                                                   \
    "{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel',"                      \
    "'params':[1,2,3,'red']}\n"
#define READ                                                                   \
    "{'jsonrpc':'2.0','id':2,'method':'goxel.get_voxel',"                      \
    "'params':[1,2,3]}\n"

static void start_second(struct wire *w, const char *dir, const char *seconds)
{
    const char *const args[] = {
            "--data-dir", dir, "--takeover-seconds", seconds, NULL};
    gox_test_dir(w->dir);
    wire_start_in(w, args);
    free(wire_wait_log(w, "waiting for it for at most"));
}

static void test_client_waits_for_both(void **state)
{
    struct wire old, new;
    (void)state;
    wire_start(&old, NULL);
    int fd = wire_connect(&old);
    wire_send(fd, EDIT);
    wire_expect(fd, "'revision':1");
    start_second(&new, old.dir, "30");
    int waiting = wire_connect(&new);
    wire_send(waiting, READ);
    wire_expect_silence(waiting, 100);
    close(fd);
    assert_int_equal(wire_stop(&old, NULL), 0);
    wire_expect(waiting, "255,0,0");
    close(waiting);
    assert_int_equal(wire_stop(&new, NULL), 0);
    wire_cleanup(&new);
    wire_cleanup(&old);
}

static void test_old_one_is_killed(void **state)
{
    struct wire old, new;
    (void)state;
    wire_start(&old, NULL);
    start_second(&new, old.dir, "30");
    kill(old.pid, SIGKILL);
    free(wire_wait_log(&new, "for the data directory"));
    int fd = wire_connect(&new);
    wire_send(fd, EDIT);
    wire_expect(fd, "'revision':1");
    close(fd);
    (void)wire_wait(&old);
    assert_int_equal(wire_stop(&new, NULL), 0);
    wire_cleanup(&new);
    wire_cleanup(&old);
}

/* Nothing was begun, so there is nothing to finish: it ends at once, in good
 * order. */
static void test_stop_while_waiting(void **state)
{
    struct wire old, new;
    double ms;
    (void)state;
    wire_start(&old, NULL);
    start_second(&new, old.dir, "30");
    assert_int_equal(wire_stop(&new, &ms), 0);
    assert_true(ms < 5000);
    assert_int_not_equal(access(new.socket, F_OK), 0);
    assert_int_equal(wire_stop(&old, NULL), 0);
    wire_cleanup(&new);
    wire_cleanup(&old);
}

static void test_time_is_up(void **state)
{
    struct wire old, new;
    (void)state;
    wire_start(&old, NULL);
    start_second(&new, old.dir, "1");
    assert_int_equal(wire_wait(&new), 75);
    assert_int_not_equal(access(new.socket, F_OK), 0);
    assert_int_equal(wire_stop(&old, NULL), 0);
    wire_cleanup(&new);
    wire_cleanup(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_client_waits_for_both),
            cmocka_unit_test(test_old_one_is_killed),
            cmocka_unit_test(test_stop_while_waiting),
            cmocka_unit_test(test_time_is_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
