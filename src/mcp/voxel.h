/* SPDX-License-Identifier: Apache-2.0
 * The voxel tools, resources and prompts: what goxel-mcp is for. */
#ifndef GOX_MCP_VOXEL_H
#define GOX_MCP_VOXEL_H

#include "mcp/backend.h"
#include "mcp/server.h"

extern const struct gox_mcp_registry gox_mcp_voxel;

/* What the registry needs as `app`. */
struct gox_vox_app {
    gox_backend *backend;   /* borrowed */
    gox_mcp_server *server; /* set after it was made */
    char *project;          /* most recently named or made; NULL: none yet */
    unsigned last_copy;     /* for names of trial copies */
};

struct gox_vox_app *gox_vox_app_new(gox_backend *backend);
void gox_vox_app_free(struct gox_vox_app *app);
/* Changes reach subscribers from here on. */
void gox_vox_app_start(struct gox_vox_app *app, gox_mcp_server *server);

#endif
