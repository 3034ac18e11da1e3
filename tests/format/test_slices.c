/* SPDX-License-Identifier: Apache-2.0
 * Pictures as models: upright images, and boxes of slices side by side. */
#include "base/alloc.h"
#include "format/formats_internal.h"
#include "format/png.h"
#include "reader_checks.h"

#define SLICES (&gox_format_slices)
#define IMAGE  (&gox_format_image)

/* A picture whose pixel (x, y) is 0xRRGGBB = x * 256 + y, but (0, 0) clear. */
static void put_picture(struct gox_buf *buf, int width, int height)
{
    gox_rgba *pixels = gox_calloc((size_t)(width * height), sizeof(*pixels));
    assert_non_null(pixels);
    for (int i = 1; i < width * height; i++)
        pixels[i] = gox_rgba_make(
                0, (uint8_t)(i % width), (uint8_t)(i / width), 255);
    gox_buf_init(buf, 0);
    assert_int_equal(
            gox_png_write(buf, pixels, width, height, 6, true, NULL), 0);
    gox_free(pixels);
}

static void test_image_stands_upright(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_picture(&buf, 7, 5);
    struct gox_image *img = read_ok(IMAGE, &buf, NULL);
    assert_int_equal(count_voxels(img), 34);
    assert_int_equal(voxel_at(img, 0, 0, 4), -1);
    assert_int_equal(voxel_at(img, 6, 0, 4), 0x000600);
    assert_int_equal(voxel_at(img, 3, 0, 0), 0x000304);
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_square_slices(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_picture(&buf, 12, 4);
    struct gox_image *img = read_ok(SLICES, &buf, NULL);
    assert_int_equal(count_voxels(img), 47);
    assert_int_equal(voxel_at(img, 1, 2, 0), 0x000102);
    assert_int_equal(voxel_at(img, 3, 0, 2), 0x000b00);
    assert_int_equal(img->box.max.z, 3);
    gox_image_free(img);
    gox_buf_fini(&buf);
    put_picture(&buf, 10, 4);
    assert_read_fails(SLICES, &buf, GOX_ERR_FORMAT, "how many slices");
    gox_buf_fini(&buf);
}

/* Plain pictures are images unless the name says otherwise; our own slices
 * are always known. */
static void test_detection(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_picture(&buf, 12, 4);
    assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), IMAGE);
    assert_ptr_equal(gox_format_detect(buf.data, buf.len, "a/b.png"), IMAGE);
    assert_ptr_equal(
            gox_format_detect(buf.data, buf.len, "a/b.slices.png"), SLICES);
    gox_buf_fini(&buf);
    assert_ptr_equal(gox_format_find_path("x.slices.png"), SLICES);
    struct gox_image *img = make_image(1);
    write_ok(SLICES, img, NULL, &buf, NULL);
    assert_ptr_equal(gox_format_detect(buf.data, buf.len, "b.png"), SLICES);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 4; seed++) {
        struct gox_image *img = make_image(seed);
        assert_int_equal(
                gox_volume_set(img->layers[0]->volume, gox_pos_make(2, 2, 9),
                        gox_rgba_make(1, 2, 3, 77)),
                0);
        if (seed % 2 == 1) {
            img->has_box = true;
            img->box = (struct gox_bbox){{-20, -10, -30}, {20, 11, 40}};
        }
        struct gox_buf buf;
        write_ok(SLICES, img, NULL, &buf, NULL);
        struct gox_image *back = read_ok(SLICES, &buf, NULL);
        assert_same_voxels(img, back, true);
        if (img->has_box)
            assert_memory_equal(&back->box, &img->box, sizeof(img->box));
        gox_image_free(back);
        gox_buf_fini(&buf);
        gox_image_free(img);
    }
}

static void test_box_clips_and_limits(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    put_voxel(img->layers[0], 0, 0, 0, 1);
    put_voxel(img->layers[0], 9, 0, 0, 2);
    img->has_box = true;
    img->box = (struct gox_bbox){{0, 0, 0}, {3, 4, 5}};
    struct gox_buf buf;
    struct gox_format_report report;
    write_ok(SLICES, img, NULL, &buf, &report);
    assert_int_equal(report.clipped, 1);
    assert_non_null(strstr(report.note, "image box"));
    struct gox_image *back = read_ok(SLICES, &buf, NULL);
    assert_int_equal(count_voxels(back), 1);
    gox_image_free(back);
    gox_buf_fini(&buf);
    img->box.max = gox_pos_make(1000, 1000, 1000);
    assert_write_fails(SLICES, img, GOX_ERR_TOO_LARGE, "1000 x 1000 x 1000");
    gox_image_free(img);
}

static void test_empty(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    write_ok(SLICES, img, NULL, &buf, NULL);
    struct gox_image *back = read_ok(SLICES, &buf, NULL);
    assert_int_equal(count_voxels(back), 0);
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_picture(&buf, 12, 4);
    check_every_length(IMAGE, &buf, true);
    check_changed_bytes(IMAGE, &buf, 1000);
    check_read_without_memory(IMAGE, &buf, true);
    /* 65536 x 65536 pixels. */
    memcpy(buf.data + 16, "\0\1\0\0\0\1\0\0", 8);
    assert_read_fails(IMAGE, &buf, GOX_ERR_TOO_LARGE, "65536 x 65536");
    gox_buf_fini(&buf);
    struct gox_image *img = make_image(1);
    write_ok(SLICES, img, NULL, &buf, NULL);
    check_every_length(SLICES, &buf, true);
    check_changed_bytes(SLICES, &buf, 1000);
    check_read_without_memory(SLICES, &buf, true);
    check_write_without_memory(SLICES, img);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_image_stands_upright),
            cmocka_unit_test(test_square_slices),
            cmocka_unit_test(test_detection),
            cmocka_unit_test(test_round_trip),
            cmocka_unit_test(test_box_clips_and_limits),
            cmocka_unit_test(test_empty),
            cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
