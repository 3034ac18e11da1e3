/* SPDX-License-Identifier: Apache-2.0
 * Fuzz target: reads any bytes as a GIMP palette. A text that is refused leaves
 * the palette as it was; one that is taken is used for finding the nearest
 * colour and for reducing to fewer. */
#include "voxel/palette.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLORS 256
#define FEW        7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void use(const struct gox_palette *pal)
{
    struct gox_color_count counts[MAX_COLORS] = {0};
    gox_rgba few[FEW];
    uint32_t map[MAX_COLORS];
    size_t count = pal->count < MAX_COLORS ? pal->count : MAX_COLORS;
    size_t few_count = 0;
    require(memchr(pal->name, '\0', sizeof pal->name) != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct gox_palette_entry *e = &pal->entries[i];
        require(memchr(e->name, '\0', sizeof e->name) != NULL);
        int nearest = gox_palette_nearest(pal, e->color);
        require(nearest >= 0 && (size_t)nearest < pal->count);
        require(((pal->entries[nearest].color ^ e->color) & 0xffffff) == 0);
        counts[i] = (struct gox_color_count){e->color, i + 1};
    }
    require(gox_quantize(counts, count, FEW, few, &few_count, map) == 0);
    require(few_count <= FEW && (few_count > 0) == (count > 0));
    for (size_t i = 0; i < count; i++)
        require(map[i] < few_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct gox_palette pal;
    struct gox_error err = {.offset = -1};
    gox_palette_init(&pal);
    require(gox_palette_add(&pal, 0xff030201, "before") == 0);
    int code = gox_palette_parse_gpl(&pal, (const char *)data, len, &err);
    if (code < 0)
        require(err.text[0] != '\0' && pal.count == 1 &&
                strcmp(pal.entries[0].name, "before") == 0);
    else
        use(&pal);
    gox_palette_fini(&pal);
    return 0;
}
