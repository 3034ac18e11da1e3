/* SPDX-License-Identifier: Apache-2.0
 * One connection, one request at a time: the daemon against a bare echo server
 * that only reads and writes. Rounds alternate, so that a machine that slows
 * down slows both. */
#include "bench.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS   9
#define REQUESTS 20000

static const char GET[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                          "\"goxel.get_voxel\",\"params\":[1,2,3]}\n";
static const char ADD[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
        "\"goxel.add_voxel\",\"params\":[1,2,%d,9,8,7,255]}\n";

static void play(struct bench_client *c, const char *fmt,
        struct bench_samples *all, struct bench_samples *medians)
{
    struct bench_samples s = {0};
    char text[256];
    for (int i = 0; i < REQUESTS; i++) {
        int len = snprintf(text, sizeof text, fmt, i % 100);
        double start = bench_now_ms();
        if (!bench_call(c, text, (size_t)len))
            exit(1);
        double us = (bench_now_ms() - start) * 1000;
        bench_add(&s, us);
        bench_add(all, us);
    }
    bench_add(medians, bench_percentile(&s, 0.5));
    bench_samples_fini(&s);
}

void bench_pingpong(struct bench *b)
{
    struct bench_daemon d;
    struct bench_client get, echo;
    char path[108];
    snprintf(path, sizeof path, "%s/echo.sock", b->dir);
    pid_t pid = bench_echo_start(path);
    if (!bench_daemon_start(b, &d) || !bench_connect(&get, d.socket_path) ||
            !bench_connect(&echo, path))
        return;
    struct bench_samples floor = {0}, gets = {0}, adds = {0};
    struct bench_samples floors = {0}, get_medians = {0}, add_medians = {0};
    for (int i = 0; i < ROUNDS; i++) {
        play(&echo, GET, &floor, &floors);
        play(&get, GET, &gets, &get_medians);
        play(&get, ADD, &adds, &add_medians);
    }
    double base = bench_percentile(&floors, 0.5);
    double base99 = bench_percentile(&floor, 0.99);
    double get50 = bench_percentile(&get_medians, 0.5);
    bench_row(b, "get_voxel ping-pong, p50", get50, "us", 1.3 * base,
            "bare echo", base);
    bench_row(b, "get_voxel ping-pong, p99", bench_percentile(&gets, 0.99),
            "us", NAN, "bare echo", base99);
    bench_row(b, "add_voxel ping-pong, p50",
            bench_percentile(&add_medians, 0.5), "us", 2 * base, "bare echo",
            base);
    bench_row(b, "add_voxel ping-pong, p99", bench_percentile(&adds, 0.99),
            "us", 5 * base99, "bare echo", base99);
    bench_samples_fini(&floor);
    bench_samples_fini(&gets);
    bench_samples_fini(&adds);
    bench_samples_fini(&floors);
    bench_samples_fini(&get_medians);
    bench_samples_fini(&add_medians);
    bench_disconnect(&get);
    bench_disconnect(&echo);
    waitpid(pid, NULL, 0);
    bench_daemon_stop(&d);
}
