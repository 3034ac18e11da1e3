/* SPDX-License-Identifier: Apache-2.0
 * The daemon's parts as its own files see them.
 *
 * Invariant: all of it belongs to the loop thread, but settings, paths and log,
 * which are const after the start. */
#ifndef GOX_DAEMON_DAEMON_INTERNAL_H
#define GOX_DAEMON_DAEMON_INTERNAL_H

#include "daemon/access.h"
#include "daemon/api.h"
#include "daemon/daemon.h"
#include "daemon/health.h"
#include "daemon/metrics.h"
#include "daemon/turn.h"
#include "loop/pool.h"
#include "loop/stream.h"
#include "platform/path.h"
#include "platform/sandbox.h"
#include "rpc/registry.h"
#include "rpc/request.h"

struct gox_stats {
    uint64_t requests, errors, notifications, batches;
    uint64_t connections, refused, slow_cut;
    uint64_t long_started, long_cancelled;
};

struct gox_daemon {
    struct gox_settings settings;
    gox_log *log;
    gox_loop *loop;
    gox_pool *pool;
    gox_access *access;
    gox_registry *registry;
    gox_paths *paths;
    gox_projects *projects;
    struct gox_sandbox sandbox;
    struct gox_turn_state turn;
    gox_pool *file_pool;     /* opens and closes projects */
    struct gox_sweep *sweep; /* storage.c */
    struct gox_clips clips;
    struct gox_renders renders;
    struct gox_stats stats;
    struct gox_metrics metrics;
    struct gox_http_api *http; /* http_api.h; NULL: no listener */
    enum gox_health health;    /* when last looked at from time to time */
    gox_timer *health_timer;   /* while that is on; or NULL */
    int64_t start_at_ns;
    int64_t start_wall_ms;

    struct gox_lifecycle *life; /* of the process; NULL in tests */
    gox_listener *listener, *tcp_listener;
    int lock_fd;
    bool owns_socket;      /* its path was made by this process */
    gox_session *sessions; /* all that are not closed */
    size_t session_count;
    size_t restart_count;   /* settings of the last reload that wait for one */
    size_t calls_under_way; /* with a worker or waiting for their turn */
    size_t progress_count;  /* of these, the ones that want progress */
    struct gox_call_internal *spare; /* the next call's memory */

    gox_timer *tick;     /* once a second while somebody waits for a reader */
    gox_timer *grace;    /* answers texts that came without a newline */
    gox_timer *progress; /* sends progress */
    gox_timer *deadline; /* of stopping */
    gox_timer *notify;   /* tells subscribers after this turn */
    gox_timer *cleanup;  /* while there are render files */
    gox_timer *upkeep;   /* looks after projects for a while after edits */
    int upkeep_left;     /* times that it still runs */
    bool is_tick_on, is_grace_on, is_cleanup_on, is_notify_on, is_stopping,
            is_closed_in, is_winding_up, is_cut;
};

struct gox_kept_fd;

/* One request under way. call is first, so the two pointers are the same
 * object. */
struct gox_call_internal {
    struct gox_call call;
    struct gox_arg args[GOX_METHOD_MAX_PARAMS];
    struct gox_arena arena;
    struct gox_param_error detail;
    struct gox_request request;
    struct gox_writer writer;
    struct gox_buf result; /* of calls that do not write to the session */
    struct gox_slice line; /* the request */
    char *text;            /* own copy of it, when it had to wait; or NULL */
    struct gox_work work;
    struct gox_call_internal *next_waiting;
    struct gox_call *parent;   /* this is a part of another call */
    struct gox_image **target; /* the image that is read and edited */
    struct gox_kept_fd *kept_fds;
    int code;                                  /* of work */
    int64_t retry_after_ms, conflict_revision; /* for the error; -1: none */
    int64_t begin_at_ns;   /* for the metrics; 0: they are off */
    int wire_code;         /* of the error that was answered; 0: none */
    gox_project *touched;  /* what it edited in this turn; borrowed */
    gox_project *after;    /* its reply waits for the job of this one; a
                              reference; or NULL */
    bool waits_for_commit; /* with is_waiting: in the list of daemon/turn.h */
    bool waits_for_close;  /* it is the project's held one, and begins again */
    bool has_edit, in_work, is_under_way, is_waiting, has_turn;
    bool wants_progress, has_if_revision;
    int64_t if_revision;
    unsigned told_permille;
};

/* ---- call.c ---- */
struct gox_call_internal *gox__call_new(void);
/* Ready for the next request; keeps its memory. */
void gox__call_reset(struct gox_call_internal *c, gox_daemon *daemon);
/* Gives back all that the request held. */
void gox__call_clear(struct gox_call_internal *c);
void gox__call_free(struct gox_call_internal *c);
/* Rolls an open edit back; for handlers that failed. */
void gox__call_abandon(struct gox_call_internal *c);

static inline bool gox__call_is_edit(const struct gox_call_internal *c)
{
    return (c->call.method->flags & GOX_METHOD_EDIT) != 0;
}

/* The project whose state the reply tells of. */
static inline gox_project *gox__call_touched(const struct gox_call_internal *c)
{
    return c->touched != NULL ? c->touched : c->call.project;
}

/* ---- dispatch.c ---- */
/* Answers one message into the session's reply buffer. True when it is done;
 * false when it goes on elsewhere: the session waits, gox__session_resume is
 * called later. */
bool gox__dispatch(gox_session *session, struct gox_slice text);
/* Begins a call that has waited. */
void gox__dispatch_start(struct gox_call_internal *c);
/* A reply that says only an error. */
void gox__dispatch_error(
        gox_daemon *daemon, struct gox_buf *out, const struct gox_error *err);
/* "#RRGGBB" and names to a colour, for the binding. */
bool gox__parse_color(const char *text, size_t len, uint32_t *rgba);

/* ---- dispatch_long.c ---- */
/* Copies the request's text into the call, which may then outlive the bytes
 * that were read. */
int gox__dispatch_own_text(struct gox_call_internal *c) GOX_MUST_CHECK;
/* Waits for the turn of its project, or for what it asked to wait for. */
void gox__long_wait(struct gox_call_internal *c);
/* The handler gave nothing yet; it is run again later. */
int gox__long_put_off(struct gox_call_internal *c) GOX_MUST_CHECK;
/* Hands a prepared call to a worker; 0 or an error. */
int gox__long_work(struct gox_call_internal *c) GOX_MUST_CHECK;
/* Whether the reply must wait for the job of a project; then it does. */
bool gox__long_hold(struct gox_call_internal *c);
/* The end of a call that was under way, with a result or an error. */
void gox__long_finish(struct gox_call_internal *c, int code);
/* The reply of a call that was under way is in its result: it goes to the
 * session, which goes on. */
void gox__long_deliver(struct gox_call_internal *c);
/* Gives an answered call back, and the turn that it had. */
void gox__long_release(struct gox_call_internal *c);
/* The job of a project has ended, see gox_projects_config. */
void gox__dispatch_ready(
        void *ctx, gox_project *project, const struct gox_error *err);
/* Ends a call that is under way: at once when it has not begun, else as soon
 * as its worker looks. Its session may go on from inside here. */
void gox__dispatch_cancel(struct gox_call_internal *c);

/* ---- reply.c ---- */
/* Where the handler writes its result: the reply begins in out. */
void gox__reply_begin(struct gox_call_internal *c, struct gox_buf *out);
/* The handler wrote a result into out from `start` on; makes it a reply, or an
 * error reply when code says so or the result did not fit. */
void gox__reply_end(struct gox_call_internal *c, struct gox_buf *out,
        size_t start, int code);
void gox__reply_put_error(
        struct gox_call_internal *c, struct gox_buf *out, int code);
/* For errors that nobody is told of: those of notifications. */
void gox__reply_count_error(struct gox_call_internal *c);

/* ---- gate.c ---- */
/* Whether the request may go on, its method known and nothing else: rights,
 * rate, memory. */
int gox__gate(struct gox_call_internal *c) GOX_MUST_CHECK;

/* Whether it waits behind work that somebody waits for, by its method and
 * arguments. */
bool gox__gate_is_bulk(const struct gox_call_internal *c);

/* ---- confine.c ---- */
/* Locks this process in as security.sandbox says; daemon->sandbox tells what
 * holds. Before the first thread. GOX_ERR_UNSUPPORTED, GOX_ERR_NOT_FOUND. */
int gox__daemon_confine(
        gox_daemon *daemon, struct gox_error *err) GOX_MUST_CHECK;

/* ---- storage.c ---- */
/* The data directory's store, or projects in memory. GOX_ERR_BUSY: another
 * process has the directory. */
int gox__daemon_open_projects(
        gox_daemon *daemon, struct gox_error *err) GOX_MUST_CHECK;
/* Descriptors that open projects may need. */
unsigned gox__daemon_project_fds(const gox_daemon *daemon);
/* Removes what is in the trash for too long, on a worker. */
void gox__daemon_sweep_trash(gox_daemon *daemon);

/* ---- server.c ---- */
/* Something waits: makes sure the tick or the grace timer runs. */
void gox__daemon_need_tick(gox_daemon *daemon);
void gox__daemon_need_grace(gox_daemon *daemon);
void gox__daemon_need_progress(gox_daemon *daemon);
void gox__daemon_need_cleanup(gox_daemon *daemon);
void gox__daemon_need_notify(gox_daemon *daemon);
void gox__daemon_need_upkeep(gox_daemon *daemon);
/* A call or a session ended; while stopping this may end the loop. */
void gox__daemon_check_stop(gox_daemon *daemon);
/* Enough descriptors for all connections, as far as the system gives them. */
void gox__daemon_raise_fd_limit(const gox_daemon *daemon);
/* Ends the loop at once; what is under way is cancelled. */
void gox__daemon_cut(gox_daemon *daemon);
/* A new connection, from a listener whose context is the daemon. */
void gox__daemon_accept(void *ctx, gox_stream *own_stream);

/* ---- api/groups.c ---- */
extern const struct gox_method *const gox_api_groups[];
extern const size_t gox_api_group_count;

#endif
