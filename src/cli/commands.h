/* SPDX-License-Identifier: Apache-2.0
 * The rows of the commands; commands.c gives them their order. */
#ifndef GOX_CLI_COMMANDS_H
#define GOX_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct gox_cli_command gox_cli_cmd_store;
extern const struct gox_cli_command gox_cli_cmd_call;
extern const struct gox_cli_command gox_cli_cmd_completion;
extern const struct gox_cli_command gox_cli_cmd_config;
extern const struct gox_cli_command gox_cli_cmd_convert;
extern const struct gox_cli_command gox_cli_cmd_dump_man;
extern const struct gox_cli_command gox_cli_cmd_formats;
extern const struct gox_cli_command gox_cli_cmd_help;
extern const struct gox_cli_command gox_cli_cmd_info;
extern const struct gox_cli_command gox_cli_cmd_mcp;
extern const struct gox_cli_command gox_cli_cmd_methods;
extern const struct gox_cli_command gox_cli_cmd_ping;
extern const struct gox_cli_command gox_cli_cmd_render;
extern const struct gox_cli_command gox_cli_cmd_shell;
extern const struct gox_cli_command gox_cli_cmd_status;
extern const struct gox_cli_command gox_cli_cmd_token;
extern const struct gox_cli_command gox_cli_cmd_version;

#endif
