/* SPDX-License-Identifier: Apache-2.0
 * What the system tells about a process: who it is beyond its number, and how
 * it is.
 *
 * Invariant: a process is the same only when number, start time and boot are
 * the same; numbers are used again. Any thread; nothing is allocated. */
#ifndef GOX_PLATFORM_PROCINFO_H
#define GOX_PLATFORM_PROCINFO_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOX_BOOT_ID_BYTES      40
#define GOX_PROC_ID_TEXT_BYTES 96

struct gox_proc_id {
    int64_t pid;
    uint64_t start_ticks; /* since boot, in ticks of the system's own kind */
    char boot_id[GOX_BOOT_ID_BYTES]; /* "" where there is none */
};

/* GOX_ERR_NOT_FOUND: no such process. GOX_ERR_IO. */
int gox_proc_id_get(int64_t pid, struct gox_proc_id *id) GOX_MUST_CHECK;
bool gox_proc_id_is_same(
        const struct gox_proc_id *a, const struct gox_proc_id *b);
/* "pid start boot", and back; GOX_ERR_FORMAT. */
void gox_proc_id_format(
        const struct gox_proc_id *id, char text[GOX_PROC_ID_TEXT_BYTES]);
int gox_proc_id_parse(const char *text, struct gox_proc_id *id) GOX_MUST_CHECK;

/* This boot of the machine; "" when it cannot be told. */
void gox_proc_boot_id(char id[GOX_BOOT_ID_BYTES]);

/* What costs more than the rest, in gox_proc_info_read's `want`. */
enum {
    GOX_PROC_WANT_PSS = 1, /* walks the memory maps: about 50 us per 100 MB */
    GOX_PROC_WANT_FDS = 2, /* counts a directory */
};

struct gox_proc_info {
    /* R running, S sleeping, D in the kernel, T stopped, t traced, Z ended and
     * not yet reaped, X gone, I idle */
    char state;
    char name[32];
    int64_t parent_pid, group_pid, session_pid;
    int64_t tracer_pid; /* 0: nobody traces it */
    int64_t uid;        /* effective; -1: not known */
    uint64_t start_ticks;
    int64_t age_ms; /* since its start; 0: not known */
    uint64_t rss_bytes;
    uint64_t pss_bytes; /* 0: not asked for, or not allowed */
    int64_t cpu_ns;     /* user and system */
    int thread_count;
    int fd_count; /* -1: not asked for, or not allowed */
};
/* GOX_ERR_NOT_FOUND: no such process. GOX_ERR_IO. */
int gox_proc_info_read(
        int64_t pid, unsigned want, struct gox_proc_info *info) GOX_MUST_CHECK;
/* Stopped or traced: it cannot answer, and that is not its fault. */
bool gox_proc_info_is_held(const struct gox_proc_info *info);
/* The path of its program; GOX_ERR_NOT_FOUND, GOX_ERR_FORBIDDEN. */
int gox_proc_program(int64_t pid, char *path, size_t size) GOX_MUST_CHECK;

/* How much the machine waits, in percent of the last 10 s (Linux PSI). */
enum gox_pressure { GOX_PRESSURE_CPU, GOX_PRESSURE_IO, GOX_PRESSURE_MEMORY };
struct gox_pressure_info {
    double some_avg10, full_avg10; /* full is 0 for cpu on older kernels */
    uint64_t some_total_us, full_total_us;
};
/* GOX_ERR_UNSUPPORTED where the system does not tell. */
int gox_pressure_read(
        enum gox_pressure what, struct gox_pressure_info *info) GOX_MUST_CHECK;

#endif
