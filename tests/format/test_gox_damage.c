/* SPDX-License-Identifier: Apache-2.0
 * Every kind of damage to a .gox file, and the message that names it. */
#include "format/gox_file.h"

#include <math.h>

static void test_clones_must_lead_somewhere(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 2);
    put_plain_layer(&f, 0, 1, 1);
    expect_bad(&f, GOX_ERR_FORMAT, "a clone of itself through layer 1");
    file_init(&f, 2);
    put_plain_layer(&f, 0, 1, 2);
    put_plain_layer(&f, 0, 2, 3);
    put_plain_layer(&f, 0, 3, 2); /* 1 leads into a ring it is not part of */
    expect_bad(&f, GOX_ERR_FORMAT, "clone");
    file_init(&f, 2);
    put_plain_layer(&f, 0, 1, 9);
    expect_bad(&f, GOX_ERR_FORMAT, "not there: 9");
    file_init(&f, 2);
    put_plain_layer(&f, 0, 1, 0);
    put_plain_layer(&f, 0, 1, 0);
    expect_bad(&f, GOX_ERR_FORMAT, "another layer has: 1");
    file_init(&f, 2);
    put_plain_layer(&f, 0, INT32_MAX, 0);
    expect_bad(&f, GOX_ERR_FORMAT, "layer id");
    file_init(&f, 2);
    put_plain_layer(&f, 0, 1, 0);
    for (int i = 2; i < 1200; i++)
        put_plain_layer(&f, 0, i, i - 1);
    expect_bad(&f, GOX_ERR_FORMAT, "more clones in a row");
}

static void test_counts_beyond_the_bytes(void **state)
{
    (void)state;
    static const int counts[] = {-1, 2, 1 << 28, INT32_MAX};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct file f;
        file_init(&f, 2);
        put_block(&f, &(gox_rgba){RED}, 1);
        size_t c = chunk_begin(&f, "LAYR");
        gox_buf_put_i32le(&f.buf, counts[i]);
        put_entry(&f, 0, 0, 0, 0);
        chunk_end(&f, c);
        expect_bad(&f, GOX_ERR_FORMAT, "needs 20 bytes for each");
    }
}

static void test_bad_values(void **state)
{
    (void)state;
    const float nan_mat[16] = {1, [7] = NAN};
    const float inf_mat[16] = {1, [7] = INFINITY};
    const struct {
        const char *key;
        const void *value;
        size_t len;
        const char *text;
    } bad[] = {
            {"visible", "\0\0\0\0", 4, "has 4 bytes, expected 1"},
            {"mat", nan_mat, 64, "number 8 of \"mat\" is not finite"},
            {"mat", inf_mat, 64, "not finite"},
            {"mat", nan_mat, 60, "has 60 bytes, expected 64"},
            {"id", "\1\0\0", 3, "expected 4"},
            {"mode", "\11\0\0\0", 4, "layer mode of 0 to 8, found 9"},
            {"color", "abc", 3, "expected 4"},
            {"img-path", "a\0b", 3, "without NUL"},
            {"box", nan_mat, 64, "not finite"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct file f;
        file_init(&f, 2);
        size_t c = chunk_begin(&f, "LAYR");
        gox_buf_put_i32le(&f.buf, 0);
        put_key(&f, bad[i].key, bad[i].value, bad[i].len);
        chunk_end(&f, c);
        expect_bad(&f, GOX_ERR_FORMAT, bad[i].text);
    }
}

static void test_bad_dictionaries(void **state)
{
    (void)state;
    static const struct {
        int32_t words[4];
        size_t count;
        const char *text;
    } bad[] = {
            {{300}, 1, "a key of 1 to 255 bytes, found 300"},
            {{-1}, 1, "found -1"},
            {{4, 0, -3}, 3, "length -3"},
            {{4, 0, 100}, 3, "needs 100 bytes for a value, 0 are left"},
            {{9, 0}, 2, "needs 9 bytes for a key, 4 are left"},
            {{0, 0}, 2, "expected the end of the chunk"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        static const char *const types[] = {
                "IMG ", "MATE", "CAMR", "LIGH", "LAYR"};
        for (size_t t = 0; t < 5; t++) {
            struct file f;
            file_init(&f, 2);
            size_t c = chunk_begin(&f, types[t]);
            if (t == 4)
                gox_buf_put_i32le(&f.buf, 0);
            for (size_t k = 0; k < bad[i].count; k++)
                gox_buf_put_i32le(&f.buf, bad[i].words[k]);
            chunk_end(&f, c);
            expect_bad(&f, GOX_ERR_FORMAT, bad[i].text);
        }
    }
}

static void test_blocks_come_first(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 2);
    put_plain_layer(&f, 1, 1, 0);
    put_block(&f, &(gox_rgba){RED}, 1);
    expect_bad(&f, GOX_ERR_FORMAT, "uses block 0, but 0 blocks came before");
    file_init(&f, 2);
    size_t c = chunk_begin(&f, "BL16");
    gox_buf_put_str(&f.buf, "no picture");
    chunk_end(&f, c);
    expect_bad(&f, GOX_ERR_FORMAT, "byte 16: block 0: PNG");
}

static void test_the_first_bad_block_is_named(void **state)
{
    (void)state;
    struct file f;
    file_init(&f, 2);
    for (int i = 0; i < 50; i++) {
        put_block(&f, &(gox_rgba){0xff000000u + (uint32_t)i}, 1);
        if (i > 0 && i < 3)
            f.buf.data[f.buf.len - 30] ^= 0xff;
    }
    expect_bad(&f, GOX_ERR_FORMAT, "block 1: PNG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_clones_must_lead_somewhere),
            cmocka_unit_test(test_counts_beyond_the_bytes),
            cmocka_unit_test(test_bad_values),
            cmocka_unit_test(test_bad_dictionaries),
            cmocka_unit_test(test_blocks_come_first),
            cmocka_unit_test(test_the_first_bad_block_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
