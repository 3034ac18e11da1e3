/* SPDX-License-Identifier: Apache-2.0
 * Places of files by platform, and the settings that are filled in from them
 * and from each other once all sources were read. */
#include "config/places.h"

#include "base/alloc.h"
#include "config/config_internal.h"
#include "platform/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the kernel has room for, less the NUL. */
#define MAX_SOCKET_PATH 107

// clang-format off
const struct gox_place gox_places[] = {
    {"config", "/etc/goxel/daemon_config.json",
     "$XDG_CONFIG_HOME/goxel/daemon_config.json",
     "/usr/local/etc/goxel/daemon_config.json",
     "C:\\ProgramData\\Goxel\\daemon_config.json", false},
    {"daemon.socket_path", "/run/goxel-daemon.sock",
     "$XDG_RUNTIME_DIR/goxel/goxel-daemon.sock",
     "/usr/local/var/run/goxel/goxel-daemon.sock",
     "\\\\.\\pipe\\goxel-daemon", false},
    {"daemon.pid_file", "/run/goxel/goxel-daemon.pid",
     "$XDG_RUNTIME_DIR/goxel/goxel-daemon.pid",
     "/usr/local/var/run/goxel/goxel-daemon.pid",
     "C:\\ProgramData\\Goxel\\goxel-daemon.pid", true},
    {"daemon.log_file", "/var/log/goxel/goxel-daemon.log",
     "$XDG_STATE_HOME/goxel/goxel-daemon.log",
     "/usr/local/var/log/goxel/goxel-daemon.log",
     "C:\\ProgramData\\Goxel\\goxel-daemon.log", true},
    {"daemon.working_dir", "/", "/", "/", "C:\\ProgramData\\Goxel", true},
    {"paths.data_dir", "/var/lib/goxel", "$XDG_STATE_HOME/goxel",
     "/usr/local/var/lib/goxel", "C:\\ProgramData\\Goxel", false},
};
// clang-format on
const size_t gox_place_count = sizeof gox_places / sizeof gox_places[0];

const char *gox_place_platform(void)
{
    return gox_os_name();
}

static int put_config_dir(struct gox_buf *path)
{
    const char *dir = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    gox_buf_reset(path);
    if (dir != NULL && dir[0] == '/')
        gox_buf_printf(path, "%s/goxel", dir);
    else if (home != NULL && home[0] == '/')
        gox_buf_printf(path, "%s/.config/goxel", home);
    else
        return GOX_ERR_NOT_FOUND;
    return gox_buf_error(path);
}

/* Replaces the variable of a user's place by the user's directory. */
static int expand(const char *place, struct gox_buf *path)
{
    static const struct {
        const char *prefix;
        int (*put)(struct gox_buf *path);
    } dirs[] = {
            {"$XDG_RUNTIME_DIR/goxel", gox_os_runtime_dir},
            {"$XDG_STATE_HOME/goxel", gox_os_state_dir},
            {"$XDG_CONFIG_HOME/goxel", put_config_dir},
    };
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        size_t len = strlen(dirs[i].prefix);
        if (strncmp(place, dirs[i].prefix, len) != 0)
            continue;
        int code = dirs[i].put(path);
        if (code == 0)
            gox_buf_put_str(path, place + len);
        return code < 0 ? code : gox_buf_error(path);
    }
    gox_buf_reset(path);
    gox_buf_put_str(path, place);
    return gox_buf_error(path);
}

static const struct gox_place *find_place(const char *name)
{
    for (size_t i = 0; i < gox_place_count; i++)
        if (strcmp(gox_places[i].name, name) == 0)
            return &gox_places[i];
    return NULL;
}

int gox_place_get(const char *name, struct gox_buf *path)
{
    const struct gox_place *place = find_place(name);
    if (place == NULL)
        return GOX_ERR_NOT_FOUND;
    const char *platform = gox_place_platform();
    if (strcmp(platform, "macos") == 0)
        return expand(place->macos, path);
    if (strcmp(platform, "windows") == 0)
        return expand(place->windows, path);
    return expand(gox_os_is_root() ? place->system : place->user, path);
}

static bool is_absolute(const char *path)
{
    return path[0] == '/' || path[0] == '\\' ||
           (path[0] != '\0' && path[1] == ':');
}

/* Makes an owned path absolute. */
static int make_absolute(char **path, const char *base)
{
    struct gox_buf joined, full;
    int code = GOX_ERR_NOMEM;
    if ((*path)[0] == '\0')
        return 0;
    gox_buf_init(&joined, 0);
    gox_buf_init(&full, 0);
    if (!is_absolute(*path) && base != NULL)
        gox_buf_printf(&joined, "%s/", base);
    gox_buf_put_str(&joined, *path);
    const char *text = gox_buf_text(&joined);
    if (text != NULL && gox_os_absolute(text, &full) == 0 &&
            gox_buf_text(&full) != NULL) {
        char *copy = gox_strdup((const char *)full.data);
        if (copy != NULL) {
            gox_free(*path);
            *path = copy;
            code = 0;
        }
    }
    gox_buf_fini(&joined);
    gox_buf_fini(&full);
    return code;
}

static int fill_path(
        struct gox_settings *s, const struct gox_setting *row, const char *base)
{
    char **path = gox__value_at(s, row);
    const struct gox_place *place = find_place(row->name);
    struct gox_buf text;
    int code = 0;
    if ((*path)[0] == '\0' && place != NULL &&
            (!place->needs_daemonize || s->daemon_daemonize)) {
        gox_buf_init(&text, 0);
        code = gox_place_get(row->name, &text);
        char *copy = code == 0 && gox_buf_text(&text) != NULL
                             ? gox_strdup((const char *)text.data)
                             : NULL;
        gox_buf_fini(&text);
        if (copy == NULL)
            return GOX_ERR_NOMEM;
        gox_free(*path);
        *path = copy;
    }
    return make_absolute(path, base);
}

/* The rest of `path` below the data directory, when it is empty. */
static int fill_below(struct gox_settings *s, char **path, const char *rest)
{
    struct gox_buf text;
    if ((*path)[0] != '\0')
        return 0;
    gox_buf_init(&text, 0);
    gox_buf_printf(&text, "%s/%s", s->paths_data_dir, rest);
    const char *full = gox_buf_text(&text);
    char *copy = full != NULL ? gox_strdup(full) : NULL;
    gox_buf_fini(&text);
    if (copy == NULL)
        return GOX_ERR_NOMEM;
    gox_free(*path);
    *path = copy;
    return 0;
}

static int fill_paths(struct gox_settings *s, const char *base)
{
    int code = 0;
    for (size_t i = 0; i < gox_setting_count && code == 0; i++)
        if (gox_setting_rows[i].type == GOX_SETTING_PATH)
            code = fill_path(s, &gox_setting_rows[i], base);
    for (size_t i = 0; i < s->security_allowed_paths.count && code == 0; i++)
        code = make_absolute(&s->security_allowed_paths.items[i], base);
    if (code == 0)
        code = fill_below(s, &s->render_dir, "renders");
    if (code == 0)
        code = fill_below(s, &s->security_token_file, "tokens");
    return code;
}

int gox_settings_finish(
        struct gox_settings *s, const char *base_dir, struct gox_error *err)
{
    if (fill_paths(s, base_dir) < 0)
        return gox_error_set(err, GOX_ERR_NOMEM, "out of memory");
    if (strlen(s->daemon_socket_path) > MAX_SOCKET_PATH)
        return gox_error_set(err, GOX_ERR_PARAMS,
                "daemon.socket_path: \"%.120s\" is longer than 107 bytes, "
                "which the system has no room for",
                s->daemon_socket_path);
    if (s->server_workers == 0) {
        unsigned cores = gox_os_cpu_count();
        s->server_workers = cores > 2 ? (int64_t)cores : 2;
    }
    return 0;
}
