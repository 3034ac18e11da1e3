/* SPDX-License-Identifier: Apache-2.0
 * What the files of the history share.
 *
 * States and edits form a line: an edit in the undo list leads from the state
 * `before_revision` to `info.revision`, the same edit in the redo list leads
 * there again. What an edit keeps always leads away from the current side.
 *
 * Invariant: the newest edit that can be undone ended in the current state, the
 * first that can be redone starts in it. */
#ifndef GOX_VOXEL_HISTORY_INTERNAL_H
#define GOX_VOXEL_HISTORY_INTERNAL_H

#include "voxel/history.h"
#include "voxel/volume_internal.h"

struct gox_edit {
    struct gox_edit *next; /* undo: the older one; redo: the later one */
    struct gox_edit *prev;
    enum gox_edit_kind kind;
    uint64_t before_revision;
    struct gox_edit_info info;
    struct gox_volume_log *changes; /* VOXELS: a list, one for each layer */
    struct gox_image *image;        /* STRUCTURE: the other state */
    size_t bytes;
    size_t full_bytes; /* STRUCTURE: what it can come to hold at most */
};

struct gox_edit_list {
    struct gox_edit *first, *last; /* first: next to the current state */
    size_t count;
};

/* A revision made by undo or redo, and the edit's revision with that state. */
struct gox_revision_alias {
    uint64_t revision, state;
};
#define GOX_HISTORY_MAX_ALIASES 1024

struct gox_checkpoint {
    char *label; /* owned */
    struct gox_image *image;
};

struct gox_history {
    size_t max_bytes, bytes;
    uint64_t revision;
    uint64_t base_state; /* before the oldest edit in undo */
    struct gox_edit_list undo, redo;
    struct gox_edit *open;        /* NULL: no edit is open */
    struct gox_image *image;      /* of the open edit */
    struct gox_volume_log **logs; /* kept for the layers, some NULL */
    size_t log_count, log_capacity;
    struct gox_checkpoint *checkpoints;
    size_t checkpoint_count, checkpoint_capacity;
    struct gox_revision_alias aliases[GOX_HISTORY_MAX_ALIASES]; /* a ring */
    uint64_t alias_total;
    gox_history_watch_fn *watch; /* NULL: nobody */
    void *watch_ctx;
};

/* The difference between two states of an image. */
struct gox_image_change {
    bool has_changed;
    uint64_t voxels;
    int layer_id; /* 0: none or several */
    struct gox_bbox box;
    size_t bytes;      /* held only by `before` */
    size_t full_bytes; /* held by `before` in all */
};
struct gox_image_change gox__image_compare(
        const struct gox_image *before, const struct gox_image *after);
/* Exchanges the contents of two images. */
void gox__image_swap(struct gox_image *a, struct gox_image *b);

void gox__history_edit_free(struct gox_edit *edit);
/* The revision of the current state in the line of edits. */
uint64_t gox__history_state(const struct gox_history *h);
void gox__history_add_alias(struct gox_history *h);
/* Drops the oldest edits until max_bytes is kept. */
void gox__history_trim(struct gox_history *h);
/* Tells the watcher; the edit is not dropped yet. */
void gox__history_tell(gox_history *h, enum gox_history_op op,
        const struct gox_edit *edit, const struct gox_image *image,
        uint64_t revision);
/* Frees all edits. */
void gox__history_clear(struct gox_history *h);
void gox__history_list_push(struct gox_edit_list *list, struct gox_edit *edit);
struct gox_edit *gox__history_list_pop(struct gox_edit_list *list);

#endif
