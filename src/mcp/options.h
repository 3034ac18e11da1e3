/* SPDX-License-Identifier: Apache-2.0
 * The command line of goxel-mcp. */
#ifndef GOX_MCP_OPTIONS_H
#define GOX_MCP_OPTIONS_H

#include <stdbool.h>

struct gox_mcp_options {
    const char *socket;       /* of the daemon; NULL: where it usually is */
    const char *http;         /* "ADDRESS:PORT", NULL: stdio */
    const char *token_file;   /* bearer tokens; NULL: none asked for */
    const char *allow_origin; /* besides those of this machine; NULL: none */
    int timeout_ms;           /* of one call to the daemon */
    bool is_conformance, may_start, stops_daemon;
    /* Where texts of the file are kept; the pointers above may point here. */
    char place[96], tokens[4096], origins[1024];
};

/* Reads the arguments and the environment. -1: go on; else the exit code. */
int gox_mcp_options_read(
        struct gox_mcp_options *options, int argc, char **argv);

/* Fills in what the daemon's settings say and the arguments left open. The
 * same results. */
int gox_mcp_options_read_file(struct gox_mcp_options *options);

#endif
