/* SPDX-License-Identifier: Apache-2.0
 * Time, samples, processes, the client and the table of results. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double bench_now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

void bench_add(struct bench_samples *s, double value)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity > 0 ? s->capacity * 2 : 1024;
        s->values = realloc(s->values, s->capacity * sizeof *s->values);
        if (s->values == NULL)
            abort();
    }
    s->values[s->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_percentile(struct bench_samples *s, double p)
{
    if (s->count == 0)
        return NAN;
    qsort(s->values, s->count, sizeof *s->values, compare);
    size_t i = (size_t)(p * (double)(s->count - 1) + 0.5);
    return s->values[i];
}

void bench_samples_fini(struct bench_samples *s)
{
    free(s->values);
    *s = (struct bench_samples){0};
}

void bench_exec_quietly(const char *const argv[])
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    /* execvp does not change the strings; its type is older than const. */
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

bool bench_daemon_start(struct bench *b, struct bench_daemon *d)
{
    static unsigned counter;
    char program[512];
    snprintf(program, sizeof program, "%s/goxel-daemon", b->bin_dir);
    snprintf(d->socket_path, sizeof d->socket_path, "%s/%u.sock", b->dir,
            counter++);
    char data_dir[128];
    const char *argv[32] = {program, "--socket", d->socket_path, "--data-dir",
            data_dir, "--log-level", "error", "--allowed-paths", b->dir};
    /* Each daemon begins with nothing. */
    snprintf(data_dir, sizeof data_dir, "%s/data%u", b->dir, counter);
    size_t count = 9;
    for (const char *arg = b->daemon_args; arg != NULL && *arg != '\0';
            arg += strlen(arg) + 1) {
        argv[count++] = "--set";
        argv[count++] = arg;
    }
    double start = bench_now_ms();
    d->pid = fork();
    if (d->pid == 0)
        bench_exec_quietly(argv);
    struct bench_client c;
    while (bench_now_ms() - start < 5000) {
        if (bench_connect(&c, d->socket_path)) {
            bench_request(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                              "\"goxel.get_status\"}");
            d->start_ms = bench_now_ms() - start;
            bench_disconnect(&c);
            return true;
        }
        struct timespec pause = {.tv_nsec = 50000};
        nanosleep(&pause, NULL);
    }
    return false;
}

void bench_daemon_stop(struct bench_daemon *d)
{
    kill(d->pid, SIGTERM);
    waitpid(d->pid, NULL, 0);
}

pid_t bench_echo_start(const char *socket_path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 ||
            listen(fd, 4) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid != 0) {
        close(fd);
        return pid;
    }
    int client = accept(fd, NULL, NULL);
    char buf[65536];
    ssize_t n;
    while ((n = read(client, buf, sizeof buf)) > 0)
        if (write(client, buf, (size_t)n) != n)
            break;
    _exit(0);
}

void bench_pin(bool is_pinned)
{
    static cpu_set_t all;
    cpu_set_t set;
    if (CPU_COUNT(&all) == 0)
        sched_getaffinity(0, sizeof all, &all);
    set = all;
    for (size_t k = 0; is_pinned && CPU_COUNT(&set) > 1; k++)
        CPU_CLR(k, &set);
    sched_setaffinity(0, sizeof set, &set);
}

double bench_rss_mb(pid_t pid)
{
    char path[64], line[256];
    double kb = NAN;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (file != NULL)
        fclose(file);
    return kb / 1024;
}

double bench_run(const char *const argv[], double *peak_mb)
{
    double start = bench_now_ms();
    pid_t pid = fork();
    if (pid == 0)
        bench_exec_quietly(argv);
    int status;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            return -1;
    if (peak_mb != NULL)
        *peak_mb = (double)usage.ru_maxrss / 1024;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
                   ? bench_now_ms() - start
                   : -1;
}

double bench_run_median(const char *const argv[], int n)
{
    struct bench_samples s = {0};
    for (int i = 0; i < n; i++) {
        double ms = bench_run(argv, NULL);
        if (ms < 0) {
            bench_samples_fini(&s);
            return -1;
        }
        bench_add(&s, ms);
    }
    double median = bench_percentile(&s, 0.5);
    bench_samples_fini(&s);
    return median;
}

bool bench_has(const char *program)
{
    char command[256];
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

bool bench_connect(struct bench_client *c, const char *socket_path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    *c = (struct bench_client){.fd = socket(AF_UNIX, SOCK_STREAM, 0)};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", socket_path);
    if (connect(c->fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return true;
    close(c->fd);
    return false;
}

static bool read_line(struct bench_client *c)
{
    c->len = 0;
    do {
        if (c->capacity - c->len < 65536) {
            c->capacity = c->capacity * 2 + 131072;
            c->reply = realloc(c->reply, c->capacity);
            if (c->reply == NULL)
                abort();
        }
        ssize_t n = read(c->fd, c->reply + c->len, c->capacity - c->len - 1);
        if (n <= 0)
            return false;
        c->len += (size_t)n;
    } while (c->reply[c->len - 1] != '\n');
    c->reply[c->len] = '\0';
    return true;
}

bool bench_call(struct bench_client *c, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(c->fd, text, len);
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return read_line(c);
}

double bench_request(struct bench_client *c, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text - 1, fmt, args);
    va_end(args);
    text[len++] = '\n';
    double start = bench_now_ms();
    if (!bench_call(c, text, (size_t)len)) {
        fprintf(stderr, "goxel-bench: no reply to %.*s", len, text);
        exit(1);
    }
    double ms = bench_now_ms() - start;
    if (strstr(c->reply, "\"error\":{") != NULL) {
        fprintf(stderr, "goxel-bench: %s", c->reply);
        exit(1);
    }
    return ms;
}

void bench_disconnect(struct bench_client *c)
{
    close(c->fd);
    free(c->reply);
}

void bench_row(struct bench *b, const char *name, double value,
        const char *unit, double bar, const char *rival, double rival_value)
{
    bool is_met = isnan(bar) || value <= bar;
    char bar_text[32] = "", rival_text[80] = "";
    if (!isnan(bar))
        snprintf(bar_text, sizeof bar_text, "<= %g", bar);
    if (rival != NULL && isnan(rival_value))
        snprintf(rival_text, sizeof rival_text, "%s: not installed", rival);
    else if (rival != NULL)
        snprintf(rival_text, sizeof rival_text, "%s: %.3g (x%.3g)", rival,
                rival_value, value / rival_value);
    printf("%-44s %10.3f %-4s %-9s %-6s %s\n", name, value, unit, bar_text,
            isnan(bar) ? ""
            : is_met   ? "met"
                       : "MISSED",
            rival_text);
    fflush(stdout);
    b->row_count++;
    b->failed_count += !is_met;
    if (b->json == NULL)
        return;
    fprintf(b->json, "%s\n  {\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"",
            b->is_first_row ? "[" : ",", name, value, unit);
    b->is_first_row = false;
    if (!isnan(bar))
        fprintf(b->json, ",\"bar\":%g,\"met\":%s", bar,
                is_met ? "true" : "false");
    if (rival != NULL && !isnan(rival_value))
        fprintf(b->json,
                ",\"rival\":\"%s\",\"rival_value\":%.6g,\"ratio\":%.6g", rival,
                rival_value, value / rival_value);
    fprintf(b->json, "}");
}

void bench_note(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    printf("  ");
    vprintf(fmt, args);
    printf("\n");
    va_end(args);
}
