/* SPDX-License-Identifier: Apache-2.0
 * Durable edits through the daemon: many connections that pipeline, against
 * Redis with its append-only file; many projects; undo of a large edit.
 *
 * Invariant: both servers sync once a second, listen on a Unix socket and are
 * driven by one client thread; rounds alternate. */
#include "bench.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS      5
#define CONNECTIONS 50
#define PIPELINE    16
#define ROUND_MS    1500
#define MANY        1000

/* ---- a client with many connections ---- */

struct lane {
    struct bench_client client;
    char *batch; /* PIPELINE requests */
    size_t len;
    unsigned left; /* replies to come */
    double sent_ms;
};

struct load {
    struct lane *lanes;
    size_t count;
    int epoll_fd;
    unsigned pipeline;
    uint32_t random;
    uint64_t replies, errors;
    struct bench_samples waits; /* ms, of each pipeline */
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void send_batch(struct load *load, struct lane *lane)
{
    size_t len = 0;
    for (unsigned i = 0; i < load->pipeline; i++) {
        uint32_t at = next_random(&load->random);
        len += (size_t)snprintf(lane->batch + len, 160,
                "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":"
                "\"goxel.add_voxel\",\"params\":[%u,%u,%u,%u,8,7,255]}\n",
                i, at % 100, at / 100 % 100, at / 10000 % 100, at >> 16 & 255);
    }
    lane->left = load->pipeline;
    lane->sent_ms = bench_now_ms();
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(
                lane->client.fd, lane->batch + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            exit(1);
        sent += (size_t)n;
    }
}

/* Counts the lines in what came; true when all replies are there. */
static bool take_replies(struct load *load, struct lane *lane)
{
    static char buf[1 << 16];
    ssize_t n = recv(lane->client.fd, buf, sizeof buf, MSG_DONTWAIT);
    if (n <= 0) {
        if (n < 0 && errno == EAGAIN)
            return false;
        exit(1);
    }
    for (char *p = buf; (p = memchr(p, '\n', (size_t)(buf + n - p))) != NULL;
            p++) {
        lane->left--;
        load->replies++;
    }
    if (memmem(buf, (size_t)n, "\"error\"", 7) != NULL)
        load->errors++;
    return lane->left == 0;
}

static bool open_load(struct load *load, const char *socket_path, size_t count,
        unsigned pipeline)
{
    *load = (struct load){.count = count, .pipeline = pipeline, .random = 1};
    load->lanes = calloc(count, sizeof *load->lanes);
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct lane *lane = &load->lanes[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = lane};
        lane->batch = malloc(pipeline * 160);
        if (!bench_connect(&lane->client, socket_path))
            return false;
        epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, lane->client.fd, &event);
    }
    return true;
}

static void close_load(struct load *load)
{
    for (size_t i = 0; i < load->count; i++) {
        bench_disconnect(&load->lanes[i].client);
        free(load->lanes[i].batch);
    }
    free(load->lanes);
    close(load->epoll_fd);
    bench_samples_fini(&load->waits);
}

/* Edits a second for about this long. */
static double play(struct load *load, double ms)
{
    struct epoll_event events[64];
    uint64_t from_replies = load->replies;
    double from = bench_now_ms(), now = from;
    size_t busy = load->count;
    for (size_t i = 0; i < load->count; i++)
        send_batch(load, &load->lanes[i]);
    while (busy > 0) {
        int n = epoll_wait(load->epoll_fd, events, 64, 5000);
        if (n <= 0)
            exit(1);
        for (int i = 0; i < n; i++) {
            struct lane *lane = events[i].data.ptr;
            if (!take_replies(load, lane))
                continue;
            now = bench_now_ms();
            bench_add(&load->waits, now - lane->sent_ms);
            if (now - from < ms)
                send_batch(load, lane);
            else
                busy--;
        }
    }
    return (double)(load->replies - from_replies) / (now - from) * 1e3;
}

/* ---- Redis ---- */

static pid_t start_redis(struct bench *b, const char *path)
{
    const char *argv[] = {"redis-server", "--port", "0", "--unixsocket", path,
            "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
            "--dir", b->dir, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(127);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        struct bench_client c;
        if (bench_connect(&c, path)) {
            bench_disconnect(&c);
            return pid;
        }
        usleep(10000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return -1;
}

/* SETs a second, by Redis's own client. */
static double play_redis(const char *path)
{
    char command[400], line[400];
    double rate = NAN;
    snprintf(command, sizeof command,
            "redis-benchmark -s %s -c %d -P %d -d 16 -n 400000 -r 1000000 "
            "-t set --csv 2>/dev/null",
            path, CONNECTIONS, PIPELINE);
    FILE *pipe = popen(command, "r");
    while (pipe != NULL && fgets(line, sizeof line, pipe) != NULL)
        if (strncmp(line, "\"SET\",\"", 7) == 0)
            rate = strtod(line + 7, NULL);
    if (pipe != NULL)
        pclose(pipe);
    return rate;
}

/* ---- rows ---- */

static void pipelined(struct bench *b)
{
    struct bench_daemon d;
    struct load load;
    struct bench_samples ours = {0}, theirs = {0};
    char path[108];
    snprintf(path, sizeof path, "%s/redis.sock", b->dir);
    pid_t redis = bench_has("redis-server") && bench_has("redis-benchmark")
                          ? start_redis(b, path)
                          : -1;
    if (!bench_daemon_start(b, &d) ||
            !open_load(&load, d.socket_path, CONNECTIONS, PIPELINE))
        return;
    for (int i = 0; i < ROUNDS; i++) {
        if (redis > 0)
            bench_add(&theirs, play_redis(path));
        bench_add(&ours, play(&load, ROUND_MS));
    }
    double rate = bench_percentile(&ours, 0.5);
    double rival = redis > 0 ? bench_percentile(&theirs, 0.5) : NAN;
    bench_row(b, "add_voxel, 50 x 16 pipelined, per edit", 1e6 / rate, "us",
            2 * 1e6 / rival, redis > 0 ? "Redis SET, AOF everysec" : NULL,
            1e6 / rival);
    bench_row(b, "add_voxel, 50 x 16 pipelined, p99 of 16",
            bench_percentile(&load.waits, 0.99), "ms", NAN, NULL, NAN);
    if (load.errors > 0)
        bench_note("%llu edits failed", (unsigned long long)load.errors);
    close_load(&load);
    bench_daemon_stop(&d);
    if (redis > 0) {
        kill(redis, SIGTERM);
        waitpid(redis, NULL, 0);
    }
    bench_samples_fini(&ours);
    bench_samples_fini(&theirs);
}

/* One writer a project, against as many writers of one project. */
static void many_projects(struct bench *b)
{
    struct bench_daemon d;
    struct load same, own;
    struct bench_samples one = {0}, many = {0};
    b->daemon_args = "server.max_connections=3000\0"
                     "performance.max_open_projects=2000\0";
    bool is_up = bench_daemon_start(b, &d);
    b->daemon_args = NULL;
    if (!is_up || !open_load(&same, d.socket_path, MANY, 1) ||
            !open_load(&own, d.socket_path, MANY, 1))
        return;
    for (size_t i = 0; i < MANY; i++)
        bench_request(&own.lanes[i].client,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                "\"goxel.create_project\",\"params\":[\"many %zu\"]}",
                i);
    for (int i = 0; i < ROUNDS; i++) {
        bench_add(&one, play(&same, ROUND_MS));
        bench_add(&many, play(&own, ROUND_MS));
    }
    double base = 1e6 / bench_percentile(&one, 0.5);
    bench_row(b, "add_voxel, 1,000 projects, per edit",
            1e6 / bench_percentile(&many, 0.5), "us", base / 0.3,
            "1,000 writers of one project", base);
    bench_row(b, "add_voxel, 1,000 projects, p99",
            bench_percentile(&own.waits, 0.99), "ms", 50,
            "1,000 writers of one project",
            bench_percentile(&same.waits, 0.99));
    if (same.errors + own.errors > 0)
        bench_note("%llu edits failed",
                (unsigned long long)(same.errors + own.errors));
    close_load(&same);
    close_load(&own);
    bench_daemon_stop(&d);
    bench_samples_fini(&one);
    bench_samples_fini(&many);
}

static void undo(struct bench *b)
{
    struct bench_daemon d;
    struct bench_client c;
    struct bench_samples undos = {0}, redos = {0};
    if (!bench_daemon_start(b, &d) || !bench_connect(&c, d.socket_path))
        return;
    bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                      "\"goxel.procedural_shape\",\"params\":[\"cube\",100,"
                      "100,100,0,0,0,9,20,30,255]}");
    for (int i = 0; i < 11; i++) {
        bench_add(&undos, bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                                            "\"method\":\"goxel.undo\"}"));
        bench_add(&redos, bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                                            "\"method\":\"goxel.redo\"}"));
    }
    bench_row(b, "undo of a 1 M voxel edit, round trip, median",
            bench_percentile(&undos, 0.5), "ms", 5, NULL, NAN);
    bench_row(b, "redo of a 1 M voxel edit, round trip, median",
            bench_percentile(&redos, 0.5), "ms", 5, NULL, NAN);
    bench_samples_fini(&undos);
    bench_samples_fini(&redos);
    bench_disconnect(&c);
    bench_daemon_stop(&d);
}

void bench_durable(struct bench *b)
{
    pipelined(b);
    undo(b);
    many_projects(b);
}
