/* SPDX-License-Identifier: Apache-2.0
 * Verdicts over rows of rounds, one character a round:
 *   . all well      s the call failed       w a warning of the log
 *   p a warning of the process              l this manager was late
 *   S stopped       T traced                u the call could not be judged
 *   W the watchdog's ping did not come      L the log stage "fails"
 * and what is expected after each: h healthy, d degraded, u unhealthy, with an
 * upper-case letter where the state table is told. */
#include "base/time.h"
#include "gox_test.h"
#include "manager/health.h"

static struct gox_round round_of(char c)
{
    struct gox_round r = {.doubt = 0};
    for (int i = 0; i < GOX_STAGE_COUNT; i++)
        r.stages[i].finding = GOX_FINDING_PASS;
    if (c == 's')
        r.stages[GOX_STAGE_RPC].finding = GOX_FINDING_FAIL;
    if (c == 'u')
        r.stages[GOX_STAGE_RPC].finding = GOX_FINDING_UNKNOWN;
    if (c == 'w')
        r.stages[GOX_STAGE_LOG].finding = GOX_FINDING_WARN;
    if (c == 'p')
        r.stages[GOX_STAGE_PROCESS].finding = GOX_FINDING_WARN;
    if (c == 'L')
        r.stages[GOX_STAGE_LOG].finding = GOX_FINDING_FAIL;
    strcpy(r.stages[GOX_STAGE_RPC].text, "no answer");
    if (c == 'l' || c == 'S' || c == 'T') /* it looks failed, too */
        r.stages[GOX_STAGE_RPC].finding = GOX_FINDING_FAIL;
    r.doubt = c == 'l'   ? GOX_DOUBT_LATE
              : c == 'S' ? GOX_DOUBT_STOPPED
              : c == 'T' ? GOX_DOUBT_TRACED
                         : 0;
    r.is_watchdog_late = c == 'W';
    return r;
}

static const struct {
    const char *name, *rounds, *expected;
} rows[] = {
        {"all well", ".....", "hhhhh"},
        {"one failure is not enough", ".s.s.s.", "hhhhhhh"},
        {"two degrade, three kill", "sss", "hDU"},
        {"dead is said once", "sssssss", "hDUuuuu"},
        {"two passes to come back", "ss..", "hDdH"},
        {"one pass is not enough", "ss.ss.ss", "hDdddddd"},
        {"back from dead", "sss..", "hDUuH"},
        {"from dead to degraded", "ssswww", "hDUuDd"},
        {"warnings degrade, never kill", "wwwwwwww", "hDdddddd"},
        {"process warnings degrade", "ppp", "hDd"},
        {"the log cannot kill", "LLLLLLLL", "hDdddddd"},
        {"a failure and a warning", "sw.ws", "hDddd"},
        {"late rounds count nothing", "ssllllll", "hDdddddd"},
        {"late rounds do not break a row", "slslsl", "hhDdUu"},
        {"stopped is never a failure", "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSS",
                "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"},
        {"traced neither", "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
                "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"},
        {"a stage that cannot tell", "uuuuus", "hhhhhh"},
        {"the watchdog needs no second word", ".W", "hU"},
        {"late for ever is judged in the end", "lllllllllllllllllllllll",
                "hhhhhhhhhhhhhhhhhhhhhDU"},
};

static char letter_of(const struct gox_health *h, bool has_input)
{
    char c = h->status == GOX_HEALTH_HEALTHY    ? 'h'
             : h->status == GOX_HEALTH_DEGRADED ? 'd'
                                                : 'u';
    return has_input ? (char)(c - 'a' + 'A') : c;
}

static void rows_of_rounds(void **unused)
{
    (void)unused;
    struct gox_health_config config = gox_health_default();
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct gox_health h;
        gox_health_init(&h);
        assert_int_equal(strlen(rows[r].rounds), strlen(rows[r].expected));
        for (size_t i = 0; rows[r].rounds[i] != '\0'; i++) {
            struct gox_round round = round_of(rows[r].rounds[i]);
            struct gox_health_change change = gox_health_judge(
                    &h, &config, &round, (int64_t)i * 600 * GOX_NS_PER_S);
            if (letter_of(&h, change.has_input) != rows[r].expected[i])
                fail_msg("%s: round %zu gives %c", rows[r].name, i,
                        letter_of(&h, change.has_input));
            enum gox_state_input input =
                    h.status == GOX_HEALTH_HEALTHY    ? GOX_INPUT_PASS
                    : h.status == GOX_HEALTH_DEGRADED ? GOX_INPUT_WARN
                                                      : GOX_INPUT_DEAD;
            if (change.has_input)
                assert_int_equal(change.input, input);
        }
    }
}

static void flapping_is_held_down_until_calm(void **unused)
{
    (void)unused;
    struct gox_health_config config = gox_health_default();
    struct gox_health h;
    int64_t now = 0;
    bool began = false;
    int changes = 0;
    gox_health_init(&h);
    for (int i = 0; i < 40; i++) { /* 2 down, 2 up, and so on, 5 s apart */
        struct gox_round round = round_of(i % 4 < 2 ? 's' : '.');
        struct gox_health_change c = gox_health_judge(&h, &config, &round, now);
        began = began || c.began_flapping;
        changes += c.has_input;
        now += 5 * GOX_NS_PER_S;
    }
    assert_true(began);
    assert_true(h.is_flapping);
    assert_int_equal(h.status, GOX_HEALTH_DEGRADED);
    assert_in_range(changes, 5, 6);                 /* not 20 */
    for (int i = 0; i < 70 && h.is_flapping; i++) { /* calm: over 300 s */
        struct gox_round round = round_of('.');
        gox_health_judge(&h, &config, &round, now);
        now += 5 * GOX_NS_PER_S;
    }
    assert_false(h.is_flapping);
    assert_int_equal(h.status, GOX_HEALTH_HEALTHY);
}

static void the_reason_names_the_stage(void **unused)
{
    (void)unused;
    struct gox_health_config config = gox_health_default();
    struct gox_health h;
    gox_health_init(&h);
    struct gox_round round = round_of('s');
    gox_health_judge(&h, &config, &round, 0);
    assert_string_equal(h.reason, "rpc: no answer");
    round = round_of('S');
    gox_health_judge(&h, &config, &round, 0);
    assert_non_null(strstr(h.reason, "SIGSTOP"));
    assert_true(h.is_unknown);
    assert_int_equal(h.unknown_rounds, 1);
    round = round_of('.');
    gox_health_judge(&h, &config, &round, 0);
    assert_string_equal(h.reason, "");
    assert_false(h.is_unknown);
}

static void what_is_shown(void **unused)
{
    (void)unused;
    struct gox_health h;
    gox_health_init(&h);
    assert_int_equal(
            gox_health_shown(&h, GOX_STATE_RUNNING), GOX_HEALTH_HEALTHY);
    h.is_unknown = true;
    assert_int_equal(
            gox_health_shown(&h, GOX_STATE_RUNNING), GOX_HEALTH_UNKNOWN);
    assert_int_equal(
            gox_health_shown(&h, GOX_STATE_STARTING), GOX_HEALTH_STARTING);
    assert_int_equal(
            gox_health_shown(&h, GOX_STATE_BACKOFF), GOX_HEALTH_NOT_RUNNING);
    assert_int_equal(
            gox_health_shown(&h, GOX_STATE_FAILED), GOX_HEALTH_NOT_RUNNING);
    assert_string_equal(gox_health_name(GOX_HEALTH_NOT_RUNNING), "not_running");
    assert_string_equal(gox_finding_name(GOX_FINDING_WARN), "warn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(rows_of_rounds),
            cmocka_unit_test(flapping_is_held_down_until_calm),
            cmocka_unit_test(the_reason_names_the_stage),
            cmocka_unit_test(what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
