/* SPDX-License-Identifier: Apache-2.0
 * Modes, symmetry and clip box of shapes, single voxels and pastes against the
 * same done voxel by voxel on a plain array; copying, cropping,
 * replacing colours; the edge of the grid; running out of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "grid.h"
#include "random.h"
#include "shape_reference.h"

#define HALF 36
#define RED  UINT32_C(0xff0000ff)
#define BLUE UINT32_C(0xffff0000)

/* The same voxels in a volume and an array: blobs of a few colours. */
static gox_volume *random_scene(struct random *r, struct grid *g)
{
    gox_volume *vol = gox_volume_new();

    assert_non_null(vol);
    *g = grid_around(HALF);
    for (int i = 0; i < 12; i++) {
        struct gox_pos min = {(int)random_below(r, 60) - 34,
                (int)random_below(r, 60) - 34, (int)random_below(r, 60) - 34};
        struct gox_bbox box = {
                min, {min.x + 1 + (int)random_below(r, 25),
                             min.y + 1 + (int)random_below(r, 25),
                             min.z + 1 + (int)random_below(r, 25)}};
        gox_rgba color = 0xff000000U | (1 + random_below(r, 3));
        box = gox_bbox_intersect(box, g->box);
        assert_int_equal(gox_volume_fill(vol, box, color), 0);
        GRID_EACH(p, box)
        {
            grid_set(g, p, color);
        }
    }
    return vol;
}

static struct gox_pos mirror(
        struct gox_pos p, const struct gox_symmetry *s, int image)
{
    if ((image & 1) != 0)
        p.x = s->origin2.x - 1 - p.x;
    if ((image & 2) != 0)
        p.y = s->origin2.y - 1 - p.y;
    if ((image & 4) != 0)
        p.z = s->origin2.z - 1 - p.z;
    return p;
}

static bool is_image_on(const struct gox_symmetry *s, int image)
{
    return ((image & 1) == 0 || s->x) && ((image & 2) == 0 || s->y) &&
           ((image & 4) == 0 || s->z);
}

typedef gox_rgba mask_fn(const void *ctx, struct gox_pos p);

/* The colour that the mask or one of its mirror images has at p. */
static gox_rgba mask_at(mask_fn *fn, const void *ctx,
        const struct gox_symmetry *s, struct gox_pos p)
{
    for (int image = 0; image < 8; image++) {
        gox_rgba c = is_image_on(s, image) ? fn(ctx, mirror(p, s, image)) : 0;
        if (c != 0)
            return c;
    }
    return 0;
}

/* Applies a mode on the array, voxel by voxel, and counts. inside: where
 * REPLACE erases first. */
static uint64_t apply(struct grid *g, const struct gox_modifier *mod,
        mask_fn *fn, const void *ctx, mask_fn *inside, const void *inside_ctx)
{
    uint64_t changed = 0;

    GRID_EACH(p, g->box)
    {
        gox_rgba now = grid_get(g, p);
        gox_rgba c = mask_at(fn, ctx, &mod->symmetry, p);
        if (mod->has_clip && !gox_bbox_contains(mod->clip, p))
            continue;
        if (mod->mode == GOX_MODE_REPLACE &&
                mask_at(inside, inside_ctx, &mod->symmetry, p) != 0)
            grid_set(g, p, 0);
        if (mod->mode == GOX_MODE_INTERSECT && c == 0)
            grid_set(g, p, 0);
        if (c == 0)
            continue;
        if (mod->mode != GOX_MODE_ADD && mod->mode != GOX_MODE_REPLACE &&
                now == 0)
            continue;
        changed++;
        if (mod->mode == GOX_MODE_SUBTRACT)
            grid_set(g, p, 0);
        else if (mod->mode != GOX_MODE_INTERSECT)
            grid_set(g, p, c);
    }
    return changed;
}

static struct gox_modifier random_modifier(struct random *r)
{
    struct gox_modifier mod;

    gox_modifier_init(
            &mod, (enum gox_mode)random_below(r, GOX_MODE_COUNT), RED);
    mod.symmetry = (struct gox_symmetry){random_below(r, 2) == 1,
            random_below(r, 2) == 1, random_below(r, 2) == 1,
            {(int)random_below(r, 21) - 10, (int)random_below(r, 21) - 10,
                    (int)random_below(r, 21) - 10}};
    mod.has_clip = random_below(r, 2) == 1;
    mod.clip.min = gox_pos_make(-(int)random_below(r, 30) - 1,
            -(int)random_below(r, 30) - 1, -(int)random_below(r, 30) - 1);
    mod.clip.max = gox_pos_make((int)random_below(r, 30),
            (int)random_below(r, 30), (int)random_below(r, 30));
    return mod;
}

struct shape_mask {
    struct gox_shape_spec spec;
    gox_rgba color;
};

static gox_rgba wall_at(const void *ctx, struct gox_pos p)
{
    const struct shape_mask *m = ctx;

    return ref_wall(&m->spec, p) ? m->color : 0;
}

static gox_rgba solid_at(const void *ctx, struct gox_pos p)
{
    const struct shape_mask *m = ctx;

    return ref_inside(&m->spec, p) ? m->color : 0;
}

static void shapes_by_all_modes(void **state)
{
    static const enum gox_shape shapes[] = {GOX_SHAPE_CUBE, GOX_SHAPE_SPHERE,
            GOX_SHAPE_CONE, GOX_SHAPE_WEDGE, GOX_SHAPE_TORUS,
            GOX_SHAPE_CYLINDER};
    struct random r = {21};

    (void)state;
    for (int i = 0; i < 40; i++) {
        struct grid g;
        gox_volume *vol = random_scene(&r, &g);
        struct gox_modifier mod = random_modifier(&r);
        struct shape_mask m = {
                .spec = {.shape = shapes[i % 6],
                        .axis = (enum gox_axis)random_below(&r, 3),
                        .hollow = (int)random_below(&r, 3)},
                .color = RED};
        m.spec.box = gox_shape_box(gox_pos_make((int)random_below(&r, 21) - 10,
                                           (int)random_below(&r, 21) - 10,
                                           (int)random_below(&r, 21) - 10),
                gox_pos_make(1 + (int)random_below(&r, 30),
                        1 + (int)random_below(&r, 30),
                        1 + (int)random_below(&r, 30)));
        uint64_t want = apply(&g, &mod, wall_at, &m, solid_at, &m), got;
        assert_int_equal(gox_edit_shape(vol, &m.spec, &mod, &got, NULL), 0);
        grid_assert(&g, vol, gox_mode_name(mod.mode));
        assert_int_equal(got, want);
        gox_volume_free(vol);
        grid_free(&g);
    }
}

/* A shape far larger than the volume: only blocks that exist are visited. */
static void large_subtract(void **state)
{
    struct gox_shape_spec s = {.shape = GOX_SHAPE_SPHERE,
            .box = {{-2000, -2000, -2000}, {2000, 2000, 2000}}};
    gox_volume *vol = gox_volume_new();
    struct gox_modifier mod;
    uint64_t changed;

    (void)state;
    struct gox_bbox box = {{-20, -20, -20}, {20, 20, 20}};
    assert_int_equal(gox_volume_fill(vol, box, BLUE), 0);
    gox_modifier_init(&mod, GOX_MODE_PAINT, RED);
    assert_int_equal(gox_edit_shape(vol, &s, &mod, &changed, NULL), 0);
    assert_int_equal(changed, 64000);
    mod.mode = GOX_MODE_INTERSECT;
    assert_int_equal(gox_edit_shape(vol, &s, &mod, &changed, NULL), 0);
    assert_int_equal(changed, 64000);
    mod.mode = GOX_MODE_SUBTRACT;
    assert_int_equal(gox_edit_shape(vol, &s, &mod, &changed, NULL), 0);
    assert_int_equal(changed, 64000);
    assert_true(gox_volume_is_empty(vol));
    gox_volume_free(vol);
}

/* Mirror planes far away: the space between is not walked. */
static void far_mirror(void **state)
{
    struct gox_shape_spec s = {.shape = GOX_SHAPE_CUBE,
            .box = {{-8000000, -8000000, -8000000},
                    {-7999990, -7999990, -7999990}}};
    gox_volume *vol = gox_volume_new();
    struct gox_modifier mod;
    uint64_t changed;

    (void)state;
    gox_modifier_init(&mod, GOX_MODE_ADD, RED);
    mod.symmetry = (struct gox_symmetry){true, true, true, {0, 0, 0}};
    assert_int_equal(gox_edit_shape(vol, &s, &mod, &changed, NULL), 0);
    assert_int_equal(changed, 8000);
    assert_int_equal(gox_volume_solid(vol), 8000);
    assert_int_equal(
            gox_volume_get(vol, gox_pos_make(7999999, -8000000, 7999990)), RED);
    mod.symmetry.origin2.x = INT32_MAX;
    assert_int_equal(
            gox_edit_shape(vol, &s, &mod, &changed, NULL), GOX_ERR_RANGE);
    gox_volume_free(vol);
}

static gox_rgba point_at(const void *ctx, struct gox_pos p)
{
    const struct gox_pos *at = ctx;

    return p.x == at->x && p.y == at->y && p.z == at->z ? RED : 0;
}

static void single_voxels(void **state)
{
    struct random r = {5};
    struct grid g;

    (void)state;
    gox_volume *vol = random_scene(&r, &g);
    for (int i = 0; i < 80; i++) {
        struct gox_modifier mod = random_modifier(&r);
        struct gox_pos p = {(int)random_below(&r, 40) - 20,
                (int)random_below(&r, 40) - 20, (int)random_below(&r, 40) - 20};
        uint64_t got;
        /* INTERSECT would leave nothing for the others. */
        if (mod.mode == GOX_MODE_INTERSECT && i % 50 != 0)
            mod.mode = GOX_MODE_ADD;
        uint64_t want = apply(&g, &mod, point_at, &p, point_at, &p);
        assert_int_equal(gox_edit_voxel(vol, p, &mod, &got), 0);
        assert_int_equal(got, want);
        if (i % 20 == 0)
            grid_assert(&g, vol, gox_mode_name(mod.mode));
    }
    grid_assert(&g, vol, "single voxels");
    struct gox_modifier mod;
    gox_modifier_init(&mod, GOX_MODE_ADD, RED);
    assert_int_equal(
            gox_edit_voxel(vol, gox_pos_make(GOX_COORD_MAX, 0, 0), &mod, NULL),
            GOX_ERR_RANGE);
    /* The voxel is in the grid, its mirror image is not. */
    uint64_t changed;
    mod.symmetry = (struct gox_symmetry){true, false, false, {-9, 0, 0}};
    assert_int_equal(gox_edit_voxel(vol, gox_pos_make(GOX_COORD_MAX - 1, 0, 0),
                             &mod, &changed),
            0);
    assert_int_equal(changed, 1);
    gox_volume_free(vol);
    grid_free(&g);
}

static void a_clear_color_erases(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {{0, 0, 0}, {20, 20, 20}};
    struct gox_shape_spec s = {
            .shape = GOX_SHAPE_CUBE, .box = {{-5, -5, -5}, {10, 10, 10}}};
    struct gox_modifier mod;
    uint64_t changed;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, BLUE), 0);
    gox_modifier_init(&mod, GOX_MODE_ADD, 0x00123456);
    assert_int_equal(gox_edit_shape(vol, &s, &mod, &changed, NULL), 0);
    assert_int_equal(changed, 15 * 15 * 15);
    assert_int_equal(gox_volume_solid(vol), 8000 - 1000);
    mod.mode = GOX_MODE_PAINT;
    s.box = box;
    assert_int_equal(gox_edit_shape(vol, &s, &mod, &changed, NULL), 0);
    assert_int_equal(changed, 7000);
    assert_true(gox_volume_is_empty(vol));
    gox_volume_free(vol);
}

/* Pastes. */

static struct grid moved_grid(const struct grid *src, struct gox_pos offset)
{
    struct grid moved = grid_around(HALF);

    GRID_EACH(p, src->box)
    {
        gox_rgba c = grid_get(src, p);
        if (c != 0)
            grid_set(&moved,
                    gox_pos_make(
                            p.x + offset.x, p.y + offset.y, p.z + offset.z),
                    c);
    }
    return moved;
}

static gox_rgba grid_at(const void *ctx, struct gox_pos p)
{
    return grid_get(ctx, p);
}

static gox_rgba box_at(const void *ctx, struct gox_pos p)
{
    const struct gox_bbox *box = ctx;

    return gox_bbox_contains(*box, p) ? RED : 0;
}

static gox_volume *small_source(struct random *r, struct grid *g)
{
    gox_volume *vol = gox_volume_new();

    *g = grid_around(12);
    for (int i = 0; i < 300; i++) {
        struct gox_pos p = {(int)random_below(r, 18) - 9,
                (int)random_below(r, 18) - 9, (int)random_below(r, 18) - 9};
        gox_rgba c = 0xff000000U | (10 + random_below(r, 4));
        assert_int_equal(gox_volume_set(vol, p, c), 0);
        grid_set(g, p, c);
    }
    return vol;
}

static void pastes_by_all_modes(void **state)
{
    struct random r = {31};

    (void)state;
    for (int i = 0; i < 40; i++) {
        struct grid g, source;
        gox_volume *vol = random_scene(&r, &g);
        gox_volume *src = small_source(&r, &source);
        struct gox_modifier mod = random_modifier(&r);
        int unit = i % 3 == 0 ? 16 : 1;
        struct gox_pos offset = {((int)random_below(&r, 3) - 1) * unit,
                ((int)random_below(&r, 3) - 1) * unit,
                ((int)random_below(&r, 3) - 1) * unit};
        struct grid moved = moved_grid(&source, offset);
        struct gox_bbox box = gox_volume_bbox(src);
        box = (struct gox_bbox){{box.min.x + offset.x, box.min.y + offset.y,
                                        box.min.z + offset.z},
                {box.max.x + offset.x, box.max.y + offset.y,
                        box.max.z + offset.z}};
        uint64_t want = apply(&g, &mod, grid_at, &moved, box_at, &box);
        uint64_t got, clipped;
        assert_int_equal(
                gox_edit_paste(vol, src, offset, &mod, &got, &clipped, NULL),
                0);
        assert_int_equal(clipped, 0);
        assert_int_equal(got, want);
        if (mod.symmetry.x + mod.symmetry.y + mod.symmetry.z < 2)
            grid_assert(&g, vol, gox_mode_name(mod.mode));
        gox_volume_free(vol);
        gox_volume_free(src);
        grid_free(&g);
        grid_free(&source);
        grid_free(&moved);
    }
}

static void a_paste_over_the_edge_is_clipped(void **state)
{
    gox_volume *vol = gox_volume_new(), *src = gox_volume_new();
    struct gox_bbox box = {{0, 0, 0}, {10, 10, 10}};
    struct gox_modifier mod;
    uint64_t changed, clipped;

    (void)state;
    assert_int_equal(gox_volume_fill(src, box, RED), 0);
    gox_modifier_init(&mod, GOX_MODE_ADD, 0);
    struct gox_pos at = {GOX_COORD_MAX - 4, -GOX_COORD_MAX - 3, 5};
    assert_int_equal(
            gox_edit_paste(vol, src, at, &mod, &changed, &clipped, NULL), 0);
    assert_int_equal(changed, 4 * 7 * 10);
    assert_int_equal(clipped, 1000 - 4 * 7 * 10);
    assert_int_equal(gox_volume_solid(vol), changed);
    at = gox_pos_make(INT32_MAX, INT32_MIN, INT32_MAX);
    assert_int_equal(
            gox_edit_paste(vol, src, at, &mod, &changed, &clipped, NULL), 0);
    assert_int_equal(changed, 0);
    assert_int_equal(clipped, 1000);
    gox_volume_free(vol);
    gox_volume_free(src);
}

static void pasting_a_volume_onto_itself(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {{-3, -3, -3}, {20, 3, 3}};
    struct gox_modifier mod;
    uint64_t changed;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, RED), 0);
    gox_modifier_init(&mod, GOX_MODE_ADD, 0);
    assert_int_equal(gox_edit_paste(vol, vol, gox_pos_make(0, 6, 0), &mod,
                             &changed, NULL, NULL),
            0);
    assert_int_equal(changed, 23 * 36);
    assert_int_equal(gox_volume_solid(vol), 2 * 23 * 36);
    gox_volume_free(vol);
}

/* Copies and crops. */

static void copies_of_boxes(void **state)
{
    struct random r = {77};

    (void)state;
    for (int i = 0; i < 30; i++) {
        struct grid g;
        gox_volume *vol = random_scene(&r, &g), *copy;
        struct gox_pos min = {(int)random_below(&r, 64) - 40,
                (int)random_below(&r, 64) - 40, (int)random_below(&r, 64) - 40};
        struct gox_bbox box = {min, {min.x + (int)random_below(&r, 50),
                                            min.y + (int)random_below(&r, 50),
                                            min.z + (int)random_below(&r, 50)}};
        bool to_origin = i % 2 == 0;
        struct grid want = grid_around(52);
        GRID_EACH(p, want.box)
        {
            struct gox_pos from = p;
            if (to_origin)
                from = gox_pos_make(p.x + min.x, p.y + min.y, p.z + min.z);
            if (gox_bbox_contains(box, from))
                grid_set(&want, p, grid_get(&g, from));
        }
        assert_int_equal(gox_volume_copy_box(vol, box, to_origin, &copy), 0);
        grid_assert(&want, copy, "copy");
        uint64_t removed, before = gox_volume_solid(vol);
        assert_int_equal(gox_edit_crop(vol, box, &removed), 0);
        assert_int_equal(removed, before - gox_volume_solid(copy));
        GRID_EACH(p, g.box)
        {
            if (!gox_bbox_contains(box, p))
                grid_set(&g, p, 0);
        }
        grid_assert(&g, vol, "crop");
        gox_volume_free(vol);
        gox_volume_free(copy);
        grid_free(&g);
        grid_free(&want);
    }
}

static void colors_are_replaced(void **state)
{
    struct random r = {13};

    (void)state;
    for (int i = 0; i < 40; i++) {
        struct grid g;
        gox_volume *vol = random_scene(&r, &g);
        struct gox_bbox box = {{-20, -17, -16}, {15, 16, 33}};
        gox_rgba from = 0xff000002, to = i % 4 == 0 ? 0 : BLUE;
        int tolerance = i % 3;
        uint64_t want = 0, got;
        if (i % 5 == 0)
            box = gox_bbox_all();
        GRID_EACH(p, g.box)
        {
            gox_rgba c = grid_get(&g, p);
            if (c == 0 || !gox_bbox_contains(box, p) ||
                    gox_rgba_distance(c, from) > tolerance)
                continue;
            want++;
            grid_set(&g, p, to);
        }
        assert_int_equal(gox_edit_replace_color(
                                 vol, from, to, tolerance, box, &got, NULL),
                0);
        assert_int_equal(got, want);
        grid_assert(&g, vol, "replace");
        gox_volume_free(vol);
        grid_free(&g);
    }
}

/* Whatever fails, the volume stays valid, and without a limit it works. */
static int edit_number(int number, gox_volume *vol, const gox_volume *src)
{
    struct gox_symmetry s = {true, true, true, {1, 0, 5}};
    struct gox_modifier mod;
    gox_volume *copy = NULL;
    struct gox_bbox box = {{-7, -7, -7}, {17, 17, 17}};
    int rc;

    gox_modifier_init(&mod, GOX_MODE_REPLACE, RED);
    mod.symmetry = s;
    switch (number) {
    case 0:
        return gox_edit_paste(
                vol, src, gox_pos_make(3, 4, 5), &mod, NULL, NULL, NULL);
    case 1:
        return gox_edit_crop(vol, box, NULL);
    case 2:
        rc = gox_volume_copy_box(src, box, true, &copy);
        gox_volume_free(copy);
        return rc;
    case 3:
        return gox_edit_extrude(vol, gox_pos_make(19, 0, 0), GOX_FACE_RIGHT, 30,
                255, &s, NULL, NULL);
    case 4:
        return gox_edit_replace_color(vol, BLUE, RED, 0, box, NULL, NULL);
    default:
        return gox_edit_voxel(vol, gox_pos_make(100, 0, 0), &mod, NULL);
    }
}

static void out_of_memory(void **state)
{
    (void)state;
    for (int number = 0; number < 6; number++) {
        int rc = GOX_ERR_NOMEM;
        for (uint64_t n = 1; rc == GOX_ERR_NOMEM && n < 2000; n++) {
            struct random r = {9};
            struct grid g;
            gox_volume *vol = gox_volume_new(), *src = small_source(&r, &g);
            struct gox_bbox box = {{-20, -20, -20}, {20, 20, 20}};
            assert_int_equal(gox_volume_fill(vol, box, BLUE), 0);
            gox_alloc_fail_at(n, true);
            rc = edit_number(number, vol, src);
            gox_alloc_fail_at(0, false);
            assert_true(gox_volume_is_sane(vol));
            gox_volume_free(vol);
            gox_volume_free(src);
            grid_free(&g);
        }
        assert_int_equal(rc, 0);
    }
}

static void cancelling(void **state)
{
    gox_volume *vol = gox_volume_new();
    struct gox_bbox box = {{0, 0, 0}, {40, 40, 40}};
    struct gox_modifier mod;
    struct gox_task task;

    (void)state;
    assert_int_equal(gox_volume_fill(vol, box, BLUE), 0);
    gox_modifier_init(&mod, GOX_MODE_ADD, RED);
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(gox_edit_paste(vol, vol, gox_pos_make(1, 0, 0), &mod, NULL,
                             NULL, &task),
            GOX_ERR_CANCELLED);
    assert_int_equal(
            gox_edit_replace_color(vol, BLUE, RED, 0, box, NULL, &task),
            GOX_ERR_CANCELLED);
    assert_int_equal(gox_edit_extrude(vol, gox_pos_make(0, 0, 39), GOX_FACE_TOP,
                             3, 0, NULL, NULL, &task),
            GOX_ERR_CANCELLED);
    assert_int_equal(gox_volume_solid(vol), 64000);
    gox_volume_free(vol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(shapes_by_all_modes),
            cmocka_unit_test(large_subtract),
            cmocka_unit_test(far_mirror),
            cmocka_unit_test(single_voxels),
            cmocka_unit_test(a_clear_color_erases),
            cmocka_unit_test(pastes_by_all_modes),
            cmocka_unit_test(a_paste_over_the_edge_is_clipped),
            cmocka_unit_test(pasting_a_volume_onto_itself),
            cmocka_unit_test(copies_of_boxes),
            cmocka_unit_test(colors_are_replaced),
            cmocka_unit_test(out_of_memory),
            cmocka_unit_test(cancelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
