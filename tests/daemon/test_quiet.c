/* SPDX-License-Identifier: Apache-2.0
 * What the daemon keeps when clients come and go, and what it does when nobody
 * is there: nothing. GOX_CHURN is how many connections are made (20,000). */
#include "daemon/wire.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A sanitizer keeps freed memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GROWTH_KIB 65536
#else
#define GROWTH_KIB 512
#endif
#define CLIENTS  300
#define QUIET_MS 2500
#define LIMIT_MS 30000

static const char REQUEST[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";

static int dial(const struct wire *w)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", w->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

/* Every third hangs up without a word, the others have an answer. */
static void end_client(int fd, int i)
{
    char reply[512];
    if (i % 3 != 0) {
        assert_int_equal(send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL),
                sizeof REQUEST - 1);
        ssize_t n = recv(fd, reply, sizeof reply - 1, 0);
        assert_true(n > 0);
        reply[n] = '\0';
        assert_non_null(strstr(reply, "pong"));
    }
    close(fd);
}

static void churn(const struct wire *w, int count)
{
    int fds[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = dial(w);
    for (int i = 0; i < count; i++) {
        end_client(fds[i % CLIENTS], i);
        fds[i % CLIENTS] = dial(w);
    }
    for (int i = 0; i < CLIENTS; i++)
        close(fds[i]);
}

static void wait_for_fds(const struct wire *w, int wanted)
{
    double until = wire_now_ms() + LIMIT_MS;
    while (wire_fd_count(w) > wanted && wire_now_ms() < until)
        poll(NULL, 0, 5);
    assert_int_equal(wire_fd_count(w), wanted);
}

static void test_ever_changing_clients(void **state)
{
    static const char *const args[] = {"--max-connections", "310", NULL};
    const char *text = getenv("GOX_CHURN");
    int count = text != NULL ? atoi(text) : 20000;
    struct wire w;
    (void)state;
    wire_start(&w, args);
    /* An answer says that the start is over; the connection itself is one. */
    int fd = wire_connect(&w);
    wire_send(fd, REQUEST);
    wire_expect(fd, "pong");
    int fds = wire_fd_count(&w) - 1;
    close(fd);
    churn(&w, CLIENTS * 3);
    wait_for_fds(&w, fds);
    long rss = wire_rss_kib(&w);
    churn(&w, count);
    wait_for_fds(&w, fds);
    assert_in_range(wire_rss_kib(&w), 0, rss + GROWTH_KIB);
    assert_int_equal(wire_stop(&w, NULL), 0);
    wire_cleanup(&w);
}

/* How often the threads of the process were put to sleep and woken. */
static long switches(pid_t pid)
{
    char dir[64], path[400], line[256];
    long sum = 0;
    snprintf(dir, sizeof dir, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(dir);
    assert_non_null(tasks);
    for (struct dirent *e; (e = readdir(tasks)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s/status", dir, e->d_name);
        FILE *file = e->d_name[0] != '.' ? fopen(path, "r") : NULL;
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
                sum += atol(line + 24);
        if (file != NULL)
            fclose(file);
    }
    closedir(tasks);
    return sum;
}

/* Waits until nothing wakes for QUIET_MS; false when that does not come. */
static bool becomes_quiet(pid_t pid)
{
    double until = wire_now_ms() + LIMIT_MS;
    long before = switches(pid), now;
    double since = wire_now_ms();
    while (wire_now_ms() < until) {
        poll(NULL, 0, 50);
        now = switches(pid);
        if (now != before)
            since = wire_now_ms();
        before = now;
        if (wire_now_ms() - since > QUIET_MS)
            return true;
    }
    return false;
}

/* After edits too, once they are on the disk and the files are small. */
static void test_idle(void **state)
{
    static const char *const args[] = {
            "--set", "monitoring.enable_health_check=false", NULL};
    struct wire w;
    (void)state;
    wire_start(&w, args);
    assert_true(becomes_quiet(w.pid));
    int fd = wire_connect(&w);
    wire_send(fd, "{'jsonrpc':'2.0','id':1,'method':'goxel.add_voxel',"
                  "'params':[1,2,3,'red']}\n");
    wire_expect(fd, "'revision':1");
    assert_true(becomes_quiet(w.pid));
    close(fd);
    assert_int_equal(wire_stop(&w, NULL), 0);
    wire_cleanup(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_ever_changing_clients),
            cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
