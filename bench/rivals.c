/* SPDX-License-Identifier: Apache-2.0
 * What users could take instead of the manager, in its default configuration,
 * with the same small child. None of them holds a socket, so the child makes
 * its own. Their memory is that of all their processes but the child's. */
#include "supervised.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CRASHES 5

struct rival {
    const char *name, *program;
    /* Writes what else it needs and fills argv from 1 on. */
    bool (*prepare)(struct rival *r, const char *argv[6]);
    char dir[100], socket_path[108], run[128], file[160];
};

static bool write_file(const char *path, unsigned mode, const char *text)
{
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return false;
    bool is_out = fputs(text, f) >= 0;
    is_out = fclose(f) == 0 && is_out;
    return chmod(path, mode) == 0 && is_out;
}

static bool prepare_runit(struct rival *r, const char *argv[6])
{
    argv[1] = r->dir;
    return true;
}

/* A directory of services, with a link to the one. */
static bool prepare_s6(struct rival *r, const char *argv[6])
{
    char link[192];
    snprintf(r->file, sizeof r->file, "%s.scan", r->dir);
    snprintf(link, sizeof link, "%s/child", r->file);
    argv[1] = r->file;
    return mkdir(r->file, 0700) == 0 && symlink(r->dir, link) == 0;
}

static bool prepare_supervisord(struct rival *r, const char *argv[6])
{
    char text[1024];
    snprintf(r->file, sizeof r->file, "%s/supervisord.conf", r->dir);
    snprintf(text, sizeof text,
            "[supervisord]\nnodaemon=true\nlogfile=%s/log\n"
            "pidfile=%s/pid\nchildlogdir=%s\n[program:child]\ncommand=%s\n",
            r->dir, r->dir, r->dir, r->run);
    argv[1] = "-c";
    argv[2] = r->file;
    return write_file(r->file, 0600, text);
}

/* The first descendants of a process, one level down. */
static size_t children_of(pid_t pid, pid_t *list, size_t max)
{
    char path[80];
    size_t count = 0;
    int number;
    snprintf(
            path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && count < max && fscanf(f, "%d", &number) == 1)
        list[count++] = (pid_t)number;
    if (f != NULL)
        fclose(f);
    return count;
}

/* Supervisors stand between their root and the child. */
static double pss_of_tree(pid_t root, pid_t child)
{
    pid_t list[16];
    double kb = bench_pss_kb(root);
    size_t count = children_of(root, list, 16);
    for (size_t k = 0; k < count; k++)
        if (list[k] != child)
            kb += pss_of_tree(list[k], child);
    return kb;
}

static pid_t start(struct bench *b, struct rival *r)
{
    const char *argv[6] = {r->program};
    char text[512];
    snprintf(r->dir, sizeof r->dir, "%s/%s", b->dir, r->name);
    snprintf(r->socket_path, sizeof r->socket_path, "%s.sock", r->dir);
    snprintf(r->run, sizeof r->run, "%s/run", r->dir);
    snprintf(text, sizeof text, "#!/bin/sh\nrm -f %s\nexec %s/%s --socket %s\n",
            r->socket_path, b->bin_dir, BENCH_SMALL_CHILD, r->socket_path);
    if (mkdir(r->dir, 0700) != 0 || !write_file(r->run, 0700, text) ||
            !r->prepare(r, argv))
        return -1;
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    bench_exec_quietly(argv);
    return -1;
}

/* A root may leave its own processes and the child behind. */
static void stop(pid_t root, pid_t child)
{
    pid_t list[16];
    size_t count = children_of(root, list, 16);
    kill(root, SIGTERM);
    waitpid(root, NULL, 0);
    for (size_t k = 0; k < count; k++)
        if (list[k] != child)
            kill(list[k], SIGTERM);
    if (child > 0)
        kill(child, SIGKILL);
}

static void measure(struct bench *b, struct rival *r)
{
    char name[64];
    pid_t child = 0;
    pid_t root = start(b, r);
    double cold = root > 0 ? bench_next_answer(r->socket_path, 0, &child) : NAN;
    if (isnan(cold)) {
        bench_note("%s does not run here: not compared", r->name);
        if (root > 0)
            stop(root, 0);
        return;
    }
    bench_pause_ms(2000);
    double pss = pss_of_tree(root, child);
    double crash = bench_crash_median(r->socket_path, CRASHES);
    snprintf(name, sizeof name, "%s: exec to first answer, small child",
            r->name);
    bench_row(b, name, cold, "ms", NAN, NULL, NAN);
    snprintf(name, sizeof name, "%s: kill -9 to next answer, small child",
            r->name);
    bench_row(b, name, crash, "ms", NAN, NULL, NAN);
    snprintf(name, sizeof name, "%s: PSS, one child", r->name);
    bench_row(b, name, pss, "kB", NAN, NULL, NAN);
    /* The child of now, not of then. */
    bench_next_answer(r->socket_path, 0, &child);
    stop(root, child);
}

void bench_rivals(struct bench *b)
{
    struct rival rivals[] = {
            {.name = "runit", .program = "runsv", .prepare = prepare_runit},
            {.name = "s6", .program = "s6-svscan", .prepare = prepare_s6},
            {.name = "supervisord",
                    .program = "supervisord",
                    .prepare = prepare_supervisord},
    };
    for (size_t k = 0; k < sizeof rivals / sizeof *rivals; k++) {
        if (bench_has(rivals[k].program))
            measure(b, &rivals[k]);
        else
            bench_note("%s is not installed: not compared", rivals[k].name);
    }
}
