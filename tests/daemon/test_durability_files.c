/* SPDX-License-Identifier: Apache-2.0
 * Files that are not as they were left: from a newer version, damaged, in use
 * by another daemon, cut off by a power failure. Other projects never notice.
 */
#include "base/time.h"
#include "daemon/durability.h"
#include "daemon/durability_model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>

#define STATUS "goxel.get_status"
#define ADD    "goxel.add_voxel"
#define CREATE "goxel.create_project"
#define CLOSE  "goxel.close_project"
#define OPEN   "goxel.open_project"

static void begin(struct wire *w, struct api *api)
{
    wire_start(w, NULL);
    durable_join(api, w);
    api_do(api, CREATE, "['other']");
    api_do(api, ADD, "[0,0,0]");
    api_do(api, CREATE, "['one']");
}

static void end(struct wire *w, struct api *api)
{
    api_stop(api);
    wire_cleanup(w);
}

static void copy_file(const char *from, const char *to)
{
    size_t len;
    char *data = api_read_file(from, &len);
    api_write_file(to, data, len);
    free(data);
}

static void expect_other_goes_on(struct api *api)
{
    json_int_t before = api_int(api, "revision", STATUS, "{'project':'other'}");
    api_do(api, ADD, "{'project':'other','position':[%d,3,3]}", (int)before);
    assert_int_equal(api_int(api, "count", "goxel.get_voxel_count",
                             "{'project':'other'}"),
            before + 1);
}

/* ---- a newer version ---- */

static void set_version(const char *path, int version)
{
    char sql[64];
    sqlite3 *db;
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", version);
    assert_int_equal(
            sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_newer_version(void **state)
{
    struct wire w;
    struct api api;
    char path[200], copy[200];
    (void)state;
    begin(&w, &api);
    api_do(&api, ADD, "[1,2,3]");
    json_t *before = durable_take_state(&api, "one");
    api_do(&api, CLOSE, "['one']");
    durable_file(path, w.dir, "one");
    snprintf(copy, sizeof copy, "%s/copy", w.dir);
    set_version(path, 99);
    copy_file(path, copy);
    for (int i = 0; i < 3; i++) {
        const json_t *error = api_fail(&api, -32603, OPEN, "['one']");
        api_expect_message(error, path);
        api_expect_message(error, "newer");
        assert_true(durable_is_same(path, copy));
        expect_other_goes_on(&api);
    }
    set_version(path, 1);
    durable_expect_state(&api, "one", before);
    json_decref(before);
    end(&w, &api);
}

/* ---- flipped bits ---- */

/* The set aside file that the message names; false: it names none. */
static bool find_set_aside(
        const char *message, const char *path, char aside[300])
{
    char start[240];
    snprintf(start, sizeof start, "%s.damaged-", path);
    const char *at = strstr(message, start);
    if (at == NULL)
        return false;
    size_t len = strcspn(at, " ,;:\"");
    snprintf(aside, 300, "%.*s", (int)len, at);
    return true;
}

struct flip_tally {
    unsigned harmless, recovered, lost;
};

/* The damage has been found: it is told, the file is set aside as it was, and
 * what could be read goes on. */
static void expect_recovery(struct api *api, const char *path,
        const char *flipped, size_t at, struct flip_tally *tally)
{
    char aside[300];
    struct stat st;
    const char *message = json_string_value(
            json_object_get(gox_client_get_error(api->client), "message"));
    char *said = strdup(message != NULL ? message : "");
    if (!find_set_aside(said, path, aside))
        fail_msg("a flip at %zu: the error names no file set aside: %s", at,
                said);
    if (!durable_is_same(aside, flipped))
        fail_msg("a flip at %zu: %s is not the damaged file", at, aside);
    if (stat(path, &st) != 0) {
        api_fail(api, -32004, OPEN, "['one']");
        api_do(api, CREATE, "['one']");
        tally->lost++;
    } else {
        api_do(api, OPEN, "['one']");
        tally->recovered++;
    }
    api_do(api, ADD, "{'project':'one','position':[-50,-50,-50]}");
    assert_true(unlink(aside) == 0);
    free(said);
}

/* Nothing was found. Damage in the history of before the snapshot is told when
 * somebody asks for it. */
static void expect_whole(
        struct api *api, const char *path, const json_t *expected)
{
    json_t *result = NULL;
    struct gox_error err;
    json_t *voxels = api_call(api, "goxel.get_voxels_region",
            "{'project':'one','min':[-100,-100,-100],'max':[400,400,400],"
            "'limit':100000}");
    if (!json_equal(voxels, json_object_get(expected, "voxels")))
        fail_msg("other voxels, and no error");
    json_decref(voxels);
    json_t *params = json_pack("{s:s,s:i}", "project", "one", "limit", 1000);
    int rc = gox_client_call(
            api->client, "goxel.history", params, API_LIMIT_MS, &result, &err);
    if (rc < 0 && strstr(err.text, path) == NULL)
        fail_msg("the history: %s", err.text);
    json_object_del(result, "bytes");
    if (rc == 0 && !json_equal(result, json_object_get(expected, "history")))
        fail_msg("another history, and no error");
    json_decref(params);
    json_decref(result);
}

static void try_flip(struct api *api, const char *path, const char *good,
        size_t at, const json_t *expected, struct flip_tally *tally)
{
    char flipped[220];
    size_t len;
    snprintf(flipped, sizeof flipped, "%s.flipped", good);
    char *data = api_read_file(good, &len);
    data[at] = (char)(data[at] ^ 1 << at % 8);
    api_do(api, CLOSE, "['one']");
    api_write_file(path, data, len);
    api_write_file(flipped, data, len);
    free(data);
    json_t *params = json_pack("{s:s}", "name", "one");
    json_t *result = NULL;
    struct gox_error err;
    int rc = gox_client_call(
            api->client, OPEN, params, API_LIMIT_MS, &result, &err);
    json_decref(params);
    json_decref(result);
    if (rc < 0) {
        expect_recovery(api, path, flipped, at, tally);
    } else {
        expect_whole(api, path, expected);
        tally->harmless++;
    }
    expect_other_goes_on(api);
}

/* Random colours, a snapshot, and edits after it. */
static void fill_project(struct api *api)
{
    for (unsigned i = 0; i < 4; i++)
        json_decref(api_call_json(
                api, "goxel.add_voxels", durable_many_voxels("one", 2000, i)));
    api_do(api, "goxel.checkpoint", "['here']");
    for (int i = 0; i < 50; i++)
        api_do(api, ADD, "[%d,200,0,1,%d,3]", i, i);
}

static void test_flipped_bits(void **state)
{
    struct wire w;
    struct api api;
    char path[200], good[200];
    size_t len;
    struct flip_tally tally = {0};
    const size_t flips = DURABLE_IS_SANITIZED ? 15 : 60;
    (void)state;
    begin(&w, &api);
    fill_project(&api);
    json_t *expected = durable_take_state(&api, "one");
    api_do(&api, CLOSE, "['one']");
    durable_file(path, w.dir, "one");
    snprintf(good, sizeof good, "%s/good", w.dir);
    copy_file(path, good);
    free(api_read_file(good, &len));
    for (size_t i = 0; i < flips; i++)
        try_flip(&api, path, good, (len - 1) * i / (flips - 1), expected,
                &tally);
    print_message("%zu flips in %zu bytes: %u in what is not needed, %u found "
                  "and the rest recovered, %u found and nothing readable\n",
            flips, len, tally.harmless, tally.recovered, tally.lost);
    assert_true(tally.recovered > 0);
    json_decref(expected);
    end(&w, &api);
}

/* In the log that a killed daemon left. */
static void flip_in_log(const char *path, size_t part, size_t parts)
{
    char wal[220];
    size_t len;
    snprintf(wal, sizeof wal, "%s-wal", path);
    char *data = api_read_file(wal, &len);
    assert_true(len > 4096);
    data[(len - 1) * part / parts] ^= 0x10;
    api_write_file(wal, data, len);
    free(data);
}

static void test_flipped_bits_in_the_log(void **state)
{
    enum { PARTS = 6 };
    char path[200];
    (void)state;
    for (size_t part = 1; part < PARTS; part++) {
        struct wire w;
        struct api api;
        begin(&w, &api);
        for (int i = 0; i < 100; i++)
            api_do(&api, ADD, "[%d,0,0]", i);
        api_stop(&api);
        durable_kill(&w);
        durable_file(path, w.dir, "one");
        flip_in_log(path, part, PARTS);
        wire_start_in(&w, NULL);
        durable_join(&api, &w);
        const json_t *error = api_fail(&api, -32603, OPEN, "['one']");
        api_expect_message(error, path);
        api_expect_message(error, ".damaged-");
        json_int_t left =
                api_int(&api, "revision", STATUS, "{'project':'one'}");
        assert_true(left >= 0 && left < 100);
        assert_int_equal(api_int(&api, "count", "goxel.get_voxel_count",
                                 "{'project':'one'}"),
                left);
        api_do(&api, ADD, "{'project':'one','position':[1,1,1]}");
        expect_other_goes_on(&api);
        durable_expect_after_restart(&api, &w, NULL, "one");
        end(&w, &api);
    }
}

/* ---- two daemons ---- */

static void test_two_daemons(void **state)
{
    struct wire w;
    struct api api;
    char socket[100], text[4000], pid[32];
    (void)state;
    begin(&w, &api);
    snprintf(socket, sizeof socket, "%s/second.sock", w.dir);
    snprintf(pid, sizeof pid, "%d", (int)w.pid);
    const char *const args[] = {"--socket", socket, "--data-dir", w.dir, NULL};
    int code = wire_run(args, text, sizeof text);
    const char *says = strstr(text, "goxel-daemon: ");
    if (code != 75 || says == NULL || strstr(says, w.dir) == NULL ||
            strstr(says, pid) == NULL)
        fail_msg("exit %d: %s", code, text);
    expect_other_goes_on(&api);
    end(&w, &api);
}

/* ---- a power cut ---- */

enum { CUTS = 12, CUT_EDITS = 300 };

/* All files at one moment, as a disk has them: the process is stopped
 * meanwhile. Only the log is cut: what was synced, the file, is whole. */
static void take_image(const struct wire *w, const char *to)
{
    char command[500];
    snprintf(command, sizeof command,
            "rm -rf '%s' && mkdir -p '%s/projects' && "
            "cp '%s'/projects/*.goxdb* '%s/projects'",
            to, to, w->dir, to);
    assert_int_equal(kill(w->pid, SIGSTOP), 0);
    int rc = system(command);
    assert_int_equal(kill(w->pid, SIGCONT), 0);
    assert_int_equal(rc, 0);
}

/* The end of the log never reached the disk: it is not there, or zeros are. */
static void lose_end(const char *data, bool has_zeros, uint64_t *seed)
{
    char path[240];
    size_t len;
    durable_file(path, data, "one");
    strcat(path, "-wal");
    char *bytes = api_read_file(path, &len);
    size_t kept = len > 0 ? model_random(seed) % len : 0;
    if (has_zeros)
        memset(bytes + kept, 0, len - kept);
    else
        len = kept;
    api_write_file(path, bytes, len);
    free(bytes);
}

/* Zeros look like damage, so the files are kept, and that is said once. */
static bool open_after_cut(struct api *api, bool has_zeros)
{
    json_t *params = json_pack("{s:s}", "name", "one");
    struct gox_error err;
    int rc = gox_client_call(
            api->client, OPEN, params, API_LIMIT_MS, NULL, &err);
    json_decref(params);
    if (rc == 0)
        return true;
    if (!has_zeros || strstr(err.text, "power cut") == NULL ||
            strstr(err.text, ".damaged-") == NULL)
        fail_msg("after a power cut: %s", err.text);
    api_do(api, OPEN, "['one']");
    return false;
}

/* Edit i sets voxel i: so revision n means exactly the first n voxels. */
static void expect_true_state(const char *data, json_int_t sent, bool has_zeros)
{
    struct wire w;
    struct api api;
    const char *const args[] = {"--data-dir", data, NULL};
    wire_start(&w, args);
    durable_join(&api, &w);
    bool can_undo = open_after_cut(&api, has_zeros);
    json_int_t n = api_int(&api, "revision", STATUS, "{'project':'one'}");
    assert_true(n <= sent);
    json_t *got = api_call(&api, "goxel.get_voxels_region",
            "{'project':'one','min':[0,0,0],'max':[1000,0,0]}");
    assert_int_equal(json_integer_value(json_object_get(got, "total")), n);
    json_decref(got);
    if (n > 0) {
        got = api_call(&api, "goxel.get_voxel",
                "{'project':'one','position':[%d,0,0]}", (int)n - 1);
        api_expect(got, "{'exists':true}");
        json_decref(got);
    }
    if (n > 0 && can_undo)
        api_do(&api, "goxel.undo", "{'project':'one','steps':%d}", (int)n);
    api_do(&api, ADD, "{'project':'one','position':[0,1,0]}");
    durable_expect_after_restart(&api, &w, args, "one");
    end(&w, &api);
}

static void on_any(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    int *answered = ctx;
    (void)result;
    (void)error;
    *answered += err->code == 0;
}

/* Sends CUT_EDITS edits at once, so that the image is taken while they are
 * under way; the answers are read after it. */
static void edit_and_cut(
        struct wire *w, struct api *api, int first, const char *to)
{
    int answered = 0;
    struct gox_error err;
    for (int i = 0; i < CUT_EDITS; i++) {
        json_t *params = json_pack("{s:s,s:[i,i,i]}", "project", "one",
                "position", first + i, 0, 0);
        assert_int_equal(gox_client_submit(api->client, ADD, params, on_any,
                                 &answered, NULL, &err),
                0);
        json_decref(params);
        if (i == CUT_EDITS / 3)
            (void)gox_client_dispatch(api->client, &err);
    }
    take_image(w, to);
    while (answered < CUT_EDITS)
        api_do(api, "ping", NULL);
}

static void test_power_cut(void **state)
{
    struct wire w;
    struct api api;
    char image[100];
    uint64_t seed = (uint64_t)gox_time_now_ns() | 1;
    (void)state;
    for (int cut = 0; cut < (DURABLE_IS_SANITIZED ? 3 : CUTS); cut++) {
        begin(&w, &api);
        snprintf(image, sizeof image, "%s/image", w.dir);
        edit_and_cut(&w, &api, 0, image);
        if (cut % 3 != 0)
            lose_end(image, cut % 3 == 2, &seed);
        expect_true_state(image, CUT_EDITS, cut % 3 == 2);
        end(&w, &api);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_newer_version),
            cmocka_unit_test(test_flipped_bits),
            cmocka_unit_test(test_flipped_bits_in_the_log),
            cmocka_unit_test(test_two_daemons),
            cmocka_unit_test(test_power_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
