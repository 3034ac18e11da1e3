/* SPDX-License-Identifier: Apache-2.0
 * Shapes against their rules voxel by voxel: all sizes to 20, odd and even,
 * unequal sides, every axis, both directions, walls; counts known from .gox
 * files; faces touched; mirrors; block borders, negative places, the edge of
 * the grid; refusal, cancelling and running out of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "grid.h"
#include "random.h"
#include "shape_reference.h"

#define RED UINT32_C(0xff0000ff)

static const enum gox_shape boxed[] = {GOX_SHAPE_CUBE, GOX_SHAPE_SPHERE,
        GOX_SHAPE_ELLIPSOID, GOX_SHAPE_CYLINDER, GOX_SHAPE_CONE,
        GOX_SHAPE_PYRAMID, GOX_SHAPE_TORUS, GOX_SHAPE_PLANE, GOX_SHAPE_WEDGE};
#define BOXED_COUNT (sizeof(boxed) / sizeof(boxed[0]))

static gox_volume *draw(const struct gox_shape_spec *spec, uint64_t *count)
{
    gox_volume *vol = gox_volume_new();
    struct gox_modifier mod;

    assert_non_null(vol);
    gox_modifier_init(&mod, GOX_MODE_ADD, RED);
    assert_int_equal(gox_edit_shape(vol, spec, &mod, count, NULL), 0);
    return vol;
}

static void describe(char text[160], const struct gox_shape_spec *s)
{
    snprintf(text, 160,
            "%s at %d %d %d size %lld %lld %lld axis %d%s "
            "hollow %d tube %g",
            gox_shape_name(s->shape), s->box.min.x, s->box.min.y, s->box.min.z,
            (long long)ref_side(&s->box, 0), (long long)ref_side(&s->box, 1),
            (long long)ref_side(&s->box, 2), (int)s->axis,
            s->is_flipped ? " flipped" : "", s->hollow, (double)s->tube);
}

/* The box and one voxel around it. */
static struct grid grid_over(struct gox_bbox b)
{
    struct gox_bbox box = {{b.min.x - 1, b.min.y - 1, b.min.z - 1},
            {b.max.x + 1, b.max.y + 1, b.max.z + 1}};

    return grid_new(box);
}

static void check_spec(const struct gox_shape_spec *spec)
{
    char what[160];
    uint64_t count;
    struct grid want = grid_over(spec->box);

    describe(what, spec);
    GRID_EACH(p, spec->box)
    {
        if (ref_wall(spec, p))
            grid_set(&want, p, RED);
    }
    gox_volume *vol = draw(spec, &count);
    grid_assert(&want, vol, what);
    if (count != gox_volume_solid(vol))
        fail_msg("%s: counted %llu", what, (unsigned long long)count);
    gox_volume_free(vol);
    grid_free(&want);
}

static void assert_fills_box(const struct gox_shape_spec *spec)
{
    char what[160];
    gox_volume *vol = draw(spec, NULL);
    struct gox_bbox box = gox_volume_bbox(vol);

    describe(what, spec);
    if (memcmp(&box, &spec->box, sizeof(box)) != 0)
        fail_msg("%s: does not fill its box", what);
    gox_volume_free(vol);
}

static void every_cubic_size(void **state)
{
    (void)state;
    for (int n = 1; n <= 20; n++) {
        for (size_t i = 0; i < BOXED_COUNT; i++) {
            for (int turn = 0; turn < 6; turn++) {
                struct gox_shape_spec s = {.shape = boxed[i],
                        .axis = (enum gox_axis)(turn % 3),
                        .is_flipped = turn >= 3,
                        .box = gox_shape_box(gox_pos_make(0, 16, -5),
                                gox_pos_make(n, n, n))};
                check_spec(&s);
                if (s.shape != GOX_SHAPE_PLANE)
                    assert_fills_box(&s);
            }
        }
    }
}

static struct gox_shape_spec random_spec(struct random *r, int side)
{
    struct gox_pos size = {1 + (int)random_below(r, (uint32_t)side),
            1 + (int)random_below(r, (uint32_t)side),
            1 + (int)random_below(r, (uint32_t)side)};
    struct gox_pos center = {(int)random_below(r, 100) - 50,
            (int)random_below(r, 100) - 50, (int)random_below(r, 100) - 50};

    return (struct gox_shape_spec){.shape = boxed[random_below(r, BOXED_COUNT)],
            .axis = (enum gox_axis)random_below(r, 3),
            .is_flipped = random_below(r, 2) == 1,
            .tube = (float)random_below(r, 12) / 2,
            .box = gox_shape_box(center, size)};
}

static void unequal_sides(void **state)
{
    struct random r = {1};

    (void)state;
    for (int i = 0; i < 1500; i++) {
        struct gox_shape_spec s = random_spec(&r, 20);
        check_spec(&s);
        if (s.shape != GOX_SHAPE_PLANE)
            assert_fills_box(&s);
    }
}

/* Long and thin: where the plain rule leaves the end faces empty. */
static void thin_boxes_are_filled(void **state)
{
    static const int sides[] = {1, 2, 3, 4, 7, 8, 50, 101, 400};

    (void)state;
    for (int i = 0; i < 9 * 9 * 9; i++) {
        struct gox_pos size = {sides[i % 9], sides[i / 9 % 9], sides[i / 81]};
        if (size.x + size.y + size.z > 520)
            continue;
        for (size_t k = 0; k < BOXED_COUNT; k++) {
            struct gox_shape_spec s = {.shape = boxed[k],
                    .axis = (enum gox_axis)(i % 3),
                    .box = gox_shape_box(gox_pos_make(3, 4, 5), size)};
            if (s.shape != GOX_SHAPE_PLANE)
                assert_fills_box(&s);
        }
    }
}

static void walls(void **state)
{
    struct random r = {7};

    (void)state;
    for (int i = 0; i < 700; i++) {
        struct gox_shape_spec s = random_spec(&r, 18);
        s.hollow = 1 + (int)random_below(&r, 5);
        check_spec(&s);
    }
}

/* A wall of n leaves exactly the box smaller by n on all sides. */
static void walls_of_a_cube(void **state)
{
    (void)state;
    for (int n = 1; n <= 20; n++) {
        for (int hollow = 1; hollow <= 6; hollow++) {
            struct gox_shape_spec s = {.shape = GOX_SHAPE_CUBE,
                    .hollow = hollow,
                    .box = gox_shape_box(
                            gox_pos_make(0, 0, 0), gox_pos_make(n, n, n))};
            uint64_t count;
            int inner = n > 2 * hollow ? n - 2 * hollow : 0;
            gox_volume_free(draw(&s, &count));
            assert_int_equal(count, n * n * n - inner * inner * inner);
        }
    }
}

struct known_count {
    enum gox_shape shape;
    struct gox_pos size;
    uint64_t count;
};

static void known_counts(void **state)
{
    /* The first four are the counts of Goxel's shape layers. */
    static const struct known_count known[] = {
            {GOX_SHAPE_SPHERE, {8, 8, 8}, 280},
            {GOX_SHAPE_CYLINDER, {8, 8, 8}, 416},
            {GOX_SHAPE_CUBE, {8, 8, 8}, 512},
            {GOX_SHAPE_ELLIPSOID, {13, 8, 3}, 180},
            {GOX_SHAPE_SPHERE, {1, 1, 1}, 1},
            {GOX_SHAPE_SPHERE, {2, 2, 2}, 8},
            {GOX_SHAPE_SPHERE, {3, 3, 3}, 19},
            {GOX_SHAPE_CUBE, {100, 100, 100}, 1000000},
            {GOX_SHAPE_PYRAMID, {5, 5, 3}, 35},
            {GOX_SHAPE_PYRAMID, {4, 4, 2}, 20},
            {GOX_SHAPE_WEDGE, {4, 4, 4}, 40},
            {GOX_SHAPE_PLANE, {9, 7, 5}, 63},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        struct gox_shape_spec s = {.shape = known[i].shape,
                .axis = GOX_AXIS_Z,
                .box = gox_shape_box(gox_pos_make(0, 0, 0), known[i].size)};
        uint64_t count;
        gox_volume_free(draw(&s, &count));
        assert_int_equal(count, known[i].count);
    }
}

/* Counts the voxels of each level along z. */
static void count_levels(
        const gox_volume *vol, struct gox_bbox box, int levels[32])
{
    memset(levels, 0, 32 * sizeof(levels[0]));
    GRID_EACH(p, box)
    {
        levels[p.z - box.min.z] += gox_volume_get(vol, p) != 0;
    }
}

static void cones_go_from_base_to_tip(void **state)
{
    (void)state;
    for (int n = 2; n <= 20; n++) {
        for (int k = 0; k < 4; k++) {
            struct gox_shape_spec s = {
                    .shape = k % 2 == 0 ? GOX_SHAPE_CONE : GOX_SHAPE_PYRAMID,
                    .axis = GOX_AXIS_Z,
                    .is_flipped = k >= 2,
                    .box = {{0, 0, 0}, {n, n, n}}};
            struct gox_shape_spec base = {
                    .shape = k % 2 == 0 ? GOX_SHAPE_CYLINDER : GOX_SHAPE_CUBE,
                    .axis = GOX_AXIS_Z,
                    .box = {{0, 0, 0}, {n, n, 1}}};
            int levels[32];
            uint64_t base_count;
            gox_volume_free(draw(&base, &base_count));
            gox_volume *vol = draw(&s, NULL);
            count_levels(vol, s.box, levels);
            int first = s.is_flipped ? n - 1 : 0, last = n - 1 - first;
            assert_int_equal(levels[first], base_count);
            assert_int_equal(levels[last], n % 2 == 0 ? 4 : 1);
            gox_volume_free(vol);
        }
    }
}

static void a_torus_has_a_hole(void **state)
{
    struct gox_shape_spec s = {.shape = GOX_SHAPE_TORUS,
            .axis = GOX_AXIS_Y,
            .tube = 4,
            .box = gox_shape_box(
                    gox_pos_make(0, 0, 0), gox_pos_make(20, 4, 20))};

    (void)state;
    gox_volume *vol = draw(&s, NULL);
    for (int y = -2; y < 2; y++)
        assert_int_equal(gox_volume_get(vol, gox_pos_make(0, y, 0)), 0);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(8, 0, 0)), RED);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(-9, 0, -1)), RED);
    gox_volume_free(vol);
}

/* Lines. */

static int64_t round_div(int64_t a, int64_t b)
{
    int64_t v = 2 * a + b, q = v / (2 * b);

    return q * 2 * b > v ? q - 1 : q;
}

static void check_line(struct gox_pos a, struct gox_pos b)
{
    struct gox_shape_spec s = {
            .shape = GOX_SHAPE_LINE, .from = a, .to = b, .radius = 0.5F};
    struct gox_shape_spec back = {.shape = GOX_SHAPE_LINE, .from = b, .to = a};
    int64_t d[3] = {b.x - a.x, b.y - a.y, b.z - a.z}, steps = 0;
    uint64_t count;
    bool is_swapped = a.z > b.z || (a.z == b.z && a.y > b.y) ||
                      (a.z == b.z && a.y == b.y && a.x > b.x);
    struct gox_pos start = is_swapped ? b : a;

    for (int i = 0; i < 3; i++) {
        steps = llabs(d[i]) > steps ? llabs(d[i]) : steps;
        d[i] = is_swapped ? -d[i] : d[i];
    }
    gox_volume *vol = draw(&s, &count), *other = draw(&back, NULL);
    assert_int_equal(count, steps + 1);
    assert_int_equal(gox_volume_solid(vol), steps + 1);
    assert_true(gox_volume_equals(vol, other));
    for (int64_t k = 0; k <= steps; k++) {
        int64_t n = steps == 0 ? 1 : steps;
        struct gox_pos p = {start.x + (int)round_div(d[0] * k, n),
                start.y + (int)round_div(d[1] * k, n),
                start.z + (int)round_div(d[2] * k, n)};
        if (gox_volume_get(vol, p) != RED)
            fail_msg("line %d %d %d to %d %d %d: step %lld is missing", a.x,
                    a.y, a.z, b.x, b.y, b.z, (long long)k);
    }
    gox_volume_free(vol);
    gox_volume_free(other);
}

static void lines_have_no_gaps(void **state)
{
    struct random r = {3};

    (void)state;
    for (int i = 0; i < 600; i++) {
        uint32_t side = i % 3 == 0 ? 5 : 90;
        struct gox_pos p[2];
        for (int k = 0; k < 2; k++)
            p[k] = gox_pos_make((int)random_below(&r, side) - 30,
                    (int)random_below(&r, side) - 30,
                    (int)random_below(&r, side) - 30);
        check_line(p[0], p[1]);
    }
    check_line(gox_pos_make(-2000, 5, 7), gox_pos_make(2000, 5, 7));
    check_line(gox_pos_make(1, -900, 3), gox_pos_make(2, 1000, -4));
}

static bool is_near_segment(
        struct gox_pos p, struct gox_pos a, struct gox_pos b, double radius)
{
    double d[3] = {b.x - a.x, b.y - a.y, b.z - a.z};
    double w[3] = {p.x - a.x, p.y - a.y, p.z - a.z};
    double dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2], t = 0, sum = 0;

    if (dd > 0)
        t = (w[0] * d[0] + w[1] * d[1] + w[2] * d[2]) / dd;
    t = fmax(0, fmin(1, t));
    for (int i = 0; i < 3; i++)
        sum += pow(w[i] - t * d[i], 2);
    return sum <= radius * radius + 1e-9;
}

static void check_capsule(struct gox_pos a, struct gox_pos b, float radius)
{
    struct gox_shape_spec s = {
            .shape = GOX_SHAPE_CAPSULE, .from = a, .to = b, .radius = radius};
    struct gox_bbox ends =
            gox_bbox_add(gox_bbox_add((struct gox_bbox){0}, a), b);
    int reach = (int)radius + 2;
    struct gox_bbox box = {
            {ends.min.x - reach, ends.min.y - reach, ends.min.z - reach},
            {ends.max.x + reach, ends.max.y + reach, ends.max.z + reach}};
    struct grid want = grid_new(box);

    GRID_EACH(p, box)
    {
        if (is_near_segment(p, a, b, (double)radius))
            grid_set(&want, p, RED);
    }
    gox_volume *vol = draw(&s, NULL);
    grid_assert(&want, vol, "capsule");
    gox_volume_free(vol);
    grid_free(&want);
}

static void capsules_are_swept_balls(void **state)
{
    static const float radii[] = {1, 1.5F, 2, 2.5F, 3.25F, 6};
    struct random r = {11};

    (void)state;
    for (int i = 0; i < 200; i++) {
        struct gox_pos p[2];
        uint32_t side = i % 4 == 0 ? 3 : 24;
        for (int k = 0; k < 2; k++)
            p[k] = gox_pos_make((int)random_below(&r, side) - 12,
                    (int)random_below(&r, side) - 12,
                    (int)random_below(&r, side) - 12);
        check_capsule(p[0], p[1], radii[i % 6]);
    }
}

/* A capsule of one voxel is the ball of the same size. */
static void a_point_capsule_is_a_sphere(void **state)
{
    (void)state;
    for (int n = 1; n <= 15; n += 2) {
        struct gox_shape_spec capsule = {
                .shape = GOX_SHAPE_CAPSULE, .radius = (float)n / 2};
        struct gox_shape_spec sphere = {.shape = GOX_SHAPE_SPHERE,
                .box = gox_shape_box(
                        gox_pos_make(0, 0, 0), gox_pos_make(n, n, n))};
        gox_volume *a = draw(&capsule, NULL), *b = draw(&sphere, NULL);
        assert_true(gox_volume_equals(a, b));
        gox_volume_free(a);
        gox_volume_free(b);
    }
}

/* Places and limits. */

/* Only what is inside the grid is drawn and counted. */
static void the_edge_of_the_grid(void **state)
{
    const int edge = GOX_COORD_MAX;
    static const struct gox_pos centers[] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0},
            {0, -1, 0}, {0, 0, 1}, {0, 0, -1}, {1, 1, 1}, {-1, -1, -1},
            {1, -1, 0}};

    (void)state;
    for (size_t i = 0; i < 9 * BOXED_COUNT; i++) {
        struct gox_pos c = centers[i % 9];
        struct gox_shape_spec s = {.shape = boxed[i / 9],
                .axis = GOX_AXIS_Z,
                .box = gox_shape_box(
                        gox_pos_make(c.x * edge, c.y * edge, c.z * edge),
                        gox_pos_make(11, 10, 12))};
        uint64_t want = 0, count;
        GRID_EACH(p, s.box)
        {
            want += gox_pos_is_valid(p) && ref_inside(&s, p);
        }
        gox_volume *vol = draw(&s, &count);
        assert_int_equal(count, want);
        assert_int_equal(gox_volume_solid(vol), want);
        gox_volume_free(vol);
    }
}

static void the_center_of_a_box(void **state)
{
    (void)state;
    struct gox_bbox odd =
            gox_shape_box(gox_pos_make(5, 5, 5), gox_pos_make(3, 1, 5));
    struct gox_bbox even =
            gox_shape_box(gox_pos_make(5, -5, 0), gox_pos_make(4, 2, 6));

    assert_memory_equal(
            &odd, (&(struct gox_bbox){{4, 5, 3}, {7, 6, 8}}), sizeof(odd));
    assert_memory_equal(
            &even, (&(struct gox_bbox){{3, -6, -3}, {7, -4, 3}}), sizeof(even));
}

struct refusal {
    struct gox_shape_spec spec;
    int code;
};

static void what_is_refused(void **state)
{
    static const struct refusal refusals[] = {
            {{.box = {{0, 0, 0}, {4097, 1, 1}}}, GOX_ERR_TOO_LARGE},
            {{.box = {{0, 0, 0}, {0, 1, 1}}}, GOX_ERR_RANGE},
            {{.box = {{0, 0, 0}, {1, 1, -1}}}, GOX_ERR_RANGE},
            {{.box = {{1 << 24, 0, 0}, {(1 << 24) + 1, 1, 1}}}, GOX_ERR_RANGE},
            {{.box = {{0, 0, 0}, {1, 1, 1}}, .hollow = -1}, GOX_ERR_RANGE},
            {{.box = {{0, 0, 0}, {1, 1, 1}}, .axis = (enum gox_axis)3},
                    GOX_ERR_RANGE},
            {{.box = {{0, 0, 0}, {1, 1, 1}}, .shape = GOX_SHAPE_COUNT},
                    GOX_ERR_RANGE},
            {{.box = {{0, 0, 0}, {9, 9, 9}},
                     .shape = GOX_SHAPE_TORUS,
                     .tube = -1},
                    GOX_ERR_RANGE},
            {{.shape = GOX_SHAPE_LINE, .radius = -1}, GOX_ERR_RANGE},
            {{.shape = GOX_SHAPE_LINE, .radius = 1e9F}, GOX_ERR_TOO_LARGE},
            {{.shape = GOX_SHAPE_CAPSULE, .to = {5000, 0, 0}},
                    GOX_ERR_TOO_LARGE},
            {{.shape = GOX_SHAPE_LINE, .to = {INT32_MAX, 0, 0}}, GOX_ERR_RANGE},
    };
    gox_volume *vol = gox_volume_new();
    struct gox_modifier mod;

    (void)state;
    gox_modifier_init(&mod, GOX_MODE_ADD, RED);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        assert_int_equal(
                gox_edit_shape(vol, &refusals[i].spec, &mod, NULL, NULL),
                refusals[i].code);
    struct gox_shape_spec fine = {.box = {{0, 0, 0}, {1, 1, 1}}};
    struct gox_shape_spec nan_tube = {.box = {{0, 0, 0}, {9, 9, 9}},
            .shape = GOX_SHAPE_TORUS,
            .tube = NAN};
    assert_int_equal(
            gox_edit_shape(vol, &nan_tube, &mod, NULL, NULL), GOX_ERR_RANGE);
    mod.mode = GOX_MODE_COUNT;
    assert_int_equal(
            gox_edit_shape(vol, &fine, &mod, NULL, NULL), GOX_ERR_RANGE);
    assert_true(gox_volume_is_empty(vol));
    gox_volume_free(vol);
}

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < GOX_SHAPE_COUNT; i++) {
        const char *name = gox_shape_name((enum gox_shape)i);
        assert_int_equal(gox_shape_find(name, strlen(name)), i);
    }
    assert_int_equal(gox_shape_find("cubes", 5), -1);
    assert_int_equal(gox_shape_find("cub", 3), -1);
    assert_null(gox_shape_name(GOX_SHAPE_COUNT));
}

/* Large shapes cost what their surface costs. */
static void large_shapes(void **state)
{
    struct gox_shape_spec s = {.shape = GOX_SHAPE_SPHERE,
            .box = gox_shape_box(
                    gox_pos_make(7, 7, 7), gox_pos_make(400, 400, 400))};
    uint64_t count;

    (void)state;
    gox_volume *vol = draw(&s, &count);
    assert_int_equal(count, gox_volume_solid(vol));
    double ideal = 4.0 / 3 * 3.14159265358979 * 200 * 200 * 200;
    assert_true(fabs((double)count - ideal) < ideal * 0.001);
    assert_true(gox_volume_is_sane(vol));
    gox_volume_free(vol);
}

static void cancelling(void **state)
{
    struct gox_shape_spec s = {
            .shape = GOX_SHAPE_CUBE, .box = {{0, 0, 0}, {64, 64, 64}}};
    gox_volume *vol = gox_volume_new();
    struct gox_modifier mod;
    struct gox_task task;

    (void)state;
    gox_modifier_init(&mod, GOX_MODE_ADD, RED);
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(
            gox_edit_shape(vol, &s, &mod, NULL, &task), GOX_ERR_CANCELLED);
    assert_true(gox_volume_is_empty(vol));
    gox_task_init(&task);
    task.deadline_at_ns = 1;
    assert_int_equal(
            gox_edit_shape(vol, &s, &mod, NULL, &task), GOX_ERR_TIMEOUT);
    gox_volume_free(vol);
}

static void out_of_memory(void **state)
{
    struct gox_modifier mod;
    int rc = GOX_ERR_NOMEM;

    (void)state;
    for (int mode = 0; mode < GOX_MODE_COUNT; mode++) {
        rc = GOX_ERR_NOMEM;
        for (uint64_t n = 1; rc == GOX_ERR_NOMEM && n < 1000; n++) {
            struct gox_shape_spec s = {.shape = GOX_SHAPE_SPHERE,
                    .hollow = 2,
                    .box = {{-9, -9, -9}, {20, 20, 20}}};
            gox_volume *vol = gox_volume_new();
            assert_int_equal(gox_volume_fill(vol,
                                     (struct gox_bbox){{0, 0, 0}, {40, 40, 40}},
                                     0xff000001),
                    0);
            gox_modifier_init(&mod, (enum gox_mode)mode, RED);
            gox_alloc_fail_at(n, true);
            rc = gox_edit_shape(vol, &s, &mod, NULL, NULL);
            gox_alloc_fail_at(0, false);
            assert_true(gox_volume_is_sane(vol));
            gox_volume_free(vol);
        }
        assert_int_equal(rc, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_cubic_size),
            cmocka_unit_test(unequal_sides),
            cmocka_unit_test(thin_boxes_are_filled),
            cmocka_unit_test(walls),
            cmocka_unit_test(walls_of_a_cube),
            cmocka_unit_test(known_counts),
            cmocka_unit_test(cones_go_from_base_to_tip),
            cmocka_unit_test(a_torus_has_a_hole),
            cmocka_unit_test(lines_have_no_gaps),
            cmocka_unit_test(capsules_are_swept_balls),
            cmocka_unit_test(a_point_capsule_is_a_sphere),
            cmocka_unit_test(the_edge_of_the_grid),
            cmocka_unit_test(the_center_of_a_box),
            cmocka_unit_test(what_is_refused),
            cmocka_unit_test(names),
            cmocka_unit_test(large_shapes),
            cmocka_unit_test(cancelling),
            cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
