/* SPDX-License-Identifier: Apache-2.0
 * The table of formats: what it promises, finding by name, path and content,
 * and the doors to paths. */
#include "format/format_test.h"
#include "format/png.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void test_rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < gox_format_count; i++) {
        const struct gox_format *f = gox_formats[i];
        assert_true(f->name[0] != '\0' && f->title[0] != '\0');
        assert_non_null(f->mime);
        assert_non_null(f->extensions[0]);
        assert_null(f->extensions[4]);
        assert_true(f->read != NULL || f->write != NULL);
        assert_int_equal(f->read != NULL, f->probe != NULL);
        assert_ptr_equal(gox_format_find(f->name, strlen(f->name)), f);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(f->name, gox_formats[k]->name);
        for (size_t k = 0; f->extensions[k] != NULL; k++)
            assert_non_null(gox_format_find(
                    f->extensions[k], strlen(f->extensions[k])));
    }
}

static void test_finding_by_name(void **state)
{
    (void)state;
    const struct gox_format *vox = gox_format_find("vox", 3);
    assert_non_null(vox);
    assert_ptr_equal(gox_format_find(".VoX", 4), vox);
    assert_ptr_equal(gox_format_find("voxel", 3), vox);
    assert_null(gox_format_find("voxel", 5));
    assert_null(gox_format_find("vo", 2));
    assert_null(gox_format_find("", 0));
    assert_null(gox_format_find(".", 1));
}

static void test_finding_by_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name;
    } cases[] = {{"a.vox", "vox"}, {"/x.y/B.VOX", "vox"}, {"a.gox", "gox"},
            {"a.b.txt", "txt"}, {"a.vox.gox", "gox"}, {"vox", NULL},
            {".vox", NULL}, {"a/.vox", NULL}, {"a.vox/b", NULL}, {"a.", NULL},
            {"", NULL}, {"a.vox ", NULL}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct gox_format *f = gox_format_find_path(cases[i].path);
        assert_ptr_equal(
                f, cases[i].name != NULL ? ft_format(cases[i].name) : NULL);
    }
}

static void test_content_beats_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
        const char *hint, *name;
    } cases[] = {{"GOX \2\0\0\0", 8, "a.vox", "gox"},
            {"VOX \226\0\0\0", 8, "a.gox", "vox"},
            {"# x\n1 2 3 ffffff\n", 17, "a.vox", "txt"},
            {"# only a comment\n", 17, "a.txt", "txt"}, {"", 0, "a.txt", NULL},
            {"hello", 5, "a.vox", NULL},
            {"\0\0\0\0\0\0\0\0\0\0\0\0", 12, NULL, NULL}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct gox_format *f = gox_format_detect(
                (const uint8_t *)cases[i].data, cases[i].len, cases[i].hint);
        assert_ptr_equal(
                f, cases[i].name != NULL ? ft_format(cases[i].name) : NULL);
    }
}

static void expect_read_error(const char *data, size_t len, const char *hint,
        int code, const char *text)
{
    struct gox_image *img = NULL;
    struct gox_error err;
    assert_int_equal(gox_format_read(&img, NULL, (const uint8_t *)data, len,
                             hint, NULL, NULL, NULL, &err),
            code);
    assert_null(img);
    if (strstr(err.text, text) == NULL)
        fail_msg("%s", err.text);
}

static void test_what_nobody_knows(void **state)
{
    (void)state;
    expect_read_error("", 0, "a.gox", GOX_ERR_UNSUPPORTED, "empty");
    expect_read_error("he\x01\\llo", 7, NULL, GOX_ERR_UNSUPPORTED,
            "begins with \"he\\x01\\x5cllo\"");
    /* The name says what it should be: that reader explains. */
    expect_read_error("hello", 5, "a.gox", GOX_ERR_FORMAT,
            "gox: byte 0: expected the magic number");
    expect_read_error("hello", 5, "a.doc", GOX_ERR_UNSUPPORTED, "hello");
}

static void test_formats_that_go_one_way(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_error err;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    struct gox_output *out = gox_output_open_memory(&buf, &err);
    assert_int_equal(gox_format_write(img, ft_format("slab6"), out, NULL, NULL,
                             NULL, &err),
            GOX_ERR_UNSUPPORTED);
    assert_string_equal(err.text, "SLAB6 files can be read but not written");
    gox_output_close(out);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

/* ---- paths ---- */

static void write_bytes(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void test_save_and_load(void **state)
{
    (void)state;
    char dir[64], path[100];
    gox_test_dir(dir);
    struct gox_image *img = gox_image_new(), *back = NULL;
    ft_paint(img->layers[0]->volume, 1);
    snprintf(path, sizeof(path), "%s/m.gox", dir);
    struct gox_error err;
    uint64_t bytes = 0;
    if (gox_format_save_path(img, path, NULL, NULL, NULL, NULL, &bytes, &err) <
            0)
        fail_msg("%s", err.text);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, bytes);
    if (gox_format_load_path(&back, path, NULL, NULL, NULL, &err) < 0)
        fail_msg("%s", err.text);
    ft_assert_same(img, back);
    gox_image_free(back);
    gox_image_free(img);
    gox_test_dir_remove(dir);
}

static void test_errors_name_the_path(void **state)
{
    (void)state;
    char dir[64], path[100];
    gox_test_dir(dir);
    struct gox_image *img = gox_image_new(), *back = NULL;
    struct gox_error err;
    snprintf(path, sizeof(path), "%s/m.nothing", dir);
    assert_int_equal(
            gox_format_save_path(img, path, NULL, NULL, NULL, NULL, NULL, &err),
            GOX_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(access(path, F_OK), -1);
    snprintf(path, sizeof(path), "%s/none/m.gox", dir);
    assert_true(gox_format_save_path(
                        img, path, NULL, NULL, NULL, NULL, NULL, &err) < 0);
    assert_non_null(strstr(err.text, path));
    assert_true(gox_format_load_path(&back, path, NULL, NULL, NULL, &err) < 0);
    assert_non_null(strstr(err.text, path));
    snprintf(path, sizeof(path), "%s/bad.txt", dir);
    write_bytes(path, "1 2\n", 4);
    assert_int_equal(gox_format_load_path(&back, path, NULL, NULL, NULL, &err),
            GOX_ERR_FORMAT);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "line 1"));
    assert_null(back);
    gox_image_free(img);
    gox_test_dir_remove(dir);
}

/* A failed export leaves what was there. */
static void test_a_failed_save_changes_nothing(void **state)
{
    (void)state;
    char dir[64], path[100];
    gox_test_dir(dir);
    snprintf(path, sizeof(path), "%s/m.txt", dir);
    write_bytes(path, "precious", 8);
    struct gox_image *img = gox_image_new();
    ft_paint(img->layers[0]->volume, 1);
    struct gox_task task;
    struct gox_error err;
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(gox_format_save_path(
                             img, path, NULL, NULL, NULL, &task, NULL, &err),
            GOX_ERR_CANCELLED);
    struct gox_input in;
    assert_int_equal(gox_input_read_file(&in, path, 0, NULL), 0);
    assert_int_equal(in.len, 8);
    assert_memory_equal(in.data, "precious", 8);
    gox_input_fini(&in);
    gox_image_free(img);
    gox_test_dir_remove(dir);
}

static void load_with_picture(const char *dir, const char *picture, bool good)
{
    char path[100];
    struct gox_error err;
    struct gox_image *img = gox_image_new(), *back = NULL;
    struct gox_layer *plane = gox_image_add_layer(img, "plane");
    plane->kind = GOX_LAYER_IMAGE;
    plane->image_path = strdup(picture);
    snprintf(path, sizeof(path), "%s/m.gox", dir);
    assert_int_equal(
            gox_format_save_path(img, path, NULL, NULL, NULL, NULL, NULL, NULL),
            0);
    int rc = gox_format_load_path(&back, path, NULL, NULL, NULL, &err);
    if ((rc == 0) != good)
        fail_msg("%s: %d %s", picture, rc, err.text);
    gox_image_free(back);
    gox_image_free(img);
}

static void test_pictures_beside_the_model(void **state)
{
    (void)state;
    char dir[64], path[100];
    gox_test_dir(dir);
    struct gox_buf png;
    gox_buf_init(&png, 0);
    assert_int_equal(
            gox_png_write(&png, &(gox_rgba){0xff00ff00}, 1, 1, 6, true, NULL),
            0);
    snprintf(path, sizeof(path), "%s/sub", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/sub/in.png", dir);
    write_bytes(path, png.data, png.len);
    load_with_picture(dir, path, true); /* absolute, as the editor writes it */
    snprintf(path, sizeof(path), "%s/p.png", dir);
    write_bytes(path, png.data, png.len);
    load_with_picture(dir, "p.png", true);
    load_with_picture(dir, "sub/in.png", true);
    load_with_picture(dir, "/elsewhere/p.png", true); /* moved with the model */
    load_with_picture(dir, "../p.png", true);         /* never upwards */
    load_with_picture(dir, "../none.png", false);
    load_with_picture(dir, "none.png", false);
    load_with_picture(dir, "sub", false);
    gox_buf_fini(&png);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_rows_are_complete),
            cmocka_unit_test(test_finding_by_name),
            cmocka_unit_test(test_finding_by_path),
            cmocka_unit_test(test_content_beats_the_name),
            cmocka_unit_test(test_what_nobody_knows),
            cmocka_unit_test(test_formats_that_go_one_way),
            cmocka_unit_test(test_save_and_load),
            cmocka_unit_test(test_errors_name_the_path),
            cmocka_unit_test(test_a_failed_save_changes_nothing),
            cmocka_unit_test(test_pictures_beside_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
