/* SPDX-License-Identifier: Apache-2.0
 * A helper process of the same program, joined by one socket, with as few
 * rights as it can have.
 *
 * Invariant: a child that was spawned is reaped exactly once, by
 * gox_child_end. Any thread. */
#ifndef GOX_PLATFORM_CHILD_H
#define GOX_PLATFORM_CHILD_H

#include "base/error.h"

#include <stdint.h>

struct gox_child {
    int pid;
    int fd; /* our end; the child has the other as descriptor 0 */
};

/* Runs this program with the one argument `flag`. The child gets descriptor 0
 * and no other. GOX_ERR_IO. */
int gox_child_spawn_self(struct gox_child *child, const char *flag,
        struct gox_error *err) GOX_MUST_CHECK;
/* Kills it if it still runs, reaps it, closes fd. The number of the signal that
 * ended it, or 0. */
int gox_child_end(struct gox_child *child);

/* In the child: gives up what it does not need for good. No file, socket or
 * process can be opened or made any more; memory_bytes of address space;
 * cpu_seconds of processor time. GOX_ERR_IO. */
int gox_child_confine(uint64_t memory_bytes, unsigned cpu_seconds,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
