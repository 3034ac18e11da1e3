/* SPDX-License-Identifier: Apache-2.0
 * Finding the vertices that faces share. Corners are sorted into cubes of
 * 16x16x16 grid points; within a cube a plain table finds equal ones, so no
 * lookup leaves the first-level cache.
 *
 * Invariant: a grid point belongs to exactly one cube, so cubes can be worked
 * on in parallel; numbering follows the order of quads, not of threads. */
#include "base/alloc.h"
#include "format/mesh_out.h"

#include <string.h>

struct cube_slot {
    uint64_t key; /* 21 bits an axis */
    uint32_t cube;
    bool is_used;
};

struct share {
    const struct gox_mesh *mesh;
    bool by_color;
    struct gox_mesh_vertices *vertices;
    uint32_t *cube_of; /* for each corner */
    uint32_t *corners; /* corner numbers grouped by cube */
    struct cube_slot *slots;
    size_t slot_count; /* a power of two */
    size_t *start;     /* for each cube, its first entry in corners; one more */
    size_t *base;      /* for each cube, its first vertex */
    size_t cube_count, cube_capacity;
    struct task_scratch {
        uint32_t *cell; /* 4096 heads: index + 1 of the newest vertex */
        uint32_t *next; /* chains of vertices of one place */
        size_t next_capacity;
    } * scratch;
    unsigned threads;
};

static void corner_pos(const struct share *s, uint32_t corner, int32_t pos[3])
{
    gox_mesh_corner(&s->mesh->quads[corner >> 2], corner & 3, pos);
}

static uint64_t cube_key(const int32_t pos[3])
{
    uint64_t key = 0;
    for (int i = 0; i < 3; i++)
        key = key << 21 | (uint64_t)((pos[i] >> 4) + (1 << 20));
    return key;
}

static size_t hash_key(const struct share *s, uint64_t key)
{
    key *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(key >> 32) & (s->slot_count - 1);
}

static struct cube_slot *find_slot(const struct share *s, uint64_t key)
{
    size_t h = hash_key(s, key);
    while (s->slots[h].is_used && s->slots[h].key != key)
        h = (h + 1) & (s->slot_count - 1);
    return &s->slots[h];
}

static int grow_slots(struct share *s)
{
    struct cube_slot *old = s->slots;
    size_t old_count = s->slot_count;
    size_t count = old_count > 0 ? 2 * old_count : 1024;
    struct cube_slot *slots = gox_calloc(count, sizeof(*slots));
    if (slots == NULL)
        return GOX_ERR_NOMEM;
    s->slots = slots;
    s->slot_count = count;
    for (size_t i = 0; i < old_count; i++)
        if (old[i].is_used)
            *find_slot(s, old[i].key) = old[i];
    gox_free(old);
    return 0;
}

/* The number of the cube; new ones are numbered as they come. */
static int find_cube(struct share *s, uint64_t key, uint32_t *cube)
{
    struct cube_slot *slot = find_slot(s, key);
    if (!slot->is_used) {
        if (2 * (s->cube_count + 1) > s->slot_count) {
            if (grow_slots(s) < 0)
                return GOX_ERR_NOMEM;
            slot = find_slot(s, key);
        }
        if (!gox_grow(&s->start, &s->cube_capacity, s->cube_count + 2,
                    sizeof(*s->start)))
            return GOX_ERR_NOMEM;
        s->start[s->cube_count] = 0;
        *slot = (struct cube_slot){
                .key = key, .cube = (uint32_t)s->cube_count++, .is_used = true};
    }
    *cube = slot->cube;
    return 0;
}

/* Finds each corner's cube and counts; then start[] holds counts. */
static int assign_cubes(struct share *s)
{
    uint64_t last_key[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint32_t last_cube[4] = {0};
    size_t corners = s->mesh->count * 4;
    for (size_t c = 0; c < corners; c++) {
        int32_t pos[3];
        corner_pos(s, (uint32_t)c, pos);
        uint64_t key = cube_key(pos);
        unsigned k = c & 3;
        if (key != last_key[k]) {
            if (find_cube(s, key, &last_cube[k]) < 0)
                return GOX_ERR_NOMEM;
            last_key[k] = key;
        }
        s->cube_of[c] = last_cube[k];
        s->start[last_cube[k]]++;
    }
    return 0;
}

/* Counting sort of the corners by cube; keeps their order. */
static void group_corners(struct share *s)
{
    size_t sum = 0;
    for (size_t i = 0; i < s->cube_count; i++) {
        size_t n = s->start[i];
        s->start[i] = sum;
        sum += n;
    }
    for (size_t c = 0; c < sum; c++)
        s->corners[s->start[s->cube_of[c]]++] = (uint32_t)c;
    for (size_t i = s->cube_count; i > 0; i--)
        s->start[i] = s->start[i - 1];
    s->start[0] = 0;
}

static gox_rgba corner_color(const struct share *s, uint32_t corner)
{
    return s->by_color ? s->mesh->quads[corner >> 2].color : 0;
}

/* Gives each corner of a cube its number within the cube. The distinct ones
 * end up at the front of the cube's part of corners: writing there never
 * overtakes reading. base[] gets their number. */
static int share_cube(void *ctx, size_t cube, unsigned thread)
{
    struct share *s = ctx;
    struct task_scratch *t = &s->scratch[thread];
    size_t begin = s->start[cube], count = s->start[cube + 1] - begin;
    uint32_t *corners = s->corners + begin, found = 0;
    if (t->cell == NULL)
        t->cell = gox_malloc_array(4096, sizeof(*t->cell));
    if (t->cell == NULL ||
            !gox_grow(&t->next, &t->next_capacity, count, sizeof(*t->next)))
        return GOX_ERR_NOMEM;
    memset(t->cell, 0, 4096 * sizeof(*t->cell));
    for (size_t i = 0; i < count; i++) {
        uint32_t corner = corners[i];
        int32_t pos[3];
        corner_pos(s, corner, pos);
        unsigned at = gox_block_index((unsigned)pos[0] & 15,
                (unsigned)pos[1] & 15, (unsigned)pos[2] & 15);
        gox_rgba color = corner_color(s, corner);
        uint32_t v = t->cell[at];
        while (v != 0 && corner_color(s, corners[v - 1]) != color)
            v = t->next[v - 1];
        if (v == 0) {
            corners[found] = corner;
            t->next[found] = t->cell[at];
            t->cell[at] = v = ++found;
        }
        s->vertices->index[corner] = v - 1;
    }
    s->base[cube] = found;
    return 0;
}

static int number_cube(void *ctx, size_t cube, unsigned thread)
{
    (void)thread;
    struct share *s = ctx;
    size_t count = s->base[cube + 1] - s->base[cube];
    struct gox_mesh_vertex *to = s->vertices->items + s->base[cube];
    for (size_t i = 0; i < count; i++) {
        uint32_t corner = s->corners[s->start[cube] + i];
        corner_pos(s, corner, to[i].pos);
        to[i].color = corner_color(s, corner);
    }
    return 0;
}

#define QUADS_PER_STEP 16384

static int finish_index(void *ctx, size_t step, unsigned thread)
{
    (void)thread;
    struct share *s = ctx;
    size_t c = step * QUADS_PER_STEP * 4, end = c + QUADS_PER_STEP * 4;
    if (end > s->mesh->count * 4)
        end = s->mesh->count * 4;
    for (; c < end; c++)
        s->vertices->index[c] += (uint32_t)s->base[s->cube_of[c]];
    return 0;
}

static int number_vertices(struct share *s, struct gox_task *task)
{
    size_t sum = 0;
    for (size_t i = 0; i <= s->cube_count; i++) {
        size_t n = i < s->cube_count ? s->base[i] : 0;
        s->base[i] = sum;
        sum += n;
    }
    s->vertices->count = sum;
    s->vertices->items = gox_malloc_array(sum, sizeof(*s->vertices->items));
    if (s->vertices->items == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox_parallel_for(task, s->cube_count, number_cube, s);
    if (rc == 0)
        rc = gox_parallel_for(task,
                (s->mesh->count + QUADS_PER_STEP - 1) / QUADS_PER_STEP,
                finish_index, s);
    return rc;
}

static int share_all(struct share *s, struct gox_task *task)
{
    size_t corners = s->mesh->count * 4;
    s->threads = gox_task_threads(task);
    s->cube_of = gox_malloc_array(corners, sizeof(*s->cube_of));
    s->corners = gox_malloc_array(corners, sizeof(*s->corners));
    s->vertices->index = gox_malloc_array(corners, sizeof(*s->vertices->index));
    s->scratch = gox_calloc(s->threads, sizeof(*s->scratch));
    if (s->cube_of == NULL || s->corners == NULL || s->scratch == NULL ||
            s->vertices->index == NULL || grow_slots(s) < 0 ||
            assign_cubes(s) < 0)
        return GOX_ERR_NOMEM;
    group_corners(s);
    s->base = gox_malloc_array(s->cube_count + 1, sizeof(*s->base));
    if (s->base == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox_parallel_for(task, s->cube_count, share_cube, s);
    return rc == 0 ? number_vertices(s, task) : rc;
}

int gox_mesh_share(struct gox_mesh_vertices *vertices,
        const struct gox_mesh *mesh, bool by_color, struct gox_task *task,
        struct gox_error *err)
{
    *vertices = (struct gox_mesh_vertices){0};
    if (mesh->count > UINT32_MAX / 4)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "the mesh has %zu faces; 32-bit indices reach %u; write it in "
                "parts",
                mesh->count, UINT32_MAX / 4);
    if (mesh->count == 0)
        return 0;
    struct share s = {.mesh = mesh, .by_color = by_color, .vertices = vertices};
    int rc = share_all(&s, task);
    for (unsigned i = 0; s.scratch != NULL && i < s.threads; i++) {
        gox_free(s.scratch[i].cell);
        gox_free(s.scratch[i].next);
    }
    gox_free(s.scratch);
    gox_free(s.base);
    gox_free(s.start);
    gox_free(s.slots);
    gox_free(s.corners);
    gox_free(s.cube_of);
    if (rc < 0) {
        gox_mesh_vertices_fini(vertices);
        int why = gox_task_check(task, err);
        return why < 0 ? why : rc;
    }
    return 0;
}

void gox_mesh_vertices_fini(struct gox_mesh_vertices *vertices)
{
    gox_free(vertices->items);
    gox_free(vertices->index);
    *vertices = (struct gox_mesh_vertices){0};
}
