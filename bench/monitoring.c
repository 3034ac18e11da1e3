/* SPDX-License-Identifier: Apache-2.0
 * What being watched costs: the same requests with metrics, health checks and a
 * JSON log on and off, and over HTTP. Rounds alternate, so that a machine that
 * slows down slows both. */
#include "bench.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS    15
#define REQUESTS  10000
#define HTTP_PORT 19464

static const char GET[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                          "\"goxel.get_voxel\",\"params\":[1,2,3]}\n";

/* "a=b\0c=d\0", see struct bench. */
static const char OFF[] = "monitoring.enable_metrics=false\0"
                          "monitoring.enable_health_check=false\0";
static const char ON[] = "monitoring.enable_metrics=true\0"
                         "monitoring.health_check_interval_seconds=1\0"
                         "monitoring.metrics_listen=127.0.0.1:19464\0"
                         "logging.format=json\0logging.level=info\0";
static const char ALL[] = "monitoring.enable_metrics=true\0"
                          "logging.format=json\0logging.level=debug\0";

static void play(struct bench_client *c, struct bench_samples *medians)
{
    struct bench_samples s = {0};
    for (int i = 0; i < REQUESTS; i++) {
        double start = bench_now_ms();
        if (!bench_call(c, GET, sizeof GET - 1))
            exit(1);
        bench_add(&s, (bench_now_ms() - start) * 1000);
    }
    bench_add(medians, bench_percentile(&s, 0.5));
    bench_samples_fini(&s);
}

/* ---- HTTP ---- */

static int connect_http(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
            .sin_port = htons(HTTP_PORT),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return fd;
    close(fd);
    return -1;
}

/* One request and its answer, which is a JSON object on one line. */
static bool call_http(int fd, const char *text, size_t len)
{
    char reply[4096];
    size_t used = 0;
    if (write(fd, text, len) != (ssize_t)len)
        return false;
    while (used < sizeof reply) {
        ssize_t got = read(fd, reply + used, sizeof reply - used);
        if (got <= 0)
            return false;
        used += (size_t)got;
        if (memmem(reply, used, "\r\n\r\n{", 5) != NULL &&
                reply[used - 1] == '\n')
            return true;
    }
    return false;
}

static void play_http(struct bench *b, double socket_us)
{
    struct bench_samples s = {0};
    char text[400];
    int len = snprintf(text, sizeof text,
            "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
            "application/json\r\nContent-Length: %zu\r\n\r\n%s",
            sizeof GET - 1, GET);
    int fd = connect_http();
    for (int i = 0; fd >= 0 && i < REQUESTS; i++) {
        double start = bench_now_ms();
        if (!call_http(fd, text, (size_t)len))
            break;
        bench_add(&s, (bench_now_ms() - start) * 1000);
    }
    if (s.count == REQUESTS) {
        bench_row(b, "get_voxel by POST /rpc, p50", bench_percentile(&s, 0.5),
                "us", 200, "socket", socket_us);
        bench_row(b, "get_voxel by POST /rpc, p99", bench_percentile(&s, 0.99),
                "us", NAN, NULL, NAN);
    } else {
        bench_note("HTTP was not measured: no answer at port %d", HTTP_PORT);
    }
    if (fd >= 0)
        close(fd);
    bench_samples_fini(&s);
}

void bench_monitoring(struct bench *b)
{
    const char *const args[3] = {OFF, ON, ALL};
    struct bench_daemon d[3];
    struct bench_client c[3];
    struct bench_samples medians[3] = {0};
    const char *before = b->daemon_args;
    for (int i = 0; i < 3; i++) {
        b->daemon_args = args[i];
        if (!bench_daemon_start(b, &d[i]) ||
                !bench_connect(&c[i], d[i].socket_path))
            return;
    }
    b->daemon_args = before;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < 3; i++)
            play(&c[i], &medians[i]);
    double off = bench_percentile(&medians[0], 0.5);
    double on = bench_percentile(&medians[1], 0.5);
    bench_row(b, "get_voxel, metrics and JSON log on, p50", on, "us", 1.1 * off,
            "both off", off);
    bench_row(b, "get_voxel, a log record each, p50",
            bench_percentile(&medians[2], 0.5), "us", NAN, "both off", off);
    play_http(b, on);
    for (int i = 0; i < 3; i++) {
        bench_disconnect(&c[i]);
        bench_daemon_stop(&d[i]);
        bench_samples_fini(&medians[i]);
    }
}
