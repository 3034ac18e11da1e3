/* SPDX-License-Identifier: Apache-2.0
 * The manager as its own files see it: the loop, the instances, the events and
 * those who listen to them. */
#ifndef GOX_MANAGER_MANAGER_INTERNAL_H
#define GOX_MANAGER_MANAGER_INTERNAL_H

#include "manager/hooks.h"
#include "manager/instance.h"
#include "manager/options.h"

struct gox_manager {
    gox_loop *loop;
    struct gox_manager_options *options; /* borrowed from the program */
    struct gox_notify upward;            /* to who supervises us */
    gox_instance **instances;
    size_t instance_count;
    gox_events *events;
    gox_timer *sync; /* of the events, armed by one that was stored */
    bool is_sync_armed;
    struct gox_hooks *hooks;
    struct gox_control *control;
    gox_signal *signals[5];
    gox_timer *stop_timer; /* a stop that does not end */
    bool is_reaper;
    bool is_stopping;   /* ends when all instances are down */
    bool is_leaving;    /* ends and leaves the daemons running */
    bool is_exec;       /* becomes another binary when the loop has ended */
    int exit_code;      /* of this program, when it has ended */
    char *exec_binary;  /* owned */
    bool is_successor;  /* this program took over by --exec */
    bool is_settled_up; /* the upward READY=1 was sent */
    const gox_instance *telling; /* whom the event under way is about */
    unsigned hook_waits;         /* times that the end waited for hooks */
    int64_t start_at_ns, start_wall_ms;
    uint32_t random; /* state of the jitter */
};

gox_manager *gox__manager_new(
        struct gox_manager_options *options, struct gox_error *err);
void gox__manager_free(gox_manager *m);
int gox__manager_start(gox_manager *m, struct gox_error *err) GOX_MUST_CHECK;

/* Exit codes, of the daemon, too. */
#define GOX__EXIT_USAGE     2
#define GOX__EXIT_TEMPORARY 75
#define GOX__EXIT_CONFIG    78

/* As it is to standard error; how much of it. Never waits: who reads it may
 * have stopped, and a pipe that can be written at all takes PIPE_BUF bytes. */
size_t gox__manager_echo(const char *data, size_t len);
/* One line on standard error. */
enum gox__say { GOX__ERROR, GOX__WARN, GOX__INFO, GOX__DEBUG };
void gox__manager_say(const gox_manager *m, enum gox__say level,
        const char *fmt, ...) GOX_PRINTF(3, 4);
/* An event; members: see gox_events_put. */
void gox__manager_tell(gox_manager *m, enum gox_event_kind kind,
        const gox_instance *i, const char *members);
/* An `error` event and a line of the log. i may be NULL. */
void gox__manager_trouble(gox_manager *m, const gox_instance *i,
        const char *fmt, ...) GOX_PRINTF(3, 4);
gox_instance *gox__manager_find(
        gox_manager *m, const char *name); /* NULL: the first */
/* The processes we watch, for reaping and killing. Valid until freed with
 * gox_free(set->items). */
int gox__manager_set(
        gox_manager *m, struct gox_process_set *set) GOX_MUST_CHECK;
/* Waits for something to read. NULL is reported: the process is then looked at
 * when SIGCHLD comes, the notifications at no time. */
gox_watch *gox__manager_watch(
        gox_manager *m, int fd, void (*fn)(void *ctx, short events), void *ctx);
/* Ends; leave: without stopping the daemons. */
void gox__manager_stop(gox_manager *m, bool leave);
/* Becomes another program (NULL: its own again) and keeps the daemons. */
int gox__manager_exec(
        gox_manager *m, const char *binary, struct gox_error *err);
/* After a change of state: does a stop go on, does somebody wait? */
void gox__manager_changed(gox_manager *m, gox_instance *i);
uint32_t gox__manager_random(gox_manager *m);

#endif
