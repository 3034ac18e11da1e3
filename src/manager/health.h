/* SPDX-License-Identifier: Apache-2.0
 * From the findings of one round of checks to a verdict about the daemon.
 *
 * Three questions stay apart. Startup (is it ready?) is asked by the state
 * table, before any round. Readiness (does it serve?) makes it degraded or
 * unhealthy in what people read. Liveness (is it dead?) is the only one that
 * leads to a restart, and only the socket and the call can answer it.
 *
 * A round that cannot be trusted - this manager was starved, the machine was
 * suspended, the daemon is stopped or traced - is `unknown`: it counts neither
 * as a failure nor as a pass. N failures in a row are needed to go down, M
 * passes to come up; who goes up and down too often is held down until calm.
 *
 * Invariant: pure; time is a parameter. */
#ifndef GOX_MANAGER_HEALTH_H
#define GOX_MANAGER_HEALTH_H

#include "manager/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The stages in their order. X(NAME, text, worst verdict, deadline in percent
 * of the time that a round has). */
#define GOX_STAGE_LIST(X)                                                      \
    X(SOCKET, "socket", FAIL, 25)                                              \
    X(RPC, "rpc", FAIL, 100)                                                   \
    X(PROCESS, "process", FAIL, 100)                                           \
    X(LOG, "log", WARN, 100)                                                   \
    X(EVENT, "event", PASS, 100)

enum gox_stage {
#define GOX_STAGE_ENUM(name, text, worst, percent) GOX_STAGE_##name,
    GOX_STAGE_LIST(GOX_STAGE_ENUM)
#undef GOX_STAGE_ENUM
            GOX_STAGE_COUNT
};

/* X(NAME, text); worse ones come later. */
#define GOX_FINDING_LIST(X)                                                    \
    X(SKIP, "skipped")                                                         \
    X(PASS, "pass")                                                            \
    X(UNKNOWN, "unknown")                                                      \
    X(WARN, "warn")                                                            \
    X(FAIL, "fail")

enum gox_finding {
#define GOX_FINDING_ENUM(name, text) GOX_FINDING_##name,
    GOX_FINDING_LIST(GOX_FINDING_ENUM)
#undef GOX_FINDING_ENUM
};

struct gox_stage_row {
    const char *name;
    enum gox_finding worst; /* worse findings of the stage count as this */
    unsigned deadline_percent;
};
extern const struct gox_stage_row gox_stage_rows[GOX_STAGE_COUNT];

struct gox_stage_result {
    enum gox_finding finding;
    int64_t took_ns;
    char text[96]; /* what was seen, "" when there is nothing to say */
};

/* Why a round is in doubt. X(NAME, bit, text). */
#define GOX_DOUBT_LIST(X)                                                      \
    X(LATE, 0, "this manager was starved of time")                             \
    X(SUSPEND, 1, "the machine was suspended")                                 \
    X(STOPPED, 2, "the process is stopped (SIGSTOP)")                          \
    X(TRACED, 3, "the process is traced (a debugger)")                         \
    X(FROZEN, 4, "the process waits in the kernel (state D)")

enum gox_doubt {
#define GOX_DOUBT_ENUM(name, bit, text) GOX_DOUBT_##name = 1 << bit,
    GOX_DOUBT_LIST(GOX_DOUBT_ENUM)
#undef GOX_DOUBT_ENUM
};
/* The text of the first bit that is set; "" for none. */
const char *gox_doubt_text(unsigned doubt);

struct gox_round {
    struct gox_stage_result stages[GOX_STAGE_COUNT];
    unsigned doubt;        /* bits of enum gox_doubt */
    bool is_watchdog_late; /* the ping that the daemon promised did not come */
};

/* The numbers to judge by; seconds and shares of 100 as in the settings. */
struct gox_health_config {
    unsigned fails_degraded; /* failed rounds in a row until degraded */
    unsigned fails_dead;     /* the same until unhealthy */
    unsigned passes;         /* good rounds in a row to come back up */
    unsigned doubt_limit;    /* rounds in doubt for lack of time in a row
                                after which they are judged all the same */
    unsigned flap_limit;     /* changes in the window that are too many */
    int64_t flap_window_ms;
};
struct gox_health_config gox_health_default(void);

/* X(NAME, text); the exit codes of `goxelctl health` are in this order. */
#define GOX_HEALTH_LIST(X)                                                     \
    X(HEALTHY, "healthy")                                                      \
    X(DEGRADED, "degraded")                                                    \
    X(UNHEALTHY, "unhealthy")                                                  \
    X(NOT_RUNNING, "not_running")                                              \
    X(UNKNOWN, "unknown")                                                      \
    X(STARTING, "starting")

enum gox_health_status {
#define GOX_HEALTH_ENUM(name, text) GOX_HEALTH_##name,
    GOX_HEALTH_LIST(GOX_HEALTH_ENUM)
#undef GOX_HEALTH_ENUM
};
const char *gox_health_name(enum gox_health_status status);
const char *gox_finding_name(enum gox_finding finding);

#define GOX_HEALTH_FLAPS 16

struct gox_health {
    enum gox_health_status status; /* HEALTHY, DEGRADED, UNHEALTHY */
    bool is_unknown;               /* the last round was in doubt */
    bool is_flapping;
    /* Rounds in a row; bads are fails and warns together. */
    unsigned fails, warns, bads, passes;
    unsigned doubts; /* rounds in doubt in a row */
    uint64_t rounds, failed_rounds, unknown_rounds;
    int64_t flips_ns[GOX_HEALTH_FLAPS]; /* when the status changed; a ring */
    unsigned flip_count;
    char reason[160]; /* of the last round; "" when all was well */
};
void gox_health_init(struct gox_health *h);

/* What was learnt from a round. */
struct gox_health_change {
    bool has_input;             /* input is for the state table */
    enum gox_state_input input; /* GOX_INPUT_PASS, _WARN or _DEAD */
    bool is_watchdog;           /* DEAD because of the watchdog */
    bool began_flapping;
};
struct gox_health_change gox_health_judge(struct gox_health *h,
        const struct gox_health_config *config, const struct gox_round *round,
        int64_t now_ns);

/* What to show for a state: the checks' own word where there is a process. */
enum gox_health_status gox_health_shown(
        const struct gox_health *h, enum gox_state state);

#endif
