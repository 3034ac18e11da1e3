/* SPDX-License-Identifier: Apache-2.0
 * Pixels of one picture or a part of it, and what is drawn on them: views of a
 * scene, text, lines, gizmos.
 *
 * Invariant: nothing is written outside 0 ... width, 0 ... height. */
#ifndef GOX_RENDER_DRAW_INTERNAL_H
#define GOX_RENDER_DRAW_INTERNAL_H

#include "render/scene_internal.h"
#include "render/view_internal.h"

struct gox__canvas {
    gox_rgba *pixels; /* borrowed */
    size_t stride;    /* pixels from a row to the next */
    int width, height;
};

/* The part of a canvas at x, y; must be inside. */
struct gox__canvas gox__canvas_part(
        const struct gox__canvas *canvas, int x, int y, int width, int height);

/* Sets every pixel. */
void gox__canvas_clear(const struct gox__canvas *canvas, gox_rgba color);

/* Work done before this view and in all, for the progress of a sheet. */
struct gox__share {
    uint64_t done, total;
};

/* Draws a scene over the whole canvas. Errors as gox_render_volume. */
int gox__render_scene(const struct gox__canvas *canvas,
        const struct gox__scene *scene, const struct gox_render_camera *cam,
        const struct gox_render_options *opts, struct gox__share share,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* 0, or GOX_ERR_RANGE for a size or number of samples that is not allowed. */
int gox__render_check_options(const struct gox_render_options *opts,
        struct gox_error *err) GOX_MUST_CHECK;

/* over on top of under; coverage 0 ... 1 multiplies its alpha. */
gox_rgba gox__draw_mix(gox_rgba over, gox_rgba under, float coverage);

/* Mixes color over one pixel; coverage 0 ... 1 multiplies its alpha. */
void gox__draw_pixel(const struct gox__canvas *canvas, int x, int y,
        gox_rgba color, float coverage);
void gox__draw_fill(const struct gox__canvas *canvas, int x, int y, int width,
        int height, gox_rgba color);
/* A line with round ends, and a disc. */
void gox__draw_line(const struct gox__canvas *canvas, const double from[2],
        const double to[2], double thickness, gox_rgba color);
void gox__draw_disc(const struct gox__canvas *canvas, const double center[2],
        double radius, gox_rgba color);

/* Text in the built-in font, 5x7 in cells of 6x9 pixels times scale, with its
 * top left corner at x, y. Characters outside ASCII are drawn as '?'. Cut with
 * "..." when it is wider than max_width. Returns the width drawn. */
#define GOX__FONT_ADVANCE 6
#define GOX__FONT_HEIGHT  9
#define GOX__FONT_CAPITAL 7 /* height without what hangs below the line */
int gox__draw_text(const struct gox__canvas *canvas, int x, int y, int scale,
        int max_width, const char *text, gox_rgba color);
int gox__text_width(const char *text, int scale);

/* The rows of a glyph from the top, bit 0 at the left; '?' for a character
 * that the font lacks. */
const uint8_t *gox__font_glyph(unsigned character);

/* Which way x (red), y (green) and z (blue) go as the view sees them, with
 * their letters, within GOX__GIZMO_RADIUS * scale of center. */
#define GOX__GIZMO_RADIUS 18
void gox__draw_gizmo(const struct gox__canvas *canvas,
        const struct gox__view *view, const double center[2], int scale);

#endif
