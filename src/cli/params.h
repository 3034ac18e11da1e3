/* SPDX-License-Identifier: Apache-2.0
 * Parameters of a call from words of a command line. */
#ifndef GOX_CLI_PARAMS_H
#define GOX_CLI_PARAMS_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* No words: *params is NULL. One word that begins with { or [: JSON. "-": JSON
 * from standard input. Else key=value words: a value that is JSON (a number,
 * true, null, "text", [..], {..}) is taken as such, any other is text; a dot in
 * a key makes an inner object (options.up=z). 0 with a new reference, or
 * GOX_ERR_PARAMS, GOX_ERR_PARSE, GOX_ERR_IO, GOX_ERR_NOMEM. */
int gox_cli_read_params(const char *const *words, size_t count, json_t **params,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
