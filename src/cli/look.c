/* SPDX-License-Identifier: Apache-2.0
 * Who is asked how the daemon is: a private one, the manager, the daemon
 * itself; or nobody is there.
 *
 * Invariant: the exit code tells "not running" only when nothing listens. */
#include "cli/keeper.h"
#include "cli/output.h"

#include <stdio.h>

/* Neither manager nor daemon; a refusal is not known to be one of them. */
static int show_absence(struct gox_cli *cli, const char *socket,
        const struct gox_error *err, const char *key)
{
    bool is_absent = gox_keeper_is_absent(err->code);
    json_t *answer;
    int rc = 0;
    if (cli->is_json) {
        answer = json_pack("{s:s,s:s,s:s,s:n,s:s,s:n}", "state",
                is_absent ? "stopped" : "unknown", key,
                is_absent ? "not_running" : "unknown", "reason", err->text,
                "pid", "socket", socket, "manager");
        rc = gox_cli_print_json(cli, answer);
        json_decref(answer);
    } else if (is_absent) {
        printf("%s%snot running%s\n  nothing listens at %s; \"goxelctl up\" "
               "starts manager and daemon\n",
                gox_keeper_tint(cli, "not_running"),
                cli->has_color ? "\xe2\x97\x8b " : "", gox_keeper_plain(cli),
                socket);
    } else {
        rc = gox_cli_fail(cli, GOX_CLI_UNKNOWN,
                "%s; \"goxelctl doctor\" looks for the reason", err->text);
    }
    return rc != 0 ? rc : is_absent ? GOX_CLI_NOT_RUNNING : GOX_CLI_UNKNOWN;
}

int gox_cli_look(struct gox_cli *cli, const struct gox_cli_look *look)
{
    struct gox_keeper keeper;
    struct gox_cli_session session = {.cli = cli};
    struct gox_error err = {0};
    int rc;
    if (cli->timeout_ms < 0 || cli->timeout_ms > GOX_CLI_LOOK_MS)
        cli->timeout_ms = GOX_CLI_LOOK_MS;
    if (cli->is_stdio) {
        rc = gox_session_open_child(&session, cli, 0, true);
        rc = rc != 0 ? rc : look->lone(cli, &session);
        gox_session_close(&session);
        return rc;
    }
    if (gox_keeper_try(
                &keeper, cli, cli->values[look->instance_option], &err) == 0) {
        rc = look->managed(cli, &keeper);
        gox_keeper_close(&keeper);
        return rc;
    }
    gox_keeper_close(&keeper);
    struct gox_error nobody = {0};
    gox_client *probe =
            gox_client_connect(keeper.socket, cli->timeout_ms, &nobody);
    gox_client_close(probe);
    if (probe == NULL)
        return show_absence(cli, keeper.socket,
                gox_keeper_is_absent(err.code) ? &nobody : &err, look->key);
    rc = gox_session_open_socket(&session, cli);
    rc = rc != 0 ? rc : look->lone(cli, &session);
    gox_session_close(&session);
    return rc;
}
