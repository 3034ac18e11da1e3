/* SPDX-License-Identifier: Apache-2.0
 * One layer of an image: a volume with a name, visibility, bounds, a blend
 * mode and a material; or a clone of another layer; or a shape. */
#ifndef GOX_VOXEL_LAYER_H
#define GOX_VOXEL_LAYER_H

#include "voxel/volume.h"

/* X(NAME, number in .gox files, API name). */
#define GOX_BLEND_LIST(X)                                                      \
    X(OVER, 0, "over")                                                         \
    X(SUB, 1, "sub")                                                           \
    X(SUB_CLAMP, 2, "sub-clamp")                                               \
    X(PAINT, 3, "paint")                                                       \
    X(MAX, 4, "max")                                                           \
    X(INTERSECT, 5, "intersect")                                               \
    X(INTERSECT_FILL, 6, "intersect-fill")                                     \
    X(MULT_ALPHA, 7, "mult-alpha")                                             \
    X(REPLACE, 8, "replace")

enum gox_blend {
#define GOX_BLEND_ENUM(name, number, text) GOX_BLEND_##name = number,
    GOX_BLEND_LIST(GOX_BLEND_ENUM)
#undef GOX_BLEND_ENUM
            GOX_BLEND_COUNT
};
const char *gox_blend_name(enum gox_blend mode);
/* -1 when there is no such mode. */
int gox_blend_find(const char *name, size_t len);

/* Kinds of layer. SHAPE keeps its own form of .gox files (sphere, cube,
 * cylinder in a matrix), evaluated when composited. IMAGE is a 2D picture used
 * as a reference plane; it has no voxels of its own. */
enum gox_layer_kind {
    GOX_LAYER_VOXELS,
    GOX_LAYER_CLONE,
    GOX_LAYER_SHAPE,
    GOX_LAYER_IMAGE
};
enum gox_layer_shape {
    GOX_LAYER_SHAPE_SPHERE,
    GOX_LAYER_SHAPE_CUBE,
    GOX_LAYER_SHAPE_CYLINDER
};

#define GOX_NAME_BYTES 256 /* names hold up to 255 bytes of UTF-8 */

struct gox_layer {
    int id; /* unique in the image, from 1 */
    char name[GOX_NAME_BYTES];
    enum gox_layer_kind kind;
    bool is_visible;
    bool is_locked;  /* edits are refused; not stored in .gox */
    uint8_t opacity; /* 255: opaque; multiplies alpha; not stored in .gox */
    enum gox_blend blend;
    bool has_box; /* layer bounds; information only, they do not clip */
    struct gox_bbox box;
    int material; /* index into the image's materials, -1: none */
    struct gox_mat4
            mat; /* clone: from the base; shape: its box; image: plane */
    int base_id; /* clone: id of the layer it shows */
    enum gox_layer_shape shape;
    gox_rgba shape_color;
    char *image_path;   /* IMAGE: as in the file, owned; else NULL */
    gox_volume *volume; /* owned, never NULL; empty for the other kinds */
};

/* A voxel layer with defaults (visible, opaque, over, no material, identity).
 * NULL when out of memory. The name is cut at 255 bytes on a UTF-8 boundary. */
struct gox_layer *gox_layer_new(int id, const char *name);
/* Same id and content; the volume shares memory. */
struct gox_layer *gox_layer_dup(const struct gox_layer *layer);
void gox_layer_free(struct gox_layer *layer);
void gox_layer_set_name(struct gox_layer *layer, const char *name, size_t len);

#endif
