/* SPDX-License-Identifier: Apache-2.0
 * Connections on uv_pipe_t. Reading goes into the loop's one buffer; writing is
 * tried at once and only what is left becomes a uv_write.
 *
 * A plain file is no stream to libuv (epoll refuses it), so standard input from
 * a file is read by an idle handle, and standard output to one is written
 * directly: files never make a writer wait for a reader. */
#include "loop/stream.h"

#include "base/alloc.h"
#include "base/io.h"
#include "base/time.h"
#include "loop/loop_internal.h"

#include <errno.h>
#include <unistd.h>

struct gox_stream {
    gox_loop *loop;
    union {
        uv_pipe_t pipe;
        uv_idle_t idle;
        uv_handle_t handle;
    } uv;
    int file_fd;                        /* a plain file; else -1 */
    const struct gox_stream_sink *sink; /* no descriptor at all; else NULL */
    void *sink_ctx;
    bool is_reading, has_ended, is_closing, is_broken;
    size_t pending;      /* bytes in uv_write requests */
    size_t queue_seen;   /* libuv's queue size when last looked at */
    int64_t moved_at_ns; /* when it last became smaller */
    const struct gox_stream_events *events;
    void *ctx;
};

/* Bytes that wait for room. */
struct write {
    uv_write_t uv;
    gox_stream *stream;
    struct gox_buf buf;
};

static void tell_end(gox_stream *s, int code)
{
    if (s->has_ended)
        return;
    s->has_ended = true;
    gox_stream_stop(s);
    s->events->end(s->ctx, code);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    gox_stream *s = handle->data;
    (void)hint;
    buf->base = s->loop->read_buffer;
    buf->len = GOX__LOOP_READ_BYTES;
}

static void on_read(uv_stream_t *handle, ssize_t got, const uv_buf_t *buf)
{
    gox_stream *s = handle->data;
    if (got > 0)
        s->events->data(s->ctx, buf->base, (size_t)got);
    else if (got == UV_EOF)
        tell_end(s, 0);
    else if (got < 0)
        tell_end(s, got == UV_ECONNRESET ? GOX_ERR_CLOSED : GOX_ERR_IO);
}

static void on_file_idle(uv_idle_t *handle)
{
    gox_stream *s = handle->data;
    ssize_t got = read(s->file_fd, s->loop->read_buffer, GOX__LOOP_READ_BYTES);
    if (got > 0)
        s->events->data(s->ctx, s->loop->read_buffer, (size_t)got);
    else if (got == 0 || errno != EINTR)
        tell_end(s, got == 0 ? 0 : GOX_ERR_IO);
}

static gox_stream *stream_new(gox_loop *loop, bool is_file)
{
    gox_stream *s = gox_calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->loop = loop;
    s->file_fd = -1;
    if (is_file)
        uv_idle_init(&loop->uv, &s->uv.idle);
    else
        uv_pipe_init(&loop->uv, &s->uv.pipe, 0);
    s->uv.handle.data = s;
    return s;
}

static void free_stream(uv_handle_t *handle)
{
    gox_free(handle->data);
}

gox_stream *gox_stream_open(gox_loop *loop, int own_fd)
{
    uv_handle_type type = uv_guess_handle(own_fd);
    bool is_file = type == UV_FILE || type == UV_UNKNOWN_HANDLE;
    gox_stream *s = stream_new(loop, is_file);
    if (s == NULL) {
        close(own_fd);
        return NULL;
    }
    if (is_file) {
        s->file_fd = own_fd;
        return s;
    }
    if (uv_pipe_open(&s->uv.pipe, own_fd) != 0) {
        close(own_fd);
        uv_close(&s->uv.handle, free_stream);
        return NULL;
    }
    return s;
}

gox_stream *gox_stream_open_sink(
        gox_loop *loop, const struct gox_stream_sink *sink, void *ctx)
{
    gox_stream *s = stream_new(loop, true);
    if (s == NULL)
        return NULL;
    s->sink = sink;
    s->sink_ctx = ctx;
    return s;
}

void gox_stream_set_events(
        gox_stream *s, const struct gox_stream_events *events, void *ctx)
{
    s->events = events;
    s->ctx = ctx;
}

void gox_stream_start(gox_stream *s)
{
    if (s->is_reading || s->has_ended || s->is_closing)
        return;
    s->is_reading = true;
    if (s->sink != NULL)
        return;
    if (s->file_fd >= 0)
        uv_idle_start(&s->uv.idle, on_file_idle);
    else if (uv_read_start((uv_stream_t *)&s->uv.pipe, on_alloc, on_read) != 0)
        s->is_reading = false;
}

void gox_stream_stop(gox_stream *s)
{
    if (!s->is_reading || s->is_closing)
        return;
    s->is_reading = false;
    if (s->sink != NULL)
        return;
    if (s->file_fd >= 0)
        uv_idle_stop(&s->uv.idle);
    else
        uv_read_stop((uv_stream_t *)&s->uv.pipe);
}

static void tell_broken(gox_stream *s)
{
    if (s->is_broken || s->is_closing)
        return;
    s->is_broken = true;
    s->events->broken(s->ctx);
}

void gox_stream_feed(gox_stream *s, const char *data, size_t len)
{
    if (!s->has_ended && !s->is_closing)
        s->events->data(s->ctx, data, len);
}

void gox_stream_feed_end(gox_stream *s)
{
    if (!s->is_closing)
        tell_end(s, 0);
}

void gox_stream_feed_broken(gox_stream *s)
{
    tell_broken(s);
}

static void on_write(uv_write_t *req, int status)
{
    struct write *w = req->data;
    gox_stream *s = w->stream;
    s->pending -= w->buf.len;
    s->moved_at_ns = gox_time_now_ns();
    gox_buf_fini(&w->buf);
    gox_free(w);
    if (s->is_closing)
        return;
    if (status < 0)
        tell_broken(s);
    else if (s->pending == 0)
        s->events->drained(s->ctx);
}

static int write_file(gox_stream *s, struct gox_buf *buf)
{
    bool is_out = gox_write_all(s->file_fd, buf->data, buf->len) == buf->len;
    return is_out ? 0 : GOX_ERR_CLOSED;
}

/* Takes buf over, of which `done` bytes are written. */
static int write_later(gox_stream *s, struct gox_buf *buf, size_t done)
{
    struct write *w = gox_malloc(sizeof *w);
    if (w == NULL)
        return GOX_ERR_NOMEM;
    w->stream = s;
    w->buf = *buf;
    w->uv.data = w;
    uv_buf_t rest = {(char *)buf->data + done, buf->len - done};
    if (s->pending == 0)
        s->moved_at_ns = gox_time_now_ns();
    s->pending += w->buf.len;
    if (uv_write(&w->uv, (uv_stream_t *)&s->uv.pipe, &rest, 1, on_write) != 0) {
        s->pending -= w->buf.len;
        gox_free(w);
        return GOX_ERR_CLOSED;
    }
    gox_buf_init(buf, buf->max_bytes);
    return 0;
}

int gox_stream_write(gox_stream *s, struct gox_buf *buf)
{
    int code = 0;
    if (s->is_closing || s->is_broken)
        code = GOX_ERR_CLOSED;
    else if (s->sink != NULL)
        code = s->sink->put(s->sink_ctx, buf->data, buf->len);
    else if (s->file_fd >= 0)
        code = write_file(s, buf);
    else if (s->pending == 0) {
        uv_buf_t all = {(char *)buf->data, buf->len};
        int put = uv_try_write((uv_stream_t *)&s->uv.pipe, &all, 1);
        if (put == UV_EAGAIN)
            put = 0;
        if (put < 0)
            code = GOX_ERR_CLOSED;
        else if ((size_t)put < buf->len)
            code = write_later(s, buf, (size_t)put);
    } else {
        code = write_later(s, buf, 0);
    }
    gox_buf_reset(buf);
    return code;
}

size_t gox_stream_pending(const gox_stream *s)
{
    return s->pending;
}

int64_t gox_stream_stalled_at_ns(gox_stream *s)
{
    if (s->file_fd < 0 && s->sink == NULL) {
        size_t queued = uv_stream_get_write_queue_size(
                (const uv_stream_t *)&s->uv.pipe);
        if (queued < s->queue_seen)
            s->moved_at_ns = gox_time_now_ns();
        s->queue_seen = queued;
    }
    return s->moved_at_ns;
}

int gox_stream_fd(const gox_stream *s)
{
    uv_os_fd_t fd = -1;
    if (s->file_fd >= 0 || s->sink != NULL)
        return s->file_fd;
    return uv_fileno(&s->uv.handle, &fd) == 0 ? fd : -1;
}

static void on_closed(uv_handle_t *handle)
{
    gox_stream *s = handle->data;
    if (s->file_fd >= 0)
        close(s->file_fd);
    if (s->events != NULL)
        s->events->closed(s->ctx);
    if (s->sink != NULL)
        s->sink->closed(s->sink_ctx);
    gox_free(s);
}

void gox_stream_close(gox_stream *s)
{
    if (s->is_closing)
        return;
    s->is_closing = true;
    uv_close(&s->uv.handle, on_closed);
}

struct gox_listener {
    uv_pipe_t uv;
    gox_loop *loop;
    void (*accept)(void *ctx, gox_stream *own_stream);
    void *ctx;
};

static void on_connection(uv_stream_t *handle, int status)
{
    gox_listener *l = handle->data;
    if (status < 0)
        return;
    gox_stream *s = stream_new(l->loop, false);
    if (s == NULL)
        return;
    if (uv_accept(handle, (uv_stream_t *)&s->uv.pipe) != 0) {
        uv_close(&s->uv.handle, free_stream);
        return;
    }
    l->accept(l->ctx, s);
}

gox_listener *gox_listener_new(gox_loop *loop, int own_fd,
        void (*accept)(void *ctx, gox_stream *own_stream), void *ctx)
{
    gox_listener *l = gox_calloc(1, sizeof *l);
    if (l == NULL) {
        close(own_fd);
        return NULL;
    }
    l->loop = loop;
    l->accept = accept;
    l->ctx = ctx;
    uv_pipe_init(&loop->uv, &l->uv, 0);
    l->uv.data = l;
    if (uv_pipe_open(&l->uv, own_fd) != 0) {
        close(own_fd);
        gox_listener_close(l);
        return NULL;
    }
    if (uv_listen((uv_stream_t *)&l->uv, 1024, on_connection) != 0) {
        gox_listener_close(l);
        return NULL;
    }
    return l;
}

int gox_listener_fd(const gox_listener *l)
{
    uv_os_fd_t fd = -1;
    return uv_fileno((const uv_handle_t *)&l->uv, &fd) == 0 ? fd : -1;
}

static void free_listener(uv_handle_t *handle)
{
    gox_free(handle->data);
}

void gox_listener_close(gox_listener *l)
{
    if (l != NULL)
        uv_close((uv_handle_t *)&l->uv, free_listener);
}
