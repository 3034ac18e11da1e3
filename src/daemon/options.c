/* SPDX-License-Identifier: Apache-2.0
 * The program goxel-daemon: its command line, made from the rows of the
 * settings, and its exit codes (2: usage, 75: try again, 78: bad
 * configuration, so that a restart is useless). */
#include "daemon/daemon.h"
#include "daemon/daemon_internal.h"
#include "daemon/logging.h"
#include "daemon/script.h"
#include "goxel/version.h"
#include "platform/os.h"
#include "rpc/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE     2
#define EXIT_TEMPORARY 75
#define EXIT_CONFIG    78
#define LOG_FLUSH_MS   1000

enum action {
    ACTION_RUN,
    ACTION_CHECK,
    ACTION_PRINT,
    ACTION_HELP,
    ACTION_VERSION
};

struct options {
    struct gox_settings settings;
    enum action action;
    struct gox_error err;
};

/* Flags that are no settings. */
struct switch_row {
    const char *flag;
    const char *help;
};
static const struct switch_row switches[] = {
        {"stdio", "serve standard input and output instead of a socket, any "
                  "path that you may access; ends at end of input"},
        {"foreground", "stay in the foreground (always so; for unit files)"},
        {"set", "SECTION.KEY=VALUE  any setting by its name"},
        {"check", "check the settings, start nothing"},
        {"print-config", "print all settings and where they come from"},
        {"verbose", "the same as --log-level debug"},
        {"version", "print the version"},
        {"help", "print this"},
};

static void print_help(void)
{
    printf("usage: goxel-daemon [options]\n\n"
           "A headless voxel server: JSON-RPC 2.0, one message per line.\n\n");
    for (size_t i = 0; i < gox_setting_count; i++) {
        const struct gox_setting *row = &gox_setting_rows[i];
        if (row->flag == NULL)
            continue;
        printf("  --%s VALUE\n        %s\n        (%s, %s%s%s)\n", row->flag,
                row->help, row->name, row->env,
                row->fallback[0] != '\0' ? ", default " : "", row->fallback);
    }
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        printf("  --%s\n        %s\n", switches[i].flag, switches[i].help);
    printf("\nRequests may read and write files below the data directory, the "
           "render directory\nand security.allowed_paths; relative paths start "
           "at the data directory.\nThe command line goes before the "
           "environment, the environment before defaults.\n"
           "Exit codes: 0 stopped, 2 usage, 75 try again later, 78 bad "
           "configuration.\n");
}

static void print_config(const struct gox_settings *s)
{
    struct gox_buf text;
    gox_buf_init(&text, 0);
    for (size_t i = 0; i < gox_setting_count; i++) {
        gox_buf_printf(&text, "%s=", gox_setting_rows[i].name);
        gox_settings_put_value(s, i, &text);
        gox_buf_put_str(&text, "  # ");
        gox_settings_put_origin(s, i, &text);
        gox_buf_put_byte(&text, '\n');
    }
    if (text.data != NULL)
        fwrite(text.data, 1, text.len, stdout);
    gox_buf_fini(&text);
}

static const struct gox_setting *find_flag(const char *flag, size_t len)
{
    for (size_t i = 0; i < gox_setting_count; i++)
        if (gox_setting_rows[i].flag != NULL &&
                strlen(gox_setting_rows[i].flag) == len &&
                memcmp(gox_setting_rows[i].flag, flag, len) == 0)
            return &gox_setting_rows[i];
    return NULL;
}

/* name=value of --set. */
static int set_pair(struct options *o, const char *pair)
{
    const char *equals = strchr(pair, '=');
    if (equals == NULL)
        return gox_error_set(&o->err, GOX_ERR_PARAMS,
                "--set takes SECTION.KEY=VALUE, got \"%.80s\"", pair);
    return gox_settings_set(&o->settings, pair, (size_t)(equals - pair),
            equals + 1, GOX_ORIGIN_FLAG, &o->err);
}

/* A flag without a value; 1 when it is none of these. */
static int take_switch(struct options *o, const char *flag)
{
    if (strcmp(flag, "stdio") == 0)
        o->settings.is_stdio = true;
    else if (strcmp(flag, "check") == 0)
        o->action = ACTION_CHECK;
    else if (strcmp(flag, "print-config") == 0)
        o->action = ACTION_PRINT;
    else if (strcmp(flag, "help") == 0)
        o->action = ACTION_HELP;
    else if (strcmp(flag, "version") == 0)
        o->action = ACTION_VERSION;
    else if (strcmp(flag, "verbose") == 0)
        return set_pair(o, "logging.level=debug");
    else if (strcmp(flag, "foreground") != 0)
        return 1;
    return 0;
}

static int fail_flag(struct options *o, const char *arg)
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
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        gox_suggest_offer(&suggest, switches[i].flag, strlen(switches[i].flag));
    const char *best = gox_suggest_best(&suggest, &len);
    return gox_error_set(&o->err, GOX_ERR_PARAMS,
            "unknown option %.80s%s%s%s; --help lists all", arg,
            best != NULL ? " (did you mean --" : "", best != NULL ? best : "",
            best != NULL ? "?)" : "");
}

/* Takes argv[i]; returns how many arguments were used, or an error. */
static int take_option(struct options *o, int argc, char **argv, int i)
{
    static const char *const shorts[][2] = {{"-s", "--socket"},
            {"-h", "--help"}, {"-v", "--version"}, {"-f", "--foreground"}};
    const char *arg = argv[i];
    for (size_t k = 0; k < sizeof shorts / sizeof shorts[0]; k++)
        if (strcmp(arg, shorts[k][0]) == 0)
            arg = shorts[k][1];
    if (strncmp(arg, "--", 2) != 0)
        return fail_flag(o, arg);
    const char *flag = arg + 2;
    size_t len = strcspn(flag, "=");
    const char *value = flag[len] == '=' ? flag + len + 1 : NULL;
    const struct gox_setting *row = find_flag(flag, len);
    bool is_set = len == 3 && memcmp(flag, "set", 3) == 0;
    if (row == NULL && !is_set) {
        int code = take_switch(o, flag);
        return code > 0 ? fail_flag(o, arg) : code < 0 ? code : 1;
    }
    int used = 1;
    if (value == NULL && i + 1 < argc) {
        value = argv[i + 1];
        used = 2;
    }
    if (value == NULL)
        return gox_error_set(
                &o->err, GOX_ERR_PARAMS, "--%s needs a value", flag);
    int code = is_set ? set_pair(o, value)
                      : gox_settings_set(&o->settings, row->name,
                                strlen(row->name), value, GOX_ORIGIN_FLAG,
                                &o->err);
    return code < 0 ? code : used;
}

static int take_options(struct options *o, int argc, char **argv)
{
    int i = 1;
    while (i < argc) {
        int used = take_option(o, argc, argv, i);
        if (used < 0)
            return used;
        i += used;
    }
    return 0;
}

static int fail_with(const struct gox_error *err, int exit_code)
{
    fprintf(stderr, "goxel-daemon: %s\n", err->text);
    return exit_code;
}

static int write_pid_file(const char *path, struct gox_error *err)
{
    struct gox_output *out = gox_output_open_file(path, err);
    int code = GOX_ERR_IO;
    if (out != NULL) {
        gox_output_printf(out, "%d\n", gox_os_pid());
        code = gox_output_commit(out);
    }
    gox_output_close(out);
    return code;
}

static int exit_code_of(const struct gox_error *err)
{
    return err->code == GOX_ERR_EXISTS || err->code == GOX_ERR_NOMEM
                   ? EXIT_TEMPORARY
                   : EXIT_CONFIG;
}

/* Takes the settings over. */
static int serve(struct gox_settings *own_settings)
{
    struct gox_error err = {.offset = -1};
    char *pid_file = NULL;
    int code = 0;
    /* All paths are absolute by now, so this changes none of them. */
    const char *dir = own_settings->daemon_working_dir;
    if (dir[0] != '\0' && chdir(dir) != 0) {
        gox_error_set_errno(&err, GOX_ERR_IO, errno,
                "the working directory %s cannot be entered", dir);
        gox_settings_fini(own_settings);
        return fail_with(&err, EXIT_CONFIG);
    }
    gox_daemon *d = gox_daemon_new(own_settings, &err);
    if (d == NULL)
        return fail_with(&err, exit_code_of(&err));
    if (code == 0)
        code = gox_daemon_start(d, &err);
    if (code == 0 && d->settings.daemon_pid_file[0] != '\0') {
        pid_file = d->settings.daemon_pid_file;
        code = write_pid_file(pid_file, &err);
    }
    if (code < 0) {
        gox_daemon_free(d);
        return fail_with(&err, exit_code_of(&err));
    }
    gox__logging_watch_faults(d->log);
    gox_daemon_run(d);
    if (pid_file != NULL)
        unlink(pid_file);
    /* A worker that does not end must not keep the process. */
    if (d->calls_under_way > 0) {
        gox_log_flush(d->log, LOG_FLUSH_MS);
        _exit(0);
    }
    gox_daemon_free(d);
    return 0;
}

int gox_daemon_main(int argc, char **argv)
{
    struct options o = {.action = ACTION_RUN, .err = {.offset = -1}};
    if (argc == 2 && strcmp(argv[1], GOX_SCRIPT_FLAG) == 0)
        return gox_script_host();
    if (gox_settings_init(&o.settings) < 0)
        return EXIT_TEMPORARY;
    int exit_code = EXIT_USAGE;
    int code = take_options(&o, argc, argv);
    /* The command line wins, but the environment must not be skipped: it is
     * read into fresh settings and the command line is put on top again. */
    if (code == 0 && o.action != ACTION_HELP && o.action != ACTION_VERSION) {
        gox_settings_fini(&o.settings);
        exit_code = EXIT_CONFIG;
        code = gox_settings_init(&o.settings);
        if (code == 0)
            code = gox_settings_read_env(&o.settings, &o.err);
        if (code == 0)
            code = take_options(&o, argc, argv);
        if (code == 0)
            code = gox_settings_finish(&o.settings, NULL, &o.err);
    }
    if (code == 0 && o.action == ACTION_RUN)
        return serve(&o.settings);
    if (o.action == ACTION_HELP)
        print_help();
    else if (o.action == ACTION_VERSION)
        printf("goxel-daemon %s\n", GOX_VERSION);
    else if (code == 0 && o.action == ACTION_PRINT)
        print_config(&o.settings);
    else if (code == 0)
        printf("the settings are valid\n");
    gox_settings_fini(&o.settings);
    return code < 0 ? fail_with(&o.err, exit_code) : 0;
}
