/* SPDX-License-Identifier: Apache-2.0
 * Each key of logging.* seen from outside, on the real daemon: what is in the
 * file, when a new one begins, what a reload and a signal do. */
#include "daemon/wire.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct wire w;

static int setup(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.in = w.out = -1;
    gox_test_dir(w.dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (w.pid > 0)
        wire_stop(&w, NULL);
    wire_cleanup(&w);
    return 0;
}

static const char *in_dir(const char *name)
{
    static char texts[4][160];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    snprintf(text, sizeof texts[0], "%s/%s", w.dir, name);
    return text;
}

/* What a shell says about the directory: "$d" in the command. */
static bool is_true(const char *command)
{
    char text[1024];
    snprintf(text, sizeof text, "d='%s'; %s", w.dir, command);
    return system(text) == 0;
}

static void expect(const char *command)
{
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (!is_true(command))
        if (wire_now_ms() > limit)
            fail_msg("not so: %s", command);
}

static void ask(int fd, const char *id, const char *method)
{
    char line[256];
    snprintf(line, sizeof line, "{'jsonrpc':'2.0','id':%s,'method':'%s'}\n", id,
            method);
    wire_send(fd, line);
    free(wire_line(fd));
}

/* Rows: an option, and what is true (a shell's command) of the log after a
 * request with the id "seven" and a stop. */
static const struct {
    const char *set, *is;
} rows[] = {
        {"logging.level=info", "! grep -q seven $d/log"},
        {"logging.level=debug", "grep -q seven $d/log"},
        {"logging.level=error", "! test -s $d/log"},
        {"logging.levels=rpc=debug",
                "grep -q seven $d/log && ! grep -v '\"rpc\"' $d/log | grep -q "
                "debug"},
        {"logging.levels=daemon=error", "! grep -q '\"daemon\"' $d/log"},
        {"logging.format=json", "grep -q '^{\"timestamp\":\"20' $d/log"},
        {"logging.format=text", "grep -q '^20.* INFO *daemon.*listens at' "
                                "$d/log"},
        {"logging.format=auto", "grep -q '^{' $d/log"},
        {"logging.include_timestamps=false", "grep -q '^{\"level\":' $d/log"},
        {"logging.include_pid=false",
                "! grep -q '\"pid\":' $d/log && grep -q '\"tid\":' $d/log"},
        {"logging.include_thread_id=false", "! grep -q '\"tid\":' $d/log"},
};

static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *args[] = {"--set", rows[i].set, NULL};
        wire_start_in(&w, args);
        int fd = wire_connect(&w);
        ask(fd, "'seven'", "goxel.list_layers");
        close(fd);
        assert_int_equal(wire_stop(&w, NULL), 0);
        w.pid = 0;
        if (!is_true(rows[i].is))
            fail_msg("%s: not so: %s", rows[i].set, rows[i].is);
        assert_int_equal(unlink(in_dir("log")), 0);
    }
}

static void test_request_id(void **state)
{
    (void)state;
    static const char *const with[] = {"true", "false"};
    for (size_t i = 0; i < 2; i++) {
        char set[64];
        snprintf(set, sizeof set, "logging.include_request_id=%s", with[i]);
        const char *args[] = {"--log-level", "debug", "--set", set, NULL};
        wire_start_in(&w, args);
        int fd = wire_connect(&w);
        ask(fd, "'a\\nb'", "goxel.list_layers");
        ask(fd, "41", "goxel.nothing");
        close(fd);
        wire_stop(&w, NULL);
        w.pid = 0;
        assert_true(is_true("grep -q '\"method\":\"goxel.list_layers\"' "
                            "$d/log"));
        bool has_id = is_true("grep -q '\"request_id\":\"41\"' $d/log");
        assert_int_equal(has_id, i == 0);
        unlink(in_dir("log"));
    }
}

/* The writer has come so far: on a busy machine it would drop records. */
static void expect_id(const char *id)
{
    char command[128];
    snprintf(command, sizeof command,
            "zcat -f $d/log* 2>/dev/null | grep -q '\"request_id\":\"%s\"'",
            id);
    expect(command);
}

/* More than a file holds: the rest is in compressed ones, none is lost. */
static void test_rotation(void **state)
{
    (void)state;
    struct stat st;
    const char *args[] = {"--log-level", "debug", "--set",
            "logging.rotation.max_size_mb=1", "--set",
            "logging.rotation.max_files=3", NULL};
    wire_start_in(&w, args);
    int fd = wire_connect(&w);
    for (int i = 0; i < 8000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", 100000 + i);
        ask(fd, id, "goxel.list_layers");
        if (i % 500 == 499)
            expect_id(id);
    }
    close(fd);
    expect("test -f $d/log.1.gz");
    wire_stop(&w, NULL);
    w.pid = 0;
    assert_int_equal(stat(in_dir("log"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_true(st.st_size <= 1 << 20);
    assert_true(is_true("test $( (zcat $d/log.*.gz; cat $d/log) | grep -c "
                        "'\"request_id\":\"10') = 8000"));
}

static void test_no_rotation(void **state)
{
    (void)state;
    const char *args[] = {"--log-level", "debug", "--set",
            "logging.rotation.max_size_mb=1", "--set",
            "logging.rotation.enabled=false", NULL};
    wire_start_in(&w, args);
    int fd = wire_connect(&w);
    for (int i = 0; i < 8000; i++)
        ask(fd, "1", "goxel.list_layers");
    close(fd);
    wire_stop(&w, NULL);
    w.pid = 0;
    assert_true(is_true("! test -e $d/log.1 && ! test -e $d/log.1.gz"));
}

static void test_reopen(void **state)
{
    (void)state;
    const char *args[] = {NULL};
    wire_start_in(&w, args);
    expect("grep -q 'listens at' $d/log");
    assert_int_equal(rename(in_dir("log"), in_dir("moved")), 0);
    kill(w.pid, SIGUSR1);
    expect("test -f $d/log");
    wire_stop(&w, NULL);
    w.pid = 0;
    expect("grep -q stopped $d/log");
    assert_true(is_true("! grep -q stopped $d/moved"));
}

static void write_config(const char *text)
{
    FILE *f = fopen(in_dir("config.json"), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_reload(void **state)
{
    (void)state;
    write_config("{\"logging\": {\"level\": \"info\"}}");
    const char *args[] = {"--config", in_dir("config.json"), NULL};
    wire_start_in(&w, args);
    int fd = wire_connect(&w);
    ask(fd, "'before'", "goxel.list_layers");
    write_config("{\"logging\": {\"levels\": {\"rpc\": \"debug\"}, "
                 "\"include_pid\": false, \"format\": \"text\"}}");
    kill(w.pid, SIGHUP);
    double limit = wire_now_ms() + WIRE_LIMIT_MS;
    while (!is_true("grep -q after $d/log") && wire_now_ms() < limit)
        ask(fd, "'after'", "goxel.list_layers");
    close(fd);
    assert_true(is_true("! grep -q before $d/log"));
    assert_true(is_true("grep after $d/log | grep -q '^20.*DEBUG'"));
}

/* A fault tells its signal, and leaves nothing in the ring. */
static void test_fault(void **state)
{
    (void)state;
    const char *args[] = {NULL};
    int status = 0;
    wire_start_in(&w, args);
    int fd = wire_connect(&w);
    ask(fd, "1", "daemon.ready");
    kill(w.pid, SIGABRT);
    waitpid(w.pid, &status, 0);
    w.pid = 0;
    close(fd);
    assert_true(WIFSIGNALED(status) || WIFEXITED(status));
    /* A sanitizer may wait for the signal itself. */
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        assert_true(is_true("grep -q '\"signal\":6' $d/log"));
    assert_true(is_true("grep -q 'listens at' $d/log"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_keys),
            TEST(test_request_id),
            TEST(test_rotation),
            TEST(test_no_rotation),
            TEST(test_reopen),
            TEST(test_reload),
            TEST(test_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
