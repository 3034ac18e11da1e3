/* SPDX-License-Identifier: Apache-2.0
 * Reading colours: every CSS name, hexadecimal forms, and what is neither. */
#include "gox_test.h"
#include "voxel/color.h"

struct named {
    const char *text;
    gox_rgba color;
};

#define RGB(r, g, b)                                                           \
    ((gox_rgba)(r) | (gox_rgba)(g) << 8 | (gox_rgba)(b) << 16 | 0xff000000U)
#define RGBA(r, g, b, a)                                                       \
    (((gox_rgba)(r) | (gox_rgba)(g) << 8 | (gox_rgba)(b) << 16) |              \
            (gox_rgba)(a) << 24)

static void what_is_a_color(void **state)
{
    static const struct named known[] = {
            {"#000", RGB(0, 0, 0)},
            {"#fff", RGB(255, 255, 255)},
            {"#1aF", RGB(0x11, 0xaa, 0xff)},
            {"#123456", RGB(0x12, 0x34, 0x56)},
            {"#ABCDEF", RGB(0xab, 0xcd, 0xef)},
            {"#abcdef80", RGBA(0xab, 0xcd, 0xef, 0x80)},
            {"#00000000", 0},
            {"red", RGB(255, 0, 0)},
            {"RED", RGB(255, 0, 0)},
            {"ReBeccaPurple", RGB(0x66, 0x33, 0x99)},
            {"gray", RGB(128, 128, 128)},
            {"grey", RGB(128, 128, 128)},
            {"green", RGB(0, 128, 0)},
            {"lime", RGB(0, 255, 0)},
            {"lightgoldenrodyellow", RGB(0xfa, 0xfa, 0xd2)},
            {"aliceblue", RGB(0xf0, 0xf8, 0xff)},
            {"yellowgreen", RGB(0x9a, 0xcd, 0x32)},
            {"tan", RGB(0xd2, 0xb4, 0x8c)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        gox_rgba color = 1;
        if (!gox_rgba_parse(known[i].text, strlen(known[i].text), &color))
            fail_msg("%s is not known", known[i].text);
        if (color != known[i].color)
            fail_msg("%s gives %08x", known[i].text, color);
    }
}

static void what_is_not(void **state)
{
    static const char *const texts[] = {"", "#", "#1", "#12", "#1234", "#12345",
            "#1234567", "#123456789", "#12345g", "#12 456", " red", "red ",
            "reds", "re", "greyish", "lightgoldenrodyellows", "0", "123456",
            "rgb(1,2,3)", "transparent", "#-12345", "a", "zzz", "\xc3\xa9",
            "averyveryveryveryveryverylongname"};
    gox_rgba color = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (gox_rgba_parse(texts[i], strlen(texts[i]), &color))
            fail_msg("\"%s\" is taken for a colour", texts[i]);
    }
    assert_false(gox_rgba_parse("red\0x", 5, &color));
    assert_false(gox_rgba_parse("re\0", 3, &color));
    assert_int_equal(color, 77);
    /* The length counts, not what follows. */
    assert_true(gox_rgba_parse("redder", 3, &color));
    assert_int_equal(color, RGB(255, 0, 0));
    assert_true(gox_rgba_parse("#12345678", 7, &color));
    assert_int_equal(color, RGB(0x12, 0x34, 0x56));
}

/* All 148 names, so that a table out of order cannot hide one. */
static void every_name(void **state)
{
    static const char names[] =
            "aliceblue antiquewhite aqua aquamarine azure beige bisque black "
            "blanchedalmond blue blueviolet brown burlywood cadetblue "
            "chartreuse chocolate coral cornflowerblue cornsilk crimson cyan "
            "darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey "
            "darkkhaki darkmagenta darkolivegreen darkorange darkorchid "
            "darkred darksalmon darkseagreen darkslateblue darkslategray "
            "darkslategrey darkturquoise darkviolet deeppink deepskyblue "
            "dimgray dimgrey dodgerblue firebrick floralwhite forestgreen "
            "fuchsia gainsboro ghostwhite gold goldenrod gray green "
            "greenyellow grey honeydew hotpink indianred indigo ivory khaki "
            "lavender lavenderblush lawngreen lemonchiffon lightblue "
            "lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen "
            "lightgrey lightpink lightsalmon lightseagreen lightskyblue "
            "lightslategray lightslategrey lightsteelblue lightyellow lime "
            "limegreen linen magenta maroon mediumaquamarine mediumblue "
            "mediumorchid mediumpurple mediumseagreen mediumslateblue "
            "mediumspringgreen mediumturquoise mediumvioletred midnightblue "
            "mintcream mistyrose moccasin navajowhite navy oldlace olive "
            "olivedrab orange orangered orchid palegoldenrod palegreen "
            "paleturquoise palevioletred papayawhip peachpuff peru pink plum "
            "powderblue purple rebeccapurple red rosybrown royalblue "
            "saddlebrown salmon sandybrown seagreen seashell sienna silver "
            "skyblue slateblue slategray slategrey snow springgreen steelblue "
            "tan teal thistle tomato turquoise violet wheat white whitesmoke "
            "yellow yellowgreen";
    size_t count = 0;

    (void)state;
    for (const char *at = names; *at != '\0'; count++) {
        size_t len = strcspn(at, " ");
        gox_rgba color;
        if (!gox_rgba_parse(at, len, &color))
            fail_msg("%.*s is not known", (int)len, at);
        assert_int_equal(gox_rgba_a(color), 255);
        at += len + (at[len] == ' ');
    }
    assert_int_equal(count, 148);
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(gox_rgba_distance(0, 0), 0);
    assert_int_equal(gox_rgba_distance(0, UINT32_MAX), 255);
    assert_int_equal(gox_rgba_distance(RGBA(1, 2, 3, 4), RGBA(5, 9, 2, 4)), 7);
    assert_int_equal(
            gox_rgba_distance(RGBA(1, 2, 3, 9), RGBA(1, 2, 3, 250)), 241);
    for (unsigned shift = 0; shift < 32; shift += 8)
        assert_int_equal(gox_rgba_distance(200U << shift, 3U << shift), 197);
}

static void bytes(void **state)
{
    static const uint8_t p[4] = {1, 2, 3, 4};
    uint8_t q[4];

    (void)state;
    gox_rgba c = gox_rgba_load(p);
    assert_int_equal(c, 0x04030201);
    assert_int_equal(gox_rgba_make(1, 2, 3, 4), c);
    gox_rgba_store(c, q);
    assert_memory_equal(p, q, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_a_color),
            cmocka_unit_test(what_is_not),
            cmocka_unit_test(every_name),
            cmocka_unit_test(distances),
            cmocka_unit_test(bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
