/* SPDX-License-Identifier: Apache-2.0
 * Reading snapshots: the newest one that is whole.
 *
 * Blocks are fetched in the order of their ids, each content once, and
 * unpacked on all cores in batches.
 *
 * Invariant: an image comes out whole or not at all, but for the salvage, which
 * says how much is not as it was. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 512

static uint32_t get_crc(const uint8_t *data, size_t len)
{
    return libdeflate_crc32(0, data + 4, len - 4);
}

/* A blob that begins with its checksum. */
static int open_blob(sqlite3_stmt *stmt, int column, const char *what,
        struct gox_bytes *in, struct gox_error *err)
{
    const void *data = sqlite3_column_blob(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);

    gox_bytes_init(in, data, data == NULL ? 0 : len, NULL);
    uint32_t stored = gox_bytes_u32le(in, "a checksum");
    if (data == NULL || in->failed || get_crc(data, len) != stored)
        return gox_error_set(
                err, GOX_ERR_FORMAT, "%s has a wrong checksum", what);
    return 0;
}

/* ---- entries ---- */

struct entry_list {
    struct gox_snapshot_entry *entries;
    size_t count, capacity;
};

static int read_part(
        sqlite3_stmt *stmt, struct entry_list *list, struct gox_error *err)
{
    struct gox_bytes in;
    struct gox_pos last = {0, 0, 0};

    int rc = open_blob(stmt, 0, "a part of a snapshot", &in, err);
    if (rc < 0)
        return rc;
    uint64_t count = gox__get_varint(&in);
    if (count > gox_bytes_left(&in) / 12)
        return gox_error_set(
                err, GOX_ERR_FORMAT, "a part of a snapshot is malformed");
    if (!gox_grow(&list->entries, &list->capacity, list->count + (size_t)count,
                sizeof(*list->entries)))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    for (uint64_t i = 0; i < count; i++) {
        struct gox_snapshot_entry *e = &list->entries[list->count++];
        e->layer_id = (int)gox__get_varint(&in);
        last.x += (int32_t)gox__get_signed(&in);
        last.y += (int32_t)gox__get_signed(&in);
        last.z += (int32_t)gox__get_signed(&in);
        e->pos = last;
        uint64_t low = gox_bytes_u32le(&in, "an id");
        e->id = (int64_t)(low | (uint64_t)gox_bytes_u32le(&in, "an id") << 32);
    }
    return in.failed ? gox_error_set(err, GOX_ERR_FORMAT,
                               "a part of a snapshot is malformed")
                     : 0;
}

static int read_parts(sqlite3 *db, int64_t id, int64_t parts,
        struct entry_list *list, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t found = 0;
    int step = SQLITE_DONE;

    int rc = gox__db_prepare(db,
            "SELECT body FROM part WHERE id >= ?1 << 20 AND id < (?1 + 1) << 20"
            " ORDER BY id",
            &stmt, err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, id);
    while (rc == 0 && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = read_part(stmt, list, err);
        found++;
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "read", err);
    if (rc == 0 && parts >= 0 && found != parts)
        rc = gox_error_set(
                err, GOX_ERR_FORMAT, "a part of a snapshot is missing");
    sqlite3_finalize(stmt);
    return rc;
}

int gox__snapshot_read_entries(sqlite3 *db, int64_t id,
        struct gox_snapshot_entry **entries, size_t *count,
        struct gox_error *err)
{
    struct entry_list list = {0};

    int rc = read_parts(db, id, -1, &list, err);
    if (rc < 0) {
        gox_free(list.entries);
        list = (struct entry_list){0};
    }
    *entries = list.entries;
    *count = list.count;
    return rc;
}

/* ---- blocks ---- */

/* Contents that are unpacked together. */
struct batch {
    uint8_t *bodies[BATCH];
    size_t lens[BATCH];
    gox_block *blocks[BATCH];
    size_t first[BATCH]; /* entry of the content */
    size_t count;
    struct gox_packer **packers; /* one a thread */
    struct entry_list *lost;     /* NULL: any damage is the end */
};

static int unpack_one(void *ctx, size_t i, unsigned thread)
{
    struct batch *b = ctx;

    if (b->packers[thread] == NULL)
        b->packers[thread] = gox__packer_new();
    if (b->packers[thread] == NULL)
        return GOX_ERR_NOMEM;
    int rc = gox__packer_unpack(
            b->packers[thread], b->bodies[i], b->lens[i], &b->blocks[i]);
    return rc == GOX_ERR_FORMAT && b->lost != NULL ? 0 : rc;
}

static int add_entry(
        struct entry_list *list, const struct gox_snapshot_entry *entry)
{
    if (!gox_grow(&list->entries, &list->capacity, list->count + 1,
                sizeof(*list->entries)))
        return GOX_ERR_NOMEM;
    list->entries[list->count++] = *entry;
    return 0;
}

static int put_batch(struct batch *b, const struct entry_list *list, size_t end,
        struct gox_image *img)
{
    const struct gox_layer *layer = NULL;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < b->count; i++) {
        size_t next = i + 1 < b->count ? b->first[i + 1] : end;
        for (size_t e = b->first[i]; rc == 0 && e < next; e++) {
            const struct gox_snapshot_entry *entry = &list->entries[e];
            if (b->blocks[i] == NULL) {
                rc = add_entry(b->lost, entry);
                continue;
            }
            if (layer == NULL || layer->id != entry->layer_id)
                layer = gox_image_find_layer(img, entry->layer_id);
            if (layer == NULL)
                return GOX_ERR_FORMAT;
            rc = gox_volume_put_block(
                    layer->volume, entry->pos, gox_block_ref(b->blocks[i]));
        }
    }
    return rc == GOX_ERR_RANGE ? GOX_ERR_FORMAT : rc;
}

static void clear_batch(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        gox_free(b->bodies[i]);
        gox_block_unref(b->blocks[i]);
        b->bodies[i] = NULL;
        b->blocks[i] = NULL;
    }
    b->count = 0;
}

static int flush_batch(struct batch *b, const struct entry_list *list,
        size_t end, struct gox_image *img, struct gox_task *task,
        struct gox_error *err)
{
    int rc = gox_parallel_for(task, b->count, unpack_one, b);

    if (rc == 0)
        rc = put_batch(b, list, end, img);
    clear_batch(b);
    return rc < 0 ? gox_error_set(err, rc, "a block of a snapshot: %s",
                            gox_error_text(rc))
                  : 0;
}

static int fetch(sqlite3 *db, sqlite3_stmt *stmt, int64_t id, struct batch *b,
        struct gox_error *err)
{
    int rc = 0;

    sqlite3_bind_int64(stmt, 1, id);
    int step = sqlite3_step(stmt);
    bool is_bad = step == SQLITE_DONE || (step & 0xff) == SQLITE_CORRUPT;
    if (is_bad && b->lost != NULL) {
        b->bodies[b->count] = NULL;
        b->lens[b->count] = 0;
        b->blocks[b->count++] = NULL;
    } else if (step == SQLITE_DONE) {
        rc = gox_error_set(
                err, GOX_ERR_FORMAT, "a block of a snapshot is missing");
    } else if (step != SQLITE_ROW) {
        rc = gox__db_fail(db, step, "read", err);
    } else {
        size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
        const void *data = sqlite3_column_blob(stmt, 0);
        uint8_t *copy = gox_malloc(len);
        if (copy == NULL || (data == NULL && len > 0))
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        else if (len > 0)
            memcpy(copy, data, len);
        b->bodies[b->count] = copy;
        b->lens[b->count] = len;
        b->blocks[b->count++] = NULL;
    }
    sqlite3_reset(stmt);
    return rc;
}

static int fetch_all(sqlite3 *db, const struct entry_list *list,
        struct batch *b, struct gox_image *img, struct gox_task *task,
        struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;

    int rc = gox__db_prepare(
            db, "SELECT body FROM block WHERE id = ?1", &stmt, err);
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        if (i > 0 && list->entries[i].id == list->entries[i - 1].id)
            continue;
        if (b->count == BATCH)
            rc = flush_batch(b, list, i, img, task, err);
        b->first[b->count] = i;
        if (rc == 0)
            rc = fetch(db, stmt, list->entries[i].id, b, err);
    }
    if (rc == 0)
        rc = flush_batch(b, list, list->count, img, task, err);
    sqlite3_finalize(stmt);
    return rc;
}

static int compare_entries(const void *a, const void *b)
{
    const struct gox_snapshot_entry *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->layer_id - y->layer_id;
}

static int read_blocks(sqlite3 *db, struct entry_list *list, unsigned threads,
        struct gox_image *img, struct entry_list *lost, struct gox_error *err)
{
    struct gox_task task;
    struct batch *b = gox_calloc(1, sizeof(*b));

    gox_task_init(&task);
    task.threads = threads;
    unsigned count = gox_task_threads(&task);
    int rc = 0;
    if (b != NULL)
        b->packers = gox_calloc(count, sizeof(struct gox_packer *));
    if (b == NULL || b->packers == NULL) {
        gox_free(b);
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    }
    b->lost = lost;
    if (list->count > 0)
        qsort(list->entries, list->count, sizeof(*list->entries),
                compare_entries);
    rc = fetch_all(db, list, b, img, &task, err);
    clear_batch(b);
    for (unsigned i = 0; i < count; i++)
        gox__packer_free(b->packers[i]);
    gox_free(b->packers);
    gox_free(b);
    return rc;
}

/* ---- one snapshot ---- */

static int read_head(sqlite3_stmt *stmt, struct gox_snapshot_head *head,
        int64_t *parts, struct gox_image *img, struct gox_error *err)
{
    struct gox_bytes in;

    memset(head, 0, sizeof(*head));
    head->id = sqlite3_column_int64(stmt, 0);
    head->at_ms = sqlite3_column_int64(stmt, 1);
    int rc = open_blob(stmt, 2, "a snapshot", &in, err);
    if (rc < 0)
        return rc;
    head->revision = gox__get_varint(&in);
    *parts = (int64_t)gox__get_varint(&in);
    head->state = gox__get_varint(&in);
    head->redo_top = gox__get_varint(&in);
    head->voxels = gox__get_varint(&in);
    head->journal_bytes = gox__get_varint(&in);
    head->min_ref = gox__get_varint(&in) - 1;
    rc = gox__get_frame(&in, img);
    if (rc < 0)
        return gox_error_set(err, rc, "a snapshot: %s", gox_error_text(rc));
    return img->layer_count > 0 ? 0
                                : gox_error_set(err, GOX_ERR_FORMAT,
                                          "a snapshot without a layer");
}

int gox__snapshot_find_limit(
        sqlite3 *db, int kept, int64_t *limit, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t min_ref = UINT64_MAX;

    *limit = -1;
    int rc = gox__db_prepare(db,
            "SELECT id, at_ms, body FROM snapshot"
            " ORDER BY revision DESC, id DESC LIMIT ?1",
            &stmt, err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, kept);
    while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        struct gox_snapshot_head head;
        struct gox_image *img = gox_image_new_empty();
        int64_t parts;
        if (img == NULL)
            rc = gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
        else
            rc = read_head(stmt, &head, &parts, img, err);
        gox_image_free(img);
        if (rc < 0)
            break;
        /* What the rows before the oldest of them name is not needed. */
        *limit = (int64_t)(head.revision < min_ref ? head.revision
                                                   : min_ref - 1);
        min_ref = head.min_ref < min_ref ? head.min_ref : min_ref;
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* lost NULL: a block that cannot be read is an error; else it goes there. */
static int read_one(sqlite3 *db, sqlite3_stmt *stmt, unsigned threads,
        struct gox_snapshot_head *head, struct gox_image **img,
        struct entry_list *lost, struct gox_error *err)
{
    struct entry_list list = {0};
    int64_t parts;

    *img = gox_image_new_empty();
    if (*img == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    int rc = read_head(stmt, head, &parts, *img, err);
    if (rc == 0)
        rc = read_parts(db, head->id, parts, &list, err);
    if (rc == 0)
        rc = read_blocks(db, &list, threads, *img, lost, err);
    if (rc == 0 && lost == NULL && gox_image_solid(*img) != head->voxels)
        rc = gox_error_set(err, GOX_ERR_FORMAT,
                "a snapshot does not have the voxels it says");
    gox_free(list.entries);
    if (rc < 0) {
        gox_image_free(*img);
        *img = NULL;
    }
    return rc;
}

int gox__snapshot_read(sqlite3 *db, const char *label, unsigned threads,
        struct gox_snapshot_head *head, struct gox_image **img,
        unsigned *damaged, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int step = SQLITE_DONE;

    *img = NULL;
    *damaged = 0;
    memset(head, 0, sizeof(*head));
    int rc = gox__db_prepare(db,
            "SELECT id, at_ms, body FROM snapshot WHERE ?1 IS NULL OR"
            " label = ?1 ORDER BY revision DESC, id DESC",
            &stmt, err);
    if (rc < 0)
        return rc;
    if (label != NULL)
        sqlite3_bind_text(stmt, 1, label, -1, SQLITE_STATIC);
    while (*img == NULL && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = read_one(db, stmt, threads, head, img, NULL, err);
        if (rc < 0 && rc != GOX_ERR_FORMAT)
            break;
        if (rc == GOX_ERR_FORMAT)
            ++*damaged;
        rc = 0;
    }
    if (*img == NULL && rc == 0 && step != SQLITE_DONE)
        rc = gox__db_fail(db, step, "read", err);
    sqlite3_finalize(stmt);
    return rc;
}

/* ---- salvage ---- */

/* Of the entries in `lost`, those that another snapshot has with other content
 * go to `found`; the others stay. */
static int find_older(struct entry_list *lost,
        const struct gox_snapshot_entry *entries, size_t count,
        struct entry_list *found)
{
    for (size_t i = 0; i < count; i++) {
        const struct gox_snapshot_entry *e = &entries[i];
        for (size_t k = 0; k < lost->count; k++) {
            const struct gox_snapshot_entry *l = &lost->entries[k];
            if (l->layer_id != e->layer_id || l->id == e->id ||
                    memcmp(&l->pos, &e->pos, sizeof(l->pos)) != 0)
                continue;
            if (add_entry(found, e) < 0)
                return GOX_ERR_NOMEM;
            lost->entries[k] = lost->entries[--lost->count];
            break;
        }
    }
    return 0;
}

/* Puts what older snapshots have in the place of what is lost. */
static int fill_from(sqlite3 *db, int64_t id, unsigned threads,
        struct gox_image *img, struct entry_list *lost, struct gox_error *err)
{
    struct gox_snapshot_entry *entries = NULL;
    struct entry_list found = {0};
    size_t count;

    int rc = gox__snapshot_read_entries(db, id, &entries, &count, err);
    if (rc == 0)
        rc = find_older(lost, entries, count, &found);
    if (rc == 0)
        rc = read_blocks(db, &found, threads, img, lost, err);
    gox_free(entries);
    gox_free(found.entries);
    /* An older one that is damaged itself is no help, and no harm. */
    return rc == GOX_ERR_FORMAT ? 0 : rc;
}

int gox__snapshot_salvage(sqlite3 *db, unsigned threads,
        struct gox_snapshot_head *head, struct gox_image **img,
        size_t *replaced, size_t *empty, struct gox_error *err)
{
    struct entry_list lost = {0};
    sqlite3_stmt *stmt = NULL;
    size_t all = 0;

    *img = NULL;
    *replaced = *empty = 0;
    int rc = gox__db_prepare(db,
            "SELECT id, at_ms, body FROM snapshot ORDER BY revision DESC,"
            " id DESC",
            &stmt, err);
    while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        if (*img != NULL && lost.count == 0)
            break;
        if (*img != NULL) {
            rc = fill_from(db, sqlite3_column_int64(stmt, 0), threads, *img,
                    &lost, err);
            continue;
        }
        rc = read_one(db, stmt, threads, head, img, &lost, err);
        rc = rc == GOX_ERR_FORMAT ? 0 : rc;
        all = lost.count;
    }
    sqlite3_finalize(stmt);
    *replaced = all - lost.count;
    *empty = lost.count;
    gox_free(lost.entries);
    if (rc < 0) {
        gox_image_free(*img);
        *img = NULL;
    }
    return rc;
}
