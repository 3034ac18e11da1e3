/* SPDX-License-Identifier: Apache-2.0
 * The methods that draw and recolour many voxels. */
#include "daemon/api_client.h"

#define SHAPE   "goxel.procedural_shape"
#define FILL    "goxel.flood_fill"
#define REPLACE "goxel.replace_color"
#define EXTRUDE "goxel.extrude"
#define BOX     "goxel.get_bounding_box"
#define COUNT   "goxel.get_voxel_count"
#define GET     "goxel.get_voxel"
#define CLEAR   "goxel.clear_layer"
#define PARAMS  -32602

static void test_cube_sizes(void **state)
{
    static const struct {
        const char *size, *center, *min, *max;
        int count;
    } rows[] = {
            {"[1,1,1]", "[0,0,0]", "[0,0,0]", "[0,0,0]", 1},
            {"[2,2,2]", "[0,0,0]", "[-1,-1,-1]", "[0,0,0]", 8},
            {"[3,3,3]", "[0,0,0]", "[-1,-1,-1]", "[1,1,1]", 27},
            {"[4,5,6]", "[10,20,30]", "[8,18,27]", "[11,22,32]", 120},
            {"[64,1,7]", "[-5,0,0]", "[-37,0,-3]", "[26,0,3]", 448},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        api_do(*state, CLEAR, NULL);
        json_t *result = api_call(*state, SHAPE,
                "{'shape_type':'cube','size':%s,'center':%s,'color':'red'}",
                rows[i].size, rows[i].center);
        api_expect(result,
                "{'success':true,'shape_type':'cube','voxels_created':%d,"
                "'layer_id':1}",
                rows[i].count);
        json_decref(result);
        result = api_call(*state, BOX, NULL);
        api_expect(result, "{'empty':false,'min':%s,'max':%s,'dimensions':%s}",
                rows[i].min, rows[i].max, rows[i].size);
        json_decref(result);
        assert_int_equal(api_int(*state, "count", COUNT, NULL), rows[i].count);
    }
}

static void test_every_shape_fills_its_box(void **state)
{
    static const char *const names[] = {"cube", "sphere", "ellipsoid",
            "cylinder", "cone", "pyramid", "torus", "plane", "wedge"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool is_flat = strcmp(names[i], "plane") == 0;
        api_do(*state, CLEAR, NULL);
        json_int_t created = api_int(*state, "voxels_created", SHAPE,
                "{'shape':'%s','size':[9,9,7],'center':[0,0,0]}", names[i]);
        json_t *box = api_call(*state, BOX, NULL);
        api_expect(box, "{'min':[-4,-4,%d],'max':[4,4,%d]}", is_flat ? 0 : -3,
                is_flat ? 0 : 3);
        json_decref(box);
        assert_int_equal(api_int(*state, "count", COUNT, NULL), created);
    }
}

static void test_lines(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "{'type':'line','from':[0,0,0],'to':[9,3,0]}", 0,
                    "{'shape_type':'line','voxels_created':10}"},
            {SHAPE, "{'type':'line','from':{'x':0,'y':0,'z':5},'to':[0,0,5]}",
                    0, "{'voxels_created':1}"},
            {SHAPE,
                    "{'type':'capsule','from':[0,0,20],'to':[0,0,30],'radius':"
                    "3}",
                    0, "{'shape_type':'capsule'}"},
            {BOX, NULL, 0, "{'min':[-3,-3,0],'max':[9,3,33]}"},
            {SHAPE, "{'type':'line','from':[0,0,0]}", PARAMS,
                    "{'data':{'param':'to','expected':'point'}}"},
            {SHAPE, "{'type':'capsule','to':[0,0,0]}", PARAMS,
                    "{'data':{'param':'from'}}"},
            {SHAPE, "{'type':'line','from':[0,0,0],'to':[1,1,1],'radius':0.1}",
                    PARAMS,
                    "{'data':{'param':'radius','expected':'number "
                    "from 0.5 to 4096'}}"},
    };
    API_RUN(*state, steps);
}

static void test_modes(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "['cube',4,4,4,0,0,0,255,0,0]", 0, "{'voxels_created':64}"},
            {GET, "[1,1,1]", 0, "{'color':[255,0,0,255]}"},
            {SHAPE,
                    "{'shape_type':'cube','size':[2,2,2],'mode':'paint',"
                    "'color':'blue'}",
                    0, "{'voxels_created':8}"},
            {GET, "[0,0,0]", 0, "{'color':[0,0,255,255]}"},
            {COUNT, NULL, 0, "{'count':64}"},
            {SHAPE, "{'shape_type':'cube','size':[2,2,2],'mode':'subtract'}", 0,
                    "{'voxels_created':8}"},
            {COUNT, NULL, 0, "{'count':56}"},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,-9,-9],'max':"
                    "[9,9,9]},'mode':'intersect'}",
                    0, "{'voxels_created':28}"},
            {COUNT, NULL, 0, "{'count':28}"},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':[2,2,2]},"
                    "'mode':'replace','hollow':true}",
                    0, "{'voxels_created':26}"},
            {GET, "[1,1,1]", 0, "{'exists':false}"},
            {SHAPE, "{'shape_type':'cube','mode':'add','color':[1,2,3,0]}",
                    PARAMS, "{'data':{'param':'color'}}"},
            {SHAPE, "{'shape_type':'cube','mode':'multiply'}", PARAMS,
                    "{'data':{'param':'mode','expected':'one of add, subtract, "
                    "intersect, paint, replace','got':'string "
                    "\\\"multiply\\\"'}}"},
    };
    API_RUN(*state, steps);
}

static void test_hollow_axis_flipped(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "{'shape_type':'cube','size':[10,10,10],'hollow':2}", 0,
                    "{'voxels_created':784}"},
            {SHAPE, "{'shape_type':'cube','size':[10,10,10],'hollow':false}", 0,
                    "{'voxels_created':1000}"},
            {CLEAR, NULL, 0, NULL},
            {SHAPE, "{'shape_type':'cylinder','size':[8,3,3],'axis':'x'}", 0,
                    "{'voxels_created':72}"},
            {CLEAR, NULL, 0, NULL},
            {SHAPE, "{'shape_type':'pyramid','size':[9,9,5],'flipped':true}", 0,
                    NULL},
            {GET, "[-4,-4,2]", 0, "{'exists':true}"},
            {GET, "[-4,-4,-2]", 0, "{'exists':false}"},
            {SHAPE, "{'shape_type':'cube','hollow':-1}", PARAMS,
                    "{'data':{'param':'hollow'}}"},
            {SHAPE, "{'shape_type':'cube','hollow':'yes'}", PARAMS,
                    "{'data':{'param':'hollow'}}"},
            {SHAPE, "{'shape_type':'cube','axis':'w'}", PARAMS,
                    "{'data':{'param':'axis'}}"},
    };
    API_RUN(*state, steps);
}

static void test_clip_and_symmetry(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE,
                    "{'shape_type':'cube','size':[10,10,10],'clip':{'min':"
                    "[0,0,0],'max':[1,2,3]}}",
                    0, "{'voxels_created':24}"},
            {BOX, NULL, 0, "{'min':[0,0,0],'max':[1,2,3]}"},
            {CLEAR, NULL, 0, NULL},
            {SHAPE,
                    "{'shape_type':'cube','size':[2,2,2],'center':[10,10,10],"
                    "'symmetry':{'x':true,'y':true}}",
                    0, "{'voxels_created':32}"},
            {COUNT, NULL, 0, "{'count':32}"},
            {BOX, NULL, 0, "{'min':[-11,-11,9],'max':[10,10,10]}"},
            {SHAPE,
                    "{'shape_type':'cube','clip':{'min':[1,0,0],'max':"
                    "[0,0,0]}}",
                    PARAMS, "{'data':{'param':'clip'}}"},
    };
    API_RUN(*state, steps);
}

static void test_shape_errors(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, NULL, PARAMS,
                    "{'data':{'param':'shape_type','got':"
                    "'nothing'}}"},
            {SHAPE, "['blob']", PARAMS, "{'data':{'param':'shape_type'}}"},
            {SHAPE, "{'shape_type':'cube','size':[0,1,1]}", PARAMS,
                    "{'data':{'param':'size'}}"},
            {SHAPE, "{'shape_type':'cube','size_x':5000}", PARAMS,
                    "{'data':{'param':'size_x'}}"},
            {SHAPE, "{'shape_type':'cube','size_x':4294967297}", PARAMS,
                    "{'data':{'param':'size_x'}}"},
            {SHAPE, "{'shape_type':'cube','layer_id':7}", -1011,
                    "{'data':{'reason':'NOT_FOUND'}}"},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':"
                    "[5000,1,1]}}",
                    -32007, "{'data':{'reason':'TOO_LARGE'}}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {"goxel.set_layer", "{'locked':true}", 0, NULL},
            {SHAPE, "{'shape_type':'cube'}", -1011,
                    "{'data':{'reason':'LOCKED'}}"},
            {FILL, "[0,0,0]", -1010, NULL},
            {REPLACE, "['red','blue']", -32012, NULL},
            {EXTRUDE, "{'x':0,'y':0,'z':0,'face':'top'}", -32012, NULL},
    };
    API_RUN(*state, steps);
}

static void test_flat_names_of_old_clients(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE,
                    "{'shape_type':'cube','size_x':3,'size_y':2,'size_z':1,"
                    "'center_x':5,'center_y':6,'center_z':7,'r':1,'g':2,'b':3,"
                    "'a':255,'layer_id':1}",
                    0, "{'voxels_created':6}"},
            {BOX, NULL, 0, "{'min':[4,5,7],'max':[6,6,7]}"},
            {GET, "[5,6,7]", 0, "{'color':[1,2,3,255]}"},
            {CLEAR, NULL, 0, NULL},
            /* absent ones have their defaults: size 10, center 0 */
            {SHAPE, "{'shape_type':'cube','size_x':1,'center_z':100}", 0,
                    "{'voxels_created':100}"},
            {BOX, NULL, 0, "{'min':[0,-5,95],'max':[0,4,104]}"},
            {CLEAR, NULL, 0, NULL},
            {SHAPE, "['cube',2,2,2,0,0,0,1,2,3,255,1]", 0,
                    "{'voxels_created':8,'layer_id':1}"},
            {SHAPE, "['cube',[2,2,2],[9,0,0],[1,2,3],'Layer 1','add']", 0,
                    "{'voxels_created':8}"},
    };
    API_RUN(*state, steps);
}

static void test_flood_fill(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':[9,9,0]},"
                    "'color':[100,100,100]}",
                    0, NULL},
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[5,0,0],'max':[5,9,0]},"
                    "'color':[104,100,100]}",
                    0, NULL},
            {FILL, "[0,0,0,255,0,0,255]", 0,
                    "{'success':true,'voxels_filled':50,'revision':3}"},
            {GET, "[4,9,0]", 0, "{'color':[255,0,0,255]}"},
            {GET, "[5,0,0]", 0, "{'color':[104,100,100,255]}"},
            {FILL, "{'position':[9,0,0],'color':'blue','tolerance':4}", 0,
                    "{'voxels_filled':50}"},
            {GET, "[5,0,0]", 0, "{'color':[0,0,255,255]}"},
            {FILL, "[0,0,5,'blue']", 0, "{'voxels_filled':0}"},
            {FILL, "{'position':[0,0,0],'color':'lime','max_voxels':49}",
                    -32007, "{'data':{'reason':'TOO_LARGE'}}"},
            {GET, "[0,0,0]", 0, "{'color':[255,0,0,255]}"},
            {FILL,
                    "{'position':[0,0,0],'color':'lime','clip':{'min':[0,0,0],"
                    "'max':[1,1,1]}}",
                    0, "{'voxels_filled':4}"},
            {FILL, "{'position':[0,0,0],'color':[1,1,1,0]}", PARAMS, NULL},
            {FILL, "{'position':[0,0,0],'tolerance':256}", PARAMS,
                    "{'data':{'param':'tolerance'}}"},
            {FILL, "{'position':[0,0,0],'layer_id':5}", -1010, NULL},
    };
    API_RUN(*state, steps);
}

static void test_replace_color(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':[9,0,0]},"
                    "'color':[10,0,0]}",
                    0, NULL},
            {"goxel.add_voxel", "[0,0,0,13,0,0]", 0, NULL},
            {REPLACE, "['#0a0000','white']", 0, "{'success':true,'voxels':9}"},
            {REPLACE,
                    "{'from':'white','to':'blue','region':{'min':[0,0,0],"
                    "'max':[4,0,0]}}",
                    0, "{'voxels':4}"},
            {REPLACE, "{'from':[10,0,0],'to':'lime','tolerance':2}", 0,
                    "{'voxels':0}"},
            {REPLACE, "{'from':[10,0,0],'to':'lime','tolerance':3}", 0,
                    "{'voxels':1}"},
            {REPLACE, "{'from':'blue','to':[0,0,0,0]}", 0, "{'voxels':4}"},
            {COUNT, NULL, 0, "{'count':6}"},
            {REPLACE, "['red']", PARAMS, "{'data':{'param':'to'}}"},
            {REPLACE, "['red','blue',0,9]", -32004, NULL},
    };
    API_RUN(*state, steps);
}

static void test_extrude(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "{'shape_type':'cube','box':{'min':[0,0,0],'max':[3,3,3]}}",
                    0, NULL},
            {EXTRUDE, "{'position':[0,0,3],'face':'top','delta':2}", 0,
                    "{'success':true,'voxels':32}"},
            {BOX, NULL, 0, "{'max':[3,3,5]}"},
            {EXTRUDE, "{'position':[0,0,5],'face':'+z','delta':-3}", 0,
                    "{'voxels':48}"},
            {COUNT, NULL, 0, "{'count':48}"},
            {EXTRUDE, "{'x':3,'y':0,'z':0,'face':'right'}", 0, "{'voxels':12}"},
            {BOX, NULL, 0, "{'min':[0,0,0],'max':[4,3,2]}"},
            {EXTRUDE, "[0,0,0,'-x',1]", 0, "{'voxels':12}"},
            {EXTRUDE, "{'position':[50,0,0],'face':'top'}", 0, "{'voxels':0}"},
            {EXTRUDE, "{'position':[0,0,0],'face':'up'}", PARAMS,
                    "{'data':{'param':'face','expected':'one of +x, -x, +y, "
                    "-y, +z, -z'}}"},
            {EXTRUDE, "{'position':[0,0,0]}", PARAMS,
                    "{'data':{'param':'face'}}"},
            {EXTRUDE, "{'position':[0,0,0],'face':'top','delta':5000}", PARAMS,
                    "{'data':{'param':'delta'}}"},
    };
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_cube_sizes),
            API_TEST(test_every_shape_fills_its_box),
            API_TEST(test_lines),
            API_TEST(test_modes),
            API_TEST(test_hollow_axis_flipped),
            API_TEST(test_clip_and_symmetry),
            API_TEST(test_shape_errors),
            API_TEST(test_flat_names_of_old_clients),
            API_TEST(test_flood_fill),
            API_TEST(test_replace_color),
            API_TEST(test_extrude),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
