/* SPDX-License-Identifier: Apache-2.0
 * Palettes: GIMP text good and bad (with the position of the error), pictures,
 * the built-in ones; quantising; running out of memory. */
#include "base/alloc.h"
#include "gox_test.h"
#include "random.h"
#include "voxel/palette.h"

#define OPAQUE UINT32_C(0xff000000)

static int parse(
        struct gox_palette *pal, const char *text, struct gox_error *err)
{
    *err = (struct gox_error){.offset = -1};
    return gox_palette_parse_gpl(pal, text, strlen(text), err);
}

static void a_gimp_palette(void **state)
{
    static const char text[] = "GIMP Palette\r\n"
                               "Name: Two words \r\n"
                               "Columns: 4\n"
                               "# a comment\n"
                               "\n"
                               "  0   0   0\tInk\n"
                               "255 128   1 Bright  orange \n"
                               "1 2 3\n"
                               "12\t13\t14\tTabs";
    struct gox_palette pal;
    struct gox_error err;

    (void)state;
    gox_palette_init(&pal);
    assert_int_equal(parse(&pal, text, &err), 0);
    assert_string_equal(pal.name, "Two words");
    assert_int_equal(pal.count, 4);
    assert_int_equal(pal.entries[0].color, OPAQUE);
    assert_string_equal(pal.entries[0].name, "Ink");
    assert_int_equal(pal.entries[1].color, OPAQUE | 0x0180ff);
    assert_string_equal(pal.entries[1].name, "Bright  orange");
    assert_string_equal(pal.entries[2].name, "");
    assert_int_equal(pal.entries[3].color, OPAQUE | 0x0e0d0c);
    /* A second one takes its place. */
    assert_int_equal(parse(&pal,
                             "\xef\xbb\xbfGIMP Palette\nChannels: RGBA\n"
                             "1 2 3 128 half\n",
                             &err),
            0);
    assert_int_equal(pal.count, 1);
    assert_int_equal(pal.entries[0].color, 0x80030201);
    assert_string_equal(pal.name, "");
    assert_int_equal(parse(&pal, "GIMP Palette", &err), 0);
    assert_int_equal(pal.count, 0);
    gox_palette_fini(&pal);
}

struct bad {
    const char *text;
    int64_t offset;
};

static void bad_gimp_palettes(void **state)
{
    static const struct bad bads[] = {
            {"", 0},
            {"GIMP palette\n1 2 3\n", 0},
            {"GIMP Palette2\n", 0},
            {"1 2 3\n", 0},
            {"GIMP Palette\n1 2\n", 16},
            {"GIMP Palette\n1 2 256 x\n", 17},
            {"GIMP Palette\n1 2 99999999999999999999\n", 17},
            {"GIMP Palette\n1 -2 3\n", 15},
            {"GIMP Palette\n#ok\n1 2 3x\n", 21},
            {"GIMP Palette\n1 2 3 fine\n  red green\n", 26},
            {"GIMP Palette\nChannels: RGBA\n1 2 3 name\n", 34},
    };
    struct gox_palette pal;
    struct gox_error err;

    (void)state;
    gox_palette_init(&pal);
    assert_int_equal(gox_palette_add(&pal, OPAQUE, "kept"), 0);
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        assert_int_equal(parse(&pal, bads[i].text, &err), GOX_ERR_FORMAT);
        if (err.offset != bads[i].offset)
            fail_msg(
                    "\"%s\": offset %lld", bads[i].text, (long long)err.offset);
        assert_int_equal(err.code, GOX_ERR_FORMAT);
        assert_true(strlen(err.text) > 10);
        assert_int_equal(pal.count, 1);
        assert_string_equal(pal.entries[0].name, "kept");
    }
    assert_int_equal(gox_palette_parse_gpl(&pal, "x", 1, NULL), GOX_ERR_FORMAT);
    gox_palette_fini(&pal);
}

static void long_names_are_cut(void **state)
{
    char name[200];
    struct gox_palette pal;

    (void)state;
    gox_palette_init(&pal);
    memset(name, 'a', sizeof(name));
    memcpy(name + 62, "\xc3\xa9", 2); /* would be cut in its middle */
    name[199] = '\0';
    assert_int_equal(gox_palette_add(&pal, OPAQUE, name), 0);
    assert_int_equal(strlen(pal.entries[0].name), 62);
    assert_int_equal(gox_palette_add(&pal, OPAQUE, NULL), 0);
    assert_string_equal(pal.entries[1].name, "");
    gox_palette_fini(&pal);
}

static void nearest(void **state)
{
    struct gox_palette pal;

    (void)state;
    gox_palette_init(&pal);
    assert_int_equal(gox_palette_nearest(&pal, OPAQUE), -1);
    assert_int_equal(gox_palette_add(&pal, OPAQUE | 0x0000ff, "r"), 0);
    assert_int_equal(gox_palette_add(&pal, OPAQUE | 0x00ff00, "g"), 0);
    assert_int_equal(gox_palette_add(&pal, OPAQUE | 0x00ff00, "twin"), 0);
    assert_int_equal(gox_palette_nearest(&pal, OPAQUE | 0x0000f0), 0);
    assert_int_equal(gox_palette_nearest(&pal, OPAQUE | 0x10c020), 1);
    assert_int_equal(gox_palette_nearest(&pal, 0x0000ff), 0);
    gox_palette_fini(&pal);
}

static void from_a_picture(void **state)
{
    static const gox_rgba pixels[] = {OPAQUE | 5, OPAQUE | 5, 0x80000001, 0,
            OPAQUE, OPAQUE | 5, OPAQUE | 0xffffff, OPAQUE};
    struct gox_palette pal;
    struct gox_error err = {0};

    (void)state;
    gox_palette_init(&pal);
    assert_int_equal(gox_palette_from_pixels(&pal, pixels, 8, &err), 0);
    assert_int_equal(pal.count, 3);
    assert_int_equal(pal.entries[0].color, OPAQUE | 5);
    assert_int_equal(pal.entries[1].color, OPAQUE);
    assert_int_equal(pal.entries[2].color, OPAQUE | 0xffffff);
    gox_palette_fini(&pal);
    gox_rgba *many = malloc((GOX_PALETTE_MAX + 1) * sizeof(many[0]));
    assert_non_null(many);
    for (uint32_t i = 0; i <= GOX_PALETTE_MAX; i++)
        many[i] = OPAQUE | i;
    assert_int_equal(
            gox_palette_from_pixels(&pal, many, GOX_PALETTE_MAX, &err), 0);
    assert_int_equal(pal.count, GOX_PALETTE_MAX);
    assert_int_equal(gox_palette_add(&pal, OPAQUE, "x"), GOX_ERR_TOO_LARGE);
    gox_palette_fini(&pal);
    assert_int_equal(
            gox_palette_from_pixels(&pal, many, GOX_PALETTE_MAX + 1, &err),
            GOX_ERR_TOO_LARGE);
    gox_palette_fini(&pal);
    free(many);
}

static void the_builtin_ones(void **state)
{
    (void)state;
    assert_in_range(gox_palette_builtin_count(), 5, 8);
    for (size_t i = 0; i < gox_palette_builtin_count(); i++) {
        struct gox_palette pal;
        gox_palette_init(&pal);
        assert_int_equal(gox_palette_load_builtin(&pal, i), 0);
        assert_string_equal(pal.name, gox_palette_builtin_name(i));
        assert_in_range(pal.count, 16, 256);
        for (size_t k = 0; k < pal.count; k++) {
            assert_int_equal(gox_rgba_a(pal.entries[k].color), 255);
            assert_true(pal.entries[k].name[0] != '\0');
            for (size_t j = 0; j < k; j++)
                assert_true(pal.entries[j].color != pal.entries[k].color);
        }
        gox_palette_fini(&pal);
    }
    struct gox_palette pal;
    gox_palette_init(&pal);
    assert_null(gox_palette_builtin_name(gox_palette_builtin_count()));
    assert_int_equal(
            gox_palette_load_builtin(&pal, gox_palette_builtin_count()),
            GOX_ERR_NOT_FOUND);
    gox_palette_fini(&pal);
}

/* Quantising. */

static void few_colors_are_kept(void **state)
{
    static const struct gox_color_count colors[] = {
            {OPAQUE | 9, 1}, {OPAQUE | 1, 5}, {0x80000001, 2}};
    gox_rgba out[3];
    uint32_t map[3];
    size_t count;

    (void)state;
    assert_int_equal(gox_quantize(colors, 3, 3, out, &count, map), 0);
    assert_int_equal(count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(out[i], colors[i].color);
        assert_int_equal(map[i], i);
    }
    assert_int_equal(gox_quantize(NULL, 0, 0, NULL, &count, NULL), 0);
    assert_int_equal(count, 0);
    assert_int_equal(
            gox_quantize(colors, 3, 0, out, &count, NULL), GOX_ERR_RANGE);
}

/* Two clusters far apart become their two means. */
static void clusters(void **state)
{
    static const struct gox_color_count colors[] = {{OPAQUE | 0x000010, 3},
            {OPAQUE | 0xf0f0f0, 1}, {OPAQUE | 0x000014, 1},
            {OPAQUE | 0xf0f0f4, 1}};
    gox_rgba out[2];
    uint32_t map[4];
    size_t count;

    (void)state;
    assert_int_equal(gox_quantize(colors, 4, 2, out, &count, map), 0);
    assert_int_equal(count, 2);
    assert_int_equal(out[0], OPAQUE | 0x000011);
    assert_int_equal(out[1], OPAQUE | 0xf0f0f2);
    assert_int_equal(map[0], 0);
    assert_int_equal(map[1], 1);
    assert_int_equal(map[2], 0);
    assert_int_equal(map[3], 1);
}

static int64_t square_off(gox_rgba a, gox_rgba b)
{
    int64_t sum = 0;

    for (unsigned s = 0; s < 32; s += 8) {
        int64_t d = (int64_t)(a >> s & 255) - (int64_t)(b >> s & 255);
        sum += d * d;
    }
    return sum;
}

/* More colours, less error; the same input, the same result. */
static void many_colors(void **state)
{
    static const size_t limits[] = {1, 2, 8, 64, 255, 1000, 3999};
    enum { COUNT = 4000 };
    struct random r = {6};
    struct gox_color_count *colors = malloc(COUNT * sizeof(colors[0]));
    gox_rgba *out = malloc(COUNT * sizeof(out[0]));
    gox_rgba *again = malloc(COUNT * sizeof(out[0]));
    uint32_t *map = malloc(COUNT * sizeof(map[0]));
    double last = 1e30;
    size_t count, count_again;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++)
        colors[i] = (struct gox_color_count){
                OPAQUE | (i * 4099 & 0xffffff), random_below(&r, 1000)};
    for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
        double error = 0;
        assert_int_equal(
                gox_quantize(colors, COUNT, limits[k], out, &count, map), 0);
        assert_int_equal(count, limits[k]);
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(map[i] < count);
            error += (double)square_off(colors[i].color, out[map[i]]) *
                     (double)colors[i].count;
        }
        assert_true(error < last);
        last = error;
        assert_int_equal(gox_quantize(colors, COUNT, limits[k], again,
                                 &count_again, NULL),
                0);
        assert_int_equal(count_again, count);
        assert_memory_equal(out, again, count * sizeof(out[0]));
    }
    free(colors);
    free(out);
    free(again);
    free(map);
}

/* Equal colours cannot be parted, however many are allowed. */
static void equal_colors(void **state)
{
    struct gox_color_count colors[10];
    gox_rgba out[5];
    uint32_t map[10];
    size_t count;

    (void)state;
    for (int i = 0; i < 10; i++)
        colors[i] = (struct gox_color_count){OPAQUE | (i % 2 ? 7U : 3U), 0};
    assert_int_equal(gox_quantize(colors, 10, 5, out, &count, map), 0);
    assert_int_equal(count, 2);
    for (int i = 0; i < 10; i++)
        assert_int_equal(out[map[i]], colors[i].color);
}

static void out_of_memory(void **state)
{
    struct gox_color_count colors[300];
    gox_rgba out[20];
    size_t count;
    int rc = GOX_ERR_NOMEM;

    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        colors[i] = (struct gox_color_count){OPAQUE | i * 77, 1};
    for (uint64_t n = 1; rc == GOX_ERR_NOMEM && n < 100; n++) {
        struct gox_palette pal;
        struct gox_error err;
        gox_palette_init(&pal);
        gox_alloc_fail_at(n, true);
        rc = parse(&pal, "GIMP Palette\n1 2 3 a\n4 5 6 b\n", &err);
        if (rc == 0)
            rc = gox_palette_load_builtin(&pal, 2);
        if (rc == 0)
            rc = gox_palette_from_pixels(&pal, out, 0, &err);
        if (rc == 0)
            rc = gox_quantize(colors, 300, 20, out, &count, NULL);
        gox_alloc_fail_at(0, false);
        gox_palette_fini(&pal);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(count, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_gimp_palette),
            cmocka_unit_test(bad_gimp_palettes),
            cmocka_unit_test(long_names_are_cut),
            cmocka_unit_test(nearest),
            cmocka_unit_test(from_a_picture),
            cmocka_unit_test(the_builtin_ones),
            cmocka_unit_test(few_colors_are_kept),
            cmocka_unit_test(clusters),
            cmocka_unit_test(many_colors),
            cmocka_unit_test(equal_colors),
            cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
