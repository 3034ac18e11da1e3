/* SPDX-License-Identifier: Apache-2.0
 * Qubicle binary (.qb), reading: a list of named boxes of voxels, plain or as
 * runs; each becomes a layer whose bounds are that box.
 *
 * Axes as the Goxel editor places them: a right-handed file is (x, z, y), a
 * left-handed one (x, -z, y). The fourth byte of a colour is a mask of visible
 * faces or 255; any value but 0 is an opaque voxel. */
#include "format/helpers_internal.h"
#include "format/qb_internal.h"

#include <string.h>

struct reader {
    struct gox_bytes in;
    struct gox_image *img;
    struct gox__budget budget;
    struct gox_task *task;
    struct gox_error *err;
    bool is_bgra, is_right, is_rle;
    uint32_t count;
};

/* Where a matrix lies. */
struct matrix {
    uint32_t size[3];
    int32_t pos[3];
};

static uint32_t read_flag(struct reader *r, const char *what)
{
    size_t at = r->in.pos;
    uint32_t v = gox_bytes_u32le(&r->in, what);
    if (v > 1 && !r->in.failed) {
        r->in.pos = at;
        gox_bytes_fail(&r->in, "%s must be 0 or 1, it is %u", what, v);
    }
    return v;
}

static void read_header(struct reader *r)
{
    gox_bytes_u32le(&r->in, "the version");
    r->is_bgra = read_flag(r, "the colour format") == 1;
    r->is_right = read_flag(r, "the z axis orientation") == 1;
    r->is_rle = read_flag(r, "the compression") == 1;
    read_flag(r, "the visibility mask flag");
    r->count = gox_bytes_u32le(&r->in, "the number of matrices");
}

static int put(struct reader *r, struct gox__sink *sink, const struct matrix *m,
        const uint32_t at[3], uint32_t word)
{
    if (word >> 24 == 0)
        return 0;
    gox_rgba color = word | 0xff000000u;
    if (r->is_bgra)
        color = (word >> 16 & 0xffu) | (word & 0xff00u) | (word & 0xffu) << 16 |
                0xff000000u;
    int32_t p[3];
    for (int i = 0; i < 3; i++)
        p[i] = (int32_t)(m->pos[i] + (int64_t)at[i]);
    return gox__sink_put(
            sink, gox_pos_make(p[0], r->is_right ? p[2] : -p[2], p[1]), color);
}

static int read_plain(
        struct reader *r, struct gox__sink *sink, const struct matrix *m)
{
    uint64_t slice = (uint64_t)m->size[0] * m->size[1];
    if (slice > 0 && m->size[2] > gox_bytes_left(&r->in) / 4 / slice)
        return gox_bytes_fail(&r->in,
                "needs %u x %u x %u voxels of 4 bytes, %zu bytes are left",
                m->size[0], m->size[1], m->size[2], gox_bytes_left(&r->in));
    uint32_t at[3];
    for (at[2] = 0; slice > 0 && at[2] < m->size[2]; at[2]++) {
        for (at[1] = 0; at[1] < m->size[1]; at[1]++) {
            for (at[0] = 0; at[0] < m->size[0]; at[0]++) {
                uint32_t word = gox_bytes_u32le(&r->in, "a voxel");
                int rc = put(r, sink, m, at, word);
                if (rc < 0)
                    return rc;
            }
        }
        int rc = gox_task_check(r->task, r->err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* One run of voxels of a slice from index on. */
static int put_run(struct reader *r, struct gox__sink *sink,
        const struct matrix *m, uint32_t z, uint64_t index, uint32_t count,
        uint32_t word)
{
    if (word >> 24 == 0)
        return 0;
    int rc = gox__budget_run(&r->budget, count, (int64_t)r->in.pos, r->err);
    uint32_t at[3] = {
            (uint32_t)(index % m->size[0]), (uint32_t)(index / m->size[0]), z};
    for (uint32_t i = 0; i < count && rc == 0; i++) {
        rc = put(r, sink, m, at, word);
        if (++at[0] == m->size[0]) {
            at[0] = 0;
            at[1]++;
        }
    }
    return rc;
}

static int read_slice(struct reader *r, struct gox__sink *sink,
        const struct matrix *m, uint32_t z)
{
    uint64_t cells = (uint64_t)m->size[0] * m->size[1];
    uint64_t index = 0;
    for (;;) {
        uint32_t word = gox_bytes_u32le(&r->in, "a voxel or the slice's end");
        if (r->in.failed || word == GOX__QB_NEXT_SLICE)
            return r->in.failed ? GOX_ERR_FORMAT : 0;
        uint32_t count = 1;
        if (word == GOX__QB_RUN) {
            count = gox_bytes_u32le(&r->in, "the length of a run");
            word = gox_bytes_u32le(&r->in, "the colour of a run");
            if (r->in.failed)
                return GOX_ERR_FORMAT;
        }
        if (count > cells - index)
            return gox_bytes_fail(&r->in,
                    "the run of %u voxels ends outside the slice of %llu",
                    count, (unsigned long long)cells);
        int rc = put_run(r, sink, m, z, index, count, word);
        if (rc < 0)
            return rc;
        index += count;
    }
}

static int read_runs(
        struct reader *r, struct gox__sink *sink, const struct matrix *m)
{
    if (m->size[2] > gox_bytes_left(&r->in) / 4)
        return gox_bytes_fail(&r->in, "%u slices do not fit into %zu bytes",
                m->size[2], gox_bytes_left(&r->in));
    for (uint32_t z = 0; z < m->size[2]; z++) {
        int rc = read_slice(r, sink, m, z);
        if (rc == 0)
            rc = gox_task_check(r->task, r->err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Our box of a matrix; false when it leaves the grid. */
static bool map_box(const struct matrix *m, bool is_right, struct gox_bbox *box)
{
    int64_t z = is_right ? m->pos[2] : 1 - (int64_t)m->pos[2] - m->size[2];
    int64_t min[3] = {m->pos[0], z, m->pos[1]};
    int64_t size[3] = {m->size[0], m->size[2], m->size[1]};
    if (!gox__is_in_grid(min, size))
        return false;
    box->min = gox_pos_make((int32_t)min[0], (int32_t)min[1], (int32_t)min[2]);
    box->max = gox_pos_make((int32_t)(min[0] + size[0]),
            (int32_t)(min[1] + size[1]), (int32_t)(min[2] + size[2]));
    return true;
}

static int read_matrix(struct reader *r)
{
    size_t name_len = gox_bytes_u8(&r->in, "the length of a name");
    const uint8_t *name = gox_bytes_take(&r->in, name_len, "a matrix's name");
    struct matrix m;
    for (int i = 0; i < 3; i++)
        m.size[i] = gox_bytes_u32le(&r->in, "the size of a matrix");
    for (int i = 0; i < 3; i++)
        m.pos[i] = gox_bytes_i32le(&r->in, "the position of a matrix");
    if (r->in.failed)
        return GOX_ERR_FORMAT;
    struct gox_bbox box;
    if (!map_box(&m, r->is_right, &box))
        return gox_bytes_fail(&r->in,
                "the matrix of %u x %u x %u at %d %d %d leaves the grid",
                m.size[0], m.size[1], m.size[2], m.pos[0], m.pos[1], m.pos[2]);
    struct gox_layer *layer =
            gox__add_named_layer(r->img, name, name_len, r->err);
    struct gox__sink sink;
    if (layer == NULL)
        return r->img->layer_count >= GOX_IMAGE_MAX_LAYERS ? GOX_ERR_TOO_LARGE
                                                           : GOX_ERR_NOMEM;
    if (gox__sink_init(&sink, layer->volume) < 0)
        return GOX_ERR_NOMEM;
    int rc = r->is_rle ? read_runs(r, &sink, &m) : read_plain(r, &sink, &m);
    if (rc == 0)
        rc = gox__sink_flush(&sink);
    gox__sink_fini(&sink);
    layer->has_box = !gox_bbox_is_empty(box);
    layer->box = layer->has_box ? box : (struct gox_bbox){{0}, {0}};
    return rc < 0 ? rc : gox__budget_volume(&r->budget, layer->volume, r->err);
}

int gox__qb_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct reader r = {.img = img, .task = task, .err = err};
    gox_bytes_init(&r.in, data, len, err);
    read_header(&r);
    if (r.in.failed)
        return GOX_ERR_FORMAT;
    for (uint32_t i = 0; i < r.count; i++) {
        /* Goxel 0.11 counts one matrix more than it writes. */
        if (gox_bytes_left(&r.in) == 0 && i + 1 == r.count) {
            gox__note(report, "the file announces %u matrices and holds %u",
                    r.count, i);
            break;
        }
        int rc = read_matrix(&r);
        if (rc < 0)
            return rc;
        gox_task_progress(task, r.in.pos, len);
        report->models++;
    }
    return 0;
}

/* There is no magic number: six plausible header words and a first matrix
 * whose size agrees with the input. */
int gox__qb_probe(const uint8_t *data, size_t len)
{
    struct gox_bytes in;
    gox_bytes_init(&in, data, len, NULL);
    uint32_t version = gox_bytes_u32le(&in, "");
    for (int i = 0; i < 4; i++)
        if (gox_bytes_u32le(&in, "") > 1)
            return 0;
    bool is_rle = len >= 16 && data[12] == 1;
    uint32_t count = gox_bytes_u32le(&in, "");
    if (in.failed || (version & 0xff) == 0 || (version & 0xff) > 9 ||
            version > 0xffffff || count > GOX_IMAGE_MAX_LAYERS)
        return 0;
    if (count == 0 || gox_bytes_left(&in) == 0)
        return version == 257 ? 60 : 20;
    gox_bytes_take(&in, gox_bytes_u8(&in, ""), "");
    uint64_t cells = 1;
    for (int i = 0; i < 3; i++) {
        uint32_t side = gox_bytes_u32le(&in, "");
        if (side > 2u * GOX_COORD_MAX)
            return 0;
        cells = cells > UINT32_MAX ? cells : cells * side;
    }
    gox_bytes_take(&in, 12, "");
    if (in.failed)
        return version == 257 ? 40 : 0;
    return is_rle || cells <= gox_bytes_left(&in) / 4 ? 80 : 30;
}
