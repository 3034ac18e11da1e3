/* SPDX-License-Identifier: Apache-2.0
 * The link between this program and a manager. */
#ifndef GOX_MANAGER_LIBRARY_LINK_INTERNAL_H
#define GOX_MANAGER_LIBRARY_LINK_INTERNAL_H

#include "goxel/manager.h"

struct gox_manager_link {
    gox_client *client;
    char *socket, *control, *instance; /* owned; instance may be NULL */
    bool was_started;
    bool is_retrying;
    uint64_t seen; /* the last stored event that fn was told */
    gox_manager_event_fn *fn;
    void *ctx;
};

/* Fills in both paths. */
int gox__link_places(gox_manager_link *link,
        const struct gox_manager_config *config, struct gox_error *err);
/* Starts goxel-manager in the background and connects to it. */
int gox__link_start(gox_manager_link *link,
        const struct gox_manager_config *config, int timeout_ms,
        struct gox_error *err);

#endif
