/* SPDX-License-Identifier: Apache-2.0
 * What the benchmarks share: a plain blocking client, child processes, sorted
 * samples, and the table of results.
 *
 * Invariant: every figure was measured in this run; a rival that is not
 * installed is shown as such and no ratio is made up. */
#ifndef GOX_BENCH_BENCH_H
#define GOX_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct bench {
    const char *bin_dir;    /* where goxel-daemon and goxelctl are */
    const char *corpus_dir; /* or NULL */
    char dir[64];           /* temporary, removed at the end */
    unsigned row_count, failed_count;
    void *json; /* FILE * of the results, or NULL */
    bool is_first_row;
    const char *daemon_args; /* --set of daemons started from now on: texts one
                                after the other, then an empty one; or NULL */
};

/* ---- time and samples ---- */
double bench_now_ms(void);
struct bench_samples {
    double *values;
    size_t count, capacity;
};
void bench_add(struct bench_samples *s, double value);
/* p: 0 ... 1; sorts. */
double bench_percentile(struct bench_samples *s, double p);
void bench_samples_fini(struct bench_samples *s);

/* ---- processes ---- */
struct bench_daemon {
    pid_t pid;
    char socket_path[108];
    double start_ms; /* exec to the first reply */
};
/* Starts the daemon on a socket in b->dir and waits for its first reply. */
bool bench_daemon_start(struct bench *b, struct bench_daemon *d);
void bench_daemon_stop(struct bench_daemon *d);
/* Resident bytes of a process in MiB. */
double bench_rss_mb(pid_t pid);
/* Runs a command to its end, output to /dev/null; wall time in ms, -1 when it
 * failed. peak_mb may be NULL. */
double bench_run(const char *const argv[], double *peak_mb);
/* The median of n runs. */
double bench_run_median(const char *const argv[], int n);
bool bench_has(const char *program); /* on PATH */
/* From now on this process and its children have one processor, or all. */
void bench_pin(bool is_pinned);
/* A server that answers one connection with what it reads. */
pid_t bench_echo_start(const char *socket_path);
/* In a new child: becomes the program, silent; does not return. */
void bench_exec_quietly(const char *const argv[]);

/* ---- a client ---- */
struct bench_client {
    int fd;
    char *reply; /* the last line, NUL-ended */
    size_t len, capacity;
};
bool bench_connect(struct bench_client *c, const char *socket_path);
/* Sends text (one line with its newline) and reads one line. */
bool bench_call(struct bench_client *c, const char *text, size_t len);
/* The same by printf; exits when the reply is an error. Wall time in ms. */
double bench_request(struct bench_client *c, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));
void bench_disconnect(struct bench_client *c);

/* ---- results ---- */
/* One row: a figure, its bar (at most; NAN: none), and what it is measured
 * against (rival NULL: nothing). */
void bench_row(struct bench *b, const char *name, double value,
        const char *unit, double bar, const char *rival, double rival_value);
void bench_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- the groups ---- */
void bench_server(struct bench *b);
void bench_model(struct bench *b);
void bench_pingpong(struct bench *b);
void bench_monitoring(struct bench *b);
void bench_convert(struct bench *b);
void bench_store(struct bench *b);
void bench_durable(struct bench *b);
void bench_mcp(struct bench *b);
void bench_manager(struct bench *b);

#endif
