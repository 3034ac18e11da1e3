/* SPDX-License-Identifier: Apache-2.0
 * The bytes of a glTF buffer, as a stream: vertices and indices of each part,
 * then the palette picture. */
#include "format/gltf_internal.h"

struct data {
    const struct gox__gltf *gltf;
    const struct gox_mesh_part *part;
};

/* The middle of a texel as a fraction of 65535. */
static uint32_t texel(uint32_t at, int side)
{
    uint32_t n = (uint32_t)side;
    return ((2 * at + 1) * 65535u + n) / (2 * n);
}

static uint8_t *put_vertices(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct data *d = ctx;
    const struct gox_mesh_place *place = &d->gltf->place;
    const struct gox_mesh_palette *palette = &d->gltf->parts.palette;
    float normals[8][3];
    for (unsigned dir = 0; dir < 6; dir++) {
        int8_t n[3];
        gox_mesh_place_normal(place, dir, n);
        for (int k = 0; k < 3; k++)
            normals[dir][k] = n[k];
    }
    for (size_t i = begin; i < end; i++) {
        const struct gox_mesh_quad *quad = &d->part->mesh.quads[i];
        uint32_t index = d->part->color_of[i];
        uint32_t width = (uint32_t)palette->width;
        uint32_t uv = texel(index % width, palette->width) |
                      texel(index / width, palette->height) << 16;
        for (unsigned k = 0; k < 4; k++) {
            int32_t pos[3];
            float world[3];
            gox_mesh_corner(quad, k, pos);
            gox_mesh_place_point(place, pos, world);
            for (int a = 0; a < 3; a++)
                to = gox_mesh_put_f32le(to, world[a]);
            for (int a = 0; a < 3; a++)
                to = gox_mesh_put_f32le(to, normals[quad->dir][a]);
            to = gox_mesh_put_u32le(to, uv);
        }
    }
    return to;
}

static const uint8_t corner_order[6] = {0, 1, 2, 0, 2, 3};

static uint8_t *put_wide(const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    (void)ctx;
    for (size_t i = begin; i < end; i++)
        for (int k = 0; k < 6; k++)
            to = gox_mesh_put_u32le(to, (uint32_t)(4 * i) + corner_order[k]);
    return to;
}

static uint8_t *put_narrow(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    (void)ctx;
    for (size_t i = begin; i < end; i++) {
        for (int k = 0; k < 6; k++) {
            uint32_t v = (uint32_t)(4 * i) + corner_order[k];
            *to++ = (uint8_t)v;
            *to++ = (uint8_t)(v >> 8);
        }
    }
    return to;
}

int gox__gltf_put_data(const struct gox__gltf *g, struct gox_output *out,
        struct gox_task *task, struct gox_error *err)
{
    static const uint8_t zeros[4];
    for (size_t i = 0; i < g->parts.count; i++) {
        struct data d = {.gltf = g, .part = &g->parts.items[i]};
        size_t count = d.part->mesh.count;
        unsigned from = (unsigned)(500 + 500 * i / g->parts.count);
        unsigned till = (unsigned)(500 + 500 * (i + 1) / g->parts.count);
        unsigned middle = from + (till - from) * 3 / 4;
        int rc = gox_mesh_emit(out, count, 4 * GOX__GLTF_VERTEX_BYTES,
                put_vertices, &d, from, middle, task, err);
        if (rc == 0)
            rc = gox_mesh_emit(out, count, 24,
                    g->places[i].is_wide ? put_wide : put_narrow, &d, middle,
                    till, task, err);
        if (rc < 0)
            return rc;
    }
    gox_output_put(out, g->png.data, g->png.len);
    gox_output_put(out, zeros, g->buffer_bytes - g->png_at - g->png.len);
    return out->error;
}
