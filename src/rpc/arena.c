/* SPDX-License-Identifier: Apache-2.0
 * The memory of one call: a bump pointer, and a block of its own for each
 * request that does not fit. */
#include "rpc/arena.h"

#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

struct gox_arena_block {
    _Alignas(16) struct gox_arena_block *next;
};

void gox_arena_init(struct gox_arena *arena)
{
    arena->blocks = NULL;
    arena->used = 0;
}

void gox_arena_fini(struct gox_arena *arena)
{
    while (arena->blocks != NULL) {
        struct gox_arena_block *next = arena->blocks->next;
        gox_free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}

void *gox_arena_alloc(struct gox_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    size_t rounded = (bytes + 15) & ~(size_t)15;
    if (rounded <= GOX_ARENA_INLINE_BYTES - arena->used) {
        void *p = arena->room + arena->used;
        arena->used += rounded;
        return p;
    }
    struct gox_arena_block *block = gox_malloc(sizeof *block + rounded);
    if (block == NULL)
        return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    return block + 1;
}

char *gox_arena_strdup(struct gox_arena *arena, const char *text, size_t len)
{
    char *copy = gox_arena_alloc(arena, len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}
