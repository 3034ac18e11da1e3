/* SPDX-License-Identifier: Apache-2.0
 * The order in which one worker takes what waits: prompt work first, bulk work
 * in its time; the bound, taking back, the size of stacks. */
#include "base/time.h"
#include "gox_test.h"
#include "loop/pool.h"

#include <pthread.h>

#define MAX 16

struct job {
    struct gox_work work; /* first */
    struct test *test;
    char name;
};
struct test {
    gox_loop *loop;
    gox_pool *pool;
    pthread_mutex_t gate; /* the first job waits for it */
    char order[MAX + 1];
    size_t ran, done, wanted;
    size_t stack_bytes;
    struct job jobs[MAX];
    size_t count;
};

static void run(struct gox_work *work)
{
    struct job *job = (struct job *)(void *)work;
    if (job->name == '*') {
        pthread_mutex_lock(&job->test->gate);
        pthread_mutex_unlock(&job->test->gate);
        return;
    }
    job->test->order[job->test->ran++] = job->name; /* one worker */
    pthread_attr_t attr;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstacksize(&attr, &job->test->stack_bytes);
        pthread_attr_destroy(&attr);
    }
}

static void done(struct gox_work *work)
{
    struct job *job = (struct job *)(void *)work;
    if (++job->test->done == job->test->wanted)
        gox_loop_stop(job->test->loop);
}

static struct job *put(struct test *t, char name, int expected)
{
    struct job *job = &t->jobs[t->count++];
    *job = (struct job){.test = t, .name = name};
    job->work.run = run;
    job->work.done = done;
    job->work.is_bulk = name >= 'A' && name <= 'Z';
    assert_int_equal(gox_pool_put(t->pool, &job->work), expected);
    return job;
}

static void init(struct test *t, size_t queue_size)
{
    *t = (struct test){.loop = gox_loop_new()};
    pthread_mutex_init(&t->gate, NULL);
    pthread_mutex_lock(&t->gate);
    t->pool = gox_pool_new(t->loop, 1, queue_size);
    assert_non_null(t->pool);
    gox_pool_configure(t->pool, queue_size, true);
}

/* Until the worker holds the first job. */
static void wait_busy(struct test *t)
{
    struct gox_pool_stats stats;
    do
        gox_pool_get_stats(t->pool, &stats);
    while (stats.busy == 0);
}

static void finish(struct test *t, size_t wanted)
{
    t->wanted = wanted;
    pthread_mutex_unlock(&t->gate);
    gox_loop_run(t->loop);
    gox_pool_free(t->pool);
    gox_loop_free(t->loop);
    pthread_mutex_destroy(&t->gate);
}

/* Rows: what is put while the worker is busy (capital letters: bulk), how many
 * of the bulk works have waited beyond patience, and the order of beginning. */
static const struct {
    const char *put;
    size_t old;
    const char *order;
} rows[] = {
        {"abc", 0, "abc"},
        {"ABC", 0, "ABC"},
        {"AaBb", 0, "abAB"},
        {"ABCabc", 0, "abcABC"},
        /* Old bulk work has every second place. The blocker before was prompt.
         */
        {"AaBb", 2, "AaBb"},
        {"ABCabc", 3, "AaBbCc"},
        {"ABCabcd", 1, "AabcdBC"},
};

static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test t;
        struct gox_pool_stats stats;
        size_t old = rows[i].old, bulk = 0;
        init(&t, 100);
        put(&t, '*', 0);
        wait_busy(&t);
        for (const char *c = rows[i].put; *c != '\0'; c++) {
            struct job *job = put(&t, *c, 0);
            bulk += job->work.is_bulk;
            /* The worker is at the gate, so nobody else looks. */
            if (job->work.is_bulk && old > 0) {
                job->work.queued_at_ns -=
                        2 * GOX_POOL_PATIENCE_MS * GOX_NS_PER_MS;
                old--;
            }
        }
        gox_pool_get_stats(t.pool, &stats);
        assert_int_equal(stats.depth, strlen(rows[i].put));
        assert_int_equal(stats.bulk, bulk);
        if (rows[i].old > 0)
            assert_true(
                    stats.oldest_ns >= GOX_POOL_PATIENCE_MS * GOX_NS_PER_MS);
        finish(&t, strlen(rows[i].put) + 1);
        assert_string_equal(t.order, rows[i].order);
    }
}

static void test_bound_and_back(void **state)
{
    (void)state;
    struct test t;
    struct gox_pool_stats stats;
    init(&t, 3);
    put(&t, '*', 0);
    wait_busy(&t);
    put(&t, 'A', 0);
    struct job *back = put(&t, 'B', 0);
    struct job *prompt = put(&t, 'a', 0);
    put(&t, 'b', GOX_ERR_BUSY); /* prompt work is bounded too */
    assert_true(gox_pool_take_back(t.pool, &back->work));
    assert_false(gox_pool_take_back(t.pool, &back->work));
    assert_true(gox_pool_take_back(t.pool, &prompt->work));
    put(&t, 'c', 0);
    gox_pool_get_stats(t.pool, &stats);
    assert_int_equal(stats.depth, 2);
    assert_int_equal(stats.bulk, 1);
    gox_pool_configure(t.pool, 10, true);
    put(&t, 'd', 0);
    put(&t, 'e', 0);
    finish(&t, 5);
    assert_string_equal(t.order, "cdeA");
}

/* Not fair: first come, first served. */
static void test_plain_order(void **state)
{
    (void)state;
    struct test t;
    init(&t, 100);
    gox_pool_configure(t.pool, 100, false);
    put(&t, '*', 0);
    wait_busy(&t);
    for (const char *c = "AaBb"; *c != '\0'; c++)
        put(&t, *c, 0);
    finish(&t, 5);
    assert_string_equal(t.order, "AaBb");
}

static void test_stack(void **state)
{
    (void)state;
    struct test t;
    init(&t, 3);
    gox_pool_set_stack(t.pool, 640 << 10);
    put(&t, '*', 0);
    put(&t, 'a', 0);
    finish(&t, 2);
    assert_in_range(t.stack_bytes, 640 << 10, 1024 << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_order),
            cmocka_unit_test(test_plain_order),
            cmocka_unit_test(test_bound_and_back),
            cmocka_unit_test(test_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
