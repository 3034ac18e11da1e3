/* SPDX-License-Identifier: Apache-2.0
 * Flat shapes on a canvas: rectangles, lines and discs with smooth borders.
 *
 * Invariant: all is clipped to the canvas; a colour with alpha 255 and full
 * coverage replaces exactly. */
#include "render/draw_internal.h"

struct gox__canvas gox__canvas_part(
        const struct gox__canvas *canvas, int x, int y, int width, int height)
{
    return (struct gox__canvas){
            .pixels = canvas->pixels + (size_t)y * canvas->stride + (size_t)x,
            .stride = canvas->stride,
            .width = width,
            .height = height};
}

void gox__canvas_clear(const struct gox__canvas *canvas, gox_rgba color)
{
    for (int y = 0; y < canvas->height; y++)
        for (int x = 0; x < canvas->width; x++)
            canvas->pixels[(size_t)y * canvas->stride + (size_t)x] = color;
}

static uint8_t mix_channel(
        uint8_t over, uint8_t under, float over_part, float under_part)
{
    float whole = over_part + under_part;
    float sum = (float)over * over_part + (float)under * under_part;
    return (uint8_t)(sum / whole + 0.5f);
}

gox_rgba gox__draw_mix(gox_rgba over, gox_rgba under, float coverage)
{
    float part = (float)gox_rgba_a(over) / 255.0f * coverage;
    float rest = (float)gox_rgba_a(under) / 255.0f * (1 - part);
    if (!(part > 0))
        return under;
    return gox_rgba_make(
            mix_channel(gox_rgba_r(over), gox_rgba_r(under), part, rest),
            mix_channel(gox_rgba_g(over), gox_rgba_g(under), part, rest),
            mix_channel(gox_rgba_b(over), gox_rgba_b(under), part, rest),
            (uint8_t)((part + rest) * 255.0f + 0.5f));
}

void gox__draw_pixel(const struct gox__canvas *canvas, int x, int y,
        gox_rgba color, float coverage)
{
    if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
        return;
    gox_rgba *pixel = &canvas->pixels[(size_t)y * canvas->stride + (size_t)x];
    *pixel = gox__draw_mix(color, *pixel, coverage);
}

void gox__draw_fill(const struct gox__canvas *canvas, int x, int y, int width,
        int height, gox_rgba color)
{
    for (int row = 0; row < height; row++)
        for (int col = 0; col < width; col++)
            gox__draw_pixel(canvas, x + col, y + row, color, 1);
}

/* How much of a pixel is inside a shape whose border is `inside` pixels away
 * from its centre. */
static float cover(double inside)
{
    double part = inside + 0.5;
    return part <= 0 ? 0 : part >= 1 ? 1 : (float)part;
}

static double distance_to(
        const double from[2], const double to[2], double x, double y)
{
    double dx = to[0] - from[0];
    double dy = to[1] - from[1];
    double length = dx * dx + dy * dy;
    double t = 0;
    if (length > 0)
        t = ((x - from[0]) * dx + (y - from[1]) * dy) / length;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double ex = x - from[0] - t * dx;
    double ey = y - from[1] - t * dy;
    return sqrt(ex * ex + ey * ey);
}

void gox__draw_line(const struct gox__canvas *canvas, const double from[2],
        const double to[2], double thickness, gox_rgba color)
{
    double half = thickness * 0.5;
    int x0 = (int)floor(fmin(from[0], to[0]) - half - 1);
    int x1 = (int)ceil(fmax(from[0], to[0]) + half + 1);
    int y0 = (int)floor(fmin(from[1], to[1]) - half - 1);
    int y1 = (int)ceil(fmax(from[1], to[1]) + half + 1);
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            gox__draw_pixel(canvas, x, y, color,
                    cover(half - distance_to(from, to, x + 0.5, y + 0.5)));
}

void gox__draw_disc(const struct gox__canvas *canvas, const double center[2],
        double radius, gox_rgba color)
{
    gox__draw_line(canvas, center, center, 2 * radius, color);
}
