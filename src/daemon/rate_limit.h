/* SPDX-License-Identifier: Apache-2.0
 * How often a peer may do something: a bucket that fills at a steady rate and
 * holds so many at once, and a table of peers with a bound of its own.
 *
 * The bucket is kept as one number, the time at which it is full again: that
 * is exact and needs no timer. Pure: the time is a parameter. */
#ifndef GOX_DAEMON_RATE_LIMIT_H
#define GOX_DAEMON_RATE_LIMIT_H

#include <stddef.h>
#include <stdint.h>

struct gox_bucket {
    int64_t full_at_ns; /* 0 and anything in the past: full */
};

/* Takes one of the bucket, which gets per_second of them and holds burst (both
 * at least 1). 0, or how long (ns) until there is one; then nothing is taken.
 */
int64_t gox_bucket_take(struct gox_bucket *bucket, int64_t per_second,
        int64_t burst, int64_t now_ns);

struct gox_rate_peer {
    uint64_t key; /* 0: free */
    struct gox_bucket requests, failures;
    int64_t told_at_ns, token_told_at_ns; /* when it was last logged about */
};

#define GOX_RATE_PEERS 512
struct gox_rate_table {
    struct gox_rate_peer peers[GOX_RATE_PEERS];
};

/* The peer with this key (not 0). A new one takes the place of the peer whose
 * bucket is the fullest of those it may take the place of: forgetting a full
 * bucket changes nothing. *slot is where it was found the last time (any
 * value is fine), and is set. */
struct gox_rate_peer *gox_rate_find(
        struct gox_rate_table *table, uint64_t key, uint32_t *slot);

/* A key of text or of a number; kind keeps different sorts apart. Never 0. */
uint64_t gox_rate_key(unsigned kind, const void *data, size_t len);

#endif
