/* SPDX-License-Identifier: Apache-2.0
 * Starting, watching and ending other programs. A process is held by a
 * descriptor (pidfd), not by its number, so a number that is used again never
 * gets our signal.
 *
 * Invariants: a started program gets the descriptors, the environment and the
 * rights that its spec names and no others; it goes on when we die; each child
 * is reaped exactly once, and children of others are left alone unless
 * gox_process_reap is called. One thread starts and reaps. SIGCHLD must not be
 * ignored, and no one else may wait for "any child". */
#ifndef GOX_PLATFORM_PROCESS_H
#define GOX_PLATFORM_PROCESS_H

#include "platform/cgroup.h"
#include "platform/procinfo.h"
#include "platform/user.h"

/* Where a stream of the new program goes. */
enum gox_process_stream {
    GOX_STREAM_NULL, /* /dev/null */
    GOX_STREAM_PIPE, /* a pipe; our end is non-blocking */
    GOX_STREAM_SAME, /* ours */
    GOX_STREAM_FD,   /* the descriptor in the spec */
};

enum gox_process_limit_kind {
    GOX_LIMIT_FILES,     /* open descriptors */
    GOX_LIMIT_CORE,      /* bytes of a core file */
    GOX_LIMIT_MEMORY,    /* bytes of address space */
    GOX_LIMIT_PROCESSES, /* of the user */
    GOX_LIMIT_STACK,     /* bytes */
    GOX_LIMIT_CPU,       /* seconds */
};
#define GOX_LIMIT_NONE UINT64_MAX
struct gox_process_limit {
    enum gox_process_limit_kind kind;
    uint64_t soft, hard; /* GOX_LIMIT_NONE: no limit */
};

/* A listening socket to pass on; they become 3, 4, ... in this order. */
struct gox_process_socket {
    int fd;
    const char *name; /* for LISTEN_FDNAMES; no ':' */
};

/* All zero but program and argv is a usable spec. Borrowed for the call. */
struct gox_process_spec {
    const char *program;     /* a path; PATH is not searched */
    const char *const *argv; /* ends with NULL; argv[0] included */
    /* "NAME=value" ..., ends with NULL; NULL: no variables. NOTIFY_SOCKET,
     * WATCHDOG_*, LISTEN_* and GOXEL_TREE in it are left out: those are set
     * from below, for this child. */
    const char *const *env;
    const char *working_dir;     /* NULL: ours */
    const struct gox_user *user; /* NULL: ours */
    struct gox_cgroup *cgroup;   /* NULL: ours */
    const char *notify_address;  /* NULL: no NOTIFY_SOCKET */
    int64_t watchdog_us;         /* 0: none */
    const struct gox_process_socket *sockets;
    size_t socket_count;
    const struct gox_process_limit *limits;
    size_t limit_count;
    enum gox_process_stream in, out, err; /* in: no PIPE */
    int in_fd, out_fd, err_fd;            /* for GOX_STREAM_FD */
    bool has_umask;
    unsigned umask;
    bool has_oom_score;
    int oom_score;        /* -1000 ... 1000 */
    bool is_same_session; /* keeps our session and terminal */
};

/* How far a start came. Names for messages: gox_process_step_name. */
enum gox_process_step {
    GOX_STEP_NONE,
    GOX_STEP_PREPARE, /* pipes, memory: before there was a child */
    GOX_STEP_FORK,
    GOX_STEP_SESSION,
    GOX_STEP_CGROUP,
    GOX_STEP_LIMITS,
    GOX_STEP_DESCRIPTORS,
    GOX_STEP_USER,
    GOX_STEP_WORKING_DIR,
    GOX_STEP_EXEC,
};
const char *gox_process_step_name(enum gox_process_step step);

struct gox_process_exit {
    bool is_known;  /* false: it ended, how could not be learned */
    bool is_signal; /* code is the signal's number, else the exit code */
    bool is_core;   /* a core file was written */
    int code;
    int64_t cpu_ns;         /* of it and what it waited for; 0: not known */
    uint64_t max_rss_bytes; /* 0: not known */
};

struct gox_process {
    struct gox_proc_id id; /* pid 0: none */
    int pidfd;             /* readable when it has ended; -1: none */
    bool is_child;         /* ours to reap */
    bool has_ended;
    struct gox_process_exit exit; /* valid when has_ended */
    int out_fd, err_fd;           /* our ends of pipes; -1: none. The caller
                                     closes, or sets to -1 to keep */
    enum gox_process_step failed_step; /* of a failed start */
    int failed_errno;
};

/* No process, no descriptors. */
void gox_process_init(struct gox_process *p);

/* Starts a program; blocks until it has been executed or that has failed (a
 * few hundred microseconds; at most 10 s, then the child is killed). On failure
 * nothing is left behind, failed_step and failed_errno are set and the text
 * names both: GOX_ERR_NOT_FOUND, GOX_ERR_FORBIDDEN, GOX_ERR_NOMEM,
 * GOX_ERR_BUSY (too many processes; later it may work), GOX_ERR_TIMEOUT,
 * GOX_ERR_IO. */
int gox_process_start(struct gox_process *p,
        const struct gox_process_spec *spec,
        struct gox_error *err) GOX_MUST_CHECK;

/* Takes a running process under watch that some earlier manager started.
 * GOX_ERR_NOT_FOUND when it has ended or its number belongs to another
 * process now. */
int gox_process_adopt(struct gox_process *p, const struct gox_proc_id *id,
        struct gox_error *err) GOX_MUST_CHECK;

/* Looks whether it has ended, without waiting; reaps this one child only. 1: it
 * has (p->exit tells how, also again later), 0: it runs, GOX_ERR_IO. */
int gox_process_check(struct gox_process *p) GOX_MUST_CHECK;
/* The same after waiting; GOX_ERR_TIMEOUT. timeout_ms < 0: no limit. */
int gox_process_wait(struct gox_process *p, int timeout_ms) GOX_MUST_CHECK;
/* Sends a signal (<signal.h>) to it and nobody else. GOX_ERR_NOT_FOUND when it
 * has ended, GOX_ERR_FORBIDDEN. */
int gox_process_signal(struct gox_process *p, int signal_number) GOX_MUST_CHECK;
/* Closes the descriptors. The process itself goes on; an ended child that was
 * not checked becomes a zombie for gox_process_reap. */
void gox_process_close(struct gox_process *p);

/* "exited with code 3", "ended by signal 9 (Killed)". */
#define GOX_PROCESS_EXIT_TEXT_BYTES 80
void gox_process_exit_format(const struct gox_process_exit *ended,
        char text[GOX_PROCESS_EXIT_TEXT_BYTES]);

/* ---- the whole tree ---- */

/* The processes that the caller watches, and whether all children of this
 * program come from them (true in goxel-manager and as process 1, false in a
 * program that merely uses the library: its other children are not ours). */
struct gox_process_set {
    struct gox_process *const *items;
    size_t count;
    bool owns_all_children;
};

/* Orphans below us become our children instead of process 1's. GOX_ERR_IO,
 * GOX_ERR_UNSUPPORTED. */
int gox_process_become_reaper(struct gox_error *err) GOX_MUST_CHECK;

/* Reaps all children that have ended: those of the set get has_ended and exit,
 * any other is an orphan and is only counted. To be called on SIGCHLD, only
 * when the set owns all children. Number of orphans, or GOX_ERR_IO. */
int gox_process_reap(const struct gox_process_set *set);

/* Kills p and everything that came from it: by the cgroup (may be NULL) when it
 * can, else by stopping and then killing all below p and the orphans that carry
 * p's mark (GOXEL_TREE in their environment). An orphan without a mark counts
 * as p's when the set owns all children and nothing else in it runs. Does not
 * wait. Returns how many were still there, ended and not yet reaped orphans
 * among them: call it again after gox_process_reap until it is 0; what is there
 * a deadline later hangs in the kernel. GOX_ERR_NOMEM (what was found was
 * killed), GOX_ERR_IO. */
int gox_process_kill_tree(struct gox_process *p, struct gox_cgroup *cgroup,
        const struct gox_process_set *set) GOX_MUST_CHECK;

#endif
