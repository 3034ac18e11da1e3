/* SPDX-License-Identifier: Apache-2.0
 * One colour in 32 bits, the same everywhere in the program.
 *
 * Invariant: r is the lowest byte and a the highest, whatever the machine; a
 * voxel with a == 0 does not exist and is always stored as 0. */
#ifndef GOX_VOXEL_COLOR_H
#define GOX_VOXEL_COLOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t gox_rgba;

static inline gox_rgba gox_rgba_make(uint8_t r, uint8_t g, uint8_t b, uint8_t a)
{
    return (gox_rgba)r | (gox_rgba)g << 8 | (gox_rgba)b << 16 |
           (gox_rgba)a << 24;
}

static inline uint8_t gox_rgba_r(gox_rgba c)
{
    return (uint8_t)c;
}

static inline uint8_t gox_rgba_g(gox_rgba c)
{
    return (uint8_t)(c >> 8);
}

static inline uint8_t gox_rgba_b(gox_rgba c)
{
    return (uint8_t)(c >> 16);
}

static inline uint8_t gox_rgba_a(gox_rgba c)
{
    return (uint8_t)(c >> 24);
}

/* From and to the byte order R, G, B, A of files. */
static inline gox_rgba gox_rgba_load(const uint8_t p[4])
{
    return gox_rgba_make(p[0], p[1], p[2], p[3]);
}

static inline void gox_rgba_store(gox_rgba c, uint8_t p[4])
{
    p[0] = gox_rgba_r(c);
    p[1] = gox_rgba_g(c);
    p[2] = gox_rgba_b(c);
    p[3] = gox_rgba_a(c);
}

/* Exports keep a voxel from this alpha on (voxel-formats: 126 is dropped). */
#define GOX_ALPHA_SOLID 127

/* "#RRGGBB", "#RRGGBBAA", "#RGB" or a CSS colour name, any case. len bytes, no
 * NUL needed. Returns false when it is none of them. */
bool gox_rgba_parse(const char *text, size_t len, gox_rgba *color);

/* The largest difference of one channel, alpha included (0 ... 255). */
int gox_rgba_distance(gox_rgba a, gox_rgba b);

#endif
