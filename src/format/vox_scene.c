/* SPDX-License-Identifier: Apache-2.0
 * From the scene of a MagicaVoxel file to layers: every instance of every
 * model is placed, in the order of the scene, so that later ones win where
 * they overlap.
 *
 * The rule for a cell p of a model: floor(R * (p + 0.5 - pivot)) + t with
 * pivot = floor(size / 2), transforms composed from the root to the leaf. As R
 * only swaps and flips axes this is R * (p - pivot) + t, less one on each axis
 * that is flipped. Invariant: the walk is bounded in depth, in nodes visited
 * and in voxels placed, since groups may be used many times. */
#include "base/alloc.h"
#include "format/vox_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct instance {
    uint32_t model;
    uint32_t node;     /* whose name it bears; UINT32_MAX: none */
    uint32_t group;    /* the child of a root's group that it is below */
    int32_t vox_layer; /* -1: none */
    bool is_hidden;
    bool joins_previous; /* a part that belongs to the layer before */
    struct gox__vox_move move;
};

/* What a node inherits on the way down. */
struct inherited {
    struct gox__vox_move move;
    uint32_t node; /* the nearest with a name */
    int32_t vox_layer;
    bool is_hidden;
    bool is_part;
};

struct node_ref {
    int32_t id;
    uint32_t index;
};

struct scene {
    struct gox__vox_file *file;
    struct node_ref *order; /* nodes by id */
    struct instance *instances;
    size_t instance_count, instance_capacity;
    uint64_t visited, placed;
    uint32_t group; /* of the instances that are being found */
};

static const struct gox__vox_move IDENTITY = {
        .from = {0, 1, 2}, .sign = {1, 1, 1}};

/* First inner, then outer. */
static struct gox__vox_move compose(
        const struct gox__vox_move *outer, const struct gox__vox_move *inner)
{
    struct gox__vox_move m;
    for (int i = 0; i < 3; i++) {
        int k = outer->from[i];
        m.from[i] = inner->from[k];
        m.sign[i] = (int8_t)(outer->sign[i] * inner->sign[k]);
        m.t[i] = outer->sign[i] * inner->t[k] + outer->t[i];
    }
    return m;
}

/* ---- finding nodes ---- */

static int compare_refs(const void *a, const void *b)
{
    const struct node_ref *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int sort_nodes(struct scene *s)
{
    const struct gox__vox_file *f = s->file;
    size_t n = f->node_count;
    s->order = gox_malloc_array(n, sizeof(*s->order));
    if (s->order == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        s->order[i] = (struct node_ref){f->nodes[i].id, (uint32_t)i};
    qsort(s->order, n, sizeof(*s->order), compare_refs);
    for (size_t i = 1; i < n; i++) {
        const struct gox__vox_node *node = &f->nodes[s->order[i].index];
        if (s->order[i].id == s->order[i - 1].id)
            return gox_error_set_at(f->err, GOX_ERR_FORMAT,
                    (int64_t)node->offset,
                    "byte %zu: two nodes of the scene have the number %d",
                    node->offset, (int)node->id);
    }
    return 0;
}

static struct gox__vox_node *find_node(const struct scene *s, int32_t id)
{
    size_t low = 0, high = s->file->node_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->order[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == s->file->node_count || s->order[low].id != id)
        return NULL;
    return &s->file->nodes[s->order[low].index];
}

static int mark_children(struct scene *s)
{
    struct gox__vox_file *f = s->file;
    for (size_t i = 0; i < f->node_count; i++)
        for (uint32_t k = 0; k < f->nodes[i].child_count; k++) {
            int32_t id = f->children[f->nodes[i].first_child + k];
            struct gox__vox_node *child = find_node(s, id);
            if (child == NULL)
                return gox_error_set_at(f->err, GOX_ERR_FORMAT,
                        (int64_t)f->nodes[i].offset,
                        "byte %zu: the node %d has the child %d, which is not "
                        "in the file",
                        f->nodes[i].offset, (int)f->nodes[i].id, (int)id);
            child->is_child = true;
        }
    return 0;
}

/* ---- walking ---- */

static bool layer_is_hidden(const struct gox__vox_file *f, int32_t id)
{
    for (size_t i = 0; i < f->layer_count; i++)
        if (f->layers[i].id == id)
            return f->layers[i].is_hidden;
    return false;
}

static int add_instance(
        struct scene *s, uint32_t model, const struct inherited *in)
{
    struct gox__vox_file *f = s->file;
    s->placed += f->models[model].count;
    if (s->instance_count >= GOX__VOX_MAX_INSTANCES ||
            s->placed > GOX__VOX_MAX_PLACED)
        return gox_error_set(f->err, GOX_ERR_TOO_LARGE,
                "the scene has more than %u instances or %llu voxels",
                GOX__VOX_MAX_INSTANCES,
                (unsigned long long)GOX__VOX_MAX_PLACED);
    if (!gox_grow(&s->instances, &s->instance_capacity, s->instance_count + 1,
                sizeof(*s->instances)))
        return GOX_ERR_NOMEM;
    f->models[model].is_used = true;
    struct instance *prev =
            s->instance_count > 0 ? &s->instances[s->instance_count - 1] : NULL;
    s->instances[s->instance_count++] = (struct instance){.model = model,
            .node = in->node,
            .group = s->group,
            .vox_layer = in->vox_layer,
            .is_hidden = in->is_hidden,
            .joins_previous = in->is_part && prev != NULL &&
                              prev->node == in->node && prev->group == s->group,
            .move = in->move};
    return 0;
}

static int visit(struct scene *s, const struct gox__vox_node *node,
        const struct inherited *above, int depth)
{
    struct gox__vox_file *f = s->file;
    if (depth > GOX__VOX_MAX_DEPTH)
        return gox_error_set_at(f->err, GOX_ERR_FORMAT, (int64_t)node->offset,
                "byte %zu: the scene is nested deeper than %d nodes at node "
                "%d, or contains itself",
                node->offset, GOX__VOX_MAX_DEPTH, (int)node->id);
    if (++s->visited > 8 * (uint64_t)GOX__VOX_MAX_INSTANCES)
        return gox_error_set(f->err, GOX_ERR_TOO_LARGE,
                "the scene uses its nodes more than %u times",
                8 * GOX__VOX_MAX_INSTANCES);
    struct inherited in = *above;
    if (node->name_len > 0)
        in.node = (uint32_t)(node - f->nodes);
    in.is_part = node->is_part || above->is_part;
    in.is_hidden = above->is_hidden || node->is_hidden;
    if (node->kind == GOX__VOX_MOVE) {
        in.move = compose(&above->move, &node->move);
        if (node->layer >= 0)
            in.vox_layer = node->layer;
        in.is_hidden = in.is_hidden || layer_is_hidden(f, node->layer);
    }
    if (node->kind == GOX__VOX_SHAPE) {
        if (node->model < 0)
            return 0;
        if ((size_t)node->model >= f->model_count)
            return gox_error_set_at(f->err, GOX_ERR_FORMAT,
                    (int64_t)node->offset,
                    "byte %zu: a shape shows model %d, but there are %zu",
                    node->offset, (int)node->model, f->model_count);
        return add_instance(s, (uint32_t)node->model, &in);
    }
    int rc = 0;
    for (uint32_t k = 0; rc == 0 && k < node->child_count; k++) {
        /* The root is a transform with one group: what is below that group
         * are the objects that a person sees. */
        if (depth <= 1)
            s->group++;
        const struct gox__vox_node *child =
                find_node(s, f->children[node->first_child + k]);
        rc = visit(s, child, &in, depth + 1);
    }
    return rc;
}

static int walk(struct scene *s)
{
    struct gox__vox_file *f = s->file;
    struct inherited top = {
            .move = IDENTITY, .node = UINT32_MAX, .vox_layer = -1};
    if (f->node_count == 0) {
        /* A file without a scene: its models in the middle of the world. */
        int rc = 0;
        for (size_t i = 0; rc == 0 && i < f->model_count; i++) {
            s->group++;
            rc = add_instance(s, (uint32_t)i, &top);
        }
        return rc;
    }
    int rc = sort_nodes(s);
    if (rc == 0)
        rc = mark_children(s);
    bool has_root = false;
    for (size_t i = 0; rc == 0 && i < f->node_count; i++) {
        if (f->nodes[i].is_child)
            continue;
        has_root = true;
        rc = visit(s, &f->nodes[i], &top, 0);
    }
    if (rc == 0 && !has_root)
        rc = gox_error_set_at(f->err, GOX_ERR_FORMAT,
                (int64_t)f->nodes[0].offset,
                "byte %zu: every node of the scene is the child of another; "
                "expected one that is not",
                f->nodes[0].offset);
    for (size_t i = 0; i < f->model_count; i++)
        f->unused_models += !f->models[i].is_used;
    return rc;
}

/* ---- materials ---- */

static bool is_same_material(
        const struct gox__vox_material *a, const struct gox__vox_material *b)
{
    return a->is_special == b->is_special &&
           memcmp(a->type, b->type, sizeof(a->type)) == 0 &&
           a->metallic == b->metallic && a->roughness == b->roughness &&
           a->emission == b->emission && a->alpha == b->alpha;
}

static unsigned find_shared_material(
        const struct gox__vox_file *f, const struct gox__vox_model *m)
{
    bool used[256] = {false};
    for (uint32_t i = 0; i < m->count; i++)
        used[m->voxels[4 * (size_t)i + 3]] = true;
    unsigned found = 0;
    for (unsigned c = 1; c < 256; c++) {
        if (!used[c])
            continue;
        if (!f->materials[c].is_special)
            return 0;
        if (found != 0 &&
                !is_same_material(&f->materials[found], &f->materials[c]))
            return 0;
        found = found != 0 ? found : c;
    }
    return found;
}

/* Our materials belong to layers, theirs to colours: a layer gets one when all
 * its colours agree. Returns a colour index that has it, 0 for none. */
static unsigned shared_material(const struct gox__vox_file *f, uint32_t model)
{
    struct gox__vox_model *m = &f->models[model];
    if (!m->has_material) {
        m->has_material = true;
        m->material = (uint8_t)find_shared_material(f, m);
    }
    return m->material;
}

static int add_material(struct gox__vox_file *f, unsigned color, int *index)
{
    const struct gox__vox_material *from = &f->materials[color];
    struct gox_material mat = {.color = {1, 1, 1, 1},
            .metallic = from->metallic,
            .roughness = from->roughness};
    const char *type = from->type[0] == '_' ? from->type + 1 : from->type;
    gox__clean_name(mat.name, sizeof(mat.name), type, strlen(type));
    if (strcmp(type, "glass") == 0 && from->alpha > 0 && from->alpha <= 1)
        mat.color[3] = from->alpha;
    for (int i = 0; i < 3; i++)
        mat.emission[i] = from->emission;
    for (size_t i = 0; i < f->img->material_count; i++) {
        const struct gox_material *have = &f->img->materials[i];
        if (strcmp(have->name, mat.name) == 0 &&
                have->metallic == mat.metallic &&
                have->roughness == mat.roughness &&
                have->color[3] == mat.color[3] &&
                have->emission[0] == mat.emission[0]) {
            *index = (int)i;
            return 0;
        }
    }
    *index = (int)f->img->material_count;
    return gox_image_add_material(f->img, &mat);
}

/* ---- layers ---- */

static void name_layer(const struct gox__vox_file *f,
        const struct instance *inst, size_t number, char name[GOX_NAME_BYTES])
{
    name[0] = '\0';
    if (inst->node != UINT32_MAX)
        gox__clean_name(name, GOX_NAME_BYTES, f->nodes[inst->node].name,
                f->nodes[inst->node].name_len);
    for (size_t i = 0; name[0] == '\0' && i < f->layer_count; i++)
        if (f->layers[i].id == inst->vox_layer && f->layers[i].name_len > 0)
            gox__clean_name(name, GOX_NAME_BYTES, f->layers[i].name,
                    f->layers[i].name_len);
    if (name[0] == '\0')
        snprintf(name, GOX_NAME_BYTES, "Model %zu", number);
}

/* Places one instance; sink is that of its layer. */
static int place(struct gox__vox_file *f, const struct instance *inst,
        struct gox__sink *sink)
{
    const struct gox__vox_model *model = &f->models[inst->model];
    const struct gox__vox_move *m = &inst->move;
    int64_t base[3];
    for (int i = 0; i < 3; i++)
        base[i] = m->t[i] - m->sign[i] * (model->size[m->from[i]] / 2) -
                  (m->sign[i] < 0);
    /* p is at most 255: beyond this far no voxel can be in the grid, and what
     * is nearer fits 32 bits. */
    for (int i = 0; i < 3; i++)
        if (base[i] > GOX_COORD_MAX + 256 || base[i] < -GOX_COORD_MAX - 256) {
            f->clipped += model->count;
            return 0;
        }
    for (uint32_t k = 0; k < model->count; k++) {
        const uint8_t *v = model->voxels + 4 * (size_t)k;
        if (v[3] == 0)
            continue;
        struct gox_pos p = {(int32_t)base[0] + m->sign[0] * v[m->from[0]],
                (int32_t)base[1] + m->sign[1] * v[m->from[1]],
                (int32_t)base[2] + m->sign[2] * v[m->from[2]]};
        int rc = gox__sink_put(sink, p, f->palette[v[3]]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* How finely the instances become layers. */
enum split { SPLIT_INSTANCES, SPLIT_GROUPS, SPLIT_HIDDEN };

static bool starts_layer(const struct scene *s, size_t i, enum split split)
{
    if (i == 0)
        return true;
    const struct instance *a = &s->instances[i - 1], *b = &s->instances[i];
    if (split == SPLIT_INSTANCES)
        return !b->joins_previous;
    return a->group != b->group || a->is_hidden != b->is_hidden;
}

static size_t count_layers(const struct scene *s, enum split split)
{
    size_t n = 0;
    for (size_t i = 0; i < s->instance_count; i++)
        n += starts_layer(s, i, split);
    return n;
}

static int make_layer(struct scene *s, const struct instance *first,
        const char *name, struct gox__sink *sink, struct gox_layer **layer)
{
    struct gox__vox_file *f = s->file;
    int rc = sink->vol != NULL ? gox__sink_flush(sink) : 0;
    if (rc < 0)
        return rc;
    *layer = gox_image_add_layer(f->img, name);
    if (*layer == NULL)
        return GOX_ERR_NOMEM;
    (*layer)->is_visible = !first->is_hidden;
    sink->vol = (*layer)->volume;
    return gox_task_check(f->task, f->err);
}

/* The material of a layer is that of all its instances, or none. */
static int settle_material(struct scene *s, struct gox_layer *layer,
        const struct instance *first, const struct instance *end)
{
    unsigned color = shared_material(s->file, first->model);
    for (const struct instance *i = first + 1; color != 0 && i < end; i++) {
        unsigned other = shared_material(s->file, i->model);
        if (other == 0 || !is_same_material(&s->file->materials[color],
                                  &s->file->materials[other]))
            color = 0;
    }
    return color != 0 ? add_material(s->file, color, &layer->material) : 0;
}

static int place_split(
        struct scene *s, enum split split, struct gox__sink *sink)
{
    int rc = 0;
    size_t i = 0;
    while (rc == 0 && i < s->instance_count) {
        size_t end = i + 1;
        while (end < s->instance_count && !starts_layer(s, end, split))
            end++;
        char name[GOX_NAME_BYTES];
        struct gox_layer *layer = NULL;
        name_layer(
                s->file, &s->instances[i], s->file->img->layer_count + 1, name);
        rc = make_layer(s, &s->instances[i], name, sink, &layer);
        if (rc == 0)
            rc = settle_material(
                    s, layer, &s->instances[i], &s->instances[end]);
        for (; rc == 0 && i < end; i++)
            rc = place(s->file, &s->instances[i], sink);
        gox_task_progress(s->file->task, i, s->instance_count);
    }
    return rc;
}

/* Too many objects for layers: one for all that is shown, one for the rest. */
static int place_merged(struct scene *s, struct gox__sink *sink)
{
    static const char *const names[] = {"Scene", "Hidden"};
    int rc = 0;
    for (int hidden = 0; rc == 0 && hidden < 2; hidden++) {
        struct gox_layer *layer = NULL;
        for (size_t i = 0; rc == 0 && i < s->instance_count; i++) {
            if (s->instances[i].is_hidden != (hidden == 1))
                continue;
            if (layer == NULL)
                rc = make_layer(
                        s, &s->instances[i], names[hidden], sink, &layer);
            if (rc == 0)
                rc = place(s->file, &s->instances[i], sink);
            if (rc == 0 && i % 64 == 0)
                rc = gox_task_check(s->file->task, s->file->err);
        }
    }
    return rc;
}

int gox__vox_build(struct gox__vox_file *file)
{
    struct scene s = {.file = file};
    struct gox__sink sink = {0};
    int rc = walk(&s);
    if (rc == 0)
        rc = gox__sink_init(&sink, NULL);
    enum split split = SPLIT_INSTANCES;
    while (split != SPLIT_HIDDEN &&
            count_layers(&s, split) > GOX__VOX_MAX_LAYERS)
        split++;
    if (rc == 0)
        rc = split == SPLIT_HIDDEN ? place_merged(&s, &sink)
                                   : place_split(&s, split, &sink);
    if (rc == 0 && sink.vol != NULL)
        rc = gox__sink_flush(&sink);
    file->clipped += sink.clipped;
    gox__sink_fini(&sink);
    gox_free(s.instances);
    gox_free(s.order);
    return rc;
}
