/* SPDX-License-Identifier: Apache-2.0
 * Contact sheets: that the names are there and in order, the gizmo points the
 * right way, all sizes work, and text is cut where it must be. */
#include "base/alloc.h"
#include "gox_test.h"
#include "render_test.h"

#define INK    0xff102030u
#define UNSET  0x12345678u /* no pixel of a sheet has it */
#define GUARDS 64

static const enum gox_view all_views[GOX_RENDER_MAX_VIEWS] = {GOX_VIEW_FRONT,
        GOX_VIEW_BACK, GOX_VIEW_LEFT, GOX_VIEW_RIGHT, GOX_VIEW_TOP,
        GOX_VIEW_BOTTOM, GOX_VIEW_ISOMETRIC, GOX_VIEW_ISOMETRIC, GOX_VIEW_FRONT,
        GOX_VIEW_BACK, GOX_VIEW_LEFT, GOX_VIEW_RIGHT, GOX_VIEW_TOP,
        GOX_VIEW_BOTTOM, GOX_VIEW_ISOMETRIC, GOX_VIEW_FRONT};

static void draw_sheet(struct picture *p, const gox_volume *vol,
        const enum gox_view *views, size_t count, const char *title)
{
    struct gox_error err = {0};
    int rc = gox_render_sheet(
            p->pixels, vol, views, count, title, &p->opts, NULL, &err);
    if (rc < 0)
        fail_msg("%d: %s", rc, err.text);
}

/* Whether text stands at x, y: one colour where there is ink, others where
 * there is none. */
static bool is_text_at(
        const struct picture *p, const char *text, int scale, int x, int y)
{
    gox_rgba ink = 0;
    for (int i = 0; text[i] != '\0'; i++) {
        const uint8_t *rows = gox__font_glyph((unsigned char)text[i]);
        for (int k = 0; k < GOX__FONT_HEIGHT * GOX__FONT_ADVANCE; k++) {
            int row = k / GOX__FONT_ADVANCE;
            int col = k % GOX__FONT_ADVANCE;
            gox_rgba at = pixel_at(p, x + (i * GOX__FONT_ADVANCE + col) * scale,
                    y + row * scale);
            bool is_set = rows[row] >> col & 1u;
            if (is_set && ink == 0)
                ink = at;
            if (is_set && at != ink)
                return false;
            /* Blank pixels before the first ink cannot be judged yet. */
            if (!is_set && ink != 0 && at == ink)
                return false;
        }
    }
    return ink != 0;
}

/* The first place from `from` (in rows, then columns) where text stands; -1 if
 * there is none. */
static int find_text(
        const struct picture *p, const char *text, int scale, int from)
{
    int wide = (int)strlen(text) * GOX__FONT_ADVANCE * scale;
    int high = GOX__FONT_HEIGHT * scale;
    for (int i = from; i < p->opts.width * p->opts.height; i++) {
        int x = i % p->opts.width;
        int y = i / p->opts.width;
        if (x + wide <= p->opts.width && y + high <= p->opts.height &&
                is_text_at(p, text, scale, x, y))
            return i;
    }
    return -1;
}

static void test_labels_in_order(void **state)
{
    (void)state;
    static const struct {
        int width, height, scale;
    } cases[] = {{1200, 900, 2}, {400, 300, 1}, {900, 1200, 2}, {1600, 400, 1},
            {2400, 1800, 5}};
    gox_volume *vol = make_marker();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct picture p;
        picture_init(&p, cases[i].width, cases[i].height);
        draw_sheet(&p, vol, all_views, 7, "A title (1)");
        int last = -1;
        for (int v = 0; v < 7; v++) {
            int at = find_text(
                    &p, gox_view_name(all_views[v]), cases[i].scale, last + 1);
            if (at < 0)
                fail_msg("%s is missing at %d x %d",
                        gox_view_name(all_views[v]), p.opts.width,
                        p.opts.height);
            last = at;
        }
        picture_fini(&p);
    }
    gox_volume_free(vol);
}

static void test_title_and_size(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p, other;
    picture_init(&p, 640, 480);
    picture_init(&other, 640, 480);
    draw_sheet(&p, vol, all_views, 4, "castle v2");
    assert_true(find_text(&p, "castle v2", 2, 0) >= 0);
    assert_true(find_text(&p, "18 x 18 x 18, 1,536 voxels", 1, 0) >= 0);
    draw_sheet(&other, vol, all_views, 4, "castle v3");
    assert_true(find_text(&other, "castle v2", 2, 0) < 0);
    /* A title changes its own line alone. */
    size_t below = 640 * 40;
    assert_memory_equal(p.pixels + below, other.pixels + below,
            (640 * 480 - below) * sizeof(gox_rgba));
    draw_sheet(&p, vol, all_views, 4, NULL);
    draw_sheet(&other, vol, all_views, 4, "");
    assert_memory_equal(p.pixels, other.pixels, picture_bytes(&p));
    assert_true(find_text(&p, "voxels", 1, 0) < 0);
    gox_volume_free(vol);
    vol = make_volume();
    draw_sheet(&p, vol, all_views, 4, "nothing");
    assert_true(find_text(&p, "empty", 1, 0) >= 0);
    put_voxel(vol, 0, 0, 0, 0xff000000u);
    draw_sheet(&p, vol, all_views, 4, "little");
    assert_true(find_text(&p, "1 x 1 x 1, 1 voxel", 1, 0) >= 0);
    picture_fini(&p);
    picture_fini(&other);
    gox_volume_free(vol);
}

static void test_long_and_foreign_titles(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p;
    picture_init(&p, 320, 240);
    draw_sheet(&p, vol, all_views, 2,
            "a title that is far too long for a sheet of this size, whatever "
            "one does");
    assert_true(find_text(&p, "a title that is", 1, 0) >= 0);
    assert_true(find_text(&p, "...", 1, 0) >= 0);
    draw_sheet(&p, vol, all_views, 2, "ch\xc3\xa2teau\n\xe5\x9f\x8e\x7f");
    assert_true(find_text(&p, "ch?teau???", 1, 0) >= 0);
    /* Damaged UTF-8 does no harm. */
    draw_sheet(&p, vol, all_views, 2, "\x80\xff\xc3");
    picture_fini(&p);
    gox_volume_free(vol);
}

/* Each pair of views stands in the order that was asked for. */
static void test_views_in_order(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p;
    picture_init(&p, 400, 200);
    for (int i = 0; i < 36; i++) {
        const enum gox_view views[2] = {
                (enum gox_view)(i / 6), (enum gox_view)(i % 6)};
        draw_sheet(&p, vol, views, 2, NULL);
        for (int k = 0; k < 2; k++)
            assert_int_equal(find_face(pixel_at(&p, 100 + 200 * k, 100)),
                    face_of(views[k]));
    }
    picture_fini(&p);
    gox_volume_free(vol);
}

static void check_sheet(const gox_volume *vol, int width, int height,
        size_t count, const char *title)
{
    size_t pixels = (size_t)width * (size_t)height;
    struct picture p;
    picture_init(&p, width, height);
    free(p.pixels);
    p.pixels = malloc((pixels + GUARDS) * sizeof(gox_rgba));
    assert_non_null(p.pixels);
    for (size_t i = 0; i < pixels + GUARDS; i++)
        p.pixels[i] = UNSET;
    draw_sheet(&p, vol, all_views, count, title);
    size_t drawn = 0;
    for (size_t i = 0; i < pixels; i++) {
        if (gox_rgba_a(p.pixels[i]) != 255)
            fail_msg("hole at %zu of %d x %d", i, width, height);
        drawn += find_face(p.pixels[i]) >= 0;
    }
    for (size_t i = pixels; i < pixels + GUARDS; i++)
        assert_int_equal(p.pixels[i], UNSET);
    /* Every view shows some of its model. */
    assert_true(drawn > count * 10);
    picture_fini(&p);
}

static void test_all_sizes_and_counts(void **state)
{
    (void)state;
    static const int sizes[][2] = {{64, 64}, {65, 97}, {64, 300}, {333, 64},
            {100, 100}, {257, 181}, {640, 480}};
    gox_volume *vol = make_marker();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (size_t count = 1; count <= GOX_RENDER_MAX_VIEWS; count++)
            check_sheet(vol, sizes[i][0], sizes[i][1], count,
                    count % 2 ? "title" : NULL);
    gox_volume_free(vol);
}

static void test_transparent_and_dark(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p;
    picture_init(&p, 400, 300);
    p.opts.is_transparent = true;
    draw_sheet(&p, vol, all_views, 3, "clear");
    assert_int_equal(pixel_at(&p, 1, 1), 0);
    assert_int_equal(pixel_at(&p, 399, 299), 0);
    assert_true(find_text(&p, "front", 1, 0) >= 0);
    p.opts.is_transparent = false;
    p.opts.background = 0xff000000u;
    draw_sheet(&p, vol, all_views, 3, "dark");
    int at = find_text(&p, "front", 1, 0);
    assert_true(at >= 0);
    int brightest = 0;
    for (int i = at; i < at + 30; i++)
        brightest = gox_rgba_g(p.pixels[i]) > brightest
                            ? gox_rgba_g(p.pixels[i])
                            : brightest;
    assert_true(brightest > 200);
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_same_with_any_threads(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(4, 30, 500);
    struct picture first, other;
    picture_init(&first, 300, 200);
    picture_init(&other, 300, 200);
    for (unsigned threads = 1; threads <= 5; threads++) {
        struct picture *p = threads == 1 ? &first : &other;
        struct gox_task task;
        gox_task_init(&task);
        task.threads = threads;
        assert_int_equal(gox_render_sheet(p->pixels, vol, all_views, 7, "t",
                                 &p->opts, &task, NULL),
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

static void check_refused(
        int width, int height, const enum gox_view *views, size_t count)
{
    gox_volume *vol = make_volume();
    struct picture p;
    struct gox_error err = {0};
    picture_init(&p, 64, 64);
    p.opts.width = width;
    p.opts.height = height;
    assert_int_equal(gox_render_sheet(p.pixels, vol, views, count, "t", &p.opts,
                             NULL, &err),
            GOX_ERR_RANGE);
    assert_int_equal(err.code, GOX_ERR_RANGE);
    assert_true(strlen(err.text) > 10);
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_bad_sheets(void **state)
{
    (void)state;
    enum gox_view many[GOX_RENDER_MAX_VIEWS + 1] = {GOX_VIEW_TOP};
    static const enum gox_view wrong[2] = {GOX_VIEW_TOP, GOX_VIEW_COUNT};
    static const enum gox_view negative[1] = {(enum gox_view) - 1};
    check_refused(64, 64, many, 0);
    check_refused(64, 64, many, GOX_RENDER_MAX_VIEWS + 1);
    check_refused(64, 64, many, SIZE_MAX);
    check_refused(64, 64, wrong, 2);
    check_refused(64, 64, negative, 1);
    check_refused(0, 64, many, 1);
    check_refused(64, 16385, many, 1);
    check_refused(20, 20, many, 16);
    check_refused(1, 1, many, 1);
}

static void test_cancelled(void **state)
{
    (void)state;
    gox_volume *vol = make_marker();
    struct picture p;
    struct gox_task task;
    struct gox_error err = {0};
    picture_init(&p, 64, 64);
    gox_task_init(&task);
    gox_task_cancel(&task);
    assert_int_equal(gox_render_sheet(p.pixels, vol, all_views, 2, "t", &p.opts,
                             &task, &err),
            GOX_ERR_CANCELLED);
    assert_int_equal(err.code, GOX_ERR_CANCELLED);
    picture_fini(&p);
    gox_volume_free(vol);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    gox_volume *vol = make_sparse(4, 90, 60);
    struct picture p;
    picture_init(&p, 120, 90);
    int failed = 0;
    int rc = -1;
    for (uint64_t n = 1; rc != 0; n++) {
        struct gox_error err = {0};
        assert_true(n < 200);
        gox_alloc_fail_at(n, false);
        rc = gox_render_sheet(
                p.pixels, vol, all_views, 3, "t", &p.opts, NULL, &err);
        gox_alloc_fail_at(0, false);
        failed += rc != 0;
        if (rc != 0)
            assert_int_equal(err.code, GOX_ERR_NOMEM);
    }
    assert_true(failed >= 4);
    picture_fini(&p);
    gox_volume_free(vol);
}

/* Where the disc of an axis is, from the centre, in radii; by its hue. */
static void find_disc(
        const struct gox__canvas *canvas, int channel, double away[2])
{
    double count = 0;
    away[0] = away[1] = 0;
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            gox_rgba c = canvas->pixels[y * canvas->width + x];
            int rgb[3] = {gox_rgba_r(c), gox_rgba_g(c), gox_rgba_b(c)};
            int next = rgb[(channel + 1) % 3];
            int last = rgb[(channel + 2) % 3];
            if (rgb[channel] < next + 60 || rgb[channel] < last + 60)
                continue;
            away[0] += x + 0.5 - canvas->width * 0.5;
            away[1] += canvas->height * 0.5 - y - 0.5;
            count++;
        }
    }
    assert_true(count > 0);
    away[0] /= count * GOX__GIZMO_RADIUS;
    away[1] /= count * GOX__GIZMO_RADIUS;
}

static void test_gizmo_directions(void **state)
{
    (void)state;
    static gox_rgba pixels[40 * 40];
    const struct gox__canvas canvas = {
            .pixels = pixels, .stride = 40, .width = 40, .height = 40};
    const double center[2] = {20, 20};
    for (int v = 0; v < GOX_VIEW_COUNT; v++) {
        struct gox__view view;
        gox__view_preset(&view, (enum gox_view)v);
        gox__canvas_clear(&canvas, 0xffffffffu);
        gox__draw_gizmo(&canvas, &view, center, 1);
        for (int a = 0; a < 3; a++) {
            double away[2];
            const double want[2] = {view.right[a], view.up[a]};
            find_disc(&canvas, a, away);
            for (int k = 0; k < 2; k++) {
                if (fabs(want[k]) < 0.2)
                    assert_true(fabs(away[k]) < 0.15);
                else
                    assert_true(away[k] * want[k] > 0.1 * fabs(want[k]));
            }
        }
    }
}

/* Drawing over the border writes nothing outside. */
static void test_drawing_is_clipped(void **state)
{
    (void)state;
    gox_rgba pixels[20 * 20];
    for (int i = 0; i < 400; i++)
        pixels[i] = UNSET;
    const struct gox__canvas whole = {
            .pixels = pixels, .stride = 20, .width = 20, .height = 20};
    struct gox__canvas part = gox__canvas_part(&whole, 5, 6, 8, 7);
    struct gox__view view;
    gox__view_preset(&view, GOX_VIEW_ISOMETRIC);
    for (int i = -12; i < 20; i++) {
        const double at[2] = {i, 3.0};
        const double to[2] = {3.0, -i};
        gox__draw_text(&part, i, i, 2, 100, "Wg", INK);
        gox__draw_fill(&part, i, -i, 9, 9, INK);
        gox__draw_line(&part, at, to, 3, INK);
        gox__draw_disc(&part, at, 4, INK);
        gox__draw_gizmo(&part, &view, at, 1);
    }
    for (int y = 0; y < 20; y++)
        for (int x = 0; x < 20; x++)
            if (x < 5 || y < 6 || x >= 13 || y >= 13)
                assert_int_equal(pixels[y * 20 + x], UNSET);
    assert_int_not_equal(pixels[6 * 20 + 5], UNSET);
}

static void test_text_width(void **state)
{
    (void)state;
    static gox_rgba pixels[200 * 9];
    const struct gox__canvas canvas = {
            .pixels = pixels, .stride = 200, .width = 200, .height = 9};
    assert_int_equal(gox__text_width("", 3), 0);
    assert_int_equal(gox__text_width("a", 3), 15);
    assert_int_equal(gox__text_width("ab", 1), 11);
    assert_int_equal(gox__text_width("\xe5\x9f\x8e", 1), 5);
    assert_int_equal(gox__draw_text(&canvas, 0, 0, 1, 29, "abcde", INK), 29);
    assert_int_equal(gox__draw_text(&canvas, 0, 0, 1, 28, "abcde", INK), 23);
    assert_int_equal(gox__draw_text(&canvas, 0, 0, 1, 17, "abcde", INK), 0);
    assert_int_equal(gox__draw_text(&canvas, 0, 0, 1, -5, "abcde", INK), 0);
}

/* Every printable character has ink of its own. */
static void test_glyphs_differ(void **state)
{
    (void)state;
    static const uint8_t blank[GOX__FONT_HEIGHT];
    for (unsigned c = 33; c < 127; c++) {
        assert_memory_not_equal(gox__font_glyph(c), blank, sizeof(blank));
        for (unsigned d = 33; d < c; d++)
            assert_memory_not_equal(
                    gox__font_glyph(c), gox__font_glyph(d), sizeof(blank));
    }
    assert_memory_equal(gox__font_glyph(' '), blank, sizeof(blank));
    assert_ptr_equal(gox__font_glyph(127), gox__font_glyph('?'));
    assert_ptr_equal(gox__font_glyph(0), gox__font_glyph('?'));
    assert_ptr_equal(gox__font_glyph(0x20ac), gox__font_glyph('?'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_labels_in_order),
            cmocka_unit_test(test_title_and_size),
            cmocka_unit_test(test_long_and_foreign_titles),
            cmocka_unit_test(test_views_in_order),
            cmocka_unit_test(test_all_sizes_and_counts),
            cmocka_unit_test(test_transparent_and_dark),
            cmocka_unit_test(test_same_with_any_threads),
            cmocka_unit_test(test_bad_sheets),
            cmocka_unit_test(test_cancelled),
            cmocka_unit_test(test_out_of_memory),
            cmocka_unit_test(test_gizmo_directions),
            cmocka_unit_test(test_drawing_is_clipped),
            cmocka_unit_test(test_text_width),
            cmocka_unit_test(test_glyphs_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
