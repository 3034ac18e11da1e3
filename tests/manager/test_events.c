/* SPDX-License-Identifier: Apache-2.0
 * The event log: numbers, replay, rotation, a torn tail, a full disk. */
#include "base/alloc.h"
#include "gox_test.h"
#include "manager/events.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct seen {
    uint64_t seqs[4096];
    size_t count, stop_at;
    char last[4096];
};

static bool note(void *ctx, uint64_t seq, const char *line, size_t len)
{
    struct seen *s = ctx;
    assert_true(s->count < 4096);
    s->seqs[s->count++] = seq;
    snprintf(s->last, sizeof s->last, "%.*s", (int)len, line);
    return s->count != s->stop_at;
}

static struct gox_events *open_log(
        const char *dir, uint64_t max_bytes, unsigned max_files)
{
    struct gox_events_config config = {max_bytes, max_files};
    struct gox_error err;
    struct gox_events *e = gox_events_open(dir, &config, &err);
    assert_non_null(e);
    return e;
}

static void numbers_go_on_after_opening_again(void **unused)
{
    (void)unused;
    static struct seen s;
    char dir[64];
    struct gox_events_stats stats;
    gox_test_dir(dir);
    gox_events *e = open_log(dir, 1 << 20, 3);
    assert_int_equal(
            gox_events_put(e, GOX_EVENT_STARTED, "a", "\"pid\":7", 0), 1);
    assert_int_equal(
            gox_events_put(e, GOX_EVENT_HEALTH_CHECK, "a", NULL, 0), 0);
    assert_int_equal(gox_events_put(e, GOX_EVENT_READY, "", NULL, 1500), 2);
    assert_true(gox_events_is_dirty(e));
    gox_events_sync(e);
    assert_false(gox_events_is_dirty(e));
    gox_events_close(e);

    e = open_log(dir, 1 << 20, 3);
    gox_events_get_stats(e, &stats);
    assert_int_equal(stats.last, 2);
    assert_int_equal(stats.oldest, 1);
    assert_int_equal(stats.cut_bytes, 0);
    assert_int_equal(gox_events_put(e, GOX_EVENT_EXITED, "a", NULL, 0), 3);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.count, 3);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 1, note, &s), 0);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.seqs[0], 2);
    s.count = 0;
    s.stop_at = 2;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.last,
            "{\"seq\":2,\"time\":\"1970-01-01T00:00:01.500Z\","
            "\"event\":\"ready\"}");
    s.stop_at = 0;
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void rotation_bounds_the_files(void **unused)
{
    (void)unused;
    static struct seen s;
    char dir[64], path[128];
    struct gox_events_stats stats;
    struct stat st;
    gox_test_dir(dir);
    gox_events *e = open_log(dir, 1000, 3);
    for (int i = 0; i < 500; i++)
        gox_events_put(e, GOX_EVENT_STARTED, "default", "\"pid\":12", 0);
    off_t all = 0;
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path,
                i == 0 ? "%s/events.jsonl" : "%s/events.jsonl.%d", dir, i);
        if (stat(path, &st) == 0)
            all += st.st_size;
    }
    assert_in_range(all, 2000, 3000);
    gox_events_get_stats(e, &stats);
    assert_int_equal(stats.last, 500);
    assert_true(stats.oldest > 450);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.seqs[0], stats.oldest);
    for (size_t i = 1; i < s.count; i++)
        assert_int_equal(s.seqs[i], s.seqs[i - 1] + 1);
    assert_int_equal(s.seqs[s.count - 1], 500);
    gox_events_close(e);
    /* The live file may be empty: the number is found in an older one. */
    snprintf(path, sizeof path, "%s/events.jsonl", dir);
    assert_int_equal(truncate(path, 0), 0);
    e = open_log(dir, 1000, 3);
    gox_events_get_stats(e, &stats);
    assert_true(stats.last > 480);
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void torn_tail_is_cut_off(void **unused)
{
    (void)unused;
    static struct seen s;
    char dir[64], path[128];
    struct gox_events_stats stats;
    gox_test_dir(dir);
    gox_events *e = open_log(dir, 1 << 20, 2);
    for (int i = 0; i < 3; i++)
        gox_events_put(e, GOX_EVENT_READY, "x", NULL, 0);
    gox_events_close(e);
    snprintf(path, sizeof path, "%s/events.jsonl", dir);
    int fd = open(path, O_WRONLY | O_APPEND);
    const char torn[] = "{\"seq\":4,\"time\":\"20";
    assert_int_equal(write(fd, torn, sizeof torn - 1), sizeof torn - 1);
    close(fd);
    e = open_log(dir, 1 << 20, 2);
    gox_events_get_stats(e, &stats);
    assert_int_equal(stats.cut_bytes, sizeof torn - 1);
    assert_int_equal(stats.last, 3);
    assert_int_equal(gox_events_put(e, GOX_EVENT_STOPPED, "x", NULL, 0), 4);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.count, 4);
    assert_non_null(strstr(s.last, "stopped"));
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void garbage_is_passed_over(void **unused)
{
    (void)unused;
    static struct seen s;
    char dir[64], path[128];
    gox_test_dir(dir);
    snprintf(path, sizeof path, "%s/events.jsonl", dir);
    FILE *f = fopen(path, "w");
    fputs("not json\n{\"seq\":x}\n{\"seq\":9,\"event\":\"ready\"}\n\n\n", f);
    fclose(f);
    gox_events *e = open_log(dir, 1 << 20, 2);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.count, 1);
    assert_int_equal(gox_events_put(e, GOX_EVENT_READY, "", NULL, 0), 10);
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void count_calls(void *ctx, enum gox_event_kind kind, uint64_t seq,
        const char *line, size_t len)
{
    (void)kind;
    (void)seq;
    assert_int_equal(line[0], '{');
    assert_int_equal(line[len - 1], '}');
    ++*(int *)ctx;
}

/* A limit on file sizes is what a full disk looks like, for any user. */
static void full_disk_is_counted_and_survived(void **unused)
{
    (void)unused;
    static struct seen s;
    char dir[64];
    int told = 0;
    struct rlimit old, small;
    struct gox_events_stats stats;
    gox_test_dir(dir);
    gox_events *e = open_log(dir, 1 << 20, 2);
    gox_events_set_listener(e, count_calls, &told);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 50; i++)
        gox_events_put(e, GOX_EVENT_READY, "x", NULL, 0);
    gox_events_get_stats(e, &stats);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(told, 50);
    assert_true(stats.lost > 20);
    assert_true(stats.is_failing);
    uint64_t stored = 50 - stats.lost;
    gox_events_put(e, GOX_EVENT_READY, "x", NULL, 0);
    gox_events_get_stats(e, &stats);
    assert_false(stats.is_failing);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.count, stored + 1); /* no half line between */
    assert_int_equal(s.seqs[s.count - 1], 51);
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void too_long_is_cut(void **unused)
{
    (void)unused;
    static struct seen s;
    static char long_text[40000];
    char dir[64];
    gox_test_dir(dir);
    memset(long_text, ' ', sizeof long_text - 1);
    gox_events *e = open_log(dir, 1 << 20, 2);
    gox_events_put(e, GOX_EVENT_ERROR, "x", long_text, 0);
    s.count = 0;
    assert_int_equal(gox_events_replay(e, 0, note, &s), 0);
    assert_int_equal(s.count, 1);
    assert_non_null(strstr(s.last, "\"is_cut\":true"));
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void out_of_memory(void **unused)
{
    (void)unused;
    char dir[64];
    struct gox_error err;
    struct gox_events_config config = {1000, 3};
    gox_test_dir(dir);
    gox_events *e = NULL;
    for (uint64_t n = 1; e == NULL; n++) {
        assert_true(n < 50);
        gox_alloc_fail_at(n, false);
        e = gox_events_open(dir, &config, &err);
    }
    gox_alloc_fail_at(1, true);
    gox_events_put(e, GOX_EVENT_READY, "x", NULL, 0);
    gox_alloc_fail_at(0, false);
    struct gox_events_stats stats;
    gox_events_get_stats(e, &stats);
    assert_int_equal(stats.lost, 1);
    gox_events_close(e);
    gox_test_dir_remove(dir);
}

static void names(void **unused)
{
    (void)unused;
    assert_int_equal(
            gox_event_find("reload_failed", 13), GOX_EVENT_RELOAD_FAILED);
    assert_int_equal(gox_event_find("reload", 6), GOX_EVENT_COUNT);
    assert_string_equal(gox_event_name(GOX_EVENT_LOG), "log");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(numbers_go_on_after_opening_again),
            cmocka_unit_test(rotation_bounds_the_files),
            cmocka_unit_test(torn_tail_is_cut_off),
            cmocka_unit_test(garbage_is_passed_over),
            cmocka_unit_test(full_disk_is_counted_and_survived),
            cmocka_unit_test(too_long_is_cut),
            cmocka_unit_test(out_of_memory),
            cmocka_unit_test(names),
    };
    signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
