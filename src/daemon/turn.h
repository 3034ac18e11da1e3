/* SPDX-License-Identifier: Apache-2.0
 * What ends a turn of the loop: one commit for all edits of the turn, then the
 * answers go out.
 *
 * Invariant: no answer that tells of an edit leaves before the edit is in the
 * store; when the commit fails the edit is taken back and each answer that
 * tells of it becomes an error. */
#ifndef GOX_DAEMON_TURN_H
#define GOX_DAEMON_TURN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gox_daemon gox_daemon;
typedef struct gox_session gox_session;
typedef struct gox_project gox_project;
struct gox_call_internal;

/* An answer of this turn about a project that was edited in it. */
struct gox_turn_reply {
    gox_session *session;
    gox_project *project;
    size_t begin, end; /* in the session's output, or in that of its batch */
    bool in_batch;
    const struct gox_error *err; /* why it must be replaced */
};

struct gox_turn_state {
    struct gox_turn_reply *replies;
    size_t count, capacity;
    gox_session *ready; /* have something to send or to go on with */
    struct gox_call_internal *waiting_first, *waiting_last; /* for the commit */
    int64_t commit_at_ns, commit_ns; /* when the last one was, how long */
    uint64_t commits, failed;        /* of turns that had edits */
    struct gox_error err;            /* of the last commit; code 0: none */
    bool is_ending;
};

/* Remembers the answer at begin ... end of the session's reply buffer, if its
 * project was edited in this turn. */
void gox__daemon_turn_note_reply(
        gox_session *session, gox_project *project, size_t begin, size_t end);
/* The batch's answers, moved to `offset` of the session's output. */
void gox__daemon_turn_move_batch(gox_session *session, size_t offset);
/* The session's output is to be sent at the end of the turn. */
void gox__daemon_turn_need_flush(gox_session *session);
/* The session ends: nothing here may name it any more. */
void gox__daemon_turn_forget(gox_session *session);
/* The call begins again when the edits so far are committed. */
void gox__daemon_turn_add_waiting(
        gox_daemon *daemon, struct gox_call_internal *c);
void gox__daemon_turn_remove_waiting(
        gox_daemon *daemon, struct gox_call_internal *c);
/* Commits, sends, begins what waited, until nothing is left to do. ctx is the
 * daemon. */
void gox__daemon_turn_end(void *ctx);
void gox__daemon_turn_fini(gox_daemon *daemon);

#endif
