/* SPDX-License-Identifier: Apache-2.0
 * A whole model: layers from bottom to top, and what a file keeps beside them
 * (cameras, materials, light, the image box).
 *
 * Invariants: at least one layer; layer ids are unique and below next_id;
 * active is a valid index. A dup costs a few pointers per layer and may be read
 * on another thread while the original changes. */
#ifndef GOX_VOXEL_IMAGE_H
#define GOX_VOXEL_IMAGE_H

#include "base/task.h"
#include "voxel/layer.h"

struct gox_material {
    char name[128];
    float color[4]; /* base colour, A = opacity, 0 ... 1 */
    float metallic, roughness;
    float emission[3];
};

struct gox_camera {
    char name[128];
    bool is_ortho;
    float distance;
    struct gox_mat4 mat; /* camera to world, looks along its -Z, Y up */
};

struct gox_light {
    float pitch, yaw; /* radians */
    float intensity, ambient, shadow;
    bool is_fixed; /* moves with the camera */
};

struct gox_image {
    struct gox_layer **layers; /* bottom first, owned */
    size_t layer_count, layer_capacity;
    size_t active; /* index into layers */
    int next_id;
    bool has_box;
    struct gox_bbox box;
    struct gox_material *materials;
    size_t material_count, material_capacity;
    struct gox_camera *cameras;
    size_t camera_count, camera_capacity;
    size_t active_camera; /* camera_count when none */
    struct gox_light light;
    bool has_light; /* false: defaults, not from a file */
};

#define GOX_IMAGE_MAX_LAYERS 65536

/* One empty layer "Layer 1" with id 1; default light. NULL when out of memory.
 */
struct gox_image *gox_image_new(void);
/* An image with no layer at all, for readers that fill it; they must end with
 * at least one (gox_image_finish adds an empty one when there is none). */
struct gox_image *gox_image_new_empty(void);
int gox_image_finish(struct gox_image *img) GOX_MUST_CHECK;
struct gox_image *gox_image_dup(const struct gox_image *img);
void gox_image_free(struct gox_image *img); /* NULL is fine */

/* Appends an own layer at `index` (layer_count: on top); takes own_layer over
 * also on failure. An id of 0 is replaced by next_id. 0, GOX_ERR_NOMEM,
 * GOX_ERR_EXISTS (the id is taken), GOX_ERR_TOO_LARGE. */
int gox_image_put_layer(struct gox_image *img, struct gox_layer *own_layer,
        size_t index) GOX_MUST_CHECK;
/* A new voxel layer on top, made active; borrowed. NULL when out of memory. */
struct gox_layer *gox_image_add_layer(struct gox_image *img, const char *name);
/* Removes and frees the layer at index; the last one is not removed
 * (GOX_ERR_RANGE). Clones of it become plain voxel layers first. */
int gox_image_delete_layer(struct gox_image *img, size_t index) GOX_MUST_CHECK;
int gox_image_move_layer(
        struct gox_image *img, size_t from, size_t to) GOX_MUST_CHECK;

/* Borrowed; NULL when not found. */
struct gox_layer *gox_image_find_layer(const struct gox_image *img, int id);
struct gox_layer *gox_image_find_layer_name(
        const struct gox_image *img, const char *name, size_t len);
struct gox_layer *gox_image_active_layer(const struct gox_image *img);
/* SIZE_MAX when the layer is not of this image. */
size_t gox_image_layer_index(
        const struct gox_image *img, const struct gox_layer *layer);

/* Appends a copy; 0 or GOX_ERR_NOMEM. */
int gox_image_add_material(
        struct gox_image *img, const struct gox_material *mat) GOX_MUST_CHECK;
int gox_image_add_camera(
        struct gox_image *img, const struct gox_camera *cam) GOX_MUST_CHECK;

/* The voxels of one layer with clones followed and shapes made, as a new
 * volume (gox_volume_free); opacity and blend are not applied. A clone of a
 * clone composes; a cycle gives GOX_ERR_FORMAT. Rules: voxel-formats 1.6. */
int gox_image_evaluate_layer(const struct gox_image *img,
        const struct gox_layer *layer, gox_volume **result,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* All visible layers merged bottom to top with their blend modes and opacity,
 * as a new volume; alpha is kept (exports drop alpha < GOX_ALPHA_SOLID). Shares
 * blocks where only one layer has them. */
int gox_image_composite(const struct gox_image *img, gox_volume **result,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* Merges layer `top` onto layer `bottom` (volumes, with top's blend mode), then
 * removes top. */
int gox_image_merge_layers(struct gox_image *img, size_t top, size_t bottom,
        struct gox_error *err) GOX_MUST_CHECK;

/* One voxel of the composite by the same rules. */
gox_rgba gox_blend_rgba(enum gox_blend mode, gox_rgba bottom, gox_rgba top);

/* Sum of solid voxels over the layers' own volumes. */
uint64_t gox_image_solid(const struct gox_image *img);

bool gox_image_is_sane(const struct gox_image *img);

#endif
