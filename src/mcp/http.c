/* SPDX-License-Identifier: Apache-2.0
 * The listener of the HTTP transport: where, for whom, and what is done every
 * few seconds. */
#include "mcp/http.h"

#include "base/alloc.h"
#include "base/io.h"
#include "mcp/http_internal.h"
#include "platform/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT   8787
#define MAX_BODY_BYTES (64u << 20)
#define BEAT_MS        15000
#define BACKLOG        128

static void refuse_method(void *ctx, gox_http_request *req)
{
    (void)ctx;
    gox_http_set_header(req, "Allow", "POST, GET, DELETE");
    gox__mcp_http_error(req, 405, "%s is not possible here; use POST",
            gox_http_method(req));
}

static void no_page(void *ctx, gox_http_request *req)
{
    (void)ctx;
    gox__mcp_http_error(req, 404, "there is only /mcp here");
}

static const struct gox_http_route ROUTES[] = {
        {"/mcp", "POST", MAX_BODY_BYTES, gox__mcp_check_client, gox__mcp_post},
        {"/mcp", "GET", 0, gox__mcp_check_client, gox__mcp_get},
        {"/mcp", "DELETE", 0, gox__mcp_check_client, gox__mcp_delete},
        {"/mcp", NULL, MAX_BODY_BYTES, gox__mcp_check_client, refuse_method},
        {NULL, NULL, MAX_BODY_BYTES, gox__mcp_check_client, no_page},
};

/* Keeps open streams from looking dead. */
static void on_beat(void *ctx)
{
    static const char comment[] = ": alive\n\n";
    gox_mcp_http *http = ctx;
    struct gox__mcp_session *s = http->sessions;
    struct gox__mcp_exchange *x = http->exchanges;
    while (x != NULL) {
        struct gox__mcp_exchange *next = x->next;
        if (x->req != NULL && x->is_streaming)
            (void)!gox_http_write(x->req, comment, sizeof comment - 1);
        else if (x->req == NULL && !x->is_kept)
            gox__mcp_exchange_gone(x); /* read too slowly */
        x = next;
    }
    for (; s != NULL; s = s->next)
        if (s->stream != NULL)
            (void)!gox_http_write(s->stream, comment, sizeof comment - 1);
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT", "PORT", "ADDRESS" or "". */
static int read_place(const char *text, char *address, size_t size,
        uint16_t *port, struct gox_error *err)
{
    const char *env = getenv("MCP_SERVER_PORT");
    const char *colon = strrchr(text, ':');
    const char *number = colon != NULL                              ? colon + 1
                         : text[strspn(text, "0123456789")] == '\0' ? text
                                                                    : "";
    size_t len = colon != NULL       ? (size_t)(colon - text)
                 : number[0] != '\0' ? 0
                                     : strlen(text);
    char *end = NULL;
    long value = DEFAULT_PORT;
    if (number[0] == '\0' && env != NULL && env[0] != '\0')
        number = env;
    if (number[0] != '\0')
        value = strtol(number, &end, 10);
    if ((end != NULL && *end != '\0') || value < 0 || value > 65535 ||
            len >= size)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "\"%.100s\" is no ADDRESS:PORT with a port from 0 to 65535",
                text);
    if (len > 1 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    snprintf(address, size, "%.*s", (int)len, text);
    if (len == 0 || strcmp(address, "localhost") == 0)
        snprintf(address, size, "127.0.0.1");
    *port = (uint16_t)value;
    return 0;
}

static int read_tokens(
        gox_mcp_http *http, const char *path, struct gox_error *err)
{
    struct gox_input file;
    int rc = gox_input_read_file(&file, path, 1 << 20, err);
    if (rc != 0)
        return rc;
    http->tokens = gox_strndup((const char *)file.data, file.len);
    gox_input_fini(&file);
    if (http->tokens == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (http->tokens[strspn(http->tokens, "\r\n")] == '\0')
        return gox_error_set(err, GOX_ERR_PARAMS, "%s holds no token", path);
    return 0;
}

static int listen_at(
        gox_mcp_http *http, const char *place, struct gox_error *err)
{
    struct gox_http_options options = {.routes = ROUTES,
            .route_count = sizeof ROUTES / sizeof ROUTES[0],
            .ctx = http,
            .max_connections = 512,
            .max_header_bytes = 32768,
            .timeout_s = 60};
    char address[64];
    uint16_t port = 0;
    int fd = -1;
    int rc = read_place(place, address, sizeof address, &port, err);
    bool is_local = rc == 0 && gox_socket_is_loopback(address);
    if (rc == 0 && !is_local && http->tokens == NULL)
        rc = gox_error_set(err, GOX_ERR_PARAMS,
                "%s can be reached from elsewhere, which needs --token-file",
                address);
    if (rc == 0)
        rc = gox_socket_listen_tcp(address, port, BACKLOG, &fd, err);
    if (rc != 0)
        return rc;
    struct gox_socket_info info;
    if (port == 0 && gox_socket_describe(fd, &info) == 0)
        port = info.port;
    snprintf(http->place, sizeof http->place,
            strchr(address, ':') != NULL ? "[%s]:%u" : "%s:%u", address,
            (unsigned)port);
    return gox_http_open(
            gox_mcp_server_loop(http->server), fd, &options, &http->http, err);
}

int gox_mcp_http_open(gox_mcp_server *server,
        const struct gox_mcp_http_options *options, gox_mcp_http **out,
        struct gox_error *err)
{
    gox_mcp_http *http = gox_calloc(1, sizeof *http);
    struct gox_mcp_sink silent = {NULL, NULL, NULL, NULL};
    int rc = 0;
    if (http == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    http->server = server;
    http->allow_origin = options->allow_origin;
    http->beat = gox_timer_new(gox_mcp_server_loop(server), on_beat, http);
    http->modern = gox_mcp_peer_new(server, &silent, true);
    if (http->beat == NULL || http->modern == NULL)
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (rc == 0 && options->token_file != NULL)
        rc = read_tokens(http, options->token_file, err);
    if (rc == 0)
        rc = listen_at(http, options->place, err);
    if (rc != 0) {
        gox_mcp_http_close(http);
        return rc;
    }
    gox_mcp_peer_set_modern(http->modern);
    gox_timer_start(http->beat, BEAT_MS, BEAT_MS);
    *out = http;
    return 0;
}

void gox_mcp_http_close(gox_mcp_http *http)
{
    if (http == NULL)
        return;
    gox_mcp_server_end_listening(http->server);
    gox_http_close(http->http);
    http->http = NULL;
    while (http->sessions != NULL)
        gox__mcp_session_free(http->sessions);
    if (http->modern != NULL)
        gox_mcp_peer_free(http->modern);
    while (http->exchanges != NULL)
        gox__mcp_exchange_free(http->exchanges);
    gox_timer_close(http->beat);
    gox_free(http->tokens);
    gox_free(http);
}

const char *gox_mcp_http_place(const gox_mcp_http *http)
{
    return http->place;
}
