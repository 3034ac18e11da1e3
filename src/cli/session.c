/* SPDX-License-Identifier: Apache-2.0
 * Reaching a daemon and calling it. */
#include "cli/session.h"

#include "base/buf.h"
#include "base/time.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "platform/os.h"
#include "platform/program.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_SOCKET   "/run/goxel-daemon.sock"
#define CONNECT_WAIT_MS 5000
#define MANAGER_WAIT_MS 500

/* Where an ordinary user's daemon listens when nothing else is said. Root has
 * none beside the system's. */
static bool user_socket(char *path, size_t size)
{
    struct gox_buf dir;
    bool known = false;

    if (gox_os_is_root())
        return false;
    gox_buf_init(&dir, 0);
    /* Another user's directory may hold a socket that only looks like ours. */
    if (gox_os_runtime_dir(&dir) == 0 && !gox_os_is_foreign(gox_buf_text(&dir)))
        known = (size_t)snprintf(path, size, "%s/goxel-daemon.sock",
                        gox_buf_text(&dir)) < size;
    gox_buf_fini(&dir);
    return known;
}

void gox_cli_socket_path(const struct gox_cli *cli, char *path, size_t size)
{
    const char *env = getenv("GOXEL_SOCKET_PATH");

    if (cli->socket) {
        snprintf(path, size, "%s", cli->socket);
        return;
    }
    if (env && env[0]) {
        snprintf(path, size, "%s", env);
        return;
    }
    if (user_socket(path, size) &&
            (access(path, F_OK) == 0 || access(SYSTEM_SOCKET, F_OK) != 0))
        return;
    snprintf(path, size, "%s", SYSTEM_SOCKET);
}

bool gox_cli_daemon_path(const struct gox_cli *cli, char *path, size_t size)
{
    const char *env = getenv("GOXEL_DAEMON_BINARY");

    if (env && env[0]) {
        snprintf(path, size, "%s", env);
        return !strchr(path, '/') || access(path, X_OK) == 0;
    }
    if (!gox_program_beside_own("goxel-daemon", path, size) &&
            !gox_program_beside(cli->program, "goxel-daemon", path, size))
        snprintf(path, size, "goxel-daemon");
    return true;
}

static void init(struct gox_cli_session *session, const struct gox_cli *cli)
{
    memset(session, 0, sizeof(*session));
    session->cli = cli;
}

/* Behind a socket that its manager holds a call would wait for a daemon that
 * nobody starts; a socket of systemd's would start it. What to do then; NULL:
 * it runs, or will soon, or there is no manager that tells. */
static const char *look_for_stop(const char *path, struct gox_error *err)
{
    char control[4200];
    json_t *status = NULL;
    const char *now = NULL;

    snprintf(control, sizeof(control), "%s.ctl", path);
    gox_client *manager = gox_client_connect(control, MANAGER_WAIT_MS, NULL);
    if (manager && gox_client_call(manager, "manager.status", NULL,
                           MANAGER_WAIT_MS, &status, NULL) == 0) {
        const char *state = json_string_value(json_object_get(status, "state"));
        bool is_held = json_is_true(json_object_get(status, "holds_socket"));
        if (is_held && state && strcmp(state, "stopped") == 0)
            now = "\"goxelctl start\" starts it";
        else if (is_held && state && strcmp(state, "failed") == 0)
            now = "\"goxelctl status\" tells why, \"goxelctl reset\" tries "
                  "again";
        if (now)
            (void)gox_error_set(err, GOX_ERR_CLOSED,
                    "its manager says that it is %s", state);
    }
    json_decref(status);
    gox_client_close(manager);
    return now;
}

static int open_socket(struct gox_cli_session *session,
        const struct gox_cli *cli, const char **now, struct gox_error *err)
{
    char path[4096];

    init(session, cli);
    gox_cli_socket_path(cli, path, sizeof(path));
    snprintf(session->name, sizeof(session->name), "%.127s", path);
    *now = look_for_stop(path, err);
    if (*now)
        return err->code;
    session->client = gox_client_connect(path,
            cli->timeout_ms >= 0 && cli->timeout_ms < CONNECT_WAIT_MS
                    ? cli->timeout_ms
                    : CONNECT_WAIT_MS,
            err);
    return session->client ? 0 : err->code;
}

int gox_session_open_socket(
        struct gox_cli_session *session, const struct gox_cli *cli)
{
    struct gox_error err = {0};
    const char *now;

    if (open_socket(session, cli, &now, &err) == 0)
        return gox_session_authenticate(session);
    if (!now)
        now = "\"goxelctl up\" starts one, --socket names another";
    if (err.code == GOX_ERR_FORBIDDEN)
        now = "ask to join the socket's group, or name another with --socket";
    else if (err.code == GOX_ERR_TIMEOUT)
        now = "the daemon is overloaded or stopped";
    if (cli->is_json)
        gox_cli_print_error(&err, NULL);
    return gox_cli_fail(cli, GOX_CLI_UNREACHABLE,
            "cannot reach the daemon: %s; %s", err.text, now);
}

/* argv[0] is filled in here. */
static int open_child(struct gox_cli_session *session,
        const struct gox_cli *cli, const char **argv)
{
    char path[4096];
    struct gox_error err = {0};

    init(session, cli);
    argv[0] = path;
    if (!gox_cli_daemon_path(cli, path, sizeof(path)))
        return gox_cli_fail(cli, GOX_CLI_UNREACHABLE,
                "cannot start %s: %s; it comes from $GOXEL_DAEMON_BINARY", path,
                strerror(errno));
    snprintf(session->name, sizeof(session->name), "%.127s", path);
    if (gox_cli_catch_signals() != 0)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "cannot catch signals: %s",
                strerror(errno));
    session->child_log = tmpfile();
    session->client = gox_client_spawn(
            argv, session->child_log ? fileno(session->child_log) : -1, &err);
    if (session->client)
        return 0;
    if (cli->is_json)
        gox_cli_print_error(&err, NULL);
    return gox_cli_fail(cli, GOX_CLI_UNREACHABLE,
            "%s; install goxel-daemon, or name it in GOXEL_DAEMON_BINARY",
            err.text);
}

int gox_session_open_child(struct gox_cli_session *session,
        const struct gox_cli *cli, unsigned workers, bool keeps_undo)
{
    char threads[16];
    /* The last pair is left out where undo is wanted. */
    const char *argv[] = {NULL, "--stdio", "--log-level", "error", "--workers",
            threads, "--max-request-seconds", "0",
            keeps_undo ? NULL : "--max-undo-mb", "0", NULL};

    snprintf(threads, sizeof(threads), "%u", workers);
    return open_child(session, cli, argv);
}

int gox_session_open_store(struct gox_cli_session *session,
        const struct gox_cli *cli, const char *data_dir)
{
    const char *argv[] = {NULL, "--stdio", "--store", "--log-level", "error",
            "--max-request-seconds", "0",
            data_dir != NULL ? "--data-dir" : NULL, data_dir, NULL};

    return open_child(session, cli, argv);
}

int gox_session_open(struct gox_cli_session *session, const struct gox_cli *cli)
{
    return cli->is_stdio ? gox_session_open_child(session, cli, 0, true)
                         : gox_session_open_socket(session, cli);
}

int gox_session_open_any(
        struct gox_cli_session *session, const struct gox_cli *cli)
{
    struct gox_error err = {0};
    const char *now;

    /* A socket that was asked for by name is not replaced silently. */
    if (cli->socket && !cli->is_stdio)
        return gox_session_open_socket(session, cli);
    if (!cli->is_stdio && open_socket(session, cli, &now, &err) == 0)
        return gox_session_authenticate(session);
    return gox_session_open_child(session, cli, 1, true);
}

void gox_session_close(struct gox_cli_session *session)
{
    /* After a signal nobody waits for an orderly end of a private daemon. */
    if (gox_cli_interrupted() && session->client)
        gox_client_abort(session->client);
    gox_client_close(session->client);
    session->client = NULL;
    json_decref(session->last_error);
    session->last_error = NULL;
    if (session->child_log)
        fclose(session->child_log);
    session->child_log = NULL;
}

/* Where gox_session_call waits. */
struct answer {
    bool is_done;
    json_t *result, *error;
    struct gox_error err;
};

static void on_answer(void *ctx, json_t *result, const json_t *error,
        const struct gox_error *err)
{
    struct answer *answer = ctx;

    answer->is_done = true;
    answer->result = json_incref(result);
    answer->error = error ? json_deep_copy(error) : NULL;
    answer->err = *err;
}

static void on_progress(void *ctx, const char *method, const json_t *params)
{
    struct gox_cli_session *session = ctx;

    if (strcmp(method, "goxel.progress") == 0)
        gox_progress_update(&session->progress,
                json_number_value(json_object_get(params, "fraction")), 0);
}

static int wait_for(struct gox_cli_session *session, struct answer *answer)
{
    int64_t end_ns =
            gox_time_now_ns() + session->cli->timeout_ms * GOX_NS_PER_MS;

    while (!answer->is_done) {
        struct pollfd items[2] = {
                {.fd = gox_client_get_fd(session->client),
                        .events = gox_client_get_events(session->client)},
                {.fd = gox_cli_interrupt_fd(), .events = POLLIN},
        };
        int64_t left_ms = -1;
        if (session->cli->timeout_ms >= 0) {
            left_ms = (end_ns - gox_time_now_ns()) / GOX_NS_PER_MS;
            if (left_ms <= 0)
                return GOX_ERR_TIMEOUT;
        }
        if (poll(items, 2, (int)left_ms) <= 0)
            continue;
        if (gox_cli_interrupted())
            return GOX_ERR_CANCELLED;
        if (items[0].revents)
            (void)gox_client_dispatch(session->client, NULL);
    }
    return 0;
}

int gox_session_call(struct gox_cli_session *session, const char *method,
        json_t *own_params, json_t **result, struct gox_error *err)
{
    struct answer answer = {.is_done = false};
    int64_t id = 0;
    int rc;

    if (result)
        *result = NULL;
    json_decref(session->last_error);
    session->last_error = NULL;
    if (session->has_progress) {
        gox_progress_init(&session->progress, session->cli, 1, NULL);
        gox_client_on_notification(session->client, on_progress, session);
    }
    rc = gox_client_submit(
            session->client, method, own_params, on_answer, &answer, &id, err);
    json_decref(own_params);
    if (rc != 0)
        return rc;
    rc = wait_for(session, &answer);
    gox_cli_clear_progress();
    if (rc != 0) {
        gox_client_cancel(session->client, id);
        return gox_error_set(err, rc,
                rc == GOX_ERR_TIMEOUT
                        ? "no answer to %s within %d ms; --timeout gives it "
                          "more time"
                        : "%s was interrupted",
                method, session->cli->timeout_ms);
    }
    session->last_error = answer.error;
    *err = answer.err;
    if (result && answer.err.code == 0)
        *result = answer.result;
    else
        json_decref(answer.result);
    return answer.err.code;
}
