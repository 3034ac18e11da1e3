/* SPDX-License-Identifier: Apache-2.0
 * The hash table from block positions to blocks: open addressing with linear
 * probing. A copy of the table takes a reference on every block.
 *
 * Invariant: from a key's home slot to its slot no slot is free, which is what
 * removal restores by moving later slots back. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/volume_internal.h"

#include <string.h>

#define MIN_CAPACITY 8

/* Models are lattices: neighbours differ by 1, 2^20 and 2^40 in the key. Two
 * multiplications with a fold in between spread all of them over the high
 * bits, which are the ones used. */
static size_t home_of(uint64_t key, size_t capacity)
{
    uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);

    h ^= h >> 29;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    return (size_t)(h >> 32) & (capacity - 1);
}

size_t gox__table_capacity_for(size_t count)
{
    size_t capacity = MIN_CAPACITY;

    while (capacity / 4 * 3 < count)
        capacity *= 2;
    return capacity;
}

struct gox_table *gox__table_new(size_t capacity)
{
    if (capacity >
            (SIZE_MAX - sizeof(struct gox_table)) / sizeof(struct gox_slot))
        return NULL;
    struct gox_table *t = gox_calloc(
            1, sizeof(struct gox_table) + capacity * sizeof(struct gox_slot));
    if (t == NULL)
        return NULL;
    atomic_init(&t->refs, 1);
    t->capacity = capacity;
    return t;
}

static size_t free_place(const struct gox_table *t, uint64_t key)
{
    size_t i = home_of(key, t->capacity);

    while (t->slots[i].block != NULL)
        i = (i + 1) & (t->capacity - 1);
    return i;
}

/* A new table with the same slots; the blocks get no new references. */
static struct gox_table *copy_slots(const struct gox_table *t, size_t capacity)
{
    struct gox_table *copy = gox__table_new(capacity);

    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].block == NULL)
            continue;
        size_t at =
                capacity == t->capacity ? i : free_place(copy, t->slots[i].key);
        copy->slots[at] = t->slots[i];
    }
    copy->count = t->count;
    copy->solid = t->solid;
    return copy;
}

struct gox_table *gox__table_copy(const struct gox_table *t, size_t capacity)
{
    struct gox_table *copy = copy_slots(t, capacity);

    for (size_t i = 0; copy != NULL && i < capacity; i++) {
        if (copy->slots[i].block != NULL)
            gox_block_ref(copy->slots[i].block);
    }
    return copy;
}

bool gox__table_grow(struct gox_table **t, size_t capacity)
{
    struct gox_table *grown = copy_slots(*t, capacity);

    if (grown == NULL)
        return false;
    gox_free(*t);
    *t = grown;
    return true;
}

void gox__table_unref(struct gox_table *t)
{
    if (t == NULL ||
            atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < t->capacity; i++)
        gox_block_unref(t->slots[i].block);
    gox_free(t);
}

struct gox_slot *gox__table_find(struct gox_table *t, uint64_t key)
{
    if (t == NULL)
        return NULL;
    size_t i = home_of(key, t->capacity);
    while (t->slots[i].block != NULL) {
        if (t->slots[i].key == key)
            return &t->slots[i];
        i = (i + 1) & (t->capacity - 1);
    }
    return NULL;
}

struct gox_slot *gox__table_insert(
        struct gox_table *t, uint64_t key, gox_block *own_block)
{
    struct gox_slot *slot = &t->slots[free_place(t, key)];

    slot->key = key;
    slot->block = own_block;
    t->count++;
    t->solid += gox_block_solid(own_block);
    return slot;
}

void gox__table_remove(struct gox_table *t, struct gox_slot *slot)
{
    size_t mask = t->capacity - 1;
    size_t hole = (size_t)(slot - t->slots);

    t->solid -= gox_block_solid(slot->block);
    t->count--;
    gox_block_unref(slot->block);
    for (size_t i = (hole + 1) & mask; t->slots[i].block != NULL;
            i = (i + 1) & mask) {
        /* The slot may move back when its home is not between hole and i. */
        size_t home = home_of(t->slots[i].key, t->capacity);
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (struct gox_slot){0};
}
