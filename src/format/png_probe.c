/* SPDX-License-Identifier: Apache-2.0
 * Looking at a PNG without decoding it, and a text chunk that says which box of
 * voxels a picture of slices shows: tEXt, keyword "goxel-slices", text "WIDTH
 * HEIGHT DEPTH X Y Z". Other programs pass it over. */
#include "base/bytes.h"
#include "format/png_probe_internal.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define KEYWORD     "goxel-slices" /* followed by a NUL */
#define SIGNATURE   8
#define CHUNK_FRAME 12 /* length, type, CRC */

static const uint8_t MAGIC[SIGNATURE] = {
        0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a};

static uint32_t load_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static void store_u32be(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

bool gox__png_is(const uint8_t *data, size_t len)
{
    return len >= SIGNATURE && memcmp(data, MAGIC, SIGNATURE) == 0;
}

int gox__png_check_size(const uint8_t *data, size_t len, struct gox_error *err)
{
    if (!gox__png_is(data, len) || len < 24)
        return 0;
    uint64_t width = load_u32be(data + 16), height = load_u32be(data + 20);
    if (height == 0 || width <= GOX__PNG_MAX_PIXELS / height)
        return 0;
    return gox_error_set_at(err, GOX_ERR_TOO_LARGE, 16,
            "byte 16: a picture of %llu x %llu pixels is larger than the "
            "limit of %llu pixels",
            (unsigned long long)width, (unsigned long long)height,
            (unsigned long long)GOX__PNG_MAX_PIXELS);
}

/* Six integers and nothing else; the sizes are positive and in the grid. */
static bool parse_box(const char *text, struct gox_bbox *box)
{
    long v[6];
    int end = 0;
    if (sscanf(text, "%9ld %9ld %9ld %9ld %9ld %9ld%n", &v[0], &v[1], &v[2],
                &v[3], &v[4], &v[5], &end) != 6 ||
            text[end] != '\0')
        return false;
    for (int i = 0; i < 3; i++)
        if (v[i] <= 0 || v[i] > GOX_COORD_MAX || v[i + 3] < -GOX_COORD_MAX ||
                v[i + 3] > GOX_COORD_MAX - v[i])
            return false;
    box->min = gox_pos_make((int32_t)v[3], (int32_t)v[4], (int32_t)v[5]);
    box->max = gox_pos_make((int32_t)(v[3] + v[0]), (int32_t)(v[4] + v[1]),
            (int32_t)(v[5] + v[2]));
    return true;
}

bool gox__png_find_box(const uint8_t *data, size_t len, struct gox_bbox *box)
{
    if (!gox__png_is(data, len))
        return false;
    size_t at = SIGNATURE;
    while (len - at >= CHUNK_FRAME) {
        size_t size = load_u32be(data + at);
        const uint8_t *type = data + at + 4, *text = type + 4;
        if (size > len - at - CHUNK_FRAME)
            return false;
        if (memcmp(type, "tEXt", 4) == 0 && size > sizeof(KEYWORD) &&
                size < sizeof(KEYWORD) + 80 &&
                memcmp(text, KEYWORD, sizeof(KEYWORD)) == 0) {
            char copy[80];
            size_t n = size - sizeof(KEYWORD);
            memcpy(copy, text + sizeof(KEYWORD), n);
            copy[n] = '\0';
            return parse_box(copy, box);
        }
        at += CHUNK_FRAME + size;
    }
    return false;
}

void gox__png_add_box(struct gox_buf *buf, const struct gox_bbox *box)
{
    if (gox_buf_error(buf) != 0 || buf->len < CHUNK_FRAME)
        return;
    char text[80];
    int n = snprintf(text, sizeof(text), "%d %d %d %d %d %d",
            box->max.x - box->min.x, box->max.y - box->min.y,
            box->max.z - box->min.z, box->min.x, box->min.y, box->min.z);
    uint8_t chunk[CHUNK_FRAME + sizeof(KEYWORD) + sizeof(text)];
    size_t size = sizeof(KEYWORD) + (size_t)n;
    store_u32be(chunk, (uint32_t)size);
    memcpy(chunk + 4, "tEXt", 4);
    memcpy(chunk + 8, KEYWORD, sizeof(KEYWORD));
    memcpy(chunk + 8 + sizeof(KEYWORD), text, (size_t)n);
    store_u32be(
            chunk + 8 + size, (uint32_t)crc32(0, chunk + 4, (uInt)(size + 4)));
    uint8_t end[CHUNK_FRAME];
    buf->len -= CHUNK_FRAME;
    memcpy(end, buf->data + buf->len, CHUNK_FRAME);
    gox_buf_put(buf, chunk, CHUNK_FRAME + size);
    gox_buf_put(buf, end, CHUNK_FRAME);
}
