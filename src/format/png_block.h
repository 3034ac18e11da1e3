/* SPDX-License-Identifier: Apache-2.0
 * The fast way for the PNGs of .gox blocks; gox_png_read_block and the writer
 * of .gox files use it. */
#ifndef GOX_FORMAT_PNG_BLOCK_H
#define GOX_FORMAT_PNG_BLOCK_H

#include "base/buf.h"
#include "voxel/color.h"

/* false: not entirely plain, colors undefined; ask libspng. */
bool gox__png_read_block(
        gox_rgba colors[4096], const uint8_t *data, size_t len);

/* Appends a PNG of 64 x 64 pixels. Same input, same bytes. 0, GOX_ERR_NOMEM. */
int gox__png_write_block(struct gox_buf *out, const gox_rgba colors[4096]);

#endif
