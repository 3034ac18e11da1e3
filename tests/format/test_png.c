/* SPDX-License-Identifier: Apache-2.0
 * PNG: every colour type to RGBA, limits, and that the fast way for blocks
 * gives the pixels that the general one gives. */
#include "base/alloc.h"
#include "format/format_test.h"
#include "format/png.h"
#include "format/png_block.h"

#include <string.h>
#include <zlib.h>

static gox_rgba g_unused;

static void put_u32be(struct gox_buf *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        gox_buf_put_byte(b, (uint8_t)(v >> shift));
}

static void put_chunk(
        struct gox_buf *b, const char *type, const void *data, size_t len)
{
    put_u32be(b, (uint32_t)len);
    size_t at = b->len;
    gox_buf_put(b, type, 4);
    gox_buf_put(b, data, len);
    put_u32be(b, (uint32_t)crc32(0, b->data + at, (uInt)(len + 4)));
}

struct kind {
    uint32_t width, height;
    uint8_t depth, type, interlaced;
};

/* A PNG made by hand from filtered rows. parts: into how many IDAT chunks. */
static void make_png(struct gox_buf *b, struct kind kind, const uint8_t *rows,
        size_t len, size_t parts)
{
    uint8_t head[13] = {0}, packed[40000];
    uLongf packed_len = sizeof(packed);
    gox_buf_init(b, 0);
    gox_buf_put(b, "\x89PNG\r\n\x1a\n", 8);
    head[2] = (uint8_t)(kind.width >> 8);
    head[3] = (uint8_t)kind.width;
    head[6] = (uint8_t)(kind.height >> 8);
    head[7] = (uint8_t)kind.height;
    head[8] = kind.depth;
    head[9] = kind.type;
    head[12] = kind.interlaced;
    put_chunk(b, "IHDR", head, 13);
    if (kind.type == 3) {
        put_chunk(b, "PLTE", "\1\2\3\4\5\6", 6);
        put_chunk(b, "tRNS", "\x80", 1);
    }
    assert_int_equal(compress(packed, &packed_len, rows, len), Z_OK);
    size_t at = 0;
    for (size_t i = 0; i < parts; i++) {
        size_t n = i + 1 == parts ? packed_len - at : packed_len / parts;
        put_chunk(b, "IDAT", packed + at, n);
        at += n;
    }
    put_chunk(b, "IEND", "", 0);
    assert_int_equal(gox_buf_error(b), 0);
}

static const struct kind BLOCK = {64, 64, 8, 6, 0};

static void test_colour_types(void **state)
{
    (void)state;
    static const struct {
        struct kind kind;
        uint8_t rows[20];
        size_t len;
        gox_rgba pixels[2];
    } cases[] = {
            {{2, 1, 8, 6, 0}, {0, 1, 2, 3, 4, 5, 6, 7, 8}, 9,
                    {0x04030201, 0x08070605}},
            {{2, 1, 8, 2, 0}, {0, 1, 2, 3, 4, 5, 6}, 7,
                    {0xff030201, 0xff060504}},
            {{2, 1, 8, 0, 0}, {0, 7, 9}, 3, {0xff070707, 0xff090909}},
            {{2, 1, 8, 4, 0}, {0, 7, 1, 9, 2}, 5, {0x01070707, 0x02090909}},
            {{2, 1, 1, 0, 0}, {0, 0x80}, 2, {0xffffffff, 0xff000000}},
            {{2, 1, 1, 3, 0}, {0, 0x40}, 2, {0x80030201, 0xff060504}},
            {{1, 2, 16, 2, 0}, {0, 1, 0, 2, 0, 3, 0, 0, 4, 0, 5, 0, 6, 0}, 14,
                    {0xff030201, 0xff060504}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gox_buf b;
        struct gox_pixels p;
        struct gox_error err;
        make_png(&b, cases[i].kind, cases[i].rows, cases[i].len, 1);
        if (gox_png_read(&p, b.data, b.len, 100, &err) < 0)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(p.width, cases[i].kind.width);
        assert_int_equal(p.data[0], cases[i].pixels[0]);
        assert_int_equal(p.data[1], cases[i].pixels[1]);
        gox_pixels_fini(&p);
        gox_buf_fini(&b);
    }
}

/* Rows with each of the five filters, of values that wrap around. */
static void test_blocks_with_every_filter(void **state)
{
    (void)state;
    static uint8_t rows[64 * 257];
    for (size_t parts = 1; parts <= 3; parts++)
        for (uint8_t filter = 0; filter <= 5; filter++) {
            uint32_t seed = 12345;
            for (size_t i = 0; i < sizeof(rows); i++) {
                seed = seed * 1664525 + 1013904223;
                rows[i] = (uint8_t)(seed >> 24);
                if (i % 257 == 0)
                    rows[i] = filter < 5 ? filter : (uint8_t)(i / 257 % 5);
            }
            struct gox_buf b;
            struct gox_pixels p;
            static gox_rgba fast[4096], colors[4096];
            make_png(&b, BLOCK, rows, sizeof(rows), parts);
            assert_int_equal(gox_png_read(&p, b.data, b.len, 64, NULL), 0);
            assert_int_equal(
                    gox__png_read_block(fast, b.data, b.len), parts == 1);
            if (parts == 1)
                assert_memory_equal(fast, p.data, sizeof(fast));
            assert_int_equal(
                    gox_png_read_block(colors, b.data, b.len, NULL), 0);
            assert_memory_equal(colors, p.data, sizeof(colors));
            gox_pixels_fini(&p);
            gox_buf_fini(&b);
        }
}

static void test_blocks_that_are_none(void **state)
{
    (void)state;
    static uint8_t rows[128 * 129 * 4];
    static gox_rgba colors[4096];
    static const struct {
        struct kind kind;
        size_t len;
        const char *text;
    } cases[] = {
            {{32, 128, 8, 6, 0}, 128 * 129, "64 x 64 pixels, this one is 32"},
            {{64, 64, 8, 2, 0}, 64 * 193, "colour type 2 of 8 bits"},
            {{64, 64, 16, 6, 0}, 64 * 513, "colour type 6 of 16 bits"},
            {{64, 64, 8, 6, 0}, 64 * 257 - 1, "PNG"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gox_buf b;
        struct gox_error err;
        make_png(&b, cases[i].kind, rows, cases[i].len, 1);
        assert_int_equal(gox_png_read_block(colors, b.data, b.len, &err),
                GOX_ERR_FORMAT);
        if (strstr(err.text, cases[i].text) == NULL)
            fail_msg("%s", err.text);
        gox_buf_fini(&b);
    }
}

/* Any damage must be found, whichever of the two ways finds it. */
static void test_damaged_blocks(void **state)
{
    (void)state;
    static gox_rgba pixels[4096], colors[4096];
    for (int i = 0; i < 4096; i++)
        pixels[i] = (gox_rgba)i * 0x01020305u;
    struct gox_buf b;
    gox_buf_init(&b, 0);
    assert_int_equal(gox__png_write_block(&b, pixels), 0);
    assert_int_equal(gox_png_read_block(colors, b.data, b.len, NULL), 0);
    assert_memory_equal(pixels, colors, sizeof(pixels));
    for (size_t n = 0; n < b.len; n += n < 100 ? 1 : 97)
        assert_true(gox_png_read_block(colors, b.data, n, NULL) < 0 ||
                    n + 12 >= b.len);
    for (size_t i = 0; i < b.len - 12; i += i < 100 ? 1 : 61) {
        b.data[i] ^= 0x20;
        assert_true(gox_png_read_block(colors, b.data, b.len, NULL) < 0);
        b.data[i] ^= 0x20;
    }
    gox_buf_fini(&b);
}

static void test_limits(void **state)
{
    (void)state;
    static const uint8_t rows[300];
    struct gox_buf b;
    struct gox_pixels p;
    struct gox_error err;
    make_png(&b, (struct kind){101, 1, 8, 0, 0}, rows, 102, 1);
    assert_int_equal(gox_png_read(&p, b.data, b.len, 101, &err), 0);
    gox_pixels_fini(&p);
    assert_int_equal(
            gox_png_read(&p, b.data, b.len, 100, &err), GOX_ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "101 x 1"));
    assert_null(p.data);
    gox_buf_fini(&b);
    assert_int_equal(gox_png_read(&p, (const uint8_t *)"x", 1, 10, &err),
            GOX_ERR_FORMAT);
    gox_buf_init(&b, 0);
    assert_int_equal(
            gox_png_write(&b, &g_unused, 0, 1, 6, false, &err), GOX_ERR_RANGE);
    assert_int_equal(
            gox_png_write(&b, &g_unused, 1, 1, 10, false, &err), GOX_ERR_RANGE);
    gox_buf_fini(&b);
    gox_buf_init(&b, 20);
    assert_int_equal(gox_png_write(&b, &g_unused, 1, 1, 6, false, &err),
            GOX_ERR_TOO_LARGE);
    gox_buf_fini(&b);
}

static void test_rgb_where_all_is_opaque(void **state)
{
    (void)state;
    const gox_rgba opaque[2] = {0xff010203, 0xff040506};
    const gox_rgba clear[2] = {0xff010203, 0xfe040506};
    struct gox_buf a, b, again;
    gox_buf_init(&a, 0);
    gox_buf_init(&b, 0);
    gox_buf_init(&again, 0);
    assert_int_equal(gox_png_write(&a, opaque, 2, 1, 6, true, NULL), 0);
    assert_int_equal(gox_png_write(&b, clear, 2, 1, 6, true, NULL), 0);
    assert_int_equal(gox_png_write(&again, opaque, 2, 1, 6, true, NULL), 0);
    assert_int_equal(a.data[25], 2);
    assert_int_equal(b.data[25], 6);
    assert_int_equal(a.len, again.len);
    assert_memory_equal(a.data, again.data, a.len);
    struct gox_pixels p;
    assert_int_equal(gox_png_read(&p, b.data, b.len, 10, NULL), 0);
    assert_memory_equal(p.data, clear, sizeof(clear));
    gox_pixels_fini(&p);
    gox_buf_fini(&a);
    gox_buf_fini(&b);
    gox_buf_fini(&again);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const gox_rgba pixels[4] = {1, 2, 3, 0xff000000};
    struct gox_buf b;
    gox_buf_init(&b, 0);
    assert_int_equal(gox_png_write(&b, pixels, 2, 2, 6, false, NULL), 0);
    int rc = -1;
    for (uint64_t n = 1; rc < 0 && n < 200; n++) {
        struct gox_pixels p;
        gox_alloc_fail_at(n, true);
        rc = gox_png_read(&p, b.data, b.len, 10, NULL);
        gox_alloc_fail_at(0, false);
        if (rc < 0)
            assert_int_equal(rc, GOX_ERR_NOMEM);
        else
            gox_pixels_fini(&p);
    }
    assert_int_equal(rc, 0);
    rc = -1;
    for (uint64_t n = 1; rc < 0 && n < 200; n++) {
        gox_buf_fini(&b);
        gox_buf_init(&b, 0);
        gox_alloc_fail_at(n, true);
        rc = gox_png_write(&b, pixels, 2, 2, 6, false, NULL);
        gox_alloc_fail_at(0, false);
        if (rc < 0)
            assert_int_equal(rc, GOX_ERR_NOMEM);
    }
    assert_int_equal(rc, 0);
    gox_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_colour_types),
            cmocka_unit_test(test_blocks_with_every_filter),
            cmocka_unit_test(test_blocks_that_are_none),
            cmocka_unit_test(test_damaged_blocks),
            cmocka_unit_test(test_limits),
            cmocka_unit_test(test_rgb_where_all_is_opaque),
            cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
