/* SPDX-License-Identifier: Apache-2.0
 * Repeatable random numbers for tests: the same seed gives the same run. */
#ifndef GOX_TESTS_VOXEL_RANDOM_H
#define GOX_TESTS_VOXEL_RANDOM_H

#include <stdint.h>

struct random {
    uint32_t state; /* not 0 */
};

static inline uint32_t random_next(struct random *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 17;
    r->state ^= r->state << 5;
    return r->state;
}

/* 0 ... limit - 1. */
static inline uint32_t random_below(struct random *r, uint32_t limit)
{
    return (uint32_t)((uint64_t)random_next(r) * limit >> 32);
}

#endif
