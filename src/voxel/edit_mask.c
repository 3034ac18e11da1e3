/* SPDX-License-Identifier: Apache-2.0
 * Bit masks of one block, and the map from block positions to small numbers
 * that floods and transforms keep their work in.
 *
 * Invariant: the slots of a block map are a power of two, at most half taken.
 */
#include "base/alloc.h"
#include "voxel/edit_internal.h"

unsigned gox__mask_count(const uint64_t mask[GOX_MASK_WORDS])
{
    unsigned n = 0;

    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        n += gox__bit_count(mask[w]);
    return n;
}

bool gox__mask_is_empty(const uint64_t mask[GOX_MASK_WORDS])
{
    uint64_t any = 0;

    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        any |= mask[w];
    return any == 0;
}

bool gox__mask_is_full(const uint64_t mask[GOX_MASK_WORDS])
{
    uint64_t all = UINT64_MAX;

    for (unsigned w = 0; w < GOX_MASK_WORDS; w++)
        all &= mask[w];
    return all == UINT64_MAX;
}

struct gox_bbox gox__mask_bbox(const uint64_t mask[GOX_MASK_WORDS])
{
    uint32_t xs = 0, ys = 0, zs = 0;

    for (unsigned w = 0; w < GOX_MASK_WORDS; w++) {
        if (mask[w] == 0)
            continue;
        zs |= UINT32_C(1) << (w / 4);
        for (unsigned r = 0; r < 4; r++) {
            uint32_t row = (uint32_t)(mask[w] >> (16 * r)) & 0xffff;
            xs |= row;
            if (row != 0)
                ys |= UINT32_C(1) << (w % 4 * 4 + r);
        }
    }
    if (zs == 0)
        return (struct gox_bbox){0};
    const uint32_t seen[3] = {xs, ys, zs};
    int32_t lo[3], hi[3];
    for (int i = 0; i < 3; i++) {
        lo[i] = (int32_t)gox__bit_lowest(seen[i]);
        for (hi[i] = 16; (seen[i] >> (hi[i] - 1) & 1) == 0; hi[i]--)
            ;
    }
    return (struct gox_bbox){{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}};
}

struct gox_bbox gox__block_box(struct gox_pos bp)
{
    struct gox_pos o = gox__block_origin(bp);

    return (struct gox_bbox){o,
            {o.x + GOX_BLOCK_SIZE, o.y + GOX_BLOCK_SIZE, o.z + GOX_BLOCK_SIZE}};
}

enum gox__cover gox__cover_of_box(struct gox_bbox box, struct gox_pos bp)
{
    struct gox_bbox block = gox__block_box(bp);
    struct gox_bbox in = gox_bbox_intersect(box, block);

    if (gox_bbox_is_empty(in))
        return GOX__COVER_NONE;
    return gox_bbox_volume(in) == GOX_BLOCK_VOXELS ? GOX__COVER_ALL
                                                   : GOX__COVER_SOME;
}

enum gox__cover gox__mask_of_box(
        struct gox_bbox box, struct gox_pos bp, uint64_t mask[GOX_MASK_WORDS])
{
    struct gox_pos o = gox__block_origin(bp);
    struct gox_bbox in = gox_bbox_intersect(box, gox__block_box(bp));

    memset(mask, 0, GOX_MASK_WORDS * sizeof(mask[0]));
    if (gox_bbox_is_empty(in))
        return GOX__COVER_NONE;
    uint64_t row = gox__row_bits(in.min.x - o.x, in.max.x - o.x);
    for (int z = in.min.z - o.z; z < in.max.z - o.z; z++) {
        for (int y = in.min.y - o.y; y < in.max.y - o.y; y++)
            mask[z * 4 + y / 4] |= row << (y % 4 * 16);
    }
    return gox_bbox_volume(in) == GOX_BLOCK_VOXELS ? GOX__COVER_ALL
                                                   : GOX__COVER_SOME;
}

static int compare_i32(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

int gox__pos_compare(struct gox_pos a, struct gox_pos b)
{
    int order = compare_i32(a.z, b.z);

    if (order == 0)
        order = compare_i32(a.y, b.y);
    return order == 0 ? compare_i32(a.x, b.x) : order;
}

void gox__block_map_init(struct gox__block_map *map)
{
    *map = (struct gox__block_map){0};
}

void gox__block_map_fini(struct gox__block_map *map)
{
    gox_free(map->keys);
    gox_free(map->slots);
    *map = (struct gox__block_map){0};
}

static size_t hash_pos(struct gox_pos p)
{
    uint64_t h = (uint64_t)(uint32_t)p.x * UINT64_C(0x9e3779b97f4a7c15);

    h = (h ^ (uint32_t)p.y) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 29 ^ (uint32_t)p.z) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(h ^ h >> 32);
}

static void map_insert(
        uint32_t *slots, size_t slot_count, struct gox_pos key, size_t index)
{
    size_t at = hash_pos(key) & (slot_count - 1);

    while (slots[at] != 0)
        at = (at + 1) & (slot_count - 1);
    slots[at] = (uint32_t)(index + 1);
}

static bool map_reserve(struct gox__block_map *map)
{
    if (!gox_grow(&map->keys, &map->capacity, map->count + 1,
                sizeof(map->keys[0])))
        return false;
    if (map->slot_count != 0 && map->count + 1 <= map->slot_count / 2)
        return true;
    size_t slot_count = map->slot_count == 0 ? 64 : map->slot_count * 2;
    uint32_t *slots = gox_calloc(slot_count, sizeof(slots[0]));
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < map->count; i++)
        map_insert(slots, slot_count, map->keys[i], i);
    gox_free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    return true;
}

int64_t gox__block_map_add(struct gox__block_map *map, struct gox_pos bp)
{
    if (map->slot_count != 0) {
        size_t at = hash_pos(bp) & (map->slot_count - 1);
        for (; map->slots[at] != 0; at = (at + 1) & (map->slot_count - 1)) {
            size_t i = map->slots[at] - 1U;
            if (gox__pos_equals(map->keys[i], bp))
                return (int64_t)i;
        }
    }
    if (map->count >= UINT32_MAX - 1)
        return GOX_ERR_TOO_LARGE;
    if (!map_reserve(map))
        return GOX_ERR_NOMEM;
    map->keys[map->count] = bp;
    map_insert(map->slots, map->slot_count, bp, map->count);
    return (int64_t)map->count++;
}
