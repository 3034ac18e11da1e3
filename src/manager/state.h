/* SPDX-License-Identifier: Apache-2.0
 * The life of one supervised daemon as a table: in each state each event has
 * one row that says what comes next and what is to be done.
 *
 * Invariant: gox_state_step is pure. It knows no process, no clock and no
 * randomness: who calls it carries the effects out and is the only one who
 * keeps the state. */
#ifndef GOX_MANAGER_STATE_H
#define GOX_MANAGER_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, text). NONE is 0, so that a forgotten cell is no quiet move. */
#define GOX_STATE_LIST(X)                                                      \
    X(NONE, "none")           /* no state: a hole in the table */              \
    X(STOPPED, "stopped")     /* no process, none wanted */                    \
    X(STARTING, "starting")   /* a process, not ready yet */                   \
    X(RUNNING, "running")     /* ready and healthy */                          \
    X(DEGRADED, "degraded")   /* ready, with something amiss */                \
    X(UNHEALTHY, "unhealthy") /* alive but it does not answer */               \
    X(STOPPING, "stopping")   /* asked to end */                               \
    X(BACKOFF, "backoff")     /* no process; one is started after a pause */   \
    X(FAILED, "failed")       /* no process; given up, slow retries at most */ \
    X(UPGRADING, "upgrading") /* the old process ends for the new binary */    \
    X(ATTACHED, "attached")   /* somebody else's process, watched only */

enum gox_state {
#define GOX_STATE_ENUM(name, text) GOX_STATE_##name,
    GOX_STATE_LIST(GOX_STATE_ENUM)
#undef GOX_STATE_ENUM
            GOX_STATE_COUNT
};

/* X(NAME, text). Which of the EXIT events an exit is, gox_policy_exit says. */
#define GOX_INPUT_LIST(X)                                                      \
    X(START, "start")           /* the operator */                             \
    X(STOP, "stop")             /* the operator */                             \
    X(RESTART, "restart")       /* the operator, or a cause of our own */      \
    X(UPGRADE, "upgrade")       /* the operator: run another binary */         \
    X(RESET, "reset")           /* the operator: forget the failures */        \
    X(READY, "ready")           /* READY=1, or a call was answered */          \
    X(START_LATE, "start late") /* not ready in time */                        \
    X(STOP_LATE, "stop late")   /* still there after the time to stop */       \
    X(RETRY, "retry")           /* the pause is over */                        \
    X(EXIT_DOWN, "exit")        /* it ended and is to stay down */             \
    X(EXIT_AGAIN, "exit, start again") /* it ended; start at once */           \
    X(EXIT_WAIT, "exit, wait")         /* it ended; start after a pause */     \
    X(EXIT_FAIL, "exit, give up")      /* it ended; do not start again */      \
    X(PASS, "healthy")                 /* the verdict of the checks */         \
    X(WARN, "degraded")                /* the same */                          \
    X(DEAD, "dead")                    /* the same: it does not answer */      \
    X(ADOPT, "adopt")   /* a process of an earlier manager lives on */         \
    X(ATTACH, "attach") /* a process of somebody else answers */               \
    X(LOST, "lost")     /* that one is gone */

enum gox_state_input {
#define GOX_INPUT_ENUM(name, text) GOX_INPUT_##name,
    GOX_INPUT_LIST(GOX_INPUT_ENUM)
#undef GOX_INPUT_ENUM
            GOX_INPUT_COUNT
};

/* What the caller does, in this order. X(NAME, bit). */
#define GOX_EFFECT_LIST(X)                                                     \
    X(CANCEL, 0)  /* stop the timers of the old state */                       \
    X(CALM, 1)    /* end the checks */                                         \
    X(FORGET, 2)  /* clear the failures that were counted */                   \
    X(TERM, 3)    /* ask the process to end; a timer for STOP_LATE */          \
    X(KILL, 4)    /* kill the whole tree */                                    \
    X(SPAWN, 5)   /* start it; a timer for START_LATE */                       \
    X(PROBE, 6)   /* begin the checks */                                       \
    X(WAIT, 7)    /* a timer for RETRY after the pause of the policy */        \
    X(SLOW, 8)    /* a timer for RETRY after the long pause */                 \
    X(BUNDLE, 9)  /* write down what is known about the failure */             \
    X(BOUNCE, 10) /* let the one who runs it restart it (attached) */          \
    X(REFUSE, 11) /* tell who asked that this cannot be done now */

enum gox_effect {
#define GOX_EFFECT_ENUM(name, bit) GOX_EFFECT_##name = 1 << bit,
    GOX_EFFECT_LIST(GOX_EFFECT_ENUM)
#undef GOX_EFFECT_ENUM
};

struct gox_step {
    enum gox_state next;
    unsigned effects; /* bits of enum gox_effect */
};

/* What follows from `input` in `state`. Pure. */
struct gox_step gox_state_step(
        enum gox_state state, enum gox_state_input input);

/* The lower-case name. Static memory. */
const char *gox_state_name(enum gox_state state);
const char *gox_input_name(enum gox_state_input input);

/* A process of ours should be there. */
bool gox_state_has_process(enum gox_state state);
/* Clients can be served. */
bool gox_state_is_up(enum gox_state state);

#endif
