/* SPDX-License-Identifier: Apache-2.0
 * What the files of the store share.
 *
 * Locks: gox_stores.mutex guards the list of stores and what the maintenance
 * threads and owners tell each other; a gate guards the write connection.
 *
 * Invariant: db is used only inside the gate. */
#ifndef GOX_STORE_STORE_INTERNAL_H
#define GOX_STORE_STORE_INTERNAL_H

#include "base/buf.h"
#include "base/bytes.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define GOX_STORE_APPLICATION_ID 0x474f5844 /* "GOXD" */
#define GOX_STORE_VERSION        1
#define GOX_STORE_SUFFIX         ".goxdb"

/* ---- vfs.c: one process, several connections, no file locks ---- */
typedef struct gox_vfs gox_vfs;
gox_vfs *gox__vfs_new(const char *base_name); /* NULL: not found, no memory */
void gox__vfs_free(gox_vfs *vfs);
const char *gox__vfs_name(const gox_vfs *vfs);
/* fsync of an open file of this VFS, from any thread. An SQLite code. */
int gox__vfs_sync(sqlite3_file *file);
/* Whether this connection, when it cuts the log off, only ends it and leaves
 * the file as long as it is, to be written over. */
void gox__vfs_keep_length(sqlite3 *db, bool keeps);

/* ---- db.c ---- */
enum gox_db_role {
    GOX_DB_CREATE, /* a new file under another name; see gox__db_finish */
    GOX_DB_WRITE,  /* the one writer */
    GOX_DB_AUX,    /* checkpoints, backups, reading beside the writer */
    GOX_DB_READ    /* of a directory that is not ours */
};
int gox__db_open(const char *vfs, const char *path, enum gox_db_role role,
        sqlite3 **db, struct gox_error *err) GOX_MUST_CHECK;
/* Brings a new file to the disk, whole; it was written without any fsync. */
int gox__db_finish(sqlite3 *db, struct gox_error *err) GOX_MUST_CHECK;
void gox__db_close(sqlite3 *db);
int gox__db_exec(
        sqlite3 *db, const char *sql, struct gox_error *err) GOX_MUST_CHECK;
int gox__db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt,
        struct gox_error *err) GOX_MUST_CHECK;
/* Runs a statement to its end and resets it. */
int gox__db_run(
        sqlite3 *db, sqlite3_stmt *stmt, struct gox_error *err) GOX_MUST_CHECK;
/* Binds bytes that stay; GOX_ERR_TOO_LARGE when a row cannot hold them. */
int gox__db_bind_body(sqlite3 *db, sqlite3_stmt *stmt, int at, const void *data,
        size_t len, struct gox_error *err) GOX_MUST_CHECK;
/* One number; `otherwise` when there is no row or it is NULL. */
int gox__db_number(sqlite3 *db, const char *sql, int64_t otherwise,
        int64_t *value, struct gox_error *err) GOX_MUST_CHECK;
/* Sets err to what the SQLite code means and returns the GOX_ERR_* for it. */
int gox__db_fail(
        sqlite3 *db, int sqlite_code, const char *what, struct gox_error *err);
/* Makes or migrates the tables. GOX_ERR_UNSUPPORTED from a newer version. */
int gox__db_migrate(sqlite3 *db, struct gox_error *err) GOX_MUST_CHECK;
/* The version in the file's first bytes, without opening it:
 * GOX_ERR_UNSUPPORTED when it is newer than this program's. */
int gox__db_peek_version(
        const char *path, struct gox_error *err) GOX_MUST_CHECK;
int gox__db_check_version(sqlite3 *db, struct gox_error *err) GOX_MUST_CHECK;
int gox__db_put_meta(sqlite3 *db, const char *key, const char *text,
        struct gox_error *err) GOX_MUST_CHECK;

/* ---- code.c: numbers and small things as bytes ---- */
void gox__put_varint(struct gox_buf *buf, uint64_t value);
void gox__put_signed(struct gox_buf *buf, int64_t value);
uint64_t gox__get_varint(struct gox_bytes *in);
int64_t gox__get_signed(struct gox_bytes *in);
uint8_t *gox__write_varint(uint8_t *at, uint64_t value); /* at most 10 bytes */
static inline uint64_t gox__zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}
/* All of an image but the voxels. */
void gox__put_frame(struct gox_buf *buf, const struct gox_image *img);
/* Gives img the frame; its volumes stay with the layers of the same id, others
 * are new and empty or go. On failure img is unchanged. */
int gox__get_frame(struct gox_bytes *in, struct gox_image *img) GOX_MUST_CHECK;

/* ---- record.c: events to bytes ---- */

#define GOX_TURN_HEADER 64 /* room before the records for the row's header */

/* Records of one turn. */
struct gox_turn {
    struct gox_buf bytes; /* GOX_TURN_HEADER free bytes, then the records */
    uint64_t first, last; /* revisions; first 0 and empty: no turn */
    int64_t at_ms;
    char label[64];     /* of the last record */
    struct gox_pos pos; /* of the last point or block */
    uint64_t records;
};
void gox__turn_init(struct gox_turn *turn);
void gox__turn_reset(struct gox_turn *turn);
void gox__turn_fini(struct gox_turn *turn);
bool gox__turn_is_empty(const struct gox_turn *turn);
/* Undo and redo only name the edit, or carry its changes. */
void gox__turn_add(struct gox_turn *turn, const struct gox_history_event *event,
        bool may_name);
/* The whole image as the first record of a project. */
void gox__turn_add_base(struct gox_turn *turn, const struct gox_image *img,
        uint64_t revision, int64_t wall_ms);

/* What is true after a row. */
struct gox_row_head {
    uint64_t first, last;
    int64_t at_ms;
    uint64_t voxels;
    uint64_t state;    /* of the line of edits */
    uint64_t redo_top; /* the far end of what can be redone; 0: nothing */
};
/* Puts the header before the records: the whole row, borrowed. */
const uint8_t *gox__turn_finish(
        struct gox_turn *turn, const struct gox_row_head *head, size_t *len);

/* For packing: the start of a record, and one change of a POINT. info has the
 * revision, the label and the time. */
struct gox_change;
void gox__turn_begin(struct gox_turn *turn, unsigned op,
        const struct gox_edit_info *info, bool has_label);
void gox__put_point(struct gox_buf *buf, struct gox_pos *last,
        const struct gox_change *change, bool is_one_sided);
/* The turn as a packed row. */
struct libdeflate_compressor;
int gox__turn_pack(const struct gox_turn *turn, const struct gox_row_head *head,
        struct libdeflate_compressor *compressor,
        struct gox_buf *row) GOX_MUST_CHECK;

/* ---- read.c: rows to records ---- */
enum gox_record_op {
    GOX_RECORD_VOXELS,
    GOX_RECORD_POINT,
    GOX_RECORD_STRUCTURE,
    GOX_RECORD_BASE,
    GOX_RECORD_UNDO, /* of the edit named */
    GOX_RECORD_REDO,
    GOX_RECORD_MOVED /* a step as its own changes, like VOXELS/STRUCTURE */
};
/* A record that says only what was before: it can be taken back, not carried
 * out. A bit of its first byte. */
#define GOX_RECORD_ONE_SIDED 8
struct gox_record {
    enum gox_record_op op;
    bool is_one_sided;
    enum gox_history_op step; /* what it was: edit, undo or redo */
    enum gox_edit_kind kind;
    uint64_t revision, edit, base;
    int64_t at_ms;
    char label[64];
    uint64_t voxels_changed;
    int layer_id;
    struct gox_bytes frames;  /* STRUCTURE: before, after; may be empty */
    struct gox_bytes changes; /* a cursor at the first */
    struct gox_pos pos;       /* deltas go on from here */
};
enum gox_row_form { GOX_ROW_PLAIN = 1, GOX_ROW_PACKED = 2 };
struct gox_row {
    struct gox_row_head head;
    int form;
    struct gox_bytes in; /* the records */
    uint64_t revision;
    char label[64];
    struct gox_pos pos;
};
/* Where a packed row is unpacked; all zero to begin. */
struct gox_row_room {
    struct libdeflate_decompressor *decompressor;
    uint8_t *data;
    size_t capacity;
};
void gox__row_room_fini(struct gox_row_room *room);
/* Opens a row and verifies its checksum: 0, GOX_ERR_FORMAT or NOMEM. data is
 * borrowed, and the room not used for another row, as long as its records are
 * used. */
int gox__row_open(struct gox_row *row, uint64_t seq, const void *data,
        size_t len, struct gox_row_room *room,
        struct gox_error *err) GOX_MUST_CHECK;
/* Only the head, from the first bytes of a row and unverified. */
int gox__row_peek(struct gox_row_head *head, uint64_t seq, const void *data,
        size_t len) GOX_MUST_CHECK;
/* 1: a record, 0: the end, GOX_ERR_FORMAT. */
int gox__row_next(
        struct gox_row *row, struct gox_record *record) GOX_MUST_CHECK;
struct gox_record_list {
    struct gox_record *items;
    size_t count, capacity;
};
/* All records of the row behind those in the list. */
int gox__row_read_all(
        struct gox_row *row, struct gox_record_list *list) GOX_MUST_CHECK;

/* One change of a record, both ways. Blocks are owned by the change. */
struct gox_change {
    enum gox_change_form form;
    int layer_id;
    struct gox_pos pos;
    gox_rgba before, after;
    gox_block *before_block, *after_block;
    struct gox_log_run *runs; /* before; the changes' scratch memory */
    gox_rgba *run_after;
    size_t run_count;
};
struct gox_change_reader {
    struct gox_bytes in;
    struct gox_pos pos;
    int layer_id;
    uint64_t points, blocks; /* left of this layer */
    bool is_point;           /* a POINT record */
    bool is_one_sided, is_done;
    struct gox_log_run *runs; /* own scratch memory, 4096 each; or NULL */
    gox_rgba *run_after;
};
void gox__changes_init(
        struct gox_change_reader *reader, const struct gox_record *record);
void gox__changes_fini(struct gox_change_reader *reader);
/* 1, 0 at the end, GOX_ERR_FORMAT, GOX_ERR_NOMEM. */
int gox__changes_next(struct gox_change_reader *reader,
        struct gox_change *change) GOX_MUST_CHECK;
void gox__change_fini(struct gox_change *change);

/* Carries a record (not UNDO or REDO) out on an image, or takes it back. */
int gox__record_apply(const struct gox_record *record, bool is_back,
        struct gox_image *img) GOX_MUST_CHECK;

/* ---- journal.c: rows in the file ---- */

/* Finds records by revision and keeps the row that was read last. */
struct gox_journal {
    sqlite3 *db;
    sqlite3_stmt *find;  /* the first row from a revision on */
    sqlite3_stmt *prior; /* the last row up to a revision */
    sqlite3_stmt *held;  /* the one that has the row at hand; or NULL */
    struct gox_row row;
    struct gox_row_room room;
    struct gox_record_list records; /* of the row at hand, or empty */
};
int gox__journal_open(struct gox_journal *journal, sqlite3 *db,
        struct gox_error *err) GOX_MUST_CHECK;
void gox__journal_close(struct gox_journal *journal);
void gox__journal_release(struct gox_journal *journal);
/* The row that holds the revision, borrowed until the next call. */
int gox__journal_find(struct gox_journal *journal, uint64_t revision,
        struct gox_row *row, struct gox_error *err) GOX_MUST_CHECK;
int gox__journal_find_first(struct gox_journal *journal, struct gox_row *row,
        struct gox_error *err) GOX_MUST_CHECK;
/* The last row up to the revision. GOX_ERR_NOT_FOUND. */
int gox__journal_prior(struct gox_journal *journal, uint64_t revision,
        struct gox_row *row, struct gox_error *err) GOX_MUST_CHECK;
/* The record of an edit by its revision. */
int gox__journal_find_edit(struct gox_journal *journal, uint64_t edit,
        struct gox_record *record, struct gox_error *err) GOX_MUST_CHECK;
/* The record with which an edit was undone, as its own changes, by the steps
 * that are the newest rows. GOX_ERR_NOT_FOUND. */
int gox__journal_find_undo(struct gox_journal *journal, uint64_t edit,
        struct gox_record *record, struct gox_error *err) GOX_MUST_CHECK;
/* Carries a record of any op out (or takes it back); other is for the edits
 * that UNDO and REDO name. */
int gox__journal_apply(struct gox_journal *other,
        const struct gox_record *record, bool is_back, struct gox_image *img,
        struct gox_error *err) GOX_MUST_CHECK;

/* ---- pack.c ---- */
/* Packs the rows up to a snapshot. reader is a connection of its own. */
int gox__journal_pack(gox_store *store, sqlite3 *reader, int64_t limit,
        struct gox_error *err) GOX_MUST_CHECK;

/* What replaying found. */
struct gox_replay {
    struct gox_row_head head; /* of the last good row */
    uint64_t records, bytes;
    bool is_damaged;
    struct gox_error damage;
};
/* Replays all rows after `revision` (from -1: all) on img. Stops at damage,
 * with img as it was before the bad row or after its good part. */
int gox__journal_replay(sqlite3 *db, int64_t revision, struct gox_image *img,
        struct gox_replay *replay, struct gox_error *err) GOX_MUST_CHECK;

/* ---- past.c: earlier states ---- */
/* Brings img from one committed revision back to another. */
int gox__walk_back(sqlite3 *db, uint64_t from, uint64_t revision,
        struct gox_image *img, struct gox_error *err) GOX_MUST_CHECK;
int gox__find_checkpoint(sqlite3 *db, unsigned threads, const char *name,
        const char *label, struct gox_image **result, uint64_t *revision,
        struct gox_error *err) GOX_MUST_CHECK;
int gox__list_checkpoints(sqlite3 *db, struct gox_store_checkpoint **list,
        size_t *count, struct gox_error *err) GOX_MUST_CHECK;

/* ---- blocks.c: blocks by content ---- */
struct gox_packed_block {
    int64_t id;       /* from the hash */
    uint8_t hash[16]; /* of the block in its canonical form */
    uint8_t *body;    /* owned */
    size_t len;
};
struct gox_packer; /* scratch memory of one thread */
struct gox_packer *gox__packer_new(void);
void gox__packer_free(struct gox_packer *packer);
/* Finds the hash and the id; body stays. */
int gox__packer_hash(struct gox_packer *packer, const gox_block *block,
        struct gox_packed_block *packed) GOX_MUST_CHECK;
/* Makes the body of a block that was hashed. */
int gox__packer_pack(struct gox_packer *packer, const gox_block *block,
        struct gox_packed_block *packed) GOX_MUST_CHECK;
int gox__packer_unpack(struct gox_packer *packer, const uint8_t *body,
        size_t len, gox_block **block) GOX_MUST_CHECK;
/* 0 when body is the content of the hash; else GOX_ERR_FORMAT or NOMEM. */
int gox__packer_verify(struct gox_packer *packer, const uint8_t hash[16],
        const uint8_t *body, size_t len) GOX_MUST_CHECK;

/* ---- snapshot_write.c, snapshot_read.c ---- */
struct gox_snapshot_head {
    int64_t id;
    uint64_t revision, state, redo_top, voxels, journal_bytes;
    /* The oldest edit that a row between the snapshot before and this one names
     * and that lies before that one; UINT64_MAX: none, as always now. */
    uint64_t min_ref;
    int64_t at_ms;
    char label[GOX_NAME_BYTES]; /* empty: none */
};
/* Brings a snapshot into the file in small transactions, each inside the gate.
 * Runs on the maintenance thread. */
int gox__snapshot_write(gox_store *store, const struct gox_image *img,
        const struct gox_snapshot_head *head,
        struct gox_error *err) GOX_MUST_CHECK;
/* A transaction inside the gate, for maintenance threads. end commits when rc
 * is 0 or more, and gives it back. */
int gox__slice_begin(gox_store *store, struct gox_error *err) GOX_MUST_CHECK;
int gox__slice_end(
        gox_store *store, int rc, struct gox_error *err) GOX_MUST_CHECK;
/* Drops old snapshots, blocks that nothing needs and old journal rows. */
int gox__snapshot_tidy(gox_store *store, struct gox_error *err) GOX_MUST_CHECK;
/* The newest complete snapshot that can be read: *img NULL when there is none.
 * *damaged: how many newer ones could not be read. label: that one only. */
int gox__snapshot_read(sqlite3 *db, const char *label, unsigned threads,
        struct gox_snapshot_head *head, struct gox_image **img,
        unsigned *damaged, struct gox_error *err) GOX_MUST_CHECK;
/* The newest snapshot whose table can be read, as far as its blocks can be: of
 * the others `replaced` are as an older snapshot has them, `empty` are left
 * out. *img NULL: there is none. */
int gox__snapshot_salvage(sqlite3 *db, unsigned threads,
        struct gox_snapshot_head *head, struct gox_image **img,
        size_t *replaced, size_t *empty, struct gox_error *err) GOX_MUST_CHECK;
/* Up to which revision rows may go: the oldest of the `kept` newest snapshots,
 * and no edit that a later row names. -1: none. */
int gox__snapshot_find_limit(sqlite3 *db, int kept, int64_t *limit,
        struct gox_error *err) GOX_MUST_CHECK;
/* Entries of one snapshot's table. */
struct gox_snapshot_entry {
    int layer_id;
    struct gox_pos pos;
    int64_t id;
};
int gox__snapshot_read_entries(sqlite3 *db, int64_t id,
        struct gox_snapshot_entry **entries, size_t *count,
        struct gox_error *err) GOX_MUST_CHECK;
void gox__snapshot_put_part(struct gox_buf *buf,
        const struct gox_snapshot_entry *entries, size_t count);

/* ---- load.c: snapshot and journal together ---- */
struct gox_loaded {
    struct gox_image *img; /* NULL: nothing could be read */
    struct gox_replay replay;
    struct gox_snapshot_head snapshot; /* id 0: none */
    bool is_damaged;
    struct gox_error damage; /* the first */
};
int gox__load(sqlite3 *db, const char *path, unsigned threads,
        struct gox_loaded *loaded, struct gox_error *err) GOX_MUST_CHECK;
/* Whether the WAL beside path was cut off by damage rather than by a crash. */
bool gox__wal_is_damaged(const char *path, char *why, size_t size);

/* ---- the store itself ---- */

/* Lets maintenance in only when the owner does not wait. */
struct gox_gate {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool is_taken, is_wanted;
    bool is_braked; /* the owner comes in only every few ms */
};

struct gox_store {
    gox_stores *stores;
    gox_store *next;
    char name[GOX_NAME_BYTES];
    char *path;
    sqlite3 *db; /* the writer */
    sqlite3_file *wal;
    sqlite3_stmt *insert;
    struct gox_gate gate;
    struct gox_turn turn;
    struct gox_row_head head;    /* with the turn's edits */
    struct gox_row_head durable; /* committed */
    uint64_t floor;              /* revision of the newest snapshot begun */
    gox_history *history;        /* NULL: detached */
    struct gox_image *img;
    int edits; /* that attach puts into the history */
    int64_t commit_at_ns;
    uint64_t db_bytes; /* memory, when it was last looked */
    uint64_t history_max_bytes;
    int kept_snapshots;
    /* Told between the threads. */
    atomic_bool is_dirty, is_unsafe;
    atomic_uint_fast64_t wal_bytes, journal_bytes, since_snapshot;
    atomic_uint_fast64_t writes; /* transactions of all threads */
    atomic_uint_fast64_t commits, syncs, checkpoints, snapshots;
    atomic_int_fast64_t longest_wait_ns;
    atomic_int_fast64_t sync_at_ns;  /* when it is to be synced, if dirty */
    atomic_int_fast64_t retry_at_ns; /* of a snapshot that failed; or 0 */
    /* Guarded by stores->mutex. */
    unsigned users; /* maintenance threads at work on it */
    bool is_closing, has_job, is_in_job;
    struct gox_image *job_img;
    struct gox_snapshot_head job;
    uint64_t job_since; /* since_snapshot when it began */
    struct gox_error job_err;
    struct gox_error unsafe_err;
    gox_store *queue_next;
    bool is_queued;
    int64_t checkpoint_at_ns, idle_at_ns; /* not before */
    uint64_t idle_writes; /* when it was last looked whether it is idle */
    bool is_in_checkpoint;
    bool has_long_log;           /* the file is longer than its log */
    bool can_flush, is_in_flush; /* see sync.c */
    bool must_sync;              /* gox_store_commit_many waits for it */
    int sync_code;
};

/* Many projects sync at the same time: one disk flush serves several. */
#define GOX_SYNC_THREADS 4

/* One flush for many projects; guarded by the mutex. */
struct gox_flush {
    int fd; /* of the directory */
    int (*fn)(int fd);
    uint64_t device;
    bool is_usable, is_running;
    int64_t not_before_ns;
};

struct gox_stores {
    struct gox_store_settings settings;
    struct gox_flush flush;
    char *dir, *trash; /* <data_dir>/projects, <data_dir>/trash */
    int lock_fd;
    gox_vfs *vfs; /* NULL: read-only */
    pthread_mutex_t mutex;
    pthread_cond_t due, more; /* for the first sync thread; for the others */
    pthread_cond_t wake;      /* for the snapshot thread */
    pthread_cond_t done;      /* for those who wait for maintenance */
    pthread_t threads[GOX_SYNC_THREADS + 1];
    unsigned thread_count;
    bool is_stopping;
    gox_store *first;
    gox_store *queue_first, *queue_last; /* due, for the sync threads */
    /* When the first sync thread looks again; INT64_MAX: not by itself. */
    atomic_int_fast64_t next_due_ns;
};

void gox__gate_init(struct gox_gate *gate);
void gox__gate_fini(struct gox_gate *gate);
void gox__gate_enter_owner(struct gox_gate *gate);
bool gox__gate_try(struct gox_gate *gate);
void gox__gate_enter_background(struct gox_gate *gate);
void gox__gate_leave(struct gox_gate *gate);
void gox__gate_brake(struct gox_gate *gate, bool is_braked);

/* ---- maintain.c ---- */
int gox__stores_start_threads(gox_stores *stores) GOX_MUST_CHECK;
void gox__stores_stop_threads(gox_stores *stores);
/* Something was written that is not synced. */
void gox__store_set_dirty(gox_store *store);
/* There is a snapshot to write; a store has become due for a sync thread. */
void gox__stores_wake(gox_stores *stores);
/* So much of the journal is gone. */
void gox__store_drop_bytes(gox_store *store, uint64_t bytes);
void gox__stores_wake_sync(gox_stores *stores, int64_t due_ns);
/* Takes a store out of the queue; the mutex is held. */
void gox__stores_forget(gox_stores *stores, gox_store *store);
/* Syncs them all, several at a time; sync_code of each says how it went. */
void gox__stores_sync_many(
        gox_stores *stores, gox_store *const *list, size_t count);

/* ---- sync.c ---- */
/* fsync of the WAL; on failure the store is unsafe for good. */
int gox__store_sync(gox_store *store, struct gox_error *err);
void gox__store_mark_unsafe(
        gox_store *store, const char *what, int sqlite_code);
/* fn NULL: the system's, where it can be relied on. */
void gox__flush_init(
        struct gox_flush *flush, const char *dir, int (*fn)(int fd));
void gox__flush_fini(struct gox_flush *flush);
/* Whether a file is where the flush reaches. */
bool gox__flush_reaches(const struct gox_flush *flush, const char *path);
/* Brings all that are dirty to the disk at once, when they are many; false:
 * not done. The mutex is held, and given up meanwhile. */
bool gox__stores_flush_dirty(gox_stores *stores);
/* The same for these; sync_code of each says how it went. */
bool gox__stores_flush_list(
        gox_stores *stores, gox_store *const *list, size_t count);

/* ---- restore.c: the journal back into the history ---- */
/* Edits that can be redone, then up to `edits` that can be undone. db is inside
 * the gate. Returns how many can be undone now. */
int gox__restore_history(
        gox_store *store, int edits, struct gox_error *err) GOX_MUST_CHECK;
int gox__restore_more(
        gox_store *store, int edits, struct gox_error *err) GOX_MUST_CHECK;

/* ---- names.c ---- */
int gox__name_check(const char *name, struct gox_error *err) GOX_MUST_CHECK;
/* <folder>/<escaped name><suffix>; NULL: no memory. */
char *gox__name_path(const char *folder, const char *name, const char *suffix);
char *gox__path_join(const char *a, const char *b);
/* Syncs a directory, so that a rename in it lasts. */
void gox__dir_sync(const char *path);
/* Moves a project's file, and the WAL beside it. */
int gox__file_move(
        const char *from, const char *to, struct gox_error *err) GOX_MUST_CHECK;
/* 0750; it may be there. */
int gox__dir_make(const char *path, struct gox_error *err) GOX_MUST_CHECK;
bool gox__name_is_file(const char *name); /* of a project */
/* Whether the project of that name in dir has its file at path. */
bool gox__name_is_of(const char *dir, const char *name, const char *path);
/* The name that such a file would be for, when no hash is in it. */
void gox__name_from_file(const char *file, char name[GOX_NAME_BYTES]);
bool gox__file_exists(const char *path);
bool gox__file_is_regular(const char *path);
uint64_t gox__file_bytes(const char *path);

/* Writes a new file with this image in one piece. */
int gox__store_write_new(gox_stores *stores, const char *name, const char *path,
        const struct gox_image *img, const struct gox_row_head *head,
        struct gox_error *err) GOX_MUST_CHECK;
/* The open store of a name; the mutex is held. */
gox_store *gox__stores_find(gox_stores *stores, const char *name);
/* Puts the name that a project's file says into info, if it can be read. */
void gox__stores_true_name(
        gox_stores *stores, const char *path, struct gox_store_info *info);
/* A connection to read a project, open or not, from any thread. */
int gox__stores_reader(gox_stores *stores, const char *name, sqlite3 **db,
        char **path, struct gox_error *err) GOX_MUST_CHECK;

#endif
