/* SPDX-License-Identifier: Apache-2.0
 * What the tests of formats share: reading and writing in memory, comparing
 * images, and the same abuse for every reader. */
#ifndef GOX_TESTS_FORMAT_FORMAT_TEST_H
#define GOX_TESTS_FORMAT_FORMAT_TEST_H

#include "base/buf.h"
#include "format/format.h"
#include "gox_test.h"

/* The row of that name; fails the test when there is none. */
const struct gox_format *ft_format(const char *name);

/* Reads; fails the test, with the reader's message, when it cannot. */
struct gox_image *ft_read(const char *format, const void *data, size_t len);

/* Reading must fail with code, and its text must contain `text`. */
void ft_expect_error(const char *format, const void *data, size_t len, int code,
        const char *text);

/* Writes img to an empty buffer; fails the test when it cannot. */
void ft_write(struct gox_buf *to, const struct gox_image *img,
        const char *format, struct gox_format_report *report);

/* Are the layers, with all their properties, the cameras, materials, light and
 * box of a and b the same? Fails the test otherwise. */
void ft_assert_same(const struct gox_image *a, const struct gox_image *b);

/* Composite of both is the same, voxel by voxel. */
void ft_assert_same_voxels(
        const struct gox_image *a, const struct gox_image *b);

/* Reads every beginning of data, of at most `limit` bytes, from a block of
 * exactly that size, so that a sanitizer sees each read beyond it. Returns how
 * many were read without an error. */
size_t ft_truncate_all(
        const char *format, const void *data, size_t len, size_t limit);
/* Reads data with each byte changed in several ways. */
void ft_flip_all(const char *format, const void *data, size_t len);
/* Reads and writes with the nth allocation failing, n = 1 ... until all goes
 * well; each failure must be GOX_ERR_NOMEM. */
void ft_fail_allocations_reading(
        const char *format, const void *data, size_t len);
void ft_fail_allocations_writing(
        const char *format, const struct gox_image *img);

/* A layer with voxels of several colours and alphas in several blocks. */
void ft_paint(gox_volume *vol, int seed);

#endif
