/* SPDX-License-Identifier: Apache-2.0
 * An image as one mesh a layer, for formats that keep layers, with a palette of
 * all of them.
 *
 * Where layers overlap, the upper one wins as it does on screen: voxels under
 * opaque ones of a layer above are left out, because two equal faces in one
 * place flicker. A layer that does not simply lie on top (another blend mode)
 * has no shape of its own, so such an image becomes one part. */
#ifndef GOX_FORMAT_MESH_PARTS_H
#define GOX_FORMAT_MESH_PARTS_H

#include "format/mesh_out.h"

struct gox_mesh_part {
    const char *name; /* borrowed from the image */
    bool is_hidden;
    int material;         /* index into the image's materials, -1: none */
    uint8_t opacity;      /* of the layer */
    gox_volume *volume;   /* owned; NULL once it is meshed */
    struct gox_mesh mesh; /* opaque quads first */
    size_t opaque_count;
    uint32_t *color_of; /* palette index of each quad, owned */
};
struct gox_mesh_parts {
    const struct gox_image *img; /* borrowed */
    struct gox_mesh_part *items; /* owned; each has faces */
    size_t count, capacity;
    struct gox_mesh_palette palette;
    struct gox_bbox box;
    bool is_merged; /* because of blend modes */
};

/* Visible layers, with opts->keep_hidden all. report gets voxels, colours,
 * models and a note. On failure fini is still due. */
int gox_mesh_parts_init(struct gox_mesh_parts *parts,
        const struct gox_image *img, const struct gox_format_options *opts,
        struct gox_format_report *report, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_mesh_parts_fini(struct gox_mesh_parts *parts);

/* Opacity of a part's material and layer, 0 ... 1. */
float gox_mesh_part_alpha(
        const struct gox_mesh_parts *parts, const struct gox_mesh_part *part);

#endif
