/* SPDX-License-Identifier: Apache-2.0
 * Being kept running: from the kill to the next answer, cold start, stopping,
 * and what the manager costs. Each crash is of a daemon that was up for more
 * than two seconds, in the default configuration; each cold start has a state
 * directory of its own that is empty. */
#include "supervised.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COLD_STARTS 11
#define CRASHES     7
#define STOPS       7
#define CHECKS      20
#define CHILDREN    100
#define IDLE_MS     10000
#define SETTLE_MS   3000
#define CALL(name)  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" name "\"}\n"
#define LAST_ROUND                                                             \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"manager.health\","             \
    "\"params\":{\"check\":false}}\n"

struct managed {
    pid_t pid; /* of the manager */
    char socket[100], control[110];
};

/* The answer's number behind "key":, or without a key the time that it took. */
static double order(const struct managed *m, const char *text, const char *key)
{
    struct bench_client c = {0};
    double begin = bench_now_ms();
    double value = NAN;
    if (!bench_connect(&c, m->control))
        return NAN;
    if (bench_call(&c, text, strlen(text))) {
        const char *at = key != NULL ? strstr(c.reply, key) : NULL;
        value = key == NULL  ? bench_now_ms() - begin
                : at != NULL ? strtod(at + strlen(key), NULL)
                             : NAN;
    }
    bench_disconnect(&c);
    return value;
}

/* interval: of the checks in ms, as text; NULL: the default. */
static void start(struct bench *b, struct managed *m, const char *child,
        const char *name, const char *interval)
{
    char manager[512], daemon[512], state[128];
    snprintf(manager, sizeof manager, "%s/goxel-manager", b->bin_dir);
    snprintf(daemon, sizeof daemon, "%s/%s", b->bin_dir, child);
    snprintf(m->socket, sizeof m->socket, "%s/%s.sock", b->dir, name);
    snprintf(m->control, sizeof m->control, "%s.ctl", m->socket);
    snprintf(state, sizeof state, "%s/%s", b->dir, name);
    const char *argv[] = {manager, "--socket", m->socket, "--state-dir", state,
            "--daemon", daemon, NULL};
    m->pid = fork();
    if (m->pid != 0)
        return;
    setenv("GOXEL_PATHS_DATA_DIR", state, 1);
    if (interval != NULL)
        setenv("GOXEL_AUTO_START_HEALTH_INTERVAL_MS", interval, 1);
    bench_exec_quietly(argv);
}

static void stop(struct managed *m)
{
    kill(m->pid, SIGTERM);
    waitpid(m->pid, NULL, 0);
}

static double cold_median(struct bench *b, const char *child)
{
    struct bench_samples s = {0};
    char name[64];
    for (int k = 0; k < COLD_STARTS; k++) {
        struct managed m;
        pid_t pid;
        snprintf(name, sizeof name, "cold-%.20s-%d", child, k);
        start(b, &m, child, name, NULL);
        double ms = bench_next_answer(m.socket, 0, &pid);
        stop(&m);
        if (!isnan(ms))
            bench_add(&s, ms);
    }
    double median =
            s.count == COLD_STARTS ? bench_percentile(&s, 0.5) : (double)NAN;
    bench_samples_fini(&s);
    return median;
}

static void with_daemon(struct bench *b)
{
    struct managed m;
    struct bench_samples stops = {0}, checks = {0};
    pid_t pid;
    bench_row(b, "manager: exec to the first answer",
            cold_median(b, "goxel-daemon"), "ms", 15, NULL, NAN);
    start(b, &m, "goxel-daemon", "daemon", NULL);
    if (isnan(bench_next_answer(m.socket, 0, &pid)))
        bench_note("the daemon does not answer");
    bench_row(b, "manager: kill -9 to the next answer",
            bench_crash_median(m.socket, CRASHES), "ms", 10, NULL, NAN);
    bench_row(b, "manager: PSS, one daemon", bench_pss_kb(m.pid), "kB", 1024,
            NULL, NAN);
    bench_row(b, "manager: RSS, one daemon", bench_rss_mb(m.pid), "MiB", 3.5,
            NULL, NAN);
    for (int k = 0; k < CHECKS; k++)
        bench_add(&checks, order(&m, CALL("manager.health"), "\"took_ms\":"));
    bench_row(b, "manager: one round of checks", bench_percentile(&checks, 0.5),
            "ms", 0.3, NULL, NAN);
    for (int k = 0; k < STOPS; k++) {
        bench_pause_ms(100);
        bench_add(&stops, order(&m, CALL("manager.stop"), NULL));
        order(&m, CALL("manager.start"), NULL);
    }
    bench_row(b, "manager: stop to daemon gone, idle",
            bench_percentile(&stops, 0.5), "ms", 10, NULL, NAN);
    bench_samples_fini(&stops);
    bench_samples_fini(&checks);
    stop(&m);
}

/* ---- doing nothing ---- */

/* How often the process went to sleep, which is how often it was woken. */
static double sleeps(pid_t pid)
{
    static const char key[] = "voluntary_ctxt_switches:";
    char path[64], line[256];
    double count = NAN;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, key, sizeof key - 1) == 0)
            count = strtod(line + sizeof key - 1, NULL);
    if (f != NULL)
        fclose(f);
    return count;
}

static void idle(struct bench *b, const char *name, const char *interval)
{
    struct managed m;
    pid_t pid;
    char row[80];
    start(b, &m, "goxel-daemon", name, interval);
    bench_next_answer(m.socket, 0, &pid);
    bench_pause_ms(SETTLE_MS);
    double rounds = order(&m, LAST_ROUND, "\"rounds\":");
    bench_pause_ms(50);
    double before = sleeps(m.pid);
    bench_pause_ms(IDLE_MS);
    double woken = sleeps(m.pid) - before;
    rounds = order(&m, LAST_ROUND, "\"rounds\":") - rounds;
    stop(&m);
    if (strcmp(interval, "0") == 0) {
        bench_row(b, "manager: wakeups in 10 s, checks off", woken, "", 0, NULL,
                NAN);
        return;
    }
    /* Rounds come by chance up to 10 % sooner or later. */
    snprintf(row, sizeof row, "manager: wakeups for %.0f rounds in 10 s",
            rounds);
    bench_row(b, row, woken, "", rounds, NULL, NAN);
}

/* ---- many ---- */

struct crowd {
    char args[CHILDREN][160];
    const char *argv[2 * CHILDREN + 16];
};

static bool write_instance(struct bench *b, struct crowd *crowd, int k)
{
    char file[96];
    snprintf(file, sizeof file, "%s/many/%d.json", b->dir, k);
    FILE *f = fopen(file, "w");
    if (f == NULL)
        return false;
    fprintf(f, "{\"daemon\":{\"socket_path\":\"%s/many/%d.sock\"}}\n", b->dir,
            k);
    snprintf(crowd->args[k], sizeof crowd->args[k], "c%d=%s", k, file);
    return fclose(f) == 0;
}

static pid_t start_crowd(struct bench *b, struct crowd *crowd)
{
    char manager[512], daemon[512], dir[96];
    size_t n = 0;
    snprintf(manager, sizeof manager, "%s/goxel-manager", b->bin_dir);
    snprintf(daemon, sizeof daemon, "%s/" BENCH_SMALL_CHILD, b->bin_dir);
    snprintf(dir, sizeof dir, "%s/many", b->dir);
    if (mkdir(dir, 0700) != 0)
        return -1;
    const char *head[] = {manager, "--state-dir", dir, "--daemon", daemon};
    for (; n < sizeof head / sizeof *head; n++)
        crowd->argv[n] = head[n];
    for (int k = 0; k < CHILDREN; k++) {
        if (!write_instance(b, crowd, k))
            return -1;
        crowd->argv[n++] = "--instance";
        crowd->argv[n++] = crowd->args[k];
    }
    pid_t pid = fork();
    if (pid == 0)
        bench_exec_quietly(crowd->argv);
    return pid;
}

static void many(struct bench *b)
{
    char path[108];
    pid_t pid;
    struct crowd *crowd = calloc(1, sizeof *crowd);
    pid_t manager = crowd != NULL ? start_crowd(b, crowd) : -1;
    double begin = bench_now_ms();
    bool is_up = manager > 0;
    for (int k = 0; k < CHILDREN && is_up; k++) {
        snprintf(path, sizeof path, "%s/many/%d.sock", b->dir, k);
        is_up = !isnan(bench_next_answer(path, 0, &pid));
    }
    double all = is_up ? bench_now_ms() - begin : (double)NAN;
    bench_pause_ms(2000);
    bench_row(b, "manager: exec to the answers of 100 children", all, "ms", NAN,
            NULL, NAN);
    bench_row(b, "manager: PSS, 100 children",
            is_up ? bench_pss_kb(manager) : (double)NAN, "kB", 3072, NULL, NAN);
    if (manager > 0) {
        kill(manager, SIGTERM);
        waitpid(manager, NULL, 0);
    }
    free(crowd);
}

static void with_small_child(struct bench *b)
{
    struct managed m;
    pid_t pid;
    double floor = bench_loop_crash_median(b, CRASHES);
    bench_row(b, "manager: exec to first answer, small child",
            cold_median(b, BENCH_SMALL_CHILD), "ms", NAN, NULL, NAN);
    start(b, &m, BENCH_SMALL_CHILD, "child", NULL);
    bench_next_answer(m.socket, 0, &pid);
    bench_row(b, "manager: kill -9 to next answer, small child",
            bench_crash_median(m.socket, CRASHES), "ms", 2, "bare vfork loop",
            floor);
    bench_row(b, "manager: PSS, one small child", bench_pss_kb(m.pid), "kB",
            1024, NULL, NAN);
    stop(&m);
}

void bench_manager(struct bench *b)
{
    char path[512];
    with_daemon(b);
    idle(b, "idle-off", "0");
    idle(b, "idle-on", "1000");
    snprintf(path, sizeof path, "%s/" BENCH_SMALL_CHILD, b->bin_dir);
    if (access(path, X_OK) != 0) {
        bench_note("%s is not there: not measured", path);
        return;
    }
    with_small_child(b);
    many(b);
    bench_rivals(b);
}
