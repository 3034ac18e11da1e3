/* SPDX-License-Identifier: Apache-2.0
 * Moves the voxels of a volume by a map that takes the grid to itself:
 * exchanging axes, mirroring, shifting. Each block of the result is gathered
 * once from the up to eight blocks it comes from.
 *
 * Invariant: positions are computed in 64 bits, so that no shift can wrap. */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

struct range {
    int64_t min[3], max[3]; /* max exclusive */
};

struct gox__remap gox__remap_identity(void)
{
    return (struct gox__remap){{0, 1, 2}, {1, 1, 1}, {0, 0, 0}};
}

struct gox__remap gox__remap_mirror(enum gox_axis axis, int64_t origin2)
{
    struct gox__remap map = gox__remap_identity();

    map.sign[axis] = -1;
    map.offset[axis] = origin2 - 1;
    return map;
}

static struct range range_of(struct gox_bbox b)
{
    return (struct range){
            {b.min.x, b.min.y, b.min.z}, {b.max.x, b.max.y, b.max.z}};
}

static struct gox_bbox bbox_of(const struct range *r)
{
    return (struct gox_bbox){
            {(int32_t)r->min[0], (int32_t)r->min[1], (int32_t)r->min[2]},
            {(int32_t)r->max[0], (int32_t)r->max[1], (int32_t)r->max[2]}};
}

/* The part of a range inside the grid; false when there is none. */
static bool clip_to_grid(struct range *r)
{
    for (int i = 0; i < 3; i++) {
        if (r->min[i] < -GOX_COORD_MAX)
            r->min[i] = -GOX_COORD_MAX;
        if (r->max[i] > GOX_COORD_MAX)
            r->max[i] = GOX_COORD_MAX;
        if (r->min[i] >= r->max[i])
            return false;
    }
    return true;
}

static struct range map_range(const struct gox__remap *map, struct range in)
{
    struct range out;

    for (int i = 0; i < 3; i++) {
        int64_t lo = in.min[map->perm[i]], hi = in.max[map->perm[i]];
        out.min[i] = map->sign[i] > 0 ? map->offset[i] + lo
                                      : map->offset[i] - (hi - 1);
        out.max[i] = out.min[i] + (hi - lo);
    }
    return out;
}

static struct range unmap_range(const struct gox__remap *map, struct range out)
{
    struct range in;

    for (int i = 0; i < 3; i++) {
        int64_t size = out.max[i] - out.min[i];
        int64_t lo = map->sign[i] > 0 ? out.min[i] - map->offset[i]
                                      : map->offset[i] - (out.max[i] - 1);
        in.min[map->perm[i]] = lo;
        in.max[map->perm[i]] = lo + size;
    }
    return in;
}

/* Copies the voxels of `in` from one source block to their places in the
 * result block at bp. */
static bool gather_block(const gox_block *block, struct gox_pos source_bp,
        struct gox_bbox in, const struct gox__remap *map, struct gox_pos bp,
        gox_rgba colors[GOX_BLOCK_VOXELS])
{
    static const int weight[3] = {1, 16, 256};
    struct gox_pos so = gox__block_origin(source_bp);
    struct gox_pos ro = gox__block_origin(bp);
    const int64_t result_origin[3] = {ro.x, ro.y, ro.z};
    gox_rgba source[GOX_BLOCK_VOXELS];
    int step[3]; /* of the result index per source axis */
    int64_t base = 0;
    gox_rgba any = 0;

    for (int i = 0; i < 3; i++) {
        step[map->perm[i]] = map->sign[i] * weight[i];
        base += (map->offset[i] - result_origin[i]) * weight[i];
    }
    gox_block_decode(block, source);
    for (int32_t z = in.min.z; z < in.max.z; z++) {
        for (int32_t y = in.min.y; y < in.max.y; y++) {
            const gox_rgba *row = source + (z - so.z) * 256 + (y - so.y) * 16;
            int64_t at = base + (int64_t)z * step[2] + (int64_t)y * step[1];
            for (int32_t x = in.min.x; x < in.max.x; x++) {
                colors[at + (int64_t)x * step[0]] = row[x - so.x];
                any |= row[x - so.x];
            }
        }
    }
    return any != 0;
}

/* The source voxels of a result block, inside region and the grid. */
static bool source_of(struct gox_bbox region, const struct gox__remap *map,
        struct gox_pos bp, struct gox_bbox *in)
{
    struct range r = unmap_range(map, range_of(gox__block_box(bp)));

    if (!clip_to_grid(&r))
        return false;
    *in = gox_bbox_intersect(bbox_of(&r), region);
    return !gox_bbox_is_empty(*in);
}

bool gox__remap_gather(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, struct gox_pos bp,
        gox_rgba colors[GOX_BLOCK_VOXELS])
{
    struct gox_bbox in;
    bool is_any = false;

    memset(colors, 0, GOX_BLOCK_VOXELS * sizeof(colors[0]));
    if (!source_of(region, map, bp, &in))
        return false;
    struct gox_pos lo = gox__block_pos_of(in.min);
    struct gox_pos hi = gox__block_pos_of(
            gox_pos_make(in.max.x - 1, in.max.y - 1, in.max.z - 1));
    for (int32_t z = lo.z; z <= hi.z; z++) {
        for (int32_t y = lo.y; y <= hi.y; y++) {
            for (int32_t x = lo.x; x <= hi.x; x++) {
                struct gox_pos s = gox_pos_make(x, y, z);
                const gox_block *block = gox_volume_peek_block(src, s);
                if (block == NULL)
                    continue;
                struct gox_bbox part =
                        gox_bbox_intersect(in, gox__block_box(s));
                is_any |= gather_block(block, s, part, map, bp, colors);
            }
        }
    }
    return is_any;
}

static bool is_shift(const struct gox__remap *map)
{
    for (int i = 0; i < 3; i++) {
        if (map->perm[i] != i || map->sign[i] != 1)
            return false;
    }
    return true;
}

/* When the result block is one whole source block, unturned or of one colour,
 * shares it: 1 when done, 0 when not possible, negative for errors. */
static int share_whole(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, gox_volume *dst, struct gox_pos bp)
{
    struct gox_bbox in;
    gox_rgba color;

    if (!source_of(region, map, bp, &in) ||
            gox_bbox_volume(in) != GOX_BLOCK_VOXELS)
        return 0;
    struct gox_pos s = gox__block_pos_of(in.min);
    if (!gox__pos_equals(gox__block_origin(s), in.min))
        return 0;
    const gox_block *block = gox_volume_peek_block(src, s);
    if (block == NULL)
        return 0;
    if (!is_shift(map) && !gox_block_is_uniform(block, &color))
        return 0;
    gox_block *shared;
    int rc = gox_volume_share_block(src, s, &shared);
    if (rc == 0)
        rc = gox_volume_put_block(dst, bp, shared);
    return rc < 0 ? rc : 1;
}

/* Makes one block of the result, unless it is there already. */
static int make_block(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, gox_volume *dst, struct gox_pos bp)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];

    if (gox_volume_peek_block(dst, bp) != NULL)
        return 0;
    int rc = share_whole(src, region, map, dst, bp);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (!gox__remap_gather(src, region, map, bp, colors))
        return 0;
    return gox_volume_set_block(dst, bp, colors);
}

static unsigned count_in(
        const gox_block *block, struct gox_pos bp, struct gox_bbox box)
{
    uint64_t solid[GOX_MASK_WORDS], mask[GOX_MASK_WORDS];

    if (gox__mask_of_box(box, bp, mask) == GOX__COVER_ALL)
        return gox_block_solid(block);
    gox_block_mask(block, solid);
    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        solid[w] &= mask[w];
    return gox__mask_count(solid);
}

/* Makes the blocks of the result that one source block reaches. */
static int remap_block(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, gox_volume *dst, struct gox_pos bp,
        const gox_block *block, uint64_t *clipped)
{
    struct gox_bbox in = gox_bbox_intersect(region, gox__block_box(bp));
    int rc = 0;

    if (gox_bbox_is_empty(in))
        return 0;
    struct range whole = map_range(map, range_of(in));
    struct range kept = whole;
    if (!clip_to_grid(&kept)) {
        *clipped += count_in(block, bp, in);
        return 0;
    }
    struct gox_bbox to = bbox_of(&kept);
    if (memcmp(&whole, &kept, sizeof(whole)) != 0) {
        struct range back = unmap_range(map, kept);
        *clipped +=
                count_in(block, bp, in) - count_in(block, bp, bbox_of(&back));
    }
    struct gox_pos lo = gox__block_pos_of(to.min);
    struct gox_pos hi = gox__block_pos_of(
            gox_pos_make(to.max.x - 1, to.max.y - 1, to.max.z - 1));
    for (int32_t z = lo.z; z <= hi.z && rc == 0; z++) {
        for (int32_t y = lo.y; y <= hi.y && rc == 0; y++) {
            for (int32_t x = lo.x; x <= hi.x && rc == 0; x++)
                rc = make_block(src, region, map, dst, gox_pos_make(x, y, z));
        }
    }
    return rc;
}

int gox__remap_volume(const gox_volume *src, struct gox_bbox region,
        const struct gox__remap *map, gox_volume *dst, uint64_t *clipped,
        struct gox_task *task)
{
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;

    region = gox_bbox_intersect(region, gox_bbox_all());
    while ((block = gox_volume_each_block(src, &cursor, &bp)) != NULL) {
        int rc = gox_task_check(task, NULL);
        if (rc == 0)
            rc = remap_block(src, region, map, dst, bp, block, clipped);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int add_block_under(
        gox_volume *dst, const gox_volume *src, struct gox_pos bp)
{
    const gox_block *above = gox_volume_peek_block(dst, bp);
    const gox_block *below = gox_volume_peek_block(src, bp);
    gox_rgba colors[GOX_BLOCK_VOXELS], under[GOX_BLOCK_VOXELS];

    if (above == NULL) {
        gox_block *shared;
        int rc = gox_volume_share_block(src, bp, &shared);
        return rc < 0 ? rc : gox_volume_put_block(dst, bp, shared);
    }
    if (gox_block_solid(above) == GOX_BLOCK_VOXELS)
        return 0;
    gox_block_decode(above, colors);
    gox_block_decode(below, under);
    for (unsigned i = 0; i < GOX_BLOCK_VOXELS; i++)
        colors[i] = colors[i] != 0 ? colors[i] : under[i];
    return gox_volume_set_block(dst, bp, colors);
}

int gox__volume_add_under(
        gox_volume *dst, const gox_volume *src, struct gox_task *task)
{
    size_t cursor = 0;
    struct gox_pos bp;

    while (gox_volume_each_block(src, &cursor, &bp) != NULL) {
        int rc = gox_task_check(task, NULL);
        if (rc == 0)
            rc = add_block_under(dst, src, bp);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int add_mirrored(gox_volume *vol, enum gox_axis axis, int32_t origin2,
        uint64_t *clipped, struct gox_task *task)
{
    struct gox__remap map = gox__remap_mirror(axis, origin2);
    gox_volume *image = gox_volume_new();

    if (image == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox__remap_volume(vol, gox_bbox_all(), &map, image, clipped, task);
    if (rc == 0)
        rc = gox__volume_add_under(vol, image, task);
    gox_volume_free(image);
    return rc;
}

int gox__volume_symmetrize(gox_volume *vol, const struct gox_symmetry *symmetry,
        uint64_t *clipped, struct gox_task *task)
{
    int rc = 0;

    if (symmetry->x)
        rc = add_mirrored(vol, GOX_AXIS_X, symmetry->origin2.x, clipped, task);
    if (rc == 0 && symmetry->y)
        rc = add_mirrored(vol, GOX_AXIS_Y, symmetry->origin2.y, clipped, task);
    if (rc == 0 && symmetry->z)
        rc = add_mirrored(vol, GOX_AXIS_Z, symmetry->origin2.z, clipped, task);
    return rc;
}

struct gox_bbox gox__volume_bbox_in(
        const gox_volume *vol, struct gox_bbox region)
{
    struct gox_bbox all = gox_volume_bbox(vol), box = {0};
    size_t cursor = 0;
    struct gox_pos bp;
    const gox_block *block;

    struct gox_bbox common = gox_bbox_intersect(all, region);
    if (memcmp(&common, &all, sizeof(all)) == 0)
        return all;
    while ((block = gox_volume_each_block(vol, &cursor, &bp)) != NULL) {
        uint64_t solid[GOX_MASK_WORDS], mask[GOX_MASK_WORDS];
        struct gox_pos o = gox__block_origin(bp);
        if (gox__mask_of_box(region, bp, mask) == GOX__COVER_NONE)
            continue;
        gox_block_mask(block, solid);
        for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
            solid[w] &= mask[w];
        struct gox_bbox in = gox__mask_bbox(solid);
        if (gox_bbox_is_empty(in))
            continue;
        in = (struct gox_bbox){{in.min.x + o.x, in.min.y + o.y, in.min.z + o.z},
                {in.max.x + o.x, in.max.y + o.y, in.max.z + o.z}};
        box = gox_bbox_union(box, in);
    }
    return box;
}
