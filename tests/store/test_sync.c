/* SPDX-License-Identifier: Apache-2.0
 * How edits get into the kernel and on the disk: one write a commit, and one
 * flush for many projects, with what becomes of them when it fails. */
#include "base/time.h"
#include "store_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MANY 70

static struct gox_store_settings make_settings(enum gox_durability durability)
{
    return (struct gox_store_settings){.durability = durability,
            .interval_ms = 300, /* longer than a turn, however busy it is */
            .wal_bytes = (uint64_t)1 << 40,
            .wal_hard_bytes = (uint64_t)1 << 40,
            .vfs = "faulty"};
}

/* ---- writes ---- */

static void copy_file(const char *from, const char *to)
{
    char buf[4096];
    size_t n;

    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(buf, 1, sizeof buf, in)) > 0)
        assert_int_equal(fwrite(buf, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* What is there when the process is killed now. */
static void expect_in_kernel(struct project *p)
{
    char dir[64], from[300], to[300];
    struct project copy;

    gox_test_dir(dir);
    snprintf(to, sizeof to, "%s/projects", dir);
    assert_int_equal(mkdir(to, 0700), 0);
    snprintf(to, sizeof to, "%s/projects/a.goxdb", dir);
    copy_file(gox_store_path(p->store), to);
    snprintf(from, sizeof from, "%s-wal", gox_store_path(p->store));
    snprintf(to, sizeof to, "%s/projects/a.goxdb-wal", dir);
    copy_file(from, to);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_open(stores, "a", &copy);
    assert_false(copy.report.is_damaged);
    assert_int_equal(copy.report.revision, gox_history_revision(p->history));
    assert_true(test_images_equal(copy.img, p->img));
    test_close(&copy);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Larger than SQLite's cache: pages go to the log before the commit, and some
 * of them again. */
static void edit_much(struct project *p, uint64_t *random)
{
    assert_int_equal(
            gox_history_begin(p->history, p->img, GOX_EDIT_VOXELS, "much"), 0);
    gox_volume *v = gox_image_active_layer(p->img)->volume;
    for (int i = 0; i < 80 * 80 * 80; i++)
        assert_int_equal(
                gox_volume_set(v, gox_pos_make(i % 80, i / 80 % 80, i / 6400),
                        test_random(random) | 0xff000000U),
                0);
    gox_history_commit(p->history, gox_time_wall_ms(), NULL);
}

static void test_writes_of_commits(void **state)
{
    char dir[64];
    struct project p;
    uint64_t random = 5;
    struct gox_store_settings settings = make_settings(GOX_DURABILITY_NONE);
    struct gox_error err;
    (void)state;

    test_faulty_vfs();
    gox_test_dir(dir);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    for (int i = 0; i < 20; i++) {
        test_point(&p, i, 0, 0, 0xff0000ffU);
        test_commit(&p);
        expect_in_kernel(&p);
    }
    /* Now and then a row needs a page more. */
    unsigned before = test_writes();
    for (int i = 0; i < 300; i++) {
        test_point(&p, i, 1, 0, 0xff0000ffU);
        test_commit(&p);
    }
    assert_in_range(test_writes() - before, 300, 450);
    for (int i = 0; i < 3; i++) {
        edit_much(&p, &random);
        test_commit(&p);
        expect_in_kernel(&p);
        edit_much(&p, &random);
        test_fill_disk(300000 + 4321 * i);
        assert_int_equal(gox_store_commit(p.store, &err), GOX_ERR_IO);
        test_fill_disk(-1);
        assert_int_equal(gox_store_rollback(p.store, &err), 0);
        expect_in_kernel(&p);
        test_point(&p, i, 2, 0, 0xff0000ffU);
        test_commit(&p);
        expect_in_kernel(&p);
    }
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* ---- a log that is written over ---- */

static long size_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (long)info.st_size : 0;
}

/* Edits without a pause until a log of a MiB or more was ended. */
static void fill_log(struct project *p, const char *wal, uint64_t *random)
{
    int64_t limit = gox_time_now_ns() + 30 * GOX_NS_PER_S;
    struct gox_store_stats stats;

    do {
        for (int i = 0; i < 20; i++)
            test_random_edit(p, random);
        test_commit(p);
        gox_store_get_stats(p->store, &stats);
        if (gox_time_now_ns() > limit)
            fail_msg("the log was not ended within 30 s");
    } while (size_of(wal) < 1 << 20 || stats.wal_bytes >= 1 << 19);
}

/* What a power cut may leave: pages of the log as they were before. 0: the
 * first, 1: one of what was written since, ... */
static void lose_page(const char *wal, long page)
{
    static const char nothing[32];
    char stale[4096];

    FILE *file = fopen(wal, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (1 << 20) - 4096, SEEK_SET), 0);
    assert_int_equal(fread(stale, 1, sizeof stale, file), sizeof stale);
    if (page == 0)
        memcpy(stale, nothing, sizeof nothing);
    assert_int_equal(fseek(file, page * 4096, SEEK_SET), 0);
    assert_int_equal(fwrite(stale, 1, sizeof stale, file), sizeof stale);
    assert_int_equal(fclose(file), 0);
}

/* base: copies of the file and its log. page < 0: nothing is lost. */
static void expect_after_cut(struct project *p, const char *base, long page)
{
    char dir[64], from[300], to[300];
    struct project copy;
    struct gox_image *img;
    struct gox_store_check check;
    struct gox_error err = {.text = ""};

    gox_test_dir(dir);
    snprintf(to, sizeof to, "%s/projects", dir);
    assert_int_equal(mkdir(to, 0700), 0);
    snprintf(to, sizeof to, "%s/projects/a.goxdb", dir);
    snprintf(from, sizeof from, "%s/file", base);
    copy_file(from, to);
    snprintf(to, sizeof to, "%s/projects/a.goxdb-wal", dir);
    snprintf(from, sizeof from, "%s/log", base);
    copy_file(from, to);
    if (page >= 0)
        lose_page(to, page);
    gox_stores *stores = test_open_dir(dir, NULL);
    test_open(stores, "a", &copy);
    uint64_t now = gox_history_revision(p->history);
    assert_true(copy.report.revision <= now);
    if (page < 0)
        assert_int_equal(copy.report.revision, now);
    if (gox_store_image_at(p->store, copy.report.revision, &img, &err) < 0)
        fail_msg("%s", err.text);
    assert_true(test_images_equal(copy.img, img));
    gox_image_free(img);
    assert_int_equal(gox_stores_check(stores, "a", &check, NULL, &err), 0);
    if (check.problems > 0)
        fail_msg("%s", check.first.text);
    test_close(&copy);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
}

/* Some edits into a log that was ended; copies of it while nothing is done with
 * it. Returns how long the log is. */
static uint64_t write_over(
        struct project *p, const char *wal, const char *base, uint64_t *random)
{
    struct gox_store_stats stats;
    char to[300];

    do {
        fill_log(p, wal, random);
        for (int i = 0; i < 20; i++) {
            test_random_edit(p, random);
            test_commit(p);
        }
        assert_int_equal(gox_store_wait(p->store, NULL), 0);
        gox_store_get_stats(p->store, &stats);
    } while (stats.wal_bytes >= 1 << 20 || stats.wal_bytes == 0);
    snprintf(to, sizeof to, "%s/file", base);
    copy_file(gox_store_path(p->store), to);
    snprintf(to, sizeof to, "%s/log", base);
    copy_file(wal, to);
    assert_true(size_of(to) >= 1 << 20);
    return stats.wal_bytes;
}

static void test_log_written_over(void **state)
{
    char dir[64], base[64], wal[300];
    struct project p;
    uint64_t random = 77;
    struct gox_store_settings settings = {.durability = GOX_DURABILITY_NONE,
            .wal_bytes = (uint64_t)1 << 20,
            .wal_hard_bytes = (uint64_t)3 << 19};
    (void)state;

    gox_test_dir(dir);
    gox_test_dir(base);
    gox_stores *stores = test_open_dir(dir, &settings);
    test_create(stores, "a", &p);
    snprintf(wal, sizeof wal, "%s-wal", gox_store_path(p.store));
    for (int round = 0; round < 2; round++) {
        long pages = (long)(write_over(&p, wal, base, &random) / 4096);
        expect_after_cut(&p, base, -1);
        for (long page = 0; page <= pages && page < 6; page++)
            expect_after_cut(&p, base, page);
    }
    /* When nothing comes any more its space is given back. */
    int64_t limit = gox_time_now_ns() + 20 * GOX_NS_PER_S;
    while (size_of(wal) > 0 && gox_time_now_ns() < limit)
        usleep(10000);
    assert_int_equal(size_of(wal), 0);
    test_reopen(stores, "a", &p);
    test_close(&p);
    gox_stores_close(stores);
    gox_test_dir_remove(dir);
    gox_test_dir_remove(base);
}

/* ---- one flush for many ---- */

static struct {
    atomic_uint calls;
    atomic_int error, pause_ms;
} disk;

static int flush(int fd)
{
    assert_true(fd >= 0);
    struct timespec pause = {.tv_nsec = atomic_load(&disk.pause_ms) * 1000000L};
    /* A disk that takes its time. */
    nanosleep(&pause, NULL);
    atomic_fetch_add(&disk.calls, 1);
    errno = atomic_load(&disk.error);
    return errno == 0 ? 0 : -1;
}

struct many {
    char dir[64];
    gox_stores *stores;
    struct project p[MANY];
    gox_store *list[MANY];
    int codes[MANY];
    struct gox_error errs[MANY];
    int turns;
};

static void begin(struct many *m, enum gox_durability durability)
{
    struct gox_store_settings settings = make_settings(durability);
    char name[16];

    test_faulty_vfs();
    test_have_no_disk(true);
    atomic_store(&disk.calls, 0);
    atomic_store(&disk.error, 0);
    atomic_store(&disk.pause_ms, 0);
    memset(m, 0, sizeof *m);
    gox_test_dir(m->dir);
    settings.flush = flush;
    m->stores = test_open_dir(m->dir, &settings);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "p%d", i);
        test_create(m->stores, name, &m->p[i]);
        m->list[i] = m->p[i].store;
    }
}

static void end(struct many *m)
{
    for (int i = 0; i < MANY; i++)
        test_close(&m->p[i]);
    gox_stores_close(m->stores);
    gox_test_dir_remove(m->dir);
}

/* One edit in each. */
static void turn(struct many *m)
{
    m->turns++;
    for (int i = 0; i < MANY; i++)
        test_point(&m->p[i], m->turns, 0, 0, 0xff0000ffU);
    assert_int_equal(
            gox_store_commit_many(m->list, MANY, m->codes, m->errs), 0);
}

static void expect_codes(const struct many *m, int code)
{
    for (int i = 0; i < MANY; i++)
        assert_int_equal(m->codes[i], code);
}

static struct gox_store_stats stats_of(const struct many *m, int i)
{
    struct gox_store_stats stats;

    gox_store_get_stats(m->p[i].store, &stats);
    return stats;
}

/* Until all were synced so many times, or are not safe any more. */
static void wait_for_syncs(const struct many *m, uint64_t syncs)
{
    int64_t limit = gox_time_now_ns() + 10 * GOX_NS_PER_S;

    for (int i = 0; i < MANY;) {
        struct gox_store_stats stats = stats_of(m, i);
        if (stats.syncs >= syncs || !stats.is_safe) {
            i++;
            continue;
        }
        if (gox_time_now_ns() > limit)
            fail_msg("project %d is not synced within 10 s", i);
        usleep(1000);
    }
}

static void test_flush_with_interval(void **state)
{
    struct many m;
    (void)state;

    begin(&m, GOX_DURABILITY_INTERVAL);
    unsigned syncs = test_syncs();
    for (unsigned i = 1; i <= 3; i++) {
        turn(&m);
        expect_codes(&m, 0);
        wait_for_syncs(&m, i);
        assert_true(atomic_load(&disk.calls) >= i);
    }
    /* The commits of one turn may fall around a flush. */
    assert_true(atomic_load(&disk.calls) <= 6);
    assert_true(test_syncs() - syncs < MANY);
    end(&m);
}

/* Fewer are synced one by one. */
static void test_no_flush_for_few(void **state)
{
    struct many m;
    (void)state;

    begin(&m, GOX_DURABILITY_INTERVAL);
    unsigned syncs = test_syncs();
    test_point(&m.p[0], 1, 0, 0, 0xff0000ffU);
    test_commit(&m.p[0]);
    int64_t limit = gox_time_now_ns() + 10 * GOX_NS_PER_S;
    while (stats_of(&m, 0).syncs == 0 && gox_time_now_ns() < limit)
        usleep(1000);
    assert_true(test_syncs() > syncs);
    assert_int_equal(atomic_load(&disk.calls), 0);
    end(&m);
}

static void test_failed_flush_with_interval(void **state)
{
    struct many m;
    struct gox_error err;
    (void)state;

    begin(&m, GOX_DURABILITY_INTERVAL);
    atomic_store(&disk.error, EIO);
    turn(&m);
    expect_codes(&m, 0);
    wait_for_syncs(&m, 1);
    for (int i = 0; i < MANY; i++) {
        if (stats_of(&m, i).is_safe)
            continue; /* its commit came after the flush began */
        test_point(&m.p[i], 99, 0, 0, 0xff0000ffU);
        assert_int_equal(
                gox_store_commit(m.p[i].store, &err), GOX_ERR_READ_ONLY);
        assert_non_null(strstr(err.text, "flush of the disk"));
        assert_int_equal(gox_store_rollback(m.p[i].store, &err), 0);
    }
    assert_false(stats_of(&m, 0).is_safe);
    assert_int_equal(atomic_load(&disk.calls), 1);
    end(&m);
}

/* It may be about another program's file: each one's own fsync tells. */
static void test_flush_of_others_fails(void **state)
{
    struct many m;
    (void)state;

    begin(&m, GOX_DURABILITY_INTERVAL);
    atomic_store(&disk.error, ENOSPC);
    for (unsigned i = 1; i <= 2; i++) {
        unsigned syncs = test_syncs();
        turn(&m);
        expect_codes(&m, 0);
        wait_for_syncs(&m, i);
        assert_true(test_syncs() >= syncs + MANY);
    }
    for (int i = 0; i < MANY; i++)
        assert_true(stats_of(&m, i).is_safe);
    assert_int_equal(atomic_load(&disk.calls), 1);
    end(&m);
}

static void test_flush_with_always(void **state)
{
    struct many m;
    struct gox_error err;
    (void)state;

    begin(&m, GOX_DURABILITY_ALWAYS);
    unsigned syncs = test_syncs();
    for (unsigned i = 1; i <= 3; i++) {
        turn(&m);
        expect_codes(&m, 0);
        assert_int_equal(atomic_load(&disk.calls), i);
    }
    assert_int_equal(test_syncs(), syncs);
    atomic_store(&disk.error, EIO);
    turn(&m);
    expect_codes(&m, GOX_ERR_IO);
    for (int i = 0; i < MANY; i++) {
        assert_non_null(strstr(m.errs[i].text, "flush of the disk"));
        assert_int_equal(gox_store_rollback(m.list[i], &err), 0);
        assert_int_equal(gox_image_solid(m.p[i].img), 3);
    }
    end(&m);
}

/* After a flush that took long, fsyncs for a while. */
static void test_slow_flush(void **state)
{
    struct many m;
    (void)state;

    begin(&m, GOX_DURABILITY_ALWAYS);
    atomic_store(&disk.pause_ms, 300);
    turn(&m);
    expect_codes(&m, 0);
    assert_int_equal(atomic_load(&disk.calls), 1);
    unsigned syncs = test_syncs();
    turn(&m);
    expect_codes(&m, 0);
    assert_int_equal(atomic_load(&disk.calls), 1);
    assert_int_equal(test_syncs(), syncs + MANY);
    end(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_writes_of_commits),
            cmocka_unit_test(test_log_written_over),
            cmocka_unit_test(test_flush_with_interval),
            cmocka_unit_test(test_no_flush_for_few),
            cmocka_unit_test(test_failed_flush_with_interval),
            cmocka_unit_test(test_flush_of_others_fails),
            cmocka_unit_test(test_flush_with_always),
            cmocka_unit_test(test_slow_flush),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
