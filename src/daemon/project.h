/* SPDX-License-Identifier: Apache-2.0
 * Named projects, each with its history, and whose turn it is to edit. With a
 * store behind them they are opened on demand, and closed when they are idle
 * and memory is short; without one they live in memory.
 *
 * Invariants: names are unique; only the loop thread looks at a project; while
 * a long edit holds the write turn no other edit of that project begins; a
 * project in the stage OPEN has its image, history and, with stores, its store;
 * in the other stages a worker has them. */
#ifndef GOX_DAEMON_PROJECT_H
#define GOX_DAEMON_PROJECT_H

#include "loop/pool.h"
#include "store/store.h"
#include "voxel/history.h"

typedef struct gox_project gox_project;
typedef struct gox_projects gox_projects;
struct gox_call;
struct gox_changes;
struct gox_project_job;

enum gox_project_stage {
    GOX_PROJECT_OPEN,
    GOX_PROJECT_OPENING, /* a worker reads its file, or makes it */
    GOX_PROJECT_CLOSING
};

struct gox_project {
    char name[GOX_NAME_BYTES];
    struct gox_image *image; /* live, never NULL while it is in the list */
    gox_history *history;
    gox_store *store; /* NULL: in memory only, or not OPEN */
    enum gox_project_stage stage;
    struct gox_project_job *job; /* while not OPEN; owned */
    char *path; /* where it was loaded from or last saved to, owned; or NULL */
    int32_t size[3];         /* as create_project was told; for answers only */
    uint64_t saved_revision; /* modified: differs from the history's */
    bool is_read_only;
    int64_t created_ms, modified_ms; /* wall clock */
    uint64_t replayed;               /* when it was opened */
    int64_t replay_ms;               /* how long that took */
    int64_t used_at_ns;              /* by a call; the loop's clock */
    unsigned refs;                   /* calls, sessions, the list itself */
    unsigned sessions;               /* whose current project it is */
    bool is_closed;                  /* out of the list; freed with the last
                                        ref */
    struct gox_call *turn;           /* the long edit that has the turn */
    struct gox_call *waiting_first, *waiting_last; /* for turn or stage */
    struct gox_call *held; /* its reply waits until the job ends; or NULL */
    struct gox_changes *changes; /* daemon/subscribe.h; owned; or NULL */
    bool is_dirty;               /* edited in this turn of the loop */
    gox_project *dirty_next;
    gox_project *prev, *next; /* in the list, oldest first */
    gox_project *hash_next;
};

struct gox_projects_config {
    size_t max_undo_bytes; /* of each project's history in memory */
    /* NULL: projects live in memory; else taken over, also on failure. */
    gox_stores *own_stores;
    gox_pool *pool;            /* for the files; borrowed */
    uint64_t max_memory_bytes; /* beyond it idle ones are closed; 0: none */
    size_t max_open;           /* the same by number; 0: none */
    /* A job ended. The project is OPEN now (err->code is 0, or err says what
     * was damaged), or OPENING again, or is out of the list: because of err, or
     * because it was closed. */
    void (*ready)(void *ctx, gox_project *project, const struct gox_error *err);
    void *ctx;
};
/* NULL when out of memory. */
gox_projects *gox_projects_new(const struct gox_projects_config *config);
/* Closes all stores, several at the same time; blocks on the disk. */
void gox_projects_free(gox_projects *projects);
bool gox_projects_are_stored(const gox_projects *projects);
gox_stores *gox_projects_stores(gox_projects *projects); /* NULL: memory */

/* In the list, in any stage; borrowed; NULL when there is none of that name. */
gox_project *gox_projects_find(
        const gox_projects *projects, const char *name, size_t len);
/* The same, and begins to open it when it is not in the list: 0 also when that
 * will turn out to fail. GOX_ERR_NOT_FOUND (in memory), GOX_ERR_BUSY,
 * GOX_ERR_NOMEM. */
int gox_projects_want(gox_projects *projects, const char *name, size_t len,
        gox_project **project, struct gox_error *err) GOX_MUST_CHECK;
/* The project that calls use which name none; made on first use. */
int gox_projects_want_default(gox_projects *projects, gox_project **project,
        struct gox_error *err) GOX_MUST_CHECK;
/* Adds a project of own_img (taken over also on failure; NULL: an empty one).
 * With stores it is OPENING until its file is there; GOX_ERR_EXISTS may then
 * come as the job's result. A name in the list is GOX_ERR_EXISTS, or with
 * overwrite its content is replaced as one edit, history and revision going
 * on. Names: 1 ... 255 bytes of UTF-8 without control characters and slashes,
 * not "." or "..". */
int gox_projects_create(gox_projects *projects, const char *name,
        struct gox_image *own_img, bool overwrite, gox_project **project,
        struct gox_error *err) GOX_MUST_CHECK;

/* 0 or GOX_ERR_CREATE_PROJECT. */
int gox_projects_check_name(
        const char *name, struct gox_error *err) GOX_MUST_CHECK;

enum gox_project_drop {
    GOX_PROJECT_CLOSE,
    GOX_PROJECT_DELETE, /* into the trash */
    GOX_PROJECT_PURGE
};
/* Takes an OPEN project out of the list; calls under way on it end normally.
 * With stores that is when its job ends, no call may have the turn or be
 * waiting (GOX_ERR_BUSY), and edits must be committed. GOX_ERR_NOMEM. */
int gox_projects_drop(gox_projects *projects, gox_project *project,
        enum gox_project_drop how, struct gox_error *err) GOX_MUST_CHECK;
/* New bounds, from the next gox_projects_evict on. */
void gox_projects_set_bounds(
        gox_projects *projects, uint64_t max_memory_bytes, size_t max_open);
/* Closes idle projects, the longest unused first, until the bounds are kept. */
void gox_projects_evict(gox_projects *projects);
/* The same, so that more_bytes fit into memory beside what is in use. */
void gox_projects_make_room(gox_projects *projects, uint64_t more_bytes);
/* The same, and begins to make the files small of projects without an edit for
 * idle_ms. To be called now and then for some time after edits. */
void gox_projects_keep_up(gox_projects *projects, int idle_ms);

/* The first (NULL) or next project, in order of creation. */
gox_project *gox_projects_next(
        const gox_projects *projects, const gox_project *after);
size_t gox_projects_count(const gox_projects *projects);
/* How many were closed to keep the bounds, and were found damaged. */
uint64_t gox_projects_evicted(const gox_projects *projects);
uint64_t gox_projects_damaged(const gox_projects *projects);
/* What the stores of closed projects had counted: syncs, checkpoints and
 * snapshots. */
void gox_projects_get_closed(
        const gox_projects *projects, struct gox_store_stats *stats);

/* An edit was made: it is in the list of dirty ones until they are taken. */
void gox_project_mark_dirty(gox_projects *projects, gox_project *project);
/* The dirty ones, linked by dirty_next, each with a reference; is_dirty stays
 * for the caller to clear. */
gox_project *gox_projects_take_dirty(gox_projects *projects);
bool gox_projects_has_dirty(const gox_projects *projects);

uint64_t gox_project_revision(const gox_project *project);
bool gox_project_is_modified(const gox_project *project);
/* Heap bytes of voxels and undo; what is shared counts for each. */
uint64_t gox_project_bytes(const gox_project *project);
/* Remembers the file (NULL: forget) and that it holds this revision. */
int gox_project_set_saved(gox_project *project, const char *path,
        uint64_t revision) GOX_MUST_CHECK;

void gox_project_ref(gox_project *project);
void gox_project_unref(gox_project *project);

#endif
