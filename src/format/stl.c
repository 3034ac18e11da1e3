/* SPDX-License-Identifier: Apache-2.0
 * Binary .stl out, for printing: two triangles a rectangle. The format has no
 * colours, and no sharing of vertices either. Z is up unless asked otherwise.
 */
#include "format/formats_internal.h"
#include "format/mesh_out.h"
#include "goxel/version.h"

#include <string.h>

#define TRIANGLE_BYTES 50

struct stl {
    struct gox_mesh mesh;
    struct gox_mesh_place place;
};

static uint8_t *put_quads(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    static const uint8_t corners[2][3] = {{0, 1, 2}, {0, 2, 3}};
    const struct stl *s = ctx;
    for (size_t i = begin; i < end; i++) {
        const struct gox_mesh_quad *quad = &s->mesh.quads[i];
        int8_t normal[3];
        float world[4][3];
        gox_mesh_place_normal(&s->place, quad->dir, normal);
        for (unsigned k = 0; k < 4; k++) {
            int32_t pos[3];
            gox_mesh_corner(quad, k, pos);
            gox_mesh_place_point(&s->place, pos, world[k]);
        }
        for (int t = 0; t < 2; t++) {
            for (int k = 0; k < 3; k++)
                to = gox_mesh_put_f32le(to, normal[k]);
            for (int k = 0; k < 9; k++)
                to = gox_mesh_put_f32le(to, world[corners[t][k / 3]][k % 3]);
            *to++ = 0;
            *to++ = 0;
        }
    }
    return to;
}

/* 80 bytes that must not begin with "solid", and the count. */
static void put_head(const struct stl *s, struct gox_output *out)
{
    static const char title[] = "goxel-daemon " GOX_VERSION;
    uint8_t head[84] = {0};
    uint32_t triangles = (uint32_t)(2 * s->mesh.count);
    memcpy(head, title, sizeof(title));
    gox_mesh_put_u32le(head + 80, triangles);
    gox_output_put(out, head, sizeof(head));
}

static int write_stl(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    const struct gox_mesh_options mesh_opts = {.faces = opts->faces};
    struct stl s = {0};
    int rc = gox_mesh_build_image(&s.mesh, img, &mesh_opts, task, err);
    if (rc == 0)
        rc = gox_mesh_place_init(&s.place, opts, GOX_UP_Z, s.mesh.box, err);
    if (rc == 0 && s.mesh.count > UINT32_MAX / 2)
        rc = gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the mesh has %zu faces, an .stl file holds %u; write it in "
                "parts",
                s.mesh.count, UINT32_MAX / 2);
    if (rc == 0) {
        put_head(&s, out);
        rc = gox_mesh_emit(out, s.mesh.count, 2 * TRIANGLE_BYTES, put_quads, &s,
                500, 1000, task, err);
    }
    report->voxels = s.mesh.voxels;
    report->faces = 2 * s.mesh.count;
    report->models = 1;
    gox_mesh_fini(&s.mesh);
    return rc;
}

const struct gox_format gox_format_stl = {
        .name = "stl",
        .title = "STL",
        .extensions = {"stl", NULL},
        .mime = "model/stl",
        .options = GOX_OPT_UP | GOX_OPT_FACES | GOX_OPT_SCALE | GOX_OPT_PIVOT,
        .write = write_stl,
};
