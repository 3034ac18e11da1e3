/* SPDX-License-Identifier: Apache-2.0
 * Builds the tree bottom-up: blocks sorted so that the children of one node
 * stand together, then one pass per level over runs of equal keys.
 *
 * Invariant: children of a node are consecutive and in the order of their
 * bits, so that an index is the first child plus the number of bits below. */
#include "base/alloc.h"
#include "render/scene_internal.h"

#include <string.h>

#define DIGIT_BITS 6  /* of a key, per level */
#define RADIX_BITS 12 /* of a key, per pass of the sort */
#define RADIX_SIZE (1u << RADIX_BITS)

/* A block by its key: the two lowest bits of x, y and z, then the next two of
 * each, and so on. */
struct item {
    uint64_t key;
    const gox_block *block;
};

static uint64_t spread(uint32_t v)
{
    uint64_t key = 0;
    for (unsigned i = 0; v >> 2 * i != 0; i++)
        key |= (uint64_t)(v >> 2 * i & 3u) << DIGIT_BITS * i;
    return key;
}

static uint64_t make_key(struct gox_pos pos, struct gox_pos min)
{
    return spread((uint32_t)(pos.x - min.x)) |
           spread((uint32_t)(pos.y - min.y)) << 2 |
           spread((uint32_t)(pos.z - min.z)) << 4;
}

/* One stable pass of a radix sort, by the bits from `shift`. */
static void sort_pass(const struct item *from, struct item *to, size_t count,
        unsigned shift, uint32_t *starts)
{
    memset(starts, 0, RADIX_SIZE * sizeof(*starts));
    for (size_t i = 0; i < count; i++)
        starts[from[i].key >> shift & (RADIX_SIZE - 1)]++;
    uint32_t sum = 0;
    for (size_t i = 0; i < RADIX_SIZE; i++) {
        uint32_t here = starts[i];
        starts[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i].key >> shift & (RADIX_SIZE - 1)]++] = from[i];
}

/* Sorts *items by key; *items and *spare may change places. */
static int sort_items(struct item **items, size_t count)
{
    uint64_t used = 0;
    for (size_t i = 0; i < count; i++)
        used |= (*items)[i].key;
    struct item *spare = gox_malloc_array(count, sizeof(*spare));
    uint32_t *starts = gox_malloc_array(RADIX_SIZE, sizeof(*starts));
    if (spare == NULL || starts == NULL) {
        gox_free(spare);
        gox_free(starts);
        return GOX_ERR_NOMEM;
    }
    for (unsigned shift = 0; shift < 60 && used >> shift != 0;
            shift += RADIX_BITS) {
        sort_pass(*items, spare, count, shift, starts);
        struct item *swap = *items;
        *items = spare;
        spare = swap;
    }
    gox_free(spare);
    gox_free(starts);
    return 0;
}

static struct gox_pos min_block(const gox_volume *vol)
{
    struct gox_bbox box = gox_volume_bbox(vol);
    return gox_pos_make(box.min.x >> GOX_BLOCK_SHIFT,
            box.min.y >> GOX_BLOCK_SHIFT, box.min.z >> GOX_BLOCK_SHIFT);
}

static struct item *collect(
        const gox_volume *vol, struct gox_pos min, size_t count)
{
    struct item *items = gox_malloc_array(count, sizeof(*items));
    if (items == NULL)
        return NULL;
    size_t cursor = 0;
    size_t i = 0;
    struct gox_pos pos;
    const gox_block *block;
    while ((block = gox_volume_each_block(vol, &cursor, &pos)) != NULL) {
        items[i].key = make_key(pos, min);
        items[i++].block = block;
    }
    if (sort_items(&items, count) < 0) {
        gox_free(items);
        return NULL;
    }
    return items;
}

/* The 16 voxels (4 rows of 4) of brick column bx in one word of a block mask
 * (4 rows of 16). */
static uint64_t pick_rows(uint64_t word, unsigned bx)
{
    uint64_t v = word >> 4 * bx & UINT64_C(0x000f000f000f000f);
    v = (v | v >> 12) & UINT64_C(0x000000ff000000ff);
    return (v | v >> 24) & 0xffffu;
}

static uint64_t make_brick(const uint64_t mask[64], unsigned brick)
{
    unsigned bx = brick & 3u;
    unsigned by = brick >> 2 & 3u;
    unsigned bz = brick >> 4;
    uint64_t bits = 0;
    for (unsigned z = 0; z < 4; z++)
        bits |= pick_rows(mask[(bz * 4 + z) * 4 + by], bx) << 16 * z;
    return bits;
}

struct builder {
    struct gox__scene *scene;
    const struct item *items;
};

static bool find_translucent(const gox_block *block)
{
    gox_rgba colors[GOX_BLOCK_VOXELS];
    if (gox_block_is_uniform(block, colors))
        return gox_rgba_a(colors[0]) != 255;
    gox_block_decode(block, colors);
    gox_rgba found = 0;
    for (size_t i = 0; i < GOX_BLOCK_VOXELS; i++) {
        /* Alpha 0 and 255 plus 1 are 1 and 256: all bits of 0xfe are clear. */
        found |= ((colors[i] >> 24) + 1) & 0xfeu;
    }
    return found != 0;
}

/* First pass, over blocks: which bricks there are, and whether light passes. */
static int scan_block(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct builder *b = ctx;
    struct gox__scene_block *block = &b->scene->blocks[i];
    uint64_t mask[64];
    block->colors = b->items[i].block;
    gox_block_mask(block->colors, mask);
    block->mask = 0;
    uint8_t rank = 0;
    for (unsigned k = 0; k < 64; k++) {
        block->rank[k] = rank;
        if (make_brick(mask, k) == 0)
            continue;
        block->mask |= UINT64_C(1) << k;
        rank++;
    }
    block->has_translucent = find_translucent(block->colors);
    return 0;
}

/* Second pass: the bricks themselves, now that their places are known. */
static int fill_bricks(void *ctx, size_t i, unsigned thread)
{
    (void)thread;
    struct builder *b = ctx;
    const struct gox__scene_block *block = &b->scene->blocks[i];
    uint64_t *out = b->scene->bricks + block->brick;
    uint64_t mask[64];
    gox_block_mask(block->colors, mask);
    for (unsigned k = 0; k < 64; k++)
        if (block->mask >> k & 1u)
            *out++ = make_brick(mask, k);
    return 0;
}

static int build_blocks(struct gox__scene *scene, const struct item *items,
        struct gox_task *task)
{
    struct builder b = {.scene = scene, .items = items};
    scene->blocks =
            gox_malloc_array(scene->block_count, sizeof(*scene->blocks));
    if (scene->blocks == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox_parallel_for(task, scene->block_count, scan_block, &b);
    if (rc < 0)
        return rc;
    uint64_t sum = 0;
    for (size_t i = 0; i < scene->block_count; i++) {
        struct gox__scene_block *block = &scene->blocks[i];
        block->brick = (uint32_t)sum;
        sum += block->rank[63] + (block->mask >> 63);
        if (sum > UINT32_MAX)
            return GOX_ERR_TOO_LARGE;
    }
    scene->brick_count = (size_t)sum;
    scene->bricks = gox_malloc_array(scene->brick_count, sizeof(uint64_t));
    if (scene->bricks == NULL)
        return GOX_ERR_NOMEM;
    return gox_parallel_for(task, scene->block_count, fill_bricks, &b);
}

/* How many nodes a level has, whose children have this key without the lowest
 * `shift` bits. */
static size_t count_runs(const struct item *items, size_t count, unsigned shift)
{
    size_t runs = 1;
    for (size_t i = 1; i < count; i++)
        runs += items[i].key >> shift != items[i - 1].key >> shift;
    return runs;
}

/* Adds one level of nodes behind the ones there are. Walks the sorted keys:
 * each new child key (shift) is one more bit, each new node key one more node.
 * The children start at first_child. */
static void add_level(struct gox__scene *scene, const struct item *items,
        unsigned shift, uint32_t first_child)
{
    uint32_t child = first_child;
    for (size_t i = 0; i < scene->block_count; i++) {
        uint64_t key = items[i].key >> shift;
        if (i > 0 && key == items[i - 1].key >> shift)
            continue;
        if (i == 0 ||
                key >> DIGIT_BITS != items[i - 1].key >> shift >> DIGIT_BITS) {
            scene->nodes[scene->node_count].mask = 0;
            scene->nodes[scene->node_count++].child = child;
        }
        scene->nodes[scene->node_count - 1].mask |= UINT64_C(1) << (key & 63u);
        child++;
    }
}

static int build_nodes(struct gox__scene *scene, const struct item *items)
{
    size_t total = 0;
    int levels = 0;
    size_t count = scene->block_count;
    while (count > 1) {
        levels++;
        count = count_runs(
                items, scene->block_count, DIGIT_BITS * (unsigned)levels);
        total += count;
    }
    if (total > UINT32_MAX)
        return GOX_ERR_TOO_LARGE;
    scene->root_level = 1 + levels;
    if (total == 0)
        return 0;
    scene->nodes = gox_malloc_array(total, sizeof(*scene->nodes));
    if (scene->nodes == NULL)
        return GOX_ERR_NOMEM;
    size_t first_child = 0;
    for (int level = 0; level < levels; level++) {
        size_t start = scene->node_count;
        add_level(scene, items, DIGIT_BITS * (unsigned)level,
                (uint32_t)first_child);
        first_child = start;
    }
    scene->root = (uint32_t)(scene->node_count - 1);
    return 0;
}

static struct gox_bbox find_box(const gox_volume *vol, struct gox_pos origin)
{
    struct gox_bbox box = gox_volume_bbox(vol);
    box.min.x -= origin.x;
    box.min.y -= origin.y;
    box.min.z -= origin.z;
    box.max.x -= origin.x;
    box.max.y -= origin.y;
    box.max.z -= origin.z;
    return box;
}

int gox__scene_init(struct gox__scene *scene, const gox_volume *vol,
        struct gox_task *task, struct gox_error *err)
{
    *scene = (struct gox__scene){.root_level = 1};
    scene->block_count = gox_volume_block_count(vol);
    if (scene->block_count == 0)
        return 0;
    struct gox_pos min = min_block(vol);
    int rc = GOX_ERR_TOO_LARGE;
    struct item *items = NULL;
    if (scene->block_count > UINT32_MAX)
        goto out;
    scene->origin = gox_pos_make(min.x * GOX_BLOCK_SIZE, min.y * GOX_BLOCK_SIZE,
            min.z * GOX_BLOCK_SIZE);
    scene->box = find_box(vol, scene->origin);
    rc = GOX_ERR_NOMEM;
    items = collect(vol, min, scene->block_count);
    if (items == NULL)
        goto out;
    rc = build_blocks(scene, items, task);
    if (rc == 0)
        rc = build_nodes(scene, items);

out:
    gox_free(items);
    if (rc == 0)
        return 0;
    if (rc == GOX_ERR_NOMEM || rc == GOX_ERR_TOO_LARGE ||
            gox_task_check(task, err) == 0)
        gox_error_set(err, rc,
                "no memory to prepare %zu blocks for a picture; render fewer "
                "layers or a part of the model",
                scene->block_count);
    gox__scene_fini(scene);
    return rc;
}

void gox__scene_fini(struct gox__scene *scene)
{
    gox_free(scene->blocks);
    gox_free(scene->nodes);
    gox_free(scene->bricks);
    *scene = (struct gox__scene){.root_level = 1};
}

size_t gox__scene_bytes(const struct gox__scene *scene)
{
    return scene->block_count * sizeof(*scene->blocks) +
           scene->node_count * sizeof(*scene->nodes) +
           scene->brick_count * sizeof(*scene->bricks);
}

void gox__probe_init(struct gox__probe *probe, const struct gox__scene *scene)
{
    *probe = (struct gox__probe){
            .scene = scene, .x = -1, .y = -1, .z = -1, .block = NULL};
}

static const struct gox__scene_block *find_block(
        const struct gox__scene *scene, int32_t x, int32_t y, int32_t z)
{
    uint32_t index = scene->root;
    int level = scene->root_level;
    unsigned top = 2u * (unsigned)(level - 1);
    if (x < 0 || y < 0 || z < 0 || x >> top != 0 || y >> top != 0 ||
            z >> top != 0 || scene->block_count == 0)
        return NULL;
    for (; level > 1; level--) {
        const struct gox__scene_node *node = &scene->nodes[index];
        unsigned digit = gox__scene_digit(x, y, z, 2u * (unsigned)(level - 2));
        if ((node->mask >> digit & 1u) == 0)
            return NULL;
        index = node->child + gox__scene_rank(node->mask, digit);
    }
    return &scene->blocks[index];
}

bool gox__probe_is_opaque(
        struct gox__probe *probe, int32_t x, int32_t y, int32_t z)
{
    int32_t bx = x >> GOX_BLOCK_SHIFT;
    int32_t by = y >> GOX_BLOCK_SHIFT;
    int32_t bz = z >> GOX_BLOCK_SHIFT;
    if (bx != probe->x || by != probe->y || bz != probe->z) {
        probe->block = find_block(probe->scene, bx, by, bz);
        probe->x = bx;
        probe->y = by;
        probe->z = bz;
    }
    const struct gox__scene_block *block = probe->block;
    if (block == NULL)
        return false;
    unsigned digit = gox__scene_digit(x, y, z, 2);
    if ((block->mask >> digit & 1u) == 0)
        return false;
    uint64_t brick = probe->scene->bricks[block->brick + block->rank[digit]];
    if ((brick >> gox__scene_digit(x, y, z, 0) & 1u) == 0)
        return false;
    if (!block->has_translucent)
        return true;
    unsigned index = gox_block_index(
            (unsigned)x & 15u, (unsigned)y & 15u, (unsigned)z & 15u);
    return gox_rgba_a(gox_block_get(block->colors, index)) == 255;
}
