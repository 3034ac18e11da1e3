/* SPDX-License-Identifier: Apache-2.0
 * Histogram, walking, components, symmetry and differences against the same
 * counted on a plain array; regions; order; cancelling; out of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "grid.h"
#include "random.h"
#include "voxel/analysis.h"

#define HALF 20
#define RED  UINT32_C(0xff0000ff)

static gox_volume *noise(struct random *r, struct grid *g, uint32_t percent)
{
    gox_volume *vol = gox_volume_new();

    *g = grid_around(HALF);
    GRID_EACH(p, g->box)
    {
        gox_rgba c = gox_rgba_make((uint8_t)(random_below(r, 7) * 9),
                (uint8_t)(10 + random_below(r, 5)), 7,
                (uint8_t)(1 + random_below(r, 2) * 254));
        if (random_below(r, 100) >= percent)
            continue;
        grid_set(g, p, c);
        assert_int_equal(gox_volume_set(vol, p, c), 0);
    }
    struct gox_bbox block = {{-16, -16, -16}, {0, 0, 0}};
    assert_int_equal(gox_volume_fill(vol, block, RED), 0);
    GRID_EACH(p, block)
    {
        grid_set(g, p, RED);
    }
    return vol;
}

static const struct gox_bbox regions[] = {
        {{-HALF, -HALF, -HALF}, {HALF, HALF, HALF}},
        {{-17, -3, -20}, {5, 16, 19}},
        {{-16, -16, -16}, {16, 16, 16}},
        {{3, 3, 3}, {4, 4, 4}},
        {{5, 5, 5}, {5, 9, 9}},
        {{-GOX_COORD_MAX, -GOX_COORD_MAX, -GOX_COORD_MAX},
                {GOX_COORD_MAX, GOX_COORD_MAX, GOX_COORD_MAX}},
};
#define REGION_COUNT (sizeof(regions) / sizeof(regions[0]))

static gox_rgba binned(gox_rgba c, unsigned bin)
{
    return gox_rgba_make((uint8_t)(gox_rgba_r(c) / bin * bin),
            (uint8_t)(gox_rgba_g(c) / bin * bin),
            (uint8_t)(gox_rgba_b(c) / bin * bin), gox_rgba_a(c));
}

static void check_histogram(const gox_volume *vol, const struct grid *g,
        struct gox_bbox region, int bin)
{
    struct gox_color_count *colors;
    size_t count;
    uint64_t total = 0, want_total = 0;

    assert_int_equal(
            gox_analyze_histogram(vol, region, bin, &colors, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        uint64_t want = 0;
        GRID_EACH(p, g->box)
        {
            gox_rgba c = grid_get(g, p);
            want += c != 0 && gox_bbox_contains(region, p) &&
                    binned(c, bin > 1 ? (unsigned)bin : 1) == colors[i].color;
        }
        assert_int_equal(colors[i].count, want);
        assert_true(i == 0 || colors[i - 1].color < colors[i].color);
        total += want;
    }
    GRID_EACH(p, g->box)
    {
        want_total += grid_get(g, p) != 0 && gox_bbox_contains(region, p);
    }
    assert_int_equal(total, want_total);
    gox_free(colors);
}

static void histograms(void **state)
{
    struct random r = {3};
    struct grid g;
    gox_volume *vol = noise(&r, &g, 40);
    struct gox_color_count *colors;
    size_t count;

    (void)state;
    for (size_t i = 0; i < REGION_COUNT; i++) {
        check_histogram(vol, &g, regions[i], 0);
        check_histogram(vol, &g, regions[i], 16);
    }
    assert_int_equal(
            gox_analyze_histogram(vol, regions[0], 256, &colors, &count, NULL),
            GOX_ERR_RANGE);
    assert_null(colors);
    gox_volume_free(vol);
    grid_free(&g);
}

/* More colours than the counter starts with. */
static void a_color_for_each_voxel(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_color_count *colors;
    size_t count;

    (void)state;
    for (int i = 0; i < 20000; i++)
        assert_int_equal(
                gox_volume_set(vol, gox_pos_make(i % 30, i / 30 % 30, i / 900),
                        0xff000000U | (uint32_t)i),
                0);
    assert_int_equal(gox_analyze_histogram(
                             vol, gox_bbox_all(), 1, &colors, &count, NULL),
            0);
    assert_int_equal(count, 20000);
    for (uint32_t i = 0; i < 20000; i++) {
        assert_int_equal(colors[i].color, 0xff000000U | i);
        assert_int_equal(colors[i].count, 1);
    }
    gox_free(colors);
    gox_volume_free(vol);
}

struct walk {
    struct grid *left; /* voxels not seen yet */
    struct gox_pos last;
    uint64_t count, limit;
};

static uint64_t order_of(struct gox_pos p)
{
    uint64_t block = 0, voxel = 0;
    const int32_t at[3] = {p.z, p.y, p.x};

    for (int i = 0; i < 3; i++) {
        block = block << 16 | (uint64_t)((at[i] >> 4) + 1000);
        voxel = voxel << 4 | (uint64_t)(at[i] & 15);
    }
    return block << 12 | voxel;
}

static bool see(void *ctx, struct gox_pos p, gox_rgba color)
{
    struct walk *w = ctx;

    assert_int_equal(grid_get(w->left, p), color);
    assert_true(w->count == 0 || order_of(w->last) < order_of(p));
    grid_set(w->left, p, 0);
    w->last = p;
    return ++w->count < w->limit;
}

static void walking(void **state)
{
    struct random r = {4};

    (void)state;
    for (size_t i = 0; i < REGION_COUNT; i++) {
        struct grid g;
        gox_volume *vol = noise(&r, &g, 30);
        struct walk w = {.left = &g, .limit = UINT64_MAX};
        uint64_t want = 0;
        GRID_EACH(p, g.box)
        {
            if (!gox_bbox_contains(regions[i], p))
                grid_set(&g, p, 0);
            want += grid_get(&g, p) != 0;
        }
        assert_int_equal(gox_analyze_each(vol, regions[i], see, &w, NULL), 0);
        assert_int_equal(w.count, want);
        grid_free(&g);
        g = grid_around(HALF);
        grid_read(&g, vol);
        w = (struct walk){.left = &g, .limit = 5};
        assert_int_equal(
                gox_analyze_each(vol, gox_bbox_all(), see, &w, NULL), 0);
        assert_int_equal(w.count, 5);
        gox_volume_free(vol);
        grid_free(&g);
    }
}

/* Components. */

/* Takes one part out of the array, and describes it. */
static struct gox_component take_part(
        struct grid *g, struct gox_pos seed, struct gox_pos *stack)
{
    static const struct gox_pos steps[6] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0},
            {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    struct gox_component part = {.seed = seed};
    size_t top = 0;

    stack[top++] = seed;
    grid_set(g, seed, 0);
    while (top > 0) {
        struct gox_pos p = stack[--top];
        part.voxels++;
        part.box = gox_bbox_add(part.box, p);
        for (int i = 0; i < 6; i++) {
            struct gox_pos q = {
                    p.x + steps[i].x, p.y + steps[i].y, p.z + steps[i].z};
            if (grid_get(g, q) == 0)
                continue;
            grid_set(g, q, 0);
            stack[top++] = q;
        }
    }
    return part;
}

static void check_components(
        const gox_volume *vol, struct gox_bbox region, struct grid *g)
{
    struct gox_component *parts;
    struct gox_pos *stack =
            malloc(((size_t)gox_bbox_volume(g->box) + 1) * sizeof(stack[0]));
    size_t count, found = 0;
    bool is_first = true;
    int32_t ground = 0;

    assert_non_null(stack);
    assert_int_equal(
            gox_analyze_components(vol, region, &parts, &count, NULL), 0);
    for (size_t i = 1; i < count; i++)
        assert_true(parts[i - 1].voxels >= parts[i].voxels);
    /* z, y, x: the first voxel of a part is met first. */
    GRID_EACH(p, g->box)
    {
        if (grid_get(g, p) == 0)
            continue;
        ground = is_first ? p.z : ground;
        is_first = false;
        struct gox_component want = take_part(g, p, stack);
        size_t i = 0;
        while (i < count && (parts[i].seed.x != p.x || parts[i].seed.y != p.y ||
                                    parts[i].seed.z != p.z))
            i++;
        assert_true(i < count);
        assert_int_equal(parts[i].voxels, want.voxels);
        assert_memory_equal(&parts[i].box, &want.box, sizeof(want.box));
        assert_int_equal(parts[i].touches_ground, want.box.min.z == ground);
        found++;
    }
    assert_int_equal(found, count);
    gox_free(parts);
    free(stack);
}

static void components(void **state)
{
    static const uint32_t percents[] = {3, 15, 25, 32, 60};
    struct random r = {5};

    (void)state;
    for (size_t i = 0; i < 5 * REGION_COUNT; i++) {
        struct gox_bbox region = regions[i / 5];
        struct grid g;
        gox_volume *vol = noise(&r, &g, percents[i % 5]);
        GRID_EACH(p, g.box)
        {
            if (!gox_bbox_contains(region, p))
                grid_set(&g, p, 0);
        }
        check_components(vol, region, &g);
        gox_volume_free(vol);
        grid_free(&g);
    }
}

static void components_of_nothing(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_component *parts;
    size_t count;

    (void)state;
    assert_int_equal(
            gox_analyze_components(vol, gox_bbox_all(), &parts, &count, NULL),
            0);
    assert_int_equal(count, 0);
    gox_free(parts);
    gox_volume_free(vol);
}

/* Symmetry. */

static void symmetry_scores(void **state)
{
    struct random r = {6};

    (void)state;
    for (int i = 0; i < 12; i++) {
        struct grid g;
        gox_volume *vol = noise(&r, &g, 20);
        struct gox_bbox region = regions[(size_t)i % 3], box = {0};
        struct gox_symmetry_score score;
        double same[3] = {0}, colored[3] = {0}, voxels = 0;
        GRID_EACH(p, region)
        {
            if (grid_get(&g, p) != 0)
                box = gox_bbox_add(box, p);
        }
        GRID_EACH(p, box)
        {
            gox_rgba c = grid_get(&g, p);
            struct gox_pos twins[3] = {
                    {box.min.x + box.max.x - 1 - p.x, p.y, p.z},
                    {p.x, box.min.y + box.max.y - 1 - p.y, p.z},
                    {p.x, p.y, box.min.z + box.max.z - 1 - p.z}};
            voxels += c != 0;
            for (int k = 0; k < 3 && c != 0; k++) {
                same[k] += grid_get(&g, twins[k]) != 0;
                colored[k] += grid_get(&g, twins[k]) == c;
            }
        }
        assert_int_equal(gox_analyze_symmetry(vol, region, &score, NULL), 0);
        assert_int_equal(score.origin2.x, box.min.x + box.max.x);
        assert_int_equal(score.origin2.z, box.min.z + box.max.z);
        for (int k = 0; k < 3; k++) {
            assert_true(score.shape[k] == same[k] / voxels);
            assert_true(score.color[k] == colored[k] / voxels);
        }
        gox_volume_free(vol);
        grid_free(&g);
    }
}

static void perfect_symmetry(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {{-7, 3, 100}, {26, 24, 117}};
    struct gox_symmetry_score score;

    (void)state;
    assert_int_equal(
            gox_analyze_symmetry(vol, gox_bbox_all(), &score, NULL), 0);
    assert_true(score.shape[0] == 0);
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    assert_int_equal(
            gox_analyze_symmetry(vol, gox_bbox_all(), &score, NULL), 0);
    for (int k = 0; k < 3; k++)
        assert_true(score.shape[k] == 1 && score.color[k] == 1);
    gox_volume_free(vol);
}

/* Differences. */

struct differences {
    struct grid *before, *after;
    uint64_t calls, limit;
};

static bool see_difference(
        void *ctx, struct gox_pos p, gox_rgba before, gox_rgba after)
{
    struct differences *d = ctx;

    assert_true(before != after);
    assert_int_equal(grid_get(d->before, p), before);
    assert_int_equal(grid_get(d->after, p), after);
    grid_set(d->before, p, after); /* seen: equal from now on */
    return ++d->calls < d->limit;
}

static void differences(void **state)
{
    struct random r = {8};

    (void)state;
    for (int i = 0; i < 10; i++) {
        struct grid a, b = grid_around(HALF);
        gox_volume *before = noise(&r, &a, 30);
        gox_volume *after = gox_volume_dup(before);
        for (int k = 0; k < i * 40; k++) {
            struct gox_pos p = {(int)random_below(&r, 2 * HALF) - HALF,
                    (int)random_below(&r, 2 * HALF) - HALF,
                    (int)random_below(&r, 2 * HALF) - HALF};
            assert_int_equal(
                    gox_volume_set(after, p, k % 3 == 0 ? 0 : RED + 256), 0);
        }
        grid_read(&b, after);
        struct gox_diff_counts want = {0}, got;
        GRID_EACH(p, a.box)
        {
            gox_rgba x = grid_get(&a, p), y = grid_get(&b, p);
            if (x == y)
                continue;
            want.added += x == 0;
            want.removed += y == 0;
            want.recolored += x != 0 && y != 0;
            want.box = gox_bbox_add(want.box, p);
        }
        struct differences d = {&a, &b, 0, UINT64_MAX};
        assert_int_equal(
                gox_analyze_diff(before, after, see_difference, &d, &got, NULL),
                0);
        assert_memory_equal(&got, &want, sizeof(want));
        assert_int_equal(d.calls, want.added + want.removed + want.recolored);
        grid_free(&a);
        a = grid_around(HALF);
        grid_read(&a, before);
        d = (struct differences){&a, &b, 0, 3};
        assert_int_equal(
                gox_analyze_diff(before, after, see_difference, &d, &got, NULL),
                0);
        assert_memory_equal(&got, &want, sizeof(want));
        assert_int_equal(d.calls, i == 0 ? 0 : 3);
        gox_volume_free(before);
        gox_volume_free(after);
        grid_free(&a);
        grid_free(&b);
    }
}

static bool ignore(void *ctx, struct gox_pos p, gox_rgba color)
{
    (void)ctx;
    (void)p;
    (void)color;
    return true;
}

static int run_all(const gox_volume *vol, const gox_volume *other,
        struct gox_task *task, int number)
{
    struct gox_color_count *colors = NULL;
    struct gox_component *parts = NULL;
    struct gox_symmetry_score score;
    struct gox_diff_counts counts;
    size_t count;
    int rc;

    switch (number) {
    case 0:
        rc = gox_analyze_histogram(
                vol, gox_bbox_all(), 0, &colors, &count, task);
        break;
    case 1:
        rc = gox_analyze_each(vol, gox_bbox_all(), ignore, NULL, task);
        break;
    case 2:
        rc = gox_analyze_components(vol, gox_bbox_all(), &parts, &count, task);
        break;
    case 3:
        rc = gox_analyze_symmetry(vol, gox_bbox_all(), &score, task);
        break;
    default:
        rc = gox_analyze_diff(vol, other, NULL, NULL, &counts, task);
        break;
    }
    gox_free(colors);
    gox_free(parts);
    return rc;
}

static void cancelling_and_out_of_memory(void **state)
{
    struct random r = {10};
    struct grid g, h;
    gox_volume *vol = noise(&r, &g, 20), *other = noise(&r, &h, 20);
    struct gox_task task;

    (void)state;
    for (int number = 0; number < 5; number++) {
        int rc = GOX_ERR_NOMEM;
        gox_task_init(&task);
        gox_task_cancel(&task);
        assert_int_equal(run_all(vol, other, &task, number), GOX_ERR_CANCELLED);
        for (uint64_t n = 1; rc == GOX_ERR_NOMEM && n < 2000; n++) {
            gox_alloc_fail_at(n, true);
            rc = run_all(vol, other, NULL, number);
            gox_alloc_fail_at(0, false);
        }
        assert_int_equal(rc, 0);
    }
    gox_volume_free(vol);
    gox_volume_free(other);
    grid_free(&g);
    grid_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(histograms),
            cmocka_unit_test(a_color_for_each_voxel),
            cmocka_unit_test(walking),
            cmocka_unit_test(components),
            cmocka_unit_test(components_of_nothing),
            cmocka_unit_test(symmetry_scores),
            cmocka_unit_test(perfect_symmetry),
            cmocka_unit_test(differences),
            cmocka_unit_test(cancelling_and_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
