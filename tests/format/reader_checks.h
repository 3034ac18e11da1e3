/* SPDX-License-Identifier: Apache-2.0
 * What every reader and writer of the format table must stand: input cut at
 * every length, changed bytes, no memory at each allocation; and short words
 * for building, writing and comparing models. All use cmocka's asserts. */
#ifndef GOX_TESTS_READER_CHECKS_H
#define GOX_TESTS_READER_CHECKS_H

#include "format/format.h"
#include "gox_test.h"

/* Reads what must be readable. The caller frees. report may be NULL. */
struct gox_image *read_ok(const struct gox_format *format,
        const struct gox_buf *data, struct gox_format_report *report);
/* Must fail with this code and a text that holds `part`. */
void assert_read_fails(const struct gox_format *format,
        const struct gox_buf *data, int code, const char *part);

/* Every shorter input must fail with a code of bad input and a text, or, when
 * may_succeed is set, give a sane image. */
void check_every_length(const struct gox_format *format,
        const struct gox_buf *data, bool may_succeed);
/* Changes bytes, reproducibly; any result but a crash or an insane image. */
void check_changed_bytes(const struct gox_format *format,
        const struct gox_buf *data, int rounds);
/* Lets each allocation fail in turn until all goes well. is_png: the decoder
 * cannot tell a failed allocation from a damaged stream. */
void check_read_without_memory(const struct gox_format *format,
        const struct gox_buf *data, bool is_png);
void check_write_without_memory(
        const struct gox_format *format, const struct gox_image *img);

/* Writes into buf (initialised here, gox_buf_fini by the caller). report may
 * be NULL. */
void write_ok(const struct gox_format *format, const struct gox_image *img,
        const struct gox_format_options *opts, struct gox_buf *buf,
        struct gox_format_report *report);
void assert_write_fails(const struct gox_format *format,
        const struct gox_image *img, int code, const char *part);

/* An image with one layer of some hundred voxels in a few colours around the
 * origin; `seed` changes it. */
struct gox_image *make_image(unsigned seed);
void put_voxel(struct gox_layer *layer, int x, int y, int z, uint32_t rgb);
/* 0xRRGGBB of the composite, -1 where there is nothing. */
long voxel_at(const struct gox_image *img, int x, int y, int z);
uint64_t count_voxels(const struct gox_image *img);
/* The composites are equal; colors false: the same places. */
void assert_same_voxels(
        const struct gox_image *a, const struct gox_image *b, bool colors);

/* A file of the public test models; false (after a notice) when absent. */
bool load_corpus(const char *name, struct gox_buf *buf);

#endif
