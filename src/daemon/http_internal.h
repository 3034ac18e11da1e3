/* SPDX-License-Identifier: Apache-2.0
 * What the two files of the HTTP API share. */
#ifndef GOX_DAEMON_HTTP_INTERNAL_H
#define GOX_DAEMON_HTTP_INTERNAL_H

#include "daemon/api.h"
#include "http/http.h"
#include "platform/socket.h"

#define GOX__HTTP_ROUTES 5

struct gox_http_api {
    gox_daemon *daemon;
    gox_http *http;
    struct gox_http_route routes[GOX__HTTP_ROUTES];
    char metrics_path[256]; /* own copy: a reload frees the settings' */
    bool is_guarded;        /* Host and Origin must name this machine */
    int lock_fd;            /* of a Unix socket; -1 */
    char path[GOX_SOCKET_PATH_MAX + 1]; /* of one that we made; or "" */
};

/* ---- http_rpc.c ---- */
/* Whether the request may be answered; if not, it is answered (401). */
bool gox__http_is_authorized(struct gox_http_api *api, gox_http_request *req);
/* POST /rpc; ctx is the API. */
void gox__http_answer_rpc(void *ctx, gox_http_request *req);

#endif
