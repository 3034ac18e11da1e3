/* SPDX-License-Identifier: Apache-2.0
 * Wavefront .obj out: shared vertices, quads, normals. Colours are one picture:
 * a .mtl and a .palette.png are put beside the .obj and each face points at its
 * texel, which Blender, Godot, Unity and Unreal all show as one material (a
 * material a colour would be a draw call a colour). When there is no place for
 * files beside, colours go into the vertex lines as "v x y z r g b" instead.
 *
 * Invariants: y is up unless asked otherwise, as importers of .obj expect;
 * translucent colours have a material for each alpha, because .mtl has opacity
 * by material only. */
#include "base/alloc.h"
#include "format/formats_internal.h"
#include "format/mesh_out.h"
#include "goxel/version.h"

#include <stdio.h>
#include <string.h>

#define VERTEX_MAX                                                             \
    160 /* bytes of a line at most, with slack for wide copies                 \
         */
#define TEXEL_MAX      64
#define FACE_MAX       96
#define NAME_MAX_BYTES 200

struct obj {
    struct gox_mesh mesh;
    struct gox_mesh_vertices vertices;
    struct gox_mesh_place place;
    struct gox_mesh_texts texts;
    struct gox_mesh_palette palette;
    uint32_t *texel_of; /* palette index of each quad, NULL without a picture */
    char channel[256][8]; /* "0.5020 " */
    uint8_t alpha;        /* the quads that are being written */
    char name[NAME_MAX_BYTES];
};

static uint8_t *put_vertices(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct obj *o = ctx;
    char *at = (char *)to;
    for (size_t i = begin; i < end; i++) {
        const struct gox_mesh_vertex *v = &o->vertices.items[i];
        *at++ = 'v';
        *at++ = ' ';
        for (int k = 0; k < 3; k++)
            at = gox_mesh_texts_put(&o->texts, k, v->pos, at);
        if (o->texel_of == NULL) {
            const uint8_t rgb[3] = {gox_rgba_r(v->color), gox_rgba_g(v->color),
                    gox_rgba_b(v->color)};
            for (int k = 0; k < 3; k++) {
                memcpy(at, o->channel[rgb[k]], sizeof(o->channel[0]));
                at += 7;
            }
        }
        at[-1] = '\n';
    }
    return (uint8_t *)at;
}

static uint8_t *put_texels(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct obj *o = ctx;
    size_t width = (size_t)o->palette.width;
    double w = o->palette.width, h = o->palette.height;
    char *at = (char *)to;
    for (size_t i = begin; i < end; i++) {
        double u = ((double)(i % width) + 0.5) / w;
        double v = 1.0 - ((double)(i / width) + 0.5) / h;
        memcpy(at, "vt ", 3);
        at += 3;
        at += gox_mesh_number(at, u, 8);
        *at++ = ' ';
        at += gox_mesh_number(at, v, 8);
        *at++ = '\n';
    }
    return (uint8_t *)at;
}

/* Faces of the alpha that is being written: "f 1/2/3 ...", or "f 1//3 ..."
 * without a picture. */
static uint8_t *put_faces(
        const void *ctx, size_t begin, size_t end, uint8_t *to)
{
    const struct obj *o = ctx;
    char *at = (char *)to;
    for (size_t i = begin; i < end; i++) {
        const struct gox_mesh_quad *quad = &o->mesh.quads[i];
        if (gox_rgba_a(quad->color) != o->alpha)
            continue;
        char tail[16], *stop = tail;
        *stop++ = '/';
        if (o->texel_of != NULL)
            stop = gox_mesh_put_uint(stop, o->texel_of[i] + 1);
        *stop++ = '/';
        *stop++ = (char)('1' + quad->dir);
        *at++ = 'f';
        for (int k = 0; k < 4; k++) {
            *at++ = ' ';
            at = gox_mesh_put_uint(
                    at, o->vertices.index[4 * i + (size_t)k] + 1);
            memcpy(at, tail, sizeof(tail));
            at += stop - tail;
        }
        *at++ = '\n';
    }
    return (uint8_t *)at;
}

/* The name of the files beside, without what would break a line or a path. */
static void set_name(struct obj *o, const struct gox_format_options *opts)
{
    const char *name = opts->name != NULL ? opts->name : "model";
    snprintf(o->name, sizeof(o->name), "%s", name);
    for (char *c = o->name; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '/' || *c == '\\')
            *c = '_';
}

/* ---- beside the .obj ---- */

static int write_sidecar(const struct gox_format_options *opts,
        const char *name, const struct gox_buf *content, struct gox_error *err)
{
    if (content->error != 0)
        return content->error;
    struct gox_output *out = opts->open_sidecar(opts->sidecar_ctx, name, err);
    if (out == NULL)
        return err != NULL && err->code < 0 ? err->code : GOX_ERR_IO;
    gox_output_put(out, content->data, content->len);
    int rc = gox_output_commit(out);
    gox_output_close(out);
    return rc;
}

static void put_materials(
        const struct obj *o, const bool alphas[256], struct gox_buf *mtl)
{
    gox_buf_put_str(mtl, "# goxel-daemon " GOX_VERSION "\n");
    for (int a = 255; a >= 0; a--) {
        char opacity[GOX_MESH_NUMBER_MAX + 1];
        if (!alphas[a])
            continue;
        opacity[gox_mesh_number(opacity, a / 255.0, 4)] = '\0';
        if (a == 255)
            gox_buf_put_str(mtl, "newmtl palette\n");
        else
            gox_buf_printf(mtl, "newmtl palette_alpha_%d\n", a);
        gox_buf_printf(mtl,
                "Ka 1 1 1\nKd 1 1 1\nKs 0 0 0\nd %s\nillum 1\n"
                "map_Kd %s.palette.png\n",
                opacity, o->name);
    }
}

static int write_sidecars(const struct obj *o, const bool alphas[256],
        const struct gox_format_options *opts, struct gox_error *err)
{
    char name[NAME_MAX_BYTES + 16];
    struct gox_buf content;
    gox_buf_init(&content, 0);
    put_materials(o, alphas, &content);
    snprintf(name, sizeof(name), "%s.mtl", o->name);
    int rc = write_sidecar(opts, name, &content, err);
    gox_buf_reset(&content);
    if (rc == 0)
        rc = gox_mesh_palette_png(&o->palette, false, &content, err);
    snprintf(name, sizeof(name), "%s.palette.png", o->name);
    if (rc == 0)
        rc = write_sidecar(opts, name, &content, err);
    gox_buf_fini(&content);
    return rc;
}

/* ---- the whole file ---- */

static int prepare(struct obj *o, const struct gox_image *img,
        const struct gox_format_options *opts, struct gox_task *task,
        struct gox_error *err)
{
    const struct gox_mesh_options mesh_opts = {.faces = opts->faces};
    int rc = gox_mesh_build_image(&o->mesh, img, &mesh_opts, task, err);
    if (rc == 0)
        rc = gox_mesh_place_init(&o->place, opts, GOX_UP_Y, o->mesh.box, err);
    if (rc == 0)
        rc = gox_mesh_texts_init(&o->texts, &o->place, o->mesh.box);
    if (rc < 0)
        return rc;
    bool has_picture = opts->open_sidecar != NULL && o->mesh.count > 0;
    if (has_picture) {
        o->texel_of = gox_malloc_array(o->mesh.count, sizeof(*o->texel_of));
        if (o->texel_of == NULL)
            return GOX_ERR_NOMEM;
    }
    rc = gox_mesh_palette_add(&o->palette, &o->mesh, o->texel_of);
    if (rc == 0 && has_picture)
        rc = gox_mesh_palette_layout(&o->palette, err);
    if (rc == 0)
        rc = gox_mesh_share(&o->vertices, &o->mesh, !has_picture, task, err);
    set_name(o, opts);
    for (unsigned i = 0; i < 256; i++)
        snprintf(o->channel[i], sizeof(o->channel[i]), "%u.%04u ", i / 255,
                (i * 20000 + 255) / 510 % 10000);
    return rc;
}

static void put_head(const struct obj *o, struct gox_output *out)
{
    gox_output_put_str(out, "# goxel-daemon " GOX_VERSION "\n");
    if (o->texel_of != NULL)
        gox_output_printf(out, "mtllib %s.mtl\n", o->name);
    gox_output_printf(out, "o %s\n", o->name);
}

static void put_normals(const struct obj *o, struct gox_output *out)
{
    for (unsigned dir = 0; dir < 6; dir++) {
        int8_t n[3];
        gox_mesh_place_normal(&o->place, dir, n);
        gox_output_printf(out, "vn %d %d %d\n", n[0], n[1], n[2]);
    }
}

static int put_groups(struct obj *o, struct gox_output *out,
        const bool alphas[256], struct gox_task *task, struct gox_error *err)
{
    int rc = 0;
    for (int a = 255; a >= 0 && rc == 0; a--) {
        if (!alphas[a])
            continue;
        o->alpha = (uint8_t)a;
        if (o->texel_of != NULL && a == 255)
            gox_output_put_str(out, "usemtl palette\n");
        else if (o->texel_of != NULL)
            gox_output_printf(out, "usemtl palette_alpha_%d\n", a);
        rc = gox_mesh_emit(out, o->mesh.count, FACE_MAX, put_faces, o, 700,
                1000, task, err);
    }
    return rc;
}

static int write_body(struct obj *o, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_task *task,
        struct gox_error *err)
{
    bool alphas[256] = {false};
    for (size_t i = 0; i < o->palette.count; i++)
        alphas[gox_rgba_a(o->palette.colors[i])] = true;
    put_head(o, out);
    int rc = gox_mesh_emit(out, o->vertices.count, VERTEX_MAX, put_vertices, o,
            500, 700, task, err);
    if (rc == 0 && o->texel_of != NULL)
        rc = gox_mesh_emit(out, o->palette.count, TEXEL_MAX, put_texels, o, 700,
                700, task, err);
    put_normals(o, out);
    if (rc == 0)
        rc = put_groups(o, out, alphas, task, err);
    if (rc == 0 && o->texel_of != NULL)
        rc = write_sidecars(o, alphas, opts, err);
    return rc;
}

static int write_obj(const struct gox_image *img, struct gox_output *out,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct obj *o = gox_calloc(1, sizeof(*o));
    if (o == NULL)
        return GOX_ERR_NOMEM;
    int rc = prepare(o, img, opts, task, err);
    if (rc == 0)
        rc = write_body(o, out, opts, task, err);
    report->voxels = o->mesh.voxels;
    report->faces = o->mesh.count;
    report->colors = (uint32_t)o->palette.count;
    report->models = 1;
    gox_mesh_vertices_fini(&o->vertices);
    gox_mesh_palette_fini(&o->palette);
    gox_mesh_texts_fini(&o->texts);
    gox_mesh_fini(&o->mesh);
    gox_free(o->texel_of);
    gox_free(o);
    return rc;
}

const struct gox_format gox_format_obj = {
        .name = "obj",
        .title = "Wavefront OBJ",
        .extensions = {"obj", NULL},
        .mime = "model/obj",
        .options = GOX_OPT_UP | GOX_OPT_FACES | GOX_OPT_SCALE | GOX_OPT_PIVOT |
                   GOX_OPT_VOXELIZE | GOX_OPT_SIDECAR,
        .probe = gox__obj_probe,
        .read = gox__obj_read,
        .write = write_obj,
};
