/* SPDX-License-Identifier: Apache-2.0
 * Whether and when a daemon that ended is started again.
 *
 * A run that was ready for settle_ms is settled. The first restart after a
 * settled run comes at once; after runs that did not settle the pause doubles
 * up to a cap, with jitter, and a healthy stretch of reset_ms (or twice the
 * last pause, if longer) takes it back to the beginning. Too many restarts in a
 * window, where one after a settled run counts a tenth, end in `failed`, with a
 * single attempt every slow_retry_ms.
 *
 * Invariant: pure; time and randomness are parameters. */
#ifndef GOX_MANAGER_POLICY_H
#define GOX_MANAGER_POLICY_H

#include "manager/state.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a run ended. X(NAME, text). */
#define GOX_CAUSE_LIST(X)                                                      \
    X(NONE, "none")                                                            \
    X(CRASH, "crash")       /* exit code not 0, or a fault's signal */         \
    X(SIGNAL, "signal")     /* killed from outside */                          \
    X(OOM, "oom")           /* killed by the kernel for its memory */          \
    X(WATCHDOG, "watchdog") /* its own ping did not come */                    \
    X(PROBE, "probe")       /* it did not answer the checks */                 \
    X(MEMORY, "memory") /* above the soft limit, restarted in good order */    \
    X(OPERATOR, "operator")                                                    \
    X(UPGRADE, "upgrade")                                                      \
    X(EXIT, "exit")       /* exit code 0, unasked */                           \
    X(CONFIG, "config")   /* exit code 78 or 2: a restart is useless */        \
    X(STARTUP, "startup") /* could not be started, or was not ready in time */

enum gox_cause {
#define GOX_CAUSE_ENUM(name, text) GOX_CAUSE_##name,
    GOX_CAUSE_LIST(GOX_CAUSE_ENUM)
#undef GOX_CAUSE_ENUM
            GOX_CAUSE_COUNT
};
const char *gox_cause_name(enum gox_cause cause);

struct gox_policy_config {
    bool is_on;            /* restart at all */
    int64_t settle_ms;     /* ready for so long: the run counts as good */
    int64_t base_ms;       /* the first pause */
    int64_t cap_ms;        /* the longest pause */
    int64_t reset_ms;      /* healthy for so long: pauses begin anew */
    int64_t window_ms;     /* of the limit */
    unsigned max_restarts; /* in the window; 0: no limit */
    int64_t slow_retry_ms; /* after giving up; 0: never */
};
struct gox_policy_config gox_policy_default(void);

#define GOX_POLICY_MARKS 256

struct gox_policy {
    unsigned failures;     /* runs in a row that did not settle */
    int64_t last_delay_ms; /* the pause before this run */
    /* The window: when a restart was, and what it counts. A ring. */
    struct {
        int64_t at_ns;
        unsigned weight;
    } marks[GOX_POLICY_MARKS];
    unsigned mark_count, mark_first;
    bool is_given_up; /* until a settled run, or gox_policy_reset */
};
void gox_policy_reset(struct gox_policy *p);

/* How a run went. */
struct gox_run {
    enum gox_cause cause;
    bool is_wanted;      /* the daemon is to be up */
    int64_t ready_at_ns; /* when it became ready; 0: never */
    int64_t end_at_ns;
};

struct gox_verdict {
    enum gox_state_input input; /* one of GOX_INPUT_EXIT_* */
    int64_t delay_ms; /* until GOX_INPUT_RETRY; 0: no timer at all when
                         input is EXIT_FAIL */
};
/* Takes a run that ended into account. random: any 32 bits, for the jitter. */
struct gox_verdict gox_policy_exit(struct gox_policy *p,
        const struct gox_policy_config *config, const struct gox_run *run,
        uint32_t random);

/* The cause of an exit that nobody asked for, from what wait tells. */
struct gox_exit_status {
    bool is_signal;
    int number; /* exit code or signal */
    bool is_oom;
};
enum gox_cause gox_cause_of_exit(const struct gox_exit_status *status);

#endif
