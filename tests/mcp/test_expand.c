/* SPDX-License-Identifier: Apache-2.0
 * Operations as models write them, and the operations of the daemon that they
 * become: names of shapes, boxes, mirror, repeat and turns. */
#include "mcp/voxel_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the ones above
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct row {
    const char *operation, *layer;
    const char *wanted; /* the list; or the words of the refusal */
} ROWS[] = {
        {"{\"type\":\"add_voxel\",\"position\":[1,2,3]}", NULL,
                "[{\"type\":\"add_voxel\",\"position\":[1,2,3]}]"},
        {"{\"shape\":\"box\",\"min\":[0,0,0],\"max\":[1,2,3]}", "\"roof\"",
                "[{\"box\":{\"max\":[1,2,3],\"min\":[0,0,0]},\"layer\":"
                "\"roof\","
                "\"shape_type\":\"cube\",\"type\":\"procedural_shape\"}]"},
        {"{\"type\":\"sphere\",\"center\":[1,1,1],\"layer\":2}", "\"roof\"",
                "[{\"center\":[1,1,1],\"layer\":2,\"shape_type\":\"sphere\","
                "\"type\":\"procedural_shape\"}]"},
        {"{\"shape\":\"line\",\"from\":[0,0,0],\"to\":[2,0,0],\"repeat\":{"
         "\"count\":2,\"step\":[0,5,1]}}",
                NULL,
                "[{\"from\":[0,0,0],\"shape_type\":\"line\",\"to\":[2,0,0],"
                "\"type\":\"procedural_shape\"},{\"from\":[0,5,1],\"shape_"
                "type\""
                ":\"line\",\"to\":[2,5,1],\"type\":\"procedural_shape\"}]"},
        {"{\"shape\":\"box\",\"min\":[2,0,0],\"max\":[4,1,0],\"turns\":2,"
         "\"pivot\":[0.5,0.5,0]}",
                NULL,
                "[{\"box\":{\"max\":[4,1,0],\"min\":[2,0,0]},\"shape_type\":"
                "\"cube\",\"type\":\"procedural_shape\"},{\"box\":{\"max\":"
                "[-1,1,0],\"min\":[-3,0,0]},\"shape_type\":\"cube\",\"type\":"
                "\"procedural_shape\"}]"},
        /* A cone that lies along x: size and axis turn with it. */
        {"{\"shape\":\"cone\",\"center\":[5,0,0],\"size\":[6,2,2],\"axis\":"
         "\"x\","
         "\"turns\":4,\"pivot\":[0,0,0]}",
                NULL,
                "[{\"axis\":\"x\",\"center\":[5,0,0],\"shape_type\":\"cone\","
                "\"size\":[6,2,2],\"type\":\"procedural_shape\"},"
                "{\"axis\":\"y\",\"center\":[0,5,0],\"shape_type\":\"cone\","
                "\"size\":[2,6,2],\"type\":\"procedural_shape\"},"
                "{\"axis\":\"x\",\"center\":[-5,0,0],\"flipped\":true,"
                "\"shape_type\":\"cone\",\"size\":[6,2,2],\"type\":"
                "\"procedural_shape\"},{\"axis\":\"y\",\"center\":[0,-5,0],"
                "\"flipped\":true,\"shape_type\":\"cone\",\"size\":[2,6,2],"
                "\"type\":\"procedural_shape\"}]"},
        {"{\"shape\":\"box\",\"min\":[0,0,0],\"max\":[1,1,1],\"mirror\":\"xz\","
         "\"mirror_at\":[-0.5,0,0]}",
                NULL,
                "[{\"box\":{\"max\":[1,1,1],\"min\":[0,0,0]},\"shape_type\":"
                "\"cube\",\"symmetry\":{\"origin\":[-0.5,0,0],\"x\":true,\"y\":"
                "false,\"z\":true},\"type\":\"procedural_shape\"}]"},
        {"3", NULL, "no object"},
        {"{}", NULL, "\"type\" is missing"},
        {"{\"shape\":\"box\",\"mirror\":\"q\"}", NULL, "\"mirror\""},
        {"{\"shape\":\"box\",\"repeat\":{\"count\":0,\"step\":[1,0,0]}}", NULL,
                "\"repeat\""},
        {"{\"shape\":\"box\",\"repeat\":{\"count\":5000,\"step\":[1,0,0]}}",
                NULL, "\"repeat\""},
        {"{\"shape\":\"box\",\"repeat\":{\"count\":2}}", NULL, "\"repeat\""},
        {"{\"shape\":\"box\",\"turns\":4}", NULL, "\"pivot\""},
        {"{\"shape\":\"box\",\"turns\":3,\"pivot\":[0,0,0]}", NULL,
                "\"turns\""},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        json_t *operation =
                json_loads(ROWS[i].operation, JSON_DECODE_ANY, NULL);
        json_t *layer = ROWS[i].layer != NULL ? json_loads(ROWS[i].layer,
                                                        JSON_DECODE_ANY, NULL)
                                              : NULL;
        json_t *before = json_deep_copy(operation);
        json_t *list = json_array();
        struct gox_buf why;
        gox_buf_init(&why, 0);
        bool is_done = gox__vox_expand(operation, layer, list, &why);
        char *text = json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS);
        json_t *wanted = json_loads(ROWS[i].wanted, 0, NULL);
        if (is_done != (wanted != NULL) ||
                (is_done && !json_equal(list, wanted)) ||
                (!is_done &&
                        strstr(gox_buf_text(&why), ROWS[i].wanted) == NULL))
            fail_msg("%s: %s", ROWS[i].operation,
                    is_done ? text : gox_buf_text(&why));
        assert_true(json_equal(operation, before));
        free(text);
        gox_buf_fini(&why);
        json_decref(wanted);
        json_decref(list);
        json_decref(before);
        json_decref(layer);
        json_decref(operation);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
