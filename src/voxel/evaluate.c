/* SPDX-License-Identifier: Apache-2.0
 * The voxels that a layer shows: its own, those of a shape, or those of the
 * layer that it is a clone of.
 *
 * Invariant: a chain of clones is followed at most MAX_CHAIN steps and without
 * recursion, so that a file cannot make us overrun the stack. */
#include "base/alloc.h"
#include "voxel/image_internal.h"

#include <stdlib.h>

/* A clone of a clone of ... Models have one or two steps. */
#define MAX_CHAIN 64

static int compare_ids(const void *a, const void *b)
{
    int ia = (*(const struct gox_layer *const *)a)->id;
    int ib = (*(const struct gox_layer *const *)b)->id;

    return (ia > ib) - (ia < ib);
}

int gox__layer_index_init(
        struct gox_layer_index *index, const struct gox_image *img)
{
    index->count = img->layer_count;
    index->by_id = gox_malloc_array(img->layer_count, sizeof(*index->by_id));
    if (index->by_id == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < img->layer_count; i++)
        index->by_id[i] = img->layers[i];
    qsort(index->by_id, index->count, sizeof(*index->by_id), compare_ids);
    return 0;
}

void gox__layer_index_fini(struct gox_layer_index *index)
{
    gox_free(index->by_id);
    index->by_id = NULL;
}

static const struct gox_layer *find_by_id(
        const struct gox_layer_index *index, int id)
{
    size_t lo = 0, hi = index->count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (index->by_id[mid]->id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == index->count || index->by_id[lo]->id != id)
        return NULL;
    return index->by_id[lo];
}

/* A layer that is not a clone; NULL: a clone of a layer that does not exist. */
static int evaluate_root(const struct gox_image *img,
        const struct gox_layer *layer, gox_volume **result,
        struct gox_task *task, struct gox_error *err)
{
    if (layer != NULL && layer->kind == GOX_LAYER_SHAPE)
        return gox__shape_evaluate(layer,
                img->has_box ? img->box : (struct gox_bbox){0}, result, task,
                err);
    if (layer != NULL && layer->kind == GOX_LAYER_VOXELS)
        *result = gox_volume_dup(layer->volume);
    else
        *result = gox_volume_new();
    if (*result == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM,
                "cannot evaluate a layer: out of memory; try again");
    return 0;
}

static int evaluate_clone(const struct gox_image *img,
        const struct gox_layer_index *index, const struct gox_layer *layer,
        gox_volume **result, struct gox_task *task, struct gox_error *err)
{
    const struct gox_layer *chain[MAX_CHAIN];
    const struct gox_layer *base = layer;
    size_t steps = 0;

    while (base != NULL && base->kind == GOX_LAYER_CLONE) {
        if (steps == MAX_CHAIN)
            return gox_error_set(err, GOX_ERR_FORMAT,
                    "cannot evaluate layer '%.80s': it is a clone of itself, "
                    "or of more than %d clones; make it a layer of its own",
                    layer->name, MAX_CHAIN);
        chain[steps++] = base;
        base = find_by_id(index, base->base_id);
    }
    gox_volume *volume;
    int rc = evaluate_root(img, base, &volume, task, err);
    while (rc == 0 && steps-- > 0) {
        gox_volume *moved = NULL;
        rc = gox__volume_transform(
                volume, &chain[steps]->mat, &moved, task, err);
        gox_volume_free(volume);
        volume = moved;
    }
    if (rc == 0)
        *result = volume;
    else
        gox_error_prefix(err, "layer '%.80s'", layer->name);
    return rc;
}

int gox__evaluate_layer(const struct gox_image *img,
        const struct gox_layer_index *index, const struct gox_layer *layer,
        gox_volume **result, struct gox_task *task, struct gox_error *err)
{
    *result = NULL;
    if (layer->kind == GOX_LAYER_CLONE)
        return evaluate_clone(img, index, layer, result, task, err);
    return evaluate_root(img, layer, result, task, err);
}

int gox_image_evaluate_layer(const struct gox_image *img,
        const struct gox_layer *layer, gox_volume **result,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_layer_index index = {0};
    int rc = 0;

    *result = NULL;
    if (layer->kind == GOX_LAYER_CLONE)
        rc = gox__layer_index_init(&index, img);
    if (rc < 0)
        return gox_error_set(err, rc,
                "cannot evaluate layer '%.80s': out of memory; try again",
                layer->name);
    rc = gox__evaluate_layer(img, &index, layer, result, task, err);
    gox__layer_index_fini(&index);
    return rc;
}
