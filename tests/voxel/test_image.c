/* SPDX-License-Identifier: Apache-2.0
 * Layers, clones, shapes and the composite. Counts of shapes and of moved
 * clones are those measured with the editor (voxel format notes). */
#include "base/alloc.h"
#include "gox_test.h"
#include "random.h"
#include "voxel/image.h"

static const gox_rgba RED = 0xff0000ff;
static const gox_rgba BLUE = 0xffff0000;

static void set(struct gox_layer *layer, int x, int y, int z, gox_rgba c)
{
    assert_int_equal(
            gox_volume_set(layer->volume, gox_pos_make(x, y, z), c), 0);
}

static struct gox_layer *layer_at(struct gox_image *img, size_t i)
{
    assert_true(i < img->layer_count);
    return img->layers[i];
}

static gox_volume *composite(const struct gox_image *img)
{
    gox_volume *vol = NULL;
    struct gox_error err = {0};
    int rc = gox_image_composite(img, &vol, NULL, &err);

    if (rc != 0)
        fail_msg("%s", err.text);
    assert_true(gox_volume_is_sane(vol));
    return vol;
}

static uint64_t count_composite(const struct gox_image *img)
{
    gox_volume *vol = composite(img);
    uint64_t count = gox_volume_solid(vol);

    gox_volume_free(vol);
    return count;
}

static void test_names(void **state)
{
    struct gox_layer *layer = gox_layer_new(1, "a");
    char long_name[400];

    (void)state;
    assert_string_equal(layer->name, "a");
    memset(long_name, 'x', sizeof(long_name));
    gox_layer_set_name(layer, long_name, sizeof(long_name));
    assert_int_equal(strlen(layer->name), 255);
    memcpy(long_name + 253, "\xe2\x82\xac", 3); /* a euro sign, cut by 255 */
    gox_layer_set_name(layer, long_name, sizeof(long_name));
    assert_int_equal(strlen(layer->name), 253);
    gox_layer_set_name(layer, "ab\0cd", 5);
    assert_string_equal(layer->name, "ab");
    gox_layer_free(layer);
    gox_layer_free(NULL);
    for (int i = 0; i < GOX_BLEND_COUNT; i++) {
        const char *name = gox_blend_name((enum gox_blend)i);
        assert_int_equal(gox_blend_find(name, strlen(name)), i);
    }
    assert_int_equal(gox_blend_find("ove", 3), -1);
    assert_string_equal(gox_blend_name((enum gox_blend)99), "unknown");
}

static void test_layer_list(void **state)
{
    struct gox_image *img = gox_image_new();

    (void)state;
    assert_int_equal(img->layer_count, 1);
    assert_int_equal(layer_at(img, 0)->id, 1);
    assert_int_equal(gox_image_delete_layer(img, 0), GOX_ERR_RANGE);
    struct gox_layer *b = gox_image_add_layer(img, "b");
    struct gox_layer *c = gox_image_add_layer(img, "c");
    assert_ptr_equal(gox_image_active_layer(img), c);
    assert_int_equal(c->id, 3);
    assert_ptr_equal(gox_image_find_layer(img, 2), b);
    assert_null(gox_image_find_layer(img, 4));
    assert_ptr_equal(gox_image_find_layer_name(img, "bb", 1), b);
    assert_null(gox_image_find_layer_name(img, "bb", 2));
    assert_int_equal(gox_image_move_layer(img, 2, 0), 0);
    assert_int_equal(gox_image_layer_index(img, c), 0);
    assert_ptr_equal(gox_image_active_layer(img), c);
    assert_int_equal(gox_image_move_layer(img, 0, 3), GOX_ERR_RANGE);
    assert_int_equal(gox_image_put_layer(img, gox_layer_new(2, "twin"), 0),
            GOX_ERR_EXISTS);
    assert_int_equal(
            gox_image_put_layer(img, gox_layer_new(INT32_MAX, "big"), 0),
            GOX_ERR_RANGE);
    assert_int_equal(gox_image_put_layer(img, gox_layer_new(0, "low"), 0), 0);
    assert_ptr_equal(gox_image_active_layer(img), c);
    assert_true(gox_image_is_sane(img));
    assert_int_equal(gox_image_delete_layer(img, 1), 0); /* c, the active */
    assert_int_equal(img->active, 1);
    assert_int_equal(gox_image_delete_layer(img, 2), 0);
    assert_true(gox_image_is_sane(img));
    assert_int_equal(img->layer_count, 2);
    assert_int_equal(gox_image_layer_index(img, c), SIZE_MAX);
    gox_image_free(img);
    gox_image_free(NULL);
}

static void test_dup_is_independent(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_camera cam = {.name = "front"};
    struct gox_material mat = {.name = "wood"};

    (void)state;
    set(layer_at(img, 0), 1, 2, 3, RED);
    assert_int_equal(gox_image_add_camera(img, &cam), 0);
    assert_int_equal(img->active_camera, 1); /* still none */
    assert_int_equal(gox_image_add_material(img, &mat), 0);
    layer_at(img, 0)->image_path = gox_strdup("a.png");
    struct gox_image *copy = gox_image_dup(img);
    set(layer_at(img, 0), 1, 2, 3, BLUE);
    strcpy(img->cameras[0].name, "back");
    assert_int_equal(
            gox_volume_get(layer_at(copy, 0)->volume, gox_pos_make(1, 2, 3)),
            RED);
    assert_string_equal(copy->cameras[0].name, "front");
    assert_string_equal(layer_at(copy, 0)->image_path, "a.png");
    assert_int_equal(gox_image_add_camera(copy, &cam), 0);
    assert_non_null(gox_image_add_layer(copy, "more"));
    assert_true(gox_image_is_sane(copy) && gox_image_is_sane(img));
    assert_int_equal(gox_image_solid(copy), 1);
    gox_image_free(img);
    gox_image_free(copy);
}

static const struct {
    enum gox_blend mode;
    uint8_t bottom[4], top[4], want[4];
} blends[] = {
        {GOX_BLEND_OVER, {200, 0, 0, 128}, {0, 0, 200, 128}, {66, 0, 133, 191}},
        {GOX_BLEND_OVER, {1, 2, 3, 255}, {9, 9, 9, 255}, {9, 9, 9, 255}},
        {GOX_BLEND_OVER, {1, 2, 3, 255}, {9, 9, 9, 0}, {1, 2, 3, 255}},
        {GOX_BLEND_OVER, {0, 0, 0, 0}, {9, 8, 7, 10}, {9, 8, 7, 10}},
        {GOX_BLEND_SUB, {1, 2, 3, 200}, {9, 9, 9, 50}, {1, 2, 3, 150}},
        {GOX_BLEND_SUB, {1, 2, 3, 50}, {9, 9, 9, 50}, {0, 0, 0, 0}},
        {GOX_BLEND_SUB_CLAMP, {1, 2, 3, 200}, {9, 9, 9, 100}, {1, 2, 3, 155}},
        {GOX_BLEND_SUB_CLAMP, {1, 2, 3, 100}, {9, 9, 9, 100}, {1, 2, 3, 100}},
        {GOX_BLEND_PAINT, {0, 0, 100, 77}, {255, 0, 0, 255}, {255, 0, 0, 77}},
        {GOX_BLEND_PAINT, {0, 0, 0, 0}, {255, 0, 0, 255}, {0, 0, 0, 0}},
        {GOX_BLEND_MAX, {1, 2, 3, 100}, {9, 9, 9, 90}, {1, 2, 3, 100}},
        {GOX_BLEND_MAX, {1, 2, 3, 100}, {9, 9, 9, 110}, {9, 9, 9, 110}},
        {GOX_BLEND_INTERSECT, {1, 2, 3, 100}, {9, 9, 9, 90}, {1, 2, 3, 90}},
        {GOX_BLEND_INTERSECT, {1, 2, 3, 100}, {0, 0, 0, 0}, {0, 0, 0, 0}},
        {GOX_BLEND_INTERSECT_FILL, {1, 2, 3, 100}, {9, 9, 9, 255},
                {9, 9, 9, 100}},
        {GOX_BLEND_MULT_ALPHA, {1, 2, 3, 128}, {9, 9, 9, 128}, {1, 2, 3, 64}},
        {GOX_BLEND_REPLACE, {1, 2, 3, 255}, {9, 9, 9, 10}, {9, 9, 9, 10}},
        {GOX_BLEND_REPLACE, {1, 2, 3, 255}, {0, 0, 0, 0}, {1, 2, 3, 255}},
};

static void test_blend(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(blends) / sizeof(blends[0]); i++) {
        gox_rgba got = gox_blend_rgba(blends[i].mode,
                gox_rgba_load(blends[i].bottom), gox_rgba_load(blends[i].top));
        if (got != gox_rgba_load(blends[i].want))
            fail_msg("row %zu: %08x", i, got);
    }
}

/* Every mode and opacity on random layers, block by block, must give what the
 * rule for one voxel gives. */
static void test_composite_like_blend(void **state)
{
    static const uint8_t alphas[] = {0, 1, 100, 254, 255};
    static const uint8_t opacities[] = {255, 128, 1, 0};
    struct random r = {31};

    (void)state;
    for (int round = 0; round < GOX_BLEND_COUNT * 4; round++) {
        struct gox_image *img = gox_image_new();
        struct gox_layer *low = layer_at(img, 0);
        struct gox_layer *high = gox_image_add_layer(img, "high");
        high->blend = (enum gox_blend)(round % GOX_BLEND_COUNT);
        high->opacity = opacities[round / GOX_BLEND_COUNT];
        for (int i = 0; i < 4000; i++) {
            struct gox_layer *to = i % 2 ? low : high;
            set(to, (int)random_below(&r, 40), (int)random_below(&r, 20),
                    (int)random_below(&r, 10),
                    gox_rgba_make((uint8_t)random_next(&r),
                            (uint8_t)random_next(&r), 3,
                            alphas[random_below(&r, 5)]));
        }
        struct gox_bbox solid = {{16, 0, 0}, {48, 16, 16}};
        assert_int_equal(gox_volume_fill(high->volume, solid, BLUE), 0);
        gox_volume *sum = composite(img);
        for (int i = 0; i < 64 * 32 * 16; i++) {
            struct gox_pos p = {i % 64, i / 64 % 32, i / 2048};
            gox_rgba top = gox_volume_get(high->volume, p);
            unsigned alpha = gox_rgba_a(top) * high->opacity / 255U;
            top = alpha == 0 ? 0 : (top & 0xffffff) | alpha << 24;
            gox_rgba want = gox_blend_rgba(
                    high->blend, gox_volume_get(low->volume, p), top);
            assert_int_equal(gox_volume_get(sum, p), want);
        }
        gox_volume_free(sum);
        gox_image_free(img);
    }
}

static void test_composite_shares_blocks(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_pos origin = {0, 0, 0};
    struct gox_layer *low = layer_at(img, 0);

    (void)state;
    set(low, 0, 0, 0, RED);
    gox_volume *sum = composite(img);
    assert_ptr_equal(gox_volume_peek_block(sum, origin),
            gox_volume_peek_block(low->volume, origin));
    gox_volume_free(sum);
    struct gox_layer *high = gox_image_add_layer(img, "far");
    set(high, 100, 0, 0, BLUE);
    sum = composite(img);
    assert_ptr_equal(gox_volume_peek_block(sum, origin),
            gox_volume_peek_block(low->volume, origin));
    assert_int_equal(gox_volume_solid(sum), 2);
    gox_volume_free(sum);
    low->is_visible = false;
    assert_int_equal(count_composite(img), 1);
    gox_image_free(img);
}

/* shape, half-extents or box, voxels */
static const struct {
    enum gox_layer_shape shape;
    struct gox_bbox box;
    uint64_t voxels;
} shapes[] = {
        {GOX_LAYER_SHAPE_SPHERE, {{-4, -4, -4}, {4, 4, 4}}, 280},
        {GOX_LAYER_SHAPE_CUBE, {{-4, -4, -4}, {4, 4, 4}}, 512},
        {GOX_LAYER_SHAPE_CYLINDER, {{-4, -4, -4}, {4, 4, 4}}, 416},
        {GOX_LAYER_SHAPE_SPHERE, {{100, -50, 3}, {113, -42, 6}}, 180},
        {GOX_LAYER_SHAPE_CUBE, {{0, 0, 0}, {0, 0, 0}}, 0},
};

static void test_shapes(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_layer *layer = layer_at(img, 0);

    (void)state;
    layer->kind = GOX_LAYER_SHAPE;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        layer->shape = shapes[i].shape;
        layer->shape_color = RED;
        layer->mat = gox_mat4_from_bbox(shapes[i].box);
        assert_int_equal(count_composite(img), shapes[i].voxels);
        layer->shape_color = 0x0000ff;
        assert_int_equal(count_composite(img), 0);
    }
    layer->shape_color = RED;
    layer->mat = gox_mat4_from_bbox((struct gox_bbox){{0, 0, 0}, {10, 10, 10}});
    img->has_box = true; /* shapes are clipped by the image box */
    img->box = (struct gox_bbox){{5, 0, 0}, {20, 20, 2}};
    assert_int_equal(count_composite(img), 5 * 10 * 2);
    img->has_box = false;
    layer->mat =
            gox_mat4_from_bbox((struct gox_bbox){{0, 0, 0}, {10, 10, 100000}});
    gox_volume *vol;
    struct gox_error err = {0};
    assert_int_equal(
            gox_image_composite(img, &vol, NULL, &err), GOX_ERR_TOO_LARGE);
    assert_null(vol);
    assert_true(strlen(err.text) > 20);
    gox_image_free(img);
}

static struct gox_layer *add_clone(struct gox_image *img, int base_id)
{
    struct gox_layer *clone = gox_image_add_layer(img, "clone");

    clone->kind = GOX_LAYER_CLONE;
    clone->base_id = base_id;
    return clone;
}

static struct gox_mat4 moved(float x, float y, float z)
{
    struct gox_mat4 m = gox_mat4_identity();

    m.m[12] = x;
    m.m[13] = y;
    m.m[14] = z;
    return m;
}

static void test_clones(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_layer *base = layer_at(img, 0);
    gox_volume *vol;

    (void)state;
    for (int x = 0; x < 4; x++)
        set(base, x, 0, 0, RED + (gox_rgba)x);
    base->is_visible = false; /* a hidden base shows in its clone */
    struct gox_layer *clone = add_clone(img, base->id);
    clone->mat = moved(32, -16, 160);
    vol = composite(img);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(35, -16, 160)), RED + 3);
    assert_ptr_equal(gox_volume_peek_block(vol, gox_pos_make(2, -1, 10)),
            gox_volume_peek_block(base->volume, gox_pos_make(0, 0, 0)));
    gox_volume_free(vol);

    clone->mat = moved(5, -7, 9);
    struct gox_layer *second = add_clone(img, clone->id);
    second->mat = moved(100, 0, 0);
    vol = composite(img);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(7, -7, 9)), RED + 2);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(107, -7, 9)), RED + 2);
    assert_int_equal(gox_volume_solid(vol), 8);
    gox_volume_free(vol);

    second->is_visible = false;
    /* A quarter turn about z: (x, y) to (-y, x). */
    clone->mat = gox_mat4_identity();
    clone->mat.m[0] = 0;
    clone->mat.m[1] = 1;
    clone->mat.m[4] = -1;
    clone->mat.m[5] = 0;
    vol = composite(img);
    for (int x = 0; x < 4; x++)
        assert_int_equal(
                gox_volume_get(vol, gox_pos_make(0, x, 0)), RED + (gox_rgba)x);
    gox_volume_free(vol);

    clone->mat = gox_mat4_identity();
    clone->mat.m[0] = clone->mat.m[5] = clone->mat.m[10] = 2;
    assert_int_equal(count_composite(img), 7);
    clone->mat.m[0] = 0; /* flat: nothing is left */
    assert_int_equal(count_composite(img), 0);
    gox_image_free(img);
}

/* Far apart voxels and a turn: the cost must follow blocks, not distance. */
static void test_clone_of_far_voxels(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_layer *base = layer_at(img, 0);
    const int far = GOX_COORD_MAX - 1;

    (void)state;
    set(base, far, far, far, RED);
    set(base, -far, -far, -far, RED);
    struct gox_layer *clone = add_clone(img, base->id);
    base->is_visible = false;
    clone->mat.m[0] = clone->mat.m[5] = -1;
    gox_volume *vol = composite(img);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(-far, -far, far)), RED);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(far, far, -far)), RED);
    gox_volume_free(vol);
    clone->mat = moved(1e9F, 0, 0);
    assert_int_equal(count_composite(img), 0);
    gox_image_free(img);
}

static void test_bad_clones(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_error err = {0};
    gox_volume *vol = NULL;

    (void)state;
    struct gox_layer *a = add_clone(img, 3);
    struct gox_layer *b = add_clone(img, a->id);
    assert_int_equal(b->id, 3);
    assert_int_equal(
            gox_image_evaluate_layer(img, a, &vol, NULL, &err), GOX_ERR_FORMAT);
    assert_null(vol);
    assert_non_null(strstr(err.text, "clone"));
    assert_int_equal(
            gox_image_composite(img, &vol, NULL, &err), GOX_ERR_FORMAT);
    assert_null(vol);
    a->base_id = 999; /* not there: shows nothing */
    assert_int_equal(count_composite(img), 0);
    gox_image_free(img);
}

static void test_delete_base_of_clone(void **state)
{
    struct gox_image *img = gox_image_new();

    (void)state;
    set(layer_at(img, 0), 0, 0, 0, RED);
    struct gox_layer *clone = add_clone(img, 1);
    clone->mat = moved(3, 0, 0);
    assert_int_equal(gox_image_delete_layer(img, 0), 0);
    assert_int_equal(clone->kind, GOX_LAYER_VOXELS);
    assert_int_equal(gox_volume_get(clone->volume, gox_pos_make(3, 0, 0)), RED);
    assert_int_equal(count_composite(img), 1);
    gox_image_free(img);
}

static void test_merge(void **state)
{
    struct gox_image *img = gox_image_new();
    struct gox_error err = {0};

    (void)state;
    set(layer_at(img, 0), 0, 0, 0, RED);
    set(layer_at(img, 0), 1, 0, 0, RED);
    struct gox_layer *cut = gox_image_add_layer(img, "cut");
    set(cut, 1, 0, 0, BLUE);
    cut->blend = GOX_BLEND_SUB;
    struct gox_layer *clone = add_clone(img, cut->id);
    clone->mat = moved(0, 9, 0);
    assert_int_equal(gox_image_merge_layers(img, 1, 1, &err), GOX_ERR_RANGE);
    assert_int_equal(gox_image_merge_layers(img, 1, 7, &err), GOX_ERR_RANGE);
    assert_int_equal(gox_image_merge_layers(img, 1, 0, &err), 0);
    assert_int_equal(img->layer_count, 2);
    assert_int_equal(gox_volume_solid(layer_at(img, 0)->volume), 1);
    assert_int_equal(clone->kind, GOX_LAYER_VOXELS);
    assert_int_equal(
            gox_volume_get(clone->volume, gox_pos_make(1, 9, 0)), BLUE);
    clone->kind = GOX_LAYER_IMAGE;
    assert_int_equal(
            gox_image_merge_layers(img, 1, 0, &err), GOX_ERR_UNSUPPORTED);
    assert_true(gox_image_is_sane(img));
    gox_image_free(img);
}

static struct gox_image *make_scene(void)
{
    struct gox_image *img = gox_image_new();
    struct gox_bbox box = {{-3, -3, -3}, {14, 14, 14}};

    assert_int_equal(gox_volume_fill(layer_at(img, 0)->volume, box, RED), 0);
    struct gox_layer *high = gox_image_add_layer(img, "high");
    set(high, 1, 1, 1, 0x80ff0000);
    high->opacity = 99;
    struct gox_layer *clone = add_clone(img, 1);
    clone->mat = moved(3, 2, 1);
    clone->blend = GOX_BLEND_INTERSECT;
    struct gox_layer *shape = gox_image_add_layer(img, "shape");
    shape->kind = GOX_LAYER_SHAPE;
    shape->shape_color = BLUE;
    shape->mat = gox_mat4_from_bbox(box);
    return img;
}

static void test_out_of_memory(void **state)
{
    struct gox_image *img = make_scene();
    uint64_t want = count_composite(img);
    bool is_done = false;

    (void)state;
    for (uint64_t n = 1; !is_done; n++) {
        struct gox_image *copy = NULL;
        gox_volume *vol = NULL;
        gox_alloc_fail_at(n, false);
        copy = gox_image_dup(img);
        int rc = gox_image_composite(img, &vol, NULL, NULL);
        struct gox_image *fresh = gox_image_new();
        int merged = copy == NULL ? GOX_ERR_NOMEM
                                  : gox_image_merge_layers(copy, 2, 0, NULL);
        is_done = gox_alloc_count() < n;
        gox_alloc_fail_at(0, false);
        assert_true(rc == 0 || rc == GOX_ERR_NOMEM);
        if (rc == 0)
            assert_int_equal(gox_volume_solid(vol), want);
        assert_true(merged == 0 || merged == GOX_ERR_NOMEM);
        assert_true(copy == NULL || gox_image_is_sane(copy));
        gox_volume_free(vol);
        gox_image_free(fresh);
        gox_image_free(copy);
    }
    assert_int_equal(count_composite(img), want);
    gox_image_free(img);
}

static void test_cancel(void **state)
{
    struct gox_image *img = make_scene();
    struct gox_task task;
    struct gox_error err = {0};
    gox_volume *vol;

    (void)state;
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(
            gox_image_composite(img, &vol, &task, &err), GOX_ERR_CANCELLED);
    assert_null(vol);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_names),
            cmocka_unit_test(test_layer_list),
            cmocka_unit_test(test_dup_is_independent),
            cmocka_unit_test(test_blend),
            cmocka_unit_test(test_composite_like_blend),
            cmocka_unit_test(test_composite_shares_blocks),
            cmocka_unit_test(test_shapes),
            cmocka_unit_test(test_clones),
            cmocka_unit_test(test_clone_of_far_voxels),
            cmocka_unit_test(test_bad_clones),
            cmocka_unit_test(test_delete_base_of_clone),
            cmocka_unit_test(test_merge),
            cmocka_unit_test(test_out_of_memory),
            cmocka_unit_test(test_cancel),
    };

    return cmocka_run_group_tests_name("voxel_image", tests, NULL, NULL);
}
