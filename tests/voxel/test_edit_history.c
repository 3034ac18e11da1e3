/* SPDX-License-Identifier: Apache-2.0
 * All editing operations inside edits of the history: committed, undone and
 * redone, rolled back, and rolled back after an allocation failed halfway.
 * Blocks that operations share with the volume must not change under it. */
#include "base/alloc.h"
#include "gox_test.h"
#include "random.h"
#include "voxel/edit.h"
#include "voxel/history.h"

#define OPERATIONS 12

static struct gox_pos random_pos(struct random *r)
{
    return gox_pos_make((int)random_below(r, 50) - 25,
            (int)random_below(r, 50) - 25, (int)random_below(r, 50) - 25);
}

static struct gox_bbox random_box(struct random *r)
{
    return gox_shape_box(
            random_pos(r), gox_pos_make(1 + (int)random_below(r, 30),
                                   1 + (int)random_below(r, 30),
                                   1 + (int)random_below(r, 30)));
}

static struct gox_modifier random_modifier(struct random *r)
{
    struct gox_modifier mod;

    gox_modifier_init(&mod, (enum gox_mode)random_below(r, GOX_MODE_COUNT),
            0xff000000U | random_below(r, 5));
    /* Not too often, or nothing is left to edit. */
    if (mod.mode == GOX_MODE_INTERSECT && random_below(r, 4) != 0)
        mod.mode = GOX_MODE_ADD;
    mod.symmetry.x = random_below(r, 3) == 0;
    mod.symmetry.origin2.x = (int)random_below(r, 9) - 4;
    return mod;
}

static int select_and_paste(gox_volume *vol, struct random *r)
{
    struct gox_modifier mod = random_modifier(r);
    gox_volume *sel = NULL;

    int rc =
            gox_select_connected(vol, random_pos(r), 9, UINT64_MAX, &sel, NULL);
    if (rc == 0)
        rc = gox_edit_paste(
                vol, sel, gox_pos_make(16, 0, -16), &mod, NULL, NULL, NULL);
    gox_volume_free(sel);
    return rc;
}

static int copy_and_paste(gox_volume *vol, struct random *r)
{
    struct gox_modifier mod = random_modifier(r);
    gox_volume *copy = NULL;

    int rc = gox_volume_copy_box(vol, random_box(r), true, &copy);
    if (rc == 0)
        rc = gox_edit_paste(vol, copy, random_pos(r), &mod, NULL, NULL, NULL);
    gox_volume_free(copy);
    return rc;
}

static int transform(gox_volume *vol, struct random *r)
{
    struct gox_transform t = {.op = (enum gox_transform_op)random_below(r, 3),
            .axis = (enum gox_axis)random_below(r, 3),
            .quarter_turns = 1,
            .offset = {16, (int)random_below(r, 2) * 5, 0}};
    struct gox_bbox region =
            random_below(r, 2) == 0 ? gox_bbox_all() : random_box(r);

    return gox_edit_transform(vol, &t, region, NULL, NULL, NULL);
}

static int operate(gox_volume *vol, struct random *r)
{
    struct gox_modifier mod = random_modifier(r);
    struct gox_shape_spec spec = {
            .shape = (enum gox_shape)random_below(r, GOX_SHAPE_LINE),
            .hollow = (int)random_below(r, 3),
            .box = random_box(r)};

    switch (random_below(r, OPERATIONS)) {
    case 0:
    case 1:
    case 2:
        return gox_edit_shape(vol, &spec, &mod, NULL, NULL);
    case 3:
    case 4:
    case 5:
        return gox_edit_voxel(vol, random_pos(r), &mod, NULL);
    case 6:
        return gox_edit_flood_fill(
                vol, random_pos(r), 2, &mod, UINT64_MAX, NULL, NULL);
    case 7:
        return gox_edit_replace_color(
                vol, 0xff000001, 0xff000003, 1, random_box(r), NULL, NULL);
    case 8:
        return transform(vol, r);
    case 9:
        return select_and_paste(vol, r);
    case 10:
        return copy_and_paste(vol, r);
    default:
        return gox_edit_extrude(vol, random_pos(r), GOX_FACE_TOP,
                (int)random_below(r, 9) - 4, 9, &mod.symmetry, NULL, NULL);
    }
}

static gox_volume *volume_of(const struct gox_image *img)
{
    return gox_image_active_layer(img)->volume;
}

static void undo_and_redo(void **state)
{
    enum { EDITS = 60 };
    struct random r = {15};
    gox_history *h = gox_history_new((size_t)1 << 30);
    struct gox_image *img = gox_image_new();
    gox_volume *steps[EDITS + 1];
    int made = 0;

    (void)state;
    steps[0] = gox_volume_dup(volume_of(img));
    for (int i = 0; i < EDITS; i++) {
        assert_int_equal(gox_history_begin(h, img, GOX_EDIT_VOXELS, "x"), 0);
        for (uint32_t k = random_below(&r, 4); k < 4; k++)
            assert_int_equal(operate(volume_of(img), &r), 0);
        assert_true(gox_volume_is_sane(volume_of(img)));
        int rc = gox_history_commit(h, 0, NULL);
        assert_int_equal(rc, !gox_volume_equals(volume_of(img), steps[made]));
        if (rc == 1)
            steps[++made] = gox_volume_dup(volume_of(img));
    }
    assert_true(made > EDITS / 2);
    for (int i = made - 1; i >= 0; i--) {
        assert_int_equal(gox_history_undo(h, &img, 1, 0, NULL), 1);
        assert_true(gox_volume_equals(volume_of(img), steps[i]));
    }
    for (int i = 1; i <= made; i++) {
        assert_int_equal(gox_history_redo(h, &img, 1, 0, NULL), 1);
        assert_true(gox_volume_equals(volume_of(img), steps[i]));
    }
    for (int i = 0; i <= made; i++)
        gox_volume_free(steps[i]);
    gox_history_free(h);
    gox_image_free(img);
}

/* fail_at 0: nothing fails. */
static void roll_back(
        struct gox_image *img, gox_history *h, uint32_t seed, uint64_t fail_at)
{
    struct random r = {seed};
    gox_volume *before = gox_volume_dup(volume_of(img));
    int rc = 0;

    assert_int_equal(gox_history_begin(h, img, GOX_EDIT_VOXELS, "x"), 0);
    gox_alloc_fail_at(fail_at, true);
    for (int k = 0; k < 4 && rc == 0; k++)
        rc = operate(volume_of(img), &r);
    assert_true(rc == 0 || (rc == GOX_ERR_NOMEM && fail_at > 0));
    /* Without memory, too. */
    gox_history_rollback(h);
    gox_alloc_fail_at(0, false);
    assert_true(gox_volume_is_sane(volume_of(img)));
    assert_true(gox_volume_equals(volume_of(img), before));
    gox_volume_free(before);
}

static void rolling_back(void **state)
{
    struct random r = {16};
    gox_history *h = gox_history_new((size_t)1 << 30);
    struct gox_image *img = gox_image_new();

    (void)state;
    for (uint32_t i = 1; i <= 120; i++) {
        roll_back(img, h, i, 0);
        roll_back(img, h, i, 1 + random_below(&r, 60));
        assert_int_equal(gox_history_begin(h, img, GOX_EDIT_VOXELS, "x"), 0);
        assert_int_equal(operate(volume_of(img), &r), 0);
        assert_true(gox_history_commit(h, 0, NULL) >= 0);
    }
    gox_history_free(h);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(undo_and_redo),
            cmocka_unit_test(rolling_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
