/* SPDX-License-Identifier: Apache-2.0
 * Pictures and the registered render files, by looking at the pixels. */
#include "daemon/api_client.h"
#include "format/png.h"

#include <sha2.h>
#include <sys/stat.h>

#define RENDER  "goxel.render_scene"
#define INFO    "goxel.get_render_info"
#define LIST    "goxel.list_renders"
#define CLEANUP "goxel.cleanup_render"
#define STATS   "goxel.get_render_stats"
#define SHAPE   "goxel.procedural_shape"
#define PARAMS  -32602

/* ---- pictures from answers ---- */

static int value_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    assert_true(c != '\0' && at != NULL);
    return (int)(at - digits);
}

/* Into out, which has room; the number of bytes. */
static size_t decode_base64(const char *text, uint8_t *out)
{
    size_t len = strlen(text), n = 0;
    assert_int_equal(len % 4, 0);
    for (size_t i = 0; i < len; i += 4) {
        unsigned word = 0, pad = 0;
        for (size_t k = 0; k < 4; k++) {
            bool is_pad = text[i + k] == '=';
            assert_true(!is_pad || i + 4 == len);
            pad += is_pad;
            word = word << 6 | (is_pad ? 0u : (unsigned)value_of(text[i + k]));
        }
        for (unsigned k = 0; k < 3 - pad; k++)
            out[n++] = (uint8_t)(word >> (16 - 8 * k));
    }
    return n;
}

static void read_png(struct gox_pixels *pixels, const void *data, size_t len)
{
    struct gox_error err = {0};
    if (gox_png_read(pixels, data, len, 16384, &err) < 0)
        fail_msg("the picture cannot be read: %s", err.text);
}

/* Draws with more members of the parameters; the picture of the answer. */
static void draw(struct api *api, struct gox_pixels *pixels, const char *more)
{
    json_t *result = api_call(api, RENDER,
            "{'width':64,'height':48,'options':{'return_mode':'base64',"
            "'background_color':'#123456','shadows':false,"
            "'ambient_occlusion':false}%s}",
            more);
    api_expect(result, "{'success':true,'width':64,'height':48,'format':'png',"
                       "'output_path':'-','file':'-','data':'*'}");
    const char *text = json_string_value(json_object_get(result, "data"));
    uint8_t *data = malloc(strlen(text));
    assert_non_null(data);
    size_t len = decode_base64(text, data);
    assert_int_equal(json_integer_value(json_object_get(result, "bytes")), len);
    read_png(pixels, data, len);
    free(data);
    json_decref(result);
}

static gox_rgba pixel(const struct gox_pixels *pixels, int x, int y)
{
    return pixels->data[y * pixels->width + x];
}

/* A cube with a colour on each face: left red, right lime, front blue, back
 * yellow, bottom magenta, top cyan. */
static void draw_dice(struct api *api)
{
    static const char *const faces[][2] = {
            {"'min':[-10,-9,-9],'max':[-10,9,9]", "red"},
            {"'min':[10,-9,-9],'max':[10,9,9]", "lime"},
            {"'min':[-9,-10,-9],'max':[9,-10,9]", "blue"},
            {"'min':[-9,10,-9],'max':[9,10,9]", "yellow"},
            {"'min':[-9,-9,-10],'max':[9,9,-10]", "magenta"},
            {"'min':[-9,-9,10],'max':[9,9,10]", "cyan"}};
    for (size_t i = 0; i < 6; i++)
        api_do(api, SHAPE, "{'shape_type':'cube','box':{%s},'color':'%s'}",
                faces[i][0], faces[i][1]);
}

/* The channels that are bright, as bits: 1 red, 2 green, 4 blue. */
static int hue(gox_rgba color)
{
    int r = gox_rgba_r(color), g = gox_rgba_g(color), b = gox_rgba_b(color);
    int most = r > g ? r : g;
    most = most > b ? most : b;
    return (r > most / 2) | (g > most / 2) << 1 | (b > most / 2) << 2;
}

/* ---- tests ---- */

static void test_background(void **state)
{
    struct gox_pixels pixels;
    draw(*state, &pixels, "");
    assert_int_equal(pixels.width, 64);
    assert_int_equal(pixels.height, 48);
    for (int i = 0; i < 64 * 48; i++)
        assert_int_equal(pixels.data[i], gox_rgba_make(0x12, 0x34, 0x56, 255));
    gox_pixels_fini(&pixels);
    draw_dice(*state);
    draw(*state, &pixels, "");
    assert_int_equal(
            pixel(&pixels, 0, 0), gox_rgba_make(0x12, 0x34, 0x56, 255));
    assert_int_equal(
            pixel(&pixels, 63, 47), gox_rgba_make(0x12, 0x34, 0x56, 255));
    assert_int_not_equal(
            pixel(&pixels, 32, 24), gox_rgba_make(0x12, 0x34, 0x56, 255));
    gox_pixels_fini(&pixels);
}

static void test_presets(void **state)
{
    static const struct {
        const char *name;
        int hue;
    } rows[] = {{"left", 1}, {"right", 2}, {"front", 4}, {"back", 3},
            {"bottom", 5}, {"top", 6}};
    struct gox_pixels pixels;
    char more[64];
    draw_dice(*state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(more, sizeof more, ",'camera_preset':'%s'", rows[i].name);
        draw(*state, &pixels, more);
        if (hue(pixel(&pixels, 32, 24)) != rows[i].hue)
            fail_msg("%s shows %08x", rows[i].name, pixel(&pixels, 32, 24));
        gox_pixels_fini(&pixels);
    }
    api_fail(*state, PARAMS, RENDER,
            "{'camera_preset':'behind','options':{'return_mode':'base64'}}");
}

static void test_camera(void **state)
{
    struct gox_pixels pixels;
    draw_dice(*state);
    draw(*state, &pixels,
            ",'camera':{'position':[100,0.5,0.5],'target':[0,0.5,0.5],'fov':30"
            "}");
    assert_int_equal(hue(pixel(&pixels, 32, 24)), 2);
    gox_pixels_fini(&pixels);
    draw(*state, &pixels,
            ",'camera':{'position':[0.5,0.5,-50],'target':[0.5,0.5,0],"
            "'up':[0,1,0],'ortho':12}");
    assert_int_equal(hue(pixel(&pixels, 0, 0)), 5); /* it fills the picture */
    gox_pixels_fini(&pixels);
    static const char *const bad[] = {"{}", "{'target':[0,0,0]}",
            "{'position':[1,2]}", "{'position':[1,2,3,4]}",
            "{'position':[1,2,3],'fov':0}", "{'position':[1,2,3],'fov':171}",
            "{'position':[1,2,3],'ortho':0}",
            "{'position':[1,2,3],'fov':20,'ortho':10}",
            "{'position':[1,2,1e99]}", "{'position':'here'}",
            "{'position':[1,2,3],'zoom':2}", "[]", "'front'"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        api_expect(api_fail(*state, PARAMS, RENDER,
                           "{'camera':%s,'options':{'return_mode':'base64'}}",
                           bad[i]),
                "{'data':{'param':'camera'}}");
}

static void test_transparent(void **state)
{
    struct gox_pixels pixels;
    draw_dice(*state);
    json_t *result = api_call(*state, RENDER,
            "{'output_path':'clear.png','width':40,'height':40,'options':"
            "{'transparent':true,'samples':2}}");
    json_decref(result);
    char path[128];
    size_t len;
    api_path(*state, path, "clear.png");
    char *data = api_read_file(path, &len);
    read_png(&pixels, data, len);
    assert_int_equal(gox_rgba_a(pixel(&pixels, 0, 0)), 0);
    assert_int_equal(gox_rgba_a(pixel(&pixels, 20, 20)), 255);
    gox_pixels_fini(&pixels);
    free(data);
}

static void test_layers(void **state)
{
    struct gox_pixels pixels;
    static const struct api_step steps[] = {
            {SHAPE, "{'shape_type':'cube','color':'red'}", 0, NULL},
            {"goxel.create_layer", "['big']", 0, NULL},
            {SHAPE, "{'shape_type':'cube','size':[12,12,12],'color':'blue'}", 0,
                    NULL},
    };
    API_RUN(*state, steps);
    draw(*state, &pixels, ",'camera_preset':'front'");
    assert_int_equal(hue(pixel(&pixels, 32, 24)), 4);
    gox_pixels_fini(&pixels);
    draw(*state, &pixels, ",'camera_preset':'front','layer_id':1");
    assert_int_equal(hue(pixel(&pixels, 32, 24)), 1);
    gox_pixels_fini(&pixels);
    draw(*state, &pixels, ",'camera_preset':'front','layer':'big'");
    assert_int_equal(hue(pixel(&pixels, 32, 24)), 4);
    gox_pixels_fini(&pixels);
    api_fail(*state, -1015, RENDER,
            "{'layer_id':9,'options':{'return_mode':'base64'}}");
}

static void test_sheet(void **state)
{
    struct gox_pixels pixels;
    draw_dice(*state);
    draw(*state, &pixels,
            ",'views':['front','top','isometric'],'title':'a \\u00e4 title'");
    assert_int_equal(pixels.width, 64);
    gox_pixels_fini(&pixels);
    json_decref(api_call(*state, RENDER,
            "{'output_path':'sheet.png','width':640,'height':480,'views':"
            "['front','back','left','right','top','bottom','isometric']}"));
    static const char *const bad[] = {"[]", "['behind']", "[7]", "'front'",
            "['front','front','front','front','front','front','front','front',"
            "'front','front','front','front','front','front','front','front',"
            "'front']"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        api_expect(api_fail(*state, PARAMS, RENDER,
                           "{'views':%s,'options':{'return_mode':'base64'}}",
                           bad[i]),
                "{'data':{'param':'views'}}");
}

static void test_wrong_options(void **state)
{
    static const struct api_step steps[] = {
            {RENDER, NULL, PARAMS, "{'data':{'param':'output_path'}}"},
            {RENDER, "{'options':{'return_mode':'file'}}", PARAMS,
                    "{'data':{'param':'output_path'}}"},
            {RENDER, "['a.png',0]", PARAMS, "{'data':{'param':'width'}}"},
            {RENDER, "['a.png',16385]", PARAMS, "{'data':{'param':'width'}}"},
            {RENDER, "['a.png',16384,16384]", -32007,
                    "{'data':{'reason':'TOO_LARGE'}}"},
            {RENDER, "{'options':{'return_mode':'paper'}}", PARAMS,
                    "{'data':{'param':'options'}}"},
            {RENDER, "['a.png',8,8,'front',null,{'samples':5}]", PARAMS, NULL},
            {RENDER, "['a.png',8,8,null,null,{'samples':0}]", PARAMS, NULL},
            {RENDER, "['a.png',8,8,null,null,{'shadow':true}]", PARAMS, NULL},
            {RENDER, "['a.png',8,8,null,null,{'edges':1}]", PARAMS, NULL},
            {RENDER, "['a.png',8,8,null,null,{'background_color':'mud'}]",
                    PARAMS, NULL},
            {RENDER, "['no/such/a.png']", -1015, NULL},
            {RENDER, "['/etc/a.png']", -32006, NULL},
            {RENDER, "['.']", -1015, NULL},
    };
    API_RUN(*state, steps);
}

static void test_file(void **state)
{
    struct api *api = *state;
    char path[128];
    size_t len, again;
    draw_dice(api);
    api_path(api, path, "plain.png");
    json_t *result = api_call(api, RENDER, "['plain.png',100,80,'front']");
    api_expect(result,
            "{'width':100,'height':80,'output_path':'%s','file':'-'"
            ",'data':'-'}",
            path);
    json_decref(result);
    char *first = api_read_file(path, &len);
    result = api_call(api, "goxel.render_image",
            "{'path':'%s','width':100,'height':80,'camera_preset':'front',"
            "'options':{'edges':false,'samples':1,'shadows':true}}",
            path);
    api_expect(result, "{'bytes':%zu}", len);
    char *second = api_read_file(path, &again);
    assert_int_equal(len, again);
    assert_memory_equal(first, second, len);
    free(first);
    free(second);
    json_decref(result);
    /* it is the caller's own file and not registered */
    api_fail(api, -1020, INFO, "['%s']", path);
}

static void expect_checksum(const json_t *file)
{
    const char *path = json_string_value(json_object_get(file, "path"));
    char hex[SHA256_DIGEST_STRING_LENGTH];
    size_t len;
    char *data = api_read_file(path, &len);
    SHA256Data((uint8_t *)data, len, hex);
    assert_string_equal(
            hex, json_string_value(json_object_get(file, "checksum")));
    assert_int_equal(json_integer_value(json_object_get(file, "size")), len);
    free(data);
}

static void test_registered_files(void **state)
{
    struct api *api = *state;
    struct stat st;
    draw_dice(api);
    json_t *one = api_call(api, RENDER,
            "{'width':70,'height':50,'options':{'return_mode':'file_path'}}");
    api_expect(one, "{'output_path':'*','file':{'path':'*','size':'*','format':"
                    "'png','dimensions':{'width':70,'height':50},'checksum':"
                    "'*','created_at':'*','expires_at':'*'}}");
    const json_t *file = json_object_get(one, "file");
    const char *path = json_string_value(json_object_get(file, "path"));
    expect_checksum(file);
    json_t *two = api_call(api, RENDER,
            "{'output_path':'listed.png','width':10,'height':10,'options':"
            "{'return_mode':'file_path'}}");
    expect_checksum(json_object_get(two, "file"));
    json_t *result = api_call(api, INFO, "['%s']", path);
    assert_true(json_equal(json_object_get(result, "render"), file));
    json_decref(result);
    /* the path as the client gave it */
    json_decref(api_call(api, INFO, "['listed.png']"));
    result = api_call(api, LIST, NULL);
    api_expect(result, "{'count':2}");
    assert_true(json_equal(
            json_array_get(json_object_get(result, "renders"), 0), file));
    json_decref(result);
    result = api_call(api, STATS, NULL);
    api_expect(result, "{'count':2,'ttl_seconds':3600,"
                       "'cleanup_interval_seconds':300,'max_bytes':1073741824,"
                       "'directory':'*','created':2,'expired':0,'evicted':0}");
    json_decref(result);
    api_do(api, CLEANUP, "['%s']", path);
    assert_int_not_equal(stat(path, &st), 0);
    api_fail(api, -1021, CLEANUP, "['%s']", path);
    api_fail(api, -1020, INFO, "['%s']", path);
    api_do(api, CLEANUP, "['listed.png']");
    api_fail(api, -1021, CLEANUP, "['/etc/passwd']");
    api_fail(api, PARAMS, CLEANUP, NULL);
    assert_int_equal(api_int(api, "count", STATS, NULL), 0);
    assert_int_equal(api_int(api, "total_bytes", STATS, NULL), 0);
    json_decref(two);
    json_decref(one);
}

/* The render directory is made when it is needed. */
static void test_registered_file_over_stdio(void **state)
{
    struct api own;
    (void)state;
    api_start(&own, NULL);
    json_t *result = api_call(&own, RENDER,
            "{'width':8,'height':8,'options':{'return_mode':'file_path'}}");
    expect_checksum(json_object_get(result, "file"));
    json_decref(result);
    api_stop(&own);
}

static void test_time_to_live(void **state)
{
    struct api own;
    struct stat st;
    (void)state;
    setenv("GOXEL_RENDER_TTL", "1", 1);
    setenv("GOXEL_RENDER_CLEANUP_INTERVAL", "1", 1);
    api_start(&own, &(struct api_options){.on_socket = true});
    unsetenv("GOXEL_RENDER_TTL");
    unsetenv("GOXEL_RENDER_CLEANUP_INTERVAL");
    json_t *result = api_call(&own, RENDER,
            "{'width':8,'height':8,'options':{'return_mode':'file_path'}}");
    const char *path =
            json_string_value(json_object_get(result, "output_path"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(api_int(&own, "ttl_seconds", STATS, NULL), 1);
    assert_true(api_poll_int(&own, "count", LIST, 0));
    assert_int_not_equal(stat(path, &st), 0);
    assert_int_equal(api_int(&own, "expired", STATS, NULL), 1);
    json_decref(result);
    api_stop(&own);
}

/* The oldest go when all together are too large. */
static void test_size_of_all(void **state)
{
    struct api own;
    json_t *voxels = json_array();
    unsigned seed = 1;
    (void)state;
    setenv("GOXEL_RENDER_MAX_SIZE", "1048576", 1);
    api_start(&own, &(struct api_options){.on_socket = true});
    unsetenv("GOXEL_RENDER_MAX_SIZE");
    for (int i = 0; i < 200 * 200; i++) {
        seed = seed * 1103515245u + 12345u;
        json_array_append_new(
                voxels, json_pack("[i,i,i,i,i,i]", i % 200, i / 200, 0,
                                (int)(seed >> 24), (int)(seed >> 16 & 255),
                                (int)(seed >> 8 & 255)));
    }
    json_decref(api_call_json(
            &own, "goxel.add_voxels", json_pack("{s:o}", "voxels", voxels)));
    for (int i = 0; i < 16; i++)
        api_do(&own, RENDER,
                "{'width':400,'height':400,'camera_preset':'top','options':"
                "{'return_mode':'file_path'}}");
    json_int_t count = api_int(&own, "count", STATS, NULL);
    assert_true(count > 0 && count < 16);
    assert_int_equal(api_int(&own, "evicted", STATS, NULL), 16 - count);
    assert_true(api_int(&own, "total_bytes", STATS, NULL) <= 1048576);
    api_stop(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_background),
            API_TEST(test_presets),
            API_TEST(test_camera),
            API_TEST(test_transparent),
            API_TEST(test_layers),
            API_TEST(test_sheet),
            API_TEST(test_wrong_options),
            API_TEST(test_file),
            API_TEST(test_registered_files),
            API_TEST(test_registered_file_over_stdio),
            API_TEST(test_time_to_live),
            API_TEST(test_size_of_all),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
