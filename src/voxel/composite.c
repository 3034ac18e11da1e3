/* SPDX-License-Identifier: Apache-2.0
 * Merging layers: of a whole image into a new volume, or one layer onto
 * another. Blocks that only one layer has are shared, not copied; the others
 * are blended on all cores.
 *
 * Invariant: the result depends only on the layers, not on the number of
 * threads: each block is computed alone and put in place by one thread. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/image_internal.h"

/* Starting threads costs more than blending a few hundred blocks. */
#define PARALLEL_FROM 256

struct blend_job {
    enum gox_blend mode;
    unsigned opacity;
    const gox_volume *bottom, *top;
    const struct gox_block_entry *entries;
    gox_block **results; /* one for each entry, owned */
    struct gox_task *task;
};

static int blend_entry(void *ctx, size_t i, unsigned thread)
{
    struct blend_job *job = ctx;
    struct gox_pos p = job->entries[i].pos;

    (void)thread;
    return gox__block_blend(job->mode, gox_volume_peek_block(job->bottom, p),
            gox_volume_peek_block(job->top, p), job->opacity, &job->results[i]);
}

static int blend_entries(struct blend_job *job, size_t count)
{
    int rc = 0;

    if (count >= PARALLEL_FROM)
        return gox_parallel_for(job->task, count, blend_entry, job);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = blend_entry(job, i, 0);
    return rc;
}

/* Puts the results into bottom; they are used up, also on failure. */
static int put_results(gox_volume *bottom,
        const struct gox_block_entry *entries, gox_block **results,
        size_t count)
{
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        if (rc == 0)
            rc = gox_volume_put_block(bottom, entries[i].pos, results[i]);
        else
            gox_block_unref(results[i]);
    }
    return rc;
}

static int fail(struct gox_error *err, int rc, const char *what)
{
    return gox_error_set(err, rc, "%s: %s; the layers are unchanged", what,
            gox_error_text(rc));
}

int gox__volume_blend(enum gox_blend mode, gox_volume *bottom,
        const gox_volume *top, unsigned opacity, struct gox_task *task,
        struct gox_error *err)
{
    const gox_volume *leader = gox__blend_is_masking(mode) ? bottom : top;
    size_t count = 0;
    int rc = gox_task_check(task, err);

    if (rc < 0)
        return rc;
    if (gox_volume_is_empty(leader) ||
            (gox_volume_is_empty(bottom) && !gox__blend_is_adding(mode)))
        return 0;
    if (gox_volume_is_empty(bottom) && opacity == 255) {
        rc = gox_volume_assign(bottom, top);
        return rc < 0 ? fail(err, rc, "cannot blend") : 0;
    }
    struct gox_block_entry *entries = gox_volume_sorted_blocks(leader, &count);
    gox_block **results =
            entries == NULL ? NULL : gox_calloc(count, sizeof(gox_block *));
    if (results == NULL) {
        rc = GOX_ERR_NOMEM;
        goto out;
    }
    struct blend_job job = {mode, opacity, bottom, top, entries, results, task};
    rc = blend_entries(&job, count);
    if (rc == 0)
        rc = put_results(bottom, entries, results, count);
    else
        for (size_t i = 0; i < count; i++)
            gox_block_unref(results[i]);

out:
    gox_free(results);
    gox_free(entries);
    return rc < 0 ? fail(err, rc, "cannot blend") : 0;
}

static int blend_layer(const struct gox_image *img,
        const struct gox_layer_index *index, const struct gox_layer *layer,
        gox_volume *sum, struct gox_task *task, struct gox_error *err)
{
    gox_volume *volume;

    int rc = gox__evaluate_layer(img, index, layer, &volume, task, err);
    if (rc < 0)
        return rc;
    rc = gox__volume_blend(
            layer->blend, sum, volume, layer->opacity, task, err);
    gox_volume_free(volume);
    return rc;
}

int gox_image_composite(const struct gox_image *img, gox_volume **result,
        struct gox_task *task, struct gox_error *err)
{
    struct gox_layer_index index = {0};
    gox_volume *sum = gox_volume_new();
    int rc = sum == NULL ? GOX_ERR_NOMEM : gox__layer_index_init(&index, img);

    *result = NULL;
    if (rc < 0)
        fail(err, rc, "cannot merge the visible layers");
    for (size_t i = 0; rc == 0 && i < img->layer_count; i++) {
        if (!img->layers[i]->is_visible)
            continue;
        rc = blend_layer(img, &index, img->layers[i], sum, task, err);
        gox_task_progress(task, i + 1, img->layer_count);
    }
    gox__layer_index_fini(&index);
    if (rc < 0) {
        gox_volume_free(sum);
        return rc;
    }
    *result = sum;
    return 0;
}

int gox_image_merge_layers(
        struct gox_image *img, size_t top, size_t bottom, struct gox_error *err)
{
    gox_volume *upper = NULL, *lower = NULL;

    if (top >= img->layer_count || bottom >= img->layer_count || top == bottom)
        return gox_error_set(err, GOX_ERR_RANGE,
                "cannot merge layers: needs two different layers of the image; "
                "nothing was changed");
    struct gox_layer *high = img->layers[top], *low = img->layers[bottom];
    if (high->kind == GOX_LAYER_IMAGE || low->kind == GOX_LAYER_IMAGE)
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "cannot merge layer '%.80s' onto '%.80s': a picture layer has "
                "no voxels; nothing was changed",
                high->name, low->name);
    int rc = gox_image_evaluate_layer(img, high, &upper, NULL, err);
    if (rc == 0)
        rc = gox_image_evaluate_layer(img, low, &lower, NULL, err);
    if (rc == 0)
        rc = gox__volume_blend(
                high->blend, lower, upper, high->opacity, NULL, err);
    if (rc < 0)
        goto out;
    rc = gox_image_delete_layer(img, top);
    if (rc < 0) {
        fail(err, rc, "cannot merge layers");
        goto out;
    }
    gox__layer_take_volume(low, lower);
    lower = NULL;

out:
    gox_volume_free(upper);
    gox_volume_free(lower);
    return rc;
}
