/* SPDX-License-Identifier: Apache-2.0
 * The slab mesher: from bricks to the faces of their 16 planes, from rows of
 * faces to runs of one colour, from equal runs in following rows to rectangles.
 *
 * Invariant: open runs of a plane are sorted along the row and do not overlap,
 * so the runs of the next row are matched in one pass. */
#include "base/alloc.h"
#include "format/mesh_internal.h"

#include <string.h>

/* Grid axes of (plane, row of bricks, in the row) for slabs along x, y, z. */
static const uint8_t row_axis[3] = {2, 2, 1};
static const uint8_t run_axis[3] = {1, 0, 0};

void gox__mesher_scratch_fini(struct gox__mesher_scratch *scratch)
{
    for (int i = 0; i < 32; i++)
        gox_free(scratch->open[i / 16][i % 16].items);
    gox_free(scratch->row.items);
    gox_free(scratch->cells);
    *scratch = (struct gox__mesher_scratch){0};
}

int gox__mesher_begin(struct gox__mesher *mesher, int axis, bool see_through,
        bool merge, struct gox__mesher_scratch *scratch)
{
    *mesher = (struct gox__mesher){.axis = axis,
            .see_through = see_through,
            .merge = merge,
            .scratch = scratch};
    scratch->cell_count = 0;
    for (int i = 0; i < 32; i++)
        scratch->open[i / 16][i % 16].count = 0;
    return 0;
}

/* ---- faces of a brick ---- */

/* Turns 16 rows of 16 bits about the diagonal: bit j of row i becomes bit i of
 * row j. Swaps ever smaller squares. */
static void transpose(uint16_t rows[16])
{
    static const uint16_t masks[4] = {0x00ff, 0x0f0f, 0x3333, 0x5555};
    for (int step = 0; step < 4; step++) {
        int n = 8 >> step;
        for (int i = 0; i < 16; i++) {
            if (i & n)
                continue;
            unsigned a = rows[i], b = rows[i + n], m = masks[step];
            rows[i] = (uint16_t)((a & m) | (b & m) << n);
            rows[i + n] = (uint16_t)((a >> n & m) | (b & ~m));
        }
    }
}

/* What hides a voxel's face: any solid voxel, or, with see_through, an opaque
 * one for opaque faces. A face stays when its voxel is solid and the one
 * before it is not, or when it is opaque and the one before it is not. */
struct view {
    const uint16_t *solid, *opaque;
};

static const uint16_t no_rows[GOX__BRICK_ROWS];

static struct view view_of(const struct gox__brick *brick, bool see_through)
{
    if (brick == NULL)
        return (struct view){no_rows, no_rows};
    return (struct view){
            brick->solid, see_through ? brick->opaque : brick->solid};
}

/* Faces of one row of voxels towards another. */
static uint16_t faces_of(
        struct view a, unsigned row, struct view other, unsigned other_row)
{
    return (uint16_t)((a.solid[row] & ~other.solid[other_row]) |
                      (a.opaque[row] & ~other.opaque[other_row]));
}

/* Planes along y or z: a plane's rows are rows of bits already. step is the
 * distance of two planes, stride that of two rows of a plane. */
static void cut_rows(struct gox__cell *cell, struct view own,
        struct view before, struct view after, unsigned step, unsigned stride)
{
    for (unsigned p = 0; p < 16; p++) {
        for (unsigned r = 0; r < 16; r++) {
            unsigned row = p * step + r * stride;
            cell->faces[0][p][r] =
                    p < 15 ? faces_of(own, row, own, row + step)
                           : faces_of(own, row, after, r * stride);
            cell->faces[1][p][r] =
                    p > 0 ? faces_of(own, row, own, row - step)
                          : faces_of(own, row, before, 15 * step + r * stride);
            cell->same[p][r] = cell->brick->same_x[row];
        }
    }
}

/* The bits of a row's neighbours at x + 1 and at x - 1. */
static unsigned next_bits(unsigned row, unsigned after)
{
    return row >> 1 | (after & 1u) << 15;
}

static unsigned last_bits(unsigned row, unsigned before)
{
    return (row << 1 & 0xffffu) | before >> 15;
}

/* Planes along x: faces are found in rows along x, then turned so that a
 * plane's rows run along y. */
static void cut_columns(struct gox__cell *cell, struct view own,
        struct view before, struct view after)
{
    for (unsigned z = 0; z < 16; z++) {
        uint16_t right[16], left[16], same[16];
        for (unsigned y = 0; y < 16; y++) {
            unsigned r = y + 16 * z;
            unsigned s = own.solid[r], o = own.opaque[r];
            right[y] = (uint16_t)((s & ~next_bits(s, after.solid[r])) |
                                  (o & ~next_bits(o, after.opaque[r])));
            left[y] = (uint16_t)((s & ~last_bits(s, before.solid[r])) |
                                 (o & ~last_bits(o, before.opaque[r])));
            same[y] = cell->brick->same_y[r];
        }
        transpose(right);
        transpose(left);
        transpose(same);
        for (unsigned p = 0; p < 16; p++) {
            cell->faces[0][p][z] = right[p];
            cell->faces[1][p][z] = left[p];
            cell->same[p][z] = same[p];
        }
    }
}

int gox__mesher_add(struct gox__mesher *mesher, const struct gox__brick *brick,
        const struct gox__brick *before, const struct gox__brick *after)
{
    struct gox__mesher_scratch *s = mesher->scratch;
    if (!gox_grow(&s->cells, &s->cell_capacity, s->cell_count + 1,
                sizeof(*s->cells)))
        return GOX_ERR_NOMEM;
    struct gox__cell *cell = &s->cells[s->cell_count];
    struct view own = view_of(brick, mesher->see_through);
    struct view low = view_of(before, mesher->see_through);
    struct view high = view_of(after, mesher->see_through);
    cell->brick = brick;
    if (mesher->axis == 0)
        cut_columns(cell, own, low, high);
    else if (mesher->axis == 1)
        cut_rows(cell, own, low, high, 1, 16);
    else
        cut_rows(cell, own, low, high, 16, 1);
    for (int side = 0; side < 2; side++) {
        unsigned planes = 0;
        for (unsigned p = 0; p < 16; p++) {
            unsigned any = 0;
            for (unsigned r = 0; r < 16; r++)
                any |= cell->faces[side][p][r];
            planes |= (unsigned)(any != 0) << p;
        }
        cell->planes[side] = (uint16_t)planes;
    }
    if (cell->planes[0] != 0 || cell->planes[1] != 0)
        s->cell_count++;
    return 0;
}

/* ---- runs and rectangles ---- */

static int32_t block_at(const struct gox__brick *brick, int axis)
{
    return axis == 0 ? brick->pos.x : axis == 1 ? brick->pos.y : brick->pos.z;
}

/* One plane that is being worked on. */
struct plane {
    struct gox__mesher *mesher;
    unsigned side;  /* 0 positive, 1 negative */
    unsigned index; /* 0 ... 15 in the slab */
    int32_t at;     /* grid position of the faces along the axis */
};

static int emit(struct plane *plane, const struct gox__run *run, int32_t v1)
{
    struct gox__mesher *m = plane->mesher;
    if (m->count == m->capacity &&
            !gox_grow(&m->quads, &m->capacity, m->count + 1, sizeof(*m->quads)))
        return GOX_ERR_NOMEM;
    struct gox_mesh_quad *quad = &m->quads[m->count++];
    quad->corner[m->axis] = plane->at;
    quad->corner[run_axis[m->axis]] = run->u0;
    quad->corner[row_axis[m->axis]] = run->v0;
    quad->color = run->color;
    quad->side_u = (uint32_t)(run->u1 - run->u0) & 0x1fffffffu;
    quad->dir = ((unsigned)m->axis * 2 + plane->side) & 7u;
    quad->side_v = (uint32_t)(v1 - run->v0);
    return 0;
}

/* Ends the open runs of a plane that no row continues. */
static int flush_runs(struct plane *plane, struct gox__runs *open)
{
    for (size_t i = 0; i < open->count; i++)
        if (emit(plane, &open->items[i], open->next_v) < 0)
            return GOX_ERR_NOMEM;
    open->count = 0;
    return 0;
}

/* Colour of the voxel that has face bit `bit` of a row. */
static gox_rgba face_color(const struct plane *plane,
        const struct gox__cell *cell, unsigned row, unsigned bit)
{
    unsigned p = plane->index;
    unsigned i = plane->mesher->axis == 0   ? gox_block_index(p, bit, row)
                 : plane->mesher->axis == 1 ? gox_block_index(bit, p, row)
                                            : gox_block_index(bit, row, p);
    return gox_block_get(cell->brick->block, i);
}

static int append_run(struct gox__runs *runs, struct gox__run run, bool merge)
{
    struct gox__run *last =
            runs->count > 0 ? &runs->items[runs->count - 1] : NULL;
    if (merge && last != NULL && last->u1 == run.u0 &&
            last->color == run.color) {
        last->u1 = run.u1; /* goes on over a block border */
        return 0;
    }
    if (runs->count == runs->capacity &&
            !gox_grow(&runs->items, &runs->capacity, runs->count + 1,
                    sizeof(*runs->items)))
        return GOX_ERR_NOMEM;
    runs->items[runs->count++] = run;
    return 0;
}

/* Cuts the faces of one row of one cell into runs of one colour. */
static int cut_runs(struct plane *plane, const struct gox__cell *cell,
        unsigned row, int32_t v, struct gox__runs *runs)
{
    bool merge = plane->mesher->merge;
    unsigned faces = cell->faces[plane->side][plane->index][row];
    unsigned same = merge ? cell->same[plane->index][row] & 0x7fffu : 0;
    unsigned starts = faces & ~((faces & same) << 1);
    unsigned ends = faces & ~(faces >> 1 & same);
    int32_t base = block_at(cell->brick, run_axis[plane->mesher->axis]) * 16;
    while (starts != 0) {
        unsigned first = (unsigned)__builtin_ctz(starts);
        unsigned last = (unsigned)__builtin_ctz(ends);
        struct gox__run run = {.u0 = base + (int32_t)first,
                .u1 = base + (int32_t)last + 1,
                .v0 = v,
                .color = face_color(plane, cell, row, first)};
        if (append_run(runs, run, merge) < 0)
            return GOX_ERR_NOMEM;
        starts &= starts - 1;
        ends &= ends - 1;
    }
    return 0;
}

/* Matches a new row with the open runs: equal ones grow, the others end. The
 * row becomes the open runs. */
static int match_row(
        struct plane *plane, struct gox__runs *open, struct gox__runs *row)
{
    size_t at = 0;
    for (size_t i = 0; i < row->count; i++) {
        struct gox__run *run = &row->items[i];
        for (; at < open->count && open->items[at].u0 < run->u0; at++)
            if (emit(plane, &open->items[at], open->next_v) < 0)
                return GOX_ERR_NOMEM;
        if (at == open->count || open->items[at].u0 != run->u0)
            continue;
        if (open->items[at].u1 == run->u1 &&
                open->items[at].color == run->color)
            run->v0 = open->items[at].v0;
        else if (emit(plane, &open->items[at], open->next_v) < 0)
            return GOX_ERR_NOMEM;
        at++;
    }
    for (; at < open->count; at++)
        if (emit(plane, &open->items[at], open->next_v) < 0)
            return GOX_ERR_NOMEM;
    struct gox__runs swap = *open;
    *open = *row;
    *row = swap;
    row->count = 0;
    return 0;
}

/* One row of faces across all cells of the row of bricks. */
static int add_row(struct plane *plane, unsigned row, int32_t v)
{
    struct gox__mesher_scratch *s = plane->mesher->scratch;
    struct gox__runs *open = &s->open[plane->side][plane->index];
    s->row.count = 0;
    for (size_t i = 0; i < s->cell_count; i++) {
        const struct gox__cell *cell = &s->cells[i];
        if (cell->faces[plane->side][plane->index][row] != 0 &&
                cut_runs(plane, cell, row, v, &s->row) < 0)
            return GOX_ERR_NOMEM;
    }
    if (open->count == 0 && s->row.count == 0)
        return 0;
    int rc = plane->mesher->merge ? match_row(plane, open, &s->row) : 0;
    for (size_t i = 0; !plane->mesher->merge && i < s->row.count && rc == 0;
            i++)
        rc = emit(plane, &s->row.items[i], v + 1);
    open->next_v = v + 1;
    return rc;
}

static struct plane plane_at(
        struct gox__mesher *mesher, unsigned i, int32_t slab)
{
    unsigned side = i / 16, index = i % 16;
    return (struct plane){.mesher = mesher,
            .side = side,
            .index = index,
            .at = slab * 16 + (int32_t)index + (side == 0 ? 1 : 0)};
}

int gox__mesher_end_row(struct gox__mesher *mesher)
{
    struct gox__mesher_scratch *s = mesher->scratch;
    if (s->cell_count == 0)
        return 0;
    const struct gox__brick *brick = s->cells[0].brick;
    int32_t v = block_at(brick, row_axis[mesher->axis]) * 16;
    mesher->slab = block_at(brick, mesher->axis);
    for (unsigned i = 0; i < 32; i++) {
        struct plane plane = plane_at(mesher, i, mesher->slab);
        struct gox__runs *open = &s->open[plane.side][plane.index];
        unsigned any = 0;
        for (size_t k = 0; k < s->cell_count; k++)
            any |= s->cells[k].planes[plane.side];
        int rc = 0;
        if (open->count > 0 && open->next_v != v)
            rc = flush_runs(&plane, open);
        if ((any >> plane.index & 1) == 0 && open->count == 0)
            continue;
        for (unsigned row = 0; row < 16 && rc == 0; row++)
            rc = add_row(&plane, row, v + (int32_t)row);
        if (rc < 0)
            return rc;
    }
    s->cell_count = 0;
    return 0;
}

int gox__mesher_finish(struct gox__mesher *mesher)
{
    for (unsigned i = 0; i < 32; i++) {
        struct plane plane = plane_at(mesher, i, mesher->slab);
        int rc = flush_runs(
                &plane, &mesher->scratch->open[plane.side][plane.index]);
        if (rc < 0)
            return rc;
    }
    return 0;
}
