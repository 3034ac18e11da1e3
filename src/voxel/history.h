/* SPDX-License-Identifier: Apache-2.0
 * Undo and redo for one image. An edit that touches voxels is kept as the
 * blocks (or runs of voxels) it replaced; an edit of the layer structure is
 * kept as the image as it was, which shares all untouched memory.
 *
 * Invariants: between begin and commit (or rollback) exactly one edit is open;
 * revisions grow by one with each commit, undo, redo and restore and are never
 * reused; the memory held is at most max_bytes, the oldest edits are dropped
 * first. Threads: the image's writer only. */
#ifndef GOX_VOXEL_HISTORY_H
#define GOX_VOXEL_HISTORY_H

#include "voxel/image.h"

typedef struct gox_history gox_history;

enum gox_edit_kind {
    GOX_EDIT_VOXELS,   /* only voxels of existing layers will change */
    GOX_EDIT_STRUCTURE /* anything may change */
};

/* What a finished edit did, or what an undo or redo of it changed. */
struct gox_edit_info {
    uint64_t revision;
    char label[64];
    int64_t at_ms;           /* wall clock, given by the caller */
    uint64_t voxels_changed; /* exact for VOXELS, by comparison for STRUCTURE */
    int layer_id;            /* 0 when several or none */
    struct gox_bbox box;     /* of the blocks that changed; empty for none */
};

/* NULL when out of memory. The first revision is 0. */
gox_history *gox_history_new(size_t max_bytes);
void gox_history_free(gox_history *h); /* NULL is fine; closes an open edit */
/* The revision that the image has now, for a project that was opened again.
 * Only while nothing can be undone or redone; must not go back. */
void gox_history_set_revision(gox_history *h, uint64_t revision);

/* Opens an edit on img; until it is closed img and its layers stay where they
 * are (VOXELS), the label is cut at 63 bytes. 0 or GOX_ERR_NOMEM. */
int gox_history_begin(gox_history *h, struct gox_image *img,
        enum gox_edit_kind kind, const char *label) GOX_MUST_CHECK;
/* Closes the edit. When nothing changed, no revision is made and 0 is
 * returned; 1 when there is a new revision. info may be NULL. Compaction of
 * what undo keeps cannot fail: without memory the edit is kept as blocks. */
int gox_history_commit(
        gox_history *h, int64_t wall_ms, struct gox_edit_info *info);
/* Puts the image back as it was at begin. Cannot fail. After a STRUCTURE edit
 * the layers are other objects: borrowed layer pointers are void. */
void gox_history_rollback(gox_history *h);
bool gox_history_is_open(const gox_history *h);

/* Replaces the whole image by own_img (taken over, also on failure) as one
 * edit: for the result of work on another thread. *img is the owner's pointer;
 * it keeps its value, the content is exchanged. 0 when there is no difference,
 * 1, or GOX_ERR_NOMEM; GOX_ERR_BUSY while an edit is open. */
int gox_history_replace(gox_history *h, struct gox_image **img,
        struct gox_image *own_img, const char *label, int64_t wall_ms,
        struct gox_edit_info *info) GOX_MUST_CHECK;

/* Steps back or forward, as one new revision. Returns the number of steps done
 * (0 when there are none), or GOX_ERR_NOMEM with nothing changed; GOX_ERR_BUSY
 * while an edit is open. info has the label of the last step, the new revision,
 * and the voxels and the box of all steps together. *img keeps its value. */
int gox_history_undo(gox_history *h, struct gox_image **img, int steps,
        int64_t wall_ms, struct gox_edit_info *info) GOX_MUST_CHECK;
int gox_history_redo(gox_history *h, struct gox_image **img, int steps,
        int64_t wall_ms, struct gox_edit_info *info) GOX_MUST_CHECK;

/* A named snapshot (shares memory). A label in use is replaced. Snapshots are
 * kept until the end and do not count in max_bytes. */
int gox_history_checkpoint(gox_history *h, const struct gox_image *img,
        const char *label) GOX_MUST_CHECK;
/* Borrowed; NULL when there is none of that name. */
const struct gox_image *gox_history_find_checkpoint(
        const gox_history *h, const char *label, size_t len);
/* The image as it was at a revision still held, as a new image (walks the undo
 * or redo lists over a dup). GOX_ERR_NOT_FOUND when it is gone. */
int gox_history_image_at(gox_history *h, const struct gox_image *img,
        uint64_t revision, struct gox_image **result) GOX_MUST_CHECK;

/* ---- for a durable store ---- */

enum gox_history_op { GOX_HISTORY_EDIT, GOX_HISTORY_UNDO, GOX_HISTORY_REDO };

/* What just happened. The edit leads from the state `base` to the state `edit`
 * (both are revisions of edits). */
struct gox_history_event {
    enum gox_history_op op;
    enum gox_edit_kind kind;
    uint64_t revision; /* that the image has now */
    uint64_t edit, base;
    const struct gox_edit_info *info; /* of the edit when it was made */
    const struct gox_image *image;    /* now */
    const struct gox_image *before;   /* STRUCTURE: as it was; else NULL */
    const struct gox_edit *what;      /* for gox_history_next_change */
};
/* Is called once for each edit, and for each single step of undo and redo,
 * before old edits are dropped. All in the event is borrowed for the call; the
 * callee must not touch the history. fn NULL: nobody watches. */
typedef void gox_history_watch_fn(
        void *ctx, const struct gox_history_event *event);
void gox_history_set_watch(gox_history *h, gox_history_watch_fn *fn, void *ctx);

enum gox_change_form { GOX_CHANGE_POINT, GOX_CHANGE_BLOCK, GOX_CHANGE_RUNS };

/* One thing as it is in the other state: before the event, or for
 * gox_history_restore in the state that the edit leads to from here. */
struct gox_history_change {
    enum gox_change_form form;
    int layer_id;
    struct gox_pos pos;             /* POINT: of the voxel, else of the block */
    gox_rgba color;                 /* POINT */
    const gox_block *block;         /* BLOCK; NULL: there is none */
    const struct gox_log_run *runs; /* RUNS: the voxels that differ */
    size_t run_count;
};
struct gox_history_cursor { /* all zero to begin */
    const struct gox_volume_log *log;
    size_t at;
    bool is_started;
};
/* The changes of a VOXELS event, layer by layer; false at the end. */
bool gox_history_next_change(const struct gox_history_event *event,
        struct gox_history_cursor *cursor, struct gox_history_change *change);

/* An edit that a store kept. */
struct gox_history_old {
    enum gox_edit_kind kind;
    bool is_redo;
    uint64_t base;
    struct gox_edit_info info;   /* info.revision is the edit's state */
    struct gox_image *own_image; /* STRUCTURE: the other state; taken over */
    const struct gox_history_change *changes; /* VOXELS; borrowed */
    size_t change_count;
};
/* Puts the edit behind the last one that can be undone (or redone). 1 when it
 * was taken; 0 when the memory bound leaves no room; GOX_ERR_CONFLICT when it
 * does not lead from the state there; GOX_ERR_NOMEM. */
int gox_history_restore(
        gox_history *h, struct gox_history_old *old) GOX_MUST_CHECK;
/* Forgets all edits: the image has this revision, and the content of the state.
 * For a project that was opened again or put back by its store. */
void gox_history_restart(gox_history *h, uint64_t revision, uint64_t state);
/* The state of the image now, before the oldest edit that can be undone, and
 * after the last one that can be redone. */
uint64_t gox_history_state(const gox_history *h);
uint64_t gox_history_oldest_state(const gox_history *h);
uint64_t gox_history_newest_state(const gox_history *h);

uint64_t gox_history_revision(const gox_history *h);
size_t gox_history_undo_count(const gox_history *h);
size_t gox_history_redo_count(const gox_history *h);
/* The i-th newest edit that can be undone (0: the latest). false past the end.
 */
bool gox_history_get_edit(
        const gox_history *h, size_t i, struct gox_edit_info *info);
size_t gox_history_bytes(const gox_history *h);

#endif
