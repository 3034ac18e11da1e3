/* SPDX-License-Identifier: Apache-2.0
 * All groups of methods, in the order shown to people. */
#include "daemon/api/groups.h"

#include "daemon/daemon_internal.h"

const struct gox_method *const gox_api_groups[] = {
        gox_api_projects,
        gox_api_files,
        gox_api_render,
        gox_api_voxels,
        gox_api_shapes,
        gox_api_transform,
        gox_api_layers,
        gox_api_batch,
        gox_api_read,
        gox_api_analyze,
        gox_api_slices,
        gox_api_history,
        gox_api_store,
        gox_api_subscribe,
        gox_api_script,
        gox_api_core,
        gox_api_health,
        gox_api_access,
        gox_api_config,
};
const size_t gox_api_group_count =
        sizeof gox_api_groups / sizeof gox_api_groups[0];
