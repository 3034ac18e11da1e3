/* SPDX-License-Identifier: Apache-2.0
 * What differs between two states of one image. Blocks that both share are
 * skipped by their address, so that the cost follows the change.
 *
 * Invariant: nothing is allocated: closing an edit must not fail. */
#include "voxel/history_internal.h"

#include <string.h>

void gox__image_swap(struct gox_image *a, struct gox_image *b)
{
    struct gox_image t = *a;

    *a = *b;
    *b = t;
}

/* Floats are compared as bits: a NaN of a file equals itself. */
static bool is_same_box(
        bool has_a, struct gox_bbox a, bool has_b, struct gox_bbox b)
{
    return has_a == has_b && (!has_a || memcmp(&a, &b, sizeof(a)) == 0);
}

static bool is_same_path(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

/* All but the voxels. */
static bool is_same_layer(const struct gox_layer *a, const struct gox_layer *b)
{
    return strcmp(a->name, b->name) == 0 && a->kind == b->kind &&
           a->is_visible == b->is_visible && a->is_locked == b->is_locked &&
           a->opacity == b->opacity && a->blend == b->blend &&
           is_same_box(a->has_box, a->box, b->has_box, b->box) &&
           a->material == b->material &&
           memcmp(&a->mat, &b->mat, sizeof(a->mat)) == 0 &&
           a->base_id == b->base_id && a->shape == b->shape &&
           a->shape_color == b->shape_color &&
           is_same_path(a->image_path, b->image_path);
}

static bool is_same_camera(
        const struct gox_camera *a, const struct gox_camera *b)
{
    return strcmp(a->name, b->name) == 0 && a->is_ortho == b->is_ortho &&
           memcmp(&a->distance, &b->distance, sizeof(a->distance)) == 0 &&
           memcmp(&a->mat, &b->mat, sizeof(a->mat)) == 0;
}

static bool is_same_material(
        const struct gox_material *a, const struct gox_material *b)
{
    return strcmp(a->name, b->name) == 0 &&
           memcmp(a->color, b->color, sizeof(a->color)) == 0 &&
           memcmp(&a->metallic, &b->metallic, sizeof(a->metallic)) == 0 &&
           memcmp(&a->roughness, &b->roughness, sizeof(a->roughness)) == 0 &&
           memcmp(a->emission, b->emission, sizeof(a->emission)) == 0;
}

static bool is_same_light(const struct gox_light *a, const struct gox_light *b)
{
    const float fa[] = {a->pitch, a->yaw, a->intensity, a->ambient, a->shadow};
    const float fb[] = {b->pitch, b->yaw, b->intensity, b->ambient, b->shadow};

    return memcmp(fa, fb, sizeof(fa)) == 0 && a->is_fixed == b->is_fixed;
}

/* All but the layers. next_id is no content: it only grows. */
static bool is_same_frame(const struct gox_image *a, const struct gox_image *b)
{
    if (a->layer_count != b->layer_count || a->active != b->active ||
            a->material_count != b->material_count ||
            a->camera_count != b->camera_count ||
            a->active_camera != b->active_camera ||
            a->has_light != b->has_light ||
            !is_same_box(a->has_box, a->box, b->has_box, b->box) ||
            !is_same_light(&a->light, &b->light))
        return false;
    for (size_t i = 0; i < a->material_count; i++) {
        if (!is_same_material(&a->materials[i], &b->materials[i]))
            return false;
    }
    for (size_t i = 0; i < a->camera_count; i++) {
        if (!is_same_camera(&a->cameras[i], &b->cameras[i]))
            return false;
    }
    return true;
}

static void add_block(
        struct gox_image_change *change, struct gox_pos p, unsigned voxels)
{
    struct gox_bbox box = {{p.x * 16, p.y * 16, p.z * 16},
            {p.x * 16 + 16, p.y * 16 + 16, p.z * 16 + 16}};

    if (voxels == 0)
        return;
    change->voxels += voxels;
    change->box = gox_bbox_union(change->box, box);
}

static void compare_volumes(const gox_volume *before, const gox_volume *after,
        struct gox_image_change *change)
{
    size_t i = 0;
    struct gox_pos p;
    const gox_block *b;

    if (before->table == after->table)
        return;
    change->bytes +=
            before->table == NULL
                    ? 0
                    : sizeof(struct gox_table) +
                              before->table->capacity * sizeof(struct gox_slot);
    while ((b = gox_volume_each_block(before, &i, &p)) != NULL) {
        const gox_block *other = gox_volume_peek_block(after, p);
        if (other == b)
            continue;
        change->bytes += gox_block_bytes(b);
        add_block(change, p, gox__block_count_changes(b, other));
    }
    i = 0;
    while ((b = gox_volume_each_block(after, &i, &p)) != NULL) {
        if (gox_volume_peek_block(before, p) == NULL)
            add_block(change, p, gox_block_solid(b));
    }
}

/* Layers mostly keep their order, so the search starts where the last one was
 * found. SIZE_MAX when there is none. */
static size_t find_near(const struct gox_image *img, int id, size_t start)
{
    for (size_t n = 0; n < img->layer_count; n++) {
        size_t i = (start + n) % img->layer_count;
        if (img->layers[i]->id == id)
            return i;
    }
    return SIZE_MAX;
}

static void note_layer(struct gox_image_change *change, int id, size_t *count)
{
    (*count)++;
    change->layer_id = *count == 1 ? id : 0;
}

static void compare_layer(const struct gox_layer *before,
        const struct gox_layer *after, struct gox_image_change *change,
        size_t *count)
{
    static const gox_volume nothing; /* an empty volume, never written */
    uint64_t voxels = change->voxels;

    compare_volumes(before == NULL ? &nothing : before->volume,
            after == NULL ? &nothing : after->volume, change);
    if (before == NULL || after == NULL || voxels != change->voxels ||
            !is_same_layer(before, after))
        note_layer(change, (before == NULL ? after : before)->id, count);
}

struct gox_image_change gox__image_compare(
        const struct gox_image *before, const struct gox_image *after)
{
    struct gox_image_change change = {.bytes = sizeof(*before)};
    size_t count = 0, hint = 0;

    change.has_changed = !is_same_frame(before, after);
    for (size_t i = 0; i < before->layer_count; i++) {
        const struct gox_layer *layer = before->layers[i];
        size_t at = find_near(after, layer->id, hint);
        /* Another order of the same layers is a change, too. */
        change.has_changed |= at != i;
        compare_layer(layer, at == SIZE_MAX ? NULL : after->layers[at], &change,
                &count);
        hint = at == SIZE_MAX ? hint : at + 1;
        change.bytes += sizeof(*layer) + sizeof(gox_volume);
        change.full_bytes += sizeof(*layer) + gox_volume_bytes(layer->volume);
    }
    hint = 0;
    for (size_t i = 0; i < after->layer_count; i++) {
        size_t at = find_near(before, after->layers[i]->id, hint);
        if (at == SIZE_MAX)
            compare_layer(NULL, after->layers[i], &change, &count);
        hint = at == SIZE_MAX ? hint : at + 1;
    }
    change.has_changed |= count > 0;
    return change;
}
