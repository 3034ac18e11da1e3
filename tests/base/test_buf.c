/* SPDX-License-Identifier: Apache-2.0
 * The growing buffer, the checked cursor and the allocator's switch. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "gox_test.h"

static void test_numbers(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    gox_buf_put_int(&buf, INT64_MIN);
    gox_buf_put_byte(&buf, ' ');
    gox_buf_put_uint(&buf, UINT64_MAX);
    gox_buf_put_byte(&buf, ' ');
    gox_buf_put_int(&buf, 0);
    assert_string_equal(
            gox_buf_text(&buf), "-9223372036854775808 18446744073709551615 0");
    gox_buf_fini(&buf);
}

static void test_limit_is_sticky(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 8);
    gox_buf_put(&buf, "12345678", 8);
    assert_int_equal(gox_buf_error(&buf), 0);
    gox_buf_put_byte(&buf, '9');
    assert_int_equal(gox_buf_error(&buf), GOX_ERR_TOO_LARGE);
    gox_buf_put(&buf, "", 0);
    assert_int_equal(buf.len, 8);
    gox_buf_reset(&buf);
    assert_int_equal(gox_buf_error(&buf), 0);
    gox_buf_fini(&buf);
}

static void test_printf_longer_than_the_small_buffer(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    gox_buf_printf(&buf, "%0700d|", 7);
    gox_buf_printf(&buf, "%s", "end");
    assert_int_equal(buf.len, 704);
    assert_memory_equal(buf.data + 699, "7|end", 5);
    gox_buf_drop(&buf, 701);
    assert_string_equal(gox_buf_text(&buf), "end");
    gox_buf_fini(&buf);
}

static void test_little_endian_there_and_back(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    gox_buf_put_u16le(&buf, 0xBEEF);
    gox_buf_put_i32le(&buf, -2);
    gox_buf_put_f32le(&buf, -1.5f);
    gox_buf_put_u32le(&buf, 0);
    gox_buf_set_u32le(&buf, 10, 0x01020304);
    struct gox_bytes in;
    gox_bytes_init(&in, buf.data, buf.len, NULL);
    assert_int_equal(gox_bytes_u16le(&in, "a"), 0xBEEF);
    assert_int_equal(gox_bytes_i32le(&in, "b"), -2);
    assert_true(gox_bytes_f32le(&in, "c") == -1.5f);
    assert_int_equal(gox_bytes_u32le(&in, "d"), 0x01020304);
    assert_false(in.failed);
    gox_buf_fini(&buf);
}

static void test_cursor_tells_where_it_ended(void **state)
{
    (void)state;
    struct gox_error err = {0};
    struct gox_bytes in;
    gox_bytes_init(&in, "abcdefgh", 8, &err);
    assert_non_null(gox_bytes_take(&in, 2, "the head"));
    struct gox_bytes sub = gox_bytes_sub(&in, 3, "the part");
    assert_int_equal(gox_bytes_u8(&sub, "x"), 'c');
    assert_int_equal(gox_bytes_u32le(&sub, "the tail"), 0);
    assert_true(sub.failed);
    assert_int_equal(err.code, GOX_ERR_FORMAT);
    assert_int_equal(err.offset, 3);
    assert_string_equal(
            err.text, "byte 3: needs 4 bytes for the tail, 2 are left");
    assert_int_equal(gox_bytes_left(&in), 3);
    /* The first error stays. */
    assert_int_equal(gox_bytes_fail(&sub, "later"), GOX_ERR_FORMAT);
    assert_int_equal(err.offset, 3);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct gox_buf buf;
    gox_buf_init(&buf, 0);
    gox_alloc_fail_at(1, false);
    gox_buf_put_str(&buf, "x");
    gox_alloc_fail_at(0, false);
    assert_int_equal(gox_buf_error(&buf), GOX_ERR_NOMEM);
    assert_null(gox_buf_text(&buf));
    gox_buf_fini(&buf);
    assert_null(gox_malloc_array(SIZE_MAX / 2, 3));
    int *items = NULL;
    size_t capacity = 0;
    gox_alloc_fail_at(1, true);
    assert_false(gox_grow(&items, &capacity, 3, sizeof *items));
    gox_alloc_fail_at(0, false);
    assert_int_equal(capacity, 0);
    assert_true(gox_grow(&items, &capacity, 9, sizeof *items));
    assert_int_equal(capacity, 16);
    gox_free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_numbers),
            cmocka_unit_test(test_limit_is_sticky),
            cmocka_unit_test(test_printf_longer_than_the_small_buffer),
            cmocka_unit_test(test_little_endian_there_and_back),
            cmocka_unit_test(test_cursor_tells_where_it_ended),
            cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
