/* SPDX-License-Identifier: Apache-2.0
 * goxelctl up and down: from nothing to a daemon that answers, and back.
 *
 * Invariant: when up returns 0 the daemon has answered; when down returns 0
 * neither of the two programs runs (or, with --leave, or when somebody else
 * started it, only the daemon). */
#include "base/alloc.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/keeper.h"
#include "cli/output.h"
#include "config/load.h"
#include "goxel/manager.h"
#include "platform/procinfo.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum up_option { UP_INSTANCE, UP_CONFIG, UP_DAEMON, UP_MANAGER };
static const struct gox_cli_option up_options[] = {
        [UP_INSTANCE] = GOX_KEEPER_INSTANCE,
        [UP_CONFIG] = {"config", 'c', "FILE", GOX_CLI_FILE,
                "settings for the manager and the daemon"},
        [UP_DAEMON] = {"daemon", 'd', "BINARY", GOX_CLI_FILE,
                "goxel-daemon (default: beside the manager, or on PATH)"},
        [UP_MANAGER] = {"manager", 'm', "BINARY", GOX_CLI_FILE,
                "goxel-manager (default: $GOXEL_MANAGER_BINARY, beside the "
                "daemon or goxelctl, or on PATH)"},
        {.name = NULL},
};

/* The socket that a file of settings names, into cli->socket: later calls must
 * find the same one. own_path is to be freed. */
static int take_socket_of(
        struct gox_cli *cli, const char *file, char **own_path)
{
    struct gox_settings settings;
    struct gox_config_errors errors;
    struct gox_config_sources from = {.file_use = GOX_CONFIG_FILE_NAMED,
            .file = file,
            .variables = (const char *const *)environ};
    struct gox_buf text;
    int rc = 0;
    gox_config_errors_init(&errors);
    if (gox_config_load(&settings, &from, &errors) == 0) {
        *own_path = gox_strdup(settings.daemon_socket_path);
        cli->socket = *own_path;
        gox_settings_fini(&settings);
    } else {
        gox_buf_init(&text, 0);
        gox_config_errors_put(&errors, &text);
        if (text.len > 0)
            fwrite(text.data, 1, text.len, stderr);
        gox_buf_fini(&text);
        rc = gox_cli_fail(cli, GOX_CLI_FAILED,
                "the settings of %s cannot be used; nothing was started", file);
    }
    gox_config_errors_fini(&errors);
    return rc;
}

static int tell_up(struct gox_cli *cli, struct gox_keeper *keeper,
        json_t *status, bool was_started, int64_t begin_ns)
{
    const json_t *manager = json_object_get(status, "manager");
    char ms[32];
    if (cli->is_json) {
        json_object_set_new(
                status, "manager_started", json_boolean(was_started));
        return gox_cli_print_json(cli, status);
    }
    snprintf(ms, sizeof ms, "%.1f ms",
            (double)(gox_time_now_ns() - begin_ns) / (double)GOX_NS_PER_MS);
    printf("goxel-daemon is up (pid %lld, %s) at %s\n"
           "goxel-manager %s (pid %lld), took %s; \"goxelctl down\" ends "
           "both\n",
            (long long)gox_keeper_number(status, "pid"),
            gox_keeper_text(status, "backend"), keeper->socket,
            was_started ? "was started" : "ran already",
            (long long)gox_keeper_number(manager, "pid"), ms);
    return GOX_CLI_DONE;
}

static int open_link(struct gox_cli *cli, bool *was_started)
{
    char socket[4096];
    struct gox_error err = {0};
    struct gox_manager_config config = {.socket_path = socket,
            .auto_start = true,
            .manager_binary = cli->values[UP_MANAGER],
            .daemon_binary = cli->values[UP_DAEMON],
            .config_file = cli->values[UP_CONFIG],
            .timeout_ms = cli->timeout_ms};
    const char **arguments = gox_calloc(cli->arg_count + 1, sizeof *arguments);
    if (arguments == NULL)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
    for (size_t k = 0; k < cli->arg_count; k++)
        arguments[k] = cli->args[k];
    config.arguments = arguments;
    if (config.daemon_binary == NULL)
        config.daemon_binary = getenv("GOXEL_DAEMON_BINARY");
    gox_cli_socket_path(cli, socket, sizeof socket);
    gox_manager_link *link = gox_manager_open(&config, &err);
    gox_free(arguments);
    if (link != NULL) {
        *was_started = gox_manager_was_started(link);
        gox_manager_close(link);
        return 0;
    }
    if (cli->is_json)
        gox_cli_print_error(&err, NULL);
    return gox_cli_fail(cli,
            err.code == GOX_ERR_NOT_FOUND ? GOX_CLI_UNREACHABLE
                                          : GOX_CLI_FAILED,
            "the manager did not start: %s; \"goxelctl doctor\" looks for the "
            "reason",
            err.text);
}

static int run_up(struct gox_cli *cli)
{
    struct gox_keeper keeper = {.instance = NULL};
    struct gox_error err = {0};
    json_t *status = NULL;
    char *own_path = NULL;
    bool was_started = false;
    int64_t begin_ns = gox_time_now_ns();
    int rc = 0;
    if (cli->values[UP_CONFIG] != NULL && cli->socket == NULL)
        rc = take_socket_of(cli, cli->values[UP_CONFIG], &own_path);
    if (rc == 0)
        rc = open_link(cli, &was_started);
    if (rc == 0)
        rc = gox_keeper_open(&keeper, cli, cli->values[UP_INSTANCE]);
    if (rc == 0 &&
            gox_keeper_call(&keeper, "manager.start", NULL, &status, &err) != 0)
        rc = gox_session_fail(&keeper.session, NULL, &err);
    if (rc == 0)
        rc = tell_up(cli, &keeper, status, was_started, begin_ns);
    json_decref(status);
    gox_keeper_close(&keeper);
    gox_free(own_path);
    return rc;
}

/* ---- down ---- */

enum down_option { DOWN_LEAVE };
static const struct gox_cli_option down_options[] = {
        [DOWN_LEAVE] = {"leave", 'l', NULL, NULL,
                "end the manager only; the daemon goes on without one"},
        {.name = NULL},
};

/* The manager closes the connection when it has ended. */
static int wait_for_end(
        struct gox_cli *cli, struct gox_keeper *keeper, int64_t pid)
{
    struct gox_proc_id id;
    int64_t end_ns =
            cli->timeout_ms >= 0
                    ? gox_time_now_ns() + cli->timeout_ms * GOX_NS_PER_MS
                    : INT64_MAX;
    while (gox_client_get_fd(keeper->session.client) >= 0 &&
            gox_time_now_ns() < end_ns) {
        struct pollfd item = {.fd = gox_client_get_fd(keeper->session.client),
                .events = POLLIN};
        if (poll(&item, 1, 100) > 0)
            (void)gox_client_dispatch(keeper->session.client, NULL);
    }
    /* The last step of an ending process is short. */
    while (pid > 0 && gox_proc_id_get(pid, &id) == 0 &&
            gox_time_now_ns() < end_ns) {
        struct gox_proc_info info;
        if (gox_proc_info_read(pid, 0, &info) != 0 || info.state == 'Z')
            break;
        (void)poll(NULL, 0, 2);
    }
    return gox_time_now_ns() < end_ns
                   ? GOX_CLI_DONE
                   : gox_cli_fail(cli, GOX_CLI_FAILED,
                             "the manager has not ended within %d ms; it goes "
                             "on ending",
                             cli->timeout_ms);
}

static int nothing_to_end(struct gox_cli *cli, const struct gox_keeper *keeper,
        const struct gox_error *err)
{
    gox_client *probe = gox_client_connect(keeper->socket, 1000, NULL);
    gox_client_close(probe);
    if (probe != NULL || !gox_keeper_is_absent(err->code))
        return -1;
    if (cli->is_json)
        puts("{\"stopped\":false}");
    else
        printf("nothing runs at %s\n", keeper->socket);
    return GOX_CLI_DONE;
}

/* A service's daemon is stopped by its service, before the manager ends.
 * *goes_on: it is somebody else's, who alone ends it. */
static int stop_service(struct gox_keeper *keeper, const json_t *status,
        bool *goes_on, struct gox_error *err)
{
    const char *backend = gox_keeper_text(status, "backend");
    bool is_running = strcmp(gox_keeper_text(status, "state"), "stopped") != 0;
    *goes_on = is_running && strcmp(backend, "external") == 0;
    if (!is_running || *goes_on || strcmp(backend, "builtin") == 0)
        return 0;
    return gox_keeper_call(keeper, "manager.stop", NULL, NULL, err);
}

static int run_down(struct gox_cli *cli)
{
    struct gox_keeper keeper;
    struct gox_error err = {0};
    json_t *status = NULL;
    bool is_leave = cli->values[DOWN_LEAVE] != NULL, goes_on = false;
    int64_t begin_ns = gox_time_now_ns();
    int rc = gox_keeper_try(&keeper, cli, NULL, &err);
    if (rc != 0) {
        rc = nothing_to_end(cli, &keeper, &err);
        gox_keeper_close(&keeper);
        return rc >= 0 ? rc : gox_keeper_open(&keeper, cli, NULL);
    }
    if (gox_keeper_call(&keeper, "manager.status", NULL, &status, &err) != 0 ||
            (!is_leave && stop_service(&keeper, status, &goes_on, &err) != 0) ||
            gox_keeper_call(&keeper, "manager.shutdown",
                    json_pack("{s:b}", "leave", is_leave), NULL, &err) != 0)
        rc = gox_session_fail(&keeper.session, NULL, &err);
    if (rc == 0)
        rc = wait_for_end(cli, &keeper,
                gox_keeper_number(json_object_get(status, "manager"), "pid"));
    if (rc == 0 && cli->is_json)
        printf("{\"stopped\":true,\"left\":%s}\n", is_leave ? "true" : "false");
    else if (rc == 0)
        printf("goxel-manager has ended%s, took %.1f ms\n",
                goes_on    ? "; the daemon, which it did not start, goes on"
                : is_leave ? ", the daemon goes on"
                           : ", and the daemon with it",
                (double)(gox_time_now_ns() - begin_ns) / (double)GOX_NS_PER_MS);
    json_decref(status);
    gox_keeper_close(&keeper);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_up = {
        .name = "up",
        .synopsis = "[-- ARGUMENT...]",
        .summary = "start manager and daemon, as far as they do not run",
        .details =
                "Starts goxel-manager in the background for this user unless "
                "one answers, and waits until the daemon does. What follows "
                "\"--\" goes to goxel-manager. Where a service (systemd, "
                "launchd) has the daemon, the manager lets it start that: see "
                "\"manager\" in goxelctl status.\n\n"
                "Other commands find the two by the same socket: with another "
                "than the usual one, give it to them, too.",
        .examples = "goxelctl up\n"
                    "goxelctl up --config dev.json\n"
                    "goxelctl --socket /tmp/t.sock up -- --set "
                    "server.workers=2",
        .flags = GOX_CLI_SOCKET,
        .max_args = -1,
        .options = up_options,
        .run = run_up,
};

const struct gox_cli_command gox_cli_cmd_down = {
        .name = "down",
        .synopsis = "",
        .summary = "stop the daemon and end the manager",
        .details = "Requests under way are finished first. Nothing to end is "
                   "no failure. A service (systemd, launchd) is stopped with "
                   "its socket; a daemon that somebody else started goes on.",
        .examples = "goxelctl down\n"
                    "# to let another manager take over\n"
                    "goxelctl down --leave",
        .flags = GOX_CLI_SOCKET,
        .options = down_options,
        .run = run_down,
};
