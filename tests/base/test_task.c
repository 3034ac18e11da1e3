/* SPDX-License-Identifier: Apache-2.0
 * The parallel loop: each index once, the first failure, cancel, deadline. */
#include "base/task.h"
#include "base/time.h"
#include "gox_test.h"

#define COUNT 10007

struct marks {
    atomic_uint seen[COUNT];
    atomic_size_t calls;
    size_t fail_at;
    struct gox_task *cancel;
};

static int mark(void *ctx, size_t i, unsigned thread)
{
    struct marks *marks = ctx;
    assert_true(thread < 64);
    atomic_fetch_add(&marks->seen[i], 1);
    size_t calls = atomic_fetch_add(&marks->calls, 1);
    if (marks->cancel != NULL && calls == 10)
        gox_task_cancel(marks->cancel);
    return i == marks->fail_at ? GOX_ERR_IO : 0;
}

static struct marks g_marks;

static struct marks *fresh(void)
{
    memset(&g_marks, 0, sizeof g_marks);
    g_marks.fail_at = SIZE_MAX;
    return &g_marks;
}

static void test_each_index_once(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 9; threads += 4) {
        struct gox_task task;
        gox_task_init(&task);
        task.threads = threads;
        struct marks *marks = fresh();
        assert_int_equal(gox_parallel_for(&task, COUNT, mark, marks), 0);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(atomic_load(&marks->seen[i]), 1);
    }
    assert_int_equal(gox_parallel_for(NULL, 0, mark, fresh()), 0);
}

static void test_failure_ends_the_loop(void **state)
{
    (void)state;
    struct marks *marks = fresh();
    marks->fail_at = 3;
    assert_int_equal(gox_parallel_for(NULL, COUNT, mark, marks), GOX_ERR_IO);
    assert_true(atomic_load(&marks->calls) < COUNT);
}

static void test_cancel_and_deadline(void **state)
{
    (void)state;
    struct gox_task task;
    gox_task_init(&task);
    struct marks *marks = fresh();
    marks->cancel = &task;
    assert_int_equal(
            gox_parallel_for(&task, COUNT, mark, marks), GOX_ERR_CANCELLED);
    assert_true(atomic_load(&marks->calls) < COUNT);

    gox_task_init(&task);
    task.deadline_at_ns = gox_time_now_ns() - 1;
    struct gox_error err;
    assert_int_equal(gox_task_check(&task, &err), GOX_ERR_TIMEOUT);
    assert_int_equal(err.code, GOX_ERR_TIMEOUT);
    assert_int_equal(gox_task_check(NULL, NULL), 0);
}

static void test_progress(void **state)
{
    (void)state;
    struct gox_task task;
    gox_task_init(&task);
    gox_task_progress(&task, 1, 4);
    assert_int_equal(atomic_load(&task.permille), 250);
    gox_task_progress(&task, 9, 4);
    assert_int_equal(atomic_load(&task.permille), 1000);
    gox_task_progress(&task, 1, 0);
    gox_task_progress(NULL, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_each_index_once),
            cmocka_unit_test(test_failure_ends_the_loop),
            cmocka_unit_test(test_cancel_and_deadline),
            cmocka_unit_test(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
