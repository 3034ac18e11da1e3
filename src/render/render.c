/* SPDX-License-Identifier: Apache-2.0
 * One picture: rays through the pixels, in tiles on all cores.
 *
 * Invariant: a pixel depends on nothing but the scene, the camera and the
 * options, and is written by the tile that it lies in; the number of threads
 * changes the time only. */
#include "render/draw_internal.h"
#include "render/shade_internal.h"

#include <string.h>

#define TILE       32
#define BACKGROUND 0xffe4e2e0u /* light grey, a little cool: e0 e2 e4 */

void gox_render_options_init(struct gox_render_options *opts)
{
    *opts = (struct gox_render_options){.width = 512,
            .height = 512,
            .background = BACKGROUND,
            .samples = 1,
            .shadows = true,
            .ambient_occlusion = true,
            .light = {.pitch = 0.75f,
                    .yaw = -0.60f,
                    .intensity = 2.25f,
                    .ambient = 0.34f,
                    .shadow = 0.65f,
                    .is_fixed = true}};
}

int gox__render_check_options(
        const struct gox_render_options *opts, struct gox_error *err)
{
    if (opts->width < 1 || opts->height < 1 ||
            opts->width > GOX_RENDER_MAX_SIDE ||
            opts->height > GOX_RENDER_MAX_SIDE ||
            (int64_t)opts->width * opts->height > GOX_RENDER_MAX_PIXELS)
        return gox_error_set(err, GOX_ERR_RANGE,
                "a picture of %d x %d pixels cannot be drawn: a side has 1 "
                "... %d, and the whole at most %d pixels",
                opts->width, opts->height, GOX_RENDER_MAX_SIDE,
                GOX_RENDER_MAX_PIXELS);
    if (opts->samples < 1 || opts->samples > GOX_RENDER_MAX_SAMPLES)
        return gox_error_set(err, GOX_ERR_RANGE,
                "%d samples per side of a pixel are not possible: use 1 ... %d",
                opts->samples, GOX_RENDER_MAX_SAMPLES);
    return 0;
}

struct job {
    const struct gox__canvas *canvas;
    struct gox__shader shader;
    gox_rgba background;
    int samples;
    int tiles_x;
    struct gox__share share;
    atomic_uint_fast64_t done;
    struct gox_task *task;
};

/* The ray through the picture at x, y (pixels, from the top left). */
static void make_ray(
        const struct job *job, double x, double y, double org[3], double dir[3])
{
    const struct gox__view *view = &job->shader.view;
    double u = (2 * x / job->canvas->width - 1) * view->half_width;
    double v = (1 - 2 * y / job->canvas->height) * view->half_height;
    for (int a = 0; a < 3; a++) {
        double aside = view->right[a] * u + view->up[a] * v;
        org[a] = view->org[a] + (view->is_ortho ? aside : 0);
        dir[a] = view->forward[a] + (view->is_ortho ? 0 : aside);
    }
}

/* sum of count rays over the background; exactly that when none hit. */
static gox_rgba resolve(const float sum[4], int count, gox_rgba background)
{
    if (!(sum[3] > 0))
        return background;
    float alpha = sum[3] / (float)count;
    float behind = (1 - alpha) * (float)gox_rgba_a(background) / 255.0f;
    float whole = alpha + behind;
    const uint8_t back[3] = {gox_rgba_r(background), gox_rgba_g(background),
            gox_rgba_b(background)};
    uint8_t out[3];
    for (int c = 0; c < 3; c++)
        out[c] = gox__from_linear(
                (sum[c] / (float)count + behind * gox__to_linear(back[c])) /
                whole);
    uint8_t a = (uint8_t)((whole < 1 ? whole : 1) * 255.0f + 0.5f);
    return a == 0 ? 0 : gox_rgba_make(out[0], out[1], out[2], a);
}

static gox_rgba draw_pixel(
        const struct job *job, struct gox__probe *probe, int x, int y)
{
    float sum[4] = {0, 0, 0, 0};
    int n = job->samples;
    for (int k = 0; k < n * n; k++) {
        double org[3], dir[3];
        float rgba[4];
        make_ray(job, x + (k % n + 0.5) / n, y + (k / n + 0.5) / n, org, dir);
        gox__shade_ray(&job->shader, probe, org, dir, rgba);
        for (int c = 0; c < 4; c++)
            sum[c] += rgba[c];
    }
    return resolve(sum, n * n, job->background);
}

static int draw_tile(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct job *job = ctx;
    const struct gox__canvas *canvas = job->canvas;
    int left = (int)(i % (size_t)job->tiles_x) * TILE;
    int top = (int)(i / (size_t)job->tiles_x) * TILE;
    int right = left + TILE < canvas->width ? left + TILE : canvas->width;
    int bottom = top + TILE < canvas->height ? top + TILE : canvas->height;
    struct gox__probe probe;
    gox__probe_init(&probe, job->shader.scene);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            canvas->pixels[(size_t)y * canvas->stride + (size_t)x] =
                    draw_pixel(job, &probe, x, y);
    uint64_t pixels = (uint64_t)(right - left) * (uint64_t)(bottom - top);
    uint64_t done = atomic_fetch_add(&job->done, pixels) + pixels;
    gox_task_progress(job->task, done, job->share.total);
    return 0;
}

int gox__render_scene(const struct gox__canvas *canvas,
        const struct gox__scene *scene, const struct gox_render_camera *cam,
        const struct gox_render_options *opts, struct gox__share share,
        struct gox_task *task, struct gox_error *err)
{
    struct gox__view view;
    int rc = gox__view_init(&view, cam, canvas->width, canvas->height, err);
    if (rc < 0)
        return rc;
    view.org[0] -= scene->origin.x;
    view.org[1] -= scene->origin.y;
    view.org[2] -= scene->origin.z;
    struct job job = {.canvas = canvas,
            .background = opts->is_transparent ? 0 : opts->background,
            .samples = opts->samples,
            .tiles_x = (canvas->width + TILE - 1) / TILE,
            .share = share,
            .task = task};
    atomic_init(&job.done, share.done);
    rc = gox__shader_init(&job.shader, scene, &view, opts, err);
    if (rc < 0)
        return rc;
    int tiles_y = (canvas->height + TILE - 1) / TILE;
    rc = gox_parallel_for(
            task, (size_t)job.tiles_x * (size_t)tiles_y, draw_tile, &job);
    if (rc < 0 && gox_task_check(task, err) == 0)
        gox_error_set(err, rc, "the picture was not finished");
    return rc;
}

int gox_render_volume(gox_rgba *pixels, const gox_volume *vol,
        const struct gox_render_camera *cam,
        const struct gox_render_options *opts, struct gox_task *task,
        struct gox_error *err)
{
    int rc = gox__render_check_options(opts, err);
    if (rc < 0)
        return rc;
    struct gox__scene scene;
    rc = gox__scene_init(&scene, vol, task, err);
    if (rc < 0)
        return rc;
    struct gox__canvas canvas = {.pixels = pixels,
            .stride = (size_t)opts->width,
            .width = opts->width,
            .height = opts->height};
    struct gox__share share = {
            .total = (uint64_t)opts->width * (uint64_t)opts->height};
    rc = gox__render_scene(&canvas, &scene, cam, opts, share, task, err);
    gox__scene_fini(&scene);
    return rc;
}
