/* SPDX-License-Identifier: Apache-2.0
 * goxelctl config diff: what a reload of the running daemon would change, and
 * the difference of two files or of a file and the built-in settings.
 *
 * Invariant: files are compared without the environment: it is not theirs. */
#include "cli/config_internal.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *differences(
        const struct gox_settings *a, const struct gox_settings *b)
{
    struct gox_buf text;
    struct gox_writer w;
    json_t *result = NULL;
    gox_buf_init(&text, 0);
    gox_writer_init(&w, &text);
    gox_writer_array(&w, NULL);
    for (size_t i = 0; i < gox_setting_count; i++)
        if (!gox_settings_is_equal(a, b, i))
            gox_settings_put_change(a, b, i, &w);
    gox_writer_end_array(&w);
    if (gox_buf_text(&text) != NULL)
        result = json_loadb((const char *)text.data, text.len, 0, NULL);
    gox_buf_fini(&text);
    return result;
}

static int print_differences(struct gox_cli *cli, const json_t *changes)
{
    struct gox_table table;
    struct gox_buf out;
    json_t *row;
    size_t i;
    if (cli->is_json)
        return gox_cli_print_json(cli, changes);
    if (json_array_size(changes) == 0) {
        printf("no difference\n");
        return GOX_CLI_DONE;
    }
    gox_buf_init(&out, 0);
    gox_table_init(&table, "llll");
    gox_table_put(&table, "setting");
    gox_table_put(&table, "old");
    gox_table_put(&table, "new");
    gox_table_put(&table, "takes effect");
    json_array_foreach((json_t *)(uintptr_t)changes, i, row)
    {
        static const char *const keys[] = {"old", "new"};
        gox_table_put(
                &table, "%s", json_string_value(json_object_get(row, "name")));
        for (int k = 0; k < 2; k++) {
            char *text = json_dumps(json_object_get(row, keys[k]),
                    JSON_ENCODE_ANY | JSON_COMPACT);
            gox_table_put(&table, "%s", text != NULL ? text : "");
            free(text);
        }
        gox_table_put(&table, "%s",
                json_string_value(json_object_get(row, "applies")));
    }
    gox_table_print(&table, &out, cli->has_color);
    gox_table_fini(&table);
    return gox_cli_flush(cli, &out);
}

/* What a reload of the running daemon would change: it knows its own command
 * line and environment. */
static int diff_running(struct gox_cli *cli)
{
    struct gox_cli_session session;
    struct gox_error err = {.offset = -1};
    json_t *result = NULL;
    int rc = gox_session_open_socket(&session, cli);
    if (rc == 0 &&
            gox_session_call(&session, "daemon.reload",
                    json_pack("{s:b}", "dry_run", 1), &result, &err) != 0)
        rc = gox_session_fail(&session, "daemon.reload", &err);
    if (rc == 0)
        rc = print_differences(cli, json_object_get(result, "changes"));
    json_decref(result);
    gox_session_close(&session);
    return rc;
}

static int load_or_tell(
        struct gox_cli *cli, const char *file, struct gox_settings *s)
{
    struct gox_config_errors errors;
    gox_config_errors_init(&errors);
    int rc = gox__config_cmd_load(file, false, s, &errors) == 0
                     ? GOX_CLI_DONE
                     : gox__config_cmd_tell(cli, &errors, false);
    gox_config_errors_fini(&errors);
    return rc;
}

/* The built-in settings, filled in as those of a file are. */
static int load_defaults(struct gox_cli *cli, struct gox_settings *s)
{
    struct gox_config_errors errors;
    struct gox_config_sources from = {.file_use = GOX_CONFIG_FILE_NONE};
    gox_config_errors_init(&errors);
    int rc = gox_config_load(s, &from, &errors) == 0
                     ? GOX_CLI_DONE
                     : gox__config_cmd_tell(cli, &errors, false);
    gox_config_errors_fini(&errors);
    return rc;
}

int gox__config_cmd_diff(struct gox_cli *cli, const char *file)
{
    struct gox_settings a, b;
    if (cli->arg_count == 1 && file == NULL)
        return diff_running(cli);
    const char *first = cli->arg_count > 1 ? cli->args[1] : file;
    const char *second = cli->arg_count > 2 ? cli->args[2] : NULL;
    int rc = second != NULL ? load_or_tell(cli, first, &a)
                            : load_defaults(cli, &a);
    if (rc != 0)
        return rc;
    rc = load_or_tell(cli, second != NULL ? second : first, &b);
    if (rc == 0) {
        json_t *changes = differences(&a, &b);
        rc = changes != NULL
                     ? print_differences(cli, changes)
                     : gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
        json_decref(changes);
        gox_settings_fini(&b);
    }
    gox_settings_fini(&a);
    return rc;
}
