/* SPDX-License-Identifier: Apache-2.0
 * Reading MagicaVoxel files: the chunks, and the row of the format. Chunks of
 * the scene are in vox_nodes.c, strings and dictionaries in vox_text.c.
 *
 * Every count is checked against the bytes of its chunk before anything is
 * made of it. Chunks that describe rendering (rOBJ, rCAM), names of palette
 * rows (NOTE) and the display order of the palette (IMAP; voxels refer to the
 * palette unpermuted) are skipped. */
#include "base/alloc.h"
#include "format/vox_internal.h"
#include "format/vox_write.h"

#include <string.h>

#define MAX_SIDE 2048

void gox__vox_default_palette(gox_rgba palette[256])
{
    static const uint8_t cube[] = {0xff, 0xcc, 0x99, 0x66, 0x33, 0x00};
    static const uint8_t ramp[] = {
            0xee, 0xdd, 0xbb, 0xaa, 0x88, 0x77, 0x55, 0x44, 0x22, 0x11};
    unsigned n = 0;
    palette[n++] = 0; /* index 0 is no voxel */
    /* A cube of six steps a channel, from white, without its black end. */
    for (unsigned i = 0; i < 215; i++)
        palette[n++] =
                gox_rgba_make(cube[i / 36], cube[i / 6 % 6], cube[i % 6], 255);
    for (unsigned i = 0; i < 40; i++) {
        uint8_t v = ramp[i % 10];
        unsigned kind = i / 10; /* red, green, blue, grey */
        palette[n++] = gox_rgba_make(kind == 0 || kind == 3 ? v : 0,
                kind == 1 || kind == 3 ? v : 0, kind >= 2 ? v : 0, 255);
    }
}

/* ---- models and palette ---- */

static int read_size(struct gox__vox_file *f, struct gox_bytes *in)
{
    struct gox__vox_model model = {0};
    size_t at = in->pos;
    for (int i = 0; i < 3; i++)
        model.size[i] = gox_bytes_i32le(in, "the size of a model");
    if (in->failed)
        return GOX_ERR_FORMAT;
    for (int i = 0; i < 3; i++)
        if (model.size[i] < 0 || model.size[i] > MAX_SIDE) {
            in->pos = at + 4 * (size_t)i;
            return gox_bytes_fail(in,
                    "expected a side of 0 to %d voxels, found %d", MAX_SIDE,
                    (int)model.size[i]);
        }
    if (f->model_count > 0 && f->models[f->model_count - 1].voxels == NULL)
        return gox_bytes_fail(
                in, "expected the voxels of the model before (XYZI)");
    if (!gox_grow(&f->models, &f->model_capacity, f->model_count + 1,
                sizeof(*f->models)))
        return GOX_ERR_NOMEM;
    f->models[f->model_count++] = model;
    return 0;
}

static int read_voxels(struct gox__vox_file *f, struct gox_bytes *in)
{
    if (f->model_count == 0 || f->models[f->model_count - 1].voxels != NULL)
        return gox_bytes_fail(
                in, "expected the size of the model first (SIZE)");
    struct gox__vox_model *model = &f->models[f->model_count - 1];
    int32_t n = gox__vox_get_count(in, 4, "the number of voxels");
    model->voxels = gox_bytes_take(in, (size_t)n * 4, "voxels");
    model->count = (uint32_t)n;
    return in->failed ? GOX_ERR_FORMAT : 0;
}

/* Entry k is colour k + 1. The alpha of the file means nothing. */
static int read_palette(struct gox__vox_file *f, struct gox_bytes *in)
{
    const uint8_t *p = gox_bytes_take(in, 1024, "the palette");
    if (p == NULL)
        return GOX_ERR_FORMAT;
    for (int i = 0; i < 255; i++)
        f->palette[i + 1] =
                gox_rgba_make(p[4 * i], p[4 * i + 1], p[4 * i + 2], 255);
    return 0;
}

/* ---- layers and materials ---- */

static int layer_entry(void *ctx, struct gox_bytes *in,
        struct gox__vox_text key, struct gox__vox_text value)
{
    (void)in;
    struct gox__vox_layer *layer = ctx;
    if (gox__vox_text_is(key, "_name")) {
        layer->name = value.data;
        layer->name_len = value.len;
    } else if (gox__vox_text_is(key, "_hidden")) {
        layer->is_hidden = !gox__vox_text_is(value, "0");
    }
    return 0;
}

static int read_layer(struct gox__vox_file *f, struct gox_bytes *in)
{
    struct gox__vox_layer layer = {0};
    layer.id = gox_bytes_i32le(in, "the number of a layer");
    int rc = gox__vox_each_entry(in, layer_entry, &layer);
    if (rc < 0)
        return rc;
    if (!gox_grow(&f->layers, &f->layer_capacity, f->layer_count + 1,
                sizeof(*f->layers)))
        return GOX_ERR_NOMEM;
    f->layers[f->layer_count++] = layer;
    return 0;
}

static int material_entry(void *ctx, struct gox_bytes *in,
        struct gox__vox_text key, struct gox__vox_text value)
{
    (void)in;
    struct gox__vox_material *mat = ctx;
    if (gox__vox_text_is(key, "_type")) {
        size_t n = value.len < sizeof(mat->type) ? value.len
                                                 : sizeof(mat->type) - 1;
        memset(mat->type, 0, sizeof(mat->type));
        memcpy(mat->type, value.data, n);
        mat->is_special = !gox__vox_text_is(value, "_diffuse");
    } else if (gox__vox_text_is(key, "_rough")) {
        mat->roughness = gox__vox_parse_float(value);
    } else if (gox__vox_text_is(key, "_metal")) {
        mat->metallic = gox__vox_parse_float(value);
    } else if (gox__vox_text_is(key, "_emit")) {
        mat->emission = gox__vox_parse_float(value);
    } else if (gox__vox_text_is(key, "_alpha")) {
        mat->alpha = gox__vox_parse_float(value);
    }
    return 0;
}

static int read_material(struct gox__vox_file *f, struct gox_bytes *in)
{
    struct gox__vox_material mat = {.roughness = 0.5f, .alpha = 0};
    int32_t id = gox_bytes_i32le(in, "the number of a material");
    int rc = gox__vox_each_entry(in, material_entry, &mat);
    if (rc == 0 && id > 0 && id < 256)
        f->materials[id] = mat;
    return rc;
}

/* ---- the container ---- */

static int read_chunk(
        struct gox__vox_file *f, const uint8_t *type, struct gox_bytes *in)
{
    if (memcmp(type, "SIZE", 4) == 0)
        return read_size(f, in);
    if (memcmp(type, "XYZI", 4) == 0)
        return read_voxels(f, in);
    if (memcmp(type, "RGBA", 4) == 0)
        return read_palette(f, in);
    if (memcmp(type, "nTRN", 4) == 0)
        return gox__vox_read_node(f, in, GOX__VOX_MOVE);
    if (memcmp(type, "nGRP", 4) == 0)
        return gox__vox_read_node(f, in, GOX__VOX_GROUP);
    if (memcmp(type, "nSHP", 4) == 0)
        return gox__vox_read_node(f, in, GOX__VOX_SHAPE);
    if (memcmp(type, "LAYR", 4) == 0)
        return read_layer(f, in);
    if (memcmp(type, "MATL", 4) == 0)
        return read_material(f, in);
    return 0;
}

/* Content and children of the next chunk; the content is in *content. */
static const uint8_t *next_chunk(
        struct gox_bytes *in, struct gox_bytes *content, size_t *children)
{
    const uint8_t *type = gox_bytes_take(in, 4, "the type of a chunk");
    int32_t n = gox_bytes_i32le(in, "the length of a chunk");
    int32_t m = gox_bytes_i32le(in, "the length of a chunk's children");
    if (in->failed)
        return NULL;
    if (n < 0 || m < 0) {
        in->pos -= 8;
        (void)gox_bytes_fail(in, "a chunk cannot have the lengths %d and %d",
                (int)n, (int)m);
        return NULL;
    }
    *content = gox_bytes_sub(in, (size_t)n, "the content of a chunk");
    *children = (size_t)m;
    return in->failed ? NULL : type;
}

static int read_header(struct gox_bytes *in)
{
    const uint8_t *magic = gox_bytes_take(in, 4, "the magic number \"VOX \"");
    if (magic == NULL)
        return GOX_ERR_FORMAT;
    if (memcmp(magic, "VOX ", 4) != 0) {
        in->pos = 0;
        return gox_bytes_fail(in, "expected the magic number \"VOX \"");
    }
    int32_t version = gox_bytes_i32le(in, "the version");
    if (!in->failed && version < 1) {
        in->pos = 4;
        return gox_bytes_fail(
                in, "expected version 150 or 200, found %d", (int)version);
    }
    return in->failed ? GOX_ERR_FORMAT : 0;
}

static int read_chunks(struct gox__vox_file *f, struct gox_bytes *in)
{
    struct gox_bytes content;
    size_t children = 0;
    int rc = read_header(in);
    if (rc < 0)
        return rc;
    size_t at = in->pos;
    const uint8_t *type = next_chunk(in, &content, &children);
    if (type == NULL)
        return GOX_ERR_FORMAT;
    if (memcmp(type, "MAIN", 4) != 0) {
        in->pos = at;
        return gox_bytes_fail(in, "expected the chunk MAIN");
    }
    /* Some writers leave the length of MAIN's children 0. */
    if (children == 0)
        children = gox_bytes_left(in);
    struct gox_bytes main = gox_bytes_sub(in, children, "the children of MAIN");
    if (main.failed)
        return GOX_ERR_FORMAT;
    while (rc == 0 && gox_bytes_left(&main) > 0) {
        type = next_chunk(&main, &content, &children);
        if (type == NULL)
            return GOX_ERR_FORMAT;
        (void)gox_bytes_take(&main, children, "the children of a chunk");
        rc = main.failed ? GOX_ERR_FORMAT : read_chunk(f, type, &content);
    }
    if (rc == 0 && f->model_count > 0 &&
            f->models[f->model_count - 1].voxels == NULL)
        rc = gox_bytes_fail(&main, "expected the voxels of the last model");
    return rc;
}

static int read_vox(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct gox__vox_file *f = gox_calloc(1, sizeof(*f));
    if (f == NULL)
        return GOX_ERR_NOMEM;
    f->img = img;
    f->err = err;
    f->task = task;
    gox__vox_default_palette(f->palette);
    struct gox_bytes in;
    gox_bytes_init(&in, data, len, err);
    int rc = read_chunks(f, &in);
    if (rc == 0)
        rc = gox__vox_build(f);
    report->models = (uint32_t)f->model_count;
    report->clipped = f->clipped;
    if (f->unused_models > 0)
        gox__note(report,
                "%zu models are not part of the scene and were left "
                "out",
                f->unused_models);
    gox_free(f->models);
    gox_free(f->nodes);
    gox_free(f->children);
    gox_free(f->layers);
    gox_free(f);
    return rc;
}

static int probe_vox(const uint8_t *data, size_t len)
{
    return len >= 4 && memcmp(data, "VOX ", 4) == 0 ? 100 : 0;
}

const struct gox_format gox_format_vox = {
        .name = "vox",
        .title = "MagicaVoxel",
        .extensions = {"vox", NULL},
        .mime = "application/x-magicavoxel",
        .options = GOX_OPT_HIDDEN,
        .probe = probe_vox,
        .read = read_vox,
        .write = gox__vox_write,
};
