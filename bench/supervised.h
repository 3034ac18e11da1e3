/* SPDX-License-Identifier: Apache-2.0
 * What the manager and the programs that others use instead are measured by:
 * the same client, the same kills, the same child.
 *
 * Invariant: a try that got no answer is followed by a pause, so that the
 * client leaves the processors to what it measures. */
#ifndef GOX_BENCH_SUPERVISED_H
#define GOX_BENCH_SUPERVISED_H

#include "bench.h"

#define BENCH_SMALL_CHILD "goxel-bench-child"

void bench_pause_ms(long ms);
/* The first answer of a process that is not `old`; its time, NAN: none came. */
double bench_next_answer(const char *socket_path, pid_t old, pid_t *pid);
/* kill -9 of what answers to the answer of the next one: the median of so many,
 * each after more than two seconds of life. NAN: one never came. */
double bench_crash_median(const char *socket_path, int count);
/* Proportional memory in kB; NAN: gone. */
double bench_pss_kb(pid_t pid);

/* The same with a bare loop of vfork, exec and waitpid that holds the socket:
 * what the machine takes at least, as no supervisor does less. */
double bench_loop_crash_median(struct bench *b, int count);

/* Rows of runit, s6 and supervisord, each when it is installed. */
void bench_rivals(struct bench *b);

#endif
