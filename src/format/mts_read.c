/* SPDX-License-Identifier: Apache-2.0
 * Luanti schematics (.mts), reading: each node becomes a voxel in the colour of
 * its name, white when the name is not known; air is empty. Probabilities and
 * rotation have no counterpart here: a node that is placed only sometimes is
 * read like one that always is. */
#include "base/alloc.h"
#include "format/helpers_internal.h"
#include "format/mts_internal.h"

#include <string.h>

#define WHITE 0xffffffffu

struct reader {
    struct gox_bytes in;
    unsigned version;
    uint32_t size[3];
    gox_rgba *colors; /* of the names; 0: air */
    uint32_t name_count;
    uint32_t unknown; /* names */
    struct gox__inflater inf;
    struct gox__sink sink;
    struct gox_task *task;
    struct gox_error *err;
};

static int read_header(struct reader *r)
{
    const uint8_t *magic = gox_bytes_take(&r->in, 4, "the magic number");
    if (magic == NULL)
        return GOX_ERR_FORMAT;
    if (memcmp(magic, "MTSM", 4) != 0) {
        r->in.pos = 0;
        return gox_bytes_fail(&r->in, "expected the magic number MTSM");
    }
    r->version = gox_bytes_u16be(&r->in, "the version");
    if (!r->in.failed && (r->version < 1 || r->version > GOX__MTS_VERSION))
        return gox_bytes_fail(&r->in, "version %u is not known, 1 to %d are",
                r->version, GOX__MTS_VERSION);
    for (int i = 0; i < 3; i++)
        r->size[i] = gox_bytes_u16be(&r->in, "a size");
    /* Slices have a probability of their own since version 3. */
    if (r->version >= 3)
        gox_bytes_take(&r->in, r->size[1], "the probabilities of the slices");
    r->name_count = gox_bytes_u16be(&r->in, "the number of names");
    uint64_t nodes = (uint64_t)r->size[0] * r->size[1] * r->size[2];
    if (nodes > GOX__MTS_MAX_NODES)
        return gox_error_set_at(r->err, GOX_ERR_TOO_LARGE, 6,
                "byte 6: the schematic of %u x %u x %u nodes is larger than "
                "the limit of %llu nodes",
                r->size[0], r->size[1], r->size[2],
                (unsigned long long)GOX__MTS_MAX_NODES);
    return r->in.failed ? GOX_ERR_FORMAT : 0;
}

static gox_rgba name_color(struct reader *r, const char *name, size_t len)
{
    if ((len == 3 && memcmp(name, "air", 3) == 0) ||
            (len == 6 && memcmp(name, "ignore", 6) == 0))
        return 0;
    const struct gox__mts_node *node = gox__mts_find_node(name, len);
    if (node == NULL) {
        r->unknown++;
        return WHITE;
    }
    return gox_rgba_make((uint8_t)(node->rgb >> 16), (uint8_t)(node->rgb >> 8),
            (uint8_t)node->rgb, 255);
}

static int read_names(struct reader *r)
{
    r->colors = gox_calloc((size_t)r->name_count + 1, sizeof(*r->colors));
    if (r->colors == NULL)
        return GOX_ERR_NOMEM;
    for (uint32_t i = 0; i < r->name_count; i++) {
        size_t len = gox_bytes_u16be(&r->in, "the length of a name");
        const uint8_t *name = gox_bytes_take(&r->in, len, "a node's name");
        if (name == NULL)
            return GOX_ERR_FORMAT;
        r->colors[i] = name_color(r, (const char *)name, len);
    }
    return 0;
}

static int put_row(struct reader *r, const uint8_t *row, int32_t y, int32_t z)
{
    for (uint32_t x = 0; x < r->size[0]; x++) {
        uint32_t id = (uint32_t)row[2 * x] << 8 | row[2 * x + 1];
        if (id >= r->name_count)
            return gox_error_set_at(r->err, GOX_ERR_FORMAT,
                    (int64_t)r->inf.base,
                    "byte %zu: node %u %d %d has name %u of %u", r->inf.base, x,
                    y, z, id, r->name_count);
        if (r->colors[id] == 0)
            continue;
        int rc = gox__sink_put(
                &r->sink, gox_pos_make((int32_t)x, z, y), r->colors[id]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Skips the probabilities and param2, which must be there. */
static int skip_params(struct reader *r, uint8_t *row)
{
    uint64_t rows = 2 * (uint64_t)r->size[1] * r->size[2];
    for (uint64_t i = 0; i < rows; i++) {
        int rc = gox__inflate_read(
                &r->inf, row, r->size[0], "the nodes' parameters");
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_nodes(struct reader *r)
{
    uint8_t *row = gox_malloc_array((size_t)r->size[0] + 1, 2);
    if (row == NULL)
        return GOX_ERR_NOMEM;
    int rc = 0;
    for (uint32_t z = 0; z < r->size[2] && rc == 0; z++) {
        for (uint32_t y = 0; y < r->size[1] && rc == 0; y++) {
            rc = gox__inflate_read(
                    &r->inf, row, 2 * (size_t)r->size[0], "the nodes");
            if (rc == 0)
                rc = put_row(r, row, (int32_t)y, (int32_t)z);
        }
        gox_task_progress(r->task, z, r->size[2]);
        if (rc == 0)
            rc = gox_task_check(r->task, r->err);
    }
    if (rc == 0)
        rc = skip_params(r, row);
    gox_free(row);
    return rc;
}

static int read_voxels(struct reader *r, gox_volume *vol)
{
    if (r->size[0] == 0 || r->size[1] == 0 || r->size[2] == 0)
        return 0;
    if (gox__sink_init(&r->sink, vol) < 0)
        return GOX_ERR_NOMEM;
    int rc = gox__inflate_init(&r->inf, r->in.data + r->in.pos,
            gox_bytes_left(&r->in), r->in.pos, r->err);
    if (rc == 0)
        rc = read_nodes(r);
    if (rc == 0)
        rc = gox__sink_flush(&r->sink);
    gox__inflate_fini(&r->inf);
    gox__sink_fini(&r->sink);
    return rc;
}

int gox__mts_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    struct reader *r = gox_calloc(1, sizeof(*r));
    if (r == NULL)
        return GOX_ERR_NOMEM;
    r->task = task;
    r->err = err;
    gox_bytes_init(&r->in, data, len, err);
    int rc = read_header(r);
    if (rc == 0)
        rc = read_names(r);
    struct gox_layer *layer = NULL;
    if (rc == 0) {
        layer = gox_image_add_layer(img, "Layer 1");
        rc = layer != NULL ? read_voxels(r, layer->volume) : GOX_ERR_NOMEM;
    }
    if (rc == 0) {
        img->box = (struct gox_bbox){
                {0}, {(int32_t)r->size[0], (int32_t)r->size[2],
                             (int32_t)r->size[1]}};
        img->has_box = !gox_bbox_is_empty(img->box);
        report->models = 1;
        if (r->unknown > 0)
            gox__note(report,
                    "%u of %u node names have no known colour and are white",
                    r->unknown, r->name_count);
    }
    gox_free(r->colors);
    gox_free(r);
    return rc;
}

int gox__mts_probe(const uint8_t *data, size_t len)
{
    return len >= 4 && memcmp(data, "MTSM", 4) == 0 ? 100 : 0;
}
