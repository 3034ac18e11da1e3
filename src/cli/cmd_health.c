/* SPDX-License-Identifier: Apache-2.0
 * goxelctl health: a round of checks now, and what each found. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/keeper.h"
#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option { INSTANCE_OPTION, CACHED_OPTION };
static const struct gox_cli_option options[] = {
        [INSTANCE_OPTION] = GOX_KEEPER_INSTANCE,
        [CACHED_OPTION] = {"last", 'l', NULL, NULL,
                "show the manager's last round instead of making one"},
        {.name = NULL},
};

static void put_row(const struct gox_cli *cli, struct gox_buf *out,
        const char *name, const char *finding, const char *took,
        const char *text)
{
    char clean_name[32], clean_text[512];
    gox_cli_clean(clean_name, sizeof clean_name, name);
    gox_cli_clean(clean_text, sizeof clean_text, text);
    gox_buf_printf(out, "  %-12s %s%-9s%s %9s  %s\n", clean_name,
            gox_keeper_tint(cli, finding), finding, gox_keeper_plain(cli), took,
            clean_text);
}

/* "depth 0, capacity 256": the members of a check besides its verdict. */
static void put_members(struct gox_buf *text, const json_t *check)
{
    const char *key;
    json_t *value;
    char bytes[GOX_CLI_FIGURE];
    json_object_foreach((json_t *)(uintptr_t)check, key, value)
    {
        size_t len = strlen(key);
        bool is_bytes = len > 6 && strcmp(key + len - 6, "_bytes") == 0;
        char *dump;
        if (strcmp(key, "status") == 0 || json_is_null(value))
            continue;
        gox_buf_put_str(text, text->len > 0 ? ", " : "");
        for (size_t k = 0; k < (is_bytes ? len - 6 : len); k++)
            gox_buf_put_byte(text, (uint8_t)(key[k] == '_' ? ' ' : key[k]));
        dump = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
        gox_buf_printf(text, " %s",
                is_bytes ? gox_cli_bytes(bytes, json_number_value(value))
                : json_is_string(value) ? json_string_value(value)
                : dump != NULL          ? dump
                                        : "");
        free(dump);
    }
}

static void put_daemon_checks(
        const struct gox_cli *cli, struct gox_buf *out, const json_t *daemon)
{
    const char *name;
    json_t *check;
    json_object_foreach(json_object_get(daemon, "checks"), name, check)
    {
        struct gox_buf text;
        gox_buf_init(&text, 0);
        put_members(&text, check);
        put_row(cli, out, name, gox_keeper_text(check, "status"), "",
                gox_buf_text(&text) ? gox_buf_text(&text) : "");
        gox_buf_fini(&text);
    }
}

static int show(struct gox_cli *cli, const json_t *health)
{
    struct gox_buf out;
    const char *status = gox_keeper_text(health, "status");
    /* The stages are then those of a process that is gone. */
    bool is_down = strcmp(status, "not_running") == 0;
    json_t *stage;
    size_t k;
    int rc;
    if (cli->is_json) {
        rc = gox_cli_print_json(cli, health);
        return rc != 0 ? rc : gox_keeper_exit_of(status);
    }
    gox_buf_init(&out, 0);
    gox_keeper_put_head(cli, &out, gox_keeper_text(health, "name"), status,
            gox_keeper_text(health, "state"),
            gox_keeper_text(health, "reason"));
    json_array_foreach(
            is_down ? NULL : json_object_get(health, "stages"), k, stage)
    {
        char took[32] = "";
        const json_t *ms = json_object_get(stage, "took_ms");
        if (json_is_number(ms))
            snprintf(took, sizeof took, "%.2f ms", json_number_value(ms));
        put_row(cli, &out, gox_keeper_text(stage, "name"),
                gox_keeper_text(stage, "finding"), took,
                gox_keeper_text(stage, "text"));
    }
    put_daemon_checks(cli, &out, json_object_get(health, "daemon"));
    if (is_down)
        gox_buf_put_str(&out,
                "  nothing to check: \"goxelctl status\" tells how it ended, "
                "\"goxelctl start\" starts it\n");
    else if (json_is_integer(json_object_get(health, "rounds")))
        gox_buf_printf(&out, "  round %lld, %lld failed, %lld in doubt%s\n",
                (long long)gox_keeper_number(health, "rounds"),
                (long long)gox_keeper_number(health, "failed"),
                (long long)gox_keeper_number(health, "unknown"),
                json_is_true(json_object_get(health, "flapping")) ? ", flapping"
                                                                  : "");
    rc = gox_cli_flush(cli, &out);
    return rc != 0 ? rc : gox_keeper_exit_of(status);
}

static int show_managed(struct gox_cli *cli, struct gox_keeper *keeper)
{
    struct gox_error err = {0};
    json_t *health = NULL;
    bool is_now = cli->values[CACHED_OPTION] == NULL;
    int rc;
    if (gox_keeper_call(keeper, "manager.health",
                json_pack("{s:b}", "check", is_now), &health, &err) != 0) {
        (void)gox_session_fail(&keeper->session, NULL, &err);
        return GOX_CLI_UNKNOWN;
    }
    rc = show(cli, health);
    json_decref(health);
    return rc;
}

/* The same two first stages that the manager has, made here. */
static int show_lone(struct gox_cli *cli, struct gox_cli_session *session)
{
    struct gox_error err = {0};
    json_t *daemon = NULL, *health;
    int64_t begin_ns = gox_time_now_ns();
    int code = gox_session_call(session, "daemon.health", NULL, &daemon, &err);
    double ms = (double)(gox_time_now_ns() - begin_ns) / (double)GOX_NS_PER_MS;
    const char *status = code == 0 ? gox_keeper_text(daemon, "status")
                         : code == GOX_ERR_TIMEOUT ? "unhealthy"
                                                   : "unknown";
    health = json_pack("{s:s,s:s,s:s,s:f,s:[{s:s,s:s,s:s},"
                       "{s:s,s:s,s:f,s:s}],s:O?,s:n}",
            "status", status, "state", "running", "reason",
            code == 0 ? "" : err.text, "took_ms", ms, "stages", "name",
            "socket", "finding", "pass", "text", session->name, "name", "rpc",
            "finding", code == 0 ? "pass" : "fail", "took_ms", ms, "text",
            code == 0 ? "" : err.text, "daemon", daemon, "manager");
    int rc = health != NULL
                     ? show(cli, health)
                     : gox_cli_fail(cli, GOX_CLI_UNKNOWN, "out of memory");
    json_decref(health);
    json_decref(daemon);
    return rc;
}

static int run_health(struct gox_cli *cli)
{
    static const struct gox_cli_look look = {.key = "status",
            .instance_option = INSTANCE_OPTION,
            .managed = show_managed,
            .lone = show_lone};
    return gox_cli_look(cli, &look);
}

const struct gox_cli_command gox_cli_cmd_health = {
        .name = "health",
        .synopsis = "",
        .summary = "check the daemon now, in all stages",
        .details =
                "Lets the manager make a round of checks and shows what each "
                "stage found: the socket, a call, the process, the log; then "
                "what the daemon says about itself. Where no manager runs, "
                "the daemon is asked itself.\n\n"
                "The exit code is 0 when the daemon is healthy, 1 degraded, 2 "
                "unhealthy, 3 not running, 4 not known (starting, or in "
                "doubt).",
        .examples = "goxelctl health\n"
                    "# for a probe of a container\n"
                    "goxelctl health --json --timeout 2",
        .flags = GOX_CLI_SOCKET,
        .options = options,
        .run = run_health,
};
