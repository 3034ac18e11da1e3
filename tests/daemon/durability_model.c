/* SPDX-License-Identifier: Apache-2.0
 * A row of edits as they must turn out. */
#include "daemon/durability_model.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = 8, APART = 5, REGION = 64, ITEMS_MAX = 24 };

uint32_t model_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 16);
}

void model_init(struct model *m, int region)
{
    *m = (struct model){.region = region};
    m->states = calloc(MODEL_OPS + 1, sizeof *m->states);
    if (m->states == NULL)
        abort();
}

void model_fini(struct model *m)
{
    free(m->states);
}

void model_reset(struct model *m)
{
    memset(&m->states[0], 0, sizeof m->states[0]);
    m->at = m->count = 0;
}

/* An odd factor: no two numbers give one colour. */
static uint32_t color_of(uint32_t number)
{
    return 0xff000000u | ((number * 0x9e3779b1u) & 0xffffffu);
}

/* Cell i of an edit. */
static uint32_t cell_of(const struct model_op *op, uint32_t i)
{
    uint64_t seed = ((uint64_t)op->number << 20) + i * 7919u + 88172645463325u;
    for (int k = 0; k < 3; k++)
        (void)model_random(&seed);
    return model_random(&seed) % MODEL_CELLS;
}

static uint32_t items_of(const struct model_op *op)
{
    return op->kind == MODEL_BATCH ? 6 : op->kind == MODEL_MANY ? ITEMS_MAX : 1;
}

struct model_op model_choose(
        const struct model *m, uint32_t number, bool with_steps, uint64_t *seed)
{
    struct model_op op = {.number = number, .steps = 1 + number % 3};
    uint32_t dice = model_random(seed) % 100;
    if (dice < 10 && with_steps && m->at >= op.steps)
        op.kind = MODEL_UNDO;
    else if (dice < 16 && with_steps && m->count >= m->at + op.steps)
        op.kind = MODEL_REDO;
    else if (dice < 26)
        op.kind = MODEL_BATCH;
    else if (dice < 32)
        op.kind = MODEL_MANY;
    else if (dice < 34)
        op.kind = MODEL_LONG;
    else if (dice < 45 && with_steps &&
             m->states[m->at].cells[cell_of(&op, 0)] != 0)
        op.kind = MODEL_REMOVE;
    else
        op.kind = MODEL_ADD;
    return op;
}

void model_apply(struct model *m, const struct model_op *op)
{
    if (op->kind == MODEL_UNDO) {
        m->at -= op->steps;
        return;
    }
    if (op->kind == MODEL_REDO) {
        m->at += op->steps;
        return;
    }
    m->states[m->at + 1] = m->states[m->at];
    m->count = ++m->at;
    struct model_state *now = &m->states[m->at];
    if (op->kind == MODEL_LONG) {
        now->box = color_of(op->number);
        return;
    }
    for (uint32_t i = 0; i < items_of(op); i++)
        now->cells[cell_of(op, i)] =
                op->kind == MODEL_REMOVE ? 0 : color_of(op->number + i);
}

/* ---- as JSON ---- */

static json_t *pack_color(uint32_t c)
{
    return json_pack("[i,i,i,i]", (int)(c >> 16 & 255), (int)(c >> 8 & 255),
            (int)(c & 255), (int)(c >> 24));
}

static json_t *pack_cell(const struct model *m, uint32_t cell)
{
    return json_pack("[i,i,i]", (int)(cell % SIDE) * APART + m->region * REGION,
            (int)(cell / SIDE % SIDE) * APART,
            (int)(cell / (SIDE * SIDE)) * APART);
}

static json_t *pack_items(const struct model *m, const struct model_op *op)
{
    json_t *items = json_array();
    for (uint32_t i = 0; i < items_of(op); i++) {
        json_t *item =
                json_pack("{s:o,s:o}", "position", pack_cell(m, cell_of(op, i)),
                        "color", pack_color(color_of(op->number + i)));
        if (op->kind == MODEL_BATCH)
            json_object_set_new(item, "type", json_string("add_voxel"));
        json_array_append_new(items, item);
    }
    return items;
}

static json_t *box_corner(const struct model *m, int more)
{
    return json_pack("[i,i,i]", 500 + more, m->region * 100 + more, 500 + more);
}

json_t *model_params(const struct model *m, const struct model_op *op,
        const char *project, const char **method)
{
    uint32_t color = color_of(op->number);
    switch (op->kind) {
    case MODEL_ADD:
        *method = "goxel.add_voxel";
        return json_pack("{s:s,s:o,s:o}", "project", project, "position",
                pack_cell(m, cell_of(op, 0)), "color", pack_color(color));
    case MODEL_REMOVE:
        *method = "goxel.remove_voxel";
        return json_pack("{s:s,s:o}", "project", project, "position",
                pack_cell(m, cell_of(op, 0)));
    case MODEL_BATCH:
        *method = "goxel.batch_operations";
        return json_pack("{s:s,s:o}", "project", project, "operations",
                pack_items(m, op));
    case MODEL_MANY:
        *method = "goxel.add_voxels";
        return json_pack(
                "{s:s,s:o}", "project", project, "voxels", pack_items(m, op));
    case MODEL_LONG:
        *method = "goxel.procedural_shape";
        return json_pack("{s:s,s:s,s:o,s:{s:o,s:o}}", "project", project,
                "shape_type", "cube", "color", pack_color(color), "box", "min",
                box_corner(m, 0), "max", box_corner(m, MODEL_BOX - 1));
    case MODEL_UNDO:
    case MODEL_REDO:
        break;
    }
    *method = op->kind == MODEL_UNDO ? "goxel.undo" : "goxel.redo";
    return json_pack("{s:s,s:i}", "project", project, "steps", (int)op->steps);
}

json_t *model_cells_region(const struct model *m, const char *project)
{
    return json_pack("{s:s,s:o,s:o,s:i}", "project", project, "min",
            pack_cell(m, 0), "max", pack_cell(m, MODEL_CELLS - 1), "limit",
            MODEL_CELLS);
}

json_t *model_box_region(const struct model *m, const char *project)
{
    uint32_t color = m->states[m->at].box;
    json_t *params = json_pack("{s:s,s:o,s:o,s:i}", "project", project, "min",
            box_corner(m, 0), "max", box_corner(m, MODEL_BOX - 1), "limit", 0);
    if (color != 0)
        json_object_set_new(params, "color_filter", pack_color(color));
    return params;
}

static uint32_t unpack_color(const json_t *color)
{
    uint32_t c[4] = {0, 0, 0, 255};
    for (size_t i = 0; i < json_array_size(color) && i < 4; i++)
        c[i] = (uint32_t)json_integer_value(json_array_get(color, i));
    return c[3] << 24 | c[0] << 16 | c[1] << 8 | c[2];
}

static int coordinate(const json_t *voxel, const char *axis)
{
    return (int)json_integer_value(json_object_get(voxel, axis));
}

bool model_has_cells(const struct model *m, const json_t *voxels)
{
    uint32_t got[MODEL_CELLS] = {0};
    size_t i;
    json_t *voxel;
    json_array_foreach(voxels, i, voxel)
    {
        int x = coordinate(voxel, "x") - m->region * REGION;
        int y = coordinate(voxel, "y");
        int z = coordinate(voxel, "z");
        int cell = x / APART + y / APART * SIDE + z / APART * SIDE * SIDE;
        if (x % APART != 0 || y % APART != 0 || z % APART != 0 || cell < 0 ||
                cell >= MODEL_CELLS)
            return false;
        got[cell] = unpack_color(json_object_get(voxel, "color"));
    }
    return memcmp(got, m->states[m->at].cells, sizeof got) == 0;
}
