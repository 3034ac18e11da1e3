/* SPDX-License-Identifier: Apache-2.0
 * Blocks as rows of bits: which voxels are solid, which are opaque, and which
 * have the colour of their neighbour. Each block is decoded once, here.
 *
 * Invariant: uniform blocks share static rows, so memory follows the blocks
 * that have content of their own (2 KiB each at most). */
#include "base/alloc.h"
#include "format/mesh_internal.h"

#include <string.h>

struct prepare {
    struct gox__bricks *bricks;
    const struct gox_block_entry *blocks;
    struct gox__brick *items; /* one a block; block NULL: nothing solid */
    const uint16_t *all;      /* 256 rows with all bits set */
};

struct rows {
    uint16_t solid[GOX__BRICK_ROWS];
    uint16_t opaque[GOX__BRICK_ROWS];
    uint16_t same_x[GOX__BRICK_ROWS];
    uint16_t same_y[GOX__BRICK_ROWS];
};

/* Plain loops over 16 values, which compilers turn into vector code. */
static uint16_t row_at_least(const gox_rgba *c, gox_rgba min)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= (unsigned)(c[i] >= min) << i;
    return (uint16_t)bits;
}

static uint16_t row_equal(const gox_rgba *a, const gox_rgba *b)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= (unsigned)(a[i] == b[i]) << i;
    return (uint16_t)bits;
}

/* Alpha is the highest byte, so comparing whole colours compares it. The array
 * has one row more than the block, because same_x and same_y look ahead. */
static void fill_rows(struct rows *rows, const gox_rgba *colors)
{
    for (unsigned r = 0; r < GOX__BRICK_ROWS; r++) {
        const gox_rgba *c = colors + 16 * r;
        rows->solid[r] = row_at_least(c, (gox_rgba)GOX_ALPHA_SOLID << 24);
        rows->opaque[r] = row_at_least(c, UINT32_C(255) << 24);
        rows->same_x[r] = row_equal(c, c + 1);
        rows->same_y[r] = row_equal(c, c + 16);
    }
}

static int prepare_uniform(
        struct prepare *p, struct gox__brick *brick, gox_rgba color)
{
    static const uint16_t none[GOX__BRICK_ROWS];
    if (gox_rgba_a(color) < GOX_ALPHA_SOLID) {
        brick->block = NULL;
        return 0;
    }
    brick->solid = brick->same_x = brick->same_y = p->all;
    brick->opaque = gox_rgba_a(color) == 255 ? p->all : none;
    return 0;
}

static int prepare_one(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct prepare *p = ctx;
    struct gox__brick *brick = &p->items[i];
    gox_rgba color;
    *brick = (struct gox__brick){
            .block = p->blocks[i].block, .pos = p->blocks[i].pos};
    if (gox_block_is_uniform(brick->block, &color))
        return prepare_uniform(p, brick, color);

    gox_rgba colors[GOX_BLOCK_VOXELS + 16];
    struct rows rows;
    gox_block_decode(brick->block, colors);
    memset(colors + GOX_BLOCK_VOXELS, 0, 16 * sizeof(*colors));
    fill_rows(&rows, colors);
    unsigned any = 0;
    for (unsigned r = 0; r < GOX__BRICK_ROWS; r++)
        any |= rows.solid[r];
    if (any == 0) {
        brick->block = NULL;
        return 0;
    }
    bool has_glass = memcmp(rows.solid, rows.opaque, sizeof(rows.solid)) != 0;
    uint16_t *own = gox_malloc_array(has_glass ? 4 : 3, sizeof(rows.solid));
    if (own == NULL)
        return GOX_ERR_NOMEM;
    p->bricks->rows[i] = own;
    memcpy(own, rows.solid, sizeof(rows.solid));
    memcpy(own + GOX__BRICK_ROWS, rows.same_x, sizeof(rows.same_x));
    memcpy(own + 2 * GOX__BRICK_ROWS, rows.same_y, sizeof(rows.same_y));
    brick->solid = brick->opaque = own;
    brick->same_x = own + GOX__BRICK_ROWS;
    brick->same_y = own + 2 * GOX__BRICK_ROWS;
    if (has_glass) {
        memcpy(own + 3 * GOX__BRICK_ROWS, rows.opaque, sizeof(rows.opaque));
        brick->opaque = own + 3 * GOX__BRICK_ROWS;
    }
    return 0;
}

static uint64_t count_voxels(const struct gox__brick *brick)
{
    uint64_t n = 0;
    for (unsigned r = 0; r < GOX__BRICK_ROWS; r += 4) {
        uint64_t word;
        memcpy(&word, brick->solid + r, sizeof(word));
        n += (unsigned)__builtin_popcountll(word);
    }
    return n;
}

/* Drops the blocks without a solid voxel. */
static void compact(struct gox__bricks *bricks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bricks->items[i].block == NULL)
            continue;
        bricks->voxels += count_voxels(&bricks->items[i]);
        bricks->items[bricks->count++] = bricks->items[i];
    }
}

int gox__bricks_init(struct gox__bricks *bricks, const gox_volume *vol,
        struct gox_task *task)
{
    static const uint16_t all[GOX__BRICK_ROWS] = {
#define ROWS_4  0xffff, 0xffff, 0xffff, 0xffff
#define ROWS_16 ROWS_4, ROWS_4, ROWS_4, ROWS_4
#define ROWS_64 ROWS_16, ROWS_16, ROWS_16, ROWS_16
            ROWS_64, ROWS_64, ROWS_64, ROWS_64};
    *bricks = (struct gox__bricks){0};
    size_t count;
    struct gox_block_entry *blocks = gox_volume_sorted_blocks(vol, &count);
    if (blocks == NULL)
        return count == 0 && gox_volume_is_empty(vol) ? 0 : GOX_ERR_NOMEM;
    struct prepare p = {.bricks = bricks, .blocks = blocks, .all = all};
    int rc = GOX_ERR_NOMEM;
    bricks->rows = gox_calloc(count, sizeof(*bricks->rows));
    bricks->items = p.items = gox_malloc_array(count, sizeof(*p.items));
    bricks->rows_count = count;
    if (bricks->rows != NULL && bricks->items != NULL)
        rc = gox_parallel_for(task, count, prepare_one, &p);
    gox_free(blocks);
    if (rc < 0) {
        gox__bricks_fini(bricks);
        return rc;
    }
    compact(bricks, count);
    return 0;
}

void gox__bricks_fini(struct gox__bricks *bricks)
{
    for (size_t i = 0; bricks->rows != NULL && i < bricks->rows_count; i++)
        gox_free(bricks->rows[i]);
    gox_free(bricks->rows);
    gox_free(bricks->items);
    *bricks = (struct gox__bricks){0};
}
