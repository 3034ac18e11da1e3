/* SPDX-License-Identifier: Apache-2.0
 * Projects as a whole: create, list, open, close, copy, status. */
#include "daemon/api_client.h"

#define CREATE "goxel.create_project"
#define LIST   "goxel.list_projects"
#define OPEN   "goxel.open_project"
#define CLOSE  "goxel.close_project"
#define DELETE "goxel.delete_project"
#define COPY   "goxel.copy_project"
#define STATUS "goxel.get_status"
#define ADD    "goxel.add_voxel"
#define COUNT  "goxel.get_voxel_count"
#define PARAMS -32602

static void test_create(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['a',10,20,30]", 0,
                    "{'success':true,'name':'a','project':'a','width':10,"
                    "'height':20,'depth':30,'revision':0}"},
            {STATUS, NULL, 0,
                    "{'version':'*','project':'a','name':'a','width':10,"
                    "'height':20,'depth':30,'layer_count':1,'read_only':false,"
                    "'voxel_count':0,'modified':false,'revision':0,'path':"
                    "null,'material_count':'*','camera_count':'*',"
                    "'memory_bytes':'*','modified_at':'*'}"},
            {CREATE, "['a']", -1001, "{'data':{'reason':'EXISTS'}}"},
            {CREATE, "{'name':'b'}", 0, "{'width':64,'height':64,'depth':64}"},
            {CREATE, NULL, 0, "{'name':'New Project'}"},
            {CREATE, "['c',0]", PARAMS, "{'data':{'param':'width'}}"},
            {CREATE, "['c','10']", PARAMS,
                    "{'data':{'param':'width','got':'string \\\"10\\\"'}}"},
            {CREATE, "{'name':'c','depth':16777217}", PARAMS,
                    "{'data':{'param':'depth'}}"},
            {CREATE, "['']", -1001, NULL},
            {CREATE, "['a/b']", -1001, NULL},
            {CREATE, "['..']", -1001, NULL},
            {CREATE, "['a\\nb']", -1001, NULL},
            {CREATE, "[7]", PARAMS, "{'data':{'param':'name'}}"},
            {CREATE, "{'name':'c','hight':3}", PARAMS,
                    "{'data':{'param':'hight'}}"},
            {CREATE, "['gr\\u00f6\\u00dfe \\u732b']", 0,
                    "{'project':'gr\\u00f6\\u00dfe \\u732b'}"},
            {CREATE, "['whole',16777216,16777216,16777216]", 0,
                    "{'width':16777216}"},
    };
    API_RUN(*state, steps);
}

static void test_overwrite(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['over']", 0, NULL},
            {ADD, "[1,1,1]", 0, "{'revision':1}"},
            {CREATE, "['over',8,8,8,true]", 0, "{'width':8,'revision':2}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {"goxel.undo", NULL, 0, "{'steps':1}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {OPEN, "['over',true]", 0, "{'read_only':true}"},
            {CREATE, "{'name':'over','overwrite':true}", -1001,
                    "{'data':{'reason':'READ_ONLY'}}"},
            {COUNT, NULL, 0, "{'count':1}"},
    };
    API_RUN(*state, steps);
}

static void test_list(void **state)
{
    struct api *api = *state;
    api_do(api, CREATE, "['listed']");
    api_do(api, ADD, "[0,0,0]");
    json_t *list = api_call(api, LIST, NULL);
    json_t *rows = json_object_get(list, "projects");
    size_t count = json_array_size(rows);
    assert_int_equal(json_integer_value(json_object_get(list, "count")), count);
    api_expect(json_array_get(rows, count - 1),
            "{'name':'listed','revision':1,'voxel_count':1,'layer_count':1,"
            "'modified_at':'*','modified':true,'read_only':false,'path':null,"
            "'open':true,'bytes':'*'}");
    json_decref(list);
}

static void test_named_project(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['one']", 0, NULL},
            {CREATE, "['two']", 0, NULL},
            {ADD, "{'x':0,'y':0,'z':0,'project':'one'}", 0, NULL},
            {COUNT, NULL, 0, "{'count':0}"},
            {COUNT, "{'project':'one'}", 0, "{'count':1}"},
            {STATUS, NULL, 0, "{'project':'two'}"},
            {OPEN, "['one']", 0,
                    "{'success':true,'project':'one','revision':1,'read_only':"
                    "false,'recovered':{'replayed':0,'duration_ms':'*'}}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {OPEN, "['none']", -32004, "{'data':{'reason':'NOT_FOUND'}}"},
            {OPEN, NULL, PARAMS, "{'data':{'param':'name'}}"},
            {STATUS, "{'project':'none'}", -32004, NULL},
            {STATUS, "{'project':7}", PARAMS, "{'data':{'param':'project'}}"},
    };
    API_RUN(*state, steps);
}

static void test_read_only(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['fixed']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {OPEN, "{'name':'fixed','read_only':true}", 0, NULL},
            {ADD, "[1,0,0]", -1004, "{'data':{'reason':'READ_ONLY'}}"},
            {"goxel.undo", NULL, -32011, NULL},
            {"goxel.create_layer", NULL, -1008, NULL},
            {"goxel.batch_operations", "[[]]", -32011, NULL},
            {COUNT, NULL, 0, "{'count':1}"},
            {STATUS, NULL, 0, "{'read_only':true}"},
            {OPEN, "['fixed']", 0, NULL},
            {ADD, "[1,0,0]", 0, NULL},
    };
    API_RUN(*state, steps);
}

static void test_close_and_delete(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['empty']", 0, NULL},
            {CLOSE, "['empty']", 0, "{'success':true,'project':'empty'}"},
            /* its file stays, so closing it again is nothing */
            {CLOSE, "['empty']", 0, NULL},
            {CLOSE, "['none']", -32004, NULL},
            {CREATE, "['full']", 0, NULL},
            {CREATE, "['empty']", -1001, "{'data':{'reason':'EXISTS'}}"},
            {ADD, "[0,0,0]", 0, NULL},
            {CLOSE, "['full']", 0, NULL},
            /* opened again by whoever names it, or has it as its own */
            {COUNT, NULL, 0, "{'count':1}"},
            {CLOSE, "['full']", 0, NULL},
            {COUNT, "{'project':'full'}", 0, "{'count':1}"},
            {"goxel.undo", NULL, 0, "{'steps':1,'revision':2}"},
            {CLOSE, "['full']", 0, NULL},
            {"goxel.redo", NULL, 0, "{'steps':1,'revision':3}"},
            {CREATE, "{'name':'full','overwrite':true}", 0, "{'revision':4}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {ADD, "[0,0,0]", 0, NULL},
            {DELETE, "['full']", 0, "{'success':true}"},
            {COUNT, NULL, -1006, "{'data':{'reason':'NOT_FOUND'}}"},
            {DELETE, "['full']", -32004, NULL},
            {CREATE, "['full']", 0, "{'revision':0}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {ADD, "[0,0,0]", 0, NULL},
            {CLOSE, "['full']", 0, NULL},
            {DELETE, "{'name':'full','purge':true}", 0, "{'success':true}"},
            {COUNT, "{'project':'full'}", -1006, NULL},
            {DELETE, NULL, PARAMS, "{'data':{'param':'name'}}"},
    };
    API_RUN(*state, steps);
}

/* Without a data directory what is not saved would be lost. */
static void test_close_in_memory(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['empty']", 0, NULL},
            {CLOSE, "['empty']", 0, "{'success':true,'project':'empty'}"},
            {CLOSE, "['empty']", -32004, NULL},
            {CREATE, "['full']", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {CLOSE, "['full']", -32010, "{'data':{'reason':'CONFLICT'}}"},
            {DELETE, "['full']", -32010, NULL},
            {COUNT, NULL, 0, "{'count':1}"},
            {CLOSE, "['full',true]", 0, NULL},
            {COUNT, "{'project':'full'}", -1006, NULL},
            /* the connection has none now: the default */
            {STATUS, NULL, 0, "{'project':'default'}"},
            {CREATE, "['full']", 0, "{'revision':0}"},
            {ADD, "[0,0,0]", 0, NULL},
            {COPY, "['full','copy']", 0, NULL},
            {COUNT, "{'project':'copy'}", 0, "{'count':1}"},
            {DELETE, "{'name':'full','purge':true}", 0, "{'success':true}"},
            {"goxel.list_checkpoints", NULL, -32603,
                    "{'data':{'reason':'UNSUPPORTED'}}"},
    };
    struct api own;
    (void)state;
    api_start(&own, NULL);
    API_RUN(&own, steps);
    api_stop(&own);
}

static void test_copy(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['original',5,6,7]", 0, NULL},
            {ADD, "[0,0,0]", 0, NULL},
            {COPY, "['original','copy']", 0,
                    "{'success':true,'project':'copy'}"},
            {STATUS, NULL, 0, "{'project':'original'}"},
            {ADD, "{'x':1,'y':0,'z':0,'project':'copy'}", 0, NULL},
            {COUNT, NULL, 0, "{'count':1}"},
            {STATUS, "{'project':'copy'}", 0,
                    "{'width':5,'height':6,'depth':7,'voxel_count':2}"},
            {COPY, "['original','copy']", -32005,
                    "{'data':{'reason':'EXISTS'}}"},
            {COPY, "['none','other']", -32004, NULL},
            {COPY, "['original']", PARAMS, "{'data':{'param':'to'}}"},
            {COPY, "['original','a/b']", -1001, NULL},
    };
    API_RUN(*state, steps);
}

/* Each connection has its own current project; the projects are shared. */
static void test_two_connections(void **state)
{
    struct api other;
    api_join(&other, *state);
    api_do(&other, CREATE, "['theirs']");
    api_do(*state, CREATE, "['ours']");
    api_do(&other, ADD, "[0,0,0]");
    assert_int_equal(api_int(*state, "count", COUNT, NULL), 0);
    assert_int_equal(
            api_int(*state, "count", COUNT, "{'project':'theirs'}"), 1);
    /* closed under another connection's feet */
    api_do(*state, CLOSE, "['theirs',true]");
    json_t *status = api_call(&other, STATUS, NULL);
    api_expect(status, "{'project':'theirs','voxel_count':1}");
    json_decref(status);
    api_do(*state, DELETE, "['theirs']");
    api_fail(&other, -32004, STATUS, NULL);
    api_stop(&other);
}

static void on_answer(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    (void)error;
    assert_null(result);
    assert_int_not_equal(err->code, 0);
    *(bool *)ctx = true;
}

/* Who asks for a project before it is made does not stand in the way. */
static void test_made_while_asked_for(void **state)
{
    struct api other;
    struct gox_error err;
    api_join(&other, *state);
    for (int i = 0; i < 50; i++) {
        bool is_answered = false;
        json_t *params =
                json_pack("{s:o}", "project", json_sprintf("asked %d", i));
        assert_int_equal(gox_client_submit(other.client, COUNT, params,
                                 on_answer, &is_answered, NULL, &err),
                0);
        json_decref(params);
        api_do(*state, CREATE, "['asked %d']", i);
        while (!is_answered)
            assert_true(gox_client_dispatch(other.client, &err) >= 0);
    }
    api_stop(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_create),
            API_TEST(test_overwrite),
            API_TEST(test_list),
            API_TEST(test_named_project),
            API_TEST(test_read_only),
            API_TEST(test_close_and_delete),
            API_TEST(test_close_in_memory),
            API_TEST(test_copy),
            API_TEST(test_two_connections),
            API_TEST(test_made_while_asked_for),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
