/* SPDX-License-Identifier: Apache-2.0
 * Long work on threads of its own: a bounded queue, threads started when they
 * are needed, results back on the loop thread.
 *
 * Invariant: for each work that was put, `done` comes exactly once, on the loop
 * thread, unless it was taken back. */
#ifndef GOX_LOOP_POOL_H
#define GOX_LOOP_POOL_H

#include "loop/loop.h"

#include <stdbool.h>

typedef struct gox_pool gox_pool;

/* Embedded by the caller; lives until done. */
struct gox_work {
    void (*run)(struct gox_work *work);  /* on a worker */
    void (*done)(struct gox_work *work); /* on the loop thread */
    struct gox_work *next;
    int64_t queued_at_ns, started_at_ns;
};

gox_pool *gox_pool_new(gox_loop *loop, unsigned workers, size_t queue_size);
/* Waits for work under way and drops what is queued (done is not called). */
void gox_pool_free(gox_pool *pool);
/* GOX_ERR_BUSY when the queue is full; GOX_ERR_NOMEM when no thread runs and
 * none can be started. */
int gox_pool_put(gox_pool *pool, struct gox_work *work) GOX_MUST_CHECK;
/* True when it had not begun; `done` is not called then. */
bool gox_pool_take_back(gox_pool *pool, struct gox_work *work);

struct gox_pool_stats {
    size_t depth, capacity; /* waiting */
    unsigned threads, busy, max_threads;
    int64_t oldest_ns;  /* how long the first of the queue has waited */
    int64_t average_ns; /* of the last works, for "try again in ..." */
    uint64_t finished;
};
void gox_pool_get_stats(gox_pool *pool, struct gox_pool_stats *stats);

#endif
