/* SPDX-License-Identifier: Apache-2.0
 * What the files of the HTTP transport share. */
#ifndef GOX_MCP_HTTP_INTERNAL_H
#define GOX_MCP_HTTP_INTERNAL_H

#include "http/http.h"
#include "mcp/http.h"

struct gox__mcp_session;

/* One POST that has not got its whole answer.
 *
 * Invariant: req is NULL once the client is gone or the stream was broken off
 * on purpose. */
struct gox__mcp_exchange {
    gox_mcp_http *http;
    gox_http_request *req;
    struct gox_mcp_call *call;        /* once it is under way */
    struct gox__mcp_session *session; /* NULL: 2026 */
    bool is_streaming, is_over;
    bool is_held;        /* its maker still looks at it */
    bool is_kept;        /* broken off; lines are kept for later */
    char id[40];         /* of the priming event */
    struct gox_buf kept; /* events for the client that comes back */
    struct gox__mcp_exchange *prev, *next;
};

struct gox__mcp_session {
    gox_mcp_http *http;
    char id[33];
    gox_mcp_peer *peer;
    gox_http_request *stream; /* the open GET, or NULL */
    int64_t used_at_ns;
    struct gox__mcp_session *next;
};

struct gox_mcp_http {
    gox_mcp_server *server;
    gox_http *http;
    gox_mcp_peer *modern;
    struct gox__mcp_session *sessions;
    size_t session_count;
    struct gox__mcp_exchange *exchanges;
    gox_timer *beat;
    char *tokens; /* one a line; NULL: none asked for */
    const char *allow_origin;
    char place[80];
};

/* http_check.c: the headers that repeat the body, 2026-07-28. False: refused
 * through the sink. */
bool gox__mcp_check_headers(gox_mcp_http *http, gox_http_request *req,
        const json_t *message, const struct gox_mcp_sink *sink);
/* Host, Origin and token. False: answered. */
bool gox__mcp_check_client(void *ctx, gox_http_request *req);

/* http_session.c */
struct gox__mcp_session *gox__mcp_session_new(gox_mcp_http *http);
struct gox__mcp_session *gox__mcp_session_find(
        gox_mcp_http *http, const char *id);
void gox__mcp_session_free(struct gox__mcp_session *session);
void gox__mcp_get(void *ctx, gox_http_request *req);
void gox__mcp_delete(void *ctx, gox_http_request *req);

/* http_exchange.c */
void gox__mcp_post(void *ctx, gox_http_request *req);
void gox__mcp_exchange_free(struct gox__mcp_exchange *exchange);
/* Its client is gone. */
void gox__mcp_exchange_gone(void *exchange);
/* Its req is another request now. */
void gox__mcp_exchange_attach(struct gox__mcp_exchange *exchange);
/* Sends an error that is not about one request. */
void gox__mcp_http_error(gox_http_request *req, int status, const char *fmt,
        ...) GOX_PRINTF(3, 4);
/* The stream's headers. */
void gox__mcp_begin_stream(gox_http_request *req);

#endif
