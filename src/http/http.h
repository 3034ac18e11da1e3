/* SPDX-License-Identifier: Apache-2.0
 * An HTTP/1.1 listener on the project's own loop: libmicrohttpd takes the bytes
 * apart, without threads, and is loaded only when a listener is made.
 *
 * A request is handed out whole. It is answered at once, or later from the loop
 * thread, with a body or with a stream that the owner goes on writing.
 *
 * Invariants: each request that was handed out ends exactly once, by the
 * owner's reply, finish or abort, or by the `gone` callback; it is void after
 * that. Everything here belongs to the loop thread. */
#ifndef GOX_HTTP_HTTP_H
#define GOX_HTTP_HTTP_H

#include "base/buf.h"
#include "loop/loop.h"

#include <stdbool.h>

typedef struct gox_http gox_http;
typedef struct gox_http_request gox_http_request;

struct gox_http_route {
    const char *path;   /* exact, decoded; NULL: any path (last row) */
    const char *method; /* "GET" takes HEAD too; NULL: any */
    /* A larger body is refused with 413; 0: any body is. May change while the
     * listener is open. */
    size_t max_body_bytes;
    /* With the headers, before the body is read: may answer, which refuses the
     * request, and then returns false. NULL: nothing to check. */
    bool (*check)(void *ctx, gox_http_request *req);
    /* The whole request is there. */
    void (*answer)(void *ctx, gox_http_request *req);
};

struct gox_http_options {
    const struct gox_http_route *routes; /* borrowed */
    size_t route_count;
    void *ctx;                /* for check and answer */
    unsigned max_connections; /* more wait in the kernel's queue */
    size_t max_header_bytes;  /* 431 beyond */
    /* A client that takes longer for its headers, for its body, or to read any
     * more of its answer is cut off; also how long an idle connection stays. */
    unsigned timeout_s;
    /* The last request under way has ended; the listener may not be closed from
     * inside it. NULL: nobody wants to know. */
    void (*idle)(void *ctx);
};

/* Listens on own_fd, a listening socket of any kind (closed also on failure).
 * GOX_ERR_UNSUPPORTED with what to install when the library is not there,
 * GOX_ERR_IO, GOX_ERR_NOMEM. */
int gox_http_open(gox_loop *loop, int own_fd,
        const struct gox_http_options *options, gox_http **http,
        struct gox_error *err) GOX_MUST_CHECK;
/* Another timeout_s, for requests that begin from now on. */
void gox_http_set_timeout(gox_http *http, unsigned timeout_s);
/* Takes no new connections; idle ones are closed, requests under way may end.
 */
void gox_http_finish(gox_http *http);
/* Requests that are not yet answered to the last byte. */
size_t gox_http_under_way(const gox_http *http);
/* Cuts off all that is left (gone is called). Not from inside a callback of
 * this listener. NULL is fine. */
void gox_http_close(gox_http *http);

struct gox_http_stats {
    uint64_t connections, requests;
    uint64_t refused;   /* by a route, a method, a size or a check */
    uint64_t timed_out; /* cut off */
    size_t open;        /* connections now */
};
void gox_http_get_stats(const gox_http *http, struct gox_http_stats *stats);

/* ---- a request; what they return is borrowed until it ends ---- */
const char *gox_http_method(const gox_http_request *req);
const char *gox_http_path(const gox_http_request *req);
/* NULL: not there. Names in any case. */
const char *gox_http_header(const gox_http_request *req, const char *name);
/* How many times a header is there. */
unsigned gox_http_header_count(const gox_http_request *req, const char *name);
const char *gox_http_query(const gox_http_request *req, const char *name);
/* May be changed in place. data is never NULL. */
char *gox_http_body(gox_http_request *req, size_t *len);
/* The client's socket: to ask who it is. */
int gox_http_fd(const gox_http_request *req);
/* A place for the owner's pointer. */
void gox_http_set_data(gox_http_request *req, void *data);
void *gox_http_get_data(const gox_http_request *req);
/* fn is called when the client goes away, or is cut off, before the answer is
 * complete. A client that closes only its sending side has gone, too: over TCP
 * the two look the same. */
void gox_http_on_gone(gox_http_request *req, void (*fn)(void *ctx), void *ctx);

/* ---- answers ---- */
/* For the reply that follows; both are copied. */
void gox_http_set_header(
        gox_http_request *req, const char *name, const char *value);
/* type may be NULL. Takes the content of own_body (NULL: empty), which is
 * empty afterwards. */
void gox_http_reply(gox_http_request *req, unsigned status, const char *type,
        struct gox_buf *own_body);
/* The same with text, as text/plain. */
void gox_http_reply_text(gox_http_request *req, unsigned status,
        const char *fmt, ...) GOX_PRINTF(3, 4);
/* Closes the connection without an answer. */
void gox_http_abort(gox_http_request *req);

/* ---- streams ---- */
/* Sends status and headers; writes follow. max_pending_bytes: how much may wait
 * for a slow client. */
void gox_http_stream(gox_http_request *req, unsigned status, const char *type,
        size_t max_pending_bytes);
/* GOX_ERR_TOO_LARGE: the client reads too slowly, nothing was added;
 * GOX_ERR_NOMEM. */
int gox_http_write(
        gox_http_request *req, const void *data, size_t len) GOX_MUST_CHECK;
/* One server-sent event; event and id may be NULL. Newlines of data become
 * lines of the event. The same errors. */
int gox_http_write_event(gox_http_request *req, const char *event,
        const char *id, const char *data, size_t len) GOX_MUST_CHECK;
size_t gox_http_pending(const gox_http_request *req);
/* Ends the stream as it should end. */
void gox_http_end(gox_http_request *req);

/* ---- against requests that a browser was tricked into ---- */
/* True when the Host header is there once and names this machine (localhost,
 * 127.0.0.1, [::1], with any port), or one of the allowed names (separated by
 * spaces; "*": any; NULL: none). HTTP/1.0 clients may leave it out. */
bool gox_http_host_is_allowed(const gox_http_request *req, const char *allowed);
/* True when there is no Origin header, or one whose host is allowed as above.
 */
bool gox_http_origin_is_allowed(
        const gox_http_request *req, const char *allowed);
/* The rules alone, on the header's text. */
bool gox_http_is_host_text_allowed(const char *host, const char *allowed);
bool gox_http_is_origin_text_allowed(const char *origin, const char *allowed);
/* The token of an Authorization header "Bearer TOKEN"; NULL: none. */
const char *gox_http_bearer(const gox_http_request *req);

#endif
