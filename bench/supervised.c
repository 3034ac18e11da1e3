/* SPDX-License-Identifier: Apache-2.0
 * Killing what is supervised and waiting for the next answer. */
#include "supervised.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UP_MS        2200
#define LIMIT_MS     10000
#define TRY_AGAIN_NS 200000

static const char HEALTH[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.health\"}\n";

void bench_pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* One new connection, one answer: which process gave it, 0: none did. */
static pid_t ask(const char *socket_path)
{
    struct bench_client c = {0};
    pid_t pid = 0;
    if (!bench_connect(&c, socket_path))
        return 0;
    if (bench_call(&c, HEALTH, sizeof HEALTH - 1)) {
        const char *at = strstr(c.reply, "\"pid\":");
        pid = at != NULL ? (pid_t)strtol(at + 6, NULL, 10) : 0;
    }
    bench_disconnect(&c);
    return pid;
}

double bench_next_answer(const char *socket_path, pid_t old, pid_t *pid)
{
    const struct timespec pause = {.tv_nsec = TRY_AGAIN_NS};
    double begin = bench_now_ms();
    do {
        *pid = ask(socket_path);
        if (*pid > 0 && *pid != old)
            return bench_now_ms() - begin;
        nanosleep(&pause, NULL);
    } while (bench_now_ms() - begin < LIMIT_MS);
    return NAN;
}

double bench_crash_median(const char *socket_path, int count)
{
    struct bench_samples s = {0};
    pid_t pid = ask(socket_path);
    for (int k = 0; k < count && pid > 0; k++) {
        pid_t old = pid;
        bench_pause_ms(UP_MS);
        kill(old, SIGKILL);
        double ms = bench_next_answer(socket_path, old, &pid);
        if (isnan(ms))
            break;
        bench_add(&s, ms);
    }
    double median = s.count == (size_t)count ? bench_percentile(&s, 0.5) : NAN;
    bench_samples_fini(&s);
    return median;
}

double bench_pss_kb(pid_t pid)
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

/* ---- the floor ---- */

static void run_loop(const char *socket_path, const char *program)
{
    char owner[32];
    const char *argv[] = {program, "--socket", socket_path, NULL};
    const char *envp[] = {"LISTEN_FDS=1", owner, NULL};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
            listen(fd, 128) != 0 || (fd != 3 && dup2(fd, 3) != 3))
        return;
    for (;;) {
        pid_t pid = vfork();
        if (pid == 0) {
            snprintf(owner, sizeof owner, "LISTEN_PID=%d", (int)getpid());
            execve(program, (char *const *)argv, (char *const *)envp);
            _exit(1);
        }
        if (pid < 0 || waitpid(pid, NULL, 0) < 0)
            return;
    }
}

double bench_loop_crash_median(struct bench *b, int count)
{
    char socket_path[100], program[512];
    pid_t child;
    snprintf(socket_path, sizeof socket_path, "%s/loop.sock", b->dir);
    snprintf(program, sizeof program, "%s/" BENCH_SMALL_CHILD, b->bin_dir);
    pid_t pid = fork();
    if (pid == 0) {
        run_loop(socket_path, program);
        _exit(1);
    }
    double median = NAN;
    if (pid > 0 && !isnan(bench_next_answer(socket_path, 0, &child)))
        median = bench_crash_median(socket_path, count);
    bench_next_answer(socket_path, 0, &child);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (child > 0)
        kill(child, SIGKILL);
    return median;
}
