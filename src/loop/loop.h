/* SPDX-License-Identifier: Apache-2.0
 * The event loop, its timers and signals: thin words over libuv, so that no
 * other folder includes uv.h.
 *
 * Threads: everything here belongs to the thread that runs the loop, but
 * gox_wakeup_send. Handles are freed by their own close function, later in the
 * same loop; after gox_loop_stop, gox_loop_free runs what is left. */
#ifndef GOX_LOOP_LOOP_H
#define GOX_LOOP_LOOP_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gox_loop gox_loop;

gox_loop *gox_loop_new(void); /* NULL: no memory or no descriptors */
/* All handles must be closed (or closing). */
void gox_loop_free(gox_loop *loop);
/* Runs until gox_loop_stop or until nothing is left to wait for. */
void gox_loop_run(gox_loop *loop);
void gox_loop_stop(gox_loop *loop);
/* fn runs once at least after the events of each turn, before the loop waits
 * again: for work that a whole turn shares. NULL: none. */
void gox_loop_set_turn_end(gox_loop *loop, void (*fn)(void *ctx), void *ctx);
/* Monotonic nanoseconds at the start of this turn; costs nothing. */
int64_t gox_loop_now_ns(const gox_loop *loop);
/* The longest turn of the last seconds: how long a new event may have had to
 * wait. */
int64_t gox_loop_lag_ns(const gox_loop *loop);

typedef struct gox_timer gox_timer;
gox_timer *gox_timer_new(gox_loop *loop, void (*fn)(void *ctx), void *ctx);
/* First after ms, then every repeat_ms (0: once). Starting again moves it. */
void gox_timer_start(gox_timer *timer, uint64_t ms, uint64_t repeat_ms);
void gox_timer_stop(gox_timer *timer);
void gox_timer_close(gox_timer *timer); /* NULL is fine */

typedef struct gox_signal gox_signal;
gox_signal *gox_signal_new(
        gox_loop *loop, int number, void (*fn)(void *ctx), void *ctx);
void gox_signal_close(gox_signal *signal); /* NULL is fine */

/* Runs fn on the loop thread after a send from any thread; several sends may
 * become one call. */
typedef struct gox_wakeup gox_wakeup;
gox_wakeup *gox_wakeup_new(gox_loop *loop, void (*fn)(void *ctx), void *ctx);
void gox_wakeup_send(gox_wakeup *wakeup);  /* any thread */
void gox_wakeup_close(gox_wakeup *wakeup); /* NULL is fine */

#endif
