/* SPDX-License-Identifier: Apache-2.0
 * The helper process that brings a daemon up: `goxel-mcp --start-daemon PATH`.
 * It may wait, which the server may not. */
#ifndef GOX_MCP_STARTER_H
#define GOX_MCP_STARTER_H

#include <stdbool.h>
#include <stddef.h>

#define GOX_MCP_STARTER_FLAG "--start-daemon"

/* Asks the manager for the daemon at socket_path, after starting a manager when
 * none answers. Where goxel-manager is not installed, this process becomes the
 * daemon. Returns an exit code: 0 it serves, 78 its configuration is wrong, 1
 * anything else (told on standard error). */
int gox_mcp_starter_main(const char *socket_path);

/* goxel-daemon: from the environment, beside our own program, else its name. */
void gox_mcp_find_daemon(char *path, size_t size);

/* Ends the daemon and the manager of the socket; waits at most 2 s. */
void gox_mcp_stop_daemon(const char *socket_path);

#endif
