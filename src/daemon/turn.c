/* SPDX-License-Identifier: Apache-2.0
 * The end of a turn. Projects are committed together, so that their fsyncs, if
 * they are wanted, go on at the same time. */
#include "daemon/turn.h"

#include "base/alloc.h"
#include "base/time.h"
#include "daemon/daemon_internal.h"
#include "daemon/session.h"
#include "daemon/subscribe.h"

#include <string.h>

/* ---- what the turn did ---- */

void gox__daemon_turn_note_reply(
        gox_session *session, gox_project *project, size_t begin, size_t end)
{
    if (project == NULL || !project->is_dirty || session == NULL ||
            begin == end)
        return;
    struct gox_turn_state *t = &session->daemon->turn;
    if (!gox_grow(&t->replies, &t->capacity, t->count + 1, sizeof *t->replies))
        return; /* a failed commit then says so only in the log */
    t->replies[t->count++] = (struct gox_turn_reply){.session = session,
            .project = project,
            .begin = begin,
            .end = end,
            .in_batch = session->batch != NULL};
}

void gox__daemon_turn_move_batch(gox_session *session, size_t offset)
{
    struct gox_turn_state *t = &session->daemon->turn;
    size_t from =
            session->batch->turn == t->commits ? session->batch->first : 0;
    for (size_t i = from; i < t->count; i++) {
        struct gox_turn_reply *r = &t->replies[i];
        if (r->session != session || !r->in_batch)
            continue;
        r->begin += offset;
        r->end += offset;
        r->in_batch = false;
    }
}

void gox__daemon_turn_need_flush(gox_session *session)
{
    struct gox_turn_state *t = &session->daemon->turn;
    if (session->is_ready)
        return;
    session->is_ready = true;
    session->ready_next = t->ready;
    t->ready = session;
}

void gox__daemon_turn_forget(gox_session *session)
{
    struct gox_turn_state *t = &session->daemon->turn;
    for (size_t i = 0; i < t->count; i++)
        if (t->replies[i].session == session)
            t->replies[i].session = NULL;
    if (!session->is_ready)
        return;
    gox_session **at = &t->ready;
    while (*at != session)
        at = &(*at)->ready_next;
    *at = session->ready_next;
    session->is_ready = false;
}

/* ---- calls that wait for the commit ---- */

void gox__daemon_turn_add_waiting(
        gox_daemon *daemon, struct gox_call_internal *c)
{
    struct gox_turn_state *t = &daemon->turn;
    c->next_waiting = NULL;
    if (t->waiting_last != NULL)
        t->waiting_last->next_waiting = c;
    else
        t->waiting_first = c;
    t->waiting_last = c;
}

void gox__daemon_turn_remove_waiting(
        gox_daemon *daemon, struct gox_call_internal *c)
{
    struct gox_turn_state *t = &daemon->turn;
    struct gox_call_internal *before = NULL;
    struct gox_call_internal *at = t->waiting_first;
    while (at != NULL && at != c) {
        before = at;
        at = at->next_waiting;
    }
    if (at == NULL)
        return;
    if (before != NULL)
        before->next_waiting = c->next_waiting;
    else
        t->waiting_first = c->next_waiting;
    if (t->waiting_last == c)
        t->waiting_last = before;
}

/* Those that are there now; one may come back because of another's edit. */
static void start_waiting(gox_daemon *d)
{
    size_t count = 0;
    for (struct gox_call_internal *c = d->turn.waiting_first; c != NULL;
            c = c->next_waiting)
        count++;
    while (count-- > 0 && d->turn.waiting_first != NULL) {
        struct gox_call_internal *c = d->turn.waiting_first;
        gox__daemon_turn_remove_waiting(d, c);
        gox__dispatch_start(c);
    }
}

/* ---- answers that are not true any more ---- */

/* The raw id of a reply; data is NULL when it is an error already, which
 * stays. */
static struct gox_slice id_of(const uint8_t *text, size_t len)
{
    struct gox_reader r;
    struct gox_slice key, id = {NULL, 0};
    bool has_result = false;
    gox_reader_init(&r, (const char *)text, len, NULL);
    gox_reader_object(&r);
    while (gox_reader_key(&r, &key)) {
        struct gox_slice value = gox_reader_skip(&r);
        if (gox_slice_is(key, "id"))
            id = value;
        else if (gox_slice_is(key, "result"))
            has_result = true;
    }
    return has_result ? id : (struct gox_slice){NULL, 0};
}

static void put_failure(gox_daemon *d, struct gox_buf *out,
        const struct gox_error *err, struct gox_slice id)
{
    struct gox_reply_error reply = {
            .err = err, .retry_after_ms = -1, .revision = -1};
    struct gox_writer w;
    gox_writer_init(&w, out);
    gox_reply_error(&w, &reply, id);
    d->stats.errors++;
}

/* Makes the output of one session, or of its batch, anew. */
static void replace_in(gox_daemon *d, gox_session *s, bool in_batch)
{
    struct gox_buf *out = in_batch ? &s->batch->out : &s->out;
    struct gox_buf fresh;
    size_t at = 0;
    gox_buf_init(&fresh, 0);
    for (size_t i = 0; i < d->turn.count; i++) {
        const struct gox_turn_reply *r = &d->turn.replies[i];
        if (r->session != s || r->in_batch != in_batch || r->err == NULL)
            continue;
        struct gox_slice id = id_of(out->data + r->begin, r->end - r->begin);
        if (id.data == NULL)
            continue;
        gox_buf_put(&fresh, out->data + at, r->begin - at);
        put_failure(d, &fresh, r->err, id);
        at = r->end;
    }
    gox_buf_put(&fresh, out->data + at, out->len - at);
    if (gox_buf_error(&fresh) < 0)
        s->is_gone =
                true; /* without memory for the truth, it is told nothing */
    gox_buf_fini(out);
    *out = fresh;
}

static void replace_replies(gox_daemon *d)
{
    for (size_t i = 0; i < d->turn.count; i++) {
        struct gox_turn_reply *r = &d->turn.replies[i];
        if (r->err == NULL || r->session == NULL)
            continue;
        gox_session *s = r->session;
        bool in_batch = r->in_batch;
        replace_in(d, s, in_batch);
        for (size_t k = i; k < d->turn.count; k++)
            if (d->turn.replies[k].session == s &&
                    d->turn.replies[k].in_batch == in_batch)
                d->turn.replies[k].err = NULL;
    }
}

/* ---- the commit ---- */

struct commit {
    gox_project *dirty;
    size_t count;
    gox_store **stores;
    gox_project **projects;
    int *codes;
    struct gox_error *errs;
};

static int commit_init(struct commit *c, gox_project *dirty)
{
    *c = (struct commit){.dirty = dirty};
    size_t count = 0;
    for (gox_project *p = dirty; p != NULL; p = p->dirty_next)
        count++;
    c->stores = gox_malloc_array(count, sizeof *c->stores);
    c->projects = gox_malloc_array(count, sizeof *c->projects);
    c->codes = gox_malloc_array(count, sizeof *c->codes);
    c->errs = gox_malloc_array(count, sizeof *c->errs);
    if (c->stores == NULL || c->projects == NULL || c->codes == NULL ||
            c->errs == NULL)
        return GOX_ERR_NOMEM;
    for (gox_project *p = dirty; p != NULL; p = p->dirty_next) {
        if (p->store == NULL)
            continue;
        c->projects[c->count] = p;
        c->stores[c->count++] = p->store;
    }
    return 0;
}

static void commit_fini(struct commit *c)
{
    gox_free(c->stores);
    gox_free(c->projects);
    gox_free(c->codes);
    gox_free(c->errs);
}

/* Takes the turn of this project back; its answers will say err. */
static void take_back(
        gox_daemon *d, gox_project *p, const struct gox_error *err)
{
    struct gox_error why;
    for (size_t i = 0; i < d->turn.count; i++)
        if (d->turn.replies[i].project == p)
            d->turn.replies[i].err = err;
    gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_STORE, "%s", err->text);
    d->turn.failed++;
    if (p->changes != NULL)
        p->changes->count = p->changes->committed;
    if (gox_store_rollback(p->store, &why) == 0)
        return;
    /* Neither kept nor taken back: what is in memory is worth nothing. The file
     * is; it is opened again. */
    gox_log_put(d->log, GOX_LOG_ERROR, GOX_LOG_C_STORE,
            "project \"%s\": its edits could not be taken back (%s); it is "
            "opened again",
            p->name, why.text);
    if (gox_projects_drop(d->projects, p, GOX_PROJECT_CLOSE, &why) < 0)
        p->is_read_only = true;
}

static void end_project(gox_project *p)
{
    if (p->changes != NULL)
        p->changes->committed = p->changes->count;
    if (p->store == NULL || !gox_store_wants_snapshot(p->store))
        return;
    /* BUSY: the one before is still being written. */
    int code = gox_store_start_snapshot(p->store, NULL);
    (void)code;
}

/* One project is what nearly every turn has: no memory is needed for it. */
static void commit_one(gox_daemon *d, gox_project *p)
{
    struct gox_error err;
    int code = p->store != NULL ? gox_store_commit(p->store, &err) : 0;
    d->turn.err.code = 0;
    if (code < 0) {
        d->turn.err = err;
        take_back(d, p, &d->turn.err);
    } else {
        end_project(p);
    }
}

/* False when there is no memory for it: nothing was done. */
static bool commit_all(gox_daemon *d, struct commit *c)
{
    if (gox_store_commit_many(c->stores, c->count, c->codes, c->errs) < 0)
        return false;
    d->turn.err.code = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->codes[i] == 0)
            continue;
        d->turn.err = c->errs[i];
        take_back(d, c->projects[i], &c->errs[i]);
    }
    for (gox_project *p = c->dirty; p != NULL; p = p->dirty_next)
        end_project(p);
    replace_replies(d);
    return true;
}

/* Several projects at the same time; false when there is no memory for it. */
static bool commit_together(gox_daemon *d, gox_project *dirty)
{
    struct commit c;
    bool is_done = commit_init(&c, dirty) == 0 && commit_all(d, &c);
    commit_fini(&c);
    return is_done;
}

static void release_dirty(gox_project *dirty)
{
    while (dirty != NULL) {
        gox_project *next = dirty->dirty_next;
        dirty->dirty_next = NULL;
        dirty->is_dirty = false;
        gox_project_unref(dirty);
        dirty = next;
    }
}

static void commit(gox_daemon *d)
{
    gox_project *dirty = gox_projects_take_dirty(d->projects);
    if (dirty == NULL)
        return;
    int64_t from = gox_time_now_ns();
    if (dirty->dirty_next == NULL || !commit_together(d, dirty)) {
        for (gox_project *p = dirty; p != NULL; p = p->dirty_next) {
            commit_one(d, p);
            replace_replies(d);
        }
    }
    d->turn.commit_at_ns = from;
    d->turn.commit_ns = gox_time_now_ns() - from;
    gox_metrics_add_commit(
            &d->metrics, d->turn.commit_ns, d->turn.err.code < 0);
    d->turn.commits++;
    d->turn.count = 0;
    release_dirty(dirty);
    gox__daemon_need_upkeep(d);
}

/* ---- the end ---- */

static void send_ready(gox_daemon *d)
{
    gox_session *list = d->turn.ready;
    d->turn.ready = NULL;
    while (list != NULL) {
        gox_session *s = list;
        list = s->ready_next;
        s->ready_next = NULL;
        s->is_ready = false;
        gox__session_end_turn(s);
    }
}

static bool is_done(const gox_daemon *d)
{
    return d->turn.ready == NULL && d->turn.waiting_first == NULL &&
           !gox_projects_has_dirty(d->projects);
}

void gox__daemon_turn_end(void *ctx)
{
    gox_daemon *d = ctx;
    if (d->turn.is_ending)
        return;
    d->turn.is_ending = true;
    while (!is_done(d)) {
        commit(d);
        send_ready(d);
        start_waiting(d);
    }
    d->turn.is_ending = false;
}

void gox__daemon_turn_fini(gox_daemon *daemon)
{
    gox_free(daemon->turn.replies);
}
