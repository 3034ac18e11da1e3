/* SPDX-License-Identifier: Apache-2.0
 * Helpers that several readers and writers share; see the header. */
#include "base/alloc.h"
#include "format/helpers_internal.h"

#include <stdio.h>

int gox__budget_run(struct gox__budget *budget, uint64_t voxels, int64_t offset,
        struct gox_error *err)
{
    if (voxels <= GOX__MAX_RUN_VOXELS - budget->run_voxels) {
        budget->run_voxels += voxels;
        return 0;
    }
    return gox_error_set_at(err, GOX_ERR_TOO_LARGE, offset,
            "byte %lld: the runs up to here make more than %llu voxels, which "
            "is the limit; split the model",
            (long long)offset, (unsigned long long)GOX__MAX_RUN_VOXELS);
}

int gox__budget_volume(struct gox__budget *budget, const gox_volume *vol,
        struct gox_error *err)
{
    budget->bytes += gox_volume_bytes(vol);
    budget->blocks += gox_volume_block_count(vol);
    if (budget->bytes <= GOX_FORMAT_MAX_MEMORY &&
            budget->blocks <= GOX_FORMAT_MAX_BLOCKS)
        return 0;
    return gox_error_set(err, GOX_ERR_TOO_LARGE,
            "the layers need more than %llu MiB or %u blocks, which is the "
            "limit; split the model",
            (unsigned long long)(GOX_FORMAT_MAX_MEMORY >> 20),
            GOX_FORMAT_MAX_BLOCKS);
}

bool gox__is_in_grid(const int64_t min[3], const int64_t size[3])
{
    for (int i = 0; i < 3; i++)
        if (min[i] < -GOX_COORD_MAX || min[i] > GOX_COORD_MAX ||
                size[i] > GOX_COORD_MAX - min[i])
            return false;
    return true;
}

/* Makes alpha 0 or 255; false when all voxels have that already. */
static bool harden_block(gox_rgba colors[GOX_BLOCK_VOXELS])
{
    bool changed = false;
    for (size_t i = 0; i < GOX_BLOCK_VOXELS; i++) {
        uint8_t a = gox_rgba_a(colors[i]);
        if (a == 0 || a == 255)
            continue;
        colors[i] = a < GOX_ALPHA_SOLID ? 0 : colors[i] | 0xff000000u;
        changed = true;
    }
    return changed;
}

int gox__harden(gox_volume *vol, struct gox_task *task, struct gox_error *err)
{
    size_t count = 0;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL && !gox_volume_is_empty(vol))
        return GOX_ERR_NOMEM;
    int rc = 0;
    bool changed = false;
    for (size_t i = 0; i < count && rc == 0; i++) {
        gox_rgba colors[GOX_BLOCK_VOXELS];
        gox_rgba uniform;
        if (gox_block_is_uniform(blocks[i].block, &uniform) &&
                gox_rgba_a(uniform) == 255)
            continue;
        gox_block_decode(blocks[i].block, colors);
        if (harden_block(colors)) {
            changed = true;
            rc = gox_volume_set_block(vol, blocks[i].pos, colors);
        }
        if (rc == 0 && i % 256 == 0)
            rc = gox_task_check(task, err);
    }
    gox_free(blocks);
    return rc < 0 ? rc : changed;
}

int gox__flatten(const struct gox_image *img, gox_volume **result,
        struct gox_task *task, struct gox_error *err)
{
    gox_volume *vol = NULL;
    *result = NULL;
    int rc = gox_image_composite(img, &vol, task, err);
    if (rc == 0)
        rc = gox__harden(vol, task, err);
    if (rc < 0) {
        gox_volume_free(vol);
        return rc;
    }
    *result = vol;
    return 0;
}

struct gox_layer *gox__add_named_layer(struct gox_image *img,
        const uint8_t *name, size_t len, struct gox_error *err)
{
    char clean[GOX_NAME_BYTES];
    if (img->layer_count >= GOX_IMAGE_MAX_LAYERS) {
        gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the file has more than %d parts, which is the limit",
                GOX_IMAGE_MAX_LAYERS);
        return NULL;
    }
    if (gox__clean_name(clean, sizeof(clean), name, len) == 0)
        snprintf(clean, sizeof(clean), "Layer %zu", img->layer_count + 1);
    struct gox_layer *layer = gox_image_add_layer(img, clean);
    if (layer == NULL)
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory for a layer");
    return layer;
}
