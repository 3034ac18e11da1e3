/* SPDX-License-Identifier: Apache-2.0
 * goxelctl(1) in mdoc, made from the table, so that the manual cannot fall
 * behind the program. */
#include "cli/cli.h"
#include "goxel/version.h"

#include <string.h>

#define LINE_COLUMNS 76

/* mdoc takes a dot or an apostrophe at the start of a line, and a backslash
 * anywhere, for its own. */
static void put_char(struct gox_buf *out, char c)
{
    bool is_start = out->len == 0 || out->data[out->len - 1] == '\n';

    if (is_start && (c == '.' || c == '\''))
        gox_buf_put_str(out, "\\&");
    if (c == '\\')
        gox_buf_put_str(out, "\\e");
    else if (c == '-')
        gox_buf_put_str(out, "\\-");
    else
        gox_buf_put_byte(out, (uint8_t)c);
}

/* Filled text in lines of a fair length; a sentence ends its line and an empty
 * line is .Pp: mandoc's lint asks for all three. */
static void put_paragraphs(struct gox_buf *out, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t n = strcspn(text, " \n");
        if (column > 0 && column + 1 + n > LINE_COLUMNS) {
            gox_buf_put_byte(out, '\n');
            column = 0;
        } else if (column > 0) {
            gox_buf_put_byte(out, ' ');
            column++;
        }
        for (size_t i = 0; i < n; i++) {
            put_char(out, text[i]);
            column += text[i] == '-' ? 2 : 1;
        }
        if (text[n] && text[n - 1] == '.') {
            gox_buf_put_byte(out, '\n');
            column = 0;
        }
        text += n;
        if (text[0] == '\n' && text[1] == '\n') {
            gox_buf_put_str(out, column > 0 ? "\n.Pp\n" : ".Pp\n");
            column = 0;
        }
        text += strspn(text, " \n");
    }
    gox_buf_put_byte(out, '\n');
}

/* A macro's argument in quotes: blanks and brackets are text in it. */
static void put_quoted(struct gox_buf *out, const char *text, size_t len)
{
    gox_buf_put_byte(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            gox_buf_put_str(out, "\\(dq");
        else if (text[i] == '-')
            gox_buf_put_str(out, "\\-");
        else
            gox_buf_put_byte(out, (uint8_t)text[i]);
    }
    gox_buf_put_byte(out, '"');
}

static void put_option(void *ctx, const struct gox_cli_option *option)
{
    struct gox_buf *out = ctx;

    gox_buf_put_str(out, ".It ");
    if (option->letter)
        gox_buf_printf(out, "Fl %c , ", option->letter);
    gox_buf_printf(out, "Fl \\-%s", option->name);
    if (option->value)
        gox_buf_printf(out, " Ar %s", option->value);
    gox_buf_put_byte(out, '\n');
    put_paragraphs(out, option->help);
}

static void put_forms(struct gox_buf *out, const struct gox_cli_command *cmd)
{
    const char *form = cmd->synopsis;

    do {
        size_t n = strcspn(form, "\n");
        gox_buf_printf(out, ".It Cm %s", cmd->name);
        if (n > 0) {
            gox_buf_put_str(out, " Li ");
            put_quoted(out, form, n);
        }
        gox_buf_put_byte(out, '\n');
        form += n + (form[n] == '\n');
    } while (*form);
}

static void put_examples(struct gox_buf *out, const char *examples)
{
    gox_buf_put_str(out, ".Bd -literal -offset indent\n");
    for (const char *at = examples; *at; at++)
        put_char(out, *at);
    gox_buf_put_str(out, "\n.Ed\n");
}

static void put_command(struct gox_buf *out, const struct gox_cli_command *cmd)
{
    put_forms(out, cmd);
    put_paragraphs(out, cmd->details);
    gox_buf_put_str(out, ".Bl -tag -width Ds\n");
    gox_cli_each_option(cmd, put_option, out);
    gox_buf_put_str(out, ".El\n");
    if (cmd->examples)
        put_examples(out, cmd->examples);
}

static void put_head(struct gox_buf *out)
{
    gox_buf_put_str(out,
            ".\\\" SPDX-License-Identifier: Apache-2.0\n"
            ".\\\" Made by goxelctl dump-man from the table of commands.\n"
            ".Dd $Mdocdate$\n.Dt GOXELCTL 1\n.Os\n"
            ".Sh NAME\n.Nm goxelctl\n"
            ".Nd command line of the Goxel voxel daemon\n"
            ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n"
            ".Op Ar argument ...\n"
            ".Sh DESCRIPTION\n.Nm\n"
            "converts, describes and draws voxel models, and speaks to a "
            "running\n.Xr goxel-daemon 1 .\n"
            ".Pp\nThe commands\n.Cm convert , info\nand\n.Cm render\n"
            "start a private daemon that ends with them; they need no server "
            "and touch\nnone.\n"
            "The others speak to the daemon on the socket.\n"
            ".Pp\nOptions may stand before or after arguments;\n.Fl \\-\n"
            "ends them.\n"
            ".Sh COMMANDS\n.Bl -tag -width Ds\n");
}

static void put_tail(struct gox_buf *out)
{
    gox_buf_put_str(out,
            ".El\n"
            ".Sh ENVIRONMENT\n.Bl -tag -width GOXEL_DAEMON_BINARY\n"
            ".It Ev GOXEL_DAEMON_BINARY\nThe program to start as a private "
            "daemon.\nElse the\n.Nm goxel-daemon\nbeside\n.Nm\nor on\n"
            ".Ev PATH\nis started.\n"
            ".It Ev GOXEL_SOCKET_PATH\nThe socket of the daemon, unless\n"
            ".Fl \\-socket\nnames one.\n"
            ".It Ev NO_COLOR\nWhen it is not empty, nothing is coloured.\n"
            ".It Ev XDG_RUNTIME_DIR\nWhere an ordinary user's daemon has its "
            "socket.\n"
            ".It Ev XDG_STATE_HOME\nWhere\n.Cm shell\nkeeps its history; else "
            "in\n.Pa ~/.local/state .\n.El\n"
            ".Sh FILES\n.Bl -tag -width Ds\n"
            ".It Pa $XDG_RUNTIME_DIR/goxel/goxel-daemon.sock\n"
            "The socket of an ordinary user's daemon; without\n"
            ".Ev XDG_RUNTIME_DIR\nit is in\n.Pa /tmp/goxel- Ns Ar UID .\n"
            ".It Pa /run/goxel-daemon.sock\nThe socket of the system's "
            "daemon.\n"
            ".It Pa $XDG_STATE_HOME/goxel/goxelctl_history\n"
            "The history of\n.Cm shell .\n.El\n"
            ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
            ".It 0\nDone.\n.It 1\nThe request, or one of the files, failed.\n"
            ".It 2\nThe command line was wrong; nothing was done.\n"
            ".It 3\nNo daemon could be reached or started.\n.El\n.Pp\n"
            "After a signal\n.Nm\nremoves what was not finished and dies of "
            "that signal.\n"
            ".Sh SEE ALSO\n.Xr goxel-daemon 1 ,\n.Xr goxel-client 3\n");
}

void gox_cli_put_man(struct gox_buf *out)
{
    put_head(out);
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        if (!(gox_cli_commands[i]->flags & GOX_CLI_HIDDEN))
            put_command(out, gox_cli_commands[i]);
    }
    put_tail(out);
}
