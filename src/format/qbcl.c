/* SPDX-License-Identifier: Apache-2.0
 * Qubicle project (.qbcl), reading: a thumbnail, seven texts, then a tree of
 * models, matrices and compounds; the voxels of a matrix are columns along y
 * in a zlib stream, each a count of words and then colours or runs.
 *
 * A compound holds the merged voxels of its children, so the children are
 * checked and passed over. Axes as in left-handed .qb: (x, -z, y). The format
 * has no published text; this follows public descriptions of version 2. */
#include "base/alloc.h"
#include "format/helpers_internal.h"

#define NODE_MATRIX   0u
#define NODE_MODEL    1u
#define NODE_COMPOUND 2u
/* Fourth byte of a colour: the first byte is a length, the colour follows. */
#define MASK_RUN  2u
#define MAX_DEPTH 64
#define TEXTS     7

struct reader {
    struct gox_bytes in;
    struct gox_image *img;
    struct gox__inflater *inf; /* one, used for matrix after matrix */
    struct gox__budget budget;
    struct gox_format_report *report;
    struct gox_task *task;
    struct gox_error *err;
};

struct matrix {
    const uint8_t *name;
    size_t name_len;
    uint32_t size[3];
    int32_t pos[3];
    struct gox_bytes data; /* compressed */
};

static void skip_header(struct reader *r)
{
    const uint8_t *magic = gox_bytes_take(&r->in, 4, "the magic number");
    if (magic == NULL)
        return;
    if (magic[0] != 'Q' || magic[1] != 'B' || magic[2] != 'C' ||
            magic[3] != 'L') {
        r->in.pos = 0;
        gox_bytes_fail(&r->in, "expected the magic number QBCL");
        return;
    }
    gox_bytes_u32le(&r->in, "the program's version");
    uint32_t version = gox_bytes_u32le(&r->in, "the version");
    if (version != 2 && !r->in.failed)
        gox_bytes_fail(&r->in, "version %u is not known, only 2 is", version);
    uint32_t width = gox_bytes_u32le(&r->in, "the thumbnail's width");
    uint32_t height = gox_bytes_u32le(&r->in, "the thumbnail's height");
    uint64_t pixels = (uint64_t)width * height;
    if (pixels > gox_bytes_left(&r->in) / 4)
        gox_bytes_fail(&r->in,
                "a thumbnail of %u x %u does not fit into %zu "
                "bytes",
                width, height, gox_bytes_left(&r->in));
    gox_bytes_take(&r->in, (size_t)pixels * 4, "the thumbnail");
    for (int i = 0; i < TEXTS; i++)
        gox_bytes_take(
                &r->in, gox_bytes_u32le(&r->in, "a text's length"), "a text");
    gox_bytes_take(&r->in, 16, "the model's identifier");
}

/* Puts `count` voxels of a column up from at[1], which is moved. */
static int put_run(struct reader *r, struct gox__sink *sink,
        const struct matrix *m, uint32_t at[3], uint32_t count, uint32_t word)
{
    if (count > m->size[1] - at[1])
        return gox_error_set_at(r->err, GOX_ERR_FORMAT, (int64_t)m->data.base,
                "byte %zu: a run in column %u %u ends above the matrix of "
                "height %u",
                m->data.base, at[0], at[2], m->size[1]);
    if (word >> 24 == 0) {
        at[1] += count;
        return 0;
    }
    int rc = gox__budget_run(&r->budget, count, (int64_t)m->data.base, r->err);
    int64_t x = m->pos[0] + (int64_t)at[0], y = -(m->pos[2] + (int64_t)at[2]);
    for (; count > 0 && rc == 0; count--, at[1]++)
        rc = gox__sink_put(sink,
                gox_pos_make((int32_t)x, (int32_t)y,
                        (int32_t)(m->pos[1] + (int64_t)at[1])),
                word | 0xff000000u);
    return rc;
}

static int read_word(struct reader *r, uint32_t *word)
{
    uint8_t b[4];
    int rc = gox__inflate_read(r->inf, b, sizeof(b), "a matrix");
    if (rc == 0)
        *word = gox_rgba_load(b);
    return rc;
}

static int read_column(struct reader *r, struct gox__sink *sink,
        const struct matrix *m, uint32_t x, uint32_t z)
{
    uint8_t b[2];
    uint32_t at[3] = {x, 0, z};
    int rc = gox__inflate_read(r->inf, b, sizeof(b), "a matrix");
    for (unsigned words = b[0] | (unsigned)b[1] << 8; words > 0 && rc == 0;
            words--) {
        uint32_t word = 0, count = 1;
        rc = read_word(r, &word);
        if (rc == 0 && word >> 24 == MASK_RUN && words > 1) {
            count = word & 0xff;
            words--;
            rc = read_word(r, &word);
        }
        if (rc == 0)
            rc = put_run(r, sink, m, at, count, word);
    }
    return rc;
}

static int read_columns(
        struct reader *r, struct gox__sink *sink, const struct matrix *m)
{
    for (uint32_t x = 0; x < m->size[0]; x++) {
        for (uint32_t z = 0; z < m->size[2]; z++) {
            int rc = read_column(r, sink, m, x, z);
            if (rc < 0)
                return rc;
        }
        int rc = gox_task_check(r->task, r->err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int check_box(struct reader *r, const struct matrix *m)
{
    int64_t min[3] = {
            m->pos[0], 1 - (int64_t)m->pos[2] - m->size[2], m->pos[1]};
    int64_t size[3] = {m->size[0], m->size[2], m->size[1]};
    if (!gox__is_in_grid(min, size))
        return gox_bytes_fail(&r->in,
                "the matrix of %u x %u x %u at %d %d %d leaves the grid",
                m->size[0], m->size[1], m->size[2], m->pos[0], m->pos[1],
                m->pos[2]);
    /* A column costs time also when it is empty. */
    return gox__budget_run(&r->budget, (uint64_t)m->size[0] * m->size[2],
            (int64_t)m->data.base, r->err);
}

static int add_matrix(struct reader *r, const struct matrix *m)
{
    int rc = check_box(r, m);
    if (rc < 0)
        return rc;
    struct gox_layer *layer =
            gox__add_named_layer(r->img, m->name, m->name_len, r->err);
    if (layer == NULL)
        return r->img->layer_count >= GOX_IMAGE_MAX_LAYERS ? GOX_ERR_TOO_LARGE
                                                           : GOX_ERR_NOMEM;
    r->report->models++;
    if (m->size[0] == 0 || m->size[1] == 0 || m->size[2] == 0)
        return 0;
    struct gox__sink sink;
    if (gox__sink_init(&sink, layer->volume) < 0)
        return GOX_ERR_NOMEM;
    rc = gox__inflate_init(
            r->inf, m->data.data, m->data.len, m->data.base, r->err);
    if (rc == 0)
        rc = read_columns(r, &sink, m);
    if (rc == 0)
        rc = gox__sink_flush(&sink);
    gox__inflate_fini(r->inf);
    gox__sink_fini(&sink);
    return rc < 0 ? rc : gox__budget_volume(&r->budget, layer->volume, r->err);
}

/* The fields of a matrix, without decoding its voxels. */
static void read_matrix_head(struct reader *r, struct matrix *m)
{
    for (int i = 0; i < 3; i++)
        m->size[i] = gox_bytes_u32le(&r->in, "the size of a matrix");
    for (int i = 0; i < 3; i++)
        m->pos[i] = gox_bytes_i32le(&r->in, "the position of a matrix");
    gox_bytes_take(&r->in, 12, "the pivot of a matrix");
    uint32_t len = gox_bytes_u32le(&r->in, "the length of a matrix's data");
    m->data = gox_bytes_sub(&r->in, len, "a matrix's data");
}

/* One node and all below it. is_inside: below a compound, whose voxels were
 * taken already. */
static int read_node(struct reader *r, int depth, bool is_inside)
{
    if (depth > MAX_DEPTH)
        return gox_bytes_fail(
                &r->in, "nodes are nested more than %d deep", MAX_DEPTH);
    uint32_t type = gox_bytes_u32le(&r->in, "a node's type");
    if (type > NODE_COMPOUND)
        return gox_bytes_fail(&r->in, "node type %u is not known", type);
    gox_bytes_take(&r->in, 4, "a node's second word");
    struct matrix m = {.name_len = gox_bytes_u32le(&r->in, "a name's length")};
    m.name = gox_bytes_take(&r->in, m.name_len, "a node's name");
    gox_bytes_take(&r->in, 3, "a node's flags");
    if (type == NODE_MODEL)
        gox_bytes_take(&r->in, 36, "a model's transform");
    else
        read_matrix_head(r, &m);
    if (r->in.failed)
        return GOX_ERR_FORMAT;
    int rc = type == NODE_MODEL || is_inside ? 0 : add_matrix(r, &m);
    if (rc < 0 || type == NODE_MATRIX)
        return rc;
    uint32_t children = gox_bytes_u32le(&r->in, "a number of children");
    for (uint32_t i = 0; i < children && rc == 0 && !r->in.failed; i++)
        rc = read_node(r, depth + 1, is_inside || type == NODE_COMPOUND);
    return r->in.failed ? GOX_ERR_FORMAT : rc;
}

static int read_qbcl(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct reader r = {.img = img, .report = report, .task = task, .err = err};
    gox_bytes_init(&r.in, data, len, err);
    skip_header(&r);
    if (r.in.failed)
        return GOX_ERR_FORMAT;
    r.inf = gox_calloc(1, sizeof(*r.inf));
    if (r.inf == NULL)
        return GOX_ERR_NOMEM;
    int rc = read_node(&r, 0, false);
    gox_free(r.inf);
    return rc;
}

static int probe_qbcl(const uint8_t *data, size_t len)
{
    return len >= 4 && data[0] == 'Q' && data[1] == 'B' && data[2] == 'C' &&
                           data[3] == 'L'
                   ? 100
                   : 0;
}

const struct gox_format gox_format_qbcl = {
        .name = "qbcl",
        .title = "Qubicle project",
        .extensions = {"qbcl", NULL},
        .mime = "application/x-qubicle-project",
        .probe = probe_qbcl,
        .read = read_qbcl,
};
