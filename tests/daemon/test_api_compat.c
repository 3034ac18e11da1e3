/* SPDX-License-Identifier: Apache-2.0
 * What clients of older daemons send: their names, their positional forms,
 * their error numbers. And the interface's description of itself. */
#include "daemon/api_client.h"

#define PARAMS -32602

static void test_bare_names(void **state)
{
    static const struct api_step steps[] = {
            {"echo", "{'a':[1,2.5,'x',null,true]}", 0,
                    "{'a':[1,2.5,'x',null,true]}"},
            {"echo", "[1,'two']", 0, "[1,'two']"},
            {"echo", NULL, 0, "{}"},
            {"version", NULL, 0,
                    "{'version':'*','type':'daemon','protocol':"
                    "'JSON-RPC 2.0'}"},
            {"status", NULL, 0,
                    "{'status':'running','version':'*','pid':'*',"
                    "'uptime_seconds':'*','memory_allocated':'*',"
                    "'methods_available':'*','goxel_initialized':true}"},
            {"ping", NULL, 0, "{'pong':true,'timestamp':'*'}"},
            {"list_methods", NULL, 0, "{'count':'*','methods':'*'}"},
            {"add_voxels", "[[{'x':1,'y':2,'z':3,'color':[1,2,3,255]}]]", 0,
                    "{'success':true,'added':1,'failed':0}"},
            {"version", "{'x':1}", PARAMS, NULL},
            {"nonsense", NULL, -32601, "{'data':{'reason':'METHOD'}}"},
            {"goxel.nonsense", NULL, -32601, NULL},
            {"rpc.nonsense", NULL, -32601, NULL},
    };
    API_RUN(*state, steps);
    assert_int_equal(api_int(*state, "pid", "status", NULL),
            ((struct api *)*state)->pid);
}

/* A client of the old kind from start to end, all by position. */
static void test_old_session(void **state)
{
    static const struct api_step steps[] = {
            {"goxel.create_project", "['Old Client',16,16,16]", 0,
                    "{'success':true,'name':'Old Client','width':16}"},
            {"goxel.add_voxel", "[0,-16,0,255,0,0,255,0]", 0,
                    "{'success':true,'x':0,'y':-16,'z':0,'layer_id':1}"},
            {"goxel.add_voxel",
                    "{'x':1,'y':-16,'z':0,'r':0,'g':255,'b':0,'a':255,"
                    "'layer_id':0}",
                    0, NULL},
            {"goxel.add_voxel",
                    "{'position':{'x':2,'y':-16,'z':0},'rgba':[0,0,255,255]}",
                    0, NULL},
            {"goxel.add_voxel", "{'position':[3,-16,0],'color':'#ffffff'}", 0,
                    NULL},
            {"goxel.get_voxel", "[0,-16,0]", 0,
                    "{'exists':true,'color':[255,0,0,255]}"},
            {"goxel.get_voxel", "[0,-16,0,0]", 0, "{'exists':true}"},
            {"goxel.remove_voxel", "[0,-16,0,0]", 0,
                    "{'success':true,'existed':true}"},
            {"goxel.paint_voxels", "[1,-16,0,9,9,9,255,0]", 0,
                    "{'success':true,'painted':1}"},
            {"goxel.flood_fill", "[1,-16,0,8,8,8,255,0]", 0,
                    "{'success':true,'voxels_filled':1}"},
            {"goxel.procedural_shape", "['sphere',5,5,5,20,20,20,1,2,3,255,0]",
                    0,
                    "{'success':true,'shape_type':'sphere','voxels_created':"
                    "'*'}"},
            {"goxel.create_layer", "['Details',255,0,0,true]", 0,
                    "{'success':true,'layer_id':2,'name':'Details'}"},
            {"goxel.list_layers", "[]", 0, "{'count':2}"},
            {"goxel.set_layer_visibility", "[2,false]", 0, NULL},
            {"goxel.merge_layers", "[2,1]", 0, NULL},
            {"goxel.create_layer", "['More']", 0, NULL},
            {"goxel.delete_layer", "[3]", 0, NULL},
            {"goxel.get_status", "{}", 0,
                    "{'version':'*','layer_count':1,'width':16}"},
            {"goxel.get_voxels_region",
                    "{'min':[0,-16,0],'max':[9,-16,0],'layer_id':-1}", 0,
                    "{'count':3}"},
            {"goxel.get_layer_voxels", "{'layer_id':1,'limit':2}", 0,
                    "{'count':2,'truncated':true}"},
            {"goxel.get_bounding_box", "{'layer_id':-1,'exact':true}", 0,
                    "{'empty':false,'min':[1,-16,0],'max':[22,22,22]}"},
            {"goxel.get_color_histogram",
                    "{'layer_id':-1,'sort_by_count':true,'top_n':1}", 0,
                    "{'histogram':[{'color':'#010203FF'}]}"},
            {"goxel.find_voxels_by_color",
                    "{'target_color':[1,2,3,255],'tolerance':0,'max_results':"
                    "1,'include_locations':true}",
                    0, "{'truncated':true,'locations':[{}]}"},
            {"goxel.get_unique_colors", "{'layer_id':-1}", 0, "{'count':4}"},
            {"goxel.batch_operations",
                    "{'operations':[{'type':'add_voxel','x':5,'y':5,'z':5,"
                    "'r':1,'g':1,'b':1,'a':255}]}",
                    0, "{'success':true,'successful_operations':1}"},
            {"goxel.save_project", "['old.gox']", 0, "{'success':true}"},
            {"goxel.load_project", "['old.gox']", 0, "{'success':true}"},
            {"goxel.export_model", "['old.obj','obj']", 0,
                    "{'success':true,'format':'obj'}"},
            {"goxel.render_scene", "['old.png',64,48]", 0,
                    "{'success':true,'width':64,'height':48}"},
    };
    API_RUN(*state, steps);
}

static void test_aliases(void **state)
{
    static const struct api_step steps[] = {
            {"goxel.get_version", NULL, 0, "{'version':'*'}"},
            {"goxel.ping", NULL, 0, "{'pong':true}"},
            {"goxel.echo", "{'x':1}", 0, "{'x':1}"},
            {"goxel.add_voxel", "[1,1,1]", 0, NULL},
            {"goxel.save_file", "['alias.gox']", 0, NULL},
            {"goxel.open_file", "['alias.gox']", 0, "{'project':'alias'}"},
            {"goxel.export_file", "['alias.txt','txt']", 0, NULL},
            {"goxel.remove_voxels", "[1,1,1]", 0, "{'existed':true}"},
            {"goxel.add_voxel_batch", "{'voxels':[[2,2,2]]}", 0, "{'added':1}"},
            {"goxel.get_project_info", NULL, 0, "{'project':'alias'}"},
            {"goxel.set_active_layer", "[1]", 0, NULL},
            {"goxel.get_voxel_info", "[2,2,2]", 0, "{'exists':true}"},
            {"goxel.get_voxel_count", NULL, 0, "{'count':1}"},
            {"goxel.render_image", "['alias.png',8,8]", 0, NULL},
            {"goxel.get_daemon_status", NULL, 0, "{'status':'running'}"},
            {"goxel.get_performance_metrics", NULL, 0, "{'requests':'*'}"},
            {"goxel.health_check", NULL, 0, "{'status':'*'}"},
            {"goxel.list_methods", NULL, 0, NULL},
    };
    API_RUN(*state, steps);
}

static void test_error_numbers(void **state)
{
    static const struct api_step steps[] = {
            {"goxel.create_project", "['taken']", 0, NULL},
            {"goxel.create_project", "['taken']", -1001, NULL},
            {"goxel.load_project", "['none.gox']", -1002, NULL},
            {"goxel.save_project", "['none/x.gox']", -1003, NULL},
            {"goxel.add_voxel", "[0,0,0,1,1,1,255,9]", -1004, NULL},
            {"goxel.add_voxels", "{'voxels':[],'layer_id':9}", -1004, NULL},
            {"goxel.remove_voxel", "[0,0,0,9]", -1005, NULL},
            {"goxel.get_voxel", "[0,0,0,9]", -1006, NULL},
            {"goxel.export_model", "['none/x.obj']", -1007, NULL},
            {"goxel.create_layer", "{'project':'no such'}", -1008, NULL},
            {"goxel.paint_voxels", "[0,0,0,1,1,1,255,9]", -1009, NULL},
            {"goxel.flood_fill", "[0,0,0,1,1,1,255,9]", -1010, NULL},
            {"goxel.procedural_shape", "{'shape_type':'cube','layer_id':9}",
                    -1011, NULL},
            {"goxel.delete_layer", "[9]", -1012, NULL},
            {"goxel.merge_layers", "[9,1]", -1013, NULL},
            {"goxel.set_layer_visibility", "[9,true]", -1014, NULL},
            {"goxel.render_scene", "['none/x.png']", -1015, NULL},
            {"goxel.get_render_info", "['none.png']", -1020, NULL},
            {"goxel.cleanup_render", "['none.png']", -1021, NULL},
    };
    API_RUN(*state, steps);
}

/* ---- the description ---- */

static void test_health_group(void **state)
{
    static const struct api_step steps[] = {
            {"daemon.health", NULL, 0,
                    "{'status':'*','timestamp':'*','uptime_seconds':'*',"
                    "'version':'*','pid':'*','checks':{'loop':{'status':'*',"
                    "'lag_ms':'*'},'queue':{'depth':'*','capacity':'*',"
                    "'oldest_ms':'*'},'store':{'status':'*'},'memory':"
                    "{'rss_bytes':'*'},'connections':{'current':'*','max':"
                    "'*'}}}"},
            {"daemon.ready", NULL, 0, "{'ready':true}"},
            {"daemon.status", NULL, 0, "{'status':'running'}"},
            {"daemon.metrics", NULL, 0, "{'requests':'*'}"},
            {"daemon.metrics", "['xml']", PARAMS,
                    "{'data':{'param':'format'}}"},
            {"daemon.config", "['server.workers']", 0,
                    "{'server.workers':{'value':'*','origin':'*'}}"},
            {"daemon.config", "['server.worker']", -32004, NULL},
            {"daemon.reload", NULL, 0, NULL},
            {"rpc.cancel", "[12345]", 0, "{'cancelled':false}"},
            {"rpc.cancel", NULL, PARAMS, "{'data':{'param':'id'}}"},
    };
    API_RUN(*state, steps);
}

/* Every row says what it is, in both lists, under unique names. */
static void test_discover_and_list_agree(void **state)
{
    struct api *api = *state;
    json_t *list = api_call(api, "list_methods", NULL);
    json_t *document = api_call(api, "rpc.discover", NULL);
    json_t *rows = json_object_get(document, "methods");
    json_t *listed = json_object_get(list, "methods");
    json_t *names = json_object();
    size_t i, k;
    json_t *row, *alias;
    api_expect(document, "{'openrpc':'1.3.2','info':{'title':'*','version':'*'"
                         "}}");
    assert_int_equal(json_array_size(rows), json_array_size(listed));
    assert_int_equal(json_integer_value(json_object_get(list, "count")),
            json_array_size(rows));
    assert_int_equal(api_int(api, "methods_available", "status", NULL),
            json_array_size(rows));
    json_array_foreach(rows, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        const json_t *other = json_array_get(listed, i);
        api_expect(row, "{'summary':'*','params':'*','result':{'name':'*',"
                        "'schema':'*'},'tags':[{'name':'*'}],'paramStructure':"
                        "'either'}");
        assert_true(json_equal(json_object_get(row, "name"),
                json_object_get(other, "method")));
        assert_true(json_equal(json_object_get(row, "summary"),
                json_object_get(other, "description")));
        assert_null(json_object_get(names, name));
        json_object_set(names, name, row);
        json_array_foreach(json_object_get(row, "x-aliases"), k, alias)
        {
            assert_null(json_object_get(names, json_string_value(alias)));
            json_object_set(names, json_string_value(alias), row);
        }
    }
    json_decref(names);
    json_decref(document);
    json_decref(list);
}

/* The names of parameters are unique in their method, required ones come before
 * optional ones that are given by position, and each has words for people. */
static void test_every_parameter(void **state)
{
    const struct api *api = *state;
    const char *name;
    json_t *row, *param;
    size_t i;
    json_object_foreach(api->methods, name, row)
    {
        json_t *seen = json_object();
        json_array_foreach(json_object_get(row, "params"), i, param)
        {
            const char *own = json_string_value(json_object_get(param, "name"));
            if (json_object_get(param, "description") == NULL)
                fail_msg("%s: parameter %s is not described", name, own);
            if (json_object_get(seen, own) != NULL)
                fail_msg("%s: parameter %s is there twice", name, own);
            json_object_set(seen, own, param);
            if (json_is_true(json_object_get(param, "required")) &&
                    json_object_get(json_object_get(param, "schema"),
                            "default") != NULL)
                fail_msg("%s: %s is required and has a default", name, own);
        }
        json_decref(seen);
    }
}

/* Methods refuse what they do not know, each of them, with the names. */
static void test_every_method_refuses_unknown_names(void **state)
{
    struct api *api = *state;
    const char *name;
    json_t *row;
    json_object_foreach(api->methods, name, row)
    {
        const json_t *params = json_object_get(row, "params");
        bool takes_any = json_array_size(params) == 1 &&
                         json_object_size(json_object_get(
                                 json_array_get(params, 0), "schema")) == 0;
        if (takes_any && strcmp(name, "rpc.cancel") != 0)
            continue; /* echo */
        api_expect(api_fail(api, PARAMS, name, "{'no_such_parameter':1}"),
                "{'data':{'reason':'PARAMS','param':'no_such_parameter','got':"
                "'unknown name'}}");
    }
}

static void test_shutdown(void **state)
{
    struct api own;
    (void)state;
    api_start(&own, &(struct api_options){.on_socket = true});
    json_t *result = api_call(&own, "daemon.shutdown", NULL);
    api_expect(result, "{'success':true}");
    json_decref(result);
    own.is_ending = true;
    api_stop(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_bare_names),
            API_TEST(test_old_session),
            API_TEST(test_aliases),
            API_TEST(test_error_numbers),
            API_TEST(test_health_group),
            API_TEST(test_discover_and_list_agree),
            API_TEST(test_every_parameter),
            API_TEST(test_every_method_refuses_unknown_names),
            API_TEST(test_shutdown),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
