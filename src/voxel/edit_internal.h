/* SPDX-License-Identifier: Apache-2.0
 * What the editing operations share: masks of one block, applying a modifier
 * to one block, moving volumes by whole-grid maps, and flooding.
 *
 * A mask is 64 words of 64 bits in the order of gox_block_mask: word z*4 + y/4,
 * bit (y%4)*16 + x, so that a row of 16 voxels is 16 bits side by side. */
#ifndef GOX_VOXEL_EDIT_INTERNAL_H
#define GOX_VOXEL_EDIT_INTERNAL_H

#include "voxel/edit.h"

#include <string.h>

#define GOX_MASK_WORDS 64

/* Masks. */

static inline unsigned gox__bit_count(uint64_t word)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_popcountll(word);
#else
    unsigned n = 0;
    for (; word != 0; word &= word - 1)
        n++;
    return n;
#endif
}

/* Place of the lowest bit; word is not 0. */
static inline unsigned gox__bit_lowest(uint64_t word)
{
#if defined(__GNUC__) || defined(__clang__)
    return (unsigned)__builtin_ctzll(word);
#else
    return gox__bit_count((word & (~word + 1)) - 1);
#endif
}

/* Bits lo ... hi-1 of a row of 16. */
static inline uint32_t gox__row_bits(int lo, int hi)
{
    return ((UINT32_C(1) << hi) - 1) & ~((UINT32_C(1) << lo) - 1);
}

unsigned gox__mask_count(const uint64_t mask[GOX_MASK_WORDS]);
bool gox__mask_is_empty(const uint64_t mask[GOX_MASK_WORDS]);
bool gox__mask_is_full(const uint64_t mask[GOX_MASK_WORDS]);
/* Box of the bits, 0 ... 16, max exclusive; the empty box for none. */
struct gox_bbox gox__mask_bbox(const uint64_t mask[GOX_MASK_WORDS]);

enum gox__cover { GOX__COVER_NONE, GOX__COVER_SOME, GOX__COVER_ALL };

/* Which voxels of the block at bp are inside box. mask is filled always. */
enum gox__cover gox__mask_of_box(
        struct gox_bbox box, struct gox_pos bp, uint64_t mask[GOX_MASK_WORDS]);
enum gox__cover gox__cover_of_box(struct gox_bbox box, struct gox_pos bp);

static inline struct gox_pos gox__block_pos_of(struct gox_pos p)
{
    return gox_pos_make(p.x >> GOX_BLOCK_SHIFT, p.y >> GOX_BLOCK_SHIFT,
            p.z >> GOX_BLOCK_SHIFT);
}

static inline struct gox_pos gox__block_origin(struct gox_pos bp)
{
    return gox_pos_make(bp.x * GOX_BLOCK_SIZE, bp.y * GOX_BLOCK_SIZE,
            bp.z * GOX_BLOCK_SIZE);
}

/* Voxels of a block that the block at bp holds within box. */
struct gox_bbox gox__block_box(struct gox_pos bp);

static inline bool gox__pos_equals(struct gox_pos a, struct gox_pos b)
{
    return a.x == b.x && a.y == b.y && a.z == b.z;
}

/* Negative, 0 or positive: by z, then y, then x. */
int gox__pos_compare(struct gox_pos a, struct gox_pos b);

/* A map from block positions to 0 ... count-1 in the order of adding. */
struct gox__block_map {
    struct gox_pos *keys; /* owned, count of them */
    size_t count, capacity;
    uint32_t *slots; /* index + 1; 0 is free */
    size_t slot_count;
};
void gox__block_map_init(struct gox__block_map *map);
void gox__block_map_fini(struct gox__block_map *map);
/* The index of bp, added when new (then count grows); negative GOX_ERR_*. */
int64_t gox__block_map_add(struct gox__block_map *map, struct gox_pos bp);

/* Applying a modifier block by block. */

struct gox__edit {
    gox_volume *vol;
    enum gox_mode mode;
    gox_rgba color;       /* 0 erases */
    struct gox_bbox clip; /* inside the grid */
    gox_block *uniform;   /* a block of color, made at first need */
    uint64_t changed;
    struct gox_task *task;
    gox_rgba scratch[GOX_BLOCK_VOXELS];
};
/* Borrows vol and task. GOX_ERR_NOMEM or, for a mode that there is not or
 * planes far outside the grid, GOX_ERR_RANGE. */
int gox__edit_new(struct gox__edit **edit, gox_volume *vol,
        const struct gox_modifier *mod, struct gox_task *task) GOX_MUST_CHECK;
void gox__edit_free(struct gox__edit *edit); /* NULL is fine */
/* Applies the mode to the voxels of one block; mask NULL means all of it. Asks
 * the task. INTERSECT erases what is outside the mask. */
int gox__edit_mask(struct gox__edit *edit, struct gox_pos bp,
        const uint64_t *mask) GOX_MUST_CHECK;
/* Erases the voxels of a box inside the clip box and counts them. */
int gox__edit_erase_box(
        struct gox__edit *edit, struct gox_bbox box) GOX_MUST_CHECK;

bool gox__symmetry_is_valid(const struct gox_symmetry *symmetry);

/* Grid maps: result[i] = sign[i] * source[perm[i]] + offset[i]. */

struct gox__remap {
    int perm[3];
    int sign[3];
    int64_t offset[3];
};
struct gox__remap gox__remap_identity(void);
struct gox__remap gox__remap_mirror(enum gox_axis axis, int64_t origin2);

/* Puts the voxels of src inside region, moved by the map, into dst, which is
 * empty. Those that leave the grid are added to *clipped. Blocks that only move
 * by whole blocks are shared. */
int gox__remap_volume(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, gox_volume *dst, uint64_t *clipped,
        struct gox_task *task) GOX_MUST_CHECK;
/* What the moved volume holds at block bp of the result. Returns whether any
 * voxel is there. colors is filled always. */
bool gox__remap_gather(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, struct gox_pos bp,
        gox_rgba colors[GOX_BLOCK_VOXELS]);
/* Adds the voxels of src where dst has none. */
int gox__volume_add_under(gox_volume *dst, const gox_volume *src,
        struct gox_task *task) GOX_MUST_CHECK;
/* Adds the mirror images of vol to it; voxels of vol itself stay. */
int gox__volume_symmetrize(gox_volume *vol, const struct gox_symmetry *symmetry,
        uint64_t *clipped, struct gox_task *task) GOX_MUST_CHECK;
/* The smallest box of the voxels of vol inside region. */
struct gox_bbox gox__volume_bbox_in(
        const gox_volume *vol, struct gox_bbox region);

/* Enlarges (factor > 1) or shrinks (factor < -1) by gox_edit_transform's rule;
 * anchor is the grid position that stays: result = factor * p + anchor, or for
 * shrinking result r covers p = -factor * r + anchor ... */
int gox__scale_volume(const gox_volume *src, struct gox_bbox region, int factor,
        const int64_t anchor[3], gox_volume *dst, uint64_t *clipped,
        struct gox_task *task) GOX_MUST_CHECK;

/* Flooding over faces. */

/* The voxels of a block that may be flooded. */
typedef enum gox__cover gox__match_fn(
        void *ctx, struct gox_pos bp, uint64_t mask[GOX_MASK_WORDS]);

struct gox__flood_node {
    uint64_t *open;    /* owned; what is left to reach, NULL: all or nothing */
    uint64_t *reached; /* owned; NULL: all or nothing, or not wanted */
    bool is_whole;     /* open NULL: all of the block is left */
    bool is_filled;    /* reached NULL: all of the block was reached */
};
struct gox__flood_entry; /* one block to look at, with the bits to start from */

struct gox__flood {
    gox__match_fn *match;
    void *ctx;
    bool keeps_reached;
    uint64_t max_voxels; /* over all runs */
    struct gox__block_map map;
    struct gox__flood_node *nodes; /* map.count of them */
    size_t node_capacity;
    struct gox__flood_entry *stack;
    size_t stack_count, stack_capacity;
    uint64_t voxels; /* over all runs */
};
struct gox__flood_part {
    uint64_t voxels;
    struct gox_bbox box;
    struct gox_pos first; /* by z, then y, then x */
};
void gox__flood_init(struct gox__flood *flood, gox__match_fn *match, void *ctx,
        bool keeps_reached, uint64_t max_voxels);
void gox__flood_fini(struct gox__flood *flood);
/* Reaches all that is connected to start and was not reached before; part (may
 * be NULL) tells what it was. 0, GOX_ERR_NOMEM, GOX_ERR_TOO_LARGE, or the
 * task's. */
int gox__flood_run(struct gox__flood *flood, struct gox_pos start,
        struct gox__flood_part *part, struct gox_task *task) GOX_MUST_CHECK;
/* What is left to reach in a block; mask is filled always. */
int gox__flood_open(struct gox__flood *flood, struct gox_pos bp,
        uint64_t mask[GOX_MASK_WORDS]) GOX_MUST_CHECK;
/* The blocks reached, i < flood->map.count; NONE where nothing was. */
enum gox__cover gox__flood_reached(const struct gox__flood *flood, size_t i,
        struct gox_pos *bp, uint64_t mask[GOX_MASK_WORDS]);
/* Matches the voxels within tolerance of a colour, in a box. */
struct gox__color_match {
    const gox_volume *vol;
    gox_rgba color;
    int tolerance;
    struct gox_bbox box;
};
gox__match_fn gox__match_color; /* ctx: struct gox__color_match */
/* Floods from start and gives what was reached, with its colours in vol. */
int gox__flood_select(const gox_volume *vol, struct gox_pos start,
        gox__match_fn *match, void *ctx, uint64_t max, gox_volume **selection,
        struct gox_task *task) GOX_MUST_CHECK;

/* Copies the masked voxels of a block into dst at the same place. Shares the
 * block when all its voxels are masked. */
int gox__volume_copy_masked(gox_volume *dst, const gox_volume *src,
        struct gox_pos bp, const uint64_t mask[GOX_MASK_WORDS]) GOX_MUST_CHECK;

#endif
