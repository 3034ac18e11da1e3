/* SPDX-License-Identifier: Apache-2.0
 * Changes are put into a ring per project; each subscription only remembers how
 * far it got, so a slow client costs no memory. */
#include "daemon/subscribe.h"

#include "base/alloc.h"
#include "daemon/session.h"

/* Beyond this much unread output a client is told nothing more for now. */
#define PENDING_MAX (1u << 20)

void gox__changes_note(struct gox_call *call, const struct gox_edit_info *info)
{
    struct gox_changes *changes = call->project->changes;
    if (changes == NULL)
        return;
    changes->items[changes->count++ % GOX_CHANGES_MAX] =
            (struct gox_change){.revision = info->revision,
                    .origin = call->session != NULL ? call->session->number : 0,
                    .layer_id = info->layer_id,
                    .box = info->box};
    gox__daemon_need_notify(call->daemon);
}

static void put_corner(
        struct gox_writer *w, const char *key, struct gox_pos p, int less)
{
    gox_writer_xyz(w, key, p.x - less, p.y - less, p.z - less);
}

static void begin_changed(gox_session *s, const struct gox_subscription *sub,
        struct gox_writer *w)
{
    gox_writer_init(w, &s->out);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "jsonrpc", "2.0");
    gox_writer_string(w, "method", "goxel.changed");
    gox_writer_object(w, "params");
    gox_writer_uint(w, "subscription", sub->id);
    gox_writer_string(w, "project", sub->project->name);
}

static void end_changed(gox_session *s, struct gox_writer *w)
{
    gox_writer_end_object(w);
    gox_writer_end_object(w);
    gox_buf_put_byte(&s->out, '\n');
}

static void put_change(gox_session *s, const struct gox_subscription *sub,
        const struct gox_change *change, bool has_missed)
{
    struct gox_writer w;
    begin_changed(s, sub, &w);
    gox_writer_uint(&w, "revision", change->revision);
    gox_writer_int(&w, "layer_id", change->layer_id);
    if (gox_bbox_is_empty(change->box)) {
        gox_writer_null(&w, "box");
    } else {
        gox_writer_object(&w, "box");
        put_corner(&w, "min", change->box.min, 0);
        put_corner(&w, "max", change->box.max, 1);
        gox_writer_end_object(&w);
    }
    gox_writer_uint(&w, "origin", change->origin);
    gox_writer_bool(&w, "own", change->origin == s->number);
    if (has_missed)
        gox_writer_bool(&w, "missed", true);
    end_changed(s, &w);
}

/* The ring also holds changes that are not committed yet, so that some may be
 * missed although there is nothing to tell at this moment. */
static void pump_one(gox_session *s, struct gox_subscription *sub)
{
    const struct gox_changes *changes = sub->project->changes;
    uint64_t oldest = changes->count > GOX_CHANGES_MAX
                              ? changes->count - GOX_CHANGES_MAX
                              : 0;
    if (sub->sent < oldest) {
        sub->sent = oldest;
        sub->has_missed = true;
    }
    while (sub->sent < changes->committed && s->out.len < PENDING_MAX) {
        put_change(s, sub, &changes->items[sub->sent % GOX_CHANGES_MAX],
                sub->has_missed);
        sub->has_missed = false;
        sub->sent++;
    }
}

/* The last word about a project that is gone. */
static void put_closed(gox_session *s, const struct gox_subscription *sub)
{
    struct gox_writer w;
    begin_changed(s, sub, &w);
    gox_writer_bool(&w, "closed", true);
    end_changed(s, &w);
}

void gox__subscriptions_pump(gox_session *s)
{
    if (s->subs == NULL || s->is_closing || s->is_gone ||
            gox_stream_pending(s->out_stream) > PENDING_MAX ||
            !gox_access_may_read(s->daemon->access, &s->grant))
        return;
    for (size_t i = s->subs->count; i-- > 0;) {
        struct gox_subscription *sub = &s->subs->items[i];
        pump_one(s, sub);
        if (!sub->project->is_closed ||
                sub->sent < sub->project->changes->count)
            continue;
        put_closed(s, sub);
        gox__unsubscribe(s, sub->id);
    }
    if (s->out.len > 0)
        gox__daemon_turn_need_flush(s);
}

void gox__subscriptions_free(struct gox_subscriptions *subs)
{
    if (subs == NULL)
        return;
    for (size_t i = 0; i < subs->count; i++)
        gox_project_unref(subs->items[i].project);
    gox_free(subs);
}

/* How many changes a client that knows from_revision has seen. */
static int find_start(const struct gox_project *project, uint64_t from_revision,
        uint64_t *start, struct gox_error *err)
{
    const struct gox_changes *changes = project->changes;
    uint64_t i = changes->count;
    if (from_revision > gox_project_revision(project))
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "project \"%s\" is at revision %llu, before %llu: it is not "
                "the one that was known; read it anew and subscribe without "
                "from_revision",
                project->name,
                (unsigned long long)gox_project_revision(project),
                (unsigned long long)from_revision);
    while (i > 0 && changes->count - i < GOX_CHANGES_MAX &&
            changes->items[(i - 1) % GOX_CHANGES_MAX].revision > from_revision)
        i--;
    *start = i;
    bool is_reached = i > 0 && changes->count - i < GOX_CHANGES_MAX
                              ? true
                              : gox_project_revision(project) <= from_revision;
    if (is_reached || (i == 0 && changes->count > 0 &&
                              changes->items[0].revision == from_revision + 1 &&
                              changes->count <= GOX_CHANGES_MAX))
        return 0;
    return gox_error_set(err, GOX_ERR_NOT_FOUND,
            "the changes since revision %llu are not remembered (the last %d "
            "since the first subscription are); read the project anew and "
            "subscribe without from_revision",
            (unsigned long long)from_revision, GOX_CHANGES_MAX);
}

int gox__subscribe(gox_session *s, gox_project *project, uint64_t from_revision,
        unsigned *id, struct gox_error *err)
{
    if (s->subs == NULL)
        s->subs = gox_calloc(1, sizeof *s->subs);
    if (project->changes == NULL)
        project->changes = gox_calloc(1, sizeof *project->changes);
    if (s->subs == NULL || project->changes == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (s->subs->count == GOX_SUBSCRIPTIONS_MAX)
        return gox_error_set(err, GOX_ERR_TOO_LARGE,
                "a connection has at most %d subscriptions; end one first",
                GOX_SUBSCRIPTIONS_MAX);
    uint64_t start = project->changes->count;
    if (from_revision != UINT64_MAX) {
        int rc = find_start(project, from_revision, &start, err);
        if (rc < 0)
            return rc;
    }
    gox_project_ref(project);
    *id = ++s->subs->last_id;
    s->subs->items[s->subs->count++] = (struct gox_subscription){
            .id = *id, .project = project, .sent = start};
    gox__daemon_need_notify(s->daemon);
    return 0;
}

bool gox__unsubscribe(gox_session *s, unsigned id)
{
    for (size_t i = 0; s->subs != NULL && i < s->subs->count; i++) {
        if (s->subs->items[i].id != id)
            continue;
        gox_project_unref(s->subs->items[i].project);
        s->subs->items[i] = s->subs->items[--s->subs->count];
        return true;
    }
    return false;
}
