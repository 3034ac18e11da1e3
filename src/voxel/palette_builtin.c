/* SPDX-License-Identifier: Apache-2.0
 * The palettes that come with the program, all made for it: short lists by
 * hand, and those that follow a rule computed from it. */
#include "voxel/palette_internal.h"

#include <stdio.h>
#include <string.h>

struct named {
    uint32_t rgb; /* 0xRRGGBB */
    const char *name;
};

// clang-format off
static const struct named basic16[] = {
    {0x101014, "black"}, {0x54545c, "dark gray"}, {0xa4a4ac, "light gray"},
    {0xfafafa, "white"}, {0x7a1f1f, "dark red"}, {0xe03c31, "red"},
    {0xf28c28, "orange"}, {0xf7d038, "yellow"}, {0x1f6b35, "dark green"},
    {0x4cb944, "green"}, {0x2fb8ac, "teal"}, {0x1f3a7a, "dark blue"},
    {0x3b7dd8, "blue"}, {0x7d4fc4, "purple"}, {0xe86fb0, "pink"},
    {0x8a5a33, "brown"},
};

static const struct named nature[] = {
    {0x2d4a22, "fir"}, {0x3f6b2c, "leaf"}, {0x5c8f3a, "grass"},
    {0x86b050, "meadow"}, {0xb4c96c, "young leaf"}, {0x6e7a3c, "moss"},
    {0x3d2a1a, "wet earth"}, {0x5e4128, "earth"}, {0x82603c, "bark"},
    {0xa98558, "wood"}, {0xcfb182, "straw"}, {0xe6d3a3, "sand"},
    {0x3e4147, "slate"}, {0x62666c, "rock"}, {0x8d9096, "stone"},
    {0xbabdc0, "pebble"}, {0x16324f, "deep water"}, {0x245a86, "lake"},
    {0x3f8fb8, "river"}, {0x7cc3d6, "shallow water"}, {0xbfe3ee, "ice"},
    {0xf4f8fa, "snow"}, {0x9fcbe8, "sky"}, {0xf2c14e, "sunflower"},
    {0xd1495b, "poppy"}, {0x8d5fa8, "heather"}, {0xe58a3c, "autumn"},
    {0x9c3b1f, "maple"},
};

static const struct named pastel[] = {
    {0xffd1d1, "rose"}, {0xffdcc2, "apricot"}, {0xffecc2, "peach"},
    {0xfff8c9, "butter"}, {0xeaf7c6, "lime"}, {0xd2f2d0, "mint"},
    {0xcdf3e6, "sea foam"}, {0xcbeff5, "aqua"}, {0xcfe2fb, "baby blue"},
    {0xd5d6fa, "periwinkle"}, {0xe3d3f8, "lavender"}, {0xf3d2f3, "orchid"},
    {0xfbd3e4, "blossom"}, {0xf3e6d8, "cream"}, {0xe6e6ea, "mist"},
    {0xc9ccd6, "cloud"},
};

static const struct named skin[] = {
    {0xfbe4d3, "porcelain"}, {0xf6d2b6, "light"}, {0xeebd98, "fair"},
    {0xe0a77c, "warm"}, {0xcd8f63, "tan"}, {0xb4764c, "honey"},
    {0x985d39, "bronze"}, {0x7a4729, "brown"}, {0x5c331d, "deep"},
    {0x412314, "dark"}, {0x2b170e, "ebony"}, {0xd98c80, "blush"},
    {0xb5584f, "lips"}, {0x2a211c, "hair black"}, {0x5a3a22, "hair brown"},
    {0xc79a4a, "hair blond"},
};

static const struct named neon[] = {
    {0xff1744, "red"}, {0xff5a00, "orange"}, {0xffb300, "amber"},
    {0xfff500, "yellow"}, {0xb6ff00, "lime"}, {0x39ff14, "green"},
    {0x00ffa2, "mint"}, {0x00fff0, "cyan"}, {0x00a6ff, "sky"},
    {0x2b2bff, "blue"}, {0x7a00ff, "violet"}, {0xc800ff, "purple"},
    {0xff00e1, "magenta"}, {0xff0080, "pink"}, {0x0b0b12, "night"},
    {0xf5f5ff, "glow"},
};
// clang-format on

/* The whole palette at once: colour i of it and its name. */
typedef gox_rgba color_fn(size_t i, char name[GOX_PALETTE_NAME_BYTES]);

static gox_rgba gray_color(size_t i, char name[GOX_PALETTE_NAME_BYTES])
{
    uint8_t v = (uint8_t)(i * 255 / 31);

    snprintf(
            name, GOX_PALETTE_NAME_BYTES, "gray %zu%%", (i * 200 / 31 + 1) / 2);
    return gox_rgba_make(v, v, v, 255);
}

/* The 6x6x6 cube that all 8-bit displays of the early web could show. */
static gox_rgba web_color(size_t i, char name[GOX_PALETTE_NAME_BYTES])
{
    uint8_t r = (uint8_t)(i / 36 * 51), g = (uint8_t)(i / 6 % 6 * 51);
    uint8_t b = (uint8_t)(i % 6 * 51);

    snprintf(name, GOX_PALETTE_NAME_BYTES, "#%02X%02X%02X", r, g, b);
    return gox_rgba_make(r, g, b, 255);
}

struct builtin {
    const char *name;
    size_t count;
    const struct named *colors; /* or */
    color_fn *color;
};

#define LIST(array) sizeof(array) / sizeof((array)[0]), array, NULL

static const struct builtin builtins[] = {
        {"basic16", LIST(basic16)},
        {"grays", 32, NULL, gray_color},
        {"nature", LIST(nature)},
        {"pastel", LIST(pastel)},
        {"skin", LIST(skin)},
        {"neon", LIST(neon)},
        {"web216", 216, NULL, web_color},
};

#define BUILTIN_COUNT (sizeof(builtins) / sizeof(builtins[0]))

size_t gox_palette_builtin_count(void)
{
    return BUILTIN_COUNT;
}

const char *gox_palette_builtin_name(size_t i)
{
    return i < BUILTIN_COUNT ? builtins[i].name : NULL;
}

static gox_rgba builtin_color(
        const struct builtin *b, size_t i, char name[GOX_PALETTE_NAME_BYTES])
{
    if (b->colors == NULL)
        return b->color(i, name);
    uint32_t rgb = b->colors[i].rgb;
    gox__palette_set_name(name, b->colors[i].name, strlen(b->colors[i].name));
    return gox_rgba_make(
            (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb, 255);
}

int gox_palette_load_builtin(struct gox_palette *pal, size_t i)
{
    struct gox_palette loaded;
    char name[GOX_PALETTE_NAME_BYTES];

    if (i >= BUILTIN_COUNT)
        return GOX_ERR_NOT_FOUND;
    gox_palette_init(&loaded);
    gox__palette_set_name(
            loaded.name, builtins[i].name, strlen(builtins[i].name));
    for (size_t k = 0; k < builtins[i].count; k++) {
        gox_rgba color = builtin_color(&builtins[i], k, name);
        int rc = gox_palette_add(&loaded, color, name);
        if (rc < 0) {
            gox_palette_fini(&loaded);
            return rc;
        }
    }
    gox_palette_fini(pal);
    *pal = loaded;
    return 0;
}
