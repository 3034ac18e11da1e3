/* SPDX-License-Identifier: Apache-2.0
 * Workers: one lock for the queue, one list of finished work that a wakeup
 * hands to the loop. libuv's own pool is not used because its queue has no
 * bound and shares its threads with name lookups. */
#include "loop/pool.h"

#include "base/alloc.h"
#include "base/time.h"

#include <pthread.h>
#include <string.h>

struct list {
    struct gox_work *first, *last;
};
struct gox_pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct list queue, finished;
    size_t depth, capacity;
    unsigned thread_count, idle, running, max_threads;
    pthread_t *threads;
    bool is_ending;
    int64_t average_ns;
    uint64_t finished_count;
    gox_wakeup *wakeup;
};

static void push(struct list *list, struct gox_work *work)
{
    work->next = NULL;
    if (list->last != NULL)
        list->last->next = work;
    else
        list->first = work;
    list->last = work;
}

static struct gox_work *pop(struct list *list)
{
    struct gox_work *work = list->first;
    if (work == NULL)
        return NULL;
    list->first = work->next;
    if (list->first == NULL)
        list->last = NULL;
    return work;
}

static void run_one(gox_pool *pool, struct gox_work *work)
{
    pool->depth--;
    pool->running++;
    pthread_mutex_unlock(&pool->lock);
    int64_t start = gox_time_now_ns();
    work->started_at_ns = start;
    work->run(work);
    int64_t took = gox_time_now_ns() - start;
    pthread_mutex_lock(&pool->lock);
    pool->running--;
    pool->average_ns += (took - pool->average_ns) / 8;
    pool->finished_count++;
    push(&pool->finished, work);
    gox_wakeup_send(pool->wakeup);
}

static void *worker(void *arg)
{
    gox_pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    while (!pool->is_ending) {
        struct gox_work *work = pop(&pool->queue);
        if (work != NULL) {
            run_one(pool, work);
            continue;
        }
        pool->idle++;
        pthread_cond_wait(&pool->has_work, &pool->lock);
        pool->idle--;
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void on_finished(void *ctx)
{
    gox_pool *pool = ctx;
    pthread_mutex_lock(&pool->lock);
    struct list list = pool->finished;
    pool->finished = (struct list){NULL, NULL};
    pthread_mutex_unlock(&pool->lock);
    struct gox_work *work;
    while ((work = pop(&list)) != NULL)
        work->done(work);
}

gox_pool *gox_pool_new(gox_loop *loop, unsigned workers, size_t queue_size)
{
    gox_pool *pool = gox_calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_work, NULL);
    pool->max_threads = workers > 0 ? workers : 1;
    pool->capacity = queue_size;
    pool->threads = gox_calloc(pool->max_threads, sizeof *pool->threads);
    pool->wakeup = gox_wakeup_new(loop, on_finished, pool);
    if (pool->threads == NULL || pool->wakeup == NULL) {
        gox_pool_free(pool);
        return NULL;
    }
    return pool;
}

void gox_pool_free(gox_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    pthread_cond_broadcast(&pool->has_work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    gox_wakeup_close(pool->wakeup);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->has_work);
    gox_free(pool->threads);
    gox_free(pool);
}

/* With the lock held. */
static void start_thread(gox_pool *pool)
{
    if (pool->thread_count >= pool->max_threads || pool->idle >= pool->depth)
        return;
    if (pthread_create(
                &pool->threads[pool->thread_count], NULL, worker, pool) == 0)
        pool->thread_count++;
}

int gox_pool_put(gox_pool *pool, struct gox_work *work)
{
    int code = 0;
    pthread_mutex_lock(&pool->lock);
    /* Work that a thread will take at once does not count as waiting, also when
     * that thread is still starting. */
    size_t free_threads = pool->max_threads - pool->running;
    if (pool->depth >= pool->capacity + free_threads) {
        code = GOX_ERR_BUSY;
        goto out;
    }
    pool->depth++;
    start_thread(pool);
    if (pool->thread_count == 0) {
        pool->depth--;
        code = GOX_ERR_NOMEM;
        goto out;
    }
    work->queued_at_ns = gox_time_now_ns();
    push(&pool->queue, work);
    pthread_cond_signal(&pool->has_work);
out:
    pthread_mutex_unlock(&pool->lock);
    return code;
}

bool gox_pool_take_back(gox_pool *pool, struct gox_work *work)
{
    bool is_found = false;
    pthread_mutex_lock(&pool->lock);
    struct list rest = {NULL, NULL};
    struct gox_work *each;
    while ((each = pop(&pool->queue)) != NULL) {
        if (each == work)
            is_found = true;
        else
            push(&rest, each);
    }
    pool->queue = rest;
    pool->depth -= is_found;
    pthread_mutex_unlock(&pool->lock);
    return is_found;
}

void gox_pool_get_stats(gox_pool *pool, struct gox_pool_stats *stats)
{
    pthread_mutex_lock(&pool->lock);
    *stats = (struct gox_pool_stats){
            .depth = pool->depth,
            .capacity = pool->capacity,
            .threads = pool->thread_count,
            .busy = pool->running,
            .max_threads = pool->max_threads,
            .oldest_ns = pool->queue.first != NULL
                                 ? gox_time_now_ns() -
                                           pool->queue.first->queued_at_ns
                                 : 0,
            .average_ns = pool->average_ns,
            .finished = pool->finished_count,
    };
    pthread_mutex_unlock(&pool->lock);
}
