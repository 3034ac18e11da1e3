/* SPDX-License-Identifier: Apache-2.0
 * The argument checker: what fits, and the words for what does not. */
#include "base/alloc.h"
#include "mcp/schema.h"
#include "mcp/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the ones above
#include <cmocka.h>
#include <string.h>

static const char SCHEMA[] =
        "{\"type\":\"object\",\"properties\":{"
        "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":5},"
        "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9},"
        "\"axis\":{\"enum\":[\"x\",\"y\"]},"
        "\"point\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},"
        "\"minItems\":3,\"maxItems\":3},"
        "\"layer\":{\"type\":[\"integer\",\"string\"]},"
        "\"kind\":{\"const\":\"a\"},"
        "\"pair\":{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"},"
        "{\"type\":\"number\"}]},"
        "\"any\":{\"anyOf\":[{\"type\":\"boolean\"},{\"type\":\"null\"}]},"
        "\"inner\":{\"type\":\"object\",\"additionalProperties\":"
        "{\"type\":\"number\"}}"
        "},\"required\":[\"name\"],\"additionalProperties\":false}";

static const struct row {
    const char *value, *why; /* NULL: fits */
} ROWS[] = {
        {"{\"name\":\"a\"}", NULL},
        {"{\"name\":\"a\",\"count\":3,\"axis\":\"x\",\"point\":[1,2,3]}", NULL},
        {"{\"name\":\"a\",\"count\":3.0}", NULL},
        {"{\"name\":\"a\",\"layer\":1}", NULL},
        {"{\"name\":\"a\",\"layer\":\"b\"}", NULL},
        {"{\"name\":\"a\",\"pair\":[\"b\",1.5,true]}", NULL},
        {"{\"name\":\"a\",\"any\":null,\"inner\":{\"q\":1}}", NULL},
        {"{}", "the arguments: \"name\" is missing"},
        {"{\"name\":1}", "\"name\": expected string, got 1"},
        {"{\"name\":\"\"}", "\"name\": expected 1 to 5 bytes, got 0"},
        {"{\"name\":\"a\",\"count\":10}",
                "\"count\": expected a number from 1 to 9, got 10"},
        {"{\"name\":\"a\",\"count\":1.5}", "\"count\": expected integer"},
        {"{\"name\":\"a\",\"axis\":\"z\"}",
                "\"axis\": expected one of \"x\", \"y\", got \"z\""},
        {"{\"name\":\"a\",\"point\":[1,2]}",
                "\"point\": expected 3 elements, got 2"},
        {"{\"name\":\"a\",\"point\":[1,2,\"3\"]}",
                "\"point[2]\": expected integer, got \"3\""},
        {"{\"name\":\"a\",\"layer\":[]}",
                "\"layer\": expected integer or string, got []"},
        {"{\"name\":\"a\",\"kind\":\"b\"}",
                "\"kind\": expected \"a\", got \"b\""},
        {"{\"name\":\"a\",\"pair\":[1]}", "\"pair[0]\": expected string"},
        {"{\"name\":\"a\",\"any\":3}", "\"any\": expected boolean, got 3"},
        {"{\"name\":\"a\",\"inner\":{\"q\":\"r\"}}",
                "\"inner.q\": expected number, got \"r\""},
        {"{\"name\":\"a\",\"axes\":1}",
                "\"axes\" is not known; did you mean \"axis\"?"},
        {"{\"name\":\"a\",\"zzzzzzzz\":1}", "known: name, count, axis"},
        {"[]", "the arguments: expected object, got []"},
};

static void test_rows(void **state)
{
    json_t *schema = json_loads(SCHEMA, 0, NULL);
    (void)state;
    assert_non_null(schema);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        json_t *value = json_loads(ROWS[i].value, 0, NULL);
        struct gox_buf why;
        gox_buf_init(&why, 0);
        bool fits = gox_mcp_schema_check(schema, value, &why);
        const char *text = gox_buf_text(&why);
        if (fits != (ROWS[i].why == NULL) ||
                (!fits && strstr(text, ROWS[i].why) == NULL))
            fail_msg("%s: %s", ROWS[i].value, fits ? "fits" : text);
        gox_buf_fini(&why);
        json_decref(value);
    }
    json_decref(schema);
}

static void test_strings_that_hold_json(void **state)
{
    static const char *const pairs[][2] = {
            {"{\"point\":\"[1,2,3]\",\"count\":\"7\",\"name\":\"5\"}",
                    "{\"point\":[1,2,3],\"count\":7,\"name\":\"5\"}"},
            {"{\"point\":[1,\"2\",3],\"layer\":\"4\"}",
                    "{\"point\":[1,2,3],\"layer\":\"4\"}"},
            {"{\"point\":\"[1,2\",\"count\":\"1.5\",\"inner\":\"[]\"}", NULL},
    };
    json_t *schema = json_loads(SCHEMA, 0, NULL);
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        json_t *value = json_loads(pairs[i][0], 0, NULL);
        json_t *wanted = json_loads(
                pairs[i][1] != NULL ? pairs[i][1] : pairs[i][0], 0, NULL);
        gox_mcp_schema_mend(schema, value);
        if (!json_equal(value, wanted))
            fail_msg("%s became something else", pairs[i][0]);
        json_decref(value);
        json_decref(wanted);
    }
    json_decref(schema);
}

/* Without memory the verdict stays, only the words may go. */
static void test_no_memory(void **state)
{
    json_t *schema = json_loads(SCHEMA, 0, NULL);
    json_t *value = json_loads("{\"name\":\"a\",\"axes\":1}", 0, NULL);
    (void)state;
    for (uint64_t n = 1; n < 20; n++) {
        struct gox_buf why;
        gox_buf_init(&why, 0);
        gox_alloc_fail_at(n, true);
        assert_false(gox_mcp_schema_check(schema, value, &why));
        gox_alloc_fail_at(0, false);
        gox_buf_fini(&why);
    }
    json_decref(schema);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_rows),
            cmocka_unit_test(test_strings_that_hold_json),
            cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
