/* SPDX-License-Identifier: Apache-2.0
 * Build engine voxels (.kvx), writing: one level of detail, the seen voxels of
 * the merged image in at most 255 colours of 6 bits a channel.
 *
 * Invariant: each column's solid runs begin with a slab that has its top bit
 * and end with one that has its bottom bit, so that readers fill the inside
 * again. The pivot is the origin; where it would be negative, which readers do
 * not expect, the box grows to reach it, or else the model is moved. */
#include "base/alloc.h"
#include "format/helpers_internal.h"
#include "format/kvx_internal.h"
#include "voxel/palette.h"

#include <string.h>

#define MAX_SIDE   256
#define MAX_HEIGHT 255 /* a slab's top and length are bytes */
/* 255 means air to the programs that also read the older .vox of this family.
 */
#define MAX_COLORS 255
#define PIVOT_MAX  ((1 << 22) - 1) /* times 256 it must fit into 31 bits */
#define CUBE       (64u * 64 * 64) /* colours of 6 bits */

struct writer {
    gox_volume *vol;
    struct gox_bbox box;
    int size[3];
    int32_t pivot[3];
    bool is_moved;
    uint8_t *solid;    /* x, y, z of the file, z fastest; 1: a voxel */
    uint32_t *counts;  /* CUBE: seen voxels; then index of the colour */
    uint64_t *known;   /* one bit for each colour of 24 bits that is seen */
    uint32_t original; /* colours before */
    uint32_t rounded;  /* of these, not exact in 6 bits */
    gox_rgba palette[MAX_COLORS];
    size_t palette_count;
    uint64_t voxels; /* written */
    struct gox_buf tables, slabs;
    struct gox_task *task;
    struct gox_error *err;
};

static unsigned reduce(unsigned v)
{
    return (v * 63 + 127) / 255;
}

static unsigned expand(unsigned v)
{
    return (v * 255 + 31) / 63;
}

static uint32_t cube_index(gox_rgba c)
{
    return reduce(gox_rgba_r(c)) | reduce(gox_rgba_g(c)) << 6 |
           reduce(gox_rgba_b(c)) << 12;
}

static gox_rgba cube_color(uint32_t i)
{
    return gox_rgba_make((uint8_t)expand(i & 63), (uint8_t)expand(i >> 6 & 63),
            (uint8_t)expand(i >> 12), 255);
}

/* The pivot of one axis: how far the origin is inside the box from its edge.
 * When it is outside (edge < 0), the box grows by that much if it may. */
static int32_t choose_pivot(int64_t edge, int *size, int limit, bool *is_moved)
{
    if (edge >= 0 && edge <= PIVOT_MAX)
        return (int32_t)edge;
    if (edge < 0 && *size - edge <= limit)
        *size += (int)-edge;
    else
        *is_moved = true;
    return 0;
}

static int choose_box(struct writer *w)
{
    struct gox_bbox b = gox_volume_bbox(w->vol);
    if (gox_bbox_is_empty(b))
        b.max = gox_pos_make(b.min.x + 1, b.min.y + 1, b.min.z + 1);
    int sx = b.max.x - b.min.x, sy = b.max.y - b.min.y, sz = b.max.z - b.min.z;
    if (sx > MAX_SIDE || sy > MAX_SIDE || sz > MAX_HEIGHT)
        return gox_error_set(w->err, GOX_ERR_TOO_LARGE,
                "the model is %d x %d x %d voxels; the format holds at most "
                "%d x %d x %d; crop, scale down or split it",
                sx, sy, sz, MAX_SIDE, MAX_SIDE, MAX_HEIGHT);
    w->pivot[0] = choose_pivot(-b.min.x, &sx, MAX_SIDE, &w->is_moved);
    w->pivot[1] = choose_pivot(-b.min.y, &sy, MAX_SIDE, &w->is_moved);
    w->pivot[2] = choose_pivot(b.max.z, &sz, MAX_HEIGHT, &w->is_moved);
    w->size[0] = sx;
    w->size[1] = sy;
    w->size[2] = sz;
    b.min.x = b.max.x - sx;
    b.min.y = b.max.y - sy;
    b.max.z = b.min.z + sz;
    w->box = b;
    return 0;
}

static size_t cell_index(const struct writer *w, int x, int y, int z)
{
    return ((size_t)x * (size_t)w->size[1] + (size_t)y) * (size_t)w->size[2] +
           (size_t)z;
}

/* Our position of a place in the file. */
static struct gox_pos place(const struct writer *w, int x, int y, int z)
{
    return gox_pos_make(
            w->box.min.x + x, w->box.max.y - 1 - y, w->box.max.z - 1 - z);
}

static int find_solid(struct writer *w)
{
    size_t cells = cell_index(w, w->size[0], 0, 0);
    w->solid = gox_calloc(cells, 1);
    if (w->solid == NULL)
        return GOX_ERR_NOMEM;
    size_t cursor = 0;
    struct gox_pos p;
    const gox_block *block;
    while ((block = gox_volume_each_block(w->vol, &cursor, &p)) != NULL) {
        uint64_t mask[64];
        gox_block_mask(block, mask);
        for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++) {
            if ((mask[i / 64] >> (i % 64) & 1) == 0)
                continue;
            int x = p.x * GOX_BLOCK_SIZE + (int)(i & 15) - w->box.min.x;
            int y = w->box.max.y - 1 - p.y * GOX_BLOCK_SIZE -
                    (int)(i >> 4 & 15);
            int z = w->box.max.z - 1 - p.z * GOX_BLOCK_SIZE - (int)(i >> 8);
            w->solid[cell_index(w, x, y, z)] = 1;
        }
    }
    return 0;
}

/* The faces of a solid cell that can be seen; 0: inside. */
static unsigned seen_faces(const struct writer *w, int x, int y, int z)
{
    const uint8_t *c = w->solid + cell_index(w, x, y, z);
    size_t step_y = (size_t)w->size[2];
    size_t step_x = step_y * (size_t)w->size[1];
    unsigned faces = 0;
    if (x == 0 || *(c - step_x) == 0)
        faces |= GOX__KVX_X_LOW;
    if (x == w->size[0] - 1 || c[step_x] == 0)
        faces |= GOX__KVX_X_HIGH;
    if (y == 0 || *(c - step_y) == 0)
        faces |= GOX__KVX_Y_LOW;
    if (y == w->size[1] - 1 || c[step_y] == 0)
        faces |= GOX__KVX_Y_HIGH;
    if (z == 0 || c[-1] == 0)
        faces |= GOX__KVX_TOP;
    if (z == w->size[2] - 1 || c[1] == 0)
        faces |= GOX__KVX_BOTTOM;
    return faces;
}

/* Calls fn for each seen voxel; columns in file order, z downwards. */
static int each_column(
        struct writer *w, int (*fn)(struct writer *w, int x, int y))
{
    for (int x = 0; x < w->size[0]; x++) {
        for (int y = 0; y < w->size[1]; y++) {
            int rc = fn(w, x, y);
            if (rc < 0)
                return rc;
        }
        int rc = gox_task_check(w->task, w->err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int count_colors(struct writer *w, int x, int y)
{
    struct gox_cursor cursor;
    gox_cursor_init(&cursor, w->vol);
    const uint8_t *column = w->solid + cell_index(w, x, y, 0);
    for (int z = 0; z < w->size[2]; z++) {
        if (column[z] == 0 || seen_faces(w, x, y, z) == 0)
            continue;
        gox_rgba c = gox_cursor_get(&cursor, place(w, x, y, z)) & 0xffffffu;
        uint32_t i = cube_index(c);
        w->counts[i]++;
        if (w->known[c / 64] >> (c % 64) & 1)
            continue;
        w->known[c / 64] |= UINT64_C(1) << (c % 64);
        w->original++;
        w->rounded += (cube_color(i) & 0xffffffu) != c;
    }
    return 0;
}

/* Makes the palette and turns counts into indices of it. */
static int choose_palette(struct writer *w)
{
    size_t count = 0;
    for (uint32_t i = 0; i < CUBE; i++)
        count += w->counts[i] > 0;
    struct gox_color_count *colors =
            gox_malloc_array(count + 1, sizeof(*colors));
    uint32_t *map = gox_malloc_array(count + 1, sizeof(*map));
    int rc = colors != NULL && map != NULL ? 0 : GOX_ERR_NOMEM;
    size_t n = 0;
    for (uint32_t i = 0; i < CUBE && rc == 0; i++)
        if (w->counts[i] > 0)
            colors[n++] = (struct gox_color_count){
                    .color = cube_color(i), .count = w->counts[i]};
    if (rc == 0 && n > 0)
        rc = gox_quantize(
                colors, n, MAX_COLORS, w->palette, &w->palette_count, map);
    for (size_t i = 0; i < n && rc == 0; i++)
        w->counts[cube_index(colors[i].color)] = map[i];
    gox_free(colors);
    gox_free(map);
    return rc;
}

static void put_slab(struct writer *w, int x, int y, int from, int to,
        unsigned faces, struct gox_cursor *cursor)
{
    uint8_t *p =
            gox_buf_reserve(&w->slabs, GOX__KVX_SLAB + (size_t)(to - from));
    if (p == NULL)
        return;
    *p++ = (uint8_t)from;
    *p++ = (uint8_t)(to - from);
    *p++ = (uint8_t)faces;
    for (int z = from; z < to; z++) {
        gox_rgba c = gox_cursor_get(cursor, place(w, x, y, z));
        *p++ = (uint8_t)w->counts[cube_index(c)];
    }
    gox_buf_commit(&w->slabs, GOX__KVX_SLAB + (size_t)(to - from));
    w->voxels += (uint64_t)(to - from);
}

static int put_column(struct writer *w, int x, int y)
{
    struct gox_cursor cursor;
    gox_cursor_init(&cursor, w->vol);
    const uint8_t *column = w->solid + cell_index(w, x, y, 0);
    const unsigned ends = GOX__KVX_TOP | GOX__KVX_BOTTOM;
    for (int z = 0; z < w->size[2];) {
        unsigned seen = column[z] ? seen_faces(w, x, y, z) : 0;
        if (seen == 0) {
            z++;
            continue;
        }
        int from = z;
        unsigned faces = seen & GOX__KVX_TOP;
        do {
            faces |= seen & ~ends;
            faces = (faces & ~GOX__KVX_BOTTOM) | (seen & GOX__KVX_BOTTOM);
            z++;
            seen = z < w->size[2] && column[z] ? seen_faces(w, x, y, z) : 0;
        } while (seen != 0);
        put_slab(w, x, y, from, z, faces, &cursor);
    }
    return gox_buf_error(&w->slabs);
}

/* All columns of one x, with the tables that find them. */
static int put_slice(
        struct writer *w, int x, uint32_t first_offset, struct gox_buf *columns)
{
    size_t start = w->slabs.len;
    gox_buf_put_u32le(&w->tables, first_offset + (uint32_t)start);
    for (int y = 0; y <= w->size[1]; y++) {
        size_t offset = w->slabs.len - start;
        if (offset > UINT16_MAX)
            return gox_error_set(w->err, GOX_ERR_TOO_LARGE,
                    "the slice at x %d needs %zu bytes of surface; the format "
                    "holds %d; split the model",
                    w->box.min.x + x, offset, UINT16_MAX);
        gox_buf_put_u16le(columns, (uint16_t)offset);
        int rc = y < w->size[1] ? put_column(w, x, y) : 0;
        if (rc < 0)
            return rc;
    }
    return gox_task_check(w->task, w->err);
}

static int put_slices(struct writer *w)
{
    struct gox_buf columns;
    gox_buf_init(&columns, 0);
    uint32_t first = 4 * (uint32_t)(w->size[0] + 1) +
                     2 * (uint32_t)w->size[0] * (uint32_t)(w->size[1] + 1);
    int rc = 0;
    for (int x = 0; x < w->size[0] && rc == 0; x++)
        rc = put_slice(w, x, first, &columns);
    gox_buf_put_u32le(&w->tables, first + (uint32_t)w->slabs.len);
    gox_buf_put(&w->tables, columns.data, columns.len);
    if (rc == 0)
        rc = gox_buf_error(&columns);
    if (rc == 0)
        rc = gox_buf_error(&w->tables);
    gox_buf_fini(&columns);
    return rc;
}

static int put_file(struct writer *w, struct gox_output *out)
{
    struct gox_buf head;
    gox_buf_init(&head, 0);
    gox_buf_put_u32le(&head, (uint32_t)(24 + w->tables.len + w->slabs.len));
    for (int i = 0; i < 3; i++)
        gox_buf_put_u32le(&head, (uint32_t)w->size[i]);
    for (int i = 0; i < 3; i++)
        gox_buf_put_i32le(&head, w->pivot[i] * 256);
    gox_output_put(out, head.data, head.len);
    int rc = gox_buf_error(&head);
    gox_buf_fini(&head);
    gox_output_put(out, w->tables.data, w->tables.len);
    gox_output_put(out, w->slabs.data, w->slabs.len);
    uint8_t palette[GOX__KVX_PALETTE] = {0};
    for (size_t i = 0; i < w->palette_count; i++) {
        palette[3 * i] = (uint8_t)reduce(gox_rgba_r(w->palette[i]));
        palette[3 * i + 1] = (uint8_t)reduce(gox_rgba_g(w->palette[i]));
        palette[3 * i + 2] = (uint8_t)reduce(gox_rgba_b(w->palette[i]));
    }
    gox_output_put(out, palette, sizeof(palette));
    return rc < 0 ? rc : out->error;
}

static void fill_report(
        const struct writer *w, struct gox_format_report *report)
{
    uint64_t inside = gox_volume_solid(w->vol) - w->voxels;
    report->models = 1;
    report->voxels = w->voxels;
    report->colors = (uint32_t)w->palette_count;
    report->colors_before = w->original;
    if (w->rounded > 0)
        gox__note(report, "%u of %u colours were rounded to 6 bits a channel",
                w->rounded, w->original);
    if (w->palette_count == MAX_COLORS && w->original > MAX_COLORS)
        gox__note(report, "%d colours are kept", MAX_COLORS);
    if (inside > 0)
        gox__note(report, "%llu voxels inside lose their colour",
                (unsigned long long)inside);
    if (w->is_moved)
        gox__note(report, "the model was moved to the origin");
}

static int write_all(struct writer *w, struct gox_output *out)
{
    int rc = choose_box(w);
    if (rc == 0)
        rc = find_solid(w);
    if (rc < 0)
        return rc;
    w->counts = gox_calloc(CUBE, sizeof(*w->counts));
    w->known = gox_calloc((1u << 24) / 64, sizeof(*w->known));
    if (w->counts == NULL || w->known == NULL)
        return GOX_ERR_NOMEM;
    rc = each_column(w, count_colors);
    if (rc == 0)
        rc = choose_palette(w);
    if (rc == 0)
        rc = put_slices(w);
    return rc < 0 ? rc : put_file(w, out);
}

static int write_kvx(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct writer w = {.task = task, .err = err};
    gox_buf_init(&w.tables, 0);
    gox_buf_init(&w.slabs, 0);
    int rc = gox__flatten(img, &w.vol, task, err);
    if (rc == 0)
        rc = write_all(&w, out);
    if (rc == 0)
        fill_report(&w, report);
    gox_buf_fini(&w.tables);
    gox_buf_fini(&w.slabs);
    gox_free(w.solid);
    gox_free(w.counts);
    gox_free(w.known);
    gox_volume_free(w.vol);
    return rc;
}

const struct gox_format gox_format_kvx = {
        .name = "kvx",
        .title = "Build engine voxels",
        .extensions = {"kvx", NULL},
        .mime = "application/x-build-kvx",
        .probe = gox__kvx_probe,
        .read = gox__kvx_read,
        .write = write_kvx,
};
