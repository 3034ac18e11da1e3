/* SPDX-License-Identifier: Apache-2.0
 * The restart policy with invented time. */
#include "base/time.h"
#include "gox_test.h"
#include "manager/policy.h"

#include <signal.h>

#define S GOX_NS_PER_S

struct world {
    struct gox_policy policy;
    struct gox_policy_config config;
    int64_t now_ns;
};

static struct world new_world(void)
{
    struct world w = {.config = gox_policy_default(), .now_ns = 1000 * S};
    gox_policy_reset(&w.policy);
    return w;
}

/* A run that was ready for up_ms (-1: never) and then ended. */
static struct gox_verdict end(struct world *w, int64_t up_ms,
        enum gox_cause cause, bool is_wanted, uint32_t random)
{
    struct gox_run run = {.cause = cause, .is_wanted = is_wanted};
    if (up_ms >= 0) {
        run.ready_at_ns = w->now_ns;
        w->now_ns += up_ms * GOX_NS_PER_MS;
    }
    run.end_at_ns = w->now_ns;
    struct gox_verdict v =
            gox_policy_exit(&w->policy, &w->config, &run, random);
    w->now_ns += v.delay_ms * GOX_NS_PER_MS;
    return v;
}

#define LOW  0u
#define HIGH UINT32_MAX

static void first_restart_comes_at_once(void **unused)
{
    (void)unused;
    struct world w = new_world();
    struct gox_verdict v = end(&w, 2000, GOX_CAUSE_SIGNAL, true, HIGH);
    assert_int_equal(v.input, GOX_INPUT_EXIT_AGAIN);
    assert_int_equal(v.delay_ms, 0);
    /* The next one, with no settled run between, waits. */
    v = end(&w, 50, GOX_CAUSE_SIGNAL, true, HIGH);
    assert_int_equal(v.input, GOX_INPUT_EXIT_WAIT);
    assert_in_range(v.delay_ms, 250, 500);
}

static void pauses_double_with_jitter_up_to_the_cap(void **unused)
{
    (void)unused;
    static const uint32_t randoms[] = {LOW, HIGH / 2, HIGH};
    for (size_t r = 0; r < 3; r++) {
        struct world w = new_world();
        int64_t full = 500;
        w.config.max_restarts = 0;
        for (int i = 0; i < 12; i++) {
            struct gox_verdict v =
                    end(&w, -1, GOX_CAUSE_CRASH, true, randoms[r]);
            assert_int_equal(v.input, GOX_INPUT_EXIT_WAIT);
            assert_in_range(v.delay_ms, full / 2, full);
            if (randoms[r] == LOW)
                assert_int_equal(v.delay_ms, full / 2);
            full = full * 2 > 60000 ? 60000 : full * 2;
        }
    }
}

static void healthy_stretch_takes_the_pause_back(void **unused)
{
    (void)unused;
    struct world w = new_world();
    w.config.max_restarts = 0;
    for (int i = 0; i < 4; i++)
        end(&w, -1, GOX_CAUSE_CRASH, true, HIGH); /* 0.5 1 2 4 s */
    /* 30 s are settled, but not yet the healthy stretch. */
    assert_int_equal(end(&w, 30000, GOX_CAUSE_CRASH, true, HIGH).input,
            GOX_INPUT_EXIT_AGAIN);
    assert_in_range(
            end(&w, -1, GOX_CAUSE_CRASH, true, HIGH).delay_ms, 7000, 8000);
    end(&w, 61000, GOX_CAUSE_CRASH, true, HIGH);
    assert_in_range(
            end(&w, -1, GOX_CAUSE_CRASH, true, HIGH).delay_ms, 250, 500);
}

static void the_stretch_grows_with_the_pause(void **unused)
{
    (void)unused;
    struct world w = new_world();
    w.config.max_restarts = 0;
    for (int i = 0; i < 10; i++)
        end(&w, -1, GOX_CAUSE_CRASH, true, HIGH); /* up to 60 s */
    end(&w, 61000, GOX_CAUSE_CRASH, true, HIGH);  /* below 2 * 60 s */
    assert_in_range(
            end(&w, -1, GOX_CAUSE_CRASH, true, HIGH).delay_ms, 30000, 60000);
}

static void too_many_restarts_fail(void **unused)
{
    (void)unused;
    struct world w = new_world();
    for (int i = 0; i < 5; i++)
        assert_int_equal(end(&w, -1, GOX_CAUSE_CRASH, true, LOW).input,
                GOX_INPUT_EXIT_WAIT);
    struct gox_verdict v = end(&w, -1, GOX_CAUSE_CRASH, true, LOW);
    assert_int_equal(v.input, GOX_INPUT_EXIT_FAIL);
    assert_int_equal(v.delay_ms, 600000);
    /* The slow attempt counts for itself: once, and again the long pause. */
    v = end(&w, -1, GOX_CAUSE_CRASH, true, LOW);
    assert_int_equal(v.input, GOX_INPUT_EXIT_FAIL);
    assert_int_equal(v.delay_ms, 600000);
    /* One that settles is forgiven. */
    assert_int_equal(end(&w, 2000, GOX_CAUSE_CRASH, true, LOW).input,
            GOX_INPUT_EXIT_AGAIN);
}

static void slow_failures_never_fail(void **unused)
{
    (void)unused;
    struct world w = new_world();
    for (int i = 0; i < 100; i++) {
        w.now_ns += 121 * S;
        assert_int_not_equal(end(&w, -1, GOX_CAUSE_CRASH, true, LOW).input,
                GOX_INPUT_EXIT_FAIL);
    }
}

static void settled_runs_count_a_tenth(void **unused)
{
    (void)unused;
    struct world w = new_world();
    int restarts = 0;
    while (end(&w, 1500, GOX_CAUSE_CRASH, true, LOW).input ==
            GOX_INPUT_EXIT_AGAIN)
        restarts++;
    assert_int_equal(restarts, 50);
    w = new_world();
    for (int i = 0; i < 500; i++) /* 40 in a window: for ever */
        assert_int_equal(end(&w, 3000, GOX_CAUSE_CRASH, true, LOW).input,
                GOX_INPUT_EXIT_AGAIN);
}

static void limit_zero_is_no_limit(void **unused)
{
    (void)unused;
    struct world w = new_world();
    w.config.max_restarts = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(end(&w, -1, GOX_CAUSE_CRASH, true, LOW).input,
                GOX_INPUT_EXIT_WAIT);
        w.now_ns = 1000 * S; /* all of them at the same moment */
    }
}

static void reset_forgets(void **unused)
{
    (void)unused;
    struct world w = new_world();
    for (int i = 0; i < 7; i++)
        end(&w, -1, GOX_CAUSE_CRASH, true, LOW);
    assert_true(w.policy.is_given_up);
    gox_policy_reset(&w.policy);
    struct gox_verdict v = end(&w, -1, GOX_CAUSE_CRASH, true, HIGH);
    assert_int_equal(v.input, GOX_INPUT_EXIT_WAIT);
    assert_in_range(v.delay_ms, 250, 500);
}

static void bad_configuration_is_not_retried(void **unused)
{
    (void)unused;
    struct world w = new_world();
    struct gox_verdict v = end(&w, -1, GOX_CAUSE_CONFIG, true, LOW);
    assert_int_equal(v.input, GOX_INPUT_EXIT_FAIL);
    assert_int_equal(v.delay_ms, 0);
}

static void what_was_asked_for_counts_nothing(void **unused)
{
    (void)unused;
    struct world w = new_world();
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(end(&w, 10, GOX_CAUSE_OPERATOR, true, LOW).input,
                GOX_INPUT_EXIT_AGAIN);
        assert_int_equal(end(&w, 10, GOX_CAUSE_UPGRADE, true, LOW).input,
                GOX_INPUT_EXIT_AGAIN);
        assert_int_equal(end(&w, 10, GOX_CAUSE_OPERATOR, false, LOW).input,
                GOX_INPUT_EXIT_DOWN);
    }
    assert_int_equal(w.policy.failures, 0);
    assert_int_equal(w.policy.mark_count, 0);
}

static void no_restart_when_off(void **unused)
{
    (void)unused;
    struct world w = new_world();
    w.config.is_on = false;
    struct gox_verdict v = end(&w, 5000, GOX_CAUSE_CRASH, true, LOW);
    assert_int_equal(v.input, GOX_INPUT_EXIT_FAIL);
    assert_int_equal(v.delay_ms, 0);
    assert_int_equal(end(&w, 5000, GOX_CAUSE_OPERATOR, true, LOW).input,
            GOX_INPUT_EXIT_AGAIN);
}

static void causes_of_exits(void **unused)
{
    (void)unused;
    static const struct {
        struct gox_exit_status status;
        enum gox_cause cause;
    } rows[] = {
            {{false, 0, false}, GOX_CAUSE_EXIT},
            {{false, 1, false}, GOX_CAUSE_CRASH},
            {{false, 2, false}, GOX_CAUSE_CONFIG},
            {{false, 75, false}, GOX_CAUSE_CRASH},
            {{false, 78, false}, GOX_CAUSE_CONFIG},
            {{true, SIGSEGV, false}, GOX_CAUSE_CRASH},
            {{true, SIGABRT, false}, GOX_CAUSE_CRASH},
            {{true, SIGKILL, false}, GOX_CAUSE_SIGNAL},
            {{true, SIGTERM, false}, GOX_CAUSE_SIGNAL},
            {{true, SIGKILL, true}, GOX_CAUSE_OOM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(gox_cause_of_exit(&rows[i].status), rows[i].cause);
    assert_string_equal(gox_cause_name(GOX_CAUSE_OOM), "oom");
    assert_string_equal(gox_cause_name(GOX_CAUSE_STARTUP), "startup");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(first_restart_comes_at_once),
            cmocka_unit_test(pauses_double_with_jitter_up_to_the_cap),
            cmocka_unit_test(healthy_stretch_takes_the_pause_back),
            cmocka_unit_test(the_stretch_grows_with_the_pause),
            cmocka_unit_test(too_many_restarts_fail),
            cmocka_unit_test(slow_failures_never_fail),
            cmocka_unit_test(settled_runs_count_a_tenth),
            cmocka_unit_test(limit_zero_is_no_limit),
            cmocka_unit_test(reset_forgets),
            cmocka_unit_test(bad_configuration_is_not_retried),
            cmocka_unit_test(what_was_asked_for_counts_nothing),
            cmocka_unit_test(no_restart_when_off),
            cmocka_unit_test(causes_of_exits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
