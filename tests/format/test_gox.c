/* SPDX-License-Identifier: Apache-2.0
 * The .gox format: there and back, the quirks of old files, and abuse of a
 * whole one. */
#include "base/alloc.h"
#include "format/gox_file.h"

/* ---- there and back ---- */

static int open_picture(void *ctx, const char *path, struct gox_input *in,
        struct gox_error *err)
{
    const struct gox_buf *png = ctx;
    if (strcmp(path, "plane.png") != 0)
        return gox_error_set(err, GOX_ERR_NOT_FOUND, "no %s", path);
    in->data = gox_malloc(png->len);
    in->len = png->len;
    if (in->data == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    memcpy(in->data, png->data, png->len);
    return 0;
}

static struct gox_layer *add_layer(struct gox_image *img, const char *name)
{
    struct gox_layer *layer = gox_image_add_layer(img, name);
    assert_non_null(layer);
    return layer;
}

static void add_extras(struct gox_image *img)
{
    struct gox_material mat = {.name = "RED",
            .color = {1, 0.25f, 0, 0.5f},
            .metallic = 0.75f,
            .roughness = 0.125f,
            .emission = {0, 1, 2}};
    struct gox_camera cam = {
            .name = "Cam", .is_ortho = true, .distance = 77.5f};
    cam.mat = gox_mat4_identity();
    cam.mat.m[13] = -3;
    assert_int_equal(gox_image_add_material(img, &mat), 0);
    assert_int_equal(gox_image_add_camera(img, &cam), 0);
    cam.is_ortho = false;
    assert_int_equal(gox_image_add_camera(img, &cam), 0);
    img->active_camera = 1;
    img->light = (struct gox_light){.pitch = 0.5f,
            .yaw = -1,
            .intensity = 2,
            .ambient = 0.25f,
            .shadow = 0.5f,
            .is_fixed = true};
    img->has_light = true;
    img->has_box = true;
    img->box = (struct gox_bbox){{-16, -15, 0}, {17, 16, 33}};
}

static struct gox_image *full_image(void)
{
    struct gox_image *img = gox_image_new_empty();
    assert_non_null(img);
    struct gox_layer *base = add_layer(img, "Ärger \"1\"");
    ft_paint(base->volume, 1);
    base->opacity = 128;
    base->is_locked = true;
    base->blend = GOX_BLEND_INTERSECT;
    base->has_box = true;
    base->box = (struct gox_bbox){{-1, -2, -3}, {4, 5, 6}};
    struct gox_layer *hidden = add_layer(img, "");
    ft_paint(hidden->volume, 2);
    hidden->is_visible = false;
    struct gox_layer *clone = add_layer(img, "clone");
    clone->kind = GOX_LAYER_CLONE;
    clone->base_id = base->id;
    clone->mat.m[12] = 40;
    struct gox_layer *shape = add_layer(img, "shape");
    shape->kind = GOX_LAYER_SHAPE;
    shape->shape = GOX_LAYER_SHAPE_CYLINDER;
    shape->shape_color = RED;
    shape->mat.m[0] = 4;
    struct gox_layer *plane = add_layer(img, "plane");
    plane->kind = GOX_LAYER_IMAGE;
    plane->image_path = gox_strdup("plane.png");
    add_extras(img);
    base->material = 0;
    return img;
}

static void test_everything_comes_back(void **state)
{
    (void)state;
    struct gox_buf png, first, second;
    gox_buf_init(&png, 0);
    assert_int_equal(
            gox_png_write(&png, &(gox_rgba){RED}, 1, 1, 6, true, NULL), 0);
    struct gox_image *img = full_image();
    ft_write(&first, img, "gox", NULL);

    struct gox_format_options opts;
    gox_format_options_init(&opts);
    opts.open_aux = open_picture;
    opts.aux_ctx = &png;
    struct gox_image *back = NULL;
    struct gox_error err;
    int rc = gox_format_read(
            &back, NULL, first.data, first.len, NULL, &opts, NULL, NULL, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
    ft_assert_same(img, back);
    ft_write(&second, back, "gox", NULL);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.data, second.data, first.len);
    /* Without a way to open the picture it is an error. */
    ft_expect_error(
            "gox", first.data, first.len, GOX_ERR_UNSUPPORTED, "plane.png");
    /* A picture that is none is an error too. */
    gox_buf_reset(&png);
    gox_buf_put_str(&png, "not a picture");
    gox_image_free(back);
    assert_int_equal(gox_format_read(&back, NULL, first.data, first.len, NULL,
                             &opts, NULL, NULL, &err),
            GOX_ERR_FORMAT);
    assert_non_null(strstr(err.text, "plane.png"));
    gox_image_free(img);
    gox_buf_fini(&png);
    gox_buf_fini(&first);
    gox_buf_fini(&second);
}

static size_t count_chunks(const struct gox_buf *buf, const char *type)
{
    size_t n = 0;
    for (size_t pos = 8; pos + 8 <= buf->len;) {
        uint32_t len = 0;
        memcpy(&len, buf->data + pos + 4, 4);
        n += memcmp(buf->data + pos, type, 4) == 0;
        pos += 12 + len;
    }
    return n;
}

static void test_equal_blocks_are_stored_once(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    for (int i = 0; i < 3; i++) {
        struct gox_layer *layer = add_layer(img, "l");
        for (int k = 0; k < 4; k++)
            assert_int_equal(gox_volume_set(layer->volume,
                                     gox_pos_make(3 + 16 * k, 16 * i, 0), RED),
                    0);
    }
    struct gox_buf buf;
    ft_write(&buf, img, "gox", NULL);
    assert_int_equal(count_chunks(&buf, "BL16"), 1);
    struct gox_image *back = ft_read("gox", buf.data, buf.len);
    ft_assert_same(img, back);
    gox_image_free(back);
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_a_long_picture_path_is_refused(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new_empty();
    struct gox_layer *plane = add_layer(img, "plane");
    char path[300];
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    plane->kind = GOX_LAYER_IMAGE;
    plane->image_path = gox_strdup(path);
    struct gox_buf buf;
    struct gox_error err;
    gox_buf_init(&buf, 0);
    struct gox_output *out = gox_output_open_memory(&buf, &err);
    assert_int_equal(gox_format_write(img, ft_format("gox"), out, NULL, NULL,
                             NULL, &err),
            GOX_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "255 bytes"));
    gox_output_close(out);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

/* ---- what old and odd files hold ---- */

static void test_version_1_gives_centres(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 1);
    put_block(&f, &(gox_rgba){RED}, 1);
    size_t c = chunk_begin(&f, "LAYR");
    gox_buf_put_i32le(&f.buf, 1);
    put_entry(&f, 0, 8, 8, 8);
    chunk_end(&f, c);
    struct gox_image *img = read_file(&f);
    struct gox_bbox box = gox_volume_bbox(img->layers[0]->volume);
    assert_int_equal(box.min.x, 0);
    assert_int_equal(box.max.z, 16);
    assert_int_equal(img->layers[0]->id, 1);
    gox_image_free(img);
}

/* The second block erases where it is transparent, and is at no multiple of
 * 16. */
static void test_blocks_anywhere_overwrite(void **state)
{
    (void)state;
    struct file f;
    const gox_rgba stripes[2] = {BLUE, 0};
    file_init(&f, 2);
    put_block(&f, &(gox_rgba){RED}, 1);
    put_block(&f, stripes, 2);
    size_t c = chunk_begin(&f, "LAYR");
    gox_buf_put_i32le(&f.buf, 2);
    put_entry(&f, 0, 0, 0, 0);
    put_entry(&f, 1, 3, -5, 7);
    chunk_end(&f, c);
    struct gox_image *img = read_file(&f);
    const gox_volume *vol = img->layers[0]->volume;
    assert_int_equal(gox_volume_get(vol, gox_pos_make(2, 0, 8)), RED);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(3, 0, 8)), BLUE);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(4, 0, 8)), 0);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(5, 0, 6)), RED);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(3, -5, 7)), BLUE);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(17, -5, 22)), BLUE);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(19, 10, 22)), 0);
    uint64_t overlap = 13 * 11 * 9;
    assert_int_equal(gox_volume_solid(vol), 4096 - overlap + 2048);
    gox_image_free(img);
}

static void test_blocks_outside_the_grid_are_counted(void **state)
{
    (void)state;
    struct file f;
    struct gox_format_report report;
    struct gox_image *img = NULL;
    file_init(&f, 2);
    put_block(&f, &(gox_rgba){RED}, 1);
    size_t c = chunk_begin(&f, "LAYR");
    gox_buf_put_i32le(&f.buf, 4);
    put_entry(&f, 0, GOX_COORD_MAX - 16, 0, 0);
    put_entry(&f, 0, GOX_COORD_MAX - 15, 0, 0);
    put_entry(&f, 0, INT32_MIN, INT32_MAX, 0);
    put_entry(&f, 0, -GOX_COORD_MAX, 0, 0);
    chunk_end(&f, c);
    assert_int_equal(gox_format_read(&img, NULL, f.buf.data, f.buf.len, NULL,
                             NULL, &report, NULL, NULL),
            0);
    assert_int_equal(report.voxels, 2 * 4096);
    assert_int_equal(report.clipped, 2 * 4096);
    assert_non_null(strstr(report.note, "outside the grid"));
    gox_image_free(img);
    gox_buf_fini(&f.buf);
}

static void test_layers_without_ids_get_free_ones(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 2);
    put_plain_layer(&f, 0, 0, 0);
    put_plain_layer(&f, 0, 1, 0);
    put_plain_layer(&f, 0, -5, 0);
    struct gox_image *img = read_file(&f);
    assert_int_equal(img->layers[0]->id, 2);
    assert_int_equal(img->layers[1]->id, 1);
    assert_int_equal(img->layers[2]->id, 3);
    gox_image_free(img);
}

static void test_unknown_things_are_skipped(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 2);
    size_t c = chunk_begin(&f, "ZZZZ");
    gox_buf_put_str(&f.buf, "whatever");
    chunk_end(&f, c);
    c = chunk_begin(&f, "LAYR");
    gox_buf_put_i32le(&f.buf, 0);
    put_key(&f, "marker_color", "1234", 4);
    put_key(&f, "opacity", "1234", 4); /* another program's */
    put_key(&f, "shape", "dodecahedron", 12);
    put_key(&f, "name", "a\xff\n", 3);
    gox_buf_put_i32le(&f.buf, 0); /* the end, as before version 0.2 */
    chunk_end(&f, c);
    put_block(&f, &(gox_rgba){RED}, 1); /* nobody uses it */
    struct gox_image *img = read_file(&f);
    assert_int_equal(img->layer_count, 1);
    assert_int_equal(img->layers[0]->kind, GOX_LAYER_VOXELS);
    assert_int_equal(img->layers[0]->opacity, 255);
    assert_string_equal(img->layers[0]->name, "a??");
    gox_image_free(img);
}

static void test_nothing_but_a_header_is_an_empty_image(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, -7);
    struct gox_image *img = read_file(&f);
    assert_int_equal(img->layer_count, 1);
    assert_int_equal(gox_image_solid(img), 0);
    gox_image_free(img);
}

static void test_a_material_that_is_not_there_is_none(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 2);
    size_t c = chunk_begin(&f, "LAYR");
    gox_buf_put_i32le(&f.buf, 0);
    put_key_int(&f, "material", 3);
    chunk_end(&f, c);
    struct gox_image *img = read_file(&f);
    assert_int_equal(img->layers[0]->material, -1);
    gox_image_free(img);
}

/* ---- abuse ---- */

static void test_abuse(void **state)
{
    (void)state;
    struct gox_image *img = full_image();
    assert_int_equal(gox_image_delete_layer(img, 4), 0); /* its picture */
    struct gox_buf buf;
    ft_write(&buf, img, "gox", NULL);
    size_t chunks = 0;
    static const char *const types[] = {
            "IMG ", "BL16", "MATE", "LAYR", "CAMR", "LIGH"};
    for (size_t i = 0; i < 6; i++)
        chunks += count_chunks(&buf, types[i]);
    /* A file cut between two chunks is whole, but for a clone whose base is
     * gone; the base comes first here. */
    assert_int_equal(
            ft_truncate_all("gox", buf.data, buf.len, buf.len), chunks);
    ft_flip_all("gox", buf.data, buf.len);
    ft_fail_allocations_reading("gox", buf.data, buf.len);
    ft_fail_allocations_writing("gox", img);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_a_cancelled_task_stops(void **state)
{
    (void)state;
    struct gox_image *img = full_image(), *back = NULL;
    assert_int_equal(gox_image_delete_layer(img, 4), 0);
    struct gox_buf buf;
    ft_write(&buf, img, "gox", NULL);
    struct gox_task task;
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(gox_format_read(&back, NULL, buf.data, buf.len, NULL, NULL,
                             NULL, &task, NULL),
            GOX_ERR_CANCELLED);
    assert_null(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_everything_comes_back),
            cmocka_unit_test(test_equal_blocks_are_stored_once),
            cmocka_unit_test(test_a_long_picture_path_is_refused),
            cmocka_unit_test(test_version_1_gives_centres),
            cmocka_unit_test(test_blocks_anywhere_overwrite),
            cmocka_unit_test(test_blocks_outside_the_grid_are_counted),
            cmocka_unit_test(test_layers_without_ids_get_free_ones),
            cmocka_unit_test(test_unknown_things_are_skipped),
            cmocka_unit_test(test_nothing_but_a_header_is_an_empty_image),
            cmocka_unit_test(test_a_material_that_is_not_there_is_none),
            cmocka_unit_test(test_abuse),
            cmocka_unit_test(test_a_cancelled_task_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
