/* SPDX-License-Identifier: Apache-2.0
 * One mesh a layer: evaluating layers, leaving out what a layer above hides,
 * and meshing them into one palette.
 *
 * Invariant: quads of a part are in the order of the mesher, opaque before
 * translucent ones; parts are in the order of layers. */
#include "format/mesh_parts.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

/* ---- layers ---- */

/* Takes the part's volume over, also on failure. */
static int add_part(struct gox_mesh_parts *parts, struct gox_mesh_part part)
{
    if (!gox_grow(&parts->items, &parts->capacity, parts->count + 1,
                sizeof(*parts->items))) {
        gox_volume_free(part.volume);
        return GOX_ERR_NOMEM;
    }
    parts->items[parts->count++] = part;
    return 0;
}

static int material_index(const struct gox_image *img, int index)
{
    return index >= 0 && (size_t)index < img->material_count ? index : -1;
}

static int add_layers(struct gox_mesh_parts *parts, bool keep_hidden,
        struct gox_task *task, struct gox_error *err)
{
    const struct gox_image *img = parts->img;
    for (size_t i = 0; i < img->layer_count; i++) {
        const struct gox_layer *layer = img->layers[i];
        struct gox_mesh_part part = {.name = layer->name,
                .is_hidden = !layer->is_visible,
                .material = material_index(img, layer->material),
                .opacity = layer->opacity};
        if (part.is_hidden && !keep_hidden)
            continue;
        int rc = gox_image_evaluate_layer(img, layer, &part.volume, task, err);
        if (rc == 0)
            rc = add_part(parts, part);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* One part of everything; its material is that of all layers, if they agree. */
static int add_composite(struct gox_mesh_parts *parts, struct gox_task *task,
        struct gox_error *err)
{
    struct gox_mesh_part part = {
            .name = "model", .material = -1, .opacity = 255};
    size_t found = 0;
    for (size_t i = 0; i < parts->img->layer_count; i++) {
        const struct gox_layer *layer = parts->img->layers[i];
        if (!layer->is_visible)
            continue;
        int material = material_index(parts->img, layer->material);
        if (found++ == 0) {
            part.name = layer->name;
            part.material = material;
        } else if (material != part.material) {
            part.material = -1;
        }
    }
    int rc = gox_image_composite(parts->img, &part.volume, task, err);
    return rc == 0 ? add_part(parts, part) : rc;
}

static bool has_blend_modes(const struct gox_image *img)
{
    for (size_t i = 0; i < img->layer_count; i++)
        if (img->layers[i]->is_visible &&
                img->layers[i]->blend != GOX_BLEND_OVER)
            return true;
    return false;
}

/* ---- overlaps ---- */

float gox_mesh_part_alpha(
        const struct gox_mesh_parts *parts, const struct gox_mesh_part *part)
{
    float alpha = part->material >= 0
                          ? parts->img->materials[part->material].color[3]
                          : 1.0f;
    alpha = alpha >= 0.0f ? alpha <= 1.0f ? alpha : 1.0f : 0.0f;
    return alpha * (float)part->opacity / 255.0f;
}

/* Removes from vol what cover hides. Both may share blocks. */
static int remove_covered(gox_volume *vol, const gox_volume *cover)
{
    size_t count;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL)
        return gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const gox_block *over = gox_volume_peek_block(cover, blocks[i].pos);
        gox_rgba own[GOX_BLOCK_VOXELS], other[GOX_BLOCK_VOXELS];
        bool has_changed = false;
        if (over == NULL)
            continue;
        gox_block_decode(blocks[i].block, own);
        gox_block_decode(over, other);
        for (unsigned k = 0; k < GOX_BLOCK_VOXELS; k++) {
            if (own[k] == 0 || gox_rgba_a(other[k]) != 255)
                continue;
            own[k] = 0;
            has_changed = true;
        }
        if (has_changed)
            rc = gox_volume_set_block(vol, blocks[i].pos, own);
    }
    gox_free(blocks);
    return rc;
}

/* Adds the opaque voxels of vol to cover; blocks are shared where they can. */
static int add_cover(gox_volume *cover, const gox_volume *vol)
{
    size_t cursor = 0;
    struct gox_pos pos;
    const gox_block *block;
    int rc = 0;
    while (rc == 0 &&
            (block = gox_volume_each_block(vol, &cursor, &pos)) != NULL) {
        const gox_block *old = gox_volume_peek_block(cover, pos);
        gox_rgba sum[GOX_BLOCK_VOXELS], add[GOX_BLOCK_VOXELS];
        gox_block_decode(block, add);
        if (old == NULL)
            memset(sum, 0, sizeof(sum));
        else
            gox_block_decode(old, sum);
        for (unsigned k = 0; k < GOX_BLOCK_VOXELS; k++)
            if (gox_rgba_a(add[k]) == 255)
                sum[k] = UINT32_MAX;
        rc = gox_volume_set_block(cover, pos, sum);
    }
    return rc;
}

static int remove_overlaps(struct gox_mesh_parts *parts, struct gox_task *task,
        struct gox_error *err)
{
    if (parts->count < 2)
        return 0;
    gox_volume *cover = gox_volume_new();
    int rc = cover != NULL ? 0 : GOX_ERR_NOMEM;
    for (size_t i = parts->count; i-- > 0 && rc == 0;) {
        struct gox_mesh_part *part = &parts->items[i];
        rc = gox_task_check(task, err);
        if (rc < 0 || part->is_hidden)
            continue;
        rc = remove_covered(part->volume, cover);
        if (rc == 0 && i > 0 && gox_mesh_part_alpha(parts, part) >= 1.0f)
            rc = add_cover(cover, part->volume);
    }
    gox_volume_free(cover);
    return rc;
}

/* ---- meshes ---- */

/* Puts opaque quads before translucent ones, each in their order. */
static int split_quads(struct gox_mesh_part *part)
{
    struct gox_mesh *mesh = &part->mesh;
    part->opaque_count = mesh->count;
    if (!mesh->has_glass)
        return 0;
    struct gox_mesh_quad *sorted =
            gox_malloc_array(mesh->count, sizeof(*sorted));
    if (sorted == NULL)
        return GOX_ERR_NOMEM;
    size_t at = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < mesh->count; i++)
            if ((gox_rgba_a(mesh->quads[i].color) == 255) == (pass == 0))
                sorted[at++] = mesh->quads[i];
        if (pass == 0)
            part->opaque_count = at;
    }
    gox_free(mesh->quads);
    mesh->quads = sorted;
    return 0;
}

static int mesh_part(struct gox_mesh_parts *parts, struct gox_mesh_part *part,
        enum gox_faces faces, struct gox_task *task, struct gox_error *err)
{
    const struct gox_mesh_options mesh_opts = {
            .faces = faces, .see_through = true};
    int rc = gox_mesh_build(&part->mesh, part->volume, &mesh_opts, task, err);
    gox_volume_free(part->volume);
    part->volume = NULL;
    if (rc == 0)
        rc = split_quads(part);
    if (rc < 0 || part->mesh.count == 0)
        return rc;
    /* A translucent material makes all of its faces translucent. */
    if (gox_mesh_part_alpha(parts, part) < 1.0f)
        part->opaque_count = 0;
    part->color_of = gox_malloc_array(part->mesh.count, sizeof(uint32_t));
    if (part->color_of == NULL)
        return GOX_ERR_NOMEM;
    return gox_mesh_palette_add(&parts->palette, &part->mesh, part->color_of);
}

/* Meshes all parts and drops those without faces. */
static int mesh_parts(struct gox_mesh_parts *parts, enum gox_faces faces,
        struct gox_task *task, struct gox_error *err)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; i < parts->count; i++) {
        struct gox_mesh_part part = parts->items[i];
        if (rc == 0)
            rc = mesh_part(parts, &part, faces, task, err);
        if (rc < 0 || part.mesh.count > 0)
            parts->items[kept++] = part;
        else
            gox_mesh_fini(&part.mesh);
    }
    parts->count = kept;
    return rc;
}

int gox_mesh_parts_init(struct gox_mesh_parts *parts,
        const struct gox_image *img, const struct gox_format_options *opts,
        struct gox_format_report *report, struct gox_task *task,
        struct gox_error *err)
{
    *parts = (struct gox_mesh_parts){
            .img = img, .is_merged = has_blend_modes(img)};
    gox_mesh_palette_init(&parts->palette);
    int rc = parts->is_merged ? add_composite(parts, task, err)
                              : add_layers(parts, opts->keep_hidden, task, err);
    if (rc == 0)
        rc = remove_overlaps(parts, task, err);
    if (rc == 0)
        rc = mesh_parts(parts, opts->faces, task, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < parts->count; i++) {
        const struct gox_mesh *mesh = &parts->items[i].mesh;
        parts->box = i == 0 ? mesh->box : gox_bbox_union(parts->box, mesh->box);
        report->voxels += mesh->voxels;
    }
    report->colors = (uint32_t)parts->palette.count;
    report->models = (uint32_t)parts->count;
    if (parts->is_merged)
        snprintf(report->note, sizeof(report->note),
                "layers with other blend modes than over were merged into one "
                "part");
    return 0;
}

void gox_mesh_parts_fini(struct gox_mesh_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        gox_volume_free(parts->items[i].volume);
        gox_mesh_fini(&parts->items[i].mesh);
        gox_free(parts->items[i].color_of);
    }
    gox_free(parts->items);
    gox_mesh_palette_fini(&parts->palette);
    *parts = (struct gox_mesh_parts){0};
}
