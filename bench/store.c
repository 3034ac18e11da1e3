/* SPDX-License-Identifier: Apache-2.0
 * The project store by itself: size on disk, recovery, opening, and many
 * projects at once. The daemon's own path is measured by the other files.
 *
 * Invariant: each figure is of files that were written in this run. */
#include "store/store.h"

#include "base/alloc.h"
#include "base/time.h"
#include "bench.h"
#include "format/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SIDE  100
#define EDITS 1000000
#define MANY  1000
#define LARGE 171 /* 5 M voxels */

/* A project as the daemon would have it. */
struct project {
    gox_store *store;
    gox_history *history;
    struct gox_image *img;
};

static void check(int rc, const struct gox_error *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "goxel-bench: store: %d %s\n", rc, err->text);
    exit(1);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static gox_stores *open_stores(struct bench *b, const char *name)
{
    struct gox_error err = {0};
    gox_stores *stores = NULL;
    char dir[128];

    snprintf(dir, sizeof(dir), "%s/%s", b->dir, name);
    check(gox_stores_open(dir, NULL, &stores, &err), &err);
    return stores;
}

static void create(gox_stores *stores, const char *name, struct project *p)
{
    struct gox_error err = {0};

    p->img = gox_image_new();
    p->history = gox_history_new((size_t)64 << 20);
    check(gox_store_create(stores, name, p->img, 0, &p->store, &err), &err);
    check(gox_store_attach(p->store, p->history, p->img, 1000, &err), &err);
}

static void close_project(struct project *p)
{
    gox_store_close(p->store);
    gox_history_free(p->history);
    gox_image_free(p->img);
}

/* One edit that sets count voxels of a row of cubes from `first` on. */
static void edit(
        struct project *p, int side, int first, int count, uint32_t *random)
{
    struct gox_error err = {.text = "edit"};

    check(gox_history_begin(p->history, p->img, GOX_EDIT_VOXELS, "add"), &err);
    gox_volume *v = gox_image_active_layer(p->img)->volume;
    for (int i = first; i < first + count; i++) {
        struct gox_pos at =
                gox_pos_make(i % side, i / side % side, i / side / side);
        check(gox_volume_set(v, at, next_random(random) | 0xff000000u), &err);
    }
    gox_history_commit(p->history, gox_time_wall_ms(), NULL);
}

static void commit(struct project *p)
{
    struct gox_error err = {0};

    check(gox_store_commit(p->store, &err), &err);
}

static void snapshot(struct project *p)
{
    struct gox_error err = {.text = "snapshot"};

    check(gox_store_start_snapshot(p->store, NULL), &err);
    check(gox_store_wait(p->store, &err), &err);
}

static double blocks_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (double)st.st_blocks * 512 : 0;
}

/* What the file system gives a project at rest: its log goes when nothing was
 * written for 3 s. */
static double disk_bytes(const char *path)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    char log[512];

    snprintf(log, sizeof(log), "%s-wal", path);
    for (int k = 0; k < 60 && blocks_of(log) > 0; k++)
        nanosleep(&pause, NULL);
    return blocks_of(path) + blocks_of(log);
}

static void size_on_disk(struct bench *b)
{
    struct gox_error err = {0};
    struct project p;
    struct stat st;
    uint32_t random = 1;
    char gox[128];
    gox_stores *stores = open_stores(b, "size");

    create(stores, "size", &p);
    for (int z = 0; z < SIDE; z++) {
        edit(&p, SIDE, z * SIDE * SIDE, SIDE * SIDE, &random);
        commit(&p);
    }
    snapshot(&p);
    double bytes = disk_bytes(gox_store_path(p.store));
    snprintf(gox, sizeof(gox), "%s/size.gox", b->dir);
    check(gox_format_save_path(p.img, gox, NULL, NULL, NULL, NULL, NULL, &err),
            &err);
    if (stat(gox, &st) == 0)
        bench_row(b, "store: 1 M random voxels, size on disk / .gox",
                bytes / (double)st.st_size, "x", 1.5, NULL, NAN);
    close_project(&p);
    gox_stores_close(stores);
}

static double reopen_ms(gox_stores *stores, const char *name)
{
    struct gox_store_report report;
    struct gox_error err = {0};
    struct gox_image *img;
    gox_store *store;

    double from = bench_now_ms();
    check(gox_store_open(stores, name, &store, &img, &report, &err), &err);
    double ms = bench_now_ms() - from;
    gox_store_close(store);
    gox_image_free(img);
    return ms;
}

static double reopen_median(gox_stores *stores, const char *name)
{
    struct bench_samples s = {0};

    for (int i = 0; i < 5; i++)
        bench_add(&s, reopen_ms(stores, name));
    double ms = bench_percentile(&s, 0.5);
    bench_samples_fini(&s);
    return ms;
}

static void recovery(struct bench *b)
{
    struct project p;
    uint32_t random = 1;
    gox_stores *stores = open_stores(b, "recovery");

    create(stores, "recovery", &p);
    for (int i = 0; i < EDITS; i++) {
        edit(&p, SIDE, i, 1, &random);
        commit(&p);
    }
    close_project(&p);
    bench_row(b, "store: recovery of 1 M single edits",
            reopen_median(stores, "recovery"), "ms", 1000, NULL, NAN);
    gox_stores_close(stores);
}

static void large_snapshot(struct bench *b)
{
    struct project p;
    uint32_t random = 1;
    gox_stores *stores = open_stores(b, "large");

    create(stores, "large", &p);
    edit(&p, LARGE, 0, LARGE * LARGE * LARGE, &random);
    commit(&p);
    snapshot(&p);
    close_project(&p);
    bench_row(b, "store: open a snapshot of 5 M voxels",
            reopen_median(stores, "large"), "ms", 300, NULL, NAN);
    gox_stores_close(stores);
}

/* Turns of one edit in each of count projects for a while; edits a second. */
static double turns(struct project *list, size_t count, double ms,
        struct bench_samples *waits)
{
    static struct gox_error errs[MANY];
    static gox_store *stores[MANY];
    static int codes[MANY];
    uint32_t random = 1;
    size_t edits = 0;
    double from = bench_now_ms(), to = from;

    for (size_t i = 0; i < count; i++)
        stores[i] = list[i].store;
    for (int turn = 0; to - from < ms; turn++) {
        for (size_t i = 0; i < MANY; i++)
            edit(&list[i % count], SIDE, (int)(next_random(&random) % EDITS), 1,
                    &random);
        struct gox_error err = {.text = "commit"};
        double start = bench_now_ms();
        check(gox_store_commit_many(stores, count, codes, errs), &err);
        for (size_t i = 0; i < count; i++)
            check(codes[i], &errs[i]);
        to = bench_now_ms();
        bench_add(waits, to - start);
        edits += MANY;
    }
    return (double)edits / (to - from) * 1e3;
}

static void many_projects(struct bench *b)
{
    static struct project list[MANY];
    struct bench_samples one = {0}, many = {0};
    char name[16];
    gox_stores *stores = open_stores(b, "many");

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        create(stores, name, &list[i]);
    }
    double alone = turns(list, 1, 3000, &one);
    double together = turns(list, MANY, 6000, &many);
    bench_row(b, "store: edits/s, one project / 1,000 projects",
            alone / together, "x", NAN, NULL, NAN);
    bench_row(b, "store: commit of 1,000 projects, p99",
            bench_percentile(&many, 0.99), "ms", 50, NULL, NAN);
    bench_row(b, "store: commit of 1,000 projects, p50",
            bench_percentile(&many, 0.5), "ms", NAN, NULL, NAN);
    bench_row(b, "store: commit of 1,000 edits of one project, p50",
            bench_percentile(&one, 0.5), "ms", NAN, NULL, NAN);
    for (int i = 0; i < MANY; i++)
        close_project(&list[i]);
    bench_samples_fini(&one);
    bench_samples_fini(&many);
    gox_stores_close(stores);
}

/* One project is written to as fast as it goes. */
static void longest_wait(struct bench *b)
{
    struct gox_store_stats stats;
    struct project p;
    uint32_t random = 1;
    gox_stores *stores = open_stores(b, "wait");

    create(stores, "wait", &p);
    double from = bench_now_ms();
    while (bench_now_ms() - from < 6000) {
        edit(&p, SIDE, (int)(next_random(&random) % (EDITS - 64)), 64, &random);
        commit(&p);
        if (gox_store_wants_snapshot(p.store) &&
                gox_store_start_snapshot(p.store, NULL) < 0)
            continue;
    }
    gox_store_get_stats(p.store, &stats);
    bench_row(b, "store: longest wait of a commit, log always busy",
            (double)stats.longest_wait_ns / 1e6, "ms", 10, NULL, NAN);
    close_project(&p);
    gox_stores_close(stores);
}

void bench_store(struct bench *b)
{
    size_on_disk(b);
    recovery(b);
    large_snapshot(b);
    longest_wait(b);
    many_projects(b);
}
