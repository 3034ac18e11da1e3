/* SPDX-License-Identifier: Apache-2.0
 * From one manager program to the next in the same process (--exec). */
#ifndef GOX_MANAGER_HANDOVER_H
#define GOX_MANAGER_HANDOVER_H

#include "manager/manager_internal.h"

/* Whether a program (NULL: what has our own file's name now) would serve with
 * our command line and the settings as they are: GOX_ERR_PARAMS says why not.
 */
int gox__handover_check(gox_manager *m, const char *binary,
        struct gox_error *err) GOX_MUST_CHECK;
/* Returns only when it failed; everything is then as it was. */
int gox__handover_exec(gox_manager *m, struct gox_error *err) GOX_MUST_CHECK;
/* The descriptors that were left under a name ("control" or an instance's); -1
 * for each that is not there. False: there is nothing for that name. */
bool gox__handover_read(const char *name, int *fds, size_t count);
/* All is taken: no child shall see it. */
void gox__handover_end(void);

#endif
