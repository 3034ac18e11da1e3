/* SPDX-License-Identifier: Apache-2.0
 * One row an option, from which come parsing, --help and the man page. */
#include "mcp/options.h"

#include "goxel/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
    HTTP,
    SOCKET,
    TIMEOUT,
    NO_START,
    STOP_DAEMON,
    TOKEN_FILE,
    ALLOW_ORIGIN,
    CONFORMANCE,
    VERSION,
    HELP
};

static const struct row {
    enum option_id id;
    const char *name, *value, *env, *help;
    bool is_optional; /* the value may be left out */
} ROWS[] = {
        {HTTP, "http", "ADDRESS:PORT", "MCP_SERVER_PORT",
                "serve Streamable HTTP at /mcp instead of standard input and "
                "output (default 127.0.0.1:8787)",
                true},
        {SOCKET, "socket", "PATH", "GOXEL_SOCKET_PATH", "socket of the daemon",
                false},
        {TIMEOUT, "timeout", "SECONDS", "GOXEL_MCP_TIMEOUT",
                "longest wait for one answer of the daemon (default 120)",
                false},
        {NO_START, "no-start", NULL, NULL,
                "do not start a daemon when none answers", false},
        {STOP_DAEMON, "stop-daemon", NULL, NULL,
                "end the daemon at the end, if this program started it", false},
        {TOKEN_FILE, "token-file", "FILE", "GOXEL_MCP_TOKEN_FILE",
                "HTTP requests need one of the bearer tokens in FILE, one a "
                "line",
                false},
        {ALLOW_ORIGIN, "allow-origin", "ORIGIN", "GOXEL_MCP_ALLOW_ORIGIN",
                "web origin that may use HTTP, besides those of this machine",
                false},
        {CONFORMANCE, "conformance", NULL, NULL,
                "serve what the protocol's conformance suite calls, and no "
                "voxels",
                false},
        {VERSION, "version", NULL, NULL, "print the version", false},
        {HELP, "help", NULL, NULL, "print this text", false},
};
#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

static void print_help(void)
{
    printf("Usage: goxel-mcp [OPTION]...\n"
           "The MCP server of the Goxel daemon: lets AI assistants build with "
           "voxels.\n"
           "Speaks on standard input and output; a client starts it.\n\n"
           "Options:\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &ROWS[i];
        printf("  --%s%s%s%s%s\n        %s\n", row->name,
                row->is_optional ? " ["
                : row->value     ? " "
                                 : "",
                row->value ? row->value : "", row->is_optional ? "]" : "", "",
                row->help);
        if (row->env != NULL)
            printf("        (environment: %s)\n", row->env);
    }
    printf("\nSet it up in a client with: goxelctl mcp install --client "
           "NAME\n");
}

static int take_timeout(struct gox_mcp_options *o, const char *text)
{
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds >= 0.01 && seconds <= 86400)) {
        fprintf(stderr,
                "goxel-mcp: the timeout is a number of seconds from 0.01 to "
                "86400, got \"%s\"\n",
                text);
        return 2;
    }
    o->timeout_ms = (int)(seconds * 1000);
    return -1;
}

static int apply(
        struct gox_mcp_options *o, const struct row *row, const char *value)
{
    switch (row->id) {
    case HTTP:
        o->http = value;
        break;
    case SOCKET:
        o->socket = value;
        break;
    case TIMEOUT:
        return take_timeout(o, value);
    case NO_START:
        o->may_start = false;
        break;
    case STOP_DAEMON:
        o->stops_daemon = true;
        break;
    case TOKEN_FILE:
        o->token_file = value;
        break;
    case ALLOW_ORIGIN:
        o->allow_origin = value;
        break;
    case CONFORMANCE:
        o->is_conformance = true;
        break;
    case VERSION:
        printf("goxel-mcp %s\n", GOX_VERSION);
        return 0;
    case HELP:
        print_help();
        return 0;
    }
    return -1;
}

/* "--name", "--name=value" or "--name value". */
static int take(struct gox_mcp_options *o, int argc, char **argv, int *at)
{
    const char *arg = argv[*at];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &ROWS[i];
        size_t len = strlen(row->name);
        if (strncmp(arg, "--", 2) != 0 ||
                strncmp(arg + 2, row->name, len) != 0 ||
                (arg[2 + len] != '\0' && arg[2 + len] != '='))
            continue;
        const char *value = arg[2 + len] == '=' ? arg + 3 + len : NULL;
        if (row->value == NULL && value == NULL)
            return apply(o, row, NULL);
        if (row->value != NULL && value == NULL && *at + 1 < argc &&
                argv[*at + 1][0] != '-')
            value = argv[++*at];
        if (row->value != NULL && (value != NULL || row->is_optional))
            return apply(o, row, value != NULL ? value : "");
        fprintf(stderr, "goxel-mcp: --%s %s\n", row->name,
                row->value != NULL ? "needs a value" : "takes no value");
        return 2;
    }
    fprintf(stderr,
            "goxel-mcp: unknown argument \"%s\"; see goxel-mcp --help\n", arg);
    return 2;
}

int gox_mcp_options_read(struct gox_mcp_options *o, int argc, char **argv)
{
    *o = (struct gox_mcp_options){.timeout_ms = 120000, .may_start = true};
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *value = ROWS[i].env != NULL ? getenv(ROWS[i].env) : NULL;
        /* A port in the environment does not turn stdio into HTTP. */
        if (value == NULL || value[0] == '\0' || ROWS[i].id == HTTP)
            continue;
        int code = apply(o, &ROWS[i], value);
        if (code >= 0)
            return code;
    }
    for (int at = 1; at < argc; at++) {
        int code = take(o, argc, argv, &at);
        if (code >= 0)
            return code;
    }
    return -1;
}
