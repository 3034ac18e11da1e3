/* SPDX-License-Identifier: Apache-2.0
 * A command's daemon: the one on the socket, or a private child; and calls that
 * ^C can end.
 *
 * Invariant: when a command returns, no child of it is left. */
#ifndef GOX_CLI_SESSION_H
#define GOX_CLI_SESSION_H

#include "cli/cli.h"
#include "cli/progress.h"
#include "goxel/client.h"

#include <stdio.h>

struct gox_cli_session {
    const struct gox_cli *cli;
    gox_client *client;
    json_t *last_error; /* the error object of the last call, or NULL */
    FILE *child_log;    /* what a child writes to its standard error; or NULL */
    char name[128];     /* for messages: the socket's path or the program's */
    struct gox_progress progress;
    bool has_progress; /* show goxel.progress of calls */
    bool keeps_quiet;  /* failures are not printed as JSON: the command's own
                          output has them */
};

/* The socket that --socket or the environment names, else where a daemon of
 * this user, then one of the system, listens. */
void gox_cli_socket_path(const struct gox_cli *cli, char *path, size_t size);

/* Connects to the socket. On failure tells why and what to do now, and returns
 * GOX_CLI_UNREACHABLE; the session is to be closed in any case. */
int gox_session_open_socket(
        struct gox_cli_session *session, const struct gox_cli *cli);

/* Starts a private `goxel-daemon --stdio` that works with `workers` threads (0:
 * one per core); without keeps_undo it remembers no older states.
 * $GOXEL_DAEMON_BINARY, else the program beside goxelctl, else the one on PATH.
 * From here on signals are caught. */
int gox_session_open_child(struct gox_cli_session *session,
        const struct gox_cli *cli, unsigned workers, bool keeps_undo);

/* A private `goxel-daemon --stdio --store` that has the projects of data_dir
 * (NULL: of the settings); it says so when a running daemon has them. */
int gox_session_open_store(struct gox_cli_session *session,
        const struct gox_cli *cli, const char *data_dir);

/* --stdio: a child; else the socket. */
int gox_session_open(
        struct gox_cli_session *session, const struct gox_cli *cli);

/* The socket when a daemon listens there and --stdio was not given, else a
 * child: for questions that any daemon can answer. */
int gox_session_open_any(
        struct gox_cli_session *session, const struct gox_cli *cli);

void gox_session_close(struct gox_cli_session *session);

/* Gives the daemon the token in $GOXEL_TOKEN, if there is one. An exit code;
 * tells why not. */
int gox_session_authenticate(struct gox_cli_session *session);

/* Calls and waits, up to the command's --timeout. own_params may be NULL. 0, or
 * a GOX_ERR_* code with err; GOX_ERR_CANCELLED after a signal. The daemon's
 * daemon's error object is then in last_error. result may be NULL. */
int gox_session_call(struct gox_cli_session *session, const char *method,
        json_t *own_params, json_t **result, struct gox_error *err);

/* Tells on standard error (and, with --json, as {"error": ...} on standard
 * output) that something failed. `on` is what it was about, such as a file or
 * a method; left out when the text names it. Adds a dead child's last words.
 * Returns GOX_CLI_UNREACHABLE for a lost connection, else GOX_CLI_FAILED. */
int gox_session_fail(struct gox_cli_session *session, const char *on,
        const struct gox_error *err);

/* The daemon's whole message where there is one (err->text is cut). Borrowed.
 */
const char *gox_session_text(
        const struct gox_cli_session *session, const struct gox_error *err);

/* The last line that a child wrote to child_log, "" when none. Control
 * characters are taken out. */
void gox_session_last_words(
        const struct gox_cli_session *session, char *text, size_t size);

/* Which file would be started for a child; false when that is known not to be
 * there. */
bool gox_cli_daemon_path(const struct gox_cli *cli, char *path, size_t size);

#endif
