/* SPDX-License-Identifier: Apache-2.0
 * Lines of a hostile client through framing and the MCP core, over the
 * conformance fixture, which has every kind of answer. Each line that is a
 * request gets at most one response, and the server can always be freed. */
#include "mcp/batch.h"
#include "mcp/fixture.h"
#include "rpc/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_send(
        void *ctx, const char *line, size_t len, bool is_final, int status)
{
    size_t *count = ctx;
    (void)status;
    if (memchr(line, '\n', len) != NULL)
        abort(); /* would be two messages to the client */
    *count += is_final;
}

static void take_line(gox_mcp_peer *peer, struct gox_slice line)
{
    size_t finals = 0;
    struct gox_mcp_sink sink = {on_send, &finals, NULL, NULL};
    json_t *message = gox_mcp_parse(line.data, line.len, &sink);
    if (message != NULL && json_is_array(message))
        gox_mcp_receive_batch(peer, message, &sink);
    else if (message != NULL)
        gox_mcp_receive_json(peer, message, &sink, NULL);
    if (finals > 1)
        abort();
    /* What is still under way must not write to this frame. */
    struct gox_mcp_sink silent = {NULL, NULL, NULL, NULL};
    gox_mcp_peer_set_notify(peer, &silent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gox_mcp_sink silent = {NULL, NULL, NULL, NULL};
    gox_loop *loop = gox_loop_new();
    gox_mcp_server *server = gox_mcp_server_new(loop, &gox_mcp_fixture, NULL);
    struct gox_frame frame;
    struct gox_slice line;
    if (server == NULL)
        abort();
    gox_frame_init(&frame, 65536);
    if (gox_frame_feed(&frame, (const char *)data, size) == 0) {
        enum gox_frame_result got;
        while ((got = gox_frame_next(&frame, &line)) != GOX_FRAME_NONE)
            if (got == GOX_FRAME_LINE) {
                gox_mcp_peer *peer = gox_mcp_peer_new(server, &silent, false);
                take_line(peer, line);
                gox_mcp_peer_free(peer);
            }
    }
    gox_frame_fini(&frame);
    gox_mcp_server_free(server);
    gox_loop_free(loop);
    return 0;
}
