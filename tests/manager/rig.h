/* SPDX-License-Identifier: Apache-2.0
 * The real goxel-manager in a directory of its own, with a small child or the
 * real daemon to keep running. Waiting is polling with a limit. */
#ifndef GOX_TESTS_MANAGER_RIG_H
#define GOX_TESTS_MANAGER_RIG_H

#include "gox_test.h"
#include "goxel/client.h"

#include <sys/types.h>

#define RIG_LIMIT_MS 20000

struct rig {
    char dir[64];
    char socket[96], control[100], state[96], child[512], log[96];
    pid_t pid; /* of the manager; 0: none */
    int exit_code;
    gox_client *client; /* of the control socket */
    struct gox_error err;
};

const char *rig_bin_dir(void);
/* Makes the directory; the daemon is tests/manager/child.c. */
void rig_init(struct rig *r);
/* The same with the real goxel-daemon. */
void rig_init_real(struct rig *r);
/* Starts the manager; more: arguments, NULL at the end, or NULL. Those behind
 * "--" go to the daemon. Does not wait. */
void rig_spawn(struct rig *r, const char *const *more);
/* The same and waits for the control socket. */
void rig_start(struct rig *r, const char *const *more);
/* Waits for the manager to end; its exit code, or 1000 + the signal. */
int rig_wait_exit(struct rig *r);
/* Shuts it down, checks that nothing of it is left, removes the directory. */
void rig_stop(struct rig *r);
void rig_kill(struct rig *r, int signal_number); /* and reaps it */
void rig_connect(struct rig *r);

/* A call with params as JSON (or NULL). A new reference, or NULL with r->err.
 */
json_t *rig_call(struct rig *r, const char *method, const char *params);
/* The same where success is expected; frees the result. */
void rig_do(struct rig *r, const char *method, const char *params);
/* Is status.state (or another text of the status) this? */
bool rig_has_state(struct rig *r, const char *state);
void rig_wait_state(struct rig *r, const char *state);
pid_t rig_pid(struct rig *r); /* of the daemon; 0: none */
int64_t rig_number(struct rig *r, const char *path); /* "restarts.total" */
/* A text of the status, "" when null; static memory. */
const char *rig_text(struct rig *r, const char *path);
/* Waits until an event of this kind has been stored; a new reference. */
json_t *rig_wait_event(struct rig *r, const char *kind);
size_t rig_count_events(struct rig *r, const char *kind);

/* Asks at the data socket: the process number that answers, 0: refused or no
 * answer within a second. Waits in the backlog like any client. */
pid_t rig_ask(struct rig *r);
int64_t rig_now_us(void);
/* One moment of a poll loop. */
void rig_pause(void);
#define RIG_WAIT(condition)                                                    \
    do {                                                                       \
        int64_t end_ = rig_now_us() + RIG_LIMIT_MS * INT64_C(1000);            \
        while (!(condition)) {                                                 \
            if (rig_now_us() > end_)                                           \
                fail_msg("waited too long for %s", #condition);                \
            rig_pause();                                                       \
        }                                                                      \
    } while (0)
void rig_write(struct rig *r, const char *name, const char *text);
bool rig_is_alive(pid_t pid); /* and no zombie */

#endif
