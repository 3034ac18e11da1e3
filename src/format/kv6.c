/* SPDX-License-Identifier: Apache-2.0
 * Voxlap sprites (.kv6), reading: "Kvxl", sizes, pivot, a list of seen voxels
 * {B, G, R, a, u16 z, faces, normal}, then u32 counts for each x and u16 counts
 * for each column. z goes down.
 *
 * What lies between a voxel whose top is seen and the next below whose bottom
 * is seen is solid, in the colour of the upper one. Placement as in the Goxel
 * editor: y mirrored, z upwards, the middle of the box at the origin, whatever
 * the pivot says. */
#include "base/alloc.h"
#include "format/helpers_internal.h"

#include <string.h>

#define VOXEL_BYTES 8
#define FACE_TOP    16u
#define FACE_BOTTOM 32u
#define MAX_HEIGHT  65536u /* z has 16 bits */

struct reader {
    struct gox_bytes in;
    uint32_t size[3];
    uint32_t count;
    const uint8_t *voxels, *x_counts, *y_counts;
    uint64_t next; /* voxel */
    /* The number of the column that last had a voxel at this z; clearing a
     * flag for each z would cost more than the voxels do. */
    uint32_t *seen;
    uint32_t column;
    struct gox__sink sink;
    struct gox__budget budget;
    struct gox_error *err;
};

static int read_header(struct reader *r)
{
    const uint8_t *magic = gox_bytes_take(&r->in, 4, "the magic number");
    if (magic == NULL)
        return GOX_ERR_FORMAT;
    if (memcmp(magic, "Kvxl", 4) != 0) {
        r->in.pos = 0;
        return gox_bytes_fail(&r->in, "expected the magic number Kvxl");
    }
    for (int i = 0; i < 3; i++)
        r->size[i] = gox_bytes_u32le(&r->in, "a size");
    gox_bytes_take(&r->in, 12, "the pivot");
    r->count = gox_bytes_u32le(&r->in, "the number of voxels");
    if (r->size[2] > MAX_HEIGHT)
        return gox_bytes_fail(
                &r->in, "a height of %u voxels is too much", r->size[2]);
    uint64_t columns = (uint64_t)r->size[0] * r->size[1];
    if (r->size[0] > GOX_COORD_MAX || r->size[1] > GOX_COORD_MAX ||
            columns > gox_bytes_left(&r->in) / 2)
        return gox_bytes_fail(&r->in,
                "the table of %u x %u columns does not fit into %zu bytes",
                r->size[0], r->size[1], gox_bytes_left(&r->in));
    r->voxels = gox_bytes_take(
            &r->in, VOXEL_BYTES * (size_t)r->count, "the voxels");
    r->x_counts = gox_bytes_take(
            &r->in, 4 * (size_t)r->size[0], "the table of x counts");
    r->y_counts =
            gox_bytes_take(&r->in, 2 * (size_t)columns, "the table of columns");
    return r->in.failed ? GOX_ERR_FORMAT : 0;
}

/* Offset of the next voxel in the file. */
static size_t voxel_offset(const struct reader *r)
{
    return (size_t)(r->voxels - r->in.data) + VOXEL_BYTES * (size_t)r->next;
}

static int put(
        struct reader *r, uint32_t x, uint32_t y, uint32_t z, gox_rgba color)
{
    struct gox_pos p = {(int32_t)x - (int32_t)(r->size[0] / 2),
            (int32_t)(r->size[1] - 1 - y) - (int32_t)(r->size[1] / 2),
            (int32_t)(r->size[2] - 1 - z) - (int32_t)(r->size[2] / 2)};
    r->seen[z] = r->column;
    return gox__sink_put(&r->sink, p, color);
}

static int fill_gap(struct reader *r, uint32_t x, uint32_t y, uint32_t from,
        uint32_t to, gox_rgba color)
{
    if (from >= to)
        return 0;
    int rc = gox__budget_run(
            &r->budget, to - from, (int64_t)voxel_offset(r), r->err);
    for (uint32_t z = from; z < to && rc == 0; z++)
        if (r->seen[z] != r->column)
            rc = put(r, x, y, z, color);
    return rc;
}

static int read_column(struct reader *r, uint32_t x, uint32_t y, uint32_t count)
{
    uint32_t open = 0;
    gox_rgba open_color = 0;
    r->column++;
    for (; count > 0; count--, r->next++) {
        if (r->next == r->count)
            return gox_error_set_at(r->err, GOX_ERR_FORMAT,
                    (int64_t)(r->y_counts - r->in.data),
                    "byte %zu: the columns up to %u %u hold more than the %u "
                    "voxels of the file",
                    (size_t)(r->y_counts - r->in.data), x, y, r->count);
        const uint8_t *v = r->voxels + VOXEL_BYTES * (size_t)r->next;
        gox_rgba color = gox_rgba_make(v[2], v[1], v[0], 255);
        uint32_t z = v[4] | (uint32_t)v[5] << 8;
        if (z >= r->size[2])
            return gox_error_set_at(r->err, GOX_ERR_FORMAT,
                    (int64_t)voxel_offset(r),
                    "byte %zu: a voxel at z %u in a model of height %u",
                    voxel_offset(r), z, r->size[2]);
        int rc = put(r, x, y, z, color);
        if (v[6] & FACE_TOP) {
            open = z + 1;
            open_color = color;
        }
        if (rc == 0 && (v[6] & FACE_BOTTOM) && open > 0)
            rc = fill_gap(r, x, y, open, z, open_color);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_columns(struct reader *r, struct gox_task *task)
{
    const uint8_t *c = r->y_counts;
    for (uint32_t x = 0; x < r->size[0]; x++) {
        for (uint32_t y = 0; y < r->size[1]; y++, c += 2) {
            int rc = read_column(r, x, y, c[0] | (uint32_t)c[1] << 8);
            if (rc < 0)
                return rc;
        }
        int rc = gox_task_check(task, r->err);
        if (rc < 0)
            return rc;
    }
    if (r->next == r->count)
        return 0;
    return gox_error_set_at(r->err, GOX_ERR_FORMAT,
            (int64_t)(r->y_counts - r->in.data),
            "byte %zu: the columns hold %llu of the %u voxels of the file",
            (size_t)(r->y_counts - r->in.data), (unsigned long long)r->next,
            r->count);
}

static int read_kv6(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct reader r = {.err = err};
    gox_bytes_init(&r.in, data, len, err);
    int rc = read_header(&r);
    if (rc < 0)
        return rc;
    struct gox_layer *layer = gox_image_add_layer(img, "Layer 1");
    r.seen = gox_calloc((size_t)r.size[2] + 1, sizeof(*r.seen));
    if (layer == NULL || r.seen == NULL ||
            gox__sink_init(&r.sink, layer->volume) < 0) {
        gox_free(r.seen);
        return GOX_ERR_NOMEM;
    }
    rc = read_columns(&r, task);
    if (rc == 0)
        rc = gox__sink_flush(&r.sink);
    report->models = 1;
    gox__sink_fini(&r.sink);
    gox_free(r.seen);
    return rc;
}

static int probe_kv6(const uint8_t *data, size_t len)
{
    return len >= 4 && memcmp(data, "Kvxl", 4) == 0 ? 100 : 0;
}

const struct gox_format gox_format_kv6 = {
        .name = "kv6",
        .title = "Voxlap sprite",
        .extensions = {"kv6", NULL},
        .mime = "application/x-voxlap-kv6",
        .probe = probe_kv6,
        .read = read_kv6,
};
