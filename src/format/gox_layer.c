/* SPDX-License-Identifier: Apache-2.0
 * The layers of a .gox file: their blocks, their dictionary, and what can only
 * be checked when all are known (numbers, clones).
 *
 * Invariants: a block is used only after the file has shown it; layer ids are
 * unique; a clone has a base and no clone shows itself, however far around. */
#include "base/alloc.h"
#include "format/gox_internal.h"
#include "format/png.h"

#include <stdlib.h>
#include <string.h>

/* Far below INT_MAX, so that numbering new layers cannot overflow. */
#define MAX_LAYER_ID    (1 << 30)
#define MAX_IMAGE_PATH  255
#define MAX_CLONE_DEPTH 1000
#define ENTRY_BYTES     20

/* ---- the blocks of a layer ---- */

/* Voxel i of an axis of the target block [0, 16) comes from the source block
 * at offset: from i - offset. */
struct span {
    int begin, end, offset;
};

static struct span overlap(int32_t target, int32_t source)
{
    int offset = (int)(source - target);
    struct span s = {.begin = offset > 0 ? offset : 0,
            .end = offset < 0 ? GOX_BLOCK_SIZE + offset : GOX_BLOCK_SIZE,
            .offset = offset};
    return s;
}

/* Copies the part of from, a block at voxel position at, that lies in the
 * block target; transparent voxels are copied too. */
static int put_part(struct gox__gox_reader *r, gox_volume *vol,
        const gox_rgba *from, struct gox_pos at, struct gox_pos target)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];
    const gox_block *old = gox_volume_peek_block(vol, target);
    if (old != NULL)
        gox_block_decode(old, colors);
    else
        memset(colors, 0, sizeof(colors));
    struct span x = overlap(target.x * GOX_BLOCK_SIZE, at.x);
    struct span y = overlap(target.y * GOX_BLOCK_SIZE, at.y);
    struct span z = overlap(target.z * GOX_BLOCK_SIZE, at.z);
    for (int k = z.begin; k < z.end; k++)
        for (int j = y.begin; j < y.end; j++)
            memcpy(&colors[gox_block_index(
                           (unsigned)x.begin, (unsigned)j, (unsigned)k)],
                    &from[gox_block_index((unsigned)(x.begin - x.offset),
                            (unsigned)(j - y.offset),
                            (unsigned)(k - z.offset))],
                    (size_t)(x.end - x.begin) * sizeof(gox_rgba));
    int rc = gox_volume_set_block(vol, target, colors);
    const gox_block *now = gox_volume_peek_block(vol, target);
    r->bytes += now != NULL && rc == 0 ? gox_block_bytes(now) : 0;
    if (rc == 0 && r->bytes > r->max_bytes)
        return gox_error_set(r->err, GOX_ERR_TOO_LARGE,
                "the blocks of the layers need more than %llu MiB",
                (unsigned long long)(r->max_bytes >> 20));
    return rc;
}

/* A block whose position is no multiple of 16 lies in up to 8 of ours. */
static int put_unaligned(struct gox__gox_reader *r, gox_volume *vol,
        const gox_block *block, struct gox_pos at)
{
    gox_rgba from[GOX_BLOCK_VOXELS];
    gox_block_decode(block, from);
    struct gox_pos first = {at.x >> 4, at.y >> 4, at.z >> 4};
    int nx = (at.x & 15) != 0, ny = (at.y & 15) != 0, nz = (at.z & 15) != 0;
    for (int k = 0; k <= nz; k++)
        for (int j = 0; j <= ny; j++)
            for (int i = 0; i <= nx; i++) {
                struct gox_pos target = {first.x + i, first.y + j, first.z + k};
                int rc = put_part(r, vol, from, at, target);
                if (rc < 0)
                    return rc;
            }
    return 0;
}

/* The whole block must fit, also when its position is no multiple of 16. */
static bool fits_grid(const int64_t at[3])
{
    for (int i = 0; i < 3; i++)
        if (at[i] < -GOX_COORD_MAX || at[i] > GOX_COORD_MAX - GOX_BLOCK_SIZE)
            return false;
    return true;
}

static int put_entry(struct gox__gox_reader *r, gox_volume *vol, uint32_t index,
        const int32_t pos[3])
{
    gox_block *block = r->blocks[r->same[index]];
    /* Version 1 gives the centre of a block. */
    int shift = r->version == 1 ? GOX_BLOCK_SIZE / 2 : 0;
    int64_t at[3];
    for (int i = 0; i < 3; i++)
        at[i] = (int64_t)pos[i] - shift;
    if (!fits_grid(at)) {
        r->clipped += gox_block_solid(block);
        return 0;
    }
    struct gox_pos p = {(int32_t)at[0], (int32_t)at[1], (int32_t)at[2]};
    if (((p.x | p.y | p.z) & (GOX_BLOCK_SIZE - 1)) != 0)
        return put_unaligned(r, vol, block, p);
    return gox_volume_put_block(vol, gox_pos_make(p.x >> 4, p.y >> 4, p.z >> 4),
            gox_block_ref(block));
}

static int read_entries(struct gox__gox_reader *r, struct gox_bytes *in,
        size_t blocks_before, gox_volume *vol)
{
    int32_t count = gox_bytes_i32le(in, "the number of blocks of a layer");
    if (in->failed)
        return GOX_ERR_FORMAT;
    if (count < 0 || (size_t)count > gox_bytes_left(in) / ENTRY_BYTES) {
        in->pos -= 4;
        return gox_bytes_fail(in,
                "a layer with %d blocks needs %d bytes for each, %zu are left",
                (int)count, ENTRY_BYTES, gox_bytes_left(in) - 4);
    }
    r->entries += (uint64_t)count;
    if (r->entries > GOX_FORMAT_MAX_BLOCKS)
        return gox_error_set(r->err, GOX_ERR_TOO_LARGE,
                "the layers use more than %u blocks", GOX_FORMAT_MAX_BLOCKS);
    int rc = 0;
    for (int32_t i = 0; rc == 0 && i < count; i++) {
        size_t at = in->pos;
        int32_t index = gox_bytes_i32le(in, "the number of a block");
        int32_t pos[3];
        for (int k = 0; k < 3; k++)
            pos[k] = gox_bytes_i32le(in, "the position of a block");
        (void)gox_bytes_i32le(in, "the end of an entry");
        if (index < 0 || (size_t)index >= blocks_before) {
            in->pos = at;
            return gox_bytes_fail(in,
                    "a layer uses block %d, but %zu blocks came before it",
                    (int)index, blocks_before);
        }
        rc = put_entry(r, vol, (uint32_t)index, pos);
    }
    return rc;
}

/* ---- layers ---- */

/* What the dictionary of a layer says beside what goes to its own field. */
struct layer_keys {
    int32_t id, base_id, material;
    bool has_shape;
};

static int get_shape(struct gox__gox_entry *e, struct gox_layer *layer,
        struct layer_keys *keys)
{
    static const struct {
        const char *name;
        enum gox_layer_shape shape;
    } names[] = {{"sphere", GOX_LAYER_SHAPE_SPHERE},
            {"cube", GOX_LAYER_SHAPE_CUBE},
            {"cylinder", GOX_LAYER_SHAPE_CYLINDER}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (e->value.len == strlen(names[i].name) &&
                memcmp(e->value.data, names[i].name, e->value.len) == 0) {
            layer->shape = names[i].shape;
            keys->has_shape = true;
        }
    return 0;
}

static int get_color(struct gox__gox_entry *e, gox_rgba *color)
{
    int rc = gox__gox_expect(e, 4);
    if (rc == 0)
        *color = gox_rgba_load(e->value.data);
    return rc;
}

static int get_blend(struct gox__gox_entry *e, enum gox_blend *blend)
{
    int32_t mode = 0;
    int rc = gox__gox_get_int(e, &mode);
    if (rc < 0)
        return rc;
    if (mode < 0 || mode >= GOX_BLEND_COUNT) {
        e->value.pos = 0;
        return gox_bytes_fail(&e->value,
                "expected a layer mode of 0 to %d, found %d",
                GOX_BLEND_COUNT - 1, (int)mode);
    }
    *blend = (enum gox_blend)mode;
    return 0;
}

static int get_image_path(struct gox__gox_entry *e, struct gox_layer *layer)
{
    size_t len = e->value.len;
    if (len == 0)
        return 0;
    if (len > MAX_IMAGE_PATH || memchr(e->value.data, 0, len) != NULL)
        return gox_bytes_fail(&e->value,
                "expected a path of up to %d bytes without NUL, found %zu "
                "bytes",
                MAX_IMAGE_PATH, len);
    gox_free(layer->image_path);
    layer->image_path = gox_strndup((const char *)e->value.data, len);
    return layer->image_path != NULL ? 0 : GOX_ERR_NOMEM;
}

/* Keys of our own, which other programs may use otherwise: ignored then. */
static void get_own_key(struct gox__gox_entry *e, struct gox_layer *layer)
{
    if (e->value.len != 1)
        return;
    if (gox__gox_is_key(e, "opacity"))
        layer->opacity = e->value.data[0];
    else if (gox__gox_is_key(e, "locked"))
        layer->is_locked = e->value.data[0] != 0;
}

static int get_layer_key(struct gox__gox_entry *e, struct gox_layer *layer,
        struct layer_keys *keys)
{
    if (gox__gox_is_key(e, "name")) {
        gox__clean_name(
                layer->name, sizeof(layer->name), e->value.data, e->value.len);
        return 0;
    }
    if (gox__gox_is_key(e, "mat"))
        return gox__gox_get_floats(e, layer->mat.m, 16);
    if (gox__gox_is_key(e, "id"))
        return gox__gox_get_int(e, &keys->id);
    if (gox__gox_is_key(e, "base_id"))
        return gox__gox_get_int(e, &keys->base_id);
    if (gox__gox_is_key(e, "material"))
        return gox__gox_get_int(e, &keys->material);
    if (gox__gox_is_key(e, "mode"))
        return get_blend(e, &layer->blend);
    if (gox__gox_is_key(e, "img-path"))
        return get_image_path(e, layer);
    if (gox__gox_is_key(e, "box"))
        return gox__gox_get_box(e, &layer->has_box, &layer->box);
    if (gox__gox_is_key(e, "shape"))
        return get_shape(e, layer, keys);
    if (gox__gox_is_key(e, "color"))
        return get_color(e, &layer->shape_color);
    if (gox__gox_is_key(e, "visible"))
        return gox__gox_get_bool(e, &layer->is_visible);
    get_own_key(e, layer);
    return 0;
}

/* A picture that exists must be one. Pixels are not kept: an image layer has
 * no voxels. Of pictures other than PNG only the magic number is looked at. */
static int check_picture(struct gox__gox_reader *r, const char *path)
{
    static const struct {
        const char *magic;
        size_t len;
    } others[] = {{"\xff\xd8\xff", 3}, {"BM", 2}, {"GIF8", 4}, {"RIFF", 4}};
    if (r->opts->open_aux == NULL)
        return gox_error_set(r->err, GOX_ERR_UNSUPPORTED,
                "a layer shows the picture \"%s\", which cannot be opened "
                "here; read the model from its own file",
                path);
    struct gox_input in = {0};
    int rc = r->opts->open_aux(r->opts->aux_ctx, path, &in, r->err);
    if (rc < 0) {
        gox_error_prefix(r->err, "the picture \"%s\" of a layer", path);
        return rc;
    }
    bool is_other = false;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        is_other |= in.len >= others[i].len &&
                    memcmp(in.data, others[i].magic, others[i].len) == 0;
    if (!is_other) {
        struct gox_pixels pixels;
        rc = gox_png_read(
                &pixels, in.data, in.len, GOX_FORMAT_MAX_IMAGE_SIDE, r->err);
        if (rc == 0)
            gox_pixels_fini(&pixels);
        else
            gox_error_prefix(r->err, "the picture \"%s\" of a layer", path);
    }
    gox_input_fini(&in);
    return rc;
}

/* A clone or a shape that brings blocks shows its base or itself instead. */
static int settle_kind(struct gox__gox_reader *r, struct gox_layer *layer,
        const struct layer_keys *keys)
{
    if (keys->base_id > 0) {
        layer->kind = GOX_LAYER_CLONE;
        layer->base_id = keys->base_id;
    } else if (keys->has_shape) {
        layer->kind = GOX_LAYER_SHAPE;
    } else if (layer->image_path != NULL) {
        layer->kind = GOX_LAYER_IMAGE;
    }
    if (layer->image_path != NULL) {
        int rc = check_picture(r, layer->image_path);
        if (rc < 0)
            return rc;
        if (layer->kind != GOX_LAYER_IMAGE) {
            gox_free(layer->image_path);
            layer->image_path = NULL;
        }
    }
    if (layer->kind != GOX_LAYER_VOXELS && !gox_volume_is_empty(layer->volume))
        return gox_volume_clear(layer->volume);
    return 0;
}

/* Takes the layer over. */
static int keep_layer(struct gox__gox_reader *r, struct gox_layer *own_layer,
        int32_t id, size_t offset)
{
    if (!gox_grow(&r->layers, &r->layer_capacity, r->layer_count + 1,
                sizeof(*r->layers))) {
        gox_layer_free(own_layer);
        return GOX_ERR_NOMEM;
    }
    r->layers[r->layer_count++] = (struct gox__gox_layer){
            .layer = own_layer, .id = id > 0 ? id : 0, .offset = offset};
    return 0;
}

int gox__gox_read_layer(struct gox__gox_reader *r, struct gox_bytes *in,
        const struct gox__gox_chunk *chunk)
{
    if (r->layer_count >= GOX_IMAGE_MAX_LAYERS)
        return gox_error_set(r->err, GOX_ERR_TOO_LARGE, "more than %d layers",
                GOX_IMAGE_MAX_LAYERS);
    struct gox_layer *layer = gox_layer_new(0, "");
    if (layer == NULL)
        return GOX_ERR_NOMEM;
    layer->shape_color = 0;
    struct layer_keys keys = {.material = -1};
    struct gox__gox_entry e;
    int rc = read_entries(r, in, chunk->index, layer->volume);
    int more = 1;
    while (rc == 0 && (more = gox__gox_next_entry(in, &e)) != 0)
        rc = more < 0 ? more : get_layer_key(&e, layer, &keys);
    layer->material = keys.material;
    if (rc == 0 && keys.id > MAX_LAYER_ID)
        rc = gox_bytes_fail(in, "expected a layer id of 1 to %d, found %d",
                MAX_LAYER_ID, (int)keys.id);
    if (rc == 0)
        rc = settle_kind(r, layer, &keys);
    if (rc < 0) {
        gox_layer_free(layer);
        return rc;
    }
    return keep_layer(r, layer, keys.id, chunk->offset);
}

/* ---- what needs all layers ---- */

struct id_entry {
    int32_t id;
    uint32_t index;
};

static int compare_ids(const void *a, const void *b)
{
    const struct id_entry *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int bad_layer(struct gox__gox_reader *r, const struct gox__gox_layer *l,
        const char *what, int id)
{
    return gox_error_set_at(r->err, GOX_ERR_FORMAT, (int64_t)l->offset,
            "byte %zu: the layer \"%.60s\" %s %d", l->offset, l->layer->name,
            what, id);
}

/* Fills table with the ids in order and gives numbers to layers without. */
static int number_layers(struct gox__gox_reader *r, struct id_entry *table)
{
    int32_t max = 0;
    for (size_t i = 0; i < r->layer_count; i++)
        if (r->layers[i].id > max)
            max = r->layers[i].id;
    for (size_t i = 0; i < r->layer_count; i++) {
        if (r->layers[i].id == 0)
            r->layers[i].id = ++max;
        r->layers[i].layer->id = r->layers[i].id;
        table[i] = (struct id_entry){r->layers[i].id, (uint32_t)i};
    }
    qsort(table, r->layer_count, sizeof(*table), compare_ids);
    for (size_t i = 1; i < r->layer_count; i++)
        if (table[i].id == table[i - 1].id)
            return bad_layer(r, &r->layers[table[i].index],
                    "has an id that another layer has:", table[i].id);
    return 0;
}

static int find_base(const struct gox__gox_reader *r,
        const struct id_entry *table, int id, uint32_t *index)
{
    size_t low = 0, high = r->layer_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (table[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == r->layer_count || table[low].id != id)
        return GOX_ERR_NOT_FOUND;
    *index = table[low].index;
    return 0;
}

/* depth[i] counts the clones from layer i down to a layer with voxels; 0 while
 * unknown. Each layer is walked over at most twice. */
static int check_clone(struct gox__gox_reader *r, const struct id_entry *table,
        uint32_t *depth, uint32_t start)
{
    uint32_t path[MAX_CLONE_DEPTH];
    uint32_t at = start, length = 0;
    while (depth[at] == 0 && r->layers[at].layer->kind == GOX_LAYER_CLONE) {
        const struct gox__gox_layer *l = &r->layers[at];
        if (length == MAX_CLONE_DEPTH)
            return bad_layer(r, &r->layers[start],
                    "is a clone of itself, or of more clones in a row than",
                    MAX_CLONE_DEPTH);
        path[length++] = at;
        if (find_base(r, table, l->layer->base_id, &at) < 0)
            return bad_layer(r, l, "is a clone of a layer that is not there:",
                    l->layer->base_id);
        if (at == start)
            return bad_layer(r, l, "is a clone of itself through layer",
                    l->layer->base_id);
    }
    uint32_t below = depth[at];
    if (below + length > MAX_CLONE_DEPTH)
        return bad_layer(r, &r->layers[start],
                "is a clone of more clones in a row than", MAX_CLONE_DEPTH);
    while (length > 0)
        depth[path[--length]] = ++below;
    return 0;
}

static int put_layers(struct gox__gox_reader *r)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->layer_count; i++) {
        struct gox_layer *layer = r->layers[i].layer;
        if (layer->material < 0 ||
                (size_t)layer->material >= r->img->material_count)
            layer->material = -1;
        r->layers[i].layer = NULL;
        rc = gox_image_put_layer(r->img, layer, r->img->layer_count);
    }
    r->img->active_camera =
            r->has_active_camera ? r->active_camera : r->img->camera_count;
    return rc;
}

int gox__gox_finish_layers(struct gox__gox_reader *r)
{
    struct id_entry *table = gox_malloc_array(r->layer_count, sizeof(*table));
    uint32_t *depth = gox_calloc(r->layer_count, sizeof(*depth));
    int rc = table != NULL && depth != NULL ? 0 : GOX_ERR_NOMEM;
    if (rc == 0)
        rc = number_layers(r, table);
    for (size_t i = 0; rc == 0 && i < r->layer_count; i++)
        rc = check_clone(r, table, depth, (uint32_t)i);
    gox_free(table);
    gox_free(depth);
    return rc < 0 ? rc : put_layers(r);
}
