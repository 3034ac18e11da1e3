/* SPDX-License-Identifier: Apache-2.0
 * Volumes against a plain array: random edits with snapshots taken in between;
 * change logs that roll back or are applied; limits; running out of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "random.h"
#include "voxel/volume.h"
#include "voxel/volume_internal.h"

#include <string.h>

#define SIDE 40
#define HALF 20

struct model {
    gox_rgba at[SIDE][SIDE][SIDE]; /* x, y, z + HALF */
};

static gox_rgba *at(struct model *m, struct gox_pos p)
{
    return &m->at[p.x + HALF][p.y + HALF][p.z + HALF];
}

static struct gox_pos random_pos(struct random *r)
{
    uint32_t side = random_below(r, 2) ? SIDE : 5;

    return gox_pos_make((int)random_below(r, side) - HALF,
            (int)random_below(r, side) - HALF,
            (int)random_below(r, side) - HALF);
}

static void assert_volume(const gox_volume *vol, struct model *m)
{
    struct gox_bbox box = {0};
    uint64_t solid = 0;
    struct gox_cursor cursor;

    assert_true(gox_volume_is_sane(vol));
    gox_cursor_init(&cursor, vol);
    for (int x = -HALF; x < HALF; x++) {
        for (int y = -HALF; y < HALF; y++) {
            for (int z = -HALF; z < HALF; z++) {
                struct gox_pos p = {x, y, z};
                gox_rgba want = *at(m, p);
                if (gox_cursor_get(&cursor, p) != want ||
                        gox_volume_get(vol, p) != want)
                    fail_msg("voxel %d %d %d", x, y, z);
                if (want == 0)
                    continue;
                solid++;
                box = gox_bbox_add(box, p);
            }
        }
    }
    assert_int_equal(gox_volume_solid(vol), solid);
    assert_int_equal(gox_volume_is_empty(vol), solid == 0);
    struct gox_bbox found = gox_volume_bbox(vol);
    assert_memory_equal(&found, &box, sizeof(box));
}

static struct gox_bbox random_box(struct random *r)
{
    struct gox_pos a = random_pos(r), b = random_pos(r);
    struct gox_bbox box = gox_bbox_add((struct gox_bbox){0}, a);

    return gox_bbox_add(box, b);
}

static void fill_model(struct model *m, struct gox_bbox box, gox_rgba color)
{
    for (int x = box.min.x; x < box.max.x; x++)
        for (int y = box.min.y; y < box.max.y; y++)
            for (int z = box.min.z; z < box.max.z; z++)
                *at(m, gox_pos_make(x, y, z)) = color;
}

/* One random write to both. colors: how many different ones. */
static int random_write(struct random *r, gox_volume *vol, struct model *m,
        uint32_t colors, const gox_volume *other, const struct model *other_m)
{
    uint32_t kind = random_below(r, 400);
    gox_rgba color = random_below(r, 3) == 0
                             ? random_below(r, 5)
                             : 0xff000000 + random_below(r, colors);

    if (kind == 0 && random_below(r, 6) == 0) {
        memset(m, 0, sizeof(*m));
        return gox_volume_clear(vol);
    }
    if (kind == 1 && other != NULL) {
        *m = *other_m;
        return gox_volume_assign(vol, other);
    }
    if (kind < 4) {
        struct gox_bbox box = random_box(r);
        fill_model(m, box, gox_rgba_a(color) == 0 ? 0 : color);
        return gox_volume_fill(vol, box, color);
    }
    struct gox_pos p = random_pos(r);
    *at(m, p) = gox_rgba_a(color) == 0 ? 0 : color;
    return gox_volume_set(vol, p, color);
}

static struct model g_model, g_saved, g_middle;

static uint64_t count_model_changes(void)
{
    const gox_rgba *a = &g_model.at[0][0][0], *b = &g_saved.at[0][0][0];
    uint64_t n = 0;

    for (size_t i = 0; i < SIDE * SIDE * SIDE; i++)
        n += a[i] != b[i];
    return n;
}

enum ending { KEEP, ROLLBACK, APPLY };

/* Ends one logged edit: by forgetting the log, by rolling back without any
 * memory, or by compacting it and applying it. */
static void end_edit(
        gox_volume *vol, struct gox_volume_log *log, enum ending ending)
{
    gox_volume_set_log(vol, NULL);
    if (ending == ROLLBACK) {
        gox_alloc_fail_at(1, true);
        gox__volume_log_rollback(log, vol);
        gox_alloc_fail_at(0, false);
        assert_true(gox__volume_log_is_empty(log));
    } else if (ending == APPLY) {
        uint64_t changes = count_model_changes();
        gox__volume_log_compact(log, vol);
        assert_int_equal(log->voxels_changed, changes);
        assert_int_equal(gox__volume_log_apply(log, vol), 0);
    }
    if (ending != KEEP)
        g_model = g_saved;
}

static void run_edit(struct random *r, gox_volume *vol, enum ending ending)
{
    struct gox_volume_log *log = gox__volume_log_new(1);
    gox_volume *before = random_below(r, 2) ? gox_volume_dup(vol) : NULL;
    gox_volume *middle = NULL;
    uint32_t count = random_below(r, random_below(r, 2) ? 45 : 2000);
    uint32_t middle_at = random_below(r, 120);
    uint32_t colors = 1 + random_below(r, 400);

    g_saved = g_model;
    if (ending != KEEP)
        gox_volume_set_log(vol, log);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(
                random_write(r, vol, &g_model, colors, before, &g_saved), 0);
        if (i == middle_at) {
            middle = gox_volume_dup(vol);
            g_middle = g_model;
        }
    }
    assert_volume(vol, &g_model);
    if (middle != NULL)
        assert_volume(middle, &g_middle);
    end_edit(vol, log, ending);
    assert_volume(vol, &g_model);
    if (before != NULL) {
        assert_volume(before, &g_saved);
        assert_int_equal(gox_volume_equals(before, vol),
                memcmp(&g_saved, &g_model, sizeof(g_model)) == 0);
    }
    gox_volume_free(before);
    gox_volume_free(middle);
    gox__volume_log_free(log);
}

static void test_like_array(void **state)
{
    struct random r = {2024};

    (void)state;
    for (int round = 0; round < 20; round++) {
        gox_volume *vol = gox_volume_new();
        memset(&g_model, 0, sizeof(g_model));
        for (int edit = 0; edit < 6; edit++)
            run_edit(&r, vol, (enum ending)random_below(&r, 3));
        gox_volume_free(vol);
    }
}

static void test_limits(void **state)
{
    const int max = GOX_COORD_MAX;
    gox_volume *vol = gox_volume_new();
    gox_rgba red = 0xff0000ff;
    struct gox_bbox all = gox_bbox_all();

    (void)state;
    assert_int_equal(
            gox_volume_set(vol, gox_pos_make(max, 0, 0), red), GOX_ERR_RANGE);
    assert_int_equal(gox_volume_set(vol, gox_pos_make(0, 0, INT32_MIN), red),
            GOX_ERR_RANGE);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(max, 0, 0)), 0);
    for (int i = 0; i < 8; i++) {
        struct gox_pos p = {i & 1 ? max - 1 : -max, i & 2 ? max - 1 : -max,
                i & 4 ? max - 1 : -max};
        assert_int_equal(gox_volume_set(vol, p, red), 0);
        assert_int_equal(gox_volume_get(vol, p), red);
    }
    struct gox_bbox found = gox_volume_bbox(vol);
    assert_memory_equal(&found, &all, sizeof(all));
    assert_int_equal(gox_volume_fill(vol,
                             (struct gox_bbox){{0, 0, 0}, {1, 1, max + 1}}, 0),
            GOX_ERR_RANGE);
    assert_int_equal(gox_volume_put_block(vol, gox_pos_make(max >> 4, 0, 0),
                             gox_block_new_uniform(red)),
            GOX_ERR_RANGE);
    assert_null(gox_volume_peek_block(vol, gox_pos_make(max >> 4, 0, 0)));
    assert_int_equal(gox_volume_fill(vol, all, 0), 0);
    assert_true(gox_volume_is_empty(vol));
    gox_volume_free(vol);
    gox_volume_free(NULL);
}

static void test_order_and_counts(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct random r = {3};
    size_t count, seen = 0, cursor = 0;

    (void)state;
    assert_null(gox_volume_sorted_blocks(vol, &count));
    assert_int_equal(count, 0);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(gox_volume_set(vol,
                                 gox_pos_make((int)random_below(&r, 999) - 500,
                                         (int)random_below(&r, 999) - 500,
                                         (int)random_below(&r, 999) - 500),
                                 0xff000000),
                0);
    while (gox_volume_each_block(vol, &cursor, NULL) != NULL)
        seen++;
    struct gox_block_entry *e = gox_volume_sorted_blocks(vol, &count);
    assert_int_equal(count, seen);
    assert_int_equal(count, gox_volume_block_count(vol));
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(e[i].block, gox_volume_peek_block(vol, e[i].pos));
        if (i == 0)
            continue;
        struct gox_pos a = e[i - 1].pos, b = e[i].pos;
        assert_true(a.z < b.z ||
                    (a.z == b.z && (a.y < b.y || (a.y == b.y && a.x < b.x))));
    }
    gox_free(e);
    gox_volume_free(vol);
}

/* Memory of the typical shapes: what the block forms are for. */
static void test_sizes(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_bbox cube = {{-3, 5, 2}, {97, 105, 102}};
    struct random r = {8};

    (void)state;
    assert_int_equal(gox_volume_fill(vol, cube, 0xff112233), 0);
    assert_int_equal(gox_volume_solid(vol), 1000000);
    assert_true(gox_volume_bytes(vol) < 256 * 1024);
    assert_int_equal(gox_volume_clear(vol), 0);
    for (int i = 0; i < 1000000; i++)
        assert_int_equal(
                gox_volume_set(vol,
                        gox_pos_make(i % 100, i / 100 % 100, i / 10000),
                        random_next(&r) | 0xff000000),
                0);
    assert_int_equal(gox_volume_solid(vol), 1000000);
    assert_true(gox_volume_bytes(vol) < 6000000);
    gox_volume_free(vol);
}

static void test_share_block(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_volume_log *log = gox__volume_log_new(1);
    struct gox_pos p = {3, 4, 5}, origin = {0, 0, 0};
    gox_block *block = NULL;

    (void)state;
    assert_int_equal(gox_volume_share_block(vol, origin, &block), 0);
    assert_null(block);
    assert_int_equal(gox_volume_set(vol, p, 0xff000001), 0);
    gox_volume_set_log(vol, log);
    assert_int_equal(gox_volume_set(vol, p, 0xff000002), 0);
    assert_int_equal(gox_volume_share_block(vol, origin, &block), 0);
    assert_int_equal(gox_volume_set(vol, p, 0xff000003), 0);
    assert_int_equal(
            gox_block_get(block, gox_block_index(3, 4, 5)), 0xff000002);
    end_edit(vol, log, ROLLBACK);
    assert_int_equal(gox_volume_get(vol, p), 0xff000001);
    assert_true(gox_volume_is_sane(vol));
    gox_block_unref(block);
    gox_volume_free(vol);
    gox__volume_log_free(log);
}

/* The same edit with the nth allocation failing, for every n: the volume stays
 * valid, the rollback brings back the start. */
static void test_out_of_memory(void **state)
{
    gox_volume *start = gox_volume_new();
    struct random seed = {77};
    bool is_done = false;

    (void)state;
    memset(&g_model, 0, sizeof(g_model));
    for (int i = 0; i < 3000; i++)
        assert_int_equal(
                random_write(&seed, start, &g_model, 300, NULL, NULL), 0);
    g_saved = g_model;
    for (uint64_t n = 1; !is_done; n++) {
        struct random r = {4242};
        gox_volume *vol = gox_volume_dup(start);
        struct gox_volume_log *log = gox__volume_log_new(1);
        int rc = 0;
        gox_volume_set_log(vol, log);
        gox_alloc_fail_at(n, false);
        for (int i = 0; rc == 0 && i < 900; i++) {
            rc = random_write(&r, vol, &g_model, 300, start, &g_saved);
            if (i == 450)
                gox_volume_free(gox_volume_dup(vol));
        }
        is_done = gox_alloc_count() < n;
        gox_alloc_fail_at(0, false);
        assert_true(rc == 0 || rc == GOX_ERR_NOMEM);
        assert_true(gox_volume_is_sane(vol));
        end_edit(vol, log, ROLLBACK);
        assert_true(gox_volume_is_sane(vol));
        assert_true(gox_volume_equals(vol, start));
        gox_volume_free(vol);
        gox__volume_log_free(log);
    }
    assert_volume(start, &g_saved);
    gox_volume_free(start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_like_array),
            cmocka_unit_test(test_limits),
            cmocka_unit_test(test_order_and_counts),
            cmocka_unit_test(test_sizes),
            cmocka_unit_test(test_share_block),
            cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests_name("voxel_volume", tests, NULL, NULL);
}
