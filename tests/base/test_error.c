/* SPDX-License-Identifier: Apache-2.0
 * The list of errors and the texts made from it. */
#include "base/error.h"
#include "base/time.h"
#include "gox_test.h"

static void test_codes_are_unique_and_negative(void **state)
{
    (void)state;
    const int codes[] = {
#define CODE(name, value, rpc, text) value,
            GOX_ERROR_LIST(CODE)
#undef CODE
    };
    size_t count = sizeof codes / sizeof codes[0];
    for (size_t i = 0; i < count; i++) {
        assert_true(codes[i] < 0);
        assert_string_not_equal(gox_error_name(codes[i]), "UNKNOWN");
        assert_true(gox_error_rpc_code(codes[i]) < 0);
        for (size_t j = i + 1; j < count; j++)
            assert_int_not_equal(codes[i], codes[j]);
    }
    assert_string_equal(gox_error_name(-9999), "UNKNOWN");
    assert_int_equal(gox_error_rpc_code(-9999), -32603);
}

static void test_text_is_one_line_of_utf8(void **state)
{
    (void)state;
    struct gox_error err;
    char name[600];
    memset(name, 'a', sizeof name);
    name[0] = '\n';
    name[399 - 1] = '\xC3'; /* cut in the middle of a sequence */
    name[399] = '\xA4';
    name[599] = '\0';
    gox_error_set(&err, GOX_ERR_IO, "%s", name);
    assert_int_equal(err.text[0], ' ');
    assert_int_equal(strlen(err.text), 398);
    assert_int_equal(err.offset, -1);
}

static void test_prefix_keeps_code_and_offset(void **state)
{
    (void)state;
    struct gox_error err;
    gox_error_set_at(&err, GOX_ERR_FORMAT, 12, "bad %s", "thing");
    gox_error_prefix(&err, "file %d", 3);
    assert_string_equal(err.text, "file 3: bad thing");
    assert_int_equal(err.code, GOX_ERR_FORMAT);
    assert_int_equal(err.offset, 12);
    assert_int_equal(gox_error_set(NULL, GOX_ERR_IO, "x"), GOX_ERR_IO);
    gox_error_prefix(NULL, "x");
    gox_error_set_errno(&err, GOX_ERR_IO, 2, "cannot open %s", "f");
    assert_string_equal(err.text, "cannot open f: No such file or directory");
}

static void test_time_text(void **state)
{
    (void)state;
    char text[GOX_TIME_TEXT_BYTES];
    gox_time_format(1767323045678, text);
    assert_string_equal(text, "2026-01-02T03:04:05.678Z");
    gox_time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    int64_t a = gox_time_now_ns();
    assert_true(gox_time_now_ns() >= a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_codes_are_unique_and_negative),
            cmocka_unit_test(test_text_is_one_line_of_utf8),
            cmocka_unit_test(test_prefix_keeps_code_and_offset),
            cmocka_unit_test(test_time_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
