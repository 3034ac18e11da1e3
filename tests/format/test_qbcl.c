/* SPDX-License-Identifier: Apache-2.0
 * Qubicle projects: the node tree, columns of runs, bad trees and streams. */
#include "format/formats_internal.h"
#include "reader_checks.h"

#include <zlib.h>

#define QBCL (&gox_format_qbcl)

static void put_head(struct gox_buf *buf)
{
    gox_buf_init(buf, 0);
    gox_buf_put_str(buf, "QBCL");
    const uint32_t words[] = {257, 2, 1, 2};
    for (int i = 0; i < 4; i++)
        gox_buf_put_u32le(buf, words[i]);
    gox_buf_put(buf, "8 bytes.", 8); /* a thumbnail of 1 x 2 */
    for (uint32_t i = 0; i < 7; i++) {
        gox_buf_put_u32le(buf, i == 3 ? 2 : 0);
        if (i == 3)
            gox_buf_put_str(buf, "me");
    }
    gox_buf_put(buf, "sixteen bytes...", 16);
}

static void put_node(struct gox_buf *buf, uint32_t type, const char *name)
{
    gox_buf_put_u32le(buf, type);
    gox_buf_put_u32le(buf, 1);
    gox_buf_put_u32le(buf, (uint32_t)strlen(name));
    gox_buf_put_str(buf, name);
    gox_buf_put(buf, "\1\1\0", 3);
}

static void put_model(struct gox_buf *buf, uint32_t children)
{
    put_node(buf, 1, "model");
    for (int i = 0; i < 9; i++)
        gox_buf_put_u32le(buf, 0);
    gox_buf_put_u32le(buf, children);
}

struct box {
    uint32_t size[3];
    int32_t pos[3];
};

static void put_matrix(struct gox_buf *buf, uint32_t type, const char *name,
        const struct box *box, const uint8_t *columns, size_t len)
{
    put_node(buf, type, name);
    for (int i = 0; i < 3; i++)
        gox_buf_put_u32le(buf, box->size[i]);
    for (int i = 0; i < 3; i++)
        gox_buf_put_i32le(buf, box->pos[i]);
    for (int i = 0; i < 3; i++)
        gox_buf_put_f32le(buf, 0);
    uint8_t packed[512];
    uLongf n = sizeof(packed);
    assert_int_equal(compress(packed, &n, columns, len), Z_OK);
    gox_buf_put_u32le(buf, (uint32_t)n);
    gox_buf_put(buf, packed, n);
}

/* 2 x 4 x 2: a plain column, runs with a hole, an empty one, a short one. */
static const struct box BOX = {{2, 4, 2}, {10, 20, 30}};
static const uint8_t COLUMNS[] = {2, 0, 1, 2, 3, 255, 4, 5, 6,
        255,                                     /* x 0, z 0 */
        5, 0, 2, 0, 0, 2, 7, 8, 9, 255,          /* x 0, z 1: two */
        0, 0, 0, 0, 1, 0, 0, 2, 10, 11, 12, 255, /* a hole, one */
        0, 0,                                    /* x 1, z 0 */
        1, 0, 13, 14, 15, 64};                   /* x 1, z 1 */

static void test_columns(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_head(&buf);
    put_model(&buf, 1);
    put_matrix(&buf, 0, "part", &BOX, COLUMNS, sizeof(COLUMNS));
    assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), QBCL);
    struct gox_image *img = read_ok(QBCL, &buf, NULL);
    assert_int_equal(count_voxels(img), 6);
    assert_int_equal(voxel_at(img, 10, -30, 20), 0x010203);
    assert_int_equal(voxel_at(img, 10, -30, 21), 0x040506);
    assert_int_equal(voxel_at(img, 10, -31, 20), 0x070809);
    assert_int_equal(voxel_at(img, 10, -31, 21), 0x070809);
    assert_int_equal(voxel_at(img, 10, -31, 22), -1);
    assert_int_equal(voxel_at(img, 10, -31, 23), 0x0a0b0c);
    assert_int_equal(voxel_at(img, 11, -31, 20), 0x0d0e0f);
    assert_string_equal(img->layers[0]->name, "part");
    gox_image_free(img);
    gox_buf_fini(&buf);
}

/* The parts of a compound are in its own voxels already. */
static void test_tree(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_head(&buf);
    put_model(&buf, 3);
    put_matrix(&buf, 0, "a", &BOX, COLUMNS, sizeof(COLUMNS));
    put_matrix(&buf, 2, "both", &BOX, COLUMNS, sizeof(COLUMNS));
    gox_buf_put_u32le(&buf, 2);
    put_matrix(&buf, 0, "inner", &BOX, COLUMNS, sizeof(COLUMNS));
    put_model(&buf, 0);
    put_model(&buf, 1);
    put_matrix(&buf, 0, "deep", &BOX, COLUMNS, sizeof(COLUMNS));
    struct gox_format_report report;
    struct gox_image *img = read_ok(QBCL, &buf, &report);
    assert_int_equal(report.models, 3);
    assert_int_equal(img->layer_count, 3);
    assert_string_equal(img->layers[1]->name, "both");
    assert_string_equal(img->layers[2]->name, "deep");
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_bad_trees(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_head(&buf);
    for (int i = 0; i < 1000; i++)
        put_model(&buf, 1);
    assert_read_fails(QBCL, &buf, GOX_ERR_FORMAT, "nested");
    gox_buf_fini(&buf);
    put_head(&buf);
    put_node(&buf, 9, "x");
    assert_read_fails(QBCL, &buf, GOX_ERR_FORMAT, "type 9");
    gox_buf_fini(&buf);
    put_head(&buf);
    put_model(&buf, 0xffffffff);
    assert_read_fails(QBCL, &buf, GOX_ERR_FORMAT, "needs 4 bytes");
    gox_buf_set_u32le(&buf, 8, 3);
    assert_read_fails(QBCL, &buf, GOX_ERR_FORMAT, "version 3");
    gox_buf_set_u32le(&buf, 12, 0xffffffff);
    gox_buf_set_u32le(&buf, 8, 2);
    assert_read_fails(QBCL, &buf, GOX_ERR_FORMAT, "thumbnail");
    gox_buf_fini(&buf);
}

static void test_bad_matrices(void **state)
{
    (void)state;
    static const uint8_t ff[64] = {9, 0, 255, 0, 0, 2, 1, 1, 1, 255};
    static const struct {
        struct box box;
        int code;
        const char *part;
    } rows[] = {
            {{{1u << 20, 1, 1u << 20}, {0}}, GOX_ERR_TOO_LARGE, "limit"},
            {{{1, 1, 1u << 24}, {0}}, GOX_ERR_FORMAT, "grid"},
            {{{1, 1, 1}, {INT32_MIN, 0, 0}}, GOX_ERR_FORMAT, "grid"},
            {{{1, 9, 1}, {0}}, GOX_ERR_FORMAT, "above the matrix of height 9"},
            {{{9, 9000, 9}, {0}}, GOX_ERR_FORMAT, "ends too early"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_buf buf;
        put_head(&buf);
        put_matrix(&buf, 0, "m", &rows[i].box, ff, sizeof(ff));
        assert_read_fails(QBCL, &buf, rows[i].code, rows[i].part);
        gox_buf_fini(&buf);
    }
}

static void test_bad_input(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_head(&buf);
    put_model(&buf, 1);
    put_matrix(&buf, 0, "part", &BOX, COLUMNS, sizeof(COLUMNS));
    check_every_length(QBCL, &buf, false);
    check_changed_bytes(QBCL, &buf, 5000);
    check_read_without_memory(QBCL, &buf, false);
    gox_buf_fini(&buf);
}

static void test_corpus_is_the_same_as_qb(void **state)
{
    (void)state;
    struct gox_buf qbcl, qb;
    if (!load_corpus("qbcl/ven_rgb_small.qbcl", &qbcl) ||
            !load_corpus("qb/ven_rgb_small.qb", &qb))
        return;
    struct gox_image *a = read_ok(QBCL, &qbcl, NULL);
    struct gox_image *b = read_ok(&gox_format_qb, &qb, NULL);
    assert_int_equal(count_voxels(a), 3);
    assert_same_voxels(a, b, true);
    gox_image_free(a);
    gox_image_free(b);
    gox_buf_fini(&qbcl);
    gox_buf_fini(&qb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_columns),
            cmocka_unit_test(test_tree),
            cmocka_unit_test(test_bad_trees),
            cmocka_unit_test(test_bad_matrices),
            cmocka_unit_test(test_bad_input),
            cmocka_unit_test(test_corpus_is_the_same_as_qb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
