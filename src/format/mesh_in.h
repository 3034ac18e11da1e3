/* SPDX-License-Identifier: Apache-2.0
 * Reading meshes: triangles with colours as they stand in a file, scanning
 * text, and turning them into voxels.
 *
 * Invariant: each index of a triangle is one of a vertex (or texel) that is
 * there; readers check before they add. */
#ifndef GOX_FORMAT_MESH_IN_H
#define GOX_FORMAT_MESH_IN_H

#include "format/formats_internal.h"
#include "format/png.h"

#define GOX__NO_INDEX UINT32_MAX

struct gox__tri_vertex {
    double pos[3];
    gox_rgba color; /* 0: none */
};
struct gox__triangle {
    uint32_t v[3];
    uint32_t t[3];     /* texels, GOX__NO_INDEX: none */
    uint32_t material; /* GOX__NO_INDEX: none */
    gox_rgba color;    /* of the face, 0: none */
};
struct gox__tri_material {
    char *name;
    gox_rgba color;            /* alpha is the opacity */
    struct gox_pixels picture; /* data NULL: none */
};
struct gox__trimesh {
    struct gox__tri_vertex *vertices;
    size_t vertex_count, vertex_capacity;
    float (*texels)[2];
    size_t texel_count, texel_capacity;
    struct gox__triangle *triangles;
    size_t triangle_count, triangle_capacity;
    struct gox__tri_material *materials;
    size_t material_count, material_capacity;
};
void gox__trimesh_fini(struct gox__trimesh *mesh);
/* Copies in; 0, GOX_ERR_NOMEM, GOX_ERR_TOO_LARGE (memory of the whole mesh). */
int gox__trimesh_add_vertex(struct gox__trimesh *mesh, const double pos[3],
        gox_rgba color) GOX_MUST_CHECK;
int gox__trimesh_add_texel(
        struct gox__trimesh *mesh, float u, float v) GOX_MUST_CHECK;
/* Adds a polygon as triangles; corners that are concave are cut properly up to
 * a thousand corners, larger ones are taken as convex. Fewer than 3: nothing.
 * texels may be NULL. */
int gox__trimesh_add_polygon(struct gox__trimesh *mesh,
        const uint32_t *vertices, const uint32_t *texels, size_t count,
        uint32_t material, gox_rgba color) GOX_MUST_CHECK;

/* Puts the surface into a new layer of img. default_up is the format's. With
 * no triangles at all each vertex becomes a voxel. Chooses the size by opts
 * (see voxelize.c). 0, GOX_ERR_NOMEM, GOX_ERR_RANGE, GOX_ERR_TOO_LARGE, or of
 * the task. */
int gox__voxelize(struct gox_image *img, const struct gox__trimesh *mesh,
        const struct gox_format_options *opts, enum gox_up default_up,
        struct gox_format_report *report, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

/* ---- text ---- */

/* A line or a token being read; never moves past end. */
struct gox__scan {
    const char *at, *end;
};
/* Spaces and tabs. */
void gox__scan_space(struct gox__scan *s);
/* A decimal number in the C locale, spaces before it skipped. false and nothing
 * moved when there is none. "nan" and "inf" are none. */
bool gox__scan_double(struct gox__scan *s, double *value);
bool gox__scan_int(struct gox__scan *s, int64_t *value);
/* The next word, up to white space; empty at the end. */
struct gox__scan gox__scan_word(struct gox__scan *s);
bool gox__scan_equals(struct gox__scan word, const char *text);
/* Takes the next line off `text`, without its end; false when there is none. */
bool gox__scan_line(struct gox__scan *text, struct gox__scan *line);

/* 0 ... 255 from a fraction. */
uint8_t gox__unit_to_byte(double v);

/* Materials of a .mtl; later ones of the same name win. Pictures are opened
 * through opts->open_aux; one that cannot be read is told in report->note. */
int gox__mtl_read(struct gox__trimesh *mesh, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
