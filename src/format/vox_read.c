/* SPDX-License-Identifier: Apache-2.0
 * Reading MagicaVoxel files: the chunks, and the row of the format.
 *
 * Every count is checked against the bytes of its chunk before anything is
 * made of it. Chunks that describe rendering (rOBJ, rCAM), names of palette
 * rows (NOTE) and the display order of the palette (IMAP; voxels refer to the
 * palette unpermuted) are skipped. */
#include "base/alloc.h"
#include "format/vox_internal.h"
#include "format/vox_write.h"

#include <string.h>

#define MAX_SIDE      2048
#define MAX_TRANSLATE (1 << 24)

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

/* ---- strings and dictionaries ---- */

struct text {
    const uint8_t *data;
    size_t len;
    size_t offset;
};

static struct text get_text(struct gox_bytes *in)
{
    struct text t = {0};
    int32_t len = gox_bytes_i32le(in, "the length of a string");
    if (!in->failed && len < 0) {
        in->pos -= 4;
        (void)gox_bytes_fail(
                in, "a string cannot have the length %d", (int)len);
    }
    t.offset = in->base + in->pos;
    t.data = gox_bytes_take(in, len > 0 ? (size_t)len : 0, "a string");
    if (t.data != NULL)
        t.len = (size_t)len;
    return t;
}

static bool is_text(struct text t, const char *text)
{
    return t.len == strlen(text) && memcmp(t.data, text, t.len) == 0;
}

/* The number of entries of a dictionary, each of which has 8 bytes or more. */
static int32_t get_count(struct gox_bytes *in, size_t each, const char *what)
{
    int32_t n = gox_bytes_i32le(in, what);
    if (in->failed)
        return 0;
    if (n < 0 || (size_t)n > gox_bytes_left(in) / each) {
        in->pos -= 4;
        (void)gox_bytes_fail(in, "%s is %d, but %zu bytes follow", what, (int)n,
                gox_bytes_left(in) - 4);
        return 0;
    }
    return n;
}

/* Calls on_entry for each entry of a dictionary. */
static int each_entry(struct gox_bytes *in,
        int (*on_entry)(void *ctx, struct gox_bytes *in, struct text key,
                struct text value),
        void *ctx)
{
    int32_t n = get_count(in, 8, "the number of entries of a dictionary");
    for (int32_t i = 0; i < n; i++) {
        struct text key = get_text(in);
        struct text value = get_text(in);
        if (in->failed)
            return GOX_ERR_FORMAT;
        int rc = on_entry(ctx, in, key, value);
        if (rc < 0)
            return rc;
    }
    return in->failed ? GOX_ERR_FORMAT : 0;
}

static int skip_entry(
        void *ctx, struct gox_bytes *in, struct text key, struct text value)
{
    (void)ctx, (void)in, (void)key, (void)value;
    return 0;
}

static int bad_value(struct gox_bytes *in, struct text value, const char *want)
{
    in->pos = value.offset - in->base;
    return gox_bytes_fail(in, "expected %s, found \"%.*s\"", want,
            value.len < 40 ? (int)value.len : 40, (const char *)value.data);
}

/* ---- numbers in text ---- */

static bool parse_int(const uint8_t **at, const uint8_t *end, int64_t *value)
{
    while (*at < end && **at == ' ')
        (*at)++;
    bool is_negative = *at < end && **at == '-';
    *at += is_negative;
    const uint8_t *first = *at;
    int64_t v = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        v = v * 10 + (**at - '0');
        if (v > INT32_MAX)
            return false;
    }
    *value = is_negative ? -v : v;
    return *at > first;
}

/* Plain decimal numbers, which is all that the files hold. */
static float parse_float(struct text t)
{
    double v = 0, unit = 1;
    bool is_fraction = false;
    size_t i = t.len > 0 && t.data[0] == '-';
    for (; i < t.len && i < 32; i++) {
        uint8_t c = t.data[i];
        if (c == '.') {
            is_fraction = true;
        } else if (c >= '0' && c <= '9') {
            v = v * 10 + (c - '0');
            unit *= is_fraction ? 10 : 1;
        } else {
            break;
        }
    }
    v /= unit;
    return (float)(t.len > 0 && t.data[0] == '-' ? -v : v);
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
    int32_t n = get_count(in, 4, "the number of voxels");
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

/* ---- scene nodes ---- */

static int node_entry(
        void *ctx, struct gox_bytes *in, struct text key, struct text value)
{
    (void)in;
    struct gox__vox_node *node = ctx;
    if (is_text(key, "_name")) {
        node->name = value.data;
        node->name_len = value.len;
    } else if (is_text(key, "_hidden")) {
        node->is_hidden = !is_text(value, "0");
    } else if (is_text(key, "_part")) {
        node->is_part = true;
    }
    return 0;
}

static int get_rotation(
        struct gox_bytes *in, struct text value, struct gox__vox_move *move)
{
    const uint8_t *at = value.data;
    int64_t r = 0;
    if (!parse_int(&at, value.data + value.len, &r) || r < 0 || r > 127)
        return bad_value(in, value, "a rotation byte of 0 to 127");
    int a = (int)(r & 3), b = (int)(r >> 2 & 3);
    if (a > 2 || b > 2 || a == b)
        return bad_value(in, value, "a rotation with two different axes");
    move->from[0] = (int8_t)a;
    move->from[1] = (int8_t)b;
    move->from[2] = (int8_t)(3 - a - b);
    for (int i = 0; i < 3; i++)
        move->sign[i] = r >> (4 + i) & 1 ? -1 : 1;
    return 0;
}

static int frame_entry(
        void *ctx, struct gox_bytes *in, struct text key, struct text value)
{
    struct gox__vox_move *move = ctx;
    if (is_text(key, "_r"))
        return get_rotation(in, value, move);
    if (!is_text(key, "_t"))
        return 0;
    const uint8_t *at = value.data, *end = value.data + value.len;
    for (int i = 0; i < 3; i++)
        if (!parse_int(&at, end, &move->t[i]) || move->t[i] > MAX_TRANSLATE ||
                move->t[i] < -MAX_TRANSLATE)
            return bad_value(in, value, "three integers within the grid");
    return 0;
}

static int add_child(
        struct gox__vox_file *f, struct gox__vox_node *node, int32_t id)
{
    if (!gox_grow(&f->children, &f->child_capacity, f->child_count + 1,
                sizeof(*f->children)))
        return GOX_ERR_NOMEM;
    f->children[f->child_count++] = id;
    node->child_count++;
    return 0;
}

/* The first frame is the model at rest; the others are its animation. */
static int read_move(struct gox__vox_file *f, struct gox_bytes *in,
        struct gox__vox_node *node)
{
    node->move = (struct gox__vox_move){.from = {0, 1, 2}, .sign = {1, 1, 1}};
    int32_t child = gox_bytes_i32le(in, "the child of a transform");
    (void)gox_bytes_i32le(in, "a reserved number");
    node->layer = gox_bytes_i32le(in, "the layer of a transform");
    int32_t frames = get_count(in, 4, "the number of frames");
    if (in->failed)
        return GOX_ERR_FORMAT;
    int rc = add_child(f, node, child);
    for (int32_t i = 0; rc == 0 && i < frames; i++)
        rc = i == 0 ? each_entry(in, frame_entry, &node->move)
                    : each_entry(in, skip_entry, NULL);
    return rc;
}

static int read_group(struct gox__vox_file *f, struct gox_bytes *in,
        struct gox__vox_node *node)
{
    int32_t n = get_count(in, 4, "the number of children of a group");
    int rc = in->failed ? GOX_ERR_FORMAT : 0;
    for (int32_t i = 0; rc == 0 && i < n; i++)
        rc = add_child(f, node, gox_bytes_i32le(in, "the child of a group"));
    return rc;
}

/* Models after the first are frames of an animation. */
static int read_shape(struct gox_bytes *in, struct gox__vox_node *node)
{
    int32_t n = get_count(in, 8, "the number of models of a shape");
    node->model = -1;
    int rc = in->failed ? GOX_ERR_FORMAT : 0;
    for (int32_t i = 0; rc == 0 && i < n; i++) {
        int32_t model = gox_bytes_i32le(in, "the model of a shape");
        if (i == 0)
            node->model = model;
        rc = each_entry(in, skip_entry, NULL);
    }
    return rc;
}

static int read_node(
        struct gox__vox_file *f, struct gox_bytes *in, enum gox__vox_kind kind)
{
    struct gox__vox_node node = {.kind = kind,
            .offset = in->base,
            .layer = -1,
            .model = -1,
            .first_child = (uint32_t)f->child_count};
    node.id = gox_bytes_i32le(in, "the number of a node");
    int rc = each_entry(in, node_entry, &node);
    if (rc == 0 && kind == GOX__VOX_MOVE)
        rc = read_move(f, in, &node);
    else if (rc == 0 && kind == GOX__VOX_GROUP)
        rc = read_group(f, in, &node);
    else if (rc == 0)
        rc = read_shape(in, &node);
    if (rc < 0)
        return rc;
    if (!gox_grow(&f->nodes, &f->node_capacity, f->node_count + 1,
                sizeof(*f->nodes)))
        return GOX_ERR_NOMEM;
    f->nodes[f->node_count++] = node;
    return 0;
}

/* ---- layers and materials ---- */

static int layer_entry(
        void *ctx, struct gox_bytes *in, struct text key, struct text value)
{
    (void)in;
    struct gox__vox_layer *layer = ctx;
    if (is_text(key, "_name")) {
        layer->name = value.data;
        layer->name_len = value.len;
    } else if (is_text(key, "_hidden")) {
        layer->is_hidden = !is_text(value, "0");
    }
    return 0;
}

static int read_layer(struct gox__vox_file *f, struct gox_bytes *in)
{
    struct gox__vox_layer layer = {0};
    layer.id = gox_bytes_i32le(in, "the number of a layer");
    int rc = each_entry(in, layer_entry, &layer);
    if (rc < 0)
        return rc;
    if (!gox_grow(&f->layers, &f->layer_capacity, f->layer_count + 1,
                sizeof(*f->layers)))
        return GOX_ERR_NOMEM;
    f->layers[f->layer_count++] = layer;
    return 0;
}

static int material_entry(
        void *ctx, struct gox_bytes *in, struct text key, struct text value)
{
    (void)in;
    struct gox__vox_material *mat = ctx;
    if (is_text(key, "_type")) {
        size_t n = value.len < sizeof(mat->type) ? value.len
                                                 : sizeof(mat->type) - 1;
        memset(mat->type, 0, sizeof(mat->type));
        memcpy(mat->type, value.data, n);
        mat->is_special = !is_text(value, "_diffuse");
    } else if (is_text(key, "_rough")) {
        mat->roughness = parse_float(value);
    } else if (is_text(key, "_metal")) {
        mat->metallic = parse_float(value);
    } else if (is_text(key, "_emit")) {
        mat->emission = parse_float(value);
    } else if (is_text(key, "_alpha")) {
        mat->alpha = parse_float(value);
    }
    return 0;
}

static int read_material(struct gox__vox_file *f, struct gox_bytes *in)
{
    struct gox__vox_material mat = {.roughness = 0.5f, .alpha = 0};
    int32_t id = gox_bytes_i32le(in, "the number of a material");
    int rc = each_entry(in, material_entry, &mat);
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
        return read_node(f, in, GOX__VOX_MOVE);
    if (memcmp(type, "nGRP", 4) == 0)
        return read_node(f, in, GOX__VOX_GROUP);
    if (memcmp(type, "nSHP", 4) == 0)
        return read_node(f, in, GOX__VOX_SHAPE);
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
