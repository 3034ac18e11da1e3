/* SPDX-License-Identifier: Apache-2.0
 * The state table: every cell, the promises that hold for all of it, and the
 * usual lives of a daemon as paths through it. */
#include "gox_test.h"
#include "manager/state.h"

#define HAS(step, effect) (((step).effects & GOX_EFFECT_##effect) != 0)

static bool is_exit(int input)
{
    return input >= GOX_INPUT_EXIT_DOWN && input <= GOX_INPUT_EXIT_FAIL;
}

static void each_cell_is_filled(void **unused)
{
    (void)unused;
    unsigned all = 0;
#define ADD(name, bit) all |= 1u << bit;
    GOX_EFFECT_LIST(ADD)
#undef ADD
    for (int s = 1; s < GOX_STATE_COUNT; s++) {
        for (int i = 0; i < GOX_INPUT_COUNT; i++) {
            struct gox_step step =
                    gox_state_step((enum gox_state)s, (enum gox_state_input)i);
            assert_true(step.next > GOX_STATE_NONE);
            assert_true(step.next < GOX_STATE_COUNT);
            assert_int_equal(step.effects & ~all, 0);
        }
    }
}

/* A second process is never started while one may be there. */
static void spawn_only_without_a_process(void **unused)
{
    (void)unused;
    for (int s = 1; s < GOX_STATE_COUNT; s++) {
        for (int i = 0; i < GOX_INPUT_COUNT; i++) {
            struct gox_step step =
                    gox_state_step((enum gox_state)s, (enum gox_state_input)i);
            if (!HAS(step, SPAWN))
                continue;
            assert_int_equal(step.next, GOX_STATE_STARTING);
            assert_true(
                    !gox_state_has_process((enum gox_state)s) || is_exit(i));
            assert_int_not_equal(s, GOX_STATE_ATTACHED);
        }
    }
}

/* What is asked to end is in a state that waits for its end, with a timer. */
static void term_leads_to_a_wait(void **unused)
{
    (void)unused;
    for (int s = 1; s < GOX_STATE_COUNT; s++) {
        for (int i = 0; i < GOX_INPUT_COUNT; i++) {
            struct gox_step step =
                    gox_state_step((enum gox_state)s, (enum gox_state_input)i);
            if (HAS(step, TERM))
                assert_true(step.next == GOX_STATE_STOPPING ||
                            step.next == GOX_STATE_UPGRADING);
            if (HAS(step, KILL))
                assert_int_equal(i, GOX_INPUT_STOP_LATE);
        }
        struct gox_step late =
                gox_state_step((enum gox_state)s, GOX_INPUT_STOP_LATE);
        bool waits = s == GOX_STATE_STOPPING || s == GOX_STATE_UPGRADING;
        assert_int_equal(HAS(late, KILL), waits);
    }
}

/* From every state an operator's stop leads to stopped. */
static void stop_always_stops(void **unused)
{
    (void)unused;
    for (int s = 1; s < GOX_STATE_COUNT; s++) {
        struct gox_step step =
                gox_state_step((enum gox_state)s, GOX_INPUT_STOP);
        if (step.next == GOX_STATE_STOPPED)
            continue;
        assert_int_equal(step.next, GOX_STATE_STOPPING);
        step = gox_state_step(step.next, GOX_INPUT_EXIT_DOWN);
        assert_int_equal(step.next, GOX_STATE_STOPPED);
    }
}

/* Every process that ends leads out of the states that need one, and an end
 * that comes late, or twice, changes nothing where there is none. */
static void exits_are_answered(void **unused)
{
    (void)unused;
    static const enum gox_state next[] = {GOX_STATE_STOPPED, GOX_STATE_STARTING,
            GOX_STATE_BACKOFF, GOX_STATE_FAILED};
    for (int s = 1; s < GOX_STATE_COUNT; s++) {
        for (int i = 0; i < 4; i++) {
            struct gox_step step = gox_state_step((enum gox_state)s,
                    (enum gox_state_input)(GOX_INPUT_EXIT_DOWN + i));
            if (gox_state_has_process((enum gox_state)s))
                assert_int_equal(step.next, next[i]);
            else if (s != GOX_STATE_ATTACHED)
                assert_int_equal(step.next, s);
        }
    }
}

/* A timer that fires late means nothing in a state that did not set it. */
static void stale_timers_change_nothing(void **unused)
{
    (void)unused;
    for (int s = 1; s < GOX_STATE_COUNT; s++) {
        enum gox_state state = (enum gox_state)s;
        if (s != GOX_STATE_STARTING)
            assert_int_equal(
                    gox_state_step(state, GOX_INPUT_START_LATE).next, s);
        if (s != GOX_STATE_BACKOFF && s != GOX_STATE_FAILED)
            assert_int_equal(gox_state_step(state, GOX_INPUT_RETRY).next, s);
    }
}

struct path {
    const char *name;
    enum gox_state from;
    enum gox_state_input inputs[8];
    enum gox_state states[8];
};

#define END GOX_INPUT_COUNT

static const struct path paths[] = {
        {"start, run, stop", GOX_STATE_STOPPED,
                {GOX_INPUT_START, GOX_INPUT_READY, GOX_INPUT_STOP,
                        GOX_INPUT_EXIT_DOWN, END},
                {GOX_STATE_STARTING, GOX_STATE_RUNNING, GOX_STATE_STOPPING,
                        GOX_STATE_STOPPED}},
        {"crash and come back", GOX_STATE_RUNNING,
                {GOX_INPUT_EXIT_AGAIN, GOX_INPUT_READY, END},
                {GOX_STATE_STARTING, GOX_STATE_RUNNING}},
        {"crash loop", GOX_STATE_STARTING,
                {GOX_INPUT_EXIT_WAIT, GOX_INPUT_RETRY, GOX_INPUT_EXIT_FAIL,
                        GOX_INPUT_RETRY, GOX_INPUT_READY, END},
                {GOX_STATE_BACKOFF, GOX_STATE_STARTING, GOX_STATE_FAILED,
                        GOX_STATE_STARTING, GOX_STATE_RUNNING}},
        {"hang", GOX_STATE_RUNNING,
                {GOX_INPUT_WARN, GOX_INPUT_DEAD, GOX_INPUT_RESTART,
                        GOX_INPUT_STOP_LATE, GOX_INPUT_EXIT_AGAIN, END},
                {GOX_STATE_DEGRADED, GOX_STATE_UNHEALTHY, GOX_STATE_STOPPING,
                        GOX_STATE_STOPPING, GOX_STATE_STARTING}},
        {"hang that ends by itself", GOX_STATE_RUNNING,
                {GOX_INPUT_DEAD, GOX_INPUT_PASS, END},
                {GOX_STATE_UNHEALTHY, GOX_STATE_RUNNING}},
        {"upgrade", GOX_STATE_RUNNING,
                {GOX_INPUT_UPGRADE, GOX_INPUT_EXIT_AGAIN, GOX_INPUT_READY, END},
                {GOX_STATE_UPGRADING, GOX_STATE_STARTING, GOX_STATE_RUNNING}},
        {"upgrade, then a change of mind", GOX_STATE_RUNNING,
                {GOX_INPUT_UPGRADE, GOX_INPUT_STOP, GOX_INPUT_EXIT_DOWN, END},
                {GOX_STATE_UPGRADING, GOX_STATE_STOPPING, GOX_STATE_STOPPED}},
        {"adopted after a crash of the manager", GOX_STATE_STOPPED,
                {GOX_INPUT_ADOPT, GOX_INPUT_EXIT_AGAIN, END},
                {GOX_STATE_RUNNING, GOX_STATE_STARTING}},
        {"attached", GOX_STATE_STOPPED,
                {GOX_INPUT_ATTACH, GOX_INPUT_DEAD, GOX_INPUT_RESTART,
                        GOX_INPUT_UPGRADE, GOX_INPUT_LOST, GOX_INPUT_ATTACH,
                        END},
                {GOX_STATE_ATTACHED, GOX_STATE_ATTACHED, GOX_STATE_ATTACHED,
                        GOX_STATE_ATTACHED, GOX_STATE_STOPPED,
                        GOX_STATE_ATTACHED}},
        {"reset after giving up", GOX_STATE_FAILED,
                {GOX_INPUT_RESET, GOX_INPUT_READY, END},
                {GOX_STATE_STARTING, GOX_STATE_RUNNING}},
        {"the operator does not wait", GOX_STATE_BACKOFF,
                {GOX_INPUT_START, GOX_INPUT_READY, END},
                {GOX_STATE_STARTING, GOX_STATE_RUNNING}},
        {"never ready", GOX_STATE_STARTING,
                {GOX_INPUT_START_LATE, GOX_INPUT_STOP_LATE, GOX_INPUT_EXIT_WAIT,
                        END},
                {GOX_STATE_STOPPING, GOX_STATE_STOPPING, GOX_STATE_BACKOFF}},
};

static void usual_lives(void **unused)
{
    (void)unused;
    for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++) {
        enum gox_state state = paths[p].from;
        for (int i = 0; paths[p].inputs[i] != END; i++) {
            state = gox_state_step(state, paths[p].inputs[i]).next;
            if (state != paths[p].states[i])
                fail_msg("%s: step %d is %s", paths[p].name, i,
                        gox_state_name(state));
        }
    }
}

static void names_are_there(void **unused)
{
    (void)unused;
    assert_string_equal(gox_state_name(GOX_STATE_BACKOFF), "backoff");
    assert_string_equal(gox_state_name(GOX_STATE_ATTACHED), "attached");
    assert_string_equal(gox_input_name(GOX_INPUT_LOST), "lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_cell_is_filled),
            cmocka_unit_test(spawn_only_without_a_process),
            cmocka_unit_test(term_leads_to_a_wait),
            cmocka_unit_test(stop_always_stops),
            cmocka_unit_test(exits_are_answered),
            cmocka_unit_test(stale_timers_change_nothing),
            cmocka_unit_test(usual_lives),
            cmocka_unit_test(names_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
