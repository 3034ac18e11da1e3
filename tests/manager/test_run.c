/* SPDX-License-Identifier: Apache-2.0
 * The life of a daemon under the real goxel-manager: start, crash, backoff,
 * giving up, stopping, and each way in which a daemon can misbehave. */
#include "manager/rig.h"

#include <signal.h>
#include <sys/stat.h>

/* Short times, so that the tests are short. */
#define FAST                                                                   \
    "--set", "auto_start.restart_delay_ms=20", "--set",                        \
            "auto_start.health_interval_ms=100", "--set",                      \
            "auto_start.health_timeout_ms=150"

static const char *const fast[] = {FAST, NULL};

static void starts_and_stops(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    assert_true(pid > 0);
    assert_int_equal(rig_ask(&r), pid);
    assert_string_equal(rig_text(&r, "backend"), "builtin");
    rig_do(&r, "manager.stop", NULL);
    assert_true(rig_has_state(&r, "stopped"));
    assert_false(rig_is_alive(pid));
    assert_string_equal(rig_text(&r, "last_exit.cause"), "operator");
    rig_do(&r, "manager.start", NULL);
    assert_true(rig_has_state(&r, "running"));
    pid = rig_pid(&r);
    rig_do(&r, "manager.restart", NULL);
    assert_int_not_equal(rig_pid(&r), pid);
    assert_true(rig_has_state(&r, "running"));
    assert_int_equal(rig_count_events(&r, "started"), 3);
    assert_int_equal(rig_count_events(&r, "restarted"), 1);
    assert_int_equal(rig_count_events(&r, "stopped"), 1);
    rig_stop(&r);
}

static void ready_is_what_the_daemon_says(void **unused)
{
    const char *const args[] = {FAST, "--", "--notify", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    rig_stop(&r);
}

static void crash_is_followed_by_an_answer(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    /* Settled: a run of more than a second. */
    RIG_WAIT(rig_number(&r, "uptime_ms") > 1100);
    kill(pid, SIGKILL);
    pid_t next;
    /* The dead one may still have the connection; nobody is refused. */
    RIG_WAIT((next = rig_ask(&r)) > 0 && next != pid);
    json_t *event = rig_wait_event(&r, "restarted");
    assert_string_equal(
            json_string_value(json_object_get(event, "cause")), "signal");
    json_decref(event);
    event = rig_wait_event(&r, "exited");
    assert_int_equal(json_integer_value(json_object_get(event, "signal")), 9);
    assert_int_equal(
            json_integer_value(json_object_get(event, "next_in_ms")), 0);
    const char *bundle = json_string_value(json_object_get(event, "bundle"));
    assert_non_null(bundle);
    RIG_WAIT(access(bundle, F_OK) == 0);
    json_decref(event);
    rig_stop(&r);
}

static void exits_at_once_ends_in_failed(void **unused)
{
    const char *const args[] = {FAST, "--set", "auto_start.max_restarts=3",
            "--set", "auto_start.restart_delay_max_ms=40", "--", "--exit", "3",
            NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "failed");
    assert_int_equal(rig_count_events(&r, "started"), 4);
    assert_string_equal(rig_text(&r, "last_exit.cause"), "crash");
    assert_int_equal(rig_number(&r, "last_exit.code"), 3);
    assert_true(rig_number(&r, "restarts.next_in_ms") > 500000);
    /* An operator's start is one more try, and says what came of it. */
    assert_null(rig_call(&r, "manager.start", "{\"timeout_ms\":10000}"));
    assert_int_equal(r.err.code, GOX_ERR_INTERNAL);
    assert_non_null(strstr(r.err.text, "exited with code 3"));
    rig_stop(&r);
}

static void bad_configuration_is_not_retried(void **unused)
{
    struct rig r;
    char file[128];
    (void)unused;
    rig_init(&r);
    snprintf(file, sizeof file, "%s/code", r.dir);
    const char *const args[] = {FAST, "--", "--exit-file", file, NULL};
    rig_write(&r, "code", "78");
    rig_start(&r, args);
    rig_wait_state(&r, "failed");
    assert_int_equal(rig_count_events(&r, "started"), 1);
    assert_string_equal(rig_text(&r, "last_exit.cause"), "config");
    assert_int_equal(rig_number(&r, "restarts.next_in_ms"), 0);
    unlink(file);
    rig_do(&r, "manager.reset", NULL);
    rig_wait_state(&r, "running");
    rig_stop(&r);
}

static void no_restart_when_told_so(void **unused)
{
    const char *const args[] = {
            "--set", "auto_start.restart_on_failure=false", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    kill(rig_pid(&r), SIGKILL);
    rig_wait_state(&r, "failed");
    assert_int_equal(rig_count_events(&r, "started"), 1);
    rig_stop(&r);
}

/* The child that is left must be gone before the next start: all of them
 * together would be copies that nobody sees. */
static void what_forks_away_is_killed(void **unused)
{
    struct rig r;
    char file[128];
    struct stat st;
    (void)unused;
    rig_init(&r);
    snprintf(file, sizeof file, "%s/count", r.dir);
    const char *const args[] = {FAST, "--set", "auto_start.max_restarts=2",
            "--", "--forks-away", "--count", file, NULL};
    rig_start(&r, args);
    rig_wait_state(&r, "failed");
    assert_int_equal(rig_ask(&r), 0); /* nobody serves */
    assert_true(rig_count_events(&r, "error") > 0);
    assert_true(stat(file, &st) != 0 || st.st_size <= 3);
    rig_stop(&r);
}

static void ignored_sigterm_is_followed_by_sigkill(void **unused)
{
    const char *const args[] = {FAST, "--set",
            "auto_start.shutdown_timeout_ms=200", "--", "--ignore-term", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    rig_do(&r, "manager.stop", NULL);
    assert_false(rig_is_alive(pid));
    assert_int_equal(rig_number(&r, "last_exit.signal"), 9);
    rig_stop(&r);
}

static void flood_of_logs_does_not_stop_it(void **unused)
{
    const char *const args[] = {FAST, "--set", "logging.rotation.max_size_mb=1",
            "--set", "logging.rotation.max_files=2", "--", "--flood", "20",
            "--say", "after the flood", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    assert_true(rig_ask(&r) > 0);
    json_t *logs = rig_call(&r, "manager.logs", "{\"lines\":5}");
    json_t *lines = json_object_get(logs, "lines");
    assert_int_equal(json_array_size(lines), 5);
    assert_true(json_string_length(json_array_get(lines, 0)) > 10);
    json_decref(logs);
    rig_stop(&r);
}

static void memory_limit_restarts_in_good_order(void **unused)
{
    struct rig r;
    char flag[128];
    (void)unused;
    rig_init(&r);
    snprintf(flag, sizeof flag, "%s/none", r.dir);
    const char *const args[] = {
            FAST, "--memory-soft", "32", "--", "--eat", "64", NULL};
    rig_start(&r, args);
    json_t *event = rig_wait_event(&r, "restarted");
    assert_string_equal(
            json_string_value(json_object_get(event, "cause")), "memory");
    json_decref(event);
    rig_stop(&r);
}

static void stopped_process_is_unknown(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    kill(pid, SIGSTOP);
    RIG_WAIT(strcmp(rig_text(&r, "health"), "unknown") == 0);
    /* Long enough for ten failures, if they counted as such. */
    int64_t end = rig_now_us() + 2500000;
    while (rig_now_us() < end) {
        assert_int_equal(rig_pid(&r), pid);
        rig_pause();
    }
    assert_non_null(strstr(rig_text(&r, "reason"), "SIGSTOP"));
    kill(pid, SIGCONT);
    RIG_WAIT(strcmp(rig_text(&r, "health"), "healthy") == 0);
    assert_int_equal(rig_count_events(&r, "exited"), 0);
    rig_stop(&r);
}

static void hang_is_noticed_and_restarted(void **unused)
{
    struct rig r;
    char file[128];
    struct stat st;
    (void)unused;
    rig_init(&r);
    snprintf(file, sizeof file, "%s/mute", r.dir);
    const char *const args[] = {FAST, "--", "--mute-file", file, NULL};
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    rig_write(&r, "mute", "");
    RIG_WAIT(rig_count_events(&r, "exited") > 0);
    unlink(file);
    json_t *event = rig_wait_event(&r, "exited");
    assert_string_equal(
            json_string_value(json_object_get(event, "cause")), "probe");
    const char *bundle = json_string_value(json_object_get(event, "bundle"));
    assert_non_null(bundle);
    assert_int_equal(stat(bundle, &st), 0);
    assert_true(st.st_size > 100);
    json_decref(event);
    rig_wait_state(&r, "running");
    assert_int_not_equal(rig_pid(&r), pid);
    rig_stop(&r);
}

static void never_ready_is_a_failed_start(void **unused)
{
    const char *const args[] = {FAST, "--set",
            "auto_start.startup_timeout_ms=300", "--set",
            "auto_start.max_restarts=1", "--", "--mute", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "failed");
    assert_string_equal(rig_text(&r, "last_exit.cause"), "startup");
    rig_stop(&r);
}

static void no_such_program(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    assert_null(rig_call(
            &r, "manager.upgrade", "{\"binary\":\"/nowhere/goxel-daemon\"}"));
    assert_int_equal(r.err.code, GOX_ERR_NOT_FOUND);
    assert_true(rig_has_state(&r, "running"));
    rig_stop(&r);
}

static void upgrade_changes_the_program_or_goes_back(void **unused)
{
    struct rig r;
    char path[160], command[800], params[256];
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t pid = rig_pid(&r);
    snprintf(path, sizeof path, "%s/new-child", r.dir);
    snprintf(command, sizeof command, "cp %s %s", r.child, path);
    assert_int_equal(system(command), 0);
    snprintf(params, sizeof params, "{\"binary\":\"%s\"}", path);
    rig_do(&r, "manager.upgrade", params);
    assert_string_equal(rig_text(&r, "binary"), path);
    assert_int_not_equal(rig_pid(&r), pid);
    assert_int_equal(rig_count_events(&r, "upgraded"), 1);
    /* One that ends at once, and one that is no program at all. */
    assert_null(rig_call(&r, "manager.upgrade", "{\"binary\":\"/bin/false\"}"));
    assert_non_null(strstr(r.err.text, "serves again"));
    assert_true(rig_has_state(&r, "running"));
    assert_string_equal(rig_text(&r, "binary"), path);
    rig_write(&r, "garbage", "this is no program");
    snprintf(command, sizeof command, "chmod 755 %s/garbage", r.dir);
    assert_int_equal(system(command), 0);
    snprintf(params, sizeof params, "{\"binary\":\"%s/garbage\"}", r.dir);
    assert_null(rig_call(&r, "manager.upgrade", params));
    assert_true(rig_has_state(&r, "running"));
    assert_int_equal(rig_ask(&r), rig_pid(&r));
    assert_int_equal(rig_count_events(&r, "upgraded"), 1);
    rig_stop(&r);
}

static void watchdog_that_is_not_fed(void **unused)
{
    const char *const args[] = {FAST, "--watchdog", "300", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    json_t *event = rig_wait_event(&r, "exited");
    assert_string_equal(
            json_string_value(json_object_get(event, "cause")), "watchdog");
    json_decref(event);
    rig_stop(&r);
}

static void waiting_has_a_limit(void **unused)
{
    const char *const args[] = {FAST, "--no-start", "--", "--mute", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    assert_true(rig_has_state(&r, "stopped"));
    assert_null(rig_call(&r, "manager.start", "{\"timeout_ms\":50}"));
    assert_int_equal(r.err.code, GOX_ERR_TIMEOUT);
    rig_do(&r, "manager.start", "{\"wait\":false}");
    assert_true(rig_has_state(&r, "starting"));
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(starts_and_stops),
            cmocka_unit_test(ready_is_what_the_daemon_says),
            cmocka_unit_test(crash_is_followed_by_an_answer),
            cmocka_unit_test(exits_at_once_ends_in_failed),
            cmocka_unit_test(bad_configuration_is_not_retried),
            cmocka_unit_test(no_restart_when_told_so),
            cmocka_unit_test(what_forks_away_is_killed),
            cmocka_unit_test(ignored_sigterm_is_followed_by_sigkill),
            cmocka_unit_test(flood_of_logs_does_not_stop_it),
            cmocka_unit_test(memory_limit_restarts_in_good_order),
            cmocka_unit_test(stopped_process_is_unknown),
            cmocka_unit_test(hang_is_noticed_and_restarted),
            cmocka_unit_test(never_ready_is_a_failed_start),
            cmocka_unit_test(no_such_program),
            cmocka_unit_test(upgrade_changes_the_program_or_goes_back),
            cmocka_unit_test(watchdog_that_is_not_fed),
            cmocka_unit_test(waiting_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
