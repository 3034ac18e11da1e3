/* SPDX-License-Identifier: Apache-2.0
 * The JSON reader: by hand at the edges of RFC 8259, and against jansson on
 * many made-up texts, valid ones and damaged ones. */
#include "base/alloc.h"
#include "gox_test.h"
#include "rpc/reader.h"

#include <jansson.h>
#include <math.h>

static bool is_valid(const char *text, size_t len)
{
    struct gox_reader r;
    struct gox_error err;
    gox_reader_init(&r, text, len, &err);
    gox_reader_skip(&r);
    return gox_reader_error(&r) == 0 && gox_reader_end(&r);
}

static void test_valid(void **state)
{
    static const char *const texts[] = {"0", "-0", "12", "1.5", "-1.5e+3",
            "1E9", "0.0", "true", "false", "null", "\"\"", "\"a\"",
            "\"\\u0041\\n\\/\"", "\"\\ud83d\\ude00\"", "\"\xc3\xa4\"",
            "\"\xf4\x8f\xbf\xbf\"", "[]", "[ ]", "[1]", "[1,[2,{}]]", "{}",
            "{\"a\":1}", " {\"a\" : [ 1 , 2 ] } ", "\"\x7f\"",
            "123456789012345678901234567890", "1e400", "[[[[[[]]]]]]",
            "\t\r\n1", "{\"\":0}", "\"0123456789abcdef\\\"\""};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!is_valid(texts[i], strlen(texts[i])))
            fail_msg("refused %s", texts[i]);
}

static void test_invalid(void **state)
{
    static const char *const texts[] = {"", " ", "01", "-", "+1", ".5", "1.",
            "1e", "1e+", "0x1", "tru", "truee", "nul", "True", "'a'", "\"a",
            "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\"",
            "\"\\ud800\\u0041\"", "\"\t\"", "\"\x1f\"", "\"\xc0\x80\"",
            "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xff\"", "\"\xc3\"",
            "[1,]", "[,1]", "[1 2]", "[1", "]", "[1]]", "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}", "{a:1}", "{,}", "{\"a\" 1}", "{1:2}", "1 2", "[}",
            "{]", "/**/1", "NaN", "Infinity", "\"a\" \"b\"",
            "\xef\xbb\xbf"
            "1",
            "-01", "1.2.3", "--1"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is_valid(texts[i], strlen(texts[i])))
            fail_msg("took %s", texts[i]);
    assert_false(is_valid("1\0", 2));
    assert_false(is_valid("\"\0\"", 3));
}

static void test_depth(void **state)
{
    char text[4 * GOX_JSON_MAX_DEPTH];
    (void)state;
    memset(text, '[', GOX_JSON_MAX_DEPTH);
    memset(text + GOX_JSON_MAX_DEPTH, ']', GOX_JSON_MAX_DEPTH);
    assert_true(is_valid(text, 2 * GOX_JSON_MAX_DEPTH));
    memset(text, '[', GOX_JSON_MAX_DEPTH + 1);
    memset(text + GOX_JSON_MAX_DEPTH + 1, ']', GOX_JSON_MAX_DEPTH + 1);
    assert_false(is_valid(text, 2 * GOX_JSON_MAX_DEPTH + 2));
}

/* ---- against jansson ---- */

static uint64_t seed = 1;
static unsigned pick(unsigned count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % count;
}

static void make_string(struct gox_buf *out)
{
    static const char *const parts[] = {"a", "bc", "\\n", "\\\"", "\\u0041",
            "\\u00e4", "\\ud83d\\ude00", "\xc3\xa4", "\xe2\x82\xac",
            "\xf0\x9f\x98\x80", " ", "0123456789", "\\\\", "/", "\x7f"};
    gox_buf_put_byte(out, '"');
    for (unsigned i = pick(6); i > 0; i--)
        gox_buf_put_str(out, parts[pick(sizeof parts / sizeof parts[0])]);
    gox_buf_put_byte(out, '"');
}

static void make_value(struct gox_buf *out, int depth)
{
    static const char *const plain[] = {"0", "-1", "17", "2147483648", "1.25",
            "-3e-7", "1e22", "true", "false", "null", "9007199254740993", "0.1",
            "-9223372036854775808", "9223372036854775807"};
    unsigned kind = pick(depth > 0 ? 6 : 4);
    if (kind == 0)
        make_string(out);
    else if (kind < 4)
        gox_buf_put_str(out, plain[pick(sizeof plain / sizeof plain[0])]);
    unsigned count = pick(4);
    if (kind < 4)
        return;
    gox_buf_put_byte(out, kind == 4 ? '[' : '{');
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            gox_buf_put_str(out, pick(2) == 0 ? "," : " ,\n");
        if (kind == 5)
            gox_buf_printf(out, "\"k%u\":%s", i, pick(3) == 0 ? " " : "");
        make_value(out, depth - 1);
    }
    gox_buf_put_byte(out, kind == 4 ? ']' : '}');
}

/* Reads a value with our reader into jansson's form. */
static json_t *read_value(struct gox_reader *r)
{
    struct gox_buf scratch;
    struct gox_slice key;
    json_t *value = NULL;
    switch (gox_reader_peek(r)) {
    case GOX_JSON_OBJECT:
        value = json_object();
        gox_reader_object(r);
        while (gox_reader_key(r, &key))
            json_object_setn_new(value, key.data, key.len, read_value(r));
        return value;
    case GOX_JSON_ARRAY:
        value = json_array();
        gox_reader_array(r);
        while (gox_reader_element(r))
            json_array_append_new(value, read_value(r));
        return value;
    case GOX_JSON_STRING:
        gox_buf_init(&scratch, 0);
        key = gox_reader_string(r, &scratch);
        value = json_stringn(key.data, key.len);
        gox_buf_fini(&scratch);
        return value;
    case GOX_JSON_NUMBER: {
        struct gox_reader copy = *r;
        struct gox_slice raw = gox_reader_skip(&copy);
        if (memchr(raw.data, '.', raw.len) != NULL ||
                memchr(raw.data, 'e', raw.len) != NULL)
            return json_real(gox_reader_number(r));
        return json_integer(gox_reader_int(r, INT64_MIN, INT64_MAX));
    }
    case GOX_JSON_BOOL:
        return json_boolean(gox_reader_bool(r));
    case GOX_JSON_NULL:
        gox_reader_null(r);
        return json_null();
    default:
        return NULL;
    }
}

static void compare(const char *text, size_t len)
{
    json_error_t error;
    json_t *theirs = json_loadb(
            text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    bool is_ours = is_valid(text, len);
    if (theirs == NULL &&
            json_error_code(&error) == json_error_numeric_overflow)
        return; /* valid JSON that jansson has no room for */
    if (is_ours != (theirs != NULL))
        fail_msg("%s by us, jansson says %s: %.*s",
                is_ours ? "taken" : "refused",
                theirs != NULL ? "valid" : error.text, (int)len, text);
    if (theirs != NULL) {
        struct gox_reader r;
        gox_reader_init(&r, text, len, NULL);
        json_t *ours = read_value(&r);
        assert_int_equal(gox_reader_error(&r), 0);
        if (!json_equal(ours, theirs))
            fail_msg("read differently: %.*s", (int)len, text);
        json_decref(ours);
    }
    json_decref(theirs);
}

static void test_against_jansson(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct gox_buf text;
        gox_buf_init(&text, 0);
        make_value(&text, 4);
        compare((const char *)text.data, text.len);
        /* The same, damaged: one byte replaced or removed, or the end cut
           off. */
        size_t at = pick((unsigned)text.len);
        unsigned how = pick(3);
        if (how == 0)
            text.data[at] = (uint8_t) "{}[],:\"\\ x\n\xc3"[pick(12)];
        else if (how == 1)
            memmove(text.data + at, text.data + at + 1, --text.len - at);
        else
            text.len = at;
        compare((const char *)text.data, text.len);
        gox_buf_fini(&text);
    }
}

/* ---- values ---- */

static int int_error(const char *text, int64_t min, int64_t max)
{
    struct gox_reader r;
    gox_reader_init(&r, text, strlen(text), NULL);
    gox_reader_int(&r, min, max);
    return gox_reader_error(&r);
}

static int64_t int_of(const char *text)
{
    struct gox_reader r;
    gox_reader_init(&r, text, strlen(text), NULL);
    int64_t value = gox_reader_int(&r, INT64_MIN, INT64_MAX);
    assert_int_equal(gox_reader_error(&r), 0);
    return value;
}

static void test_integers(void **state)
{
    (void)state;
    assert_int_equal(int_of("0"), 0);
    assert_int_equal(int_of("-0"), 0);
    assert_int_equal(int_of("-17 "), -17);
    assert_int_equal(int_of("12.0"), 12);
    assert_int_equal(int_of("1.2e1"), 12);
    assert_true(int_of("9223372036854775807") == INT64_MAX);
    assert_true(int_of("-9223372036854775808") == INT64_MIN);
    assert_true(int_of("123456789012345678") == 123456789012345678);
    assert_int_equal(int_error("9223372036854775808", INT64_MIN, INT64_MAX),
            GOX_ERR_PARAMS);
    assert_int_equal(
            int_error("4294967297", INT32_MIN, INT32_MAX), GOX_ERR_PARAMS);
    assert_int_equal(int_error("1.5", 0, 9), GOX_ERR_PARAMS);
    assert_int_equal(int_error("1e30", INT64_MIN, INT64_MAX), GOX_ERR_PARAMS);
    assert_int_equal(int_error("10", 0, 9), GOX_ERR_PARAMS);
    assert_int_equal(int_error("\"1\"", 0, 9), GOX_ERR_PARAMS);
    assert_int_equal(int_error("null", 0, 9), GOX_ERR_PARAMS);
    assert_int_equal(int_error("01", 0, 9), GOX_ERR_PARSE);
    assert_int_equal(int_error("", 0, 9), GOX_ERR_PARSE);
}

static void test_numbers(void **state)
{
    struct gox_reader r;
    (void)state;
    gox_reader_init(&r, "[0.1,-2.5e-3,1e400]", 19, NULL);
    gox_reader_array(&r);
    assert_true(gox_reader_element(&r));
    assert_true(gox_reader_number(&r) == 0.1);
    assert_true(gox_reader_element(&r));
    assert_true(gox_reader_number(&r) == -2.5e-3);
    assert_true(gox_reader_element(&r));
    gox_reader_number(&r);
    assert_int_equal(gox_reader_error(&r), GOX_ERR_PARAMS);
}

static void test_fields(void **state)
{
    static const char *const names[] = {"x", "color"};
    static const char text[] = "{\"color\":7,\"\\u0078\":8}";
    struct gox_reader r;
    uint64_t seen = 0;
    (void)state;
    gox_reader_init(&r, text, strlen(text), NULL);
    gox_reader_object(&r);
    assert_int_equal(gox_reader_field(&r, names, 2, &seen), 1);
    assert_int_equal(gox_reader_int(&r, 0, 9), 7);
    assert_int_equal(gox_reader_field(&r, names, 2, &seen), 0);
    assert_int_equal(gox_reader_int(&r, 0, 9), 8);
    assert_int_equal(gox_reader_field(&r, names, 2, &seen), -1);
    assert_int_equal(gox_reader_error(&r), 0);
    assert_int_equal(seen, 3);
}

static void test_field_errors(void **state)
{
    static const char *const names[] = {"x", "y"};
    static const char *const texts[] = {
            "{\"x\":1,\"x\":2}", "{\"x\":1,\"z\":2}"};
    static const char *const words[] = {"given twice", "known are x, y"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct gox_reader r;
        struct gox_error err = {.code = 0};
        uint64_t seen = 0;
        gox_reader_init(&r, texts[i], strlen(texts[i]), &err);
        gox_reader_object(&r);
        while (gox_reader_field(&r, names, 2, &seen) >= 0)
            gox_reader_int(&r, 0, 9);
        assert_int_equal(gox_reader_error(&r), GOX_ERR_PARAMS);
        assert_non_null(strstr(err.text, words[i]));
    }
}

static void test_errors_tell_the_place(void **state)
{
    struct gox_reader r;
    struct gox_error err;
    (void)state;
    gox_reader_init(&r, "{\"a\":1,\"b\":?}", 13, &err);
    gox_reader_skip(&r);
    assert_int_equal(err.code, GOX_ERR_PARSE);
    assert_int_equal(err.offset, 11);
    assert_non_null(strstr(err.text, "'?'"));
}

static void test_strings_without_memory(void **state)
{
    struct gox_buf scratch;
    struct gox_reader r;
    (void)state;
    gox_buf_init(&scratch, 0);
    gox_alloc_fail_at(1, true);
    gox_reader_init(&r, "\"a\\nb\"", 6, NULL);
    gox_reader_string(&r, &scratch);
    gox_alloc_fail_at(0, false);
    assert_int_equal(gox_reader_error(&r), GOX_ERR_NOMEM);
    gox_buf_fini(&scratch);
    gox_reader_init(&r, "\"ab\"", 4, NULL);
    struct gox_slice plain = gox_reader_string(&r, &scratch);
    assert_true(gox_slice_is(plain, "ab"));
    assert_null(scratch.data);
}

static void test_scan_in_pieces(void **state)
{
    static const char text[] = " {\"a\":\"}\\\"]\",\"b\":[1,{}]}{\"next";
    (void)state;
    for (size_t piece = 1; piece < sizeof text; piece++) {
        struct gox_json_scan scan = {0};
        size_t found = 0;
        for (size_t at = 0; at < sizeof text - 1 && found == 0; at += piece) {
            size_t len = sizeof text - 1 - at;
            size_t end =
                    gox_json_scan(&scan, text + at, len < piece ? len : piece);
            found = end > 0 ? at + end : 0;
        }
        assert_int_equal(found, strchr(text, '\0') - text - 6);
    }
    struct gox_json_scan scan = {0};
    assert_int_equal(gox_json_scan(&scan, "12 ", 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_valid),
            cmocka_unit_test(test_invalid),
            cmocka_unit_test(test_depth),
            cmocka_unit_test(test_against_jansson),
            cmocka_unit_test(test_integers),
            cmocka_unit_test(test_numbers),
            cmocka_unit_test(test_fields),
            cmocka_unit_test(test_field_errors),
            cmocka_unit_test(test_errors_tell_the_place),
            cmocka_unit_test(test_strings_without_memory),
            cmocka_unit_test(test_scan_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
