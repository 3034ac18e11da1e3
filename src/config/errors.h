/* SPDX-License-Identifier: Apache-2.0
 * All that is wrong with the settings, collected: nothing stops at the first.
 *
 * Invariant: error_count > 0 means that nothing may be applied. */
#ifndef GOX_CONFIG_ERRORS_H
#define GOX_CONFIG_ERRORS_H

#include "base/buf.h"
#include "config/settings.h"
#include "rpc/writer.h"

struct gox_config_error {
    enum gox_origin from;
    uint32_t line, column; /* of the file, from 1, in characters; 0: none */
    char *pointer;         /* JSON pointer; NULL: none */
    char *text;
    bool is_warning;
};

#define GOX_CONFIG_MAX_ERRORS 100 /* more are only counted */

struct gox_config_errors {
    struct gox_config_error *items;
    size_t count, capacity;
    size_t error_count, warning_count; /* with those that have no item */
    char *file;                        /* that they are about; may be NULL */
    bool has_usage_error;              /* of the command line */
    bool is_out_of_memory;
};

void gox_config_errors_init(struct gox_config_errors *errors);
void gox_config_errors_fini(struct gox_config_errors *errors);

/* Adds one; copies. pointer may be NULL. */
void gox_config_errors_add(struct gox_config_errors *errors,
        const struct gox_config_error *error, const char *fmt, ...)
        GOX_PRINTF(3, 4);

/* One line each: "file:3:5: error: /server/workers: ...". */
void gox_config_errors_put(
        const struct gox_config_errors *errors, struct gox_buf *out);
/* Members errors and warnings, arrays of {file, line, column, pointer,
 * message}, of an object that is open. */
void gox_config_errors_put_json(
        const struct gox_config_errors *errors, struct gox_writer *w);

#endif
