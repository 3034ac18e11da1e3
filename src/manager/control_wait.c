/* SPDX-License-Identifier: Apache-2.0
 * Calls whose answer comes later: when a daemon is ready, has ended, has been
 * checked or has reloaded, or when the time to wait is over. */
#include "base/alloc.h"
#include "manager/control_internal.h"

#include <stdio.h>
#include <string.h>

static void free_waiter(struct gox__waiter *w)
{
    gox_timer_close(w->timer);
    gox_free(w->id);
    gox_free(w);
}

void gox__control_drop_waiters(struct gox__session *s)
{
    struct gox__waiter **at = &s->control->waiters;
    while (*at != NULL) {
        struct gox__waiter *w = *at;
        if (w->session != s) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        free_waiter(w);
    }
}

static void put_status(gox_instance *i, struct gox__session *s, const char *id)
{
    struct gox_writer w;
    gox_writer_init(&w, &s->out);
    gox_reply_begin(&w);
    gox__status_put(i, &w);
    gox_reply_end(&w, (struct gox_slice){id, strlen(id)});
}

static void put_health(gox_instance *i, struct gox__session *s, const char *id)
{
    struct gox_writer w;
    gox_writer_init(&w, &s->out);
    gox_reply_begin(&w);
    gox__health_put(i, &w);
    gox_reply_end(&w, (struct gox_slice){id, strlen(id)});
}

static void put_reloaded(
        gox_instance *i, struct gox__session *s, const char *id)
{
    struct gox_writer w;
    bool has_failed = i->has_said_reloading && i->is_reload_failed;
    gox_writer_init(&w, &s->out);
    gox_reply_begin(&w);
    gox_writer_object(&w, NULL);
    gox_writer_bool(&w, "reloaded", !has_failed);
    gox_writer_string(&w, "message", i->reload_text);
    gox_writer_end_object(&w);
    gox_reply_end(&w, (struct gox_slice){id, strlen(id)});
}

static void answer_waiter(struct gox__waiter *w, int code)
{
    struct gox_error err = {.offset = -1};
    gox_instance *i = w->instance;
    struct gox__session *s = w->session;
    if (code == GOX_ERR_TIMEOUT)
        gox_error_set(&err, code, "%s is %s after %lld ms; the work goes on",
                i->config.name, gox_state_name(i->state),
                (long long)w->timeout_ms);
    else if (code < 0 && gox_state_is_up(i->state))
        gox_error_set(&err, code,
                "%s: the new program did not become ready (%s); the old one, "
                "%s, serves again",
                i->config.name, i->exit_text, i->config.binary);
    else if (code < 0 && i->backend->start == NULL)
        gox_error_set(&err, GOX_ERR_UNSUPPORTED,
                "%s: nobody answers at %s, and who runs this daemon must start "
                "it (backend %s)",
                i->config.name, i->config.socket_path,
                gox_backend_name(i->backend->choice));
    else if (code < 0)
        gox_error_set(&err, code, "%s is %s: %s", i->config.name,
                gox_state_name(i->state),
                i->has_exit ? i->exit_text : "it did not start");
    if (code < 0)
        gox__control_put_error(
                s, (struct gox_slice){w->id, strlen(w->id)}, &err, NULL);
    else if (w->goal == GOX__GOAL_HEALTH)
        put_health(i, s, w->id);
    else if (w->goal == GOX__GOAL_RELOADED)
        put_reloaded(i, s, w->id);
    else
        put_status(i, s, w->id);
    gox_buf_put_byte(&s->out, '\n');
    s->waits--;
    gox__control_flush(s);
}

static void take_waiter(struct gox_control *c, struct gox__waiter *w)
{
    struct gox__waiter **at = &c->waiters;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
}

static void on_wait_late(void *ctx)
{
    struct gox__waiter *w = ctx;
    take_waiter(w->session->control, w);
    answer_waiter(w, GOX_ERR_TIMEOUT);
    free_waiter(w);
}

/* 1: not yet, 0: reached, negative: it never will be. */
static int goal_of(const struct gox__waiter *w)
{
    const gox_instance *i = w->instance;
    bool has_process = gox_state_has_process(i->state);
    switch (w->goal) {
    case GOX__GOAL_UP:
    case GOX__GOAL_UPGRADED:
        if (i->bounce_pid > 0)
            return 1; /* it is the one from before that is up */
        if (gox__instance_is_unseen(i))
            return 1;
        if (gox_state_is_up(i->state))
            return w->goal == GOX__GOAL_UPGRADED && i->is_rolled_back
                           ? GOX_ERR_IO
                           : 0;
        return i->state == GOX_STATE_FAILED || i->state == GOX_STATE_STOPPED
                       ? GOX_ERR_IO
                       : 1;
    case GOX__GOAL_DOWN:
        return has_process || i->state == GOX_STATE_ATTACHED ? 1 : 0;
    case GOX__GOAL_RELOADED:
        return i->is_reloading && gox_state_is_up(i->state) ? 1 : 0;
    case GOX__GOAL_HEALTH:
        break;
    }
    return 1;
}

/* Answers those whose goal is reached; an answer may close a session, which
 * takes other waiters away, so the search begins anew. */
void gox__control_changed(gox_manager *m, gox_instance *i)
{
    struct gox_control *c = m->control;
    struct gox__waiter *w = c != NULL ? c->waiters : NULL;
    while (w != NULL) {
        int code = w->instance == i ? goal_of(w) : 1;
        if (code > 0) {
            w = w->next;
            continue;
        }
        take_waiter(c, w);
        answer_waiter(w, code);
        free_waiter(w);
        w = c->waiters;
    }
}

void gox__control_health_done(gox_manager *m, gox_instance *i)
{
    struct gox_control *c = m->control;
    struct gox__waiter *w = c != NULL ? c->waiters : NULL;
    while (w != NULL) {
        if (w->instance != i || w->goal != GOX__GOAL_HEALTH) {
            w = w->next;
            continue;
        }
        take_waiter(c, w);
        answer_waiter(w, 0);
        free_waiter(w);
        w = c->waiters;
    }
}

int gox__control_add_waiter(struct gox__session *s, const struct gox_call *call,
        struct gox_slice id, struct gox_error *err)
{
    struct gox_control *c = s->control;
    struct gox__waiter *w = gox_calloc(1, sizeof *w);
    if (w == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    *w = (struct gox__waiter){.session = s,
            .instance = call->instance,
            .goal = call->goal,
            .timeout_ms = call->timeout_ms};
    w->id = gox_strndup(id.data, id.len);
    w->timer = gox_timer_new(c->manager->loop, on_wait_late, w);
    if (w->id == NULL || w->timer == NULL) {
        free_waiter(w);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    gox_timer_start(w->timer, (uint64_t)call->timeout_ms, 0);
    w->next = c->waiters;
    c->waiters = w;
    s->waits++;
    return 0;
}
