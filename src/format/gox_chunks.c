/* SPDX-License-Identifier: Apache-2.0
 * The content of the chunks of a .gox file that are not blocks nor layers:
 * materials, cameras, light, the image box.
 *
 * Invariant: a known key with a value of the wrong size, a number that is not
 * finite, is an error with its place; unknown keys and chunks are skipped, so
 * that files of newer editors open. */
#include "format/gox_internal.h"

#include <string.h>

static void copy_name(char *to, size_t size, const struct gox__gox_entry *entry)
{
    gox__clean_name(to, size, entry->value.data, entry->value.len);
}

/* ---- image box, materials, cameras, light ---- */

int gox__gox_get_box(
        struct gox__gox_entry *entry, bool *has_box, struct gox_bbox *box)
{
    struct gox_mat4 mat;
    int rc = gox__gox_get_floats(entry, mat.m, 16);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 15; i++)
        if (mat.m[i] > (float)GOX_COORD_MAX || mat.m[i] < (float)-GOX_COORD_MAX)
            return gox_bytes_fail(
                    &entry->value, "the box lies outside the grid");
    *box = gox_mat4_to_bbox(mat);
    *has_box = !gox_bbox_is_empty(*box);
    return 0;
}

static int read_image(struct gox__gox_reader *r, struct gox_bytes *in)
{
    struct gox__gox_entry e;
    int more, rc = 0;
    while (rc == 0 && (more = gox__gox_next_entry(in, &e)) != 0) {
        rc = more < 0 ? more : 0;
        if (rc == 0 && gox__gox_is_key(&e, "box"))
            rc = gox__gox_get_box(&e, &r->img->has_box, &r->img->box);
    }
    return rc;
}

static int read_material(struct gox__gox_reader *r, struct gox_bytes *in)
{
    struct gox_material mat = {
            .color = {1, 1, 1, 1}, .metallic = 0.2f, .roughness = 0.5f};
    struct gox__gox_entry e;
    int more, rc = 0;
    while (rc == 0 && (more = gox__gox_next_entry(in, &e)) != 0) {
        rc = more < 0 ? more : 0;
        if (rc < 0)
            break;
        if (gox__gox_is_key(&e, "name"))
            copy_name(mat.name, sizeof(mat.name), &e);
        else if (gox__gox_is_key(&e, "color"))
            rc = gox__gox_get_floats(&e, mat.color, 4);
        else if (gox__gox_is_key(&e, "metallic"))
            rc = gox__gox_get_floats(&e, &mat.metallic, 1);
        else if (gox__gox_is_key(&e, "roughness"))
            rc = gox__gox_get_floats(&e, &mat.roughness, 1);
        else if (gox__gox_is_key(&e, "emission"))
            rc = gox__gox_get_floats(&e, mat.emission, 3);
    }
    return rc < 0 ? rc : gox_image_add_material(r->img, &mat);
}

static int read_camera(struct gox__gox_reader *r, struct gox_bytes *in)
{
    struct gox_camera cam = {.distance = 128, .mat = gox_mat4_identity()};
    bool is_active = false, has_mat = false;
    struct gox__gox_entry e;
    int more, rc = 0;
    while (rc == 0 && (more = gox__gox_next_entry(in, &e)) != 0) {
        rc = more < 0 ? more : 0;
        if (rc < 0)
            break;
        if (gox__gox_is_key(&e, "name"))
            copy_name(cam.name, sizeof(cam.name), &e);
        else if (gox__gox_is_key(&e, "dist"))
            rc = gox__gox_get_floats(&e, &cam.distance, 1);
        else if (gox__gox_is_key(&e, "ortho"))
            rc = gox__gox_get_bool(&e, &cam.is_ortho);
        else if (gox__gox_is_key(&e, "active"))
            is_active = true;
        else if (gox__gox_is_key(&e, "mat")) {
            rc = gox__gox_get_floats(&e, cam.mat.m, 16);
            has_mat = true;
        }
    }
    /* Before format 0.9 cameras had an angle and an offset instead, which the
     * editor ignores too. Such a camera shows nothing in particular. */
    if (rc < 0 || !has_mat)
        return rc;
    if (is_active) {
        r->has_active_camera = true;
        r->active_camera = r->img->camera_count;
    }
    return gox_image_add_camera(r->img, &cam);
}

static int read_light(struct gox__gox_reader *r, struct gox_bytes *in)
{
    struct gox_light *light = &r->img->light;
    struct gox__gox_entry e;
    int more, rc = 0;
    while (rc == 0 && (more = gox__gox_next_entry(in, &e)) != 0) {
        rc = more < 0 ? more : 0;
        if (rc < 0)
            break;
        if (gox__gox_is_key(&e, "pitch"))
            rc = gox__gox_get_floats(&e, &light->pitch, 1);
        else if (gox__gox_is_key(&e, "yaw"))
            rc = gox__gox_get_floats(&e, &light->yaw, 1);
        else if (gox__gox_is_key(&e, "intensity"))
            rc = gox__gox_get_floats(&e, &light->intensity, 1);
        else if (gox__gox_is_key(&e, "ambient"))
            rc = gox__gox_get_floats(&e, &light->ambient, 1);
        else if (gox__gox_is_key(&e, "shadow"))
            rc = gox__gox_get_floats(&e, &light->shadow, 1);
        else if (gox__gox_is_key(&e, "fixed"))
            rc = gox__gox_get_bool(&e, &light->is_fixed);
    }
    r->img->has_light = true;
    return rc;
}

int gox__gox_read_chunk(
        struct gox__gox_reader *r, const struct gox__gox_chunk *chunk)
{
    struct gox_bytes in;
    gox_bytes_init(&in, r->data + chunk->offset, chunk->len, r->err);
    in.base = chunk->offset;
    if (memcmp(chunk->type, "LAYR", 4) == 0)
        return gox__gox_read_layer(r, &in, chunk);
    if (memcmp(chunk->type, "IMG ", 4) == 0)
        return read_image(r, &in);
    if (memcmp(chunk->type, "MATE", 4) == 0)
        return read_material(r, &in);
    if (memcmp(chunk->type, "CAMR", 4) == 0)
        return read_camera(r, &in);
    if (memcmp(chunk->type, "LIGH", 4) == 0)
        return read_light(r, &in);
    return 0;
}
