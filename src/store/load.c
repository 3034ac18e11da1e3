/* SPDX-License-Identifier: Apache-2.0
 * The newest image of a file: the newest snapshot that is whole, and the
 * journal after it; and whether the WAL beside the file was damaged.
 *
 * Invariant: only reads. */
#include "base/alloc.h"
#include "base/io.h"
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>

static void note_damage(struct gox_loaded *loaded, const struct gox_error *why)
{
    if (!loaded->is_damaged)
        loaded->damage = *why;
    loaded->is_damaged = true;
}

static int load_snapshot(sqlite3 *db, unsigned threads,
        struct gox_loaded *loaded, struct gox_error *err)
{
    struct gox_error why = {0};
    unsigned damaged = 0;

    int rc = gox__snapshot_read(
            db, NULL, threads, &loaded->snapshot, &loaded->img, &damaged, &why);
    if (damaged > 0 || rc == GOX_ERR_FORMAT)
        note_damage(loaded, &why);
    if (loaded->img == NULL)
        loaded->snapshot.id = 0;
    if (rc < 0 && rc != GOX_ERR_FORMAT) {
        if (err != NULL)
            *err = why;
        return rc;
    }
    return 0;
}

/* Without a snapshot the journal must begin with the base record. */
static int load_journal(
        sqlite3 *db, struct gox_loaded *loaded, struct gox_error *err)
{
    struct gox_replay *replay = &loaded->replay;
    const struct gox_snapshot_head *s = &loaded->snapshot;

    if (s->id == 0) {
        loaded->img = gox_image_new_empty();
        if (loaded->img == NULL)
            return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    } else {
        replay->head = (struct gox_row_head){.first = s->revision,
                .last = s->revision,
                .at_ms = s->at_ms,
                .voxels = s->voxels,
                .state = s->state,
                .redo_top = s->redo_top};
    }
    int rc = gox__journal_replay(db, s->id == 0 ? -1 : (int64_t)s->revision,
            loaded->img, replay, err);
    if (rc < 0)
        return rc;
    if (replay->is_damaged)
        note_damage(loaded, &replay->damage);
    if (loaded->img->layer_count == 0) {
        struct gox_error none;
        gox_error_set(&none, GOX_ERR_FORMAT, "there is no image in it");
        note_damage(loaded, &none);
        gox_image_free(loaded->img);
        loaded->img = NULL;
    } else if (!loaded->is_damaged &&
               gox_image_solid(loaded->img) != replay->head.voxels) {
        struct gox_error other;
        gox_error_set(&other, GOX_ERR_FORMAT,
                "the journal says %llu voxels, replaying it gave %llu",
                (unsigned long long)replay->head.voxels,
                (unsigned long long)gox_image_solid(loaded->img));
        note_damage(loaded, &other);
    }
    return 0;
}

/* Rows before a snapshot are packed and lead only back: when it cannot be read
 * whole, an older one does not lead to now. Then the most of it is better. */
static int load_salvage(sqlite3 *db, unsigned threads,
        struct gox_loaded *loaded, struct gox_error *err)
{
    struct gox_loaded other = {.is_damaged = true};
    size_t replaced, empty;

    int rc = gox__snapshot_salvage(
            db, threads, &other.snapshot, &other.img, &replaced, &empty, err);
    if (rc < 0 || other.img == NULL)
        return rc;
    rc = load_journal(db, &other, err);
    if (rc < 0 || other.img == NULL ||
            other.replay.head.last <= loaded->replay.head.last) {
        gox_image_free(other.img);
        return rc;
    }
    gox_error_set(&other.damage, GOX_ERR_FORMAT,
            "%.200s; of its blocks %zu are as an older snapshot has them and "
            "%zu are left empty",
            loaded->damage.text, replaced, empty);
    gox_image_free(loaded->img);
    *loaded = other;
    return 0;
}

int gox__load(sqlite3 *db, const char *path, unsigned threads,
        struct gox_loaded *loaded, struct gox_error *err)
{
    memset(loaded, 0, sizeof(*loaded));
    int rc = gox__db_check_version(db, err);
    /* No snapshot of a transaction must change under the reader. */
    if (rc == 0)
        rc = gox__db_exec(db, "BEGIN", err);
    if (rc == 0)
        rc = load_snapshot(db, threads, loaded, err);
    if (rc == 0)
        rc = load_journal(db, loaded, err);
    if (rc == 0 && loaded->is_damaged)
        rc = load_salvage(db, threads, loaded, err);
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (rc < 0) {
        gox_image_free(loaded->img);
        loaded->img = NULL;
        gox_error_prefix(err, "%s", path);
    }
    return rc;
}

/* ---- the WAL ---- */

static uint32_t get_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           (uint32_t)p[3];
}

static uint32_t get_word(const uint8_t *p, bool is_big)
{
    return is_big ? get_be(p)
                  : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
                            (uint32_t)p[1] << 8 | (uint32_t)p[0];
}

/* SQLite's file format, "WAL checksum algorithm". */
static void sum_wal(
        uint32_t sum[2], const uint8_t *data, size_t len, bool is_big)
{
    for (size_t i = 0; i + 8 <= len; i += 8) {
        sum[0] += get_word(data + i, is_big) + sum[1];
        sum[1] += get_word(data + i + 4, is_big) + sum[0];
    }
}

/* What is known while the frames are walked. */
struct wal_scan {
    const uint8_t *salt;
    uint32_t sum[2];
    bool is_big, is_broken, is_damaged;
};

/* Whether the frame's sum is right after the frames before it. */
static bool has_sum(uint32_t sum[2], const uint8_t start[8],
        const uint8_t *frame, size_t page, bool is_big)
{
    sum_wal(sum, start, 8, is_big);
    sum_wal(sum, frame + 24, page, is_big);
    return sum[0] == get_be(frame + 16) && sum[1] == get_be(frame + 20);
}

/* Whether the frame was the last of its transaction until one bit of the four
 * bytes that say so was flipped. */
static bool was_last(
        const struct wal_scan *scan, const uint8_t *frame, size_t page)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t sum[2] = {scan->sum[0], scan->sum[1]};
        uint8_t start[8];
        memcpy(start, frame, sizeof(start));
        start[4 + bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (has_sum(sum, start, frame, page, scan->is_big))
            return true;
    }
    return false;
}

static void scan_frame(struct wal_scan *scan, const uint8_t *frame, size_t page)
{
    bool is_ours = memcmp(frame + 8, scan->salt, 8) == 0;
    bool is_first = !scan->is_broken;
    uint32_t sum[2] = {scan->sum[0], scan->sum[1]};

    bool is_right = has_sum(sum, frame, frame, page, scan->is_big);
    bool is_good = is_ours && is_right;
    /* A sum goes on from those before it: only the salt is wrong. */
    scan->is_damaged |= is_first && is_right && !is_ours;
    scan->is_damaged |= is_first && is_ours && !is_right &&
                        get_be(frame + 4) == 0 && was_last(scan, frame, page);
    /* The next one is held against the sum that this one says. */
    scan->sum[0] = get_be(frame + 16);
    scan->sum[1] = get_be(frame + 20);
    scan->is_broken |= !is_good;
    scan->is_damaged |= scan->is_broken && is_ours && get_be(frame + 4) != 0;
}

/* SQLite ends the log at the first frame whose checksum is wrong, without a
 * word. After a crash what follows there are the first frames of one
 * transaction. The last frame of a transaction (it says the size of the
 * database) is written whole or not at all when a process is killed, so that
 * one behind the end says that something was damaged. */
bool gox__wal_is_damaged(const char *path, char *why, size_t size)
{
    static const uint8_t nothing[32];
    struct gox_input in = {0};
    struct wal_scan scan = {.is_broken = false};
    char *wal = gox__path_join(path, "-wal");

    if (wal == NULL || gox__file_bytes(wal) <= 32 ||
            gox_input_read_file(&in, wal, 0, NULL) < 0 || in.len <= 32 ||
            memcmp(in.data, nothing, sizeof(nothing)) == 0)
        goto out;
    size_t page = get_be(in.data + 8);
    scan.is_big = (get_be(in.data) & 1) != 0;
    scan.salt = in.data + 16;
    sum_wal(scan.sum, in.data, 24, scan.is_big);
    scan.is_damaged = scan.sum[0] != get_be(in.data + 24) ||
                      scan.sum[1] != get_be(in.data + 28) || page < 512 ||
                      page > 65536;
    for (size_t at = 32; !scan.is_damaged && at + 24 + page <= in.len;
            at += 24 + page)
        scan_frame(&scan, in.data + at, page);
    if (scan.is_damaged)
        snprintf(why, size,
                "the log beside it (-wal) has a damaged frame: flipped bits, "
                "or a power cut before the last fsync");

out:
    gox_input_fini(&in);
    gox_free(wal);
    return scan.is_damaged;
}
