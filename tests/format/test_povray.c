/* SPDX-License-Identifier: Apache-2.0
 * POV-Ray scenes: the text of a small one, lists whose lengths are true, the
 * camera and the sun, and names that could end a comment. */
#include "model_test.h"

static const char *write_pov(const struct gox_image *img, struct gox_buf *buf,
        struct gox_format_report *report)
{
    struct gox_error err;
    assert_int_equal(model_write(img, "pov", NULL, buf, report, NULL, &err), 0);
    const char *text = gox_buf_text(buf);
    assert_non_null(text);
    return text;
}

static void cube_is_this_text(void **state)
{
    (void)state;
    static const char mesh[] = "mesh2 {\nvertex_vectors{8\n"
                               ",<0,0,0>\n,<0,20,0>\n,<20,20,0>\n,<20,0,0>\n"
                               ",<0,0,20>\n,<20,0,20>\n,<20,20,20>\n"
                               ",<0,20,20>\n}\n"
                               "texture_list{1\n"
                               ",texture{pigment{color srgbt<1,0,0.2,0>}}\n}\n"
                               "face_indices{12\n"
                               ",<0,1,2>,0,<0,2,3>,0\n";
    struct gox_image *img = gox_image_new();
    struct gox_format_report report;
    struct gox_buf buf;
    model_fill(img->layers[0]->volume, model_box(0, 0, 0, 20, 20, 20),
            UINT32_C(0xff3300ff));
    const char *text = write_pov(img, &buf, &report);
    assert_int_equal(report.faces, 12);
    assert_non_null(strstr(text, "#version 3.7;\n"));
    assert_non_null(strstr(text, "  look_at <10,10,10>\n"));
    assert_non_null(strstr(text, "light_source {"));
    const char *at = strstr(text, "mesh2");
    assert_non_null(at);
    assert_memory_equal(at, mesh, sizeof(mesh) - 1);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static size_t count_lines(const char *from, const char *start)
{
    size_t n = 0, len = strlen(start);
    for (; *from != '}'; from = strchr(from, '\n') + 1)
        n += strncmp(from, start, len) == 0;
    return n;
}

static void lists_are_as_long_as_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *list, *item;
        size_t per_item;
    } lists[] = {{"vertex_vectors{", ",<", 1}, {"texture_list{", ",t", 1},
            {"face_indices{", ",<", 2}};
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    gox_volume *second = gox_image_add_layer(img, "two")->volume;
    model_cloud(
            img->layers[0]->volume, gox_pos_make(0, 0, 0), 10, 40, 50, 200, 1);
    model_cloud(second, gox_pos_make(5, 0, 0), 10, 40, 90, 0, 2);
    const char *text = write_pov(img, &buf, NULL);
    for (size_t i = 0; i < 3; i++) {
        size_t found = 0;
        size_t len = strlen(lists[i].list);
        for (const char *at = text; (at = strstr(at, lists[i].list)) != NULL;
                at += len, found++) {
            size_t says = strtoul(at + len, NULL, 10);
            assert_true(says > 0);
            assert_int_equal(says,
                    lists[i].per_item *
                            count_lines(strchr(at, '\n') + 1, lists[i].item));
        }
        assert_int_equal(found, 2);
    }
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void camera_is_the_active_one(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    struct gox_camera cam = {
            .name = "c", .distance = 50, .mat = gox_mat4_identity()};
    cam.mat.m[12] = 7;
    cam.mat.m[14] = 30;
    assert_int_equal(gox_image_add_camera(img, &cam), 0);
    img->active_camera = 0;
    model_fill(img->layers[0]->volume, model_box(0, 0, 0, 2, 2, 2), UINT32_MAX);
    const char *text = write_pov(img, &buf, NULL);
    assert_non_null(strstr(text, "  location <7,0,30>\n  sky <0,1,0>\n"));
    assert_non_null(strstr(text, "  look_at <7,0,-20>\n"));
    assert_null(strstr(text, "orthographic"));
    gox_buf_fini(&buf);
    img->cameras[0].is_ortho = true;
    text = write_pov(img, &buf, NULL);
    assert_non_null(strstr(text, "orthographic"));
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void names_stay_in_their_comment(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    struct gox_layer *layer = gox_image_add_layer(img, "evil\n#include \"x\"");
    struct gox_layer *hidden = gox_image_add_layer(img, "unseen");
    model_fill(layer->volume, model_box(0, 0, 0, 2, 2, 2), UINT32_MAX);
    model_fill(hidden->volume, model_box(0, 0, 0, 2, 2, 2), UINT32_MAX);
    hidden->is_visible = false;
    const char *text = write_pov(img, &buf, NULL);
    assert_non_null(strstr(text, "\n// evil #include \"x\"\n"));
    assert_null(strstr(text, "unseen"));
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void empty_model_is_a_scene(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_buf buf;
    assert_null(strstr(write_pov(img, &buf, NULL), "mesh2"));
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct gox_image *img = model_new_cloud();
    model_fail_each_write("pov", img);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(cube_is_this_text),
            cmocka_unit_test(lists_are_as_long_as_they_say),
            cmocka_unit_test(camera_is_the_active_one),
            cmocka_unit_test(names_stay_in_their_comment),
            cmocka_unit_test(empty_model_is_a_scene),
            cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
