/* SPDX-License-Identifier: Apache-2.0
 * The durable project store: one SQLite file a project, with a journal of every
 * edit and snapshots of the blocks. docs/store.md describes the file.
 *
 * How it is used: gox_store_open (or create) and gox_store_attach once; then
 * the history tells the store of each edit by itself, and the owner calls
 * gox_store_commit once a turn of its loop, before it sends any answer of that
 * turn. When the commit fails, gox_store_rollback takes the turn's edits back.
 *
 * Invariants: what a commit returned 0 for is found by the next open, within
 * the bounds of the durability chosen; a damaged file is never written to.
 * Threads: a gox_store belongs to one thread but where a function says
 * otherwise; a gox_stores may be used from any thread. */
#ifndef GOX_STORE_STORE_H
#define GOX_STORE_STORE_H

#include "base/task.h"
#include "voxel/history.h"

typedef struct gox_stores gox_stores; /* a data directory */
typedef struct gox_store gox_store;   /* an open project */

enum gox_durability {
    GOX_DURABILITY_NONE,     /* in the kernel before the answer; no fsync */
    GOX_DURABILITY_INTERVAL, /* the same, and fsync every interval_ms */
    GOX_DURABILITY_ALWAYS    /* fsync before the answer */
};

/* 0 or NULL takes the default that is named. */
struct gox_store_settings {
    enum gox_durability durability;
    int interval_ms;            /* 1000 */
    uint64_t history_max_bytes; /* of the journal, 1 GiB */
    uint64_t wal_bytes;         /* is moved into the file from here on, 4 MiB */
    uint64_t wal_hard_bytes;    /* or at the latest here, 32 MiB */
    uint64_t snapshot_bytes; /* gox_store_wants_snapshot, 16 MiB of journal */
    unsigned threads;        /* to read snapshots; one a core */
    bool is_read_only;       /* nothing is locked, nothing can be written */
    const char *vfs;         /* the SQLite VFS below; its default one */
    /* Brings a whole file system to the disk, like syncfs, which is the default
     * where it can be relied on; used when many projects are to be synced. */
    int (*flush)(int fd);
};

/* Opens <data_dir>/projects, made when missing, and locks it for this process.
 * GOX_ERR_BUSY: another process has it; GOX_ERR_IO; GOX_ERR_NOMEM. */
int gox_stores_open(const char *data_dir,
        const struct gox_store_settings *settings, gox_stores **stores,
        struct gox_error *err) GOX_MUST_CHECK;
/* All its stores must be closed. NULL is fine. */
void gox_stores_close(gox_stores *stores);

/* Changes the durability of all projects from the next commit on; interval_ms
 * 0: as it is. By the thread that commits. */
void gox_stores_set_durability(
        gox_stores *stores, enum gox_durability durability, int interval_ms);
/* What is free for this user where the projects are. GOX_ERR_IO. */
int gox_stores_disk_free(gox_stores *stores, uint64_t *bytes,
        struct gox_error *err) GOX_MUST_CHECK;

/* What opening had to do. */
struct gox_store_report {
    uint64_t replayed; /* edits, undos and redos after the snapshot */
    int64_t duration_ms;
    uint64_t revision;
    bool is_damaged; /* then damage names both files */
    struct gox_error damage;
};

/* Makes a project of img (borrowed) as this revision. GOX_ERR_EXISTS,
 * GOX_ERR_IO, GOX_ERR_READ_ONLY, GOX_ERR_PARAMS for a bad name. */
int gox_store_create(gox_stores *stores, const char *name,
        const struct gox_image *img, uint64_t revision, gox_store **store,
        struct gox_error *err) GOX_MUST_CHECK;
/* Opens a project: *img is its newest image (the caller's). A damaged file is
 * set aside and what could be read goes on in a new one: 0, with is_damaged in
 * the report (not NULL). GOX_ERR_FORMAT when nothing could be read,
 * GOX_ERR_UNSUPPORTED from a newer version (untouched), GOX_ERR_BUSY when it is
 * open already, GOX_ERR_NOT_FOUND. May take long; any thread. */
int gox_store_open(gox_stores *stores, const char *name, gox_store **store,
        struct gox_image **img, struct gox_store_report *report,
        struct gox_error *err) GOX_MUST_CHECK;
/* Starts to follow the history, which is put to the store's revision and given
 * the edits that can be undone and redone, up to `edits` each. img is the live
 * image; its address stays. Both are borrowed until detach. 0, GOX_ERR_NOMEM
 * (the newest edits are there). */
int gox_store_attach(gox_store *store, gox_history *history,
        struct gox_image *img, int edits, struct gox_error *err) GOX_MUST_CHECK;
void gox_store_detach(gox_store *store);
/* Detaches, brings all into the file and closes it; edits that were not
 * committed are dropped. Blocks on the disk: any thread, after a detach on the
 * history's own. NULL is fine. */
void gox_store_close(gox_store *store);

/* ---- every turn ---- */

/* Whether there are edits that wait for a commit. */
bool gox_store_has_turn(const gox_store *store);
/* Writes all edits since the last commit as one row in one transaction. 0, or
 * the error with nothing written: GOX_ERR_IO (disk full, fsync failed: err says
 * what), GOX_ERR_NOMEM, GOX_ERR_READ_ONLY after an fsync failed earlier. Waits
 * for the maintenance thread no longer than one slice (docs/store.md). */
int gox_store_commit(gox_store *store, struct gox_error *err) GOX_MUST_CHECK;
/* The same, but GOX_ERR_BUSY instead of waiting; try again in the next turn. */
int gox_store_try_commit(
        gox_store *store, struct gox_error *err) GOX_MUST_CHECK;
/* Commits several projects of one gox_stores: with durability ALWAYS their
 * fsyncs go on at the same time. codes[i] and errs[i] are what gox_store_commit
 * would say. GOX_ERR_NOMEM: nothing was done. */
int gox_store_commit_many(gox_store **list, size_t count, int *codes,
        struct gox_error *errs) GOX_MUST_CHECK;
/* After a failed commit: puts the image and the history back to the last
 * commit. Undo steps are read again from the file. When even that fails, the
 * project must be closed and opened again. Layer pointers are void after it. */
int gox_store_rollback(gox_store *store, struct gox_error *err) GOX_MUST_CHECK;

/* ---- history ---- */

/* Gives the history up to `edits` more that can be undone: how many, 0 when
 * there are no more or its memory is full. */
int gox_store_fetch_history(
        gox_store *store, int edits, struct gox_error *err) GOX_MUST_CHECK;
/* The image at any revision that the journal reaches back to, as a new image.
 * GOX_ERR_NOT_FOUND when it does not. The turn must be committed. */
int gox_store_image_at(gox_store *store, uint64_t revision,
        struct gox_image **result, struct gox_error *err) GOX_MUST_CHECK;

/* ---- snapshots ---- */

/* Whether enough was journalled since the last one. */
bool gox_store_wants_snapshot(const gox_store *store);
/* Whether nothing was committed for idle_ms and 1 MiB or more was journalled
 * since the last one: a snapshot would now make the file small. To be asked now
 * and then by a timer. */
bool gox_store_wants_idle_snapshot(const gox_store *store, int idle_ms);
/* Starts to write a snapshot on the maintenance thread; edits go on. label: a
 * named checkpoint that is kept until its name is given again; NULL: none. The
 * turn must be committed. 0, GOX_ERR_BUSY while one is under way,
 * GOX_ERR_NOMEM. */
int gox_store_start_snapshot(
        gox_store *store, const char *label) GOX_MUST_CHECK;
/* Waits until no maintenance of this store is under way; the result of the last
 * snapshot. */
int gox_store_wait(gox_store *store, struct gox_error *err) GOX_MUST_CHECK;
/* The image of a named checkpoint, and its revision (may be NULL). */
int gox_store_find_checkpoint(gox_store *store, const char *label,
        struct gox_image **result, uint64_t *revision,
        struct gox_error *err) GOX_MUST_CHECK;
struct gox_store_checkpoint {
    char label[GOX_NAME_BYTES];
    uint64_t revision;
    int64_t at_ms;
};
/* A new array (gox_free), newest first. */
int gox_store_list_checkpoints(gox_store *store,
        struct gox_store_checkpoint **list, size_t *count,
        struct gox_error *err) GOX_MUST_CHECK;

/* Writes the image of the last commit (taken over) as a named checkpoint and
 * waits until it is in the file. Any thread, while the owner makes no edit and
 * does not close the store; everything else may go on. */
int gox_store_write_checkpoint(gox_store *store, struct gox_image *own_img,
        const char *label, struct gox_error *err) GOX_MUST_CHECK;

struct gox_store_stats {
    uint64_t revision;       /* committed */
    uint64_t journal_bytes;  /* kept, about */
    uint64_t since_snapshot; /* journal bytes after the last snapshot */
    uint64_t wal_bytes;
    uint64_t commits, syncs, checkpoints, snapshots;
    int64_t longest_wait_ns; /* of a commit for the maintenance thread */
    bool is_safe;            /* false: an fsync failed */
    bool is_in_maintenance;
};
void gox_store_get_stats(gox_store *store, struct gox_store_stats *stats);
/* false after an fsync failed: no more edits are taken, err (may be NULL) has
 * the reason. Cheap, any thread while the store is open. */
bool gox_store_is_safe(gox_store *store, struct gox_error *err);
/* Nothing waits for a commit, an fsync, a snapshot or a checkpoint, so that
 * closing takes a moment and loses nothing. */
bool gox_store_is_idle(gox_store *store);
/* Memory that the open store takes, about; without the image and history. */
uint64_t gox_store_bytes(gox_store *store);
const char *gox_store_name(const gox_store *store);
const char *gox_store_path(const gox_store *store);

/* ---- projects that need not be open; any thread ---- */

struct gox_store_info {
    char name[GOX_NAME_BYTES];
    uint64_t revision, voxels, bytes;
    int64_t modified_ms;
    bool is_open;
    int code; /* 0, or why it cannot be read: then only name and bytes */
};
/* A new array (gox_free) sorted by name. */
int gox_stores_list(gox_stores *stores, struct gox_store_info **list,
        size_t *count, struct gox_error *err) GOX_MUST_CHECK;
bool gox_stores_has(gox_stores *stores, const char *name);
/* The newest image of a project without opening it for writing. */
int gox_stores_load(gox_stores *stores, const char *name,
        struct gox_image **img, struct gox_store_report *report,
        struct gox_error *err) GOX_MUST_CHECK;
/* Moves a closed project to the folder trash, or back to its place. */
int gox_stores_delete(gox_stores *stores, const char *name,
        struct gox_error *err) GOX_MUST_CHECK;
int gox_stores_undelete(gox_stores *stores, const char *name,
        struct gox_error *err) GOX_MUST_CHECK;
struct gox_store_trashed {
    char name[GOX_NAME_BYTES];
    uint64_t bytes;
    int64_t deleted_ms; /* wall clock */
};
/* A new array (gox_free), newest first. */
int gox_stores_list_trash(gox_stores *stores, struct gox_store_trashed **list,
        size_t *count, struct gox_error *err) GOX_MUST_CHECK;
/* Removes what has been in the trash since before `before_ms` (wall clock).
 * Returns how many. */
int gox_stores_empty_trash(gox_stores *stores, int64_t before_ms,
        struct gox_error *err) GOX_MUST_CHECK;
/* A copy of a project, open or not, at `path` (a file that must not exist)
 * while edits go on. */
int gox_stores_backup(gox_stores *stores, const char *name, const char *path,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;
/* A copy under another name, with its history. */
int gox_stores_copy(gox_stores *stores, const char *from, const char *to,
        struct gox_task *task, struct gox_error *err) GOX_MUST_CHECK;

/* Makes the backup at `path`, in the data directory, a project: the file moves
 * to its place. name "": the one inside, and then it is filled in.
 * A closed project of that name goes to the trash first when may_replace; else
 * GOX_ERR_EXISTS. GOX_ERR_FORMAT when it is damaged or no project,
 * GOX_ERR_UNSUPPORTED from a newer version. After an error the file and the
 * project of that name stay. */
int gox_stores_import(gox_stores *stores, const char *path,
        char name[GOX_NAME_BYTES], bool may_replace,
        struct gox_store_report *report, struct gox_error *err) GOX_MUST_CHECK;
/* Removes the project of this name from the trash for good. */
int gox_stores_purge(gox_stores *stores, const char *name,
        struct gox_error *err) GOX_MUST_CHECK;

/* gox_store_image_at without the store: own_now (taken over) is the image at
 * the committed revision now_revision. */
int gox_stores_image_at(gox_stores *stores, const char *name,
        struct gox_image *own_now, uint64_t now_revision, uint64_t revision,
        struct gox_image **result, struct gox_error *err) GOX_MUST_CHECK;
int gox_stores_find_checkpoint(gox_stores *stores, const char *name,
        const char *label, struct gox_image **result, uint64_t *revision,
        struct gox_error *err) GOX_MUST_CHECK;
int gox_stores_list_checkpoints(gox_stores *stores, const char *name,
        struct gox_store_checkpoint **list, size_t *count,
        struct gox_error *err) GOX_MUST_CHECK;

struct gox_store_check {
    uint64_t snapshots, blocks, journal_rows, edits;
    uint64_t problems;
    struct gox_error first; /* the first problem */
};
/* Reads everything and verifies structure, checksums and hashes. 0 also when
 * there are problems. */
int gox_stores_check(gox_stores *stores, const char *name,
        struct gox_store_check *check, struct gox_task *task,
        struct gox_error *err) GOX_MUST_CHECK;
/* Drops the history but for `history_bytes` of it, and gives the space of a
 * closed project back to the file system. */
int gox_stores_compact(gox_stores *stores, const char *name,
        uint64_t history_bytes, struct gox_error *err) GOX_MUST_CHECK;

#endif
