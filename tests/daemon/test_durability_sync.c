/* SPDX-License-Identifier: Apache-2.0
 * An fsync that fails, a file system that became read-only, and a clock that
 * goes back, under the real daemon. */
#include "base/time.h"
#include "daemon/durability.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <time.h>

#define STATUS "goxel.get_status"
#define ADD    "goxel.add_voxel"
#define CREATE "goxel.create_project"
#define CLOSE  "goxel.close_project"
#define OPEN   "goxel.open_project"

struct scene {
    struct wire w;
    struct api api;
    char dir[64]; /* of the faults */
    struct durable_faults *faults;
};

static void begin(struct scene *s, const char *const *args)
{
    gox_test_dir(s->dir);
    s->faults = durable_begin_faults(s->dir);
    wire_start(&s->w, args);
    durable_join(&s->api, &s->w);
    api_do(&s->api, CREATE, "['other']");
    api_do(&s->api, ADD, "[0,0,0]");
    api_do(&s->api, CREATE, "['one']");
    for (int i = 0; i < 5; i++)
        api_do(&s->api, ADD, "[%d,0,0]", i);
}

static void end(struct scene *s)
{
    durable_end_faults(s->faults);
    api_stop(&s->api);
    wire_cleanup(&s->w);
    gox_test_dir_remove(s->dir);
}

static const char *try_add(struct scene *s, int x, int y)
{
    return durable_try_edit(&s->api, ADD,
            json_pack(
                    "{s:s,s:[i,i,i]}", "project", "one", "position", x, y, 0));
}

static json_int_t revision(struct scene *s)
{
    return api_int(&s->api, "revision", STATUS, "{'project':'one'}");
}

static void expect_unsafe(struct scene *s, bool is_unsafe)
{
    json_t *health = api_call(&s->api, "daemon.health", NULL);
    if (is_unsafe)
        api_expect(health, "{'status':'unhealthy','checks':{'store':{"
                           "'status':'unhealthy','unsafe_projects':1}}}");
    else
        api_expect(health, "{'checks':{'store':{'unsafe_projects':'-'}}}");
    json_decref(health);
}

/* Refused with the reason, by reads not noticed, until it is closed. */
static void expect_refused(struct scene *s)
{
    json_t *before = durable_take_state(&s->api, "one");
    for (int i = 0; i < 3; i++) {
        const char *says = try_add(s, i, 50);
        if (strstr(says, "sync") == NULL)
            fail_msg("an edit after a failed fsync: \"%s\"", says);
    }
    durable_expect_state(&s->api, "one", before);
    expect_unsafe(s, true);
    json_decref(before);
}

/* ---- fsync ---- */

/* The edit is in the kernel and answered; the fsync after it fails. */
static void test_failed_fsync_with_interval(void **state)
{
    static const char *const args[] = {
            "--set", "performance.durability_interval_ms=10", NULL};
    struct scene s;
    (void)state;
    begin(&s, args);
    api_do(&s.api, CLOSE, "['other']"); /* synced, so that it is not hit too */
    atomic_store(&s.faults->fail_sync, 1);
    json_int_t stored = revision(&s);
    int64_t limit = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    while (*try_add(&s, (int)stored % 100, (int)stored / 100 + 1) == '\0') {
        stored++;
        assert_true(gox_time_now_ns() < limit);
    }
    assert_int_equal(revision(&s), stored);
    assert_true(atomic_load(&s.faults->failed_syncs) >= 1);
    expect_refused(&s);
    /* Never tried again as if nothing had been, also when it would work. */
    atomic_store(&s.faults->fail_sync, 0);
    expect_refused(&s);
    api_do(&s.api, ADD, "{'project':'other','position':[1,1,1]}");
    json_t *before = durable_take_state(&s.api, "one");
    api_do(&s.api, CLOSE, "['one']");
    api_do(&s.api, OPEN, "['one']");
    durable_expect_state(&s.api, "one", before);
    expect_unsafe(&s, false);
    assert_string_equal(try_add(&s, 7, 7), "");
    json_decref(before);
    durable_expect_after_restart(&s.api, &s.w, args, "one");
    end(&s);
}

/* No answer of success without an fsync. */
static void test_failed_fsync_with_always(void **state)
{
    static const char *const args[] = {
            "--set", "performance.durability=always", NULL};
    struct scene s;
    (void)state;
    begin(&s, args);
    json_int_t stored = revision(&s);
    assert_int_equal(stored, 5);
    atomic_store(&s.faults->fail_sync, 1);
    assert_non_null(strstr(try_add(&s, 9, 9), "sync"));
    assert_int_equal(revision(&s), stored);
    expect_refused(&s);
    atomic_store(&s.faults->fail_sync, 0);
    expect_refused(&s);
    api_do(&s.api, CLOSE, "['one']");
    /* What was refused may be there, whole, or not. */
    json_int_t now = revision(&s);
    assert_true(now == stored || now == stored + 1);
    assert_int_equal(api_int(&s.api, "count", "goxel.get_voxel_count",
                             "{'project':'one'}"),
            now);
    assert_string_equal(try_add(&s, 8, 8), "");
    assert_int_equal(revision(&s), now + 1);
    expect_unsafe(&s, false);
    durable_expect_after_restart(&s.api, &s.w, args, "one");
    end(&s);
}

/* Several projects in one turn: each for itself. */
static void test_failed_fsync_of_a_turn(void **state)
{
    static const char *const args[] = {
            "--set", "performance.durability=always", NULL};
    struct scene s;
    (void)state;
    begin(&s, args);
    int fd = wire_connect(&s.w);
    atomic_store(&s.faults->fail_sync, 1);
    wire_send(fd,
            "[{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel','params':"
            "{'project':'one','position':[20,0,0]}},"
            "{'jsonrpc':'2.0','id':2,'method':'goxel.add_voxel','params':"
            "{'project':'other','position':[20,0,0]}},"
            "{'jsonrpc':'2.0','method':'goxel.add_voxel','params':"
            "{'project':'other','position':[21,0,0]}},"
            "{'jsonrpc':'2.0','id':3,'method':'ping'}]\n");
    char *line = wire_line(fd);
    json_t *batch = json_loads(line, 0, NULL);
    if (batch == NULL)
        fail_msg("no JSON: %s", line);
    assert_int_equal(json_array_size(batch), 3);
    api_expect(json_array_get(batch, 0), "{'id':1,'result':'-','error':'*'}");
    api_expect(json_array_get(batch, 1), "{'id':2,'result':'-','error':'*'}");
    api_expect(json_array_get(batch, 2), "{'id':3,'error':'-'}");
    json_decref(batch);
    free(line);
    close(fd);
    atomic_store(&s.faults->fail_sync, 0);
    assert_int_equal(revision(&s), 5);
    assert_int_equal(
            api_int(&s.api, "revision", STATUS, "{'project':'other'}"), 1);
    end(&s);
}

/* ---- a read-only file system ---- */

static bool wait_for_more(const _Atomic unsigned *counter, unsigned than)
{
    int64_t limit = gox_time_now_ns() + API_LIMIT_MS * GOX_NS_PER_MS;
    while (atomic_load(counter) <= than) {
        if (gox_time_now_ns() > limit)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}

/* As the kernel makes one read-only after an error: what is open fails to be
 * written. */
static void test_read_only_at_run_time(void **state)
{
    struct scene s;
    (void)state;
    begin(&s, NULL);
    json_t *before = durable_take_state(&s.api, "one");
    atomic_store(&s.faults->write_errno, EROFS);
    for (int i = 0; i < 10; i++)
        assert_non_null(strstr(try_add(&s, i, 30), "Read-only file"));
    durable_expect_state(&s.api, "one", before);
    api_fail(&s.api, -32603, "goxel.undo", NULL);
    durable_expect_state(&s.api, "one", before);
    unsigned failed = atomic_load(&s.faults->failed_writes);
    assert_true(failed >= 11);
    /* Also when the log of the idle project was to be brought over, twice. */
    assert_true(wait_for_more(&s.faults->failed_writes, failed + 1));
    atomic_store(&s.faults->write_errno, 0);
    assert_string_equal(try_add(&s, 1, 31), "");
    api_do(&s.api, "goxel.undo", "[2]");
    json_decref(before);
    durable_expect_after_restart(&s.api, &s.w, NULL, "one");
    end(&s);
}

static void test_read_only_at_start(void **state)
{
    char dir[64], socket[100], text[4000];
    (void)state;
    gox_test_dir(dir);
    if (!durable_mount(dir, 4)) {
        gox_test_dir_remove(dir);
        skip();
    }
    const char *const args[] = {"--data-dir", dir, NULL};
    struct wire w;
    struct api api;
    wire_start(&w, args);
    durable_join(&api, &w);
    api_do(&api, ADD, "[1,2,3]");
    api_stop(&api);
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_equal(mount("none", dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    snprintf(socket, sizeof socket, "%s/other.sock", w.dir);
    const char *const start[] = {"--socket", socket, "--data-dir", dir, NULL};
    int code = wire_run(start, text, sizeof text);
    if (code != 78 || strstr(text, dir) == NULL ||
            strstr(text, "ead-only") == NULL)
        fail_msg("exit %d: %s", code, text);
    assert_int_equal(mount("none", dir, NULL, MS_REMOUNT, NULL), 0);
    wire_start_in(&w, args);
    durable_join(&api, &w);
    assert_int_equal(api_int(&api, "count", "goxel.get_voxel_count", NULL), 1);
    api_do(&api, ADD, "[1,2,4]");
    api_stop(&api);
    wire_cleanup(&w);
    durable_unmount(dir);
    gox_test_dir_remove(dir);
}

/* ---- a clock that goes back ---- */

static void expect_history_order(struct scene *s, size_t count)
{
    json_t *history = api_call(
            &s->api, "goxel.history", "{'project':'one','limit':1000}");
    json_t *rows = json_object_get(history, "revisions");
    json_int_t before = INT64_MAX;
    size_t i;
    json_t *row;
    assert_int_equal(json_array_size(rows), count);
    json_array_foreach(rows, i, row)
    {
        json_int_t number =
                json_integer_value(json_object_get(row, "revision"));
        assert_true(number < before);
        before = number;
    }
    json_decref(history);
}

static void test_clock_goes_back(void **state)
{
    static const long offsets[] = {0, -3600, -400L * 86400, 86400L * 30,
            -20L * 365 * 86400, -1700000000L};
    struct scene s;
    (void)state;
    begin(&s, NULL);
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        atomic_store(&s.faults->clock_offset_s, offsets[i]);
        for (int k = 0; k < 3; k++)
            assert_string_equal(try_add(&s, k, 60 + (int)i), "");
        api_do(&s.api, "goxel.checkpoint", "{'project':'one','label':'%zu'}",
                i);
        expect_history_order(&s, 5 + 3 * (i + 1));
        durable_expect_after_restart(&s.api, &s.w, NULL, "one");
    }
    assert_true(atomic_load(&s.faults->clock_looks) > 0);
    api_do(&s.api, "goxel.restore", "{'project':'one','to':'1'}");
    api_do(&s.api, "goxel.undo", "{'project':'one','steps':10}");
    durable_expect_after_restart(&s.api, &s.w, NULL, "one");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_failed_fsync_with_interval),
            cmocka_unit_test(test_failed_fsync_with_always),
            cmocka_unit_test(test_failed_fsync_of_a_turn),
            cmocka_unit_test(test_read_only_at_run_time),
            cmocka_unit_test(test_read_only_at_start),
            cmocka_unit_test(test_clock_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
