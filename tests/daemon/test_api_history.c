/* SPDX-License-Identifier: Apache-2.0
 * Undo, redo, checkpoints, differences, and revisions that tell of conflicts.
 */
#include "daemon/api_client.h"

#define UNDO    "goxel.undo"
#define REDO    "goxel.redo"
#define HISTORY "goxel.history"
#define MARK    "goxel.checkpoint"
#define RESTORE "goxel.restore"
#define DIFF    "goxel.diff"
#define ADD     "goxel.add_voxel"
#define REMOVE  "goxel.remove_voxel"
#define GET     "goxel.get_voxel"
#define COUNT   "goxel.get_voxel_count"
#define PARAMS  -32602

/* The changed box is of whole blocks; it must hold the voxel. */
static void expect_in_box(const json_t *result, int x, int y, int z)
{
    const json_t *box = json_object_get(result, "box");
    const int pos[3] = {x, y, z};
    for (size_t i = 0; i < 3; i++) {
        json_int_t min = json_integer_value(
                json_array_get(json_object_get(box, "min"), i));
        json_int_t max = json_integer_value(
                json_array_get(json_object_get(box, "max"), i));
        assert_true(min <= pos[i] && pos[i] <= max && max - min < 64);
    }
}

static void test_undo_and_redo(void **state)
{
    struct api *api = *state;
    static const struct api_step before[] = {
            {UNDO, NULL, -32004, "{'data':{'reason':'NOT_FOUND'}}"},
            {REDO, NULL, -32004, NULL},
            {ADD, "[0,0,0,'red']", 0, "{'revision':1}"},
            {ADD, "[100,200,300,'blue']", 0, "{'revision':2}"},
    };
    API_RUN(api, before);
    json_t *result = api_call(api, UNDO, NULL);
    api_expect(result, "{'success':true,'steps':1,'revision':3,'label':"
                       "'add voxel','voxels_changed':1}");
    expect_in_box(result, 100, 200, 300);
    json_decref(result);
    static const struct api_step after[] = {
            {GET, "[100,200,300]", 0, "{'exists':false}"},
            {REDO, NULL, 0, "{'steps':1,'revision':4,'voxels_changed':1}"},
            {GET, "[100,200,300]", 0, "{'color':[0,0,255,255]}"},
            {UNDO, "[5]", 0, "{'steps':2,'revision':5}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {REDO, "{'steps':2}", 0, "{'steps':2,'revision':6}"},
            {UNDO, NULL, 0, "{'revision':7}"},
            {ADD, "[7,7,7]", 0, "{'revision':8}"},
            {REDO, NULL, -32004, NULL},
            {UNDO, "[0]", PARAMS, "{'data':{'param':'steps'}}"},
            {UNDO, "['one']", PARAMS, NULL},
    };
    API_RUN(api, after);
}

static void test_history(void **state)
{
    static const struct api_step steps[] = {
            {HISTORY, NULL, 0,
                    "{'revision':0,'undo_count':0,'redo_count':0,'revisions':"
                    "[]}"},
            {ADD, "[0,0,0]", 0, NULL},
            {"goxel.create_layer", "['top']", 0, NULL},
            {"goxel.procedural_shape", "{'shape_type':'cube','size':[4,4,4]}",
                    0, NULL},
            {UNDO, NULL, 0, NULL},
            {HISTORY, NULL, 0,
                    "{'revision':4,'undo_count':2,'redo_count':1,'revisions':"
                    "[{'revision':2,'label':'create layer','at':'*',"
                    "'voxels_changed':0,'box':null},{'revision':1,'label':"
                    "'add voxel','voxels_changed':1,'box':{'min':'*','max':"
                    "'*'}}]}"},
            {HISTORY, "[1]", 0, "{'undo_count':2,'revisions':[{}]}"},
            {HISTORY, "[0]", PARAMS, "{'data':{'param':'limit'}}"},
            /* what changes nothing makes no revision */
            {"goxel.clear_layer", NULL, 0, "{'revision':4}"},
            {"goxel.rename_layer", "[2,'top']", 0, "{'revision':4}"},
    };
    API_RUN(*state, steps);
}

static void test_checkpoints(void **state)
{
    struct api *api = *state;
    char label[70];
    static const struct api_step steps[] = {
            {ADD, "[0,0,0,'red']", 0, NULL},
            {MARK, "['one']", 0, "{'success':true,'label':'one','revision':1}"},
            {ADD, "[1,0,0,'red']", 0, NULL},
            {MARK, "{'label':'t\\u00e4st \\\"2\\\"'}", 0, "{'revision':2}"},
            {"goxel.clear_layer", NULL, 0, "{'revision':3}"},
            {RESTORE, "['one']", 0, "{'success':true,'revision':4}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {RESTORE, "{'label':'t\\u00e4st \\\"2\\\"'}", 0, "{'revision':5}"},
            {COUNT, NULL, 0, "{'count':2}"},
            {RESTORE, "{'revision':1}", 0, "{'revision':6}"},
            {COUNT, NULL, 0, "{'count':1}"},
            {RESTORE, "[0]", 0, "{'revision':7}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {UNDO, "[2]", 0, "{'revision':8}"},
            {COUNT, NULL, 0, "{'count':2}"},
            {MARK, "['one']", 0, NULL},
            {ADD, "[5,5,5]", 0, NULL},
            {RESTORE, "['one']", 0, NULL},
            {COUNT, NULL, 0, "{'count':2}"},
            {RESTORE, "['none']", -32004, "{'data':{'reason':'NOT_FOUND'}}"},
            {RESTORE, "[999]", -32004, NULL},
            {RESTORE, "[-1]", PARAMS, "{'data':{'param':'to'}}"},
            {RESTORE, "[1.5]", PARAMS, NULL},
            {RESTORE, "[true]", PARAMS, "{'data':{'param':'to'}}"},
            {RESTORE, NULL, PARAMS, "{'data':{'param':'to'}}"},
            {MARK, "['']", PARAMS, "{'data':{'param':'label'}}"},
            {MARK, NULL, PARAMS, NULL},
    };
    API_RUN(api, steps);
    memset(label, 'l', sizeof label);
    label[64] = '\0';
    api_fail(api, PARAMS, MARK, "['%s']", label);
    label[63] = '\0';
    api_do(api, MARK, "['%s']", label);
    api_do(api, RESTORE, "['%s']", label);
}

static void test_diff(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0,'red']", 0, NULL},
            {ADD, "[1,0,0,'red']", 0, NULL},
            {MARK, "['base']", 0, NULL},
            {ADD, "[5,6,7,'lime']", 0, NULL},
            {REMOVE, "[0,0,0]", 0, NULL},
            {ADD, "[1,0,0,'blue']", 0, NULL},
            {DIFF, "['base']", 0,
                    "{'added':1,'removed':1,'recolored':1,'truncated':false,"
                    "'box':{'min':[0,0,0],'max':[5,6,7]},'voxels':[{'x':0,"
                    "'before':[255,0,0,255],'after':null},{'x':1,'before':"
                    "[255,0,0,255],'after':[0,0,255,255]},{'x':5,'y':6,'z':7,"
                    "'before':null,'after':[0,255,0,255]}]}"},
            {DIFF, "{'from':'base','to':3}", 0,
                    "{'added':1,'removed':0,'recolored':0}"},
            {DIFF, "[5,'base']", 0, "{'added':1,'removed':1,'recolored':1}"},
            {DIFF, "{'from':'base','limit':1}", 0,
                    "{'added':1,'removed':1,'truncated':true,'voxels':[{}]}"},
            {DIFF, "{'from':'base','limit':0}", 0,
                    "{'voxels':[],'truncated':true}"},
            {DIFF, "[5,5]", 0,
                    "{'added':0,'removed':0,'recolored':0,'box':null,'voxels':"
                    "[],'truncated':false}"},
            {DIFF, "['none']", -32004, NULL},
            {DIFF, "[0,77]", -32004, NULL},
            {DIFF, NULL, PARAMS, "{'data':{'param':'from'}}"},
            {DIFF, "[[1]]", PARAMS, "{'data':{'param':'from'}}"},
            /* what is not seen is no difference */
            {"goxel.create_layer", "['hidden',null,false]", 0, NULL},
            {ADD, "[50,50,50]", 0, NULL},
            {DIFF, "[5]", 0, "{'added':0}"},
    };
    API_RUN(*state, steps);
}

/* Enough for a worker. */
static void test_diff_on_a_worker(void **state)
{
    static const struct api_step steps[] = {
            {"goxel.procedural_shape",
                    "{'shape_type':'cube','size':[100,100,100]}", 0, NULL},
            {DIFF, "{'from':0,'limit':10}", 0,
                    "{'added':1000000,'truncated':true,'box':{'min':"
                    "[-50,-50,-50],'max':[49,49,49]}}"},
            {"goxel.replace_color", "['white','red']", 0, NULL},
            {DIFF, "[1,2,5]", 0, "{'recolored':1000000}"},
            {DIFF, "{'from':1,'to':0,'limit':5}", 0, "{'removed':1000000}"},
    };
    API_RUN(*state, steps);
}

static void test_structure(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0]", 0, NULL},
            {"goxel.create_layer", "['top']", 0, NULL},
            {ADD, "[1,0,0]", 0, NULL},
            {"goxel.merge_layers", "[2,1]", 0, "{'revision':4}"},
            {UNDO, "[3]", 0, "{'steps':3}"},
            {"goxel.list_layers", NULL, 0,
                    "{'count':1,'layers':[{'voxel_count':1}]}"},
            {REDO, "[2]", 0, NULL},
            {"goxel.list_layers", NULL, 0,
                    "{'layers':[{'voxel_count':1},{'name':'top','voxel_count':"
                    "1}]}"},
            {REDO, NULL, 0, NULL},
            {"goxel.list_layers", NULL, 0,
                    "{'count':1,'layers':[{'id':1,'voxel_count':2}]}"},
    };
    API_RUN(*state, steps);
}

static void test_if_revision(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0]", 0, "{'revision':1}"},
            {UNDO, "{'if_revision':0}", -32010,
                    "{'data':{'reason':'CONFLICT','revision':1}}"},
            {UNDO, "{'steps':1,'if_revision':1}", 0, "{'revision':2}"},
            {"goxel.create_layer", "{'if_revision':1}", -32010, NULL},
            {"goxel.procedural_shape",
                    "{'shape_type':'cube','size':[300,300,300],"
                    "'if_revision':1}",
                    -32010, NULL},
            {"goxel.batch_operations", "{'operations':[],'if_revision':9}",
                    -32010, "{'data':{'revision':2}}"},
            {COUNT, NULL, 0, "{'count':0}"},
    };
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_undo_and_redo),
            API_TEST(test_history),
            API_TEST(test_checkpoints),
            API_TEST(test_diff),
            API_TEST(test_diff_on_a_worker),
            API_TEST(test_structure),
            API_TEST(test_if_revision),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
