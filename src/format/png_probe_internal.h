/* SPDX-License-Identifier: Apache-2.0
 * Looking at a PNG without decoding it: is it one, how large, and the text that
 * slices carry. */
#ifndef GOX_FORMAT_PNG_PROBE_INTERNAL_H
#define GOX_FORMAT_PNG_PROBE_INTERNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "voxel/geometry.h"

#include <stdbool.h>

/* Pictures that become voxels have at most this many pixels (256 MiB). */
#define GOX__PNG_MAX_PIXELS (UINT64_C(1) << 26)

bool gox__png_is(const uint8_t *data, size_t len);

/* GOX_ERR_TOO_LARGE above GOX__PNG_MAX_PIXELS; what is no PNG passes and is
 * left to the decoder's own error. */
int gox__png_check_size(
        const uint8_t *data, size_t len, struct gox_error *err) GOX_MUST_CHECK;

/* The box that gox__png_add_box wrote; false when there is none. */
bool gox__png_find_box(const uint8_t *data, size_t len, struct gox_bbox *box);
/* Puts the box before the end of the complete PNG in buf. */
void gox__png_add_box(struct gox_buf *buf, const struct gox_bbox *box);

#endif
