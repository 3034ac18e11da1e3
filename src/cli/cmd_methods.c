/* SPDX-License-Identifier: Apache-2.0
 * goxelctl methods and formats: what the daemon can do. */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"

#include <string.h>

/* Asks any daemon; on failure tells and returns the exit code. */
static int ask(struct gox_cli *cli, const char *method, json_t **result)
{
    struct gox_cli_session session;
    struct gox_error err = {0};
    int rc = gox_session_open_any(&session, cli);

    if (rc == 0 && gox_session_call(&session, method, NULL, result, &err) != 0)
        rc = gox_session_fail(&session, method, &err);
    gox_session_close(&session);
    return rc;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text ? text : "";
}

static int print_table(struct gox_cli *cli, struct gox_table *table)
{
    struct gox_buf out;

    gox_buf_init(&out, 0);
    gox_table_print(table, &out, cli->has_color);
    gox_table_fini(table);
    return gox_cli_flush(cli, &out);
}

static int run_methods(struct gox_cli *cli)
{
    struct gox_table table;
    json_t *result = NULL, *row;
    size_t i;
    int rc = ask(cli, "list_methods", &result);

    if (rc == 0 && cli->is_json)
        rc = gox_cli_print_json(cli, result);
    else if (rc == 0) {
        gox_table_init(&table, "ll");
        gox_table_put(&table, "METHOD");
        gox_table_put(&table, "WHAT IT DOES");
        json_array_foreach(json_object_get(result, "methods"), i, row)
        {
            const char *name = json_string_value(row);
            gox_table_put(&table, "%s", name ? name : text_of(row, "method"));
            gox_table_put(&table, "%s", text_of(row, "description"));
        }
        rc = print_table(cli, &table);
    }
    json_decref(result);
    return rc;
}

/* ".gltf .glb" */
static void put_list(
        struct gox_table *table, const json_t *list, const char *before)
{
    char text[512];
    size_t used = 0, i;
    json_t *item;

    text[0] = '\0';
    json_array_foreach((json_t *)(uintptr_t)list, i, item)
    {
        const char *word = json_string_value(item);
        int n = snprintf(text + used, sizeof(text) - used, "%s%s%s",
                i > 0 ? " " : "", before, word ? word : "?");
        if (n < 0 || (size_t)n >= sizeof(text) - used)
            break;
        used += (size_t)n;
    }
    gox_table_put(table, "%s", text);
}

static int run_formats(struct gox_cli *cli)
{
    struct gox_table table;
    json_t *result = NULL, *row;
    size_t i;
    int rc = ask(cli, "goxel.list_formats", &result);

    if (rc == 0 && cli->is_json)
        rc = gox_cli_print_json(cli, result);
    else if (rc == 0) {
        gox_table_init(&table, "lllll");
        gox_table_put(&table, "FORMAT");
        gox_table_put(&table, "FILES");
        gox_table_put(&table, "READ");
        gox_table_put(&table, "WRITE");
        gox_table_put(&table, "OPTIONS");
        json_array_foreach(json_object_get(result, "formats"), i, row)
        {
            gox_table_put(&table, "%s", text_of(row, "name"));
            put_list(&table, json_object_get(row, "extensions"), ".");
            gox_table_put(&table, "%s",
                    json_is_true(json_object_get(row, "read")) ? "yes" : "-");
            gox_table_put(&table, "%s",
                    json_is_true(json_object_get(row, "write")) ? "yes" : "-");
            put_list(&table, json_object_get(row, "options"), "");
        }
        rc = print_table(cli, &table);
    }
    json_decref(result);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_methods = {
        .name = "methods",
        .synopsis = "",
        .summary = "list the methods of the API",
        .details = "Lists the methods of the daemon on the socket; when none "
                   "listens, of a private one. goxelctl help METHOD explains a "
                   "method.",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .run = run_methods,
};

const struct gox_cli_command gox_cli_cmd_formats = {
        .name = "formats",
        .synopsis = "",
        .summary = "list the file formats that can be read and written",
        .details = "Lists the file formats, the extensions that stand for "
                   "them, and which options of convert each one takes.",
        .flags = GOX_CLI_SOCKET | GOX_CLI_STDIO,
        .run = run_formats,
};
