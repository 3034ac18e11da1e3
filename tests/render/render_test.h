/* SPDX-License-Identifier: Apache-2.0
 * What the tests of pictures share: models, and colours told by their hue. */
#ifndef GOX_TESTS_RENDER_TEST_H
#define GOX_TESTS_RENDER_TEST_H

#include "gox_test.h"
#include "render/draw_internal.h"
#include "render/render.h"
#include "voxel/random.h"
#include "voxel/volume.h"

static inline void put_voxel(
        gox_volume *vol, int x, int y, int z, gox_rgba color)
{
    assert_int_equal(gox_volume_set(vol, gox_pos_make(x, y, z), color), 0);
}

static inline void put_box(gox_volume *vol, struct gox_bbox box, gox_rgba color)
{
    assert_int_equal(gox_volume_fill(vol, box, color), 0);
}

static inline gox_volume *make_volume(void)
{
    gox_volume *vol = gox_volume_new();
    assert_non_null(vol);
    return vol;
}

/* A cube whose faces -x, +x, -y, +y, -z, +z are cyan, red, magenta, green,
 * yellow, blue. */
#define CUBE 18
static const gox_rgba face_colors[6] = {0xffffff00u, 0xff0000ffu, 0xffff00ffu,
        0xff00ff00u, 0xff00ffffu, 0xffff0000u};

static inline gox_volume *make_marker(void)
{
    gox_volume *vol = make_volume();
    for (int face = 0; face < 6; face++) {
        struct gox_bbox box = {{1, 1, 1}, {CUBE - 1, CUBE - 1, CUBE - 1}};
        int32_t *min = &box.min.x;
        int32_t *max = &box.max.x;
        int a = face / 2;
        min[a] = face % 2 ? CUBE - 1 : 0;
        max[a] = min[a] + 1;
        put_box(vol, box, face_colors[face]);
    }
    return vol;
}

/* Which of face_colors a lit pixel has, -1 for grey. */
static inline int find_face(gox_rgba color)
{
    const int rgb[3] = {
            gox_rgba_r(color), gox_rgba_g(color), gox_rgba_b(color)};
    int top = rgb[0] > rgb[1] ? rgb[0] : rgb[1];
    top = top > rgb[2] ? top : rgb[2];
    int bits = 0;
    for (int c = 0; c < 3; c++)
        bits |= (rgb[c] > top / 2) << c;
    static const int faces[8] = {-1, 1, 3, 4, 5, 2, 0, -1};
    return faces[bits];
}

/* The face that a preset looks at. */
static inline int face_of(enum gox_view view)
{
    static const int faces[GOX_VIEW_COUNT] = {[GOX_VIEW_FRONT] = 2,
            [GOX_VIEW_BACK] = 3,
            [GOX_VIEW_LEFT] = 0,
            [GOX_VIEW_RIGHT] = 1,
            [GOX_VIEW_TOP] = 5,
            [GOX_VIEW_BOTTOM] = 4,
            [GOX_VIEW_ISOMETRIC] = -1};
    return faces[view];
}

/* Voxels in clumps around the origin, some of them translucent. */
static inline gox_volume *make_sparse(uint32_t seed, int spread, int count)
{
    struct random r = {seed};
    gox_volume *vol = make_volume();
    int at[3] = {0, 0, 0};
    for (int i = 0; i < count; i++) {
        for (int a = 0; a < 3; a++) {
            uint32_t width = (uint32_t)(i % 8 == 0 ? spread : 3);
            int by = (int)random_below(&r, width) - (int)width / 2;
            at[a] = i % 8 == 0 ? by : at[a] + by;
        }
        gox_rgba alpha = random_below(&r, 4) == 0 ? 0x80000000u : 0xff000000u;
        put_voxel(vol, at[0], at[1], at[2],
                (random_next(&r) & 0xffffffu) | alpha);
    }
    return vol;
}

struct picture {
    gox_rgba *pixels;
    struct gox_render_options opts;
};

static inline void picture_init(struct picture *p, int width, int height)
{
    gox_render_options_init(&p->opts);
    p->opts.width = width;
    p->opts.height = height;
    p->pixels = malloc((size_t)width * (size_t)height * sizeof(gox_rgba));
    assert_non_null(p->pixels);
}

static inline void picture_fini(struct picture *p)
{
    free(p->pixels);
}

static inline gox_rgba pixel_at(const struct picture *p, int x, int y)
{
    assert_true(x >= 0 && y >= 0 && x < p->opts.width && y < p->opts.height);
    return p->pixels[y * p->opts.width + x];
}

static inline size_t picture_bytes(const struct picture *p)
{
    return (size_t)p->opts.width * (size_t)p->opts.height * sizeof(gox_rgba);
}

/* Draws vol in a preset. */
static inline void picture_draw(struct picture *p, const gox_volume *vol,
        enum gox_view view, bool is_ortho)
{
    struct gox_render_camera cam;
    struct gox_error err = {0};
    gox_render_frame_volume(
            &cam, view, vol, p->opts.width, p->opts.height, is_ortho);
    int rc = gox_render_volume(p->pixels, vol, &cam, &p->opts, NULL, &err);
    if (rc < 0)
        fail_msg("%d: %s", rc, err.text);
}

#endif
