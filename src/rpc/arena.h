/* SPDX-License-Identifier: Apache-2.0
 * Small memory that is freed all at once: decoded strings and the state of one
 * call. The first bytes are inside the struct, so most calls allocate nothing.
 *
 * Invariant: what was handed out stays in place until fini. */
#ifndef GOX_RPC_ARENA_H
#define GOX_RPC_ARENA_H

#include <stddef.h>

#define GOX_ARENA_INLINE_BYTES 768

struct gox_arena_block;
struct gox_arena {
    struct gox_arena_block *blocks;
    size_t used;
    _Alignas(16) unsigned char room[GOX_ARENA_INLINE_BYTES];
};

void gox_arena_init(struct gox_arena *arena);
void gox_arena_fini(struct gox_arena *arena);
/* Not zeroed, aligned to 16; NULL when out of memory. */
void *gox_arena_alloc(struct gox_arena *arena, size_t bytes);
/* A copy with a NUL behind it. */
char *gox_arena_strdup(struct gox_arena *arena, const char *text, size_t len);

#endif
