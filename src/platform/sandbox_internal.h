/* SPDX-License-Identifier: Apache-2.0
 * The two halves of the sandbox on Linux. Each reports what it has done and
 * leaves the judgement to gox_sandbox_enter. */
#ifndef GOX_PLATFORM_SANDBOX_INTERNAL_H
#define GOX_PLATFORM_SANDBOX_INTERNAL_H

#include "platform/sandbox.h"

/* The version of Landlock that this kernel has, 0 for none. */
int gox__landlock_abi(void);

/* Confines files, TCP and scopes as far as the ABI in *sandbox goes, and sets
 * is_files, is_tcp, is_scoped. `missing` counts paths that are not there
 * (optional ones aside); *first_missing points to the first. 0 or errno. */
int gox__landlock_enter(struct gox_sandbox *sandbox,
        const struct gox_sandbox_spec *spec, size_t *missing,
        const char **first_missing);

/* Switches the filter on for all threads. 0 or errno. */
int gox__seccomp_enter(void);
/* Only hides io_uring. 0 or errno. */
int gox__seccomp_hide_rings(void);

#endif
