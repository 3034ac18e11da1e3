/* SPDX-License-Identifier: Apache-2.0
 * Watching a descriptor that somebody else owns and reads, such as a library
 * with an event loop of its own.
 *
 * Invariant: fn does not come after gox_watch_close, and the descriptor may be
 * closed right after it. */
#ifndef GOX_LOOP_WATCH_H
#define GOX_LOOP_WATCH_H

#include "loop/loop.h"

typedef struct gox_watch gox_watch;

enum gox_watch_for {
    GOX_WATCH_READ, /* there is something to read, as long as there is */
    GOX_WATCH_GONE  /* the other end has closed its side, once */
};

/* Borrows fd. NULL: out of memory, or fd cannot be watched. */
gox_watch *gox_watch_new(gox_loop *loop, int fd, enum gox_watch_for what,
        void (*fn)(void *ctx), void *ctx);
void gox_watch_close(gox_watch *watch); /* NULL is fine */

#endif
