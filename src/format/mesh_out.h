/* SPDX-License-Identifier: Apache-2.0
 * What the writers of meshes share: vertices used by several faces, a palette
 * of the colours and its picture, the place in the world, numbers as text, and
 * writing many equal items on all cores.
 *
 * Invariant: everything here is a function of the mesh and the options; the
 * same model gives the same bytes. */
#ifndef GOX_FORMAT_MESH_OUT_H
#define GOX_FORMAT_MESH_OUT_H

#include "format/mesh.h"

#include <string.h>

/* ---- vertices ---- */

struct gox_mesh_vertex {
    int32_t pos[3];
    gox_rgba color; /* 0 when not by colour */
};
struct gox_mesh_vertices {
    struct gox_mesh_vertex *items; /* owned */
    size_t count;
    uint32_t *
            index; /* 4 for each quad, in the order of gox_mesh_corner; owned */
};
/* One vertex for each place, or for each place and colour. 0, GOX_ERR_NOMEM,
 * GOX_ERR_TOO_LARGE (more corners than 32-bit indices), or of the task. */
int gox_mesh_share(struct gox_mesh_vertices *vertices,
        const struct gox_mesh *mesh, bool by_color, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_mesh_vertices_fini(struct gox_mesh_vertices *vertices);

/* ---- palette ---- */

/* The distinct colours in the order of their first quad, and a picture of them
 * with sides that are powers of two, read row by row. */
struct gox_mesh_palette {
    gox_rgba *colors; /* owned */
    size_t count, capacity;
    uint32_t *slots; /* hash table of index + 1, owned */
    size_t slot_count;
    int width, height; /* set by gox_mesh_palette_layout */
};
void gox_mesh_palette_init(struct gox_mesh_palette *palette);
void gox_mesh_palette_fini(struct gox_mesh_palette *palette);
/* Adds the colours of a mesh; by_quad (mesh->count entries, may be NULL) gets
 * the index for each quad. 0 or GOX_ERR_NOMEM. */
int gox_mesh_palette_add(struct gox_mesh_palette *palette,
        const struct gox_mesh *mesh, uint32_t *by_quad) GOX_MUST_CHECK;
/* Chooses width and height. GOX_ERR_TOO_LARGE above 4096 x 4096 colours. */
int gox_mesh_palette_layout(
        struct gox_mesh_palette *palette, struct gox_error *err) GOX_MUST_CHECK;
/* Appends the picture as PNG; alpha is kept when keep_alpha. */
int gox_mesh_palette_png(const struct gox_mesh_palette *palette,
        bool keep_alpha, struct gox_buf *png,
        struct gox_error *err) GOX_MUST_CHECK;

/* ---- place in the world ---- */

struct gox_mesh_place {
    double scale;
    int64_t pivot2[3]; /* twice the grid point that becomes the origin */
    bool is_y_up;      /* (x, y, z) becomes (x, z, -y) */
};
/* Checks scale (GOX_ERR_RANGE) and sets the pivot from the box. */
int gox_mesh_place_init(struct gox_mesh_place *place,
        const struct gox_format_options *opts, enum gox_up default_up,
        struct gox_bbox box, struct gox_error *err) GOX_MUST_CHECK;
/* World coordinate i (0 ... 2) of a grid point: which grid axis it comes from,
 * and its value. */
int gox_mesh_place_axis(const struct gox_mesh_place *place, int i);
double gox_mesh_place_value(
        const struct gox_mesh_place *place, int i, int32_t grid);
void gox_mesh_place_point(const struct gox_mesh_place *place,
        const int32_t grid[3], float world[3]);
/* The normal of a direction in the world. */
void gox_mesh_place_normal(
        const struct gox_mesh_place *place, unsigned dir, int8_t normal[3]);

/* ---- numbers as text ---- */

#define GOX_MESH_NUMBER_MAX 31 /* bytes at most; 32 are written */

/* Writes a decimal number, without an exponent and in no locale, rounded to
 * `decimals` (0 ... 18; fewer when the number is too long for 63 bits) with
 * trailing zeros cut. Returns its length; to has room for 32 bytes. */
size_t gox_mesh_number(char *to, double value, int decimals);

/* The texts of all coordinates that a mesh can have along each world axis. */
struct gox_mesh_texts {
    const struct gox_mesh_place *place; /* borrowed */
    int decimals;
    struct gox_mesh_text {
        char text[31];
        uint8_t len;
    } * items[3]; /* owned; NULL when the box is too long for a table */
    int32_t first[3];
};
int gox_mesh_texts_init(struct gox_mesh_texts *texts,
        const struct gox_mesh_place *place, struct gox_bbox box) GOX_MUST_CHECK;
void gox_mesh_texts_fini(struct gox_mesh_texts *texts);
/* Writes world coordinate i of a grid point and a space; to has room for 32
 * bytes. Returns the end. */
char *gox_mesh_texts_put(const struct gox_mesh_texts *texts, int i,
        const int32_t grid[3], char *to);
/* An integer and nothing after it; returns the end. */
char *gox_mesh_put_uint(char *to, uint32_t value);

/* ---- bytes ---- */

/* Little-endian numbers at `to`; return the end. */
static inline uint8_t *gox_mesh_put_u32le(uint8_t *to, uint32_t v)
{
    to[0] = (uint8_t)v;
    to[1] = (uint8_t)(v >> 8);
    to[2] = (uint8_t)(v >> 16);
    to[3] = (uint8_t)(v >> 24);
    return to + 4;
}

static inline uint8_t *gox_mesh_put_f32le(uint8_t *to, float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof(bits));
    return gox_mesh_put_u32le(to, bits);
}

/* ---- many items ---- */

/* Writes items 0 ... count-1 in order, made on all threads: fn writes items
 * begin ... end-1 to `to`, which has room for max_bytes each, and returns the
 * end. Progress goes from permille `from` to `till`. Returns 0 or an error code
 * (GOX_ERR_NOMEM, of the output, of the task). */
int gox_mesh_emit(struct gox_output *out, size_t count, size_t max_bytes,
        uint8_t *(*fn)(const void *ctx, size_t begin, size_t end, uint8_t *to),
        const void *ctx, unsigned from, unsigned till, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
