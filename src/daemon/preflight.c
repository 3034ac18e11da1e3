/* SPDX-License-Identifier: Apache-2.0
 * Looking at what the settings name before anything is started: the same
 * questions that a start would fail on, asked without changing anything. */
#include "base/alloc.h"
#include "daemon/http_api.h"
#include "daemon/options.h"
#include "platform/os.h"
#include "platform/user.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct gox_config_errors *errors, const struct gox_settings *s,
        size_t row, const char *path, const char *problem)
{
    struct gox_config_error e = {.from = s->origins[row].from};
    if (e.from == GOX_ORIGIN_FILE || e.from == GOX_ORIGIN_PLATFORM) {
        e.line = s->origins[row].line;
        e.column = 1;
    }
    /* It was not typed wrong, so it is no usage error. */
    if (e.from == GOX_ORIGIN_FLAG)
        e.from = GOX_ORIGIN_ENVIRONMENT;
    gox_config_errors_add(errors, &e, "%s: %s: %s", gox_setting_rows[row].name,
            path, problem);
}

/* The nearest directory above a path that is there; cut in place. */
static void cut_to_existing(char *path)
{
    struct stat st;
    while (stat(path, &st) != 0 && errno == ENOENT) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path) {
            path[1] = '\0';
            return;
        }
        *slash = '\0';
    }
}

/* Whether files can be made in dir, or dir itself. Not for root that becomes
 * another user: the start gives what it makes to that user. */
static void check_dir(struct gox_config_errors *errors,
        const struct gox_settings *s, size_t row, const char *dir)
{
    struct stat st;
    char *path = gox_strdup(dir);
    if (path == NULL) {
        errors->is_out_of_memory = true;
        return;
    }
    cut_to_existing(path);
    if (stat(path, &st) != 0)
        add(errors, s, row, path, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        add(errors, s, row, path, "is there, but is no directory");
    else if (access(path, W_OK | X_OK) != 0)
        add(errors, s, row, path, strerror(errno));
    gox_free(path);
}

static void check_parent(struct gox_config_errors *errors,
        const struct gox_settings *s, size_t row, const char *file)
{
    struct stat st;
    const char *slash = strrchr(file, '/');
    if (file[0] != '/' || slash == NULL)
        return;
    if (stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
        add(errors, s, row, file, "is a directory");
        return;
    }
    char *dir = gox_strndup(file, slash == file ? 1 : (size_t)(slash - file));
    if (dir == NULL)
        errors->is_out_of_memory = true;
    else
        check_dir(errors, s, row, dir);
    gox_free(dir);
}

static void check_user(
        const struct gox_settings *s, struct gox_config_errors *errors)
{
    struct gox_error err = {.offset = -1};
    struct gox_user user;
    uint32_t gid;
    if (s->daemon_user[0] != '\0' && !gox_os_is_root())
        add(errors, s, GOX_ROW_daemon_user, s->daemon_user,
                "only root can become another user");
    else if (s->daemon_user[0] != '\0' &&
             gox_user_find(s->daemon_user, s->daemon_group, &user, &err) < 0)
        add(errors, s, GOX_ROW_daemon_user, s->daemon_user, err.text);
    else if (s->daemon_user[0] == '\0' && s->daemon_group[0] != '\0' &&
             gox_user_find_group(s->daemon_group, &gid, &err) < 0)
        add(errors, s, GOX_ROW_daemon_group, s->daemon_group, err.text);
    if (s->security_socket_group[0] != '\0' &&
            gox_user_find_group(s->security_socket_group, &gid, &err) < 0)
        add(errors, s, GOX_ROW_security_socket_group, s->security_socket_group,
                err.text);
}

static void check_readable(struct gox_config_errors *errors,
        const struct gox_settings *s, size_t row, const char *path, int mode)
{
    if (access(path, mode) != 0)
        add(errors, s, row, path, strerror(errno));
}

void gox_preflight(
        const struct gox_settings *s, struct gox_config_errors *errors)
{
    struct gox_error err;
    if (!s->is_stdio) {
        check_parent(
                errors, s, GOX_ROW_daemon_socket_path, s->daemon_socket_path);
        check_dir(errors, s, GOX_ROW_paths_data_dir, s->paths_data_dir);
        check_dir(errors, s, GOX_ROW_render_dir, s->render_dir);
    }
    if (s->daemon_pid_file[0] != '\0')
        check_parent(errors, s, GOX_ROW_daemon_pid_file, s->daemon_pid_file);
    if (s->daemon_log_file[0] != '\0')
        check_parent(errors, s, GOX_ROW_daemon_log_file, s->daemon_log_file);
    if (s->daemon_working_dir[0] != '\0')
        check_readable(errors, s, GOX_ROW_daemon_working_dir,
                s->daemon_working_dir, X_OK);
    if (s->security_enable_authentication)
        check_readable(errors, s, GOX_ROW_security_token_file,
                s->security_token_file, R_OK);
    if (gox__http_api_check(s, &err) < 0)
        add(errors, s, GOX_ROW_monitoring_metrics_listen,
                s->monitoring_metrics_listen, err.text);
    for (size_t i = 0; i < s->security_allowed_paths.count; i++)
        check_readable(errors, s, GOX_ROW_security_allowed_paths,
                s->security_allowed_paths.items[i], X_OK);
    check_user(s, errors);
}
