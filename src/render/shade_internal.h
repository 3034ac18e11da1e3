/* SPDX-License-Identifier: Apache-2.0
 * What a ray sees: light on the surfaces that it meets, front to back.
 *
 * Colours are linear light here, as squares of the sRGB numbers: a square root
 * is the same on every machine, and near enough to the sRGB curve that mixing
 * looks right. */
#ifndef GOX_RENDER_SHADE_INTERNAL_H
#define GOX_RENDER_SHADE_INTERNAL_H

#include "render/cast_internal.h"
#include "render/view_internal.h"

/* Faces are axis * 2 + 1 when they look along +axis, axis * 2 otherwise. */
#define GOX__FACES 6

struct gox__shader {
    const struct gox__scene *scene;
    struct gox__view view;
    double sun[3]; /* towards it, length 1 */
    float ambient[GOX__FACES][3], direct[GOX__FACES][3];
    float shadow; /* share of the sun that a shadow takes, 0: no shadows */
    bool has_occlusion, has_edges;
};

/* 0, or GOX_ERR_RANGE for a light that is not finite or negative. */
int gox__shader_init(struct gox__shader *shader, const struct gox__scene *scene,
        const struct gox__view *view, const struct gox_render_options *opts,
        struct gox_error *err) GOX_MUST_CHECK;

/* The colour along a ray (relative to the scene's origin): linear, multiplied
 * by alpha, in rgba; all 0 when nothing is hit. dir goes 1 along
 * view.forward. */
void gox__shade_ray(const struct gox__shader *shader, struct gox__probe *probe,
        const double org[3], const double dir[3], float rgba[4]);

static inline float gox__to_linear(uint8_t v)
{
    float f = (float)v / 255.0f;
    return f * f;
}

/* Rounds to 0 ... 255. */
static inline uint8_t gox__from_linear(float v)
{
    v = v < 0 ? 0 : v > 1 ? 1 : v;
    return (uint8_t)(sqrtf(v) * 255.0f + 0.5f);
}

#endif
