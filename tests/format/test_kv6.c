/* SPDX-License-Identifier: Apache-2.0
 * Voxlap sprites: placement, filling, bad tables. */
#include "format/formats_internal.h"
#include "reader_checks.h"

#define KV6    (&gox_format_kv6)
#define TOP    16
#define BOTTOM 32

/* One voxel: z, faces, blue; a column ends with z 255. */
struct cell {
    uint8_t z, faces, blue;
};
#define END                                                                    \
    {                                                                          \
        255, 0, 0                                                              \
    }

/* A file of one column, 1 x 1 x height. */
static void put_column(
        struct gox_buf *buf, uint32_t height, const struct cell *cells)
{
    uint32_t n = 0;
    while (cells[n].z != 255)
        n++;
    gox_buf_init(buf, 0);
    gox_buf_put_str(buf, "Kvxl");
    const uint32_t words[] = {1, 1, height, 0, 0, 0, n};
    for (int i = 0; i < 7; i++)
        gox_buf_put_u32le(buf, words[i]);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t voxel[8] = {cells[i].blue, 0x22, 0x33, 128, cells[i].z, 0,
                cells[i].faces, 0};
        gox_buf_put(buf, voxel, 8);
    }
    gox_buf_put_u32le(buf, n);
    gox_buf_put_u16le(buf, (uint16_t)n);
}

static void test_filling(void **state)
{
    (void)state;
    static const struct {
        struct cell cells[5];
        uint8_t want[12]; /* blue for each z, 0: empty */
    } rows[] = {
            {{{0, TOP, 1}, {1, 0, 2}, {5, 0, 3}, {6, BOTTOM, 4}, END},
                    {1, 2, 1, 1, 1, 3, 4}},
            {{{0, TOP | BOTTOM, 1}, {5, TOP | BOTTOM, 2}, END},
                    {1, 0, 0, 0, 0, 2}},
            {{{0, TOP, 1}, {5, 0, 2}, END}, {1, 0, 0, 0, 0, 2}},
            {{{0, TOP, 1}, {5, TOP, 2}, {9, BOTTOM, 3}, END},
                    {1, 0, 0, 0, 0, 2, 2, 2, 2, 3}},
            {{{0, TOP, 1}, {5, BOTTOM, 2}, {9, BOTTOM, 3}, END},
                    {1, 1, 1, 1, 1, 2, 1, 1, 1, 3}},
            {{{5, TOP, 1}, {1, BOTTOM, 2}, END}, {0, 2, 0, 0, 0, 1}},
            {{{0, BOTTOM, 1}, {4, TOP, 2}, END}, {1, 0, 0, 0, 2}},
            {{{0, 63, 1}, {0, 63, 2}, END}, {2}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_buf buf;
        put_column(&buf, 12, rows[i].cells);
        assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), KV6);
        struct gox_image *img = read_ok(KV6, &buf, NULL);
        for (int z = 0; z < 12; z++) {
            long want = rows[i].want[z];
            assert_int_equal(voxel_at(img, 0, 0, 5 - z),
                    want == 0 ? -1 : 0x332200 + want);
        }
        gox_image_free(img);
        gox_buf_fini(&buf);
    }
}

/* y is mirrored and the box's middle is the origin: two columns of 3 x 4. */
static void test_placement(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    gox_buf_put_str(&buf, "Kvxl");
    const uint32_t words[] = {3, 4, 5, 0x40000000, 0, 0, 2};
    for (int i = 0; i < 7; i++)
        gox_buf_put_u32le(&buf, words[i]);
    gox_buf_put(&buf, (const uint8_t[]){10, 11, 12, 128, 1, 0, 63, 0}, 8);
    gox_buf_put(&buf, (const uint8_t[]){20, 21, 22, 128, 4, 0, 63, 0}, 8);
    for (uint32_t x = 0; x < 3; x++)
        gox_buf_put_u32le(&buf, x == 1 ? 0 : 1);
    for (int i = 0; i < 12; i++)
        gox_buf_put_u16le(&buf, i == 0 || i == 11);
    struct gox_image *img = read_ok(KV6, &buf, NULL);
    assert_int_equal(count_voxels(img), 2);
    assert_int_equal(voxel_at(img, -1, 1, 1), 0x0c0b0a);
    assert_int_equal(voxel_at(img, 1, -2, -2), 0x161514);
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_bad_files(void **state)
{
    (void)state;
    const struct cell cells[] = {{0, TOP, 1}, {3, BOTTOM, 2}, END};
    static const struct {
        size_t at;
        uint32_t value;
        int code;
        const char *part;
    } rows[] = {
            {0, 0, GOX_ERR_FORMAT, "Kvxl"},
            {4, 0x7fffffff, GOX_ERR_FORMAT, "columns"},
            {8, 0xffffffff, GOX_ERR_FORMAT, "columns"},
            {12, 70000, GOX_ERR_FORMAT, "height of 70000"},
            {12, 3, GOX_ERR_FORMAT, "a voxel at z 3 in a model of height 3"},
            {28, 0xffffffff, GOX_ERR_FORMAT, "the voxels"},
            {28, 1, GOX_ERR_FORMAT, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gox_buf buf;
        put_column(&buf, 12, cells);
        gox_buf_set_u32le(&buf, rows[i].at, rows[i].value);
        assert_read_fails(KV6, &buf, rows[i].code, rows[i].part);
        gox_buf_fini(&buf);
    }
    struct gox_buf buf;
    put_column(&buf, 12, cells);
    buf.data[buf.len - 2] = 3;
    assert_read_fails(KV6, &buf, GOX_ERR_FORMAT, "hold more than the 2 voxels");
    buf.data[buf.len - 2] = 1;
    assert_read_fails(KV6, &buf, GOX_ERR_FORMAT, "hold 1 of the 2 voxels");
    gox_buf_fini(&buf);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct gox_buf buf;
    const struct cell cells[] = {
            {0, TOP, 1}, {3, BOTTOM, 2}, {7, TOP, 3}, {9, BOTTOM, 4}, END};
    put_column(&buf, 12, cells);
    check_every_length(KV6, &buf, false);
    check_changed_bytes(KV6, &buf, 3000);
    check_read_without_memory(KV6, &buf, false);
    gox_buf_fini(&buf);
    if (!load_corpus("kv6/ven_test2.kv6", &buf))
        return;
    check_every_length(KV6, &buf, false);
    check_changed_bytes(KV6, &buf, 2000);
    gox_buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_filling),
            cmocka_unit_test(test_placement),
            cmocka_unit_test(test_bad_files),
            cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
