/* SPDX-License-Identifier: Apache-2.0
 * goxelctl version. */
#include "cli/commands.h"
#include "cli/output.h"
#include "goxel/version.h"

#include <stdio.h>

static int run(struct gox_cli *cli)
{
    json_t *value;
    int rc;

    if (!cli->is_json) {
        printf("goxelctl %s\n", GOX_VERSION);
        return GOX_CLI_DONE;
    }
    value = json_pack("{s:s,s:s}", "name", "goxelctl", "version", GOX_VERSION);
    rc = gox_cli_print_json(cli, value);
    json_decref(value);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_version = {
        .name = "version",
        .synopsis = "",
        .summary = "show the version of goxelctl",
        .details = "Shows the version of goxelctl. That of a running daemon is "
                   "in goxelctl status.",
        .run = run,
};
