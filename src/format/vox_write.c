/* SPDX-License-Identifier: Apache-2.0
 * Writing MagicaVoxel files: one transform of the scene for each layer, models
 * of at most 256 voxels a side, one palette of at most 255 colours.
 *
 * Invariants: reading the file back gives the same voxels, with the same
 * colours unless there were more than 255; then the report says so. What the
 * format cannot say (blend modes, opacity) is made true by writing the merged
 * voxels instead of the layers. */
#include "format/vox_write.h"

#include "base/alloc.h"
#include "format/formats_internal.h"

#include <stdlib.h>
#include <string.h>

#define VERSION    150
#define MODEL_SIDE 256

/* ---- what to write ---- */

static bool needs_merge(const struct gox_image *img)
{
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *l = img->layers[i];
        if (l->is_visible && (l->blend != GOX_BLEND_OVER || l->opacity != 255))
            return true;
    }
    return false;
}

/* The layers that are written, each on its own; hidden ones if asked for. */
static int collect_sources(struct gox__vox_writer *w, bool keep_hidden)
{
    const struct gox_image *img = w->img;
    bool merge = needs_merge(img);
    w->sources = gox_calloc(img->layer_count + 1, sizeof(*w->sources));
    if (w->sources == NULL)
        return GOX_ERR_NOMEM;
    int rc = 0;
    if (merge) {
        struct gox__vox_source *s = &w->sources[w->source_count++];
        s->name = "Merged";
        rc = gox_image_composite(img, &s->vol, w->task, w->err);
    }
    for (size_t i = 0; rc == 0 && i < img->layer_count; i++) {
        const struct gox_layer *l = img->layers[i];
        if (l->is_visible ? merge : !keep_hidden)
            continue;
        struct gox__vox_source *s = &w->sources[w->source_count++];
        s->name = l->name;
        s->is_hidden = !l->is_visible;
        rc = gox_image_evaluate_layer(img, l, &s->vol, w->task, w->err);
    }
    return rc;
}

/* ---- chunks ---- */

/* Puts the head of a chunk with a length that end_chunk fills in. */
static size_t begin_chunk(struct gox_buf *buf, const char *type)
{
    gox_buf_put(buf, type, 4);
    gox_buf_put_u32le(buf, 0);
    gox_buf_put_u32le(buf, 0);
    return buf->len;
}

static void end_chunk(struct gox_buf *buf, size_t begin)
{
    if (gox_buf_error(buf) == 0)
        gox_buf_set_u32le(buf, begin - 8, (uint32_t)(buf->len - begin));
}

static void put_text(struct gox_buf *buf, const char *text)
{
    gox_buf_put_u32le(buf, (uint32_t)strlen(text));
    gox_buf_put_str(buf, text);
}

/* ---- models ---- */

/* A block and one of the cubes that it lies in. */
struct piece {
    struct gox_pos cube; /* in cubes from the corner of the source */
    struct gox_block_entry entry;
};

/* The voxels of a block inside box, relative to its corner. */
static void put_block(struct gox__vox_writer *w,
        const struct gox_block_entry *entry, const struct gox_bbox *box)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];
    gox_rgba last = 0;
    uint8_t last_index = 0;
    int32_t x0 = entry->pos.x * GOX_BLOCK_SIZE - box->min.x;
    int32_t y0 = entry->pos.y * GOX_BLOCK_SIZE - box->min.y;
    int32_t z0 = entry->pos.z * GOX_BLOCK_SIZE - box->min.z;
    uint8_t *start = gox_buf_reserve(&w->buf, 4 * GOX_BLOCK_VOXELS);
    if (start == NULL)
        return;
    uint8_t *to = start;
    gox_block_decode(entry->block, colors);
    for (int32_t i = 0; i < GOX_BLOCK_VOXELS; i++) {
        gox_rgba c = colors[i];
        int32_t x = x0 + (i & 15), y = y0 + (i >> 4 & 15), z = z0 + (i >> 8);
        if (gox_rgba_a(c) < GOX_ALPHA_SOLID ||
                ((x | y | z) & ~(MODEL_SIDE - 1)) != 0)
            continue;
        if (c != last || last_index == 0) {
            last = c;
            last_index = gox__vox_color_index(w, c);
        }
        to[0] = (uint8_t)x;
        to[1] = (uint8_t)y;
        to[2] = (uint8_t)z;
        to[3] = last_index;
        to += 4;
    }
    gox_buf_commit(&w->buf, (size_t)(to - start));
}

/* A model of the pieces, unless it would be empty. */
static int put_model(struct gox__vox_writer *w, size_t source,
        struct gox_bbox all, const struct piece *pieces, size_t count)
{
    struct gox_pos min = {all.min.x + pieces->cube.x * MODEL_SIDE,
            all.min.y + pieces->cube.y * MODEL_SIDE,
            all.min.z + pieces->cube.z * MODEL_SIDE};
    struct gox_bbox box = gox_bbox_intersect(
            all, (struct gox_bbox){min, {min.x + MODEL_SIDE, min.y + MODEL_SIDE,
                                                min.z + MODEL_SIDE}});
    size_t before = w->buf.len;
    size_t size = begin_chunk(&w->buf, "SIZE");
    gox_buf_put_i32le(&w->buf, box.max.x - box.min.x);
    gox_buf_put_i32le(&w->buf, box.max.y - box.min.y);
    gox_buf_put_i32le(&w->buf, box.max.z - box.min.z);
    end_chunk(&w->buf, size);
    size_t voxels = begin_chunk(&w->buf, "XYZI");
    gox_buf_put_u32le(&w->buf, 0);
    for (size_t i = 0; i < count; i++)
        put_block(w, &pieces[i].entry, &box);
    end_chunk(&w->buf, voxels);
    if (gox_buf_error(&w->buf) != 0)
        return gox_buf_error(&w->buf);
    size_t bytes = w->buf.len - voxels - 4;
    if (bytes == 0) {
        w->buf.len = before;
        return 0;
    }
    gox_buf_set_u32le(&w->buf, voxels, (uint32_t)(bytes / 4));
    if (!gox_grow(&w->parts, &w->part_capacity, w->part_count + 1,
                sizeof(*w->parts)))
        return GOX_ERR_NOMEM;
    w->parts[w->part_count++] =
            (struct gox__vox_part){.source = source, .box = box};
    return 0;
}

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;
    const int32_t x[6] = {p->cube.z, p->cube.y, p->cube.x, p->entry.pos.z,
            p->entry.pos.y, p->entry.pos.x};
    const int32_t y[6] = {q->cube.z, q->cube.y, q->cube.x, q->entry.pos.z,
            q->entry.pos.y, q->entry.pos.x};
    for (int i = 0; i < 6; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static int32_t cube_of(int32_t voxel, int32_t min)
{
    return voxel <= min ? 0 : (voxel - min) / MODEL_SIDE;
}

/* The cubes that a block lies in, at most eight. */
static size_t cut_block(const struct gox_block_entry *entry,
        struct gox_bbox all, struct piece *pieces)
{
    struct gox_pos p = {entry->pos.x * GOX_BLOCK_SIZE,
            entry->pos.y * GOX_BLOCK_SIZE, entry->pos.z * GOX_BLOCK_SIZE};
    const int32_t last = GOX_BLOCK_SIZE - 1;
    size_t n = 0;
    struct gox_pos c;
    for (c.z = cube_of(p.z, all.min.z); c.z <= cube_of(p.z + last, all.min.z);
            c.z++)
        for (c.y = cube_of(p.y, all.min.y);
                c.y <= cube_of(p.y + last, all.min.y); c.y++)
            for (c.x = cube_of(p.x, all.min.x);
                    c.x <= cube_of(p.x + last, all.min.x); c.x++)
                pieces[n++] = (struct piece){.cube = c, .entry = *entry};
    return n;
}

static bool is_same_cube(const struct piece *a, const struct piece *b)
{
    return a->cube.x == b->cube.x && a->cube.y == b->cube.y &&
           a->cube.z == b->cube.z;
}

/* Cubes of 256 voxels are counted from the corner of the layer's box, so that
 * a layer that fits one model is one model. */
static int put_models(struct gox__vox_writer *w, size_t source)
{
    const gox_volume *vol = w->sources[source].vol;
    struct gox_bbox all = gox_volume_bbox(vol);
    size_t count = 0, piece_count = 0;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    struct piece *pieces = gox_malloc_array(count * 8, sizeof(*pieces));
    int rc = pieces != NULL ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++)
        piece_count += cut_block(&blocks[i], all, pieces + piece_count);
    if (rc == 0)
        qsort(pieces, piece_count, sizeof(*pieces), compare_pieces);
    for (size_t i = 0; rc == 0 && i < piece_count;) {
        size_t end = i + 1;
        while (end < piece_count && is_same_cube(&pieces[i], &pieces[end]))
            end++;
        rc = put_model(w, source, all, &pieces[i], end - i);
        if (rc == 0)
            rc = gox_task_check(w->task, w->err);
        i = end;
    }
    gox_free(pieces);
    gox_free(blocks);
    return rc;
}

/* ---- scene ---- */

struct attributes {
    const char *name; /* NULL: none */
    bool is_hidden, is_part;
};

static void put_attributes(struct gox_buf *buf, const struct attributes *a)
{
    bool has_name = a->name != NULL && a->name[0] != '\0';
    gox_buf_put_u32le(buf, (uint32_t)(has_name + a->is_hidden + a->is_part));
    if (has_name) {
        put_text(buf, "_name");
        put_text(buf, a->name);
    }
    if (a->is_hidden) {
        put_text(buf, "_hidden");
        put_text(buf, "1");
    }
    /* Our own: models of a layer that was too large for one. */
    if (a->is_part) {
        put_text(buf, "_part");
        put_text(buf, "1");
    }
}

static void put_transform(struct gox_buf *buf, uint32_t id, uint32_t child,
        const struct attributes *a, const struct gox_pos *move)
{
    size_t chunk = begin_chunk(buf, "nTRN");
    gox_buf_put_u32le(buf, id);
    put_attributes(buf, a);
    gox_buf_put_u32le(buf, child);
    gox_buf_put_i32le(buf, -1);
    gox_buf_put_i32le(buf, move != NULL ? 0 : -1); /* layer */
    gox_buf_put_u32le(buf, 1);                     /* frames */
    gox_buf_put_u32le(buf, move != NULL);
    if (move != NULL) {
        struct gox_buf text;
        gox_buf_init(&text, 0);
        gox_buf_printf(
                &text, "%d %d %d", (int)move->x, (int)move->y, (int)move->z);
        put_text(buf, "_t");
        const char *t = gox_buf_text(&text);
        put_text(buf, t != NULL ? t : "");
        if (t == NULL)
            buf->error = GOX_ERR_NOMEM;
        gox_buf_fini(&text);
    }
    end_chunk(buf, chunk);
}

static void put_shape(struct gox_buf *buf, uint32_t id, size_t model)
{
    size_t chunk = begin_chunk(buf, "nSHP");
    gox_buf_put_u32le(buf, id);
    gox_buf_put_u32le(buf, 0);
    gox_buf_put_u32le(buf, 1);
    gox_buf_put_u32le(buf, (uint32_t)model);
    gox_buf_put_u32le(buf, 0);
    end_chunk(buf, chunk);
}

/* Where the pivot of a part is: half its size, rounded down, from its corner.
 */
static struct gox_pos pivot_of(const struct gox__vox_part *part)
{
    const struct gox_bbox *b = &part->box;
    return gox_pos_make(b->min.x + (b->max.x - b->min.x) / 2,
            b->min.y + (b->max.y - b->min.y) / 2,
            b->min.z + (b->max.z - b->min.z) / 2);
}

static size_t parts_of(const struct gox__vox_writer *w, size_t first)
{
    size_t end = first + 1;
    while (end < w->part_count &&
            w->parts[end].source == w->parts[first].source)
        end++;
    return end - first;
}

/* The nodes of one layer from `id` on; returns the next free number. A layer
 * of several models has a group: 2 nodes, and 2 for each model. */
static uint32_t put_source(
        struct gox__vox_writer *w, uint32_t id, size_t first, size_t count)
{
    const struct gox__vox_source *s = &w->sources[w->parts[first].source];
    struct attributes a = {.name = s->name, .is_hidden = s->is_hidden};
    struct gox_pos move = pivot_of(&w->parts[first]);
    if (count == 1) {
        put_transform(&w->buf, id, id + 1, &a, &move);
        put_shape(&w->buf, id + 1, first);
        return id + 2;
    }
    put_transform(&w->buf, id, id + 1, &a, &(struct gox_pos){0, 0, 0});
    size_t chunk = begin_chunk(&w->buf, "nGRP");
    gox_buf_put_u32le(&w->buf, id + 1);
    gox_buf_put_u32le(&w->buf, 0);
    gox_buf_put_u32le(&w->buf, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        gox_buf_put_u32le(&w->buf, id + 2 + 2 * (uint32_t)i);
    end_chunk(&w->buf, chunk);
    id += 2;
    for (size_t i = 0; i < count; i++, id += 2) {
        move = pivot_of(&w->parts[first + i]);
        put_transform(&w->buf, id, id + 1,
                &(struct attributes){.is_part = true}, &move);
        put_shape(&w->buf, id + 1, first + i);
    }
    return id;
}

static void put_scene(struct gox__vox_writer *w)
{
    struct gox_buf children;
    gox_buf_init(&children, 0);
    uint32_t id = 2, count = 0;
    for (size_t i = 0; i < w->part_count; count++) {
        size_t n = parts_of(w, i);
        gox_buf_put_u32le(&children, id);
        id += n == 1 ? 2 : 2 + 2 * (uint32_t)n;
        i += n;
    }
    put_transform(&w->buf, 0, 1, &(struct attributes){0}, NULL);
    size_t chunk = begin_chunk(&w->buf, "nGRP");
    gox_buf_put_u32le(&w->buf, 1);
    gox_buf_put_u32le(&w->buf, 0);
    gox_buf_put_u32le(&w->buf, count);
    gox_buf_put(&w->buf, children.data, children.len);
    end_chunk(&w->buf, chunk);
    if (gox_buf_error(&children) != 0)
        w->buf.error = GOX_ERR_NOMEM;
    gox_buf_fini(&children);
    id = 2;
    for (size_t i = 0; i < w->part_count;) {
        size_t n = parts_of(w, i);
        id = put_source(w, id, i, n);
        i += n;
    }
}

static void put_palette(struct gox__vox_writer *w)
{
    size_t chunk = begin_chunk(&w->buf, "RGBA");
    for (size_t i = 0; i < 256; i++) {
        uint8_t rgba[4] = {0, 0, 0, 0};
        if (i < w->palette_count)
            gox_rgba_store(w->palette[i] | 0xff000000u, rgba);
        gox_buf_put(&w->buf, rgba, sizeof(rgba));
    }
    end_chunk(&w->buf, chunk);
}

/* Readers want one model at least. */
static void put_empty_model(struct gox_buf *buf)
{
    size_t chunk = begin_chunk(buf, "SIZE");
    for (int i = 0; i < 3; i++)
        gox_buf_put_u32le(buf, 1);
    end_chunk(buf, chunk);
    chunk = begin_chunk(buf, "XYZI");
    gox_buf_put_u32le(buf, 0);
    end_chunk(buf, chunk);
}

/* ---- the whole ---- */

static int make_content(struct gox__vox_writer *w)
{
    int rc = gox__vox_collect_colors(w);
    if (rc == 0 && w->voxels > INT32_MAX / 4 - 65536)
        rc = gox_error_set(w->err, GOX_ERR_TOO_LARGE,
                "%llu voxels do not fit a .vox file, which is limited to 2 "
                "GiB; nothing was written",
                (unsigned long long)w->voxels);
    for (size_t s = 0; rc == 0 && s < w->source_count; s++) {
        rc = put_models(w, s);
        gox_task_progress(w->task, s + 1, w->source_count);
    }
    if (rc < 0)
        return rc;
    if (w->part_count == 0)
        put_empty_model(&w->buf);
    else
        put_scene(w);
    put_palette(w);
    return gox_buf_error(&w->buf);
}

static void put_file(struct gox_output *out, const struct gox_buf *content)
{
    struct gox_buf head;
    gox_buf_init(&head, 0);
    gox_buf_put(&head, "VOX ", 4);
    gox_buf_put_u32le(&head, VERSION);
    gox_buf_put(&head, "MAIN", 4);
    gox_buf_put_u32le(&head, 0);
    gox_buf_put_u32le(&head, (uint32_t)content->len);
    if (gox_buf_error(&head) != 0 && out->error == 0)
        out->error = gox_buf_error(&head);
    gox_output_put(out, head.data, head.len);
    gox_output_put(out, content->data, content->len);
    gox_buf_fini(&head);
}

static void fill_report(
        const struct gox__vox_writer *w, struct gox_format_report *report)
{
    report->voxels = w->voxels;
    report->models = (uint32_t)w->part_count;
    report->colors = (uint32_t)w->palette_count;
    report->colors_before = (uint32_t)w->distinct;
    if (w->distinct > w->palette_count)
        gox__note(report,
                "%zu colours were reduced to the %zu that a .vox file can hold",
                w->distinct, w->palette_count);
    if (needs_merge(w->img))
        gox__note(report, "the layers were merged, because a .vox file has no "
                          "blend modes and no opacity");
}

int gox__vox_write(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct gox__vox_writer *w = gox_calloc(1, sizeof(*w));
    if (w == NULL)
        return GOX_ERR_NOMEM;
    w->img = img;
    w->task = task;
    w->err = err;
    gox_buf_init(&w->buf, INT32_MAX);
    int rc = collect_sources(w, opts->keep_hidden);
    if (rc == 0)
        rc = make_content(w);
    if (rc == 0) {
        put_file(out, &w->buf);
        fill_report(w, report);
    }
    for (size_t i = 0; i < w->source_count; i++)
        gox_volume_free(w->sources[i].vol);
    gox_free(w->sources);
    gox_free(w->parts);
    gox_free(w->keys);
    gox_free(w->places);
    gox_free(w->colors);
    gox_free(w->map);
    gox_free(w->cells);
    gox_free(w->seen);
    gox_buf_fini(&w->buf);
    gox_free(w);
    return rc;
}
