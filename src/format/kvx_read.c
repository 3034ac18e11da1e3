/* SPDX-License-Identifier: Apache-2.0
 * Build engine voxels (.kvx), reading: the first level of detail only.
 *
 * The file stores what can be seen; what lies between a slab whose top is seen
 * and the next slab below whose bottom is seen is solid, in the last colour of
 * that lower slab. Placement as in the Goxel editor: y mirrored, z upwards, the
 * pivot's whole voxels at the origin. */
#include "format/helpers_internal.h"
#include "format/kvx_internal.h"

#include <string.h>

/* The format's own limit is 256; the table of columns allows a little more. */
#define MAX_SIDE   1024
#define MAX_HEIGHT 512 /* slab top and length are bytes */

struct reader {
    struct gox_bytes in; /* of the first level */
    uint32_t size[3];
    int32_t pivot[3];
    const uint8_t *x_offsets, *y_offsets;
    gox_rgba palette[256];
    struct gox__sink sink;
    struct gox__budget budget;
    struct gox_error *err;
    uint8_t has_voxel[MAX_HEIGHT]; /* in this column */
};

static uint32_t load_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static void read_palette(struct reader *r, const uint8_t *p)
{
    for (int i = 0; i < 256; i++) {
        uint8_t rgb[3];
        for (int k = 0; k < 3; k++) {
            unsigned v = (p[3 * i + k] * 255u + 31) / 63;
            rgb[k] = (uint8_t)(v < 255 ? v : 255);
        }
        r->palette[i] = gox_rgba_make(rgb[0], rgb[1], rgb[2], 255);
    }
}

/* Floor of v / 256. */
static int32_t whole(int32_t v)
{
    return v / 256 - (v % 256 < 0);
}

static int read_header(struct reader *r, const uint8_t *data, size_t len)
{
    gox_bytes_init(&r->in, data, len, r->err);
    uint32_t bytes = gox_bytes_u32le(&r->in, "the size of the first level");
    if (r->in.failed)
        return GOX_ERR_FORMAT;
    if (bytes > len - 4 || len - 4 - bytes < GOX__KVX_PALETTE)
        return gox_bytes_fail(&r->in,
                "a level of %u bytes and a palette of %d do not fit into the "
                "%zu bytes that are left",
                bytes, GOX__KVX_PALETTE, len - 4);
    read_palette(r, data + len - GOX__KVX_PALETTE);
    r->in.len = 4 + (size_t)bytes;
    for (int i = 0; i < 3; i++) {
        r->size[i] = gox_bytes_u32le(&r->in, "a size");
        if (r->size[i] > (i < 2 ? MAX_SIDE : MAX_HEIGHT))
            return gox_bytes_fail(
                    &r->in, "a side of %u voxels is too long", r->size[i]);
    }
    for (int i = 0; i < 3; i++)
        r->pivot[i] = whole(gox_bytes_i32le(&r->in, "a pivot"));
    r->x_offsets = gox_bytes_take(
            &r->in, 4 * ((size_t)r->size[0] + 1), "the table of x offsets");
    r->y_offsets = gox_bytes_take(&r->in,
            2 * (size_t)r->size[0] * (r->size[1] + 1), "the table of columns");
    return r->in.failed ? GOX_ERR_FORMAT : 0;
}

static int put(
        struct reader *r, uint32_t x, uint32_t y, uint32_t z, gox_rgba color)
{
    struct gox_pos p = {(int32_t)x - r->pivot[0],
            (int32_t)r->size[1] - 1 - (int32_t)y - r->pivot[1],
            r->pivot[2] - 1 - (int32_t)z};
    r->has_voxel[z] = 1;
    return gox__sink_put(&r->sink, p, color);
}

static int fill_gap(struct reader *r, uint32_t x, uint32_t y, uint32_t from,
        uint32_t to, gox_rgba color)
{
    int rc = 0;
    for (uint32_t z = from; z < to && rc == 0; z++)
        if (!r->has_voxel[z])
            rc = put(r, x, y, z, color);
    return rc;
}

/* The slabs of one column, which are all of the input of `in`. */
static int read_column(
        struct reader *r, struct gox_bytes *in, uint32_t x, uint32_t y)
{
    memset(r->has_voxel, 0, sizeof(r->has_voxel));
    uint32_t open = 0;
    bool is_open = false;
    while (gox_bytes_left(in) > 0) {
        uint32_t top = gox_bytes_u8(in, "a slab's top");
        uint32_t count = gox_bytes_u8(in, "a slab's length");
        unsigned faces = gox_bytes_u8(in, "a slab's faces");
        const uint8_t *colors = gox_bytes_take(in, count, "a slab's colours");
        if (colors == NULL)
            return GOX_ERR_FORMAT;
        if (top + count > r->size[2])
            return gox_bytes_fail(in,
                    "the slab %u ... %u ends below the model of height %u", top,
                    top + count, r->size[2]);
        int rc = gox__budget_run(
                &r->budget, count, (int64_t)(in->base + in->pos), r->err);
        for (uint32_t i = 0; i < count && rc == 0; i++)
            rc = put(r, x, y, top + i, r->palette[colors[i]]);
        if (faces & GOX__KVX_TOP) {
            open = top + count;
            is_open = true;
        }
        if (rc == 0 && (faces & GOX__KVX_BOTTOM) && is_open && count > 0)
            rc = fill_gap(r, x, y, open, top, r->palette[colors[count - 1]]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_columns(struct reader *r, uint32_t x)
{
    uint64_t start = GOX__KVX_HEADER + (uint64_t)load_u32(r->x_offsets + 4 * x);
    const uint8_t *row = r->y_offsets + 2 * (size_t)x * (r->size[1] + 1);
    for (uint32_t y = 0; y < r->size[1]; y++) {
        uint64_t from = start + (row[2 * y] | (unsigned)row[2 * y + 1] << 8);
        uint64_t to = start + (row[2 * y + 2] | (unsigned)row[2 * y + 3] << 8);
        if (from > to || to > r->in.len)
            return gox_bytes_fail(&r->in,
                    "column %u %u lies at %llu ... %llu of a level of %zu "
                    "bytes",
                    x, y, (unsigned long long)from, (unsigned long long)to,
                    r->in.len);
        struct gox_bytes in;
        gox_bytes_init(&in, r->in.data + from, (size_t)(to - from), r->err);
        in.base = (size_t)from;
        int rc = read_column(r, &in, x, y);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int gox__kvx_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct reader r = {.err = err};
    int rc = read_header(&r, data, len);
    if (rc < 0)
        return rc;
    struct gox_layer *layer = gox_image_add_layer(img, "Layer 1");
    if (layer == NULL || gox__sink_init(&r.sink, layer->volume) < 0)
        return GOX_ERR_NOMEM;
    for (uint32_t x = 0; x < r.size[0] && rc == 0; x++) {
        rc = read_columns(&r, x);
        if (rc == 0)
            rc = gox_task_check(task, err);
    }
    if (rc == 0)
        rc = gox__sink_flush(&r.sink);
    report->clipped = r.sink.clipped;
    report->models = 1;
    gox__sink_fini(&r.sink);
    return rc;
}

/* No magic number, but the first x offset must be the size of the tables. */
int gox__kvx_probe(const uint8_t *data, size_t len)
{
    if (len < GOX__KVX_HEADER + 4 + GOX__KVX_PALETTE)
        return 0;
    uint64_t bytes = load_u32(data);
    uint64_t x = load_u32(data + 4), y = load_u32(data + 8);
    if (bytes > len - 4 - GOX__KVX_PALETTE || x == 0 || y == 0 ||
            x > MAX_SIDE || y > MAX_SIDE || load_u32(data + 12) > MAX_HEIGHT)
        return 0;
    uint64_t tables = 4 * (x + 1) + 2 * x * (y + 1);
    return load_u32(data + GOX__KVX_HEADER) == tables ? 90 : 0;
}
