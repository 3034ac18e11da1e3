/* SPDX-License-Identifier: Apache-2.0
 * Pictures of a volume: a CPU ray caster over the blocks, on all cores, with no
 * display. The same input gives the same pixels on every machine and with any
 * number of threads.
 *
 * Threads: any; the volume must not be written through that handle meanwhile
 * (give it a dup). */
#ifndef GOX_RENDER_RENDER_H
#define GOX_RENDER_RENDER_H

#include "base/task.h"
#include "voxel/image.h"

#define GOX_RENDER_MAX_SIDE    16384 /* pixels */
#define GOX_RENDER_MAX_PIXELS  (64 << 20)
#define GOX_RENDER_MAX_SAMPLES 4  /* per side of a pixel */
#define GOX_RENDER_MAX_VIEWS   16 /* in a sheet */
#define GOX_RENDER_MAX_SURFACES                                                \
    32 /* blended along a ray; the last is solid                               \
        */

/* X(NAME, API name). */
#define GOX_VIEW_LIST(X)                                                       \
    X(FRONT, "front")                                                          \
    X(BACK, "back")                                                            \
    X(LEFT, "left")                                                            \
    X(RIGHT, "right")                                                          \
    X(TOP, "top")                                                              \
    X(BOTTOM, "bottom")                                                        \
    X(ISOMETRIC, "isometric")
enum gox_view {
#define GOX_VIEW_ENUM(name, text) GOX_VIEW_##name,
    GOX_VIEW_LIST(GOX_VIEW_ENUM)
#undef GOX_VIEW_ENUM
            GOX_VIEW_COUNT
};
const char *gox_view_name(enum gox_view view);
int gox_view_find(const char *name, size_t len); /* -1: none */

/* In world units (voxels). double, because coordinates up to 2^23 leave a float
 * no room for the fraction. up need not be square to the view; it is replaced
 * when it points along it. An orthographic picture shows everything on its
 * lines, also what lies behind position. */
struct gox_render_camera {
    double position[3], target[3], up[3];
    double fov_degrees;  /* vertical; 0: orthographic */
    double ortho_height; /* world units from bottom to top, when orthographic */
};

/* A camera that shows all of box with a margin of 6 %, for a picture of this
 * shape.
 * front looks along +Y (from -Y), right from +X, top from +Z; isometric is seen
 * from (+x, -y, +z). is_ortho false: perspective. */
void gox_render_frame(struct gox_render_camera *cam, enum gox_view view,
        struct gox_bbox box, int width, int height, bool is_ortho);
/* The same by the voxels themselves, which are often far from the corners of
 * their box: nothing is cut off, and the model is as large as it can be. */
void gox_render_frame_volume(struct gox_render_camera *cam, enum gox_view view,
        const gox_volume *vol, int width, int height, bool is_ortho);

struct gox_render_options {
    int width, height;
    gox_rgba background; /* exactly this colour where nothing is hit; alpha 0
                            with is_transparent */
    bool is_transparent;
    int samples; /* per side: 1 ... 4 (1, 4, 9, 16 rays a pixel) */
    bool shadows, ambient_occlusion, edges;
    struct gox_light light; /* pitch, yaw, intensity, ambient, shadow */
};
/* 512x512, opaque light grey background, 1 sample, shadows and ambient
 * occlusion on, edges off, the default sun. */
void gox_render_options_init(struct gox_render_options *opts);

/* Draws into pixels (width * height, from the top row), which the caller owns.
 * 0, GOX_ERR_RANGE (sizes, samples), GOX_ERR_NOMEM, GOX_ERR_CANCELLED. */
int gox_render_volume(gox_rgba *pixels, const gox_volume *vol,
        const struct gox_render_camera *cam,
        const struct gox_render_options *opts, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

/* Several views in one picture, each with its name and an axis gizmo. width
 * and height of opts are of the whole sheet. */
int gox_render_sheet(gox_rgba *pixels, const gox_volume *vol,
        const enum gox_view *views, size_t view_count, const char *title,
        const struct gox_render_options *opts, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
