/* SPDX-License-Identifier: Apache-2.0
 * Packing the rows up to a snapshot: they are never carried out again, only
 * taken back, and for that it is enough to know what was before. That is mostly
 * nothing or one colour, so that what undo keeps becomes small beside the
 * snapshot. Many small rows become one.
 *
 * Edits that a step in the journal names keep both sides, as taking an undo
 * back means to carry the edit out.
 *
 * Invariants: rows are replaced whole, in one transaction, only when the
 * snapshot is complete; a row that cannot be read stays as it is. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 6
/* Of one packed row: it is unpacked as a whole to find one edit. */
#define MOST_RECORDS 1024
#define MOST_BYTES   ((size_t)32 << 10)
/* Larger rows would need too much memory beside the edits. */
#define MOST_ROW_BYTES ((size_t)256 << 20)

struct packing {
    gox_store *store;
    sqlite3 *reader;
    struct gox_row_room room;
    struct libdeflate_compressor *compressor;
    uint64_t *named; /* edits, sorted */
    size_t named_count, named_capacity;
    /* The row to be, and those that it stands for. */
    struct gox_turn turn;
    struct gox_row_head head;
    int64_t from, to; /* seq */
    size_t rows, old_bytes;
    bool has_base;
    struct gox_buf out;
};

/* ---- which edits are named ---- */

static int compare_revisions(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int add_named(struct packing *p, struct gox_row *row)
{
    struct gox_record r;
    int more;

    while ((more = gox__row_next(row, &r)) > 0) {
        if (r.op != GOX_RECORD_UNDO && r.op != GOX_RECORD_REDO)
            continue;
        if (!gox_grow(&p->named, &p->named_capacity, p->named_count + 1,
                    sizeof(*p->named)))
            return GOX_ERR_NOMEM;
        p->named[p->named_count++] = r.edit;
    }
    return more;
}

static int open_at(struct packing *p, sqlite3_stmt *stmt, struct gox_row *row)
{
    const void *data = sqlite3_column_blob(stmt, 1);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 1);

    return gox__row_open(row, (uint64_t)sqlite3_column_int64(stmt, 0), data,
            data == NULL ? 0 : len, &p->room, NULL);
}

static int find_named(struct packing *p, int64_t from, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct gox_row row;

    int rc = gox__db_prepare(p->reader,
            "SELECT seq, body FROM journal WHERE seq > ?1", &stmt, err);
    if (rc == 0)
        sqlite3_bind_int64(stmt, 1, from);
    while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        rc = open_at(p, stmt, &row);
        if (rc == 0)
            rc = add_named(p, &row);
        rc = rc == GOX_ERR_FORMAT ? 0 : rc;
    }
    sqlite3_finalize(stmt);
    if (rc == 0 && p->named_count > 0)
        qsort(p->named, p->named_count, sizeof(*p->named), compare_revisions);
    return rc < 0 ? gox_error_set(err, rc, "packing the journal: %s",
                            gox_error_text(rc))
                  : 0;
}

static bool is_named(const struct packing *p, uint64_t edit)
{
    return p->named_count > 0 &&
           bsearch(&edit, p->named, p->named_count, sizeof(*p->named),
                   compare_revisions) != NULL;
}

/* ---- one side of a record ---- */

static void copy_bytes(struct gox_bytes *in, struct gox_buf *out, size_t len)
{
    const uint8_t *data = gox_bytes_take(in, len, "a change");

    if (data != NULL)
        gox_buf_put(out, data, len);
}

static void copy_pos(struct gox_bytes *in, struct gox_buf *out)
{
    for (int i = 0; i < 3; i++)
        gox__put_varint(out, gox__get_varint(in));
}

/* Runs that had one colour before become one again. */
static void strip_runs(struct gox_bytes *in, struct gox_buf *out)
{
    uint32_t count = gox_bytes_u32le(in, "a count"), made = 0;
    uint64_t gap = 0, length = 0;
    uint8_t color[4] = {0};
    size_t count_at = out->len;

    gox_buf_put_u32le(out, 0);
    for (uint32_t i = 0; i <= count && !in->failed; i++) {
        bool is_end = i == count;
        uint64_t next_gap = is_end ? 0 : gox__get_varint(in);
        uint64_t next_length = is_end ? 0 : gox__get_varint(in);
        const uint8_t *colors =
                is_end ? NULL : gox_bytes_take(in, 8, "two colours");
        if (colors != NULL && made > 0 && next_gap == 0 &&
                memcmp(colors, color, 4) == 0) {
            length += next_length;
            continue;
        }
        if (made > 0) {
            gox__put_varint(out, gap);
            gox__put_varint(out, length);
            gox_buf_put(out, color, 4);
        }
        if (colors == NULL)
            break;
        gap = next_gap;
        length = next_length;
        memcpy(color, colors, 4);
        made++;
    }
    if (out->error == 0)
        gox_buf_set_u32le(out, count_at, made);
}

static void strip_block(struct gox_bytes *in, struct gox_buf *out)
{
    copy_pos(in, out);
    unsigned flags = gox_bytes_u8(in, "a form");
    gox_buf_put_byte(out, (uint8_t)(flags & 5));
    if ((flags & 4) != 0) {
        strip_runs(in, out);
        return;
    }
    if ((flags & 1) != 0) {
        uint32_t len = gox_bytes_u32le(in, "a length");
        gox_buf_put_u32le(out, len);
        copy_bytes(in, out, len);
    }
    if ((flags & 2) != 0)
        gox_bytes_take(in, gox_bytes_u32le(in, "a length"), "a block");
}

static void strip_changes(struct gox_bytes *in, struct gox_buf *out)
{
    uint64_t id;

    while ((id = gox__get_varint(in)) != 0 && !in->failed) {
        uint64_t points = gox__get_varint(in), blocks = gox__get_varint(in);
        gox__put_varint(out, id);
        gox__put_varint(out, points);
        gox__put_varint(out, blocks);
        for (; points > 0 && !in->failed; points--) {
            copy_pos(in, out);
            copy_bytes(in, out, 4);
            gox_bytes_take(in, 4, "a colour");
        }
        for (; blocks > 0 && !in->failed; blocks--)
            strip_block(in, out);
    }
    gox_buf_put_byte(out, 0);
}

/* Of the two frames only the first. */
static int strip_frames(const struct gox_record *r, struct gox_buf *out)
{
    struct gox_bytes frames = r->frames;
    int rc = 0;

    if (frames.len > 0) {
        struct gox_image *skipped = gox_image_new_empty();
        if (skipped == NULL)
            return GOX_ERR_NOMEM;
        rc = gox__get_frame(&frames, skipped);
        gox_image_free(skipped);
    }
    gox_buf_put_u32le(out, (uint32_t)frames.pos);
    if (frames.pos > 0)
        gox_buf_put(out, frames.data, frames.pos);
    return rc;
}

static int put_body(
        const struct gox_record *r, bool is_one_sided, struct gox_buf *out)
{
    struct gox_bytes in = r->changes;
    int rc = 0;

    gox__put_varint(out, r->voxels_changed);
    gox__put_varint(out, (uint64_t)r->layer_id);
    size_t at = out->len;
    gox_buf_put_u32le(out, 0);
    if (r->kind == GOX_EDIT_STRUCTURE && is_one_sided) {
        rc = strip_frames(r, out);
    } else if (r->kind == GOX_EDIT_STRUCTURE) {
        gox_buf_put_u32le(out, (uint32_t)r->frames.len);
        if (r->frames.len > 0)
            gox_buf_put(out, r->frames.data, r->frames.len);
    }
    if (is_one_sided)
        strip_changes(&in, out);
    else
        copy_bytes(&in, out, gox_bytes_left(&in));
    if (out->error == 0)
        gox_buf_set_u32le(out, at, (uint32_t)(out->len - at - 4));
    return rc < 0 ? rc : in.failed ? GOX_ERR_FORMAT : 0;
}

static int put_point(
        struct gox_turn *turn, const struct gox_record *r, bool is_one_sided)
{
    struct gox_change_reader reader;
    struct gox_change change;

    gox__changes_init(&reader, r);
    int more = gox__changes_next(&reader, &change);
    if (more > 0) {
        gox__put_varint(&turn->bytes, (uint64_t)change.layer_id);
        gox__put_point(&turn->bytes, &turn->pos, &change, is_one_sided);
    }
    gox__changes_fini(&reader);
    return more > 0 ? 0 : GOX_ERR_FORMAT;
}

static int put_record(struct packing *p, const struct gox_record *r)
{
    struct gox_edit_info info = {.revision = r->revision, .at_ms = r->at_ms};
    struct gox_buf *out = &p->turn.bytes;
    bool is_step = r->op == GOX_RECORD_UNDO || r->op == GOX_RECORD_REDO;
    bool is_one_sided = !is_step && r->op != GOX_RECORD_BASE &&
                        (r->op == GOX_RECORD_MOVED || !is_named(p, r->edit));
    unsigned op = (unsigned)r->op | (is_one_sided ? GOX_RECORD_ONE_SIDED : 0);

    if (r->op == GOX_RECORD_MOVED)
        op |= r->step == GOX_HISTORY_UNDO ? 0x40U : 0x80U;
    p->has_base |= r->op == GOX_RECORD_BASE;
    memcpy(info.label, r->label, sizeof(r->label));
    gox__turn_begin(&p->turn, op, &info, !is_step);
    switch (r->op) {
    case GOX_RECORD_UNDO:
    case GOX_RECORD_REDO:
        gox__put_varint(out, r->revision - r->edit);
        return 0;
    case GOX_RECORD_BASE:
        break;
    case GOX_RECORD_MOVED:
        gox__put_varint(out, r->revision - r->edit);
        gox__put_varint(out, r->edit - r->base);
        gox_buf_put_byte(out, (uint8_t)r->kind);
        break;
    default:
        gox__put_varint(out, r->revision - r->base);
        if (r->op == GOX_RECORD_POINT)
            return put_point(&p->turn, r, is_one_sided);
    }
    return put_body(r, is_one_sided, out);
}

/* ---- rows ---- */

static void begin_row(struct packing *p)
{
    gox__turn_reset(&p->turn);
    p->rows = 0;
    p->has_base = false;
    p->old_bytes = 0;
}

static int replace_rows(struct packing *p, struct gox_error *err)
{
    sqlite3 *db = p->store->db;
    sqlite3_stmt *stmt = NULL;

    int rc = gox__db_prepare(
            db, "DELETE FROM journal WHERE seq BETWEEN ?1 AND ?2", &stmt, err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, p->from);
    sqlite3_bind_int64(stmt, 2, p->to);
    rc = gox__db_run(db, stmt, err);
    sqlite3_finalize(stmt);
    if (rc == 0)
        rc = gox__db_prepare(
                db, "INSERT INTO journal VALUES(?1, ?2)", &stmt, err);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, p->to);
    sqlite3_bind_blob(stmt, 2, p->out.data, (int)p->out.len, SQLITE_STATIC);
    rc = gox__db_run(db, stmt, err);
    sqlite3_finalize(stmt);
    return rc;
}

static int write_row(struct packing *p, struct gox_error *err)
{
    int rc = gox__turn_pack(&p->turn, &p->head, p->compressor, &p->out);

    if (rc < 0)
        return gox_error_set(
                err, rc, "packing the journal: %s", gox_error_text(rc));
    if (p->out.len >= p->old_bytes)
        return 0;
    rc = gox__slice_begin(p->store, err);
    if (rc < 0)
        return rc;
    rc = gox__slice_end(p->store, replace_rows(p, err), err);
    if (rc == 0)
        gox__store_drop_bytes(p->store, p->old_bytes - p->out.len);
    return rc;
}

/* Adds a row to the one to be. 1: it is in; 0: it is not to be packed. */
static int add_row(struct packing *p, sqlite3_stmt *stmt, struct gox_row *row)
{
    size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
    struct gox_row_head head = row->head;
    struct gox_record r;
    int more;

    while ((more = gox__row_next(row, &r)) > 0) {
        int rc = put_record(p, &r);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return more;
    p->to = sqlite3_column_int64(stmt, 0);
    if (p->rows++ == 0) {
        p->from = p->to;
        p->head = head;
    }
    head.first = p->head.first;
    p->head = head;
    p->old_bytes += len;
    return 1;
}

/* The base record keeps a row of its own, as it goes before the others. */
static bool is_full(const struct packing *p)
{
    return (p->rows > 0 && p->has_base) || p->turn.records >= MOST_RECORDS ||
           p->turn.bytes.len >= MOST_BYTES + GOX_TURN_HEADER;
}

/* Takes rows from `*at` on until there is enough for one. The newest stays by
 * itself, as its head says when the project was changed. */
static int gather(struct packing *p, sqlite3_stmt *stmt, int64_t *at,
        int64_t limit, bool *is_end)
{
    struct gox_row row;
    int rc = 1;

    begin_row(p);
    *is_end = false;
    sqlite3_bind_int64(stmt, 1, *at);
    sqlite3_bind_int64(stmt, 2, limit);
    while (rc == 1 && !is_full(p) && !*is_end) {
        *is_end = sqlite3_step(stmt) != SQLITE_ROW;
        if (*is_end)
            break;
        int64_t seq = sqlite3_column_int64(stmt, 0);
        bool is_alone = seq == limit;
        if (is_alone && p->rows > 0)
            break;
        rc = (size_t)sqlite3_column_bytes(stmt, 1) > MOST_ROW_BYTES
                     ? GOX_ERR_FORMAT
                     : open_at(p, stmt, &row);
        if (rc == GOX_ERR_FORMAT || (rc == 0 && row.form == GOX_ROW_PACKED)) {
            /* Not for us; but what was gathered is. */
            if (p->rows == 0)
                *at = seq;
            rc = 0;
            break;
        }
        if (rc == 0)
            rc = add_row(p, stmt, &row);
        if (rc > 0)
            *at = seq;
    }
    sqlite3_reset(stmt);
    return rc < 0 ? rc : 0;
}

static int pack_rows(
        struct packing *p, int64_t from, int64_t limit, struct gox_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t at = from;
    bool is_end = false;

    int rc = gox__db_prepare(p->reader,
            "SELECT seq, body FROM journal WHERE seq > ?1 AND seq <= ?2"
            " ORDER BY seq",
            &stmt, err);
    while (rc == 0 && !is_end) {
        rc = gather(p, stmt, &at, limit, &is_end);
        if (rc < 0)
            gox_error_set(
                    err, rc, "packing the journal: %s", gox_error_text(rc));
        if (rc == 0 && p->rows > 0)
            rc = write_row(p, err);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int note_packed(gox_store *store, int64_t limit, struct gox_error *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)limit);
    int rc = gox__slice_begin(store, err);
    if (rc < 0)
        return rc;
    return gox__slice_end(
            store, gox__db_put_meta(store->db, "packed", text, err), err);
}

int gox__journal_pack(
        gox_store *store, sqlite3 *reader, int64_t limit, struct gox_error *err)
{
    struct packing p = {.store = store, .reader = reader};
    int64_t from;

    int rc = gox__db_number(reader,
            "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'packed'", -1,
            &from, err);
    if (rc < 0 || from >= limit)
        return rc;
    gox__turn_init(&p.turn);
    gox_buf_init(&p.out, 0);
    p.compressor = libdeflate_alloc_compressor(LEVEL);
    rc = p.compressor == NULL
                 ? gox_error_set(err, GOX_ERR_NOMEM, "out of memory")
                 : find_named(&p, from, err);
    if (rc == 0)
        rc = pack_rows(&p, from, limit, err);
    if (rc == 0)
        rc = note_packed(store, limit, err);
    gox__row_room_fini(&p.room);
    if (p.compressor != NULL)
        libdeflate_free_compressor(p.compressor);
    gox_free(p.named);
    gox__turn_fini(&p.turn);
    gox_buf_fini(&p.out);
    return rc;
}
