/* SPDX-License-Identifier: Apache-2.0
 * goxelctl status and ping: is the daemon there, and how is it. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

/* One row for each plain member; inner objects get their members below. */
static void put_members(
        struct gox_table *table, const json_t *object, const char *prefix)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char name[128], *text;
        snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "",
                key);
        if (json_is_object(value) && !prefix[0]) {
            put_members(table, value, name);
            continue;
        }
        text = json_is_string(value)
                       ? NULL
                       : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
                                                   JSON_REAL_PRECISION(6));
        gox_table_put(table, "%s", name);
        gox_table_put(table, "%s", text ? text : json_string_value(value));
        free(text);
    }
}

static int run_status(struct gox_cli *cli)
{
    struct gox_cli_session session;
    struct gox_error err = {0};
    json_t *result = NULL;
    struct gox_table table;
    struct gox_buf out;
    int rc = gox_session_open(&session, cli);

    if (rc == 0 &&
            gox_session_call(&session, "status", NULL, &result, &err) != 0)
        rc = gox_session_fail(&session, "status", &err);
    if (rc == 0 && cli->is_json)
        rc = gox_cli_print_json(cli, result);
    else if (rc == 0) {
        gox_buf_init(&out, 0);
        gox_table_init(&table, "ll");
        gox_table_put(&table, "%s", "daemon");
        gox_table_put(&table, "%s", session.name);
        put_members(&table, result, "");
        gox_table_print(&table, &out, cli->has_color);
        gox_table_fini(&table);
        rc = gox_cli_flush(cli, &out);
    }
    json_decref(result);
    gox_session_close(&session);
    return rc;
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
        rc = gox_session_fail(&session, "ping", &err);
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
        .details = "Shows the daemon's version, process, uptime, memory and "
                   "what it works on.",
        .examples = "goxelctl status\n"
                    "goxelctl --socket /run/goxel-daemon.sock status --json",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
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
