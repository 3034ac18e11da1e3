/* SPDX-License-Identifier: Apache-2.0
 * RGBA pixels from PNG, on libspng, and back, on libdeflate. Used by .gox
 * blocks, slices, image layers, palettes, glTF textures; the renderer hands its
 * pixels here through its own caller. */
#ifndef GOX_FORMAT_PNG_H
#define GOX_FORMAT_PNG_H

#include "base/buf.h"
#include "voxel/color.h"

struct gox_pixels {
    int width, height;
    gox_rgba *data; /* width * height, row by row from the top, owned */
};
void gox_pixels_fini(struct gox_pixels *pixels);

/* Any PNG colour type to RGBA 8. Sides up to max_side. err's offset is
 * relative to data. GOX_ERR_FORMAT, GOX_ERR_TOO_LARGE, GOX_ERR_NOMEM. */
int gox_png_read(struct gox_pixels *pixels, const uint8_t *data, size_t len,
        int max_side, struct gox_error *err) GOX_MUST_CHECK;
/* For .gox blocks: exactly 64x64, into 4096 colours, no allocation kept. */
int gox_png_read_block(gox_rgba colors[4096], const uint8_t *data, size_t len,
        struct gox_error *err) GOX_MUST_CHECK;

/* Appends a PNG without ancillary chunks: RGBA, or RGB when no pixel is
 * transparent and allow_rgb. level: zlib 1 ... 9. Same input, same bytes. */
int gox_png_write(struct gox_buf *out, const gox_rgba *data, int width,
        int height, int level, bool allow_rgb,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
