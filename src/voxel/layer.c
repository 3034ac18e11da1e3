/* SPDX-License-Identifier: Apache-2.0
 * Layers as values: names, blend names, copies.
 *
 * Invariant: a name is NUL-terminated and never ends inside a UTF-8
 * character. */
#include "voxel/layer.h"

#include "base/alloc.h"

#include <string.h>

static const char *const blend_names[GOX_BLEND_COUNT] = {
#define GOX_BLEND_NAME(name, number, text) [number] = text,
        GOX_BLEND_LIST(GOX_BLEND_NAME)
#undef GOX_BLEND_NAME
};

const char *gox_blend_name(enum gox_blend mode)
{
    unsigned i = (unsigned)mode;

    return i < GOX_BLEND_COUNT ? blend_names[i] : "unknown";
}

int gox_blend_find(const char *name, size_t len)
{
    for (int i = 0; i < GOX_BLEND_COUNT; i++) {
        if (strlen(blend_names[i]) == len &&
                memcmp(blend_names[i], name, len) == 0)
            return i;
    }
    return -1;
}

void gox_layer_set_name(struct gox_layer *layer, const char *name, size_t len)
{
    len = strnlen(name, len);
    if (len >= GOX_NAME_BYTES) {
        len = GOX_NAME_BYTES - 1;
        /* Bytes 10xxxxxx continue a character: step back to its start. */
        while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
            len--;
    }
    memmove(layer->name, name, len);
    layer->name[len] = '\0';
}

struct gox_layer *gox_layer_new(int id, const char *name)
{
    struct gox_layer *layer = gox_calloc(1, sizeof(*layer));

    if (layer == NULL)
        return NULL;
    layer->volume = gox_volume_new();
    if (layer->volume == NULL) {
        gox_free(layer);
        return NULL;
    }
    layer->id = id;
    layer->kind = GOX_LAYER_VOXELS;
    layer->is_visible = true;
    layer->opacity = 255;
    layer->blend = GOX_BLEND_OVER;
    layer->material = -1;
    layer->mat = gox_mat4_identity();
    gox_layer_set_name(layer, name, strlen(name));
    return layer;
}

struct gox_layer *gox_layer_dup(const struct gox_layer *layer)
{
    struct gox_layer *copy = gox_malloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *layer;
    copy->image_path = NULL;
    copy->volume = gox_volume_dup(layer->volume);
    if (copy->volume == NULL)
        goto fail;
    if (layer->image_path != NULL) {
        copy->image_path = gox_strdup(layer->image_path);
        if (copy->image_path == NULL)
            goto fail;
    }
    return copy;

fail:
    gox_layer_free(copy);
    return NULL;
}

void gox_layer_free(struct gox_layer *layer)
{
    if (layer == NULL)
        return;
    gox_volume_free(layer->volume);
    gox_free(layer->image_path);
    gox_free(layer);
}
