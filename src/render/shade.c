/* SPDX-License-Identifier: Apache-2.0
 * Light: one sun with hard shadows, a sky that is brighter above, and the
 * darkening of corners by the eight neighbours of a face, as voxel games do.
 *
 * Colours stay true: a face that looks at the default sun shows about the
 * colour of its voxel, grey stays grey but for a trace of warm sun and cool
 * sky, and what is too bright is dimmed as a whole, so that no hue turns. */
#include "render/shade_internal.h"

#include <string.h>

/* With intensity 2 and ambient 0.3, which .gox files have by default, a face
 * that looks at the sun gets 1, and one that does not is not dull. */
#define SUN_SCALE     0.31
#define AMBIENT_SCALE 1.35f
#define LIGHT_MAX     100.0f
#define SHOULDER      0.9f /* linear light from where on it is compressed */
#define MIN_LEFT      (1.0f / 512) /* less light through than a step of grey */
#define EDGE_STRENGTH 0.45f
#define EDGE_PIXELS   1.2
#define EDGE_FADE_IN  0.25 /* voxels a pixel, from where edges are whole */
#define EDGE_FADE_OUT 0.5  /* and from where there are none */

/* What the sky gives to faces -x, +x, -y, +y, -z, +z. The differences keep a
 * cube a cube where no sun shines. */
static const float sky[GOX__FACES] = {0.80f, 0.80f, 0.92f, 0.92f, 0.62f, 1.10f};
static const float sky_tint[3] = {0.97f, 0.99f, 1.03f};
static const float sun_tint[3] = {1.02f, 1.00f, 0.96f};

/* By how many of the three neighbours at a corner are free; light that comes
 * from everywhere, and that of the sun, which corners only dim a little. */
static const float corner_light[4] = {0.42f, 0.62f, 0.80f, 1.0f};
static const float corner_sun[4] = {0.72f, 0.82f, 0.91f, 1.0f};

/* The sun turns with the camera: yaw counts from its heading. Pitch stays, so
 * that light comes from above in every view. */
static double find_heading(const struct gox__view *view, double *cosine)
{
    /* Straight down or up there is no heading but the picture's top. */
    double lean = view->forward[2] > 0 ? -1 : 1;
    double x = view->forward[0] + lean * view->up[0];
    double y = view->forward[1] + lean * view->up[1];
    double length = sqrt(x * x + y * y);
    if (!(length > 1e-9)) {
        *cosine = 1;
        return 0;
    }
    *cosine = y / length;
    return x / length;
}

static void find_sun(double sun[3], const struct gox_light *light,
        const struct gox__view *view)
{
    double sin_p, cos_p, sin_y, cos_y;
    gox__view_turn((double)light->pitch, &sin_p, &cos_p);
    gox__view_turn((double)light->yaw, &sin_y, &cos_y);
    double x = sin_p * sin_y;
    double y = -sin_p * cos_y;
    double cos_h = 1;
    double sin_h = light->is_fixed ? find_heading(view, &cos_h) : 0;
    sun[0] = x * cos_h + y * sin_h;
    sun[1] = y * cos_h - x * sin_h;
    sun[2] = cos_p;
    gox__normalize(sun);
}

static bool is_light(float value)
{
    return value >= 0 && value <= LIGHT_MAX;
}

int gox__shader_init(struct gox__shader *shader, const struct gox__scene *scene,
        const struct gox__view *view, const struct gox_render_options *opts,
        struct gox_error *err)
{
    const struct gox_light *light = &opts->light;
    if (!isfinite(light->pitch) || !isfinite(light->yaw) ||
            !is_light(light->intensity) || !is_light(light->ambient) ||
            !(light->shadow >= 0 && light->shadow <= 1))
        return gox_error_set(err, GOX_ERR_RANGE,
                "the light cannot be used: pitch and yaw must be finite, "
                "intensity and ambient in 0 ... %g, shadow in 0 ... 1",
                (double)LIGHT_MAX);
    *shader = (struct gox__shader){.scene = scene,
            .view = *view,
            .shadow = opts->shadows ? light->shadow : 0,
            .has_occlusion = opts->ambient_occlusion,
            .has_edges = opts->edges};
    find_sun(shader->sun, light, view);
    for (int face = 0; face < GOX__FACES; face++) {
        double facing = shader->sun[face / 2] * (face % 2 ? 1 : -1);
        float sun = facing > 0 ? (float)(facing * SUN_SCALE) : 0;
        for (int c = 0; c < 3; c++) {
            shader->ambient[face][c] =
                    light->ambient * AMBIENT_SCALE * sky[face] * sky_tint[c];
            shader->direct[face][c] = light->intensity * sun * sun_tint[c];
        }
    }
    return 0;
}

/* Where a ray came in: the face, its voxel, and the place on the face. */
struct surface {
    int32_t pos[3];
    int axis, face;
    double point[3];
    double u, v; /* 0 ... 1, along axes axis + 1 and axis + 2 */
};

static double clamp_unit(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* The axis along which dir goes most, for a ray that starts in a voxel. */
static int main_axis(const double dir[3])
{
    double x = fabs(dir[0]);
    double y = fabs(dir[1]);
    double z = fabs(dir[2]);
    return x > y && x > z ? 0 : y > z ? 1 : 2;
}

static void find_surface(struct surface *s, const struct gox__ray *ray,
        const double org[3], const double dir[3])
{
    gox__ray_pos(ray, s->pos);
    s->axis = ray->axis >= 0 ? ray->axis : main_axis(dir);
    s->face = s->axis * 2 + (dir[s->axis] < 0);
    for (int a = 0; a < 3; a++)
        s->point[a] = org[a] + dir[a] * ray->t;
    int b = (s->axis + 1) % 3;
    int c = (s->axis + 2) % 3;
    s->u = clamp_unit(s->point[b] - s->pos[b]);
    s->v = clamp_unit(s->point[c] - s->pos[c]);
}

static float mix_corners(
        const float light[4], const int free_count[4], double u, double v)
{
    float fu = (float)u;
    float fv = (float)v;
    float low = light[free_count[0]] * (1 - fu) + light[free_count[1]] * fu;
    float high = light[free_count[2]] * (1 - fu) + light[free_count[3]] * fu;
    return low * (1 - fv) + high * fv;
}

/* How much of the sky and the sun the corners leave at the place. */
static void find_occlusion(struct gox__probe *probe, const struct surface *s,
        float *from_sky, float *from_sun)
{
    int b = (s->axis + 1) % 3;
    int c = (s->axis + 2) % 3;
    int32_t p[3] = {s->pos[0], s->pos[1], s->pos[2]};
    p[s->axis] += s->face % 2 ? 1 : -1;
    int taken[3][3];
    int any = 0;
    for (int j = 0; j < 3; j++) {
        for (int i = 0; i < 3; i++) {
            if (i == 1 && j == 1)
                continue;
            int32_t q[3] = {p[0], p[1], p[2]};
            q[b] += i - 1;
            q[c] += j - 1;
            taken[j][i] = gox__probe_is_opaque(probe, q[0], q[1], q[2]);
            any |= taken[j][i];
        }
    }
    if (!any)
        return;
    int free_count[4];
    for (int k = 0; k < 4; k++) {
        int i = k & 1 ? 2 : 0;
        int j = k & 2 ? 2 : 0;
        bool is_shut = taken[1][i] && taken[j][1];
        free_count[k] =
                is_shut ? 0 : 3 - taken[1][i] - taken[j][1] - taken[j][i];
    }
    *from_sky = mix_corners(corner_light, free_count, s->u, s->v);
    *from_sun = mix_corners(corner_sun, free_count, s->u, s->v);
}

/* Voxels of one colour that touch along a ray are one body with one surface,
 * so that a thick pane looks like a thin one. */
static bool is_same_body(
        const struct gox__ray *ray, gox_rgba color, gox_rgba last)
{
    return color == last && ray->steps == 0;
}

/* Goes from a translucent voxel to the next surface of another body. */
static bool next_surface(struct gox__ray *ray, gox_rgba *color)
{
    gox_rgba last = *color;
    do {
        if (!gox__ray_leave(ray) || !gox__ray_next(ray))
            return false;
        *color = gox__ray_color(ray);
    } while (is_same_body(ray, *color, last));
    return true;
}

/* The share of the sun that reaches the voxel before the surface. */
static float find_sunlight(
        const struct gox__shader *shader, const struct surface *s)
{
    struct gox__ray ray;
    int32_t pos[3] = {s->pos[0], s->pos[1], s->pos[2]};
    pos[s->axis] += s->face % 2 ? 1 : -1;
    if (!gox__ray_init_at(&ray, shader->scene, s->point, shader->sun, pos) ||
            !gox__ray_next(&ray))
        return 1;
    if (!gox__ray_block(&ray)->has_translucent)
        return 0;
    gox_rgba color = gox__ray_color(&ray);
    float left = 1;
    for (int i = 0; i < GOX_RENDER_MAX_SURFACES && left > MIN_LEFT; i++) {
        left *= 1 - gox_rgba_a(color) / 255.0f;
        if (left > 0 && !next_surface(&ray, &color))
            return left;
    }
    return 0;
}

/* How dark the line between voxels is at the place. Its width is that of
 * pixels, however far or slanted the face is: u and v per pixel are taken from
 * how the place moves when the pixel does. */
static float find_edge(const struct gox__shader *shader,
        const struct surface *s, const double dir[3], double t)
{
    const struct gox__view *view = &shader->view;
    double pixel = view->is_ortho ? view->pixel : view->pixel * t;
    double slant = dir[s->axis];
    if (fabs(slant) < 1e-9)
        return 0;
    float dark = 0;
    for (int k = 0; k < 2; k++) {
        int a = (s->axis + 1 + k) % 3;
        double per_pixel =
                pixel *
                (fabs(view->right[a] - dir[a] * view->right[s->axis] / slant) +
                        fabs(view->up[a] - dir[a] * view->up[s->axis] / slant));
        double at = k == 0 ? s->u : s->v;
        double away = (at < 0.5 ? at : 1 - at) / per_pixel;
        double line = clamp_unit(EDGE_PIXELS * 0.5 - away + 0.5);
        double fade = clamp_unit(
                (EDGE_FADE_OUT - per_pixel) / (EDGE_FADE_OUT - EDGE_FADE_IN));
        dark = fmaxf(dark, (float)(line * fade));
    }
    return dark * EDGE_STRENGTH;
}

/* Dims light above the shoulder, all channels alike. */
static void tone(float rgb[3])
{
    float top = fmaxf(rgb[0], fmaxf(rgb[1], rgb[2]));
    if (top <= SHOULDER)
        return;
    float over = (top - SHOULDER) / (1 - SHOULDER);
    float dimmed = SHOULDER + (1 - SHOULDER) * (over / (1 + over));
    for (int c = 0; c < 3; c++)
        rgb[c] *= dimmed / top;
}

static void light_surface(const struct gox__shader *shader,
        struct gox__probe *probe, const struct surface *s, gox_rgba color,
        float rgb[3])
{
    float from_sky = 1;
    float from_sun = 1;
    if (shader->has_occlusion)
        find_occlusion(probe, s, &from_sky, &from_sun);
    if (shader->shadow > 0 && shader->direct[s->face][1] > 0)
        from_sun *= 1 - shader->shadow * (1 - find_sunlight(shader, s));
    const uint8_t own[3] = {
            gox_rgba_r(color), gox_rgba_g(color), gox_rgba_b(color)};
    for (int c = 0; c < 3; c++)
        rgb[c] = gox__to_linear(own[c]) *
                 (shader->ambient[s->face][c] * from_sky +
                         shader->direct[s->face][c] * from_sun);
    tone(rgb);
}

void gox__shade_ray(const struct gox__shader *shader, struct gox__probe *probe,
        const double org[3], const double dir[3], float rgba[4])
{
    memset(rgba, 0, 4 * sizeof(*rgba));
    struct gox__ray ray;
    double from = shader->view.is_ortho ? -INFINITY : 0;
    if (!gox__ray_init(&ray, shader->scene, org, dir, from) ||
            !gox__ray_next(&ray))
        return;
    gox_rgba color = gox__ray_color(&ray);
    float left = 1;
    for (int i = 1; left > MIN_LEFT; i++) {
        struct surface s;
        float rgb[3];
        find_surface(&s, &ray, org, dir);
        light_surface(shader, probe, &s, color, rgb);
        float edge = shader->has_edges ? find_edge(shader, &s, dir, ray.t) : 0;
        float alpha = gox_rgba_a(color) / 255.0f;
        float part = i < GOX_RENDER_MAX_SURFACES ? left * alpha : left;
        for (int c = 0; c < 3; c++)
            rgba[c] += part * (1 - edge) * rgb[c];
        rgba[3] += part;
        left -= part;
        if (left > MIN_LEFT && !next_surface(&ray, &color))
            return;
    }
    /* What is left is less than can be shown: the pixel is solid. */
    for (int c = 0; c < 3; c++)
        rgba[c] /= 1 - left;
    rgba[3] = 1;
}
