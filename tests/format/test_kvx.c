/* SPDX-License-Identifier: Apache-2.0
 * Build engine voxels: slabs, filling, the pivot, palette loss, limits. */
#include "format/formats_internal.h"
#include "reader_checks.h"

#define KVX    (&gox_format_kvx)
#define TOP    16
#define BOTTOM 32

/* One column of height 20 with the slabs given as {top, faces, n, colours...},
 * ended by 255; the palette maps i to grey i. */
static void put_column(struct gox_buf *buf, const uint8_t *slabs)
{
    gox_buf_init(buf, 0);
    struct gox_buf data;
    gox_buf_init(&data, 0);
    while (*slabs != 255) {
        const uint8_t head[3] = {slabs[0], slabs[2], slabs[1]};
        gox_buf_put(&data, head, 3);
        gox_buf_put(&data, slabs + 3, slabs[2]);
        slabs += 3 + slabs[2];
    }
    const uint32_t words[] = {(uint32_t)(36 + data.len), 1, 1, 20, 0, 0, 0, 12,
            (uint32_t)(12 + data.len)};
    for (int i = 0; i < 9; i++)
        gox_buf_put_u32le(buf, words[i]);
    gox_buf_put_u16le(buf, 0);
    gox_buf_put_u16le(buf, (uint16_t)data.len);
    gox_buf_put(buf, data.data, data.len);
    for (unsigned i = 0; i < 768; i++)
        gox_buf_put_byte(buf, (uint8_t)(i / 3 < 64 ? i / 3 : 63));
    gox_buf_fini(&data);
}

struct filling {
    uint8_t slabs[24];
    const char *want; /* a letter for each z down from the top; '.': empty */
};

/* What lies between a seen top and a seen bottom gets the lower slab's last
 * colour, as the editor does it. */
static void test_filling(void **state)
{
    (void)state;
    static const struct filling rows[] = {
            {{0, TOP, 2, 1, 2, 5, BOTTOM, 2, 3, 4, 255}, "ab"
                                                         "ddd"
                                                         "cd"},
            {{0, 0, 2, 1, 2, 5, 0, 2, 3, 4, 255}, "ab"
                                                  "..."
                                                  "cd"},
            {{0, TOP, 2, 1, 2, 5, TOP | BOTTOM, 2, 3, 4, 255}, "ab"
                                                               "..."
                                                               "cd"},
            {{0, TOP | BOTTOM, 2, 1, 2, 5, BOTTOM, 2, 3, 4, 255}, "ab"
                                                                  "ddd"
                                                                  "cd"},
            {{0, TOP, 1, 1, 4, TOP, 1, 2, 8, BOTTOM, 1, 3, 255}, "a...b"
                                                                 "ccc"
                                                                 "c"},
            {{0, TOP, 1, 1, 4, BOTTOM, 1, 2, 8, BOTTOM, 1, 3, 255}, "a"
                                                                    "bbb"
                                                                    "b"
                                                                    "ccc"
                                                                    "c"},
            {{8, TOP, 1, 1, 2, BOTTOM, 1, 2, 255}, "..b.....a"},
            {{0, BOTTOM, 1, 1, 4, BOTTOM, 1, 2, 255}, "a...b"},
            {{0, TOP, 0, 4, BOTTOM, 1, 2, 255}, "bbbbb"},
            {{2, TOP, 1, 1, 5, BOTTOM, 0, 255}, "..a"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_buf buf;
        put_column(&buf, rows[i].slabs);
        struct gox_image *img = read_ok(KVX, &buf, NULL);
        size_t n = strlen(rows[i].want);
        for (int z = 0; z < 20; z++) {
            char want = (size_t)z < n ? rows[i].want[z] : '.';
            long grey = want == '.' ? -1 : ((want - 'a' + 1) * 255 + 31) / 63;
            assert_int_equal(voxel_at(img, 0, 0, -1 - z),
                    grey < 0 ? -1 : grey * 0x010101);
        }
        gox_image_free(img);
        gox_buf_fini(&buf);
    }
}

static void test_pivot(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_column(&buf, (const uint8_t[]){1, TOP | BOTTOM, 1, 9, 255});
    gox_buf_set_u32le(&buf, 16, 256 * 3 + 200);
    gox_buf_set_u32le(&buf, 20, (uint32_t)-100);
    gox_buf_set_u32le(&buf, 24, 256 * 7);
    struct gox_image *img = read_ok(KVX, &buf, NULL);
    assert_int_equal(voxel_at(img, -3, 1, 5), 36 * 0x010101);
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_bad_files(void **state)
{
    (void)state;
    struct gox_buf buf;
    const uint8_t slabs[] = {18, TOP, 2, 1, 2, 255};
    static const struct {
        size_t at;
        uint32_t value;
        const char *part;
    } rows[] = {
            {0, 100000, "do not fit"},
            {0, 30, "needs"},
            {4, 1u << 31, "too long"},
            {12, 513, "too long"},
            {12, 19, "ends below the model of height 19"},
            {28, 0xfffffff0, "lies at"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put_column(&buf, slabs);
        gox_buf_set_u32le(&buf, rows[i].at, rows[i].value);
        assert_read_fails(KVX, &buf, GOX_ERR_FORMAT, rows[i].part);
        gox_buf_fini(&buf);
    }
    put_column(&buf, slabs);
    buf.data[38] = 4; /* the column ends inside its slab */
    assert_read_fails(KVX, &buf, GOX_ERR_FORMAT, "needs 2 bytes");
    buf.data[36] = 9; /* and before it begins */
    assert_read_fails(KVX, &buf, GOX_ERR_FORMAT, "lies at");
    gox_buf_fini(&buf);
}

/* All voxels come back, the inside too; colours when they are seen and exact.
 */
static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 8; seed++) {
        struct gox_image *img = make_image(seed);
        struct gox_buf buf;
        struct gox_format_report report;
        write_ok(KVX, img, NULL, &buf, &report);
        assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), KVX);
        struct gox_image *back = read_ok(KVX, &buf, NULL);
        assert_same_voxels(img, back, false);
        assert_int_equal(voxel_at(back, 0, 3, 0), voxel_at(img, 0, 3, 0));
        gox_image_free(back);
        gox_buf_fini(&buf);
        gox_image_free(img);
    }
}

static void test_solid_cube_keeps_only_its_surface(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_bbox cube = {{10, 20, -50}, {30, 40, -30}};
    assert_int_equal(gox_volume_fill(img->layers[0]->volume, cube,
                             gox_rgba_make(255, 0, 255, 255)),
            0);
    struct gox_buf buf;
    struct gox_format_report report;
    write_ok(KVX, img, NULL, &buf, &report);
    assert_int_equal(report.voxels, 8000 - 18 * 18 * 18);
    assert_non_null(strstr(report.note, "5832 voxels inside"));
    struct gox_image *back = read_ok(KVX, &buf, NULL);
    assert_same_voxels(img, back, true);
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_colors_are_reduced_and_told(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    for (int i = 0; i < 1024; i++)
        put_voxel(img->layers[0], i & 31, 0, i >> 5,
                (uint32_t)(i * 8191) & 0xffffff);
    struct gox_buf buf;
    struct gox_format_report report;
    write_ok(KVX, img, NULL, &buf, &report);
    assert_int_equal(report.colors_before, 1024);
    assert_in_range(report.colors, 128, 255);
    assert_non_null(strstr(report.note, "of 1024 colours were rounded"));
    struct gox_image *back = read_ok(KVX, &buf, NULL);
    assert_same_voxels(img, back, false);
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_limits(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    put_voxel(img->layers[0], 0, 0, 0, 1);
    put_voxel(img->layers[0], 255, 255, 254, 1);
    struct gox_buf buf;
    write_ok(KVX, img, NULL, &buf, NULL);
    struct gox_image *back = read_ok(KVX, &buf, NULL);
    assert_same_voxels(img, back, false);
    gox_image_free(back);
    gox_buf_fini(&buf);
    put_voxel(img->layers[0], 0, 0, 255, 1);
    assert_write_fails(KVX, img, GOX_ERR_TOO_LARGE, "256 x 256 x 256 voxels");
    gox_image_free(img);

    /* Every voxel of this slice is seen: 128 * 255 slabs of one voxel. */
    img = gox_image_new();
    for (int y = 0; y < 256; y++)
        for (int z = 0; z < 254; z += 2)
            put_voxel(img->layers[0], 3, y, z, 0xff);
    assert_write_fails(KVX, img, GOX_ERR_TOO_LARGE, "slice at x 3");
    gox_image_free(img);

    /* Far away: the box cannot reach the origin. */
    img = gox_image_new();
    put_voxel(img->layers[0], 5000, 0, 0, 0xff);
    struct gox_format_report report;
    write_ok(KVX, img, NULL, &buf, &report);
    assert_non_null(strstr(report.note, "moved"));
    back = read_ok(KVX, &buf, NULL);
    assert_int_equal(voxel_at(back, 0, 0, 0), 0xff);
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);

    img = gox_image_new();
    write_ok(KVX, img, NULL, &buf, NULL);
    back = read_ok(KVX, &buf, NULL);
    assert_int_equal(count_voxels(back), 0);
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct gox_image *img = make_image(4);
    struct gox_buf buf;
    write_ok(KVX, img, NULL, &buf, NULL);
    check_every_length(KVX, &buf, false);
    check_changed_bytes(KVX, &buf, 2000);
    check_read_without_memory(KVX, &buf, false);
    check_write_without_memory(KVX, img);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_filling),
            cmocka_unit_test(test_pivot),
            cmocka_unit_test(test_bad_files),
            cmocka_unit_test(test_round_trip),
            cmocka_unit_test(test_solid_cube_keeps_only_its_surface),
            cmocka_unit_test(test_colors_are_reduced_and_told),
            cmocka_unit_test(test_limits),
            cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
