/* SPDX-License-Identifier: Apache-2.0
 * Voxelising: closed surfaces stay closed at any size, thin things are kept,
 * polygons that are not convex, sizes and places, colours of pictures, and the
 * limits. Meshes are given as .obj text. */
#include "format/png.h"
#include "model_test.h"

#include <math.h>

static struct gox_image *read_obj(const char *text,
        const struct gox_format_options *opts, struct gox_format_report *report)
{
    struct gox_image *img;
    struct gox_error err;
    if (model_read(&img, "obj", text, strlen(text), opts, report, &err) < 0)
        fail_msg("%s", err.text);
    return img;
}

static void set_size(struct gox_format_options *opts, int size)
{
    gox_format_options_init(opts);
    opts->voxelize_size = size;
    opts->has_up = true;
    opts->up = GOX_UP_Z;
}

/* A ball of rings and segments, wound outward. */
static void put_ball(struct gox_buf *buf, int rings, int segments)
{
    const double pi = 3.14159265358979;
    for (int r = 0; r <= rings; r++)
        for (int s = 0; s < segments; s++) {
            double a = pi * r / rings, b = 2 * pi * s / segments;
            gox_buf_printf(buf, "v %.6f %.6f %.6f\n", sin(a) * cos(b),
                    sin(a) * sin(b), cos(a));
        }
    for (int r = 0; r < rings; r++)
        for (int s = 0; s < segments; s++) {
            int t = (s + 1) % segments;
            gox_buf_printf(buf, "f %d %d %d %d\n", r * segments + s + 1,
                    (r + 1) * segments + s + 1, (r + 1) * segments + t + 1,
                    r * segments + t + 1);
        }
}

/* Voxels that a walk over faces from outside the box reaches. */
static uint64_t flood_outside(const gox_volume *vol, int size)
{
    int n = size + 2;
    uint64_t reached = 0;
    size_t count = (size_t)n * (size_t)n * (size_t)n, left = 1;
    uint8_t *seen = calloc(count, 1);
    int32_t *stack = malloc(count * sizeof(*stack));
    assert_true(seen != NULL && stack != NULL);
    stack[0] = 0;
    seen[0] = 1;
    while (left > 0) {
        int32_t at = stack[--left];
        int p[3] = {at % n, at / n % n, at / n / n};
        reached++;
        for (int d = 0; d < 6; d++) {
            int q[3];
            bool is_inside = true;
            for (int k = 0; k < 3; k++) {
                q[k] = p[k] + face_step[d][k];
                is_inside &= q[k] >= 0 && q[k] < n;
            }
            int32_t next = q[0] + n * (q[1] + n * q[2]);
            if (!is_inside || seen[next] ||
                    model_is_solid(vol, q[0] - 1, q[1] - 1, q[2] - 1))
                continue;
            seen[next] = 1;
            stack[left++] = next;
        }
    }
    free(seen);
    free(stack);
    return reached;
}

static void balls_are_closed(void **state)
{
    (void)state;
    static const int cases[][3] = {{16, 4, 6}, {20, 30, 40}, {33, 100, 150},
            {50, 8, 8}, {64, 25, 50}, {9, 60, 90}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int size = cases[i][0];
        struct gox_format_options opts;
        struct gox_buf buf;
        gox_buf_init(&buf, 0);
        put_ball(&buf, cases[i][1], cases[i][2]);
        set_size(&opts, size);
        struct gox_image *img = read_obj(gox_buf_text(&buf), &opts, NULL);
        const gox_volume *vol = img->layers[0]->volume;
        struct gox_bbox box = gox_volume_bbox(vol);
        assert_true(box.min.x >= 0 && box.min.y >= 0 && box.min.z >= 0);
        assert_true(box.max.x <= size && box.max.z == size);
        uint64_t all = (uint64_t)(size + 2) * (uint64_t)(size + 2) *
                       (uint64_t)(size + 2);
        uint64_t outside = flood_outside(vol, size);
        uint64_t solid = gox_volume_solid(vol);
        /* Most of a ball's box that is not outside is inside. */
        assert_true(all - outside - solid > solid / 4);
        assert_true((double)(all - outside) > 0.2 * (double)all);
        /* Thin: about the area of the ball in voxels. */
        assert_true((double)solid < 6.0 * size * size);
        gox_buf_fini(&buf);
        gox_image_free(img);
    }
}

static void integer_cubes_keep_their_place(void **state)
{
    (void)state;
    static const char cube[] =
            "v 10 20 -5\nv 14 20 -5\nv 14 24 -5\nv 10 24 -5\n"
            "v 10 20 -1\nv 14 20 -1\nv 14 24 -1\nv 10 24 -1\n"
            "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\n"
            "f 4 1 5 8\n";
    struct gox_format_options opts;
    set_size(&opts, 0);
    struct gox_image *img = read_obj(cube, &opts, NULL);
    struct gox_bbox box = gox_volume_bbox(img->layers[0]->volume);
    assert_int_equal(gox_volume_solid(img->layers[0]->volume), 64 - 8);
    assert_true(box.min.x == 10 && box.min.y == 20 && box.min.z == -5);
    assert_true(box.max.x == 14 && box.max.y == 24 && box.max.z == -1);
    gox_image_free(img);
    set_size(&opts, 8);
    img = read_obj(cube, &opts, NULL);
    box = gox_volume_bbox(img->layers[0]->volume);
    assert_int_equal(gox_volume_solid(img->layers[0]->volume), 512 - 216);
    assert_true(box.min.x == 0 && box.max.x == 8 && box.max.z == 8);
    gox_image_free(img);
    set_size(&opts, 0);
    opts.scale = 2;
    img = read_obj(cube, &opts, NULL);
    box = gox_volume_bbox(img->layers[0]->volume);
    assert_true(box.min.x == 5 && box.min.y == 10 && box.max.x == 7);
    gox_image_free(img);
}

/* An L of one polygon whose corners start at the concave one's neighbour. */
static void concave_polygons_are_cut(void **state)
{
    (void)state;
    static const char *const orders[] = {"f 1 2 3 4 5 6\n", "f 3 4 5 6 1 2\n",
            "f 6 5 4 3 2 1\n", "f 5 6 1 2 3 4\n"};
    for (size_t i = 0; i < 4; i++) {
        char text[200];
        struct gox_format_options opts;
        snprintf(text, sizeof(text),
                "v 0 0 1\nv 10 0 1\nv 10 2 1\nv 2 2 1\nv 2 10 1\nv 0 10 1\n%s",
                orders[i]);
        set_size(&opts, 0);
        struct gox_image *img = read_obj(text, &opts, NULL);
        assert_int_equal(gox_volume_solid(img->layers[0]->volume), 36);
        gox_image_free(img);
    }
}

/* A rod much thinner than a voxel, off all middles. */
static void needles_are_kept(void **state)
{
    (void)state;
    static const char rod[] = "v 0 0.1 0.1\nv 20 7.1 3.1\nv 20 7.12 3.1\n"
                              "v 0 0.12 0.1\nf 1 2 3 4\n";
    struct gox_format_options opts;
    set_size(&opts, 20);
    struct gox_image *img = read_obj(rod, &opts, NULL);
    const gox_volume *vol = img->layers[0]->volume;
    for (int x = 0; x < 20; x++) {
        bool has_any = false;
        for (int i = 0; i < 100; i++)
            has_any |= model_is_solid(vol, x, i % 10, i / 10);
        assert_true(has_any);
    }
    gox_image_free(img);
}

static void colours_blend_between_corners(void **state)
{
    (void)state;
    static const char text[] = "v 0 0 1 1 0 0\nv 32 0 1 0 0 1\n"
                               "v 32 4 1 0 0 1\nv 0 4 1 1 0 0\nf 1 2 3 4\n";
    struct gox_format_options opts;
    set_size(&opts, 0);
    struct gox_image *img = read_obj(text, &opts, NULL);
    const gox_volume *vol = img->layers[0]->volume;
    for (int x = 0; x < 32; x++) {
        gox_rgba c = gox_volume_get(vol, gox_pos_make(x, 2, 0));
        double share = (x + 0.5) / 32;
        assert_true(fabs(gox_rgba_b(c) - 255 * share) <= 1);
        assert_true(fabs(gox_rgba_r(c) - 255 * (1 - share)) <= 1);
    }
    gox_image_free(img);
}

static void pictures_are_sampled(void **state)
{
    (void)state;
    static const gox_rgba pixels[4] = {UINT32_C(0xff0000ff),
            UINT32_C(0xff00ff00), UINT32_C(0xffff0000), 0};
    static const char text[] = "mtllib m.mtl\nusemtl a\n"
                               "v 0 0 1\nv 4 0 1\nv 4 4 1\nv 0 4 1\n"
                               "vt 0 0\nvt 2 0\nvt 2 1\nvt 0 1\n"
                               "f 1/1 2/2 3/3 4/4\n";
    struct model_sidecars side = {.count = 2};
    struct gox_format_options opts;
    struct gox_error err;
    strcpy(side.files[0].name, "m.mtl");
    strcpy(side.files[1].name, "p.png");
    gox_buf_init(&side.files[0].content, 0);
    gox_buf_init(&side.files[1].content, 0);
    gox_buf_put_str(&side.files[0].content, "newmtl a\nmap_Kd p.png\n");
    assert_int_equal(
            gox_png_write(&side.files[1].content, pixels, 2, 2, 1, false, &err),
            0);
    set_size(&opts, 0);
    opts.open_aux = model_open_aux;
    opts.aux_ctx = &side;
    struct gox_image *img = read_obj(text, &opts, NULL);
    const gox_volume *vol = img->layers[0]->volume;
    for (int i = 0; i < 16; i++) {
        int x = i % 4, y = i / 4;
        /* Twice across: columns 0 and 2 are the left pixels; y is up. The
         * transparent pixel leaves nothing. */
        gox_rgba want = pixels[(y < 2 ? 2 : 0) + x % 2];
        assert_int_equal(gox_volume_get(vol, gox_pos_make(x, y, 0)), want);
    }
    gox_image_free(img);
    model_sidecars_fini(&side);
}

static void limits_are_errors(void **state)
{
    (void)state;
    static const char huge[] = "v 0 0 0\nv 1e300 0 0\nv 0 1e300 0\nf 1 2 3\n";
    static const char flat[] = "v 0 0 0\nv 8000000 0 0\nv 8000000 8000000 0\n"
                               "v 0 8000000 0\nf 1 2 3 4\n";
    static const struct {
        const char *text;
        int size;
        float scale;
        int rc;
    } cases[] = {{huge, 0, 2, GOX_ERR_RANGE},
            {flat, 0, 0.5f, GOX_ERR_TOO_LARGE}, {flat, -1, 1, GOX_ERR_RANGE},
            {flat, 4097, 1, GOX_ERR_RANGE}, {flat, 0, 0, GOX_ERR_RANGE},
            {flat, 0, -3, GOX_ERR_RANGE}, {flat, 16, 1, 0}, {huge, 16, 1, 0},
            {flat, 0, 1, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gox_format_options opts;
        struct gox_image *img = NULL;
        struct gox_error err = {0};
        set_size(&opts, cases[i].size);
        opts.scale = cases[i].scale;
        assert_int_equal(model_read(&img, "obj", cases[i].text,
                                 strlen(cases[i].text), &opts, NULL, &err),
                cases[i].rc);
        assert_int_equal(err.code, cases[i].rc);
        gox_image_free(img);
    }
}

static void far_voxels_are_counted(void **state)
{
    (void)state;
    static const char text[] = "v 8388600 0 0\nv 8388616 0 0\nv 8388616 4 0\n"
                               "v 8388600 4 0\nf 1 4 3 2\n";
    struct gox_format_options opts;
    struct gox_format_report report;
    set_size(&opts, 0);
    struct gox_image *img = read_obj(text, &opts, &report);
    assert_int_equal(report.voxels, 8 * 4);
    assert_true(report.clipped > 0);
    gox_image_free(img);
}

static void cancel_is_heard(void **state)
{
    (void)state;
    static const char text[] = "v 0 0 0\nv 4000 0 0\nv 4000 4000 0\n"
                               "v 0 4000 0\nf 1 2 3 4\n";
    struct gox_task task;
    struct gox_error err;
    struct gox_image *img;
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(gox_format_read(&img, gox_format_find("obj", 3),
                             (const uint8_t *)text, sizeof(text) - 1, NULL,
                             NULL, NULL, &task, &err),
            GOX_ERR_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(balls_are_closed),
            cmocka_unit_test(integer_cubes_keep_their_place),
            cmocka_unit_test(concave_polygons_are_cut),
            cmocka_unit_test(needles_are_kept),
            cmocka_unit_test(colours_blend_between_corners),
            cmocka_unit_test(pictures_are_sampled),
            cmocka_unit_test(limits_are_errors),
            cmocka_unit_test(far_voxels_are_counted),
            cmocka_unit_test(cancel_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
