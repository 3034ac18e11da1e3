/* SPDX-License-Identifier: Apache-2.0
 * Reading the command line, by the rows of the settings, and the program from
 * there to its exit code. */
#include "daemon/options.h"

#include "base/alloc.h"
#include "daemon/daemon.h"
#include "daemon/lifecycle.h"
#include "daemon/script.h"
#include "goxel/version.h"
#include "platform/os.h"
#include "rpc/suggest.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

const struct gox_options_switch gox_options_switches[] = {
        {"config", "FILE  read the settings from FILE, which must be there"},
        {"stdio", "serve standard input and output instead of a socket, any "
                  "path that you may access; ends at end of input; reads a "
                  "file of settings only with --config"},
        {"store", "with --stdio: the projects of the data directory instead of "
                  "ones in memory, and the usual settings"},
        {"foreground", "do not go to the background (for unit files)"},
        {"set", "SECTION.KEY=VALUE  any setting by its name"},
        {"check", "check the settings and what they name, start nothing"},
        {"print-config", "print all settings and where they come from"},
        {"json", "with --check and --print-config: print JSON"},
        {"verbose", "the same as --log-level debug"},
        {"version", "print the version"},
        {"help", "print this"},
};
const size_t gox_options_switch_count =
        sizeof gox_options_switches / sizeof gox_options_switches[0];

static const struct gox_setting *find_flag(const char *flag, size_t len)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *have = gox_setting_rows[i].flag;
        if (have != NULL && strlen(have) == len && memcmp(have, flag, len) == 0)
            return &gox_setting_rows[i];
    }
    return NULL;
}

static int add_flag(struct gox_options *o, const char *name, size_t name_len,
        const char *value, const char *shown, struct gox_error *err)
{
    if (!gox_grow(&o->flags, &o->capacity, o->count + 1, sizeof *o->flags))
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    o->flags[o->count++] = (struct gox_config_flag){
            .name = name, .name_len = name_len, .value = value, .shown = shown};
    return 0;
}

/* name=value of --set. */
static int set_pair(
        struct gox_options *o, const char *pair, struct gox_error *err)
{
    const char *equals = strchr(pair, '=');
    if (equals == NULL)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "--set takes SECTION.KEY=VALUE, got \"%.80s\"", pair);
    return add_flag(o, pair, (size_t)(equals - pair), equals + 1, "--set", err);
}

/* A flag without a value; 1 when it is none of these. */
static int take_switch(
        struct gox_options *o, const char *flag, struct gox_error *err)
{
    if (strcmp(flag, "stdio") == 0)
        o->is_stdio = true;
    else if (strcmp(flag, "store") == 0)
        o->is_stored = true;
    else if (strcmp(flag, "json") == 0)
        o->is_json = true;
    else if (strcmp(flag, "check") == 0)
        o->action = GOX_OPTIONS_CHECK;
    else if (strcmp(flag, "print-config") == 0)
        o->action = GOX_OPTIONS_PRINT;
    else if (strcmp(flag, "help") == 0)
        o->action = GOX_OPTIONS_HELP;
    else if (strcmp(flag, "version") == 0)
        o->action = GOX_OPTIONS_VERSION;
    else if (strcmp(flag, "verbose") == 0)
        return set_pair(o, "logging.level=debug", err);
    else if (strcmp(flag, "foreground") == 0)
        return set_pair(o, "daemon.daemonize=false", err);
    else
        return 1;
    return 0;
}

static int fail_flag(const char *arg, struct gox_error *err)
{
    struct gox_suggest suggest;
    size_t len;
    struct gox_slice wanted = {arg, strlen(arg)};
    while (wanted.len > 0 && wanted.data[0] == '-') {
        wanted.data++;
        wanted.len--;
    }
    gox_suggest_init(&suggest, wanted);
    for (size_t i = 0; i < gox_setting_count; i++)
        if (gox_setting_rows[i].flag != NULL)
            gox_suggest_offer(&suggest, gox_setting_rows[i].flag,
                    strlen(gox_setting_rows[i].flag));
    for (size_t i = 0; i < gox_options_switch_count; i++)
        gox_suggest_offer(&suggest, gox_options_switches[i].flag,
                strlen(gox_options_switches[i].flag));
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_error_set(err, GOX_ERR_PARAMS,
            "unknown option %.80s%s%s%s; --help lists all", arg,
            best != NULL ? " (did you mean --" : "", best != NULL ? best : "",
            best != NULL ? "?)" : "");
}

static bool is_word(const char *flag, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(flag, word, len) == 0;
}

/* A flag with a value; how many arguments were used. */
static int take_value(struct gox_options *o, const struct gox_setting *row,
        const char *flag, size_t len, const char *next, struct gox_error *err)
{
    int used = 1, code;
    const char *value = flag[len] == '=' ? flag + len + 1 : NULL;
    if (value == NULL && row != NULL && row->type == GOX_SETTING_BOOL) {
        value = "true";
    } else if (value == NULL) {
        value = next;
        used = 2;
    }
    if (value == NULL)
        return gox_error_set(err, GOX_ERR_PARAMS, "--%s needs a value", flag);
    if (row != NULL) {
        code = add_flag(o, row->name, strlen(row->name), value, flag - 2, err);
    } else if (is_word(flag, len, "set")) {
        code = set_pair(o, value, err);
    } else {
        o->file = value;
        code = value[0] != '\0' ? 0
                                : gox_error_set(err, GOX_ERR_PARAMS,
                                          "--config needs a file");
    }
    return code < 0 ? code : used;
}

/* Takes argv[i]; returns how many arguments were used, or an error. */
static int take_option(struct gox_options *o, int argc, char **argv, int i,
        struct gox_error *err)
{
    static const char *const shorts[][2] = {{"-s", "--socket"},
            {"-c", "--config"}, {"-h", "--help"}, {"-v", "--version"},
            {"-f", "--foreground"}, {"-d", "--daemonize"}};
    const char *arg = argv[i];
    for (size_t k = 0; k < sizeof shorts / sizeof shorts[0]; k++)
        if (strcmp(arg, shorts[k][0]) == 0)
            arg = shorts[k][1];
    if (strncmp(arg, "--", 2) != 0)
        return fail_flag(arg, err);
    const char *flag = arg + 2;
    size_t len = strcspn(flag, "=");
    const struct gox_setting *row = find_flag(flag, len);
    if (row != NULL || is_word(flag, len, "set") ||
            is_word(flag, len, "config"))
        return take_value(
                o, row, flag, len, i + 1 < argc ? argv[i + 1] : NULL, err);
    int code = take_switch(o, flag, err);
    return code > 0 ? fail_flag(arg, err) : code < 0 ? code : 1;
}

static int take_base_dir(struct gox_options *o, struct gox_error *err)
{
    struct gox_buf dir;
    gox_buf_init(&dir, 0);
    if (gox_os_absolute(".", &dir) == 0 && gox_buf_text(&dir) != NULL)
        o->base_dir = gox_strdup((const char *)dir.data);
    gox_buf_fini(&dir);
    return o->base_dir != NULL
                   ? 0
                   : gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

/* The texts stay where they are when the environment is changed. */
static int take_variables(struct gox_options *o, struct gox_error *err)
{
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    o->variables = gox_malloc_array(count + 1, sizeof *o->variables);
    if (o->variables == NULL)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i <= count; i++)
        o->variables[i] = environ[i];
    return 0;
}

int gox_options_init(
        struct gox_options *o, int argc, char **argv, struct gox_error *err)
{
    *o = (struct gox_options){.action = GOX_OPTIONS_RUN};
    int code = take_base_dir(o, err);
    if (code == 0)
        code = take_variables(o, err);
    for (int i = 1; i < argc && code >= 0;) {
        code = take_option(o, argc, argv, i, err);
        i += code;
    }
    if (code < 0)
        gox_options_fini(o);
    return code < 0 ? code : 0;
}

void gox_options_fini(struct gox_options *o)
{
    gox_free(o->base_dir);
    gox_free(o->flags);
    gox_free(o->variables);
    *o = (struct gox_options){.action = GOX_OPTIONS_RUN};
}

int gox_options_load(const struct gox_options *o, struct gox_settings *s,
        struct gox_config_errors *errors)
{
    struct gox_config_sources from = {
            .file_use = o->file != NULL ? GOX_CONFIG_FILE_NAMED
                        : o->is_stdio && !o->is_stored
                                ? GOX_CONFIG_FILE_NONE
                                : GOX_CONFIG_FILE_DEFAULT,
            .file = o->file,
            .base_dir = o->base_dir,
            .variables = o->variables,
            .flags = o->flags,
            .flag_count = o->count,
            .is_stdio = o->is_stdio,
            .is_stored = o->is_stored,
    };
    return gox_config_load(s, &from, errors);
}

/* What is wrong, and the exit code for it. */
static int fail_settings(
        const struct gox_options *o, const struct gox_config_errors *errors)
{
    bool is_answer = o->is_json && o->action == GOX_OPTIONS_CHECK;
    if (errors->is_out_of_memory) {
        fprintf(stderr, "goxel-daemon: out of memory\n");
        return GOX_EXIT_TEMPORARY;
    }
    gox_options_print_errors(errors, is_answer, NULL);
    return errors->has_usage_error ? GOX_EXIT_USAGE : GOX_EXIT_CONFIG;
}

static int check(struct gox_options *o, struct gox_settings *s,
        struct gox_config_errors *errors)
{
    int exit_code = 0;
    bool is_passed = gox_preflight(s, errors);
    if (errors->error_count > 0 || errors->is_out_of_memory) {
        exit_code = fail_settings(o, errors);
    } else {
        gox_options_print_errors(
                errors, o->is_json, is_passed ? "passed" : "own");
        if (!o->is_json)
            printf("the settings are valid\n");
        if (!o->is_json && is_passed)
            printf("the socket %s is a service manager's, which passes it on; "
                   "the daemon makes none\n",
                    s->daemon_socket_path);
    }
    gox_settings_fini(s);
    return exit_code;
}

static int act(struct gox_options *o)
{
    struct gox_settings s;
    struct gox_config_errors errors;
    int exit_code = 0;
    gox_config_errors_init(&errors);
    if (gox_options_load(o, &s, &errors) < 0) {
        exit_code = fail_settings(o, &errors);
    } else if (o->action == GOX_OPTIONS_CHECK) {
        exit_code = check(o, &s, &errors);
    } else if (o->action == GOX_OPTIONS_PRINT) {
        exit_code = gox_options_print_settings(&s, o->is_json);
        gox_settings_fini(&s);
    } else {
        /* A child that somebody talks to keeps what it says short. */
        if (!o->is_stdio)
            gox_options_print_errors(&errors, false, NULL);
        exit_code = gox_lifecycle_run(o, &s);
    }
    gox_config_errors_fini(&errors);
    return exit_code;
}

int gox_daemon_main(int argc, char **argv)
{
    struct gox_options o;
    struct gox_error err = {.offset = -1};
    int exit_code = 0;
    if (argc == 2 && strcmp(argv[1], GOX_SCRIPT_FLAG) == 0)
        return gox_script_host();
    if (gox_options_init(&o, argc, argv, &err) < 0) {
        fprintf(stderr, "goxel-daemon: %s\n", err.text);
        return err.code == GOX_ERR_NOMEM ? GOX_EXIT_TEMPORARY : GOX_EXIT_USAGE;
    }
    if (o.action == GOX_OPTIONS_HELP)
        gox_options_print_help();
    else if (o.action == GOX_OPTIONS_VERSION)
        printf("goxel-daemon %s\n", GOX_VERSION);
    else
        exit_code = act(&o);
    gox_options_fini(&o);
    return exit_code;
}
