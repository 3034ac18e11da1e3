/* SPDX-License-Identifier: Apache-2.0
 * What the machine does to the manager: it is stopped, the clock jumps, the
 * disk for the log is full, a day of checks goes by; and what the daemon gets
 * from it: limits, an environment, a session of its own. */
#include "manager/rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAST                                                                   \
    "--set", "auto_start.restart_delay_ms=10", "--set",                        \
            "auto_start.health_interval_ms=100", "--set",                      \
            "auto_start.health_timeout_ms=1000"

static const char *const fast[] = {FAST, NULL};

/* A number of manager.health without a new round. */
static int64_t health_number(struct rig *r, const char *key)
{
    json_t *health = rig_call(r, "manager.health", "{\"check\":false}");
    assert_non_null(health);
    int64_t n = json_integer_value(json_object_get(health, key));
    json_decref(health);
    return n;
}

/* Held up in the middle of its work, again and again: what it did not see says
 * nothing about the daemon. */
static void manager_that_is_stopped_blames_nobody(void **unused)
{
    struct rig r;
    (void)unused;
    rig_init(&r);
    rig_start(&r, fast);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    for (int k = 0; k < 4; k++) {
        int64_t unknown = health_number(&r, "unknown");
        kill(r.pid, SIGSTOP);
        int64_t end = rig_now_us() + 1500000;
        while (rig_now_us() < end)
            rig_pause();
        kill(r.pid, SIGCONT);
        RIG_WAIT(health_number(&r, "unknown") > unknown);
    }
    RIG_WAIT(strcmp(rig_text(&r, "health"), "healthy") == 0);
    assert_int_equal(health_number(&r, "failed"), 0);
    assert_int_equal(rig_pid(&r), daemon);
    assert_int_equal(rig_count_events(&r, "exited"), 0);
    assert_int_equal(rig_count_events(&r, "degraded"), 0);
    rig_stop(&r);
}

/* The year of the last event of this kind. */
static int year_of(struct rig *r, const char *kind)
{
    char params[64];
    snprintf(params, sizeof params, "{\"types\":[\"%s\"],\"last\":1}", kind);
    json_t *result = rig_call(r, "manager.events", params);
    const char *time = json_string_value(json_object_get(
            json_array_get(json_object_get(result, "events"), 0), "time"));
    int year = time != NULL ? atoi(time) : 0;
    json_decref(result);
    return year;
}

#define YEAR_S "315576000" /* ten years */

/* Only the times that people read follow; pauses and limits do not. */
static void wall_clock_jumps(void **unused)
{
    static const char *const jumps[] = {YEAR_S, "-" YEAR_S, "0"};
    struct rig r;
    char file[128], preload[512];
    (void)unused;
    if (getenv("GOX_SANITIZED") != NULL) {
        print_message("skipped: sanitizers want to be loaded first\n");
        return;
    }
    rig_init(&r);
    snprintf(file, sizeof file, "%s/clock", r.dir);
    snprintf(preload, sizeof preload, "%s/../lib/libtest_clock.so",
            rig_bin_dir());
    assert_int_equal(access(preload, R_OK), 0);
    rig_write(&r, "clock", "0");
    setenv("LD_PRELOAD", preload, 1);
    setenv("GOX_TEST_CLOCK", file, 1);
    rig_start(&r, fast);
    unsetenv("LD_PRELOAD");
    unsetenv("GOX_TEST_CLOCK");
    rig_wait_state(&r, "running");
    int year = year_of(&r, "ready");
    for (size_t k = 0; k < sizeof jumps / sizeof jumps[0]; k++) {
        pid_t daemon = rig_pid(&r);
        int64_t rounds = health_number(&r, "rounds");
        rig_write(&r, "clock", jumps[k]);
        RIG_WAIT(health_number(&r, "rounds") > rounds + 5);
        RIG_WAIT(strcmp(rig_text(&r, "health"), "healthy") == 0);
        assert_int_equal(rig_pid(&r), daemon);
        assert_int_equal(rig_count_events(&r, "exited"), k);
        /* It is still brought back at once. */
        kill(daemon, SIGKILL);
        RIG_WAIT(rig_count_events(&r, "restarted") == k + 1);
        int moved = year_of(&r, "restarted") - year;
        if (k < 2)
            assert_true(k == 0 ? moved >= 9 : moved <= -9);
    }
    assert_int_equal(health_number(&r, "failed"), 0);
    rig_stop(&r);
}

static int64_t dropped_lines(struct rig *r)
{
    json_t *logs = rig_call(r, "manager.logs", "{\"lines\":1}");
    assert_non_null(logs);
    int64_t n = json_integer_value(json_object_get(logs, "dropped"));
    json_decref(logs);
    return n;
}

/* A full disk for what the daemon writes: it is dropped and counted, the last
 * of it is still in memory, and neither daemon nor manager waits. */
static void full_disk_for_the_log(void **unused)
{
    const char *const args[] = {FAST, "--", "--flood", "2", NULL};
    struct rig r;
    (void)unused;
    rig_init(&r);
    assert_int_equal(mkdir(r.state, 0700), 0);
    if (mount("tmpfs", r.state, "tmpfs", 0, "size=512k") != 0) {
        print_message("skipped: no right to mount\n");
        gox_test_dir_remove(r.dir);
        return;
    }
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    RIG_WAIT(dropped_lines(&r) > 500); /* of 2,048 of 1 KiB */
    for (int k = 0; k < 5; k++) {
        RIG_WAIT(rig_ask(&r) > 0);
        rig_do(&r, "manager.restart", NULL);
    }
    json_t *logs = rig_call(&r, "manager.logs", "{\"lines\":10}");
    assert_int_equal(json_array_size(json_object_get(logs, "lines")), 10);
    json_decref(logs);
    assert_true(rig_count_events(&r, "error") <= 64); /* told, not repeated */
    rig_do(&r, "manager.shutdown", NULL);
    assert_int_equal(rig_wait_exit(&r), 0);
    gox_client_close(r.client);
    assert_int_equal(umount(r.state), 0);
    gox_test_dir_remove(r.dir);
}

/* A file of /proc of the daemon, with blanks for NUL. */
static void read_proc(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, size - 1, f);
    fclose(f);
    for (size_t k = 0; k < len; k++)
        if (text[k] == '\0')
            text[k] = ' ';
    text[len] = '\0';
}

static void daemon_gets_limits_and_a_session(void **unused)
{
    const char *const args[] = {FAST, "--files-max", "77", "--core", NULL};
    struct rig r;
    char text[16384];
    int soft = 0;
    (void)unused;
    rig_init(&r);
    setenv("LISTEN_FDNAMES", "foreign", 1); /* of who started the manager */
    setenv("WATCHDOG_USEC", "1", 1);
    rig_start(&r, args);
    unsetenv("LISTEN_FDNAMES");
    unsetenv("WATCHDOG_USEC");
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    assert_int_equal(getsid(daemon), daemon);
    read_proc(daemon, "limits", text, sizeof text);
    const char *files = strstr(text, "Max open files");
    assert_non_null(files);
    assert_int_equal(sscanf(files, "Max open files %d", &soft), 1);
    assert_int_equal(soft, 77);
    /* Where there is something to give; sanitizers take it away again. */
    struct rlimit own;
    assert_int_equal(getrlimit(RLIMIT_CORE, &own), 0);
    const char *core = strstr(text, "Max core file size");
    assert_non_null(core);
    core += strlen("Max core file size");
    core += strspn(core, " ");
    if (own.rlim_max > 0 && getenv("GOX_SANITIZED") == NULL)
        assert_int_not_equal(*core, '0');
    read_proc(daemon, "environ", text, sizeof text);
    assert_non_null(strstr(text, "LISTEN_FDS=1 "));
    assert_non_null(strstr(text, "LISTEN_FDNAMES=goxel-daemon "));
    assert_non_null(strstr(text, "NOTIFY_SOCKET="));
    assert_null(strstr(text, "foreign"));
    assert_null(strstr(text, "WATCHDOG_USEC"));
    rig_stop(&r);
}

/* The real daemon gives its rights up; it is heard, stopped and brought back
 * all the same. Needs root. */
static void daemon_becomes_another_user(void **unused)
{
    const char *const args[] = {FAST, "--set", "daemon.user=65534", "--set",
            "daemon.group=65534", NULL};
    struct rig r;
    char text[8192];
    (void)unused;
    if (geteuid() != 0) {
        print_message("skipped: not root\n");
        return;
    }
    rig_init_real(&r);
    assert_int_equal(chown(r.dir, 65534, 65534), 0);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    pid_t daemon = rig_pid(&r);
    read_proc(daemon, "status", text, sizeof text);
    const char *uid = strstr(text, "Uid:");
    assert_non_null(uid);
    assert_int_equal(strncmp(uid, "Uid:\t65534\t65534\t65534\t65534", 28), 0);
    RIG_WAIT(strcmp(rig_text(&r, "health"), "healthy") == 0);
    kill(daemon, SIGKILL);
    RIG_WAIT(rig_count_events(&r, "restarted") == 1);
    assert_true(rig_ask(&r) > 0);
    rig_do(&r, "manager.restart", NULL);
    rig_stop(&r);
}

/* What the file of settings says about the supervision: each one acts. */
static void settings_act_as_the_options_do(void **unused)
{
    static const struct {
        const char *settings; /* of auto_start */
        const char *flags[4]; /* of the daemon */
        const char *cause;    /* of the restart that follows; or NULL */
    } rows[] = {
            {"\"memory_soft_mb\": 32", {"--eat", "64"}, "memory"},
            {"\"watchdog_ms\": 200", {"--notify"}, "watchdog"},
            {"\"files_max\": 78, \"memory_max_mb\": 512, \"pids_max\": 50",
                    {NULL}, NULL},
    };
    (void)unused;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct rig r;
        char file[128], text[512], limits[4096];
        int soft = 0;
        rig_init(&r);
        snprintf(file, sizeof file, "%s/conf.json", r.dir);
        snprintf(text, sizeof text,
                "{\"auto_start\": {%s, \"hooks\": {\"ready\": \"echo "
                "$GOXEL_INSTANCE, $GOXEL_EVENT >>%s/hook\"}}}",
                rows[k].settings, r.dir);
        rig_write(&r, "conf.json", text);
        const char *const args[] = {FAST, "--config", file, "--",
                rows[k].flags[0], rows[k].flags[1], NULL};
        rig_start(&r, args);
        snprintf(text, sizeof text, "%s/hook", r.dir);
        RIG_WAIT(access(text, F_OK) == 0);
        if (rows[k].cause != NULL) {
            json_t *event = rig_wait_event(&r, "restarted");
            assert_string_equal(
                    json_string_value(json_object_get(event, "cause")),
                    rows[k].cause);
            json_decref(event);
        } else {
            rig_wait_state(&r, "running");
            read_proc(rig_pid(&r), "limits", limits, sizeof limits);
            const char *files = strstr(limits, "Max open files");
            assert_non_null(files);
            assert_int_equal(sscanf(files, "Max open files %d", &soft), 1);
            assert_int_equal(soft, 78);
        }
        rig_stop(&r);
    }
}

/* auto_start.hooks, .hook_limit_ms, .backend and .unit, and mistakes. */
static void settings_of_hooks_and_backends(void **unused)
{
    static const struct {
        const char *settings, *told;
        int code;
    } rows[] = {
            {"\"hooks\": {\"nothing\": \"true\"}", "auto_start.hooks", 78},
            {"\"backend\": \"upstart\"", "auto_start.backend", 78},
            {"\"unit\": \"a b\"", "auto_start.unit", 78},
            {"\"memory_soft_mb\": -1", "auto_start.memory_soft_mb", 78},
            {"\"memory_max_mb\": \"x\"", "auto_start.memory_max_mb", 78},
            {"\"pids_max\": 1.5", "auto_start.pids_max", 78},
    };
    struct rig r;
    char file[128], text[512];
    (void)unused;
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        rig_init(&r);
        snprintf(file, sizeof file, "%s/conf.json", r.dir);
        snprintf(text, sizeof text, "{\"auto_start\": {%s}}", rows[k].settings);
        rig_write(&r, "conf.json", text);
        const char *const args[] = {"--config", file, NULL};
        rig_spawn(&r, args);
        assert_int_equal(rig_wait_exit(&r), rows[k].code);
        FILE *f = fopen(r.log, "r");
        assert_non_null(f);
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
        if (strstr(text, rows[k].told) == NULL)
            fail_msg("%s: %s", rows[k].settings, text);
        gox_test_dir_remove(r.dir);
    }
    /* A hook that runs too long; and who runs the daemon. */
    rig_init(&r);
    snprintf(file, sizeof file, "%s/conf.json", r.dir);
    snprintf(text, sizeof text,
            "{\"auto_start\": {\"backend\": \"external\", \"unit\": \"x\", "
            "\"hook_limit_ms\": 100, \"hooks\": {\"all\": \"echo $$ "
            ">>%s/hook; exec sleep 600\"}}}",
            r.dir);
    rig_write(&r, "conf.json", text);
    const char *const args[] = {FAST, "--config", file, NULL};
    pid_t daemon = fork();
    if (daemon == 0) {
        execl(r.child, r.child, "--socket", r.socket, NULL);
        _exit(127);
    }
    RIG_WAIT(rig_ask(&r) == daemon);
    rig_start(&r, args);
    rig_wait_state(&r, "attached");
    assert_string_equal(rig_text(&r, "backend"), "external");
    snprintf(text, sizeof text, "%s/hook", r.dir);
    struct stat st;
    RIG_WAIT(stat(text, &st) == 0 && st.st_size > 1);
    FILE *f = fopen(text, "r");
    int hook = 0;
    assert_int_equal(fscanf(f, "%d", &hook), 1);
    fclose(f);
    RIG_WAIT(!rig_is_alive(hook));
    kill(daemon, SIGKILL);
    rig_stop(&r);
    waitpid(daemon, NULL, 0);
}

static size_t count_fds(pid_t pid)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static void note_event(void *ctx, const char *method, const json_t *params)
{
    (void)params;
    if (strcmp(method, "manager.event") == 0)
        (*(size_t *)ctx)++;
}

/* Rounds of checks with their events, a subscriber that reads them, status and
 * metrics; now and then a restart. GOX_CHECKS=86400 for the long one: a day at
 * one a second. */
static void a_day_of_checks_leaks_nothing(void **unused)
{
    const char *const args[] = {
            FAST, "--set", "auto_start.max_restarts=0", NULL};
    const char *wanted = getenv("GOX_CHECKS");
    int count = wanted != NULL ? atoi(wanted) : 3000;
    struct rig r;
    size_t fds = 0, heard = 0;
    int64_t rss = 0;
    (void)unused;
    rig_init(&r);
    rig_start(&r, args);
    rig_wait_state(&r, "running");
    gox_client_on_notification(r.client, note_event, &heard);
    rig_do(&r, "manager.subscribe", NULL);
    for (int k = 0; k < count; k++) {
        if (k == count / 6) {
            fds = count_fds(r.pid);
            rss = rig_number(&r, "manager.rss_bytes");
        }
        rig_do(&r, "manager.health", NULL);
        if (k % 10 == 0)
            rig_do(&r, "manager.metrics", NULL);
        if (k % 500 == 499)
            rig_do(&r, "manager.restart", NULL);
    }
    assert_true(heard >= (size_t)count); /* each round is an event */
    RIG_WAIT(count_fds(r.pid) <= fds);
    int64_t grown = rig_number(&r, "manager.rss_bytes") - rss;
    print_message("%d rounds, %zu events heard: %lld bytes more\n", count,
            heard, (long long)grown);
    if (getenv("GOX_SANITIZED") == NULL)
        assert_true(grown < 300000);
    rig_stop(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(manager_that_is_stopped_blames_nobody),
            cmocka_unit_test(wall_clock_jumps),
            cmocka_unit_test(full_disk_for_the_log),
            cmocka_unit_test(daemon_gets_limits_and_a_session),
            cmocka_unit_test(daemon_becomes_another_user),
            cmocka_unit_test(settings_act_as_the_options_do),
            cmocka_unit_test(settings_of_hooks_and_backends),
            cmocka_unit_test(a_day_of_checks_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
