/* SPDX-License-Identifier: Apache-2.0
 * goxelctl help: a command, or a method of the API, from the daemon's own
 * description of itself (OpenRPC). */
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>

static int run(struct gox_cli *cli)
{
    const struct gox_cli_command *cmd;
    struct gox_cli_session session;
    struct gox_error err = {0};
    json_t *document = NULL;
    struct gox_buf out;
    int rc;

    gox_buf_init(&out, 0);
    if (cli->arg_count == 0) {
        gox_cli_put_overview(&out);
        return gox_cli_flush(cli, &out);
    }
    cmd = gox_cli_find_command(cli->args[0]);
    if (cmd) {
        gox_cli_put_help(&out, cmd);
        return gox_cli_flush(cli, &out);
    }
    rc = gox_session_open_any(&session, cli);
    if (rc == 0 && gox_session_call(&session, "rpc.discover", NULL, &document,
                           &err) != 0)
        rc = gox_session_fail(&session, "rpc.discover", &err);
    gox_session_close(&session);
    if (rc == 0)
        rc = gox_cli_describe_method(cli, document, cli->args[0]);
    json_decref(document);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_help = {
        .name = "help",
        .synopsis = "[METHOD | COMMAND]",
        .arguments = GOX_CLI_METHOD,
        .summary = "explain a method of the API, or a command",
        .details = "Shows the parameters and the result of METHOD as the "
                   "daemon on the socket describes them; when none listens, as "
                   "a private one does. The goxel. before a name may be left "
                   "out. With the name of a command shows its --help.",
        .examples = "goxelctl help goxel.add_voxel\n"
                    "goxelctl help render_scene\n"
                    "goxelctl help convert",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .max_args = 1,
        .run = run,
};
