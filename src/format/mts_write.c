/* SPDX-License-Identifier: Apache-2.0
 * Luanti schematics (.mts), writing: each voxel of the merged image becomes a
 * node of its colour or the plain block nearest to it, the rest of the box air;
 * every node is
 * always placed. The schematic's corner is the model's, so where it stood in
 * the grid is not kept. */
#include "base/alloc.h"
#include "format/helpers_internal.h"
#include "format/mts_internal.h"
#include "voxel/analysis.h"

#include <string.h>

#define MAX_SIDE  65535
#define MAX_NAMES 1024 /* more than the table of nodes has blocks */
#define LEVEL     6

struct writer {
    gox_volume *vol;
    struct gox_bbox box;
    struct gox_color_count *colors; /* sorted by colour */
    size_t color_count;
    uint16_t *ids; /* name index for each colour */
    const char *names[MAX_NAMES];
    size_t name_count;
    uint32_t inexact; /* colours that no block has */
    z_stream z;
    bool is_open;
    struct gox_output *out;
    uint8_t buf[32768];
    struct gox_task *task;
    struct gox_error *err;
};

static voidpf zlib_alloc(voidpf ctx, uInt count, uInt size)
{
    (void)ctx;
    return gox_calloc(count, size);
}

static void zlib_free(voidpf ctx, voidpf ptr)
{
    (void)ctx;
    gox_free(ptr);
}

static uint16_t name_id(struct writer *w, const char *name)
{
    for (size_t i = 0; i < w->name_count; i++)
        if (strcmp(w->names[i], name) == 0)
            return (uint16_t)i;
    w->names[w->name_count] = name;
    return (uint16_t)w->name_count++;
}

/* Gives each colour of the model its node. */
static int choose_nodes(struct writer *w)
{
    w->names[w->name_count++] = "air";
    int rc = gox_analyze_histogram(
            w->vol, w->box, 1, &w->colors, &w->color_count, w->task);
    if (rc < 0)
        return rc;
    w->ids = gox_malloc_array(w->color_count + 1, sizeof(*w->ids));
    if (w->ids == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < w->color_count; i++) {
        gox_rgba c = w->colors[i].color;
        const struct gox__mts_node *node = gox__mts_choose_node(c);
        uint32_t rgb = (uint32_t)gox_rgba_r(c) << 16 |
                       (uint32_t)gox_rgba_g(c) << 8 | gox_rgba_b(c);
        w->ids[i] = name_id(w, node->name);
        w->inexact += node->rgb != rgb;
    }
    return 0;
}

static uint16_t color_id(const struct writer *w, gox_rgba color)
{
    size_t low = 0, high = w->color_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (w->colors[middle].color <= color)
            low = middle;
        else
            high = middle;
    }
    return w->ids[low];
}

static void put_u16(struct gox_output *out, size_t v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    gox_output_put(out, b, sizeof(b));
}

static void put_header(struct writer *w)
{
    gox_output_put_str(w->out, "MTSM");
    put_u16(w->out, GOX__MTS_VERSION);
    int32_t height = w->box.max.z - w->box.min.z;
    put_u16(w->out, (size_t)(w->box.max.x - w->box.min.x));
    put_u16(w->out, (size_t)height);
    put_u16(w->out, (size_t)(w->box.max.y - w->box.min.y));
    const uint8_t always = GOX__MTS_ALWAYS;
    for (int32_t i = 0; i < height; i++)
        gox_output_put(w->out, &always, 1);
    put_u16(w->out, w->name_count);
    for (size_t i = 0; i < w->name_count; i++) {
        put_u16(w->out, strlen(w->names[i]));
        gox_output_put_str(w->out, w->names[i]);
    }
}

static int pack(struct writer *w, const void *data, size_t len, int flush)
{
    w->z.next_in = (z_const Bytef *)data;
    w->z.avail_in = (uInt)len; /* a row at most */
    for (;;) {
        w->z.next_out = w->buf;
        w->z.avail_out = sizeof(w->buf);
        int code = deflate(&w->z, flush);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return gox_error_set(w->err, GOX_ERR_INTERNAL,
                    "zlib cannot pack the nodes (code %d)", code);
        gox_output_put(w->out, w->buf, sizeof(w->buf) - w->z.avail_out);
        if (w->out->error != 0)
            return w->out->error;
        if (w->z.avail_out > 0 && w->z.avail_in == 0)
            return 0;
    }
}

static void make_row(struct writer *w, uint8_t *row, int32_t y, int32_t z)
{
    struct gox_cursor cursor;
    gox_cursor_init(&cursor, w->vol);
    gox_rgba last = 0;
    uint16_t id = 0;
    for (int32_t x = w->box.min.x; x < w->box.max.x; x++) {
        gox_rgba c = gox_cursor_get(&cursor, gox_pos_make(x, y, z));
        if (c != last) {
            id = c != 0 ? color_id(w, c) : 0;
            last = c;
        }
        *row++ = (uint8_t)(id >> 8);
        *row++ = (uint8_t)id;
    }
}

/* Name indices, then the probabilities, then param2, row by row. */
static int put_nodes(struct writer *w, uint8_t *row, size_t width)
{
    for (int32_t y = w->box.min.y; y < w->box.max.y; y++) {
        for (int32_t z = w->box.min.z; z < w->box.max.z; z++) {
            make_row(w, row, y, z);
            int rc = pack(w, row, 2 * width, Z_NO_FLUSH);
            if (rc < 0)
                return rc;
        }
        int rc = gox_task_check(w->task, w->err);
        if (rc < 0)
            return rc;
    }
    size_t rows = (size_t)(w->box.max.y - w->box.min.y) *
                  (size_t)(w->box.max.z - w->box.min.z);
    const uint8_t values[2] = {GOX__MTS_ALWAYS, 0};
    for (int i = 0; i < 2; i++) {
        memset(row, values[i], width);
        for (size_t k = 0; k < rows; k++) {
            int rc = pack(w, row, width, Z_NO_FLUSH);
            if (rc < 0)
                return rc;
        }
    }
    return pack(w, row, 0, Z_FINISH);
}

static int put_body(struct writer *w)
{
    size_t width = (size_t)(w->box.max.x - w->box.min.x);
    uint8_t *row = gox_malloc_array(width, 2);
    if (row == NULL)
        return GOX_ERR_NOMEM;
    w->z.zalloc = zlib_alloc;
    w->z.zfree = zlib_free;
    w->is_open = deflateInit(&w->z, LEVEL) == Z_OK;
    int rc = w->is_open ? put_nodes(w, row, width) : GOX_ERR_NOMEM;
    if (w->is_open)
        deflateEnd(&w->z);
    gox_free(row);
    return rc;
}

static int choose_box(struct writer *w)
{
    struct gox_bbox b = gox_volume_bbox(w->vol);
    if (gox_bbox_is_empty(b))
        b = (struct gox_bbox){{0, 0, 0}, {1, 1, 1}};
    w->box = b;
    int sx = b.max.x - b.min.x, sy = b.max.y - b.min.y, sz = b.max.z - b.min.z;
    if (sx <= MAX_SIDE && sy <= MAX_SIDE && sz <= MAX_SIDE &&
            gox_bbox_volume(b) <= GOX__MTS_MAX_NODES)
        return 0;
    return gox_error_set(w->err, GOX_ERR_TOO_LARGE,
            "the model is %d x %d x %d voxels; a schematic stores the whole "
            "box and holds at most %d a side and %llu in all; crop or split it",
            sx, sy, sz, MAX_SIDE, (unsigned long long)GOX__MTS_MAX_NODES);
}

static int write_all(struct writer *w, struct gox_format_report *report)
{
    int rc = choose_box(w);
    if (rc == 0)
        rc = choose_nodes(w);
    if (rc < 0)
        return rc;
    put_header(w);
    rc = put_body(w);
    if (rc < 0)
        return rc;
    report->models = 1;
    report->voxels = gox_volume_solid(w->vol);
    report->colors = (uint32_t)(w->name_count - 1);
    report->colors_before = (uint32_t)w->color_count;
    if (w->inexact > 0)
        gox__note(report, "%u of %zu colours became the nearest of %zu nodes",
                w->inexact, w->color_count, w->name_count - 1);
    return 0;
}

static int write_mts(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct writer *w = gox_calloc(1, sizeof(*w));
    if (w == NULL)
        return GOX_ERR_NOMEM;
    w->out = out;
    w->task = task;
    w->err = err;
    int rc = gox__flatten(img, &w->vol, task, err);
    if (rc == 0)
        rc = write_all(w, report);
    gox_free(w->colors);
    gox_free(w->ids);
    gox_volume_free(w->vol);
    gox_free(w);
    return rc;
}

const struct gox_format gox_format_mts = {
        .name = "mts",
        .title = "Luanti schematic",
        .extensions = {"mts", NULL},
        .mime = "application/x-luanti-schematic",
        .probe = gox__mts_probe,
        .read = gox__mts_read,
        .write = write_mts,
};
