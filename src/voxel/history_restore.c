/* SPDX-License-Identifier: Apache-2.0
 * The two doors of a durable store: what an edit or a step changed, told while
 * it is at hand, and old edits put back at the far ends of the lists.
 *
 * Invariant: an edit is put back only where its states fit, so that the line of
 * edits never has a gap. */
#include "base/alloc.h"
#include "voxel/block_internal.h"
#include "voxel/history_internal.h"

#include <assert.h>
#include <string.h>

void gox_history_set_watch(gox_history *h, gox_history_watch_fn *fn, void *ctx)
{
    h->watch = fn;
    h->watch_ctx = ctx;
}

void gox__history_tell(gox_history *h, enum gox_history_op op,
        const struct gox_edit *edit, const struct gox_image *image,
        uint64_t revision)
{
    struct gox_history_event event = {.op = op,
            .kind = edit->kind,
            .revision = revision,
            .edit = edit->info.revision,
            .base = edit->before_revision,
            .info = &edit->info,
            .image = image,
            .before = edit->image,
            .what = edit};

    h->watch(h->watch_ctx, &event);
}

bool gox_history_next_change(const struct gox_history_event *event,
        struct gox_history_cursor *cursor, struct gox_history_change *change)
{
    if (!cursor->is_started) {
        cursor->log = event->what->changes;
        cursor->is_started = true;
    }
    while (cursor->log != NULL &&
            cursor->at >= cursor->log->point_count + cursor->log->block_count) {
        cursor->log = cursor->log->next;
        cursor->at = 0;
    }
    if (cursor->log == NULL)
        return false;
    const struct gox_volume_log *log = cursor->log;
    size_t at = cursor->at++;
    memset(change, 0, sizeof(*change));
    change->layer_id = log->layer_id;
    if (at < log->point_count) {
        change->form = GOX_CHANGE_POINT;
        change->pos = log->points[at].pos;
        change->color = log->points[at].before;
        return true;
    }
    const struct gox_log_block *b = &log->blocks[at - log->point_count];
    change->pos = gox__key_pos(b->key);
    change->form = b->run_count > 0 ? GOX_CHANGE_RUNS : GOX_CHANGE_BLOCK;
    change->block = b->before;
    change->runs = b->run_count > 0 ? log->runs + b->first_run : NULL;
    change->run_count = b->run_count;
    return true;
}

static int add_block(
        struct gox_volume_log *log, const struct gox_history_change *change)
{
    struct gox_log_block *b;

    if (!gox_grow(&log->blocks, &log->block_capacity, log->block_count + 1,
                sizeof(*log->blocks)) ||
            !gox_grow(&log->runs, &log->run_capacity,
                    log->run_count + change->run_count, sizeof(*log->runs)))
        return GOX_ERR_NOMEM;
    b = &log->blocks[log->block_count++];
    *b = (struct gox_log_block){.key = gox__key_make(change->pos)};
    if (change->form == GOX_CHANGE_BLOCK) {
        if (change->block != NULL)
            b->before = gox__block_share(change->block);
        return 0;
    }
    b->first_run = (uint32_t)log->run_count;
    b->run_count = (uint32_t)change->run_count;
    if (change->run_count > 0)
        memcpy(log->runs + log->run_count, change->runs,
                change->run_count * sizeof(*log->runs));
    log->run_count += change->run_count;
    return 0;
}

static int add_change(
        struct gox_volume_log *log, const struct gox_history_change *change)
{
    if (change->form != GOX_CHANGE_POINT)
        return add_block(log, change);
    if (!gox_grow(&log->points, &log->point_capacity, log->point_count + 1,
                sizeof(*log->points)))
        return GOX_ERR_NOMEM;
    log->points[log->point_count++] =
            (struct gox_log_point){change->pos, change->color};
    return 0;
}

/* The changes of one layer follow each other. */
static int add_changes(struct gox_edit *edit, const struct gox_history_old *old)
{
    for (size_t i = 0; i < old->change_count; i++) {
        const struct gox_history_change *change = &old->changes[i];
        if (edit->changes == NULL ||
                edit->changes->layer_id != change->layer_id) {
            struct gox_volume_log *log = gox__volume_log_new(change->layer_id);
            if (log == NULL)
                return GOX_ERR_NOMEM;
            log->next = edit->changes;
            edit->changes = log;
        }
        int rc = add_change(edit->changes, change);
        if (rc < 0)
            return rc;
    }
    for (const struct gox_volume_log *l = edit->changes; l != NULL; l = l->next)
        edit->bytes += gox__volume_log_bytes(l);
    return 0;
}

static void push_last(struct gox_edit_list *list, struct gox_edit *edit)
{
    edit->next = NULL;
    edit->prev = list->last;
    if (list->last != NULL)
        list->last->next = edit;
    else
        list->first = edit;
    list->last = edit;
    list->count++;
}

uint64_t gox_history_state(const gox_history *h)
{
    return gox__history_state(h);
}

uint64_t gox_history_oldest_state(const gox_history *h)
{
    return h->base_state;
}

uint64_t gox_history_newest_state(const gox_history *h)
{
    return h->redo.last == NULL ? gox__history_state(h)
                                : h->redo.last->info.revision;
}

int gox_history_restore(gox_history *h, struct gox_history_old *old)
{
    struct gox_edit_list *list = old->is_redo ? &h->redo : &h->undo;
    struct gox_edit *edit = gox_calloc(1, sizeof(*edit));
    struct gox_image *own_image = old->own_image;
    int rc = 0;

    old->own_image = NULL;
    if (edit == NULL) {
        gox_image_free(own_image);
        return GOX_ERR_NOMEM;
    }
    edit->kind = old->kind;
    edit->info = old->info;
    edit->before_revision = old->base;
    edit->bytes = sizeof(*edit);
    edit->image = own_image;
    if (old->kind == GOX_EDIT_STRUCTURE) {
        edit->full_bytes = edit->bytes;
        for (size_t i = 0; i < own_image->layer_count; i++)
            edit->full_bytes += gox_volume_bytes(own_image->layers[i]->volume);
    } else {
        rc = add_changes(edit, old);
    }
    uint64_t here = old->is_redo ? gox_history_newest_state(h) : h->base_state;
    if (rc == 0 && here != (old->is_redo ? old->base : old->info.revision))
        rc = GOX_ERR_CONFLICT;
    bool is_full = list->count > 0 && h->bytes + edit->bytes > h->max_bytes;
    if (rc < 0 || is_full) {
        gox__history_edit_free(edit);
        return rc;
    }
    push_last(list, edit);
    if (!old->is_redo)
        h->base_state = old->base;
    h->bytes += edit->bytes;
    return 1;
}

void gox_history_restart(gox_history *h, uint64_t revision, uint64_t state)
{
    assert(h->open == NULL);
    gox__history_clear(h);
    h->revision = revision;
    h->base_state = state;
    h->alias_total = 0;
}
