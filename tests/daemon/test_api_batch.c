/* SPDX-License-Identifier: Apache-2.0
 * Many operations as one: all or nothing, or what is possible. */
#include "daemon/api_client.h"

#define BATCH   "goxel.batch_operations"
#define COUNT   "goxel.get_voxel_count"
#define GET     "goxel.get_voxel"
#define UNDO    "goxel.undo"
#define HISTORY "goxel.history"
#define PARAMS  -32602

static void test_one_edit(void **state)
{
    static const struct api_step steps[] = {
            {BATCH,
                    "{'operations':[{'type':'add_voxel','x':1,'y':2,'z':3,"
                    "'color':'red'},{'type':'goxel.add_voxel','position':"
                    "[4,5,6]},{'type':'get_voxel','x':1,'y':2,'z':3},"
                    "{'type':'paint_voxels','x':4,'y':5,'z':6,'color':'blue'},"
                    "{'type':'remove_voxel','x':1,'y':2,'z':3}]}",
                    0,
                    "{'success':true,'total_operations':5,"
                    "'successful_operations':5,'revision':1,'results':["
                    "{'success':true,'x':1,'layer_id':1,'revision':'-'},"
                    "{'x':4},{'exists':true,'color':[255,0,0,255]},"
                    "{'painted':1},{'existed':true}]}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {GET, "[4,5,6]", 0, "{'color':[0,0,255,255]}"},
            {HISTORY, NULL, 0,
                    "{'undo_count':1,'revisions':[{'label':'batch'}]}"},
            {UNDO, NULL, 0, "{'steps':1}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {BATCH, "[[]]", 0,
                    "{'success':true,'total_operations':0,"
                    "'successful_operations':0,'results':[]}"},
    };
    API_RUN(*state, steps);
}

/* Methods of all groups, on a worker. */
static void test_every_kind(void **state)
{
    static const struct api_step steps[] = {
            {BATCH,
                    "{'operations':["
                    "{'type':'create_layer','name':'work'},"
                    "{'type':'procedural_shape','shape_type':'cube','size':"
                    "[100,100,100],'color':'red'},"
                    "{'type':'get_bounding_box'},"
                    "{'type':'flood_fill','position':[0,0,0],'color':'blue'},"
                    "{'type':'get_color_histogram','layer':'work'},"
                    "{'type':'transform','op':'translate','x':10},"
                    "{'type':'crop','min':[0,0,0],'max':[9,9,9]},"
                    "{'type':'write_slices','index':50,'palette':{'a':'lime'},"
                    "'rows':['aa']},"
                    "{'type':'add_voxels','voxels':[[0,0,60],[1,0,60]]},"
                    "{'type':'duplicate_layer','layer':'work','name':'copy'},"
                    "{'type':'clear_layer','layer':'work'},"
                    "{'type':'set_layer','layer':'work','opacity':9},"
                    "{'type':'rename_layer','layer':'work','name':'done'},"
                    "{'type':'move_layer','layer':'done','index':0},"
                    "{'type':'list_layers'},"
                    "{'type':'delete_layer','layer':'done'},"
                    "{'type':'merge_layers','source':'copy','target':1},"
                    "{'type':'set_layer_visibility','layer':1},"
                    "{'type':'replace_color','from':'blue','to':'white'},"
                    "{'type':'extrude','position':[0,0,60],'face':'top'},"
                    "{'type':'find_voxels_by_color','color':'lime'},"
                    "{'type':'get_voxels_region','min':[0,0,50],'max':"
                    "[9,9,50]},"
                    "{'type':'get_unique_colors'},"
                    "{'type':'read_slices','index':60},"
                    "{'type':'analyze'},"
                    "{'type':'get_layer_voxels','limit':1},"
                    "{'type':'get_voxel_count'}]}",
                    0,
                    "{'success':true,'total_operations':27,"
                    "'successful_operations':27,'revision':1,'results':["
                    "{'layer_id':2},{'voxels_created':1000000},"
                    "{'min':[-50,-50,-50]},{'voxels_filled':1000000},"
                    "{'total_voxels':1000000},{'voxels':1000000},"
                    "{'voxels':999000},{'voxels':2},{'added':2},"
                    "{'layer_id':3},{},{},{},{},"
                    "{'count':3,'layers':[{'name':'done','opacity':9,"
                    "'voxel_count':0},{'id':1},{'name':'copy'}]},{},{},{},"
                    "{'voxels':1000},{'voxels':2},{'match_count':2},"
                    "{'total':2},{'count':2},{'slices':[{}]},"
                    "{'voxel_count':1006},{'count':1},"
                    "{'count':1006}]}"},
            {COUNT, NULL, 0, "{'count':1006}"},
            {UNDO, NULL, 0, "{'steps':1}"},
            {"goxel.list_layers", NULL, 0,
                    "{'count':1,'layers':[{'voxel_count':0,'opacity':255}]}"},
    };
    API_RUN(*state, steps);
}

static void test_atomic(void **state)
{
    static const struct api_step steps[] = {
            {"goxel.add_voxel", "[9,9,9,'red']", 0, NULL},
            /* on the loop */
            {BATCH,
                    "{'operations':[{'type':'add_voxel','x':0,'y':0,'z':0},"
                    "{'type':'remove_voxel','x':9,'y':9,'z':9},"
                    "{'type':'add_voxel','x':0}]}",
                    PARAMS, "{'data':{'param':'y','got':'nothing'}}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {BATCH,
                    "[[{'type':'add_voxel','x':0,'y':0,'z':0},"
                    "{'type':'add_voxel','x':0,'y':0,'z':0,'layer':'none'}]]",
                    -1004, "{'data':{'reason':'NOT_FOUND'}}"},
            {COUNT, NULL, 0, "{'count':1}"},
            /* on a worker */
            {BATCH,
                    "[[{'type':'create_layer'},{'type':'procedural_shape',"
                    "'shape_type':'cube'},{'type':'delete_layer','layer_id':"
                    "77}]]",
                    -1012, NULL},
            {"goxel.list_layers", NULL, 0, "{'count':1}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {HISTORY, NULL, 0, "{'revision':1}"},
    };
    API_RUN(*state, steps);
    const json_t *error = api_fail(*state, PARAMS, BATCH,
            "[[{'type':'add_voxel','x':0,'y':0,'z':0},{'type':'add_voxel',"
            "'x':0,'y':0,'z':0,'colr':1}]]");
    api_expect_message(error, "operation 1");
    api_expect_message(error, "did you mean \"color\"?");
    error = api_fail(*state, -32601, BATCH, "[[{'type':'add_voxle'}]]");
    api_expect_message(error, "\"add_voxle\"; did you mean add_voxel?");
    error = api_fail(*state, -32601, BATCH, "[[{'type':'qqqqqqqqqq'}]]");
    api_expect_message(error, "add_voxel, ");
    api_expect_message(error, "nothing of the batch took effect");
    error = api_fail(*state, -32007, BATCH,
            "[[{'type':'procedural_shape','shape_type':'cube','box':{'min':"
            "[-3000,0,0],'max':[3000,0,0]}}]]");
    api_expect_message(error, "at most 4096 voxels long");
    api_expect_message(error, "nothing of the batch took effect");
    error = api_fail(*state, PARAMS, "goxel.restore", "{}");
    api_expect_message(error, "label of a checkpoint, or a revision number");
}

static void test_partial(void **state)
{
    static const struct api_step steps[] = {
            {BATCH,
                    "{'operations':[{'type':'add_voxel','x':0,'y':0,'z':0},"
                    "{'type':'add_voxel','x':1,'y':0,'z':0,'layer':'none'},"
                    "{'type':'add_voxel','x':2,'y':0,'z':0}],'atomic':false}",
                    0,
                    "{'success':false,'total_operations':3,"
                    "'successful_operations':1,'revision':1,'results':["
                    "{'success':true,'x':0},{'success':false,'error':{'code':"
                    "-1004,'message':'*'}}]}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {BATCH,
                    "{'operations':[{'type':'add_voxel','x':0,'y':0,'z':0},"
                    "{'type':'add_voxel','x':'1','y':0,'z':0},"
                    "{'type':'add_voxel','x':2,'y':0,'z':0}],'atomic':false,"
                    "'stop_on_error':false}",
                    0,
                    "{'success':false,'total_operations':3,"
                    "'successful_operations':2,'results':[{},{'success':false,"
                    "'error':{'code':-32602}},{'success':true,'x':2}]}"},
            {COUNT, NULL, 0, "{'count':2}"},
            /* on a worker; an operation that fails leaves nothing behind */
            {BATCH,
                    "{'operations':[{'type':'write_slices','palette':{'a':"
                    "'red'},'index':5,'rows':['aaa','aQa']},"
                    "{'type':'add_voxels','voxels':[[3,0,0],[4,0]]},"
                    "{'type':'flood_fill','position':[0,0,0],'color':'red',"
                    "'max_voxels':1,'tolerance':255},"
                    "{'type':'procedural_shape','shape_type':'cube','size':"
                    "[1,1,1],'center':[0,0,9]}],'atomic':false,"
                    "'stop_on_error':false}",
                    0,
                    "{'successful_operations':2,'results':[{'success':false},"
                    "{'success':false,'error':{'code':-32602}},{'success':"
                    "true},{'voxels_created':1}]}"},
            {COUNT, NULL, 0, "{'count':3}"},
    };
    API_RUN(*state, steps);
}

static void test_bad_operations(void **state)
{
    static const struct api_step steps[] = {
            {BATCH, NULL, PARAMS, "{'data':{'param':'operations'}}"},
            {BATCH, "{'operations':{}}", PARAMS, NULL},
            {BATCH, "[[7]]", PARAMS, NULL},
            {BATCH, "[[{}]]", PARAMS, NULL},
            {BATCH, "[[{'type':5}]]", PARAMS, NULL},
            {BATCH, "[[{'type':'add_voxle'}]]", -32601, NULL},
            {BATCH, "[[{'type':'batch_operations','operations':[]}]]", -32603,
                    "{'data':{'reason':'UNSUPPORTED'}}"},
            {BATCH, "[[{'type':'undo'}]]", -32603, NULL},
            {BATCH, "[[{'type':'save_project','path':'x.gox'}]]", -1003,
                    "{'data':{'reason':'UNSUPPORTED'}}"},
            {BATCH, "[[{'type':'daemon.shutdown'}]]", -32603, NULL},
            /* it tells of the project, which a worker must not look at */
            {BATCH, "[[{'type':'get_status'}]]", -32603, NULL},
            {BATCH, "{'operations':[{'type':'nonsense'}],'atomic':false}", 0,
                    "{'success':false,'results':[{'error':{'code':-32601}}]}"},
            {HISTORY, NULL, 0, "{'revision':0}"},
    };
    API_RUN(*state, steps);
}

/* Thousands, on the loop and beyond its limit of text. */
static void test_many(void **state)
{
    struct api *api = *state;
    static const int sizes[] = {1000, 20000};
    for (int k = 0; k < 2; k++) {
        json_t *list = json_array();
        for (int i = 0; i < sizes[k]; i++)
            json_array_append_new(list,
                    json_pack("{s:s,s:[i,i,i]}", "type", "add_voxel",
                            "position", i % 100, i / 100 % 100, i / 10000));
        json_t *result = api_call_json(
                api, BATCH, json_pack("{s:o}", "operations", list));
        api_expect(result,
                "{'success':true,'total_operations':%d,"
                "'successful_operations':%d}",
                sizes[k], sizes[k]);
        json_decref(result);
        assert_int_equal(api_int(api, "count", COUNT, NULL), sizes[k]);
        api_do(api, UNDO, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_one_edit),
            API_TEST(test_every_kind),
            API_TEST(test_atomic),
            API_TEST(test_partial),
            API_TEST(test_bad_operations),
            API_TEST(test_many),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
