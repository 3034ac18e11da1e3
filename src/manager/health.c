/* SPDX-License-Identifier: Apache-2.0
 * Judging a round: doubt first, then the stages, then hysteresis. */
#include "manager/health.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

// clang-format off
#define ROW(name_, text_, worst_, percent_)                                    \
    [GOX_STAGE_##name_] = {text_, GOX_FINDING_##worst_, percent_},
const struct gox_stage_row gox_stage_rows[GOX_STAGE_COUNT] = {
    GOX_STAGE_LIST(ROW)
};
#undef ROW
// clang-format on

const char *gox_health_name(enum gox_health_status status)
{
    static const char *const names[] = {
#define GOX_HEALTH_TEXT(name, text) text,
            GOX_HEALTH_LIST(GOX_HEALTH_TEXT)
#undef GOX_HEALTH_TEXT
    };
    return names[status];
}

const char *gox_finding_name(enum gox_finding finding)
{
    static const char *const names[] = {
#define GOX_FINDING_TEXT(name, text) text,
            GOX_FINDING_LIST(GOX_FINDING_TEXT)
#undef GOX_FINDING_TEXT
    };
    return names[finding];
}

const char *gox_doubt_text(unsigned doubt)
{
#define GOX_DOUBT_TEXT(name, bit, text)                                        \
    if ((doubt & GOX_DOUBT_##name) != 0)                                       \
        return text;
    GOX_DOUBT_LIST(GOX_DOUBT_TEXT)
#undef GOX_DOUBT_TEXT
    return "";
}

struct gox_health_config gox_health_default(void)
{
    return (struct gox_health_config){.fails_degraded = 2,
            .fails_dead = 3,
            .passes = 2,
            .doubt_limit = 20,
            .flap_limit = 6,
            .flap_window_ms = 300000};
}

void gox_health_init(struct gox_health *h)
{
    *h = (struct gox_health){.status = GOX_HEALTH_HEALTHY};
}

static enum gox_finding finding_of(const struct gox_round *round, size_t stage)
{
    enum gox_finding f = round->stages[stage].finding;
    return f > gox_stage_rows[stage].worst ? gox_stage_rows[stage].worst : f;
}

/* The worst finding; the reason is that of the first stage that has it. */
static enum gox_finding worst_of(
        struct gox_health *h, const struct gox_round *round)
{
    enum gox_finding worst = GOX_FINDING_PASS;
    h->reason[0] = '\0';
    for (size_t i = 0; i < GOX_STAGE_COUNT; i++) {
        enum gox_finding f = finding_of(round, i);
        if (f <= worst)
            continue;
        worst = f;
        snprintf(h->reason, sizeof h->reason, "%s: %s", gox_stage_rows[i].name,
                round->stages[i].text);
    }
    if (round->is_watchdog_late) {
        worst = GOX_FINDING_FAIL;
        snprintf(h->reason, sizeof h->reason,
                "watchdog: the ping that the daemon promised did not come");
    }
    return worst;
}

/* Doubt about our own time may not last for ever: a manager that is always
 * late would never restart anything. A stopped or traced process is another
 * matter: somebody wants it so. */
static bool is_doubtful(struct gox_health *h,
        const struct gox_health_config *config, const struct gox_round *round)
{
    const unsigned lasting = GOX_DOUBT_STOPPED | GOX_DOUBT_TRACED;
    if (round->doubt == 0) {
        h->doubts = 0;
        return false;
    }
    h->doubts++;
    if ((round->doubt & lasting) != 0)
        return true;
    return h->doubts <= config->doubt_limit;
}

static bool note_flip(struct gox_health *h,
        const struct gox_health_config *config, int64_t now_ns)
{
    h->flips_ns[h->flip_count++ % GOX_HEALTH_FLAPS] = now_ns;
    unsigned recent = 0;
    unsigned kept =
            h->flip_count < GOX_HEALTH_FLAPS ? h->flip_count : GOX_HEALTH_FLAPS;
    for (unsigned i = 0; i < kept; i++)
        recent += now_ns - h->flips_ns[i] <=
                  config->flap_window_ms * GOX_NS_PER_MS;
    bool begins = recent >= config->flap_limit && !h->is_flapping;
    h->is_flapping = h->is_flapping || begins;
    return begins;
}

/* Flapping ends when the window has passed without a change. */
static bool is_calm(const struct gox_health *h,
        const struct gox_health_config *config, int64_t now_ns)
{
    int64_t last =
            h->flip_count == 0
                    ? 0
                    : h->flips_ns[(h->flip_count - 1) % GOX_HEALTH_FLAPS];
    return now_ns - last > config->flap_window_ms * GOX_NS_PER_MS;
}

static enum gox_health_status status_after(
        struct gox_health *h, const struct gox_health_config *config)
{
    if (h->fails >= config->fails_dead)
        return GOX_HEALTH_UNHEALTHY;
    if (h->status == GOX_HEALTH_UNHEALTHY) {
        if (h->fails == 0 && h->warns >= config->passes)
            return GOX_HEALTH_DEGRADED; /* it answers again */
    } else if (h->bads >= config->fails_degraded) {
        return GOX_HEALTH_DEGRADED;
    }
    if (h->passes >= config->passes)
        return GOX_HEALTH_HEALTHY;
    return h->status;
}

static void count(
        struct gox_health *h, enum gox_finding worst, unsigned fails_at_least)
{
    bool is_pass = worst <= GOX_FINDING_PASS;
    h->passes = is_pass ? h->passes + 1 : 0;
    h->bads = is_pass ? 0 : h->bads + 1;
    h->warns = worst == GOX_FINDING_WARN ? h->warns + 1 : 0;
    h->fails = worst == GOX_FINDING_FAIL ? h->fails + 1 : 0;
    if (h->fails < fails_at_least)
        h->fails = fails_at_least;
    h->failed_rounds += worst == GOX_FINDING_FAIL;
}

struct gox_health_change gox_health_judge(struct gox_health *h,
        const struct gox_health_config *config, const struct gox_round *round,
        int64_t now_ns)
{
    struct gox_health_change change = {.has_input = false};
    h->rounds++;
    enum gox_finding worst = worst_of(h, round);
    bool is_in_doubt = is_doubtful(h, config, round);
    h->is_unknown = is_in_doubt || worst == GOX_FINDING_UNKNOWN;
    if (h->is_unknown) {
        h->unknown_rounds++;
        if (is_in_doubt)
            snprintf(h->reason, sizeof h->reason, "%s",
                    gox_doubt_text(round->doubt));
        return change;
    }
    /* The watchdog's time is the daemon's own promise: once is enough. */
    count(h, worst, round->is_watchdog_late ? config->fails_dead : 0);
    if (h->is_flapping && is_calm(h, config, now_ns))
        h->is_flapping = false;
    enum gox_health_status next = status_after(h, config);
    bool is_held = h->is_flapping && next == GOX_HEALTH_HEALTHY;
    if (next != h->status && !is_held) {
        change.began_flapping = note_flip(h, config, now_ns);
        is_held = h->is_flapping && next == GOX_HEALTH_HEALTHY;
    }
    if (is_held && h->status != GOX_HEALTH_HEALTHY) {
        snprintf(h->reason, sizeof h->reason,
                "its health changed too often; it counts as %s until it has "
                "been calm for a while",
                gox_health_name(h->status));
        return change;
    }
    if (next == h->status)
        return change;
    change.has_input = true;
    change.input = next == GOX_HEALTH_HEALTHY    ? GOX_INPUT_PASS
                   : next == GOX_HEALTH_DEGRADED ? GOX_INPUT_WARN
                                                 : GOX_INPUT_DEAD;
    change.is_watchdog =
            next == GOX_HEALTH_UNHEALTHY && round->is_watchdog_late;
    h->status = next;
    return change;
}

enum gox_health_status gox_health_shown(
        const struct gox_health *h, enum gox_state state)
{
    switch (state) {
    case GOX_STATE_STARTING:
        return GOX_HEALTH_STARTING;
    case GOX_STATE_RUNNING:
    case GOX_STATE_DEGRADED:
    case GOX_STATE_UNHEALTHY:
    case GOX_STATE_ATTACHED:
        return h->is_unknown ? GOX_HEALTH_UNKNOWN : h->status;
    default:
        return GOX_HEALTH_NOT_RUNNING;
    }
}
