/* SPDX-License-Identifier: Apache-2.0
 * What goes on beside the edits: some threads sync and checkpoint, one writes
 * snapshots.
 *
 * Syncing (sync.c) goes on outside the gate. A checkpoint copies the WAL
 * into the file through a connection of its own, also outside the gate; only
 * cutting the WAL off needs it, and is put off while edits keep coming, until
 * the WAL is wal_hard_bytes long. Then the writer is let in only every few ms,
 * so that hardly anything is left to be done while it has to wait.
 *
 * Invariant: the writer waits for no fsync but when its log must be cut off. */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <string.h>
#include <time.h>

/* ---- the gate ---- */

void gox__gate_init(struct gox_gate *gate)
{
    pthread_condattr_t attr;

    memset(gate, 0, sizeof(*gate));
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->cond, &attr);
    pthread_condattr_destroy(&attr);
}

void gox__gate_fini(struct gox_gate *gate)
{
    pthread_mutex_destroy(&gate->mutex);
    pthread_cond_destroy(&gate->cond);
}

/* So long the owner waits at a brake. */
#define BRAKE_NS (2 * GOX_NS_PER_MS)

static struct timespec make_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / GOX_NS_PER_S),
            .tv_nsec = (long)(ns % GOX_NS_PER_S)};
}

static void wait_at_brake(struct gox_gate *gate)
{
    struct timespec until = make_timespec(gox_time_now_ns() + BRAKE_NS);

    while (gate->is_braked &&
            pthread_cond_timedwait(&gate->cond, &gate->mutex, &until) == 0)
        ;
}

void gox__gate_enter_owner(struct gox_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    wait_at_brake(gate);
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
    bool is_free = !gate->is_taken && !gate->is_braked;
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

void gox__gate_brake(struct gox_gate *gate, bool is_braked)
{
    pthread_mutex_lock(&gate->mutex);
    gate->is_braked = is_braked;
    pthread_cond_broadcast(&gate->cond);
    pthread_mutex_unlock(&gate->mutex);
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
    return rc != SQLITE_OK ? -rc : all - done;
}

/* Giving the space of a log of 32 MiB back takes about 15 ms. */
#define LONG_LOG ((uint64_t)1 << 20)

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

/* 0 or an SQLite code below zero. */
static int sync_file(sqlite3 *aux)
{
    sqlite3_file *file = NULL;

    int rc =
            sqlite3_file_control(aux, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return rc == SQLITE_OK ? -gox__vfs_sync(file) : -rc;
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
                            store->stores->settings.wal_hard_bytes) {
        /* What is synced here needs not be while the writer waits. */
        left = sync_file(aux);
        if (left == 0)
            left = checkpoint(aux, SQLITE_CHECKPOINT_PASSIVE);
        gox__gate_brake(&store->gate, true);
        if (left >= 0)
            left = checkpoint(aux, SQLITE_CHECKPOINT_PASSIVE);
        if (left >= 0)
            left = cut_wal(store, aux, 0, true);
        gox__gate_brake(&store->gate, false);
    }
    return left;
}

/* What could not be written is still in the log, and is tried again: on a disk
 * that is full or was made read-only nothing is lost. */
static bool is_loss(int sqlite_code)
{
    return sqlite_code != SQLITE_IOERR_NOMEM &&
           sqlite_code != SQLITE_IOERR_WRITE &&
           sqlite_code != SQLITE_IOERR_TRUNCATE &&
           ((sqlite_code & 0xff) == SQLITE_IOERR ||
                   (sqlite_code & 0xff) == SQLITE_CORRUPT);
}

/* Returns whether it got anywhere. is_idle: nobody is likely to wait, so a long
 * log's space is given back. */
static bool run_checkpoint(gox_store *store, bool is_idle)
{
    sqlite3 *aux = NULL;

    if (gox__db_open(gox__vfs_name(store->stores->vfs), store->path, GOX_DB_AUX,
                &aux, NULL) < 0)
        return false;
    bool keeps_length =
            !is_idle &&
            (store->has_long_log || atomic_load(&store->wal_bytes) >= LONG_LOG);
    gox__vfs_keep_length(aux, keeps_length);
    int left = try_cut(store, aux);
    if (left == 0)
        atomic_store(&store->has_long_log, keeps_length);
    if (left < 0 && is_loss(-left))
        gox__store_mark_unsafe(store, "a checkpoint", -left);
    atomic_fetch_add(&store->checkpoints, 1);
    gox__db_close(aux);
    return left >= 0;
}

/* ---- threads; the mutex is held between the steps ---- */

static void leave_store(gox_stores *stores, gox_store *store)
{
    store->users--;
    pthread_cond_broadcast(&stores->done);
}

/* A log is cut off when nothing was written for so long, so that an idle
 * project is one file of its own size. */
#define IDLE_NS (3 * GOX_NS_PER_S)
/* After a checkpoint or a snapshot that failed, as on a full disk. */
#define RETRY_NS (5 * GOX_NS_PER_S)

/* When the store is due for something; INT64_MAX: it is not. */
static int64_t due_at(const gox_stores *stores, gox_store *store)
{
    int64_t at = INT64_MAX;

    if (store->is_closing || atomic_load(&store->is_unsafe))
        return store->must_sync ? 0 : INT64_MAX;
    if (store->must_sync)
        return 0;
    if (stores->settings.durability == GOX_DURABILITY_INTERVAL &&
            atomic_load(&store->is_dirty))
        at = store->sync_at_ns;
    if (atomic_load(&store->wal_bytes) >= stores->settings.wal_bytes &&
            !store->is_in_checkpoint && store->checkpoint_at_ns < at)
        at = store->checkpoint_at_ns;
    if ((atomic_load(&store->wal_bytes) > 0 ||
                atomic_load(&store->has_long_log)) &&
            !store->is_in_checkpoint && store->idle_at_ns < at)
        at = store->idle_at_ns;
    return at;
}

/* ---- the queue of those that are due ---- */

static void enqueue(gox_stores *stores, gox_store *store)
{
    if (store->is_queued)
        return;
    store->is_queued = true;
    store->queue_next = NULL;
    if (stores->queue_last != NULL)
        stores->queue_last->queue_next = store;
    else
        stores->queue_first = store;
    stores->queue_last = store;
}

static gox_store *dequeue(gox_stores *stores)
{
    gox_store *store = stores->queue_first;

    if (store == NULL)
        return NULL;
    stores->queue_first = store->queue_next;
    if (stores->queue_first == NULL)
        stores->queue_last = NULL;
    store->is_queued = false;
    return store;
}

void gox__stores_forget(gox_stores *stores, gox_store *store)
{
    gox_store *last = NULL;

    if (!store->is_queued)
        return;
    for (gox_store *s = stores->queue_first; s != store; s = s->queue_next)
        last = s;
    if (last == NULL)
        stores->queue_first = store->queue_next;
    else
        last->queue_next = store->queue_next;
    if (stores->queue_last == store)
        stores->queue_last = last;
    store->is_queued = false;
}

static bool is_sync_due(const gox_stores *stores, gox_store *store, int64_t now)
{
    return stores->settings.durability == GOX_DURABILITY_INTERVAL &&
           atomic_load(&store->is_dirty) && store->sync_at_ns <= now;
}

/* Queues all that are due; when the next one will be. With many projects this
 * is done once for many of them. *must_sync: one is to be brought to the
 * disk. */
static int64_t scan(gox_stores *stores, bool *must_sync)
{
    *must_sync = false;
    int64_t now = gox_time_now_ns(), next = INT64_MAX;

    /* Who becomes dirty from here on wakes us. */
    atomic_store(&stores->next_due_ns, INT64_MAX);
    for (gox_store *s = stores->first; s != NULL; s = s->next) {
        int64_t at = due_at(stores, s);
        if (at > now) {
            next = at < next ? at : next;
            continue;
        }
        enqueue(stores, s);
        *must_sync |= is_sync_due(stores, s, now);
    }
    atomic_store(&stores->next_due_ns, next);
    return next;
}

/* ---- serving ---- */

static void serve_sync(gox_stores *stores, gox_store *store)
{
    bool is_awaited = store->must_sync;

    store->must_sync = false;
    pthread_mutex_unlock(&stores->mutex);
    int rc = gox__store_sync(store, NULL);
    pthread_mutex_lock(&stores->mutex);
    if (is_awaited)
        store->sync_code = rc;
}

static void serve_checkpoint(gox_stores *stores, gox_store *store, bool is_idle)
{
    store->is_in_checkpoint = true;
    pthread_mutex_unlock(&stores->mutex);
    bool is_done = run_checkpoint(store, is_idle);
    pthread_mutex_lock(&stores->mutex);
    store->is_in_checkpoint = false;
    store->checkpoint_at_ns =
            gox_time_now_ns() + (is_done ? 50 * GOX_NS_PER_MS : RETRY_NS);
    store->idle_at_ns = 0;
    store->idle_writes = UINT64_MAX; /* the next look is the first */
}

/* Looks again later while there are edits. */
static bool is_idle(gox_store *store)
{
    uint64_t writes = atomic_load(&store->writes);
    int64_t now = gox_time_now_ns();
    bool is_due = now >= store->idle_at_ns;

    if (is_due)
        store->idle_at_ns = now + IDLE_NS;
    if (!is_due || writes == store->idle_writes)
        return is_due;
    store->idle_writes = writes;
    return false;
}

static bool is_log_full(const gox_stores *stores, gox_store *store)
{
    return atomic_load(&store->wal_bytes) >= stores->settings.wal_bytes &&
           store->checkpoint_at_ns <= gox_time_now_ns();
}

/* One thing of a store that is due. It stays while it has users. */
static void serve(gox_stores *stores, gox_store *store)
{
    store->users++;
    if (store->must_sync || is_sync_due(stores, store, gox_time_now_ns()))
        serve_sync(stores, store);
    else if (!store->is_in_checkpoint && is_log_full(stores, store))
        serve_checkpoint(stores, store, false);
    else if (!store->is_in_checkpoint && is_idle(store))
        serve_checkpoint(stores, store, true);
    leave_store(stores, store);
}

static void wait_until(gox_stores *stores, int64_t at)
{
    struct timespec until = make_timespec(at);

    if (at == INT64_MAX)
        pthread_cond_wait(&stores->due, &stores->mutex);
    else
        pthread_cond_timedwait(&stores->due, &stores->mutex, &until);
}

/* The first looks what comes due; the others help when it is much. */
static void run_sync(gox_stores *stores, bool is_first)
{
    while (!stores->is_stopping) {
        gox_store *store = dequeue(stores);
        if (store != NULL) {
            if (stores->queue_first != NULL)
                pthread_cond_signal(&stores->more);
            if (due_at(stores, store) <= gox_time_now_ns())
                serve(stores, store);
        } else if (!is_first) {
            pthread_cond_wait(&stores->more, &stores->mutex);
        } else {
            bool must_sync;
            int64_t at = scan(stores, &must_sync);
            /* What is queued then finds nothing to do. */
            if (must_sync)
                (void)gox__stores_flush_dirty(stores);
            else if (stores->queue_first == NULL)
                wait_until(stores, at);
        }
    }
}

static void *sync_main(void *ctx)
{
    gox_stores *stores = ctx;

    pthread_mutex_lock(&stores->mutex);
    run_sync(stores, true);
    pthread_mutex_unlock(&stores->mutex);
    return NULL;
}

static void *help_main(void *ctx)
{
    gox_stores *stores = ctx;

    pthread_mutex_lock(&stores->mutex);
    run_sync(stores, false);
    pthread_mutex_unlock(&stores->mutex);
    return NULL;
}

void gox__stores_wake_sync(gox_stores *stores, int64_t due_ns)
{
    /* It wakes by then anyway, and looks at all. */
    if (due_ns >= atomic_load(&stores->next_due_ns))
        return;
    pthread_mutex_lock(&stores->mutex);
    pthread_cond_signal(&stores->due);
    pthread_mutex_unlock(&stores->mutex);
}

void gox__store_set_dirty(gox_store *store)
{
    const struct gox_store_settings *s = &store->stores->settings;

    if (atomic_load(&store->is_dirty) ||
            atomic_exchange(&store->is_dirty, true))
        return;
    if (s->durability != GOX_DURABILITY_INTERVAL)
        return;
    int64_t at = gox_time_now_ns() + s->interval_ms * GOX_NS_PER_MS;
    atomic_store(&store->sync_at_ns, at);
    gox__stores_wake_sync(store->stores, at);
}

void gox__stores_sync_many(
        gox_stores *stores, gox_store *const *list, size_t count)
{
    pthread_mutex_lock(&stores->mutex);
    bool is_done = gox__stores_flush_list(stores, list, count);
    for (size_t i = 0; i < count && !is_done; i++) {
        list[i]->sync_code = 1; /* not yet */
        list[i]->must_sync = true;
        enqueue(stores, list[i]);
    }
    pthread_cond_signal(&stores->due);
    pthread_cond_broadcast(&stores->more);
    for (size_t i = 0; i < count; i++) {
        while (list[i]->sync_code > 0)
            pthread_cond_wait(&stores->done, &stores->mutex);
    }
    pthread_mutex_unlock(&stores->mutex);
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
    if (rc == 0) {
        atomic_fetch_add(&store->snapshots, 1);
        rc = gox__snapshot_tidy(store, &err);
    }
    /* On a full disk, say: what it was about is still to be done. */
    atomic_store(
            &store->retry_at_ns, rc < 0 ? gox_time_now_ns() + RETRY_NS : 0);
    if (rc < 0)
        atomic_fetch_add(&store->since_snapshot, store->job_since);
    pthread_mutex_lock(&stores->mutex);
    err.code = rc;
    store->job_err = err;
    /* What was packed away is given back at once. Without an edit since it
     * began, nobody waits. */
    bool is_quiet = atomic_load(&store->since_snapshot) == 0;
    if (rc == 0 && !store->is_in_checkpoint)
        serve_checkpoint(stores, store, is_quiet);
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
    for (unsigned i = 0; i <= GOX_SYNC_THREADS; i++) {
        void *(*run)(void *) = i == 0   ? sync_main
                               : i == 1 ? work_main
                                        : help_main;
        if (pthread_create(&stores->threads[i], NULL, run, stores) != 0)
            return GOX_ERR_NOMEM;
        stores->thread_count++;
    }
    return 0;
}

void gox__stores_stop_threads(gox_stores *stores)
{
    pthread_mutex_lock(&stores->mutex);
    stores->is_stopping = true;
    pthread_cond_broadcast(&stores->due);
    pthread_cond_broadcast(&stores->more);
    pthread_cond_broadcast(&stores->wake);
    pthread_mutex_unlock(&stores->mutex);
    for (unsigned i = 0; i < stores->thread_count; i++)
        pthread_join(stores->threads[i], NULL);
}
