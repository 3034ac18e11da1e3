/* SPDX-License-Identifier: Apache-2.0
 * Commands that are run when something happens. Each gets the event as JSON in
 * GOXEL_EVENT_JSON, its name in GOXEL_EVENT and the instance in GOXEL_INSTANCE.
 *
 * Invariants: a hook never delays the supervision: few run at a time, the rest
 * wait in a bounded queue, and one that runs too long is killed with all that
 * it started. */
#ifndef GOX_MANAGER_HOOKS_H
#define GOX_MANAGER_HOOKS_H

#include "manager/events.h"
#include "platform/process.h"

#define GOX_HOOKS_RUNNING 4
#define GOX_HOOKS_WAITING 64

struct gox_hook {
    uint32_t kinds;       /* bits of 1 << enum gox_event_kind */
    char *command;        /* for /bin/sh -c; owned */
    const char *instance; /* events of this one only; borrowed; NULL: all */
};

struct gox_hooks;
struct gox_manager;

/* hooks: borrowed. NULL: no memory. */
struct gox_hooks *gox_hooks_new(struct gox_manager *m,
        const struct gox_hook *hooks, size_t count, int64_t limit_ms);
void gox_hooks_free(struct gox_hooks *h); /* NULL is fine */
void gox_hooks_on_event(struct gox_hooks *h, enum gox_event_kind kind,
        const char *instance, const char *line, size_t len);
/* Puts the processes that run into items; at most GOX_HOOKS_RUNNING. */
size_t gox_hooks_processes(struct gox_hooks *h, struct gox_process **items);
/* After reaping. */
void gox_hooks_look(struct gox_hooks *h);

/* Nothing runs and nothing waits. */
bool gox_hooks_is_idle(const struct gox_hooks *h);

struct gox_hooks_stats {
    uint64_t started, failed, killed, dropped;
};
void gox_hooks_get_stats(
        const struct gox_hooks *h, struct gox_hooks_stats *stats);

#endif
