/* SPDX-License-Identifier: Apache-2.0
 * Materials of Wavefront .mtl files: the colour, the opacity and the picture of
 * the surface; the rest (shine, bumps) means nothing to voxels.
 *
 * Invariant: a picture that cannot be had is a note, not an error. */
#include "base/alloc.h"
#include "format/mesh_in.h"

#include <stdio.h>
#include <string.h>

#define MAX_MATERIALS    65536
#define MAX_PICTURE_SIDE 8192
#define PATH_MAX_BYTES   1024

static int add_material(struct gox__trimesh *mesh, struct gox__scan name)
{
    if (mesh->material_count == MAX_MATERIALS)
        return GOX_ERR_TOO_LARGE;
    if (!gox_grow(&mesh->materials, &mesh->material_capacity,
                mesh->material_count + 1, sizeof(*mesh->materials)))
        return GOX_ERR_NOMEM;
    char *copy = gox_strndup(name.at, (size_t)(name.end - name.at));
    if (copy == NULL)
        return GOX_ERR_NOMEM;
    mesh->materials[mesh->material_count++] = (struct gox__tri_material){
            .name = copy, .color = UINT32_C(0xffc0c0c0)};
    return 0;
}

static void set_color(struct gox__tri_material *m, struct gox__scan *line)
{
    double c[3];
    if (!gox__scan_double(line, &c[0]))
        return;
    c[1] = c[2] = c[0]; /* one number stands for all */
    if (gox__scan_double(line, &c[1]) && !gox__scan_double(line, &c[2]))
        return;
    m->color = gox_rgba_make(gox__unit_to_byte(c[0]), gox__unit_to_byte(c[1]),
            gox__unit_to_byte(c[2]), gox_rgba_a(m->color));
}

static void set_opacity(
        struct gox__tri_material *m, struct gox__scan *line, bool is_inverse)
{
    double d;
    if (!gox__scan_double(line, &d))
        return;
    uint8_t alpha = gox__unit_to_byte(is_inverse ? 1 - d : d);
    /* Many exporters write "d 0" or "Tr 1" for opaque; a model of nothing is
     * what nobody means. */
    if (alpha == 0)
        alpha = 255;
    m->color = (m->color & 0xffffffu) | (gox_rgba)alpha << 24;
}

static void tell(struct gox_format_report *report, const char *path,
        const struct gox_error *why)
{
    if (report->note[0] == '\0')
        snprintf(report->note, sizeof(report->note),
                "picture \"%.60s\" is not used: %.100s", path, why->text);
}

/* The file name is the last word when there are options before it, else the
 * whole line. */
static bool picture_path(struct gox__scan line, char path[PATH_MAX_BYTES])
{
    gox__scan_space(&line);
    if (line.at < line.end && *line.at == '-') {
        const char *last = line.end;
        while (last > line.at && last[-1] != ' ' && last[-1] != '\t')
            last--;
        line.at = last;
    }
    size_t len = (size_t)(line.end - line.at);
    if (len == 0 || len >= PATH_MAX_BYTES || memchr(line.at, 0, len) != NULL)
        return false;
    for (size_t i = 0; i < len; i++)
        path[i] = line.at[i] == '\\' ? '/' : line.at[i];
    path[len] = '\0';
    return true;
}

static int set_picture(struct gox__tri_material *m, struct gox__scan line,
        const struct gox_format_options *opts, struct gox_format_report *report)
{
    char path[PATH_MAX_BYTES];
    struct gox_error why = {.offset = -1};
    struct gox_input in = {0};
    if (opts->open_aux == NULL || !picture_path(line, path))
        return 0;
    gox_pixels_fini(&m->picture);
    m->picture = (struct gox_pixels){0};
    int rc = opts->open_aux(opts->aux_ctx, path, &in, &why);
    if (rc == 0) {
        rc = gox_png_read(&m->picture, in.data, in.len, MAX_PICTURE_SIDE, &why);
        gox_input_fini(&in);
    }
    if (rc == GOX_ERR_NOMEM)
        return rc;
    if (rc < 0) {
        m->picture = (struct gox_pixels){0};
        tell(report, path, &why);
    }
    return 0;
}

static int read_line(struct gox__trimesh *mesh, struct gox__scan line,
        const struct gox_format_options *opts, struct gox_format_report *report)
{
    struct gox__scan key = gox__scan_word(&line);
    if (gox__scan_equals(key, "newmtl")) {
        gox__scan_space(&line);
        return add_material(mesh, line);
    }
    if (mesh->material_count == 0)
        return 0;
    struct gox__tri_material *m = &mesh->materials[mesh->material_count - 1];
    if (gox__scan_equals(key, "Kd"))
        set_color(m, &line);
    else if (gox__scan_equals(key, "d"))
        set_opacity(m, &line, false);
    else if (gox__scan_equals(key, "Tr"))
        set_opacity(m, &line, true);
    else if (gox__scan_equals(key, "map_Kd"))
        return set_picture(m, line, opts, report);
    return 0;
}

int gox__mtl_read(struct gox__trimesh *mesh, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_error *err)
{
    const char *start = len > 0 ? (const char *)data : "";
    struct gox__scan text = {start, start + len}, line;
    int rc = 0;
    while (rc == 0 && gox__scan_line(&text, &line))
        rc = read_line(mesh, line, opts, report);
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_error_set(
                err, rc, "there are more than %d materials", MAX_MATERIALS);
    return rc;
}
