/* SPDX-License-Identifier: Apache-2.0
 * Writing PNG pictures through libdeflate: whole buffers instead of a stream
 * take a third of zlib's time at the same size, and a picture waits for it.
 *
 * Invariant: no row is filtered. Voxel pictures are flat and hard-edged;
 * filters cost more time than they save bytes. */
#include "base/alloc.h"
#include "base/error.h"
#include "format/png.h"

#include <libdeflate.h>
#include <string.h>

#define CHUNK_MAX    0x7fffffffu
#define TYPE_RGB     2
#define TYPE_RGBA    6
#define HEADER_BYTES 13

static void set_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static void put_chunk(
        struct gox_buf *out, const char *type, const uint8_t *data, size_t len)
{
    uint8_t head[8];
    uint8_t tail[4];
    set_u32be(head, (uint32_t)len);
    memcpy(head + 4, type, 4);
    uint32_t sum = libdeflate_crc32(0, head + 4, 4);
    /* Of no bytes at all libdeflate gives the sum of a new start. */
    set_u32be(tail, len > 0 ? libdeflate_crc32(sum, data, len) : sum);
    gox_buf_put(out, head, sizeof(head));
    if (len > 0)
        gox_buf_put(out, data, len);
    gox_buf_put(out, tail, sizeof(tail));
}

static bool is_opaque(const gox_rgba *data, size_t count)
{
    gox_rgba all = 0xffffffffu;
    for (size_t i = 0; i < count; i++)
        all &= data[i];
    return gox_rgba_a(all) == 255;
}

/* The rows as bytes, each after the number of its filter, which is none. */
static void put_rows(uint8_t *raw, const gox_rgba *data, size_t width,
        size_t height, bool is_rgb)
{
    for (size_t y = 0; y < height; y++) {
        *raw++ = 0;
        for (size_t x = 0; x < width; x++) {
            gox_rgba color = data[y * width + x];
            *raw++ = gox_rgba_r(color);
            *raw++ = gox_rgba_g(color);
            *raw++ = gox_rgba_b(color);
            if (!is_rgb)
                *raw++ = gox_rgba_a(color);
        }
    }
}

/* The pixels of a picture on their way. */
struct packing {
    uint8_t *raw, *packed;
    size_t len; /* of packed */
    struct libdeflate_compressor *compressor;
};

static int pack(struct packing *p, const gox_rgba *data, size_t width,
        size_t height, int level, bool is_rgb)
{
    size_t row = width * (is_rgb ? 3 : 4) + 1;
    p->compressor = libdeflate_alloc_compressor(level);
    p->raw = gox_malloc_array(height, row);
    if (p->compressor == NULL || p->raw == NULL)
        return GOX_ERR_NOMEM;
    size_t bound = libdeflate_zlib_compress_bound(p->compressor, height * row);
    if (bound > CHUNK_MAX)
        return GOX_ERR_TOO_LARGE;
    p->packed = gox_malloc(bound);
    if (p->packed == NULL)
        return GOX_ERR_NOMEM;
    put_rows(p->raw, data, width, height, is_rgb);
    p->len = libdeflate_zlib_compress(
            p->compressor, p->raw, height * row, p->packed, bound);
    return p->len > 0 ? 0 : GOX_ERR_INTERNAL;
}

int gox_png_write(struct gox_buf *out, const gox_rgba *data, int width,
        int height, int level, bool allow_rgb, struct gox_error *err)
{
    static const uint8_t signature[8] = {
            0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (width <= 0 || height <= 0 || level < 1 || level > 9)
        return gox_error_set(err, GOX_ERR_RANGE,
                "PNG: cannot write %d x %d pixels at level %d", width, height,
                level);
    bool is_rgb = allow_rgb && is_opaque(data, (size_t)width * (size_t)height);
    struct packing p = {0};
    int rc = pack(&p, data, (size_t)width, (size_t)height, level, is_rgb);
    if (rc == 0) {
        uint8_t header[HEADER_BYTES] = {
                [8] = 8, [9] = is_rgb ? TYPE_RGB : TYPE_RGBA};
        set_u32be(header, (uint32_t)width);
        set_u32be(header + 4, (uint32_t)height);
        gox_buf_put(out, signature, sizeof(signature));
        put_chunk(out, "IHDR", header, sizeof(header));
        put_chunk(out, "IDAT", p.packed, p.len);
        put_chunk(out, "IEND", NULL, 0);
        rc = gox_buf_error(out);
    }
    libdeflate_free_compressor(p.compressor);
    gox_free(p.raw);
    gox_free(p.packed);
    if (rc < 0)
        gox_error_set(err, rc, "PNG: no room for the picture of %d x %d pixels",
                width, height);
    return rc;
}
