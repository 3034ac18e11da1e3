/* SPDX-License-Identifier: Apache-2.0
 * What goxelctl says of each state of health, by exit code and in words, and a
 * health that changes too often. */
#include "manager/rig.h"

#include <signal.h>
#include <sys/wait.h>

#define FAST                                                                   \
    "--set", "auto_start.restart_delay_ms=10", "--set",                        \
            "auto_start.health_interval_ms=100", "--set",                      \
            "auto_start.health_timeout_ms=150"

/* The exit code of goxelctl; its words go to text. */
static int run_ctl(struct rig *r, const char *words, char *text, size_t size)
{
    char command[800];
    snprintf(command, sizeof command,
            "'%s/goxelctl' %s --socket '%s' 2>&1 </dev/null", rig_bin_dir(),
            words, r->socket);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    int status = pclose(f);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void check_code(struct rig *r, int code, const char *word)
{
    static const char *const commands[] = {"status", "health"};
    char text[16384];
    for (size_t k = 0; k < 2; k++) {
        int got = run_ctl(r, commands[k], text, sizeof text);
        if (got != code || strstr(text, word) == NULL)
            fail_msg("%s exits with %d and says %s", commands[k], got, text);
    }
}

static bool has_health(struct rig *r, const char *health)
{
    return strcmp(rig_text(r, "health"), health) == 0;
}

/* 0 healthy, 1 degraded, 2 unhealthy, 3 not running, 4 unknown. */
static void exit_codes_of_each_health(void **unused)
{
    struct rig r;
    char bad[128], mute[128], text[16384];
    (void)unused;
    rig_init(&r);
    snprintf(bad, sizeof bad, "%s/bad", r.dir);
    snprintf(mute, sizeof mute, "%s/mute", r.dir);
    const char *const args[] = {FAST, "--set",
            "auto_start.restart_on_failure=false", "--", "--degraded-file", bad,
            "--mute-file", mute, NULL};
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    check_code(&r, 0, "healthy");
    rig_write(&r, "bad", "");
    RIG_WAIT(has_health(&r, "degraded"));
    check_code(&r, 1, "degraded");
    unlink(bad);
    RIG_WAIT(has_health(&r, "healthy"));
    kill(rig_pid(&r), SIGSTOP);
    RIG_WAIT(has_health(&r, "unknown"));
    check_code(&r, 4, "unknown");
    kill(rig_pid(&r), SIGCONT);
    RIG_WAIT(has_health(&r, "healthy"));
    /* Its loop is blocked: it runs and does not answer. */
    rig_write(&r, "mute", "");
    RIG_WAIT(has_health(&r, "unhealthy"));
    check_code(&r, 2, "unhealthy");
    assert_int_not_equal(run_ctl(&r, "doctor", text, sizeof text), 0);
    assert_non_null(strstr(text, "answer"));
    unlink(mute);
    RIG_WAIT(has_health(&r, "healthy"));
    rig_do(&r, "manager.stop", NULL);
    check_code(&r, 3, "not running");
    rig_stop(&r);
}

/* Better and worse again and again: it counts as degraded until it is calm, and
 * is not restarted. */
static void flapping_is_told(void **unused)
{
    struct rig r;
    char bad[128];
    bool is_flapping = false;
    (void)unused;
    rig_init(&r);
    snprintf(bad, sizeof bad, "%s/bad", r.dir);
    const char *const args[] = {FAST, "--", "--degraded-file", bad, NULL};
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    for (int k = 0; k < 10 && !is_flapping; k++) {
        rig_write(&r, "bad", "");
        RIG_WAIT(has_health(&r, "degraded"));
        unlink(bad);
        for (;;) {
            json_t *health = rig_call(&r, "manager.health", NULL);
            assert_non_null(health);
            is_flapping = json_is_true(json_object_get(health, "flapping"));
            json_decref(health);
            if (is_flapping || has_health(&r, "healthy"))
                break;
        }
    }
    assert_true(is_flapping);
    for (int k = 0; k < 5; k++)
        rig_do(&r, "manager.health", NULL); /* all good */
    assert_true(has_health(&r, "degraded"));
    assert_non_null(strstr(rig_text(&r, "reason"), "too often"));
    assert_int_equal(rig_pid(&r), daemon);
    rig_stop(&r);
}

/* Given up: one slow attempt is announced, reset brings it back at once. */
static void given_up_is_tried_slowly(void **unused)
{
    const char *const args[] = {FAST, "--set", "auto_start.max_restarts=2",
            "--", "--exit-file", NULL, NULL};
    const char *full[16];
    struct rig r;
    char file[128], text[16384];
    size_t n = 0;
    (void)unused;
    rig_init(&r);
    snprintf(file, sizeof file, "%s/code", r.dir);
    for (; args[n] != NULL; n++)
        full[n] = args[n];
    full[n++] = file;
    full[n] = NULL;
    rig_write(&r, "code", "1");
    rig_start(&r, full);
    json_t *event = rig_wait_event(&r, "failed");
    json_int_t ms = json_integer_value(json_object_get(event, "retry_in_ms"));
    assert_true(ms > 500000 && ms <= 600000);
    json_decref(event);
    check_code(&r, 3, "failed");
    assert_int_equal(run_ctl(&r, "doctor", text, sizeof text), 1);
    assert_non_null(strstr(text, "goxelctl reset"));
    unlink(file);
    rig_do(&r, "manager.reset", NULL);
    rig_wait_state(&r, "running");
    check_code(&r, 0, "healthy");
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(exit_codes_of_each_health),
            cmocka_unit_test(flapping_is_told),
            cmocka_unit_test(given_up_is_tried_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
