/* SPDX-License-Identifier: Apache-2.0
 * The nine blend modes, on voxels and on blocks.
 *
 * `over` follows the published integer rule (voxel-by-voxel experiments with
 * the editor agree): d = 255*b + a*(255-b), colour truncated, so that results
 * are the same to the last bit. `replace` puts the top voxel in place, alpha
 * included, where the top has one; elsewhere the bottom stays.
 *
 * Invariant: a result with alpha 0 is 0. */
#include "voxel/block_internal.h"
#include "voxel/image_internal.h"

static gox_rgba with_alpha(gox_rgba color, unsigned alpha)
{
    return alpha == 0 ? 0 : (color & 0xffffff) | (gox_rgba)alpha << 24;
}

static gox_rgba blend_over(gox_rgba bottom, gox_rgba top)
{
    unsigned a = gox_rgba_a(bottom), b = gox_rgba_a(top);

    if (b == 255 || a == 0)
        return b == 0 ? 0 : top;
    if (b == 0)
        return bottom;
    unsigned d = 255 * b + a * (255 - b);
    gox_rgba out = 0;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        unsigned from = bottom >> shift & 255, to = top >> shift & 255;
        out |= (255 * to * b + from * a * (255 - b)) / d << shift;
    }
    return with_alpha(out, b + a * (255 - b) / 255);
}

/* Mixes the colours by the top's alpha; the shape stays. */
static gox_rgba blend_paint(gox_rgba bottom, gox_rgba top)
{
    unsigned b = gox_rgba_a(top);
    gox_rgba out = 0;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        unsigned from = bottom >> shift & 255, to = top >> shift & 255;
        out |= (from * (255 - b) + to * b) / 255 << shift;
    }
    return with_alpha(out, gox_rgba_a(bottom));
}

gox_rgba gox_blend_rgba(enum gox_blend mode, gox_rgba bottom, gox_rgba top)
{
    unsigned a = gox_rgba_a(bottom), b = gox_rgba_a(top);

    switch (mode) {
    case GOX_BLEND_SUB:
        return with_alpha(bottom, a > b ? a - b : 0);
    case GOX_BLEND_SUB_CLAMP:
        return with_alpha(bottom, a < 255 - b ? a : 255 - b);
    case GOX_BLEND_PAINT:
        return blend_paint(bottom, top);
    case GOX_BLEND_MAX:
        return b >= a ? with_alpha(top, b) : bottom;
    case GOX_BLEND_INTERSECT:
        return with_alpha(bottom, a < b ? a : b);
    case GOX_BLEND_INTERSECT_FILL:
        return with_alpha(top, a < b ? a : b);
    case GOX_BLEND_MULT_ALPHA:
        return with_alpha(bottom, a * b / 255);
    case GOX_BLEND_REPLACE:
        return b > 0 ? top : with_alpha(bottom, a);
    case GOX_BLEND_OVER:
    case GOX_BLEND_COUNT:
        break;
    }
    return blend_over(bottom, top);
}

bool gox__blend_is_masking(enum gox_blend mode)
{
    return mode == GOX_BLEND_INTERSECT || mode == GOX_BLEND_INTERSECT_FILL ||
           mode == GOX_BLEND_MULT_ALPHA;
}

bool gox__blend_is_adding(enum gox_blend mode)
{
    return mode == GOX_BLEND_OVER || mode == GOX_BLEND_MAX ||
           mode == GOX_BLEND_REPLACE;
}

static gox_rgba scale_alpha(gox_rgba color, unsigned opacity)
{
    return with_alpha(color, gox_rgba_a(color) * opacity / 255);
}

static int blend_colors(enum gox_blend mode, const gox_block *bottom,
        const gox_block *top, unsigned opacity, gox_block **result)
{
    gox_rgba low[GOX_BLOCK_VOXELS], high[GOX_BLOCK_VOXELS];

    gox_block_decode(top, high);
    for (unsigned i = 0; opacity < 255 && i < GOX_BLOCK_VOXELS; i++)
        high[i] = scale_alpha(high[i], opacity);
    if (bottom != NULL)
        gox_block_decode(bottom, low);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        high[i] = gox_blend_rgba(mode, bottom == NULL ? 0 : low[i], high[i]);
    *result = gox_block_new(high);
    if (*result == NULL)
        return GOX_ERR_NOMEM;
    if (gox_block_solid(*result) == 0) {
        gox_block_unref(*result);
        *result = NULL;
    }
    return 0;
}

/* Results that are one of the two blocks, or nothing. false: none of them. */
static bool blend_whole(enum gox_blend mode, const gox_block *bottom,
        const gox_block *top, unsigned opacity, const gox_block **result)
{
    gox_rgba color = 0;

    *result = NULL;
    if (bottom == NULL && !gox__blend_is_adding(mode))
        return true;
    if (top == NULL || opacity == 0) {
        *result = gox__blend_is_masking(mode) ? NULL : bottom;
        return true;
    }
    if (opacity < 255)
        return false;
    if (bottom == NULL) {
        *result = top;
        return true;
    }
    if (!gox_block_is_uniform(top, &color) || gox_rgba_a(color) < 255)
        return false;
    switch (mode) {
    case GOX_BLEND_OVER:
    case GOX_BLEND_MAX:
    case GOX_BLEND_REPLACE:
        *result = top;
        return true;
    case GOX_BLEND_SUB:
    case GOX_BLEND_SUB_CLAMP:
        return true;
    case GOX_BLEND_INTERSECT:
    case GOX_BLEND_MULT_ALPHA:
        *result = bottom;
        return true;
    case GOX_BLEND_PAINT:
    case GOX_BLEND_INTERSECT_FILL:
    case GOX_BLEND_COUNT:
        break;
    }
    return false;
}

int gox__block_blend(enum gox_blend mode, const gox_block *bottom,
        const gox_block *top, unsigned opacity, gox_block **result)
{
    const gox_block *whole;

    if (blend_whole(mode, bottom, top, opacity, &whole)) {
        *result = whole == NULL ? NULL : gox__block_share(whole);
        return 0;
    }
    return blend_colors(mode, bottom, top, opacity, result);
}
