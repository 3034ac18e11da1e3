/* SPDX-License-Identifier: Apache-2.0
 * The command line of goxel-daemon. It is kept while the daemon runs, because
 * a reload puts it on top of the file again. */
#ifndef GOX_DAEMON_OPTIONS_H
#define GOX_DAEMON_OPTIONS_H

#include "config/load.h"

/* What the program exits with; 1 is a failure that says nothing about a
 * restart. */
#define GOX_EXIT_FAILED    1
#define GOX_EXIT_USAGE     2
#define GOX_EXIT_TEMPORARY 75
#define GOX_EXIT_CONFIG    78

enum gox_options_action {
    GOX_OPTIONS_RUN,
    GOX_OPTIONS_CHECK,
    GOX_OPTIONS_PRINT,
    GOX_OPTIONS_HELP,
    GOX_OPTIONS_VERSION
};

struct gox_options {
    enum gox_options_action action;
    bool is_stdio, is_stored, is_json;
    const char *file;              /* of --config, borrowed from argv */
    char *base_dir;                /* the directory at the start */
    struct gox_config_flag *flags; /* texts are borrowed from argv */
    size_t count, capacity;
    const char **variables; /* of the environment at the start: the setting
                               `environment` changes it later */
};

/* Reads argv. GOX_ERR_PARAMS for what is no option, GOX_ERR_NOMEM. */
int gox_options_init(struct gox_options *o, int argc, char **argv,
        struct gox_error *err) GOX_MUST_CHECK;
void gox_options_fini(struct gox_options *o);

/* The settings from all sources, as they are now. See gox_config_load. */
int gox_options_load(const struct gox_options *o, struct gox_settings *s,
        struct gox_config_errors *errors) GOX_MUST_CHECK;

/* Switches beside the settings: for --help. */
struct gox_options_switch {
    const char *flag;
    const char *help;
};
extern const struct gox_options_switch gox_options_switches[];
extern const size_t gox_options_switch_count;

/* ---- options_print.c ---- */
void gox_options_print_help(void);
/* Every setting with its origin; is_json: {"server.workers": {...}, ...}. */
int gox_options_print_settings(const struct gox_settings *s, bool is_json);
/* Errors and warnings, on standard error; is_json: the whole answer of --check
 * on standard output. socket: "passed" or "own", for that answer; NULL: not
 * looked at. */
void gox_options_print_errors(const struct gox_config_errors *errors,
        bool is_json, const char *socket);

/* ---- preflight.c ---- */
/* Whether what the settings name could be used: directories, users, files.
 * Changes nothing; all that is wrong goes to errors. True: the socket is one
 * that a service manager holds and passes on, so that none is made. */
bool gox_preflight(
        const struct gox_settings *s, struct gox_config_errors *errors);

#endif
