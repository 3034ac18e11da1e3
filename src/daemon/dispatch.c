/* SPDX-License-Identifier: Apache-2.0
 * From one message to its reply. Short work is answered on the spot, straight
 * into the session's output; long work goes to a worker; an edit of a project
 * whose turn is taken waits.
 *
 * Invariant: a call that is not under way leaves nothing behind: its memory is
 * the daemon's spare one again. */
#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/logging.h"
#include "daemon/session.h"

#include <string.h>

/* ---- the project ---- */

/* The connection's own project; one that was closed is opened again, as its
 * file is there. */
static int find_own_project(struct gox_call_internal *c, gox_project **project)
{
    gox_projects *all = c->call.daemon->projects;
    gox_session *s = c->call.session;
    gox_project *p = s != NULL ? s->project : NULL;
    if (p != NULL && !p->is_closed) {
        *project = p;
        return 0;
    }
    const char *name = s != NULL ? s->wanted : NULL;
    if (p != NULL)
        name = gox_projects_are_stored(all) ? p->name : NULL;
    if (name == NULL)
        return gox_projects_want_default(all, project, &c->call.err);
    int code =
            gox_projects_want(all, name, strlen(name), project, &c->call.err);
    if (code == 0)
        gox__session_set_project(s, *project);
    return code;
}

static int resolve_project(
        struct gox_call_internal *c, const struct gox_binding *b)
{
    gox_daemon *d = c->call.daemon;
    unsigned uses = c->call.method->flags & (GOX_METHOD_READ | GOX_METHOD_EDIT);
    gox_project *p = NULL;
    int code = 0;
    if (b->project.data != NULL)
        code = gox_projects_want(
                d->projects, b->project.data, b->project.len, &p, &c->call.err);
    else if (uses != 0)
        code = find_own_project(c, &p);
    if (code < 0)
        return code;
    if (p != NULL) {
        gox_project_ref(p);
        p->used_at_ns = gox_loop_now_ns(d->loop);
    }
    c->call.project = p;
    return 0;
}

static int check_project(struct gox_call_internal *c)
{
    gox_project *p = c->call.project;
    if ((c->call.method->flags & GOX_METHOD_EDIT) != 0 && p->is_read_only)
        return gox_call_fail(&c->call, GOX_ERR_READ_ONLY,
                "project \"%s\" was opened read-only", p->name);
    if (!c->has_if_revision || p == NULL ||
            gox_project_revision(p) == (uint64_t)c->if_revision)
        return 0;
    c->conflict_revision = (int64_t)gox_project_revision(p);
    return gox_call_fail(&c->call, GOX_ERR_CONFLICT,
            "project \"%s\" is at revision %lld, not %lld; read it again and "
            "repeat the edit",
            p->name, (long long)c->conflict_revision,
            (long long)c->if_revision);
}

/* ---- long calls ---- */

static void finish_long(struct gox_call_internal *c, int code);

static bool is_edit(const struct gox_call_internal *c)
{
    return (c->call.method->flags & GOX_METHOD_EDIT) != 0;
}

static void take_turn(struct gox_call_internal *c)
{
    if (!is_edit(c))
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
    while (at != NULL && p->turn != NULL && is_edit(at->internal))
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

static void wait_for_project(struct gox_call_internal *c)
{
    gox_project *p = c->call.project;
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
    finish_long(c, code);
}

/* About how long until a place is free. */
static int64_t retry_after_ms(gox_daemon *d)
{
    struct gox_pool_stats stats;
    gox_pool_get_stats(d->pool, &stats);
    int64_t ms = stats.average_ns / GOX_NS_PER_MS / (int64_t)stats.max_threads;
    return ms < 50 ? 50 : ms > 10000 ? 10000 : ms;
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

/* Hands a prepared call to a worker; 0 or an error. */
static int send_to_worker(struct gox_call_internal *c)
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

/* The project whose state the reply tells of. */
static gox_project *project_of(const struct gox_call_internal *c)
{
    return c->touched != NULL ? c->touched : c->call.project;
}

static void release(struct gox_call_internal *c)
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

/* The reply of a call that was under way is in its result: it goes to the
 * session, which goes on. */
static void deliver(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    gox_session *s = c->call.session;
    if (s != NULL) {
        struct gox_buf *out = gox__session_reply_buf(s);
        size_t begin = out->len;
        if (c->result.len > 0)
            gox_buf_put(out, c->result.data, c->result.len);
        gox__daemon_turn_note_reply(s, project_of(c), begin, out->len);
        s->running = NULL;
    }
    release(c);
    if (s != NULL)
        gox__session_resume(s);
    gox__daemon_check_stop(d);
}

/* Whether the reply must wait for the job of a project; then it does. */
static bool hold(struct gox_call_internal *c)
{
    gox_project *p = c->after;
    if (p == NULL || p->job == NULL || p->held != NULL)
        return false;
    set_under_way(c);
    p->held = &c->call;
    return true;
}

/* The end of a call that was under way. */
static void finish_long(struct gox_call_internal *c, int code)
{
    gox__reply_end(c, &c->result, 0, code);
    if (code < 0 || !hold(c))
        deliver(c);
}

static void fail_waiting(gox_project *p, const struct gox_error *err)
{
    while (p->waiting_first != NULL) {
        struct gox_call_internal *c = p->waiting_first->internal;
        unlink_waiting(p, c);
        c->call.err = *err;
        gox_buf_reset(&c->result);
        gox__reply_begin(c, &c->result);
        finish_long(c, err->code);
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
    deliver(c);
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

/* ---- running ---- */

/* The handler gave nothing yet; it is run again later. */
static int put_off(struct gox_call_internal *c)
{
    if (c->call.state != NULL && c->call.method->drop != NULL)
        c->call.method->drop(&c->call);
    c->call.state = NULL;
    int code = gox__dispatch_own_text(c);
    if (code < 0)
        return code;
    set_under_way(c);
    wait_for_project(c);
    return 0;
}

/* Runs the handler with its reply in out. True when it is answered. */
static bool run_handler(struct gox_call_internal *c, struct gox_buf *out)
{
    size_t begin = out->len;
    int code = check_project(c);
    gox__reply_begin(c, out);
    if (code == 0)
        code = c->call.method->run(&c->call);
    if (code > 0 && out != &c->result) {
        out->len = begin;
        out->error = 0;
    }
    if (code == GOX_CALL_WAIT) {
        code = put_off(c);
        if (code == 0)
            return false;
    } else if (code == GOX_CALL_WORK) {
        /* The result goes to the call's own buffer, where the worker may write
         * it too. */
        if (out != &c->result) {
            gox_buf_reset(&c->result);
            gox__reply_begin(c, &c->result);
        }
        code = send_to_worker(c);
        if (code == 0)
            return false;
    }
    if (code < 0)
        gox__call_abandon(c);
    gox__reply_end(c, out, begin, code);
    if (code < 0 || c->after == NULL || !hold(c))
        return true;
    if (out != &c->result) {
        gox_buf_reset(&c->result);
        gox_buf_put(&c->result, out->data + begin, out->len - begin);
        out->len = begin;
    }
    return false;
}

void gox__dispatch_start(struct gox_call_internal *c)
{
    c->is_waiting = c->waits_for_commit = c->waits_for_close = false;
    gox_buf_reset(&c->result);
    int code = gox_task_check(&c->call.task, &c->call.err);
    if (code < 0) {
        gox__reply_begin(c, &c->result);
        finish_long(c, code);
    } else if (run_handler(c, &c->result)) {
        deliver(c);
    }
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
    finish_long(c, gox_task_check(&c->call.task, &c->call.err));
}

static int bind(struct gox_call_internal *c)
{
    struct gox_binding b; /* what it gives is not cleared before: it is large */
    b.method = c->call.method;
    b.args = c->args;
    b.arena = &c->arena;
    b.parse_color = gox__parse_color;
    b.skip = NULL;
    b.err = &c->call.err;
    int code = gox_params_bind(&b, c->request.params);
    if (code < 0) {
        c->detail = b.detail;
        return code;
    }
    c->wants_progress = b.wants_progress;
    c->has_if_revision = b.has_if_revision;
    c->if_revision = b.if_revision;
    return resolve_project(c, &b);
}

static bool must_wait(const struct gox_call_internal *c)
{
    const gox_project *p = c->call.project;
    if (p == NULL)
        return false;
    return p->stage != GOX_PROJECT_OPEN ||
           (is_edit(c) && (p->turn != NULL || p->waiting_first != NULL));
}

/* Malformed parameters go before any other error. */
static int fail_prepare(struct gox_call_internal *c, int code)
{
    int syntax = gox_request_check_params(&c->request, c->line, &c->call.err);
    if (syntax == 0)
        return code;
    c->detail.param[0] = '\0';
    return syntax;
}

/* Everything before the handler. */
static int prepare(struct gox_call_internal *c)
{
    gox_daemon *d = c->call.daemon;
    int code = gox_request_parse(&c->request, c->line, &c->arena, &c->call.err);
    if (code < 0)
        return code;
    c->call.method = gox_registry_find(d->registry, c->request.method);
    code = c->call.method == NULL ? gox_registry_fail(d->registry,
                                            c->request.method, &c->call.err)
                                  : gox__gate(c);
    if (code == 0)
        code = bind(c);
    if (code < 0)
        return fail_prepare(c, code);
    return must_wait(c) ? gox__dispatch_own_text(c) : 0;
}

static struct gox_call_internal *take_spare(gox_daemon *d)
{
    if (d->spare == NULL)
        d->spare = gox__call_new();
    return d->spare;
}

bool gox__dispatch(gox_session *session, struct gox_slice text)
{
    gox_daemon *d = session->daemon;
    struct gox_buf *out = gox__session_reply_buf(session);
    struct gox_call_internal *c = take_spare(d);
    d->stats.requests++;
    if (c == NULL) {
        struct gox_error err = {.code = GOX_ERR_NOMEM, .offset = -1};
        gox__dispatch_error(d, out, &err);
        return true;
    }
    gox__call_reset(c, d);
    c->call.session = session;
    c->begin_at_ns = gox_metrics_now(&d->metrics);
    c->line = text;
    int code = prepare(c);
    if (c->request.is_notification)
        d->stats.notifications++;
    if (code == 0 && must_wait(c)) {
        set_under_way(c);
        wait_for_project(c);
        return false;
    }
    if (code == 0) {
        size_t begin = out->len;
        if (!run_handler(c, out))
            return false;
        gox__daemon_turn_note_reply(session, project_of(c), begin, out->len);
    } else if (!c->request.is_notification) {
        gox__reply_put_error(c, out, code);
    } else {
        gox__reply_count_error(c);
    }
    release(c);
    return true;
}
