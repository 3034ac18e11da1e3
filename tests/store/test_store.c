/* SPDX-License-Identifier: Apache-2.0
 * Projects that are created, edited, closed and opened again: all is there, and
 * can be undone and redone. */
#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "store_test.h"

static void test_empty(void **state)
{
    char dir[64];
    struct project p;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "first", &p);
    struct gox_image *before = gox_image_dup(p.img);
    test_reopen(stores, "first", &p);
    assert_true(test_images_equal(before, p.img));
    assert_int_equal(p.report.revision, 0);
    assert_int_equal(p.report.replayed, 1); /* the base record */
    assert_int_equal(gox_history_undo_count(p.history), 0);
    test_close(&p);
    gox_image_free(before);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_points(void **state)
{
    char dir[64];
    struct project p;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int turn = 0; turn < 50; turn++) {
        for (int i = 0; i < turn; i++)
            test_point(&p, turn, i, -i, 0xff000000U | (uint32_t)(i * 7 + turn));
        test_commit(&p);
    }
    struct gox_image *before = gox_image_dup(p.img);
    uint64_t revision = gox_history_revision(p.history);
    assert_int_equal(revision, 49 * 50 / 2);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(before, p.img));
    assert_int_equal(gox_history_revision(p.history), revision);
    assert_int_equal(gox_history_undo_count(p.history), 1000);
    test_close(&p);
    gox_image_free(before);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Each state is remembered; after a restart undo goes back through them. */
static void test_undo_after_restart(void **state)
{
    enum { EDITS = 120 };
    char dir[64];
    struct project p;
    struct gox_image *states[EDITS + 1];
    uint64_t random = 7;
    int count = 0;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    states[count++] = gox_image_dup(p.img);
    while (count <= EDITS) {
        size_t undo = gox_history_undo_count(p.history);
        uint64_t revision = gox_history_revision(p.history);
        test_random_edit(&p, &random);
        if (gox_history_revision(p.history) == revision)
            continue;
        if (gox_history_undo_count(p.history) != undo + 1 ||
                gox_history_redo_count(p.history) != 0) {
            /* A step: taken back, only edits are wanted here. */
            while (gox_history_redo_count(p.history) > 0)
                assert_int_equal(
                        gox_history_redo(p.history, &p.img, 1, 0, NULL), 1);
            continue;
        }
        states[count++] = gox_image_dup(p.img);
        if (test_random(&random) % 3 == 0)
            test_commit(&p);
        if (count == 60) {
            test_commit(&p);
            assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
            assert_int_equal(gox_store_wait(p.store, NULL), 0);
        }
    }
    test_commit(&p);
    test_reopen(stores, "a", &p);
    assert_int_equal(gox_history_undo_count(p.history), EDITS);
    for (int i = EDITS - 1; i >= 30; i--) {
        assert_int_equal(gox_history_undo(p.history, &p.img, 1, 0, NULL), 1);
        assert_true(test_images_equal(states[i], p.img));
    }
    test_commit(&p);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(states[30], p.img));
    assert_int_equal(gox_history_undo_count(p.history), 30);
    assert_int_equal(gox_history_redo_count(p.history), EDITS - 30);
    for (int i = 31; i <= EDITS; i++) {
        assert_int_equal(gox_history_redo(p.history, &p.img, 1, 0, NULL), 1);
        assert_true(test_images_equal(states[i], p.img));
    }
    test_commit(&p);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(states[EDITS], p.img));
    for (int i = EDITS - 1; i >= 0; i--) {
        assert_int_equal(gox_history_undo(p.history, &p.img, 1, 0, NULL), 1);
        assert_true(test_images_equal(states[i], p.img));
    }
    test_commit(&p);
    for (int i = 0; i <= EDITS; i++)
        gox_image_free(states[i]);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void check_revisions(struct project *p, struct gox_image **states,
        const uint64_t *revisions, int count)
{
    struct gox_error err;

    for (int i = 0; i < count; i++) {
        struct gox_image *img;
        if (gox_store_image_at(p->store, revisions[i], &img, &err) < 0)
            fail_msg("%s", err.text);
        assert_true(test_images_equal(states[i], img));
        gox_image_free(img);
    }
}

/* Random edits with undo, redo, snapshots and restarts in between. */
static void test_random_life(void **state)
{
    enum { ROUNDS = 60 };
    char dir[64];
    struct project p;
    struct gox_image *states[ROUNDS];
    uint64_t revisions[ROUNDS], random = 99;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a b%c", &p);
    for (int i = 0; i < ROUNDS; i++) {
        unsigned edits = 1 + test_random(&random) % 8;
        for (unsigned k = 0; k < edits; k++)
            test_random_edit(&p, &random);
        test_commit(&p);
        states[i] = gox_image_dup(p.img);
        revisions[i] = gox_history_revision(p.history);
        if (i % 13 == 5) {
            assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
            if (i % 2 == 0)
                assert_int_equal(gox_store_wait(p.store, NULL), 0);
        }
        if (i % 7 == 3) {
            test_reopen(stores, "a b%c", &p);
            assert_true(test_images_equal(states[i], p.img));
            assert_int_equal(gox_history_revision(p.history), revisions[i]);
        }
    }
    check_revisions(&p, states, revisions, ROUNDS);
    test_reopen(stores, "a b%c", &p);
    check_revisions(&p, states, revisions, ROUNDS);
    struct gox_store_check check;
    assert_int_equal(gox_stores_check(stores, "a b%c", &check, NULL, NULL), 0);
    assert_int_equal(check.problems, 0);
    assert_true(check.blocks > 0);
    for (int i = 0; i < ROUNDS; i++)
        gox_image_free(states[i]);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_rollback(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 4242;
    struct gox_error err;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < 200; i++) {
        test_random_edit(&p, &random);
        test_commit(&p);
        struct gox_image *before = gox_image_dup(p.img);
        uint64_t revision = gox_history_revision(p.history);
        size_t undo = gox_history_undo_count(p.history);
        for (unsigned k = 0; k < 1 + test_random(&random) % 6; k++)
            test_random_edit(&p, &random);
        if (gox_store_rollback(p.store, &err) < 0)
            fail_msg("%s", err.text);
        assert_true(test_images_equal(before, p.img));
        assert_int_equal(gox_history_revision(p.history), revision);
        assert_int_equal(gox_history_undo_count(p.history), undo);
        gox_image_free(before);
    }
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_checkpoints(void **state)
{
    char dir[64];
    struct project p;
    struct gox_image *img;
    struct gox_store_checkpoint *list;
    size_t count;
    uint64_t revision, random = 5;
    struct gox_error err;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < 30; i++)
        test_random_edit(&p, &random);
    test_commit(&p);
    struct gox_image *first = gox_image_dup(p.img);
    uint64_t at = gox_history_revision(p.history);
    assert_int_equal(gox_store_start_snapshot(p.store, "good"), 0);
    assert_int_equal(gox_store_wait(p.store, NULL), 0);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 10; k++)
            test_random_edit(&p, &random);
        test_commit(&p);
        assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
        assert_int_equal(gox_store_wait(p.store, NULL), 0);
    }
    test_reopen(stores, "a", &p);
    assert_int_equal(
            gox_store_find_checkpoint(p.store, "good", &img, &revision, &err),
            0);
    assert_true(test_images_equal(first, img));
    assert_int_equal(revision, at);
    gox_image_free(img);
    assert_int_equal(
            gox_store_find_checkpoint(p.store, "bad", &img, NULL, &err),
            GOX_ERR_NOT_FOUND);
    assert_int_equal(
            gox_store_list_checkpoints(p.store, &list, &count, &err), 0);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].label, "good");
    gox_free(list);
    gox_image_free(first);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* A bounded history: the oldest rows go, what is left can be undone. */
static void test_history_bound(void **state)
{
    char dir[64];
    struct project p;
    struct gox_store_stats stats;
    struct gox_store_settings settings = {.history_max_bytes = 3000};
    struct gox_image *img;
    struct gox_error err;
    uint64_t random = 5;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    for (int i = 0; i < 3000; i++) {
        /* Rows are packed: what is regular would be very small. */
        uint32_t at = test_random(&random);
        test_point(&p, i % 100, i / 100, (int)(at % 7777), at | 0xff000000U);
        test_commit(&p);
        if (i % 500 == 499) {
            assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
            assert_int_equal(gox_store_wait(p.store, NULL), 0);
        }
    }
    gox_store_get_stats(p.store, &stats);
    assert_true(stats.journal_bytes < 6000);
    struct gox_image *before = gox_image_dup(p.img);
    test_reopen(stores, "a", &p);
    assert_true(test_images_equal(before, p.img));
    size_t undo = gox_history_undo_count(p.history);
    assert_true(undo > 300 && undo <= 1000);
    assert_int_equal(
            gox_store_image_at(p.store, 10, &img, &err), GOX_ERR_NOT_FOUND);
    assert_int_equal(gox_store_image_at(p.store, 2900, &img, &err), 0);
    assert_int_equal(gox_image_solid(img), 2900);
    gox_image_free(img);
    gox_image_free(before);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* More history than is given back at once. */
static void test_fetch_history(void **state)
{
    char dir[64];
    struct project p;
    struct gox_error err;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int i = 0; i < 1500; i++)
        test_point(&p, i, 0, 0, 0xff00ff00U);
    test_commit(&p);
    test_reopen(stores, "a", &p);
    assert_int_equal(gox_history_undo_count(p.history), 1000);
    assert_int_equal(gox_store_fetch_history(p.store, 400, &err), 400);
    assert_int_equal(gox_store_fetch_history(p.store, 400, &err), 100);
    assert_int_equal(gox_store_fetch_history(p.store, 400, &err), 0);
    assert_int_equal(gox_history_undo(p.history, &p.img, 9999, 0, NULL), 1500);
    assert_int_equal(gox_image_solid(p.img), 0);
    test_commit(&p);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

static void test_list_delete_copy(void **state)
{
    static const char *const names[] = {
            "plain", "with space", "..", "%41", "\xc3\xa4\xc3\xb6", "~a", "A"};
    char dir[64], path[96];
    struct project p;
    struct gox_store_info *list;
    struct gox_error err;
    struct gox_image *img;
    struct gox_store_report report;
    size_t count;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        test_create(stores, names[i], &p);
        for (size_t k = 0; k <= i; k++)
            test_point(&p, (int)k, 0, 0, 0xff0000ffU);
        test_commit(&p);
        test_close(&p);
    }
    test_open(stores, "plain", &p);
    assert_int_equal(gox_stores_list(stores, &list, &count, &err), 0);
    assert_int_equal(count, 7);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].code, 0);
        assert_int_equal(list[i].revision, list[i].voxels);
        assert_true(list[i].modified_ms > 0 && list[i].bytes > 0);
        assert_int_equal(list[i].is_open, strcmp(list[i].name, "plain") == 0);
    }
    gox_free(list);
    assert_int_equal(gox_stores_delete(stores, "plain", &err), GOX_ERR_BUSY);
    test_point(&p, 50, 0, 0, 0xff0000ffU);
    test_commit(&p);
    assert_int_equal(gox_stores_copy(stores, "plain", "copy", NULL, &err), 0);
    assert_int_equal(
            gox_stores_copy(stores, "plain", "A", NULL, &err), GOX_ERR_EXISTS);
    snprintf(path, sizeof(path), "%s/backup.goxdb", dir);
    assert_int_equal(gox_stores_backup(stores, "plain", path, NULL, &err), 0);
    test_close(&p);
    assert_int_equal(gox_stores_load(stores, "copy", &img, &report, &err), 0);
    assert_int_equal(gox_image_solid(img), 2);
    gox_image_free(img);
    test_open(stores, "copy", &p);
    assert_int_equal(gox_history_undo_count(p.history), 2);
    test_close(&p);
    assert_int_equal(gox_stores_delete(stores, "plain", &err), 0);
    assert_false(gox_stores_has(stores, "plain"));
    assert_int_equal(gox_stores_undelete(stores, "plain", &err), 0);
    assert_true(gox_stores_has(stores, "plain"));
    assert_int_equal(gox_stores_delete(stores, "plain", &err), 0);
    assert_int_equal(
            gox_stores_empty_trash(stores, gox_time_wall_ms() - 60000, &err),
            0);
    assert_int_equal(
            gox_stores_empty_trash(stores, gox_time_wall_ms() + 60000, &err),
            1);
    assert_int_equal(
            gox_stores_undelete(stores, "plain", &err), GOX_ERR_NOT_FOUND);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_empty),
            cmocka_unit_test(test_points),
            cmocka_unit_test(test_undo_after_restart),
            cmocka_unit_test(test_random_life),
            cmocka_unit_test(test_rollback),
            cmocka_unit_test(test_checkpoints),
            cmocka_unit_test(test_history_bound),
            cmocka_unit_test(test_fetch_history),
            cmocka_unit_test(test_list_delete_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
