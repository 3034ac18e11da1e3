/* SPDX-License-Identifier: Apache-2.0
 * MagicaVoxel files: the scene with all its instances, what is written, and
 * damage. */
#include "format/format_test.h"
#include "format/vox_internal.h"

#include <string.h>

/* ---- building files ---- */

static size_t chunk_begin(struct gox_buf *b, const char *type)
{
    gox_buf_put(b, type, 4);
    gox_buf_put_u32le(b, 0);
    gox_buf_put_u32le(b, 0);
    return b->len;
}

static void chunk_end(struct gox_buf *b, size_t begin)
{
    gox_buf_set_u32le(b, begin - 8, (uint32_t)(b->len - begin));
}

static void file_begin(struct gox_buf *b)
{
    gox_buf_init(b, 0);
    gox_buf_put_str(b, "VOX ");
    gox_buf_put_u32le(b, 150);
    gox_buf_put_str(b, "MAIN");
    gox_buf_put_u32le(b, 0);
    gox_buf_put_u32le(b, 0);
}

static void file_end(struct gox_buf *b)
{
    assert_int_equal(gox_buf_error(b), 0);
    gox_buf_set_u32le(b, 16, (uint32_t)(b->len - 20));
}

static void put_model(struct gox_buf *b, int sx, int sy, int sz,
        const uint8_t *voxels, int count)
{
    size_t c = chunk_begin(b, "SIZE");
    gox_buf_put_i32le(b, sx);
    gox_buf_put_i32le(b, sy);
    gox_buf_put_i32le(b, sz);
    chunk_end(b, c);
    c = chunk_begin(b, "XYZI");
    gox_buf_put_i32le(b, count);
    gox_buf_put(b, voxels, 4 * (size_t)count);
    chunk_end(b, c);
}

static void put_text(struct gox_buf *b, const char *text)
{
    gox_buf_put_u32le(b, (uint32_t)strlen(text));
    gox_buf_put_str(b, text);
}

/* "key=value key=value", with "~" for a space in a value. */
static void put_dict(struct gox_buf *b, const char *pairs)
{
    char copy[200], *save = NULL;
    uint32_t n = 0;
    for (const char *p = pairs; *p != '\0'; p++)
        n += *p == '=';
    gox_buf_put_u32le(b, n);
    strcpy(copy, pairs);
    for (char *p = strtok_r(copy, " ", &save); p != NULL;
            p = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(p, '=');
        *equals = '\0';
        for (char *q = equals + 1; *q != '\0'; q++)
            *q = *q == '~' ? ' ' : *q;
        put_text(b, p);
        put_text(b, equals + 1);
    }
}

static void put_move(struct gox_buf *b, int id, int child, int layer,
        const char *attributes, const char *frame)
{
    size_t c = chunk_begin(b, "nTRN");
    gox_buf_put_i32le(b, id);
    put_dict(b, attributes);
    gox_buf_put_i32le(b, child);
    gox_buf_put_i32le(b, -1);
    gox_buf_put_i32le(b, layer);
    gox_buf_put_i32le(b, 1);
    put_dict(b, frame);
    chunk_end(b, c);
}

static void put_group(struct gox_buf *b, int id, const int *children, int n)
{
    size_t c = chunk_begin(b, "nGRP");
    gox_buf_put_i32le(b, id);
    put_dict(b, "");
    gox_buf_put_i32le(b, n);
    for (int i = 0; i < n; i++)
        gox_buf_put_i32le(b, children[i]);
    chunk_end(b, c);
}

static void put_shape(struct gox_buf *b, int id, int model)
{
    size_t c = chunk_begin(b, "nSHP");
    gox_buf_put_i32le(b, id);
    put_dict(b, "");
    gox_buf_put_i32le(b, 1);
    gox_buf_put_i32le(b, model);
    put_dict(b, "");
    chunk_end(b, c);
}

static void put_layer(struct gox_buf *b, int id, const char *attributes)
{
    size_t c = chunk_begin(b, "LAYR");
    gox_buf_put_i32le(b, id);
    put_dict(b, attributes);
    gox_buf_put_i32le(b, -1);
    chunk_end(b, c);
}

static void put_material(struct gox_buf *b, int id, const char *attributes)
{
    size_t c = chunk_begin(b, "MATL");
    gox_buf_put_i32le(b, id);
    put_dict(b, attributes);
    chunk_end(b, c);
}

static struct gox_image *read_file(struct gox_buf *b)
{
    file_end(b);
    struct gox_image *img = ft_read("vox", b->data, b->len);
    gox_buf_fini(b);
    return img;
}

static void expect_bad(struct gox_buf *b, int code, const char *text)
{
    file_end(b);
    ft_expect_error("vox", b->data, b->len, code, text);
    gox_buf_fini(b);
}

static gox_rgba at(
        const struct gox_image *img, size_t layer, int x, int y, int z)
{
    return gox_volume_get(img->layers[layer]->volume, gox_pos_make(x, y, z));
}

/* ---- reading ---- */

static void test_default_palette(void **state)
{
    (void)state;
    static const struct {
        int index;
        uint32_t rgb;
    } known[] = {{1, 0xffffff}, {2, 0xffffcc}, {7, 0xffccff}, {37, 0xccffff},
            {215, 0x000033}, {216, 0xee0000}, {225, 0x110000}, {226, 0x00ee00},
            {236, 0x0000ee}, {246, 0xeeeeee}, {255, 0x111111}};
    gox_rgba palette[256];
    gox__vox_default_palette(palette);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        gox_rgba c = palette[known[i].index];
        assert_int_equal(known[i].rgb,
                gox_rgba_r(c) << 16 | gox_rgba_g(c) << 8 | gox_rgba_b(c));
        assert_int_equal(gox_rgba_a(c), 255);
    }
}

static void test_models_without_a_scene_are_centred(void **state)
{
    (void)state;
    struct gox_buf b;
    file_begin(&b);
    put_model(&b, 4, 5, 6, (const uint8_t[]){0, 0, 0, 1, 3, 4, 5, 2}, 2);
    put_model(&b, 1, 1, 1, (const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 3}, 2);
    struct gox_image *img = read_file(&b);
    assert_int_equal(img->layer_count, 2);
    assert_int_equal(at(img, 0, -2, -2, -3), 0xffffffff);
    assert_int_equal(at(img, 0, 1, 2, 2), 0xffccffff);
    assert_int_equal(gox_volume_solid(img->layers[1]->volume), 1);
    assert_int_equal(at(img, 1, 0, 0, 0), 0xff99ffff);
    gox_image_free(img);
}

/* The cell rule: a cell that is turned stays where its middle goes. */
static void test_rotations_turn_cells(void **state)
{
    (void)state;
    /* x' = -y, y' = x, z' = -z: columns 1, 0; signs of rows 0 and 2. */
    const char *frame = "_t=10~20~30 _r=81";
    struct gox_buf b;
    file_begin(&b);
    put_model(&b, 3, 4, 5, (const uint8_t[]){0, 0, 0, 1, 2, 3, 4, 2}, 2);
    put_move(&b, 0, 1, 0, "", frame);
    put_shape(&b, 1, 0);
    struct gox_image *img = read_file(&b);
    /* (0,0,0) - pivot (1,2,2) = (-1,-2,-2); middle (-.5,-1.5,-1.5) goes to
     * (1.5,-.5,1.5), floor (1,-1,1). */
    assert_int_equal(at(img, 0, 11, 19, 31), 0xffffffff);
    /* (2,3,4) - pivot = (1,1,2); middle (1.5,1.5,2.5) to (-1.5,1.5,-2.5),
     * floor (-2,1,-3). */
    assert_int_equal(at(img, 0, 8, 21, 27), 0xffccffff);
    gox_image_free(img);
}

static void put_small_scene(struct gox_buf *b)
{
    file_begin(b);
    put_model(b, 1, 1, 1, (const uint8_t[]){0, 0, 0, 1}, 1);
    put_move(b, 0, 1, -1, "", "");
    put_group(b, 1, (const int[]){2, 4, 6}, 3);
    put_move(b, 2, 3, 0, "_name=one", "_t=5~0~0");
    put_shape(b, 3, 0);
    put_move(b, 4, 3, 1, "_hidden=1", "_t=-5~0~0");
    put_move(b, 6, 7, 2, "_name=nested", "_t=0~9~0");
    put_group(b, 7, (const int[]){8, 2}, 2);
    put_move(b, 8, 3, 2, "", "_t=0~0~7");
    put_layer(b, 1, "_name=Second");
    put_layer(b, 2, "_hidden=1");
}

static void test_every_instance_is_a_layer(void **state)
{
    (void)state;
    struct gox_buf b;
    put_small_scene(&b);
    struct gox_image *img = read_file(&b);
    assert_int_equal(img->layer_count, 4);
    assert_string_equal(img->layers[0]->name, "one");
    assert_int_equal(at(img, 0, 5, 0, 0), 0xffffffff);
    assert_true(img->layers[0]->is_visible);
    assert_string_equal(img->layers[1]->name, "Second");
    assert_int_equal(at(img, 1, -5, 0, 0), 0xffffffff);
    assert_false(img->layers[1]->is_visible);
    assert_string_equal(img->layers[2]->name, "nested");
    assert_int_equal(at(img, 2, 0, 9, 7), 0xffffffff);
    assert_false(img->layers[2]->is_visible);
    assert_string_equal(img->layers[3]->name, "one");
    assert_int_equal(at(img, 3, 5, 9, 0), 0xffffffff);
    gox_image_free(img);
}

static void test_materials_of_one_kind_reach_the_layer(void **state)
{
    (void)state;
    struct gox_buf b;
    file_begin(&b);
    put_model(&b, 2, 1, 1, (const uint8_t[]){0, 0, 0, 1, 1, 0, 0, 2}, 2);
    put_model(&b, 2, 1, 1, (const uint8_t[]){0, 0, 0, 1, 1, 0, 0, 3}, 2);
    for (int i = 1; i <= 2; i++)
        put_material(&b, i, "_type=_metal _metal=0.75 _rough=0.25");
    put_material(&b, 3, "");
    struct gox_image *img = read_file(&b);
    assert_int_equal(img->material_count, 1);
    assert_string_equal(img->materials[0].name, "metal");
    assert_true(img->materials[0].metallic == 0.75f);
    assert_true(img->materials[0].roughness == 0.25f);
    assert_int_equal(img->layers[0]->material, 0);
    assert_int_equal(img->layers[1]->material, -1);
    gox_image_free(img);
}

static void test_too_many_objects_are_merged(void **state)
{
    (void)state;
    enum { COUNT = 1500 };
    static int children[COUNT];
    struct gox_buf b;
    file_begin(&b);
    put_model(&b, 1, 1, 1, (const uint8_t[]){0, 0, 0, 1}, 1);
    put_move(&b, 0, 1, -1, "", "");
    for (int i = 0; i < COUNT; i++)
        children[i] = 10 + i;
    put_group(&b, 1, children, COUNT);
    put_shape(&b, 2, 0);
    for (int i = 0; i < COUNT; i++) {
        char frame[40];
        snprintf(frame, sizeof(frame), "_t=%d~0~0", i);
        put_move(&b, 10 + i, 2, 0, i % 3 == 0 ? "_hidden=1" : "", frame);
    }
    struct gox_image *img = read_file(&b);
    assert_int_equal(img->layer_count, 2);
    assert_int_equal(gox_volume_solid(img->layers[0]->volume), 1000);
    assert_int_equal(gox_volume_solid(img->layers[1]->volume), 500);
    assert_false(img->layers[1]->is_visible);
    gox_image_free(img);
}

/* ---- damage ---- */

static void test_bad_scenes(void **state)
{
    (void)state;
    struct gox_buf b;
    const uint8_t voxel[] = {0, 0, 0, 1};
    file_begin(&b);
    put_model(&b, 1, 1, 1, voxel, 1);
    put_move(&b, 0, 7, -1, "", "");
    expect_bad(&b, GOX_ERR_FORMAT, "node 0 has the child 7");
    file_begin(&b);
    put_model(&b, 1, 1, 1, voxel, 1);
    put_shape(&b, 0, 1);
    expect_bad(&b, GOX_ERR_FORMAT, "shows model 1, but there are 1");
    file_begin(&b);
    put_shape(&b, 0, 0);
    put_shape(&b, 0, 0);
    expect_bad(&b, GOX_ERR_FORMAT, "two nodes of the scene have the number 0");
    file_begin(&b);
    put_move(&b, 0, 1, -1, "", "");
    put_move(&b, 1, 0, -1, "", "");
    expect_bad(&b, GOX_ERR_FORMAT, "every node of the scene is the child");
    file_begin(&b);
    put_move(&b, 0, 1, -1, "", "");
    put_move(&b, 1, 2, -1, "", "");
    put_move(&b, 2, 1, -1, "", "");
    expect_bad(&b, GOX_ERR_FORMAT, "contains itself");
}

/* 2^40 instances from a few bytes. */
static void test_groups_that_explode(void **state)
{
    (void)state;
    for (int with_model = 0; with_model < 2; with_model++) {
        struct gox_buf b;
        file_begin(&b);
        put_model(&b, 1, 1, 1, (const uint8_t[]){0, 0, 0, 1}, 1);
        for (int i = 0; i < 40; i++)
            put_group(&b, i, (const int[]){i + 1, i + 1}, 2);
        if (with_model)
            put_shape(&b, 40, 0);
        else
            put_group(&b, 40, NULL, 0);
        expect_bad(&b, GOX_ERR_TOO_LARGE, "more than");
    }
}

static void test_bad_chunks(void **state)
{
    (void)state;
    struct gox_buf b;
    const uint8_t voxel[] = {0, 0, 0, 1};
    ft_expect_error("vox", "VOX", 3, GOX_ERR_FORMAT, "magic");
    ft_expect_error("vox", "VOX \0\0\0\0", 8, GOX_ERR_FORMAT, "version");
    file_begin(&b);
    size_t c = chunk_begin(&b, "XYZI");
    gox_buf_put_i32le(&b, 0);
    chunk_end(&b, c);
    expect_bad(&b, GOX_ERR_FORMAT, "the size of the model first");
    file_begin(&b);
    put_model(&b, 1, -1, 1, voxel, 1);
    expect_bad(&b, GOX_ERR_FORMAT, "byte 36: expected a side of 0 to 2048");
    file_begin(&b);
    put_model(&b, 1, 1, 1, voxel, 1);
    gox_buf_set_u32le(&b, 56, 1000);
    expect_bad(&b, GOX_ERR_FORMAT, "voxels is 1000, but 4 bytes follow");
    file_begin(&b);
    c = chunk_begin(&b, "SIZE");
    for (int i = 0; i < 3; i++)
        gox_buf_put_i32le(&b, 1);
    chunk_end(&b, c);
    expect_bad(&b, GOX_ERR_FORMAT, "expected the voxels of the last model");
    file_begin(&b);
    c = chunk_begin(&b, "RGBA");
    gox_buf_put_i32le(&b, 0);
    chunk_end(&b, c);
    expect_bad(&b, GOX_ERR_FORMAT, "needs 1024 bytes for the palette, 4");
}

static void test_bad_frames(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *text;
    } bad[] = {{"_r", "0", "two different axes"},
            {"_r", "7", "two different axes"}, {"_r", "", "0 to 127"},
            {"_r", "300", "0 to 127"}, {"_t", "1 2", "three integers"},
            {"_t", "1 2 99999999999", "three integers"},
            {"_t", "1 2 999999999", "three integers"},
            {"_t", "x", "found \"x\""}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct gox_buf b;
        file_begin(&b);
        size_t c = chunk_begin(&b, "nTRN");
        gox_buf_put_i32le(&b, 0);
        gox_buf_put_i32le(&b, 0);
        for (int k = 0; k < 3; k++)
            gox_buf_put_i32le(&b, 0);
        gox_buf_put_i32le(&b, 1);
        gox_buf_put_i32le(&b, 1);
        put_text(&b, bad[i].key);
        put_text(&b, bad[i].value);
        chunk_end(&b, c);
        expect_bad(&b, GOX_ERR_FORMAT, bad[i].text);
    }
}

static void test_abuse(void **state)
{
    (void)state;
    struct gox_buf b;
    put_small_scene(&b);
    file_end(&b);
    assert_int_equal(ft_truncate_all("vox", b.data, b.len, b.len), 0);
    ft_flip_all("vox", b.data, b.len);
    ft_fail_allocations_reading("vox", b.data, b.len);
    gox_buf_fini(&b);
}

/* ---- writing ---- */

static void test_layers_come_back(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    struct gox_layer *a = gox_image_add_layer(img, "a b");
    struct gox_layer *b = gox_image_add_layer(img, "hidden");
    ft_paint(a->volume, 1);
    ft_paint(b->volume, 7);
    b->is_visible = false;
    (void)gox_image_add_layer(img, "empty");
    struct gox_buf buf;
    struct gox_format_report report;
    ft_write(&buf, img, "vox", &report);
    assert_int_equal(report.models, 2);
    assert_string_equal(report.note, "");
    struct gox_image *back = ft_read("vox", buf.data, buf.len);
    assert_int_equal(back->layer_count, 2);
    assert_string_equal(back->layers[0]->name, "a b");
    assert_string_equal(back->layers[1]->name, "hidden");
    assert_false(back->layers[1]->is_visible);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gox_volume_solid(back->layers[i]->volume),
                gox_volume_solid(img->layers[i]->volume));
    struct gox_bbox x = gox_volume_bbox(a->volume),
                    y = gox_volume_bbox(back->layers[0]->volume);
    assert_memory_equal(&x, &y, sizeof(x));
    ft_fail_allocations_writing("vox", img);
    gox_buf_fini(&buf);
    gox_image_free(back);
    gox_image_free(img);
}

/* 600 voxels wide: three models, one layer again when it is read. */
static void test_large_layers_are_split(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    struct gox_layer *layer = gox_image_add_layer(img, "large");
    for (int i = 0; i < 600; i++) {
        struct gox_pos p = {i - 251, (i * 7) % 300 - 3, (i * 3) % 280 + 1000};
        assert_int_equal(gox_volume_set(layer->volume, p,
                                 gox_rgba_make((uint8_t)(i % 200), 7, 9, 255)),
                0);
    }
    struct gox_buf buf;
    struct gox_format_report report;
    ft_write(&buf, img, "vox", &report);
    assert_true(report.models > 3);
    assert_int_equal(report.colors, 200);
    struct gox_image *back = ft_read("vox", buf.data, buf.len);
    assert_int_equal(back->layer_count, 1);
    assert_string_equal(back->layers[0]->name, "large");
    ft_assert_same_voxels(img, back);
    gox_buf_fini(&buf);
    gox_image_free(back);
    gox_image_free(img);
}

/* A layer of exactly 256 voxels a side, at an odd place, is one model. */
static void test_the_largest_model(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    struct gox_layer *layer = gox_image_add_layer(img, "x");
    struct gox_pos corner = {-101, 33, 7};
    struct gox_pos far = {corner.x + 255, corner.y + 255, corner.z + 255};
    assert_int_equal(gox_volume_set(layer->volume, corner, 0xff112233), 0);
    assert_int_equal(gox_volume_set(layer->volume, far, 0xff332211), 0);
    struct gox_buf buf;
    struct gox_format_report report;
    ft_write(&buf, img, "vox", &report);
    assert_int_equal(report.models, 1);
    struct gox_image *back = ft_read("vox", buf.data, buf.len);
    ft_assert_same_voxels(img, back);
    gox_buf_fini(&buf);
    gox_image_free(back);
    gox_image_free(img);
}

static void test_more_than_255_colours_are_reduced(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    struct gox_layer *layer = gox_image_add_layer(img, "x");
    for (int i = 0; i < 4000; i++)
        assert_int_equal(
                gox_volume_set(layer->volume,
                        gox_pos_make(i % 20, i / 20 % 20, i / 400),
                        gox_rgba_make((uint8_t)i, (uint8_t)(i / 16), 5, 255)),
                0);
    struct gox_buf buf;
    struct gox_format_report report;
    ft_write(&buf, img, "vox", &report);
    assert_int_equal(report.colors_before, 4000);
    assert_true(report.colors > 200 && report.colors <= 255);
    assert_non_null(strstr(report.note, "4000 colours were reduced"));
    struct gox_image *back = ft_read("vox", buf.data, buf.len);
    assert_int_equal(gox_image_solid(back), 4000);
    for (int i = 0; i < 4000; i++) {
        struct gox_pos p = {i % 20, i / 20 % 20, i / 400};
        gox_rgba was = gox_volume_get(layer->volume, p);
        gox_rgba is = gox_volume_get(back->layers[0]->volume, p);
        assert_true(gox_rgba_distance(was, is) <= 32);
    }
    gox_buf_fini(&buf);
    gox_image_free(back);
    gox_image_free(img);
}

static void test_blend_modes_are_merged(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    struct gox_layer *a = gox_image_add_layer(img, "a");
    struct gox_layer *b = gox_image_add_layer(img, "b");
    struct gox_bbox box = {{0, 0, 0}, {8, 8, 8}};
    assert_int_equal(gox_volume_fill(a->volume, box, 0xff0000ff), 0);
    box.min.x = 4;
    assert_int_equal(gox_volume_fill(b->volume, box, 0xff00ff00), 0);
    b->blend = GOX_BLEND_SUB;
    struct gox_buf buf;
    struct gox_format_report report;
    ft_write(&buf, img, "vox", &report);
    assert_non_null(strstr(report.note, "merged"));
    struct gox_image *back = ft_read("vox", buf.data, buf.len);
    assert_int_equal(back->layer_count, 1);
    ft_assert_same_voxels(img, back);
    gox_buf_fini(&buf);
    gox_image_free(back);
    gox_image_free(img);
}

static void test_an_empty_image_is_a_valid_file(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    ft_write(&buf, img, "vox", NULL);
    struct gox_image *back = ft_read("vox", buf.data, buf.len);
    assert_int_equal(gox_image_solid(back), 0);
    gox_buf_fini(&buf);
    gox_image_free(back);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_default_palette),
            cmocka_unit_test(test_models_without_a_scene_are_centred),
            cmocka_unit_test(test_rotations_turn_cells),
            cmocka_unit_test(test_every_instance_is_a_layer),
            cmocka_unit_test(test_materials_of_one_kind_reach_the_layer),
            cmocka_unit_test(test_too_many_objects_are_merged),
            cmocka_unit_test(test_bad_scenes),
            cmocka_unit_test(test_groups_that_explode),
            cmocka_unit_test(test_bad_chunks),
            cmocka_unit_test(test_bad_frames),
            cmocka_unit_test(test_abuse),
            cmocka_unit_test(test_layers_come_back),
            cmocka_unit_test(test_large_layers_are_split),
            cmocka_unit_test(test_the_largest_model),
            cmocka_unit_test(test_more_than_255_colours_are_reduced),
            cmocka_unit_test(test_blend_modes_are_merged),
            cmocka_unit_test(test_an_empty_image_is_a_valid_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
