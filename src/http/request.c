/* SPDX-License-Identifier: Apache-2.0
 * One request from its headers to the end of its answer.
 *
 * Invariants: the library is asked for an answer only from inside its own
 * callbacks; in between a request without one is suspended, and then its socket
 * is watched, because the library does not look at it. */
#include "base/alloc.h"
#include "http/http_internal.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STREAM_BLOCK_BYTES 16384

/* ---- life ---- */

gox_http_request *gox__http_request_new(gox_http *http,
        struct MHD_Connection *connection, struct gox__http_client *client,
        const char *method, const char *path, const char *version)
{
    gox_http_request *req = gox_calloc(1, sizeof *req);
    if (req == NULL)
        return NULL;
    req->path = gox_strdup(path);
    if (req->path == NULL) {
        gox_free(req);
        return NULL;
    }
    req->http = http;
    req->connection = connection;
    req->client = client;
    req->method = method;
    req->version = version;
    gox_buf_init(&req->body, 0);
    gox_buf_init(&req->out, 0);
    req->next = http->requests;
    if (req->next != NULL)
        req->next->prev = req;
    http->requests = req;
    http->request_count++;
    http->stats.requests++;
    return req;
}

static bool is_owned(const gox_http_request *req)
{
    return req->state == GOX__HTTP_OWNED || req->state == GOX__HTTP_STREAM;
}

/* From here on the owner has nothing to do with it. */
static void tell_gone(gox_http_request *req)
{
    bool was_owned = is_owned(req);
    req->state = GOX__HTTP_ABORTED;
    if (was_owned && req->gone != NULL)
        req->gone(req->gone_ctx);
}

static void drop_response(gox_http_request *req)
{
    if (req->response != NULL)
        req->http->mhd.MHD_destroy_response(req->response);
    req->response = NULL;
}

void gox__http_request_done(gox_http_request *req)
{
    gox_http *http = req->http;
    tell_gone(req);
    gox_watch_close(req->gone_watch);
    drop_response(req);
    for (size_t i = 0; i < req->header_count; i++) {
        gox_free(req->headers[i].name);
        gox_free(req->headers[i].value);
    }
    gox_free(req->headers);
    gox_buf_fini(&req->body);
    gox_buf_fini(&req->out);
    if (req->prev != NULL)
        req->prev->next = req->next;
    else
        http->requests = req->next;
    if (req->next != NULL)
        req->next->prev = req->prev;
    http->request_count--;
    gox_free(req->path);
    gox_free(req);
}

static void resume(gox_http_request *req)
{
    if (!req->is_suspended)
        return;
    req->is_suspended = false;
    gox_watch_close(req->gone_watch);
    req->gone_watch = NULL;
    req->http->mhd.MHD_resume_connection(req->connection);
    gox__http_need_run(req->http);
}

void gox__http_request_lose(gox_http_request *req)
{
    tell_gone(req);
    resume(req);
}

static void on_gone(void *ctx, short events)
{
    gox_http_request *req = ctx;
    (void)events;
    gox__http_request_lose(req);
}

/* Without memory for the watch the end is noticed when the answer is sent. */
static void suspend(gox_http_request *req)
{
    req->is_suspended = true;
    req->http->mhd.MHD_suspend_connection(req->connection);
    req->gone_watch =
            gox_watch_new(req->http->loop, req->client->fd, on_gone, req);
    if (req->gone_watch != NULL)
        gox_watch_set(req->gone_watch, POLLRDHUP);
}

enum MHD_Result gox__http_request_settle(gox_http_request *req)
{
    gox_http *http = req->http;
    if (req->state == GOX__HTTP_ABORTED)
        return MHD_NO;
    if (req->response != NULL) {
        enum MHD_Result result = http->mhd.MHD_queue_response(
                req->connection, req->status, req->response);
        drop_response(req);
        return result;
    }
    if (req->state == GOX__HTTP_OWNED)
        suspend(req);
    return MHD_YES;
}

/* ---- what was asked ---- */

const char *gox_http_method(const gox_http_request *req)
{
    return req->method;
}

const char *gox_http_path(const gox_http_request *req)
{
    return req->path;
}

const char *gox_http_header(const gox_http_request *req, const char *name)
{
    return req->http->mhd.MHD_lookup_connection_value(
            req->connection, MHD_HEADER_KIND, name);
}

struct count {
    const char *name;
    unsigned number;
};

static enum MHD_Result count_one(
        void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct count *count = cls;
    (void)kind;
    (void)value;
    count->number += strcasecmp(key, count->name) == 0;
    return MHD_YES;
}

unsigned gox_http_header_count(const gox_http_request *req, const char *name)
{
    struct count count = {name, 0};
    req->http->mhd.MHD_get_connection_values(
            req->connection, MHD_HEADER_KIND, count_one, &count);
    return count.number;
}

const char *gox_http_query(const gox_http_request *req, const char *name)
{
    return req->http->mhd.MHD_lookup_connection_value(
            req->connection, MHD_GET_ARGUMENT_KIND, name);
}

char *gox_http_body(gox_http_request *req, size_t *len)
{
    static char nothing[1];
    *len = req->body.len;
    return req->body.len > 0 ? (char *)req->body.data : nothing;
}

int gox_http_fd(const gox_http_request *req)
{
    return req->client->fd;
}

void gox_http_set_data(gox_http_request *req, void *data)
{
    req->data = data;
}

void *gox_http_get_data(const gox_http_request *req)
{
    return req->data;
}

void gox_http_on_gone(gox_http_request *req, void (*fn)(void *ctx), void *ctx)
{
    req->gone = fn;
    req->gone_ctx = ctx;
}

bool gox_http_host_is_allowed(const gox_http_request *req, const char *allowed)
{
    unsigned count = gox_http_header_count(req, "Host");
    if (count == 0)
        return strcmp(req->version, "HTTP/1.0") == 0;
    return count == 1 &&
           gox_http_is_host_text_allowed(gox_http_header(req, "Host"), allowed);
}

/* ---- answers ---- */

void gox_http_set_header(
        gox_http_request *req, const char *name, const char *value)
{
    if (!gox_grow(&req->headers, &req->header_capacity, req->header_count + 1,
                sizeof *req->headers))
        return;
    struct gox__header *h = &req->headers[req->header_count];
    h->name = gox_strdup(name);
    h->value = gox_strdup(value);
    if (h->name == NULL || h->value == NULL) {
        gox_free(h->name);
        gox_free(h->value);
        return;
    }
    req->header_count++;
}

/* Takes the response that was made (NULL: no memory) as the answer. */
static void put_response(gox_http_request *req, struct MHD_Response *response,
        unsigned status, const char *type)
{
    const struct gox__mhd *mhd = &req->http->mhd;
    if (response == NULL) {
        req->state = GOX__HTTP_ABORTED;
        resume(req);
        return;
    }
    req->response = response;
    req->status = status;
    if (type != NULL)
        mhd->MHD_add_response_header(response, "Content-Type", type);
    for (size_t i = 0; i < req->header_count; i++)
        mhd->MHD_add_response_header(
                response, req->headers[i].name, req->headers[i].value);
    if (req->http->is_finishing)
        mhd->MHD_add_response_header(response, "Connection", "close");
    resume(req);
}

void gox_http_reply(gox_http_request *req, unsigned status, const char *type,
        struct gox_buf *own_body)
{
    struct gox_buf empty;
    gox_buf_init(&empty, 0);
    struct gox_buf *body = own_body != NULL ? own_body : &empty;
    struct MHD_Response *response = NULL;
    req->state = GOX__HTTP_ENDED;
    if (gox_buf_error(body) == 0)
        response = req->http->mhd
                           .MHD_create_response_from_buffer_with_free_callback(
                                   body->len, body->data, gox_free);
    if (response != NULL)
        gox_buf_init(body, 0);
    else
        gox_buf_fini(body);
    put_response(req, response, status, type);
}

void gox_http_reply_text(
        gox_http_request *req, unsigned status, const char *fmt, ...)
{
    struct gox_buf body;
    char text[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text - 1, fmt, args);
    va_end(args);
    gox_buf_init(&body, 0);
    gox_buf_put_str(&body, text);
    gox_buf_put_byte(&body, '\n');
    gox_http_reply(req, status, "text/plain; charset=utf-8", &body);
}

void gox_http_abort(gox_http_request *req)
{
    req->state = GOX__HTTP_ABORTED;
    resume(req);
}

/* ---- streams ---- */

static ssize_t read_stream(void *cls, uint64_t pos, char *to, size_t max)
{
    gox_http_request *req = cls;
    (void)pos;
    size_t left = req->out.len - req->out_sent;
    if (req->state == GOX__HTTP_ABORTED)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left > 0) {
        size_t n = left < max ? left : max;
        memcpy(to, req->out.data + req->out_sent, n);
        req->out_sent += n;
        if (req->out_sent == req->out.len) {
            gox_buf_reset(&req->out);
            req->out_sent = 0;
        }
        return (ssize_t)n;
    }
    if (req->state == GOX__HTTP_ENDED)
        return MHD_CONTENT_READER_END_OF_STREAM;
    suspend(req);
    return 0;
}

void gox_http_stream(gox_http_request *req, unsigned status, const char *type,
        size_t max_pending_bytes)
{
    req->state = GOX__HTTP_STREAM;
    req->max_pending = max_pending_bytes;
    put_response(req,
            req->http->mhd.MHD_create_response_from_callback(MHD_SIZE_UNKNOWN,
                    STREAM_BLOCK_BYTES, read_stream, req, NULL),
            status, type);
}

size_t gox_http_pending(const gox_http_request *req)
{
    return req->out.len - req->out_sent;
}

int gox_http_write(gox_http_request *req, const void *data, size_t len)
{
    if (req->state == GOX__HTTP_ABORTED)
        return GOX_ERR_NOMEM; /* put_response had none */
    if (gox_http_pending(req) + len > req->max_pending)
        return GOX_ERR_TOO_LARGE;
    size_t before = req->out.len;
    gox_buf_put(&req->out, data, len);
    if (gox_buf_error(&req->out) < 0) {
        req->out.error = 0;
        req->out.len = before;
        return GOX_ERR_NOMEM;
    }
    resume(req);
    return 0;
}

int gox_http_write_event(gox_http_request *req, const char *event,
        const char *id, const char *data, size_t len)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    if (event != NULL)
        gox_buf_printf(&text, "event: %s\n", event);
    if (id != NULL)
        gox_buf_printf(&text, "id: %s\n", id);
    const char *end = data + len;
    for (;;) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        const char *stop = newline != NULL ? newline : end;
        gox_buf_put_str(&text, "data: ");
        gox_buf_put(&text, data, (size_t)(stop - data));
        gox_buf_put_byte(&text, '\n');
        if (newline == NULL)
            break;
        data = newline + 1;
    }
    gox_buf_put_byte(&text, '\n');
    int code = gox_buf_error(&text);
    if (code == 0)
        code = gox_http_write(req, text.data, text.len);
    gox_buf_fini(&text);
    return code;
}

void gox_http_end(gox_http_request *req)
{
    if (req->state == GOX__HTTP_STREAM)
        req->state = GOX__HTTP_ENDED;
    resume(req);
}
