/* SPDX-License-Identifier: Apache-2.0
 * The methods that read and write model files: every format there and back,
 * content before extension, what may be touched, and that a failed write leaves
 * the old file. */
#include "daemon/api_client.h"

#include <dirent.h>
#include <sys/stat.h>

#define LOAD   "goxel.load_project"
#define SAVE   "goxel.save_project"
#define EXPORT "goxel.export_model"
#define IMPORT "goxel.import"
#define STATUS "goxel.get_status"
#define COUNT  "goxel.get_voxel_count"
#define BOX    "goxel.get_bounding_box"
#define GET    "goxel.get_voxel"
#define ADD    "goxel.add_voxel"
#define SHAPE  "goxel.procedural_shape"
#define PARAMS -32602

/* 60 voxels with a colour each of few, lowest corner (1, 2, 3). */
static void draw_model(struct api *api)
{
    api_do(api, SHAPE,
            "{'shape_type':'cube','box':{'min':[1,2,3],'max':[3,5,7]},'color':"
            "'#c04020'}");
    api_do(api, ADD, "[1,2,3,'blue']");
    api_do(api, ADD, "[3,5,7,'lime']");
}

static long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

static void expect_no_leftovers(const char *dir_path)
{
    DIR *dir = opendir(dir_path);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        if (strstr(e->d_name, ".tmp") != NULL)
            fail_msg("%s/%s was left", dir_path, e->d_name);
    closedir(dir);
}

static void test_save_and_load(void **state)
{
    struct api *api = *state;
    char path[128];
    draw_model(api);
    api_path(api, path, "saved.gox");
    json_t *result = api_call(api, SAVE, "['saved.gox']");
    api_expect(result,
            "{'success':true,'path':'%s','format':'gox','voxels':60,'bytes':"
            "%ld}",
            path, size_of(path));
    json_decref(result);
    result = api_call(api, STATUS, NULL);
    api_expect(result, "{'path':'%s','modified':false}", path);
    json_decref(result);
    api_do(api, ADD, "[9,9,9]");
    result = api_call(api, STATUS, NULL);
    api_expect(result, "{'modified':true}");
    json_decref(result);
    result = api_call(api, SAVE, NULL);
    api_expect(result, "{'path':'%s','voxels':61}", path);
    json_decref(result);
    result = api_call(api, LOAD, "['%s']", path);
    api_expect(result,
            "{'success':true,'path':'%s','project':'saved','format':'gox',"
            "'voxels':61,'layers':1,'materials':'*','cameras':'*','revision':"
            "0}",
            path);
    json_decref(result);
    static const struct api_step steps[] = {
            {STATUS, NULL, 0, "{'project':'saved','modified':false}"},
            {GET, "[1,2,3]", 0, "{'color':[0,0,255,255]}"},
            {GET, "[2,2,3]", 0, "{'color':[192,64,32,255]}"},
            {BOX, NULL, 0, "{'min':[1,2,3],'max':[9,9,9]}"},
            {"goxel.clear_layer", NULL, 0, NULL},
            /* loading again replaces it, as an edit */
            {LOAD, "['saved.gox']", 0, "{'project':'saved','revision':2}"},
            {COUNT, NULL, 0, "{'count':61}"},
            {STATUS, NULL, 0, "{'modified':false}"},
            {"goxel.undo", NULL, 0, NULL},
            {COUNT, NULL, 0, "{'count':0}"},
            {SAVE, "{'path':'other.any','format':'txt'}", 0,
                    "{'format':'txt'}"},
    };
    API_RUN(api, steps);
}

static bool is_there(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

/* Writes the model in one format and reads it again where that is possible. */
static void go_round(struct api *api, const json_t *format)
{
    const char *name = json_string_value(json_object_get(format, "name"));
    const char *extension = json_string_value(
            json_array_get(json_object_get(format, "extensions"), 0));
    bool can_read = json_is_true(json_object_get(format, "read"));
    bool is_mesh = is_there(json_object_get(format, "options"), "faces") ||
                   is_there(json_object_get(format, "options"), "scale");
    char file[64], path[128];
    snprintf(file, sizeof file, "round_%s.%s", name, extension);
    api_path(api, path, file);
    if (!json_is_true(json_object_get(format, "write"))) {
        json_t *params = json_pack("{s:s,s:s}", "path", file, "format", name);
        assert_true(gox_client_call(api->client, EXPORT, params, API_LIMIT_MS,
                            NULL, NULL) < 0);
        api_expect(gox_client_get_error(api->client),
                "{'code':-1007,'data':{'reason':'UNSUPPORTED'}}");
        json_decref(params);
        return;
    }
    json_t *result =
            api_call(api, EXPORT, "{'path':'%s','format':'%s'}", file, name);
    api_expect(result, "{'success':true,'path':'%s','format':'%s','bytes':%ld}",
            path, name, size_of(path));
    json_decref(result);
    if (!can_read)
        return;
    result = api_call(api, LOAD, "['%s']", file);
    api_expect(result, "{'format':'%s'}", name);
    json_decref(result);
    json_int_t count = api_int(api, "count", COUNT, "[-1]");
    if (!is_mesh && count != 60)
        fail_msg("%s: %d of 60 voxels came back", name, (int)count);
    assert_true(count > 0);
}

static void test_every_format(void **state)
{
    struct api *api = *state;
    json_t *list = api_call(api, "goxel.list_formats", NULL);
    json_t *formats = json_object_get(list, "formats");
    size_t i;
    json_t *format;
    draw_model(api);
    json_t *status = api_call(api, STATUS, NULL);
    assert_true(json_array_size(formats) >= 15);
    json_array_foreach(formats, i, format)
    {
        api_expect(format, "{'name':'*','title':'*','extensions':'*','read':"
                           "'*','write':'*','options':'*'}");
        api_do(api, "goxel.open_project", "['%s']",
                json_string_value(json_object_get(status, "project")));
        go_round(api, format);
    }
    expect_no_leftovers(api->dir);
    json_decref(status);
    json_decref(list);
}

static void test_content_before_extension(void **state)
{
    struct api *api = *state;
    char from[128], to[128];
    draw_model(api);
    api_do(api, EXPORT, "['disguise.vox']");
    api_path(api, from, "disguise.vox");
    api_path(api, to, "disguise.gox");
    assert_int_equal(rename(from, to), 0);
    static const struct api_step steps[] = {
            {LOAD, "['disguise.gox']", 0,
                    "{'format':'vox','project':'disguise'}"},
            {COUNT, "[-1]", 0, "{'count':60}"},
            {LOAD, "{'path':'disguise.gox','format':'gox'}", -1002, NULL},
            {LOAD, "{'path':'disguise.gox','format':'vox'}", 0, NULL},
            {LOAD, "{'path':'disguise.gox','format':'nope'}", PARAMS,
                    "{'data':{'param':'format','expected':"
                    "'name of a format'}}"},
            {LOAD, "['disguise.gox',{'voxelize_size':20}]", 0, NULL},
            {LOAD, "['disguise.gox',{'voxelize_size':0}]", PARAMS,
                    "{'data':{'param':'options'}}"},
            {LOAD, "['disguise.gox',{'size':20}]", PARAMS, NULL},
    };
    API_RUN(api, steps);
}

static void test_load_errors(void **state)
{
    struct api *api = *state;
    char path[128];
    api_path(api, path, "garbage.gox");
    api_write_file(path, "no model at all \1\2\3", 19);
    api_path(api, path, "empty.gox");
    api_write_file(path, "", 0);
    draw_model(api);
    static const struct api_step steps[] = {
            {LOAD, "['missing.gox']", -1002, "{'data':{'reason':'NOT_FOUND'}}"},
            {LOAD, "['garbage.gox']", -1002, NULL},
            {LOAD, "['empty.gox']", -1002, NULL},
            {LOAD, "['.']", -1002, NULL},
            {LOAD, "['']", PARAMS, "{'data':{'param':'path'}}"},
            {LOAD, "['somewhere/']", PARAMS, "{'data':{'param':'path'}}"},
            {LOAD, NULL, PARAMS, "{'data':{'param':'path'}}"},
            {LOAD, "[7]", PARAMS, "{'data':{'param':'path'}}"},
            {IMPORT, "['garbage.gox']", -1002, NULL},
            {IMPORT, "['missing.gox']", -1002, NULL},
            {COUNT, NULL, 0, "{'count':60}"},
    };
    API_RUN(api, steps);
}

static void test_import(void **state)
{
    static const struct api_step steps[] = {
            {SAVE, "['import.gox']", 0, NULL},
            {"goxel.create_project", "{'name':'importer','overwrite':true}", 0,
                    NULL},
            {IMPORT, "{'path':'import.gox','offset':[10,20,30]}", 0,
                    "{'success':true,'path':'*','layers':1,'voxels':60,"
                    "'clipped':0,'revision':1}"},
            {"goxel.list_layers", NULL, 0,
                    "{'count':2,'layers':[{'voxel_count':0},{'voxel_count':60,"
                    "'bbox':{'min':[11,22,33],'max':[13,25,37]}}]}"},
            {IMPORT, "['import.gox',null,'extra',0,0,50]", 0,
                    "{'layers':1,'voxels':60}"},
            {BOX, "['extra']", 0, "{'min':[1,2,53]}"},
            {IMPORT, "{'path':'import.gox','layer':'extra','x':100}", 0, NULL},
            {COUNT, "['extra']", 0, "{'count':120}"},
            {IMPORT, "{'path':'import.gox','layer':'far','z':8388603}", 0,
                    "{'clipped':36}"},
            {COUNT, "['far']", 0, "{'count':24}"},
            {"goxel.undo", NULL, 0, NULL},
            {"goxel.list_layers", NULL, 0, "{'count':3}"},
            {"goxel.set_layer", "{'layer_id':'extra','locked':true}", 0, NULL},
            {IMPORT, "{'path':'import.gox','layer':'extra'}", -1002,
                    "{'data':{'reason':'LOCKED'}}"},
            {COUNT, "['extra']", 0, "{'count':120}"},
            {IMPORT, "{'path':'import.gox','offset':[1,2]}", PARAMS,
                    "{'data':{'param':'offset'}}"},
            {IMPORT, "{'path':'import.gox','if_revision':0}", -32010, NULL},
    };
    draw_model(*state);
    API_RUN(*state, steps);
}

static void test_export_options(void **state)
{
    struct api *api = *state;
    draw_model(api);
    json_int_t merged = api_int(api, "faces", EXPORT,
            "{'path':'a.ply','options':{'faces':'merged'}}");
    json_int_t raw = api_int(api, "faces", EXPORT,
            "{'path':'b.ply','options':{'faces':'raw','up':'y','scale':0.5,"
            "'pivot':'center','hidden':true}}");
    assert_true(merged < raw);
    static const struct api_step steps[] = {
            {EXPORT, "{'path':'a.ply','options':{'faces':'some'}}", PARAMS,
                    "{'data':{'param':'options','got':'*'}}"},
            {EXPORT, "{'path':'a.ply','options':{'scale':0}}", PARAMS, NULL},
            {EXPORT, "{'path':'a.ply','options':{'up':'x'}}", PARAMS, NULL},
            {EXPORT, "{'path':'a.ply','options':{'pivot':7}}", PARAMS, NULL},
            {EXPORT, "{'path':'a.ply','options':{'colour':1}}", PARAMS, NULL},
            {EXPORT, "{'path':'a.ply','options':[]}", PARAMS, NULL},
            {EXPORT, "['a.nothing']", -1007,
                    "{'data':{'reason':'UNSUPPORTED'}}"},
            {EXPORT, "['a.ply','nothing']", PARAMS,
                    "{'data':{'param':'format'}}"},
            {EXPORT, "['a.bin','obj']", 0, "{'format':'obj'}"},
            {EXPORT, NULL, PARAMS, "{'data':{'param':'path'}}"},
            {SAVE, NULL, PARAMS, "{'data':{'param':'path'}}"},
            {SAVE, "['a.nothing']", -1003, NULL},
    };
    API_RUN(api, steps);
}

/* Only below the data directory, also through links and "..". */
static void test_forbidden_paths(void **state)
{
    struct api *api = *state;
    char link[128], outside[64];
    gox_test_dir(outside);
    api_path(api, link, "way_out");
    assert_int_equal(symlink(outside, link), 0);
    api_path(api, link, "inner");
    assert_int_equal(mkdir(link, 0755), 0);
    draw_model(api);
    static const struct api_step steps[] = {
            {SAVE, "['/etc/model.gox']", -32006,
                    "{'data':{'reason':'FORBIDDEN'}}"},
            {SAVE, "['../model.gox']", -32006, NULL},
            {EXPORT, "['/model.vox']", -32006, NULL},
            {EXPORT, "['way_out/model.vox']", -32006, NULL},
            {EXPORT, "['inner/../../model.vox']", -32006, NULL},
            {LOAD, "['/etc/passwd']", -32006, NULL},
            {LOAD, "['../../etc/passwd']", -32006, NULL},
            {IMPORT, "['/etc/passwd']", -32006, NULL},
            {STATUS, NULL, 0, "{'path':null,'modified':true}"},
    };
    API_RUN(api, steps);
    api_fail(api, -32006, SAVE, "['%s/x.gox']", outside);
    assert_int_equal(rmdir(outside), 0); /* it is still empty */
}

static void test_write_errors(void **state)
{
    struct api *api = *state;
    char path[128];
    draw_model(api);
    api_path(api, path, "directory.gox");
    assert_int_equal(mkdir(path, 0755), 0);
    static const struct api_step steps[] = {
            {SAVE, "['directory.gox']", -1003, NULL},
            {EXPORT, "['no/such/directory.vox']", -1007, NULL},
            {EXPORT, "['directory.gox/']", PARAMS, NULL},
            {STATUS, NULL, 0, "{'path':null,'modified':true}"},
    };
    API_RUN(api, steps);
    expect_no_leftovers(api->dir);
}

/* A file that cannot grow, as on a full disk. */
static void test_full_disk(void **state)
{
    struct api full;
    char path[128];
    size_t len;
    (void)state;
    api_start(&full,
            &(struct api_options){.on_socket = true, .file_limit_blocks = 100});
    api_path(&full, path, "model.ply");
    api_write_file(path, "old content", 11);
    api_do(&full, SHAPE, "{'shape_type':'sphere','size':[60,60,60]}");
    const json_t *error = api_fail(&full, -1007, EXPORT, "['model.ply']");
    api_expect_message(error, "old file");
    api_fail(&full, -1003, SAVE, "['model.ply']");
    char *content = api_read_file(path, &len);
    assert_int_equal(len, 11);
    assert_string_equal(content, "old content");
    free(content);
    expect_no_leftovers(full.dir);
    /* What fits is written. */
    api_do(&full, "goxel.create_project", "['small']");
    api_do(&full, "goxel.add_voxel", "[0,0,0]");
    api_do(&full, EXPORT, "['model.ply']");
    api_stop(&full);
}

/* Over --stdio the caller's own rights count. */
static void test_stdio_may_touch_any_file(void **state)
{
    struct api own;
    char outside[64], path[128];
    (void)state;
    api_start(&own, NULL);
    gox_test_dir(outside);
    snprintf(path, sizeof path, "%s/free.gox", outside);
    draw_model(&own);
    api_do(&own, SAVE, "['%s']", path);
    api_do(&own, LOAD, "['%s']", path);
    api_stop(&own);
    gox_test_dir_remove(outside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_save_and_load),
            API_TEST(test_every_format),
            API_TEST(test_content_before_extension),
            API_TEST(test_load_errors),
            API_TEST(test_import),
            API_TEST(test_export_options),
            API_TEST(test_forbidden_paths),
            API_TEST(test_write_errors),
            API_TEST(test_full_disk),
            API_TEST(test_stdio_may_touch_any_file),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
