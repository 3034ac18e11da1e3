/* SPDX-License-Identifier: Apache-2.0
 * POST /rpc: the body is fed to a session of its own, as if it had come as a
 * line on the socket, and what the session writes becomes the answer's body.
 *
 * Invariant: an exchange ends when its session's stream is closed; the request
 * is answered then, unless its client has gone. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/http_internal.h"
#include "daemon/session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct exchange {
    gox_daemon *daemon;
    gox_http_request *req; /* NULL: its client has gone */
    gox_stream *stream;
    struct gox_buf out;
    size_t max_bytes;
};

static void refuse(gox_http_request *req, const struct gox_error *err,
        int64_t retry_after_ms)
{
    char seconds[24];
    unsigned status = 401;
    if (err->code == GOX_ERR_FORBIDDEN) {
        status = 403;
    } else if (err->code == GOX_ERR_RATE_LIMITED) {
        status = 429;
        snprintf(seconds, sizeof seconds, "%lld",
                (long long)(retry_after_ms + 999) / 1000);
        gox_http_set_header(req, "Retry-After", seconds);
    } else {
        gox_http_set_header(req, "WWW-Authenticate", "Bearer");
    }
    gox_http_reply_text(req, status, "%s", err->text);
}

/* Who asks: by the peer of the connection and the token of the request. False
 * when that is answered. */
static bool identify(struct gox_http_api *api, gox_http_request *req,
        struct gox_grant *grant)
{
    gox_access *access = api->daemon->access;
    struct gox_error err;
    int64_t retry_after_ms = -1;
    const char *token = gox_http_bearer(req);
    int code = gox_access_admit(access, gox_http_fd(req), grant, &err);
    if (code == 0 && api->daemon->settings.security_enable_authentication)
        code = token == NULL
                       ? gox_error_set(&err, GOX_ERR_UNAUTHENTICATED,
                                 "a token is needed: Authorization: Bearer")
                       : gox_access_check_token(access, grant, token,
                                 strlen(token), gox_time_now_ns(),
                                 &retry_after_ms, &err);
    if (code < 0)
        refuse(req, &err, retry_after_ms);
    return code == 0;
}

bool gox__http_is_authorized(struct gox_http_api *api, gox_http_request *req)
{
    struct gox_grant grant;
    return identify(api, req, &grant);
}

/* In the protocol's own words, which a client that waits for an answer reads.
 */
static void say_stopping(
        gox_daemon *d, gox_http_request *req, int code, const char *text)
{
    struct gox_error err;
    struct gox_buf out;
    gox_buf_init(&out, 0);
    gox_error_set(&err, code, "%s", text);
    gox__dispatch_error(d, &out, &err);
    gox_http_set_header(req, "Retry-After", "1");
    gox_http_reply(req, 503, "application/json", &out);
    gox_buf_fini(&out);
}

/* ---- the session's end ---- */

static int on_put(void *ctx, const void *data, size_t len)
{
    struct exchange *x = ctx;
    if (x->req == NULL)
        return GOX_ERR_CLOSED;
    if (len > x->max_bytes - x->out.len)
        x->out.error = GOX_ERR_TOO_LARGE;
    gox_buf_put(&x->out, data, len);
    return gox_buf_error(&x->out);
}

static void reply(struct exchange *x)
{
    gox_http_set_header(x->req, "Cache-Control", "no-store");
    if (gox_buf_error(&x->out) == GOX_ERR_TOO_LARGE)
        gox_http_reply_text(x->req, 500,
                "the answers have more than %zu MiB; ask for less at a time",
                x->max_bytes >> 20);
    else if (gox_buf_error(&x->out) < 0)
        gox_http_reply_text(x->req, 500, "out of memory");
    else if (x->out.len > 0)
        gox_http_reply(x->req, 200, "application/json", &x->out);
    else if (x->daemon->is_stopping)
        say_stopping(x->daemon, x->req, GOX_ERR_CLOSED,
                "the daemon stops and has no answer; look whether the request "
                "was carried out");
    else
        gox_http_reply(x->req, 204, NULL, NULL);
}

static void on_closed(void *ctx)
{
    struct exchange *x = ctx;
    if (x->req != NULL)
        reply(x);
    gox_buf_fini(&x->out);
    gox_free(x);
}

static const struct gox_stream_sink sink = {on_put, on_closed};

static void on_gone(void *ctx)
{
    struct exchange *x = ctx;
    x->req = NULL;
    gox_stream_feed_broken(x->stream);
}

/* ---- the request ---- */

static bool is_json(const char *type)
{
    size_t len = type != NULL ? strcspn(type, "; ") : 0;
    return len == 16 && strncasecmp(type, "application/json", len) == 0;
}

/* A message is a line to the session, and a body may have many. Between values
 * a tab is as good as a newline, and inside a string both are wrong. */
static bool make_line(char *body, size_t len)
{
    bool is_blank = true;
    for (size_t i = 0; i < len; i++) {
        if (body[i] == '\n')
            body[i] = '\t';
        is_blank = is_blank && strchr(" \t\r", body[i]) != NULL;
    }
    return !is_blank;
}

static bool check_request(struct gox_http_api *api, gox_http_request *req)
{
    size_t len;
    char *body = gox_http_body(req, &len);
    if (api->daemon->is_stopping)
        say_stopping(api->daemon, req, GOX_ERR_BUSY,
                "the daemon stops; the request was not carried out, send it "
                "again");
    else if (!is_json(gox_http_header(req, "Content-Type")))
        gox_http_reply_text(
                req, 415, "JSON-RPC comes with Content-Type: application/json");
    else if (!make_line(body, len))
        gox_http_reply_text(req, 400, "the body is empty");
    else
        return true;
    return false;
}

/* The project that X-Goxel-Project names; false when that is answered. It is
 * looked for by the first call that uses it, so that a request may make it. */
static bool set_project(gox_daemon *d, gox_session *session, const char *name,
        struct gox_buf *out)
{
    struct gox_error err;
    int code = gox_projects_check_name(name, &err);
    if (code == 0) {
        session->wanted = gox_strdup(name);
        if (session->wanted != NULL)
            return true;
        gox_error_set(&err, GOX_ERR_NOMEM, "out of memory");
    }
    gox_error_prefix(&err, "X-Goxel-Project");
    gox__dispatch_error(d, out, &err);
    return false;
}

static void run(gox_daemon *d, struct exchange *x, gox_session *session)
{
    const char *project = gox_http_header(x->req, "X-Goxel-Project");
    size_t len;
    const char *body = gox_http_body(x->req, &len);
    session->is_once = true;
    gox_http_on_gone(x->req, on_gone, x);
    if (project == NULL || set_project(d, session, project, &x->out)) {
        gox_stream_feed(x->stream, body, len);
        gox_stream_feed(x->stream, "\n", 1);
    }
    gox_stream_feed_end(x->stream);
}

void gox__http_answer_rpc(void *ctx, gox_http_request *req)
{
    struct gox_http_api *api = ctx;
    gox_daemon *d = api->daemon;
    struct gox_grant grant;
    if (!check_request(api, req) || !identify(api, req, &grant))
        return;
    struct exchange *x = gox_calloc(1, sizeof *x);
    if (x != NULL)
        x->stream = gox_stream_open_sink(d->loop, &sink, x);
    if (x == NULL || x->stream == NULL) {
        gox_free(x);
        gox_http_reply_text(req, 503, "out of memory");
        return;
    }
    x->daemon = d;
    x->req = req;
    x->max_bytes = (size_t)d->settings.performance_max_pending_mb << 22;
    gox_buf_init(&x->out, 0);
    /* Without memory it closes the stream, which answers. */
    gox_session *session = gox__session_new(d, x->stream, x->stream);
    if (session != NULL) {
        session->grant = grant;
        run(d, x, session);
    } else {
        x->out.error = GOX_ERR_NOMEM;
    }
}
