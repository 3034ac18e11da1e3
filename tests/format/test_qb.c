/* SPDX-License-Identifier: Apache-2.0
 * Qubicle binary: axes, colour orders, runs, layers, and bad input. */
#include "format/formats_internal.h"
#include "reader_checks.h"

#define QB (&gox_format_qb)

struct head {
    uint32_t is_bgra, is_right, is_rle, count;
};

static void put_head(struct gox_buf *buf, struct head h)
{
    gox_buf_init(buf, 0);
    const uint32_t words[] = {257, h.is_bgra, h.is_right, h.is_rle, 0, h.count};
    for (int i = 0; i < 6; i++)
        gox_buf_put_u32le(buf, words[i]);
}

static void put_matrix(struct gox_buf *buf, const char *name,
        const uint32_t size[3], const int32_t pos[3])
{
    gox_buf_put_byte(buf, (uint8_t)strlen(name));
    gox_buf_put_str(buf, name);
    for (int i = 0; i < 3; i++)
        gox_buf_put_u32le(buf, size[i]);
    for (int i = 0; i < 3; i++)
        gox_buf_put_i32le(buf, pos[i]);
}

/* 2 x 1 x 3 at 10 20 30: a voxel at (0, 0, 0) and at (1, 0, 2). */
static void put_sample(struct gox_buf *buf, struct head h)
{
    put_head(buf, h);
    put_matrix(buf, "box", (uint32_t[]){2, 1, 3}, (int32_t[]){10, 20, 30});
    const uint32_t first = 0xff332211, second = 0x01665544;
    const uint32_t plain[] = {first, 0, 0, 0, 0, second};
    const uint32_t runs[] = {first, 6, 2, 2, 0, 6, 0, second, 6};
    size_t n = h.is_rle ? 9 : 6;
    for (size_t i = 0; i < n; i++)
        gox_buf_put_u32le(buf, h.is_rle ? runs[i] : plain[i]);
}

static void test_axes_and_colors(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        struct gox_buf buf;
        struct head h = {i & 1, i >> 1 & 1, i >> 2, 1};
        put_sample(&buf, h);
        struct gox_image *img = read_ok(QB, &buf, NULL);
        int sign = h.is_right ? 1 : -1;
        assert_int_equal(count_voxels(img), 2);
        assert_int_equal(voxel_at(img, 10, sign * 30, 20),
                h.is_bgra ? 0x332211 : 0x112233);
        assert_int_equal(voxel_at(img, 11, sign * 32, 20),
                h.is_bgra ? 0x665544 : 0x445566);
        assert_string_equal(img->layers[0]->name, "box");
        assert_true(img->layers[0]->has_box);
        assert_int_equal(img->layers[0]->box.min.y, h.is_right ? 30 : -32);
        assert_int_equal(img->layers[0]->box.max.x, 12);
        gox_image_free(img);
        gox_buf_fini(&buf);
    }
}

static void test_one_matrix_too_many_announced(void **state)
{
    (void)state;
    struct gox_buf buf;
    struct gox_format_report report;
    put_sample(&buf, (struct head){0, 1, 0, 2});
    struct gox_image *img = read_ok(QB, &buf, &report);
    assert_int_equal(report.models, 1);
    assert_non_null(strstr(report.note, "announces 2 matrices and holds 1"));
    gox_image_free(img);
    gox_buf_fini(&buf);
    put_sample(&buf, (struct head){0, 1, 0, 3});
    assert_read_fails(QB, &buf, GOX_ERR_FORMAT, "needs 1 bytes for the length");
    gox_buf_fini(&buf);
}

struct bad {
    uint32_t size[3];
    int32_t pos[3];
    bool is_rle;
    uint32_t words[4];
    size_t count;
    int code;
    const char *part;
};

static void test_bad_matrices(void **state)
{
    (void)state;
    static const struct bad rows[] = {
            {{2, 2, 2}, {0}, false, {0}, 4, GOX_ERR_FORMAT, "2 x 2 x 2"},
            {{~0u, ~0u, ~0u}, {0}, false, {0}, 0, GOX_ERR_FORMAT, "grid"},
            {{1, 1, 1}, {INT32_MAX, 0, 0}, false, {0}, 1, GOX_ERR_FORMAT,
                    "leaves the grid"},
            {{1, 1, 1}, {0, 0, INT32_MIN}, false, {0}, 1, GOX_ERR_FORMAT,
                    "leaves the grid"},
            {{2, 2, 1}, {0}, true, {2, 5, 0xffffffff, 6}, 4, GOX_ERR_FORMAT,
                    "ends outside the slice"},
            {{1, 1, 1}, {0}, true, {0, 0}, 2, GOX_ERR_FORMAT, "outside"},
            {{1, 1, 9000}, {0}, true, {6, 6}, 2, GOX_ERR_FORMAT, "slices"},
            {{1u << 15, 1u << 15, 1}, {0}, true, {2, 1u << 30, ~0u, 6}, 4,
                    GOX_ERR_TOO_LARGE, "limit"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_buf buf;
        put_head(&buf, (struct head){0, 0, rows[i].is_rle, 1});
        put_matrix(&buf, "m", rows[i].size, rows[i].pos);
        for (size_t k = 0; k < rows[i].count; k++)
            gox_buf_put_u32le(&buf, rows[i].words[k]);
        assert_read_fails(QB, &buf, rows[i].code, rows[i].part);
        gox_buf_fini(&buf);
    }
}

static void test_bad_flags(void **state)
{
    (void)state;
    for (size_t i = 4; i < 20; i += 4) {
        struct gox_buf buf;
        put_sample(&buf, (struct head){0, 1, 1, 1});
        gox_buf_set_u32le(&buf, i, 7);
        assert_read_fails(QB, &buf, GOX_ERR_FORMAT, "must be 0 or 1, it is 7");
        gox_buf_fini(&buf);
    }
}

/* Layers keep their names, their bounds, their order. */
static void test_round_trip(void **state)
{
    (void)state;
    struct gox_image *img = make_image(1);
    struct gox_layer *top = gox_image_add_layer(img, "Top \xc3\xa9");
    put_voxel(top, 0, 0, 0, 0x010203);
    top->has_box = true;
    top->box = (struct gox_bbox){{-4, -5, -6}, {4, 5, 6}};
    assert_non_null(gox_image_add_layer(img, "Empty"));
    struct gox_buf buf;
    struct gox_format_report report;
    write_ok(QB, img, NULL, &buf, &report);
    assert_int_equal(report.models, 2);
    assert_int_equal(buf.data[20], 2);
    struct gox_image *back = read_ok(QB, &buf, NULL);
    assert_int_equal(back->layer_count, 2);
    assert_string_equal(back->layers[1]->name, "Top \xc3\xa9");
    assert_memory_equal(
            &back->layers[1]->box, &top->box, sizeof(struct gox_bbox));
    assert_same_voxels(img, back, true);
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_hidden_layers(void **state)
{
    (void)state;
    struct gox_image *img = make_image(2);
    struct gox_layer *hidden = gox_image_add_layer(img, "Hidden");
    put_voxel(hidden, 100, 0, 0, 0x010203);
    hidden->is_visible = false;
    struct gox_format_options opts;
    gox_format_options_init(&opts);
    for (int keep = 0; keep < 2; keep++) {
        struct gox_buf buf;
        opts.keep_hidden = keep == 1;
        write_ok(QB, img, &opts, &buf, NULL);
        struct gox_image *back = read_ok(QB, &buf, NULL);
        assert_int_equal(voxel_at(back, 100, 0, 0), keep ? 0x010203 : -1);
        gox_image_free(back);
        gox_buf_fini(&buf);
    }
    gox_image_free(img);
}

static void check_merged(struct gox_image *img)
{
    struct gox_buf buf;
    struct gox_format_report report;
    write_ok(QB, img, NULL, &buf, &report);
    assert_int_equal(report.models, 1);
    assert_non_null(strstr(report.note, "merged"));
    gox_buf_fini(&buf);
}

static void test_layers_that_are_not_plain_are_merged(void **state)
{
    (void)state;
    struct gox_image *img = make_image(3);
    struct gox_layer *top = gox_image_add_layer(img, "Top");
    put_voxel(top, 0, 0, 0, 0xffffff);
    top->blend = GOX_BLEND_SUB;
    check_merged(img);
    top->blend = GOX_BLEND_OVER;
    top->opacity = 128;
    check_merged(img);
    top->opacity = 255;
    assert_int_equal(gox_volume_set(top->volume, gox_pos_make(1, 1, 1),
                             gox_rgba_make(1, 2, 3, 200)),
            0);
    check_merged(img);
    gox_image_free(img);
}

static void test_empty_and_too_large(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    write_ok(QB, img, NULL, &buf, NULL);
    assert_int_equal(buf.len, 24);
    struct gox_image *back = read_ok(QB, &buf, NULL);
    assert_int_equal(count_voxels(back), 0);
    gox_image_free(back);
    gox_buf_fini(&buf);
    put_voxel(img->layers[0], -100000, -100000, -70000, 1);
    put_voxel(img->layers[0], 100000, 100000, 70000, 1);
    assert_write_fails(QB, img, GOX_ERR_TOO_LARGE, "200001 x 200001 x 140001");
    gox_image_free(img);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_sample(&buf, (struct head){0, 1, 0, 1});
    check_every_length(QB, &buf, true);
    check_changed_bytes(QB, &buf, 3000);
    gox_buf_fini(&buf);
    struct gox_image *img = make_image(4);
    write_ok(QB, img, NULL, &buf, NULL);
    check_every_length(QB, &buf, true);
    check_changed_bytes(QB, &buf, 500);
    check_read_without_memory(QB, &buf, false);
    check_write_without_memory(QB, img);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void test_detected(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_sample(&buf, (struct head){0, 1, 1, 1});
    assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), QB);
    gox_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_axes_and_colors),
            cmocka_unit_test(test_one_matrix_too_many_announced),
            cmocka_unit_test(test_bad_matrices),
            cmocka_unit_test(test_bad_flags),
            cmocka_unit_test(test_round_trip),
            cmocka_unit_test(test_hidden_layers),
            cmocka_unit_test(test_layers_that_are_not_plain_are_merged),
            cmocka_unit_test(test_empty_and_too_large),
            cmocka_unit_test(test_bad_input),
            cmocka_unit_test(test_detected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
