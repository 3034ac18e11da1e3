/* SPDX-License-Identifier: Apache-2.0
 * goxelctl store: looks after the files of projects, through the daemon that
 * has them, or a private one when none runs. */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/store_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum option { DATA_DIR_OPTION, HISTORY_OPTION, OVERWRITE_OPTION };

static const struct gox_cli_option options[] = {
        {"data-dir", 'd', "DIR", GOX_CLI_DIR,
                "work on this data directory, which no daemon has open"},
        {"history-mb", 0, "MIB", NULL,
                "compact: how much undo history to keep; default: none"},
        {"overwrite", 0, NULL, NULL,
                "restore: a project of that name goes to the trash first"},
        {.name = NULL},
};

struct store_cli {
    struct gox_cli *cli;
    struct gox_cli_session session;
    const char *const *args; /* after the verb */
    size_t count;
};

static int call(struct store_cli *s, const char *method, json_t *own_params,
        json_t **result)
{
    struct gox_error err = {0};
    if (gox_session_call(&s->session, method, own_params, result, &err) == 0)
        return 0;
    return gox_session_fail(
            &s->session, s->count > 0 ? s->args[0] : method, &err);
}

static int end(struct store_cli *s, json_t *result, const char *fmt, ...)
        GOX_PRINTF(3, 4);
static int end(struct store_cli *s, json_t *result, const char *fmt, ...)
{
    va_list args;
    int rc = GOX_CLI_DONE;
    if (s->cli->is_json) {
        rc = gox_cli_print_json(s->cli, result);
    } else {
        va_start(args, fmt);
        vprintf(fmt, args);
        va_end(args);
    }
    json_decref(result);
    return rc;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* ---- list, trash ---- */

static int print_rows(struct store_cli *s, json_t *result, const char *at_key)
{
    struct gox_table table;
    struct gox_buf out;
    json_t *row;
    size_t i;
    char bytes[GOX_CLI_FIGURE];
    if (s->cli->is_json)
        return end(s, result, "%s", "");
    gox_buf_init(&out, 0);
    gox_table_init(&table, "lrrlll");
    for (const char *const *head = (const char *const[]){"project", "size",
                 "voxels", "revision",
                 strcmp(at_key, "deleted_at") ? "changed" : "deleted", "state",
                 NULL};
            *head != NULL; head++)
        gox_table_put(&table, "%s", *head);
    json_array_foreach(json_object_get(result, "projects"), i, row)
    {
        bool is_known = json_object_get(row, "revision") != NULL;
        gox_table_put(&table, "%s", text_of(row, "name"));
        gox_table_put(&table, "%s",
                gox_cli_bytes(bytes, (double)number_of(row, "bytes")));
        gox_table_put(
                &table, is_known ? "%lld" : "", number_of(row, "voxel_count"));
        gox_table_put(
                &table, is_known ? "%lld" : "", number_of(row, "revision"));
        gox_table_put(&table, "%s", text_of(row, at_key));
        gox_table_put(&table, "%s",
                json_is_true(json_object_get(row, "open"))
                        ? "open"
                        : text_of(row, "error"));
    }
    gox_table_print(&table, &out, s->cli->has_color);
    gox_table_fini(&table);
    json_decref(result);
    return gox_cli_flush(s->cli, &out);
}

static int run_list(struct store_cli *s)
{
    json_t *result = NULL;
    int rc = call(s, "goxel.list_projects", NULL, &result);
    return rc != 0 ? rc : print_rows(s, result, "modified_at");
}

static int run_trash(struct store_cli *s)
{
    json_t *result = NULL;
    int rc = call(s, "goxel.list_trash", NULL, &result);
    return rc != 0 ? rc : print_rows(s, result, "deleted_at");
}

/* ---- check ---- */

static int check_one(struct store_cli *s, const char *name, json_t *all)
{
    json_t *result = NULL;
    int rc = call(s, "goxel.check_project", json_pack("{s:s}", "name", name),
            &result);
    if (rc != 0)
        return rc;
    bool is_whole = json_is_true(json_object_get(result, "success"));
    if (!s->cli->is_json && is_whole)
        printf("%s: whole (%lld edits, %lld snapshots, %lld blocks)\n", name,
                number_of(result, "edits"), number_of(result, "snapshots"),
                number_of(result, "blocks"));
    else if (!s->cli->is_json)
        printf("%s: %lld problems, the first: %s\n", name,
                number_of(result, "problems"),
                text_of(result, "first_problem"));
    json_array_append_new(all, result);
    return is_whole ? GOX_CLI_DONE : GOX_CLI_FAILED;
}

static int run_check(struct store_cli *s)
{
    json_t *list = NULL, *all = json_array(), *row;
    int rc = GOX_CLI_DONE;
    size_t i;
    for (size_t k = 0; k < s->count; k++)
        rc = check_one(s, s->args[k], all) != 0 ? GOX_CLI_FAILED : rc;
    if (s->count == 0)
        rc = call(s, "goxel.list_projects", NULL, &list);
    json_array_foreach(json_object_get(list, "projects"), i, row) rc =
            check_one(s, text_of(row, "name"), all) != 0 ? GOX_CLI_FAILED : rc;
    if (s->cli->is_json)
        gox_cli_print_json(s->cli, all);
    else if (rc == GOX_CLI_DONE && json_array_size(all) == 0)
        printf("there are no projects\n");
    json_decref(list);
    json_decref(all);
    return rc;
}

/* ---- the others ---- */

static int run_compact(struct store_cli *s)
{
    json_t *result = NULL;
    char before[GOX_CLI_FIGURE], after[GOX_CLI_FIGURE];
    long history;
    if (!gox_cli_read_int(s->cli, HISTORY_OPTION, 0, 1048576, 0, &history))
        return GOX_CLI_USAGE;
    int rc = call(s, "goxel.compact_project",
            json_pack("{s:s,s:I}", "name", s->args[0], "history_mb",
                    (json_int_t)history),
            &result);
    if (rc != 0)
        return rc;
    gox_cli_bytes(before, (double)number_of(result, "bytes_before"));
    gox_cli_bytes(after, (double)number_of(result, "bytes"));
    return end(s, result, "%s: %s, was %s\n", s->args[0], after, before);
}

static int run_backup(struct store_cli *s)
{
    json_t *result = NULL;
    char bytes[GOX_CLI_FIGURE];
    json_t *params = json_pack("{s:s}", "name", s->args[0]);
    int rc = s->count > 1 ? gox_store_call_file(&s->session, s->args[0],
                                    "goxel.backup_project", params, s->args[1],
                                    GOX_STORE_WRITES, &result)
                          : call(s, "goxel.backup_project", params, &result);
    if (rc != 0)
        return rc;
    gox_cli_bytes(bytes, (double)number_of(result, "bytes"));
    json_incref(result);
    rc = end(s, result, "%s (%s)\n", text_of(result, "path"), bytes);
    json_decref(result);
    return rc;
}

static int run_restore(struct store_cli *s)
{
    json_t *result = NULL;
    json_t *params = json_pack(
            "{s:b}", "overwrite", s->cli->values[OVERWRITE_OPTION] != NULL);
    if (s->count > 1)
        json_object_set_new(params, "name", json_string(s->args[1]));
    int rc = gox_store_call_file(&s->session, NULL, "goxel.restore_project",
            params, s->args[0], GOX_STORE_READS, &result);
    if (rc != 0)
        return rc;
    json_incref(result);
    rc = end(s, result, "project \"%s\" at revision %lld\n",
            text_of(result, "project"), number_of(result, "revision"));
    json_decref(result);
    return rc;
}

static int run_export(struct store_cli *s)
{
    json_t *result = NULL;
    int rc = gox_store_call_file(&s->session, s->args[0], "goxel.export_model",
            json_pack("{s:s}", "project", s->args[0]), s->args[1],
            GOX_STORE_WRITES, &result);
    if (rc != 0)
        return rc;
    json_incref(result);
    rc = end(s, result, "%s\n", text_of(result, "path"));
    json_decref(result);
    return rc;
}

static int run_undelete(struct store_cli *s)
{
    json_t *result = NULL;
    int rc = call(s, "goxel.undelete_project",
            json_pack("{s:s}", "name", s->args[0]), &result);
    return rc != 0 ? rc : end(s, result, "%s is back\n", s->args[0]);
}

static const struct verb {
    const char *name;
    size_t min, max;
    const char *takes;
    int (*run)(struct store_cli *s);
} verbs[] = {
        {"list", 0, 0, "no arguments", run_list},
        {"check", 0, SIZE_MAX, "names of projects", run_check},
        {"compact", 1, 1, "PROJECT", run_compact},
        {"backup", 1, 2, "PROJECT [FILE]", run_backup},
        {"restore", 1, 2, "FILE [PROJECT]", run_restore},
        {"export", 2, 2, "PROJECT FILE", run_export},
        {"trash", 0, 0, "no arguments", run_trash},
        {"undelete", 1, 1, "PROJECT", run_undelete},
};

/* JSON has no place for other bytes: such an argument would be left out. */
static int check_args(const struct store_cli *s)
{
    for (size_t i = 0; i < s->count; i++) {
        json_t *text = json_string(s->args[i]);
        if (text == NULL)
            return gox_cli_usage(s->cli,
                    "argument %zu is no UTF-8; names and paths in requests "
                    "are",
                    i + 2);
        json_decref(text);
    }
    return 0;
}

/* A private daemon makes its data directory: one that was mistyped would look
 * like one without projects. */
static int check_data_dir(const struct store_cli *s, const struct verb *verb)
{
    const char *dir = s->cli->values[DATA_DIR_OPTION];
    struct stat st;
    if (dir == NULL || verb->run == run_restore || stat(dir, &st) == 0)
        return 0;
    return gox_cli_fail(s->cli, GOX_CLI_FAILED,
            "the data directory %s cannot be looked at: %s", dir,
            strerror(errno));
}

/* A running daemon has its projects locked, so it is asked first. */
static int open_session(struct store_cli *s)
{
    const char *data_dir = s->cli->values[DATA_DIR_OPTION];
    char path[4096];
    struct gox_error err;
    gox_cli_socket_path(s->cli, path, sizeof path);
    if (data_dir == NULL && s->cli->socket == NULL) {
        gox_client *probe = gox_client_connect(path, 1000, &err);
        gox_client_close(probe);
        if (probe == NULL)
            return gox_session_open_store(&s->session, s->cli, NULL);
    }
    return data_dir != NULL
                   ? gox_session_open_store(&s->session, s->cli, data_dir)
                   : gox_session_open_socket(&s->session, s->cli);
}

static int run_store(struct gox_cli *cli)
{
    struct store_cli s = {
            .cli = cli, .args = cli->args + 1, .count = cli->arg_count - 1};
    const struct verb *verb = NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, cli->args[0]) == 0)
            verb = &verbs[i];
    if (verb == NULL)
        return gox_cli_usage(cli,
                "there is no \"%s\"; it takes list, check, compact, backup, "
                "restore, export, trash or undelete",
                cli->args[0]);
    if (s.count < verb->min || s.count > verb->max)
        return gox_cli_usage(cli, "%s takes %s", verb->name, verb->takes);
    int rc = check_args(&s);
    if (rc == 0)
        rc = check_data_dir(&s, verb);
    if (rc != 0)
        return rc;
    rc = open_session(&s);
    if (rc == 0)
        rc = verb->run(&s);
    gox_session_close(&s.session);
    return rc;
}

const struct gox_cli_command gox_cli_cmd_store = {
        .name = "store",
        .synopsis = "list\n"
                    "check [PROJECT...]\n"
                    "compact PROJECT\n"
                    "backup PROJECT [FILE]\n"
                    "restore FILE [PROJECT]\n"
                    "export PROJECT FILE\n"
                    "trash\n"
                    "undelete PROJECT",
        .arguments = "list check compact backup restore export trash undelete",
        .summary = "look after the files of projects",
        .details =
                "list shows the projects of the data directory, open or not. "
                "check reads whole files and verifies every checksum (all "
                "projects when none is named); the exit code is 1 when "
                "something is wrong. compact drops the undo history and gives "
                "its space back. backup writes a copy with its history while "
                "edits go on, beside the projects when no FILE is given; "
                "restore makes a project of one. export writes a model file. "
                "trash lists deleted projects, undelete takes one back.\n\n"
                "The daemon at the socket is asked. When none runs, a private "
                "one does it, with the data directory of the settings or of "
                "--data-dir. A running daemon reads and writes files only "
                "below the directories of its settings; to and from other "
                "places goxelctl carries them, for users who may write to "
                "the data directory.",
        .examples = "goxelctl store list\n"
                    "goxelctl store backup castle\n"
                    "goxelctl store restore castle.goxdb castle2",
        .flags = GOX_CLI_SOCKET,
        .min_args = 1,
        .max_args = -1,
        .options = options,
        .run = run_store,
};
