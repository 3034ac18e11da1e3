/* SPDX-License-Identifier: Apache-2.0
 * Where files are when no setting says so, by platform and user. */
#ifndef GOX_CONFIG_PLACES_H
#define GOX_CONFIG_PLACES_H

#include "base/buf.h"

#include <stdbool.h>

/* The places of one file or directory. system: root on Linux. */
struct gox_place {
    const char *name; /* of the setting; "config" for the file of settings */
    const char *system, *user, *macos, *windows;
    bool needs_daemonize; /* none in the foreground */
};
extern const struct gox_place gox_places[];
extern const size_t gox_place_count;

/* The name of this platform in `defaults` of the file. */
const char *gox_place_platform(void);
/* The place on this platform for this user, absolute. GOX_ERR_NOT_FOUND,
 * GOX_ERR_NOMEM. */
int gox_place_get(const char *name, struct gox_buf *path) GOX_MUST_CHECK;

#endif
