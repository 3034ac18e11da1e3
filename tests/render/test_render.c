/* SPDX-License-Identifier: Apache-2.0
 * Pictures: the same pixels whatever the threads, exact colours where they can
 * be told beforehand, light without gaps, and every way to fail. */
#include "base/alloc.h"
#include "base/time.h"
#include "gox_test.h"
#include "render_test.h"

static void test_same_with_any_threads(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(11, 40, 2000);
    struct picture first, other;
    picture_init(&first, 167, 131);
    picture_init(&other, 167, 131);
    struct gox_render_camera cam;
    gox_render_frame_volume(&cam, GOX_VIEW_ISOMETRIC, vol, 167, 131, false);
    first.opts.edges = true;
    first.opts.samples = 2;
    struct gox_task task;
    for (unsigned threads = 1; threads <= 5; threads++) {
        struct picture *p = threads == 1 ? &first : &other;
        gox_task_init(&task);
        task.threads = threads;
        assert_int_equal(gox_render_volume(p->pixels, vol, &cam, &first.opts,
                                 &task, NULL),
                0);
        assert_int_equal(atomic_load(&task.permille), 1000);
        if (threads > 1)
            assert_memory_equal(
                    first.pixels, other.pixels, picture_bytes(&first));
    }
    picture_fini(&first);
    picture_fini(&other);
    gox_volume_free(vol);
}

static void check_all(const struct picture *p, gox_rgba color)
{
    for (int y = 0; y < p->opts.height; y++)
        for (int x = 0; x < p->opts.width; x++)
            assert_int_equal(pixel_at(p, x, y), color);
}

static void test_empty_volume_is_background(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    struct picture p;
    picture_init(&p, 33, 7);
    for (int samples = 1; samples <= GOX_RENDER_MAX_SAMPLES; samples++) {
        p.opts.samples = samples;
        p.opts.is_transparent = false;
        p.opts.background = 0xff7b3301u + (unsigned)samples;
        picture_draw(&p, vol, GOX_VIEW_FRONT, true);
        check_all(&p, p.opts.background);
        p.opts.background = 0x40102030u; /* a background may be translucent */
        picture_draw(&p, vol, GOX_VIEW_FRONT, false);
        check_all(&p, 0x40102030u);
        p.opts.is_transparent = true;
        picture_draw(&p, vol, GOX_VIEW_FRONT, false);
        check_all(&p, 0);
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_one_voxel(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_voxel(vol, -1, -1, -1, 0xff2040c0u);
    struct picture p;
    picture_init(&p, 100, 100);
    p.opts.is_transparent = true;
    for (int v = 0; v < GOX_VIEW_ISOMETRIC; v++) {
        picture_draw(&p, vol, (enum gox_view)v, true);
        int count = 0;
        for (int i = 0; i < 100 * 100; i++) {
            unsigned alpha = gox_rgba_a(p.pixels[i]);
            assert_true(alpha == 0 || alpha == 255);
            assert_true(alpha != 0 || p.pixels[i] == 0);
            count += alpha == 255;
        }
        assert_int_equal(count, 88 * 88);
        assert_int_equal(gox_rgba_a(pixel_at(&p, 5, 50)), 0);
        assert_int_equal(gox_rgba_a(pixel_at(&p, 6, 50)), 255);
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_two_voxels_far_apart(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_voxel(vol, -100000, 0, 0, 0xff0000ffu);
    put_voxel(vol, 100000, 0, 0, 0xff00ff00u);
    struct picture p;
    picture_init(&p, 60, 60);
    picture_draw(&p, vol, GOX_VIEW_ISOMETRIC, false);
    struct gox_render_camera cam = {.position = {100000.5, -6, 0.5},
            .target = {100000.5, 0, 0.5},
            .up = {0, 0, 1},
            .fov_degrees = 20};
    assert_int_equal(
            gox_render_volume(p.pixels, vol, &cam, &p.opts, NULL, NULL), 0);
    assert_int_equal(find_face(pixel_at(&p, 30, 30)), 3);
    assert_int_equal(pixel_at(&p, 2, 2), p.opts.background);
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_samples_smooth_edges(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_voxel(vol, 0, 0, 0, 0xff808080u);
    struct picture p;
    picture_init(&p, 101, 101);
    p.opts.is_transparent = true;
    for (int samples = 1; samples <= GOX_RENDER_MAX_SAMPLES; samples++) {
        int steps = samples * samples;
        int between = 0;
        p.opts.samples = samples;
        picture_draw(&p, vol, GOX_VIEW_ISOMETRIC, false);
        for (int i = 0; i < 101 * 101; i++) {
            int alpha = gox_rgba_a(p.pixels[i]);
            int hit = (alpha * steps + 127) / 255;
            assert_int_equal(alpha, (hit * 255 * 2 + steps) / (2 * steps));
            between += alpha != 0 && alpha != 255;
        }
        assert_int_equal(between > 50, samples > 1);
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

/* Looks at a plate from one side; all of the picture shows it. */
static void draw_plate(struct picture *p, const gox_volume *vol, int face)
{
    struct gox_render_camera cam = {.fov_degrees = 20};
    struct gox_error err = {0};
    int a = face / 2;
    cam.position[a] = face % 2 ? 60 : -60;
    cam.position[(a + 1) % 3] = 20;
    cam.position[(a + 2) % 3] = -14;
    cam.up[(a + 1) % 3] = 1;
    assert_int_equal(
            gox_render_volume(p->pixels, vol, &cam, &p->opts, NULL, &err), 0);
}

/* No spot of a flat face shadows itself, at block borders least of all. */
static void test_flat_faces_are_even(void **state)
{
    (void)state;
    struct picture p;
    picture_init(&p, 150, 150);
    for (int face = 0; face < 6; face++) {
        struct gox_bbox box = {{-70, -70, -70}, {70, 70, 70}};
        (&box.min.x)[face / 2] = -1;
        (&box.max.x)[face / 2] = 1;
        gox_volume *vol = make_volume();
        put_box(vol, box, 0xff6090c0u);
        for (int turn = 0; turn < 24; turn++) {
            p.opts.light.is_fixed = turn % 2 == 0;
            p.opts.light.yaw = (float)turn * 0.26f;
            p.opts.light.pitch = (float)turn * 0.13f;
            draw_plate(&p, vol, face);
            check_all(&p, p.pixels[0]);
            assert_int_not_equal(p.pixels[0], p.opts.background);
        }
        gox_volume_free(vol);
    }
    picture_fini(&p);
}

/* Inside a closed room no sun comes through the walls. */
static void test_rooms_are_dark(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_box(vol, (struct gox_bbox){{-33, -33, -33}, {33, 33, 33}}, 0xffb0b0b0u);
    put_box(vol, (struct gox_bbox){{-32, -32, -32}, {32, 32, 32}}, 0);
    struct picture dark, room;
    picture_init(&dark, 120, 120);
    picture_init(&room, 120, 120);
    dark.opts.ambient_occlusion = room.opts.ambient_occlusion = false;
    dark.opts.light.shadow = room.opts.light.shadow = 1;
    dark.opts.light.intensity = 0;
    for (int v = 0; v < 12; v++) {
        struct gox_render_camera cam = {.up = {0, 0, 1}, .fov_degrees = 120};
        cam.target[0] = v % 3 - 1;
        cam.target[1] = v / 3 - 1.4;
        cam.target[2] = v % 2 - 0.5;
        dark.opts.light.yaw = room.opts.light.yaw = (float)v;
        struct picture *both[2] = {&dark, &room};
        for (int i = 0; i < 2; i++)
            assert_int_equal(gox_render_volume(both[i]->pixels, vol, &cam,
                                     &both[i]->opts, NULL, NULL),
                    0);
        assert_memory_equal(dark.pixels, room.pixels, picture_bytes(&room));
    }
    picture_fini(&dark);
    picture_fini(&room);
    gox_volume_free(vol);
}

static int brightness(gox_rgba color)
{
    return gox_rgba_r(color) + gox_rgba_g(color) + gox_rgba_b(color);
}

/* A pillar on a plate: where its shadow falls the plate is darker, and each of
 * the two switches changes just what it names. */
static void test_shadows_and_occlusion(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_box(vol, (struct gox_bbox){{-20, -20, 0}, {20, 20, 1}}, 0xff909090u);
    put_box(vol, (struct gox_bbox){{0, 0, 1}, {1, 1, 9}}, 0xff909090u);
    struct picture p;
    picture_init(&p, 400, 400); /* 10 pixels a voxel but for the margin */
    struct gox_render_camera cam = {
            .position = {0, 0, 50}, .up = {0, 1, 0}, .ortho_height = 40};
    /* The sun in -x: at 45 degrees the shadow is 8 long, towards +x. */
    p.opts.light = (struct gox_light){.pitch = 0.785398f,
            .yaw = -1.570796f,
            .intensity = 1.5f,
            .ambient = 0.4f,
            .shadow = 1};
    gox_rgba spots[4][3]; /* by switches: open, shadow, corner of the pillar */
    for (int i = 0; i < 4; i++) {
        p.opts.shadows = i % 2 == 1;
        p.opts.ambient_occlusion = i / 2 == 1;
        assert_int_equal(
                gox_render_volume(p.pixels, vol, &cam, &p.opts, NULL, NULL), 0);
        spots[i][0] = pixel_at(&p, 205, 245);
        spots[i][1] = pixel_at(&p, 255, 195);
        spots[i][2] = pixel_at(&p, 198, 195);
        /* The shadow ends where it must: 8 voxels from the pillar. */
        assert_int_equal(
                pixel_at(&p, 285, 195), i % 2 == 1 ? spots[i][1] : spots[i][0]);
        assert_int_equal(pixel_at(&p, 295, 195), spots[i][0]);
        assert_int_equal(pixel_at(&p, 245, 208), spots[i][0]);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(spots[i][0], spots[0][0]);
        if (i % 2 == 1)
            assert_true(brightness(spots[i][1]) < brightness(spots[i][0]) - 60);
        else
            assert_int_equal(spots[i][1], spots[i][0]);
        if (i / 2 == 1)
            assert_true(brightness(spots[i][2]) < brightness(spots[i][0]) - 20);
        else
            assert_int_equal(spots[i][2], spots[i][0]);
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

/* Voxels of one translucent colour in a row are one pane. */
static void test_translucent(void **state)
{
    (void)state;
    struct picture p;
    picture_init(&p, 20, 20);
    p.opts.is_transparent = true;
    p.opts.shadows = p.opts.ambient_occlusion = false;
    gox_rgba one[3];
    for (int depth = 1; depth <= 3; depth++) {
        gox_volume *vol = make_volume();
        put_box(vol, (struct gox_bbox){{0, 0, 0}, {4, depth, 4}}, 0x80ff8040u);
        picture_draw(&p, vol, GOX_VIEW_FRONT, true);
        one[depth - 1] = pixel_at(&p, 10, 10);
        gox_volume_free(vol);
    }
    assert_int_equal(gox_rgba_a(one[0]), 0x80);
    assert_int_equal(one[0], one[1]);
    assert_int_equal(one[0], one[2]);
    /* Many different panes end solid, and do not take for ever. */
    gox_volume *vol = make_volume();
    for (int y = 0; y < 2000; y++)
        put_voxel(vol, 0, y, 0, y % 2 ? 0x080000ffu : 0x0800ff00u);
    picture_draw(&p, vol, GOX_VIEW_FRONT, true);
    assert_int_equal(gox_rgba_a(pixel_at(&p, 10, 10)), 255);
    gox_volume_free(vol);
    picture_fini(&p);
}

static void test_edges(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_box(vol, (struct gox_bbox){{0, 0, 0}, {4, 4, 4}}, 0xff909090u);
    struct picture p;
    picture_init(&p, 100, 100);
    p.opts.shadows = p.opts.ambient_occlusion = false;
    for (int edges = 0; edges < 2; edges++) {
        p.opts.edges = edges == 1;
        picture_draw(&p, vol, GOX_VIEW_FRONT, true);
        /* 22 pixels a voxel: 28 is a border, 39 the middle of a voxel. */
        int middle = brightness(pixel_at(&p, 39, 39));
        int border = brightness(pixel_at(&p, 39, 28));
        assert_int_equal(border < middle - 40, edges == 1);
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_bad_options(void **state)
{
    (void)state;
    static const int sizes[][2] = {{0, 10}, {10, 0}, {-1, 10}, {16385, 1},
            {1, 16385}, {8193, 8193}, {16384, 4097}, {INT32_MAX, INT32_MAX}};
    gox_volume *vol = make_volume();
    struct gox_render_camera cam;
    struct gox_render_options opts;
    struct gox_error err;
    gox_rgba pixel;
    gox_render_frame_volume(&cam, GOX_VIEW_TOP, vol, 1, 1, true);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        gox_render_options_init(&opts);
        opts.width = sizes[i][0];
        opts.height = sizes[i][1];
        assert_int_equal(
                gox_render_volume(&pixel, vol, &cam, &opts, NULL, &err),
                GOX_ERR_RANGE);
        assert_non_null(strstr(err.text, "pixels"));
    }
    for (int samples = -1; samples <= 5; samples++) {
        gox_render_options_init(&opts);
        opts.width = opts.height = 1;
        opts.samples = samples;
        assert_int_equal(
                gox_render_volume(&pixel, vol, &cam, &opts, NULL, &err),
                samples >= 1 && samples <= 4 ? 0 : GOX_ERR_RANGE);
    }
    static const float bad[] = {NAN, INFINITY, -1, 1000};
    for (size_t i = 0; i < 20; i++) {
        gox_render_options_init(&opts);
        opts.width = opts.height = 1;
        float *fields[5] = {&opts.light.intensity, &opts.light.ambient,
                &opts.light.shadow, &opts.light.pitch, &opts.light.yaw};
        /* Any finite angle will do. */
        bool is_good = i / 4 >= 3 && i % 4 >= 2;
        *fields[i / 4] = bad[i % 4];
        assert_int_equal(
                gox_render_volume(&pixel, vol, &cam, &opts, NULL, &err),
                is_good ? 0 : GOX_ERR_RANGE);
    }
    cam.up[0] = NAN;
    gox_render_options_init(&opts);
    opts.width = opts.height = 1;
    assert_int_equal(gox_render_volume(&pixel, vol, &cam, &opts, NULL, &err),
            GOX_ERR_RANGE);
    gox_volume_free(vol);
}

static void test_cancelled(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(2, 20, 100);
    struct picture p;
    picture_init(&p, 64, 64);
    struct gox_render_camera cam;
    struct gox_error err = {0};
    struct gox_task task;
    gox_render_frame_volume(&cam, GOX_VIEW_TOP, vol, 64, 64, true);
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(
            gox_render_volume(p.pixels, vol, &cam, &p.opts, &task, &err),
            GOX_ERR_CANCELLED);
    assert_int_equal(err.code, GOX_ERR_CANCELLED);
    gox_task_init(&task);
    task.deadline_at_ns = 1;
    assert_true(
            gox_render_volume(p.pixels, vol, &cam, &p.opts, &task, &err) < 0);
    assert_int_equal(err.code, GOX_ERR_TIMEOUT);
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(2, 200, 100);
    struct picture p;
    picture_init(&p, 70, 40);
    struct gox_render_camera cam;
    gox_render_frame_volume(&cam, GOX_VIEW_TOP, vol, 70, 40, true);
    int failed = 0;
    int rc = -1;
    for (uint64_t n = 1; rc != 0; n++) {
        struct gox_error err = {0};
        assert_true(n < 100);
        gox_alloc_fail_at(n, false);
        rc = gox_render_volume(p.pixels, vol, &cam, &p.opts, NULL, &err);
        gox_alloc_fail_at(0, false);
        failed += rc != 0;
        if (rc != 0)
            assert_int_equal(err.code, GOX_ERR_NOMEM);
    }
    assert_true(failed >= 4);
    picture_fini(&p);
    gox_volume_free(vol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_same_with_any_threads),
            cmocka_unit_test(test_empty_volume_is_background),
            cmocka_unit_test(test_one_voxel),
            cmocka_unit_test(test_two_voxels_far_apart),
            cmocka_unit_test(test_samples_smooth_edges),
            cmocka_unit_test(test_flat_faces_are_even),
            cmocka_unit_test(test_rooms_are_dark),
            cmocka_unit_test(test_shadows_and_occlusion),
            cmocka_unit_test(test_translucent),
            cmocka_unit_test(test_edges),
            cmocka_unit_test(test_bad_options),
            cmocka_unit_test(test_cancelled),
            cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
