/* SPDX-License-Identifier: Apache-2.0
 * Putting the sources of settings on top of each other, and checking what
 * concerns more than one setting. */
#include "config/load.h"

#include "base/alloc.h"
#include "base/io.h"
#include "config/config_internal.h"
#include "config/parse.h"
#include "config/places.h"
#include "platform/os.h"
#include "rpc/suggest.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void add(struct gox_config_errors *errors, enum gox_origin from,
        const char *source, const struct gox_error *err)
{
    struct gox_config_error e = {.from = from};
    if (err->code == GOX_ERR_NOMEM) {
        errors->is_out_of_memory = true;
        return;
    }
    gox_config_errors_add(errors, &e, "%s%s%s", source,
            source[0] != '\0' ? ": " : "", err->text);
}

/* ---- the file ---- */

/* Who may write to the file may do all that the daemon may. */
static bool is_safe(const char *path, struct gox_config_errors *errors)
{
    struct gox_config_error e = {.from = GOX_ORIGIN_FILE};
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return true; /* reading it says what is wrong */
    bool is_writable =
            (st.st_mode & S_IWOTH) != 0 ||
            (gox_os_is_root() && (st.st_mode & S_IWGRP) != 0 && st.st_gid != 0);
    if (!is_writable)
        return true;
    gox_config_errors_add(errors, &e,
            "%s may be written to by others (mode %04o), who could then run "
            "the daemon as they like; it is not read. Change it with chmod "
            "o-w,g-w",
            path, (unsigned)(st.st_mode & 07777));
    return false;
}

static void read_file(struct gox_settings *s, const char *path,
        struct gox_config_errors *errors)
{
    struct gox_error err = {.offset = -1};
    struct gox_input in;
    if (!is_safe(path, errors))
        return;
    if (gox_input_read_file(&in, path, GOX_CONFIG_MAX_FILE, &err) < 0) {
        add(errors, GOX_ORIGIN_FILE, "", &err);
        return;
    }
    gox_config_parse(s, (const char *)in.data, in.len, errors);
    gox_input_fini(&in);
}

/* The path of the file to read, owned; NULL when there is none to be read. */
static char *find_file(
        const struct gox_config_sources *from, struct gox_config_errors *errors)
{
    struct gox_buf path, full;
    char *result = NULL;
    if (from->file_use == GOX_CONFIG_FILE_NONE)
        return NULL;
    gox_buf_init(&path, 0);
    gox_buf_init(&full, 0);
    int code = 0;
    if (from->file_use == GOX_CONFIG_FILE_DEFAULT)
        code = gox_place_get("config", &path);
    else if (from->file[0] != '/' && from->base_dir != NULL)
        gox_buf_printf(&path, "%s/%s", from->base_dir, from->file);
    else
        gox_buf_put_str(&path, from->file);
    const char *text = code == 0 ? gox_buf_text(&path) : NULL;
    bool is_wanted = text != NULL && (from->file_use == GOX_CONFIG_FILE_NAMED ||
                                             access(text, F_OK) == 0);
    if (is_wanted && gox_os_absolute(text, &full) == 0 &&
            gox_buf_text(&full) != NULL)
        result = gox_strdup((const char *)full.data);
    if (code == GOX_ERR_NOMEM || (is_wanted && result == NULL))
        errors->is_out_of_memory = true;
    gox_buf_fini(&path);
    gox_buf_fini(&full);
    return result;
}

static void take_file(struct gox_settings *s,
        const struct gox_config_sources *from, struct gox_config_errors *errors)
{
    s->file = find_file(from, errors);
    if (s->file == NULL)
        return;
    errors->file = gox_strdup(s->file);
    if (errors->file == NULL)
        errors->is_out_of_memory = true;
    read_file(s, s->file, errors);
}

/* ---- the environment ---- */

/* Variables of ours that are no settings, by how they begin. */
static const char *const other_variables[] = {"GOXEL_DAEMON_BINARY",
        "GOXEL_EVENT", "GOXEL_INSTANCE", "GOXEL_MANAGER_", "GOXEL_MCP_",
        "GOXEL_TOKEN", "GOXEL_TREE"};

static bool is_other(const char *name)
{
    /* Those are settings. */
    if (strncmp(name, "GOXEL_MCP_INTEGRATION_", 22) == 0)
        return false;
    for (size_t i = 0; i < sizeof other_variables / sizeof other_variables[0];
            i++)
        if (strncmp(name, other_variables[i], strlen(other_variables[i])) == 0)
            return true;
    return false;
}

static void warn_variable(
        struct gox_config_errors *errors, const char *name, size_t name_len)
{
    struct gox_config_error e = {
            .from = GOX_ORIGIN_ENVIRONMENT, .is_warning = true};
    struct gox_suggest suggest;
    size_t len;
    gox_suggest_init(&suggest, (struct gox_slice){name, name_len});
    for (size_t i = 0; i < gox_setting_count; i++)
        if (gox_setting_rows[i].env != NULL)
            gox_suggest_offer(&suggest, gox_setting_rows[i].env,
                    strlen(gox_setting_rows[i].env));
    const char *best = gox_suggest_best(&suggest, &len);
    gox_config_errors_add(errors, &e,
            "the variable %.*s is no setting and does nothing%s%s%s",
            (int)(name_len < 80 ? name_len : 80), name,
            best != NULL ? " (did you mean " : "", best != NULL ? best : "",
            best != NULL ? "?)" : "");
}

static const struct gox_setting *find_variable(const char *name, size_t len)
{
    for (size_t i = 0; i < gox_setting_count; i++) {
        const char *env = gox_setting_rows[i].env;
        if (env != NULL && strlen(env) == len && memcmp(env, name, len) == 0)
            return &gox_setting_rows[i];
    }
    return NULL;
}

static void take_variable(struct gox_settings *s, const char *variable,
        struct gox_config_errors *errors)
{
    char name[80];
    struct gox_error err = {.offset = -1};
    size_t len = strcspn(variable, "=");
    if (variable[len] != '=')
        return;
    const struct gox_setting *row = find_variable(variable, len);
    if (row == NULL) {
        if (strncmp(variable, "GOXEL_", 6) == 0 && !is_other(variable))
            warn_variable(errors, variable, len);
        return;
    }
    if (gox_settings_set(s, row->name, strlen(row->name), variable + len + 1,
                GOX_ORIGIN_ENVIRONMENT, &err) == 0)
        return;
    snprintf(name, sizeof name, "the variable %s", row->env);
    add(errors, GOX_ORIGIN_ENVIRONMENT, name, &err);
}

/* ---- the whole ---- */

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* What no single row can say. */
static void check_whole(
        const struct gox_settings *s, struct gox_config_errors *errors)
{
    const struct gox_config_error e = {.from = GOX_ORIGIN_FILE};
    if (s->server_port > 0 && !is_loopback(s->server_bind_address) &&
            !s->security_enable_authentication)
        gox_config_errors_add(errors, &e,
                "server.bind_address %s is not loopback, so anybody could use "
                "server.port; set security.enable_authentication, or use "
                "127.0.0.1",
                s->server_bind_address);
    if (s->auto_start_restart_delay_max_ms < s->auto_start_restart_delay_ms)
        gox_config_errors_add(errors, &e,
                "auto_start.restart_delay_max_ms (%lld) is below "
                "auto_start.restart_delay_ms (%lld)",
                (long long)s->auto_start_restart_delay_max_ms,
                (long long)s->auto_start_restart_delay_ms);
    if (s->is_stdio && s->daemon_daemonize)
        gox_config_errors_add(errors, &e,
                "daemon.daemonize and --stdio exclude each other: a daemon has "
                "no standard input");
}

static void take_flags(struct gox_settings *s,
        const struct gox_config_sources *from, struct gox_config_errors *errors)
{
    for (size_t i = 0; i < from->flag_count; i++) {
        const struct gox_config_flag *flag = &from->flags[i];
        struct gox_error err = {.offset = -1};
        if (gox_settings_set(s, flag->name, flag->name_len, flag->value,
                    GOX_ORIGIN_FLAG, &err) < 0)
            add(errors, GOX_ORIGIN_FLAG, flag->shown, &err);
    }
}

int gox_config_load(struct gox_settings *s,
        const struct gox_config_sources *from, struct gox_config_errors *errors)
{
    struct gox_error err = {.offset = -1};
    if (gox_settings_init(s) < 0) {
        errors->is_out_of_memory = true;
        return GOX_ERR_NOMEM;
    }
    s->is_stdio = from->is_stdio;
    s->is_stored = from->is_stored;
    take_file(s, from, errors);
    for (size_t i = 0; from->variables != NULL && from->variables[i] != NULL;
            i++)
        take_variable(s, from->variables[i], errors);
    take_flags(s, from, errors);
    if (!errors->is_out_of_memory && errors->error_count == 0) {
        if (gox_settings_finish(s, from->base_dir, &err) < 0)
            add(errors, GOX_ORIGIN_FILE, "", &err);
        else
            check_whole(s, errors);
    }
    int code = errors->is_out_of_memory  ? GOX_ERR_NOMEM
               : errors->error_count > 0 ? GOX_ERR_PARAMS
                                         : 0;
    if (code < 0)
        gox_settings_fini(s);
    return code;
}

int gox_config_load_file(
        struct gox_settings *s, const char *file, struct gox_error *err)
{
    struct gox_config_errors errors;
    struct gox_config_sources from = {
            .file_use = file != NULL ? GOX_CONFIG_FILE_NAMED
                                     : GOX_CONFIG_FILE_DEFAULT,
            .file = file,
            .variables = (const char *const *)environ,
    };
    gox_config_errors_init(&errors);
    int code = gox_config_load(s, &from, &errors);
    if (code == GOX_ERR_NOMEM)
        gox_error_set(err, code, "out of memory");
    for (size_t i = 0; code == GOX_ERR_PARAMS && i < errors.count; i++) {
        const struct gox_config_error *e = &errors.items[i];
        if (e->is_warning)
            continue;
        if (e->line > 0)
            gox_error_set(err, code, "%s:%u:%u: %s", errors.file, e->line,
                    e->column, e->text);
        else
            gox_error_set(err, code, "%s", e->text);
        break;
    }
    gox_config_errors_fini(&errors);
    return code;
}
