/* SPDX-License-Identifier: Apache-2.0
 * From the command line and the settings to the configuration of each
 * instance. */
#include "base/alloc.h"
#include "config/load.h"
#include "manager/options_internal.h"
#include "platform/os.h"
#include "platform/program.h"
#include "platform/user.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int gox__options_number(const struct gox__raw *raw, enum gox__flag flag,
        uint64_t max, uint64_t *out, struct gox_error *err)
{
    const char *text = raw->values[flag];
    char *end;
    if (text == NULL)
        return 0;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
            value < 1 || value > max)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "--%s: expected an integer from 1 to %llu, got \"%.40s\"",
                gox__flags[flag].name, (unsigned long long)max, text);
    *out = value;
    return 0;
}

static int nomem(struct gox_error *err)
{
    return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
}

/* Beside this program, else on PATH. NULL: nowhere, or no memory. */
static char *find_daemon(void)
{
    char path[4096];
    return gox_program_beside_own("goxel-daemon", path, sizeof path) ||
                           gox_program_on_path(
                                   "goxel-daemon", path, sizeof path)
                   ? gox_strdup(path)
                   : NULL;
}

static int choose_daemon(struct gox_instance_config *c,
        const struct gox__raw *raw, struct gox_error *err)
{
    const char *named = raw->values[FLAG_DAEMON];
    struct gox_buf full;
    if (named == NULL)
        named = getenv("GOXEL_DAEMON_BINARY");
    if (named == NULL || named[0] == '\0') {
        c->binary = find_daemon();
        return c->binary != NULL
                       ? 0
                       : gox_error_set(err, GOX_ERR_NOT_FOUND,
                                 "goxel-daemon is neither beside this program "
                                 "nor on PATH; name it with --daemon");
    }
    gox_buf_init(&full, 0);
    if (gox_os_absolute(named, &full) == 0)
        c->binary = gox_strdup(gox_buf_text(&full));
    gox_buf_fini(&full);
    if (c->binary == NULL)
        return nomem(err);
    if (access(c->binary, X_OK) != 0)
        return gox_error_set_errno(err, GOX_ERR_NOT_FOUND, errno,
                "the daemon %s cannot be run", c->binary);
    return 0;
}

/* --set pairs first, then what stood behind "--". */
static int copy_args(struct gox_instance_config *c, const struct gox__raw *raw,
        struct gox_error *err)
{
    size_t n = 0;
    size_t count = raw->set_count * 2 + (size_t)raw->rest_count;
    c->args = gox_calloc(count + 1, sizeof *c->args);
    bool is_bad = c->args == NULL;
    for (size_t k = 0; k < raw->set_count && !is_bad; k++) {
        c->args[n++] = gox_strdup("--set");
        c->args[n++] = gox_strdup(raw->sets[k]);
        is_bad = c->args[n - 1] == NULL || c->args[n - 2] == NULL;
    }
    for (int k = 0; k < raw->rest_count && !is_bad; k++) {
        c->args[n++] = gox_strdup(raw->rest[k]);
        is_bad = c->args[n - 1] == NULL;
    }
    return is_bad ? nomem(err) : 0;
}

static int find_users(struct gox_instance_config *c,
        const struct gox_settings *s, struct gox_error *err)
{
    struct gox_user user;
    uint32_t gid;
    c->daemon_uid = c->socket_gid = -1;
    if (s->daemon_user[0] != '\0') {
        int code = gox_user_find(s->daemon_user, s->daemon_group, &user, err);
        if (code < 0)
            return code;
        c->daemon_uid = user.uid;
    }
    if (s->security_socket_group[0] != '\0') {
        int code = gox_user_find_group(s->security_socket_group, &gid, err);
        if (code < 0)
            return code;
        c->socket_gid = gid;
    }
    return 0;
}

/* Over what the settings say. */
static int take_numbers(struct gox_instance_config *c,
        const struct gox__raw *raw, struct gox_error *err)
{
    uint64_t soft = c->memory_soft_bytes >> 20;
    uint64_t max = c->memory_max_bytes >> 20;
    uint64_t watchdog = (uint64_t)c->watchdog_ms;
    int code = gox__options_number(raw, FLAG_MEMORY_SOFT, 1 << 24, &soft, err);
    if (code == 0)
        code = gox__options_number(raw, FLAG_MEMORY_MAX, 1 << 24, &max, err);
    if (code == 0)
        code = gox__options_number(
                raw, FLAG_PIDS_MAX, 1 << 22, &c->pids_max, err);
    if (code == 0)
        code = gox__options_number(
                raw, FLAG_FILES_MAX, 1 << 30, &c->files_max, err);
    if (code == 0)
        code = gox__options_number(raw, FLAG_WATCHDOG, 3600000, &watchdog, err);
    c->memory_soft_bytes = soft << 20;
    c->memory_max_bytes = max << 20;
    c->watchdog_ms = (int64_t)watchdog;
    c->has_core = raw->values[FLAG_CORE] != NULL;
    return code;
}

static void take_settings(
        struct gox_instance_config *c, const struct gox_settings *s)
{
    c->socket_mode = (unsigned)s->security_socket_permissions;
    c->startup_timeout_ms = s->auto_start_startup_timeout_ms;
    c->shutdown_timeout_ms = s->auto_start_shutdown_timeout_ms;
    c->health_timeout_ms = s->auto_start_health_timeout_ms;
    c->health_interval_ms = s->auto_start_health_interval_ms;
    c->policy = gox_policy_default();
    c->policy.is_on = s->auto_start_restart_on_failure;
    c->policy.base_ms = s->auto_start_restart_delay_ms;
    c->policy.cap_ms = s->auto_start_restart_delay_max_ms;
    c->policy.max_restarts = (unsigned)s->auto_start_max_restarts;
    c->policy.window_ms = s->auto_start_restart_window_seconds * 1000;
    c->health = gox_health_default();
    c->memory_soft_bytes = (uint64_t)s->auto_start_memory_soft_mb << 20;
    c->memory_max_bytes = (uint64_t)s->auto_start_memory_max_mb << 20;
    c->pids_max = (uint64_t)s->auto_start_pids_max;
    c->files_max = (uint64_t)s->auto_start_files_max;
    c->watchdog_ms = s->auto_start_watchdog_ms;
    /* The choices of the row are in the order of GOX_BACKEND_LIST. */
    c->backend = (enum gox_backend_choice)s->auto_start_backend;
    c->log = (struct gox_rotate_config){
            .is_enabled = s->logging_rotation_enabled,
            .max_bytes = (uint64_t)s->logging_rotation_max_size_mb << 20,
            .max_files = (unsigned)s->logging_rotation_max_files,
            .max_age_ms = s->logging_rotation_max_age_days * 86400000,
            .is_compressed = s->logging_rotation_compress};
}

/* Also when a file names the place that is the default, or leaves it open. */
static bool is_usual_socket(const struct gox_settings *settings)
{
    struct gox_settings usual;
    if (settings->origins[GOX_ROW_daemon_socket_path].from <=
            GOX_ORIGIN_PLATFORM)
        return true;
    if (gox_settings_init(&usual) < 0)
        return false;
    bool is_same =
            gox_settings_finish(&usual, NULL, NULL) == 0 &&
            strcmp(usual.daemon_socket_path, settings->daemon_socket_path) == 0;
    gox_settings_fini(&usual);
    return is_same;
}

static int fill_config(struct gox_manager_instance *in, const char *name,
        const struct gox__raw *raw, struct gox_error *err)
{
    struct gox_instance_config *c = &in->config;
    const char *backend = raw->values[FLAG_BACKEND];
    const char *unit = raw->values[FLAG_UNIT];
    take_settings(c, &in->settings);
    if (raw->values[FLAG_NO_CHECKS] != NULL)
        c->health_interval_ms = 0;
    c->is_usual_socket = is_usual_socket(&in->settings);
    if (backend != NULL)
        c->backend = gox_backend_find(backend);
    if (c->backend == GOX_BACKEND_COUNT)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "--backend: there is no \"%.40s\"; there are auto, builtin, "
                "systemd, systemd-user, launchd, windows and external",
                backend);
    c->name = gox_strdup(name);
    c->unit = gox_strdup(unit != NULL ? unit : in->settings.auto_start_unit);
    c->socket_path = gox_strdup(in->settings.daemon_socket_path);
    if (in->file != NULL)
        c->config_file = gox_strdup(in->file);
    if (c->name == NULL || c->unit == NULL || c->socket_path == NULL ||
            (in->file != NULL && c->config_file == NULL))
        return nomem(err);
    int code = take_numbers(c, raw, err);
    if (code == 0)
        code = find_users(c, &in->settings, err);
    if (code == 0)
        code = copy_args(c, raw, err);
    /* Somebody else's daemon needs no program of ours. */
    if (code == 0)
        code = choose_daemon(c, raw, err);
    if (code == GOX_ERR_NOT_FOUND && c->backend != GOX_BACKEND_AUTO &&
            c->backend != GOX_BACKEND_BUILTIN) {
        gox_free(c->binary);
        c->binary = gox_strdup("goxel-daemon");
        code = c->binary != NULL ? 0 : nomem(err);
    }
    return code;
}

static int load_settings(struct gox_manager_instance *in,
        const struct gox__raw *raw, struct gox_error *err)
{
    struct gox_config_flag list[GOX__MAX_SETS + 1];
    struct gox_config_errors errors;
    size_t n = 0;
    for (size_t k = 0; k < raw->set_count; k++) {
        const char *equals = strchr(raw->sets[k], '=');
        list[n++] = (struct gox_config_flag){.name = raw->sets[k],
                .name_len = (size_t)(equals - raw->sets[k]),
                .value = equals + 1,
                .shown = "--set"};
    }
    if (raw->values[FLAG_SOCKET] != NULL)
        list[n++] = (struct gox_config_flag){.name = "daemon.socket_path",
                .name_len = strlen("daemon.socket_path"),
                .value = raw->values[FLAG_SOCKET],
                .shown = "--socket"};
    struct gox_config_sources from = {
            .file_use = in->file != NULL ? GOX_CONFIG_FILE_NAMED
                                         : GOX_CONFIG_FILE_DEFAULT,
            .file = in->file,
            .variables = (const char *const *)environ,
            .flags = list,
            .flag_count = n};
    gox_config_errors_init(&errors);
    int code = gox_config_load(&in->settings, &from, &errors);
    if (code < 0) {
        struct gox_buf text;
        gox_buf_init(&text, 0);
        gox_config_errors_put(&errors, &text);
        while (text.len > 0 && text.data[text.len - 1] == '\n')
            text.len--;
        gox_error_set(err, code, "%.*s", (int)text.len,
                text.len > 0 ? (const char *)text.data : "");
        gox_buf_fini(&text);
    }
    gox_config_errors_fini(&errors);
    return code;
}

static bool is_good_name(const char *name, size_t len)
{
    if (len == 0 || len > 64 || name[0] == '.')
        return false;
    for (size_t k = 0; k < len; k++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                   "0123456789_.-",
                    name[k]) == NULL)
            return false;
    return true;
}

static int add_instance(struct gox_manager_options *o,
        const struct gox__raw *raw, const char *name, size_t name_len,
        const char *file, struct gox_error *err)
{
    char text[65];
    struct gox_manager_instance *in = &o->instances[o->instance_count];
    struct gox_buf full;
    if (!is_good_name(name, name_len))
        return gox_error_set(err, GOX_ERR_PARAMS,
                "\"%.*s\" is no name for an instance: 1 to 64 letters, digits, "
                "'_', '.' and '-'",
                (int)(name_len < 80 ? name_len : 80), name);
    snprintf(text, sizeof text, "%.*s", (int)name_len, name);
    for (size_t k = 0; k < o->instance_count; k++)
        if (strcmp(o->instances[k].name, text) == 0)
            return gox_error_set(err, GOX_ERR_PARAMS,
                    "there are two instances with the name %s", text);
    if (file != NULL) {
        gox_buf_init(&full, 0);
        if (gox_os_absolute(file, &full) == 0)
            in->file = gox_strdup(gox_buf_text(&full));
        gox_buf_fini(&full);
        if (in->file == NULL)
            return nomem(err);
    }
    int code = load_settings(in, raw, err);
    if (code < 0) {
        gox_free(in->file);
        in->file = NULL;
        return code;
    }
    o->instance_count++;
    memcpy(in->name, text, sizeof text);
    return fill_config(in, text, raw, err);
}

int gox__options_instances(struct gox_manager_options *o,
        const struct gox__raw *raw, struct gox_error *err)
{
    size_t count = raw->instance_count > 0 ? raw->instance_count : 1;
    o->instances = gox_calloc(count, sizeof *o->instances);
    if (o->instances == NULL)
        return nomem(err);
    if (raw->instance_count == 0)
        return add_instance(
                o, raw, "default", 7, raw->values[FLAG_CONFIG], err);
    if (raw->values[FLAG_SOCKET] != NULL || raw->values[FLAG_CONFIG] != NULL)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "--socket and --config are of one daemon; with --instance each "
                "has its own file");
    for (size_t k = 0; k < raw->instance_count; k++) {
        const char *equals = strchr(raw->instances[k], '=');
        int code = add_instance(o, raw, raw->instances[k],
                (size_t)(equals - raw->instances[k]), equals + 1, err);
        if (code < 0)
            return code;
    }
    for (size_t a = 0; a < o->instance_count; a++)
        for (size_t b = 0; b < a; b++)
            if (strcmp(o->instances[a].config.socket_path,
                        o->instances[b].config.socket_path) == 0)
                return gox_error_set(err, GOX_ERR_PARAMS,
                        "the instances %s and %s have the same socket %s",
                        o->instances[b].config.name,
                        o->instances[a].config.name,
                        o->instances[a].config.socket_path);
    return 0;
}
