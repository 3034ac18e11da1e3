/* SPDX-License-Identifier: Apache-2.0
 * A server for the tests of the listener, in a child process with the real
 * loop: its routes answer at once, later, in streams or never.
 *
 * Invariant: it ends by /stop, and then without a leak. */
#include "http/http_server.h"

#include "base/alloc.h"
#include "base/time.h"
#include "http/http.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct server {
    gox_loop *loop;
    gox_http *http;
    gox_timer *stop;
    unsigned gone;
};

/* An answer that comes later. */
struct later {
    struct server *server;
    gox_http_request *req;
    gox_timer *timer;
    unsigned count;
};

static void hello(void *ctx, gox_http_request *req)
{
    (void)ctx;
    const char *name = gox_http_query(req, "name");
    gox_http_reply_text(req, 200, "hello %s", name != NULL ? name : "world");
}

static void echo(void *ctx, gox_http_request *req)
{
    (void)ctx;
    struct gox_buf out;
    size_t len;
    const char *body = gox_http_body(req, &len);
    gox_buf_init(&out, 0);
    gox_buf_put(&out, body, len);
    gox_http_set_header(req, "X-Length", "yes");
    gox_http_reply(req, 200, "application/octet-stream", &out);
}

static void empty(void *ctx, gox_http_request *req)
{
    (void)ctx;
    gox_http_reply(req, 204, NULL, NULL);
}

static void later_end(struct later *l)
{
    gox_timer_close(l->timer);
    gox_free(l);
}

static void on_later_gone(void *ctx)
{
    struct later *l = ctx;
    l->server->gone++;
    later_end(l);
}

static void on_later(void *ctx)
{
    struct later *l = ctx;
    gox_http_reply_text(l->req, 200, "later");
    later_end(l);
}

static void begin_later(struct server *s, gox_http_request *req,
        void (*fn)(void *ctx), uint64_t ms, uint64_t repeat)
{
    struct later *l = gox_calloc(1, sizeof *l);
    if (l != NULL)
        l->timer = gox_timer_new(s->loop, fn, l);
    if (l == NULL || l->timer == NULL) {
        gox_free(l);
        gox_http_abort(req);
        return;
    }
    l->server = s;
    l->req = req;
    gox_timer_start(l->timer, ms, repeat);
    gox_http_on_gone(req, on_later_gone, l);
}

static void later(void *ctx, gox_http_request *req)
{
    begin_later(ctx, req, on_later, 20, 0);
}

static void never(void *ctx, gox_http_request *req)
{
    begin_later(ctx, req, on_later, 3600000, 0);
}

static void on_event_due(void *ctx)
{
    struct later *l = ctx;
    char id[16];
    snprintf(id, sizeof id, "%u", l->count);
    int code = l->count < 3 ? gox_http_write_event(l->req, "message", id,
                                      "line 1\nline 2", 13)
                            : GOX_ERR_CLOSED;
    if (code == 0) {
        l->count++;
        return;
    }
    gox_http_end(l->req);
    later_end(l);
}

static void stream(void *ctx, gox_http_request *req)
{
    gox_http_set_header(req, "Cache-Control", "no-cache");
    gox_http_stream(req, 200, "text/event-stream", 4096);
    begin_later(ctx, req, on_event_due, 5, 5);
}

/* A stream that stays open and silent after its first event. */
static void quiet(void *ctx, gox_http_request *req)
{
    gox_http_stream(req, 200, "text/event-stream", 4096);
    if (gox_http_write_event(req, NULL, NULL, "open", 4) < 0)
        gox_http_abort(req);
    else
        begin_later(ctx, req, on_later, 3600000, 0);
}

static void on_flood(void *ctx)
{
    static const char block[8192];
    struct later *l = ctx;
    int code = 0;
    while (code == 0)
        code = gox_http_write(l->req, block, sizeof block);
    if (code != GOX_ERR_TOO_LARGE) {
        gox_http_abort(l->req);
        later_end(l);
    }
}

/* Writes as much as is taken, again and again. */
static void flood(void *ctx, gox_http_request *req)
{
    gox_http_stream(req, 200, "application/octet-stream", 1 << 20);
    begin_later(ctx, req, on_flood, 1, 1);
}

static void big(void *ctx, gox_http_request *req)
{
    (void)ctx;
    struct gox_buf out;
    gox_buf_init(&out, 0);
    uint8_t *at = gox_buf_reserve(&out, 8 << 20);
    if (at != NULL) {
        memset(at, 'x', 8 << 20);
        gox_buf_commit(&out, 8 << 20);
    }
    gox_http_reply(req, 200, "text/plain", &out);
}

static void stats(void *ctx, gox_http_request *req)
{
    struct server *s = ctx;
    struct gox_http_stats st;
    gox_http_get_stats(s->http, &st);
    gox_http_reply_text(req, 200,
            "gone %u open %zu under_way %zu timed_out %llu refused %llu",
            s->gone, st.open, gox_http_under_way(s->http),
            (unsigned long long)st.timed_out, (unsigned long long)st.refused);
}

static void fail_alloc(void *ctx, gox_http_request *req)
{
    (void)ctx;
    const char *n = gox_http_query(req, "n");
    gox_http_reply_text(req, 200, "ok");
    gox_alloc_fail_at(n != NULL ? strtoull(n, NULL, 10) : 0, false);
}

static void finish(void *ctx, gox_http_request *req)
{
    struct server *s = ctx;
    gox_http_reply_text(req, 200, "finishing");
    gox_http_finish(s->http);
}

static void stop(void *ctx, gox_http_request *req)
{
    struct server *s = ctx;
    gox_http_reply_text(req, 200, "stopping");
    gox_timer_start(s->stop, 1, 0);
}

static bool check_local(void *ctx, gox_http_request *req)
{
    (void)ctx;
    if (gox_http_host_is_allowed(req, "goxel.example") &&
            gox_http_origin_is_allowed(req, "goxel.example"))
        return true;
    gox_http_reply_text(req, 403, "not from there");
    return false;
}

static void bearer(void *ctx, gox_http_request *req)
{
    (void)ctx;
    const char *token = gox_http_bearer(req);
    gox_http_reply_text(req, 200, "[%s]", token != NULL ? token : "none");
}

static const struct gox_http_route routes[] = {
        {.path = "/hello", .method = "GET", .answer = hello},
        {.path = "/echo",
                .method = "POST",
                .max_body_bytes = HTTP_SERVER_MAX_BODY,
                .answer = echo},
        {.path = "/echo", .method = "DELETE", .answer = empty},
        {.path = "/later", .method = "GET", .answer = later},
        {.path = "/never", .method = "GET", .answer = never},
        {.path = "/stream", .method = "GET", .answer = stream},
        {.path = "/quiet", .method = "GET", .answer = quiet},
        {.path = "/flood", .method = "GET", .answer = flood},
        {.path = "/big", .method = "GET", .answer = big},
        {.path = "/stats", .method = "GET", .answer = stats},
        {.path = "/bearer", .method = "GET", .answer = bearer},
        {.path = "/local",
                .method = "GET",
                .check = check_local,
                .answer = hello},
        {.path = "/alloc", .method = "GET", .answer = fail_alloc},
        {.path = "/finish", .method = "GET", .answer = finish},
        {.path = "/stop", .method = "GET", .answer = stop},
};

static void on_stop(void *ctx)
{
    struct server *s = ctx;
    gox_loop_stop(s->loop);
}

/* Returns when /stop was asked for. */
static void serve(int fd)
{
    struct server s = {.loop = gox_loop_new()};
    struct gox_error err;
    const struct gox_http_options options = {.routes = routes,
            .route_count = sizeof routes / sizeof routes[0],
            .ctx = &s,
            .max_connections = 120,
            .max_header_bytes = 16384,
            .timeout_s = 1};
    s.stop = gox_timer_new(s.loop, on_stop, &s);
    if (gox_http_open(s.loop, fd, &options, &s.http, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    gox_loop_run(s.loop);
    gox_alloc_fail_at(0, false);
    gox_http_close(s.http);
    gox_timer_close(s.stop);
    gox_loop_free(s.loop);
}

int http_server_set_up(void **state)
{
    static struct http_server t;
    int fd = http_listen(&t.port);
    fflush(NULL);
    t.pid = fork();
    assert_true(t.pid >= 0);
    if (t.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        serve(fd);
        exit(0);
    }
    close(fd);
    *state = &t;
    return 0;
}

int http_server_tear_down(void **state)
{
    struct http_server *t = *state;
    int status;
    struct http_answer a =
            http_once(t->port, "GET /stop HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer_free(&a);
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
    return status == 0 ? 0 : -1;
}

void http_expect(struct http_answer a, int status, const char *text)
{
    if (a.status != status || strstr(a.body, text) == NULL)
        fail_msg("%d with \"%s\" expected, got %s%s", status, text, a.head,
                a.body);
    http_answer_free(&a);
}

void http_expect_stats(unsigned port, const char *text)
{
    double limit = http_now_ms() + HTTP_LIMIT_MS;
    for (;;) {
        struct http_answer a =
                http_once(port, "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n");
        bool is_there = strstr(a.body, text) != NULL;
        if (!is_there && http_now_ms() > limit)
            fail_msg("\"%s\" expected, got %s", text, a.body);
        http_answer_free(&a);
        if (is_there)
            return;
        usleep(2000);
    }
}
