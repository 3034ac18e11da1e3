/* SPDX-License-Identifier: Apache-2.0
 * What goes on beside the edits: one thread syncs and checkpoints, another
 * writes snapshots.
 *
 * Syncing is an fsync of the WAL outside the gate. A checkpoint copies the WAL
 * into the file through a connection of its own, also outside the gate; only
 * cutting the WAL off needs it, and is put off while edits keep coming, until
 * the WAL is wal_hard_bytes long.
 *
 * Invariant: an fsync that failed makes the store unsafe for good; it is never
 * tried again, as the kernel may have dropped what it could not write. */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <string.h>
#include <time.h>

/* ---- the gate ---- */

void gox__gate_init(struct gox_gate *gate)
{
    memset(gate, 0, sizeof(*gate));
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->cond, NULL);
}

void gox__gate_fini(struct gox_gate *gate)
{
    pthread_mutex_destroy(&gate->mutex);
    pthread_cond_destroy(&gate->cond);
}

void gox__gate_enter_owner(struct gox_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (gate->is_taken) {
        gate->is_wanted = true;
        pthread_cond_wait(&gate->cond, &gate->mutex);
    }
    gate->is_wanted = false;
    gate->is_taken = true;
    pthread_mutex_unlock(&gate->mutex);
}

bool gox__gate_try(struct gox_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    bool is_free = !gate->is_taken;
    if (is_free)
        gate->is_taken = true;
    pthread_mutex_unlock(&gate->mutex);
    return is_free;
}

void gox__gate_enter_background(struct gox_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (gate->is_taken || gate->is_wanted)
        pthread_cond_wait(&gate->cond, &gate->mutex);
    gate->is_taken = true;
    pthread_mutex_unlock(&gate->mutex);
}

void gox__gate_leave(struct gox_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->is_taken = false;
    pthread_cond_broadcast(&gate->cond);
    pthread_mutex_unlock(&gate->mutex);
}

/* ---- fsync ---- */

static void mark_unsafe(gox_store *store, const char *what, int sqlite_code)
{
    pthread_mutex_lock(&store->stores->mutex);
    if (!atomic_load(&store->is_unsafe))
        gox_error_set(&store->unsafe_err, GOX_ERR_IO,
                "%s of %s failed (%s): edits since the last fsync may not be "
                "on the disk; no more are taken. Save a copy elsewhere, look "
                "after the disk, then close and open the project",
                what, store->path, sqlite3_errstr(sqlite_code));
    atomic_store(&store->is_unsafe, true);
    pthread_mutex_unlock(&store->stores->mutex);
}

int gox__store_sync(gox_store *store, struct gox_error *err)
{
    atomic_store(&store->is_dirty, false);
    int rc = gox__vfs_sync(store->wal);
    atomic_fetch_add(&store->syncs, 1);
    if (rc == SQLITE_OK)
        return 0;
    mark_unsafe(store, "fsync", rc);
    if (err != NULL)
        *err = store->unsafe_err;
    return GOX_ERR_IO;
}

/* ---- checkpoints ---- */

/* Returns the pages of the WAL that are not in the file yet, or an SQLite
 * code below zero. */
static int checkpoint(sqlite3 *aux, int mode)
{
    int all = 0, done = 0;
    int rc = sqlite3_wal_checkpoint_v2(aux, NULL, mode, &all, &done);

    if (rc == SQLITE_BUSY)
        return all > done ? all - done : 1;
    if (rc != SQLITE_OK)
        return -(rc & 0xff);
    return all - done;
}

/* Cuts the WAL off when nothing was written since `writes` was counted; then
 * that is no more than a truncation. With `must` the rest is brought over
 * inside the gate, at the price of the wait. */
static int cut_wal(gox_store *store, sqlite3 *aux, uint64_t writes, bool must)
{
    int left = 1;

    gox__gate_enter_background(&store->gate);
    if (must || writes == atomic_load(&store->writes))
        left = checkpoint(aux, SQLITE_CHECKPOINT_TRUNCATE);
    if (left == 0)
        atomic_store(&store->wal_bytes, 0);
    gox__gate_leave(&store->gate);
    return left;
}

static int try_cut(gox_store *store, sqlite3 *aux)
{
    int left = 1;

    for (int i = 0; i < 3 && left > 0; i++) {
        uint64_t writes = atomic_load(&store->writes);
        left = checkpoint(aux, SQLITE_CHECKPOINT_PASSIVE);
        if (left == 0)
            left = cut_wal(store, aux, writes, false);
    }
    if (left > 0 && atomic_load(&store->wal_bytes) >=
                            store->stores->settings.wal_hard_bytes)
        left = cut_wal(store, aux, 0, true);
    return left;
}

static void run_checkpoint(gox_store *store)
{
    sqlite3 *aux = NULL;

    if (gox__db_open(gox__vfs_name(store->stores->vfs), store->path, GOX_DB_AUX,
                &aux, NULL) < 0)
        return;
    int left = try_cut(store, aux);
    if (left == -SQLITE_IOERR || left == -SQLITE_CORRUPT)
        mark_unsafe(store, "a checkpoint", -left);
    atomic_fetch_add(&store->checkpoints, 1);
    gox__db_close(aux);
}

/* ---- threads; the mutex is held between the steps ---- */

static void leave_store(gox_stores *stores, gox_store *store)
{
    store->users--;
    pthread_cond_broadcast(&stores->done);
}

/* How often the thread looks; syncs begin that much before they are due. */
static int64_t round_ns(const gox_stores *stores)
{
    int64_t ns = stores->settings.interval_ms * GOX_NS_PER_MS / 10;

    return ns > 50 * GOX_NS_PER_MS ? 50 * GOX_NS_PER_MS : ns;
}

static bool wants_sync(const gox_stores *stores, gox_store *store, int64_t now)
{
    return stores->settings.durability == GOX_DURABILITY_INTERVAL &&
           atomic_load(&store->is_dirty) && now >= store->sync_at_ns &&
           !atomic_load(&store->is_unsafe);
}

static bool wants_checkpoint(
        const gox_stores *stores, gox_store *store, int64_t now)
{
    return atomic_load(&store->wal_bytes) >= stores->settings.wal_bytes &&
           now >= store->checkpoint_at_ns && !atomic_load(&store->is_unsafe);
}

/* One thing that is due. Stores may come and go while the mutex is free, so the
 * list is walked from the start each time. */
static bool serve_one(gox_stores *stores)
{
    int64_t now = gox_time_now_ns();

    for (gox_store *s = stores->first; s != NULL; s = s->next) {
        bool must_sync = wants_sync(stores, s, now);
        bool must_checkpoint = wants_checkpoint(stores, s, now);
        if (s->is_closing || (!must_sync && !must_checkpoint))
            continue;
        s->users++;
        if (must_sync)
            s->sync_at_ns = now + stores->settings.interval_ms * GOX_NS_PER_MS -
                            round_ns(stores);
        if (must_checkpoint)
            s->checkpoint_at_ns = now + 50 * GOX_NS_PER_MS;
        pthread_mutex_unlock(&stores->mutex);
        if (must_sync)
            (void)gox__store_sync(s, NULL);
        if (must_checkpoint)
            run_checkpoint(s);
        pthread_mutex_lock(&stores->mutex);
        leave_store(stores, s);
        return true;
    }
    return false;
}

static void *sync_main(void *ctx)
{
    gox_stores *stores = ctx;

    pthread_mutex_lock(&stores->mutex);
    while (!stores->is_stopping) {
        while (serve_one(stores))
            ;
        if (stores->is_stopping)
            break;
        int64_t at = gox_time_now_ns() + round_ns(stores);
        struct timespec until = {.tv_sec = (time_t)(at / GOX_NS_PER_S),
                .tv_nsec = (long)(at % GOX_NS_PER_S)};
        pthread_cond_timedwait(&stores->wake, &stores->mutex, &until);
    }
    pthread_mutex_unlock(&stores->mutex);
    return NULL;
}

/* A snapshot that came to nothing leaves its rows to the next. */
static void keep_refs(gox_store *store, uint64_t min_ref)
{
    uint64_t held = atomic_load(&store->min_ref);

    while (min_ref < held &&
            !atomic_compare_exchange_weak(&store->min_ref, &held, min_ref))
        ;
}

static void run_job(gox_stores *stores, gox_store *store)
{
    struct gox_image *img = store->job_img;
    struct gox_error err = {0};

    store->job_img = NULL;
    store->has_job = false;
    store->is_in_job = true;
    store->users++;
    pthread_mutex_unlock(&stores->mutex);
    int rc = gox__snapshot_write(store, img, &store->job, &err);
    gox_image_free(img);
    if (rc < 0)
        keep_refs(store, store->job.min_ref);
    if (rc == 0) {
        atomic_fetch_add(&store->snapshots, 1);
        rc = gox__snapshot_tidy(store, &err);
    }
    pthread_mutex_lock(&stores->mutex);
    err.code = rc;
    store->job_err = err;
    store->is_in_job = false;
    leave_store(stores, store);
}

static void *work_main(void *ctx)
{
    gox_stores *stores = ctx;

    pthread_mutex_lock(&stores->mutex);
    while (!stores->is_stopping) {
        gox_store *s = stores->first;
        while (s != NULL && (!s->has_job || s->is_closing))
            s = s->next;
        if (s != NULL)
            run_job(stores, s);
        else
            pthread_cond_wait(&stores->wake, &stores->mutex);
    }
    pthread_mutex_unlock(&stores->mutex);
    return NULL;
}

void gox__stores_wake(gox_stores *stores)
{
    pthread_cond_broadcast(&stores->wake);
}

int gox__stores_start_threads(gox_stores *stores)
{
    stores->has_sync =
            pthread_create(&stores->sync_thread, NULL, sync_main, stores) == 0;
    stores->has_work =
            pthread_create(&stores->work_thread, NULL, work_main, stores) == 0;
    return stores->has_sync && stores->has_work ? 0 : GOX_ERR_NOMEM;
}

void gox__stores_stop_threads(gox_stores *stores)
{
    pthread_mutex_lock(&stores->mutex);
    stores->is_stopping = true;
    gox__stores_wake(stores);
    pthread_mutex_unlock(&stores->mutex);
    if (stores->has_sync)
        pthread_join(stores->sync_thread, NULL);
    if (stores->has_work)
        pthread_join(stores->work_thread, NULL);
}
