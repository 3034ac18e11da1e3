/* SPDX-License-Identifier: Apache-2.0
 * Wavefront .obj in, to be voxelised: vertices with or without colours, texels,
 * polygons with any of the four forms of corners, negative indices, materials
 * with their .mtl. Lines, curves and groups are passed over.
 *
 * Invariant: an index that points at nothing is an error with its line. */
#include "base/alloc.h"
#include "format/mesh_in.h"

#include <stdio.h>
#include <string.h>

struct reader {
    struct gox__trimesh mesh;
    const char *start;
    struct gox__scan text, line;
    size_t number;  /* of the line, from 1 */
    size_t unknown; /* lines that are no part of the format */
    uint32_t material;
    uint32_t *corners; /* of one polygon: vertices */
    size_t corner_capacity;
    uint32_t *texels;
    size_t texel_capacity;
    const struct gox_format_options *opts;
    struct gox_format_report *report;
    struct gox_error *err;
};

static int fail(const struct reader *r, const char *what)
{
    return gox_error_set_at(r->err, GOX_ERR_FORMAT,
            (int64_t)(r->line.at - r->start), "line %zu: %s", r->number, what);
}

static int complete(const struct reader *r, int rc)
{
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_error_set(r->err, rc,
                "line %zu: the mesh takes over %llu MiB of memory; reduce it "
                "first",
                r->number, (unsigned long long)GOX_FORMAT_MAX_MEMORY >> 20);
    return rc;
}

/* "v x y z [w]" or "v x y z r g b [a]". */
static int read_vertex(struct reader *r)
{
    double v[7];
    int n = 0;
    while (n < 7 && gox__scan_double(&r->line, &v[n]))
        n++;
    if (n < 3)
        return fail(r, "a vertex needs three numbers");
    gox_rgba color = 0;
    if (n >= 6)
        color = gox_rgba_make(gox__unit_to_byte(v[3]), gox__unit_to_byte(v[4]),
                gox__unit_to_byte(v[5]), 255);
    return complete(r, gox__trimesh_add_vertex(&r->mesh, v, color));
}

static int read_texel(struct reader *r)
{
    double u, v = 0;
    if (!gox__scan_double(&r->line, &u))
        return fail(r, "a texel needs a number");
    if (!gox__scan_double(&r->line, &v))
        v = 0;
    return complete(r, gox__trimesh_add_texel(&r->mesh, (float)u, (float)v));
}

/* From 1 up, or from -1 back. */
static bool resolve(int64_t index, size_t count, uint32_t *out)
{
    if (index < 0)
        index += (int64_t)count + 1;
    if (index < 1 || (uint64_t)index > count)
        return false;
    *out = (uint32_t)(index - 1);
    return true;
}

/* "7", "7/8", "7//9", "7/8/9"; normals are not needed. */
static int read_corner(struct reader *r, size_t n)
{
    int64_t index;
    if (!gox__scan_int(&r->line, &index))
        return fail(r, "a face has something else than indices");
    if (!resolve(index, r->mesh.vertex_count, &r->corners[n]))
        return fail(r, "a face uses a vertex that is not there");
    r->texels[n] = GOX__NO_INDEX;
    if (r->line.at < r->line.end && *r->line.at == '/') {
        r->line.at++;
        bool has_texel = r->line.at < r->line.end && *r->line.at != '/' &&
                         *r->line.at != ' ' && *r->line.at != '\t' &&
                         gox__scan_int(&r->line, &index);
        if (has_texel && !resolve(index, r->mesh.texel_count, &r->texels[n]))
            return fail(r, "a face uses a texel that is not there");
    }
    while (r->line.at < r->line.end && *r->line.at != ' ' &&
            *r->line.at != '\t')
        r->line.at++;
    return 0;
}

static int read_face(struct reader *r)
{
    size_t n = 0;
    gox__scan_space(&r->line);
    while (r->line.at < r->line.end && *r->line.at != '#') {
        if (!gox_grow(&r->corners, &r->corner_capacity, n + 1,
                    sizeof(*r->corners)) ||
                !gox_grow(&r->texels, &r->texel_capacity, n + 1,
                        sizeof(*r->texels)))
            return GOX_ERR_NOMEM;
        int rc = read_corner(r, n++);
        if (rc < 0)
            return rc;
        gox__scan_space(&r->line);
    }
    if (n < 3)
        return fail(r, "a face needs three corners");
    return complete(r, gox__trimesh_add_polygon(&r->mesh, r->corners, r->texels,
                               n, r->material, 0));
}

static uint32_t find_material(const struct reader *r, struct gox__scan name)
{
    for (size_t i = r->mesh.material_count; i-- > 0;)
        if (gox__scan_equals(name, r->mesh.materials[i].name))
            return (uint32_t)i;
    return GOX__NO_INDEX;
}

/* ---- .mtl ---- */

#define PATH_MAX_BYTES 1024

static int open_library(
        struct reader *r, struct gox__scan name, struct gox_input *in)
{
    char path[PATH_MAX_BYTES];
    size_t len = (size_t)(name.end - name.at);
    if (len == 0 || len >= sizeof(path) || memchr(name.at, 0, len) != NULL)
        return GOX_ERR_NOT_FOUND;
    memcpy(path, name.at, len);
    path[len] = '\0';
    struct gox_error ignored = {.offset = -1};
    return r->opts->open_aux(r->opts->aux_ctx, path, in, &ignored);
}

static int read_library(struct reader *r, struct gox_input *in)
{
    int rc = gox__mtl_read(
            &r->mesh, in->data, in->len, r->opts, r->report, r->err);
    gox_input_fini(in);
    return rc;
}

/* Names may hold spaces, or there may be several: the line as one name first.
 * A file that is not there costs the colours, not the model. */
static int read_libraries(struct reader *r)
{
    struct gox_input in = {0};
    gox__scan_space(&r->line);
    if (r->opts->open_aux == NULL)
        return 0;
    if (open_library(r, r->line, &in) == 0)
        return read_library(r, &in);
    struct gox__scan name = gox__scan_word(&r->line);
    size_t found = 0;
    for (; name.at < name.end; name = gox__scan_word(&r->line)) {
        if (open_library(r, name, &in) < 0)
            continue;
        found++;
        int rc = read_library(r, &in);
        if (rc < 0)
            return rc;
    }
    if (found == 0)
        snprintf(r->report->note, sizeof(r->report->note),
                "the material file could not be read, so its colours are "
                "missing");
    return 0;
}

/* ---- the file ---- */

/* What a line may begin with, beside a vertex. */
static bool is_known(struct gox__scan key)
{
    static const char *const keys[] = {
            "o", "g", "s", "vn", "vp", "l", "p", "mtllib", "usemtl", "vt", "f"};
    bool found = key.at == key.end || *key.at == '#';
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        found |= gox__scan_equals(key, keys[i]);
    return found;
}

static int read_line(struct reader *r)
{
    struct gox__scan key = gox__scan_word(&r->line);
    if (gox__scan_equals(key, "v"))
        return read_vertex(r);
    if (gox__scan_equals(key, "vt"))
        return read_texel(r);
    if (gox__scan_equals(key, "f"))
        return read_face(r);
    if (gox__scan_equals(key, "mtllib"))
        return read_libraries(r);
    if (gox__scan_equals(key, "usemtl")) {
        gox__scan_space(&r->line);
        r->material = find_material(r, r->line);
    }
    r->unknown += !is_known(key);
    return 0;
}

/* A line that ends in a backslash goes on in the next one: both are put into
 * `joined`, which owns the bytes. */
static int join_lines(struct reader *r, struct gox_buf *joined)
{
    gox_buf_reset(joined);
    struct gox__scan more = r->line;
    bool goes_on = true;
    while (goes_on) {
        goes_on = more.end > more.at && more.end[-1] == '\\';
        gox_buf_put(joined, more.at, (size_t)(more.end - more.at) - goes_on);
        gox_buf_put_byte(joined, ' ');
        if (goes_on && !gox__scan_line(&r->text, &more))
            break;
        r->number += goes_on;
    }
    if (gox_buf_error(joined) != 0)
        return GOX_ERR_NOMEM;
    r->line = (struct gox__scan){(const char *)joined->data,
            (const char *)joined->data + joined->len};
    return 0;
}

#define LINES_PER_CHECK 16384

static int read_lines(struct reader *r, size_t len, struct gox_task *task)
{
    struct gox_buf joined;
    int rc = 0;
    gox_buf_init(&joined, 0);
    while (rc == 0 && gox__scan_line(&r->text, &r->line)) {
        const char *next = r->text.at;
        r->number++;
        if (r->line.end > r->line.at && r->line.end[-1] == '\\') {
            const char *start = r->start;
            rc = join_lines(r, &joined);
            r->start = r->line.at; /* no offset within joined lines */
            if (rc == 0)
                rc = read_line(r);
            r->start = start;
        } else {
            rc = read_line(r);
        }
        if (rc == 0 && r->number % LINES_PER_CHECK == 0) {
            gox_task_progress(task, (size_t)(next - r->start) / 2, len);
            rc = gox_task_check(task, r->err);
        }
    }
    gox_buf_fini(&joined);
    return rc;
}

int gox__obj_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    const char *start = len > 0 ? (const char *)data : "";
    struct reader r = {.start = start,
            .text = {start, start + len},
            .material = GOX__NO_INDEX,
            .opts = opts,
            .report = report,
            .err = err};
    int rc = read_lines(&r, len, task);
    /* An empty model is a model; something else is not. */
    if (rc == 0 && r.mesh.vertex_count == 0 && (r.unknown > 0 || len == 0))
        rc = gox_error_set_at(err, GOX_ERR_FORMAT, 0,
                "there is no vertex in it (a line \"v x y z\")");
    if (rc == 0)
        rc = gox__voxelize(img, &r.mesh, opts, GOX_UP_Y, report, task, err);
    gox__trimesh_fini(&r.mesh);
    gox_free(r.corners);
    gox_free(r.texels);
    return rc;
}

/* Text whose first lines are words of the format, a vertex among them. */
int gox__obj_probe(const uint8_t *data, size_t len)
{
    if (len == 0 || memchr(data, 0, len < 4096 ? len : 4096) != NULL)
        return 0;
    struct gox__scan text = {(const char *)data, (const char *)data + len};
    struct gox__scan line;
    for (int i = 0; i < 1000 && gox__scan_line(&text, &line); i++) {
        struct gox__scan key = gox__scan_word(&line);
        double number;
        if (gox__scan_equals(key, "v"))
            return gox__scan_double(&line, &number) ? 70 : 0;
        if (!is_known(key))
            return 0;
    }
    return 0;
}
