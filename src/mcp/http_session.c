/* SPDX-License-Identifier: Apache-2.0
 * Sessions of the revisions before 2026, their GET stream, and their end. */
#include "base/alloc.h"
#include "base/time.h"
#include "mcp/http_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define MAX_SESSIONS 1000
#define IDLE_NS      (60 * 60 * GOX_NS_PER_S)

static void on_notice(
        void *ctx, const char *line, size_t len, bool is_final, int status)
{
    struct gox__mcp_session *session = ctx;
    (void)is_final;
    (void)status;
    if (session->stream == NULL)
        return;
    if (gox_http_write_event(session->stream, "message", NULL, line, len) == 0)
        return;
    gox_http_abort(session->stream);
    session->stream = NULL;
}

void gox__mcp_session_free(struct gox__mcp_session *session)
{
    gox_mcp_http *http = session->http;
    struct gox__mcp_session **at = &http->sessions;
    struct gox__mcp_exchange *x;
    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    http->session_count--;
    if (session->stream != NULL)
        gox_http_end(session->stream);
    /* Its calls end without an answer. */
    gox_mcp_peer_free(session->peer);
    x = http->exchanges;
    while (x != NULL) {
        struct gox__mcp_exchange *next = x->next;
        if (x->session == session) {
            if (x->req != NULL)
                gox_http_abort(x->req);
            gox__mcp_exchange_free(x);
        }
        x = next;
    }
    gox_free(session);
}

/* The longest unused one, when it is idle long enough or room is needed. */
static void expire(gox_mcp_http *http)
{
    struct gox__mcp_session *oldest = NULL, *s = http->sessions;
    for (; s != NULL; s = s->next)
        if (s->stream == NULL &&
                (oldest == NULL || s->used_at_ns < oldest->used_at_ns))
            oldest = s;
    if (oldest != NULL &&
            (http->session_count >= MAX_SESSIONS ||
                    gox_time_now_ns() - oldest->used_at_ns > IDLE_NS))
        gox__mcp_session_free(oldest);
}

struct gox__mcp_session *gox__mcp_session_new(gox_mcp_http *http)
{
    struct gox__mcp_session *session = gox_calloc(1, sizeof *session);
    struct gox_mcp_sink notify = {on_notice, session, NULL, NULL};
    uint8_t random[16];
    expire(http);
    if (session == NULL || http->session_count >= MAX_SESSIONS ||
            getrandom(random, sizeof random, 0) != sizeof random) {
        gox_free(session);
        return NULL;
    }
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(session->id + 2 * i, 3, "%02x", random[i]);
    session->http = http;
    session->used_at_ns = gox_time_now_ns();
    session->peer = gox_mcp_peer_new(http->server, &notify, true);
    if (session->peer == NULL) {
        gox_free(session);
        return NULL;
    }
    session->next = http->sessions;
    http->sessions = session;
    http->session_count++;
    return session;
}

struct gox__mcp_session *gox__mcp_session_find(
        gox_mcp_http *http, const char *id)
{
    struct gox__mcp_session *session = http->sessions;
    while (session != NULL && strcmp(session->id, id) != 0)
        session = session->next;
    if (session != NULL)
        session->used_at_ns = gox_time_now_ns();
    return session;
}

/* ---- GET ---- */

static void on_stream_gone(void *ctx)
{
    struct gox__mcp_session *session = ctx;
    session->stream = NULL;
}

/* What was kept for a client whose stream was broken off. False: nothing. */
static bool resume(struct gox__mcp_session *session, gox_http_request *req)
{
    const char *last = gox_http_header(req, "Last-Event-ID");
    struct gox__mcp_exchange *x = session->http->exchanges;
    if (last == NULL)
        return false;
    while (x != NULL &&
            (!x->is_kept || x->session != session || strcmp(x->id, last) != 0))
        x = x->next;
    if (x == NULL)
        return false;
    gox__mcp_begin_stream(req);
    if (x->kept.len > 0 &&
            gox_http_write(req, x->kept.data, x->kept.len) != 0) {
        gox_http_abort(req);
    } else if (x->is_over) {
        gox_http_end(req);
    } else {
        /* The answer is still to come; it goes out on this stream. */
        x->req = req;
        x->is_streaming = true;
        x->is_kept = false;
        gox_buf_reset(&x->kept);
        gox__mcp_exchange_attach(x);
        return true;
    }
    if (x->is_over)
        gox__mcp_exchange_free(x);
    return true;
}

static struct gox__mcp_session *need_session(
        gox_mcp_http *http, gox_http_request *req)
{
    const char *id = gox_http_header(req, "Mcp-Session-Id");
    struct gox__mcp_session *session = NULL;
    if (id == NULL) {
        gox_http_set_header(req, "Allow", "POST");
        gox__mcp_http_error(req, 405,
                "without a session there is only POST; since 2026-07-28 "
                "subscriptions/listen takes the place of GET");
        return NULL;
    }
    session = gox__mcp_session_find(http, id);
    if (session == NULL)
        gox__mcp_http_error(req, 404,
                "the session is not known or has ended; initialize again");
    return session;
}

void gox__mcp_get(void *ctx, gox_http_request *req)
{
    struct gox__mcp_session *session = need_session(ctx, req);
    const char *accept = gox_http_header(req, "Accept");
    if (session == NULL)
        return;
    if (accept == NULL || (strstr(accept, "text/event-stream") == NULL &&
                                  strstr(accept, "*/*") == NULL)) {
        gox__mcp_http_error(
                req, 406, "the Accept header names text/event-stream");
        return;
    }
    if (resume(session, req))
        return;
    if (session->stream != NULL) {
        gox__mcp_http_error(req, 409, "the session has an open stream already");
        return;
    }
    session->stream = req;
    gox_http_on_gone(req, on_stream_gone, session);
    gox__mcp_begin_stream(req);
    if (gox_http_write(req, ": open\n\n", 8) != 0) {
        gox_http_abort(req);
        session->stream = NULL;
    }
}

void gox__mcp_delete(void *ctx, gox_http_request *req)
{
    struct gox__mcp_session *session = need_session(ctx, req);
    if (session == NULL)
        return;
    gox__mcp_session_free(session);
    gox_http_reply(req, 200, NULL, NULL);
}
