/* SPDX-License-Identifier: Apache-2.0
 * What the two halves of the Build engine's voxel format share.
 *
 * Layout, little-endian: u32 bytes that follow of this level, u32 x, y, z
 * sizes, i32 pivot * 256 three times, u32 offsets of each x (from the end of
 * the pivot) and one more, u16 offsets of each column in its x and one more,
 * slabs {top, length, faces, colours}; smaller levels may follow; the last 768
 * bytes of the file are the palette of 6 bits a channel. z goes down. */
#ifndef GOX_FORMAT_KVX_INTERNAL_H
#define GOX_FORMAT_KVX_INTERNAL_H

#include "format/format.h"

#define GOX__KVX_HEADER  28
#define GOX__KVX_PALETTE 768
#define GOX__KVX_SLAB    3

/* Which faces of a slab can be seen. */
#define GOX__KVX_X_LOW  1u
#define GOX__KVX_X_HIGH 2u
#define GOX__KVX_Y_LOW  4u
#define GOX__KVX_Y_HIGH 8u
#define GOX__KVX_TOP    16u
#define GOX__KVX_BOTTOM 32u

int gox__kvx_probe(const uint8_t *data, size_t len);
int gox__kvx_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
