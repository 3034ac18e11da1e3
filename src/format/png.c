/* SPDX-License-Identifier: Apache-2.0
 * RGBA pixels from PNG, on libspng.
 *
 * Invariant: nothing is allocated for the pixels before the header was read
 * and its size checked; libspng's own memory is bounded by its chunk limits.
 * It keeps its own allocator: it reports some failures of one that it is given
 * as damage of the picture. */
#include "format/png.h"

#include "base/alloc.h"
#include "base/error.h"
#include "format/png_block.h"

#include <spng.h>
#include <string.h>

#define BLOCK_SIDE 64

static int fail(struct gox_error *err, int spng_code, const char *what)
{
    /* zlib's init fails for lack of memory only. */
    if (spng_code == SPNG_EMEM || spng_code == SPNG_EZLIB_INIT)
        return gox_error_set(err, GOX_ERR_NOMEM, "PNG: out of memory");
    return gox_error_set_at(err, GOX_ERR_FORMAT, 0, "PNG: %s: %s", what,
            spng_strerror(spng_code));
}

/* A context that has read the header of data. NULL with err and *rc set. */
static spng_ctx *open_reader(const uint8_t *data, size_t len,
        struct spng_ihdr *ihdr, struct gox_error *err, int *rc)
{
    spng_ctx *ctx = spng_ctx_new(0);
    int code = ctx != NULL ? 0 : SPNG_EMEM;
    if (code == 0)
        code = spng_set_chunk_limits(ctx, 1 << 20, 4 << 20);
    if (code == 0)
        code = spng_set_png_buffer(ctx, data, len);
    if (code == 0)
        code = spng_get_ihdr(ctx, ihdr);
    if (code == 0)
        return ctx;
    *rc = fail(err, code, "the header cannot be read");
    spng_ctx_free(ctx);
    return NULL;
}

/* libspng gives bytes R, G, B, A; gox_rgba has R in its lowest byte. Only on
 * a big-endian machine do the two differ. */
static void to_rgba(gox_rgba *pixels, size_t count)
{
    const union {
        uint32_t word;
        uint8_t first;
    } order = {.word = 1};
    if (order.first == 1)
        return;
    for (size_t i = 0; i < count; i++) {
        uint8_t b[4];
        memcpy(b, &pixels[i], sizeof(b));
        pixels[i] = gox_rgba_load(b);
    }
}

void gox_pixels_fini(struct gox_pixels *pixels)
{
    gox_free(pixels->data);
    *pixels = (struct gox_pixels){0};
}

int gox_png_read(struct gox_pixels *pixels, const uint8_t *data, size_t len,
        int max_side, struct gox_error *err)
{
    *pixels = (struct gox_pixels){0};
    struct spng_ihdr ihdr;
    int rc = 0;
    spng_ctx *ctx = open_reader(data, len, &ihdr, err, &rc);
    if (ctx == NULL)
        return rc;
    if (ihdr.width > (uint32_t)max_side || ihdr.height > (uint32_t)max_side) {
        rc = gox_error_set_at(err, GOX_ERR_TOO_LARGE, 16,
                "PNG: %u x %u pixels; at most %d a side are read", ihdr.width,
                ihdr.height, max_side);
        goto out;
    }
    size_t count = (size_t)ihdr.width * ihdr.height;
    gox_rgba *rgba = gox_malloc_array(count, sizeof(*rgba));
    if (rgba == NULL) {
        rc = gox_error_set(err, GOX_ERR_NOMEM,
                "PNG: no memory for %u x %u pixels", ihdr.width, ihdr.height);
        goto out;
    }
    int code = spng_decode_image(
            ctx, rgba, count * 4, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
    if (code != 0) {
        gox_free(rgba);
        rc = fail(err, code, "the pixels cannot be read");
        goto out;
    }
    to_rgba(rgba, count);
    *pixels = (struct gox_pixels){
            .width = (int)ihdr.width, .height = (int)ihdr.height, .data = rgba};
out:
    spng_ctx_free(ctx);
    return rc;
}

int gox_png_read_block(gox_rgba colors[4096], const uint8_t *data, size_t len,
        struct gox_error *err)
{
    if (gox__png_read_block(colors, data, len))
        return 0;
    struct spng_ihdr ihdr;
    int rc = 0;
    spng_ctx *ctx = open_reader(data, len, &ihdr, err, &rc);
    if (ctx == NULL)
        return rc;
    if (ihdr.width != BLOCK_SIDE || ihdr.height != BLOCK_SIDE)
        rc = gox_error_set_at(err, GOX_ERR_FORMAT, 16,
                "PNG: a block is 64 x 64 pixels, this one is %u x %u",
                ihdr.width, ihdr.height);
    else if (ihdr.color_type != SPNG_COLOR_TYPE_TRUECOLOR_ALPHA ||
             ihdr.bit_depth != 8)
        rc = gox_error_set_at(err, GOX_ERR_FORMAT, 24,
                "PNG: a block is RGBA of 8 bits, this one has colour type %u "
                "of %u bits",
                ihdr.color_type, ihdr.bit_depth);
    if (rc == 0) {
        int code = spng_decode_image(
                ctx, colors, BLOCK_SIDE * BLOCK_SIDE * 4, SPNG_FMT_RGBA8, 0);
        /* The last checksums come after the last pixel. */
        if (code == 0)
            code = spng_decode_chunks(ctx);
        if (code != 0)
            rc = fail(err, code, "the pixels cannot be read");
    }
    spng_ctx_free(ctx);
    if (rc == 0)
        to_rgba(colors, 4096);
    return rc;
}
