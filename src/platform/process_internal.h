/* SPDX-License-Identifier: Apache-2.0
 * What a start needs on both sides of the fork.
 *
 * Invariant: after gox__start_plan_init the child needs no memory and no lock.
 */
#ifndef GOX_PLATFORM_PROCESS_INTERNAL_H
#define GOX_PLATFORM_PROCESS_INTERNAL_H

#include "platform/process.h"

#include <sys/types.h>

#define GOX_TREE_VARIABLE "GOXEL_TREE"

/* A variable whose value is the child's own number, known only there. */
struct gox__start_pid_slot {
    char text[40];
    size_t at; /* where the digits go */
};
#define GOX__START_SLOTS 3

struct gox__start_plan {
    const struct gox_process_spec *spec;
    char **env;      /* owned; the texts are borrowed or below */
    char *names;     /* LISTEN_FDNAMES=..., owned */
    int *socket_fds; /* owned; the descriptors are borrowed */
    char notify[160], fd_count[40], watchdog[48];
    struct gox__start_pid_slot slots[GOX__START_SLOTS];
    size_t slot_count;
    char *const *argv;
    int child_fds[3]; /* what becomes 0, 1, 2 */
    int own_fds[3];   /* our ends of pipes, or -1 */
    bool is_owned[3]; /* child_fds to be closed by us */
};

/* 0 or errno; gox__start_plan_fini in any case. */
int gox__start_plan_init(
        struct gox__start_plan *plan, const struct gox_process_spec *spec);
void gox__start_plan_fini(struct gox__start_plan *plan);
/* Our end of the pipe of stream 1 or 2, now the caller's; -1: none. */
int gox__start_plan_take(struct gox__start_plan *plan, int stream);

/* In the child: becomes the program. Returns only on failure: the step that
 * failed, with errno set. *report_fd stays usable and may move. */
enum gox_process_step gox__start_become(
        struct gox__start_plan *plan, int *report_fd);

/* What the systems differ in. Both ends close-on-exec; 0 or -1 with errno. */
int gox__process_pipe(int ends[2]);
/* Makes a child that calls run(ctx), which does not return and makes system
 * calls only; it may share our memory until it is the program. Its number, or
 * -1 with errno. All signals are blocked. */
pid_t gox__process_fork(
        const struct gox_process_spec *spec, int (*run)(void *ctx), void *ctx);
/* A descriptor that stands for this process and becomes readable when it has
 * ended; -1 with errno. */
int gox__process_hold(int64_t pid);
/* In the child, by system calls only; false with errno. */
bool gox__start_enter_cgroup(const struct gox_process_spec *spec);
bool gox__start_set_oom_score(const struct gox_process_spec *spec);
/* Has exec close all descriptors from `first` on. */
void gox__start_mark_rest(int first);
void gox__start_put_digits(char *at, long long value);

/* The one of the set that runs under this number, or NULL. */
struct gox_process *gox__process_find(
        const struct gox_process_set *set, int64_t pid);

/* One process as the walk needs it, by one read. */
struct gox__proc_row {
    int64_t pid, parent;
    uint64_t start_ticks;
    bool is_ended;   /* a zombie */
    bool is_exiting; /* on the way there; its environment is gone already */
};
int gox__proc_row_read(int64_t pid, struct gox__proc_row *row) GOX_MUST_CHECK;

#endif
