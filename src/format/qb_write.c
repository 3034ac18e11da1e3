/* SPDX-License-Identifier: Apache-2.0
 * Qubicle binary (.qb), writing: one matrix for each visible layer that has
 * voxels, right-handed, RGBA, as runs, so that (x, z, y) of the file is our
 * (x, y, z).
 *
 * Hidden layers are left out, or kept as matrices like the others with the
 * option keep_hidden (the format cannot mark them). When layers have a blend
 * mode, an opacity or voxels one can see through, the visible ones are merged
 * into one matrix, because the format knows none of these and a reader would
 * see other voxels than we do; the report says so. */
#include "base/alloc.h"
#include "format/helpers_internal.h"
#include "format/qb_internal.h"

#include <string.h>

/* The file holds whole boxes; beyond this, mostly air would be written. */
#define MAX_CELLS (UINT64_C(1) << 30)

/* Equal words not yet written. */
struct run {
    struct gox_output *out;
    uint32_t word;
    uint64_t count;
};

static void put_u32(struct gox_output *out, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
            (uint8_t)(v >> 24)};
    gox_output_put(out, b, sizeof(b));
}

static void end_run(struct run *run)
{
    if (run->count > 3) {
        put_u32(run->out, GOX__QB_RUN);
        put_u32(run->out, (uint32_t)run->count);
        put_u32(run->out, run->word);
    } else {
        for (uint64_t i = 0; i < run->count; i++)
            put_u32(run->out, run->word);
    }
    run->count = 0;
}

static inline void put_words(struct run *run, uint32_t word, uint64_t count)
{
    if (word != run->word) {
        end_run(run);
        run->word = word;
    }
    run->count += count;
}

/* One row along x; blocks that are missing are one run. */
static void put_row(struct run *run, const gox_volume *vol,
        const struct gox_bbox *box, int32_t y, int32_t z)
{
    for (int32_t x = box->min.x; x < box->max.x;) {
        int32_t end = (x | (GOX_BLOCK_SIZE - 1)) + 1;
        if (end > box->max.x)
            end = box->max.x;
        const gox_block *block = gox_volume_peek_block(
                vol, gox_pos_make(x >> GOX_BLOCK_SHIFT, y >> GOX_BLOCK_SHIFT,
                             z >> GOX_BLOCK_SHIFT));
        if (block == NULL) {
            put_words(run, 0, (uint64_t)(end - x));
            x = end;
            continue;
        }
        for (; x < end; x++)
            put_words(run,
                    gox_block_get(
                            block, gox_block_index((unsigned)x & 15,
                                           (unsigned)y & 15, (unsigned)z & 15)),
                    1);
    }
}

static int put_matrix(struct gox_output *out, const char *name,
        const gox_volume *vol, const struct gox_bbox *box,
        struct gox_task *task, struct gox_error *err)
{
    size_t name_len = strlen(name);
    uint8_t short_len = (uint8_t)(name_len < 255 ? name_len : 255);
    gox_output_put(out, &short_len, 1);
    gox_output_put(out, name, short_len);
    put_u32(out, (uint32_t)(box->max.x - box->min.x));
    put_u32(out, (uint32_t)(box->max.z - box->min.z));
    put_u32(out, (uint32_t)(box->max.y - box->min.y));
    put_u32(out, (uint32_t)box->min.x);
    put_u32(out, (uint32_t)box->min.z);
    put_u32(out, (uint32_t)box->min.y);
    struct run run = {.out = out};
    for (int32_t y = box->min.y; y < box->max.y; y++) {
        for (int32_t z = box->min.z; z < box->max.z; z++)
            put_row(&run, vol, box, y, z);
        end_run(&run);
        put_u32(out, GOX__QB_NEXT_SLICE);
        int rc = out->error != 0 ? out->error : gox_task_check(task, err);
        if (rc < 0)
            return rc;
        gox_task_progress(task, (uint64_t)(y - box->min.y),
                (uint64_t)(box->max.y - box->min.y));
    }
    return 0;
}

static void put_header(struct gox_output *out, uint32_t count)
{
    const uint32_t words[6] = {GOX__QB_VERSION, 0, 1, 1, 0, count};
    for (int i = 0; i < 6; i++)
        put_u32(out, words[i]);
}

/* One layer to write. */
struct part {
    const char *name;
    gox_volume *vol; /* owned */
    struct gox_bbox box;
};

/* The layer's own bounds when they hold all voxels and are not much air. */
static int choose_box(
        struct part *part, const struct gox_layer *layer, struct gox_error *err)
{
    part->box = gox_volume_bbox(part->vol);
    if (layer != NULL && layer->has_box) {
        struct gox_bbox all = gox_bbox_union(part->box, layer->box);
        if (memcmp(&all, &layer->box, sizeof(all)) == 0 &&
                gox_bbox_volume(all) <= MAX_CELLS)
            part->box = all;
    }
    if (gox_bbox_volume(part->box) <= MAX_CELLS)
        return 0;
    return gox_error_set(err, GOX_ERR_TOO_LARGE,
            "layer \"%.60s\" spans %d x %d x %d voxels; the format stores the "
            "whole box and at most %llu cells are written; crop or split it",
            part->name, part->box.max.x - part->box.min.x,
            part->box.max.y - part->box.min.y,
            part->box.max.z - part->box.min.z, (unsigned long long)MAX_CELLS);
}

static bool needs_merge(const struct gox_image *img)
{
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *l = img->layers[i];
        if (l->is_visible && (l->blend != GOX_BLEND_OVER || l->opacity != 255))
            return true;
    }
    return false;
}

static int merge_parts(const struct gox_image *img, struct part *parts,
        size_t *count, struct gox_task *task, struct gox_error *err)
{
    struct part *part = &parts[0];
    part->name = "merged";
    int rc = gox__flatten(img, &part->vol, task, err);
    if (rc < 0 || gox_volume_is_empty(part->vol))
        return rc;
    *count = 1;
    return choose_box(part, NULL, err);
}

/* Returns 1 when a layer has voxels one can see through. */
static int layer_parts(const struct gox_image *img, bool keep_hidden,
        struct part *parts, size_t *count, struct gox_task *task,
        struct gox_error *err)
{
    bool see_through = false;
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *layer = img->layers[i];
        struct part *part = &parts[*count];
        if (!layer->is_visible && !keep_hidden)
            continue;
        int rc = gox_image_evaluate_layer(img, layer, &part->vol, task, err);
        if (rc == 0)
            rc = gox__harden(part->vol, task, err);
        if (rc < 0)
            return rc;
        see_through = see_through || (rc == 1 && layer->is_visible);
        if (gox_volume_is_empty(part->vol)) {
            gox_volume_free(part->vol);
            part->vol = NULL;
            continue;
        }
        part->name = layer->name;
        rc = choose_box(part, layer, err);
        if (rc < 0)
            return rc;
        ++*count;
    }
    return see_through;
}

static void free_parts(struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gox_volume_free(parts[i].vol);
        parts[i].vol = NULL;
    }
}

static int collect_parts(const struct gox_image *img, bool keep_hidden,
        struct part *parts, size_t *count, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    if (!needs_merge(img)) {
        int rc = layer_parts(img, keep_hidden, parts, count, task, err);
        if (rc <= 0 || *count < 2)
            return rc < 0 ? rc : 0;
        free_parts(parts, img->layer_count);
        *count = 0;
    }
    gox__note(report, "the layers were merged into one matrix: the format has "
                      "no blend modes and no opacity");
    return merge_parts(img, parts, count, task, err);
}

static int write_qb(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    size_t count = 0;
    struct part *parts = gox_calloc(img->layer_count, sizeof(*parts));
    if (parts == NULL)
        return GOX_ERR_NOMEM;
    int rc = collect_parts(
            img, opts->keep_hidden, parts, &count, report, task, err);
    if (rc == 0)
        put_header(out, (uint32_t)count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = put_matrix(
                out, parts[i].name, parts[i].vol, &parts[i].box, task, err);
        report->voxels += gox_volume_solid(parts[i].vol);
    }
    report->models = (uint32_t)count;
    free_parts(parts, img->layer_count);
    gox_free(parts);
    return rc;
}

const struct gox_format gox_format_qb = {
        .name = "qb",
        .title = "Qubicle binary",
        .extensions = {"qb", NULL},
        .mime = "application/x-qubicle-binary",
        .options = GOX_OPT_HIDDEN,
        .probe = gox__qb_probe,
        .read = gox__qb_read,
        .write = write_qb,
};
