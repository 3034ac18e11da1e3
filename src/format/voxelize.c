/* SPDX-License-Identifier: Apache-2.0
 * Triangles to voxels of their surface. A voxel is set when the surface crosses
 * one of the three lines through its middle, from face to face. So the result
 * is thin and yet without holes: a path over faces cannot pass through a closed
 * surface. Thin needles between the lines are drawn along their longest edge.
 *
 * The size: opts->scale other than 1 divides by it; else voxelize_size is the
 * longest side; else a mesh whose coordinates are all near integers keeps them
 * (so that our own exports come back where they were); else 64. A mesh that is
 * fitted begins at the origin.
 *
 * A surface that lies exactly between voxels belongs to the voxel behind it,
 * seen from where it faces; that is how our own exports come back exactly. */
#include "base/alloc.h"
#include "format/mesh_in.h"

#include <math.h>
#include <stdio.h>

#define DEFAULT_SIZE 64
#define MAX_SIZE     4096
/* How far a surface is moved back, and how far outside a triangle a middle may
 * be by rounding, in voxels. */
#define BEHIND       1e-4
#define SLACK        1e-7
#define NEAR_INTEGER 1e-3
/* A longer mesh is fitted even when its coordinates are integers: those are
 * millimetres rather than voxels. */
#define MAX_UNFITTED 16384
/* Middles to look at: some tens of seconds at worst; a mesh of a million
 * triangles at 4096 voxels needs far fewer. */
#define MAX_SAMPLES (UINT64_C(1) << 32)
#define CHECK_EVERY (UINT64_C(1) << 20)

/* The default colour of a surface without any. */
#define GREY UINT32_C(0xffc0c0c0)

struct voxelizer {
    const struct gox__trimesh *mesh;
    bool is_y_up;
    double scale, offset[3]; /* voxel = position * scale + offset */
    bool is_fitted;
    int32_t size[3]; /* when fitted: voxels are 0 ... size - 1 */
    struct gox__sink sink;
    uint64_t samples, next_check;
    size_t done; /* triangles */
    struct gox_task *task;
    struct gox_error *err;
};

/* One triangle in voxel space. */
struct face {
    double p[3][3];
    double normal[3];
    const struct gox__triangle *source;
};

/* ---- placing ---- */

/* Turns y-up into z-up: (x, y, z) becomes (x, -z, y). */
static void orient(const struct voxelizer *z, const double in[3], double out[3])
{
    out[0] = in[0];
    out[1] = z->is_y_up ? -in[2] : in[1];
    out[2] = z->is_y_up ? in[1] : in[2];
}

static void to_voxels(const struct voxelizer *z, uint32_t vertex, double out[3])
{
    orient(z, z->mesh->vertices[vertex].pos, out);
    for (int i = 0; i < 3; i++)
        out[i] = out[i] * z->scale + z->offset[i];
}

struct extent {
    double min[3], max[3];
    double longest;
    bool is_near_integers;
};

static void measure(const struct voxelizer *z, struct extent *e)
{
    *e = (struct extent){.is_near_integers = true};
    for (size_t i = 0; i < z->mesh->vertex_count; i++) {
        double p[3];
        orient(z, z->mesh->vertices[i].pos, p);
        for (int k = 0; k < 3; k++) {
            e->min[k] = i == 0 || p[k] < e->min[k] ? p[k] : e->min[k];
            e->max[k] = i == 0 || p[k] > e->max[k] ? p[k] : e->max[k];
            if (fabs(p[k] - round(p[k])) > NEAR_INTEGER)
                e->is_near_integers = false;
        }
    }
    for (int k = 0; k < 3; k++)
        e->longest = fmax(e->longest, e->max[k] - e->min[k]);
}

static int choose_size(struct voxelizer *z,
        const struct gox_format_options *opts, struct gox_error *err)
{
    struct extent e;
    int size = opts->voxelize_size;
    measure(z, &e);
    if (size < 0 || size > MAX_SIZE)
        return gox_error_set(err, GOX_ERR_RANGE,
                "the size to voxelise to is %d; give 1 ... %d voxels, or 0 for "
                "a default",
                size, MAX_SIZE);
    if (!(opts->scale > 0.0f) || !isfinite(opts->scale))
        return gox_error_set(err, GOX_ERR_RANGE,
                "scale is %g; give world units a voxel above 0",
                (double)opts->scale);
    if (opts->scale != 1.0f ||
            (size == 0 && e.is_near_integers && e.longest <= MAX_UNFITTED)) {
        z->scale = 1.0 / (double)opts->scale;
        return 0;
    }
    z->is_fitted = true;
    z->scale = (size > 0 ? size : DEFAULT_SIZE) / fmax(e.longest, 1e-30);
    for (int k = 0; k < 3; k++) {
        double side = (e.max[k] - e.min[k]) * z->scale;
        z->offset[k] = -e.min[k] * z->scale;
        z->size[k] = (int32_t)fmax(ceil(side - BEHIND), 1.0);
    }
    if (!isfinite(z->scale) || !isfinite(z->offset[0]) ||
            !isfinite(z->offset[1]) || !isfinite(z->offset[2]))
        return gox_error_set(err, GOX_ERR_RANGE,
                "the mesh is %g units long, which is too far out to fit",
                e.longest);
    return 0;
}

/* ---- colour ---- */

static gox_rgba sample_picture(
        const struct gox_pixels *picture, double u, double v)
{
    double x = (u - floor(u)) * picture->width;
    double y = (1.0 - (v - floor(v))) * picture->height;
    int ix = (int)x, iy = (int)y;
    ix = ix < 0 ? 0 : ix >= picture->width ? picture->width - 1 : ix;
    iy = iy < 0 ? 0 : iy >= picture->height ? picture->height - 1 : iy;
    return picture->data[(size_t)iy * (size_t)picture->width + (size_t)ix];
}

static gox_rgba mix_vertices(
        const struct gox__trimesh *mesh, const uint32_t v[3], const double w[3])
{
    double sum[4] = {0, 0, 0, 0};
    for (int i = 0; i < 3; i++) {
        uint8_t c[4];
        gox_rgba_store(mesh->vertices[v[i]].color, c);
        for (int k = 0; k < 4; k++)
            sum[k] += w[i] * c[k];
    }
    uint8_t c[4];
    for (int k = 0; k < 4; k++)
        c[k] = gox__unit_to_byte(sum[k] / 255.0);
    return gox_rgba_load(c);
}

static gox_rgba multiply_alpha(gox_rgba color, uint8_t alpha)
{
    unsigned a = (gox_rgba_a(color) * (unsigned)alpha + 127) / 255;
    return (color & 0xffffffu) | (gox_rgba)a << 24;
}

/* The colour at a point with these shares of the corners: the picture, else the
 * face, else the corners, else the material, else grey. 0 where a picture is
 * fully transparent. */
static gox_rgba color_at(const struct gox__trimesh *mesh,
        const struct gox__triangle *t, const double w[3])
{
    const struct gox__tri_material *m =
            t->material != GOX__NO_INDEX ? &mesh->materials[t->material] : NULL;
    uint8_t alpha = m != NULL ? gox_rgba_a(m->color) : 255;
    if (m != NULL && m->picture.data != NULL && t->t[0] != GOX__NO_INDEX &&
            t->t[1] != GOX__NO_INDEX && t->t[2] != GOX__NO_INDEX) {
        double u = 0, v = 0;
        for (int i = 0; i < 3; i++) {
            u += w[i] * (double)mesh->texels[t->t[i]][0];
            v += w[i] * (double)mesh->texels[t->t[i]][1];
        }
        if (isfinite(u) && isfinite(v))
            return multiply_alpha(sample_picture(&m->picture, u, v), alpha);
    }
    if (t->color != 0)
        return t->color;
    if (mesh->vertices[t->v[0]].color != 0)
        return multiply_alpha(mix_vertices(mesh, t->v, w), alpha);
    return m != NULL ? m->color : GREY;
}

/* ---- surface ---- */

static int put_voxel(struct voxelizer *z, const struct face *f,
        const double at[3], const double w[3])
{
    struct gox_pos pos;
    int32_t *to[3] = {&pos.x, &pos.y, &pos.z};
    for (int i = 0; i < 3; i++) {
        double v = floor(at[i]);
        if (z->is_fitted)
            v = fmin(fmax(v, 0.0), (double)(z->size[i] - 1));
        else if (!(v >= -GOX_COORD_MAX && v < GOX_COORD_MAX)) {
            z->sink.clipped++;
            return 0;
        }
        *to[i] = (int32_t)v;
    }
    gox_rgba color = color_at(z->mesh, f->source, w);
    return gox_rgba_a(color) > 0 ? gox__sink_put(&z->sink, pos, color) : 0;
}

static int too_much(const struct voxelizer *z)
{
    return gox_error_set(z->err, GOX_ERR_TOO_LARGE,
            "the mesh has too much surface at this size; choose a smaller one");
}

static int count_samples(struct voxelizer *z, double more)
{
    if (more > (double)MAX_SAMPLES || z->samples + (uint64_t)more > MAX_SAMPLES)
        return too_much(z);
    z->samples += (uint64_t)more;
    if (z->samples < z->next_check)
        return 0;
    z->next_check = z->samples + CHECK_EVERY;
    gox_task_progress(z->task, z->done, z->mesh->triangle_count);
    return gox_task_check(z->task, z->err);
}

/* A triangle seen along an axis: u, v in the picture, w is the depth. */
struct view {
    int u, v, w;
    double area2; /* twice the area, with sign */
    double min_w, max_w;
    double behind;
};

static double edge(const struct face *f, const struct view *view, int i, int k,
        double u, double v)
{
    const double *a = f->p[i], *b = f->p[k];
    return (b[view->u] - a[view->u]) * (v - a[view->v]) -
           (b[view->v] - a[view->v]) * (u - a[view->u]);
}

/* Where the line v crosses the triangle: [*u0, *u1]. */
static bool cross_row(const struct face *f, const struct view *view, double v,
        double *u0, double *u1)
{
    *u0 = INFINITY;
    *u1 = -INFINITY;
    for (int i = 0; i < 3; i++) {
        const double *a = f->p[i], *b = f->p[(i + 1) % 3];
        double va = a[view->v] - v, vb = b[view->v] - v;
        if ((va > SLACK && vb > SLACK) || (va < -SLACK && vb < -SLACK))
            continue;
        double step = va - vb;
        double t = fabs(step) > SLACK ? fmin(fmax(va / step, 0), 1) : 0;
        double u = a[view->u] + t * (b[view->u] - a[view->u]);
        *u0 = fmin(*u0, u);
        *u1 = fmax(*u1, u);
        if (fabs(step) <= SLACK) { /* the edge lies on the line */
            *u0 = fmin(*u0, b[view->u]);
            *u1 = fmax(*u1, b[view->u]);
        }
    }
    return *u0 <= *u1;
}

/* Middles from a to b, as far as the grid goes. */
static void clip_middles(double a, double b, double *first, double *last)
{
    *first = fmax(ceil(a - 0.5 - SLACK), -GOX_COORD_MAX);
    *last = fmin(floor(b - 0.5 + SLACK), GOX_COORD_MAX);
}

static int fill_row(struct voxelizer *z, const struct face *f,
        const struct view *view, double v)
{
    double u0, u1, first, last;
    if (!cross_row(f, view, v, &u0, &u1))
        return 0;
    clip_middles(u0, u1, &first, &last);
    int rc = count_samples(z, fmax(last - first + 1, 0) + 1);
    for (double at = first; at <= last && rc == 0; at += 1) {
        double u = at + 0.5, point[3];
        double w[3] = {edge(f, view, 1, 2, u, v) / view->area2,
                edge(f, view, 2, 0, u, v) / view->area2, 0};
        w[2] = 1 - w[0] - w[1];
        double depth = w[0] * f->p[0][view->w] + w[1] * f->p[1][view->w] +
                       w[2] * f->p[2][view->w];
        depth = fmin(fmax(depth, view->min_w), view->max_w);
        point[view->u] = u;
        point[view->v] = v;
        point[view->w] = depth - view->behind;
        rc = put_voxel(z, f, point, w);
    }
    return rc;
}

static int fill_view(struct voxelizer *z, const struct face *f, int axis)
{
    struct view view = {.u = (axis + 1) % 3, .v = (axis + 2) % 3, .w = axis};
    view.area2 = f->normal[axis];
    if (fabs(view.area2) < 1e-9)
        return 0;
    view.behind = view.area2 > 0 ? BEHIND : -BEHIND;
    double min_v = f->p[0][view.v], max_v = min_v;
    view.min_w = view.max_w = f->p[0][view.w];
    for (int i = 1; i < 3; i++) {
        min_v = fmin(min_v, f->p[i][view.v]);
        max_v = fmax(max_v, f->p[i][view.v]);
        view.min_w = fmin(view.min_w, f->p[i][view.w]);
        view.max_w = fmax(view.max_w, f->p[i][view.w]);
    }
    double first, last;
    clip_middles(min_v, max_v, &first, &last);
    int rc = 0;
    for (double v = first; v <= last && rc == 0; v += 1) {
        rc = count_samples(z, 1);
        if (rc == 0)
            rc = fill_row(z, f, &view, v + 0.5);
    }
    return rc;
}

/* Draws the longest edge of a needle, which middles would meet only here and
 * there. */
static int draw_needle(struct voxelizer *z, const struct face *f)
{
    int longest = 0;
    double length = 0;
    for (int i = 0; i < 3; i++) {
        const double *a = f->p[i], *b = f->p[(i + 1) % 3];
        double n = sqrt((b[0] - a[0]) * (b[0] - a[0]) +
                        (b[1] - a[1]) * (b[1] - a[1]) +
                        (b[2] - a[2]) * (b[2] - a[2]));
        longest = n > length ? i : longest;
        length = fmax(length, n);
    }
    double area2 =
            sqrt(f->normal[0] * f->normal[0] + f->normal[1] * f->normal[1] +
                    f->normal[2] * f->normal[2]);
    if (length < 1 || area2 / length >= 0.5)
        return 0;
    double steps = ceil(length * 4);
    int rc = count_samples(z, steps);
    for (double i = 0; i <= steps && rc == 0; i++) {
        const double *a = f->p[longest], *b = f->p[(longest + 1) % 3];
        double t = i / steps, at[3], w[3] = {0, 0, 0};
        for (int k = 0; k < 3; k++)
            at[k] = a[k] + t * (b[k] - a[k]);
        w[longest] = 1 - t;
        w[(longest + 1) % 3] = t;
        rc = put_voxel(z, f, at, w);
    }
    return rc;
}

static void make_face(const struct voxelizer *z, const struct gox__triangle *t,
        struct face *f)
{
    f->source = t;
    for (int i = 0; i < 3; i++)
        to_voxels(z, t->v[i], f->p[i]);
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        f->normal[k] = (f->p[1][u] - f->p[0][u]) * (f->p[2][v] - f->p[0][v]) -
                       (f->p[1][v] - f->p[0][v]) * (f->p[2][u] - f->p[0][u]);
    }
}

/* Refuses before it works: the middles to look at are about the areas seen
 * along the three axes. */
static int check_area(const struct voxelizer *z)
{
    double area = 0;
    for (size_t i = 0; i < z->mesh->triangle_count; i++) {
        struct face f;
        make_face(z, &z->mesh->triangles[i], &f);
        area += (fabs(f.normal[0]) + fabs(f.normal[1]) + fabs(f.normal[2])) / 2;
    }
    if (!isfinite(area))
        return gox_error_set(z->err, GOX_ERR_RANGE,
                "the mesh has coordinates that are too far out");
    return area > (double)MAX_SAMPLES ? too_much(z) : 0;
}

static int fill_triangle(struct voxelizer *z, const struct gox__triangle *t)
{
    struct face f;
    make_face(z, t, &f);
    int rc = count_samples(z, 1);
    for (int axis = 0; axis < 3 && rc == 0; axis++)
        rc = fill_view(z, &f, axis);
    return rc == 0 ? draw_needle(z, &f) : rc;
}

/* A mesh without faces is a cloud of points. */
static int fill_points(struct voxelizer *z)
{
    static const double one[3] = {1, 0, 0};
    int rc = 0;
    for (uint32_t i = 0; i < z->mesh->vertex_count && rc == 0; i++) {
        struct gox__triangle t = {.v = {i, i, i},
                .t = {GOX__NO_INDEX, GOX__NO_INDEX, GOX__NO_INDEX},
                .material = GOX__NO_INDEX};
        struct face f = {.source = &t};
        double at[3];
        to_voxels(z, i, at);
        rc = count_samples(z, 1);
        if (rc == 0)
            rc = put_voxel(z, &f, at, one);
    }
    return rc;
}

static int fill_all(struct voxelizer *z)
{
    int rc = z->mesh->triangle_count == 0 ? fill_points(z) : check_area(z);
    for (; z->done < z->mesh->triangle_count && rc == 0; z->done++)
        rc = fill_triangle(z, &z->mesh->triangles[z->done]);
    return rc == 0 ? gox__sink_flush(&z->sink) : rc;
}

int gox__voxelize(struct gox_image *img, const struct gox__trimesh *mesh,
        const struct gox_format_options *opts, enum gox_up default_up,
        struct gox_format_report *report, struct gox_task *task,
        struct gox_error *err)
{
    struct gox_layer *layer = gox_image_add_layer(img, "Mesh");
    struct voxelizer z = {.mesh = mesh, .task = task, .err = err};
    if (layer == NULL)
        return GOX_ERR_NOMEM;
    z.is_y_up = (opts->has_up ? opts->up : default_up) == GOX_UP_Y;
    z.next_check = CHECK_EVERY;
    int rc = choose_size(&z, opts, err);
    if (rc == 0)
        rc = gox__sink_init(&z.sink, layer->volume);
    if (rc < 0)
        return rc;
    rc = fill_all(&z);
    report->voxels = rc == 0 ? gox_volume_solid(layer->volume) : 0;
    report->faces = mesh->triangle_count;
    report->models = 1;
    report->clipped = z.sink.clipped;
    gox__sink_fini(&z.sink);
    return rc;
}
