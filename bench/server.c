/* SPDX-License-Identifier: Apache-2.0
 * Start, memory and small edits of the server. */
#include "bench.h"

#include <math.h>
#include <stdio.h>

#define STARTS 21

static void start_time(struct bench *b)
{
    struct bench_samples start = {0}, rss = {0};
    for (int i = 0; i < STARTS; i++) {
        struct bench_daemon d;
        if (!bench_daemon_start(b, &d))
            continue;
        bench_add(&start, d.start_ms);
        bench_add(&rss, bench_rss_mb(d.pid));
        bench_daemon_stop(&d);
    }
    bench_row(b, "start: exec to first reply, median",
            bench_percentile(&start, 0.5), "ms", 8,
            "known daemon, as published", 36.5);
    bench_row(b, "resident after start", bench_percentile(&rss, 0.5), "MiB", 8,
            "known daemon, as published", 71.9);
    bench_samples_fini(&start);
    bench_samples_fini(&rss);
}

static void cube(struct bench *b)
{
    struct bench_daemon d;
    struct bench_client c;
    struct bench_samples s = {0};
    if (!bench_daemon_start(b, &d) || !bench_connect(&c, d.socket_path))
        return;
    double before = bench_rss_mb(d.pid);
    double growth = NAN;
    for (int i = 0; i < 11; i++) {
        bench_add(&s,
                bench_request(&c,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                        "\"goxel.procedural_shape\",\"params\":[\"cube\",100,"
                        "100,100,0,0,0,%d,20,30,255]}",
                        i + 1));
        if (i == 0)
            growth = bench_rss_mb(d.pid) - before;
    }
    bench_row(b, "cube of 100^3, round trip, median", bench_percentile(&s, 0.5),
            "ms", 5, NULL, NAN);
    bench_row(b, "cube of 100^3, memory growth", growth, "MiB", 1, NULL, NAN);
    bench_samples_fini(&s);
    bench_disconnect(&c);
    bench_daemon_stop(&d);
}

void bench_server(struct bench *b)
{
    start_time(b);
    cube(b);
}
