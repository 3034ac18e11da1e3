/* SPDX-License-Identifier: Apache-2.0
 * Pulling and pushing faces: all six directions over block borders, what
 * belongs to a face, mirrors, the edge of the grid; names of faces and modes.
 */
#include "gox_test.h"
#include "voxel/edit.h"

#define RED  UINT32_C(0xff0000ff)
#define BLUE UINT32_C(0xffff0000)

static void faces_are_pulled_and_pushed(void **state)
{
    (void)state;
    for (int face = 0; face < GOX_FACE_COUNT; face++) {
        static const struct gox_pos steps[] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0},
                {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
        gox_volume *vol = gox_volume_new();
        struct gox_bbox box = {{-10, -10, -10}, {10, 10, 10}};
        struct gox_pos s = steps[face];
        struct gox_pos pos = {
                s.x > 0 ? 9 : -10, s.y > 0 ? 9 : -10, s.z > 0 ? 9 : -10};
        uint64_t changed;
        assert_int_equal(gox_volume_fill(vol, box, RED), 0);
        assert_int_equal(gox_edit_extrude(vol, pos, (enum gox_face)face, 25, 0,
                                 NULL, &changed, NULL),
                0);
        assert_int_equal(changed, 400 * 25);
        struct gox_bbox grown = gox_volume_bbox(vol);
        assert_int_equal(gox_bbox_volume(grown), 400 * 45);
        assert_int_equal(gox_volume_solid(vol), 400 * 45);
        pos = gox_pos_make(
                pos.x + 25 * s.x, pos.y + 25 * s.y, pos.z + 25 * s.z);
        assert_int_equal(gox_edit_extrude(vol, pos, (enum gox_face)face, -44, 0,
                                 NULL, &changed, NULL),
                0);
        assert_int_equal(changed, 400 * 44);
        assert_int_equal(gox_volume_solid(vol), 400);
        gox_volume_free(vol);
    }
}

/* Only the connected, visible voxels of one colour in the plane move. */
static void what_belongs_to_a_face(void **state)
{
    gox_volume *vol = gox_volume_new();
    uint64_t changed;

    (void)state;
    struct gox_bbox slab = {{0, 0, 0}, {20, 20, 2}};
    struct gox_bbox half = {{10, 0, 0}, {20, 20, 2}};
    struct gox_bbox wall = {{5, 0, 2}, {6, 20, 4}};
    assert_int_equal(gox_volume_fill(vol, slab, RED), 0);
    assert_int_equal(gox_volume_fill(vol, half, RED + 0x300), 0);
    assert_int_equal(gox_volume_fill(vol, wall, RED), 0);
    struct gox_pos left = {0, 0, 1};
    uint64_t before = gox_volume_solid(vol);
    assert_int_equal(gox_edit_extrude(vol, left, GOX_FACE_TOP, 3, 0, NULL,
                             &changed, NULL),
            0);
    assert_int_equal(changed, 5 * 20 * 3);
    assert_int_equal(gox_volume_solid(vol), before + changed);
    /* Covered now: nothing to pull there. */
    assert_int_equal(gox_edit_extrude(vol, left, GOX_FACE_TOP, 3, 0, NULL,
                             &changed, NULL),
            0);
    assert_int_equal(changed, 0);
    /* A tolerance of 3 joins both colours. */
    struct gox_pos right = {6, 0, 1};
    assert_int_equal(gox_edit_extrude(vol, right, GOX_FACE_TOP, 1, 2, NULL,
                             &changed, NULL),
            0);
    assert_int_equal(changed, 4 * 20);
    assert_int_equal(gox_edit_extrude(vol, gox_pos_make(6, 0, 2), GOX_FACE_TOP,
                             1, 2, NULL, &changed, NULL),
            0);
    assert_int_equal(changed, 4 * 20);
    assert_int_equal(gox_edit_extrude(vol, gox_pos_make(6, 0, 0),
                             GOX_FACE_BOTTOM, -1, 3, NULL, &changed, NULL),
            0);
    assert_int_equal(changed, 20 * 20);
    /* An empty place has no face. */
    assert_int_equal(gox_edit_extrude(vol, gox_pos_make(99, 0, 0), GOX_FACE_TOP,
                             5, 255, NULL, &changed, NULL),
            0);
    assert_int_equal(changed, 0);
    gox_volume_free(vol);
}

static void extruding_in_mirrors_and_at_the_edge(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_symmetry s = {true, true, false, {0, 0, 0}};
    uint64_t changed;

    (void)state;
    struct gox_bbox box = {{-4, -4, 0}, {4, 4, 4}};
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    assert_int_equal(gox_edit_extrude(vol, gox_pos_make(3, 0, 0),
                             GOX_FACE_RIGHT, 20, 0, &s, &changed, NULL),
            0);
    assert_int_equal(changed, 2 * 8 * 4 * 20);
    struct gox_bbox now = gox_volume_bbox(vol);
    assert_int_equal(now.min.x, -24);
    assert_int_equal(now.max.x, 24);
    struct gox_pos corner = {GOX_COORD_MAX - 3, 0, 0};
    assert_int_equal(gox_volume_set(vol, corner, BLUE), 0);
    assert_int_equal(gox_edit_extrude(vol, corner, GOX_FACE_RIGHT, 10, 0, NULL,
                             &changed, NULL),
            0);
    assert_int_equal(changed, 2);
    assert_int_equal(gox_edit_extrude(vol, corner, GOX_FACE_RIGHT, 4097, 0,
                             NULL, NULL, NULL),
            GOX_ERR_TOO_LARGE);
    assert_int_equal(gox_edit_extrude(vol, corner, GOX_FACE_COUNT, 1, 0, NULL,
                             NULL, NULL),
            GOX_ERR_RANGE);
    assert_int_equal(gox_edit_extrude(vol, corner, GOX_FACE_TOP, 1, -1, NULL,
                             NULL, NULL),
            GOX_ERR_RANGE);
    gox_volume_free(vol);
}

static void names(void **state)
{
    static const char *const faces[] = {"+x", "-x", "+y", "-y", "+z", "-z",
            "right", "left", "back", "front", "top", "bottom"};

    (void)state;
    for (int i = 0; i < GOX_MODE_COUNT; i++) {
        const char *name = gox_mode_name((enum gox_mode)i);
        assert_int_equal(gox_mode_find(name, strlen(name)), i);
    }
    assert_int_equal(gox_mode_find("xor", 3), -1);
    assert_null(gox_mode_name(GOX_MODE_COUNT));
    for (int i = 0; i < 12; i++)
        assert_int_equal(gox_face_find(faces[i], strlen(faces[i])), i % 6);
    assert_int_equal(gox_face_find("+w", 2), -1);
    assert_int_equal(gox_face_find("to", 2), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(faces_are_pulled_and_pushed),
            cmocka_unit_test(what_belongs_to_a_face),
            cmocka_unit_test(extruding_in_mirrors_and_at_the_edge),
            cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
