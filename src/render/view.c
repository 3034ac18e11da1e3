/* SPDX-License-Identifier: Apache-2.0
 * Cameras: the named views, and the base that rays are made from.
 *
 * Invariant: x is to the right in front, top and bottom, y to the right in
 * right; z is up in all but top and bottom. */
#include "render/view_internal.h"

#include <string.h>

#define PI           3.14159265358979323846
#define FOV_MAX      170.0
#define POSITION_MAX 1e9

static const char *const view_names[] = {
#define VIEW_NAME(name, text) text,
        GOX_VIEW_LIST(VIEW_NAME)
#undef VIEW_NAME
};

const char *gox_view_name(enum gox_view view)
{
    return (unsigned)view < GOX_VIEW_COUNT ? view_names[view] : "";
}

int gox_view_find(const char *name, size_t len)
{
    for (int i = 0; i < GOX_VIEW_COUNT; i++)
        if (strlen(view_names[i]) == len &&
                memcmp(view_names[i], name, len) == 0)
            return i;
    return -1;
}

void gox__view_axes(enum gox_view view, double forward[3], double up[3])
{
    static const struct {
        signed char forward[3], up[3];
    } axes[GOX_VIEW_COUNT] = {
            [GOX_VIEW_FRONT] = {{0, 1, 0}, {0, 0, 1}},
            [GOX_VIEW_BACK] = {{0, -1, 0}, {0, 0, 1}},
            [GOX_VIEW_LEFT] = {{1, 0, 0}, {0, 0, 1}},
            [GOX_VIEW_RIGHT] = {{-1, 0, 0}, {0, 0, 1}},
            [GOX_VIEW_TOP] = {{0, 0, -1}, {0, 1, 0}},
            [GOX_VIEW_BOTTOM] = {{0, 0, 1}, {0, -1, 0}},
            [GOX_VIEW_ISOMETRIC] = {{-1, 1, -1}, {0, 0, 1}},
    };
    if ((unsigned)view >= GOX_VIEW_COUNT)
        view = GOX_VIEW_FRONT;
    for (int a = 0; a < 3; a++) {
        forward[a] = axes[view].forward[a];
        up[a] = axes[view].up[a];
    }
    gox__normalize(forward);
}

void gox__view_turn(double angle, double *sine, double *cosine)
{
    double x = angle - 2 * PI * floor(angle / (2 * PI) + 0.5);
    /* Taylor's series on -pi ... pi; the 14th term is below 1e-15. */
    double s = x;
    double c = 1;
    double power = 1;
    *sine = 0;
    *cosine = 0;
    for (int n = 1; n < 29; n += 2) {
        *cosine += c;
        *sine += s;
        power = -x * x;
        c *= power / (n * (n + 1));
        s *= power / ((n + 1) * (n + 2));
    }
}

/* right, up and forward at right angles, from forward and about up. */
static bool make_base(struct gox__view *view, const double up[3])
{
    static const double others[2][3] = {{0, 0, 1}, {0, 1, 0}};
    memcpy(view->up, up, sizeof(view->up));
    for (int i = 0;; i++) {
        gox__cross(view->forward, view->up, view->right);
        if (gox__normalize(view->up) && gox__normalize(view->right) &&
                fabs(gox__dot(view->forward, view->up)) < 1 - 1e-9)
            break;
        if (i == 2)
            return false;
        memcpy(view->up, others[i], sizeof(view->up));
    }
    gox__cross(view->right, view->forward, view->up);
    return gox__normalize(view->up);
}

void gox__view_preset(struct gox__view *view, enum gox_view preset)
{
    double up[3];
    gox__view_axes(preset, view->forward, up);
    make_base(view, up);
}

static bool is_position(const double p[3])
{
    for (int a = 0; a < 3; a++)
        if (!(fabs(p[a]) <= POSITION_MAX))
            return false;
    return true;
}

static int set_scale(struct gox__view *view,
        const struct gox_render_camera *cam, int width, int height,
        struct gox_error *err)
{
    view->is_ortho = cam->fov_degrees == 0;
    if (view->is_ortho) {
        if (!(cam->ortho_height > 0 && cam->ortho_height <= POSITION_MAX))
            return gox_error_set(err, GOX_ERR_RANGE,
                    "the camera cannot be used: an orthographic height of %g "
                    "is not in 0 ... %g; give the height of the picture in "
                    "voxels",
                    cam->ortho_height, POSITION_MAX);
        view->half_height = cam->ortho_height * 0.5;
    } else {
        if (!(cam->fov_degrees > 0 && cam->fov_degrees <= FOV_MAX))
            return gox_error_set(err, GOX_ERR_RANGE,
                    "the camera cannot be used: a field of view of %g degrees "
                    "is not in 0 ... %g; 0 is orthographic",
                    cam->fov_degrees, FOV_MAX);
        double sine, cosine;
        gox__view_turn(cam->fov_degrees * PI / 360, &sine, &cosine);
        view->half_height = sine / cosine;
    }
    view->half_width = view->half_height * width / height;
    view->pixel = 2 * view->half_height / height;
    return 0;
}

int gox__view_init(struct gox__view *view, const struct gox_render_camera *cam,
        int width, int height, struct gox_error *err)
{
    if (!is_position(cam->position) || !is_position(cam->target) ||
            !is_position(cam->up))
        return gox_error_set(err, GOX_ERR_RANGE,
                "the camera cannot be used: a coordinate is not in -%g ... %g",
                POSITION_MAX, POSITION_MAX);
    for (int a = 0; a < 3; a++) {
        view->org[a] = cam->position[a];
        view->forward[a] = cam->target[a] - cam->position[a];
    }
    if (!gox__normalize(view->forward) || !make_base(view, cam->up))
        return gox_error_set(err, GOX_ERR_RANGE,
                "the camera cannot be used: position and target are the same "
                "point, so there is no direction to look in");
    return set_scale(view, cam, width, height, err);
}
