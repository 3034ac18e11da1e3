/* SPDX-License-Identifier: Apache-2.0
 * Operations as a model writes them into operations of the daemon: shapes by
 * their own names, and the modifiers mirror, repeat and turns, which make
 * several operations of one.
 *
 * Coordinates are whole voxels; a turn about the z axis keeps them whole. */
#include "mcp/voxel_internal.h"

#include <string.h>

#define MAX_COPIES 4096

static bool has(const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL;
}

/* ---- points ---- */

static bool read_point(const json_t *value, double p[3])
{
    if (json_array_size(value) != 3)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!json_is_number(json_array_get(value, i)))
            return false;
        p[i] = json_number_value(json_array_get(value, i));
    }
    return true;
}

static json_t *make_point(const double p[3])
{
    json_t *out = json_array();
    for (size_t i = 0; i < 3; i++)
        json_array_append_new(out, json_integer((json_int_t)p[i]));
    return out;
}

/* A quarter turn about z, `turns` times, around a pivot in whole or half voxel
 * numbers. */
static void turn_point(double p[3], const double pivot[3], int turns)
{
    for (int i = 0; i < turns; i++) {
        double x = p[0] - pivot[0], y = p[1] - pivot[1];
        p[0] = pivot[0] - y;
        p[1] = pivot[1] + x;
    }
}

/* ---- copies of one operation ---- */

struct copies {
    long count;
    double step[3];
    int turns; /* 1, 2 or 4 */
    double pivot[3];
};

static bool read_copies(
        const json_t *operation, struct copies *c, struct gox_buf *why)
{
    const json_t *repeat = json_object_get(operation, "repeat");
    const json_t *turns = json_object_get(operation, "turns");
    *c = (struct copies){.count = 1, .turns = 1};
    if (repeat != NULL) {
        c->count = (long)json_integer_value(json_object_get(repeat, "count"));
        if (c->count < 1 || c->count > MAX_COPIES ||
                !read_point(json_object_get(repeat, "step"), c->step)) {
            gox_buf_printf(why,
                    "\"repeat\" is {\"count\": 1 to %d, \"step\": [x, y, z]}",
                    MAX_COPIES);
            return false;
        }
    }
    if (turns != NULL) {
        c->turns = (int)json_integer_value(turns);
        if ((c->turns != 2 && c->turns != 4) ||
                !read_point(json_object_get(operation, "pivot"), c->pivot)) {
            gox_buf_put_str(why, "\"turns\" is 2 or 4 and needs \"pivot\": [x, "
                                 "y, z], the point to turn around");
            return false;
        }
    }
    return true;
}

static const char *const POINTS[] = {"center", "from", "to", "position"};

/* Moves every point of an operation. */
static void place(json_t *op, const struct copies *c, long index, int quarter)
{
    double p[3], q[3];
    for (size_t i = 0; i < sizeof POINTS / sizeof POINTS[0]; i++) {
        if (!read_point(json_object_get(op, POINTS[i]), p))
            continue;
        for (size_t k = 0; k < 3; k++)
            p[k] += c->step[k] * (double)index;
        turn_point(p, c->pivot, quarter);
        json_object_set_new(op, POINTS[i], make_point(p));
    }
    json_t *box = json_object_get(op, "box");
    if (read_point(json_object_get(box, "min"), p) &&
            read_point(json_object_get(box, "max"), q)) {
        for (size_t k = 0; k < 3; k++) {
            p[k] += c->step[k] * (double)index;
            q[k] += c->step[k] * (double)index;
        }
        turn_point(p, c->pivot, quarter);
        turn_point(q, c->pivot, quarter);
        for (size_t k = 0; k < 3; k++) {
            double low = p[k] < q[k] ? p[k] : q[k];
            q[k] = p[k] < q[k] ? q[k] : p[k];
            p[k] = low;
        }
        json_object_set_new(op, "box",
                json_pack("{s:o,s:o}", "min", make_point(p), "max",
                        make_point(q)));
    }
    if (quarter % 2 == 0)
        return;
    if (read_point(json_object_get(op, "size"), p)) {
        double x = p[0];
        p[0] = p[1];
        p[1] = x;
        json_object_set_new(op, "size", make_point(p));
    }
    const char *axis = json_string_value(json_object_get(op, "axis"));
    if (axis != NULL && axis[0] != 'z')
        json_object_set_new(
                op, "axis", json_string(axis[0] == 'x' ? "y" : "x"));
}

/* A cone or wedge that points along an axis also flips. */
static void flip(json_t *op, const char *axis, int quarter)
{
    bool now = json_is_true(json_object_get(op, "flipped"));
    bool flips = axis != NULL &&
                 ((axis[0] == 'x' && quarter >= 2) ||
                         (axis[0] == 'y' && (quarter == 1 || quarter == 2)));
    if (flips)
        json_object_set_new(op, "flipped", json_boolean(!now));
}

/* ---- one operation ---- */

static const char *const SHAPES[] = {"box", "cube", "sphere", "ellipsoid",
        "cylinder", "cone", "pyramid", "torus", "line", "capsule", "plane",
        "wedge"};

static const char *shape_name(const char *type)
{
    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++)
        if (strcmp(SHAPES[i], type) == 0)
            return i == 0 ? "cube" : type;
    return NULL;
}

/* "mirror": "xy" with "mirror_at": the voxels' own symmetry words. */
static bool put_mirror(json_t *op, struct gox_buf *why)
{
    const char *axes = json_string_value(json_object_get(op, "mirror"));
    json_t *symmetry;
    if (!has(op, "mirror"))
        return true;
    if (axes == NULL || axes[0] == '\0' || axes[strspn(axes, "xyz")] != '\0') {
        gox_buf_put_str(why, "\"mirror\" is a text of the axes to mirror, such "
                             "as \"x\" or \"xy\"");
        return false;
    }
    symmetry = json_pack("{s:b,s:b,s:b}", "x", strchr(axes, 'x') != NULL, "y",
            strchr(axes, 'y') != NULL, "z", strchr(axes, 'z') != NULL);
    if (has(op, "mirror_at"))
        json_object_set(symmetry, "origin", json_object_get(op, "mirror_at"));
    json_object_set_new(op, "symmetry", symmetry);
    json_object_del(op, "mirror");
    json_object_del(op, "mirror_at");
    return true;
}

/* min and max of a shape are its box. */
static void put_box(json_t *op)
{
    if (!has(op, "min") || !has(op, "max"))
        return;
    json_object_set_new(op, "box",
            json_pack("{s:O,s:O}", "min", json_object_get(op, "min"), "max",
                    json_object_get(op, "max")));
    json_object_del(op, "min");
    json_object_del(op, "max");
}

static bool normalise(json_t *op, const json_t *layer, struct gox_buf *why)
{
    const char *type = json_string_value(json_object_get(op, "type"));
    const char *shape = json_string_value(json_object_get(op, "shape"));
    if (type == NULL && shape != NULL)
        type = shape;
    if (type == NULL) {
        gox_buf_put_str(why, "\"type\" is missing: a shape such as \"box\", or "
                             "an operation such as \"add_voxels\"");
        return false;
    }
    if (shape_name(type) != NULL) {
        json_object_set_new(op, "shape_type", json_string(shape_name(type)));
        json_object_set_new(op, "type", json_string("procedural_shape"));
        json_object_del(op, "shape");
        put_box(op);
    }
    if (layer != NULL && !has(op, "layer") && !has(op, "layer_id"))
        json_object_set(op, "layer", (json_t *)(uintptr_t)layer);
    return put_mirror(op, why);
}

bool gox__vox_expand(const json_t *operation, const json_t *layer,
        json_t *operations, struct gox_buf *why)
{
    struct copies copies;
    json_t *op;
    bool is_done;
    if (!json_is_object(operation)) {
        gox_buf_put_str(why, "it is no object");
        return false;
    }
    if (!read_copies(operation, &copies, why))
        return false;
    op = json_copy((json_t *)(uintptr_t)operation);
    json_object_del(op, "repeat");
    json_object_del(op, "turns");
    /* A transform has a pivot of its own. */
    if (copies.turns > 1)
        json_object_del(op, "pivot");
    is_done = normalise(op, layer, why);
    const char *axis = json_string_value(json_object_get(op, "axis"));
    char own_axis[2] = {axis != NULL ? axis[0] : '\0', '\0'};
    for (int turn = 0; is_done && turn < copies.turns; turn++)
        for (long i = 0; i < copies.count; i++) {
            int quarter = turn * (4 / copies.turns);
            json_t *copy = json_deep_copy(op);
            place(copy, &copies, i, quarter);
            flip(copy, own_axis[0] != '\0' ? own_axis : NULL, quarter);
            json_array_append_new(operations, copy);
        }
    json_decref(op);
    return is_done;
}
