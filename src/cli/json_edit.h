/* SPDX-License-Identifier: Apache-2.0
 * Setting one value inside a JSON text and leaving every other byte as it is:
 * configuration files belong to their users. */
#ifndef GOX_CLI_JSON_EDIT_H
#define GOX_CLI_JSON_EDIT_H

#include "base/buf.h"

#include <stddef.h>

/* Puts `value` (JSON) at text[outer][inner] and appends the whole to out. Both
 * members are made when they are not there; a text of blanks counts as {}.
 * GOX_ERR_PARSE when text is no JSON object (or has comments), GOX_ERR_FORMAT
 * when `outer` is there and no object; GOX_ERR_NOMEM. */
int gox_json_edit(const char *text, size_t len, const char *outer,
        const char *inner, const char *value, struct gox_buf *out,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
