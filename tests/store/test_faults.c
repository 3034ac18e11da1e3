/* SPDX-License-Identifier: Apache-2.0
 * A full disk, an fsync that fails, no memory: an edit is stored or refused,
 * and memory and file agree afterwards. */
#include "base/alloc.h"
#include "base/time.h"
#include "store_test.h"

#include <signal.h>
#include <sys/wait.h>

static const struct gox_store_settings FAULTY = {
        .durability = GOX_DURABILITY_INTERVAL,
        .interval_ms = 100000,
        .wal_bytes = (uint64_t)1 << 40,
        .wal_hard_bytes = (uint64_t)1 << 40,
        .vfs = "faulty"};

static void expect_same_on_disk(gox_stores *stores, struct project *p)
{
    struct gox_image *img;
    struct gox_store_report report;
    struct gox_error err = {.text = ""};

    if (gox_stores_load(stores, "a", &img, &report, &err) < 0)
        fail_msg("%s", err.text);
    assert_false(report.is_damaged);
    assert_true(test_images_equal(img, p->img));
    assert_int_equal(report.revision, gox_history_revision(p->history));
    gox_image_free(img);
}

/* The disk fills up after any number of bytes; then there is room again. */
static void test_disk_full(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 17;
    unsigned refused = 0;
    struct gox_error err;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &FAULTY);
    test_create(stores, "a", &p);
    for (int i = 0; i < 150; i++) {
        struct gox_image *before = gox_image_dup(p.img);
        uint64_t revision = gox_history_revision(p.history);
        for (unsigned k = 0; k < 3; k++)
            test_random_edit(&p, &random);
        test_fill_disk((int64_t)(test_random(&random) % 20000));
        int rc = gox_store_commit(p.store, &err);
        if (rc < 0) {
            refused++;
            assert_int_equal(rc, GOX_ERR_IO);
            assert_non_null(strstr(err.text, "full"));
            assert_int_equal(gox_store_rollback(p.store, &err), 0);
            assert_true(test_images_equal(before, p.img));
            assert_int_equal(gox_history_revision(p.history), revision);
        }
        gox_image_free(before);
        if (i % 10 == 0)
            expect_same_on_disk(stores, &p);
    }
    assert_true(refused > 20 && refused < 150);
    test_fill_disk(-1);
    test_random_edit(&p, &random);
    test_commit(&p);
    struct gox_image *last = gox_image_dup(p.img);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(last, p.img));
    gox_image_free(last);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* A snapshot that finds the disk full leaves everything as it was. */
static void test_snapshot_disk_full(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 23;
    struct gox_error err;
    unsigned failed = 0;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &FAULTY);
    test_create(stores, "a", &p);
    for (int i = 0; i < 20; i++) {
        for (unsigned k = 0; k < 10; k++)
            test_random_edit(&p, &random);
        test_commit(&p);
        test_fill_disk(i * 4000);
        assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
        failed += gox_store_wait(p.store, &err) < 0;
        test_fill_disk(-1);
        struct gox_image *last = gox_image_dup(p.img);
        test_reopen(stores, "a", &p);
        assert_true(test_images_equal(last, p.img));
        gox_image_free(last);
    }
    assert_true(failed > 3);
    struct gox_store_check check;
    assert_int_equal(gox_stores_check(stores, "a", &check, NULL, &err), 0);
    assert_int_equal(check.problems, 0);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_always(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_settings settings = FAULTY;
    struct gox_error err;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    settings.durability = GOX_DURABILITY_ALWAYS;
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    for (int i = 0; i < 10; i++) {
        unsigned before = test_syncs();
        test_point(&p, i, 0, 0, 0xff0000ffU);
        test_commit(&p);
        assert_int_equal(test_syncs(), before + 1);
    }
    /* One fsync fails: the edit is refused, and nothing is tried again. */
    test_fail_sync(1);
    test_point(&p, 10, 0, 0, 0xff0000ffU);
    assert_int_equal(gox_store_commit(p.store, &err), GOX_ERR_IO);
    assert_non_null(strstr(err.text, "fsync"));
    unsigned after = test_syncs();
    assert_int_equal(gox_store_rollback(p.store, &err), 0);
    assert_int_equal(gox_image_solid(p.img), 10);
    test_point(&p, 11, 0, 0, 0xff0000ffU);
    assert_int_equal(gox_store_commit(p.store, &err), GOX_ERR_READ_ONLY);
    assert_int_equal(test_syncs(), after);
    struct gox_store_stats stats;
    gox_store_get_stats(p.store, &stats);
    assert_false(stats.is_safe);
    assert_int_equal(gox_store_rollback(p.store, &err), 0);
    /* Only opening again trusts the disk. */
    test_reopen(stores, "a", &p);
    test_point(&p, 12, 0, 0, 0xff0000ffU);
    test_commit(&p);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Three projects in one turn; the fsync of one fails. */
static void test_commit_many(void **state)
{
    char dir[64];
    struct project p[3];
    gox_store *list[3];
    int codes[3];
    struct gox_error errs[3], err;
    struct gox_store_settings settings = FAULTY;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    settings.durability = GOX_DURABILITY_ALWAYS;
    gox_stores *stores = test_open_dir(dir, &settings);
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        test_create(stores, name, &p[i]);
        list[i] = p[i].store;
    }
    for (int turn = 0; turn < 20; turn++) {
        unsigned before = test_syncs();
        for (int i = 0; i < 2; i++) /* the third has nothing to commit */
            test_point(&p[i], turn, 0, 0, 0xff0000ffU);
        assert_int_equal(gox_store_commit_many(list, 3, codes, errs), 0);
        for (int i = 0; i < 3; i++)
            assert_int_equal(codes[i], 0);
        assert_int_equal(test_syncs(), before + 2);
        assert_false(gox_store_has_turn(list[0]));
    }
    for (int i = 0; i < 3; i++)
        test_point(&p[i], 99, 0, 0, 0xff0000ffU);
    test_fail_sync(2);
    assert_int_equal(gox_store_commit_many(list, 3, codes, errs), 0);
    int failed = 0;
    for (int i = 0; i < 3; i++) {
        failed += codes[i] < 0;
        if (codes[i] < 0) {
            assert_non_null(strstr(errs[i].text, "fsync"));
            assert_int_equal(gox_store_rollback(list[i], &err), 0);
        }
        assert_int_equal(gox_store_has_turn(list[i]), 0);
    }
    assert_int_equal(failed, 1);
    for (int i = 0; i < 3; i++)
        test_close(&p[i]);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void wait_for(bool (*is_so)(struct project *p), struct project *p)
{
    for (int i = 0; i < 2000; i++) {
        if (is_so(p))
            return;
        usleep(5000); /* polls, with a limit */
    }
    fail_msg("it did not happen within 10 s");
}

static bool is_synced(struct project *p)
{
    struct gox_store_stats stats;

    gox_store_get_stats(p->store, &stats);
    return stats.syncs > 0;
}

static bool is_unsafe(struct project *p)
{
    struct gox_store_stats stats;

    gox_store_get_stats(p->store, &stats);
    return !stats.is_safe;
}

static void test_interval(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_settings settings = FAULTY;
    struct gox_error err;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    settings.interval_ms = 20;
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    test_point(&p, 0, 0, 0, 0xff0000ffU);
    test_commit(&p);
    wait_for(is_synced, &p);
    test_fail_sync(1);
    test_point(&p, 1, 0, 0, 0xff0000ffU);
    test_commit(&p);
    wait_for(is_unsafe, &p);
    unsigned syncs = test_syncs();
    test_point(&p, 2, 0, 0, 0xff0000ffU);
    assert_int_equal(gox_store_commit(p.store, &err), GOX_ERR_READ_ONLY);
    assert_non_null(strstr(err.text, "fsync"));
    assert_int_equal(gox_store_rollback(p.store, &err), 0);
    assert_int_equal(gox_image_solid(p.img), 2);
    assert_int_equal(test_syncs(), syncs);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Every allocation of an edit and its commit fails once. */
static void test_no_memory(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 31;
    struct gox_error err;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < 40; i++)
        test_random_edit(&p, &random);
    test_commit(&p);
    for (uint64_t n = 1; n < 60; n++) {
        struct gox_image *before = gox_image_dup(p.img);
        uint64_t revision = gox_history_revision(p.history);
        assert_int_equal(
                gox_history_begin(p.history, p.img, GOX_EDIT_STRUCTURE, "x"),
                0);
        gox_image_add_layer(p.img, "y");
        struct gox_bbox box = {{0, 0, (int)n}, {40, 40, (int)n + 1}};
        assert_int_equal(gox_volume_fill(p.img->layers[0]->volume, box,
                                 0xff000000U | (uint32_t)n),
                0);
        gox_alloc_fail_at(n, false);
        gox_history_commit(p.history, gox_time_wall_ms(), NULL);
        int rc = gox_store_commit(p.store, &err);
        gox_alloc_fail_at(0, false);
        if (rc < 0) {
            assert_int_equal(rc, GOX_ERR_NOMEM);
            assert_int_equal(gox_store_rollback(p.store, &err), 0);
            assert_true(test_images_equal(before, p.img));
            assert_int_equal(gox_history_revision(p.history), revision);
        }
        gox_image_free(before);
    }
    expect_same_on_disk(stores, &p);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Every allocation of opening fails once. */
static void test_open_no_memory(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 37;
    struct gox_store_report report;
    struct gox_error err;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < 60; i++) {
        test_random_edit(&p, &random);
        test_commit(&p);
        if (i == 30) {
            assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
            assert_int_equal(gox_store_wait(p.store, NULL), 0);
        }
    }
    uint64_t sum = test_image_sum(p.img);
    test_close(&p);
    int rc = GOX_ERR_NOMEM;
    for (uint64_t n = 1; rc < 0; n += 1 + n / 64) {
        gox_store *store;
        struct gox_image *img;
        gox_alloc_fail_at(n, false);
        rc = gox_store_open(stores, "a", &store, &img, &report, &err);
        gox_alloc_fail_at(0, false);
        if (rc < 0) {
            assert_int_equal(rc, GOX_ERR_NOMEM);
            continue;
        }
        assert_false(report.is_damaged);
        assert_int_equal(test_image_sum(img), sum);
        gox_store_close(store);
        gox_image_free(img);
    }
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_disk_full),
            cmocka_unit_test(test_snapshot_disk_full),
            cmocka_unit_test(test_always),
            cmocka_unit_test(test_commit_many),
            cmocka_unit_test(test_interval),
            cmocka_unit_test(test_no_memory),
            cmocka_unit_test(test_open_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
