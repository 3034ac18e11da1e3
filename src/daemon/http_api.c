/* SPDX-License-Identifier: Apache-2.0
 * The listener's routes and where it listens. */
#include "daemon/http_api.h"

#include "base/alloc.h"
#include "daemon/daemon_internal.h"
#include "daemon/health.h"
#include "daemon/http_internal.h"
#include "goxel/version.h"
#include "log/log.h"
#include "platform/os.h"
#include "platform/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CONNECTIONS  256
#define MAX_HEADER_BYTES 16384
#define BACKLOG          256

/* ---- where ---- */

struct place {
    bool is_unix;
    char address[GOX_SOCKET_PATH_MAX + 1]; /* numeric, or a path */
    uint16_t port;
};

static int fail_place(const char *text, struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_PARAMS,
            "\"%.120s\" is no place to listen at; use ADDRESS:PORT such as "
            "127.0.0.1:9464 or [::1]:9464, a port, or "
            "the path of a Unix socket",
            text);
}

/* "[v6]:port", "v4:port", ":port", "port". */
static int parse_tcp(const char *text, struct place *place)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon != NULL ? colon + 1 : text;
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    char *end;
    unsigned long number = strtoul(port, &end, 10);
    if (*port < '0' || *port > '9' || *end != '\0' || number > 65535)
        return GOX_ERR_PARAMS;
    place->port = (uint16_t)number;
    if (len > 1 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    } else if (memchr(text, ':', len) != NULL) {
        return GOX_ERR_PARAMS; /* an IPv6 address wants its brackets */
    }
    if (len == 0) {
        text = "127.0.0.1";
        len = strlen(text);
    }
    if (len >= sizeof place->address ||
            strspn(text, "0123456789abcdefABCDEF.:") < len)
        return GOX_ERR_PARAMS;
    memcpy(place->address, text, len);
    place->address[len] = '\0';
    return 0;
}

static int parse_place(
        const char *text, struct place *place, struct gox_error *err)
{
    *place = (struct place){.is_unix = text[0] == '/' || text[0] == '@'};
    if (!place->is_unix)
        return parse_tcp(text, place) < 0 ? fail_place(text, err) : 0;
    if (strlen(text) > GOX_SOCKET_PATH_MAX)
        return fail_place(text, err);
    strcpy(place->address, text);
    return 0;
}

static int check_place(const struct gox_settings *s, const struct place *place,
        struct gox_error *err)
{
    if (place->is_unix || s->security_enable_authentication ||
            gox_socket_is_loopback(place->address))
        return 0;
    return gox_error_set(err, GOX_ERR_PARAMS,
            "%s can be reached from other machines, "
            "which needs security.enable_authentication; use 127.0.0.1 or turn "
            "that on",
            place->address);
}

int gox__http_api_check(const struct gox_settings *s, struct gox_error *err)
{
    struct place place;
    if (s->monitoring_metrics_listen[0] == '\0')
        return 0;
    int code = parse_place(s->monitoring_metrics_listen, &place, err);
    return code < 0 ? code : check_place(s, &place, err);
}

int gox__http_api_port(const struct gox_settings *s)
{
    struct place place;
    if (s->monitoring_metrics_listen[0] == '\0' ||
            parse_place(s->monitoring_metrics_listen, &place, NULL) < 0 ||
            place.is_unix)
        return -1;
    return place.port;
}

static int listen_at(struct gox_http_api *api, int *fd, struct gox_error *err)
{
    const struct gox_settings *s = &api->daemon->settings;
    struct place place;
    int code = parse_place(s->monitoring_metrics_listen, &place, err);
    if (code == 0)
        code = check_place(s, &place, err);
    if (code < 0)
        return code;
    if (!place.is_unix)
        return gox_socket_listen_tcp(
                place.address, place.port, BACKLOG, fd, err);
    code = gox_socket_listen_unix(place.address,
            (unsigned)s->security_socket_permissions, BACKLOG, fd,
            &api->lock_fd, err);
    if (code == 0)
        strcpy(api->path, place.address);
    return code;
}

/* ---- who may ask ---- */

/* A page in a browser of this machine can reach loopback, and by DNS rebinding
 * under a name of its own. Other places need a token, which it has not. */
static bool check_local(void *ctx, gox_http_request *req)
{
    struct gox_http_api *api = ctx;
    if (!api->is_guarded || (gox_http_host_is_allowed(req, NULL) &&
                                    gox_http_origin_is_allowed(req, NULL)))
        return true;
    gox_http_reply_text(
            req, 403, "the Host or Origin header does not name this machine");
    return false;
}

static bool check_reader(void *ctx, gox_http_request *req)
{
    struct gox_http_api *api = ctx;
    if (!check_local(ctx, req))
        return false;
    return gox__http_is_authorized(api, req);
}

/* ---- answers ---- */

static void reply_json(
        gox_http_request *req, unsigned status, struct gox_buf *own_body)
{
    gox_buf_put_byte(own_body, '\n');
    gox_http_set_header(req, "Cache-Control", "no-store");
    gox_http_reply(req, status, "application/json", own_body);
}

static void answer_health(void *ctx, gox_http_request *req)
{
    struct gox_http_api *api = ctx;
    struct gox_buf body;
    struct gox_writer w;
    gox_buf_init(&body, 0);
    gox_writer_init(&w, &body);
    enum gox_health verdict;
    if (api->daemon->settings.security_enable_authentication) {
        /* Probes have no token, and others need not know more. */
        struct gox_health_report report;
        gox__health_look(api->daemon, &report);
        verdict = report.verdict;
        gox_writer_object(&w, NULL);
        gox_writer_string(&w, "status", gox__health_name(verdict));
        gox_writer_end_object(&w);
    } else {
        verdict = gox__health_put(api->daemon, &w);
    }
    reply_json(req, verdict == GOX_UNHEALTHY ? 503 : 200, &body);
}

static void answer_ready(void *ctx, gox_http_request *req)
{
    struct gox_http_api *api = ctx;
    struct gox_health_report report;
    struct gox_buf body;
    gox__health_look(api->daemon, &report);
    gox_buf_init(&body, 0);
    gox_buf_put_str(
            &body, report.is_ready ? "{\"ready\":true}" : "{\"ready\":false}");
    reply_json(req, report.is_ready ? 200 : 503, &body);
}

static void answer_version(void *ctx, gox_http_request *req)
{
    struct gox_buf body;
    struct gox_writer w;
    (void)ctx;
    gox_buf_init(&body, 0);
    gox_writer_init(&w, &body);
    gox_writer_object(&w, NULL);
    gox_writer_string(&w, "version", GOX_VERSION);
    gox_writer_string(&w, "type", "daemon");
    gox_writer_string(&w, "protocol", "JSON-RPC 2.0");
    gox_writer_string(&w, "os", gox_os_name());
    gox_writer_end_object(&w);
    reply_json(req, 200, &body);
}

static void answer_metrics(void *ctx, gox_http_request *req)
{
    struct gox_http_api *api = ctx;
    struct gox_buf body;
    if (!api->daemon->metrics.is_on) {
        gox_http_reply_text(
                req, 404, "metrics are off (monitoring.enable_metrics)");
        return;
    }
    gox_buf_init(&body, 0);
    gox_metrics_put_text(api->daemon, &body);
    gox_http_reply(req, 200, GOX_METRICS_MIME, &body);
}

static void on_idle(void *ctx)
{
    struct gox_http_api *api = ctx;
    if (api->daemon->is_stopping)
        gox__daemon_check_stop(api->daemon);
}

/* ---- the listener ---- */

#define RPC_ROUTE 3

static size_t max_body(const gox_daemon *d)
{
    return (size_t)d->settings.security_max_request_size_mb << 20;
}

static void fill_routes(struct gox_http_api *api)
{
    snprintf(api->metrics_path, sizeof api->metrics_path, "%s",
            api->daemon->settings.monitoring_metrics_endpoint);
    const struct gox_http_route all[GOX__HTTP_ROUTES] = {
            {"/healthz", "GET", 0, check_local, answer_health},
            {"/readyz", "GET", 0, check_local, answer_ready},
            {"/version", "GET", 0, check_reader, answer_version},
            [RPC_ROUTE] = {"/rpc", "POST", max_body(api->daemon), check_reader,
                    gox__http_answer_rpc},
            {api->metrics_path, "GET", 0, check_reader, answer_metrics},
    };
    memcpy(api->routes, all, sizeof all);
}

static int open_listener(
        struct gox_http_api *api, int own_fd, struct gox_error *err)
{
    gox_daemon *d = api->daemon;
    struct gox_socket_info info;
    if (gox_socket_describe(own_fd, &info) < 0)
        info = (struct gox_socket_info){.kind = GOX_SOCKET_OTHER};
    bool is_tcp = info.kind == GOX_SOCKET_TCP;
    api->is_guarded =
            is_tcp && (gox_socket_is_loopback(info.address) ||
                              !d->settings.security_enable_authentication);
    fill_routes(api);
    const struct gox_http_options options = {.routes = api->routes,
            .route_count = GOX__HTTP_ROUTES,
            .ctx = api,
            .max_connections = MAX_CONNECTIONS,
            .max_header_bytes = MAX_HEADER_BYTES,
            .timeout_s = (unsigned)d->settings.server_timeout_seconds,
            .idle = on_idle};
    int code = gox_http_open(d->loop, own_fd, &options, &api->http, err);
    if (code < 0)
        return code;
    if (is_tcp)
        gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_HTTP,
                strchr(info.address, ':') != NULL ? "HTTP at http://[%s]:%u"
                                                  : "HTTP at http://%s:%u",
                info.address, info.port);
    else
        gox_log_put(d->log, GOX_LOG_INFO, GOX_LOG_C_HTTP,
                "HTTP at the socket %s", info.address);
    return 0;
}

int gox__http_api_start(gox_daemon *d, int own_passed_fd, struct gox_error *err)
{
    int fd = own_passed_fd;
    if (fd < 0 && d->settings.monitoring_metrics_listen[0] == '\0')
        return 0;
    struct gox_http_api *api = gox_calloc(1, sizeof *api);
    if (api == NULL) {
        if (fd >= 0)
            close(fd);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    api->daemon = d;
    api->lock_fd = -1;
    d->http = api;
    int code = fd >= 0 ? gox_socket_adopt(fd, NULL, err)
                       : listen_at(api, &fd, err);
    if (code < 0 && own_passed_fd >= 0)
        close(own_passed_fd);
    if (code == 0)
        code = open_listener(api, fd, err);
    if (code == 0)
        gox__daemon_raise_fd_limit(d);
    if (code < 0) {
        gox_error_prefix(err, own_passed_fd >= 0 ? "HTTP on a passed socket"
                                                 : "monitoring.metrics_listen");
        gox__http_api_close(d);
    }
    return code;
}

void gox__http_api_configure(gox_daemon *d)
{
    if (d->http == NULL)
        return;
    d->http->routes[RPC_ROUTE].max_body_bytes = max_body(d);
    gox_http_set_timeout(
            d->http->http, (unsigned)d->settings.server_timeout_seconds);
}

unsigned gox__http_api_fds(const gox_daemon *d)
{
    return d->http != NULL ? MAX_CONNECTIONS : 0;
}

bool gox__http_api_is_idle(const gox_daemon *d)
{
    return d->http == NULL || gox_http_under_way(d->http->http) == 0;
}

void gox__http_api_close(gox_daemon *d)
{
    struct gox_http_api *api = d->http;
    if (api == NULL)
        return;
    gox_http_close(api->http);
    if (api->path[0] != '\0' && api->path[0] != '@') {
        char lock[sizeof api->path + 8];
        snprintf(lock, sizeof lock, "%s.lock", api->path);
        unlink(api->path);
        unlink(lock);
    }
    if (api->lock_fd >= 0)
        close(api->lock_fd);
    gox_free(api);
    d->http = NULL;
}

void gox__http_api_get_stats(const gox_daemon *d, struct gox_http_stats *stats)
{
    *stats = (struct gox_http_stats){0};
    if (d->http != NULL)
        gox_http_get_stats(d->http->http, stats);
}
