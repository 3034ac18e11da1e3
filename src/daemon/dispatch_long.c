/* SPDX-License-Identifier: Apache-2.0
 * Calls that are not answered on the spot: those that wait for the turn of a
 * project, those with a worker, and those whose reply waits for a project's
 * job. dispatch.c begins them.
 *
 * Invariants: a call is in one list of waiting ones at most; one edit has the
 * turn of a project, and giving it back lets the next one begin. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/logging.h"
#include "daemon/session.h"

#include <string.h>

/* ---- waiting ---- */

static void take_turn(struct gox_call_internal *c)
{
    if (!gox__call_is_edit(c))
        return;
    c->call.project->turn = &c->call;
    c->has_turn = true;
}

static void unlink_waiting(gox_project *p, struct gox_call_internal *c)
{
    struct gox_call_internal *before = NULL;
    struct gox_call_internal *at = p->waiting_first->internal;
    while (at != c) {
        before = at;
        at = at->next_waiting;
    }
    struct gox_call *next =
            c->next_waiting != NULL ? &c->next_waiting->call : NULL;
    if (before != NULL)
        before->next_waiting = c->next_waiting;
    else
        p->waiting_first = next;
    if (p->waiting_last == &c->call)
        p->waiting_last = before != NULL ? &before->call : NULL;
    c->is_waiting = false;
}

/* The first that may begin now: edits one after the other, reads any time. */
static struct gox_call_internal *find_startable(const gox_project *p)
{
    struct gox_call *at = p->waiting_first;
    if (p->stage != GOX_PROJECT_OPEN)
        return NULL;
    while (at != NULL && p->turn != NULL && gox__call_is_edit(at->internal))
        at = at->internal->next_waiting != NULL
                     ? &at->internal->next_waiting->call
                     : NULL;
    return at != NULL ? at->internal : NULL;
}

/* Lets the calls go on that waited for the turn or for the project. */
static void run_waiting(gox_project *p)
{
    struct gox_call_internal *c;
    gox_project_ref(p);
    while ((c = find_startable(p)) != NULL) {
        unlink_waiting(p, c);
        gox__dispatch_start(c);
    }
    gox_project_unref(p);
}

static void set_under_way(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    if (c->is_under_way)
        return;
    c->is_under_way = true;
    d->calls_under_way++;
    if (d->spare == c)
        d->spare = NULL;
    if (c->call.session != NULL)
        c->call.session->running = c;
    if (c->wants_progress && !c->request.is_notification) {
        d->progress_count++;
        gox__daemon_need_progress(d);
    }
}

void gox__long_wait(struct gox_call_internal *c)
{
    gox_project *p = c->call.project;
    set_under_way(c);
    if (c->waits_for_close)
        return; /* the job knows it */
    c->is_waiting = true;
    c->next_waiting = NULL;
    if (c->waits_for_commit) {
        gox__daemon_turn_add_waiting(c->call.daemon, c);
        return;
    }
    if (p->waiting_last != NULL)
        p->waiting_last->internal->next_waiting = c;
    else
        p->waiting_first = &c->call;
    p->waiting_last = &c->call;
}

static void move_slice(struct gox_slice *slice, struct gox_slice from, char *to)
{
    if (slice->data >= from.data && slice->data < from.data + from.len)
        slice->data = to + (slice->data - from.data);
}

int gox__dispatch_own_text(struct gox_call_internal *c)
{
    struct gox_slice from = c->line;
    const struct gox_method *m = c->call.method;
    if (c->text != NULL)
        return 0;
    c->text = gox_strndup(from.data, from.len);
    if (c->text == NULL)
        return gox_call_fail(&c->call, GOX_ERR_NOMEM, "out of memory");
    c->line.data = c->text;
    move_slice(&c->request.method, from, c->text);
    move_slice(&c->request.params, from, c->text);
    move_slice(&c->request.id, from, c->text);
    for (size_t i = 0; i < m->param_count; i++)
        if (m->params[i].type >= GOX_PARAM_ARRAY && c->args[i].is_set)
            move_slice(&c->args[i].text, from, c->text);
    return 0;
}

int gox__long_put_off(struct gox_call_internal *c)
{
    if (c->call.state != NULL && c->call.method->drop != NULL)
        c->call.method->drop(&c->call);
    c->call.state = NULL;
    int code = gox__dispatch_own_text(c);
    if (code < 0)
        return code;
    gox__long_wait(c);
    return 0;
}

/* ---- the end of a call ---- */

void gox__long_release(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    bool was_under_way = c->is_under_way;
    gox__logging_request(d->log, c);
    gox_project *p = c->has_turn ? c->call.project : NULL;
    gox_metrics_add_request(
            &d->metrics, c->call.method, c->wire_code, c->begin_at_ns);
    if (was_under_way) {
        d->calls_under_way--;
        if (c->wants_progress && !c->request.is_notification)
            d->progress_count--;
    }
    if (p != NULL)
        gox_project_ref(p);
    gox__call_clear(c);
    if (c->result.capacity > 65536)
        gox_buf_fini(&c->result);
    if (d->spare == NULL)
        d->spare = c;
    else if (d->spare != c)
        gox__call_free(c);
    if (p != NULL) {
        p->turn = NULL;
        run_waiting(p);
        gox_project_unref(p);
    }
}

void gox__long_deliver(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    gox_session *s = c->call.session;
    if (s != NULL) {
        struct gox_buf *out = gox__session_reply_buf(s);
        size_t begin = out->len;
        if (c->result.len > 0)
            gox_buf_put(out, c->result.data, c->result.len);
        gox__daemon_turn_note_reply(s, gox__call_touched(c), begin, out->len);
        s->running = NULL;
    }
    gox__long_release(c);
    if (s != NULL)
        gox__session_resume(s);
    gox__daemon_check_stop(d);
}

bool gox__long_hold(struct gox_call_internal *c)
{
    gox_project *p = c->after;
    if (p == NULL || p->job == NULL || p->held != NULL)
        return false;
    set_under_way(c);
    p->held = &c->call;
    return true;
}

void gox__long_finish(struct gox_call_internal *c, int code)
{
    gox__reply_end(c, &c->result, 0, code);
    if (code < 0 || !gox__long_hold(c))
        gox__long_deliver(c);
}

/* ---- workers ---- */

static void on_work_run(struct gox_work *work)
{
    struct gox_call_internal *c = (struct gox_call_internal *)(void
                    *)((char *)work - offsetof(struct gox_call_internal, work));
    c->code = gox_task_check(&c->call.task, &c->call.err);
    if (c->code == 0 && c->call.method->work != NULL)
        c->code = c->call.method->work(&c->call);
}

static void on_work_done(struct gox_work *work)
{
    struct gox_call_internal *c = (struct gox_call_internal *)(void
                    *)((char *)work - offsetof(struct gox_call_internal, work));
    int code = c->code;
    c->in_work = false;
    gox_metrics_add_queue_wait(
            &c->call.daemon->metrics, work->started_at_ns - work->queued_at_ns);
    /* Cancelled after the work itself was done: nothing is committed. */
    if (code >= 0)
        code = gox_task_check(&c->call.task, &c->call.err);
    if (code >= 0 && c->call.method->finish != NULL)
        code = c->call.method->finish(&c->call);
    if (code < 0)
        gox__call_abandon(c);
    gox__long_finish(c, code);
}

/* About how long until a place is free. */
static int64_t retry_after_ms(gox_daemon *d)
{
    struct gox_pool_stats stats;
    gox_pool_get_stats(d->pool, &stats);
    int64_t ms = stats.average_ns / GOX_NS_PER_MS / (int64_t)stats.max_threads;
    return ms < 50 ? 50 : ms > 10000 ? 10000 : ms;
}

int gox__long_work(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    int64_t seconds = d->settings.performance_max_request_seconds;
    c->work = (struct gox_work){.run = on_work_run,
            .done = on_work_done,
            .is_bulk = gox__gate_is_bulk(c)};
    if (seconds > 0 && c->call.task.deadline_at_ns == 0)
        c->call.task.deadline_at_ns =
                gox_time_now_ns() + seconds * GOX_NS_PER_S;
    int code = gox__dispatch_own_text(c);
    if (code < 0)
        return code;
    c->in_work = true;
    code = gox_pool_put(d->pool, &c->work);
    if (code == 0) {
        d->stats.long_started++;
        take_turn(c);
        set_under_way(c);
        return 0;
    }
    c->in_work = false;
    if (code == GOX_ERR_BUSY) {
        c->retry_after_ms = retry_after_ms(d);
        gox_call_fail(&c->call, code,
                "%lld long requests are waiting already; try again in %lld ms",
                (long long)d->settings.server_queue_size,
                (long long)c->retry_after_ms);
    }
    return code;
}

/* ---- projects that are ready, cancelling ---- */

static void fail_waiting(gox_project *p, const struct gox_error *err)
{
    while (p->waiting_first != NULL) {
        struct gox_call_internal *c = p->waiting_first->internal;
        unlink_waiting(p, c);
        c->call.err = *err;
        gox_buf_reset(&c->result);
        gox__reply_begin(c, &c->result);
        gox__long_finish(c, err->code);
    }
}

/* The job that this call began has ended. */
static void end_held(struct gox_call_internal *c, const struct gox_error *err)
{
    if (c->waits_for_close && err->code == 0) {
        gox__dispatch_start(c);
        return;
    }
    if (err->code < 0) {
        gox_buf_reset(&c->result);
        c->call.err = *err;
        if (!c->request.is_notification)
            gox__reply_put_error(c, &c->result, err->code);
    }
    gox__long_deliver(c);
}

void gox__dispatch_ready(
        void *ctx, gox_project *project, const struct gox_error *err)
{
    struct gox_call *held = project->held;
    gox_project_ref(project);
    project->held = NULL;
    if (project->changes != NULL && project->is_closed)
        gox__daemon_need_notify(ctx);
    if (held != NULL)
        end_held(held->internal, err);
    /* A damaged project tells those who asked for it, then it goes on. */
    if (err->code < 0)
        fail_waiting(project, err);
    run_waiting(project);
    gox_project_unref(project);
}

void gox__dispatch_cancel(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    d->stats.long_cancelled++;
    gox_task_cancel(&c->call.task);
    if (c->is_waiting && c->waits_for_commit)
        gox__daemon_turn_remove_waiting(d, c);
    else if (c->is_waiting)
        unlink_waiting(c->call.project, c);
    else if (!c->in_work || !gox_pool_take_back(d->pool, &c->work))
        return; /* the worker sees it soon */
    c->is_waiting = c->in_work = false;
    gox__long_finish(c, gox_task_check(&c->call.task, &c->call.err));
}
