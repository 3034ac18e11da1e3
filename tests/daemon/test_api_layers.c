/* SPDX-License-Identifier: Apache-2.0
 * The methods on layers. */
#include "daemon/api_client.h"

#define LIST    "goxel.list_layers"
#define CREATE  "goxel.create_layer"
#define DELETE  "goxel.delete_layer"
#define MERGE   "goxel.merge_layers"
#define VISIBLE "goxel.set_layer_visibility"
#define RENAME  "goxel.rename_layer"
#define MOVE    "goxel.move_layer"
#define DUP     "goxel.duplicate_layer"
#define CLEAR   "goxel.clear_layer"
#define ACTIVE  "goxel.set_active_layer"
#define SET     "goxel.set_layer"
#define ADD     "goxel.add_voxel"
#define GET     "goxel.get_voxel"
#define COUNT   "goxel.get_voxel_count"
#define PARAMS  -32602

/* "1 2 3": the ids from bottom to top. */
static void expect_order(struct api *api, const char *expected)
{
    char ids[128] = "";
    size_t i, used = 0;
    json_t *row, *list = api_call(api, LIST, NULL);
    json_array_foreach(json_object_get(list, "layers"), i, row) used +=
            (size_t)snprintf(ids + used, sizeof ids - used, "%s%d",
                    i > 0 ? " " : "",
                    (int)json_integer_value(json_object_get(row, "id")));
    assert_string_equal(ids, expected);
    assert_int_equal(json_integer_value(json_object_get(list, "count")), i);
    json_decref(list);
}

static void test_list(void **state)
{
    static const struct api_step steps[] = {
            {LIST, NULL, 0,
                    "{'count':1,'layers':[{'id':1,'name':'Layer 1','visible':"
                    "true,'voxel_count':0,'active':true,'locked':false,"
                    "'opacity':255,'mode':'*','kind':'voxels','base_id':'-',"
                    "'material':'-','bbox':null}]}"},
            {ADD, "[3,4,5]", 0, NULL},
            {ADD, "[-3,4,5]", 0, NULL},
            {CREATE, "['top','red',false]", 0,
                    "{'success':true,'layer_id':2,'name':'top','visible':"
                    "false,'revision':3}"},
            {LIST, NULL, 0,
                    "{'count':2,'layers':[{'id':1,'active':false,'voxel_count'"
                    ":2,'bbox':{'min':[-3,4,5],'max':[3,4,5]}},{'id':2,'name':"
                    "'top','visible':false,'active':true}]}"},
    };
    API_RUN(*state, steps);
}

static void test_create(void **state)
{
    char name[300];
    static const struct api_step steps[] = {
            {CREATE, NULL, 0, "{'layer_id':2,'name':'Layer 2','visible':true}"},
            {CREATE, "{'name':'a','color':[1,2,3],'visible':true}", 0,
                    "{'layer_id':3,'name':'a'}"},
            {CREATE, "['b',255,0,0,255]", 0, "{'layer_id':4,'name':'b'}"},
            {CREATE, "['c',255,0,0]", 0, "{'layer_id':5}"},
            {CREATE, "{'name':'d','r':1,'g':2,'b':3}", 0, "{'layer_id':6}"},
            {CREATE, "{'name':'\\u00e4\\u732b\\ud83d\\ude00'}", 0,
                    "{'name':'\\u00e4\\u732b\\ud83d\\ude00'}"},
            {CREATE, "[7]", PARAMS, "{'data':{'param':'name'}}"},
            {CREATE, "{'name':'a\\u0000b'}", PARAMS, NULL},
            {CREATE, "{'visible':'yes'}", PARAMS,
                    "{'data':{'param':'visible'}}"},
    };
    API_RUN(*state, steps);
    expect_order(*state, "1 2 3 4 5 6 7");
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    api_do(*state, CREATE, "['%s']", name);
    name[255] = 'n';
    name[256] = '\0';
    api_fail(*state, PARAMS, CREATE, "['%s']", name);
}

static void test_delete(void **state)
{
    static const struct api_step steps[] = {
            {DELETE, "[1]", -1012, "{'data':{'reason':'RANGE'}}"},
            {CREATE, "['a']", 0, NULL},
            {CREATE, "['b']", 0, NULL},
            {DELETE, "{'layer_name':'a'}", 0,
                    "{'success':true,'layer_id':2,'revision':3}"},
            {DELETE, "[2]", -1012, "{'data':{'reason':'NOT_FOUND'}}"},
            {SET, "{'layer_id':3,'locked':true}", 0, NULL},
            {DELETE, "[3]", -1012, "{'data':{'reason':'LOCKED'}}"},
            {DELETE, "[1]", 0, "{'layer_id':1}"},
            /* an id is not given away again */
            {CREATE, NULL, 0, "{'layer_id':4}"},
            {"goxel.undo", "[2]", 0, NULL},
            {LIST, NULL, 0, "{'count':2}"},
    };
    API_RUN(*state, steps);
    expect_order(*state, "1 3");
}

static void test_merge(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0,'red']", 0, NULL},
            {ADD, "[1,0,0,'red']", 0, NULL},
            {CREATE, "['top']", 0, NULL},
            {ADD, "[1,0,0,'blue']", 0, NULL},
            {ADD, "[2,0,0,'blue']", 0, NULL},
            {MERGE, "[2,2]", PARAMS, "{'data':{'param':'source_layer_id'}}"},
            {MERGE, "[2,9]", -1013, NULL},
            {MERGE, "[9,1]", -1013, NULL},
            {MERGE, "[2]", PARAMS, "{'data':{'param':'target_layer_id'}}"},
            {SET, "{'layer_id':2,'locked':true}", 0, NULL},
            /* its source goes, so a lock of it counts as for delete_layer */
            {MERGE, "[2,1]", -1013, "{'data':{'reason':'LOCKED'}}"},
            {SET, "{'layer_id':2,'locked':false}", 0, NULL},
            {SET, "{'layer_id':1,'locked':true}", 0, NULL},
            {MERGE, "[2,1]", -1013, "{'data':{'reason':'LOCKED'}}"},
            {SET, "{'layer_id':1,'locked':false}", 0, NULL},
            {MERGE, "{'source':'top','target':1}", 0,
                    "{'success':true,'layer_id':1}"},
            {LIST, NULL, 0,
                    "{'count':1,'layers':[{'id':1,'voxel_count':3,'active':"
                    "true}]}"},
            {GET, "[1,0,0]", 0, "{'color':[0,0,255,255]}"},
            {"goxel.undo", NULL, 0, NULL},
            {LIST, NULL, 0, "{'layers':[{'voxel_count':2},{'voxel_count':2}]}"},
    };
    API_RUN(*state, steps);
}

static void test_visibility_and_rename(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0]", 0, NULL},
            {VISIBLE, "[1,false]", 0,
                    "{'success':true,'layer_id':1,'visible':false,"
                    "'revision':2}"},
            {GET, "[0,0,0,-1]", 0, "{'exists':false}"},
            {VISIBLE, "{'layer_id':'Layer 1','visible':true}", 0,
                    "{'visible':true}"},
            {VISIBLE, "[8,true]", -1014, NULL},
            {VISIBLE, "[1,1]", PARAMS, "{'data':{'param':'visible'}}"},
            {RENAME, "[1,'ground']", 0, "{'success':true,'layer_id':1}"},
            {LIST, NULL, 0, "{'layers':[{'name':'ground'}]}"},
            {GET, "{'x':0,'y':0,'z':0,'layer':'ground'}", 0, "{'exists':true}"},
            {RENAME, "{'layer_id':1,'new_name':'base'}", 0, NULL},
            {RENAME, "{'layer_id':1,'name':''}", PARAMS, NULL},
            {RENAME, "[1]", PARAMS, "{'data':{'param':'name'}}"},
            {RENAME, "['ground','x']", -32004, NULL},
    };
    API_RUN(*state, steps);
}

static void test_move(void **state)
{
    struct api *api = *state;
    api_do(api, CREATE, "['b']");
    api_do(api, CREATE, "['c']");
    api_do(api, MOVE, "{'layer_id':3,'index':0}");
    expect_order(api, "3 1 2");
    api_do(api, MOVE, "[3,-1]");
    expect_order(api, "1 2 3");
    api_do(api, MOVE, "['b',-3]");
    expect_order(api, "2 1 3");
    api_fail(api, PARAMS, MOVE, "[1,3]");
    const json_t *error = api_fail(api, PARAMS, MOVE, "[1,-4]");
    api_expect(error, "{'data':{'param':'index'}}");
    api_fail(api, PARAMS, MOVE, "[1]");
    api_fail(api, -32004, MOVE, "[7,0]");
    expect_order(api, "2 1 3");
    json_t *list = api_call(api, LIST, NULL);
    api_expect(list, "{'layers':[{},{},{'id':3,'active':true}]}");
    json_decref(list);
}

static void test_duplicate_and_clear(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[1,1,1,'red']", 0, NULL},
            {CREATE, "['top']", 0, NULL},
            {DUP, "[1]", 0, "{'success':true,'layer_id':3}"},
            {LIST, NULL, 0,
                    "{'layers':[{'id':1,'voxel_count':1},{'id':3,'name':"
                    "'Layer 1 copy','voxel_count':1,'active':true},{'id':2}]}"},
            {DUP, "[3,'third']", 0, "{'layer_id':4}"},
            {CLEAR, "[1]", 0, "{'success':true,'layer_id':1}"},
            {COUNT, "[1]", 0, "{'count':0}"},
            {COUNT, "['third']", 0, "{'count':1}"},
            {CLEAR, NULL, 0, "{'layer_id':4}"},
            {DUP, "[1,'']", PARAMS, "{'data':{'param':'name'}}"},
            {DUP, "[9]", -32004, NULL},
            {SET, "{'layer_id':3,'locked':true}", 0, NULL},
            {CLEAR, "[3]", -32012, "{'data':{'reason':'LOCKED'}}"},
            {COUNT, "[3]", 0, "{'count':1}"},
    };
    API_RUN(*state, steps);
}

static void test_active(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['top']", 0, NULL},
            {ACTIVE, "[1]", 0, "{'success':true,'layer_id':1}"},
            {ADD, "[0,0,0]", 0, "{'layer_id':1}"},
            {ACTIVE, "{'layer':'top'}", 0, "{'layer_id':2}"},
            {ADD, "[0,0,0]", 0, "{'layer_id':2}"},
            {ACTIVE, "[5]", -32004, NULL},
    };
    API_RUN(*state, steps);
}

static void test_set(void **state)
{
    static const struct api_step steps[] = {
            {CREATE, "['top']", 0, NULL},
            {SET,
                    "{'layer_id':1,'visible':false,'locked':true,'opacity':7,"
                    "'mode':'sub-clamp'}",
                    0, "{'success':true,'layer_id':1,'revision':2}"},
            {LIST, NULL, 0,
                    "{'layers':[{'visible':false,'locked':true,'opacity':7,"
                    "'mode':'sub-clamp'},{'visible':true,'locked':false,"
                    "'opacity':255}]}"},
            {SET, "{'layer_id':1,'opacity':8}", 0, NULL},
            {LIST, NULL, 0,
                    "{'layers':[{'visible':false,'locked':true,'opacity':8,"
                    "'mode':'sub-clamp'},{}]}"},
            {SET, "{'layer_id':1,'opacity':256}", PARAMS,
                    "{'data':{'param':'opacity','expected':"
                    "'integer from 0 to 255'}}"},
            {SET, "{'layer_id':1,'mode':'dissolve'}", PARAMS,
                    "{'data':{'param':'mode'}}"},
            {SET, "{'layer_id':1,'material':null}", 0, NULL},
            {SET, "{'layer_id':1,'material':0}", PARAMS,
                    "{'data':{'param':'material'}}"},
            {SET, "{'layer_id':1,'material':'gold'}", PARAMS,
                    "{'data':{'param':'material'}}"},
            {SET, "{'layer_id':1,'material':true}", PARAMS, NULL},
            {SET, "{'layer_id':9,'opacity':1}", -32004, NULL},
            {"goxel.undo", "[2]", 0, NULL},
            {LIST, NULL, 0,
                    "{'layers':[{'visible':true,'locked':false,'opacity':255},"
                    "{}]}"},
    };
    API_RUN(*state, steps);
}

/* Layers that only files bring: clones, shapes, materials. The file is loaded
 * as a project; false: there is no corpus. */
static bool load_corpus(struct api *api, const char *name)
{
    char path[512];
    const char *corpus = getenv("GOX_CORPUS");
    const char *source = getenv("GOX_SOURCE_DIR");
    if (corpus != NULL)
        snprintf(path, sizeof path, "%s/synth_gox/%s", corpus, name);
    else
        snprintf(path, sizeof path, "%s/../shared/corpus/synth_gox/%s",
                source != NULL ? source : ".", name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s is not there\n", path);
        return false;
    }
    api_do(api, "goxel.load_project", "['%s']", path);
    return true;
}

static void test_clones_and_shapes(void **state)
{
    static const struct api_step clones[] = {
            {LIST, NULL, 0,
                    "{'layers':[{'id':6,'kind':'clone','base_id':5},{'id':5,"
                    "'kind':'voxels','base_id':'-'}]}"},
            {ADD, "{'x':0,'y':0,'z':0,'layer_id':6}", -1004,
                    "{'data':{'reason':'UNSUPPORTED'}}"},
            {CLEAR, "[6]", -32603, "{'data':{'reason':'UNSUPPORTED'}}"},
            {COUNT, "[6]", 0, "{'count':2448}"},
            {COUNT, "[-1]", 0, "{'count':4896}"},
            {GET, "[0,0,8,6]", 0, NULL},
            {"goxel.copy_region", "[[-8,-7,0],[48,8,16],-1]", 0,
                    "{'voxels':4896}"},
            {DUP, "[6,'again']", 0, NULL},
            {DELETE, "[5]", 0, NULL}, /* its clones become voxels */
            {COUNT, "[6]", 0, "{'count':2448}"},
            {ADD, "{'x':0,'y':0,'z':99,'layer_id':6}", 0, NULL},
    };
    static const struct api_step shapes[] = {
            {LIST, NULL, 0,
                    "{'layers':[{'kind':'shape','name':'sphere'},{'kind':"
                    "'shape'},{'kind':'shape'}]}"},
            {COUNT, "[-1]", 0, "{'count':4572}"},
            {"goxel.get_bounding_box", "[-1]", 0,
                    "{'min':[-14,-12,0],'max':[8,11,29]}"},
            {"goxel.flood_fill", "[0,0,0]", -1010, NULL},
            {MERGE, "[6,5]", -1013, "{'data':{'reason':'UNSUPPORTED'}}"},
    };
    if (!load_corpus(*state, "clone_forward.gox"))
        skip();
    API_RUN(*state, clones);
    assert_true(load_corpus(*state, "shapes.gox"));
    API_RUN(*state, shapes);
}

static void test_materials(void **state)
{
    static const struct api_step steps[] = {
            {LIST, NULL, 0,
                    "{'layers':[{'material':'plain'},{'material':'glass'},{}]"
                    "}"},
            {SET, "{'layer_id':5,'material':'glass'}", 0, NULL},
            {SET, "{'layer_id':6,'material':0}", 0, NULL},
            {SET, "{'layer_id':7,'material':null}", 0, NULL},
            {LIST, NULL, 0,
                    "{'layers':[{'material':'glass'},{'material':'plain'},"
                    "{'material':'-'}]}"},
            {SET, "{'layer_id':5,'material':3}", PARAMS,
                    "{'data':{'param':'material'}}"},
            {SET, "{'layer_id':5,'material':'\\u00e9missive \\u2603'}", 0,
                    NULL},
            {"goxel.get_status", NULL, 0,
                    "{'material_count':3,'camera_count':2}"},
    };
    if (!load_corpus(*state, "materials_cameras_light.gox"))
        skip();
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_list),
            API_TEST(test_create),
            API_TEST(test_delete),
            API_TEST(test_merge),
            API_TEST(test_visibility_and_rename),
            API_TEST(test_move),
            API_TEST(test_duplicate_and_clear),
            API_TEST(test_active),
            API_TEST(test_set),
            API_TEST(test_clones_and_shapes),
            API_TEST(test_materials),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
