/* SPDX-License-Identifier: Apache-2.0
 * Transforms: against the same done voxel by voxel; four turns, two mirrors and
 * there-and-back give the start; regions; scaling; the edge of the grid. */
#include "base/alloc.h"
#include "gox_test.h"
#include "grid.h"
#include "random.h"
#include "voxel/edit.h"

#define RED UINT32_C(0xff0000ff)

static gox_volume *random_volume(
        struct random *r, struct gox_bbox box, int count)
{
    gox_volume *vol = gox_volume_new();
    uint32_t w = (uint32_t)(box.max.x - box.min.x);
    uint32_t h = (uint32_t)(box.max.y - box.min.y);
    uint32_t d = (uint32_t)(box.max.z - box.min.z);

    assert_non_null(vol);
    for (int i = 0; i < count; i++) {
        struct gox_pos p = {box.min.x + (int)random_below(r, w),
                box.min.y + (int)random_below(r, h),
                box.min.z + (int)random_below(r, d)};
        assert_int_equal(
                gox_volume_set(vol, p, 0xff000000U | (1 + random_below(r, 9))),
                0);
    }
    return vol;
}

/* A box of odd and even sides that crosses block borders. */
static struct gox_bbox random_box(struct random *r)
{
    struct gox_pos min = {(int)random_below(r, 30) - 20,
            (int)random_below(r, 30) - 20, (int)random_below(r, 30) - 20};

    return (struct gox_bbox){
            min, {min.x + 1 + (int)random_below(r, 20),
                         min.y + 1 + (int)random_below(r, 20),
                         min.z + 1 + (int)random_below(r, 20)}};
}

static uint64_t transform(gox_volume *vol, const struct gox_transform *t)
{
    uint64_t moved, clipped;

    assert_int_equal(
            gox_edit_transform(vol, t, gox_bbox_all(), &moved, &clipped, NULL),
            0);
    assert_int_equal(clipped, 0);
    assert_true(gox_volume_is_sane(vol));
    return moved;
}

static int floor_half(int v)
{
    return v >= 0 ? v / 2 : -((1 - v) / 2);
}

/* Where one quarter turn about a pivot takes a voxel: (a, b) to (-b, a). */
static struct gox_pos turn_once(
        struct gox_pos p, enum gox_axis axis, struct gox_pos pivot2)
{
    int at[3] = {p.x, p.y, p.z}, pivot[3] = {pivot2.x, pivot2.y, pivot2.z};
    int a = ((int)axis + 1) % 3, b = ((int)axis + 2) % 3;
    int pa = at[a], pb = at[b];

    at[a] = floor_half(pivot[a] + pivot[b]) - 1 - pb;
    at[b] = floor_half(pivot[b] - pivot[a]) + pa;
    return gox_pos_make(at[0], at[1], at[2]);
}

static struct gox_pos expected(struct gox_pos p, const struct gox_transform *t)
{
    int turns = ((t->quarter_turns % 4) + 4) % 4;

    if (t->op == GOX_TRANSFORM_TRANSLATE)
        return gox_pos_make(
                p.x + t->offset.x, p.y + t->offset.y, p.z + t->offset.z);
    if (t->op == GOX_TRANSFORM_MIRROR) {
        p.x = t->axis == GOX_AXIS_X ? t->pivot2.x - 1 - p.x : p.x;
        p.y = t->axis == GOX_AXIS_Y ? t->pivot2.y - 1 - p.y : p.y;
        p.z = t->axis == GOX_AXIS_Z ? t->pivot2.z - 1 - p.z : p.z;
        return p;
    }
    for (int i = 0; i < turns; i++)
        p = turn_once(p, t->axis, t->pivot2);
    return p;
}

static struct gox_transform random_transform(struct random *r)
{
    struct gox_transform t = {.op = (enum gox_transform_op)random_below(r, 3),
            .axis = (enum gox_axis)random_below(r, 3),
            .quarter_turns = (int)random_below(r, 13) - 6,
            .has_pivot = true};
    int unit = random_below(r, 3) == 0 ? 16 : 1;

    t.offset = gox_pos_make(((int)random_below(r, 5) - 2) * unit,
            ((int)random_below(r, 5) - 2) * unit,
            ((int)random_below(r, 5) - 2) * unit);
    t.pivot2 = gox_pos_make((int)random_below(r, 15) - 7,
            (int)random_below(r, 15) - 7, (int)random_below(r, 15) - 7);
    return t;
}

/* A part of the volume moves, over the rest of it. */
static void maps_of_the_grid(void **state)
{
    struct random r = {3};

    (void)state;
    for (int i = 0; i < 80; i++) {
        struct gox_bbox box = {{-20, -20, -20}, {20, 20, 20}};
        gox_volume *vol = random_volume(&r, box, 400);
        struct gox_transform t = random_transform(&r);
        struct gox_bbox region = i % 2 == 0 ? gox_bbox_all() : random_box(&r);
        struct grid g = grid_around(20), want = grid_around(54);
        uint64_t count = 0, moved, clipped;
        grid_read(&g, vol);
        GRID_EACH(p, g.box)
        {
            if (!gox_bbox_contains(region, p))
                grid_set(&want, p, grid_get(&g, p));
        }
        GRID_EACH(p, g.box)
        {
            if (grid_get(&g, p) == 0 || !gox_bbox_contains(region, p))
                continue;
            grid_set(&want, expected(p, &t), grid_get(&g, p));
            count++;
        }
        assert_int_equal(
                gox_edit_transform(vol, &t, region, &moved, &clipped, NULL), 0);
        assert_int_equal(moved, count);
        assert_int_equal(clipped, 0);
        grid_assert(&want, vol, "transform");
        gox_volume_free(vol);
        grid_free(&g);
        grid_free(&want);
    }
}

/* What undoes a transform about the centre. */
static void there_and_back(void **state)
{
    struct random r = {19};

    (void)state;
    for (int i = 0; i < 120; i++) {
        gox_volume *vol = random_volume(&r, random_box(&r), 60);
        gox_volume *start = gox_volume_dup(vol);
        struct gox_transform t = {.op = GOX_TRANSFORM_ROTATE,
                .axis = (enum gox_axis)(i % 3),
                .quarter_turns = 1};
        for (int k = 0; k < 4; k++)
            assert_int_equal(transform(vol, &t), gox_volume_solid(start));
        assert_true(gox_volume_equals(vol, start));
        (void)transform(vol, &t);
        t.quarter_turns = -1;
        (void)transform(vol, &t);
        assert_true(gox_volume_equals(vol, start));
        t.quarter_turns = 2;
        (void)transform(vol, &t);
        (void)transform(vol, &t);
        assert_true(gox_volume_equals(vol, start));
        t.op = GOX_TRANSFORM_MIRROR;
        struct gox_bbox box = gox_volume_bbox(vol);
        (void)transform(vol, &t);
        struct gox_bbox mirrored = gox_volume_bbox(vol);
        assert_memory_equal(&box, &mirrored, sizeof(box));
        (void)transform(vol, &t);
        assert_true(gox_volume_equals(vol, start));
        gox_volume_free(vol);
        gox_volume_free(start);
    }
}

/* A half turn is two quarter turns; a turn goes from x to y. */
static void the_sense_of_turning(void **state)
{
    static const struct gox_pos want[3][2] = {{{0, 3, 0}, {0, 0, 3}},
            {{0, 0, 3}, {3, 0, 0}}, {{3, 0, 0}, {0, 3, 0}}};

    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        gox_volume *vol = gox_volume_new();
        struct gox_transform t = {.op = GOX_TRANSFORM_ROTATE,
                .axis = (enum gox_axis)axis,
                .quarter_turns = 1,
                .has_pivot = true,
                .pivot2 = {1, 1, 1}}; /* the middle of voxel 0 */
        assert_int_equal(gox_volume_set(vol, want[axis][0], RED), 0);
        (void)transform(vol, &t);
        assert_int_equal(gox_volume_get(vol, want[axis][1]), RED);
        gox_volume_free(vol);
    }
}

static void enlarging(void **state)
{
    struct random r = {29};

    (void)state;
    for (int factor = 2; factor <= 6; factor++) {
        struct gox_bbox box = {{-6, -5, -3}, {6, 5, 4}};
        gox_volume *vol = random_volume(&r, box, 90);
        struct gox_transform t = {
                .op = GOX_TRANSFORM_SCALE, .factor = factor, .has_pivot = true};
        struct grid g = grid_around(8), want = grid_around(48);
        grid_read(&g, vol);
        GRID_EACH(p, want.box)
        {
            struct gox_pos from = {p.x, p.y, p.z};
            from.x = p.x >= 0 ? p.x / factor : -((-p.x + factor - 1) / factor);
            from.y = p.y >= 0 ? p.y / factor : -((-p.y + factor - 1) / factor);
            from.z = p.z >= 0 ? p.z / factor : -((-p.z + factor - 1) / factor);
            grid_set(&want, p, grid_get(&g, from));
        }
        uint64_t solid = gox_volume_solid(vol);
        assert_int_equal(transform(vol, &t),
                solid * (uint64_t)(factor * factor * factor));
        grid_assert(&want, vol, "enlarged");
        gox_volume_free(vol);
        grid_free(&g);
        grid_free(&want);
    }
}

static void enlarging_and_shrinking(void **state)
{
    static const int factors[] = {2, 3, 4, 5, 7, 16, 33, 64};
    struct random r = {31};

    (void)state;
    for (int i = 0; i < 32; i++) {
        gox_volume *vol = random_volume(&r, random_box(&r), 12);
        gox_volume *start = gox_volume_dup(vol);
        struct gox_transform t = {
                .op = GOX_TRANSFORM_SCALE, .factor = factors[i % 8]};
        t.has_pivot = i % 2 == 0;
        t.pivot2 = gox_pos_make(3, -7, 0);
        (void)transform(vol, &t);
        t.factor = -t.factor;
        assert_int_equal(transform(vol, &t), gox_volume_solid(start));
        assert_true(gox_volume_equals(vol, start));
        gox_volume_free(vol);
        gox_volume_free(start);
    }
}

/* A cell of the result lives when half of it does, in the commonest colour. */
static void shrinking(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_transform t = {
            .op = GOX_TRANSFORM_SCALE, .factor = -2, .has_pivot = true};

    (void)state;
    for (int i = 0; i < 4; i++) /* half of the cell at 0: stays */
        assert_int_equal(gox_volume_set(vol, gox_pos_make(i & 1, i / 2, 0),
                                 i == 0 ? RED + 1 : RED),
                0);
    for (int i = 0; i < 3; i++) /* less than half of the cell at 5: goes */
        assert_int_equal(
                gox_volume_set(vol, gox_pos_make(10 + (i & 1), i / 2, 0), RED),
                0);
    struct gox_bbox large = {{-40, -40, -40}, {-20, -20, -20}};
    assert_int_equal(gox_volume_fill(vol, large, RED + 2), 0);
    assert_int_equal(transform(vol, &t), 1001);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(0, 0, 0)), RED);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(5, 0, 0)), 0);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(-20, -20, -20)), RED + 2);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(-11, -11, -11)), RED + 2);
    gox_volume_free(vol);
}

static void shrinking_keeps_the_place(void **state)
{
    (void)state;
    for (int n = 1; n <= 12; n++) {
        gox_volume *vol = gox_volume_new();
        struct gox_bbox box = {
                {10, 10, 10}, {10 + 2 * n, 10 + 2 * n, 10 + 2 * n}};
        struct gox_transform t = {.op = GOX_TRANSFORM_SCALE, .factor = -2};
        assert_int_equal(gox_volume_fill(vol, box, RED), 0);
        assert_int_equal(transform(vol, &t), n * n * n);
        struct gox_bbox now = gox_volume_bbox(vol);
        assert_int_equal(now.max.x - now.min.x, n);
        /* The centre stays, up to half a voxel. */
        assert_in_range(now.min.x + now.max.x, 20 + 2 * n, 21 + 2 * n);
        gox_volume_free(vol);
    }
}

static void the_edge_of_the_grid(void **state)
{
    const int edge = GOX_COORD_MAX;
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {{edge - 10, 0, 0}, {edge, 10, 10}};
    struct gox_transform t = {
            .op = GOX_TRANSFORM_TRANSLATE, .offset = {4, -3, 17}};
    uint64_t moved, clipped;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    assert_int_equal(
            gox_edit_transform(vol, &t, gox_bbox_all(), &moved, &clipped, NULL),
            0);
    assert_int_equal(moved, 600);
    assert_int_equal(clipped, 400);
    assert_int_equal(gox_volume_solid(vol), 600);
    t.op = GOX_TRANSFORM_SCALE;
    t.factor = 3;
    assert_int_equal(
            gox_edit_transform(vol, &t, gox_bbox_all(), &moved, &clipped, NULL),
            0);
    assert_int_equal(moved + clipped, 600 * 27);
    assert_true(clipped > 0);
    assert_int_equal(gox_volume_solid(vol), moved);
    t.op = GOX_TRANSFORM_TRANSLATE;
    t.offset = gox_pos_make(INT32_MIN, INT32_MAX, INT32_MIN);
    uint64_t all = gox_volume_solid(vol);
    assert_int_equal(
            gox_edit_transform(vol, &t, gox_bbox_all(), &moved, &clipped, NULL),
            0);
    assert_int_equal(moved, 0);
    assert_int_equal(clipped, all);
    assert_true(gox_volume_is_empty(vol));
    gox_volume_free(vol);
}

/* At both ends of the grid a cube turned about its centre stays in place. */
static void turning_at_the_edge(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int at = i == 0 ? -GOX_COORD_MAX : GOX_COORD_MAX - 20;
        struct gox_bbox box = {{at, at, at}, {at + 20, at + 20, at + 20}};
        struct random r = {43};
        gox_volume *vol = random_volume(&r, box, 300);
        assert_int_equal(gox_volume_set(vol, box.min, RED), 0);
        assert_int_equal(gox_volume_set(vol,
                                 gox_pos_make(at + 19, at + 19, at + 19), RED),
                0);
        gox_volume *start = gox_volume_dup(vol);
        struct gox_transform t = {.op = GOX_TRANSFORM_ROTATE,
                .axis = GOX_AXIS_Y,
                .quarter_turns = 1};
        for (int k = 0; k < 4; k++)
            (void)transform(vol, &t);
        assert_true(gox_volume_equals(vol, start));
        gox_volume_free(vol);
        gox_volume_free(start);
    }
}

struct refusal {
    struct gox_transform t;
    int code;
};

static void what_is_refused(void **state)
{
    static const struct refusal refusals[] = {
            {{.op = GOX_TRANSFORM_SCALE, .factor = 1}, GOX_ERR_RANGE},
            {{.op = GOX_TRANSFORM_SCALE, .factor = 65}, GOX_ERR_RANGE},
            {{.op = GOX_TRANSFORM_SCALE, .factor = INT32_MIN}, GOX_ERR_RANGE},
            {{.op = GOX_TRANSFORM_ROTATE, .axis = (enum gox_axis)7},
                    GOX_ERR_RANGE},
            {{.op = (enum gox_transform_op)9}, GOX_ERR_RANGE},
            {{.op = GOX_TRANSFORM_MIRROR,
                     .has_pivot = true,
                     .pivot2 = {INT32_MAX, 0, 0}},
                    GOX_ERR_RANGE},
            {{.op = GOX_TRANSFORM_SCALE, .factor = 64}, GOX_ERR_TOO_LARGE},
    };
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {{0, 0, 0}, {64, 64, 64}};

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        assert_int_equal(gox_edit_transform(vol, &refusals[i].t, gox_bbox_all(),
                                 NULL, NULL, NULL),
                refusals[i].code);
        assert_int_equal(gox_volume_solid(vol), 64 * 64 * 64);
    }
    gox_volume_free(vol);
}

static void out_of_memory(void **state)
{
    static const struct gox_transform transforms[] = {
            {.op = GOX_TRANSFORM_TRANSLATE, .offset = {16, 3, 0}},
            {.op = GOX_TRANSFORM_ROTATE, .quarter_turns = 1},
            {.op = GOX_TRANSFORM_SCALE, .factor = 3},
            {.op = GOX_TRANSFORM_SCALE, .factor = -3},
    };

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        int rc = GOX_ERR_NOMEM;
        for (uint64_t n = 1; rc == GOX_ERR_NOMEM && n < 2000; n++) {
            struct random r = {8};
            struct gox_bbox box = {{-20, -20, -20}, {20, 20, 20}};
            struct gox_bbox part = {{-9, -9, -9}, {9, 9, 9}};
            gox_volume *vol = random_volume(&r, box, 1000);
            gox_alloc_fail_at(n, true);
            rc = gox_edit_transform(vol, &transforms[i % 4],
                    i < 4 ? gox_bbox_all() : part, NULL, NULL, NULL);
            gox_alloc_fail_at(0, false);
            assert_true(gox_volume_is_sane(vol));
            gox_volume_free(vol);
        }
        assert_int_equal(rc, 0);
    }
}

static void cancelling(void **state)
{
    gox_volume *vol = gox_volume_new(), *start;
    struct gox_bbox box = {{0, 0, 0}, {40, 40, 40}};
    struct gox_task task;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    start = gox_volume_dup(vol);
    gox_task_init(&task);
    gox_task_cancel(&task);
    for (int i = 0; i < 4; i++) {
        struct gox_transform t = {.op = (enum gox_transform_op)i,
                .factor = i % 2 == 0 ? 2 : -2,
                .quarter_turns = 1};
        assert_int_equal(
                gox_edit_transform(vol, &t, gox_bbox_all(), NULL, NULL, &task),
                GOX_ERR_CANCELLED);
        assert_true(gox_volume_equals(vol, start));
    }
    gox_volume_free(vol);
    gox_volume_free(start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(maps_of_the_grid),
            cmocka_unit_test(there_and_back),
            cmocka_unit_test(the_sense_of_turning),
            cmocka_unit_test(enlarging),
            cmocka_unit_test(enlarging_and_shrinking),
            cmocka_unit_test(shrinking),
            cmocka_unit_test(shrinking_keeps_the_place),
            cmocka_unit_test(the_edge_of_the_grid),
            cmocka_unit_test(turning_at_the_edge),
            cmocka_unit_test(what_is_refused),
            cmocka_unit_test(out_of_memory),
            cmocka_unit_test(cancelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
