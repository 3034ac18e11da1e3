/* SPDX-License-Identifier: Apache-2.0
 * The PNGs of .gox blocks, of which a large model has thousands: always 64 x 64
 * pixels of RGBA. libspng with zlib takes about twice the time, most of it
 * for setting up streams; here the one size is known, so whole buffers go
 * through libdeflate.
 *
 * Invariant: this is only a faster way to the same pixels: whatever is not
 * entirely plain (another size or type, interlaced, a critical chunk that is
 * not known, any damage) is left to libspng, which has the last word. */
#include "format/png_block.h"

#include "base/error.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#define SIDE      64
#define ROW_BYTES (SIDE * 4)
#define RAW_BYTES (SIDE * (1 + ROW_BYTES))

static const uint8_t SIGNATURE[8] = {
        0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
/* Width, height, 8 bits, RGBA, the only methods there are, not interlaced. */
static const uint8_t HEADER[13] = {0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 6, 0, 0, 0};

static uint32_t get_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static void set_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* ---- reading ---- */

struct chunk {
    const uint8_t *type, *data;
    size_t len;
};

/* The next chunk, its checksum being right; false at the end or for damage. */
static bool next_chunk(
        const uint8_t *data, size_t len, size_t *pos, struct chunk *c)
{
    if (len - *pos < 12)
        return false;
    c->len = get_u32be(data + *pos);
    if (c->len > len - *pos - 12)
        return false;
    c->type = data + *pos + 4;
    c->data = c->type + 4;
    *pos += 12 + c->len;
    return libdeflate_crc32(0, c->type, c->len + 4) ==
           get_u32be(c->data + c->len);
}

/* The only IDAT chunk of a plain file; false when it is not that plain. */
static bool find_pixels(const uint8_t *data, size_t len, struct chunk *idat)
{
    struct chunk c;
    size_t pos = sizeof(SIGNATURE);
    if (len < sizeof(SIGNATURE) ||
            memcmp(data, SIGNATURE, sizeof(SIGNATURE)) != 0 ||
            !next_chunk(data, len, &pos, &c) || c.len != sizeof(HEADER) ||
            memcmp(c.type, "IHDR", 4) != 0 ||
            memcmp(c.data, HEADER, sizeof(HEADER)) != 0)
        return false;
    *idat = (struct chunk){0};
    while (next_chunk(data, len, &pos, &c)) {
        if (memcmp(c.type, "IEND", 4) == 0)
            return c.len == 0 && idat->data != NULL;
        if (memcmp(c.type, "IDAT", 4) != 0 || idat->data != NULL)
            return false;
        *idat = c;
    }
    return false;
}

static uint8_t paeth(int left, int up, int corner)
{
    int p = left + up - corner;
    int dl = abs(p - left), du = abs(p - up), dc = abs(p - corner);
    if (dl <= du && dl <= dc)
        return (uint8_t)left;
    return (uint8_t)(du <= dc ? up : corner);
}

/* Undoes the filter of one row in place (PNG specification, 9.2). up is the
 * row before, zeros before the first. */
static bool undo_filter(uint8_t filter, uint8_t *row, const uint8_t *up)
{
    switch (filter) {
    case 0:
        return true;
    case 1:
        for (int i = 4; i < ROW_BYTES; i++)
            row[i] = (uint8_t)(row[i] + row[i - 4]);
        return true;
    case 2:
        for (int i = 0; i < ROW_BYTES; i++)
            row[i] = (uint8_t)(row[i] + up[i]);
        return true;
    case 3:
        for (int i = 0; i < ROW_BYTES; i++)
            row[i] =
                    (uint8_t)(row[i] + ((i >= 4 ? row[i - 4] : 0) + up[i]) / 2);
        return true;
    case 4:
        for (int i = 0; i < 4; i++)
            row[i] = (uint8_t)(row[i] + up[i]);
        for (int i = 4; i < ROW_BYTES; i++)
            row[i] = (uint8_t)(row[i] + paeth(row[i - 4], up[i], up[i - 4]));
        return true;
    default:
        return false;
    }
}

bool gox__png_read_block(
        gox_rgba colors[SIDE * SIDE], const uint8_t *data, size_t len)
{
    static const uint8_t zeros[ROW_BYTES];
    uint8_t raw[RAW_BYTES];
    struct chunk idat;
    if (!find_pixels(data, len, &idat))
        return false;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    if (d == NULL)
        return false;
    enum libdeflate_result rc = libdeflate_zlib_decompress(
            d, idat.data, idat.len, raw, sizeof(raw), NULL);
    libdeflate_free_decompressor(d);
    if (rc != LIBDEFLATE_SUCCESS)
        return false;
    const uint8_t *up = zeros;
    for (size_t y = 0; y < SIDE; y++) {
        uint8_t *row = raw + y * (1 + ROW_BYTES) + 1;
        if (!undo_filter(row[-1], row, up))
            return false;
        for (size_t x = 0; x < SIDE; x++)
            colors[y * SIDE + x] = gox_rgba_load(row + 4 * x);
        up = row;
    }
    return true;
}

/* ---- writing ---- */

static void put_chunk(
        struct gox_buf *out, const char *type, const uint8_t *data, size_t len)
{
    uint8_t *to = gox_buf_reserve(out, len + 12);
    if (to == NULL)
        return;
    set_u32be(to, (uint32_t)len);
    memcpy(to + 4, type, 4);
    if (len > 0)
        memmove(to + 8, data, len);
    set_u32be(to + 8 + len, libdeflate_crc32(0, to + 4, len + 4));
    gox_buf_commit(out, len + 12);
}

int gox__png_write_block(
        struct gox_buf *out, const gox_rgba colors[SIDE * SIDE])
{
    /* zlib's worst case for this size is a few bytes a 64 KiB. */
    uint8_t raw[RAW_BYTES], packed[RAW_BYTES + 256];
    for (size_t y = 0; y < SIDE; y++) {
        uint8_t *row = raw + y * (1 + ROW_BYTES);
        row[0] = 0;
        for (size_t x = 0; x < SIDE; x++)
            gox_rgba_store(colors[y * SIDE + x], row + 1 + 4 * x);
    }
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(1);
    if (c == NULL)
        return GOX_ERR_NOMEM;
    size_t len = libdeflate_zlib_compress(
            c, raw, sizeof(raw), packed, sizeof(packed));
    libdeflate_free_compressor(c);
    if (len == 0)
        return GOX_ERR_INTERNAL;
    gox_buf_put(out, SIGNATURE, sizeof(SIGNATURE));
    put_chunk(out, "IHDR", HEADER, sizeof(HEADER));
    put_chunk(out, "IDAT", packed, len);
    put_chunk(out, "IEND", NULL, 0);
    return gox_buf_error(out);
}
