/* SPDX-License-Identifier: Apache-2.0
 * Numbers, and the frame of an image (all but its voxels), as bytes.
 *
 * Signed numbers are folded (0, -1, 1, -2, ...) and written in groups of seven
 * bits, low first, so that small ones take one byte.
 *
 * Invariant: reading never trusts a count: each is checked against the bytes
 * that are left. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <string.h>

uint8_t *gox__write_varint(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

void gox__put_varint(struct gox_buf *buf, uint64_t value)
{
    uint8_t *at = gox_buf_reserve(buf, 10);

    if (at != NULL)
        gox_buf_commit(buf, (size_t)(gox__write_varint(at, value) - at));
}

void gox__put_signed(struct gox_buf *buf, int64_t value)
{
    gox__put_varint(buf, gox__zigzag(value));
}

uint64_t gox__get_varint(struct gox_bytes *in)
{
    uint64_t value = 0;

    /* Nearly all are one byte; a replay reads millions. */
    if (in->pos < in->len && in->data[in->pos] < 0x80)
        return in->data[in->pos++];
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = gox_bytes_u8(in, "a number");
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    gox_bytes_fail(in, "a number is too long");
    return 0;
}

int64_t gox__get_signed(struct gox_bytes *in)
{
    uint64_t v = gox__get_varint(in);

    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* ---- writing a frame ---- */

static void put_text(struct gox_buf *buf, const char *text)
{
    size_t len = strlen(text);

    gox__put_varint(buf, len);
    gox_buf_put(buf, text, len);
}

static void put_floats(struct gox_buf *buf, const float *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gox_buf_put_f32le(buf, v[i]);
}

static void put_box(struct gox_buf *buf, bool has_box, struct gox_bbox box)
{
    const int32_t v[6] = {
            box.min.x, box.min.y, box.min.z, box.max.x, box.max.y, box.max.z};

    gox_buf_put_byte(buf, has_box);
    for (size_t i = 0; has_box && i < 6; i++)
        gox__put_signed(buf, v[i]);
}

static void put_layer(struct gox_buf *buf, const struct gox_layer *layer)
{
    gox__put_varint(buf, (uint64_t)layer->id);
    put_text(buf, layer->name);
    gox_buf_put_byte(buf, (uint8_t)layer->kind);
    gox_buf_put_byte(buf,
            (uint8_t)((layer->is_visible ? 1 : 0) | (layer->is_locked ? 2 : 0) |
                      (layer->image_path != NULL ? 4 : 0)));
    gox_buf_put_byte(buf, layer->opacity);
    gox_buf_put_byte(buf, (uint8_t)layer->blend);
    gox_buf_put_byte(buf, (uint8_t)layer->shape);
    put_box(buf, layer->has_box, layer->box);
    gox__put_signed(buf, layer->material);
    gox__put_signed(buf, layer->base_id);
    gox_buf_put_u32le(buf, layer->shape_color);
    put_floats(buf, layer->mat.m, 16);
    if (layer->image_path != NULL)
        put_text(buf, layer->image_path);
}

void gox__put_frame(struct gox_buf *buf, const struct gox_image *img)
{
    const struct gox_light *l = &img->light;
    const float light[] = {
            l->pitch, l->yaw, l->intensity, l->ambient, l->shadow};

    gox__put_varint(buf, img->layer_count);
    for (size_t i = 0; i < img->layer_count; i++)
        put_layer(buf, img->layers[i]);
    gox__put_varint(buf, img->active);
    gox__put_varint(buf, (uint64_t)img->next_id);
    put_box(buf, img->has_box, img->box);
    gox__put_varint(buf, img->material_count);
    for (size_t i = 0; i < img->material_count; i++) {
        const struct gox_material *m = &img->materials[i];
        const float rough[] = {m->metallic, m->roughness};
        put_text(buf, m->name);
        put_floats(buf, m->color, 4);
        put_floats(buf, rough, 2);
        put_floats(buf, m->emission, 3);
    }
    gox__put_varint(buf, img->camera_count);
    for (size_t i = 0; i < img->camera_count; i++) {
        const struct gox_camera *c = &img->cameras[i];
        put_text(buf, c->name);
        gox_buf_put_byte(buf, c->is_ortho);
        put_floats(buf, &c->distance, 1);
        put_floats(buf, c->mat.m, 16);
    }
    gox__put_varint(buf, img->active_camera);
    put_floats(buf, light, 5);
    gox_buf_put_byte(
            buf, (uint8_t)((l->is_fixed ? 1 : 0) | (img->has_light ? 2 : 0)));
}

/* ---- reading a frame ---- */

static void get_text(struct gox_bytes *in, char *text, size_t size)
{
    uint64_t len = gox__get_varint(in);

    text[0] = '\0';
    if (len >= size) {
        gox_bytes_fail(in, "a name of %llu bytes", (unsigned long long)len);
        return;
    }
    const uint8_t *data = gox_bytes_take(in, (size_t)len, "a name");
    if (data == NULL)
        return;
    memcpy(text, data, (size_t)len);
    text[len] = '\0';
}

static void get_floats(struct gox_bytes *in, float *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        v[i] = gox_bytes_f32le(in, "a float");
}

static bool get_box(struct gox_bytes *in, struct gox_bbox *box)
{
    bool has_box = gox_bytes_u8(in, "a flag") != 0;
    int32_t *v[6] = {&box->min.x, &box->min.y, &box->min.z, &box->max.x,
            &box->max.y, &box->max.z};

    for (size_t i = 0; has_box && i < 6; i++)
        *v[i] = (int32_t)gox__get_signed(in);
    return has_box;
}

/* A count of things that take at least `least` bytes each. */
static size_t get_count(struct gox_bytes *in, size_t least)
{
    uint64_t count = gox__get_varint(in);

    if (count > gox_bytes_left(in) / least) {
        gox_bytes_fail(in, "a count of %llu", (unsigned long long)count);
        return 0;
    }
    return (size_t)count;
}

static int get_path(struct gox_bytes *in, struct gox_layer *layer)
{
    size_t len = get_count(in, 1);
    const uint8_t *data = gox_bytes_take(in, len, "a path");

    if (data == NULL)
        return GOX_ERR_FORMAT;
    layer->image_path = gox_strndup((const char *)data, len);
    return layer->image_path == NULL ? GOX_ERR_NOMEM : 0;
}

static int get_layer(struct gox_bytes *in, struct gox_layer *layer)
{
    layer->id = (int)gox__get_varint(in);
    get_text(in, layer->name, sizeof(layer->name));
    unsigned kind = gox_bytes_u8(in, "a kind");
    unsigned flags = gox_bytes_u8(in, "flags");
    layer->opacity = gox_bytes_u8(in, "an opacity");
    unsigned blend = gox_bytes_u8(in, "a blend mode");
    unsigned shape = gox_bytes_u8(in, "a shape");
    if (layer->id < 1 || kind > GOX_LAYER_IMAGE || blend >= GOX_BLEND_COUNT ||
            shape > GOX_LAYER_SHAPE_CYLINDER)
        return gox_bytes_fail(in, "a layer");
    layer->kind = (enum gox_layer_kind)kind;
    layer->blend = (enum gox_blend)blend;
    layer->shape = (enum gox_layer_shape)shape;
    layer->is_visible = (flags & 1) != 0;
    layer->is_locked = (flags & 2) != 0;
    layer->has_box = get_box(in, &layer->box);
    layer->material = (int)gox__get_signed(in);
    layer->base_id = (int)gox__get_signed(in);
    layer->shape_color = gox_bytes_u32le(in, "a colour");
    get_floats(in, layer->mat.m, 16);
    if ((flags & 4) != 0)
        return get_path(in, layer);
    return in->failed ? GOX_ERR_FORMAT : 0;
}

/* The volume of the old layer of this id, if there is one. */
static int take_volume(const struct gox_image *old, struct gox_layer *layer)
{
    const struct gox_layer *was = gox_image_find_layer(old, layer->id);

    if (was == NULL)
        return 0;
    gox_volume *copy = gox_volume_dup(was->volume);
    if (copy == NULL)
        return GOX_ERR_NOMEM;
    gox_volume_free(layer->volume);
    layer->volume = copy;
    return 0;
}

static int get_layers(struct gox_bytes *in, const struct gox_image *old,
        struct gox_image *img)
{
    size_t count = get_count(in, 64);
    int rc = 0;

    if (count > GOX_IMAGE_MAX_LAYERS)
        return gox_bytes_fail(in, "too many layers");
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct gox_layer *layer = gox_layer_new(1, "");
        if (layer == NULL)
            return GOX_ERR_NOMEM;
        rc = get_layer(in, layer);
        if (rc == 0)
            rc = take_volume(old, layer);
        if (rc < 0) {
            gox_layer_free(layer);
            return rc;
        }
        rc = gox_image_put_layer(img, layer, img->layer_count);
        if (rc == GOX_ERR_EXISTS)
            rc = gox_bytes_fail(in, "two layers with one id");
    }
    return rc;
}

static int get_lists(struct gox_bytes *in, struct gox_image *img)
{
    int rc = 0;
    size_t count = get_count(in, 37);

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct gox_material m = {.name = ""};
        get_text(in, m.name, sizeof(m.name));
        get_floats(in, m.color, 4);
        get_floats(in, &m.metallic, 1);
        get_floats(in, &m.roughness, 1);
        get_floats(in, m.emission, 3);
        rc = gox_image_add_material(img, &m);
    }
    count = get_count(in, 70);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct gox_camera c = {.name = ""};
        get_text(in, c.name, sizeof(c.name));
        c.is_ortho = gox_bytes_u8(in, "a flag") != 0;
        get_floats(in, &c.distance, 1);
        get_floats(in, c.mat.m, 16);
        rc = gox_image_add_camera(img, &c);
    }
    return rc;
}

static int get_all(struct gox_bytes *in, const struct gox_image *old,
        struct gox_image *img)
{
    struct gox_light *l = &img->light;

    int rc = get_layers(in, old, img);
    if (rc < 0)
        return rc;
    uint64_t active = gox__get_varint(in);
    uint64_t next_id = gox__get_varint(in);
    img->has_box = get_box(in, &img->box);
    rc = get_lists(in, img);
    if (rc < 0)
        return rc;
    uint64_t active_camera = gox__get_varint(in);
    float light[5];
    get_floats(in, light, 5);
    unsigned flags = gox_bytes_u8(in, "flags");
    *l = (struct gox_light){
            light[0], light[1], light[2], light[3], light[4], (flags & 1) != 0};
    img->has_light = (flags & 2) != 0;
    if (in->failed || active_camera > img->camera_count ||
            (img->layer_count > 0 && active >= img->layer_count) ||
            next_id > INT32_MAX || (int)next_id < img->next_id)
        return in->failed ? GOX_ERR_FORMAT : gox_bytes_fail(in, "an image");
    img->active = (size_t)active;
    img->active_camera = (size_t)active_camera;
    img->next_id = (int)next_id;
    /* An id that was given away once is not given again. */
    if (img->next_id < old->next_id)
        img->next_id = old->next_id;
    return 0;
}

int gox__get_frame(struct gox_bytes *in, struct gox_image *img)
{
    struct gox_image *made = gox_image_new_empty();

    if (made == NULL)
        return GOX_ERR_NOMEM;
    int rc = get_all(in, img, made);
    if (rc == 0) {
        struct gox_image t = *img;
        *img = *made;
        *made = t;
    }
    gox_image_free(made);
    return rc;
}
