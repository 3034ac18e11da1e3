/* SPDX-License-Identifier: Apache-2.0
 * Palettes: named lists of colours, built in (our own) or read from GIMP .gpl
 * text; nearest colour; quantising many colours to few. */
#ifndef GOX_VOXEL_PALETTE_H
#define GOX_VOXEL_PALETTE_H

#include "base/error.h"
#include "voxel/color.h"

#include <stddef.h>

#define GOX_PALETTE_MAX 65536

struct gox_palette_entry {
    gox_rgba color;
    char name[64];
};
struct gox_palette {
    char name[64];
    struct gox_palette_entry *entries; /* owned */
    size_t count, capacity;
};

void gox_palette_init(struct gox_palette *pal);
void gox_palette_fini(struct gox_palette *pal);
/* name may be NULL, and is cut at 63 bytes. GOX_ERR_NOMEM, GOX_ERR_TOO_LARGE.
 */
int gox_palette_add(struct gox_palette *pal, gox_rgba color,
        const char *name) GOX_MUST_CHECK;
/* Index of the nearest by squared RGB distance, -1 when empty. */
int gox_palette_nearest(const struct gox_palette *pal, gox_rgba color);

/* GIMP palette text; replaces what pal held. GOX_ERR_FORMAT with the byte
 * offset, GOX_ERR_TOO_LARGE, GOX_ERR_NOMEM; then pal is as it was. */
int gox_palette_parse_gpl(struct gox_palette *pal, const char *text, size_t len,
        struct gox_error *err) GOX_MUST_CHECK;
/* Adds the distinct opaque (alpha 255) pixels of a picture in reading order, at
 * most GOX_PALETTE_MAX (GOX_ERR_TOO_LARGE). The caller decoded the PNG. */
int gox_palette_from_pixels(struct gox_palette *pal, const gox_rgba *pixels,
        size_t count, struct gox_error *err) GOX_MUST_CHECK;

/* Built-in palettes; NULL past the end. Static memory. load replaces what pal
 * held; GOX_ERR_NOT_FOUND past the end. */
size_t gox_palette_builtin_count(void);
const char *gox_palette_builtin_name(size_t i);
int gox_palette_load_builtin(struct gox_palette *pal, size_t i) GOX_MUST_CHECK;

/* One colour and how often it occurs. */
struct gox_color_count {
    gox_rgba color;
    uint64_t count;
};
/* Median cut of colours to at most max entries in out; *out_count gets how
 * many. map (count entries, may be NULL) gets for each input its index in out.
 * Deterministic. When count <= max the colours are kept exactly, in order;
 * else like colours are side by side. GOX_ERR_NOMEM; GOX_ERR_RANGE when max is
 * 0 and count is not. */
int gox_quantize(const struct gox_color_count *colors, size_t count, size_t max,
        gox_rgba *out, size_t *out_count, uint32_t *map) GOX_MUST_CHECK;

#endif
