/* SPDX-License-Identifier: Apache-2.0
 * Triangles as they stand in a file, and cutting polygons into them.
 *
 * Invariant: the memory stays below GOX_FORMAT_MAX_MEMORY, whatever a file
 * says: a face of two bytes an index becomes 32 bytes a triangle. */
#include "base/alloc.h"
#include "format/mesh_in.h"

#include <math.h>
#include <string.h>

void gox__trimesh_fini(struct gox__trimesh *mesh)
{
    for (size_t i = 0; i < mesh->material_count; i++) {
        gox_free(mesh->materials[i].name);
        gox_pixels_fini(&mesh->materials[i].picture);
    }
    gox_free(mesh->materials);
    gox_free(mesh->triangles);
    gox_free(mesh->texels);
    gox_free(mesh->vertices);
    *mesh = (struct gox__trimesh){0};
}

/* Growing doubles, so both sizes are held for a moment. */
static int check_size(const struct gox__trimesh *m)
{
    uint64_t bytes = m->vertex_capacity * sizeof(*m->vertices) +
                     m->texel_capacity * sizeof(*m->texels) +
                     m->triangle_capacity * sizeof(*m->triangles);
    if (bytes > GOX_FORMAT_MAX_MEMORY || m->vertex_count >= GOX__NO_INDEX ||
            m->texel_count >= GOX__NO_INDEX)
        return GOX_ERR_TOO_LARGE;
    return 0;
}

int gox__trimesh_add_vertex(
        struct gox__trimesh *mesh, const double pos[3], gox_rgba color)
{
    if (mesh->vertex_count == mesh->vertex_capacity) {
        if (check_size(mesh) < 0)
            return GOX_ERR_TOO_LARGE;
        if (!gox_grow(&mesh->vertices, &mesh->vertex_capacity,
                    mesh->vertex_count + 1, sizeof(*mesh->vertices)))
            return GOX_ERR_NOMEM;
    }
    mesh->vertices[mesh->vertex_count++] = (struct gox__tri_vertex){
            .pos = {pos[0], pos[1], pos[2]}, .color = color};
    return 0;
}

int gox__trimesh_add_texel(struct gox__trimesh *mesh, float u, float v)
{
    if (mesh->texel_count == mesh->texel_capacity) {
        if (check_size(mesh) < 0)
            return GOX_ERR_TOO_LARGE;
        if (!gox_grow(&mesh->texels, &mesh->texel_capacity,
                    mesh->texel_count + 1, sizeof(*mesh->texels)))
            return GOX_ERR_NOMEM;
    }
    mesh->texels[mesh->texel_count][0] = u;
    mesh->texels[mesh->texel_count++][1] = v;
    return 0;
}

/* ---- polygons ---- */

struct polygon {
    struct gox__trimesh *mesh;
    const uint32_t *vertices, *texels;
    size_t count;
    uint32_t material;
    gox_rgba color;
};

static int add_triangle(const struct polygon *p, size_t a, size_t b, size_t c)
{
    struct gox__trimesh *m = p->mesh;
    const size_t corners[3] = {a, b, c};
    if (m->triangle_count == m->triangle_capacity) {
        if (check_size(m) < 0)
            return GOX_ERR_TOO_LARGE;
        if (!gox_grow(&m->triangles, &m->triangle_capacity,
                    m->triangle_count + 1, sizeof(*m->triangles)))
            return GOX_ERR_NOMEM;
    }
    struct gox__triangle *t = &m->triangles[m->triangle_count++];
    for (int i = 0; i < 3; i++) {
        t->v[i] = p->vertices[corners[i]];
        t->t[i] = p->texels != NULL ? p->texels[corners[i]] : GOX__NO_INDEX;
    }
    t->material = p->material;
    t->color = p->color;
    return 0;
}

static int add_fan(const struct polygon *p)
{
    int rc = 0;
    for (size_t i = 2; i < p->count && rc == 0; i++)
        rc = add_triangle(p, 0, i - 1, i);
    return rc;
}

#define MAX_CONCAVE 1000 /* corners; cutting takes their square */

/* The polygon in the plane that it faces most. */
struct flat {
    double x[MAX_CONCAVE], y[MAX_CONCAVE];
    uint16_t next[MAX_CONCAVE]; /* corners that are left, in a ring */
};

static void flatten(const struct polygon *p, struct flat *f)
{
    double n[3] = {0, 0, 0};
    for (size_t i = 0; i < p->count; i++) {
        const double *a = p->mesh->vertices[p->vertices[i]].pos;
        const double *b =
                p->mesh->vertices[p->vertices[(i + 1) % p->count]].pos;
        for (int k = 0; k < 3; k++) {
            int u = (k + 1) % 3, v = (k + 2) % 3;
            n[k] += (a[u] - b[u]) * (a[v] + b[v]);
        }
    }
    int axis = fabs(n[0]) > fabs(n[1]) ? 0 : 1;
    axis = fabs(n[2]) > fabs(n[axis]) ? 2 : axis;
    int u = (axis + 1) % 3, v = (axis + 2) % 3;
    for (size_t i = 0; i < p->count; i++) {
        const double *a = p->mesh->vertices[p->vertices[i]].pos;
        f->x[i] = a[u];
        /* Mirrored when it would wind clockwise. */
        f->y[i] = n[axis] < 0 ? -a[v] : a[v];
        f->next[i] = (uint16_t)((i + 1) % p->count);
    }
}

static double turn(const struct flat *f, size_t a, size_t b, size_t c)
{
    return (f->x[b] - f->x[a]) * (f->y[c] - f->y[a]) -
           (f->y[b] - f->y[a]) * (f->x[c] - f->x[a]);
}

static bool is_convex(const struct flat *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (turn(f, i, (i + 1) % count, (i + 2) % count) < 0)
            return false;
    return true;
}

/* Can the triangle a, b, c be cut off: does it turn left and hold no other
 * corner? */
static bool is_ear(const struct flat *f, size_t a, size_t b, size_t c)
{
    if (turn(f, a, b, c) <= 0)
        return false;
    for (size_t i = f->next[c]; i != a; i = f->next[i])
        if (turn(f, a, b, i) >= 0 && turn(f, b, c, i) >= 0 &&
                turn(f, c, a, i) >= 0)
            return false;
    return true;
}

/* Cuts ears off; when none is left (a polygon that crosses itself), cuts what
 * comes. */
static int cut_ears(const struct polygon *p, struct flat *f)
{
    size_t left = p->count, a = 0, tried = 0;
    int rc = 0;
    while (left > 2 && rc == 0) {
        size_t b = f->next[a], c = f->next[b];
        if (left > 3 && tried < left && !is_ear(f, a, b, c)) {
            a = b;
            tried++;
            continue;
        }
        rc = add_triangle(p, a, b, c);
        f->next[a] = (uint16_t)c;
        left--;
        tried = 0;
    }
    return rc;
}

int gox__trimesh_add_polygon(struct gox__trimesh *mesh,
        const uint32_t *vertices, const uint32_t *texels, size_t count,
        uint32_t material, gox_rgba color)
{
    struct polygon p = {.mesh = mesh,
            .vertices = vertices,
            .texels = texels,
            .count = count,
            .material = material,
            .color = color};
    if (count < 4 || count > MAX_CONCAVE)
        return add_fan(&p);
    struct flat f;
    flatten(&p, &f);
    return is_convex(&f, count) ? add_fan(&p) : cut_ears(&p, &f);
}
