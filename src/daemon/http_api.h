/* SPDX-License-Identifier: Apache-2.0
 * The daemon over HTTP: metrics, health, version, and JSON-RPC in the body of a
 * POST. Only there when monitoring.metrics_listen names a place or a service
 * manager passed a socket.
 *
 * Invariant: a request to /rpc is answered by a session of its own, so that
 * limits, order and durability are those of the socket. Loop thread. */
#ifndef GOX_DAEMON_HTTP_API_H
#define GOX_DAEMON_HTTP_API_H

#include "base/error.h"
#include "config/settings.h"

#include <stdbool.h>

typedef struct gox_daemon gox_daemon;
struct gox_http_stats;

/* Whether monitoring.metrics_listen can be used: its form, and that it is not
 * open to other machines without authentication. GOX_ERR_PARAMS. */
int gox__http_api_check(
        const struct gox_settings *settings, struct gox_error *err);
/* The TCP port of monitoring.metrics_listen, 0 when the system chooses it; -1:
 * there is none. */
int gox__http_api_port(const struct gox_settings *settings);
/* Listens on own_passed_fd (-1: none), else where the settings say, else does
 * nothing. Before the sandbox closes: a library is loaded. */
int gox__http_api_start(gox_daemon *daemon, int own_passed_fd,
        struct gox_error *err) GOX_MUST_CHECK;
/* After a reload. */
void gox__http_api_configure(gox_daemon *daemon);
/* Descriptors that connections may need. */
unsigned gox__http_api_fds(const gox_daemon *daemon);
/* No request is under way. */
bool gox__http_api_is_idle(const gox_daemon *daemon);
/* Cuts off what is left; before the sessions are freed. */
void gox__http_api_close(gox_daemon *daemon);
/* All 0 when there is no listener. */
void gox__http_api_get_stats(
        const gox_daemon *daemon, struct gox_http_stats *stats);

#endif
