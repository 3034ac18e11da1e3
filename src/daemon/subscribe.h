/* SPDX-License-Identifier: Apache-2.0
 * Telling clients of changes that others make.
 *
 * Invariants: a subscription gets each change once, in order of revision, and
 * never in the middle of a reply; a client that does not read gets nothing more
 * until it does, and is then told from where it left off, or that it missed
 * some. Threads: the loop's. */
#ifndef GOX_DAEMON_SUBSCRIBE_H
#define GOX_DAEMON_SUBSCRIBE_H

#include "daemon/daemon_internal.h"

#define GOX_SUBSCRIPTIONS_MAX 64  /* of one connection */
#define GOX_CHANGES_MAX       512 /* that a project remembers */

struct gox_change {
    uint64_t revision;
    uint64_t origin; /* number of the connection; 0: none */
    int layer_id;    /* 0: several or all */
    struct gox_bbox box;
};

/* The last changes of a project, kept from the first subscription on. */
struct gox_changes {
    struct gox_change items[GOX_CHANGES_MAX];
    uint64_t count;     /* ever; item i is at i % GOX_CHANGES_MAX */
    uint64_t committed; /* of these, what may be told */
};

struct gox_subscription {
    unsigned id;
    gox_project *project; /* holds a reference */
    uint64_t sent;        /* how many of the project's changes */
    bool has_missed;      /* to be said with the next one */
};

struct gox_subscriptions {
    struct gox_subscription items[GOX_SUBSCRIPTIONS_MAX];
    size_t count;
    unsigned last_id;
};

/* Remembers a change of call's project and sees to it that subscribers are
 * told. */
void gox__changes_note(struct gox_call *call, const struct gox_edit_info *info);
/* Sends what session has not been told yet, as far as it reads. */
void gox__subscriptions_pump(gox_session *session);
/* Ends all; frees. NULL is fine. */
void gox__subscriptions_free(struct gox_subscriptions *subs);

/* Adds one. from_revision: changes after it are sent first; UINT64_MAX: only
 * new ones. GOX_ERR_TOO_LARGE, GOX_ERR_NOMEM, GOX_ERR_NOT_FOUND (those changes
 * are not remembered). */
int gox__subscribe(gox_session *session, gox_project *project,
        uint64_t from_revision, unsigned *id,
        struct gox_error *err) GOX_MUST_CHECK;
/* False when there is none of that id. */
bool gox__unsubscribe(gox_session *session, unsigned id);

#endif
