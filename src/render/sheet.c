/* SPDX-License-Identifier: Apache-2.0
 * The contact sheet: a line with the title and the size of the model above a
 * grid of views, each on a panel with its name and an axis gizmo.
 *
 * Views are orthographic, so that edges line up from one to the next. All is
 * scaled to the picture; what would not be legible is left out.
 *
 * Invariant: panels do not touch, and fill the sheet: the last one takes what
 * is left of its row. */
#include "render/draw_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define GAP_PART       75  /* of the shorter side, between panels */
#define TEXT_PART      400 /* of the shorter side, for a text pixel */
#define TITLE_PART     320
#define PANEL_MIN      8  /* pixels */
#define LABEL_MIN      44 /* side of a panel with a label, times text scale */
#define GIZMO_MIN      80 /* the same with a gizmo */
#define EMPTY_COST     32 /* an empty place costs so much of a panel's side */
#define INFO_BYTES     96
#define INK_DARK       0xff30261fu
#define INK_LIGHT      0xfffaf6f4u
#define INK_MIDDLE     0xff8c827bu /* legible on black and on white */
#define INK_STRONG     0.92f
#define INK_WEAK       0.62f
#define PAGE_SHADE     0.075f /* how far the page is from the background */
#define LUMA_MIDDLE    128
#define CORNER_PORTION 2 /* of the gap, the radius of corners */

struct rect {
    int x, y, width, height;
};

struct layout {
    int gap, top; /* top: where panels begin */
    int columns, rows, count;
    int width, height;     /* of the sheet */
    int title_scale;       /* 0: no title */
    int text_scale;        /* 0: no labels */
    int gizmo_scale;       /* 0: no gizmos */
    gox_rgba page, panel;  /* colours */
    gox_rgba strong, weak; /* of text */
};

static int at_least_one(int value)
{
    return value < 1 ? 1 : value;
}

static struct rect find_panel(const struct layout *l, int i)
{
    int col = i % l->columns;
    int row = i / l->columns;
    int end = i == l->count - 1 ? l->columns : col + 1;
    int wide = l->width - l->gap;
    int high = l->height - l->top - l->gap;
    /* From the rounded borders, so that gaps are all the same. */
    int x0 = l->gap + wide * col / l->columns;
    int x1 = wide * end / l->columns;
    int y0 = l->top + (high + l->gap) * row / l->rows;
    int y1 = l->top + (high + l->gap) * (row + 1) / l->rows - l->gap;
    return (struct rect){x0, y0, x1 - x0, y1 - y0};
}

static int strip_height(const struct layout *l)
{
    int pad = l->text_scale * 4;
    return l->text_scale == 0 ? 0 : pad * 2 + GOX__FONT_CAPITAL * l->text_scale;
}

/* The part of a panel that the model is framed in: below the label. */
static struct rect find_picture(const struct layout *l, int i)
{
    struct rect r = find_panel(l, i);
    int strip = strip_height(l);
    return (struct rect){r.x, r.y + strip, r.width, r.height - strip};
}

/* The number of columns with the largest panels. */
static void choose_grid(struct layout *l)
{
    int best = INT_MIN;
    int chosen = 1;
    for (int columns = 1; columns <= l->count; columns++) {
        l->columns = columns;
        l->rows = (l->count + columns - 1) / columns;
        if (columns > 1 && (l->rows - 1) * columns >= l->count)
            continue;
        struct rect r = find_panel(l, 0);
        int high = r.height - strip_height(l);
        int side = r.width < high ? r.width : high;
        int empty = l->rows * columns - l->count;
        int score = side * (EMPTY_COST - empty);
        if (score > best) {
            best = score;
            chosen = columns;
        }
    }
    l->columns = chosen;
    l->rows = (l->count + chosen - 1) / chosen;
}

static void choose_colors(
        struct layout *l, const struct gox_render_options *opts)
{
    gox_rgba back = opts->background | 0xff000000u;
    int luma =
            (gox_rgba_r(back) * 3 + gox_rgba_g(back) * 6 + gox_rgba_b(back)) /
            10;
    gox_rgba ink = luma < LUMA_MIDDLE ? INK_LIGHT : INK_DARK;
    l->panel = opts->is_transparent ? 0 : opts->background;
    l->page = opts->is_transparent ? 0 : gox__draw_mix(ink, back, PAGE_SHADE);
    l->strong = INK_MIDDLE;
    l->weak = INK_MIDDLE;
    if (!opts->is_transparent) {
        l->strong = gox__draw_mix(ink, back, INK_STRONG);
        l->weak = gox__draw_mix(ink, back, INK_WEAK);
    }
}

static int smallest_side(const struct layout *l)
{
    struct rect r = find_panel(l, 0);
    return r.width < r.height ? r.width : r.height;
}

static void plan(struct layout *l, size_t view_count, const char *title,
        const struct gox_render_options *opts)
{
    int side = opts->width < opts->height ? opts->width : opts->height;
    *l = (struct layout){.count = (int)view_count,
            .width = opts->width,
            .height = opts->height};
    l->gap = at_least_one(side / GAP_PART);
    l->top = l->gap;
    l->title_scale = at_least_one((side + TITLE_PART / 2) / TITLE_PART);
    int line = GOX__FONT_HEIGHT * l->title_scale + l->gap;
    if (title == NULL || title[0] == '\0' || line > opts->height / 6)
        l->title_scale = 0;
    else
        l->top += line;
    l->text_scale = at_least_one((side + TEXT_PART / 2) / TEXT_PART);
    for (;; l->text_scale--) {
        choose_grid(l);
        if (l->text_scale == 0 || smallest_side(l) >= LABEL_MIN * l->text_scale)
            break;
    }
    l->gizmo_scale = l->text_scale;
    while (l->gizmo_scale > 0 && smallest_side(l) < GIZMO_MIN * l->gizmo_scale)
        l->gizmo_scale--;
    choose_colors(l, opts);
}

/* 1234567 as "1,234,567". */
static void format_count(char out[32], uint64_t value)
{
    char digits[24];
    int len =
            snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    int at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
}

static void draw_title(const struct gox__canvas *canvas, const struct layout *l,
        const gox_volume *vol, const char *title)
{
    if (l->title_scale == 0)
        return;
    int room = l->width - 2 * l->gap;
    int used = gox__draw_text(
            canvas, l->gap, l->gap, l->title_scale, room, title, l->strong);
    char count[32];
    char info[INFO_BYTES] = "empty";
    struct gox_bbox box = gox_volume_bbox(vol);
    if (!gox_bbox_is_empty(box)) {
        format_count(count, gox_volume_solid(vol));
        snprintf(info, sizeof(info), "%d x %d x %d, %s voxel%s",
                box.max.x - box.min.x, box.max.y - box.min.y,
                box.max.z - box.min.z, count,
                strcmp(count, "1") == 0 ? "" : "s");
    }
    int scale = at_least_one(l->text_scale);
    int width = gox__text_width(info, scale);
    if (used + width + 3 * l->gap > room)
        return;
    int y = l->gap + GOX__FONT_CAPITAL * (l->title_scale - scale);
    gox__draw_text(
            canvas, l->width - l->gap - width, y, scale, width, info, l->weak);
}

/* Lays the page over the corners of a panel. */
static void round_corners(
        const struct gox__canvas *panel, int radius, gox_rgba page)
{
    for (int y = 0; y < radius; y++) {
        for (int x = 0; x < radius; x++) {
            double dx = radius - x - 0.5;
            double dy = radius - y - 0.5;
            double out = sqrt(dx * dx + dy * dy) - radius + 0.5;
            float part = out <= 0 ? 0 : out >= 1 ? 1 : (float)out;
            int right = panel->width - 1 - x;
            int bottom = panel->height - 1 - y;
            gox__draw_pixel(panel, x, y, page, part);
            gox__draw_pixel(panel, right, y, page, part);
            gox__draw_pixel(panel, x, bottom, page, part);
            gox__draw_pixel(panel, right, bottom, page, part);
        }
    }
}

struct sheet {
    struct gox__canvas canvas;
    struct layout layout;
    const struct gox__scene *scene;
    const gox_volume *vol;
    const struct gox_render_options *opts;
    struct gox__share share;
    struct gox_task *task;
};

static int draw_marks(const struct sheet *s, const struct gox__canvas *panel,
        enum gox_view which, const struct gox_render_camera *cam,
        struct gox_error *err)
{
    const struct layout *l = &s->layout;
    struct gox__view view;
    int rc = gox__view_init(&view, cam, panel->width, panel->height, err);
    if (rc < 0)
        return rc;
    int pad = l->text_scale * 5;
    if (l->text_scale > 0)
        gox__draw_text(panel, pad, pad, l->text_scale, panel->width - 2 * pad,
                gox_view_name(which), l->strong);
    if (l->gizmo_scale > 0) {
        double away = (GOX__GIZMO_RADIUS + 1.0) * l->gizmo_scale;
        const double center[2] = {away, panel->height - away};
        gox__draw_gizmo(panel, &view, center, l->gizmo_scale);
    }
    return 0;
}

static int draw_view(
        struct sheet *s, int i, enum gox_view which, struct gox_error *err)
{
    struct rect whole = find_panel(&s->layout, i);
    struct rect r = find_picture(&s->layout, i);
    struct gox__canvas panel = gox__canvas_part(
            &s->canvas, whole.x, whole.y, whole.width, whole.height);
    struct gox__canvas picture =
            gox__canvas_part(&s->canvas, r.x, r.y, r.width, r.height);
    struct gox_render_camera cam;
    gox_render_frame_volume(&cam, which, s->vol, r.width, r.height, true);
    gox__canvas_clear(&panel, s->layout.panel);
    int rc = gox__render_scene(
            &picture, s->scene, &cam, s->opts, s->share, s->task, err);
    if (rc < 0)
        return rc;
    s->share.done += (uint64_t)r.width * (uint64_t)r.height;
    if (!s->opts->is_transparent)
        round_corners(&panel, s->layout.gap / CORNER_PORTION, s->layout.page);
    return draw_marks(s, &panel, which, &cam, err);
}

static int check_views(const enum gox_view *views, size_t count,
        const struct gox_render_options *opts, struct gox_error *err)
{
    int rc = gox__render_check_options(opts, err);
    if (rc < 0)
        return rc;
    if (count < 1 || count > GOX_RENDER_MAX_VIEWS)
        return gox_error_set(err, GOX_ERR_RANGE,
                "a sheet of %zu views cannot be drawn: it has 1 ... %d", count,
                GOX_RENDER_MAX_VIEWS);
    for (size_t i = 0; i < count; i++)
        if ((unsigned)views[i] >= GOX_VIEW_COUNT)
            return gox_error_set(err, GOX_ERR_RANGE,
                    "view %zu of the sheet does not exist: number %d", i + 1,
                    (int)views[i]);
    return 0;
}

static int draw_all(
        struct sheet *s, const enum gox_view *views, struct gox_error *err)
{
    for (int i = 0; i < s->layout.count; i++) {
        struct rect r = find_picture(&s->layout, i);
        s->share.total += (uint64_t)r.width * (uint64_t)r.height;
    }
    int rc = 0;
    for (int i = 0; rc == 0 && i < s->layout.count; i++)
        rc = draw_view(s, i, views[i], err);
    return rc;
}

int gox_render_sheet(gox_rgba *pixels, const gox_volume *vol,
        const enum gox_view *views, size_t view_count, const char *title,
        const struct gox_render_options *opts, struct gox_task *task,
        struct gox_error *err)
{
    int rc = check_views(views, view_count, opts, err);
    if (rc < 0)
        return rc;
    struct sheet s = {.canvas = {.pixels = pixels,
                              .stride = (size_t)opts->width,
                              .width = opts->width,
                              .height = opts->height},
            .vol = vol,
            .opts = opts,
            .task = task};
    plan(&s.layout, view_count, title, opts);
    if (smallest_side(&s.layout) < PANEL_MIN)
        return gox_error_set(err, GOX_ERR_RANGE,
                "%zu views have no room in %d x %d pixels; make the sheet "
                "larger",
                view_count, opts->width, opts->height);
    struct gox__scene scene;
    rc = gox__scene_init(&scene, vol, task, err);
    if (rc < 0)
        return rc;
    s.scene = &scene;
    gox__canvas_clear(&s.canvas, s.layout.page);
    draw_title(&s.canvas, &s.layout, vol, title);
    rc = draw_all(&s, views, err);
    gox__scene_fini(&scene);
    return rc;
}
