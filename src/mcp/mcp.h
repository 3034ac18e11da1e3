/* SPDX-License-Identifier: Apache-2.0
 * The program goxel-mcp. */
#ifndef GOX_MCP_MCP_H
#define GOX_MCP_MCP_H

/* Runs it; returns its exit code. */
int gox_mcp_main(int argc, char **argv);

#endif
