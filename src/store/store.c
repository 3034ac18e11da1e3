/* SPDX-License-Identifier: Apache-2.0
 * An open project: following its history, committing turns, taking them back.
 *
 * Invariant: head is what is true with the turn's edits, durable what the file
 * says; they are equal when there is no turn. */
#include "store/store.h"

#include "base/alloc.h"
#include "base/time.h"
#include "store/store_internal.h"

#include <assert.h>
#include <string.h>

/* From so many projects in one turn on their rows are written on all cores. */
#define MANY_STORES 64
/* Less is not worth a snapshot of the whole image. */
#define IDLE_SNAPSHOT_BYTES ((uint64_t)1 << 20)

/* ---- following the history ---- */

/* Rows up to the newest snapshot may be packed to what was before, or go; those
 * after it stay as they are as long as they are replayed. */
static bool may_name(const gox_store *store, uint64_t edit)
{
    return edit > store->floor;
}

static void on_event(void *ctx, const struct gox_history_event *event)
{
    gox_store *store = ctx;
    struct gox_row_head *h = &store->head;

    gox__turn_add(&store->turn, event,
            event->op != GOX_HISTORY_EDIT && may_name(store, event->edit));
    h->last = event->revision;
    switch (event->op) {
    case GOX_HISTORY_EDIT:
        h->state = event->edit;
        h->redo_top = 0;
        break;
    case GOX_HISTORY_UNDO:
        h->state = event->base;
        if (h->redo_top == 0)
            h->redo_top = event->edit;
        break;
    case GOX_HISTORY_REDO:
        h->state = event->edit;
        if (h->redo_top == event->edit)
            h->redo_top = 0;
        break;
    }
}

int gox_store_attach(gox_store *store, gox_history *history,
        struct gox_image *img, int edits, struct gox_error *err)
{
    store->history = history;
    store->img = img;
    store->edits = edits;
    gox__gate_enter_owner(&store->gate);
    int rc = gox__restore_history(store, edits, err);
    gox__gate_leave(&store->gate);
    gox_history_set_watch(history, on_event, store);
    return rc < 0 ? rc : 0;
}

void gox_store_detach(gox_store *store)
{
    if (store->history != NULL)
        gox_history_set_watch(store->history, NULL, NULL);
    store->history = NULL;
    store->img = NULL;
}

/* ---- commit ---- */

bool gox_store_has_turn(const gox_store *store)
{
    return !gox__turn_is_empty(&store->turn);
}

static int check_turn(gox_store *store, struct gox_error *err)
{
    int rc = gox_buf_error(&store->turn.bytes);

    if (rc < 0)
        return gox_error_set(err, rc,
                "project \"%s\": no memory to keep the edit; it is not stored",
                store->name);
    if (!atomic_load(&store->is_unsafe))
        return 0;
    pthread_mutex_lock(&store->stores->mutex);
    if (err != NULL)
        *err = store->unsafe_err;
    pthread_mutex_unlock(&store->stores->mutex);
    return GOX_ERR_READ_ONLY;
}

/* Inside the gate. */
static int write_turn(gox_store *store, struct gox_error *err)
{
    size_t len;
    const uint8_t *row = gox__turn_finish(&store->turn, &store->head, &len);

    int bound = gox__db_bind_body(store->db, store->insert, 2, row, len, err);
    if (bound < 0) {
        gox_error_prefix(
                err, "project \"%s\": the edit is not stored", store->name);
        return bound;
    }
    sqlite3_bind_int64(store->insert, 1, (int64_t)store->head.last);
    int step = sqlite3_step(store->insert);
    sqlite3_reset(store->insert);
    if (step != SQLITE_DONE) {
        int rc = gox__db_fail(
                store->db, sqlite3_extended_errcode(store->db), "write", err);
        gox_error_prefix(
                err, "project \"%s\": the edit is not stored", store->name);
        return rc == GOX_ERR_BUSY ? GOX_ERR_IO : rc;
    }
    atomic_fetch_add(&store->journal_bytes, len);
    atomic_fetch_add(&store->since_snapshot, len);
    atomic_fetch_add(&store->commits, 1);
    atomic_fetch_add(&store->writes, 1);
    return 0;
}

static int finish_commit(gox_store *store, struct gox_error *err)
{
    int rc = write_turn(store, err);

    gox__gate_leave(&store->gate);
    if (rc < 0)
        return rc;
    gox__store_set_dirty(store);
    return 0;
}

static bool is_always(const gox_store *store)
{
    return store->stores->settings.durability == GOX_DURABILITY_ALWAYS;
}

/* The turn is in the file, and on the disk if that was wanted. */
static void end_turn(gox_store *store)
{
    store->durable = store->head;
    store->commit_at_ns = gox_time_now_ns();
    gox__turn_reset(&store->turn);
}

static void fill_head(gox_store *store)
{
    store->head.first = store->turn.first;
    store->head.at_ms = store->turn.at_ms;
    store->head.voxels = gox_image_solid(store->img);
}

/* Writes the turn without syncing. */
static int put_turn(gox_store *store, bool may_wait, struct gox_error *err)
{
    /* Before anything may fail: taking the turn back reads it as a row. */
    fill_head(store);
    int rc = check_turn(store, err);
    if (rc < 0)
        return rc;
    if (!gox__gate_try(&store->gate)) {
        if (!may_wait)
            return gox_error_set(err, GOX_ERR_BUSY,
                    "project \"%s\": its store is at work", store->name);
        int64_t from = gox_time_now_ns();
        gox__gate_enter_owner(&store->gate);
        int64_t waited = gox_time_now_ns() - from;
        if (waited > atomic_load(&store->longest_wait_ns))
            atomic_store(&store->longest_wait_ns, waited);
    }
    return finish_commit(store, err);
}

static int commit(gox_store *store, bool may_wait, struct gox_error *err)
{
    if (!gox_store_has_turn(store))
        return 0;
    int rc = put_turn(store, may_wait, err);
    if (rc == 0 && is_always(store))
        rc = gox__store_sync(store, err);
    if (rc == 0)
        end_turn(store);
    return rc;
}

int gox_store_commit(gox_store *store, struct gox_error *err)
{
    return commit(store, true, err);
}

int gox_store_try_commit(gox_store *store, struct gox_error *err)
{
    return commit(store, false, err);
}

struct many {
    gox_store **list;
    int *codes;
    struct gox_error *errs;
};

static int put_one(void *ctx, size_t i, unsigned thread)
{
    struct many *m = ctx;

    (void)thread;
    m->codes[i] = gox_store_has_turn(m->list[i])
                          ? put_turn(m->list[i], true, &m->errs[i])
                          : 1;
    return 0;
}

/* Writes all turns; few of them are not worth a thread. */
static int put_turns(struct many *m, size_t count)
{
    if (count >= MANY_STORES)
        return gox_parallel_for(NULL, count, put_one, m);
    for (size_t i = 0; i < count; i++)
        (void)put_one(m, i, 0);
    return 0;
}

int gox_store_commit_many(
        gox_store **list, size_t count, int *codes, struct gox_error *errs)
{
    if (count == 0)
        return 0;
    gox_store **written = gox_malloc_array(count, sizeof(gox_store *));
    if (written == NULL)
        return GOX_ERR_NOMEM;
    struct many m = {list, codes, errs};
    size_t n = 0;
    int rc = put_turns(&m, count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (codes[i] == 0)
            written[n++] = list[i];
    }
    if (is_always(list[0]))
        gox__stores_sync_many(list[0]->stores, written, n);
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == 0 && is_always(list[i]) && list[i]->sync_code < 0) {
            codes[i] = list[i]->sync_code;
            errs[i] = list[i]->unsafe_err;
        }
        if (codes[i] == 0)
            end_turn(list[i]);
        codes[i] = codes[i] > 0 ? 0 : codes[i];
    }
    gox_free(written);
    return rc;
}

/* ---- taking a turn back ---- */

/* Takes one record back; undo and redo may name an edit of the same turn. */
static int take_back(struct gox_journal *journal,
        const struct gox_record_list *list, const struct gox_record *record,
        struct gox_image *img, struct gox_error *err)
{
    bool is_undo = record->op == GOX_RECORD_UNDO;

    if (is_undo || record->op == GOX_RECORD_REDO) {
        for (size_t i = 0; i < list->count; i++) {
            const struct gox_record *r = &list->items[i];
            if (r->revision == record->edit && r->step == GOX_HISTORY_EDIT)
                return gox__record_apply(r, !is_undo, img);
        }
    }
    return gox__journal_apply(journal, record, true, img, err);
}

static int take_turn_back(gox_store *store, struct gox_error *err)
{
    struct gox_record_list list = {0};
    struct gox_journal journal = {0};
    struct gox_row_room room = {0};
    struct gox_row row;
    size_t len;

    int rc = gox_buf_error(&store->turn.bytes);
    if (rc < 0)
        return rc;
    const uint8_t *data = gox__turn_finish(&store->turn, &store->head, &len);
    rc = gox__row_open(&row, store->head.last, data, len, &room, err);
    if (rc == 0)
        rc = gox__row_read_all(&row, &list);
    if (rc == 0)
        rc = gox__journal_open(&journal, store->db, err);
    for (size_t i = list.count; rc == 0 && i-- > 0;)
        rc = take_back(&journal, &list, &list.items[i], store->img, err);
    gox__journal_close(&journal);
    gox__row_room_fini(&room);
    gox_free(list.items);
    return rc;
}

/* The image as the file has it, into the live one. */
static int reload(gox_store *store, struct gox_error *err)
{
    struct gox_loaded loaded;

    int rc = gox__load(store->db, store->path, store->stores->settings.threads,
            &loaded, err);
    if (rc == 0 && (loaded.is_damaged || loaded.img == NULL)) {
        if (err != NULL)
            *err = loaded.damage;
        rc = GOX_ERR_FORMAT;
    }
    if (rc == 0) {
        struct gox_image t = *store->img;
        *store->img = *loaded.img;
        *loaded.img = t;
        store->durable = loaded.replay.head;
    }
    gox_image_free(loaded.img);
    return rc;
}

int gox_store_rollback(gox_store *store, struct gox_error *err)
{
    if (!gox_store_has_turn(store))
        return 0;
    assert(!gox_history_is_open(store->history));
    gox_history_set_watch(store->history, NULL, NULL);
    gox__gate_enter_owner(&store->gate);
    int rc = take_turn_back(store, err);
    if (rc < 0)
        rc = reload(store, err);
    if (rc == 0) {
        store->head = store->durable;
        gox__turn_reset(&store->turn);
        rc = gox__restore_history(store, store->edits, err);
    }
    gox__gate_leave(&store->gate);
    gox_history_set_watch(store->history, on_event, store);
    return rc < 0 ? rc : 0;
}

/* ---- history ---- */

int gox_store_fetch_history(gox_store *store, int edits, struct gox_error *err)
{
    if (gox_store_has_turn(store))
        return gox_error_set(err, GOX_ERR_BUSY, "commit the turn first");
    gox__gate_enter_owner(&store->gate);
    int rc = gox__restore_more(store, edits, err);
    gox__gate_leave(&store->gate);
    if (rc < 0)
        gox_error_prefix(err, "the history of %s", store->path);
    return rc;
}

int gox_store_image_at(gox_store *store, uint64_t revision,
        struct gox_image **result, struct gox_error *err)
{
    *result = NULL;
    if (gox_store_has_turn(store))
        return gox_error_set(err, GOX_ERR_BUSY, "commit the turn first");
    if (revision > store->durable.last)
        return gox_error_set(err, GOX_ERR_NOT_FOUND,
                "project \"%s\" is at revision %llu, not yet at %llu",
                store->name, (unsigned long long)store->durable.last,
                (unsigned long long)revision);
    struct gox_image *img = gox_image_dup(store->img);
    if (img == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox__gate_enter_owner(&store->gate);
    int rc = gox__walk_back(store->db, store->durable.last, revision, img, err);
    gox__gate_leave(&store->gate);
    if (rc < 0) {
        gox_image_free(img);
        return rc;
    }
    *result = img;
    return 0;
}

/* ---- snapshots ---- */

bool gox_store_wants_snapshot(const gox_store *store)
{
    /* After one that failed not at once again. */
    if (atomic_load(&store->retry_at_ns) > 0 &&
            gox_time_now_ns() < atomic_load(&store->retry_at_ns))
        return false;
    return atomic_load(&store->since_snapshot) >=
           store->stores->settings.snapshot_bytes;
}

/* Hands the maintenance thread a snapshot of own_img, which is the image of the
 * last commit. The mutex is held. */
static void put_job(
        gox_store *store, struct gox_image *own_img, const char *label)
{
    store->job_img = own_img;
    store->job = (struct gox_snapshot_head){.revision = store->durable.last,
            .state = store->durable.state,
            .redo_top = store->durable.redo_top,
            .voxels = gox_image_solid(own_img),
            .journal_bytes = atomic_load(&store->journal_bytes),
            .min_ref = UINT64_MAX,
            .at_ms = gox_time_wall_ms()};
    if (label != NULL)
        memcpy(store->job.label, label, strlen(label));
    store->has_job = true;
    store->floor = store->durable.last;
    store->job_since = atomic_exchange(&store->since_snapshot, 0);
    gox__stores_wake(store->stores);
}

bool gox_store_wants_idle_snapshot(const gox_store *store, int idle_ms)
{
    int64_t now = gox_time_now_ns();

    return atomic_load(&store->since_snapshot) >= IDLE_SNAPSHOT_BYTES &&
           now >= atomic_load(&store->retry_at_ns) &&
           now - store->commit_at_ns >= idle_ms * GOX_NS_PER_MS;
}

int gox_store_start_snapshot(gox_store *store, const char *label)
{
    gox_stores *stores = store->stores;

    if (gox_store_has_turn(store))
        return GOX_ERR_BUSY;
    if (label != NULL && strlen(label) >= GOX_NAME_BYTES)
        return GOX_ERR_PARAMS;
    struct gox_image *img = gox_image_dup(store->img);
    if (img == NULL)
        return GOX_ERR_NOMEM;
    pthread_mutex_lock(&stores->mutex);
    int rc = store->has_job || store->is_in_job ? GOX_ERR_BUSY : 0;
    if (rc == 0)
        put_job(store, img, label);
    pthread_mutex_unlock(&stores->mutex);
    if (rc < 0)
        gox_image_free(img);
    return rc;
}

int gox_store_write_checkpoint(gox_store *store, struct gox_image *own_img,
        const char *label, struct gox_error *err)
{
    gox_stores *stores = store->stores;

    if (strlen(label) >= GOX_NAME_BYTES) {
        gox_image_free(own_img);
        return gox_error_set(err, GOX_ERR_PARAMS,
                "a label has at most %d bytes", GOX_NAME_BYTES - 1);
    }
    pthread_mutex_lock(&stores->mutex);
    while (store->has_job || store->is_in_job)
        pthread_cond_wait(&stores->done, &stores->mutex);
    put_job(store, own_img, label);
    while (store->has_job || store->is_in_job)
        pthread_cond_wait(&stores->done, &stores->mutex);
    int rc = store->job_err.code;
    if (rc < 0 && err != NULL)
        *err = store->job_err;
    pthread_mutex_unlock(&stores->mutex);
    return rc;
}

int gox_store_wait(gox_store *store, struct gox_error *err)
{
    gox_stores *stores = store->stores;

    pthread_mutex_lock(&stores->mutex);
    while (store->has_job || store->users > 0)
        pthread_cond_wait(&stores->done, &stores->mutex);
    int rc = store->job_err.code;
    if (rc < 0 && err != NULL)
        *err = store->job_err;
    pthread_mutex_unlock(&stores->mutex);
    return rc;
}

int gox_store_find_checkpoint(gox_store *store, const char *label,
        struct gox_image **result, uint64_t *revision, struct gox_error *err)
{
    gox__gate_enter_owner(&store->gate);
    int rc = gox__find_checkpoint(store->db, store->stores->settings.threads,
            store->name, label, result, revision, err);
    gox__gate_leave(&store->gate);
    return rc;
}

int gox_store_list_checkpoints(gox_store *store,
        struct gox_store_checkpoint **list, size_t *count,
        struct gox_error *err)
{
    gox__gate_enter_owner(&store->gate);
    int rc = gox__list_checkpoints(store->db, list, count, err);
    gox__gate_leave(&store->gate);
    return rc;
}
