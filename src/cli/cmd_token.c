/* SPDX-License-Identifier: Apache-2.0
 * goxelctl token: makes, lists and revokes access tokens. It works on the file
 * of hashes, so it needs no daemon; a running one sees the change within a
 * second. */
#include "base/time.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "config/load.h"
#include "config/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option { FILE_OPTION, SCOPES_OPTION, EXPIRES_OPTION, NAME_OPTION };

static const struct gox_cli_option options[] = {
        {"file", 'f', "FILE", GOX_CLI_FILE,
                "the file of tokens; default: security.token_file of the "
                "settings"},
        {"scopes", 's', "LIST", NULL,
                "new: what it allows, of read, edit, admin with commas "
                "between; default: read,edit"},
        {"expires", 'e', "TIME", NULL,
                "new: how long it is good for, such as 12h, 30d, 52w; default: "
                "until it is revoked"},
        {"name", 'n', "TEXT", NULL, "new: what it is for"},
        {.name = NULL},
};

/* ---- where ---- */

static int find_file(struct gox_cli *cli, char *path, size_t size)
{
    struct gox_settings settings;
    struct gox_error err = {0};
    const char *file = cli->values[FILE_OPTION];
    if (file != NULL) {
        snprintf(path, size, "%s", file);
        return GOX_CLI_DONE;
    }
    if (gox_config_load_file(&settings, NULL, &err) < 0)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err.text);
    snprintf(path, size, "%s", settings.security_token_file);
    gox_settings_fini(&settings);
    return GOX_CLI_DONE;
}

static int fail(struct gox_cli *cli, const struct gox_error *err)
{
    if (cli->is_json)
        gox_cli_print_error(err, NULL);
    return cli->is_json ? GOX_CLI_FAILED
                        : gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err->text);
}

/* ---- what ---- */

static json_t *scopes_json(unsigned scopes)
{
    struct gox_buf text;
    json_t *list = json_array();
    gox_buf_init(&text, 0);
    gox_scopes_put(&text, scopes);
    const char *at = gox_buf_text(&text);
    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ",");
        json_array_append_new(list, json_stringn(at, len));
        at += len + (at[len] == ',');
    }
    gox_buf_fini(&text);
    return list;
}

static json_t *time_json(int64_t ms)
{
    char text[GOX_TIME_TEXT_BYTES];
    if (ms == 0)
        return json_null();
    gox_time_format(ms, text);
    return json_string(text);
}

static json_t *token_json(const struct gox_token *token)
{
    bool has_expired =
            token->expires_ms > 0 && token->expires_ms <= gox_time_wall_ms();
    return json_pack("{s:s,s:o,s:o,s:o,s:b,s:s}", "id", token->id, "scopes",
            scopes_json(token->scopes), "created", time_json(token->created_ms),
            "expires", time_json(token->expires_ms), "expired", has_expired,
            "name", token->name);
}

/* Milliseconds of "12h"; 0: nothing of that kind. */
static int64_t read_duration(const char *text)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000},
            {'w', INT64_C(604800000)}};
    char *end;
    long number = strtol(text, &end, 10);
    if (number <= 0 || number > 100000 || end[0] == '\0' || end[1] != '\0')
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == end[0])
            return number * units[i].ms;
    return 0;
}

static int print_new(struct gox_cli *cli, const struct gox_token *token,
        const char *secret, const char *path)
{
    if (cli->is_json) {
        json_t *value = token_json(token);
        json_object_set_new(value, "token", json_string(secret));
        json_object_set_new(value, "file", json_string(path));
        int rc = gox_cli_print_json(cli, value);
        json_decref(value);
        return rc;
    }
    printf("%s\n", secret);
    fprintf(stderr,
            "This is token %s; it is shown this once, the file %s holds its "
            "hash only.\n"
            "The daemon asks for tokens when security.enable_authentication "
            "is on.\n",
            token->id, path);
    return GOX_CLI_DONE;
}

static int run_new(struct gox_cli *cli, const char *path)
{
    const char *scopes_text = cli->values[SCOPES_OPTION];
    const char *expires_text = cli->values[EXPIRES_OPTION];
    struct gox_token token;
    char secret[GOX_TOKEN_SECRET_BYTES];
    struct gox_error err = {0};
    unsigned scopes = GOX_SCOPE_READ | GOX_SCOPE_EDIT;
    int64_t now = gox_time_wall_ms(), expires = 0;
    if (scopes_text != NULL)
        scopes = gox_scopes_parse(scopes_text, strlen(scopes_text));
    if (scopes == 0)
        return gox_cli_usage(cli,
                "--scopes takes read, edit, admin with commas between, not "
                "\"%s\"",
                scopes_text);
    if (expires_text != NULL) {
        int64_t duration = read_duration(expires_text);
        if (duration == 0)
            return gox_cli_usage(cli,
                    "--expires takes a number and m, h, d or w, not \"%s\"",
                    expires_text);
        expires = now + duration;
    }
    int code = gox_token_make(&token, secret, scopes, cli->values[NAME_OPTION],
            now, expires, &err);
    if (code == 0)
        code = gox_tokens_add(path, &token, &err);
    int rc = code < 0 ? fail(cli, &err) : print_new(cli, &token, secret, path);
    gox_token_wipe(secret, sizeof secret);
    return rc;
}

static void put_row(struct gox_table *table, const struct gox_token *token)
{
    struct gox_buf scopes;
    char text[GOX_TIME_TEXT_BYTES];
    gox_buf_init(&scopes, 0);
    gox_scopes_put(&scopes, token->scopes);
    gox_table_put(table, "%s", token->id);
    gox_table_put(table, "%s", gox_buf_text(&scopes));
    gox_time_format(token->created_ms, text);
    gox_table_put(table, "%.10s", text);
    gox_time_format(token->expires_ms, text);
    bool has_expired =
            token->expires_ms > 0 && token->expires_ms <= gox_time_wall_ms();
    gox_table_put(table, "%.10s%s", token->expires_ms > 0 ? text : "never",
            has_expired ? " (expired)" : "");
    gox_table_put(table, "%s", token->name);
    gox_buf_fini(&scopes);
}

static int print_list(struct gox_cli *cli, const struct gox_tokens *tokens)
{
    struct gox_table table;
    struct gox_buf out;
    if (cli->is_json) {
        json_t *list = json_array();
        for (size_t i = 0; i < tokens->count; i++)
            json_array_append_new(list, token_json(&tokens->items[i]));
        int rc = gox_cli_print_json(cli, list);
        json_decref(list);
        return rc;
    }
    gox_buf_init(&out, 0);
    gox_table_init(&table, "lllll");
    gox_table_put(&table, "ID");
    gox_table_put(&table, "SCOPES");
    gox_table_put(&table, "CREATED");
    gox_table_put(&table, "EXPIRES");
    gox_table_put(&table, "NAME");
    for (size_t i = 0; i < tokens->count; i++)
        put_row(&table, &tokens->items[i]);
    gox_table_print(&table, &out, cli->has_color);
    gox_table_fini(&table);
    return gox_cli_flush(cli, &out);
}

static int run_list(struct gox_cli *cli, const char *path)
{
    struct gox_tokens tokens = {0};
    struct gox_error err = {0};
    int code = gox_tokens_load_for_admin(&tokens, path, &err);
    if (code < 0 && code != GOX_ERR_NOT_FOUND)
        return fail(cli, &err);
    int rc = print_list(cli, &tokens);
    gox_tokens_fini(&tokens);
    return rc;
}

static int run_revoke(struct gox_cli *cli, const char *path)
{
    struct gox_error err = {0};
    const char *id = cli->args[1];
    if (gox_tokens_remove(path, id, &err) < 0)
        return fail(cli, &err);
    if (!cli->is_json) {
        printf("token %s is revoked\n", id);
        return GOX_CLI_DONE;
    }
    json_t *value = json_pack("{s:s,s:b}", "id", id, "revoked", 1);
    int rc = gox_cli_print_json(cli, value);
    json_decref(value);
    return rc;
}

static int run(struct gox_cli *cli)
{
    static const struct {
        const char *name;
        size_t args;
        int (*run)(struct gox_cli *cli, const char *path);
    } verbs[] = {{"new", 1, run_new}, {"list", 1, run_list},
            {"revoke", 2, run_revoke}};
    char path[4096];
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(cli->args[0], verbs[i].name) != 0)
            continue;
        if (cli->arg_count != verbs[i].args)
            return gox_cli_usage(cli,
                    verbs[i].args == 2 ? "revoke takes the id of a token"
                                       : "%s takes no more arguments",
                    verbs[i].name);
        int rc = find_file(cli, path, sizeof path);
        return rc != GOX_CLI_DONE ? rc : verbs[i].run(cli, path);
    }
    return gox_cli_usage(
            cli, "it is new, list or revoke; not \"%s\"", cli->args[0]);
}

const struct gox_cli_command gox_cli_cmd_token = {
        .name = "token",
        .synopsis = "new [--scopes LIST] [--expires TIME] [--name TEXT]\n"
                    "list\n"
                    "revoke ID",
        .arguments = "new list revoke",
        .summary = "make, list and revoke access tokens",
        .details =
                "new prints a token once, on standard output; the file keeps "
                "its hash, scopes and times. list shows them, revoke removes "
                "one. Root may do so with the file of a service: --file "
                "/var/lib/goxel/tokens; it stays the service's.\n"
                "\n"
                "A daemon with security.enable_authentication asks each "
                "connection for a token: goxelctl sends the one in the "
                "environment variable GOXEL_TOKEN, HTTP clients send it as "
                "\"Authorization: Bearer TOKEN\", others call "
                "daemon.authenticate. The scope read allows looking, edit "
                "allows changing projects and files, admin allows the "
                "daemon's own settings and its end; each is given by name.",
        .examples = "goxelctl token new --scopes read --expires 30d --name ci\n"
                    "goxelctl token list --json\n"
                    "goxelctl token revoke 4f1c09aa",
        .min_args = 1,
        .max_args = 2,
        .options = options,
        .run = run,
};
