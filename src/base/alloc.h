/* SPDX-License-Identifier: Apache-2.0
 * Allocation with overflow checks and a switch for tests that makes the nth
 * call fail. All of the project's own memory comes from here.
 *
 * Threads: all functions may be called from any thread. */
#ifndef GOX_BASE_ALLOC_H
#define GOX_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Like malloc, calloc, realloc and free, but NULL also when count * size
 * overflows; gox_free(NULL) is fine. A size of 0 gives a pointer to free. */
void *gox_malloc(size_t size);
void *gox_calloc(size_t count, size_t size);
void *gox_malloc_array(size_t count, size_t size);
void *gox_realloc_array(void *ptr, size_t count, size_t size);
void gox_free(void *ptr);

/* A copy of a string or of len bytes plus a NUL; NULL when out of memory. */
char *gox_strdup(const char *text);
char *gox_strndup(const char *text, size_t len);

/* Grows *items (element size `size`) to hold at least `want` elements,
 * doubling *capacity. Returns false, with nothing changed, when out of memory.
 * items is the address of a typed pointer. */
bool gox_grow(void *items, size_t *capacity, size_t want, size_t size);

/* For tests: the call number `nth` from now (1 is the next) and, if `and_on`,
 * every later one fails. 0 switches it off. Counts calls of all threads. */
void gox_alloc_fail_at(uint64_t nth, bool and_on);

/* For tests: how many allocations were asked for since the last
 * gox_alloc_fail_at. */
uint64_t gox_alloc_count(void);

#endif
