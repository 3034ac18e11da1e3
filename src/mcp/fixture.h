/* SPDX-License-Identifier: Apache-2.0
 * The tools, resources and prompts that the conformance suite of the Model
 * Context Protocol calls by name: `goxel-mcp --conformance`. */
#ifndef GOX_MCP_FIXTURE_H
#define GOX_MCP_FIXTURE_H

#include "mcp/server.h"

extern const struct gox_mcp_registry gox_mcp_fixture;

#endif
