/* SPDX-License-Identifier: Apache-2.0
 * Scripts: what they can do, what they cannot, and that nothing of a bad one
 * stays. */
#include "daemon/api_client.h"

#define SCRIPT "goxel.execute_script"
#define COUNT  "goxel.get_voxel_count"

/* The result of a script (a new reference). */
static json_t *run(struct api *api, const char *source)
{
    return api_call_json(api, SCRIPT, json_pack("{s:s}", "script", source));
}

static void expect(struct api *api, const char *source, const char *text)
{
    json_t *result = run(api, source);
    api_expect(result, text);
    json_decref(result);
}

static void test_edits_are_one_step(void **state)
{
    struct api *api = *state;
    expect(api,
            "for (var i = 0; i < 10; i++)"
            "  goxel.add_voxel({x: i, y: 0, z: 0, color: \"red\"});"
            "goxel.procedural_shape(\"cube\", 3, 3, 3, 50, 0, 0);"
            "print(\"made\", {n: i}, [1, 2]);"
            "console.log(\"done\");"
            "({count: goxel.get_voxel_count().count})",
            "{'success':true,'code':0,'message':'','output':"
            "'made {\\'n\\':10} [1,2]\\ndone\\n','result':{'count':37},"
            "'revision':1}");
    assert_int_equal(api_int(api, "count", COUNT, NULL), 37);
    api_do(api, "goxel.undo", NULL);
    assert_int_equal(api_int(api, "count", COUNT, NULL), 0);
}

static void test_a_bad_script_changes_nothing(void **state)
{
    static const struct {
        const char *source, *expected;
    } scripts[] = {
            {"goxel.add_voxel(1, 2, 3); throw new Error(\"boom\")",
                    "{'success':false,'code':1,'message':'Error: boom'}"},
            {"var x = ;", "{'success':false,'code':1}"},
            {"goxel.add_voxel(1, 2, 3); goxel.add_voxel(99999999, 0, 0)",
                    "{'success':false,'code':1}"},
            {"goxel.add_voxel(1, 2, 3); (function f() { return f() })()",
                    "{'success':false,'code':1}"},
            {"goxel.add_voxel(1, 2, 3); nothing.here",
                    "{'success':false,'code':1}"},
    };
    struct api *api = *state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        expect(api, scripts[i].source, scripts[i].expected);
        assert_int_equal(api_int(api, "count", COUNT, NULL), 0);
    }
    /* A call that fails is an exception like any other. */
    expect(api,
            "try { goxel.add_voxel(99999999, 0, 0) }"
            "catch (e) { e.message.indexOf(\"8388607\") > 0 }",
            "{'success':true,'result':true}");
}

static void test_limits(void **state)
{
    struct api *api = *state;
    const json_t *error = api_fail(api, -32009, SCRIPT,
            "{'script':'goxel.add_voxel(1,2,3); while (true);',"
            "'timeout_ms':100}");
    api_expect_message(error, "longer than 100 ms");
    json_t *result = api_call(api, SCRIPT,
            "{'script':'var a = [1]; while (true) a = a.concat(a);',"
            "'memory_mb':2}");
    api_expect(result, "{'success':false,'code':1}");
    json_decref(result);
    assert_int_equal(api_int(api, "count", COUNT, NULL), 0);
    api_fail(api, -32602, SCRIPT, "{}");
    api_fail(api, -32602, SCRIPT, "{'script':'1','path':'x.js'}");
    api_fail(api, -32602, SCRIPT, "{'script':'1','timeout_ms':0}");
    api_fail(api, -32013, SCRIPT, "{'path':'missing.js'}");
}

static void test_output_is_bounded(void **state)
{
    struct api *api = *state;
    json_t *result = run(api, "var line = new Array(1001).join(\"x\");"
                              "for (var i = 0; i < 2000; i++) print(line);");
    const char *output = json_string_value(json_object_get(result, "output"));
    assert_non_null(output);
    assert_true(strlen(output) <= 1 << 20);
    assert_non_null(strstr(output, "(output cut)"));
    json_decref(result);
}

static void test_nothing_of_the_system_is_there(void **state)
{
    expect(*state,
            "[typeof require, typeof load, typeof read, typeof readFile,"
            " typeof write, typeof quit, typeof process, typeof fetch]"
            ".join(\" \").replace(/undefined ?/g, \"\")",
            "{'success':true,'result':''}");
    /* Only methods that can be a part of an edit. */
    expect(*state,
            "[typeof goxel.load_project, typeof goxel.save_project,"
            " typeof goxel.execute_script, typeof goxel.render_scene,"
            " typeof goxel.add_voxel].join(\" \")",
            "{'success':true,"
            "'result':'undefined undefined undefined undefined function'}");
}

static void test_values_come_back(void **state)
{
    static const struct {
        const char *source, *expected;
    } scripts[] = {
            {"1 + 1", "{'result':2}"},
            {"\"\\u00e4\\n\"", "{'result':'ä\\n'}"},
            {"[null, true, 1.5]", "{'result':[null,true,1.5]}"},
            {"undefined", "{'result':null}"},
            {"(function () {})", "{'result':null}"},
            {"var o = {}; o.o = o; o", "{'success':false}"},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        expect(*state, scripts[i].source, scripts[i].expected);
}

static void test_from_a_file(void **state)
{
    struct api *api = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/twelve.js", api->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("goxel.add_voxel(7, 7, 7); 12", file);
    fclose(file);
    json_t *result =
            api_call(api, SCRIPT, "{'path':'%s','name':'seven'}", path);
    api_expect(result, "{'success':true,'result':12}");
    json_decref(result);
    result = api_call(api, "goxel.history", NULL);
    api_expect(result, "{'revisions':[{'label':'seven'}]}");
    json_decref(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_edits_are_one_step),
            API_TEST(test_a_bad_script_changes_nothing),
            API_TEST(test_limits),
            API_TEST(test_output_is_bounded),
            API_TEST(test_nothing_of_the_system_is_there),
            API_TEST(test_values_come_back),
            API_TEST(test_from_a_file),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
