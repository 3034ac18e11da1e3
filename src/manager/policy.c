/* SPDX-License-Identifier: Apache-2.0
 * The arithmetic of restarts. */
#include "manager/policy.h"

#include "base/time.h"

#include <signal.h>

#define EXIT_USAGE  2
#define EXIT_CONFIG 78
/* A restart after a settled run counts 1, any other this much. */
#define WEIGHT 10

const char *gox_cause_name(enum gox_cause cause)
{
    static const char *const names[] = {
#define GOX_CAUSE_TEXT(name, text) text,
            GOX_CAUSE_LIST(GOX_CAUSE_TEXT)
#undef GOX_CAUSE_TEXT
    };
    return names[cause];
}

struct gox_policy_config gox_policy_default(void)
{
    return (struct gox_policy_config){.is_on = true,
            .settle_ms = 1000,
            .base_ms = 500,
            .cap_ms = 60000,
            .reset_ms = 60000,
            .window_ms = 120000,
            .max_restarts = 5,
            .slow_retry_ms = 600000};
}

void gox_policy_reset(struct gox_policy *p)
{
    *p = (struct gox_policy){.failures = 0};
}

static unsigned weight_in_window(
        struct gox_policy *p, int64_t now_ns, int64_t window_ms)
{
    unsigned sum = 0;
    int64_t oldest = now_ns - window_ms * GOX_NS_PER_MS;
    while (p->mark_count > 0 && p->marks[p->mark_first].at_ns < oldest) {
        p->mark_first = (p->mark_first + 1) % GOX_POLICY_MARKS;
        p->mark_count--;
    }
    for (unsigned i = 0; i < p->mark_count; i++)
        sum += p->marks[(p->mark_first + i) % GOX_POLICY_MARKS].weight;
    return sum;
}

/* The oldest mark gives way: with this many the limit was passed long ago. */
static void add_mark(struct gox_policy *p, int64_t at_ns, unsigned weight)
{
    if (p->mark_count == GOX_POLICY_MARKS) {
        p->mark_first = (p->mark_first + 1) % GOX_POLICY_MARKS;
        p->mark_count--;
    }
    unsigned at = (p->mark_first + p->mark_count) % GOX_POLICY_MARKS;
    p->marks[at].at_ns = at_ns;
    p->marks[at].weight = weight;
    p->mark_count++;
}

/* base * 2^(failures-1), at most the cap; half of it is left to chance, so that
 * many daemons that fell together do not come back together. */
static int64_t pause_ms(const struct gox_policy_config *config,
        unsigned failures, uint32_t random)
{
    int64_t ms = config->base_ms;
    for (unsigned i = 1; i < failures && ms < config->cap_ms; i++)
        ms *= 2;
    if (ms > config->cap_ms)
        ms = config->cap_ms;
    int64_t half = ms / 2;
    return half + (int64_t)((uint64_t)(ms - half) * random >> 32);
}

static struct gox_verdict give_up(
        struct gox_policy *p, const struct gox_policy_config *config)
{
    p->is_given_up = true;
    return (struct gox_verdict){GOX_INPUT_EXIT_FAIL, config->slow_retry_ms};
}

struct gox_verdict gox_policy_exit(struct gox_policy *p,
        const struct gox_policy_config *config, const struct gox_run *run,
        uint32_t random)
{
    int64_t good_ms =
            run->ready_at_ns == 0
                    ? -1
                    : (run->end_at_ns - run->ready_at_ns) / GOX_NS_PER_MS;
    bool is_settled = good_ms >= config->settle_ms;
    int64_t calm_ms = 2 * p->last_delay_ms > config->reset_ms
                              ? 2 * p->last_delay_ms
                              : config->reset_ms;
    if (is_settled)
        p->is_given_up = false;
    if (good_ms >= calm_ms)
        p->failures = 0;
    if (!run->is_wanted)
        return (struct gox_verdict){GOX_INPUT_EXIT_DOWN, 0};
    if (run->cause == GOX_CAUSE_OPERATOR || run->cause == GOX_CAUSE_UPGRADE)
        return (struct gox_verdict){GOX_INPUT_EXIT_AGAIN, 0};
    if (run->cause == GOX_CAUSE_CONFIG)
        return (struct gox_verdict){GOX_INPUT_EXIT_FAIL, 0};
    if (!config->is_on)
        return (struct gox_verdict){GOX_INPUT_EXIT_FAIL, 0};
    if (p->is_given_up) /* the one slow attempt did not settle either */
        return give_up(p, config);
    add_mark(p, run->end_at_ns, is_settled ? 1 : WEIGHT);
    if (config->max_restarts > 0 &&
            weight_in_window(p, run->end_at_ns, config->window_ms) >
                    config->max_restarts * WEIGHT)
        return give_up(p, config);
    if (is_settled) {
        p->last_delay_ms = 0;
        return (struct gox_verdict){GOX_INPUT_EXIT_AGAIN, 0};
    }
    p->failures++;
    p->last_delay_ms = pause_ms(config, p->failures, random);
    return (struct gox_verdict){GOX_INPUT_EXIT_WAIT, p->last_delay_ms};
}

enum gox_cause gox_cause_of_exit(const struct gox_exit_status *status)
{
    if (status->is_oom)
        return GOX_CAUSE_OOM;
    if (!status->is_signal)
        return status->number == 0             ? GOX_CAUSE_EXIT
               : status->number == EXIT_CONFIG ? GOX_CAUSE_CONFIG
               : status->number == EXIT_USAGE  ? GOX_CAUSE_CONFIG
                                               : GOX_CAUSE_CRASH;
    switch (status->number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
        return GOX_CAUSE_CRASH;
    default:
        return GOX_CAUSE_SIGNAL;
    }
}
