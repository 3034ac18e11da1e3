/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the MagicaVoxel reader share. vox_read.c and vox_nodes.c
 * read the chunks into these structures, vox_scene.c walks the scene and makes
 * the layers.
 *
 * Invariant: voxel data stays in the file's bytes and is borrowed. */
#ifndef GOX_FORMAT_VOX_INTERNAL_H
#define GOX_FORMAT_VOX_INTERNAL_H

#include "base/bytes.h"
#include "format/formats_internal.h"

#define GOX__VOX_MAX_DEPTH     256
#define GOX__VOX_MAX_INSTANCES (1u << 17)
#define GOX__VOX_MAX_PLACED    (UINT64_C(1) << 30) /* voxels of all instances */
#define GOX__VOX_MAX_LAYERS    1000

/* A signed permutation of the axes and a move: p'[i] = sign[i]*p[from[i]]+t[i].
 */
struct gox__vox_move {
    int8_t from[3], sign[3];
    int64_t t[3];
};

struct gox__vox_model {
    int32_t size[3];
    const uint8_t *voxels; /* x, y, z, colour index; borrowed */
    uint32_t count;
    bool is_used;
    bool has_material; /* material is known */
    uint8_t material;  /* a colour index whose material all colours share */
};

enum gox__vox_kind { GOX__VOX_MOVE, GOX__VOX_GROUP, GOX__VOX_SHAPE };

struct gox__vox_node {
    int32_t id;
    enum gox__vox_kind kind;
    size_t offset;       /* of its chunk, for messages */
    const uint8_t *name; /* borrowed, no NUL */
    size_t name_len;
    bool is_hidden;
    bool is_part; /* our own mark: belongs to the layer of the part before */
    bool is_child;
    int32_t layer;                     /* MOVE; -1: none */
    struct gox__vox_move move;         /* MOVE */
    int32_t model;                     /* SHAPE */
    uint32_t first_child, child_count; /* into children: ids */
};

struct gox__vox_layer {
    int32_t id;
    const uint8_t *name;
    size_t name_len;
    bool is_hidden;
};

/* What of a MATL chunk has a place in our materials. */
struct gox__vox_material {
    bool is_special; /* not plain diffuse */
    char type[16];
    float metallic, roughness, emission, alpha;
};

struct gox__vox_file {
    struct gox_image *img;
    struct gox_error *err;
    struct gox_task *task;
    struct gox__vox_model *models;
    size_t model_count, model_capacity;
    struct gox__vox_node *nodes;
    size_t node_count, node_capacity;
    int32_t *children;
    size_t child_count, child_capacity;
    struct gox__vox_layer *layers;
    size_t layer_count, layer_capacity;
    struct gox__vox_material materials[256]; /* by colour index */
    gox_rgba palette[256];                   /* by colour index, 1 ... 255 */
    uint64_t clipped;
    size_t unused_models;
};

/* ---- vox_text.c ---- */
/* A string of the file; borrowed, no NUL. */
struct gox__vox_text {
    const uint8_t *data;
    size_t len;
    size_t offset;
};

/* The next string; with in->failed it is empty. */
struct gox__vox_text gox__vox_get_text(struct gox_bytes *in);
bool gox__vox_text_is(struct gox__vox_text t, const char *text);
/* A count of things that have `each` bytes or more; 0 with in->failed when the
 * bytes that follow cannot hold them. */
int32_t gox__vox_get_count(struct gox_bytes *in, size_t each, const char *what);
/* Calls on_entry for each entry of a dictionary. */
int gox__vox_each_entry(struct gox_bytes *in,
        int (*on_entry)(void *ctx, struct gox_bytes *in,
                struct gox__vox_text key, struct gox__vox_text value),
        void *ctx) GOX_MUST_CHECK;
/* Fails at the value: it is not what was wanted. */
int gox__vox_bad_value(
        struct gox_bytes *in, struct gox__vox_text value, const char *want);
/* Plain decimal numbers, which is all that the files hold. */
float gox__vox_parse_float(struct gox__vox_text t);

/* ---- vox_nodes.c ---- */
/* Reads the chunk of a node, which is added to file->nodes. */
int gox__vox_read_node(struct gox__vox_file *file, struct gox_bytes *in,
        enum gox__vox_kind kind) GOX_MUST_CHECK;

/* ---- vox_scene.c ---- */
/* Makes the image's layers of what was read. */
int gox__vox_build(struct gox__vox_file *file) GOX_MUST_CHECK;

/* ---- vox_read.c ---- */
/* The colours of files without a palette of their own. */
void gox__vox_default_palette(gox_rgba palette[256]);

#endif
