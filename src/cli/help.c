/* SPDX-License-Identifier: Apache-2.0
 * --help of the program and of each command, made from the table. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OPTION_COLUMN 26
#define LINE_COLUMNS  78

void gox_cli_each_option(const struct gox_cli_command *cmd,
        void (*fn)(void *ctx, const struct gox_cli_option *option), void *ctx)
{
    for (const struct gox_cli_option *own = cmd->options; own && own->name;
            own++)
        fn(ctx, own);
    for (const struct gox_cli_common *row = gox_cli_common_options;
            row->option.name; row++) {
        if (row->needs == 0 || (row->needs & cmd->flags))
            fn(ctx, &row->option);
    }
}

void gox_cli_put_option(
        struct gox_buf *out, const struct gox_cli_option *option)
{
    if (option->letter)
        gox_buf_printf(out, "-%c, ", option->letter);
    else
        gox_buf_put_str(out, "    ");
    gox_buf_printf(out, "--%s", option->name);
    if (option->value)
        gox_buf_printf(out, " %s", option->value);
}

/* Puts text with line breaks at blanks; lines after the first begin at column
 * `indent`. */
static void put_wrapped(
        struct gox_buf *out, const char *text, size_t column, size_t indent)
{
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (column > indent && column + 1 + n > LINE_COLUMNS) {
            gox_buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            gox_buf_put_byte(out, ' ');
            column++;
        }
        gox_buf_put(out, text, n);
        column += n;
        text += n;
        if (text[0] == '\n' && text[1] == '\n') {
            gox_buf_printf(out, "\n\n%*s", (int)indent, "");
            column = indent;
        }
        text += strspn(text, " \n");
    }
    gox_buf_put_byte(out, '\n');
}

static void put_option_help(void *ctx, const struct gox_cli_option *option)
{
    struct gox_buf *out = ctx;
    size_t begin = out->len, width;

    gox_buf_put_str(out, "  ");
    gox_cli_put_option(out, option);
    width = out->len - begin;
    if (width + 2 > OPTION_COLUMN)
        gox_buf_printf(out, "\n%*s", OPTION_COLUMN, "");
    else
        gox_buf_printf(out, "%*s", (int)(OPTION_COLUMN - width), "");
    put_wrapped(out, option->help, OPTION_COLUMN, OPTION_COLUMN);
}

void gox_cli_put_help(struct gox_buf *out, const struct gox_cli_command *cmd)
{
    const char *form = cmd->synopsis;
    bool is_first = true;

    do {
        size_t n = strcspn(form, "\n");
        gox_buf_printf(out, "%s goxelctl %s%s%.*s\n",
                is_first ? "Usage:" : "      ", cmd->name, n > 0 ? " " : "",
                (int)n, form);
        form += n + (form[n] == '\n');
        is_first = false;
    } while (*form);
    gox_buf_put_byte(out, '\n');
    put_wrapped(out, cmd->details, 0, 0);
    gox_buf_put_str(out, "\nOptions:\n");
    gox_cli_each_option(cmd, put_option_help, out);
    if (!cmd->examples)
        return;
    gox_buf_put_str(out, "\nExamples:\n");
    for (const char *line = cmd->examples; *line;) {
        size_t n = strcspn(line, "\n");
        gox_buf_printf(out, "  %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

void gox_cli_put_overview(struct gox_buf *out)
{
    gox_buf_put_str(out,
            "Usage: goxelctl COMMAND [OPTION]... [ARGUMENT]...\n\n"
            "The command line of the Goxel voxel daemon.\n\nCommands:\n");
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        const struct gox_cli_command *cmd = gox_cli_commands[i];
        if (!(cmd->flags & GOX_CLI_HIDDEN))
            gox_buf_printf(out, "  %-12s %s\n", cmd->name, cmd->summary);
    }
    gox_buf_put_str(out,
            "\nconvert, info and render start a private daemon and need no "
            "server;\nthe others speak to the one on the socket.\n\n"
            "goxelctl COMMAND --help tells more; goxelctl help METHOD explains "
            "a method\nof the API.\n\n"
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon.\n");
}

int gox_cli_flush(const struct gox_cli *cli, struct gox_buf *text)
{
    int rc = GOX_CLI_DONE;

    if (gox_buf_error(text) != 0)
        rc = gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
    else if (fwrite(text->data, 1, text->len, stdout) != text->len ||
             fflush(stdout) != 0)
        rc = gox_cli_fail(cli, GOX_CLI_FAILED,
                "cannot write to standard output: %s", strerror(errno));
    gox_buf_fini(text);
    return rc;
}
