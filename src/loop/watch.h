/* SPDX-License-Identifier: Apache-2.0
 * Waiting on the loop for a descriptor that somebody else reads and writes,
 * such as that of a library with its own protocol code.
 *
 * Invariant: no call of fn comes after gox_watch_close. */
#ifndef GOX_LOOP_WATCH_H
#define GOX_LOOP_WATCH_H

#include "loop/loop.h"

#include <stdbool.h>

typedef struct gox_watch gox_watch;

/* Borrows fd, which must be pollable (no plain file). fn gets those of
 * the events that came (an error of the descriptor shows as what is waited
 * for). Nothing is waited for until gox_watch_set. NULL: no memory or not
 * pollable. */
gox_watch *gox_watch_new(
        gox_loop *loop, int fd, void (*fn)(void *ctx, short events), void *ctx);
/* POLLIN, POLLOUT, POLLRDHUP (the other end has closed its side; told again
 * and again until it is not waited for), several, or 0 to stop. */
void gox_watch_set(gox_watch *watch, short events);
/* NULL is fine. Call it before, or in the same turn as, closing fd. */
void gox_watch_close(gox_watch *watch);

#endif
