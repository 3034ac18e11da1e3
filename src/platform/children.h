/* SPDX-License-Identifier: Apache-2.0
 * A quick look for children that nobody watches: most ends of a process leave
 * none behind, and a walk through all processes of the machine to learn that
 * costs more than a restart. */
#ifndef GOX_PLATFORM_CHILDREN_H
#define GOX_PLATFORM_CHILDREN_H

#include "platform/process.h"

/* False only when it is certain that this program has no child (also adopted
 * orphans, when it is their reaper) besides those of the set that still run.
 * For a program with one thread; reaps nothing. */
bool gox_process_has_strangers(const struct gox_process_set *set);

#endif
