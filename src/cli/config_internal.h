/* SPDX-License-Identifier: Apache-2.0
 * What the parts of goxelctl config share.
 *
 * Invariant: settings that could be loaded are the caller's, others hold
 * nothing. */
#ifndef GOX_CLI_CONFIG_INTERNAL_H
#define GOX_CLI_CONFIG_INTERNAL_H

#include "cli/cli.h"
#include "config/load.h"

/* The settings of a file; file NULL: the one that the daemon reads, if it is
 * there. */
int gox__config_cmd_load(const char *file, bool with_environment,
        struct gox_settings *s,
        struct gox_config_errors *errors) GOX_MUST_CHECK;
/* Prints errors and warnings on standard error, or with --json as the whole
 * answer. Returns the exit code. */
int gox__config_cmd_tell(struct gox_cli *cli,
        const struct gox_config_errors *errors, bool is_answer);

/* ---- cmd_config_diff.c ---- */
/* file: what --file says, or NULL. Returns the exit code. */
int gox__config_cmd_diff(struct gox_cli *cli, const char *file);

#endif
