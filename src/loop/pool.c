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
enum { PROMPT, BULK };

struct gox_pool {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct list queues[2]; /* PROMPT, BULK */
    struct list finished;
    size_t depth, bulk_depth, capacity, stack_bytes;
    unsigned thread_count, idle, running, max_threads;
    pthread_t *threads;
    bool is_ending, is_fair;
    bool was_prompt; /* the last that was begun */
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

/* The next to begin, taken out; NULL: none. */
static struct gox_work *take_next(gox_pool *pool)
{
    const struct gox_work *bulk = pool->queues[BULK].first;
    bool is_patient = bulk == NULL || !pool->was_prompt ||
                      gox_time_now_ns() - bulk->queued_at_ns <
                              GOX_POOL_PATIENCE_MS * GOX_NS_PER_MS;
    struct gox_work *work = NULL;
    if (is_patient)
        work = pop(&pool->queues[PROMPT]);
    pool->was_prompt = work != NULL;
    if (work == NULL)
        work = pop(&pool->queues[BULK]);
    if (work == NULL)
        work = pop(&pool->queues[PROMPT]);
    if (work != NULL)
        pool->bulk_depth -= work->is_bulk;
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
        struct gox_work *work = take_next(pool);
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
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return;
    /* A size that the system refuses leaves its own. */
    if (pool->stack_bytes > 0)
        pthread_attr_setstacksize(&attr, pool->stack_bytes);
    if (pthread_create(
                &pool->threads[pool->thread_count], &attr, worker, pool) == 0)
        pool->thread_count++;
    pthread_attr_destroy(&attr);
}

void gox_pool_configure(gox_pool *pool, size_t queue_size, bool is_fair)
{
    pthread_mutex_lock(&pool->lock);
    pool->capacity = queue_size;
    pool->is_fair = is_fair;
    pthread_mutex_unlock(&pool->lock);
}

void gox_pool_set_stack(gox_pool *pool, size_t bytes)
{
    pthread_mutex_lock(&pool->lock);
    pool->stack_bytes = bytes;
    pthread_mutex_unlock(&pool->lock);
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
    work->is_bulk = work->is_bulk && pool->is_fair;
    push(&pool->queues[work->is_bulk ? BULK : PROMPT], work);
    pool->bulk_depth += work->is_bulk;
    pthread_cond_signal(&pool->has_work);
out:
    pthread_mutex_unlock(&pool->lock);
    return code;
}

bool gox_pool_take_back(gox_pool *pool, struct gox_work *work)
{
    bool is_found = false;
    pthread_mutex_lock(&pool->lock);
    struct list *queue = &pool->queues[work->is_bulk ? BULK : PROMPT];
    struct list rest = {NULL, NULL};
    struct gox_work *each;
    while ((each = pop(queue)) != NULL) {
        if (each == work)
            is_found = true;
        else
            push(&rest, each);
    }
    *queue = rest;
    pool->depth -= is_found;
    pool->bulk_depth -= is_found && work->is_bulk;
    pthread_mutex_unlock(&pool->lock);
    return is_found;
}

/* How long the first of those that wait has waited. */
static int64_t oldest_ns(const gox_pool *pool)
{
    int64_t now = gox_time_now_ns(), oldest = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct gox_work *first = pool->queues[i].first;
        if (first != NULL && now - first->queued_at_ns > oldest)
            oldest = now - first->queued_at_ns;
    }
    return oldest;
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
            .bulk = pool->bulk_depth,
            .oldest_ns = oldest_ns(pool),
            .average_ns = pool->average_ns,
            .finished = pool->finished_count,
    };
    pthread_mutex_unlock(&pool->lock);
}
