/* SPDX-License-Identifier: Apache-2.0
 * What the palette's files share. */
#ifndef GOX_VOXEL_PALETTE_INTERNAL_H
#define GOX_VOXEL_PALETTE_INTERNAL_H

#include "voxel/palette.h"

#define GOX_PALETTE_NAME_BYTES 64

_Static_assert(
        sizeof(((struct gox_palette *)0)->name) == GOX_PALETTE_NAME_BYTES,
        "names of palettes and of colours are cut at one length");

/* Cuts a name that is too long. */
void gox__palette_set_name(
        char name[GOX_PALETTE_NAME_BYTES], const char *text, size_t len);
/* gox_palette_add for a name without a NUL. */
int gox__palette_add(struct gox_palette *pal, gox_rgba color, const char *name,
        size_t len) GOX_MUST_CHECK;

#endif
