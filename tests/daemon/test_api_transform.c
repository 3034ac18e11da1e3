/* SPDX-License-Identifier: Apache-2.0
 * The methods that move voxels: transform, copy, paste, crop. */
#include "daemon/api_client.h"

#define MOVE   "goxel.transform"
#define COPY   "goxel.copy_region"
#define PASTE  "goxel.paste"
#define CROP   "goxel.crop"
#define SHAPE  "goxel.procedural_shape"
#define BOX    "goxel.get_bounding_box"
#define COUNT  "goxel.get_voxel_count"
#define GET    "goxel.get_voxel"
#define ADD    "goxel.add_voxel"
#define CLEAR  "goxel.clear_layer"
#define PARAMS -32602

static void test_translate(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "{'shape_type':'cube','box':{'min':[0,0,0],'max':[1,2,3]}}",
                    0, NULL},
            {MOVE, "{'op':'translate','offset':[10,-20,30]}", 0,
                    "{'success':true,'voxels':24,'clipped':0,'revision':2}"},
            {BOX, NULL, 0, "{'min':[10,-20,30],'max':[11,-18,33]}"},
            {MOVE, "['translate',-10,20,-30]", 0, "{'voxels':24}"},
            {MOVE, "{'op':'translate','x':1}", 0, "{'voxels':24}"},
            {BOX, NULL, 0, "{'min':[1,0,0],'max':[2,2,3]}"},
            {MOVE,
                    "{'op':'translate','x':5,'region':{'min':[2,0,0],'max':"
                    "[2,2,3]}}",
                    0, "{'voxels':12}"},
            {BOX, NULL, 0, "{'min':[1,0,0],'max':[7,2,3]}"},
            {MOVE, "{'op':'translate','x':8388601}", 0,
                    "{'voxels':12,'clipped':12}"},
            {BOX, NULL, 0, "{'min':[8388602,0,0],'max':[8388602,2,3]}"},
            {"goxel.undo", NULL, 0, NULL},
            {COUNT, NULL, 0, "{'count':24}"},
    };
    API_RUN(*state, steps);
}

static void test_rotate(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[3,1,2,'red']", 0, NULL},
            {MOVE, "{'op':'rotate','pivot':[0.5,0.5,0.5]}", 0, "{'voxels':1}"},
            {GET, "[-1,3,2]", 0, "{'exists':true,'color':[255,0,0,255]}"},
            {MOVE,
                    "{'op':'rotate','axis':'z','quarter_turns':-1,'pivot':"
                    "[0.5,0.5,0.5]}",
                    0, NULL},
            {GET, "[3,1,2]", 0, "{'exists':true}"},
            {MOVE,
                    "{'op':'rotate','axis':'x','quarter_turns':2,'pivot':"
                    "[0,0,0]}",
                    0, NULL},
            {GET, "[3,-2,-3]", 0, "{'exists':true}"},
            {CLEAR, NULL, 0, NULL},
            {SHAPE, "{'shape_type':'cube','box':{'min':[0,0,0],'max':[4,0,8]}}",
                    0, NULL},
            {MOVE, "{'op':'rotate','axis':'y','quarter_turns':4}", 0,
                    "{'voxels':45}"},
            {BOX, NULL, 0, "{'min':[0,0,0],'max':[4,0,8]}"},
            {MOVE, "{'op':'rotate','axis':'y','quarter_turns':1}", 0, NULL},
            {BOX, NULL, 0, "{'min':[-2,0,2],'max':[6,0,6]}"},
            {MOVE, "{'op':'rotate','quarter_turns':5}", PARAMS,
                    "{'data':{'param':'quarter_turns'}}"},
            {MOVE, "{'op':'rotate','pivot':[0.3,0,0]}", PARAMS,
                    "{'data':{'param':'pivot','expected':"
                    "'three multiples of 0.5'}}"},
            {MOVE, "{'op':'rotate','pivot':[0,0]}", PARAMS,
                    "{'data':{'param':'pivot'}}"},
            {MOVE, "{'op':'rotate','pivot':[0,0,0,0]}", PARAMS,
                    "{'data':{'param':'pivot'}}"},
            {MOVE, "{'op':'rotate','pivot':['a',0,0]}", PARAMS,
                    "{'data':{'param':'pivot'}}"},
            {MOVE, "{'op':'rotate','pivot':'here'}", PARAMS,
                    "{'data':{'param':'pivot'}}"},
    };
    API_RUN(*state, steps);
}

static void test_mirror_and_scale(void **state)
{
    static const struct api_step steps[] = {
            {ADD, "[3,1,2,'red']", 0, NULL},
            {MOVE, "{'op':'mirror','axis':'x','pivot':[0,0,0]}", 0,
                    "{'voxels':1,'clipped':0}"},
            {GET, "[-4,1,2]", 0, "{'exists':true}"},
            {MOVE, "{'op':'mirror','axis':'y'}", 0, NULL},
            {GET, "[-4,1,2]", 0, "{'exists':true}"},
            {CLEAR, NULL, 0, NULL},
            {SHAPE, "{'shape_type':'cube','box':{'min':[0,0,0],'max':[1,1,1]}}",
                    0, NULL},
            {MOVE, "{'op':'scale','factor':3,'pivot':[0,0,0]}", 0,
                    "{'voxels':216}"},
            {BOX, NULL, 0, "{'min':[0,0,0],'max':[5,5,5]}"},
            {MOVE, "{'op':'scale','factor':-3,'pivot':[0,0,0]}", 0,
                    "{'voxels':8}"},
            {BOX, NULL, 0, "{'min':[0,0,0],'max':[1,1,1]}"},
            {MOVE, "{'op':'scale','pivot':[0,0,0]}", 0, "{'voxels':64}"},
            {MOVE, "{'op':'scale','factor':1}", PARAMS,
                    "{'data':{'param':'factor','expected':"
                    "'2 to 64 or -2 to -64'}}"},
            {MOVE, "{'op':'scale','factor':0}", PARAMS, NULL},
            {MOVE, "{'op':'scale','factor':65}", PARAMS, NULL},
            {MOVE, "{'op':'shear'}", PARAMS,
                    "{'data':{'param':'op','expected':'one of translate, "
                    "rotate, mirror, scale'}}"},
            {MOVE, NULL, PARAMS, "{'data':{'param':'op'}}"},
            {MOVE, "{'op':'mirror','layer':'none'}", -32004, NULL},
    };
    API_RUN(*state, steps);
}

/* Beyond what one edit may make: refused, unchanged. */
static void test_too_large(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "{'shape_type':'cube','size':[400,400,400]}", 0, NULL},
            {MOVE, "{'op':'scale','factor':64}", -32007,
                    "{'data':{'reason':'TOO_LARGE'}}"},
            {COUNT, NULL, 0, "{'count':64000000}"},
    };
    API_RUN(*state, steps);
}

static void test_copy_and_paste(void **state)
{
    struct api *api = *state;
    static const struct api_step before[] = {
            {ADD, "[0,0,0,'red']", 0, NULL},
            {ADD, "[2,2,2,'blue']", 0, NULL},
            {ADD, "[3,3,3,'lime']", 0, NULL},
    };
    API_RUN(api, before);
    json_t *clip = api_call(api, COPY, "[[0,0,0],[2,2,2]]");
    api_expect(clip, "{'success':true,'clip':'*','voxels':2,'size':[3,3,3]}");
    const char *name = json_string_value(json_object_get(clip, "clip"));
    json_t *result =
            api_call(api, PASTE, "{'position':[10,10,10],'clip':'%s'}", name);
    api_expect(result, "{'success':true,'voxels':2,'clipped':0,'revision':4}");
    json_decref(result);
    static const struct api_step after[] = {
            {GET, "[10,10,10]", 0, "{'color':[255,0,0,255]}"},
            {GET, "[12,12,12]", 0, "{'color':[0,0,255,255]}"},
            {COUNT, NULL, 0, "{'count':5}"},
            /* empty voxels of the clip leave what is there */
            {PASTE, "[1,1,1]", 0, "{'voxels':2}"},
            {GET, "[2,2,2]", 0, "{'color':[0,0,255,255]}"},
            {GET, "[3,3,3]", 0, "{'color':[0,0,255,255]}"},
            {PASTE, "[0,0,0,'subtract']", 0, "{'voxels':2}"},
            {GET, "[0,0,0]", 0, "{'exists':false}"},
            {PASTE, "{'position':[20,0,0],'symmetry':{'x':true}}", 0,
                    "{'voxels':4}"},
            {GET, "[-21,0,0]", 0, "{'exists':true}"},
            {PASTE, "[8388606,0,0]", 0, "{'voxels':1,'clipped':1}"},
            {PASTE, "{'position':[0,0,0],'clip':'nothing'}", -32004, NULL},
            {PASTE, "{'position':[0,0,0],'mode':'glue'}", PARAMS,
                    "{'data':{'param':'mode'}}"},
            {PASTE, "{'position':[0,0,0],'layer_id':44}", -32004, NULL},
            {COPY, "[[0,0,0],[0,0,-1]]", PARAMS,
                    "{'data':{'param':'max','expected':"
                    "'max >= min on each axis'}}"},
            {COPY, "[[0,0,0]]", PARAMS, "{'data':{'param':'max'}}"},
            {COPY, "[[100,0,0],[110,0,0]]", 0, "{'voxels':0,'size':[11,1,1]}"},
            {COPY,
                    "{'min':[-8388608,-8388608,-8388608],"
                    "'max':[8388607,8388607,8388607],'layer_id':-1}",
                    -32007, "{'data':{'reason':'TOO_LARGE'}}"},
    };
    API_RUN(api, after);
    json_decref(clip);
}

/* The last clips are kept, whichever project they are from; older ones go. */
static void test_clips_are_bounded(void **state)
{
    struct api *api = *state;
    api_do(api, ADD, "[0,0,0,'red']");
    json_t *first = api_call(api, COPY, "[[0,0,0],[0,0,0]]");
    const char *name = json_string_value(json_object_get(first, "clip"));
    api_do(api, "goxel.create_project", "{'name':'clips','overwrite':true}");
    api_do(api, PASTE, "{'position':[1,1,1],'clip':'%s'}", name);
    for (int i = 0; i < 64; i++)
        api_do(api, COPY, "[[0,0,0],[0,0,%d]]", i);
    api_fail(api, -32004, PASTE, "{'position':[1,1,1],'clip':'%s'}", name);
    json_decref(first);
}

static void test_crop(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE, "{'shape_type':'cube','box':{'min':[0,0,0],'max':[9,9,9]}}",
                    0, NULL},
            {CROP, "[[2,2,2],[4,5,6]]", 0,
                    "{'success':true,'voxels':940,'revision':2}"},
            {BOX, NULL, 0, "{'min':[2,2,2],'max':[4,5,6]}"},
            {CROP, "[[2,2,2],[4,5,6]]", 0, "{'voxels':0,'revision':2}"},
            {CROP, "[[100,0,0],[101,0,0]]", 0, "{'voxels':60}"},
            {COUNT, NULL, 0, "{'count':0}"},
            {CROP, "[[0,0,0],[-1,0,0]]", PARAMS, "{'data':{'param':'max'}}"},
            {CROP, "{'min':[0,0,0],'max':[1,1,1],'layer_id':3}", -32004, NULL},
    };
    API_RUN(*state, steps);
}

/* Enough voxels to go to a worker; the same results. */
static void test_on_a_worker(void **state)
{
    static const struct api_step steps[] = {
            {SHAPE,
                    "{'shape_type':'cube','box':{'min':[0,0,0],'max':"
                    "[99,99,99]},'color':'red'}",
                    0, "{'voxels_created':1000000}"},
            {MOVE, "{'op':'translate','x':50,'progress':true}", 0,
                    "{'voxels':1000000}"},
            {BOX, NULL, 0, "{'min':[50,0,0],'max':[149,99,99]}"},
            {"goxel.replace_color", "['red','blue']", 0, "{'voxels':1000000}"},
            {"goxel.flood_fill", "[60,0,0,'lime']", 0,
                    "{'voxels_filled':1000000}"},
            {COPY, "[[0,0,0],[-1,0,0]]", PARAMS, NULL},
            {COPY, "[[50,0,0],[149,99,99],9]", -32004, NULL},
            {GET, "[60,0,0,-1]", 0, "{'color':[0,255,0,255]}"},
            {COPY, "[[50,0,0],[149,99,99]]", 0, "{'voxels':1000000}"},
            {PASTE, "[50,0,100]", 0, "{'voxels':1000000}"},
            {CROP, "[[50,0,0],[149,99,99]]", 0, "{'voxels':1000000}"},
            {"goxel.extrude", "[50,0,99,'top',1]", 0, "{'voxels':10000}"},
            {"goxel.undo", "[7]", 0, "{'steps':7}"},
            {BOX, NULL, 0, "{'empty':true}"},
            {"goxel.redo", "[7]", 0, "{'steps':7}"},
            {BOX, NULL, 0, "{'min':[50,0,0],'max':[149,99,100]}"},
            {GET, "[50,0,100]", 0, "{'color':[0,255,0,255]}"},
    };
    API_RUN(*state, steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_translate),
            API_TEST(test_rotate),
            API_TEST(test_mirror_and_scale),
            API_TEST(test_too_large),
            API_TEST(test_copy_and_paste),
            API_TEST(test_clips_are_bounded),
            API_TEST(test_crop),
            API_TEST(test_on_a_worker),
    };
    return cmocka_run_group_tests(tests, api_group_start, api_group_stop);
}
