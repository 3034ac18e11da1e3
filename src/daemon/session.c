/* SPDX-License-Identifier: Apache-2.0
 * A client's bytes to messages, and replies back. All replies of one turn of
 * the loop leave in one write at its end (turn.h).
 *
 * Flow control: while a request is under way, or while replies wait to be read,
 * no further request begins; input is read on up to INPUT_WAIT_BYTES, so that
 * rpc.cancel is seen, and then left to the kernel. */
#include "daemon/session.h"

#include "base/alloc.h"
#include "base/time.h"
#include "daemon/subscribe.h"
#include "platform/socket.h"

#include <string.h>

#define INPUT_WAIT_BYTES   (1u << 20)
#define OUTPUT_FLUSH_BYTES (256u << 10)
#define OUTPUT_WAIT_BYTES  (1u << 20)
#define GRACE_NS           (60 * GOX_NS_PER_MS)

/* ---- output ---- */

/* What an idle connection may keep of each of its two buffers. */
static size_t keep_bytes(const gox_daemon *d)
{
    return (size_t)d->settings.performance_message_buffer_size_kb << 10;
}

void gox__session_configure(gox_session *s)
{
    const gox_daemon *d = s->daemon;
    s->frame.max_bytes = (size_t)d->settings.security_max_request_size_mb << 20;
    s->frame.keep_bytes = keep_bytes(d);
}

/* Adds nothing: only sends what is there. */
static void flush(gox_session *s)
{
    int code = gox_buf_error(&s->out);
    if (s->out.len == 0 && code == 0)
        return;
    gox_metrics_add_out(&s->daemon->metrics, s->out.len);
    if (code == 0 && !s->is_gone)
        code = gox_stream_write(s->out_stream, &s->out);
    gox_buf_reset(&s->out);
    s->out.max_bytes = 0;
    if (s->out.capacity > keep_bytes(s->daemon))
        gox_buf_fini(&s->out);
    if (code < 0)
        s->is_gone = true;
    else if (gox_stream_pending(s->out_stream) > 0)
        gox__daemon_need_tick(s->daemon);
}

struct gox_buf *gox__session_reply_buf(gox_session *s)
{
    struct gox_buf *out = s->batch != NULL ? &s->batch->out : &s->out;
    out->max_bytes = 0;
    return out;
}

/* ---- input ---- */

static bool is_batch(struct gox_slice line)
{
    size_t i = 0;
    while (i < line.len && strchr(" \t\r", line.data[i]) != NULL)
        i++;
    return i < line.len && line.data[i] == '[';
}

/* One message. */
static void take_line(gox_session *s, struct gox_slice line)
{
    if (is_batch(line)) {
        gox__session_batch_begin(s, line);
        return;
    }
    size_t before = s->out.len;
    if (gox__dispatch(s, line) && s->out.len > before)
        gox_buf_put_byte(&s->out, '\n');
}

static void put_too_large(gox_session *s)
{
    struct gox_error err;
    gox_error_set(&err, GOX_ERR_TOO_LARGE,
            "a request has at most %lld MiB (security.max_request_size_mb); "
            "this one was dropped",
            (long long)s->daemon->settings.security_max_request_size_mb);
    gox__dispatch_error(s->daemon, gox__session_reply_buf(s), &err);
    gox_buf_put_byte(&s->out, '\n');
}

static bool must_pause(gox_session *s)
{
    if (s->running != NULL || s->is_gone)
        return true;
    if (s->out.len > OUTPUT_FLUSH_BYTES) {
        s->wants_more = true;
        return true;
    }
    s->is_full = gox_stream_pending(s->out_stream) > OUTPUT_WAIT_BYTES;
    return s->is_full || s->is_gone;
}

/* Takes one message off the input; false when there is none. */
static bool take_next(gox_session *s)
{
    struct gox_slice line;
    enum gox_frame_result result = gox_frame_next(&s->frame, &line);
    if (result == GOX_FRAME_NONE && s->has_ended)
        result = gox_frame_flush(&s->frame, true, &line);
    if (result == GOX_FRAME_NONE)
        return false;
    s->begun_at_ns = 0;
    if (result == GOX_FRAME_LINE)
        take_line(s, line);
    else
        put_too_large(s);
    return true;
}

/* An incomplete line may be a whole text of a client that sends no newline. */
static void note_tail(gox_session *s)
{
    if (gox_frame_pending(&s->frame) == 0 || s->running != NULL || s->is_full ||
            s->wants_more) {
        s->tail_at_ns = 0;
        gox__session_note_begun(s, false);
        return;
    }
    gox__session_note_begun(s, true);
    s->tail_at_ns = gox_loop_now_ns(s->daemon->loop);
    gox__daemon_need_grace(s->daemon);
}

/* What to do about reading and ending, after anything has changed. */
static void settle(gox_session *s)
{
    if (s->is_gone) {
        gox__session_close(s);
        return;
    }
    if (s->is_ready)
        return; /* when the turn ends */
    if (s->has_ended && s->running == NULL && !s->is_full &&
            gox_frame_pending(&s->frame) == 0) {
        if (gox_stream_pending(s->out_stream) == 0)
            gox__session_close(s);
        return;
    }
    if ((s->running != NULL || s->is_full) &&
            gox_frame_pending(&s->frame) > INPUT_WAIT_BYTES)
        gox_stream_stop(s->in);
    else if (!s->has_ended)
        gox_stream_start(s->in);
}

/* Answers what is there and sends the replies. */
static void process(gox_session *s)
{
    if (s->in_process || s->is_closing)
        return;
    s->in_process = true;
    while (!must_pause(s) && take_next(s))
        ;
    if (s->out.len > 0 || gox_buf_error(&s->out) < 0)
        gox__daemon_turn_need_flush(s);
    if (gox_frame_keep(&s->frame) < 0)
        s->is_gone = true;
    note_tail(s);
    s->in_process = false;
    settle(s);
}

void gox__session_end_turn(gox_session *s)
{
    flush(s);
    if (s->is_closing)
        return;
    if (s->wants_more) {
        s->wants_more = false;
        process(s);
    }
    settle(s);
}

void gox__session_resume(gox_session *s)
{
    if (s->is_closing)
        return;
    if (s->batch != NULL) {
        if (!gox__session_batch_resume(s)) {
            gox__session_look_for_cancel(s);
            return;
        }
    } else if (s->out.len > 0 && s->out.data[s->out.len - 1] == '}') {
        gox_buf_put_byte(&s->out, '\n');
    }
    process(s);
    gox__session_look_for_cancel(s);
}

/* ---- events ---- */

static void on_data(void *ctx, const char *data, size_t len)
{
    gox_session *s = ctx;
    if (s->is_closing)
        return;
    gox_metrics_add_in(&s->daemon->metrics, len);
    if (gox_frame_feed(&s->frame, data, len) < 0) {
        s->is_gone = true;
        settle(s);
        return;
    }
    process(s);
    gox__session_look_for_cancel(s);
}

static void on_end(void *ctx, int code)
{
    gox_session *s = ctx;
    struct gox_call_internal *c = s->running;
    s->has_ended = true;
    /* Half a close says "answer what I sent"; a whole one says that nobody
     * listens, so long work for an answer is given up. */
    if (s->in == s->out_stream &&
            (code < 0 || gox_socket_is_gone(gox_stream_fd(s->in)))) {
        if (c != NULL && !c->request.is_notification)
            gox__dispatch_cancel(c);
        if (s->is_closing)
            return;
    }
    process(s);
}

static void on_drained(void *ctx)
{
    gox_session *s = ctx;
    if (s->is_closing)
        return;
    gox__subscriptions_pump(s);
    process(s);
}

static void on_broken(void *ctx)
{
    gox_session *s = ctx;
    s->is_gone = true;
    if (s->running != NULL && !s->running->request.is_notification)
        gox__dispatch_cancel(s->running);
    if (!s->is_closing)
        settle(s);
}

void gox__session_set_project(gox_session *s, gox_project *project)
{
    gox_project *old = s->project;
    s->project = project;
    if (project != NULL) {
        gox_project_ref(project);
        project->sessions++;
    }
    if (old != NULL)
        old->sessions--;
    gox_project_unref(old);
}

static void on_closed(void *ctx)
{
    gox_session *s = ctx;
    gox_daemon *d = s->daemon;
    if (--s->open_streams > 0)
        return;
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        d->sessions = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    d->session_count--;
    gox__daemon_turn_forget(s);
    gox__session_set_project(s, NULL);
    gox_free(s->wanted);
    gox__subscriptions_free(s->subs);
    gox_frame_fini(&s->frame);
    gox_buf_fini(&s->out);
    if (s->batch != NULL)
        gox__session_batch_free(s->batch);
    gox_free(s);
    gox__daemon_check_stop(d);
}

static const struct gox_stream_events events = {.data = on_data,
        .end = on_end,
        .drained = on_drained,
        .broken = on_broken,
        .closed = on_closed};

gox_session *gox__session_new(
        gox_daemon *d, gox_stream *own_in, gox_stream *own_out)
{
    gox_session *s = gox_calloc(1, sizeof *s);
    if (s == NULL) {
        gox_stream_close(own_in);
        if (own_out != own_in)
            gox_stream_close(own_out);
        return NULL;
    }
    s->daemon = d;
    s->in = own_in;
    s->out_stream = own_out;
    s->open_streams = own_in == own_out ? 1 : 2;
    gox_buf_init(&s->out, 0);
    gox_frame_init(&s->frame, 0);
    gox__session_configure(s);
    s->next = d->sessions;
    if (s->next != NULL)
        s->next->prev = s;
    d->sessions = s;
    d->session_count++;
    s->number = ++d->stats.connections;
    gox_stream_set_events(own_in, &events, s);
    gox_stream_set_events(own_out, &events, s);
    gox_stream_start(own_in);
    return s;
}

void gox__session_close(gox_session *s)
{
    if (s->is_closing)
        return;
    s->is_closing = true;
    if (s->running != NULL) {
        s->running->call.session = NULL;
        s->running = NULL;
    }
    gox_stream_close(s->in);
    if (s->out_stream != s->in)
        gox_stream_close(s->out_stream);
}

void gox__session_finish(gox_session *s)
{
    if (s->is_closing)
        return;
    gox_stream_stop(s->in);
    s->has_ended = true;
    /* Requests that have not begun are not begun any more. */
    gox_frame_fini(&s->frame);
    s->is_full = false;
    s->wants_more = false;
    if (s->out.len > 0)
        gox__daemon_turn_need_flush(s);
    settle(s);
}

void gox__session_grace(gox_session *s, int64_t now_ns)
{
    struct gox_slice line;
    if (s->tail_at_ns == 0 || s->is_closing || s->running != NULL)
        return;
    if (now_ns - s->tail_at_ns < GRACE_NS) {
        gox__daemon_need_grace(s->daemon);
        return;
    }
    s->tail_at_ns = 0;
    if (gox_frame_flush(&s->frame, false, &line) != GOX_FRAME_LINE)
        return;
    take_line(s, line);
    process(s);
}

void gox__session_progress(gox_session *s)
{
    struct gox_call_internal *c = s->running;
    if (c == NULL || !c->wants_progress || c->request.is_notification ||
            s->is_once)
        return;
    unsigned permille = atomic_load(&c->call.task.permille);
    if (permille == c->told_permille)
        return;
    c->told_permille = permille;
    struct gox_writer w;
    gox_writer_init(&w, &s->out);
    gox_writer_object(&w, NULL);
    gox_writer_string(&w, "jsonrpc", "2.0");
    gox_writer_string(&w, "method", "goxel.progress");
    gox_writer_object(&w, "params");
    gox_writer_raw(&w, "id", c->request.id.data, c->request.id.len);
    gox_writer_number(&w, "fraction", permille / 1000.0);
    gox_writer_end_object(&w);
    gox_writer_end_object(&w);
    gox_buf_put_byte(&s->out, '\n');
    gox__daemon_turn_need_flush(s);
}
