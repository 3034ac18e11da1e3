/* SPDX-License-Identifier: Apache-2.0
 * A command's manager: the goxel-manager of the socket in use, and how its
 * answers are shown and turned into exit codes.
 *
 * Invariant: looking never starts anything; only `goxelctl up` does. */
#ifndef GOX_CLI_KEEPER_H
#define GOX_CLI_KEEPER_H

#include "cli/session.h"

/* Exit codes of status and health, for scripts and probes. */
enum gox_cli_health_exit {
    GOX_CLI_HEALTHY = 0,
    GOX_CLI_DEGRADED = 1,
    GOX_CLI_UNHEALTHY = 2,
    GOX_CLI_NOT_RUNNING = 3,
    GOX_CLI_UNKNOWN = 4,
};

#define GOX_KEEPER_PATH 4112

struct gox_keeper {
    struct gox_cli_session session; /* with the manager */
    const char *instance;           /* NULL: the first */
    char socket[4096];              /* the daemon's */
    char control[GOX_KEEPER_PATH];  /* the manager's */
};

/* Connects to the manager without a word; 0, or GOX_ERR_* with err (NOT_FOUND,
 * CLOSED: none runs). instance may be NULL. To be closed in any case. */
int gox_keeper_try(struct gox_keeper *keeper, const struct gox_cli *cli,
        const char *instance, struct gox_error *err);
/* The same, and tells what to do when none runs. An exit code. */
int gox_keeper_open(struct gox_keeper *keeper, const struct gox_cli *cli,
        const char *instance);
void gox_keeper_close(struct gox_keeper *keeper);

/* As gox_session_call; adds the instance. */
int gox_keeper_call(struct gox_keeper *keeper, const char *method,
        json_t *own_params, json_t **result, struct gox_error *err);

/* True when the error says that nobody listens there. */
bool gox_keeper_is_absent(int code);

/* "healthy" ... to an exit code. */
int gox_keeper_exit_of(const char *health);
/* The escape that shows a word of health, state or finding in its colour, ""
 * without colour; and the one that ends it. */
const char *gox_keeper_tint(const struct gox_cli *cli, const char *word);
const char *gox_keeper_plain(const struct gox_cli *cli);

/* "healthy, running": the first line, with a dot in colour. */
void gox_keeper_put_head(const struct gox_cli *cli, struct gox_buf *out,
        const char *name, const char *health, const char *state,
        const char *reason);
/* "  word   text": cleaned, the word padded to `width`. */
void gox_keeper_put_line(struct gox_buf *out, int width, const char *word,
        const char *fmt, ...) GOX_PRINTF(4, 5);

/* Members of JSON, "" and 0 when they are absent. Borrowed. */
const char *gox_keeper_text(const json_t *object, const char *key);
int64_t gox_keeper_number(const json_t *object, const char *key);

/* "2 d 3 h", "1 h 20 min", "81 s", into the caller's text. */
const char *gox_keeper_span(char text[32], int64_t ms);

/* One stored event as "2026-01-02 03:04:05.678  exited  ended by signal 9". */
void gox_keeper_put_event(const struct gox_cli *cli, struct gox_buf *out,
        const json_t *event, size_t width);

/* status, health and metrics look at the manager, or else at a daemon without
 * one. Both return an exit code. */
struct gox_cli_look {
    const char *key; /* of the verdict in --json */
    size_t instance_option;
    int (*managed)(struct gox_cli *cli, struct gox_keeper *keeper);
    int (*lone)(struct gox_cli *cli, struct gox_cli_session *session);
};
#define GOX_CLI_LOOK_MS 20000 /* the longest a look takes */
int gox_cli_look(struct gox_cli *cli, const struct gox_cli_look *look);

/* The rows of options that several commands share. */
#define GOX_KEEPER_INSTANCE                                                    \
    {                                                                          \
        "instance", 'i', "NAME", NULL,                                         \
                "which daemon of a manager that has several"                   \
    }

#endif
