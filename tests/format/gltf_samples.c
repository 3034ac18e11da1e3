/* SPDX-License-Identifier: Apache-2.0
 * Writes .gltf and .glb files of every kind that the writer can make into a
 * directory, for gltf_validate.sh. */
#include "format/format.h"

#include <stdio.h>
#include <stdlib.h>

struct sample {
    const char *name;
    void (*make)(struct gox_image *img);
    enum gox_faces faces;
    enum gox_pivot pivot;
    float scale;
};

static void check(int rc, const char *what)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, gox_error_text(rc));
    exit(1);
}

static struct gox_layer *add_box(struct gox_image *img, const char *name, int x,
        int size, gox_rgba color, int material)
{
    struct gox_layer *layer = gox_image_add_layer(img, name);
    if (layer == NULL)
        check(GOX_ERR_NOMEM, name);
    check(gox_volume_fill(layer->volume,
                  (struct gox_bbox){{x, -3, 5}, {x + size, size - 3, size + 5}},
                  color),
            name);
    layer->material = material;
    return layer;
}

static void make_nothing(struct gox_image *img)
{
    (void)img;
}

static void make_cube(struct gox_image *img)
{
    add_box(img, "cube", 7, 20, UINT32_C(0xff8040c0), -1);
}

/* Many colours, more vertices than 16 bits count, some translucent. */
static void make_cloud(struct gox_image *img)
{
    uint32_t seed = 1;
    struct gox_layer *layer = gox_image_add_layer(img, "cloud");
    if (layer == NULL)
        check(GOX_ERR_NOMEM, "cloud");
    for (int i = 0; i < 40 * 40 * 40; i++) {
        seed = seed * 1664525u + 1013904223u;
        if (seed >> 30 != 0)
            continue;
        gox_rgba alpha = seed >> 27 & 1 ? 0xffu : 0xa0u;
        struct gox_pos p = {i % 40 - 20, i / 40 % 40 - 20, i / 1600};
        check(gox_volume_set(
                      layer->volume, p, (seed >> 3 & 0xffffffu) | alpha << 24),
                "cloud");
    }
}

static void make_layers(struct gox_image *img)
{
    const struct gox_material materials[] = {
            {.name = "gl\xc3\xbc"
                     "h",
                    .color = {1, 0.5f, 0.2f, 1},
                    .metallic = 0.3f,
                    .roughness = 0.7f,
                    .emission = {5, 1, 0}},
            {.name = "\"glass\"\n",
                    .color = {0.3f, 0.6f, 1, 0.4f},
                    .roughness = 0.1f},
            {.name = "",
                    .color = {1, 1, 1, 1},
                    .metallic = 9,
                    .roughness = -1,
                    .emission = {0.5f, 0.25f, 0}}};
    for (int i = 0; i < 3; i++)
        check(gox_image_add_material(img, &materials[i]), "material");
    add_box(img, "glow", 0, 5, UINT32_MAX, 0);
    add_box(img, "glass", 3, 5, UINT32_C(0xff00ffff), 1);
    add_box(img, "bad \xff name", 6, 5, UINT32_C(0xff00ff00), 2);
    add_box(img, "faint", 20, 5, UINT32_C(0xff00ff00), -1)->opacity = 40;
    add_box(img, "\xe2\x98\x83", 30, 5, UINT32_C(0x800000ff), 2);
    add_box(img, "empty", 40, 0, 0, 0);
}

static void make_far(struct gox_image *img)
{
    add_box(img, "far", GOX_COORD_MAX - 2, 2, UINT32_MAX, -1);
    add_box(img, "other side", -GOX_COORD_MAX, 2, UINT32_MAX, -1);
}

static const struct sample samples[] = {
        {"empty", make_nothing, GOX_FACES_MERGED, GOX_PIVOT_ORIGIN, 1},
        {"cube", make_cube, GOX_FACES_MERGED, GOX_PIVOT_ORIGIN, 1},
        {"cube_raw_small", make_cube, GOX_FACES_RAW, GOX_PIVOT_CENTER, 1e-6f},
        {"cloud", make_cloud, GOX_FACES_MERGED, GOX_PIVOT_BOTTOM, 0.1f},
        {"cloud_raw", make_cloud, GOX_FACES_RAW, GOX_PIVOT_ORIGIN, 3.7f},
        {"layers", make_layers, GOX_FACES_MERGED, GOX_PIVOT_CENTER, 0.0625f},
        {"far", make_far, GOX_FACES_MERGED, GOX_PIVOT_ORIGIN, 0.3f},
        {"far_large", make_far, GOX_FACES_MERGED, GOX_PIVOT_CENTER, 1e6f},
};

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: gltf_samples DIRECTORY\n");
        return 2;
    }
    for (size_t i = 0; i < 2 * sizeof(samples) / sizeof(samples[0]); i++) {
        const struct sample *s = &samples[i / 2];
        struct gox_format_options opts;
        struct gox_error err;
        uint64_t bytes;
        char path[1024];
        struct gox_image *img = gox_image_new();
        if (img == NULL)
            check(GOX_ERR_NOMEM, s->name);
        gox_format_options_init(&opts);
        opts.faces = s->faces;
        opts.pivot = s->pivot;
        opts.scale = s->scale;
        s->make(img);
        snprintf(path, sizeof(path), "%s/%s.%s", argv[1], s->name,
                i % 2 == 0 ? "gltf" : "glb");
        if (gox_format_save_path(
                    img, path, NULL, &opts, NULL, NULL, &bytes, &err) < 0) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        gox_image_free(img);
    }
    return 0;
}
