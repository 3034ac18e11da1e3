/* SPDX-License-Identifier: Apache-2.0
 * The settings of the daemon: one row each, from which come the struct, the
 * defaults, the command line, the environment, --set, --print-config and
 * --help.
 *
 * Invariant: a value in struct gox_settings was checked against its row. */
#ifndef GOX_DAEMON_SETTINGS_H
#define GOX_DAEMON_SETTINGS_H

#include "base/buf.h"
#include "base/log_level.h"

#include <stdbool.h>
#include <stdint.h>

/* X(section, key, TYPE, flag, environment, default, min, max, help). Types: INT
 * (min ... max), TEXT (bytes up to max), LEVEL. A default of "" that is a path
 * is filled in by gox_settings_finish. */
// clang-format off
#define GOX_SETTING_LIST(X)                                                    \
    X(daemon, socket_path, TEXT, "socket", "GOXEL_SOCKET_PATH", "", 0, 107,    \
      "Unix socket to listen on")                                              \
    X(daemon, pid_file, TEXT, "pid-file", "GOXEL_PID_FILE", "", 0, 4095,       \
      "file to write the process id to; empty: none")                          \
    X(daemon, log_file, TEXT, "log-file", "GOXEL_LOG_FILE", "", 0, 4095,       \
      "file to append the log to; empty: standard error")                      \
    X(daemon, working_dir, TEXT, "working-dir", "GOXEL_DAEMON_WORKING_DIR",    \
      "", 0, 4095, "directory to change to at start; empty: stay")             \
    X(server, workers, INT, "workers", "GOXEL_MAX_WORKERS", "0", 0, 256,       \
      "threads for long work; 0: one per core, at least 2")                    \
    X(server, queue_size, INT, "queue-size", "GOXEL_QUEUE_SIZE", "256", 1,     \
      65536, "long requests that may wait for a worker")                       \
    X(server, max_connections, INT, "max-connections",                         \
      "GOXEL_MAX_CONNECTIONS", "256", 1, 65536, "clients at the same time")    \
    X(server, timeout_seconds, INT, "timeout-seconds",                         \
      "GOXEL_SERVER_TIMEOUT_SECONDS", "30", 1, 86400,                          \
      "a client that does not read its answers is cut off after this")         \
    X(logging, level, LEVEL, "log-level", "GOXEL_LOG_LEVEL", "info", 0, 0,     \
      "error, warn, info or debug")                                            \
    X(security, socket_permissions, OCTAL, "socket-permissions",               \
      "GOXEL_SECURITY_SOCKET_PERMISSIONS", "660", 0, 0777,                     \
      "mode of the socket, octal")                                             \
    X(security, max_request_size_mb, INT, "max-request-size-mb",               \
      "GOXEL_SECURITY_MAX_REQUEST_SIZE_MB", "64", 1, 2047,                     \
      "largest request (MiB)")                                                 \
    X(security, allowed_paths, TEXT, "allowed-paths",                          \
      "GOXEL_SECURITY_ALLOWED_PATHS", "", 0, 65535,                            \
      "directories, separated by ':', below which requests may read and "      \
      "write files, beside the data and render directories")                   \
    X(performance, max_undo_mb, INT, "max-undo-mb",                            \
      "GOXEL_PERFORMANCE_MAX_UNDO_MB", "256", 0, 65536,                        \
      "memory for undo of each project (MiB)")                                 \
    X(performance, max_pending_mb, INT, "max-pending-mb",                      \
      "GOXEL_PERFORMANCE_MAX_PENDING_MB", "64", 1, 4096,                       \
      "answers that may wait for a slow client before it is not served (MiB)") \
    X(performance, max_request_seconds, INT, "max-request-seconds",            \
      "GOXEL_PERFORMANCE_MAX_REQUEST_SECONDS", "300", 0, 86400,                \
      "long work is given up after this; 0: never")                            \
    X(paths, data_dir, TEXT, "data-dir", "GOXEL_PATHS_DATA_DIR", "", 0, 4095,  \
      "directory of the daemon's own files; relative paths start here")        \
    X(render, dir, TEXT, "render-dir", "GOXEL_RENDER_DIR", "", 0, 4095,        \
      "directory of registered render files")                                  \
    X(render, ttl, INT, "render-ttl", "GOXEL_RENDER_TTL", "3600", 1, 31536000, \
      "life of a registered render file (seconds)")                            \
    X(render, max_size, INT, "render-max-size", "GOXEL_RENDER_MAX_SIZE",       \
      "1073741824", 1048576, 1099511627776,                                    \
      "all registered render files together (bytes)")                          \
    X(render, cleanup_interval, INT, "render-cleanup-interval",                \
      "GOXEL_RENDER_CLEANUP_INTERVAL", "300", 1, 86400,                        \
      "how often expired render files are removed (seconds)")
// clang-format on

#define GOX_SETTING_C_INT   int64_t
#define GOX_SETTING_C_OCTAL int64_t
#define GOX_SETTING_C_LEVEL int64_t
#define GOX_SETTING_C_TEXT  char *

/* Members are section_key: server_workers, render_dir. Texts are owned. */
struct gox_settings {
#define GOX_SETTING_FIELD(section, key, type, flag, env, def, min, max, help)  \
    GOX_SETTING_C_##type section##_##key;
    GOX_SETTING_LIST(GOX_SETTING_FIELD)
#undef GOX_SETTING_FIELD
    /* Where each value came from, in row order. */
    const char *origins[
#define GOX_SETTING_ONE(section, key, type, flag, env, def, min, max, help) +1
            0 GOX_SETTING_LIST(GOX_SETTING_ONE)
#undef GOX_SETTING_ONE
    ];
    bool is_stdio; /* not a setting of a file: --stdio */
};

/* The built-in defaults; GOX_ERR_NOMEM. */
int gox_settings_init(struct gox_settings *s) GOX_MUST_CHECK;
void gox_settings_fini(struct gox_settings *s);
/* Sets one by "section.key". origin is static text. GOX_ERR_NOT_FOUND (the
 * message has the nearest name), GOX_ERR_PARAMS, GOX_ERR_NOMEM. */
int gox_settings_set(struct gox_settings *s, const char *name, size_t name_len,
        const char *value, const char *origin,
        struct gox_error *err) GOX_MUST_CHECK;
/* Takes the environment. */
int gox_settings_read_env(
        struct gox_settings *s, struct gox_error *err) GOX_MUST_CHECK;
/* Fills in what depends on the user and on other settings (paths made
 * absolute, worker count). */
int gox_settings_finish(
        struct gox_settings *s, struct gox_error *err) GOX_MUST_CHECK;

/* The rows, for help, printing and tests. */
enum gox_setting_type {
    GOX_SETTING_INT,
    GOX_SETTING_OCTAL,
    GOX_SETTING_LEVEL,
    GOX_SETTING_TEXT
};
struct gox_setting {
    const char *name; /* "server.workers" */
    enum gox_setting_type type;
    const char *flag; /* without the dashes */
    const char *env;
    const char *fallback;
    int64_t min, max;
    size_t offset; /* in struct gox_settings */
    const char *help;
};
extern const struct gox_setting gox_setting_rows[];
extern const size_t gox_setting_count;
/* The value as text, as --set takes it. */
void gox_settings_put_value(
        const struct gox_settings *s, size_t row, struct gox_buf *out);

#endif
