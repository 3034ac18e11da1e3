/* SPDX-License-Identifier: Apache-2.0
 * Reading colours as people write them: hexadecimal or by CSS name.
 *
 * Invariant: the table of names is sorted, so that a binary search finds each;
 * a test walks it. */
#include "voxel/color.h"

#define NAME_MAX_BYTES 32

struct named_color {
    const char *name;
    uint32_t rgb; /* 0xRRGGBB */
};

/* CSS Color Module Level 4, section "Named Colors". */
// clang-format off
static const struct named_color named_colors[] = {
    {"aliceblue", 0xf0f8ff}, {"antiquewhite", 0xfaebd7},
    {"aqua", 0x00ffff}, {"aquamarine", 0x7fffd4},
    {"azure", 0xf0ffff}, {"beige", 0xf5f5dc},
    {"bisque", 0xffe4c4}, {"black", 0x000000},
    {"blanchedalmond", 0xffebcd}, {"blue", 0x0000ff},
    {"blueviolet", 0x8a2be2}, {"brown", 0xa52a2a},
    {"burlywood", 0xdeb887}, {"cadetblue", 0x5f9ea0},
    {"chartreuse", 0x7fff00}, {"chocolate", 0xd2691e},
    {"coral", 0xff7f50}, {"cornflowerblue", 0x6495ed},
    {"cornsilk", 0xfff8dc}, {"crimson", 0xdc143c},
    {"cyan", 0x00ffff}, {"darkblue", 0x00008b},
    {"darkcyan", 0x008b8b}, {"darkgoldenrod", 0xb8860b},
    {"darkgray", 0xa9a9a9}, {"darkgreen", 0x006400},
    {"darkgrey", 0xa9a9a9}, {"darkkhaki", 0xbdb76b},
    {"darkmagenta", 0x8b008b}, {"darkolivegreen", 0x556b2f},
    {"darkorange", 0xff8c00}, {"darkorchid", 0x9932cc},
    {"darkred", 0x8b0000}, {"darksalmon", 0xe9967a},
    {"darkseagreen", 0x8fbc8f}, {"darkslateblue", 0x483d8b},
    {"darkslategray", 0x2f4f4f}, {"darkslategrey", 0x2f4f4f},
    {"darkturquoise", 0x00ced1}, {"darkviolet", 0x9400d3},
    {"deeppink", 0xff1493}, {"deepskyblue", 0x00bfff},
    {"dimgray", 0x696969}, {"dimgrey", 0x696969},
    {"dodgerblue", 0x1e90ff}, {"firebrick", 0xb22222},
    {"floralwhite", 0xfffaf0}, {"forestgreen", 0x228b22},
    {"fuchsia", 0xff00ff}, {"gainsboro", 0xdcdcdc},
    {"ghostwhite", 0xf8f8ff}, {"gold", 0xffd700},
    {"goldenrod", 0xdaa520}, {"gray", 0x808080},
    {"green", 0x008000}, {"greenyellow", 0xadff2f},
    {"grey", 0x808080}, {"honeydew", 0xf0fff0},
    {"hotpink", 0xff69b4}, {"indianred", 0xcd5c5c},
    {"indigo", 0x4b0082}, {"ivory", 0xfffff0},
    {"khaki", 0xf0e68c}, {"lavender", 0xe6e6fa},
    {"lavenderblush", 0xfff0f5}, {"lawngreen", 0x7cfc00},
    {"lemonchiffon", 0xfffacd}, {"lightblue", 0xadd8e6},
    {"lightcoral", 0xf08080}, {"lightcyan", 0xe0ffff},
    {"lightgoldenrodyellow", 0xfafad2}, {"lightgray", 0xd3d3d3},
    {"lightgreen", 0x90ee90}, {"lightgrey", 0xd3d3d3},
    {"lightpink", 0xffb6c1}, {"lightsalmon", 0xffa07a},
    {"lightseagreen", 0x20b2aa}, {"lightskyblue", 0x87cefa},
    {"lightslategray", 0x778899}, {"lightslategrey", 0x778899},
    {"lightsteelblue", 0xb0c4de}, {"lightyellow", 0xffffe0},
    {"lime", 0x00ff00}, {"limegreen", 0x32cd32},
    {"linen", 0xfaf0e6}, {"magenta", 0xff00ff},
    {"maroon", 0x800000}, {"mediumaquamarine", 0x66cdaa},
    {"mediumblue", 0x0000cd}, {"mediumorchid", 0xba55d3},
    {"mediumpurple", 0x9370db}, {"mediumseagreen", 0x3cb371},
    {"mediumslateblue", 0x7b68ee}, {"mediumspringgreen", 0x00fa9a},
    {"mediumturquoise", 0x48d1cc}, {"mediumvioletred", 0xc71585},
    {"midnightblue", 0x191970}, {"mintcream", 0xf5fffa},
    {"mistyrose", 0xffe4e1}, {"moccasin", 0xffe4b5},
    {"navajowhite", 0xffdead}, {"navy", 0x000080},
    {"oldlace", 0xfdf5e6}, {"olive", 0x808000},
    {"olivedrab", 0x6b8e23}, {"orange", 0xffa500},
    {"orangered", 0xff4500}, {"orchid", 0xda70d6},
    {"palegoldenrod", 0xeee8aa}, {"palegreen", 0x98fb98},
    {"paleturquoise", 0xafeeee}, {"palevioletred", 0xdb7093},
    {"papayawhip", 0xffefd5}, {"peachpuff", 0xffdab9},
    {"peru", 0xcd853f}, {"pink", 0xffc0cb},
    {"plum", 0xdda0dd}, {"powderblue", 0xb0e0e6},
    {"purple", 0x800080}, {"rebeccapurple", 0x663399},
    {"red", 0xff0000}, {"rosybrown", 0xbc8f8f},
    {"royalblue", 0x4169e1}, {"saddlebrown", 0x8b4513},
    {"salmon", 0xfa8072}, {"sandybrown", 0xf4a460},
    {"seagreen", 0x2e8b57}, {"seashell", 0xfff5ee},
    {"sienna", 0xa0522d}, {"silver", 0xc0c0c0},
    {"skyblue", 0x87ceeb}, {"slateblue", 0x6a5acd},
    {"slategray", 0x708090}, {"slategrey", 0x708090},
    {"snow", 0xfffafa}, {"springgreen", 0x00ff7f},
    {"steelblue", 0x4682b4}, {"tan", 0xd2b48c},
    {"teal", 0x008080}, {"thistle", 0xd8bfd8},
    {"tomato", 0xff6347}, {"turquoise", 0x40e0d0},
    {"violet", 0xee82ee}, {"wheat", 0xf5deb3},
    {"white", 0xffffff}, {"whitesmoke", 0xf5f5f5},
    {"yellow", 0xffff00}, {"yellowgreen", 0x9acd32},
};
// clang-format on

#define NAMED_COUNT (sizeof(named_colors) / sizeof(named_colors[0]))

_Static_assert(NAMED_COUNT == 148, "CSS has 148 named colours");

/* ASCII only: the C locale must not decide what a colour is. */
static char lower_case(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int hex_digit(char c)
{
    c = lower_case(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* text is what follows the '#'. */
static bool parse_hex(const char *text, size_t len, gox_rgba *color)
{
    uint8_t digit[8];

    if (len != 3 && len != 6 && len != 8)
        return false;
    for (size_t i = 0; i < len; i++) {
        int value = hex_digit(text[i]);
        if (value < 0)
            return false;
        digit[i] = (uint8_t)value;
    }
    uint8_t channel[4] = {0, 0, 0, 255};
    for (size_t i = 0; len == 3 && i < 3; i++)
        channel[i] = (uint8_t)(digit[i] * 17);
    for (size_t i = 0; len > 3 && i < len / 2; i++)
        channel[i] = (uint8_t)(digit[2 * i] * 16 + digit[2 * i + 1]);
    *color = gox_rgba_load(channel);
    return true;
}

/* Compares text (any case, no NUL) with a name of the table. */
static int compare_name(const char *text, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char a = (unsigned char)lower_case(text[i]);
        unsigned char b = (unsigned char)name[i];
        if (a != b)
            return a < b ? -1 : 1;
        if (b == 0)
            return 1; /* a NUL inside text is never part of a name */
    }
    return name[len] == 0 ? 0 : -1;
}

bool gox_rgba_parse(const char *text, size_t len, gox_rgba *color)
{
    if (len == 0 || len > NAME_MAX_BYTES)
        return false;
    if (text[0] == '#')
        return parse_hex(text + 1, len - 1, color);
    size_t low = 0, high = NAMED_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(text, len, named_colors[middle].name);
        if (order == 0) {
            uint32_t rgb = named_colors[middle].rgb;
            *color = gox_rgba_make((uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8),
                    (uint8_t)rgb, 255);
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static int channel_distance(uint8_t a, uint8_t b)
{
    return a < b ? b - a : a - b;
}

int gox_rgba_distance(gox_rgba a, gox_rgba b)
{
    int worst = 0;

    for (unsigned shift = 0; shift < 32; shift += 8) {
        int d = channel_distance((uint8_t)(a >> shift), (uint8_t)(b >> shift));
        if (d > worst)
            worst = d;
    }
    return worst;
}
