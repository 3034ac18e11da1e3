/* SPDX-License-Identifier: Apache-2.0
 * The way from main() into a command, and the one form in which anything that
 * fails is told: a line on standard error.
 *
 * Invariant: standard output holds results only. */
#include "cli/cli.h"

#include "cli/interrupt.h"
#include "cli/progress.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS (300 * 1000)

static void put_line(const struct gox_cli *cli, const char *fmt, va_list args)
        __attribute__((format(printf, 2, 0)));

static void put_line(const struct gox_cli *cli, const char *fmt, va_list args)
{
    gox_cli_clear_progress();
    fflush(stdout);
    fprintf(stderr, "%sgoxelctl%s%s:%s ", cli->has_color_err ? "\33[31m" : "",
            cli->command ? " " : "", cli->command ? cli->command->name : "",
            cli->has_color_err ? "\33[0m" : "");
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

int gox_cli_fail(const struct gox_cli *cli, int code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put_line(cli, fmt, args);
    va_end(args);
    return code;
}

int gox_cli_usage(const struct gox_cli *cli, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    put_line(cli, fmt, args);
    va_end(args);
    fprintf(stderr, "Try: goxelctl %s%s--help\n",
            cli->command ? cli->command->name : "", cli->command ? " " : "");
    return GOX_CLI_USAGE;
}

const struct gox_cli_command *gox_cli_find_command(const char *name)
{
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        if (strcmp(gox_cli_commands[i]->name, name) == 0)
            return gox_cli_commands[i];
    }
    return NULL;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static const char *next_command(void *ctx, size_t i)
{
    (void)ctx;
    while (i < gox_cli_command_count &&
            (gox_cli_commands[i]->flags & GOX_CLI_HIDDEN))
        i++;
    return i < gox_cli_command_count ? gox_cli_commands[i]->name : NULL;
}

static int unknown_command(const struct gox_cli *cli, const char *name)
{
    const char *near = gox_cli_nearest(name, next_command, NULL);

    if (near)
        return gox_cli_usage(cli,
                "there is no command \"%s\"; did you mean \"%s\"?", name, near);
    return gox_cli_usage(cli, "there is no command \"%s\"", name);
}

static int show(const struct gox_cli *cli, const struct gox_cli_command *cmd)
{
    struct gox_buf text;

    gox_buf_init(&text, 0);
    if (cmd)
        gox_cli_put_help(&text, cmd);
    else
        gox_cli_put_overview(&text);
    return gox_cli_flush(cli, &text);
}

/* goxelctl with no command: --version, --help, or nothing at all. */
static int run_bare(struct gox_cli *cli, int argc, char **argv)
{
    if (wants_help(argc, argv))
        return show(cli, NULL);
    if (argc > 1 &&
            (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        cli->command = gox_cli_find_command("version");
        return cli->command->run(cli);
    }
    if (argc > 1)
        return gox_cli_unknown_option(cli, argv[1]);
    (void)show(cli, NULL);
    return GOX_CLI_USAGE;
}

static bool has_color(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fd) && !(no && no[0]) && !(term && strcmp(term, "dumb") == 0);
}

int gox_cli_main(int argc, char **argv)
{
    struct gox_cli cli = {
            .program = argc > 0 ? argv[0] : "goxelctl",
            .timeout_ms = DEFAULT_TIMEOUT_MS,
            .has_color = has_color(STDOUT_FILENO),
            .has_color_err = has_color(STDERR_FILENO),
            .has_tty_err = isatty(STDERR_FILENO),
    };
    int at = gox_cli_find_command_arg(argc, argv);
    int rc;

    if (at == 0)
        return run_bare(&cli, argc, argv);
    cli.command = gox_cli_find_command(argv[at]);
    if (!cli.command)
        return unknown_command(&cli, argv[at]);
    if (wants_help(argc, argv))
        return show(&cli, cli.command);
    cli.args = calloc((size_t)argc, sizeof(*cli.args));
    if (!cli.args)
        return gox_cli_fail(&cli, GOX_CLI_FAILED, "out of memory");
    rc = gox_cli_read(&cli, argc, argv, at);
    if (rc == 0)
        rc = cli.command->run(&cli);
    free(cli.args);
    if (fflush(stdout) != 0 && rc == 0)
        rc = gox_cli_fail(&cli, GOX_CLI_FAILED,
                "cannot write to standard output: %s", strerror(errno));
    return gox_cli_end(rc);
}
