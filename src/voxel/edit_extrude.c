/* SPDX-License-Identifier: Apache-2.0
 * Pulling or pushing a face: finds the connected, visible voxels in one plane
 * and sweeps them along the face's direction, block by block.
 *
 * Invariant: the faces (with mirror images) are found before anything is
 * written; a pull fills only empty places, so each voxel counts once. */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

struct face_info {
    int axis, sign;
};

static const struct face_info faces[GOX_FACE_COUNT] = {
#define FACE_INFO(name, text, dx, dy, dz)                                      \
    {(dy) != 0 ? 1 : (dz) != 0 ? 2 : 0, (dx) + (dy) + (dz)},
        GOX_FACE_LIST(FACE_INFO)
#undef FACE_INFO
};

static int32_t get_axis(struct gox_pos p, int axis)
{
    return axis == 0 ? p.x : axis == 1 ? p.y : p.z;
}

static void set_axis(struct gox_pos *p, int axis, int32_t value)
{
    if (axis == 0)
        p->x = value;
    else if (axis == 1)
        p->y = value;
    else
        p->z = value;
}

struct face_match {
    struct gox__color_match color; /* its box is the plane */
    struct face_info face;
};

/* Of the voxels in the plane with the right colour, those with nothing in
 * front of them. */
static enum gox__cover match_face(
        void *ctx, struct gox_pos bp, uint64_t mask[GOX_MASK_WORDS])
{
    struct face_match *m = ctx;
    struct gox_pos o = gox__block_origin(bp);
    struct gox_cursor cursor;

    if (gox__match_color(&m->color, bp, mask) == GOX__COVER_NONE)
        return GOX__COVER_NONE;
    gox_cursor_init(&cursor, m->color.vol);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        for (uint64_t bits = mask[w]; bits != 0; bits &= bits - 1) {
            int32_t i = (int32_t)(w * 64 + gox__bit_lowest(bits));
            struct gox_pos p = {
                    o.x + (i & 15), o.y + (i >> 4 & 15), o.z + (i >> 8)};
            set_axis(
                    &p, m->face.axis, get_axis(p, m->face.axis) + m->face.sign);
            if (gox_cursor_get(&cursor, p) != 0)
                mask[w] &= ~(bits & (~bits + 1));
        }
    }
    return gox__mask_is_empty(mask) ? GOX__COVER_NONE : GOX__COVER_SOME;
}

static int select_face(const gox_volume *vol, struct gox_pos pos,
        struct face_info face, int tolerance, gox_volume **sel,
        struct gox_task *task)
{
    struct face_match match = {
            {vol, gox_volume_get(vol, pos), tolerance, gox_bbox_all()}, face};
    int32_t plane = get_axis(pos, face.axis);

    set_axis(&match.color.box.min, face.axis, plane);
    set_axis(&match.color.box.max, face.axis, plane + 1);
    return gox__flood_select(
            vol, pos, match_face, &match, UINT64_MAX, sel, task);
}

/* One face with the range it is swept over along its axis. */
struct sweep {
    gox_volume *vol;
    const gox_volume *sel;
    int axis;
    bool is_removing;
    int32_t plane;
    int32_t min, max; /* max exclusive, inside the grid */
    uint64_t changed;
    struct gox_task *task;
};

static void init_sweep(struct sweep *s, struct face_info face, int delta)
{
    int32_t depth = delta < 0 ? -delta : delta;

    s->axis = face.axis;
    s->is_removing = delta < 0;
    /* A pull begins in front of the face, a push with the face itself. */
    if ((face.sign > 0) == (delta > 0)) {
        s->min = s->plane + (delta > 0 ? 1 : 0);
        s->max = s->min + depth;
    } else {
        s->max = s->plane + (delta > 0 ? 0 : 1);
        s->min = s->max - depth;
    }
    s->min = s->min < -GOX_COORD_MAX ? -GOX_COORD_MAX : s->min;
    s->max = s->max > GOX_COORD_MAX ? GOX_COORD_MAX : s->max;
}

/* Sweeps the columns of one block of the face through one block. */
static int sweep_block(struct sweep *s, const gox_rgba face[GOX_BLOCK_VOXELS],
        struct gox_pos bp)
{
    static const unsigned weight[3] = {1, 16, 256};
    unsigned wa = weight[s->axis], wu = weight[(s->axis + 1) % 3];
    unsigned wv = weight[(s->axis + 2) % 3];
    int32_t origin = get_axis(bp, s->axis) * GOX_BLOCK_SIZE;
    unsigned from = (unsigned)(s->min > origin ? s->min - origin : 0);
    unsigned to = (unsigned)(s->max < origin + 16 ? s->max - origin : 16);
    unsigned plane = ((unsigned)s->plane & 15) * wa;
    const gox_block *old = gox_volume_peek_block(s->vol, bp);
    gox_rgba colors[GOX_BLOCK_VOXELS] = {0};
    uint64_t before = s->changed;

    if (old == NULL && s->is_removing)
        return 0;
    if (old != NULL)
        gox_block_decode(old, colors);
    for (unsigned i = 0; i < 256; i++) {
        unsigned column = (i & 15) * wu + (i >> 4) * wv;
        gox_rgba color = face[column + plane];
        for (unsigned a = from; color != 0 && a < to; a++) {
            gox_rgba *at = &colors[column + a * wa];
            if ((*at != 0) != s->is_removing)
                continue;
            *at = s->is_removing ? 0 : color;
            s->changed++;
        }
    }
    return s->changed == before ? 0 : gox_volume_set_block(s->vol, bp, colors);
}

static int sweep_face(struct sweep *s)
{
    gox_rgba face[GOX_BLOCK_VOXELS];
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;

    if (s->min >= s->max)
        return 0;
    while ((block = gox_volume_each_block(s->sel, &cursor, &bp)) != NULL) {
        gox_block_decode(block, face);
        for (int32_t k = s->min >> GOX_BLOCK_SHIFT;
                k <= (s->max - 1) >> GOX_BLOCK_SHIFT; k++) {
            set_axis(&bp, s->axis, k);
            int rc = gox_task_check(s->task, NULL);
            if (rc == 0)
                rc = sweep_block(s, face, bp);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* A face in a mirror. */
struct image {
    gox_volume *sel; /* owned */
    struct face_info face;
    int32_t plane;
};

static int mirror_image(const struct image *from, int axis, int32_t origin2,
        struct image *to, struct gox_task *task)
{
    struct gox__remap map = gox__remap_mirror((enum gox_axis)axis, origin2);
    uint64_t clipped = 0;

    *to = *from;
    to->sel = gox_volume_new();
    if (to->sel == NULL)
        return GOX_ERR_NOMEM;
    if (axis == from->face.axis) {
        to->face.sign = -from->face.sign;
        to->plane = origin2 - 1 - from->plane;
    }
    return gox__remap_volume(
            from->sel, gox_bbox_all(), &map, to->sel, &clipped, task);
}

/* Doubles the images for each mirror plane. */
static int make_images(struct image images[8], unsigned *count,
        const struct gox_symmetry *symmetry, struct gox_task *task)
{
    const bool is_on[3] = {symmetry->x, symmetry->y, symmetry->z};

    for (int axis = 0; axis < 3; axis++) {
        unsigned known = *count;
        for (unsigned i = 0; is_on[axis] && i < known; i++) {
            int rc = mirror_image(&images[i], axis,
                    get_axis(symmetry->origin2, axis), &images[*count], task);
            ++*count;
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

int gox_edit_extrude(gox_volume *vol, struct gox_pos pos, enum gox_face face,
        int delta, int tolerance, const struct gox_symmetry *symmetry,
        uint64_t *changed, struct gox_task *task)
{
    struct image images[8] = {{0}};
    unsigned count = 1;
    uint64_t total = 0;

    if (changed != NULL)
        *changed = 0;
    if (!gox_pos_is_valid(pos) || (unsigned)face >= GOX_FACE_COUNT ||
            tolerance < 0 ||
            (symmetry != NULL && !gox__symmetry_is_valid(symmetry)))
        return GOX_ERR_RANGE;
    if (delta > GOX_SHAPE_MAX_SIZE || delta < -GOX_SHAPE_MAX_SIZE)
        return GOX_ERR_TOO_LARGE;
    images[0].face = faces[face];
    images[0].plane = get_axis(pos, images[0].face.axis);
    int rc = select_face(
            vol, pos, images[0].face, tolerance, &images[0].sel, task);
    if (rc == 0 && symmetry != NULL)
        rc = make_images(images, &count, symmetry, task);
    for (unsigned i = 0; i < count && rc == 0 && delta != 0; i++) {
        struct sweep s = {.vol = vol,
                .sel = images[i].sel,
                .plane = images[i].plane,
                .task = task};
        init_sweep(&s, images[i].face, delta);
        rc = sweep_face(&s);
        total += s.changed;
    }
    for (unsigned i = 0; i < count; i++)
        gox_volume_free(images[i].sel);
    if (rc == 0 && changed != NULL)
        *changed = total;
    return rc;
}
