/* SPDX-License-Identifier: Apache-2.0
 * The command line: one row per command, from which come dispatch, the reading
 * of options, --help, the man page and the completions of three shells.
 *
 * Invariant: a command sees only options of its own row (and the common ones
 * that its flags ask for); everything else was refused as a usage error before.
 *
 * A command is one file that exports one row, which commands.c lists. */
#ifndef GOX_CLI_CLI_H
#define GOX_CLI_CLI_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* What goxelctl exits with. */
enum gox_cli_exit {
    GOX_CLI_DONE = 0,
    GOX_CLI_FAILED = 1, /* the request, or one of the files, failed */
    GOX_CLI_USAGE = 2,  /* the command line makes no sense */
    GOX_CLI_UNREACHABLE =
            3, /* no daemon: not running, not found, not started */
};

/* What an argument or the value of an option is, for completion; anything else
 * is a list of words separated by blanks. */
#define GOX_CLI_FILE    "@file"
#define GOX_CLI_DIR     "@dir"
#define GOX_CLI_METHOD  "@method"
#define GOX_CLI_COMMAND "@command"

struct gox_cli_option {
    const char *name;   /* "out-dir" */
    char letter;        /* 'o', 0 for none */
    const char *value;  /* "DIR"; NULL: a flag */
    const char *values; /* for completion, and when it is words also the check;
                           NULL: anything */
    const char *help;
};

/* flags of a command */
#define GOX_CLI_SOCKET 0x1u /* takes --socket and --timeout */
#define GOX_CLI_STDIO  0x2u /* takes --stdio: a private daemon instead */
#define GOX_CLI_HIDDEN 0x4u

struct gox_cli;

struct gox_cli_command {
    const char *name;
    const char
            *synopsis; /* the arguments; several forms on lines of their own */
    const char *arguments; /* GOX_CLI_FILE ... or words; NULL: none */
    const char *summary;   /* a few words, no full stop */
    const char *details;   /* paragraphs, separated by an empty line */
    const char *examples;  /* lines; "# ..." explains the next */
    unsigned flags;
    int min_args, max_args;               /* max -1: any number */
    const struct gox_cli_option *options; /* ended by a NULL name, or NULL */
    int (*run)(struct gox_cli *cli);      /* returns an exit code */
};

/* The commands, in the order shown. */
extern const struct gox_cli_command *const gox_cli_commands[];
extern const size_t gox_cli_command_count;

#define GOX_CLI_MAX_OPTIONS 24

struct gox_cli {
    const struct gox_cli_command *command;
    const char *program;                     /* argv[0] */
    const char *values[GOX_CLI_MAX_OPTIONS]; /* by index in the row's options;
                                                NULL: not given; "" for flags */
    const char **args;
    size_t arg_count;
    bool is_json;
    bool is_stdio;
    const char *socket; /* NULL: the default */
    int timeout_ms;     /* -1: none */
    bool has_color;     /* standard output */
    bool has_tty_err;
    bool has_color_err;
};

/* parse.c. The common options, ended by a NULL name; `needs` says which flags
 * of a command they belong to (0: all). */
struct gox_cli_common {
    struct gox_cli_option option;
    unsigned needs;
};
extern const struct gox_cli_common gox_cli_common_options[];

/* The index of the command in argv: the first argument that is neither an
 * option nor the value of one; 0 when there is none. */
int gox_cli_find_command_arg(int argc, char **argv);
/* Reads and checks the rest for cli->command; 0, or GOX_CLI_USAGE when it told
 * what is wrong. cli->args has room for argc. */
int gox_cli_read(struct gox_cli *cli, int argc, char **argv, int command_at);
int gox_cli_unknown_option(const struct gox_cli *cli, const char *arg);

/* Runs the program; returns its exit code. */
int gox_cli_main(int argc, char **argv);

const struct gox_cli_command *gox_cli_find_command(const char *name);

/* Reads a whole number of min ... max from an option's value (given or not:
 * fallback). A bad one is a usage error, told here. */
bool gox_cli_read_int(const struct gox_cli *cli, size_t option, long min,
        long max, long fallback, long *value);

/* One line on standard error: "goxelctl COMMAND: text". Returns code. */
int gox_cli_fail(const struct gox_cli *cli, int code, const char *fmt, ...)
        GOX_PRINTF(3, 4);
/* The same, and where the help is. Returns GOX_CLI_USAGE. */
int gox_cli_usage(const struct gox_cli *cli, const char *fmt, ...)
        GOX_PRINTF(2, 3);

/* help.c, man.c, completion.c: texts made from the table. */
void gox_cli_put_help(struct gox_buf *out, const struct gox_cli_command *cmd);
void gox_cli_put_overview(struct gox_buf *out);
void gox_cli_put_man(struct gox_buf *out);
int gox_cli_put_completion(struct gox_buf *out, const char *shell);
/* Calls fn for each option that a command takes, its own first. */
void gox_cli_each_option(const struct gox_cli_command *cmd,
        void (*fn)(void *ctx, const struct gox_cli_option *option), void *ctx);
/* "-o, --out-dir DIR" */
void gox_cli_put_option(
        struct gox_buf *out, const struct gox_cli_option *option);
/* Writes a buffer to standard output and frees it; an exit code. */
int gox_cli_flush(const struct gox_cli *cli, struct gox_buf *text);

/* suggest.c: the candidate nearest to word, NULL when none is near. next gives
 * the candidates one after the other, NULL at the end. */
const char *gox_cli_nearest(
        const char *word, const char *(*next)(void *ctx, size_t i), void *ctx);

#endif
