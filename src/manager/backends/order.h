/* SPDX-License-Identifier: Apache-2.0
 * Orders to the system's service manager, by its own command. */
#ifndef GOX_MANAGER_BACKENDS_ORDER_H
#define GOX_MANAGER_BACKENDS_ORDER_H

#include "manager/manager_internal.h"

#define GOX__ORDER_WORDS 8

/* Words of a command, ended by NULL; "%" stands for the name of the unit or
 * job, and words[0] is searched on PATH. */
struct gox__order {
    const char *words[GOX__ORDER_WORDS];
};

/* Starts it and leaves it to the reaper: what comes of it shows at the socket.
 * GOX_ERR_NOT_FOUND when there is no such program. */
int gox__order_give(gox_instance *i, const struct gox__order *order,
        const char *target, struct gox_error *err) GOX_MUST_CHECK;
/* Waits for a moment: true when it ended with code 0. Before the loop runs. */
bool gox__order_ask(
        gox_instance *i, const struct gox__order *order, const char *target);
bool gox__order_has_program(const char *name);

/* For rows that watch a daemon through its socket only. */
int gox__order_open(gox_instance *i, struct gox_error *err);
void gox__order_close(gox_instance *i);

#endif
