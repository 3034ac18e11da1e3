/* SPDX-License-Identifier: Apache-2.0
 * What the tests of the store share: a project with its image and history in a
 * directory of its own, random edits, comparing images, a VFS that fails. */
#ifndef GOX_TESTS_STORE_TEST_H
#define GOX_TESTS_STORE_TEST_H

#include "gox_test.h"
#include "store/store.h"

/* A project as the daemon would have it. */
struct project {
    gox_store *store;
    gox_history *history;
    struct gox_image *img;
    struct gox_store_report report;
};

/* Small numbers that repeat with the seed. */
uint32_t test_random(uint64_t *state);

gox_stores *test_open_dir(
        const char *dir, const struct gox_store_settings *settings);
void test_create(gox_stores *stores, const char *name, struct project *p);
void test_open(gox_stores *stores, const char *name, struct project *p);
void test_close(struct project *p);
/* Closes and opens again. */
void test_reopen(gox_stores *stores, const char *name, struct project *p);

/* Sets one voxel as one edit; commits nothing. */
void test_point(struct project *p, int x, int y, int z, gox_rgba color);
/* An edit of any kind: points, boxes, layers, names, materials, undo, redo. */
void test_random_edit(struct project *p, uint64_t *random);
void test_commit(struct project *p);

bool test_images_equal(const struct gox_image *a, const struct gox_image *b);
/* A number that depends on all of the image. */
uint64_t test_image_sum(const struct gox_image *img);

/* Registers the VFS "faulty", which is SQLite's default one until it is told to
 * fail, and stops all failing. */
void test_faulty_vfs(void);
void test_fail_sync(int nth);            /* from now; 0: none */
void test_fill_disk(int64_t bytes_left); /* -1: never full */
/* An fsync is counted, but not made: many projects are made faster so. */
void test_have_no_disk(bool has_none);
unsigned test_syncs(void);
unsigned test_writes(void);

#endif
