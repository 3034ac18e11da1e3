/* SPDX-License-Identifier: Apache-2.0
 * The table of commands, in the order that help and manual show. */
#include "cli/commands.h"

const struct gox_cli_command *const gox_cli_commands[] = {
        &gox_cli_cmd_convert,
        &gox_cli_cmd_info,
        &gox_cli_cmd_render,
        &gox_cli_cmd_formats,
        &gox_cli_cmd_call,
        &gox_cli_cmd_shell,
        &gox_cli_cmd_methods,
        &gox_cli_cmd_help,
        &gox_cli_cmd_store,
        &gox_cli_cmd_config,
        &gox_cli_cmd_up,
        &gox_cli_cmd_down,
        &gox_cli_cmd_status,
        &gox_cli_cmd_health,
        &gox_cli_cmd_top,
        &gox_cli_cmd_events,
        &gox_cli_cmd_logs,
        &gox_cli_cmd_start,
        &gox_cli_cmd_stop,
        &gox_cli_cmd_restart,
        &gox_cli_cmd_reload,
        &gox_cli_cmd_upgrade,
        &gox_cli_cmd_reset,
        &gox_cli_cmd_metrics,
        &gox_cli_cmd_doctor,
        &gox_cli_cmd_ping,
        &gox_cli_cmd_token,
        &gox_cli_cmd_mcp,
        &gox_cli_cmd_version,
        &gox_cli_cmd_completion,
        &gox_cli_cmd_dump_man,
};

const size_t gox_cli_command_count =
        sizeof(gox_cli_commands) / sizeof(gox_cli_commands[0]);
