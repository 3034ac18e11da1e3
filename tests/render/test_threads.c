/* SPDX-License-Identifier: Apache-2.0
 * Pictures drawn on several threads at once, of snapshots of a volume that its
 * writer goes on changing. Worth running with -DGOX_SANITIZE=thread. */
#include "gox_test.h"
#include "render_test.h"

#include <pthread.h>

#define DRAWERS 3
#define ROUNDS  4
#define SIDE    48

/* One snapshot and its picture. */
struct drawing {
    gox_volume *vol;
    gox_rgba pixels[SIDE * SIDE];
    int rc;
};

static void *draw(void *arg)
{
    struct drawing *d = arg;
    const enum gox_view views[2] = {GOX_VIEW_ISOMETRIC, GOX_VIEW_TOP};
    struct gox_render_options opts;
    struct gox_task task;
    gox_render_options_init(&opts);
    opts.width = opts.height = SIDE;
    gox_task_init(&task);
    task.threads = 2;
    d->rc = gox_render_sheet(
            d->pixels, d->vol, views, 2, "t", &opts, &task, NULL);
    return NULL;
}

static void change(gox_volume *vol, struct random *r)
{
    for (int i = 0; i < 200; i++)
        put_voxel(vol, (int)random_below(r, 40), (int)random_below(r, 40),
                (int)random_below(r, 40), random_next(r) | 0xff000000u);
}

static void test_draw_while_writing(void **state)
{
    (void)state;
    static struct drawing drawings[DRAWERS];
    gox_volume *vol = make_marker();
    struct random r = {5};
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[DRAWERS];
        for (int i = 0; i < DRAWERS; i++) {
            drawings[i].vol = gox_volume_dup(vol);
            assert_non_null(drawings[i].vol);
            assert_int_equal(
                    pthread_create(&threads[i], NULL, draw, &drawings[i]), 0);
        }
        change(vol, &r);
        for (int i = 0; i < DRAWERS; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(drawings[i].rc, 0);
            assert_memory_equal(drawings[i].pixels, drawings[0].pixels,
                    sizeof(drawings[i].pixels));
        }
        for (int i = 0; i < DRAWERS; i++)
            gox_volume_free(drawings[i].vol);
    }
    gox_volume_free(vol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_draw_while_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
