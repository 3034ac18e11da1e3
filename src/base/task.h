/* SPDX-License-Identifier: Apache-2.0
 * Progress and cancellation of one long piece of work, and running it on all
 * cores. The worker reports and asks; another thread reads and cancels.
 *
 * Invariant: once cancelled, a task stays cancelled. */
#ifndef GOX_BASE_TASK_H
#define GOX_BASE_TASK_H

#include "base/error.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gox_task {
    atomic_bool is_cancelled;
    atomic_uint permille;          /* 0 ... 1000 */
    int64_t deadline_at_ns;        /* monotonic; 0: none */
    unsigned threads;              /* for gox_parallel_for; 0: one per core */
    const struct gox_task *parent; /* cancelled when that is; or NULL */
};

void gox_task_init(struct gox_task *task);

/* Any thread. */
void gox_task_cancel(struct gox_task *task);

/* Reports that done of total is finished. task may be NULL. */
void gox_task_progress(struct gox_task *task, uint64_t done, uint64_t total);

/* 0 to go on, GOX_ERR_CANCELLED or GOX_ERR_TIMEOUT to give up (err, which may
 * be NULL, is set). Cheap enough for once per block. task may be NULL. */
int gox_task_check(struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* Calls fn(ctx, i, thread) once for each i < count, spread over threads in
 * chunks taken from a shared counter; returns when all are done. thread is in
 * 0 ... gox_task_threads(task)-1, for per-thread scratch memory. fn returns 0
 * or a GOX_ERR_* code; after a failure or a cancel the rest is skipped. The
 * caller's thread takes part; if no thread can be started it does all. Returns
 * 0, the first failing code, or GOX_ERR_CANCELLED. Deterministic results are
 * up to fn: it must write only to places that belong to i. */
int gox_parallel_for(struct gox_task *task, size_t count,
        int (*fn)(void *ctx, size_t i, unsigned thread),
        void *ctx) GOX_MUST_CHECK;

/* How many threads gox_parallel_for uses for this task (NULL: one a core). */
unsigned gox_task_threads(const struct gox_task *task);

#endif
