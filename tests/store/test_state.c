/* SPDX-License-Identifier: Apache-2.0
 * What an open store says about itself and takes on the disk, settings that
 * change while it is open, the trash, and faults that pass: a full disk, an
 * edit that is too large, a clock that goes back. */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"
#include "store_test.h"

#include <sys/stat.h>

static void fill(struct project *p, int side, uint64_t *random)
{
    gox_volume *v = gox_image_active_layer(p->img)->volume;

    assert_int_equal(
            gox_history_begin(p->history, p->img, GOX_EDIT_VOXELS, "fill"), 0);
    for (int i = 0; i < side * side * side; i++)
        assert_int_equal(gox_volume_set(v,
                                 gox_pos_make(i % side, i / side % side,
                                         i / side / side),
                                 test_random(random) | 0xff000000U),
                0);
    gox_history_commit(p->history, gox_time_wall_ms(), NULL);
}

static void wait_idle(gox_store *store)
{
    for (int i = 0; i < 2000 && !gox_store_is_idle(store); i++)
        usleep(5000); /* polls, with a limit */
    assert_true(gox_store_is_idle(store));
}

static int64_t disk_bytes(const char *path)
{
    char log[300];
    struct stat st;
    int64_t bytes = 0;

    snprintf(log, sizeof(log), "%s-wal", path);
    if (stat(path, &st) == 0)
        bytes += st.st_size;
    if (stat(log, &st) == 0)
        bytes += st.st_size;
    return bytes;
}

/* After a snapshot a project takes little more than its voxels, and all of it
 * can be undone and redone, also after opening again. */
static void test_packed(void **state)
{
    enum { SIDE = 64, SLICES = 24 };
    char dir[64];
    struct project p;
    uint64_t random = 3;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int z = 0; z < SLICES; z++) {
        gox_volume *v = gox_image_active_layer(p.img)->volume;
        assert_int_equal(
                gox_history_begin(p.history, p.img, GOX_EDIT_VOXELS, "s"), 0);
        for (int i = 0; i < SIDE * SIDE; i++)
            assert_int_equal(
                    gox_volume_set(v, gox_pos_make(i % SIDE, i / SIDE, z),
                            test_random(&random) | 0xff000000U),
                    0);
        gox_history_commit(p.history, gox_time_wall_ms(), NULL);
        test_commit(&p);
    }
    struct gox_image *full = gox_image_dup(p.img);
    assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
    assert_int_equal(gox_store_wait(p.store, NULL), 0);
    /* Three random bytes a voxel; the fourth and undo are next to nothing. */
    assert_true(disk_bytes(gox_store_path(p.store)) <
                (int64_t)SIDE * SIDE * SLICES * 3 * 5 / 4);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(gox_history_undo_count(p.history), SLICES);
        assert_int_equal(
                gox_history_undo(p.history, &p.img, SLICES / 2, 0, NULL),
                SLICES / 2);
        test_commit(&p);
        test_reopen(stores, "a", &p);
        assert_int_equal(gox_image_solid(p.img), SIDE * SIDE * SLICES / 2);
        assert_int_equal(gox_history_redo_count(p.history), SLICES / 2);
        assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
        assert_int_equal(gox_store_wait(p.store, NULL), 0);
        test_reopen(stores, "a", &p);
        assert_int_equal(gox_history_redo(p.history, &p.img, SLICES, 0, NULL),
                SLICES / 2);
        assert_true(test_images_equal(full, p.img));
        test_commit(&p);
        test_reopen(stores, "a", &p);
        assert_true(test_images_equal(full, p.img));
    }
    struct gox_store_check check;
    assert_int_equal(gox_stores_check(stores, "a", &check, NULL, NULL), 0);
    assert_int_equal(check.problems, 0);
    gox_image_free(full);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* A project with less in its journal than packing its base record saves. */
static void test_packed_at_once(void **state)
{
    char dir[64];
    struct project p;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    for (int edits = 1; edits <= 4; edits++) {
        const char name[] = {'p', (char)('0' + edits), '\0'};
        struct gox_store_stats stats;
        struct gox_edit_info info;
        test_create(stores, name, &p);
        for (int i = 0; i < edits; i++) {
            test_point(&p, i, 0, 0, 0xff0000ffU);
            test_commit(&p);
        }
        assert_int_equal(gox_store_start_snapshot(p.store, "now"), 0);
        assert_int_equal(gox_store_wait(p.store, NULL), 0);
        gox_store_get_stats(p.store, &stats);
        assert_in_range(stats.journal_bytes, 1, 10000);
        test_reopen(stores, name, &p);
        assert_int_equal(gox_history_undo_count(p.history), edits);
        assert_int_equal(
                gox_history_undo(p.history, &p.img, edits, 1, &info), edits);
        assert_int_equal(gox_image_solid(p.img), 0);
        test_commit(&p);
        test_close(&p);
    }
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* An idle project has no log to speak of. */
static void test_idle(void **state)
{
    char dir[64], log[300];
    struct project p;
    struct stat st = {.st_size = 1};
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    test_point(&p, 1, 2, 3, 0xff00ff00U);
    test_commit(&p);
    snprintf(log, sizeof(log), "%s-wal", gox_store_path(p.store));
    assert_int_equal(stat(log, &st), 0);
    assert_true(st.st_size > 0);
    for (int i = 0; i < 2000 && st.st_size > 0; i++) {
        usleep(10000); /* polls, with a limit */
        assert_int_equal(stat(log, &st), 0);
    }
    assert_int_equal(st.st_size, 0);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_idle_and_bytes(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 1, free_bytes = 0;
    struct gox_store_settings settings = {.interval_ms = 50};
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    assert_true(gox_store_is_idle(p.store));
    assert_true(gox_store_is_safe(p.store, NULL));
    test_random_edit(&p, &random);
    test_point(&p, 1, 1, 1, 0xff112233U);
    assert_false(gox_store_is_idle(p.store)); /* not committed */
    test_commit(&p);
    wait_idle(p.store);
    uint64_t bytes = gox_store_bytes(p.store);
    assert_true(bytes > 10000 && bytes < 2000000);
    assert_int_equal(gox_stores_disk_free(stores, &free_bytes, NULL), 0);
    assert_true(free_bytes > 0);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_idle_snapshot(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 4;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    test_point(&p, 1, 1, 1, 0xff112233U);
    test_commit(&p);
    assert_false(gox_store_wants_idle_snapshot(p.store, 0));
    fill(&p, 80, &random);
    test_commit(&p);
    assert_false(gox_store_wants_idle_snapshot(p.store, 1000000));
    assert_true(gox_store_wants_idle_snapshot(p.store, 0));
    assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
    assert_int_equal(gox_store_wait(p.store, NULL), 0);
    assert_false(gox_store_wants_idle_snapshot(p.store, 0));
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_set_durability(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_settings settings = {
            .durability = GOX_DURABILITY_NONE, .vfs = "faulty"};
    struct gox_store_stats stats;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    unsigned syncs = test_syncs();
    test_point(&p, 1, 1, 1, 0xff112233U);
    test_commit(&p);
    assert_int_equal(test_syncs(), syncs);
    /* What was not synced before is now due. */
    gox_stores_set_durability(stores, GOX_DURABILITY_INTERVAL, 20);
    for (int i = 0; i < 2000; i++) {
        gox_store_get_stats(p.store, &stats);
        if (stats.syncs > 0)
            break;
        usleep(5000); /* polls, with a limit */
    }
    assert_true(stats.syncs > 0);
    gox_stores_set_durability(stores, GOX_DURABILITY_ALWAYS, 0);
    for (int i = 0; i < 5; i++) {
        syncs = test_syncs();
        test_point(&p, 2, i, 1, 0xff112233U);
        test_commit(&p);
        assert_true(test_syncs() > syncs);
    }
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_trash(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_trashed *list;
    struct gox_error err;
    size_t count;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    assert_int_equal(gox_stores_list_trash(stores, &list, &count, &err), 0);
    assert_int_equal(count, 0);
    for (int i = 0; i < 3; i++) {
        const char *names[] = {"one", "two%2", "three"};
        test_create(stores, names[i], &p);
        test_close(&p);
        assert_int_equal(gox_stores_delete(stores, names[i], &err), 0);
    }
    assert_int_equal(gox_stores_list_trash(stores, &list, &count, &err), 0);
    assert_int_equal(count, 3);
    bool has_two = false;
    for (size_t i = 0; i < count; i++) {
        has_two |= strcmp(list[i].name, "two%2") == 0;
        assert_true(list[i].bytes > 0);
        assert_true(list[i].deleted_ms > gox_time_wall_ms() - 60000);
        assert_true(i == 0 || list[i - 1].deleted_ms >= list[i].deleted_ms);
    }
    assert_true(has_two);
    gox_free(list);
    assert_int_equal(gox_stores_undelete(stores, "two%2", &err), 0);
    assert_int_equal(gox_stores_list_trash(stores, &list, &count, &err), 0);
    assert_int_equal(count, 2);
    gox_free(list);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* An edit that no row can hold is refused; memory and file agree. */
static void test_too_large(void **state)
{
    char dir[64];
    struct project p;
    struct gox_error err;
    uint64_t random = 9;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    test_point(&p, 1, 1, 1, 0xff112233U);
    test_commit(&p);
    struct gox_image *before = gox_image_dup(p.img);
    sqlite3_limit(p.store->db, SQLITE_LIMIT_LENGTH, 50000);
    fill(&p, 40, &random);
    assert_int_equal(gox_store_commit(p.store, &err), GOX_ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "smaller"));
    assert_int_equal(gox_store_rollback(p.store, &err), 0);
    assert_true(test_images_equal(before, p.img));
    assert_int_equal(gox_history_revision(p.history), 1);
    test_point(&p, 2, 1, 1, 0xff112233U);
    test_commit(&p);
    gox_image_free(before);
    before = gox_image_dup(p.img);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(before, p.img));
    gox_image_free(before);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* The disk stays full while the project is opened, edited and closed; with room
 * again all goes on without opening anew. */
static void test_full_for_long(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_settings settings = {
            .vfs = "faulty", .interval_ms = 10, .wal_bytes = 20000};
    struct gox_error err;
    struct gox_store_stats stats;
    uint64_t random = 9;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    fill(&p, 20, &random);
    test_commit(&p);
    test_fill_disk(0);
    test_reopen(stores, "a", &p);
    for (int i = 0; i < 20; i++) {
        fill(&p, 24, &random);
        assert_int_equal(gox_store_commit(p.store, &err), GOX_ERR_IO);
        assert_non_null(strstr(err.text, "full"));
        assert_int_equal(gox_store_rollback(p.store, &err), 0);
        assert_int_equal(gox_image_solid(p.img), 8000);
        assert_int_equal(gox_history_undo_count(p.history), 1);
    }
    assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
    assert_true(gox_store_wait(p.store, &err) < 0);
    assert_false(gox_store_wants_snapshot(p.store));
    gox_store_get_stats(p.store, &stats);
    assert_true(stats.is_safe);
    test_fill_disk(-1);
    fill(&p, 24, &random);
    test_commit(&p);
    assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
    assert_int_equal(gox_store_wait(p.store, &err), 0);
    test_fill_disk(0);
    test_reopen(stores, "a", &p);
    test_fill_disk(-1);
    assert_int_equal(gox_image_solid(p.img), 24 * 24 * 24);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Times are kept as they were told, in any order. */
static void test_clock_goes_back(void **state)
{
    enum { EDITS = 40 };
    char dir[64];
    struct project p;
    struct gox_edit_info info;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < EDITS; i++) {
        gox_volume *v = gox_image_active_layer(p.img)->volume;
        assert_int_equal(
                gox_history_begin(p.history, p.img, GOX_EDIT_VOXELS, "s"), 0);
        assert_int_equal(
                gox_volume_set(v, gox_pos_make(i, 0, 0), 0xff0000ffU), 0);
        gox_history_commit(p.history,
                INT64_C(1700000000000) - i * INT64_C(86400000), NULL);
        if (i % 3 == 0)
            test_commit(&p);
    }
    test_commit(&p);
    for (int round = 0; round < 2; round++) {
        test_reopen(stores, "a", &p);
        for (int i = 0; i < EDITS; i++) {
            assert_true(gox_history_get_edit(
                    p.history, (size_t)(EDITS - 1 - i), &info));
            assert_true(info.at_ms ==
                        INT64_C(1700000000000) - i * INT64_C(86400000));
        }
        assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
        assert_int_equal(gox_store_wait(p.store, NULL), 0);
    }
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_packed),
            cmocka_unit_test(test_packed_at_once),
            cmocka_unit_test(test_idle),
            cmocka_unit_test(test_idle_and_bytes),
            cmocka_unit_test(test_idle_snapshot),
            cmocka_unit_test(test_set_durability),
            cmocka_unit_test(test_trash),
            cmocka_unit_test(test_too_large),
            cmocka_unit_test(test_full_for_long),
            cmocka_unit_test(test_clock_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
