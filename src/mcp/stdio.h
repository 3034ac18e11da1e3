/* SPDX-License-Identifier: Apache-2.0
 * The stdio transport: one JSON text a line in and out, for one client. */
#ifndef GOX_MCP_STDIO_H
#define GOX_MCP_STDIO_H

#include "mcp/server.h"

typedef struct gox_mcp_stdio gox_mcp_stdio;

/* Takes over both descriptors. ended comes once, after the input ended and what
 * was asked before has been answered, or GOX_MCP_STDIO_GRACE_MS later. NULL: no
 * memory. */
gox_mcp_stdio *gox_mcp_stdio_new(gox_mcp_server *server, int own_in_fd,
        int own_out_fd, void (*ended)(void *ctx), void *ctx);
void gox_mcp_stdio_close(gox_mcp_stdio *io);

/* A client that closes our input wants us gone; what is under way gets this
 * long. */
#define GOX_MCP_STDIO_GRACE_MS 12

#endif
