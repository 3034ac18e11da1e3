/* SPDX-License-Identifier: Apache-2.0
 * The JSON writer: commas, escapes, numbers, and that all of it reads back. */
#include "base/alloc.h"
#include "gox_test.h"
#include "rpc/writer.h"

#include <float.h>
#include <jansson.h>
#include <math.h>

static void test_all_kinds(void **state)
{
    struct gox_buf buf;
    struct gox_writer w;
    (void)state;
    gox_buf_init(&buf, 0);
    gox_writer_init(&w, &buf);
    gox_writer_object(&w, NULL);
    gox_writer_int(&w, "i", INT64_MIN);
    gox_writer_uint(&w, "u", UINT64_MAX);
    gox_writer_bool(&w, "t", true);
    gox_writer_bool(&w, "f", false);
    gox_writer_null(&w, "n");
    gox_writer_string(&w, "s", "a\"b");
    gox_writer_string(&w, "none", NULL);
    gox_writer_printf(&w, "p", "%d-%s", 7, "x");
    gox_writer_raw(&w, "r", "[1]", 3);
    gox_writer_xyz(&w, "at", -1, 0, 1);
    gox_writer_rgba(&w, "c", UINT32_C(0x80ff0a01));
    gox_writer_hex(&w, "h", UINT32_C(0x80ff0a01));
    gox_writer_array(&w, "a");
    gox_writer_int(&w, NULL, 1);
    gox_writer_object(&w, NULL);
    gox_writer_end_object(&w);
    gox_writer_array(&w, NULL);
    gox_writer_end_array(&w);
    gox_writer_end_array(&w);
    gox_writer_end_object(&w);
    assert_string_equal(gox_buf_text(&buf),
            "{\"i\":-9223372036854775808,\"u\":18446744073709551615,"
            "\"t\":true,\"f\":false,\"n\":null,\"s\":\"a\\\"b\","
            "\"none\":null,\"p\":\"7-x\",\"r\":[1],\"at\":[-1,0,1],"
            "\"c\":[1,10,255,128],\"h\":\"#010AFF80\",\"a\":[1,{},[]]}");
    gox_buf_fini(&buf);
}

static void test_numbers_read_back(void **state)
{
    static const double values[] = {0, -1, 0.1, 1.0 / 3, 1e21, -2.5e-9, DBL_MAX,
            DBL_MIN, 123456.789, 1e15, 999999999999999.0};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct gox_buf buf;
        struct gox_writer w;
        struct gox_reader r;
        gox_buf_init(&buf, 0);
        gox_writer_init(&w, &buf);
        gox_writer_number(&w, NULL, values[i]);
        gox_reader_init(&r, (const char *)buf.data, buf.len, NULL);
        assert_true(gox_reader_number(&r) == values[i]);
        gox_buf_fini(&buf);
    }
    struct gox_buf buf;
    struct gox_writer w;
    gox_buf_init(&buf, 0);
    gox_writer_init(&w, &buf);
    gox_writer_number(&w, NULL, NAN);
    gox_writer_number(&w, NULL, HUGE_VAL);
    assert_string_equal(gox_buf_text(&buf), "null,null");
    gox_buf_fini(&buf);
}

/* Any bytes become a string that jansson reads. */
static void test_any_bytes(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b += 3) {
            char bytes[4] = {'x', (char)a, (char)b, 'y'};
            struct gox_buf buf;
            gox_buf_init(&buf, 0);
            gox_json_encode(&buf, bytes, 4);
            json_t *value = json_loadb((const char *)buf.data, buf.len,
                    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
            assert_non_null(value);
            json_decref(value);
            gox_buf_fini(&buf);
        }
    }
}

static void test_strings_round_trip(void **state)
{
    static const char text[] = "\x01\t\"\\/\xc3\xa4\xf0\x9f\x98\x80 end";
    struct gox_buf buf;
    struct gox_buf scratch;
    struct gox_reader r;
    (void)state;
    gox_buf_init(&buf, 0);
    gox_buf_init(&scratch, 0);
    gox_json_encode(&buf, text, sizeof text - 1);
    gox_reader_init(&r, (const char *)buf.data, buf.len, NULL);
    assert_true(gox_slice_is(gox_reader_string(&r, &scratch), text));
    gox_buf_fini(&buf);
    gox_buf_fini(&scratch);
}

static void test_base64(void **state)
{
    static const char *const pairs[][2] = {{"", "\"\""}, {"f", "\"Zg==\""},
            {"fo", "\"Zm8=\""}, {"foo", "\"Zm9v\""},
            {"foobar", "\"Zm9vYmFy\""}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct gox_buf buf;
        struct gox_writer w;
        gox_buf_init(&buf, 0);
        gox_writer_init(&w, &buf);
        gox_writer_base64(&w, NULL, pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(gox_buf_text(&buf), pairs[i][1]);
        gox_buf_fini(&buf);
    }
}

static void test_no_memory_is_sticky(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 5; n++) {
        struct gox_buf buf;
        struct gox_writer w;
        char text[2000];
        memset(text, 'x', sizeof text);
        gox_buf_init(&buf, 0);
        gox_writer_init(&w, &buf);
        gox_alloc_fail_at(n, true);
        gox_writer_object(&w, NULL);
        for (int i = 0; i < 8; i++)
            gox_writer_text(&w, "key", text, sizeof text);
        gox_writer_printf(&w, "p", "%.*s", 1000, text);
        gox_writer_rgba(&w, "c", 0);
        gox_writer_end_object(&w);
        gox_alloc_fail_at(0, false);
        assert_int_equal(gox_buf_error(&buf), GOX_ERR_NOMEM);
        gox_buf_fini(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_all_kinds),
            cmocka_unit_test(test_numbers_read_back),
            cmocka_unit_test(test_any_bytes),
            cmocka_unit_test(test_strings_round_trip),
            cmocka_unit_test(test_base64),
            cmocka_unit_test(test_no_memory_is_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
