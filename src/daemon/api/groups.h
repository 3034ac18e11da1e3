/* SPDX-License-Identifier: Apache-2.0
 * The groups of methods; each is one file with one table that ends with a row
 * without a name. groups.c lists them in the order shown to people. */
#ifndef GOX_DAEMON_API_GROUPS_H
#define GOX_DAEMON_API_GROUPS_H

#include "rpc/method.h"

extern const struct gox_method gox_api_core[];
extern const struct gox_method gox_api_health[];
extern const struct gox_method gox_api_access[];
extern const struct gox_method gox_api_config[];
extern const struct gox_method gox_api_projects[];
extern const struct gox_method gox_api_files[];
extern const struct gox_method gox_api_voxels[];
extern const struct gox_method gox_api_shapes[];
extern const struct gox_method gox_api_transform[];
extern const struct gox_method gox_api_layers[];
extern const struct gox_method gox_api_batch[];
extern const struct gox_method gox_api_read[];
extern const struct gox_method gox_api_analyze[];
extern const struct gox_method gox_api_slices[];
extern const struct gox_method gox_api_history[];
extern const struct gox_method gox_api_render[];
extern const struct gox_method gox_api_store[];
extern const struct gox_method gox_api_subscribe[];
extern const struct gox_method gox_api_script[];

#endif
