/* SPDX-License-Identifier: Apache-2.0
 * Slices as rows of letters: which way they lie, and that what is read can be
 * written again. */
#include "daemon/api_client.h"

#define WRITE  "goxel.write_slices"
#define READ   "goxel.read_slices"
#define GET    "goxel.get_voxel"
#define COUNT  "goxel.get_voxel_count"
#define PARAMS -32602

static void test_axes(void **state)
{
    static const struct api_step steps[] = {
            {WRITE,
                    "{'axis':'z','index':7,'palette':{'a':'red','b':'blue'},"
                    "'rows':['a.','.b','a ']}",
                    0, "{'success':true,'voxels':3,'layer_id':1,'revision':1}"},
            {GET, "[0,2,7]", 0, "{'color':[255,0,0,255]}"},
            {GET, "[1,1,7]", 0, "{'color':[0,0,255,255]}"},
            {GET, "[0,0,7]", 0, "{'exists':true}"},
            {COUNT, NULL, 0, "{'count':3}"},
            {"goxel.clear_layer", NULL, 0, NULL},
            {WRITE, "['y',-3,[10,0,20],{'a':'red'},['.a','a.']]", 0,
                    "{'voxels':2}"},
            {GET, "[11,-3,21]", 0, "{'exists':true}"},
            {GET, "[10,-3,20]", 0, "{'exists':true}"},
            {"goxel.clear_layer", NULL, 0, NULL},
            {WRITE,
                    "{'axis':'x','index':5,'origin':[0,10,20],'palette':{'a':"
                    "'red'},'rows':['.a','a.']}",
                    0, NULL},
            {GET, "[5,11,21]", 0, "{'exists':true}"},
            {GET, "[5,10,20]", 0, "{'exists':true}"},
            {COUNT, NULL, 0, "{'count':2}"},
            /* '.' removes, ' ' leaves alone; only coloured voxels count */
            {WRITE,
                    "{'axis':'x','index':5,'origin':[0,10,20],'palette':{},"
                    "'rows':[' .','  ']}",
                    0, "{'voxels':0}"},
            {COUNT, NULL, 0, "{'count':1}"},
    };
    API_RUN(*state, steps);
}

static void test_several_slices(void **state)
{
    static const struct api_step steps[] = {
            {WRITE,
                    "{'index':1,'palette':{'#':[1,2,3,100]},'rows':"
                    "[['#'],['.'],['#','#']]}",
                    0, "{'voxels':3}"},
            {GET, "[0,0,1]", 0, "{'color':[1,2,3,100]}"},
            {GET, "[0,0,2]", 0, "{'exists':false}"},
            {GET, "[0,1,3]", 0, "{'exists':true}"},
            {READ, NULL, 0,
                    "{'axis':'z','axes':{'columns':'+x','rows':'-y'},'origin':"
                    "[0,0,1],'exact':true,'palette':{'a':'#01020364'},"
                    "'slices':[{'index':1,'rows':['.','a']},{'index':2,'rows':"
                    "['.','.']},{'index':3,'rows':['a','a']}]}"},
            {READ, "{'axis':'y','index':0}", 0,
                    "{'axes':{'columns':'+x','rows':'-z'},'slices':[{'index':"
                    "0,'rows':['a','.','a']}]}"},
            {READ, "{'axis':'x','range':[0,1]}", 0,
                    "{'axes':{'columns':'+y','rows':'-z'},'slices':[{'index':"
                    "0,'rows':['aa','..','a.']},{'index':1,'rows':['..','..',"
                    "'..']}]}"},
            {READ, "{'region':{'min':[-1,0,3],'max':[0,0,3]}}", 0,
                    "{'origin':[-1,0,3],'slices':[{'index':3,'rows':['.a']}]}"},
            {READ, "{'layer_id':-1,'index':3}", 0,
                    "{'slices':[{'rows':['a','a']}]}"},
            {READ, "{'index':99}", 0,
                    "{'palette':{},'slices':[{'rows':"
                    "['.','.']}]}"},
    };
    API_RUN(*state, steps);
}

/* What was read, written into another project, reads the same. */
static void test_round_trip(void **state)
{
    static const char *const axes[] = {"x", "y", "z"};
    struct api *api = *state;
    for (int n = 0; n < 300; n++)
        api_do(api, "goxel.add_voxel", "[%d,%d,%d,%d,%d,7]", n % 7 - 3,
                n / 7 % 5, n / 35 - 4, n % 5 * 50, n % 9 * 20);
    json_t *all = api_call(api, "goxel.get_layer_voxels", NULL);
    for (int i = 0; i < 3; i++) {
        json_t *read = api_call(api, READ, "{'axis':'%s'}", axes[i]);
        json_t *rows = json_array(), *slices = json_object_get(read, "slices");
        for (size_t k = 0; k < json_array_size(slices); k++)
            json_array_append(
                    rows, json_object_get(json_array_get(slices, k), "rows"));
        json_t *first = json_array_get(slices, 0);
        api_do(api, "goxel.create_project",
                "{'name':'round','overwrite':true}");
        json_decref(api_call_json(api, WRITE,
                json_pack("{s:s,s:O,s:O,s:O,s:o}", "axis", axes[i], "index",
                        json_object_get(first, "index"), "origin",
                        json_object_get(read, "origin"), "palette",
                        json_object_get(read, "palette"), "rows", rows)));
        json_t *again = api_call(api, "goxel.get_layer_voxels", NULL);
        assert_true(json_equal(all, again));
        json_decref(again);
        json_decref(read);
    }
    json_decref(all);
}

static void test_many_colors(void **state)
{
    struct api *api = *state;
    json_t *voxels = json_array();
    for (int i = 0; i < 91; i++)
        json_array_append_new(
                voxels, json_pack("[i,i,i,i,i,i]", i, 0, 0, i * 2, 0, 0));
    json_decref(api_call_json(
            api, "goxel.add_voxels", json_pack("{s:o}", "voxels", voxels)));
    json_t *read = api_call(api, READ, NULL);
    api_expect(read, "{'exact':false}");
    assert_int_equal(json_object_size(json_object_get(read, "palette")), 90);
    json_decref(read);
    api_do(api, "goxel.remove_voxel", "[90,0,0]");
    read = api_call(api, READ, NULL);
    api_expect(read, "{'exact':true}");
    assert_int_equal(json_object_size(json_object_get(read, "palette")), 90);
    json_decref(read);
}

static void test_errors_change_nothing(void **state)
{
    static const struct api_step steps[] = {
            {WRITE, "{'palette':{'a':'red'},'rows':['aaa','aQa']}", PARAMS,
                    "{'data':{'param':'rows','expected':"
                    "'letters of the palette'}}"},
            {WRITE, "{'palette':{'a':'red'},'rows':['aaa',7]}", PARAMS,
                    "{'data':{'param':'rows'}}"},
            {WRITE, "{'palette':{'a':'red'},'rows':[['a'],'a']}", PARAMS, NULL},
            {WRITE, "{'palette':{'ab':'red'},'rows':['a']}", PARAMS,
                    "{'data':{'param':'palette'}}"},
            {WRITE, "{'palette':{'.':'red'},'rows':['a']}", PARAMS, NULL},
            {WRITE, "{'palette':{'a':'reddish'},'rows':['a']}", PARAMS,
                    "{'data':{'param':'palette'}}"},
            {WRITE, "{'palette':{'a':'red'}}", PARAMS,
                    "{'data':{'param':'rows'}}"},
            {WRITE, "{'rows':['a']}", PARAMS, "{'data':{'param':'palette'}}"},
            {WRITE,
                    "{'palette':{'a':'red'},'rows':['aa'],'origin':"
                    "[8388607,0,0]}",
                    PARAMS, NULL},
            {WRITE, "{'palette':{'a':'red'},'rows':['a'],'layer_id':9}", -32004,
                    NULL},
            {READ, "{'range':[3,2]}", PARAMS, "{'data':{'param':'range'}}"},
            {READ, "{'range':[3]}", PARAMS, "{'data':{'param':'range'}}"},
            {READ, "{'range':[1,2,3]}", PARAMS, "{'data':{'param':'range'}}"},
            {READ, "{'range':['a','b']}", PARAMS, NULL},
            {READ, "{'axis':'w'}", PARAMS, "{'data':{'param':'axis'}}"},
            {READ, "{'layer_id':9}", -32004, NULL},
            {READ,
                    "{'region':{'min':[-8388608,-8388608,-8388608],'max':"
                    "[8388607,8388607,8388607]}}",
                    -32007, NULL},
            /* no voxel and a long range must not make millions of slices */
            {READ, "{'range':[-8388608,8388607]}", -32007, NULL},
            {READ, NULL, 0, "{'palette':{},'slices':[]}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {"goxel.history", NULL, 0, "{'revision':0}"},
    };
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_axes),
            API_TEST(test_several_slices),
            API_TEST(test_round_trip),
            API_TEST(test_many_colors),
            API_TEST(test_errors_change_nothing),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
