/* SPDX-License-Identifier: Apache-2.0
 * goxelctl status and ping: is the daemon there, and how is it.
 *
 * The manager is asked; where none runs, the daemon itself. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/keeper.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 10

enum option { INSTANCE_OPTION };
static const struct gox_cli_option options[] = {
        GOX_KEEPER_INSTANCE,
        {.name = NULL},
};

/* ---- from the manager ---- */

static void put_daemon(struct gox_buf *out, const json_t *status)
{
    const json_t *process = json_object_get(status, "process");
    char up[32], rss[GOX_CLI_FIGURE];
    if (!json_is_integer(json_object_get(status, "pid")))
        return;
    gox_keeper_put_line(out, WIDTH, "daemon",
            "pid %lld, up %s, %s, %lld threads, %lld ms of processor time",
            (long long)gox_keeper_number(status, "pid"),
            gox_keeper_span(up, gox_keeper_number(status, "uptime_ms")),
            gox_cli_bytes(rss, (double)gox_keeper_number(process, "rss_bytes")),
            (long long)gox_keeper_number(process, "threads"),
            (long long)gox_keeper_number(process, "cpu_ms"));
}

static void put_restarts(struct gox_buf *out, const json_t *status)
{
    const json_t *restarts = json_object_get(status, "restarts");
    const json_t *last = json_object_get(status, "last_exit");
    const char *cause = gox_keeper_text(restarts, "last_cause");
    char span[32];
    gox_keeper_put_line(out, WIDTH, "restarts", "%lld%s%s%s",
            (long long)gox_keeper_number(restarts, "total"),
            cause[0] != '\0' ? ", last cause: " : "", cause,
            json_is_true(json_object_get(restarts, "given_up"))
                    ? "; given up, \"goxelctl reset\" tries again"
                    : "");
    if (json_is_integer(json_object_get(restarts, "next_in_ms")))
        gox_keeper_put_line(out, WIDTH, "next try", "in %s",
                gox_keeper_span(
                        span, gox_keeper_number(restarts, "next_in_ms")));
    if (!json_is_object(last))
        return;
    gox_keeper_put_line(out, WIDTH, "last exit", "%s: %s (%s)",
            gox_keeper_text(last, "at"), gox_keeper_text(last, "text"),
            gox_keeper_text(last, "cause"));
    if (gox_keeper_text(last, "bundle")[0] != '\0')
        gox_keeper_put_line(
                out, WIDTH, "bundle", "%s", gox_keeper_text(last, "bundle"));
}

static void put_managed(
        const struct gox_cli *cli, struct gox_buf *out, const json_t *status)
{
    const json_t *manager = json_object_get(status, "manager");
    char up[32], rss[GOX_CLI_FIGURE];
    gox_keeper_put_head(cli, out, gox_keeper_text(status, "name"),
            gox_keeper_text(status, "health"), gox_keeper_text(status, "state"),
            gox_keeper_text(status, "reason"));
    put_daemon(out, status);
    gox_keeper_put_line(
            out, WIDTH, "socket", "%s", gox_keeper_text(status, "socket"));
    gox_keeper_put_line(out, WIDTH, "manager", "pid %lld, up %s, %s, %s: %s",
            (long long)gox_keeper_number(manager, "pid"),
            gox_keeper_span(up, gox_keeper_number(manager, "uptime_ms")),
            gox_cli_bytes(rss, (double)gox_keeper_number(manager, "rss_bytes")),
            gox_keeper_text(status, "backend"),
            gox_keeper_text(status, "backend_reason"));
    put_restarts(out, status);
    gox_keeper_put_line(
            out, WIDTH, "log", "%s", gox_keeper_text(status, "log_file"));
}

/* All instances, or the one that was asked for, as an array. */
static int ask_manager(
        struct gox_keeper *keeper, json_t **all, struct gox_error *err)
{
    json_t *result = NULL;
    int code = gox_keeper_call(keeper,
            keeper->instance != NULL ? "manager.status" : "manager.list", NULL,
            &result, err);
    if (code == 0 && keeper->instance != NULL)
        *all = json_pack("[O]", result);
    else if (code == 0)
        *all = json_incref(json_object_get(result, "instances"));
    json_decref(result);
    return code;
}

static int show_managed(struct gox_cli *cli, struct gox_keeper *keeper)
{
    struct gox_error err = {0};
    json_t *all = NULL, *status;
    struct gox_buf out;
    int worst = 0, rc;
    size_t k;
    if (ask_manager(keeper, &all, &err) != 0) {
        rc = gox_session_fail(&keeper->session, NULL, &err);
        return rc == GOX_CLI_UNREACHABLE ? GOX_CLI_NOT_RUNNING
                                         : GOX_CLI_UNKNOWN;
    }
    gox_buf_init(&out, 0);
    json_array_foreach(all, k, status)
    {
        int exit = gox_keeper_exit_of(gox_keeper_text(status, "health"));
        worst = exit > worst ? exit : worst;
        put_managed(cli, &out, status);
    }
    if (cli->is_json && json_array_size(all) == 1) {
        rc = gox_cli_print_json(cli, json_array_get(all, 0));
    } else if (cli->is_json) {
        status = json_pack("{s:O}", "instances", all);
        rc = gox_cli_print_json(cli, status);
        json_decref(status);
    } else {
        rc = gox_cli_flush(cli, &out);
        gox_buf_init(&out, 0);
    }
    gox_buf_fini(&out);
    json_decref(all);
    return rc != 0 ? rc : worst;
}

/* ---- from the daemon itself ---- */

static int show_lone(struct gox_cli *cli, struct gox_cli_session *session)
{
    struct gox_error err = {0};
    json_t *status = NULL, *health = NULL;
    struct gox_buf out;
    char up[32], rss[GOX_CLI_FIGURE];
    int exit, rc;
    if (gox_session_call(session, "status", NULL, &status, &err) != 0 ||
            gox_session_call(session, "daemon.health", NULL, &health, &err)) {
        json_decref(status);
        rc = gox_session_fail(session, NULL, &err);
        return err.code == GOX_ERR_TIMEOUT ? GOX_CLI_UNHEALTHY
               : rc == GOX_CLI_UNREACHABLE ? GOX_CLI_NOT_RUNNING
                                           : GOX_CLI_UNKNOWN;
    }
    exit = gox_keeper_exit_of(gox_keeper_text(health, "status"));
    json_object_set_new(status, "state", json_string("running"));
    json_object_set(status, "health", json_object_get(health, "status"));
    json_object_set_new(status, "socket", json_string(session->name));
    json_object_set_new(status, "manager", json_null());
    if (cli->is_json) {
        rc = gox_cli_print_json(cli, status);
    } else {
        gox_buf_init(&out, 0);
        gox_keeper_put_head(cli, &out, "", gox_keeper_text(status, "health"),
                "running", "");
        gox_keeper_put_line(&out, WIDTH, "daemon",
                "pid %lld, version %s, up %s, %s, %lld projects",
                (long long)gox_keeper_number(status, "pid"),
                gox_keeper_text(status, "version"),
                gox_keeper_span(
                        up, gox_keeper_number(status, "uptime_seconds") * 1000),
                gox_cli_bytes(rss,
                        (double)gox_keeper_number(status, "memory_allocated")),
                (long long)gox_keeper_number(status, "projects"));
        gox_keeper_put_line(&out, WIDTH, "socket", "%s", session->name);
        gox_keeper_put_line(&out, WIDTH, "sandbox", "%s",
                gox_keeper_text(status, "sandbox"));
        gox_keeper_put_line(&out, WIDTH, "manager", "%s",
                cli->is_stdio ? "none: a private daemon"
                              : "none; \"goxelctl up\" starts one");
        rc = gox_cli_flush(cli, &out);
    }
    json_decref(status);
    json_decref(health);
    return rc != 0 ? rc : exit;
}

/* ---- the commands ---- */

static int run_status(struct gox_cli *cli)
{
    static const struct gox_cli_look look = {.key = "health",
            .instance_option = INSTANCE_OPTION,
            .managed = show_managed,
            .lone = show_lone};
    return gox_cli_look(cli, &look);
}

static int run_ping(struct gox_cli *cli)
{
    struct gox_cli_session session;
    struct gox_error err = {0};
    json_t *reply;
    int64_t begin_ns;
    int rc = gox_session_open(&session, cli);

    begin_ns = gox_time_now_ns();
    if (rc == 0 && gox_session_call(&session, "ping", NULL, NULL, &err) != 0)
        rc = gox_session_fail(&session, NULL, &err);
    if (rc == 0) {
        double ms =
                (double)(gox_time_now_ns() - begin_ns) / (double)GOX_NS_PER_MS;
        if (cli->is_json) {
            reply = json_pack("{s:b,s:s,s:f}", "pong", 1, "socket",
                    session.name, "ms", ms);
            rc = gox_cli_print_json(cli, reply);
            json_decref(reply);
        } else {
            printf("%s answers in %.3f ms\n", session.name, ms);
        }
    }
    gox_session_close(&session);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_status = {
        .name = "status",
        .synopsis = "",
        .summary = "show how the daemon is",
        .details = "Shows what the manager knows about the daemon: health, "
                   "process, memory, restarts and the last exit. Where no "
                   "manager runs, the daemon is asked itself.\n\n"
                   "The exit code is 0 when the daemon is healthy, 1 degraded, "
                   "2 unhealthy, 3 not running, 4 not known (starting, or in "
                   "doubt). Of several daemons the worst counts.",
        .examples = "goxelctl status\n"
                    "goxelctl --socket /run/goxel-daemon.sock status --json",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .options = options,
        .run = run_status,
};

const struct gox_cli_command gox_cli_cmd_ping = {
        .name = "ping",
        .synopsis = "",
        .summary = "check that the daemon answers",
        .details = "Sends a ping and tells how long the answer took. The exit "
                   "code is 3 when no daemon can be reached.",
        .examples = "goxelctl ping --timeout 1",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .run = run_ping,
};
