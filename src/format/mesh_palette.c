/* SPDX-License-Identifier: Apache-2.0
 * The distinct colours of a mesh and their picture. A picture keeps any number
 * of exact 8-bit colours in one material, which is what engines draw fast.
 *
 * Invariant: an index once given stays; texels behind the last colour repeat
 * it, so that filtering finds nothing foreign there. */
#include "base/alloc.h"
#include "format/mesh_out.h"
#include "format/png.h"

#include <string.h>

#define MIN_SIDE 4 /* the block of texture compression in engines */
#define MAX_SIDE 4096

void gox_mesh_palette_init(struct gox_mesh_palette *palette)
{
    *palette = (struct gox_mesh_palette){0};
}

void gox_mesh_palette_fini(struct gox_mesh_palette *palette)
{
    gox_free(palette->colors);
    gox_free(palette->slots);
    *palette = (struct gox_mesh_palette){0};
}

static uint32_t *find_slot(const struct gox_mesh_palette *p, gox_rgba color)
{
    size_t mask = p->slot_count - 1;
    size_t h = (size_t)((uint64_t)color * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
               mask;
    while (p->slots[h] != 0 && p->colors[p->slots[h] - 1] != color)
        h = (h + 1) & mask;
    return &p->slots[h];
}

static int grow_slots(struct gox_mesh_palette *p)
{
    size_t count = p->slot_count > 0 ? 2 * p->slot_count : 512;
    uint32_t *slots = gox_calloc(count, sizeof(*slots));
    if (slots == NULL)
        return GOX_ERR_NOMEM;
    gox_free(p->slots);
    p->slots = slots;
    p->slot_count = count;
    for (size_t i = 0; i < p->count; i++)
        *find_slot(p, p->colors[i]) = (uint32_t)i + 1;
    return 0;
}

static int find_color(
        struct gox_mesh_palette *p, gox_rgba color, uint32_t *index)
{
    if (2 * (p->count + 1) > p->slot_count && grow_slots(p) < 0)
        return GOX_ERR_NOMEM;
    uint32_t *slot = find_slot(p, color);
    if (*slot == 0) {
        if (!gox_grow(
                    &p->colors, &p->capacity, p->count + 1, sizeof(*p->colors)))
            return GOX_ERR_NOMEM;
        p->colors[p->count++] = color;
        *slot = (uint32_t)p->count;
    }
    *index = *slot - 1;
    return 0;
}

int gox_mesh_palette_add(struct gox_mesh_palette *palette,
        const struct gox_mesh *mesh, uint32_t *by_quad)
{
    gox_rgba last = 0; /* no quad has alpha 0 */
    uint32_t index = 0;
    for (size_t i = 0; i < mesh->count; i++) {
        gox_rgba color = mesh->quads[i].color;
        if (color != last && find_color(palette, color, &index) < 0)
            return GOX_ERR_NOMEM;
        last = color;
        if (by_quad != NULL)
            by_quad[i] = index;
    }
    return 0;
}

int gox_mesh_palette_layout(
        struct gox_mesh_palette *palette, struct gox_error *err)
{
    size_t width = MIN_SIDE, height = MIN_SIDE;
    while (width * height < palette->count) {
        if (width <= height)
            width *= 2;
        else
            height *= 2;
    }
    if (width > MAX_SIDE)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the model has %zu colours, a palette picture holds %d; reduce "
                "the colours first",
                palette->count, MAX_SIDE * MAX_SIDE);
    palette->width = (int)width;
    palette->height = (int)height;
    return 0;
}

int gox_mesh_palette_png(const struct gox_mesh_palette *palette,
        bool keep_alpha, struct gox_buf *png, struct gox_error *err)
{
    size_t count = (size_t)palette->width * (size_t)palette->height;
    gox_rgba *pixels = gox_malloc_array(count, sizeof(*pixels));
    if (pixels == NULL)
        return GOX_ERR_NOMEM;
    gox_rgba fill = keep_alpha ? 0 : UINT32_C(0xff000000);
    for (size_t i = 0; i < count; i++) {
        size_t k = i < palette->count ? i : palette->count - 1;
        gox_rgba color = palette->count > 0 ? palette->colors[k] : UINT32_MAX;
        pixels[i] = color | fill;
    }
    int rc = gox_png_write(
            png, pixels, palette->width, palette->height, 6, true, err);
    gox_free(pixels);
    return rc;
}
