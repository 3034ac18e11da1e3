/* SPDX-License-Identifier: Apache-2.0
 * What one client may use up of the real daemon: requests in time, memory, size
 * and depth of a request, its patience; and the buckets alone. */
#include "base/time.h"
#include "daemon/access_rig.h"
#include "daemon/rate_limit.h"

#include <sys/socket.h>

#define NS GOX_NS_PER_S

/* ---- buckets ---- */

/* Rows: at which time one is taken, and how long to wait (0: taken), of a
 * bucket of 2 a second that holds 3. */
static void test_bucket(void **state)
{
    (void)state;
    static const struct {
        int64_t at_ms, wait_ms;
    } rows[] = {{1000, 0}, {1000, 0}, {1000, 0}, {1000, 500}, {1000, 500},
            {1400, 100}, {1500, 0}, {1500, 500}, {2500, 0}, {2500, 0},
            {2500, 500}, {99000, 0}, {99000, 0}, {99000, 0}, {99000, 500}};
    struct gox_bucket b = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(
                gox_bucket_take(&b, 2, 3, rows[i].at_ms * GOX_NS_PER_MS),
                rows[i].wait_ms * GOX_NS_PER_MS);
}

/* Over time a peer gets what it may, however often it tries. */
static void test_bucket_rate(void **state)
{
    (void)state;
    struct gox_bucket b = {0};
    int taken = 0;
    for (int64_t t = 0; t < 10 * NS; t += NS / 5000)
        taken += gox_bucket_take(&b, 100, 50, NS + t) == 0;
    assert_in_range(taken, 1049, 1051);
}

static void test_peers(void **state)
{
    (void)state;
    struct gox_rate_table *table = calloc(1, sizeof *table);
    uint32_t slot = 0;
    uint64_t busy = gox_rate_key(1, "busy", 4);
    struct gox_rate_peer *p = gox_rate_find(table, busy, &slot);
    p->requests.full_at_ns = 100 * NS;
    /* Thousands of others come and go; the busy one keeps its bucket. */
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t other = UINT32_MAX;
        gox_rate_find(table, gox_rate_key(2, &i, sizeof i), &other)
                ->requests.full_at_ns = NS;
    }
    slot = UINT32_MAX;
    assert_ptr_equal(gox_rate_find(table, busy, &slot), p);
    assert_int_equal(p->requests.full_at_ns, 100 * NS);
    free(table);
}

/* ---- rates ---- */

static void test_rates(void **state)
{
    (void)state;
    const char *args[] = {"--set", "security.rate_limiting.enabled=true",
            "--set", "security.rate_limiting.requests_per_second=1", "--set",
            "security.rate_limiting.burst_size=10", "--log-file",
            rig_in_dir("log"), NULL};
    int limited = 0;
    rig_start(args);
    /* Two connections of one user share a bucket. */
    int fds[2] = {wire_connect(rig_wire()), wire_connect(rig_wire())};
    for (int i = 0; i < 20; i++) {
        wire_send(fds[i % 2],
                "{'jsonrpc':'2.0','id':1,'method':'goxel.list_layers'}\n");
        char *line = wire_line(fds[i % 2]);
        if (strstr(line, "-32002") != NULL) {
            assert_non_null(strstr(line, "\"retry_after_ms\":"));
            limited++;
        }
        free(line);
    }
    assert_in_range(limited, 5, 10);
    /* Health is answered all the same. */
    for (int i = 0; i < 50; i++)
        rig_call(fds[0], "daemon.health", "{}", "'status':");
    close(fds[0]);
    close(fds[1]);
    rig_expect_log("security.rate_limiting");
}

/* ---- memory ---- */

static void test_memory(void **state)
{
    (void)state;
    const char *args[] = {"--set", "performance.max_memory_mb=1", NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    rig_call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}",
            "performance.max_memory_mb");
    rig_call(fd, "goxel.add_voxel", "{'x':1,'y':1,'z':1}", "'retry_after_ms'");
    /* What needs none goes on: looking, saving, health. */
    rig_call(fd, "goxel.list_layers", "{}", "'result'");
    rig_call(fd, "goxel.save_project", "{'path':'x.gox'}", "'result'");
    rig_call(fd, "daemon.health", "{}", "'status':");
    close(fd);
}

/* ---- slow writers ---- */

static void test_slow_writer(void **state)
{
    (void)state;
    const char *args[] = {
            "--timeout-seconds", "1", "--log-file", rig_in_dir("log"), NULL};
    static const char request[] =
            "{'jsonrpc':'2.0','id':1,'method':'goxel.list_layers','params':{},"
            "'a member that goes on and on and on and on and on and on':'";
    rig_start(args);
    int fd = wire_connect(rig_wire()), other = wire_connect(rig_wire());
    double begin = wire_now_ms();
    /* A byte at a time, never the end. */
    for (size_t i = 0; i < sizeof request - 1 && wire_now_ms() - begin < 600;
            i++) {
        char byte[2] = {request[i], '\0'};
        wire_send(fd, byte);
    }
    wire_expect(fd, "server.timeout_seconds");
    wire_expect_end(fd);
    assert_true(wire_now_ms() - begin > 900);
    /* Idle connections are left alone. */
    rig_call(other, "goxel.list_layers", "{}", "'result'");
    close(fd);
    close(other);
    rig_expect_log("its request was not complete after");
}

/* ---- bounds of requests ---- */

/* head, then `piece` and then `closing` so many times, then tail; a new string.
 */
static char *repeat(const char *head, const char *piece, const char *closing,
        size_t count, const char *tail)
{
    size_t len = strlen(piece) + strlen(closing);
    char *text = malloc(strlen(head) + len * count + strlen(tail) + 1);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, piece);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, closing);
    strcpy(at, tail);
    return text;
}

/* Rows: requests that are too much of something; each is answered, and the
 * connection goes on. */
static const struct {
    const char *head, *piece, *closing, *tail, *said;
    size_t count;
} too_much[] = {
        {"{'jsonrpc':'2.0','id':1,'method':'echo','params':", "[", "]", "}\n",
                "nested deeper", 100000},
        {"{'jsonrpc':'2.0','id':1,'method':'echo','params':", "{'a':", "}",
                "}\n", "-32700", 513},
        {"", "[", "]", "\n", "nested deeper", 100000},
        {"{'jsonrpc':'2.0','id':1,'method':'echo','params':", "[", "", "\n",
                "-32700", 100000},
        {"[{'jsonrpc':'2.0','id':1,'method':'ping'}",
                ",{'jsonrpc':'2.0','id':1,'method':'ping'}", "", "]\n",
                "at most 1000", 1000},
        {"{'jsonrpc':'2.0','id':1,'method':'echo','params':['", "x", "",
                "']}\n", "security.max_request_size_mb", 1100000},
};

static void test_bounds(void **state)
{
    (void)state;
    const char *args[] = {"--max-request-size-mb", "1", NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    for (size_t i = 0; i < sizeof too_much / sizeof too_much[0]; i++) {
        char *text = repeat(too_much[i].head, too_much[i].piece,
                too_much[i].closing, too_much[i].count, too_much[i].tail);
        wire_send(fd, text);
        free(text);
        wire_expect(fd, too_much[i].said);
        rig_call(fd, "ping", "{}", "'pong':true");
    }
    close(fd);
}

/* While a request is under way a client can send so much and no more; all of
 * it is answered then. */
static void test_pipeline_is_bounded(void **state)
{
    (void)state;
    static const char ping[] =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
    const size_t len = sizeof ping - 1, flood = 64u << 20;
    const char *args[] = {NULL};
    rig_start(args);
    int fd = wire_connect(rig_wire());
    wire_send(fd, "{'jsonrpc':'2.0','id':1,'method':'goxel.execute_script',"
                  "'params':{'script':'var t=Date.now();while(Date.now()-t<"
                  "1500){}'}}\n");
    size_t sent = 0;
    double limit = wire_now_ms() + 1000;
    while (sent < flood && wire_now_ms() < limit) {
        ssize_t put =
                send(fd, ping + sent % len, len - sent % len, MSG_DONTWAIT);
        if (put > 0)
            sent += (size_t)put;
    }
    assert_true(sent < 8u << 20);
    wire_send_bytes(fd, ping + sent % len, len - sent % len);
    wire_expect(fd, "'id':1");
    for (size_t i = 0; i < (sent + len - 1) / len; i++)
        wire_expect(fd, "pong");
    close(fd);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_bucket),
            cmocka_unit_test(test_bucket_rate),
            cmocka_unit_test(test_peers),
            TEST(test_rates),
            TEST(test_memory),
            TEST(test_slow_writer),
            TEST(test_bounds),
            TEST(test_pipeline_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
