/* SPDX-License-Identifier: Apache-2.0
 * From one manager program to the next in the same process (--exec). */
#ifndef GOX_MANAGER_HANDOVER_H
#define GOX_MANAGER_HANDOVER_H

#include "manager/manager_internal.h"

/* Returns only when it failed; everything is then as it was. */
int gox__handover_exec(gox_manager *m, struct gox_error *err) GOX_MUST_CHECK;
/* The descriptors that were left under a name ("control" or an instance's); -1
 * for each that is not there. False: there is nothing for that name. */
bool gox__handover_read(const char *name, int *fds, size_t count);
/* All is taken: no child shall see it. */
void gox__handover_end(void);

#endif
