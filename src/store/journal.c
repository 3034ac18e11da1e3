/* SPDX-License-Identifier: Apache-2.0
 * Finding rows and records of the journal, and replaying them.
 *
 * Invariant: a row at hand stays valid until the next call or release; nobody
 * keeps one over a commit. */
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
}

void gox__journal_close(struct gox_journal *journal)
{
    gox__journal_release(journal);
    sqlite3_finalize(journal->find);
    sqlite3_finalize(journal->prior);
    memset(journal, 0, sizeof(*journal));
}

/* A blob that cannot be read whole comes as NULL with the error in the
 * connection. */
static int open_row(sqlite3 *db, sqlite3_stmt *stmt, struct gox_row *row,
        struct gox_error *err)
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(stmt, 0);
    const void *data = sqlite3_column_blob(stmt, 1);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 1);

    if (data == NULL && sqlite3_errcode(db) == SQLITE_NOMEM)
        return gox__db_fail(db, SQLITE_NOMEM, "read", err);
    return gox__row_open(row, seq, data, data == NULL ? 0 : len, err);
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
        rc = open_row(journal->db, stmt, row, err);
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

int gox__journal_find_edit(struct gox_journal *journal, uint64_t edit,
        struct gox_record *record, struct gox_error *err)
{
    struct gox_row row;

    int rc = gox__journal_find(journal, edit, &row, err);
    while (rc == 0 && (rc = gox__row_next(&row, record)) > 0) {
        if (record->revision == edit && record->step == GOX_HISTORY_EDIT)
            return record->op == GOX_RECORD_BASE ? GOX_ERR_NOT_FOUND : 0;
        rc = 0;
    }
    if (rc == 0)
        return gox_error_set(err, GOX_ERR_NOT_FOUND, "revision %llu is no edit",
                (unsigned long long)edit);
    if (rc == GOX_ERR_FORMAT)
        gox_error_set(err, rc,
                "the journal row with revision %llu is malformed",
                (unsigned long long)edit);
    return rc;
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
        struct gox_journal *other, struct gox_image *img,
        struct gox_replay *replay, struct gox_error *err)
{
    struct gox_row row;
    uint64_t expected = replay->head.last + 1;
    int step, rc = 0;

    while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = open_row(db, stmt, &row, err);
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
        rc = replay_rows(db, stmt, &other, img, replay, &why);
    sqlite3_finalize(stmt);
    gox__journal_close(&other);
    if (rc < 0)
        rc = note_damage(replay, rc, &why);
    if (rc < 0 && err != NULL)
        *err = why;
    return rc;
}
