/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing edits, and keeping the list of them within its bounds.
 *
 * All memory that closing an edit needs is taken when it is opened or while it
 * writes, so that commit and rollback cannot fail.
 *
 * Invariant: h->bytes is the sum of the edits' bytes. */
#include "voxel/history.h"

#include "base/alloc.h"
#include "voxel/history_internal.h"

#include <assert.h>
#include <string.h>

gox_history *gox_history_new(size_t max_bytes)
{
    gox_history *h = gox_calloc(1, sizeof(*h));

    if (h != NULL)
        h->max_bytes = max_bytes;
    return h;
}

static void free_changes(struct gox_volume_log *log)
{
    while (log != NULL) {
        struct gox_volume_log *next = log->next;
        gox__volume_log_free(log);
        log = next;
    }
}

void gox__history_edit_free(struct gox_edit *edit)
{
    if (edit == NULL)
        return;
    free_changes(edit->changes);
    gox_image_free(edit->image);
    gox_free(edit);
}

void gox__history_list_push(struct gox_edit_list *list, struct gox_edit *edit)
{
    edit->prev = NULL;
    edit->next = list->first;
    if (list->first != NULL)
        list->first->prev = edit;
    else
        list->last = edit;
    list->first = edit;
    list->count++;
}

struct gox_edit *gox__history_list_pop(struct gox_edit_list *list)
{
    struct gox_edit *edit = list->first;

    if (edit == NULL)
        return NULL;
    list->first = edit->next;
    if (list->first != NULL)
        list->first->prev = NULL;
    else
        list->last = NULL;
    list->count--;
    return edit;
}

static struct gox_edit *pop_last(struct gox_edit_list *list)
{
    struct gox_edit *edit = list->last;

    assert(edit != NULL);
    list->last = edit->prev;
    if (list->last != NULL)
        list->last->next = NULL;
    else
        list->first = NULL;
    list->count--;
    return edit;
}

void gox__history_trim(struct gox_history *h)
{
    while (h->bytes > h->max_bytes && h->undo.count > 0) {
        struct gox_edit *oldest = pop_last(&h->undo);
        h->base_state = oldest->info.revision;
        h->bytes -= oldest->bytes;
        gox__history_edit_free(oldest);
    }
    while (h->bytes > h->max_bytes && h->redo.count > 0) {
        struct gox_edit *farthest = pop_last(&h->redo);
        h->bytes -= farthest->bytes;
        gox__history_edit_free(farthest);
    }
}

static void clear_redo(struct gox_history *h)
{
    while (h->redo.count > 0) {
        struct gox_edit *edit = pop_last(&h->redo);
        h->bytes -= edit->bytes;
        gox__history_edit_free(edit);
    }
}

void gox__history_clear(struct gox_history *h)
{
    clear_redo(h);
    while (h->undo.count > 0) {
        struct gox_edit *edit = pop_last(&h->undo);
        h->bytes -= edit->bytes;
        gox__history_edit_free(edit);
    }
}

void gox_history_free(gox_history *h)
{
    if (h == NULL)
        return;
    if (h->open != NULL)
        gox_history_rollback(h);
    gox__history_clear(h);
    for (size_t i = 0; i < h->log_count; i++)
        gox__volume_log_free(h->logs[i]);
    gox_free(h->logs);
    for (size_t i = 0; i < h->checkpoint_count; i++) {
        gox_free(h->checkpoints[i].label);
        gox_image_free(h->checkpoints[i].image);
    }
    gox_free(h->checkpoints);
    gox_free(h);
}

uint64_t gox__history_state(const struct gox_history *h)
{
    return h->undo.first == NULL ? h->base_state : h->undo.first->info.revision;
}

void gox__history_add_alias(struct gox_history *h)
{
    struct gox_revision_alias *alias =
            &h->aliases[h->alias_total++ % GOX_HISTORY_MAX_ALIASES];

    alias->revision = h->revision;
    alias->state = gox__history_state(h);
}

void gox_history_set_revision(gox_history *h, uint64_t revision)
{
    assert(h->undo.count == 0 && h->redo.count == 0 && h->open == NULL);
    assert(revision >= h->revision);
    h->revision = revision;
    h->base_state = revision;
}

static struct gox_edit *new_edit(enum gox_edit_kind kind, const char *label)
{
    struct gox_edit *edit = gox_calloc(1, sizeof(*edit));

    if (edit == NULL)
        return NULL;
    edit->kind = kind;
    size_t len = strlen(label);
    size_t max = sizeof(edit->info.label) - 1;
    if (len > max) {
        len = max;
        /* Not in the middle of a UTF-8 character. */
        while (len > 0 && ((unsigned char)label[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(edit->info.label, label, len);
    return edit;
}

/* A log for each layer, with those that finished edits took made new. */
static int prepare_logs(struct gox_history *h, const struct gox_image *img)
{
    if (!gox_grow(
                &h->logs, &h->log_capacity, img->layer_count, sizeof(*h->logs)))
        return GOX_ERR_NOMEM;
    while (h->log_count < img->layer_count)
        h->logs[h->log_count++] = NULL;
    for (size_t i = 0; i < img->layer_count; i++) {
        if (h->logs[i] == NULL)
            h->logs[i] = gox__volume_log_new(0);
        if (h->logs[i] == NULL)
            return GOX_ERR_NOMEM;
        h->logs[i]->layer_id = img->layers[i]->id;
    }
    return 0;
}

int gox_history_begin(gox_history *h, struct gox_image *img,
        enum gox_edit_kind kind, const char *label)
{
    assert(h->open == NULL);
    struct gox_edit *edit = new_edit(kind, label);
    if (edit == NULL)
        return GOX_ERR_NOMEM;
    int rc = 0;
    if (kind == GOX_EDIT_VOXELS) {
        rc = prepare_logs(h, img);
    } else {
        edit->image = gox_image_dup(img);
        rc = edit->image == NULL ? GOX_ERR_NOMEM : 0;
    }
    if (rc < 0) {
        gox__history_edit_free(edit);
        return rc;
    }
    for (size_t i = 0; kind == GOX_EDIT_VOXELS && i < img->layer_count; i++)
        gox_volume_set_log(img->layers[i]->volume, h->logs[i]);
    h->open = edit;
    h->image = img;
    return 0;
}

bool gox_history_is_open(const gox_history *h)
{
    return h->open != NULL;
}

void gox_history_rollback(gox_history *h)
{
    struct gox_edit *edit = h->open;
    struct gox_image *img = h->image;

    assert(edit != NULL);
    if (edit->kind == GOX_EDIT_STRUCTURE) {
        gox__image_swap(img, edit->image);
    } else {
        for (size_t i = 0; i < img->layer_count; i++) {
            gox_volume *volume = img->layers[i]->volume;
            gox_volume_set_log(volume, NULL);
            gox__volume_log_rollback(h->logs[i], volume);
        }
    }
    gox__history_edit_free(edit);
    h->open = NULL;
    h->image = NULL;
}

/* The newest edit that keeps a whole image. What later edits had to copy stays
 * in memory because of it, and is charged to it. */
static void charge_copies(struct gox_history *h, size_t copied)
{
    struct gox_edit *edit = h->undo.first;

    if (copied == 0)
        return;
    while (edit != NULL && edit->kind != GOX_EDIT_STRUCTURE)
        edit = edit->next;
    if (edit == NULL || edit->bytes >= edit->full_bytes)
        return;
    size_t left = edit->full_bytes - edit->bytes;
    size_t more = copied < left ? copied : left;
    edit->bytes += more;
    h->bytes += more;
}

/* Moves what the logs hold into the edit; logs without changes stay. */
static void take_logs(struct gox_history *h, struct gox_edit *edit)
{
    struct gox_image *img = h->image;
    size_t copied = 0, layers = 0;

    for (size_t i = 0; i < img->layer_count; i++) {
        struct gox_volume_log *log = h->logs[i];
        gox_volume *volume = img->layers[i]->volume;
        gox_volume_set_log(volume, NULL);
        if (gox__volume_log_is_empty(log))
            continue;
        gox__volume_log_compact(log, volume);
        copied += log->copied_bytes;
        log->copied_bytes = 0;
        if (gox__volume_log_is_empty(log))
            continue;
        edit->info.voxels_changed += log->voxels_changed;
        edit->info.box = gox_bbox_union(edit->info.box, log->box);
        edit->info.layer_id = layers++ == 0 ? log->layer_id : 0;
        edit->bytes += gox__volume_log_bytes(log);
        log->next = edit->changes;
        edit->changes = log;
        h->logs[i] = NULL;
    }
    charge_copies(h, copied);
}

static void take_change(
        struct gox_edit *edit, const struct gox_image_change *change)
{
    edit->info.voxels_changed = change->voxels;
    edit->info.layer_id = change->layer_id;
    edit->info.box = change->box;
    edit->bytes = sizeof(*edit) + change->bytes;
    edit->full_bytes = sizeof(*edit) + change->full_bytes;
}

/* Adds a finished edit as a new revision. */
static void add_edit(struct gox_history *h, struct gox_edit *edit,
        const struct gox_image *img, int64_t wall_ms,
        struct gox_edit_info *info)
{
    edit->before_revision = gox__history_state(h);
    edit->info.revision = ++h->revision;
    edit->info.at_ms = wall_ms;
    if (info != NULL)
        *info = edit->info;
    clear_redo(h);
    gox__history_list_push(&h->undo, edit);
    h->bytes += edit->bytes;
    if (h->watch != NULL)
        gox__history_tell(h, GOX_HISTORY_EDIT, edit, img, h->revision);
    gox__history_trim(h);
}

int gox_history_commit(
        gox_history *h, int64_t wall_ms, struct gox_edit_info *info)
{
    struct gox_edit *edit = h->open;
    const struct gox_image *img = h->image;
    bool has_changed;

    assert(edit != NULL);
    if (edit->kind == GOX_EDIT_VOXELS) {
        edit->bytes = sizeof(*edit);
        take_logs(h, edit);
        has_changed = edit->changes != NULL;
    } else {
        struct gox_image_change change =
                gox__image_compare(edit->image, h->image);
        take_change(edit, &change);
        has_changed = change.has_changed;
    }
    h->open = NULL;
    h->image = NULL;
    if (has_changed) {
        add_edit(h, edit, img, wall_ms, info);
        return 1;
    }
    if (info != NULL) {
        *info = edit->info;
        info->revision = h->revision;
        info->at_ms = wall_ms;
    }
    gox__history_edit_free(edit);
    return 0;
}

int gox_history_replace(gox_history *h, struct gox_image **img,
        struct gox_image *own_img, const char *label, int64_t wall_ms,
        struct gox_edit_info *info)
{
    struct gox_edit *edit = NULL;
    int rc = h->open != NULL ? GOX_ERR_BUSY : 0;

    if (rc == 0) {
        edit = new_edit(GOX_EDIT_STRUCTURE, label);
        rc = edit == NULL ? GOX_ERR_NOMEM : 0;
    }
    if (rc < 0) {
        gox_image_free(own_img);
        return rc;
    }
    gox__image_swap(*img, own_img);
    edit->image = own_img;
    h->open = edit;
    h->image = *img;
    return gox_history_commit(h, wall_ms, info);
}

uint64_t gox_history_revision(const gox_history *h)
{
    return h->revision;
}

size_t gox_history_undo_count(const gox_history *h)
{
    return h->undo.count;
}

size_t gox_history_redo_count(const gox_history *h)
{
    return h->redo.count;
}

bool gox_history_get_edit(
        const gox_history *h, size_t i, struct gox_edit_info *info)
{
    const struct gox_edit *edit = h->undo.first;

    while (edit != NULL && i-- > 0)
        edit = edit->next;
    if (edit != NULL)
        *info = edit->info;
    return edit != NULL;
}

size_t gox_history_bytes(const gox_history *h)
{
    return h->bytes;
}
