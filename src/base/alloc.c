/* SPDX-License-Identifier: Apache-2.0
 * Allocation with overflow checks. The failure switch is one atomic counter, so
 * that it costs a relaxed load when off. */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool g_is_counting;
static atomic_bool g_fails_on;
static atomic_uint_fast64_t g_count;
static atomic_uint_fast64_t g_fail_at;

static bool must_fail(void)
{
    if (!atomic_load_explicit(&g_is_counting, memory_order_relaxed))
        return false;
    uint64_t n = atomic_fetch_add(&g_count, 1) + 1;
    uint64_t at = atomic_load(&g_fail_at);
    return at != 0 && (n == at || (n > at && atomic_load(&g_fails_on)));
}

void gox_alloc_fail_at(uint64_t nth, bool and_on)
{
    atomic_store(&g_count, 0);
    atomic_store(&g_fail_at, nth);
    atomic_store(&g_fails_on, and_on);
    atomic_store(&g_is_counting, nth != 0);
}

uint64_t gox_alloc_count(void)
{
    return atomic_load(&g_count);
}

void *gox_malloc(size_t size)
{
    return must_fail() ? NULL : malloc(size > 0 ? size : 1);
}

void *gox_calloc(size_t count, size_t size)
{
    if (must_fail())
        return NULL;
    return count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);
}

void *gox_malloc_array(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return gox_malloc(bytes);
}

void *gox_realloc_array(void *ptr, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || must_fail())
        return NULL;
    return realloc(ptr, bytes > 0 ? bytes : 1);
}

void gox_free(void *ptr)
{
    free(ptr);
}

char *gox_strndup(const char *text, size_t len)
{
    char *copy = gox_malloc_array(len + 1, 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *gox_strdup(const char *text)
{
    return gox_strndup(text, strlen(text));
}

bool gox_grow(void *items, size_t *capacity, size_t want, size_t size)
{
    if (want <= *capacity)
        return true;
    size_t next = *capacity < 8 ? 8 : *capacity;
    while (next < want) {
        if (next > SIZE_MAX / 2)
            return false;
        next *= 2;
    }
    /* items is a `T **`; its bytes are copied, so that no aliasing rule is
     * broken by reading it as a `void **`. */
    void *old;
    memcpy(&old, items, sizeof old);
    void *grown = gox_realloc_array(old, next, size);
    if (grown == NULL)
        return false;
    memcpy(items, &grown, sizeof grown);
    *capacity = next;
    return true;
}
