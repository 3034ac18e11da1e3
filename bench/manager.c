/* SPDX-License-Identifier: Apache-2.0
 * Being kept running: from the kill to the next answer, cold start, stopping,
 * and what the manager costs. Each crash is of a daemon that was up for more
 * than two seconds, in the default configuration. */
#include "bench.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CRASHES    7
#define UP_MS      2200
#define LIMIT_MS   10000
#define STOPS      7
#define CHECKS     20
#define CALL(name) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" name "\"}\n"

static const char HEALTH[] = CALL("daemon.health");

struct managed {
    pid_t pid; /* of the manager (or the rival) */
    char socket[100], control[110];
};

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* The number behind "key": in the reply; -1: none. */
static double number_in(const struct bench_client *c, const char *key)
{
    const char *at = c->reply != NULL ? strstr(c->reply, key) : NULL;
    return at != NULL ? strtod(at + strlen(key), NULL) : -1;
}

/* One new connection, one answer: which process gave it, 0: none did. */
static pid_t ask(const char *socket_path)
{
    struct bench_client c = {0};
    pid_t pid = 0;
    if (bench_connect(&c, socket_path)) {
        if (bench_call(&c, HEALTH, sizeof HEALTH - 1))
            pid = (pid_t)number_in(&c, "\"pid\":");
        bench_disconnect(&c);
    }
    return pid;
}

/* The first answer of a process that is not `old`; its time, NAN: none came. */
static double next_answer(const char *socket_path, pid_t old, pid_t *pid)
{
    double begin = bench_now_ms();
    do {
        *pid = ask(socket_path);
        if (*pid > 0 && *pid != old)
            return bench_now_ms() - begin;
    } while (bench_now_ms() - begin < LIMIT_MS);
    return NAN;
}

static double order(const struct managed *m, const char *text)
{
    struct bench_client c = {0};
    double begin = bench_now_ms();
    double value = NAN;
    if (!bench_connect(&c, m->control))
        return NAN;
    if (bench_call(&c, text, strlen(text))) {
        value = bench_now_ms() - begin;
        if (strstr(text, "health") != NULL)
            value = number_in(&c, "\"took_ms\":");
    }
    bench_disconnect(&c);
    return value;
}

static void start(
        struct bench *b, struct managed *m, const char *child, const char *name)
{
    char manager[512], daemon[512], state[128];
    snprintf(manager, sizeof manager, "%s/goxel-manager", b->bin_dir);
    snprintf(daemon, sizeof daemon, "%s/%s", b->bin_dir, child);
    snprintf(m->socket, sizeof m->socket, "%s/%s.sock", b->dir, name);
    snprintf(m->control, sizeof m->control, "%s.ctl", m->socket);
    snprintf(state, sizeof state, "%s/%s", b->dir, name);
    m->pid = fork();
    if (m->pid != 0)
        return;
    setenv("GOXEL_PATHS_DATA_DIR", state, 1);
    execl(manager, manager, "--socket", m->socket, "--state-dir", state,
            "--daemon", daemon, (char *)NULL);
    _exit(127);
}

static void stop(struct managed *m)
{
    kill(m->pid, SIGTERM);
    waitpid(m->pid, NULL, 0);
}

static double crash_median(const char *socket_path)
{
    struct bench_samples s = {0};
    pid_t pid = ask(socket_path);
    for (int k = 0; k < CRASHES && pid > 0; k++) {
        pid_t old = pid;
        pause_ms(UP_MS);
        kill(old, SIGKILL);
        double ms = next_answer(socket_path, old, &pid);
        if (isnan(ms))
            break;
        bench_add(&s, ms);
    }
    double median = s.count == CRASHES ? bench_percentile(&s, 0.5) : NAN;
    bench_samples_fini(&s);
    return median;
}

static double pss_kb(pid_t pid)
{
    char path[64], line[256];
    double kb = NAN;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "Pss:", 4) == 0)
            kb = strtod(line + 4, NULL);
    if (f != NULL)
        fclose(f);
    return kb;
}

/* The same child under runit's runsv, which has no knob for its pause. It
 * makes its own socket: runit holds none. */
static double crash_of_runsv(struct bench *b, const char *child)
{
    char dir[100], path[160], socket_path[160];
    pid_t first;
    if (!bench_has("runsv"))
        return NAN;
    snprintf(dir, sizeof dir, "%s/sv", b->dir);
    snprintf(path, sizeof path, "%s/run", dir);
    snprintf(socket_path, sizeof socket_path, "%s/sv.sock", b->dir);
    FILE *f = mkdir(dir, 0700) == 0 ? fopen(path, "w") : NULL;
    if (f == NULL)
        return NAN;
    fprintf(f, "#!/bin/sh\nrm -f %s\nexec %s/%s --socket %s\n", socket_path,
            b->bin_dir, child, socket_path);
    fclose(f);
    chmod(path, 0700);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("runsv", "runsv", dir, (char *)NULL);
        _exit(127);
    }
    double ms = isnan(next_answer(socket_path, 0, &first))
                        ? NAN
                        : crash_median(socket_path);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return ms;
}

static void with_daemon(struct bench *b)
{
    struct managed m;
    struct bench_samples stops = {0}, checks = {0};
    pid_t pid;
    start(b, &m, "goxel-daemon", "daemon");
    bench_row(b, "manager: exec to the first answer",
            next_answer(m.socket, 0, &pid), "ms", 15, NULL, NAN);
    bench_row(b, "manager: kill -9 to the next answer", crash_median(m.socket),
            "ms", 10, NULL, NAN);
    bench_row(b, "manager: PSS, one daemon", pss_kb(m.pid), "kB", 1024, NULL,
            NAN);
    bench_row(b, "manager: RSS, one daemon", bench_rss_mb(m.pid), "MiB", 3.5,
            NULL, NAN);
    for (int k = 0; k < CHECKS; k++)
        bench_add(&checks, order(&m, CALL("manager.health")));
    bench_row(b, "manager: one round of checks", bench_percentile(&checks, 0.5),
            "ms", 0.3, NULL, NAN);
    for (int k = 0; k < STOPS; k++) {
        pause_ms(100);
        bench_add(&stops, order(&m, CALL("manager.stop")));
        order(&m, CALL("manager.start"));
    }
    bench_row(b, "manager: stop to daemon gone, idle",
            bench_percentile(&stops, 0.5), "ms", 10, NULL, NAN);
    bench_samples_fini(&stops);
    bench_samples_fini(&checks);
    stop(&m);
}

void bench_manager(struct bench *b)
{
    static const char child[] = "test_manager_child";
    char path[512];
    struct managed m;
    pid_t pid;
    with_daemon(b);
    snprintf(path, sizeof path, "%s/%s", b->bin_dir, child);
    if (access(path, X_OK) != 0) {
        bench_note("the small child is built with the tests: not measured");
        return;
    }
    start(b, &m, child, "child");
    double cold = next_answer(m.socket, 0, &pid);
    double crash = crash_median(m.socket);
    stop(&m);
    double rival = crash_of_runsv(b, child);
    bench_row(b, "manager: exec to first answer, small child", cold, "ms", NAN,
            NULL, NAN);
    bench_row(b, "manager: kill -9 to next answer, small child", crash, "ms", 2,
            isnan(rival) ? NULL : "runit", rival);
    if (isnan(rival))
        bench_note("runit is not installed: not compared");
}
