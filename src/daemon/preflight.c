/* SPDX-License-Identifier: Apache-2.0
 * Looking at what the settings name before anything is started: the same
 * questions that a start would fail on, asked without changing anything. */
#include "base/alloc.h"
#include "daemon/http_api.h"
#include "daemon/options.h"
#include "platform/listen_fds.h"
#include "platform/os.h"
#include "platform/user.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
    const struct gox_settings *s;
    struct gox_config_errors *errors;
    bool is_warning; /* of what is added now */
};

static void add(const struct check *c, size_t row, const char *path,
        const char *problem)
{
    const struct gox_settings *s = c->s;
    struct gox_config_error e = {
            .from = s->origins[row].from, .is_warning = c->is_warning};
    if (e.from == GOX_ORIGIN_FILE || e.from == GOX_ORIGIN_PLATFORM) {
        e.line = s->origins[row].line;
        e.column = 1;
    }
    /* It was not typed wrong, so it is no usage error. */
    if (e.from == GOX_ORIGIN_FLAG)
        e.from = GOX_ORIGIN_ENVIRONMENT;
    gox_config_errors_add(c->errors, &e, "%s: %s: %s",
            gox_setting_rows[row].name, path, problem);
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
static void check_dir(const struct check *c, size_t row, const char *dir)
{
    struct stat st;
    char *path = gox_strdup(dir);
    if (path == NULL) {
        c->errors->is_out_of_memory = true;
        return;
    }
    cut_to_existing(path);
    if (stat(path, &st) != 0)
        add(c, row, path, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        add(c, row, path, "is there, but is no directory");
    else if (access(path, W_OK | X_OK) != 0)
        add(c, row, path, strerror(errno));
    gox_free(path);
}

static void check_parent(const struct check *c, size_t row, const char *file)
{
    struct stat st;
    const char *slash = strrchr(file, '/');
    if (file[0] != '/' || slash == NULL)
        return;
    if (stat(file, &st) == 0 && S_ISDIR(st.st_mode)) {
        add(c, row, file, "is a directory");
        return;
    }
    char *dir = gox_strndup(file, slash == file ? 1 : (size_t)(slash - file));
    if (dir == NULL)
        c->errors->is_out_of_memory = true;
    else
        check_dir(c, row, dir);
    gox_free(dir);
}

static void check_user(const struct check *c)
{
    const struct gox_settings *s = c->s;
    struct gox_error err = {.offset = -1};
    struct gox_user user;
    uint32_t gid;
    if (s->daemon_user[0] != '\0' && !gox_os_is_root())
        add(c, GOX_ROW_daemon_user, s->daemon_user,
                "only root can become another user");
    else if (s->daemon_user[0] != '\0' &&
             gox_user_find(s->daemon_user, s->daemon_group, &user, &err) < 0)
        add(c, GOX_ROW_daemon_user, s->daemon_user, err.text);
    else if (s->daemon_user[0] == '\0' && s->daemon_group[0] != '\0' &&
             gox_user_find_group(s->daemon_group, &gid, &err) < 0)
        add(c, GOX_ROW_daemon_group, s->daemon_group, err.text);
    if (s->security_socket_group[0] != '\0' &&
            gox_user_find_group(s->security_socket_group, &gid, &err) < 0)
        add(c, GOX_ROW_security_socket_group, s->security_socket_group,
                err.text);
}

static void check_readable(
        const struct check *c, size_t row, const char *path, int mode)
{
    if (access(path, mode) != 0)
        add(c, row, path, strerror(errno));
}

/* ---- the socket of a service manager ---- */

/* Sockets that were passed to this very process, as a start would find them. */
static bool has_passed_socket(void)
{
    struct gox_listen_fds fds = {0};
    struct gox_error err;
    bool is_found = false;
    if (gox_listen_fds_take(&fds, false, &err) < 0)
        return false;
    for (size_t i = 0; i < fds.count; i++)
        is_found = is_found || (fds.items[i].info.kind == GOX_SOCKET_UNIX &&
                                       strcmp(fds.items[i].name, "http") != 0);
    gox_listen_fds_fini(&fds);
    return is_found;
}

/* A socket that this user could neither make nor replace: somebody else holds
 * it and passes it on, as systemd does. It is not connected to, which would
 * start the service. */
static bool is_foreign_socket(const char *path)
{
    struct stat st;
    bool is_foreign = stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
                      st.st_uid != geteuid();
    char *dir = is_foreign ? gox_strdup(path) : NULL;
    if (dir == NULL)
        return false;
    char *slash = strrchr(dir, '/');
    if (slash != NULL)
        slash[slash == dir] = '\0';
    is_foreign = slash != NULL && access(dir, W_OK) != 0;
    gox_free(dir);
    return is_foreign;
}

/* A service manager also makes the directory of the PID file, at each start:
 * while the service is stopped it is missing, and that is no mistake. */
static void check_pid_file(struct check *c, bool is_managed)
{
    const char *file = c->s->daemon_pid_file;
    if (file[0] == '\0')
        return;
    char *dir = gox_strdup(file);
    char *slash = dir != NULL ? strrchr(dir, '/') : NULL;
    if (slash != NULL && slash > dir)
        *slash = '\0';
    c->is_warning = is_managed && dir != NULL && access(dir, F_OK) != 0;
    gox_free(dir);
    check_parent(c, GOX_ROW_daemon_pid_file, file);
    c->is_warning = false;
}

static bool check_socket(const struct check *c)
{
    const char *path = c->s->daemon_socket_path;
    if (has_passed_socket() || is_foreign_socket(path))
        return true;
    check_parent(c, GOX_ROW_daemon_socket_path, path);
    return false;
}

bool gox_preflight(
        const struct gox_settings *s, struct gox_config_errors *errors)
{
    struct check check = {.s = s, .errors = errors};
    const struct check *c = &check;
    struct gox_error err;
    bool is_managed = false;
    if (!s->is_stdio) {
        is_managed = check_socket(c);
        check_dir(c, GOX_ROW_paths_data_dir, s->paths_data_dir);
        check_dir(c, GOX_ROW_render_dir, s->render_dir);
    }
    check_pid_file(&check, is_managed);
    if (s->daemon_log_file[0] != '\0')
        check_parent(c, GOX_ROW_daemon_log_file, s->daemon_log_file);
    if (s->daemon_working_dir[0] != '\0')
        check_readable(
                c, GOX_ROW_daemon_working_dir, s->daemon_working_dir, X_OK);
    if (s->security_enable_authentication)
        check_readable(
                c, GOX_ROW_security_token_file, s->security_token_file, R_OK);
    if (gox__http_api_check(s, &err) < 0)
        add(c, GOX_ROW_monitoring_metrics_listen, s->monitoring_metrics_listen,
                err.text);
    for (size_t i = 0; i < s->security_allowed_paths.count; i++)
        check_readable(c, GOX_ROW_security_allowed_paths,
                s->security_allowed_paths.items[i], X_OK);
    check_user(c);
    return is_managed;
}
