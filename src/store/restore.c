/* SPDX-License-Identifier: Apache-2.0
 * Giving the history back what the journal keeps: the edits that can be undone
 * from here, newest first, and those that can be redone.
 *
 * Each edit names the state that it leads from, which is the revision of the
 * edit before it: so the line is walked from record to record, and only as far
 * as somebody wants to go. An edit of the structure is kept by the history as a
 * whole image; that is made by taking back all edits from a known image on.
 *
 * Invariant: what is given back leads exactly from the state where the history
 * ends; a gap in the journal ends the walk. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <string.h>

/* The image at the far end, made only when an edit of the structure needs it.
 */
struct walk {
    gox_store *store;
    struct gox_journal journal;
    bool is_redo;
    struct gox_image *img; /* NULL: not made yet */
    uint64_t *pending;     /* edits between img (or the start) and here */
    size_t pending_count, pending_capacity;
    uint64_t start; /* the state that img is made at */
};

/* One edit for the history, and what it borrows. */
struct old_edit {
    struct gox_history_old old;
    struct gox_history_change *changes;
    size_t count, capacity;
};

static void old_fini(struct old_edit *o)
{
    for (size_t i = 0; i < o->count; i++) {
        gox_block *block;
        struct gox_log_run *runs;
        /* Both are this list's own; the history only borrows them. */
        memcpy(&block, &o->changes[i].block, sizeof(block));
        memcpy(&runs, &o->changes[i].runs, sizeof(runs));
        gox_block_unref(block);
        gox_free(runs);
    }
    gox_free(o->changes);
    gox_image_free(o->old.own_image);
}

static int copy_runs(const struct gox_change *from, bool is_redo,
        struct gox_history_change *to)
{
    struct gox_log_run *runs = gox_malloc_array(from->run_count, sizeof(*runs));

    if (runs == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < from->run_count; i++) {
        runs[i] = from->runs[i];
        if (is_redo)
            runs[i].before = from->run_after[i];
    }
    to->runs = runs;
    to->run_count = from->run_count;
    return 0;
}

static int add_change(struct old_edit *o, struct gox_change *from, bool is_redo)
{
    if (!gox_grow(&o->changes, &o->capacity, o->count + 1, sizeof(*o->changes)))
        return GOX_ERR_NOMEM;
    struct gox_history_change *to = &o->changes[o->count++];
    struct gox_pos p = from->pos;
    *to = (struct gox_history_change){
            .form = from->form, .layer_id = from->layer_id, .pos = p};
    if (from->form == GOX_CHANGE_POINT) {
        to->color = is_redo ? from->after : from->before;
        p = gox_pos_make(p.x >> 4, p.y >> 4, p.z >> 4);
    }
    struct gox_bbox box = {{p.x * 16, p.y * 16, p.z * 16},
            {p.x * 16 + 16, p.y * 16 + 16, p.z * 16 + 16}};
    o->old.info.box = gox_bbox_union(o->old.info.box, box);
    if (from->form == GOX_CHANGE_RUNS)
        return copy_runs(from, is_redo, to);
    gox_block **side = is_redo ? &from->after_block : &from->before_block;
    to->block = *side;
    *side = NULL;
    return 0;
}

static int add_changes(
        struct old_edit *o, const struct gox_record *record, bool is_redo)
{
    struct gox_change_reader reader;
    struct gox_change change;
    int rc = 0, more = 0;

    gox__changes_init(&reader, record);
    while (rc == 0 && (more = gox__changes_next(&reader, &change)) > 0) {
        rc = add_change(o, &change, is_redo);
        gox__change_fini(&change);
    }
    gox__changes_fini(&reader);
    o->old.changes = o->changes;
    o->old.change_count = o->count;
    return rc < 0 ? rc : more;
}

/* ---- images for edits of the structure ---- */

/* The image at the start of the walk. */
static int make_image(struct walk *w)
{
    if (w->img != NULL)
        return 0;
    if (w->start == gox_history_state(w->store->history)) {
        w->img = gox_image_dup(w->store->img);
        return w->img == NULL ? GOX_ERR_NOMEM : 0;
    }
    return gox_history_image_at(
            w->store->history, w->store->img, w->start, &w->img);
}

/* The record that has the other side of the edit, and whether it is the side
 * before: what a packed edit leads to is in the record that undid it. */
static int find_side(struct walk *w, uint64_t edit, struct gox_record *record,
        bool *is_before, struct gox_error *err)
{
    int rc = gox__journal_find_edit(&w->journal, edit, record, err);

    *is_before = !w->is_redo;
    bool is_missing =
            rc == GOX_ERR_NOT_FOUND || (rc == 0 && record->is_one_sided);
    if (!w->is_redo || !is_missing)
        return rc;
    *is_before = true;
    return gox__journal_find_undo(&w->journal, edit, record, err);
}

static int move_by(struct walk *w, uint64_t edit, struct gox_error *err)
{
    struct gox_record record;
    bool is_before;

    int rc = find_side(w, edit, &record, &is_before, err);
    return rc < 0 ? rc : gox__record_apply(&record, is_before, w->img);
}

/* Brings the image to the state after the edit at hand. */
static int move_image(struct walk *w, uint64_t edit, struct gox_error *err)
{
    int rc = make_image(w);

    for (size_t i = 0; rc == 0 && i < w->pending_count; i++)
        rc = move_by(w, w->pending[i], err);
    w->pending_count = 0;
    return rc < 0 ? rc : move_by(w, edit, err);
}

static int take_image(struct walk *w, struct old_edit *o, uint64_t edit,
        struct gox_error *err)
{
    int rc = move_image(w, edit, err);

    if (rc < 0)
        return rc;
    o->old.own_image = gox_image_dup(w->img);
    if (o->old.own_image == NULL)
        return GOX_ERR_NOMEM;
    for (size_t i = 0; i < w->img->layer_count; i++) {
        gox_volume *v = w->img->layers[i]->volume;
        o->old.info.box = gox_bbox_union(o->old.info.box, gox_volume_bbox(v));
    }
    return 0;
}

static int note_pending(struct walk *w, uint64_t edit)
{
    if (!gox_grow(&w->pending, &w->pending_capacity, w->pending_count + 1,
                sizeof(*w->pending)))
        return GOX_ERR_NOMEM;
    w->pending[w->pending_count++] = edit;
    return 0;
}

/* ---- the walk ---- */

/* Gives one edit to the history. 1: taken, 0: no room. base is the state that
 * it leads from. */
static int give_one(
        struct walk *w, uint64_t edit, uint64_t *base, struct gox_error *err)
{
    struct gox_record record;
    struct old_edit o = {.count = 0};
    bool is_before;

    int rc = find_side(w, edit, &record, &is_before, err);
    if (rc < 0)
        return rc;
    *base = record.base;
    o.old = (struct gox_history_old){
            .kind = record.kind, .is_redo = w->is_redo, .base = record.base};
    o.old.info = (struct gox_edit_info){.revision = record.edit,
            .at_ms = record.at_ms,
            .voxels_changed = record.voxels_changed,
            .layer_id = record.layer_id};
    memcpy(o.old.info.label, record.label, sizeof(record.label));
    if (record.kind == GOX_EDIT_STRUCTURE) {
        rc = take_image(w, &o, edit, err);
    } else {
        rc = add_changes(&o, &record, !is_before);
        if (rc == 0)
            rc = note_pending(w, edit);
    }
    if (rc == 0)
        rc = gox_history_restore(w->store->history, &o.old);
    old_fini(&o);
    return rc;
}

static int walk_init(struct walk *w, gox_store *store, bool is_redo,
        uint64_t start, struct gox_error *err)
{
    memset(w, 0, sizeof(*w));
    w->store = store;
    w->is_redo = is_redo;
    w->start = start;
    return gox__journal_open(&w->journal, store->db, err);
}

static void walk_fini(struct walk *w)
{
    gox__journal_close(&w->journal);
    gox_image_free(w->img);
    gox_free(w->pending);
}

/* What is not there any more is no error: the walk ends. */
static int end_of(int rc)
{
    return rc == GOX_ERR_NOT_FOUND ? 0 : rc;
}

int gox__restore_more(gox_store *store, int edits, struct gox_error *err)
{
    struct walk w;
    uint64_t at = gox_history_oldest_state(store->history);
    int given = 0;

    int rc = walk_init(&w, store, false, at, err);
    for (; rc == 0 && given < edits; given++) {
        rc = give_one(&w, at, &at, err);
        if (rc <= 0)
            break;
        rc = 0;
    }
    walk_fini(&w);
    rc = end_of(rc);
    return rc < 0 ? rc : given;
}

struct revision_list {
    uint64_t *items;
    size_t count, capacity;
};

/* The edits from the far end of redo back to the state now. */
static int collect_redo(
        struct walk *w, struct revision_list *list, struct gox_error *err)
{
    uint64_t at = w->store->head.redo_top;
    struct gox_record record;
    bool is_before;
    int rc = 0;

    while (rc == 0 && at != w->start) {
        if (!gox_grow(&list->items, &list->capacity, list->count + 1,
                    sizeof(*list->items)))
            return GOX_ERR_NOMEM;
        list->items[list->count++] = at;
        rc = find_side(w, at, &record, &is_before, err);
        if (rc == 0 && record.base >= at)
            rc = GOX_ERR_NOT_FOUND; /* not a line: nothing can be redone */
        at = rc == 0 ? record.base : at;
    }
    return rc;
}

static int restore_redo(gox_store *store, struct gox_error *err)
{
    struct walk w;
    struct revision_list list = {0};
    uint64_t base;

    if (store->head.redo_top == 0)
        return 0;
    int rc = walk_init(&w, store, true, store->head.state, err);
    if (rc == 0)
        rc = collect_redo(&w, &list, err);
    for (size_t i = list.count; rc == 0 && i-- > 0;) {
        rc = give_one(&w, list.items[i], &base, err);
        if (rc <= 0)
            break;
        rc = 0;
    }
    gox_free(list.items);
    walk_fini(&w);
    return end_of(rc);
}

int gox__restore_history(gox_store *store, int edits, struct gox_error *err)
{
    gox_history_restart(store->history, store->head.last, store->head.state);
    int rc = restore_redo(store, err);

    if (rc == 0)
        rc = gox__restore_more(store, edits, err);
    /* Damage in old rows makes the history shorter; the image is whole. */
    return rc == GOX_ERR_FORMAT ? 0 : rc;
}
