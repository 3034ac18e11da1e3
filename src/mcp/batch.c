/* SPDX-License-Identifier: Apache-2.0
 * One batch under way: a sink for its requests that gathers their responses.
 *
 * Invariant: it is freed when each of its requests has been answered or
 * cancelled. */
#include "mcp/batch.h"

#include "base/alloc.h"

#define MAX_BATCH 100

struct batch {
    struct gox_mcp_sink out;
    struct gox_buf line;
    size_t waiting; /* responses to come, and 1 while messages are taken in */
    bool has_any, had_drop;
};

static void release(struct batch *batch)
{
    if (--batch->waiting > 0)
        return;
    gox_buf_put_byte(&batch->line, ']');
    if (batch->has_any && batch->out.send != NULL &&
            gox_buf_error(&batch->line) == 0)
        batch->out.send(batch->out.ctx, (const char *)batch->line.data,
                batch->line.len, true, 200);
    else if (batch->had_drop && batch->out.drop != NULL)
        batch->out.drop(batch->out.ctx);
    gox_buf_fini(&batch->line);
    gox_free(batch);
}

static void on_line(
        void *ctx, const char *line, size_t len, bool is_final, int status)
{
    struct batch *batch = ctx;
    if (!is_final) {
        if (batch->out.send != NULL)
            batch->out.send(batch->out.ctx, line, len, false, status);
        return;
    }
    gox_buf_put_byte(&batch->line, batch->has_any ? ',' : '[');
    gox_buf_put(&batch->line, line, len);
    batch->has_any = true;
    release(batch);
}

static void on_drop(void *ctx)
{
    struct batch *batch = ctx;
    batch->had_drop = true;
    release(batch);
}

bool gox_mcp_receive_batch(
        gox_mcp_peer *peer, json_t *own_array, const struct gox_mcp_sink *sink)
{
    size_t count = json_array_size(own_array);
    struct batch *batch = gox_calloc(1, sizeof *batch);
    struct gox_mcp_sink inner = {on_line, batch, NULL, on_drop};
    bool has_request = false;
    if (batch == NULL || count == 0 || count > MAX_BATCH) {
        gox_mcp_send_error(sink, NULL, 400, batch == NULL ? -32603 : -32600,
                NULL,
                batch == NULL ? "out of memory"
                              : "a batch holds 1 to %d messages",
                MAX_BATCH);
        gox_free(batch);
        json_decref(own_array);
        return true;
    }
    gox_buf_init(&batch->line, 0);
    batch->out = *sink;
    batch->waiting = 1;
    for (size_t i = 0; i < count; i++) {
        json_t *message = json_incref(json_array_get(own_array, i));
        batch->waiting++;
        enum gox_mcp_kind kind =
                gox_mcp_receive_json(peer, message, &inner, NULL);
        if (kind == GOX_MCP_REQUEST || kind == GOX_MCP_INVALID)
            has_request = true;
        else
            release(batch);
    }
    json_decref(own_array);
    release(batch);
    return has_request;
}
