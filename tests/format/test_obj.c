/* SPDX-License-Identifier: Apache-2.0
 * Wavefront .obj: the exact text of small models, the files beside it, and that
 * a model written and voxelised again is the same surface. */
#include "format/png.h"
#include "model_test.h"

static struct gox_image *cube_image(int size, gox_rgba color)
{
    struct gox_image *img = gox_image_new();
    assert_non_null(img);
    model_fill(img->layers[0]->volume, model_box(0, 0, 0, size, size, size),
            color);
    return img;
}

static void write_text(const struct gox_image *img,
        const struct gox_format_options *opts, struct gox_buf *buf,
        struct gox_format_report *report)
{
    struct gox_error err;
    assert_int_equal(model_write(img, "obj", opts, buf, report, NULL, &err), 0);
    assert_non_null(gox_buf_text(buf));
}

static void cube_is_this_text(void **state)
{
    (void)state;
    struct model_sidecars side = {.count = 0};
    struct gox_format_options opts;
    struct gox_format_report report;
    struct gox_buf buf;
    struct gox_pixels pixels;
    struct gox_error err;
    struct gox_image *img = cube_image(20, UINT32_C(0xff302010));
    gox_format_options_init(&opts);
    opts.name = "a cube";
    opts.open_sidecar = model_open_sidecar;
    opts.sidecar_ctx = &side;
    opts.scale = 0.1f;
    write_text(img, &opts, &buf, &report);
    assert_int_equal(report.faces, 6);
    assert_int_equal(report.voxels, 8000);
    assert_int_equal(report.colors, 1);
    const char *body = strstr((const char *)buf.data, "mtllib");
    assert_non_null(body);
    assert_string_equal(body, "mtllib a cube.mtl\n"
                              "o a cube\n"
                              "v 0 0 0\n"
                              "v 0 0 -2\n"
                              "v 2 0 -2\n"
                              "v 2 0 0\n"
                              "v 0 2 0\n"
                              "v 2 2 0\n"
                              "v 2 2 -2\n"
                              "v 0 2 -2\n"
                              "vt 0.125 0.875\n"
                              "vn 1 0 0\n"
                              "vn -1 0 0\n"
                              "vn 0 0 -1\n"
                              "vn 0 0 1\n"
                              "vn 0 1 0\n"
                              "vn 0 -1 0\n"
                              "usemtl palette\n"
                              "f 1/1/6 2/1/6 3/1/6 4/1/6\n"
                              "f 5/1/5 6/1/5 7/1/5 8/1/5\n"
                              "f 1/1/4 4/1/4 6/1/4 5/1/4\n"
                              "f 2/1/3 8/1/3 7/1/3 3/1/3\n"
                              "f 1/1/2 5/1/2 8/1/2 2/1/2\n"
                              "f 4/1/1 3/1/1 7/1/1 6/1/1\n");
    assert_int_equal(side.count, 2);
    assert_string_equal(side.files[0].name, "a cube.mtl");
    assert_string_equal(side.files[1].name, "a cube.palette.png");
    assert_non_null(strstr(gox_buf_text(&side.files[0].content),
            "newmtl palette\nKa 1 1 1\nKd 1 1 1\nKs 0 0 0\nd 1\nillum 1\n"
            "map_Kd a cube.palette.png\n"));
    const struct gox_buf *png = &side.files[1].content;
    assert_int_equal(gox_png_read(&pixels, png->data, png->len, 4096, &err), 0);
    assert_int_equal(pixels.width, 4);
    assert_int_equal(pixels.data[0], UINT32_C(0xff302010));
    gox_pixels_fini(&pixels);
    model_sidecars_fini(&side);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void colours_go_to_vertices_without_files_beside(void **state)
{
    (void)state;
    struct gox_format_options opts;
    struct gox_buf buf;
    struct gox_image *img = cube_image(1, UINT32_C(0xff00ff80));
    gox_format_options_init(&opts);
    opts.has_up = true;
    opts.up = GOX_UP_Z;
    opts.pivot = GOX_PIVOT_CENTER;
    write_text(img, &opts, &buf, NULL);
    const char *text = (const char *)buf.data;
    assert_null(strstr(text, "mtllib"));
    assert_null(strstr(text, "vt "));
    assert_non_null(strstr(text, "\nv -0.5 -0.5 0.5 0.5020 1.0000 0.0000\n"));
    assert_non_null(strstr(text, "\nf 1//5 2//5 3//5 4//5\n"));
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void raw_and_merged_counts(void **state)
{
    (void)state;
    struct gox_format_options opts;
    struct gox_format_report report;
    struct gox_buf buf;
    struct gox_image *img = cube_image(5, UINT32_MAX);
    gox_format_options_init(&opts);
    opts.faces = GOX_FACES_RAW;
    write_text(img, &opts, &buf, &report);
    assert_int_equal(report.faces, 150);
    size_t vertices = 0;
    for (const char *at = (const char *)buf.data;
            (at = strstr(at, "\nv ")) != NULL; at++)
        vertices++;
    assert_int_equal(vertices, 6 * 6 * 6 - 4 * 4 * 4);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

/* Writes, voxelises and compares with the surface. */
static void check_round_trip(
        const gox_volume *vol, bool has_sidecars, enum gox_faces faces)
{
    struct model_sidecars side = {.count = 0};
    struct gox_format_options opts;
    struct gox_buf buf;
    struct gox_error err;
    struct gox_image *img = gox_image_new(), *back = NULL;
    assert_int_equal(gox_volume_assign(img->layers[0]->volume, vol), 0);
    gox_format_options_init(&opts);
    opts.faces = faces;
    if (has_sidecars) {
        opts.open_sidecar = model_open_sidecar;
        opts.sidecar_ctx = &side;
        opts.open_aux = model_open_aux;
        opts.aux_ctx = &side;
    }
    write_text(img, &opts, &buf, NULL);
    assert_int_equal(
            model_read(&back, NULL, buf.data, buf.len, &opts, NULL, &err), 0);
    model_assert_surface(vol, back->layers[0]->volume);
    gox_image_free(back);
    gox_image_free(img);
    gox_buf_fini(&buf);
    model_sidecars_fini(&side);
}

static void round_trip_gives_the_surface(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        gox_volume *vol = gox_volume_new();
        bool has_sidecars = i % 2 == 0;
        model_cloud(vol, gox_pos_make(-17, 3, -40), 24, 10 + 15 * i, 300,
                has_sidecars ? 150 : 0, i + 100);
        check_round_trip(vol, has_sidecars,
                i % 3 == 0 ? GOX_FACES_RAW : GOX_FACES_MERGED);
        gox_volume_free(vol);
    }
    gox_volume *vol = gox_volume_new();
    model_fill(vol, model_box(-7, -8, 9, 30, 20, 29), UINT32_C(0xff112233));
    check_round_trip(vol, true, GOX_FACES_MERGED);
    gox_volume_free(vol);
}

static void empty_model_comes_back(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_format_report report;
    struct gox_buf buf;
    write_text(img, NULL, &buf, &report);
    assert_int_equal(report.faces, 0);
    struct gox_image *back;
    struct gox_error err;
    assert_int_equal(
            model_read(&back, "obj", buf.data, buf.len, NULL, NULL, &err), 0);
    assert_true(gox_volume_is_empty(back->layers[0]->volume));
    gox_image_free(back);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

/* ---- reading what others write ---- */

static void text_of_others_is_read(void **state)
{
    (void)state;
    static const char mtl[] = "# c\r\nnewmtl my red\r\nKd 1 0 0\r\nd 0.5\r\n"
                              "newmtl g\nKd 0 1 0\nTr 0\nmap_Kd -s 1 1 1 "
                              "none.png\n";
    static const char obj[] = "# made by hand\r\n"
                              "mtllib the mats.mtl\r\n"
                              "v 0 0 0\r\nv 4 0 0 1.0\r\nv 4 0 -4\r\nv 0 0 -4\n"
                              "vt 0 0\nvn 0 1 0\ng group\ns off\n"
                              "usemtl my red\n"
                              "f 1/1/1 2/1/1 \\\n  3/1/1 4/1/1\n"
                              "v 4 -0.0e0 0\nv 8. 0 0\nv .8e1 0 -4\n"
                              "v +4 0 -4\n"
                              "usemtl g\nf -4 -3 -2 -1 # quad\nl 1 2\n";
    struct model_sidecars side = {.count = 1};
    struct gox_format_options opts;
    struct gox_format_report report;
    struct gox_error err;
    struct gox_image *img;
    strcpy(side.files[0].name, "the mats.mtl");
    gox_buf_init(&side.files[0].content, 0);
    gox_buf_put(&side.files[0].content, mtl, sizeof(mtl) - 1);
    gox_format_options_init(&opts);
    opts.open_aux = model_open_aux;
    opts.aux_ctx = &side;
    assert_int_equal(
            model_read(&img, NULL, obj, sizeof(obj) - 1, &opts, &report, &err),
            0);
    /* y up becomes z up; the face looks up, so the voxels are below it. */
    const gox_volume *vol = img->layers[0]->volume;
    assert_int_equal(gox_volume_solid(vol), 32);
    for (int i = 0; i < 32; i++)
        assert_int_equal(gox_volume_get(vol, gox_pos_make(i % 8, i / 8, -1)),
                i % 8 < 4 ? UINT32_C(0x800000ff) : UINT32_C(0xff00ff00));
    assert_non_null(strstr(report.note, "none.png"));
    gox_image_free(img);
    model_sidecars_fini(&side);
}

static void bad_text_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        int offset;
    } cases[] = {
            {"hello\n", "no vertex", 0},
            {"", "no vertex", 0},
            {"v 1 2\n", "line 1: a vertex needs three", -1},
            {"v 1 2 x\n", "line 1: a vertex needs three", -1},
            {"v 1 2 3\nf 1 1 2\n", "line 2: a face uses a vertex", -1},
            {"v 1 2 3\nf 1 1 0\n", "line 2: a face uses a vertex", -1},
            {"v 1 2 3\nf 1 1 -2\n", "line 2: a face uses a vertex", -1},
            {"v 1 2 3\nf 1/1 1/1 1/1\n", "line 2: a face uses a texel", -1},
            {"v 1 2 3\nf 1 1\n", "line 2: a face needs three", -1},
            {"v 1 2 3\nf a b c\n", "line 2: a face has something", -1},
            {"v 1 2 3\nvt\n", "line 2: a texel", -1},
            {"v 1 2 1e999\n", "line 1: a vertex needs three", -1},
            {"v 1 2 3\nf 99999999999999999999 1 1\n", "line 2: a face has", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gox_image *img;
        struct gox_error err;
        assert_int_equal(model_read(&img, "obj", cases[i].text,
                                 strlen(cases[i].text), NULL, NULL, &err),
                GOX_ERR_FORMAT);
        assert_non_null(strstr(err.text, cases[i].message));
        assert_true(cases[i].offset < 0 ? err.offset >= 0 : err.offset == 0);
        assert_null(img);
    }
}

static void content_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_obj;
    } cases[] = {{"# x\n\nmtllib a\nv 1 2 3\n", true}, {"v 1 2 3\n", true},
            {"v a\n", false}, {"vertex 1 2\n", false},
            {"1 2 3 ffffff\n", false}, {"", false}, {"o a\ng b\n", false}};
    const struct gox_format *obj = gox_format_find("obj", 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(gox_format_detect((const uint8_t *)cases[i].text,
                                 strlen(cases[i].text), NULL) == obj,
                cases[i].is_obj);
}

/* ---- failures ---- */

static struct gox_output *open_nothing(
        void *ctx, const char *name, struct gox_error *err)
{
    (void)ctx;
    gox_error_set(err, GOX_ERR_FORBIDDEN, "%s may not be written", name);
    return NULL;
}

static void failing_sidecar_fails_the_export(void **state)
{
    (void)state;
    struct gox_format_options opts;
    struct gox_error err;
    struct gox_buf buf;
    struct gox_image *img = cube_image(3, UINT32_MAX);
    gox_format_options_init(&opts);
    opts.open_sidecar = open_nothing;
    assert_int_equal(model_write(img, "obj", &opts, &buf, NULL, NULL, &err),
            GOX_ERR_FORBIDDEN);
    assert_int_equal(buf.len, 0); /* not committed */
    opts.open_sidecar = NULL;
    opts.scale = -1;
    gox_buf_fini(&buf);
    assert_int_equal(model_write(img, "obj", &opts, &buf, NULL, NULL, &err),
            GOX_ERR_RANGE);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static int write_once(void *ctx)
{
    struct model_sidecars side = {.count = 0};
    struct gox_format_options opts;
    struct gox_error err;
    struct gox_buf buf;
    gox_format_options_init(&opts);
    opts.open_sidecar = model_open_sidecar;
    opts.sidecar_ctx = &side;
    int rc = model_write(ctx, "obj", &opts, &buf, NULL, NULL, &err);
    gox_buf_fini(&buf);
    model_sidecars_fini(&side);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct gox_image *img = model_new_cloud();
    struct gox_buf buf;
    model_fail_each(write_once, img);
    write_text(img, NULL, &buf, NULL);
    model_fail_each_read("obj", &buf);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(cube_is_this_text),
            cmocka_unit_test(colours_go_to_vertices_without_files_beside),
            cmocka_unit_test(raw_and_merged_counts),
            cmocka_unit_test(round_trip_gives_the_surface),
            cmocka_unit_test(empty_model_comes_back),
            cmocka_unit_test(text_of_others_is_read),
            cmocka_unit_test(bad_text_says_where),
            cmocka_unit_test(content_is_recognised),
            cmocka_unit_test(failing_sidecar_fails_the_export),
            cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
