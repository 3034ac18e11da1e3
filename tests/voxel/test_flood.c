/* SPDX-License-Identifier: Apache-2.0
 * Fills and selections against a fill with a plain stack: noise, mazes, blobs
 * over block borders; tolerance, limit, modes, mirrors; the edge of the grid;
 * cancelling and running out of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "grid.h"
#include "random.h"
#include "voxel/edit.h"

#define HALF 24
#define RED  UINT32_C(0xff0000ff)

/* Marks what a fill reaches, with the colours of g. Returns the count. */
static uint64_t flood_grid(const struct grid *g, struct gox_pos start,
        int tolerance, struct grid *reached)
{
    static const struct gox_pos steps[6] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0},
            {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    size_t capacity = (size_t)gox_bbox_volume(g->box), top = 0;
    struct gox_pos *stack = malloc((capacity + 1) * sizeof(stack[0]));
    gox_rgba color = grid_get(g, start);
    uint64_t count = 0;

    assert_non_null(stack);
    if (color != 0) {
        grid_set(reached, start, color);
        stack[top++] = start;
    }
    while (top > 0) {
        struct gox_pos p = stack[--top];
        count++;
        for (int i = 0; i < 6; i++) {
            struct gox_pos q = {
                    p.x + steps[i].x, p.y + steps[i].y, p.z + steps[i].z};
            gox_rgba c = grid_get(g, q);
            if (c == 0 || grid_get(reached, q) != 0 ||
                    gox_rgba_distance(c, color) > tolerance)
                continue;
            grid_set(reached, q, c);
            stack[top++] = q;
        }
    }
    free(stack);
    return count;
}

/* Noise that fills `percent` of the space with colours near each other. */
static gox_volume *noise(struct random *r, struct grid *g, uint32_t percent)
{
    gox_volume *vol = gox_volume_new();

    *g = grid_around(HALF);
    GRID_EACH(p, g->box)
    {
        gox_rgba c = gox_rgba_make((uint8_t)random_below(r, 4),
                (uint8_t)(10 + random_below(r, 4)), 7, 255);
        if (random_below(r, 100) >= percent)
            continue;
        grid_set(g, p, c);
        assert_int_equal(gox_volume_set(vol, p, c), 0);
    }
    return vol;
}

/* One winding path of one voxel's width through all of the space: rows along
 * x joined at alternate ends. */
static gox_volume *maze(struct grid *g)
{
    gox_volume *vol = gox_volume_new();

    *g = grid_around(HALF);
    GRID_EACH(p, g->box)
    {
        int y = p.y + HALF, z = p.z + HALF,
            end = y / 2 % 2 == 0 ? HALF - 1 : -HALF;
        bool is_row = y % 2 == 0 && z % 2 == 0;
        bool joins_rows =
                z % 2 == 0 && y % 2 == 1 && p.x == end && y < 2 * HALF - 1;
        bool joins_levels = z % 2 == 1 && p.x == -HALF && z < 2 * HALF - 1 &&
                            y == (z / 2 % 2 == 0 ? 2 * HALF - 2 : 0);
        if (!is_row && !joins_rows && !joins_levels)
            continue;
        grid_set(g, p, RED);
        assert_int_equal(gox_volume_set(vol, p, RED), 0);
    }
    return vol;
}

static void check_select(const gox_volume *vol, const struct grid *g,
        struct gox_pos start, int tolerance)
{
    struct grid want = grid_around(HALF);
    uint64_t count = flood_grid(g, start, tolerance, &want);
    gox_volume *sel;

    assert_int_equal(
            gox_select_connected(vol, start, tolerance, UINT64_MAX, &sel, NULL),
            0);
    assert_int_equal(gox_volume_solid(sel), count);
    grid_assert(&want, sel, "selection");
    gox_volume_free(sel);
    grid_free(&want);
}

static void noise_is_filled(void **state)
{
    static const uint32_t percents[] = {20, 32, 40, 60, 95, 100};
    struct random r = {17};

    (void)state;
    for (int i = 0; i < 6; i++) {
        struct grid g;
        gox_volume *vol = noise(&r, &g, percents[i]);
        for (int k = 0; k < 12; k++) {
            struct gox_pos p = {(int)random_below(&r, 2 * HALF) - HALF,
                    (int)random_below(&r, 2 * HALF) - HALF,
                    (int)random_below(&r, 2 * HALF) - HALF};
            check_select(vol, &g, p, k % 5);
        }
        gox_volume_free(vol);
        grid_free(&g);
    }
}

static void mazes_are_filled(void **state)
{
    struct grid g;
    gox_volume *vol = maze(&g);

    (void)state;
    assert_true(grid_count(&g) > 20000);
    check_select(vol, &g, gox_pos_make(-HALF, -HALF, -HALF), 0);
    check_select(vol, &g, gox_pos_make(0, 0, 0), 0);
    gox_volume *sel;
    assert_int_equal(
            gox_select_connected(vol, gox_pos_make(-HALF, -HALF, -HALF), 0,
                    UINT64_MAX, &sel, NULL),
            0);
    /* The path reaches all of it, or the maze tests nothing. */
    assert_int_equal(gox_volume_solid(sel), grid_count(&g));
    gox_volume_free(sel);
    gox_volume_free(vol);
    grid_free(&g);
}

/* Fill number n of a scene in a mode, mirrored or not. */
static void check_fill(struct random *r, enum gox_mode mode, bool is_mirrored)
{
    struct grid g, reached = grid_around(HALF);
    gox_volume *vol = noise(r, &g, 45);
    struct gox_pos start = {(int)random_below(r, 20) - 10,
            (int)random_below(r, 20) - 10, (int)random_below(r, 20) - 10};
    struct gox_modifier mod;
    uint64_t want = 0, got;

    gox_modifier_init(&mod, mode, RED);
    mod.has_clip = true;
    mod.clip = (struct gox_bbox){{-20, -24, -17}, {24, 13, 16}};
    mod.symmetry = (struct gox_symmetry){false, is_mirrored, false, {0, 3, 0}};
    uint64_t count = flood_grid(&g, start, 3, &reached);
    GRID_EACH(p, g.box)
    {
        struct gox_pos q = {p.x, 3 - 1 - p.y, p.z};
        bool is_in = grid_get(&reached, p) != 0 ||
                     (is_mirrored && grid_get(&reached, q) != 0);
        if (!gox_bbox_contains(mod.clip, p) || grid_get(&g, p) == 0)
            continue;
        want += is_in;
        if (mode == GOX_MODE_SUBTRACT ? is_in
                                      : mode == GOX_MODE_INTERSECT && !is_in)
            grid_set(&g, p, count == 0 ? grid_get(&g, p) : 0);
        else if (is_in && mode != GOX_MODE_INTERSECT)
            grid_set(&g, p, RED);
    }
    assert_int_equal(
            gox_edit_flood_fill(vol, start, 3, &mod, UINT64_MAX, &got, NULL),
            0);
    assert_int_equal(got, want);
    grid_assert(&g, vol, gox_mode_name(mode));
    gox_volume_free(vol);
    grid_free(&g);
    grid_free(&reached);
}

static void fills_by_all_modes(void **state)
{
    struct random r = {23};

    (void)state;
    for (int i = 0; i < 4 * GOX_MODE_COUNT; i++)
        check_fill(&r, (enum gox_mode)(i % GOX_MODE_COUNT), i % 2 == 1);
}

static void nothing_to_fill(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_modifier mod;
    uint64_t changed = 5;

    (void)state;
    gox_modifier_init(&mod, GOX_MODE_PAINT, RED);
    assert_int_equal(gox_volume_set(vol, gox_pos_make(0, 0, 0), RED + 1), 0);
    assert_int_equal(gox_edit_flood_fill(vol, gox_pos_make(1, 0, 0), 255, &mod,
                             UINT64_MAX, &changed, NULL),
            0);
    assert_int_equal(changed, 0);
    mod.mode = GOX_MODE_INTERSECT;
    assert_int_equal(gox_edit_flood_fill(vol, gox_pos_make(1, 0, 0), 255, &mod,
                             UINT64_MAX, &changed, NULL),
            0);
    assert_int_equal(gox_volume_solid(vol), 1);
    assert_int_equal(gox_edit_flood_fill(vol, gox_pos_make(GOX_COORD_MAX, 0, 0),
                             0, &mod, UINT64_MAX, NULL, NULL),
            GOX_ERR_RANGE);
    assert_int_equal(gox_edit_flood_fill(vol, gox_pos_make(0, 0, 0), -1, &mod,
                             UINT64_MAX, NULL, NULL),
            GOX_ERR_RANGE);
    gox_volume_free(vol);
}

/* Exactly max voxels are allowed, one more changes nothing. */
static void the_limit(void **state)
{
    gox_volume *vol = gox_volume_new(), *before;
    struct gox_bbox box = {{-30, -30, -30}, {30, 30, 30}};
    struct gox_modifier mod;
    uint64_t changed;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED + 1), 0);
    before = gox_volume_dup(vol);
    gox_modifier_init(&mod, GOX_MODE_PAINT, RED);
    assert_int_equal(gox_edit_flood_fill(vol, gox_pos_make(0, 0, 0), 0, &mod,
                             215999, &changed, NULL),
            GOX_ERR_TOO_LARGE);
    assert_int_equal(changed, 0);
    assert_true(gox_volume_equals(vol, before));
    assert_int_equal(gox_edit_flood_fill(vol, gox_pos_make(0, 0, 0), 0, &mod,
                             216000, &changed, NULL),
            0);
    assert_int_equal(changed, 216000);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(-30, 29, 0)), RED);
    gox_volume_free(vol);
    gox_volume_free(before);
}

static void the_edge_of_the_grid(void **state)
{
    const int edge = GOX_COORD_MAX;
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {
            {edge - 20, -edge, edge - 3}, {edge, -edge + 20, edge}};
    struct gox_modifier mod;
    uint64_t changed;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED + 1), 0);
    gox_modifier_init(&mod, GOX_MODE_PAINT, RED);
    mod.symmetry = (struct gox_symmetry){true, false, false, {-8, 0, 0}};
    assert_int_equal(gox_edit_flood_fill(
                             vol, box.min, 0, &mod, UINT64_MAX, &changed, NULL),
            0);
    assert_int_equal(changed, 20 * 20 * 3);
    gox_volume_free(vol);
}

static void selecting_by_color(void **state)
{
    struct random r = {41};
    struct grid g;
    gox_volume *vol = noise(&r, &g, 50), *sel;

    (void)state;
    for (int tolerance = 0; tolerance < 4; tolerance++) {
        struct gox_bbox box = {{-20, -16, -3}, {17, 24, 24}};
        gox_rgba color = gox_rgba_make(1, 12, 7, 255);
        struct grid want = grid_around(HALF);
        GRID_EACH(p, box)
        {
            gox_rgba c = grid_get(&g, p);
            if (c != 0 && gox_rgba_distance(c, color) <= tolerance)
                grid_set(&want, p, c);
        }
        assert_int_equal(
                gox_select_color(vol, color, tolerance, box, &sel, NULL), 0);
        grid_assert(&want, sel, "colour");
        gox_volume_free(sel);
        grid_free(&want);
    }
    assert_int_equal(gox_select_color(vol, RED, -1, gox_bbox_all(), &sel, NULL),
            GOX_ERR_RANGE);
    assert_null(sel);
    gox_volume_free(vol);
    grid_free(&g);
}

/* A selection shares blocks that it takes whole, so it must not change with
 * the volume. */
static void a_selection_is_independent(void **state)
{
    gox_volume *vol = gox_volume_new(), *sel;
    struct gox_bbox box = {{0, 0, 0}, {40, 40, 40}};

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    assert_int_equal(gox_select_connected(vol, gox_pos_make(1, 1, 1), 0,
                             UINT64_MAX, &sel, NULL),
            0);
    assert_true(gox_volume_equals(vol, sel));
    assert_int_equal(gox_volume_set(vol, gox_pos_make(5, 5, 5), 0), 0);
    assert_int_equal(gox_volume_set(vol, gox_pos_make(39, 39, 39), 0), 0);
    assert_int_equal(gox_volume_solid(sel), 64000);
    assert_int_equal(gox_volume_get(sel, gox_pos_make(5, 5, 5)), RED);
    gox_volume_free(vol);
    gox_volume_free(sel);
}

static void cancelling(void **state)
{
    gox_volume *vol = gox_volume_new(), *sel;
    struct gox_bbox box = {{0, 0, 0}, {40, 40, 40}};
    struct gox_modifier mod;
    struct gox_task task;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    gox_modifier_init(&mod, GOX_MODE_SUBTRACT, 0);
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(
            gox_edit_flood_fill(vol, box.min, 0, &mod, UINT64_MAX, NULL, &task),
            GOX_ERR_CANCELLED);
    assert_int_equal(
            gox_select_connected(vol, box.min, 0, UINT64_MAX, &sel, &task),
            GOX_ERR_CANCELLED);
    assert_null(sel);
    assert_int_equal(
            gox_select_color(vol, RED, 0, box, &sel, &task), GOX_ERR_CANCELLED);
    assert_int_equal(gox_volume_solid(vol), 64000);
    gox_volume_free(vol);
}

static void out_of_memory(void **state)
{
    int rc = GOX_ERR_NOMEM;
    uint64_t n = 1;

    (void)state;
    for (; rc == GOX_ERR_NOMEM && n < 5000; n++) {
        struct gox_modifier mod;
        struct gox_bbox box = {{-20, -20, -20}, {20, 20, 20}};
        gox_volume *vol = gox_volume_new(), *sel = NULL;
        assert_int_equal(gox_volume_fill(vol, box, RED + 1), 0);
        assert_int_equal(gox_volume_set(vol, box.min, RED), 0);
        gox_modifier_init(&mod, GOX_MODE_PAINT, RED);
        mod.symmetry = (struct gox_symmetry){true, false, false, {0, 0, 0}};
        gox_alloc_fail_at(n, true);
        rc = gox_edit_flood_fill(
                vol, gox_pos_make(0, 0, 0), 255, &mod, UINT64_MAX, NULL, NULL);
        if (rc == 0)
            rc = gox_select_color(vol, RED, 0, gox_bbox_all(), &sel, NULL);
        gox_alloc_fail_at(0, false);
        assert_true(gox_volume_is_sane(vol));
        gox_volume_free(vol);
        gox_volume_free(sel);
    }
    assert_int_equal(rc, 0);
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(noise_is_filled),
            cmocka_unit_test(mazes_are_filled),
            cmocka_unit_test(fills_by_all_modes),
            cmocka_unit_test(nothing_to_fill),
            cmocka_unit_test(the_limit),
            cmocka_unit_test(the_edge_of_the_grid),
            cmocka_unit_test(selecting_by_color),
            cmocka_unit_test(a_selection_is_independent),
            cmocka_unit_test(cancelling),
            cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
