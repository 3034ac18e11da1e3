/* SPDX-License-Identifier: Apache-2.0
 * Writing .gox files that the editor opens: image box, blocks, materials,
 * layers, cameras, light; and the row of the format.
 *
 * Invariants: a block's content is stored once, whoever uses it; no value of a
 * dictionary is longer than 255 bytes, which is all that the editor's buffers
 * hold; equal images give equal bytes. */
#include "base/alloc.h"
#include "format/gox_internal.h"
#include "format/png_block.h"

#include <string.h>

#define VERSION         2
#define MAX_VALUE       255
#define BLOCKS_PER_STEP 512 /* PNGs held at a time */

/* ---- blocks ---- */

/* One use of a block by a layer. */
struct use {
    const gox_block *block;
    struct gox_pos pos;
    uint32_t content; /* its number in the file */
};

struct writer {
    const struct gox_image *img;
    struct gox_output *out;
    struct gox_error *err;
    struct use *uses; /* of all layers, in order */
    size_t use_count, use_capacity;
    size_t *first;      /* per layer (and one more): its first use */
    uint64_t *hashes;   /* per use */
    uint32_t *contents; /* per content: a use that has it */
    size_t content_count;
    struct gox_buf pngs[BLOCKS_PER_STEP];
    size_t step_first; /* content of pngs[0] */
};

static int add_uses(struct writer *w, const gox_volume *vol)
{
    size_t count = 0;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    int rc = GOX_ERR_NOMEM;
    if (gox_grow(&w->uses, &w->use_capacity, w->use_count + count,
                sizeof(*w->uses))) {
        for (size_t i = 0; i < count; i++)
            w->uses[w->use_count++] = (struct use){
                    .block = blocks[i].block, .pos = blocks[i].pos};
        rc = 0;
    }
    gox_free(blocks);
    return rc;
}

static int collect_uses(struct writer *w)
{
    w->first = gox_calloc(w->img->layer_count + 1, sizeof(*w->first));
    if (w->first == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < w->img->layer_count; i++) {
        const struct gox_layer *layer = w->img->layers[i];
        if (layer->kind == GOX_LAYER_VOXELS) {
            int rc = add_uses(w, layer->volume);
            if (rc < 0)
                return rc;
        }
        w->first[i + 1] = w->use_count;
    }
    /* Block numbers and counts are 32 bits in the file. */
    if (w->use_count > INT32_MAX / 20)
        return gox_error_set(w->err, GOX_ERR_TOO_LARGE,
                "%zu blocks do not fit a .gox file", w->use_count);
    return 0;
}

static int hash_use(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct writer *w = ctx;
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_block_decode(w->uses[i].block, colors);
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (size_t k = 0; k < GOX_BLOCK_VOXELS; k += 2) {
        h ^= (uint64_t)colors[k] | (uint64_t)colors[k + 1] << 32;
        h *= 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    w->hashes[i] = h;
    return 0;
}

static bool is_same_content(const gox_block *a, const gox_block *b)
{
    if (a == b)
        return true;
    gox_rgba x[GOX_BLOCK_VOXELS], y[GOX_BLOCK_VOXELS];
    gox_block_decode(a, x);
    gox_block_decode(b, y);
    return memcmp(x, y, sizeof(x)) == 0;
}

/* Numbers the contents in the order of their first use. */
static int number_contents(struct writer *w, struct gox_task *task)
{
    size_t n = w->use_count, table_size = 16;
    while (table_size < 2 * n)
        table_size *= 2;
    uint32_t *table = gox_calloc(table_size, sizeof(*table));
    w->hashes = gox_malloc_array(n, sizeof(*w->hashes));
    w->contents = gox_malloc_array(n, sizeof(*w->contents));
    int rc = GOX_ERR_NOMEM;
    if (table != NULL && w->hashes != NULL && w->contents != NULL)
        rc = gox_parallel_for(task, n, hash_use, w);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        size_t h = (size_t)w->hashes[i] & (table_size - 1);
        for (; table[h] != 0; h = (h + 1) & (table_size - 1)) {
            uint32_t other = w->contents[table[h] - 1];
            if (w->hashes[other] == w->hashes[i] &&
                    is_same_content(w->uses[other].block, w->uses[i].block))
                break;
        }
        if (table[h] == 0) {
            w->contents[w->content_count++] = (uint32_t)i;
            table[h] = (uint32_t)w->content_count;
        }
        w->uses[i].content = table[h] - 1;
    }
    gox_free(table);
    return rc;
}

static int encode_content(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct writer *w = ctx;
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_block_decode(w->uses[w->contents[w->step_first + i]].block, colors);
    gox_buf_reset(&w->pngs[i]);
    return gox__png_write_block(&w->pngs[i], colors);
}

/* ---- chunks ---- */

static void put_i32(struct gox_output *out, int32_t value)
{
    uint32_t v = (uint32_t)value;
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
            (uint8_t)(v >> 24)};
    gox_output_put(out, b, 4);
}

/* The checksum is 0: the editor writes that and never looks. */
static void put_chunk(struct gox_output *out, const char type[4],
        const uint8_t *data, size_t len)
{
    gox_output_put(out, type, 4);
    put_i32(out, (int32_t)len);
    gox_output_put(out, data, len);
    put_i32(out, 0);
}

static int write_blocks(struct writer *w, struct gox_task *task)
{
    for (w->step_first = 0; w->step_first < w->content_count;
            w->step_first += BLOCKS_PER_STEP) {
        size_t count = w->content_count - w->step_first;
        if (count > BLOCKS_PER_STEP)
            count = BLOCKS_PER_STEP;
        int rc = gox_task_check(task, w->err);
        if (rc == 0)
            rc = gox_parallel_for(task, count, encode_content, w);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < count; i++)
            put_chunk(w->out, "BL16", w->pngs[i].data, w->pngs[i].len);
        gox_task_progress(task, w->step_first + count, w->content_count);
    }
    return 0;
}

/* ---- dictionaries ---- */

static void put_entry(
        struct gox_buf *buf, const char *key, const void *value, size_t len)
{
    if (len > MAX_VALUE)
        len = MAX_VALUE;
    gox_buf_put_i32le(buf, (int32_t)strlen(key));
    gox_buf_put_str(buf, key);
    gox_buf_put_i32le(buf, (int32_t)len);
    gox_buf_put(buf, value, len);
}

static void put_text(struct gox_buf *buf, const char *key, const char *text)
{
    put_entry(buf, key, text, strlen(text));
}

static void put_bool(struct gox_buf *buf, const char *key, bool value)
{
    put_entry(buf, key, &(uint8_t){value}, 1);
}

static void put_int(struct gox_buf *buf, const char *key, int32_t value)
{
    gox_buf_put_i32le(buf, (int32_t)strlen(key));
    gox_buf_put_str(buf, key);
    gox_buf_put_i32le(buf, 4);
    gox_buf_put_i32le(buf, value);
}

static void put_floats(
        struct gox_buf *buf, const char *key, const float *values, size_t count)
{
    gox_buf_put_i32le(buf, (int32_t)strlen(key));
    gox_buf_put_str(buf, key);
    gox_buf_put_i32le(buf, (int32_t)(4 * count));
    for (size_t i = 0; i < count; i++)
        gox_buf_put_f32le(buf, values[i]);
}

static void put_box(struct gox_buf *buf, struct gox_bbox box)
{
    struct gox_mat4 mat = gox_mat4_from_bbox(box);
    put_floats(buf, "box", mat.m, 16);
}

static void put_material(struct gox_buf *buf, const struct gox_material *mat)
{
    put_text(buf, "name", mat->name);
    put_floats(buf, "color", mat->color, 4);
    put_floats(buf, "metallic", &mat->metallic, 1);
    put_floats(buf, "roughness", &mat->roughness, 1);
    put_floats(buf, "emission", mat->emission, 3);
}

static void put_camera(
        struct gox_buf *buf, const struct gox_camera *cam, bool is_active)
{
    put_text(buf, "name", cam->name);
    put_floats(buf, "dist", &cam->distance, 1);
    put_bool(buf, "ortho", cam->is_ortho);
    put_floats(buf, "mat", cam->mat.m, 16);
    if (is_active)
        put_entry(buf, "active", "", 0);
}

static void put_light(struct gox_buf *buf, const struct gox_light *light)
{
    put_floats(buf, "pitch", &light->pitch, 1);
    put_floats(buf, "yaw", &light->yaw, 1);
    put_floats(buf, "intensity", &light->intensity, 1);
    put_bool(buf, "fixed", light->is_fixed);
    put_floats(buf, "ambient", &light->ambient, 1);
    put_floats(buf, "shadow", &light->shadow, 1);
}

/* ---- layers ---- */

static const char *shape_text(enum gox_layer_shape shape)
{
    switch (shape) {
    case GOX_LAYER_SHAPE_SPHERE:
        return "sphere";
    case GOX_LAYER_SHAPE_CUBE:
        return "cube";
    case GOX_LAYER_SHAPE_CYLINDER:
        return "cylinder";
    }
    return "cube";
}

/* Keys in the editor's order; then two of our own, which it skips. */
static void put_layer_keys(struct gox_buf *buf, const struct gox_layer *layer)
{
    put_text(buf, "name", layer->name);
    put_floats(buf, "mat", layer->mat.m, 16);
    put_int(buf, "id", layer->id);
    put_int(buf, "base_id",
            layer->kind == GOX_LAYER_CLONE ? layer->base_id : 0);
    put_int(buf, "material", layer->material);
    if (layer->blend != GOX_BLEND_OVER)
        put_int(buf, "mode", (int32_t)layer->blend);
    if (layer->kind == GOX_LAYER_IMAGE && layer->image_path != NULL)
        put_text(buf, "img-path", layer->image_path);
    if (layer->has_box)
        put_box(buf, layer->box);
    if (layer->kind == GOX_LAYER_SHAPE) {
        uint8_t color[4];
        gox_rgba_store(layer->shape_color, color);
        put_text(buf, "shape", shape_text(layer->shape));
        put_entry(buf, "color", color, sizeof(color));
    }
    put_bool(buf, "visible", layer->is_visible);
    if (layer->opacity != 255)
        put_entry(buf, "opacity", &layer->opacity, 1);
    if (layer->is_locked)
        put_bool(buf, "locked", true);
}

static void put_layer(struct writer *w, struct gox_buf *buf, size_t i)
{
    size_t begin = w->first[i], end = w->first[i + 1];
    gox_buf_put_i32le(buf, (int32_t)(end - begin));
    for (size_t u = begin; u < end; u++) {
        gox_buf_put_u32le(buf, w->uses[u].content);
        gox_buf_put_i32le(buf, w->uses[u].pos.x * GOX_BLOCK_SIZE);
        gox_buf_put_i32le(buf, w->uses[u].pos.y * GOX_BLOCK_SIZE);
        gox_buf_put_i32le(buf, w->uses[u].pos.z * GOX_BLOCK_SIZE);
        gox_buf_put_i32le(buf, 0);
    }
    put_layer_keys(buf, w->img->layers[i]);
}

static int check_names(const struct writer *w)
{
    for (size_t i = 0; i < w->img->layer_count; i++) {
        const struct gox_layer *l = w->img->layers[i];
        if (l->image_path != NULL && strlen(l->image_path) > MAX_VALUE)
            return gox_error_set(w->err, GOX_ERR_UNSUPPORTED,
                    "the picture path of layer \"%.60s\" is longer than the "
                    "%d bytes that a .gox file can hold",
                    l->name, MAX_VALUE);
    }
    return 0;
}

static int flush_chunk(
        struct writer *w, struct gox_buf *buf, const char type[4])
{
    int rc = gox_buf_error(buf);
    if (rc == 0)
        put_chunk(w->out, type, buf->data, buf->len);
    gox_buf_reset(buf);
    return rc;
}

/* What comes after the blocks. */
static int write_rest(struct writer *w, struct gox_buf *buf)
{
    const struct gox_image *img = w->img;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < img->material_count; i++) {
        put_material(buf, &img->materials[i]);
        rc = flush_chunk(w, buf, "MATE");
    }
    for (size_t i = 0; rc == 0 && i < img->layer_count; i++) {
        put_layer(w, buf, i);
        rc = flush_chunk(w, buf, "LAYR");
    }
    for (size_t i = 0; rc == 0 && i < img->camera_count; i++) {
        put_camera(buf, &img->cameras[i], i == img->active_camera);
        rc = flush_chunk(w, buf, "CAMR");
    }
    if (rc == 0 && img->has_light) {
        put_light(buf, &img->light);
        rc = flush_chunk(w, buf, "LIGH");
    }
    return rc;
}

static int write_all(struct writer *w, struct gox_task *task)
{
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    int rc = check_names(w);
    if (rc == 0)
        rc = collect_uses(w);
    if (rc == 0)
        rc = number_contents(w, task);
    if (rc < 0)
        return rc;
    gox_output_put(w->out, "GOX ", 4);
    put_i32(w->out, VERSION);
    if (w->img->has_box)
        put_box(&buf, w->img->box);
    rc = flush_chunk(w, &buf, "IMG ");
    if (rc == 0)
        rc = write_blocks(w, task);
    if (rc == 0)
        rc = write_rest(w, &buf);
    gox_buf_fini(&buf);
    return rc;
}

static int write_gox(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct writer *w = gox_calloc(1, sizeof(*w));
    if (w == NULL)
        return GOX_ERR_NOMEM;
    w->img = img;
    w->out = out;
    w->err = err;
    int rc = write_all(w, task);
    report->voxels = gox_image_solid(img);
    report->models = (uint32_t)img->layer_count;
    for (size_t i = 0; i < BLOCKS_PER_STEP; i++)
        gox_buf_fini(&w->pngs[i]);
    gox_free(w->uses);
    gox_free(w->first);
    gox_free(w->hashes);
    gox_free(w->contents);
    gox_free(w);
    return rc;
}

const struct gox_format gox_format_gox = {
        .name = "gox",
        .title = "Goxel",
        .extensions = {"gox", NULL},
        .mime = "application/x-goxel",
        .probe = gox__gox_probe,
        .read = gox__gox_read,
        .write = write_gox,
};
