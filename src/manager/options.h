/* SPDX-License-Identifier: Apache-2.0
 * The command line of goxel-manager, and the settings that it shares with the
 * daemon, as the configuration of each instance.
 *
 * Invariant: options without an error are complete: every path is absolute and
 * every number is in its range. */
#ifndef GOX_MANAGER_OPTIONS_H
#define GOX_MANAGER_OPTIONS_H

#include "config/settings.h"
#include "manager/hooks.h"
#include "manager/instance.h"

enum gox_manager_action {
    GOX_MANAGER_RUN,
    GOX_MANAGER_CHECK,
    GOX_MANAGER_HELP,
    GOX_MANAGER_VERSION
};

struct gox_manager_instance {
    struct gox_instance_config config; /* taken by the instance */
    struct gox_settings settings;      /* for manager.config */
    char *file;                        /* of the settings; or NULL */
    char name[65];
};

struct gox_manager_options {
    enum gox_manager_action action;
    char *control_path, *state_dir;
    int64_t control_gid; /* -1: only this user */
    bool is_daemonize, is_no_start, is_verbose, is_log_stderr, is_end_on_config;
    struct gox_hook *hooks;
    size_t hook_count;
    int64_t hook_limit_ms;
    struct gox_manager_instance *instances;
    size_t instance_count;
    char **argv; /* borrowed: to start again with */
};

/* Reads the command line and the settings. GOX_ERR_PARAMS with is_usage for the
 * command line itself, else a bad configuration. Fini in any case. */
int gox_manager_options_read(struct gox_manager_options *o, int argc,
        char **argv, bool *is_usage, struct gox_error *err) GOX_MUST_CHECK;
void gox_manager_options_fini(struct gox_manager_options *o);
void gox_manager_options_help(void);
/* The members of manager.config: "section.key": {"value", "origin"}. */
void gox__options_put(const struct gox_manager_options *o,
        const gox_instance *i, struct gox_writer *w);

#endif
