/* SPDX-License-Identifier: Apache-2.0
 * One client: its bytes in and out, its current project, the request under
 * way.
 *
 * Invariants: replies leave in the order of the requests; at most one request
 * of a session is under way; what waits to be read or written is bounded. */
#ifndef GOX_DAEMON_SESSION_H
#define GOX_DAEMON_SESSION_H

#include "daemon/daemon_internal.h"
#include "rpc/frame.h"

#define GOX_SESSION_CANCELLED 8
#define GOX_SESSION_ID_BYTES  64

/* The requests of a batch that are left. */
struct gox_batch {
    char *text; /* owned */
    struct gox_reader reader;
    struct gox_buf out; /* the array of replies so far */
    size_t count;
    uint64_t turn; /* in which it began, and how many answers that turn had */
    size_t first;
};

struct gox_session {
    gox_daemon *daemon;
    gox_stream *in;
    gox_stream *out_stream; /* the same as in, but for --stdio */
    struct gox_frame frame;
    struct gox_buf out;   /* replies of this turn */
    gox_project *project; /* current; holds a reference; or NULL */
    char *wanted;         /* the name of it while it is NULL; owned; or NULL */
    struct gox_call_internal *running; /* it waits for this one */
    struct gox_batch *batch;
    struct gox_grant grant;
    int64_t begun_at_ns; /* since when a request is not complete; 0: none */
    int64_t tail_at_ns;  /* since when an unfinished line waits; 0: none */
    /* Ids that rpc.cancel ended, so that its reply, which comes in its turn,
     * can say so. */
    char cancelled[GOX_SESSION_CANCELLED][GOX_SESSION_ID_BYTES];
    size_t cancelled_count;
    unsigned open_streams;
    bool has_ended; /* no more input comes */
    bool is_gone;   /* nobody reads the replies */
    bool is_closing;
    bool is_once;    /* one message and its answer; nothing unasked */
    bool is_full;    /* reading stopped until replies are read */
    bool wants_more; /* goes on when this turn has ended */
    bool is_ready;   /* in the list of daemon/turn.h */
    gox_session *ready_next;
    bool in_process, in_look;       /* guards against coming in again */
    uint64_t number;                /* the nth connection, from 1 */
    struct gox_subscriptions *subs; /* daemon/subscribe.h; owned; or NULL */
    gox_session *prev, *next;
};

/* Takes the stream(s) over; NULL (streams closed) when out of memory. */
gox_session *gox__session_new(
        gox_daemon *daemon, gox_stream *own_in, gox_stream *own_out);
/* Stops reading and closes as soon as all replies are out. */
void gox__session_finish(gox_session *session);
/* Closes now; a request under way goes on without it. */
void gox__session_close(gox_session *session);
/* Its current project from now on; NULL: none. */
void gox__session_set_project(gox_session *session, gox_project *project);
/* Where the reply of the request under way goes. */
struct gox_buf *gox__session_reply_buf(gox_session *session);
/* The request under way was answered: goes on with the next. */
void gox__session_resume(gox_session *session);
/* Answers an unfinished line if it is a whole JSON text. */
void gox__session_grace(gox_session *session, int64_t now_ns);
/* Takes the limits of the settings, at the start and after a reload. */
void gox__session_configure(gox_session *session);
/* Sends what is in `out`, which ends with a whole line, and goes on. */
void gox__session_end_turn(gox_session *session);
/* Sends progress of the request under way. */
void gox__session_progress(gox_session *session);

/* ---- session_batch.c ---- */
/* Runs the requests of a batch, as far as none of them is put off. */
void gox__session_batch_begin(gox_session *session, struct gox_slice text);
/* The request of it that was under way was answered: goes on with the batch.
 * False when another one is under way. */
bool gox__session_batch_resume(gox_session *session);
void gox__session_batch_free(struct gox_batch *own_batch);

/* ---- session_cancel.c ---- */
/* Looks through the input that waits for an rpc.cancel of what is under way. */
void gox__session_look_for_cancel(gox_session *session);
/* Ends the request with this raw id; false when none is under way. */
bool gox__session_cancel(gox_session *session, struct gox_slice id);

/* ---- session_slow.c ---- */
/* A request has begun and is not complete, and the daemon waits for the rest;
 * or that is over. */
void gox__session_note_begun(gox_session *session, bool is_begun);
/* Cuts off a client that does not go on reading or writing. */
void gox__session_tick(gox_session *session, int64_t now_ns);

#endif
