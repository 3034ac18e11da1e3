/* SPDX-License-Identifier: Apache-2.0
 * The help of one method out of an OpenRPC document. */
#ifndef GOX_CLI_DESCRIBE_H
#define GOX_CLI_DESCRIBE_H

#include "cli/cli.h"

#include <jansson.h>

/* Prints the method (or with --json its part of the document). An unknown one
 * is told with the nearest name; returns an exit code. */
int gox_cli_describe_method(
        const struct gox_cli *cli, const json_t *document, const char *name);

#endif
