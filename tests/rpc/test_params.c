/* SPDX-License-Identifier: Apache-2.0
 * Binding: every type by position and by name, defaults, and errors that say
 * which parameter, what was expected and what came. */
#include "base/alloc.h"
#include "gox_test.h"
#include "rpc/params.h"

static const char *const modes[] = {"add", "subtract|remove", NULL};
enum { POS, COLOR, LAYER, MODE, COUNT, SCALE, ON, NAME, BOX, LIST };
static const struct gox_param all_params[] = {
        {.name = "position",
                .type = GOX_PARAM_POINT,
                .flags = GOX_PARAM_REQUIRED,
                .flat = ""},
        {.name = "color",
                .type = GOX_PARAM_COLOR,
                .flat = "",
                .alias = "rgba|colour",
                .fallback = "[9,8,7,6]"},
        {.name = "layer_id", .type = GOX_PARAM_LAYER, .alias = "layer"},
        {.name = "mode",
                .type = GOX_PARAM_ENUM,
                .names = modes,
                .fallback = "\"add\""},
        {.name = "count",
                .type = GOX_PARAM_INT,
                .min = 1,
                .max = 10,
                .fallback = "3"},
        {.name = "scale", .type = GOX_PARAM_NUMBER},
        {.name = "on", .type = GOX_PARAM_BOOL},
        {.name = "name", .type = GOX_PARAM_STRING},
        {.name = "box", .type = GOX_PARAM_REGION},
        {.name = "list", .type = GOX_PARAM_ARRAY},
};
static const struct gox_method method = {.name = "test",
        .flags = GOX_METHOD_EDIT | GOX_METHOD_LONG,
        GOX_PARAMS(all_params)};
static const struct gox_param center_params[] = {{.name = "center",
        .type = GOX_PARAM_POINT,
        .flat = "center_",
        .fallback = "[0,5,0]"}};
static const struct gox_method center_method = {
        .name = "center", GOX_PARAMS(center_params)};

static bool parse_color(const char *text, size_t len, uint32_t *rgba)
{
    *rgba = UINT32_C(0xff0000ff);
    return len == 3 && memcmp(text, "red", 3) == 0;
}

struct bound {
    struct gox_binding b;
    struct gox_arg args[GOX_METHOD_MAX_PARAMS];
    struct gox_arena arena;
    struct gox_error err;
    int code;
};

static void bind(struct bound *t, const struct gox_method *m, const char *text)
{
    gox_arena_init(&t->arena);
    t->err = (struct gox_error){.code = 0};
    t->b = (struct gox_binding){.method = m,
            .args = t->args,
            .arena = &t->arena,
            .parse_color = parse_color,
            .skip = "type",
            .err = &t->err};
    t->code = gox_params_bind(
            &t->b, (struct gox_slice){text, text != NULL ? strlen(text) : 0});
}

static void check_point(const struct gox_arg *arg, int x, int y, int z)
{
    assert_true(arg->is_set);
    assert_int_equal(arg->point[0], x);
    assert_int_equal(arg->point[1], y);
    assert_int_equal(arg->point[2], z);
}

static void test_positions(void **state)
{
    static const char *const texts[] = {"[1,2,3]", "[[1,2,3]]",
            "[{\"x\":1,\"z\":3,\"y\":2}]", "{\"x\":1,\"y\":2,\"z\":3}",
            "{\"position\":[1,2,3]}",
            "{\"position\":{\"x\":1,\"y\":2,\"z\":3}}",
            "{\"\\u0078\":1,\"y\":2,\"z\":3}", "[1.0,2,3]"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bound t;
        bind(&t, &method, texts[i]);
        assert_int_equal(t.code, 0);
        check_point(&t.args[POS], 1, 2, 3);
        assert_true(t.args[COLOR].rgba == UINT32_C(0x06070809));
        assert_false(t.args[COLOR].is_given);
        assert_int_equal(t.args[COUNT].i, 3);
        assert_int_equal(t.args[MODE].i, 0);
        assert_false(t.args[SCALE].is_set);
        gox_arena_fini(&t.arena);
    }
}

static void test_colors(void **state)
{
    static const struct {
        const char *text;
        uint32_t rgba;
    } cases[] = {
            {"[1,2,3,10,20,30]", UINT32_C(0xff1e140a)},
            {"[1,2,3,10,20,30,40]", UINT32_C(0x281e140a)},
            {"[1,2,3,[10,20,30]]", UINT32_C(0xff1e140a)},
            {"[1,2,3,{\"r\":10,\"g\":20,\"b\":30,\"a\":40}]",
                    UINT32_C(0x281e140a)},
            {"[1,2,3,\"red\"]", UINT32_C(0xff0000ff)},
            {"{\"position\":[1,2,3],\"r\":10,\"g\":20,\"b\":30}",
                    UINT32_C(0xff1e140a)},
            {"{\"position\":[1,2,3],\"rgba\":[10,20,30,40]}",
                    UINT32_C(0x281e140a)},
            {"{\"position\":[1,2,3],\"colour\":\"red\"}", UINT32_C(0xff0000ff)},
            {"{\"position\":[1,2,3],\"color\":null}", UINT32_C(0x06070809)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bound t;
        bind(&t, &method, cases[i].text);
        assert_int_equal(t.code, 0);
        assert_true(t.args[COLOR].rgba == cases[i].rgba);
        gox_arena_fini(&t.arena);
    }
}

static void test_the_rest_by_position(void **state)
{
    struct bound t;
    (void)state;
    bind(&t, &method,
            "[1,2,3,10,20,30,255,\"top\",\"remove\",10,2.5,true,\"n\\u00e4\","
            "{\"min\":[0,0,0],\"max\":[1,2,3]},[1,{}]]");
    assert_int_equal(t.code, 0);
    assert_true(t.args[LAYER].is_name);
    assert_string_equal(t.args[LAYER].text.data, "top");
    assert_int_equal(t.args[MODE].i, 1);
    assert_int_equal(t.args[COUNT].i, 10);
    assert_true(t.args[SCALE].d == 2.5);
    assert_true(t.args[ON].b);
    assert_string_equal(t.args[NAME].text.data, "n\xc3\xa4");
    assert_int_equal(t.args[BOX].region[1][2], 3);
    assert_true(gox_slice_is(t.args[LIST].text, "[1,{}]"));
    gox_arena_fini(&t.arena);
    bind(&t, &method, "[1,2,3,10,20,30,255,4]");
    assert_int_equal(t.args[LAYER].i, 4);
    assert_false(t.args[LAYER].is_name);
    gox_arena_fini(&t.arena);
}

static void test_common(void **state)
{
    struct bound t;
    (void)state;
    bind(&t, &method,
            "{\"x\":1,\"y\":2,\"z\":3,\"project\":\"p\",\"if_revision\":7,"
            "\"progress\":true,\"type\":\"add_voxel\"}");
    assert_int_equal(t.code, 0);
    assert_true(gox_slice_is(t.b.project, "p"));
    assert_true(t.b.has_if_revision);
    assert_int_equal(t.b.if_revision, 7);
    assert_true(t.b.wants_progress);
    gox_arena_fini(&t.arena);
}

static void test_parts_over_defaults(void **state)
{
    struct bound t;
    (void)state;
    bind(&t, &center_method, "{\"center_x\":4}");
    assert_int_equal(t.code, 0);
    check_point(&t.args[0], 4, 5, 0);
    gox_arena_fini(&t.arena);
    bind(&t, &center_method, NULL);
    assert_int_equal(t.code, 0);
    check_point(&t.args[0], 0, 5, 0);
    gox_arena_fini(&t.arena);
}

static void test_errors(void **state)
{
    static const struct {
        const char *text, *param, *got, *message;
    } cases[] = {
            {"[1.5,2,3]", "x", "number 1.5", "expected integer from"},
            {"[1,2,8388608]", "z", "number 8388608", "to 8388607"},
            {"[1,2,\"3\"]", "z", "string \"3\"", "expected integer"},
            {"[1,2]", "z", "nothing", "expected integer"},
            {"{}", "x", "nothing", "expected integer"},
            {NULL, "x", "nothing", "expected integer"},
            {"[true]", "position", "boolean true", "[x,y,z]"},
            {"[1,2,3,256,0,0]", "r", "number 256", "from 0 to 255"},
            {"[1,2,3,4]", "g", "nothing", "from 0 to 255"},
            {"[1,2,3,\"nocolor\"]", "color", "string \"nocolor\"", "RRGGBB"},
            {"[1,2,3,[1,2]]", "color", "array [1,2]", "RRGGBB"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"mode\":\"paint\"}", "mode",
                    "string \"paint\"", "one of add, subtract"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"count\":11}", "count", "number 11",
                    "from 1 to 10"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"count\":4294967297}", "count",
                    "number 4294967297", "integer"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"on\":1}", "on", "number 1", "boolean"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"name\":\"a\\u0000b\"}", "name",
                    "string \"a\\u0000b\"", "without NUL"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"box\":{\"min\":[1,0,0],\"max\":[0,0,"
             "0]}}",
                    "box", "object {\"min\":[1,0,0],\"max\":[0,0,0]}",
                    "min <= max"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"list\":{}}", "list", "object {}",
                    "array"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"layer\":1.5}", "layer_id",
                    "number 1.5", "layer name"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"conut\":1}", "conut", "unknown name",
                    "did you mean \"count\""},
            {"{\"x\":1,\"x\":1,\"y\":2,\"z\":3}", "x", "", "given twice"},
            {"{\"x\":1,\"position\":[1,2,3]}", "position", "", "given twice"},
            {"{\"position\":[1,2,3],\"x\":1}", "x", "", "given twice"},
            {"{\"x\":1,\"y\":2,\"z\":3,\"layer\":1,\"layer_id\":1}", "layer_id",
                    "", "given twice"},
            {"[1,2,3,4,5,6,7,8,\"add\",1,1,true,\"\",null,[],1]", "", "",
                    "too many"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bound t;
        bind(&t, &method, cases[i].text);
        if (t.code != GOX_ERR_PARAMS)
            fail_msg("%s gave %d", cases[i].text, t.code);
        assert_string_equal(t.b.detail.param, cases[i].param);
        assert_string_equal(t.b.detail.got, cases[i].got);
        if (strstr(t.err.text, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, t.err.text);
        gox_arena_fini(&t.arena);
    }
}

/* Memory may be short at any place: an error, never a leak. */
static void test_no_memory(void **state)
{
    char text[3000];
    int code = GOX_ERR_NOMEM;
    (void)state;
    snprintf(text, sizeof text,
            "{\"x\":1,\"y\":2,\"z\":3,\"na\\u006de\":\"%01500d\\n\","
            "\"layer\":\"a\\tb\"}",
            7);
    for (uint64_t n = 1; code != 0 && n < 50; n++) {
        struct bound t;
        gox_alloc_fail_at(n, true);
        bind(&t, &method, text);
        gox_alloc_fail_at(0, false);
        code = t.code;
        assert_true(code == 0 || code == GOX_ERR_NOMEM);
        gox_arena_fini(&t.arena);
    }
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_positions),
            cmocka_unit_test(test_colors),
            cmocka_unit_test(test_the_rest_by_position),
            cmocka_unit_test(test_common),
            cmocka_unit_test(test_parts_over_defaults),
            cmocka_unit_test(test_errors),
            cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
