/* SPDX-License-Identifier: Apache-2.0
 * The text of a file of settings. */
#ifndef GOX_CONFIG_PARSE_H
#define GOX_CONFIG_PARSE_H

#include "config/errors.h"

/* Larger files are no settings. */
#define GOX_CONFIG_MAX_FILE (1024 * 1024)

/* Puts the values of a JSON text in, `defaults` of this platform first. All
 * that is wrong goes to errors; what is right is put in even so. The caller
 * looks at errors. */
void gox_config_parse(struct gox_settings *s, const char *data, size_t len,
        struct gox_config_errors *errors);

#endif
