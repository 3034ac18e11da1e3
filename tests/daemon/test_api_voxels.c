/* SPDX-License-Identifier: Apache-2.0
 * The methods on single voxels and lists: forms of positions and colours,
 * layers, symmetry, and what is refused. */
#include "daemon/api_client.h"

#define ADD    "goxel.add_voxel"
#define GET    "goxel.get_voxel"
#define REMOVE "goxel.remove_voxel"
#define PAINT  "goxel.paint_voxels"
#define LIST   "goxel.add_voxels"
#define COUNT  "goxel.get_voxel_count"
#define PARAMS -32602

static void test_add_get_remove(void **state)
{
    static const struct api_step steps[] = {
            {GET, "{'position':[1,2,3]}", 0,
                    "{'x':1,'y':2,'z':3,'exists':false,'color':[0,0,0,0]}"},
            {ADD, "{'position':[1,2,3],'color':[10,20,30]}", 0,
                    "{'success':true,'x':1,'y':2,'z':3,'layer_id':1,"
                    "'color':[10,20,30,255],'revision':1}"},
            {GET, "{'position':[1,2,3]}", 0,
                    "{'exists':true,'color':[10,20,30,255]}"},
            {GET, "{'position':[1,2,4]}", 0, "{'exists':false}"},
            {COUNT, NULL, 0, "{'layer_id':1,'count':1}"},
            {ADD, "{'position':[1,2,3],'color':[10,20,30]}", 0,
                    "{'revision':1}"},
            {REMOVE, "{'position':[1,2,3]}", 0,
                    "{'success':true,'x':1,'y':2,'z':3,'layer_id':1,"
                    "'existed':true,'revision':2}"},
            {REMOVE, "{'position':[1,2,3]}", 0,
                    "{'existed':false,'revision':2}"},
            {GET, "{'position':[1,2,3]}", 0, "{'exists':false}"},
            {COUNT, NULL, 0, "{'count':0}"},
    };
    API_RUN(*state, steps);
}

static void test_forms_of_positions(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "{'position':{'x':1,'y':0,'z':0}}", 0, "{'x':1}"},
            {ADD, "{'x':2,'y':0,'z':0}", 0, "{'x':2}"},
            {ADD, "[3,0,0]", 0, "{'x':3}"},
            {ADD, "[[4,0,0]]", 0, "{'x':4}"},
            {ADD, "[{'x':5,'y':0,'z':0}]", 0, "{'x':5}"},
            {ADD, "{'x':6.0,'y':0,'z':0e3}", 0, "{'x':6}"},
            {COUNT, NULL, 0, "{'count':6}"},
            {ADD, "{'x':-8388608,'y':8388607,'z':0}", 0, "{'x':-8388608}"},
            {GET, "[-8388608,8388607,0]", 0, "{'exists':true}"},
    };
    API_RUN(*state, steps);
}

static void test_forms_of_colors(void **state)
{
    static const struct {
        const char *text, *rgba;
    } rows[] = {
            {"'color':[1,2,3]", "[1,2,3,255]"},
            {"'color':[1,2,3,4]", "[1,2,3,4]"},
            {"'color':'#0a0B0c'", "[10,11,12,255]"},
            {"'color':'#0A0B0C80'", "[10,11,12,128]"},
            {"'color':{'r':1,'g':2,'b':3}", "[1,2,3,255]"},
            {"'color':{'r':1,'g':2,'b':3,'a':9}", "[1,2,3,9]"},
            {"'color':'red'", "[255,0,0,255]"},
            {"'color':'rebeccapurple'", "[102,51,153,255]"},
            {"'colour':'White'", "[255,255,255,255]"},
            {"'rgba':[7,8,9,10]", "[7,8,9,10]"},
            {"'r':1,'g':2,'b':3", "[1,2,3,255]"},
            {"'r':1,'g':2,'b':3,'a':4", "[1,2,3,4]"},
            {"'color':null", "[255,255,255,255]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *result = api_call(
                *state, ADD, "{'x':%zu,'y':0,'z':0,%s}", i, rows[i].text);
        api_expect(result, "{'color':%s}", rows[i].rgba);
        json_decref(result);
        result = api_call(*state, GET, "[%zu,0,0]", i);
        api_expect(result, "{'exists':true,'color':%s}", rows[i].rgba);
        json_decref(result);
    }
    static const struct api_step steps[] = {
            {ADD, "[0,1,0,1,2,3]", 0, "{'color':[1,2,3,255]}"},
            {ADD, "[0,1,0,1,2,3,4]", 0, "{'color':[1,2,3,4]}"},
            {ADD, "[0,1,0,1,2,3,4,1]", 0, "{'layer_id':1}"},
            {ADD, "[0,1,0,'#010203']", 0, "{'color':[1,2,3,255]}"},
            {ADD, "[0,1,0,[4,5,6],1]", 0, "{'color':[4,5,6,255]}"},
            {ADD, "[0,1,0]", 0, "{'color':[255,255,255,255]}"},
    };
    API_RUN(*state, steps);
}

static void test_wrong_parameters(void **state)
{
    static const struct api_step steps[] = {
            {ADD, NULL, PARAMS,
                    "{'data':{'param':'x','expected':'*','got':'nothing'}}"},
            {ADD, "{}", PARAMS, "{'data':{'param':'x','got':'nothing'}}"},
            {ADD, "[1,2]", PARAMS, "{'data':{'param':'z','got':'nothing'}}"},
            {ADD, "{'x':1,'y':2}", PARAMS, "{'data':{'param':'z'}}"},
            {ADD, "{'x':'1','y':2,'z':3}", PARAMS,
                    "{'data':{'param':'x','expected':'integer from -8388608 "
                    "to 8388607','got':'string \\\"1\\\"'}}"},
            {ADD, "{'x':1.5,'y':2,'z':3}", PARAMS,
                    "{'data':{'param':'x','got':'number 1.5'}}"},
            {ADD, "{'x':true,'y':2,'z':3}", PARAMS,
                    "{'data':{'param':'x','got':'boolean true'}}"},
            {ADD, "{'x':8388608,'y':0,'z':0}", PARAMS,
                    "{'data':{'param':'x'}}"},
            {ADD, "{'x':4294967296,'y':0,'z':0}", PARAMS,
                    "{'data':{'param':'x','got':'number 4294967296'}}"},
            {ADD, "{'x':9223372036854775807,'y':0,'z':0}", PARAMS,
                    "{'data':{'param':'x'}}"},
            {ADD, "[4294967297,0,0]", PARAMS, "{'data':{'param':'x'}}"},
            {ADD, "{'position':[1,2]}", PARAMS,
                    "{'data':{'param':'position'}}"},
            {ADD, "{'position':[1,2,3,4]}", PARAMS,
                    "{'data':{'param':'position'}}"},
            {ADD, "{'position':'here'}", PARAMS,
                    "{'data':{'param':'position'}}"},
            {ADD, "{'position':[1,2,3],'x':1}", PARAMS, NULL},
            {ADD, "{'x':1,'y':2,'z':3,'color':[1,2]}", PARAMS,
                    "{'data':{'param':'color','expected':'*','got':'*'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'color':[1,2,256]}", PARAMS,
                    "{'data':{'param':'color'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'color':'no such colour'}", PARAMS,
                    "{'data':{'param':'color'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'color':'#12345'}", PARAMS,
                    "{'data':{'param':'color'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'color':7}", PARAMS,
                    "{'data':{'param':'color'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'r':1,'g':2}", PARAMS,
                    "{'data':{'param':'b'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'r':300,'g':2,'b':3}", PARAMS,
                    "{'data':{'param':'r','expected':'integer from 0 to "
                    "255'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'color':[1,2,3,0]}", PARAMS,
                    "{'data':{'param':'color'}}"},
            {ADD, "[1,2,3,4,5,6,7,8,9,10]", PARAMS, NULL},
            {ADD, "{'x':1,'y':2,'z':3,'layer_id':1.5}", PARAMS,
                    "{'data':{'param':'layer_id'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'layer_id':-1}", PARAMS,
                    "{'data':{'param':'layer_id'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'layer_id':[]}", PARAMS,
                    "{'data':{'param':'layer_id'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'layer_id':9}", -1004,
                    "{'data':{'reason':'NOT_FOUND'}}"},
            {ADD, "{'x':1,'y':2,'z':3,'project':'none'}", -1004,
                    "{'data':{'reason':'NOT_FOUND'}}"},
            {REMOVE, "{'x':1,'y':2,'z':3,'layer_id':'none'}", -1005, NULL},
            {GET, "{'x':1,'y':2,'z':3,'layer_id':9}", -1006, NULL},
            {COUNT, "{'layer_id':9}", -1006, NULL},
            {PAINT, "{'x':1,'y':2,'z':3,'layer_id':9}", -1009, NULL},
            {PAINT, "{'x':1,'y':2,'z':3,'color':'transparent'}", PARAMS, NULL},
            {COUNT, NULL, 0, "{'count':0}"},
    };
    API_RUN(*state, steps);
}

static void test_unknown_names(void **state)
{
    const json_t *error =
            api_fail(*state, PARAMS, ADD, "{'x':1,'y':2,'z':3,'colr':[1,2,3]}");
    api_expect(error, "{'data':{'param':'colr','got':'unknown name'}}");
    api_expect_message(error, "did you mean \"color\"?");
    api_expect_message(error, "position (or x y z), color (or r g b a), "
                              "layer_id, symmetry");
    api_fail(*state, PARAMS, GET, "{'x':1,'y':2,'z':3,'w':4}");
    api_fail(*state, PARAMS, COUNT, "{'progres':true}");
    error = api_fail(*state, -32601, "goxel.add_voxle", "[1,2,3]");
    api_expect_message(error, "did you mean goxel.add_voxel?");
}

static void test_paint(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0,'red']", 0, "{'revision':1}"},
            {PAINT, "[0,0,0,0,0,255]", 0,
                    "{'success':true,'painted':1,'revision':2}"},
            {GET, "[0,0,0]", 0, "{'color':[0,0,255,255]}"},
            {PAINT, "{'position':[5,5,5],'color':'blue'}", 0,
                    "{'success':true,'painted':0,'revision':2}"},
            {GET, "[5,5,5]", 0, "{'exists':false}"},
            {PAINT, "[0,0,0,0,0,255]", 0, "{'painted':1,'revision':2}"},
    };
    API_RUN(*state, steps);
}

static void test_layers(void **state)
{
    static const struct api_step steps[] = {
            {"goxel.create_layer", "['top']", 0, "{'layer_id':2}"},
            {ADD, "[0,0,0,'red']", 0, "{'layer_id':2}"},
            {ADD, "{'x':1,'y':0,'z':0,'color':'blue','layer_id':1}", 0,
                    "{'layer_id':1}"},
            {ADD, "{'x':2,'y':0,'z':0,'layer':'Layer 1'}", 0, "{'layer_id':1}"},
            {ADD, "{'x':0,'y':0,'z':0,'color':'lime','layer_name':'Layer 1'}",
                    0, "{'layer_id':1}"},
            {ADD, "{'x':3,'y':0,'z':0,'layer_id':0}", 0, "{'layer_id':2}"},
            {ADD, "{'x':4,'y':0,'z':0,'layer_id':'top'}", 0, "{'layer_id':2}"},
            {GET, "[0,0,0]", 0, "{'color':[255,0,0,255]}"},
            {GET, "[0,0,0,1]", 0, "{'color':[0,255,0,255]}"},
            {GET, "[1,0,0]", 0, "{'exists':false}"},
            {GET, "[1,0,0,-1]", 0, "{'color':[0,0,255,255]}"},
            {GET, "[0,0,0,-1]", 0, "{'color':[255,0,0,255]}"},
            {COUNT, NULL, 0, "{'layer_id':2,'count':3}"},
            {COUNT, "[1]", 0, "{'layer_id':1,'count':3}"},
            {COUNT, "{'layer':'top'}", 0, "{'layer_id':2,'count':3}"},
            {COUNT, "[-1]", 0, "{'layer_id':-1,'count':5}"},
            {"goxel.set_layer", "{'layer_id':2,'locked':true}", 0, NULL},
            {ADD, "[9,9,9]", -1004, "{'data':{'reason':'LOCKED'}}"},
            {REMOVE, "[0,0,0]", -1005, "{'data':{'reason':'LOCKED'}}"},
            {PAINT, "[0,0,0]", -1009, "{'data':{'reason':'LOCKED'}}"},
            {LIST, "[[[9,9,9]]]", -1004, "{'data':{'reason':'LOCKED'}}"},
            {GET, "[0,0,0]", 0, "{'exists':true}"},
    };
    API_RUN(*state, steps);
}

static void test_symmetry(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "{'position':[2,3,4],'symmetry':{'x':true}}", 0, NULL},
            {GET, "[2,3,4]", 0, "{'exists':true}"},
            {GET, "[-3,3,4]", 0, "{'exists':true}"},
            {COUNT, NULL, 0, "{'count':2}"},
            {ADD,
                    "{'position':[2,3,4],'symmetry':{'x':true,'y':true,'z':"
                    "true,"
                    "'origin':[0.5,0,0]}}",
                    0, NULL},
            {GET, "[-2,3,4]", 0, "{'exists':true}"},
            {GET, "[-2,-4,-5]", 0, "{'exists':true}"},
            {COUNT, NULL, 0, "{'count':9}"},
            {REMOVE,
                    "{'position':[2,3,4],'symmetry':{'x':true,'origin':"
                    "[0.5,0,0]}}",
                    0, "{'existed':true}"},
            {COUNT, NULL, 0, "{'count':7}"},
            {PAINT,
                    "{'position':[-2,-4,-5],'color':'red','symmetry':{'z':true}"
                    "}",
                    0, "{'painted':2}"},
            /* existed tells of the voxel itself, not of its mirror image. */
            {REMOVE,
                    "{'position':[2,3,4],'symmetry':{'x':true,'origin':"
                    "[0.5,0,0]}}",
                    0, "{'existed':false}"},
            {COUNT, NULL, 0, "{'count':7}"},
            {REMOVE,
                    "{'position':[1,3,4],'symmetry':{'x':true,'origin':"
                    "[-0.5,0,0]}}",
                    0, "{'existed':false}"},
            {COUNT, NULL, 0, "{'count':6}"},
            {ADD, "{'position':[0,0,0],'symmetry':{'q':true}}", PARAMS,
                    "{'data':{'param':'symmetry','expected':'*','got':'*'}}"},
            {ADD, "{'position':[0,0,0],'symmetry':{'x':1}}", PARAMS, NULL},
            {ADD, "{'position':[0,0,0],'symmetry':{'origin':[0.3,0,0]}}",
                    PARAMS, NULL},
            {ADD, "{'position':[0,0,0],'symmetry':{'origin':[0,0]}}", PARAMS,
                    NULL},
            {ADD, "{'position':[0,0,0],'symmetry':true}", PARAMS, NULL},
            {COUNT, NULL, 0, "{'count':6}"},
    };
    API_RUN(*state, steps);
}

static void test_list(void **state)
{
    static const struct api_step steps[] = {
            {LIST,
                    "{'voxels':[{'x':0,'y':0,'z':0,'color':'red'},"
                    "{'position':[1,0,0],'rgba':[1,2,3,4]},"
                    "{'position':{'x':2,'y':0,'z':0},'r':5,'g':6,'b':7},"
                    "{'x':3,'y':0,'z':0,'r':5,'g':6,'b':7,'a':8},"
                    "{'x':4,'y':0,'z':0,'colour':'#010203'},"
                    "{'x':5,'y':0,'z':0},[6,0,0],[7,0,0,1,2,3],"
                    "[8,0,0,1,2,3,4]],'color':'blue'}",
                    0,
                    "{'success':true,'added':9,'failed':0,'layer_id':1,"
                    "'revision':1}"},
            {COUNT, NULL, 0, "{'count':9}"},
            {GET, "[0,0,0]", 0, "{'color':[255,0,0,255]}"},
            {GET, "[1,0,0]", 0, "{'color':[1,2,3,4]}"},
            {GET, "[2,0,0]", 0, "{'color':[5,6,7,255]}"},
            {GET, "[3,0,0]", 0, "{'color':[5,6,7,8]}"},
            {GET, "[4,0,0]", 0, "{'color':[1,2,3,255]}"},
            {GET, "[5,0,0]", 0, "{'color':[0,0,255,255]}"},
            {GET, "[6,0,0]", 0, "{'color':[0,0,255,255]}"},
            {GET, "[7,0,0]", 0, "{'color':[1,2,3,255]}"},
            {GET, "[8,0,0]", 0, "{'color':[1,2,3,4]}"},
            {LIST, "[[]]", 0, "{'added':0,'revision':1}"},
            {LIST, "{'voxels':[[0,0,5]],'symmetry':{'z':true}}", 0,
                    "{'added':1,'revision':2}"},
            {GET, "[0,0,-6]", 0, "{'exists':true}"},
            {COUNT, NULL, 0, "{'count':11}"},
            {"goxel.undo", NULL, 0, "{'steps':1}"},
            {COUNT, NULL, 0, "{'count':9}"},
    };
    API_RUN(*state, steps);
}

/* One bad voxel anywhere: nothing changes. */
static void test_list_is_checked_whole(void **state)
{
    static const char *const bad[] = {"{'x':1,'y':2}", "{'x':1,'y':2,'z':'3'}",
            "{'x':1,'y':2,'z':3,'r':1}", "{'x':1,'y':2,'z':3,'a':1}",
            "{'x':1,'y':2,'z':3,'colr':'red'}",
            "{'x':1,'y':2,'z':3,'color':'none'}", "[1,2]", "[1,2,3,4]",
            "[1,2,3,4,5,6,7,8]", "[1,2,3,4,5,256]", "[8388608,0,0]",
            "{'x':4294967296,'y':0,'z':0}", "7", "null", "'red'",
            "{'x':1,'y':2,'z':3,'color':[1,2,3,0]}", "[1,2,3,1,2,3,0]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const json_t *error = api_fail(*state, PARAMS, LIST,
                "{'voxels':[[0,0,0],[1,0,0],%s]}", bad[i]);
        api_expect(error, "{'data':{'param':'voxels','expected':'*','got':'*'}"
                          "}");
        api_expect_message(error, "voxel 2");
    }
    api_fail(*state, PARAMS, LIST, "{'voxels':{}}");
    api_fail(*state, PARAMS, LIST, "{}");
    assert_int_equal(api_int(*state, "count", COUNT, NULL), 0);
}

/* Large enough to cross many blocks, with values to compare. */
static void test_many(void **state)
{
    json_t *voxels = json_array();
    for (int i = 0; i < 20000; i++)
        json_array_append_new(
                voxels, json_pack("[i,i,i,i,i,i]", i % 50 - 25, i / 50 % 40,
                                i / 2000, i % 256, i / 256, 77));
    json_t *result =
            api_call_json(*state, LIST, json_pack("{s:o}", "voxels", voxels));
    api_expect(result, "{'added':20000,'failed':0,'revision':1}");
    json_decref(result);
    assert_int_equal(api_int(*state, "count", COUNT, NULL), 20000);
    result = api_call(*state, GET, "[%d,%d,%d]", 12345 % 50 - 25,
            12345 / 50 % 40, 12345 / 2000);
    api_expect(result, "{'color':[%d,%d,77,255]}", 12345 % 256, 12345 / 256);
    json_decref(result);
}

static void test_if_revision(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "{'x':0,'y':0,'z':0,'if_revision':0}", 0, "{'revision':1}"},
            {ADD, "{'x':1,'y':0,'z':0,'if_revision':0}", -32010,
                    "{'data':{'reason':'CONFLICT','revision':1}}"},
            {ADD, "{'x':1,'y':0,'z':0,'if_revision':1}", 0, "{'revision':2}"},
            {GET, "{'x':1,'y':0,'z':0,'if_revision':1}", -32010,
                    "{'data':{'revision':2}}"},
            {GET, "{'x':1,'y':0,'z':0,'if_revision':2}", 0, "{'exists':true}"},
            {ADD, "{'x':1,'y':0,'z':0,'if_revision':'2'}", PARAMS,
                    "{'data':{'param':'if_revision'}}"},
            {ADD, "{'x':1,'y':0,'z':0,'if_revision':-1}", PARAMS, NULL},
            {COUNT, NULL, 0, "{'count':2}"},
    };
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_add_get_remove),
            API_TEST(test_forms_of_positions),
            API_TEST(test_forms_of_colors),
            API_TEST(test_wrong_parameters),
            API_TEST(test_unknown_names),
            API_TEST(test_paint),
            API_TEST(test_layers),
            API_TEST(test_symmetry),
            API_TEST(test_list),
            API_TEST(test_list_is_checked_whole),
            API_TEST(test_many),
            API_TEST(test_if_revision),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
