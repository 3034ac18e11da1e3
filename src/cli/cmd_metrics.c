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

/* The plain numbers of daemon.metrics as gauges; the daemon's own HTTP page
 * has them with types, labels and histograms. */
static void put_daemon(struct gox_buf *out, const json_t *metrics)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)metrics, key, value)
    {
        if (!json_is_number(value))
            continue;
        gox_buf_printf(out,
                "# TYPE goxel_daemon_%s untyped\ngoxel_daemon_%s %.15g\n", key,
                key, json_number_value(value));
    }
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
    put_daemon(&out, daemon);
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
        rc = gox_session_fail(&keeper->session, "metrics", &err);
    const char *path = gox_keeper_text(status, "socket");
    if (rc == 0 && json_is_true(json_object_get(status, "ready"))) {
        cli->socket = path;
        rc = gox_session_open_socket(&session, cli);
        if (rc == 0 && gox_session_call(&session, "daemon.metrics", NULL,
                               &daemon, &err) != 0)
            rc = gox_session_fail(&session, "metrics", &err);
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
    json_t *daemon = NULL;
    int rc = 0;
    if (gox_session_call(session, "daemon.metrics", NULL, &daemon, &err) != 0)
        rc = gox_session_fail(session, "metrics", &err);
    if (rc == 0)
        rc = tell(cli, NULL, daemon);
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
        .details = "The manager's figures, then the plain numbers of "
                   "daemon.metrics as goxel_daemon_*. The daemon's HTTP page "
                   "/metrics (monitoring.metrics_listen) has more. The exit "
                   "code is 3 when "
                   "neither runs.",
        .examples = "goxelctl metrics >/var/lib/node_exporter/goxel.prom",
        .flags = GOX_CLI_SOCKET,
        .options = options,
        .run = run_metrics,
};
