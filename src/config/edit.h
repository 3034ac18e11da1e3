/* SPDX-License-Identifier: Apache-2.0
 * Changing one setting in the text of a file, without touching the rest. */
#ifndef GOX_CONFIG_EDIT_H
#define GOX_CONFIG_EDIT_H

#include "config/errors.h"

/* Puts the text of a file (empty: a new one) with one setting changed or added
 * into out. name as for gox_settings_set; value as text, a list also as a JSON
 * array; NULL takes the setting out, if it is there. The result is checked
 * whole: what is wrong with it goes to errors (initialised), and GOX_ERR_PARAMS
 * is returned; GOX_ERR_NOT_FOUND for an unknown name, GOX_ERR_PARSE when the
 * text is not JSON, GOX_ERR_NOMEM. err is set but for what is in errors. */
int gox_config_edit(const char *data, size_t len, const char *name,
        const char *value, struct gox_buf *out,
        struct gox_config_errors *errors, struct gox_error *err) GOX_MUST_CHECK;

#endif
