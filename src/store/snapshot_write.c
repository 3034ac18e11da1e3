/* SPDX-License-Identifier: Apache-2.0
 * Writing snapshots beside the edits.
 *
 * All that takes long (hashing, compressing) is done outside the gate; inside
 * it are only transactions of at most SLICE_BYTES, so that a commit never waits
 * longer than one of them.
 *
 * Invariant: the row in `snapshot` comes last, so that a snapshot without one
 * is no snapshot. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <string.h>

#define SLICE_BYTES  ((size_t)64 << 10)
#define SLICE_BLOCKS 64
#define PART_ENTRIES 4096

struct writer {
    gox_store *store;
    sqlite3 *db;
    sqlite3_stmt *find, *insert, *part;
    struct gox_packer *packer;
    struct gox_packed_block packed[SLICE_BLOCKS];
    const gox_block *blocks[SLICE_BLOCKS]; /* of the image */
    size_t packed_count;
    struct gox_snapshot_entry *entries;
    size_t entry_count, entry_capacity;
};

/* ---- slices ---- */

int gox__slice_begin(gox_store *store, struct gox_error *err)
{
    gox__gate_enter_background(&store->gate);
    int rc = gox__db_exec(store->db, "BEGIN IMMEDIATE", err);
    if (rc < 0)
        gox__gate_leave(&store->gate);
    return rc;
}

int gox__slice_end(gox_store *store, int rc, struct gox_error *err)
{
    if (rc >= 0)
        rc = gox__db_exec(store->db, "COMMIT", err) < 0 ? GOX_ERR_IO : rc;
    if (rc < 0)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    atomic_fetch_add(&store->writes, 1);
    gox__gate_leave(&store->gate);
    gox__store_set_dirty(store);
    return rc;
}

static int writer_init(
        struct writer *w, gox_store *store, struct gox_error *err)
{
    memset(w, 0, sizeof(*w));
    w->store = store;
    w->db = store->db;
    w->packer = gox__packer_new();
    if (w->packer == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    gox__gate_enter_background(&store->gate);
    int rc = gox__db_prepare(
            w->db, "SELECT hash FROM block WHERE id = ?1", &w->find, err);
    if (rc == 0)
        rc = gox__db_prepare(
                w->db, "INSERT INTO block VALUES(?1, ?2, ?3)", &w->insert, err);
    if (rc == 0)
        rc = gox__db_prepare(
                w->db, "INSERT INTO part VALUES(?1, ?2)", &w->part, err);
    gox__gate_leave(&store->gate);
    return rc;
}

static void drop_packed(struct writer *w)
{
    for (size_t i = 0; i < w->packed_count; i++)
        gox_free(w->packed[i].body);
    w->packed_count = 0;
}

static void writer_fini(struct writer *w)
{
    drop_packed(w);
    gox__gate_enter_background(&w->store->gate);
    sqlite3_finalize(w->find);
    sqlite3_finalize(w->insert);
    sqlite3_finalize(w->part);
    gox__gate_leave(&w->store->gate);
    gox__packer_free(w->packer);
    gox_free(w->entries);
}

/* ---- blocks ---- */

/* 1: the id has this content; 0: it is free; 2: it has another one. */
static int look_up(struct writer *w, const struct gox_packed_block *p,
        struct gox_error *err)
{
    sqlite3_bind_int64(w->find, 1, p->id);
    int step = sqlite3_step(w->find);
    int rc = step == SQLITE_DONE  ? 0
             : step != SQLITE_ROW ? gox__db_fail(w->db, step, "write", err)
             : sqlite3_column_bytes(w->find, 0) == 16 &&
                             memcmp(sqlite3_column_blob(w->find, 0), p->hash,
                                     16) == 0
                     ? 1
                     : 2;
    sqlite3_reset(w->find);
    return rc;
}

/* Moves the id to where the content is, or to the next free one: two contents
 * that share 63 bits are possible, if not likely. Returns whether it is there.
 */
static int find_place(
        struct writer *w, struct gox_packed_block *p, struct gox_error *err)
{
    int found;

    while ((found = look_up(w, p, err)) == 2)
        p->id = (p->id + 1) & INT64_MAX;
    return found;
}

static int put_block(
        struct writer *w, struct gox_packed_block *p, struct gox_error *err)
{
    /* Another of this slice may have the same content. */
    int found = find_place(w, p, err);

    if (found != 0)
        return found < 0 ? found : 0;
    sqlite3_bind_int64(w->insert, 1, p->id);
    sqlite3_bind_blob(w->insert, 2, p->hash, 16, SQLITE_STATIC);
    sqlite3_bind_blob(w->insert, 3, p->body, (int)p->len, SQLITE_STATIC);
    return gox__db_run(w->db, w->insert, err);
}

/* Only what is not in the file yet is worth compressing. Blocks go only after
 * snapshots, so what is there stays. */
static int pack_new(struct writer *w, struct gox_error *err)
{
    bool is_there[SLICE_BLOCKS];
    int rc = 0;

    gox__gate_enter_background(&w->store->gate);
    for (size_t i = 0; rc >= 0 && i < w->packed_count; i++) {
        rc = find_place(w, &w->packed[i], err);
        is_there[i] = rc == 1;
    }
    gox__gate_leave(&w->store->gate);
    for (size_t i = 0; rc >= 0 && i < w->packed_count; i++) {
        if (is_there[i])
            continue;
        rc = gox__packer_pack(w->packer, w->blocks[i], &w->packed[i]);
        if (rc < 0)
            gox_error_set(err, rc, "out of memory");
    }
    return rc < 0 ? rc : 0;
}

/* One transaction, from `*at` on. */
static int put_slice(struct writer *w, size_t *at, struct gox_error *err)
{
    size_t bytes = 0;

    int rc = gox__slice_begin(w->store, err);
    if (rc < 0)
        return rc;
    for (; rc == 0 && *at < w->packed_count && bytes < SLICE_BYTES; ++*at) {
        struct gox_packed_block *p = &w->packed[*at];
        if (p->body == NULL)
            continue;
        rc = put_block(w, p, err);
        bytes += p->len;
    }
    return gox__slice_end(w->store, rc, err);
}

static int flush_blocks(struct writer *w, struct gox_error *err)
{
    size_t at = 0;

    if (w->packed_count == 0)
        return 0;
    int rc = pack_new(w, err);

    while (rc == 0 && at < w->packed_count) {
        if (w->packed[at].body == NULL)
            at++;
        else
            rc = put_slice(w, &at, err);
    }
    for (size_t i = 0; rc == 0 && i < w->packed_count; i++)
        w->entries[w->entry_count - w->packed_count + i].id = w->packed[i].id;
    drop_packed(w);
    return rc;
}

static int add_block(struct writer *w, int layer_id, struct gox_pos pos,
        const gox_block *block, struct gox_error *err)
{
    if (!gox_grow(&w->entries, &w->entry_capacity, w->entry_count + 1,
                sizeof(*w->entries)))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    struct gox_packed_block *p = &w->packed[w->packed_count];
    memset(p, 0, sizeof(*p));
    int rc = gox__packer_hash(w->packer, block, p);
    if (rc < 0)
        return gox_error_set(err, rc, "out of memory");
    w->blocks[w->packed_count++] = block;
    w->entries[w->entry_count++] =
            (struct gox_snapshot_entry){layer_id, pos, p->id};
    return w->packed_count == SLICE_BLOCKS ? flush_blocks(w, err) : 0;
}

static int add_image(
        struct writer *w, const struct gox_image *img, struct gox_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < img->layer_count; i++) {
        const gox_volume *volume = img->layers[i]->volume;
        struct gox_pos p;
        const gox_block *b;
        size_t at = 0;
        while (rc == 0 && (b = gox_volume_each_block(volume, &at, &p)) != NULL)
            rc = add_block(w, img->layers[i]->id, p, b, err);
    }
    return rc < 0 ? rc : flush_blocks(w, err);
}

/* ---- the table of the snapshot ---- */

static void put_crc(struct gox_buf *buf)
{
    if (buf->error == 0)
        gox_buf_set_u32le(
                buf, 0, libdeflate_crc32(0, buf->data + 4, buf->len - 4));
}

static int insert_part(struct writer *w, int64_t id, const struct gox_buf *buf,
        struct gox_error *err)
{
    int rc = gox__slice_begin(w->store, err);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(w->part, 1, id);
    sqlite3_bind_blob(w->part, 2, buf->data, (int)buf->len, SQLITE_STATIC);
    rc = gox__db_run(w->db, w->part, err);
    return gox__slice_end(w->store, rc, err);
}

static int write_parts(struct writer *w, int64_t snapshot, int64_t *parts,
        struct gox_error *err)
{
    struct gox_buf buf;
    int rc = 0;

    gox_buf_init(&buf, 0);
    *parts = 0;
    for (size_t i = 0; rc == 0 && i < w->entry_count; i += PART_ENTRIES) {
        size_t count = w->entry_count - i;
        count = count < PART_ENTRIES ? count : PART_ENTRIES;
        gox_buf_reset(&buf);
        gox_buf_put_u32le(&buf, 0);
        gox__snapshot_put_part(&buf, w->entries + i, count);
        put_crc(&buf);
        rc = gox_buf_error(&buf);
        if (rc < 0)
            gox_error_set(err, rc, "out of memory");
        else
            rc = insert_part(w, snapshot << 20 | *parts, &buf, err);
        ++*parts;
    }
    gox_buf_fini(&buf);
    return rc;
}

void gox__snapshot_put_part(struct gox_buf *buf,
        const struct gox_snapshot_entry *entries, size_t count)
{
    struct gox_pos last = {0, 0, 0};

    gox__put_varint(buf, count);
    for (size_t i = 0; i < count; i++) {
        const struct gox_snapshot_entry *e = &entries[i];
        gox__put_varint(buf, (uint64_t)e->layer_id);
        gox__put_signed(buf, (int64_t)e->pos.x - last.x);
        gox__put_signed(buf, (int64_t)e->pos.y - last.y);
        gox__put_signed(buf, (int64_t)e->pos.z - last.z);
        gox_buf_put_u32le(buf, (uint32_t)e->id);
        gox_buf_put_u32le(buf, (uint32_t)((uint64_t)e->id >> 32));
        last = e->pos;
    }
}

static void put_head(struct gox_buf *buf, const struct gox_snapshot_head *head,
        int64_t parts, const struct gox_image *img)
{
    gox_buf_put_u32le(buf, 0);
    gox__put_varint(buf, head->revision);
    gox__put_varint(buf, (uint64_t)parts);
    gox__put_varint(buf, head->state);
    gox__put_varint(buf, head->redo_top);
    gox__put_varint(buf, head->voxels);
    gox__put_varint(buf, head->journal_bytes);
    gox__put_varint(buf, head->min_ref + 1); /* 0: none */
    gox__put_frame(buf, img);
    put_crc(buf);
}

static int insert_head(sqlite3 *db, const struct gox_snapshot_head *head,
        int64_t parts, const struct gox_buf *buf, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = 0;

    if (head->label[0] != '\0') {
        rc = gox__db_prepare(
                db, "DELETE FROM snapshot WHERE label = ?1", &stmt, err);
        if (rc < 0)
            return rc;
        sqlite3_bind_text(stmt, 1, head->label, -1, SQLITE_STATIC);
        rc = gox__db_run(db, stmt, err);
        sqlite3_finalize(stmt);
    }
    if (rc == 0)
        rc = gox__db_prepare(db,
                "INSERT INTO snapshot VALUES(?1, ?2, ?3, ?4, ?5, ?6)", &stmt,
                err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, head->id);
    sqlite3_bind_int64(stmt, 2, (int64_t)head->revision);
    if (head->label[0] != '\0')
        sqlite3_bind_text(stmt, 3, head->label, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 4, head->at_ms);
    sqlite3_bind_int64(stmt, 5, parts);
    sqlite3_bind_blob(stmt, 6, buf->data, (int)buf->len, SQLITE_STATIC);
    rc = gox__db_run(db, stmt, err);
    sqlite3_finalize(stmt);
    return rc;
}

static int next_id(gox_store *store, int64_t *id, struct gox_error *err)
{
    gox__gate_enter_background(&store->gate);
    int rc = gox__db_number(store->db,
            "SELECT max(coalesce((SELECT max(id) FROM snapshot), 0),"
            " coalesce((SELECT max(id) >> 20 FROM part), 0)) + 1",
            1, id, err);
    gox__gate_leave(&store->gate);
    return rc;
}

int gox__snapshot_write(gox_store *store, const struct gox_image *img,
        const struct gox_snapshot_head *wanted, struct gox_error *err)
{
    struct gox_snapshot_head head = *wanted;
    struct writer w;
    struct gox_buf buf;
    int64_t parts = 0;

    gox_buf_init(&buf, 0);
    int rc = writer_init(&w, store, err);
    if (rc == 0)
        rc = next_id(store, &head.id, err);
    if (rc == 0)
        rc = add_image(&w, img, err);
    if (rc == 0)
        rc = write_parts(&w, head.id, &parts, err);
    if (rc == 0) {
        put_head(&buf, &head, parts, img);
        rc = gox_buf_error(&buf);
    }
    if (rc == 0)
        rc = gox__slice_begin(store, err);
    if (rc == 0) {
        rc = insert_head(store->db, &head, parts, &buf, err);
        rc = gox__slice_end(store, rc, err);
    }
    gox_buf_fini(&buf);
    writer_fini(&w);
    return rc;
}
