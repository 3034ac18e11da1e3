/* SPDX-License-Identifier: Apache-2.0
 * Binary .stl: the layout, outward normals that agree with the winding, and a
 * closed surface of the right volume. */
#include "model_test.h"

#include <math.h>

static float get_f32(const uint8_t *p)
{
    float f;
    memcpy(&f, p, sizeof(f)); /* tests run on little-endian machines */
    return f;
}

/* Reads all triangles; gives the enclosed volume by the divergence theorem. */
static double check_triangles(const struct gox_buf *buf, uint64_t faces)
{
    uint32_t count;
    double volume = 0;
    assert_true(buf->len >= 84);
    assert_memory_not_equal(buf->data, "solid", 5);
    memcpy(&count, buf->data + 80, 4);
    assert_int_equal(count, faces);
    assert_int_equal(buf->len, 84 + 50 * (size_t)count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = buf->data + 84 + 50 * i;
        double f[12], n[3];
        for (int k = 0; k < 12; k++)
            f[k] = (double)get_f32(p + 4 * k);
        const double *a = f + 3, *b = f + 6, *c = f + 9;
        for (int k = 0; k < 3; k++) {
            int u = (k + 1) % 3, v = (k + 2) % 3;
            n[k] = (b[u] - a[u]) * (c[v] - a[v]) -
                   (b[v] - a[v]) * (c[u] - a[u]);
            volume += a[k] * n[k] / 6;
        }
        for (int k = 0; k < 3; k++)
            assert_true(f[k] == 0 ? n[k] == 0 : f[k] * n[k] > 0);
        assert_true(p[48] == 0 && p[49] == 0);
    }
    return volume;
}

static void surfaces_enclose_the_voxels(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct gox_image *img = gox_image_new();
        gox_volume *vol = img->layers[0]->volume;
        struct gox_format_options opts;
        struct gox_format_report report;
        struct gox_error err;
        struct gox_buf buf;
        gox_format_options_init(&opts);
        opts.faces = i % 2 == 0 ? GOX_FACES_MERGED : GOX_FACES_RAW;
        opts.scale = 2;
        opts.has_up = true;
        opts.up = i < 2 ? GOX_UP_Y : GOX_UP_Z;
        opts.pivot = GOX_PIVOT_BOTTOM;
        model_cloud(vol, gox_pos_make(-5, 9, 13), 20, 30 + 15 * i, 3, 0, i);
        assert_int_equal(
                model_write(img, "stl", &opts, &buf, &report, NULL, &err), 0);
        double volume = check_triangles(&buf, report.faces);
        assert_int_equal(llround(volume), 8 * gox_volume_solid(vol));
        gox_buf_fini(&buf);
        gox_image_free(img);
    }
}

static void cube_is_twelve_triangles(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_format_report report;
    struct gox_error err;
    struct gox_buf buf;
    model_fill(
            img->layers[0]->volume, model_box(0, 0, 0, 30, 30, 30), UINT32_MAX);
    assert_int_equal(
            model_write(img, "stl", NULL, &buf, &report, NULL, &err), 0);
    assert_int_equal(report.faces, 12);
    assert_int_equal(llround(check_triangles(&buf, 12)), 27000);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void reading_is_refused(void **state)
{
    (void)state;
    struct gox_image *img;
    struct gox_error err;
    assert_int_equal(model_read(&img, "stl", "solid", 5, NULL, NULL, &err),
            GOX_ERR_UNSUPPORTED);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct gox_image *img = model_new_cloud();
    model_fail_each_write("stl", img);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(surfaces_enclose_the_voxels),
            cmocka_unit_test(cube_is_twelve_triangles),
            cmocka_unit_test(reading_is_refused),
            cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
