/* SPDX-License-Identifier: Apache-2.0
 * What the method handlers of the control socket see. */
#ifndef GOX_MANAGER_CONTROL_INTERNAL_H
#define GOX_MANAGER_CONTROL_INTERNAL_H

#include "manager/control.h"
#include "manager/manager_internal.h"
#include "rpc/method.h"
#include "rpc/registry.h"
#include "rpc/request.h"

#define GOX__CALL_WAIT 1 /* the answer comes when call->goal is reached */

enum gox__goal {
    GOX__GOAL_UP,       /* ready, or failed */
    GOX__GOAL_UPGRADED, /* the same, with the new program */
    GOX__GOAL_DOWN,     /* no process */
    GOX__GOAL_HEALTH,   /* the round is over */
    GOX__GOAL_RELOADED  /* the daemon said so, or the time for it is over */
};

struct gox__session {
    struct gox_control *control;
    gox_stream *stream;
    struct gox_frame frame;
    struct gox_buf out;
    struct gox__session *next, *previous;
    bool is_closing, is_broken, has_ended;
    bool is_subscribed, wants_logs;
    uint32_t kinds; /* bits of 1 << enum gox_event_kind */
    char *only;     /* events of this instance; or NULL: all */
    unsigned waits; /* of its calls that wait */
};

struct gox__waiter {
    struct gox__waiter *next;
    struct gox__session *session;
    gox_instance *instance;
    enum gox__goal goal;
    gox_timer *timer;
    char *id; /* owned */
    int64_t timeout_ms;
};

struct gox_control {
    gox_manager *manager;
    gox_listener *listener;
    int lock_fd;
    char *path;
    gox_registry *registry;
    struct gox__session *sessions;
    size_t session_count;
    struct gox__waiter *waiters;
    gox_timer *tick; /* on while somebody does not read */
    bool is_tick_on;
};

/* The struct that rpc/method.h leaves to each server. */
struct gox_call {
    const struct gox_method *method;
    gox_manager *manager;
    struct gox__session *session;
    gox_instance *instance;
    struct gox_writer *out;
    struct gox_error err;
    const struct gox_arg *args;
    enum gox__goal goal;
    int64_t timeout_ms; /* of the wait */
    /* Written behind the answer: the stored events of a subscription. */
    struct gox_buf *after;
};

extern const struct gox_method gox_manager_methods[];
/* control.c: sends what is in s->out; may close the session. */
void gox__control_flush(struct gox__session *s);
void gox__control_put_error(struct gox__session *s, struct gox_slice id,
        const struct gox_error *err, const struct gox_param_error *param);
/* control_wait.c */
int gox__control_add_waiter(struct gox__session *s, const struct gox_call *call,
        struct gox_slice id, struct gox_error *err) GOX_MUST_CHECK;
void gox__control_drop_waiters(struct gox__session *s);
/* The document of rpc.discover. */
void gox__discover_put(struct gox_writer *w);

#endif
