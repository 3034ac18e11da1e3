/* SPDX-License-Identifier: Apache-2.0
 * Clients of the control socket, their requests, and the calls that wait. */
#include "manager/control.h"

#include "base/alloc.h"
#include "base/time.h"
#include "manager/control_internal.h"
#include "platform/socket.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_REQUEST_BYTES (256 * 1024)
#define BACKLOG           128
/* The longest time in which a client may not read. */
#define STALL_MS 5000

/* ---- sessions ---- */

static void close_session(struct gox__session *s)
{
    if (s->is_closing)
        return;
    s->is_closing = true;
    s->is_subscribed = s->wants_logs = false;
    gox__control_drop_waiters(s);
    gox_stream_close(s->stream);
}

static void on_closed(void *ctx)
{
    struct gox__session *s = ctx;
    struct gox_control *c = s->control;
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        c->sessions = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    c->session_count--;
    gox_frame_fini(&s->frame);
    gox_buf_fini(&s->out);
    gox_free(s->only);
    gox_free(s);
}

static void on_tick(void *ctx)
{
    struct gox_control *c = ctx;
    int64_t now = gox_time_now_ns();
    bool is_needed = false;
    for (struct gox__session *s = c->sessions; s != NULL; s = s->next) {
        if (s->is_closing || gox_stream_pending(s->stream) == 0)
            continue;
        if (now - gox_stream_stalled_at_ns(s->stream) >
                STALL_MS * GOX_NS_PER_MS)
            close_session(s);
        else
            is_needed = true;
    }
    c->is_tick_on = is_needed;
    if (is_needed)
        gox_timer_start(c->tick, 1000, 0);
}

/* Sends what is in s->out. */
void gox__control_flush(struct gox__session *s)
{
    struct gox_control *c = s->control;
    if (s->is_closing || s->out.len == 0)
        return;
    bool is_bad = gox_buf_error(&s->out) < 0 ||
                  gox_stream_write(s->stream, &s->out) < 0;
    gox_buf_reset(&s->out);
    if (is_bad || gox_stream_pending(s->stream) > GOX_CONTROL_PENDING_BYTES) {
        close_session(s);
        return;
    }
    if (gox_stream_pending(s->stream) == 0) {
        if (s->has_ended && s->waits == 0)
            close_session(s);
    } else if (!c->is_tick_on) {
        c->is_tick_on = true;
        gox_timer_start(c->tick, 1000, 0);
    }
}

void gox__control_put_error(struct gox__session *s, struct gox_slice id,
        const struct gox_error *err, const struct gox_param_error *param)
{
    struct gox_writer w;
    struct gox_reply_error reply = {
            .err = err, .param = param, .retry_after_ms = -1, .revision = -1};
    gox_writer_init(&w, &s->out);
    gox_reply_error(&w, &reply, id);
}

/* ---- requests ---- */

/* Every method's first parameter is the instance. */
static int find_instance(struct gox_call *call)
{
    const char *name = call->args[0].is_set ? call->args[0].text.data : NULL;
    call->instance = gox__manager_find(call->manager, name);
    if (call->instance != NULL)
        return 0;
    return gox_error_set(&call->err, GOX_ERR_NOT_FOUND,
            "there is no instance \"%.60s\"; manager.list lists them", name);
}

static int run(struct gox__session *s, const struct gox_request *req,
        struct gox_arena *arena, struct gox_call *call,
        struct gox_param_error *detail)
{
    struct gox_arg args[GOX_METHOD_MAX_PARAMS] = {0};
    struct gox_binding b = {.args = args, .arena = arena, .err = &call->err};
    call->method = gox_registry_find(s->control->registry, req->method);
    if (call->method == NULL)
        return gox_error_set(&call->err, GOX_ERR_METHOD,
                "there is no method %.*s; rpc.discover lists them",
                (int)(req->method.len < 80 ? req->method.len : 80),
                req->method.data);
    b.method = call->method;
    int code = gox_params_bind(&b, req->params);
    if (code < 0) {
        *detail = b.detail;
        return code;
    }
    call->args = args;
    code = find_instance(call);
    return code < 0 ? code : call->method->run(call);
}

/* The reply is made apart from s->out: events that the method itself causes go
 * there meanwhile, and must not end up within the reply. */
static void answer(struct gox__session *s, struct gox_slice line)
{
    struct gox_arena arena;
    struct gox_request req;
    struct gox_writer w;
    struct gox_buf reply, after;
    struct gox_param_error detail = {.param = ""};
    struct gox_call call = {.manager = s->control->manager,
            .session = s,
            .out = &w,
            .err = {.offset = -1},
            .after = &after};
    gox_arena_init(&arena);
    gox_buf_init(&reply, 0);
    gox_buf_init(&after, 0);
    int code = gox_request_parse(&req, line, &arena, &call.err);
    if (code == 0) {
        gox_writer_init(&w, &reply);
        gox_reply_begin(&w);
        code = run(s, &req, &arena, &call, &detail);
    }
    bool is_late = code == GOX__CALL_WAIT;
    if (is_late && !req.is_notification)
        code = gox__control_add_waiter(s, &call, req.id, &call.err);
    else if (code == 0)
        gox_reply_end(&w, req.id);
    if (code == 0 && gox_buf_error(&reply) < 0)
        code = gox_error_set(&call.err, GOX_ERR_NOMEM, "out of memory");
    if (code < 0 && !req.is_notification)
        gox__control_put_error(s, req.id, &call.err, &detail);
    else if (!is_late && !req.is_notification)
        gox_buf_put(&s->out, reply.data, reply.len);
    if ((code < 0 || !is_late) && !req.is_notification)
        gox_buf_put_byte(&s->out, '\n');
    if (after.len > 0)
        gox_buf_put(&s->out, after.data, after.len);
    gox_buf_fini(&reply);
    gox_buf_fini(&after);
    gox_arena_fini(&arena);
    /* What was reached at once (a start of what runs) is answered now. */
    if (call.instance != NULL)
        gox__control_changed(s->control->manager, call.instance);
}

static void on_data(void *ctx, const char *data, size_t len)
{
    struct gox__session *s = ctx;
    struct gox_slice line;
    enum gox_frame_result got;
    struct gox_error err;
    if (s->is_closing || gox_frame_feed(&s->frame, data, len) < 0) {
        close_session(s);
        return;
    }
    while (!s->is_closing &&
            (got = gox_frame_next(&s->frame, &line)) != GOX_FRAME_NONE) {
        if (got == GOX_FRAME_NOMEM) {
            close_session(s);
            return;
        }
        if (got == GOX_FRAME_TOO_LARGE) {
            gox_error_set(&err, GOX_ERR_TOO_LARGE,
                    "a request has at most %d bytes", MAX_REQUEST_BYTES);
            gox__control_put_error(
                    s, (struct gox_slice){"null", 4}, &err, NULL);
            gox_buf_put_byte(&s->out, '\n');
        } else {
            answer(s, line);
        }
        gox__control_flush(s);
    }
    if (!s->is_closing && gox_frame_keep(&s->frame) < 0)
        close_session(s);
}

/* One that only sends (a shell with a pipe) still gets its answers. */
static void on_end(void *ctx, int code)
{
    struct gox__session *s = ctx;
    struct gox_slice line;
    s->has_ended = true;
    if (code == 0 && !s->is_closing &&
            gox_frame_flush(&s->frame, true, &line) == GOX_FRAME_LINE) {
        answer(s, line);
        gox__control_flush(s);
    }
    if (code < 0 || gox_socket_is_gone(gox_stream_fd(s->stream)) ||
            (s->waits == 0 && gox_stream_pending(s->stream) == 0 &&
                    !s->is_subscribed))
        close_session(s);
}

static void on_drained(void *ctx)
{
    struct gox__session *s = ctx;
    if (s->has_ended && s->waits == 0 && !s->is_subscribed)
        close_session(s);
}

static void on_broken(void *ctx)
{
    close_session(ctx);
}

static const struct gox_stream_events stream_events = {.data = on_data,
        .end = on_end,
        .drained = on_drained,
        .broken = on_broken,
        .closed = on_closed};

static void on_refused_closed(void *ctx)
{
    (void)ctx;
}
static const struct gox_stream_events refused_events = {
        .closed = on_refused_closed};

/* Says why, then closes: the answer is in the socket before the end. */
static void refuse(gox_stream *own_stream)
{
    struct gox_error err;
    struct gox_buf out;
    struct gox_writer w;
    struct gox_reply_error reply = {
            .err = &err, .retry_after_ms = 1000, .revision = -1};
    gox_error_set(&err, GOX_ERR_BUSY,
            "%d clients are connected, which is the limit; try again later",
            GOX_CONTROL_CLIENTS);
    gox_buf_init(&out, 0);
    gox_writer_init(&w, &out);
    gox_reply_error(&w, &reply, (struct gox_slice){"null", 4});
    gox_buf_put_byte(&out, '\n');
    gox_stream_set_events(own_stream, &refused_events, NULL);
    int code = gox_stream_write(own_stream, &out);
    (void)code; /* a client that is gone already needs no reply */
    gox_stream_close(own_stream);
    gox_buf_fini(&out);
}

static void on_accept(void *ctx, gox_stream *own_stream)
{
    struct gox_control *c = ctx;
    struct gox__session *s = NULL;
    if (c->session_count < GOX_CONTROL_CLIENTS)
        s = gox_calloc(1, sizeof *s);
    if (s == NULL) {
        refuse(own_stream);
        return;
    }
    s->control = c;
    s->stream = own_stream;
    gox_frame_init(&s->frame, MAX_REQUEST_BYTES);
    gox_buf_init(&s->out, 0);
    s->next = c->sessions;
    if (c->sessions != NULL)
        c->sessions->previous = s;
    c->sessions = s;
    c->session_count++;
    gox_stream_set_events(own_stream, &stream_events, s);
    gox_stream_start(own_stream);
}

/* ---- notifications ---- */

void gox__control_event(gox_manager *m, enum gox_event_kind kind,
        const char *instance, const char *line, size_t len)
{
    struct gox_control *c = m->control;
    struct gox__session *next;
    for (struct gox__session *s = c != NULL ? c->sessions : NULL; s != NULL;
            s = next) {
        next = s->next;
        if (!s->is_subscribed || (s->kinds & (uint32_t)1 << kind) == 0 ||
                (s->only != NULL && strcmp(s->only, instance) != 0))
            continue;
        gox_buf_put_str(&s->out, "{\"jsonrpc\":\"2.0\",\"method\":"
                                 "\"manager.event\",\"params\":");
        gox_buf_put(&s->out, line, len);
        gox_buf_put_str(&s->out, "}\n");
        gox__control_flush(s);
    }
}

void gox__control_log_line(
        gox_manager *m, gox_instance *i, const char *line, size_t len)
{
    struct gox_control *c = m->control;
    struct gox__session *next;
    for (struct gox__session *s = c != NULL ? c->sessions : NULL; s != NULL;
            s = next) {
        struct gox_writer w;
        next = s->next;
        if (!s->wants_logs ||
                (s->only != NULL && strcmp(s->only, i->config.name) != 0))
            continue;
        gox_writer_init(&w, &s->out);
        gox_writer_object(&w, NULL);
        gox_writer_string(&w, "jsonrpc", "2.0");
        gox_writer_string(&w, "method", "manager.log");
        gox_writer_object(&w, "params");
        gox_writer_string(&w, "name", i->config.name);
        gox_writer_text(&w, "text", line, len);
        gox_writer_end_object(&w);
        gox_writer_end_object(&w);
        gox_buf_put_byte(&s->out, '\n');
        gox__control_flush(s);
    }
}

bool gox_control_is_drained(const struct gox_control *c)
{
    for (const struct gox__session *s = c->sessions; s != NULL; s = s->next)
        if (!s->is_closing && gox_stream_pending(s->stream) > 0)
            return false;
    return true;
}

/* ---- opening ---- */

struct gox_control *gox_control_adopt(gox_manager *m, const char *path,
        int own_fd, int own_lock_fd, struct gox_error *err)
{
    static const struct gox_method *const tables[] = {gox_manager_methods};
    struct gox_control *c = gox_calloc(1, sizeof *c);
    if (c == NULL) {
        close(own_fd);
        if (own_lock_fd >= 0)
            close(own_lock_fd);
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        return NULL;
    }
    c->manager = m;
    c->lock_fd = own_lock_fd;
    c->path = gox_strdup(path);
    c->registry = gox_registry_new(tables, 1);
    c->tick = gox_timer_new(m->loop, on_tick, c);
    c->listener = gox_listener_new(m->loop, own_fd, on_accept, c);
    if (c->path == NULL || c->registry == NULL || c->tick == NULL ||
            c->listener == NULL) {
        gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        gox_control_close(c, false);
        gox_control_free(c);
        return NULL;
    }
    return c;
}

struct gox_control *gox_control_open(
        gox_manager *m, const char *path, int64_t gid, struct gox_error *err)
{
    int fd, lock_fd;
    int code = gox_socket_listen_unix(path, 0600, BACKLOG, &fd, &lock_fd, err);
    if (code == GOX_ERR_EXISTS)
        gox_error_set(err, code,
                "another goxel-manager answers at %s; it is left alone", path);
    if (code < 0)
        return NULL;
    if (gid >= 0 && gox_socket_set_access(path, (uint32_t)gid, 0660, err) < 0) {
        gox_socket_unlink_unix(path, fd);
        close(fd);
        if (lock_fd >= 0)
            close(lock_fd);
        return NULL;
    }
    return gox_control_adopt(m, path, fd, lock_fd, err);
}

void gox_control_close(struct gox_control *c, bool keep_path)
{
    if (c == NULL)
        return;
    if (c->listener != NULL && c->path != NULL && !keep_path)
        gox_socket_unlink_unix(c->path, gox_listener_fd(c->listener));
    gox_listener_close(c->listener);
    for (struct gox__session *s = c->sessions; s != NULL; s = s->next)
        close_session(s);
    gox_timer_close(c->tick);
    c->listener = NULL;
    c->tick = NULL;
}

void gox_control_free(struct gox_control *c)
{
    if (c == NULL)
        return;
    gox_registry_free(c->registry);
    if (c->lock_fd >= 0)
        close(c->lock_fd);
    gox_free(c->path);
    gox_free(c);
}

int gox_control_fd(const struct gox_control *c)
{
    return gox_listener_fd(c->listener);
}

int gox_control_lock_fd(const struct gox_control *c)
{
    return c->lock_fd;
}
