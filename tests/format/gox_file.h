/* SPDX-License-Identifier: Apache-2.0
 * Building .gox files byte by byte, right ones and wrong ones. */
#ifndef GOX_TESTS_FORMAT_GOX_FILE_H
#define GOX_TESTS_FORMAT_GOX_FILE_H

#include "format/format_test.h"
#include "format/png.h"

#include <string.h>

struct file {
    struct gox_buf buf;
};

static inline void file_init(struct file *f, int version)
{
    gox_buf_init(&f->buf, 0);
    gox_buf_put_str(&f->buf, "GOX ");
    gox_buf_put_i32le(&f->buf, version);
}

static inline size_t chunk_begin(struct file *f, const char *type)
{
    gox_buf_put(&f->buf, type, 4);
    gox_buf_put_u32le(&f->buf, 0);
    return f->buf.len;
}

static inline void chunk_end(struct file *f, size_t begin)
{
    gox_buf_set_u32le(&f->buf, begin - 4, (uint32_t)(f->buf.len - begin));
    gox_buf_put_u32le(&f->buf, 0xdeadbeef); /* nobody looks at it */
}

static inline void put_key(
        struct file *f, const char *key, const void *value, size_t len)
{
    gox_buf_put_i32le(&f->buf, (int32_t)strlen(key));
    gox_buf_put_str(&f->buf, key);
    gox_buf_put_i32le(&f->buf, (int32_t)len);
    gox_buf_put(&f->buf, value, len);
}

static inline void put_key_int(struct file *f, const char *key, int32_t value)
{
    put_key(f, key, &value, 4);
}

/* A block whose voxel i has colors[i % count]. */
static inline void put_block(
        struct file *f, const gox_rgba *colors, size_t count)
{
    gox_rgba pixels[4096];
    for (size_t i = 0; i < 4096; i++)
        pixels[i] = colors[i % count];
    size_t c = chunk_begin(f, "BL16");
    assert_int_equal(gox_png_write(&f->buf, pixels, 64, 64, 6, false, NULL), 0);
    chunk_end(f, c);
}

static inline void put_entry(struct file *f, int index, int x, int y, int z)
{
    gox_buf_put_i32le(&f->buf, index);
    gox_buf_put_i32le(&f->buf, x);
    gox_buf_put_i32le(&f->buf, y);
    gox_buf_put_i32le(&f->buf, z);
    gox_buf_put_i32le(&f->buf, 0);
}

#define RED  0xff0000ffu
#define BLUE 0xffff0000u

/* A layer with n uses of block 0 at x = 0, 16, 32 ... and an id. */
static inline void put_plain_layer(struct file *f, int n, int id, int base_id)
{
    size_t c = chunk_begin(f, "LAYR");
    gox_buf_put_i32le(&f->buf, n);
    for (int i = 0; i < n; i++)
        put_entry(f, 0, 16 * i, 0, 0);
    put_key(f, "name", "a", 1);
    put_key_int(f, "id", id);
    put_key_int(f, "base_id", base_id);
    chunk_end(f, c);
}

static inline struct gox_image *read_file(struct file *f)
{
    assert_int_equal(gox_buf_error(&f->buf), 0);
    struct gox_image *img = ft_read("gox", f->buf.data, f->buf.len);
    gox_buf_fini(&f->buf);
    return img;
}

static inline void expect_bad(struct file *f, int code, const char *text)
{
    ft_expect_error("gox", f->buf.data, f->buf.len, code, text);
    gox_buf_fini(&f->buf);
}

#endif
