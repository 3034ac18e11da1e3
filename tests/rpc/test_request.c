/* SPDX-License-Identifier: Apache-2.0
 * The envelope, the replies, and the table of methods. */
#include "base/alloc.h"
#include "gox_test.h"
#include "rpc/registry.h"
#include "rpc/request.h"

static int parse(const char *text, struct gox_request *req)
{
    static struct gox_arena arena;
    struct gox_error err;
    gox_arena_init(&arena);
    int code = gox_request_parse(
            req, (struct gox_slice){text, strlen(text)}, &arena, &err);
    return code;
}

static void test_requests(void **state)
{
    struct gox_request req;
    (void)state;
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"method\":\"a\"}", &req), 0);
    assert_true(req.is_notification);
    assert_null(req.params.data);
    assert_int_equal(parse(" {\"id\":-1.50e3,\"params\":[1, 2],"
                           "\"method\":\"a\\u0062\",\"jsonrpc\":\"2.0\"} ",
                             &req),
            0);
    assert_true(gox_slice_is(req.id, "-1.50e3"));
    assert_true(gox_slice_is(req.params, "[1, 2]"));
    assert_true(gox_slice_is(req.method, "ab"));
    assert_false(req.is_notification);
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":null,"
                           "\"params\":null,\"more\":{}}",
                             &req),
            0);
    assert_false(req.is_notification);
    assert_true(gox_slice_is(req.id, "null"));
    assert_null(req.params.data);
}

static void test_bad_requests(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *id;
    } cases[] = {
            {"{", GOX_ERR_PARSE, "null"},
            {"nul", GOX_ERR_PARSE, "null"},
            {"1", GOX_ERR_INVALID_REQUEST, "null"},
            {"\"a\"", GOX_ERR_INVALID_REQUEST, "null"},
            {"{}", GOX_ERR_INVALID_REQUEST, "null"},
            {"{\"jsonrpc\":\"2.0\",\"id\":3}", GOX_ERR_INVALID_REQUEST, "3"},
            {"{\"method\":\"a\",\"id\":\"x\"}", GOX_ERR_INVALID_REQUEST,
                    "\"x\""},
            {"{\"jsonrpc\":\"1.0\",\"method\":\"a\",\"id\":4}",
                    GOX_ERR_INVALID_REQUEST, "4"},
            {"{\"jsonrpc\":\"2.0\",\"method\":1,\"id\":5}",
                    GOX_ERR_INVALID_REQUEST, "5"},
            {"{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":{}}",
                    GOX_ERR_INVALID_REQUEST, "null"},
            {"{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":true}",
                    GOX_ERR_INVALID_REQUEST, "null"},
            {"{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":1,\"id\":6}",
                    GOX_ERR_INVALID_REQUEST, "6"},
            {"{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"method\":\"b\",\"id\":7}",
                    GOX_ERR_INVALID_REQUEST, "7"},
            {"{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":7} x", GOX_ERR_PARSE,
                    "null"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gox_request req;
        assert_int_equal(parse(cases[i].text, &req), cases[i].code);
        assert_true(gox_slice_is(req.id, cases[i].id));
    }
}

static void test_error_reply(void **state)
{
    struct gox_buf buf;
    struct gox_writer w;
    struct gox_param_error param = {"x", "integer", "null"};
    struct gox_error err = {GOX_ERR_PARAMS, -1, "bad \"x\""};
    struct gox_reply_error reply = {.err = &err,
            .method_code = GOX_ERR_ADD_VOXEL,
            .param = &param,
            .retry_after_ms = 50,
            .revision = 7};
    (void)state;
    gox_buf_init(&buf, 0);
    gox_writer_init(&w, &buf);
    gox_reply_error(&w, &reply, (struct gox_slice){"\"id\"", 4});
    assert_string_equal(gox_buf_text(&buf),
            "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":"
            "\"bad \\\"x\\\"\",\"data\":{\"reason\":\"PARAMS\",\"param\":"
            "\"x\",\"expected\":\"integer\",\"got\":\"null\","
            "\"retry_after_ms\":50,\"revision\":7}},\"id\":\"id\"}");
    gox_buf_fini(&buf);
}

static int wire_code_of(int code, int method_code)
{
    struct gox_buf buf;
    struct gox_writer w;
    struct gox_error err = {.code = code, .offset = -1};
    struct gox_reply_error reply = {.err = &err,
            .method_code = method_code,
            .retry_after_ms = -1,
            .revision = -1};
    gox_buf_init(&buf, 0);
    gox_writer_init(&w, &buf);
    gox_reply_error(&w, &reply, (struct gox_slice){"1", 1});
    int wire = atoi(strstr(gox_buf_text(&buf), "\"code\":") + 7);
    gox_buf_fini(&buf);
    return wire;
}

static void test_wire_codes(void **state)
{
    (void)state;
    assert_int_equal(wire_code_of(GOX_ERR_LOCKED, GOX_ERR_ADD_VOXEL), -1004);
    assert_int_equal(wire_code_of(GOX_ERR_INTERNAL, GOX_ERR_ADD_VOXEL), -1004);
    assert_int_equal(wire_code_of(GOX_ERR_BUSY, GOX_ERR_ADD_VOXEL), -32001);
    assert_int_equal(wire_code_of(GOX_ERR_PARAMS, GOX_ERR_ADD_VOXEL), -32602);
    assert_int_equal(wire_code_of(GOX_ERR_SAVE, GOX_ERR_ADD_VOXEL), -1003);
    assert_int_equal(wire_code_of(GOX_ERR_LOCKED, 0), -32012);
}

static int run_nothing(struct gox_call *call)
{
    (void)call;
    return 0;
}
static const struct gox_method one[] = {
        {.name = "goxel.get_voxel", .aliases = "get|peek", .run = run_nothing},
        {.name = "ping", .run = run_nothing}, {.name = NULL}};
static const struct gox_method two[] = {
        {.name = "version", .run = run_nothing}, {.name = NULL}};
static const struct gox_method *const tables[] = {one, two};

static void test_registry(void **state)
{
    struct gox_error err;
    (void)state;
    gox_registry *reg = gox_registry_new(tables, 2);
    assert_int_equal(gox_registry_count(reg), 3);
    assert_ptr_equal(gox_registry_get(reg, 2), &two[0]);
    assert_null(gox_registry_get(reg, 3));
    assert_ptr_equal(
            gox_registry_find(reg, (struct gox_slice){"peek", 4}), &one[0]);
    assert_ptr_equal(
            gox_registry_find(reg, (struct gox_slice){"version", 7}), &two[0]);
    assert_null(gox_registry_find(reg, (struct gox_slice){"pin", 3}));
    assert_null(gox_registry_find(reg, (struct gox_slice){"", 0}));
    gox_registry_fail(reg, (struct gox_slice){"goxel.getvoxel", 14}, &err);
    assert_int_equal(err.code, GOX_ERR_METHOD);
    assert_non_null(strstr(err.text, "did you mean goxel.get_voxel?"));
    gox_registry_fail(reg, (struct gox_slice){"something.else", 14}, &err);
    assert_null(strstr(err.text, "did you mean"));
    gox_registry_free(reg);
}

static void test_registry_without_memory(void **state)
{
    gox_registry *reg = NULL;
    (void)state;
    for (uint64_t n = 1; reg == NULL; n++) {
        gox_alloc_fail_at(n, true);
        reg = gox_registry_new(tables, 2);
        gox_alloc_fail_at(0, false);
        assert_true(n < 10);
    }
    gox_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_requests),
            cmocka_unit_test(test_bad_requests),
            cmocka_unit_test(test_error_reply),
            cmocka_unit_test(test_wire_codes),
            cmocka_unit_test(test_registry),
            cmocka_unit_test(test_registry_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
