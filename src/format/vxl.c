/* SPDX-License-Identifier: Apache-2.0
 * Ace of Spades maps (.vxl), reading: 512 x 512 columns of 64 voxels, y outer,
 * x inner. A column is a list of spans {N, S, E, A}: N words in all (0: the
 * last one), seen voxels S ... E with colours B, G, R, shade, then solid ground
 * without colour down to the colours of the ceiling, which end where the next
 * span's air begins at its A.
 *
 * Ground without colour is black, as in the Goxel editor 0.11; so is the
 * placement: x mirrored, z upwards, the map's middle at the origin. */
#include "format/helpers_internal.h"

#define SIDE   512
#define HEIGHT 64
#define BLACK  0xff000000u

struct reader {
    const uint8_t *data;
    size_t len, pos;
    struct gox__sink *sink; /* NULL: only check */
    struct gox_error *err;
};

static int fail(const struct reader *r, int x, int y, const char *what)
{
    return gox_error_set_at(r->err, GOX_ERR_FORMAT, (int64_t)r->pos,
            "byte %zu: column %d %d of the map: %s", r->pos, x, y, what);
}

/* Voxels from ... to - 1 in colours at p, or black when p is NULL. */
static int put_range(const struct reader *r, int x, int y, int from, int to,
        const uint8_t *p)
{
    if (r->sink == NULL)
        return 0;
    struct gox_pos pos = {SIDE / 2 - 1 - x, y - SIDE / 2, 0};
    for (int z = from; z < to; z++) {
        gox_rgba color = BLACK;
        if (p != NULL) {
            color = gox_rgba_make(p[2], p[1], p[0], 255);
            p += 4;
        }
        pos.z = HEIGHT / 2 - 1 - z;
        int rc = gox__sink_put(r->sink, pos, color);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* One span at r->pos. 1 when it was the column's last, 0, or an error. */
static int read_span(struct reader *r, int x, int y, int *floor)
{
    if (r->len - r->pos < 4)
        return fail(r, x, y, "needs 4 bytes for a span, the file ends");
    const uint8_t *p = r->data + r->pos;
    int words = p[0], start = p[1], end = p[2] + 1;
    int top_count = end - start;
    if (start < *floor || top_count < 0 || end > HEIGHT)
        return fail(r, x, y, "a span's colours are not in order from 0 to 63");
    bool is_last = words == 0;
    size_t bytes = is_last ? 4 + 4 * (size_t)top_count : 4 * (size_t)words;
    int bottom_count = is_last ? 0 : words - 1 - top_count;
    if (bottom_count < 0)
        return fail(r, x, y, "a span is shorter than its colours");
    if (bytes + (is_last ? 0 : 4) > r->len - r->pos)
        return fail(r, x, y, "a span's colours reach beyond the file's end");
    /* The ceiling ends where the next span's air begins. */
    int ground_end = is_last ? HEIGHT : p[bytes + 3] - bottom_count;
    if (ground_end < end || ground_end + bottom_count > HEIGHT)
        return fail(r, x, y, "a span's ceiling overlaps its floor");
    int rc = put_range(r, x, y, start, end, p + 4);
    if (rc == 0)
        rc = put_range(r, x, y, end, ground_end, NULL);
    if (rc == 0)
        rc = put_range(r, x, y, ground_end, ground_end + bottom_count,
                p + 4 + 4 * (size_t)top_count);
    *floor = ground_end + bottom_count;
    r->pos += bytes;
    return rc < 0 ? rc : is_last;
}

static int read_column(struct reader *r, int x, int y)
{
    int floor = 0;
    for (;;) {
        int rc = read_span(r, x, y, &floor);
        if (rc != 0)
            return rc < 0 ? rc : 0;
    }
}

static int read_vxl(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct gox__sink sink;
    struct gox_layer *layer = gox_image_add_layer(img, "Layer 1");
    if (layer == NULL || gox__sink_init(&sink, layer->volume) < 0)
        return GOX_ERR_NOMEM;
    struct reader r = {.data = data, .len = len, .sink = &sink, .err = err};
    int rc = 0;
    for (int y = 0; y < SIDE && rc == 0; y++) {
        for (int x = 0; x < SIDE && rc == 0; x++)
            rc = read_column(&r, x, y);
        gox_task_progress(task, (uint64_t)y, SIDE);
        if (rc == 0)
            rc = gox_task_check(task, err);
    }
    if (rc == 0)
        rc = gox__sink_flush(&sink);
    report->models = 1;
    gox__sink_fini(&sink);
    return rc;
}

/* No magic number: all columns are there and nothing follows, or, for a file
 * that was cut, so many that it cannot be chance. */
static int probe_vxl(const uint8_t *data, size_t len)
{
    struct reader r = {.data = data, .len = len};
    int columns = 0;
    while (columns < SIDE * SIDE && read_column(&r, 0, 0) == 0)
        columns++;
    if (columns == SIDE * SIDE)
        return r.pos == len ? 90 : 50;
    return columns >= 4 * SIDE ? 30 : 0;
}

const struct gox_format gox_format_vxl = {
        .name = "vxl",
        .title = "Ace of Spades map",
        .extensions = {"vxl", NULL},
        .mime = "application/x-aceofspades-map",
        .probe = probe_vxl,
        .read = read_vxl,
};
