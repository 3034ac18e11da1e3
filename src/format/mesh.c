/* SPDX-License-Identifier: Apache-2.0
 * Exposed faces by shifting rows of bits, and merging them into rectangles.
 *
 * Work is cut into slabs: all blocks with the same position along one axis. A
 * slab gives the faces along its axis, 16 planes of them in two directions. In
 * each plane, rows of faces are cut into runs of one colour, and a run that
 * repeats exactly in the next row grows into a rectangle. That takes one look
 * at each row and no hash table, and a cube becomes six rectangles.
 *
 * Invariant: a slab touches only its own output, and outputs are joined in the
 * order of slabs, so the result does not depend on threads. */
#include "format/mesh.h"

#include "base/alloc.h"
#include "format/mesh_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- bricks in order ---- */

/* Block positions are 20 bits an axis; 21 leave room for any int32 >> 4 that a
 * valid grid can hold, with the bias. */
#define KEY_BIAS (1 << 20)

static const int slab_axes[3][3] = {
        {0, 2, 1}, {1, 2, 0}, {2, 1, 0}}; /* slab, row of bricks, in the row */

static uint64_t make_key(struct gox_pos pos, int axis)
{
    const int32_t p[3] = {pos.x, pos.y, pos.z};
    uint64_t key = 0;
    for (int i = 0; i < 3; i++)
        key = key << 21 | (uint64_t)(p[slab_axes[axis][i]] + KEY_BIAS);
    return key;
}

static uint64_t key_slab(uint64_t key)
{
    return key >> 42;
}

static uint64_t key_in_slab(uint64_t key)
{
    return key & ((UINT64_C(1) << 42) - 1);
}

static int compare_refs(const void *a, const void *b)
{
    const struct gox__brick_ref *p = a, *q = b;
    return p->key < q->key ? -1 : p->key > q->key;
}

/* All bricks sorted for slabs along an axis. */
static struct gox__brick_ref *sort_bricks(
        const struct gox__bricks *bricks, int axis)
{
    struct gox__brick_ref *refs =
            gox_malloc_array(bricks->count, sizeof(*refs));
    if (refs == NULL)
        return NULL;
    for (size_t i = 0; i < bricks->count; i++)
        refs[i] = (struct gox__brick_ref){
                .key = make_key(bricks->items[i].pos, axis),
                .brick = &bricks->items[i]};
    qsort(refs, bricks->count, sizeof(*refs), compare_refs);
    return refs;
}

/* ---- slabs ---- */

struct slab {
    int axis;
    size_t begin, end; /* into order[axis] */
    size_t before;     /* begin of the slab one block before, or begin */
    size_t after;      /* end of the slab one block after, or end */
    struct gox__mesher out;
};

struct build {
    struct gox__bricks bricks;
    struct gox__brick_ref *order[3];
    struct slab *slabs;
    size_t slab_count, slab_capacity;
    bool see_through, merge;
    struct gox__mesher_scratch *scratch; /* one a thread */
    unsigned threads;
    struct gox_task *task;
    atomic_size_t done;
};

static int add_slabs(struct build *b, int axis)
{
    const struct gox__brick_ref *refs = b->order[axis];
    size_t begin = 0, before = 0;
    struct slab *last = NULL;
    while (begin < b->bricks.count) {
        uint64_t at = key_slab(refs[begin].key);
        size_t end = begin;
        while (end < b->bricks.count && key_slab(refs[end].key) == at)
            end++;
        if (!gox_grow(&b->slabs, &b->slab_capacity, b->slab_count + 1,
                    sizeof(*b->slabs)))
            return GOX_ERR_NOMEM;
        /* gox_grow may have moved the previous slab of this axis. */
        last = begin > 0 ? &b->slabs[b->slab_count - 1] : NULL;
        bool touches =
                last != NULL && key_slab(refs[last->begin].key) + 1 == at;
        if (touches)
            last->after = end;
        b->slabs[b->slab_count++] = (struct slab){.axis = axis,
                .begin = begin,
                .end = end,
                .before = touches ? before : begin,
                .after = end};
        before = begin;
        begin = end;
    }
    return 0;
}

/* The brick with the same place in a neighbour slab [*at, end), both sorted;
 * *at moves forward. NULL when there is none. */
static const struct gox__brick *find_beside(const struct gox__brick_ref *refs,
        size_t *at, size_t end, uint64_t place)
{
    while (*at < end && key_in_slab(refs[*at].key) < place)
        ++*at;
    if (*at < end && key_in_slab(refs[*at].key) == place)
        return refs[*at].brick;
    return NULL;
}

static int run_slab(void *ctx, size_t index, unsigned thread)
{
    struct build *b = ctx;
    struct slab *slab = &b->slabs[index];
    const struct gox__brick_ref *refs = b->order[slab->axis];
    struct gox__mesher *mesher = &slab->out;
    size_t low = slab->before, high = slab->end;
    int rc = gox__mesher_begin(
            mesher, slab->axis, b->see_through, b->merge, &b->scratch[thread]);
    for (size_t i = slab->begin; i < slab->end && rc == 0;) {
        uint64_t row = refs[i].key >> 21;
        while (i < slab->end && refs[i].key >> 21 == row && rc == 0) {
            uint64_t place = key_in_slab(refs[i].key);
            rc = gox__mesher_add(mesher, refs[i].brick,
                    find_beside(refs, &low, slab->begin, place),
                    find_beside(refs, &high, slab->after, place));
            i++;
        }
        if (rc == 0)
            rc = gox__mesher_end_row(mesher);
        if (rc == 0)
            rc = gox_task_check(b->task, NULL);
    }
    if (rc == 0)
        rc = gox__mesher_finish(mesher);
    gox_task_progress(b->task,
            100 + 300 * atomic_fetch_add(&b->done, 1) / b->slab_count, 1000);
    return rc;
}

/* Joins the slabs' quads; the only slab hands its array over. */
static int join_slabs(struct build *b, struct gox_mesh *mesh)
{
    size_t total = 0;
    for (size_t i = 0; i < b->slab_count; i++)
        total += b->slabs[i].out.count;
    mesh->quads = gox_malloc_array(total, sizeof(*mesh->quads));
    if (mesh->quads == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < b->slab_count; i++) {
        struct gox__mesher *out = &b->slabs[i].out;
        if (out->count > 0)
            memcpy(mesh->quads + mesh->count, out->quads,
                    out->count * sizeof(*out->quads));
        mesh->count += out->count;
        gox_free(out->quads);
        out->quads = NULL;
    }
    return 0;
}

static void measure(struct gox_mesh *mesh)
{
    int32_t min[3] = {INT32_MAX, INT32_MAX, INT32_MAX};
    int32_t max[3] = {INT32_MIN, INT32_MIN, INT32_MIN};
    gox_rgba all = UINT32_MAX;
    for (size_t i = 0; i < mesh->count; i++) {
        const struct gox_mesh_quad *q = &mesh->quads[i];
        int32_t far[3] = {q->corner[0], q->corner[1], q->corner[2]};
        far[gox_mesh_axis_u(q->dir)] += (int32_t)q->side_u;
        far[gox_mesh_axis_v(q->dir)] += (int32_t)q->side_v;
        for (int k = 0; k < 3; k++) {
            min[k] = q->corner[k] < min[k] ? q->corner[k] : min[k];
            max[k] = far[k] > max[k] ? far[k] : max[k];
        }
        all &= q->color;
    }
    if (mesh->count == 0)
        return;
    mesh->box = (struct gox_bbox){
            {min[0], min[1], min[2]}, {max[0], max[1], max[2]}};
    /* The AND of all alphas is 255 exactly when each is. */
    mesh->has_glass = gox_rgba_a(all) != 255;
}

static int build_quads(struct build *b, struct gox_mesh *mesh)
{
    b->threads = gox_task_threads(b->task);
    b->scratch = gox_calloc(b->threads, sizeof(*b->scratch));
    if (b->scratch == NULL)
        return GOX_ERR_NOMEM;
    /* z first: terrains have few and large slabs along it, which should not
     * be what one thread ends with. */
    for (int axis = 2; axis >= 0; axis--) {
        b->order[axis] = sort_bricks(&b->bricks, axis);
        if (b->order[axis] == NULL)
            return GOX_ERR_NOMEM;
        int rc = add_slabs(b, axis);
        if (rc < 0)
            return rc;
    }
    int rc = gox_parallel_for(b->task, b->slab_count, run_slab, b);
    return rc < 0 ? rc : join_slabs(b, mesh);
}

int gox_mesh_build(struct gox_mesh *mesh, const gox_volume *vol,
        const struct gox_mesh_options *opts, struct gox_task *task,
        struct gox_error *err)
{
    *mesh = (struct gox_mesh){0};
    struct build b = {.see_through = opts->see_through,
            .merge = opts->faces == GOX_FACES_MERGED,
            .task = task};
    atomic_init(&b.done, 0);
    int rc = gox_task_check(task, err);
    if (rc == 0)
        rc = gox__bricks_init(&b.bricks, vol, task);
    mesh->voxels = b.bricks.voxels;
    if (rc == 0 && b.bricks.count > 0)
        rc = build_quads(&b, mesh);
    if (rc == 0)
        measure(mesh);
    for (size_t i = 0; i < b.slab_count; i++)
        gox_free(b.slabs[i].out.quads);
    for (unsigned i = 0; b.scratch != NULL && i < b.threads; i++)
        gox__mesher_scratch_fini(&b.scratch[i]);
    for (int i = 0; i < 3; i++)
        gox_free(b.order[i]);
    gox_free(b.scratch);
    gox_free(b.slabs);
    gox__bricks_fini(&b.bricks);
    if (rc < 0) {
        gox_mesh_fini(mesh);
        int why = gox_task_check(task, err); /* the text of a cancel */
        return why < 0 ? why : rc;
    }
    return 0;
}

void gox_mesh_fini(struct gox_mesh *mesh)
{
    gox_free(mesh->quads);
    *mesh = (struct gox_mesh){0};
}

int gox_mesh_build_image(struct gox_mesh *mesh, const struct gox_image *img,
        const struct gox_mesh_options *opts, struct gox_task *task,
        struct gox_error *err)
{
    *mesh = (struct gox_mesh){0};
    gox_volume *vol = NULL;
    int rc = gox_image_composite(img, &vol, task, err);
    if (rc == 0)
        rc = gox_mesh_build(mesh, vol, opts, task, err);
    gox_volume_free(vol);
    return rc;
}
