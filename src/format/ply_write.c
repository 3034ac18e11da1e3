/* SPDX-License-Identifier: Apache-2.0
 * Stanford .ply out: binary little-endian, vertices shared between faces of
 * the same colour, quads. Colours are bytes at the vertices, with alpha only
 * when the model has translucent voxels. Z is up unless asked otherwise. */
#include "base/alloc.h"
#include "format/formats_internal.h"
#include "format/mesh_out.h"
#include "goxel/version.h"

#define VERTEX_BYTES_MAX 16
#define FACE_BYTES       17

struct ply {
    struct gox_mesh mesh;
    struct gox_mesh_vertices vertices;
    struct gox_mesh_place place;
    struct gox_mesh_palette palette;
};

static uint8_t *put_vertices(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct ply *p = ctx;
    for (size_t i = begin; i < end; i++) {
        const struct gox_mesh_vertex *v = &p->vertices.items[i];
        float world[3];
        gox_mesh_place_point(&p->place, v->pos, world);
        for (int k = 0; k < 3; k++)
            to = gox_mesh_put_f32le(to, world[k]);
        gox_rgba_store(v->color, to);
        to += p->mesh.has_glass ? 4 : 3;
    }
    return to;
}

static uint8_t *put_faces(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct ply *p = ctx;
    for (size_t i = 4 * begin; i < 4 * end; i++) {
        if (i % 4 == 0)
            *to++ = 4;
        to = gox_mesh_put_u32le(to, p->vertices.index[i]);
    }
    return to;
}

static void put_head(const struct ply *p, struct gox_output *out)
{
    gox_output_printf(out,
            "ply\nformat binary_little_endian 1.0\n"
            "comment goxel-daemon " GOX_VERSION "\n"
            "element vertex %zu\n"
            "property float x\nproperty float y\nproperty float z\n"
            "property uchar red\nproperty uchar green\nproperty uchar blue\n"
            "%selement face %zu\n"
            "property list uchar int vertex_indices\nend_header\n",
            p->vertices.count,
            p->mesh.has_glass ? "property uchar alpha\n" : "", p->mesh.count);
}

static int write_all(struct ply *p, const struct gox_image *img,
        struct gox_output *out, const struct gox_format_options *opts,
        struct gox_task *task, struct gox_error *err)
{
    const struct gox_mesh_options mesh_opts = {.faces = opts->faces};
    int rc = gox_mesh_build_image(&p->mesh, img, &mesh_opts, task, err);
    if (rc == 0)
        rc = gox_mesh_place_init(&p->place, opts, GOX_UP_Z, p->mesh.box, err);
    if (rc == 0)
        rc = gox_mesh_palette_add(&p->palette, &p->mesh, NULL);
    if (rc == 0)
        rc = gox_mesh_share(&p->vertices, &p->mesh, true, task, err);
    if (rc == 0 && p->vertices.count > INT32_MAX)
        rc = gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the mesh has %zu vertices, the int indices of .ply reach %d; "
                "write it in parts",
                p->vertices.count, INT32_MAX);
    if (rc < 0)
        return rc;
    put_head(p, out);
    rc = gox_mesh_emit(out, p->vertices.count, VERTEX_BYTES_MAX + 1,
            put_vertices, p, 500, 750, task, err);
    if (rc == 0)
        rc = gox_mesh_emit(out, p->mesh.count, FACE_BYTES, put_faces, p, 750,
                1000, task, err);
    return rc;
}

static int write_ply(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct ply p = {0};
    int rc = write_all(&p, img, out, opts, task, err);
    report->voxels = p.mesh.voxels;
    report->faces = p.mesh.count;
    report->colors = (uint32_t)p.palette.count;
    report->models = 1;
    gox_mesh_vertices_fini(&p.vertices);
    gox_mesh_palette_fini(&p.palette);
    gox_mesh_fini(&p.mesh);
    return rc;
}

const struct gox_format gox_format_ply = {
        .name = "ply",
        .title = "Stanford PLY",
        .extensions = {"ply", NULL},
        .mime = "model/ply",
        .options = GOX_OPT_UP | GOX_OPT_FACES | GOX_OPT_SCALE | GOX_OPT_PIVOT |
                   GOX_OPT_VOXELIZE,
        .probe = gox__ply_probe,
        .read = gox__ply_read,
        .write = write_ply,
};
