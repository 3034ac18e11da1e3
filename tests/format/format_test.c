/* SPDX-License-Identifier: Apache-2.0
 * What the tests of formats share. */
#include "format/format_test.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

const struct gox_format *ft_format(const char *name)
{
    const struct gox_format *f = gox_format_find(name, strlen(name));
    assert_non_null(f);
    return f;
}

static int read_with(struct gox_image **img, const char *format,
        const void *data, size_t len, struct gox_error *err)
{
    return gox_format_read(
            img, ft_format(format), data, len, NULL, NULL, NULL, NULL, err);
}

struct gox_image *ft_read(const char *format, const void *data, size_t len)
{
    struct gox_error err;
    struct gox_image *img = NULL;
    if (read_with(&img, format, data, len, &err) < 0)
        fail_msg("cannot read: %s", err.text);
    assert_true(gox_image_is_sane(img));
    return img;
}

void ft_expect_error(const char *format, const void *data, size_t len, int code,
        const char *text)
{
    struct gox_error err;
    struct gox_image *img = NULL;
    int rc = read_with(&img, format, data, len, &err);
    if (rc != code)
        fail_msg("expected %s (%s), got %s: %s", gox_error_name(code), text,
                gox_error_name(rc), rc < 0 ? err.text : "no error");
    assert_null(img);
    assert_int_equal(err.code, code);
    if (strstr(err.text, text) == NULL)
        fail_msg("expected \"%s\" in \"%s\"", text, err.text);
    assert_null(strchr(err.text, '\n'));
}

void ft_write(struct gox_buf *to, const struct gox_image *img,
        const char *format, struct gox_format_report *report)
{
    struct gox_error err;
    struct gox_format_options opts;
    gox_format_options_init(&opts);
    opts.keep_hidden = true;
    gox_buf_init(to, 0);
    struct gox_output *out = gox_output_open_memory(to, &err);
    assert_non_null(out);
    int rc = gox_format_write(
            img, ft_format(format), out, &opts, report, NULL, &err);
    if (rc < 0)
        fail_msg("cannot write %s: %s", format, err.text);
    gox_output_close(out);
}

static void assert_same_box(struct gox_bbox a, struct gox_bbox b)
{
    assert_memory_equal(&a, &b, sizeof(a));
}

static void assert_same_layer(
        const struct gox_layer *a, const struct gox_layer *b)
{
    assert_int_equal(a->id, b->id);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->is_visible, b->is_visible);
    assert_int_equal(a->is_locked, b->is_locked);
    assert_int_equal(a->opacity, b->opacity);
    assert_int_equal(a->blend, b->blend);
    assert_int_equal(a->has_box, b->has_box);
    if (a->has_box)
        assert_same_box(a->box, b->box);
    assert_int_equal(a->material, b->material);
    assert_memory_equal(a->mat.m, b->mat.m, sizeof(a->mat.m));
    if (a->kind == GOX_LAYER_CLONE)
        assert_int_equal(a->base_id, b->base_id);
    if (a->kind == GOX_LAYER_SHAPE) {
        assert_int_equal(a->shape, b->shape);
        assert_int_equal(a->shape_color, b->shape_color);
    }
    if (a->kind == GOX_LAYER_IMAGE)
        assert_string_equal(a->image_path, b->image_path);
    assert_true(gox_volume_equals(a->volume, b->volume));
}

void ft_assert_same(const struct gox_image *a, const struct gox_image *b)
{
    assert_int_equal(a->layer_count, b->layer_count);
    for (size_t i = 0; i < a->layer_count; i++)
        assert_same_layer(a->layers[i], b->layers[i]);
    assert_int_equal(a->has_box, b->has_box);
    if (a->has_box)
        assert_same_box(a->box, b->box);
    assert_int_equal(a->material_count, b->material_count);
    for (size_t i = 0; i < a->material_count; i++) {
        assert_string_equal(a->materials[i].name, b->materials[i].name);
        assert_memory_equal(a->materials[i].color, b->materials[i].color, 16);
        assert_true(a->materials[i].metallic == b->materials[i].metallic);
        assert_true(a->materials[i].roughness == b->materials[i].roughness);
        assert_memory_equal(
                a->materials[i].emission, b->materials[i].emission, 12);
    }
    assert_int_equal(a->camera_count, b->camera_count);
    assert_int_equal(a->active_camera, b->active_camera);
    for (size_t i = 0; i < a->camera_count; i++) {
        assert_string_equal(a->cameras[i].name, b->cameras[i].name);
        assert_int_equal(a->cameras[i].is_ortho, b->cameras[i].is_ortho);
        assert_true(a->cameras[i].distance == b->cameras[i].distance);
        assert_memory_equal(a->cameras[i].mat.m, b->cameras[i].mat.m, 64);
    }
    assert_int_equal(a->has_light, b->has_light);
    assert_true(a->light.pitch == b->light.pitch);
    assert_true(a->light.yaw == b->light.yaw);
    assert_true(a->light.intensity == b->light.intensity);
    assert_true(a->light.ambient == b->light.ambient);
    assert_true(a->light.shadow == b->light.shadow);
    assert_int_equal(a->light.is_fixed, b->light.is_fixed);
}

void ft_assert_same_voxels(const struct gox_image *a, const struct gox_image *b)
{
    gox_volume *x = NULL, *y = NULL;
    assert_int_equal(gox_image_composite(a, &x, NULL, NULL), 0);
    assert_int_equal(gox_image_composite(b, &y, NULL, NULL), 0);
    assert_int_equal(gox_volume_solid(x), gox_volume_solid(y));
    assert_true(gox_volume_equals(x, y));
    gox_volume_free(x);
    gox_volume_free(y);
}

static bool try_read(const char *format, const uint8_t *data, size_t len)
{
    struct gox_error err;
    struct gox_image *img = NULL;
    int rc = read_with(&img, format, data, len, &err);
    if (rc < 0) {
        assert_null(img);
        assert_int_equal(err.code, rc);
        assert_true(err.text[0] != '\0');
    } else {
        assert_true(gox_image_is_sane(img));
    }
    gox_image_free(img);
    return rc >= 0;
}

size_t ft_truncate_all(
        const char *format, const void *data, size_t len, size_t limit)
{
    size_t good = 0;
    for (size_t n = 0; n < len && n < limit; n++) {
        uint8_t *copy = malloc(n > 0 ? n : 1);
        assert_non_null(copy);
        if (n > 0)
            memcpy(copy, data, n);
        good += try_read(format, copy, n);
        free(copy);
    }
    return good;
}

void ft_flip_all(const char *format, const void *data, size_t len)
{
    static const uint8_t masks[] = {0x01, 0xff};
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < sizeof(masks); k++) {
            copy[i] ^= masks[k];
            (void)try_read(format, copy, len);
            copy[i] ^= masks[k];
        }
    free(copy);
}

/* More failing calls than any of these small inputs makes. */
#define MAX_ALLOCATIONS 20000

void ft_fail_allocations_reading(
        const char *format, const void *data, size_t len)
{
    int rc = GOX_ERR_NOMEM;
    for (uint64_t n = 1; rc < 0 && n < MAX_ALLOCATIONS; n++) {
        struct gox_error err;
        struct gox_image *img = NULL;
        gox_alloc_fail_at(n, false);
        rc = read_with(&img, format, data, len, &err);
        gox_alloc_fail_at(0, false);
        gox_image_free(img);
        if (rc < 0)
            assert_int_equal(rc, GOX_ERR_NOMEM);
    }
    assert_int_equal(rc, 0);
}

void ft_fail_allocations_writing(
        const char *format, const struct gox_image *img)
{
    int rc = GOX_ERR_NOMEM;
    for (uint64_t n = 1; rc < 0 && n < MAX_ALLOCATIONS; n++) {
        struct gox_error err;
        struct gox_buf buf;
        gox_buf_init(&buf, 0);
        struct gox_output *out = gox_output_open_memory(&buf, &err);
        assert_non_null(out);
        gox_alloc_fail_at(n, false);
        rc = gox_format_write(
                img, ft_format(format), out, NULL, NULL, NULL, &err);
        gox_alloc_fail_at(0, false);
        gox_output_close(out);
        gox_buf_fini(&buf);
        if (rc < 0)
            assert_int_equal(rc, GOX_ERR_NOMEM);
    }
    assert_int_equal(rc, 0);
}

void ft_paint(gox_volume *vol, int seed)
{
    for (int i = 0; i < 60; i++) {
        struct gox_pos p = {(i * 7 + seed) % 40 - 20, (i * 5) % 33 - 9,
                (i * 3 + seed) % 20};
        gox_rgba c = gox_rgba_make((uint8_t)(i * 40), (uint8_t)(seed * 17),
                (uint8_t)(255 - i), i % 5 == 0 ? 128 : 255);
        assert_int_equal(gox_volume_set(vol, p, c), 0);
    }
}
