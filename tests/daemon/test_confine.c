/* SPDX-License-Identifier: Apache-2.0
 * security.sandbox as it is seen from outside the daemon. */
#include "daemon/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of /proc/PID/status. */
static int status_number(pid_t pid, const char *key)
{
    char path[64], line[256];
    int value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            value = atoi(line + strlen(key));
    fclose(file);
    return value;
}

static void use(const struct wire *w)
{
    int fd = wire_connect(w);
    wire_send(fd, "{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel','params':"
                  "[1,2,3,'red']}\n");
    wire_expect(fd, "'revision':1");
    wire_send(fd, "{'jsonrpc':'2.0','id':2,'method':'goxel.save_project',"
                  "'params':['a.gox']}\n");
    wire_expect(fd, "'success':true");
    wire_send(fd, "{'jsonrpc':'2.0','id':3,'method':'goxel.execute_script',"
                  "'params':{'script':'1+1'}}\n");
    wire_expect(fd, "'result':2");
    wire_send(fd, "{'jsonrpc':'2.0','id':4,'method':'goxel.compact_project',"
                  "'params':['default']}\n");
    wire_expect(fd, "'success':true");
    close(fd);
}

static void expect_level(const struct wire *w, const char *text)
{
    int fd = wire_connect(w);
    wire_send(fd, "{'jsonrpc':'2.0','id':1,'method':'daemon.status'}\n");
    wire_expect(fd, text);
    close(fd);
}

static void test_off(void **state)
{
    static const char *const args[] = {"--sandbox", "off", NULL};
    struct wire w;
    (void)state;
    wire_start(&w, args);
    use(&w);
    expect_level(&w, "'sandbox':'off");
    assert_int_equal(status_number(w.pid, "NoNewPrivs:"), 0);
    assert_int_equal(wire_stop(&w, NULL), 0);
    wire_cleanup(&w);
}

/* All work goes on, and nothing is left behind in the socket's directory. */
static void test_best_effort(void **state)
{
    static const char *const args[] = {"--sandbox", "best-effort", NULL};
    struct wire w;
    (void)state;
    if (getenv("GOXEL_SECURITY_SANDBOX") != NULL) {
        print_message("skipped: a leak checker cannot run in a sandbox\n");
        skip();
    }
    wire_start(&w, args);
    use(&w);
    expect_level(&w, "'sandbox':'best-effort");
    assert_int_equal(status_number(w.pid, "NoNewPrivs:"), 1);
    assert_int_equal(status_number(w.pid, "Seccomp:"), 2);
    assert_int_equal(wire_stop(&w, NULL), 0);
    assert_int_equal(access(w.socket, F_OK), -1);
    wire_cleanup(&w);
}

static void test_bad_value(void **state)
{
    static const char *const args[] = {
            "--check", "--sandbox", "none", "--data-dir", "/tmp", NULL};
    char text[2000];
    (void)state;
    assert_int_not_equal(wire_run(args, text, sizeof text), 0);
    assert_non_null(strstr(text, "best-effort"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_off),
            cmocka_unit_test(test_best_effort),
            cmocka_unit_test(test_bad_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
