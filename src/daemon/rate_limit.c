/* SPDX-License-Identifier: Apache-2.0
 * Buckets, and a hash table of fixed size whose entries have WAYS places. */
#include "daemon/rate_limit.h"

#include "base/time.h"

#include <string.h>

#define WAYS 8

int64_t gox_bucket_take(struct gox_bucket *bucket, int64_t per_second,
        int64_t burst, int64_t now_ns)
{
    int64_t each_ns = GOX_NS_PER_S / per_second;
    int64_t full_at = bucket->full_at_ns > now_ns ? bucket->full_at_ns : now_ns;
    /* What is missing after this one may not be more than it holds. */
    int64_t wait_ns = full_at + each_ns - now_ns - burst * each_ns;
    if (wait_ns > 0)
        return wait_ns;
    bucket->full_at_ns = full_at + each_ns;
    return 0;
}

static int64_t latest(const struct gox_rate_peer *p)
{
    return p->requests.full_at_ns > p->failures.full_at_ns
                   ? p->requests.full_at_ns
                   : p->failures.full_at_ns;
}

struct gox_rate_peer *gox_rate_find(
        struct gox_rate_table *table, uint64_t key, uint32_t *slot)
{
    if (*slot < GOX_RATE_PEERS && table->peers[*slot].key == key)
        return &table->peers[*slot];
    uint32_t first = (uint32_t)(key % (GOX_RATE_PEERS / WAYS)) * WAYS;
    uint32_t place = first;
    for (uint32_t i = first; i < first + WAYS; i++) {
        if (table->peers[i].key == key) {
            *slot = i;
            return &table->peers[i];
        }
        if (latest(&table->peers[i]) < latest(&table->peers[place]))
            place = i;
    }
    table->peers[place] = (struct gox_rate_peer){.key = key};
    *slot = place;
    return &table->peers[place];
}

uint64_t gox_rate_key(unsigned kind, const void *data, size_t len)
{
    /* FNV-1a. Nobody gains by a collision: it only shares a bucket. */
    const uint8_t *bytes = data;
    uint64_t hash = UINT64_C(14695981039346656037) ^ kind;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    return hash != 0 ? hash : 1;
}
