/* SPDX-License-Identifier: Apache-2.0
 * One batch under way: a sink for its requests that gathers their responses.
 *
 * Invariant: it is freed when the last of its requests has been answered. A
 * request whose client cancels it never is, which costs the batch's memory
 * until the peer goes; so a batch holds at most MAX_BATCH messages. */
#include "mcp/batch.h"

#include "base/alloc.h"

#define MAX_BATCH 100

struct batch {
    struct gox_mcp_sink out;
    struct gox_buf line;
    size_t waiting; /* responses to come, and 1 while messages are taken in */
    bool has_any;
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

static bool is_answered(const json_t *message)
{
    return !json_is_object(message) ||
           (json_object_get(message, "id") != NULL &&
                   json_object_get(message, "method") != NULL);
}

bool gox_mcp_receive_batch(
        gox_mcp_peer *peer, json_t *own_array, const struct gox_mcp_sink *sink)
{
    size_t count = json_array_size(own_array);
    struct batch *batch = gox_calloc(1, sizeof *batch);
    struct gox_mcp_sink inner = {on_line, batch, NULL};
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
        json_t *message = json_array_get(own_array, i);
        if (is_answered(message)) {
            batch->waiting++;
            has_request = true;
        }
        gox_mcp_receive_json(peer, json_incref(message), &inner, NULL);
    }
    json_decref(own_array);
    release(batch);
    return has_request;
}
