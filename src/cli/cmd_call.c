/* SPDX-License-Identifier: Apache-2.0
 * goxelctl call: any method, with parameters as people or programs write them.
 */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/params.h"
#include "cli/session.h"

static int run(struct gox_cli *cli)
{
    struct gox_cli_session session;
    struct gox_error err = {0};
    json_t *params = NULL, *result = NULL;
    const char *method = cli->args[0];
    int rc;

    if (gox_cli_read_params(cli->args + 1, cli->arg_count - 1, &params, &err) !=
            0)
        return err.code == GOX_ERR_NOMEM
                       ? gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err.text)
                       : gox_cli_usage(cli, "%s", err.text);
    rc = gox_session_open(&session, cli);
    if (rc != 0) {
        json_decref(params);
        gox_session_close(&session);
        return rc;
    }
    session.has_progress = true;
    if (gox_session_call(&session, method, params, &result, &err) == 0)
        rc = gox_cli_print_json(cli, result);
    else
        rc = gox_session_fail(&session, method, &err);
    json_decref(result);
    gox_session_close(&session);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_call = {
        .name = "call",
        .synopsis = "METHOD [JSON | - | KEY=VALUE...]",
        .arguments = GOX_CLI_METHOD,
        .summary = "call any method of the daemon",
        .details =
                "Calls METHOD and prints its result: indented, or as one line "
                "with --json.\n\n"
                "Parameters are one JSON object or array, \"-\" to read that "
                "from standard input, or KEY=VALUE words. A VALUE that is JSON "
                "(a number, true, \"text\", [1,2]) is taken as such, any other "
                "is text; a dot in KEY makes an inner object.\n\n"
                "goxelctl methods lists the methods, goxelctl help METHOD "
                "explains one.",
        .examples = "goxelctl call goxel.add_voxel x=1 y=2 z=3 "
                    "color=\"#ff8000\"\n"
                    "goxelctl call goxel.get_voxel '[1, 2, 3]'\n"
                    "goxelctl call goxel.add_voxels - <voxels.json\n"
                    "goxelctl call goxel.export_model path=/srv/a.glb "
                    "options.up=y",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .min_args = 1,
        .max_args = -1,
        .run = run,
};
