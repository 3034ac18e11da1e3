/* SPDX-License-Identifier: Apache-2.0
 * The Streamable HTTP transport at /mcp: stateless for 2026-07-28, with
 * sessions for the revisions before it. */
#ifndef GOX_MCP_HTTP_H
#define GOX_MCP_HTTP_H

#include "mcp/server.h"

typedef struct gox_mcp_http gox_mcp_http;

struct gox_mcp_http_options {
    const char *place;        /* "ADDRESS:PORT", either may be missing */
    const char *token_file;   /* NULL: none is asked for */
    const char *allow_origin; /* hosts, separated by blanks; NULL: none */
};

/* Listens. GOX_ERR_PARAMS for a place that makes no sense or is open to others
 * without tokens, GOX_ERR_IO, GOX_ERR_UNSUPPORTED, GOX_ERR_NOMEM. */
int gox_mcp_http_open(gox_mcp_server *server,
        const struct gox_mcp_http_options *options, gox_mcp_http **http,
        struct gox_error *err) GOX_MUST_CHECK;
/* Before gox_mcp_server_free. NULL is fine. */
void gox_mcp_http_close(gox_mcp_http *http);
/* "127.0.0.1:8787", borrowed. */
const char *gox_mcp_http_place(const gox_mcp_http *http);

#endif
