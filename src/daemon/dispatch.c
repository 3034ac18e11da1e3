/* SPDX-License-Identifier: Apache-2.0
 * From one message to its reply. Short work is answered on the spot, straight
 * into the session's output; what goes to a worker or waits goes on in
 * dispatch_long.c.
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

/* ---- running ---- */

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
        code = gox__long_put_off(c);
        if (code == 0)
            return false;
    } else if (code == GOX_CALL_WORK) {
        /* The result goes to the call's own buffer, where the worker may write
         * it too. */
        if (out != &c->result) {
            gox_buf_reset(&c->result);
            gox__reply_begin(c, &c->result);
        }
        code = gox__long_work(c);
        if (code == 0)
            return false;
    }
    if (code < 0)
        gox__call_abandon(c);
    gox__reply_end(c, out, begin, code);
    if (code < 0 || c->after == NULL || !gox__long_hold(c))
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
        gox__long_finish(c, code);
    } else if (run_handler(c, &c->result)) {
        gox__long_deliver(c);
    }
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
           (gox__call_is_edit(c) &&
                   (p->turn != NULL || p->waiting_first != NULL));
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
        gox__long_wait(c);
        return false;
    }
    if (code == 0) {
        size_t begin = out->len;
        if (!run_handler(c, out))
            return false;
        gox__daemon_turn_note_reply(
                session, gox__call_touched(c), begin, out->len);
    } else if (!c->request.is_notification) {
        gox__reply_put_error(c, out, code);
    } else {
        gox__reply_count_error(c);
    }
    gox__long_release(c);
    return true;
}
