/* SPDX-License-Identifier: Apache-2.0
 * A typed line to words. */
#ifndef GOX_CLI_WORDS_H
#define GOX_CLI_WORDS_H

#include "base/error.h"

#include <stddef.h>

/* Splits at blanks. Quotes keep blanks together, as in a shell; JSON may stand
 * as it is: from a word that begins with { or [, or a value after = that does,
 * to its closing bracket nothing is split or unquoted. A line that begins with
 * # has no words. GOX_ERR_PARSE for an open quote or bracket, GOX_ERR_NOMEM. */
int gox_cli_split(const char *line, char ***words, size_t *count,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_cli_free_words(char **words, size_t count);

#endif
