/* SPDX-License-Identifier: Apache-2.0
 * glTF 2.0 out, shared by .gltf and .glb: what goes where in the one buffer,
 * the JSON, and the buffer's bytes as a stream.
 *
 * The buffer holds for each part (a layer) interleaved vertices (position,
 * normal, texel: 28 bytes), then its indices; the palette picture is last.
 *
 * Invariant: the plan's byte counts and what gox__gltf_put_data writes agree.
 */
#ifndef GOX_FORMAT_GLTF_INTERNAL_H
#define GOX_FORMAT_GLTF_INTERNAL_H

#include "format/formats_internal.h"
#include "format/mesh_parts.h"

#define GOX__GLTF_VERTEX_BYTES 28

struct gox__gltf_material {
    int index;       /* into the image's materials, -1: none */
    uint8_t opacity; /* of the layer */
    bool is_blended;
};

/* Where the bytes of a part lie. */
struct gox__gltf_place {
    bool is_wide; /* 32-bit indices */
    uint64_t vertices_at, vertices_bytes;
    uint64_t indices_at, indices_bytes;
};

struct gox__gltf {
    const struct gox_image *img; /* borrowed */
    struct gox_mesh_parts parts;
    struct gox__gltf_place *places;       /* one a part, owned */
    struct gox__gltf_material *materials; /* owned */
    size_t material_count, material_capacity;
    struct gox_mesh_place place;
    struct gox_buf png;
    uint64_t png_at;
    uint64_t buffer_bytes; /* a multiple of 4 */
};

/* Makes the meshes and the plan; report is filled. GOX_ERR_TOO_LARGE when the
 * buffer passes 4 GiB. On failure gltf is to be freed, too. */
int gox__gltf_init(struct gox__gltf *gltf, const struct gox_image *img,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;
void gox__gltf_fini(struct gox__gltf *gltf);

/* The index of a part's material for its opaque or its translucent faces;
 * material_count when it has none. */
size_t gox__gltf_find_material(const struct gox__gltf *gltf,
        const struct gox_mesh_part *part, bool is_blended);

/* Appends the JSON; its last property is "buffers" with byteLength, and the
 * text stops before what closes the buffer object: "}]}". Without a buffer the
 * text is complete. Errors are the buffer's. */
void gox__gltf_put_json(const struct gox__gltf *gltf, struct gox_buf *json);

/* Writes buffer_bytes bytes. */
int gox__gltf_put_data(const struct gox__gltf *gltf, struct gox_output *out,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

#endif
