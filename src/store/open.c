/* SPDX-License-Identifier: Apache-2.0
 * Creating, opening and closing projects, and what to do with a damaged file.
 *
 * Invariant: a file that looks damaged is renamed as it is, with its WAL, and
 * never written to; what could be read of it goes on in a new file. */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- a new file ---- */

static int write_base(sqlite3 *db, const struct gox_image *img,
        const struct gox_row_head *head, struct gox_error *err)
{
    struct gox_turn turn;
    sqlite3_stmt *stmt = NULL;
    size_t len;

    gox__turn_init(&turn);
    gox__turn_add_base(&turn, img, head->last, head->at_ms);
    int rc = gox_buf_error(&turn.bytes);
    if (rc < 0) {
        gox__turn_fini(&turn);
        return gox_error_set(err, rc, "out of memory");
    }
    const uint8_t *row = gox__turn_finish(&turn, head, &len);
    rc = gox__db_prepare(db, "INSERT INTO journal VALUES(?1, ?2)", &stmt, err);
    if (rc == 0)
        rc = gox__db_bind_body(db, stmt, 2, row, len, err);
    if (rc == 0) {
        sqlite3_bind_int64(stmt, 1, (int64_t)head->last);
        int step = sqlite3_step(stmt);
        if (step != SQLITE_DONE)
            rc = gox__db_fail(db, step, "write", err);
    }
    sqlite3_finalize(stmt);
    gox__turn_fini(&turn);
    return rc;
}

static int fill_new(sqlite3 *db, const char *name, const struct gox_image *img,
        const struct gox_row_head *head, struct gox_error *err)
{
    char base[24];

    int rc = gox__db_migrate(db, err);
    snprintf(base, sizeof(base), "%llu", (unsigned long long)head->last);
    if (rc == 0)
        rc = gox__db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc == 0)
        rc = gox__db_put_meta(db, "name", name, err);
    if (rc == 0)
        rc = gox__db_put_meta(db, "base", base, err);
    if (rc == 0)
        rc = write_base(db, img, head, err);
    return rc == 0 ? gox__db_exec(db, "COMMIT", err) : rc;
}

static void remove_file(const char *path)
{
    char *wal = gox__path_join(path, "-wal");

    (void)unlink(path);
    if (wal != NULL)
        (void)unlink(wal);
    gox_free(wal);
}

int gox__store_write_new(gox_stores *stores, const char *name, const char *path,
        const struct gox_image *img, const struct gox_row_head *head,
        struct gox_error *err)
{
    char *temp = gox__path_join(path, ".new");
    sqlite3 *db = NULL;

    if (temp == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    remove_file(temp);
    int rc = gox__db_open(
            gox__vfs_name(stores->vfs), temp, GOX_DB_CREATE, &db, err);
    if (rc == 0)
        rc = fill_new(db, name, img, head, err);
    if (rc == 0)
        rc = gox__db_finish(db, err);
    gox__db_close(db);
    if (rc == 0)
        rc = gox__file_move(temp, path, err);
    if (rc < 0)
        remove_file(temp);
    else
        gox__dir_sync(stores->dir);
    gox_free(temp);
    return rc;
}

/* ---- the list ---- */

static void unlink_store(gox_stores *stores, gox_store *store)
{
    gox_store **at = &stores->first;

    while (*at != NULL && *at != store)
        at = &(*at)->next;
    if (*at != NULL)
        *at = store->next;
    gox__stores_forget(stores, store);
}

static void free_store(gox_store *store)
{
    gox_image_free(store->job_img);
    gox__turn_fini(&store->turn);
    gox__gate_fini(&store->gate);
    gox_free(store->path);
    gox_free(store);
}

/* A store in the list that maintenance does not look at yet. */
static int reserve(gox_stores *stores, const char *name, gox_store **result,
        struct gox_error *err)
{
    int rc = gox__name_check(name, err);

    *result = NULL;
    if (rc < 0)
        return rc;
    if (stores->vfs == NULL)
        return gox_error_set(err, GOX_ERR_READ_ONLY,
                "%s was opened to read only", stores->dir);
    gox_store *store = gox_calloc(1, sizeof(*store));
    if (store == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    store->stores = stores;
    store->is_closing = true;
    store->idle_writes = UINT64_MAX;
    store->history_max_bytes = stores->settings.history_max_bytes;
    store->kept_snapshots = 2;
    memcpy(store->name, name, strlen(name));
    store->path = gox__name_path(stores->dir, name, GOX_STORE_SUFFIX);
    gox__gate_init(&store->gate);
    gox__turn_init(&store->turn);
    if (store->path == NULL)
        rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    pthread_mutex_lock(&stores->mutex);
    if (rc == 0 && gox__stores_find(stores, name) != NULL)
        rc = gox_error_set(err, GOX_ERR_BUSY,
                "project \"%s\" is open already, or still closing", name);
    if (rc == 0) {
        store->next = stores->first;
        stores->first = store;
    }
    pthread_mutex_unlock(&stores->mutex);
    if (rc < 0) {
        free_store(store);
        return rc;
    }
    *result = store;
    return 0;
}

static void unreserve(gox_store *store)
{
    pthread_mutex_lock(&store->stores->mutex);
    unlink_store(store->stores, store);
    pthread_cond_broadcast(&store->stores->done);
    pthread_mutex_unlock(&store->stores->mutex);
    free_store(store);
}

/* ---- the writer's connection ---- */

static int on_commit(void *ctx, sqlite3 *db, const char *name, int frames)
{
    gox_store *store = ctx;

    (void)db;
    (void)name;
    uint64_t bytes = (uint64_t)frames * (1024 + 24) + 32;
    uint64_t limit = store->stores->settings.wal_bytes;
    uint64_t before = atomic_exchange(&store->wal_bytes, bytes);
    if (before == 0 || (before < limit && bytes >= limit))
        gox__stores_wake_sync(store->stores, 0);
    return SQLITE_OK;
}

/* Counted, not remembered: a figure that drifts would drop history that there
 * is room for. */
static int count_journal(gox_store *store, struct gox_error *err)
{
    int64_t bytes = 0;

    int rc = gox__db_number(
            store->db, "SELECT sum(length(body)) FROM journal", 0, &bytes, err);
    atomic_store(&store->journal_bytes, (uint64_t)bytes);
    return rc;
}

static int start_writer(gox_store *store, struct gox_error *err)
{
    char *wal = gox__path_join(store->path, "-wal");

    if (wal == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    atomic_store(&store->wal_bytes, gox__file_bytes(wal));
    gox_free(wal);
    store->can_flush = gox__flush_reaches(&store->stores->flush, store->path);
    sqlite3_wal_hook(store->db, on_commit, store);
    int rc = gox__db_prepare(store->db, "INSERT INTO journal VALUES(?1, ?2)",
            &store->insert, err);
    if (rc == 0 &&
            sqlite3_file_control(store->db, "main",
                    SQLITE_FCNTL_JOURNAL_POINTER, &store->wal) != SQLITE_OK)
        rc = gox_error_set(err, GOX_ERR_INTERNAL, "%s has no log", store->path);
    return rc < 0 ? rc : count_journal(store, err);
}

static void stop_writer(gox_store *store)
{
    sqlite3_finalize(store->insert);
    store->insert = NULL;
    gox__db_close(store->db);
    store->db = NULL;
}

static void publish(gox_store *store)
{
    pthread_mutex_lock(&store->stores->mutex);
    store->is_closing = false;
    pthread_cond_signal(&store->stores->due);
    pthread_mutex_unlock(&store->stores->mutex);
}

/* ---- create ---- */

int gox_store_create(gox_stores *stores, const char *name,
        const struct gox_image *img, uint64_t revision, gox_store **result,
        struct gox_error *err)
{
    gox_store *store;

    *result = NULL;
    int rc = reserve(stores, name, &store, err);
    if (rc < 0)
        return rc;
    struct gox_row_head head = {.first = revision,
            .last = revision,
            .at_ms = gox_time_wall_ms(),
            .voxels = gox_image_solid(img),
            .state = revision};
    if (gox__file_exists(store->path))
        rc = gox_error_set(
                err, GOX_ERR_EXISTS, "there is a project \"%s\" already", name);
    if (rc == 0)
        rc = gox__store_write_new(stores, name, store->path, img, &head, err);
    if (rc == 0)
        rc = gox__db_open(gox__vfs_name(stores->vfs), store->path, GOX_DB_WRITE,
                &store->db, err);
    if (rc == 0)
        rc = start_writer(store, err);
    if (rc < 0) {
        stop_writer(store);
        unreserve(store);
        return rc;
    }
    store->head = store->durable = head;
    /* Its base record is as good as a snapshot. */
    store->floor = revision;
    publish(store);
    *result = store;
    return 0;
}

/* ---- open ---- */

static void close_untouched(gox_store *store)
{
    if (store->db != NULL)
        sqlite3_db_config(
                store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    stop_writer(store);
}

/* A name that is free: the clock may have been set back. */
static char *damaged_path(const char *path)
{
    char suffix[80], text[GOX_TIME_TEXT_BYTES];

    gox_time_format(gox_time_wall_ms(), text);
    for (char *p = text; *p != '\0'; p++) {
        if (*p == ':')
            *p = '-';
    }
    char *aside = NULL;
    for (unsigned i = 0; aside == NULL || gox__file_exists(aside); i++) {
        snprintf(suffix, sizeof(suffix),
                i == 0 ? ".damaged-%s" : ".damaged-%s-%u", text, i);
        gox_free(aside);
        aside = gox__path_join(path, suffix);
        if (aside == NULL)
            return NULL;
    }
    return aside;
}

/* The damaged file goes aside, the image into a new one. */
static int set_aside(gox_store *store, struct gox_loaded *loaded,
        struct gox_store_report *report, struct gox_error *err)
{
    char *aside = damaged_path(store->path);

    close_untouched(store);
    if (aside == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int rc = gox__file_move(store->path, aside, err);
    if (rc == 0)
        gox__dir_sync(store->stores->dir);
    struct gox_row_head *h = &loaded->replay.head;
    if (rc == 0 && loaded->img == NULL) {
        rc = gox_error_set(err, GOX_ERR_FORMAT,
                "project \"%s\" is damaged (%s) and nothing of it could be "
                "read; the file is kept as %s, there is no new %s",
                store->name, loaded->damage.text, aside, store->path);
    } else if (rc == 0) {
        gox_error_set(&report->damage, GOX_ERR_FORMAT,
                "project \"%s\" was damaged (%s): the file is kept as %s; all "
                "up to revision %llu was read and goes on in %s",
                store->name, loaded->damage.text, aside,
                (unsigned long long)h->last, store->path);
        h->voxels = gox_image_solid(loaded->img);
        h->first = h->last;
        h->state = h->last;
        h->redo_top = 0;
        rc = gox__store_write_new(
                store->stores, store->name, store->path, loaded->img, h, err);
    }
    gox_free(aside);
    if (rc < 0)
        return rc;
    report->is_damaged = true;
    memset(&loaded->snapshot, 0, sizeof(loaded->snapshot));
    return gox__db_open(gox__vfs_name(store->stores->vfs), store->path,
            GOX_DB_WRITE, &store->db, err);
}

/* Loads; damage of any kind is in loaded and no failure. */
static int load_file(
        gox_store *store, struct gox_loaded *loaded, struct gox_error *err)
{
    struct gox_error why = {0};
    char wal[160] = "";

    memset(loaded, 0, sizeof(*loaded));
    bool is_wal_damaged = gox__wal_is_damaged(store->path, wal, sizeof(wal));
    int rc = gox__db_peek_version(store->path, &why);
    if (rc == 0)
        rc = gox__db_open(gox__vfs_name(store->stores->vfs), store->path,
                GOX_DB_WRITE, &store->db, &why);
    if (rc == 0)
        rc = gox__load(store->db, store->path, store->stores->settings.threads,
                loaded, &why);
    if (rc == GOX_ERR_FORMAT) {
        loaded->is_damaged = true;
        loaded->damage = why;
        return 0;
    }
    if (rc < 0) {
        if (err != NULL)
            *err = why;
        return rc;
    }
    if (is_wal_damaged && !loaded->is_damaged) {
        loaded->is_damaged = true;
        gox_error_set(&loaded->damage, GOX_ERR_FORMAT, "%s", wal);
    }
    return 0;
}

static int open_file(gox_store *store, struct gox_loaded *loaded,
        struct gox_store_report *report, struct gox_error *err)
{
    if (!gox__file_exists(store->path))
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "there is no project \"%s\"", store->name);
    int rc = load_file(store, loaded, err);
    if (rc == 0 && loaded->is_damaged)
        rc = set_aside(store, loaded, report, err);
    if (rc == 0)
        rc = gox__db_migrate(store->db, err);
    if (rc == 0)
        rc = start_writer(store, err);
    if (rc < 0)
        return rc;
    const struct gox_snapshot_head *s = &loaded->snapshot;
    store->head = store->durable = loaded->replay.head;
    store->floor = s->id == 0 ? 0 : s->revision;
    atomic_store(&store->since_snapshot, loaded->replay.bytes);
    return 0;
}

int gox_store_open(gox_stores *stores, const char *name, gox_store **result,
        struct gox_image **img, struct gox_store_report *report,
        struct gox_error *err)
{
    struct gox_loaded loaded = {.img = NULL};
    gox_store *store;

    *result = NULL;
    *img = NULL;
    memset(report, 0, sizeof(*report));
    int64_t from = gox_time_now_ns();
    int rc = reserve(stores, name, &store, err);
    if (rc < 0)
        return rc;
    rc = open_file(store, &loaded, report, err);
    if (rc < 0) {
        gox_image_free(loaded.img);
        close_untouched(store);
        unreserve(store);
        return rc;
    }
    report->replayed = loaded.replay.records;
    report->revision = store->head.last;
    report->duration_ms = (gox_time_now_ns() - from) / GOX_NS_PER_MS;
    publish(store);
    *img = loaded.img;
    *result = store;
    return 0;
}

/* ---- close ---- */

void gox_store_close(gox_store *store)
{
    if (store == NULL)
        return;
    gox_stores *stores = store->stores;
    gox_store_detach(store);
    pthread_mutex_lock(&stores->mutex);
    store->is_closing = true;
    store->has_job = false;
    while (store->users > 0)
        pthread_cond_wait(&stores->done, &stores->mutex);
    pthread_mutex_unlock(&stores->mutex);
    if (atomic_load(&store->is_unsafe)) {
        /* What the kernel dropped must not be taken for whole. */
        close_untouched(store);
    } else {
        sqlite3_exec(store->db, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
        stop_writer(store);
    }
    unreserve(store);
}
