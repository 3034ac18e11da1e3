/* SPDX-License-Identifier: Apache-2.0
 * The scene of MagicaVoxel files: transforms, groups and shapes, as they stand
 * in their chunks. vox_scene.c walks them.
 *
 * Invariant: numbers of children and models are taken as they are; whether they
 * exist is seen when the scene is walked. */
#include "base/alloc.h"
#include "format/vox_internal.h"

#define MAX_TRANSLATE (1 << 24)

static int skip_entry(void *ctx, struct gox_bytes *in, struct gox__vox_text key,
        struct gox__vox_text value)
{
    (void)ctx, (void)in, (void)key, (void)value;
    return 0;
}

static bool parse_int(const uint8_t **at, const uint8_t *end, int64_t *value)
{
    while (*at < end && **at == ' ')
        (*at)++;
    bool is_negative = *at < end && **at == '-';
    *at += is_negative;
    const uint8_t *first = *at;
    int64_t v = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        v = v * 10 + (**at - '0');
        if (v > INT32_MAX)
            return false;
    }
    *value = is_negative ? -v : v;
    return *at > first;
}

static int node_entry(void *ctx, struct gox_bytes *in, struct gox__vox_text key,
        struct gox__vox_text value)
{
    (void)in;
    struct gox__vox_node *node = ctx;
    if (gox__vox_text_is(key, "_name")) {
        node->name = value.data;
        node->name_len = value.len;
    } else if (gox__vox_text_is(key, "_hidden")) {
        node->is_hidden = !gox__vox_text_is(value, "0");
    } else if (gox__vox_text_is(key, "_part")) {
        node->is_part = true;
    }
    return 0;
}

static int get_rotation(struct gox_bytes *in, struct gox__vox_text value,
        struct gox__vox_move *move)
{
    const uint8_t *at = value.data;
    int64_t r = 0;
    if (!parse_int(&at, value.data + value.len, &r) || r < 0 || r > 127)
        return gox__vox_bad_value(in, value, "a rotation byte of 0 to 127");
    int a = (int)(r & 3), b = (int)(r >> 2 & 3);
    if (a > 2 || b > 2 || a == b)
        return gox__vox_bad_value(
                in, value, "a rotation with two different axes");
    move->from[0] = (int8_t)a;
    move->from[1] = (int8_t)b;
    move->from[2] = (int8_t)(3 - a - b);
    for (int i = 0; i < 3; i++)
        move->sign[i] = r >> (4 + i) & 1 ? -1 : 1;
    return 0;
}

static int frame_entry(void *ctx, struct gox_bytes *in,
        struct gox__vox_text key, struct gox__vox_text value)
{
    struct gox__vox_move *move = ctx;
    if (gox__vox_text_is(key, "_r"))
        return get_rotation(in, value, move);
    if (!gox__vox_text_is(key, "_t"))
        return 0;
    const uint8_t *at = value.data, *end = value.data + value.len;
    for (int i = 0; i < 3; i++)
        if (!parse_int(&at, end, &move->t[i]) || move->t[i] > MAX_TRANSLATE ||
                move->t[i] < -MAX_TRANSLATE)
            return gox__vox_bad_value(
                    in, value, "three integers within the grid");
    return 0;
}

static int add_child(
        struct gox__vox_file *f, struct gox__vox_node *node, int32_t id)
{
    if (!gox_grow(&f->children, &f->child_capacity, f->child_count + 1,
                sizeof(*f->children)))
        return GOX_ERR_NOMEM;
    f->children[f->child_count++] = id;
    node->child_count++;
    return 0;
}

/* The first frame is the model at rest; the others are its animation. */
static int read_move(struct gox__vox_file *f, struct gox_bytes *in,
        struct gox__vox_node *node)
{
    node->move = (struct gox__vox_move){.from = {0, 1, 2}, .sign = {1, 1, 1}};
    int32_t child = gox_bytes_i32le(in, "the child of a transform");
    (void)gox_bytes_i32le(in, "a reserved number");
    node->layer = gox_bytes_i32le(in, "the layer of a transform");
    int32_t frames = gox__vox_get_count(in, 4, "the number of frames");
    if (in->failed)
        return GOX_ERR_FORMAT;
    int rc = add_child(f, node, child);
    for (int32_t i = 0; rc == 0 && i < frames; i++)
        rc = i == 0 ? gox__vox_each_entry(in, frame_entry, &node->move)
                    : gox__vox_each_entry(in, skip_entry, NULL);
    return rc;
}

static int read_group(struct gox__vox_file *f, struct gox_bytes *in,
        struct gox__vox_node *node)
{
    int32_t n = gox__vox_get_count(in, 4, "the number of children of a group");
    int rc = in->failed ? GOX_ERR_FORMAT : 0;
    for (int32_t i = 0; rc == 0 && i < n; i++)
        rc = add_child(f, node, gox_bytes_i32le(in, "the child of a group"));
    return rc;
}

/* Models after the first are frames of an animation. */
static int read_shape(struct gox_bytes *in, struct gox__vox_node *node)
{
    int32_t n = gox__vox_get_count(in, 8, "the number of models of a shape");
    node->model = -1;
    int rc = in->failed ? GOX_ERR_FORMAT : 0;
    for (int32_t i = 0; rc == 0 && i < n; i++) {
        int32_t model = gox_bytes_i32le(in, "the model of a shape");
        if (i == 0)
            node->model = model;
        rc = gox__vox_each_entry(in, skip_entry, NULL);
    }
    return rc;
}

int gox__vox_read_node(
        struct gox__vox_file *f, struct gox_bytes *in, enum gox__vox_kind kind)
{
    struct gox__vox_node node = {.kind = kind,
            .offset = in->base,
            .layer = -1,
            .model = -1,
            .first_child = (uint32_t)f->child_count};
    node.id = gox_bytes_i32le(in, "the number of a node");
    int rc = gox__vox_each_entry(in, node_entry, &node);
    if (rc == 0 && kind == GOX__VOX_MOVE)
        rc = read_move(f, in, &node);
    else if (rc == 0 && kind == GOX__VOX_GROUP)
        rc = read_group(f, in, &node);
    else if (rc == 0)
        rc = read_shape(in, &node);
    if (rc < 0)
        return rc;
    if (!gox_grow(&f->nodes, &f->node_capacity, f->node_count + 1,
                sizeof(*f->nodes)))
        return GOX_ERR_NOMEM;
    f->nodes[f->node_count++] = node;
    return 0;
}
