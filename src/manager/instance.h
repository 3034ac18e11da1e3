/* SPDX-License-Identifier: Apache-2.0
 * One supervised daemon: what is wanted of it, what it is doing, and the
 * handles that belong to it.
 *
 * Invariants: `state` is written by gox__instance_step alone, which logs and
 * tells the change; at most one process is ours at any time. All of it belongs
 * to the loop's thread. */
#ifndef GOX_MANAGER_INSTANCE_H
#define GOX_MANAGER_INSTANCE_H

#include "log/rotate.h"
#include "loop/stream.h"
#include "loop/watch.h"
#include "manager/backend.h"
#include "manager/events.h"
#include "manager/health.h"
#include "manager/policy.h"
#include "platform/notify.h"
#include "platform/process.h"
#include "rpc/frame.h"
#include "rpc/writer.h"

#define GOX_CAPTURE_RING_BYTES 65536
#define GOX_INSTANCE_PATH      512

/* What the settings and the command line say; texts are owned. */
struct gox_instance_config {
    char *name;
    char *socket_path;
    bool is_usual_socket; /* the platform's place, which a unit has, too */
    unsigned socket_mode;
    int64_t socket_gid; /* -1: ours */
    char *binary;       /* a path */
    char *config_file;  /* or NULL */
    char **args;        /* more arguments, NULL-ended; or NULL */
    char **env;         /* the whole environment, NULL-ended; or NULL */
    char *working_dir;  /* or NULL */
    int64_t daemon_uid; /* whom it becomes; -1: ours */
    int64_t startup_timeout_ms, shutdown_timeout_ms;
    int64_t health_timeout_ms, health_interval_ms; /* interval 0: no rounds */
    int64_t watchdog_ms;                           /* 0: none */
    uint64_t memory_soft_bytes;                    /* 0: no watch */
    uint64_t memory_max_bytes, pids_max;           /* 0: no limit */
    uint64_t files_max;                            /* 0: as ours */
    bool has_core;                                 /* core files allowed */
    struct gox_policy_config policy;
    struct gox_health_config health;
    struct gox_rotate_config log;
    enum gox_backend_choice backend;
    char *unit; /* of systemd or launchd */
};
void gox_instance_config_fini(struct gox_instance_config *config);

/* The child's output: a ring for `logs` and bundles, a file for later. */
struct gox_capture {
    gox_stream *streams[2]; /* output, errors; NULL: closed */
    gox_rotate *file;       /* NULL: none could be opened */
    char *ring;             /* GOX_CAPTURE_RING_BYTES; made when first needed */
    uint64_t written;       /* bytes that ever went into the ring */
    uint64_t lost_lines;    /* not in the file: the disk was full */
    uint64_t unechoed;      /* bytes that standard error did not take */
    uint64_t errors;        /* records at level error */
    uint64_t errors_seen;   /* of those, judged in a round already */
    char line[1024];        /* the unfinished line, cut */
    size_t line_len;
    char complaint[200]; /* what the process wrote last that was no plain
                            record: why it ends; "": nothing */
    int64_t complaint_at_ns;
    int64_t told_at_ns; /* a second of `log` events */
    unsigned told;      /* of them in that second */
    gox_timer *compress;
};

/* A round of checks under way. */
struct gox_probe {
    gox_timer *next, *deadline;
    gox_stream *stream; /* to the daemon's socket; NULL: none */
    struct gox_frame frame;
    struct gox_round round;
    bool is_active;
    bool is_asked_for;     /* by a client: it wants to know the end */
    int64_t begin_at_ns;   /* of the round */
    int64_t stage_at_ns;   /* the end of the stage before */
    int64_t due_at_ns;     /* when it should have begun; 0: no time was set */
    int64_t clock_skew_ms; /* wall minus monotonic, at the last round */
    char *answer;          /* what daemon.health said last, JSON; or NULL */
    struct gox_proc_info info;
    bool has_info;
    int64_t at_wall_ms; /* the last round's end; 0: none yet */
    int64_t took_ns;
};

typedef struct gox_manager gox_manager; /* manager_internal.h */
typedef struct gox_instance gox_instance;
struct gox_instance {
    gox_manager *manager;
    struct gox_instance_config config;
    enum gox_state state;
    bool is_wanted; /* the operator wants it up */
    const struct gox_backend *backend;
    void *backend_data;       /* the backend's own */
    char backend_reason[160]; /* why this one */
    char dir[GOX_INSTANCE_PATH];

    /* the socket that is held */
    int listen_fd, lock_fd; /* -1: none */

    /* the process */
    struct gox_process process; /* of ours, or adopted */
    int64_t attached_pid;       /* of somebody else; 0: none */
    int64_t bounce_pid;         /* whose end a restart waits for; 0: none */
    int64_t bounce_end_ns;      /* and how long */
    struct gox_cgroup cgroup;
    gox_watch *process_watch;
    struct gox_notify_server notify; /* fd -1: none */
    gox_watch *notify_watch;
    bool is_adopted, is_term_sent, is_kill_sent;
    enum gox_cause asked; /* why it was asked to end; NONE: nobody asked */
    uint64_t starts, restarts;
    int64_t started_at_ns, started_wall_ms, ready_at_ns;
    int64_t ended_at_ns;          /* of the run before; 0: none */
    enum gox_cause restart_cause; /* of the run before; NONE: a fresh start */
    int64_t watchdog_at_ns;       /* the last ping */
    int64_t extended_to_ns;       /* EXTEND_TIMEOUT_USEC */
    char status_text[GOX_NOTIFY_STATUS_BYTES];
    uint64_t oom_kills;

    /* an upgrade under way: what ran before, to go back to; or NULL */
    char *previous_binary;
    bool is_rolled_back; /* the last upgrade went back */

    /* a reload under way */
    bool is_reloading, has_said_reloading, is_reload_failed;
    char reload_text[GOX_NOTIFY_STATUS_BYTES]; /* what came of the last one */
    gox_timer *reload_timer;

    struct gox_policy policy;
    struct gox_health health;
    int64_t retry_at_ns; /* when RETRY comes; 0: not waiting */
    gox_timer *timer; /* START_LATE, STOP_LATE, RETRY; the state says which */
    struct gox_probe probe;
    struct gox_capture capture;

    /* the last end */
    bool has_exit;
    enum gox_cause exit_cause;
    struct gox_process_exit exit;
    char exit_text[320];
    int64_t exit_wall_ms;
    bool is_exit_untold;
    struct gox_buf exit_members;    /* of the exit that is not told yet */
    char bundle[GOX_INSTANCE_PATH]; /* of it; "": none */
};

/* Makes the directories and opens what is there before any process; takes the
 * config over also on failure. NULL with err set. */
gox_instance *gox__instance_new(gox_manager *m,
        struct gox_instance_config *own_config, struct gox_error *err);
/* Leaves a process that still runs alone. */
void gox__instance_free(gox_instance *i);

/* The one place where the state changes. REFUSE comes back as
 * GOX_ERR_UNSUPPORTED. */
int gox__instance_step(
        gox_instance *i, enum gox_state_input input, struct gox_error *err);
/* The same where a refusal is only worth a line in the log. */
void gox__instance_advance(gox_instance *i, enum gox_state_input input);
/* Somebody else starts this daemon, and whether it runs is not known yet. */
static inline bool gox__instance_is_unseen(const gox_instance *i)
{
    return i->backend->start == NULL && i->probe.at_wall_ms == 0;
}
/* Asks the process to end for a cause of our own, and start again. */
void gox__instance_bounce(gox_instance *i, enum gox_cause cause);
/* The operator's four; each says what is wanted from now on. */
int gox__instance_start(gox_instance *i, struct gox_error *err);
int gox__instance_stop(gox_instance *i, struct gox_error *err);
int gox__instance_restart(gox_instance *i, struct gox_error *err);
int gox__instance_upgrade(
        gox_instance *i, const char *binary, struct gox_error *err);
/* The daemon said what came of it, or the time for that is over. */
void gox__instance_reloaded(gox_instance *i, bool has_failed, const char *text);
/* SIGHUP, then READY=1 or a moment of quiet; the end is an event. */
int gox__instance_reload(gox_instance *i, struct gox_error *err);
/* A process that was ours ended, or could not be started. */
void gox__instance_ended(gox_instance *i, enum gox_cause cause);
/* Tells the last exit, when that was put off until the restart was under way.
 */
void gox__instance_tell_exit(gox_instance *i);
int64_t gox__instance_pid(const gox_instance *i); /* 0: none */
/* A process that was there before us runs since its own start, or since now
 * where the system does not tell, and was ready from then on. */
void gox__instance_began(gox_instance *i);

/* instance_run.c: the built-in backend's work. */
void gox__run_look(gox_instance *i); /* has it ended? */
/* Takes over the process that an earlier manager left. 1: done; 0: there is
 * none; GOX_ERR_EXISTS: it is there, and another manager keeps it. */
int gox__run_adopt(gox_instance *i, struct gox_error *err) GOX_MUST_CHECK;
int gox__run_hold_socket(gox_instance *i, struct gox_error *err);
void gox__run_open_notify(gox_instance *i);
void gox__run_close(gox_instance *i);

/* probe.c */
int gox__probe_init(gox_instance *i) GOX_MUST_CHECK;
void gox__probe_fini(gox_instance *i);
void gox__probe_begin(gox_instance *i); /* rounds from now on */
void gox__probe_end(gox_instance *i);   /* no more */
/* One at once; false when one is under way already. */
bool gox__probe_now(gox_instance *i);
/* One in the next turn, unless one is under way. */
void gox__probe_soon(gox_instance *i);

/* capture.c */
int gox__capture_init(gox_instance *i) GOX_MUST_CHECK;
void gox__capture_fini(gox_instance *i);
/* Takes our ends of the pipes; -1: none. */
void gox__capture_attach(gox_instance *i, int own_out_fd, int own_err_fd);
/* What is left in the pipes of a process that has ended. */
void gox__capture_drain(gox_instance *i);
void gox__capture_close(gox_instance *i);
/* The last bytes of the ring, oldest first. */
int gox__capture_tail(
        const gox_instance *i, size_t max_bytes, struct gox_buf *out);
void gox__capture_reopen(gox_instance *i);
/* True for a record at level error. */
bool gox__capture_is_error(const char *line, size_t len);

/* bundle.c: writes what is known; i->bundle names it. */
void gox__bundle_write(gox_instance *i, const char *why);

/* record.c: which process runs, for the next manager. */
void gox__record_write(gox_instance *i);
void gox__record_remove(gox_instance *i);
/* A small file, written aside and renamed, without waiting for the disk. */
bool gox__write_file(const char *path, const void *data, size_t len);
/* False: there is none, or it cannot be read. */
bool gox__record_read(const gox_instance *i, struct gox_proc_id *id);

/* status.c */
void gox__status_put(gox_instance *i, struct gox_writer *w);
void gox__health_put(gox_instance *i, struct gox_writer *w);
void gox__metrics_put(gox_manager *m, struct gox_buf *out);

#endif
