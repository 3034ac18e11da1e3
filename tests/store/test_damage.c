/* SPDX-License-Identifier: Apache-2.0
 * Files with flipped bits, cut off, or of another kind: never written to, set
 * aside with a message that names both files, and what can be read goes on.
 *
 * Each project is made of turns with known contents, so that whatever comes
 * out must be one of those states, but where the message says that blocks are
 * lost. */
#include "base/io.h"
#include "store_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { TURNS = 60 };

struct made {
    char dir[64], path[128], wal[140];
    uint64_t sums[TURNS + 1], revisions[TURNS + 1];
    struct gox_input file, log;
};

/* Writes the project in a child that ends without closing, so that the WAL
 * stays; with a snapshot on the way. */
static void write_project(struct made *m, int pipe_fd)
{
    struct project p;
    uint64_t random = 77;
    gox_stores *stores = test_open_dir(m->dir, NULL);

    test_create(stores, "a", &p);
    for (int i = 0; i <= TURNS; i++) {
        for (int k = 0; i > 0 && k < 4; k++)
            test_random_edit(&p, &random);
        test_commit(&p);
        m->sums[i] = test_image_sum(p.img);
        m->revisions[i] = gox_history_revision(p.history);
        if (i == TURNS / 2) {
            if (gox_store_start_snapshot(p.store, NULL) < 0 ||
                    gox_store_wait(p.store, NULL) < 0)
                _exit(1);
        }
        if (i == TURNS * 3 / 4)
            test_reopen(stores, "a", &p); /* brings all into the file */
    }
    ssize_t n = write(pipe_fd, m, sizeof(*m));
    _exit(n == (ssize_t)sizeof(*m) ? 0 : 1);
}

static void make_project(struct made *m)
{
    int fds[2], status;

    memset(m, 0, sizeof(*m));
    gox_test_dir(m->dir);
    snprintf(m->path, sizeof(m->path), "%s/projects/a.goxdb", m->dir);
    snprintf(m->wal, sizeof(m->wal), "%s-wal", m->path);
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0)
        write_project(m, fds[1]);
    assert_int_equal(read(fds[0], m, sizeof(*m)), sizeof(*m));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(gox_input_read_file(&m->file, m->path, 0, NULL), 0);
    assert_int_equal(gox_input_read_file(&m->log, m->wal, 0, NULL), 0);
    assert_true(m->log.len > 10000);
}

static void put_file(const char *path, const uint8_t *data, size_t len)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    close(fd);
}

/* Removes the files set aside; returns how many there were. */
static int remove_aside(const struct made *m)
{
    char folder[96], path[400];
    int count = 0;

    snprintf(folder, sizeof(folder), "%s/projects", m->dir);
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (strstr(e->d_name, ".damaged-") == NULL)
            continue;
        count += strstr(e->d_name, "-wal") == NULL;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        unlink(path);
    }
    closedir(dir);
    return count;
}

static void put_back(const struct made *m)
{
    char path[160];

    snprintf(path, sizeof(path), "%s-shm", m->path);
    unlink(path);
    put_file(m->path, m->file.data, m->file.len);
    put_file(m->wal, m->log.data, m->log.len);
}

static int find_state(const struct made *m, const struct gox_image *img)
{
    uint64_t sum = test_image_sum(img);

    for (int i = TURNS; i >= 0; i--) {
        if (m->sums[i] == sum)
            return i;
    }
    return -1;
}

/* Opens what is there. Returns the number of the turn that came out, or -1
 * when nothing did; damaged tells which of the two ways was taken. */
static int open_and_judge(const struct made *m, bool *damaged)
{
    gox_stores *stores = test_open_dir(m->dir, NULL);
    gox_store *store;
    struct gox_image *img;
    struct gox_store_report report;
    struct gox_error err = {.text = ""};
    int state = -1;

    int rc = gox_store_open(stores, "a", &store, &img, &report, &err);
    *damaged = rc < 0 || report.is_damaged;
    if (rc == 0) {
        state = find_state(m, img);
        if (state < 0 && strstr(report.damage.text, "left empty") != NULL)
            state = 0;
        else if (state < 0)
            fail_msg("a state that never was; %s", report.damage.text);
        gox_store_close(store);
        gox_image_free(img);
    } else {
        assert_int_equal(rc, GOX_ERR_FORMAT);
        assert_non_null(strstr(err.text, ".damaged-"));
        assert_non_null(strstr(err.text, m->path));
    }
    if (rc == 0 && report.is_damaged) {
        assert_non_null(strstr(report.damage.text, ".damaged-"));
        assert_non_null(strstr(report.damage.text, m->path));
        /* The new file is whole. */
        rc = gox_store_open(stores, "a", &store, &img, &report, &err);
        assert_int_equal(rc, 0);
        assert_false(report.is_damaged);
        assert_true(find_state(m, img) == state ||
                    (state == 0 && find_state(m, img) < 0));
        gox_store_close(store);
        gox_image_free(img);
    }
    assert_int_equal(remove_aside(m), *damaged ? 1 : 0);
    gox_stores_close(stores);
    return state;
}

static void free_project(struct made *m)
{
    gox_input_fini(&m->file);
    gox_input_fini(&m->log);
    gox_test_dir_remove(m->dir);
}

static void test_undamaged(void **state)
{
    struct made m;
    bool damaged;
    (void)state;

    make_project(&m);
    assert_int_equal(open_and_judge(&m, &damaged), TURNS);
    assert_false(damaged);
    put_back(&m);
    assert_int_equal(open_and_judge(&m, &damaged), TURNS);
    assert_false(damaged);
    free_project(&m);
}

/* A bit that is flipped anywhere in the file: either it is in something that
 * the newest image does not need, or it is found. */
static void test_flips_in_file(void **state)
{
    struct made m;
    int found = 0, lost = 0;
    uint64_t random = 1;
    (void)state;

    make_project(&m);
    for (int i = 0; i < 160; i++) {
        bool damaged;
        size_t at = i < 100 ? (size_t)i
                            : (test_random(&random) |
                                      (size_t)test_random(&random) << 20) %
                                      m.file.len;
        put_back(&m);
        int fd = open(m.path, O_RDWR);
        uint8_t byte = m.file.data[at] ^ (uint8_t)(1U << (i % 8));
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        close(fd);
        /* The version itself: the file counts as newer, and stays. */
        if (at >= 60 && at < 64)
            continue;
        int turn = open_and_judge(&m, &damaged);
        if (!damaged && turn != TURNS)
            fail_msg("the flip at %zu went unnoticed", at);
        found += damaged;
        lost += turn < 0;
    }
    assert_true(found > 20);
    assert_true(lost < found);
    free_project(&m);
}

/* In the log a flip ends it for SQLite; here it is noticed, also in the frames
 * of the last transaction, which nothing follows. */
static void test_flips_in_log(void **state)
{
    struct made m;
    uint64_t random = 2;
    (void)state;

    make_project(&m);
    for (int i = 0; i < 160; i++) {
        bool damaged;
        size_t frame = 24 + 1024;
        size_t at =
                (test_random(&random) | (size_t)test_random(&random) << 20) %
                m.log.len;
        if (i % 4 == 0) /* the head of the last frame */
            at = m.log.len - frame + (size_t)i / 4 % 24;
        if (i % 4 == 1)
            at = m.log.len - 1 - at % (2 * frame);
        put_back(&m);
        int fd = open(m.wal, O_RDWR);
        uint8_t byte = m.log.data[at] ^ (uint8_t)(1U << (i % 8));
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        close(fd);
        int turn = open_and_judge(&m, &damaged);
        if (!damaged && turn != TURNS)
            fail_msg("the flip at %zu of the log went unnoticed", at);
        assert_true(turn >= 0);
    }
    free_project(&m);
}

static void test_cut_off(void **state)
{
    struct made m;
    uint64_t random = 3;
    (void)state;

    make_project(&m);
    for (int i = 0; i < 40; i++) {
        bool damaged;
        size_t len =
                (test_random(&random) | (size_t)test_random(&random) << 20) %
                m.file.len;
        put_back(&m);
        assert_int_equal(truncate(m.path, (off_t)len), 0);
        int turn = open_and_judge(&m, &damaged);
        if (!damaged && turn != TURNS)
            fail_msg("cut at %zu went unnoticed", len);
    }
    /* A log that ends in the middle of a frame is what a crash leaves. */
    for (int i = 0; i < 40; i++) {
        bool damaged;
        size_t len = 32 + test_random(&random) % (m.log.len - 32);
        put_back(&m);
        assert_int_equal(truncate(m.wal, (off_t)len), 0);
        assert_true(open_and_judge(&m, &damaged) >= 0);
        assert_false(damaged);
    }
    free_project(&m);
}

static void test_other_files(void **state)
{
    static const char text[] = "this is a letter, not a database, and longer "
                               "than the header of one";
    char dir[64], path[128];
    gox_store *store;
    struct gox_image *img;
    struct gox_store_report report;
    struct gox_error err;
    struct gox_input in;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    snprintf(path, sizeof(path), "%s/projects/a.goxdb", dir);
    put_file(path, (const uint8_t *)text, sizeof(text));
    assert_int_equal(gox_store_open(stores, "a", &store, &img, &report, &err),
            GOX_ERR_FORMAT);
    /* It is kept as it was, beside. */
    char *aside = strstr(err.text, "kept as ");
    assert_non_null(aside);
    aside += strlen("kept as ");
    aside[strcspn(aside, ",")] = '\0';
    assert_int_equal(gox_input_read_file(&in, aside, 0, NULL), 0);
    assert_int_equal(in.len, sizeof(text));
    assert_memory_equal(in.data, text, sizeof(text));
    gox_input_fini(&in);
    assert_int_equal(gox_store_open(stores, "a", &store, &img, &report, &err),
            GOX_ERR_NOT_FOUND);
    /* Somebody else's database. */
    char command[300];
    snprintf(command, sizeof(command),
            "command -v sqlite3 >/dev/null && sqlite3 '%s' 'CREATE TABLE "
            "x(y)'",
            path);
    if (system(command) == 0)
        assert_int_equal(
                gox_store_open(stores, "a", &store, &img, &report, &err),
                GOX_ERR_FORMAT);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Flips a bit in the last byte of the n-th block's content, also where pages
 * that are free now still have it. */
static void damage_block(const char *path, int n)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    struct gox_input in;
    int found = 0;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
            sqlite3_prepare_v2(db,
                    "SELECT body FROM block ORDER BY length(body) LIMIT 1"
                    " OFFSET ?1",
                    -1, &stmt, NULL),
            SQLITE_OK);
    sqlite3_bind_int(stmt, 1, n);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const uint8_t *body = sqlite3_column_blob(stmt, 0);
    size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
    assert_int_equal(gox_input_read_file(&in, path, 0, NULL), 0);
    int fd = open(path, O_RDWR);
    for (size_t at = 0; at + len <= in.len; at++) {
        if (memcmp(in.data + at, body, len) != 0)
            continue;
        uint8_t byte = in.data[at + len - 1] ^ 1;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)(at + len - 1)), 1);
        found++;
    }
    assert_true(found > 0);
    close(fd);
    gox_input_fini(&in);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* One damaged block in a project whose history is packed: the other blocks come
 * out as they are now, and so do the edits after the snapshot. */
static void test_lost_block(void **state)
{
    enum { CUBES = 8 };
    char dir[64], path[160];
    struct project p;
    (void)state;

    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_create(stores, "a", &p);
    for (int round = 0; round < 2; round++) {
        /* A block of its own for each; those of the second round are larger. */
        for (int i = 0; i < CUBES * (1 + round * 4); i++)
            test_point(&p, i % CUBES * 16 + i / CUBES + round, i % 3, round,
                    0xff000001U + (unsigned)(i * 7654321 % 0xffffff));
        test_commit(&p);
        assert_int_equal(gox_store_start_snapshot(p.store, NULL), 0);
        assert_int_equal(gox_store_wait(p.store, NULL), 0);
    }
    test_point(&p, 500, 0, 0, 0xffaabbccU);
    test_commit(&p);
    snprintf(path, sizeof(path), "%s", gox_store_path(p.store));
    test_close(&p);
    damage_block(path, 2 * CUBES - 1);
    damage_block(path, 2 * CUBES - 2);
    test_open(stores, "a", &p);
    assert_true(p.report.is_damaged);
    assert_non_null(strstr(p.report.damage.text, "as an older snapshot"));
    /* Two blocks have one voxel, the others all six. */
    assert_int_equal(gox_image_solid(p.img), 6 * CUBES + 1 - 2 * 5);
    assert_int_equal(gox_volume_get(gox_image_active_layer(p.img)->volume,
                             gox_pos_make(500, 0, 0)),
            0xffaabbccU);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_undamaged),
            cmocka_unit_test(test_flips_in_file),
            cmocka_unit_test(test_flips_in_log),
            cmocka_unit_test(test_cut_off),
            cmocka_unit_test(test_other_files),
            cmocka_unit_test(test_lost_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
