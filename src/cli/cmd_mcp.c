/* SPDX-License-Identifier: Apache-2.0
 * goxelctl mcp: enters goxel-mcp into the configuration of an AI client, which
 * starts it from then on.
 *
 * Invariant: a file is changed only when all of it was understood; what it held
 * before lies beside it, and every byte but our entry stays. */
#include "base/io.h"
#include "cli/commands.h"
#include "cli/json_edit.h"
#include "cli/output.h"
#include "platform/os.h"
#include "platform/program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "~/" is the home directory, "%APPDATA%/" that of Windows' programs. */
static const struct client {
    const char *name, *title;
    const char *linux_path, *mac_path, *windows_path; /* NULL: the first */
    const char *project_path; /* below the current directory; NULL: none */
    const char *key;
    bool has_type; /* entries say "type": "stdio" */
} CLIENTS[] = {
        {"claude-desktop", "Claude Desktop",
                "~/.config/Claude/claude_desktop_config.json",
                "~/Library/Application Support/Claude/"
                "claude_desktop_config.json",
                "%APPDATA%/Claude/claude_desktop_config.json", NULL,
                "mcpServers", false},
        {"claude-code", "Claude Code", "~/.claude.json", NULL, NULL,
                ".mcp.json", "mcpServers", true},
        {"cursor", "Cursor", "~/.cursor/mcp.json", NULL, NULL,
                ".cursor/mcp.json", "mcpServers", false},
        {"vscode", "Visual Studio Code", "~/.config/Code/User/mcp.json",
                "~/Library/Application Support/Code/User/mcp.json",
                "%APPDATA%/Code/User/mcp.json", ".vscode/mcp.json", "servers",
                true},
        {"windsurf", "Windsurf", "~/.codeium/windsurf/mcp_config.json", NULL,
                NULL, NULL, "mcpServers", false},
        {"gemini", "Gemini CLI", "~/.gemini/settings.json", NULL, NULL,
                ".gemini/settings.json", "mcpServers", false},
};
#define CLIENT_COUNT (sizeof CLIENTS / sizeof CLIENTS[0])
#define CLIENT_NAMES "claude-desktop claude-code cursor vscode windsurf gemini"

enum { CLIENT, FILE_PATH, PROJECT, DRY_RUN };

static const struct client *find_client(const char *name)
{
    for (size_t i = 0; i < CLIENT_COUNT; i++)
        if (strcmp(CLIENTS[i].name, name) == 0)
            return &CLIENTS[i];
    return NULL;
}

static const char *place_of(const struct client *client)
{
    const char *path = client->linux_path;
#if defined(__APPLE__)
    path = client->mac_path != NULL ? client->mac_path : path;
#elif defined(_WIN32)
    path = client->windows_path != NULL ? client->windows_path : path;
#endif
    return path;
}

static bool expand(const char *path, char *out, size_t size)
{
    const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    const char *appdata = getenv("APPDATA");
    int len;
    if (strncmp(path, "%APPDATA%", 9) == 0)
        len = appdata ? snprintf(out, size, "%s%s", appdata, path + 9) : -1;
    else if (strncmp(path, "~/.config/", 10) == 0 && config && config[0])
        len = snprintf(out, size, "%s/%s", config, path + 10);
    else if (path[0] == '~')
        len = home ? snprintf(out, size, "%s%s", home, path + 1) : -1;
    else
        len = snprintf(out, size, "%s", path);
    return len > 0 && (size_t)len < size;
}

/* The entry, as JSON; NULL: no memory. A socket that was named is kept. */
static char *make_entry(const struct gox_cli *cli, const struct client *client)
{
    char program[PATH_MAX];
    json_t *entry = json_object();
    char *text;
    if (!gox_program_beside_own("goxel-mcp", program, sizeof program))
        snprintf(program, sizeof program, "goxel-mcp");
    if (client->has_type)
        json_object_set_new(entry, "type", json_string("stdio"));
    json_object_set_new(entry, "command", json_string(program));
    json_object_set_new(entry, "args",
            cli->socket != NULL ? json_pack("[s,s]", "--socket", cli->socket)
                                : json_array());
    text = json_dumps(entry, 0);
    json_decref(entry);
    return text;
}

static int write_file(
        const char *path, const void *data, size_t len, struct gox_error *err)
{
    struct gox_output *out = gox_output_open_file(path, err);
    int rc;
    if (out == NULL)
        return err->code;
    gox_output_put(out, data, len);
    rc = gox_output_commit(out);
    gox_output_close(out);
    return rc;
}

static int make_parents(const char *path, struct gox_error *err)
{
    char dir[PATH_MAX];
    char *slash;
    snprintf(dir, sizeof dir, "%s", path);
    slash = strrchr(dir, '/');
    if (slash == NULL || slash == dir)
        return 0;
    *slash = '\0';
    return access(dir, F_OK) == 0 ? 0 : gox_os_make_dirs(dir, err);
}

/* The file behind a link is changed, not the link. */
static int store(const char *path, const struct gox_input *old,
        const struct gox_buf *text, char *backup, size_t size,
        struct gox_error *err)
{
    char real[PATH_MAX];
    int rc = make_parents(path, err);
    if (rc != 0)
        return rc;
    if (realpath(path, real) == NULL)
        snprintf(real, sizeof real, "%s", path);
    backup[0] = '\0';
    if (old->data != NULL) {
        if ((size_t)snprintf(backup, size, "%s.before-goxel", real) >= size)
            return gox_error_set(err, GOX_ERR_RANGE, "the path is too long");
        rc = write_file(backup, old->data, old->len, err);
    }
    return rc != 0 ? rc : write_file(real, text->data, text->len, err);
}

static int tell(const struct gox_cli *cli, const struct client *client,
        const char *path, const char *backup, bool is_changed)
{
    if (cli->is_json) {
        json_t *value = json_pack("{s:s,s:s,s:b,s:s?}", "client", client->name,
                "path", path, "changed", is_changed, "backup",
                backup[0] != '\0' ? backup : NULL);
        int rc = gox_cli_print_json(cli, value);
        json_decref(value);
        return rc;
    }
    if (!is_changed)
        printf("%s has goxel already: %s\n", client->title, path);
    else
        printf("%s: goxel is entered in %s\n", client->title, path);
    if (backup[0] != '\0')
        printf("What it held before is in %s\n", backup);
    if (is_changed)
        printf("Start %s anew to use it.\n", client->title);
    return GOX_CLI_DONE;
}

static int install(struct gox_cli *cli, const struct client *client,
        const char *path, const char *entry)
{
    struct gox_input old = {0};
    struct gox_error err = {.offset = -1};
    struct gox_buf text;
    char backup[PATH_MAX] = "";
    int rc = access(path, F_OK) == 0
                     ? gox_input_read_file(&old, path, 16u << 20, &err)
                     : 0;
    gox_buf_init(&text, 0);
    if (rc == 0)
        rc = gox_json_edit(old.data != NULL ? (const char *)old.data : "",
                old.len, client->key, "goxel", entry, &text, &err);
    if (rc != 0) {
        rc = gox_cli_fail(cli, GOX_CLI_FAILED,
                "%s was left as it is: %s. Add to \"%s\" there by hand: "
                "\"goxel\": %s",
                path, err.text, client->key, entry);
    } else if (cli->values[DRY_RUN] != NULL) {
        if (!cli->is_json)
            printf("# %s\n", path);
        rc = fwrite(text.data, 1, text.len, stdout) == text.len
                     ? GOX_CLI_DONE
                     : GOX_CLI_FAILED;
    } else if (old.data != NULL && old.len == text.len &&
               memcmp(old.data, text.data, text.len) == 0) {
        rc = tell(cli, client, path, "", false);
    } else if (store(path, &old, &text, backup, sizeof backup, &err) != 0) {
        rc = gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err.text);
    } else {
        rc = tell(cli, client, path, backup, true);
    }
    gox_buf_fini(&text);
    gox_input_fini(&old);
    return rc;
}

static int list_clients(const struct gox_cli *cli)
{
    json_t *list = json_array();
    int rc = GOX_CLI_DONE;
    for (size_t i = 0; i < CLIENT_COUNT; i++) {
        char path[PATH_MAX];
        bool is_known = expand(place_of(&CLIENTS[i]), path, sizeof path);
        if (!cli->is_json)
            printf("%-15s %-19s %s\n", CLIENTS[i].name, CLIENTS[i].title,
                    is_known ? path : "");
        json_array_append_new(list,
                json_pack("{s:s,s:s,s:s?}", "name", CLIENTS[i].name, "title",
                        CLIENTS[i].title, "path", is_known ? path : NULL));
    }
    if (cli->is_json)
        rc = gox_cli_print_json(cli, list);
    json_decref(list);
    return rc;
}

static int run(struct gox_cli *cli)
{
    const struct client *client;
    const char *name = cli->values[CLIENT];
    char path[PATH_MAX];
    bool is_known;
    char *entry;
    int rc;
    if (strcmp(cli->args[0], "clients") == 0)
        return list_clients(cli);
    if (strcmp(cli->args[0], "install") != 0)
        return gox_cli_usage(cli,
                "the action is install or clients, not \"%s\"", cli->args[0]);
    if (name == NULL)
        return gox_cli_usage(cli, "--client is needed: one of " CLIENT_NAMES);
    client = find_client(name);
    if (client == NULL)
        return gox_cli_usage(cli, "the client is one of: " CLIENT_NAMES);
    if (cli->values[PROJECT] != NULL && client->project_path == NULL)
        return gox_cli_usage(
                cli, "%s has no configuration in a project", client->title);
    if (cli->values[FILE_PATH] != NULL)
        is_known = expand(cli->values[FILE_PATH], path, sizeof path);
    else
        is_known = expand(cli->values[PROJECT] != NULL ? client->project_path
                                                       : place_of(client),
                path, sizeof path);
    if (!is_known)
        return gox_cli_fail(cli, GOX_CLI_FAILED,
                "there is no home directory; name the file with --file");
    entry = make_entry(cli, client);
    rc = entry != NULL ? install(cli, client, path, entry)
                       : gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
    free(entry);
    return rc;
}

static const struct gox_cli_option OPTIONS[] = {
        [CLIENT] = {"client", 'c', "NAME", CLIENT_NAMES,
                "the client to set up"},
        [FILE_PATH] = {"file", 0, "FILE", GOX_CLI_FILE,
                "its configuration file, when it is not in the usual place"},
        [PROJECT] = {"project", 'p', NULL, NULL,
                "the file of the current directory's project instead of the "
                "user's"},
        [DRY_RUN] = {"dry-run", 'n', NULL, NULL,
                "show what the file would be, change nothing"},
        {NULL, 0, NULL, NULL, NULL},
};

const struct gox_cli_command gox_cli_cmd_mcp = {
        .name = "mcp",
        .synopsis = "install --client NAME\nclients",
        .arguments = "install clients",
        .summary = "set up AI clients to build with goxel-mcp",
        .details =
                "install enters goxel-mcp, the MCP server of the daemon, into "
                "the configuration of a client: claude-desktop, claude-code, "
                "cursor, vscode, windsurf or gemini. Nothing else in the file "
                "changes, and what it held before is kept beside it. The "
                "client starts goxel-mcp, which starts the daemon.\n\n"
                "clients lists the clients and where their configuration is.",
        .examples = "goxelctl mcp install --client claude-code\n"
                    "# for all who work on this project\n"
                    "goxelctl mcp install --client vscode --project\n"
                    "goxelctl mcp install --client cursor --dry-run",
        .flags = GOX_CLI_SOCKET,
        .min_args = 1,
        .max_args = 1,
        .options = OPTIONS,
        .run = run,
};
