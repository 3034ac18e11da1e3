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

#define GOX_POOL_PATIENCE_MS 1000

/* Embedded by the caller; lives until done. */
struct gox_work {
    void (*run)(struct gox_work *work);  /* on a worker */
    void (*done)(struct gox_work *work); /* on the loop thread */
    /* Nobody sits and waits for it: other work goes first, in a fair pool. When
     * it has waited for GOX_POOL_PATIENCE_MS every second place is its own, so
     * that it never starves. */
    bool is_bulk;
    struct gox_work *next;
    int64_t queued_at_ns, started_at_ns;
};

gox_pool *gox_pool_new(gox_loop *loop, unsigned workers, size_t queue_size);
/* At any time. is_fair: prompt work goes before bulk work, else first come,
 * first served. */
void gox_pool_configure(gox_pool *pool, size_t queue_size, bool is_fair);
/* Stack of threads that are started from now on; 0: the system's size. */
void gox_pool_set_stack(gox_pool *pool, size_t bytes);
/* Waits for work under way and drops what is queued (done is not called). */
void gox_pool_free(gox_pool *pool);
/* GOX_ERR_BUSY when the queue is full; GOX_ERR_NOMEM when no thread runs and
 * none can be started. */
int gox_pool_put(gox_pool *pool, struct gox_work *work) GOX_MUST_CHECK;
/* True when it had not begun; `done` is not called then. */
bool gox_pool_take_back(gox_pool *pool, struct gox_work *work);

struct gox_pool_stats {
    size_t depth, capacity; /* waiting */
    size_t bulk;            /* of these */
    unsigned threads, busy, max_threads;
    int64_t oldest_ns;  /* how long the first of the queue has waited */
    int64_t average_ns; /* of the last works, for "try again in ..." */
    uint64_t finished;
};
void gox_pool_get_stats(gox_pool *pool, struct gox_pool_stats *stats);

#endif
