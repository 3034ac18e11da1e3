/* SPDX-License-Identifier: Apache-2.0
 * Named projects in memory, each with its history, and whose turn it is to
 * edit. One interface for open, close and list, so that a durable store can
 * stand behind it.
 *
 * Invariants: names are unique; only the loop thread looks at a project; while
 * a long edit holds the write turn no other edit of that project begins. */
#ifndef GOX_DAEMON_PROJECT_H
#define GOX_DAEMON_PROJECT_H

#include "voxel/history.h"

typedef struct gox_project gox_project;
typedef struct gox_projects gox_projects;
struct gox_call;
struct gox_changes;

struct gox_project {
    char name[GOX_NAME_BYTES];
    struct gox_image *image; /* live, never NULL */
    gox_history *history;
    char *path; /* where it was loaded from or last saved to, owned; or NULL */
    int32_t size[3];         /* as create_project was told; for answers only */
    uint64_t saved_revision; /* modified: differs from the history's */
    bool is_read_only;
    int64_t created_ms, modified_ms; /* wall clock */
    unsigned refs;                   /* calls under way and the list itself */
    bool is_closed;        /* out of the list; freed with the last ref */
    struct gox_call *turn; /* the long edit that holds the write turn */
    struct gox_call *waiting_first, *waiting_last; /* edits after it */
    struct gox_changes *changes; /* daemon/subscribe.h; owned; or NULL */
    gox_project *next;           /* in the list, oldest first */
};

/* max_undo_bytes: of each project's history. NULL when out of memory. */
gox_projects *gox_projects_new(size_t max_undo_bytes);
void gox_projects_free(gox_projects *projects);

/* Borrowed; NULL when there is none of that name. */
gox_project *gox_projects_find(
        const gox_projects *projects, const char *name, size_t len);
/* The project that calls use which name none; made on first use. */
gox_project *gox_projects_default(gox_projects *projects);
/* Adds a project of own_img (taken over also on failure; NULL: an empty one).
 * A name in use is GOX_ERR_EXISTS, or with overwrite its content is replaced
 * as one edit, history and revision going on. Names: 1 ... 255 bytes of UTF-8
 * without control characters and slashes, not "." or "..". */
int gox_projects_create(gox_projects *projects, const char *name,
        struct gox_image *own_img, bool overwrite, gox_project **project,
        struct gox_error *err) GOX_MUST_CHECK;
/* Takes it out of the list; calls under way on it end normally. */
void gox_projects_close(gox_projects *projects, gox_project *project);
/* The first (NULL) or next project, in order of creation. */
gox_project *gox_projects_next(
        const gox_projects *projects, const gox_project *after);
size_t gox_projects_count(const gox_projects *projects);

uint64_t gox_project_revision(const gox_project *project);
bool gox_project_is_modified(const gox_project *project);
/* Remembers the file (NULL: forget) and that it holds this revision. */
int gox_project_set_saved(gox_project *project, const char *path,
        uint64_t revision) GOX_MUST_CHECK;

void gox_project_ref(gox_project *project);
void gox_project_unref(gox_project *project);

#endif
