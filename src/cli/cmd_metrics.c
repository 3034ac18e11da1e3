/* SPDX-License-Identifier: Apache-2.0
 * goxelctl metrics: figures of the manager and of the daemon.
 *
 * Invariant: what is printed without --json is Prometheus text and nothing
 * else, fit for a textfile collector. */
#include "cli/commands.h"
#include "cli/keeper.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

enum option { INSTANCE_OPTION };
static const struct gox_cli_option options[] = {
        [INSTANCE_OPTION] = GOX_KEEPER_INSTANCE,
        {.name = NULL},
};

/* daemon.metrics, for --json as an object, else as its page; NULL: an error. */
static json_t *ask_daemon(
        struct gox_cli_session *session, struct gox_error *err)
{
    json_t *params = session->cli->is_json
                             ? NULL
                             : json_pack("{s:s}", "format", "prometheus");
    json_t *metrics = NULL;
    if (gox_session_call(session, "daemon.metrics", params, &metrics, err) != 0)
        metrics = NULL;
    return metrics;
}

static int tell(struct gox_cli *cli, const json_t *manager, json_t *daemon)
{
    struct gox_buf out;
    json_t *both;
    int rc;
    if (cli->is_json) {
        both = json_pack("{s:O?,s:O?}", "manager",
                json_object_get(manager, "text"), "daemon", daemon);
        rc = gox_cli_print_json(cli, both);
        json_decref(both);
        return rc;
    }
    gox_buf_init(&out, 0);
    gox_buf_put_str(&out, gox_keeper_text(manager, "text"));
    gox_buf_put_str(&out, gox_keeper_text(daemon, "text"));
    return gox_cli_flush(cli, &out);
}

/* With a manager that has no daemon just now its own figures are the answer. */
static int show_managed(struct gox_cli *cli, struct gox_keeper *keeper)
{
    struct gox_cli_session session = {.cli = cli};
    struct gox_error err = {0};
    json_t *manager = NULL, *status = NULL, *daemon = NULL;
    int rc = 0;
    if (gox_keeper_call(keeper, "manager.metrics", NULL, &manager, &err) != 0 ||
            gox_keeper_call(keeper, "manager.status", NULL, &status, &err) != 0)
        rc = gox_session_fail(&keeper->session, NULL, &err);
    const char *path = gox_keeper_text(status, "socket");
    if (rc == 0 && json_is_true(json_object_get(status, "ready"))) {
        cli->socket = path;
        rc = gox_session_open_socket(&session, cli);
        daemon = rc == 0 ? ask_daemon(&session, &err) : NULL;
        if (rc == 0 && daemon == NULL)
            rc = gox_session_fail(&session, NULL, &err);
        gox_session_close(&session);
    }
    if (rc == 0)
        rc = tell(cli, manager, daemon);
    json_decref(manager);
    json_decref(status);
    json_decref(daemon);
    return rc;
}

static int show_lone(struct gox_cli *cli, struct gox_cli_session *session)
{
    struct gox_error err = {0};
    json_t *daemon = ask_daemon(session, &err);
    int rc = daemon != NULL ? tell(cli, NULL, daemon)
                            : gox_session_fail(session, NULL, &err);
    json_decref(daemon);
    return rc;
}

static int run_metrics(struct gox_cli *cli)
{
    static const struct gox_cli_look look = {.key = "health",
            .instance_option = INSTANCE_OPTION,
            .managed = show_managed,
            .lone = show_lone};
    return gox_cli_look(cli, &look);
}

const struct gox_cli_command gox_cli_cmd_metrics = {
        .name = "metrics",
        .synopsis = "",
        .summary = "print figures as Prometheus text",
        .details = "The manager's figures, then those of the daemon, the same "
                   "as on its HTTP page /metrics (monitoring.metrics_listen). "
                   "With --json the daemon's are those of daemon.metrics. The "
                   "exit code is 3 when neither runs.",
        .examples = "goxelctl metrics >/var/lib/node_exporter/goxel.prom",
        .flags = GOX_CLI_SOCKET,
        .options = options,
        .run = run_metrics,
};
