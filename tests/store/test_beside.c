/* SPDX-License-Identifier: Apache-2.0
 * A project that is opened and closed all the time while somebody lists the
 * directory: no edit may be lost between the two. */
#include "base/alloc.h"
#include "gox_test.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 300

struct lister {
    gox_stores *stores;
    atomic_bool must_stop;
    atomic_uint lists;
};

static void *list_all(void *ctx)
{
    struct lister *l = ctx;
    while (!atomic_load(&l->must_stop)) {
        struct gox_store_info *list;
        size_t count;
        struct gox_error err;
        if (gox_stores_list(l->stores, &list, &count, &err) == 0)
            gox_free(list);
        atomic_fetch_add(&l->lists, 1);
    }
    return NULL;
}

/* Opens, edits, closes; the revision must be the one that was left. */
static void one_life(gox_stores *stores, int round)
{
    struct gox_error err = {.text = ""};
    struct gox_store_report report;
    struct gox_image *img;
    gox_store *store;
    gox_history *history = gox_history_new((size_t)1 << 20);
    int rc = gox_store_open(stores, "busy", &store, &img, &report, &err);
    if (rc < 0)
        fail_msg("round %d: %d %s", round, rc, err.text);
    assert_false(report.is_damaged);
    assert_int_equal(report.revision, round);
    assert_int_equal(gox_store_attach(store, history, img, 10, &err), 0);
    assert_int_equal(
            gox_history_begin(history, img, GOX_EDIT_VOXELS, "add"), 0);
    assert_int_equal(gox_volume_set(gox_image_active_layer(img)->volume,
                             gox_pos_make(round, 0, 0), 0xff0000ffu),
            0);
    gox_history_commit(history, 1, NULL);
    assert_int_equal(gox_store_commit(store, &err), 0);
    gox_store_close(store);
    gox_history_free(history);
    gox_image_free(img);
}

static void test_lists_beside_lives(void **state)
{
    char dir[64];
    struct gox_error err;
    struct lister lister = {.stores = NULL};
    struct gox_image *img = gox_image_new();
    gox_store *store;
    pthread_t threads[2];
    (void)state;
    gox_test_dir(dir);
    assert_int_equal(gox_stores_open(dir, NULL, &lister.stores, &err), 0);
    assert_int_equal(
            gox_store_create(lister.stores, "busy", img, 0, &store, &err), 0);
    gox_store_close(store);
    gox_image_free(img);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, list_all, &lister);
    for (int round = 0; round < ROUNDS; round++)
        one_life(lister.stores, round);
    atomic_store(&lister.must_stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(atomic_load(&lister.lists) > 10);
    gox_stores_close(lister.stores);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_lists_beside_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
