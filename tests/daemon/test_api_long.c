/* SPDX-License-Identifier: Apache-2.0
 * Long edits on a worker: reads go on beside them, other edits of the project
 * wait their turn, and they can be cancelled or lose their project. */
#include "daemon/api_client.h"

#include <poll.h>

#define SHAPE  "goxel.procedural_shape"
#define COUNT  "goxel.get_voxel_count"
#define STATUS "goxel.get_status"
/* Seconds of work, for tests that do not wait for its end. */
#define HUGE_SPHERE                                                            \
    "{'shape_type':'sphere','size':[3001,3001,3001],'hollow':3,'progress':"    \
    "true}"

struct outcome {
    int count;
    json_int_t value[4]; /* in the order of arrival: voxels, or error codes */
};

static void on_reply(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct outcome *out = ctx;
    const json_t *value = json_object_get(error, "code");
    if (error == NULL && err->code == GOX_ERR_CANCELLED)
        return; /* the connection was closed */
    assert_true(value != NULL || err->code == 0);
    if (value == NULL)
        value = json_object_get(result, "voxels_created");
    if (value == NULL)
        value = json_object_get(result, "count");
    assert_true(out->count < 4);
    out->value[out->count++] = json_integer_value(value);
}

/* The number to cancel it by. */
static int64_t submit(struct api *api, const char *method, const char *params,
        struct outcome *out)
{
    int64_t id;
    json_t *value = api_json("%s", params);
    assert_int_equal(gox_client_submit(api->client, method, value, on_reply,
                             out, &id, NULL),
            0);
    json_decref(value);
    assert_int_equal(gox_client_dispatch(api->client, NULL), 0);
    return id;
}

static void wait_for(struct api *api, const struct outcome *out, int count)
{
    while (out->count < count) {
        struct pollfd pfd = {.fd = gox_client_get_fd(api->client),
                .events = gox_client_get_events(api->client)};
        assert_true(poll(&pfd, 1, API_LIMIT_MS) > 0);
        assert_int_equal(gox_client_dispatch(api->client, NULL), 0);
    }
}

/* A sphere that takes a while, reads beside it, and edits that wait. */
static void test_long_edit(void **state)
{
    struct api *api = *state;
    struct api other, third;
    struct outcome first = {0}, second = {0};
    json_t *status = api_call(api, STATUS, NULL);
    const char *name = json_string_value(json_object_get(status, "project"));
    api_join(&other, api);
    api_join(&third, api);
    api_do(&other, "goxel.open_project", "['%s']", name);
    api_do(&third, "goxel.open_project", "['%s']", name);
    json_decref(status);
    submit(api, SHAPE,
            "{'shape_type':'sphere','size':[701,701,701],'color':'red',"
            "'hollow':3,'progress':true}",
            &first);
    /* The daemon has it when this later connection is answered. */
    json_int_t before = api_int(&other, "revision", STATUS, NULL);
    submit(&third, SHAPE, "{'shape_type':'cube','size':[3,3,3],'color':'blue'}",
            &second);
    int reads = 0;
    while (first.count == 0) {
        json_int_t revision = api_int(&other, "revision", STATUS, NULL);
        assert_true(revision == before || revision > before);
        reads += revision == before;
        assert_int_equal(gox_client_dispatch(api->client, NULL), 0);
    }
    assert_true(reads > 0);
    wait_for(&third, &second, 1);
    assert_int_equal(second.value[0], 27);
    assert_int_equal(api_int(&other, "revision", STATUS, NULL), before + 2);
    assert_int_equal(
            api_int(&other, "count", COUNT, NULL), first.value[0] + 27);
    api_stop(&third);
    api_stop(&other);
}

/* Calls of one connection are answered in their order, long or short. */
static void test_order_of_one_connection(void **state)
{
    struct outcome out = {0};
    submit(*state, SHAPE, "{'shape_type':'cube','size':[300,300,300]}", &out);
    submit(*state, COUNT, "{}", &out);
    submit(*state, SHAPE, "{'shape_type':'cube','size':[301,300,300]}", &out);
    submit(*state, COUNT, "{}", &out);
    wait_for(*state, &out, 4);
    assert_int_equal(out.value[0], 27000000);
    assert_int_equal(out.value[1], 27000000);
    assert_int_equal(out.value[2], 27090000);
    assert_int_equal(out.value[3], 27090000);
    assert_int_equal(api_int(*state, "steps", "goxel.undo", NULL), 1);
    assert_int_equal(api_int(*state, "count", COUNT, NULL), 27000000);
}

/* Another connection to the project of *state. */
static void join_project(struct api *other, struct api *api)
{
    json_t *status = api_call(api, STATUS, NULL);
    api_join(other, api);
    api_do(other, "goxel.open_project", "['%s']",
            json_string_value(json_object_get(status, "project")));
    json_decref(status);
}

/* Starts it and waits until it tells how far it is. */
static int64_t start_huge(struct api *api, struct outcome *out)
{
    json_array_clear(api->notices);
    int64_t id = submit(api, SHAPE, HUGE_SPHERE, out);
    assert_true(api_wait_notices(api, 1));
    const json_t *notice = json_array_get(api->notices, 0);
    api_expect(notice,
            "{'method':'goxel.progress','params':{'id':%lld,"
            "'fraction':'*'}}",
            (long long)id);
    double fraction = json_number_value(
            json_object_get(json_object_get(notice, "params"), "fraction"));
    assert_true(fraction >= 0 && fraction < 1);
    return id;
}

static void test_cancel(void **state)
{
    struct api *api = *state;
    struct api other;
    struct outcome huge = {0}, waiting = {0};
    join_project(&other, api);
    int64_t id = start_huge(api, &huge);
    int64_t late = submit(&other, SHAPE, "{'shape_type':'cube'}", &waiting);
    gox_client_cancel(other.client, late); /* while it waits its turn */
    assert_int_equal(api_int(&other, "count", COUNT, NULL), 0);
    gox_client_cancel(api->client, id);
    assert_int_equal(api_int(api, "revision", STATUS, NULL), 0);
    assert_int_equal(api_int(api, "count", COUNT, NULL), 0);
    /* the turn is free again */
    api_do(&other, "goxel.add_voxel", "[0,0,0]");
    assert_int_equal(huge.count + waiting.count, 0);
    api_stop(&other);
}

/* A project that is closed or replaced while a worker is at it. */
static void test_project_is_kept(void **state)
{
    struct api *api = *state;
    struct api other;
    struct outcome out = {0};
    join_project(&other, api);
    json_t *status = api_call(&other, STATUS, NULL);
    const char *name = json_string_value(json_object_get(status, "project"));
    int64_t id = start_huge(api, &out);
    const json_t *error = api_fail(&other, -32001, "goxel.create_project",
            "{'name':'%s','overwrite':true}", name);
    api_expect(error, "{'data':{'reason':'BUSY'}}");
    gox_client_cancel(api->client, id);
    assert_int_equal(api_int(api, "revision", STATUS, NULL), 0);
    submit(api, SHAPE,
            "{'shape_type':'sphere','size':[701,701,701],'hollow':3}", &out);
    api_expect(api_fail(&other, -32001, "goxel.close_project", "['%s']", name),
            "{'data':{'reason':'BUSY'}}");
    api_fail(&other, -32001, "goxel.delete_project", "['%s']", name);
    wait_for(api, &out, 1);
    assert_true(out.value[0] > 0);
    assert_int_equal(api_int(api, "revision", STATUS, NULL), 1);
    json_decref(status);
    api_stop(&other);
}

/* A client that goes away in the middle: its edit ends without it. */
static void test_client_goes_away(void **state)
{
    struct api *api = *state;
    struct api other;
    struct outcome out = {0};
    join_project(&other, api);
    submit(&other, SHAPE,
            "{'shape_type':'cube','size':[500,500,500],'hollow':2}", &out);
    api_stop(&other);
    /* Its turn ends in any case, and the next edit gets through. */
    api_do(api, "goxel.create_layer", NULL);
    json_int_t count = api_int(api, "count", COUNT, "[1]");
    assert_true(count == 0 || count == 500 * 500 * 500 - 496 * 496 * 496);
}

/* Several long edits of one project and of others at the same time. */
static void test_many_at_once(void **state)
{
    struct api *api = *state;
    struct api others[4];
    struct outcome outs[4] = {0};
    for (int i = 0; i < 4; i++)
        join_project(&others[i], api);
    api_do(&others[3], "goxel.create_project",
            "{'name':'many','overwrite':true}");
    for (int i = 0; i < 4; i++)
        submit(&others[i], SHAPE,
                "{'shape_type':'sphere','size':[301,301,301],'hollow':2}",
                &outs[i]);
    for (int i = 0; i < 4; i++)
        wait_for(&others[i], &outs[i], 1);
    for (int i = 1; i < 4; i++)
        assert_int_equal(outs[i].value[0], outs[0].value[0]);
    assert_int_equal(api_int(api, "count", COUNT, NULL), outs[0].value[0]);
    assert_int_equal(
            api_int(&others[3], "count", COUNT, NULL), outs[0].value[0]);
    for (int i = 0; i < 4; i++)
        api_stop(&others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            API_TEST(test_long_edit),
            API_TEST(test_order_of_one_connection),
            API_TEST(test_cancel),
            API_TEST(test_project_is_kept),
            API_TEST(test_client_goes_away),
            API_TEST(test_many_at_once),
    };
    return cmocka_run_group_tests(
            tests, api_group_start_socket, api_group_stop);
}
