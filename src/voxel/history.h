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

uint64_t gox_history_revision(const gox_history *h);
size_t gox_history_undo_count(const gox_history *h);
size_t gox_history_redo_count(const gox_history *h);
/* The i-th newest edit that can be undone (0: the latest). false past the end.
 */
bool gox_history_get_edit(
        const gox_history *h, size_t i, struct gox_edit_info *info);
size_t gox_history_bytes(const gox_history *h);

#endif
