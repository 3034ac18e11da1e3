/* SPDX-License-Identifier: Apache-2.0
 * What the files about images share: layers that become plain, finding layers
 * fast, and blending whole blocks. */
#ifndef GOX_VOXEL_IMAGE_INTERNAL_H
#define GOX_VOXEL_IMAGE_INTERNAL_H

#include "voxel/image.h"

/* Frees what the image holds, but not itself. */
void gox__image_fini(struct gox_image *img);

/* Makes it a plain voxel layer with these voxels. */
void gox__layer_take_volume(struct gox_layer *layer, gox_volume *own_volume);

/* Layers sorted by id, for following many clones. */
struct gox_layer_index {
    const struct gox_layer **by_id;
    size_t count;
};
int gox__layer_index_init(struct gox_layer_index *index,
        const struct gox_image *img) GOX_MUST_CHECK;
void gox__layer_index_fini(struct gox_layer_index *index);

/* gox_image_evaluate_layer with an index made before. */
int gox__evaluate_layer(const struct gox_image *img,
        const struct gox_layer_index *index, const struct gox_layer *layer,
        gox_volume **result, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

/* src moved by mat, as a clone shows it. */
int gox__volume_transform(const gox_volume *src, const struct gox_mat4 *mat,
        gox_volume **result, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

/* Voxels of a shape inside `bounds` (the empty box: no bounds). */
int gox__shape_evaluate(const struct gox_layer *layer, struct gox_bbox bounds,
        gox_volume **result, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

/* Whether an empty top erases the bottom, so that all of the bottom's blocks
 * must be looked at; else only the top's. */
bool gox__blend_is_masking(enum gox_blend mode);
/* Whether the result is the top where the bottom is empty; else it is empty. */
bool gox__blend_is_adding(enum gox_blend mode);

/* Blends top, its alpha scaled by opacity / 255, onto bottom (NULL: empty).
 * *result is NULL for an empty block, else a reference. */
int gox__block_blend(enum gox_blend mode, const gox_block *bottom,
        const gox_block *top, unsigned opacity,
        gox_block **result) GOX_MUST_CHECK;

/* Blends a whole volume onto bottom, in place. */
int gox__volume_blend(enum gox_blend mode, gox_volume *bottom,
        const gox_volume *top, unsigned opacity, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
