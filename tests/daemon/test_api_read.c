/* SPDX-License-Identifier: Apache-2.0
 * The methods that read voxels, colours, boxes and structure. */
#include "daemon/api_client.h"

#define REGION "goxel.get_voxels_region"
#define LAYER  "goxel.get_layer_voxels"
#define BOX    "goxel.get_bounding_box"
#define HIST   "goxel.get_color_histogram"
#define FIND   "goxel.find_voxels_by_color"
#define UNIQUE "goxel.get_unique_colors"
#define LOOK   "goxel.analyze"
#define ADD    "goxel.add_voxel"
#define LIST   "goxel.add_voxels"
#define SHAPE  "goxel.procedural_shape"
#define PARAMS -32602

static void test_region(void **state)
{
    static const struct api_step steps[] = {
            {REGION, "[[0,0,0],[9,9,9]]", 0,
                    "{'voxels':[],'count':0,'total':0,'truncated':false,"
                    "'bbox':null}"},
            {LIST,
                    "{'voxels':[[0,0,0,255,0,0],[1,0,0,0,0,255],[0,1,0,255,0,0]"
                    ","
                    "[0,0,1,255,0,0],[5,5,5,0,255,0,128]]}",
                    0, NULL},
            {REGION, "[[0,0,0],[1,1,1]]", 0,
                    "{'voxels':[{'x':0,'y':0,'z':0,'color':[255,0,0,255]},"
                    "{'x':1,'y':0,'z':0,'color':[0,0,255,255]},"
                    "{'x':0,'y':1,'z':0},{'x':0,'y':0,'z':1}],'count':4,"
                    "'total':4,'truncated':false,'bbox':{'min':[0,0,0],'max':"
                    "[1,1,1]}}"},
            {REGION, "{'min':{'x':0,'y':0,'z':0},'max':[0,0,0]}", 0,
                    "{'count':1}"},
            {REGION, "{'min':[0,0,0],'max':[5,5,5],'color_filter':'red'}", 0,
                    "{'count':3,'total':3,'bbox':{'min':[0,0,0],'max':"
                    "[0,1,1]}}"},
            {REGION,
                    "{'min':[0,0,0],'max':[5,5,5],'color_filter':"
                    "[0,255,0,128]}",
                    0, "{'count':1,'voxels':[{'color':[0,255,0,128]}]}"},
            {REGION, "{'min':[0,0,0],'max':[5,5,5],'limit':2}", 0,
                    "{'voxels':[{'x':0},{'x':1}],'count':2,'total':5,"
                    "'truncated':true,'bbox':{'max':[5,5,5]}}"},
            {REGION, "{'min':[0,0,0],'max':[5,5,5],'offset':3,'limit':2}", 0,
                    "{'voxels':[{'z':1},{'z':5}],'count':2,'total':5,"
                    "'truncated':false}"},
            {REGION, "{'min':[0,0,0],'max':[5,5,5],'offset':9}", 0,
                    "{'voxels':[],'count':0,'total':5,'truncated':false}"},
            {REGION, "{'min':[0,0,0],'max':[5,5,5],'limit':0}", 0,
                    "{'count':0,'total':5,'truncated':true}"},
            {REGION,
                    "{'min':[-8388608,-8388608,-8388608],'max':"
                    "[8388607,8388607,8388607]}",
                    0, "{'count':5}"},
            {REGION, "[[1,0,0],[0,0,0]]", PARAMS,
                    "{'data':{'param':'max','expected':"
                    "'max >= min on each axis'}}"},
            {REGION, "[[1,0,0]]", PARAMS, "{'data':{'param':'max'}}"},
            {REGION, "{'min':[0,0,0],'max':[1,1,1],'limit':-1}", PARAMS,
                    "{'data':{'param':'limit','expected':"
                    "'integer from 0 to 1000000'}}"},
            {REGION, "{'min':[0,0,0],'max':[1,1,1],'limit':1000001}", PARAMS,
                    NULL},
            {REGION, "{'min':[0,0,0],'max':[1,1,1],'layer_id':-2}", PARAMS,
                    NULL},
            {REGION, "{'min':[0,0,0],'max':[1,1,1],'layer_id':7}", -32004,
                    NULL},
    };
    API_RUN(*state, steps);
}

static void test_layers_and_merged(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[0,0,0,'red']", 0, NULL},
            {"goxel.create_layer", "['top']", 0, NULL},
            {ADD, "[0,0,0,'blue']", 0, NULL},
            {ADD, "[9,0,0,'blue']", 0, NULL},
            {LAYER, NULL, 0, "{'count':2,'total':2}"},
            {LAYER, "[1]", 0, "{'voxels':[{'color':[255,0,0,255]}]}"},
            {LAYER, "{'layer':'top','color_filter':'blue','limit':1}", 0,
                    "{'count':1,'total':2,'truncated':true}"},
            {LAYER, "[-1]", 0,
                    "{'voxels':[{'x':0,'color':[0,0,255,255]},{'x':9}],"
                    "'total':2}"},
            {REGION, "[[0,0,0],[0,0,0],-1]", 0,
                    "{'voxels':[{'color':[0,0,255,255]}]}"},
            {BOX, NULL, 0, "{'empty':false,'min':[0,0,0],'max':[9,0,0]}"},
            {BOX, "[1,true]", 0,
                    "{'min':[0,0,0],'max':[0,0,0],'dimensions':[1,1,1]}"},
            {BOX, "{'layer_id':-1,'exact':false}", 0, "{'max':[9,0,0]}"},
            {BOX, "[5]", -32004, NULL},
            {"goxel.set_layer_visibility", "[2,false]", 0, NULL},
            {BOX, "[-1]", 0, "{'max':[0,0,0]}"},
            {BOX, "[2]", 0, "{'max':[9,0,0]}"},
            {"goxel.clear_layer", "[1]", 0, NULL},
            {BOX, "[1]", 0,
                    "{'empty':true,'min':'-','max':'-','dimensions':'-'}"},
            {LAYER, "[-1]", 0, "{'total':0,'bbox':null}"},
    };
    API_RUN(*state, steps);
}

static void test_histogram(void **state)
{
    static const struct api_step steps[] = {
            {HIST, NULL, 0,
                    "{'histogram':[],'total_voxels':0,'unique_colors':0}"},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':[2,0,0]},"
                    "'color':'#102030'}",
                    0, NULL},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,1,0],'max':[3,1,0]},"
                    "'color':'#122233'}",
                    0, NULL},
            {ADD, "[9,9,9,'white']", 0, NULL},
            {HIST, NULL, 0,
                    "{'histogram':[{'color':'#122233FF','rgba':[18,34,51,255],"
                    "'count':4,'percentage':50.0},{'color':'#102030FF','count':"
                    "3,'percentage':37.5},{'color':'#FFFFFFFF','count':1,"
                    "'percentage':12.5}],'total_voxels':8,'unique_colors':3}"},
            {HIST, "{'top_n':1}", 0,
                    "{'histogram':[{'count':4}],'total_voxels':8,"
                    "'unique_colors':3}"},
            {HIST, "{'sort_by_count':false}", 0,
                    "{'histogram':[{'color':'#102030FF'},{'color':'#122233FF'},"
                    "{'color':'#FFFFFFFF'}]}"},
            {HIST, "{'bin_size':16}", 0,
                    "{'histogram':[{'color':'#102030FF','count':7,"
                    "'percentage':87.5},{'color':'#F0F0F0FF','count':1}],"
                    "'unique_colors':2}"},
            {HIST, "{'bin_size':255}", 0, NULL},
            {HIST, "{'bin_size':256}", PARAMS, "{'data':{'param':'bin_size'}}"},
            {HIST, "{'region':{'min':[0,0,0],'max':[1,1,0]}}", 0,
                    "{'total_voxels':4,'unique_colors':2}"},
            {HIST, "{'region':[[0,0,0],[1,1,0]]}", PARAMS,
                    "{'data':{'param':'region'}}"},
            {HIST, "{'region':{'min':[0,0,0]}}", PARAMS, NULL},
            {HIST, "{'layer_id':3}", -32004, NULL},
    };
    API_RUN(*state, steps);
}

static void test_find(void **state)
{
    static const struct api_step steps[] = {
            {LIST,
                    "{'voxels':[[0,0,0,100,0,0],[1,0,0,105,0,0],"
                    "[2,0,0,111,0,0],[3,0,0,100,5,0]]}",
                    0, NULL},
            {FIND, "[[100,0,0]]", 0,
                    "{'target_color':[100,0,0,255],'match_count':1,'truncated':"
                    "false,'locations':[{'x':0,'y':0,'z':0,'color':"
                    "[100,0,0,255],'layer_id':1}]}"},
            {FIND, "{'target_color':'#640000','tolerance':5}", 0,
                    "{'match_count':3,'locations':[{'x':0},{'x':1},{'x':3}]}"},
            {FIND, "{'color':'#640000','tolerance':11}", 0,
                    "{'match_count':4}"},
            {FIND, "{'target_color':'#640000','tolerance':11,'max_results':2}",
                    0,
                    "{'match_count':4,'truncated':true,'locations':[{},{}]}"},
            {FIND,
                    "{'target_color':'#640000','tolerance':11,"
                    "'include_locations':false}",
                    0, "{'match_count':4,'truncated':false,'locations':[]}"},
            {FIND,
                    "{'target_color':'#640000','tolerance':11,'region':{'min':"
                    "[1,0,0],'max':[2,0,0]}}",
                    0, "{'match_count':2}"},
            {FIND, "{'target_color':'#640000','layer_id':-1}", 0,
                    "{'locations':[{'layer_id':-1}]}"},
            {FIND, NULL, PARAMS, "{'data':{'param':'target_color'}}"},
            {FIND, "{'target_color':'red','tolerance':256}", PARAMS, NULL},
    };
    API_RUN(*state, steps);
}

static void test_unique(void **state)
{
    static const struct api_step steps[] = {
            {UNIQUE, NULL, 0, "{'colors':[],'count':0}"},
            {LIST,
                    "{'voxels':[[0,0,0,10,10,10],[1,0,0,20,10,10],"
                    "[2,0,0,20,10,10],[3,0,0,31,10,10],[4,0,0,200,0,0],"
                    "[5,0,0,200,0,0],[6,0,0,200,0,0]]}",
                    0, NULL},
            {UNIQUE, NULL, 0,
                    "{'count':4,'colors':[{'hex':'*','rgba':'*','count':'*'},"
                    "{},{},{}]}"},
            {UNIQUE, "{'sort_by_count':true}", 0,
                    "{'colors':[{'hex':'#C80000FF','rgba':[200,0,0,255],"
                    "'count':3},{'hex':'#140A0AFF','count':2},{},{}]}"},
            {UNIQUE, "{'merge_similar':true,'sort_by_count':true}", 0,
                    "{'count':3,'colors':[{'count':3},{'rgba':[20,10,10,255],"
                    "'count':3},{'rgba':[31,10,10,255],'count':1}]}"},
            {UNIQUE,
                    "{'merge_similar':true,'merge_threshold':11,"
                    "'sort_by_count':true}",
                    0, "{'count':2,'colors':[{},{'count':4}]}"},
            {UNIQUE, "{'merge_similar':true,'merge_threshold':255}", 0,
                    "{'count':1,'colors':[{'count':7}]}"},
            {UNIQUE, "{'region':{'min':[0,0,0],'max':[0,0,0]}}", 0,
                    "{'count':1}"},
            {UNIQUE, "{'merge_threshold':256}", PARAMS, NULL},
            {UNIQUE, "{'layer':'none'}", -32004, NULL},
    };
    API_RUN(*state, steps);
}

static void test_analyze(void **state)
{
    static const struct api_step steps[] = {
            {LOOK, NULL, 0,
                    "{'layer_id':1,'voxel_count':0,'color_count':0,'bounds':"
                    "null,'ground_voxels':0,'component_count':0,"
                    "'floating_count':0,'components':[],'symmetry':{'x':{"
                    "'shape':0,'color':0}}}"},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':[4,4,1]},"
                    "'color':'red'}",
                    0, NULL},
            {ADD, "[2,2,5,'blue']", 0, NULL},
            {LOOK, NULL, 0,
                    "{'voxel_count':51,'color_count':2,'bounds':{'min':"
                    "[0,0,0],'max':[4,4,5]},'ground_voxels':25,"
                    "'component_count':2,'floating_count':1,'components':[{"
                    "'voxels':50,'bbox':{'min':[0,0,0],'max':[4,4,1]},'seed':"
                    "[0,0,0],'touches_ground':true},{'voxels':1,'seed':"
                    "[2,2,5],'touches_ground':false}],'symmetry':{'x':{'plane':"
                    "2.5,'shape':1,'color':1},'y':{'shape':1},'z':{'plane':3}"
                    "}}"},
            {LOOK, "{'max_components':1}", 0,
                    "{'component_count':2,'components':[{'voxels':50}]}"},
            {LOOK, "{'region':{'min':[0,0,5],'max':[4,4,9]}}", 0,
                    "{'voxel_count':1,'floating_count':0,'ground_voxels':1}"},
            {LOOK, "[-1]", 0, "{'layer_id':-1,'voxel_count':51}"},
            {LOOK, "[4]", -32004, NULL},
    };
    API_RUN(*state, steps);
}

/* Enough voxels for a worker: all pages together are the whole, once. */
static void test_pages_on_a_worker(void **state)
{
    struct api *api = *state;
    api_do(api, SHAPE,
            "{'shape_type':'cube','size':[100,100,30],'center':[0,0,0]}");
    json_int_t sum = 0, offset = 0;
    bool is_truncated = true;
    while (is_truncated) {
        json_t *page = api_call(api, REGION,
                "{'min':[-50,-50,-15],'max':[49,49,14],'offset':%d,'limit':"
                "80000,'progress':true}",
                (int)offset);
        size_t i;
        json_t *voxel, *voxels = json_object_get(page, "voxels");
        json_array_foreach(voxels, i, voxel)
        {
            int x = (int)json_integer_value(json_object_get(voxel, "x"));
            int y = (int)json_integer_value(json_object_get(voxel, "y"));
            int z = (int)json_integer_value(json_object_get(voxel, "z"));
            sum += (x + 50) + 100 * (y + 50) + 10000 * (z + 15);
        }
        api_expect(page, "{'total':300000,'count':%zu}", i);
        offset += (json_int_t)i;
        is_truncated = json_is_true(json_object_get(page, "truncated"));
        json_decref(page);
    }
    assert_int_equal(offset, 300000);
    assert_int_equal(sum, 300000LL * 299999 / 2);
    static const struct api_step steps[] = {
            {HIST, NULL, 0, "{'total_voxels':300000}"},
            {FIND, "['white']", 0, "{'match_count':300000,'truncated':true}"},
            {LOOK, NULL, 0, "{'component_count':1}"},
            {BOX, NULL, 0, "{'dimensions':[100,100,30]}"},
            {REGION, "[[1,0,0],[0,0,0]]", PARAMS, NULL},
            {FIND, "{'target_color':'white','layer_id':9}", -32004, NULL},
    };
    API_RUN(api, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_region),
            API_TEST(test_layers_and_merged),
            API_TEST(test_histogram),
            API_TEST(test_find),
            API_TEST(test_unique),
            API_TEST(test_analyze),
            API_TEST(test_pages_on_a_worker),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
