/* SPDX-License-Identifier: Apache-2.0
 * From argv to a checked struct gox_cli, by the table.
 *
 * Options may stand anywhere, also before the command; "--" ends them; "-" and
 * negative numbers are arguments. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TIMEOUT_S (24 * 60 * 60)

enum common {
    COMMON_JSON,
    COMMON_SOCKET,
    COMMON_STDIO,
    COMMON_TIMEOUT,
    COMMON_HELP
};

const struct gox_cli_common gox_cli_common_options[] = {
        [COMMON_JSON] = {{"json", 0, NULL, NULL,
                                 "print one line of JSON, for programs"},
                0},
        [COMMON_SOCKET] = {{"socket", 's', "PATH", GOX_CLI_FILE,
                                   "the daemon's socket (default: "
                                   "$GOXEL_SOCKET_PATH, else the usual "
                                   "place)"},
                GOX_CLI_SOCKET},
        [COMMON_STDIO] = {{"stdio", 0, NULL, NULL,
                                  "ask a private daemon, started for this "
                                  "command, not the one on the socket"},
                GOX_CLI_STDIO},
        [COMMON_TIMEOUT] = {{"timeout", 0, "SECONDS", NULL,
                                    "give up after this time (default 300; "
                                    "0: never)"},
                GOX_CLI_SOCKET},
        [COMMON_HELP] = {{"help", 'h', NULL, NULL, "show this help"}, 0},
        {{NULL, 0, NULL, NULL, NULL}, 0},
};

/* Where the option goes: the index in the row's options, or COMMON_BASE plus
 * the index in the common ones. */
#define COMMON_BASE 1000

bool gox_cli_read_int(const struct gox_cli *cli, size_t option, long min,
        long max, long fallback, long *value)
{
    const char *text = cli->values[option];
    char *end;

    *value = fallback;
    if (!text)
        return true;
    errno = 0;
    *value = strtol(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *value >= min &&
            *value <= max)
        return true;
    gox_cli_usage(cli, "--%s takes a whole number of %ld to %ld, not \"%s\"",
            cli->command->options[option].name, min, max, text);
    return false;
}

static bool is_named(
        const struct gox_cli_option *option, const char *name, size_t len)
{
    return strlen(option->name) == len && strncmp(option->name, name, len) == 0;
}

/* name NULL: by letter. Before the command is known all common options are. */
static const struct gox_cli_option *find_option(
        const struct gox_cli_command *cmd, const char *name, size_t len,
        char letter, int *index)
{
    const struct gox_cli_option *own = cmd ? cmd->options : NULL;

    for (int i = 0; own && own[i].name; i++) {
        if (name ? is_named(&own[i], name, len) : own[i].letter == letter) {
            *index = i;
            return &own[i];
        }
    }
    for (int i = 0; gox_cli_common_options[i].option.name; i++) {
        const struct gox_cli_common *row = &gox_cli_common_options[i];
        if (cmd && row->needs != 0 && !(row->needs & cmd->flags))
            continue;
        if (name ? is_named(&row->option, name, len)
                 : row->option.letter == letter) {
            *index = COMMON_BASE + i;
            return &row->option;
        }
    }
    return NULL;
}

/* The words of a list such as "raw merged". */
static bool is_word_of(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; *at;) {
        size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, word, n) == 0)
            return true;
        at += n;
        at += strspn(at, " ");
    }
    return false;
}

static int set_option(struct gox_cli *cli, const struct gox_cli_option *option,
        int index, const char *value)
{
    double seconds;
    char *end;

    if (option->values && option->values[0] != '@' &&
            !is_word_of(option->values, value))
        return gox_cli_usage(cli, "--%s is one of: %s; not \"%s\"",
                option->name, option->values, value);
    if (index < COMMON_BASE) {
        cli->values[index] = value;
        return 0;
    }
    switch ((enum common)(index - COMMON_BASE)) {
    case COMMON_JSON:
        cli->is_json = true;
        return 0;
    case COMMON_SOCKET:
        cli->socket = value;
        return 0;
    case COMMON_STDIO:
        cli->is_stdio = true;
        return 0;
    case COMMON_TIMEOUT:
        seconds = strtod(value, &end);
        if (end == value || *end != '\0' || !(seconds >= 0) ||
                seconds > MAX_TIMEOUT_S)
            return gox_cli_usage(cli,
                    "--timeout takes seconds of 0 to %d, not \"%s\"",
                    MAX_TIMEOUT_S, value);
        cli->timeout_ms = seconds > 0 ? (int)(seconds * 1000) + 1 : -1;
        return 0;
    case COMMON_HELP:
        break;
    }
    return 0;
}

/* For suggestions: the names of all options of a command. */
struct option_names {
    const struct gox_cli_command *cmd;
};

static const char *next_option(void *ctx, size_t i)
{
    const struct option_names *names = ctx;
    const struct gox_cli_option *own = names->cmd ? names->cmd->options : NULL;

    for (; own && own->name; own++) {
        if (i-- == 0)
            return own->name;
    }
    for (const struct gox_cli_common *row = gox_cli_common_options;
            row->option.name; row++) {
        if (names->cmd && row->needs && !(row->needs & names->cmd->flags))
            continue;
        if (i-- == 0)
            return row->option.name;
    }
    return NULL;
}

int gox_cli_unknown_option(const struct gox_cli *cli, const char *arg)
{
    struct option_names names = {cli->command};
    char word[64];
    const char *near;
    size_t len = strcspn(arg + 2, "=");

    if (arg[1] != '-')
        return gox_cli_usage(cli, "there is no option -%c", arg[1]);
    snprintf(word, sizeof(word), "%.*s", len < 63 ? (int)len : 63, arg + 2);
    near = gox_cli_nearest(word, next_option, &names);
    if (near)
        return gox_cli_usage(
                cli, "there is no option --%s; did you mean --%s?", word, near);
    return gox_cli_usage(cli, "there is no option --%s", word);
}

static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0' &&
           !(arg[1] >= '0' && arg[1] <= '9') && arg[1] != '.';
}

/* Reads the option at argv[*i], which may take the next one as its value. In
 * the form -abc each letter is a flag, or the last one takes the rest. */
static int read_option(struct gox_cli *cli, int argc, char **argv, int *i)
{
    const char *arg = argv[*i];
    const struct gox_cli_option *option;
    int index = 0, rc;

    if (arg[1] == '-') {
        size_t len = strcspn(arg + 2, "=");
        const char *value = arg[2 + len] == '=' ? arg + 3 + len : NULL;
        option = find_option(cli->command, arg + 2, len, 0, &index);
        if (!option)
            return gox_cli_unknown_option(cli, arg);
        if (!option->value && value)
            return gox_cli_usage(cli, "--%s takes no value", option->name);
        if (option->value && !value)
            value = ++*i < argc ? argv[*i] : NULL;
        if (option->value && !value)
            return gox_cli_usage(
                    cli, "--%s needs a value: %s", option->name, option->value);
        return set_option(cli, option, index, value ? value : "");
    }
    for (const char *at = arg + 1; *at; at++) {
        char one[3] = {'-', *at, '\0'};
        option = find_option(cli->command, NULL, 0, *at, &index);
        if (!option)
            return gox_cli_unknown_option(cli, one);
        if (!option->value) {
            rc = set_option(cli, option, index, "");
            if (rc != 0)
                return rc;
            continue;
        }
        if (at[1])
            return set_option(cli, option, index, at + 1);
        if (++*i >= argc)
            return gox_cli_usage(
                    cli, "-%c needs a value: %s", *at, option->value);
        return set_option(cli, option, index, argv[*i]);
    }
    return 0;
}

int gox_cli_find_command_arg(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const struct gox_cli_option *option = NULL;
        int index = 0;
        if (!is_option(argv[i]))
            return i;
        if (argv[i][1] == '-' && !strchr(argv[i], '='))
            option = find_option(
                    NULL, argv[i] + 2, strlen(argv[i] + 2), 0, &index);
        else if (argv[i][1] != '-' && argv[i][2] == '\0')
            option = find_option(NULL, NULL, 0, argv[i][1], &index);
        if (option && option->value)
            i++;
    }
    return 0;
}

static int read_arguments(
        struct gox_cli *cli, int argc, char **argv, int command_at)
{
    bool is_ended = false;

    for (int i = 1; i < argc; i++) {
        int rc;
        if (i == command_at)
            continue;
        if (!is_ended && strcmp(argv[i], "--") == 0) {
            is_ended = true;
            continue;
        }
        if (is_ended || !is_option(argv[i])) {
            cli->args[cli->arg_count++] = argv[i];
            continue;
        }
        rc = read_option(cli, argc, argv, &i);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int check_count(const struct gox_cli *cli)
{
    const struct gox_cli_command *cmd = cli->command;

    if (cli->arg_count < (size_t)cmd->min_args)
        return gox_cli_usage(cli, "too few arguments: it takes %.*s",
                (int)strcspn(cmd->synopsis, "\n"), cmd->synopsis);
    if (cmd->max_args == 0 && cli->arg_count > 0)
        return gox_cli_usage(
                cli, "takes no arguments; what is \"%s\"?", cli->args[0]);
    if (cmd->max_args >= 0 && cli->arg_count > (size_t)cmd->max_args)
        return gox_cli_usage(
                cli, "one argument too many: \"%s\"", cli->args[cmd->max_args]);
    return 0;
}

int gox_cli_read(struct gox_cli *cli, int argc, char **argv, int command_at)
{
    int rc = read_arguments(cli, argc, argv, command_at);

    return rc != 0 ? rc : check_count(cli);
}
