/* SPDX-License-Identifier: Apache-2.0
 * glTF: the structure of .gltf and .glb, that their data is the surface of the
 * model, materials and overlapping layers. What the Khronos validator checks is
 * in gltf_validate.sh. */
#include "format/png.h"
#include "model_test.h"

#include <jansson.h>
#include <math.h>

/* A file taken apart. */
struct parsed {
    json_t *root;
    uint8_t *data;
    size_t len;
};

static void parsed_fini(struct parsed *p)
{
    json_decref(p->root);
    free(p->data);
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static json_t *load_json(const void *text, size_t len)
{
    json_error_t why;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL)
        fail_msg("JSON: %s", why.text);
    return root;
}

static void parse_glb(struct parsed *p, const struct gox_buf *buf)
{
    assert_memory_equal(buf->data, "glTF\2\0\0\0", 8);
    assert_int_equal(get_u32(buf->data + 8), buf->len);
    size_t json_len = get_u32(buf->data + 12);
    assert_memory_equal(buf->data + 16, "JSON", 4);
    assert_int_equal(json_len % 4, 0);
    p->root = load_json(buf->data + 20, json_len);
    const uint8_t *bin = buf->data + 20 + json_len;
    assert_memory_equal(bin + 4, "BIN\0", 4);
    p->len = get_u32(bin);
    assert_int_equal(20 + json_len + 8 + p->len, buf->len);
    p->data = malloc(p->len);
    assert_non_null(p->data);
    memcpy(p->data, bin + 8, p->len);
}

static unsigned base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    assert_non_null(at);
    return (unsigned)(at - digits);
}

static const json_t *at(const json_t *root, const char *list, size_t i)
{
    const json_t *item = json_array_get(json_object_get(root, list), i);
    assert_non_null(item);
    return item;
}

static size_t number(const json_t *object, const char *key)
{
    return (size_t)json_integer_value(json_object_get(object, key));
}

static void parse_gltf(struct parsed *p, const struct gox_buf *buf)
{
    static const char start[] = "data:application/octet-stream;base64,";
    p->root = load_json(buf->data, buf->len);
    const json_t *buffer = at(p->root, "buffers", 0);
    const char *uri = json_string_value(json_object_get(buffer, "uri"));
    assert_non_null(uri);
    assert_memory_equal(uri, start, sizeof(start) - 1);
    uri += sizeof(start) - 1;
    size_t len = strlen(uri);
    assert_int_equal(len % 4, 0);
    p->data = malloc(len);
    assert_non_null(p->data);
    p->len = 0;
    for (size_t i = 0; i < len; i += 4) {
        unsigned n = uri[i + 2] == '=' ? 1 : uri[i + 3] == '=' ? 2 : 3;
        unsigned v = base64_digit(uri[i]) << 18 | base64_digit(uri[i + 1])
                                                          << 12;
        v |= n > 1 ? base64_digit(uri[i + 2]) << 6 : 0;
        v |= n > 2 ? base64_digit(uri[i + 3]) : 0;
        for (unsigned k = 0; k < n; k++)
            p->data[p->len++] = (uint8_t)(v >> (16 - 8 * k));
    }
    assert_int_equal(number(buffer, "byteLength"), p->len);
}

static void write_parsed(const struct gox_image *img, const char *format,
        const struct gox_format_options *opts, struct parsed *p,
        struct gox_format_report *report)
{
    struct gox_buf buf;
    struct gox_error err;
    assert_int_equal(
            model_write(img, format, opts, &buf, report, NULL, &err), 0);
    if (strcmp(format, "glb") == 0)
        parse_glb(p, &buf);
    else
        parse_gltf(p, &buf);
    gox_buf_fini(&buf);
}

/* The bytes of an accessor's first element and the step to the next. */
static const uint8_t *elements(
        const struct parsed *p, size_t accessor, size_t size, size_t *step)
{
    const json_t *a = at(p->root, "accessors", accessor);
    const json_t *view = at(p->root, "bufferViews", number(a, "bufferView"));
    size_t first = number(view, "byteOffset") + number(a, "byteOffset");
    *step = number(view, "byteStride");
    if (*step == 0)
        *step = size;
    assert_true(first + *step * (number(a, "count") - 1) + size <= p->len);
    return p->data + first;
}

struct corner {
    float pos[3], normal[3];
    gox_rgba color;
};

static struct corner read_corner(const struct parsed *p,
        const json_t *primitive, const struct gox_pixels *picture, size_t i)
{
    const json_t *attributes = json_object_get(primitive, "attributes");
    struct corner c;
    uint16_t uv[2];
    size_t step;
    const uint8_t *from =
            elements(p, number(attributes, "POSITION"), 12, &step);
    memcpy(c.pos, from + i * step, 12);
    from = elements(p, number(attributes, "NORMAL"), 12, &step);
    memcpy(c.normal, from + i * step, 12);
    from = elements(p, number(attributes, "TEXCOORD_0"), 4, &step);
    memcpy(uv, from + i * step, 4);
    double x = uv[0] / 65535.0 * picture->width;
    double y = uv[1] / 65535.0 * picture->height;
    /* The middle of a texel, so that filters change nothing. */
    assert_true(fabs(x - floor(x) - 0.5) < 0.1);
    assert_true(fabs(y - floor(y) - 0.5) < 0.1);
    c.color = picture->data[(int)y * picture->width + (int)x];
    return c;
}

static size_t read_index(
        const struct parsed *p, const json_t *primitive, size_t i)
{
    size_t accessor = number(primitive, "indices"), step;
    bool is_wide =
            number(at(p->root, "accessors", accessor), "componentType") == 5125;
    const uint8_t *from = elements(p, accessor, is_wide ? 4 : 2, &step);
    from += i * step;
    return is_wide ? get_u32(from) : (size_t)from[0] | (size_t)from[1] << 8;
}

/* Area of a primitive; checks that each triangle faces along its normal and
 * lies on a face of a voxel of its colour (y up turned back to z up). */
static double check_primitive(const struct parsed *p, const json_t *primitive,
        const struct gox_pixels *picture, const gox_volume *vol)
{
    size_t count = number(
            at(p->root, "accessors", number(primitive, "indices")), "count");
    double area = 0;
    assert_int_equal(count % 3, 0);
    for (size_t i = 0; i < count; i += 3) {
        struct corner c[3];
        double n[3], size = 0;
        for (size_t k = 0; k < 3; k++)
            c[k] = read_corner(
                    p, primitive, picture, read_index(p, primitive, i + k));
        for (int k = 0; k < 3; k++) {
            int u = (k + 1) % 3, v = (k + 2) % 3;
            n[k] = (double)(c[1].pos[u] - c[0].pos[u]) *
                           (double)(c[2].pos[v] - c[0].pos[v]) -
                   (double)(c[1].pos[v] - c[0].pos[v]) *
                           (double)(c[2].pos[u] - c[0].pos[u]);
            size += fabs(n[k]);
        }
        area += size / 2;
        double inside[3];
        for (int k = 0; k < 3; k++) {
            assert_true(n[k] == (double)c[0].normal[k] * size);
            double middle = (double)c[0].pos[k] + (double)c[1].pos[k] +
                            (double)c[2].pos[k];
            inside[k] = middle / 3 - 0.5 * (double)c[0].normal[k];
        }
        struct gox_pos pos = {(int)floor(inside[0]), (int)floor(-inside[2]),
                (int)floor(inside[1])};
        assert_int_equal(gox_volume_get(vol, pos), c[0].color);
    }
    return area;
}

static void read_palette(const struct parsed *p, struct gox_pixels *picture)
{
    struct gox_error err;
    const json_t *view = at(p->root, "bufferViews",
            number(at(p->root, "images", 0), "bufferView"));
    assert_int_equal(gox_png_read(picture, p->data + number(view, "byteOffset"),
                             number(view, "byteLength"), 4096, &err),
            0);
}

static void data_is_the_surface(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        struct gox_image *img = gox_image_new();
        gox_volume *vol = img->layers[0]->volume;
        struct gox_format_options opts;
        struct gox_pixels picture;
        struct parsed p;
        gox_format_options_init(&opts);
        opts.faces = i < 2 ? GOX_FACES_MERGED : GOX_FACES_RAW;
        opts.has_up = true; /* glTF is y up whatever is asked for */
        opts.up = GOX_UP_Z;
        /* The last has more vertices than 16 bits count. */
        model_cloud(
                vol, gox_pos_make(-11, 5, -3), i == 3 ? 30 : 14, 40, 700, 0, i);
        write_parsed(img, i % 2 == 0 ? "glb" : "gltf", &opts, &p, NULL);
        read_palette(&p, &picture);
        const json_t *list =
                json_object_get(at(p.root, "meshes", 0), "primitives");
        assert_int_equal(json_array_size(list), 1);
        double area =
                check_primitive(&p, json_array_get(list, 0), &picture, vol);
        assert_int_equal((uint64_t)area, model_count_faces(vol));
        gox_pixels_fini(&picture);
        parsed_fini(&p);
        gox_image_free(img);
    }
}

static void both_hold_the_same_bytes(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct parsed a, b;
    for (int i = 0; i < 3; i++) { /* all remainders of base64 */
        model_cloud(img->layers[0]->volume, gox_pos_make(20 * i, 0, 0), 5 + i,
                50, 9000, 0, 7);
        write_parsed(img, "glb", NULL, &a, NULL);
        write_parsed(img, "gltf", NULL, &b, NULL);
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        parsed_fini(&a);
        parsed_fini(&b);
    }
    gox_image_free(img);
}

static struct gox_layer *add_box(struct gox_image *img, const char *name,
        struct gox_bbox box, gox_rgba color)
{
    struct gox_layer *layer = gox_image_add_layer(img, name);
    assert_non_null(layer);
    model_fill(layer->volume, box, color);
    return layer;
}

static const char *name_of(const struct parsed *p, const char *list, size_t i)
{
    return json_string_value(json_object_get(at(p->root, list, i), "name"));
}

static void layers_are_nodes(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_format_options opts;
    struct gox_format_report report;
    struct parsed p;
    gox_format_options_init(&opts);
    add_box(img, "a \"quoted\" \\ na\nme", model_box(0, 0, 0, 4, 4, 4),
            UINT32_C(0xff0000ff));
    add_box(img, "hidden", model_box(9, 0, 0, 10, 1, 1), UINT32_MAX)
            ->is_visible = false;
    add_box(img, "bad \xff utf\xc3", model_box(20, 0, 0, 24, 4, 4),
            UINT32_C(0xff00ff00));
    write_parsed(img, "glb", &opts, &p, &report);
    assert_int_equal(json_array_size(json_object_get(p.root, "nodes")), 2);
    assert_string_equal(name_of(&p, "nodes", 0), "a \"quoted\" \\ na\nme");
    assert_string_equal(
            name_of(&p, "meshes", 1), "bad \xef\xbf\xbd utf\xef\xbf\xbd");
    assert_int_equal(report.models, 2);
    assert_int_equal(report.faces, 24);
    assert_int_equal(report.voxels, 128);
    assert_int_equal(report.colors, 2);
    parsed_fini(&p);
    opts.keep_hidden = true;
    write_parsed(img, "gltf", &opts, &p, &report);
    assert_int_equal(json_array_size(json_object_get(p.root, "nodes")), 3);
    assert_true(json_is_true(json_object_get(
            json_object_get(at(p.root, "nodes", 1), "extras"), "hidden")));
    parsed_fini(&p);
    gox_image_free(img);
}

/* The upper layer hides what is under it, so no two faces lie in one place. */
static void overlaps_are_left_out(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_format_report report;
    struct gox_error err;
    struct gox_buf buf;
    add_box(img, "low", model_box(0, 0, 0, 4, 4, 4), UINT32_C(0xff0000ff));
    add_box(img, "same", model_box(0, 0, 0, 2, 4, 4), UINT32_C(0xff00ff00));
    struct gox_layer *top = add_box(
            img, "top", model_box(0, 0, 0, 1, 4, 4), UINT32_C(0xffff0000));
    assert_int_equal(
            model_write(img, "glb", NULL, &buf, &report, NULL, &err), 0);
    assert_int_equal(report.voxels, 64);
    assert_int_equal(report.models, 3);
    gox_buf_fini(&buf);
    /* Through a translucent layer one sees what is under it. */
    top->opacity = 100;
    assert_int_equal(
            model_write(img, "glb", NULL, &buf, &report, NULL, &err), 0);
    assert_int_equal(report.voxels, 64 + 16);
    gox_buf_fini(&buf);
    /* A layer that takes away is not a mesh of its own. */
    top->blend = GOX_BLEND_SUB;
    top->opacity = 255;
    assert_int_equal(
            model_write(img, "glb", NULL, &buf, &report, NULL, &err), 0);
    assert_int_equal(report.models, 1);
    assert_int_equal(report.voxels, 48);
    assert_non_null(strstr(report.note, "blend"));
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static double factor(const json_t *material, size_t i)
{
    const json_t *pbr = json_object_get(material, "pbrMetallicRoughness");
    return json_number_value(
            json_array_get(json_object_get(pbr, "baseColorFactor"), i));
}

static void materials_are_kept(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct parsed p;
    const struct gox_material lamp = {.name = "lamp",
            .color = {1, 0.5f, 0, 1},
            .metallic = 0.25f,
            .roughness = 0.75f,
            .emission = {4, 2, 0}};
    const struct gox_material glass = {
            .name = "glass", .color = {1, 1, 1, 0.25f}, .roughness = 2};
    assert_int_equal(gox_image_add_material(img, &lamp), 0);
    assert_int_equal(gox_image_add_material(img, &glass), 0);
    add_box(img, "a", model_box(0, 0, 0, 2, 2, 2), UINT32_MAX)->material = 0;
    add_box(img, "b", model_box(4, 0, 0, 6, 2, 2), UINT32_MAX)->material = 1;
    struct gox_layer *c =
            add_box(img, "c", model_box(8, 0, 0, 10, 2, 2), UINT32_MAX);
    c->material = 7; /* there is none */
    model_fill(c->volume, model_box(10, 0, 0, 11, 2, 2), UINT32_C(0x80ffffff));
    add_box(img, "d", model_box(14, 0, 0, 15, 2, 2), UINT32_MAX)->material = 0;
    write_parsed(img, "gltf", NULL, &p, NULL);
    assert_int_equal(json_array_size(json_object_get(p.root, "materials")), 4);
    const json_t *m = at(p.root, "materials", 0);
    assert_string_equal(name_of(&p, "materials", 0), "lamp");
    assert_null(json_object_get(m, "alphaMode"));
    assert_true(fabs(factor(m, 1) - 0.2140411) < 1e-5); /* sRGB 0.5 */
    assert_non_null(json_object_get(m, "extensions"));
    assert_int_equal(
            json_array_size(json_object_get(p.root, "extensionsUsed")), 1);
    m = at(p.root, "materials", 1);
    assert_string_equal(
            json_string_value(json_object_get(m, "alphaMode")), "BLEND");
    assert_true(factor(m, 3) == 0.25);
    /* Layer c is opaque and translucent, in two primitives of one mesh. */
    const json_t *list = json_object_get(at(p.root, "meshes", 2), "primitives");
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(number(json_array_get(list, 0), "material"), 2);
    assert_int_equal(number(json_array_get(list, 1), "material"), 3);
    list = json_object_get(at(p.root, "meshes", 3), "primitives");
    assert_int_equal(number(json_array_get(list, 0), "material"), 0);
    parsed_fini(&p);
    gox_image_free(img);
}

static void empty_model_is_a_scene(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_error err;
    struct gox_buf buf;
    assert_int_equal(model_write(img, "gltf", NULL, &buf, NULL, NULL, &err), 0);
    json_t *root = load_json(buf.data, buf.len);
    assert_null(json_object_get(root, "buffers"));
    json_decref(root);
    gox_buf_fini(&buf);
    assert_int_equal(model_write(img, "glb", NULL, &buf, NULL, NULL, &err), 0);
    assert_int_equal(get_u32(buf.data + 12) + 20, buf.len);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

static int write_glb_once(void *ctx)
{
    struct gox_error err;
    struct gox_buf buf;
    int rc = model_write(ctx, "glb", NULL, &buf, NULL, NULL, &err);
    gox_buf_fini(&buf);
    return rc;
}

static int write_gltf_once(void *ctx)
{
    struct gox_error err;
    struct gox_buf buf;
    int rc = model_write(ctx, "gltf", NULL, &buf, NULL, NULL, &err);
    gox_buf_fini(&buf);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    add_box(img, "a", model_box(0, 0, 0, 2, 2, 2), UINT32_MAX);
    add_box(img, "b", model_box(1, 0, 0, 3, 2, 2), UINT32_C(0x90ffffff));
    model_fail_each(write_glb_once, img);
    model_fail_each(write_gltf_once, img);
    gox_image_free(img);
}

static void cancel_is_heard(void **state)
{
    (void)state;
    struct gox_image *img = gox_image_new();
    struct gox_error err;
    struct gox_buf buf;
    struct gox_task task;
    gox_task_init(&task);
    gox_task_cancel(&task);
    add_box(img, "a", model_box(0, 0, 0, 2, 2, 2), UINT32_MAX);
    assert_int_equal(model_write(img, "glb", NULL, &buf, NULL, &task, &err),
            GOX_ERR_CANCELLED);
    assert_int_equal(buf.len, 0);
    gox_buf_fini(&buf);
    gox_image_free(img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(data_is_the_surface),
            cmocka_unit_test(both_hold_the_same_bytes),
            cmocka_unit_test(layers_are_nodes),
            cmocka_unit_test(overlaps_are_left_out),
            cmocka_unit_test(materials_are_kept),
            cmocka_unit_test(empty_model_is_a_scene),
            cmocka_unit_test(memory_may_run_out),
            cmocka_unit_test(cancel_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
