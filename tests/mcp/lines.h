/* SPDX-License-Identifier: Apache-2.0
 * A client in memory for tests of the protocol core: what the server sends is
 * gathered, parsed and asked for by id. */
#ifndef TESTS_MCP_LINES_H
#define TESTS_MCP_LINES_H

#include "mcp/server.h"

struct lines {
    json_t *sent; /* all messages, in order */
    int status;   /* of the last final one */
    int finals;
};

void lines_init(struct lines *lines);
void lines_fini(struct lines *lines);
struct gox_mcp_sink lines_sink(struct lines *lines);
/* The message with this id, NULL: none. Borrowed. */
const json_t *lines_find(const struct lines *lines, json_int_t id);
/* How many notifications of this method there are. */
size_t lines_count(const struct lines *lines, const char *method);

#endif
