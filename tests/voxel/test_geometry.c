/* SPDX-License-Identifier: Apache-2.0
 * Boxes and matrices: limits, emptiness, inverses, the box form of files. */
#include "gox_test.h"
#include "voxel/geometry.h"

#include <math.h>
#include <string.h>

static struct gox_bbox box(int x0, int y0, int z0, int x1, int y1, int z1)
{
    return (struct gox_bbox){{x0, y0, z0}, {x1, y1, z1}};
}

static void assert_box(struct gox_bbox got, struct gox_bbox want)
{
    assert_memory_equal(&got, &want, sizeof(got));
}

static void test_positions(void **state)
{
    (void)state;
    assert_true(gox_pos_is_valid(gox_pos_make(0, 0, 0)));
    assert_true(gox_pos_is_valid(
            gox_pos_make(-GOX_COORD_MAX, GOX_COORD_MAX - 1, -GOX_COORD_MAX)));
    assert_false(gox_pos_is_valid(gox_pos_make(GOX_COORD_MAX, 0, 0)));
    assert_false(gox_pos_is_valid(gox_pos_make(0, -GOX_COORD_MAX - 1, 0)));
    assert_false(gox_pos_is_valid(gox_pos_make(0, 0, INT32_MAX)));
    assert_false(gox_pos_is_valid(gox_pos_make(INT32_MIN, 0, 0)));
}

static void test_boxes(void **state)
{
    struct gox_bbox a = box(0, 0, 0, 4, 5, 6), none = {0};
    struct gox_bbox inverted = box(3, 3, 3, 1, 9, 9);

    (void)state;
    assert_true(gox_bbox_is_empty(none));
    assert_true(gox_bbox_is_empty(inverted));
    assert_false(gox_bbox_is_empty(a));
    assert_true(gox_bbox_contains(a, gox_pos_make(3, 4, 5)));
    assert_false(gox_bbox_contains(a, gox_pos_make(4, 4, 5)));
    assert_int_equal(gox_bbox_volume(a), 120);
    assert_int_equal(gox_bbox_volume(inverted), 0);
    assert_true(gox_bbox_volume(gox_bbox_all()) == UINT64_MAX);
    assert_box(gox_bbox_union(a, none), a);
    assert_box(gox_bbox_union(inverted, a), a);
    assert_box(gox_bbox_union(inverted, none), none);
    assert_box(
            gox_bbox_union(a, box(-1, 2, 2, 3, 9, 3)), box(-1, 0, 0, 4, 9, 6));
    assert_box(gox_bbox_intersect(a, box(2, -5, 3, 9, 2, 4)),
            box(2, 0, 3, 4, 2, 4));
    assert_box(gox_bbox_intersect(a, box(4, 0, 0, 9, 9, 9)), none);
    assert_box(gox_bbox_add(none, gox_pos_make(7, -7, 0)),
            box(7, -7, 0, 8, -6, 1));
}

static void test_inverse(void **state)
{
    struct gox_mat4 m = {{0, 2, 0, 0, -2, 0, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1}};
    struct gox_mat4 inv, one = gox_mat4_identity();
    struct gox_mat4 flat = {{1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}};
    struct gox_mat4 bad = one;

    (void)state;
    assert_true(gox_mat4_invert(m, &inv));
    struct gox_mat4 product = gox_mat4_multiply(m, inv);
    for (int i = 0; i < 16; i++)
        assert_true(fabsf(product.m[i] - one.m[i]) < 1e-6F);
    float p[3] = {1, 2, 3}, out[3];
    gox_mat4_apply(&m, p, out);
    assert_true(out[0] == 1 && out[1] == 8 && out[2] == 10);
    assert_false(gox_mat4_invert(flat, &inv));
    bad.m[3] = NAN;
    assert_false(gox_mat4_invert(bad, &inv));
    assert_false(gox_mat4_is_finite(bad));
    bad.m[3] = INFINITY;
    assert_false(gox_mat4_is_finite(bad));
    memset(bad.m, 0, sizeof(bad.m));
    assert_false(gox_mat4_invert(bad, &inv));
}

static void test_box_matrix(void **state)
{
    static const int boxes[][6] = {{0, 0, 0, 1, 1, 1}, {-3, 5, 2, 10, 6, 99},
            {-16, -16, 0, 16, 16, 32},
            {-GOX_COORD_MAX, 0, 0, GOX_COORD_MAX, 1, 1}};
    struct gox_bbox none = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        const int *b = boxes[i];
        struct gox_bbox want = box(b[0], b[1], b[2], b[3], b[4], b[5]);
        assert_box(gox_mat4_to_bbox(gox_mat4_from_bbox(want)), want);
    }
    struct gox_mat4 m = gox_mat4_from_bbox(none);
    for (int i = 0; i < 15; i++)
        assert_true(m.m[i] == 0);
    assert_true(m.m[15] == 1);
    assert_box(gox_mat4_to_bbox(m), none);
    m.m[0] = NAN;
    assert_box(gox_mat4_to_bbox(m), none);
    m = gox_mat4_from_bbox(box(0, 0, 0, 2, 2, 2));
    m.m[0] = 1e30F;
    assert_box(gox_mat4_to_bbox(m),
            box(-GOX_COORD_MAX, 0, 0, GOX_COORD_MAX, 2, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_positions),
            cmocka_unit_test(test_boxes),
            cmocka_unit_test(test_inverse),
            cmocka_unit_test(test_box_matrix),
    };

    return cmocka_run_group_tests_name("voxel_geometry", tests, NULL, NULL);
}
