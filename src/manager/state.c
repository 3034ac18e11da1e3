/* SPDX-License-Identifier: Apache-2.0
 * The table. Read a block as: in this state, on this event, go there and do
 * that. A late event that means nothing any more stays where it is. */
#include "manager/state.h"

#include <assert.h>

#define E(name) GOX_EFFECT_##name
#define TO(state, effects)                                                     \
    {                                                                          \
        GOX_STATE_##state, (effects)                                           \
    }
#define ON(input) [GOX_INPUT_##input] =
#define IN(state) [GOX_STATE_##state] =

// clang-format off
static const struct gox_step table[GOX_STATE_COUNT][GOX_INPUT_COUNT] = {
    IN(STOPPED) {
        ON(START)      TO(STARTING,  E(SPAWN)),
        ON(STOP)       TO(STOPPED,   0),
        ON(RESTART)    TO(STARTING,  E(SPAWN)),
        ON(UPGRADE)    TO(STOPPED,   0),
        ON(RESET)      TO(STOPPED,   E(FORGET)),
        ON(READY)      TO(STOPPED,   0),
        ON(START_LATE) TO(STOPPED,   0),
        ON(STOP_LATE)  TO(STOPPED,   0),
        ON(RETRY)      TO(STOPPED,   0),
        ON(EXIT_DOWN)  TO(STOPPED,   0),
        ON(EXIT_AGAIN) TO(STOPPED,   0),
        ON(EXIT_WAIT)  TO(STOPPED,   0),
        ON(EXIT_FAIL)  TO(STOPPED,   0),
        ON(PASS)       TO(STOPPED,   0),
        ON(WARN)       TO(STOPPED,   0),
        ON(DEAD)       TO(STOPPED,   0),
        ON(ADOPT)      TO(RUNNING,   E(PROBE)),
        ON(ATTACH)     TO(ATTACHED,  E(PROBE)),
        ON(LOST)       TO(STOPPED,   0),
    },
    IN(STARTING) {
        ON(START)      TO(STARTING,  0),
        ON(STOP)       TO(STOPPING,  E(CANCEL) | E(CALM) | E(TERM)),
        ON(RESTART)    TO(STOPPING,  E(CANCEL) | E(CALM) | E(TERM)),
        ON(UPGRADE)    TO(UPGRADING, E(CANCEL) | E(CALM) | E(TERM)),
        ON(RESET)      TO(STARTING,  E(FORGET)),
        ON(READY)      TO(RUNNING,   E(CANCEL) | E(PROBE)),
        ON(START_LATE) TO(STOPPING,  E(CALM) | E(TERM) | E(BUNDLE)),
        ON(STOP_LATE)  TO(STARTING,  0),
        ON(RETRY)      TO(STARTING,  0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CANCEL) | E(CALM)),
        ON(EXIT_AGAIN) TO(STARTING,  E(CANCEL) | E(CALM) | E(SPAWN) | E(BUNDLE)),
        ON(EXIT_WAIT)  TO(BACKOFF,   E(CANCEL) | E(CALM) | E(WAIT) | E(BUNDLE)),
        ON(EXIT_FAIL)  TO(FAILED,    E(CANCEL) | E(CALM) | E(SLOW) | E(BUNDLE)),
        ON(PASS)       TO(STARTING,  0),
        ON(WARN)       TO(STARTING,  0),
        ON(DEAD)       TO(STARTING,  0),
        ON(ADOPT)      TO(STARTING,  0),
        ON(ATTACH)     TO(ATTACHED,  E(CANCEL) | E(PROBE)),
        ON(LOST)       TO(STARTING,  0),
    },
    IN(RUNNING) {
        ON(START)      TO(RUNNING,   0),
        ON(STOP)       TO(STOPPING,  E(CALM) | E(TERM)),
        ON(RESTART)    TO(STOPPING,  E(CALM) | E(TERM)),
        ON(UPGRADE)    TO(UPGRADING, E(CALM) | E(TERM)),
        ON(RESET)      TO(RUNNING,   E(FORGET)),
        ON(READY)      TO(RUNNING,   0),
        ON(START_LATE) TO(RUNNING,   0),
        ON(STOP_LATE)  TO(RUNNING,   0),
        ON(RETRY)      TO(RUNNING,   0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CALM) | E(BUNDLE)),
        ON(EXIT_AGAIN) TO(STARTING,  E(CALM) | E(SPAWN) | E(BUNDLE)),
        ON(EXIT_WAIT)  TO(BACKOFF,   E(CALM) | E(WAIT) | E(BUNDLE)),
        ON(EXIT_FAIL)  TO(FAILED,    E(CALM) | E(SLOW) | E(BUNDLE)),
        ON(PASS)       TO(RUNNING,   0),
        ON(WARN)       TO(DEGRADED,  0),
        ON(DEAD)       TO(UNHEALTHY, E(BUNDLE)),
        ON(ADOPT)      TO(RUNNING,   0),
        ON(ATTACH)     TO(RUNNING,   0),
        ON(LOST)       TO(RUNNING,   0),
    },
    IN(DEGRADED) {
        ON(START)      TO(DEGRADED,  0),
        ON(STOP)       TO(STOPPING,  E(CALM) | E(TERM)),
        ON(RESTART)    TO(STOPPING,  E(CALM) | E(TERM)),
        ON(UPGRADE)    TO(UPGRADING, E(CALM) | E(TERM)),
        ON(RESET)      TO(DEGRADED,  E(FORGET)),
        ON(READY)      TO(DEGRADED,  0),
        ON(START_LATE) TO(DEGRADED,  0),
        ON(STOP_LATE)  TO(DEGRADED,  0),
        ON(RETRY)      TO(DEGRADED,  0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CALM) | E(BUNDLE)),
        ON(EXIT_AGAIN) TO(STARTING,  E(CALM) | E(SPAWN) | E(BUNDLE)),
        ON(EXIT_WAIT)  TO(BACKOFF,   E(CALM) | E(WAIT) | E(BUNDLE)),
        ON(EXIT_FAIL)  TO(FAILED,    E(CALM) | E(SLOW) | E(BUNDLE)),
        ON(PASS)       TO(RUNNING,   0),
        ON(WARN)       TO(DEGRADED,  0),
        ON(DEAD)       TO(UNHEALTHY, E(BUNDLE)),
        ON(ADOPT)      TO(DEGRADED,  0),
        ON(ATTACH)     TO(DEGRADED,  0),
        ON(LOST)       TO(DEGRADED,  0),
    },
    IN(UNHEALTHY) { /* the checks go on: it may come back by itself */
        ON(START)      TO(UNHEALTHY, 0),
        ON(STOP)       TO(STOPPING,  E(CALM) | E(TERM)),
        ON(RESTART)    TO(STOPPING,  E(CALM) | E(TERM)),
        ON(UPGRADE)    TO(UPGRADING, E(CALM) | E(TERM)),
        ON(RESET)      TO(UNHEALTHY, E(FORGET)),
        ON(READY)      TO(UNHEALTHY, 0),
        ON(START_LATE) TO(UNHEALTHY, 0),
        ON(STOP_LATE)  TO(UNHEALTHY, 0),
        ON(RETRY)      TO(UNHEALTHY, 0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CALM) | E(BUNDLE)),
        ON(EXIT_AGAIN) TO(STARTING,  E(CALM) | E(SPAWN) | E(BUNDLE)),
        ON(EXIT_WAIT)  TO(BACKOFF,   E(CALM) | E(WAIT) | E(BUNDLE)),
        ON(EXIT_FAIL)  TO(FAILED,    E(CALM) | E(SLOW) | E(BUNDLE)),
        ON(PASS)       TO(RUNNING,   0),
        ON(WARN)       TO(DEGRADED,  0),
        ON(DEAD)       TO(UNHEALTHY, 0),
        ON(ADOPT)      TO(UNHEALTHY, 0),
        ON(ATTACH)     TO(UNHEALTHY, 0),
        ON(LOST)       TO(UNHEALTHY, 0),
    },
    IN(STOPPING) { /* whether it comes back is in the EXIT event */
        ON(START)      TO(STOPPING,  0),
        ON(STOP)       TO(STOPPING,  0),
        ON(RESTART)    TO(STOPPING,  0),
        ON(UPGRADE)    TO(UPGRADING, 0),
        ON(RESET)      TO(STOPPING,  E(FORGET)),
        ON(READY)      TO(STOPPING,  0),
        ON(START_LATE) TO(STOPPING,  0),
        ON(STOP_LATE)  TO(STOPPING,  E(KILL)),
        ON(RETRY)      TO(STOPPING,  0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CANCEL)),
        ON(EXIT_AGAIN) TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(EXIT_WAIT)  TO(BACKOFF,   E(CANCEL) | E(WAIT)),
        ON(EXIT_FAIL)  TO(FAILED,    E(CANCEL) | E(SLOW)),
        ON(PASS)       TO(STOPPING,  0),
        ON(WARN)       TO(STOPPING,  0),
        ON(DEAD)       TO(STOPPING,  0),
        ON(ADOPT)      TO(STOPPING,  0),
        ON(ATTACH)     TO(STOPPING,  0),
        ON(LOST)       TO(STOPPED,   E(CANCEL)),
    },
    IN(BACKOFF) { /* an operator does not wait */
        ON(START)      TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(STOP)       TO(STOPPED,   E(CANCEL)),
        ON(RESTART)    TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(UPGRADE)    TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(RESET)      TO(STARTING,  E(CANCEL) | E(FORGET) | E(SPAWN)),
        ON(READY)      TO(BACKOFF,   0),
        ON(START_LATE) TO(BACKOFF,   0),
        ON(STOP_LATE)  TO(BACKOFF,   0),
        ON(RETRY)      TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(EXIT_DOWN)  TO(BACKOFF,   0),
        ON(EXIT_AGAIN) TO(BACKOFF,   0),
        ON(EXIT_WAIT)  TO(BACKOFF,   0),
        ON(EXIT_FAIL)  TO(BACKOFF,   0),
        ON(PASS)       TO(BACKOFF,   0),
        ON(WARN)       TO(BACKOFF,   0),
        ON(DEAD)       TO(BACKOFF,   0),
        ON(ADOPT)      TO(BACKOFF,   0),
        ON(ATTACH)     TO(ATTACHED,  E(CANCEL) | E(PROBE)),
        ON(LOST)       TO(BACKOFF,   0),
    },
    IN(FAILED) {
        ON(START)      TO(STARTING,  E(CANCEL) | E(FORGET) | E(SPAWN)),
        ON(STOP)       TO(STOPPED,   E(CANCEL)),
        ON(RESTART)    TO(STARTING,  E(CANCEL) | E(FORGET) | E(SPAWN)),
        ON(UPGRADE)    TO(STARTING,  E(CANCEL) | E(FORGET) | E(SPAWN)),
        ON(RESET)      TO(STARTING,  E(CANCEL) | E(FORGET) | E(SPAWN)),
        ON(READY)      TO(FAILED,    0),
        ON(START_LATE) TO(FAILED,    0),
        ON(STOP_LATE)  TO(FAILED,    0),
        ON(RETRY)      TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(EXIT_DOWN)  TO(FAILED,    0),
        ON(EXIT_AGAIN) TO(FAILED,    0),
        ON(EXIT_WAIT)  TO(FAILED,    0),
        ON(EXIT_FAIL)  TO(FAILED,    0),
        ON(PASS)       TO(FAILED,    0),
        ON(WARN)       TO(FAILED,    0),
        ON(DEAD)       TO(FAILED,    0),
        ON(ADOPT)      TO(FAILED,    0),
        ON(ATTACH)     TO(ATTACHED,  E(CANCEL) | E(PROBE)),
        ON(LOST)       TO(FAILED,    0),
    },
    IN(UPGRADING) { /* stopping, with another binary afterwards */
        ON(START)      TO(UPGRADING, 0),
        ON(STOP)       TO(STOPPING,  0),
        ON(RESTART)    TO(UPGRADING, 0),
        ON(UPGRADE)    TO(UPGRADING, 0),
        ON(RESET)      TO(UPGRADING, E(FORGET)),
        ON(READY)      TO(UPGRADING, 0),
        ON(START_LATE) TO(UPGRADING, 0),
        ON(STOP_LATE)  TO(UPGRADING, E(KILL)),
        ON(RETRY)      TO(UPGRADING, 0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CANCEL)),
        ON(EXIT_AGAIN) TO(STARTING,  E(CANCEL) | E(SPAWN)),
        ON(EXIT_WAIT)  TO(BACKOFF,   E(CANCEL) | E(WAIT)),
        ON(EXIT_FAIL)  TO(FAILED,    E(CANCEL) | E(SLOW)),
        ON(PASS)       TO(UPGRADING, 0),
        ON(WARN)       TO(UPGRADING, 0),
        ON(DEAD)       TO(UPGRADING, 0),
        ON(ADOPT)      TO(UPGRADING, 0),
        ON(ATTACH)     TO(UPGRADING, 0),
        ON(LOST)       TO(STOPPED,   E(CANCEL)),
    },
    IN(ATTACHED) { /* exactly one restarter, and it is not this manager */
        ON(START)      TO(ATTACHED,  0),
        ON(STOP)       TO(STOPPING,  E(CALM) | E(TERM)),
        ON(RESTART)    TO(ATTACHED,  E(BOUNCE)),
        ON(UPGRADE)    TO(ATTACHED,  E(REFUSE)),
        ON(RESET)      TO(ATTACHED,  E(FORGET)),
        ON(READY)      TO(ATTACHED,  0),
        ON(START_LATE) TO(ATTACHED,  0),
        ON(STOP_LATE)  TO(ATTACHED,  0),
        ON(RETRY)      TO(ATTACHED,  0),
        ON(EXIT_DOWN)  TO(STOPPED,   E(CALM)),
        ON(EXIT_AGAIN) TO(STOPPED,   E(CALM)),
        ON(EXIT_WAIT)  TO(STOPPED,   E(CALM)),
        ON(EXIT_FAIL)  TO(STOPPED,   E(CALM)),
        ON(PASS)       TO(ATTACHED,  0),
        ON(WARN)       TO(ATTACHED,  0),
        ON(DEAD)       TO(ATTACHED,  E(BUNDLE)),
        ON(ADOPT)      TO(ATTACHED,  0),
        ON(ATTACH)     TO(ATTACHED,  0),
        ON(LOST)       TO(STOPPED,   E(CALM)),
    },
};
// clang-format on

struct gox_step gox_state_step(enum gox_state state, enum gox_state_input input)
{
    assert(state > GOX_STATE_NONE && state < GOX_STATE_COUNT);
    assert((int)input >= 0 && input < GOX_INPUT_COUNT);
    struct gox_step step = table[state][input];
    assert(step.next != GOX_STATE_NONE);
    return step;
}

const char *gox_state_name(enum gox_state state)
{
    static const char *const names[] = {
#define GOX_STATE_TEXT(name, text) text,
            GOX_STATE_LIST(GOX_STATE_TEXT)
#undef GOX_STATE_TEXT
    };
    return names[state];
}

const char *gox_input_name(enum gox_state_input input)
{
    static const char *const names[] = {
#define GOX_INPUT_TEXT(name, text) text,
            GOX_INPUT_LIST(GOX_INPUT_TEXT)
#undef GOX_INPUT_TEXT
    };
    return names[input];
}

bool gox_state_has_process(enum gox_state state)
{
    return state == GOX_STATE_STARTING || state == GOX_STATE_RUNNING ||
           state == GOX_STATE_DEGRADED || state == GOX_STATE_UNHEALTHY ||
           state == GOX_STATE_STOPPING || state == GOX_STATE_UPGRADING;
}

bool gox_state_is_up(enum gox_state state)
{
    return state == GOX_STATE_RUNNING || state == GOX_STATE_DEGRADED ||
           state == GOX_STATE_ATTACHED;
}
