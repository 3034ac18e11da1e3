/* SPDX-License-Identifier: Apache-2.0
 * Notifications of changes: all of them, in order, from where one left off. */
#include "daemon/api_client.h"

#define SUBSCRIBE "goxel.subscribe"
#define END       "goxel.unsubscribe"
#define ADD       "goxel.add_voxel"
#define PARAMS    -32602

static const json_t *notice(struct api *api, size_t i)
{
    assert_true(api_wait_notices(api, i + 1));
    const json_t *item = json_array_get(api->notices, i);
    api_expect(item, "{'method':'goxel.changed'}");
    return json_object_get(item, "params");
}

/* The project that *state made for this test. */
static json_t *project_of(struct api *api)
{
    json_t *status = api_call(api, "goxel.get_status", NULL);
    json_t *name = json_incref(json_object_get(status, "project"));
    json_decref(status);
    json_array_clear(api->notices);
    return name;
}

static void test_own_changes(void **state)
{
    struct api *api = *state;
    json_t *name = project_of(api);
    json_t *sub = api_call(api, SUBSCRIBE, NULL);
    api_expect(sub,
            "{'success':true,'subscription':'*','project':'%s',"
            "'revision':0}",
            json_string_value(name));
    api_do(api, ADD, "[1,2,3]");
    api_expect(notice(api, 0),
            "{'subscription':%d,'project':'%s','revision':1,'layer_id':1,"
            "'box':{'min':'*','max':'*'},'origin':'*','own':true,'missed':'-'"
            "}",
            (int)json_integer_value(json_object_get(sub, "subscription")),
            json_string_value(name));
    api_do(api, "goxel.create_layer", NULL);
    api_expect(notice(api, 1), "{'revision':2,'box':null}");
    /* reading and an edit that changes nothing are no changes */
    api_do(api, "goxel.get_status", NULL);
    api_do(api, "goxel.clear_layer", NULL);
    api_do(api, "goxel.undo", "[2]");
    api_expect(notice(api, 2), "{'revision':3}");
    api_do(api, "goxel.procedural_shape",
            "{'shape_type':'cube','size':[200,200,200]}");
    api_expect(notice(api, 3), "{'revision':4,'layer_id':1}");
    api_do(api, "goxel.restore", "[0]");
    api_expect(notice(api, 4), "{'revision':5}");
    json_decref(sub);
    json_decref(name);
}

/* A project that is made anew is a change like any other. */
static void test_overwritten_project(void **state)
{
    struct api *api = *state;
    json_t *name = project_of(api);
    char path[128];
    api_path(api, path, "over.gox");
    api_do(api, SUBSCRIBE, NULL);
    api_do(api, ADD, "[1,2,3]");
    api_expect(notice(api, 0), "{'revision':1}");
    api_do(api, "goxel.save_project", "['%s']", path);
    api_do(api, "goxel.create_project", "{'name':'%s','overwrite':true}",
            json_string_value(name));
    api_expect(notice(api, 1), "{'revision':2,'own':true}");
    api_do(api, "goxel.load_project", "{'path':'%s','project':'%s'}", path,
            json_string_value(name));
    api_expect(notice(api, 2), "{'revision':3}");
    json_decref(name);
}

/* Whoever follows a project hears that it is gone, after all its changes. */
static void test_closed_project(void **state)
{
    struct api *api = *state, other;
    json_t *name = project_of(api);
    api_join(&other, api);
    json_t *sub =
            api_call(&other, SUBSCRIBE, "['%s']", json_string_value(name));
    int id = (int)json_integer_value(json_object_get(sub, "subscription"));
    api_do(api, ADD, "[1,2,3]");
    api_do(api, "goxel.delete_project", "['%s']", json_string_value(name));
    api_expect(notice(&other, 0), "{'revision':1}");
    api_expect(notice(&other, 1),
            "{'subscription':%d,'project':'%s','closed':true}", id,
            json_string_value(name));
    api_fail(&other, -32004, END, "[%d]", id);
    json_decref(sub);
    json_decref(name);
    api_stop(&other);
}

static void test_changes_of_others(void **state)
{
    struct api *api = *state, other;
    json_t *name = project_of(api);
    api_join(&other, api);
    api_do(&other, SUBSCRIBE, "['%s']", json_string_value(name));
    for (int i = 0; i < 100; i++)
        api_do(api, ADD, "[%d,0,0]", i);
    for (size_t i = 0; i < 100; i++)
        api_expect(notice(&other, i), "{'revision':%zu,'own':false}", i + 1);
    /* an edit of another project is not told */
    api_do(api, "goxel.create_project", "{'name':'aside','overwrite':true}");
    api_do(api, ADD, "[7,7,7]");
    api_do(api, ADD, "{'x':0,'y':9,'z':0,'project':'%s'}",
            json_string_value(name));
    api_expect(notice(&other, 100), "{'revision':101}");
    assert_int_equal(json_array_size(other.notices), 101);
    json_decref(name);
    api_stop(&other);
}

static void test_resume(void **state)
{
    struct api *api = *state, other;
    json_t *name = project_of(api);
    api_do(api, SUBSCRIBE, NULL); /* from now on changes are remembered */
    for (int i = 0; i < 10; i++)
        api_do(api, ADD, "[%d,0,0]", i);
    api_join(&other, api);
    json_t *sub = api_call(&other, SUBSCRIBE,
            "{'project':'%s','from_revision':4}", json_string_value(name));
    api_expect(sub, "{'revision':10}");
    for (size_t i = 0; i < 6; i++)
        api_expect(notice(&other, i), "{'revision':%zu,'missed':'-'}", i + 5);
    api_do(&other, SUBSCRIBE, "['%s',10]", json_string_value(name));
    api_do(api, ADD, "[10,0,0]");
    api_expect(notice(&other, 6), "{'revision':11}");
    api_expect(notice(&other, 7), "{'revision':11}");
    assert_int_equal(json_array_size(other.notices), 8);
    /* a revision that never was is no place to go on from */
    api_fail(&other, -32004, SUBSCRIBE, "['%s',12]", json_string_value(name));
    json_decref(sub);
    json_decref(name);
    api_stop(&other);
}

/* Changes from before the first subscription are not remembered. */
static void test_resume_too_early(void **state)
{
    struct api *api = *state;
    json_t *name = project_of(api);
    api_do(api, ADD, "[0,0,0]");
    api_do(api, ADD, "[1,0,0]");
    const json_t *error =
            api_fail(api, -32004, SUBSCRIBE, "{'from_revision':1}");
    api_expect_message(error, "not remembered");
    api_do(api, SUBSCRIBE, "{'from_revision':2}");
    api_do(api, ADD, "[2,0,0]");
    api_expect(notice(api, 0), "{'revision':3}");
    json_decref(name);
}

/* More changes than are remembered: the gap is told. */
static void test_missed(void **state)
{
    struct api *api = *state;
    json_t *name = project_of(api);
    api_do(api, SUBSCRIBE, NULL);
    /* One write of many requests, so that no notification goes out between. */
    for (int i = 0; i < 6000; i++) {
        json_t *params = json_pack("[i,i,i]", i % 100, i / 100, 5);
        assert_int_equal(gox_client_notify(api->client, ADD, params, NULL), 0);
        json_decref(params);
    }
    api_do(api, "ping", NULL);
    json_int_t last = 0;
    for (size_t i = 0; last < 6000; i++) {
        const json_t *params = notice(api, i);
        json_int_t revision =
                json_integer_value(json_object_get(params, "revision"));
        bool has_gap = json_is_true(json_object_get(params, "missed"));
        assert_true(has_gap ? revision > last + 1 : revision == last + 1);
        last = revision;
    }
    json_decref(name);
}

static void test_unsubscribe(void **state)
{
    struct api *api = *state;
    json_t *name = project_of(api);
    json_int_t first = api_int(api, "subscription", SUBSCRIBE, NULL);
    json_int_t second = api_int(api, "subscription", SUBSCRIBE, NULL);
    assert_true(first != second);
    api_do(api, END, "[%d]", (int)first);
    api_do(api, ADD, "[0,0,0]");
    api_expect(notice(api, 0), "{'subscription':%d}", (int)second);
    api_do(api, END, "{'subscription':%d}", (int)second);
    api_do(api, ADD, "[1,0,0]");
    api_do(api, "ping", NULL);
    assert_int_equal(json_array_size(api->notices), 1);
    static const struct api_step steps[] = {
            {END, "[0]", -32004, NULL},
            {END, "[99999]", -32004, NULL},
            {END, NULL, PARAMS, "{'data':{'param':'subscription'}}"},
            {SUBSCRIBE, "['none']", -32004, NULL},
            {SUBSCRIBE, "{'from_revision':-1}", PARAMS,
                    "{'data':{'param':'from_revision'}}"},
    };
    API_RUN(api, steps);
    api_fail(api, -32004, END, "[%d]", (int)first);
    json_decref(name);
}

static void test_limit(void **state)
{
    struct api *api = *state, other;
    json_t *name = project_of(api);
    int count = 0;
    api_join(&other, api);
    json_t *params = json_pack("[O]", name);
    while (gox_client_call(other.client, SUBSCRIBE, params, API_LIMIT_MS, NULL,
                   NULL) == 0)
        assert_true(++count < 10000);
    api_expect(gox_client_get_error(other.client),
            "{'code':-32007,'data':{'reason':'TOO_LARGE'}}");
    assert_true(count >= 8);
    /* A connection that goes takes its subscriptions along. */
    api_stop(&other);
    api_do(api, ADD, "[0,0,0]");
    json_decref(params);
    json_decref(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_own_changes),
            API_TEST(test_overwritten_project),
            API_TEST(test_closed_project),
            API_TEST(test_changes_of_others),
            API_TEST(test_resume),
            API_TEST(test_resume_too_early),
            API_TEST(test_missed),
            API_TEST(test_unsubscribe),
            API_TEST(test_limit),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
