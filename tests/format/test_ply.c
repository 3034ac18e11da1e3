/* SPDX-License-Identifier: Apache-2.0
 * Stanford .ply: what is written, that it comes back as the same surface, and
 * the three encodings and odd headers of other programs. */
#include "model_test.h"

static void write_ply(const struct gox_image *img, struct gox_buf *buf,
        struct gox_format_report *report)
{
    struct gox_error err;
    assert_int_equal(model_write(img, "ply", NULL, buf, report, NULL, &err), 0);
}

static void cube_has_eight_vertices(void **state)
{
    (void)state;
    static const char head[] = "element vertex 8\n"
                               "property float x\n"
                               "property float y\n"
                               "property float z\n"
                               "property uchar red\n"
                               "property uchar green\n"
                               "property uchar blue\n"
                               "element face 6\n"
                               "property list uchar int vertex_indices\n"
                               "end_header\n";
    struct gox_image *img = gox_image_new();
    struct gox_format_report report;
    struct gox_buf buf;
    model_fill(img->layers[0]->volume, model_box(0, 0, 0, 40, 40, 40),
            UINT32_C(0xff302010));
    write_ply(img, &buf, &report);
    assert_int_equal(report.faces, 6);
    const char *at = strstr((const char *)buf.data, "element vertex");
    assert_non_null(at);
    assert_memory_equal(at, head, sizeof(head) - 1);
    size_t start = (size_t)(at - (const char *)buf.data) + sizeof(head) - 1;
    assert_int_equal(buf.len - start, 8 * 15 + 6 * 17);
    /* The second corner of the bottom: (0, 40, 0) in 10 20 30. */
    static const uint8_t second[] = {
            0, 0, 0, 0, 0, 0, 0x20, 0x42, 0, 0, 0, 0, 0x10, 0x20, 0x30};
    assert_memory_equal(buf.data + start + 15, second, sizeof(second));
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void round_trip_gives_the_surface(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        struct gox_image *img = gox_image_new(), *back;
        gox_volume *vol = img->layers[0]->volume;
        struct gox_buf buf;
        struct gox_error err;
        model_cloud(vol, gox_pos_make(-9, -33, 14), 22, 10 + 15 * i, 900,
                i % 2 == 0 ? 180 : 0, i + 200);
        write_ply(img, &buf, NULL);
        assert_int_equal(
                model_read(&back, NULL, buf.data, buf.len, NULL, NULL, &err),
                0);
        model_assert_surface(vol, back->layers[0]->volume);
        gox_image_free(back);
        gox_buf_fini(&buf);
        gox_image_free(img);
    }
}

static void empty_model_comes_back(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new(), *back;
    struct gox_buf buf;
    struct gox_error err;
    write_ply(img, &buf, NULL);
    assert_int_equal(
            model_read(&back, NULL, buf.data, buf.len, NULL, NULL, &err), 0);
    assert_true(gox_volume_is_empty(back->layers[0]->volume));
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

/* ---- other programs ---- */

#define QUAD "0 0 1 255 0 0\n4 0 1 255 0 0\n4 4 1 255 0 0\n0 4 1 255 0 0\n"

static void check_quad(const void *data, size_t len, gox_rgba color)
{
    struct gox_image *img;
    struct gox_error err;
    assert_int_equal(model_read(&img, NULL, data, len, NULL, NULL, &err), 0);
    const gox_volume *vol = img->layers[0]->volume;
    assert_int_equal(gox_volume_solid(vol), 16);
    for (int i = 0; i < 16; i++)
        assert_int_equal(
                gox_volume_get(vol, gox_pos_make(i % 4, i / 4, 0)), color);
    gox_image_free(img);
}

static void ascii_is_read(void **state)
{
    (void)state;
    static const char plain[] =
            "ply\r\nformat ascii 1.0\r\ncomment x\r\nelement vertex 4\r\n"
            "property double x\r\nproperty float32 y\r\nproperty int z\r\n"
            "property uint8 red\r\nproperty uchar green\r\n"
            "property uchar blue\r\nelement thing 2\r\nproperty int a\r\n"
            "property list uchar float b\r\nelement face 1\r\n"
            "property list uint8 uint vertex_index\r\nend_header\r\n" QUAD
            "7 2 0.5 1e3\n8 0\n4 0 1 2 3\n";
    static const char face_colors[] =
            "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\n"
            "property float y\nproperty float z\nelement face 2\n"
            "property list uchar int vertex_indices\nproperty uchar red\n"
            "property uchar green\nproperty uchar blue\nend_header\n"
            "0 0 1\n4 0 1\n4 4 1\n0 4 1\n"
            "3 0 1 2 1 2 3\n3 0 2 3 1 2 3\n";
    static const char fractions[] =
            "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\n"
            "property float y\nproperty float z\nproperty float red\n"
            "property float green\nproperty float blue\nelement face 1\n"
            "property list uchar int vertex_indices\nend_header\n"
            "0 0 1 1 .5 0\n4 0 1 1 .5 0\n4 4 1 1 .5 0\n0 4 1 1 .5 0\n"
            "4 0 1 2 3\n";
    check_quad(plain, sizeof(plain) - 1, UINT32_C(0xff0000ff));
    check_quad(face_colors, sizeof(face_colors) - 1, UINT32_C(0xff030201));
    check_quad(fractions, sizeof(fractions) - 1, UINT32_C(0xff0080ff));
}

static void put_bytes(
        struct gox_buf *buf, const void *value, size_t len, bool is_big)
{
    const uint8_t *p = value; /* tests run on little-endian machines */
    for (size_t i = 0; i < len; i++)
        gox_buf_put_byte(buf, p[is_big ? len - 1 - i : i]);
}

static void both_orders_are_read(void **state)
{
    (void)state;
    static const float corners[4][3] = {
            {0, 0, 1}, {4, 0, 1}, {4, 4, 1}, {0, 4, 1}};
    for (int is_big = 0; is_big < 2; is_big++) {
        struct gox_buf buf;
        gox_buf_init(&buf, 0);
        gox_buf_printf(&buf,
                "ply\nformat binary_%s_endian 1.0\nelement vertex 4\n"
                "property float x\nproperty double y\nproperty short z\n"
                "property ushort red\nproperty ushort green\n"
                "property ushort blue\nelement face 1\n"
                "property list ushort short vertex_indices\nend_header\n",
                is_big ? "big" : "little");
        for (int i = 0; i < 4; i++) {
            double y = (double)corners[i][1];
            int16_t z = (int16_t)corners[i][2];
            const uint16_t rgb[3] = {65535, 257 * 16, 0};
            put_bytes(&buf, &corners[i][0], 4, is_big);
            put_bytes(&buf, &y, 8, is_big);
            put_bytes(&buf, &z, 2, is_big);
            for (int k = 0; k < 3; k++)
                put_bytes(&buf, &rgb[k], 2, is_big);
        }
        for (uint16_t i = 0; i < 5; i++) {
            uint16_t v = i == 0 ? 4 : (uint16_t)(i - 1);
            put_bytes(&buf, &v, 2, is_big);
        }
        check_quad(buf.data, buf.len, UINT32_C(0xff0010ff));
        for (size_t cut = 1; cut < 80; cut++) {
            struct gox_image *img;
            struct gox_error err;
            assert_int_equal(model_read(&img, "ply", buf.data, buf.len - cut,
                                     NULL, NULL, &err),
                    GOX_ERR_FORMAT);
            assert_true(err.offset > 0);
        }
        gox_buf_fini(&buf);
    }
}

static void points_become_voxels(void **state)
{
    (void)state;
    static const char text[] =
            "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\n"
            "property float y\nproperty float z\nproperty uchar red\n"
            "property uchar green\nproperty uchar blue\nend_header\n"
            "1 2 3 9 9 9\n-5 0 0 1 1 1\n1 2 4 8 8 8\n";
    struct gox_image *img;
    struct gox_error err;
    assert_int_equal(
            model_read(&img, NULL, text, sizeof(text) - 1, NULL, NULL, &err),
            0);
    const gox_volume *vol = img->layers[0]->volume;
    assert_int_equal(gox_volume_solid(vol), 3);
    assert_int_equal(
            gox_volume_get(vol, gox_pos_make(1, 2, 3)), UINT32_C(0xff090909));
    gox_image_free(img);
}

#define HEAD "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\n"

static void bad_files_say_what(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
            {"plx\n", "expected \"ply\""},
            {"ply\nformat utf8 1.0\nend_header\n", "expected format"},
            {"ply\nend_header\n", "no format line"},
            {"ply\nformat ascii 1.0\n", "no end"},
            {"ply\nformat ascii 1.0\nproperty int x\n", "before any element"},
            {"ply\nformat ascii 1.0\nelement vertex -1\n", "element NAME"},
            {"ply\nformat ascii 1.0\nelement v 1\nproperty real x\n",
                    "unknown type"},
            {"ply\nformat ascii 1.0\nelement v 1\nproperty list float int x\n",
                    "integer type"},
            {"ply\nformat ascii 1.0\nend_header\n", "no vertex element"},
            {HEAD "end_header\n", "expected a number"},
            {HEAD "end_header\nnan\n", "expected a number"},
            {HEAD "element face 1\nproperty list uchar int vertex_indices\n"
                  "end_header\n1\n3 0 0 1\n",
                    "vertex that is not there"},
            {HEAD "element face 1\nproperty list char int vertex_indices\n"
                  "end_header\n1\n-3\n",
                    "negative length"},
            {HEAD "element face 1\nproperty list uchar int vertex_indices\n"
                  "end_header\n1\n3 0 0 -1\n",
                    "vertex that is not there"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gox_image *img;
        struct gox_error err;
        assert_int_equal(model_read(&img, "ply", cases[i].text,
                                 strlen(cases[i].text), NULL, NULL, &err),
                GOX_ERR_FORMAT);
        assert_non_null(strstr(err.text, cases[i].message));
    }
}

/* A count that the file cannot hold must not be believed. */
static void large_counts_cost_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
            "ply\nformat binary_little_endian 1.0\n"
            "element vertex 999999999999999\nproperty float x\nend_header\nab",
            "ply\nformat ascii 1.0\nelement none 999999999999999999\n"
            "element vertex 1\nproperty float x\nend_header\n",
            "ply\nformat binary_big_endian 1.0\nelement vertex 1\n"
            "property list uint uchar x\nend_header\n\xff\xff\xff\xff"
            "12"};
    for (size_t i = 0; i < 3; i++) {
        struct gox_image *img;
        struct gox_error err;
        assert_int_equal(model_read(&img, "ply", texts[i], strlen(texts[i]),
                                 NULL, NULL, &err),
                GOX_ERR_FORMAT);
    }
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct gox_image *img = model_new_cloud();
    struct gox_buf buf;
    model_fail_each_write("ply", img);
    write_ply(img, &buf, NULL);
    model_fail_each_read("ply", &buf);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(cube_has_eight_vertices),
            cmocka_unit_test(round_trip_gives_the_surface),
            cmocka_unit_test(empty_model_comes_back),
            cmocka_unit_test(ascii_is_read),
            cmocka_unit_test(both_orders_are_read),
            cmocka_unit_test(points_become_voxels),
            cmocka_unit_test(bad_files_say_what),
            cmocka_unit_test(large_counts_cost_nothing),
            cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
