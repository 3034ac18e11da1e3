/* SPDX-License-Identifier: Apache-2.0
 * The axis gizmo: which way x, y and z go in a view, as a line and a disc with
 * a letter for each. An axis along the view sits in the middle: a full disc
 * comes towards the eye, a pale one goes away.
 *
 * Invariant: what is nearer to the eye is drawn later. */
#include "render/draw_internal.h"

#define DISC       5.0  /* radius, times scale */
#define ARM        12.5 /* from the middle to that of a disc, times scale */
#define LINE       1.6  /* thickness, times scale */
#define AWAY       0.95 /* cosine, from where on an axis goes along the view */
#define GLYPH_WIDE 5
#define WHITE      0xffffffffu

static const gox_rgba axis_colors[3] = {
        0xff3d3fd9u, 0xff3f9a35u, 0xffd9653bu}; /* red, green, blue */

/* The middle of the ink of x, y and z in their cell. */
static const double ink_middle[3] = {4.5, 5.5, 4.5};

struct arm {
    int axis;
    double right, up, depth; /* where the axis goes; depth away from the eye */
};

static void find_arms(struct arm arms[3], const struct gox__view *view)
{
    for (int a = 0; a < 3; a++)
        arms[a] = (struct arm){.axis = a,
                .right = view->right[a],
                .up = view->up[a],
                .depth = view->forward[a]};
    for (int i = 1; i < 3; i++) {
        for (int k = i; k > 0 && arms[k].depth > arms[k - 1].depth; k--) {
            struct arm swap = arms[k];
            arms[k] = arms[k - 1];
            arms[k - 1] = swap;
        }
    }
}

static void draw_letter(const struct gox__canvas *canvas, int axis,
        const double at[2], int scale, gox_rgba color)
{
    const char text[2] = {"xyz"[axis], '\0'};
    int x = (int)floor(at[0] - GLYPH_WIDE * 0.5 * scale + 0.5);
    int y = (int)floor(at[1] - ink_middle[axis] * scale + 0.5);
    gox__draw_text(canvas, x, y, scale, GOX__FONT_ADVANCE * scale, text, color);
}

static void draw_arm(const struct gox__canvas *canvas, const struct arm *arm,
        const double center[2], int scale)
{
    gox_rgba color = axis_colors[arm->axis];
    bool is_along = fabs(arm->depth) > AWAY;
    double length = is_along ? 0 : ARM * scale;
    const double tip[2] = {
            center[0] + arm->right * length, center[1] - arm->up * length};
    if (!is_along)
        gox__draw_line(canvas, center, tip, LINE * scale, color);
    gox__draw_disc(canvas, tip, DISC * scale, color);
    if (arm->depth > AWAY)
        gox__draw_disc(canvas, tip, (DISC - 1) * scale, WHITE);
    draw_letter(
            canvas, arm->axis, tip, scale, arm->depth > AWAY ? color : WHITE);
}

void gox__draw_gizmo(const struct gox__canvas *canvas,
        const struct gox__view *view, const double center[2], int scale)
{
    struct arm arms[3];
    find_arms(arms, view);
    /* The middle one last: the lines of the others end below its disc. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 3; i++)
            if ((fabs(arms[i].depth) > AWAY) == (pass == 1))
                draw_arm(canvas, &arms[i], center, scale);
}
