/* SPDX-License-Identifier: Apache-2.0
 * A camera made ready for a picture: an orthonormal base and how far a pixel
 * goes; and the few vector words that this folder needs. */
#ifndef GOX_RENDER_VIEW_INTERNAL_H
#define GOX_RENDER_VIEW_INTERNAL_H

#include "render/render.h"

#include <math.h>

struct gox__view {
    double org[3], right[3], up[3], forward[3];
    bool is_ortho;
    double half_width, half_height; /* of the picture, at distance 1 unless
                                       is_ortho */
    double pixel; /* width of a pixel, at distance 1 unless is_ortho */
};

/* 0, or GOX_ERR_RANGE for a camera that shows nothing (no direction, not
 * finite, an angle or height that is none). */
int gox__view_init(struct gox__view *view, const struct gox_render_camera *cam,
        int width, int height, struct gox_error *err) GOX_MUST_CHECK;

/* The directions of a preset. */
void gox__view_axes(enum gox_view view, double forward[3], double up[3]);

/* Sets right, up and forward alone. */
void gox__view_preset(struct gox__view *view, enum gox_view preset);

/* Sine and cosine from +, -, * and / alone: those of a C library differ in the
 * last bit from machine to machine, and pictures must not. angle in radians. */
void gox__view_turn(double angle, double *sine, double *cosine);

static inline double gox__dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void gox__cross(
        const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* false when v is too short to have a direction. */
static inline bool gox__normalize(double v[3])
{
    double length = sqrt(gox__dot(v, v));
    if (!(length > 1e-12) || !isfinite(length))
        return false;
    v[0] /= length;
    v[1] /= length;
    v[2] /= length;
    return true;
}

#endif
