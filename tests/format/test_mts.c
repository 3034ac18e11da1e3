/* SPDX-License-Identifier: Apache-2.0
 * Luanti schematics: names and colours, axes, old versions, bad streams. */
#include "format/formats_internal.h"
#include "format/mts_internal.h"
#include "reader_checks.h"

#include <zlib.h>

#define MTS (&gox_format_mts)

static void put_u16(struct gox_buf *buf, unsigned v)
{
    gox_buf_put_byte(buf, (uint8_t)(v >> 8));
    gox_buf_put_byte(buf, (uint8_t)v);
}

/* The header up to the names; version 3 and up has bytes for the slices. */
static void put_head(
        struct gox_buf *buf, unsigned version, const unsigned size[3])
{
    gox_buf_init(buf, 0);
    gox_buf_put_str(buf, "MTSM");
    put_u16(buf, version);
    for (int i = 0; i < 3; i++)
        put_u16(buf, size[i]);
    for (unsigned i = 0; version >= 3 && i < size[1]; i++)
        gox_buf_put_byte(buf, 127);
}

static void put_names(struct gox_buf *buf, const char *const *names, unsigned n)
{
    put_u16(buf, n);
    for (unsigned i = 0; i < n; i++) {
        put_u16(buf, (unsigned)strlen(names[i]));
        gox_buf_put_str(buf, names[i]);
    }
}

static void put_packed(struct gox_buf *buf, const uint8_t *data, size_t len)
{
    uint8_t packed[512];
    uLongf n = sizeof(packed);
    assert_int_equal(compress(packed, &n, data, len), Z_OK);
    gox_buf_put(buf, packed, n);
}

static const char *const NAMES[] = {
        "default:stone", "air", "no:such", "stairs:stair_inner_wood", "ignore"};

/* 2 x 3 x 1: the six nodes 0 1 2 3 4 0. */
static void put_sample(struct gox_buf *buf, unsigned version)
{
    put_head(buf, version, (unsigned[]){2, 3, 1});
    put_names(buf, NAMES, 5);
    uint8_t nodes[24] = {0};
    for (uint8_t i = 0; i < 6; i++)
        nodes[2 * i + 1] = i % 5;
    put_packed(buf, nodes, sizeof(nodes));
}

static void test_nodes(void **state)
{
    (void)state;
    for (unsigned version = 1; version <= 4; version++) {
        struct gox_buf buf;
        struct gox_format_report report;
        put_sample(&buf, version);
        assert_ptr_equal(gox_format_detect(buf.data, buf.len, NULL), MTS);
        struct gox_image *img = read_ok(MTS, &buf, &report);
        assert_int_equal(count_voxels(img), 4);
        assert_int_equal(voxel_at(img, 0, 0, 0), 0x615e5d);
        assert_int_equal(voxel_at(img, 1, 0, 0), -1);
        assert_int_equal(voxel_at(img, 0, 0, 1), 0xffffff);
        assert_int_equal(voxel_at(img, 1, 0, 1), 0x836639);
        assert_int_equal(voxel_at(img, 1, 0, 2), 0x615e5d);
        assert_non_null(strstr(report.note, "1 of 5 node names"));
        gox_image_free(img);
        gox_buf_fini(&buf);
    }
}

static void test_table_is_sorted(void **state)
{
    (void)state;
    const struct gox__mts_node *last = NULL;
    size_t blocks = 0, i = 0;
    for (const struct gox__mts_node *n; (n = gox__mts_node_at(i)) != NULL;
            i++) {
        if (last != NULL)
            assert_true(strcmp(last->name, n->name) < 0);
        last = n;
        assert_ptr_equal(gox__mts_find_node(n->name, strlen(n->name)), n);
        if (n->use != GOX__MTS_BLOCK)
            continue;
        blocks++;
        gox_rgba c = gox_rgba_make((uint8_t)(n->rgb >> 16),
                (uint8_t)(n->rgb >> 8), (uint8_t)n->rgb, 255);
        assert_ptr_equal(gox__mts_choose_node(c), n);
    }
    assert_true(i > 200 && blocks > 50);
    assert_null(gox__mts_find_node("default:ston", 12));
    assert_null(gox__mts_find_node("default:stonex", 14));
    assert_null(gox__mts_find_node("", 0));
    assert_null(gox__mts_find_node("stairs:slab_", 12));
}

static void test_bad_files(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_sample(&buf, 5);
    assert_read_fails(MTS, &buf, GOX_ERR_FORMAT, "version 5");
    gox_buf_fini(&buf);
    put_sample(&buf, 4);
    buf.data[0] = 'm';
    assert_read_fails(MTS, &buf, GOX_ERR_FORMAT, "MTSM");
    gox_buf_fini(&buf);

    put_head(&buf, 4, (unsigned[]){65535, 65535, 65535});
    put_names(&buf, NAMES, 1);
    assert_read_fails(MTS, &buf, GOX_ERR_TOO_LARGE, "limit");
    gox_buf_fini(&buf);

    uint8_t nodes[24] = {0};
    nodes[11] = 5;
    put_head(&buf, 4, (unsigned[]){2, 3, 1});
    put_names(&buf, NAMES, 5);
    size_t at = buf.len;
    put_packed(&buf, nodes, sizeof(nodes));
    assert_read_fails(MTS, &buf, GOX_ERR_FORMAT, "has name 5 of 5");
    buf.len = at;
    put_packed(&buf, nodes, 23);
    assert_read_fails(MTS, &buf, GOX_ERR_FORMAT, "name 5 of 5");
    buf.len = at;
    nodes[11] = 0;
    put_packed(&buf, nodes, 23);
    assert_read_fails(MTS, &buf, GOX_ERR_FORMAT, "ends too early");
    buf.len = at;
    gox_buf_put_str(&buf, "this is no zlib stream");
    assert_read_fails(MTS, &buf, GOX_ERR_FORMAT, "damaged");
    gox_buf_fini(&buf);
}

/* A side of 0 with the others at their limit is nothing to loop over. */
static void test_empty_side(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_head(&buf, 4, (unsigned[]){0, 65535, 65535});
    put_names(&buf, NAMES, 0);
    struct gox_image *img = read_ok(MTS, &buf, NULL);
    assert_int_equal(count_voxels(img), 0);
    gox_image_free(img);
    gox_buf_fini(&buf);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_layer *layer = img->layers[0];
    put_voxel(layer, 5, 6, 7, 0x615e5d);  /* default:stone */
    put_voxel(layer, 6, 8, 7, 0x464733);  /* near to nothing */
    put_voxel(layer, 5, 6, 10, 0xb39163); /* default:tree */
    put_voxel(layer, 5, 6, 11, 0xa12213); /* default:apple, no block */
    put_voxel(layer, 5, 6, 12, 0xff6400); /* lava, never written */
    struct gox_buf buf;
    struct gox_format_report report;
    write_ok(MTS, img, NULL, &buf, &report);
    assert_int_equal(report.voxels, 5);
    assert_non_null(strstr(report.note, "2 of 5 colours"));
    struct gox_image *back = read_ok(MTS, &buf, &report);
    assert_string_equal(report.note, "");
    assert_int_equal(count_voxels(back), 5);
    assert_int_equal(voxel_at(back, 0, 0, 0), 0x615e5d);
    assert_int_equal(voxel_at(back, 0, 0, 3), 0xb39163);
    assert_int_equal(voxel_at(back, 0, 0, 4), 0xa12213);
    assert_int_not_equal(voxel_at(back, 0, 0, 5), 0xff6400);
    assert_true(voxel_at(back, 1, 2, 0) > 0);
    gox_image_free(back);
    gox_buf_fini(&buf);
    put_voxel(layer, 5, 6, 70000, 1);
    assert_write_fails(MTS, img, GOX_ERR_TOO_LARGE, "2 x 3 x 69994");
    gox_image_free(img);
}

static void test_bad_input(void **state)
{
    (void)state;
    struct gox_buf buf;
    put_sample(&buf, 4);
    check_every_length(MTS, &buf, true);
    check_changed_bytes(MTS, &buf, 3000);
    gox_buf_fini(&buf);
    struct gox_image *img = make_image(7);
    write_ok(MTS, img, NULL, &buf, NULL);
    check_every_length(MTS, &buf, true);
    check_changed_bytes(MTS, &buf, 1000);
    check_read_without_memory(MTS, &buf, false);
    check_write_without_memory(MTS, img);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_nodes),
            cmocka_unit_test(test_table_is_sorted),
            cmocka_unit_test(test_bad_files),
            cmocka_unit_test(test_empty_side),
            cmocka_unit_test(test_round_trip),
            cmocka_unit_test(test_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
