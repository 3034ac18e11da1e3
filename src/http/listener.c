/* SPDX-License-Identifier: Apache-2.0
 * The listener: libmicrohttpd run from the loop, routes, and deadlines.
 *
 * The library's own timeout starts again with each byte, so a client that sends
 * one byte a second would hold its place for ever. Therefore each client that
 * has headers or a body to send is in a list with an absolute deadline; all
 * waits are of the same length, so the list is in order by itself. (After a
 * change of that length a client may stay for as long as the one before it.) */
#include "base/alloc.h"
#include "base/time.h"
#include "http/http_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The body of a refused request is read on up to this, so that the client,
 * which sends first and reads then, gets to see the reason. */
#define PASS_OVER_BYTES (8u << 20)
#define MAX_RUNS        8
/* Dead clients are looked for so long after there was something to do. */
#define REAP_MS 50

/* ---- the library's events ---- */

static void run(gox_http *http)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    enum MHD_Result has_timeout = MHD_YES;
    http->is_running = true;
    for (int i = 0; i < MAX_RUNS && has_timeout == MHD_YES && ms == 0; i++) {
        http->needs_run = false;
        http->mhd.MHD_run(http->daemon);
        has_timeout = http->mhd.MHD_get_timeout(http->daemon, &ms);
        if (http->needs_run) {
            has_timeout = MHD_YES;
            ms = 0;
        }
    }
    http->is_running = false;
    if (http->first != NULL && !http->is_reaper_on) {
        gox_timer_start(http->reaper, REAP_MS, 0);
        http->is_reaper_on = true;
    }
    if (has_timeout == MHD_YES)
        gox_timer_start(http->timer, ms, 0);
    else
        gox_timer_stop(http->timer);
}

void gox__http_need_run(gox_http *http)
{
    http->needs_run = true;
    if (!http->is_running)
        gox_timer_start(http->timer, 0, 0);
}

static void on_event(void *ctx, short events)
{
    (void)events;
    run(ctx);
}

static void on_timer(void *ctx)
{
    run(ctx);
}

/* ---- deadlines ---- */

static void stop_waiting(struct gox__http_client *c)
{
    gox_http *http = c->http;
    if (!c->is_waited_for)
        return;
    c->is_waited_for = false;
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        http->first = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    else
        http->last = c->prev;
    c->prev = c->next = NULL;
    if (http->first == NULL && http->is_overdue_on) {
        gox_timer_stop(http->overdue);
        http->is_overdue_on = false;
    }
}

static void wait_for(struct gox__http_client *c)
{
    gox_http *http = c->http;
    stop_waiting(c);
    c->deadline_at_ns = gox_loop_now_ns(http->loop) +
                        http->options.timeout_s * GOX_NS_PER_S;
    c->is_waited_for = true;
    c->prev = http->last;
    if (http->last != NULL)
        http->last->next = c;
    else
        http->first = c;
    http->last = c;
    if (!http->is_overdue_on)
        gox_timer_start(
                http->overdue, (uint64_t)http->options.timeout_s * 1000, 0);
    http->is_overdue_on = true;
}

/* The library sees the end of the stream and closes the connection. */
static void cut_off(struct gox__http_client *c)
{
    stop_waiting(c);
    shutdown(c->fd, SHUT_RDWR);
}

/* It is overdue by our clock or by the library's, whichever comes first, and
 * counts once. One that only waits for another request is no slow client. */
static void count_overdue(struct gox__http_client *c)
{
    if (!c->is_overdue && (c->is_used || c->is_new))
        c->http->stats.timed_out++;
    c->is_overdue = true;
}

static void on_overdue(void *ctx)
{
    gox_http *http = ctx;
    int64_t now = gox_loop_now_ns(http->loop);
    http->is_overdue_on = false;
    while (http->first != NULL && http->first->deadline_at_ns <= now) {
        count_overdue(http->first);
        cut_off(http->first);
    }
    if (http->first == NULL)
        return;
    int64_t left = http->first->deadline_at_ns - now;
    gox_timer_start(http->overdue, (uint64_t)(left / GOX_NS_PER_MS) + 1, 0);
    http->is_overdue_on = true;
}

/* When the end of a connection comes together with the last bytes of a request
 * that is not whole, the library does not notice it: it asked to be told of new
 * events only. Such clients would hold their places until they are overdue. */
static void on_reap(void *ctx)
{
    gox_http *http = ctx;
    struct gox__http_client *next;
    char byte;
    http->is_reaper_on = false;
    for (struct gox__http_client *c = http->first; c != NULL; c = next) {
        next = c->next;
        if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            cut_off(c);
    }
}

/* ---- connections ---- */

static void on_connection(void *cls, struct MHD_Connection *connection,
        void **context, enum MHD_ConnectionNotificationCode code)
{
    gox_http *http = cls;
    struct gox__http_client *c = *context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (c == NULL)
            return;
        if (c->is_waited_for &&
                c->deadline_at_ns <= gox_loop_now_ns(http->loop))
            count_overdue(c);
        stop_waiting(c);
        http->stats.open--;
        /* At its limit the library stops to accept, and begins again only when
         * it runs after a connection was closed. */
        if (!http->is_closing)
            gox__http_need_run(http);
        gox_free(c);
        *context = NULL;
        return;
    }
    c = gox_calloc(1, sizeof *c);
    *context = c;
    if (c == NULL)
        return; /* its first request is refused */
    c->http = http;
    c->fd = http->mhd
                    .MHD_get_connection_info(
                            connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                    ->connect_fd;
    c->is_new = true;
    http->stats.connections++;
    http->stats.open++;
    wait_for(c);
}

static void on_completed(void *cls, struct MHD_Connection *connection,
        void **context, enum MHD_RequestTerminationCode code)
{
    gox_http_request *req = *context;
    (void)cls;
    (void)connection;
    if (req == NULL)
        return;
    *context = NULL;
    gox_http *http = req->http;
    if (code == MHD_REQUEST_TERMINATED_TIMEOUT_REACHED)
        count_overdue(req->client);
    req->client->is_used = false;
    wait_for(req->client);
    if (http->is_finishing)
        cut_off(req->client);
    gox__http_request_done(req);
    if (http->request_count == 0 && http->options.idle != NULL &&
            !http->is_closing)
        http->options.idle(http->options.ctx);
}

/* ---- requests ---- */

static bool is_method(const struct gox_http_route *route, const char *method)
{
    return route->method == NULL || strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static void reply_no_method(gox_http_request *req)
{
    const struct gox_http_options *o = &req->http->options;
    char allow[80] = "";
    for (size_t i = 0; i < o->route_count; i++) {
        const struct gox_http_route *r = &o->routes[i];
        size_t len = strlen(allow);
        if (r->path != NULL && strcmp(r->path, req->path) == 0)
            snprintf(allow + len, sizeof allow - len, "%s%s%s",
                    len > 0 ? ", " : "", r->method,
                    strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
    }
    gox_http_set_header(req, "Allow", allow);
    gox_http_reply_text(req, 405, "%.200s takes %s, not %.20s", req->path,
            allow, req->method);
}

/* Answers 404 or 405 when there is none. */
static const struct gox_http_route *find_route(gox_http_request *req)
{
    const struct gox_http_options *o = &req->http->options;
    bool is_known = false;
    for (size_t i = 0; i < o->route_count; i++) {
        const struct gox_http_route *r = &o->routes[i];
        if (r->path != NULL && strcmp(r->path, req->path) != 0)
            continue;
        if (is_method(r, req->method))
            return r;
        is_known = true;
    }
    if (is_known)
        reply_no_method(req);
    else
        gox_http_reply_text(req, 404, "there is nothing at %.200s", req->path);
    return NULL;
}

static void reply_too_large(gox_http_request *req)
{
    if (req->route->max_body_bytes == 0)
        gox_http_reply_text(req, 413, "this request takes no body");
    else
        gox_http_reply_text(req, 413,
                "the body has more than %zu bytes, which is the limit",
                req->route->max_body_bytes);
}

static unsigned long long body_bytes(const gox_http_request *req)
{
    const char *text = gox_http_header(req, "Content-Length");
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static void begin(gox_http_request *req)
{
    gox_http *http = req->http;
    req->client->is_used = true;
    req->client->is_new = false;
    wait_for(req->client); /* for the body */
    if (http->options.timeout_s != http->library_timeout_s)
        http->mhd.MHD_set_connection_option(req->connection,
                MHD_CONNECTION_OPTION_TIMEOUT, http->options.timeout_s);
    req->route = find_route(req);
    if (req->route != NULL &&
            (req->route->check == NULL ||
                    req->route->check(http->options.ctx, req)))
        if (body_bytes(req) > req->route->max_body_bytes)
            reply_too_large(req);
    http->stats.refused += req->state != GOX__HTTP_READING;
}

/* An answer before the body's end closes the connection, and a client that
 * still sends may never see it. */
static bool must_refuse_at_once(const gox_http_request *req)
{
    return req->state != GOX__HTTP_READING &&
           (gox_http_header(req, "Expect") != NULL ||
                   body_bytes(req) > PASS_OVER_BYTES);
}

/* A piece of the body; MHD_NO closes the connection. */
static enum MHD_Result take_body(
        gox_http_request *req, const char *data, size_t len)
{
    if (req->state == GOX__HTTP_READING &&
            req->body.len + len > req->route->max_body_bytes) {
        gox_buf_fini(&req->body);
        req->http->stats.refused++;
        reply_too_large(req);
    }
    if (req->state != GOX__HTTP_READING) {
        req->passed_over += len;
        return req->passed_over <= PASS_OVER_BYTES ? MHD_YES : MHD_NO;
    }
    gox_buf_put(&req->body, data, len);
    return gox_buf_error(&req->body) == 0 ? MHD_YES : MHD_NO;
}

/* All is there. */
static void answer(gox_http_request *req)
{
    stop_waiting(req->client);
    req->state = GOX__HTTP_OWNED;
    req->route->answer(req->http->options.ctx, req);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
        const char *path, const char *method, const char *version,
        const char *data, size_t *len, void **context)
{
    gox_http *http = cls;
    gox_http_request *req = *context;
    if (http->is_closing)
        return MHD_NO;
    if (req == NULL) {
        struct gox__http_client *client =
                http->mhd
                        .MHD_get_connection_info(
                                connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
                        ->socket_context;
        if (client == NULL)
            return MHD_NO;
        req = gox__http_request_new(
                http, connection, client, method, path, version);
        if (req == NULL)
            return MHD_NO;
        *context = req;
        begin(req);
        return must_refuse_at_once(req) ? gox__http_request_settle(req)
                                        : MHD_YES;
    }
    if (*len > 0) {
        enum MHD_Result result = take_body(req, data, *len);
        *len = 0;
        return result;
    }
    if (req->state == GOX__HTTP_READING)
        answer(req);
    return gox__http_request_settle(req);
}

/* ---- the listener ---- */

/* The library may or may not have closed it. */
static void close_if_open(int fd)
{
    if (fcntl(fd, F_GETFD) >= 0)
        close(fd);
}

static int start(gox_http *http, int own_fd, struct gox_error *err)
{
    const struct gox_http_options *o = &http->options;
    http->daemon = http->mhd.MHD_start_daemon(
            MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
            http, MHD_OPTION_LISTEN_SOCKET, own_fd, MHD_OPTION_CONNECTION_LIMIT,
            o->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, o->timeout_s,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, o->max_header_bytes * 2,
            MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)8192,
            MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
            MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
    if (http->daemon == NULL) {
        close_if_open(own_fd);
        return gox_error_set(err, GOX_ERR_IO,
                "the HTTP listener cannot be started on descriptor %d", own_fd);
    }
    int epoll_fd =
            http->mhd
                    .MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)
                    ->epoll_fd;
    http->watch = gox_watch_new(http->loop, epoll_fd, on_event, http);
    if (http->watch == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox_watch_set(http->watch, POLLIN);
    return 0;
}

int gox_http_open(gox_loop *loop, int own_fd,
        const struct gox_http_options *options, gox_http **result,
        struct gox_error *err)
{
    *result = NULL;
    gox_http *http = gox_calloc(1, sizeof *http);
    if (http == NULL) {
        close(own_fd);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    http->loop = loop;
    http->options = *options;
    http->library_timeout_s = options->timeout_s;
    http->timer = gox_timer_new(loop, on_timer, http);
    http->overdue = gox_timer_new(loop, on_overdue, http);
    http->reaper = gox_timer_new(loop, on_reap, http);
    int code =
            http->timer != NULL && http->overdue != NULL && http->reaper != NULL
                    ? gox__mhd_load(&http->mhd, err)
                    : gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (code < 0)
        close(own_fd);
    else
        code = start(http, own_fd, err);
    if (code < 0) {
        gox_http_close(http);
        return code;
    }
    *result = http;
    return 0;
}

void gox_http_set_timeout(gox_http *http, unsigned timeout_s)
{
    http->options.timeout_s = timeout_s;
}

void gox_http_finish(gox_http *http)
{
    struct gox__http_client *next;
    if (http->is_finishing)
        return;
    http->is_finishing = true;
    int fd = http->mhd.MHD_quiesce_daemon(http->daemon);
    if (fd >= 0)
        close(fd);
    for (struct gox__http_client *c = http->first; c != NULL; c = next) {
        next = c->next;
        if (!c->is_used)
            cut_off(c);
    }
}

size_t gox_http_under_way(const gox_http *http)
{
    return http->request_count;
}

void gox_http_get_stats(const gox_http *http, struct gox_http_stats *stats)
{
    *stats = http->stats;
}

void gox_http_close(gox_http *http)
{
    if (http == NULL)
        return;
    http->is_closing = true;
    if (http->daemon != NULL) {
        for (gox_http_request *r = http->requests; r != NULL; r = r->next)
            gox__http_request_lose(r);
        gox_watch_close(http->watch);
        /* What was suspended must have run once before the end. */
        http->mhd.MHD_run(http->daemon);
        http->mhd.MHD_stop_daemon(http->daemon);
    }
    gox_timer_close(http->timer);
    gox_timer_close(http->overdue);
    gox_timer_close(http->reaper);
    gox_free(http);
}
