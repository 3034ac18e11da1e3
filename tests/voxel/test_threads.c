/* SPDX-License-Identifier: Apache-2.0
 * Snapshots that are read, composited and freed on other threads while the
 * writer goes on editing, undoing and rolling back. Each snapshot is dealt with
 * once and must still show what it showed when it was taken. Worth running
 * with -DGOX_SANITIZE=thread. */
#include "gox_test.h"
#include "random.h"
#include "voxel/history.h"

#include <pthread.h>
#include <stdatomic.h>

#define SLOTS   4
#define READERS 3
#define EDITS   1500

/* A snapshot and what it must show. */
struct snapshot {
    struct gox_image *image;
    uint64_t solid;
    gox_rgba probe;
};

struct shared {
    _Atomic(struct snapshot *) slots[SLOTS];
    atomic_bool is_over;
    atomic_uint bad;
    atomic_uint read;
};

static void check_snapshot(struct shared *sh, struct snapshot *snap)
{
    gox_volume *sum = NULL;
    struct gox_layer *first = snap->image->layers[0];
    bool is_good = gox_image_solid(snap->image) == snap->solid &&
                   gox_volume_get(first->volume, gox_pos_make(5, 5, 5)) ==
                           snap->probe &&
                   gox_image_is_sane(snap->image);

    if (gox_image_composite(snap->image, &sum, NULL, NULL) < 0 ||
            !gox_volume_is_sane(sum))
        is_good = false;
    /* A reader may also write to its own snapshot. */
    if (gox_volume_set(first->volume, gox_pos_make(6, 6, 6), 0xff00ff00) < 0)
        is_good = false;
    gox_volume_free(sum);
    gox_image_free(snap->image);
    free(snap);
    atomic_fetch_add(&sh->read, 1);
    if (!is_good)
        atomic_fetch_add(&sh->bad, 1);
}

static void *read_snapshots(void *arg)
{
    struct shared *sh = arg;
    bool is_over = false;

    while (!is_over) {
        is_over = atomic_load(&sh->is_over);
        for (int i = 0; i < SLOTS; i++) {
            struct snapshot *snap = atomic_exchange(&sh->slots[i], NULL);
            if (snap != NULL)
                check_snapshot(sh, snap);
        }
    }
    return NULL;
}

static void offer_snapshot(
        struct shared *sh, const struct gox_image *img, int n)
{
    struct snapshot *none = NULL;
    struct snapshot *snap = malloc(sizeof(*snap));

    assert_non_null(snap);
    snap->image = gox_image_dup(img);
    assert_non_null(snap->image);
    snap->solid = gox_image_solid(img);
    snap->probe = gox_volume_get(img->layers[0]->volume, gox_pos_make(5, 5, 5));
    if (atomic_compare_exchange_strong(&sh->slots[n % SLOTS], &none, snap))
        return;
    gox_image_free(snap->image);
    free(snap);
}

static void write_some(struct random *r, struct gox_image *img)
{
    gox_volume *vol = img->layers[random_below(r, 2)]->volume;
    uint32_t count = random_below(r, 20) == 0 ? 300 : 5;

    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(
                gox_volume_set(vol,
                        gox_pos_make((int)random_below(r, 30),
                                (int)random_below(r, 30),
                                (int)random_below(r, 30)),
                        random_below(r, 4) ? 0xff000000 | random_below(r, 999)
                                           : 0),
                0);
    assert_int_equal(
            gox_volume_set(vol, gox_pos_make(5, 5, 5), random_next(r)), 0);
}

static void edit_session(struct shared *sh)
{
    struct gox_image *img = gox_image_new();
    gox_history *h = gox_history_new(4 << 20);
    struct random r = {17};

    assert_non_null(gox_image_add_layer(img, "second"));
    for (int n = 0; n < EDITS; n++) {
        assert_int_equal(
                gox_history_begin(h, img,
                        n % 50 ? GOX_EDIT_VOXELS : GOX_EDIT_STRUCTURE, "edit"),
                0);
        write_some(&r, img);
        if (n % 3 == 0)
            offer_snapshot(sh, img, n);
        write_some(&r, img);
        if (n % 7 == 0)
            gox_history_rollback(h);
        else
            (void)gox_history_commit(h, 1, NULL);
        offer_snapshot(sh, img, n);
        if (n % 11 == 0)
            assert_true(gox_history_undo(h, &img, 3, 1, NULL) >= 0);
        if (n % 13 == 0)
            assert_true(gox_history_redo(h, &img, 2, 1, NULL) >= 0);
    }
    assert_true(gox_image_is_sane(img));
    gox_history_free(h);
    gox_image_free(img);
}

static void test_snapshots(void **state)
{
    static struct shared sh;
    pthread_t readers[READERS];

    (void)state;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(
                pthread_create(&readers[i], NULL, read_snapshots, &sh), 0);
    edit_session(&sh);
    atomic_store(&sh.is_over, true);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(atomic_load(&sh.bad), 0);
    assert_true(atomic_load(&sh.read) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_snapshots),
    };

    return cmocka_run_group_tests_name("voxel_threads", tests, NULL, NULL);
}
