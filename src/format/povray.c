/* SPDX-License-Identifier: Apache-2.0
 * A POV-Ray scene out: a mesh2 for each visible layer, the active camera (or
 * one that shows everything) and the sun.
 *
 * Invariant: coordinates are those of the grid, z up and right-handed; the
 * camera's "right" points the other way than POV-Ray's, which is how a
 * left-handed program shows a right-handed world. */
#include "base/alloc.h"
#include "format/formats_internal.h"
#include "format/mesh_parts.h"
#include "goxel/version.h"

#include <math.h>
#include <string.h>

/* The editor's cameras have no field of view of their own. */
#define FOV_DEGREES 20.0
#define ASPECT      "4/3"

struct pov {
    const struct gox_image *img;
    struct gox_mesh_parts parts;
    struct gox_mesh_place place;
    struct gox_mesh_texts texts;
    struct gox_mesh_vertices vertices; /* of the part being written */
    const struct gox_mesh_part *part;
    uint32_t *textures;   /* palette indices of the part, in first-use order */
    uint32_t *texture_of; /* palette index to texture + 1 of the part */
    size_t texture_count;
    double ambient;
};

static void put_vector(struct gox_output *out, const char *before,
        const double v[3], const char *after)
{
    gox_output_put_str(out, before);
    for (int i = 0; i < 3; i++) {
        char text[GOX_MESH_NUMBER_MAX + 1];
        gox_output_put_str(out, i == 0 ? "<" : ",");
        gox_output_put(out, text, gox_mesh_number(text, v[i], 6));
    }
    gox_output_put_str(out, ">");
    gox_output_put_str(out, after);
}

static void put_value(
        struct gox_output *out, const char *before, double v, const char *after)
{
    char text[GOX_MESH_NUMBER_MAX + 1];
    gox_output_put_str(out, before);
    gox_output_put(out, text, gox_mesh_number(text, v, 6));
    gox_output_put_str(out, after);
}

/* ---- camera and light ---- */

static bool is_usable(const struct gox_camera *cam)
{
    return gox_mat4_is_finite(cam->mat) && isfinite(cam->distance) &&
           cam->distance > 0;
}

/* From (+x, -y, +z), far enough for the sphere around the box. */
static void frame_box(struct gox_bbox box, double eye[3], double target[3])
{
    const double from[3] = {0.57735027, -0.57735027, 0.57735027};
    const double min[3] = {box.min.x, box.min.y, box.min.z};
    const double max[3] = {box.max.x, box.max.y, box.max.z};
    double size2 = 0;
    for (int i = 0; i < 3; i++) {
        target[i] = (min[i] + max[i]) / 2;
        size2 += (max[i] - min[i]) * (max[i] - min[i]);
    }
    double radius = fmax(sqrt(size2) / 2, 1.0);
    double away = radius / sin(FOV_DEGREES / 2 * 3.14159265358979 / 180);
    for (int i = 0; i < 3; i++)
        eye[i] = target[i] + from[i] * away;
}

static void put_camera(const struct pov *p, struct gox_output *out)
{
    double eye[3], target[3], sky[3] = {0, 0, 1}, height = 0;
    bool is_ortho = false;
    const struct gox_camera *cam =
            p->img->active_camera < p->img->camera_count
                    ? &p->img->cameras[p->img->active_camera]
                    : NULL;
    frame_box(p->parts.box, eye, target);
    if (cam != NULL && is_usable(cam)) {
        for (int i = 0; i < 3; i++) {
            eye[i] = (double)cam->mat.m[12 + i];
            target[i] =
                    eye[i] - (double)cam->mat.m[8 + i] * (double)cam->distance;
            sky[i] = (double)cam->mat.m[4 + i];
        }
        is_ortho = cam->is_ortho;
        height = (double)cam->distance;
    }
    double tangent = tan(FOV_DEGREES / 2 * 3.14159265358979 / 180);
    gox_output_put_str(out, "camera {\n");
    if (is_ortho) {
        gox_output_put_str(out, "  orthographic\n");
        height *= 2 * tangent;
    } else {
        height = 1;
    }
    put_vector(out, "  location ", eye, "\n");
    put_vector(out, "  sky ", sky, "\n");
    put_value(out, "  up y*", height, "\n");
    put_value(out, "  right -x*" ASPECT "*", height, "\n");
    if (!is_ortho)
        put_value(out, "  direction z*", 0.5 / tangent, "\n");
    put_vector(out, "  look_at ", target, "\n}\n");
}

static void put_light(struct pov *p, struct gox_output *out)
{
    const struct gox_light *light = &p->img->light;
    double pitch = (double)light->pitch, yaw = (double)light->yaw;
    double at[3] = {sin(pitch) * sin(yaw), -sin(pitch) * cos(yaw), cos(pitch)};
    double power = (double)light->intensity, ambient = (double)light->ambient;
    bool is_usable_light = isfinite(pitch) && isfinite(yaw);
    for (int i = 0; i < 3; i++)
        at[i] = 1e6 * (is_usable_light ? at[i] : i == 2);
    power = power >= 0 && power < 1e6 ? power : 1;
    ambient = ambient >= 0 && ambient < 1e6 ? ambient : 0.3;
    put_vector(out, "light_source {\n  ", at, "\n");
    put_value(out, "  color rgb ", power, "\n  parallel point_at 0\n");
    gox_output_put_str(out, light->shadow > 0 ? "}\n" : "  shadowless\n}\n");
    p->ambient = ambient;
    gox_output_put_str(out, "background { color srgb 0.9 }\n");
}

/* ---- meshes ---- */

static uint8_t *put_vertices(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct pov *p = ctx;
    char *at = (char *)to;
    for (size_t i = begin; i < end; i++) {
        *at++ = ',';
        *at++ = '<';
        for (int k = 0; k < 3; k++) {
            at = gox_mesh_texts_put(&p->texts, k, p->vertices.items[i].pos, at);
            at[-1] = ',';
        }
        at[-1] = '>';
        *at++ = '\n';
    }
    return (uint8_t *)at;
}

static char *put_triangle(
        char *at, const uint32_t *v, unsigned b, unsigned c, uint32_t texture)
{
    const uint32_t corners[3] = {v[0], v[b], v[c]};
    for (int i = 0; i < 3; i++) {
        *at++ = i == 0 ? '<' : ',';
        at = gox_mesh_put_uint(at, corners[i]);
    }
    *at++ = '>';
    *at++ = ',';
    return gox_mesh_put_uint(at, texture);
}

static uint8_t *put_faces(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct pov *p = ctx;
    char *at = (char *)to;
    for (size_t i = begin; i < end; i++) {
        const uint32_t *v = &p->vertices.index[4 * i];
        uint32_t texture = p->texture_of[p->part->color_of[i]] - 1;
        *at++ = ',';
        at = put_triangle(at, v, 1, 2, texture);
        *at++ = ',';
        at = put_triangle(at, v, 2, 3, texture);
        *at++ = '\n';
    }
    return (uint8_t *)at;
}

static uint8_t *put_textures(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct pov *p = ctx;
    const struct gox_material plain = {.color = {1, 1, 1, 1}};
    const struct gox_material *m =
            p->part->material >= 0 ? &p->img->materials[p->part->material]
                                   : &plain;
    double opacity = (double)gox_mesh_part_alpha(&p->parts, p->part);
    char *at = (char *)to;
    for (size_t i = begin; i < end; i++) {
        uint8_t c[4];
        gox_rgba_store(p->parts.palette.colors[p->textures[i]], c);
        memcpy(at, ",texture{pigment{color srgbt<", 29);
        at += 29;
        for (int k = 0; k < 3; k++) {
            double factor = (double)m->color[k];
            factor = factor >= 0 ? fmin(factor, 1) : 0;
            at += gox_mesh_number(at, c[k] / 255.0 * factor, 4);
            *at++ = ',';
        }
        at += gox_mesh_number(at, 1 - c[3] / 255.0 * opacity, 4);
        memcpy(at, ">}}\n", 4);
        at += 4;
    }
    return (uint8_t *)at;
}

/* Numbers the colours that this part uses. */
static void find_textures(struct pov *p)
{
    memset(p->texture_of, 0, p->parts.palette.count * sizeof(*p->texture_of));
    p->texture_count = 0;
    for (size_t i = 0; i < p->part->mesh.count; i++) {
        uint32_t color = p->part->color_of[i];
        if (p->texture_of[color] != 0)
            continue;
        p->textures[p->texture_count++] = color;
        p->texture_of[color] = (uint32_t)p->texture_count;
    }
}

/* Names are of any bytes; a comment ends at a line's end. */
static void put_name(struct gox_output *out, const char *name)
{
    gox_output_put_str(out, "// ");
    for (; *name != '\0'; name++) {
        char c = (unsigned char)*name < 0x20 ? ' ' : *name;
        gox_output_put(out, &c, 1);
    }
    gox_output_put_str(out, "\n");
}

/* What all textures of a part share; a default holds until the next one. */
static void put_finish(const struct pov *p, struct gox_output *out)
{
    double emission[3] = {0, 0, 0};
    for (int i = 0; i < 3 && p->part->material >= 0; i++) {
        float e = p->img->materials[p->part->material].emission[i];
        emission[i] = e > 0 && isfinite(e) ? fmin((double)e, 1e6) : 0;
    }
    put_value(out, "#default { finish { ambient ", p->ambient, " diffuse 0.8");
    put_vector(out, " emission rgb ", emission, " } }\n");
}

/* Lists begin with their length, so each item brings the comma before it. */
static int put_part(struct pov *p, struct gox_output *out, unsigned from,
        unsigned till, struct gox_task *task, struct gox_error *err)
{
    size_t quads = p->part->mesh.count;
    unsigned middle = (from + till) / 2;
    int rc = gox_mesh_share(&p->vertices, &p->part->mesh, false, task, err);
    if (rc < 0)
        return rc;
    find_textures(p);
    put_name(out, p->part->name);
    put_finish(p, out);
    gox_output_printf(out, "mesh2 {\nvertex_vectors{%zu\n", p->vertices.count);
    rc = gox_mesh_emit(out, p->vertices.count, 128, put_vertices, p, from,
            middle, task, err);
    gox_output_printf(out, "}\ntexture_list{%zu\n", p->texture_count);
    if (rc == 0)
        rc = gox_mesh_emit(out, p->texture_count, 192, put_textures, p, middle,
                middle, task, err);
    gox_output_printf(out, "}\nface_indices{%zu\n", 2 * quads);
    if (rc == 0)
        rc = gox_mesh_emit(
                out, quads, 128, put_faces, p, middle, till, task, err);
    gox_output_put_str(out, "}\n}\n");
    gox_mesh_vertices_fini(&p->vertices);
    return rc;
}

static int put_scene(struct pov *p, struct gox_output *out,
        struct gox_task *task, struct gox_error *err)
{
    gox_output_put_str(out, "// goxel-daemon " GOX_VERSION "\n#version 3.7;\n"
                            "global_settings { assumed_gamma 1.0 }\n");
    put_camera(p, out);
    put_light(p, out);
    int rc = out->error;
    for (size_t i = 0; i < p->parts.count && rc == 0; i++) {
        unsigned from = (unsigned)(500 + 500 * i / p->parts.count);
        unsigned till = (unsigned)(500 + 500 * (i + 1) / p->parts.count);
        p->part = &p->parts.items[i];
        rc = put_part(p, out, from, till, task, err);
    }
    return rc;
}

static int write_povray(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct pov p = {.img = img};
    struct gox_format_options plain;
    gox_format_options_init(&plain);
    int rc = gox_mesh_parts_init(&p.parts, img, opts, report, task, err);
    if (rc == 0)
        rc = gox_mesh_place_init(&p.place, &plain, GOX_UP_Z, p.parts.box, err);
    if (rc == 0)
        rc = gox_mesh_texts_init(&p.texts, &p.place, p.parts.box);
    if (rc == 0) {
        size_t colors = p.parts.palette.count;
        p.textures = gox_malloc_array(colors, sizeof(*p.textures));
        p.texture_of = gox_malloc_array(colors, sizeof(*p.texture_of));
        rc = p.textures != NULL && p.texture_of != NULL ? 0 : GOX_ERR_NOMEM;
    }
    if (rc == 0)
        rc = put_scene(&p, out, task, err);
    for (size_t i = 0; i < p.parts.count; i++)
        report->faces += 2 * (uint64_t)p.parts.items[i].mesh.count;
    gox_free(p.textures);
    gox_free(p.texture_of);
    gox_mesh_texts_fini(&p.texts);
    gox_mesh_parts_fini(&p.parts);
    return rc;
}

const struct gox_format gox_format_povray = {
        .name = "povray",
        .title = "POV-Ray",
        .extensions = {"pov", "povray", NULL},
        .mime = "text/x-povray",
        .options = GOX_OPT_FACES | GOX_OPT_HIDDEN,
        .write = write_povray,
};
