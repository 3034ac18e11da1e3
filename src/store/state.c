/* SPDX-License-Identifier: Apache-2.0
 * What a store can be asked about itself while it is open.
 *
 * Invariant: nothing here waits for the disk or for maintenance. */
#include "base/time.h"
#include "store/store_internal.h"

#include <string.h>

void gox_store_get_stats(gox_store *store, struct gox_store_stats *stats)
{
    pthread_mutex_lock(&store->stores->mutex);
    *stats = (struct gox_store_stats){.revision = store->durable.last,
            .journal_bytes = atomic_load(&store->journal_bytes),
            .since_snapshot = atomic_load(&store->since_snapshot),
            .wal_bytes = atomic_load(&store->wal_bytes),
            .commits = atomic_load(&store->commits),
            .syncs = atomic_load(&store->syncs),
            .checkpoints = atomic_load(&store->checkpoints),
            .snapshots = atomic_load(&store->snapshots),
            .longest_wait_ns = atomic_load(&store->longest_wait_ns),
            .is_safe = !atomic_load(&store->is_unsafe),
            .is_in_maintenance = store->has_job || store->users > 0};
    pthread_mutex_unlock(&store->stores->mutex);
}

bool gox_store_is_safe(gox_store *store, struct gox_error *err)
{
    if (!atomic_load(&store->is_unsafe))
        return true;
    pthread_mutex_lock(&store->stores->mutex);
    if (err != NULL)
        *err = store->unsafe_err;
    pthread_mutex_unlock(&store->stores->mutex);
    return false;
}

/* A log that closing brings over without being noticed. */
#define SMALL_LOG ((uint64_t)256 << 10)

bool gox_store_is_idle(gox_store *store)
{
    if (gox_store_has_turn(store) || atomic_load(&store->wal_bytes) > SMALL_LOG)
        return false;
    bool is_unsynced =
            atomic_load(&store->is_dirty) &&
            store->stores->settings.durability != GOX_DURABILITY_NONE;
    pthread_mutex_lock(&store->stores->mutex);
    bool is_idle = !store->has_job && store->users == 0 && !is_unsynced;
    pthread_mutex_unlock(&store->stores->mutex);
    return is_idle;
}

static uint64_t memory_of(sqlite3 *db)
{
    static const int WHAT[] = {SQLITE_DBSTATUS_CACHE_USED,
            SQLITE_DBSTATUS_SCHEMA_USED, SQLITE_DBSTATUS_STMT_USED};
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof(WHAT) / sizeof(WHAT[0]); i++) {
        int now = 0, most;
        if (sqlite3_db_status(db, WHAT[i], &now, &most, 0) == SQLITE_OK)
            sum += (uint64_t)now;
    }
    return sum;
}

uint64_t gox_store_bytes(gox_store *store)
{
    /* While maintenance has the connection, what it was before. */
    if (gox__gate_try(&store->gate)) {
        store->db_bytes = memory_of(store->db);
        gox__gate_leave(&store->gate);
    }
    /* The index of the log: 8 bytes a frame, and tables of 16 KiB. */
    uint64_t index =
            (atomic_load(&store->wal_bytes) / 1048 / 4096 + 1) * (32 << 10);
    return sizeof(*store) + store->db_bytes + store->turn.bytes.capacity +
           index;
}

const char *gox_store_name(const gox_store *store)
{
    return store->name;
}

const char *gox_store_path(const gox_store *store)
{
    return store->path;
}
