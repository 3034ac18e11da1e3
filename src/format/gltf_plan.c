/* SPDX-License-Identifier: Apache-2.0
 * What goes into a glTF file: the materials that the parts use, and where in
 * the buffer their vertices and indices and the palette picture lie. */
#include "base/alloc.h"
#include "format/gltf_internal.h"

static struct gox__gltf_material material_of(
        const struct gox_mesh_part *part, bool is_blended)
{
    return (struct gox__gltf_material){.index = part->material,
            .opacity = part->opacity,
            .is_blended = is_blended};
}

size_t gox__gltf_find_material(const struct gox__gltf *g,
        const struct gox_mesh_part *part, bool is_blended)
{
    struct gox__gltf_material m = material_of(part, is_blended);
    size_t i = 0;
    while (i < g->material_count &&
            (g->materials[i].index != m.index ||
                    g->materials[i].opacity != m.opacity ||
                    g->materials[i].is_blended != m.is_blended))
        i++;
    return i;
}

static int add_material(
        struct gox__gltf *g, const struct gox_mesh_part *part, bool is_blended)
{
    if (gox__gltf_find_material(g, part, is_blended) < g->material_count)
        return 0;
    if (!gox_grow(&g->materials, &g->material_capacity, g->material_count + 1,
                sizeof(*g->materials)))
        return GOX_ERR_NOMEM;
    g->materials[g->material_count++] = material_of(part, is_blended);
    return 0;
}

static int plan_part(struct gox__gltf *g, size_t i)
{
    const struct gox_mesh_part *part = &g->parts.items[i];
    struct gox__gltf_place *place = &g->places[i];
    uint64_t vertices = 4 * (uint64_t)part->mesh.count;
    place->is_wide = vertices > UINT16_MAX;
    place->vertices_at = g->buffer_bytes;
    place->vertices_bytes = vertices * GOX__GLTF_VERTEX_BYTES;
    place->indices_at = place->vertices_at + place->vertices_bytes;
    place->indices_bytes =
            6 * (uint64_t)part->mesh.count * (place->is_wide ? 4 : 2);
    g->buffer_bytes = place->indices_at + place->indices_bytes;
    int rc = 0;
    if (part->opaque_count > 0)
        rc = add_material(g, part, false);
    if (rc == 0 && part->opaque_count < part->mesh.count)
        rc = add_material(g, part, true);
    return rc;
}

static int check_size(const struct gox__gltf *g, struct gox_error *err)
{
    if (g->buffer_bytes <= UINT32_MAX)
        return 0;
    return gox_error_set(err, GOX_ERR_TOO_LARGE,
            "the mesh data is %llu bytes, a glTF buffer holds 4 GiB; merge "
            "faces or write the model in parts",
            (unsigned long long)g->buffer_bytes);
}

static int plan_buffer(struct gox__gltf *g, struct gox_error *err)
{
    bool has_glass = false;
    g->places = gox_calloc(g->parts.count, sizeof(*g->places));
    int rc = g->places != NULL ? 0 : GOX_ERR_NOMEM;
    for (size_t i = 0; i < g->parts.count && rc == 0; i++) {
        rc = plan_part(g, i);
        has_glass |= g->parts.items[i].mesh.has_glass;
    }
    if (rc == 0)
        rc = check_size(g, err);
    if (rc == 0)
        rc = gox_mesh_palette_layout(&g->parts.palette, err);
    if (rc == 0)
        rc = gox_mesh_palette_png(&g->parts.palette, has_glass, &g->png, err);
    if (rc < 0)
        return rc;
    g->png_at = g->buffer_bytes;
    g->buffer_bytes = (g->png_at + g->png.len + 3) & ~UINT64_C(3);
    return check_size(g, err);
}

int gox__gltf_init(struct gox__gltf *g, const struct gox_image *img,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    *g = (struct gox__gltf){.img = img};
    gox_buf_init(&g->png, 0);
    int rc = gox_mesh_parts_init(&g->parts, img, opts, report, task, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < g->parts.count; i++)
        report->faces += 2 * (uint64_t)g->parts.items[i].mesh.count;
    struct gox_format_options place_opts = *opts;
    place_opts.has_up = false; /* the specification says y, and no choice */
    rc = gox_mesh_place_init(
            &g->place, &place_opts, GOX_UP_Y, g->parts.box, err);
    if (rc == 0 && g->parts.count > 0)
        rc = plan_buffer(g, err);
    return rc;
}

void gox__gltf_fini(struct gox__gltf *g)
{
    gox_mesh_parts_fini(&g->parts);
    gox_free(g->places);
    gox_free(g->materials);
    gox_buf_fini(&g->png);
    *g = (struct gox__gltf){0};
}
