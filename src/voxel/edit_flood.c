/* SPDX-License-Identifier: Apache-2.0
 * Flooding over faces, block by block: inside a block all voxels move at once
 * as bits, and what arrives at a face is handed to the neighbour. A block is
 * looked at again only when a face brings bits that are still open.
 *
 * Invariant: a voxel leaves `open` exactly when it is counted, so no voxel is
 * counted twice, in one run or over many. Blocks that match as a whole need no
 * masks, so large solid bodies cost a few bytes per block. */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

#define COLUMN_0  UINT64_C(0x0001000100010001)
#define COLUMN_15 UINT64_C(0x8000800080008000)
#define ROW_0     UINT64_C(0xffff)

#define FACE_SEED 6 /* not a face: bits[0] is the index of one voxel */

/* bits: the 16 rows of 16 voxels of the side where the flood comes in. */
struct gox__flood_entry {
    uint32_t node;
    uint32_t face; /* enum gox_face of the side, or FACE_SEED */
    uint64_t bits[4];
};

void gox__flood_init(struct gox__flood *flood, gox__match_fn *match, void *ctx,
        bool keeps_reached, uint64_t max_voxels)
{
    *flood = (struct gox__flood){.match = match,
            .ctx = ctx,
            .keeps_reached = keeps_reached,
            .max_voxels = max_voxels};
    gox__block_map_init(&flood->map);
}

void gox__flood_fini(struct gox__flood *flood)
{
    for (size_t i = 0; i < flood->map.count; i++) {
        gox_free(flood->nodes[i].open);
        gox_free(flood->nodes[i].reached);
    }
    gox_free(flood->nodes);
    gox_free(flood->stack);
    gox__block_map_fini(&flood->map);
}

/* The index of the node of a block, made when new; negative GOX_ERR_*. */
static int64_t node_at(struct gox__flood *f, struct gox_pos bp)
{
    /* Room first: the map and the nodes must stay of one length. */
    if (!gox_grow(&f->nodes, &f->node_capacity, f->map.count + 1,
                sizeof(f->nodes[0])))
        return GOX_ERR_NOMEM;
    size_t before = f->map.count;
    int64_t i = gox__block_map_add(&f->map, bp);
    if (i < 0 || f->map.count == before)
        return i;
    struct gox__flood_node *node = &f->nodes[i];
    *node = (struct gox__flood_node){0};
    uint64_t mask[GOX_MASK_WORDS];
    enum gox__cover cover = f->match(f->ctx, bp, mask);
    node->is_whole = cover == GOX__COVER_ALL;
    if (cover != GOX__COVER_SOME)
        return i;
    node->open = gox_malloc(sizeof(mask));
    if (node->open == NULL)
        return GOX_ERR_NOMEM;
    memcpy(node->open, mask, sizeof(mask));
    return i;
}

static void get_open(
        const struct gox__flood_node *node, uint64_t mask[GOX_MASK_WORDS])
{
    if (node->open != NULL)
        memcpy(mask, node->open, GOX_MASK_WORDS * sizeof(mask[0]));
    else
        memset(mask, node->is_whole ? 0xff : 0,
                GOX_MASK_WORDS * sizeof(mask[0]));
}

int gox__flood_open(struct gox__flood *flood, struct gox_pos bp,
        uint64_t mask[GOX_MASK_WORDS])
{
    int64_t i = node_at(flood, bp);

    if (i < 0) {
        memset(mask, 0, GOX_MASK_WORDS * sizeof(mask[0]));
        return (int)i;
    }
    get_open(&flood->nodes[i], mask);
    return 0;
}

/* Faces: 256 bits, 16 rows of 16, from and to the mask of a block. */

/* Bit x of each of the 4 rows of a word, side by side. */
static uint64_t pick_column(uint64_t word, unsigned x)
{
    uint64_t t = word >> x & COLUMN_0;

    return (t | t >> 15 | t >> 30 | t >> 45) & 15;
}

static uint64_t spread_column(uint64_t bits, unsigned x)
{
    return ((bits & 1) | (bits & 2) << 15 | (bits & 4) << 30 | (bits & 8) << 45)
           << x;
}

static void pick_face(const uint64_t mask[GOX_MASK_WORDS], enum gox_face face,
        uint64_t bits[4])
{
    memset(bits, 0, 4 * sizeof(bits[0]));
    if (face == GOX_FACE_TOP || face == GOX_FACE_BOTTOM) {
        memcpy(bits, mask + (face == GOX_FACE_TOP ? 60 : 0),
                4 * sizeof(bits[0]));
        return;
    }
    for (unsigned z = 0; z < 16; z++) {
        uint64_t row = 0;
        if (face == GOX_FACE_FRONT)
            row = mask[z * 4] & ROW_0;
        else if (face == GOX_FACE_BACK)
            row = mask[z * 4 + 3] >> 48;
        for (unsigned k = 0; face < GOX_FACE_BACK && k < 4; k++)
            row |= pick_column(mask[z * 4 + k], face == GOX_FACE_RIGHT ? 15 : 0)
                   << (4 * k);
        bits[z / 4] |= row << (z % 4 * 16);
    }
}

static void spread_face(
        const uint64_t bits[4], unsigned face, uint64_t mask[GOX_MASK_WORDS])
{
    memset(mask, 0, GOX_MASK_WORDS * sizeof(mask[0]));
    if (face == FACE_SEED) {
        mask[bits[0] / 64] = UINT64_C(1) << (bits[0] % 64);
        return;
    }
    if (face == GOX_FACE_TOP || face == GOX_FACE_BOTTOM) {
        memcpy(mask + (face == GOX_FACE_TOP ? 60 : 0), bits,
                4 * sizeof(bits[0]));
        return;
    }
    for (unsigned z = 0; z < 16; z++) {
        uint64_t row = bits[z / 4] >> (z % 4 * 16) & ROW_0;
        if (face == GOX_FACE_FRONT)
            mask[z * 4] = row;
        else if (face == GOX_FACE_BACK)
            mask[z * 4 + 3] = row << 48;
        for (unsigned k = 0; face < GOX_FACE_BACK && k < 4; k++)
            mask[z * 4 + k] = spread_column(
                    row >> (4 * k), face == GOX_FACE_RIGHT ? 15 : 0);
    }
}

/* Inside one block. */

/* Floods along the four rows of a word, doubling the reach each time, then
 * between them. can_right never has column 0, so nothing wraps into the next
 * row; can_left never column 15. */
static uint64_t fill_word(uint64_t s, uint64_t open)
{
    for (;;) {
        uint64_t before = s;
        uint64_t can_right = open & ~COLUMN_0, can_left = open & ~COLUMN_15;
        for (unsigned step = 1; step < 16; step *= 2) {
            s |= (can_right & s << step) | (can_left & s >> step);
            can_right &= can_right << step;
            can_left &= can_left >> step;
        }
        s |= (s << 16 | s >> 16) & open;
        if (s == before)
            return s;
    }
}

/* What the words around w bring to it. */
static uint64_t from_around(const uint64_t now[GOX_MASK_WORDS], unsigned w)
{
    uint64_t s = 0;

    if (w % 4 != 0)
        s |= now[w - 1] >> 48;
    if (w % 4 != 3)
        s |= now[w + 1] << 48;
    if (w >= 4)
        s |= now[w - 4];
    if (w < 60)
        s |= now[w + 4];
    return s;
}

static bool fill_at(uint64_t now[GOX_MASK_WORDS],
        const uint64_t open[GOX_MASK_WORDS], unsigned w)
{
    uint64_t s = (now[w] | from_around(now, w)) & open[w];

    if (s == 0)
        return false;
    s = fill_word(s, open[w]);
    if (s == now[w])
        return false;
    now[w] = s;
    return true;
}

/* The words that a sweep looks at. */
struct sweep {
    int lo, hi; /* both inclusive */
};

/* A word that changed concerns those around it: up to 4 away. */
static void widen(struct sweep *s, int w)
{
    int lo = w < 4 ? 0 : w - 4, hi = w > 59 ? 63 : w + 4;

    s->lo = lo < s->lo ? lo : s->lo;
    s->hi = hi > s->hi ? hi : s->hi;
}

/* Extends now, which is inside open, to all that it is connected with: sweeps
 * up and down until a sweep finds nothing. */
static void fill_block(
        uint64_t now[GOX_MASK_WORDS], const uint64_t open[GOX_MASK_WORDS])
{
    struct sweep s = {GOX_MASK_WORDS - 1, 0};
    bool is_changed = true;

    for (int w = 0; w < GOX_MASK_WORDS; w++) {
        if (now[w] == 0)
            continue;
        now[w] = fill_word(now[w], open[w]);
        widen(&s, w);
    }
    for (bool is_up = true; is_changed; is_up = !is_up) {
        is_changed = false;
        for (int w = is_up ? s.lo : s.hi; w >= s.lo && w <= s.hi;
                w += is_up ? 1 : -1) {
            if (!fill_at(now, open, (unsigned)w))
                continue;
            is_changed = true;
            widen(&s, w);
        }
    }
}

/* Between blocks. */

static int push_entry(struct gox__flood *f, struct gox__flood_entry entry)
{
    if (!gox_grow(&f->stack, &f->stack_capacity, f->stack_count + 1,
                sizeof(f->stack[0])))
        return GOX_ERR_NOMEM;
    f->stack[f->stack_count++] = entry;
    return 0;
}

static bool is_block_valid(struct gox_pos bp)
{
    const int32_t limit = GOX_COORD_MAX >> GOX_BLOCK_SHIFT;

    return bp.x >= -limit && bp.x < limit && bp.y >= -limit && bp.y < limit &&
           bp.z >= -limit && bp.z < limit;
}

/* The side of the neighbour that touches this face. */
static enum gox_face opposite(enum gox_face face)
{
    return (enum gox_face)((unsigned)face ^ 1U);
}

/* Hands what reached a face to the neighbour there. */
static int pass_face(struct gox__flood *f, struct gox_pos bp,
        enum gox_face face, const uint64_t now[GOX_MASK_WORDS])
{
    static const struct gox_pos steps[GOX_FACE_COUNT] = {
#define FACE_STEP(name, text, dx, dy, dz) {dx, dy, dz},
            GOX_FACE_LIST(FACE_STEP)
#undef FACE_STEP
    };
    struct gox__flood_entry entry = {.face = opposite(face)};
    uint64_t mask[GOX_MASK_WORDS], open[4];

    pick_face(now, face, entry.bits);
    if ((entry.bits[0] | entry.bits[1] | entry.bits[2] | entry.bits[3]) == 0)
        return 0;
    struct gox_pos next = {
            bp.x + steps[face].x, bp.y + steps[face].y, bp.z + steps[face].z};
    if (!is_block_valid(next))
        return 0;
    int64_t i = node_at(f, next);
    if (i < 0)
        return (int)i;
    get_open(&f->nodes[i], mask);
    pick_face(mask, opposite(face), open);
    uint64_t any = 0;
    for (unsigned k = 0; k < 4; k++) {
        entry.bits[k] &= open[k];
        any |= entry.bits[k];
    }
    if (any == 0)
        return 0;
    entry.node = (uint32_t)i;
    return push_entry(f, entry);
}

/* Takes the voxels that were reached off the open ones. */
static int mark_reached(struct gox__flood *f, struct gox__flood_node *node,
        const uint64_t now[GOX_MASK_WORDS], unsigned count)
{
    if (count == GOX_BLOCK_VOXELS) {
        gox_free(node->open);
        node->open = NULL;
        node->is_whole = false;
        node->is_filled = true;
        return 0;
    }
    if (f->keeps_reached && node->reached == NULL) {
        node->reached = gox_calloc(GOX_MASK_WORDS, sizeof(now[0]));
        if (node->reached == NULL)
            return GOX_ERR_NOMEM;
    }
    uint64_t left = 0;
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        node->open[w] &= ~now[w];
        left |= node->open[w];
        if (node->reached != NULL)
            node->reached[w] |= now[w];
    }
    if (left == 0) {
        gox_free(node->open);
        node->open = NULL;
    }
    return 0;
}

static void add_to_part(struct gox__flood_part *part, struct gox_pos bp,
        const uint64_t now[GOX_MASK_WORDS], unsigned count)
{
    struct gox_pos o = gox__block_origin(bp), first = o;
    struct gox_bbox in = gox__mask_bbox(now);

    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        if (now[w] == 0)
            continue;
        int32_t i = (int32_t)(w * 64 + gox__bit_lowest(now[w]));
        first = gox_pos_make(
                o.x + (i & 15), o.y + (i >> 4 & 15), o.z + (i >> 8));
        break;
    }
    in = (struct gox_bbox){{in.min.x + o.x, in.min.y + o.y, in.min.z + o.z},
            {in.max.x + o.x, in.max.y + o.y, in.max.z + o.z}};
    if (part->voxels == 0 || gox__pos_compare(first, part->first) < 0)
        part->first = first;
    part->box = part->voxels == 0 ? in : gox_bbox_union(part->box, in);
    part->voxels += count;
}

/* Floods one block from one entry. */
static int flood_block(struct gox__flood *f,
        const struct gox__flood_entry *entry, struct gox__flood_part *part)
{
    uint64_t now[GOX_MASK_WORDS], open[GOX_MASK_WORDS];
    struct gox_pos bp = f->map.keys[entry->node];
    uint64_t any = 0;

    get_open(&f->nodes[entry->node], open);
    spread_face(entry->bits, entry->face, now);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        now[w] &= open[w];
        any |= now[w];
    }
    if (any == 0)
        return 0;
    if (f->nodes[entry->node].open == NULL)
        memset(now, 0xff, sizeof(now)); /* open as a whole */
    else
        fill_block(now, open);
    unsigned count = gox__mask_count(now);
    f->voxels += count;
    if (f->voxels > f->max_voxels)
        return GOX_ERR_TOO_LARGE;
    if (part != NULL)
        add_to_part(part, bp, now, count);
    int rc = mark_reached(f, &f->nodes[entry->node], now, count);
    for (unsigned face = 0; face < GOX_FACE_COUNT && rc == 0; face++)
        rc = pass_face(f, bp, (enum gox_face)face, now);
    return rc;
}

int gox__flood_run(struct gox__flood *flood, struct gox_pos start,
        struct gox__flood_part *part, struct gox_task *task)
{
    unsigned seed = gox_block_index((unsigned)start.x & 15,
            (unsigned)start.y & 15, (unsigned)start.z & 15);

    if (part != NULL)
        *part = (struct gox__flood_part){0};
    if (!gox_pos_is_valid(start))
        return 0;
    int64_t i = node_at(flood, gox__block_pos_of(start));
    if (i < 0)
        return (int)i;
    flood->stack_count = 0;
    int rc = push_entry(flood,
            (struct gox__flood_entry){(uint32_t)i, FACE_SEED, {seed, 0, 0, 0}});
    while (rc == 0 && flood->stack_count > 0) {
        struct gox__flood_entry entry = flood->stack[--flood->stack_count];
        rc = gox_task_check(task, NULL);
        if (rc == 0)
            rc = flood_block(flood, &entry, part);
    }
    return rc;
}

enum gox__cover gox__flood_reached(const struct gox__flood *flood, size_t i,
        struct gox_pos *bp, uint64_t mask[GOX_MASK_WORDS])
{
    const struct gox__flood_node *node = &flood->nodes[i];

    *bp = flood->map.keys[i];
    if (node->is_filled) {
        memset(mask, 0xff, GOX_MASK_WORDS * sizeof(mask[0]));
        return GOX__COVER_ALL;
    }
    if (node->reached == NULL) {
        memset(mask, 0, GOX_MASK_WORDS * sizeof(mask[0]));
        return GOX__COVER_NONE;
    }
    memcpy(mask, node->reached, GOX_MASK_WORDS * sizeof(mask[0]));
    return GOX__COVER_SOME;
}
