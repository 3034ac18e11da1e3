/* SPDX-License-Identifier: Apache-2.0
 * Stanford .ply in, to be voxelised: ascii and both binary orders; vertices
 * with colours as bytes or fractions, faces with or without a colour; other
 * elements and properties are passed over. Without faces the vertices are a
 * cloud of points.
 *
 * Invariant: nothing is allocated by a count of the header; what it promises
 * must be in the file before it is stored. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "format/mesh_in.h"

#include <math.h>
#include <string.h>

enum type { I8, U8, I16, U16, I32, U32, F32, F64, TYPE_COUNT };
enum role { X, Y, Z, RED, GREEN, BLUE, ALPHA, INDICES, OTHER };

#define MAX_ELEMENTS   32
#define MAX_PROPERTIES 64

struct property {
    enum type type;
    enum role role;
    bool is_list;
    enum type count_type;
};
struct element {
    bool is_vertex, is_face;
    uint64_t count;
    struct property properties[MAX_PROPERTIES];
    size_t property_count;
};

struct reader {
    struct gox__trimesh mesh;
    const char *start;
    struct gox__scan text; /* header and ascii */
    struct gox_bytes in;   /* binary */
    bool is_ascii, is_big;
    struct element elements[MAX_ELEMENTS];
    size_t element_count;
    uint32_t *indices;
    size_t index_count, index_capacity;
    struct gox_error *err;
};

static int fail_at(const struct reader *r, const char *at, const char *what)
{
    return gox_error_set_at(
            r->err, GOX_ERR_FORMAT, (int64_t)(at - r->start), "%s", what);
}

/* ---- header ---- */

static const struct {
    const char *name, *alias;
    uint8_t bytes;
} types[TYPE_COUNT] = {
        {"char", "int8", 1},
        {"uchar", "uint8", 1},
        {"short", "int16", 2},
        {"ushort", "uint16", 2},
        {"int", "int32", 4},
        {"uint", "uint32", 4},
        {"float", "float32", 4},
        {"double", "float64", 8},
};

static bool read_type(struct gox__scan *line, enum type *type)
{
    struct gox__scan word = gox__scan_word(line);
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (!gox__scan_equals(word, types[i].name) &&
                !gox__scan_equals(word, types[i].alias))
            continue;
        *type = (enum type)i;
        return true;
    }
    return false;
}

static enum role find_role(struct gox__scan name)
{
    static const struct {
        const char *name;
        enum role role;
    } names[] = {
            {"x", X},
            {"y", Y},
            {"z", Z},
            {"red", RED},
            {"green", GREEN},
            {"blue", BLUE},
            {"alpha", ALPHA},
            {"r", RED},
            {"g", GREEN},
            {"b", BLUE},
            {"a", ALPHA},
            {"diffuse_red", RED},
            {"diffuse_green", GREEN},
            {"diffuse_blue", BLUE},
            {"vertex_indices", INDICES},
            {"vertex_index", INDICES},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (gox__scan_equals(name, names[i].name))
            return names[i].role;
    return OTHER;
}

static int read_element(struct reader *r, struct gox__scan line)
{
    const char *at = line.at;
    struct gox__scan name = gox__scan_word(&line);
    int64_t count;
    if (r->element_count == MAX_ELEMENTS)
        return fail_at(r, at, "there are more than 32 elements");
    if (!gox__scan_int(&line, &count) || count < 0)
        return fail_at(r, at, "expected \"element NAME COUNT\"");
    r->elements[r->element_count++] =
            (struct element){.is_vertex = gox__scan_equals(name, "vertex"),
                    .is_face = gox__scan_equals(name, "face"),
                    .count = (uint64_t)count};
    return 0;
}

static int read_property(struct reader *r, struct gox__scan line)
{
    const char *at = line.at;
    struct property p = {.is_list = false};
    if (r->element_count == 0)
        return fail_at(r, at, "a property comes before any element");
    struct element *e = &r->elements[r->element_count - 1];
    if (e->property_count == MAX_PROPERTIES)
        return fail_at(r, at, "an element has more than 64 properties");
    struct gox__scan peek = line;
    if (gox__scan_equals(gox__scan_word(&peek), "list")) {
        p.is_list = true;
        line = peek;
        if (!read_type(&line, &p.count_type) || p.count_type >= F32)
            return fail_at(r, at, "a list needs an integer type for its count");
    }
    if (!read_type(&line, &p.type))
        return fail_at(r, at, "a property has an unknown type");
    p.role = find_role(gox__scan_word(&line));
    if (p.is_list != (p.role == INDICES))
        p.role = OTHER;
    e->properties[e->property_count++] = p;
    return 0;
}

static int read_format(struct reader *r, struct gox__scan line)
{
    const char *at = line.at;
    struct gox__scan word = gox__scan_word(&line);
    r->is_ascii = gox__scan_equals(word, "ascii");
    r->is_big = gox__scan_equals(word, "binary_big_endian");
    if (!r->is_ascii && !r->is_big &&
            !gox__scan_equals(word, "binary_little_endian"))
        return fail_at(r, at,
                "expected format ascii, binary_little_endian or "
                "binary_big_endian");
    return 0;
}

static int read_header(struct reader *r)
{
    struct gox__scan line;
    bool has_format = false;
    int rc = 0;
    if (!gox__scan_line(&r->text, &line) || !gox__scan_equals(line, "ply"))
        return fail_at(r, r->start, "expected \"ply\" on the first line");
    while (rc == 0 && gox__scan_line(&r->text, &line)) {
        struct gox__scan key = gox__scan_word(&line);
        if (gox__scan_equals(key, "end_header"))
            return has_format ? 0
                              : fail_at(r, key.at, "there is no format line");
        if (gox__scan_equals(key, "format")) {
            rc = read_format(r, line);
            has_format = true;
        } else if (gox__scan_equals(key, "element")) {
            rc = read_element(r, line);
        } else if (gox__scan_equals(key, "property")) {
            rc = read_property(r, line);
        }
    }
    return rc < 0 ? rc : fail_at(r, r->text.at, "the header has no end");
}

/* ---- values ---- */

static bool read_ascii(struct reader *r, double *value)
{
    struct gox__scan *t = &r->text;
    while (t->at < t->end && (*t->at == '\n' || *t->at == '\r' ||
                                     *t->at == ' ' || *t->at == '\t'))
        t->at++;
    if (gox__scan_double(t, value))
        return true;
    (void)fail_at(r, t->at, "expected a number");
    return false;
}

static double decode(const uint8_t *p, enum type type, bool is_big)
{
    uint64_t bits = 0;
    unsigned n = types[type].bytes;
    for (unsigned i = 0; i < n; i++)
        bits |= (uint64_t)p[is_big ? n - 1 - i : i] << 8 * i;
    switch (type) {
    case I8:
        return (int8_t)bits;
    case I16:
        return (int16_t)bits;
    case I32:
        return (int32_t)bits;
    case F32: {
        uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, sizeof(f));
        return (double)f;
    }
    case F64: {
        double d;
        memcpy(&d, &bits, sizeof(d));
        return d;
    }
    default:
        return (double)bits;
    }
}

static bool read_value(struct reader *r, enum type type, double *value)
{
    if (r->is_ascii)
        return read_ascii(r, value);
    const uint8_t *p = gox_bytes_take(&r->in, types[type].bytes, "a property");
    if (p == NULL)
        return false;
    *value = decode(p, type, r->is_big);
    return true;
}

static const char *position(const struct reader *r)
{
    return r->is_ascii ? r->text.at : (const char *)r->in.data + r->in.pos;
}

static int read_list(struct reader *r, const struct property *p)
{
    double count, value;
    if (!read_value(r, p->count_type, &count))
        return GOX_ERR_FORMAT;
    if (count < 0)
        return fail_at(r, position(r), "a list has a negative length");
    r->index_count = 0;
    for (double i = 0; i < count; i++) {
        if (!read_value(r, p->type, &value))
            return GOX_ERR_FORMAT;
        if (p->role != INDICES)
            continue;
        if (!(value >= 0 && value < (double)r->mesh.vertex_count))
            return fail_at(
                    r, position(r), "a face uses a vertex that is not there");
        if (!gox_grow(&r->indices, &r->index_capacity, r->index_count + 1,
                    sizeof(*r->indices)))
            return GOX_ERR_NOMEM;
        r->indices[r->index_count++] = (uint32_t)value;
    }
    return 0;
}

/* A channel as a byte: fractions when the type is a float. */
static uint8_t to_channel(enum type type, double value)
{
    if (type == F32 || type == F64)
        return gox__unit_to_byte(value);
    return gox__unit_to_byte(
            value / (types[type].bytes == 2 ? 65535.0 : 255.0));
}

static int store_row(struct reader *r, const struct element *e,
        const double pos[3], gox_rgba color)
{
    int rc = 0;
    if (e->is_vertex &&
            !(isfinite(pos[0]) && isfinite(pos[1]) && isfinite(pos[2])))
        return fail_at(r, position(r), "a vertex is not at a finite place");
    if (e->is_vertex)
        rc = gox__trimesh_add_vertex(&r->mesh, pos, color);
    else if (e->is_face)
        rc = gox__trimesh_add_polygon(&r->mesh, r->indices, NULL,
                r->index_count, GOX__NO_INDEX, color);
    if (rc == GOX_ERR_TOO_LARGE)
        return gox_error_set(r->err, rc,
                "the mesh takes over %llu MiB of memory; reduce it first",
                (unsigned long long)GOX_FORMAT_MAX_MEMORY >> 20);
    return rc;
}

/* One vertex, face or something else. */
static int read_row(struct reader *r, const struct element *e)
{
    double pos[3] = {0, 0, 0}, value;
    uint8_t channel[4] = {0, 0, 0, 255};
    bool has_color = false;
    r->index_count = 0;
    for (size_t i = 0; i < e->property_count; i++) {
        const struct property *p = &e->properties[i];
        if (p->is_list) {
            int rc = read_list(r, p);
            if (rc < 0)
                return rc;
            continue;
        }
        if (!read_value(r, p->type, &value))
            return GOX_ERR_FORMAT;
        if (p->role <= Z)
            pos[p->role] = value;
        else if (p->role <= ALPHA)
            channel[p->role - RED] = to_channel(p->type, value);
        has_color |= p->role >= RED && p->role <= BLUE;
    }
    /* Colour 0 means none, so alpha 0 with a colour becomes 1. */
    if (has_color && channel[3] == 0)
        channel[3] = 1;
    return store_row(r, e, pos, has_color ? gox_rgba_load(channel) : 0);
}

#define ROWS_PER_CHECK 16384

static int read_elements(struct reader *r, size_t len, struct gox_task *task)
{
    int rc = 0;
    for (size_t k = 0; k < r->element_count && rc == 0; k++) {
        const struct element *e = &r->elements[k];
        for (uint64_t i = 0; i < e->count && e->property_count > 0 && rc == 0;
                i++) {
            rc = read_row(r, e);
            if (rc == 0 && i % ROWS_PER_CHECK == 0) {
                gox_task_progress(
                        task, (size_t)(position(r) - r->start) / 2, len);
                rc = gox_task_check(task, r->err);
            }
        }
    }
    return rc;
}

int gox__ply_read(struct gox_image *img, const uint8_t *data, size_t len,
        const struct gox_format_options *opts, struct gox_format_report *report,
        struct gox_task *task, struct gox_error *err)
{
    struct reader *r = gox_calloc(1, sizeof(*r));
    if (r == NULL)
        return GOX_ERR_NOMEM;
    r->start = len > 0 ? (const char *)data : "";
    r->text = (struct gox__scan){r->start, r->start + len};
    r->err = err;
    int rc = read_header(r);
    if (rc == 0) {
        gox_bytes_init(&r->in, data, len, err);
        r->in.pos = (size_t)(r->text.at - r->start);
        rc = read_elements(r, len, task);
    }
    bool has_vertices = false; /* none of them is an empty model */
    for (size_t i = 0; i < r->element_count; i++)
        has_vertices |= r->elements[i].is_vertex;
    if (rc == 0 && !has_vertices)
        rc = fail_at(r, r->start, "there is no vertex element in it");
    if (rc == 0)
        rc = gox__voxelize(img, &r->mesh, opts, GOX_UP_Z, report, task, err);
    gox__trimesh_fini(&r->mesh);
    gox_free(r->indices);
    gox_free(r);
    return rc;
}

int gox__ply_probe(const uint8_t *data, size_t len)
{
    return len >= 4 && memcmp(data, "ply", 3) == 0 &&
                           (data[3] == '\n' || data[3] == '\r')
                   ? 100
                   : 0;
}
