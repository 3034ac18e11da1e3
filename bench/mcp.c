/* SPDX-License-Identifier: Apache-2.0
 * goxel-mcp as a client sees it: from its start to the first answer, calls of a
 * tool through to the daemon, over stdio and HTTP, and its memory after many.
 * Calls are made on all processors, where most of the time goes to waking the
 * other one, and on one, where the work shows; beside them what a bare echo
 * takes, twice, since a call makes two trips. */
#include "bench.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STARTS 40
#define CALLS  5000

/* Where the processes run, and what two trips take there. */
struct place {
    const char *name;
    double floor_ms;
};

static const char INITIALIZE[] =
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
        "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":"
        "{\"name\":\"bench\",\"version\":\"1\"}}}\n";
static const char READ[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"voxel_read\",\"arguments\":{\"what\":\"voxels\","
        "\"project\":"
        "\"bench\",\"region\":{\"min\":[1,2,3],\"max\":[1,2,3]}}}}\n";
static const char PING[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";

static pid_t start_mcp(
        struct bench *b, const char *socket_path, int fds[2], const char *mode)
{
    char program[1024];
    snprintf(program, sizeof program, "%s/goxel-mcp", b->bin_dir);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        return -1;
    pid_t pid = fork();
    if (pid != 0) {
        close(fds[1]);
        return pid;
    }
    dup2(fds[1], 0);
    dup2(fds[1], mode != NULL ? 2 : 1);
    close(fds[0]);
    close(fds[1]);
    execl(program, program, "--socket", socket_path, "--no-start",
            mode != NULL ? "--http" : NULL, mode, (char *)NULL);
    _exit(127);
}

static bool say(struct bench_client *c, const char *text)
{
    return bench_call(c, text, strlen(text));
}

static void measure_start(struct bench *b, const char *socket_path)
{
    struct bench_samples starts = {0}, ends = {0};
    for (int i = 0; i < STARTS; i++) {
        struct bench_client c = {0};
        int fds[2];
        double at = bench_now_ms();
        pid_t pid = start_mcp(b, socket_path, fds, NULL);
        c.fd = fds[0];
        if (!say(&c, INITIALIZE))
            exit(1);
        bench_add(&starts, bench_now_ms() - at);
        at = bench_now_ms();
        bench_disconnect(&c);
        waitpid(pid, NULL, 0);
        bench_add(&ends, bench_now_ms() - at);
    }
    bench_row(b, "mcp: spawn to initialize answer, p50",
            bench_percentile(&starts, 0.5), "ms", 5, NULL, NAN);
    bench_row(b, "mcp: end of input to exit, p99",
            bench_percentile(&ends, 0.99), "ms", 20, NULL, NAN);
    bench_samples_fini(&starts);
    bench_samples_fini(&ends);
}

static void sample_calls(
        struct bench_client *c, const char *text, struct bench_samples *s)
{
    for (int i = 0; i < CALLS; i++) {
        double at = bench_now_ms();
        if (!say(c, text))
            exit(1);
        bench_add(s, bench_now_ms() - at);
    }
}

/* One trip of a bare echo; NAN: it could not be measured. */
static double echo_ms(struct bench *b)
{
    struct bench_client c = {0};
    struct bench_samples s = {0};
    char path[108];
    snprintf(path, sizeof path, "%s/echo.sock", b->dir);
    unlink(path);
    pid_t pid = bench_echo_start(path);
    if (!bench_connect(&c, path))
        return NAN;
    sample_calls(&c, PING, &s);
    double ms = bench_percentile(&s, 0.5);
    bench_samples_fini(&s);
    bench_disconnect(&c);
    waitpid(pid, NULL, 0);
    return ms;
}

static void show(struct bench *b, const struct place *place, const char *name,
        struct bench_samples *s, double bar50, double bar99, double floor)
{
    char row[100];
    snprintf(row, sizeof row, "mcp: %s, %s, p50", name, place->name);
    bench_row(
            b, row, bench_percentile(s, 0.5), "ms", bar50, "bare echo", floor);
    snprintf(row, sizeof row, "mcp: %s, %s, p99", name, place->name);
    bench_row(b, row, bench_percentile(s, 0.99), "ms", bar99, NULL, NAN);
}

static void measure_calls(
        struct bench *b, struct bench_client *c, const struct place *place)
{
    struct bench_samples pings = {0}, reads = {0};
    sample_calls(c, PING, &pings);
    sample_calls(c, READ, &reads);
    show(b, place, "ping, stdio", &pings, NAN, NAN, place->floor_ms / 2);
    show(b, place, "read one voxel, stdio", &reads, 0.1, 0.5, place->floor_ms);
    bench_samples_fini(&pings);
    bench_samples_fini(&reads);
}

static void measure_stdio(
        struct bench *b, const char *socket_path, const struct place *place)
{
    struct bench_client c = {0};
    int fds[2];
    pid_t pid = start_mcp(b, socket_path, fds, NULL);
    c.fd = fds[0];
    if (!say(&c, INITIALIZE) || !say(&c, READ) ||
            strstr(c.reply, "\"count\":1") == NULL) {
        bench_note("mcp: %s", c.reply != NULL ? c.reply : "no answer");
        exit(1);
    }
    measure_calls(b, &c, place);
    bench_row(b, "mcp: resident memory after 10,000 calls", bench_rss_mb(pid),
            "MiB", 6, NULL, NAN);
    bench_disconnect(&c);
    waitpid(pid, NULL, 0);
}

/* ---- HTTP ---- */

static const char MODERN[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"voxel_read\",\"arguments\":{\"what\":\"voxels\","
        "\"project\":"
        "\"bench\",\"region\":{\"min\":[1,2,3],\"max\":[1,2,3]}},\"_meta\":{"
        "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

static int connect_http(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
            .sin_port = htons((uint16_t)port),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        exit(1);
    return fd;
}

/* Sends one request and reads its answer, which has a Content-Length. */
static bool exchange(int fd, const char *request, size_t len)
{
    char reply[16384];
    size_t have = 0;
    if (write(fd, request, len) != (ssize_t)len)
        return false;
    for (;;) {
        ssize_t n = read(fd, reply + have, sizeof reply - 1 - have);
        if (n <= 0)
            return false;
        have += (size_t)n;
        reply[have] = '\0';
        const char *end = strstr(reply, "\r\n\r\n");
        const char *at = strcasestr(reply, "content-length:");
        if (end != NULL && at != NULL &&
                have >= (size_t)(end + 4 - reply) + strtoul(at + 15, NULL, 10))
            return strncmp(reply, "HTTP/1.1 200", 12) == 0 &&
                   strstr(reply, "\"count\":1") != NULL;
    }
}

static void measure_http(
        struct bench *b, const char *socket_path, const struct place *place)
{
    struct bench_samples s = {0};
    char said[256] = "", request[2048], row[100];
    int fds[2], port = 0;
    pid_t pid = start_mcp(b, socket_path, fds, "127.0.0.1:0");
    ssize_t n = read(fds[0], said, sizeof said - 1);
    const char *at = n > 0 ? strstr(said, "127.0.0.1:") : NULL;
    if (at == NULL) {
        bench_note("mcp over HTTP: %s", n > 0 ? said : "did not start");
        waitpid(pid, NULL, 0);
        return;
    }
    port = atoi(at + 10);
    int fd = connect_http(port);
    int len = snprintf(request, sizeof request,
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/json\r\nAccept: application/json, "
            "text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
            "Mcp-Method: tools/call\r\nMcp-Name: voxel_read\r\n"
            "Content-Length: %zu\r\n\r\n%s",
            sizeof MODERN - 1, MODERN);
    double start = bench_now_ms();
    for (int i = 0; i < CALLS; i++) {
        double one = bench_now_ms();
        if (!exchange(fd, request, (size_t)len))
            exit(1);
        bench_add(&s, bench_now_ms() - one);
    }
    double per_s = CALLS / ((bench_now_ms() - start) / 1000);
    show(b, place, "read one voxel, HTTP", &s, 0.2, NAN, place->floor_ms);
    snprintf(row, sizeof row, "mcp: one HTTP client, %s, time of 8,000 calls",
            place->name);
    bench_row(b, row, 8000 / per_s * 1000, "ms", 1000, NULL, NAN);
    bench_samples_fini(&s);
    close(fd);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    close(fds[0]);
}

/* The project and the voxel that are read. */
static bool make_voxel(const char *socket_path)
{
    struct bench_client c = {0};
    if (!bench_connect(&c, socket_path))
        return false;
    bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                      "\"goxel.create_project\",\"params\":[\"bench\"]}\n");
    bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
                      "\"goxel.add_voxel\",\"params\":[1,2,3]}\n");
    bench_disconnect(&c);
    return true;
}

static void measure_at(struct bench *b, const char *name, bool is_pinned)
{
    struct bench_daemon d;
    struct place place = {.name = name};
    bench_pin(is_pinned);
    if (bench_daemon_start(b, &d) && make_voxel(d.socket_path)) {
        place.floor_ms = 2 * echo_ms(b);
        measure_stdio(b, d.socket_path, &place);
        measure_http(b, d.socket_path, &place);
        bench_daemon_stop(&d);
    }
    bench_pin(false);
}

void bench_mcp(struct bench *b)
{
    struct bench_daemon d;
    if (!bench_daemon_start(b, &d))
        return;
    measure_start(b, d.socket_path);
    bench_daemon_stop(&d);
    measure_at(b, "one core", true);
    measure_at(b, "all cores", false);
}
