/* SPDX-License-Identifier: Apache-2.0
 * The log as a whole: many threads, hostile text, a reader that does not read,
 * a quiet program. */
#include "base/alloc.h"
#include "base/time.h"
#include "gox_test.h"
#include "log/log.h"
#include "log/log_test.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define EACH    5000

static gox_log *open_log(const char *path, const struct gox_log_config *config)
{
    struct gox_error err = {0};
    gox_log *log = gox_log_open(path, "goxel-test", NULL, config, &err);
    if (log == NULL)
        fail_msg("%s", err.text);
    return log;
}

/* The only record in the file, parsed. */
static json_t *parse_line(const char *line, size_t len)
{
    json_error_t error;
    json_t *record = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    if (record == NULL)
        fail_msg("%s in: %.*s", error.text, (int)len, line);
    return record;
}

static void read_file(const char *path, struct gox_buf *text)
{
    gox_buf_init(text, 0);
    assert_true(log_test_read(path, text));
}

static void test_record(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    gox_log_config_init(&config);
    const char *path = log_test_path(state, "x.log");
    gox_log *log = open_log(path, &config);
    assert_int_equal(gox_log_get_format(log), GOX_LOG_JSON);
    struct gox_log_field fields[] = {gox_log_int("a", -5),
            gox_log_uint("b", UINT64_C(9007199254740993)),
            gox_log_number("c", 0.25), gox_log_bool("d", true),
            gox_log_text("e", "text"), gox_log_secret("token"),
            gox_log_bytes("request_id", "17", 2)};
    gox_log_put_fields(log, GOX_LOG_WARN, GOX_LOG_C_STORE, fields, 7, "%s %d",
            "number", 7);
    gox_log_close(log);
    read_file(path, &text);
    json_t *r = parse_line((char *)text.data, text.len);
    assert_int_equal(strncmp((char *)text.data, "{\"timestamp\":\"2", 15), 0);
    const char *at = json_string_value(json_object_get(r, "timestamp"));
    assert_int_equal(strlen(at), strlen("2026-01-02T03:04:05.678Z"));
    char now[GOX_TIME_TEXT_BYTES];
    gox_time_format(gox_time_wall_ms(), now);
    assert_memory_equal(at, now, 13); /* the same hour */
    assert_string_equal(json_string_value(json_object_get(r, "level")), "warn");
    assert_string_equal(
            json_string_value(json_object_get(r, "component")), "store");
    assert_string_equal(
            json_string_value(json_object_get(r, "message")), "number 7");
    assert_int_equal(json_integer_value(json_object_get(r, "pid")), getpid());
    assert_int_equal(json_integer_value(json_object_get(r, "tid")), getpid());
    assert_int_equal(json_integer_value(json_object_get(r, "a")), -5);
    assert_true(json_real_value(json_object_get(r, "c")) == 0.25);
    assert_true(json_is_true(json_object_get(r, "d")));
    assert_string_equal(json_string_value(json_object_get(r, "e")), "text");
    assert_string_equal(
            json_string_value(json_object_get(r, "token")), "[secret]");
    assert_string_equal(
            json_string_value(json_object_get(r, "request_id")), "17");
    assert_non_null(strstr(gox_buf_text(&text), "\"b\":9007199254740993"));
    json_decref(r);
    gox_buf_fini(&text);
}

static void test_switches(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    gox_log_config_init(&config);
    config.with = 0;
    config.level = GOX_LOG_WARN;
    config.levels[GOX_LOG_C_STORE] = GOX_LOG_DEBUG;
    const char *path = log_test_path(state, "x.log");
    gox_log *log = open_log(path, &config);
    struct gox_log_field id = gox_log_text("request_id", "9");
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "not this");
    gox_log_put_fields(log, GOX_LOG_DEBUG, GOX_LOG_C_STORE, &id, 1, "but this");
    assert_false(gox_log_wants(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON));
    assert_true(gox_log_flush(log, 5000));
    /* A reload. */
    config.level = GOX_LOG_DEBUG;
    config.format = GOX_LOG_TEXT;
    config.with = GOX_LOG_WITH_COMPONENT | GOX_LOG_WITH_REQUEST;
    gox_log_configure(log, &config);
    assert_true(gox_log_wants(log, GOX_LOG_DEBUG, GOX_LOG_C_DAEMON));
    gox_log_put_fields(log, GOX_LOG_DEBUG, GOX_LOG_C_DAEMON, &id, 1, "and\n");
    gox_log_close(log);
    read_file(path, &text);
    assert_string_equal(gox_buf_text(&text),
            "{\"level\":\"debug\",\"message\":\"but this\"}\n"
            "DEBUG daemon: and\\n request_id=9\n");
    gox_buf_fini(&text);
}

static const struct {
    const char *bytes;
    size_t len;
    const char *text; /* in the text format */
} hostile[] = {
#define ROW(bytes, text)                                                       \
    {                                                                          \
        bytes, sizeof bytes - 1, text                                          \
    }
        ROW("two\nlines", "two\\nlines"),
        ROW("cr\rtab\t", "cr\\rtab\\t"),
        ROW("nul\0in", "nul\\x00in"),
        ROW("\x1b[31mred\x7f", "\\x1b[31mred\\x7f"),
        ROW("C1 \xc2\x9b", "C1 \\x9b"),
        ROW("cut \xe2\x82", "cut \\xe2\\x82"),
        ROW("bad \xff\xfe", "bad \\xff\\xfe"),
        ROW("long \xc0\xaf", "long \\xc0\\xaf"),
        ROW("half \xed\xa0\x80", "half \\xed\\xa0\\x80"),
        ROW("high \xf4\x90\x80\x80", "high \\xf4\\x90\\x80\\x80"),
        ROW("sep \xe2\x80\xa8\xe2\x80\xae", "sep \\u2028\\u202e"),
        ROW("fine \xe2\x82\xac \xf0\x9f\x98\x80", "fine \xe2\x82\xac "
                                                  "\xf0\x9f\x98\x80"),
        ROW("\"quoted\\\"", "\"quoted\\\""),
#undef ROW
};

static void test_hostile(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    gox_log_config_init(&config);
    const char *path = log_test_path(state, "x.log");
    gox_log *log = open_log(path, &config);
    size_t count = sizeof hostile / sizeof hostile[0];
    for (size_t i = 0; i < count; i++) {
        struct gox_log_field f =
                gox_log_bytes("v", hostile[i].bytes, hostile[i].len);
        gox_log_put_fields(log, GOX_LOG_ERROR, GOX_LOG_C_RPC, &f, 1, "%.*s",
                (int)hostile[i].len, hostile[i].bytes);
    }
    for (unsigned i = 0; i < 256; i++) {
        char bytes[4] = {(char)i, (char)(i * 7), (char)(i * 31), (char)i};
        struct gox_log_field f = gox_log_bytes("v", bytes, 4);
        gox_log_put_fields(log, GOX_LOG_ERROR, GOX_LOG_C_RPC, &f, 1, "x");
    }
    assert_true(gox_log_flush(log, 5000));
    config.format = GOX_LOG_TEXT;
    config.with = 0;
    gox_log_configure(log, &config);
    for (size_t i = 0; i < count; i++)
        if (memchr(hostile[i].bytes, 0, hostile[i].len) == NULL)
            gox_log_put(
                    log, GOX_LOG_ERROR, GOX_LOG_C_RPC, "%s", hostile[i].bytes);
    gox_log_close(log);
    read_file(path, &text);
    const char *line = gox_buf_text(&text);
    for (size_t i = 0; i < count + 256; i++) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        json_decref(parse_line(line, (size_t)(end - line)));
        line = end + 1;
    }
    for (size_t i = 0; i < count; i++) {
        char expected[128];
        if (memchr(hostile[i].bytes, 0, hostile[i].len) != NULL)
            continue;
        snprintf(expected, sizeof expected, "ERROR %s\n", hostile[i].text);
        assert_int_equal(strncmp(line, expected, strlen(expected)), 0);
        line += strlen(expected);
    }
    assert_int_equal(*line, '\0');
    gox_buf_fini(&text);
}

static void test_long(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    gox_log_config_init(&config);
    const char *path = log_test_path(state, "x.log");
    gox_log *log = open_log(path, &config);
    char *big = malloc(200000);
    memset(big, 'x', 200000);
    big[199999] = '\0';
    struct gox_log_field fields[40];
    for (size_t i = 0; i < 40; i++)
        fields[i] = gox_log_bytes("v", big, 3000);
    gox_log_put(log, GOX_LOG_ERROR, GOX_LOG_C_RPC, "%s", big);
    struct gox_log_field f = gox_log_bytes("v", big, 200000);
    gox_log_put_fields(log, GOX_LOG_ERROR, GOX_LOG_C_RPC, &f, 1, "one");
    gox_log_put_fields(log, GOX_LOG_ERROR, GOX_LOG_C_RPC, fields, 40, "many");
    gox_log_close(log);
    free(big);
    read_file(path, &text);
    assert_int_equal(log_test_count_lines(&text), 3);
    const char *one = strstr(gox_buf_text(&text), "\"one\"");
    assert_non_null(one);
    assert_non_null(strstr(one, "x[cut]\"}\n"));
    gox_buf_fini(&text);
}

/* ---- many threads, rotation under load ---- */

struct worker {
    gox_log *log;
    unsigned number;
};

static void *put_many(void *arg)
{
    struct worker *w = arg;
    for (unsigned i = 0; i < EACH; i++) {
        struct gox_log_field fields[] = {
                gox_log_uint("thread", w->number), gox_log_uint("i", i)};
        struct gox_log_stats stats;
        /* Full load, but not more than the ring takes: nothing may be lost. */
        do
            gox_log_get_stats(w->log, &stats);
        while (stats.ring_bytes > 100000);
        gox_log_put_fields(w->log, GOX_LOG_INFO, GOX_LOG_C_WORKER, fields, 2,
                "a record of thread %u", w->number);
    }
    return NULL;
}

static void test_threads_rotation(void **state)
{
    struct gox_log_config config;
    struct gox_buf all;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    unsigned next[THREADS] = {0};
    struct gox_log_stats stats;
    gox_log_config_init(&config);
    config.rotation = (struct gox_rotate_config){.is_enabled = true,
            .max_bytes = 200000,
            .max_files = 1000,
            .is_compressed = true};
    const char *path = log_test_path(state, "x.log");
    gox_log *log = open_log(path, &config);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){log, i};
        pthread_create(&threads[i], NULL, put_many, &workers[i]);
    }
    for (unsigned i = 0; i < 20; i++) {
        gox_log_configure(log, &config);
        gox_log_reopen(log);
        gox_log_get_stats(log, &stats);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    gox_log_get_stats(log, &stats);
    gox_log_close(log);
    assert_int_equal(stats.dropped, 0);
    gox_buf_init(&all, 0);
    assert_true(log_test_read_chain(path, &all) > 10);
    assert_int_equal(log_test_count_lines(&all), THREADS * EACH);
    const char *line = gox_buf_text(&all);
    for (unsigned i = 0; i < THREADS * EACH; i++) {
        const char *end = strchr(line, '\n');
        json_t *r = parse_line(line, (size_t)(end - line));
        json_int_t t = json_integer_value(json_object_get(r, "thread"));
        /* Those of one thread are in order. */
        assert_int_equal(
                json_integer_value(json_object_get(r, "i")), next[t]++);
        json_decref(r);
        line = end + 1;
    }
    gox_buf_fini(&all);
}

/* ---- a reader that does not read ---- */

/* Standard error becomes a pipe; the reading end. */
static int catch_stderr(int *saved)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(stderr);
    *saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return ends[0];
}

static void give_stderr_back(int saved)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void read_all(int fd, struct gox_buf *text)
{
    char part[65536];
    ssize_t got;
    gox_buf_init(text, 0);
    while ((got = read(fd, part, sizeof part)) > 0)
        gox_buf_put(text, part, (size_t)got);
}

static void *read_later(void *arg)
{
    struct gox_buf *text = arg;
    int fd = (int)text->len;
    read_all(fd, text);
    return NULL;
}

static void test_drops_and_counts(void **state)
{
    (void)state;
    struct gox_log_config config;
    struct gox_buf text = {0};
    struct gox_log_stats stats;
    pthread_t reader;
    int saved, fd = catch_stderr(&saved);
    gox_log_config_init(&config);
    gox_log *log = open_log("", &config);
    int64_t start = gox_time_now_ns();
    for (unsigned i = 0; i < 20000; i++)
        gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON,
                "record number %u, which nobody reads", i);
    int64_t took_ms = (gox_time_now_ns() - start) / GOX_NS_PER_MS;
    gox_log_get_stats(log, &stats);
    assert_true(stats.dropped > 0);
    assert_true(took_ms < 5000);
    text.len = (size_t)fd;
    pthread_create(&reader, NULL, read_later, &text);
    gox_log_close(log);
    give_stderr_back(saved);
    pthread_join(reader, NULL);
    close(fd);
    /* Each record is there or was counted. */
    uint64_t lines = log_test_count_lines(&text), reports = 0, told = 0;
    const char *line = gox_buf_text(&text);
    for (uint64_t i = 0; i < lines; i++) {
        const char *end = strchr(line, '\n');
        json_t *r = parse_line(line, (size_t)(end - line));
        json_t *dropped = json_object_get(r, "dropped");
        if (dropped != NULL) {
            reports++;
            told += (uint64_t)json_integer_value(dropped);
            assert_string_equal(
                    json_string_value(json_object_get(r, "component")), "log");
        }
        json_decref(r);
        line = end + 1;
    }
    assert_true(reports >= 1);
    assert_int_equal(lines - reports + told, 20000);
    gox_buf_fini(&text);
}

/* Nobody reads at all: the end does not wait for long. */
static void test_close_is_bounded(void **state)
{
    (void)state;
    struct gox_log_config config;
    int saved, fd = catch_stderr(&saved);
    gox_log_config_init(&config);
    gox_log *log = open_log("", &config);
    for (unsigned i = 0; i < 5000; i++)
        gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "record number %u", i);
    assert_false(gox_log_flush(log, 50));
    int64_t start = gox_time_now_ns();
    gox_log_close(log);
    give_stderr_back(saved);
    close(fd);
    assert_true(gox_time_now_ns() - start < 10 * GOX_NS_PER_S);
}

/* ---- a quiet program ---- */

static void test_idle_sleeps(void **state)
{
    struct gox_log_config config;
    struct gox_log_stats before, after;
    struct rusage usage;
    gox_log_config_init(&config);
    gox_log *log = open_log(log_test_path(state, "x.log"), &config);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "one");
    assert_true(gox_log_flush(log, 5000));
    /* It may still be on its way to sleep. */
    int64_t limit = gox_time_now_ns() + 5 * GOX_NS_PER_S;
    getrusage(RUSAGE_SELF, &usage);
    long switches = -1;
    while (switches != usage.ru_nvcsw && gox_time_now_ns() < limit) {
        switches = usage.ru_nvcsw;
        poll(NULL, 0, 20);
        getrusage(RUSAGE_SELF, &usage);
        switches++; /* our own poll */
    }
    gox_log_get_stats(log, &before);
    poll(NULL, 0, 300);
    gox_log_get_stats(log, &after);
    assert_int_equal(after.wakeups, before.wakeups);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "two");
    assert_true(gox_log_flush(log, 5000));
    gox_log_get_stats(log, &after);
    assert_int_equal(after.wakeups, before.wakeups + 1);
    gox_log_close(log);
}

/* ---- ends by a fault ---- */

static gox_log *crash_log;

static void on_fault(int number)
{
    gox_log_flush_crash(crash_log, number);
    _exit(3);
}

static void test_crash(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    const char *path = log_test_path(state, "x.log");
    gox_log_config_init(&config);
    pid_t child = fork();
    if (child == 0) {
        struct gox_error err;
        crash_log = gox_log_open(path, "x", NULL, &config, &err);
        signal(SIGUSR2, on_fault);
        for (unsigned i = 0; i < 500; i++)
            gox_log_put(crash_log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "r %u", i);
        raise(SIGUSR2);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    read_file(path, &text);
    assert_int_equal(log_test_count_lines(&text), 501);
    const char *last = strstr(gox_buf_text(&text), "\"r 499\"");
    assert_non_null(last);
    char told[32];
    snprintf(told, sizeof told, "\"signal\":%d}\n", SIGUSR2);
    assert_non_null(strstr(last, told));
    gox_buf_fini(&text);
}

/* ---- a full disk ---- */

static void test_full(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    struct rlimit saved, small;
    struct gox_log_stats stats;
    gox_log_config_init(&config);
    config.with = 0;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &saved);
    small = saved;
    small.rlim_cur = 5000;
    const char *path = log_test_path(state, "x.log");
    gox_log *log = open_log(path, &config);
    setrlimit(RLIMIT_FSIZE, &small);
    for (unsigned i = 0; i < 1000; i++)
        gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "record %u", i);
    bool is_flushed = gox_log_flush(log, 5000);
    setrlimit(RLIMIT_FSIZE, &saved);
    assert_true(is_flushed);
    gox_log_get_stats(log, &stats);
    assert_true(stats.dropped > 800);
    /* Written again once there is room, with the count of what is missing. */
    poll(NULL, 0, 1050);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "again");
    gox_log_close(log);
    read_file(path, &text);
    char told[64];
    snprintf(told, sizeof told, "\"%llu records dropped\"",
            (unsigned long long)stats.dropped);
    assert_non_null(strstr(gox_buf_text(&text), "\"again\""));
    assert_non_null(strstr(gox_buf_text(&text), told));
    assert_int_equal(log_test_count_lines(&text), 1000 - stats.dropped + 2);
    gox_buf_fini(&text);
}

/* Held back: no thread and no bytes, then all of them in their order. */
static void test_hold(void **state)
{
    struct gox_log_config config;
    struct gox_buf text;
    gox_log_config_init(&config);
    const char *path = log_test_path(state, "x.log");
    for (int i = 0; i < 2; i++) {
        unlink(path);
        gox_log *log = open_log(path, &config);
        gox_log_hold(log);
        gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "one");
        gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "two");
        assert_false(gox_log_flush(log, 10));
        read_file(path, &text);
        assert_int_equal(text.len, 0);
        gox_buf_fini(&text);
        if (i == 0)
            gox_log_start(log);
        gox_log_close(log); /* also when it was never started */
        read_file(path, &text);
        assert_int_equal(log_test_count_lines(&text), 2);
        assert_true(strstr(gox_buf_text(&text), "\"one\"") <
                    strstr(gox_buf_text(&text), "\"two\""));
        gox_buf_fini(&text);
    }
}

static void test_no_memory(void **state)
{
    struct gox_log_config config;
    gox_log_config_init(&config);
    gox_log *log = NULL;
    for (uint64_t n = 1; log == NULL; n++) {
        struct gox_error err = {0};
        gox_alloc_fail_at(n, false);
        log = gox_log_open(
                log_test_path(state, "x.log"), "x", NULL, &config, &err);
        if (log == NULL)
            assert_int_equal(err.code, GOX_ERR_NOMEM);
    }
    /* A put asks for none. */
    gox_alloc_fail_at(0, false);
    gox_log_put(log, GOX_LOG_INFO, GOX_LOG_C_DAEMON, "a message %d", 1);
    assert_true(gox_log_flush(log, 5000));
    assert_int_equal(gox_alloc_count(), 0);
    gox_log_close(log);
    gox_log_put(NULL, GOX_LOG_ERROR, GOX_LOG_C_DAEMON, "no log: fine");
    gox_log_close(NULL);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, log_test_setup, log_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_record),
            TEST(test_switches),
            TEST(test_hostile),
            TEST(test_long),
            TEST(test_threads_rotation),
            TEST(test_drops_and_counts),
            TEST(test_close_is_bounded),
            TEST(test_idle_sleeps),
            TEST(test_crash),
            TEST(test_full),
            TEST(test_hold),
            TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
