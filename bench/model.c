/* SPDX-License-Identifier: Apache-2.0
 * A model of a million voxels of random colours: filling, memory, exports,
 * rendering; and a file of many blocks. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE  100
#define BATCH (SIDE * SIDE)

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* One slice of SIDE x SIDE voxels as a request; its length. */
static size_t make_batch(char *text, size_t size, int z, uint32_t *random)
{
    size_t len = (size_t)snprintf(text, size,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.add_voxels\","
            "\"params\":{\"voxels\":[");
    for (int i = 0; i < BATCH; i++) {
        uint32_t c = next_random(random);
        len += (size_t)snprintf(text + len, size - len,
                "%s{\"x\":%d,\"y\":%d,\"z\":%d,\"color\":[%u,%u,%u]}",
                i > 0 ? "," : "", i % SIDE, i / SIDE, z, c & 255, c >> 8 & 255,
                c >> 16 & 255);
    }
    len += (size_t)snprintf(text + len, size - len, "]}}\n");
    return len;
}

static void fill(
        struct bench *b, struct bench_daemon *d, struct bench_client *c)
{
    size_t size = (size_t)BATCH * 64;
    char *text = malloc(size);
    uint32_t random = 1;
    struct bench_samples s = {0};
    double before = bench_rss_mb(d->pid);
    for (int z = 0; z < SIDE; z++) {
        size_t len = make_batch(text, size, z, &random);
        double start = bench_now_ms();
        if (!bench_call(c, text, len) || strstr(c->reply, "\"error\":{")) {
            fprintf(stderr, "goxel-bench: %s\n", c->reply);
            exit(1);
        }
        bench_add(&s, bench_now_ms() - start);
    }
    bench_row(b, "add_voxels with 10,000 voxels, median",
            bench_percentile(&s, 0.5), "ms", 10, NULL, NAN);
    bench_row(b, "1 M random voxels, resident growth",
            bench_rss_mb(d->pid) - before, "MiB", 12, NULL, NAN);
    bench_samples_fini(&s);
    free(text);
}

static double export_median(
        struct bench *b, struct bench_client *c, const char *extension)
{
    struct bench_samples s = {0};
    for (int i = 0; i < 5; i++)
        bench_add(
                &s, bench_request(c,
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                            "\"goxel.export_model\",\"params\":[\"%s/m.%s\"]}",
                            b->dir, extension));
    double ms = bench_percentile(&s, 0.5);
    bench_samples_fini(&s);
    return ms;
}

static double render_median(struct bench *b, struct bench_client *c)
{
    struct bench_samples s = {0};
    for (int i = 0; i < 11; i++)
        bench_add(&s,
                bench_request(c,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                        "\"goxel.render_scene\",\"params\":[\"%s/m.png\",800,"
                        "600]}",
                        b->dir));
    double ms = bench_percentile(&s, 0.5);
    bench_samples_fini(&s);
    return ms;
}

/* A file of 7,000 blocks, one voxel of its own colour in each. */
static void many_blocks(struct bench *b, struct bench_client *c)
{
    bench_request(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                     "\"goxel.create_project\",\"params\":[\"blocks\"]}");
    size_t size = 1 << 20;
    char *text = malloc(size);
    size_t len = (size_t)snprintf(text, size,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.add_voxels\","
            "\"params\":{\"voxels\":[");
    for (int i = 0; i < 7000; i++)
        len += (size_t)snprintf(text + len, size - len, "%s[%d,%d,%d,%d,%d,%d]",
                i > 0 ? "," : "", i % 20 * 16, i / 20 % 20 * 16, i / 400 * 16,
                i & 255, i >> 8, 77);
    len += (size_t)snprintf(text + len, size - len, "]}}\n");
    if (!bench_call(c, text, len) || strstr(c->reply, "\"error\":{"))
        exit(1);
    free(text);
    bench_request(c,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.save_project\","
            "\"params\":[\"%s/blocks.gox\"]}",
            b->dir);
    struct bench_samples s = {0};
    for (int i = 0; i < 5; i++)
        bench_add(&s,
                bench_request(c,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                        "\"goxel.load_project\",\"params\":[\"%s/blocks.gox\"]"
                        "}",
                        b->dir));
    double rival = NAN;
    if (bench_has("goxel") && bench_has("xvfb-run")) {
        char in[128], out[128];
        snprintf(in, sizeof in, "%s/blocks.gox", b->dir);
        snprintf(out, sizeof out, "%s/blocks.txt", b->dir);
        const char *argv[] = {"xvfb-run", "-a", "goxel", "-e", out, in, NULL};
        rival = bench_run(argv, NULL);
    }
    bench_row(b, "load a .gox of 7,000 blocks", bench_percentile(&s, 0.5), "ms",
            500, "goxel editor", rival < 0 ? NAN : rival);
    bench_samples_fini(&s);
}

void bench_model(struct bench *b)
{
    struct bench_daemon d;
    struct bench_client c;
    if (!bench_daemon_start(b, &d) || !bench_connect(&c, d.socket_path))
        return;
    bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                      "\"goxel.create_project\",\"params\":[\"bench\"]}");
    fill(b, &d, &c);
    bench_row(b, "1 M random voxels, render 800x600", render_median(b, &c),
            "ms", 80, "known daemon, as published", 129);
    bench_row(b, "1 M random voxels, export gox", export_median(b, &c, "gox"),
            "ms", 150, NULL, NAN);
    bench_row(b, "1 M random voxels, export vox", export_median(b, &c, "vox"),
            "ms", 500, NULL, NAN);
    bench_row(b, "1 M random voxels, export glb", export_median(b, &c, "glb"),
            "ms", 1000, NULL, NAN);
    many_blocks(b, &c);
    bench_disconnect(&c);
    bench_daemon_stop(&d);
}
