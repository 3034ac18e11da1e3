/* SPDX-License-Identifier: Apache-2.0
 * The list of layers of an image and its lists of materials and cameras.
 *
 * Invariant: every function keeps ids unique, next_id above all of them, and
 * active on the layer that was active before, or on a neighbour when that one
 * went away. */
#include "voxel/image.h"

#include "base/alloc.h"
#include "voxel/image_internal.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct gox_light default_light(void)
{
    return (struct gox_light){.pitch = 0.35F,
            .yaw = 2.1F,
            .intensity = 1.0F,
            .ambient = 0.3F,
            .shadow = 0.3F};
}

struct gox_image *gox_image_new_empty(void)
{
    struct gox_image *img = gox_calloc(1, sizeof(*img));

    if (img == NULL)
        return NULL;
    img->next_id = 1;
    img->light = default_light();
    return img;
}

int gox_image_finish(struct gox_image *img)
{
    if (img->layer_count == 0 && gox_image_add_layer(img, "Layer 1") == NULL)
        return GOX_ERR_NOMEM;
    if (img->active >= img->layer_count)
        img->active = img->layer_count - 1;
    return 0;
}

struct gox_image *gox_image_new(void)
{
    struct gox_image *img = gox_image_new_empty();

    if (img != NULL && gox_image_finish(img) < 0) {
        gox_image_free(img);
        return NULL;
    }
    return img;
}

void gox__image_fini(struct gox_image *img)
{
    for (size_t i = 0; i < img->layer_count; i++)
        gox_layer_free(img->layers[i]);
    gox_free(img->layers);
    gox_free(img->materials);
    gox_free(img->cameras);
}

void gox_image_free(struct gox_image *img)
{
    if (img == NULL)
        return;
    gox__image_fini(img);
    gox_free(img);
}

/* A copy of an array; NULL stays NULL. false when out of memory. */
static bool dup_array(void *items, size_t count, size_t size)
{
    void *from;

    memcpy(&from, items, sizeof(from));
    if (from == NULL)
        return true;
    void *to = gox_malloc_array(count, size);
    if (to != NULL)
        memcpy(to, from, count * size);
    memcpy(items, &to, sizeof(to));
    return to != NULL;
}

struct gox_image *gox_image_dup(const struct gox_image *img)
{
    struct gox_image *copy = gox_malloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    *copy = *img;
    copy->layer_count = 0;
    copy->layer_capacity = img->layer_count;
    copy->material_capacity = img->material_count;
    copy->camera_capacity = img->camera_count;
    copy->layers = gox_malloc_array(img->layer_count, sizeof(*copy->layers));
    bool has_all = dup_array(
            &copy->materials, img->material_count, sizeof(*img->materials));
    has_all &=
            dup_array(&copy->cameras, img->camera_count, sizeof(*img->cameras));
    if (copy->layers == NULL || !has_all)
        goto fail;
    for (size_t i = 0; i < img->layer_count; i++) {
        struct gox_layer *layer = gox_layer_dup(img->layers[i]);
        if (layer == NULL)
            goto fail;
        copy->layers[copy->layer_count++] = layer;
    }
    return copy;

fail:
    gox_image_free(copy);
    return NULL;
}

int gox_image_put_layer(
        struct gox_image *img, struct gox_layer *own_layer, size_t index)
{
    int rc = 0;

    if (own_layer->id == 0)
        own_layer->id = img->next_id;
    if (img->layer_count >= GOX_IMAGE_MAX_LAYERS)
        rc = GOX_ERR_TOO_LARGE;
    else if (own_layer->id < 0 || own_layer->id == INT_MAX ||
             index > img->layer_count)
        rc = GOX_ERR_RANGE;
    else if (gox_image_find_layer(img, own_layer->id) != NULL)
        rc = GOX_ERR_EXISTS;
    else if (!gox_grow(&img->layers, &img->layer_capacity, img->layer_count + 1,
                     sizeof(*img->layers)))
        rc = GOX_ERR_NOMEM;
    if (rc < 0) {
        gox_layer_free(own_layer);
        return rc;
    }
    memmove(img->layers + index + 1, img->layers + index,
            (img->layer_count - index) * sizeof(*img->layers));
    img->layers[index] = own_layer;
    if (img->layer_count > 0 && index <= img->active)
        img->active++;
    img->layer_count++;
    if (own_layer->id >= img->next_id)
        img->next_id = own_layer->id + 1;
    return 0;
}

struct gox_layer *gox_image_add_layer(struct gox_image *img, const char *name)
{
    struct gox_layer *layer = gox_layer_new(0, name);

    if (layer == NULL || gox_image_put_layer(img, layer, img->layer_count) < 0)
        return NULL;
    img->active = img->layer_count - 1;
    return layer;
}

/* The voxels of all clones of a layer: NULL entries for other layers. */
static int evaluate_clones(
        const struct gox_image *img, int base_id, gox_volume **volumes)
{
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *layer = img->layers[i];
        if (layer->kind != GOX_LAYER_CLONE || layer->base_id != base_id ||
                layer->id == base_id)
            continue;
        int rc = gox_image_evaluate_layer(img, layer, &volumes[i], NULL, NULL);
        /* What cannot be made (a cycle) shows nothing and stays empty. */
        if (rc < 0 && rc != GOX_ERR_NOMEM)
            volumes[i] = gox_volume_new();
        if (volumes[i] == NULL)
            return GOX_ERR_NOMEM;
    }
    return 0;
}

void gox__layer_take_volume(struct gox_layer *layer, gox_volume *own_volume)
{
    gox_volume_free(layer->volume);
    layer->volume = own_volume;
    layer->kind = GOX_LAYER_VOXELS;
    layer->base_id = 0;
    layer->mat = gox_mat4_identity();
}

static void remove_layer(struct gox_image *img, size_t index)
{
    gox_layer_free(img->layers[index]);
    img->layer_count--;
    memmove(img->layers + index, img->layers + index + 1,
            (img->layer_count - index) * sizeof(*img->layers));
    if (img->active > index || img->active == img->layer_count)
        img->active--;
}

int gox_image_delete_layer(struct gox_image *img, size_t index)
{
    if (index >= img->layer_count || img->layer_count == 1)
        return GOX_ERR_RANGE;
    gox_volume **volumes = gox_calloc(img->layer_count, sizeof(gox_volume *));
    if (volumes == NULL)
        return GOX_ERR_NOMEM;
    int rc = evaluate_clones(img, img->layers[index]->id, volumes);
    for (size_t i = 0; i < img->layer_count; i++) {
        if (rc < 0)
            gox_volume_free(volumes[i]);
        else if (volumes[i] != NULL)
            gox__layer_take_volume(img->layers[i], volumes[i]);
    }
    gox_free(volumes);
    if (rc == 0)
        remove_layer(img, index);
    return rc;
}

int gox_image_move_layer(struct gox_image *img, size_t from, size_t to)
{
    if (from >= img->layer_count || to >= img->layer_count)
        return GOX_ERR_RANGE;
    struct gox_layer *active = img->layers[img->active];
    struct gox_layer *layer = img->layers[from];
    if (from < to)
        memmove(img->layers + from, img->layers + from + 1,
                (to - from) * sizeof(*img->layers));
    else
        memmove(img->layers + to + 1, img->layers + to,
                (from - to) * sizeof(*img->layers));
    img->layers[to] = layer;
    img->active = gox_image_layer_index(img, active);
    return 0;
}

struct gox_layer *gox_image_find_layer(const struct gox_image *img, int id)
{
    /* Readers add layers with rising ids: no search for those. */
    if (id >= img->next_id)
        return NULL;
    for (size_t i = 0; i < img->layer_count; i++) {
        if (img->layers[i]->id == id)
            return img->layers[i];
    }
    return NULL;
}

struct gox_layer *gox_image_find_layer_name(
        const struct gox_image *img, const char *name, size_t len)
{
    for (size_t i = 0; i < img->layer_count; i++) {
        const char *own = img->layers[i]->name;
        if (strlen(own) == len && memcmp(own, name, len) == 0)
            return img->layers[i];
    }
    return NULL;
}

struct gox_layer *gox_image_active_layer(const struct gox_image *img)
{
    return img->layers[img->active];
}

size_t gox_image_layer_index(
        const struct gox_image *img, const struct gox_layer *layer)
{
    for (size_t i = 0; i < img->layer_count; i++) {
        if (img->layers[i] == layer)
            return i;
    }
    return SIZE_MAX;
}

int gox_image_add_material(
        struct gox_image *img, const struct gox_material *mat)
{
    if (!gox_grow(&img->materials, &img->material_capacity,
                img->material_count + 1, sizeof(*mat)))
        return GOX_ERR_NOMEM;
    img->materials[img->material_count++] = *mat;
    return 0;
}

int gox_image_add_camera(struct gox_image *img, const struct gox_camera *cam)
{
    if (!gox_grow(&img->cameras, &img->camera_capacity, img->camera_count + 1,
                sizeof(*cam)))
        return GOX_ERR_NOMEM;
    /* active_camera == camera_count says "none" and must go on saying so. */
    if (img->active_camera == img->camera_count)
        img->active_camera++;
    img->cameras[img->camera_count++] = *cam;
    return 0;
}

uint64_t gox_image_solid(const struct gox_image *img)
{
    uint64_t solid = 0;

    for (size_t i = 0; i < img->layer_count; i++)
        solid += gox_volume_solid(img->layers[i]->volume);
    return solid;
}

static bool is_layer_sane(const struct gox_layer *layer)
{
    if (layer->id < 1 || (unsigned)layer->blend >= GOX_BLEND_COUNT ||
            (unsigned)layer->kind > GOX_LAYER_IMAGE ||
            memchr(layer->name, '\0', GOX_NAME_BYTES) == NULL)
        return false;
    return layer->volume != NULL && gox_volume_is_sane(layer->volume);
}

bool gox_image_is_sane(const struct gox_image *img)
{
    if (img->layer_count == 0 || img->active >= img->layer_count ||
            img->layer_count > img->layer_capacity ||
            img->active_camera > img->camera_count)
        return false;
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *layer = img->layers[i];
        if (!is_layer_sane(layer) || layer->id >= img->next_id)
            return false;
        /* The first layer found by its id must be itself. */
        if (gox_image_find_layer(img, layer->id) != layer)
            return false;
    }
    return true;
}
