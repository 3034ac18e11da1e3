/* SPDX-License-Identifier: Apache-2.0
 * A disk that is full, cannot be written or does not sync, under a daemon that
 * goes on: what is not stored is refused with the reason, memory and file
 * agree, reads go on, and edits come back with the disk.
 *
 * Invariant of every test: what the daemon says now, it says again after it was
 * killed and started. */
#include "base/time.h"
#include "daemon/durability.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define STATUS "goxel.get_status"
#define COUNT  "goxel.get_voxel_count"
#define ADD    "goxel.add_voxel"
#define CREATE "goxel.create_project"

/* SQLite's own words for it come from the store. */
#define NOT_STORED "the edit is not stored"

static void begin(struct wire *w, struct api *api, const char *const *args)
{
    wire_start(w, args);
    durable_join(api, w);
    api_do(api, CREATE, "['other']");
    api_do(api, ADD, "[0,0,0]");
    api_do(api, CREATE, "['one']");
    for (int i = 0; i < 20; i++)
        api_do(api, ADD, "[%d,%d,0,%d,1,2]", i, -i, i);
    api_do(api, "goxel.undo", "[2]");
}

static void end(struct wire *w, struct api *api)
{
    api_stop(api);
    wire_cleanup(w);
}

static char *dump(json_t *own)
{
    char *text = json_dumps(own, JSON_COMPACT);
    json_decref(own);
    return text;
}

static void expect_store_health(struct api *api, const char *status)
{
    json_t *health = api_call(api, "daemon.health", NULL);
    api_expect(health, "{'checks':{'store':{'status':'%s'}}}", status);
    json_decref(health);
}

/* ---- one failed write after another ---- */

struct write_case {
    int code;
    const char *says;
};
static const struct write_case WRITE_CASES[] = {
        {ENOSPC, "full"},
        {EROFS, "Read-only file system"},
        {EIO, ""},
        {EDQUOT, "uota"},
};

/* The edit fails at its k-th write to the file. False: it needs fewer. */
static bool fail_at_write(struct api *api, struct durable_faults *faults,
        const struct write_case *c, long k)
{
    json_t *before = durable_take_state(api, "one");
    atomic_store(&faults->writes_first, k);
    atomic_store(&faults->write_errno, c->code);
    const char *says = durable_try_edit(api, "goxel.add_voxels",
            durable_many_voxels("one", 3000, (unsigned)k + 1));
    atomic_store(&faults->write_errno, 0);
    bool is_refused = says[0] != '\0';
    if (is_refused &&
            (strstr(says, NOT_STORED) == NULL || strstr(says, c->says) == NULL))
        fail_msg("write %ld, errno %d: the error is \"%s\"", k, c->code, says);
    if (is_refused)
        durable_expect_state(api, "one", before);
    api_expect(before, "{'history':{'revision':'*'}}");
    json_decref(before);
    /* It goes on without anything else. */
    api_do(api, ADD, "[%ld,77,%d]", k, c->code);
    return is_refused;
}

static void test_each_write_of_a_commit(void **state)
{
    (void)state;
    struct wire w;
    struct api api;
    char dir[64];
    gox_test_dir(dir);
    struct durable_faults *faults = durable_begin_faults(dir);
    begin(&w, &api, NULL);
    for (size_t i = 0; i < sizeof WRITE_CASES / sizeof *WRITE_CASES; i++) {
        long k = 0;
        while (fail_at_write(&api, faults, &WRITE_CASES[i], k))
            k++;
        if (k < 2)
            fail_msg("an edit had %ld writes that could fail", k);
        durable_expect_after_restart(&api, &w, NULL, "one");
    }
    durable_end_faults(faults);
    end(&w, &api);
    gox_test_dir_remove(dir);
}

/* ---- a file system that is full ---- */

static void fill_disk(const char *dir)
{
    char path[200];
    static const char block[4096] = "x";
    snprintf(path, sizeof path, "%s/filler", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void make_room(const char *dir)
{
    char path[200];
    snprintf(path, sizeof path, "%s/filler", dir);
    assert_int_equal(unlink(path), 0);
}

/* Edits until there is no room; how many were stored. */
static int edit_until_full(struct api *api)
{
    for (int i = 0; i < 1000; i++) {
        const char *says = durable_try_edit(api, "goxel.add_voxels",
                durable_many_voxels("one", 500, (unsigned)i + 99));
        if (says[0] == '\0')
            continue;
        assert_non_null(strstr(says, "the disk is full"));
        return i;
    }
    fail_msg("the disk never was full");
    return -1;
}

/* All in one write, so that they are one turn: the edit that fails, and beside
 * it answers that it does not concern. */
static void expect_right_neighbours(const struct wire *w, json_int_t revision)
{
    int fd = wire_connect(w);
    char *big = dump(durable_many_voxels("one", 6000, 7));
    char *text = malloc(2 * strlen(big) + 4000);
    sprintf(text,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" STATUS
            "\",\"params\":{\"project\":\"one\"}}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"goxel.add_voxels\","
            "\"params\":%s}\n"
            "{\"jsonrpc\":\"2.0\",\"method\":\"" ADD
            "\",\"params\":{\"project\":\"one\",\"position\":[9,9,9]}}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"" COUNT
            "\",\"params\":{\"project\":\"other\"}}\n"
            "[{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"ping\"},"
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"goxel.add_voxels\","
            "\"params\":%s},"
            "{\"jsonrpc\":\"2.0\",\"method\":\"" ADD
            "\",\"params\":{\"project\":\"one\",\"position\":[9,9,8]}},"
            "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"" COUNT
            "\",\"params\":{\"project\":\"other\"}}]\n"
            "{\"jsonrpc\":\"2.0\",\"id\":\"seven\",\"method\":\"ping\"}\n",
            big, big);
    wire_send_bytes(fd, text, strlen(text));
    char expected[100];
    snprintf(
            expected, sizeof expected, "'revision':%lld,", (long long)revision);
    wire_expect(fd, expected);
    char *line = wire_line(fd);
    json_t *error = json_loads(line, 0, NULL);
    api_expect(error, "{'id':2,'result':'-','error':{'code':-32603}}");
    json_decref(error);
    free(line);
    wire_expect(fd, "'count':1},'id':3}");
    line = wire_line(fd);
    json_t *batch = json_loads(line, 0, NULL);
    if (batch == NULL)
        fail_msg("no JSON: %s", line);
    assert_int_equal(json_array_size(batch), 3);
    api_expect(json_array_get(batch, 0), "{'id':4,'error':'-'}");
    api_expect(json_array_get(batch, 1), "{'id':5,'result':'-','error':'*'}");
    api_expect(json_array_get(batch, 2), "{'id':6,'result':{'count':1}}");
    json_decref(batch);
    free(line);
    wire_expect(fd, "'id':'seven'");
    close(fd);
    free(text);
    free(big);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct wire w;
    struct api api;
    char dir[64];
    gox_test_dir(dir);
    if (!durable_mount(dir, 4)) {
        gox_test_dir_remove(dir);
        skip();
    }
    const char *const args[] = {"--data-dir", dir, NULL};
    begin(&w, &api, args);
    json_int_t before = api_int(&api, "revision", STATUS, "{'project':'one'}");
    fill_disk(dir);
    json_int_t stored = edit_until_full(&api);
    assert_int_equal(api_int(&api, "revision", STATUS, "{'project':'one'}"),
            before + stored);
    expect_right_neighbours(&w, before + stored);
    expect_store_health(&api, "degraded");
    durable_expect_after_restart(&api, &w, args, "one");
    edit_until_full(&api);
    make_room(dir);
    api_do(&api, ADD, "{'project':'one','position':[5,5,5]}");
    api_do(&api, "goxel.undo", "{'project':'one'}");
    expect_store_health(&api, "degraded"); /* there is less than 64 MiB */
    durable_expect_after_restart(&api, &w, args, "one");
    end(&w, &api);
    durable_unmount(dir);
    gox_test_dir_remove(dir);
}

/* A file that may not grow is full for one project only: others of the same
 * turn are stored. Nobody needs to be root for it. */
static void test_one_full_file(void **state)
{
    (void)state;
    struct wire w;
    struct api api;
    begin(&w, &api, NULL);
    for (unsigned i = 0; i < 40; i++)
        json_decref(api_call_json(
                &api, "goxel.add_voxels", durable_many_voxels("one", 5000, i)));
    char path[200];
    struct stat st;
    durable_file(path, w.dir, "one");
    strcat(path, "-wal");
    assert_int_equal(stat(path, &st), 0);
    struct rlimit was;
    assert_int_equal(prlimit(w.pid, RLIMIT_FSIZE, NULL, &was), 0);
    struct rlimit limit = {(rlim_t)st.st_size, was.rlim_max};
    assert_int_equal(prlimit(w.pid, RLIMIT_FSIZE, &limit, NULL), 0);
    json_int_t before = api_int(&api, "revision", STATUS, "{'project':'one'}");
    int fd = wire_connect(&w);
    char *big = dump(durable_many_voxels("one", 6000, 7));
    char *text = malloc(strlen(big) + 1000);
    sprintf(text,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" ADD
            "\",\"params\":{\"project\":\"other\",\"position\":[1,1,1]}}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"goxel.add_voxels\","
            "\"params\":%s}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"" ADD
            "\",\"params\":{\"project\":\"other\",\"position\":[2,1,1]}}\n",
            big);
    wire_send_bytes(fd, text, strlen(text));
    wire_expect(fd, "'revision':2},'id':1}");
    wire_expect(fd, NOT_STORED);
    wire_expect(fd, "'revision':3},'id':3}");
    close(fd);
    free(text);
    free(big);
    assert_int_equal(
            api_int(&api, "revision", STATUS, "{'project':'one'}"), before);
    assert_int_equal(prlimit(w.pid, RLIMIT_FSIZE, &was, NULL), 0);
    api_do(&api, ADD, "{'project':'one','position':[5,5,5]}");
    json_t *other = durable_take_state(&api, "other");
    durable_expect_after_restart(&api, &w, NULL, "one");
    durable_expect_state(&api, "other", other);
    json_decref(other);
    end(&w, &api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_each_write_of_a_commit),
            cmocka_unit_test(test_full_disk),
            cmocka_unit_test(test_one_full_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
