/* SPDX-License-Identifier: Apache-2.0
 * The backends, one file each; gox_backend_pick chooses. */
#ifndef GOX_MANAGER_BACKENDS_BACKENDS_H
#define GOX_MANAGER_BACKENDS_BACKENDS_H

#include "manager/backend.h"

extern const struct gox_backend gox_backend_builtin; /* instance_run.c */
extern const struct gox_backend gox_backend_systemd;
extern const struct gox_backend gox_backend_systemd_user;
extern const struct gox_backend gox_backend_launchd;
extern const struct gox_backend gox_backend_windows;
extern const struct gox_backend gox_backend_external;

#endif
