/* SPDX-License-Identifier: Apache-2.0
 * The text format: order and content of what is written, what is read, and
 * errors that name the line. */
#include "format/format_test.h"

#include <string.h>

static void test_what_is_written(void **state)
{
    (void)state;
    static const struct {
        struct gox_pos pos;
        gox_rgba color;
    } voxels[] = {
            {{0, 0, 16}, 0xff030201},
            {{17, -1, 3}, 0xffefcdab},
            {{-1, 0, 0}, 0x7f000000}, /* 127: kept */
            {{-2, 0, 0}, 0x7e000000}, /* 126: dropped */
            {{1, 0, 0}, 0xffffffff},
            {{0, 1, 0}, 0xff0000ff},
            {{8388607, -8388608, -8388608}, 0xff00ff00},
    };
    struct gox_image *img = gox_image_new();
    for (size_t i = 0; i < sizeof(voxels) / sizeof(voxels[0]); i++)
        assert_int_equal(gox_volume_set(img->layers[0]->volume, voxels[i].pos,
                                 voxels[i].color),
                0);
    struct gox_buf buf;
    struct gox_format_report report;
    ft_write(&buf, img, "txt", &report);
    const char *text = gox_buf_text(&buf);
    assert_non_null(text);
    const char *first = strstr(text, "\n8388607");
    assert_non_null(first);
    assert_string_equal(first + 1,
            "8388607 -8388608 -8388608 00ff00\n17 -1 3 abcdef\n-1 0 0 000000\n"
            "1 0 0 ffffff\n0 1 0 ff0000\n0 0 16 010203\n");
    assert_int_equal(report.voxels, 6);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    for (int i = 0; i < 30000; i++)
        assert_int_equal(
                gox_volume_set(img->layers[0]->volume,
                        gox_pos_make(i * 37 % 700 - 300, i * 11 % 90, i % 50),
                        0xff000000u | (uint32_t)i * 77),
                0);
    struct gox_buf buf, again;
    ft_write(&buf, img, "txt", NULL);
    struct gox_image *back = ft_read("txt", buf.data, buf.len);
    ft_assert_same_voxels(img, back);
    ft_write(&again, back, "txt", NULL);
    assert_int_equal(buf.len, again.len);
    assert_memory_equal(buf.data, again.data, buf.len);
    gox_buf_fini(&buf);
    gox_buf_fini(&again);
    gox_image_free(back);
    gox_image_free(img);
}

static void test_what_is_read(void **state)
{
    (void)state;
    static const char text[] = "# a comment\r\n\r\n  \t\n1 2 3 AbCdEf\n"
                               "\t-4   5\t6 000000  \r\n  # another\n"
                               "1 2 3 010203";
    struct gox_image *img = ft_read("txt", text, strlen(text));
    const gox_volume *vol = img->layers[0]->volume;
    assert_int_equal(gox_volume_solid(vol), 2);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(1, 2, 3)), 0xff030201);
    assert_int_equal(gox_volume_get(vol, gox_pos_make(-4, 5, 6)), 0xff000000);
    gox_image_free(img);
    img = ft_read("txt", "# nothing\n", 10);
    assert_int_equal(gox_image_solid(img), 0);
    gox_image_free(img);
}

static void test_lines_that_are_wrong(void **state)
{
    (void)state;
    static const char *const bad[] = {"1 2", "1 2 3", "1 2 3 12345",
            "1 2 3 1234567", "1 2 3 12345g", "1 2 3 123456 7", "1.5 2 3 123456",
            "1 2 x 123456", "- 2 3 123456", "1 2 99999999999 123456",
            "1 2 3 #12345", "1,2,3,123456", "x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[100];
        int n = snprintf(
                text, sizeof(text), "# x\n0 0 0 ffffff\n\n%s\n", bad[i]);
        ft_expect_error("txt", text, (size_t)n, GOX_ERR_FORMAT, "line 4: ");
        ft_expect_error("txt", text, (size_t)n, GOX_ERR_FORMAT, bad[i]);
    }
}

static void test_voxels_outside_the_grid_are_counted(void **state)
{
    (void)state;
    static const char text[] = "1 2 3 ffffff\n8388608 0 0 ffffff\n"
                               "0 -8388609 0 ffffff\n0 0 2147483647 ffffff\n";
    struct gox_format_report report;
    struct gox_image *img = NULL;
    assert_int_equal(
            gox_format_read(&img, ft_format("txt"), (const uint8_t *)text,
                    strlen(text), NULL, NULL, &report, NULL, NULL),
            0);
    assert_int_equal(report.voxels, 1);
    assert_int_equal(report.clipped, 3);
    gox_image_free(img);
}

static void test_abuse(void **state)
{
    (void)state;
    static const char text[] = "# c\n1 2 3 ffffff\n-400 2 3 ffffff\n";
    ft_truncate_all("txt", text, strlen(text), strlen(text));
    ft_flip_all("txt", text, strlen(text));
    ft_fail_allocations_reading("txt", text, strlen(text));
    struct gox_image *img = ft_read("txt", text, strlen(text));
    ft_fail_allocations_writing("txt", img);
    gox_image_free(img);
}

/* More blocks than the reader holds as plain arrays, visited again and again:
 * nothing that was put away may be lost. */
static void test_more_blocks_than_fit_the_sink(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 5000; i++)
            gox_buf_printf(&buf, "%d %d %d 00%02x%02x\n", i * 16 + round,
                    -round, i % 7 * 40, i % 256, round);
    struct gox_image *img = ft_read("txt", buf.data, buf.len);
    assert_int_equal(gox_image_solid(img), 15000);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 5000; i++) {
            struct gox_pos p = {i * 16 + round, -round, i % 7 * 40};
            assert_int_equal(gox_volume_get(img->layers[0]->volume, p),
                    gox_rgba_make(0, (uint8_t)i, (uint8_t)round, 255));
        }
    gox_image_free(img);
    gox_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_what_is_written),
            cmocka_unit_test(test_there_and_back),
            cmocka_unit_test(test_what_is_read),
            cmocka_unit_test(test_lines_that_are_wrong),
            cmocka_unit_test(test_voxels_outside_the_grid_are_counted),
            cmocka_unit_test(test_abuse),
            cmocka_unit_test(test_more_blocks_than_fit_the_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
