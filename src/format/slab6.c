/* SPDX-License-Identifier: Apache-2.0
 * The .vox files of the Build engine's tools (SLAB6, Voxlap): no magic number,
 * a plain box of palette indices, then 256 colours of 6 bits a channel.
 *
 * Invariant: the file's length says whether it is one: 12 bytes of sizes, one
 * byte a voxel, 768 bytes of palette, and nothing else. z points down and y is
 * mirrored, as in the .kvx files of the same tools, so twins look alike. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "format/formats_internal.h"

#include <string.h>

#define HEAD_BYTES    12
#define PALETTE_BYTES 768
#define EMPTY         255
#define MAX_SIDE      1024

static bool get_sizes(const uint8_t *data, size_t len, uint32_t size[3])
{
    struct gox_bytes in;
    gox_bytes_init(&in, data, len, NULL);
    uint64_t voxels = 1;
    for (int i = 0; i < 3; i++) {
        size[i] = gox_bytes_u32le(&in, "a size");
        if (size[i] == 0 || size[i] > MAX_SIDE)
            return false;
        voxels *= size[i];
    }
    return len == HEAD_BYTES + voxels + PALETTE_BYTES;
}

static int probe_slab6(const uint8_t *data, size_t len)
{
    uint32_t size[3];
    return get_sizes(data, len, size) ? 80 : 0;
}

static void get_palette(const uint8_t *from, gox_rgba palette[256])
{
    for (size_t i = 0; i < 256; i++) {
        uint8_t rgb[3];
        for (size_t k = 0; k < 3; k++) {
            unsigned v = from[3 * i + k] & 63u;
            rgb[k] = (uint8_t)(v * 255 / 63);
        }
        palette[i] = gox_rgba_make(rgb[0], rgb[1], rgb[2], 255);
    }
}

static int put_column(struct gox__sink *sink, const uint8_t *column,
        const uint32_t size[3], const gox_rgba palette[256], uint32_t x,
        uint32_t y)
{
    struct gox_pos p = {(int32_t)x - (int32_t)(size[0] / 2),
            (int32_t)((size[1] - 1) / 2) - (int32_t)y, 0};
    for (uint32_t z = 0; z < size[2]; z++) {
        if (column[z] == EMPTY)
            continue;
        p.z = (int32_t)(size[2] / 2) - 1 - (int32_t)z;
        int rc = gox__sink_put(sink, p, palette[column[z]]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_slab6(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    (void)opts;
    uint32_t size[3];
    if (!get_sizes(data, len, size))
        return gox_error_set_at(err, GOX_ERR_FORMAT, 0,
                "byte 0: expected three sizes of 1 to %d and a file of exactly "
                "12 + x * y * z + 768 bytes, this one has %zu",
                MAX_SIDE, len);
    gox_rgba palette[256];
    get_palette(data + len - PALETTE_BYTES, palette);
    struct gox_layer *layer = gox_image_add_layer(img, "Layer 1");
    struct gox__sink sink;
    if (layer == NULL || gox__sink_init(&sink, layer->volume) < 0)
        return GOX_ERR_NOMEM;
    int rc = 0;
    const uint8_t *column = data + HEAD_BYTES;
    for (uint32_t x = 0; rc == 0 && x < size[0]; x++) {
        rc = gox_task_check(task, err);
        for (uint32_t y = 0; rc == 0 && y < size[1]; y++, column += size[2])
            rc = put_column(&sink, column, size, palette, x, y);
        gox_task_progress(task, x + 1, size[0]);
    }
    if (rc == 0)
        rc = gox__sink_flush(&sink);
    report->models = 1;
    gox__sink_fini(&sink);
    return rc;
}

const struct gox_format gox_format_slab6 = {
        .name = "slab6",
        .title = "SLAB6",
        .extensions = {"vox", NULL},
        .mime = "application/octet-stream",
        .probe = probe_slab6,
        .read = read_slab6,
};
