/* SPDX-License-Identifier: Apache-2.0
 * Cameras: which way the presets look, and that framing leaves the margin it
 * promises and cuts nothing off. */
#include "render_test.h"

#define EDGE 0.88 /* of half the picture: 6 % of it are free at each side */

static void test_names(void **state)
{
    (void)state;
    for (int v = 0; v < GOX_VIEW_COUNT; v++) {
        const char *name = gox_view_name((enum gox_view)v);
        assert_int_equal(gox_view_find(name, strlen(name)), v);
        assert_int_equal(gox_view_find(name, strlen(name) - 1), -1);
    }
    assert_int_equal(gox_view_find("", 0), -1);
    assert_int_equal(gox_view_find("Front", 5), -1);
    assert_int_equal(gox_view_find("frontal", 7), -1);
    assert_string_equal(gox_view_name(GOX_VIEW_COUNT), "");
    assert_string_equal(gox_view_name((enum gox_view) - 1), "");
}

static void test_presets_see_their_face(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p;
    picture_init(&p, 61, 47);
    for (int v = 0; v < GOX_VIEW_ISOMETRIC; v++) {
        for (int ortho = 0; ortho < 2; ortho++) {
            picture_draw(&p, vol, (enum gox_view)v, ortho == 1);
            assert_int_equal(
                    find_face(pixel_at(&p, 30, 23)), face_of((enum gox_view)v));
            assert_int_equal(pixel_at(&p, 0, 0), p.opts.background);
        }
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_isometric_sees_three_faces(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p;
    picture_init(&p, 100, 100);
    for (int ortho = 0; ortho < 2; ortho++) {
        picture_draw(&p, vol, GOX_VIEW_ISOMETRIC, ortho == 1);
        assert_int_equal(find_face(pixel_at(&p, 50, 30)), 5);
        assert_int_equal(find_face(pixel_at(&p, 34, 60)), 2);
        assert_int_equal(find_face(pixel_at(&p, 66, 60)), 1);
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

/* Of pixels that show a face colour: the middle. */
static void find_middle(const struct picture *p, int face, double middle[2])
{
    double count = 0;
    middle[0] = middle[1] = 0;
    for (int y = 0; y < p->opts.height; y++) {
        for (int x = 0; x < p->opts.width; x++) {
            gox_rgba color = pixel_at(p, x, y);
            if (color == p->opts.background || find_face(color) != face)
                continue;
            middle[0] += x;
            middle[1] += y;
            count++;
        }
    }
    assert_true(count > 0);
    middle[0] /= count;
    middle[1] /= count;
}

static void test_presets_are_the_right_way_up(void **state)
{
    (void)state;
    /* What is to the right and what is above: axis and sign. */
    static const int ways[GOX_VIEW_ISOMETRIC][2][2] = {
            [GOX_VIEW_FRONT] = {{0, 1}, {2, 1}},
            [GOX_VIEW_BACK] = {{0, -1}, {2, 1}},
            [GOX_VIEW_LEFT] = {{1, -1}, {2, 1}},
            [GOX_VIEW_RIGHT] = {{1, 1}, {2, 1}},
            [GOX_VIEW_TOP] = {{0, 1}, {1, 1}},
            [GOX_VIEW_BOTTOM] = {{0, 1}, {1, -1}},
    };
    struct picture p;
    picture_init(&p, 90, 90);
    p.opts.shadows = false;
    for (int v = 0; v < GOX_VIEW_ISOMETRIC; v++) {
        gox_volume *vol = make_volume();
        put_voxel(vol, 0, 0, 0, face_colors[5]);
        for (int k = 0; k < 2; k++) {
            int at[3] = {0, 0, 0};
            at[ways[v][k][0]] = ways[v][k][1] * 4;
            put_voxel(vol, at[0], at[1], at[2], face_colors[k == 0 ? 1 : 3]);
        }
        picture_draw(&p, vol, (enum gox_view)v, true);
        double center[2], right[2], up[2];
        find_middle(&p, 5, center);
        find_middle(&p, 1, right);
        find_middle(&p, 3, up);
        assert_true(right[0] > center[0] + 40);
        assert_true(fabs(right[1] - center[1]) < 2);
        assert_true(up[1] < center[1] - 40);
        assert_true(fabs(up[0] - center[0]) < 2);
        gox_volume_free(vol);
    }
    picture_fini(&p);
}

/* Where points lie in the picture, from -1 to 1 in both directions. */
struct extent {
    double min[2], max[2];
};

static void extent_add(
        struct extent *e, const struct gox__view *view, const double at[3])
{
    double p[3];
    for (int a = 0; a < 3; a++)
        p[a] = at[a] - view->org[a];
    double z = gox__dot(p, view->forward);
    assert_true(view->is_ortho || z > 0);
    double scale = view->is_ortho ? 1 : z;
    const double where[2] = {
            gox__dot(p, view->right) / (scale * view->half_width),
            gox__dot(p, view->up) / (scale * view->half_height)};
    for (int a = 0; a < 2; a++) {
        e->min[a] = fmin(e->min[a], where[a]);
        e->max[a] = fmax(e->max[a], where[a]);
    }
}

static void extent_add_box(
        struct extent *e, const struct gox__view *view, struct gox_bbox box)
{
    for (int i = 0; i < 8; i++) {
        const double at[3] = {i & 1 ? box.max.x : box.min.x,
                i & 2 ? box.max.y : box.min.y, i & 4 ? box.max.z : box.min.z};
        extent_add(e, view, at);
    }
}

static void extent_add_voxels(
        struct extent *e, const struct gox__view *view, const gox_volume *vol)
{
    struct gox_bbox box = gox_volume_bbox(vol);
    for (int z = box.min.z; z < box.max.z; z++)
        for (int y = box.min.y; y < box.max.y; y++)
            for (int x = box.min.x; x < box.max.x; x++)
                if (gox_volume_get(vol, gox_pos_make(x, y, z)) != 0)
                    extent_add_box(e, view,
                            (struct gox_bbox){
                                    {x, y, z}, {x + 1, y + 1, z + 1}});
}

static void check_extent(const struct extent *e, double tolerance)
{
    double widest = 0;
    for (int a = 0; a < 2; a++) {
        assert_true(e->min[a] >= -EDGE - tolerance);
        assert_true(e->max[a] <= EDGE + tolerance);
        /* In the middle. */
        assert_true(fabs(e->min[a] + e->max[a]) < 0.002);
        widest = fmax(widest, e->max[a] - e->min[a]);
    }
    assert_true(widest >= 2 * EDGE - 2 * tolerance);
}

static const int sizes[][2] = {
        {400, 300}, {300, 400}, {256, 256}, {1600, 100}, {64, 900}, {1, 1}};

static void check_frames(struct gox_bbox box, const gox_volume *vol)
{
    for (int v = 0; v < GOX_VIEW_COUNT; v++) {
        for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
            int width = sizes[i / 2][0];
            int height = sizes[i / 2][1];
            enum gox_view preset = (enum gox_view)v;
            struct gox_render_camera cam;
            struct gox__view view;
            struct extent e = {{INFINITY, INFINITY}, {-INFINITY, -INFINITY}};
            if (vol != NULL)
                gox_render_frame_volume(
                        &cam, preset, vol, width, height, i % 2 == 0);
            else
                gox_render_frame(&cam, preset, box, width, height, i % 2 == 0);
            assert_int_equal(
                    gox__view_init(&view, &cam, width, height, NULL), 0);
            if (vol != NULL)
                extent_add_voxels(&e, &view, vol);
            else
                extent_add_box(&e, &view, box);
            /* Far from 0 the last bits of a position are coarser. */
            check_extent(&e, 1e-6);
        }
    }
}

static void test_frame_boxes(void **state)
{
    (void)state;
    static const struct gox_bbox boxes[] = {
            {{0, 0, 0}, {1, 1, 1}},
            {{-50, -50, -50}, {50, 50, 50}},
            {{0, 0, 0}, {400, 3, 1}},
            {{-7, 20, 5}, {-5, 21, 905}},
            {{0, 0, 0}, {384, 384, 40}},
            {{8000000, -8000000, 8000000}, {8000100, -7999990, 8000003}},
            {{-8388608, -8388608, -8388608}, {8388608, 8388608, 8388608}},
    };
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++)
        check_frames(boxes[i], NULL);
}

static void test_frame_voxels(void **state)
{
    (void)state;
    const struct gox_bbox none = {{0, 0, 0}, {0, 0, 0}};
    for (uint32_t seed = 1; seed <= 4; seed++) {
        gox_volume *vol = make_sparse(seed, 60, 40);
        check_frames(none, vol);
        gox_volume_free(vol);
    }
    gox_volume *vol = make_marker();
    check_frames(none, vol);
    gox_volume_free(vol);
    vol = make_volume();
    put_voxel(vol, -3, 15, 16, 0xff112233u);
    check_frames(none, vol);
    gox_volume_free(vol);
}

/* A pole on a plate leaves the corners of the box empty: by its voxels it is
 * larger in the picture. */
static void test_frame_voxels_is_tighter(void **state)
{
    (void)state;
    gox_volume *vol = make_volume();
    put_box(vol, (struct gox_bbox){{0, 0, 0}, {40, 40, 1}}, 0xff808080u);
    put_box(vol, (struct gox_bbox){{19, 19, 0}, {21, 21, 40}}, 0xff808080u);
    struct gox_render_camera box, own;
    gox_render_frame(
            &box, GOX_VIEW_ISOMETRIC, gox_volume_bbox(vol), 400, 300, true);
    gox_render_frame_volume(&own, GOX_VIEW_ISOMETRIC, vol, 400, 300, true);
    assert_true(own.ortho_height < box.ortho_height * 0.85);
    gox_volume_free(vol);
}

static void test_frame_of_nothing(void **state)
{
    (void)state;
    const struct gox_bbox none = {{5, 5, 5}, {5, 5, 5}};
    gox_volume *vol = make_volume();
    for (int ortho = 0; ortho < 2; ortho++) {
        struct gox_render_camera cam;
        struct gox__view view;
        gox_render_frame(&cam, GOX_VIEW_TOP, none, 0, -1, ortho == 1);
        assert_int_equal(gox__view_init(&view, &cam, 10, 10, NULL), 0);
        gox_render_frame_volume(&cam, GOX_VIEW_TOP, vol, 10, 10, ortho == 1);
        assert_int_equal(gox__view_init(&view, &cam, 10, 10, NULL), 0);
    }
    gox_volume_free(vol);
}

static void test_bad_cameras(void **state)
{
    (void)state;
    const struct gox_render_camera good = {
            .position = {0, -10, 0}, .up = {0, 0, 1}, .fov_degrees = 30};
    static const double bad_fov[] = {-1, 171, INFINITY, NAN};
    static const double bad_height[] = {0, -1, 2e9, INFINITY, NAN};
    static const double bad_position[] = {2e9, -INFINITY, NAN};
    struct gox__view view;
    struct gox_error err;
    struct gox_render_camera cam = good;
    assert_int_equal(gox__view_init(&view, &cam, 4, 3, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        cam = good;
        cam.fov_degrees = bad_fov[i];
        assert_int_equal(
                gox__view_init(&view, &cam, 4, 3, &err), GOX_ERR_RANGE);
        assert_non_null(strstr(err.text, "field of view"));
    }
    for (size_t i = 0; i < 5; i++) {
        cam = good;
        cam.fov_degrees = 0;
        cam.ortho_height = bad_height[i];
        assert_int_equal(
                gox__view_init(&view, &cam, 4, 3, &err), GOX_ERR_RANGE);
        assert_non_null(strstr(err.text, "orthographic height"));
    }
    for (size_t i = 0; i < 9; i++) {
        cam = good;
        double *fields[3] = {cam.position, cam.target, cam.up};
        fields[i / 3][i % 3] = bad_position[i % 3];
        assert_int_equal(
                gox__view_init(&view, &cam, 4, 3, NULL), GOX_ERR_RANGE);
    }
    cam = good;
    cam.position[1] = 0;
    assert_int_equal(gox__view_init(&view, &cam, 4, 3, &err), GOX_ERR_RANGE);
    assert_non_null(strstr(err.text, "same point"));
}

static void check_base(const struct gox__view *view)
{
    assert_true(fabs(gox__dot(view->right, view->up)) < 1e-9);
    assert_true(fabs(gox__dot(view->right, view->forward)) < 1e-9);
    assert_true(fabs(gox__dot(view->up, view->forward)) < 1e-9);
    assert_true(fabs(gox__dot(view->right, view->right) - 1) < 1e-9);
    assert_true(fabs(gox__dot(view->up, view->up) - 1) < 1e-9);
    assert_true(fabs(gox__dot(view->forward, view->forward) - 1) < 1e-9);
}

static void test_up_need_not_fit(void **state)
{
    (void)state;
    static const double ups[][3] = {{0, 0, 0}, {0, 1, 0}, {0, -1e6, 0},
            {3, 3, 3}, {1e-9, 0, 1e-9}, {0, 1, 1e-8}};
    for (size_t i = 0; i < sizeof(ups) / sizeof(ups[0]); i++) {
        struct gox_render_camera cam = {
                .position = {0, -10, 0}, .fov_degrees = 30};
        struct gox__view view;
        memcpy(cam.up, ups[i], sizeof(cam.up));
        assert_int_equal(gox__view_init(&view, &cam, 4, 3, NULL), 0);
        check_base(&view);
    }
}

static void test_turn(void **state)
{
    (void)state;
    for (int i = -4000; i <= 4000; i++) {
        double sine, cosine;
        gox__view_turn(i * 0.01, &sine, &cosine);
        assert_true(fabs(sine - sin(i * 0.01)) < 1e-12);
        assert_true(fabs(cosine - cos(i * 0.01)) < 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_names),
            cmocka_unit_test(test_presets_see_their_face),
            cmocka_unit_test(test_isometric_sees_three_faces),
            cmocka_unit_test(test_presets_are_the_right_way_up),
            cmocka_unit_test(test_frame_boxes),
            cmocka_unit_test(test_frame_voxels),
            cmocka_unit_test(test_frame_voxels_is_tighter),
            cmocka_unit_test(test_frame_of_nothing),
            cmocka_unit_test(test_bad_cameras),
            cmocka_unit_test(test_up_need_not_fit),
            cmocka_unit_test(test_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
