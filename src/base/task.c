/* SPDX-License-Identifier: Apache-2.0
 * Progress, cancellation, and a parallel loop on threads that live for one
 * call: starting one takes about 20 us, which long work does not feel, and an
 * idle process then has none.
 *
 * Invariant: gox_parallel_for returns only when no thread of it runs. */
#include "base/task.h"

#include "base/time.h"

#include <pthread.h>
#include <unistd.h>

#define MAX_THREADS 64
#define CHECKS_MAX  65536 /* of one loop, about: 26 ns each with a deadline */

void gox_task_init(struct gox_task *task)
{
    atomic_init(&task->is_cancelled, false);
    atomic_init(&task->permille, 0);
    task->deadline_at_ns = 0;
    task->threads = 0;
    task->parent = NULL;
}

void gox_task_cancel(struct gox_task *task)
{
    atomic_store(&task->is_cancelled, true);
}

void gox_task_progress(struct gox_task *task, uint64_t done, uint64_t total)
{
    if (task == NULL || total == 0)
        return;
    unsigned permille = (unsigned)((double)done / (double)total * 1000.0);
    atomic_store_explicit(&task->permille, permille < 1000 ? permille : 1000,
            memory_order_relaxed);
}

static bool is_cancelled(const struct gox_task *task)
{
    for (; task != NULL; task = task->parent)
        if (atomic_load_explicit(&task->is_cancelled, memory_order_relaxed))
            return true;
    return false;
}

int gox_task_check(struct gox_task *task, struct gox_error *err)
{
    if (task == NULL)
        return 0;
    if (is_cancelled(task))
        return gox_error_set(err, GOX_ERR_CANCELLED,
                "cancelled on request; nothing was changed");
    if (task->deadline_at_ns != 0 && gox_time_now_ns() > task->deadline_at_ns)
        return gox_error_set(err, GOX_ERR_TIMEOUT,
                "not finished in the time allowed; nothing was changed");
    return 0;
}

unsigned gox_task_threads(const struct gox_task *task)
{
    long n = task != NULL && task->threads > 0 ? (long)task->threads
                                               : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

struct parallel {
    struct gox_task *task;
    size_t count;
    size_t chunk;
    int (*fn)(void *ctx, size_t i, unsigned thread);
    void *ctx;
    atomic_size_t next;
    atomic_int result;
};

struct parallel_thread {
    struct parallel *loop;
    unsigned index;
    pthread_t id;
};

/* A chunk may be seconds of work when few threads share few large items, so a
 * cancel is looked for at each; of many small ones at every few. */
static int run_chunk(struct parallel *p, size_t from, unsigned thread)
{
    size_t to = p->count - from < p->chunk ? p->count : from + p->chunk;
    size_t stride = 1 + p->count / CHECKS_MAX;
    int rc = 0;
    for (size_t i = from; i < to && rc >= 0; i++) {
        if ((i - from) % stride == 0)
            rc = gox_task_check(p->task, NULL);
        if (rc >= 0)
            rc = p->fn(p->ctx, i, thread);
    }
    return rc;
}

static void run(struct parallel *p, unsigned thread)
{
    while (atomic_load_explicit(&p->result, memory_order_relaxed) == 0) {
        size_t from = atomic_fetch_add(&p->next, p->chunk);
        if (from >= p->count)
            return;
        int rc = run_chunk(p, from, thread);
        int none = 0;
        if (rc < 0)
            atomic_compare_exchange_strong(&p->result, &none, rc);
    }
}

static void *thread_main(void *arg)
{
    struct parallel_thread *thread = arg;
    run(thread->loop, thread->index);
    return NULL;
}

int gox_parallel_for(struct gox_task *task, size_t count,
        int (*fn)(void *ctx, size_t i, unsigned thread), void *ctx)
{
    unsigned threads = gox_task_threads(task);
    if (threads > count)
        threads = count > 0 ? (unsigned)count : 1;
    struct parallel p = {.task = task, .count = count, .fn = fn, .ctx = ctx};
    /* Small enough that the last chunk does not keep one core busy alone. */
    p.chunk = count / (threads * 16u) + 1;
    atomic_init(&p.next, 0);
    atomic_init(&p.result, 0);
    struct parallel_thread others[MAX_THREADS];
    unsigned started = 0;
    for (unsigned i = 1; i < threads; i++) {
        others[started] = (struct parallel_thread){.loop = &p, .index = i};
        if (pthread_create(&others[started].id, NULL, thread_main,
                    &others[started]) != 0)
            break;
        started++;
    }
    run(&p, 0);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i].id, NULL);
    return atomic_load(&p.result);
}
