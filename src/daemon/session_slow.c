/* SPDX-License-Identifier: Apache-2.0
 * Clients that hold a connection and do not go on: those that do not read their
 * answers, and those that begin a request and never end it. Looked at once a
 * second, only while there is one. */
#include "base/time.h"
#include "daemon/session.h"

static void cut_reader(gox_session *s, int64_t seconds)
{
    gox_log_put(s->daemon->log, GOX_LOG_WARN, GOX_LOG_C_SESSION,
            "a client was cut off: it read nothing for %lld s, %zu bytes wait",
            (long long)seconds, gox_stream_pending(s->out_stream));
    if (s->running != NULL && !s->running->request.is_notification)
        gox__dispatch_cancel(s->running);
    gox__session_close(s);
}

/* A large request over a slow line is not cut as long as it comes at this rate
 * (bytes a second) over all; it is bounded by the largest request. */
#define STEADY_BYTES 65536

static int64_t writer_limit_ns(const gox_session *s, int64_t limit_ns)
{
    return limit_ns + (int64_t)gox_frame_pending(&s->frame) *
                              (GOX_NS_PER_S / STEADY_BYTES);
}

static void cut_writer(gox_session *s, int64_t seconds)
{
    struct gox_error err;
    gox_error_set(&err, GOX_ERR_TIMEOUT,
            "the request was not complete after %lld s "
            "(server.timeout_seconds); the connection is closed",
            (long long)seconds);
    gox_log_put(s->daemon->log, GOX_LOG_WARN, GOX_LOG_C_SESSION,
            "a client was cut off: its request was not complete after %lld s, "
            "%zu bytes of it came",
            (long long)seconds, gox_frame_pending(&s->frame));
    struct gox_buf *out = gox__session_reply_buf(s);
    gox__dispatch_error(s->daemon, out, &err);
    gox_buf_put_byte(out, '\n');
    gox__session_finish(s);
}

void gox__session_note_begun(gox_session *s, bool is_begun)
{
    if (!is_begun || s->grant.is_trusted) {
        s->begun_at_ns = 0;
        return;
    }
    if (s->begun_at_ns == 0)
        s->begun_at_ns = gox_loop_now_ns(s->daemon->loop);
    gox__daemon_need_tick(s->daemon);
}

void gox__session_tick(gox_session *s, int64_t now_ns)
{
    int64_t seconds = s->daemon->settings.server_timeout_seconds;
    int64_t limit_ns = seconds * GOX_NS_PER_S;
    bool is_waited_for = gox_stream_pending(s->out_stream) > 0;
    if (s->is_closing || (!is_waited_for && s->begun_at_ns == 0))
        return;
    if (is_waited_for &&
            now_ns - gox_stream_stalled_at_ns(s->out_stream) >= limit_ns) {
        s->daemon->stats.slow_cut++;
        cut_reader(s, seconds);
    } else if (s->begun_at_ns != 0 &&
               now_ns - s->begun_at_ns >= writer_limit_ns(s, limit_ns)) {
        s->daemon->stats.slow_cut++;
        cut_writer(s, (now_ns - s->begun_at_ns) / GOX_NS_PER_S);
    } else {
        gox__daemon_need_tick(s->daemon);
    }
}
