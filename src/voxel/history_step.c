/* SPDX-License-Identifier: Apache-2.0
 * Going back and forward in the history, and images of earlier states.
 *
 * A step writes the kept states while a new log is attached: that log is then
 * what leads the other way, and when memory runs out it takes the step back.
 *
 * Invariant: a call to undo or redo does all its steps, or fewer whole ones. */
#include "base/alloc.h"
#include "voxel/history_internal.h"

#include <assert.h>
#include <string.h>

/* One log for each change of the edit, attached to its layer. */
static int attach_logs(const struct gox_edit *edit, struct gox_image *img,
        struct gox_volume_log **logs)
{
    *logs = NULL;
    for (const struct gox_volume_log *c = edit->changes; c; c = c->next) {
        struct gox_layer *layer = gox_image_find_layer(img, c->layer_id);
        /* The image was changed behind the history's back. */
        if (layer == NULL)
            return GOX_ERR_INTERNAL;
        struct gox_volume_log *log = gox__volume_log_new(c->layer_id);
        if (log == NULL)
            return GOX_ERR_NOMEM;
        log->next = *logs;
        *logs = log;
        gox_volume_set_log(layer->volume, log);
    }
    return 0;
}

static int apply_changes(const struct gox_edit *edit, struct gox_image *img)
{
    int rc = 0;

    for (const struct gox_volume_log *c = edit->changes; rc == 0 && c;
            c = c->next) {
        struct gox_layer *layer = gox_image_find_layer(img, c->layer_id);
        rc = layer == NULL ? GOX_ERR_INTERNAL
                           : gox__volume_log_apply(c, layer->volume);
    }
    return rc;
}

/* Detaches; on success the logs become the edit's changes. */
static void finish_logs(struct gox_edit *edit, struct gox_image *img,
        struct gox_volume_log *logs, bool is_done)
{
    struct gox_volume_log *drop = is_done ? edit->changes : logs;

    for (struct gox_volume_log *log = logs; log; log = log->next) {
        gox_volume *volume = gox_image_find_layer(img, log->layer_id)->volume;
        gox_volume_set_log(volume, NULL);
        if (is_done)
            gox__volume_log_compact(log, volume);
        else
            gox__volume_log_rollback(log, volume);
    }
    if (is_done)
        edit->changes = logs;
    while (drop != NULL) {
        struct gox_volume_log *next = drop->next;
        gox__volume_log_free(drop);
        drop = next;
    }
}

static int step_voxels(struct gox_edit *edit, struct gox_image *img)
{
    struct gox_volume_log *logs;

    int rc = attach_logs(edit, img, &logs);
    if (rc == 0)
        rc = apply_changes(edit, img);
    finish_logs(edit, img, logs, rc == 0);
    if (rc < 0)
        return rc;
    edit->bytes = sizeof(*edit);
    for (const struct gox_volume_log *c = edit->changes; c; c = c->next)
        edit->bytes += gox__volume_log_bytes(c);
    return 0;
}

static void step_structure(struct gox_edit *edit, struct gox_image *img)
{
    int next_id = img->next_id;

    gox__image_swap(img, edit->image);
    /* An id that was given away once is not given again, so that a client
     * that still holds it cannot reach another layer. */
    if (img->next_id < next_id)
        img->next_id = next_id;
    struct gox_image_change change = gox__image_compare(edit->image, img);
    edit->bytes = sizeof(*edit) + change.bytes;
    edit->full_bytes = sizeof(*edit) + change.full_bytes;
}

/* One step from one list to the other. */
static int step_once(struct gox_history *h, struct gox_image *img,
        struct gox_edit_list *from, struct gox_edit_list *to)
{
    struct gox_edit *edit = from->first;
    size_t bytes = edit->bytes;

    if (edit->kind == GOX_EDIT_STRUCTURE) {
        step_structure(edit, img);
    } else {
        int rc = step_voxels(edit, img);
        if (rc < 0)
            return rc;
    }
    h->bytes = h->bytes - bytes + edit->bytes;
    gox__history_list_push(to, gox__history_list_pop(from));
    if (h->watch != NULL)
        gox__history_tell(h,
                to == &h->redo ? GOX_HISTORY_UNDO : GOX_HISTORY_REDO, edit, img,
                h->revision + 1);
    return 0;
}

static void sum_info(struct gox_edit_info *sum,
        const struct gox_edit_info *step, bool is_first)
{
    struct gox_edit_info old = *sum;

    *sum = *step;
    if (is_first)
        return;
    sum->voxels_changed += old.voxels_changed;
    sum->box = gox_bbox_union(sum->box, old.box);
    if (old.layer_id != step->layer_id)
        sum->layer_id = 0;
}

static int step(struct gox_history *h, struct gox_image *img, int steps,
        struct gox_edit_list *from, struct gox_edit_list *to, int64_t wall_ms,
        struct gox_edit_info *info)
{
    struct gox_edit_info sum = {0};
    int done = 0, rc = 0;

    if (h->open != NULL)
        return GOX_ERR_BUSY;
    while (done < steps && from->count > 0) {
        rc = step_once(h, img, from, to);
        if (rc < 0)
            break;
        sum_info(&sum, &to->first->info, done == 0);
        done++;
    }
    if (done == 0)
        return rc;
    h->revision++;
    gox__history_add_alias(h);
    sum.revision = h->revision;
    sum.at_ms = wall_ms;
    if (info != NULL)
        *info = sum;
    gox__history_trim(h);
    return done;
}

int gox_history_undo(gox_history *h, struct gox_image **img, int steps,
        int64_t wall_ms, struct gox_edit_info *info)
{
    return step(h, *img, steps, &h->undo, &h->redo, wall_ms, info);
}

int gox_history_redo(gox_history *h, struct gox_image **img, int steps,
        int64_t wall_ms, struct gox_edit_info *info)
{
    return step(h, *img, steps, &h->redo, &h->undo, wall_ms, info);
}

static struct gox_checkpoint *find_checkpoint(
        const gox_history *h, const char *label, size_t len)
{
    for (size_t i = 0; i < h->checkpoint_count; i++) {
        const char *own = h->checkpoints[i].label;
        if (strlen(own) == len && memcmp(own, label, len) == 0)
            return &h->checkpoints[i];
    }
    return NULL;
}

int gox_history_checkpoint(
        gox_history *h, const struct gox_image *img, const char *label)
{
    struct gox_checkpoint *found = find_checkpoint(h, label, strlen(label));
    struct gox_image *copy = gox_image_dup(img);
    char *name = NULL;

    if (copy == NULL)
        return GOX_ERR_NOMEM;
    if (found != NULL) {
        gox_image_free(found->image);
        found->image = copy;
        return 0;
    }
    name = gox_strdup(label);
    if (name == NULL ||
            !gox_grow(&h->checkpoints, &h->checkpoint_capacity,
                    h->checkpoint_count + 1, sizeof(*h->checkpoints))) {
        gox_free(name);
        gox_image_free(copy);
        return GOX_ERR_NOMEM;
    }
    h->checkpoints[h->checkpoint_count++] = (struct gox_checkpoint){name, copy};
    return 0;
}

const struct gox_image *gox_history_find_checkpoint(
        const gox_history *h, const char *label, size_t len)
{
    const struct gox_checkpoint *found = find_checkpoint(h, label, len);

    return found == NULL ? NULL : found->image;
}

/* The state in the line of edits that a revision number stands for. */
static uint64_t resolve_alias(const struct gox_history *h, uint64_t revision)
{
    uint64_t total = h->alias_total;
    size_t count = total < GOX_HISTORY_MAX_ALIASES ? (size_t)total
                                                   : GOX_HISTORY_MAX_ALIASES;

    for (size_t i = 0; i < count; i++) {
        if (h->aliases[i].revision == revision)
            return h->aliases[i].state;
    }
    return revision;
}

/* How many edits of a list lead to the state; 0 when they do not. */
static size_t count_steps(
        const struct gox_edit_list *list, uint64_t state, bool is_undo)
{
    size_t n = 0;

    for (const struct gox_edit *e = list->first; e; e = e->next) {
        n++;
        if ((is_undo ? e->before_revision : e->info.revision) == state)
            return n;
    }
    return 0;
}

/* Moves an image that is nobody else's over `steps` edits. */
static int walk(
        struct gox_image **img, const struct gox_edit_list *list, size_t steps)
{
    const struct gox_edit *edit = list->first;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < steps; i++, edit = edit->next) {
        if (edit->kind == GOX_EDIT_VOXELS) {
            rc = apply_changes(edit, *img);
            continue;
        }
        struct gox_image *next = gox_image_dup(edit->image);
        if (next == NULL)
            return GOX_ERR_NOMEM;
        gox_image_free(*img);
        *img = next;
    }
    return rc;
}

int gox_history_image_at(gox_history *h, const struct gox_image *img,
        uint64_t revision, struct gox_image **result)
{
    uint64_t state = resolve_alias(h, revision);
    const struct gox_edit_list *list = &h->undo;
    size_t steps = 0;

    *result = NULL;
    if (h->open != NULL)
        return GOX_ERR_BUSY;
    if (state != gox__history_state(h)) {
        steps = count_steps(&h->undo, state, true);
        if (steps == 0) {
            list = &h->redo;
            steps = count_steps(&h->redo, state, false);
        }
        if (steps == 0)
            return GOX_ERR_NOT_FOUND;
    }
    struct gox_image *copy = gox_image_dup(img);
    if (copy == NULL)
        return GOX_ERR_NOMEM;
    int rc = walk(&copy, list, steps);
    if (rc < 0) {
        gox_image_free(copy);
        return rc;
    }
    *result = copy;
    return 0;
}
