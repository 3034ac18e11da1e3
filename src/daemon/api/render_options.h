/* SPDX-License-Identifier: Apache-2.0
 * The camera, options and views that a client may give to a rendering. */
#ifndef GOX_DAEMON_API_RENDER_OPTIONS_H
#define GOX_DAEMON_API_RENDER_OPTIONS_H

#include "daemon/api.h"
#include "render/render.h"

#define GOX_API_MAX_VIEWS 16

enum gox_return_mode {
    GOX_RETURN_FILE,
    GOX_RETURN_FILE_PATH, /* registered, with size and checksum */
    GOX_RETURN_BASE64     /* in the answer, no file */
};

struct gox_api_render {
    struct gox_render_options options;
    bool has_camera;
    struct gox_render_camera camera;
    int preset; /* enum gox_view, -1: none given */
    bool is_ortho;
    enum gox_view views[GOX_API_MAX_VIEWS];
    size_t view_count; /* 0: one picture */
    enum gox_return_mode return_mode;
};

/* Each reads the raw value of parameter i into spec; absent changes nothing. */
int gox_api_render_camera(struct gox_call *call, size_t i,
        struct gox_api_render *spec) GOX_MUST_CHECK;
int gox_api_render_options(struct gox_call *call, size_t i,
        struct gox_api_render *spec) GOX_MUST_CHECK;
int gox_api_render_views(struct gox_call *call, size_t i,
        struct gox_api_render *spec) GOX_MUST_CHECK;

#endif
