/* SPDX-License-Identifier: Apache-2.0
 * goxelctl config: the settings of a running daemon or of a file; what is
 * wrong, changing one; and the texts made from their table. What a change
 * would do is in cmd_config_diff.c.
 *
 * Invariant: a file is only changed to one that is valid. */
#include "base/alloc.h"
#include "base/io.h"
#include "cli/commands.h"
#include "cli/config_internal.h"
#include "cli/output.h"
#include "cli/session.h"
#include "config/edit.h"
#include "config/generate.h"
#include "config/places.h"
#include "platform/os.h"
#include "platform/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum option { FILE_OPTION, CHANGED_OPTION };

static const struct gox_cli_option options[] = {
        {"file", 'f', "FILE", GOX_CLI_FILE,
                "the file of settings; default: the one that the daemon "
                "reads"},
        {"changed", 'c', NULL, NULL, "show: only what is not the default"},
        {.name = NULL},
};

/* ---- loading ---- */

int gox__config_cmd_load(const char *file, bool with_environment,
        struct gox_settings *s, struct gox_config_errors *errors)
{
    struct gox_config_sources from = {
            .file_use = file != NULL ? GOX_CONFIG_FILE_NAMED
                                     : GOX_CONFIG_FILE_DEFAULT,
            .file = file,
            .variables = with_environment ? (const char *const *)environ : NULL,
    };
    return gox_config_load(s, &from, errors);
}

int gox__config_cmd_tell(struct gox_cli *cli,
        const struct gox_config_errors *errors, bool is_answer)
{
    struct gox_buf text;
    struct gox_writer w;
    bool is_valid = errors->error_count == 0 && !errors->is_out_of_memory;
    int rc = is_valid ? GOX_CLI_DONE : GOX_CLI_FAILED;
    gox_buf_init(&text, 0);
    if (errors->is_out_of_memory) {
        gox_buf_fini(&text);
        return gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
    }
    if (cli->is_json && (is_answer || !is_valid)) {
        gox_writer_init(&w, &text);
        gox_writer_object(&w, NULL);
        gox_writer_bool(&w, "valid", is_valid);
        gox_writer_string(&w, "file", errors->file);
        gox_config_errors_put_json(errors, &w);
        gox_writer_end_object(&w);
        gox_buf_put_byte(&text, '\n');
        int flushed = gox_cli_flush(cli, &text);
        return flushed != 0 ? flushed : rc;
    }
    gox_config_errors_put(errors, &text);
    if (text.len > 0)
        fwrite(text.data, 1, text.len, stderr);
    gox_buf_fini(&text);
    return rc;
}

/* ---- show ---- */

/* Whether a setting was asked for: by its name, its section, or not at all. */
static bool is_wanted(const struct gox_cli *cli, const char *name)
{
    for (size_t i = 1; i < cli->arg_count; i++) {
        size_t len = strlen(cli->args[i]);
        if (strncmp(name, cli->args[i], len) == 0 &&
                (name[len] == '\0' || name[len] == '.'))
            return true;
    }
    return cli->arg_count <= 1;
}

static int print_settings(struct gox_cli *cli, json_t *settings)
{
    const char *name;
    json_t *row;
    void *next;
    struct gox_table table;
    struct gox_buf out;
    json_object_foreach_safe(settings, next, name, row)
    {
        const char *origin = json_string_value(json_object_get(row, "origin"));
        bool is_default = origin != NULL && strcmp(origin, "default") == 0;
        if (!is_wanted(cli, name) ||
                (cli->values[CHANGED_OPTION] != NULL && is_default))
            json_object_del(settings, name);
    }
    if (json_object_size(settings) == 0 && cli->arg_count > 1 &&
            cli->values[CHANGED_OPTION] == NULL)
        return gox_cli_fail(cli, GOX_CLI_FAILED,
                "there is no setting or section \"%s\"; goxelctl config show "
                "lists all",
                cli->args[1]);
    if (cli->is_json)
        return gox_cli_print_json(cli, settings);
    gox_buf_init(&out, 0);
    gox_table_init(&table, "lll");
    gox_table_put(&table, "setting");
    gox_table_put(&table, "value");
    gox_table_put(&table, "from");
    json_object_foreach(settings, name, row)
    {
        const json_t *value = json_object_get(row, "value");
        char *text =
                json_is_string(value)
                        ? NULL
                        : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        const char *shown = text != NULL ? text : json_string_value(value);
        gox_table_put(&table, "%s", name);
        gox_table_put(
                &table, "%s", shown != NULL && shown[0] != '\0' ? shown : "-");
        gox_table_put(&table, "%s",
                json_string_value(json_object_get(row, "origin")));
        free(text);
    }
    gox_table_print(&table, &out, cli->has_color);
    gox_table_fini(&table);
    return gox_cli_flush(cli, &out);
}

/* {"server.workers": {"value": .., "origin": ..}, ...} of loaded settings, as
 * daemon.config answers; NULL when out of memory. */
static json_t *settings_json(const struct gox_settings *s)
{
    struct gox_buf text;
    struct gox_writer w;
    json_t *result = NULL;
    gox_buf_init(&text, 0);
    gox_writer_init(&w, &text);
    gox_writer_object(&w, NULL);
    for (size_t i = 0; i < gox_setting_count; i++)
        gox_settings_put_row(s, i, &w);
    gox_writer_end_object(&w);
    if (gox_buf_text(&text) != NULL)
        result = json_loadb((const char *)text.data, text.len, 0, NULL);
    gox_buf_fini(&text);
    return result;
}

static bool is_running(const struct gox_cli *cli)
{
    char path[108];
    int fd = -1;
    gox_cli_socket_path(cli, path, sizeof path);
    if (gox_socket_connect_unix(path, &fd, NULL) < 0)
        return false;
    close(fd);
    return true;
}

static int show_running(struct gox_cli *cli)
{
    struct gox_cli_session session;
    struct gox_error err = {.offset = -1};
    json_t *result = NULL;
    int rc = gox_session_open_socket(&session, cli);
    if (rc == 0 && gox_session_call(
                           &session, "daemon.config", NULL, &result, &err) != 0)
        rc = gox_session_fail(&session, "daemon.config", &err);
    if (rc == 0)
        rc = print_settings(cli, result);
    json_decref(result);
    gox_session_close(&session);
    return rc;
}

static int run_show(struct gox_cli *cli)
{
    struct gox_config_errors errors;
    struct gox_settings s;
    const char *file = cli->values[FILE_OPTION];
    if (file == NULL && is_running(cli))
        return show_running(cli);
    if (file == NULL && cli->socket != NULL)
        return show_running(cli); /* tells why it cannot */
    gox_config_errors_init(&errors);
    int code = gox__config_cmd_load(file, true, &s, &errors);
    int rc = gox__config_cmd_tell(cli, &errors, false);
    if (code == 0) {
        json_t *settings = settings_json(&s);
        rc = settings != NULL
                     ? print_settings(cli, settings)
                     : gox_cli_fail(cli, GOX_CLI_FAILED, "out of memory");
        json_decref(settings);
        gox_settings_fini(&s);
    }
    gox_config_errors_fini(&errors);
    return rc;
}

/* ---- check ---- */

static int run_check(struct gox_cli *cli)
{
    struct gox_config_errors errors;
    struct gox_settings s;
    const char *file = cli->values[FILE_OPTION];
    if (cli->arg_count > 1)
        file = cli->args[1];
    gox_config_errors_init(&errors);
    int code = gox__config_cmd_load(file, true, &s, &errors);
    int rc = gox__config_cmd_tell(cli, &errors, true);
    if (code == 0 && !cli->is_json)
        printf("%s is valid\n",
                s.file != NULL ? s.file : "no file is there, which");
    if (code == 0)
        gox_settings_fini(&s);
    gox_config_errors_fini(&errors);
    return rc;
}

/* ---- diff ---- */

static int run_diff(struct gox_cli *cli)
{
    return gox__config_cmd_diff(cli, cli->values[FILE_OPTION]);
}

/* ---- set ---- */

/* The usual place may not be there yet; a folder that was named may be a slip.
 * That of the system is for all to read, as the others in /etc are. */
static int make_folder(const char *path, struct gox_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL && slash != path
                           ? gox_strndup(path, (size_t)(slash - path))
                           : NULL;
    bool is_there = folder == NULL || access(folder, F_OK) == 0;
    int code = is_there ? 0 : gox_os_make_dirs(folder, err);
    if (code == 0 && !is_there && geteuid() == 0 && chmod(folder, 0755) != 0)
        code = gox_error_set_errno(
                err, GOX_ERR_IO, errno, "cannot set the mode of %s", folder);
    gox_free(folder);
    return code;
}

static int write_file(
        struct gox_cli *cli, const char *path, const struct gox_buf *text)
{
    struct gox_error err = {.offset = -1};
    bool is_new = access(path, F_OK) != 0;
    bool is_usual = cli->values[FILE_OPTION] == NULL;
    int code = is_new && is_usual ? make_folder(path, &err) : 0;
    struct gox_output *out =
            code == 0 ? gox_output_open_file(path, &err) : NULL;
    code = GOX_ERR_IO;
    if (out != NULL) {
        gox_output_put(out, text->data, text->len);
        code = gox_output_commit(out);
    }
    gox_output_close(out);
    if (code < 0)
        return gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err.text);
    if (is_new && chmod(path, 0640) != 0)
        return gox_cli_fail(cli, GOX_CLI_FAILED,
                "%s was written, but its mode could not be set to 0640", path);
    return GOX_CLI_DONE;
}

static int edit_file(
        struct gox_cli *cli, const char *path, const struct gox_input *in)
{
    struct gox_config_errors errors;
    struct gox_error err = {.offset = -1};
    struct gox_buf text;
    gox_buf_init(&text, 0);
    gox_config_errors_init(&errors);
    errors.file = gox_strdup(path);
    int code = gox_config_edit((const char *)in->data, in->len, cli->args[1],
            cli->arg_count > 2 ? cli->args[2] : NULL, &text, &errors, &err);
    int rc;
    if (errors.error_count > 0) {
        gox__config_cmd_tell(cli, &errors, false);
        rc = gox_cli_fail(cli, GOX_CLI_FAILED,
                "%s would not be valid; it was not changed", path);
    } else if (code < 0) {
        rc = gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err.text);
    } else {
        /* There is nothing to take out of a file that is not there. */
        bool is_needed = cli->arg_count > 2 || in->data != NULL;
        rc = is_needed ? write_file(cli, path, &text) : GOX_CLI_DONE;
    }
    gox_config_errors_fini(&errors);
    gox_buf_fini(&text);
    return rc;
}

/* What makes the new value act. */
static const char *what_applies(const char *name)
{
    const struct gox_setting *row = NULL;
    for (size_t len = strlen(name); row == NULL && len > 0; len--)
        if (name[len] == '\0' || name[len] == '.')
            row = gox_setting_find(name, len);
    if (row == NULL || row->apply == GOX_APPLY_LIVE)
        return "`goxelctl reload` applies it";
    return row->apply == GOX_APPLY_START
                   ? "`goxelctl restart`, or starting goxel-daemon anew, "
                     "applies it"
                   : "it acts when the program that reads it is started anew";
}

/* set, and unset: without a value. */
static int run_edit(struct gox_cli *cli)
{
    struct gox_error err = {.offset = -1};
    struct gox_input in = {.data = NULL};
    struct gox_buf place;
    bool is_set = strcmp(cli->args[0], "set") == 0;
    if (cli->arg_count != (is_set ? 3 : 2))
        return gox_cli_usage(cli, is_set ? "set takes a setting and its value"
                                         : "unset takes a setting");
    gox_buf_init(&place, 0);
    const char *path = cli->values[FILE_OPTION];
    if (path == NULL && gox_place_get("config", &place) == 0)
        path = gox_buf_text(&place);
    int rc = GOX_CLI_DONE;
    if (path == NULL)
        rc = gox_cli_fail(cli, GOX_CLI_FAILED,
                "there is no place for a file of settings (HOME is not set); "
                "name one with --file");
    else if (access(path, F_OK) == 0 &&
             gox_input_read_file(&in, path, 1 << 20, &err) < 0)
        rc = gox_cli_fail(cli, GOX_CLI_FAILED, "%s", err.text);
    if (rc == 0)
        rc = edit_file(cli, path, &in);
    if (rc == 0 && cli->is_json) {
        json_t *answer =
                json_pack("{s:s,s:s}", "file", path, "changed", cli->args[1]);
        rc = gox_cli_print_json(cli, answer);
        json_decref(answer);
    } else if (rc == 0)
        printf("%s: %s is now %s; %s\n", path, cli->args[1],
                is_set ? cli->args[2] : "left to its default",
                what_applies(cli->args[1]));
    gox_input_fini(&in);
    gox_buf_fini(&place);
    return rc;
}

/* ---- texts ---- */

static int print_text(struct gox_cli *cli, void (*put)(struct gox_buf *out))
{
    struct gox_buf out;
    gox_buf_init(&out, 0);
    put(&out);
    return gox_cli_flush(cli, &out);
}

static int run_schema(struct gox_cli *cli)
{
    return print_text(cli, gox_config_put_schema);
}

static int run_sample(struct gox_cli *cli)
{
    return print_text(cli, gox_config_put_sample);
}

static int run_page(struct gox_cli *cli)
{
    return print_text(cli, gox_config_put_page);
}

static int run_man(struct gox_cli *cli)
{
    return print_text(cli, gox_config_put_man);
}

static int run(struct gox_cli *cli)
{
    static const struct {
        const char *name;
        size_t max_args;
        int (*run)(struct gox_cli *cli);
    } verbs[] = {
            {"show", 64, run_show},
            {"check", 2, run_check},
            {"schema", 1, run_schema},
            {"diff", 3, run_diff},
            {"set", 3, run_edit},
            {"unset", 2, run_edit},
            {"sample", 1, run_sample},
            {"page", 1, run_page},
            {"man", 1, run_man},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(cli->args[0], verbs[i].name) != 0)
            continue;
        if (cli->arg_count > verbs[i].max_args)
            return gox_cli_usage(cli, "config %s takes no \"%s\"",
                    verbs[i].name, cli->args[verbs[i].max_args]);
        return verbs[i].run(cli);
    }
    return gox_cli_usage(cli,
            "one of: show check schema diff set unset sample; not \"%s\"",
            cli->args[0]);
}

const struct gox_cli_command gox_cli_cmd_config = {
        .name = "config",
        .synopsis = "show [SETTING|SECTION ...]\n"
                    "check [FILE]\n"
                    "diff [FILE [FILE]]\n"
                    "set SETTING VALUE\n"
                    "unset SETTING\n"
                    "schema|sample",
        .arguments = "show check diff set unset schema sample",
        .summary = "show, check and change settings",
        .details =
                "show prints every setting with its value and where it came "
                "from: of the running daemon, else of the file (also with "
                "--file) and the environment.\n\n"
                "check tells all that is wrong with a file at once, with line, "
                "column and what is allowed. The exit code is then 1.\n\n"
                "diff without a file asks the running daemon what a reload "
                "would change and what needs a restart; with one file it tells "
                "what differs from the defaults, with two what differs between "
                "them.\n\n"
                "set changes one setting in the file, leaves all else as it "
                "is, and refuses what is not valid. An entry of a map is "
                "logging.levels.store or environment.NAME. Entries of a "
                "list have commas between, those of a list of directories "
                "colons; a JSON array does, too. unset takes a setting out of "
                "the file.\n\n"
                "schema prints the JSON Schema of the file, sample a file with "
                "every setting.",
        .examples = "goxelctl config show --changed\n"
                    "goxelctl config check ./daemon_config.json\n"
                    "goxelctl config set logging.level debug\n"
                    "goxelctl config diff",
        .flags = GOX_CLI_SOCKET,
        .min_args = 1,
        .max_args = -1,
        .options = options,
        .run = run,
};
