/* SPDX-License-Identifier: Apache-2.0
 * Reading the camera, options and views of a rendering. */
#include "daemon/api/render_options.h"

#include "rpc/params.h"

#include <math.h>

#define MAX_DISTANCE 1e8 /* world units; far beyond the grid */

static void read_vector(struct gox_reader *r, double out[3])
{
    size_t n = 0;
    gox_reader_array(r);
    while (gox_reader_element(r)) {
        double value = gox_reader_number(r);
        if (n == 3 || !(fabs(value) <= MAX_DISTANCE)) {
            gox_reader_fail(r, GOX_ERR_PARAMS,
                    "expected three numbers, each within +/-1e8");
            return;
        }
        out[n++] = value;
    }
    if (n < 3)
        gox_reader_fail(r, GOX_ERR_PARAMS, "expected three numbers");
}

static double read_range(struct gox_reader *r, double min, double max)
{
    double value = gox_reader_number(r);
    if (!(value >= min && value <= max))
        gox_reader_fail(
                r, GOX_ERR_PARAMS, "expected a number from %g to %g", min, max);
    return value;
}

enum { POSITION, TARGET, UP, FOV, ORTHO };
static const char *const CAMERA_NAMES[] = {
        "position", "target", "up", "fov", "ortho"};

static void read_camera_field(
        struct gox_reader *r, int field, struct gox_render_camera *cam)
{
    switch (field) {
    case POSITION:
        read_vector(r, cam->position);
        return;
    case TARGET:
        read_vector(r, cam->target);
        return;
    case UP:
        read_vector(r, cam->up);
        return;
    case FOV:
        cam->fov_degrees = read_range(r, 1, 170);
        return;
    default:
        cam->ortho_height = read_range(r, 1e-3, MAX_DISTANCE);
        cam->fov_degrees = 0;
    }
}

int gox_api_render_camera(
        struct gox_call *call, size_t i, struct gox_api_render *spec)
{
    struct gox_slice text = gox_call_slice(call, i);
    if (text.data == NULL)
        return 0;
    struct gox_render_camera cam = {.up = {0, 0, 1}, .fov_degrees = 20};
    struct gox_reader r;
    uint64_t seen = 0;
    int field;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_object(&r);
    while ((field = gox_reader_field(&r, CAMERA_NAMES, 5, &seen)) >= 0)
        read_camera_field(&r, field, &cam);
    uint64_t both = UINT64_C(1) << FOV | UINT64_C(1) << ORTHO;
    if (gox_reader_error(&r) == 0 && (seen & 1) == 0)
        gox_reader_fail(&r, GOX_ERR_PARAMS, "a camera needs position");
    if (gox_reader_error(&r) == 0 && (seen & both) == both)
        gox_reader_fail(
                &r, GOX_ERR_PARAMS, "a camera has fov or ortho, not both");
    if (gox_reader_error(&r) < 0)
        return gox_call_fail_reader(call, i, &r);
    spec->has_camera = true;
    spec->camera = cam;
    return 0;
}

enum {
    RETURN_MODE,
    BACKGROUND,
    TRANSPARENT,
    SAMPLES,
    SHADOWS,
    OCCLUSION,
    EDGES,
    IS_ORTHO
};
static const char *const OPTION_NAMES[] = {"return_mode", "background_color",
        "transparent", "samples", "shadows", "ambient_occlusion", "edges",
        "ortho"};

static void read_return_mode(struct gox_reader *r, enum gox_return_mode *mode)
{
    static const char *const names[] = {"file", "file_path", "base64"};
    struct gox_slice raw = gox_reader_skip(r);
    if (raw.len >= 2 && raw.data[0] == '"') {
        struct gox_slice text = {raw.data + 1, raw.len - 2};
        for (int i = 0; i < 3; i++)
            if (gox_slice_equals_json(text, names[i])) {
                *mode = (enum gox_return_mode)i;
                return;
            }
    }
    gox_reader_fail(r, GOX_ERR_PARAMS,
            "return_mode is \"file\", \"file_path\" or \"base64\"");
}

static void read_option(
        struct gox_reader *r, int field, struct gox_api_render *spec)
{
    struct gox_render_options *opts = &spec->options;
    switch (field) {
    case RETURN_MODE:
        read_return_mode(r, &spec->return_mode);
        return;
    case BACKGROUND:
        if (!gox_param_read_color(r, gox_rgba_parse, &opts->background))
            gox_reader_fail(r, GOX_ERR_PARAMS, "background_color is no colour");
        return;
    case TRANSPARENT:
        opts->is_transparent = gox_reader_bool(r);
        return;
    case SAMPLES:
        opts->samples = gox_reader_i32(r, 1, 4);
        return;
    case SHADOWS:
        opts->shadows = gox_reader_bool(r);
        return;
    case OCCLUSION:
        opts->ambient_occlusion = gox_reader_bool(r);
        return;
    case EDGES:
        opts->edges = gox_reader_bool(r);
        return;
    default:
        spec->is_ortho = gox_reader_bool(r);
    }
}

int gox_api_render_options(
        struct gox_call *call, size_t i, struct gox_api_render *spec)
{
    struct gox_slice text = gox_call_slice(call, i);
    if (text.data == NULL)
        return 0;
    struct gox_reader r;
    uint64_t seen = 0;
    int field;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_object(&r);
    while ((field = gox_reader_field(&r, OPTION_NAMES,
                    sizeof OPTION_NAMES / sizeof OPTION_NAMES[0], &seen)) >= 0)
        read_option(&r, field, spec);
    return gox_reader_error(&r) < 0 ? gox_call_fail_reader(call, i, &r) : 0;
}

int gox_api_render_views(
        struct gox_call *call, size_t i, struct gox_api_render *spec)
{
    struct gox_slice text = gox_call_slice(call, i);
    if (text.data == NULL)
        return 0;
    struct gox_reader r;
    gox_reader_init(&r, text.data, text.len, &call->err);
    gox_reader_array(&r);
    while (gox_reader_element(&r)) {
        struct gox_slice raw = gox_reader_skip(&r);
        int view = raw.len >= 2 && raw.data[0] == '"'
                           ? gox_view_find(raw.data + 1, raw.len - 2)
                           : -1;
        if (view < 0 || spec->view_count == GOX_API_MAX_VIEWS)
            return gox_call_fail_param(call, i, "up to 16 names of views",
                    "view %zu is not front, back, left, right, top, bottom or "
                    "isometric, or is one too many",
                    spec->view_count);
        spec->views[spec->view_count++] = (enum gox_view)view;
    }
    if (gox_reader_error(&r) < 0)
        return gox_call_fail_reader(call, i, &r);
    if (spec->view_count == 0)
        return gox_call_fail_param(
                call, i, "up to 16 names of views", "views is empty");
    return 0;
}
