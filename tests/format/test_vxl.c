/* SPDX-License-Identifier: Apache-2.0
 * Ace of Spades maps: spans, placement, colours of the ground, bad spans. */
#include "base/alloc.h"
#include "format/formats_internal.h"
#include "reader_checks.h"

#define VXL  (&gox_format_vxl)
#define SIDE 512

/* A map whose first column is given; all others are one voxel at the bottom. */
static void put_map(struct gox_buf *buf, const uint8_t *first, size_t len)
{
    gox_buf_init(buf, 0);
    gox_buf_put(buf, first, len);
    for (int i = 1; i < SIDE * SIDE; i++)
        gox_buf_put(buf, (const uint8_t[]){0, 63, 63, 0, 3, 2, 1, 128}, 8);
    assert_int_equal(gox_buf_error(buf), 0);
}

/* Floor at 10, ceiling 13 ... 14 below it, air, ground from 20 on. */
static const uint8_t COLUMN[] = {4, 10, 10,
        0, /* span: 3 colours, the first is the floor */
        0x33, 0x22, 0x11, 128, 0x36, 0x25, 0x14, 128, 0x39, 0x28, 0x17, 128, 0,
        20, 21, 15, /* last span; the air begins at 15 */
        1, 2, 3, 128, 4, 5, 6, 128};

static void test_spans(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_map(&buf, COLUMN, sizeof(COLUMN));
    assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), VXL);
    struct gox_image *img = read_ok(VXL, &buf, NULL);
    static const long want[] = {-1, 0x112233, 0, 0, 0x142536, 0x172839, -1};
    for (int i = 0; i < 7; i++)
        assert_int_equal(voxel_at(img, 255, -256, 31 - (9 + i)), want[i]);
    assert_int_equal(voxel_at(img, 255, -256, 31 - 19), -1);
    assert_int_equal(voxel_at(img, 255, -256, 31 - 20), 0x030201);
    assert_int_equal(voxel_at(img, 255, -256, 31 - 21), 0x060504);
    assert_int_equal(voxel_at(img, 255, -256, -32), 0);
    assert_int_equal(voxel_at(img, 254, -256, -32), 0x010203);
    assert_int_equal(count_voxels(img), 5 + 44 + SIDE * SIDE - 1);
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_bad_spans(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        const char *part;
    } rows[] = {
            {1, 12, "not in order"},
            {2, 64, "not in order"},
            {0, 1, "shorter than its colours"},
            {19, 12, "ceiling overlaps"},
            {19, 65, "ceiling overlaps"},
            {17, 14, "not in order"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_buf buf;
        put_map(&buf, COLUMN, sizeof(COLUMN));
        buf.data[rows[i].at] = rows[i].value;
        assert_read_fails(VXL, &buf, GOX_ERR_FORMAT, rows[i].part);
        gox_buf_fini(&buf);
    }
}

static void test_cut(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_map(&buf, COLUMN, sizeof(COLUMN));
    size_t len = buf.len;
    for (buf.len = 0; buf.len < 40; buf.len++)
        assert_read_fails(VXL, &buf, GOX_ERR_FORMAT, "byte ");
    for (buf.len = len - 8; buf.len < len; buf.len++)
        assert_read_fails(VXL, &buf, GOX_ERR_FORMAT, "column 511 511");
    check_changed_bytes(VXL, &buf, 10);
    gox_buf_fini(&buf);
}

static void test_without_memory(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_map(&buf, COLUMN, sizeof(COLUMN));
    /* A cut map fails late enough to see all kinds of allocation. */
    for (uint64_t n = 1; n < 300; n += n < 10 ? 1 : 37) {
        struct gox_image *img = NULL;
        gox_alloc_fail_at(n, true);
        int rc = gox_format_read(
                &img, VXL, buf.data, buf.len, NULL, NULL, NULL, NULL, NULL);
        gox_alloc_fail_at(0, false);
        assert_int_equal(rc, GOX_ERR_NOMEM);
        assert_null(img);
    }
    gox_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_spans),
            cmocka_unit_test(test_bad_spans),
            cmocka_unit_test(test_cut),
            cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
