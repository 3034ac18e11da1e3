/* SPDX-License-Identifier: Apache-2.0
 * Lists of colours with names.
 *
 * Invariant: at most GOX_PALETTE_MAX entries, each name ends with a NUL at a
 * character boundary. */
#include "voxel/palette.h"

#include "base/alloc.h"
#include "voxel/palette_internal.h"

#include <string.h>

void gox_palette_init(struct gox_palette *pal)
{
    *pal = (struct gox_palette){0};
}

void gox_palette_fini(struct gox_palette *pal)
{
    gox_free(pal->entries);
    *pal = (struct gox_palette){0};
}

void gox__palette_set_name(
        char name[GOX_PALETTE_NAME_BYTES], const char *text, size_t len)
{
    if (len > GOX_PALETTE_NAME_BYTES - 1) {
        len = GOX_PALETTE_NAME_BYTES - 1;
        /* Not in the middle of a character of UTF-8. */
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(name, text, len);
    name[len] = '\0';
}

int gox__palette_add(
        struct gox_palette *pal, gox_rgba color, const char *name, size_t len)
{
    if (pal->count >= GOX_PALETTE_MAX)
        return GOX_ERR_TOO_LARGE;
    if (!gox_grow(&pal->entries, &pal->capacity, pal->count + 1,
                sizeof(pal->entries[0])))
        return GOX_ERR_NOMEM;
    struct gox_palette_entry *entry = &pal->entries[pal->count++];
    entry->color = color;
    gox__palette_set_name(entry->name, name, len);
    return 0;
}

int gox_palette_add(struct gox_palette *pal, gox_rgba color, const char *name)
{
    return gox__palette_add(pal, color, name == NULL ? "" : name,
            name == NULL ? 0 : strlen(name));
}

static int square_distance(gox_rgba a, gox_rgba b)
{
    int dr = gox_rgba_r(a) - gox_rgba_r(b);
    int dg = gox_rgba_g(a) - gox_rgba_g(b);
    int db = gox_rgba_b(a) - gox_rgba_b(b);

    return dr * dr + dg * dg + db * db;
}

int gox_palette_nearest(const struct gox_palette *pal, gox_rgba color)
{
    int nearest = -1, best = 0;

    for (size_t i = 0; i < pal->count; i++) {
        int d = square_distance(pal->entries[i].color, color);
        if (nearest < 0 || d < best) {
            nearest = (int)i;
            best = d;
        }
    }
    return nearest;
}

/* The colours seen so far, for pictures with many. */
struct seen {
    gox_rgba *slots; /* 0 is free: no opaque colour is 0 */
    size_t size;     /* a power of two, more than GOX_PALETTE_MAX */
};

/* Whether the colour is new; then it is remembered. */
static bool see(struct seen *seen, gox_rgba color)
{
    size_t at = (color * UINT32_C(2654435769)) >> 15;

    for (at &= seen->size - 1; seen->slots[at] != 0;
            at = (at + 1) & (seen->size - 1)) {
        if (seen->slots[at] == color)
            return false;
    }
    seen->slots[at] = color;
    return true;
}

int gox_palette_from_pixels(struct gox_palette *pal, const gox_rgba *pixels,
        size_t count, struct gox_error *err)
{
    struct seen seen = {NULL, (size_t)GOX_PALETTE_MAX * 2};
    int rc = 0;

    seen.slots = gox_calloc(seen.size, sizeof(seen.slots[0]));
    if (seen.slots == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM,
                "the palette was not made from %zu pixels: out of memory",
                count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (gox_rgba_a(pixels[i]) != 255)
            continue;
        if (see(&seen, pixels[i]))
            rc = gox_palette_add(pal, pixels[i], NULL);
    }
    gox_free(seen.slots);
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_error_set(err, rc,
                "the palette was not made: the picture has more than %d "
                "colours; reduce its colours first",
                GOX_PALETTE_MAX);
    if (rc < 0)
        return gox_error_set(err, rc,
                "the palette was not made from %zu pixels: out of memory",
                count);
    return 0;
}
