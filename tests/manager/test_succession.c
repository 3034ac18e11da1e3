/* SPDX-License-Identifier: Apache-2.0
 * One manager after another, or beside another: one daemon, one copy of it, one
 * who looks after it. */
#include "manager/rig.h"

#include <signal.h>

#define FAST                                                                   \
    "--set", "auto_start.restart_delay_ms=10", "--set",                        \
            "auto_start.health_interval_ms=200"

static const char *const fast[] = {FAST, NULL};

static void two_managers_at_once(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    pid_t first = r.pid;
    rig_spawn(&r, fast);
    assert_int_equal(rig_wait_exit(&r), 75);
    r.pid = first;
    assert_int_equal(rig_pid(&r), daemon);
    assert_int_equal(rig_ask(&r), daemon);
    rig_stop(&r);
}

/* The same daemon under two control sockets would have two restarters. */
static void another_control_socket_is_no_second_manager(void **unused)
{
    struct rig r;
    char control[160];
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    pid_t first = r.pid;
    snprintf(control, sizeof control, "%s/other.ctl", r.dir);
    const char *const args[] = {FAST, "--control", control, NULL};
    rig_spawn(&r, args);
    assert_int_equal(rig_wait_exit(&r), 75);
    r.pid = first;
    assert_int_equal(rig_pid(&r), daemon);
    /* Also of one that has taken its daemon over from a dead one. */
    rig_kill(&r, SIGKILL);
    rig_start(&r, fast);
    first = r.pid;
    assert_int_equal(rig_pid(&r), daemon);
    rig_spawn(&r, args);
    assert_int_equal(rig_wait_exit(&r), 75);
    r.pid = first;
    assert_int_equal(rig_ask(&r), daemon);
    assert_int_equal(rig_pid(&r), daemon);
    rig_stop(&r);
}

/* Killed and started again: the same daemon, one copy, the socket is held, its
 * output is read, events go on, and it is restarted when it crashes. */
static void adopts_after_its_own_death(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    int64_t events = rig_number(&r, "manager.latest_event");
    RIG_WAIT(rig_number(&r, "uptime_ms") > 150);
    rig_kill(&r, SIGKILL);
    assert_true(rig_is_alive(daemon));
    assert_int_equal(rig_ask(&r), daemon);
    rig_start(&r, fast);
    assert_int_equal(rig_pid(&r), daemon);
    /* It runs as long as it runs, not since it has this manager. */
    assert_true(rig_number(&r, "uptime_ms") >
                rig_number(&r, "manager.uptime_ms") + 100);
    assert_true(rig_has_state(&r, "running"));
    json_t *status = rig_call(&r, "manager.status", NULL);
    assert_true(json_is_true(json_object_get(status, "adopted")));
    assert_true(json_is_true(json_object_get(status, "holds_socket")));
    json_decref(status);
    assert_true(rig_number(&r, "manager.latest_event") > events);
    assert_int_equal(rig_count_events(&r, "started"), 1);
    assert_int_equal(rig_ask(&r), daemon);
    kill(daemon, SIGKILL);
    pid_t next;
    RIG_WAIT((next = rig_ask(&r)) > 0 && next != daemon);
    RIG_WAIT(rig_pid(&r) == next);
    rig_stop(&r);
}

/* Dead while nobody looked: the next manager starts a new one. */
static void starts_anew_when_both_died(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    rig_kill(&r, SIGKILL);
    kill(daemon, SIGKILL);
    RIG_WAIT(!rig_is_alive(daemon));
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    assert_int_not_equal(rig_pid(&r), daemon);
    rig_stop(&r);
}

static void exec_of_a_new_manager_keeps_the_daemon(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    for (int k = 0; k < 3; k++) {
        rig_do(&r, "manager.upgrade", "{\"what\":\"manager\"}");
        /* The answer came from the old program; the new one has the socket. */
        RIG_WAIT(gox_client_call(r.client, "manager.status", NULL, 1000, NULL,
                         &r.err) < 0);
        rig_connect(&r);
        assert_int_equal(rig_pid(&r), daemon);
        assert_int_equal(rig_number(&r, "manager.pid"), r.pid);
        assert_int_equal(rig_ask(&r), daemon);
    }
    assert_int_equal(rig_count_events(&r, "upgraded"), 3);
    assert_null(rig_call(&r, "manager.upgrade",
            "{\"what\":\"manager\",\"binary\":\"/nowhere\"}"));
    /* Still ours: its end is seen, with how it ended. */
    kill(daemon, SIGABRT);
    json_t *event = rig_wait_event(&r, "exited");
    assert_int_equal(
            json_integer_value(json_object_get(event, "signal")), SIGABRT);
    json_decref(event);
    rig_wait_state(&r, "running");
    rig_stop(&r);
}

/* Whoever could not serve does not get the place. */
static void unfit_successor_is_refused(void **unused)
{
    struct rig r;
    char config[160];
    (void)unused;
    rig_init(&r);
    rig_write(&r, "c.json", "{}");
    snprintf(config, sizeof config, "%s/c.json", r.dir);
    const char *const args[] = {FAST, "--config", config, NULL};
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    assert_null(rig_call(&r, "manager.upgrade",
            "{\"what\":\"manager\",\"binary\":\"/bin/true\"}"));
    assert_non_null(strstr(r.err.text, "no goxel-manager"));
    assert_null(rig_call(&r, "manager.upgrade",
            "{\"what\":\"manager\",\"binary\":\"/bin/false\"}"));
    rig_write(&r, "c.json", "{\"server\":{\"workers\":\"many\"}}");
    assert_null(rig_call(&r, "manager.upgrade", "{\"what\":\"manager\"}"));
    assert_non_null(strstr(r.err.text, "/server/workers"));
    assert_int_equal(rig_number(&r, "manager.pid"), r.pid);
    assert_int_equal(rig_pid(&r), daemon);
    assert_int_equal(rig_count_events(&r, "upgraded"), 0);
    rig_stop(&r);
}

static void leaves_the_daemon_when_told_so(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    rig_do(&r, "manager.shutdown", "{\"leave\":true}");
    assert_int_equal(rig_wait_exit(&r), 0);
    assert_int_equal(rig_ask(&r), daemon);
    rig_start(&r, fast);
    assert_int_equal(rig_pid(&r), daemon);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(two_managers_at_once),
            cmocka_unit_test(another_control_socket_is_no_second_manager),
            cmocka_unit_test(adopts_after_its_own_death),
            cmocka_unit_test(starts_anew_when_both_died),
            cmocka_unit_test(exec_of_a_new_manager_keeps_the_daemon),
            cmocka_unit_test(unfit_successor_is_refused),
            cmocka_unit_test(leaves_the_daemon_when_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
