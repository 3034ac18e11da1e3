/* SPDX-License-Identifier: Apache-2.0
 * goxelctl start, stop, restart, reload, reset and upgrade: orders to the
 * manager, which carries them out; the command waits and tells the result. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/keeper.h"
#include "cli/output.h"
#include "platform/os.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define HANDOVER_MS 5000

enum option { INSTANCE_OPTION, NO_WAIT_OPTION, MANAGER_OPTION = 2 };

static const struct gox_cli_option wait_options[] = {
        [INSTANCE_OPTION] = GOX_KEEPER_INSTANCE,
        [NO_WAIT_OPTION] = {"no-wait", 'n', NULL, NULL,
                "return when the manager has the order"},
        {.name = NULL},
};
static const struct gox_cli_option instance_options[] = {
        [INSTANCE_OPTION] = GOX_KEEPER_INSTANCE,
        {.name = NULL},
};
static const struct gox_cli_option upgrade_options[] = {
        [INSTANCE_OPTION] = GOX_KEEPER_INSTANCE,
        [NO_WAIT_OPTION] = {"no-wait", 'n', NULL, NULL,
                "return when the manager has the order"},
        [MANAGER_OPTION] = {"manager", 'm', NULL, NULL,
                "change the manager, not the daemon"},
        {.name = NULL},
};

static int tell_status(struct gox_cli *cli, const json_t *status)
{
    struct gox_buf out;
    if (cli->is_json)
        return gox_cli_print_json(cli, status);
    gox_buf_init(&out, 0);
    gox_keeper_put_head(cli, &out, gox_keeper_text(status, "name"),
            gox_keeper_text(status, "health"), gox_keeper_text(status, "state"),
            gox_keeper_text(status, "reason"));
    if (json_is_integer(json_object_get(status, "pid")))
        gox_keeper_put_line(&out, 6, "pid", "%lld",
                (long long)gox_keeper_number(status, "pid"));
    return gox_cli_flush(cli, &out);
}

/* The new manager closes the connections of the old one, and then serves. */
static int follow_manager(struct gox_cli *cli, struct gox_keeper *keeper)
{
    struct gox_error err = {0};
    json_t *status = NULL;
    gox_client *client = keeper->session.client;
    int64_t end_ns = gox_time_now_ns() + HANDOVER_MS * GOX_NS_PER_MS;
    int rc;
    while (gox_client_get_fd(client) >= 0 && gox_time_now_ns() < end_ns) {
        struct pollfd item = {
                .fd = gox_client_get_fd(client), .events = POLLIN};
        if (poll(&item, 1, 100) > 0)
            (void)gox_client_dispatch(client, NULL);
    }
    if (gox_client_reconnect(client, HANDOVER_MS, &err) != 0 ||
            gox_keeper_call(keeper, "manager.status", NULL, &status, &err) != 0)
        rc = gox_session_fail(&keeper->session, NULL, &err);
    else
        rc = tell_status(cli, status);
    json_decref(status);
    return rc;
}

/* One call of the manager, whose answer is a status. */
static int order(struct gox_cli *cli, const char *method, json_t *own_params,
        bool is_new_manager)
{
    struct gox_keeper keeper;
    struct gox_error err = {0};
    json_t *result = NULL;
    int rc = gox_keeper_open(&keeper, cli, cli->values[INSTANCE_OPTION]);
    if (rc != 0) {
        json_decref(own_params);
        gox_keeper_close(&keeper);
        return rc;
    }
    if (gox_keeper_call(&keeper, method, own_params, &result, &err) != 0)
        rc = gox_session_fail(&keeper.session, NULL, &err);
    else if (is_new_manager)
        rc = follow_manager(cli, &keeper);
    else
        rc = tell_status(cli, result);
    json_decref(result);
    gox_keeper_close(&keeper);
    return rc;
}

static json_t *wait_params(const struct gox_cli *cli)
{
    return json_pack("{s:b}", "wait", cli->values[NO_WAIT_OPTION] == NULL);
}

static int run_start(struct gox_cli *cli)
{
    return order(cli, "manager.start", wait_params(cli), false);
}

static int run_stop(struct gox_cli *cli)
{
    return order(cli, "manager.stop", wait_params(cli), false);
}

static int run_restart(struct gox_cli *cli)
{
    return order(cli, "manager.restart", wait_params(cli), false);
}

static int run_reset(struct gox_cli *cli)
{
    return order(cli, "manager.reset", NULL, false);
}

static int run_upgrade(struct gox_cli *cli)
{
    json_t *params = wait_params(cli);
    struct gox_buf path;
    bool is_manager = cli->values[MANAGER_OPTION] != NULL;
    json_object_set_new(
            params, "what", json_string(is_manager ? "manager" : "daemon"));
    if (cli->arg_count > 0) {
        /* Relative to where the command runs, not to the manager. */
        gox_buf_init(&path, 0);
        if (gox_os_absolute(cli->args[0], &path) == 0)
            json_object_set_new(
                    params, "binary", json_string(gox_buf_text(&path)));
        gox_buf_fini(&path);
    }
    return order(cli, "manager.upgrade", params, is_manager);
}

/* ---- reload ---- */

/* "reloaded: server.timeout_seconds"; no line when the list is empty. */
static void put_names(struct gox_buf *out, const char *lead, const json_t *list)
{
    const json_t *name;
    size_t i;
    json_array_foreach(list, i, name) gox_buf_printf(
            out, "%s%s", i > 0 ? ", " : lead, json_string_value(name));
    if (json_array_size(list) > 0)
        gox_buf_put_byte(out, '\n');
}

/* A setting that was changed and does not act yet must not look as if it did.
 * Through a manager this is in the message. */
static int tell_changes(struct gox_cli *cli, const json_t *result)
{
    struct gox_buf out;
    gox_buf_init(&out, 0);
    put_names(&out, "reloaded: ", json_object_get(result, "changed"));
    if (out.len == 0)
        gox_buf_put_str(&out, "reloaded\n");
    put_names(&out, "changed, but needs a restart: ",
            json_object_get(result, "needs_restart"));
    return gox_cli_flush(cli, &out);
}

static int tell_reload(struct gox_cli *cli, const json_t *result)
{
    bool is_done = json_is_true(json_object_get(result, "reloaded"));
    const char *text = gox_keeper_text(result, "message");
    char clean[1024];
    int rc = GOX_CLI_DONE;
    if (cli->is_json)
        rc = gox_cli_print_json(cli, result);
    gox_cli_clean(clean, sizeof clean, text);
    if (!cli->is_json && is_done && clean[0] != '\0')
        printf("%s\n", clean);
    else if (!cli->is_json && is_done)
        rc = tell_changes(cli, result);
    if (!is_done)
        rc = gox_cli_fail(cli, GOX_CLI_FAILED,
                "the old settings stay in use%s%s; \"goxelctl config check\" "
                "shows what is wrong",
                clean[0] != '\0' ? ": " : "", clean);
    return rc;
}

/* A daemon without a manager is asked itself. */
static int reload_lone(struct gox_cli *cli)
{
    struct gox_cli_session session;
    struct gox_error err = {0};
    json_t *result = NULL;
    int rc = gox_session_open_socket(&session, cli);
    if (rc == 0 && gox_session_call(
                           &session, "daemon.reload", NULL, &result, &err) != 0)
        rc = gox_session_fail(&session, NULL, &err);
    if (rc == 0)
        rc = tell_reload(cli, result);
    json_decref(result);
    gox_session_close(&session);
    return rc;
}

static int run_reload(struct gox_cli *cli)
{
    struct gox_keeper keeper;
    struct gox_error err = {0};
    json_t *result = NULL;
    int rc = gox_keeper_try(&keeper, cli, cli->values[INSTANCE_OPTION], &err);
    if (gox_keeper_is_absent(rc)) {
        gox_keeper_close(&keeper);
        return reload_lone(cli);
    }
    if (rc == 0)
        rc = gox_keeper_call(&keeper, "manager.reload", NULL, &result, &err);
    rc = rc != 0 ? gox_session_fail(&keeper.session, NULL, &err)
                 : tell_reload(cli, result);
    json_decref(result);
    gox_keeper_close(&keeper);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_start = {
        .name = "start",
        .synopsis = "",
        .summary = "let the manager start the daemon",
        .details = "Also one that was given up. Waits until the daemon "
                   "answers. The manager must run: goxelctl up starts both.",
        .examples = "goxelctl start",
        .flags = GOX_CLI_SOCKET,
        .options = wait_options,
        .run = run_start,
};

const struct gox_cli_command gox_cli_cmd_stop = {
        .name = "stop",
        .synopsis = "",
        .summary = "let the manager stop the daemon",
        .details = "Requests under way are finished first; the daemon stays "
                   "down until start. The manager stays, and clients that "
                   "connect wait: goxelctl down ends both.",
        .examples = "goxelctl stop",
        .flags = GOX_CLI_SOCKET,
        .options = wait_options,
        .run = run_stop,
};

const struct gox_cli_command gox_cli_cmd_restart = {
        .name = "restart",
        .synopsis = "",
        .summary = "stop the daemon and start it again",
        .details = "Clients that connect meanwhile wait and are not refused.",
        .examples = "goxelctl restart",
        .flags = GOX_CLI_SOCKET,
        .options = wait_options,
        .run = run_restart,
};

const struct gox_cli_command gox_cli_cmd_reload = {
        .name = "reload",
        .synopsis = "",
        .summary = "let the daemon read its settings again",
        .details = "With a mistake in them nothing changes, and the exit code "
                   "is 1. Where no manager runs, the daemon is asked itself.",
        .examples = "goxelctl config check && goxelctl reload",
        .flags = GOX_CLI_SOCKET,
        .options = instance_options,
        .run = run_reload,
};

const struct gox_cli_command gox_cli_cmd_reset = {
        .name = "reset",
        .synopsis = "",
        .summary = "forget failures, and try again",
        .details = "For a daemon that was given up after too many restarts.",
        .examples = "goxelctl reset",
        .flags = GOX_CLI_SOCKET,
        .options = instance_options,
        .run = run_reset,
};

const struct gox_cli_command gox_cli_cmd_upgrade = {
        .name = "upgrade",
        .synopsis = "[BINARY]",
        .arguments = GOX_CLI_FILE,
        .summary = "change to another program, refusing no client",
        .details = "Without BINARY the same path is started again, which after "
                   "an update is the new program. --manager changes the "
                   "manager; the daemon goes on under it.",
        .examples = "goxelctl upgrade\n"
                    "goxelctl upgrade /opt/goxel/bin/goxel-daemon\n"
                    "goxelctl upgrade --manager",
        .flags = GOX_CLI_SOCKET,
        .max_args = 1,
        .options = upgrade_options,
        .run = run_upgrade,
};
