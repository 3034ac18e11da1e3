/* SPDX-License-Identifier: Apache-2.0
 * The files of projects: their names, who may open them, their version, and
 * that they stay small. */
#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "store_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void test_names(void **state)
{
    static const char *const bad[] = {"", "a/b", "a\nb", "\x7f"};
    char dir[64], longest[GOX_NAME_BYTES], other[GOX_NAME_BYTES];
    struct project p, q;
    struct gox_error err;
    gox_store *store;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    struct gox_image *img = gox_image_new();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(gox_store_create(stores, bad[i], img, 0, &store, &err),
                GOX_ERR_PARAMS);
    memset(longest, '.', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    memcpy(other, longest, sizeof(other));
    other[sizeof(other) - 2] = 'x';
    test_create(stores, longest, &p);
    test_create(stores, other, &q);
    test_point(&p, 1, 1, 1, 0xffffffffU);
    test_commit(&p);
    test_reopen(stores, longest, &p);
    assert_int_equal(gox_image_solid(p.img), 1);
    assert_int_equal(gox_image_solid(q.img), 0);
    assert_int_equal(gox_store_create(stores, longest, img, 0, &store, &err),
            GOX_ERR_BUSY);
    test_close(&q);
    assert_int_equal(gox_store_create(stores, other, img, 0, &store, &err),
            GOX_ERR_EXISTS);
    test_close(&p);
    gox_image_free(img);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_two_openers(void **state)
{
    char dir[64];
    struct project p;
    gox_stores *other;
    gox_store *store;
    struct gox_image *img;
    struct gox_store_report report;
    struct gox_error err;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    assert_int_equal(gox_stores_open(dir, NULL, &other, &err), GOX_ERR_BUSY);
    assert_non_null(strstr(err.text, "another process"));
    assert_int_equal(gox_store_open(stores, "a", &store, &img, &report, &err),
            GOX_ERR_BUSY);
    /* Nor may another program touch the file. */
    char command[256];
    snprintf(command, sizeof(command),
            "command -v sqlite3 >/dev/null || exit 5; "
            "sqlite3 '%s' 'SELECT 1 FROM meta' >/dev/null 2>&1",
            gox_store_path(p.store));
    int status = system(command);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    test_close(&p);
    gox_stores_close(stores);
    assert_int_equal(gox_stores_open(dir, NULL, &other, &err), 0);
    gox_stores_close(other);
    gox_test_dir_remove(dir);
}

static void read_whole(const char *path, struct gox_input *in)
{
    assert_int_equal(gox_input_read_file(in, path, 0, NULL), 0);
}

static void test_newer_version(void **state)
{
    char dir[64], path[96];
    struct project p;
    gox_store *store;
    struct gox_image *img;
    struct gox_store_report report;
    struct gox_store_info *list;
    struct gox_error err;
    struct gox_input before, after;
    size_t count;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    snprintf(path, sizeof(path), "%s", gox_store_path(p.store));
    test_close(&p);
    int fd = open(path, O_RDWR);
    assert_int_equal(pwrite(fd, "\0\0\0\x63", 4, 60), 4);
    close(fd);
    read_whole(path, &before);
    assert_int_equal(gox_store_open(stores, "a", &store, &img, &report, &err),
            GOX_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "version 99"));
    read_whole(path, &after);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, before.len);
    assert_int_equal(gox_stores_list(stores, &list, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].code, GOX_ERR_UNSUPPORTED);
    assert_string_equal(list[0].name, "a");
    gox_free(list);
    gox_input_fini(&before);
    gox_input_fini(&after);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Files that somebody put there by hand: the list has the name that opens each,
 * and tells of those that none opens. */
static void test_files_by_hand(void **state)
{
    static const struct {
        const char *file, *name;
        int code;
    } cases[] = {{"a", "a", 0}, {"copy%20of%20a", "copy of a", 0},
            {"made by hand", "made by hand", GOX_ERR_PARAMS},
            {"other", "other", 0}, {"wrong%2", "wrong%2", GOX_ERR_PARAMS}};
    const size_t n = sizeof cases / sizeof cases[0];
    char dir[64], command[300];
    struct project p;
    struct gox_store_info *list;
    struct gox_error err;
    size_t count;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    test_point(&p, 1, 2, 3, 0xffffffffU);
    test_commit(&p);
    test_close(&p);
    for (size_t i = 1; i < n; i++) {
        snprintf(command, sizeof(command),
                "cp '%s/projects/a.goxdb' '%s/projects/%s.goxdb'", dir, dir,
                cases[i].file);
        assert_int_equal(system(command), 0);
    }
    snprintf(command, sizeof(command), "mkdir '%s/projects/folder.goxdb'", dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(gox_stores_list(stores, &list, &count, &err), 0);
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(list[i].name, cases[i].name);
        assert_int_equal(list[i].code, cases[i].code);
        assert_int_equal(list[i].voxels, cases[i].code == 0);
    }
    gox_free(list);
    test_open(stores, "copy of a", &p);
    assert_int_equal(gox_image_solid(p.img), 1);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_read_only(void **state)
{
    char dir[64], command[128];
    struct project p;
    struct gox_store_settings settings = {.is_read_only = true};
    struct gox_store_info *list;
    struct gox_image *img;
    struct gox_store_report report;
    struct gox_error err;
    gox_stores *stores = NULL;
    gox_store *store;
    size_t count;
    (void)state;

    gox_test_dir(dir);
    stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    test_point(&p, 1, 2, 3, 0xffffffffU);
    test_commit(&p);
    test_close(&p);
    gox_stores_close(stores);
    snprintf(command, sizeof(command), "chmod -R a-w '%s'", dir);
    assert_int_equal(system(command), 0);
    stores = test_open_dir(dir, &settings);
    assert_int_equal(gox_stores_list(stores, &list, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].code, 0);
    assert_int_equal(list[0].voxels, 1);
    gox_free(list);
    assert_int_equal(gox_stores_load(stores, "a", &img, &report, &err), 0);
    assert_int_equal(gox_image_solid(img), 1);
    assert_int_equal(gox_store_create(stores, "b", img, 0, &store, &err),
            GOX_ERR_READ_ONLY);
    gox_image_free(img);
    gox_stores_close(stores);
    if (geteuid() != 0) /* root may write everywhere */
        assert_int_equal(
                gox_stores_open(dir, NULL, &stores, &err), GOX_ERR_READ_ONLY);
    snprintf(command, sizeof(command), "chmod -R u+w '%s'", dir);
    assert_int_equal(system(command), 0);
    gox_test_dir_remove(dir);
}

static void test_compact(void **state)
{
    char dir[64];
    struct project p;
    struct gox_error err;
    uint64_t random = 3;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < 300; i++) {
        test_random_edit(&p, &random);
        test_commit(&p);
    }
    struct gox_image *before = gox_image_dup(p.img);
    uint64_t revision = gox_history_revision(p.history);
    char path[128];
    struct stat old, now;
    snprintf(path, sizeof(path), "%s", gox_store_path(p.store));
    test_close(&p);
    assert_int_equal(stat(path, &old), 0);
    if (gox_stores_compact(stores, "a", 1, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(stat(path, &now), 0);
    assert_true(now.st_size < old.st_size / 2);
    test_open(stores, "a", &p);
    assert_true(test_images_equal(before, p.img));
    assert_int_equal(gox_history_revision(p.history), revision);
    assert_int_equal(gox_history_undo_count(p.history), 0);
    test_close(&p);
    gox_image_free(before);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Snapshots, checkpoints and edits at the same time. */
static void test_maintenance(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_stats stats;
    struct gox_store_settings settings = {.wal_bytes = 100000,
            .wal_hard_bytes = 400000,
            .interval_ms = 10,
            .history_max_bytes = 100000,
            .durability = GOX_DURABILITY_INTERVAL};
    uint64_t random = 11;
    int snapshots = 0;
    uint64_t checkpoints = 0;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    for (int i = 0; i < 4000; i++) {
        test_random_edit(&p, &random);
        test_commit(&p);
        if (i % 100 == 0 && gox_store_start_snapshot(p.store, NULL) == 0)
            snapshots++;
        if (i % 1000 == 999) { /* undo names edits that trimming must keep */
            struct gox_image *img = gox_image_dup(p.img);
            assert_int_equal(gox_store_wait(p.store, NULL), 0);
            gox_store_get_stats(p.store, &stats);
            assert_int_equal(stats.snapshots, snapshots);
            snapshots = 0;
            checkpoints += stats.checkpoints;
            test_reopen(stores, "a", &p);
            assert_true(test_images_equal(img, p.img));
            gox_image_free(img);
        }
    }
    test_random_edit(&p, &random);
    test_commit(&p);
    assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
    assert_int_equal(gox_store_wait(p.store, NULL), 0);
    gox_store_get_stats(p.store, &stats);
    assert_true(stats.is_safe);
    assert_int_equal(stats.snapshots, 1);
    assert_true(checkpoints > 0);
    struct gox_image *before = gox_image_dup(p.img);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(before, p.img));
    struct gox_store_check check;
    assert_int_equal(gox_stores_check(stores, "a", &check, NULL, NULL), 0);
    if (check.problems > 0)
        fail_msg("%s", check.first.text);
    gox_image_free(before);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* So many that a turn is written on several threads. */
static void test_many_projects(void **state)
{
    enum { MANY = 70 };
    static struct project p[MANY];
    gox_store *list[MANY];
    int codes[MANY];
    static struct gox_error errs[MANY];
    char dir[64], name[16];
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        test_create(stores, name, &p[i]);
        list[i] = p[i].store;
    }
    for (int turn = 0; turn < 10; turn++) {
        for (int i = 0; i < MANY; i++)
            test_point(&p[i], turn, i, 0, 0xff0000ffU);
        assert_int_equal(gox_store_commit_many(list, MANY, codes, errs), 0);
        for (int i = 0; i < MANY; i++)
            assert_int_equal(codes[i], 0);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        if (i % 10 == 0) {
            test_reopen(stores, name, &p[i]);
            assert_int_equal(gox_image_solid(p[i].img), 10);
        }
        test_close(&p[i]);
    }
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_names),
            cmocka_unit_test(test_two_openers),
            cmocka_unit_test(test_newer_version),
            cmocka_unit_test(test_files_by_hand),
            cmocka_unit_test(test_read_only),
            cmocka_unit_test(test_compact),
            cmocka_unit_test(test_maintenance),
            cmocka_unit_test(test_many_projects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
