/* SPDX-License-Identifier: Apache-2.0
 * goxelctl shell: calls one after the other on one connection, typed with
 * completion and history, or read from a pipe.
 *
 * Invariant: on a pipe nothing but results goes to standard output, and the
 * exit code tells whether all lines succeeded. */
#include "base/alloc.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/params.h"
#include "cli/session.h"
#include "cli/words.h"

#include <errno.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY_LINES 1000

struct shell {
    struct gox_cli *cli;
    struct gox_cli_session session;
    json_t *document; /* of rpc.discover; NULL: not asked yet */
    bool is_interactive;
    bool is_done;
    int worst;
};

/* readline's callbacks take no context. */
static struct shell *completing;

static const json_t *discover(struct shell *shell)
{
    struct gox_error err = {0};

    if (!shell->document && gox_session_call(&shell->session, "rpc.discover",
                                    NULL, &shell->document, &err) != 0)
        gox_session_fail(&shell->session, "rpc.discover", &err);
    return shell->document;
}

/* ---- commands with a dot ---- */

static void show_help(struct shell *shell, const char *method)
{
    if (method) {
        if (discover(shell))
            (void)gox_cli_describe_method(shell->cli, shell->document, method);
        return;
    }
    fputs("METHOD [JSON | KEY=VALUE...]  call a method\n"
          ".help METHOD                  explain a method\n"
          ".methods [WORD]               list the methods, those with WORD in "
          "the name\n"
          ".json                         switch between indented and compact "
          "results\n"
          ".quit                         leave (also ^D)\n",
            stdout);
}

static void show_methods(struct shell *shell, const char *part)
{
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(discover(shell), "methods"), i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        if (name && (!part || strstr(name, part)))
            printf("%s\n", name);
    }
}

static int dot_command(struct shell *shell, char *const *words, size_t count)
{
    const char *argument = count > 1 ? words[1] : NULL;

    if (strcmp(words[0], ".help") == 0)
        show_help(shell, argument);
    else if (strcmp(words[0], ".methods") == 0)
        show_methods(shell, argument);
    else if (strcmp(words[0], ".json") == 0)
        shell->cli->is_json = !shell->cli->is_json;
    else if (strcmp(words[0], ".quit") == 0 || strcmp(words[0], ".exit") == 0)
        shell->is_done = true;
    else
        return gox_cli_fail(shell->cli, GOX_CLI_FAILED,
                "there is no command %s; .help lists them", words[0]);
    return 0;
}

/* ---- calls ---- */

/* A lost daemon is looked for once more: it may have been restarted. */
static int reconnect(struct shell *shell)
{
    struct gox_error err = {0};

    if (gox_client_get_fd(shell->session.client) >= 0)
        return 0;
    if (gox_client_reconnect(shell->session.client, 2000, &err) != 0)
        return gox_cli_fail(shell->cli, GOX_CLI_UNREACHABLE,
                "cannot reach the daemon again: %s", err.text);
    fprintf(stderr, "goxelctl shell: connected again\n");
    return 0;
}

static int call(struct shell *shell, char *const *words, size_t count)
{
    struct gox_error err = {0};
    json_t *params, *result = NULL;
    int rc = reconnect(shell);

    if (rc != 0)
        return rc;
    if (gox_cli_read_params((const char *const *)(words + 1), count - 1,
                &params, &err) != 0)
        return gox_cli_fail(shell->cli, GOX_CLI_FAILED, "%s", err.text);
    if (gox_session_call(&shell->session, words[0], params, &result, &err) == 0)
        rc = gox_cli_print_json(shell->cli, result);
    else
        rc = gox_session_fail(&shell->session, words[0], &err);
    json_decref(result);
    return rc;
}

static int run_line(struct shell *shell, const char *line)
{
    struct gox_error err = {0};
    char **words;
    size_t count;
    int rc;

    if (gox_cli_split(line, &words, &count, &err) != 0)
        return gox_cli_fail(shell->cli, GOX_CLI_FAILED, "%s", err.text);
    if (count == 0)
        rc = 0;
    else if (words[0][0] == '.')
        rc = dot_command(shell, words, count);
    else
        rc = call(shell, words, count);
    gox_cli_free_words(words, count);
    return rc;
}

static void take_line(struct shell *shell, const char *line)
{
    int rc = run_line(shell, line);

    if (shell->worst == 0)
        shell->worst = rc;
    /* A script cannot go on without its daemon. */
    if (rc == GOX_CLI_UNREACHABLE && !shell->is_interactive)
        shell->is_done = true;
    if (gox_cli_interrupted())
        shell->is_done = true;
}

/* ---- a pipe ---- */

static void read_pipe(struct shell *shell)
{
    char *line = NULL;
    size_t size = 0;

    while (!shell->is_done && getline(&line, &size, stdin) >= 0)
        take_line(shell, line);
    free(line);
}

/* ---- a terminal ---- */

static char *next_name(const char *text, int state)
{
    static size_t at;
    json_t *methods = json_object_get(discover(completing), "methods");
    size_t len = strlen(text);

    if (state == 0)
        at = 0;
    while (at < json_array_size(methods)) {
        const char *name = json_string_value(
                json_object_get(json_array_get(methods, at++), "name"));
        if (name && strncmp(name, text, len) == 0)
            return strdup(name);
    }
    return NULL;
}

/* The names of the parameters of the method that the line begins with. */
static char *next_param(const char *text, int state)
{
    static size_t at;
    char method[256];
    json_t *row, *param;
    size_t i, len = strlen(text);
    char *word = NULL;

    if (state == 0)
        at = 0;
    snprintf(method, sizeof(method), "%.*s", (int)strcspn(rl_line_buffer, " "),
            rl_line_buffer);
    json_array_foreach(json_object_get(discover(completing), "methods"), i, row)
    {
        json_t *params = json_object_get(row, "params");
        const char *name = json_string_value(json_object_get(row, "name"));
        if (!name || strcmp(name, method) != 0)
            continue;
        while ((param = json_array_get(params, at++)) != NULL) {
            name = json_string_value(json_object_get(param, "name"));
            if (name && strncmp(name, text, len) == 0 &&
                    asprintf(&word, "%s=", name) > 0)
                return word;
        }
    }
    return NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1;
    if (start == 0 || strncmp(rl_line_buffer, ".help ", 6) == 0)
        return rl_completion_matches(text, next_name);
    rl_completion_suppress_append = 1;
    return rl_completion_matches(text, next_param);
}

/* $XDG_STATE_HOME/goxel/goxelctl_history; its directory is made. False when
 * there is no home. */
static bool history_path(char *path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n;

    if (state && state[0] == '/')
        n = snprintf(path, size, "%s/goxel/goxelctl_history", state);
    else if (home && home[0] == '/')
        n = snprintf(
                path, size, "%s/.local/state/goxel/goxelctl_history", home);
    else
        return false;
    if (n < 0 || (size_t)n >= size)
        return false;
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            *at = '/';
            return false;
        }
        *at = '/';
    }
    return true;
}

static void read_terminal(struct shell *shell)
{
    char path[4096];
    bool has_history = history_path(path, sizeof(path));
    char *line;

    completing = shell;
    rl_readline_name = "goxelctl";
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = " ";
    using_history();
    stifle_history(HISTORY_LINES);
    if (has_history)
        (void)read_history(path);
    printf("%s; .help tells what can be typed, TAB completes\n",
            shell->session.name);
    while (!shell->is_done && (line = readline("goxel> ")) != NULL) {
        if (line[0])
            add_history(line);
        take_line(shell, line);
        free(line);
    }
    if (!shell->is_done)
        putchar('\n');
    if (has_history)
        (void)write_history(path);
    /* What people typed was told at once; only a lost daemon matters. */
    if (shell->worst == GOX_CLI_FAILED)
        shell->worst = GOX_CLI_DONE;
}

static int run(struct gox_cli *cli)
{
    struct shell shell = {.cli = cli};
    int rc = gox_session_open(&shell.session, cli);

    shell.is_interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (rc == 0) {
        if (shell.is_interactive)
            read_terminal(&shell);
        else
            read_pipe(&shell);
        rc = shell.worst;
    }
    json_decref(shell.document);
    gox_session_close(&shell.session);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_shell = {
        .name = "shell",
        .synopsis = "",
        .summary = "call methods one after the other, with completion",
        .details =
                "Reads lines of METHOD and parameters, as call takes them, "
                "and prints each result. On a terminal TAB completes method "
                "and parameter names, and lines are remembered. From a pipe "
                "each line is called in turn; the exit code is 1 when any of "
                "them failed. Lines that begin with # are left out; .help "
                "lists the other commands.\n\n"
                "All lines share one connection, and so the project that "
                "one of them opened.",
        .examples = "goxelctl shell\n"
                    "goxelctl shell --json <calls.txt >results.ndjson",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .run = run,
};
