/* SPDX-License-Identifier: Apache-2.0
 * Lines between a client's pipe and the core. Nothing else is ever written to
 * the output.
 *
 * Invariant: while more than PENDING_MAX bytes wait for the client to read
 * them, nothing more is read from it, so that a slow reader costs bounded
 * memory. */
#include "mcp/stdio.h"

#include "base/alloc.h"
#include "base/time.h"
#include "loop/stream.h"
#include "mcp/batch.h"
#include "rpc/frame.h"

#include <string.h>

#define MAX_LINE_BYTES (64u << 20)
#define PENDING_MAX    (8u << 20)

struct gox_mcp_stdio {
    gox_mcp_server *server;
    gox_mcp_peer *peer;
    gox_stream *in, *out;
    struct gox_frame frame;
    struct gox_buf line;
    gox_timer *grace;
    void (*ended)(void *ctx);
    void *ctx;
    unsigned open; /* streams whose `closed` has not come */
    bool is_over, has_ended;
    int64_t end_at_ns; /* when the grace is over */
};

static void end(gox_mcp_stdio *io)
{
    if (io->has_ended)
        return;
    io->has_ended = true;
    gox_timer_stop(io->grace);
    io->ended(io->ctx);
}

static void end_if_idle(gox_mcp_stdio *io)
{
    if (io->is_over && gox_mcp_server_calls(io->server) == 0 &&
            gox_stream_pending(io->out) == 0)
        end(io);
}

static void on_send(
        void *ctx, const char *line, size_t len, bool is_final, int status)
{
    gox_mcp_stdio *io = ctx;
    (void)is_final;
    (void)status;
    if (io->has_ended)
        return;
    gox_buf_put(&io->line, line, len);
    gox_buf_put_byte(&io->line, '\n');
    if (gox_buf_error(&io->line) != 0 ||
            gox_stream_write(io->out, &io->line) != 0) {
        end(io);
        return;
    }
    if (gox_stream_pending(io->out) > PENDING_MAX)
        gox_stream_stop(io->in);
}

static void take_line(gox_mcp_stdio *io, struct gox_slice line)
{
    struct gox_mcp_sink sink = {on_send, io, NULL, NULL};
    json_t *message = gox_mcp_parse(line.data, line.len, &sink);
    const char *version = gox_mcp_peer_version(io->peer);
    if (message == NULL)
        return;
    if (json_is_array(message) && version != NULL &&
            strcmp(version, "2025-03-26") == 0)
        gox_mcp_receive_batch(io->peer, message, &sink);
    else
        gox_mcp_receive_json(io->peer, message, &sink, NULL);
}

static bool take_result(
        gox_mcp_stdio *io, enum gox_frame_result result, struct gox_slice line)
{
    struct gox_mcp_sink sink = {on_send, io, NULL, NULL};
    if (result == GOX_FRAME_NONE)
        return false;
    if (result == GOX_FRAME_LINE)
        take_line(io, line);
    else if (result == GOX_FRAME_TOO_LARGE)
        gox_mcp_send_error(&sink, NULL, 413, -32600, NULL,
                "a message is longer than %u bytes and was dropped",
                MAX_LINE_BYTES);
    else
        gox_mcp_send_error(
                &sink, NULL, 500, -32603, NULL, "out of memory for a message");
    return !io->has_ended;
}

static void on_data(void *ctx, const char *data, size_t len)
{
    gox_mcp_stdio *io = ctx;
    struct gox_slice line = {NULL, 0};
    if (gox_frame_feed(&io->frame, data, len) < 0) {
        end(io);
        return;
    }
    while (take_result(io, gox_frame_next(&io->frame, &line), line))
        ;
    if (gox_frame_keep(&io->frame) < 0)
        end(io);
}

/* Every millisecond once the input has ended: a call is counted until after its
 * last line was sent, so that the line itself cannot tell the end. */
static void on_grace(void *ctx)
{
    gox_mcp_stdio *io = ctx;
    end_if_idle(io);
    if (!io->has_ended && gox_time_now_ns() >= io->end_at_ns)
        end(io);
}

static void on_end(void *ctx, int code)
{
    gox_mcp_stdio *io = ctx;
    struct gox_slice line = {NULL, 0};
    (void)code;
    take_result(io, gox_frame_flush(&io->frame, true, &line), line);
    io->is_over = true;
    gox_mcp_server_end_listening(io->server);
    end_if_idle(io);
    io->end_at_ns = gox_time_now_ns() + GOX_MCP_STDIO_GRACE_MS * GOX_NS_PER_MS;
    if (!io->has_ended)
        gox_timer_start(io->grace, 1, 1);
}

static void on_drained(void *ctx)
{
    gox_mcp_stdio *io = ctx;
    end_if_idle(io);
    if (!io->is_over && !io->has_ended)
        gox_stream_start(io->in);
}

static void on_broken(void *ctx)
{
    end(ctx);
}

static void on_closed(void *ctx)
{
    gox_mcp_stdio *io = ctx;
    if (--io->open > 0)
        return;
    gox_frame_fini(&io->frame);
    gox_buf_fini(&io->line);
    gox_free(io);
}

static const struct gox_stream_events EVENTS = {
        .data = on_data,
        .end = on_end,
        .drained = on_drained,
        .broken = on_broken,
        .closed = on_closed,
};

gox_mcp_stdio *gox_mcp_stdio_new(gox_mcp_server *server, int own_in_fd,
        int own_out_fd, void (*ended)(void *ctx), void *ctx)
{
    gox_mcp_stdio *io = gox_calloc(1, sizeof *io);
    gox_loop *loop = gox_mcp_server_loop(server);
    struct gox_mcp_sink notify = {on_send, io, NULL, NULL};
    if (io == NULL)
        return NULL;
    io->server = server;
    io->ended = ended;
    io->ctx = ctx;
    gox_frame_init(&io->frame, MAX_LINE_BYTES);
    gox_buf_init(&io->line, 0);
    io->peer = gox_mcp_peer_new(server, &notify, false);
    io->grace = gox_timer_new(loop, on_grace, io);
    io->in = gox_stream_open(loop, own_in_fd);
    io->out = gox_stream_open(loop, own_out_fd);
    if (io->peer == NULL || io->grace == NULL || io->in == NULL ||
            io->out == NULL)
        return NULL; /* start-up: the program ends */
    io->open = 2;
    gox_stream_set_events(io->in, &EVENTS, io);
    gox_stream_set_events(io->out, &EVENTS, io);
    gox_stream_start(io->in);
    return io;
}

void gox_mcp_stdio_close(gox_mcp_stdio *io)
{
    io->has_ended = true;
    gox_timer_close(io->grace);
    gox_mcp_peer_free(io->peer);
    gox_stream_close(io->in);
    gox_stream_close(io->out);
}
