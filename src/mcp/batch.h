/* SPDX-License-Identifier: Apache-2.0
 * Batches, which only 2025-03-26 has: several messages in one array, answered
 * by one array of responses. */
#ifndef GOX_MCP_BATCH_H
#define GOX_MCP_BATCH_H

#include "mcp/server.h"

/* Takes the array over. The responses go to the sink as one line when all are
 * there; notifications of the requests go there at once. Returns false when no
 * response will come, because the batch holds no request. */
bool gox_mcp_receive_batch(
        gox_mcp_peer *peer, json_t *own_array, const struct gox_mcp_sink *sink);

#endif
