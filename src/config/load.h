/* SPDX-License-Identifier: Apache-2.0
 * The settings of a program from all their sources, lowest first: the rows'
 * fallbacks, the file's `defaults` for this platform, the file, the
 * environment, the command line.
 *
 * Invariant: settings that were loaded without an error are checked as a
 * whole, and may be used. */
#ifndef GOX_CONFIG_LOAD_H
#define GOX_CONFIG_LOAD_H

#include "config/errors.h"

/* A setting that the command line gave. */
struct gox_config_flag {
    const char *name; /* "server.workers", borrowed */
    size_t name_len;
    const char *value; /* borrowed */
    const char *shown; /* "--workers" for messages, borrowed */
};

enum gox_config_file_use {
    GOX_CONFIG_FILE_DEFAULT, /* the platform's place, when it is there */
    GOX_CONFIG_FILE_NAMED,   /* must be there */
    GOX_CONFIG_FILE_NONE
};

struct gox_config_sources {
    enum gox_config_file_use file_use;
    const char *file;             /* when named; borrowed */
    const char *base_dir;         /* relative paths begin here; NULL: the
                                     current directory */
    const char *const *variables; /* "NAME=value" ..., NULL at the end; NULL:
                                     the environment is left out */
    const struct gox_config_flag *flags;
    size_t flag_count;
    bool is_stdio, is_stored;
};

/* Fills *s (which was not initialised) and errors (which was). 0, or
 * GOX_ERR_PARAMS when errors has any, GOX_ERR_NOMEM; then *s is empty. Warnings
 * alone do not fail. */
int gox_config_load(struct gox_settings *s,
        const struct gox_config_sources *from,
        struct gox_config_errors *errors) GOX_MUST_CHECK;

/* The same for a program that has no settings on its command line: file NULL is
 * the default place. err has the first error, with its place. */
int gox_config_load_file(struct gox_settings *s, const char *file,
        struct gox_error *err) GOX_MUST_CHECK;

#endif
