/* SPDX-License-Identifier: Apache-2.0
 * Finding rows and records of the journal, and replaying them.
 *
 * Invariant: a row at hand stays valid until the next call or release; nobody
 * keeps one over a commit. */
#include "base/alloc.h"
#include "store/store_internal.h"

#include <string.h>

int gox__journal_open(
        struct gox_journal *journal, sqlite3 *db, struct gox_error *err)
{
    memset(journal, 0, sizeof(*journal));
    journal->db = db;
    int rc = gox__db_prepare(db,
            "SELECT seq, body FROM journal WHERE seq >= ?1 "
            "ORDER BY seq LIMIT 1",
            &journal->find, err);
    if (rc == 0)
        rc = gox__db_prepare(db,
                "SELECT seq, body FROM journal WHERE seq <= ?1 "
                "ORDER BY seq DESC LIMIT 1",
                &journal->prior, err);
    if (rc < 0)
        gox__journal_close(journal);
    return rc;
}

void gox__journal_release(struct gox_journal *journal)
{
    if (journal->held != NULL)
        sqlite3_reset(journal->held);
    journal->held = NULL;
    journal->records.count = 0;
}

void gox__journal_close(struct gox_journal *journal)
{
    gox__journal_release(journal);
    sqlite3_finalize(journal->find);
    sqlite3_finalize(journal->prior);
    gox__row_room_fini(&journal->room);
    gox_free(journal->records.items);
    memset(journal, 0, sizeof(*journal));
}

/* A blob that cannot be read whole comes as NULL with the error in the
 * connection. */
static int open_row(sqlite3 *db, sqlite3_stmt *stmt, struct gox_row *row,
        struct gox_row_room *room, struct gox_error *err)
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0);
    const void *data = sqlite3_column_blob(stmt, 1);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 1);

    if (data == NULL && sqlite3_errcode(db) == SQLITE_NOMEM)
        return gox__db_fail(db, SQLITE_NOMEM, "read", err);
    return gox__row_open(row, seq, data, data == NULL ? 0 : len, room, err);
}

static int step_to(struct gox_journal *journal, sqlite3_stmt *stmt,
        uint64_t revision, struct gox_row *row, struct gox_error *err)
{
    gox__journal_release(journal);
    sqlite3_bind_int64(stmt, 1, (int64_t)revision);
    int step = sqlite3_step(stmt);
    journal->held = stmt;
    int rc = 0;
    if (step == SQLITE_DONE)
        rc = gox_error_set(err, GOX_ERR_NOT_FOUND,
                "revision %llu is not in the journal any more",
                (unsigned long long)revision);
    else if (step != SQLITE_ROW)
        rc = gox__db_fail(journal->db, step, "read", err);
    else
        rc = open_row(journal->db, stmt, row, &journal->room, err);
    if (rc < 0)
        gox__journal_release(journal);
    else
        journal->row = *row;
    return rc;
}

int gox__journal_find(struct gox_journal *journal, uint64_t revision,
        struct gox_row *row, struct gox_error *err)
{
    if (journal->held != NULL && journal->row.head.first <= revision &&
            journal->row.head.last >= revision) {
        *row = journal->row;
        return 0;
    }
    int rc = step_to(journal, journal->find, revision, row, err);
    if (rc == 0 && row->head.first > revision)
        rc = gox_error_set(err, GOX_ERR_NOT_FOUND,
                "revision %llu is not in the journal any more",
                (unsigned long long)revision);
    return rc;
}

int gox__journal_find_first(
        struct gox_journal *journal, struct gox_row *row, struct gox_error *err)
{
    return step_to(journal, journal->find, 0, row, err);
}

int gox__journal_prior(struct gox_journal *journal, uint64_t revision,
        struct gox_row *row, struct gox_error *err)
{
    return step_to(journal, journal->prior, revision, row, err);
}

/* The records of the row at hand, read once for many that look for one. */
static int list_records(struct gox_journal *journal, const struct gox_row *row,
        struct gox_error *err)
{
    struct gox_row copy = *row;

    if (journal->records.count > 0)
        return 0;
    int rc = gox__row_read_all(&copy, &journal->records);
    if (rc < 0)
        gox_error_set(err, rc, "the journal row %llu: %s",
                (unsigned long long)row->head.last, gox_error_text(rc));
    return rc;
}

/* The first record in the list from the revision on. */
static size_t find_from(const struct gox_record_list *list, uint64_t revision)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].revision < revision)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int gox__journal_find_edit(struct gox_journal *journal, uint64_t edit,
        struct gox_record *record, struct gox_error *err)
{
    const struct gox_record_list *list = &journal->records;
    struct gox_row row;

    int rc = gox__journal_find(journal, edit, &row, err);
    if (rc == 0)
        rc = list_records(journal, &row, err);
    for (size_t i = find_from(list, edit); rc == 0 && i < list->count; i++) {
        const struct gox_record *r = &list->items[i];
        if (r->revision != edit)
            break;
        if (r->step != GOX_HISTORY_EDIT)
            continue;
        *record = *r;
        return r->op == GOX_RECORD_BASE ? GOX_ERR_NOT_FOUND : 0;
    }
    if (rc == 0)
        return gox_error_set(err, GOX_ERR_NOT_FOUND, "revision %llu is no edit",
                (unsigned long long)edit);
    return rc;
}

int gox__journal_find_undo(struct gox_journal *journal, uint64_t edit,
        struct gox_record *record, struct gox_error *err)
{
    const struct gox_record_list *list = &journal->records;
    uint64_t at = INT64_MAX;
    struct gox_row row;
    int rc = 0;

    while (rc == 0 && at > edit) {
        rc = gox__journal_prior(journal, at, &row, err);
        if (rc == 0)
            rc = list_records(journal, &row, err);
        for (size_t i = list->count; rc == 0 && i-- > 0;) {
            const struct gox_record *r = &list->items[i];
            /* A new edit ends what can be redone. */
            if (r->step == GOX_HISTORY_EDIT)
                return GOX_ERR_NOT_FOUND;
            if (r->edit != edit || r->step != GOX_HISTORY_UNDO)
                continue;
            *record = *r;
            return r->op == GOX_RECORD_MOVED ? 0 : GOX_ERR_NOT_FOUND;
        }
        at = row.head.first - 1;
    }
    return rc < 0 ? rc : GOX_ERR_NOT_FOUND;
}

int gox__journal_apply(struct gox_journal *other,
        const struct gox_record *record, bool is_back, struct gox_image *img,
        struct gox_error *err)
{
    struct gox_record edit;
    int rc;

    if (record->op == GOX_RECORD_UNDO || record->op == GOX_RECORD_REDO) {
        bool is_undo = record->op == GOX_RECORD_UNDO;
        rc = gox__journal_find_edit(other, record->edit, &edit, err);
        if (rc < 0)
            return rc;
        rc = gox__record_apply(&edit, is_undo != is_back, img);
    } else {
        rc = gox__record_apply(record, is_back, img);
    }
    if (rc < 0)
        gox_error_set(err, rc, "revision %llu: %s",
                (unsigned long long)record->revision, gox_error_text(rc));
    return rc;
}

static int replay_row(struct gox_journal *other, struct gox_row *row,
        struct gox_image *img, struct gox_replay *replay, struct gox_error *err)
{
    struct gox_record record;
    int more;

    while ((more = gox__row_next(row, &record)) > 0) {
        int rc = gox__journal_apply(other, &record, false, img, err);
        if (rc < 0)
            return rc;
        replay->records++;
    }
    if (more < 0)
        gox_error_set(err, more, "journal row %llu is malformed",
                (unsigned long long)row->head.last);
    return more;
}

/* Damage ends the replay and is no failure of it; all else is. */
static int note_damage(
        struct gox_replay *replay, int code, const struct gox_error *why)
{
    if (code != GOX_ERR_FORMAT && code != GOX_ERR_NOT_FOUND)
        return code;
    replay->is_damaged = true;
    replay->damage = *why;
    return 0;
}

static int replay_rows(sqlite3 *db, sqlite3_stmt *stmt,
        struct gox_journal *other, struct gox_row_room *room,
        struct gox_image *img, struct gox_replay *replay, struct gox_error *err)
{
    struct gox_row row;
    uint64_t expected = replay->head.last + 1;
    int step, rc = 0;

    while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = open_row(db, stmt, &row, room, err);
        if (rc == 0 && row.head.first != expected)
            rc = gox_error_set(err, GOX_ERR_FORMAT,
                    "journal row %llu does not follow revision %llu",
                    (unsigned long long)row.head.last,
                    (unsigned long long)expected - 1);
        struct gox_row_head head = row.head;
        if (rc == 0)
            rc = replay_row(other, &row, img, replay, err);
        if (rc < 0)
            return rc;
        replay->head = head;
        replay->bytes += (size_t)sqlite3_column_bytes(stmt, 1);
        expected = head.last + 1;
    }
    return step == SQLITE_DONE ? 0 : gox__db_fail(db, step, "read", err);
}

int gox__journal_replay(sqlite3 *db, int64_t revision, struct gox_image *img,
        struct gox_replay *replay, struct gox_error *err)
{
    struct gox_journal other;
    struct gox_row_room room = {0};
    sqlite3_stmt *stmt = NULL;
    struct gox_error why = {0};

    int rc = gox__journal_open(&other, db, &why);
    if (rc == 0)
        rc = gox__db_prepare(db,
                "SELECT seq, body FROM journal WHERE seq > ?1 ORDER BY seq",
                &stmt, &why);
    if (rc == 0) {
        sqlite3_bind_int64(stmt, 1, revision);
        if (revision < 0) { /* from the base row, whatever its revision */
            int64_t first;
            rc = gox__db_number(
                    db, "SELECT min(seq) FROM journal", 0, &first, &why);
            replay->head.last = (uint64_t)first - 1;
        }
    }
    if (rc == 0)
        rc = replay_rows(db, stmt, &other, &room, img, replay, &why);
    sqlite3_finalize(stmt);
    gox__row_room_fini(&room);
    gox__journal_close(&other);
    if (rc < 0)
        rc = note_damage(replay, rc, &why);
    if (rc < 0 && err != NULL)
        *err = why;
    return rc;
}
