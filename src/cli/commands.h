/* SPDX-License-Identifier: Apache-2.0
 * The rows of the commands; commands.c gives them their order. */
#ifndef GOX_CLI_COMMANDS_H
#define GOX_CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct gox_cli_command gox_cli_cmd_call;
extern const struct gox_cli_command gox_cli_cmd_completion;
extern const struct gox_cli_command gox_cli_cmd_config;
extern const struct gox_cli_command gox_cli_cmd_convert;
extern const struct gox_cli_command gox_cli_cmd_doctor;
extern const struct gox_cli_command gox_cli_cmd_down;
extern const struct gox_cli_command gox_cli_cmd_dump_man;
extern const struct gox_cli_command gox_cli_cmd_events;
extern const struct gox_cli_command gox_cli_cmd_formats;
extern const struct gox_cli_command gox_cli_cmd_health;
extern const struct gox_cli_command gox_cli_cmd_help;
extern const struct gox_cli_command gox_cli_cmd_info;
extern const struct gox_cli_command gox_cli_cmd_logs;
extern const struct gox_cli_command gox_cli_cmd_mcp;
extern const struct gox_cli_command gox_cli_cmd_methods;
extern const struct gox_cli_command gox_cli_cmd_metrics;
extern const struct gox_cli_command gox_cli_cmd_ping;
extern const struct gox_cli_command gox_cli_cmd_reload;
extern const struct gox_cli_command gox_cli_cmd_render;
extern const struct gox_cli_command gox_cli_cmd_reset;
extern const struct gox_cli_command gox_cli_cmd_restart;
extern const struct gox_cli_command gox_cli_cmd_shell;
extern const struct gox_cli_command gox_cli_cmd_start;
extern const struct gox_cli_command gox_cli_cmd_status;
extern const struct gox_cli_command gox_cli_cmd_stop;
extern const struct gox_cli_command gox_cli_cmd_store;
extern const struct gox_cli_command gox_cli_cmd_token;
extern const struct gox_cli_command gox_cli_cmd_top;
extern const struct gox_cli_command gox_cli_cmd_up;
extern const struct gox_cli_command gox_cli_cmd_upgrade;
extern const struct gox_cli_command gox_cli_cmd_version;

#endif
