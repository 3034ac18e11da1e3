/* SPDX-License-Identifier: Apache-2.0
 * What the files of the backend share. */
#ifndef GOX_MCP_BACKEND_INTERNAL_H
#define GOX_MCP_BACKEND_INTERNAL_H

#include "goxel/client.h"
#include "loop/watch.h"
#include "mcp/backend.h"

#include <sys/types.h>

enum gox__backend_state {
    GOX__BACKEND_WAITING, /* for a connection */
    GOX__BACKEND_ASKING,  /* for the revision, before the first edit */
    GOX__BACKEND_SENT,
    GOX__BACKEND_CHECKING, /* for the revision, after the answer was lost */
    GOX__BACKEND_FAILED    /* err is set, the outcome is due */
};

struct gox_backend_call {
    gox_backend *backend;
    const char *method;
    json_t *params;
    enum gox_backend_kind kind;
    enum gox__backend_state state;
    void (*fn)(void *ctx, json_t *result, const json_t *error,
            const struct gox_error *err);
    void (*progress)(void *ctx, double fraction);
    void *ctx;
    int64_t id; /* of the client's call, 0: none */
    int64_t deadline_ns;
    int64_t revision;    /* the guard that was sent */
    bool has_own_guard;  /* if_revision was put in here */
    bool is_answer_lost; /* it was sent, and the connection broke */
    struct gox_error err;
    gox_backend_call *prev, *next;
};

struct gox_backend {
    gox_loop *loop;
    char *socket;
    bool may_start, stops_daemon, is_up, was_up;
    int timeout_ms;
    gox_client *client;
    gox_watch *watch;
    gox_timer *tick;  /* deadlines, while there are calls */
    gox_timer *retry; /* the next attempt to connect */
    int pause_ms;
    struct gox_error last_failure; /* of connecting; code 0: none yet */
    int64_t give_up_ns;            /* when connecting ends; 0: not connecting */
    pid_t daemon; /* helper, or the daemon it became; 0: reaped, none */
    unsigned failed_starts; /* since the last connection */
    bool was_started_here;
    bool has_answered; /* the daemon, on this connection */
    int64_t connected_ns;
    bool has_started; /* since the connection was lost */
    gox_backend_call *first, *last;
    json_t *revisions; /* {project: last known revision} */
    json_t *watched;   /* {project: true} */
    void (*on_change)(void *ctx, const char *project);
    void *change_ctx;
};

/* connect.c */
void gox__backend_connect(gox_backend *backend);
void gox__backend_disconnect(gox_backend *backend);
/* Gives a connection up on which nobody has answered for too long: a manager
 * holds the socket while no daemon runs. */
void gox__backend_check_answer(gox_backend *backend, int64_t now_ns);
/* start.c: starts a daemon that outlives this process. */
int gox__backend_start_daemon(gox_backend *backend, struct gox_error *err);
/* True when the helper (or what it became) has ended; text says how. */
bool gox__backend_daemon_ended(gox_backend *backend, char *text, size_t size);
/* The socket's usual place; NULL: no memory. */
char *gox__backend_find_socket(const char *wanted);
/* backend_connect.c: which socket, why not, and what to do. */
void gox__backend_explain(const gox_backend *backend, struct gox_error *err);

/* backend.c */
void gox__backend_send(gox_backend_call *call);
void gox__backend_fail_all(gox_backend *backend, const struct gox_error *err);
void gox__backend_subscribe(gox_backend *backend, const char *project);

#endif
